"""All that training can be asked for, at once: a run killed twice ends as one that was not."""

import pytest

from keras_transformer.runs.train import train
from tests.runs import tiny
from tests.runs.test_resume import (
    Killed,
    assert_same_arrays,
    kill_at,  # noqa: F401
    newest,
)
from tests.runs.test_start_from import weights

pytestmark = pytest.mark.tensorflow  # once is enough, whatever backend the others run on

OPTIONS = {
    "training__precision": "mixed_float16",
    "training__update_tokens": 900,  # three batches of an update, ten of an epoch
    "training__optimizer": "adamw",
    "training__schedule": "inverse_sqrt",
    "training__peak_learning_rate": 0.01,
    "training__warmup_steps": 3,
    "training__r_drop": 1.0,
    "training__average_decay": 0.8,
    "training__average_checkpoints": 2,
    "training__average_choice": "best",
    "training__weights": "mean",
    "training__early_stopping": 5,
    "training__checkpoint_steps": 1,
}


def test_killed_between_the_batches_of_an_update(corpus, tmp_path, kill_at, monkeypatch):  # noqa: F811
    settings = tiny.config(corpus, **OPTIONS)
    whole, run = tmp_path / "whole", tmp_path / "run"
    train(settings, whole)
    # 30 batches are 10 updates.
    assert [line["step"] for line in tiny.history(whole)] == [3, 6, 10]
    for step in (2, 7):
        kill_at(step)
        with pytest.raises(Killed):
            train(settings, run)
    # The epoch before ended between the batches of an update, and with it the newest checkpoint.
    arrays, progress = newest(run)
    assert (progress["epoch"], progress["batch"], progress["step"]) == (2, 0, 6)
    monkeypatch.undo()
    train(settings, run)

    arrays, progress = newest(run)
    expected_arrays, expected = newest(whole)
    assert_same_arrays(arrays, expected_arrays)
    del progress["trained_seconds"], expected["trained_seconds"]
    assert progress == expected
    assert len(progress["mean"]) == 2
    assert tiny.history(run) == tiny.history(whole)
    assert all("val_bleu_raw" in line for line in tiny.history(run))
    for name in ("model", "raw", "ema", "mean"):
        assert_same_arrays(weights(run, name), weights(whole, name))
