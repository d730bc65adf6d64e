"""Settle objectives one after the other: the first, then the next while that is held, and so on.

Where the window has soft ends, the first objective is that the fewest registered patients are
outside it, unless everybody fits inside. Where networks are to be balanced, every number of
networks has a window of its own, and is settled for itself.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np

from pcngeo.errors import RulesError, SolverError
from pcngeo.objectives import DEFAULT, Stage
from pcngeo.optimise.clock import WorkLimitError
from pcngeo.optimise.costs import Held, Own, Value
from pcngeo.optimise.counts import asked_counts, decide
from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer, Tell, settle
from pcngeo.optimise.stages import (
    NO_WEIGHT,
    OUTSIDE,
    Search,
    balance_window,
    ground_of,
    guide_of,
    hold,
    is_whole,
)
from pcngeo.rules import Rules

__all__ = ["plan_in_order"]


def plan_in_order(search: Search, tell: Tell) -> None:
    """Find the best plan; what is found is kept in `search` at every moment.

    Parameters
    ----------
    search
        What to plan.
    tell
        Told the phase and the answer as it gets better.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search.
    RulesError
        When an objective needs what is not there, or a list of groups that is too long to make.
    """
    soft, wished = search.rules, search.objectives
    if soft.soft:
        search.rules = replace(soft, soft_min_list=0, soft_max_list=0, outside_weight=0.0)
        search.problem = Problem.build(search.graph, search.rules)
    try:
        _balanced(search, tell)
    finally:
        inside = search.answer.plan is not None and search.answer.left_out == 0
        proven = search.answer.settled
        if soft.soft and not inside:
            _unproven(search, 0)  # in the wider window more may be placed
    if not soft.soft or (inside and proven):
        return
    search.rules, search.done = soft, []
    search.problem = Problem.build(search.graph, soft)
    search.__dict__.pop("site", None)
    search.__dict__.pop("groups", None)
    search.__dict__.pop("few_groups", None)
    search.objectives = _softened(soft, wished)
    _balanced(search, tell)


def _softened(rules: Rules, wished: tuple[Stage | Own, ...]) -> tuple[Stage | Own, ...]:
    """Put the patients outside the window before the objectives, or into the first."""
    if not rules.outside_weight:
        return (OUTSIDE, *wished)
    first = wished[0]
    if callable(first):
        raise RulesError(NO_WEIGHT)
    return ((*first, ("outside", rules.outside_weight)), *wished[1:])


def _balanced(search: Search, tell: Tell) -> None:
    """Settle what the rules ask for, number by number where networks are to be balanced."""
    if not search.rules.balance:
        _stages(search, tell)
        return
    whole, rules = search.problem, search.rules
    best: Search | None = None
    settled, tried, nearest = True, 0, 0
    ground = survey(whole, search.seed, search.clock)
    for away, count in _counts(search, ground):
        window = balance_window(rules, whole, count)
        if window[0] > window[1]:
            continue
        if best is not None and away > nearest and not any(_first(best, ground.least_out)):
            break
        one = replace(
            search,
            rules=replace(rules, networks=count, balance=0.0),
            problem=Problem.build(search.graph, rules, window),
            answer=Answer(left_out=whole.patients),
            done=[],
        )
        tried += 1
        try:
            _stages(one, tell)
        except BaseException:
            _keep(search, best if best is not None and best.answer.plan is not None else one)
            _of_one_number(search, ground.least_out, tried)
            raise
        settled &= one.answer.settled
        if best is None or _rank(one, away, ground) < _rank(best, nearest, ground):
            best, nearest = one, away
    if best is None or best.answer.plan is None:
        search.answer.impossible = search.answer.settled = settled
        search.answer.left_out = search.answer.left_out_bound = whole.patients
        search.answer.notes.append(
            f"No number of networks can be balanced within {rules.balance:g} % here."
        )
        return
    _keep(search, best)
    if settled:
        search.answer.left_out_bound = search.answer.left_out
    else:
        _of_one_number(search, ground.least_out, tried)


def _of_one_number(search: Search, least: int, tried: int) -> None:
    """Say of an unfinished search what holds for every number of networks that is allowed.

    Another number has a window of its own: no plan of one is a plan of the other.
    """
    answer, networks = search.answer, search.rules.networks
    answer.settled, answer.other = False, None
    nearest = networks == "target" and answer.left_out <= least and tried == 1
    if not (nearest or isinstance(networks, int)):
        _unproven(search, least)


def _unproven(search: Search, least: int) -> None:
    """Take back what is proven under demands that are narrower than what is asked for."""
    answer = search.answer
    answer.settled, answer.bound, search.done = False, None, []
    answer.left_out_bound = min(least, answer.left_out)


def _keep(search: Search, found: Search) -> None:
    """Take over what another search has found."""
    search.problem, search.answer, search.done = found.problem, found.answer, found.done
    search.now, search.listed = found.now, found.listed


def _first(search: Search, least: int) -> tuple[float, ...]:
    """Patients left out beyond those that must be, and outside the window: before the number."""
    outside = [value for objective, value in search.done if objective == OUTSIDE]
    return (search.answer.left_out - least, *outside)


def _rank(search: Search, away: int, ground: Ground) -> tuple[float, ...]:
    values = [value for objective, value in search.done[:-1] if objective != OUTSIDE]
    return (*_first(search, ground.least_out), away, *values, search.answer.objective)


def _counts(search: Search, ground: Ground) -> list[tuple[int, int]]:
    """How far each number of networks is from the one that is wanted, and the number."""
    wanted = search.rules.networks
    asked = asked_counts(search.rules) or (1, possible_counts(ground)[1])
    target, patients = search.rules.target_list, search.problem.patients
    return sorted(
        (abs(k * target - patients) if wanted == "target" else 0, k)
        for k in range(asked[0], asked[1] + 1)
    )


def _stages(search: Search, tell: Tell) -> None:
    """Settle one objective after the other."""
    held: list[Held] = []
    start: Pool | None = None
    for i, objective in enumerate(search.objectives):
        later = search.objectives[i + 1 :]
        value = Value(search.site, search.problem.labels, search.rules, objective)
        try:
            start = start if i else _first_plan(search)
            ground = ground_of(search, objective, later, tuple(held))
            if not i and start is not None:
                ground.known = _offered(search, ground, start)
        except BaseException:
            _restate(search, objective, value)
            raise
        answer, before = Answer(left_out=search.problem.patients), search.answer.plan
        if i:
            answer = replace(search.answer, bound=None, settled=False)
            answer.objective = _worth(value, before)
        search.answer, search.now = answer, objective
        answer.left_out_bound = ground.least_out
        try:
            _settle(search, ground, i, before, tell)
        finally:
            _tidy(answer, value, bool(later) and is_whole(objective))
        if not answer.settled or answer.plan is None or answer.impossible:
            return
        search.done.append((objective, answer.objective))
        held.append(hold(search, objective, answer.objective))


def _restate(search: Search, objective: Stage | Own, value: Value) -> None:
    """Say what the plan at hand is worth under an objective that is not searched for yet.

    It was made for another one: what is proven of that says nothing of this.
    """
    plan = search.answer.plan
    worth = _worth(value, plan)
    search.now = objective
    search.answer = replace(
        search.answer, objective=worth, bound=None, settled=False, facts={}, certificate=None
    )
    if plan is not None and not np.isfinite(worth):
        search.answer = Answer(left_out=search.problem.patients)


def _first_plan(search: Search) -> Pool | None:
    """Plan by distance first, which takes a moment: there is then something to better at once."""
    if search.objectives[0] in (DEFAULT[0], (("travel", 1.0),)):
        return None
    problem = search.problem
    lacking = search.lacking(search.objectives)
    if lacking or search.masked:
        value = Value(search.site, problem.labels, search.rules, None, lacking=lacking)
        problem = replace(problem, value=value)
    first = search.answer = Answer(left_out=problem.patients)
    search.now = DEFAULT[0]
    with contextlib.suppress(WorkLimitError, SolverError):
        decide(survey(problem, search.seed, search.clock), search.rules, first, search.clock)
    first.settled = False
    return first.plan


def _offered(search: Search, ground: Ground, plan: Pool) -> Pool | None:
    """Give a plan the costs that count, if it is allowed."""
    value = ground.problem.value
    if not isinstance(value, Value):
        objective, *later = search.objectives
        value = Value(
            search.site, search.problem.labels, search.rules, objective,
            guide=guide_of(search, objective, tuple(later)), lacking=search.lacking(tuple(later)),
        )  # fmt: skip
    valued = value.of_plan(plan)
    return valued if np.all(np.isfinite(valued.costs)) else None


def _settle(search: Search, ground: Ground, i: int, before: Pool | None, tell: Tell) -> None:
    """Settle one objective for the number of networks that is asked for, or that stands."""
    wanted, counts = search.rules.networks, asked_counts(search.rules)
    if search.objectives[i] == OUTSIDE and i == 0 and len(search.objectives) > 1:
        settle(ground, counts, search.answer, search.clock, tell)
    elif i == 0 or search.objectives[i - 1] == OUTSIDE:
        decide(ground, search.rules, search.answer, search.clock, tell)
    else:
        if wanted == "target" and before is not None:
            counts = (len(before), len(before))
        settle(ground, counts, search.answer, search.clock, tell)


def _worth(value: Value, plan: Pool | None) -> float:
    """Cost of a plan under an objective."""
    if plan is None or value.objective is None:
        return float("inf")
    return value.worth(plan)


def _tidy(answer: Answer, value: Value, guided: bool) -> None:
    """Take what broke ties out of objective and bound."""
    if not guided or answer.plan is None:
        return
    answer.objective = _worth(value, answer.plan)
    if answer.settled:
        answer.bound = answer.objective
    elif answer.bound is not None:
        answer.bound = max(0.0, answer.bound - 0.5)
