"""A stock of groups of practices with their costs, as flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pool"]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pool:
    """Groups of practices: sorted positions of the members, cost and hub of each.

    Parameters
    ----------
    offsets, members
        Group g holds ``members[offsets[g]:offsets[g + 1]]``.
    costs
        Cost of every group, in the unit of the objective.
    hubs
        Hub of every group.
    spends
        What every group takes of each budget, one row a group; without budgets, no column.
    """

    offsets: Longs
    members: Ints
    costs: Floats
    hubs: Ints
    spends: Floats = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        """Give every group a row of spends."""
        if len(self.spends) != len(self.costs):
            object.__setattr__(self, "spends", np.empty((len(self.costs), 0)))

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.costs)

    @classmethod
    def empty(cls, budgets: int = 0) -> Pool:
        """Return a stock without groups."""
        none = np.empty(0, np.int32)
        return cls(np.zeros(1, np.int64), none, np.empty(0), none, np.empty((0, budgets)))

    @classmethod
    def of(
        cls, groups: Sequence[Sequence[int]], costs: Sequence[float], hubs: Sequence[int]
    ) -> Pool:
        """Make a stock from lists of positions."""
        offsets = np.zeros(len(groups) + 1, np.int64)
        np.cumsum([len(g) for g in groups], out=offsets[1:])
        members = np.array([i for g in groups for i in sorted(g)], np.int32)
        return cls(offsets, members, np.array(costs, float), np.array(hubs, np.int32))

    @classmethod
    def joined(cls, pools: Iterable[Pool]) -> Pool:
        """Put stocks one after the other."""
        given = list(pools)
        parts = [p for p in given if len(p)]
        if not parts:
            return given[0] if given else cls.empty()
        offsets = np.zeros(sum(map(len, parts)) + 1, np.int64)
        np.cumsum(np.concatenate([p.sizes for p in parts]), out=offsets[1:])
        return cls(
            offsets,
            np.concatenate([p.members for p in parts]),
            np.concatenate([p.costs for p in parts]),
            np.concatenate([p.hubs for p in parts]),
            np.concatenate([p.spends for p in parts]),
        )

    @property
    def sizes(self) -> Longs:
        """Number of practices in every group."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> Longs:
        """Group that every entry of `members` belongs to."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def take(self, chosen: NDArray[np.integer]) -> Pool:
        """Return the groups at these places, in this order."""
        sizes = self.sizes[chosen]
        offsets = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(sizes, out=offsets[1:])
        entries = np.arange(offsets[-1]) + np.repeat(
            self.offsets[:-1][chosen] - offsets[:-1], sizes
        )
        return Pool(
            offsets,
            self.members[entries],
            self.costs[chosen],
            self.hubs[chosen],
            self.spends[chosen],
        )

    def group(self, g: int) -> tuple[int, ...]:
        """Members of one group, sorted."""
        return tuple(int(i) for i in self.members[self.offsets[g] : self.offsets[g + 1]])

    def groups(self) -> list[tuple[int, ...]]:
        """Members of every group, sorted."""
        return [self.group(g) for g in range(len(self))]

    def totals(self, weights: NDArray[np.integer]) -> Longs:
        """Sum of `weights` over the members of every group."""
        sums = np.zeros(len(self.members) + 1, np.int64)
        np.cumsum(weights[self.members], out=sums[1:])
        return sums[self.offsets[1:]] - sums[self.offsets[:-1]]

    def holding(self, i: int) -> NDArray[np.bool_]:
        """Tell for every group whether it holds practice `i`."""
        out = np.zeros(len(self), bool)
        out[self.owners[self.members == i]] = True
        return out

    def first_holding(self, each: int) -> Longs:
        """Places of the groups that are among the first so many to hold some practice."""
        order = np.argsort(self.members, kind="stable")
        members = self.members[order]
        before = np.arange(len(order)) - np.searchsorted(members, members)
        return np.unique(self.owners[order[before < each]])

    def within(self, inside: NDArray[np.bool_]) -> Longs:
        """Places of the groups all of whose members are `inside`."""
        outside = np.bincount(self.owners, ~inside[self.members], minlength=len(self))
        return np.flatnonzero(outside == 0)

    def unique(self) -> Pool:
        """Return every group once, in the order of first appearance."""
        seen: set[bytes] = set()
        chosen = []
        for g in range(len(self)):
            key = self.members[self.offsets[g] : self.offsets[g + 1]].tobytes()
            if key not in seen:
                seen.add(key)
                chosen.append(g)
        return self if len(chosen) == len(self) else self.take(np.array(chosen, np.int64))
