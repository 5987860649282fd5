"""Hugging Face Transformers: `generate` of the class that has the shape of the model.

Post-norm is `MarianMTModel`; pre-norm with a final norm is `M2M100ForConditionalGeneration`. The
tables of positions are replaced by ours; all weights are the bundle's.
"""

import torch
import transformers

from systems.engine import Engine

_POSITIONS = 1024


class HuggingFace(Engine):
    """`model.generate` with its key/value cache."""

    def __init__(self, bundle, options):
        super().__init__(bundle, options)
        torch.set_num_threads(options["intra_threads"])
        is_pre_norm = bundle.model["norm"] == "pre"
        self.model = (_m2m100 if is_pre_norm else _marian)(bundle).eval()

    def prepare(self, rows, beam):
        ids = torch.from_numpy(self.bundle.padded(rows)).long()
        forced = self.bundle.forced_length
        longest = max(self.bundle.limits[row] for row in rows)
        return {
            "input_ids": ids,
            "attention_mask": (ids != self.bundle.special_ids["padding"]).long(),
            "num_beams": beam,
            "do_sample": False,
            "length_penalty": 0.0,
            "early_stopping": False,
            "max_new_tokens": forced or longest,
            "min_new_tokens": forced or None,
        }

    def run(self, batch):
        with torch.inference_mode():
            return self.model.generate(**batch)

    def outputs(self, batch, result):
        padding = self.bundle.special_ids["padding"]
        rows = result[:, 1:].tolist()  # the first is the start mark
        forced = self.bundle.forced_length
        return [self.output(row if forced else _without(row, padding)) for row in rows]


def _without(ids, padding):
    while ids and ids[-1] == padding:
        ids.pop()
    return ids


def _configuration(bundle, kind):
    model, ids = bundle.model, bundle.special_ids
    layers = {"encoder_layers": model["num_encoder_layers"],
              "decoder_layers": model["num_decoder_layers"]}  # fmt: skip
    sides = ("encoder", "decoder")
    return kind(
        vocab_size=model["vocabulary_size"],
        d_model=model["hidden_dim"],
        **layers,
        **{f"{side}_ffn_dim": model["intermediate_dim"] for side in sides},
        **{f"{side}_attention_heads": model["num_heads"] for side in sides},
        activation_function=model["activation"],
        scale_embedding=True,
        max_position_embeddings=_POSITIONS,
        pad_token_id=ids["padding"],
        bos_token_id=ids["start"],
        eos_token_id=ids["end"],
        decoder_start_token_id=ids["start"],
        forced_eos_token_id=None,
    )


def _marian(bundle):
    model = transformers.MarianMTModel(_configuration(bundle, transformers.MarianConfig))
    table = torch.from_numpy(bundle.positions(_POSITIONS))
    with torch.no_grad():
        for stack in (model.model.encoder, model.model.decoder):
            stack.embed_positions.weight.copy_(table)
        _fill(model, bundle)
    return model


def _m2m100(bundle):
    configuration = _configuration(bundle, transformers.M2M100Config)
    model = transformers.M2M100ForConditionalGeneration(configuration)
    table = torch.from_numpy(bundle.positions(_POSITIONS))
    first = bundle.special_ids["padding"] + 1  # its positions are counted from here
    with torch.no_grad():
        for stack in (model.model.encoder, model.model.decoder):
            stack.embed_positions.weights[first : first + _POSITIONS] = table
        _fill(model, bundle)
        for stack, name in ((model.model.encoder, "encoder"), (model.model.decoder, "decoder")):
            _norm(stack.layer_norm, bundle, f"{name}_norm")
    return model


def _fill(model, bundle):
    model.model.shared.weight.copy_(torch.from_numpy(bundle.embeddings()))
    model.tie_weights()
    for number, layer in enumerate(model.model.encoder.layers):
        path = f"encoder_block_{number}"
        _self_attention(layer, bundle, f"{path}/self_attention")
        _feed_forward(layer, bundle, f"{path}/feed_forward")
    for number, layer in enumerate(model.model.decoder.layers):
        path = f"decoder_block_{number}"
        _self_attention(layer, bundle, f"{path}/self_attention")
        _cross_attention(layer, bundle, f"{path}/cross_attention")
        _feed_forward(layer, bundle, f"{path}/feed_forward")


def _self_attention(layer, bundle, path):
    attention = layer.self_attn
    parts = (attention.q_proj, attention.k_proj, attention.v_proj)
    _linear(parts, bundle, f"{path}/attention/query_key_value")
    _linear((attention.out_proj,), bundle, f"{path}/attention/output")
    _norm(layer.self_attn_layer_norm, bundle, f"{path}/layer_norm")


def _cross_attention(layer, bundle, path):
    attention = layer.encoder_attn
    _linear((attention.q_proj,), bundle, f"{path}/attention/query")
    _linear((attention.k_proj, attention.v_proj), bundle, f"{path}/attention/key_value")
    _linear((attention.out_proj,), bundle, f"{path}/attention/output")
    _norm(layer.encoder_attn_layer_norm, bundle, f"{path}/layer_norm")


def _feed_forward(layer, bundle, path):
    _linear((layer.fc1,), bundle, f"{path}/feed_forward/inner")
    _linear((layer.fc2,), bundle, f"{path}/feed_forward/output")
    _norm(layer.final_layer_norm, bundle, f"{path}/layer_norm")


def _linear(linears, bundle, path):
    """Fills linear layers from matrices that lie side by side in one of ours."""
    kernel = torch.from_numpy(bundle.weights[f"{path}_kernel"])
    bias = torch.from_numpy(bundle.weights[f"{path}_bias"])
    kernels, biases = kernel.chunk(len(linears), dim=1), bias.chunk(len(linears))
    for linear, part, shift in zip(linears, kernels, biases, strict=True):
        linear.weight.copy_(part.T)
        linear.bias.copy_(shift)


def _norm(norm, bundle, path):
    norm.weight.copy_(torch.from_numpy(bundle.weights[f"{path}/gamma"]))
    norm.bias.copy_(torch.from_numpy(bundle.weights[f"{path}/beta"]))
