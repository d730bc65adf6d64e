"""A plan of many blocks from its centres: spread them, serve the blocks, recentre, serve again."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.block_model import Blocks, Labels, served_from
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.moves import connected

__all__ = ["plan_from", "settled", "spread"]

#: Rounds of serving and recentring.
ROUNDS = 20
#: Rounds in which parts that are not linked to their centre are cut off.
CUTS = 40


def spread(problem: Blocks, mass: NDArray[np.float64], count: int) -> Labels:
    """Pick centres where there is most mass, each taking away one unit of what is nearest to it.

    Parameters
    ----------
    problem
        What is divided.
    mass
        How much of a centre every block is, `count` in all.
    count
        Number of centres.

    Returns
    -------
    ndarray
        The centres, sorted.
    """
    left, free = mass.astype(float), np.ones(len(mass), bool)
    for _ in range(count):
        centre = int(np.argmax(np.where(free, left, -1.0)))
        free[centre] = False
        order = np.argsort(problem.cost[centre], kind="stable")
        before = np.cumsum(left[order]) - left[order]
        left[order] -= np.clip(1.0 - before, 0.0, left[order])
    return np.flatnonzero(~free)


def settled(problem: Blocks, centres: Labels, clock: Clock) -> tuple[Labels, float]:
    """Serve and recentre in turn until that saves nothing; contiguity is left out of account.

    Returns
    -------
    (array, float)
        The centres, and about what a plan from them costs; infinite where none serves all blocks.
    """
    best, least = centres, math.inf
    for _ in range(ROUNDS):
        home = served_from(problem, centres, clock) if clock.left > 0 else None
        if home is None:
            break
        home, cost = problem.recentred(home)
        if cost >= least * (1 - 1e-6):
            break
        centres = np.unique(home)
        best, least = centres, cost
    return best, least


def plan_from(problem: Blocks, centres: Labels, clock: Clock) -> Labels | None:
    """Make connected networks around these centres, and move blocks until all are in the window.

    Returns
    -------
    array or None
        The centre of every block; ``None`` where moves of single blocks do not suffice.
    """
    home = served_from(problem, centres, clock, CUTS)
    return None if home is None else _in_window(problem, _joined(problem, home, centres), clock)


def _joined(problem: Blocks, home: Labels, centres: Labels) -> Labels:
    """Keep what is linked to its centre; give the rest, block by block, to the nearest beside."""
    out = np.full(len(home), -1, np.int64)
    for centre in centres.tolist():
        out[centre], waiting = centre, [centre]
        while waiting:
            for j in problem.near[waiting.pop()]:
                if out[j] < 0 and home[j] == centre:
                    out[j] = centre
                    waiting.append(j)
    rate = problem.cost / problem.load[:, None]
    while (out < 0).any():
        ways = [
            (float(rate[i, out[j]]), int(i), int(out[j]))
            for i in np.flatnonzero(out < 0)
            for j in problem.near[int(i)]
            if out[j] >= 0
        ]
        if not ways:  # a part without a centre
            break
        _, i, centre = min(ways)
        out[i] = centre
    return out


def _in_window(problem: Blocks, home: Labels, clock: Clock) -> Labels | None:
    """Move single blocks between networks that touch until every one is inside the window."""
    (low, high), load = problem.window, problem.load
    if (home < 0).any():
        return None
    mean = float(load.sum()) / len(np.unique(home))

    def outside(total: int) -> float:
        return float(max(0, low - total, total - high))

    def off(total: int) -> float:  # outside the window, and a little for being off the mean
        return outside(total) ** 2 + 0.01 * (total - mean) ** 2

    total = {int(c): int(load[home == c].sum()) for c in np.unique(home)}
    for _ in range(4 * len(home)):
        if not any(map(outside, total.values())):
            return home
        if clock.left <= 0:
            return None
        moves = []
        for i in range(len(home)):
            own, weight = int(home[i]), int(load[i])
            for other in sorted({int(home[j]) for j in problem.near[i]} - {own}):
                before = off(total[own]) + off(total[other])
                saved = before - off(total[own] - weight) - off(total[other] + weight)
                if saved > 0 and i != own:
                    more = float(problem.cost[i, other] - problem.cost[i, own])
                    moves.append((more / saved, i, other))
        for _, i, other in sorted(moves):
            own = int(home[i])
            if connected(set(np.flatnonzero(home == own).tolist()) - {i}, problem.near.__getitem__):
                home[i] = other
                total[own], total[other] = total[own] - int(load[i]), total[other] + int(load[i])
                break
        else:
            return None
    return None
