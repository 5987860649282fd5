"""What a run has for pictures of its parts: a real batch, and its learning rates."""

import keras
import numpy as np

from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError
from keras_transformer.models.presets import preset_arguments
from keras_transformer.runs.folder import RunFolder, load_run_config
from keras_transformer.runs.train import make_optimizer
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.training.training_log import read_history


def training_batch(path, num_rows=12):
    """Rows of the first batch of a run's first epoch, from its shortest to its longest source.

    Args:
        path: folder of the run.
        num_rows: most rows.

    Returns:
        `source_ids` `(rows, S)` and `target_ids` `(rows, T)`, int32, padded as in training.

    Raises:
        UserError: the folder has no tokenised corpus.
    """
    folder = RunFolder(path)
    if not folder.token_corpus.is_dir():
        raise UserError(
            f"{path} has no tokenised corpus (folder {folder.token_corpus.name}): give sentences "
            "of your own."
        )
    corpus = TokenCorpus.open(folder.token_corpus, verify=False)
    training = load_run_config(path).training
    plan = BatchPlan(
        corpus.source_lengths + 1,
        corpus.target_lengths + 1,
        training.batch_tokens,
        training.seed,
        training.batch_shapes,
    )
    target = TokenizerPair.load(folder.path).target
    batches = TranslationBatches(corpus, plan, target.start_id, target.end_id, target.padding_id)
    arrays, *_ = next(batches.epoch(0))  # and weights, where pairs have some
    lengths = (arrays["source_ids"] != target.padding_id).sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    chosen = order[np.linspace(0, len(order) - 1, min(num_rows, len(order))).astype(int)]
    return arrays["source_ids"][chosen], arrays["target_ids"][chosen]


def learning_rates(path):
    """The learning rate of a run: what its schedule says, and what it noted.

    Args:
        path: folder of the run.

    Returns:
        Rates of all steps until shortly after the last one or the end of the warmup, whichever is
        later; numbers of steps whose rate the run noted, from 1; and what it noted.

    Raises:
        UserError: the run has noted nothing yet.
    """
    folder = RunFolder(path)
    history = [line for line in read_history(folder.history) if "learning_rate" in line]
    if not history:
        raise UserError(
            f"{path} has no epoch in its {folder.history.name} yet: let it train longer."
        )
    config = load_run_config(path)
    training = config.training
    sizes = {**preset_arguments(config.model.preset), **config.model.overrides()}
    # What the optimizer tells of itself, because it keeps the schedule to itself.
    told = make_optimizer(training, sizes["hidden_dim"]).get_config()["learning_rate"]
    schedule = keras.optimizers.schedules.deserialize(told)
    # What is noted after a step is the rate of the next one.
    steps = [line["step"] + 1 for line in history]
    last = int(1.1 * max(*steps, training.warmup_steps)) + 1
    batches = np.arange(last, dtype="int32") * training.batches_per_update  # what schedules count
    rates = keras.ops.convert_to_numpy(schedule(batches))
    return rates, steps, [line["learning_rate"] for line in history]
