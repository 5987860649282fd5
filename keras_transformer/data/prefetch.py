"""Makes the next items of an iterator in a thread, while the current one is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator

_END = object()


def prefetch(items: Iterable, size: int = 4) -> Iterator:
    """Yields `items` in order; at most `size` of them are made ahead.

    An error in the thread is raised where the item was asked for. The thread ends when the
    iterator is exhausted, closed or dropped.
    """
    ready: queue.Queue = queue.Queue(size)
    stopped = threading.Event()

    def put(entry) -> bool:
        while not stopped.is_set():
            try:
                ready.put(entry, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work():
        try:
            for item in items:
                if not put((item, None)):
                    return
        except BaseException as error:  # whatever it is, it belongs to whoever asked
            put((_END, error))
        else:
            put((_END, None))

    thread = threading.Thread(target=work, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopped.set()
