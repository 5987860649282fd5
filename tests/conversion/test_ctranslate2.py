"""The written model is ours: the same scores, the same texts."""

import json

import numpy as np
import pytest
from keras import ops

from keras_transformer.conversion import (
    QUANTIZATIONS,
    CTranslate2Translator,
    export_ctranslate2,
)
from keras_transformer.conversion import ctranslate2 as conversion
from keras_transformer.errors import UserError
from keras_transformer.models import PRESETS
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.tokenizers.base import Tokenizer
from tests.conversion.small_translators import random_ids, small_translator, texts
from tests.modes import run
from tests.runs import tiny

ctranslate2 = pytest.importorskip("ctranslate2")

ACTIVATIONS = ("relu", "gelu", "reglu", "geglu", "swiglu")
# Each activation with both norms and both kinds of positions; on backends that compile slowly, two.
KINDS = [
    ("pre", "sinusoidal", "relu"),
    ("post", "learned", "swiglu"),
    *(
        pytest.param(norm, positions, activation, marks=pytest.mark.tensorflow)
        for number, activation in enumerate(ACTIVATIONS)
        for norm, positions in zip(
            ("pre", "post"), (("sinusoidal", "learned"), ("learned", "sinusoidal"))[number % 2],
            strict=True,
        )
        if (norm, activation) not in (("pre", "relu"), ("post", "swiglu"))
    ),
]  # fmt: skip


def export(translator, folder, **arguments):
    return export_ctranslate2(
        translator.model,
        translator.tokenizers,
        folder,
        translator.options,
        **{"languages": translator.languages, **arguments},
    )


def our_scores(model, pair, rows):
    """Sums of log-probabilities by teacher forcing, each row in a batch with all the others."""
    width = max(len(ids) for row in rows for ids in row) + 1
    sources, targets = (np.zeros((len(rows), width), "int32") for _ in range(2))
    for row, (source, target) in enumerate(rows):
        sources[row, : len(source) + 1] = [*source, pair.source.end_id]
        targets[row, : len(target) + 1] = [pair.target.start_id, *target]

    def score(sources, targets):
        return ops.log_softmax(model.decode(model.encode(sources), targets))

    scores = run(score, sources, targets)
    labels = [[*target, pair.target.end_id] for _, target in rows]
    return [scores[row, np.arange(len(ids)), ids].sum() for row, ids in enumerate(labels)]


def their_scores(folder, pair, rows, **options):
    model = ctranslate2.Translator(str(folder), intra_threads=1, **options)
    results = model.score_batch(
        [pair.source.tokens(source) for source, _ in rows],
        [pair.target.tokens(target) for _, target in rows],
    )
    return [sum(result.log_probs) for result in results]


def loaded(folder):
    return CTranslate2Translator(folder, intra_threads=1)


def assert_equal(translator, folder):
    """Scores of random ids, and greedy texts, which are not all the same."""
    pair = translator.tokenizers
    rows = random_ids(pair)
    expected = our_scores(translator.model, pair, rows)
    np.testing.assert_allclose(their_scores(folder, pair, rows), expected, rtol=0, atol=1e-4)
    sentences = texts()
    translations = loaded(folder).translate(sentences, batch_size=7)
    assert translations == translator.translate(sentences)
    assert len(set(translations)) > 9


@pytest.mark.parametrize(("norm", "positions", "activation"), KINDS)
def test_every_kind(norm, positions, activation, tmp_path):
    translator = small_translator(norm=norm, positions=positions, activation=activation)
    assert_equal(translator, export(translator, tmp_path / "model"))


@pytest.mark.tensorflow
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset(preset, tmp_path):
    translator = small_translator(preset=preset)
    assert_equal(translator, export(translator, tmp_path / "model"))


