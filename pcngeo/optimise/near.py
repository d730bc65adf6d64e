"""Every plan that is nearly as good as the best: the groups that such plans can use, listed once.

The LP over all groups with cuts gives every group a reduced cost, and a plan costs the bound plus
the reduced costs of its groups at least. So the groups of reduced cost at most `room` hold *every*
plan that costs at most the bound plus `room`. One such list answers many questions, each by one
search over a part of it: what does this choice cost, which other plan is nearly as good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.columns import Relaxation, groups_within
from pcngeo.optimise.exact import Task, relax
from pcngeo.optimise.ground import Ground, survey
from pcngeo.optimise.master import Counts, Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.stages import Search
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

__all__ = ["Near"]

#: Shares of the best objective by which the list is opened, one after the other.
STEPS = (0.003, 0.008, 0.016, 0.03, 0.05, 0.1)
#: Groups listed at most: beyond, a search from scratch is faster.
LONGEST = 150_000
Mask = NDArray[np.bool_]


@dataclass(eq=False)
class Near:
    """The groups of all plans near the best one, and the LP that says which they are.

    Parameters
    ----------
    problem, ground, task
        What is divided; the task leaves nobody out who can be placed.
    cost
        Objective of the best plan.
    relaxation, master
        The LP over all groups, with cuts.
    known
        Plans met so far.
    """

    problem: Problem
    ground: Ground
    task: Task
    cost: float
    relaxation: Relaxation
    master: Master
    known: list[Pool] = field(default_factory=list)
    _lists: dict[float, Pool | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls, graph: nx.Graph[str], rules: Rules, base: Plan, seed: int, clock: Clock
    ) -> Near | None:
        """Make it for a proven plan, or ``None`` where other rules hold than the kernels know.

        Parameters
        ----------
        graph, rules, seed
            What the plan was made from.
        base
            The plan; proven best, and nobody left out who can be placed.
        clock
            Time limit.

        Returns
        -------
        Near or None
        """
        if not Search.plain(rules) or base.status is not Status.OPTIMAL or not base.objective:
            return None
        problem = Problem.build(graph, rules)
        made = len(base.networks) - len(problem.alone)
        if not made or _two_numbers(rules, problem.patients, made):
            return None
        ground = survey(problem, seed, clock)
        empty = ground.placeable & (problem.weights == 0)  # may be left out where that is cheaper
        if base.unplaced_patients > ground.unplaceable or empty.any():
            return None
        task = _complete(ground.task(_counts(rules, made), ground.penalty), ground, base.objective)
        relaxation, master, ground.stock = relax(task, ground.stock, base.objective, clock)
        return cls(problem, ground, task, base.objective, relaxation, master)

    def groups(self, share: float, clock: Clock) -> Pool | None:
        """List every group of the plans that cost at most (1 + share) x the best, if not too many.

        Parameters
        ----------
        share
            Of the objective.
        clock
            Time limit.

        Returns
        -------
        Pool or None
        """
        if share not in self._lists:
            prices = self.relaxation.prices
            cuts = self.master.cuts.first(len(prices.cuts))
            room = (1 + share) * self.cost - self.relaxation.bound
            room += 1e-9 * (self.cost + self.task.scale) + 2 * self.task.margin
            self._lists[share] = groups_within(self.problem, cuts, prices, room, LONGEST, clock)
        return self._lists[share]

    def best(
        self,
        allowed: Callable[[Pool], Mask],
        clock: Clock,
        steps: tuple[float, ...] = STEPS,
        spends: Callable[[Pool], NDArray[np.float64]] | None = None,
        budgets: tuple[float, ...] = (),
    ) -> Pool | float:
        """Find the best plan of allowed groups, or prove that none is within the last step.

        Parameters
        ----------
        allowed
            Tells of every group whether it may be used.
        clock
            Time limit.
        steps
            Shares of the objective, ascending.
        spends, budgets
            What every group takes of each budget, and the limits.

        Returns
        -------
        Pool or float
            The networks, proven best among all complete plans of allowed groups, to the tolerance
            of a proof; or the last share for which it is proven that no plan is within it.

        Raises
        ------
        OutOfTimeError, WorkLimitError
            When a limit ended the search.
        """
        done = 0.0
        for share in steps:
            pool = self.groups(share, clock)
            if pool is None:
                break
            pool = pool.take(np.flatnonzero(allowed(pool)))
            if spends is not None:
                pool = replace(pool, spends=spends(pool))
            found = self._choose(pool, share, budgets, clock)
            if found is not None:
                self.known.append(found)
                return found
            done = share
        return done

    def _choose(
        self, pool: Pool, share: float, budgets: tuple[float, ...], clock: Clock
    ) -> Pool | None:
        task = replace(self.task, budgets=budgets)
        prices = self.relaxation.prices
        cuts = self.master.cuts.first(len(prices.cuts)).priced(prices.cuts)[0].all
        choice = task.choose(pool, (1 + share) * self.cost + task.margin, clock, cuts=cuts)
        if not choice.finished:
            clock.check()
            raise WorkLimitError
        if choice.groups is None:
            return None
        return pool.take(np.array(choice.groups, np.int64))


def _complete(task: Task, ground: Ground, cost: float) -> Task:
    """Make leaving anybody out who can be placed dearer than any plan that matters."""
    dear = 3.0 * cost
    return replace(task, penalties=np.where(ground.placeable, dear, 0.0))


def _counts(rules: Rules, made: int) -> Counts | None:
    if rules.networks == "free":
        return None
    return rules.networks if isinstance(rules.networks, tuple) else (made, made)


def _two_numbers(rules: Rules, patients: int, made: int) -> bool:
    """Tell whether another number of networks is as near to the target: the objective decides."""
    away = abs(made * rules.target_list - patients)
    others = (made - 1, made + 1)
    return rules.networks == "target" and any(
        abs(k * rules.target_list - patients) == away for k in others
    )
