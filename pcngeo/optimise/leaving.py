"""How few patients a number of networks leaves out at least, before any plan is proven.

The LP in which networks cost nothing and leaving out costs one for every patient has a bound that
says just this. Beside costs of networks it would drown: what their ways could save counts against
it. It is worth its time only where networks are nearly full; elsewhere it says 0.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np

from pcngeo.errors import SolverError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.duals import Counts
from pcngeo.optimise.exact import relax
from pcngeo.optimise.ground import Ground, sums_from

__all__ = ["least_left_out"]

#: Tolerance of the proof, in patients; practices without any count for less than a half together.
MARGIN, HALF = 0.1, 0.5
#: Share of a time limit after which the plan is worth more.
UNTIL = 0.4


def least_left_out(ground: Ground, counts: Counts, most: int, clock: Clock) -> int:
    """Say how many patients every plan leaves out at least.

    Parameters
    ----------
    ground
        What is known about the problem; kernels know what its groups cost.
    counts
        Lowest and highest number of networks.
    most
        Patients that the best plan known leaves out.
    clock
        Time limit; a part of it is spent on this.

    Returns
    -------
    int
    """
    problem = ground.problem
    land = problem.land._replace(reach_cost=np.zeros_like(problem.land.reach_cost))
    free = replace(
        ground,
        problem=replace(problem, land=land),
        stock=replace(ground.stock, costs=np.zeros(len(ground.stock))),
    )
    task = replace(free.task(counts, 1.0), margin=MARGIN)
    bounds = [0.0]
    top = min(task.worst, most - ground.unplaceable + HALF)
    # However the search ends: what is proven by then stays proven.
    with contextlib.suppress(OutOfTimeError, WorkLimitError, SolverError):
        relax(task, free.stock, top, clock.until(UNTIL), bounded=bounds.append)
    return attainable(ground, ground.unplaceable + int(np.ceil(max(bounds) - HALF - MARGIN)))


def attainable(ground: Ground, least: int) -> int:
    """Return the least number of patients from so many on that some practices have."""
    placeable = ground.problem.weights[ground.placeable]
    out = ground.unplaceable
    return out + next(sums_from(placeable, max(0, least - out)), 0)
