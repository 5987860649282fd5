import os
import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import chain, combinations

import pytest

from keras_transformer.data.sample import (
    CONSTRUCTIONS,
    ContextWord,
    SamplePair,
    context_word_accuracy,
    count_pairs,
    count_stems,
    counting,
    nearest_neighbour,
    sample_splits,
    word_for_word,
)
from keras_transformer.data.sample.nouns import NOUN, PERSON
from keras_transformer.data.sample.sampling import draw_pair, split_of
from keras_transformer.data.sample.senses import SENSES, SENSES_OF
from keras_transformer.data.sample.statements import STATEMENTS
from keras_transformer.errors import UserError

# In these the word that decides a sense stands in another clause, or at the other end.
FAR_DECIDED = {
    "buying and using",
    "buying but not using",
    "buying for a quality",
    "fronted object",
    "relative clause on a subject",
    "relative clause with who",
    "because of a state",
    "if a state",
}


@pytest.fixture(scope="module")
def splits():
    return sample_splits()


def everything(splits):
    return [*splits.train, *splits.validation, *splits.test]


def test_sizes(splits):
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (30_000, 500, 1_000)


def test_same_arguments_same_pairs():
    first, second = (sample_splits(3, 97, 31, 53) for _ in range(2))
    assert first == second
    assert sample_splits(4, 97, 31, 53).train != first.train


