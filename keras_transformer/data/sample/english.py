"""English morphology: verbs, plurals, articles, comparison, numbers."""

from __future__ import annotations

VOWELS = "aeiou"

IRREGULAR_VERBS = {
    line.split()[0]: tuple(line.split()[1:])
    for line in """\
be was been
become became become
break broke broken
bring brought brought
build built built
buy bought bought
catch caught caught
choose chose chosen
come came come
cost cost cost
cut cut cut
do did done
draw drew drawn
drink drank drunk
dream dreamed dreamed
drive drove driven
eat ate eaten
fall fell fallen
feed fed fed
fly flew flown
find found found
forget forgot forgotten
get got gotten
give gave given
go went gone
grow grew grown
have had had
hear heard heard
hide hid hidden
hurt hurt hurt
keep kept kept
know knew known
leave left left
lend lent lent
lie lay lain
lose lost lost
overcome overcame overcome
make made made
meet met met
pay paid paid
put put put
read read read
ride rode ridden
run ran run
say said said
see saw seen
sell sold sold
send sent sent
shut shut shut
sing sang sung
sit sat sat
sleep slept slept
speak spoke spoken
spend spent spent
stand stood stood
sweep swept swept
swim swam swum
take took taken
teach taught taught
think thought thought
throw threw thrown
understand understood understood
wake woke woken
wear wore worn
win won won
withdraw withdrew withdrawn
write wrote written""".splitlines()
}
DOUBLING = {
    "step",
    "rub","stop", "plan", "swim", "run", "sit", "get", "put", "cut", "shut", "chat", "jog",
            "mop", "chop", "win", "forget"}  # fmt: skip
IRREGULAR_PLURALS = {
    "sheep": "sheep", "hanbok": "hanbok",
    "stomach": "stomachs", "mouse": "mice", "child": "children", "person": "people",
    "foot": "feet",
    "knife": "knives", "scarf": "scarves", "potato": "potatoes", "tomato": "tomatoes",
    "fish": "fish", "calf": "calves", "wolf": "wolves",
}  # fmt: skip
IRREGULAR_COMPARISON = {
    "far away": ("farther away", "farthest away"),
    "sour": ("more sour", "most sour"),
    "good": ("better", "best"), "bad": ("worse", "worst"), "quiet": ("quieter", "quietest"),
    "narrow": ("narrower", "narrowest"), "tired": ("more tired", "most tired"),
}  # fmt: skip
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def _head(verb: str) -> tuple[str, str]:
    """The inflected word of a verb and what follows it: ("turn", " on")."""
    head, space, rest = verb.partition(" ")
    return head, space + rest


def _doubled(word: str) -> str:
    return word + word[-1] if word in DOUBLING else word


def third_person(verb: str) -> str:
    """``study`` -> ``studies``."""
    head, rest = _head(verb)
    return {"be": "is", "have": "has"}.get(head, plural_ending(head)) + rest


def plural_ending(word: str) -> str:
    """The word with s, es or ies."""
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ies"
    if word.endswith(("s", "sh", "ch", "x", "z")) or word in ("go", "do"):
        return word + "es"
    return word + "s"


def _regular_past(word: str) -> str:
    if word.endswith("e"):
        return word + "d"
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ied"
    return _doubled(word) + "ed"


def past(verb: str) -> str:
    """``turn on`` -> ``turned on``; ``be`` gives ``was``."""
    head, rest = _head(verb)
    return (IRREGULAR_VERBS[head][0] if head in IRREGULAR_VERBS else _regular_past(head)) + rest


def participle(verb: str) -> str:
    """``write`` -> ``written``."""
    head, rest = _head(verb)
    return (IRREGULAR_VERBS[head][1] if head in IRREGULAR_VERBS else _regular_past(head)) + rest


def gerund(verb: str) -> str:
    """``write`` -> ``writing``, ``lie`` -> ``lying``."""
    head, rest = _head(verb)
    if head.endswith("ie"):
        return head[:-2] + "ying" + rest
    if head.endswith("e") and not head.endswith("ee") and head != "be":
        return head[:-1] + "ing" + rest
    return _doubled(head) + "ing" + rest


def plural(noun: str) -> str:
    """Plural of a noun phrase whose last word is its head."""
    *before, head = noun.split(" ")
    return " ".join([*before, IRREGULAR_PLURALS.get(head) or plural_ending(head)])


def with_article(phrase: str) -> str:
    """``an apple``, ``a university student``."""
    silent_or_glide = phrase.startswith(("uni", "use", "eu", "hour", "honest"))
    vowel = phrase[0].lower() in VOWELS
    return ("an " if vowel != silent_or_glide else "a ") + phrase


def compare(adjective: str) -> tuple[str, str]:
    """Comparative and superlative: ``("bigger", "biggest")``."""
    if adjective in IRREGULAR_COMPARISON:
        return IRREGULAR_COMPARISON[adjective]
    groups = sum(
        letter in "aeiouy" and (i == 0 or adjective[i - 1] not in "aeiouy")
        for i, letter in enumerate(adjective.removesuffix("e"))
    )
    if adjective.endswith("y") and groups == 2:
        return adjective[:-1] + "ier", adjective[:-1] + "iest"
    if groups > 1:
        return "more " + adjective, "most " + adjective
    if adjective.endswith("e"):
        return adjective + "r", adjective + "st"
    closed = adjective[-1] not in "aeiouwyx" and adjective[-2] in VOWELS
    if closed and adjective[-3] not in VOWELS:
        adjective += adjective[-1]
    return adjective + "er", adjective + "est"


def possessive(phrase: str) -> str:
    """``the boss`` -> ``the boss's``; all owners are singular."""
    return phrase + "'s"


def capitalise(sentence: str) -> str:
    """The sentence with its first letter in upper case."""
    return sentence[0].upper() + sentence[1:]
