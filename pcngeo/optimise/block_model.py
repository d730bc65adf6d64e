"""The model of many small blocks (Hess, 1965): every block is assigned to a centre.

A centre is itself assigned to; the window and the number of networks are rows. Contiguity comes by
cuts: a part that is not linked to its centre may only stand where some block around it does too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.highs import silent
from pcngeo.rules import Rules

__all__ = ["PROVEN", "Blocks", "Labels", "served_from", "solve_whole"]

#: Centres by block.
Labels = NDArray[np.int64]
#: Gap at which a plan counts as proven best.
PROVEN = 1e-4
#: Rounds of contiguity cuts.
ROUNDS = 60
#: Centres that a block is offered where the centres are given.
NEAREST = 8
#: The solver's words for: there is no plan, or none below the cost asked for.
_NOTHING = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kObjectiveBound)
#: A block, a centre, and what is around the part of that block.
Loose = tuple[int, int, tuple[int, ...]]
#: Zone of every centre, and the number of networks with their centre in each.
Zones = tuple[NDArray[np.int64], NDArray[np.int64]]
#: Blocks by centres.
Offered = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Blocks:
    """What is divided, by position.

    Parameters
    ----------
    labels
        Codes of the blocks, sorted.
    load
        What the window counts: registered patients, or 1 for each block.
    window
        Least and most of that in a network.
    cost
        Patient-metres of serving a block (row) from a centre (column).
    near
        Neighbours of every block.
    """

    labels: tuple[str, ...]
    load: NDArray[np.int64]
    window: tuple[int, int]
    cost: NDArray[np.float64]
    near: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, graph: nx.Graph[str], rules: Rules, blocks: tuple[int, int] | None) -> Blocks:
        """Read them from a graph; `blocks` is the window in blocks, else the rules' in patients."""
        labels = tuple(sorted(graph))
        place = {p: i for i, p in enumerate(labels)}
        size = np.array([graph.nodes[p]["list_size"] for p in labels], np.int64)
        x = np.array([graph.nodes[p]["x"] for p in labels], float)
        y = np.array([graph.nodes[p]["y"] for p in labels], float)
        cost = size[:, None] * np.hypot(x[:, None] - x, y[:, None] - y)
        near = tuple(tuple(sorted(place[q] for q in graph[p])) for p in labels)
        if blocks is None:
            return cls(labels, size, (rules.min_list, rules.max_list), cost, near)
        return cls(labels, np.ones(len(labels), np.int64), blocks, cost, near)

    def part(self, inside: Sequence[int]) -> Blocks:
        """Take some of the blocks."""
        place = {i: k for k, i in enumerate(inside)}
        rows = np.array(inside)
        near = tuple(tuple(place[j] for j in self.near[i] if j in place) for i in inside)
        labels = tuple(self.labels[i] for i in inside)
        return Blocks(labels, self.load[rows], self.window, self.cost[np.ix_(rows, rows)], near)

    def recentred(self, home: Labels) -> tuple[Labels, float]:
        """Give every network the centre that serves it best; return that and the cost."""
        out, total = home.copy(), 0.0
        for centre in np.unique(home):
            inside = np.flatnonzero(home == centre)
            sums = self.cost[np.ix_(inside, inside)].sum(axis=0)
            out[inside] = inside[int(np.argmin(sums))]
            total += float(sums.min())
        return out, total


def solve_whole(
    problem: Blocks,
    count: int,
    clock: Clock,
    offered: Offered | None = None,
    first: Labels | None = None,
    zones: Zones | None = None,
    cuts: list[Loose] | None = None,
    below: float = math.inf,
) -> tuple[Labels | None, float]:
    """Solve the model as it is, cutting off parts that are not linked to their centre.

    Parameters
    ----------
    problem
        What is divided.
    count
        Number of networks.
    clock
        Time limit.
    offered
        Which centres (columns) a block (row) can be served from; all, if not given.
    first
        A plan to begin with: the centre of every block.
    zones
        Zone of every centre, and the number of networks with their centre in each.
    cuts
        Cuts to begin with; those found are added.
    below
        Only plans that cost less are sought.

    Returns
    -------
    (array or None, float)
        The centre of every block, by position; ``None`` where no plan was found. The proven bound,
        in patient-metres; `below` where there is no plan.
    """
    cuts = [] if cuts is None else cuts
    bound, offered = 0.0, np.ones(problem.cost.shape, bool) if offered is None else offered
    for _ in range(ROUNDS):
        home, low = _assigned(problem, count, cuts, clock, offered, PROVEN / 2, first, zones, below)
        bound = max(bound, low)
        if home is None:
            return None, bound
        loose = list(_loose(problem, home))
        if not loose:
            return problem.recentred(home)[0], bound
        cuts += loose
        if clock.left <= 0:
            break
    return None, bound


def served_from(problem: Blocks, centres: Labels, clock: Clock, rounds: int = 0) -> Labels | None:
    """Assign blocks in fractions to the nearest of these centres; return what serves most of each.

    Blocks that are not linked to their centre are cut off so many times.
    """
    order = np.argsort(problem.cost[:, centres], axis=1, kind="stable")[:, :NEAREST]
    offered = np.zeros(problem.cost.shape, bool)
    offered[np.arange(len(order))[:, None], centres[order]] = True
    offered[centres, centres] = True
    cuts: dict[Loose, None] = {}
    home, _ = _assigned(problem, len(centres), (), clock, offered)
    for _ in range(rounds):
        new = [] if home is None else [cut for cut in _loose(problem, home) if cut not in cuts]
        if not new or clock.left <= 0:
            break
        cuts.update(dict.fromkeys(new))
        further, _ = _assigned(problem, len(centres), list(cuts), clock, offered)
        if further is None:
            break
        home = further
    return home


