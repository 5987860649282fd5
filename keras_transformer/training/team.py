"""Processes that train one model together: the first one writes, all stay in step."""

import contextlib

import numpy as np

from keras_transformer.errors import UserError

STOP, TERMINATE = range(2)  # what a process can wish for
_LOST = (
    "Another worker of this run has ended or cannot be reached ({reason}): start all of them again "
    "with the same commands; the run goes on from its newest checkpoint."
)


class Alone:
    """One process, whatever number of devices it has.

    Attributes:
        is_chief: whether this process writes the run's files, translates and shows progress.
    """

    is_chief = True

    def wish(self, kind, wished):
        """Whether all do at this moment what some wish for; alone, wishes come true at once."""
        del kind
        return wished

    def agree(self, stop, terminate):
        """The same at the end of an epoch, where everybody waits for everybody."""
        return stop, terminate

    @contextlib.contextmanager
    def chief_first(self):
        """What is inside is done by the chief first and then by the others."""
        yield

    def check_equal(self, number, what):
        """Checks that a number is the same in all processes."""

    def part(self):
        """Waits until the others are ready, too: who ends first would look lost to them."""

    @contextlib.contextmanager
    def watched(self):
        """Errors that come from the loss of another process are told in one sentence."""
        yield


class Team(Alone):
    """Several processes under a `MultiWorkerMirroredStrategy`.

    A process that decides on its own (its clock, a signal, the score of a validation) would leave
    the others waiting. Instead it makes a wish; wishes are added up in the step of training, and
    all processes hear of them after the same step.

    Args:
        strategy: the strategy, made before anything else of TensorFlow.
        worker: number of this process.
    """

    def __init__(self, strategy, worker):
        import tensorflow as tf

        self.strategy = strategy
        self.worker = worker
        self.is_chief = worker == 0
        self._wishes = tf.Variable(np.zeros(2, "float32"), trainable=False)
        self._powers = tf.Variable(np.zeros(2, "float64"), trainable=False)
        self._heard = np.zeros(2)
        self._sums = {
            id(numbers): tf.function(
                lambda numbers=numbers: strategy.run(_sum, args=(numbers,)), autograph=False
            )
            for numbers in (self._wishes, self._powers)
        }

    def sum_of_wishes(self):
        """How many replicas wish for each kind; to be called on all replicas."""
        return _sum(self._wishes)

    def _sum_of(self, numbers):
        sums = self._sums[id(numbers)]()
        return self.strategy.experimental_local_results(sums)[0].numpy()

    def hear(self, wishes):
        """Takes what `sum_of_wishes` gave."""
        self._heard = wishes

    def wish(self, kind, wished):
        if wished:
            wishes = self._wishes.numpy()
            wishes[kind] = 1.0
            self._wishes.assign(wishes)
        return bool(self._heard[kind])

    def agree(self, stop, terminate):
        self.wish(STOP, stop)
        self.wish(TERMINATE, terminate)
        self.meet()
        return bool(self._heard[STOP]), bool(self._heard[TERMINATE])

    def meet(self):
        """Waits for all others."""
        self.hear(self._sum_of(self._wishes))

    @contextlib.contextmanager
    def chief_first(self):
        if not self.is_chief:
            self.meet()
        yield
        if self.is_chief:
            self.meet()

    def check_equal(self, number, what):
        # Numbers are equal where the square of their sum is that of as many equal ones.
        self._powers.assign([float(number), float(number) ** 2])
        total, squares = self._sum_of(self._powers)
        if not np.isclose(self.strategy.num_replicas_in_sync * squares, total**2, rtol=1e-12):
            raise UserError(
                f"The workers do not see the same run: {what} is {number:,} here and another "
                "number elsewhere; the run folder has to lie where all of them can read it, such "
                "as on a network file system."
            )

    def part(self):
        with contextlib.suppress(UserError), self.watched():
            self.meet()

    @contextlib.contextmanager
    def watched(self):
        import tensorflow as tf

        errors = tf.errors
        try:
            yield
        except (
            errors.UnavailableError,
            errors.AbortedError,
            errors.CancelledError,
            errors.DeadlineExceededError,
            errors.FailedPreconditionError,
            errors.InternalError,
        ) as error:
            reason = next(filter(None, _reasons(error.message)), "no reason given")
            raise UserError(_LOST.format(reason=reason)) from error


def _sum(numbers):
    """Numbers of this replica, added to those of all others."""
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(numbers))


def _reasons(message):
    """Lines of an error of TensorFlow that say something, without where in the program it was."""
    for line in message.splitlines():
        if "Collective ops is aborted by:" in line:
            yield line.partition("Collective ops is aborted by:")[2].strip(" :")
    yield message.partition("\n")[0].strip(" :")
