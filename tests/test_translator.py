"""Text in, text out."""

import json

import keras
import numpy as np
import pytest

from keras_transformer.config import DecodingConfig
from keras_transformer.decoding import Hypothesis, TranslationOptions
from keras_transformer.errors import UserError
from keras_transformer.models import Transformer
from keras_transformer.translator import Translator, load_translator
from tests.runs import tiny

TEXTS = ["가 나 다", "", "하 파 타 카 차", " \t　", "라", "마 바 사 아 자 차 카", "다 나"]


@pytest.fixture(scope="module")
def pair():
    return tiny.tokenizers()


@pytest.fixture(scope="module")
def translator(pair):
    return tiny.translator(pair, max_length_factor=1.0, max_length_constant=3)


@pytest.fixture(scope="module")
def saved(translator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "deep" / "folder"
    translator.save(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy that may be damaged."""
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_order_and_blank_lines_are_kept(translator):
    translations = translator.translate(TEXTS)
    alone = [translator.translate([text])[0] for text in TEXTS]
    assert translations == alone
    assert [not text for text in translations] == [not text.strip() for text in TEXTS]
    assert len(set(alone)) > 3  # else the order could not be told
    assert translator.translate(TEXTS[::-1]) == alone[::-1]


@pytest.mark.parametrize("texts", [[], [""], ["", " "]], ids=repr)
def test_nothing_to_translate(translator, texts):
    assert translator.translate(texts) == [""] * len(texts)


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_the_batch_size_changes_no_text(translator, batch_size):
    assert translator.translate(TEXTS, batch_size=batch_size) == translator.translate(TEXTS)


def test_progress_counts_the_sentences_that_are_not_blank(translator):
    counts = []
    translator.translate(TEXTS, batch_size=2, on_progress=counts.append)
    assert counts == [2, 2, 1]


FULL = [text for text in TEXTS if text.strip()]
BLANK = [Hypothesis("", 0.0, 0.0, False, False)]


@pytest.fixture
def in_ids(translator, monkeypatch):
    """The target as ids, in and out: an untrained model says what no text stands for."""
    end_id = translator.tokenizers.target.end_id
    tokenizer = type(translator.tokenizers.target)
    encode_text = tokenizer.encode

    def encode(self, texts):
        if not all(text.replace(" ", "").isascii() for text in texts):
            return encode_text(self, texts)
        return [np.array(text.split(), "int32") for text in texts]

    def decode(self, rows):
        rows = [list(map(int, row)) for row in rows]
        ends = [row.index(end_id) + 1 if end_id in row else len(row) for row in rows]
        return [" ".join(map(str, row[:end])) for row, end in zip(rows, ends, strict=True)]

    monkeypatch.setattr(tokenizer, "encode", encode)
    monkeypatch.setattr(tokenizer, "decode", decode)
    return lambda hypothesis: list(map(int, hypothesis.text.split()))


def test_lists_of_the_best(translator, in_ids):
    options = TranslationOptions(beam_size=5, length_penalty=0.8)
    lists = translator.hypotheses(TEXTS, options)
    assert [hypotheses == BLANK for hypotheses in lists] == [not text.strip() for text in TEXTS]
    assert [hypotheses[0].text for hypotheses in lists] == translator.translate(TEXTS, options)
    for hypotheses in filter(None, lists):
        if hypotheses == BLANK:
            continue
        assert len({each.text for each in hypotheses}) == len(hypotheses) == 5
        rankings = [each.ranking_score for each in hypotheses]
        assert sorted(rankings, reverse=True) == rankings
        for each in hypotheses:
            assert not each.source_truncated
            if not each.target_truncated:  # else padding follows
                penalty = ((5 + len(in_ids(each))) / 6) ** 0.8
                assert each.ranking_score == pytest.approx(each.score / penalty, rel=1e-5)
    two = translator.hypotheses(TEXTS, options, n_best=2)
    assert [[each.text for each in found] for found in two] == [
        [each.text for each in found[:2]] for found in lists
    ]


def test_of_equal_texts_the_best_is_kept(translator, monkeypatch):
    """Pieces that stand for the same text, as far as the tokenizer says."""
    monkeypatch.setattr(
        type(translator.tokenizers.target), "decode", lambda self, ids: ["same"] * len(ids)
    )
    options = TranslationOptions(beam_size=4)
    (found,) = translator.hypotheses(["가 나"], options)
    monkeypatch.undo()
    assert [each.text for each in found] == ["same"]
    assert found[0].ranking_score == translator.hypotheses(["가 나"], options)[0][0].ranking_score


def test_options_of_the_settings(pair, translator):
    wide = Translator(
        translator.model,
        pair,
        DecodingConfig(max_length_factor=1.0, max_length_constant=3, beam_size=4, length_penalty=1),
    )
    beam = TranslationOptions(beam_size=4, length_penalty=1.0)
    for found, wanted in zip(
        wide.hypotheses(TEXTS), translator.hypotheses(TEXTS, beam), strict=True
    ):
        assert [each.text for each in found] == [each.text for each in wanted]
        assert found[0].ranking_score == pytest.approx(wanted[0].ranking_score, rel=1e-5)
    greedy = TranslationOptions(strategy="greedy")
    best = [each[0].text for each in wide.hypotheses(TEXTS, greedy)]
    assert best == translator.translate(TEXTS)
    assert best != [each[0].text for each in wide.hypotheses(TEXTS)]


def test_each_text_has_options_of_its_own(translator):
    options = [
        TranslationOptions(beam_size=3, prefix="ab"),
        None,
        TranslationOptions(strategy="sample", seed=5, temperature=2.0),
        TranslationOptions(beam_size=2),
        TranslationOptions(max_length=2),
        TranslationOptions(min_length=9, max_length=9),
        TranslationOptions(strategy="beam", no_repeat_ngram=1),
    ]
    together = translator.hypotheses(TEXTS, options)
    # Alone, in programs of their own.
    for row in (0, 2, 6):
        hypotheses = together[row]
        (alone,) = translator.hypotheses([TEXTS[row]], options[row])
        assert [each.text for each in alone] == [each.text for each in hypotheses]
        for one, other in zip(alone, hypotheses, strict=True):
            assert one[1:3] == pytest.approx(other[1:3], abs=1e-4)
    assert together[0][0].text.startswith("ab")
    assert len(together[0]) == 3
    assert together[4][0].target_truncated
    backwards = translator.hypotheses(TEXTS[::-1], options[::-1])
    assert [each[0].text for each in backwards] == [each[0].text for each in together[::-1]]


def test_seeds(translator):
    def sample(seed):
        return translator.translate(FULL, TranslationOptions(strategy="sample", seed=seed))

    assert sample(3) == sample(3)
    assert sample(3) != sample(4)
    assert len({tuple(sample(0)) for _ in range(3)}) == 3  # not set: another one each time


def test_options_reach_the_search(translator, in_ids):
    def best(**options):
        options = TranslationOptions(min_length=8, max_length=8, **options)
        return in_ids(translator.hypotheses(["가 나 다 라"], options)[0][0])

    free = best()
    assert len(free) == 8
    assert best(prefix="17 5 23")[:3] == [17, 5, 23] != free[:3]
    forbidden = " ".join(map(str, set(free)))
    assert not set(best(forbidden=forbidden)) & set(free)
    assert len(set(free)) < 7
    assert len(set(best(no_repeat_ngram=1))) == 8


def test_nothing_left_to_say(translator):
    """More tokens than there are, none of them twice."""
    options = TranslationOptions(min_length=90, max_length=90, no_repeat_ngram=1)
    assert translator.hypotheses(["가 나", ""], options) == [[], BLANK]
    assert translator.translate(["가 나"], options) == [""]


def test_cut_sources_are_told(pair, translator):
    short = Translator(translator.model, pair, DecodingConfig(max_source_length=3))
    found = short.hypotheses(["가", "가 나 다 라 마 바 사"])
    assert [hypotheses[0].source_truncated for hypotheses in found] == [False, True]


def test_as_many_options_as_texts(translator):
    with pytest.raises(UserError, match="There are 2 texts and 3 options: give one for each text"):
        translator.translate(["가", "나"], [None] * 3)


def test_long_sources_are_cut_before_the_end_mark(pair, translator):
    short = Translator(translator.model, pair, DecodingConfig(max_source_length=3))
    (ids,) = short.source_ids(["가 나 다 라 마"])
    assert ids.tolist() == [*pair.source.encode(["가 나 다 라 마"])[0][:3], pair.source.end_id]


def test_a_score_is_the_sum_of_log_probabilities(pair, translator):
    sources, targets = ["가 나 다", "하", "나"], ["ab cd", "zz yz wx uv st", ""]
    *found, blank = translator.score([*sources, " "], [*targets, "ab"])
    assert blank == (0.0, 0)
    for source, target, (score, num_tokens) in zip(sources, targets, found, strict=True):
        source_ids = [*pair.source.encode([source])[0], pair.source.end_id]
        labels = [*pair.target.encode([target])[0], pair.target.end_id]
        target_ids = [pair.target.start_id, *labels[:-1]]
        inputs = {"source_ids": np.int32([source_ids]), "target_ids": np.int32([target_ids])}
        logits = keras.ops.convert_to_numpy(translator.model(inputs))[0].astype("float64")
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        expected = sum(log_probabilities[position, id] for position, id in enumerate(labels))
        assert num_tokens == len(labels)
        assert score == pytest.approx(expected, rel=1e-5)


def test_scores_do_not_depend_on_their_batch(pair, translator):
    sources, targets = ["가", "나 다", "라"], ["ab", "cd ef gh", ""]
    small = Translator(translator.model, pair, DecodingConfig(batch_size=1))
    together = np.array(translator.score(sources, targets))
    np.testing.assert_allclose(together, small.score(sources, targets), rtol=1e-5)


def test_scores_ask_for_no_more_positions_than_were_learned(pair, translator):
    config = {**translator.model.get_config(), "positions": "learned", "max_length": 9}
    model = Transformer.from_config(config)
    model.build()
    ((_, num_tokens),) = Translator(model, pair).score(["가 나 다"], ["ab cd ef"])
    assert num_tokens <= 9  # what is read is rounded up to more


def learned(translator, pair, max_length):
    """An untrained translator with so many learned positions."""
    model = Transformer.from_config(
        {**translator.model.get_config(), "positions": "learned", "max_length": max_length}
    )
    model.build()
    return Translator(model, pair, DecodingConfig(max_length_constant=3))


def test_more_tokens_than_learned_positions(pair, translator):
    """Sources are cut, as in an export; a target that cannot be scored is refused."""
    few = learned(translator, pair, 7)
    source = " ".join(["가 나 다"] * 5)
    assert len(pair.source.encode([source])[0]) > 7
    (ids,) = few.source_ids([source])
    assert len(ids) == 7
    ((best, *_), (short, *_)) = few.hypotheses([source, "가"])
    assert best.source_truncated and not short.source_truncated
    few.score([source], ["ab"])
    with pytest.raises(UserError, match=r"has learned 7 positions and the sentence or its trans"):
        few.score(["가"], [" ".join(["ab cd"] * 9)])


def test_as_many_targets_as_sources(translator):
    with pytest.raises(UserError, match="There are 2 sources and 1 targets: give one target"):
        translator.score(["가", "나"], ["ab"])


def test_save_and_load(translator, saved):
    loaded = Translator.load(saved)
    assert loaded.translate(TEXTS) == translator.translate(TEXTS)
    assert loaded.score(["가"], ["ab"])[0] == pytest.approx(translator.score(["가"], ["ab"])[0])
    assert loaded.options == translator.options
    assert loaded.languages == ("ko", "en")
    assert not [path for path in saved.iterdir() if path.name.startswith(".")]
    assert isinstance(load_translator(saved), Translator)


def test_two_vocabularies(tmp_path):
    translator = tiny.translator(tiny.tokenizers(37, shared=False))
    translator.save(tmp_path)
    assert Translator.load(tmp_path).translate(TEXTS) == translator.translate(TEXTS)


def test_a_model_of_mixed_precision_is_loaded_in_float32(pair, tmp_path):
    mixed = tiny.translator(pair, dtype="mixed_bfloat16")
    mixed.save(tmp_path)
    loaded = Translator.load(tmp_path).model
    assert loaded.dtype_policy.name == "float32"
    assert loaded.encoder_blocks[0].compute_dtype == "float32"
    for ours, theirs in zip(loaded.weights, mixed.model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_model_and_tokenizers_belong_together(pair):
    sizes = {"num_encoder_layers": 1, "num_decoder_layers": 1, "hidden_dim": 6, "num_heads": 3}
    model = Transformer(53, intermediate_dim=7, **sizes)
    message = r"vocabularies of 53 \(source\) and the same \(target\), the tokenizers of 51 and the"
    with pytest.raises(UserError, match=message):
        Translator(model, pair)
    model = Transformer(51, intermediate_dim=7, padding_id=9, **sizes)
    with pytest.raises(UserError, match=r"pads with id 9 and the tokenizers with 0: build the mod"):
        Translator(model, pair)


def test_a_folder_of_something_else(tmp_path):
    message = r"has no translator.json: it is not the folder of a run or translator"
    with pytest.raises(UserError, match=message):
        Translator.load(tmp_path)


def test_a_run_without_weights_yet(folder):
    (folder / "model.weights.h5").unlink()
    with pytest.raises(UserError, match=r"has no model.weights.h5 yet: a run writes it after its"):
        Translator.load(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b'{"format_version": 1', b"[]", b"{}", b"\xff\xfe\x00", b'{"format_version": 1}'],
    ids=repr,
)
def test_a_damaged_description(folder, content):
    (folder / "translator.json").write_bytes(content)
    with pytest.raises(UserError, match=r"translator.json (cannot be read|lacks) .*restore it"):
        Translator.load(folder)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("model", {"hidden_dim": 15}, "describes no valid model"),
        ("model", {"colour": "red"}, "describes no valid model"),
        ("model", {"num_encoder_layers": "x"}, "describes no valid model"),
        ("decoding", {"beam": 3}, "describes no valid model"),
        ("decoding", {"batch_size": 0}, "decoding.batch_size is 0: expected a whole number"),
    ],
    ids=str,
)
def test_a_wrong_description(folder, part, change, message):
    description = json.loads((folder / "translator.json").read_text())
    description[part].update(change)
    (folder / "translator.json").write_text(json.dumps(description))
    with pytest.raises(UserError, match=message):
        Translator.load(folder)


def test_a_description_of_another_version(folder):
    (folder / "translator.json").write_text('{"format_version": 2}')
    with pytest.raises(UserError, match=r"is of format 2, this version of keras_transformer reads"):
        Translator.load(folder)


def test_damaged_weights(folder):
    path = folder / "model.weights.h5"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"does not hold the weights .* or is damaged: ") as raised:
        Translator.load(folder)
    assert "\n" not in str(raised.value)


def test_weights_of_another_model(folder):
    description = json.loads((folder / "translator.json").read_text())
    description["model"]["intermediate_dim"] = 29
    (folder / "translator.json").write_text(json.dumps(description))
    with pytest.raises(UserError, match=r"does not hold the weights of the model that translator"):
        Translator.load(folder)
