"""Which number of networks, and whom no plan can place: the order of the demands, kept exactly.

The demands stand in order: fewest registered patients in no network; then the number of networks
that the rules ask for; then the objective. One solve with a penalty on every patient left out
settles all three whenever its best plan leaves nobody out that could be placed at all. Where it
leaves somebody out, the penalty alone proves nothing: a plan with fewer patients left out could
cost more than the penalty saves. Then the penalty is raised until it exceeds what any plan could
cost (the least difference between attainable sums of list sizes decides how far), and the search
is asked for a plan that leaves fewer out: it finds one, or proves that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.branch import TOLERANCE
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.columns import first_stock
from pcngeo.optimise.exact import Outcome, Task, prove
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.master import Counts
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.search import greedy_plan
from pcngeo.rules import Rules

__all__ = ["Answer", "Ground", "decide", "possible_counts", "settle", "survey"]

#: Sets visited in the search for one group that holds a practice: a work limit.
MOST_VISITS = 20_000_000
#: A patient left out costs as much as this many times the longest way to a hub.
PENALTY = 30.0
#: How far the penalty may be raised for a proof.
STEEPEST = 1e5

Tell = Callable[[str, "Answer"], None]


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
    """

    problem: Problem
    stock: Pool
    placeable: NDArray[np.bool_]
    least_out: int
    listed: Pool | None = None

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
        return PENALTY * max(1e-3, float(ways.max(initial=0.0)))

    def task(self, counts: Counts | None, penalty: float, cutoff: float | None = None) -> Task:
        """Make a task of this ground."""
        weights = self.problem.weights.astype(float)
        weights[weights == 0] = 0.5 / (1 + np.sum(weights == 0))
        penalties = np.where(self.placeable, penalty * weights, 0.0)
        return Task(
            self.problem, penalties, counts, self.margin, self.farthest, cutoff, self.listed
        )

    def left_out(self, plan: Pool) -> int:
        """Patients of the practices in no network, those that cannot be placed included."""
        return self.problem.patients - int(self.problem.weights[plan.members].sum())

    @property
    def unplaceable(self) -> int:
        """Patients of the practices that no group can hold."""
        return int(self.problem.weights[~self.placeable].sum())


@dataclass
class Answer:
    """The best plan found under the order of the demands, and what is proven.

    Parameters
    ----------
    plan
        Networks, or ``None``.
    left_out, left_out_bound
        Patients in no network, and the proven least.
    objective, bound
        Cost of the networks, and the least for as few left out and as many networks.
    settled
        Whether all three demands are proven.
    impossible
        Proven: no plan has a number of networks that is allowed.
    notes
        Sentences about the number of networks.
    facts
        Figures of the search.
    """

    plan: Pool | None = None
    left_out: int = 0
    left_out_bound: int = 0
    objective: float = np.inf
    bound: float | None = None
    settled: bool = False
    impossible: bool = False
    notes: list[str] = field(default_factory=list)
    facts: dict[str, float | int] = field(default_factory=dict)

    def take(self, other: Answer) -> None:
        """Become another answer."""
        for own in fields(self):
            setattr(self, own.name, getattr(other, own.name))


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
        return Ground(problem, listed.take(cheapest), placeable, least, listed)
    stock = first_stock(problem, seed)
    placeable = np.zeros(problem.n, bool)
    placeable[stock.members] = True
    for i in np.flatnonzero(~placeable):
        clock.check()
        _, members, _, _, _, complete = list_groups(problem.land, int(i), False, 1, MOST_VISITS)
        placeable[members] = True
        placeable[i] |= not complete
    return Ground(problem, stock, placeable, _least_out(problem, placeable))


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


