"""What `beam` and `options` answer, in the loader of a server."""

import dataclasses

import numpy as np
import pytest

from keras_transformer.config.translation_options import TranslationOptions

pytestmark = pytest.mark.tensorflow

TEXTS = ["나는 읽는다 책.", "My mother saw a pear 3?", "", "I", "학생이 샀어요 책?", "I saw 나는 3"]
OPTIONS = [
    TranslationOptions(),
    TranslationOptions(strategy="greedy"),
    TranslationOptions(strategy="sample", seed=5, temperature=1.5),
    TranslationOptions(strategy="sample", seed=7, top_k=3, min_length=4),
    TranslationOptions(strategy="sample", seed=11, top_p=0.5, max_length=6),
    TranslationOptions(strategy="beam", beam_size=2, length_penalty=0.0),
    TranslationOptions(beam_size=1, no_repeat_ngram=2),
    TranslationOptions(min_length=5, max_length=9, no_repeat_ngram=1),
    TranslationOptions(prefix="책 I", length_penalty=3.0),
    TranslationOptions(forbidden="w wa 3 요", strategy="greedy"),
    TranslationOptions(prefix="saw", forbidden="saw a", no_repeat_ngram=3),
    TranslationOptions(max_length=1),
]
NUM_RESULTS, NO_SCORE = 2, -1e9


@pytest.fixture(scope="module")
def translator(functions, tokenizers, settings):
    """The same model in Python, with the defaults of the export."""
    from keras_transformer.translator import Translator

    decoding = dataclasses.replace(
        settings.decoding,
        max_source_length=settings.export.max_source_length,
        beam_size=settings.export.beam_size,
    )
    return Translator(functions.model, tokenizers, decoding)


@pytest.fixture(scope="module")
def ask(run):
    """Function from texts and a `TranslationOptions` for each to the outputs of `options`."""
    from keras_transformer.export.contract import option_inputs

    return lambda texts, options: run("options", *option_inputs(texts, options).values())


def assert_row(outputs, row, hypotheses):
    """A row of outputs is a list of `Hypothesis`, and empty where there are no more."""
    count = len(hypotheses)
    texts = [text.decode() for text in outputs["translations"][row]]
    assert texts == [each.text for each in hypotheses] + [""] * (NUM_RESULTS - count)
    for name, field in (("scores", "score"), ("ranking_scores", "ranking_score")):
        expected = [getattr(each, field) for each in hypotheses]
        expected += [NO_SCORE] * (NUM_RESULTS - count)
        np.testing.assert_allclose(outputs[name][row], expected, rtol=1e-4, atol=1e-4)
    if hypotheses:
        assert outputs["target_truncated"][row] == hypotheses[0].target_truncated
        assert outputs["source_truncated"][row] == hypotheses[0].source_truncated


def test_beams_are_those_of_python(run, translator):
    outputs = run("beam", TEXTS)
    expected = translator.hypotheses(TEXTS, n_best=NUM_RESULTS)
    for row, hypotheses in enumerate(expected):
        assert_row(outputs, row, hypotheses)
    assert outputs["source_truncated"].tolist() == [False, True, False, False, False, False]
    assert all(len(hypotheses) == 2 for hypotheses in expected[:2])


@pytest.mark.parametrize("text", TEXTS)
def test_options_are_those_of_python(ask, translator, text):
    """Greedy, beam and sampled rows and all constraints, mixed in one request."""
    texts = [text] * len(OPTIONS)
    outputs = ask(texts, OPTIONS)
    expected = translator.hypotheses(texts, OPTIONS, n_best=NUM_RESULTS)
    assert outputs["count"].tolist() == [len(hypotheses) for hypotheses in expected]
    assert outputs["warnings"].tolist() == [b""] * len(OPTIONS)
    for row, hypotheses in enumerate(expected):
        assert_row(outputs, row, hypotheses)
    if text:
        assert outputs["target_truncated"].any() and not outputs["target_truncated"].all()
        assert len(set(outputs["translations"][:, 0])) > len(OPTIONS) / 2


