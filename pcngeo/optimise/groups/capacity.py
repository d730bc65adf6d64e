"""Capacity cuts: finding violated ones by growing sets, and which groups touch a set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Longs

__all__ = ["separate_capacity", "touch_entries", "touch_sums"]


@kernel
def touch_entries(
    offsets: Longs, members: Ints, starts: Longs, ids: Ints, count: int
) -> tuple[Longs, Ints]:
    """List group and set wherever a group touches a set, group by group."""
    groups, sets = np.empty(64, np.int64), np.empty(64, np.int32)
    filled = 0
    last = np.full(count, -1, np.int64)
    for g in range(len(offsets) - 1):
        if filled + count > len(groups):
            more = np.empty(filled + count, np.int32)
            groups = np.concatenate((groups, more.astype(np.int64)))
            sets = np.concatenate((sets, more))
        for q in range(offsets[g], offsets[g + 1]):
            for p in range(starts[members[q]], starts[members[q] + 1]):
                if last[ids[p]] != g:
                    last[ids[p]] = g
                    groups[filled] = g
                    sets[filled] = ids[p]
                    filled += 1
    return groups[:filled].copy(), sets[:filled].copy()


@kernel
def touch_sums(offsets: Longs, members: Ints, starts: Longs, ids: Ints, prices: Floats) -> Floats:
    """Add up what every group is given for the sets that it touches."""
    out = np.zeros(len(offsets) - 1, np.float64)
    last = np.full(len(prices), -1, np.int64)
    for g in range(len(out)):
        total = 0.0
        for q in range(offsets[g], offsets[g + 1]):
            for p in range(starts[members[q]], starts[members[q] + 1]):
                if last[ids[p]] != g:
                    last[ids[p]] = g
                    total += prices[ids[p]]
        out[g] = total
    return out


@kernel
def separate_capacity(  # noqa: C901 - a kernel: one loop with its state at hand
    offsets: Longs,
    members: Ints,
    shares: Floats,
    left_out: Floats,
    weights: Longs,
    floor: int,
    ceiling: int,
    lowest: int,
    least: float,
) -> tuple[NDArray[np.bool_], Longs, Floats]:
    """Grow a set from every practice, by the one that adds least; keep it at its most violated.

    Returns the sets, how many networks each needs, and the violations, above `least`.
    """
    n = len(weights)
    whole = 0
    for i in range(n):
        whole += weights[i]
    begins = np.zeros(n + 1, np.int64)
    for q in range(len(members)):
        begins[members[q] + 1] += 1
    for i in range(n):
        begins[i + 1] += begins[i]
    holding = np.empty(len(members), np.int32)
    place = begins[:-1].copy()
    for g in range(len(shares)):
        for q in range(offsets[g], offsets[g + 1]):
            holding[place[members[q]]] = g
            place[members[q]] += 1
    sets = np.zeros((2 * n, n), np.bool_)
    needs = np.zeros(2 * n, np.int64)
    values = np.zeros(2 * n, np.float64)
    found = 0
    hits = np.zeros(len(shares), np.int32)
    inside = np.zeros(n, np.bool_)
    fresh = np.zeros(n, np.float64)  # what a practice would touch that is not touched yet
    line = np.empty(n, np.int32)
    for first in range(n):
        hits[:] = 0
        inside[:] = False
        for i in range(n):
            fresh[i] = 0.0
            for q in range(begins[i], begins[i + 1]):
                fresh[i] += shares[holding[q]]
        weight = 0
        touched = 0.0
        following = first
        size = 0
        best, best_need, best_size = least, 0, 0
        while following >= 0:
            i = following
            inside[i] = True
            line[size] = i
            size += 1
            weight += weights[i]
            for q in range(begins[i], begins[i + 1]):
                g = holding[q]
                if hits[g] == 0:
                    touched += shares[g]
                    for p in range(offsets[g], offsets[g + 1]):
                        fresh[members[p]] -= shares[g]
                hits[g] += 1
            need, relief = _need(weight, whole, floor, ceiling, lowest)
            value = need - touched
            if relief > 0.0 and value > best:
                for q in range(size):
                    value -= left_out[line[q]] * min(1.0, weights[line[q]] / relief)
            if value > best:
                best, best_need, best_size = value, need, size
            following = -1
            least_cost = 1e9
            for j in range(n):
                if not inside[j]:
                    cost = fresh[j] + left_out[j] - weights[j] / ceiling
                    if cost < least_cost:
                        least_cost = cost
                        following = j
        if best_size > 0:
            for q in range(best_size):
                sets[found, line[q]] = True
            needs[found] = best_need
            values[found] = best
            found += 1
    return sets[:found], needs[:found], values[:found]


@kernel
def _need(weight: int, whole: int, floor: int, ceiling: int, lowest: int) -> tuple[int, float]:
    """How many networks must touch practices of so many patients, and the part that counts most."""
    need = -(-weight // ceiling)
    relief = float(weight - (need - 1) * ceiling)
    other = lowest - (whole - weight) // floor
    if other > need:
        return other, 0.0
    return need, relief
