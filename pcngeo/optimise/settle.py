"""One demand on the number of networks, settled: fewest left out, then the objective.

One solve with a penalty on every patient left out
settles all three whenever its best plan leaves nobody out that could be placed at all. Where it
leaves somebody out, the penalty alone proves nothing: a plan with fewer patients left out could
cost more than the penalty saves. Then the penalty is raised until it exceeds what any plan could
cost (the least difference between attainable sums of list sizes decides how far), and the search
is asked for a plan that leaves fewer out: it finds one, or proves that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace

import numpy as np

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.duals import Counts
from pcngeo.optimise.exact import prove
from pcngeo.optimise.exchange import exchanged_plans, exchanges
from pcngeo.optimise.ground import Ground, sum_below, sums_from
from pcngeo.optimise.learnt import Learnt
from pcngeo.optimise.leaving import attainable, least_left_out
from pcngeo.optimise.narrow import inside
from pcngeo.optimise.pieces import settle_pieces, ways_to_share
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.search import (
    SMALL,
    cheaper_plan,
    cost_of,
    counted_plan,
    greedy_plan,
    has_count,
)
from pcngeo.optimise.task import Outcome, Task
from pcngeo.plan import Certificate

__all__ = ["Answer", "Tell", "begin", "settle"]

#: How far the penalty may be raised for a proof.
STEEPEST = 1e5
#: Share of all patients for whom networks have room, or that they have above the floor, below which
#: first plans are made by exchange.
TIGHT = 0.1


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
    other
        A plan with another number of networks, while there is none with the number asked for.
    certificate
        Prices that prove the bound of a large plan.
    learnt
        Groups and cuts of the search.
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
    other: Pool | None = None
    certificate: Certificate | None = None
    learnt: Learnt | None = None

    def take(self, other: Answer) -> None:
        """Become another answer."""
        for own in fields(self):
            setattr(self, own.name, getattr(other, own.name))


Tell = Callable[[str, Answer], None]


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
    shared = None
    if counts is not None and counts[0] == counts[1]:
        shared = ways_to_share(ground, counts[0])
    if shared is not None:

        def settle_one(own: Ground, count: int, found: Answer) -> None:
            settle(own, (count, count), found, clock, lambda phase, _: tell(phase, answer))

        settle_pieces(ground, shared, answer, clock, Answer, settle_one)
        tell("end", answer)
        return
    first = Outcome()
    least = _least(ground, counts, answer, clock)
    if least <= ground.least_out and _complete(ground, counts, first, answer, clock, tell):
        answer.learnt = Learnt(ground.problem, ground.stock, ground.cuts)
        answer.settled = True
        return
    penalty = ground.penalty
    problem = ground.narrowed(counts)
    while True:
        task = ground.task(counts, penalty, problem=problem)
        outcome = Outcome()
        if first.plan is not None and penalty == ground.penalty:
            outcome.offer(first.plan, first.cost)
        _start(ground, task, outcome)
        _run(ground, task, outcome, answer, penalty, clock, tell, least)
        answer.learnt = Learnt(ground.problem, ground.stock, ground.cuts)
        if outcome.plan is None:
            answer.impossible = answer.settled = True
            answer.plan, answer.objective, answer.bound = None, np.inf, None
            answer.left_out = answer.left_out_bound = ground.problem.patients
            return
        ground.plans.append(outcome.plan)
        steeper = _fewer_left_out(ground, task, outcome, answer, penalty, clock)
        if steeper is None:
            answer.settled = answer.left_out_bound == answer.left_out
            return
        penalty = steeper


def _least(ground: Ground, counts: Counts | None, answer: Answer, clock: Clock) -> int:
    """Say what is left out at least: by arithmetic, and of nearly full networks by the LP."""
    if counts is None or not counts[1]:
        return 0
    least = ground.least_out_by(counts[1])
    least = attainable(ground, least) if least > ground.least_out else ground.least_out
    known = answer.left_out if answer.plan is not None else ground.problem.patients
    if _tight(ground, counts[1]) and known > least and not ground.budgets:
        least = max(least, least_left_out(ground, counts, known, clock))
    answer.left_out_bound = max(answer.left_out_bound, min(least, answer.left_out))
    return least


def _complete(
    ground: Ground,
    counts: Counts | None,
    outcome: Outcome,
    answer: Answer,
    clock: Clock,
    tell: Tell,
) -> bool:
    """Settle a number so low that plans which leave nobody out needlessly have a narrow window.

    Where there is no such plan, the answer is False: the whole window is to be searched.
    """
    if counts is None or ground.least_out_by(counts[1]) > ground.least_out:
        return False
    spare = ground.least_out - ground.unplaceable
    problem = ground.narrowed(counts, spare)
    if problem.land.floor == ground.problem.land.floor:
        return False
    cutoff = ground.farthest + ground.penalty * (spare + 0.5) + 4 * ground.margin
    task = ground.task(counts, ground.penalty, cutoff, problem)
    _start(ground, task, outcome)
    _run(ground, task, outcome, answer, ground.penalty, clock, tell)
    return outcome.plan is not None and ground.left_out(outcome.plan) == ground.least_out


def begin(ground: Ground, answer: Answer, counts: Counts | None, clock: Clock) -> None:
    """Put a first plan into an answer, with the number of networks asked for if one is found.

    Parameters
    ----------
    ground
        What is known about the problem; keeps the plan.
    answer
        Filled: `plan`, or `other` where the number of networks is still another one.
    counts
        Lowest and highest number of networks, or ``None``: any will do.
    clock
        Time limit; when it ends, the plan so far is taken.
    """
    task = ground.task(counts, ground.penalty)
    plan, _ = greedy_plan(replace(task, counts=None), ground.stock)
    if ground.known is not None and has_count(ground.known, task):
        plan = ground.known
    if not _affordable(plan, task):
        return
    if not (task.budgets or (has_count(plan, task) and ground.left_out(plan) <= ground.least_out)):
        plan = _counted(ground, task, plan, clock)
    if not len(plan):
        return
    if ground.unpriced and has_count(plan, task):
        plan = cheaper_plan(ground, task, plan, clock.until(0.7))
    ground.plans.append(plan)
    if has_count(plan, task):
        answer.plan, answer.left_out = ground.problem.bare(plan), ground.left_out(plan)
        answer.objective = float(plan.costs.sum())
    else:
        answer.other = ground.problem.bare(plan)


def _counted(ground: Ground, task: Task, plan: Pool, clock: Clock) -> Pool:
    """Make a plan with the number of networks that is asked for, by exchange where it can."""
    plan = _nearest(task, ground, [plan, *ground.plans])
    if task.counts is None:
        return counted_plan(ground, task, plan, clock)
    count = min(max(len(plan), task.counts[0]), task.counts[1])
    if not _tight(ground, count):
        return counted_plan(ground, task, plan, clock)

    def complete(plan: Pool) -> bool:
        return has_count(plan, task) and ground.left_out(plan) <= ground.least_out

    def exchanged(plan: Pool) -> list[Pool]:
        made = exchanged_plans(
            ground.problem, ground.placeable, plan, count, ground.least_out, ground.seed, clock
        )
        ground.stock = Pool.joined([ground.stock, *made]).unique()
        return made

    made = exchanged(plan)
    best = _nearest(task, ground, [plan, *made])
    for start in () if complete(best) else (*made[:1], plan):
        best = _nearest(task, ground, [best, counted_plan(ground, task, start, clock)])
        if complete(best):  # its ways are still those of a makeshift
            return _nearest(task, ground, [best, *exchanged(best)])
    return best


def _tight(ground: Ground, count: int) -> bool:
    """Tell whether networks are nearly full, or hardly full enough: few groups fit then.

    Only where the window and the graph say which groups there are: not where a list does.
    """
    if ground.problem.n <= SMALL or ground.listed is not None or not exchanges(ground.problem):
        return False
    land, held = ground.problem.land, ground.problem.patients - ground.unplaceable
    return TIGHT * held > min(count * land.ceiling - held, held - count * land.floor)


def _nearest(task: Task, ground: Ground, plans: list[Pool]) -> Pool:
    """Take a plan whose number of networks is nearest to what is asked for, fewest left out."""
    low, high = task.counts or (0, 0)

    def away(known: Pool) -> tuple[int, int, float]:
        missing = max(low - len(known), len(known) - high, 0)
        return missing, ground.left_out(known), float(known.costs.sum())

    return min(plans, key=away)


def _start(ground: Ground, task: Task, outcome: Outcome) -> None:
    """Offer first plans at once, if they have an allowed number of networks."""
    known = [] if ground.known is None else [ground.known]
    plans = [p for p in (*known, *ground.plans) if has_count(p, task) and _affordable(p, task)]
    if not plans:
        usable = np.flatnonzero(inside(task.problem, ground.stock))
        plans = [greedy_plan(task, ground.stock.take(usable))[0]]
    for plan in plans:
        if has_count(plan, task) and _affordable(plan, task):
            outcome.offer(plan, cost_of(task, plan))


def _affordable(plan: Pool, task: Task) -> bool:
    """Tell whether a plan keeps the budgets."""
    if not task.budgets:
        return True
    known = plan.spends.shape[1] == len(task.budgets)
    return known and not np.any(plan.spends.sum(axis=0) > np.array(task.budgets))


def _run(
    ground: Ground,
    task: Task,
    outcome: Outcome,
    answer: Answer,
    penalty: float,
    clock: Clock,
    tell: Tell,
    least: int = 0,
) -> None:
    """Prove one task, keeping the answer up to date even when a limit ends it."""
    floor = task.problem.land.floor

    def keep(phase: str) -> None:
        if outcome.plan is not None:
            answer.plan = ground.problem.bare(outcome.plan)
            answer.left_out = ground.left_out(outcome.plan)
            answer.objective = float(outcome.plan.costs.sum())
            bound = outcome.bound - (outcome.cost - answer.objective)
            answer.bound = min(answer.objective, max(0.0, bound))
            known = _proven_left_out(ground, outcome.bound, penalty)
            if floor > ground.problem.land.floor and answer.left_out > ground.least_out:
                answer.bound, known = 0.0, 0  # of other plans than this nothing is proven here
            answer.left_out_bound = min(answer.left_out, max(ground.least_out, least, known))
        answer.facts.update(outcome.facts)
        tell(phase, answer)

    keep("start")
    try:
        _proved(ground, task, outcome, clock, keep)
    finally:
        keep("end")


def _proved(
    ground: Ground,
    task: Task,
    outcome: Outcome,
    clock: Clock,
    keep: Callable[[str], None] = lambda phase: None,
) -> None:
    """Prove a task from the groups of the stock that it can use, and keep those that it meets."""
    usable = inside(task.problem, ground.stock)
    stock = ground.stock.take(np.flatnonzero(usable))
    met = prove(task, stock, outcome, clock, keep)
    ground.cuts = outcome.cuts or ground.cuts
    ground.stock = Pool.joined([ground.stock.take(np.flatnonzero(~usable)), met])


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
    stricter = ground.task(task.counts, steeper, cutoff, task.problem)
    found = Outcome()
    _proved(ground, stricter, found, clock)
    if found.plan is not None:
        return steeper
    answer.left_out_bound = answer.left_out
    return None
