"""What a network costs: every objective is a sum over networks of a cost of its members.

Distance or travel to the hub is priced without listing the groups (`columns`). Anything else is
computed on the list of *all* groups in the window, which every area but the densest allows; where
the list is too long, groups are priced by a part of their cost that the kernels know and never
overrate, and the rest is added to every group that they find.

A term gets the members of many groups of one size at once, as positions in rows, and returns one
cost, 0 or more, for each. A new objective is one function here, one row of `FUNCTIONS`, and one of
`pcngeo.objectives.TERMS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import RulesError
from pcngeo.objectives import ROOM, Stage
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.continuing import best_continued, continued
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.site import Site
from pcngeo.rules import Rules

__all__ = ["FUNCTIONS", "Held", "Objective", "Own", "Value", "every_group", "most_of", "point_of"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int32]
#: A function of the ODS codes of a group that returns its cost, 0 or more.
Own = Callable[[tuple[str, ...]], float]
#: What `solve` takes: a name, a mix of names and weights, several in order, or a function.
Objective = str | Mapping[str, float] | list[str | Mapping[str, float]] | Own

#: Groups and visited sets after which listing gives up: work limits.
MOST_GROUPS, MOST_VISITS = 1_500_000, 400_000_000
#: Sets visited for every group that may be listed: a work limit.
VISITS_EACH = 100
#: Sets visited in the first share of a list under a time limit.
FIRST_VISITS = 1_000_000


def distance(site: Site, rows: Rows) -> Floats:
    """Cost of serving everybody from the hub, the member with the least sum."""
    return _from_hub(site, rows, _apart(site, rows))


def travel(site: Site, rows: Rows) -> Floats:
    """Cost of travel to the hub; infinite where the table lacks what it takes."""
    ways = site.pairs["travel"][rows[:, :, None], rows[:, None, :]]
    return _from_hub(site, rows, np.where(np.isnan(ways), np.inf, ways))


def _from_hub(site: Site, rows: Rows, ways: Floats) -> Floats:
    weights = site.weights[rows][:, :, None]
    sums = np.where(weights > 0, weights * ways, np.where(np.isinf(ways), np.inf, 0.0)).sum(axis=1)
    fixed = np.asarray(site.fixed[rows])
    barred = np.asarray(fixed.any(axis=1))[:, None] & ~fixed
    return np.asarray(np.where(barred, np.inf, sums).min(axis=1))


def centroid(site: Site, rows: Rows) -> Floats:
    """Cost of serving everybody from the patient-weighted middle of the members."""
    weights = np.maximum(site.weights[rows], 1e-9)
    total = weights.sum(axis=1, keepdims=True)
    x, y = site.x[rows], site.y[rows]
    dx = x - (weights * x).sum(axis=1, keepdims=True) / total
    dy = y - (weights * y).sum(axis=1, keepdims=True) / total
    return np.asarray((site.weights[rows] * np.hypot(dx, dy)).sum(axis=1))


def _cut(pairs: Floats, rows: Rows) -> Floats:
    """Half of what members have with practices outside: over all networks, each pair once."""
    inside = pairs[rows[:, :, None], rows[:, None, :]].sum(axis=(1, 2))
    return np.asarray(0.5 * np.maximum(0.0, pairs.sum(axis=1)[rows].sum(axis=1) - inside))


def borders(site: Site, rows: Rows) -> Floats:
    """Half the border that members share with practices outside: cut borders count once."""
    return _cut(site.pairs["borders"], rows)


def common(site: Site, rows: Rows) -> Floats:
    """Half the patients in common with practices outside."""
    return _cut(site.pairs["common"], rows)


def collaborations(site: Site, rows: Rows) -> Floats:
    """Half the patients of the smaller practice of every collaborating pair that is split."""
    return _cut(site.pairs["collaborations"], rows)


def size(site: Site, rows: Rows) -> Floats:
    """Patients away from the target list size, above or below."""
    return np.asarray(np.abs(site.weights[rows].sum(axis=1) - site.target))


def span(site: Site, rows: Rows) -> Floats:
    """Distance between the two members that are farthest apart."""
    return np.asarray(_apart(site, rows).max(axis=(1, 2)))


def authorities(site: Site, rows: Rows) -> Floats:
    """Local authorities beyond the first; practices without one count with any."""
    return np.maximum(0.0, _distinct(site.authority[rows]) - 1.0)


def changed(site: Site, rows: Rows) -> Floats:
    """Patients who are not with the largest part of the group that is together today (R22).

    The least of what a group can lose: which of today's networks it continues, `continuing` says.
    """
    today = site.today[rows]
    with_me = (today[:, :, None] == today[:, None, :]) & (today[:, :, None] >= 0)
    blocks = (with_me * site.weights[rows][:, None, :]).sum(axis=2)
    return np.asarray(site.weights[rows].sum(axis=1) - blocks.max(axis=1))


def outside(site: Site, rows: Rows) -> Floats:
    """Patients missing to the floor, or above the ceiling or the largest member."""
    weights = site.weights[rows]
    total = weights.sum(axis=1)
    most = np.maximum(site.high[rows].max(axis=1), weights.max(axis=1))
    least = site.low[rows].min(axis=1)
    return np.asarray(np.maximum(0.0, least - total) + np.maximum(0.0, total - most))


def headroom(site: Site, rows: Rows) -> Floats:
    """Patients that a network lacks, or has too many of, for lists to move by `ROOM`."""
    total = site.weights[rows].sum(axis=1)
    least = site.low[rows].min(axis=1) / (1 - ROOM)
    most = site.high[rows].max(axis=1) / (1 + ROOM)
    above = np.where(rows.shape[1] > 1, total - most, 0.0)
    return np.asarray(np.maximum(0.0, least - total) + np.maximum(0.0, above))


def _mixed(kind: str) -> Term:
    def term(site: Site, rows: Rows) -> Floats:
        people, known = site.people[kind], site.known[kind]
        share = people.sum() / max(1e-9, known.sum())
        return np.asarray(np.abs(people[rows].sum(axis=1) - share * known[rows].sum(axis=1)))

    return term


def _alike(kind: str) -> Term:
    def term(site: Site, rows: Rows) -> Floats:
        people, known = site.people[kind][rows], site.known[kind][rows]
        share = people.sum(axis=1) / np.maximum(1e-9, known.sum(axis=1))
        return np.asarray(np.abs(people - share[:, None] * known).sum(axis=1))

    return term


def _apart(site: Site, rows: Rows) -> Floats:
    dx = site.x[rows][:, :, None] - site.x[rows][:, None, :]
    dy = site.y[rows][:, :, None] - site.y[rows][:, None, :]
    return np.asarray(np.hypot(dx, dy))


def _distinct(values: NDArray[np.int64]) -> Floats:
    ordered = np.sort(values, axis=1)
    fresh = np.diff(ordered, axis=1, prepend=-1) != 0
    return np.asarray((fresh & (ordered >= 0)).sum(axis=1), float)


Term = Callable[[Site, Rows], Floats]
FUNCTIONS: dict[str, Term] = {
    "distance": distance,
    "centroid": centroid,
    "travel": travel,
    "borders": borders,
    "size": size,
    "span": span,
    "authorities": authorities,
    "changed": changed,
    "common": common,
    "collaborations": collaborations,
    "deprivation_mixed": _mixed("deprivation"),
    "deprivation_alike": _alike("deprivation"),
    "rurality_mixed": _mixed("rurality"),
    "rurality_alike": _alike("rurality"),
    "outside": outside,
    "headroom": headroom,
}


def point_of(name: str, site: Site) -> float:
    """Return what one point of an objective is, in its own unit; see `pcngeo.objectives.TERMS`."""
    if name in ("distance", "centroid"):
        return 1_000.0
    if name == "travel":
        return site.travel_point
    if name == "borders":
        whole = float(site.pairs["borders"].sum()) / 2
        return max(1e-9, whole) / max(1.0, float(site.weights.sum()))
    if name == "span":
        return 1_000.0 / site.target
    return 1.0 / site.target if name == "authorities" else 1.0


def most_of(name: str, site: Site, floor: int, ceiling: int) -> float:
    """More than any plan can have of an objective, in its own unit."""
    people = float(site.weights.sum())
    networks = people // max(1, floor) + 1
    widest = float(np.hypot(np.ptp(site.x), np.ptp(site.y))) if len(site.x) else 0.0
    if name in ("distance", "centroid"):
        return people * widest
    if name == "travel":
        return people * float(np.nan_to_num(site.pairs["travel"]).max(initial=0.0))
    if name in site.pairs:
        return float(site.pairs[name].sum())
    each = {"size": max(site.target, ceiling), "span": widest, "outside": ceiling,
            "headroom": ceiling}  # fmt: skip
    if name in each:
        return networks * float(each[name])
    return float(len(site.x)) if name == "authorities" else 2.0 * people


@dataclass(frozen=True, eq=False)
class Held:
    """An objective that counts more and is settled: networks spend it, and may not spend more.

    Parameters
    ----------
    objective
        What is held.
    limit
        What may be spent in all, in its unit; tolerance included.
    scale
        Spends and limit are divided by this inside the LP.
    """

    objective: Stage | Own
    limit: float
    scale: float


@dataclass(frozen=True, eq=False)
class Value:
    """Gives groups their cost, infinite where they are not allowed, and what they spend.

    Parameters
    ----------
    site
        What the terms look at.
    labels
        ODS codes by position.
    rules
        The demands that kernels do not keep: the exact window, local authorities, who may stand
        alone.
    objective
        A mix, or a function of one's own; ``None``: the cost that groups have already.
    held
        Objectives that count more.
    guide
        An objective that breaks ties, and its weight: so little that it never outweighs the least
        difference of the objective itself.
    clock
        Asked between two lots of groups whether there is time for the next.
    lacking
        Other objectives that the plan is judged by, which may have no value for a group: it is not
        allowed then.
    """

    site: Site
    labels: tuple[str, ...]
    rules: Rules
    objective: Stage | Own | None
    held: tuple[Held, ...] = ()
    guide: tuple[Stage, float] | None = None
    clock: Clock | None = None
    lacking: tuple[Stage, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether groups come once for each of today's networks that they could continue."""
        stages = (self.objective, *(held.objective for held in self.held))
        return any(_weight_of_change(stage) > 0 for stage in stages)

    def __call__(self, pool: Pool) -> Pool:
        """Give groups their cost and spends; without those not allowed where they are marked."""
        valued = self._valued(pool)
        if not self.marked:
            return valued
        valued = valued.take(np.flatnonzero(np.isfinite(valued.costs)))
        return self._changing(*continued(valued, self.site))

    def of_plan(self, plan: Pool) -> Pool:
        """Give the networks of one plan their cost and spends, and the marks that cost least."""
        valued = self._valued(plan)
        return self._changing(*best_continued(valued, self.site)) if self.marked else valued

    def worth(self, plan: Pool) -> float:
        """Objective of a plan, whether it is allowed or not."""
        assert self.objective is not None
        total = float(self.cost(plan, self.objective).sum())
        weight = _weight_of_change(self.objective)
        return total + weight * float(best_continued(plan, self.site)[2].sum()) if weight else total

    def _changing(self, pool: Pool, origin: NDArray[np.int64], lost: Floats) -> Pool:
        """Add what changes beside the least that their members can lose."""
        costs = pool.costs + _weight_of_change(self.objective) * lost
        spends = pool.spends.copy()
        for b, held in enumerate(self.held):
            spends[:, b] += _weight_of_change(held.objective) * lost / held.scale
        return replace(pool, costs=costs, spends=spends)

    def _valued(self, pool: Pool) -> Pool:
        costs = pool.costs if self.objective is None else self.cost(pool, self.objective)
        if self.guide is not None:
            costs = costs + self.guide[1] * self.cost(pool, self.guide[0])
        spends = [self.cost(pool, held.objective) / held.scale for held in self.held]
        table = np.array(spends).T if spends else np.empty((len(pool), 0))
        allowed = self.allowed(pool)
        for spent, held in zip(spends, self.held, strict=True):
            allowed = allowed & (spent <= held.limit / held.scale)  # no cost is below 0
        for objective in self.lacking:
            allowed = allowed & np.isfinite(self.cost(pool, objective))
        return replace(pool, costs=np.where(allowed, costs, np.inf), spends=table)

    def cost(self, pool: Pool, objective: Stage | Own) -> Floats:
        """Cost of every group under an objective."""
        if callable(objective):
            values = [float(objective(tuple(self.labels[i] for i in g))) for g in pool.groups()]
            costs = np.array(values, float)
            if len(costs) and not costs.min() >= 0:
                raise RulesError("an objective must give every group a cost of 0 or more.")
            return costs
        single = len(objective) == 1
        factor = {n: w / (1.0 if single else point_of(n, self.site)) for n, w in objective}
        costs = np.zeros(len(pool))
        sizes = pool.sizes
        for count in np.unique(sizes):
            here = np.flatnonzero(sizes == count)
            for part in np.array_split(here, 1 + len(here) * int(count) ** 2 // 4_000_000):
                if self.clock is not None:
                    self.clock.check()
                rows = pool.take(part).members.reshape(-1, int(count))
                for name, weight in factor.items():
                    costs[part] += weight * FUNCTIONS[name](self.site, rows)
        return costs

    def allowed(self, pool: Pool) -> NDArray[np.bool_]:
        """Tell of every group whether the demands allow it."""
        if not len(pool):
            return np.zeros(0, bool)
        site, rules, starts = self.site, self.rules, pool.offsets[:-1]
        weights = site.weights[pool.members]
        total = np.add.reduceat(weights, starts)
        low = np.minimum.reduceat(site.low[pool.members], starts)
        high = np.maximum.reduceat(site.high[pool.members], starts)
        if rules.soft_min_list:
            low = np.minimum(low, rules.soft_min_list)
        if rules.soft_max_list:
            high = np.maximum(high, rules.soft_max_list)
        good = (low <= total) & (total <= high)
        if rules.alone == "agreed":
            agreed = {w.practice for w in rules.single_practice if w.granted}
            may = np.array([p in agreed for p in self.labels], bool)
            good &= (pool.sizes > 1) | np.logical_and.reduceat(may[pool.members], starts)
        if rules.headroom:
            share = rules.headroom / 100
            good &= total * (1 - share) >= low - 1e-6
            good &= (total * (1 + share) <= high + 1e-6) | (pool.sizes == 1)
        if site.closing is not None:
            good &= site.closing.borne(pool, low, high)
        if rules.max_authorities:
            good &= self._few_authorities(pool)
        return np.asarray(good)

    def _few_authorities(self, pool: Pool) -> NDArray[np.bool_]:
        number = self.site.authority[pool.members]
        group = pool.owners[number >= 0]
        seen = np.unique(np.column_stack([group, number[number >= 0]]), axis=0)
        return np.bincount(seen[:, 0], minlength=len(pool)) <= self.rules.max_authorities


def _weight_of_change(objective: Stage | Own | None) -> float:
    """Weight of the patients who change company: a point is one patient."""
    if objective is None or callable(objective):
        return 0.0
    return dict(objective).get("changed", 0.0)


def every_group(problem: Problem, clock: Clock, most: int | None = None) -> Pool | None:
    """List all groups there are, or ``None`` when they are more than `most`."""
    most = min(MOST_GROUPS if most is None else most, MOST_GROUPS, clock.most_groups)
    visited_at_most = min(MOST_VISITS, VISITS_EACH * most)
    pools, found, visits = [], 0, 0
    for root in range(problem.n):
        room, left = most - found + 1, visited_at_most - visits + 1
        run = partial(_from_root, problem, root, room, left)
        pool, visited, complete = clock.paced(left, FIRST_VISITS, run)
        pools.append(pool)
        found, visits = found + len(pool), visits + visited
        if not complete:
            return None
    return Pool.joined(pools)


def _from_root(
    problem: Problem, root: int, most: int, left: int, share: int
) -> tuple[tuple[Pool, int, bool], bool]:
    """List the groups that begin at a practice, as far as a share of the visits goes."""
    offsets, members, costs, hubs, visited, complete = list_groups(
        problem.land, root, True, most, min(share, left)
    )
    whole = complete or len(costs) >= most
    return (Pool(offsets, members, costs, hubs), visited, complete), whole
