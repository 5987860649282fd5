"""Fine-tuning: a new run begins with the weights and the tokenizers of another one."""

from pathlib import Path

from keras_transformer.config.settings import count
from keras_transformer.data.fingerprint import file_digest
from keras_transformer.errors import UserError
from keras_transformer.runs.prepare import check_tokenizers
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.training.checkpoint import list_checkpoints
from keras_transformer.translator import WEIGHTS, Translator, read_description

# Arguments of a model that may differ: they are not about its weights.
_FREE = {"name", "trainable", "dtype", "dropout", "attention_dropout"}


class Origin:
    """What a run begins with.

    Args:
        config: `Config` of the new run, with `training.start_from`.
        folder: `RunFolder` of the new run.

    Raises:
        UserError: there is no such run, or its vocabularies are not those of the new run.
    """

    def __init__(self, config, folder):
        self.path = Path(config.training.start_from)
        if self.path.resolve() == folder.path.resolve():
            raise UserError(
                f"--start-from {self.path} is the folder of the new run itself: leave it out to go "
                "on with that run, or give another --run."
            )
        self.translator = Translator.load(self.path)
        self._give_tokenizers(config, folder)

    def record(self):
        """What the description of the new translator says of its origin."""
        return {"run": str(self.path), "weights_sha256": file_digest(self.path / WEIGHTS)}

    def _give_tokenizers(self, config, folder):
        own = None
        if folder.has_tokenizers():
            own, place = TokenizerPair.load(folder.path), folder.path
        elif config.tokenizer.load_from:
            own, place = TokenizerPair.load(config.tokenizer.load_from), config.tokenizer.load_from
        if own is None:
            check_tokenizers(config, self.translator.tokenizers)  # before they bind the run
            self.translator.tokenizers.save(folder.path)
            return
        self._check_vocabularies(own, place)

    def _check_vocabularies(self, own, place):
        theirs = self.translator.tokenizers
        if own.shared != theirs.shared:
            numbers = [count(1 if pair.shared else 2, "vocabulary") for pair in (theirs, own)]
            numbers = [text.replace("vocabularys", "vocabularies") for text in numbers]
            raise UserError(
                f"{self.path} has {numbers[0]}, and {place} {numbers[1]}: weights of the one do "
                "not fit the other; leave tokenizer.load_from out and give a new --run."
            )
        sides = ("source",) if own.shared else ("source", "target")
        for side in sides:
            here, there = getattr(own, side), getattr(theirs, side)
            if here.fingerprint() != there.fingerprint():
                name = "shared" if own.shared else side
                raise UserError(
                    f"The {name} vocabulary of {self.path} ({there.vocabulary_size:,} "
                    f"{there.kind} pieces) is not that of {place} ({here.vocabulary_size:,} "
                    f"{here.kind} pieces): leave tokenizer.load_from out and give a new --run."
                )

    def give_weights(self, model):
        """Copies the weights into a model of the same kind.

        Raises:
            UserError: the models are of different kinds; what differs is named.
        """
        here, there = model.get_config(), self.translator.model.get_config()
        free = _FREE if model.positions == "learned" else {*_FREE, "max_length"}
        different = [
            f"model.{name} is {there.get(name)} there and {here[name]} here"
            for name in here
            if name not in free and here[name] != there.get(name)
        ]
        if different:
            raise UserError(
                f"The weights of {self.path} do not fit: {', '.join(different)}; give the values "
                "of that run."
            )
        for weight, value in zip(model.weights, self.translator.model.weights, strict=True):
            weight.assign(value.value)


def origin_of(config, folder):
    """The `Origin` of a run that is about to begin; None if it has none, or has begun before."""
    if not config.training.start_from or list_checkpoints(folder.checkpoints):
        return None
    return Origin(config, folder)


def recorded_origin(folder):
    """What a run that goes on says of its origin; None where it says nothing."""
    try:
        return read_description(folder.path).get("origin")
    except UserError:  # it is written anew
        return None
