"""What holds for every number of networks: who can be placed at all, what leaving out costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.branch import TOLERANCE
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.columns import first_stock
from pcngeo.optimise.duals import Counts, Cut
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.narrow import inside, narrowed
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.task import Task

__all__ = ["Ground", "possible_counts", "sum_below", "sums_from", "survey"]

#: Sets visited in the search for one group that holds a practice: a work limit.
MOST_VISITS = 20_000_000
#: A list of groups up to this long is chosen from at once; a longer one is priced.
SHORT_LIST = 20_000
#: A patient left out costs as much as this many times the longest way to a hub.
PENALTY = 30.0


@dataclass
class Ground:
    """What holds for every number of networks.

    Parameters
    ----------
    problem
        What is divided.
    stock
        Groups met so far; it grows from task to task.
    placeable
        Whether any group at all can hold the practice.
    least_out
        Patients that are left out of every plan, by arithmetic alone.
    listed
        All groups there are with the costs that count; ``None``: groups are priced by distance.
    budgets
        Limit of every budget; see `Pool.spends`.
    known
        A plan that keeps the budgets, or ``None``.
    plans
        Plans met so far, of any number of networks.
    seed
        Seed of the first stock.
    cuts
        Cuts of the LP that was proven last.
    """

    problem: Problem
    stock: Pool
    placeable: NDArray[np.bool_]
    least_out: int
    listed: Pool | None = None
    budgets: tuple[float, ...] = ()
    known: Pool | None = None
    plans: list[Pool] = field(default_factory=list)
    seed: int = 0
    cuts: tuple[Cut, ...] = ()

    @property
    def unpriced(self) -> bool:
        """Whether kernels do not know what groups cost, and a list of them is not short either."""
        if self.listed is not None:
            return len(self.listed) > SHORT_LIST
        return self.problem.value is not None

    @cached_property
    def farthest(self) -> float:
        """More than the networks of any plan can cost."""
        if self.listed is None:
            return self.problem.farthest
        worst = np.zeros(self.problem.n)
        share = self.listed.costs / np.maximum(1, self.listed.sizes)
        np.maximum.at(worst, self.listed.members, share[self.listed.owners])
        return float(worst.sum())

    @cached_property
    def margin(self) -> float:
        """Tolerance of every proof: a share of what serving everybody costs at the very least."""
        stock = self.stock if self.listed is None else self.listed
        patients = np.maximum(1, stock.totals(self.problem.weights))
        way = np.full(self.problem.n, np.inf)
        np.minimum.at(way, stock.members, (stock.costs / patients)[stock.owners])
        way[~np.isfinite(way)] = 0.0
        least = TOLERANCE * float(way @ self.problem.weights)
        return max(1e-9, 1e-9 * self.farthest, least)

    @property
    def penalty(self) -> float:
        """Cost of leaving one patient out, in metres."""
        if self.listed is not None:
            patients = np.maximum(1, self.listed.totals(self.problem.weights))
            return PENALTY * max(1e-3, float((self.listed.costs / patients).max(initial=0.0)))
        land = self.problem.land
        ways = land.reach_cost / np.maximum(1, land.weights[land.reach])
        beside = self.problem.beside / max(1, self.problem.patients)
        return PENALTY * max(1e-3, float(ways[np.isfinite(ways)].max(initial=0.0)), beside)

    def task(
        self,
        counts: Counts | None,
        penalty: float,
        cutoff: float | None = None,
        problem: Problem | None = None,
    ) -> Task:
        """Make a task of this ground, or of its problem narrowed."""
        problem, listed = problem or self.problem, self.listed
        if listed is not None and problem is not self.problem:
            listed = listed.take(np.flatnonzero(inside(problem, listed)))
        weights = self.problem.weights.astype(float)
        weights[weights == 0] = 0.5 / (1 + np.sum(weights == 0))
        penalties = np.where(self.placeable, penalty * weights, 0.0)
        penalties[self.problem.n - self.problem.marks :] = 0.0
        return Task(
            problem, penalties, counts, self.margin, self.farthest, cutoff, listed,
            self.budgets,
        )  # fmt: skip

    def narrowed(self, counts: Counts | None, spare: int | None = None) -> Problem:
        """Narrow the window to what a number of networks leaves open; see `narrow.narrowed`."""
        if counts is None:
            return self.problem
        held = self.problem.patients - self.unplaceable
        problem = narrowed(self.problem, counts, held, spare)
        if problem is not self.problem and self.listed is None:
            fresh = first_stock(problem, self.seed)
            self.stock = Pool.joined([self.stock, fresh]).unique()
        return problem

    def left_out(self, plan: Pool) -> int:
        """Patients of the practices in no network, those that cannot be placed included."""
        return self.problem.patients - int(self.problem.weights[plan.members].sum())

    @property
    def unplaceable(self) -> int:
        """Patients of the practices that no group can hold."""
        return int(self.problem.weights[~self.placeable].sum())

    def least_out_by(self, count: int) -> int:
        """Patients that a number of networks leaves out at least: more than all of them hold.

        Each part of the graph has networks of its own: those that hold most are counted.
        """
        land, weights = self.problem.land, self.problem.weights
        holds = [
            min(land.ceiling, total - k * land.ceiling)
            for total in (int(weights[members].sum()) for members in self._own_parts)
            for k in range(min(total // land.floor, -(-total // land.ceiling)))
        ]
        return self.problem.patients - sum(sorted(holds)[::-1][:count])

    @cached_property
    def _own_parts(self) -> list[NDArray[np.int64]]:
        return list(_parts(self.problem, self.placeable))


def survey(problem: Problem, seed: int, clock: Clock, listed: Pool | None = None) -> Ground:
    """Find out what holds for every number of networks.

    Parameters
    ----------
    problem
        What is divided.
    seed
        Seed of the first stock.
    clock
        Time limit.
    listed
        All groups there are, where their costs are given.

    Returns
    -------
    Ground
    """
    if listed is not None:
        placeable = np.zeros(problem.n, bool)
        placeable[listed.members] = True
        per_patient = listed.costs / np.maximum(1, listed.totals(problem.weights))
        cheapest = np.argsort(per_patient, kind="stable")[: 50 * problem.n]
        least = _least_out(problem, placeable)
        if len(listed) > SHORT_LIST:
            problem = replace(problem, listed=listed)
        return Ground(problem, listed.take(cheapest), placeable, least, listed, seed=seed)
    stock = first_stock(problem, seed)
    placeable = np.zeros(problem.n, bool)
    placeable[stock.members] = True
    for i in np.flatnonzero(~placeable):
        clock.check()
        _, members, _, _, _, complete = list_groups(problem.land, int(i), False, 1, MOST_VISITS)
        placeable[members] = True
        placeable[i] |= not complete
    return Ground(problem, stock, placeable, _least_out(problem, placeable), seed=seed)


def _parts(problem: Problem, placeable: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Placeable practices of every part of the graph."""
    for part in range(int(problem.components.max(initial=-1)) + 1):
        yield np.flatnonzero((problem.components == part) & placeable)


