"""When to stop: the user's limits of time and memory. Nothing else reads the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any, TypeVar

from pcngeo.errors import RulesError
from pcngeo.scenario import MAX_SEED

__all__ = ["Clock", "MemoryLimitError", "OutOfTimeError", "WorkLimitError", "check_options"]

#: Groups held at a time without a limit of memory: a work limit.
MOST_GROUPS = 1_500_000
#: How many times as large each share of paced work is as the one before.
LARGER = 4
#: Bytes that a group takes in all lists together, generously.
GROUP_BYTES = 1_000


Found = TypeVar("Found")


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

    def until(self, share: float) -> Clock:
        """Return a clock for the first part of the time: this share of the limit, if there is one.

        Examples
        --------
        >>> Clock(60.0).until(0.5).limit, Clock().until(0.5).limit
        (30.0, None)
        """
        return self if self.limit is None else replace(self, limit=share * self.limit)

    def check(self) -> None:
        """Raise `OutOfTimeError` when no time is left."""
        if self.left <= 0:
            raise OutOfTimeError

    def paced(self, most: int, first: int, run: Callable[[int], tuple[Found, bool]]) -> Found:
        """Do work that cannot be broken off in growing shares, so that a time limit is kept.

        Parameters
        ----------
        most, first
            The whole work, and the first share of it; without a limit, the whole is done at once.
        run
            Does a share from the beginning: what it found, and whether that is all there is.

        Returns
        -------
        object
            What the last share found.

        Raises
        ------
        OutOfTimeError
            When the next share would take longer than there is left.
        """
        share = most if self.limit is None else min(most, first)
        while True:
            self.check()
            began = self.seconds
            found, done = run(share)
            if done or share >= most:
                return found
            if LARGER * (self.seconds - began) > self.left:
                raise OutOfTimeError
            share = min(LARGER * share, most)

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
