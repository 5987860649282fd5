"""Which verbs are natural where: with which adverbs, in requests, rules, plans with others.

Verbs are named by their English. Grammar would allow far more; these lists keep the sentences to
what people say.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


MANNER_OF = {
    "빨리": _names("eat, drink, walk, read, write, wash, clean, do, peel, slice, translate, cook"),
    "천천히": _names("eat, drink, walk, read, write, wash, drive, ride, peel, slice, cross"),
    "조용히": _names(
        "eat, read, rest, sleep, walk, cry, laugh, study, listen to, work, talk, close"
    ),
    "열심히": _names("study, practice, work, exercise, learn, teach, memorize"),
    "혼자": _names(
        "eat, drink, watch, travel, live, study, take a walk, cry, practice, cook, rest, swim, "
        "work, read, make, clean, bake, fix, move, roast, boil"
    ),
    "조심스럽게": _names("drive, slice, peel, open, cut, move, ride, use, wipe, cross, touch"),
}
TOGETHER = _names(
    "eat, drink, watch, see, play, study, exercise, walk, take a walk, swim, travel, cook, make, "
    "bake, dance, sing, clean, practice, order, rest, plant, learn, roast, work, run, "
    "prepare for, listen to, sweep, build"
)
ASKED_FOR = _names(
    "open, close, turn on, turn off, fix, clean, wipe, wash, make, cook, bake, buy, read, write, "
    "send, sing, draw, take photos, translate, move, throw away, choose, cut, peel, slice, boil, "
    "order, roast, stir-fry, prepare for, clear away, sweep, park, treat"
)
RULED = _names(
    "eat, drink, take, take photos, ride, run, sing, dance, talk, sleep, play, throw, kick, use, "
    "open, close, turn on, turn off, swim, drive, wear, take off, cook, draw, listen to, watch, "
    "walk, exercise, rest, practice, read, study, pick up, catch, roast, step on, park, cross, "
    "peel, bathe, plant"
)
SKILLS = _names(
    "fix, play, drive, ride, cook, make, bake, raise, translate, use, teach, draw, roast, grow, "
    "peel, stir-fry, catch, boil, treat, build"
)
NOTABLE = _names(
    "eat, drink, buy, cook, make, bake, roast, ride, drive, fix, learn, teach, study, raise, "
    "grow, translate, watch, see, plant, travel, live, swim, read, write, sell, work, dance, "
    "order, build, treat, research, catch, bathe, boil, take, take photos, walk"
)
# What may be done last year or next month, and not only on some day.
LASTING = _names(
    "collect, learn, teach, travel, live, raise, grow, plant, buy, work, study, translate, "
    "build, sell, write, go, be, research, treat, give, meet, fall, lend, borrow, cure, overcome"
)
DURATIVE = _names(
    "eat, drink, cook, make, bake, read, write, translate, study, learn, practice, teach, draw, "
    "clean, wash, wipe, fix, work, walk, run, swim, sing, dance, talk, cry, laugh, exercise, "
    "play, do, peel, slice, build, research, sweep, sweep up, massage, clear away, treat, "
    "memorize, solve, use, ride, drive, roast, boil, move, prepare for, watch, listen to, sell, "
    "grow, rub, bathe, wait for"
)
# Where there are rules, and what they are about.
RULE_PLACES = "도서관, 교실, 박물관, 미술관, 극장, 병원, 체육관, 호텔"
RULE_VERBS = _names("eat, drink, run, sing, dance, talk, sleep, listen to, take photos, use, peel")
ERRANDS = _names(
    "buy, borrow, read, study, eat, drink, play, walk, take a walk, run, exercise, swim, watch, "
    "send, take photos, ride, pick up, plant, dance, practice, sell, choose"
)
RELATED = _names(
    "eat, drink, make, cook, bake, roast, buy, wear, read, write, borrow, send, receive, watch, "
    "see, sing, draw, take photos, ride, fix, lose, find, pick up, plant, raise, grow, choose, "
    "use, learn, boil, drive, rent, build, treat, research, catch, park, order, wash, bathe, "
    "hide, translate, break, throw away, accept, believe, cross"
)
INDOORS = _names(
    "read, watch, rest, drink, cook, study, listen to, sleep, clean, bake, practice, make"
)
OUTDOORS = _names(
    "play, walk, take a walk, swim, ride, exercise, run, take photos, plant, pick up, draw"
)
EXACT = frozenset({"too", "a little"})  # degrees for qualities one can have too much of
MEASURABLE = _names(
    "big, small, expensive, spicy, salty, sour, sweet, hot, heavy, thick, thin, long, short, "
    "wide, narrow, dark, noisy, easy, difficult, boring, dangerous, slow, hard, cold, dirty, "
    "bright, strange, slippery, crowded, tired, busy, lazy, light, far away, late, strong, bitter"
)
COLOURS = _names("red, blue, yellow, white, black")
CHANGING = _names(
    "expensive, cheap, hot, cold, warm, cool, clean, dirty, bright, dark, quiet, noisy, easy, "
    "difficult, interesting, boring, important, famous, dangerous, fast, slow, hard, soft, "
    "beautiful, crowded, slippery, wide, safe, serious, severe, red, sweet"
)
GOOD = _names(
    "delicious, sweet, fresh, fast, safe, comfortable, soft, cute, pretty, clean, famous, quiet, "
    "spacious, interesting, easy, fair, warm, beautiful, stylish, cool, special, bright, strong, "
    "healthy, cheap, wide"
)
BAD = _names(
    "bad, salty, sour, expensive, heavy, narrow, slow, noisy, boring, difficult, dangerous, "
    "dirty, dark, hard, crowded, far away, slippery, severe, serious, scary, bitter, late, "
    "awkward, cold, humid, strange, sad, hot, old, small"
)
ART_FAME = _names(
    "singer, actor, painter, writer, scientist, chef, musician, soccer player, architect"
)
