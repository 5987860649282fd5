"""One layer of the encoder."""

import keras

from keras_transformer.layers.feed_forward import FeedForward
from keras_transformer.layers.multi_head_attention import MultiHeadAttention
from keras_transformer.layers.residual import Residual


@keras.saving.register_keras_serializable(package="keras_transformer")
class EncoderBlock(keras.layers.Layer):
    """Self-attention, then a feed-forward network, each in a residual connection.

    Args:
        num_heads: number of attention heads; divides `hidden_dim`.
        hidden_dim: width `D` of inputs and outputs.
        intermediate_dim: width of the feed-forward network's hidden layer.
        dropout: rate on the output of each sublayer.
        attention_dropout: rate on the attention weights.
        activation: see `FeedForward`.
        norm: `"post"` or `"pre"`, see `Residual`.
        rotary: rotary positions in the attention.

    Call arguments:
        inputs: `(batch, length, D)`.
        attention_mask: boolean, broadcastable to `(batch, length, length)`, `True` = may attend
            (`keras_transformer.masks.padding_mask` makes one from ids).
        return_weights: also return the attention weights `(batch, heads, length, length)`.

    Returns:
        `(batch, length, D)`, and the weights if asked for.

    Reference:
        Vaswani et al. 2017, section 3.1.
    """

    def __init__(
        self,
        num_heads,
        hidden_dim,
        intermediate_dim,
        dropout=0.1,
        attention_dropout=0.0,
        activation="relu",
        norm="post",
        rotary=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.hidden_dim = hidden_dim
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation = activation
        self.norm = norm
        self.rotary = rotary
        policy = self.dtype_policy
        attention = MultiHeadAttention(
            num_heads, hidden_dim, attention_dropout, rotary, dtype=policy, name="attention"
        )
        feed_forward = FeedForward(intermediate_dim, activation, dtype=policy, name="feed_forward")
        self.self_attention = Residual(
            attention, norm, dropout, dtype=policy, name="self_attention"
        )
        self.feed_forward = Residual(feed_forward, norm, dropout, dtype=policy, name="feed_forward")

    def build(self, inputs_shape):
        self.self_attention.build(inputs_shape)
        self.feed_forward.build(inputs_shape)
        self.built = True

    def call(self, inputs, attention_mask=None, return_weights=False, training=None):
        outputs = self.self_attention(
            inputs,
            attention_mask=attention_mask,
            return_weights=return_weights,
            training=training,
        )
        hidden, *weights = outputs if return_weights else (outputs,)
        hidden = self.feed_forward(hidden, training=training)
        return (hidden, *weights) if return_weights else hidden

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "hidden_dim": self.hidden_dim,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": self.activation,
            "norm": self.norm,
            "rotary": self.rotary,
        }
