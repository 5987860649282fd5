"""WordPiece: its vocabulary and its texts (parity with the graph: `test_base.py`)."""

import json

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import Tokenizer, WordPieceTokenizer, train_tokenizer

pytestmark = pytest.mark.tensorflow

SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]
VOCABULARY = [*SPECIAL, "학", "##생", "학생", "Go", "go", "é", "漢", "字", ".", "<", ">", "/", "s"]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(VOCABULARY)


def test_takes_the_longest_pieces(tokenizer):
    assert tokenizer.tokens(tokenizer.encode(["학생 학 학생생."])[0]) == [
        *("학생", "학", "학생", "##생", ".")
    ]


def test_keeps_case_and_accents_and_splits_chinese_characters(tokenizer):
    assert tokenizer.tokens(tokenizer.encode(["Go go e\u0301 漢字"])[0]) == [
        *("Go", "go", "é", "漢", "字")
    ]


def test_reads_decomposed_hangul(tokenizer):
    assert tokenizer.decode(tokenizer.encode(["\u1112\u1161\u11a8\u1109\u1162\u11bc"])) == ["학생"]


def test_what_it_does_not_know_is_one_unknown(tokenizer):
    assert tokenizer.encode(["Going 학a " + "학" + "생" * 33])[0].tolist() == [1, 1, 1]


def test_literal_marks_are_text(tokenizer):
    pieces = tokenizer.tokens(tokenizer.encode(["</s> <s>"])[0])
    assert pieces == ["<", "/", "s", ">", "<", "s", ">"]


def test_control_and_newer_characters(tokenizer):
    assert tokenizer.tokens(tokenizer.encode(["학\0생go\x01go\u200bgo"])[0]) == [
        *("학", "<unk>", "go", "go")
    ]
    assert tokenizer.encode(["go\u2e52go"])[0].tolist() == [1]


def test_trains_with_our_special_ids(corpus):
    lines = []
    tokenizer = train_tokenizer("wordpiece", corpus[0] * 2, 211, progress=lines.append)
    assert tokenizer.vocabulary[:4] == SPECIAL
    assert tokenizer.vocabulary_size <= 211
    assert lines[-1].startswith("Vocabulary: ")
    ids = tokenizer.encode(corpus[0])
    assert tokenizer.unknown_id not in set().union(*[set(row.tolist()) for row in ids])
    assert tokenizer.decode(ids)[0].replace(" .", ".") == corpus[0][0]
    again = train_tokenizer("wordpiece", iter(corpus[0] * 2), 211, progress=lines.append)
    assert again.fingerprint() == tokenizer.fingerprint()


def test_rare_characters_do_not_push_out_the_frequent_ones():
    frequent = ["하고 히호 후해"] * 20
    rare = [chr(0xAC00 + 3 * index) for index in range(600)]
    lines = []
    tokenizer = train_tokenizer("wordpiece", frequent + rare, 60, progress=lines.append)
    assert tokenizer.vocabulary_size <= 60
    assert tokenizer.unknown_id not in tokenizer.encode(["하고 히호 후해"])[0]
    assert any("different characters the 14 most frequent" in line for line in lines)


def test_texts_without_a_word_are_refused():
    with pytest.raises(UserError, match="WordPiece found no word in 2 texts"):
        train_tokenizer("wordpiece", ["\u200b", "\x01"], 100, progress=lambda line: None)


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        (["[PAD]", "a"], "must begin with <pad>, <unk>, <s>, </s>; received"),
        ([], "must begin with"),
        ([*SPECIAL, "a", "a"], "must not have an empty piece or one twice"),
        ([*SPECIAL, ""], "must not have an empty piece or one twice"),
    ],
)
def test_a_vocabulary_that_cannot_be(vocabulary, message):
    with pytest.raises(UserError, match=message):
        WordPieceTokenizer(vocabulary)


def test_files(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    assert (tmp_path / "tokenizer.vocabulary.txt").read_text("utf-8").split("\n")[:-1] == VOCABULARY
    loaded = Tokenizer.load(tmp_path)
    assert type(loaded) is WordPieceTokenizer
    assert loaded.vocabulary == VOCABULARY
    assert loaded.fingerprint() == tokenizer.fingerprint()
    (tmp_path / "tokenizer.vocabulary.txt").write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"is not the model that tokenizer\.json was saved"):
        Tokenizer.load(tmp_path)


def test_a_vocabulary_that_is_not_utf8(tokenizer, tmp_path):
    import hashlib

    tokenizer.save(tmp_path)
    (tmp_path / "tokenizer.vocabulary.txt").write_bytes(b"\xff")
    path = tmp_path / "tokenizer.json"
    description = json.loads(path.read_text("utf-8"))
    description["model_sha256"] = hashlib.sha256(b"\xff").hexdigest()
    path.write_text(json.dumps(description), "utf-8")
    with pytest.raises(UserError, match="the vocabulary is not UTF-8"):
        Tokenizer.load(tmp_path)
