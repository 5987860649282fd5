"""Docstrings as they are written here, for Sphinx: code spans and the fields of tuples."""

import inspect
import re

# `code`, over the end of a line too, but not over the end of a paragraph.
_CODE_SPAN = re.compile(r"(?<!`)`(?!`)((?:[^`\n]|\n(?!\s*\n))+?)`(?!`)(\w?)")
_HIDDEN = "(*args, **kwargs)"
_FIELD = re.compile(r"    \w+: .+")


def setup(app):
    """Registers the extension."""
    # Before napoleon, which listens with the usual 500.
    app.connect("autodoc-process-docstring", _rewrite, priority=400)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _rewrite(app, what, name, thing, options, lines):
    text = _CODE_SPAN.sub(_literal, "\n".join(lines))
    if what == "class" and _is_named_tuple(thing):
        fields = "\n".join(field for field in inspect.getsource(thing).split("\n") if
                           _FIELD.fullmatch(field))  # fmt: skip
        text += f"\n\n::\n\n{fields}\n"
    lines[:] = text.split("\n")


def _literal(match):
    code, next_letter = match[1].strip(), match[2]
    # Between a literal and a letter reStructuredText wants an escaped space.
    return f"``{code}``" + (f"\\ {next_letter}" if next_letter else "")


def _signature(app, what, name, thing, options, signature, return_annotation):
    """That of `__init__`, where Keras' way to make objects has hidden it."""
    if what != "class" or signature != _HIDDEN:
        return None
    for base in thing.__mro__:
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        found = f"({', '.join(map(str, parameters))})"
        if found != _HIDDEN:
            return found, return_annotation
    return None


def _skip(app, what, name, thing, skip, options):
    """The fields of a tuple stand in its docstring, with their comments."""
    is_field = type(thing).__name__ == "_tuplegetter"
    return True if is_field else None


def _is_named_tuple(thing):
    return isinstance(thing, type) and issubclass(thing, tuple) and hasattr(thing, "_fields")
