"""Labels to positions and back: the one place where practices become numbers.

Outside `optimise`, a practice is its ODS code; inside, it is its place in the sorted list of the
practices that are to be grouped. Practices above the ceiling stand alone (R18) and never enter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import RulesError, examples
from pcngeo.optimise.groups import Land, find_reach
from pcngeo.optimise.keeping import keep
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.site import raised_ceilings, widest_window
from pcngeo.rules import Rules

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be divided, in positions.

    Parameters
    ----------
    labels
        ODS codes of the practices to group, sorted: position i is ``labels[i]``.
    alone
        ODS codes of the practices above the ceiling, sorted: each is a network of its own.
    land
        The arrays that the kernels read: graph as CSR, list sizes, window, and for every centre
        the practices in reach with the cost of serving them from there, in patient-metres.
    value
        Gives groups their whole cost, infinite where they are not allowed, and what they take of
        the budgets; ``None``: the cost that the kernels compute is the whole. Never less than that.
    beside
        More than a plan can cost beside what the kernels compute.
    listed
        All groups there are with the costs that count, where pricing is to look through them;
        ``None``: the kernels find groups.
    marks
        Rows at the end that are no practices; see `continuing`. They weigh nothing.
    """

    labels: tuple[str, ...]
    alone: tuple[str, ...]
    land: Land
    value: Callable[[Pool], Pool] | None = None
    beside: float = 0.0
    listed: Pool | None = None
    marks: int = 0

    @classmethod
    def build(
        cls, graph: nx.Graph[str], rules: Rules, window: tuple[int, int] | None = None
    ) -> Problem:
        """Make the problem of a graph under the rules.

        Parameters
        ----------
        graph
            See `pcngeo.schema`.
        rules
            The window and the demands are what counts here.
        window
            Smallest and largest network, where they are not those of the rules.

        Returns
        -------
        Problem

        Raises
        ------
        RulesError
            When a demand cannot be read on this graph; see `keeping.keep`.
        """
        size = {str(p): int(a["list_size"]) for p, a in graph.nodes(data=True)}
        raised = raised_ceilings(rules)
        usual = max(rules.max_list, rules.soft_max_list)
        labels = tuple(sorted(p for p in size if size[p] <= max(usual, raised.get(p, 0))))
        alone = tuple(sorted(set(size) - set(labels)))
        place = {p: i for i, p in enumerate(labels)}
        neighbours = [sorted(place[q] for q in graph[p] if q in place) for p in labels]
        starts = np.zeros(len(labels) + 1, np.int64)
        np.cumsum([len(q) for q in neighbours], out=starts[1:])
        flat = np.array([j for q in neighbours for j in q], np.int32)
        weights = np.array([size[p] for p in labels], np.int64)
        x = np.array([float(graph.nodes[p]["x"]) for p in labels])
        y = np.array([float(graph.nodes[p]["y"]) for p in labels])
        land = _land(starts, flat, weights, x, y, window or widest_window(rules))
        reach = np.split(land.reach, land.reach_starts[1:-1])
        kept = keep(graph, labels, rules, reach if labels else [])
        land = land._replace(
            apart_starts=kept.starts,
            apart=kept.apart,
            bundle=kept.bundle,
            bundle_size=kept.size,
            bundle_weight=kept.weight,
            max_members=rules.max_practices or max(1, len(labels)),
            fixed_hub=_fixed_hubs(graph, labels, kept.bundle, rules),
        )
        return cls(labels, alone, land)

    @property
    def n(self) -> int:
        """Number of practices to group, marks included."""
        return len(self.labels)

    def with_marks(self, marks: int) -> Problem:
        """Return the problem with rows that groups can hold beside their practices."""
        land, n = self.land, self.n
        none, own = np.zeros(marks, np.int64), np.arange(n, n + marks, dtype=np.int32)

        def longer(starts: NDArray[np.int64], step: int = 0) -> NDArray[np.int64]:
            return np.concatenate([starts, starts[-1] + step * np.arange(1, marks + 1)])

        land = land._replace(
            starts=longer(land.starts),
            weights=np.concatenate([land.weights, none]),
            reach_starts=longer(land.reach_starts, 1),
            reach=np.concatenate([land.reach, own]),
            reach_cost=np.concatenate([land.reach_cost, none.astype(float)]),
            apart_starts=longer(land.apart_starts),
            bundle=np.concatenate([land.bundle, none.astype(np.int32) - 1]),
            fixed_hub=np.concatenate([land.fixed_hub, none.astype(np.uint8)]),
            reach_weight=np.concatenate([land.reach_weight, none]),
        )
        return replace(self, labels=(*self.labels, *[""] * marks), land=land, marks=marks)

    def bare(self, pool: Pool) -> Pool:
        """Take the marks out of groups."""
        if not self.marks:
            return pool
        practice = pool.members < self.n - self.marks
        sizes = np.bincount(pool.owners[practice], minlength=len(pool))
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        return replace(pool, offsets=offsets, members=pool.members[practice])

    def evened(self, prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share the prices of every bundle out among its members by patients.

        A group holds all of them or none, so its reduced cost stays; but the LP, to which only
        their sum matters, may pay much for one and take it back from another, and a search for
        groups then hopes for the one without the other.
        """
        tied = np.flatnonzero(self.land.bundle >= 0)
        if not len(tied):
            return prices
        bundle = self.land.bundle[tied]
        weights = np.maximum(1, self.land.weights[tied])
        paid = np.bincount(bundle, prices[tied]) / np.maximum(1, np.bincount(bundle, weights))
        evened = prices.copy()
        evened[tied] = paid[bundle] * weights
        return evened

    @property
    def weights(self) -> NDArray[np.int64]:
        """List size of every practice."""
        return self.land.weights

    @property
    def patients(self) -> int:
        """Registered patients of the practices to group."""
        return int(self.land.weights.sum())

    @cached_property
    def components(self) -> NDArray[np.int64]:
        """Number of the part of the graph that every practice lies in, parts in reading order."""
        part = np.full(self.n, -1, np.int64)
        count = 0
        for first in range(self.n):
            if part[first] >= 0:
                continue
            part[first] = count
            waiting = [first]
            while waiting:
                i = waiting.pop()
                for j in self.neighbours(i):
                    if part[j] < 0:
                        part[j] = count
                        waiting.append(j)
            count += 1
        return part

    @cached_property
    def farthest(self) -> float:
        """More than any plan can cost: everybody served from the farthest hub in reach."""
        worst = np.zeros(self.n)
        known = np.isfinite(self.land.reach_cost)
        np.maximum.at(worst, self.land.reach[known], self.land.reach_cost[known])
        return float(worst.sum()) + self.beside

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """Centre times `n` plus practice, of every entry of the reach: ascending."""
        centre = np.repeat(np.arange(self.n), np.diff(self.land.reach_starts))
        return np.asarray(centre * self.n + self.land.reach)

    def part(self, chosen: NDArray[np.int64]) -> Problem:
        """Make the problem of some of the practices alone: the others are not there.

        Parameters
        ----------
        chosen
            Positions, ascending. Groups that are tied to a practice outside are lost.

        Returns
        -------
        Problem
            Position q is ``chosen[q]``; costs are those of this problem.
        """
        land = self.land
        place = np.full(self.n, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        starts, neighbours = _rows(land.starts, land.neighbours, chosen, place)
        apart_starts, apart = _rows(land.apart_starts, land.apart, chosen, place)
        weights = land.weights[chosen]
        reach_starts, reach, ways = find_reach(starts, neighbours, weights, land.ceiling)
        centre = chosen[np.repeat(np.arange(len(chosen)), np.diff(reach_starts))]
        where = np.searchsorted(self.pairs, centre * self.n + chosen[reach])
        fitting = np.cumsum(np.sort(weights)) <= land.ceiling
        own = land._replace(
            starts=starts, neighbours=neighbours, weights=weights,
            reach_starts=reach_starts, reach=reach, reach_cost=land.reach_cost[where],
            reach_weight=ways,
            apart_starts=apart_starts, apart=apart, bundle=land.bundle[chosen],
            fixed_hub=land.fixed_hub[chosen],
            max_members=max(1, min(land.max_members, len(chosen))),
            depth=max(1, int(fitting.sum())),
            widest=max(1, int(np.diff(reach_starts).max(initial=0))),
        )  # fmt: skip
        return Problem(tuple(self.labels[i] for i in chosen), (), own)

    def neighbours(self, i: int) -> list[int]:
        """Positions of the practices that touch practice `i`."""
        return [int(j) for j in self.land.neighbours[self.land.starts[i] : self.land.starts[i + 1]]]

    def total(self, group: Sequence[int]) -> int:
        """Add up the registered patients of a group."""
        return int(self.land.weights[list(group)].sum())


def _land(
    starts: NDArray[np.int64],
    neighbours: NDArray[np.int32],
    weights: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    window: tuple[int, int],
) -> Land:
    n = len(weights)
    floor, ceiling = window
    reach_starts, reach, reach_weight = find_reach(starts, neighbours, weights, ceiling)
    centre = np.repeat(np.arange(n), np.diff(reach_starts))
    metres = np.hypot(x[reach] - x[centre], y[reach] - y[centre])
    fitting = np.cumsum(np.sort(weights)) <= ceiling
    return Land(
        starts=starts,
        neighbours=neighbours,
        weights=weights,
        floor=floor,
        ceiling=ceiling,
        reach_starts=reach_starts,
        reach=reach,
        reach_cost=weights[reach].astype(float) * metres,
        reach_weight=reach_weight,
        apart_starts=np.zeros(n + 1, np.int64),
        apart=np.empty(0, np.int32),
        bundle=np.full(n, -1, np.int32),
        bundle_size=np.empty(0, np.int32),
        bundle_weight=np.empty(0, np.int64),
        fixed_hub=np.zeros(n, np.uint8),
        max_members=max(1, n),
        depth=max(1, int(fitting.sum())),
        widest=max(1, int(np.diff(reach_starts).max(initial=0))),
    )


def _fixed_hubs(
    graph: nx.Graph[str], labels: tuple[str, ...], bundle: NDArray[np.int32], rules: Rules
) -> NDArray[np.uint8]:
    """Mark the practices that are the hub of their network."""
    place = {p: i for i, p in enumerate(labels)}
    hubs = [hub.practice for hub in rules.hubs if hub.practice in graph]
    absent = [p for p in hubs if p not in place]
    if absent:
        raise RulesError(
            f"[[hub]] names {examples(absent)}, which is not among the practices to be grouped "
            "(not eligible here, or above the ceiling and standing alone). Take it out."
        )
    marks = np.zeros(len(labels), np.uint8)
    marks[[place[p] for p in hubs]] = 1
    tied = [p for p in hubs if bundle[place[p]] >= 0]
    for p in tied:
        same = [q for q in tied if q > p and bundle[place[q]] == bundle[place[p]]]
        if same:
            raise RulesError(
                f"{p} and {same[0]} are both to be a hub and to share a network, which has one "
                "hub. Take one of the demands out."
            )
    return marks


def _rows(
    starts: NDArray[np.int64],
    entries: NDArray[np.int32],
    chosen: NDArray[np.int64],
    place: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Cut the rows of chosen practices out of lists by practice, without entries outside."""
    sizes = starts[chosen + 1] - starts[chosen]
    before = np.cumsum(sizes) - sizes
    at = np.arange(sizes.sum()) + np.repeat(starts[chosen] - before, sizes)
    found = place[entries[at]]
    kept = found >= 0
    row = np.repeat(np.arange(len(chosen)), sizes)[kept]
    cut = np.zeros(len(chosen) + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=len(chosen)), out=cut[1:])
    return cut, found[kept].astype(np.int32)
