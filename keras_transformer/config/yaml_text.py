"""Settings as YAML: written with a comment for every key, read with errors that name the line."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from keras_transformer.config.sections import SECTIONS, Config, all_keys
from keras_transformer.config.settings import Key, keys_of, nearest, written
from keras_transformer.errors import UserError

TITLE = "Settings of keras_transformer. A key that is left out has its default."


def config_from(path=None, overrides: Mapping[str, str | Sequence[str]] | None = None) -> Config:
    """The settings of a YAML file (of the defaults without one), changed by dotted keys.

    `overrides` are texts as a user types them: `{"training.epochs": "3"}`.
    """
    values = {} if path is None else _values(_read(path), str(path))
    overrides = overrides or {}
    keys = all_keys()
    for name, text in overrides.items():
        if name not in keys:
            raise UserError(_unknown(name, ""))
        values[name] = keys[name].parse(text)
    config = _build(values, "" if path is None else str(path))
    if overrides.get("data.sample") and config.data.corpus != "sample":
        raise UserError(
            f"data.sample and data.{'source' if config.data.source else 'download'} exclude each "
            "other: give one of them"
        )
    return config


def from_yaml(text: str, name: str = "configuration") -> Config:
    """The settings in a YAML text; `name` is what errors call it."""
    return _build(_values(text, name), name)


def to_yaml(config: Config, title: str = TITLE) -> str:
    """Every key of `config` as YAML, under comments with its meaning, choices and default."""
    lines = [f"# {line}".rstrip() for line in title.splitlines()]
    for name, section in SECTIONS.items():
        lines += ["", f"# {section.__doc__}", f"{name}:"]
        for key in keys_of(section):
            lines += [f"  {line}" for line in _comment(key)]
            lines.append(f"  {key.field}: {written(getattr(getattr(config, name), key.field))}")
    return "\n".join(lines) + "\n"


def title_of(text: str) -> str:
    """The comment at the head of a YAML text, as `to_yaml` takes it."""
    head, _, _ = text.partition("\n\n")
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in head.splitlines())


def refresh(path):
    """Writes a YAML file anew: its title and values, with the comments and keys of today."""
    text = _read(path)
    Path(path).write_text(to_yaml(from_yaml(text, str(path)), title_of(text)), encoding="utf-8")


def _comment(key: Key) -> list[str]:
    words = key.describe()
    return textwrap.wrap(
        words, 94, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _read(path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text (byte {error.start}): give a YAML file"
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): give a YAML file") from error


def _values(text, name) -> dict:
    """The values of a YAML text by dotted key.

    Scalars are taken as texts and go the way of the command line, because YAML 1.1 would read the
    language code `no` as false and `1e-9` as a text.
    """
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UserError(f"{place}: this is not YAML ({problem})") from error
    values = {}
    for section, body, where in _pairs(root, name, "sections, such as training"):
        if section not in SECTIONS:
            raise UserError(_unknown(section, where))
        for field, node, where in _pairs(body, name, f"keys of {section}"):
            dotted = f"{section}.{field}"
            key = all_keys().get(dotted)
            if key is None:
                raise UserError(_unknown(dotted, where))
            values[dotted] = key.parse(_plain(node, dotted, where), where)
    return values


def _pairs(node, name, expected) -> Iterator:
    import yaml

    if node is None or (isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~")):
        return
    if not isinstance(node, yaml.MappingNode):
        raise UserError(
            f"{name}:{node.start_mark.line + 1}: expected {expected}, each as 'key: value'"
        )
    seen = {}
    for key, value in node.value:
        where = f"{name}:{key.start_mark.line + 1}"
        word = key.value if isinstance(key, yaml.ScalarNode) else "this"
        if word in seen:
            raise UserError(f"{where}: {word} is given twice, first at {seen[word]}: remove one")
        seen[word] = where
        yield word, value, where


def _plain(node, dotted, where):
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode) and all(
        isinstance(one, yaml.ScalarNode) for one in node.value
    ):
        return [one.value for one in node.value]
    raise UserError(
        f"{where}: {dotted} holds further keys: expected {all_keys()[dotted].expected()}"
    )


def _build(values, name) -> Config:
    try:
        sections = {}
        for section, kind in SECTIONS.items():
            given = {
                dotted.partition(".")[2]: value
                for dotted, value in values.items()
                if dotted.partition(".")[0] == section
            }
            sections[section] = kind(**given)
        return Config(**sections)
    except UserError as error:
        raise UserError(f"{name}: {error}" if name else str(error)) from error


def _unknown(word, where) -> str:
    """The message for an unknown section or dotted key, with the nearest valid one."""
    section, _, field = word.rpartition(".")
    names = list(all_keys())
    same_field = [name for name in names if name.endswith("." + (field or word))]
    if section in SECTIONS:
        fields = [key.field for key in keys_of(SECTIONS[section])]
        close = nearest(field, fields)
        guess = f"{section}.{close}" if close else "".join(same_field[:1])
        valid = f"the keys of {section} are " + ", ".join(fields)
    else:
        guess = nearest(word, SECTIONS) if not section else ""
        guess = guess or "".join(same_field[:1]) or nearest(word, names)
        guess = guess or nearest(field, {name.partition(".")[2] for name in names})
        valid = "the sections are " + ", ".join(SECTIONS)
    place = f"{where}: " if where else ""
    hint = f"did you mean {guess}? " if guess else ""
    return f"{place}unknown key {word}: {hint}{valid[0].upper() if hint else valid[0]}{valid[1:]}"
