"""A complete plan at once, and a bound that needs no LP: what a short time limit ends with.

Groups that fit together are taken greedily. Who is left over joins a neighbouring network with room
for it; where none has, that part and the networks around it are divided anew by cutting spanning
trees. Then single practices move to where they are nearer, as long as that shortens the ways. None
of this is proven to be good: the search that follows starts from its LP and not from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.block_start import first_division
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.ground import Ground
from pcngeo.optimise.moves import shorten
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = ["completed", "simple_bound"]

#: Practices of the parts that are divided anew, in turn, and networks of a part at most.
SIZES, MOST = (10, 16, 24, 36), 8
#: Passes over all practices in which single ones move.
PASSES = 4


def completed(ground: Ground, plan: Pool) -> Pool:
    """Put practices that are left over into networks, and make the ways shorter.

    Parameters
    ----------
    ground
        What is known about the problem.
    plan
        Networks that do not overlap.

    Returns
    -------
    Pool
        Networks with their costs; practices may still be left over. Where demands tie practices or
        part them, it is the plan that was given.
    """
    problem, land, n = ground.problem, ground.problem.land, ground.problem.n
    tied = len(land.apart) or (land.bundle >= 0).any() or land.fixed_hub.any()
    if tied or land.max_members < n or problem.marks:
        return plan
    draft = _Draft(problem)
    for members in plan.groups():
        draft.add(members)
    placeable = ground.placeable
    _attach(draft, placeable)
    for size in SIZES:
        _divide_anew(draft, placeable, size, ground.seed)
        _attach(draft, placeable)
    window = (land.floor, land.ceiling)
    draft.settle(
        shorten(draft.home, land.weights, window, problem.neighbours, draft.cost, PASSES, Clock())
    )
    return draft.pool()


def simple_bound(problem: Problem, networks: int, placed: NDArray[np.bool_]) -> float:
    """Bound what any plan of so many networks of these practices costs, without an LP.

    Everybody but the hubs has at least the way to the nearest other practice; the hubs may be those
    with the longest.

    Parameters
    ----------
    problem
        The problem.
    networks
        Number of networks.
    placed
        Whether each practice is in a network.
    """
    land, n = problem.land, problem.n
    centre = np.repeat(np.arange(n), np.diff(land.reach_starts))
    there = placed[land.reach] & placed[centre] & (land.reach != centre)
    least = np.full(n, np.inf)
    np.minimum.at(least, land.reach[there], land.reach_cost[there])
    ways = np.sort(np.where(np.isfinite(least), least, 0.0)[placed])
    return float(ways[: max(0, len(ways) - networks)].sum()) * (1 - 1e-9)


@dataclass(eq=False)
class _Draft:
    """Networks that are being changed."""

    problem: Problem
    members: dict[int, set[int]] = field(default_factory=dict)
    home: NDArray[np.int64] = field(init=False)
    _next: int = 0

    def __post_init__(self) -> None:
        self.home = np.full(self.problem.n, -1, np.int64)

    def add(self, members: Iterable[int]) -> None:
        inside = {int(i) for i in members}
        self.members[self._next] = inside
        self.home[sorted(inside)] = self._next
        self._next += 1

    def drop(self, number: int) -> None:
        self.home[sorted(self.members.pop(number))] = -1

    def settle(self, home: NDArray[np.int64]) -> None:
        self.home = home
        numbers = [int(k) for k in np.unique(home) if k >= 0]
        self.members = {k: set(np.flatnonzero(home == k).tolist()) for k in numbers}

    def total(self, members: Iterable[int]) -> int:
        return int(self.problem.weights[list(members)].sum())

    def loose(self, placeable: NDArray[np.bool_]) -> list[int]:
        return [int(i) for i in np.flatnonzero((self.home < 0) & placeable)]

    def around(self, i: int) -> list[int]:
        """Numbers of the networks beside a practice, its own left out."""
        beside = {int(self.home[j]) for j in self.problem.neighbours(i)}
        return sorted(beside - {-1, int(self.home[i])})

    def ways(self, practices: Sequence[int]) -> NDArray[np.float64]:
        """Cost of serving practices (rows) from each other (columns)."""
        return ways_between(self.problem, np.array(practices, np.int64))

    def cost(self, members: Iterable[int]) -> float:
        return float(self.ways(sorted(members)).sum(axis=0).min())

    def pool(self) -> Pool:
        """Return the networks with costs and hubs, by their first members."""
        groups = sorted(sorted(inside) for inside in self.members.values())
        sums = [self.ways(g).sum(axis=0) for g in groups]
        hubs = [g[int(np.argmin(s))] for g, s in zip(groups, sums, strict=True)]
        return Pool.of(groups, [float(s.min()) for s in sums], hubs)


def ways_between(problem: Problem, practices: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cost of serving practices (rows) from each other (columns); out of reach: very much."""
    keys = practices[None, :] * problem.n + practices[:, None]
    at = np.minimum(np.searchsorted(problem.pairs, keys), len(problem.pairs) - 1)
    found = problem.pairs[at] == keys
    return np.where(found, problem.land.reach_cost[at], 1.0 + problem.farthest)


