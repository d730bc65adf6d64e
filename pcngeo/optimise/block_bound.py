"""How good a division of many blocks can be at best: a price for every block (Lagrange).

With a price paid for every block that is served, each centre takes what is worth most within the
window, in fractions; the best centres, as many as there are networks, and the prices together are
less than any plan costs. The prices are moved to where that is most. Blocks that no connected
network can hold together with a centre are not offered to it. At last, what a centre serves must be
linked to it (`block_cuts`).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.block_cuts import Cuts
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import find_loose, find_reach, serve_blocks

__all__ = ["Offers", "Pace", "Prices", "first_prices", "linked", "raised"]

#: Steps of the prices: a work limit. Steps without a better bound after which they get shorter.
STEPS, STALL = 1_500, 30
#: Share of the last direction that is kept; by how much the steps get shorter, and when they end.
KEPT, SHORTER, SHORTEST = 0.7, 0.7, 1e-3
#: Weight of the newest step in the mean of the centres chosen.
NEWEST = 0.01


@dataclass(frozen=True)
class Pace:
    """How prices move under cuts: first step, share of the last direction kept, stall, steps."""

    pace: float
    kept: float
    stall: int
    steps: int


#: Under cuts, from prices that have settled without.
FINE = Pace(0.1, 0.9, 40, 3_000)
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Served = tuple[float, Floats, Longs, Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class Offers:
    """What each centre is offered: the blocks a connected network can hold with it, nearest first.

    Parameters
    ----------
    starts, blocks, ways
        Blocks by centre, and the cost of serving them per load.
    load, window
        See `block_start.first_division`.
    zone, counts
        Zone of every centre, and the number of networks with their centre in each.
    ends, near
        Neighbours of every block.
    """

    starts: NDArray[np.int64]
    blocks: NDArray[np.int32]
    ways: Floats
    load: Floats
    window: tuple[float, float]
    zone: Longs
    counts: Longs
    ends: Longs
    near: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        load: NDArray[np.int64],
        near: Sequence[Sequence[int]],
        cost: Floats,
        window: tuple[int, int],
        count: int,
    ) -> Offers:
        """Find them; `cost` is that of serving a block (row) from a centre (column)."""
        starts, begins = np.zeros(len(load) + 1, np.int64), np.zeros(len(load) + 1, np.int64)
        np.cumsum([len(row) for row in near], out=begins[1:])
        flat = np.array([j for row in near for j in row], np.int32)
        reach_starts, blocks, _ = find_reach(begins, flat, load, window[1])
        centre = np.repeat(np.arange(len(load)), np.diff(reach_starts))
        other = blocks != centre
        blocks, centre = blocks[other], centre[other]
        ways = cost[blocks, centre] / load[blocks]
        order = np.lexsort((blocks, ways, centre))
        np.cumsum(np.bincount(centre, minlength=len(load)), out=starts[1:])
        ends = (float(window[0]), float(window[1]))
        zone, counts = np.zeros(len(load), np.int64), np.array([count], np.int64)
        return cls(starts, blocks[order].astype(np.int32), ways[order], load.astype(float),
                   ends, zone, counts, begins, flat)  # fmt: skip

    @property
    def count(self) -> int:
        """Number of networks."""
        return int(self.counts.sum())

    @functools.cached_property
    def centre(self) -> NDArray[np.int32]:
        """Centre of every offer."""
        return np.repeat(np.arange(len(self.load), dtype=np.int32), np.diff(self.starts))

    # Millions of offers are valued thousands of times: new arrays each time would cost the system
    # as much time as the sums themselves.

    @functools.cached_property
    def _loads(self) -> Floats:
        return np.asarray(self.load[self.blocks])

    @functools.cached_property
    def _extra(self) -> Floats:
        return np.zeros(len(self.blocks))

    @functools.cached_property
    def _shares(self) -> Floats:
        return np.zeros(len(self.blocks))

    def value(self, prices: Floats, paid: Floats | None = None) -> Served:
        """See `groups.serve_blocks`; `paid`: what each offer costs beside its way.

        The last array, how much of each offer is taken, is only good until the next call.
        """
        extra, off = self._extra, np.zeros(len(self.load))
        if paid is None:
            extra[:] = 0.0
        else:
            np.divide(paid, self._loads, out=extra)
            some = np.flatnonzero(np.diff(self.starts))
            if len(some):
                off[some] = np.maximum(0.0, -np.minimum.reduceat(extra, self.starts[some]))
        served = serve_blocks(
            self.starts, self.blocks, self.ways, extra, off, self.load, prices, self.window,
            self.zone, self.counts, self._shares,
        )  # fmt: skip
        return (*served, self._shares)

    def loose(self, shares: Floats, chosen: NDArray[np.int64]) -> tuple[Longs, Longs, Longs]:
        """See `groups.find_loose`."""
        return find_loose(self.starts, self.blocks, shares, chosen, self.ends, self.near)

    def kept(self, there: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which offers are there, and their centre too."""
        centre = self.centre
        return np.asarray(there[self.blocks, centre] & there[centre, centre])

    def only(self, there: NDArray[np.bool_]) -> Offers:
        """Keep offers that are there; a centre that is not is offered nothing."""
        centre, kept = self.centre, self.kept(there)
        starts = np.zeros_like(self.starts)
        np.cumsum(np.bincount(centre[kept], minlength=len(self.load)), out=starts[1:])
        return replace(self, starts=starts, blocks=self.blocks[kept], ways=self.ways[kept])


