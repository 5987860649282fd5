"""Models whose greedy translations vary in length, and decoding without a cache to compare with."""

import functools

import numpy as np

from keras_transformer.decoding import Decoder
from tests.models.small_models import VOCABULARY, small_model
from tests.modes import MODES, compiled, to_numpy

START, SOURCE_END = 2, 3
# Name -> arguments, and an id that these models say now and then: it serves as the end mark.
KINDS = {
    "pre sinusoidal": ({"norm": "pre"}, 25),
    "post rotary": ({"norm": "post", "positions": "rotary"}, 25),
    "padding 7": ({"norm": "pre", "positions": "learned", "padding_id": 7}, 19),
}


@functools.cache
def talkative_model(kind):
    """Its logits are far apart, so that rounding changes the choice of no token."""
    arguments, _ = KINDS[kind]
    model = small_model(seed=5, num_encoder_layers=2, num_decoder_layers=2, **arguments)
    random = np.random.default_rng(14)
    for weight in model.weights:
        if weight.name.endswith("kernel") or weight.name == "embeddings":
            value = to_numpy(weight.value)
            weight.assign(value + 0.35 * random.normal(size=value.shape))
    # The output is tied to the input: without this it would say its input again and again.
    last = model.decoder_norm or model.decoder_blocks[-1].feed_forward.layer_norm
    last.gamma.assign(2 * random.normal(size=last.gamma.shape))
    return model


@functools.cache
def sources(padding_id=0):
    """Sources of unequal lengths, each with its end mark."""
    random = np.random.default_rng(13)
    rows = []
    for length in (4, 1, 9, 2, 13, 5, 7, 3, 2, 11, 6):
        ids = random.integers(4, VOCABULARY, size=length - 1)
        rows.append(np.array([*np.where(ids == padding_id, 5, ids), SOURCE_END], "int32"))
    return rows


@functools.cache
def expected(kind):
    """Ids, score and whether it was cut off, of every source: one at a time, without a cache."""
    model, end_id = talkative_model(kind), KINDS[kind][1]
    decoder = Decoder(model, START, end_id)
    program = compiled(
        lambda source, target: model({"source_ids": source, "target_ids": target}), MODES[-1]
    )

    def next_logits(source, ids):
        # One shape for all, so that little is compiled.
        source_ids = np.full((1, 16), model.padding_id, "int32")
        target_ids = np.full((1, 40), model.padding_id, "int32")
        source_ids[0, : len(source)] = source
        target_ids[0, : len(ids) + 1] = [START, *ids]
        return program(source_ids, target_ids)[0, len(ids)].astype("float64")

    def translate(source, limit):
        ids, score = [], 0.0
        while len(ids) < limit:
            logits = next_logits(source, ids)
            best, second = np.sort(logits)[:-3:-1]
            assert best - second > 1e-3, "too close: choose other weights"
            score += best - np.log(np.exp(logits).sum())
            ids.append(int(logits.argmax()))
            if ids[-1] == end_id:
                return ids, score, False
        return ids, score, True

    return [translate(row, decoder.limit(len(row) - 1)) for row in sources(model.padding_id)]


def assert_same(decoded, wanted, padding_id=0):
    """`Decoded` of numpy arrays against rows of `expected`."""
    assert len(decoded.ids) == len(wanted)
    for row, (ids, score, truncated) in enumerate(wanted):
        assert decoded.ids[row, : len(ids)].tolist() == ids
        assert (decoded.ids[row, len(ids) :] == padding_id).all()
        assert decoded.lengths[row] == len(ids)
        assert bool(decoded.truncated[row]) == truncated
        np.testing.assert_allclose(decoded.scores[row], score, atol=1e-4)
