"""Options of texts: their checks, and the one search that serves them all."""

import numpy as np
import pytest

from keras_transformer.decoding import (
    BeamSearch,
    Greedy,
    Request,
    SpecialIds,
    TranslationOptions,
    plan_search,
)
from keras_transformer.decoding.options import option_fields
from keras_transformer.errors import UserError

SPECIAL_IDS = SpecialIds(2, 3, 0)


def plan(*options, results=1, **arguments):
    requests = [Request(each, 20 + row) for row, each in enumerate(options)]
    return plan_search(requests, SPECIAL_IDS, results, **arguments)


def used(options):
    return {name for name, value in options._asdict().items() if value is not None}


def test_the_table_has_the_options_of_the_signature_in_order():
    fields = option_fields()
    assert [field.name for field in fields] == [
        *("prefix", "strategy", "forbidden"),
        *("beam_size", "min_length", "max_length", "top_k", "no_repeat_ngram", "seed"),
        *("length_penalty", "temperature", "top_p"),
    ]
    assert [field.type for field in fields] == [str] * 3 + [int] * 6 + [float] * 3
    assert [field.unset for field in fields] == [""] * 3 + [0] * 6 + [-1.0, 0.0, 0.0]
    assert TranslationOptions() == TranslationOptions(**{f.name: f.unset for f in fields})
    assert all(field.help for field in fields)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam_size": 201}, r"beam_size is 201: expected a whole number from 1 to 200 \(0: not"),
        ({"beam_size": -1}, "beam_size is -1: expected"),
        ({"beam_size": 2.5}, "beam_size is 2.5: expected a whole number"),
        ({"beam_size": True}, "beam_size is True: expected"),
        ({"top_p": 1.5}, r"top_p is 1.5: expected a number from 0.001 to 1.0 \(0.0: not set\)"),
        ({"temperature": float("nan")}, "temperature is nan: expected a number"),
        ({"length_penalty": -0.5}, r"length_penalty is -0.5: .* from 0.0 to 3.0 \(-1.0: not set"),
        ({"prefix": b"bytes"}, "prefix is b'bytes': expected a text"),
        ({"strategy": "best"}, "strategy is 'best': expected one of beam, greedy, sample, or no"),
        ({"min_length": 7, "max_length": 5}, r"min_length \(7\) is more than max_length \(5\)"),
    ],
    ids=str,
)
def test_options_out_of_range_are_one_sentence(options, message):
    with pytest.raises(UserError, match=message) as raised:
        TranslationOptions(**options)
    assert "\n" not in str(raised.value)


def test_whole_numbers_are_numbers():
    assert TranslationOptions(length_penalty=1, temperature=2).length_penalty == 1


def test_clamping():
    fields = {field.name: field for field in option_fields()}
    assert [fields["top_p"].clamp(value) for value in (-3, 0, 0.5, 7)] == [0.001, 0, 0.5, 1.0]
    assert [fields["length_penalty"].clamp(value) for value in (-1, -0.5, 9)] == [-1, 0.0, 3.0]
    assert fields["prefix"].clamp("any text") == "any text"


def test_parsing():
    fields = {field.name: field for field in option_fields()}
    assert fields["seed"].parse("12") == 12
    assert fields["top_p"].parse("0.5") == 0.5
    assert fields["prefix"].parse("12") == "12"
    for text in ("many", "1.5", "-3"):
        with pytest.raises(UserError, match=r"^seed is .*: expected a whole number from 1"):
            fields["seed"].parse(text)


def test_greedy_search_is_as_plain_as_it_can_be():
    greedy = Greedy(SPECIAL_IDS, 0.6)
    for options in (TranslationOptions(), TranslationOptions(strategy="greedy", beam_size=7)):
        strategy, tensors = plan(options, options, length_penalty=0.6)
        assert strategy == greedy
        assert used(tensors) == {"limits"}
        assert tensors.limits.tolist() == [20, 21]
        assert tensors.limits.dtype == "int32"


def test_a_beam_for_all_is_no_option_of_the_rows():
    expected = BeamSearch(SPECIAL_IDS, 4, 3, 0.6)
    options = TranslationOptions(beam_size=4)
    for strategy, tensors in (
        plan(TranslationOptions(), results=3, beam_size=4, length_penalty=0.6),
        plan(options, TranslationOptions(beam_size=4, max_length=9), results=3, length_penalty=0.6),
    ):
        assert strategy == expected
        assert used(tensors) == {"limits"}
    assert tensors.limits.tolist() == [20, 9]
    assert plan(options, results=9)[0].num_results == 4


def test_a_beam_by_name_is_one():
    assert plan(TranslationOptions(strategy="beam"))[0].num_hypotheses == 5
    assert plan(TranslationOptions(strategy="beam"), beam_size=3)[0].num_hypotheses == 3
    assert plan(TranslationOptions(strategy="beam", beam_size=2))[0].num_hypotheses == 2


def test_rows_that_differ_share_a_program():
    strategy, tensors = plan(
        TranslationOptions(beam_size=3, length_penalty=1.5),
        TranslationOptions(strategy="greedy", min_length=4),
        TranslationOptions(strategy="sample", seed=9, temperature=0.5, top_k=7),
        TranslationOptions(strategy="sample", seed=11, top_p=0.25),
        TranslationOptions(no_repeat_ngram=2),
        beam_size=2,
        length_penalty=0.6,
        results=2,
    )
    assert (strategy.num_hypotheses, strategy.num_results) == (3, 2)
    expected = {
        "limits": [20, 21, 22, 23, 24],
        "beam_sizes": [3, 1, 1, 1, 2],
        "min_lengths": [0, 4, 0, 0, 0],
        "length_penalties": [1.5, 0.6, 0.6, 0.6, 0.6],
        "sampled": [False, False, True, True, False],
        "temperatures": [1.0, 1.0, 0.5, 1.0, 1.0],
        "top_k": [0, 0, 7, 0, 0],
        "top_p": [1.0, 1.0, 1.0, 0.25, 1.0],
        "no_repeat_ngrams": [0, 0, 0, 0, 2],
    }
    assert used(tensors) == {*expected, "seeds"}
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(tensors, name), values, rtol=1e-6)
    assert tensors.seeds.dtype == "int32"
    assert tensors.seeds[2:4].tolist() == [9, 11]


def test_without_a_seed_each_draw_is_another():
    sample = TranslationOptions(strategy="sample")
    seeds = [plan(sample, sample)[1].seeds for _ in range(2)]
    assert len({seed for pair in seeds for seed in pair.tolist()}) == 4
    assert (np.array(seeds) > 0).all()


def test_ids_are_padded():
    requests = [
        Request(TranslationOptions(), 9, [5, 6], [[7], [8, 9, 10, 11, 12]]),
        Request(TranslationOptions(), 9, (), ()),
    ]
    strategy, tensors = plan_search(requests, SPECIAL_IDS)
    assert strategy == BeamSearch(SPECIAL_IDS, 1)
    assert used(tensors) == {"limits", "prefixes", "forbidden"}
    assert tensors.prefixes.tolist() == [[5, 6, -1, -1], [-1] * 4]
    assert tensors.forbidden.shape == (2, 4, 8)
    assert tensors.forbidden[0, 0].tolist() == [-1] * 7 + [7]
    assert tensors.forbidden[0, 1].tolist() == [-1] * 3 + [8, 9, 10, 11, 12]
    assert (tensors.forbidden[0, 2:] == -1).all()
    assert (tensors.forbidden[1] == -1).all()
