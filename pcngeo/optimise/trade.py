"""What one objective costs in another: plans that no other plan beats in all of them.

For two objectives every point is proven: the least of the first among all plans whose second is at
most a limit, and of those the least of the second (epsilon-constraint). For three, plans are the
best of many mixes of the objectives: each is beaten by none, but plans that no mix makes best are
not found; the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import networkx as nx

from pcngeo.errors import RulesError
from pcngeo.objectives import TERMS, Stage, read_stages
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.costs import Own, Value, point_of
from pcngeo.optimise.near import Tell
from pcngeo.optimise.planning import as_plan, make_plan, no_start, telling
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.stages import Search, last_ground, least_under, positions
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules
from pcngeo.words import listed

__all__ = ["Trade", "trade"]

#: Share of the range of an objective, and of its value, by which a further plan must be better in
#: it. A search keeps a limit to a millionth: less than twice that finds the same plan for ever.
STEP, LEAST_STEP = 1e-5, 2e-6
NOTHING = "nothing can be traded"
#: Weights of the mixes of three objectives.
SHARES = (0.1, 0.3, 0.6, 0.8)


@dataclass(frozen=True, eq=False)
class Trade:
    """Plans that no other beats in all objectives.

    Parameters
    ----------
    plans
        By the first objective, the least first.
    objectives
        Names of what is traded.
    values
        Value of every plan in every objective, in its own unit.
    supported
        Whether only plans that a mix makes best were looked for.
    every
        Proven: there are no other such plans (but equal ones).
    stopped
        Why the search ended early, in words, or nothing.
    """

    plans: tuple[Plan, ...]
    objectives: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    supported: bool = False
    every: bool = False
    stopped: str = ""

    @property
    def sentence(self) -> str:
        """What is proven, in words that can be read aloud."""
        made, names = len(self.plans), listed(self.objectives)
        head = f"{made} {'plan' if made == 1 else 'plans'} for {names}, each proven"
        head += ": no plan is better in one of them and as good in the others."
        if self.supported:
            head += " Only plans that some mix of them makes best were looked for."
        elif self.every:
            head += " These are all there are."
        else:
            head += " Between two neighbours there may be more."
        return f"{head} {self.stopped}".strip()


def trade(
    graph: nx.Graph[str],
    rules: Rules | None,
    objectives: Sequence[str],
    *,
    points: int = 7,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    searching: Tell | None = None,
    begun: Mapping[str, Plan] | None = None,
    keep: Callable[[str, Plan], None] | None = None,
) -> Trade:
    """Find plans that no other beats in all of two or three objectives.

    Parameters
    ----------
    graph, rules, seed
        As of `pcngeo.optimise.solve`. The number of networks is that of the best plan by the first
        objective, unless the rules leave it free or give a range.
    objectives
        Two or three names of `pcngeo.objectives.TERMS`.
    points
        With two: limits on the second that are tried, evenly between its value in the best plan by
        the first and its least; 0: every plan that no other beats is found, however many.
    time_limit
        Seconds for each plan.
    max_memory
        Megabytes that lists of groups may take; see `pcngeo.optimise.solve`.
    progress
        Told how many plans are found, and how many searches are meant (0: not known).
    searching
        Told of the search for each as `pcngeo.optimise.solve` tells of one: phase, best, bound
        and gap.
    begun
        What `keep` was told by a search that was broken off: it is gone on with.
    keep
        Told every plan as soon as it is found, with the name of the search for it.

    Returns
    -------
    Trade

    Raises
    ------
    RulesError
        When objectives are not known or not two or three, or the best plan is not proven.
    """
    rules, names = check_rules(rules), tuple(objectives)
    stages = read_stages(list(names))
    if len(names) not in (2, 3):
        raise RulesError(f"a trade is between two or three objectives, not {len(names)}.")
    run = _Run(
        graph, rules, seed, partial(Clock, time_limit, max_memory), searching, begun or {}, keep
    )
    if len(names) == 3:
        return _mixes(run, names, progress)
    if progress is not None:
        progress(0, points)
    first, least = run.end(stages), run.end((stages[1], stages[0]))
    walk = _Walk(run, first, stages)
    search = walk.search
    lowest = walk.values(positions(search.problem, least))[1]
    stopped = ""
    try:
        for limit in walk.limits(lowest, points):
            if progress is not None:
                progress(len(walk.plans), points)
            if not walk.step(limit):
                break
    except (OutOfTimeError, WorkLimitError):
        stopped = "The search ended at a limit; plans that were not reached are missing."
    return Trade(
        tuple(walk.plans), names, tuple(walk.worth), every=not points and not stopped,
        stopped=stopped,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Run:
    """What was asked for, and the plans that were made before the search was broken off."""

    graph: nx.Graph[str]
    rules: Rules
    seed: int
    clock: Callable[[], Clock]
    searching: Tell | None
    begun: Mapping[str, Plan]
    keep: Callable[[str, Plan], None] | None

    def plan(self, search: str, make: Callable[[], Plan | None]) -> Plan | None:
        """Take the plan that was made, or make it; ``None``: there is none."""
        if search in self.begun:
            return self.begun[search]
        plan = make()
        if plan is not None and self.keep is not None:
            self.keep(search, plan)
        return plan

    def proven(
        self, search: str, objective: tuple[Stage, ...] | dict[str, float], *, needed: bool = False
    ) -> Plan | None:
        """Make the best plan by an objective, unless it cannot be proven."""

        def make() -> Plan | None:
            rules, limits = replace(self.rules, objective=objective), self.clock()
            plan = make_plan(
                self.graph, rules, self.seed, limits.limit, self.searching,
                max_memory=limits.memory, stop_with_plan=False,
            )  # fmt: skip
            if needed and plan.status is not Status.OPTIMAL:
                raise RulesError(no_start(NOTHING, plan))
            return plan if plan.status is Status.OPTIMAL else None

        return self.plan(search, make)

    def end(self, stages: tuple[Stage, ...]) -> Plan:
        """Make the best plan by the first of the objectives, of those by the next, and so on."""
        called = ", ".join(" + ".join(name for name, _ in stage) for stage in stages)
        plan = self.proven(f"end {called}", stages, needed=True)
        assert plan is not None
        return plan

    def ground(self, plan: Plan, stages: tuple[Stage, ...]) -> Search:
        """Make again what a plan by these objectives stands on, within the user's limits."""
        rules = replace(self.rules, objective=stages)
        try:
            return last_ground(self.graph, rules, plan, self.seed, self.clock())[0]
        except (OutOfTimeError, WorkLimitError):
            raise RulesError(
                f"{NOTHING}: there was too little time or memory to go on from the best plan."
            ) from None


