"""A first plan of many blocks: around the centres that prices choose, or out of spanning trees."""

from __future__ import annotations

import math

import numpy as np

from pcngeo.optimise.block_bound import Offers, Prices, first_prices, raised
from pcngeo.optimise.block_centres import around, settled, spread
from pcngeo.optimise.block_exchange import exchanged
from pcngeo.optimise.block_model import Blocks, Labels
from pcngeo.optimise.block_start import first_division
from pcngeo.optimise.clock import Clock

__all__ = ["first_plan", "priced"]

#: Shares of a time limit after which the prices are left, and the centres.
PRICES_UNTIL, CENTRES_UNTIL = 0.3, 0.5
#: Rounds of cutting off parts that are not linked to their centre, in turn.
CUTS = (0, 40)
#: Times that blocks are exchanged from every start; for more than so many blocks, once.
TIMES, MANY = 3, 1_500


def priced(problem: Blocks, count: int, clock: Clock) -> tuple[Offers, Prices]:
    """Find what every centre is offered, and prices of the blocks, knowing no plan."""
    until = clock.until(PRICES_UNTIL)
    offers = Offers.of(problem.load, problem.near, problem.cost, problem.window, count)
    even = problem.load * (count / problem.load.sum())
    _, about = settled(problem, spread(problem, even, count), until)
    if not math.isfinite(about):
        about = float(np.median(problem.cost)) * len(problem.labels)
    return offers, raised(offers, first_prices(offers, about), about, until)


def first_plan(
    problem: Blocks, count: int, prices: Prices, seed: int, clock: Clock
) -> Labels | None:
    """Make plans around the centres that prices choose, exchange blocks, and return the best.

    Parameters
    ----------
    problem
        What is divided.
    count
        Number of networks.
    prices
        They choose the centres.
    seed
        Seed of the exchange, and of spanning trees where no centres lead to a plan.
    clock
        Time limit.

    Returns
    -------
    array or None
        The centre of every block.
    """
    until, best = clock.until(CENTRES_UNTIL), None
    centres, about = settled(problem, spread(problem, prices.chosen, count), until)
    for rounds in CUTS if math.isfinite(about) else ():
        if best is None or until.left > 0:
            best = _further(problem, around(problem, centres, until, rounds), best, seed, clock)
    if best is None:
        best = _further(problem, _from_trees(problem, count, seed), None, seed, clock)
    return best


def _further(
    problem: Blocks, start: Labels | None, best: Labels | None, seed: int, clock: Clock
) -> Labels | None:
    """Exchange blocks from a start; return that plan or the best so far."""
    if start is None:
        return best
    least = math.inf if best is None else problem.recentred(best)[1]
    times = TIMES if len(problem.labels) <= MANY else 1
    for turn in range(times):
        if turn and best is not None and clock.left <= 0:
            break
        home = exchanged(problem, start, times * seed + turn, clock)
        cost = math.inf if home is None else problem.recentred(home)[1]
        if cost < least:
            best, least = home, cost
    return best


def _from_trees(problem: Blocks, count: int, seed: int) -> Labels | None:
    """Divide by cutting spanning trees."""
    groups = first_division(
        problem.load, problem.near, problem.cost, problem.window, count, seed
    )  # fmt: skip
    if groups is None:
        return None
    home = np.empty(len(problem.labels), np.int64)
    for group in groups:
        home[group] = group[0]
    return home
