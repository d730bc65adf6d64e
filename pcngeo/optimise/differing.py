"""Several good plans that truly differ: each proven best among those that differ enough.

Two plans differ by the share of patients who are *in other company*: those in networks of the one
plan that the other does not have with exactly the same practices. For each plan found, one row
limits the patients in networks that the next ones may have in common with it; the search over the
groups of all near-best plans (`near`) then gives the best plan that keeps every row, or proves
that none within the percentage does. It is a sequence: the second plan is the best that differs
from the first, the third the best that differs from both. A set of plans chosen all at once could
hold more of them; nothing is said of that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import RulesError
from pcngeo.optimise.clock import Clock, MemoryLimitError, OutOfTimeError, WorkLimitError
from pcngeo.optimise.near import STEPS, Beyond, Found, Near, Tell
from pcngeo.optimise.planning import as_plan, make_plan, no_start
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.settle import Answer
from pcngeo.optimise.stages import positions
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules
from pcngeo.words import per_cent

__all__ = ["Alternatives", "Step", "alternatives"]

#: Called with the number of plans found and the number asked for.
Told = Callable[[int, int], None]
#: Nodes of the search for one alternative: a work limit.
MOST_NODES = 1_200


@dataclass(frozen=True)
class Step:
    """An alternative that was found, as plain values that can be kept in a file.

    Parameters
    ----------
    networks, hubs, costs
        Practices, hub and cost of every network.
    bound
        Proven: no plan that differs as much from the ones before costs less.
    """

    networks: tuple[tuple[str, ...], ...]
    hubs: tuple[str, ...]
    costs: tuple[float, ...]
    bound: float


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Plans that differ, the best first.

    Parameters
    ----------
    plans
        The best plan, then the best that differs from it, and so on.
    asked, differ, within
        What was asked for: number of plans, least share of patients in other company, and greatest
        share of the objective by which a plan may be worse than the best.
    exhausted
        Proven: no further plan within the share differs that much from all of these.
    stopped
        Why the search ended before that, in words, or nothing.
    bounds
        Proven for each plan: none costs less that differs that much from the ones before it.
    inside
        Whether only plans were looked for, and proven of, that leave the same practices out.
    """

    plans: tuple[Plan, ...]
    asked: int
    differ: float
    within: float
    exhausted: bool = False
    stopped: str = ""
    bounds: tuple[float, ...] = ()
    inside: bool = False

    def cheaper_excluded(self, k: int) -> bool:
        """Whether it is proven that no cheaper plan differs as much as plan `k` (from 0)."""
        objective = self.plans[k].objective or 0.0
        return k >= len(self.bounds) or self.bounds[k] >= objective * (1 - 1e-6)

    def over_best(self, k: int) -> float:
        """By which share of the best objective plan `k` (from 0) is worse."""
        best, here = self.plans[0].objective, self.plans[k].objective
        return (here or 0.0) / best - 1.0 if best else 0.0

    @property
    def sentence(self) -> str:
        """What is proven, in words that can be read aloud."""
        if self.inside:
            return f"{self._found()} Plans that leave other practices out were not looked for."
        return self._found()

    def _found(self) -> str:
        made, far = len(self.plans), f"{per_cent(self.within)} of the best"
        apart = f"at least {per_cent(self.differ)} of the patients in other company"
        head = f"{made} {'plan' if made == 1 else 'plans'} within {far}, each with {apart}"
        if made == 1 and self.asked == 1:
            return "One plan was asked for: no other was looked for."
        if made == 1:
            head = f"Only the best plan: no other was found within {far} with {apart}"
        if self.exhausted:
            return (
                f"{head}; proven: no further one within {far} differs that much from all of them."
            )
        if self.stopped:
            return f"{head}. {self.stopped}"
        if not all(map(self.cheaper_excluded, range(made))):
            return f"{head}. {self._unproven()}"
        return f"{head}; each is proven best of those that differ that much from the ones before."

    def _unproven(self) -> str:
        """Say of which plans a cheaper one is not excluded, and by how much."""
        told = []
        for k in range(len(self.plans)):
            if not self.cheaper_excluded(k):
                share = 1.0 - self.bounds[k] / (self.plans[k].objective or 1.0)
                told.append(f"plan {k + 1} (by at most {100 * share:.2f} %)")
        return (
            f"A cheaper one that differs as much is not excluded for {', '.join(told)}; for the "
            "others it is (proven)."
        )