class _Walk:
    """The plans from the best by the first objective to the best by the second."""

    def __init__(self, run: _Run, first: Plan, stages: tuple[Stage, ...]) -> None:
        self.run, self.first, self.stages = run, first, stages
        self.search = run.ground(first, stages)
        self.before = len(first.objectives) - 2  # what soft ends of the window put first
        start = positions(self.search.problem, first)
        self.plans, self.worth = [first], [self.values(start)]

    def value(self, objective: Stage | Own) -> Value:
        """Give what values groups by one objective."""
        return Value(self.search.site, self.search.problem.labels, self.search.rules, objective)

    def values(self, plan: Pool) -> tuple[float, ...]:
        """Value of a plan in both objectives."""
        return tuple(self.value(o).worth(plan) for o in self.stages)

    def limits(self, lowest: float, points: int) -> Iterator[float]:
        """Limits on the second objective, each below what is reached."""
        highest = self.worth[0][1]
        whole = len(self.stages[1]) == 1 and TERMS[self.stages[1][0][0]].whole
        step = 0.5 if whole else max(STEP * (highest - lowest), LEAST_STEP * abs(highest))
        if highest - lowest <= max(step, 1e-6 * abs(highest)):
            return
        k = 1
        while self.worth[-1][1] > lowest + step:
            limit = self.worth[-1][1] - step
            if points > 1:
                limit = min(limit, max(lowest, highest - k * (highest - lowest) / (points - 1)))
                k += 1
                if k > points + 1:
                    return
            yield max(limit, lowest + min(step, 1e-6 * abs(lowest)))

    def step(self, limit: float) -> bool:
        """Find the best plan under a limit on the second; tell whether there is one."""
        plan = self.run.plan(f"{len(self.plans)} {limit!r}", partial(self._under, limit))
        if plan is None:
            return False
        self.plans.append(plan)
        self.worth.append(self.values(positions(self.search.problem, plan)))
        return True

    def _under(self, limit: float) -> Plan | None:
        run = self.run
        found = least_under(
            self.search, self.first, self.before, (self.stages[0], self.stages[1]), limit,
            run.clock(), telling(run.searching),
        )  # fmt: skip
        if found is None or found.plan is None:
            return None
        plan = as_plan(
            run.graph, run.rules, self.search.problem, found, None, run.seed, Clock(None)
        )
        worth = self.values(positions(self.search.problem, plan))
        names = [" + ".join(n for n, _ in stage) for stage in self.stages]
        said = (
            f"Proven: no plan is better in {names[0]} or {names[1]} and as good in the other "
            f"({worth[0]:,.0f} and {worth[1]:,.0f})."
        )
        return plan.replace(
            objective=worth[1], objective_name=self.first.objective_name,
            objectives=self.first.objectives,
            held=(*self.first.held[: self.before], worth[0]),
            explanation=(said, *plan.explanation), seconds=0.0,
        )  # fmt: skip


