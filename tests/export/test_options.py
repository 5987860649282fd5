"""Options of requests in the graph: what is asked for, clamped and said."""

import numpy as np
import pytest

from keras_transformer.config.translation_options import (
    STRATEGIES,
    TranslationOptions,
    option_fields,
)

pytestmark = pytest.mark.tensorflow

BEAM, LONGEST, PENALTY = 4, 31, 0.7
NUMBERS = [field for field in option_fields() if field.type is not str]
# The field of `SearchOptions` in which an option ends up.
PLACES = {
    "beam_size": "beam_sizes",
    "min_length": "min_lengths",
    "max_length": "limits",
    "top_k": "top_k",
    "no_repeat_ngram": "no_repeat_ngrams",
    "seed": "seeds",
    "length_penalty": "length_penalties",
    "temperature": "temperatures",
    "top_p": "top_p",
}
DEFAULTS = {
    "beam_size": BEAM,
    "min_length": 0,
    "max_length": 11,  # the limit that follows from the source
    "top_k": 0,
    "no_repeat_ngram": 0,
    "length_penalty": np.float32(PENALTY),
    "temperature": 1.0,
    "top_p": 1.0,
}


@pytest.fixture(scope="module")
def reader(tokenizers):
    from keras_transformer.export.options import OptionReader
    from keras_transformer.export.signatures import Limits

    return OptionReader(tokenizers.target, Limits(13, 2.0, LONGEST - 26), BEAM, PENALTY)


@pytest.fixture(scope="module")
def read(reader):
    """Function from a row's options, as dicts, to numpy `SearchOptions` and warnings."""
    import tensorflow as tf

    @tf.function(autograph=False, reduce_retracing=True)
    def in_graph(inputs, limits):
        return reader(inputs, limits)

    def read(*rows, limits=None):
        inputs = {}
        for field in option_fields():
            kind = {int: tf.int32, float: tf.float32, str: tf.string}[field.type]
            values = [row.get(field.name, field.unset) for row in rows]
            inputs[field.name] = tf.constant(values, kind, shape=(len(rows),))
        limits = np.full(len(rows), 11, "int32") if limits is None else np.int32(limits)
        options, warnings = in_graph(inputs, tf.constant(limits))
        options = options._replace(**{k: np.asarray(v) for k, v in options._asdict().items()})
        return options, [warning.decode() for warning in warnings.numpy()]

    return read


def value_of(options, name, row=0):
    return getattr(options, PLACES[name])[row]


def largest(field):
    return {"beam_size": BEAM, "max_length": LONGEST}.get(field.name, field.maximum)


def test_nothing_asked_for(read):
    options, warnings = read({})
    assert warnings == [""]
    for name, value in DEFAULTS.items():
        assert value_of(options, name) == value, name
    assert not options.sampled[0]
    assert (options.prefixes == -1).all() and options.prefixes.shape[1] > 0
    assert (options.forbidden == -1).all() and 0 not in options.forbidden.shape


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.name)
def test_the_ends_of_a_range_are_taken_as_they_are(read, field):
    values = (field.minimum, largest(field))
    rows = [{field.name: value, "strategy": "beam"} for value in values]
    options, warnings = read(*rows)
    assert warnings == ["", ""]
    for row, value in enumerate(values):
        expected = np.float32(value) if field.type is float else value
        assert value_of(options, field.name, row) == expected


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.name)
def test_what_is_out_of_range_is_clamped_and_said(read, field):
    values = {
        int: [-7, min(largest(field) + 1, 2**31 - 1)],
        float: [-0.5, largest(field) + 0.5, -np.inf, np.inf],
    }[field.type]
    values = [value for value in values if value != largest(field)]  # int32 ends there
    options, warnings = read(*({field.name: value} for value in values))
    for row, value in enumerate(values):
        taken = field.minimum if value < 0 else largest(field)
        shown, kept = (f"{n:g}" if field.type is float else str(n) for n in (value, taken))
        expected = np.float32(taken) if field.type is float else taken
        assert value_of(options, field.name, row) == expected
        assert warnings[row] == f"{field.name} {shown} is out of range: {kept} was taken"


@pytest.mark.parametrize("name", ["length_penalty", "temperature", "top_p"])
def test_what_is_no_number_is_not_a_wish(read, name):
    options, (warning,) = read({name: np.nan})
    assert value_of(options, name) == DEFAULTS[name]
    unset = {"length_penalty": "-1"}.get(name, "0")
    assert warning == f"{name} nan is out of range: {unset} was taken"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategies(read, strategy):
    options, warnings = read({"strategy": strategy}, {"strategy": strategy, "beam_size": 3})
    assert warnings == ["", ""]
    is_beam = strategy in ("", "beam")
    assert options.beam_sizes.tolist() == ([BEAM, 3] if is_beam else [1, 1])
    assert options.sampled.tolist() == [strategy == "sample"] * 2


@pytest.mark.parametrize("strategy", ["BEAM", "b", " beam", "\0"])
def test_an_unknown_strategy_is_a_beam(read, strategy):
    options, (warning,) = read({"strategy": strategy})
    assert warning == "strategy is none of beam, greedy and sample: beam was taken"
    assert options.beam_sizes[0] == BEAM and not options.sampled[0]


def test_min_length_above_max_length(read):
    options, warnings = read({"min_length": 9, "max_length": 5}, {"min_length": 5, "max_length": 5})
    assert warnings == ["min_length is more than max_length, which was kept", ""]
    assert options.limits.tolist() == [5, 5]