def decide(
    ground: Ground, rules: Rules, answer: Answer, clock: Clock, tell: Tell = lambda p, a: None
) -> None:
    """Find the plan that the rules ask for; what is found is kept in `answer` at every moment.

    Parameters
    ----------
    ground
        What is known about the problem.
    rules
        `Rules.networks` is what counts here.
    answer
        Filled.
    clock
        Time limit.
    tell
        Told the phase and the answer as it gets better.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search.
    """
    low, high = possible_counts(ground)
    wanted = rules.networks
    if ground.problem.n == 0 and not isinstance(wanted, int | tuple):
        answer.plan, answer.objective, answer.bound = Pool.empty(), 0.0, 0.0
        answer.settled = True
        return
    if wanted == "target":
        _nearest_count(ground, rules.target_list, high, answer, clock, tell)
        return
    if wanted == "free":
        asked: Counts | None = None
    else:
        asked = (wanted, wanted) if isinstance(wanted, int) else (wanted[0], wanted[1])
    if asked is not None and asked[0] > high:
        answer.impossible = answer.settled = True
        answer.left_out = answer.left_out_bound = ground.problem.patients
        answer.notes.append(_too_many(ground, asked, low, high))
        return
    settle(ground, asked, answer, clock, tell)
    if asked is not None and answer.impossible:
        answer.notes.append(_cannot_be_made(ground, asked))
    elif asked is not None and answer.left_out > ground.least_out:
        answer.notes.append(_not_this_many(ground, asked, low, high))


def _nearest_count(
    ground: Ground, target: int, high: int, answer: Answer, clock: Clock, tell: Tell
) -> None:
    """Settle the number nearest to patients / target among those with the fewest left out."""
    patients = ground.problem.patients

    def away(k: int) -> int:
        return abs(k * target - patients)

    order = sorted(range(high + 1), key=lambda k: (away(k), k))
    here = order[0]
    settle(ground, (here, here), answer, clock, tell)
    settled, answer.settled = answer.settled, False
    least = ground.least_out
    if answer.left_out > least:  # is it this number's fault?
        free = Answer()
        settle(ground, None, free, clock, lambda phase, _: tell(phase, answer))
        settled &= free.settled
        least = free.left_out
    for k in order[1:]:
        if answer.left_out <= least and away(k) > away(here):
            break
        if _left_out_by(ground, k) > least:
            continue
        other = Answer()
        settle(ground, (k, k), other, clock, lambda phase, _: tell(phase, answer))
        settled &= other.settled
        if (other.left_out, other.objective) < (answer.left_out, answer.objective):
            if other.left_out < answer.left_out:
                other.notes = [_another_number(answer, order[0], k), *other.notes]
            answer.take(other)
            here = k
    answer.settled = settled


def _left_out_by(ground: Ground, count: int) -> int:
    """Patients that a number of networks leaves out at least: more than all of them can hold."""
    placeable = ground.problem.patients - ground.unplaceable
    return ground.unplaceable + max(0, placeable - count * ground.problem.land.ceiling)


def _another_number(answer: Answer, wished: int, found: int) -> str:
    leaves = f"would leave at least {answer.left_out:,} patients in no network"
    if answer.impossible:
        leaves = "cannot be made of these practices"
    return (
        f"{_networks(wished)} would be nearest to the target size, but {leaves}; "
        f"{_networks(found)} is the nearest number that leaves the fewest out."
    )


def _networks(count: int) -> str:
    return "1 network" if count == 1 else f"{count} networks"


def settle(
    ground: Ground,
    counts: Counts | None,
    answer: Answer,
    clock: Clock,
    tell: Tell = lambda phase, answer: None,
) -> None:
    """Settle fewest left out, then the objective, for one demand on the number of networks.

    Parameters
    ----------
    ground
        What is known about the problem; its stock grows.
    counts
        Lowest and highest number of networks, or ``None``.
    answer
        Filled at every moment.
    clock
        Time limit.
    tell
        Told the phase and the answer as it gets better.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search.
    """
    penalty = ground.penalty
    while True:
        task = ground.task(counts, penalty)
        outcome = Outcome()
        _start(ground, task, outcome)
        _run(ground, task, outcome, answer, penalty, clock, tell)
        if outcome.plan is None:
            answer.impossible = answer.settled = True
            answer.left_out = answer.left_out_bound = ground.problem.patients
            return
        steeper = _fewer_left_out(ground, task, outcome, answer, penalty, clock)
        if steeper is None:
            answer.settled = answer.left_out_bound == answer.left_out
            return
        penalty = steeper


