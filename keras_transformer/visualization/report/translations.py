"""The sections of `report.html` that show what was translated, and how well by length."""

from keras_transformer.visualization.report.charts import attention_map
from keras_transformer.visualization.report.parts import bar, missing_note, table
from keras_transformer.visualization.report.text import compared, escaped, sentence


def lengths_section(report):
    """BLEU and chrF by the number of source tokens."""
    note = missing_note(report, "lengths")
    if not report.by_length:
        return note
    rows = [
        [
            str(one.low) if one.low == one.high else f"{one.low} to {one.high}",
            f"{one.sentences:,}",
            f"{one.bleu:.2f}",
            bar(one.bleu),
            f"{one.chrf:.2f}",
        ]
        for one in report.by_length
    ]
    head = ["source tokens", "sentences", "BLEU", "", "chrF"]
    return (
        f'{note}<div class="card">{table(head, rows, numbers=(1, 2, 4), wide=(3,))}'
        "<p class='small soft'>Each row is scored as a corpus of its own, as above; where a row "
        "has few sentences, its scores say little.</p></div>"
    )


def translations_section(report):
    """The best and the worst translations with their attention."""
    note = missing_note(report, "translations") + missing_note(report, "attention")
    if not (report.best or report.worst):
        return note
    about = [escaped(report.samples_of)]
    if any(sample.attention is not None for sample in [*report.best, *report.worst]):
        about.append(escaped(report.attention_of))
    about.append(
        "<mark>Marked</mark> are words of the translation that the reference lacks, and the other "
        "way round."
    )
    groups = "".join(
        f"<div><h3>{title}</h3>{_cards(samples)}</div>"
        for title, samples in (("Worst", report.worst), ("Best", report.best))
        if samples
    )
    return f"{note}<p class='small soft'>{' '.join(about)}</p><div class='grid2'>{groups}</div>"


def _cards(samples):
    return "".join(_card(sample, opened=not number) for number, sample in enumerate(samples))


def _card(sample, opened):
    translation, reference = compared(sample.translation, sample.reference)
    rows = (("source", sentence(sample.source)), ("translation", translation),
            ("reference", reference), ("chrF", f"{sample.score:.1f}"))  # fmt: skip
    texts = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows)
    picture = ""
    if sample.attention is not None:
        svg = attention_map(sample.attention, sample.source_tokens, sample.target_tokens)
        picture = (
            f"<details{' open' if opened else ''}><summary>Attention</summary>"
            f'<div class="map" tabindex="0">{svg}</div></details>'
        )
    return f'<div class="card"><dl>{texts}</dl>{picture}</div>'
