"""The folder of a run: which settings it binds, and what it says."""

import dataclasses

import numpy as np
import pytest

from keras_transformer.config import Config, all_keys
from keras_transformer.errors import UserError
from keras_transformer.runs.folder import FREE_KEYS, FREE_SECTIONS, RunFolder
from keras_transformer.training.checkpoint import write_arrays

# Another value than the default for settings where one cannot be made by rule.
OTHER = {
    "data.sample": "en-ko",
    "data.sample_pairs": 20_000,
    "model.max_length": 7,
    "model.norm": "post",
}


def changed(key):
    """A configuration that differs from the default one in this key."""
    setting = all_keys()[key]
    value = OTHER.get(key)
    if value is None:
        values = {bool: not setting.default, str: "other", int: 3, float: 0.5}
        value = values[setting.kind]
        if setting.choices:
            value = next(one for one in setting.choices[::-1] if one != setting.default)
        if setting.is_list:
            value = (value,)
    section, name = key.split(".")
    config = Config()
    part = getattr(config, section)
    # Past the checks of what goes together: only the comparison is asked here.
    other = object.__new__(type(part))
    for field in dataclasses.fields(part):
        object.__setattr__(other, field.name, getattr(part, field.name))
    object.__setattr__(other, name, value)
    return dataclasses.replace(config, **{section: other})


@pytest.fixture
def begun(tmp_path):
    """A run that has made its first checkpoint."""
    folder = RunFolder(tmp_path / "run")
    folder.start(Config())
    folder.checkpoints.mkdir()
    (folder.checkpoints / "step-00000003.npz").touch()
    return folder


@pytest.mark.parametrize("key", all_keys())
def test_which_settings_a_run_binds(begun, key):
    config = changed(key)
    if key in FREE_KEYS or key.split(".")[0] in FREE_SECTIONS:
        begun.check(config)
        return
    with pytest.raises(UserError, match=rf"another configuration: {key} \(.* there, .* now\)"):
        begun.check(config)


def test_a_run_may_train_longer_and_decode_otherwise():
    assert set(all_keys()) >= FREE_KEYS
    assert {"decoding", "export"} == FREE_SECTIONS
    assert {key.removeprefix("training.") for key in FREE_KEYS} == {
        "data.folder", "epochs", "max_steps", "max_minutes", "early_stopping", "evaluate_every",
        "checkpoint_minutes", "checkpoint_steps", "keep_checkpoints", "log_every", "tensorboard",
        "sample_translations", "strategy", "devices",
    }  # fmt: skip


@pytest.mark.parametrize("made", ["tokenizer.json", "target.json"])
def test_what_was_made_binds(tmp_path, made):
    folder = RunFolder(tmp_path)
    folder.start(Config())
    for key in ("data.max_length", "tokenizer.kind", "model.preset"):
        folder.check(changed(key))  # nothing was made yet
    (tmp_path / made).touch()
    folder.check(Config())
    folder.check(changed("model.preset"))
    for key in ("data.max_length", "tokenizer.kind"):
        with pytest.raises(UserError, match=rf"{key} \(.* there, .* now\)"):
            folder.check(changed(key))


def test_half_a_pair_of_tokenizers_is_none(tmp_path):
    (tmp_path / "source.json").touch()
    assert not RunFolder(tmp_path).has_tokenizers()
    (tmp_path / "target.json").touch()
    assert RunFolder(tmp_path).has_tokenizers()


def test_the_settings_in_the_folder_are_the_newest(begun):
    begun.start(changed("training.epochs"))
    assert Config.load(begun.config).training.epochs == 3
    assert [path.name for path in begun.path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("key", "kept"), [("training.epochs", True), ("decoding.batch_size", False)]
)
def test_scores_are_those_of_the_decoding(begun, key, kept):
    begun.scores.write_text('{"bleu": 3}')
    begun.start(changed(key))
    assert begun.read_scores() == ({"bleu": 3} if kept else None)


def test_damaged_scores(begun):
    begun.scores.write_text('{"bleu"')
    with pytest.raises(UserError, match=r"scores.json cannot be read \(.*\): remove it"):
        begun.read_scores()


def test_a_folder_under_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"The run cannot be kept in .*run: .* cannot be written"):
        RunFolder(tmp_path / "file" / "run").start(Config())


def test_seconds_of_all_starts(tmp_path):
    """A history notes of an epoch that was resumed only what came after."""
    folder = RunFolder(tmp_path)
    history = [{"epoch": 0, "seconds": 30.0}, {"epoch": 1, "seconds": 12.0}]
    assert folder.trained_seconds(history) == 42.0
    progress = np.frombuffer(b'{"trained_seconds": 100.5}', np.uint8)
    write_arrays(folder.checkpoints / "step-00000007.npz", {"progress": progress})
    assert folder.trained_seconds(history) == 100.5
    (folder.checkpoints / "step-00000008.npz").write_bytes(b"damaged")
    assert folder.trained_seconds(history) == 42.0
