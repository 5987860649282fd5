"""The machines of a run."""

import json
import os

import keras
import pytest

from keras_transformer.runs import machine as module
from keras_transformer.runs.machine import machine, note_machine, read_machines


def test_what_is_known_of_this_machine():
    here = machine()
    assert here["processor"]
    assert 1 <= here["cores"] <= os.cpu_count()
    assert here["memory_gib"] > 0.1
    assert here["accelerators"] == []
    assert here["backend"] == keras.backend.backend()
    assert here["packages"]["keras"] == keras.__version__
    json.dumps(here)


@pytest.fixture
def here(monkeypatch):
    place = {"processor": "one", "cores": 2}
    monkeypatch.setattr(module, "machine", lambda: dict(place))
    return place


def test_only_a_change_is_noted(tmp_path, here):
    path = tmp_path / "machine.json"
    note_machine(path, 0)
    note_machine(path, 7)
    assert read_machines(path) == [{"from_step": 0, "processor": "one", "cores": 2}]
    here["cores"] = 4
    note_machine(path, 11)
    assert [(each["from_step"], each["cores"]) for each in read_machines(path)] == [(0, 2), (11, 4)]


def test_steps_that_come_again_are_of_the_new_machine(tmp_path, here):
    path = tmp_path / "machine.json"
    for step, cores in ((0, 2), (11, 4), (5, 8)):
        here["cores"] = cores
        note_machine(path, step)
    assert [(each["from_step"], each["cores"]) for each in read_machines(path)] == [(0, 2), (5, 8)]


def test_files_of_other_kinds(tmp_path):
    path = tmp_path / "machine.json"
    assert read_machines(path) == []
    path.write_text('{"processor": "one"}')  # as results were kept once
    assert read_machines(path) == [{"processor": "one"}]
    path.write_text("[3, {")
    assert read_machines(path) == []
