"""One corpus and one run that was never stopped, for all tests of this room."""

import pytest

from keras_transformer.runs.train import train
from tests.runs import tiny


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    tiny.write_corpus(folder)
    return folder


@pytest.fixture(scope="session")
def whole_run(corpus, tmp_path_factory):
    """A finished run; copy it before you change it."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    train(tiny.config(corpus, training__average_decay=0.9), folder)
    return folder
