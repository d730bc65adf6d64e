"""A first plan of practices by exchange between networks that touch (annealing).

Where networks are nearly full, hardly any group of practices fits beside the others, and taking
groups one after the other leaves many practices out. Here everybody is in some network from the
beginning, and practices change network one by one or two for two: at first until all networks are
inside the window, and on the way to where they cost least. The kernel is that of many small blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.block_exchange import LAST, annealed
from pcngeo.optimise.block_model import Labels
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import exchange_blocks, list_groups
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = ["exchanged_plans", "exchanges"]

#: Times that practices are exchanged from the start; times more while somebody is left out, from
#: the start and from where least is outside the window.
TURNS, FRESH, ONWARD = 4, 8, 30
#: Times that a plan for everybody is warmed up again, each a third of the work of a turn: the best
#: of the turns was 0.2 to 2.3 % dearer in four areas with room for 2 to 8 % of their patients.
AGAIN = 20
#: Seeds of one call.
MOST = TURNS + FRESH + ONWARD + AGAIN
#: What a patient outside the window costs while networks are brought into it, in mean costs of a
#: patient, and the heat at first, in mean costs of a practice. Where that did not do, the heat in
#: patients outside: networks then pass practices on till all fit, whatever their ways cost.
OUTSIDE, HOT, WANDER = 300.0, 3.0, 2_000.0
#: Practices of the largest problem: every practice with every hub is a number in a table.
MOST_PRACTICES = 1_000
#: A hub out of reach costs as much as this many times the longest way within reach.
FAR = 2.0
#: Groups inside a network that is too large, and sets visited for them: work limits.
MOST_GROUPS, MOST_VISITS = 20_000, 200_000


def exchanges(problem: Problem) -> bool:
    """Tell whether exchange knows all that is asked of the networks of a problem."""
    land = problem.land
    simple = problem.value is None and problem.listed is None and not problem.marks
    free = not (len(land.apart) or land.bundle_size.size or land.fixed_hub.any())
    return simple and free and land.max_members >= problem.n <= MOST_PRACTICES


def exchanged_plans(
    problem: Problem,
    placeable: NDArray[np.bool_],
    plan: Pool,
    count: int,
    least: int,
    seed: int,
    clock: Clock,
) -> list[Pool]:
    """Make plans with a number of networks by exchange, nearest to placing everybody first.

    Parameters
    ----------
    problem
        What is divided; see `exchanges`.
    placeable
        Whether any group at all can hold the practice.
    plan
        Networks to start from, of any number; practices may be left out.
    count
        Number of networks.
    least
        Patients that are left out of every plan.
    seed
        Seed of what is tried.
    clock
        Time limit.

    Returns
    -------
    list of Pool
        Connected networks, at most as many as asked for: those that stayed too small are left out,
        and of those that stayed too large, what does not fit. Empty where no start was found.
    """
    start = _Start(problem, placeable, plan)
    if not start.brought_to(count):
        return []
    inside = np.flatnonzero(start.home >= 0)
    part = _Part(problem if len(inside) == problem.n else problem.part(inside))
    first = np.unique(start.home[inside], return_inverse=True)[1].astype(np.int64)

    def of(home: Labels) -> _Made:
        plan = part.networks(home, inside)
        out = problem.patients - int(problem.weights[plan.members].sum())
        return _Made((out, float(plan.costs.sum())), part.outside(home), plan, home)

    seeds = iter(range(MOST * seed, MOST * (seed + 1)))
    made: list[_Made] = []

    def found(home: Labels) -> None:
        new = of(home)
        if len(made) < TURNS or new.worth < made[0].worth:  # others only make the stock longer
            made.append(new)
            made.sort(key=lambda known: known.worth)

    for _ in range(TURNS):
        if made and clock.left <= 0:
            break
        found(part.exchanged(first, next(seeds), False, clock))
    nearest = min(made, key=lambda known: known.outside)
    for turn in range(FRESH + ONWARD):
        if made[0].worth[0] <= least or clock.left <= 0:
            break
        home = first if turn < FRESH else nearest.home
        home = part.exchanged(home, next(seeds), True, clock)
        nearest = min(nearest, of(home), key=lambda known: known.outside)
        found(home)
    made += [nearest] if nearest not in made else []
    for _ in range(AGAIN if made[0].worth[0] <= least else 0):
        if clock.left <= 0:
            break
        found(part.warmed(made[0].home, next(seeds), clock))
    return [known.plan for known in sorted(made, key=lambda known: (known.outside, known.worth))]


@dataclass(frozen=True, eq=False)
class _Made:
    """A plan made by exchange.

    Patients left out and cost, patients by which networks with everybody are outside the window,
    the networks inside it, and where everybody is.
    """

    worth: tuple[int, float]
    outside: int
    plan: Pool
    home: Labels


@dataclass(eq=False)
class _Part:
    """What the kernel of exchange reads of a problem."""

    problem: Problem

    @cached_property
    def ways(self) -> NDArray[np.float64]:
        """Cost of serving a practice (row) from a hub (column); infinite out of its reach."""
        land, n = self.problem.land, self.problem.n
        ways = np.full((n, n), np.inf)
        ways[land.reach, np.repeat(np.arange(n), np.diff(land.reach_starts))] = land.reach_cost
        return ways

    @cached_property
    def cost(self) -> NDArray[np.float64]:
        """The same with something dear for infinite, so that there is a way back into reach."""
        weights, known = np.maximum(1.0, self.problem.weights), np.isfinite(self.ways)
        longest = float((self.ways / weights[:, None])[known].max(initial=1.0))
        return np.where(known, self.ways, FAR * longest * weights[:, None])

    def outside(self, home: Labels) -> int:
        """Say by how many patients networks are outside the window."""
        land, total = self.problem.land, np.bincount(home, self.problem.weights)
        return int(np.maximum(np.maximum(land.floor - total, total - land.ceiling), 0).sum())

    def run(
        self,
        home: Labels,
        heat: tuple[float, float],
        tries: int,
        seed: int,
        price: float = np.inf,
    ) -> tuple[Labels, float, int]:
        land = self.problem.land
        return exchange_blocks(
            home, land.weights, (land.floor, land.ceiling), land.starts, land.neighbours,
            self.cost, heat, tries, seed, price,
        )  # fmt: skip

    def exchanged(self, home: Labels, seed: int, hard: bool, clock: Clock) -> Labels:
        """Exchange from a start.

        At first networks go outside for a price, so that they do not get stuck there; then those
        that are inside stay there.
        """
        n = self.problem.n
        home, cost, _ = self.run(home, (0.0, 0.0), LAST * n, seed)
        fee = OUTSIDE * cost / max(1, self.problem.patients)

        def loosely(home: Labels, heat: tuple[float, float], tries: int, seed: int) -> Labels:
            return self.run(home, heat, tries, seed, fee)[0]

        home = annealed(loosely, home, WANDER * fee if hard else HOT * cost / n, seed, clock)
        if hard:
            home, _, outside = self.run(home, (0.0, 0.0), LAST * n, seed)
            if outside:  # another turn is worth more than what its ways cost
                return home
        return self.cooled(home, cost, seed, clock)

    def warmed(self, home: Labels, seed: int, clock: Clock) -> Labels:
        """Exchange from a plan as it is, those that are inside the window staying there."""
        return self.cooled(home, self.run(home, (0.0, 0.0), 0, seed)[1], seed, clock)

    def cooled(self, home: Labels, cost: float, seed: int, clock: Clock) -> Labels:
        """Exchange from the heat of a mean practice to where nothing saves any more."""
        home = annealed(self.firmly, home, cost / self.problem.n, seed, clock)
        return self.firmly(home, (0.0, 0.0), LAST * self.problem.n, seed)

    def firmly(self, home: Labels, heat: tuple[float, float], tries: int, seed: int) -> Labels:
        return self.run(home, heat, tries, seed)[0]

    def networks(self, home: Labels, inside: NDArray[np.int64]) -> Pool:
        """Give the networks in the window as groups of the whole problem, with hubs and costs.

        Those whose every hub has a member out of reach are no networks: nothing values them.
        """
        groups, costs, hubs = [], [], []
        for number in range(int(home.max()) + 1):
            members = self.fitting(np.flatnonzero(home == number))
            sums = self.ways[np.ix_(members, members)].sum(axis=0)
            if len(members) and np.isfinite(sums.min()):
                groups.append(inside[members].tolist())
                costs.append(float(sums.min()))
                hubs.append(int(inside[members[int(np.argmin(sums))]]))
        return Pool.of(groups, costs, hubs)

    def fitting(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a network, or of one that is too large, the group that places most patients."""
        land = self.problem.land
        total = int(land.weights[members].sum())
        if land.floor <= total <= land.ceiling:
            return members
        if total < land.floor:
            return members[:0]
        own = self.problem.part(members)
        found = [list_groups(own.land, i, True, MOST_GROUPS, MOST_VISITS) for i in range(own.n)]
        pool = Pool.joined([Pool(*arrays[:4]) for arrays in found])
        if not len(pool):
            return members[:0]
        best = np.lexsort((pool.costs, -pool.totals(own.weights)))[0]
        return members[list(pool.group(int(best)))]


