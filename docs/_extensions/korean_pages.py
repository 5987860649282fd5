"""What Korean needs: `ko/` is marked as Korean, and pictures may have names in Hangul."""

from urllib.parse import unquote

from docutils import nodes


def setup(app):
    """Registers the extension."""
    app.connect("html-page-context", _set_language)
    # Before Sphinx looks for the files, which it does with the usual 500.
    app.connect("doctree-read", _unquote_pictures, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _set_language(app, pagename, templatename, context, doctree):
    """For screen readers, fonts and line breaks."""
    if pagename.startswith("ko/"):
        context["language"] = "ko"


def _unquote_pictures(app, doctree):
    """MyST gives the name of a file as it would stand in an address."""
    for picture in doctree.findall(nodes.image):
        picture["uri"] = unquote(picture["uri"])
