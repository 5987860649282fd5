"""How a translator is trained: the script to read.

Everything here is public: `keras_transformer.Transformer` is a Keras model, compiled with an
optimizer, a loss and metrics and trained with `model.fit`.
"""

import contextlib
import sys

import keras

from keras_transformer.backend import make_deterministic
from keras_transformer.decoding import TranslationOptions
from keras_transformer.errors import UserError
from keras_transformer.evaluation import bleu_tokenizer, check_tokenizer
from keras_transformer.runs.attention_pictures import attention_pictures
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.devices import Devices, choose_devices
from keras_transformer.runs.evaluate import evaluate_run, print_scores
from keras_transformer.runs.folder import RunFolder, WorkerFolder
from keras_transformer.runs.machine import note_machine
from keras_transformer.runs.prepare import check_same_data, prepare_data, training_data_of
from keras_transformer.runs.report import try_to_write_report
from keras_transformer.runs.start_from import origin_of, recorded_origin
from keras_transformer.training import (
    Adam,
    AdamW,
    BleuCallback,
    CheckpointMean,
    InverseSquareRootSchedule,
    MaskedCrossentropy,
    MovingAverage,
    Perplexity,
    TokenAccuracy,
    WarmupSchedule,
)
from keras_transformer.training.checkpoints import (
    Checkpoints,
    Limits,
    SavedTermination,
    ShortEpochs,
)
from keras_transformer.training.finite_loss import FiniteLoss
from keras_transformer.training.replica_steps import count_with_nothing, part_random_states
from keras_transformer.training.team import Team
from keras_transformer.training.tensorboard import TensorBoardWriter
from keras_transformer.training.termination import Termination
from keras_transformer.training.training_log import TrainingLog
from keras_transformer.training.training_model import TrainingTransformer
from keras_transformer.training.weight_files import WeightFiles
from keras_transformer.translator import Translator

# Validation is greedy, whatever the run decodes with in the end: it has to be cheap.
GREEDY = TranslationOptions(strategy="greedy")

# What every process of a run needs; the chief alone has the rest, which writes and translates.
IN_STEP = (FiniteLoss, ShortEpochs, Limits, Checkpoints)


def train(config, run_folder):
    """Trains a translator, or goes on with it where the folder holds a run that was stopped.

    Args:
        config: `Config`.
        run_folder: path of the run's folder.

    Returns:
        dict with the scores on the test set (on the validation set where there is none).

    Raises:
        UserError: the data, the configuration or the folder is wrong; nothing there is lost.
        Terminated: the process got SIGTERM, and everything is saved.
    """
    folder = RunFolder(run_folder)
    folder.check(config)
    if config.training.deterministic:
        make_deterministic()
    devices = choose_devices(config.training)
    # After TensorFlow, which listens to SIGTERM for itself as soon as there are several machines.
    with Termination().listening() as termination:
        try:
            with devices.team.watched():
                corpus = _train(config, folder, devices, termination)
        finally:
            devices.close()
        if not devices.team.is_chief:
            devices.team.part()
            return {}
        scores = scores_of(folder, corpus, config)
        devices.team.part()
        return scores


