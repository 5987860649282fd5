"""The decoder that is served: plain TensorFlow operations, few a step, with a cache that grows.

It is the only second path of the forward pass. `Transformer.decode` scores all positions at once
and `decoding/` runs on every backend with a cache of fixed size; neither is what a server should
run. Here a step works on the last position only, and what does not change from step to step
(weights, positions, keys and values of the source) is computed before the loop.

There are two loops. The inner one takes steps; the outer one lets it go on with more room in the
cache, and without the sentences that are done, once half of them are: their rows are taken out of
everything. So the strategies of `decoding/` are used as they are.

With beam search the cache is never reordered. Each of a sentence's `K` hypotheses writes into a
slot of its own at every step, and attends to all `K` slots of all steps, of which a mask leaves it
those of its ancestors: instead of moving all keys and values at every step, one small table of
ancestors is moved.

Shape letters: `B` rows still in work, `K` hypotheses, `S` source length, `C` steps for which the
cache has room, `L` the most steps, `D` hidden_dim, `H` heads, `V` size of the target's vocabulary.
"""

from typing import NamedTuple

import tensorflow as tf

from keras_transformer.backend import gather_rows
from keras_transformer.export.blocks import (
    LARGE_KERNEL,
    Blocks,
    HalfKernels,
    attend,
    mask_scores,
    normalize,
    read,
)
from keras_transformer.export.cache_layout import CacheLayout
from keras_transformer.export.encoder import Memory, ServingEncoder

# Steps for which the cache has room at first, and at least so many more whenever it is full.
ROOM = 16
# Rows that are done are taken out when at most this share is still in work, in batches of at least
# so many rows: copying what is kept costs about as much as a step.
KEPT_SHARE, LEAST_ROWS = 0.5, 8
# A transposed copy of the output table doubles the speed of the largest product of a step. It is
# made where the weights then are at most so many times the model's parameters.
MOST_WEIGHTS = 1.6


class Constants(NamedTuple):
    """What is the same at all steps and for all rows."""

    blocks: list  # of `BlockWeights`
    norm: tuple | None  # of the whole stack, in pre-norm
    embeddings: object  # (V, D)
    output_table: object  # (D, V), or None: the embeddings
    positions: tuple  # tables with a row a step, see `Blocks.position_tables`


class Progress(NamedTuple):
    """Between two turns of the outer loop."""

    rows: object  # (B,) int32: the rows' numbers in the request
    state: object  # of the strategy
    ancestors: object  # (B, K, C) int32: slot of each hypothesis at each step, -1 for none
    memory: Memory
    caches: list  # one a block: (2, B, H, C, K D / H), keys and values


class ServingDecoder:
    """Search for the translations of a batch, to be traced into a SavedModel.

    Args:
        model: a built float32 `Transformer` on the TensorFlow backend, folded (`folding.fold`).

        half: multiply in bfloat16, where the server's processor does that faster. Everything else,
            and all of a sentence alone, which is bound by memory, stays in float32.

    Attributes:
        output_table: variable `(D, V)`, a transposed copy of the model's, or None.
    """

    def __init__(self, model, half=False):
        self.model = model
        self.half_kernels = HalfKernels() if half else None
        self.encode = ServingEncoder(model, self.half_kernels)
        self.output_table = _transposed_output_table(model, tf.bfloat16 if half else tf.float32)

    @property
    def copies(self):
        """Variables beside those of the model."""
        copies = [] if self.output_table is None else [self.output_table]
        return copies + (self.half_kernels.copies if self.half_kernels else [])

    def search(self, source_ids, options, strategy, is_quick_alone=True):
        """Translates.

        The result of a row depends neither on the other rows nor on padding.

        Args:
            source_ids: `(B, S)` int32, each row with its end mark, then padding.
            options: `SearchOptions`.
            strategy: one of `decoding/`, such as `Greedy`.
            is_quick_alone: whether a sentence alone may have a graph of its own, see `Blocks`.

        Returns:
            `Hypotheses`.
        """
        has_gain = strategy.num_hypotheses == 1 or self.has_large_kernels()
        if not (is_quick_alone and has_gain):
            return _Search(self, strategy, False)(source_ids, options)
        return tf.cond(
            tf.equal(tf.shape(source_ids)[0], 1),
            lambda: _Search(self, strategy, True)(source_ids, options),
            lambda: _Search(self, strategy, False)(source_ids, options),
        )

    def has_large_kernels(self):
        """Whether its kernels are more than a cache holds, and worth multiplying in halves."""
        return self.model.hidden_dim * self.model.intermediate_dim >= LARGE_KERNEL

    def constants(self, blocks, max_length):
        """`Constants` of a search of at most `max_length` steps."""
        norm, table = self.model.decoder_norm, self.output_table
        return Constants(
            blocks=[blocks.read(block) for block in self.model.decoder_blocks],
            norm=None if norm is None else read(norm.gamma, norm.beta),
            embeddings=read(self.model.target_embedding.embeddings)[0],
            output_table=None if table is None else tf.convert_to_tensor(table),
            positions=blocks.position_tables(self.model.target_positions, max_length),
        )


