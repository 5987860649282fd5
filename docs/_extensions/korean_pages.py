"""Says of the pages under `ko/` that they are Korean: for readers' programs, fonts and line breaks."""


def setup(app):
    """Registers the extension."""
    app.connect("html-page-context", _set_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _set_language(app, pagename, templatename, context, doctree):
    if pagename.startswith("ko/"):
        context["language"] = "ko"
