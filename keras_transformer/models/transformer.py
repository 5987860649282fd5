"""The encoder-decoder Transformer."""

import functools
from typing import NamedTuple

import keras
from keras import ops

from keras_transformer import layers, masks
from keras_transformer.layers.residual import NORM_EPSILON
from keras_transformer.models.presets import preset_arguments

POSITIONS = ("sinusoidal", "learned", "rotary")


class Encoded(NamedTuple):
    """What the decoder needs to know of the source."""

    states: object  # (batch, source, hidden_dim), in the compute dtype
    mask: object  # (batch, 1, source), boolean, True = a real token


class AttentionWeights(NamedTuple):
    """Attention weights of all layers; each field is a list with one float32 tensor a layer."""

    encoder: list  # (batch, heads, source, source)
    decoder: list  # (batch, heads, target, target)
    cross: list  # (batch, heads, target, source)


@keras.saving.register_keras_serializable(package="keras_transformer")
class Transformer(keras.Model):
    """`call({"source_ids", "target_ids"})` is `decode(encode(source_ids), target_ids)`.

    One embedding table serves source, target and output projection. Where source and target have
    vocabularies of their own (`target_vocabulary_size`), the target's table is also the output
    projection. Shape letters: `B` batch, `S` source length, `T` target length, `D` hidden_dim,
    `V` size of the target's vocabulary.

    Args:
        vocabulary_size: number of tokens; of the source, if the target has its own.
        target_vocabulary_size: number of target tokens, or None for one shared vocabulary.
        num_encoder_layers, num_decoder_layers: depth of the two stacks.
        hidden_dim: width `D` of all states; even, a multiple of `num_heads`.
        intermediate_dim: width inside the feed-forward networks.
        num_heads: attention heads a layer.
        dropout: rate on embeddings and on the output of each sublayer.
        attention_dropout: rate on attention weights.
        activation: of the feed-forward networks, see `FeedForward`.
        norm: `"post"` (the paper) or `"pre"`, which also normalises the output of each stack.
        positions: `"sinusoidal"` (the paper), `"learned"` or `"rotary"`.
        max_length: number of learned positions; the other kinds know no limit.
        padding_id: the id that fills short rows. Padding changes nothing at a real position.

    Call arguments:
        inputs: dict of integer tensors, `source_ids` `(B, S)` and `target_ids` `(B, T)`, the latter
            beginning with the start mark.

    Returns:
        Logits of the next token, `(B, T, V)`, float32.

    Reference:
        Vaswani et al. 2017, "Attention Is All You Need", section 3.
    """

    def __init__(
        self,
        vocabulary_size,
        target_vocabulary_size=None,
        num_encoder_layers=6,
        num_decoder_layers=6,
        hidden_dim=512,
        intermediate_dim=2048,
        num_heads=8,
        dropout=0.1,
        attention_dropout=0.0,
        activation="relu",
        norm="post",
        positions="sinusoidal",
        max_length=1024,
        padding_id=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if positions not in POSITIONS:
            raise ValueError(
                f"`positions` must be one of {', '.join(POSITIONS)}. Received: {positions!r}"
            )
        if min(num_encoder_layers, num_decoder_layers) < 1:
            raise ValueError(
                "`num_encoder_layers` and `num_decoder_layers` must be at least 1. Received: "
                f"{num_encoder_layers} and {num_decoder_layers}"
            )
        self.vocabulary_size = vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.num_encoder_layers = num_encoder_layers
        self.num_decoder_layers = num_decoder_layers
        self.hidden_dim = hidden_dim
        self.intermediate_dim = intermediate_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation = activation
        self.norm = norm
        self.positions = positions
        self.max_length = max_length
        self.padding_id = padding_id
        self._make_embeddings()
        self._make_blocks()

    @classmethod
    def from_preset(cls, name, vocabulary_size, **overrides):
        """A model of a named size (`models/presets.py`); any argument can be overridden."""
        return cls(**{**preset_arguments(name), "vocabulary_size": vocabulary_size, **overrides})

    def _make_embeddings(self):
        embedding = functools.partial(
            layers.TokenEmbedding, hidden_dim=self.hidden_dim, dtype=self.dtype_policy
        )
        if self.target_vocabulary_size is None:
            self.source_embedding = embedding(self.vocabulary_size, name="embedding")
            self.target_embedding = self.source_embedding
        else:
            self.source_embedding = embedding(self.vocabulary_size, name="source_embedding")
            self.target_embedding = embedding(self.target_vocabulary_size, name="target_embedding")
        self.source_positions = self._make_positions("source_positions")
        self.target_positions = self._make_positions("target_positions")
        self.embedding_dropout = keras.layers.Dropout(
            self.dropout, dtype=self.dtype_policy, name="embedding_dropout"
        )

    def _make_positions(self, name):
        if self.positions == "sinusoidal":
            return layers.SinusoidalPositions(dtype=self.dtype_policy, name=name)
        if self.positions == "learned":
            return layers.LearnedPositions(self.max_length, dtype=self.dtype_policy, name=name)
        return None  # Rotary positions are inside the attention.

    def _make_blocks(self):
        arguments = {
            "num_heads": self.num_heads,
            "hidden_dim": self.hidden_dim,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": self.activation,
            "norm": self.norm,
            "rotary": self.positions == "rotary",
            "dtype": self.dtype_policy,
        }
        self.encoder_blocks = [
            layers.EncoderBlock(**arguments, name=f"encoder_block_{i}")
            for i in range(self.num_encoder_layers)
        ]
        self.decoder_blocks = [
            layers.DecoderBlock(**arguments, name=f"decoder_block_{i}")
            for i in range(self.num_decoder_layers)
        ]
        self.encoder_norm = self.decoder_norm = None
        if self.norm == "pre":
            norm = functools.partial(
                keras.layers.LayerNormalization,
                epsilon=NORM_EPSILON,
                dtype=self.dtype_policy,
            )
            self.encoder_norm = norm(name="encoder_norm")
            self.decoder_norm = norm(name="decoder_norm")

    def build(self, input_shape=None):
        """Creates every weight; their shapes do not depend on the inputs'."""
        if self.built:
            return
        shape = (None, None, self.hidden_dim)
        embeddings = [self.source_embedding]
        if self.target_vocabulary_size is not None:
            embeddings.append(self.target_embedding)
        for embedding in embeddings:
            embedding.build((None, None))
        others = [self.source_positions, self.target_positions, self.embedding_dropout]
        for layer in [*others, *self.encoder_blocks, self.encoder_norm, self.decoder_norm]:
            if layer is not None:
                layer.build(shape)
        for block in self.decoder_blocks:
            block.build(shape, shape)
        self.built = True

    def get_build_config(self):
        return {"input_shape": None}

    def build_from_config(self, config):
        self.build()

    def encode(self, source_ids, training=None, return_weights=False):
        """Reads the source.

        Args:
            source_ids: `(B, S)` integers.

        Returns:
            `Encoded`; and the list of attention weights `(B, heads, S, S)` if asked for.
        """
        mask = masks.padding_mask(source_ids, self.padding_id)
        hidden = self._embed(self.source_embedding, self.source_positions, source_ids, training)
        weights = []
        for block in self.encoder_blocks:
            outputs = block(
                hidden, attention_mask=mask, return_weights=return_weights, training=training
            )
            hidden = outputs[0] if return_weights else outputs
            weights += outputs[1:] if return_weights else []
        if self.encoder_norm is not None:
            hidden = self.encoder_norm(hidden)
        encoded = Encoded(hidden, mask)
        return (encoded, weights) if return_weights else encoded

    def decode(self, encoded, target_ids, training=None, return_weights=False):
        """Scores the next token at every position of `target_ids` in parallel (teacher forcing).

        Args:
            encoded: what `encode` returned.
            target_ids: `(B, T)` integers, beginning with the start mark.

        Returns:
            Logits `(B, T, V)`, float32; and, if asked for, the lists of attention weights of
            self-attention `(B, heads, T, T)` and cross-attention `(B, heads, T, S)`.
        """
        mask = masks.causal_mask(ops.shape(target_ids)[1])
        memories = [encoded.states] * self.num_decoder_layers
        hidden, extras = self._run_decoder(
            target_ids,
            memories,
            encoded.mask,
            mask,
            training=training,
            return_weights=return_weights,
        )
        logits = self.target_embedding(hidden, reverse=True)
        if not return_weights:
            return logits
        return logits, [extra[0] for extra in extras], [extra[1] for extra in extras]

    def start_decoding(self, encoded, max_length):
        """Prepares step-by-step decoding: memories for every layer and empty caches.

        Args:
            encoded: what `encode` returned.
            max_length: number of steps the cache has room for, a Python int.

        Returns:
            memories: keys and values of every layer's cross-attention, constant over the steps.
            caches: keys and values `(B, heads, max_length, D / heads)` of every self-attention.
        """
        memories = [block.project_memory(encoded.states) for block in self.decoder_blocks]
        batch = ops.shape(encoded.states)[0]
        shape = (batch, self.num_heads, max_length, self.hidden_dim // self.num_heads)
        caches = [
            (ops.zeros(shape, self.compute_dtype), ops.zeros(shape, self.compute_dtype))
            for _ in self.decoder_blocks
        ]
        return memories, caches

    def decode_step(self, memories, memory_mask, ids, caches, index):
        """Scores the token after position `index`, given one more id and the caches of the rest.

        Args:
            memories, caches: from `start_decoding`; the caches from the step before.
            memory_mask: `encoded.mask`.
            ids: `(B, 1)`, the ids at position `index`.
            index: scalar integer.

        Returns:
            Logits `(B, V)`, float32, and the new caches.
        """
        max_length = caches[0][0].shape[2]
        mask = masks.cache_mask(index, max_length)
        hidden, extras = self._run_decoder(ids, memories, memory_mask, mask, caches, index)
        logits = self.target_embedding(hidden, reverse=True)
        return logits[:, 0], [extra[0] for extra in extras]

    def _run_decoder(
        self,
        target_ids,
        memories,
        memory_mask,
        mask,
        caches=None,
        index=None,
        training=None,
        return_weights=False,
    ):
        """The decoder stack: hidden states `(B, T, D)` and what each block returned besides."""
        hidden = self._embed(
            self.target_embedding, self.target_positions, target_ids, training, index
        )
        extras = []
        for number, block in enumerate(self.decoder_blocks):
            outputs = block(
                hidden,
                memories[number],
                attention_mask=mask,
                cross_attention_mask=memory_mask,
                cache=None if caches is None else caches[number],
                cache_index=index,
                return_weights=return_weights,
                training=training,
            )
            hidden, *extra = outputs if isinstance(outputs, tuple) else (outputs,)
            extras.append(extra)
        if self.decoder_norm is not None:
            hidden = self.decoder_norm(hidden)
        return hidden, extras

    def _embed(self, embedding, positions, ids, training, start_index=None):
        hidden = embedding(ids)
        if positions is not None:
            hidden = positions(hidden, start_index=0 if start_index is None else start_index)
        return self.embedding_dropout(hidden, training=training)

    def attention_weights(self, source_ids, target_ids):
        """Attention weights of every layer and head for given sentences, see `AttentionWeights`."""
        encoded, encoder = self.encode(source_ids, return_weights=True)
        _, decoder, cross = self.decode(encoded, target_ids, return_weights=True)
        return AttentionWeights(encoder, decoder, cross)

    def call(self, inputs, training=None):
        encoded = self.encode(inputs["source_ids"], training=training)
        return self.decode(encoded, inputs["target_ids"], training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "num_encoder_layers": self.num_encoder_layers,
            "num_decoder_layers": self.num_decoder_layers,
            "hidden_dim": self.hidden_dim,
            "intermediate_dim": self.intermediate_dim,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": self.activation,
            "norm": self.norm,
            "positions": self.positions,
            "max_length": self.max_length,
            "padding_id": self.padding_id,
        }
