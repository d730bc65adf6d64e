"""Cuts: finding violated ones, and the sums and rows of groups under them."""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Longs, longer32

__all__ = ["reduced_costs", "row_entries", "separate_triples"]


@kernel
def separate_triples(  # noqa: C901 - a kernel: one loop with its state at hand
    n: int, offsets: Longs, members: Ints, shares: Floats, least: float, most: int
) -> Floats:
    """Find violated cuts: three practices of which the groups holding two or more sum above 1.

    In any plan at most one network can hold two of three practices. `shares` are the positive
    LP values of the groups. Returns rows (i, j, k, violation), violation above `least`.
    """
    count = len(shares)
    by_practice = np.zeros(n + 1, np.int64)
    for q in range(offsets[count]):
        by_practice[members[q] + 1] += 1
    for i in range(n):
        by_practice[i + 1] += by_practice[i]
    holding = np.empty(offsets[count], np.int32)
    place = by_practice[:-1].copy()
    for g in range(count):
        for q in range(offsets[g], offsets[g + 1]):
            holding[place[members[q]]] = g
            place[members[q]] += 1
    out = np.empty((most, 4), np.float64)
    found = 0
    with_i = np.zeros(n, np.float64)
    with_j = np.zeros(n, np.float64)
    near_i = np.empty(n, np.int32)
    near_j = np.empty(n, np.int32)
    linked_i = np.zeros(n, np.uint8)
    linked_j = np.zeros(n, np.uint8)
    for i in range(n):
        count_i = 0
        for p in range(by_practice[i], by_practice[i + 1]):
            g = holding[p]
            for q in range(offsets[g], offsets[g + 1]):
                u = members[q]
                if u != i:
                    if linked_i[u] == 0:
                        linked_i[u] = 1
                        near_i[count_i] = u
                        count_i += 1
                    with_i[u] += shares[g]
        for s in range(count_i):
            j = near_i[s]
            count_j = 0
            for p in range(by_practice[j], by_practice[j + 1]):
                g = holding[p]
                all_three = False
                for q in range(offsets[g], offsets[g + 1]):
                    if members[q] == i:
                        all_three = True
                for q in range(offsets[g], offsets[g + 1]):
                    u = members[q]
                    if u != j and u != i:  # noqa: PLR1714 - numba
                        if linked_j[u] == 0:
                            linked_j[u] = 1
                            near_j[count_j] = u
                            count_j += 1
                        # all three in one group count once, not three times
                        with_j[u] += -shares[g] if all_three else shares[g]
            for t in range(count_j):
                k = near_j[t]
                # all three pairs are linked, or the row of the middle one would be above 1
                if i < j < k and linked_i[k] == 1:
                    violation = with_i[j] + with_i[k] + with_j[k] - 1.0
                    if violation > least and found < most:
                        out[found, 0] = i
                        out[found, 1] = j
                        out[found, 2] = k
                        out[found, 3] = violation
                        found += 1
            for t in range(count_j):
                linked_j[near_j[t]] = 0
                with_j[near_j[t]] = 0.0
        for s in range(count_i):
            linked_i[near_i[s]] = 0
            with_i[near_i[s]] = 0.0
    return out[:found]


@kernel
def reduced_costs(
    offsets: Longs,
    members: Ints,
    costs: Floats,
    prices: Floats,
    fee: float,
    cut_starts: Longs,
    cut_ids: Ints,
    cut_prices: Floats,
) -> Floats:
    """Reduced cost of every listed group; see `price_groups`."""
    out = np.empty(len(costs), np.float64)
    hits = np.zeros(len(cut_prices), np.int32)
    for g in range(len(costs)):
        total = costs[g] - fee
        for q in range(offsets[g], offsets[g + 1]):
            i = members[q]
            total -= prices[i]
            for p in range(cut_starts[i], cut_starts[i + 1]):
                cut = cut_ids[p]
                hits[cut] += 1
                if hits[cut] == 2:
                    total += cut_prices[cut]
        for q in range(offsets[g], offsets[g + 1]):
            i = members[q]
            for p in range(cut_starts[i], cut_starts[i + 1]):
                hits[cut_ids[p]] = 0
        out[g] = total
    return out


@kernel
def row_entries(
    offsets: Longs,
    members: Ints,
    cut_starts: Longs,
    cut_ids: Ints,
    cut_count: int,
    extra: int,
    cut_row: int,
) -> tuple[Ints, Ints]:
    """Rows of the LP that every group stands in: its members, `extra` (if 0 or more), its cuts.

    Returns starts and rows; a cut is a row of its own from `cut_row` on, entered by groups that
    hold two or more of its three practices.
    """
    count = len(offsets) - 1
    starts = np.empty(count, np.int32)
    rows = np.empty(max(16, 2 * len(members)), np.int32)
    hits = np.zeros(cut_count, np.int32)
    filled = 0
    for g in range(count):
        starts[g] = filled
        need = filled + offsets[g + 1] - offsets[g] + 1 + cut_count
        if need > len(rows):
            rows = longer32(rows, 2 * need)
        for q in range(offsets[g], offsets[g + 1]):
            rows[filled] = members[q]
            filled += 1
        if extra >= 0:
            rows[filled] = extra
            filled += 1
        for q in range(offsets[g], offsets[g + 1]):
            i = members[q]
            for p in range(cut_starts[i], cut_starts[i + 1]):
                hits[cut_ids[p]] += 1
                if hits[cut_ids[p]] == 2:
                    rows[filled] = cut_row + cut_ids[p]
                    filled += 1
        for q in range(offsets[g], offsets[g + 1]):
            i = members[q]
            for p in range(cut_starts[i], cut_starts[i + 1]):
                hits[cut_ids[p]] = 0
    return starts, rows[:filled].copy()
