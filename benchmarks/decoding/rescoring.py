"""What the model itself says of given ids: log-probabilities by teacher forcing, in float32."""

import numpy as np
import tensorflow as tf

BATCH_SIZE = 64


def model_scores(model, sources, targets, start_id):
    """Sums of natural log-probabilities.

    Args:
        model: a built `Transformer`.
        sources: list of lists of ids, each with its end mark.
        targets: list of lists of ids, each with its end mark where it has one.
        start_id: what the decoder reads first.

    Returns:
        Array with a score a row.
    """
    padding = model.padding_id

    @tf.function(reduce_retracing=True)
    def score(source_ids, inputs, labels):
        logits = model.decode(model.encode(source_ids), inputs)
        chosen = tf.gather(logits, labels, batch_dims=2) - tf.reduce_logsumexp(logits, axis=2)
        return tf.reduce_sum(tf.where(labels == padding, 0.0, chosen), axis=1)

    scores = np.zeros(len(sources))
    order = sorted(range(len(sources)), key=lambda row: len(targets[row]))
    for first in range(0, len(order), BATCH_SIZE):
        rows = order[first : first + BATCH_SIZE]
        labels = [targets[row] for row in rows]
        inputs = [[start_id, *label[:-1]] for label in labels]
        batch = [_padded(ids, padding) for ids in ([sources[r] for r in rows], inputs, labels)]
        scores[rows] = score(*batch).numpy()
    return scores


def _padded(rows, padding_id):
    ids = np.full((len(rows), max(map(len, rows))), padding_id, dtype="int32")
    for row, values in enumerate(rows):
        ids[row, : len(values)] = values
    return tf.constant(ids)
