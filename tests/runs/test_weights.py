"""Raw and averaged weights of a run, by name, from training to translation."""

import numpy as np
import pytest

from keras_transformer import cli
from keras_transformer.errors import UserError
from keras_transformer.runs.folder import WEIGHTS_BY_NAME, load_with_weights
from keras_transformer.training.checkpoint import list_checkpoints, read_checkpoint
from tests.runs import tiny


def arrays(translator):
    return [np.asarray(weight.numpy()) for weight in translator.model.weights]


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def saved(run, prefix):
    found = read_checkpoint(list_checkpoints(run / "checkpoints")[-1])[0]
    return [found[name] for name in sorted(found) if name.startswith(prefix)]


def test_each_name_is_its_own_weights(whole_run):
    raw = arrays(load_with_weights(whole_run, "raw"))
    assert_equal(raw, saved(whole_run, "weights/"))
    ema = arrays(load_with_weights(whole_run, "ema"))
    assert_equal(ema, saved(whole_run, "extra/average/"))
    epochs = []
    for number in (1, 2):
        with np.load(whole_run / "epochs" / f"epoch-0000{number}.npz") as file:
            epochs.append([file[name] for name in sorted(file.files)])
    assert_equal(epochs[1], raw)
    mean = arrays(load_with_weights(whole_run, "mean"))
    for ours, *theirs in zip(mean, *epochs, strict=True):
        np.testing.assert_allclose(ours, np.mean(theirs, axis=0), rtol=1e-6, atol=1e-7)
    assert min(np.abs(a[0] - b[0]).max() for a, b in ((raw, ema), (raw, mean), (ema, mean))) > 1e-4


def test_the_commands_take_a_name(whole_run, corpus, capsys):
    source, target = str(corpus / "train.ko"), str(corpus / "train.en")
    scores = {}
    for name in WEIGHTS_BY_NAME:
        assert cli.main(["score", str(whole_run), "--source", source, "--target", target,
                         "--weights", name]) == 0  # fmt: skip
        scores[name] = capsys.readouterr().out
    assert len(set(scores.values())) >= 3  # the best may be the newest average
    assert cli.main(["translate", str(whole_run), source, "--weights", "mean"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == tiny.NUM_PAIRS
    assert cli.main(["evaluate", str(whole_run), "--source", source, "--reference", target,
                     "--weights", "raw"]) == 0  # fmt: skip
    assert capsys.readouterr().out.startswith("BLEU ")


def test_weights_that_are_not_there(whole_run, tmp_path, capsys):
    for name in ("config.yaml", "model.weights.h5", "ema.weights.h5"):
        (tmp_path / name).touch()
    message = rf"{tmp_path} has no mean.weights.h5: .* here there are: best, ema\."
    with pytest.raises(UserError, match=message):
        load_with_weights(tmp_path, "mean")
    (tmp_path / "config.yaml").unlink()
    with pytest.raises(UserError, match="is an export, which has one set of weights"):
        load_with_weights(tmp_path, "mean")
    with pytest.raises(SystemExit):
        cli.main(["translate", str(whole_run), "--weights", "median"])
    assert "invalid choice: 'median'" in capsys.readouterr().err


def test_the_own_sets_of_a_run(whole_run, corpus, capsys):
    for name in ("raw", "ema"):
        assert cli.main(["evaluate", str(whole_run), "--set", "validation",
                         "--weights", name]) == 0  # fmt: skip
        shown = capsys.readouterr().out
        assert f"of {tiny.NUM_VALIDATION} sentences" in shown
        if name == "ema":  # the run was validated with it, greedily
            bleu = tiny.history(whole_run)[-1]["val_bleu"]
            assert shown.startswith(f"BLEU {bleu:.2f} ")
    for arguments, message in (
        (["--set", "test"], f"{whole_run} has no test set: give --source and --reference."),
        (["--set", "test", "--source", "x"], "--set is in place of --source and --reference: "),
        (["--source", "x"], "--reference is missing: give --source and --reference, or --set"),
    ):
        assert cli.main(["evaluate", str(whole_run), *arguments]) == 2
        assert message in capsys.readouterr().err
