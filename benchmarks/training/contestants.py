"""Which systems train, and how."""

import contextlib
import sys

from turns import Pacing, System

OURS, RIVAL, RIVAL_TUNED, EXAMPLE = "ours", "PyTorch", "PyTorch, malloc", "keras-nlp"

# glibc's allocator told to keep what it has: no memory of its own for large blocks, which the
# system would have to fill with zeros each time, and nothing given back.
MALLOC = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
_JAX = {"KERAS_BACKEND": "jax"}

BATCH_TOKENS = 4096
_TRAINING = {
    "batch_tokens": BATCH_TOKENS,
    "label_smoothing": 0.1,
    "clip_norm": 1.0,
    "learning_rate_scale": 1.0,
    "warmup_steps": 1000,
    "seed": 1,
    "precision": "float32",
}
_MODEL = {"norm": "pre", "dropout": 0.1, "attention_dropout": 0.0, "activation": "relu"}
_OURS = {"jit_compile": "auto", "batch_shapes": 16}

FULL = {
    "tiny": Pacing(warm_steps=50, turns=6),
    "base": Pacing(warm_steps=5, turns=3, num_steps=10, resident=False),
}
QUICK = {
    "tiny": Pacing(warm_steps=2, turns=2, num_steps=2),
    "base": Pacing(warm_steps=1, turns=1, num_steps=1, resident=False),
}


def model_arguments(preset, sentences):
    """Arguments of `Transformer` for all systems, every one spelled out."""
    from keras_transformer.models.presets import preset_arguments

    sizes = {
        "vocabulary_size": sentences.vocabulary_size,
        "padding_id": sentences.special_ids["padding"],
    }
    return {**preset_arguments(preset), **_MODEL, **sizes}


def systems(preset, model, peers):
    """The systems of a preset.

    Args:
        preset: "tiny" or "base".
        model: arguments of `Transformer`.
        peers: interpreter that has PyTorch.

    Returns:
        List of `System`.
    """
    options = {**_TRAINING, "model": model}

    def ours(name, environment=None, **changes):
        return System(name, "ours", sys.executable, {**options, **_OURS, **changes},
                      environment or {})  # fmt: skip

    def torch(name, environment=None, **changes):
        return System(name, "torch", str(peers), {**options, **changes}, environment or {})

    chosen = [
        ours(OURS),
        ours(f"{OURS}, malloc", MALLOC),
        torch(RIVAL),
        torch(RIVAL_TUNED, MALLOC),
        System(EXAMPLE, "keras-nlp", sys.executable, options),
    ]
    if preset == "tiny":
        chosen += [
            ours(f"{OURS}, XLA", jit_compile="true"),
            ours(f"{OURS}, JAX", _JAX),
            ours(f"{OURS}, attention dropout", model={**model, "attention_dropout": 0.1}),
            torch(f"{RIVAL}, malloc, lean", MALLOC, lean=True),
        ]
    elif has_bfloat16():
        chosen += [
            ours(f"{OURS}, bfloat16", precision="bfloat16"),
            torch(f"{RIVAL}, bfloat16", precision="bfloat16"),
        ]
    return chosen


def has_bfloat16():
    """Whether the processor multiplies bfloat16."""
    flags = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        flags = next((line for line in file if line.startswith(("flags", "Features"))), "")
    return any(flag in ("avx512_bf16", "amx_bf16", "bf16") for flag in flags.split())
