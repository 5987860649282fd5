"""What every system has to do, so that one clock measures all."""

from typing import NamedTuple


class Output(NamedTuple):
    """One translation."""

    ids: list  # without the end mark
    length: int  # ids produced, the end mark included where there is one
    score: float | None  # log-probability as the system says it, where it does


class Engine:
    """A loaded model. `run` alone is timed; it is called from several threads at once.

    Args:
        bundle: the `Bundle` to translate.
        options: dict; `intra_threads` and what the system itself takes.
    """

    def __init__(self, bundle, options):
        self.bundle = bundle
        self.options = options

    def prepare(self, rows, beam):
        """Sentences by number as the system wants them, made before the clock starts."""
        raise NotImplementedError

    def run(self, batch):
        """Translates what `prepare` made."""
        raise NotImplementedError

    def outputs(self, batch, result):
        """What `run` returned, as a list of `Output`."""
        raise NotImplementedError

    def output(self, ids, score=None):
        """An `Output` of ids that may hold an end mark, and padding after it."""
        end = self.bundle.special_ids["end"]
        ids = [int(value) for value in ids]
        if end in ids:
            ids = ids[: ids.index(end)]
            return Output(ids, len(ids) + 1, score)
        return Output(ids, len(ids), score)
