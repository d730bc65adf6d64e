"""Practices that share a network in every plan that places everybody, for want of another way.

Where all that a practice can reach without another one is less than a network's least, its network
holds that other one: a practice with one neighbour that it is not kept apart from, a valley behind
one practice. The LP does not know that. It pays a great deal for the one and takes it back from the
other, and no search for groups can be cut short under such prices: said as a demand to keep them
together, they are shared out (`Problem.evened`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.keeping import kept_arrays
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = ["keeping_ties", "tied"]


def tied(problem: Problem, placed: NDArray[np.bool_]) -> Problem:
    """Tie practices that no plan divides which places all of some practices.

    Parameters
    ----------
    problem
        What is divided.
    placed
        Whether a practice is to be placed.

    Returns
    -------
    Problem
        With more and larger bundles, each kept apart from whom one of its members is kept apart
        from; the same one where nobody is tied by place.
    """
    land, n = problem.land, problem.n
    bundle = [[i] for i in range(n)]  # one list for all of a bundle
    for i in np.flatnonzero(land.bundle >= 0):
        bundle[i] = np.flatnonzero(land.bundle == land.bundle[i]).tolist()
    apart = [set(land.apart[land.apart_starts[i] : land.apart_starts[i + 1]]) for i in range(n)]
    beside = [problem.neighbours(i) for i in range(n)]
    weights, before, found = land.weights.tolist(), -1, 0
    while found != before:  # whoever is tied is kept apart from more
        before = found
        for i in np.flatnonzero(placed):
            shut = {k for m in bundle[i] for j in apart[m] for k in bundle[j]}
            for j in _around(beside, weights, int(i), shut, land.floor)[1:]:
                if j not in bundle[i] and _short(beside, weights, int(i), shut | {j}, land.floor):
                    joined = sorted({*bundle[i], *bundle[j]})
                    for m in joined:
                        bundle[m] = joined
                    found += 1
    if not found:
        return problem
    groups = sorted({tuple(row) for row in bundle if len(row) > 1})
    pairs = {
        (k, m) for i in range(n) for j in apart[i] for k in bundle[i] for m in bundle[j] if k != m
    }
    kept = kept_arrays(n, pairs, [list(row) for row in groups], land.weights)
    land = land._replace(
        apart_starts=kept.starts,
        apart=kept.apart,
        bundle=kept.bundle,
        bundle_size=kept.size,
        bundle_weight=kept.weight,
    )
    return replace(problem, land=land)


def _short(
    beside: Sequence[Sequence[int]], weights: Sequence[int], i: int, shut: set[int], floor: int
) -> bool:
    """Tell whether a practice reaches less than a network's least without some others."""
    return sum(weights[j] for j in _around(beside, weights, i, shut, floor)) < floor


def _around(
    beside: Sequence[Sequence[int]], weights: Sequence[int], i: int, shut: set[int], floor: int
) -> list[int]:
    """Whom a practice reaches without some others, as far as it takes for a network's least."""
    met, seen, total = [i], shut | {i}, weights[i]
    for here in met:
        for j in beside[here]:
            if total >= floor:
                return met
            if j not in seen:
                met.append(j)
                seen.add(j)
                total += weights[j]
    return met


def keeping_ties(problem: Problem, pool: Pool) -> NDArray[np.bool_]:
    """Tell of every group whether it holds all of each bundle that it holds one of."""
    land, kept = problem.land, np.ones(len(pool), bool)
    for b, size in enumerate(land.bundle_size):
        held = np.bincount(pool.owners, land.bundle[pool.members] == b, minlength=len(pool))
        kept &= (held == 0) | (held == size)
    return kept
