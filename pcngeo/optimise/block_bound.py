"""How good a division of many blocks can be at best: a price for every block (Lagrange).

With a price paid for every block that is served, each centre takes what is worth most within the
window, in fractions; the best centres, as many as there are networks, and the prices together are
less than any plan costs. The prices are moved to where that is most. Blocks that no connected
network can hold together with a centre are not offered to it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import find_reach, serve_blocks

__all__ = ["Offers", "Prices", "first_prices", "raised"]

#: Steps of the prices: a work limit. Steps without a better bound after which they get shorter.
STEPS, STALL = 1_500, 30
#: Share of the last direction that is kept; by how much the steps get shorter, and when they end.
KEPT, SHORTER, SHORTEST = 0.7, 0.7, 1e-3
#: Weight of the newest step in the mean of the centres chosen.
NEWEST = 0.01
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Offers:
    """What each centre is offered: the blocks a connected network can hold with it, nearest first.

    Parameters
    ----------
    starts, blocks, ways
        Blocks by centre, and the cost of serving them per load.
    load, window, count
        See `block_start.first_division`.
    """

    starts: NDArray[np.int64]
    blocks: NDArray[np.int32]
    ways: Floats
    load: Floats
    window: tuple[float, float]
    count: int

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
        starts = np.zeros(len(load) + 1, np.int64)
        np.cumsum([len(row) for row in near], out=starts[1:])
        flat = np.array([j for row in near for j in row], np.int32)
        reach_starts, blocks, _ = find_reach(starts, flat, load, window[1])
        centre = np.repeat(np.arange(len(load)), np.diff(reach_starts))
        other = blocks != centre
        blocks, centre = blocks[other], centre[other]
        ways = cost[blocks, centre] / load[blocks]
        order = np.lexsort((blocks, ways, centre))
        np.cumsum(np.bincount(centre, minlength=len(load)), out=starts[1:])
        ends = (float(window[0]), float(window[1]))
        return cls(starts, blocks[order].astype(np.int32), ways[order], load.astype(float),
                   ends, count)  # fmt: skip

    def value(self, prices: Floats) -> tuple[float, Floats, NDArray[np.int64], Floats, Floats]:
        """See `groups.serve_blocks`."""
        return serve_blocks(
            self.starts, self.blocks, self.ways, self.load, prices, self.window, self.count
        )


@functools.cache
def compile_kernel() -> None:
    """Have the kernel compiled before a time limit counts."""
    load = np.array([1, 1], np.int64)
    Offers.of(load, ((1,), (0,)), np.ones((2, 2)), (1, 2), 1).value(np.ones(2))


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
    """

    bound: float
    prices: Floats
    chosen: Floats

    def worthwhile(self, offers: Offers, best: float) -> NDArray[np.bool_]:
        """Tell which pairs of block (row) and centre (column) a plan that costs less can hold.

        Whatever else is chosen, opening a centre and serving a block from it costs the bound and
        what both fall short of being chosen by themselves; pairs where that is more than `best`
        stand in no better plan. The best plan's own pairs are always among the others.
        """
        _, _, _, values, margin = offers.value(self.prices)
        n = len(values)
        room = best - self.bound + 1e-7 * best
        opening = np.maximum(0.0, values - np.sort(values)[offers.count - 1])
        centre = np.repeat(np.arange(n), np.diff(offers.starts))
        load = offers.load[offers.blocks]
        over = load * (offers.ways - margin[centre]) - self.prices[offers.blocks]
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
        value, served, chosen, _, _ = offers.value(now)
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
