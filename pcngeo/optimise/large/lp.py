"""The LP of a large problem: all connected groups, cuts, and a charge that leads to the number."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.columns import Relaxation, generate
from pcngeo.optimise.duals import Counts
from pcngeo.optimise.ground import Ground
from pcngeo.optimise.groups import reduced_costs
from pcngeo.optimise.large.charge import Charge
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.triples import violated_cuts

__all__ = ["Country", "empty_country", "relax_country"]

#: Rounds of cuts at most, and cuts a practice at most (of a third of them all in a round).
CUT_ROUNDS = 12
#: A round of cuts or of groups that moves the LP by less than this share is the last.
ENOUGH = 2e-6
#: Share of a time limit after which there are no more cuts: a plan is worth more then.
CUT_UNTIL = 0.5
#: Share by which the first bound, before the cuts, may fall short of its LP.
EARLY = 1e-3
#: Changes of the charge before the first cut.
CHARGES = 8
#: Share of the number of networks by which the LP may miss it.
NEAR_COUNT = 3e-4


@dataclass(eq=False)
class Country:
    """The LP of a large problem.

    Parameters
    ----------
    plain
        The problem without charges.
    penalties
        Cost of leaving each practice out, without charges.
    margin
        Tolerance of a proof.
    charge
        What a network is charged.
    problem, master
        The charged problem and its LP.
    relaxation, proven
        Bound and prices, and the charge for which they are proven.
    """

    plain: Problem
    penalties: NDArray[np.float64]
    margin: float
    scale: float
    worst: float
    charge: Charge
    problem: Problem
    master: Master
    relaxation: Relaxation | None = None
    proven: Charge | None = None
    facts: dict[str, float | int] = field(default_factory=dict)

    @property
    def charged_penalties(self) -> NDArray[np.float64]:
        """Cost of leaving each practice out in the charged problem."""
        spared = np.where(self.penalties > 0, self.plain.weights, 0)
        return np.asarray(self.penalties + self.charge.rate * spared)

    @property
    def count(self) -> float:
        """Number of networks of the LP."""
        return float(self.master.shares.sum())

    def bound(self, networks: int, left_out: float) -> float:
        """Proven: a plan of so many networks that pays so much for leaving out costs at least this.

        Parameters
        ----------
        networks
            Number of networks.
        left_out
            What the plan pays for the practices that it leaves out.
        """
        if self.relaxation is None or self.proven is None:
            return 0.0
        patients = int(self.plain.weights[self.penalties > 0].sum())
        charged = self.proven.of_plan(networks, patients)
        return max(0.0, self.relaxation.bound - charged - left_out)

    def reduced(self, pool: Pool) -> NDArray[np.float64]:
        """Reduced cost of every group of a stock of charged costs, at the prices of the proof."""
        assert self.relaxation is not None
        prices = self.relaxation.prices
        cuts, cut_prices = self.master.cuts.first(len(prices.cuts)).priced(prices.cuts)
        return reduced_costs(
            pool.offsets, pool.members, pool.costs, prices.practices, prices.fee,
            cuts.starts, cuts.ids, cut_prices,
        )  # fmt: skip

    def recharge(self, each: float) -> None:
        """Change the charge; the LP keeps its groups and cuts."""
        before, self.charge = self.charge, Charge(each, self.charge.floor)
        self.problem = self.charge.laid_on(self.plain)
        pool, weights = self.master.pool, self.plain.weights
        self.master.reprice(self.charge.of(pool, weights) - before.of(pool, weights))
        self.master.penalise(self.charged_penalties)


def relax_country(
    ground: Ground,
    wanted: Counts | None,
    clock: Clock,
    tell: Callable[[str, Country], None] = lambda phase, country: None,
) -> Country:
    """Solve the LP over all groups of a large problem, with cuts, near a number of networks.

    Parameters
    ----------
    ground
        What is known about the problem.
    wanted
        Lowest and highest number of networks, or ``None``.
    clock
        Time limit.
    tell
        Told of every bound.

    Returns
    -------
    Country

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the work before there was a bound.
    """
    guess = _guessed_charge(ground, wanted)
    ranged = wanted is not None and wanted[0] < wanted[1]
    country = empty_country(ground, 0.0 if ranged else guess)
    country.master.add(_charged(ground.stock, country.charge, ground.problem.weights))
    _generate(country, clock)
    if ranged and wanted is not None and _miss(country, wanted):
        country.recharge(math.copysign(guess, _miss(country, wanted)))
        _generate(country, clock)
    _lead(country, wanted, clock)
    _prove(country, EARLY, clock)
    tell("relaxation", country)
    try:
        _cut(country, wanted, clock.until(CUT_UNTIL))
        _prove(country, ENOUGH, clock.until(CUT_UNTIL))
    except OutOfTimeError:
        clock.check()
        assert country.proven is not None
        country.recharge(country.proven.each)  # the bound and the plan at the same charge
    country.facts |= {
        "groups": len(country.master.pool),
        "cuts": len(country.master.cuts),
        "charge": country.charge.each,
    }
    tell("cuts", country)
    return country


def empty_country(ground: Ground, each: float) -> Country:
    """Return the LP of a large problem before it has any group.

    Parameters
    ----------
    ground
        What is known about the problem.
    each
        What a network is charged.
    """
    task, charge = ground.task(None, ground.penalty), Charge(each, ground.problem.land.floor)
    country = Country(
        ground.problem, task.penalties, ground.margin, task.scale, task.worst, charge,
        charge.laid_on(ground.problem), Master(task.penalties, None, task.scale, task.worst),
    )  # fmt: skip
    country.master.penalise(country.charged_penalties)
    return country


def _prove(country: Country, share: float, clock: Clock) -> None:
    """Price exactly until the bound is this close to the LP."""
    slack = share * abs(country.master.solve(clock).value)
    country.relaxation = generate(
        country.problem, country.master, clock, country.margin, lambda bound: None, slack=slack
    )
    country.proven = country.charge


def _charged(pool: Pool, charge: Charge, weights: NDArray[np.int64]) -> Pool:
    costs = pool.costs + charge.of(pool, weights)
    return Pool(pool.offsets, pool.members, costs, pool.hubs, pool.spends)


def _guessed_charge(ground: Ground, wanted: Counts | None) -> float:
    """Guess a charge: what a network fewer adds to the ways, or about that."""
    if wanted is None:
        return 0.0
    stock, weights = ground.stock, ground.problem.weights
    patients = np.maximum(1, stock.totals(weights))
    way = float(np.median(stock.costs / patients)) if len(stock) else 0.0
    return way * float(weights.sum()) / max(1, wanted[0])


def _generate(country: Country, clock: Clock) -> float:
    """Add the groups that the LP wants by quick searches; return its value."""
    enough = ENOUGH * max(1.0, abs(country.master.solve(clock).value))
    found = generate(
        country.problem, country.master, clock, country.margin, lambda bound: None,
        exact=False, enough=enough,
    )  # fmt: skip
    return found.prices.value


def _miss(country: Country, wanted: Counts) -> float:
    """By how many networks the LP has too many (or, below 0, too few)."""
    low, high = wanted
    return country.count - min(max(country.count, low), high)


def _lead(country: Country, wanted: Counts | None, clock: Clock) -> None:
    """Change the charge until the LP has a number of networks that is wanted, or nearly."""
    if wanted is None:
        return
    trail: list[tuple[float, float]] = []
    for _ in range(CHARGES):
        if abs(_miss(country, wanted)) <= max(0.5, NEAR_COUNT * wanted[0]):
            return
        _step(country, wanted, trail)
        _generate(country, clock)


def _step(country: Country, wanted: Counts, trail: list[tuple[float, float]]) -> None:
    """Change the charge once: by what the last change did, or by a guess."""
    each, miss = country.charge.each, _miss(country, wanted)
    trail.append((each, miss))
    typical = max(abs(each), 1e-3 * country.scale * country.plain.n)
    slope = 3.0 * typical / max(1, wanted[0])  # of the charge, for one network
    if len(trail) > 1 and trail[-1][1] != trail[-2][1]:
        seen = (trail[-1][0] - trail[-2][0]) / (trail[-2][1] - trail[-1][1])
        slope = min(max(seen, slope / 6), 6 * slope) if seen > 0 else slope
    step = min(max(slope * miss, -0.5 * typical), 0.5 * typical)
    country.recharge(float(np.round(each + step)) if abs(step) > 2 else each + step)


def _cut(country: Country, wanted: Counts | None, clock: Clock) -> None:
    """Add violated cuts, round by round, with the groups that are wanted under them."""
    master = country.master
    trail: list[tuple[float, float]] = []
    most = max(60, country.plain.n // 4)
    value = master.solve(clock).value
    for _ in range(CUT_ROUNDS):
        support = np.flatnonzero(master.shares > 1e-7)
        shares = master.shares[support]
        cuts = violated_cuts(country.plain.n, master.pool.take(support), shares, master.cuts, most)
        if not cuts:
            return
        master.cut(cuts)
        before, value = value, _generate(country, clock)
        off = wanted is not None and abs(_miss(country, wanted)) > max(0.5, NEAR_COUNT * wanted[0])
        if off:
            assert wanted is not None
            _step(country, wanted, trail)
            value = _generate(country, clock)
        elif value - before < 5 * ENOUGH * abs(value):
            return
