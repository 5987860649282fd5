"""From sentence pairs to token ids on disk and batches for `fit`."""

import hashlib
import json
from dataclasses import dataclass, replace

from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.batch_split import BatchSplit
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.fingerprint import corpus_fingerprint, data_fingerprint
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.data.readers import check_readable
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError
from keras_transformer.runs.changing_epochs import (
    ChangingEpochs,
    epochs_differ,
    sampling_options,
)
from keras_transformer.runs.corpora import filtered
from keras_transformer.tokenizers import TokenizerPair, default_vocabulary_size


def training_data_of(corpus, data):
    """Fingerprints of what a run is trained on, by name, for its checkpoints; settings apart.

    Raises:
        UserError: a file cannot be read.
    """
    check_readable(*data.back_translations)
    return {
        "corpus": data_fingerprint(corpus.files, corpus.held_out),
        "back_translations": data_fingerprint(data.back_translations),
    }


def check_same_data(training_data, folder):
    """`UserError` where a run was trained on other files than those that are there now.

    Another corpus would come in another order, and sentences held out of it may be among those
    that the model has learned from.

    Args:
        training_data: see `training_data_of`.
        folder: `RunFolder`. Where it has no checkpoint, or one of an older version, which does not
            say what it was trained on, all is well.
    """
    progress = folder.read_progress() or {}
    if any(progress.get(name, here) != here for name, here in training_data.items()):
        raise UserError(
            f"The training files are not those with which the run in {folder.path} began: restore "
            "them to go on with it, or train on the new ones in another folder (--start-from "
            f"{folder.path} --run OTHER begins with its weights)."
        )


@dataclass(frozen=True)
class PreparedData:
    """What `fit` and its callbacks need of the data."""

    tokenizers: TokenizerPair
    tokens: TokenCorpus
    plan: BatchPlan  # of every epoch; of a usual one, where they differ
    train: object  # data set for `fit`, with `set_epoch`
    validation: object  # data set for `validation_data`
    epochs: ChangingEpochs | None = None  # where they differ

    def tokens_of_epoch(self, epoch):
        """Real target tokens of each batch of an epoch, end marks included."""
        return self.train.batches.target_tokens(epoch)

    def close(self):
        """Ends what works beside training; to be called when training is over."""
        if self.epochs is not None:
            self.epochs.close()


def prepare_data(config, corpus, folder, say, split=None):
    """Tokenizers, tokenised corpus and batch plan of a run; what is there already is used again.

    Args:
        config: `Config`.
        corpus: `Corpus`.
        folder: `RunFolder`.
        say: function that shows a line of progress.
        split: `BatchSplit` among replicas; None: there is one.

    Returns:
        `PreparedData`.
    """
    tokenizers = prepare_tokenizers(config, corpus, folder, say)
    check_tokenizers(config, tokenizers)
    tokens = _tokenise(config, corpus, tokenizers, folder, say)
    say(tokens.report.summary())
    training, epochs = config.training, None
    split = replace(split or BatchSplit(), padding_id=tokenizers.target.padding_id)
    if epochs_differ(config):
        epochs = ChangingEpochs(
            config, tokens, tokenizers, folder, lambda *parts: _batches(*parts, tokenizers)
        )
        plan = epochs.plan
        train = as_dataset(epochs.batches, max_batches=epochs.max_batches, split=split)
        say(f"Training, as far as epoch 1 tells: {plan.statistics()}.")
    else:
        plan = _plan(tokens, training, training.seed)
        train = as_dataset(_batches(tokens, plan, tokenizers), split=split)
        say(f"Training: {plan.statistics()}.")
    held_out = TokenCorpus.of(
        _encode(tokenizers.source, corpus.validation.source, config),
        _encode(tokenizers.target, corpus.validation.target, config),
    )
    validation = _batches(held_out, _plan(held_out, training, 0), tokenizers)
    held_out = as_dataset(validation, training=False, split=split)
    return PreparedData(tokenizers, tokens, plan, train, held_out, epochs)


def prepare_tokenizers(config, corpus, folder, say):
    """The run's tokenizers: those in its folder, those named in the configuration, or new ones."""
    if folder.has_tokenizers():
        return TokenizerPair.load(folder.path)
    settings = config.tokenizer
    if settings.load_from:
        tokenizers = TokenizerPair.load(settings.load_from)
        check_tokenizers(config, tokenizers)  # before they are the run's, and bind it
    else:
        # Before minutes are spent on a vocabulary.
        _check_vocabulary(config, settings.kind, settings.shared)
        size = settings.vocabulary_size or corpus.vocabulary_size
        if not size:
            size = default_vocabulary_size(sum(1 for _ in filtered(corpus, config.data)[0]))
        say(f"Learning a {settings.kind} vocabulary of {size:,} pieces.")
        options = {}
        if settings.kind in ("unigram", "bpe"):
            options["byte_fallback"] = settings.byte_fallback
            options["character_coverage"] = settings.character_coverage
        tokenizers = TokenizerPair.train(
            settings.kind,
            (pair.source for pair in filtered(corpus, config.data)[0]),
            (pair.target for pair in filtered(corpus, config.data)[0]),
            size,
            shared=settings.shared,
            progress=say,
            **options,
        )
    tokenizers.save(folder.path)
    return tokenizers


def check_tokenizers(config, tokenizers):
    """`UserError` where the settings ask for what these tokenizers cannot do."""
    for tokenizer in (tokenizers.source, tokenizers.target):
        _check_vocabulary(config, tokenizer.kind, tokenizers.shared)


def _check_vocabulary(config, kind, shared):
    sampling_options(config).check(kind)
    if config.data.both_directions and not shared:
        raise UserError(
            "data.both_directions translates both languages into each other with one vocabulary, "
            "and these are two: set tokenizer.shared to true, or data.both_directions to false."
        )


def _tokenise(config, corpus, tokenizers, folder, say):
    data = config.data
    options = {
        "format": data.format,
        "sample": [data.sample, data.sample_pairs],
        "filters": [data.max_length, data.max_ratio, data.deduplicate],
        "weights_inside": data.weights_inside,
        "held_out": hashlib.sha256(b"".join(sorted(corpus.held_out))).hexdigest(),
    }
    if data.both_directions:
        options["both_directions"] = True
    if data.back_translations:
        options["back_translations"] = len(data.back_translations)
    files = (*corpus.files, *data.back_translations)
    fingerprint = corpus_fingerprint(files, tokenizers, json.loads(json.dumps(options)))
    pairs, report = filtered(corpus, data, added=True)
    announced = 0

    def progress(count):
        nonlocal announced
        if count - announced >= 500_000:
            announced = count
            say(f"Tokenised {count:,} pairs.")

    return TokenCorpus.open_or_build(
        folder.token_corpus,
        lambda: pairs,
        tokenizers,
        fingerprint,
        max_length=data.max_length,
        weighted=bool(data.pair_weights or data.weights_inside),
        report=report,
        progress=progress,
    )


def _plan(tokens, training, seed):
    return BatchPlan(
        tokens.source_lengths + 1,
        tokens.target_lengths + 1,
        training.batch_tokens,
        seed,
        training.batch_shapes,
    )


def _batches(tokens, plan, tokenizers):
    target = tokenizers.target
    return TranslationBatches(tokens, plan, target.start_id, target.end_id, target.padding_id)


def _encode(tokenizer, texts, config):
    """Ids of the validation texts, cut to the longest that fits into a batch."""
    longest = config.training.batch_tokens - 1
    return [ids[:longest] for ids in tokenizer.encode(texts)]
