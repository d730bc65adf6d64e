"""The window that a number of networks leaves open.

Of k networks, each holds what the k - 1 others leave: at most all patients less k - 1 floors, and,
where nobody is left out who can be placed, at least all patients less k - 1 ceilings. Towards the
ends of the range of numbers that is far narrower than the window of the rules, so that far fewer
groups count, and the bound over them is far higher.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.duals import Counts
from pcngeo.optimise.groups import Land
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = ["inside", "narrowed"]


def narrowed(problem: Problem, counts: Counts, held: int, spare: int | None = None) -> Problem:
    """Narrow the window to what plans with a number of networks can use.

    Parameters
    ----------
    problem
        What is divided.
    counts
        Lowest and highest number of networks.
    held
        Patients of the practices that can be placed.
    spare
        How many of them a plan that matters leaves out at most, or ``None``: any number.

    Returns
    -------
    Problem
        The same one where nothing is narrower.
    """
    land, (low, high) = problem.land, counts
    ceiling = max(land.floor, min(land.ceiling, held - (low - 1) * land.floor))
    floor = land.floor
    if spare is not None:
        floor = min(ceiling, max(floor, held - spare - (high - 1) * land.ceiling))
    if (floor, ceiling) == (land.floor, land.ceiling):
        return problem
    small = replace(problem, land=_with_window(land, floor, ceiling))
    if problem.listed is None:
        return small
    return replace(small, listed=problem.listed.take(np.flatnonzero(inside(small, problem.listed))))


def inside(problem: Problem, pool: Pool) -> NDArray[np.bool_]:
    """Tell of every group of a stock whether it lies in the window of a problem."""
    totals = pool.totals(problem.weights)
    return (totals >= problem.land.floor) & (totals <= problem.land.ceiling)


def _with_window(land: Land, floor: int, ceiling: int) -> Land:
    """Give a land another window, and shorter ways."""
    near = land.reach_weight <= ceiling
    kept = np.concatenate([[0], np.cumsum(near)])
    starts = kept[land.reach_starts].astype(np.int64)
    return land._replace(
        floor=floor,
        ceiling=ceiling,
        reach_starts=starts,
        reach=land.reach[near],
        reach_cost=land.reach_cost[near],
        reach_weight=land.reach_weight[near],
        widest=max(1, int(np.diff(starts).max(initial=0))),
        depth=max(1, int((np.cumsum(np.sort(land.weights)) <= ceiling).sum())),
    )
