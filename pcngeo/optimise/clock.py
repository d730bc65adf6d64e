"""When to stop: the user's time limit, and nothing else, reads the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Clock", "OutOfTimeError", "WorkLimitError"]


class OutOfTimeError(Exception):
    """The user's time limit is reached; whoever drives the search answers with the best so far."""


class WorkLimitError(Exception):
    """A limit of the work (visits, groups, nodes) is reached; it does not depend on the clock."""


@dataclass
class Clock:
    """Counts seconds from its making, and raises when the limit has passed.

    Parameters
    ----------
    limit
        Seconds, or ``None`` for no limit.
    """

    limit: float | None = None
    start: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.start

    @property
    def left(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self.limit is None else self.limit - self.seconds

    def check(self) -> None:
        """Raise `OutOfTimeError` when no time is left."""
        if self.left <= 0:
            raise OutOfTimeError
