"""What encoder and decoder share when they are served: their parts, in plain TensorFlow operations.

States are matrices `(N, D)`, a row for every position of every sentence. The operations are chosen
for a server's CPU without XLA, where a model of this kind is bound by their number and by memory:

* oneDNN takes over `tf.matmul`, `tf.nn.softmax` and `tf.transpose`. It prepares a primitive for
  every new shape, and takes some microseconds to find it again: what is small, or of a shape that
  changes with every request, is done in kernels that it leaves alone.
* broadcasting along an inner axis costs TensorFlow ten times the addition itself: masks are brought
  to their full shape once.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from keras_transformer.layers.feed_forward import ACTIVATIONS
from keras_transformer.layers.multi_head_attention import MASKED_SCORE
from keras_transformer.layers.residual import NORM_EPSILON
from keras_transformer.layers.rotary_positions import position_angles

# In a model with kernels of so many numbers the product of few rows with a kernel is a matter of
# memory, which TensorFlow reads with one thread; so it is made of two halves, at the same time.
LARGE_KERNEL = 2**17


class BlockWeights(NamedTuple):
    """Weights of one block: projections (kernel, bias), and norms (scale, shift) or None (folded).

    A kernel is a matrix, or a tuple of its upper and its lower half.

    What is about the memory is None in a block of the encoder.
    """

    self_projection: tuple  # kernel (D, 3 D) and bias: query, key and value side by side
    self_output: tuple
    self_norm: tuple | None
    inner: tuple
    output: tuple
    feed_forward_norm: tuple | None
    cross_query: tuple | None = None
    cross_output: tuple | None = None
    cross_norm: tuple | None = None


class Blocks:
    """Parts of a block, as functions of states and weights.

    Args:
        model: a built float32 `Transformer` on the TensorFlow backend, folded
            (`folding.fold`).
        is_single: whether states have a single row, always.
        half_kernels: `HalfKernels`, to multiply in bfloat16; None: in float32.
        in_halves: whether large kernels are multiplied in two halves at the same time.
    """

    def __init__(self, model, is_single=False, half_kernels=None, in_halves=False):
        self.model = model
        self.is_single = is_single
        self.in_halves = in_halves
        self.half_kernels = half_kernels
        self.hidden_dim = model.hidden_dim
        self.num_heads = model.num_heads
        self.head_dim = model.hidden_dim // model.num_heads
        self.is_pre_norm = model.norm == "pre"
        self.activation, self.is_gated = ACTIVATIONS[model.activation]

    def read(self, block):
        """`BlockWeights`, read from the variables: before a loop, and not again at every step."""
        attention, feed_forward = block.self_attention.sublayer, block.feed_forward.sublayer
        cross = {}
        if hasattr(block, "cross_attention"):
            sublayer = block.cross_attention.sublayer
            cross = {
                "cross_query": self.projection(sublayer.query_kernel, sublayer.query_bias),
                "cross_output": self.projection(sublayer.output_kernel, sublayer.output_bias),
                "cross_norm": self._norm_of(block.cross_attention),
            }
        return BlockWeights(
            self_projection=self.projection(
                attention.query_key_value_kernel, attention.query_key_value_bias
            ),
            self_output=self.projection(attention.output_kernel, attention.output_bias),
            self_norm=self._norm_of(block.self_attention),
            inner=self.projection(feed_forward.inner_kernel, feed_forward.inner_bias),
            output=self.projection(feed_forward.output_kernel, feed_forward.output_bias),
            feed_forward_norm=self._norm_of(block.feed_forward),
            **cross,
        )

    def projection(self, kernel, bias):
        """The values of a projection's variables."""
        bias = read(bias)[0]
        kernel = self.half_kernels.read(kernel) if self.half_kernels else read(kernel)[0]
        return self.halved(kernel), bias

    def halved(self, kernel):
        """A kernel `(D, N)`, or its two halves `(D / 2, N)` if it is large and they are wanted."""
        rows, columns = kernel.shape
        if not self.in_halves or rows % 2 or rows * columns < LARGE_KERNEL:
            return kernel
        return tuple(tf.split(kernel, 2))

    def _norm_of(self, residual):
        norm = residual.layer_norm
        return None if self.is_pre_norm else read(norm.gamma, norm.beta)

    def embed(self, embeddings, ids, positions):
        """States `(N, D)` of the ids `(N,)`.

        Args:
            embeddings: `(V, D)`.
            positions: what is added, broadcastable to `(N, D)`; None for rotary positions.
        """
        hidden = tf.gather(embeddings, ids) * math.sqrt(self.hidden_dim)
        if positions is not None:
            hidden += positions
        return hidden - _mean(hidden) if self.is_pre_norm else hidden

    def affine(self, inputs, weights):
        """`inputs W + b` of states `(N, D)`."""
        kernel, bias = weights
        return tf.nn.bias_add(self._multiply(inputs, kernel), bias)

    def _multiply(self, inputs, kernel):
        """`inputs W`, where `kernel` may be a pair of halves."""
        if isinstance(kernel, tuple):
            products = map(self._multiply, tf.split(inputs, 2, axis=1), kernel)
            return tf.add(*products)
        if not self.is_single:
            return _matmul(inputs, kernel)
        # A row is a column that lies down. TensorFlow leaves transposed products to its own kernel,
        # which for a single row is done before oneDNN has looked up what to do.
        return tf.matmul(tf.reshape(inputs, (-1, 1)), kernel, transpose_a=True)

    def project_to_vocabulary(self, hidden, embeddings, output_table):
        """Logits `(N, V)` of states `(N, D)`.

        Args:
            embeddings: `(V, D)`.
            output_table: the same, transposed: up to twice as fast; or None.
        """
        if output_table is None or (self.is_single and output_table.dtype != hidden.dtype):
            return tf.matmul(hidden, embeddings, transpose_b=True)
        output_table = self.halved(output_table)
        if self.is_single and not isinstance(output_table, tuple):
            return _batch_matmul(hidden, output_table)  # see `_multiply`
        return self._multiply(hidden, output_table)

    def residual(self, hidden, sublayer, norm):
        """`sublayer` with its norm and the path around it."""
        if self.is_pre_norm:
            return hidden + sublayer(normalize_centered(hidden))
        return normalize(hidden + sublayer(hidden), norm)

    def feed_forward(self, hidden, weights):
        """The feed-forward part, with its norm and the path around it."""

        def sublayer(inputs):
            inner = self.affine(inputs, weights.inner)
            if self.is_gated:
                gate, inner = tf.split(inner, 2, axis=1)
                inner *= self.activation(gate)
            else:
                inner = self.activation(inner)
            return self.affine(inner, weights.output)

        return self.residual(hidden, sublayer, weights.feed_forward_norm)

    def position_tables(self, positions, length):
        """A row a position: what is added `(length, D)`, or cosines and sines `(length, 2 D)`.

        Args:
            positions: the model's layer of source or of target positions; None if rotary.
            length: scalar int32.

        Returns:
            A tuple of one table, or of two if positions are rotary, whose first half is for
            queries and whose second is for keys.
        """
        model = self.model
        if model.positions == "sinusoidal":
            return (positions.encoding(length, model.hidden_dim),)
        if model.positions == "learned":
            # As the layer does, the last position stands for all that follow.
            rows = tf.minimum(tf.range(length), model.max_length - 1)
            return (tf.gather(read(positions.embeddings)[0], rows),)
        rotary = model.decoder_blocks[0].self_attention.sublayer.rotary_positions
        angles = position_angles(length, self.head_dim, rotary.wavelength)
        cosines = tf.repeat(tf.cos(angles), 2, axis=1)
        sines = tf.reshape(tf.stack([-tf.sin(angles), tf.sin(angles)], axis=-1), (length, -1))
        return tuple(tf.tile(table, (1, 2 * self.num_heads)) for table in (cosines, sines))

    def rotate(self, fused, rotations):
        """Turns queries and keys of a fused projection `(N, 3 D)` by rotary positions.

        Args:
            rotations: cosines and sines, each broadcastable to `(N, 2 D)`; None: nothing to do.
        """
        if rotations is None:
            return fused
        cosines, sines = rotations
        width = 2 * self.hidden_dim
        turning, values = tf.split(fused, [width, self.hidden_dim], axis=1)
        swapped = tf.gather(turning, tf.range(width) ^ 1, axis=1)
        return tf.concat([turning * cosines + swapped * sines, values], axis=1)


