"""What the design promises of padding, the future, empty rows and the cache.

In every mode of the backend (eager, graph, XLA), in half precision, and after a `.keras` file was
loaded in a new process.
"""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.models.transformer import POSITIONS
from keras_transformer.training import MaskedCrossentropy
from tests.models.small_models import (
    TARGET,
    random_state,
    sentences,
    small_model,
    widen,
)
from tests.modes import FAST, MODES, compiled, run, to_numpy, with_gradient

KINDS = [("post", "sinusoidal"), ("pre", "learned"), ("post", "rotary"), ("pre", "sinusoidal")]
# Where a kind runs: every mode in float32 once, half precision once, all kinds in the quick mode.
SETTINGS = [
    *[(*KINDS[0], mode, "float32") for mode in MODES],
    (*KINDS[0], FAST, "mixed_bfloat16"),
    *[(*kind, FAST, "float32") for kind in (KINDS[1:] if FAST == "eager" else KINDS[1:3])],
]
SETTING = pytest.mark.parametrize(("norm", "positions", "mode", "policy"), SETTINGS)
# Other shapes are other orders of summation.
ATOL = {"float32": 1e-5, "mixed_bfloat16": 0.06}
LOSS = MaskedCrossentropy(0.1)


def contract_model(**arguments):
    return small_model(**{"num_encoder_layers": 2, "num_decoder_layers": 2, **arguments})


def step_of_training(model, mode):
    """Function of ids and labels -> loss, logits, gradient by the source's embedding table."""
    table = model.source_embedding.embeddings

    def loss_and_logits(values, arrays):
        with keras.StatelessScope(state_mapping=[(table, values)]):
            logits = model(arrays)
        return LOSS(arrays["labels"], logits), logits

    function = compiled(with_gradient(loss_and_logits), mode)

    def call(arrays):
        (loss, logits), slope = function(to_numpy(table.value), arrays)
        return loss, logits, slope

    return call


@SETTING
def test_more_padding_changes_nothing(norm, positions, mode, policy):
    model = contract_model(norm=norm, positions=positions, dtype=policy)
    step = step_of_training(model, mode)
    arrays = sentences()
    loss, logits, slope = step(arrays)
    wider_loss, wider_logits, wider_slope = step(
        {
            "source_ids": widen(arrays["source_ids"], 6),
            "target_ids": widen(arrays["target_ids"], 5),
            "labels": widen(arrays["labels"], 5),
        }
    )
    real = arrays["target_ids"] != 0
    atol = ATOL[policy]
    assert np.abs(slope).max() > 0.01
    np.testing.assert_allclose(wider_logits[:, :TARGET][real], logits[real], atol=atol)
    np.testing.assert_allclose(wider_loss, loss, atol=atol)
    np.testing.assert_allclose(wider_slope, slope, atol=atol)


@SETTING
def test_noise_at_padding_changes_nothing(norm, positions, mode, policy):
    """Noise on what every layer of both stacks gives to the next; equal to the last bit."""
    model = contract_model(norm=norm, positions=positions, dtype=policy)
    arrays = sentences()
    noises = []
    for blocks, ids in (("encoder_blocks", "source_ids"), ("decoder_blocks", "target_ids")):
        for block in getattr(model, blocks):
            name = f"noise of {block.name}"
            padding = (arrays[ids] == 0)[..., None]
            noise = np.random.default_rng(7).normal(size=(*arrays[ids].shape, model.hidden_dim))
            noises.append((name, np.where(padding, noise, 0).astype("float32")))
            add_noise(model, block, name)
    step = step_of_training(model, mode)
    real = arrays["target_ids"] != 0
    loss, logits, slope = step({**arrays, **{name: 0 * noise for name, noise in noises}})
    for size in (1.0, 1e4):
        noisy = step({**arrays, **{name: size * noise for name, noise in noises}})
        assert not np.array_equal(noisy[1][~real], logits[~real])  # the noise is there
        assert noisy[0] == loss
        assert np.array_equal(noisy[1][real], logits[real])
        assert np.array_equal(noisy[2], slope)


