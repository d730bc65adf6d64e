"""What a search for one objective stands on: the ground, the earlier objectives held, the guide.

`in_order` settles the objectives of a plan one after the other on it; `last_ground` and
`least_under` go on from a plan that is made, with its last objective or beside a limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import RulesError
from pcngeo.objectives import DEFAULT, TERMS, Stage, read_stages
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.costs import Held, Objective, Own, Value, every_group, most_of, point_of
from pcngeo.optimise.ground import Ground, survey
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer, Tell, settle
from pcngeo.optimise.site import Site, raised_ceilings, waived_floors
from pcngeo.plan import Plan
from pcngeo.rules import Rules

__all__ = [
    "OUTSIDE",
    "Search",
    "balance_window",
    "last_ground",
    "least_under",
    "ordered",
    "positions",
    "stay_out",
]

#: A share of an objective that is held by which a plan may be worse in it.
GIVE = 1e-6
#: Groups beyond which kernels price what they know a part of.
PRICED_BEYOND = 100_000
#: Terms that kernels know: sums over members of what each has to do with one of them.
KNOWN = ("distance", "travel", "changed")
OUTSIDE: Stage = (("outside", 1.0),)
NO_WEIGHT = "outside_weight cannot be weighed against a function of your own."


@dataclass
class Search:
    """What is planned and what is known so far: it only ever gets better.

    Parameters
    ----------
    graph, rules, seed, clock
        As of `pcngeo.optimise.solve`.
    objectives
        What is minimised, in order.
    problem
        What is divided.
    answer
        The best plan so far, under the objective that is being settled.
    done
        Objectives that are settled, with their least values.
    now
        The objective that is being settled.
    listed
        Whether the objective was computed on a list of all groups.
    keep_in
        File in which a large search keeps what it may go on with.
    """

    graph: nx.Graph[str]
    rules: Rules
    seed: int
    clock: Clock
    objectives: tuple[Stage | Own, ...]
    problem: Problem
    answer: Answer = field(default_factory=Answer)
    done: list[tuple[Stage | Own, float]] = field(default_factory=list)
    now: Stage | Own = DEFAULT[0]
    listed: bool = False
    keep_in: Path | None = None

    @cached_property
    def site(self) -> Site:
        """What the terms of the objectives look at."""
        stages = tuple(o for o in self.objectives if not callable(o))
        return Site.of(self.graph, self.problem.labels, self.rules, stages)

    @cached_property
    def groups(self) -> Pool | None:
        """All groups there are, or ``None`` when they are too many to list."""
        return self._listed()

    @cached_property
    def few_groups(self) -> Pool | None:
        """All groups there are, or ``None`` when they are so many that kernels are faster."""
        return self._listed(PRICED_BEYOND)

    def _listed(self, most: int | None = None) -> Pool | None:
        """List all groups; a limit of time that leaves none for it makes them too many, too.

        Of a function of the planner's own the kernels know nothing: it waits for the list.
        """
        try:
            return every_group(self.problem, self.clock, most)
        except OutOfTimeError:
            if self.clock.left <= 0 or any(map(callable, self.objectives)):
                raise
            return None

    @property
    def marks(self) -> int:
        """Number of today's networks: rows that a plan of least change has besides practices."""
        return int(self.site.today.max(initial=-1)) + 1

    def lacking(self, objectives: tuple[Stage | Own, ...]) -> tuple[Stage, ...]:
        """Return which of some objectives may have no value for a group: a way is not known."""
        named = [o for o in objectives if not callable(o) and "travel" in dict(o)]
        return tuple(o for o in named if np.isnan(self.site.pairs["travel"]).any())

    @property
    def masked(self) -> bool:
        """Whether a demand is kept only when groups are valued."""
        return _masked(self.rules)

    @staticmethod
    def plain(rules: Rules) -> bool:
        """Whether all that rules ask for is known to the kernels: one search for one objective."""
        return rules.stages == DEFAULT and not (rules.soft or rules.balance or _masked(rules))


def _masked(rules: Rules) -> bool:
    some = waived_floors(rules) or raised_ceilings(rules)
    return bool(some) or rules.alone == "agreed" or rules.max_authorities > 1 or _bears(rules)


def _bears(rules: Rules) -> bool:
    return rules.headroom > 0 or rules.closures == "borne"


def ordered(rules: Rules, objective: Objective | None) -> tuple[Stage | Own, ...]:
    """Read an objective, or take that of the rules.

    Raises
    ------
    RulesError
        When it cannot be read.
    """
    if callable(objective) and rules.outside_weight:
        raise RulesError(NO_WEIGHT)
    if objective is None:
        return rules.stages
    return (objective,) if callable(objective) else read_stages(objective)


