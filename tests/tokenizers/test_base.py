"""What holds for every kind: the graph and Python agree, here, in tf.data and after export."""

import random

import numpy as np
import pytest

from keras_transformer.errors import UserError

pytestmark = pytest.mark.tensorflow

KINDS = ["unigram", "bpe", "unigram without bytes", "bpe without bytes", "wordpiece", "bytes"]


@pytest.fixture(params=KINDS)
def tokenizer(request, tokenizer_of):
    return tokenizer_of(request.param)


def _random_ids(tokenizer, rows, length, seed):
    """Rows of ids with specials, padding after an end, bytes in runs, and ids out of range."""
    generator = random.Random(seed)
    size = tokenizer.vocabulary_size
    ids = np.zeros((rows, length), np.int32)
    for row in ids:
        highest = generator.choice([7, 70, 260, size, size + 3])
        row[:] = [generator.randrange(-1, highest) for _ in range(length)]
        if generator.random() < 0.7:  # without an end, so that the whole row is text
            row[row == tokenizer.end_id] = tokenizer.unknown_id
    ids[0] = tokenizer.padding_id
    ids[1, 0] = tokenizer.end_id
    return ids


def test_same_ids(tokenizer, hard_texts):
    expected = [ids.tolist() for ids in tokenizer.encode(hard_texts)]
    assert tokenizer.encode_in_graph(hard_texts).to_list() == expected
    specials = {tokenizer.padding_id, tokenizer.start_id, tokenizer.end_id}
    assert not specials.intersection(*[set().union(*expected)])


def test_same_text_from_the_ids_of_texts(tokenizer, hard_texts):
    rows = tokenizer.encode_in_graph(hard_texts)
    texts = [text.decode("utf-8") for text in tokenizer.decode_in_graph(rows).numpy()]
    assert tokenizer.decode(rows.to_list()) == texts


def test_same_text_from_random_ids(tokenizer):
    ids = _random_ids(tokenizer, rows=503, length=29, seed=11)
    texts = [text.decode("utf-8") for text in tokenizer.decode_in_graph(ids).numpy()]
    assert tokenizer.decode(ids) == texts
    assert texts[:2] == ["", ""]


def test_same_pieces(tokenizer):
    ids = _random_ids(tokenizer, rows=13, length=7, seed=5)
    pieces = tokenizer.tokens_in_graph(ids)
    assert pieces.shape == (13, 7)
    expected = [tokenizer.tokens(row) for row in ids]
    assert [[piece.decode() for piece in row] for row in pieces.numpy()] == expected
    names = tokenizer.tokens([0, 1, 2, 3])
    assert names == ["<pad>", "<unk>", "<s>", "</s>"]


@pytest.mark.parametrize("text", ["", " ", " \t\n\u3000\u00a0\u2028\u0085 "])
def test_blank_gives_no_ids(tokenizer, text):
    assert tokenizer.encode([text])[0].shape == (0,)
    assert tokenizer.encode_in_graph(["a", text, "a"]).row_lengths().numpy()[1] == 0


def test_nothing_in_gives_nothing_out(tokenizer):
    import tensorflow as tf

    assert tokenizer.encode([]) == []
    assert tokenizer.decode([]) == []
    assert tokenizer.encode_in_graph(tf.constant([], tf.string)).shape[0] == 0
    assert tokenizer.decode_in_graph(tf.zeros([0, 5], tf.int32)).shape == (0,)
    assert tokenizer.decode_in_graph(tf.zeros([3, 0], tf.int32)).numpy().tolist() == [b""] * 3


def test_ids_are_int32(tokenizer):
    import tensorflow as tf

    assert tokenizer.encode(["나는"])[0].dtype == np.int32
    assert tokenizer.encode_in_graph(["나는"]).dtype == tf.int32


def test_special_ids(tokenizer):
    ids = (tokenizer.padding_id, tokenizer.unknown_id, tokenizer.start_id, tokenizer.end_id)
    assert ids == (0, 1, 2, 3)


def test_decode_stops_at_the_first_end(tokenizer):
    text = "나는 책을"
    ids = tokenizer.encode([text])[0].tolist()
    row = [2, 0, *ids, 3, *ids, 0, 3]
    assert tokenizer.decode([row]) == [text]
    assert tokenizer.decode_in_graph([row]).numpy()[0].decode() == text
    assert tokenizer.decode_in_graph(np.asarray([row], np.int64)).numpy()[0].decode() == text


