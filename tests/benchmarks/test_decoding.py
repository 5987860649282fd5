"""The pure parts of `benchmarks/decoding`: batches, medians, counted products, tables."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "decoding"))

import figures
import floor
import report
import speed
from bundle import Bundle, sorted_batches

from keras_transformer.layers import SinusoidalPositions

MODEL = {
    "hidden_dim": 6,
    "intermediate_dim": 11,
    "num_heads": 3,
    "num_encoder_layers": 5,
    "num_decoder_layers": 2,
    "vocabulary_size": 17,
}


def a_bundle(**changes):
    given = {
        "name": "tiny",
        "model": MODEL,
        "special_ids": {"padding": 0, "unknown": 1, "start": 2, "end": 3},
        "vocabulary": ["<pad>", "<unk>", "<s>", "</s>", "가"],
        "sentences": ["가", "가 가"],
        "references": [],
        "source_ids": [[4, 3], [4, 4, 3]],
        "limits": [5, 7],
        "forced_length": 0,
        "weights": {"embedding/embeddings": np.arange(30.0).reshape(5, 6)},
    }
    return Bundle(**{**given, **changes})


def test_bundle_comes_back(tmp_path):
    bundle = a_bundle()
    bundle.save(tmp_path)
    loaded = Bundle.load(tmp_path)
    for name in ("model", "vocabulary", "source_ids", "limits", "forced_length"):
        assert getattr(loaded, name) == getattr(bundle, name)
    np.testing.assert_array_equal(loaded.embeddings(), bundle.embeddings())


def test_bundle_pads_on_the_right():
    np.testing.assert_array_equal(a_bundle().padded([1, 0]), [[4, 4, 3], [4, 3, 0]])


def test_positions_are_those_of_the_layer():
    expected = np.asarray(SinusoidalPositions().encoding(13, MODEL["hidden_dim"]))
    np.testing.assert_allclose(a_bundle().positions(13), expected, atol=1e-6)


def test_batches_are_sorted_and_whole():
    lengths = [3, 9, 5, 9, 1, 7, 2]
    batches = sorted_batches(lengths, 3)
    assert batches == [[1, 3, 5], [2, 0, 6], [4]]


def test_a_stride_takes_batches_from_the_middle():
    lengths = list(range(70, 0, -1))
    taken = sorted_batches(lengths, 5, stride=4)
    assert [batch[0] for batch in taken] == [5, 25, 45, 65]
    assert sorted_batches(lengths, 35, stride=9) == [list(range(35))]


def test_figures():
    assert figures.spread([3.0, 1.0, 8.0]) == (3.0, 1.0, 8.0)
    assert figures.percentile(range(1, 101), 95) == 95
    assert figures.percentile([7.0], 50) == 7.0
    assert figures.share_of_equal([[1], [2], [3]], [[1], [5], [3]]) == 2 / 3
    assert figures.evenly("abcdefg", 3) == ["a", "c", "e"]
    assert figures.evenly("ab", 3) == ["a", "b"]


@pytest.mark.parametrize(
    ("tokens", "agree"), [(990, True), (989, False), (1010, True), (1011, False)]
)
def test_lengths_agree_to_one_percent(tokens, agree):
    assert figures.lengths_agree(tokens, 1000) is agree


def counted(model, source, target, beam):
    """Multiplications and additions of one sentence, added up position by position."""
    width, inner = model["hidden_dim"], model["intermediate_dim"]
    feed_forward = 2 * width * inner
    encoder = source * (4 * width**2 + feed_forward) + 2 * source**2 * width
    memory = source * 2 * width**2
    steps = [
        6 * width**2 + feed_forward + 2 * (step + 1 + source) * width for step in range(target)
    ]
    decoder = beam * sum(steps)
    logits = beam * target * width * model["vocabulary_size"]
    return 2 * (
        model["num_encoder_layers"] * encoder
        + model["num_decoder_layers"] * (memory + decoder)
        + logits
    )


@pytest.mark.parametrize("beam", [1, 5])
def test_products_are_counted(beam):
    # Equal lengths, the target's odd, so that no mean has to be rounded.
    items = floor.products(MODEL, [7] * 4, [13] * 4, batch_size=2, beam=beam)
    assert sum(item.flops for item in items) == pytest.approx(4 * counted(MODEL, 7, 13, beam))


def test_floor_divides_by_the_rate_of_the_shape():
    items = [floor.Product(2, 3, 5, 1, 7), floor.Product(2, 3, 5, 11, 1)]
    rates = {(1, 2, 3, 5): 60.0, (11, 2, 3, 5): 660.0}
    assert floor.floor_seconds(items, rates) == pytest.approx(7 + 1)


def records(system, seconds, p50):
    base = {"model": "tiny", "system": system, "setting": "2 x 1", "peak_megabytes": 9.0}
    throughput = {"beam": 1, "batch_size": 64, "sentences": 10, "target_tokens": 50}
    latency = {"beam": 1, "batch_size": 1, "target_tokens": 50, "p95": 2 * p50, "p50": p50}
    return [
        *({**base, **throughput, "seconds": value} for value in seconds),
        {**base, **latency},
    ]


def test_summaries_and_ratios():
    summaries = speed.summarize(
        records(report.OURS, [1.0, 2.0, 5.0], 8.0) + records(report.RIVAL, [4.0, 4.0, 4.0], 2.0)
    )
    batch, single = speed.Cell(1, 64), speed.Cell(1, 1)
    assert report.cells_of(summaries, "tiny") == [batch, single]
    ours = summaries["tiny", report.OURS, batch]
    assert ours["sentences_per_second"] == (5.0, 2.0, 10.0)
    assert ours["tokens_per_second"] == (25.0, 10.0, 50.0)
    of_batch = report.systems_of(summaries, "tiny", batch)
    of_single = report.systems_of(summaries, "tiny", single)
    assert report.speed_ratio(of_batch, batch, report.OURS, report.RIVAL) == 2.0
    assert report.speed_ratio(of_single, single, report.OURS, report.RIVAL) == 0.25
    assert report.speed_ratio(of_batch, batch, report.OURS, "nobody") is None
    text = report.headline(summaries, {batch: 0.1, single: 0.004}, "tiny")
    lines = [[part.strip() for part in line.split("|")[1:-1]] for line in text.splitlines()]
    assert lines[0][1:3] == [report.OURS, report.RIVAL]
    assert lines[2] == ["greedy, batch 64, sentences/s", "5 (2.00)", "2.5 (1.00)", "10", "2.00"]
    assert lines[3] == ["greedy, one sentence, ms", "8 (0.25)", "2 (1.00)", "4", "2.00"]


@pytest.mark.tensorflow
def test_reasons_of_differences():
    import agreement

    assert agreement.reason(-5.0, -5.0005) == "equally probable"
    assert agreement.reason(-5.0, -5.1) == "ours is more probable"
    assert agreement.reason(-5.1, -5.0) == "theirs is more probable"
