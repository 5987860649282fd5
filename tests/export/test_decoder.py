"""The served decoder against `Transformer.decode` and `decoding/`."""

from typing import NamedTuple

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

START, END = 2, 3
# Each norm with each kind of positions, and each activation.
KINDS = [
    ("pre", "sinusoidal", "relu"),
    ("pre", "learned", "gelu"),
    ("pre", "rotary", "swiglu"),
    ("post", "sinusoidal", "geglu"),
    ("post", "learned", "reglu"),
    ("post", "rotary", "relu"),
]


class ForcedState(NamedTuple):
    """Of `Forced`; as that of any strategy, rows can be taken out of it."""

    ids: object  # (B, K)
    parents: object  # (B, K)
    done: object  # (B,)
    numbers: object  # (B,), of the rows in the request
    logits: object  # (B, K, L, V)


class Forced:
    """A strategy that says what it is told, and remembers all logits.

    Args:
        ids: `(B, K, L)`, what each hypothesis says at each step.
        parents: `(B, K, L)`, from which hypothesis of the step before it comes.
        lengths: `(B,)`, steps until each row is done.
    """

    def __init__(self, ids, parents, lengths, vocabulary_size):
        self.ids, self.parents, self.lengths = ids, parents, lengths
        self.vocabulary_size = vocabulary_size
        self.num_hypotheses = ids.shape[1]

    def start(self, options, max_length):
        import tensorflow as tf

        rows, width, length = self.ids.shape
        return ForcedState(
            ids=tf.fill((rows, width), START),
            parents=tf.zeros((rows, width), tf.int32),
            done=tf.zeros((rows,), tf.bool),
            numbers=tf.range(rows),
            logits=tf.zeros((rows, width, length, self.vocabulary_size)),
        )

    def advance(self, state, logits, step):
        import tensorflow as tf

        def now(array):
            return tf.gather(tf.gather(array, state.numbers), step, axis=-1)

        is_now = tf.equal(tf.range(self.ids.shape[2]), step)[:, None]
        return ForcedState(
            ids=now(self.ids),
            parents=now(self.parents),
            done=state.done | (step + 1 >= tf.gather(self.lengths, state.numbers)),
            numbers=state.numbers,
            logits=tf.where(is_now, logits[:, :, None], state.logits),
        )

    def finish(self, state):
        return state.logits


def served(model):
    """The decoder of a folded copy."""
    from keras_transformer.export.decoder import ServingDecoder
    from keras_transformer.export.folding import fold
    from keras_transformer.export.saved_model import float32_copy

    copy = float32_copy(model)
    fold(copy)
    return ServingDecoder(copy)


def batch(vocabulary_size, rows=5):
    """Sources with padding on the right."""
    generator = np.random.default_rng(11)
    source = generator.integers(4, vocabulary_size, (rows, 7)).astype("int32")
    for row, length in enumerate(generator.integers(1, 8, rows)):
        source[row, length:] = 0
    return source


def check_logits(model, source, num_hypotheses, longest, **tolerance):
    """Logits of forced hypotheses of several lengths against those of the model itself."""
    from keras_transformer.decoding import SearchOptions

    generator = np.random.default_rng(3)
    vocabulary_size = model.target_vocabulary_size or model.vocabulary_size
    shape = (len(source), num_hypotheses, longest)
    ids = generator.integers(0, vocabulary_size, shape).astype("int32")
    parents = generator.integers(0, num_hypotheses, shape).astype("int32")
    lengths = np.linspace(1, longest, len(source)).astype("int32")
    strategy = Forced(ids, parents, lengths, vocabulary_size)
    received = np.asarray(served(model).search(source, SearchOptions(lengths), strategy))

    # What every hypothesis has said before every step, of all rows, for one call of the model.
    places, targets = [], []
    for row, length in enumerate(lengths):
        said = np.zeros((num_hypotheses, longest), "int32")
        said[:, 0] = START
        for step in range(length):
            places += [(row, hypothesis, step) for hypothesis in range(num_hypotheses)]
            targets.append(said)
            said = said[parents[row, :, step]]
            said[:, step + 1 : step + 2] = ids[row, :, step : step + 1]
    rows, hypotheses, steps = np.array(places).T
    states = model.encode(source[rows])
    logits = np.asarray(model.decode(states, np.concatenate(targets)))
    expected = logits[np.arange(len(rows)), steps]
    np.testing.assert_allclose(received[rows, hypotheses, steps], expected, **tolerance)


