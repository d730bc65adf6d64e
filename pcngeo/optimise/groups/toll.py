"""What the cuts cost on the way: tolls, and the bound that knows them.

A cut is paid for once a group holds two of its three practices. What a group will have to pay still
is bounded from below by a sum over single practices, their *tolls*, which a knapsack can read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Land, Longs

NEVER = 1 << 30

__all__ = ["ban", "can_gain", "find_links", "hit", "others"]


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
def find_links(land: Land, centre: int, gains: Ints, link: Ints) -> None:
    """Fill in how many patients it takes at least to bring each of `gains` in beside each member.

    The list size of the practice itself and of those on the lightest way to it.
    """
    for q in range(land.reach_starts[centre], land.reach_starts[centre + 1]):
        link[land.reach[q], : len(gains)] = NEVER
    for k in range(len(gains)):
        for q in range(land.reach_starts[gains[k]], land.reach_starts[gains[k] + 1]):
            i = land.reach[q]
            link[i, k] = land.reach_weight[q] - land.weights[i]


@kernel
def can_gain(
    weights: Longs,
    wanted: float,
    room: int,
    gains: Ints,
    need: Ints,
    value: Floats,
    toll: Floats,
    shut: NDArray[np.uint8],
    blocked: Ints,
    items: Floats,
) -> bool:
    """Tell whether practices that may still join could lower the reduced cost by `wanted`.

    A knapsack of what fits and can be reached, by the bound of Martello and Toth; where the best
    ratios that fit do it already, or all together do not, nothing is sorted.
    """
    left = room
    sum_ = 0.0
    tolled = False
    full = False
    for q in range(len(gains)):
        i = gains[q]
        gain = -value[i] - toll[i]
        if gain <= 0.0 or shut[i] == 1 or blocked[i] > 0 or need[q] > room:
            continue
        tolled |= toll[i] > 0.0
        if weights[i] <= left:
            sum_ += gain
            left -= weights[i]
            if sum_ >= wanted:
                return True
        else:
            full = True
            if not tolled and sum_ + gain * left / weights[i] < wanted:
                return False
            break
    if not full:
        return False
    count = 0
    for q in range(len(gains)):
        i = gains[q]
        gain = -value[i] - toll[i]
        if gain <= 0.0 or shut[i] == 1 or blocked[i] > 0 or need[q] > room:
            continue
        weight = float(weights[i])
        k = count
        while k > 0 and gain * items[k - 1, 1] > items[k - 1, 0] * weight:
            items[k, 0] = items[k - 1, 0]
            items[k, 1] = items[k - 1, 1]
            k -= 1
        items[k, 0] = gain
        items[k, 1] = weight
        count += 1
    return _knapsack_bound(items[:count], float(room)) >= wanted


@kernel
def _knapsack_bound(items: Floats, space: float) -> float:
    """Bound the gain of items (gain, patients; best ratio first, each fits) within a space.

    Either the first item that no longer fits is left out, or it is in and others give way.
    """
    total, without = 0.0, 0.0
    for k in range(len(items)):
        gain, patients = items[k, 0], items[k, 1]
        if patients > space:
            without = total
            if k + 1 < len(items):
                without += items[k + 1, 0] / items[k + 1, 1] * space
            lacking = patients - space
            total += gain - lacking * items[k - 1, 0] / items[k - 1, 1]
            break
        total += gain
        space -= patients
    return max(total, without)
