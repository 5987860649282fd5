"""Training batches with subword regularisation: every epoch has segmentations of its own."""

import numpy as np

from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.sampled_corpus import sampled_lengths
from keras_transformer.data.sampled_epochs import ChangingBatches, SampledEpochs
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


class SubwordEpochs:
    """Plan and batches of the epochs of a run whose segmentations are sampled.

    The static shapes are those of the run: they are chosen once, for the lengths that a sample of
    the pairs has in epoch 0, so that no epoch brings a new program to compile. The batches of an
    epoch are planned for the lengths that its sentences have in it. A sentence that would not fit
    into the largest shape, which is rare, has the segmentation of the model in that epoch.

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
        lengths = _expected_lengths(tokens, tokenizers, options, training.batch_tokens)
        self.plan = BatchPlan(*lengths, training.batch_tokens, training.seed, training.batch_shapes)
        # All pairs vary independently: over a whole epoch that is far less than a fiftieth.
        self.max_batches = int(1.02 * self.plan.num_batches) + 8
        self._epochs = SampledEpochs(
            folder.token_corpus,
            tokens.fingerprint,
            folder.path,
            folder.sampled,
            options,
            [int(side.max()) - 1 for side in lengths],
            training.epochs,
        )

        def of_epoch(epoch):
            corpus = self._epochs.corpus(epoch)
            plan = BatchPlan(
                corpus.source_lengths + 1,
                corpus.target_lengths + 1,
                training.batch_tokens,
                training.seed,
                training.batch_shapes,
                self.plan.shapes,
            )
            return make_batches(corpus, plan)

        self.batches = ChangingBatches(of_epoch)

    def close(self):
        """Ends the side process and removes what it wrote."""
        self._epochs.close()


def _expected_lengths(tokens, tokenizers, options, batch_tokens):
    """Lengths to plan with, special ids counted: those of some pairs, again and again.

    The last pair is as long as any may get: what the model gives fits, and nearly all that is
    drawn.
    """
    unsampled = (tokens.source_lengths, tokens.target_lengths)
    count = min(len(tokens), PLANNED_PAIRS)
    rows = np.arange(count) * len(tokens) // count
    most = (batch_tokens - 1, batch_tokens - 1)
    drawn = sampled_lengths(tokens, samplers_of(tokenizers, options), most, rows)
    expected = []
    for lengths, before in zip(drawn, unsampled, strict=True):
        longest = max(int(lengths.max()), int(before.max()))
        lengths = np.resize(lengths, len(tokens))
        lengths[-1] = longest
        expected.append(lengths + 1)
    return expected
