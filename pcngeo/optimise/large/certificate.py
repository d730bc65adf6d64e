"""What proves the bound of a large plan: prices that anyone can check against the list of groups.

A plan of k networks that leaves nobody out who can be placed costs at least::

    sum of prices of practices - sum of prices of cuts - k x charge
      + sum over hubs of the least reduced cost of their groups, where below 0

The reduced cost of a group is its cost and its charge, less the prices of its members, plus the
prices of the cuts of which it holds two practices or more. Any prices prove something: none of them
has to be right.
"""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.columns import groups_within
from pcngeo.optimise.duals import Cuts, Prices, negative_part
from pcngeo.optimise.large.charge import Charge
from pcngeo.optimise.large.lp import Country
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Certificate

__all__ = ["certificate_of", "recompute"]


def certificate_of(country: Country) -> Certificate:
    """Take the prices of the proof out of an LP, by ODS code."""
    assert country.relaxation is not None and country.proven is not None
    prices, labels = country.relaxation.prices, country.plain.labels
    cuts = tuple(
        (labels[a], labels[b], labels[c], float(price))
        for (a, b, c), price in zip(country.master.cuts.all, prices.cuts, strict=True)
        if price > 0
    )
    return Certificate(
        country.proven.each,
        country.proven.floor,
        {p: float(v) for p, v in zip(labels, prices.practices, strict=True)},
        {p: float(v) for p, v in zip(labels, country.penalties, strict=True)},
        cuts,
    )


def recompute(problem: Problem, certificate: Certificate, networks: int) -> float:
    """Compute anew what the prices prove, all groups looked through once more.

    Parameters
    ----------
    problem
        The problem, without charges.
    certificate
        The prices.
    networks
        Number of networks of the plan.

    Returns
    -------
    float
        Least objective of a plan of so many networks that leaves nobody out who can be placed.
    """
    place = {p: i for i, p in enumerate(problem.labels)}
    charge = Charge(certificate.charge, certificate.floor)
    worth = np.array([certificate.prices[p] for p in problem.labels])
    penalties = np.array([certificate.penalties[p] for p in problem.labels])
    cuts = Cuts(problem.n, [(place[a], place[b], place[c]) for a, b, c, _ in certificate.cuts])
    tolls = np.array([price for *_, price in certificate.cuts], float)
    prices = Prices(worth, 0.0, tolls, 0.0)
    found = groups_within(charge.laid_on(problem), cuts, prices, 0.0, 4_000_000, Clock())
    assert found is not None
    placeable = penalties > 0
    spared = penalties + charge.rate * np.where(placeable, problem.weights, 0)
    negative = negative_part(problem.n, found.hubs, _reduced(found, worth, cuts, tolls))
    charged = charge.of_plan(networks, int(problem.weights[placeable].sum()))
    return prices.bound(spared, None, negative) - charged


def _reduced(pool: Pool, worth: np.ndarray, cuts: Cuts, tolls: np.ndarray) -> np.ndarray:
    """Reduced costs, group by group, without the kernels."""
    held = np.zeros((len(pool),))
    for g, members in enumerate(pool.groups()):
        inside = set(members)
        near = {int(q) for i in members for q in cuts.ids[cuts.starts[i] : cuts.starts[i + 1]]}
        paid = sum(tolls[q] for q in sorted(near) if len(inside & set(cuts.all[q])) > 1)
        held[g] = pool.costs[g] - worth[list(members)].sum() + paid
    return held
