"""Sizes with names. Each is a set of arguments of `Transformer`."""

_TINY = {"hidden_dim": 128, "intermediate_dim": 256, "num_heads": 4}
_BASE = {"hidden_dim": 512, "intermediate_dim": 2048, "num_heads": 8}


def _layers(encoder, decoder, **sizes):
    return {"num_encoder_layers": encoder, "num_decoder_layers": decoder, **sizes}


PRESETS = {
    # The size that is best on small corpora: Wu et al. 2021 (arXiv:2105.14462).
    "tiny": _layers(4, 4, **_TINY),
    "small": _layers(6, 6, hidden_dim=256, intermediate_dim=1024, num_heads=4),
    # Vaswani et al. 2017, table 3: "base" and "big", post-norm, sinusoidal, three-way tied.
    "base": _layers(6, 6, **_BASE),
    "big": _layers(6, 6, hidden_dim=1024, intermediate_dim=4096, num_heads=16, dropout=0.3),
    # Deep encoder, shallow decoder: nearly the same quality, much faster decoding
    # (Kasai et al. 2021, arXiv:2006.10369).
    "deep_shallow": _layers(12, 1, **_BASE),
    "tiny_deep_shallow": _layers(6, 1, **_TINY),
}


def preset_arguments(name):
    """The arguments of the preset `name`, as a new dict; `ValueError` names the valid ones."""
    if name not in PRESETS:
        raise ValueError(f"`name` must be one of {', '.join(PRESETS)}. Received: name={name!r}")
    return dict(PRESETS[name])
