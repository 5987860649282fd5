"""Where keys and values lie in the cache of the decoder that is served.

Shape letters as in `decoder`.
"""

import tensorflow as tf

from keras_transformer.export.blocks import row_numbers


class CacheLayout:
    """Where keys and values of a batch lie while steps are taken.

    A block's buffer is its cache as a matrix `(2 B H C, K D / H)`: first the keys, then the values.
    A step is written into it in place, which is safe because a buffer has one owner, and because
    everything that reads it comes before the next step's token.

    Args:
        blocks: `Blocks`.
        batch, room: scalar int32, `B` and `C`.
        num_hypotheses: `K`, a Python int.
    """

    def __init__(self, blocks, batch, num_hypotheses, room):
        self.blocks = blocks
        self.batch = batch
        self.num_hypotheses = num_hypotheses
        self.room = room
        heads, width = blocks.num_heads, num_hypotheses
        self._pairs = batch * heads
        self._first_rows = tf.range(2 * self._pairs) * room
        self._parts = row_numbers([batch, width, 3, heads], [2, 0, 3, 1])
        self._to_heads = row_numbers([batch, width, heads], [0, 2, 1])
        self._from_heads = row_numbers([batch, heads, width], [0, 2, 1])

    def open(self, cache):
        """The buffer of a cache `(2, B, H, C, K D / H)`."""
        return tf.reshape(cache, (-1, self.num_hypotheses * self.blocks.head_dim))

    def close(self, buffer):
        """The cache of a buffer."""
        return tf.reshape(
            buffer, (2, self.batch, self.blocks.num_heads, self.room, buffer.shape[1])
        )

    def rows_of(self, step):
        """Rows of a buffer that belong to a step."""
        return self._first_rows + step

    def write(self, buffer, rows, fused):
        """Writes keys and values of a fused projection `(B K, 3 D)` into rows of a buffer.

        Returns:
            The buffer, and the queries `(B, H, K, D / H)`.
        """
        width, head_dim = self.num_hypotheses, self.blocks.head_dim
        parts = tf.reshape(fused, (-1, head_dim))
        if not self.blocks.is_single:  # whose parts lie as they should
            parts = tf.reshape(tf.gather(parts, self._parts), (-1, width * head_dim))
        queries, written = tf.split(parts, [self._pairs, 2 * self._pairs], num=2)
        buffer = tf.raw_ops.InplaceUpdate(x=buffer, i=rows, v=written)
        return buffer, tf.reshape(queries, (-1, self.blocks.num_heads, width, head_dim))

    def read(self, buffer):
        """Keys and values `(B, H, C K, D / H)`, without copying."""
        shape = (2, self.batch, self.blocks.num_heads, -1, self.blocks.head_dim)
        return tf.unstack(tf.reshape(buffer, shape))

    def split_heads(self, states):
        """`(B K, D)` -> `(B, H, K, D / H)`."""
        width, head_dim = self.num_hypotheses, self.blocks.head_dim
        if width > 1:
            states = tf.gather(tf.reshape(states, (-1, head_dim)), self._to_heads)
        return tf.reshape(states, (-1, self.blocks.num_heads, width, head_dim))

    def merge_heads(self, contexts):
        """`(B, H, K, D / H)` -> `(B K, D)`."""
        if self.num_hypotheses > 1:
            rows = tf.reshape(contexts, (-1, self.blocks.head_dim))
            contexts = tf.gather(rows, self._from_heads)
        return tf.reshape(contexts, (-1, self.blocks.hidden_dim))
