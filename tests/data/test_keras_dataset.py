"""What `fit` sees is what the plan says."""

import numpy as np
import pytest

from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError

keras = pytest.importorskip("keras")


def make_batches(num_pairs=113, seed=5):
    generator = np.random.default_rng(seed)
    sides = [
        [generator.integers(4, 97, generator.integers(1, 17)) for _ in range(num_pairs)]
        for _ in range(2)
    ]
    corpus = TokenCorpus.of(*sides)
    plan = BatchPlan(corpus.source_lengths + 1, corpus.target_lengths + 1, 67, seed, 5)
    return TranslationBatches(corpus, plan, start_id=2, end_id=3)


class UnequalEpochs:
    """Batches of which epoch 0 has 7, epoch 1 has 11 and epoch 2 has 5."""

    sizes = (7, 11, 5)
    weighted = False

    def __init__(self, batches):
        self.batches = batches

    def num_batches(self, epoch):
        return self.sizes[epoch % 3]

    def epoch(self, epoch, first_batch=0):
        planned = self.batches.plan.epoch(epoch)[: self.num_batches(epoch)]
        return (self.batches.batch(batch) for batch in planned[first_batch:])


class Recorder(keras.Model):
    """A model that notes every batch it is trained or evaluated on."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
        self.seen = []

    def call(self, inputs):
        return keras.ops.cast(inputs["target_ids"], "float32") * self.scale

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if self.run_eagerly and not isinstance(y, keras.KerasTensor):
            self.seen.append([np.array(ids) for ids in (x["source_ids"], x["target_ids"], y)])
        return keras.ops.sum(y_pred) * 0.0


class WeightRecorder(Recorder):
    """Notes the weights as well."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if self.run_eagerly and not isinstance(y, keras.KerasTensor):
            self.seen.append(None if sample_weight is None else np.array(sample_weight))
        return keras.ops.sum(y_pred) * 0.0


class SetEpoch(keras.callbacks.Callback):
    """What a run that resumes does."""

    def __init__(self, dataset, first_epoch=0, first_batch=0):
        super().__init__()
        self.dataset, self.first_epoch, self.first_batch = dataset, first_epoch, first_batch

    def on_epoch_begin(self, epoch, logs=None):
        self.dataset.set_epoch(epoch, self.first_batch if epoch == self.first_epoch else 0)


def recorder(eager=True):
    model = Recorder()
    model.compile(optimizer=keras.optimizers.SGD(0.0), run_eagerly=eager, jit_compile=False)
    return model


def assert_seen(seen, batches, passes):
    wanted = [
        [inputs["source_ids"], inputs["target_ids"], labels]
        for epoch, first_batch in passes
        for inputs, labels in batches.epoch(epoch, first_batch)
    ]
    assert len(seen) == len(wanted)
    for given, expected in zip(seen, wanted, strict=True):
        for left, right in zip(given, expected, strict=True):
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("wrap", [lambda batches: batches, UnequalEpochs])
def test_fit_sees_the_plan(wrap):
    batches = wrap(make_batches())
    dataset = as_dataset(batches, max_batches=max(batches.num_batches(e) for e in range(3)))
    model = recorder()
    model.fit(dataset, epochs=3, verbose=0, callbacks=[SetEpoch(dataset)])
    assert_seen(model.seen, batches, [(0, 0), (1, 0), (2, 0)])


@pytest.mark.parametrize("wrap", [lambda batches: batches, UnequalEpochs])
def test_fit_resumes_in_the_middle_of_an_epoch(wrap):
    batches = wrap(make_batches())
    dataset = as_dataset(batches, max_batches=max(batches.num_batches(e) for e in range(4)))
    model = recorder()
    callbacks = [SetEpoch(dataset, first_epoch=1, first_batch=2)]
    model.fit(dataset, initial_epoch=1, epochs=4, verbose=0, callbacks=callbacks)
    assert_seen(model.seen, batches, [(1, 2), (2, 0), (3, 0)])


def test_epochs_go_on_without_a_callback_and_validation_stays():
    training, validation = make_batches(), make_batches(37, seed=11)
    dataset, held_out = as_dataset(training), as_dataset(validation, training=False)
    model = recorder()
    for _ in range(2):  # a second fit goes on where the first ended
        model.fit(dataset, validation_data=held_out, epochs=2, verbose=0)
    size = training.num_batches(0)
    step = size + validation.num_batches(0)
    assert len(model.seen) == 4 * step
    for epoch in range(4):
        assert_seen(model.seen[epoch * step : epoch * step + size], training, [(epoch, 0)])
        assert_seen(model.seen[epoch * step + size : (epoch + 1) * step], validation, [(0, 0)])


def test_evaluate_gives_the_same_batches_again():
    batches = make_batches(37)
    dataset = as_dataset(batches, training=False)
    model = recorder()
    for _ in range(2):
        model.evaluate(dataset, verbose=0)
    assert_seen(model.seen, batches, [(0, 0), (0, 0)])


def test_a_compiled_fit_takes_every_shape_and_warns_of_nothing(recwarn):
    batches = make_batches()
    dataset = as_dataset(batches)
    assert len({b.shape for b in batches.plan.epoch(0)}) > 2
    steps = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: steps.append(step))
    callbacks = [SetEpoch(dataset, first_batch=3), count]
    recorder(eager=False).fit(dataset, epochs=2, verbose=0, callbacks=callbacks)
    size = batches.num_batches(0)
    assert steps == [*range(size - 3), *range(size)]
    assert not [w for w in recwarn if "ran out of data" in str(w.message)]


def test_what_cannot_be_is_refused():
    dataset = as_dataset(UnequalEpochs(make_batches()))
    with pytest.raises(UserError, match="Epoch 1 has 11 batches, more than the 7"):
        dataset.set_epoch(1)
    with pytest.raises(UserError, match=r"must be 0 to 4 in epoch 2.*first_batch=5"):
        dataset.set_epoch(2, 5)


def test_an_error_while_making_a_batch_reaches_the_caller():
    class Broken(UnequalEpochs):
        def epoch(self, epoch, first_batch=0):
            yield from list(super().epoch(epoch))[:2]
            raise UserError("the disk is gone")

    with pytest.raises(Exception, match="the disk is gone"):
        recorder().fit(as_dataset(Broken(make_batches())), epochs=1, verbose=0)


def test_weights_reach_the_loss():
    plain = make_batches()
    weights = np.random.default_rng(5).uniform(0.1, 7, 113).astype(np.float32)
    corpus = TokenCorpus(plain.corpus.source_tokens, plain.corpus.target_tokens, weights=weights)
    batches = TranslationBatches(corpus, plain.plan, start_id=2, end_id=3)
    model = WeightRecorder()
    model.compile(optimizer=keras.optimizers.SGD(0.0), run_eagerly=True, jit_compile=False)
    model.fit(as_dataset(batches), epochs=1, verbose=0)
    expected = [batch[2] for batch in batches.epoch(0)]
    assert len(model.seen) == len(expected) > 3
    for seen, wanted in zip(model.seen, expected, strict=True):
        np.testing.assert_array_equal(seen, wanted)
