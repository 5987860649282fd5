"""The steps of `fit` and `evaluate` on several replicas of TensorFlow.

Keras has such steps, too; in Keras 3.15 they fail on several machines, and they take the mean over
replicas of what was measured on each. Here every replica knows the sums over all of them.
"""

import keras
import numpy as np

from keras_transformer.backend import copies_of, sum_over_replicas

WISHES = "wishes"


def train_on_replica(model, data):
    """Forward, backward and update of one replica with its part of a batch.

    Args:
        model: a compiled Keras model whose loss divides by what all replicas have.
        data: `(inputs, labels)` or `(inputs, labels, weights)`.

    Returns:
        dict of name -> mean since the epoch began, over all replicas.
    """
    import tensorflow as tf

    inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
    with tf.GradientTape() as tape:
        logits = model(inputs, training=True)
        loss = model.compute_loss(inputs, labels, logits, weights, training=True)
    gradients = tape.gradient(loss, model.trainable_weights)
    model.optimizer.apply(gradients, model.trainable_weights)
    return _measure(model, inputs, labels, logits, weights, loss)


def evaluate_on_replica(model, data):
    """The same without the update."""
    inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
    logits = model(inputs, training=False)
    loss = model.compute_loss(inputs, labels, logits, weights, training=False)
    return _measure(model, inputs, labels, logits, weights, loss)


def _measure(model, inputs, labels, logits, weights, loss):
    import tensorflow as tf

    mean = next(metric for metric in model.metrics if metric.name == "loss")
    mean.update_state(sum_over_replicas(loss), sample_weight=tf.shape(labels)[0])
    return dict(model.compute_metrics(inputs, labels, logits, sample_weight=weights))


def on_replicas(strategy, step, team):
    """A function from the iterator of `fit` to the logs of the next step on all replicas.

    Args:
        strategy: of `tf.distribute`.
        step: function from a replica's data to a dict of scalars that are equal on all replicas.
        team: `Team`, whose wishes are added up in the same step.
    """
    import tensorflow as tf

    def replica_step(data):
        logs = step(data)
        return logs if team is None else {**logs, WISHES: team.sum_of_wishes()}

    @tf.function(autograph=False)
    def run(iterator):
        return strategy.run(replica_step, args=(next(iterator),))

    def function(iterator):
        logs = run(iterator)
        logs = {name: strategy.experimental_local_results(v)[0] for name, v in logs.items()}
        if WISHES in logs:
            team.hear(logs.pop(WISHES).numpy())
        return logs

    return function


def count_with_nothing(model, padding_id, vocabulary_size):
    """Has a compiled model make the variables of its metrics, by one label of padding.

    Keras makes them when it first counts; a resumed run has to fill them before.
    """
    labels = np.full((1, 1), padding_id, "int32")
    logits = np.zeros((1, 1, vocabulary_size), "float32")

    def count():
        model.compute_metrics(None, labels, logits)

    strategy = getattr(model, "distribute_strategy", None)
    if strategy is None or strategy.num_replicas_in_sync == 1:
        count()
        return
    import tensorflow as tf

    tf.function(lambda: strategy.run(count), autograph=False)()


def part_random_states(model, first_replica):
    """Gives each replica random numbers of its own.

    Every copy of a random state is that of replica 0; replicas would all drop the same units.

    Args:
        model: built, in the scope of its strategy; as it begins or as a checkpoint left it.
        first_replica: number of this process' first replica among all.
    """
    import tensorflow as tf

    weights = {id(weight) for weight in model.weights}
    for variable in model.variables:
        if id(variable) in weights:
            continue
        for number, copy in enumerate(copies_of(variable), first_replica):
            if number:
                offset = tf.constant([number * _APART, 0], copy.dtype)
                copy.assign_add(offset)


# Between the seeds of two replicas; seeds of layers are drawn at random below 1e9.
_APART = 1_000_000_007
