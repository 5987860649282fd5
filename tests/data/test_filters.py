"""What is dropped, and why."""

import random

import pytest

from keras_transformer.data.filters import FilterOptions, FilterReport, _KeySet, filter_pairs
from keras_transformer.data.readers import Pair
from keras_transformer.errors import UserError


def run(pairs, **options):
    report = FilterReport()
    return list(filter_pairs(pairs, FilterOptions(**options), report)), report


def test_blank_sides_go_and_everything_else_stays():
    pairs = [("a", "b"), ("", "b"), ("a", " \t\u3000"), ("a" * 999, "b"), ("a", "b"), ("a", "a")]
    kept, report = run(pairs)
    assert kept == [pairs[0], *pairs[3:]]
    assert report.dropped == {"blank side": 2}
    assert (report.num_read, report.num_kept, report.num_dropped) == (6, 4, 2)


@pytest.mark.parametrize(
    ("options", "kept", "gone", "reason"),
    [
        ({"max_characters": 5}, ("abcde", "a b c"), ("abcdef", "a"), "too many characters"),
        ({"max_characters": 5}, ("나나나나나", "a"), ("a", "abcdef"), "too many characters"),
        ({"max_words": 2}, ("a b", "a   b"), ("a b c", "a"), "too many words"),
        ({"max_words": 2}, ("abcdefg", "a"), ("a", "a b c"), "too many words"),
        ({"max_ratio": 2.5}, ("a" * 30, "b" * 12), ("a" * 31, "b" * 12), "lengths too different"),
        ({"max_ratio": 2.5}, ("b" * 12, "a" * 30), ("b" * 12, "a" * 31), "lengths too different"),
        ({"max_ratio": 2.5}, ("a" * 25, "b"), ("a" * 26, "b"), "lengths too different"),
        ({"max_ratio": 2, "ratio_floor": 3}, ("a" * 6, "b"), ("a" * 7, "b"),
         "lengths too different"),
        ({"drop_identical": True}, ("a", "A"), ("a ", "a"), "source equal to target"),
    ],
)  # fmt: skip
def test_each_filter_at_its_border(options, kept, gone, reason):
    assert run([kept, gone], **options)[0] == [kept]
    assert run([kept, gone], **options)[1].dropped == {reason: 1}
    assert run([kept, gone])[0] == [kept, gone]


def test_only_equal_pairs_are_duplicates():
    pairs = [("ab", "c"), ("a", "bc"), ("ab", "d"), ("x", "c"), ("ab", "c"), ("ab", "c")]
    kept, report = run(pairs, drop_duplicates=True)
    assert kept == pairs[:4]
    assert report.dropped == {"duplicate": 2}


def test_the_key_set_is_a_set():
    draw = random.Random(3)
    keys = [draw.getrandbits(64) for _ in range(5003)]
    keys += [0, 1, 2**64 - 1, 1024, 2048, *keys[:1009]]
    ours, truth = _KeySet(), set()
    for key in keys:
        # 0 marks a free place and stands for 1.
        assert ours.add(key) == ((key or 1) not in truth)
        truth.add(key or 1)
    assert 8 * len(ours._table) <= 24 * len(truth) + 8 * 1024


def test_the_report_is_a_paragraph_and_survives_json():
    _, report = run([("a", "b")] * 3 + [("", "x")] + [("long" * 9, "x")] * 2,
                    max_characters=20, drop_duplicates=True)  # fmt: skip
    text = report.summary()
    assert text == str(report)
    assert text.startswith("6 pairs read, 1 kept, 5 (83.3 %) dropped: 2 (")
    assert "1 (blank side)" in text
    assert "2 (duplicate)" in text
    assert "\n" not in text
    again = FilterReport.from_dict(report.to_dict())
    assert (again.num_read, again.dropped) == (6, report.dropped)
    assert FilterReport(1234).summary() == "1,234 pairs read, none dropped."


def test_pairs_are_not_read_ahead():
    pairs = filter_pairs(iter([("a", "b"), ("c", "d")]), None, report := FilterReport())
    next(pairs)
    assert report.num_read == 1


@pytest.mark.parametrize(
    "options",
    [{"max_characters": 0}, {"max_words": -1}, {"max_length": 0}, {"max_ratio": 0.5},
     {"ratio_floor": 0}],
)  # fmt: skip
def test_options_that_would_drop_everything_are_refused(options):
    name = next(iter(options))
    with pytest.raises(UserError, match=f"`{name}` must be 1 or more. Received: {name}="):
        FilterOptions(**options)


def test_a_pair_of_weight_zero_is_dropped():
    pairs = [Pair("a", "b", "", weight) for weight in (1.0, 0.0, 0.5)]
    report = FilterReport()
    assert [pair.weight for pair in filter_pairs(pairs, None, report)] == [1.0, 0.5]
    assert report.dropped == {"weight 0": 1}