def test_options_that_are_not_set_give_a_beam(run, ask):
    outputs = ask(TEXTS, [TranslationOptions()] * len(TEXTS))
    for name, expected in run("beam", TEXTS).items():
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(outputs[name], expected, atol=1e-5)
        else:
            np.testing.assert_array_equal(outputs[name], expected)
    assert set(outputs) - {"count", "warnings"} == set(run("beam", TEXTS))


def test_greedy_is_that_of_the_default_signature(run, ask):
    default = run("serving_default", TEXTS)
    greedy = ask(TEXTS, [TranslationOptions(strategy="greedy")] * len(TEXTS))
    assert greedy["translations"][:, 0].tolist() == default["translation"].tolist()
    np.testing.assert_allclose(greedy["scores"][:, 0], default["score"], atol=1e-5)
    np.testing.assert_array_equal(greedy["target_truncated"], default["target_truncated"])


def test_a_row_alone_is_the_row_in_any_batch(ask):
    """Whatever the others ask for; and in another order."""
    texts = [TEXTS[(5 * row) % len(TEXTS)] for row in range(len(OPTIONS))]
    whole = ask(texts, OPTIONS)
    order = np.random.default_rng(3).permutation(len(OPTIONS))
    shuffled = ask([texts[row] for row in order], [OPTIONS[row] for row in order])
    for place, row in enumerate(order):
        alone = ask(texts[row : row + 1], OPTIONS[row : row + 1])
        for name, values in whole.items():
            for received in (shuffled[name][place], alone[name][0]):
                if values.dtype.kind == "f":
                    np.testing.assert_allclose(received, values[row], atol=2e-5, err_msg=name)
                else:
                    np.testing.assert_array_equal(received, values[row], err_msg=name)


def test_the_best_comes_first_and_the_penalty_decides(ask, tokenizers):
    options = [TranslationOptions(length_penalty=penalty) for penalty in (0.0, 0.6, 3.0)]
    outputs = ask([TEXTS[1]] * 3, options)
    assert (np.diff(outputs["ranking_scores"], axis=1) <= 0).all()
    np.testing.assert_array_equal(outputs["scores"][0], outputs["ranking_scores"][0])
    ratios = outputs["scores"] / outputs["ranking_scores"]
    lengths = 6 * ratios[1:] ** (1 / np.array([[0.6], [3.0]])) - 5
    np.testing.assert_allclose(lengths, lengths.round(), atol=1e-3)
    assert (lengths >= 1).all()


@pytest.mark.parametrize("signature", ["beam", "options"])
@pytest.mark.parametrize("texts", [[], [""], ["", " \t\n\u3000"]])
def test_blank_texts_and_none(run, ask, signature, texts):
    """One translation, empty and certain, whatever the options are."""
    if signature == "beam":
        outputs = run("beam", texts)
    else:
        options = TranslationOptions(min_length=3, prefix="a", strategy="sample")
        outputs = ask(texts, [options] * len(texts))
        assert outputs["count"].tolist() == [1] * len(texts)
        assert outputs["warnings"].tolist() == [b""] * len(texts)
    assert outputs["translations"].tolist() == [[b"", b""]] * len(texts)
    for name in ("scores", "ranking_scores"):
        assert outputs[name].tolist() == [[0, NO_SCORE]] * len(texts)
    for name in ("source_truncated", "target_truncated"):
        assert outputs[name].tolist() == [False] * len(texts)


def test_a_seed_gives_the_same_text_and_none_gives_others(ask):
    seeded = [TranslationOptions(strategy="sample", seed=seed, temperature=3.0) for seed in (3, 5)]
    unseeded = [TranslationOptions(strategy="sample", temperature=3.0)] * 7
    texts = [TEXTS[0]] * 9
    first = ask(texts, seeded + unseeded)["translations"][:, 0].tolist()
    again = ask(texts, unseeded + seeded)["translations"][:, 0].tolist()
    assert first[:2] == again[-2:]
    assert first[0] != first[1]
    assert len({*first[2:], *again[:7]}) > 7


