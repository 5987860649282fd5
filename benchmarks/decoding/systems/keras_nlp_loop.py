"""keras-nlp's layers under its sampler, as the Keras example of translation does it.

After https://keras.io/examples/nlp/neural_machine_translation_with_keras_hub: at every step the
whole model, encoder included, runs over a prompt of fixed length, and `GreedySampler` takes the
logits of the position before the next. There is no cache, and no beam search for such a model.
What the example leaves undone and any user would do is done here: the whole sampler call is a
`tf.function`, and sentences are translated in batches. Lengths are fixed, as in the example, but at
what these sentences need and no more.
"""

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from keras import ops

from systems.engine import Engine

_LENGTH_STEP = 8  # of the sources' lengths, so that few programs are traced


class KerasNlp(Engine):
    """`GreedySampler` on a model of `TransformerEncoder` and `TransformerDecoder`.

    Options: `longest`, ids of the longest translation.
    """

    def __init__(self, bundle, options):
        super().__init__(bundle, options)
        self.prompt_length = options["longest"] + 1
        self.model = _model(bundle, self.prompt_length)
        self.sampler = keras_nlp.samplers.GreedySampler()
        self.generate = tf.function(self._generate, reduce_retracing=False)

    def _generate(self, source_ids):
        ids = self.bundle.special_ids

        def next_logits(prompt, cache, index):
            logits = self.model([source_ids, prompt])[:, index - 1, :]
            return logits, None, cache

        batch = ops.shape(source_ids)[0]
        start = ops.full((batch, 1), ids["start"], dtype="int32")
        padding = ops.full((batch, self.prompt_length - 1), ids["padding"], dtype="int32")
        prompt = ops.concatenate((start, padding), axis=-1)
        return self.sampler(next_logits, prompt, stop_token_ids=[ids["end"]], index=1)

    def prepare(self, rows, beam):
        if beam != 1:
            raise ValueError("keras-nlp has no beam search for an encoder-decoder of its layers.")
        ids = self.bundle.padded(rows)
        width = -(-ids.shape[1] // _LENGTH_STEP) * _LENGTH_STEP
        padding = self.bundle.special_ids["padding"]
        ids = np.pad(ids, [(0, 0), (0, width - ids.shape[1])], constant_values=padding)
        return tf.constant(ids), [self.bundle.limits[row] for row in rows]

    def run(self, batch):
        return self.generate(batch[0]).numpy()

    def outputs(self, batch, result):
        rows = zip(result[:, 1:].tolist(), batch[1], strict=True)
        return [self.output(row[:limit]) for row, limit in rows]


def _model(bundle, prompt_length):
    model = bundle.model
    sizes = {
        "intermediate_dim": model["intermediate_dim"],
        "num_heads": model["num_heads"],
        "activation": model["activation"],
        "normalize_first": model["norm"] == "pre",
    }
    source = keras.Input((None,), dtype="int32")
    hidden = _Embedding(bundle, name="source_embedding")(source)
    for number in range(model["num_encoder_layers"]):
        layer = keras_nlp.layers.TransformerEncoder(**sizes, name=f"encoder_block_{number}")
        hidden = layer(hidden)
        _fill_encoder(layer, bundle)
    memory = _final_norm(hidden, bundle, "encoder_norm")
    target = keras.Input((prompt_length,), dtype="int32")
    hidden = _Embedding(bundle, name="target_embedding")(target)
    for number in range(model["num_decoder_layers"]):
        layer = keras_nlp.layers.TransformerDecoder(**sizes, name=f"decoder_block_{number}")
        hidden = layer(hidden, memory)
        _fill_decoder(layer, bundle)
    hidden = _final_norm(hidden, bundle, "decoder_norm")
    output = keras.layers.Dense(model["vocabulary_size"], use_bias=False)
    logits = output(hidden)
    output.kernel.assign(bundle.embeddings().T)
    return keras.Model([source, target], logits)


class _Embedding(keras.layers.Layer):
    """`TokenAndPositionEmbedding` of the example, filled with our scaled table and positions."""

    def __init__(self, bundle, **kwargs):
        super().__init__(**kwargs)
        width, longest = bundle.model["hidden_dim"], 512
        self.table = keras_nlp.layers.TokenAndPositionEmbedding(
            bundle.model["vocabulary_size"], longest, width, mask_zero=True
        )
        self.table.build((None, longest))
        scaled = bundle.embeddings() * np.sqrt(np.float32(width))
        self.table.token_embedding.embeddings.assign(scaled)
        self.table.position_embedding.position_embeddings.assign(bundle.positions(longest))

    def call(self, ids):
        return self.table(ids)

    def compute_mask(self, ids, mask=None):
        return self.table.compute_mask(ids, mask)


def _final_norm(hidden, bundle, name):
    if f"{name}/gamma" not in bundle.weights:
        return hidden
    norm = keras.layers.LayerNormalization(epsilon=1e-5, name=name)
    hidden = norm(hidden)
    _norm(norm, bundle, name)
    return hidden


def _fill_encoder(layer, bundle):
    path = f"{layer.name}/self_attention"
    _attention(layer._self_attention_layer, bundle, path, ("query_key_value",))
    _norm(layer._self_attention_layer_norm, bundle, f"{path}/layer_norm")
    _feed_forward(layer, bundle)


def _fill_decoder(layer, bundle):
    path = f"{layer.name}/self_attention"
    _attention(layer._self_attention_layer, bundle, path, ("query_key_value",))
    _norm(layer._self_attention_layer_norm, bundle, f"{path}/layer_norm")
    path = f"{layer.name}/cross_attention"
    _attention(layer._cross_attention_layer, bundle, path, ("query", "key_value"))
    _norm(layer._cross_attention_layer_norm, bundle, f"{path}/layer_norm")
    _feed_forward(layer, bundle)


def _attention(attention, bundle, path, names):
    path = f"{path}/attention"
    kernels = [bundle.weights[f"{path}/{name}_kernel"] for name in names]
    biases = [bundle.weights[f"{path}/{name}_bias"] for name in names]
    parts = zip(
        (attention.query_dense, attention.key_dense, attention.value_dense),
        np.split(np.concatenate(kernels, axis=1), 3, axis=1),
        np.split(np.concatenate(biases), 3),
        strict=True,
    )
    for dense, kernel, bias in parts:  # (D, H, D / H) and (H, D / H)
        dense.kernel.assign(kernel.reshape(dense.kernel.shape))
        dense.bias.assign(bias.reshape(dense.bias.shape))
    output = attention.output_dense
    output.kernel.assign(bundle.weights[f"{path}/output_kernel"].reshape(output.kernel.shape))
    output.bias.assign(bundle.weights[f"{path}/output_bias"])


def _feed_forward(layer, bundle):
    path = f"{layer.name}/feed_forward"
    inner, output = layer._feedforward_intermediate_dense, layer._feedforward_output_dense
    for dense, name in ((inner, "inner"), (output, "output")):
        dense.kernel.assign(bundle.weights[f"{path}/feed_forward/{name}_kernel"])
        dense.bias.assign(bundle.weights[f"{path}/feed_forward/{name}_bias"])
    _norm(layer._feedforward_layer_norm, bundle, f"{path}/layer_norm")


def _norm(norm, bundle, path):
    norm.gamma.assign(bundle.weights[f"{path}/gamma"])
    norm.beta.assign(bundle.weights[f"{path}/beta"])