def add_noise(model, block, name):
    """Adds the model's input `name` to what `block` returns."""
    model_call, block_call, given = model.call, block.call, {}

    def new_model_call(inputs, training=None):
        given["noise"] = inputs[name]
        return model_call(inputs, training=training)

    def new_block_call(*args, **kwargs):
        outputs = block_call(*args, **kwargs)
        return outputs + ops.cast(given["noise"], outputs.dtype)

    model.call, block.call = new_model_call, new_block_call


@SETTING
def test_a_row_without_a_key_is_finite_and_disturbs_nobody(norm, positions, mode, policy):
    model = contract_model(norm=norm, positions=positions, dtype=policy)
    step = step_of_training(model, mode)
    arrays = sentences()
    _, logits, _ = step(arrays)
    arrays["source_ids"][1] = 0
    loss, empty_logits, slope = step(arrays)
    assert np.isfinite(empty_logits).all() and np.isfinite(loss) and np.isfinite(slope).all()
    assert np.array_equal(empty_logits[[0, 2]], logits[[0, 2]])
    loss, logits, slope = step({name: np.zeros_like(array) for name, array in arrays.items()})
    assert np.isfinite(logits).all()
    assert loss == 0 and not slope.any()


@SETTING
def test_the_future_cannot_leak(norm, positions, mode, policy):
    """Ids from position `t` on decide nothing before it: with dropout on, to the last bit."""
    model = contract_model(
        norm=norm, positions=positions, dtype=policy, dropout=0.2, attention_dropout=0.3
    )
    arrays = sentences()
    arrays["target_ids"][arrays["target_ids"] == 0] = 5  # real to the end
    state = random_state(model)

    def logits(target_ids, seeds):
        with keras.StatelessScope(state_mapping=list(zip(state, seeds, strict=True))):
            return model({**arrays, "target_ids": target_ids}, training=True)

    program = compiled(logits, mode)
    seeds = [to_numpy(variable.value) for variable in state]

    def answer(target_ids, more=0):
        keras.utils.set_random_seed(more)  # PyTorch's dropout knows no other seed
        return program(target_ids, [seed + more for seed in seeds])

    before = answer(arrays["target_ids"])
    assert np.array_equal(answer(arrays["target_ids"]), before)
    assert np.abs(answer(arrays["target_ids"], more=1) - before).max() > 0.1  # dropout is on
    for start in (1, 4, TARGET - 1):
        other = arrays["target_ids"].copy()
        other[:, start:] = other[:, start:] % 29 + 1
        after = answer(other)
        assert np.array_equal(after[:, :start], before[:, :start])
        assert (np.abs(after - before)[:, start].max(-1) > 1e-3).all()


@SETTING
def test_cached_equals_full(norm, positions, mode, policy):
    model = contract_model(norm=norm, positions=positions, dtype=policy)
    arrays = sentences()
    del arrays["labels"]
    full = run(lambda x: model(x), arrays)
    room = TARGET + 4

    def start(source_ids):
        encoded = model.encode(source_ids)
        return encoded.mask, *model.start_decoding(encoded, room)

    def step(memories, mask, ids, caches, index):
        # Half precision came here as float32, which holds it exactly.
        memories, caches = keras.tree.map_structure(
            lambda x: ops.cast(x, model.compute_dtype), (memories, caches)
        )
        return model.decode_step(memories, mask, ids, caches, index)

    mask, memories, caches = run(start, arrays["source_ids"], mode=mode)
    assert {pair[0].shape[2] for pair in caches} == {room}
    program = compiled(step, mode)
    for index in range(TARGET):
        ids = arrays["target_ids"][:, index : index + 1]
        logits, caches = program(memories, mask, ids, caches, np.int32(index))
        np.testing.assert_allclose(logits, full[:, index], atol=ATOL[policy])


