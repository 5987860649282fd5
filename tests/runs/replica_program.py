"""Trains a small model on one device and on several, and writes down losses and weights.

A program of its own, because devices are chosen before TensorFlow or JAX start.
"""

import argparse
import itertools
import json

import keras
import numpy as np

from keras_transformer.config import TrainingConfig
from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.runs.devices import Devices, choose_devices
from keras_transformer.training import Adam, MaskedCrossentropy, Perplexity, TokenAccuracy
from keras_transformer.training.replica_steps import count_with_nothing, part_random_states
from keras_transformer.training.training_model import TrainingTransformer

VOCABULARY, NUM_PAIRS, NUM_STEPS = 23, 67, 20
OPTIMIZERS = {
    # The gradients of this model are longer than that: each step is clipped.
    "adam": lambda: Adam(0.003, 0.9, 0.98, 1e-9, global_clipnorm=0.05),
    "sgd": lambda: keras.optimizers.SGD(0.3),
}


def make_batches():
    """Batches of 9 and 5 rows, many columns of padding, and a batch with rows of padding."""
    generator = np.random.default_rng(7)

    def ids():
        lengths = generator.integers(1, 11, NUM_PAIRS)
        return [generator.integers(4, VOCABULARY, n).astype("int32") for n in lengths]

    corpus = TokenCorpus.of(ids(), ids())
    lengths = corpus.source_lengths + 1, corpus.target_lengths + 1
    plan = BatchPlan(*lengths, batch_tokens=56, seed=3, max_shapes=4)
    return TranslationBatches(corpus, plan, start_id=2, end_id=3)


def describe(batches):
    """What the tests rely on: numbers of rows, and whether some are of padding."""
    planned = batches.plan.epoch(0)
    return {
        "rows": sorted({batch.num_rows for batch in planned}),
        "padded_rows": sum(int((batch.rows < 0).sum()) for batch in planned),
        "batches": len(planned),
    }


class Losses(keras.callbacks.Callback):
    """The loss of each step for itself."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))
        self.model.stop_training = len(self.losses) >= NUM_STEPS


def make_model(devices, optimizer, jit_compile, r_drop):
    keras.utils.set_random_seed(5)
    with devices.scope():
        model = TrainingTransformer(
            VOCABULARY,
            num_encoder_layers=1,
            num_decoder_layers=1,
            hidden_dim=16,
            intermediate_dim=23,
            num_heads=2,
            dropout=0.0,
        )
        model.build()
        model.r_drop = r_drop
        model.compile(
            OPTIMIZERS[optimizer](),
            MaskedCrossentropy(0.1),
            metrics=[TokenAccuracy(), Perplexity()],
            jit_compile=jit_compile,
        )
        model.optimizer.build(model.trainable_variables)
        count_with_nothing(model, 0, VOCABULARY)
    return model


def train(devices, optimizer, r_drop=0.0):
    """Losses of the steps, weights at the end, and an evaluation."""
    jax = keras.backend.backend() == "jax"
    model = make_model(devices, optimizer, jax, r_drop)
    batches = make_batches()
    dataset = as_dataset(batches, split=devices.split)
    if jax:  # whose `fit` keeps its metrics to itself
        losses = [
            float(model.train_on_batch(inputs, labels, return_dict=True)["loss"])
            for inputs, labels in itertools.islice(_epochs(dataset), NUM_STEPS)
        ]
    else:
        callback = Losses()
        model.fit(dataset, epochs=NUM_STEPS, verbose=0, callbacks=[callback])
        losses = callback.losses
    held_out = as_dataset(batches, training=False, split=devices.split)
    scores = model.evaluate(held_out, verbose=0, return_dict=True)
    weights = {f"weights/{n:03d}": np.asarray(w) for n, w in enumerate(model.get_weights())}
    return {"losses": losses, "scores": [scores["accuracy"], scores["perplexity"]], **weights}


def _epochs(dataset):
    for epoch in itertools.count():
        dataset.set_epoch(epoch)
        yield from dataset.get_jax_iterator()


def dropped_alike(devices):
    """The share of equal results of dropout on the first two replicas of this process."""
    with devices.scope():
        layer = keras.Sequential([keras.layers.Dropout(0.5, seed=5)])
        layer.build((None, 997))
    part_random_states(layer, devices.first_replica)
    ones = keras.ops.ones((1, 997))
    results = devices.strategy.run(lambda: layer(ones, training=True))
    first, second = map(np.asarray, devices.strategy.experimental_local_results(results))
    return float((first == second).mean())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("result")
    parser.add_argument("strategy")
    parser.add_argument("--r-drop", type=float, default=0.0)
    arguments = parser.parse_args()
    several = {"devices": 0 if arguments.strategy == "multi_worker" else 2}
    devices = choose_devices(TrainingConfig(strategy=arguments.strategy, **several))
    results = {}
    for name in OPTIMIZERS:
        found = train(devices, name, arguments.r_drop)
        results.update({f"several/{name}/{key}": value for key, value in found.items()})
    devices.close()
    if devices.team.is_chief and arguments.strategy != "multi_worker":
        for name in OPTIMIZERS:
            found = train(Devices(), name, arguments.r_drop)
            results.update({f"one/{name}/{key}": value for key, value in found.items()})
    if devices.team.is_chief:
        described = {"replicas": devices.num_replicas, **describe(make_batches())}
        if arguments.strategy == "mirrored":
            described["dropped_alike"] = dropped_alike(devices)
        print(json.dumps(described))
        np.savez(arguments.result, **results)
    devices.team.part()


if __name__ == "__main__":
    main()