def _attach(draft: _Draft, placeable: NDArray[np.bool_]) -> None:
    """Put practices into networks beside them that have room, where it costs least."""
    ceiling, weights = draft.problem.land.ceiling, draft.problem.weights
    changed = True
    while changed:
        changed = False
        for i in sorted(draft.loose(placeable), key=lambda i: (-int(weights[i]), i)):
            fitting = [
                (draft.cost(draft.members[k] | {i}) - draft.cost(draft.members[k]), k)
                for k in draft.around(i)
                if draft.total(draft.members[k]) + weights[i] <= ceiling
            ]
            if fitting:
                k = min(fitting)[1]
                draft.members[k].add(i)
                draft.home[i] = k
                changed = True


def _divide_anew(draft: _Draft, placeable: NDArray[np.bool_], size: int, seed: int) -> None:
    """Divide practices that are left over, and the networks around them, by cutting trees."""
    for i in draft.loose(placeable):
        if draft.home[i] >= 0:
            continue
        region = _region(draft, i, placeable, size)
        groups = _division(draft.problem, region, seed)
        if groups is None:
            continue
        for number in sorted({int(k) for k in draft.home[region] if k >= 0}):
            draft.drop(number)
        for group in groups:
            draft.add(group)


def _region(draft: _Draft, start: int, placeable: NDArray[np.bool_], size: int) -> list[int]:
    """Grow a connected part of whole networks and loose practices around a practice."""
    inside, waiting = {start}, [start]
    while waiting:
        i = waiting.pop(0)
        for j in draft.problem.neighbours(i):
            if j in inside or not placeable[j]:
                continue
            number = int(draft.home[j])
            if number >= 0 and len(inside) >= size:
                continue
            fresh = sorted(draft.members[number] - inside) if number >= 0 else [j]
            inside.update(fresh)
            waiting += fresh
    return sorted(inside)


def _division(problem: Problem, region: list[int], seed: int) -> list[list[int]] | None:
    """Divide a connected part into networks in the window, or ``None``."""
    place = {i: q for q, i in enumerate(region)}
    near = [[place[j] for j in problem.neighbours(i) if j in place] for i in region]
    load = problem.weights[region]
    total, (low, high) = int(load.sum()), (problem.land.floor, problem.land.ceiling)
    fewest, most = -(-total // high), total // max(1, low)
    middle = 2 * total / (low + high)
    cost = ways_between(problem, np.array(region, np.int64))
    for k in sorted(range(fewest, most + 1), key=lambda k: (abs(k - middle), k))[:2]:
        if 0 < k <= MOST:
            found = first_division(load, near, cost, (low, high), k, seed)
            if found is not None:
                return [[region[q] for q in group] for group in found]
    return None