@pytest.mark.parametrize("number", range(len(KINDS)), ids=lambda n: "-".join(KINDS[n]))
def test_logits_are_those_of_the_model(make_model, number):
    norm, positions, activation = KINDS[number]
    model = make_model(
        47,
        target_vocabulary_size=53 if number % 2 else None,
        norm=norm,
        positions=positions,
        activation=activation,
        max_length=11,
    )
    # Random weights, larger than those of a trained model, make more of every rounding.
    check_logits(model, batch(47), 1 + number % 3, 5, atol=3e-5)


@pytest.mark.parametrize("num_hypotheses", [1, 3])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_large_kernels_are_multiplied_in_halves_for_a_sentence_alone(
    make_model, monkeypatch, norm, num_hypotheses
):
    from keras_transformer.export import blocks, decoder

    halved = []

    def halve(self, kernel):
        if self.in_halves and kernel.shape[0] % 2 == 0:
            halved.append(kernel.shape)
            return function(self, kernel)
        return kernel

    function = blocks.Blocks.halved
    monkeypatch.setattr(blocks, "LARGE_KERNEL", 1)
    monkeypatch.setattr(decoder, "LARGE_KERNEL", 1)
    monkeypatch.setattr(blocks.Blocks, "halved", halve)
    model = make_model(47, norm=norm)
    check_logits(model, batch(47, rows=1), num_hypotheses, 5, atol=3e-5)
    assert halved
    halved.clear()
    monkeypatch.setattr(decoder, "LARGE_KERNEL", 2**60)
    check_logits(model, batch(47, rows=1), num_hypotheses, 5, atol=3e-5)
    assert not halved


@pytest.mark.parametrize("num_hypotheses", [1, 3])
def test_rows_leave_and_the_cache_grows(make_model, num_hypotheses):
    model = make_model(47, norm="pre")
    check_logits(model, batch(47, 11), num_hypotheses, 37, atol=1e-5, rtol=2e-6)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_sentence_alone(make_model, norm):
    model = make_model(47, norm=norm)
    check_logits(model, batch(47, 1), 1, 1, atol=1e-5, rtol=2e-6)
    check_logits(model, batch(47, 1), 3, 1, atol=1e-5, rtol=2e-6)


@pytest.mark.parametrize("most", [1.0, 9.0])
def test_output_table_is_copied_where_it_is_not_too_large(make_model, monkeypatch, most):
    from keras_transformer.export import decoder

    monkeypatch.setattr(decoder, "MOST_WEIGHTS", most)
    model = make_model(47)
    assert (served(model).output_table is None) == (most == 1.0)
    check_logits(model, batch(47), 2, 3, atol=1e-5, rtol=2e-6)


def test_a_source_of_padding_gives_finite_logits(make_model):
    from keras_transformer.decoding import SearchOptions

    ids = np.full((2, 1, 3), 5, "int32")
    lengths = np.array([3, 3], "int32")
    strategy = Forced(ids, np.zeros_like(ids), lengths, 47)
    source = np.array([[4, 3], [0, 0]], "int32")
    received = served(make_model(47)).search(source, SearchOptions(lengths), strategy)
    assert np.isfinite(received).all()


@pytest.mark.parametrize(
    "preset", ["tiny", "tiny_deep_shallow", "small", "base", "deep_shallow", "big"]
)
def test_logits_of_the_presets(preset):
    import keras

    from keras_transformer.models import Transformer

    keras.utils.set_random_seed(11)
    fewer = {} if preset.endswith("deep_shallow") else {"num_decoder_layers": 2}
    model = Transformer.from_preset(preset, 101, num_encoder_layers=1, **fewer)
    model.build()
    check_logits(model, batch(101, 2), 2, 3, atol=1e-5)


@pytest.fixture(scope="module")
def sentences(make_model):
    """Model, padded sources and limits (one of them 0) with translations of several lengths."""
    generator = np.random.default_rng(5)
    source = generator.integers(4, 36, (13, 11)).astype("int32")
    for row, length in enumerate(generator.integers(2, 11, 13)):
        source[row, length - 1 :] = [END] + [0] * (11 - length)
    limits = generator.integers(3, 19, 13).astype("int32")
    limits[4] = 0
    return make_model(36), source, limits


@pytest.fixture(scope="module")
def greedy(sentences):
    """The served decoder's greedy search, in a graph; `Decoded`."""
    import tensorflow as tf

    decoder = served(sentences[0])
    specification = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)]
    return tf.function(
        lambda source, limits: greedily(decoder, source, limits),
        input_signature=specification,
        autograph=False,
    )


def greedily(decoder, source, limits):
    from keras_transformer.decoding import Greedy, SearchOptions, SpecialIds
    from keras_transformer.decoding.loop import best_of

    strategy = Greedy(SpecialIds(START, END, 0))
    return best_of(decoder.search(source, SearchOptions(limits), strategy))


