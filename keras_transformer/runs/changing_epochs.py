"""Training batches whose sentences or segmentations are others in every epoch."""

import numpy as np

from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.mixture import Mixture
from keras_transformer.data.sampled_corpus import sampled_lengths
from keras_transformer.data.sampled_epochs import ChangingBatches, SampledEpochs
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.tokenizers.subword_sampling import SamplingOptions, samplers_of

# Pairs whose lengths in epoch 0 stand for all lengths in all epochs when shapes are chosen.
PLANNED_PAIRS = 32_768


def sampling_options(config):
    """The `SamplingOptions` of a configuration."""
    settings = config.tokenizer
    return SamplingOptions(
        seed=config.training.seed,
        bpe_dropout=settings.bpe_dropout,
        alpha=settings.sampling_alpha,
        n_best=settings.sampling_n_best,
    )


def epochs_differ(config):
    """Whether an epoch of this configuration has other ids than the one before."""
    return bool(sampling_options(config).on or config.data.corpus_weights)


class ChangingEpochs:
    """Plan and batches of a run with sampled segmentations, or with shares of several corpora.

    The static shapes are those of the run: they are chosen once, for lengths of epoch 0, so that
    no epoch brings a new program to compile. The batches of an epoch are planned for the lengths
    that its sentences have in it. A sentence whose drawn segmentation would not fit into the
    largest shape, which is rare, has the segmentation of the model in that epoch.

    Args:
        config: `Config`.
        tokens: `TokenCorpus` of the run.
        tokenizers: its `TokenizerPair`, saved in the run's folder.
        folder: `RunFolder`.
        make_batches: function from a `TokenCorpus` and a `BatchPlan` to `TranslationBatches`.

    Attributes:
        plan: `BatchPlan` that stands for every epoch's.
        batches: `ChangingBatches`.
        max_batches: more than any epoch has.
    """

    def __init__(self, config, tokens, tokenizers, folder, make_batches):
        training, options = config.training, sampling_options(config)
        self._tokens, self._mixture, self._sampled = tokens, None, None
        weights = config.data.corpus_weights
        if weights:
            sizes = [*tokens.part_sizes, *[0] * (len(weights) - len(tokens.part_sizes))]
            self._mixture = Mixture(sizes, weights, training.seed)
        samplers = samplers_of(tokenizers, options) if options.on else None
        lengths = self._expected_lengths(samplers, training.batch_tokens)
        self.plan = BatchPlan(*lengths, training.batch_tokens, training.seed, training.batch_shapes)
        # All pairs vary independently: over a whole epoch that is far less than a fiftieth.
        self.max_batches = int(1.02 * self.plan.num_batches) + 8
        if options.on:
            self._sampled = SampledEpochs(
                folder.token_corpus,
                tokens.fingerprint,
                folder.path,
                folder.sampled,
                options,
                [int(side.max()) - 1 for side in lengths],
                weights,
                training.epochs,
            )

        def of_epoch(epoch):
            corpus = self.corpus(epoch)
            plan = BatchPlan(
                corpus.source_lengths + 1,
                corpus.target_lengths + 1,
                training.batch_tokens,
                training.seed,
                training.batch_shapes,
                self.plan.shapes,
            )
            return make_batches(corpus, plan)

        self.batches = ChangingBatches(of_epoch, tokens.weights is not None)

    def corpus(self, epoch):
        """The `TokenCorpus` of an epoch."""
        rows = self._rows(epoch)
        if self._sampled is None:
            return self._tokens.select(rows)
        drawn = self._sampled.corpus(epoch)
        weights = None if self._tokens.weights is None else self._tokens.weights[rows]
        return TokenCorpus(drawn.source_tokens, drawn.target_tokens, weights=weights)

    def close(self):
        """Ends the side process and removes what it wrote."""
        if self._sampled is not None:
            self._sampled.close()

    def _rows(self, epoch):
        if self._mixture is None:
            return np.arange(len(self._tokens))
        return self._mixture.rows(epoch)

    def _expected_lengths(self, samplers, batch_tokens):
        """Lengths to plan with, special ids counted: of some pairs of epoch 0, again and again.

        The last pair is as long as any may get: what the model gives fits, and nearly all that is
        drawn.
        """
        rows = self._rows(0)
        unsampled = (self._tokens.source_lengths, self._tokens.target_lengths)
        if samplers is None:
            expected = [lengths[rows] for lengths in unsampled]
        else:
            count = min(len(rows), PLANNED_PAIRS)
            some = rows[np.arange(count) * len(rows) // count]
            most = (batch_tokens - 1, batch_tokens - 1)
            expected = sampled_lengths(self._tokens, samplers, most, some)
        planned = []
        for lengths, before in zip(expected, unsampled, strict=True):
            longest = max(int(lengths.max()), int(before.max()))
            lengths = np.resize(lengths, len(rows))
            lengths[-1] = longest
            planned.append(lengths + 1)
        return planned
