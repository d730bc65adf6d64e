"""An independent model of the same question: assignment to hubs with flow contiguity.

``x[i, j]``: practice i is served from hub j. ``flow[j, u, v]``: what hub j sends along u -> v; a
practice served from j takes one unit of it, and flow of j only passes practices served from j.
Solved by `scipy.optimize.milp`; shares no code and no idea with the solver under test.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array


def solve_compact(
    graph: nx.Graph, floor: int, ceiling: int, count: int | None, price: float = 1e6
) -> tuple[float, int]:
    """Return the least distance total in patient-metres and the patients left out.

    `price` is the cost of leaving a patient out, in metres.
    """
    labels = sorted(p for p in graph if graph.nodes[p]["list_size"] <= ceiling)
    n = len(labels)
    place = {p: i for i, p in enumerate(labels)}
    arcs = [(place[a], place[b]) for a, b in graph.edges if a in place and b in place]
    arcs += [(b, a) for a, b in arcs]
    m = len(arcs)
    size = np.array([graph.nodes[p]["list_size"] for p in labels], float)
    x = np.array([graph.nodes[p]["x"] for p in labels])
    y = np.array([graph.nodes[p]["y"] for p in labels])
    metres = np.hypot(x[:, None] - x, y[:, None] - y)
    served = n * n  # then one column per practice left out, then the flows
    columns = served + n + n * m
    cost = np.zeros(columns)
    cost[:served] = (size[:, None] * metres).ravel() / 1e6
    cost[served : served + n] = size * price / 1e6
    rows: list[tuple[dict[int, float], float, float]] = [
        ({**{i * n + j: 1.0 for j in range(n)}, served + i: 1.0}, 1.0, 1.0) for i in range(n)
    ]
    for j in range(n):
        rows.append(({**_load(size, n, j), j * n + j: size[j] - ceiling}, -np.inf, 0.0))
        rows.append(({**_load(size, n, j), j * n + j: size[j] - floor}, 0.0, np.inf))
        for i in range(n):
            if i == j:
                continue
            rows.append(({i * n + j: 1.0, j * n + j: -1.0}, -np.inf, 0.0))
            balance = {i * n + j: -1.0}
            passing = {i * n + j: -float(n)}
            for a, (u, v) in enumerate(arcs):
                flow = served + n + j * m + a
                if v == i:
                    balance[flow] = passing[flow] = 1.0
                elif u == i:
                    balance[flow] = -1.0
            rows += [(balance, 0.0, 0.0), (passing, -np.inf, 0.0)]
    if count is not None:
        rows.append(({j * n + j: 1.0 for j in range(n)}, count, count))
    matrix = csr_array(
        (
            [v for row, _, _ in rows for v in row.values()],
            (
                [r for r, (row, _, _) in enumerate(rows) for _ in row],
                [c for row, _, _ in rows for c in row],
            ),
        ),
        shape=(len(rows), columns),
    )
    upper = np.ones(columns)
    upper[served + n :] = n
    kind = np.ones(columns)
    kind[served + n :] = 0
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, [r[1] for r in rows], [r[2] for r in rows]),
        bounds=Bounds(np.zeros(columns), upper),
        integrality=kind,
        options={"mip_rel_gap": 1e-9},
    )
    assert answer.success, answer.message
    chosen = answer.x[:served].reshape(n, n) > 0.5
    out = int(size[answer.x[served : served + n] > 0.5].sum())
    return float((size[:, None] * metres)[chosen].sum()), out


def _load(size: np.ndarray, n: int, j: int) -> dict[int, float]:
    return {i * n + j: float(size[i]) for i in range(n)}
