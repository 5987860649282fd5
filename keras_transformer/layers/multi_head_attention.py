"""Multi-head attention."""

import math

import keras
from keras import ops

from keras_transformer.layers.projection import fused_glorot_uniform, project
from keras_transformer.layers.rotary_positions import RotaryPositions

# Far below any real score, and finite in float32, in which scores are masked whatever the policy.
MASKED_SCORE = -1e9


@keras.saving.register_keras_serializable(package="keras_transformer")
class MultiHeadAttention(keras.layers.Layer):
    """`Concat(head_1, ..., head_h) W_O` with `head_i = softmax(Q_i K_i^T / sqrt(head_dim)) V_i`.

    A layer built without `memory` is self-attention: query, key and value are three projections of
    one input, computed in a single product. A layer built with `memory` is cross-attention: queries
    come from `query`, keys and values from `memory`, which may have a width of its own.

    Shape letters: `B` batch, `T` queries, `S` keys, `H` heads, `D` hidden_dim.

    Args:
        num_heads: number of heads `H`; divides `hidden_dim`.
        hidden_dim: width `D` of queries, of all heads together and of the output.
        dropout: rate of dropout on the attention weights, in training only.
        rotary: rotate queries and keys by their positions (self-attention only).

    Call arguments:
        query: `(B, T, D)`.
        memory: `(B, S, M)`, or the pair that `project_memory` made of it; None for self-attention.
        attention_mask: boolean, broadcastable to `(B, T, S)`, rank 3, `True` = may attend. A query
            without a single key gets weights 0 and stays finite.
        cache: pair of keys and values `(B, H, S, D / H)` of a self-attention; the new keys and
            values are written at `cache_index` and attention runs over the whole cache, so that
            `attention_mask` must hide the entries that are not filled yet.
        cache_index: scalar integer, position of the first query.
        return_weights: also return the attention weights.

    Returns:
        The output `(B, T, D)`; after it the new cache if one was given; after it the weights
        `(B, H, T, S)` in float32 if asked for.

    Reference:
        Vaswani et al. 2017, "Attention Is All You Need", sections 3.2.1 and 3.2.2.
    """

    def __init__(self, num_heads, hidden_dim, dropout=0.0, rotary=False, **kwargs):
        super().__init__(**kwargs)
        if num_heads < 1 or hidden_dim < 1 or hidden_dim % num_heads:
            raise ValueError(
                "`num_heads` must be at least 1 and divide `hidden_dim`. "
                f"Received: num_heads={num_heads}, hidden_dim={hidden_dim}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        self.num_heads = num_heads
        self.hidden_dim = hidden_dim
        self.dropout = dropout
        self.rotary = rotary
        self.head_dim = hidden_dim // num_heads
        # An export that has made it part of the projection sets it to 1.
        self.query_scale = 1 / math.sqrt(self.head_dim)
        self.weights_dropout = keras.layers.Dropout(
            dropout, dtype=self.dtype_policy, name="weights_dropout"
        )
        self.rotary_positions = (
            RotaryPositions(dtype=self.dtype_policy, name="rotary_positions") if rotary else None
        )

    def build(self, query_shape, memory_shape=None):
        if query_shape[-1] != self.hidden_dim:
            raise ValueError(
                f"`query` must have `hidden_dim` = {self.hidden_dim} features. "
                f"Received: query shape {tuple(query_shape)}"
            )
        self.is_cross_attention = memory_shape is not None
        if self.is_cross_attention:
            if self.rotary:
                raise ValueError("`rotary=True` needs self-attention. Received: `memory`")
            self._add_projection("query", query_shape[-1], 1)
            self._add_projection("key_value", memory_shape[-1], 2)
        else:
            self._add_projection("query_key_value", query_shape[-1], 3)
        self._add_projection("output", self.hidden_dim, 1)
        self.weights_dropout.build((None, self.num_heads, None, None))
        if self.rotary:
            self.rotary_positions.build((None, self.num_heads, None, self.head_dim))
        self.built = True

    def _add_projection(self, name, input_dim, num_matrices):
        width = num_matrices * self.hidden_dim
        kernel = self.add_weight(
            shape=(input_dim, width),
            initializer=fused_glorot_uniform(num_matrices),
            name=f"{name}_kernel",
        )
        bias = self.add_weight(shape=(width,), initializer="zeros", name=f"{name}_bias")
        setattr(self, f"{name}_kernel", kernel)
        setattr(self, f"{name}_bias", bias)

    def _split_heads(self, inputs, num_parts):
        """`(B, T, num_parts * D)` -> `num_parts` tensors `(B, H, T, D / H)`."""
        batch, length = ops.shape(inputs)[:2]
        heads = ops.reshape(inputs, (batch, length, num_parts, self.num_heads, self.head_dim))
        return ops.unstack(ops.transpose(heads, (2, 0, 3, 1, 4)), num_parts, axis=0)

    def project_memory(self, memory):
        """Keys and values `(B, H, S, D / H)` of `memory`, computed once and used at every step."""
        projected = project(memory, self.key_value_kernel, self.key_value_bias)
        keys, values = self._split_heads(projected, 2)
        return keys, values

    def attend(self, queries, keys, values, attention_mask=None, training=None):
        """Scaled dot-product attention (section 3.2.1) for all heads at once.

        Args:
            queries: `(B, H, T, D / H)`.
            keys, values: `(B, H, S, D / H)`.
            attention_mask: boolean, broadcastable to `(B, T, S)`.

        Returns:
            Contexts `(B, H, T, D / H)` and weights `(B, H, T, S)`, the latter in float32.
        """
        queries = queries * ops.cast(self.query_scale, queries.dtype)
        scores = ops.matmul(queries, ops.swapaxes(keys, -1, -2))
        scores = ops.cast(scores, "float32")
        if attention_mask is not None:
            _check_mask(attention_mask)
            attention_mask = ops.expand_dims(attention_mask, 1)
            scores = ops.where(attention_mask, scores, MASKED_SCORE)
        weights = ops.softmax(scores, axis=-1)
        if attention_mask is not None:
            weights = ops.where(attention_mask, weights, 0.0)
        dropped = self.weights_dropout(ops.cast(weights, values.dtype), training=training)
        return ops.matmul(dropped, values), weights

    def call(
        self,
        query,
        memory=None,
        attention_mask=None,
        cache=None,
        cache_index=None,
        return_weights=False,
        training=None,
    ):
        if (memory is not None) != self.is_cross_attention:
            built = (
                "cross-attention, with" if self.is_cross_attention else "self-attention, without"
            )
            raise ValueError(f"This layer was built as {built} `memory`: call it in the same way.")
        if cache is not None and (self.is_cross_attention or cache_index is None):
            raise ValueError(
                "`cache` is of self-attention and needs `cache_index`. Received: "
                f"memory {'given' if self.is_cross_attention else 'not given'}, "
                f"cache_index={cache_index}"
            )
        if self.is_cross_attention:
            queries = project(query, self.query_kernel, self.query_bias)
            (queries,) = self._split_heads(queries, 1)
            projected = isinstance(memory, (tuple, list))
            keys, values = memory if projected else self.project_memory(memory)
        else:
            fused = project(query, self.query_key_value_kernel, self.query_key_value_bias)
            queries, keys, values = self._split_heads(fused, 3)
            if self.rotary:
                start = 0 if cache_index is None else cache_index
                queries = self.rotary_positions(queries, start_index=start)
                keys = self.rotary_positions(keys, start_index=start)
            if cache is not None:
                keys, values = cache = self._write_cache(cache, keys, values, cache_index)
        contexts, weights = self.attend(queries, keys, values, attention_mask, training)
        batch, _, length, _ = ops.shape(contexts)
        contexts = ops.reshape(
            ops.transpose(contexts, (0, 2, 1, 3)), (batch, length, self.hidden_dim)
        )
        outputs = (project(contexts, self.output_kernel, self.output_bias),)
        if cache is not None:
            outputs += (cache,)
        if return_weights:
            outputs += (weights,)
        return outputs if len(outputs) > 1 else outputs[0]

    def _write_cache(self, cache, keys, values, index):
        start = (0, 0, index, 0)
        return tuple(
            ops.slice_update(old, start, ops.cast(new, old.dtype))
            for old, new in zip(cache, (keys, values), strict=True)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "hidden_dim": self.hidden_dim,
            "dropout": self.dropout,
            "rotary": self.rotary,
        }


def _check_mask(mask):
    if len(mask.shape) != 3:
        raise ValueError(
            "`attention_mask` must have rank 3, (batch, queries, keys). "
            f"Received: shape {tuple(mask.shape)}"
        )
    if keras.backend.is_float_dtype(mask.dtype):
        raise ValueError(
            "`attention_mask` must be boolean, True = may attend; it is not added to the scores. "
            f"Received: dtype {keras.backend.standardize_dtype(mask.dtype)}"
        )
