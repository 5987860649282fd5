"""Metrics weigh every real token alike, in whatever batches they came."""

import keras
import numpy as np
import pytest

from keras_transformer.training import MaskedCrossentropy, Perplexity, TokenAccuracy
from tests.modes import to_numpy

VOCABULARY = 11


def batches(padding_id=0):
    """Two batches of unequal sizes, lengths and amounts of padding."""
    random = np.random.default_rng(3)
    for rows, length, lengths in ((2, 7, (7, 5)), (5, 3, (1, 1, 3, 1, 2))):
        y_true = random.integers(0, VOCABULARY - 1, size=(rows, length))
        y_true += y_true >= padding_id
        y_true[np.arange(length)[None] >= np.array(lengths)[:, None]] = padding_id
        y_pred = random.normal(size=(rows, length, VOCABULARY))
        # Half of the predictions are right, in the first batch nearly all.
        right = random.random(y_true.shape) < (0.9 if rows == 2 else 0.2)
        y_pred[right, y_true[right]] += 9.0
        yield y_true.astype("int32"), y_pred.astype("float32")


def real_tokens(padding_id=0):
    """All real labels and their logits in one heap."""
    pairs = [(y[y != padding_id], x[y != padding_id]) for y, x in batches(padding_id)]
    return (np.concatenate(parts) for parts in zip(*pairs, strict=True))


def result(metric, padding_id=0):
    for y_true, y_pred in batches(padding_id):
        metric.update_state(y_true, y_pred)
    return float(to_numpy(metric.result()))


@pytest.mark.parametrize("padding_id", [0, 4])
def test_accuracy_is_a_share_of_all_real_tokens(padding_id):
    y_true, y_pred = real_tokens(padding_id)
    expected = np.mean(y_pred.argmax(-1) == y_true)
    assert len(y_true) == 20
    assert 0.3 < expected < 0.9
    assert result(TokenAccuracy(padding_id), padding_id) == pytest.approx(expected)


@pytest.mark.parametrize("padding_id", [0, 4])
def test_perplexity_is_exp_of_the_mean_over_all_real_tokens(padding_id):
    y_true, y_pred = real_tokens(padding_id)
    log_sum = np.log(np.exp(y_pred.astype("float64")).sum(-1))
    losses = log_sum - np.take_along_axis(y_pred, y_true[:, None], -1)[:, 0]
    expected = np.exp(losses.mean())
    assert result(Perplexity(padding_id), padding_id) == pytest.approx(expected, rel=1e-5)
    means = [float(MaskedCrossentropy(padding_id=padding_id)(y, x)) for y, x in batches(padding_id)]
    assert np.exp(np.mean(means)) != pytest.approx(expected, rel=0.05)  # not a mean of means


def test_perplexity_is_not_smoothed():
    y_true = np.array([[3, 5, 0]], "int32")
    sure = np.full((1, 3, VOCABULARY), -50.0, "float32")
    for position, label in enumerate(y_true[0]):
        sure[0, position, label] = 50.0
    metric = Perplexity()
    metric.update_state(y_true, sure)
    assert float(to_numpy(metric.result())) == pytest.approx(1.0)
    metric.reset_state()
    metric.update_state(y_true, np.zeros_like(sure))
    assert float(to_numpy(metric.result())) == pytest.approx(VOCABULARY, rel=1e-6)


@pytest.mark.parametrize(("cls", "empty"), [(TokenAccuracy, 0.0), (Perplexity, 1.0)])
def test_reset_and_nothing_but_padding(cls, empty):
    metric = cls()
    assert result(metric) != empty
    metric.reset_state()
    metric.update_state(np.zeros((2, 3), "int32"), np.ones((2, 3, VOCABULARY), "float32"))
    assert float(to_numpy(metric.result())) == empty


@pytest.mark.parametrize("cls", [TokenAccuracy, Perplexity])
def test_config(cls):
    metric = cls(padding_id=4, name="some_name")
    assert metric.get_config() == {"name": "some_name", "padding_id": 4}
    stored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(stored) is cls
    assert stored.get_config() == metric.get_config()
    assert {keras.backend.standardize_dtype(v.dtype) for v in metric.variables} == {"float32"}
    assert cls().name == {"TokenAccuracy": "accuracy", "Perplexity": "perplexity"}[cls.__name__]


def test_in_fit_and_evaluate_over_unequal_batches():
    """`evaluate` says the numbers of all tokens, though Keras averages batches by rows."""
    (first, first_logits), (second, second_logits) = batches()
    model = keras.Sequential([keras.Input((None, VOCABULARY)), keras.layers.Dense(VOCABULARY)])
    model.layers[0].set_weights([np.eye(VOCABULARY), np.zeros(VOCABULARY)])
    model.compile(loss=MaskedCrossentropy(), metrics=[TokenAccuracy(), Perplexity()])

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return [(first_logits, first), (second_logits, second)][index]

    found = model.evaluate(Batches(), return_dict=True, verbose=0)
    assert found["accuracy"] == pytest.approx(result(TokenAccuracy()), rel=1e-5)
    assert found["perplexity"] == pytest.approx(result(Perplexity()), rel=1e-5)