def test_same_pairs_in_another_process():
    code = (
        "from keras_transformer.data.sample import sample_splits\n"
        "for pair in sample_splits(3, 97, 31, 53).train: print(ascii(pair.korean), pair.english)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert len(printed.pop().splitlines()) == 97


def test_no_triple_of_the_test_set_is_trained(splits):
    trained = {triple for pair in splits.train for triple in (pair.triple, *pair.other_triples)}
    for pair in (*splits.validation, *splits.test):
        assert pair.triple not in trained
    assert not {p.triple for p in splits.validation} & {p.triple for p in splits.test}


def test_triples_are_split_the_same_way_everywhere():
    places = [split_of(("v", "s", str(number))) for number in range(6)]
    assert places == ["test", "train", "train", "train", "train", "validation"]
    assert split_of(("이다=be", "저=I", "학생=student")) == "train"


def test_no_sentence_twice_and_one_translation_each(splits):
    pairs = everything(splits)
    assert len({pair.korean for pair in pairs}) == len(pairs)
    assert len({pair.english for pair in pairs}) == len(pairs)


def test_the_grammar_itself_is_a_function_both_ways():
    draws = random.Random(5)
    english_of, korean_of = {}, {}
    for turn in range(23_003):
        pair = draw_pair(draws, SENSES[turn % len(SENSES)] if turn % 2 else None)
        if pair:
            assert english_of.setdefault(pair.korean, pair.english) == pair.english
            assert korean_of.setdefault(pair.english, pair.korean) == pair.korean


def test_the_sentence_of_the_manual_is_trained(splits):
    english_of = {pair.korean: pair.english for pair in splits.train}
    assert english_of["나는 학생입니다."] == "I am a student."
    assert sum(korean.startswith("나는 ") for korean in english_of) > 50


@pytest.mark.parametrize("seed", [1, 2])
def test_no_sense_dominates(seed):
    test = sample_splits(seed, num_train=1, num_validation=0).test
    counts: dict[str, Counter] = {}
    for word, sense, _ in chain.from_iterable(pair.words for pair in test):
        counts.setdefault(word, Counter())[sense] += 1
    assert {"은행", "배", "눈", "인도", "말"} <= set(counts)
    assert set(counts) == set(SENSES_OF)
    for word, senses in counts.items():
        assert len(senses) >= 2, word
        assert senses.total() >= 20, word
        assert max(senses.values()) <= 0.6 * senses.total(), word


def test_the_deciding_word_may_be_far(splits):
    context = [pair for pair in splits.test if pair.words]
    far = [pair for pair in context if pair.construction in FAR_DECIDED]
    assert len(far) > len(context) / 10


def test_what_decides_a_sense_fits_no_other():
    for senses in SENSES_OF.values():
        for first, second in combinations(senses, 2):
            for part in ("verbs", "adjectives", "features", "spots", "events"):
                ours = {word.korean for word in getattr(first, part)}
                theirs = {word.korean for word in getattr(second, part)}
                assert not ours & theirs, (first.word, part, ours & theirs)


def test_context_words_come_only_as_senses():
    assert not set(SENSES_OF) & set(NOUN)
    assert len({(sense.word, sense.name) for sense in SENSES}) == len(SENSES)


def test_every_stem_is_trained_often(splits):
    seen = Counter(stem for pair in splits.train for stem in pair.stems)
    rare = {word.stem: seen[word.stem] for word in counting.lexicon() if seen[word.stem] < 20}
    assert not rare


def test_every_construction_is_trained(splits):
    seen = Counter(pair.construction for pair in splits.train)
    assert set(seen) == set(CONSTRUCTIONS)
    assert len(CONSTRUCTIONS) >= 40
    assert min(seen.values()) >= 20


def test_counts():
    assert count_stems() >= 400
    assert count_pairs() >= 10_000_000


def test_the_count_counts_different_sentences(monkeypatch):
    """The sum of ``count_pairs`` equals the number of sentences written out, for two patterns."""
    patterns = {name: STATEMENTS[name] for name in ("past", "duty")}
    people = (PERSON["저"], PERSON["할머니"])
    monkeypatch.setattr(counting, "STATEMENTS", patterns)
    monkeypatch.setattr(counting, "PERSONS", people)
    monkeypatch.setattr(counting, "YOUNG", people[:1])
    written = {
        replace(clause, subject=subject, time=time).korean(pattern.form)
        for pattern in patterns.values()
        for clause in counting._frames(pattern)
        for subject in counting._subjects(clause.verb)
        for time in counting._times(pattern, clause.verb)
    }
    assert len(written) == counting.count_pairs()


def test_texts_are_clean(splits):
    for pair in everything(splits):
        for text in (pair.korean, pair.english):
            assert text == " ".join(text.split())
            assert re.fullmatch(r".*[^\s.?,][.?]", text), text
        assert re.fullmatch(r"[가-힣 ]+[.?]", pair.korean), pair.korean
        assert re.fullmatch(r"[A-Z][A-Za-z',\- ]+[.?]", pair.english), pair.english
        assert not re.search(r"\b(\w+) \1\b", pair.english), pair.english
        assert 2 <= len(pair.korean.split()) <= 14, pair.korean
        assert 2 <= len(pair.english.split()) <= 17, pair.english


def test_articles_and_agreement(splits):
    wrong = re.compile(
        r"\ba [aeio]|\ban (?!honest)[^aeiou]|\b[Tt]hese? \w+s is\b|\bI (is|are|has|does)\b"
        r"|^(He|She) (am|are|have|do)\b|^We (am|is|has|does)\b|\bto the home\b"
    )
    for pair in everything(splits):
        assert not wrong.search(pair.english), pair.english


def test_elders_are_raised(splits):
    for pair in everything(splits):
        assert not re.search(r"(할머니|할아버지|선생님|교수님|사장님)(는|은|가|이) ", pair.korean)
        assert not re.search(r"에게 .*드(리|렸|려)|(님|니|지)께 .*(줄|줬|주고)", pair.korean)


def test_references_get_every_context_word_right(splits):
    accuracy = context_word_accuracy(splits.test, [pair.english for pair in splits.test])
    assert set(accuracy) == set(SENSES_OF)
    assert all(right == total > 0 for right, total in accuracy.values())


def test_context_word_accuracy_wants_the_right_sense_alone():
    words = (ContextWord("배", "pear", "pear"),)
    pair = SamplePair("배를 먹으세요.", "Eat a pear.", "order", ("", "", ""), words)
    said = ["Eat two pears.", "Eat a ship.", "Eat a pear on the ship.", "Eat a spear."]
    assert context_word_accuracy([pair] * 4, said) == {"배": (1, 4)}
    with pytest.raises(UserError, match="3 translations for 4"):
        context_word_accuracy([pair] * 4, said[:3])


def test_nearest_neighbour_copies_the_most_similar(splits):
    few = splits.train[:211]
    assert nearest_neighbour(few, [few[17].korean, few[101].korean]) == [
        few[17].english,
        few[101].english,
    ]
    assert nearest_neighbour(few, [few[5].english], "en-ko") == [few[5].korean]


def test_word_for_word():
    assert word_for_word(["민수는 책을 읽었어요."]) == ["Minsu book read."]
    assert word_for_word(["Minsu read a book."], "en-ko") == ["민수 읽었어요 책."]
    assert word_for_word([""]) == [""]


@pytest.mark.parametrize("direction", ["ko-en", "en-ko"])
def test_baselines_stay_below_50_bleu(splits, direction):
    sacrebleu = pytest.importorskip("sacrebleu")
    sides = [(pair.korean, pair.english) for pair in splits.test[:500]]
    first, second = (0, 1) if direction == "ko-en" else (1, 0)
    sources = [side[first] for side in sides]
    references = [side[second] for side in sides]
    for translations in (
        nearest_neighbour(splits.train, sources, direction),
        word_for_word(sources, direction),
    ):
        assert sacrebleu.corpus_bleu(translations, [references]).score < 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_train": 30_001}, "num_train=30001.*at most 30000"),
        ({"num_test": -1}, "num_test=-1"),
        ({"num_validation": 2.5}, "num_validation=2.5"),
    ],
)
def test_bad_sizes(arguments, message):
    with pytest.raises(UserError, match=message):
        sample_splits(**arguments)


def test_bad_direction():
    with pytest.raises(UserError, match=r"'ko-fr'.*'ko-en' or 'en-ko'"):
        word_for_word(["책"], "ko-fr")