def _mixes(run: _Run, names: tuple[str, ...], progress: Callable[[int, int], None] | None) -> Trade:
    """Plans that are best under a mix of three objectives, weighed by their ranges."""
    mixes = [(a, b, 1 - a - b) for a in SHARES for b in SHARES if a + b < 0.95]
    if progress is not None:
        progress(0, len(mixes))
    ends = []
    for k in range(3):
        order = (names[k], *(n for n in names if n != names[k]))
        ends.append(run.end(read_stages(list(order))))
    walk = _Walk(run, ends[0], read_stages(list(names)))
    search = walk.search
    worth = {p.assignment.to_json(): (p, walk.values(positions(search.problem, p))) for p in ends}
    spans = [_span([value[k] for _, value in worth.values()]) for k in range(3)]
    points = [point_of(name, walk.search.site) for name in names]
    for done, mix in enumerate(mixes):
        if progress is not None:
            progress(done, len(mixes))
        weights = {n: w * p / s for n, w, p, s in zip(names, mix, points, spans, strict=True)}
        plan = run.proven(f"mix {mix}", weights)
        if plan is not None:
            found = walk.values(positions(search.problem, plan))
            worth.setdefault(plan.assignment.to_json(), (plan, found))
    best = [
        row
        for row in worth.values()
        if not any(_beats(other, row[1]) for _, other in worth.values())
    ]
    best.sort(key=lambda row: row[1])
    plans, values = zip(*best, strict=True)
    return Trade(tuple(plans), names, tuple(values), supported=True)


def _span(values: list[float]) -> float:
    """By how much an objective differs, to weigh it by; where it does not, its size."""
    span = max(values) - min(values)
    return span if span > 1e-9 * max(values) else max(1.0, *values)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    near = [1e-6 * max(1.0, abs(b)) for b in other]
    never_worse = all(a <= b + d for a, b, d in zip(one, other, near, strict=True))
    return never_worse and any(a < b - d for a, b, d in zip(one, other, near, strict=True))