def last_ground(
    graph: nx.Graph[str], rules: Rules, plan: Plan, seed: int, clock: Clock
) -> tuple[Search, Ground]:
    """Make again what the last objective of a proven plan was settled on.

    Parameters
    ----------
    graph, rules, seed
        What the plan was made from.
    plan
        The plan; its objectives are not a function of the planner's own.
    clock
        Time limit.

    Returns
    -------
    (Search, Ground)
        With the window, the demands and the number of networks that the plan keeps, the earlier
        objectives held, and the plan as what is known.
    """
    stages = plan.objectives
    if rules.soft and stages == rules.stages:  # everybody fitted inside
        rules = replace(rules, soft_min_list=0, soft_max_list=0, outside_weight=0.0)
    problem = Problem.build(graph, rules)
    made = len(plan.networks) - len(problem.alone)
    if rules.balance:
        window = balance_window(rules, problem, max(1, made))
        rules = replace(rules, networks=max(1, made), balance=0.0)
        problem = Problem.build(graph, rules, window)
    search = Search(graph, rules, seed, clock, stages, problem, now=stages[-1])
    search.answer.plan = positions(problem, plan)
    held = tuple(hold(search, o, least) for o, least in zip(stages[:-1], plan.held, strict=True))
    return search, ground_of(search, stages[-1], (), held)


def stay_out(ground: Ground, plan: Plan) -> None:
    """Take only whom a proven plan places for placeable.

    It leaves out as few as can be, so that plans that place all of these place nobody else. What
    is left of the graph would not do: borders, means and demands are those of everybody.

    Parameters
    ----------
    ground
        What `last_ground` returned for the plan, or for it under narrower demands; changed.
    plan
        The plan.
    """
    labels = ground.problem.labels  # those of marks are empty
    placed = np.array([not p or plan.assignment[p] != "" for p in labels], bool)
    ground.placeable = ground.placeable & placed
    ground.least_out = ground.unplaceable


def least_under(
    search: Search,
    plan: Plan,
    before: int,
    pair: tuple[Stage, Stage],
    limit: float,
    clock: Clock,
    tell: Tell = lambda phase, answer: None,
) -> Answer | None:
    """Find the least of one objective while another is at most a limit, then the least of that.

    Parameters
    ----------
    search
        What `last_ground` returned for `plan`.
    plan
        Has the number of networks and the patients left out that count.
    before
        How many of its objectives count more than the pair.
    pair
        What is least, and what is limited.
    limit
        The limit, in its unit.
    clock
        Time limit.
    tell
        Told the phase and the answer as it gets better.

    Returns
    -------
    Answer or None
        ``None`` where no plan keeps the limit.
    """
    search = replace(search, clock=clock, answer=replace(search.answer))
    made = len(plan.networks) - len(search.problem.alone)
    free = search.rules.networks == "free"
    counts = None if free else (made, made)
    if isinstance(search.rules.networks, tuple):
        counts = search.rules.networks
    told = zip(plan.objectives[:before], plan.held, strict=False)
    held = tuple(hold(search, o, least) for o, least in told)
    cap = Held(pair[1], limit, max(limit / max(1, made), 1e-9))
    for objective in pair:
        ground = ground_of(search, objective, (), (*held, cap) if objective == pair[0] else held)
        if objective == pair[0]:
            ground.known = None  # the plan at hand is above the limit
        answer = Answer(left_out=search.problem.patients)
        settle(ground, counts, answer, clock, tell)
        if answer.plan is None or answer.left_out > plan.unplaced_patients:
            return None
        search.answer = answer
        held = (*held, hold(search, pair[0], answer.objective))
    return search.answer


def positions(problem: Problem, plan: Plan) -> Pool:
    """Give the networks of a plan as groups of positions, those that stand alone left out."""
    place = {p: i for i, p in enumerate(problem.labels)}
    rows = [(name, g) for name, g in plan.groups().items() if g[0] in place]
    groups = [[place[p] for p in g] for _, g in rows]
    hubs = [place[plan.hubs[name]] for name, _ in rows]
    return Pool.of(groups, [0.0] * len(groups), hubs)


def balance_window(rules: Rules, problem: Problem, count: int) -> tuple[int, int]:
    """Window of balanced networks: within so many per cent of the mean, and in the rules'."""
    land, share = problem.land, rules.balance / 100.0
    mean = problem.patients / count
    low, high = np.ceil(mean * (1 - share) - 1e-9), np.floor(mean * (1 + share) + 1e-9)
    return max(land.floor, int(low)), min(land.ceiling, int(high))