def test_one_text_instead_of_a_list_is_refused(tokenizer):
    with pytest.raises(UserError, match="must be a list of texts; received one str"):
        tokenizer.encode("나는")


def test_in_a_dataset_and_a_function(tokenizer, hard_texts):
    import tensorflow as tf

    expected = [ids.tolist() for ids in tokenizer.encode(hard_texts)]
    batches = tf.data.Dataset.from_tensor_slices(hard_texts).batch(53)
    rows = [row for batch in batches.map(tokenizer.encode_in_graph) for row in batch.to_list()]
    assert rows == expected

    @tf.function
    def there_and_back(texts):
        return tokenizer.decode_in_graph(tokenizer.encode_in_graph(texts))

    texts = [text.decode() for text in there_and_back(tf.constant(hard_texts)).numpy()]
    assert texts == tokenizer.decode(expected)


def test_first_use_inside_of_a_function(tokenizer, tmp_path):
    import tensorflow as tf

    tokenizer.save(tmp_path)
    fresh = type(tokenizer).load(tmp_path)

    @tf.function
    def there_and_back(texts):
        ids = fresh.encode_in_graph(texts)
        return ids, fresh.decode_in_graph(ids)

    for texts in (["나는 책을"], ["물을", "읽었다"]):
        ids, decoded = there_and_back(tf.constant(texts))
        assert ids.to_list() == [row.tolist() for row in fresh.encode(texts)]
        assert [text.decode() for text in decoded.numpy()] == texts
    assert fresh.decode_in_graph(fresh.encode_in_graph(["물을"])).numpy()[0].decode() == "물을"


def test_on_a_named_device(tokenizer, tmp_path):
    import tensorflow as tf

    tokenizer.save(tmp_path)
    fresh = type(tokenizer).load(tmp_path)  # nothing is traced yet

    @tf.function
    def there_and_back(texts):
        first = fresh.decode_in_graph(fresh.encode_in_graph(texts))
        with tf.device("/device:CPU:0"):  # traced once more here
            return first, fresh.decode_in_graph(fresh.encode_in_graph(texts))

    for decoded in there_and_back(tf.constant(["나는 책을", "물을"])):
        assert [text.decode() for text in decoded.numpy()] == ["나는 책을", "물을"]


def test_exported_and_loaded_by_a_session(tokenizer, hard_texts, tmp_path):
    import keras
    import tensorflow as tf

    def serve(text):
        ids = tokenizer.encode_in_graph(text)
        dense = ids.to_tensor(tokenizer.padding_id)
        return {
            "ids": dense,
            "text": tokenizer.decode_in_graph(dense),
            "pieces": tokenizer.tokens_in_graph(dense),
        }

    archive = keras.export.ExportArchive()
    for resource in tokenizer.resources():
        archive.track(resource)
    archive.add_endpoint(
        "serving_default", serve, input_signature=[tf.TensorSpec([None], tf.string, name="text")]
    )
    archive.write_out(str(tmp_path / "1"), verbose=False)

    expected = tokenizer.encode(hard_texts)
    texts = tokenizer.decode(expected)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(tmp_path / "1"))
        signature = loaded.signature_def["serving_default"]
        outputs = {name: tensor.name for name, tensor in signature.outputs.items()}
        for part in (slice(0, 1), slice(1, 8), slice(8, None)):
            feed = {signature.inputs["text"].name: hard_texts[part]}
            served = session.run(outputs, feed)
            rows = expected[part]
            width = max(map(len, rows))
            assert served["ids"].shape == (len(rows), width)
            for row, ids in zip(served["ids"], rows, strict=True):
                assert row.tolist() == ids.tolist() + [0] * (width - len(ids))
            assert [text.decode() for text in served["text"]] == texts[part]
            pieces = [piece.decode() for piece in served["pieces"][-1][: len(rows[-1])]]
            assert pieces == tokenizer.tokens(rows[-1])


def test_the_graph_is_made_once(tokenizer):
    first = tokenizer.resources()
    tokenizer.encode_in_graph(["a"])
    assert [id(one) for one in tokenizer.resources()] == [id(one) for one in first]
