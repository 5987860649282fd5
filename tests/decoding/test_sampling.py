"""Sampling: the hash, the noise, the filters, the distribution."""

import numpy as np
import pytest

from keras_transformer.decoding import BeamSearch
from keras_transformer.decoding.sampling import gumbel_noise, sample_tokens
from tests.decoding.toy_models import END, SPECIAL_IDS, ToyModels, drive, found
from tests.modes import FAST, MODES, compiled, run


def reference_noise(seeds, step, vocabulary_size):
    """With Python's integers, which are as long as they need to be."""

    def mix(x):
        x = ((x ^ (x >> 16)) * 0x7FEB352D) % 2**32
        x = ((x ^ (x >> 15)) * 0x846CA68B) % 2**32
        return x ^ (x >> 16)

    noise = np.zeros((len(seeds), vocabulary_size))
    for row, seed in enumerate(seeds):
        start = mix(mix(int(seed) % 2**32) ^ step)
        for token in range(vocabulary_size):
            noise[row, token] = (mix(start ^ token) >> 9) + 0.5
    return -np.log(-np.log(noise / 2**23))


SEEDS = np.array([1, 2, 12345, 2**31 - 1, 987654321], "int32")


@pytest.mark.parametrize("mode", MODES)
def test_noise_is_that_of_the_reference(mode):
    for step in (0, 1, 513):
        noise = run(lambda s, t: gumbel_noise(s, t, 301), SEEDS, np.int32(step), mode=mode)
        np.testing.assert_allclose(noise, reference_noise(SEEDS, step, 301), rtol=2e-5, atol=2e-6)


def test_noise_has_gumbels_distribution_and_no_pattern():
    seeds = np.arange(1, 401, dtype="int32")
    noise = np.stack(
        [run(lambda s, t: gumbel_noise(s, t, 97), seeds, np.int32(step)) for step in range(5)]
    )
    assert np.isfinite(noise).all()
    assert abs(noise.mean() - 0.57722) < 0.01  # Euler's constant
    assert abs(noise.var() - np.pi**2 / 6) < 0.03
    # Neither neighbouring seeds, steps nor tokens have to do with each other.
    for axis in range(3):
        one = np.delete(noise, 0, axis=axis).ravel()
        other = np.delete(noise, -1, axis=axis).ravel()
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.01


def softmax(logits):
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


LOGITS = np.array([1.2, -0.3, 0.4, 2.0, -1.0, 0.0, 1.1], "float32")
NUM_DRAWS = 20_000


def draw(**options):
    """How often each token is drawn, over many seeds."""
    rows = {name: np.full(NUM_DRAWS, value) for name, value in options.items()}
    rows = {name: value.astype(value.dtype.str.replace("8", "4")) for name, value in rows.items()}
    rows["seeds"] = np.arange(1, NUM_DRAWS + 1, dtype="int32")
    logits = np.tile(LOGITS, (NUM_DRAWS, 1))
    tokens = run(lambda logits, rows, step: sample_tokens(logits, rows, step), logits, rows, 3)
    return np.bincount(tokens, minlength=len(LOGITS))


def expected_probabilities(temperature=1.0, top_k=0, top_p=1.0):
    """By sorting."""
    probabilities = softmax(LOGITS.astype("float64") / temperature)
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    keep = (before < top_p) & (np.arange(len(order)) < (top_k or len(order)))
    kept = np.zeros_like(probabilities)
    kept[order[keep]] = probabilities[order[keep]]
    return kept / kept.sum()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 3.0},
        {"top_k": 3},
        {"top_k": 1},
        {"top_p": 0.5},
        {"top_p": 0.8, "temperature": 2.0},
        {"top_p": 0.9, "top_k": 3},
        {"top_p": 0.3, "top_k": 5},
        {"top_p": 1.0, "top_k": 0},
        {"top_k": 50},
    ],
)
def test_tokens_come_as_often_as_their_probability_says(options):
    names = {"temperature": "temperatures"}
    counts = draw(**{names.get(name, name): value for name, value in options.items()})
    expected = expected_probabilities(**options)
    assert (counts[expected == 0] == 0).all()
    real = expected > 0
    chi_square = (counts[real] - NUM_DRAWS * expected[real]) ** 2 / (NUM_DRAWS * expected[real])
    # Above 22.5 once in a thousand times for six degrees of freedom; the seeds are fixed.
    assert chi_square.sum() < 22.5


