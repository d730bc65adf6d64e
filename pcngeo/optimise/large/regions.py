"""Making a plan of a large problem better, region by region, and knowing where to look.

A plan costs the bound plus the reduced costs of its networks plus what unused cuts are worth, so
the gap has an address. In a region (some neighbouring networks) whose share of it is g, only groups
of reduced cost below g can be in a better plan: they are listed once for the whole country, and
every region is a short search among them, proven. Practices that are left over are worth a search
of their own, over all groups of a region, listed or not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.columns import first_stock, groups_within
from pcngeo.optimise.duals import Cut
from pcngeo.optimise.exact import prove
from pcngeo.optimise.large.lp import Country
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.task import Outcome, Task

__all__ = ["Regions"]

#: Groups of the list for the whole country, for every practice; and its width, in mean networks.
LISTED = 60
#: Nodes of the search of one region, and groups in it: work limits.
NODES = 200
#: Share of a mean network's cost that a region must at least be able to save to be searched.
TRIFLE = 2e-3
GROUPS = 6_000
Group = tuple[int, ...]


@dataclass(frozen=True)
class Network:
    """A network of the plan: members, charged cost, hub, reduced cost."""

    members: Group
    cost: float
    hub: int
    reduced: float


@dataclass(eq=False)
class Regions:
    """A plan that is made better.

    Parameters
    ----------
    country
        The LP with cuts and its proof.
    seed
        Seed of first groups.
    networks
        Networks of the plan by number; numbers are never used again.
    home
        Number of the network of every practice, -1 for those in none.
    """

    country: Country
    seed: int
    clock: Clock
    networks: dict[int, Network] = field(default_factory=dict)
    home: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    solved: int = 0
    improved: int = 0
    _next: int = 0

    @classmethod
    def of(cls, country: Country, plan: Pool, seed: int, clock: Clock) -> Regions:
        """Start from the networks of a plan with charged costs."""
        made = cls(country, seed, clock, home=np.full(country.plain.n, -1, np.int64))
        made._put(plan)
        return made

    # What is known of the country

    @cached_property
    def _listed(self) -> tuple[Pool, NDArray[np.float64], float]:
        """Groups near the LP with their reduced costs, and up to which these are all there are."""
        country = self.country
        assert country.relaxation is not None
        prices, n = country.relaxation.prices, country.plain.n
        cuts = country.master.cuts.first(len(prices.cuts))
        room = 0.04 * abs(prices.value) / max(1, len(self.networks))
        while True:
            pool = groups_within(country.problem, cuts, prices, room, LISTED * n, self.clock)
            if pool is not None:
                return pool, country.reduced(pool), room
            room *= 0.6

    @cached_property
    def _holding(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For every practice, the listed groups of which it is the first member."""
        pool = self._listed[0]
        first = pool.members[pool.offsets[:-1]]
        order = np.argsort(first, kind="stable")
        return order, np.searchsorted(first[order], np.arange(self.country.plain.n + 1))

    @cached_property
    def _cuts(self) -> tuple[list[Cut], NDArray[np.float64], list[list[int]]]:
        """Cuts that have a price, the prices, and for every practice the cuts that it is in."""
        country = self.country
        assert country.relaxation is not None
        prices = country.relaxation.prices.cuts
        held = np.flatnonzero(prices > 0)
        cuts = [country.master.cuts.all[q] for q in held]
        of: list[list[int]] = [[] for _ in range(country.plain.n)]
        for q, cut in enumerate(cuts):
            for i in cut:
                of[i].append(q)
        return cuts, prices[held], of

    # The plan

    @property
    def plan(self) -> Pool:
        """Networks with charged costs, in the order of their first members."""
        found = sorted(self.networks.values(), key=lambda network: network.members)
        return Pool.of([n.members for n in found], [n.cost for n in found], [n.hub for n in found])

    @property
    def loose(self) -> list[int]:
        """Practices in no network that could be in one."""
        out = (self.home < 0) & (self.country.penalties > 0)
        return [int(i) for i in np.flatnonzero(out)]

    @property
    def cost(self) -> float:
        """Charged cost of the plan, leaving out included."""
        out = self.country.charged_penalties[self.home < 0].sum()
        return float(sum(network.cost for network in self.networks.values()) + out)

    def _put(self, pool: Pool) -> list[int]:
        reduced = self.country.reduced(pool)
        numbers = []
        for g, members in enumerate(pool.groups()):
            network = Network(members, float(pool.costs[g]), int(pool.hubs[g]), float(reduced[g]))
            self.networks[self._next] = network
            self.home[list(members)] = self._next
            numbers.append(self._next)
            self._next += 1
        return numbers

    def _drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.home[list(self.networks.pop(number).members)] = -1

    @property
    def trifle(self) -> float:
        """What a region must at least be able to save to be searched."""
        assert self.country.relaxation is not None
        return TRIFLE * abs(self.country.relaxation.bound) / max(1, len(self.networks))

    # Regions

    def grow(self, start: Iterable[int], size: int) -> NDArray[np.int64]:
        """Grow a region from some practices by whole networks, those with most links to it first.

        Returns
        -------
        ndarray
            Practices, sorted.
        """
        plain, inside = self.country.plain, set[int]()
        links: dict[int, int] = {}

        def take(members: Iterable[int]) -> None:
            waiting = [i for i in members if i not in inside]
            inside.update(waiting)
            while waiting:
                i = waiting.pop()
                for j in plain.neighbours(i):
                    if j in inside:
                        continue
                    if self.home[j] >= 0:
                        links[int(self.home[j])] = links.get(int(self.home[j]), 0) + 1
                    else:
                        inside.add(j)
                        waiting.append(j)

        for i in sorted(start):
            number = int(self.home[i])
            take(self.networks[number].members if number >= 0 else [i])
        while links and len(inside) < size:
            links = {k: v for k, v in links.items() if self.networks[k].members[0] not in inside}
            if not links:
                break
            best = max(links, key=lambda k: (links[k] / len(self.networks[k].members), -k))
            take(self.networks[best].members)
            links.pop(best, None)
        return np.array(sorted(inside), np.int64)

    def numbers(self, region: NDArray[np.int64]) -> list[int]:
        """Numbers of the networks of a region."""
        return sorted({int(k) for k in self.home[region] if k >= 0})

    def gap(self, region: NDArray[np.int64]) -> float:
        """Return what a better plan of the region could save at most."""
        country, (cuts, prices, of) = self.country, self._cuts
        assert country.relaxation is not None
        worth = country.relaxation.prices.practices
        loose = region[self.home[region] < 0]
        gap = float((country.charged_penalties - worth)[loose].sum())
        gap += sum(self.networks[k].reduced for k in self.numbers(region))
        inside = set(region.tolist())
        for q in sorted({q for i in region for q in of[i]}):
            here = [i for i in cuts[q] if i in inside]
            homes = [int(self.home[i]) for i in here if self.home[i] >= 0]
            if len(here) > 1 and len(set(homes)) == len(homes):
                gap += float(prices[q])
        return gap

    def better(
        self, region: NDArray[np.int64], counts: tuple[int, int] | None, room: float = 0.0
    ) -> tuple[Pool, float] | None:
        """Find a better plan of a region among the listed groups.

        Parameters
        ----------
        region
            Practices, whole networks and loose ones.
        counts
            Lowest and highest number of networks of the region, or ``None``.
        room
            How much worse it may be.

        Returns
        -------
        (Pool, float) or None
            Networks with charged costs, and by how much the region costs more then (below 0: less).
        """
        country = self.country
        now = self._now(region)
        gap = self.gap(region) + room
        if gap <= max(country.margin, self.trifle):
            return None
        pool = self._inside(region, gap)
        place = np.full(country.plain.n, -1, np.int64)
        place[region] = np.arange(len(region))
        local = replace(
            pool, members=place[pool.members].astype(np.int32),
            hubs=place[pool.hubs].astype(np.int32),
        )  # fmt: skip
        task = self._task(region, counts)
        self.solved += 1
        choice = task.choose(
            local, now + room + task.margin, self.clock, cuts=self._cuts_inside(region, place),
            most_nodes=NODES,
        )  # fmt: skip
        if choice.groups is None or choice.cost >= now + room - 2 * task.margin:
            return None
        return pool.take(np.array(sorted(choice.groups), np.int64)), choice.cost - now

    def better_free(self, region: NDArray[np.int64]) -> tuple[Pool, float] | None:
        """Find a better plan of a region with any number of networks; see `better`."""
        return self.better(region, None)

    def whole(self, region: NDArray[np.int64]) -> bool:
        """Tell whether the networks of a region still lie inside it."""
        inside = set(region.tolist())
        return all(inside.issuperset(self.networks[k].members) for k in self.numbers(region))

    def place(
        self, region: NDArray[np.int64], counts: tuple[int, int] | None = None
    ) -> tuple[Pool, float] | None:
        """Find the best plan of a region among all groups, listed or not; as `better`.

        With a number of networks, whatever it costs, but leaving nobody out who was not before.
        """
        now = self._now(region)
        task = self._task(region, counts)
        outcome = Outcome()
        stock = first_stock(task.problem, self.seed)
        mine = self._local(region)
        if counts is None:
            outcome.offer(mine, now)
        self.solved += 1
        with contextlib.suppress(WorkLimitError):
            prove(task, Pool.joined([mine, stock]).unique(), outcome, self.clock)
        found = outcome.plan
        if found is None or (counts is None and outcome.cost >= now - 2 * task.margin):
            return None
        if counts is not None and not (
            counts[0] <= len(found) <= counts[1] and len(found.members) >= len(mine.members)
        ):
            return None
        whole = replace(
            found, members=region[found.members].astype(np.int32),
            hubs=region[found.hubs].astype(np.int32),
        )  # fmt: skip
        return whole, outcome.cost - now

    def change(self, region: NDArray[np.int64], networks: Pool) -> list[int]:
        """Put other networks into a region; returns the numbers of those that are new."""
        self.improved += 1
        groups = set(networks.groups())
        old = self.numbers(region)
        same = {self.networks[k].members for k in old} & groups
        self._drop(k for k in old if self.networks[k].members not in same)
        fresh = [g for g, members in enumerate(networks.groups()) if members not in same]
        return self._put(networks.take(np.array(fresh, np.int64)))

    def _now(self, region: NDArray[np.int64]) -> float:
        loose = region[self.home[region] < 0]
        out = float(self.country.charged_penalties[loose].sum())
        return out + sum(self.networks[k].cost for k in self.numbers(region))

    def _task(self, region: NDArray[np.int64], counts: tuple[int, int] | None) -> Task:
        country = self.country
        part = country.problem.part(region)
        return Task(part, country.charged_penalties[region], counts, country.margin, part.farthest)

    def _local(self, region: NDArray[np.int64]) -> Pool:
        """Networks of the plan in a region, by places in the region."""
        place = {int(i): q for q, i in enumerate(region)}
        held = [self.networks[k] for k in self.numbers(region)]
        return Pool.of(
            [[place[i] for i in n.members] for n in held],
            [n.cost for n in held],
            [place[n.hub] for n in held],
        )

    def _inside(self, region: NDArray[np.int64], gap: float) -> Pool:
        """List groups inside a region that a better plan could use, and those of the plan."""
        pool, reduced, _ = self._listed
        order, starts = self._holding
        near = np.concatenate([order[starts[i] : starts[i + 1]] for i in region])
        near = near[reduced[near] < gap]
        inside = np.zeros(self.country.plain.n, bool)
        inside[region] = True
        near = near[pool.take(near).within(inside)]
        if len(near) > GROUPS:
            near = np.sort(near[np.argsort(reduced[near], kind="stable")[:GROUPS]])
        held = [self.networks[k] for k in self.numbers(region)]
        own = Pool.of([n.members for n in held], [n.cost for n in held], [n.hub for n in held])
        return Pool.joined([own, pool.take(near)]).unique()

    def _cuts_inside(self, region: NDArray[np.int64], place: NDArray[np.int64]) -> tuple[Cut, ...]:
        cuts, _, of = self._cuts
        near = sorted({q for i in region for q in of[i]})
        whole = [cuts[q] for q in near if all(place[i] >= 0 for i in cuts[q])]
        return tuple((int(place[i]), int(place[j]), int(place[k])) for i, j, k in whole)
