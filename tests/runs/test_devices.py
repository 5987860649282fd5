"""Which devices are chosen, and what is refused before anything is started."""

import json

import keras
import pytest

from keras_transformer.config import TrainingConfig, config_from
from keras_transformer.errors import UserError
from keras_transformer.runs.devices import choose_devices
from keras_transformer.runs.train import train
from tests.runs import tiny

BACKEND = keras.backend.backend()
TWO = {"worker": ["localhost:1", "localhost:2"]}


def cluster(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text if isinstance(text, str) else json.dumps(text))


@pytest.mark.parametrize("strategy", ["auto", "none"])
@pytest.mark.parametrize("environment", ["", '{"cluster": {"worker": ["localhost:1"]}}'])
def test_one_device_is_the_rule(monkeypatch, strategy, environment):
    cluster(monkeypatch, environment)
    devices = choose_devices(TrainingConfig(strategy=strategy, precision="mixed_float16"))
    assert (devices.num_replicas, devices.description) == (1, "")
    assert devices.team.is_chief and devices.split.num_parts == 1
    with devices.scope():
        pass


def test_none_is_one_device_whatever_the_environment_says(monkeypatch):
    cluster(monkeypatch, {"cluster": TWO, "task": {"type": "worker", "index": 1}})
    assert choose_devices(TrainingConfig(strategy="none")).num_replicas == 1


@pytest.mark.parametrize("strategy", ["mirrored", "multi_worker", "data_parallel"])
def test_another_backend(monkeypatch, strategy):
    here = "jax" if strategy == "data_parallel" else "tensorflow"
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(UserError, match=f"{strategy}, which Keras has on {here}, and Keras runs"):
        choose_devices(TrainingConfig(strategy=strategy))


def test_a_cluster_on_another_backend(monkeypatch):
    cluster(monkeypatch, {"cluster": TWO})
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(UserError, match="several machines on tensorflow only, not on jax"):
        choose_devices(TrainingConfig())


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("", "names fewer than two workers"),
        ({"cluster": {"worker": ["localhost:1"]}}, "names fewer than two workers"),
        ("{broken", "TF_CONFIG cannot be read"),
        ("[1]", "TF_CONFIG cannot be read"),
        ({"cluster": TWO, "task": {"type": "worker", "index": 2}}, "give an index from 0 to 1"),
        (
            {"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"index": 1}},
            "this is worker 2, and names 2 workers",
        ),
    ],
)
def test_a_cluster_that_is_none(monkeypatch, environment, message):
    cluster(monkeypatch, environment)
    with pytest.raises(UserError, match=message):
        choose_devices(TrainingConfig(strategy="multi_worker"))


REFUSED = [
    ({"precision": "mixed_float16"}, "training.precision mixed_float16 does not work"),
    ({"update_tokens": 9000}, "training.update_tokens does not work"),
    ({"jit_compile": "true"}, "training.jit_compile true does not work"),
]


@pytest.mark.tensorflow
@pytest.mark.parametrize("strategy", ["mirrored", "multi_worker", "auto"])
@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_what_does_not_work_together(monkeypatch, strategy, settings, message):
    if strategy != "mirrored":
        cluster(monkeypatch, {"cluster": TWO})
    devices = 2 if strategy == "mirrored" else 0
    with pytest.raises(UserError, match=message):
        choose_devices(TrainingConfig(strategy=strategy, devices=devices, **settings))


@pytest.mark.tensorflow
def test_devices_of_several_machines(monkeypatch):
    cluster(monkeypatch, {"cluster": TWO})
    with pytest.raises(UserError, match=r"training.devices is for the devices of one machine"):
        choose_devices(TrainingConfig(strategy="multi_worker", devices=2))


def test_devices_that_are_not_there():
    strategy = {"tensorflow": "mirrored", "jax": "data_parallel"}[BACKEND]
    with pytest.raises(UserError, match=f"{BACKEND} sees no GPU: set training.strategy to none"):
        choose_devices(TrainingConfig(strategy=strategy))
    keras.ops.zeros(3) + 1  # the backend has started
    with pytest.raises(UserError, match=r"training.devices is 3, and .* start a new one"):
        choose_devices(TrainingConfig(strategy=strategy, devices=3))


def test_a_refused_run_leaves_nothing(tmp_path):
    strategy = {"tensorflow": "mirrored", "jax": "data_parallel"}[BACKEND]
    config = config_from(None, tiny.options(tmp_path, training__strategy=strategy))
    with pytest.raises(UserError, match="sees no GPU"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
