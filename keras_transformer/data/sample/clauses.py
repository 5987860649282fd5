"""A clause (who does what, where, when) and how Korean and English say it.

Korean order:  subject, time, company, place, frequency, object, manner, verb.
English order: subject, frequency, verb, object, company, manner, place, time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.korean import (
    HONORIFIC,
    attach,
    conjugate,
    particle,
    present_modifier,
)
from keras_transformer.data.sample.words import Adjective, Noun, Person, Place, Verb, Word

COPULA = "이다=be"
YOU = Person("", "you", "you", kind="you")  # Korean leaves the person spoken to unsaid
NATIVE_NUMBERS = "영 한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두".split()

BE = {"I": "am", "plural": "are", "third": "is"}
WAS = {"I": "was", "plural": "were", "third": "was"}


def agreement_of(person: Person) -> str:
    """``I``, ``plural`` or ``third``: the form of the English verb; one "you" takes the plural."""
    return "plural" if person is YOU else person.agreement


def own(person: Person) -> str:
    """``my``, ``his``: the possessive that points back to the subject."""
    owners = {"I": "my", "we": "our", "he": "his", "she": "her", "you": "your"}
    return owners[person.pronoun]


@dataclass(frozen=True)
class NounPhrase:
    """A noun with what stands before it. ``article``: a, the, bare, generic, own, whose, that."""

    noun: Noun
    article: str = "a"
    adjective: Adjective | Word | None = None
    number: int = 0
    owner: Person | None = None

    def korean(self) -> str:
        determiner = {"this": "이 ", "that": "그 "}.get(self.article, "")
        if self.noun.number == "name":
            return self.noun.korean
        owner = self.owner.possessor() + " " if self.owner and self.article == "whose" else ""
        quality = present_modifier(self.adjective.korean, True) + " " if self.adjective else ""
        return f"{determiner}{owner}{quality}{self.noun.korean}"

    def korean_object(self) -> str:
        """With the object particle and, where counted, the number after it: 책을 세 권."""
        phrase = particle(self.korean(), "object")
        if self.number:
            phrase += f" {NATIVE_NUMBERS[self.number]} {self.noun.counter}"
        return phrase

    def english(self) -> str:
        quality = f"{self.adjective.english} " if self.adjective else ""
        if self.number:
            return self.noun.counted(self.number, quality)
        many = self.noun.are_many
        if self.noun.number == "name":
            return self.noun.english
        determiner = {
            "the": "the ",
            "this": "these " if many else "this ",
            "that": "those " if many else "that ",
            "own": f"{own(self.owner)} " if self.owner and self.article == "own" else "",
            "whose": f"{self.owner.as_possessor()} " if self.owner else "",
        }
        if self.article in determiner:
            each_has_one = self.article == "own" and self.owner.is_plural
            name = self.noun.plural if each_has_one else self.noun.english
            return f"{determiner[self.article]}{quality}{name}"
        if self.article == "generic":
            return f"{quality}{self.noun.generic()}"
        if self.article == "bare":
            return f"{quality}{self.noun.english}"
        return self.noun.indefinite(quality.strip())

    @property
    def be(self) -> str:
        return "are" if self.are_many else "is"

    @property
    def was(self) -> str:
        return "were" if self.are_many else "was"

    @property
    def are_many(self) -> bool:
        return self.noun.are_many or (self.article == "generic" and self.noun.number == "count")


@dataclass(frozen=True)
class Clause:
    """One event. ``object`` is a noun phrase or a person."""

    subject: Person
    verb: Verb
    object: NounPhrase | Person | None = None
    place: Place | None = None
    time: Word | None = None
    manner: Word | None = None
    frequency: Word | None = None
    company: Person | None = None

    def without(self, *names: str) -> Clause:
        return replace(self, **dict.fromkeys(names))

    @property
    def triple(self) -> tuple[str, str, str]:
        item = self.object.noun if isinstance(self.object, NounPhrase) else self.object
        return self.verb.stem, self.subject.stem, item.stem if item else ""

    # Korean

    def korean_words(self, subject: str = "topic") -> list[str]:
        """All words before the verb. ``subject``: topic, subject, also, or empty (left out)."""
        words = [getattr(self.subject, subject)()] if subject and self.subject is not YOU else []
        words += [self.time.korean] if self.time else []
        words += [particle(self.company.korean, "with"), "같이"] if self.company else []
        words += [self.korean_place()] if self.place else []
        words += [self.frequency.korean] if self.frequency else []
        if isinstance(self.object, NounPhrase):
            words.append(self.object.korean_object())
        elif self.object:
            words.append(particle(self.object.korean, "object"))
        return words + ([self.manner.korean] if self.manner else [])

    def korean_place(self) -> str:
        if "over" in self.verb.flags:
            return particle(self.place.korean, "object")
        return self.place.korean + ("에" if self.verb.flags & {"at", "go"} else "에서")

    def korean_verb(self, ending: str, raised: bool = True) -> str:
        """The verb with an ending; ``raised=False`` only where another verb carries -(으)시-."""
        stem, honorific = self.verb.korean, self.subject.honorific
        if honorific and not raised:
            return attach(HONORIFIC.get(stem, stem), ending)
        return conjugate(stem, ending, honorific)

    def korean(self, form: str, subject: str = "topic") -> str:
        """The clause in a form of ``FORMS``, without the full stop."""
        return " ".join([*self.korean_words(subject), FORMS[form].korean(self)])

    def korean_with(self, ending: str, subject: str = "topic", raised: bool = True) -> str:
        """The clause with a connecting or modifying ending."""
        return " ".join([*self.korean_words(subject), self.korean_verb(ending, raised)])

    # English

    def english_tail(self) -> str:
        """All words after the verb."""
        words = []
        if isinstance(self.object, NounPhrase):
            words.append(self.object.english())
        elif self.object:
            words.append(self.object.as_object())
        words += [f"with {self.company.as_object()}"] if self.company else []
        words += [self.manner.english] if self.manner else []
        words += [self.english_place()] if self.place else []
        words += [self.time.english] if self.time else []
        return "".join(" " + word for word in words)

    def english_place(self) -> str:
        if "go" not in self.verb.flags:
            return self.place.at
        return self.place.at if self.verb.english == "arrive" else self.place.to

    def english(self, form: str) -> str:
        """Subject, verb in a form of ``FORMS``, and the rest."""
        return f"{self.subject.english} {self.english_predicate(form)}"

    def english_predicate(self, form: str) -> str:
        helper, main = FORMS[form].english(self.verb.english, agreement_of(self.subject))
        often = f"{self.frequency.english} " if self.frequency else ""
        if often and " " in often.strip():  # almost every day: at the end
            return f"{helper} {main}".strip() + self.english_tail() + " " + often.strip()
        return f"{helper} {often}{main}".strip() + self.english_tail()

    def english_question(self, form: str) -> str:
        """``did Minsu read a book``: helper first."""
        helper, main = FORMS[form].question(self.verb.english, agreement_of(self.subject))
        return f"{helper} {self.subject.english} {main}{self.english_tail()}"

    def english_base(self) -> str:
        """``read a book``."""
        return self.verb.english + self.english_tail()

    def english_gerund(self) -> str:
        return english.gerund(self.verb.english) + self.english_tail()


class Form:
    """A finite form: how the Korean verb and the English helper and verb are made.

    ``korean`` takes the clause. ``helper`` is empty, a word, or one word per agreement; ``main``
    inflects the English verb; ``asked`` is the helper of the question where it differs.
    """

    def __init__(self, korean, helper, main, asked=None):
        self.korean = korean
        self._helper, self._main, self._asked = helper, main, asked

    @staticmethod
    def _agree(helper, agreement: str) -> str:
        return helper[agreement] if isinstance(helper, dict) else helper

    def english(self, verb: str, agreement: str) -> tuple[str, str]:
        if self._main is None:  # simple present
            third = agreement == "third"
            return "", english.third_person(verb) if third else verb
        return self._agree(self._helper, agreement), self._main(verb)

    def question(self, verb: str, agreement: str) -> tuple[str, str]:
        if self._asked is None:
            return self.english(verb, agreement)
        helper, main = self._asked
        return self._agree(helper, agreement), main(verb)


def _same(verb: str) -> str:
    return verb


def _to(verb: str) -> str:
    return f"to {verb}"


def _after(words: str, form=_same):
    return lambda verb: f"{words} {form(verb)}"


def _third(plural: str, singular: str) -> dict[str, str]:
    return {"I": plural, "plural": plural, "third": singular}


DO, DO_NOT, HAVE = _third("do", "does"), _third("don't", "doesn't"), _third("have", "has")
WANT, KNOW, LIKE = _third("want", "wants"), _third("know", "knows"), _third("like", "likes")


def _tail(plain: str, honorific: str):
    return lambda clause: honorific if clause.subject.honorific else plain


def _wish(clause: Clause, plain: str, other: str, honorific: str) -> str:
    """Wishes of others are told with -고 싶어 하다."""
    if clause.subject.honorific:
        return honorific
    return plain if clause.subject.pronoun in ("I", "we", "you") else other


def _raised(ending: str, tail: str = ""):
    return lambda clause: clause.korean_verb(ending) + tail


def _aux(ending: str, plain: str, honorific: str):
    tail = _tail(plain, honorific)
    return lambda clause: clause.korean_verb(ending, raised=False) + tail(clause)


def _short_or_long(adverb: str, long_plain: str, long_honorific: str):
    """안 or 못 before the verb, but -지 않다 or -지 못하다 for noun + 하다."""

    def korean(clause: Clause) -> str:
        if not clause.verb.is_compound:
            return f"{adverb} {clause.korean_verb('었어요')}"
        tail = long_honorific if clause.subject.honorific else long_plain
        return f"{clause.korean_verb('지', raised=False)} {tail}"

    return korean


def _want(clause: Clause) -> str:
    return clause.korean_verb("고", False) + _wish(
        clause, " 싶어요", " 싶어 해요", " 싶어 하세요"
    )  # fmt: skip


def _wanted(clause: Clause) -> str:
    return clause.korean_verb("고", False) + _wish(
        clause, " 싶었어요", " 싶어 했어요", " 싶어 하셨어요"
    )  # fmt: skip


def _not_want(clause: Clause) -> str:
    return clause.korean_verb("고", False) + _wish(
        clause, " 싶지 않아요", " 싶어 하지 않아요", " 싶어 하지 않으세요"
    )  # fmt: skip


DID = ("did", _same)
FORMS = {
    "past": Form(_raised("었어요"), "", english.past, DID),
    "present": Form(_raised("어요"), "", None, (DO, _same)),
    "future": Form(_raised("을", " 거예요"), "will", _same),
    "progressive": Form(_aux("고", " 있어요", " 계세요"), BE, english.gerund),
    "past progressive": Form(_aux("고", " 있었어요", " 계셨어요"), WAS, english.gerund),
    "did not": Form(_short_or_long("안", "않았어요", "않으셨어요"), "didn't", _same),
    "do not": Form(_aux("지", " 않아요", " 않으세요"), DO_NOT, _same),
    "will not": Form(_aux("지", " 않을 거예요", " 않으실 거예요"), "won't", _same),
    "could not": Form(_short_or_long("못", "못했어요", "못하셨어요"), "couldn't", _same),
    "can": Form(_raised("을", " 수 있어요"), "can", _same),
    "cannot": Form(_raised("을", " 수 없어요"), "can't", _same),
    "want": Form(_want, WANT, _to, (DO, _after("want to"))),
    "wanted": Form(_wanted, "wanted", _to, ("did", _after("want to"))),
    "not want": Form(_not_want, DO_NOT, _after("want to")),
    "must": Form(_raised("어야", " 해요"), HAVE, _to, (DO, _after("have to"))),
    "had to": Form(_raised("어야", " 했어요"), "had", _to, ("did", _after("have to"))),
    "need not": Form(_raised("지 않아도", " 돼요"), DO_NOT, _after("have to")),
    "experience": Form(_aux("은 적이", " 있어요", " 있으세요"), HAVE, english.participle),
    "never": Form(
        _aux("은 적이", " 없어요", " 없으세요"), HAVE, _after("never", english.participle)
    ),
    "decided": Form(_aux("기로", " 했어요", " 하셨어요"), "decided", _to),
    "started": Form(_aux("기", " 시작했어요", " 시작하셨어요"), "started", english.gerund),
    "likes": Form(_aux("는 것을", " 좋아해요", " 좋아하세요"), LIKE, english.gerund),
    "dislikes": Form(
        _aux("는 것을", " 싫어해요", " 싫어하세요"), _third("hate", "hates"), english.gerund
    ),
    "knows how": Form(_aux("을 줄", " 알아요", " 아세요"), KNOW, _after("how to")),
    "might": Form(_raised("을지도", " 몰라요"), "might", _same),
    "plans": Form(_aux("으려고", " 해요", " 하세요"), _third("plan", "plans"), _to),
}