@functools.cache
def compile_kernel() -> None:
    """Have the kernel compiled before a time limit counts."""
    load = np.array([1, 1], np.int64)
    offers = Offers.of(load, ((1,), (0,)), np.ones((2, 2)), (1, 2), 1)
    _, _, chosen, *_, shares = offers.value(np.ones(2))
    offers.loose(shares, chosen)


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices of the blocks, and what they prove.

    Parameters
    ----------
    bound
        No division into connected networks inside the window costs less.
    prices
        By block.
    chosen
        How often each block was a centre, the latest steps most.
    paid
        What every offer pays for cuts.
    """

    bound: float
    prices: Floats
    chosen: Floats
    paid: Floats | None = None

    def worthwhile(self, offers: Offers, best: float) -> NDArray[np.bool_]:
        """Tell which pairs of block (row) and centre (column) a plan that costs less can hold.

        Whatever else is chosen, opening a centre and serving a block from it costs the bound and
        what both fall short of being chosen by themselves; pairs where that is more than `best`
        stand in no better plan. The best plan's own pairs are always among the others.
        """
        value, _, chosen, values, margin, _ = offers.value(self.prices, self.paid)
        n = len(values)
        # The bound may be that of a case with more offers: what these prices prove here counts.
        room = best - min(self.bound, value) + 1e-7 * best
        last = np.full(len(offers.counts), -np.inf)
        np.maximum.at(last, offers.zone[chosen], values[chosen])
        opening = np.maximum(0.0, values - last[offers.zone])
        centre = offers.centre
        load = offers.load[offers.blocks]
        over = load * (offers.ways - margin[centre]) - self.prices[offers.blocks]
        over += 0.0 if self.paid is None else self.paid
        there = np.zeros((n, n), bool)
        good = opening[centre] + np.maximum(0.0, over) <= room
        there[offers.blocks[good], centre[good]] = True
        np.fill_diagonal(there, opening <= room)
        return there


def first_prices(offers: Offers, about: float) -> Prices:
    """Share what a plan costs, about, among all blocks by their load."""
    load = offers.load
    chosen = load * (offers.count / load.sum())
    return Prices(0.0, load * (about / load.sum()), chosen)


def raised(offers: Offers, prices: Prices, best: float, clock: Clock) -> Prices:
    """Move prices to where they prove more.

    Parameters
    ----------
    offers
        What is served.
    prices
        Where to begin.
    best
        Cost of the best division that is known, or about that: the steps are measured by it.
    clock
        Time limit.

    Returns
    -------
    Prices
        The best that were seen.
    """
    bound, kept, mean = 0.0, prices.prices, prices.chosen.copy()
    now, pace, stall, lacking = kept, 1.0, 0, np.zeros(len(kept))
    for _ in range(STEPS):
        value, served, chosen, *_ = offers.value(now)
        if not np.isfinite(value):  # too few blocks can be centres: there is no plan at all
            break
        mean *= 1 - NEWEST
        mean[chosen] += NEWEST
        stall += 1
        if value > bound + 1e-6 * best:
            stall = 0
        if value > bound:
            bound, kept = value, now
        if stall >= STALL:
            pace, stall, now, lacking = SHORTER * pace, 0, kept, np.zeros(len(kept))
            continue
        lacking = 1.0 - served + KEPT * lacking
        norm = float(lacking @ lacking)
        if norm < 1e-9 or pace < SHORTEST or clock.left <= 0:
            break
        now = now + pace * (1.002 * max(best, bound) - value) / norm * lacking
    # a hundred-millionth of all prices: more than the sums can be wrong by
    safe = bound - 1e-8 * float(np.abs(kept).sum())
    return Prices(max(0.0, safe), kept, mean)


def linked(offers: Offers, prices: Prices, best: float, clock: Clock, way: Pace = FINE) -> Prices:
    """Move prices on under cuts: what is served from a centre must be linked to it.

    Parameters
    ----------
    offers
        What is served; prices of further cuts begin at 0.
    prices, best, clock
        See `raised`.
    way
        How prices move.

    Returns
    -------
    Prices
        The best that were seen; they hold for these offers.
    """
    bound, kept, size = 0.0, prices.prices, len(offers.blocks)
    now, pace, stall, lacking = kept, way.pace, 0, np.zeros(len(kept))
    mean, base = prices.chosen.copy(), np.zeros(size) if prices.paid is None else prices.paid
    cuts, weights, short, best_weights = Cuts(), np.empty(0), np.empty(0), np.empty(0)
    paid = np.empty(size)
    for _ in range(way.steps):
        np.copyto(paid, base)
        cuts.pay(weights, paid)
        value, served, chosen, _, _, shares = offers.value(now, paid)
        if not np.isfinite(value):
            break
        mean *= 1 - NEWEST
        mean[chosen] += NEWEST
        fresh = offers.loose(shares, chosen)
        if len(fresh[0]):
            cuts = cuts.with_more(*fresh)
            weights, short = _longer(weights, cuts), _longer(short, cuts)
        stall = 0 if value > bound + 1e-6 * best else stall + 1
        if value > bound:
            bound, kept, best_weights = value, now, weights
        if stall >= way.stall:
            pace, stall, now, lacking = SHORTER * pace, 0, kept, np.zeros(len(kept))
            weights, short = _longer(best_weights, cuts), np.zeros(len(cuts))
            continue
        lacking = 1.0 - served + way.kept * lacking
        short = cuts.broken(shares) + way.kept * short
        moving = (weights > 0) | (short > 0)
        norm = float(lacking @ lacking) + float(short[moving] @ short[moving])
        if (
            norm < 1e-9
            or pace < way.pace * SHORTEST
            or clock.left <= 0
            or bound > (1 + 1e-6) * best
        ):
            break
        length = pace * (1.002 * max(best, bound) - value) / norm
        now, weights = now + length * lacking, np.maximum(0.0, weights + length * short)
    sums = np.abs(kept).sum() + np.abs(base).sum() + best_weights.sum()
    safe = bound - 1e-8 * float(sums)
    if safe <= prices.bound:
        return replace(prices, chosen=mean)
    np.copyto(paid, base)
    cuts.pay(_longer(best_weights, cuts), paid)
    return Prices(safe, kept, mean, paid)


def _longer(values: Floats, cuts: Cuts) -> Floats:
    """Give cuts that are new a 0."""
    return np.concatenate([values, np.zeros(len(cuts) - len(values))])