class _Start:
    """Networks to start from: everybody in one, as many as asked for, all connected."""

    def __init__(self, problem: Problem, placeable: NDArray[np.bool_], plan: Pool) -> None:
        self.problem, self.placeable = problem, placeable
        self.home = np.full(problem.n, -1, np.int64)
        self.home[plan.members] = plan.owners
        self._fill()

    def _fill(self) -> None:
        """Put everybody into a network beside, or where there is none, into a new one."""
        waiting = [i for i in range(self.problem.n) if self.home[i] < 0 and self.placeable[i]]
        while waiting:
            beside = {i: self._smallest_beside(i) for i in waiting}
            found = [i for i in waiting if beside[i] >= 0]
            if found:
                self.home[found[0]] = beside[found[0]]
            else:
                self.home[waiting[0]] = self.home.max() + 1
            waiting = [i for i in waiting if self.home[i] < 0]

    def _smallest_beside(self, i: int) -> int:
        near = {int(self.home[j]) for j in self.problem.neighbours(i) if self.home[j] >= 0}
        return min(near, key=lambda k: (self._total(k), k), default=-1)

    def _total(self, number: int) -> int:
        return int(self.problem.weights[self.home == number].sum())

    def brought_to(self, count: int) -> bool:
        """Cut one practice off the largest, or join the smallest to one beside, till all is right.

        Those that have too few patients then grow in the exchange. Tell whether that was found.
        """
        while True:
            numbers = [int(k) for k in np.unique(self.home) if k >= 0]
            if len(numbers) == count:
                return bool(numbers)
            by_size = sorted(numbers, key=lambda k: (self._total(k), k))
            if len(numbers) < count:
                order, step = self._roomiest(by_size[::-1], low=False), self._cut_off
            else:
                order, step = self._roomiest(by_size, low=True), self._joined
            if not any(step(k) for k in order):
                return False

    def _roomiest(self, numbers: list[int], *, low: bool) -> list[int]:
        """Put those last whose part of the graph has as few or many networks as it can have.

        No exchange takes a network from one part to another.
        """
        land, parts = self.problem.land, self.problem.components
        of = {k: int(parts[self.home == k][0]) for k in numbers}
        full = []
        for part in np.unique(list(of.values())):
            total = int(self.problem.weights[(parts == part) & self.placeable].sum())
            most, least = total // land.floor, -(-total // land.ceiling)
            held = sum(of[k] == part for k in numbers)
            if held <= least if low else held >= most:
                full.append(part)
        return sorted(numbers, key=lambda k: of[k] in full)

    def _cut_off(self, number: int) -> bool:
        """Make the practice of a network that is met last, link by link, a network of its own."""
        members = np.flatnonzero(self.home == number)
        if len(members) < 2:
            return False
        met, seen = [int(members[0])], {int(members[0])}
        for i in met:
            for j in self.problem.neighbours(i):
                if self.home[j] == number and j not in seen:
                    seen.add(j)
                    met.append(j)
        self.home[met[-1]] = self.home.max() + 1
        return True

    def _joined(self, number: int) -> bool:
        """Join a network to the smallest one beside it."""
        members = np.flatnonzero(self.home == number)
        near = {int(self.home[j]) for i in members for j in self.problem.neighbours(int(i))}
        near -= {number, -1}
        if not near:
            return False
        self.home[members] = min(near, key=lambda k: (self._total(k), k))
        return True
