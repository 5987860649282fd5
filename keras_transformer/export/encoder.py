"""The encoder that is served, in plain TensorFlow operations, see `blocks`."""

from typing import NamedTuple

import tensorflow as tf

from keras_transformer.export.blocks import (
    Blocks,
    attend,
    mask_scores,
    normalize,
    read,
    row_numbers,
)


class Memory(NamedTuple):
    """What the steps of decoding need to know of the source; the leading axis is the batch."""

    keys: list  # one a decoder block: (B, H, S, D / H)
    values: list  # (B, H, S, D / H)
    mask: object  # (B, H, 1, S): 0 at a token, very negative at padding


class ServingEncoder:
    """Reads source sentences.

    Args:
        model: a built float32 `Transformer` on the TensorFlow backend, folded
            (`folding.fold`).
    """

    def __init__(self, model, half_kernels=None):
        self.model = model
        self.blocks = Blocks(model, half_kernels=half_kernels)

    def __call__(self, source_ids):
        """`Memory` of sentences `(B, S)` int32, each row with its end mark, then padding."""
        model, blocks = self.model, self.blocks
        heads, head_dim = blocks.num_heads, blocks.head_dim
        batch, length = tf.unstack(tf.shape(source_ids))
        mask = mask_scores(tf.equal(source_ids, model.padding_id))[:, None, None]
        hidden = self._encode(source_ids, mask)
        to_heads = row_numbers([batch, length, 2, heads], [2, 0, 3, 1])
        keys, values = [], []
        for block in model.decoder_blocks:
            attention = block.cross_attention.sublayer
            weights = blocks.projection(attention.key_value_kernel, attention.key_value_bias)
            projected = blocks.affine(hidden, weights)
            rows = tf.gather(tf.reshape(projected, (-1, head_dim)), to_heads)
            pair = tf.unstack(tf.reshape(rows, (2, batch, heads, length, head_dim)))
            keys.append(pair[0])
            values.append(pair[1])
        return Memory(keys, values, tf.broadcast_to(mask, (batch, heads, 1, length)))

    def _encode(self, source_ids, mask):
        """States `(B S, D)` of the source."""
        model, blocks = self.model, self.blocks
        heads, head_dim = blocks.num_heads, blocks.head_dim
        batch, length = tf.unstack(tf.shape(source_ids))
        tables = [
            tf.tile(table, (batch, 1))
            for table in blocks.position_tables(model.source_positions, length)
        ]
        rotations = tables if model.positions == "rotary" else None
        hidden = blocks.embed(
            read(model.source_embedding.embeddings)[0],
            tf.reshape(source_ids, (-1,)),
            tables[0] if rotations is None else None,
        )
        mask = tf.broadcast_to(mask, (batch, heads, length, length))
        to_heads = row_numbers([batch, length, 3, heads], [2, 0, 3, 1])
        from_heads = row_numbers([batch, heads, length], [0, 2, 1])

        for block in model.encoder_blocks:
            weights = blocks.read(block)

            def self_attention(inputs, weights=weights):
                fused = blocks.rotate(blocks.affine(inputs, weights.self_projection), rotations)
                rows = tf.gather(tf.reshape(fused, (-1, head_dim)), to_heads)
                parts = tf.unstack(tf.reshape(rows, (3, batch, heads, length, head_dim)))
                contexts = attend(*parts, mask)
                rows = tf.gather(tf.reshape(contexts, (-1, head_dim)), from_heads)
                return blocks.affine(tf.reshape(rows, (-1, blocks.hidden_dim)), weights.self_output)

            hidden = blocks.residual(hidden, self_attention, weights.self_norm)
            hidden = blocks.feed_forward(hidden, weights)
        if model.encoder_norm is not None:
            hidden = normalize(hidden, read(model.encoder_norm.gamma, model.encoder_norm.beta))
        return hidden
