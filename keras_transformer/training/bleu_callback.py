"""BLEU on the validation set while training: keeps the best weights and stops when it is time."""

import contextlib
import time

import keras

from keras_transformer.evaluation import bleu, check_tokenizer
from keras_transformer.training.files import save_weights


class BleuCallback(keras.callbacks.Callback):
    """Translates the validation set after every `every` epochs and scores it.

    Adds `val_bleu` to the epoch's logs. The weights with the best score so far are written to
    `best_weights`, beside the old file and renamed over it.

    Args:
        translate: function from a list of sentences to their translations, by this model.
        sources, references: lists of strings, line by line.
        tokenizer: of sacrebleu; a run that is resumed keeps the one that it began with.
        best_weights: path ending in `.weights.h5`, or None.
        every: epochs from one evaluation to the next.
        patience: stop after so many evaluations without a better score; 0: never.
        average: a `MovingAverage` or `CheckpointMean`, whose weights are scored and kept in place
            of the raw ones.
        num_samples: translations kept in `samples` for showing.
        ranking: a `CheckpointMean` of the best epochs; it is told the score of the raw weights,
            which is also in the logs, as `val_bleu_raw`.
    """

    def __init__(
        self,
        translate,
        sources,
        references,
        tokenizer="13a",
        best_weights=None,
        every=1,
        patience=0,
        average=None,
        num_samples=4,
        ranking=None,
    ):
        super().__init__()
        self.translate = translate
        self.sources = list(sources)
        self.references = list(references)
        self.tokenizer = tokenizer
        self.best_weights = best_weights
        self.every = every
        self.patience = patience
        self.average = average
        self.num_samples = num_samples
        self.ranking = ranking
        self.best = None
        self.best_epoch = None
        self.waited = 0
        self.samples = []

    def on_train_begin(self, logs=None):
        check_tokenizer(self.tokenizer)  # now, and not after an epoch

    def on_epoch_end(self, epoch, logs=None):
        # The last epoch is always scored, so that the best weights cannot miss it.
        last = epoch + 1 == self.params["epochs"] or self.model.stop_training
        if (epoch + 1) % self.every and not last:
            return
        self.evaluate(epoch, {} if logs is None else logs)

    def evaluate(self, epoch, logs):
        """Translates, scores, keeps the best."""
        began = time.perf_counter()
        scored = None
        if self.ranking is not None:
            scored = self._score()
            logs["val_bleu_raw"] = scored[0]
            self.ranking.add(self.model, epoch, scored[0])
        weights = self.average.swapped_in(self.model) if self.average else contextlib.nullcontext()
        with weights:
            if scored is None or self.average:
                scored = self._score()
            score, translations = scored
            logs["val_bleu"] = score
            logs["bleu_seconds"] = time.perf_counter() - began
            if self.best is None or score > self.best:
                self.best, self.best_epoch, self.waited = score, epoch, 0
                self._keep()
            else:
                self.waited += 1
        chosen = range(min(self.num_samples, len(self.sources)))
        self.samples = [(self.sources[i], self.references[i], translations[i]) for i in chosen]
        if self.patience and self.waited >= self.patience:
            self.model.stop_training = True

    def _score(self):
        """BLEU of the weights that the model has now, and its translations."""
        translations = self.translate(self.sources)
        return bleu(translations, self.references, self.tokenizer), translations

    def _keep(self):
        if self.best_weights is not None:
            save_weights(self.model, self.best_weights)

    def state(self):
        """What a checkpoint has to hold."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
            "tokenizer": self.tokenizer,
        }

    def restore(self, state):
        """Takes back what `state` gave."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.waited = state["waited"]
        # Scores with another tokenizer could not be compared with the best one so far.
        self.tokenizer = state.get("tokenizer", self.tokenizer)
