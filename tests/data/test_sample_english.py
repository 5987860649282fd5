import pytest

from keras_transformer.data.sample import english
from keras_transformer.data.sample.nouns import NOUN


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("read", "reads read read reading"),
        ("study", "studies studied studied studying"),
        ("play", "plays played played playing"),
        ("go back", "goes back went back gone back going back"),
        ("turn on", "turns on turned on turned on turning on"),
        ("take a walk", "takes a walk took a walk taken a walk taking a walk"),
        ("throw away", "throws away threw away thrown away throwing away"),
        ("catch", "catches caught caught catching"),
        ("wash", "washes washed washed washing"),
        ("fix", "fixes fixed fixed fixing"),
        ("stir-fry", "stir-fries stir-fried stir-fried stir-frying"),
        ("swim", "swims swam swum swimming"),
        ("run", "runs ran run running"),
        ("write", "writes wrote written writing"),
        ("break", "breaks broke broken breaking"),
        ("order", "orders ordered ordered ordering"),
        ("listen to", "listens to listened to listened to listening to"),
        ("have", "has had had having"),
        ("do", "does did done doing"),
        ("lie", "lies lay lain lying"),
    ],
)
def test_verbs(verb, expected):
    forms = (english.third_person, english.past, english.participle, english.gerund)
    assert " ".join(form(verb) for form in forms) == expected


@pytest.mark.parametrize(
    ("adjective", "expected"),
    [
        ("big", ("bigger", "biggest")),
        ("hot", ("hotter", "hottest")),
        ("cheap", ("cheaper", "cheapest")),
        ("slow", ("slower", "slowest")),
        ("pretty", ("prettier", "prettiest")),
        ("cute", ("cuter", "cutest")),
        ("wide", ("wider", "widest")),
        ("narrow", ("narrower", "narrowest")),
        ("quiet", ("quieter", "quietest")),
        ("bad", ("worse", "worst")),
        ("famous", ("more famous", "most famous")),
        ("expensive", ("more expensive", "most expensive")),
        ("strange", ("stranger", "strangest")),
        ("fresh", ("fresher", "freshest")),
    ],
)
def test_comparison(adjective, expected):
    assert english.compare(adjective) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("book", "a book"),
        ("apple", "an apple"),
        ("university student", "a university student"),
        ("umbrella", "an umbrella"),
        ("old bicycle", "an old bicycle"),
        ("honest doctor", "an honest doctor"),
    ],
)
def test_articles(phrase, expected):
    assert english.with_article(phrase) == expected


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("box", "boxes"),
        ("dictionary", "dictionaries"),
        ("diary", "diaries"),
        ("toy", "toys"),
        ("sheep", "sheep"),
        ("comic book", "comic books"),
        ("bench", "benches"),
    ],
)
def test_plurals(noun, expected):
    assert english.plural(noun) == expected


@pytest.mark.parametrize(
    ("korean", "expected"),
    [
        ("책", "three books"),
        ("커피", "three cups of coffee"),
        ("물", "three glasses of water"),
        ("양말", "three pairs of socks"),
        ("밥", "three bowls of rice"),
        ("종이", "three sheets of paper"),
        ("계란", "three eggs"),
        ("양", "three sheep"),
    ],
)
def test_counting(korean, expected):
    assert NOUN[korean].counted(3) == expected


def test_what_has_no_measure_is_not_counted():
    assert not NOUN["치즈"].is_countable
    assert NOUN["커피"].is_countable


def test_possessive():
    assert english.possessive("the boss") == "the boss's"


@pytest.mark.parametrize(
    ("verb", "past", "gerund"),
    [("overcome", "overcame", "overcoming"), ("rub", "rubbed", "rubbing"),
     ("withdraw", "withdrew", "withdrawing"), ("step on", "stepped on", "stepping on")],
)  # fmt: skip
def test_doubling_and_compounds(verb, past, gerund):
    assert (english.past(verb), english.gerund(verb)) == (past, gerund)
