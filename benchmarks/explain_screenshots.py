"""The pictures of docs/pictures/explain/: the page of `keras-transformer explain` in Chromium.

    python benchmarks/explain_screenshots.py [FOLDER]

Translates three sentences with each of the two models in benchmarks/results, builds the pages as
the command does, and photographs them on a desktop and on a phone, light and dark, in Korean and
English. A machine without a Korean font draws boxes (Debian: apt-get install fonts-noto-cjk).
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SENTENCES = {
    "sample-ko-en": [
        "나는 학생입니다.",
        "그 은행은 꽤 신선해서 할머니께서 사셨어요.",
        "이 배는 빨라서 선생님께서 사셨어요.",
    ],
    "multi30k-tiny": [
        "two dogs are playing in the snow .",
        "a little girl climbing into a wooden playhouse .",
        "a man in a blue shirt is standing on a ladder cleaning a window .",
    ],
}
# Name, page, what is chosen, width, colours, language, and which part (None: the whole page).
PICTURES = [
    ("desktop-light-ko", "sample-ko-en",
     "sentence=2&kind=cross&query=12&key=2&stage=5", 1280, "light", "ko", None),
    ("desktop-dark-en", "sample-ko-en",
     "sentence=3&kind=decoder&layer=2&head=1&query=6&key=3&stage=4", 1280, "dark", "en", None),
    ("desktop-light-en", "multi30k-tiny",
     "sentence=3&kind=cross&query=10&key=11&stage=2", 1280, "light", "en", None),
    ("desktop-dark-ko", "multi30k-tiny",
     "sentence=1&kind=encoder&layer=2&head=1&query=4&key=4&stage=6", 1280, "dark", "ko", None),
    ("phone-light-ko", "sample-ko-en",
     "sentence=1&kind=cross&query=6&key=3&stage=1", 390, "light", "ko", "#steps-title"),
    ("phone-dark-ko", "sample-ko-en",
     "sentence=2&kind=cross&query=9&key=2&stage=5", 390, "dark", "ko", "#attention-title"),
    ("phone-light-en", "multi30k-tiny",
     "sentence=2&kind=cross&query=3&key=3&stage=3", 390, "light", "en", "#generation-title"),
    ("phone-dark-en", "multi30k-tiny",
     "sentence=1&kind=decoder&layer=1&head=2&query=4&key=6&stage=4", 390, "dark", "en",
     "#steps-title"),
]  # fmt: skip


def take(browser, path, view):
    """The bytes of one picture."""
    _, _, address, width, colours, language, part = view
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        device_scale_factor=2 if width < 500 else 1,
        color_scheme=colours,
        locale={"ko": "ko-KR", "en": "en-US"}[language],
    )
    page = context.new_page()
    page.goto(f"{path.as_uri()}#{address}")
    page.wait_for_selector("html[data-drawn]")
    if part:
        page.locator(part).evaluate("(node) => node.scrollIntoView()")
    picture = page.screenshot(full_page=not part)
    context.close()
    return picture


def write_small(picture, path):
    """Writes a PNG with 256 colours, none of them far from what it stands for."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    # The default method, median cut, leaves rare colours out.
    few = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main():
    """Makes all pictures."""
    from playwright.sync_api import sync_playwright

    default = ROOT / "docs" / "pictures" / "explain"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp())
    explain = [sys.executable, "-m", "keras_transformer", "explain", "--no-pictures"]
    for name, sentences in SENTENCES.items():
        model = ROOT / "benchmarks" / "results" / name
        subprocess.run([*explain, "--output", work / name, model, *sentences], check=True, cwd=ROOT)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=options)
        for view in PICTURES:
            path = folder / f"{view[1]}-{view[0]}.png"
            write_small(take(browser, work / view[1] / "explanation.html", view), path)
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
