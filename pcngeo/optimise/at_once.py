"""Work on several processors at once, in threads: kernels and LPs run beside Python's lock.

What comes out is the same on one processor and on many: results stand in the order of the work, and
none of it knows what is done beside it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pcngeo.optimise.clock import Clock

__all__ = ["both", "in_order", "processors"]

#: Processors used at most; pieces of work begun before they are asked for, for each of them.
MOST, AHEAD = 8, 4

Work = TypeVar("Work")
Found = TypeVar("Found")


def processors() -> int:
    """Return how many processors there are for this process, no more than are of use."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        count = os.cpu_count() or 1
    return min(count, MOST)


def in_order(
    search: Callable[[Work], Found], pieces: Sequence[Work], clock: Clock
) -> Iterator[Found]:
    """Do pieces of work on every processor, and give what they find in their order.

    Whoever stops asking, or is stopped, waits only for the pieces that are under way.

    Parameters
    ----------
    search
        Does a piece.
    pieces
        The pieces.
    clock
        Time limit, looked at before each piece is begun.

    Yields
    ------
    object
        What a piece found.
    """
    at_once = min(processors(), len(pieces))
    if at_once < 2:
        for piece in pieces:
            clock.check()
            yield search(piece)
        return
    threads, begun = ThreadPoolExecutor(at_once), deque[Future[Found]]()
    try:
        for piece in pieces:
            clock.check()
            begun.append(threads.submit(search, piece))
            if len(begun) >= AHEAD * at_once:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        threads.shutdown(cancel_futures=True)


def both(first: Callable[[], None], second: Callable[[], None], halt: Callable[[], None]) -> None:
    """Do two things at once, the second in a thread of its own.

    Parameters
    ----------
    first, second
        What is done. An error of the first is raised before one of the second.
    halt
        Makes the second end soon: called when the first fails, or is stopped, in the middle.
    """
    faults: list[BaseException] = []

    def run() -> None:
        try:
            second()
        except BaseException as fault:  # raised where it is waited for
            faults.append(fault)

    thread = threading.Thread(target=run)
    try:
        thread.start()
        first()
        thread.join()
    except BaseException:
        halt()
        if thread.is_alive():
            thread.join()
        raise
    if faults:
        raise faults[0]
