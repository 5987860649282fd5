"""The settings: YAML in and out, checks, messages, and the recipes of the project."""

import dataclasses
import re
from pathlib import Path

import pytest

from keras_transformer.config import (
    SECTIONS,
    Config,
    DataConfig,
    ModelConfig,
    TrainingConfig,
    all_keys,
    config_from,
    from_yaml,
    keys_of,
    title_of,
    to_yaml,
)
from keras_transformer.config.settings import Section, setting
from keras_transformer.errors import UserError

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*.yaml"))
CHANGED = {
    str: "some text: # 'quoted'",
    int: 7,
    float: 0.95,
    bool: None,
}


def changed_value(key):
    """A value of the setting that is not its default."""
    if key.is_list:
        lists = {str: ("one file.tsv", "zwei, ä.tsv"), int: (3, 11), float: (0.25, 3.0)}
        return lists[key.kind]
    if key.choices:
        return next(choice for choice in reversed(key.choices) if choice != key.default)
    if key.kind is bool:
        return not key.default
    if key.name == "data.max_ratio":  # 0, or at least 1
        return 2.5
    if key.kind is int and key.minimum and key.minimum > 7:
        return int(key.minimum) + 1
    return CHANGED[key.kind]


@pytest.mark.parametrize("key", all_keys().values(), ids=lambda key: key.name)
def test_every_key_survives_yaml_and_the_command_line(key):
    section = key.name.partition(".")[0]
    values = {key.field: changed_value(key)}
    if key.name.endswith("_target") or key.name == "data.target":  # needs its source side
        values[key.field.replace("target", "source")] = values[key.field]
    if key.name == "training.weights":  # the mean needs epochs to be averaged
        values["average_checkpoints"] = 7
    config = dataclasses.replace(Config(), **{section: SECTIONS[section](**values)})
    assert getattr(getattr(config, section), key.field) != key.default
    assert from_yaml(to_yaml(config)) == config
    texts = {
        f"{section}.{field}": list(map(str, value)) if isinstance(value, tuple) else str(value)
        for field, value in values.items()
    }
    assert config_from(None, texts) == config


def test_defaults_are_the_sample_corpus_and_survive_yaml():
    assert from_yaml("") == from_yaml("training:\n") == Config()
    assert from_yaml(to_yaml(Config())) == Config()
    assert Config().data.corpus == "sample"


def test_every_key_is_written_with_meaning_choices_and_default():
    lines = to_yaml(Config()).splitlines()
    for key in all_keys().values():
        assert key.help
        above = []
        at = next(i for i, line in enumerate(lines) if line.startswith(f"  {key.field}: "))
        while lines[at - 1].startswith("  # "):
            at -= 1
            above.insert(0, lines[at].removeprefix("  # "))
        comment = " ".join(above)
        assert "Default: " in comment and comment.endswith(".")
        assert len(comment) > 20
        lines = lines[at + len(above) + 1 :]  # the same name may come again in a later section


