"""Regions and countries as one problem: a complete plan, the best bound that can be had, the gap.

In this order: the LP over all connected groups, led to the number of networks by a charge on each
(`charge`, `lp`), with cuts that groups are priced under; a plan by taking what the LP is sure of
(`dive`); the plan made better where its cost lies above the bound, region by region, each search
proven (`regions`); the prices that prove the bound, for whoever wants to check (`certificate`).
The kernels, the LP and the search among listed groups are those of every other plan. Nothing is
decided by the clock but the end.

It does not promise the best plan: with thousands of practices the last tenths of a per cent stay
open, and the plan says how many.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.large.certificate import certificate_of
from pcngeo.optimise.large.dive import dive
from pcngeo.optimise.large.lp import Country, relax_country
from pcngeo.optimise.large.regions import Regions
from pcngeo.optimise.large.sweeps import place_loose, sweep, toward
from pcngeo.optimise.master import Counts
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.search import greedy_plan
from pcngeo.optimise.settle import Answer, Tell
from pcngeo.optimise.stages import Search
from pcngeo.rules import Rules

__all__ = ["LARGE", "METHOD", "is_large", "plan_large"]

#: Practices to group from which on a plan is made this way.
LARGE = 500
#: Practices of the regions that are searched anew.
REGIONS = (40, 60)
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
    plan, _ = greedy_plan(ground.task(None, ground.penalty), ground.stock)
    answer.plan, answer.left_out = plan, ground.left_out(plan)
    answer.objective = float(plan.costs.sum())
    tell("start", answer)
    wanted = _wanted(ground, search.rules)

    def bounded(phase: str, country: Country) -> None:
        _keep_bound(answer, ground, country)
        tell(phase, answer)

    country = relax_country(ground, wanted, clock, bounded)
    try:
        taken = dive(country, clock, lambda plan: _offer(answer, ground, country, plan))
    finally:
        _keep_bound(answer, ground, country)
    regions = Regions.of(country, taken, search.seed, clock)

    def kept(phase: str) -> None:
        _offer(answer, ground, country, regions.plan)
        _keep_bound(answer, ground, country)
        tell(phase, answer)

    _improve(regions, wanted, kept)
    _conclude(answer, ground, country, wanted, search.rules)


def _wanted(ground: Ground, rules: Rules) -> Counts | None:
    """Numbers of networks to aim at."""
    if rules.networks == "free":
        return None
    if rules.networks == "target":
        patients, high = ground.problem.patients, possible_counts(ground)[1]
        best = min(range(high + 1), key=lambda k: (abs(k * rules.target_list - patients), k))
        return best, best
    if isinstance(rules.networks, int):
        return rules.networks, rules.networks
    return int(rules.networks[0]), int(rules.networks[1])


def _improve(regions: Regions, wanted: Counts | None, kept: Callable[[str], None]) -> None:
    """Place who is left over, search regions anew, and lead the plan to the number wanted."""
    kept("first plan")
    place_loose(regions, kept)
    for size in REGIONS:
        sweep(regions, size, lambda count: None, kept)
    if wanted is None or wanted[0] <= len(regions.networks) <= wanted[1]:
        return
    changed = toward(regions, wanted, kept)
    sweep(regions, REGIONS[0], lambda count: (count, count), kept, changed)


def _offer(answer: Answer, ground: Ground, country: Country, plan: Pool) -> None:
    """Take a plan of charged costs if it leaves fewer out, or as few and is better."""
    charged = country.charge.of(plan, ground.problem.weights)
    costs = plan.costs - charged
    left, objective = ground.left_out(plan), float(costs.sum())
    mine = Pool(plan.offsets, plan.members, costs, plan.hubs, plan.spends)
    answer.plan, answer.left_out, answer.objective = mine, left, objective


def _keep_bound(answer: Answer, ground: Ground, country: Country) -> None:
    """State what is proven for the number of networks and the patients left out of the plan."""
    if country.relaxation is None or answer.plan is None:
        return
    out = np.ones(ground.problem.n, bool)
    out[answer.plan.members] = False
    bound = country.bound(len(answer.plan), float(country.penalties[out].sum()))
    answer.bound = min(answer.objective, bound)
    answer.certificate = certificate_of(country)
    answer.facts |= {**country.facts, "charge": country.charge.each}


def _conclude(
    answer: Answer, ground: Ground, country: Country, wanted: Counts | None, rules: Rules
) -> None:
    """Say what is proven, and what differs from what was asked for."""
    made = 0 if answer.plan is None else len(answer.plan)
    meets = wanted is None or wanted[0] <= made <= wanted[1]
    closed = answer.bound is not None and answer.objective - answer.bound <= 2 * ground.margin
    answer.settled = bool(closed and meets and answer.left_out == ground.least_out)
    if wanted is not None and not meets:
        asked = f"{wanted[0]:,}" if wanted[0] == wanted[1] else f"{wanted[0]:,} to {wanted[1]:,}"
        why = " would be nearest to the target size" if rules.networks == "target" else " asked for"
        answer.notes.append(f"{asked} networks{why}; the plan found has {made:,}.")
