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
import pandas as pd
from numpy.typing import NDArray

from pcngeo.errors import RulesError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.near import STEPS, Near
from pcngeo.optimise.planning import as_plan, make_plan
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.settle import Answer
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules

__all__ = ["Alternatives", "alternatives", "other_company", "together_table"]

#: Called with the number of plans found and the number asked for.
Found = Callable[[int, int], None]


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
    """

    plans: tuple[Plan, ...]
    asked: int
    differ: float
    within: float
    exhausted: bool = False
    stopped: str = ""

    def over_best(self, k: int) -> float:
        """By which share of the best objective plan `k` (from 0) is worse."""
        best, here = self.plans[0].objective, self.plans[k].objective
        return (here or 0.0) / best - 1.0 if best else 0.0

    @property
    def sentence(self) -> str:
        """What is proven, in words that can be read aloud."""
        made, far = len(self.plans), f"{self.within:.0%} of the best"
        apart = f"at least {self.differ:.0%} of the patients in other company"
        head = f"{made} {'plan' if made == 1 else 'plans'} within {far}, each with {apart}"
        if made == 1:
            head = f"Only the best plan: no other was found within {far} with {apart}"
        if self.exhausted:
            return (
                f"{head}; proven: no further one within {far} differs that much from all of them."
            )
        if self.stopped:
            return f"{head}. {self.stopped}"
        return f"{head}; each is proven best of those that differ that much from the ones before."


def alternatives(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    n: int = 5,
    *,
    differ: float = 0.5,
    within: float = 0.05,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Found | None = None,
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
    progress
        Called before each plan.

    Returns
    -------
    Alternatives

    Raises
    ------
    DataError
        When the graph breaks its contract.
    RulesError
        When `differ` or `within` cannot be, when the rules ask for more than least distance under
        demands, or when the best plan leaves practices out that a network could hold.
    """
    rules = check_rules(rules)
    if not (0 < differ <= 1 and 0 <= within <= 1 and n >= 1):
        raise RulesError(
            "alternatives need n of 1 or more, differ above 0 and at most 1, and within from 0 to "
            f"1, not {n}, {differ:g} and {within:g}."
        )
    if progress is not None:
        progress(0, n)
    base = make_plan(graph, rules, seed, time_limit, None, stop_with_plan=False)
    near = Near.of(graph, rules, base, seed, Clock(time_limit)) if n > 1 else None
    if near is None:
        if n > 1:
            raise RulesError(_cannot(base))
        return Alternatives((base,), n, differ, within)
    plans, pools = [base], [_pool_of(near, base)]
    exhausted, stopped = False, ""
    while len(plans) < n and not (exhausted or stopped):
        if progress is not None:
            progress(len(plans), n)
        try:
            found = _next(near, pools, differ, within, Clock(time_limit))
        except OutOfTimeError:
            stopped = "The search for a further one ended at its time limit, without a proof."
        except WorkLimitError:
            stopped = "The search for a further one ended at its work limit, without a proof."
        else:
            if isinstance(found, Pool):
                pools.append(found)
                plans.append(_as_plan(graph, rules, near, found, base, differ, seed))
            elif found >= within:
                exhausted = True
            else:
                stopped = (
                    f"Beyond {found:.1%} of the best, the near groups are too many to be listed."
                )
    return Alternatives(tuple(plans), n, differ, within, exhausted, stopped)


def other_company(one: Plan, other: Plan, size: dict[str, int], ceiling: int) -> float:
    """Share of patients who are in networks of `one` that `other` does not have.

    Parameters
    ----------
    one, other
        Two plans of the same practices.
    size
        List size by practice.
    ceiling
        Practices above it stand alone in every plan, and do not count.

    Returns
    -------
    float
        0 to 1.
    """
    theirs = set(other.groups().values())
    groups = [g for g in one.groups().values() if len(g) > 1 or size[g[0]] <= ceiling]
    people = [sum(size[p] for p in g) for g in groups]
    changed = sum(n for g, n in zip(groups, people, strict=True) if g not in theirs)
    return changed / max(1, sum(people))