def alternatives(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    n: int = 5,
    *,
    differ: float = 0.5,
    within: float = 0.05,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Told | None = None,
    searching: Tell | None = None,
    begun: Sequence[Step] = (),
    keep: Callable[[Step], None] | None = None,
) -> Alternatives:
    """Find up to `n` good plans that truly differ.

    Parameters
    ----------
    graph, rules, seed
        As of `pcngeo.optimise.solve`. The number of networks is that of the best plan, unless the
        rules leave it free or give a range.
    n
        Number of plans, the best included.
    differ
        Least share of patients in other company than in each earlier plan, 0 to 1; patients of
        practices that stand alone or that no network can hold do not count.
    within
        Greatest share of the objective by which a plan may be worse than the best.
    time_limit
        Seconds for each plan.
    max_memory
        Megabytes that lists of groups may take; see `pcngeo.optimise.solve`.
    progress
        Called before each plan.
    searching
        Called as each search goes on; see `pcngeo.optimise.Progress`.
    begun
        What `keep` was told by a search that was broken off: it is gone on with.
    keep
        Told every plan as soon as it is found.

    Returns
    -------
    Alternatives

    Raises
    ------
    DataError
        When the graph breaks its contract.
    RulesError
        When `differ` or `within` cannot be, or when the best plan is not proven.
    """
    rules = check_rules(rules)
    if not (0 < differ <= 1 and 0 <= within <= 1 and n >= 1):
        raise RulesError(
            "alternatives need n of 1 or more, differ above 0 and at most 1, and within from 0 to "
            f"1, not {n}, {differ:g} and {within:g}."
        )
    if progress is not None:
        progress(0, n)
    base = make_plan(
        graph, rules, seed, time_limit, searching, max_memory=max_memory, stop_with_plan=False
    )
    proven = () if base.bound is None else (base.bound,)
    if n == 1:
        return Alternatives((base,), n, differ, within, bounds=proven)
    clock = Clock(time_limit, max_memory)
    try:
        near, inside = _near(graph, rules, base, seed, clock)
    except (OutOfTimeError, WorkLimitError) as limit:
        return Alternatives((base,), n, differ, within, stopped=_ended(limit, clock), bounds=proven)
    if near is None:
        raise RulesError(_cannot(base))
    search = _Sequence(graph, rules, near, base, differ, within, seed)
    for step in begun[: n - 1]:
        search.take(_again(near, step))
    while len(search.plans) < n and not (search.exhausted or search.stopped):
        if progress is not None:
            progress(len(search.plans), n)
        found = search.next(Clock(time_limit, max_memory), searching)
        if found is not None and keep is not None:
            keep(_kept(near, found))
    return Alternatives(
        tuple(search.plans), n, differ, within, search.exhausted, search.stopped,
        tuple(search.bounds), inside,
    )  # fmt: skip


class _Sequence:
    """The plans found so far, and whether and why there is no next one."""

    def __init__(
        self,
        graph: nx.Graph[str],
        rules: Rules,
        near: Near,
        base: Plan,
        differ: float,
        within: float,
        seed: int,
    ) -> None:
        self.graph, self.rules, self.near, self.seed = graph, rules, near, seed
        self.differ, self.within = differ, within
        self.plans, self.bounds = [base], [base.objective or 0.0]
        self.pools = [positions(near.problem, base)]
        self.exhausted, self.stopped = False, ""

    def take(self, found: Found) -> None:
        """Add a plan."""
        base, differ = self.plans[0], self.differ
        self.pools.append(found.plan)
        self.bounds.append(found.bound)
        self.plans.append(
            _as_plan(self.graph, self.rules, self.near, found, base, differ, self.seed)
        )

    def next(self, clock: Clock, searching: Tell | None) -> Found | None:
        """Find the next plan, or say why there is none."""
        try:
            found = _next(self.near, self.pools, self.differ, self.within, clock, searching)
        except (OutOfTimeError, WorkLimitError) as limit:
            self.stopped = _ended(limit, clock)
            return None
        if isinstance(found, Found):
            self.take(found)
            return found
        self.exhausted = found.share >= self.within
        if not self.exhausted:
            self.stopped = (
                f"Beyond {per_cent(found.share)} of the best, the near groups are too many to be "
                "listed."
            )
        return None


