"""A first plan at once: what is returned if time runs out before anything better is known."""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.exact import Task
from pcngeo.optimise.pool import Pool

__all__ = ["greedy_plan"]


def greedy_plan(task: Task, stock: Pool) -> tuple[Pool, float]:
    """Take groups from a stock, cheapest per patient first, as long as they do not overlap.

    Parameters
    ----------
    task
        What is asked for; of the number of networks, only the highest is kept here.
    stock
        Groups to take from.

    Returns
    -------
    (Pool, float)
        The networks and their penalised cost; practices may be left out.
    """
    free = np.ones(task.problem.n, bool)
    patients = np.maximum(1, stock.totals(task.problem.weights))
    most = task.problem.n if task.counts is None else task.counts[1]
    chosen: list[int] = []
    for g in np.argsort(stock.costs / patients, kind="stable"):
        members = stock.members[stock.offsets[g] : stock.offsets[g + 1]]
        if len(chosen) < most and free[members].all():
            free[members] = False
            chosen.append(int(g))
    plan = stock.take(np.array(chosen, np.int64))
    return plan, float(plan.costs.sum() + task.penalties[free].sum())