def assert_same(received, expected):
    """Equal translations; those on one side may have more columns of padding."""
    received, expected = ([np.asarray(field) for field in one] for one in (received, expected))
    width = min(received[0].shape[1], expected[0].shape[1])
    np.testing.assert_array_equal(received[0][:, :width], expected[0][:, :width])
    assert not received[0][:, width:].any() and not expected[0][:, width:].any()
    np.testing.assert_array_equal(received[1], expected[1])
    np.testing.assert_allclose(received[2], expected[2], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(received[3], expected[3])


def test_greedy_is_that_of_decoding(sentences, greedy):
    from keras_transformer.decoding import decode

    model, source, limits = sentences
    received = greedy(source, limits)
    assert_same(received, decode(model, source, limits, int(limits.max()), START, END))
    assert [np.asarray(field).dtype for field in received] == ["int32", "int32", "float32", "bool"]
    lengths = np.asarray(received.lengths)
    assert lengths[4] == 0 and not received.truncated[4] and received.scores[4] == 0
    assert len(set(lengths[~np.asarray(received.truncated)])) > 2, "the case is too simple"
    assert np.asarray(received.truncated).any()


def test_the_search_ends_when_all_rows_have_ended(sentences, greedy):
    _, source, limits = sentences
    whole = greedy(source, limits)
    ended = np.flatnonzero(~np.asarray(whole.truncated))
    # Nobody would wait for so many steps.
    received = greedy(source[ended], limits[ended] + 10**6 * (limits[ended] > 0))
    np.testing.assert_array_equal(received.lengths, np.asarray(whole.lengths)[ended])


def test_a_row_knows_nothing_of_the_others_nor_of_padding(sentences, greedy):
    _, source, limits = sentences
    whole = greedy(source, limits)
    for row in range(len(source)):
        length = int(np.count_nonzero(source[row]))
        for width in (length, 17):
            alone = np.zeros((1, width), "int32")
            alone[0, :length] = source[row, :length]
            received = greedy(alone, limits[row : row + 1])
            assert_same(received, [field[row : row + 1] for field in whole])


def test_eager_is_graph(sentences, greedy):
    model, source, limits = sentences
    eager = greedily(served(model), source[:3], limits[:3])
    assert_same(eager, greedy(source[:3], limits[:3]))


def test_a_batch_of_nothing(greedy):
    received = greedy(np.zeros((0, 3), "int32"), np.zeros(0, "int32"))
    assert [field.shape[0] for field in received] == [0, 0, 0, 0]


def test_score_is_that_of_teacher_forcing(sentences, greedy):
    import keras

    model, source, limits = sentences
    received = greedy(source, limits)
    ids, lengths = np.asarray(received.ids), np.asarray(received.lengths)
    inputs = np.concatenate([np.full((len(ids), 1), START, "int32"), ids[:, :-1]], axis=1)
    logits = model.decode(model.encode(source), inputs)
    chosen = np.take_along_axis(keras.ops.log_softmax(logits).numpy(), ids[..., None], 2)[..., 0]
    is_produced = np.arange(ids.shape[1]) < lengths[:, None]
    expected = np.where(is_produced, chosen, 0).sum(axis=1)
    np.testing.assert_allclose(received.scores, expected, rtol=1e-5, atol=1e-5)


def test_the_loops_read_no_variable_and_leave_small_things_to_light_kernels(greedy):
    """Weights and keys of the source are computed before the loops."""
    graph = greedy.get_concrete_function().graph
    definition = graph.as_graph_def()
    bodies = [f for f in definition.library.function if "while_body" in f.signature.name]
    assert len(bodies) == 4  # two loops for a sentence alone, and two for many
    ops = {node.op for body in bodies for node in body.node_def}
    assert "InplaceUpdate" in ops
    assert not ops & {"ReadVariableOp", "VarHandleOp", "Transpose", "ConcatV2"}
    assert not {op for op in ops if op.startswith("Xla")}


def test_beam_search_is_that_of_decoding(sentences):
    from keras_transformer.decoding import BeamSearch, SearchOptions, SpecialIds, search

    model, source, limits = sentences
    strategy = BeamSearch(SpecialIds(START, END, 0), 3, 2, length_penalty=0.7)
    options = SearchOptions(limits)
    expected = search(model, source, options, int(limits.max()), strategy)
    received = served(model).search(source, options, strategy)
    for name in expected._fields:
        values = [np.asarray(getattr(one, name)) for one in (received, expected)]
        np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-5, err_msg=name)
