"""Every link of every page leads somewhere."""

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, documents, links

PAGES = documents()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page):
    for link in links(page):
        if link.target.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = link.target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.exists(), f"{page}:{link.line}: {link.target} does not exist"
        assert path.resolve().is_relative_to(ROOT), f"{page}:{link.line}: {link.target} is outside"
        if anchor:
            target = path.resolve().relative_to(ROOT)
            assert anchor in anchors(target), f"{page}:{link.line}: no heading #{anchor}"


def test_pages_and_their_links_are_found():
    assert {Path("README.md"), Path("docs/transformer.md"), Path("serve/README.md")} <= set(PAGES)
    targets = {link.target for link in links(Path("docs/transformer.md"))}
    assert "../keras_transformer/masks.py" in targets
    assert "#teacher-forcing" in targets
    assert "pictures/explanation/masks.png" in targets


def test_pictures_are_small_and_told_in_words():
    for page in PAGES:
        for link in links(page):
            if link.is_picture:
                path = (ROOT / page).parent / link.target
                assert path.stat().st_size < 150_000, f"{link.target} weighs too much"
                assert len(link.text) > 10, f"{page}:{link.line}: what does {link.target} show?"


def test_every_picture_of_the_explanation_is_used():
    folder = ROOT / "docs" / "pictures" / "explanation"
    page = Path("docs/transformer.md")
    used = {Path(link.target).name for link in links(page) if link.is_picture}
    assert {path.name for path in folder.iterdir()} <= used


def test_every_page_of_the_site_is_reached():
    """Each page in docs/ has a link from another one, or stands in the list of a room."""
    docs = ROOT / "docs"
    reached = {docs / "index.md"}
    for page in docs.rglob("*.md"):
        for link in links(page.relative_to(ROOT)):
            reached.add((page.parent / link.target.partition("#")[0]).resolve())
    listed = (docs / "api" / "index.md").read_text(encoding="utf-8").split()
    reached |= {docs / "api" / f"{name}.md" for name in listed}
    lonely = {page for page in docs.rglob("*.md") if page not in reached}
    assert lonely <= {docs / "design.md"}
