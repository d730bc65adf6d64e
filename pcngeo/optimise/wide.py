"""Cuts over more than three practices, for a stock of groups that is listed.

Every practice is in one network at most. Added up over some practices, each counted so many times,
divided by a number and rounded down, that still holds of every plan, and rarely of an LP: networks
that hold half of five practices, say, are two at most. Cuts of three practices (`columns`) are the
smallest of these, and those that groups are priced under; the wider ones close most of what those
leave open where many networks have to share little room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.groups import separate_wide, wide_entries, wide_sums
from pcngeo.optimise.pool import Pool

__all__ = ["Wide", "WideCuts", "violated_wide"]

#: How often each practice of a cut counts, and what the sum is divided by.
PATTERNS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((2, 1, 1, 1), 3),
    ((1, 1, 1, 1, 1), 3),
    ((2, 2, 1, 1, 1), 4),
    ((3, 1, 1, 1, 1), 4),
    ((3, 2, 2, 1, 1), 5),
    ((1, 1, 1, 1, 1), 2),
    ((3, 3, 2, 2, 1), 4),
    ((1, 1, 1, 1, 1, 1, 1), 2),
    ((1, 1, 1, 1, 1, 1, 1, 1, 1), 2),
)
#: Practices that each is looked at together with, and searches from each of them.
NEAR, REPEATS = 10, 3
#: Least violation that counts, cuts of a round, and cuts of a round that a practice is in.
LEAST, MOST, USES = 0.03, 80, 6


class Wide(NamedTuple):
    """A cut: practices, how often each counts, and what the sum is divided by."""

    members: tuple[int, ...]
    counts: tuple[int, ...]
    per: int

    @property
    def most(self) -> int:
        """What the networks of a plan add up to at most."""
        return sum(self.counts) // self.per


class WideCuts:
    """Wide cuts in force, and for every practice those that it is in."""

    def __init__(self, n: int, cuts: Iterable[Wide] = ()) -> None:
        self.n = n
        self.all = tuple(cuts)
        members = np.array([i for cut in self.all for i in cut.members], np.int64)
        counts = np.array([c for cut in self.all for c in cut.counts], np.int32)
        sizes = [len(cut.members) for cut in self.all]
        order = np.argsort(members, kind="stable")
        self._starts = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(members, minlength=n), out=self._starts[1:])
        self._ids = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[order]
        self._counts = counts[order]
        self._per = np.array([cut.per for cut in self.all], np.int32)
        self.most = np.array([cut.most for cut in self.all], np.float64)

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self.all)

    def entries(self, pool: Pool) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """List group, cut and entry wherever a group stands in a cut, group by group."""
        return wide_entries(
            pool.offsets, pool.members, self._starts, self._ids, self._counts, self._per
        )

    def paid(self, pool: Pool, prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what every group pays at these prices of the cuts."""
        held = np.flatnonzero(prices > 0.0)
        cuts = self if len(held) == len(self) else WideCuts(self.n, [self.all[q] for q in held])
        return wide_sums(
            pool.offsets, pool.members, cuts._starts, cuts._ids, cuts._counts, cuts._per,
            prices[held],
        )  # fmt: skip


def violated_wide(
    n: int, support: Pool, shares: NDArray[np.float64], known: Sequence[Wide], seed: int
) -> list[Wide]:
    """Find violated wide cuts, most violated first, at most `USES` for any practice.

    Parameters
    ----------
    n
        Number of practices.
    support, shares
        Groups of positive value in the LP, and their values.
    known
        Cuts in force.
    seed
        Of the places where the search starts.

    Returns
    -------
    list of Wide
    """
    near = _near(n, support, shares)
    found = []
    for which, (counts, per) in enumerate(PATTERNS):
        rows = separate_wide(
            n, support.offsets, support.members, shares, near, np.array(counts, np.int32), per,
            REPEATS, seed, LEAST,
        )  # fmt: skip
        found += [(-round(row[-1], 9), which, tuple(row[:-1].astype(int).tolist())) for row in rows]
    have, use = set(known), np.zeros(n, int)
    chosen: list[Wide] = []
    for _, which, members in sorted(set(found)):
        cut = _sorted(members, *PATTERNS[which])
        if cut in have or use[list(members)].max() >= USES:
            continue
        use[list(members)] += 1
        have.add(cut)
        chosen.append(cut)
        if len(chosen) == MOST:
            break
    return chosen


def _sorted(members: tuple[int, ...], counts: tuple[int, ...], per: int) -> Wide:
    """Write a cut in the one order that it has, however it was found."""
    pairs = sorted(zip(members, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return Wide(tuple(i for i, _ in pairs), counts, per)


def _near(n: int, support: Pool, shares: NDArray[np.float64]) -> NDArray[np.int32]:
    """List for every practice those that it shares most of its networks with; -1: no more."""
    together = np.zeros((n, n))
    for g in range(len(support)):
        members = support.members[support.offsets[g] : support.offsets[g + 1]]
        together[np.ix_(members, members)] += shares[g]
    np.fill_diagonal(together, 0.0)
    together = np.round(together, 9)
    near = np.argsort(-together, axis=1, kind="stable")[:, :NEAR]
    worth = np.take_along_axis(together, near, axis=1)
    return np.where(worth > 1e-6, near, -1).astype(np.int32)
