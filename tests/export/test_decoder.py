"""The served decoder against `Transformer.decode` and `decoding/`."""

import itertools

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

START, END = 2, 3
KINDS = list(
    itertools.product(
        ("pre", "post"),
        ("sinusoidal", "learned", "rotary"),
        ("relu", "gelu", "reglu", "geglu", "swiglu"),
    )
)


def stepwise_logits(model, source_ids, target_ids):
    """What the served decoder scores at every step of given targets, `(B, T, V)`."""
    import tensorflow as tf

    from keras_transformer.export.decoder import ServingDecoder

    decoder = ServingDecoder(model, START, END)
    memory, caches = decoder.start(source_ids, tf.constant(target_ids.shape[1]))
    steps = []
    for step in range(target_ids.shape[1]):
        logits, caches = decoder.step(memory, caches, target_ids[:, step], tf.constant(step))
        steps.append(logits.numpy())
    return np.stack(steps, axis=1)


def batch(vocabulary_size, target_vocabulary_size=None):
    """Sources with padding on the right (one row is nothing else), and targets."""
    generator = np.random.default_rng(7)
    source = generator.integers(4, vocabulary_size, (5, 7)).astype("int32")
    source[1, 4:], source[2, 1:], source[3] = 0, 0, 0
    target = generator.integers(0, target_vocabulary_size or vocabulary_size, (5, 11))
    return source, target.astype("int32")


@pytest.mark.parametrize("number", range(len(KINDS)), ids=lambda n: "-".join(KINDS[n]))
def test_logits_are_those_of_the_model(make_model, number):
    norm, positions, activation = KINDS[number]
    target_size = 53 if number % 2 else None
    model = make_model(
        47,
        target_vocabulary_size=target_size,
        norm=norm,
        positions=positions,
        activation=activation,
        max_length=9,  # fewer learned positions than steps
    )
    source, target = batch(47, target_size)
    # One length of the target more than positions is refused where it is known: not in a graph.
    known = target[:, :9] if positions == "learned" else target
    expected = model.decode(model.encode(source), known).numpy()
    received = stepwise_logits(model, source, target)[:, : known.shape[1]]
    np.testing.assert_allclose(received, expected, atol=1e-5, rtol=2e-6)


@pytest.mark.parametrize(
    "preset", ["tiny", "tiny_deep_shallow", "small", "base", "deep_shallow", "big"]
)
def test_logits_of_the_presets(preset):
    import keras

    from keras_transformer.models import Transformer

    keras.utils.set_random_seed(11)
    # The encoder is Keras' own on both sides: one layer of it is enough.
    model = Transformer.from_preset(preset, 101, num_encoder_layers=1)
    model.build()
    source, target = batch(101)
    expected = model.decode(model.encode(source), target[:, :5]).numpy()
    received = stepwise_logits(model, source, target[:, :5])
    np.testing.assert_allclose(received, expected, atol=1e-5)


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
    """The served decoder, in a graph."""
    import tensorflow as tf

    from keras_transformer.export.decoder import ServingDecoder

    specification = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)]
    decoder = ServingDecoder(sentences[0], START, END)
    return tf.function(decoder.greedy, input_signature=specification, autograph=False)


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


def test_greedy_stops_when_all_rows_have_ended(sentences, greedy):
    _, source, limits = sentences
    whole = greedy(source, limits)
    ended = np.flatnonzero(~np.asarray(whole.truncated))
    received = greedy(source[ended], limits[ended] + 1000 * (limits[ended] > 0))
    assert received.ids.shape[1] == np.asarray(whole.lengths)[ended].max()


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
    from keras_transformer.export.decoder import ServingDecoder

    model, source, limits = sentences
    eager = ServingDecoder(model, START, END).greedy(source[:3], limits[:3])
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


def test_best_tokens_takes_the_first_of_equals_and_large_logits():
    from keras_transformer.export.decoder import best_tokens

    logits = np.array([[1, 3, 3, 2], [900, -900, 900, 0]], "float32")
    ids, log_probabilities = best_tokens(logits)
    assert ids.numpy().tolist() == [1, 0]
    expected = [-np.log(1 + 1 + np.exp(-1) + np.exp(-2)), -np.log(2)]
    np.testing.assert_allclose(log_probabilities, expected, rtol=1e-6)


def test_the_loop_holds_no_variable_and_no_source(greedy):
    """Weights and keys of the source are captured: only what changes is a loop variable."""
    graph = greedy.get_concrete_function().graph
    loops = [op for op in graph.get_operations() if op.type in ("While", "StatelessWhile")]
    assert [op.type for op in loops] == ["StatelessWhile"]
    body = graph._get_function(loops[0].get_attr("body").name)
    ops = {node.op for node in body.definition.node_def}
    assert not ops & {"ReadVariableOp", "VarHandleOp", "MatMulV2", "Transpose"}
