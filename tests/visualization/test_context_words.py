"""A word in two sentences: finding it, its stages, and the picture."""

import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.models.inspection import inspect_attention
from keras_transformer.visualization.context_words import (
    WordInSentence,
    cosine_distances,
    draw_context_word,
    encoder_stages,
    find_word,
    most_attended,
    word_positions,
)
from keras_transformer.visualization.explanation import AttentionSteps, Explanation
from tests.models.small_models import small_model


@pytest.mark.parametrize(
    ("tokens", "word", "expected"),
    [
        ("▁이 ▁은행 이 ▁좋 다 . </s>", "은행", (1,)),
        ("▁은행에 서 ▁은행 이 </s>", "은행", (0,)),
        ("▁ 말 이 </s>", "말", (1,)),
        ("▁ 주 말 에 ▁ 말 을 </s>", "말", (5,)),  # not in 주말
        ("▁인 도 가 </s>", "인도", (0, 1)),
        ("▁인 도 가 </s>", "인도가", (0, 1, 2)),
        ("▁은 ▁행 </s>", "은행", ()),
        ("▁a </s>", "b", ()),
        ("▁a </s>", "", ()),
        ("", "은행", ()),
    ],
)
def test_where_a_word_is(tokens, word, expected):
    assert word_positions(tuple(tokens.split()), word) == expected


def test_the_second_of_two():
    tokens = ("▁배", "우", "가", "▁배", "를", "</s>")
    assert word_positions(tokens, "배", number=1) == (3,)
    assert word_positions(tokens, "배", number=2) == ()


def test_where_a_word_is_in_other_vocabularies():
    pieces = ("the", "bank", "##s", "un", "##bank", "</s>")
    assert word_positions(pieces, "bank", "wordpiece") == (1,)
    assert word_positions(pieces, "unbank", "wordpiece") == (3, 4)
    assert word_positions(pieces, "s", "wordpiece") == ()
    letters = tuple(f"<0x{byte:02X}>" for byte in "내 배".encode())
    assert word_positions((*letters, "</s>"), "배", "bytes") == (4, 5, 6)
    # A vocabulary of pieces that writes unknown letters as bytes.
    mixed = ("▁나", "▁", *(f"<0x{byte:02X}>" for byte in "똠".encode()), "이", "</s>")
    assert word_positions(mixed, "똠이") == (2, 3, 4, 5)


IDS = np.array([7, 5, 11, 3], "int32")


@pytest.mark.parametrize(
    ("norm", "positions", "names"),
    [
        ("pre", "sinusoidal",
         ("embedding", "with its position", "block 1", "block 2", "output")),
        ("post", "rotary", ("embedding", "block 1", "block 2")),
    ],
)  # fmt: skip
def test_the_stages_end_with_what_the_decoder_gets(norm, positions, names):
    model = small_model(norm=norm, positions=positions, num_encoder_layers=2)
    states = inspect_attention(model, IDS, IDS[:2]).encoder_states
    stages, found = encoder_stages(model, IDS, states)
    assert stages == names
    output = np.asarray(model.encode(IDS[None]).states)[0]
    np.testing.assert_allclose(found[-1], output, atol=1e-5)
    # The first is the same wherever the token stands.
    _, shifted = encoder_stages(model, IDS[::-1].copy(), states)
    np.testing.assert_array_equal(found[0], shifted[0][::-1])
    assert np.abs(found[1] - shifted[0][::-1]).max() > 1e-3


def test_a_direction_and_its_opposite():
    states = np.array([[1.0, 2.0], [0.0, 3.0], [0.0, 0.0]], "float32")
    others = np.array([[-2.0, -4.0], [5.0, 0.0], [1.0, 1.0]], "float32")
    np.testing.assert_allclose(cosine_distances(states, 7 * states)[:2], 0, atol=1e-7)
    np.testing.assert_allclose(cosine_distances(states, others), [2, 1, 1], atol=1e-7)


def explanation(**changes):
    weights = np.array([[[0.1, 0.2, 0.3, 0.4]] * 4, [[0.4, 0.1, 0.2, 0.3]] * 4], "float32")
    steps = AttentionSteps(np.stack([weights, weights[::-1], weights]))  # three layers
    values = {
        "source": "a bank b", "translation": "c", "languages": ("en", "de"), "score": -1.0,
        "source_truncated": False, "target_truncated": False,
        "source_tokens": ("▁a", "▁ba", "nk", "</s>"), "input_tokens": ("<s>",),
        "target_tokens": ("</s>",), "encoder": steps, "decoder": steps, "cross": steps,
        "encoder_states": np.random.default_rng(3).normal(size=(4, 4, 16)).astype("float32"),
    }  # fmt: skip
    return Explanation(**{**values, **changes})


def test_a_word_of_several_pieces_is_their_mean():
    model = small_model(
        norm="post", positions="sinusoidal", num_encoder_layers=3, hidden_dim=16,
        num_heads=4)  # fmt: skip
    given = explanation()
    given.encoder.weights[0, 0, 2] = [0.5, 0.5, 0, 0]
    found = find_word(model, IDS, given, "bank", "unigram")
    assert found.positions == (1, 2)
    assert found.attention.shape == (3, 2, 4)
    np.testing.assert_allclose(found.attention[0, 0], [0.3, 0.35, 0.15, 0.2], atol=1e-6)
    np.testing.assert_allclose(
        found.states[2], given.encoder_states[1, [1, 2]].mean(axis=0), atol=1e-6
    )
    # Not at itself; the mean over the heads.
    names = [name for name, _ in most_attended(found, count=5)[1]]
    assert names == ["</s>", "▁a"]
    assert most_attended(found, count=1)[2][0] == ("</s>", pytest.approx(0.35))


def test_a_word_that_is_not_there():
    with pytest.raises(UserError, match='No word of "a bank b" begins with "tree"'):
        find_word(None, IDS, explanation(), "tree", "unigram")


def word(sentence, tokens, positions, seed=0):
    draw = np.random.default_rng(seed)
    attention = draw.dirichlet(np.ones(len(tokens)), size=(4, 3)).astype("float32")
    states = draw.normal(size=(6, 8)).astype("float32")
    states[0] = 1
    stages = ("embedding", "with its position", "block 1", "block 2", "block 3", "block 4")
    return WordInSentence("은행", sentence, "t", tokens, positions, attention, states, stages)


def test_the_picture_shows_both_sentences_and_every_stage():
    first = word("그 은행이 넓어요 $x^2$", ("▁그", "▁은행", "이", "</s>"), (1,))
    second = word("은행을 구워요", ("▁은행", "을", "▁구워", "요", "</s>"), (0,), seed=1)
    figure = draw_context_word(first, second)
    one, two, _, parting = figure.axes
    assert [text.get_text() for text in one.get_xticklabels()] == ["␣그", "␣은행", "이", "</s>"]
    assert "그 은행이 넓어요 $x^2$\nt" in one.get_xlabel()
    assert len(two.get_yticklabels()) == 4
    (frame,) = two.patches
    assert (frame.get_x(), frame.get_width()) == (-0.5, 1)
    (line,) = parting.lines
    np.testing.assert_allclose(line.get_ydata(), cosine_distances(first.states, second.states))
    assert [text.get_text() for text in parting.get_xticklabels()] == list(first.stages)
    assert "same in both" in figure.get_supxlabel()
    other = second._replace(positions=(0, 1))
    assert (
        "▁은행 in one sentence and ▁은행 을 in" in draw_context_word(first, other).get_supxlabel()
    )
