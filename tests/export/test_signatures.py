"""What the signatures answer, in the loader of a server."""

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

TEXTS = ["나는 읽는다 책.", "My mother saw a pear 3?", "", "I", " \t\u3000", "학생이 샀어요 책?"]


def sources_of(functions, texts):
    tokenizer = functions.tokenizers.source
    longest = functions.limits.max_source_length
    return [np.append(ids[:longest], tokenizer.end_id) for ids in tokenizer.encode(texts)]


def test_translations_are_those_of_decoding(run, functions):
    from keras_transformer.decoding import Decoder

    limits = functions.limits
    texts = [text for text in TEXTS if text.strip()]
    decoder = Decoder(functions.model, 2, 3, 7, limits.factor, limits.constant)
    expected = decoder(sources_of(functions, texts))
    received = run("serving_default", texts)
    translations = functions.tokenizers.target.decode(expected.ids)
    assert [text.decode() for text in received["translation"]] == translations
    np.testing.assert_allclose(received["score"], expected.scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(received["target_truncated"], expected.truncated)
    assert len(set(expected.lengths)) > 1, "the case is too simple"


@pytest.mark.parametrize("signature", ["serving_default", "beam", "explain", "score"])
def test_a_row_alone_is_the_row_in_a_batch(run, signature):
    columns = [TEXTS, TEXTS[::-1]][: 2 if signature == "score" else 1]
    whole = run(signature, *columns)
    for row in range(len(TEXTS)):
        alone = run(signature, *[column[row : row + 1] for column in columns])
        for name, value in alone.items():
            inside = tuple(slice(size) for size in value.shape[1:])
            received = whole[name][(slice(row, row + 1), *inside)]
            if value.dtype.kind == "f":
                np.testing.assert_allclose(received, value, atol=2e-5)
            else:
                np.testing.assert_array_equal(received, value)


@pytest.mark.parametrize("signature", ["serving_default", "explain", "score"])
@pytest.mark.parametrize("texts", [[], [""], ["", " \t\n\u3000"]])
def test_blank_texts_and_none(run, signature, texts):
    columns = [texts, ["I"] * len(texts)][: 2 if signature == "score" else 1]
    outputs = run(signature, *columns)
    assert all(len(value) == len(texts) for value in outputs.values())
    for name, value in outputs.items():
        expected = np.full_like(value, b"" if value.dtype == object else 0)
        np.testing.assert_array_equal(value, expected, err_msg=name)


def words(counts, tokenizer):
    """Texts of so many tokens: the mark of a word, then one token a letter."""
    texts = ["I" * (count - 1) for count in counts]
    assert [len(ids) for ids in tokenizer.encode(texts)] == counts
    return texts


def test_long_sources_are_cut_and_say_so(run, functions):
    longest = functions.limits.max_source_length
    texts = words([longest, longest + 1, longest + 30], functions.tokenizers.source)
    for signature, columns in (("serving_default", [texts]), ("score", [texts, ["책"] * 3])):
        outputs = run(signature, *columns)
        assert outputs["source_truncated"].tolist() == [False, True, True]
        name = "score" if signature == "serving_default" else "log_probability"
        np.testing.assert_allclose(outputs[name], outputs[name][0], rtol=1e-6)


def test_score_counts_the_end_mark(run, functions):
    model, target = functions.model, functions.tokenizers.target
    references = ["a pear", "", "학생이 읽는다 책."]
    received = run("score", [TEXTS[1]] * 3, references)
    source = sources_of(functions, TEXTS[1:2])[0][None]
    for row, ids in enumerate(target.encode(references)):
        ids = np.append(ids, target.end_id)
        inputs = np.append(target.start_id, ids[:-1])[None]
        logits = np.asarray(model.decode(model.encode(source), inputs))[0].astype("float64")
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        expected = np.log(probabilities[np.arange(len(ids)), ids]).sum()
        np.testing.assert_allclose(received["log_probability"][row], expected, rtol=1e-5)
        assert received["num_tokens"][row] == len(ids)


def test_score_of_an_own_translation_is_its_score(run):
    """Where the text gives back its tokens, and the translation ended."""
    outputs = run("explain", [text for text in TEXTS if text.strip()])
    translations = [text.decode() for text in outputs["translation"]]
    again = run("score", [text for text in TEXTS if text.strip()], translations)
    same = (again["num_tokens"] == outputs["target_lengths"]) & ~outputs["target_truncated"]
    assert same.any()
    np.testing.assert_allclose(
        again["log_probability"][same], outputs["score"][same], rtol=1e-4, atol=1e-5
    )


def test_very_long_references_are_cut_and_say_so(run, functions):
    longest = functions.limits.target(functions.limits.max_source_length)
    references = words([longest - 1, longest, longest + 50], functions.tokenizers.target)
    outputs = run("score", ["I"] * 3, references)
    assert outputs["num_tokens"].tolist() == [longest] * 3
    assert outputs["target_truncated"].tolist() == [False, True, True]
    assert outputs["log_probability"][1] == pytest.approx(outputs["log_probability"][2])


def test_explain_shows_the_attention_of_each_step(run, functions):
    outputs = run("explain", TEXTS)
    model, tokenizers = functions.model, functions.tokenizers
    assert outputs["translation"].tolist() == run("serving_default", TEXTS)["translation"].tolist()
    for row in (0, 1, 5):
        source = sources_of(functions, TEXTS[row : row + 1])[0]
        num_source, num_target = outputs["source_lengths"][row], outputs["target_lengths"][row]
        assert num_source == len(source)
        shown = [token.decode() for token in outputs["source_tokens"][row]]
        assert shown[:num_source] == tokenizers.source.tokens(source)
        assert not any(shown[num_source:])
        shown = [token.decode() for token in outputs["target_tokens"][row]]
        names = {token: id for id, token in enumerate(tokenizers.target.tokens(range(36)))}
        ids = np.array([names[token] for token in shown[:num_target]])
        weights = model.attention_weights(source[None], np.append(2, ids[:-1])[None])
        cross = np.asarray(weights.cross)[:, 0]
        sizes = (slice(num_target), slice(num_source))
        received = outputs["cross_attention"][row]
        np.testing.assert_allclose(received[..., sizes[0], sizes[1]], cross, atol=1e-5)
        attention = outputs["attention"][row]
        layer = functions.explain_layer
        np.testing.assert_allclose(attention[sizes], cross[layer].mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(attention.sum(axis=1)[:num_target], 1, atol=1e-5)
        assert attention.sum() == pytest.approx(num_target, abs=1e-4)
        for name, expected in (("encoder", weights.encoder), ("decoder", weights.decoder)):
            expected = np.asarray(expected)[:, 0]
            received = outputs[f"{name}_attention"][row]
            size = expected.shape[-1]
            np.testing.assert_allclose(received[..., :size, :size], expected, atol=1e-5)
            assert received.sum() == pytest.approx(expected.sum(), rel=1e-5)


def test_explain_tells_what_else_was_probable(run, functions):
    outputs = run("explain", TEXTS)
    model, tokenizers = functions.model, functions.tokenizers
    names = tokenizers.target.tokens(range(36))
    assert outputs["candidates"].shape == (*outputs["target_tokens"].shape, 5)
    for row in (0, 1, 5):
        source = sources_of(functions, TEXTS[row : row + 1])[0]
        length = outputs["target_lengths"][row]
        produced = [token.decode() for token in outputs["target_tokens"][row, :length]]
        inputs = np.append(2, [names.index(token) for token in produced[:-1]]).astype("int32")
        logits = np.asarray(model.decode(model.encode(source[None]), inputs[None]))[0]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        expected = powers / powers.sum(axis=1, keepdims=True)
        candidates, received = (
            outputs[name][row] for name in ("candidates", "candidate_probabilities")
        )
        assert [token.decode() for token in candidates[:length, 0]] == produced  # greedy
        best = np.sort(expected, axis=1)[:, :-6:-1]
        np.testing.assert_allclose(received[:length], best, atol=1e-5)
        for step in range(length):
            told = [expected[step, names.index(token.decode())] for token in candidates[step]]
            np.testing.assert_allclose(received[step], told, atol=1e-5)
        assert not received[length:].any() and not candidates[length:].any()


@pytest.mark.parametrize("factor", [0.0, 0.1, 1.3, 2.0, 2.3, 3.7])
def test_limits_in_the_graph_are_those_of_decoding(factor):
    import tensorflow as tf

    from keras_transformer.decoding import Decoder
    from keras_transformer.export.signatures import Limits

    limits, counts = Limits(99, factor, 7), np.arange(1, 1000)
    decoder = Decoder(None, 2, 3, length_factor=factor, length_constant=7)
    expected = [decoder.limit(int(count)) for count in counts]
    assert limits.target_in_graph(tf.constant(counts, tf.int32)).numpy().tolist() == expected
    assert [limits.target(int(count)) for count in counts] == expected
    assert limits.target_in_graph(tf.constant([0])).numpy().tolist() == [0]


def test_learned_positions_limit_the_source(make_model, settings):
    from keras_transformer.export.signatures import Limits

    model = make_model(31, positions="learned", max_length=11)
    assert Limits.of(model, settings.decoding, settings.export).max_source_length == 10
