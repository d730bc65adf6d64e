"""A charge for every network, which leads the LP to a number of networks without a row for it.

A row that counts networks touches every column and makes the LP of a country ten times as slow. A
charge on every network gives the same plans: the best plan of k networks costs at least the bound
of the charged problem less k charges, *whatever the charge*. The charge stands on the diagonal of
the costs of reach: serving a hub from itself costs it, so that every kernel prices charged groups
without knowing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = ["Charge"]


@dataclass(frozen=True)
class Charge:
    """What a network costs beside its objective.

    Parameters
    ----------
    each
        For every network, in the unit of the objective; below 0 it is a reward.
    floor
        Least patients of a network. A reward is laid on top of as much per patient of a smallest
        network, so that no group costs less than 0; over a whole plan that is a constant.
    """

    each: float
    floor: int

    @property
    def rate(self) -> float:
        """Cost of every patient in a network."""
        return 0.0 if self.each >= 0 else -1.001 * self.each / max(1, self.floor)

    def laid_on(self, problem: Problem) -> Problem:
        """Return the problem whose groups cost the charge as well."""
        land = problem.land
        centre = np.repeat(np.arange(problem.n), np.diff(land.reach_starts))
        cost = land.reach_cost + self.rate * land.weights[land.reach]
        cost[land.reach == centre] += self.each
        return replace(problem, land=land._replace(reach_cost=cost))

    def of(self, pool: Pool, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what every group is charged."""
        return np.asarray(self.each + self.rate * pool.totals(weights), float)

    def of_plan(self, networks: int, patients: int) -> float:
        """Return what a plan is charged."""
        return self.each * networks + self.rate * patients
