"""What a network costs: every objective is a sum over networks of a cost of its members.

The default, distance to the hub, is priced without listing the groups (`columns`). Any other
objective, or a weighted mix, is computed on the list of *all* groups in the window, which every
area but the densest allows; the proof is then over that list, and as complete.

A term gets the members of many groups of one size at once, as positions in rows, and returns one
cost, 0 or more, for each. A new objective is one function here and one row of `TERMS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import RulesError
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.rules import Rules

__all__ = ["TERMS", "Objective", "Site", "Term", "describe", "every_group", "priced"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]
#: A mix of terms by name and weight, or a function of the ODS codes of a group.
Objective = Mapping[str, float] | Callable[[tuple[str, ...]], float]

#: Groups and visited sets after which listing gives up: work limits.
MOST_GROUPS, MOST_VISITS = 1_500_000, 400_000_000


@dataclass(frozen=True, eq=False)
class Site:
    """What the terms may look at, by position.

    Parameters
    ----------
    weights
        Registered patients.
    x, y
        Metres.
    border
        Shared border of every pair, in metres; n x n.
    target
        Target list size of a network.
    authority, today
        Local authority and today's network as numbers, -1 where unknown (node attributes
        `local_authority` and `network_today` of the graph).
    """

    weights: Floats
    x: Floats
    y: Floats
    border: Floats
    target: float
    authority: NDArray[np.int64]
    today: NDArray[np.int64]

    @classmethod
    def of(cls, graph: nx.Graph[str], problem: Problem, rules: Rules) -> Site:
        """Collect what the terms may look at."""
        place = {p: i for i, p in enumerate(problem.labels)}
        border = np.zeros((problem.n, problem.n))
        for a, b, edge in graph.edges(data=True):
            if a in place and b in place:
                border[place[a], place[b]] = border[place[b], place[a]] = edge["border_m"]
        return cls(
            weights=problem.weights.astype(float),
            x=np.array([graph.nodes[p]["x"] for p in problem.labels], float),
            y=np.array([graph.nodes[p]["y"] for p in problem.labels], float),
            border=border,
            target=float(rules.target_list),
            authority=_numbered(graph, problem, "local_authority"),
            today=_numbered(graph, problem, "network_today"),
        )


Term = Callable[[Site, Rows], Floats]


def _numbered(graph: nx.Graph[str], problem: Problem, name: str) -> NDArray[np.int64]:
    words = [str(graph.nodes[p].get(name, "") or "") for p in problem.labels]
    number = {word: k for k, word in enumerate(sorted(set(words) - {""}))}
    return np.array([number.get(word, -1) for word in words], np.int64)


def distance(site: Site, rows: Rows) -> Floats:
    """Cost of serving everybody from the hub, the member with the least sum."""
    return np.asarray((site.weights[rows][:, :, None] * _apart(site, rows)).sum(axis=1).min(axis=1))


def centroid(site: Site, rows: Rows) -> Floats:
    """Cost of serving everybody from the patient-weighted middle of the members."""
    weights = np.maximum(site.weights[rows], 1e-9)
    total = weights.sum(axis=1, keepdims=True)
    x, y = site.x[rows], site.y[rows]
    dx = x - (weights * x).sum(axis=1, keepdims=True) / total
    dy = y - (weights * y).sum(axis=1, keepdims=True) / total
    return np.asarray((site.weights[rows] * np.hypot(dx, dy)).sum(axis=1))


def borders(site: Site, rows: Rows) -> Floats:
    """Half the border that members share with practices outside: cut borders count once."""
    inside = site.border[rows[:, :, None], rows[:, None, :]].sum(axis=(1, 2))
    return np.asarray(0.5 * np.maximum(0.0, site.border.sum(axis=1)[rows].sum(axis=1) - inside))


def size(site: Site, rows: Rows) -> Floats:
    """Patients away from the target list size, above or below."""
    return np.asarray(np.abs(site.weights[rows].sum(axis=1) - site.target))


def span(site: Site, rows: Rows) -> Floats:
    """Distance between the two members that are farthest apart."""
    return np.asarray(_apart(site, rows).max(axis=(1, 2)))


def authorities(site: Site, rows: Rows) -> Floats:
    """Local authorities beyond the first; practices without one count with any."""
    return np.maximum(0.0, _distinct(site.authority[rows]) - 1.0)


def changed(site: Site, rows: Rows) -> Floats:
    """Patients who are not with the largest part of the group that is together today (R22)."""
    today = site.today[rows]
    with_me = (today[:, :, None] == today[:, None, :]) & (today[:, :, None] >= 0)
    blocks = (with_me * site.weights[rows][:, None, :]).sum(axis=2)
    return np.asarray(site.weights[rows].sum(axis=1) - blocks.max(axis=1))


def _apart(site: Site, rows: Rows) -> Floats:
    dx = site.x[rows][:, :, None] - site.x[rows][:, None, :]
    dy = site.y[rows][:, :, None] - site.y[rows][:, None, :]
    return np.asarray(np.hypot(dx, dy))


def _distinct(values: NDArray[np.int64]) -> Floats:
    ordered = np.sort(values, axis=1)
    fresh = np.diff(ordered, axis=1, prepend=-1) != 0
    return np.asarray((fresh & (ordered >= 0)).sum(axis=1), float)


#: Name -> the function and the unit of its cost.
TERMS: dict[str, tuple[Term, str]] = {
    "distance": (distance, "patient-metres to the hub"),
    "centroid": (centroid, "patient-metres to the weighted middle"),
    "borders": (borders, "metres of border cut"),
    "size": (size, "patients away from the target size"),
    "span": (span, "metres between the farthest members"),
    "authorities": (authorities, "local authorities beyond the first"),
    "changed": (changed, "patients in other company than today"),
}


def describe(objective: Objective) -> str:
    """Say an objective in words, with weights and units."""
    if callable(objective):
        return "a function of the members, summed over networks"
    return " + ".join(f"{weight:g} x {TERMS[name][1]}" for name, weight in objective.items())


def check(objective: Objective) -> None:
    """Refuse a mix that names no known term, or weighs one below 0."""
    if callable(objective):
        return
    unknown = [name for name in objective if name not in TERMS]
    if unknown or not objective:
        raise RulesError(f"no objective {unknown}; known are {', '.join(TERMS)}.")
    for name, weight in objective.items():
        if not weight >= 0:
            raise RulesError(f"the weight of {name} must be 0 or more, not {weight!r}.")


def every_group(problem: Problem, clock: Clock) -> Pool:
    """List all groups there are.

    Raises
    ------
    RulesError
        When they are too many to list.
    """
    pools, found, visits = [], 0, 0
    for root in range(problem.n):
        clock.check()
        offsets, members, costs, hubs, visited, complete = list_groups(
            problem.land, root, True, MOST_GROUPS - found + 1, MOST_VISITS - visits + 1
        )
        pools.append(Pool(offsets, members, costs, hubs))
        found, visits = found + len(costs), visits + visited
        if not complete:
            raise RulesError(
                f"this objective needs the list of all groups of practices in the window, and "
                f"there are more than {min(found, MOST_GROUPS):,}. Use the distance objective, a "
                "narrower window, or set max_practices or max_span_m."
            )
    return Pool.joined(pools)


def priced(pool: Pool, site: Site, labels: tuple[str, ...], objective: Objective) -> Pool:
    """Return the groups with the cost that an objective gives them."""
    check(objective)
    if callable(objective):
        values = [float(objective(tuple(labels[i] for i in g))) for g in pool.groups()]
        costs = np.array(values, float)
    else:
        costs = np.zeros(len(pool))
        sizes = pool.sizes
        for count in np.unique(sizes):
            here = np.flatnonzero(sizes == count)
            for part in np.array_split(here, 1 + len(here) * int(count) ** 2 // 4_000_000):
                rows = pool.take(part).members.reshape(-1, int(count))
                for name, weight in objective.items():
                    costs[part] += weight * TERMS[name][0](site, rows)
    if len(costs) and not costs.min() >= 0:
        raise RulesError("an objective must give every group a cost of 0 or more.")
    return replace(pool, costs=costs)
