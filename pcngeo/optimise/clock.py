"""When to stop: the user's limits of time and memory. Nothing else reads the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from pcngeo.errors import RulesError
from pcngeo.scenario import MAX_SEED

__all__ = ["Clock", "MemoryLimitError", "OutOfTimeError", "WorkLimitError", "check_options"]

#: Groups held at a time without a limit of memory: a work limit.
MOST_GROUPS = 1_500_000
#: Bytes that a group takes in all lists together, generously.
GROUP_BYTES = 1_000


class OutOfTimeError(Exception):
    """The user's time limit is reached; whoever drives the search answers with the best so far."""


class WorkLimitError(Exception):
    """A limit of the work (visits, groups, nodes) is reached; it does not depend on the clock."""


class MemoryLimitError(WorkLimitError):
    """The user's limit of memory is reached."""


def check_options(seed: Any, time_limit: Any, max_memory: Any) -> None:
    """Refuse a seed or a limit that makes no sense.

    Raises
    ------
    RulesError
        Saying which, and what it must be.
    """
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= int(seed) <= MAX_SEED:
        raise RulesError(f"seed must be a whole number from 0 to {MAX_SEED:,}, not {seed!r}.")
    for name, value, unit in (
        ("time_limit", time_limit, "seconds, 0 or more"),
        ("max_memory", max_memory, "megabytes, 1 or more"),
    ):
        least = 1 if name == "max_memory" else 0
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Real) or not float(value) >= least:
            raise RulesError(f"{name} must be a number of {unit}, or None, not {value!r}.")


@dataclass
class Clock:
    """Counts seconds from its making, and raises when the limit has passed.

    Parameters
    ----------
    limit
        Seconds, or ``None`` for no limit.
    memory
        Megabytes that the lists of groups may take, or ``None`` for no limit.
    """

    limit: float | None = None
    memory: float | None = None
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

    @property
    def most_groups(self) -> int:
        """Number of groups that may be held at a time."""
        if self.memory is None:
            return MOST_GROUPS
        return min(MOST_GROUPS, max(1, int(self.memory * 1e6 / GROUP_BYTES)))

    def check_groups(self, count: int) -> None:
        """Raise when so many groups are more than may be held."""
        if count > self.most_groups:
            raise WorkLimitError if self.memory is None else MemoryLimitError