class _Search:
    """One search: the two loops.

    Args:
        decoder: `ServingDecoder`.
        strategy: of `decoding/`.
        is_alone: whether it is for a sentence alone.
    """

    def __init__(self, decoder, strategy, is_alone):
        self.decoder = decoder
        self.model = decoder.model
        self.strategy = strategy
        self.width = strategy.num_hypotheses
        self.is_alone = is_alone
        is_single = is_alone and self.width == 1
        half_kernels = None if is_single else decoder.half_kernels
        in_halves = is_alone and decoder.has_large_kernels()
        self.blocks = Blocks(decoder.model, is_single, half_kernels, in_halves)

    def __call__(self, source_ids, options):
        max_length = tf.reduce_max(tf.concat([options.limits, [1]], axis=0))
        constants = self.decoder.constants(self.blocks, max_length)
        batch = tf.shape(source_ids)[0]
        start = self.strategy.start(options, max_length)
        progress = Progress(
            rows=tf.range(batch),
            state=start,
            ancestors=tf.fill((batch, self.width, ROOM), -1),
            memory=_for_hypotheses(self.decoder.encode(source_ids), self.width),
            caches=self.empty_caches(batch),
        )

        def keep_going(step, progress, results):
            return tf.logical_not(tf.reduce_all(progress.state.done))

        def advance(step, progress, results):
            step, progress = self._take_steps(constants, step, progress)
            if self.is_alone:
                return step, _with_more_room(progress, step), progress.state
            at = progress.rows[:, None]
            results = tf.nest.map_structure(
                lambda all_rows, rows: tf.tensor_scatter_nd_update(all_rows, at, rows),
                results,
                progress.state,
            )
            return step, _with_more_room(_without_done(progress), step), results

        outcome = tf.while_loop(
            keep_going,
            advance,
            (tf.constant(0), progress, start),
            shape_invariants=(tf.TensorShape(()), self._shapes(progress), _any_rows(start)),
        )
        return self.strategy.finish(outcome[2])

    def _shapes(self, progress):
        """What stays of the shapes when rows leave and the cache grows."""
        heads = self.blocks.num_heads
        cache = tf.TensorShape([2, None, heads, None, self.width * self.blocks.head_dim])
        return _any_rows(progress)._replace(
            ancestors=tf.TensorShape([None, self.width, None]),
            caches=[cache] * len(progress.caches),
        )

    def empty_caches(self, batch):
        """Caches with room for `ROOM` steps of `batch` rows."""
        shape = (2, batch, self.blocks.num_heads, ROOM, self.width * self.blocks.head_dim)
        # What they hold does not matter, as nothing looks at it; but equal tensors may become one,
        # and each of these is written to.
        return [tf.fill(shape, float(n)) for n in range(self.model.num_decoder_layers)]

    def _take_steps(self, constants, step, progress):
        """The inner loop: until the cache is full or enough rows are done."""
        batch, _, room = tf.unstack(tf.shape(progress.ancestors))
        kept = tf.cast(tf.cast(batch, tf.float32) * KEPT_SHARE, tf.int32)
        enough = tf.where(batch >= LEAST_ROWS, kept, 0)
        layout = CacheLayout(self.blocks, batch, self.width, room)

        def in_work(state):
            return tf.reduce_sum(tf.cast(tf.logical_not(state.done), tf.int32))

        def keep_going(step, working, state, ancestors, buffers):
            return (working > enough) & (step < room)

        def advance(step, working, state, ancestors, buffers):
            ancestors = _with_own_slots(ancestors, step)
            mask = self._ancestor_mask(ancestors, step)
            logits, buffers = self.step(
                constants, progress.memory, layout, buffers, state.ids, step, mask
            )
            state = self.strategy.advance(state, logits, step)
            if state.parents is not None:
                ancestors = gather_rows(ancestors, state.parents)
            return step + 1, in_work(state), state, ancestors, buffers

        buffers = [layout.open(cache) for cache in progress.caches]
        start = (step, in_work(progress.state), progress.state, progress.ancestors, buffers)
        scalar = tf.TensorShape(())
        shapes = (
            scalar,
            scalar,
            _any_rows(progress.state),
            self._shapes(progress).ancestors,
            _any_rows(buffers),
        )
        step, _, state, ancestors, buffers = tf.while_loop(
            keep_going, advance, start, shape_invariants=shapes
        )
        caches = [layout.close(buffer) for buffer in buffers]
        return step, progress._replace(state=state, ancestors=ancestors, caches=caches)

    def _ancestor_mask(self, ancestors, step):
        """What hypotheses must not see of the cache, in the shape of a step's scores."""
        batch, width, room = tf.unstack(tf.shape(ancestors))
        if self.width == 1:
            return mask_scores(tf.range(room) > step)
        is_own = tf.equal(ancestors[..., None], tf.range(width))
        mask = mask_scores(tf.logical_not(tf.reshape(is_own, (batch, 1, width, room * width))))
        return tf.broadcast_to(mask, (batch, self.blocks.num_heads, width, room * width))

    def step(self, constants, memory, layout, buffers, ids, step, mask):
        """Scores the tokens after `ids` `(B, K)` at position `step`.

        Returns:
            Logits `(B, K, V)`, and the buffers with this position's keys and values.
        """
        blocks = self.blocks
        positions = [tf.gather(table, step) for table in constants.positions]
        rotations = positions if self.model.positions == "rotary" else None
        hidden = blocks.embed(
            constants.embeddings,
            tf.reshape(ids, (-1,)),
            positions[0] if rotations is None else None,
        )
        rows = layout.rows_of(step)
        written = []
        for number, weights in enumerate(constants.blocks):

            def self_attention(inputs, weights=weights, number=number):
                fused = blocks.rotate(blocks.affine(inputs, weights.self_projection), rotations)
                buffer, queries = layout.write(buffers[number], rows, fused)
                written.append(buffer)
                keys, values = layout.read(buffer)
                contexts = attend(queries, keys, values, mask)
                return blocks.affine(layout.merge_heads(contexts), weights.self_output)

            def cross_attention(inputs, weights=weights, number=number):
                queries = layout.split_heads(blocks.affine(inputs, weights.cross_query))
                contexts = attend(queries, memory.keys[number], memory.values[number], memory.mask)
                return blocks.affine(layout.merge_heads(contexts), weights.cross_output)

            hidden = blocks.residual(hidden, self_attention, weights.self_norm)
            hidden = blocks.residual(hidden, cross_attention, weights.cross_norm)
            hidden = blocks.feed_forward(hidden, weights)
        if constants.norm is not None:
            hidden = normalize(hidden, constants.norm)
        logits = blocks.project_to_vocabulary(hidden, constants.embeddings, constants.output_table)
        return tf.reshape(logits, (-1, self.width, constants.embeddings.shape[0])), written