def is_whole(objective: Stage | Own) -> bool:
    """Tell whether an objective has whole values only."""
    if callable(objective):
        return False
    (name, weight), *others = objective
    return not others and weight == 1.0 and TERMS[name].whole


def hold(search: Search, objective: Stage | Own, least: float) -> Held:
    value = Value(search.site, search.problem.labels, search.rules, objective)
    give = 0.5 if is_whole(objective) else GIVE * max(1e-3, least)
    largest = 0.0
    if search.answer.plan is not None:
        largest = float(value.cost(search.answer.plan, objective).max(initial=0.0))
    return Held(objective, least + give, max(largest, give))


def ground_of(
    search: Search, objective: Stage | Own, later: tuple[Stage | Own, ...], held: tuple[Held, ...]
) -> Ground:
    """Make the ground of one objective: kernels alone, a list of all groups, or both."""
    problem, site, lacking = search.problem, search.site, search.lacking(later)
    simple = not (held or lacking or search.masked)
    if simple and objective in (DEFAULT[0], (("travel", 1.0),)):
        if objective != DEFAULT[0]:
            problem = _priced(search, objective, None)
        return survey(problem, search.seed, search.clock)
    guide = guide_of(search, objective, later)
    value = Value(site, problem.labels, search.rules, objective, held, guide, search.clock, lacking)
    hub = not callable(objective) and any(n in ("distance", "travel") for n, _ in objective)
    groups = search.few_groups if hub and not held else search.groups
    if groups is not None:
        search.listed = True
        pool = value(groups)
        pool = pool.take(np.flatnonzero(np.isfinite(pool.costs)))
        problem = problem.with_marks(search.marks if value.marked else 0)
        ground = survey(problem, search.seed, search.clock, pool)
    else:
        ground = survey(_priced(search, objective, value), search.seed, search.clock)
    ground.budgets = tuple(h.limit / h.scale for h in held)
    if held and search.answer.plan is not None:
        ground.known = value.of_plan(search.answer.plan)
    return ground


def guide_of(
    search: Search, objective: Stage | Own, later: tuple[Stage | Own, ...]
) -> tuple[Stage, float] | None:
    """Let the next objective break ties of one whose values are whole numbers."""
    if not later or not is_whole(objective) or callable(later[0]):
        return None
    return later[0], 0.4 / max(1.0, _most(search, later[0]))


def _most(search: Search, stage: Stage) -> float:
    """More than any plan can have of a mix."""
    land, site, single = search.problem.land, search.site, len(stage) == 1
    return sum(
        w * most_of(n, site, land.floor, land.ceiling) / (1.0 if single else point_of(n, site))
        for n, w in stage
    )


def _priced(search: Search, objective: Stage | Own, value: Value | None) -> Problem:
    """Make the problem whose kernels price the part of an objective that they know.

    Raises
    ------
    RulesError
        When they know nothing of it.
    """
    if callable(objective):
        raise RulesError(
            "a function of your own is asked for the cost of every connected group of practices "
            f"in the window, and there are more than {search.clock.most_groups:,} here, the most "
            "that are held at a time. Set max_practices or max_span_m, narrow the window, plan a "
            "smaller area, or use a mix of the objectives that there are; where max_memory is "
            "what bounds it, raise that."
        )
    problem, site, land = search.problem, search.site, search.problem.land
    weights = dict(objective)
    name = next((n for n in KNOWN if n in weights), "")
    centre = np.repeat(np.arange(problem.n), np.diff(land.reach_starts))
    cost: NDArray[np.float64] = np.zeros(len(land.reach))
    if name == "changed":
        # The least that a group can lose is what does not share today's network of some member.
        today = site.today
        other = (today[land.reach] != today[centre]) | (today[centre] < 0)
        cost = weights[name] * np.where(other, land.weights[land.reach], 0.0)
    elif name:
        factor = weights[name] / (1.0 if len(weights) == 1 else point_of(name, site))
        cost = factor * land.reach_cost
        if name == "travel":
            cost = factor * land.weights[land.reach] * site.pairs["travel"][land.reach, centre]
            cost[np.isnan(cost)] = np.inf
    beside = 0.0
    if value is not None:
        beside = _most(search, objective)
        if value.guide is not None:
            beside += 1.0
    priced = replace(problem, land=land._replace(reach_cost=cost), value=value, beside=beside)
    return priced.with_marks(search.marks if value is not None and value.marked else 0)