def _least_out(problem: Problem, placeable: NDArray[np.bool_]) -> int:
    """Patients that arithmetic alone leaves out: unplaceable ones, and what no count divides."""
    land = problem.land
    out = int(problem.weights[~placeable].sum())
    for members in _parts(problem, placeable):
        total = int(problem.weights[members].sum())
        most = total // land.floor
        if most * land.ceiling < total:
            over = total - most * land.ceiling
            out += next(s for s in sums_from(problem.weights[members], over))
    return out


def sums_from(weights: NDArray[np.int64], least: int) -> Iterator[int]:
    """Yield the sums that some of the lists can make, ascending, from `least` on."""
    sums = _sums(weights)
    while True:
        rest = sums >> least
        if not rest:
            return
        least += (rest & -rest).bit_length() - 1
        yield least
        least += 1


def sum_below(weights: NDArray[np.int64], limit: int) -> int | None:
    """Return the largest sum below `limit` that some of the lists can make, if there is one."""
    below = _sums(weights) & ((1 << max(0, limit)) - 1)
    return below.bit_length() - 1 if below else None


def _sums(weights: NDArray[np.int64]) -> int:
    """List the sums that some of the lists can make, as the bits of a number."""
    sums = 1
    for weight in weights:
        sums |= sums << int(weight)
    return sums


def possible_counts(ground: Ground) -> Counts:
    """Lowest and highest number of networks by arithmetic, part by part.

    Fewer than the lowest leave patients out; more than the highest cannot be made at all.
    """
    land, problem = ground.problem.land, ground.problem
    low = high = 0
    for members in _parts(problem, ground.placeable):
        total = int(problem.weights[members].sum())
        most = total // land.floor
        low += min(most, -(-total // land.ceiling))
        high += most
    return low, high
