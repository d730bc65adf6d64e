"""A better bound of many blocks by cases: how many centres stand in this part, and in that.

Where a town needs one and a half networks, prices serve it from many centres, each a little, and
that costs less than any plan. In every plan a whole number of centres stands in each zone: zones
are divided where the prices put a fraction of a centre on either side, for every way to share the
number out, and the case that could still hold the least is divided next.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.block_bound import Offers, Pace, Prices, linked
from pcngeo.optimise.block_model import PROVEN, Blocks, Labels, Loose, solve_whole
from pcngeo.optimise.clock import Clock

__all__ = ["by_zones"]

#: Cases looked at: a work limit.
CASES = 3_000
#: Offers up to which a case is solved by the model.
SMALL = 800
#: How prices move in each case: from those of the case it was divided from.
CASE = Pace(0.05, 0.8, 15, 150)
Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(frozen=True, order=True)
class _Case:
    """Zones with a number of centres in each; the order is that of what it can hold at least."""

    bound: float
    turn: int
    offers: Offers = field(compare=False)
    prices: Prices = field(compare=False)


def by_zones(
    problem: Blocks,
    offers: Offers,
    prices: Prices,
    first: Labels,
    clock: Clock,
    cases: int = CASES,
) -> tuple[Labels, float]:
    """Raise the bound by dividing the centres into zones.

    Parameters
    ----------
    problem
        What is divided.
    offers, prices
        What is served, and prices that hold for these offers.
    first
        The best plan that is known: the centre of every block, which serves it best.
    clock
        Time limit.
    cases
        Cases looked at, at most.

    Returns
    -------
    (array, float)
        The best plan; no division into connected networks inside the window costs less than so
        many patient-metres.
    """
    plan, best = problem.recentred(first)
    enough = best * (1 - PROVEN / 2)
    offers, prices = _narrowed(offers, prices, best)
    open_cases, looked = [_Case(prices.bound, 0, offers, prices)], 0
    cuts: list[Loose] = []
    ends: list[float] = []
    while open_cases and looked < cases and clock.left > 0:
        if open_cases[0].bound >= enough:
            break
        case = heapq.heappop(open_cases)
        sides = _divided(problem, case) if len(case.offers.blocks) > SMALL else None
        if sides is None:
            home, low = _solved(problem, case, cuts, enough, clock)
            if home is not None:
                home, cost = problem.recentred(home)
                if cost < best:
                    plan, best, enough = home, cost, cost * (1 - PROVEN / 2)
            if low < enough:
                ends.append(low)
            continue
        for part in _shared_out(case.offers, *sides):
            looked += 1
            found = _looked_at(part, case, best, looked, clock)
            if found is not None and found.bound < enough:
                heapq.heappush(open_cases, found)
    return plan, max(prices.bound, min([enough, best, *ends, *(c.bound for c in open_cases)]))


def _solved(
    problem: Blocks, case: _Case, cuts: list[Loose], below: float, clock: Clock
) -> tuple[Labels | None, float]:
    """Solve the model for what is left in a case; return a plan, and what it costs at least."""
    offers = case.offers
    there = np.zeros(problem.cost.shape, bool)
    there[offers.blocks, offers.centre] = True
    centres = np.flatnonzero(offers.counts[offers.zone])
    there[centres, centres] = True
    zones = offers.zone, offers.counts
    home, low = solve_whole(problem, offers.count, clock, there, None, zones, cuts, below)
    return home, max(low, case.bound)


def _narrowed(offers: Offers, prices: Prices, best: float) -> tuple[Offers, Prices]:
    """Leave out what no better plan can hold, and what that pays for cuts."""
    there = prices.worthwhile(offers, best)
    paid = None if prices.paid is None else prices.paid[offers.kept(there)]
    closed = ~np.diagonal(there)
    zone = np.where(closed, len(offers.counts), offers.zone)
    counts = np.append(offers.counts, 0)  # the last zone is of what is no centre
    used, zone = np.unique(np.append(zone, np.flatnonzero(counts)), return_inverse=True)
    zone = zone[: len(closed)].astype(np.int64)
    return replace(offers.only(there), zone=zone, counts=counts[used]), replace(prices, paid=paid)


def _looked_at(offers: Offers, of: _Case, best: float, turn: int, clock: Clock) -> _Case | None:
    """Raise the bound of a case; ``None`` where it holds no better plan."""
    proven = _least(offers, of.prices)
    prices = replace(of.prices, bound=max(of.prices.bound, proven))
    if prices.bound > best:  # infinite where there is no plan at all
        return None
    offers, prices = _narrowed(offers, prices, best)
    prices = linked(offers, prices, best, clock, CASE)
    if prices.bound > best:
        return None
    offers, prices = _narrowed(offers, prices, best)
    if not np.isfinite(_least(offers, prices)):
        return None
    return _Case(max(of.bound, prices.bound), turn, offers, prices)


def _least(offers: Offers, prices: Prices) -> float:
    """Say what prices prove of these offers; infinite where they hold no plan."""
    value, _, chosen, *_ = offers.value(prices.prices, prices.paid)
    if not np.isfinite(value) or len(chosen) < offers.count:
        return math.inf
    sums = np.abs(prices.prices).sum()
    sums += 0.0 if prices.paid is None else np.abs(prices.paid).sum()
    return value - 1e-8 * float(sums)


def _shared_out(offers: Offers, one: Longs, other: Longs) -> Iterator[Offers]:
    """Share the centres of a zone out among its two sides in every way."""
    old, new = int(offers.zone[one[0]]), len(offers.counts)
    zone = offers.zone.copy()
    zone[other] = new
    all_of = int(offers.counts[old])
    for here in range(max(0, all_of - len(other)), min(all_of, len(one)) + 1):
        counts = np.append(offers.counts, all_of - here)
        counts[old] = here
        yield replace(offers, zone=zone, counts=counts)


def _divided(problem: Blocks, case: _Case) -> tuple[Longs, Longs] | None:
    """Divide the zone where the most of a centre stands on the wrong side of a line, and farthest.

    ``None`` where no zone has more blocks than centres.
    """
    found, most = None, -1.0
    for zone in np.flatnonzero(case.offers.counts):
        inside = np.flatnonzero(case.offers.zone == zone)
        count = int(case.offers.counts[zone])
        if len(inside) <= count:
            continue
        mass = case.prices.chosen[inside] + 1e-9
        mass = mass * (count / mass.sum())
        for way, length in _ways(problem.cost[np.ix_(inside, inside)], mass):
            order = np.argsort(way, kind="stable")
            score, place = _best_line(way[order], mass[order])
            if score * length > most:
                most = score * length
                found = inside[order[:place]], inside[order[place:]]
    return found


def _ways(cost: Floats, mass: Floats) -> list[tuple[Floats, float]]:
    """Directions in which a zone is seen: between its middle and its two ends; and their length."""
    middle = int(np.argmax(mass))
    end = int(np.argmax(cost[middle]))
    other = int(np.argmax(cost[end]))
    ways = []
    for a, b in ((end, other), (middle, end), (middle, other)):
        if a != b and cost[a, b] > 0 and cost[b, a] > 0:
            way = cost[a] / cost[a, b] - cost[b] / cost[b, a]
            ways.append((way, math.sqrt(cost[a, b] * cost[b, a])))
    return ways or [(np.arange(len(mass), dtype=float), 0.0)]


def _best_line(way: Floats, mass: Floats) -> tuple[float, int]:
    """Find where a line leaves most of a centre on either side, and far apart; `way` is sorted."""
    before, along = np.cumsum(mass)[:-1], np.cumsum(mass * way)
    after = mass.sum() - before
    apart = (along[-1] - along[:-1]) / after - along[:-1] / before
    part = before - np.floor(before)
    score = (np.minimum(part, 1 - part) + 1e-4) * np.maximum(apart, 0.0)
    best = int(np.argmax(score))
    return float(score[best]), best + 1
