"""What every engine has."""

from batching import count, sequence


class Engine:
    """A system that trains on given batches.

    Options of every engine: `model`, arguments of `keras_transformer.Transformer`; `batch_tokens`,
    `label_smoothing`, `clip_norm` and `seed`; `warmup_steps` and `learning_rate_scale` of the
    schedule; `precision`, "float32" or "bfloat16"; `epochs`, `warm_steps`, `first_step` and
    `num_steps`, see `batching.sequence`.

    Attributes:
        sentences: `Sentences`.
        options: dict.
        num_parameters: that are trained.
        counts: list of `Counts`, one a step, those of the warm-up first.
        num_steps: that are to be measured.
    """

    def __init__(self, sentences, options):
        self.sentences = sentences
        self.options = options

    def choose_batches(self, epoch_of, shape_of):
        """All batches in order.

        Args:
            epoch_of: function from the number of an epoch to its batches.
            shape_of: see `batching.sequence`.

        Returns:
            List of batches; those that are measured are the last `self.num_steps`.
        """
        options = self.options
        epochs = [epoch_of(number) for number in range(options["epochs"] + 1)]
        warm, measured = sequence(
            epochs, shape_of, options["warm_steps"], options["first_step"], options["num_steps"]
        )
        self.num_steps = len(measured)
        return warm + measured

    def count(self, arrays):
        """Counts `(source_ids, labels)` of all batches."""
        padding = self.sentences.special_ids["padding"]
        self.counts = [count(source_ids, labels, padding) for source_ids, labels in arrays]

    def learning_rate(self, step, minimum=min):
        """The rate of an update, counted from 1: Vaswani et al. 2017, equation 3."""
        options = self.options
        rate = minimum(step**-0.5, step * options["warmup_steps"] ** -1.5)
        return options["learning_rate_scale"] * options["model"]["hidden_dim"] ** -0.5 * rate

    def train(self, turns):
        """Makes all steps, each between `turns.before_step()` and `turns.after_step(loss)`."""
        raise NotImplementedError