@pytest.mark.parametrize(
    "positions", ["sinusoidal", pytest.param("learned", marks=pytest.mark.tensorflow)]
)
def test_vocabularies_apart(positions, tmp_path):
    pair = tiny.tokenizers(53, shared=False)
    translator = small_translator(pair, positions=positions)
    folder = export(translator, tmp_path / "model")
    assert_equal(translator, folder)
    assert not (folder / "shared_vocabulary.json").exists()
    loaded = TokenizerPair.load(folder)
    assert loaded.fingerprint() == pair.fingerprint()
    for name, tokenizer in (("source", pair.source), ("target", pair.target)):
        pieces = json.loads((folder / f"{name}_vocabulary.json").read_text())
        assert pieces == tokenizer.tokens(range(tokenizer.vocabulary_size))


def test_tied_tables_are_stored_once(tmp_path):
    translator = small_translator(num_encoder_layers=1, num_decoder_layers=1)
    size = (export(translator, tmp_path / "model") / "model.bin").stat().st_size
    numbers = translator.model.count_params() + 1035 * translator.model.hidden_dim
    assert size < 4 * numbers + 7000  # names of the arrays


@pytest.mark.tensorflow
@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_quantizations(quantization, tmp_path):
    translator = small_translator()
    folder = export(translator, tmp_path / "model", quantization=quantization)
    rows = random_ids(translator.tokenizers)
    found = their_scores(folder, translator.tokenizers, rows)
    expected = our_scores(translator.model, translator.tokenizers, rows)
    tolerance = {"float32": 1e-4, "float16": 0.05}.get(quantization, 2)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    if quantization != "float32":  # they are really rounded
        assert np.abs(np.subtract(found, expected)).max() > 5e-5
    sentences = texts()
    translations = loaded(folder).translate(sentences)
    assert translations[0] == ""
    assert all(translations[1:])
    assert json.loads((folder / "translation.json").read_text())["quantization"] == quantization


