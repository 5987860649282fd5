"""Searches with a Transformer: scores, batches, and what a caller may do with a state."""

import functools

import numpy as np
import pytest
from keras import tree

from keras_transformer.decoding import BeamSearch, Decoder, Greedy, SearchOptions, search
from tests.decoding.decoding_models import KINDS, START, sources, talkative_model
from tests.decoding.toy_models import assert_found, found
from tests.modes import BACKEND, FAST, MODES, compiled, run, to_numpy

KIND = "pre sinusoidal"
END = KINDS[KIND][1]


@functools.cache
def decoder(batch_size=4):
    return Decoder(talkative_model(KIND), START, END, batch_size, 1.0, 4)


def limits(rows):
    """A row's limit, its options and its seed follow from its number."""
    return np.array([decoder().limit(len(sources()[row]) - 1) for row in rows], "int32")


def mixed_options(rows):
    """Beams, greedy and sampled rows with every option somewhere; the same for the same row."""
    rows = np.asarray(rows)
    return SearchOptions(
        limits=limits(rows) + (rows % 4 == 3) * 3,
        beam_sizes=(rows % 4 + 1).astype("int32"),
        min_lengths=(rows % 5 * 2).astype("int32"),
        length_penalties=(rows % 3 * 0.5).astype("float32"),
        sampled=rows % 6 == 5,
        temperatures=np.where(rows % 2, 1.0, 1.5).astype("float32"),
        top_k=(rows % 3 * 4).astype("int32"),
        top_p=np.where(rows % 4 == 1, 0.9, 1.0).astype("float32"),
        seeds=(rows + 77).astype("int32"),
        no_repeat_ngrams=(rows % 3).astype("int32"),
        prefixes=np.where(rows[:, None] % 5 == 2, [[9, 17]], -1).astype("int32"),
        forbidden=np.array([[[-1, row % 9 + 8], [12, 13]] for row in rows], "int32"),
    )


STRATEGIES = {
    "greedy": (Greedy, lambda rows: SearchOptions(limits(rows))),
    "beam": (lambda ids: BeamSearch(ids, 4, 4, 0.6), lambda rows: SearchOptions(limits(rows))),
    "mixed": (lambda ids: BeamSearch(ids, 4, 3), mixed_options),
}
# Sources that share one width of a batch, so that few programs are compiled.
ROWS = np.array([row for row in range(11) if len(sources()[row]) <= 8])


@functools.cache
def results(name):
    """Of `ROWS` in batches of 4."""
    make, options = STRATEGIES[name]
    return search_rows(decoder(), ROWS, make(decoder().special_ids), options(ROWS))


def search_rows(decoder, rows, strategy, options):
    return decoder.search([sources()[row] for row in rows], strategy, options)


@functools.cache
def forced_program():
    model = talkative_model(KIND)
    return compiled(
        lambda source, target: model({"source_ids": source, "target_ids": target}), MODES[-1]
    )


def forced_score(source, ids):
    """By teacher forcing, the whole translation at once."""
    source_ids, target_ids = np.zeros((1, 16), "int32"), np.zeros((1, 24), "int32")
    source_ids[0, : len(source)] = source
    target_ids[0, : len(ids)] = [START, *ids[:-1]]
    logits = forced_program()(source_ids, target_ids)[0, : len(ids)].astype("float64")
    normalizers = np.log(np.exp(logits).sum(axis=1))
    return (logits[np.arange(len(ids)), ids] - normalizers).sum()


@pytest.mark.parametrize("name", STRATEGIES)
def test_rescoring_gives_the_score(name):
    hypotheses = results(name)
    assert (hypotheses.count > 0).all()
    ended = set()
    for place, row in enumerate(ROWS):
        for rank, (ids, score, _) in enumerate(found(hypotheses, place)):
            np.testing.assert_allclose(forced_score(sources()[row], ids), score, atol=1e-4)
            truncated = bool(hypotheses.truncated[place, rank])
            assert truncated == (ids[-1] != END)
            ended.add(truncated)
    assert ended == {True, False}


@pytest.mark.parametrize("name", STRATEGIES)
def test_rows_alone_are_rows_in_any_batch(name):
    """Alone, with more padding, and in another order among others."""
    make, options = STRATEGIES[name]
    together, strategy = results(name), make(decoder().special_ids)
    order = np.random.default_rng(3).permutation(len(ROWS))
    others = search_rows(decoder(7), ROWS[order], strategy, options(ROWS[order]))
    for place, row in enumerate(order):
        assert_found(found(others, place), found(together, row))
    for place in (0, 3, 4):
        rows = ROWS[[place]]
        received = search_rows(decoder(1), rows, strategy, options(rows))
        assert_found(found(received, 0), found(together, place))