def test_positions_start_where_the_step_is():
    """A sanity check of the one above: with another index the logits are others."""
    for positions in POSITIONS:
        model = small_model(positions=positions)
        encoded = model.encode(sentences()["source_ids"])
        memories, caches = model.start_decoding(encoded, TARGET)
        ids = sentences()["target_ids"][:, :1]
        _, caches = model.decode_step(memories, encoded.mask, ids, caches, 0)
        steps = [
            to_numpy(model.decode_step(memories, encoded.mask, ids, caches, index)[0])
            for index in (1, 2)
        ]
        assert np.abs(steps[0] - steps[1]).max() > 1e-3


RELOADED = """
import sys
import keras_transformer
import keras
import numpy as np

folder, kind = sys.argv[1:]
model = keras.models.load_model(f"{folder}/{kind}.keras")
arrays = dict(np.load(f"{folder}/arrays.npz"))
ids = {name: arrays[name] for name in ("source_ids", "target_ids")}
found = {"logits": model(ids)}
wide = {name: arrays[f"wide_{name}"] for name in ids}
found["wide"] = model(wide)[:, : arrays["target_ids"].shape[1]]
encoded = model.encode(ids["source_ids"])
noise = keras.ops.cast(arrays["noise"], encoded.states.dtype)
noisy = encoded._replace(states=encoded.states + noise)
found["noisy"] = model.decode(noisy, ids["target_ids"])
found["future"] = model({**ids, "target_ids": arrays["other_target_ids"]})
found["empty"] = model({**ids, "source_ids": np.zeros_like(ids["source_ids"])})
memories, caches = model.start_decoding(encoded, arrays["target_ids"].shape[1])
steps = []
for index in range(arrays["target_ids"].shape[1]):
    step = ids["target_ids"][:, index : index + 1]
    logits, caches = model.decode_step(memories, encoded.mask, step, caches, index)
    steps.append(logits)
found["cached"] = keras.ops.stack(steps, axis=1)
found = {name: keras.ops.convert_to_numpy(array) for name, array in found.items()}
np.savez(f"{folder}/{kind}.npz", **found)
"""


def test_after_a_keras_file_in_a_new_process(tmp_path):
    """Safe mode, no `custom_objects`; the other process knows only `import keras_transformer`."""
    arrays = sentences()
    padding = (arrays["source_ids"] == 0)[..., None]
    model = small_model(norm="pre", positions="learned")
    noise = 1e4 * np.random.default_rng(0).normal(size=(*padding.shape[:2], model.hidden_dim))
    other = arrays["target_ids"].copy()
    other[:, 4:] = other[:, 4:] % 29 + 1
    np.savez(
        tmp_path / "arrays.npz",
        **arrays,
        wide_source_ids=widen(arrays["source_ids"], 6),
        wide_target_ids=widen(arrays["target_ids"], 5),
        other_target_ids=other,
        noise=np.where(padding, noise, 0),
    )
    real = arrays["target_ids"] != 0
    model.save(tmp_path / "model.keras")
    command = [sys.executable, "-c", RELOADED, str(tmp_path), "model"]
    subprocess.run(command, check=True, timeout=300)
    found = dict(np.load(tmp_path / "model.npz"))
    expected = run(
        lambda x: model(x), {name: arrays[name] for name in ("source_ids", "target_ids")}
    )
    np.testing.assert_allclose(found["logits"], expected, atol=1e-5)
    assert np.array_equal(found["noisy"], found["logits"])
    assert np.array_equal(found["future"][:, :4], found["logits"][:, :4])
    assert np.isfinite(found["empty"]).all()
    np.testing.assert_allclose(found["wide"][real], found["logits"][real], atol=1e-5)
    np.testing.assert_allclose(found["cached"], found["logits"], atol=1e-5)