def test_half_precision_weights_are_written_as_float32(tmp_path):
    translator = small_translator(dtype="bfloat16")
    folder = tmp_path / "model"
    # Keras computes in bfloat16, and CTranslate2 in float32: nearer than that they cannot be.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(QUANTIZATIONS, "float32", 0.2)
        export(translator, folder)
    rows = random_ids(translator.tokenizers)
    expected = our_scores(translator.model, translator.tokenizers, rows)
    found = their_scores(folder, translator.tokenizers, rows)
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_marks_and_unknown_characters(tmp_path):
    translator = small_translator(norm="pre")
    pair, folder = translator.tokenizers, export(translator, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    assert (config["bos_token"], config["decoder_start_token"]) == ("<s>", "<s>")
    assert (config["eos_token"], config["unk_token"]) == ("</s>", "<unk>")
    assert (config["add_source_bos"], config["add_source_eos"]) == (False, True)
    assert config["layer_norm_epsilon"] == 1e-5
    # Characters that the vocabulary lacks, and marks as text.
    sentences = ["漢 가 字", "漢字", "가 </s> 나", "<pad> <s> 다", "<unk>", " \n\u3000 ", "</s>"]
    assert pair.source.unknown_id in pair.source.encode(sentences)[0]
    theirs = loaded(folder)
    assert theirs.translate(sentences) == translator.translate(sentences)
    assert theirs.pieces(sentences) == [
        pair.source.tokens(ids) for ids in pair.source.encode(sentences)
    ]


class StrangePieces(Tokenizer):
    """A vocabulary that a file with a piece a line could not hold."""

    kind = "strange"
    PIECES = ("<pad>", "<unk>", "<s>", "</s>", "a", " ", "\n", "\r\n", "\u2581", "\u2581\u2581",
              "a b", " a", '"', "\\", "\\n", "\0", "\u2028", "가", "가".encode().hex(),
              "\U0001f468\u200d\U0001f469", "#", "##a", "￨", "<blank>", "｟x｠", "")  # fmt: skip
    vocabulary_size = len(PIECES)

    def _tokens(self, ids):
        return [self.PIECES[id] for id in ids]


def test_strange_pieces(tmp_path):
    pair = TokenizerPair(StrangePieces())
    translator = small_translator(pair)
    folder = export(translator, tmp_path / "model")
    others = [4, 7, 5]
    rows = [([id, *others], [*others, id]) for id in range(4, pair.source.vocabulary_size)]
    expected = our_scores(translator.model, pair, rows)
    assert np.diff(np.sort(expected)).min() > 3e-4  # a wrong piece would be seen
    np.testing.assert_allclose(their_scores(folder, pair, rows), expected, rtol=0, atol=1e-4)


def test_limits_of_lengths(tmp_path):
    # Nothing ends by itself, and sources are longer than what is read of them.
    translator = small_translator(norm="post")
    table = translator.model.target_embedding.embeddings
    values = ops.convert_to_numpy(table).copy()
    values[translator.tokenizers.target.end_id] = 0
    table.assign(values)
    long = " ".join(tiny.SOURCE_WORDS * 5)
    num_pieces = len(translator.tokenizers.source.encode([long])[0])
    translator.options = type(translator.options)(
        max_source_length=num_pieces - 9, max_length_factor=4.5, max_length_constant=4
    )
    folder = export(translator, tmp_path / "model")
    sentences = ["가", long, "나 다", f"{long} {long}", "라 마 바"]
    theirs = loaded(folder)
    assert theirs.translate(sentences) == translator.translate(sentences)
    assert len(theirs.pieces([long])[0]) == num_pieces - 9
    assert theirs.limit(num_pieces - 9) > 256  # where CTranslate2 would stop
    # CTranslate2's own defaults find enough positions, too.
    (result,) = theirs.model.translate_batch([["▁가"] * 2000], beam_size=1)
    assert len(result.hypotheses[0]) == 256


def test_learned_positions_limit_the_source(tmp_path):
    translator = small_translator(positions="learned", max_length=17)
    folder = export(translator, tmp_path / "model")
    theirs = loaded(folder)
    long = " ".join(tiny.SOURCE_WORDS * 5)
    assert len(theirs.pieces([long])[0]) == 16
    assert isinstance(theirs.translate([long])[0], str)
    with pytest.raises(RuntimeError, match="No position encodings are defined for positions >= 17"):
        theirs.model.translate_batch([["▁가"] * 17])


def test_the_check_finds_a_wrong_model(tmp_path, monkeypatch):
    translator = small_translator()
    monkeypatch.setattr(conversion.specification, "NORM_EPSILON", 0.3)
    with pytest.raises(UserError, match="gives other scores than Keras") as caught:
        export(translator, tmp_path / "model")
    assert ctranslate2.__version__ in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_check_finds_numbers_that_are_none(tmp_path):
    translator = small_translator()
    gamma = translator.model.decoder_blocks[0].feed_forward.layer_norm.gamma
    gamma.assign(np.full(gamma.shape, np.nan))
    with pytest.raises(UserError, match="gives other scores"):
        export(translator, tmp_path / "model")


def test_lines_about_what_is_going_on(tmp_path):
    lines = []
    folder = export(small_translator(), tmp_path / "model", progress=lines.append)
    assert lines[0].startswith("Converting ")
    assert lines[0].endswith(" parameters to float32")
    assert lines[-1].startswith("Written: 0.2 MB; translate with 'python ")
    assert str(folder) in lines[-1]


def test_a_model_that_is_there(tmp_path):
    translator = small_translator()
    folder = export(translator, tmp_path / "model")
    size = (folder / "model.bin").stat().st_size
    with pytest.raises(UserError, match="exists and is not empty"):
        export(translator, folder, quantization="float16")
    assert (folder / "model.bin").stat().st_size == size
    export(translator, folder, quantization="float16", overwrite=True)
    assert (folder / "model.bin").stat().st_size < size


def test_without_ctranslate2(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ctranslate2", None)
    with pytest.raises(UserError, match=r"run 'pip install \"ctranslate2>=4.8,<5\"'"):
        export(small_translator(), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_unknown_quantization(tmp_path):
    with pytest.raises(UserError, match="one of float32, float16, int8, int8_float16; received 'x"):
        export(small_translator(), tmp_path / "model", quantization="x")