def test_what_cannot_be_done_is_said_and_does_no_harm(run, ask):
    from keras_transformer.export.contract import SIGNATURES, option_inputs

    rows = [TEXTS[0], TEXTS[1], TEXTS[1]]
    inputs = option_inputs(rows, [TranslationOptions(beam_size=3)] * 3)
    assert list(inputs) == list(SIGNATURES["options"].inputs)
    expected = run("options", *inputs.values())
    inputs["beam_size"][1] = 2**31 - 1
    inputs["max_length"][1] = 10**6
    for name in ("temperature", "top_p"):
        inputs[name][1] = np.nan
    outputs = run("options", *inputs.values())
    assert outputs["warnings"][1].decode().split("; ") == [
        "beam_size 2147483647 is out of range: 3 was taken",
        "max_length 1000000 is out of range: 27 was taken",
        "temperature nan is out of range: 0 was taken",
        "top_p nan is out of range: 0 was taken",
    ]
    assert outputs["warnings"][[0, 2]].tolist() == [b"", b""]
    # All of it is what the row has anyway.
    assert outputs["translations"].tolist() == expected["translations"].tolist()
    np.testing.assert_allclose(outputs["scores"], expected["scores"], atol=1e-5)


class TestDuplicates:
    """Hypotheses that differ in ids and say the same."""

    @pytest.fixture(scope="class")
    def pieces(self, tokenizers):
        """Ids of one text in two ways, and of another."""
        target = tokenizers.target
        ids = {token: number for number, token in enumerate(target.tokens(range(36)))}
        return [ids["ea"]], [ids["e"], ids["a"]], [ids["는"]]

    def best(self, functions, hypotheses, counts, width=3):
        """`_best` of lists of (ids, score), and the tokens' texts."""
        import tensorflow as tf

        from keras_transformer.decoding import Hypotheses
        from keras_transformer.export.signatures import Source

        rows = len(hypotheses)
        ids = np.zeros((rows, width, 5), "int32")
        scores = np.full((rows, width), NO_SCORE, "float32")
        for row, one in enumerate(hypotheses):
            for place, (said, score) in enumerate(one):
                ids[row, place, : len(said) + 1] = [*said, 3]
                scores[row, place] = score
        truncated = tf.constant(np.zeros((rows, width), bool))
        found = Hypotheses(
            tf.constant(ids), None, tf.constant(scores), tf.constant(2 * scores), truncated,
            tf.constant(counts, tf.int32),
        )  # fmt: skip
        source = Source(None, None, truncated[:, 0])
        return functions._best(source, found)

    def test_the_better_one_stays(self, functions, pieces):
        one, same, other = pieces
        rows = [
            [(one, -1.0), (same, -2.0), (other, -3.0)],
            [(other, -1.0), (same, -2.0), (one, -3.0)],
            [(one, -1.0), (other, -2.0), (same, -3.0)],
            [(one, -1.0), (one, -2.0), (same, -3.0)],
        ]
        outputs = self.best(functions, rows, [3] * 4)
        first, second = functions.tokenizers.target.decode([one, other])
        assert first != second
        texts = [[text.decode() for text in row] for row in outputs["translations"].numpy()]
        assert texts == [
            [first, second, ""], [second, first, ""], [first, second, ""], [first, "", ""]
        ]  # fmt: skip
        expected = [
            [-1, -3, NO_SCORE], [-1, -2, NO_SCORE], [-1, -2, NO_SCORE], [-1, NO_SCORE, NO_SCORE]
        ]  # fmt: skip
        np.testing.assert_array_equal(outputs["scores"], expected)
        real = np.array(expected) > NO_SCORE
        assert (outputs["ranking_scores"].numpy()[real] == 2 * np.array(expected)[real]).all()
        assert (outputs["ranking_scores"].numpy()[~real] == NO_SCORE).all()
        assert outputs["count"].numpy().tolist() == [2, 2, 2, 1]

    def test_empty_places_are_no_translations(self, functions, pieces):
        """An empty translation is one, and stays; places without a hypothesis are none."""
        outputs = self.best(functions, [[([], -1.0)], [(pieces[0], -1.0), ([], -2.0)]], [1, 2])
        assert outputs["count"].numpy().tolist() == [1, 2]
        assert outputs["scores"].numpy()[:, :2].tolist() == [[-1, NO_SCORE], [-1, -2]]
        outputs = self.best(functions, [[]], [0])
        assert outputs["count"].numpy().tolist() == [0]
