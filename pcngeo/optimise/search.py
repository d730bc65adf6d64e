"""First plans at once: what is returned if time runs out before anything better is known.

Taking groups greedily makes some number of networks. Where another one is asked for, a few
neighbouring networks at a time, with the practices beside them that are left out, are divided anew
into one network more or one fewer; what is so small is solved at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import SolverError
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.task import Task

if TYPE_CHECKING:
    from pcngeo.optimise.ground import Ground

__all__ = ["SMALL", "cheaper_plan", "cost_of", "counted_plan", "greedy_plan", "has_count"]

#: Orders that are tried for a plan with the number of networks that is asked for.
TRIES = 40
#: Networks that are divided anew together: a few at first, more where that does not do.
HOODS = (1, 2, 3, 4, 6, 9)
#: Groups and visited sets of one list, and nodes of one search: work limits.
LONGEST, MOST_VISITS, MOST_NODES = 3_000, 60_000, 6
#: The same where a plan is to become cheaper: lists of two dense networks and more; and around
#: those left out, where short lists placed nobody: up to nine networks, nearly full or empty.
LONGER, MORE_VISITS = 30_000, 1_000_000
#: Practices that are divided anew at most, and rounds of making room.
MOST_PRACTICES, ROUNDS = 60, 20
#: Rounds of making room for those left out that place no more before that is given up, and the
#: share by which more than in the best plan may be left out in between.
IDLE, IN_BETWEEN = 6, 0.5
#: Up to so many practices, no room is made: a proof takes no longer.
SMALL = 40
Longs = NDArray[np.int64]


def greedy_plan(task: Task, stock: Pool) -> tuple[Pool, float]:
    """Take groups from a stock, cheapest per patient first, as long as they do not overlap.

    Where that does not make the number of networks that is asked for, other orders are tried.

    Parameters
    ----------
    task
        What is asked for.
    stock
        Groups to take from.

    Returns
    -------
    (Pool, float)
        The networks and their penalised cost; practices may be left out, and where no order made
        the number of networks that is asked for, it is another.
    """
    patients = np.maximum(1, stock.totals(task.problem.weights))
    keys = stock.costs / patients
    first = _taken(task, stock, keys)
    chosen, random = first, np.random.default_rng(0)
    for _ in range(TRIES):
        if _allowed(task, len(chosen)):
            break
        chosen = _taken(task, stock, keys * (1.0 + random.exponential(size=len(stock))))
    plan = stock.take(chosen if _allowed(task, len(chosen)) else first)
    return plan, cost_of(task, plan)


def has_count(plan: Pool, task: Task) -> bool:
    """Tell whether a plan has a number of networks that is allowed."""
    return _allowed(task, len(plan))


def cost_of(task: Task, plan: Pool) -> float:
    """Penalised cost of a plan."""
    free = np.ones(task.problem.n, bool)
    free[plan.members] = False
    return float(plan.costs.sum() + task.penalties[free].sum())


def _allowed(task: Task, count: int) -> bool:
    return task.counts is None or task.counts[0] <= count <= task.counts[1]


def _taken(task: Task, stock: Pool, keys: NDArray[np.float64]) -> Longs:
    """Places of the groups that are taken in an order, up to the highest number."""
    free = np.ones(task.problem.n, bool)
    most = task.problem.n if task.counts is None else task.counts[1]
    chosen: list[int] = []
    for g in np.argsort(keys, kind="stable"):
        members = stock.members[stock.offsets[g] : stock.offsets[g + 1]]
        if len(chosen) < most and free[members].all():
            free[members] = False
            chosen.append(int(g))
    return np.array(chosen, np.int64)


def counted_plan(ground: Ground, task: Task, plan: Pool, clock: Clock) -> Pool:
    """Bring a plan to the number of networks that is asked for, as near as can be.

    Parameters
    ----------
    ground
        Gives the groups of a few practices their costs.
    task
        What is asked for; without budgets.
    plan
        A plan with any number of networks.
    clock
        When it ends, the plan so far is returned.

    Returns
    -------
    Pool
        The networks; practices may be left out, and where no way was found, their number is still
        another.
    """
    if task.counts is None or not len(plan):
        return plan
    low, high = task.counts
    redraw = _Redraw(ground, task, clock, plan)
    with contextlib.suppress(OutOfTimeError, SolverError):
        while len(redraw.plan) < low and redraw.one_more():
            pass
        while len(redraw.plan) > high:
            redraw.one_fewer()
        if has_count(redraw.plan, task):
            redraw.place()
            if redraw.fill():
                redraw.cheapen()
    return redraw.plan


def cheaper_plan(ground: Ground, task: Task, plan: Pool, clock: Clock) -> Pool:
    """Divide two or three neighbouring networks anew as long as that makes a plan cheaper.

    Where the groups of an area are too many for a list, and kernels do not know what they cost,
    the groups of a few networks can still be listed and valued.

    Parameters
    ----------
    ground, task, clock
        As of `counted_plan`.
    plan
        A plan with an allowed number of networks.

    Returns
    -------
    Pool
        As many networks, which place as many patients and keep the budgets.
    """
    redraw = _Redraw(ground, task, clock, plan, (LONGER, MORE_VISITS))
    with contextlib.suppress(OutOfTimeError, SolverError):
        redraw.cheapen()
    return redraw.plan


class _Redraw:
    """A plan of which a few neighbouring networks at a time are divided anew."""

    def __init__(
        self,
        ground: Ground,
        task: Task,
        clock: Clock,
        plan: Pool,
        lists: tuple[int, int] = (LONGEST, MOST_VISITS),
    ) -> None:
        self.ground, self.task, self.clock = ground, task, clock
        self.plan = plan
        self.longest, self.visits = lists
        self.practices = task.problem.n - task.problem.marks
        self.tried: set[tuple[int, bytes]] = set()
        self.random = np.random.default_rng(0)

    @property
    def home(self) -> Longs:
        """Place in the plan of every practice's network, -1 where it is in none."""
        home = np.full(self.task.problem.n, -1, np.int64)
        home[self.plan.members] = self.plan.owners
        return home

    def one_more(self) -> bool:
        """Divide some networks into one more; tell whether that was found."""
        rounds = ROUNDS if self.task.problem.n > SMALL else 0  # what is small is proven as soon
        for attempt in range(rounds + 1):
            sizes = HOODS if attempt % 10 == 0 else HOODS[1:4]
            for size in sizes:
                for networks, members in self.hoods(size):
                    if self.divide(networks, members, len(networks) + 1):
                        return True
            if attempt % 5 == 0 and rounds and self.around_left_out(1):
                return True
            if attempt < rounds:
                self.make_room()
        return False

    def around_left_out(self, more: int) -> bool:
        """Divide networks around those left out into so many more, looking at longer lists."""
        short = self.longest, self.visits
        self.longest, self.visits = LONGER, MORE_VISITS
        self.tried.clear()
        home = self.home
        try:
            return any(
                self.divide(networks, members, len(networks) + more)
                for size in HOODS[2:]
                for networks, members in self.hoods(size)
                if np.any(home[members[members < self.practices]] < 0)
            )
        finally:
            self.longest, self.visits = short
            self.tried.clear()

    def one_fewer(self) -> None:
        """Divide some networks into one fewer, or give the one up that places fewest patients."""
        for size in HOODS[1:4]:
            for networks, members in self.hoods(size):
                if self.divide(networks, members, len(networks) - 1, everybody=True):
                    return
        totals = self.plan.totals(self.task.problem.weights)
        self.plan = self.plan.take(np.delete(np.arange(len(self.plan)), int(np.argmin(totals))))

    def place(self) -> None:
        """Divide the networks around those left out anew, as long as that places more patients."""
        for size in HOODS[:4]:
            better = True
            while better:
                better = False
                home = self.home
                for networks, members in self.hoods(size):
                    if np.any(home[members[members < self.practices]] < 0):
                        better = self.divide(networks, members, len(networks))
                        if better:
                            break

    def fill(self) -> bool:
        """Make room here and there, as long as every few rounds that places more patients.

        Where networks are nearly full, whoever is left out fits in only when several of them pass
        practices on; a plan in between may leave more out. Tell whether more are placed.
        """
        if self.task.problem.n <= SMALL:
            return False
        left_out = self.ground.left_out
        first = self.plan
        while left_out(self.plan) > self.ground.least_out and self.around_left_out(0):
            pass
        best = current = self.plan
        idle = 0
        try:
            while idle < IDLE and left_out(best) > self.ground.least_out:
                self.plan = current
                self.make_room()
                self.tried.clear()
                self.place()
                left, least = left_out(self.plan), left_out(best)
                idle = 0 if left < least else idle + 1
                if left < least:
                    best = self.plan
                if left <= max(left_out(current), (1 + IN_BETWEEN) * least):
                    current = self.plan
        finally:
            self.plan = min((best, self.plan), key=left_out)
        return left_out(self.plan) < left_out(first)

    def cheapen(self) -> None:
        """Divide networks anew into as many, as long as that costs less."""
        for size in HOODS[1:3]:
            while any(
                self.divide(networks, members, len(networks), cheaper=True)
                for networks, members in self.hoods(size)
            ):
                pass

    def make_room(self) -> None:
        """Have some networks hold as few patients as they can, to leave more beside them."""
        hoods = list(self.hoods(3))
        networks, members = hoods[int(self.random.integers(len(hoods)))]
        pool = self.listed(members, self.task.problem.land.ceiling)
        if not len(pool):
            return
        totals = pool.totals(self.task.problem.weights).astype(float)
        noise = 1.0 + 0.05 * self.random.random(len(pool))
        self.put(networks, members, replace(pool, costs=totals * noise), len(networks), pool, 0.0)

    def hoods(self, size: int) -> Iterator[tuple[Longs, Longs]]:
        """Yield sets of neighbouring networks, with their practices and those left out beside."""
        home = self.home
        seen: set[bytes] = set()
        for first in range(len(self.plan)):
            members, networks = self.around(first, size, home)
            key = np.sort(networks).tobytes()
            practices = np.searchsorted(members, self.practices)
            if key not in seen and practices <= MOST_PRACTICES:
                seen.add(key)
                yield networks, members

    def around(self, first: int, size: int, home: Longs) -> tuple[Longs, Longs]:
        """Practices and networks met first in going out from a network, link by link."""
        land = self.task.problem.land
        inside = np.zeros(len(home), bool)
        networks = [first]
        waiting = [int(i) for i in self.plan.group(first)]
        inside[waiting] = True
        while waiting:
            i = waiting.pop(0)
            for j in land.neighbours[land.starts[i] : land.starts[i + 1]]:
                here = home[j]
                if inside[j] or (here >= 0 and len(networks) >= size):
                    continue
                fresh = [int(j)] if here < 0 else list(self.plan.group(int(here)))
                if here >= 0:
                    networks.append(int(here))
                inside[fresh] = True
                waiting += fresh
        inside[self.practices :] |= home[self.practices :] < 0  # marks that no network has
        return np.flatnonzero(inside), np.array(networks, np.int64)

    def divide(
        self,
        networks: Longs,
        members: Longs,
        count: int,
        *,
        everybody: bool = False,
        cheaper: bool = False,
    ) -> bool:
        """Divide practices anew into a number of networks; tell whether the plan is better so."""
        key = (count, members.tobytes())
        weights, land = self.task.problem.weights, self.task.problem.land
        room = int(weights[members].sum()) - count * land.floor
        if room < 0 or count < 1 or key in self.tried:
            return False
        self.tried.add(key)
        now = self.plan.take(networks)
        before = int(weights[now.members].sum())
        least = before if everybody or cheaper else before + 1 if count == len(networks) else 0
        smallest = max(land.floor, least - (count - 1) * land.ceiling)
        pool = self.listed(members, min(land.ceiling, land.floor + room), smallest)
        if len(pool) < count:
            return False
        if cheaper:
            return self.put(networks, members, pool, count, pool, None, least, now.costs.sum())
        return self.put(networks, members, pool, count, pool, None, least)

    def put(
        self,
        networks: Longs,
        members: Longs,
        pool: Pool,
        count: int,
        priced: Pool,
        penalty: float | None,
        least: int = 0,
        below: float = np.inf,
    ) -> bool:
        """Replace networks by the best of a list, if these place so many patients at least.

        Those that place no more must cost less than `below`.
        """
        problem = self.task.problem
        place = np.full(problem.n, -1, np.int32)
        place[members] = np.arange(len(members), dtype=np.int32)
        own = replace(pool, members=place[pool.members], hubs=place[pool.hubs])
        penalties = self.task.penalties[members]
        if penalty is not None:
            penalties = np.full(len(members), penalty)
        rest = self.plan.take(np.setdiff1d(np.arange(len(self.plan)), networks))
        budgets = self.task.budgets
        if budgets:
            budgets = tuple(np.array(budgets) - rest.spends.sum(axis=0))
        task = replace(
            self.task, penalties=penalties, counts=(count, count), cutoff=None, budgets=budgets
        )
        choice = task.choose(own, task.worst, self.clock, most_nodes=MOST_NODES, root_rounds=3)
        if choice.groups is None:
            self.clock.check()
            return False
        found = priced.take(np.array(choice.groups, np.int64))
        placed = int(problem.weights[found.members].sum())
        if placed < least or (placed == least and found.costs.sum() >= below - self.task.margin):
            return False
        self.plan = Pool.joined([rest, found])
        return True

    def met(self, inside: NDArray[np.bool_], floor: int, ceiling: int) -> Pool:
        """Look up the groups of some practices that were met already."""
        stock = self.ground.stock
        pool = stock.take(stock.within(inside))
        totals = pool.totals(self.task.problem.weights)
        return pool.take(np.flatnonzero((totals >= floor) & (totals <= ceiling))).unique()

    def listed(self, members: Longs, ceiling: int, floor: int = 0) -> Pool:
        """List the groups of some practices of a size; only those met where they are many."""
        ground, problem = self.ground, self.task.problem
        floor = max(floor, problem.land.floor)
        inside = np.zeros(problem.n, bool)
        inside[members] = True
        self.clock.check()
        if ground.listed is not None:
            pool = ground.listed.take(ground.listed.within(inside))
            totals = pool.totals(problem.weights)
            fits = np.flatnonzero((totals >= floor) & (totals <= ceiling))
            return pool.take(fits[: self.longest])
        land = problem.land
        kept = inside[land.reach]
        sums = np.concatenate([[0], np.cumsum(kept)])
        land = land._replace(
            reach_starts=sums[land.reach_starts].astype(np.int64),
            reach=land.reach[kept],
            reach_cost=land.reach_cost[kept],
            floor=floor,
            ceiling=ceiling,
        )
        pools, found, visits = [], 0, 0
        for root in members[members < self.practices]:
            offsets, flat, costs, hubs, visited, complete = list_groups(
                land, int(root), True, self.longest - found + 1, self.visits - visits + 1
            )
            found, visits = found + len(costs), visits + visited
            if not complete:
                return self.met(inside, floor, ceiling)
            pools.append(Pool(offsets, flat, costs, hubs))
        pool = Pool.joined(pools)
        if problem.value is not None and len(pool):
            pool = problem.value(pool)
            pool = pool.take(pool.within(inside))
        return pool.take(np.flatnonzero(np.isfinite(pool.costs)))