def _without_done(progress):
    """Takes the rows that are done out of everything."""
    left = tf.reshape(tf.where(tf.logical_not(progress.state.done)), (-1,))
    caches = [tf.gather(cache, left, axis=1) for cache in progress.caches]
    progress = progress._replace(caches=[])
    progress = tf.nest.map_structure(lambda tensor: tf.gather(tensor, left), progress)
    return progress._replace(caches=caches)


def _with_more_room(progress, step):
    """Makes room in the cache where it is full."""
    room = tf.shape(progress.ancestors)[2]
    more = tf.where(step >= room, tf.maximum(room // 2 // ROOM * ROOM, ROOM), 0)
    return progress._replace(
        caches=[
            tf.pad(cache, [[0, 0], [0, 0], [0, 0], [0, more], [0, 0]]) for cache in progress.caches
        ],
        ancestors=tf.pad(progress.ancestors, [[0, 0], [0, 0], [0, more]], constant_values=-1),
    )


def _with_own_slots(ancestors, step):
    """`ancestors` `(B, K, C)`, where at this step each hypothesis is its own."""
    is_now = tf.equal(tf.range(tf.shape(ancestors)[2]), step)
    return tf.where(is_now, tf.range(ancestors.shape[1])[:, None], ancestors)


def _for_hypotheses(memory, width):
    """The mask, in the shape of the scores of `width` hypotheses."""
    if width == 1:
        return memory
    return memory._replace(mask=tf.repeat(memory.mask, width, axis=2))


def _any_rows(structure):
    """Shapes of tensors that lose rows."""
    return tf.nest.map_structure(
        lambda tensor: tf.TensorShape([None, *tensor.shape[1:]]), structure
    )


def _transposed_output_table(model, dtype):
    table = model.target_embedding.embeddings
    parameters = model.count_params()
    if parameters + table.shape[0] * table.shape[1] > MOST_WEIGHTS * parameters:
        return None
    transposed = tf.cast(tf.transpose(table.value), dtype)
    return tf.Variable(transposed, trainable=False, name="output_table")