# Eager JAX compiles the loop all the same.
@pytest.mark.parametrize("mode", [mode for mode in MODES if (BACKEND, mode) != ("jax", "eager")])
def test_every_mode_finds_the_same(mode):
    model, make = talkative_model(KIND), STRATEGIES["mixed"][0]
    source_ids = np.zeros((5, 13), "int32")
    for place, row in enumerate(ROWS[:5]):
        source_ids[place, : len(sources()[row])] = sources()[row]
    options = mixed_options(ROWS[:5])

    def function(source_ids, options):
        return search(model, source_ids, options, 20, make(decoder().special_ids))

    received = run(function, source_ids, options, mode=mode)
    for row in range(5):
        assert_found(found(received, row), found(results("mixed"), row))


def test_a_wider_beam_finds_better_translations_and_more_of_them():
    one, four = results("greedy"), results("beam")
    options = SearchOptions(limits(ROWS))
    wide = search_rows(decoder(), ROWS, BeamSearch(decoder().special_ids, 12, 1, 0.0), options)
    assert (wide.scores[:, 0] >= one.scores[:, 0] - 1e-5).all()
    assert (wide.scores[:, 0] > one.scores[:, 0] + 1e-3).sum() >= 3
    assert (four.count == 4).all()
    assert (np.diff(four.ranking_scores, axis=1) <= 0).all()


def test_limits_longer_than_usual_have_room():
    source = sources()[2]
    options = SearchOptions(np.array([45], "int32"), min_lengths=np.array([45], "int32"))
    strategy = BeamSearch(decoder().special_ids, 2)
    received = decoder().search([source], strategy, options)
    assert received.lengths.tolist() == [[45]]


def test_nothing_to_search():
    received = decoder().search([], BeamSearch(decoder().special_ids, 3, 2))
    assert received.ids.shape == (0, 2, 0)
    assert [field.shape for field in received[1:5]] == [(0, 2)] * 4
    assert received.count.shape == (0,)


def test_rows_may_be_taken_out_of_a_state():
    """As a decoder does that goes on with the rows that are still running."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(6, 7, 3, 40)).astype("float32")
    strategy = BeamSearch(decoder().special_ids, 3, 2)
    options = SearchOptions(*(None if f is None else f[:7] for f in mixed_options(range(7))))
    options = options._replace(beam_sizes=np.minimum(options.beam_sizes, 3))
    advance = compiled(strategy.advance, FAST)
    chosen = np.array([5, 1, 3])
    states = []
    for taken_at in (2, 99):
        state, rows = strategy.start(options, 20), np.arange(7)
        for step in range(6):
            if step == taken_at:
                state = tree.map_structure(lambda values: to_numpy(values)[chosen], state)
                rows = chosen
            state = advance(state, logits[step][rows], np.int32(step))
        states.append([to_numpy(field) for field in strategy.finish(state)])
    for taken, whole in zip(*states, strict=True):
        np.testing.assert_allclose(taken, whole[chosen], atol=1e-6)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["greedy", "beam", "mixed"])
def test_a_graph_may_leave_rows_and_lengths_open(name):
    """As a SavedModel does: one graph for every number of rows and every length."""
    import tensorflow as tf

    strategy = STRATEGIES[name][0](decoder().special_ids)
    width = strategy.num_hypotheses
    random = np.random.default_rng(1)
    logits = random.normal(size=(9, 11, width, 40)).astype("float32")
    given = {k: v for k, v in STRATEGIES[name][1](range(11))._asdict().items() if v is not None}
    specification = {
        key: tf.TensorSpec([None, *value.shape[1:]], value.dtype) for key, value in given.items()
    }

    @tf.function(autograph=False, input_signature=[specification, tf.TensorSpec([], tf.int32)])
    def open_graph(given, max_length):
        state = strategy.start(SearchOptions(**given), max_length)
        shapes = tf.nest.map_structure(lambda x: tf.TensorShape([None, *x.shape[1:]]), state)
        rows = tf.shape(given["limits"])[0]

        def advance(step, state):
            return step + 1, strategy.advance(state, tf.constant(logits)[step, :rows], step)

        loop = (tf.constant(0), state)
        _, state = tf.while_loop(
            lambda step, _: step < 9, advance, loop, shape_invariants=(tf.TensorShape(()), shapes)
        )
        return strategy.finish(state)

    advance = compiled(strategy.advance)
    for num_rows, max_length in ((11, 13), (2, 20)):
        some = {key: value[:num_rows] for key, value in given.items()}
        some["limits"] = np.minimum(some["limits"], 9)
        state = strategy.start(SearchOptions(**some), max_length)
        for step in range(9):
            state = advance(state, logits[step, :num_rows], np.int32(step))
        received = [to_numpy(field) for field in open_graph(some, max_length)]
        for one, other in zip(received, strategy.finish(state), strict=True):
            np.testing.assert_allclose(one, to_numpy(other), atol=1e-5)
    graph = open_graph.get_concrete_function().graph.as_graph_def()
    names = {node.op for function in graph.library.function for node in function.node_def}
    assert "TopKV2" in names
    assert not any("Xla" in name for name in names)
