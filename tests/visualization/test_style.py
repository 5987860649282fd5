"""Letters, names and files of pictures."""

import sys
import warnings

import matplotlib
import pytest

from keras_transformer.errors import UserError
from keras_transformer.visualization.fonts import FONT, font_families
from keras_transformer.visualization.style import (
    LARGEST,
    PNG_SIGNATURE,
    SERIES,
    check_matplotlib,
    check_picture_path,
    describe,
    new_figure,
    save,
    shown_token,
    styled,
    text_width,
    wrapped,
)


@styled
def picture(title="a title"):
    figure = new_figure(3, 2)
    figure.subplots().plot([1, 2])
    describe(figure, title, "an explanation")
    return figure


def test_the_font_has_all_of_hangul():
    from matplotlib.ft2font import FT2Font

    letters = set(FT2Font(str(FONT)).get_charmap())
    syllables = set(range(0xAC00, 0xD7A4))
    assert len(syllables) == 11172 and syllables <= letters
    assert set(map(ord, "aZäöüßéñ 0-9.,;:!?…→")) <= letters
    assert FONT.stat().st_size < 1_500_000
    assert "SIL OPEN FONT LICENSE" in (FONT.parent / "OFL.txt").read_text(encoding="utf-8")


def test_no_letter_is_missing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of letters that no font has
        picture("나는 학생입니다. ␣뷁 → größer Ω Я −1 …")
    assert font_families()[0] == "Noto Sans CJK KR"


def test_the_settings_around_do_not_matter():
    before = dict(matplotlib.rcParams)
    plain = picture()
    with matplotlib.rc_context({"font.size": 30, "axes.spines.top": True, "lines.linewidth": 9}):
        dressed = picture()
    assert dict(matplotlib.rcParams) == before
    for figure in (plain, dressed):
        assert figure.axes[0].xaxis.get_ticklabels()[0].get_fontsize() == 10
        assert not figure.axes[0].spines["top"].get_visible()
        assert figure.axes[0].lines[0].get_linewidth() == 1.5
        assert figure.axes[0].xaxis.get_ticklabels()[0].get_fontfamily() == font_families()
    assert len(set(SERIES)) == 4


def test_figures_have_a_largest_size():
    assert new_figure(1000, 3).get_size_inches().tolist() == [LARGEST, 3]


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("한국어", 6), ("a한", 3), ("e\u0301", 2)]
)
def test_text_width(text, columns):
    assert text_width(text) == columns


@pytest.mark.parametrize(
    ("token", "columns", "shown"),
    [
        ("▁student", 9, "␣student"),
        ("▁student", 8, "␣student"),
        ("▁student", 7, "␣stude…"),
        ("▁은행에서", 9, "␣은행에서"),
        ("▁은행에서", 8, "␣은행에…"),
        ("▁은행에서", 7, "␣은행…"),
        ("a\nb", 9, "a\N{REPLACEMENT CHARACTER}b"),
    ],
)
def test_shown_token(token, columns, shown):
    assert shown_token(token, columns) == shown
    assert text_width(shown) <= columns


def test_wrapped_text_fits():
    text = "은행에서 돈을 찾은 남자가 강에서 배를 탔습니다. " * 5
    lines = wrapped(f"{text}\nshort", 4, 10).split("\n")
    assert lines[-1] == "short" and len(lines) > 4
    assert " ".join(lines[:-1]) == text.strip()
    assert max(map(text_width, lines)) <= 4 * 72 / (10 * 0.53)


def test_signs_of_formulas_are_text(tmp_path):
    """A dollar in a sentence begins no formula, least of all a wrong one."""
    figure = picture(r"it costs $\frac$ 5")
    save(figure, tmp_path / "a.png")
    assert figure.get_suptitle() == r"it costs $\frac$ 5"


def test_save(tmp_path):
    path = tmp_path / "deep" / "folder" / "a.png"
    save(picture(), path)
    first = path.read_bytes()
    assert first.startswith(PNG_SIGNATURE) and first.endswith(b"IEND\xaeB`\x82")
    save(picture("another"), path)
    assert path.read_bytes() != first
    save(picture(), path)
    assert path.read_bytes() == first  # nothing in it tells when it was made
    assert [each.name for each in path.parent.iterdir()] == ["a.png"]


def test_only_pictures_are_overwritten(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("notes")
    for attempt in (lambda: check_picture_path(path), lambda: save(picture(), path)):
        with pytest.raises(UserError, match=r"a\.png is there already and is no PNG picture"):
            attempt()
    assert path.read_text() == "notes"
    folder = tmp_path / "b.png"
    folder.mkdir()
    with pytest.raises(UserError, match=r"b\.png is a folder"):
        save(picture(), folder)
    check_picture_path(tmp_path / "missing" / "c.png")
    check_picture_path(path / "inside.png")


def test_a_picture_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    save(picture(), path)
    before = path.read_bytes()
    figure = picture("another")

    def full(target, **options):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(UserError, match=r"a\.png cannot be written \(No space left on device\)"):
        save(figure, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match=r"run pip install 'keras-transformer-mt\[draw\]'"):
        check_matplotlib()
    with pytest.raises(UserError, match="matplotlib"):
        picture()
