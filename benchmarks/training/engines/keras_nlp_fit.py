"""keras-nlp's layers under `fit`, as the Keras example of translation trains them.

After https://keras.io/examples/nlp/neural_machine_translation_with_keras_hub: sentences of fixed
length, batches of equally many of them. Different from the example, so that the same is computed:
padding is masked, one table serves source, target and output, dropout is where the layers have it,
the loss smooths labels, and the optimizer is ours.
"""

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from batching import equal_batches
from keras import ops

from engines.engine import Engine
from engines.pace import Pace

_LENGTH = 40  # of every sentence, as in the example; longer ones are cut


class KerasNlp(Engine):
    """A functional model of `TransformerEncoder` and `TransformerDecoder`, trained with `fit`."""

    def __init__(self, sentences, options):
        super().__init__(sentences, options)
        keras.utils.set_random_seed(options["seed"])
        self.model = _model(options["model"])
        self.num_parameters = self.model.count_params()
        rows = options["batch_tokens"] // _LENGTH
        number = len(sentences.source)
        chosen = self.choose_batches(
            lambda epoch: equal_batches(number, rows, options["seed"] + epoch), len
        )
        self.arrays = [
            np.concatenate(side)
            for side in zip(
                *(sentences.batch(rows, _LENGTH, _LENGTH) for rows in chosen), strict=True
            )
        ]
        source_ids, _, labels = (np.split(side, len(chosen)) for side in self.arrays)
        self.count(zip(source_ids, labels, strict=True))

    def train(self, turns):
        options = self.options
        self.model.compile(
            keras.optimizers.Adam(
                Schedule(self.learning_rate),
                0.9,
                0.98,
                1e-9,
                global_clipnorm=options["clip_norm"],
            ),
            loss=_smoothed_loss(options["label_smoothing"], options["model"]["padding_id"]),
        )
        source_ids, target_ids, labels = self.arrays
        dataset = tf.data.Dataset.from_tensor_slices(((source_ids, target_ids), labels))
        dataset = dataset.batch(options["batch_tokens"] // _LENGTH).prefetch(16)
        self.model.fit(dataset, epochs=1, callbacks=[Pace(turns)], verbose=2)


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule from a function of the step, counted from 1, and of how to take a minimum."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def __call__(self, step):
        return self.rate(ops.cast(step, "float32") + 1.0, ops.minimum)


def _model(model):
    embedding = keras_nlp.layers.TokenAndPositionEmbedding(
        model["vocabulary_size"], _LENGTH, model["hidden_dim"], mask_zero=True
    )
    sizes = {
        "intermediate_dim": model["intermediate_dim"],
        "num_heads": model["num_heads"],
        "dropout": model["dropout"],
        "normalize_first": model["norm"] == "pre",
    }
    dropout = keras.layers.Dropout(model["dropout"])
    source = keras.Input((_LENGTH,), dtype="int32")
    hidden = dropout(embedding(source))
    for _ in range(model["num_encoder_layers"]):
        hidden = keras_nlp.layers.TransformerEncoder(**sizes)(hidden)
    memory = keras.layers.LayerNormalization(epsilon=1e-5)(hidden)
    target = keras.Input((_LENGTH,), dtype="int32")
    hidden = dropout(embedding(target))
    for _ in range(model["num_decoder_layers"]):
        hidden = keras_nlp.layers.TransformerDecoder(**sizes)(hidden, memory)
    hidden = keras.layers.LayerNormalization(epsilon=1e-5)(hidden)
    logits = embedding.token_embedding(hidden, reverse=True)
    return keras.Model([source, target], logits)


def _smoothed_loss(epsilon, padding_id):
    """Cross-entropy over real tokens with label smoothing, which Keras lacks for sparse labels."""

    def loss(labels, logits):
        right = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        other = ops.logsumexp(logits, axis=-1) - ops.mean(logits, axis=-1)
        real = ops.cast(ops.not_equal(labels, padding_id), "float32")
        return ops.sum(((1 - epsilon) * right + epsilon * other) * real) / ops.sum(real)

    return loss