def test_the_fewest_tokens_that_sum_up():
    """`top_p` just below and just above the sum of the best three probabilities."""
    best_three = np.sort(softmax(LOGITS.astype("float64")))[::-1][:3].sum()
    assert np.count_nonzero(draw(top_p=best_three - 1e-4)) == 3
    assert np.count_nonzero(draw(top_p=best_three + 1e-4)) == 4


def test_equally_probable_tokens_are_kept_together():
    logits = np.array([[0, 3, 3, 1, 3]], "float32").repeat(400, axis=0)
    rows = {"seeds": np.arange(400, dtype="int32"), "top_k": np.full(400, 2, "int32")}
    tokens = run(lambda logits, rows: sample_tokens(logits, rows, 0), logits, rows)
    assert set(tokens.tolist()) == {1, 2, 4}


def sample_by_hand(models, row, seed, temperature=1.0):
    ids = []
    while len(ids) < models.max_length and ids[-1:] != [END]:
        noise = reference_noise([seed], len(ids), models.vocabulary_size)[0]
        ids.append(int((models.logits(row, ids) / temperature + noise).argmax()))
    return tuple(ids)


def test_a_sampled_row_says_what_its_seed_says():
    """Its score is the log-probability of the model, whatever the temperature."""
    models = ToyModels(11, 30, 6, 5, spread=1.0)
    seeds = np.arange(30) * 7919 + 5
    temperatures = np.where(np.arange(30) % 2, 1.0, 1.7)
    options = {"seeds": seeds, "temperatures": temperatures, "sampled": np.full(30, True)}
    hypotheses = drive(models, BeamSearch(SPECIAL_IDS, 1), **options)
    for row in range(30):
        ids, score, _ = found(hypotheses, row)[0]
        assert ids == sample_by_hand(models, row, seeds[row], temperatures[row])
        np.testing.assert_allclose(score, models.score(row, ids), atol=2e-5)
    assert len({found(hypotheses, row)[0][0] for row in range(30)}) > 15


def test_one_program_mixes_beams_and_samples():
    models = ToyModels(12, 30, 6, 5, spread=1.0)
    sampled = np.arange(30) % 3 == 0
    seeds = np.arange(30) + 100
    sizes = np.arange(30) % 4 + 1
    search = BeamSearch(SPECIAL_IDS, 4, 3, 0.6)
    options = {"sampled": sampled, "seeds": seeds, "beam_sizes": sizes}
    hypotheses = drive(models, search, **options)
    plain = drive(models, search, beam_sizes=sizes)
    for row in range(30):
        if sampled[row]:
            ((ids, *_),) = found(hypotheses, row)
            assert ids == sample_by_hand(models, row, seeds[row])
        else:
            assert found(hypotheses, row) == found(plain, row)
    order = np.random.default_rng(2).permutation(30)
    shuffled = drive(models, search, rows=order, **{k: v[order] for k, v in options.items()})
    np.testing.assert_array_equal(shuffled.ids, hypotheses.ids[order])


def test_a_short_vocabulary_and_a_long_one_have_the_same_noise():
    """Token by token: what is not said does not matter."""
    program = compiled(lambda s: (gumbel_noise(s, 4, 11), gumbel_noise(s, 4, 640)), FAST)
    short, long = program(SEEDS)
    np.testing.assert_allclose(short, long[:, :11], rtol=1e-6, atol=1e-6)
