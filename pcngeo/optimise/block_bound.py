"""How good a division of many blocks can be at best: a price for every block (Lagrange).

With a price paid for every block that is served, each centre takes what is worth most within the
window, in fractions; the best centres, as many as there are networks, and the prices together are
less than any plan costs. The prices are moved to where that is most. Blocks that no connected
network can hold together with a centre are not offered to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import find_reach

__all__ = ["window_bound"]

#: Steps of the prices: a work limit.
STEPS = 400
Floats = NDArray[np.float64]


def window_bound(
    load: NDArray[np.int64],
    near: Sequence[Sequence[int]],
    cost: Floats,
    window: tuple[int, int],
    count: int,
    best: float,
    clock: Clock,
) -> float:
    """Prove how little any division can cost.

    Parameters
    ----------
    load, near, window
        As of `block_start.first_division`.
    cost
        Cost of serving a block (row) from a centre (column).
    count
        Number of networks.
    best
        Cost of the best division that is known: the steps are measured by it.
    clock
        Time limit.

    Returns
    -------
    float
        No division into `count` connected networks inside the window costs less.
    """
    offered = _offered(load, near, window[1])
    there = offered >= 0
    safe = np.where(there, offered, 0)
    own = np.arange(len(load))
    ways = np.where(there, cost[safe, own[:, None]], np.inf)
    weight = np.where(there, load[safe], 0).astype(float)
    prices = best / len(load) * np.ones(len(load)) * 1.2
    bound, kept, pace, stall = 0.0, prices, 1.0, 0
    for _ in range(STEPS):
        value, served = _priced(ways, weight, safe, load.astype(float), prices, window, count)
        if value > bound + 1e-7 * best:
            bound, kept, stall = value, prices.copy(), 0
        else:
            stall += 1
            if stall >= 12:
                pace, stall, prices = 0.6 * pace, 0, kept.copy()
        lacking = 1.0 - served
        norm = float(lacking @ lacking)
        if norm < 1e-9 or pace < 1e-3 or clock.left <= 0:
            break
        prices = prices + pace * (1.002 * best - value) / norm * lacking
    return min(best, max(0.0, bound * (1 - 1e-9)))


def _priced(
    ways: Floats,
    weight: Floats,
    offered: NDArray[np.int64],
    load: Floats,
    prices: Floats,
    window: tuple[int, int],
    count: int,
) -> tuple[float, Floats]:
    """Value of the prices, and how much of every block is served."""
    n = len(load)
    gain = ways - prices[offered]
    own = -prices  # a centre serves itself at no cost
    with np.errstate(invalid="ignore", divide="ignore"):
        order = np.argsort(np.where(weight > 0, gain / weight, np.inf), axis=1, kind="stable")
    gain = np.take_along_axis(gain, order, axis=1)
    heavy = np.take_along_axis(weight, order, axis=1)
    wanted = np.where(gain < 0, heavy, 0.0).sum(axis=1) + load
    goal = np.clip(wanted, window[0], window[1])
    before = load[:, None] + np.cumsum(heavy, axis=1) - heavy
    part = np.clip((goal[:, None] - before) / np.maximum(heavy, 1e-9), 0.0, 1.0)
    part[heavy <= 0] = 0.0
    short = load + heavy.sum(axis=1) < window[0]
    values = own + np.where(part > 0, part * np.where(part > 0, gain, 0.0), 0.0).sum(axis=1)
    values[short] = np.inf
    centres = np.argsort(values, kind="stable")[:count]
    served = np.zeros(n)
    served[centres] += 1.0
    who = np.take_along_axis(offered, order, axis=1)[centres]
    np.add.at(served, who.ravel(), part[centres].ravel())
    return float(prices.sum() + values[centres].sum()), served


def _offered(
    load: NDArray[np.int64], near: Sequence[Sequence[int]], ceiling: int
) -> NDArray[np.int64]:
    """For every centre the other blocks that a connected network can hold with it; -1 fills up."""
    starts = np.zeros(len(load) + 1, np.int64)
    np.cumsum([len(row) for row in near], out=starts[1:])
    flat = np.array([j for row in near for j in row], np.int32)
    reach_starts, reach, _ = find_reach(starts, flat, load, ceiling)
    parts = np.split(reach, reach_starts[1:-1])
    rows = [np.sort(row[row != centre]) for centre, row in enumerate(parts)]
    table = np.full((len(load), max(map(len, rows), default=0)), -1, np.int64)
    for k, row in enumerate(rows):
        table[k, : len(row)] = row
    return table
