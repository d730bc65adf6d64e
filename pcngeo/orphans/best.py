"""The best set of homes for all orphans together: a small assignment problem, solved exactly.

One by one, the first orphan takes the room that the second needs. Here every orphan gets exactly
one home such that, in this order, as few patients as possible lie above the ceiling (R04), then
the sum of patients times distance to the nearest member is least. Networks stay connected: an
orphan may reach its network through other orphans that go there too (R11).

The connection is enforced by cuts: where a set C of orphans is sent to a network that it does not
touch, each of them may go there only if an orphan next to C goes there as well. That is true of
every connected answer, so no answer is lost, and there are finitely many such sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from pcngeo.errors import SolverError

__all__ = ["Assignment", "best_homes"]


@dataclass(frozen=True, eq=False)
class Assignment:
    """Orphans, networks and what each home would cost.

    Parameters
    ----------
    orphans, networks
        Their names; positions are used below.
    patients
        Registered patients of each orphan.
    sizes
        Registered patients of each network before.
    distance_m
        From each orphan to each network; infinite where the network cannot be reached.
    beside
        Pairs (orphan, network) that share a border.
    links
        Pairs of orphans that share a border.
    ceiling
        The ceiling, in registered patients.
    """

    orphans: Sequence[str]
    networks: Sequence[str]
    patients: NDArray[np.int64]
    sizes: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    beside: frozenset[tuple[int, int]]
    links: frozenset[tuple[int, int]]
    ceiling: int


@dataclass
class _Rows:
    """Constraint rows, gathered one by one: coefficients by column, and both limits."""

    cells: list[Mapping[int, float]]
    low: list[float]
    high: list[float]

    def add(self, cells: Mapping[int, float], low: float, high: float) -> None:
        self.cells.append(cells)
        self.low.append(low)
        self.high.append(high)

    def matrix(self, columns: int) -> LinearConstraint:
        entries = [(i, j, v) for i, row in enumerate(self.cells) for j, v in row.items()]
        i, j, v = (np.array(part) for part in zip(*entries, strict=True))
        table = coo_array((v, (i, j)), shape=(len(self.cells), columns)).tocsr()
        return LinearConstraint(table, np.array(self.low), np.array(self.high))


def best_homes(problem: Assignment) -> dict[str, str]:
    """Choose a home for every orphan, all together.

    Parameters
    ----------
    problem
        See `Assignment`; every orphan must reach at least one network.

    Returns
    -------
    dict
        Network by orphan.

    Raises
    ------
    SolverError
        When an orphan reaches no network.
    """
    count, k = len(problem.orphans), len(problem.networks)
    if not count:
        return {}
    columns = count * k + k
    rows = _Rows([], [], [])
    for o in range(count):
        rows.add({o * k + n: 1.0 for n in range(k)}, 1.0, 1.0)
    for n in range(k):
        took = {o * k + n: float(problem.patients[o]) for o in range(count)}
        room = float(problem.ceiling - problem.sizes[n])
        rows.add({**took, count * k + n: -1.0}, -np.inf, room)
    over = np.concatenate([np.zeros(count * k), np.ones(k)])
    first = _connected(problem, rows, over, columns)
    least = float(over @ first)
    rows.add({count * k + n: 1.0 for n in range(k)}, 0.0, least + 1e-6)
    reach = np.where(np.isfinite(problem.distance_m), problem.distance_m, 0.0)
    travel = (reach * problem.patients[:, None]).ravel() / 1e6
    answer = _connected(problem, rows, np.concatenate([travel, np.zeros(k)]), columns)
    chosen = answer[: count * k].reshape(count, k).argmax(axis=1)
    return {p: problem.networks[n] for p, n in zip(problem.orphans, chosen, strict=True)}


def _connected(
    problem: Assignment, rows: _Rows, cost: NDArray[np.float64], columns: int
) -> NDArray[np.float64]:
    """Solve, and cut off answers that leave an orphan apart from its network, until none does."""
    count, k = len(problem.orphans), len(problem.networks)
    allowed = np.isfinite(problem.distance_m).ravel().astype(float)
    upper = np.concatenate([allowed, np.full(k, np.inf)])
    whole = np.concatenate([np.ones(count * k), np.zeros(k)])
    while True:
        found = milp(
            cost,
            constraints=rows.matrix(columns),
            bounds=Bounds(np.zeros(columns), upper),
            integrality=whole,
            options={"mip_rel_gap": 0.0},
        )
        if found.x is None:
            raise SolverError(f"no set of homes was found: {found.message}")
        answer: NDArray[np.float64] = found.x
        apart = _apart(problem, answer[: count * k].reshape(count, k).argmax(axis=1))
        if not apart:
            return answer
        for group, n in apart:
            around = {b for a, b in _both(problem.links) if a in group and b not in group}
            for o in sorted(group):
                rows.add({o * k + n: 1.0, **{b * k + n: -1.0 for b in around}}, -np.inf, 0.0)


def _apart(problem: Assignment, home: NDArray[np.int64]) -> list[tuple[frozenset[int], int]]:
    """Find connected sets of orphans that do not touch the network they are sent to."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(problem.orphans)))
    graph.add_edges_from((a, b) for a, b in problem.links if home[a] == home[b])
    found = []
    for part in nx.connected_components(graph):
        n = int(home[next(iter(part))])
        if not any((o, n) in problem.beside for o in part):
            found.append((frozenset(part), n))
    return sorted(found, key=lambda pair: (sorted(pair[0]), pair[1]))


def _both(links: frozenset[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted({pair for a, b in links for pair in ((a, b), (b, a))})
