"""Links to files outside of `docs/` lead to pages that show these files.

In the pages such a link is relative (`../keras_transformer/masks.py`), so that it works wherever
the repository is looked at; the site has to be whole by itself, and shows the file on a page of its
own.
"""

import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

_LANGUAGES = {".py": "python", ".yaml": "yaml", ".md": "markdown", ".cfg": "ini", ".html": "html"}


def setup(app):
    """Registers the extension."""
    # Before Sphinx copies what is linked, which it does with the usual 500.
    app.connect("doctree-read", _lead_to_source_pages, priority=400)
    app.connect("env-purge-doc", _forget)
    app.connect("html-collect-pages", _source_pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True}


def _lead_to_source_pages(app, doctree):
    """Replaces links that leave `docs/`, and remembers the files."""
    page = app.env.docname
    root = Path(app.srcdir).parent
    found = _files_of(app.env).setdefault(page, set())
    for node in list(doctree.findall(_is_link)):
        target = node["reftarget"].partition("#")[0]
        # Relative to the page, or, of a Markdown file, absolute and without its suffix.
        place = os.path.normpath(Path(app.srcdir, page).parent / target)
        path = next((p for p in (place, f"{place}.md") if Path(p).is_file()), None)
        if path is None or Path(path).is_relative_to(app.srcdir):
            continue
        name = Path(path).relative_to(root).as_posix()
        found.add(name)
        uri = app.builder.get_relative_uri(page, _page_of(name))
        node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))


def _is_link(node):
    is_link = isinstance(node, addnodes.pending_xref | addnodes.download_reference)
    return is_link and node.get("reftype") == "myst"


def _source_pages(app):
    """A page for each file that a link leads to."""
    root = Path(app.srcdir).parent
    for name in sorted(set().union(*_files_of(app.env).values())):
        text = (root / name).read_text(encoding="utf-8")
        language = _LANGUAGES.get(Path(name).suffix, "text")
        code = app.builder.highlighter.highlight_block(text, language)
        context = {"title": name, "body": f"<h1><code>{name}</code></h1>{code}", "parents": []}
        yield _page_of(name), context, "page.html"


def _page_of(name):
    return f"source/{name}"


def _files_of(env):
    if not hasattr(env, "files_outside"):
        env.files_outside = {}
    return env.files_outside


def _forget(app, env, page):
    _files_of(env).pop(page, None)