def _ended(limit: OutOfTimeError | WorkLimitError, clock: Clock) -> str:
    """Say at which limit a search ended."""
    at = "time limit" if isinstance(limit, OutOfTimeError) else "work limit"
    if isinstance(limit, MemoryLimitError):
        at = f"limit of memory ({clock.memory:g} MB)"
    return f"The search for a further one ended at its {at}, without a proof."


def _near(
    graph: nx.Graph[str], rules: Rules, base: Plan, seed: int, clock: Clock
) -> tuple[Near | None, bool]:
    """List what is near the best plan, if need be with the practices that it leaves out staying."""
    near = Near.of(graph, rules, base, seed, clock)
    if near is not None or not base.unplaced:
        return near, False
    return Near.of(graph, rules, base, seed, clock, staying=True), True


def _cannot(base: Plan) -> str:
    if base.status is not Status.OPTIMAL:
        return no_start("there are no alternatives", base)
    return (
        "alternatives cannot be listed where no network of several practices can be made under the "
        "rules, or for a function of your own."
    )


def _kept(near: Near, found: Found) -> Step:
    labels, plan = near.problem.labels, found.plan
    networks = tuple(tuple(labels[i] for i in group) for group in plan.groups())
    hubs = tuple(labels[h] for h in plan.hubs)
    return Step(networks, hubs, tuple(float(c) for c in plan.costs), found.bound)


def _again(near: Near, step: Step) -> Found:
    """Take an alternative that was kept."""
    place = {p: i for i, p in enumerate(near.problem.labels)}
    groups = [[place[p] for p in group] for group in step.networks]
    plan = Pool.of(groups, step.costs, [place[h] for h in step.hubs])
    return Found(plan, step.bound, step.bound >= float(plan.costs.sum()) * (1 - 1e-6))


def _next(
    near: Near,
    pools: Sequence[Pool],
    differ: float,
    within: float,
    clock: Clock,
    searching: Tell | None,
) -> Found | Beyond:
    """Find the best plan that differs from all, or how far it is proven that there is none."""
    last = float(pools[-1].costs.sum())
    before = max(0.0, last / near.cost - 1.0 - 1e-6) if near.cost else 0.0
    steps = (*(s for s in STEPS if before <= s < within), within)
    spends = partial(_in_common, near, [set(p.groups()) for p in pools])
    limits = (1.0 - differ + 1e-9,) * len(pools)
    return near.best(_any, clock, steps, spends, limits, most_nodes=MOST_NODES, tell=searching)


def _any(pool: Pool) -> NDArray[np.bool_]:
    return np.ones(len(pool), bool)


def _in_common(
    near: Near, plans: Sequence[set[tuple[int, ...]]], pool: Pool
) -> NDArray[np.float64]:
    """Share of all patients in every group, in the column of each plan that has that network."""
    weights = near.problem.weights
    totals, sizes, first = pool.totals(weights), pool.sizes, pool.members[pool.offsets[:-1]]
    share = totals / max(1, int(weights[near.ground.placeable].sum()))
    table = np.zeros((len(pool), len(plans)))
    for k, plan in enumerate(plans):
        for group in plan:
            alike = (totals == weights[list(group)].sum()) & (sizes == len(group))
            places = np.flatnonzero(alike & (first == group[0]))
            same = [g for g in places.tolist() if pool.group(g) == group]
            table[same, k] = share[same]
    return table


def _as_plan(
    graph: nx.Graph[str],
    rules: Rules,
    near: Near,
    found: Found,
    base: Plan,
    differ: float,
    seed: int,
) -> Plan:
    cost = float(found.plan.costs.sum())
    out = base.unplaced_patients
    answer = Answer(found.plan, out, out, cost, base.objective)
    plan = as_plan(graph, rules, near.problem, answer, None, seed, Clock(None)).replace(
        objective_name=base.objective_name, objectives=base.objectives, held=base.held
    )
    over = f"{100 * (cost / near.cost - 1.0):.2f} % worse than" if near.cost else "as good as"
    stay = "; the same practices are in no network" if base.unplaced else ""
    known = "proven best" if found.proven else "the best found, without a proof,"
    said = (
        f"An alternative, {over} the best plan by the objective; {known} of the plans with at "
        f"least {per_cent(differ)} of the patients in other company than in the best plan and in "
        f"each alternative before this one{stay}."
    )
    return plan.replace(explanation=(said, *plan.explanation), seconds=0.0)