def test_several_warnings_are_one_text(read):
    _, (warning,) = read({"strategy": "x", "top_k": -1, "top_p": 2.0})
    assert warning.split("; ") == [
        "top_k -1 is out of range: 1 was taken",
        "top_p 2 is out of range: 1 was taken",
        "strategy is none of beam, greedy and sample: beam was taken",
    ]


def test_a_blank_text_stays_empty(read):
    options, _ = read({"max_length": 7}, {"max_length": 7}, limits=[0, 11])
    assert options.limits.tolist() == [0, 7]


def test_seeds_are_kept_or_drawn_anew(read):
    rows = [{"strategy": "sample", "seed": 17}] + [{"strategy": "sample"}] * 2
    first, again = (read(*rows)[0].seeds for _ in range(2))
    assert first[0] == again[0] == 17
    assert len({*first[1:], *again[1:]}) == 4
    assert (first > 0).all()


def sequences(array):
    """The sequences of ids in a row of `forbidden`, without padding and empty ones."""
    found = [tuple(ids[ids >= 0].tolist()) for ids in array]
    return [ids for ids in found if ids]


TEXTS = [
    "",
    " ",
    "책",
    "My pear",
    "  a\t책  saw\n",
    "\u3000나는\u00a0읽는다\x1fa",
    "Ωx",
    "a a",
    b"caf\xc3 \xff",
]


@pytest.mark.parametrize("alone", [True, False])
def test_words_are_those_of_requests(read, tokenizers, alone):
    """The ids of prefixes and forbidden words are those that Python finds."""
    encode = tokenizers.target.encode
    for texts in [[text] for text in TEXTS] if alone else [TEXTS]:
        rows = [{"prefix": text, "forbidden": text} for text in texts]
        options, warnings = read(*rows)
        assert warnings == [""] * len(rows)
        for row, text in enumerate(texts):
            prefix = options.prefixes[row]
            assert prefix[prefix >= 0].tolist() == encode([text])[0].tolist()
            expected = [tuple(ids.tolist()) for ids in encode(text.split()) if len(ids)]
            assert sequences(options.forbidden[row]) == expected
            for ids in options.forbidden[row]:
                assert (np.diff((ids >= 0).astype(int)) >= 0).all(), "padding is on the left"


def test_requests_are_read_as_python_reads_them(read, tokenizers):
    """Every option of valid requests, mixed, against `plan_search`."""
    from keras_transformer.decoding import Request, SpecialIds, plan_search

    rows = [
        {},
        {"strategy": "greedy", "min_length": 3, "max_length": 7},
        {"strategy": "sample", "seed": 5, "temperature": 0.5, "top_k": 3, "top_p": 0.25},
        {"beam_size": 2, "length_penalty": 1.5, "no_repeat_ngram": 2},
        {"beam_size": 1, "length_penalty": 0.0},
    ]
    requests = [Request(TranslationOptions(**row), 11) for row in rows]
    _, expected = plan_search(requests, SpecialIds(2, 3, 0), 2, BEAM, PENALTY)
    options, warnings = read(*rows)
    assert not any(warnings)
    for name, values in expected._asdict().items():
        if name == "seeds":
            assert options.seeds[2] == values[2]
        elif values is not None:
            np.testing.assert_allclose(getattr(options, name), values, rtol=1e-6, err_msg=name)


def test_a_bad_row_does_not_change_its_neighbours(read):
    good = {"strategy": "sample", "seed": 7, "top_k": 5, "prefix": "책", "forbidden": "saw a"}
    bad = {
        "strategy": "?",
        "prefix": "My mother saw a pear 3?",
        "forbidden": "나는 학생이 읽는다 My mother saw",
        **{field.name: -9 for field in NUMBERS},
    }
    alone, _ = read(good)
    together, warnings = read(bad, good, bad)
    assert warnings[1] == "" and warnings[0] == warnings[2]
    assert warnings[0].count("is out of range") == len(NUMBERS)
    for name, values in alone._asdict().items():
        row = getattr(together, name)[1]
        if name == "prefixes":
            row = row[: values.shape[1]]
            assert (together.prefixes[1, values.shape[1] :] == -1).all()
        if name == "forbidden":
            assert sequences(row) == sequences(values[0])
        else:
            np.testing.assert_array_equal(row, values[0], err_msg=name)


def test_what_is_forbidden_has_limits(read, tokenizers):
    from keras_transformer.export.options import MAX_FORBIDDEN_IDS, MAX_FORBIDDEN_WORDS

    many = " ".join(["saw"] * (MAX_FORBIDDEN_WORDS + 500))
    long = "ab" * 50_000
    assert len(tokenizers.target.encode([long])[0]) > MAX_FORBIDDEN_IDS
    options, warnings = read(
        {"forbidden": many}, {"forbidden": f"saw {long} a"}, {}, {"forbidden": "a"}
    )
    said = f"forbidden takes {MAX_FORBIDDEN_WORDS} words of {MAX_FORBIDDEN_IDS} tokens each"
    assert [said in warning for warning in warnings] == [True, True, False, False]
    assert warnings[2:] == ["", ""]
    assert options.forbidden.shape[1] <= MAX_FORBIDDEN_WORDS + 1
    assert options.forbidden.shape[2] <= MAX_FORBIDDEN_IDS + 1
    saw, a = (tuple(ids.tolist()) for ids in tokenizers.target.encode(["saw", "a"]))
    found = [sequences(row) for row in options.forbidden]
    assert found == [[saw] * MAX_FORBIDDEN_WORDS, [saw, a], [], [a]]


def test_no_rows(read):
    options, warnings = read()
    assert warnings == []
    assert all(len(values) == 0 for values in options)
