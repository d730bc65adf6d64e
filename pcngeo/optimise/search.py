"""A first plan at once: what is returned if time runs out before anything better is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.exact import Task
from pcngeo.optimise.pool import Pool

__all__ = ["greedy_plan"]

#: Orders that are tried for a plan with the number of networks that is asked for.
TRIES = 40


def greedy_plan(task: Task, stock: Pool) -> tuple[Pool, float]:
    """Take groups from a stock, cheapest per patient first, as long as they do not overlap.

    Where that does not make the number of networks that is asked for, other orders are tried.

    Parameters
    ----------
    task
        What is asked for.
    stock
        Groups to take from.

    Returns
    -------
    (Pool, float)
        The networks and their penalised cost; practices may be left out, and where no order made
        the number of networks that is asked for, it is another.
    """
    patients = np.maximum(1, stock.totals(task.problem.weights))
    keys = stock.costs / patients
    first = _taken(task, stock, keys)
    chosen, random = first, np.random.default_rng(0)
    for _ in range(TRIES):
        if _allowed(task, len(chosen)):
            break
        chosen = _taken(task, stock, keys * (1.0 + random.exponential(size=len(stock))))
    plan = stock.take(chosen if _allowed(task, len(chosen)) else first)
    free = np.ones(task.problem.n, bool)
    free[plan.members] = False
    return plan, float(plan.costs.sum() + task.penalties[free].sum())


def _allowed(task: Task, count: int) -> bool:
    return task.counts is None or task.counts[0] <= count <= task.counts[1]


def _taken(task: Task, stock: Pool, keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the groups that are taken in an order, up to the highest number."""
    free = np.ones(task.problem.n, bool)
    most = task.problem.n if task.counts is None else task.counts[1]
    chosen: list[int] = []
    for g in np.argsort(keys, kind="stable"):
        members = stock.members[stock.offsets[g] : stock.offsets[g + 1]]
        if len(chosen) < most and free[members].all():
            free[members] = False
            chosen.append(int(g))
    return np.array(chosen, np.int64)
