"""The site has a place for everything, and is built from what the repository holds."""

import ast
import configparser
import re

from tests.docs.pages import ROOT, read

API = ROOT / "docs" / "api"


def test_the_reference_shows_the_commands_and_the_settings():
    blocks = re.findall(r"^```(\{.+)$", read("docs/api/commands.md"), re.M)
    assert blocks == ["{command-help}", "{literalinclude} ../../recipes/sample_ko_en.yaml"]


def test_every_room_is_in_the_reference():
    """Packages and modules with public names, but for what only the command line uses."""
    pages = "".join(path.read_text(encoding="utf-8") for path in API.glob("*.md"))
    shown = set(re.findall(r"automodule:: (keras_transformer[\w.]*)", pages))
    rooms = set()
    for path in (ROOT / "keras_transformer").glob("*/__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
        if any(getattr(target, "id", "") == "__all__" for target in targets):
            rooms.add(f"keras_transformer.{path.parent.name}")
    assert rooms and rooms <= shown
    for name in shown:
        path = ROOT.joinpath(*name.split("."))
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), name


def test_every_page_of_the_reference_is_listed():
    listed = read("docs/api/index.md").split()
    assert {path.stem for path in API.glob("*.md")} - {"index"} <= set(listed)


def test_warnings_are_errors_and_nothing_is_fetched():
    makefile, conf = read("Makefile"), read("docs/conf.py")
    (recipe,) = re.findall(r"^docs:.*\n((?:\t.*\n)+)", makefile, re.M)
    assert " -W " in recipe and "build/docs" in recipe
    assert "intersphinx" not in conf and "http" not in conf


def test_what_the_site_needs_is_an_extra():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    needed = setup["options.extras_require"]["docs"]
    for package in ("sphinx", "myst-parser", "furo"):
        assert re.search(rf"^{package}\b", needed, re.M)
