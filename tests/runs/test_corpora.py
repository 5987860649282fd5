"""From the `data` section to sentence pairs."""

import pytest

from keras_transformer.config import DataConfig
from keras_transformer.errors import UserError
from keras_transformer.runs.corpora import SAMPLE_VOCABULARY, filtered, open_corpus


def write(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path):
    """37 pairs, two of them blank, and a copy of every one of the first 7."""
    source = [f"문장 {n}" for n in range(37)] + [f"문장 {n}" for n in range(7)]
    target = [f"sentence {n}" for n in range(37)] + [f"sentence {n}" for n in range(7)]
    source[11], target[13] = " ", ""
    return write(tmp_path / "a.ko", source), write(tmp_path / "a.en", target)


def test_held_out_pairs_are_spread_and_never_trained_on(files):
    data = DataConfig(source=files[:1], target=files[1:], validation_pairs=3)
    corpus = open_corpus(data)
    # A third of the 42 whole pairs apart; of a pair that is there twice neither is trained on.
    assert corpus.validation.target == ["sentence 0", "sentence 16", "sentence 30"]
    trained = [pair.target for pair in corpus.train()]
    assert not set(trained) & set(corpus.validation.target)
    assert len(trained) == 44 - 4
    assert corpus.test is None and corpus.files == files
    kept, report = filtered(corpus, data)
    assert len(list(kept)) == 32
    assert report.num_read == 40 and sorted(report.dropped.values()) == [2, 6]  # blank, twice


def test_at_most_a_tenth_is_held_out(files):
    corpus = open_corpus(DataConfig(source=files[:1], target=files[1:], validation_pairs=1000))
    assert len(corpus.validation) == 4


def test_translations_back_are_other_sources_of_the_training_targets(files, tmp_path):
    back = [write(tmp_path / f"{name}.ko", [f"{name} {n}" for n in range(44)]) for name in "bc"]
    data = DataConfig(
        source=files[:1],
        target=files[1:],
        validation_pairs=3,
        both_directions=True,
        back_translations=back,
    )
    corpus = open_corpus(data)
    as_read, _ = filtered(corpus, data)
    as_read = [(pair.source, pair.target) for pair in as_read]
    pairs, report = filtered(corpus, data, added=True)
    found = [(pair.source, pair.target) for pair in pairs]
    # As read and turned round; then once more for each file, from another source. The copies of the
    # first 7 have sources of their own there, but for the one that is held out, with its copy.
    assert found[: 2 * len(as_read) : 2] == as_read
    assert found[1 : 2 * len(as_read) : 2] == [pair[::-1] for pair in as_read]
    lines = [n for n in range(44) if n % 37 not in (0, 16, 30, 13)]  # line 13 has no target
    added = [(f"{name} {n}", f"sentence {n % 37}") for name in "bc" for n in lines]
    assert found[2 * len(as_read) :] == added
    assert report.num_read == 4 * 40
    assert next(corpus.translated_back(back[0])).where == f"{back[0]}:2"


@pytest.mark.parametrize("lines", [43, 45])
def test_as_many_translations_back_as_pairs(files, tmp_path, lines):
    back = write(tmp_path / "b.ko", [f"문장 {n}" for n in range(lines)])
    data = DataConfig(source=files[:1], target=files[1:], back_translations=(back,))
    pairs, _ = filtered(open_corpus(data), data, added=True)
    with pytest.raises(UserError, match=rf"b.ko has {lines} lines, and there are 44 training pai"):
        list(pairs)


def test_too_few_pairs_to_hold_some_out(tmp_path):
    path = write(tmp_path / "few.tsv", [f"가 {n}\ta {n}" for n in range(9)])
    with pytest.raises(UserError, match=r"few.tsv has 9 sentence pairs, too few to hold some out"):
        open_corpus(DataConfig(source=(path,)))


def test_given_validation_and_test_files_are_taken_whole(files, tmp_path):
    other = write(tmp_path / "b.tsv", ["하나\tone", "\t", "둘\ttwo"])
    data = DataConfig(
        source=files[:1], target=files[1:], validation_source=(other,), test_source=(other,)
    )
    corpus = open_corpus(data)
    assert corpus.validation.source == corpus.test.source == ["하나", "둘"]
    assert len(list(corpus.train())) == 44


def test_a_set_without_a_whole_pair(files, tmp_path):
    blank = write(tmp_path / "blank.tsv", ["하나\t", "\ttwo"])
    data = DataConfig(source=files[:1], target=files[1:], test_source=(blank,))
    with pytest.raises(UserError, match=r"blank.tsv has no pair with text on both sides"):
        open_corpus(data)


@pytest.mark.parametrize("direction", ["ko-en", "en-ko"])
def test_the_sample_corpus_goes_both_ways(direction):
    corpus = open_corpus(DataConfig(sample=direction, sample_pairs=101))
    assert corpus.languages == tuple(direction.split("-"))
    korean = corpus.test.source if direction == "ko-en" else corpus.test.target
    assert all(any("가" <= letter <= "힣" for letter in text) for text in korean)
    assert len(list(corpus.train())) == 101
    assert corpus.vocabulary_size == SAMPLE_VOCABULARY


def test_a_download_needs_its_languages(tmp_path):
    data = DataConfig(download="multi30k", folder=str(tmp_path), source_language="en")
    with pytest.raises(UserError, match=r"needs data\.source_language and data\.target_language"):
        open_corpus(data)


def test_weights_of_pairs_and_files_go_with_the_pairs(files, tmp_path):
    more = write(tmp_path / "b.tsv", [f"말 {n}\tword {n}" for n in range(5)])
    both = write(tmp_path / "a.tsv", [f"문장 {n}\tsentence {n}" for n in range(40)])
    weights = (
        write(tmp_path / "a.weights", [str(n / 10) for n in range(40)]),
        write(tmp_path / "b.weights", ["2"] * 5),
    )
    data = DataConfig(source=(both, more), pair_weights=weights, validation_pairs=4)
    corpus = open_corpus(data)
    assert corpus.files == (both, more, *weights)
    trained = list(corpus.train())
    assert len(trained) == 41
    for pair in trained:
        word, number = pair.target.split()
        assert pair.weight == (int(number) / 10 if word == "sentence" else 2.0)
        assert pair.part == (word == "word")
    kept, report = filtered(corpus, data)
    assert len(list(kept)) + report.dropped.get("weight 0", 0) == 41


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"corpus_weights": (1.0,)}, r"data.corpus_weights is about training files: give data.sou"),
        ({"weights_inside": True, "download": "multi30k"}, r"data.weights_inside is about train"),
        ({"source": ("a.tsv", "b.tsv"), "corpus_weights": (1.0,)},
         r"data.corpus_weights has 1 value, and data.source names 2 files: give one for each"),
        ({"source": ("a.tsv",), "pair_weights": ("x", "y")}, r"data.pair_weights has 2 values"),
        ({"source": ("a.tsv",), "pair_weights": ("x",), "weights_inside": True}, "exclude each"),
        ({"source": ("a",), "target": ("b",), "weights_inside": True}, "give files of weights as"),
        ({"source": ("a.tsv",), "corpus_weights": (1.0,), "back_translations": ("c",)},
         r"data.corpus_weights and data.back_translations exclude each other"),
    ],
)  # fmt: skip
def test_weights_that_cannot_be_are_said(settings, message):
    with pytest.raises(UserError, match=message):
        open_corpus(DataConfig(**settings))
