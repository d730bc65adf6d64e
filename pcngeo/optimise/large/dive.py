"""From the LP with cuts to a plan: take what the LP is sure of, price anew, and so on.

With cuts, about three quarters of the networks of a country's LP are whole or nearly so. They are
taken together; every step leaves a smaller LP, and groups of the practices that are left are priced
at its prices, so that the last ones still fit somewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.columns import find_wanted, groups_within
from pcngeo.optimise.large.lp import Country
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = ["dive"]

#: A group worth this much in the LP is taken at once.
SURE = 0.85
#: Groups taken at least in a step, the surest: so many, and one for so many practices left.
#: One for 160 leaves England's plan 0.14 % dearer; one for 40 takes half as long again.
LEAST, EACH = 10, 80
#: Groups near the LP that are laid in before the first step, for every practice.
AROUND = 4


def dive(country: Country, clock: Clock, offer: Callable[[Pool], None]) -> Pool:
    """Take groups of the LP step by step; its LP is used up.

    Parameters
    ----------
    country
        The LP with cuts.
    clock
        Time limit.
    offer
        Given a plan when Ctrl-C or a limit of the work ends it: what is taken, and what fits.

    Returns
    -------
    Pool
        Networks with charged costs; practices may be left over. When the time for it is over, what
        was taken so far and what fits beside it.
    """
    master, n = country.master, country.plain.n
    free = np.ones(n, bool)
    taken: list[int] = []
    shares = master.shares.copy()
    try:
        _lay_in(country, clock)
        while True:
            _price(country, free, clock)
            shares = master.shares.copy()
            chosen = _sure(master.pool, shares, free)
            if not len(chosen):
                return master.pool.take(np.array(sorted(taken), np.int64))
            taken += [int(g) for g in chosen]
            free[master.pool.take(chosen).members] = False
            master.fix(chosen)
    except OutOfTimeError:
        return _filled(master.pool, shares, taken, free)
    except BaseException:
        offer(_filled(master.pool, shares, taken, free))
        raise


def _filled(
    pool: Pool, shares: NDArray[np.float64], taken: list[int], free: NDArray[np.bool_]
) -> Pool:
    """Take beside what is taken whatever fits, most wanted by the LP first."""
    open_, chosen = free.copy(), list(taken)
    wanted = np.zeros(len(pool))
    wanted[: len(shares)] = shares[: len(pool)]
    for g in np.argsort(-wanted, kind="stable"):
        members = pool.members[pool.offsets[g] : pool.offsets[g + 1]]
        if open_[members].all():
            open_[members] = False
            chosen.append(int(g))
    return pool.take(np.array(sorted(chosen), np.int64))


def _lay_in(country: Country, clock: Clock) -> None:
    """Give the LP groups of small reduced cost that it did not need so far."""
    assert country.relaxation is not None
    prices, master = country.relaxation.prices, country.master
    cuts = master.cuts.first(len(prices.cuts))
    most = AROUND * country.plain.n
    room = 3e-5 * abs(prices.value) / max(1.0, country.count) * 20
    near = None
    while near is None:
        near = groups_within(country.problem, cuts, prices, room, most, clock)
        room *= 0.5
    fresh = [g for g in range(len(near)) if not master.knows(near.group(g))]
    master.add(near.take(np.array(fresh, np.int64)))


def _price(country: Country, free: NDArray[np.bool_], clock: Clock) -> None:
    """Solve the LP, twice with new groups of the practices that are left."""
    problem = _left(country.problem, free)
    for _ in range(2):
        prices = country.master.solve(clock)
        fresh = find_wanted(problem, country.master, prices, 1e-6 * country.scale, clock)
        if not len(fresh):
            return
        country.master.add(fresh)
    country.master.solve(clock)


def _left(problem: Problem, free: NDArray[np.bool_]) -> Problem:
    """Return the problem of the practices that are left: the others fit nowhere."""
    land = problem.land
    weights = np.where(free, land.weights, land.ceiling + 1)
    return replace(problem, land=land._replace(weights=weights))


def _sure(pool: Pool, shares: NDArray[np.float64], free: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the groups to take next: all the LP is sure of, or the surest, none overlapping."""
    support = np.flatnonzero(shares > 1e-6)
    taken = np.bincount(
        pool.take(support).owners, ~free[pool.take(support).members], minlength=len(support)
    )
    support = support[taken == 0]
    order = support[np.argsort(-shares[support], kind="stable")]
    sure = int(np.sum(shares[order] >= SURE))
    open_, chosen = free.copy(), []
    for g in order[: max(LEAST, int(free.sum()) // EACH, sure)]:
        members = pool.members[pool.offsets[g] : pool.offsets[g + 1]]
        if open_[members].all():
            open_[members] = False
            chosen.append(int(g))
    return np.array(chosen, np.int64)