def together_table(plans: Sequence[Plan]) -> pd.DataFrame:
    """Count in how many plans two practices share a network.

    Parameters
    ----------
    plans
        Plans of the same practices.

    Returns
    -------
    DataFrame
        Columns `practice_a`, `practice_b`, `together_in`, `plans` and `words` ("in 4 of 5"), one
        row for every two practices that are together in at least one plan, most often first.
    """
    counts: dict[tuple[str, str], int] = {}
    for plan in plans:
        for members in plan.groups().values():
            for i, a in enumerate(members):
                for b in members[i + 1 :]:
                    counts[a, b] = counts.get((a, b), 0) + 1
    rows = [
        (a, b, k, len(plans), f"in {k} of {len(plans)}")
        for (a, b), k in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    ]
    columns = ["practice_a", "practice_b", "together_in", "plans", "words"]
    return pd.DataFrame(rows, columns=columns)


def _cannot(base: Plan) -> str:
    if base.status is not Status.OPTIMAL:
        return "alternatives need a best plan that is proven; give more time, or other rules."
    if base.unplaced_patients:
        return (
            "alternatives are sought where everybody is placed who can be; the best plan leaves "
            f"{base.unplaced_patients:,} patients out. See why_not.csv of pcngeo plan first."
        )
    return (
        "alternatives are sought for the objective distance with a hard window only: take other "
        "objectives, soft ends and balance out of the rules."
    )


def _pool_of(near: Near, plan: Plan) -> Pool:
    place = {p: i for i, p in enumerate(near.problem.labels)}
    groups = [[place[p] for p in g] for g in plan.groups().values() if g[0] in place]
    hubs = [place[plan.hubs[name]] for name, g in plan.groups().items() if g[0] in place]
    return Pool.of(groups, [0.0] * len(groups), hubs)


def _next(
    near: Near, pools: Sequence[Pool], differ: float, within: float, clock: Clock
) -> Pool | float:
    """Find the best plan that differs from all, or how far it is proven that there is none."""
    before = max(0.0, float(pools[-1].costs.sum()) / near.cost - 1.0 - 1e-6)
    steps = (*(s for s in STEPS if before <= s < within), within)
    spends = partial(_in_common, near, [set(p.groups()) for p in pools])
    limits = (1.0 - differ + 1e-9,) * len(pools)
    return near.best(lambda pool: np.ones(len(pool), bool), clock, steps, spends, limits)


def _in_common(
    near: Near, plans: Sequence[set[tuple[int, ...]]], pool: Pool
) -> NDArray[np.float64]:
    """Share of all patients in every group, in the column of each plan that has that network."""
    weights = near.problem.weights
    share = pool.totals(weights) / max(1, int(weights[near.ground.placeable].sum()))
    table = np.zeros((len(pool), len(plans)))
    for g, group in enumerate(pool.groups()):
        for k, plan in enumerate(plans):
            if group in plan:
                table[g, k] = share[g]
    return table


def _as_plan(
    graph: nx.Graph[str],
    rules: Rules,
    near: Near,
    found: Pool,
    base: Plan,
    differ: float,
    seed: int,
) -> Plan:
    cost, out = float(found.costs.sum()), near.ground.left_out(found)
    answer = Answer(found, out, out, cost, base.objective)
    plan = as_plan(graph, rules, near.problem, answer, None, seed, Clock(None))
    over = cost / near.cost - 1.0
    said = (
        f"An alternative, {over:.2%} worse than the best plan by the objective; proven best of the "
        f"plans with at least {differ:.0%} of the patients in other company than in the best plan "
        "and in each alternative before this one."
    )
    return plan.replace(explanation=(said, *plan.explanation), seconds=0.0)
