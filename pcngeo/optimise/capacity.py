"""Cuts that say how many networks some practices need.

Practices of 105,000 patients need three networks of at most 50,000, however they are divided: in
every plan, three networks or more hold some of them. In an LP half networks can do with less.
Where a practice may be left out, that counts for as much as it makes up of the patients above what
one network fewer could hold. In the same way, the patients of all the others fill so many networks
at most, and those of a plan that are more must hold some of these.

In vehicle routing these are the strong capacity cuts of R. Baldacci, N. Christofides and
A. Mingozzi (Mathematical Programming 115, 2008); leaving out and the least number are added here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.groups import separate_capacity, touch_entries, touch_sums
from pcngeo.optimise.pool import Pool

__all__ = ["Capacity", "CapacityCuts", "Room", "violated_capacity"]

#: Least violation that counts, and cuts of a round.
LEAST, MOST = 0.03, 20


class Room(NamedTuple):
    """List sizes, the smallest and the largest network there can be, the least number of them.

    No list size is above the largest network: leaving one out counts for one network at most.
    """

    weights: NDArray[np.int64]
    floor: int
    ceiling: int
    lowest: int


class Capacity(NamedTuple):
    """A cut: practices, how many networks they need, and what leaving out each counts for.

    `relief` is empty where the number of networks makes the need: leaving out changes nothing.
    """

    members: tuple[int, ...]
    need: int
    relief: tuple[float, ...]


class CapacityCuts:
    """Capacity cuts in force, and for every practice those that it is in."""

    def __init__(self, n: int, cuts: Iterable[Capacity] = ()) -> None:
        self.n = n
        self.all = tuple(cuts)
        members = np.array([i for cut in self.all for i in cut.members], np.int64)
        sizes = [len(cut.members) for cut in self.all]
        order = np.argsort(members, kind="stable")
        self._starts = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(members, minlength=n), out=self._starts[1:])
        self._ids = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[order]
        self.need = np.array([cut.need for cut in self.all], np.float64)

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self.all)

    def entries(self, pool: Pool) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """List group, cut and entry wherever a group holds a practice of a cut, group by group."""
        groups, cuts = touch_entries(pool.offsets, pool.members, self._starts, self._ids, len(self))
        return groups, cuts, np.ones(len(groups), np.int32)

    def given(self, pool: Pool, prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what every group is given at these prices of the cuts."""
        held = np.flatnonzero(prices > 0.0)
        cuts = self if len(held) == len(self) else CapacityCuts(self.n, [self.all[q] for q in held])
        return touch_sums(pool.offsets, pool.members, cuts._starts, cuts._ids, prices[held])

    def relieved(self, prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what leaving out every practice is given."""
        out = np.zeros(self.n)
        for cut, price in zip(self.all, prices, strict=True):
            if price > 0.0 and cut.relief:
                out[list(cut.members)] += price * np.array(cut.relief)
        return out


def violated_capacity(
    room: Room,
    support: Pool,
    shares: NDArray[np.float64],
    left_out: NDArray[np.float64],
    known: Sequence[Capacity],
) -> list[Capacity]:
    """Find violated capacity cuts, most violated first.

    Parameters
    ----------
    room
        What networks can hold.
    support, shares
        Groups of positive value in the LP, and their values.
    left_out
        How far every practice is left out in the LP.
    known
        Cuts in force.

    Returns
    -------
    list of Capacity
    """
    sets, needs, values = separate_capacity(
        support.offsets, support.members, shares, left_out,
        room.weights, room.floor, room.ceiling, room.lowest, LEAST,
    )  # fmt: skip
    have = set(known)
    chosen: list[Capacity] = []
    for q in np.lexsort((np.arange(len(values)), -np.round(values, 9))):
        cut = _cut(room, np.flatnonzero(sets[q]), int(needs[q]))
        if cut not in have:
            have.add(cut)
            chosen.append(cut)
            if len(chosen) == MOST:
                break
    return chosen


def _cut(room: Room, members: NDArray[np.int64], need: int) -> Capacity:
    weights = room.weights[members]
    rest = int(weights.sum()) - (need - 1) * room.ceiling
    relief = np.minimum(1.0, weights / rest).tolist() if rest > 0 else ()
    return Capacity(tuple(members.tolist()), need, tuple(relief))
