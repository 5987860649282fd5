"""SentencePiece in Python alone: no test here needs TensorFlow."""

import subprocess
import sys
import textwrap

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import SentencePieceTokenizer, clean_text
from keras_transformer.tokenizers.cleaning import single_spaces

KINDS = ["unigram", "bpe"]


@pytest.mark.parametrize("kind", KINDS)
def test_gives_every_cleaned_text_back(kind, tokenizer_of, hard_texts):
    tokenizer = tokenizer_of(kind)
    read = tokenizer.decode(tokenizer.encode(hard_texts))
    for text, again in zip(hard_texts, read, strict=True):
        cleaned = single_spaces(clean_text(text))
        if "▁" not in cleaned:
            assert again == cleaned


@pytest.mark.parametrize("kind", KINDS)
def test_korean_stays_composed(kind, tokenizer_of):
    tokenizer = tokenizer_of(kind)
    apart = "\u1102\u1161\u1102\u1173\u11ab \u110e\u1162\u11a8\u110b\u1173\u11af"
    ids = tokenizer.encode([apart, "나는 책을"])
    assert ids[0].tolist() == ids[1].tolist()
    assert tokenizer.decode(ids)[0] == "나는 책을"
    assert len(ids[0]) < 8  # not eleven jamo of three bytes each


@pytest.mark.parametrize("kind", [*KINDS, "unigram without bytes", "bpe without bytes"])
def test_literal_marks_are_text(kind, tokenizer_of):
    tokenizer = tokenizer_of(kind)
    for text in ("</s>", "a</s>b", "<pad> <s><unk>", "<0x41>"):
        pieces = tokenizer.tokens(tokenizer.encode([text])[0])
        assert not {"</s>", "<pad>", "<s>"}.intersection(pieces)
        if "without" not in kind:
            assert tokenizer.decode(tokenizer.encode([text])) == [text]


def test_an_unknown_character_reads_back_as_a_mark(tokenizer_of):
    tokenizer = tokenizer_of("unigram without bytes")
    ids = tokenizer.encode(["책을漢읽었다"])
    assert ids[0].tolist().count(tokenizer.unknown_id) == 1
    assert tokenizer.decode(ids) == ["책을 ⁇ 읽었다"]


def test_broken_byte_pieces_read_as_replacement_marks(tokenizer_of):
    tokenizer = tokenizer_of("bpe")
    byte = {int(tokenizer.tokens([id])[0][3:5], 16): id for id in range(4, 260)}
    assert tokenizer.decode([[byte[0xED], byte[0x95], byte[0x41]]]) == ["\ufffd\ufffdA"]
    assert tokenizer.decode([[byte[0xED], 0, byte[0x95], 2, byte[0x9C], 3, 7]]) == ["한"]


@pytest.mark.parametrize("model", [b"", b"no model", b"\0" * 97])
def test_refuses_what_is_no_model(model):
    with pytest.raises(UserError, match=f"These {len(model)} bytes are not a SentencePiece model"):
        SentencePieceTokenizer(model)


def test_refuses_an_unknown_kind(tokenizer_of):
    with pytest.raises(UserError, match="must be 'unigram' or 'bpe'; received 'word'"):
        SentencePieceTokenizer(tokenizer_of("bpe").model_bytes(), "word")


def test_takes_the_special_ids_of_the_model_and_refuses_one_without(corpus):
    import io

    import sentencepiece

    def train(**ids):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus[1]),
            model_writer=model,
            vocab_size=67,
            hard_vocab_limit=False,
            minloglevel=2,
            **ids,
        )
        return SentencePieceTokenizer(model.getvalue())

    tokenizer = train(unk_id=0, bos_id=1, eos_id=2, pad_id=3)
    ids = (tokenizer.padding_id, tokenizer.unknown_id, tokenizer.start_id, tokenizer.end_id)
    assert ids == (3, 0, 1, 2)
    row = [1, *tokenizer.encode(["My mother"])[0], 2, 9]
    assert tokenizer.decode([row]) == ["My mother"]
    with pytest.raises(UserError, match="no piece for padding, start; train it with pad_id"):
        train(unk_id=0, bos_id=-1, eos_id=2, pad_id=-1)


def test_works_without_tensorflow(tmp_path):
    program = """
        import sys

        class Block:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("tensorflow", "tensorflow_text", "keras", "keras_nlp"):
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        sys.meta_path.insert(0, Block())
        from keras_transformer.errors import UserError
        from keras_transformer.tokenizers import TokenizerPair

        folder = sys.argv[1]
        texts = ["나는 책을 읽었다.", "우리는 물을 마셨다."] * 7
        for kind in ("unigram", "bpe"):
            pair = TokenizerPair.train(kind, texts, ["I read a book."] * 7, 293)
            pair.save(folder)
            pair = TokenizerPair.load(folder)
            ids = pair.source.encode(["나는 물을 </s> 👍", b"\\xff"])
            assert pair.target.decode(ids) == ["나는 물을 </s> 👍", "\\ufffd"], ids
            assert pair.source.tokens(ids[0])
            for method in ("encode_in_graph", "decode_in_graph", "tokens_in_graph", "resources"):
                try:
                    getattr(pair.source, method)(*([[["a"]]] if method != "resources" else []))
                except UserError as error:
                    assert "tensorflow cannot be imported" in str(error), error
                else:
                    raise SystemExit(f"{method} needs no TensorFlow?")
        print("done")
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (finished.returncode, finished.stdout) == (0, "done\n"), finished.stderr
    assert finished.stderr == ""
