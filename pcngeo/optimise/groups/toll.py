"""What the cuts cost on the way: tolls, and the bound that knows them.

A cut is paid for once a group holds two of its three practices. What a group will have to pay still
is bounded from below by a sum over single practices, their *tolls*, which a knapsack can read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Land, Longs

__all__ = ["ban", "can_gain", "hit", "others"]


@kernel
def hit(
    cut_starts: Longs,
    cut_ids: Ints,
    cut_sums: Longs,
    cut_prices: Floats,
    rest: Ints,
    i: int,
    step: int,
    hits: Ints,
    holder: Ints,
    toll: Floats,
    shut: NDArray[np.uint8],
) -> None:
    """Count a practice into or out of its cuts, last in first out, and keep the tolls.

    A cut with one member in the set is paid for as soon as either of the other two joins: half of
    its price stands on each, so that both together pay once; all of it where the other is shut out.
    """
    for q in range(cut_starts[i], cut_starts[i + 1]):
        cut = cut_ids[q]
        before = hits[cut]
        hits[cut] += step
        half = 0.5 * cut_prices[cut]
        if before + hits[cut] == 1:  # the first one joins or leaves
            holder[cut] = i
            a, b = rest[2 * q], rest[2 * q + 1]
            toll[a] += step * (half + shut[b] * half)
            toll[b] += step * (half + shut[a] * half)
        elif before + hits[cut] == 3:  # the second one does: the third pays nothing
            toll[cut_sums[cut] - holder[cut] - i] -= step * half


@kernel
def ban(
    cut_starts: Longs,
    cut_ids: Ints,
    cut_sums: Longs,
    cut_prices: Floats,
    i: int,
    step: int,
    hits: Ints,
    holder: Ints,
    toll: Floats,
) -> None:
    """Shut a practice out of its cuts, or let it in again: the last one left pays all."""
    for q in range(cut_starts[i], cut_starts[i + 1]):
        cut = cut_ids[q]
        if hits[cut] == 1:
            toll[cut_sums[cut] - holder[cut] - i] += step * 0.5 * cut_prices[cut]


@kernel
def others(cut_starts: Longs, cut_ids: Ints, cut_members: Ints) -> tuple[Ints, Longs]:
    """List the other two of every practice's cuts, and the sum of the three of every cut."""
    rest = np.empty(2 * len(cut_ids), np.int32)
    sums = np.zeros(len(cut_members) // 3, np.int64)
    for q in range(len(cut_members)):
        sums[q // 3] += cut_members[q]
    for i in range(len(cut_starts) - 1):
        for q in range(cut_starts[i], cut_starts[i + 1]):
            filled = 2 * q
            for k in range(3 * cut_ids[q], 3 * cut_ids[q] + 3):
                if cut_members[k] != i:
                    rest[filled] = cut_members[k]
                    filled += 1
    return rest, sums


@kernel
def can_gain(
    land: Land,
    wanted: float,
    room: int,
    gains: Ints,
    value: Floats,
    toll: Floats,
    shut: NDArray[np.uint8],
    blocked: Ints,
    seen: NDArray[np.uint8],
) -> bool:
    """Tell whether practices that may still join could lower the reduced cost by `wanted`.

    A fractional knapsack in the order of the untolled values; where it falls short, the tolls may
    have upset the order, so the answer is taken from its dual, which holds for any rate.
    """
    weights = land.weights
    left = room
    sum_ = 0.0
    rate = 0.0
    for q in range(len(gains)):
        i = gains[q]
        gain = -value[i] - toll[i]
        # what cannot fit, with the practice that it takes to get there, never joins
        need = weights[i] if seen[i] == 1 else weights[i] + land.least_link[i]
        if gain <= 0.0 or shut[i] == 1 or blocked[i] > 0 or need > room:
            continue
        if weights[i] <= left:
            sum_ += gain
            left -= weights[i]
            if sum_ >= wanted:
                return True
        else:
            rate = gain / weights[i]
            if sum_ + rate * left >= wanted:
                return True
            break
    if rate == 0.0:
        return False
    sum_ = rate * room
    for q in range(len(gains)):
        i = gains[q]
        need = weights[i] if seen[i] == 1 else weights[i] + land.least_link[i]
        if shut[i] == 1 or blocked[i] > 0 or need > room:
            continue
        gain = -value[i] - toll[i] - rate * weights[i]
        if gain > 0.0:
            sum_ += gain
    return sum_ >= wanted