class HalfKernels:
    """Copies of kernels in bfloat16.

    Attributes:
        copies: list of the variables.
    """

    def __init__(self):
        self._of = {}

    @property
    def copies(self):
        """List of the variables."""
        return list(self._of.values())

    def read(self, kernel):
        """The value of a Keras variable's copy, which is made when it is first asked for."""
        if id(kernel) not in self._of:
            with tf.init_scope():
                half = tf.cast(kernel.value, tf.bfloat16)
                self._of[id(kernel)] = tf.Variable(half, trainable=False, name="half_kernel")
        return tf.convert_to_tensor(self._of[id(kernel)])


def _matmul(inputs, kernel):
    """A product in the type of the kernel, as float32."""
    if kernel.dtype == inputs.dtype:
        return tf.matmul(inputs, kernel)
    return tf.cast(tf.matmul(tf.cast(inputs, kernel.dtype), kernel), inputs.dtype)


def read(*variables):
    """Values of Keras variables."""
    return tuple(tf.convert_to_tensor(variable.value) for variable in variables)


def _mean(hidden):
    return tf.reduce_mean(hidden, axis=1, keepdims=True)


def normalize_centered(hidden):
    """Layer norm of states `(N, D)` whose mean is 0 already, without scale and shift."""
    return hidden * tf.math.rsqrt(_mean(tf.square(hidden)) + NORM_EPSILON)


