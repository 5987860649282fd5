"""The script in the folder of a model: it alone reads texts as the tokenizers do."""

import io
import os
import subprocess
import sys
import types

import pytest

from keras_transformer.config import DecodingConfig
from keras_transformer.conversion import CTranslate2Translator, export_ctranslate2
from keras_transformer.conversion.translate import main
from keras_transformer.tokenizers import ByteTokenizer, TokenizerPair, WordPieceTokenizer
from tests.conversion.small_translators import small_translator, texts
from tests.runs import tiny
from tests.tokenizers.conftest import HARD_BYTES, HARD_TEXTS

pytest.importorskip("ctranslate2")

HARD = [*HARD_TEXTS.values(), "lone \ud83d surrogate \udc00\udc01", "a\ufffd\ufffd\ufffdb"]
# With one thread: a test has no more to do than that, and others run beside it.
ONE = {"intra_threads": 1}


def export(pair, folder, **arguments):
    translator = small_translator(pair, num_encoder_layers=1, num_decoder_layers=1, **arguments)
    export_ctranslate2(translator.model, pair, folder, translator.options)
    return translator


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A translator with vocabularies apart, and the folder of its model."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    return export(tiny.tokenizers(53, shared=False), folder), folder


def hard_pair(kind):
    if kind == "bytes":
        return TokenizerPair(ByteTokenizer())
    if kind == "wordpiece":
        pieces = ["<pad>", "<unk>", "<s>", "</s>", "a", "##b", "가", "[", "]", "<", ">", "/", "s",
                  "##a", "b", "c", ".", "나는", "x"]  # fmt: skip
        return TokenizerPair(WordPieceTokenizer(pieces))
    lines = [text for text in HARD_TEXTS.values() if len(text) < 1000] * 3
    return TokenizerPair.train(
        kind, lines, lines[::-1], 330 if kind == "bpe" else 120, byte_fallback=kind == "bpe"
    )


@pytest.mark.parametrize(
    "kind",
    ["bpe", "unigram", *(pytest.param(kind, marks=pytest.mark.tensorflow)
                         for kind in ("wordpiece", "bytes"))],
)  # fmt: skip
def test_hard_texts(kind, tmp_path):
    pair = hard_pair(kind)
    translator = export(pair, tmp_path / "model")
    theirs = CTranslate2Translator(tmp_path / "model", **ONE)
    given = [*HARD, *(text.decode("utf-8", "replace") for text in HARD_BYTES.values())]
    limit = translator.options.max_source_length
    assert theirs.pieces(given) == [
        pair.source.tokens(ids[:limit]) for ids in pair.source.encode(given)
    ]
    ids = [[4, 5, 6, 1, 4], [7, 0, 2, 8, 3, 9], [], list(range(4, pair.target.vocabulary_size))]
    ids += [[2, id, 0, id, 2] for id in range(4, pair.target.vocabulary_size, 3)]
    for row, text in zip(ids, pair.target.decode(ids), strict=True):
        before_end = row[: row.index(3)] if 3 in row else row  # CTranslate2 stops there
        assert theirs.target.text(pair.target.tokens(before_end)) == text
    short = [text for text in given if len(text) < 40]
    assert theirs.translate(short) == translator.translate(short)


def test_options_are_handed_on(exported):
    translator, folder = exported
    theirs = CTranslate2Translator(folder, **ONE)
    sentences = texts()
    greedy = theirs.translate(sentences)
    assert greedy == translator.translate(sentences)
    assert theirs.translate(sentences, beam_size=4) != greedy
    short = theirs.translate(sentences, max_decoding_length=2)
    assert max(len(translator.tokenizers.target.encode([text])[0]) for text in short) <= 4
    assert max(map(len, short)) < max(map(len, greedy))


def test_batches_do_not_matter(exported):
    _, folder = exported
    theirs = CTranslate2Translator(folder, inter_threads=2, **ONE)
    sentences = texts(37)
    expected = theirs.translate(sentences, batch_size=1)
    assert theirs.translate(sentences, batch_size=64) == expected
    assert theirs.translate(sentences[::-1], batch_size=5) == expected[::-1]
    assert theirs.translate([]) == []
    assert theirs.translate(["", " \n"]) == ["", ""]


def test_the_script_alone(exported, tmp_path):
    translator, folder = exported
    lines = [*texts(), "", "가\r", "\ufeff나 \x85다", " 라"]
    # A package of that name that cannot be imported: the script does without it.
    (tmp_path / "keras_transformer.py").write_text("raise ImportError('not installed')")
    done = subprocess.run(
        [sys.executable, folder / "translate.py", "--batch-size", "7", "--threads", "1"],
        input="\n".join([*lines, "마"]).encode() + b" \xff\xed\x95",
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr.decode()
    expected = translator.translate([*lines, b"\xeb\xa7\x88 \xff\xed\x95"])
    assert done.stdout.decode() == "".join(f"{line}\n" for line in expected)


def test_options_of_the_script(exported, tmp_path, monkeypatch, capfdbinary):
    _, folder = exported
    theirs = CTranslate2Translator(folder, compute_type="int8", **ONE)
    sentences = texts(5)
    (tmp_path / "input").write_text("\n".join(sentences) + "\n")
    with open(tmp_path / "input") as file:
        monkeypatch.setattr(sys, "stdin", file)
        options = ["--beam-size", "3", "--compute-type", "int8", "--threads", "1"]
        main(["--model", str(folder), *options])
    expected = theirs.translate(sentences, beam_size=3)
    assert capfdbinary.readouterr().out.decode() == "".join(f"{line}\n" for line in expected)


def test_a_line_stays_a_line(exported, monkeypatch, capfdbinary):
    class Fake:
        def __init__(self, folder, **options):
            assert options == {"device": "cpu", "compute_type": "default", "intra_threads": 3}

        def translate(self, texts, batch_size, **options):
            return ["a\nb\r\nc\x85d"]

    monkeypatch.setattr("keras_transformer.conversion.translate.CTranslate2Translator", Fake)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(b"x\n")))
    main(["--model", str(exported[1]), "--threads", "3"])
    assert capfdbinary.readouterr().out.decode() == "a b  c\x85d\n"


def test_long_sources_are_read_to_their_end(tmp_path):
    pair = tiny.tokenizers()
    translator = small_translator(pair, seed=4, num_encoder_layers=1, num_decoder_layers=1)
    translator.options = DecodingConfig(
        max_source_length=1501, max_length_factor=0, max_length_constant=5
    )
    export_ctranslate2(translator.model, pair, tmp_path / "model", translator.options)
    theirs = CTranslate2Translator(tmp_path / "model", **ONE)
    sentences = [" ".join(["가"] * 1024 + [word] * 450) for word in tiny.SOURCE_WORDS]
    translations = theirs.translate(sentences)
    assert translations == translator.translate(sentences)
    assert len(set(translations)) > 1
