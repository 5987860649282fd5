"""The decoder that is served: plain TensorFlow operations, few a step, with a cache that grows.

It is the only second path of the forward pass. `Transformer.decode` scores all positions at once
and `decoding/` runs on every backend with a cache of fixed size; neither is what a server should
run. Here a step works on the last position only, on `(B, D)` matrices; the cache is as long as the
translation so far; and what does not change from step to step (weights, positions, keys and values
of the source) is computed before the loop and captured by it.

Shape letters: `B` rows, `S` source length, `t` the current step, `L` the most steps, `D`
hidden_dim, `H` heads, `V` size of the target's vocabulary.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from keras_transformer.decoding.loop import Decoded
from keras_transformer.layers.feed_forward import ACTIVATIONS
from keras_transformer.layers.multi_head_attention import MASKED_SCORE
from keras_transformer.layers.residual import NORM_EPSILON
from keras_transformer.layers.rotary_positions import position_angles


class BlockWeights(NamedTuple):
    """Weights of one decoder block; each kernel is `(rows, columns)`, each norm (scale, shift)."""

    self_projection: tuple  # kernel (D, 3 D) and bias: query, key and value side by side
    self_output: tuple
    self_norm: tuple
    cross_query: tuple
    cross_output: tuple
    cross_norm: tuple
    inner: tuple
    output: tuple
    feed_forward_norm: tuple


class Memory(NamedTuple):
    """All that the steps of one batch share."""

    blocks: list  # of `BlockWeights`, read from the variables once
    norm: tuple | None  # of the whole stack, in pre-norm
    embeddings: object  # (V, D)
    keys: list  # of the source, one a block: (B, H, S, D / H), scaled by 1 / sqrt(D / H)
    values: list  # (B, H, S, D / H), zero at padding
    mask: object  # (B, 1, 1, S): 0 at a token, very negative at padding
    positions: tuple  # tables with a row a step: (L, D), or cosines and sines, each (L, 2 D)


class ServingDecoder:
    """Greedy translation of a batch, to be traced into a SavedModel.

    Args:
        model: a built `Transformer` in float32 on the TensorFlow backend.
        start_id, end_id: special ids of the target's tokenizer.
    """

    def __init__(self, model, start_id, end_id):
        self.model = model
        self.start_id = start_id
        self.end_id = end_id
        self.num_heads = model.num_heads
        self.head_dim = model.hidden_dim // model.num_heads
        self.activation, self.is_gated = ACTIVATIONS[model.activation]
        self.is_pre_norm = model.norm == "pre"

    def start(self, source_ids, max_length):
        """Reads the source and prepares decoding.

        Args:
            source_ids: `(B, S)` int32, each row with its end mark, then padding.
            max_length: scalar int32, the most steps that will be taken.

        Returns:
            `Memory`, and the empty caches: keys and values `(B, H, 0, D / H)` for every block.
        """
        encoded = self.model.encode(source_ids, training=False)
        is_token = tf.cast(encoded.mask, tf.float32)[:, None]
        keys, values = [], []
        for block in self.model.decoder_blocks:
            block_keys, block_values = block.project_memory(encoded.states)
            keys.append(block_keys / math.sqrt(self.head_dim))
            values.append(block_values * tf.transpose(is_token, (0, 1, 3, 2)))
        norm = self.model.decoder_norm
        memory = Memory(
            blocks=[_block_weights(block) for block in self.model.decoder_blocks],
            norm=None if norm is None else _read(norm.gamma, norm.beta),
            embeddings=_read(self.model.target_embedding.embeddings)[0],
            keys=keys,
            values=values,
            mask=(1.0 - is_token) * MASKED_SCORE,
            positions=self._position_tables(max_length),
        )
        empty = tf.zeros((tf.shape(source_ids)[0], self.num_heads, 0, self.head_dim))
        return memory, [(empty, empty) for _ in memory.blocks]

    def _position_tables(self, max_length):
        """One row a step of what the position adds (or turns)."""
        model = self.model
        steps = tf.maximum(max_length, 1)
        if model.positions == "sinusoidal":
            return (model.target_positions.encoding(steps, model.hidden_dim),)
        if model.positions == "learned":
            # As the layer does, the last position stands for all that follow.
            rows = tf.minimum(tf.range(steps), model.max_length - 1)
            return (tf.gather(_read(model.target_positions.embeddings)[0], rows),)
        rotary = model.decoder_blocks[0].self_attention.sublayer.rotary_positions
        angles = position_angles(steps, self.head_dim, rotary.wavelength)
        cosines = tf.repeat(tf.cos(angles), 2, axis=1)
        sines = tf.reshape(tf.stack([-tf.sin(angles), tf.sin(angles)], axis=-1), (steps, -1))
        scale = 1 / math.sqrt(self.head_dim)  # queries are scaled where they are turned
        return tuple(
            tf.concat(
                [
                    tf.tile(table * scale, (1, self.num_heads)),
                    tf.tile(table, (1, self.num_heads)),
                ],
                axis=1,
            )
            for table in (cosines, sines)
        )

    def step(self, memory, caches, ids, index):
        """Scores the token after position `index`.

        Args:
            memory, caches: from `start`; the caches from the step before.
            ids: `(B,)` int32, the ids at position `index`.
            index: scalar int32.

        Returns:
            Logits `(B, V)`, float32, and the new caches, one entry longer.
        """
        hidden = tf.gather(memory.embeddings, ids) * math.sqrt(self.model.hidden_dim)
        positions = [tf.gather(table, index) for table in memory.positions]
        rotations = positions if self.model.positions == "rotary" else None
        if rotations is None:
            hidden += positions[0]
        new_caches = []
        for number, weights in enumerate(memory.blocks):
            hidden, cache = self._block(weights, memory, number, hidden, caches[number], rotations)
            new_caches.append(cache)
        if memory.norm is not None:
            hidden = _normalize(hidden, memory.norm)
        return tf.matmul(hidden, memory.embeddings, transpose_b=True), new_caches

    def _block(self, weights, memory, number, hidden, cache, rotations):
        def self_attention(inputs):
            nonlocal cache
            queries, keys, values = self._project(inputs, weights.self_projection, rotations)
            cache = tf.concat([cache[0], keys], axis=2), tf.concat([cache[1], values], axis=2)
            contexts = self._attend(queries, *cache)
            return _affine(contexts, weights.self_output)

        def cross_attention(inputs):
            queries = self._heads(_affine(inputs, weights.cross_query))
            contexts = self._attend(
                queries, memory.keys[number], memory.values[number], memory.mask
            )
            return _affine(contexts, weights.cross_output)

        def feed_forward(inputs):
            inner = _affine(inputs, weights.inner)
            if self.is_gated:
                gate, inner = tf.split(inner, 2, axis=1)
                inner *= self.activation(gate)
            else:
                inner = self.activation(inner)
            return _affine(inner, weights.output)

        hidden = self._residual(hidden, self_attention, weights.self_norm)
        hidden = self._residual(hidden, cross_attention, weights.cross_norm)
        hidden = self._residual(hidden, feed_forward, weights.feed_forward_norm)
        return hidden, cache

    def _residual(self, hidden, sublayer, norm):
        if self.is_pre_norm:
            return hidden + sublayer(_normalize(hidden, norm))
        return _normalize(hidden + sublayer(hidden), norm)

    def _project(self, inputs, weights, rotations):
        """Queries (scaled), keys and values `(B, H, 1, D / H)` of one position."""
        fused = _affine(inputs, weights)
        width = self.model.hidden_dim
        if rotations is None:
            queries, keys, values = tf.split(fused, 3, axis=1)
            queries *= 1 / math.sqrt(self.head_dim)
        else:
            turning, values = tf.split(fused, [2 * width, width], axis=1)
            cosines, sines = rotations
            swapped = tf.gather(turning, tf.range(2 * width) ^ 1, axis=1)
            queries, keys = tf.split(turning * cosines + swapped * sines, 2, axis=1)
        return self._heads(queries), self._heads(keys), self._heads(values)

    def _heads(self, states):
        """`(B, D)` -> `(B, H, 1, D / H)`; one position needs no transposition."""
        return tf.reshape(states, (-1, self.num_heads, 1, self.head_dim))

    def _attend(self, queries, keys, values, mask=None):
        scores = _batch_matmul(queries, keys, transpose_b=True)
        if mask is not None:
            scores += mask
        # Not `tf.nn.softmax`, for the reason given at `_batch_matmul`.
        weights = tf.exp(tf.nn.log_softmax(scores))
        return tf.reshape(_batch_matmul(weights, values), (-1, self.model.hidden_dim))

    def greedy(self, source_ids, limits):
        """The most probable token at every step, until every row has ended.

        The result of a row depends neither on the other rows nor on padding: a finished row emits
        padding and its score is frozen.

        Args:
            source_ids: `(B, S)` int32, each row with its end mark, then padding.
            limits: `(B,)` int32, the most ids of a row, the end mark included; a row whose limit is
                0 stays empty.

        Returns:
            `Decoded`; `ids` are as wide as the longest translation.
        """
        max_length = tf.reduce_max(tf.concat([limits, [0]], axis=0))
        memory, caches = self.start(source_ids, max_length)
        batch = tf.shape(source_ids)[0]

        def keep_going(step, ids, scores, finished, produced, caches):
            return tf.logical_not(tf.reduce_all(finished))

        def advance(step, ids, scores, finished, produced, caches):
            logits, caches = self.step(memory, caches, ids, step)
            ids, log_probabilities = best_tokens(logits)
            ids = tf.where(finished, self.model.padding_id, ids)
            scores = tf.where(finished, scores, scores + log_probabilities)
            step += 1
            finished = finished | tf.equal(ids, self.end_id) | (step >= limits)
            produced = tf.concat([produced, ids[:, None]], axis=1)
            return step, ids, scores, finished, produced, caches

        state = (
            tf.constant(0),
            tf.fill((batch,), self.start_id),
            tf.zeros((batch,)),
            limits <= 0,
            tf.zeros((batch, 0), tf.int32),
            caches,
        )
        growing = tf.TensorShape((None, self.num_heads, None, self.head_dim))
        rows = tf.TensorShape((None,))
        shapes = (
            tf.TensorShape(()),
            rows,
            rows,
            rows,
            tf.TensorShape((None, None)),
            [(growing, growing) for _ in caches],
        )
        outcome = tf.while_loop(keep_going, advance, state, shape_invariants=shapes)
        return _decoded(outcome[4], outcome[2], limits, self.end_id)


def best_tokens(logits):
    """`(B, V)` -> the most probable ids `(B,)` int32 and their log-probabilities `(B,)`."""
    best, ids = tf.math.top_k(logits, k=1)  # of equal ones the first, as `argmax`
    # log p = best - logsumexp(logits), and the sum of exp(logits - best) cannot overflow.
    return ids[:, 0], -tf.math.log(tf.reduce_sum(tf.exp(logits - best), axis=1))


def _decoded(ids, scores, limits, end_id):
    """The result in the terms of `decoding.decode`: rows end at their end mark or limit."""
    is_end = tf.equal(ids, end_id)
    has_end = tf.reduce_any(is_end, axis=1)
    before_end = tf.reduce_sum(
        tf.cast(tf.equal(tf.cumsum(tf.cast(is_end, tf.int32), axis=1), 0), tf.int32), axis=1
    )
    lengths = tf.where(has_end, before_end + 1, tf.maximum(limits, 0))
    return Decoded(ids, lengths, scores, tf.logical_not(has_end) & (limits > 0))


def _batch_matmul(left, right, transpose_b=False):
    """`tf.matmul` over leading axes, in the kernel that oneDNN does not take over.

    oneDNN prepares a primitive for every new shape. The cache has a new length at every step, so
    one product of a few microseconds would take fifty.
    """
    return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_y=transpose_b)


def _affine(inputs, weights):
    kernel, bias = weights
    return tf.nn.bias_add(tf.matmul(inputs, kernel), bias)


def _normalize(hidden, norm):
    """Layer normalisation over the last axis."""
    scale, shift = norm
    centered = hidden - tf.reduce_mean(hidden, axis=1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centered), axis=1, keepdims=True)
    return centered * (tf.math.rsqrt(variance + NORM_EPSILON) * scale) + shift


def _read(*variables):
    """Values of Keras variables, read here, before the loop, and not again at every step."""
    return tuple(tf.convert_to_tensor(variable.value) for variable in variables)


def _block_weights(block):
    attention, cross = block.self_attention.sublayer, block.cross_attention.sublayer
    feed_forward = block.feed_forward.sublayer

    def norm(residual):
        return _read(residual.layer_norm.gamma, residual.layer_norm.beta)

    return BlockWeights(
        self_projection=_read(attention.query_key_value_kernel, attention.query_key_value_bias),
        self_output=_read(attention.output_kernel, attention.output_bias),
        self_norm=norm(block.self_attention),
        cross_query=_read(cross.query_kernel, cross.query_bias),
        cross_output=_read(cross.output_kernel, cross.output_bias),
        cross_norm=norm(block.cross_attention),
        inner=_read(feed_forward.inner_kernel, feed_forward.inner_bias),
        output=_read(feed_forward.output_kernel, feed_forward.output_bias),
        feed_forward_norm=norm(block.feed_forward),
    )
