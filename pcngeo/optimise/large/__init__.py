"""Regions and countries as one problem: a complete plan, the best bound that can be had, the gap.

In this order: a complete plan at once, however long its ways (`start`); the LP over all connected
groups, led to the number of networks by a charge on each (`charge`, `lp`), with cuts that groups
are priced under; a plan by taking what the LP is sure of (`dive`); the plan made better where its
cost lies above the bound, region by region, each search proven (`regions`); the prices that prove
the bound, for whoever wants to check (`certificate`). The kernels, the LP and the search among
listed groups are those of every other plan. Nothing is decided by the clock but where a time limit
breaks off.

It does not promise the best plan: with thousands of practices the last tenths of a per cent stay
open, and the plan says how many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.counts import asked_counts
from pcngeo.optimise.duals import Counts
from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.large.certificate import certificate_of
from pcngeo.optimise.large.dive import dive
from pcngeo.optimise.large.kept import KEPT, Kept
from pcngeo.optimise.large.lp import Country, relax_country
from pcngeo.optimise.large.regions import Regions
from pcngeo.optimise.large.start import completed, simple_bound
from pcngeo.optimise.large.sweeps import place_loose, sweep, toward
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.search import greedy_plan
from pcngeo.optimise.settle import Answer, Tell
from pcngeo.optimise.stages import Search
from pcngeo.rules import Rules

__all__ = ["KEPT", "LARGE", "METHOD", "is_large", "plan_large"]

#: Practices to group from which on a plan is made this way.
LARGE = 500
#: Practices of the regions that are searched anew.
REGIONS = (40, 60)
#: Share of a time limit after which what is not in a network is put where it fits.
DIVE_UNTIL = 0.75
METHOD = (
    "set partitioning over all connected groups in the window: column generation with exact "
    "pricing, cuts and a charge on every network; a plan from that LP, made better region by "
    "region; the bound holds over all groups"
)


def is_large(search: Search) -> bool:
    """Tell whether a plan is made this way: many practices, and nothing but distance to weigh."""
    return search.problem.n >= LARGE and search.plain(search.rules) and len(search.objectives) == 1


def plan_large(search: Search, tell: Tell) -> None:
    """Make a plan of a large problem; what is found is kept in `search.answer` at every moment.

    Parameters
    ----------
    search
        What to plan.
    tell
        Told the phase and the answer as it gets better.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search.
    """
    answer, clock = search.answer, search.clock
    ground = survey(search.problem, search.seed, clock)
    answer.left_out_bound = ground.least_out
    wanted = _wanted(ground, search.rules)
    greedy, _ = greedy_plan(ground.task(None, ground.penalty), ground.stock)
    best = _Best(answer, ground, wanted, asked_counts(search.rules))
    best.offer(completed(ground, greedy))
    best.bound()
    tell("start", answer)
    try:
        kept = None
        if search.keep_in is not None and clock.limit is None:  # a limit ends the dive early
            kept = Kept.of(search.keep_in, ground, wanted, search.seed)
        _search(best, search.seed, clock, tell, kept)
    finally:
        if best.open is not None:
            best.offer(completed(ground, best.open))
            best.bound()
        _conclude(answer, ground, wanted, search.rules)


def _search(best: _Best, seed: int, clock: Clock, tell: Tell, kept: Kept | None) -> None:
    """LP, dive, regions: each better plan and bound is kept in `best`."""
    answer, ground, wanted = best.answer, best.ground, best.wanted

    def bounded(phase: str, country: Country) -> None:
        best.country = country
        best.bound()
        tell(phase, answer)

    begun = None if kept is None else kept.read(ground)
    if begun is None:
        country = relax_country(ground, wanted, clock, bounded)
        taken = dive(country, clock.until(DIVE_UNTIL), best.offer_charged)
        if kept is not None:
            kept.write(country, taken)
    else:
        country, taken = begun
        bounded("cuts", country)
    regions = Regions.of(country, taken, seed, clock)

    def better(phase: str) -> None:
        best.offer_charged(regions.plan)
        best.bound()
        tell(phase, answer)

    _improve(regions, wanted, better, best.asked is not None)


@dataclass
class _Best:
    """The best plan so far, with its bound.

    Parameters
    ----------
    answer
        Where it is kept.
    wanted
        Numbers of networks to aim at.
    asked
        Numbers that the rules demand: not the one nearest to the target.
    country
        The LP, as soon as it has a bound.
    open
        The last plan that left out who can be placed, however short its ways.
    led
        Whether the best plan is the last that the search from the LP made.
    """

    answer: Answer
    ground: Ground
    wanted: Counts | None
    asked: Counts | None = None
    country: Country | None = None
    open: Pool | None = None
    led: bool = False

    def offer(self, plan: Pool) -> None:
        """Take a plan that leaves fewer out, or alone has the number, or is worth more."""
        if self._better(plan):
            self._take(plan)

    def offer_charged(self, plan: Pool) -> None:
        """Take a plan of charged costs: after the first, each is meant to follow the one before."""
        assert self.country is not None
        charged = self.country.charge.of(plan, self.ground.problem.weights)
        costs = plan.costs - charged
        own = Pool(plan.offsets, plan.members, costs, plan.hubs, plan.spends)
        mine, best = self._rank(own), self._rank(self.answer.plan)
        self.open = own if mine[0] > self.ground.unplaceable else None
        if self._better(own) or (mine == best and self.led):
            self._take(own)
            self.led = True

    def _better(self, plan: Pool) -> bool:
        """Compare with the best plan; of two numbers of networks, by the charge of the LP."""
        mine, best = self._rank(plan), self._rank(self.answer.plan)
        if mine != best or self.answer.plan is None:
            return mine < best
        each = 0.0 if self.country is None else self.country.charge.each
        more = len(plan) - len(self.answer.plan)
        return float(plan.costs.sum()) + each * more < self.answer.objective

    def _rank(self, plan: Pool | None) -> tuple[float, bool]:
        """Patients left out, and whether the number that was asked for is missed."""
        if plan is None:
            return math.inf, True
        low, high = self.asked or (0, len(plan))
        return self.ground.left_out(plan), not low <= len(plan) <= high

    def _take(self, plan: Pool) -> None:
        answer = self.answer
        answer.plan, answer.left_out = plan, self.ground.left_out(plan)
        answer.objective = float(plan.costs.sum())
        self.led = False

    def bound(self) -> None:
        """State what is proven for the patients left out of the plan.

        It holds for every number of networks that the rules leave open; where they ask for the one
        nearest to the target, or the plan misses what they ask for, for the plan's own number.
        """
        answer, country, problem = self.answer, self.country, self.ground.problem
        if answer.plan is None:
            return
        placed = np.zeros(problem.n, bool)
        placed[answer.plan.members] = True
        bound, (low, high) = 0.0, self._open_numbers(len(answer.plan))
        if answer.left_out <= self.ground.unplaceable:
            bound = simple_bound(problem, high, placed)
        if country is not None and country.relaxation is not None:
            paid = float(country.penalties[~placed].sum())
            bound = max(bound, min(country.bound(low, paid), country.bound(high, paid)))
            answer.certificate = certificate_of(country)
            answer.facts |= {**country.facts, "charge": country.charge.each}
        answer.bound = min(answer.objective, bound)

    def _open_numbers(self, made: int) -> Counts:
        """Numbers of networks between which the objective alone decides."""
        most = possible_counts(self.ground)[1]
        if self.asked is None and self.wanted is None:
            return min(1, made), max(most, made)
        low, high = self.asked or (made, made)
        return (low, min(high, max(most, made))) if low <= made <= high else (made, made)


def _wanted(ground: Ground, rules: Rules) -> Counts | None:
    """Numbers of networks to aim at."""
    if rules.networks != "target":
        return asked_counts(rules)
    patients, high = ground.problem.patients, possible_counts(ground)[1]
    best = min(range(high + 1), key=lambda k: (abs(k * rules.target_list - patients), k))
    return best, best


def _improve(
    regions: Regions, wanted: Counts | None, kept: Callable[[str], None], surely: bool
) -> None:
    """Place who is left over, search regions anew, and lead the plan to the number wanted."""
    kept("first plan")
    place_loose(regions, kept)
    for size in REGIONS:
        sweep(regions, size, lambda count: None, kept)
    if wanted is None or wanted[0] <= len(regions.networks) <= wanted[1]:
        return
    changed = toward(regions, wanted, kept, surely)
    sweep(regions, REGIONS[0], lambda count: (count, count), kept, changed)


def _conclude(answer: Answer, ground: Ground, wanted: Counts | None, rules: Rules) -> None:
    """Say what is proven, and what differs from what was asked for."""
    made = 0 if answer.plan is None else len(answer.plan)
    meets = wanted is None or wanted[0] <= made <= wanted[1]
    closed = answer.bound is not None and answer.objective - answer.bound <= 2 * ground.margin
    answer.settled = bool(closed and meets and answer.left_out == ground.least_out)
    if wanted is not None and not meets:
        asked = f"{wanted[0]:,}" if wanted[0] == wanted[1] else f"{wanted[0]:,} to {wanted[1]:,}"
        why = " would be nearest to the target size" if rules.networks == "target" else " asked for"
        answer.notes.append(f"{asked} networks{why}; the plan found has {made:,}.")
