"""The residual connection around a sublayer, with its normalisation and dropout."""

import keras

NORM_EPSILON = 1e-5


@keras.saving.register_keras_serializable(package="keras_transformer")
class Residual(keras.layers.Layer):
    """`norm(x + dropout(sublayer(x)))` (post) or `x + dropout(sublayer(norm(x)))` (pre).

    Args:
        sublayer: the layer inside; takes and returns tensors of one shape. If it returns a tuple,
            its first entry is the output and the others are passed on.
        norm: `"post"` as in the paper, or `"pre"`, which trains more easily in deep models.
        dropout: rate of dropout on the sublayer's output, in training only.

    Call arguments:
        inputs: `(..., features)`.
        memory, attention_mask, cache, cache_index, return_weights: handed on to the sublayer where
            given; they are those of `MultiHeadAttention`.

    Returns:
        What the sublayer returns, its first entry wrapped.

    Reference:
        Vaswani et al. 2017, sections 3.1 and 5.4; Xiong et al. 2020 for pre-norm.
    """

    def __init__(self, sublayer, norm="post", dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        if norm not in ("post", "pre"):
            raise ValueError(f"`norm` must be 'post' or 'pre'. Received: norm={norm!r}")
        self.sublayer = sublayer
        self.norm = norm
        self.dropout = dropout
        self.layer_norm = keras.layers.LayerNormalization(
            epsilon=NORM_EPSILON, dtype=self.dtype_policy, name="layer_norm"
        )
        self.output_dropout = keras.layers.Dropout(
            dropout, dtype=self.dtype_policy, name="output_dropout"
        )

    def build(self, inputs_shape, memory_shape=None):
        self.layer_norm.build(inputs_shape)
        self.output_dropout.build(inputs_shape)
        if not self.sublayer.built:
            shapes = (inputs_shape,) if memory_shape is None else (inputs_shape, memory_shape)
            self.sublayer.build(*shapes)
        self.built = True

    def call(
        self,
        inputs,
        memory=None,
        attention_mask=None,
        cache=None,
        cache_index=None,
        return_weights=None,
        training=None,
    ):
        hidden = self.layer_norm(inputs) if self.norm == "pre" else inputs
        # Spelled out, because Keras refuses tensors and plain values in one `**kwargs`.
        given = {
            "memory": memory,
            "attention_mask": attention_mask,
            "cache": cache,
            "cache_index": cache_index,
            "return_weights": return_weights,
        }
        given = {name: value for name, value in given.items() if value is not None}
        outputs = self.sublayer(hidden, **given)
        hidden, *others = outputs if isinstance(outputs, tuple) else (outputs,)
        hidden = inputs + self.output_dropout(hidden, training=training)
        if self.norm == "post":
            hidden = self.layer_norm(hidden)
        return (hidden, *others) if others else hidden

    def get_config(self):
        return {
            **super().get_config(),
            "sublayer": keras.saving.serialize_keras_object(self.sublayer),
            "norm": self.norm,
            "dropout": self.dropout,
        }

    @classmethod
    def from_config(cls, config):
        sublayer = keras.saving.deserialize_keras_object(config["sublayer"])
        return cls(**{**config, "sublayer": sublayer})
