"""A plan of many blocks from its centres: spread them, serve the blocks, recentre, serve again."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.block_model import Blocks, Labels, served_from
from pcngeo.optimise.clock import Clock

__all__ = ["around", "settled", "spread"]

#: Rounds of serving and recentring.
ROUNDS = 20


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


def around(problem: Blocks, centres: Labels, clock: Clock, rounds: int) -> Labels | None:
    """Make connected networks around these centres; they may be outside the window.

    Parameters
    ----------
    problem
        What is divided.
    centres
        The centres.
    clock
        Time limit.
    rounds
        Rounds in which parts that are not linked to their centre are cut off.

    Returns
    -------
    array or None
        The centre of every block; ``None`` where the centres cannot serve all of them.
    """
    home = served_from(problem, centres, clock, rounds)
    if home is None:
        return None
    joined = _joined(problem, home, centres)
    return None if (joined < 0).any() else joined


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
