"""Networks that bear the closing of any one practice (`Rules.closures`).

When a practice closes, all its patients go to the nearest practice that it is linked with. Who
that is does not depend on the plan, so every network can be judged for itself: what it loses when
a member closes, what it gains when a practice beside it does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.pool import Pool

__all__ = ["Closing", "nearest_linked"]

Mask = NDArray[np.bool_]


def nearest_linked(graph: nx.Graph[str], practice: str) -> str:
    """Return the nearest practice that one is linked with (straight line, then code), or ``""``.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> for code, x in [("A", 0), ("B", 5), ("C", -4)]:
    ...     graph.add_node(code, x=x, y=0)
    >>> graph.add_edges_from([("A", "B"), ("A", "C")])
    >>> nearest_linked(graph, "A")
    'C'
    """
    here = graph.nodes[practice]

    def away(other: str) -> tuple[float, str]:
        there = graph.nodes[other]
        return math.hypot(here["x"] - there["x"], here["y"] - there["y"]), other

    return min(graph[practice], key=away, default="")


@dataclass(frozen=True, eq=False)
class Closing:
    """What closing looks at, by position.

    Parameters
    ----------
    weights
        Registered patients.
    heirs
        To whom the patients of a practice go, -1 where to nobody here.
    linked
        Which practices are linked, n x n.
    """

    weights: NDArray[np.float64]
    heirs: NDArray[np.int64]
    linked: Mask

    @classmethod
    def of(cls, graph: nx.Graph[str], labels: tuple[str, ...]) -> Closing:
        """Read it from a graph."""
        place = {p: i for i, p in enumerate(labels)}
        linked = np.zeros((len(labels), len(labels)), bool)
        for a, b in graph.edges:
            if a in place and b in place:
                linked[place[a], place[b]] = linked[place[b], place[a]] = True
        heirs = [place.get(nearest_linked(graph, p), -1) for p in labels]
        weights = [graph.nodes[p]["list_size"] for p in labels]
        return cls(np.array(weights, float), np.array(heirs, np.int64), linked)

    def borne(self, pool: Pool, low: NDArray[np.float64], high: NDArray[np.float64]) -> Mask:
        """Tell of every group whether it bears any one closing, its own practices or others'.

        Parameters
        ----------
        pool
            The groups.
        low, high
            The window of each.

        Returns
        -------
        array of bool
        """
        good = np.zeros(len(pool), bool)
        sizes = pool.sizes
        for count in np.unique(sizes):
            here = np.flatnonzero(sizes == count)
            for part in np.array_split(here, 1 + len(here) * int(count) ** 2 // 4_000_000):
                rows = pool.take(part).members.reshape(-1, int(count)).astype(np.int64)
                total = self.weights[rows].sum(axis=1)
                kept = self._loses(rows, total, low[part]) & self._gains(rows, total, high[part])
                good[part] = kept
        return good

    def _loses(
        self, rows: NDArray[np.int64], total: NDArray[np.float64], low: NDArray[np.float64]
    ) -> Mask:
        """Whether what is left is connected and not too small, whichever member closes."""
        good = np.ones(len(rows), bool)
        count = rows.shape[1]
        if count == 1:  # the network ends with its practice
            return good
        linked = self.linked[rows[:, :, None], rows[:, None, :]]
        for k in range(count):
            heir = self.heirs[rows[:, k]]
            inside = (rows == heir[:, None]).any(axis=1)
            good &= inside | (total - self.weights[rows[:, k]] >= low)
            rest = [j for j in range(count) if j != k]
            good &= _connected(linked[:, rest][:, :, rest])
        return good

    def _gains(
        self, rows: NDArray[np.int64], total: NDArray[np.float64], high: NDArray[np.float64]
    ) -> Mask:
        """Whether it has room for every practice outside whose patients would come to it."""
        good = np.ones(len(rows), bool)
        for p in range(len(self.heirs)):
            if self.heirs[p] >= 0:
                comes = (rows == self.heirs[p]).any(axis=1) & ~(rows == p).any(axis=1)
                good &= ~comes | (total + self.weights[p] <= high)
        return good


def _connected(linked: Mask) -> Mask:
    """Tell of every small graph, given as a matrix each, whether it is connected."""
    count = linked.shape[1]
    seen = np.zeros(linked.shape[:2], bool)
    seen[:, 0] = True
    for _ in range(count - 1):
        seen |= (seen[:, :, None] & linked).any(axis=1)
    return np.asarray(seen.all(axis=1))