def _loose(problem: Blocks, home: Labels) -> list[Loose]:
    """Cuts for the parts that are not linked to their centre: block, centre, what is around."""
    found = []
    for centre in np.unique(home):
        members = set(np.flatnonzero(home == centre).tolist())
        left = set(members)
        while left:
            start = int(centre) if int(centre) in left else min(left)
            part, waiting = {start}, [start]
            while waiting:
                for j in problem.near[waiting.pop()]:
                    if j in left and j not in part:
                        part.add(j)
                        waiting.append(j)
            left -= part
            if int(centre) not in part:
                around = tuple(sorted({j for i in part for j in problem.near[i]} - part))
                centres = sorted(members - part)  # the others would be cut off in the same way
                found += [(i, j, around) for i in sorted(part) for j in centres]
    return found


def _assigned(
    problem: Blocks,
    count: int,
    cuts: Sequence[Loose],
    clock: Clock,
    offered: Offered,
    gap: float | None = None,
    first: Labels | None = None,
    zones: Zones | None = None,
    below: float = math.inf,
) -> tuple[Labels | None, float]:
    """Solve the assignment with the cuts so far; return centres by block, and the proven bound.

    Without a gap, in fractions: the centre is then the one that serves most of a block.
    """
    n, (low, high), load = len(problem.labels), problem.window, problem.load
    block, centre = np.nonzero(offered & np.diagonal(offered))
    size = len(block)
    pair = np.full((n, n), -1, np.int64)  # block i at centre j is this column
    pair[block, centre] = np.arange(size)
    own = pair[np.arange(n), np.arange(n)]
    away, own_there = np.flatnonzero(block != centre), own[own >= 0]
    rows = [block, n + centre, 2 * n + centre]
    columns = [np.arange(size)] * 3
    wide = np.where(block == centre, load[block] - high, load[block])
    tight = np.where(block == centre, load[block] - low, load[block])
    values = [np.ones(size), wide.astype(float), tight.astype(float)]
    least = [np.ones(n), np.full(n, -np.inf), np.zeros(n), np.full(len(away), -np.inf)]
    most = [np.ones(n), np.zeros(n), np.full(n, np.inf), np.zeros(len(away))]
    link = 3 * n + np.arange(len(away))
    rows += [link, link]
    columns += [away, own[centre[away]]]
    values += [np.ones(len(away)), -np.ones(len(away))]
    last = 3 * n + len(away)
    zone, counts = (np.zeros(n, np.int64), np.array([count])) if zones is None else zones
    rows.append(last + zone[own >= 0])
    columns.append(own_there)
    values.append(np.ones(len(own_there)))
    least.append(counts.astype(float))
    most.append(counts.astype(float))
    last += len(counts) - 1
    cuts = [cut for cut in cuts if pair[cut[0], cut[1]] >= 0]
    for k, (i, j, around) in enumerate(cuts, last + 1):
        there = [pair[s, j] for s in around if pair[s, j] >= 0]
        rows.append(np.full(1 + len(there), k))
        columns.append(np.array([pair[i, j], *there]))
        values.append(np.array([1.0, *(-1.0 for _ in there)]))
    least.append(np.full(len(cuts), -np.inf))
    most.append(np.zeros(len(cuts)))
    matrix = coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(last + 1 + len(cuts), size),
    ).tocsc()
    limits = np.concatenate(least), np.concatenate(most)
    start = None if first is None else (first[block] == centre).astype(float)
    shares, bound = _run(problem.cost[block, centre], matrix, limits, clock, gap, start, below)
    if shares is None:
        return None, bound
    order = np.lexsort((shares, block))  # the largest share of every block comes last
    last_of = np.cumsum(np.bincount(block, minlength=n)) - 1
    return np.asarray(centre[order[last_of]], np.int64), bound


def _run(
    cost: NDArray[np.float64],
    matrix: csc_matrix,
    limits: tuple[NDArray[np.float64], NDArray[np.float64]],
    clock: Clock,
    gap: float | None,
    start: NDArray[np.float64] | None = None,
    below: float = math.inf,
) -> tuple[NDArray[np.float64] | None, float]:
    solver = silent(mip_rel_gap=gap or 0.0, random_seed=0)
    if math.isfinite(clock.left):
        solver.setOptionValue("time_limit", max(0.1, clock.left))
    size, scale = len(cost), max(1.0, float(np.median(cost)))
    if math.isfinite(below):
        solver.setOptionValue("objective_bound", below / scale)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = size, len(limits[0])
    model.col_cost_ = cost / scale
    model.col_lower_, model.col_upper_ = np.zeros(size), np.ones(size)
    model.row_lower_, model.row_upper_ = limits
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    if gap is not None:
        model.integrality_ = [highspy.HighsVarType.kInteger] * size
    solver.passModel(model)
    if start is not None and gap is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    solver.run()
    if gap is not None and solver.getModelStatus() in _NOTHING:
        return None, below
    info = solver.getInfo()
    bound = info.mip_dual_bound * scale if math.isfinite(info.mip_dual_bound) else 0.0
    bound = min(bound, below)  # of dearer plans it says nothing
    known = info.primal_solution_status == 2
    if not known or info.objective_function_value * scale >= below:
        return None, max(0.0, bound)
    return np.array(solver.getSolution().col_value), max(0.0, bound)
