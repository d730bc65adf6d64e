"""What a search learnt on the way to a plan, for the questions that are asked about that plan.

The price of a choice, and plans that differ, begin with the LP that the plan was proven by: the
groups that it met, and its cuts. These are kept as long as that one plan object, not for copies
of it. Without them, as with a plan that was read from a file, prices are the same within the
tolerance of a proof; but of equally good plans another may be chosen, and other plans that differ
may then follow it. No command depends on that: each makes its best plan anew before it asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from pcngeo.optimise.duals import Cut
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Plan

__all__ = ["Learnt", "learnt_of", "remember"]


@dataclass(frozen=True, eq=False)
class Learnt:
    """Groups and cuts of the last LP of a search.

    Parameters
    ----------
    problem
        What was divided.
    stock
        Groups that were met, with their costs.
    cuts
        Cuts that were in force.
    """

    problem: Problem
    stock: Pool
    cuts: tuple[Cut, ...]


_OF_PLAN: WeakKeyDictionary[Plan, Learnt] = WeakKeyDictionary()


def remember(plan: Plan, learnt: Learnt | None) -> None:
    """Keep what was learnt as long as the plan is there."""
    if learnt is not None and _plain(learnt.problem):
        _OF_PLAN[plan] = learnt


def learnt_of(plan: Plan, problem: Problem) -> Learnt | None:
    """Return what was learnt for a plan, if it was about the very same problem."""
    found = _OF_PLAN.get(plan)
    return found if found is not None and _same(found.problem, problem) else None


def _plain(problem: Problem) -> bool:
    """Whether the kernels know all of what groups cost."""
    return problem.value is None and problem.listed is None and not problem.marks


def _same(one: Problem, other: Problem) -> bool:
    """Whether two problems have the same practices, graph, window, demands and costs."""
    pairs = zip(one.land, other.land, strict=True)
    return (
        _plain(other)
        and one.labels == other.labels
        and one.beside == other.beside
        and all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)
    )
