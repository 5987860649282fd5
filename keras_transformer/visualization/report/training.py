"""The sections of `report.html` on the curves of the training and on its corpus."""

import numpy as np

from keras_transformer.visualization.report.charts import Series, line_chart
from keras_transformer.visualization.report.parts import bar, keys_of, missing_note, table
from keras_transformer.visualization.report.text import escaped

_MOST_BINS = 32
# Columns of the table of all epochs: key of the history, title, format.
_COLUMNS = (
    ("step", "step", "{:,.0f}"),
    ("loss", "loss", "{:.3f}"),
    ("val_loss", "validation loss", "{:.3f}"),
    ("val_perplexity", "validation perplexity", "{:,.2f}"),
    ("val_accuracy", "validation accuracy", "{:.1%}"),
    ("val_bleu", "BLEU", "{:.2f}"),
    ("learning_rate", "learning rate", "{:.2e}"),
    ("target_tokens_per_second", "target tokens/s", "{:,.0f}"),
    ("seconds", "seconds", "{:,.0f}"),
)


def curves_section(report):
    """Loss, BLEU, learning rate and speed over the epochs, and the numbers behind them."""
    note = missing_note(report, "curves")
    if not report.history:
        return note
    scored = [line for line in report.history if _is_number(line.get("val_bleu"))]
    best = max(scored, key=lambda line: line["val_bleu"], default=None)
    said = (
        f"Best: {best['val_bleu']:.2f} in epoch {best['epoch'] + 1}, whose weights are kept."
        if best
        else ""
    )
    charts = [
        _curve(report, "Loss", {"loss": "training", "val_loss": "validation"},
               "With label smoothing; that of training is the mean over the epoch, with dropout."),
        _curve(report, "BLEU on the validation set", {"val_bleu": "BLEU"}, said, from_zero=True),
        _curve(report, "Learning rate", {"learning_rate": "learning rate"},
               "As each epoch ended.", from_zero=True),
        _curve(report, "Speed", {"target_tokens_per_second": "target tokens a second"},
               "Real target tokens a second; evaluation is not counted.", from_zero=True),
    ]  # fmt: skip
    return (
        f'{note}<div class="grid2">{"".join(charts)}</div>'
        f"<details><summary>All numbers</summary>{_all_numbers(report.history)}</details>"
    )


def _curve(report, title, names, caption, from_zero=False):
    series = []
    for key, name in names.items():
        lines = [line for line in report.history if _is_number(line.get(key))]
        series.append(
            Series(name, [line["epoch"] + 1 for line in lines], [line[key] for line in lines])
        )
    label = f"{title} over {len(report.history)} epochs"
    chart = line_chart(label, series, "epoch", from_zero=from_zero)
    if not chart:
        nothing = "Nothing has been measured yet."
        return f"<figure><h3>{title}</h3><p class='soft'>{nothing}</p></figure>"
    keys = keys_of(series) if len(series) > 1 else ""
    return (
        f"<figure><h3>{title}{keys}</h3>{chart}<figcaption>{escaped(caption)}</figcaption></figure>"
    )


def _is_number(value):
    return isinstance(value, int | float)


def _all_numbers(history):
    columns = [
        column for column in _COLUMNS if any(_is_number(line.get(column[0])) for line in history)
    ]

    def row(line):
        for key, _, form in columns:
            yield form.format(line[key]) if _is_number(line.get(key)) else ""

    head = ["epoch", *(title for _, title, _ in columns)]
    rows = [[str(line["epoch"] + 1), *row(line)] for line in history]
    return f'<div class="scroll">{table(head, rows, range(len(head)))}</div>'


def corpus_section(report):
    """What was read, left out and kept, and how long the sentences are."""
    note, corpus = missing_note(report, "corpus"), report.corpus
    if corpus is None:
        return note
    return (
        f'{note}<div class="grid2"><div class="card"><h3>Sentence pairs</h3>{_pairs(corpus)}</div>'
        f"{_lengths(corpus)}</div>"
    )


def _pairs(corpus):
    read = max(corpus.num_read, 1)
    dropped = sorted(corpus.dropped.items(), key=lambda item: -item[1])
    rows = [("read", corpus.num_read)]
    rows += [(f"left out: {reason}", number) for reason, number in dropped]
    rows.append(("trained on", corpus.num_pairs))
    cells = [
        [escaped(name), f"{number:,}", f"{number / read:.2%}", bar(100 * number / read)]
        for name, number in rows
    ]
    said = [] if dropped else ["No pair was left out."]
    for name, number in (("validation", corpus.validation), ("test", corpus.test)):
        if number is not None:
            said.append(
                f"The {name} set has {number:,} sentences."
                if number
                else f"There is no {name} set."
            )
    text = f"<p class='small soft'>{' '.join(said)}</p>"
    return table(["", "pairs", "share", ""], cells, numbers=(1, 2), wide=(3,)) + text


def _lengths(corpus):
    sides = {"source": corpus.source_lengths, "target": corpus.target_lengths}
    longest = max((int(side.max()) for side in sides.values() if len(side)), default=0)
    if not longest:
        return ""
    width = -(-(longest + 1) // _MOST_BINS)
    edges = np.arange(0, longest + 1 + width, width)
    middles = list(edges[:-1] + (width - 1) / 2)
    series = [
        Series(name, middles, list(np.histogram(side, edges)[0])) for name, side in sides.items()
    ]
    label = "Number of training pairs by tokens of source and target"
    chart = line_chart(label, series, "tokens", from_zero=True)
    said = "; ".join(
        f"{int(side.sum()):,} {name} tokens, {side.mean():.1f} a sentence, {int(side.max())} at "
        "most"
        for name, side in sides.items()
    )
    return (
        f"<figure><h3>Training pairs by length{keys_of(series)}</h3>{chart}"
        f"<figcaption>{said}; end marks not counted.</figcaption></figure>"
    )
