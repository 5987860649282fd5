"""The parts of `benchmarks/training`: batches, turns, counted products, tables."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "decoding"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "training"))

import batching
import contestants
import results
import step_products
import trainer
import turns
from sentences import Sentences

SPECIAL_IDS = {"padding": 0, "start": 2, "end": 3}
MODEL = {
    "vocabulary_size": 19,
    "padding_id": 0,
    "num_encoder_layers": 3,
    "num_decoder_layers": 2,
    "hidden_dim": 6,
    "intermediate_dim": 11,
    "num_heads": 3,
    "dropout": 0.1,
    "attention_dropout": 0.0,
    "activation": "relu",
    "norm": "pre",
}


def some_sentences(number=61):
    generator = np.random.default_rng(5)
    sides = [
        [
            generator.integers(4, 19, generator.integers(1, 12)).astype("int32")
            for _ in range(number)
        ]
        for _ in range(2)
    ]
    return Sentences(*sides, 19, SPECIAL_IDS)


def test_sentences_come_back(tmp_path):
    sentences = some_sentences()
    sentences.save(tmp_path / "sentences.npz")
    loaded = Sentences.load(tmp_path / "sentences.npz")
    assert loaded.vocabulary_size == 19
    assert loaded.special_ids == SPECIAL_IDS
    for side in ("source", "target"):
        assert [ids.tolist() for ids in getattr(loaded, side)] == [
            ids.tolist() for ids in getattr(sentences, side)
        ]


def test_a_batch_has_its_marks_and_padding():
    sentences = Sentences(
        [np.int32([5]), np.int32([6, 7])], [np.int32([8, 9]), np.int32([10])], 19, SPECIAL_IDS
    )
    source, target, labels = sentences.batch([1, 0])
    assert source.tolist() == [[6, 7, 3], [5, 3, 0]]
    assert target.tolist() == [[2, 10, 0], [2, 8, 9]]
    assert labels.tolist() == [[10, 3, 0], [8, 9, 3]]
    source, target, labels = sentences.batch([1], source_length=2, target_length=5)
    assert source.tolist() == [[6, 7]]
    assert labels.tolist() == [[10, 3, 0, 0, 0]]


def test_a_batch_is_counted():
    source, _, labels = Sentences(
        [np.int32([5]), np.int32([6, 7])], [np.int32([8, 9, 9]), np.int32([10])], 19, SPECIAL_IDS
    ).batch([0, 1])
    assert batching.count(source, labels, 0) == (4 + 2, 4 + 2 + 2 + 3, 2 * 3 + 2 * 4)


def test_sorted_batches_keep_the_budget_and_every_pair():
    lengths = some_sentences().lengths()
    batches = batching.sorted_batches(*lengths, 40, seed=3)
    assert sorted(itertools.chain(*batches)) == list(range(61))
    positions = [len(rows) * max(side[rows].max() for side in lengths) for rows in batches]
    assert max(positions) <= 40
    assert len(batches) < 61 * 12 / 30  # they are filled
    again = batching.sorted_batches(*lengths, 40, seed=4)
    assert [rows.tolist() for rows in batches] != [rows.tolist() for rows in again]


def test_equal_batches():
    batches = batching.equal_batches(23, 5, seed=1)
    assert [len(rows) for rows in batches] == [5, 5, 5, 5]
    assert len(set(itertools.chain(*batches))) == 20


def test_a_sequence_warms_up_with_every_shape():
    spare = ["a1", "a2", "b1", "a3", "c1", "b2"]
    epochs = [["x1", "x2", "x3"], ["y1", "y2"], spare]
    warm, measured = batching.sequence(epochs, lambda batch: batch[0], 4)
    assert warm == ["a1", "b1", "c1", "a2"]
    assert measured == ["x1", "x2", "x3", "y1", "y2"]
    assert batching.sequence(epochs, len, 1, first_step=1, num_steps=3)[1] == ["x2", "x3", "y1"]


def test_turns_count_what_was_asked_for():
    counts = [batching.Counts(step, 2 * step, 3 * step) for step in range(1, 8)]
    asked, answers = iter([2, 4]), []
    pace = trainer.Turns(counts, lambda: next(asked), answers.append)
    for loss in range(6):
        pace.before_step()
        pace.after_step(loss)
    assert [
        (a["steps"], a["target_tokens"], a["real"], a["positions"], a["loss"]) for a in answers
    ] == [
        (2, 1 + 2, 6, 9, 1.0),
        (4, 3 + 4 + 5 + 6, 36, 54, 5.0),
    ]
    assert all(0 < answer["seconds"] < 60 for answer in answers)
    with pytest.raises(StopIteration):
        pace.before_step()


@pytest.mark.parametrize("number", [5, 6, 7, 115])
def test_turns_share_an_epoch(number):
    pacing = turns.Pacing(warm_steps=1, turns=6)
    parts = [turns.share(number, pacing, turn) for turn in range(6)]
    assert sum(parts) == number
    assert max(parts) - min(parts) <= 1
    assert turns.share(number, turns.Pacing(1, 3, num_steps=4, resident=False), 2) == number


def multiplications(model, rows, source, target, real_source, real_target):
    """Of one step, added up layer by layer: forward, and twice that backward."""
    width, inner = model["hidden_dim"], model["intermediate_dim"]
    block = 4 * width**2 + 2 * width * inner
    encoder = real_source * block + 2 * rows * source**2 * width
    decoder = real_target * (block + 2 * width**2) + real_source * 2 * width**2
    decoder += 2 * rows * width * target * (target + source)
    logits = real_target * width * model["vocabulary_size"]
    return 3 * (
        model["num_encoder_layers"] * encoder + model["num_decoder_layers"] * decoder + logits
    )


def test_products_of_a_step_are_counted():
    batch = (5, 7, 13, 31, 59)
    products = step_products.step_products(MODEL, *batch)
    assert sum(product.flops for product in products) == 2 * multiplications(MODEL, *batch)
    assert {product.layout for product in products} == set(step_products.LAYOUTS)


def test_the_floor_divides_by_the_rate_of_the_shape():
    product = step_products.Product
    items = [product("a", 1, 2, 3, 5, "nn", 7), product("b", 1, 2, 3, 5, "nt", 1)]
    rates = {(1, 2, 3, 5, "nn"): 60.0, (1, 2, 3, 5, "nt"): 30.0}
    assert step_products.floor_seconds(items, rates) == pytest.approx(7 + 2)


def records(system, seconds, parameters=1000):
    fields = {"target_tokens": 60, "real": 90, "positions": 100, "steps": 2, "loss": 5.0}
    found = [
        {"system": system, "turn": turn, "seconds": each, "peak_megabytes": 7.0 + turn, **fields}
        for turn, each in enumerate(seconds)
    ]
    return found, {system: {"parameters": parameters}}


def test_figures_and_ratios():
    ours, our_facts = records(contestants.OURS, [1.0, 2.0, 3.0])
    theirs, their_facts = records(contestants.RIVAL, [4.0, 4.0, 4.0], 1011)
    summaries = results.summarize(ours[::-1] + theirs, our_facts | their_facts)
    own = summaries[contestants.OURS]
    assert own["tokens_per_second"] == 30.0
    assert own["by_turn"] == [60.0, 30.0, 20.0]
    assert own["padding"] == pytest.approx(0.1)
    assert own["peak_megabytes"] == 9.0
    overall, by_turn = results.ratio(summaries, contestants.OURS, contestants.RIVAL)
    assert overall == 2.0
    assert by_turn == (2.0, 4 / 3, 4.0)
    assert results.ratio(summaries, contestants.OURS, "nobody") is None
    assert results.different_sizes(summaries) == [contestants.RIVAL]
    limits = {"float32": {"tokens_per_second": {"best": 60.0}}}
    lines = [
        [part.strip() for part in line.split("|")[1:-1]]
        for line in results.speed_table(summaries, limits).splitlines()
    ]
    row = dict(zip(lines[0], lines[2], strict=True))
    assert row["system"] == contestants.OURS
    assert row["times PyTorch"] == "2.00 (1.33 to 4.00)"
    assert row["share of the ceiling"] == "50 %"
    assert row["padding"] == "10.0 %"


def test_every_system_has_an_engine_and_a_name_of_its_own():
    for preset in contestants.FULL:
        systems = contestants.systems(preset, MODEL, "python")
        names = [system.name for system in systems]
        assert len(set(names)) == len(names)
        assert set(results.COMPARED) < set(names)
        assert all(system.engine in trainer.ENGINES for system in systems)


@pytest.mark.tensorflow
def test_our_training_takes_turns():
    from engines.ours import Ours

    options = next(
        system.options
        for system in contestants.systems("tiny", MODEL, "python")
        if system.name == contestants.OURS
    )
    options = {**options, "batch_tokens": 100, "epochs": 1, "warm_steps": 2, "first_step": 1}
    sentences = some_sentences()
    engine = Ours(sentences, {**options, "num_steps": 3})
    assert engine.num_steps == 3
    asked, answers = iter([2, 3]), []
    engine.train(trainer.Turns(engine.counts, lambda: next(asked), answers.append))
    assert [answer["steps"] for answer in answers] == [2, 3]
    assert answers[-1]["target_tokens"] == sum(c.target_tokens for c in engine.counts[2:])
    assert answers[-1]["loss"] == pytest.approx(np.log(19), abs=1.5)
    assert int(engine.model.optimizer.iterations) == 5