@pytest.mark.parametrize("choice", ["true", "false", "auto"])
def test_choices_named_like_booleans_stay_texts(choice):
    config = config_from(None, {"training.jit_compile": choice})
    assert config.training.jit_compile == choice
    assert from_yaml(to_yaml(config)) == config


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("data: {source_language: no}", lambda config: config.data.source_language == "no"),
        ("training: {epsilon: 1e-8}", lambda config: config.training.epsilon == 1e-8),
        ("training: {tensorboard: off}", lambda config: config.training.tensorboard is False),
        ("training: {clip_norm: 3}", lambda config: config.training.clip_norm == 3.0),
        ("model: {dropout: null, norm: ~}", lambda config: config.model == ModelConfig(norm=None)),
        ("model: {norm: PRE}", lambda config: config.model.norm == "pre"),
        ("data: {source: a.tsv}", lambda config: config.data.source == ("a.tsv",)),
        ("data: {source: [], target: []}", lambda config: config.data.source == ()),
        ("\ufeffmodel: {norm: pre}", lambda config: config.model.norm == "pre"),
    ],
)
def test_reads_what_a_user_means(text, read, tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text(text, encoding="utf-8")
    assert read(Config.load(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trainin:\n  epochs: 3", r"x.yaml:1: unknown key trainin: did you mean training\?"),
        ("\nepochs: 3", r"x.yaml:2: unknown key epochs: did you mean training.epochs\?"),
        (
            "training:\n  epoch: 3",
            r"x.yaml:2: .* training.epochs\? The keys of training are start_from",
        ),
        ("training:\n  preset: tiny", r"x.yaml:2: .* did you mean model.preset\?"),
        ("foo: 1", r"x.yaml:1: unknown key foo: the sections are data, tokenizer, model"),
        ("training:\n  epochs: many", r'x.yaml:2: training.epochs is "many": expected a whole n'),
        ("training:\n  epochs: 0", r"x.yaml:2: training.epochs is 0: .*, at least 1"),
        ("training:\n  epochs: 2.5", r'training.epochs is "2.5": expected a whole number'),
        ("training:\n  epochs: [1, 2]", r"training.epochs is a list of 2 values: expected a whole"),
        ("training:\n  epochs: {a: 1}", r"x.yaml:2: training.epochs holds further keys: expected"),
        ("training:\n  seed: 1\n  seed: 2", r"x.yaml:3: seed is given twice, first at x.yaml:2"),
        ("model:\n  norm: pos", r'model.norm is "pos": expected one of post, pre.*mean post\?'),
        ("model:\n  dropout: 1.5", r"model.dropout is 1.5: expected a number from 0 to 0.99"),
        ("data:\n  max_ratio: nan", r"data.max_ratio is nan: expected a number, at least 0"),
        ("tokenizer:\n  shared: 2", r'x.yaml:2: tokenizer.shared is "2": expected true or false'),
        ("export:\n  warmup_batch_sizes: [1, 0]", r"warmup_batch_sizes is 0: .* at least 1"),
        ("- a\n- b", r"x.yaml:1: expected sections, such as training, each as 'key: value'"),
        ("training: 3", r"x.yaml:1: expected keys of training, each as 'key: value'"),
        ("a: b: c", r"x.yaml:1: this is not YAML \(mapping values are not allowed here\)"),
        ("training:\n\tepochs: 3", r"x.yaml:2: this is not YAML"),
        ("data: {sample: ''}", r"x.yaml: data has nothing to train on: give data.source"),
        ("data: {target: [a]}", r"data.target is given without data.source"),
        ("data: {source: [a.ko]}", r"data.target is missing: give the files with the translat"),
        ("data: {source: [a, b], target: [c]}", r"names 2 files and data.target 1 file: expect"),
        ("data: {test_source: [a], test_target: [b, c]}", r"data.test_source names 1 file and"),
        ("data: {format: text, source: a.tsv}", r"data.target is missing"),
        ("data: {source: a.tsv, download: multi30k}", r"exclude each other"),
        ("data: {max_ratio: 0.5}", r"data.max_ratio is 0.5: expected at least 1, or 0 to keep"),
        ("training: {learning_rate_scale: 0}", r"training.learning_rate_scale is 0.0: expected"),
        ("model: {hidden_dim: 13, num_heads: 3}", r"model.hidden_dim \(13\) is not a multiple of"),
    ],
)
def test_wrong_files_are_answered_in_one_sentence(text, message):
    with pytest.raises(UserError, match=message) as caught:
        from_yaml(text, "x.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"training.epoch": "3"}, r"^unknown key training.epoch: did you mean training.epochs\?"),
        ({"training.epochs": "x"}, r'^training.epochs is "x": expected a whole number'),
        ({"data.sample": "en-ko", "data.source": ["a.tsv"]}, r"data.sample and data.source excl"),
    ],
)
def test_wrong_overrides(overrides, message):
    with pytest.raises(UserError, match=message):
        config_from(None, overrides)


