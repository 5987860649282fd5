"""How all pictures look: colours, letters and sizes; and how they are written to files.

Pictures are made with matplotlib (the extra `draw`), without its global state and without a
display. A function of this room that draws is decorated with `styled`: what it draws then looks the
same whatever the settings of the program around it.
"""

import contextlib
import functools
import textwrap
import unicodedata
from pathlib import Path

from keras_transformer.errors import UserError

INK, SOFT, LINE = "#1b1f24", "#59636e", "#d5dbe1"
# Cells that nothing may look at, and the lines across them.
HIDDEN, HIDDEN_LINES = "#eceef0", "#c3c9cf"
VISIBLE = "#bcd9f2"
# Told apart with any kind of colour blindness (Okabe and Ito 2008).
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
# From nothing (white) to all; from negative (orange) over nothing to positive (purple).
AMOUNTS, SIGNED = "Blues", "PuOr"
DOTS_PER_INCH = 110
LARGEST = 40.0  # inches of a side of a figure
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_SETTINGS = {
    "font.size": 10,
    "text.color": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "axes.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def check_matplotlib():
    """Raises `UserError` where matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(
            f"Pictures are drawn with matplotlib, and {error.name} is not installed: run "
            "pip install 'keras-transformer-mt[draw]'"
        ) from error


def styled(function):
    """A function that returns a `Figure`, drawing in the style of this module."""

    @functools.wraps(function)
    def draw(*arguments, **options):
        check_matplotlib()
        import matplotlib

        from keras_transformer.visualization.fonts import font_families

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update({**_SETTINGS, "font.family": font_families()})
            figure = function(*arguments, **options)
            # Some parts are made when they are first needed: now, and in this style.
            figure.draw_without_rendering()
        return figure

    return draw


def new_figure(width, height):
    """An empty matplotlib `Figure` of so many inches, at most `LARGEST`, that lays itself out."""
    from matplotlib.figure import Figure

    size = min(width, LARGEST), min(height, LARGEST)
    return Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")


def describe(figure, title, caption=""):
    """Writes a title above a figure and an explanation below it, each wrapped to its width."""
    width = figure.get_figwidth()
    plain = {"x": 0.012, "ha": "left", "parse_math": False}
    if title:
        figure.suptitle(wrapped(title, width, 14), fontsize=14, **plain)
    if caption:
        figure.supxlabel(wrapped(caption, width, 9.5), fontsize=9.5, color=SOFT, **plain)


def wrapped(text, width, size):
    """A text in lines that fit into `width` inches in letters of `size` points."""
    columns = max(int(width * 72 / (size * 0.53)), 20)
    lines = [line for part in text.split("\n") for line in _lines(part, columns)]
    return "\n".join(lines)


def _lines(text, columns):
    """Lines of a paragraph, in which wide letters count twice."""
    marked = "".join(letter + "\0" * (text_width(letter) - 1) for letter in text)
    return [line.replace("\0", "") for line in textwrap.wrap(marked, columns)] or [""]


def text_width(text):
    """How many columns a text takes; letters of Hangul and Chinese take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shown_token(token, columns):
    """A token of at most so many columns on one line, an ellipsis for what was cut.

    The mark of SentencePiece for a space is drawn as an open box, which is lighter to the eye.
    """
    token = token.replace("▁", "␣")
    token = "".join(letter if letter.isprintable() else "�" for letter in token)
    if text_width(token) <= columns:
        return token
    while text_width(token) > columns - 1:
        token = token[:-1]
    return token + "…"


def check_picture_path(path):
    """Raises `UserError` where a picture may not be written: over anything that is not one."""
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path} is a folder: a picture cannot take its place; move it away.")
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), open(path, "rb") as file:
        if file.read(len(PNG_SIGNATURE)) != PNG_SIGNATURE:
            raise UserError(
                f"{path} is there already and is no PNG picture: it is not overwritten; give "
                "another --output or move it away."
            )


def save(figure, path):
    """Writes a figure as a PNG file, whole or not at all.

    Args:
        figure: matplotlib `Figure`.
        path: of the file; its folder is made. A picture there is replaced.

    Raises:
        UserError: something else is there, or the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".new-{path.name}")
    try:
        check_picture_path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            figure.savefig(temporary, format="png", metadata={"Software": None})
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"The picture {path} cannot be written ({error.strerror or error}): "
            "make room or choose another folder."
        ) from error
