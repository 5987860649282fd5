"""SIGTERM: the run is saved and left, and the same command continues it."""

import contextlib
import signal
import threading

STATUS = 128 + signal.SIGTERM  # 143, what a shell reports of a process that the signal ended


class Terminated(SystemExit):
    """The process was asked to end; leaves with status 143 where nobody catches it."""

    def __init__(self):
        super().__init__(STATUS)


class Termination:
    """What a request to end does: at once, or where it is deferred, at the next good moment.

    Attributes:
        requested: whether the request has come.
    """

    def __init__(self):
        self.requested = False
        self._deferred = False

    @contextlib.contextmanager
    def listening(self):
        """Within this context SIGTERM is a request; a second one ends the process at once.

        Only the main thread of a process may say what signals do; in others nothing changes.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = signal.signal(signal.SIGTERM, self._request)
        try:
            yield self
        finally:
            signal.signal(signal.SIGTERM, before)

    def _request(self, number, frame):
        again, self.requested = self.requested, True
        if again or not self._deferred:
            raise Terminated

    @contextlib.contextmanager
    def deferred(self):
        """Within this context a request waits until `obey` is called."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        self.obey()

    def obey(self):
        """Ends the process if that was asked for; call it where everything is saved."""
        if self.requested:
            raise Terminated
