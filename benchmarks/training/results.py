"""What was measured, as figures and tables: pure functions."""

from contestants import EXAMPLE, OURS, RIVAL, RIVAL_TUNED
from figures import spread
from report import number, table, with_range

_TOLERANCE = 0.01  # of the number of parameters
COMPARED = (RIVAL, RIVAL_TUNED, EXAMPLE)


def summarize(records, facts):
    """Figures of all systems of one model.

    Args:
        records, facts: of `turns.Contest`.

    Returns:
        System -> dict: `tokens_per_second` (all target tokens by all seconds), `by_turn` (the rate
        of each turn, in order), `padding`, `peak_megabytes`, `loss`, `parameters` and `steps`.
    """
    summaries = {}
    for name in dict.fromkeys(record["system"] for record in records):
        own = sorted((r for r in records if r["system"] == name), key=lambda r: r["turn"])
        sums = {
            key: sum(record[key] for record in own)
            for key in ("target_tokens", "seconds", "real", "positions", "steps")
        }
        summaries[name] = {
            "tokens_per_second": sums["target_tokens"] / sums["seconds"],
            "by_turn": [record["target_tokens"] / record["seconds"] for record in own],
            "padding": 1 - sums["real"] / sums["positions"],
            "peak_megabytes": max(record["peak_megabytes"] for record in own),
            "loss": own[-1]["loss"],
            "parameters": facts[name]["parameters"],
            "steps": sums["steps"],
        }
    return summaries


def ratio(summaries, system, other):
    """How many times as fast a system is: overall, and the `Spread` over the turns, or None."""
    if system not in summaries or other not in summaries:
        return None
    one, two = summaries[system], summaries[other]
    turns = spread([a / b for a, b in zip(one["by_turn"], two["by_turn"], strict=False)])
    return one["tokens_per_second"] / two["tokens_per_second"], turns


def different_sizes(summaries):
    """Systems whose number of parameters is more than 1 % from ours: list of names."""
    if OURS not in summaries:
        return []
    wanted = summaries[OURS]["parameters"]
    return [
        name
        for name, summary in summaries.items()
        if abs(summary["parameters"] - wanted) > _TOLERANCE * wanted
    ]


def speed_table(summaries, limits):
    """All systems of one model.

    Args:
        summaries: of `summarize`.
        limits: name of the arithmetic ("float32", "bfloat16") -> what `ceiling.ceilings` gave.
    """
    compared = [name for name in COMPARED if name in summaries]
    rows = []
    for name, summary in summaries.items():
        limit = limits.get("bfloat16" if "bfloat16" in name else "float32")
        rows.append(
            [
                name,
                with_range(spread([summary["tokens_per_second"], *summary["by_turn"]])._replace(
                    median=summary["tokens_per_second"])),
                *(_ratio_text(ratio(summaries, name, other)) for other in compared),
                _share(summary["tokens_per_second"], limit),
                f"{100 * summary['padding']:.1f} %",
                number(summary["peak_megabytes"]),
                f"{summary['parameters']:,}",
                summary["steps"],
                f"{summary['loss']:.2f}",
            ]
        )  # fmt: skip
    header = ["system", "target tokens/s (turns)", *(f"times {name}" for name in compared),
              "share of the ceiling", "padding", "peak MB", "parameters", "steps",
              "mean loss"]  # fmt: skip
    return table(header, rows)


def _ratio_text(found):
    if found is None:
        return "-"
    overall, turns = found
    return f"{overall:.2f} ({turns.least:.2f} to {turns.greatest:.2f})"


def _share(rate, limit):
    return "-" if limit is None else f"{100 * rate / limit['tokens_per_second']['best']:.0f} %"


def ceiling_table(limits):
    """What the products of matrices would allow, and what takes their time."""
    libraries = ("best", "tensorflow", "torch")
    rows = [
        [
            dtype,
            f"{limit['flops_per_token'] / 1e6:.1f}",
            *(number(limit["tokens_per_second"][name]) for name in libraries),
            *(
                f"{100 * part['share']:.0f} % at {number(part['rate'] / 1e9)}"
                for part in limit["parts"].values()
            ),
        ]
        for dtype, limit in limits.items()
    ]
    parts = list(next(iter(limits.values()))["parts"])
    header = ["arithmetic", "MFLOP a target token", "ceiling, target tokens/s",
              "by TensorFlow alone", "by PyTorch alone",
              *(f"{part}: time at GFLOP/s" for part in parts)]  # fmt: skip
    return table(header, rows)


def failures_text(failures):
    """Systems that were left out, and why."""
    return "\n\n".join(f"{name} was left out:\n\n    " + text.replace("\n", "\n    ")
                       for name, text in failures.items())  # fmt: skip
