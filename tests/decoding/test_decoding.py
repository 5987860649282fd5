"""Greedy decoding with a cache: token for token what decoding without one says."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.backend import compile_function
from keras_transformer.decoding import (
    Decoded,
    Decoder,
    Greedy,
    SearchOptions,
    SpecialIds,
    decode,
    search,
)
from keras_transformer.decoding.top_tokens import best_token
from tests.decoding.decoding_models import (
    KINDS,
    START,
    assert_same,
    expected,
    sources,
    talkative_model,
)
from tests.modes import FAST, MODES, run, to_numpy


def padded(rows, padding_id=0, more=0):
    ids = np.full((len(rows), max(map(len, rows)) + more), padding_id, "int32")
    for row, source in enumerate(rows):
        ids[row, : len(source)] = source
    return ids


def decode_rows(kind, rows, limits, max_length, mode=FAST, more=0):
    """`decode` for some of the sources of a kind, as numpy arrays."""
    model, end_id = talkative_model(kind), KINDS[kind][1]
    source_ids = padded([sources(model.padding_id)[row] for row in rows], model.padding_id, more)

    def function(source_ids, limits):
        return decode(model, source_ids, limits, max_length, START, end_id)

    return run(function, source_ids, np.array(limits, "int32"), mode=mode)


def default_limits(rows):
    return [2 * (len(sources()[row]) - 1) + 10 for row in rows]


ALL = range(11)


@pytest.mark.parametrize("kind", KINDS)
def test_the_models_say_enough(kind):
    """The comparisons below would show little if all rows were alike."""
    wanted = expected(kind)
    assert len({tuple(ids) for ids, _, _ in wanted}) >= 6
    ended = [len(ids) for ids, _, truncated in wanted if not truncated]
    assert len(set(ended)) >= 3
    assert sum(truncated for *_, truncated in wanted) >= 2


@pytest.mark.parametrize(
    ("kind", "mode"), [("pre sinusoidal", mode) for mode in MODES] + [(k, FAST) for k in KINDS][1:]
)
def test_cached_equals_uncached_token_for_token(kind, mode):
    decoded = decode_rows(kind, ALL, default_limits(ALL), 40, mode)
    assert isinstance(decoded, Decoded)
    assert [array.dtype.name for array in decoded] == ["int32", "int32", "float32", "bool"]
    assert_same(decoded, expected(kind), talkative_model(kind).padding_id)


@pytest.mark.parametrize("row", [0, 1, 4])
def test_alone_and_with_more_padding_equals_in_a_batch(row):
    kind = "pre sinusoidal"
    for more in (0, 6):
        decoded = decode_rows(kind, [row], default_limits([row]), 40, more=more)
        assert_same(decoded, [expected(kind)[row]])


def test_limits_and_truncation():
    """A row may produce so many ids, the end mark included, and is cut off only without one."""
    kind = "pre sinusoidal"
    row = next(i for i, (ids, _, cut) in enumerate(expected(kind)) if not cut and len(ids) > 3)
    ids, score, _ = expected(kind)[row]
    length = len(ids)
    rows = [row] * 5
    limits = [length, length - 1, 1, 0, length + 1]
    decoded = decode_rows(kind, rows, limits, length + 1)
    assert decoded.lengths.tolist() == [length, length - 1, 1, 0, length]
    assert decoded.truncated.tolist() == [False, True, True, False, False]
    for number, produced in enumerate(decoded.lengths):
        assert decoded.ids[number, :produced].tolist() == ids[:produced]
        assert not decoded.ids[number, produced:].any()
    np.testing.assert_allclose(decoded.scores[[0, 4]], score, atol=1e-5)
    assert decoded.scores[3] == 0
    assert decoded.scores[2] > decoded.scores[1] > decoded.scores[0]


def test_a_finished_row_is_frozen_while_others_go_on():
    kind = "pre sinusoidal"
    wanted = expected(kind)
    short = min(ALL, key=lambda row: len(wanted[row][0]) + 99 * wanted[row][2])
    long = max(ALL, key=lambda row: len(wanted[row][0]))
    assert len(wanted[long][0]) > len(wanted[short][0]) + 5
    rows = [short, long]
    decoded = decode_rows(kind, rows, default_limits(rows), 40)
    assert_same(decoded, [wanted[short], wanted[long]])
    alone = decode_rows(kind, [short], default_limits([short]), len(wanted[short][0]))
    np.testing.assert_allclose(decoded.scores[0], alone.scores[0], atol=1e-5)


def test_the_loop_stops_when_all_rows_are_finished():
    """Seen through a strategy that counts its steps, which only eager loops let it do."""
    calls = []

    class EndAtOnce(Greedy):
        def advance(self, state, logits, step):
            calls.append(len(calls))
            end = ops.one_hot(ops.full(ops.shape(logits)[:2], 3), logits.shape[2])
            return super().advance(state, logits + 1e4 * end, step)

    model = talkative_model("pre sinusoidal")
    strategy = EndAtOnce(SpecialIds(START, 3, 0))
    source_ids = padded(sources()[:3])
    hypotheses = search(model, source_ids, SearchOptions(np.int32([5, 5, 5])), 5, strategy)
    assert to_numpy(hypotheses.lengths).tolist() == [[1]] * 3
    assert len(calls) <= 2  # JAX traces the loop once
    assert to_numpy(hypotheses.ids).tolist() == [[[3, 0, 0, 0, 0]]] * 3


def test_greedy_takes_the_best_and_says_its_log_probability():
    logits = np.log(np.array([[1, 2, 5], [6, 1, 1]], "float32"))
    ids, log_probabilities = best_token(ops.convert_to_tensor(logits))
    assert to_numpy(ids).tolist() == [2, 0]
    np.testing.assert_allclose(to_numpy(log_probabilities), np.log([5 / 8, 6 / 8]), 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_decoder_translates_in_batches_and_keeps_the_order(kind):
    model = talkative_model(kind)
    decoder = Decoder(model, START, KINDS[kind][1], batch_size=4)
    done = []
    decoded = decoder(sources(model.padding_id), on_progress=done.append)
    assert done == [4, 4, 3]
    assert all(isinstance(field, np.ndarray) for field in decoded)
    wanted = expected(kind)
    assert_same(decoded, wanted, model.padding_id)
    assert decoded.ids.shape[1] == max(len(ids) for ids, _, _ in wanted)
    # The same decoder again, and one sentence at a time.
    assert_same(decoder(sources(model.padding_id)[2:5]), wanted[2:5], model.padding_id)
    assert_same(decoder(sources(model.padding_id)[:1]), wanted[:1], model.padding_id)


def test_a_batch_that_is_not_full_costs_little(monkeypatch):
    from keras_transformer.decoding import decoder as module

    model, rows = talkative_model("pre sinusoidal"), []

    def watched(model, source_ids, *others):
        rows.append(source_ids.shape[0])
        return search(model, source_ids, *others)

    monkeypatch.setattr(module, "search", watched)
    decoder = Decoder(model, START, KINDS["pre sinusoidal"][1], batch_size=6)
    for count in (11, 1, 1, 3, 5):
        decoder([source[:4] for source in sources()[:count]])
    # Traced once for each number of rows, which is a power of two or that of a full batch.
    assert rows == [6, 1, 4]


def test_decoder_of_nothing():
    decoded = Decoder(talkative_model("pre sinusoidal"), START, 25)([])
    assert [len(field) for field in decoded] == [0, 0, 0, 0]


def test_limit_is_twice_the_source_and_ten():
    decoder = Decoder(None, START, 25)
    assert [decoder.limit(length) for length in (0, 1, 7, 40)] == [10, 12, 24, 90]
    other = Decoder(None, START, 14, length_factor=1.5, length_constant=3)
    assert [other.limit(length) for length in (0, 1, 7)] == [3, 4, 13]


def test_a_long_source_gets_all_its_room():
    """The cache is as long as the longest limit of its batch, also at the edge of a width."""
    kind = "pre sinusoidal"
    model = talkative_model(kind)
    for length in (8, 9):
        source = np.array([*np.random.default_rng(0).integers(4, 30, size=length - 1), 3], "int32")
        # An end mark that is never said.
        decoded = Decoder(model, START, end_id=-1)([source])
        assert decoded.lengths.tolist() == [2 * (length - 1) + 10]
        assert decoded.truncated.tolist() == [True]
        assert decoded.ids.shape == (1, 2 * (length - 1) + 10)


def test_padding_asks_for_no_more_learned_positions_than_there_are():
    model = talkative_model("padding 7")
    assert model.max_length % 8
    source = np.full(model.max_length, 5, "int32")
    decoded = Decoder(model, START, 19, length_factor=0.0, length_constant=2)([source])
    assert decoded.lengths.max() <= 2


def test_a_compiled_function_sees_new_weights():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    function = compile_function(model, lambda x: model(x) * 2)
    inputs = ops.convert_to_tensor(np.ones((1, 3), "float32"))
    for value in (1.0, 5.0):
        model.layers[0].kernel.assign(np.full((3, 2), value))
        assert to_numpy(function(inputs)).tolist() == [[6 * value, 6 * value]]


def test_a_model_in_half_precision_decodes():
    model = talkative_model("pre sinusoidal")
    half = type(model).from_config({**model.get_config(), "dtype": "mixed_bfloat16"})
    half.build()
    half.set_weights(model.get_weights())
    decoded = Decoder(half, START, 25)(sources()[:3])
    assert np.isfinite(decoded.scores).all()
    assert (decoded.lengths > 0).all()
    _, caches = half.start_decoding(half.encode(padded(sources()[:3])), 5)
    assert keras.backend.standardize_dtype(caches[0][0].dtype) == "bfloat16"