def _train(config, folder, devices, termination):
    """Everything up to the last weights; of several processes each does its part.

    Returns:
        The `Corpus`.
    """
    chief = devices.team.is_chief
    keras.utils.set_random_seed(config.training.seed)
    with contextlib.ExitStack() as at_end:
        if not chief:
            folder = at_end.enter_context(WorkerFolder(folder.path))
        if devices.description:
            print(f"Devices: {devices.description}.", flush=True)
        with devices.team.chief_first():
            corpus = open_corpus(config.data)
            is_done = folder.is_done(config)
            if not is_done:
                training_data = training_data_of(corpus, config.data)
                check_same_data(training_data, folder)
            if chief:
                folder.start(config)
            if is_done:
                return corpus
            origin = origin_of(config, folder)
            data = prepare_data(config, corpus, folder, say if chief else _silence, devices.split)
            at_end.callback(data.close)
        with devices.scope():
            model = make_model(config, data.tokenizers)
            check_positions(model, data)
            compile_model(model, config)
        model.team = devices.team if isinstance(devices.team, Team) else None
        if origin is not None:
            origin.give_weights(model)
        translator = Translator(model, data.tokenizers, config.decoding, corpus.languages)
        if chief:
            translator.origin = origin.record() if origin else recorded_origin(folder)
            translator.both_directions = config.data.both_directions
            translator.describe(folder.path)
            say(f"{config.model.preset}: {model.count_params():,} parameters.")
        del origin  # it holds a model of its own
        callbacks = make_callbacks(
            config, corpus, data, translator, folder, devices, notes=training_data
        )
        fit(model, config, data, folder, callbacks, termination, devices)
        return corpus


def fit(model, config, data, folder, callbacks, termination, devices=None):
    """Trains up to the first limit, from the newest checkpoint where there is one."""
    devices = devices or Devices()
    team = devices.team
    callbacks, log, checkpoints = callbacks
    step = checkpoints.resume(model)
    team.check_equal(step, "the step of the newest checkpoint")
    if devices.num_replicas > 1:
        part_random_states(model, devices.first_replica)
    if step and team.is_chief:
        say(f"Resuming at step {step:,}, epoch {checkpoints.epoch + 1}.")
    if folder.is_finished(config.training):
        return
    if team.is_chief:
        check_tokenizer(checkpoints.states["bleu"].tokenizer)  # before anything is forgotten
        folder.forget_scores()
        different = note_machine(folder.machine, step, devices.description)
        if different:
            say(
                f"This is not where the run was before ({'; '.join(different)}): it goes on, "
                "though not bit by bit as it would have there."
            )
        log.resume(checkpoints.epoch, checkpoints.batch)
    else:
        callbacks = [each for each in callbacks if isinstance(each, IN_STEP)]
    verbose = (1 if sys.stdout.isatty() else 2) if team.is_chief else 0
    with termination.deferred():
        model.fit(
            data.train,
            validation_data=data.validation,
            epochs=config.training.epochs,
            initial_epoch=checkpoints.epoch,
            callbacks=[*callbacks, SavedTermination(termination, checkpoints, team)],
            verbose=verbose,
        )


def scores_of(folder, corpus, config):
    """The scores of a finished run, kept or computed now, and its report."""
    known = folder.read_scores()
    scores = known or evaluate_run(folder, corpus, config)
    print_scores(scores)
    if known is None or not folder.report.exists():
        try_to_write_report(folder.path, corpus, say)
    say(f"Translate with: keras-transformer translate {folder.path} < input.txt")
    return scores


def make_model(config, tokenizers):
    """The model of a configuration, built, for these tokenizers."""
    try:
        model = TrainingTransformer.from_preset(
            config.model.preset,
            vocabulary_size=tokenizers.source.vocabulary_size,
            target_vocabulary_size=None if tokenizers.shared else tokenizers.target.vocabulary_size,
            padding_id=tokenizers.source.padding_id,
            dtype=config.training.precision,
            **config.model.overrides(),
        )
        model.build()
    except ValueError as error:
        raise UserError(f"There is no model of these settings: {error}") from error
    return model


def check_positions(model, data):
    """`UserError` where a sentence is longer than the model has learned positions."""
    plans = (data.plan, data.validation.batches.plan)
    longest = max(max(shape[1:]) for plan in plans for shape in plan.shapes)
    if model.positions == "learned" and longest > model.max_length:
        raise UserError(
            f"The model has {model.max_length} learned positions, and a sentence has {longest} "
            f"tokens with its mark: set model.max_length to {longest} or more."
        )


