"""Letters for pictures: Latin and Hangul, on machines without any font of their own.

The font is shipped with the package; its licence lies beside it, in `font/OFL.txt`.
"""

import functools
from pathlib import Path

FONT = Path(__file__).parent / "font" / "NotoSansCJKkr-subset.otf"
# For signs that it lacks, such as Greek and Cyrillic letters; matplotlib brings it along.
_LAST_FAMILY = "DejaVu Sans"
# Chinese and Japanese, where the system has them.
_SYSTEM_FAMILIES = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Source Han Sans",
    "Hiragino Sans",
    "PingFang SC",
    "WenQuanYi Zen Hei",
)


@functools.cache
def font_families():
    """Names of fonts for matplotlib, in the order in which a letter is looked for in them."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(FONT)
    family = font_manager.FontProperties(fname=FONT).get_name()
    known = set(font_manager.fontManager.get_font_names())
    return [family, _LAST_FAMILY, *(name for name in _SYSTEM_FAMILIES if name in known)]
