"""Results as Markdown tables: pure functions of what was measured."""

OURS, OURS_TEXT, RIVAL = "ours, ids", "ours, text", "CTranslate2 float32"
PEERS = ("Hugging Face", "keras-nlp")  # ours is set in relation to these, too


def table(header, rows):
    """A Markdown table of strings."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def number(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def with_range(spread):
    """Median (least to greatest)."""
    return f"{number(spread.median)} ({number(spread.least)} to {number(spread.greatest)})"


def speed_ratio(summary, cell, system, other):
    """How many times as fast a system is; None where one was not measured.

    Args:
        summary: system -> summary of the cell.
        cell: `Cell`.
        system, other: names.
    """
    if system not in summary or other not in summary:
        return None
    ours, theirs = (summary[key][_figure(cell)].median for key in (system, other))
    return theirs / ours if cell.is_latency else ours / theirs


def headline(summaries, floors, model):
    """One line a cell: every system and how many times as fast as the rival it is; the floor.

    Args:
        summaries: of `speed.summarize`.
        floors: `Cell` -> seconds a sentence.
        model: its name.
    """
    cells = cells_of(summaries, model)
    systems = list(dict.fromkeys(system for name, system, _ in summaries if name == model))
    others = [system for system in systems if system in PEERS]
    rows = []
    for cell in cells:
        summary = systems_of(summaries, model, cell)
        limit = 1e3 * floors[cell] if cell.is_latency else 1 / floors[cell]
        rows.append(
            [
                f"{cell}, {'ms' if cell.is_latency else 'sentences/s'}",
                *(_with_ratio(summary, cell, system) for system in systems),
                *(_times(speed_ratio(summary, cell, OURS, other)) for other in others),
                number(limit),
                _over_floor(summary, cell, limit),
            ]
        )
    header = ["cell", *systems, *(f"{OURS} / {other}" for other in others), "arithmetic floor",
              f"time of {OURS} / floor"]  # fmt: skip
    return table(header, rows)


def _with_ratio(summary, cell, system):
    if system not in summary:
        return "-"
    value = number(summary[system][_figure(cell)].median)
    return f"{value} ({_times(speed_ratio(summary, cell, system, RIVAL))})"


def _figure(cell):
    return "p50" if cell.is_latency else "sentences_per_second"


def _times(ratio):
    return "-" if ratio is None else f"{ratio:.2f}"


def _over_floor(summary, cell, limit):
    if OURS not in summary:
        return "-"
    value = summary[OURS][_figure(cell)].median
    return _times(value / limit if cell.is_latency else limit / value)


def details(summaries, model):
    """All systems in all cells, with the spread of the repetitions."""
    rows = []
    for cell in cells_of(summaries, model):
        for system, summary in systems_of(summaries, model, cell).items():
            if cell.is_latency:
                figures = ["p50", "p95"]
                texts = [f"{with_range(summary[name])} ms" for name in figures]
            else:
                figures = ["sentences_per_second", "tokens_per_second"]
                texts = [f"{with_range(summary[name])} /s" for name in figures]
            memory = number(summary["peak_megabytes"].median)
            rows.append([str(cell), system, summary["setting"], *texts, memory])
    header = ["cell", "system", "calls x threads", "sentences, or median", "target tokens, or p95",
              "peak MB"]  # fmt: skip
    return table(header, rows)


def cells_of(summaries, model):
    """Cells of a model, in the order measured."""
    return list(dict.fromkeys(cell for name, _, cell in summaries if name == model))


def systems_of(summaries, model, cell):
    """System -> summary, for one cell, in alphabetical order."""
    wanted = model, cell
    chosen = {key[1]: value for key, value in summaries.items() if (key[0], key[2]) == wanted}
    return dict(sorted(chosen.items()))


def start_up_table(summaries):
    """Start-up of all systems."""
    names = ["import_seconds", "load_seconds", "first_seconds", "process_seconds"]
    rows = [
        [
            model,
            system,
            *(with_range(summary[name]) for name in names),
            number(summary["loaded_megabytes"].median),
        ]
        for (model, system), summary in summaries.items()
    ]
    header = ["model", "system", "import s", "load s", "first sentence s", "start to loaded s",
              "loaded MB"]  # fmt: skip
    return table(header, rows)


def equality_table(records):
    """How far the systems translate alike."""
    rows = [
        [
            record["model"],
            record["system"],
            "greedy" if record["beam"] == 1 else f"beam {record['beam']}",
            f"{100 * record['share_equal']:.1f} %",
            record["tokens"],
            record["reference_tokens"],
            "yes" if record["comparable"] else "NO",
        ]
        for record in records
    ]
    header = ["model", "system", "search", "same ids", "tokens", f"tokens of {RIVAL}",
              "within 1 %"]  # fmt: skip
    return table(header, rows)


def growth_table(summaries):
    """Milliseconds a step and peak memory, by length, and how many times the shortest."""
    rows = []
    first = {}
    for (model, system, length), summary in summaries.items():
        milliseconds = summary["milliseconds_per_step"]
        first.setdefault((model, system), milliseconds.median)
        times = milliseconds.median / first[model, system]
        memory = number(summary["megabytes"].median)
        rows.append([model, system, length, with_range(milliseconds), f"{times:.2f}", memory])
    header = ["model", "system", "tokens", "ms a step", "times the shortest",
              "MB over the loaded model"]  # fmt: skip
    return table(header, rows)


def agreement_text(agreement):
    """Tables and lists of `agreement.compare`."""
    widths = agreement["widths"]
    rows = [
        [
            width["beam"],
            f"{100 * width['share_equal']:.1f} %",
            *(_maybe(width["bleu"][name]) for name in ("ours", "ctranslate2")),
            *(f"{width['mean_score'][name]:.4f}" for name in ("ours", "ctranslate2")),
            f"{width['largest_rescoring_difference']:.1e}",
        ]
        for width in widths
    ]
    header = ["beam", "same text", "BLEU ours", "BLEU CTranslate2", "mean score ours",
              "mean score CTranslate2", "ours rescored, largest difference"]  # fmt: skip
    parts = [table(header, rows)]
    rows = [
        [item["system"], "{} to {}".format(*item["beams"]), f"{100 * item['share']:.2f} %"]
        for item in agreement["wider_is_worse"]
    ]
    parts.append(table(["system", "beam", "sentences with a less probable translation"], rows))
    for width in widths:
        lines = [
            f"- line {one['line']}: {one['reason']} ({one['scores']['ours']:.4f} and "
            f"{one['scores']['ctranslate2']:.4f})\n  - source: {one['source']}\n"
            f"  - ours: {one['ours']}\n  - CTranslate2: {one['ctranslate2']}"
            for one in width["different"]
        ]
        heading = f"Beam {width['beam']}: {len(lines)} texts differ (score of ours, of theirs)"
        parts.append("\n".join([heading, "", *lines]))
    return "\n\n".join(parts)


def _maybe(value):
    return "-" if value is None else f"{value:.2f}"
