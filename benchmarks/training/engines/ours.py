"""Our training as `train.py` runs it: the parts of `runs/train.py`, on a given order of batches."""

import tempfile
from types import SimpleNamespace

import keras

from engines.engine import Engine
from engines.pace import Pace
from keras_transformer.config import from_yaml
from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.runs.folder import RunFolder
from keras_transformer.runs.prepare import PreparedData
from keras_transformer.runs.train import compile_model, fit, make_callbacks, make_model
from keras_transformer.training.termination import Termination

_NEVER = 1_000_000  # epochs from one translation of the validation set to the next


class Ours(Engine):
    """`fit` with all callbacks of a run: moving average, logs, TensorBoard, checkpoints.

    Nothing is translated in between, and checkpoints are written after epochs only: the peers have
    neither.

    Options: `jit_compile`, "auto", "true" or "false"; `batch_shapes`, of the plan.
    """

    def __init__(self, sentences, options):
        super().__init__(sentences, options)
        self.config = _config(options)
        keras.utils.set_random_seed(options["seed"])
        self.model = make_model(self.config, _tokenizers(sentences))
        compile_model(self.model, self.config)
        self.num_parameters = self.model.count_params()
        self._make_data()

    def _make_data(self):
        tokens = TokenCorpus.of(self.sentences.source, self.sentences.target)
        plan = BatchPlan(
            tokens.source_lengths + 1,
            tokens.target_lengths + 1,
            self.options["batch_tokens"],
            self.options["seed"],
            self.options["batch_shapes"],
        )
        planned = self.choose_batches(plan.epoch, lambda batch: batch.shape)
        # One more than are asked for: what comes at the end of an epoch is not measured.
        chosen = ChosenPlan(plan, [*planned, planned[-1]])
        ids = self.sentences.special_ids
        batches = TranslationBatches(tokens, chosen, ids["start"], ids["end"], ids["padding"])
        made = map(batches.batch, planned)
        self.count((inputs["source_ids"], labels) for inputs, labels in made)
        train = as_dataset(batches)
        self.data = PreparedData(_tokenizers(self.sentences), tokens, chosen, train, None)

    def train(self, turns):
        some = SimpleNamespace(source=["a b c"], target=["a b c"])  # of the end of the epoch
        corpus = SimpleNamespace(validation=some, languages=("en", "de"))
        with tempfile.TemporaryDirectory() as folder, Termination().listening() as termination:
            run = RunFolder(folder)
            echo = SimpleNamespace(model=self.model, translate=lambda texts, options: texts)
            callbacks, log, checkpoints = make_callbacks(self.config, corpus, self.data, echo, run)
            log.pictures = None  # there is no text to draw attention of
            callbacks = [*callbacks, Pace(turns)], log, checkpoints
            fit(self.model, self.config, self.data, run, callbacks, termination)


class ChosenPlan:
    """A plan whose only epoch is a given list of batches."""

    def __init__(self, plan, batches):
        self.num_sentences = plan.num_sentences
        self.num_batches = len(batches)
        self.batches = batches

    def epoch(self, epoch):
        """The batches, whatever the epoch."""
        return self.batches


def _config(options):
    """The settings of a run with this model; what is not named here is the default."""
    model = {
        name: value for name, value in options["model"].items() if name not in _OF_THE_TOKENIZER
    }
    precision = {"float32": "float32", "bfloat16": "mixed_bfloat16"}[options["precision"]]
    training = {
        "epochs": 1,
        "batch_tokens": options["batch_tokens"],
        "batch_shapes": options["batch_shapes"],
        "label_smoothing": options["label_smoothing"],
        "clip_norm": options["clip_norm"],
        "warmup_steps": options["warmup_steps"],
        "learning_rate_scale": options["learning_rate_scale"],
        "precision": precision,
        "jit_compile": options["jit_compile"],
        "seed": options["seed"],
        "evaluate_every": _NEVER,
        "checkpoint_minutes": 0,
    }
    lines = []
    for name, section in (("model", model), ("training", training)):
        lines += [f"{name}:", *(f"  {key}: {value}" for key, value in section.items())]
    return from_yaml("\n".join(lines))


_OF_THE_TOKENIZER = ("vocabulary_size", "padding_id")


def _tokenizers(sentences):
    """As much of a `TokenizerPair` as is needed to make a model."""
    one = SimpleNamespace(
        vocabulary_size=sentences.vocabulary_size,
        padding_id=sentences.special_ids["padding"],
        start_id=sentences.special_ids["start"],
        end_id=sentences.special_ids["end"],
    )
    return SimpleNamespace(source=one, target=one, shared=True)
