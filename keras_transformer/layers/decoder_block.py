"""One layer of the decoder."""

import keras

from keras_transformer.layers.encoder_block import EncoderBlock
from keras_transformer.layers.multi_head_attention import MultiHeadAttention
from keras_transformer.layers.residual import Residual


@keras.saving.register_keras_serializable(package="keras_transformer")
class DecoderBlock(EncoderBlock):
    """Self-attention over the target, cross-attention to the memory, then feed-forward.

    The arguments are those of `EncoderBlock`; rotary positions act on the self-attention only.

    Call arguments:
        inputs: `(batch, T, D)`.
        memory: the encoder's states `(batch, S, M)`, or what `project_memory` made of them.
        attention_mask: boolean, broadcastable to `(batch, T, T)`; look-ahead mask in training. With
            a cache, broadcastable to `(batch, T, cache length)`.
        cross_attention_mask: boolean, broadcastable to `(batch, T, S)`. (Were it `memory_mask`,
            Keras would fill it in from hidden masks of the memory.)
        cache, cache_index: keys and values of the self-attention, see `MultiHeadAttention`.
        return_weights: also return the weights of self- and of cross-attention.

    Returns:
        `(batch, T, D)`; then the new cache, if one was given; then, if asked for, the weights
        `(batch, heads, T, T)` and `(batch, heads, T, S)`.

    Reference:
        Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        attention = MultiHeadAttention(
            self.num_heads,
            self.hidden_dim,
            self.attention_dropout,
            dtype=self.dtype_policy,
            name="attention",
        )
        self.cross_attention = Residual(
            attention, self.norm, self.dropout, dtype=self.dtype_policy, name="cross_attention"
        )

    def build(self, inputs_shape, memory_shape):
        self.self_attention.build(inputs_shape)
        self.cross_attention.build(inputs_shape, memory_shape)
        self.feed_forward.build(inputs_shape)
        self.built = True

    def project_memory(self, memory):
        """Keys and values of the cross-attention, `(batch, heads, S, D / heads)` each."""
        return self.cross_attention.sublayer.project_memory(memory)

    def call(
        self,
        inputs,
        memory,
        attention_mask=None,
        cross_attention_mask=None,
        cache=None,
        cache_index=None,
        return_weights=False,
        training=None,
    ):
        outputs = self.self_attention(
            inputs,
            attention_mask=attention_mask,
            cache=cache,
            cache_index=cache_index,
            return_weights=return_weights,
            training=training,
        )
        hidden, *others = outputs if isinstance(outputs, tuple) else (outputs,)
        outputs = self.cross_attention(
            hidden,
            memory=memory,
            attention_mask=cross_attention_mask,
            return_weights=return_weights,
            training=training,
        )
        hidden, *cross_weights = outputs if isinstance(outputs, tuple) else (outputs,)
        hidden = self.feed_forward(hidden, training=training)
        others += cross_weights
        return (hidden, *others) if others else hidden