def normalize(hidden, norm):
    """Layer norm of states `(N, D)`."""
    scale, shift = norm
    return tf.nn.bias_add(normalize_centered(hidden - _mean(hidden)) * scale, shift)


def attend(queries, keys, values, mask):
    """Contexts `(B, H, M, D / H)` of queries `(B, H, M, D / H)` over keys `(B, H, T, D / H)`.

    Args:
        mask: 0 or `MASKED_SCORE`, broadcastable to `(B, H, M, T)`; quickest if it has that shape.
    """
    if (queries.shape[2] or 1) > 1:
        # The hypotheses of a beam: the same shapes at many steps, large enough for oneDNN.
        weights = tf.nn.softmax(tf.matmul(queries, keys, transpose_b=True) + mask)
        return tf.matmul(weights, values)
    scores = _batch_matmul(queries, keys, transpose_b=True) + mask
    return _batch_matmul(tf.exp(tf.nn.log_softmax(scores)), values)


def _batch_matmul(left, right, transpose_b=False):
    """`tf.matmul` over leading axes, in the kernel that oneDNN does not take over."""
    return tf.raw_ops.BatchMatMulV3(x=left, y=right, Tout=tf.float32, adj_y=transpose_b)


def mask_scores(is_masked):
    """What to add to the scores of attention where a key must not be seen."""
    return tf.where(is_masked, MASKED_SCORE, 0.0)


def row_numbers(sizes, order):
    """Places of the entries of an array `sizes` in the array whose axes are in another order.

    `tf.gather(tf.reshape(x, (-1, n)), row_numbers(sizes, order))` is a transposition of all axes
    of `x` but the last.

    Args:
        sizes: list of the axes' sizes, ints or scalar tensors.
        order: the axes of the result, by their numbers.

    Returns:
        int32 vector.
    """
    total = tf.zeros((), tf.int32)
    for place, axis in enumerate(order):
        stride = 1
        for size in sizes[axis + 1 :]:
            stride *= size
        shape = [1] * len(order)
        shape[place] = -1
        total += tf.reshape(tf.range(sizes[axis]) * stride, shape)
    return tf.reshape(total, (-1,))