def make_optimizer(training, hidden_dim):
    """Adam or AdamW with its schedule, from the `training` settings, for a model of this width."""
    batches = training.batches_per_update
    if training.schedule == "paper":
        schedule = WarmupSchedule(
            hidden_dim, training.warmup_steps, training.learning_rate_scale, batches
        )
    else:
        schedule = InverseSquareRootSchedule(
            training.peak_learning_rate, training.warmup_steps, batches
        )
    options = {
        "beta_1": training.beta_1,
        "beta_2": training.beta_2,
        "epsilon": training.epsilon,
        "global_clipnorm": training.clip_norm or None,
        "gradient_accumulation_steps": batches if batches > 1 else None,
    }
    if training.optimizer == "adamw":
        return AdamW(schedule, weight_decay=training.weight_decay, **options)
    return Adam(schedule, **options)


def compile_model(model, config):
    """Optimizer, loss and metrics of the paper (sections 5.3 and 5.4)."""
    training = config.training
    model.r_drop = training.r_drop
    model.compile(
        optimizer=make_optimizer(training, model.hidden_dim),
        loss=MaskedCrossentropy(training.label_smoothing, model.padding_id),
        metrics=[TokenAccuracy(model.padding_id), Perplexity(model.padding_id)],
        jit_compile={"auto": "auto", "true": True, "false": False}[training.jit_compile],
    )
    model.optimizer.build(model.trainable_variables)
    vocabulary_size = model.target_vocabulary_size or model.vocabulary_size
    count_with_nothing(model, model.padding_id, vocabulary_size)


def make_averages(config, folder):
    """The averages of weights that the settings ask for, by name: `ema`, `mean`."""
    training = config.training
    averages = {}
    if training.average_decay:
        averages["ema"] = MovingAverage(training.average_decay)
    if training.average_checkpoints:
        averages["mean"] = CheckpointMean(
            folder.epoch_weights,
            training.average_checkpoints,
            training.average_choice,
            folder.checkpoints,
        )
    return averages


def make_callbacks(config, corpus, data, translator, folder, devices=None, notes=None):
    """What happens beside the updates: averages, limits, BLEU, logs, checkpoints.

    The order counts: each sees what those before it did at the same moment. `notes` are for the
    checkpoints.
    """
    training, team = config.training, (devices or Devices()).team
    averages = make_averages(config, folder)
    mean = averages.get("mean")
    sources, references = corpus.validation.source, corpus.validation.target
    count = training.validation_sentences or len(sources)
    bleu = BleuCallback(
        lambda texts: translator.translate(texts, GREEDY),
        sources[:count],
        references[:count],
        tokenizer=config.data.bleu_tokenizer or bleu_tokenizer(corpus.languages[1]),
        best_weights=folder.best_weights,
        every=training.evaluate_every,
        patience=training.early_stopping,
        average=averages.get(training.chosen_weights),
        num_samples=training.sample_translations,
        ranking=mean if training.average_choice == "best" else None,
    )
    checkpoints = Checkpoints(
        folder.checkpoints,
        data.train,
        {"bleu": bleu, **({"mean": mean} if mean else {})},
        averages.get("ema"),
        steps=training.checkpoint_steps,
        minutes=training.checkpoint_minutes,
        keep=training.keep_checkpoints,
        notes=notes,
    )
    checkpoints.writes = team.is_chief
    board = training.tensorboard and team.is_chief and TensorBoardWriter.available()
    log = TrainingLog(
        folder.history,
        data.tokens_of_epoch,
        folder.logs if board else None,
        training.log_every,
        samples=lambda: bleu.samples,
        pictures=attention_pictures(translator, bleu, say) if board else None,
    )
    limits = Limits(checkpoints, training.max_steps, training.max_minutes, team)
    files = WeightFiles(folder.weights, averages)
    finite = FiniteLoss(folder.path, folder.checkpoints)
    short = ShortEpochs(data.train)
    order = [finite, *averages.values(), short, limits, bleu, files, log, checkpoints]
    return order, log, checkpoints


def _silence(line):
    """For processes whose chief speaks."""


def say(line):
    """Shows a line of progress."""
    print(line, flush=True)
