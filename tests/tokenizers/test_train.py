"""Training of vocabularies."""

import logging
import random
import subprocess
import sys
import textwrap

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import default_vocabulary_size, train_tokenizer

KINDS = ["unigram", "bpe"]


def _train(kind, texts, size, **options):
    lines = []
    tokenizer = train_tokenizer(kind, texts, size, progress=lines.append, **options)
    return tokenizer, lines


@pytest.mark.parametrize("kind", KINDS)
def test_has_the_size_asked_for(kind):
    generator = random.Random(5)
    words = [
        "".join(generator.choices(letters, k=generator.randrange(1, 6)))
        for letters in ("가나다라마바사", "abcdefgh")
        for _ in range(300)
    ]
    texts = [" ".join(generator.choices(words, k=7)) for _ in range(300)]
    tokenizer, lines = _train(kind, texts, 303)
    assert tokenizer.vocabulary_size == 303
    assert tokenizer.kind == kind
    assert lines[-1] == "Vocabulary: done, 303 pieces"


@pytest.mark.parametrize("kind", KINDS)
def test_is_the_same_every_time_and_in_every_process(kind, corpus, tmp_path):
    first, _ = _train(kind, corpus[0], 317)
    again, _ = _train(kind, iter(corpus[0]), 317)
    assert first.fingerprint() == again.fingerprint()
    (tmp_path / "texts").write_text("\n".join(corpus[0]), encoding="utf-8")
    program = f"""
        import sys
        from pathlib import Path
        from keras_transformer.tokenizers import train_tokenizer
        texts = Path(sys.argv[1]).read_text(encoding="utf-8").split("\\n")
        print(train_tokenizer({kind!r}, texts, 317).fingerprint())
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "texts")]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == first.fingerprint()
    assert finished.stderr == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [["a"], ["나는 학생입니다."] * 3, ["가", "", " "]])
def test_too_few_texts_give_the_largest_vocabulary_they_can(kind, texts):
    tokenizer, lines = _train(kind, texts, 997)
    assert 260 < tokenizer.vocabulary_size < 400
    assert lines[-1] == (
        f"Vocabulary: {tokenizer.vocabulary_size} pieces instead of the 997 wished; the texts are "
        "too few for more"
    )
    assert tokenizer.decode(tokenizer.encode(texts[:1])) == texts[:1]


@pytest.mark.parametrize("kind", KINDS)
def test_many_characters_in_a_small_vocabulary(kind):
    # 2,000 different syllables do not fit: the most frequent get a piece, the others bytes.
    texts = [chr(0xAC00 + 5 * index) * (3 if index < 50 else 1) for index in range(2000)]
    texts = [" ".join(texts[start : start + 20]) for start in range(0, 2000, 20)]
    tokenizer, lines = _train(kind, texts, 400)
    assert tokenizer.vocabulary_size <= 400
    assert any("of 2,001 different characters the 70 most frequent" in line for line in lines)
    assert tokenizer.decode(tokenizer.encode(texts)) == texts
    pieces = {tokenizer.tokens([id])[0] for id in range(260, tokenizer.vocabulary_size)}
    assert len({piece[-1] for piece in pieces} - {"▁"}) <= 70


def test_character_coverage_of_the_caller(corpus):
    every, lines = _train("bpe", corpus[0], 397, character_coverage=1.0)
    most, _ = _train("bpe", corpus[0], 397, character_coverage=0.9)
    assert not any("different characters" in line for line in lines)
    rare = min(set("".join(corpus[0])), key="".join(corpus[0]).count)
    assert len(every.encode([rare])[0]) < len(most.encode([rare])[0])
    assert most.decode(most.encode([rare])) == [rare]


@pytest.mark.parametrize("kind", KINDS)
def test_reads_a_stream_once_and_samples_it(kind, corpus):
    texts = corpus[0] * 3
    tokenizer, lines = _train(kind, iter(texts), 300, sample_size=53, seed=3)
    assert lines[0] == "Vocabulary: training on 53 texts drawn from 324"
    again, _ = _train(kind, iter(texts), 300, sample_size=53, seed=3)
    other, _ = _train(kind, iter(texts), 300, sample_size=53, seed=4)
    assert tokenizer.model_bytes() == again.model_bytes() != other.model_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_hard_texts_and_long_ones_are_no_trouble(kind, hard_texts):
    tokenizer, _ = _train(kind, hard_texts, 400)
    specials = {0, 2, 3}
    assert not specials.intersection(*[set(ids.tolist()) for ids in tokenizer.encode(hard_texts)])
    # A text of 10,000 characters is used too, where SentencePiece alone would leave it out.
    tokenizer, _ = _train(kind, ["가나 " * 3_334], 300)
    assert "▁가나" in {tokenizer.tokens([id])[0] for id in range(tokenizer.vocabulary_size)}


@pytest.mark.parametrize("kind", KINDS)
def test_without_byte_fallback(kind, corpus):
    tokenizer, _ = _train(kind, corpus[1], 61, byte_fallback=False)
    assert "<0x41>" not in {tokenizer.tokens([id])[0] for id in range(61)}
    assert tokenizer.unknown_id in tokenizer.encode(["漢"])[0]


def test_split_digits(corpus):
    together, _ = _train("bpe", corpus[0], 350)
    apart, _ = _train("bpe", corpus[0], 350, split_digits=True)
    digits = [piece for piece in apart.tokens(apart.encode(["1987"])[0]) if piece != "▁"]
    assert digits == ["1", "9", "8", "7"]
    assert len(together.encode(["1987"])[0]) < 4


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("words", ["a"], 500), {}, "must be one of unigram, bpe, wordpiece, bytes; received 'w"),
        (("bpe", ["a"], 263), {}, "`vocabulary_size` must be at least 268 .* received 263"),
        (("bpe", ["a"], 11), {"byte_fallback": False}, "must be at least 12 .* received 11"),
        (("bpe", ["a"], 500.0), {}, "`vocabulary_size` must be an integer; received 500.0"),
        (("bpe", ["a"], True), {}, "must be an integer; received True"),
        (("bpe", [], 500), {}, "received 0 texts, none with anything in it"),
        (("bpe", ["", " \t"], 500), {}, "received 2 texts, none with anything in it"),
        (("bpe", ["a", 3], 500), {}, "must be str or bytes; received int: 3"),
        (("bpe", ["a"], 500), {"coverage": 1}, "has no option 'coverage'; its options are byte_f"),
        (("bpe", ["a"], 500), {"character_coverage": 95}, "between 0.9 and 1.0; received 95"),
        (("bpe", ["a"], 500), {"sample_size": 0}, "`sample_size` must be at least 1; received 0"),
        (("bytes", ["a"], 260), {"seed": 1}, "has no option 'seed'; its options are none"),
        (("wordpiece", ["a"], 19), {}, "of WordPiece must be at least 20; received 19"),
    ],
)
def test_bad_input_is_one_sentence(arguments, options, message):
    with pytest.raises(UserError, match=message) as caught:
        train_tokenizer(*arguments, **options)
    assert "\n" not in str(caught.value)


def test_progress_goes_to_the_log_where_nobody_asked(corpus, caplog):
    with caplog.at_level(logging.INFO, "keras_transformer.tokenizers"):
        train_tokenizer("bpe", corpus[0], 300)
    assert "Vocabulary: done, 300 pieces" in caplog.messages


def test_says_that_it_is_still_at_work(monkeypatch):
    import time

    from keras_transformer.tokenizers import train

    monkeypatch.setattr(train, "_SECONDS_BETWEEN_LINES", 0.01)
    lines = []
    with train._Heartbeat(lines.append):
        deadline = time.monotonic() + 30
        while not lines and time.monotonic() < deadline:
            time.sleep(0.01)
    assert lines[0] == "Vocabulary: 0 s of training"


def test_says_how_much_it_has_read(monkeypatch, corpus):
    from keras_transformer.tokenizers import train

    monkeypatch.setattr(train, "_TEXTS_BETWEEN_LINES", 100)
    _, lines = _train("bpe", corpus[0] * 2, 300)
    assert lines[:2] == ["Vocabulary: 100 texts read", "Vocabulary: 200 texts read"]


def test_the_default_size_follows_the_corpus():
    assert default_vocabulary_size(30_000) == 1_000
    assert 4_000 <= default_vocabulary_size(500_000) <= 16_000
    assert default_vocabulary_size(1_000_000) == 8_000
    assert default_vocabulary_size(4_500_000) == default_vocabulary_size(10**9) == 32_000
    sizes = [default_vocabulary_size(num_pairs) for num_pairs in range(0, 5_000_000, 9_973)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 512
    assert all(size % 8 == 0 for size in sizes)
    with pytest.raises(UserError, match="`num_pairs` must be 0 or more; received -1"):
        default_vocabulary_size(-1)
