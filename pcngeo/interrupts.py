"""Ctrl-C and the order to end, held back while something must not be torn in two."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

__all__ = ["undisturbed"]


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back SIGINT and SIGTERM until the end of the block, then let the first of them through.

    For what cannot be broken off in the middle: files moved into place, machine code read in.
    Outside the main thread, which alone gets signals, nothing is done.

    Examples
    --------
    >>> with undisturbed():
    ...     whole = [1, 2]
    >>> whole
    [1, 2]
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    asked = (signal.SIGINT, signal.SIGTERM)
    usual = [(number, signal.signal(number, lambda n, _: came.append(n))) for number in asked]
    try:
        yield
    finally:
        for number, handler in usual:
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for first in came[:1]:
            signal.raise_signal(first)