def _start(ground: Ground, task: Task, outcome: Outcome) -> None:
    """Offer a first plan at once, if it has an allowed number of networks."""
    plan, cost = greedy_plan(task, ground.stock)
    if task.counts is None or task.counts[0] <= len(plan) <= task.counts[1]:
        outcome.offer(plan, cost)


def _run(
    ground: Ground,
    task: Task,
    outcome: Outcome,
    answer: Answer,
    penalty: float,
    clock: Clock,
    tell: Tell,
) -> None:
    """Prove one task, keeping the answer up to date even when a limit ends it."""

    def keep(phase: str) -> None:
        if outcome.plan is not None:
            answer.plan = outcome.plan
            answer.left_out = ground.left_out(outcome.plan)
            answer.objective = float(outcome.plan.costs.sum())
            bound = outcome.bound - (outcome.cost - answer.objective)
            answer.bound = min(answer.objective, max(0.0, bound))
            known = _proven_left_out(ground, outcome.bound, penalty)
            answer.left_out_bound = min(answer.left_out, max(ground.least_out, known))
        answer.facts.update(outcome.facts)
        tell(phase, answer)

    keep("start")
    try:
        ground.stock = prove(task, ground.stock, outcome, clock, keep)
    finally:
        keep("end")


def _proven_left_out(ground: Ground, bound: float, penalty: float) -> int:
    """Fewest patients left out that a bound on the penalised cost leaves possible."""
    least = (bound - ground.farthest) / penalty - 0.5
    if least <= 0:
        return ground.unplaceable
    weights = ground.problem.weights[ground.placeable]
    return ground.unplaceable + next(sums_from(weights, int(np.ceil(least))), 0)


def _fewer_left_out(
    ground: Ground, task: Task, outcome: Outcome, answer: Answer, penalty: float, clock: Clock
) -> float | None:
    """Prove that no plan leaves fewer out, or return the penalty under which one was found."""
    if answer.left_out_bound >= answer.left_out:
        answer.left_out_bound = answer.left_out
        return None
    out = answer.left_out - ground.unplaceable
    below = sum_below(ground.problem.weights[ground.placeable], out)
    if below is None:
        answer.left_out_bound = answer.left_out
        return None
    farthest = ground.farthest
    steeper = max(penalty, 1.01 * (farthest + 1.0) / (out - below - 0.5))
    if steeper > STEEPEST * ground.penalty:
        return None
    cutoff = farthest + steeper * (below + 0.5) + 4 * ground.margin
    stricter = ground.task(task.counts, steeper, cutoff)
    found = Outcome()
    ground.stock = prove(stricter, ground.stock, found, clock)
    if found.plan is not None:
        return steeper
    answer.left_out_bound = answer.left_out
    return None


def _too_many(ground: Ground, asked: Counts, low: int, high: int) -> str:
    land, problem = ground.problem.land, ground.problem
    placeable = problem.patients - ground.unplaceable
    return (
        f"{_networks(asked[0])} cannot be made of {placeable:,} patients: each needs at least "
        f"{land.floor:,}, so that {_networks(high)} is the most."
    )


def _cannot_be_made(ground: Ground, asked: Counts) -> str:
    land = ground.problem.land
    number = str(asked[0]) if asked[0] == asked[1] else f"{asked[0]} to {asked[1]}"
    return (
        f"No {number} connected groups of {land.floor:,} to {land.ceiling:,} patients fit side by "
        "side here, not even with practices left out (proven): ask for fewer."
    )


def _not_this_many(ground: Ground, asked: Counts, low: int, high: int) -> str:
    number = _networks(asked[0]) if asked[0] == asked[1] else f"{asked[0]} to {asked[1]} networks"
    range_ = str(low) if low == high else f"{low} to {high}"
    return (
        f"With {number} not everybody can be placed; by list sizes alone, {range_} could hold "
        f"{ground.problem.patients - ground.unplaceable:,} patients."
    )
