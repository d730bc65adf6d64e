"""An independent model of the same question: assignment to leads with flow contiguity.

``x[i, j]``: practice i is in the network that j leads. ``flow[j, u, v]``: what lead j sends along
u -> v; a practice led by j takes one unit of it, and flow of j only passes practices led by j.
For distance the lead is the hub; for other objectives it is the first member by code. Demands and
objectives are linear rows of their own. Solved by `scipy.optimize.milp`; shares no code and no
idea with the solver under test.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from pcngeo.rules import Rules

OBJECTIVES = ("distance", "size", "borders", "authorities", "changed")


class Model:
    """Columns and rows as they are added."""

    def __init__(self) -> None:
        self.upper: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []

    def columns(self, count: int, upper: float = 1.0, *, whole: bool = True) -> np.ndarray:
        first = len(self.upper)
        self.upper += [upper] * count
        self.whole += [int(whole)] * count
        return np.arange(first, first + count)

    def row(self, entries: dict[int, float], low: float, high: float) -> None:
        self.rows.append(({int(c): v for c, v in entries.items()}, low, high))

    def least(self, cost: dict[int, float], limit: float | None) -> tuple[float, np.ndarray] | None:
        entries = [(r, c, v) for r, (row, _, _) in enumerate(self.rows) for c, v in row.items()]
        r, c, v = (np.array(part) for part in zip(*entries, strict=True))
        matrix = csr_array((v, (r, c)), shape=(len(self.rows), len(self.upper)))
        price = np.zeros(len(self.upper))
        for column, value in cost.items():
            price[column] += value
        scale = max(1e-9, np.abs(price).max())
        answer = milp(
            price / scale,
            constraints=LinearConstraint(matrix, [q[1] for q in self.rows],
                                         [q[2] for q in self.rows]),
            bounds=Bounds(np.zeros(len(self.upper)), np.array(self.upper)),
            integrality=np.array(self.whole),
            options={"mip_rel_gap": 1e-9} | ({} if limit is None else {"time_limit": limit}),
        )  # fmt: skip
        if answer.status == 2:  # infeasible
            return None
        if answer.status == 1:
            raise TimeoutError
        assert answer.success, answer.message
        return float(price @ np.round(answer.x, 9)), answer.x


def solve_compact(
    graph: nx.Graph,
    floor: int,
    ceiling: int,
    count: int | None,
    objective: str = "distance",
    rules: Rules | None = None,
    limit: float | None = None,
) -> tuple[float, int] | None:
    """Return the least objective and the patients left out, of whom there are fewest first.

    `None` when there is no plan with that many networks. `rules` gives demands: together, apart,
    locked networks and practices, hubs, most practices, span and authorities, who stands alone.
    Raises `TimeoutError` after `limit` seconds for one of the two solves.
    """
    rules = rules or Rules()
    labels = sorted(p for p in graph if graph.nodes[p]["list_size"] <= ceiling)
    n, place = len(labels), {p: i for i, p in enumerate(labels)}
    node = [graph.nodes[p] for p in labels]
    size = np.array([a["list_size"] for a in node], float)
    metres = np.array([[np.hypot(a["x"] - b["x"], a["y"] - b["y"]) for b in node] for a in node])
    model = Model()
    x = model.columns(n * n).reshape(n, n)
    out = model.columns(n)
    for i in range(n):
        model.row({**dict.fromkeys(x[i], 1.0), out[i]: 1.0}, 1.0, 1.0)
    by_distance = objective == "distance"
    for j in range(n):
        load = {x[i, j]: size[i] for i in range(n)}
        model.row({**load, x[j, j]: size[j] - ceiling}, -np.inf, 0.0)
        model.row({**load, x[j, j]: size[j] - floor}, 0.0, np.inf)
        for i in range(n):
            if i != j:
                model.row({x[i, j]: 1.0, x[j, j]: -1.0}, -np.inf, 0.0)
            if i < j and not by_distance:
                model.row({x[i, j]: 1.0}, 0.0, 0.0)
    _contiguity(model, graph, place, x)
    if count is not None:
        model.row({x[j, j]: 1.0 for j in range(n)}, count, count)
    _demands(model, graph, rules, place, x, metres)
    fewest = model.least({out[i]: size[i] for i in range(n)}, limit)
    if fewest is None:
        return None
    left_out = round(float(size[fewest[1][out] > 0.5].sum()))
    model.row({out[i]: size[i] for i in range(n)}, -np.inf, left_out + 0.5)
    cost, constant = _cost(model, graph, rules, objective, place, x, size, metres)
    best = model.least(cost, limit)
    assert best is not None
    left_out = round(float(size[best[1][out] > 0.5].sum()))
    return best[0] + constant * (size.sum() - left_out), left_out


def _contiguity(model: Model, graph: nx.Graph, place: dict[str, int], x: np.ndarray) -> None:
    n = len(place)
    arcs = [(place[a], place[b]) for a, b in graph.edges if a in place and b in place]
    arcs += [(b, a) for a, b in arcs]
    for j in range(n):
        flow = model.columns(len(arcs), float(n), whole=False)
        for i in range(n):
            if i == j:
                continue
            balance, passing = {x[i, j]: -1.0}, {x[i, j]: -float(n)}
            for f, (u, v) in zip(flow, arcs, strict=True):
                if v == i:
                    balance[f] = passing[f] = 1.0
                elif u == i:
                    balance[f] = -1.0
            model.row(balance, 0.0, 0.0)
            model.row(passing, -np.inf, 0.0)


def _apart(model: Model, x: np.ndarray, pairs: Iterable[tuple[int, int]]) -> None:
    for i, k in pairs:
        for j in range(len(x)):
            model.row({x[i, j]: 1.0, x[k, j]: 1.0}, -np.inf, 1.0)


def _alike(model: Model, x: np.ndarray, i: int, k: int) -> None:
    for j in range(len(x)):
        model.row({x[i, j]: 1.0, x[k, j]: -1.0}, 0.0, 0.0)


def _demands(
    model: Model,
    graph: nx.Graph,
    rules: Rules,
    place: dict[str, int],
    x: np.ndarray,
    metres: np.ndarray,
) -> None:
    n = len(x)
    for row in (*rules.together, *rules.locked_practices, *rules.locked):
        here = [place[p] for p in row.practices]
        for i in here[1:]:
            _alike(model, x, here[0], i)
    for lock in rules.locked:
        here = {place[p] for p in lock.practices}
        _apart(model, x, [(i, k) for i in here for k in range(n) if k not in here])
    _apart(model, x, [(place[a], place[b]) for d in rules.divided for a, b in [(d.a, d.b)]])
    hubs = [place[hub.practice] for hub in rules.hubs]
    _apart(model, x, [(i, k) for i in hubs for k in hubs if i < k])
    if rules.max_span_m:
        far = np.argwhere(np.triu(metres > rules.max_span_m))
        _apart(model, x, [(int(i), int(k)) for i, k in far])
    where = [str(graph.nodes[p].get("local_authority", "") or "") for p in place]
    for j in range(n):
        column = {x[i, j]: 1.0 for i in range(n)}
        if rules.max_practices:
            model.row(column, -np.inf, rules.max_practices)
        if rules.alone == "agreed":
            model.row({**column, x[j, j]: -1.0}, 0.0, np.inf)
        for i in hubs:  # a hub is served by nobody else (used with distance only)
            if i != j:
                model.row({x[i, j]: 1.0}, 0.0, 0.0)
        if rules.max_authorities:
            crossed = _crossed(model, where, x, j)
            model.row(dict.fromkeys(crossed, 1.0), -np.inf, rules.max_authorities)


def _crossed(model: Model, where: list[str], x: np.ndarray, j: int) -> list[int]:
    """Columns that say whether network j lies in a local authority."""
    crossed = []
    for place in sorted(set(where) - {""}):
        (there,) = model.columns(1)
        crossed.append(int(there))
        for i, own in enumerate(where):
            if own == place:
                model.row({x[i, j]: 1.0, there: -1.0}, -np.inf, 0.0)
    return crossed


def _cost(
    model: Model,
    graph: nx.Graph,
    rules: Rules,
    objective: str,
    place: dict[str, int],
    x: np.ndarray,
    size: np.ndarray,
    metres: np.ndarray,
) -> tuple[dict[int, float], float]:
    """Cost by column, and what every patient in a network costs besides."""
    n, labels = len(x), list(place)
    if objective == "distance":
        return {x[i, j]: size[i] * metres[i, j] for i in range(n) for j in range(n)}, 0.0
    if objective == "size":
        cost = {}
        for j in range(n):
            (away,) = model.columns(1, 1e6, whole=False)
            for sign in (1.0, -1.0):
                load = {x[i, j]: sign * size[i] for i in range(n)}
                load[x[j, j]] = sign * (size[j] - rules.target_list)
                model.row({**load, away: -1.0}, -np.inf, 0.0)
            cost[int(away)] = 1.0
        return cost, 0.0
    if objective == "borders":  # a border is cut half for each of the two that do not share j
        cost = {}
        for a, b, edge in graph.edges(data=True):
            if a in place and b in place:
                for j in range(n):
                    for i, k in ((place[a], place[b]), (place[b], place[a])):
                        (cut,) = model.columns(1, 1.0, whole=False)
                        model.row({x[i, j]: 1.0, x[k, j]: -1.0, cut: -1.0}, -np.inf, 0.0)
                        cost[int(cut)] = 0.5 * float(edge["border_m"])
        return cost, 0.0
    if objective == "authorities":
        where = [str(graph.nodes[p].get("local_authority", "") or "") for p in labels]
        cost = {}
        for j in range(n):
            crossed = _crossed(model, where, x, j)
            (beyond,) = model.columns(1, float(n), whole=False)
            model.row({**dict.fromkeys(crossed, 1.0), x[j, j]: -1.0, beyond: -1.0}, -np.inf, 0.0)
            cost[int(beyond)] = 1.0
        return cost, 0.0
    assert objective == "changed"
    return _kept(model, graph, labels, x, size), 1.0


def _kept(
    model: Model, graph: nx.Graph, labels: list[str], x: np.ndarray, size: np.ndarray
) -> dict[int, float]:
    """Patients who stay, negative: j continues one of today's at most, each goes on once."""
    n, today = len(labels), [str(graph.nodes[p].get("network_today", "") or "") for p in labels]
    old = sorted(set(today) - {""})
    goes_on = model.columns(n * len(old)).reshape(n, len(old))
    for j in range(n):
        model.row(dict.fromkeys(goes_on[j], 1.0), -np.inf, 1.0)
    for k in range(len(old)):
        model.row(dict.fromkeys(goes_on[:, k], 1.0), -np.inf, 1.0)
    cost = {}
    for i in range(n):
        for j in range(n):
            if today[i]:
                (stays,) = model.columns(1, 1.0, whole=False)
                model.row({stays: 1.0, x[i, j]: -1.0}, -np.inf, 0.0)
                model.row({stays: 1.0, goes_on[j, old.index(today[i])]: -1.0}, -np.inf, 0.0)
                cost[int(stays)] = -size[i]
    return cost
