"""How the documentation is built: `make docs`, or `python -m sphinx docs build/docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))
sys.path.insert(0, str(Path(__file__).parent.parent))

import keras_transformer

project = "keras_transformer"
version = release = keras_transformer.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    # In docs/_extensions/.
    "docstrings",
    "source_pages",
    "command_help",
    "korean_pages",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_*"]

# Blocks without a language are commands, and what they print.
highlight_language = "text"

# Docstrings are written as Markdown is: `code` in single backticks.
default_role = "code"
# Anchors as GitHub makes them, so that a link leads to the same place there and here.
myst_heading_anchors = 4

autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Call arguments", "params_style"), "Reference"]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