def test_overrides_win_over_the_file(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text("training:\n  epochs: 3\n  seed: 5\n")
    config = config_from(path, {"training.epochs": "11"})
    assert (config.training.epochs, config.training.seed) == (11, 5)


def test_files_take_the_place_of_the_sample(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text("data:\n  sample: en-ko\n")
    config = config_from(path, {"data.source": ["a.tsv"]})
    assert (config.data.sample, config.data.corpus) == ("", "files")
    assert config_from(None, {"data.download": "multi30k"}).data.corpus == "download"
    for name in ("a.ndjson", "a.TSV", "a.tab.gz"):
        assert config_from(None, {"data.source": [name]}).data.corpus == "files"


@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_files_that_cannot_be_read(kind, tmp_path):
    path = tmp_path / "some.yaml"
    if kind == "folder":
        path.mkdir()
    if kind == "binary":
        path.write_bytes(b"training:\n  \xff\xfe")
    with pytest.raises(UserError, match=re.escape(str(path)) + ".*: give a YAML file$"):
        Config.load(path)


def test_values_are_checked_in_python_too():
    with pytest.raises(UserError, match=r'^training.epochs is "3": expected a whole number'):
        TrainingConfig(epochs="3")
    with pytest.raises(UserError, match=r"data.source is 'a.tsv': expected a list of texts"):
        DataConfig(source="a.tsv")
    with pytest.raises(UserError, match=r"data.deduplicate is 1: expected true or false"):
        DataConfig(deduplicate=1)
    assert TrainingConfig(clip_norm=1).clip_norm == 1.0
    assert DataConfig(source=[Path("a.tsv")]).source == ("a.tsv",)


def test_model_overrides_are_what_differs_from_the_preset():
    assert ModelConfig(preset="base", norm=None).overrides() == {}
    assert ModelConfig(norm="pre", dropout=0.3).overrides() == {"norm": "pre", "dropout": 0.3}


def test_model_choices_are_those_of_the_model():
    presets = pytest.importorskip("keras_transformer.models.presets")
    choices = {key.field: key.choices for key in keys_of(ModelConfig)}
    assert set(choices["preset"]) == set(presets.PRESETS)


def test_one_line_adds_a_setting():
    @dataclasses.dataclass(frozen=True)
    class Some(Section):
        name = "some"
        beam_size: int = setting(5, "hypotheses kept", minimum=1, maximum=13)

    (key,) = keys_of(Some)
    assert key.describe() == "Hypotheses kept. Default: 5."
    assert key.parse("7") == 7
    with pytest.raises(UserError, match=r"some.beam_size is 17: expected a whole number from 1 to"):
        Some(beam_size=17)


def test_saved_and_loaded(tmp_path):
    config = config_from(None, {"training.seed": "17", "model.positions": "rotary"})
    config.save(tmp_path / "config.yaml")
    assert Config.load(tmp_path / "config.yaml") == config


def test_recipes_are_there():
    names = {"sample_ko_en.yaml", "sample_en_ko.yaml", "multi30k_en_de.yaml"}
    assert names <= {path.name for path in RECIPES}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipes_hold_every_key_with_its_comment_of_today(path):
    text = path.read_text(encoding="utf-8")
    assert text == to_yaml(Config.load(path), title_of(text)), "run: make recipes"
    assert f"--config recipes/{path.name}" in title_of(text)


def test_the_defaults_are_the_first_recipe():
    path = next(path for path in RECIPES if path.name == "sample_ko_en.yaml")
    assert Config.load(path) == Config()


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        ({}, "ema"),
        ({"average_decay": 0.0}, "raw"),
        ({"average_checkpoints": 3}, "mean"),
        ({"average_checkpoints": 3, "weights": "ema"}, "ema"),
        ({"average_checkpoints": 3, "weights": "raw"}, "raw"),
    ],
)
def test_which_weights_are_chosen(values, chosen):
    assert TrainingConfig(**values).chosen_weights == chosen


def test_weights_that_are_not_made_cannot_be_chosen():
    with pytest.raises(UserError, match=r"weights is mean, and training.average_checkpoints is 0"):
        TrainingConfig(weights="mean")
    with pytest.raises(UserError, match=r"weights is ema, and training.average_decay is 0"):
        TrainingConfig(weights="ema", average_decay=0.0)


@pytest.mark.parametrize(
    ("update_tokens", "batches"), [(0, 1), (100, 1), (1000, 1), (1001, 2), (4000, 4)]
)
def test_batches_of_an_update(update_tokens, batches):
    config = TrainingConfig(batch_tokens=1000, update_tokens=update_tokens)
    assert config.batches_per_update == batches
