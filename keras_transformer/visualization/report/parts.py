"""Parts that the sections of `report.html` share."""

from keras_transformer.visualization.report.text import escaped


def missing_note(report, section):
    """The sentence on what a section lacks, or nothing."""
    if section not in report.missing:
        return ""
    return f'<p class="missing">{escaped(report.missing[section])}</p>'


def facts(values):
    """Names and values as a card."""
    if not values:
        return ""
    rows = "".join(
        f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in values.items()
    )
    return f'<dl class="card">{rows}</dl>'


def bar(percent):
    """A bar for a number from 0 to 100."""
    return f'<span class="bar" style="width:{min(max(percent, 0), 100):.1f}%"></span>'


def table(head, rows, numbers=(), wide=()):
    """A table of HTML cells.

    Args:
        head: titles of the columns.
        rows: lists of cells, which are HTML already.
        numbers: columns that stand at the right.
        wide: columns that take what room there is.
    """
    classes = {**dict.fromkeys(numbers, ' class="n"'), **dict.fromkeys(wide, ' class="wide"')}

    def cells(values, tag):
        return "".join(
            f"<{tag}{classes.get(column, '')}>{value}</{tag}>"
            for column, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><tr>{cells(head, 'th')}</tr>{body}</table>"


def keys_of(series):
    """What the lines of a chart are: a key for each `Series`."""
    return "".join(
        f'<span class="key s{number}">{escaped(one.name)}</span>'
        for number, one in enumerate(series, 1)
    )
