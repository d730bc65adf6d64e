"""Pricing: every group of reduced cost below a threshold."""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.hub import cost_at_hub
from pcngeo.optimise.groups.land import Floats, Ints, Land, Longs, longer32, longer64, longer_float
from pcngeo.optimise.groups.toll import ban, can_gain, find_links, hit, others

__all__ = ["price_groups"]


@kernel
def price_groups(  # noqa: C901 - a kernel: one loop with its state at hand
    land: Land,
    prices: Floats,
    fee: float,
    threshold: float,
    centres: Longs,
    cut_starts: Longs,
    cut_ids: Ints,
    cut_members: Ints,
    cut_prices: Floats,
    per_centre: int,
    visits_per_centre: int,
    max_groups: int,
) -> tuple[Longs, Ints, Floats, Ints, Floats, int, int]:
    """Return every group of reduced cost at most `threshold`, hubs among `centres`.

    The reduced cost of a group is its cost, less the `prices` of its members, less `fee` (the
    price of a network), plus the price of every cut of which it holds two members or more.
    `cut_starts` and `cut_ids` list the cuts of every practice, `cut_members` the three practices of
    every cut. `per_centre` and
    `visits_per_centre` (0: no limit) break the search of a centre off.

    Returns offsets, members (sorted within a group), costs, hubs, reduced costs, the number of
    sets visited and the number of centres broken off: 0 means complete.
    """
    n = len(land.weights)
    weights, ceiling = land.weights, land.ceiling
    offsets = np.zeros(1025, np.int64)
    members = np.empty(8192, np.int32)
    costs = np.empty(1024, np.float64)
    hubs = np.empty(1024, np.int32)
    reduced = np.empty(1024, np.float64)
    found = 0
    visited = 0
    broken = 0
    in_reach = np.full(n, -1, np.int32)
    seen = np.zeros(n, np.uint8)
    shut = np.zeros(n, np.uint8)  # in the set, or banned from it
    blocked = np.zeros(n, np.int32)  # kept apart from so many members of the set
    value = np.empty(n, np.float64)  # cost of serving a practice from the centre, less its price
    ratio = np.empty(n, np.float64)
    local_ratio = np.empty(land.widest, np.float64)
    gains = np.empty(land.widest, np.int32)  # practices that lower the reduced cost, best first
    link = np.empty((n, land.widest), np.int32)  # patients that it takes to bring each of them in
    need = np.empty((land.depth + 1, land.widest), np.int32)
    items = np.empty((land.widest, 2), np.float64)
    group = np.empty(land.depth + 1, np.int32)
    line = np.empty(land.depth + 1, np.int32)
    total = np.empty(land.depth + 1, np.float64)
    frontier = np.empty((land.depth + 2) * (land.widest + 1), np.int32)
    begin = np.empty(land.depth + 1, np.int64)
    end = np.empty(land.depth + 1, np.int64)
    fresh = np.empty(land.widest + 1, np.int32)
    fresh_begin = np.empty(land.depth + 2, np.int64)
    banned = np.empty(land.widest + land.depth + 2, np.int32)
    banned_begin = np.empty(land.depth + 2, np.int64)
    hits = np.zeros(len(cut_prices), np.int32)
    holder = np.zeros(len(cut_prices), np.int32)  # the member that was first to hit a cut
    toll = np.zeros(n, np.float64)  # what each would pay for cuts at least; see `toll`
    rest, cut_sums = others(cut_starts, cut_ids, cut_members)
    held = np.zeros(len(land.bundle_size), np.int32)
    tied = np.zeros(2, np.int64)  # practices tied to the set and outside it: number, weight

    for c in range(len(centres)):
        centre = centres[c]
        if weights[centre] > ceiling:
            continue
        shut[:] = 1  # out of reach
        toll[:] = 0.0
        first = land.reach_starts[centre]
        width = land.reach_starts[centre + 1] - first
        for q in range(width):
            i = land.reach[first + q]
            value[i] = land.reach_cost[first + q] - prices[i]
            ratio[i] = value[i] / max(1e-6, weights[i])
            local_ratio[q] = ratio[i]
            in_reach[i] = centre
            seen[i] = 0
            shut[i] = 0
            blocked[i] = 0
        order = np.argsort(local_ratio[:width])
        gain_count = 0
        for q in range(width):
            i = land.reach[first + order[q]]
            if value[i] >= 0:
                break
            if i != centre:
                gains[gain_count] = i
                gain_count += 1
        find_links(land, centre, gains[:gain_count], link)
        need[0, :gain_count] = link[centre, :gain_count]

        size = 1
        weight = weights[centre]
        _enter(land, centre, blocked, held, tied)
        hit(cut_starts, cut_ids, cut_sums, cut_prices, rest, centre, 1, hits, holder, toll, shut)
        group[0] = centre
        seen[centre] = 1
        shut[centre] = 1
        total[0] = value[centre] - fee
        begin[0] = 0
        fresh_begin[0] = 0
        stop = 0
        for q in range(land.starts[centre], land.starts[centre + 1]):
            i = land.neighbours[q]
            if in_reach[i] == centre:
                frontier[stop] = i
                fresh[stop] = i
                seen[i] = 1
                stop += 1
        end[0] = stop
        fresh_begin[1] = stop
        banned_count = 0
        banned_begin[0] = 0
        new = True
        visits = 0
        mine = 0
        while size > 0:
            d = size - 1
            if new:
                new = False
                visits += 1
                if weight >= land.floor and total[d] <= threshold and tied[0] == 0:
                    cost = cost_at_hub(land, group[:size], line, centre)
                    if cost >= 0.0:
                        if found + 1 >= len(costs):
                            offsets = longer64(offsets, 2 * len(offsets))
                            costs = longer_float(costs, 2 * len(costs))
                            hubs = longer32(hubs, 2 * len(hubs))
                            reduced = longer_float(reduced, 2 * len(reduced))
                        filled = offsets[found]
                        if filled + size > len(members):
                            members = longer32(members, 2 * (filled + size))
                        members[filled : filled + size] = line[:size]
                        costs[found] = cost
                        hubs[found] = centre
                        reduced[found] = total[d]
                        found += 1
                        offsets[found] = filled + size
                        mine += 1
                if (
                    (visits_per_centre > 0 and visits >= visits_per_centre)
                    or (per_centre > 0 and mine >= per_centre)
                    or found >= max_groups
                ):
                    broken += 1
                    for j in range(size - 1, -1, -1):
                        _leave(land, group[j], blocked, held, tied)
                        hit(
                            cut_starts,
                            cut_ids,
                            cut_sums,
                            cut_prices,
                            rest,
                            group[j],
                            -1,
                            hits,
                            holder,
                            toll,
                            shut,
                        )
                    break
            prune = end[d] == begin[d] or size >= land.max_members
            if not prune and total[d] > threshold:
                wanted = total[d] - threshold
                room = ceiling - weight
                prune = not can_gain(
                    weights,
                    wanted,
                    room,
                    gains[:gain_count],
                    need[d],
                    value,
                    toll,
                    shut,
                    blocked,
                    items,
                )
            if prune:
                for q in range(fresh_begin[d], fresh_begin[d + 1]):
                    seen[fresh[q]] = 0
                for q in range(banned_begin[d], banned_count):
                    shut[banned[q]] = 0
                    ban(
                        cut_starts, cut_ids, cut_sums, cut_prices, banned[q], -1, hits, holder, toll
                    )
                banned_count = banned_begin[d]
                last = group[d]
                weight -= weights[last]
                _leave(land, last, blocked, held, tied)
                hit(
                    cut_starts,
                    cut_ids,
                    cut_sums,
                    cut_prices,
                    rest,
                    last,
                    -1,
                    hits,
                    holder,
                    toll,
                    shut,
                )
                size -= 1
                if size > 0:  # stays shut for its later siblings
                    ban(cut_starts, cut_ids, cut_sums, cut_prices, last, 1, hits, holder, toll)
                    banned[banned_count] = last
                    banned_count += 1
                continue

            pick = begin[d]
            for q in range(begin[d] + 1, end[d]):
                if ratio[frontier[q]] < ratio[frontier[pick]]:
                    pick = q
            i = frontier[pick]
            end[d] -= 1
            frontier[pick] = frontier[end[d]]
            if blocked[i] > 0 or weight + weights[i] > ceiling:
                shut[i] = 1
                ban(cut_starts, cut_ids, cut_sums, cut_prices, i, 1, hits, holder, toll)
                banned[banned_count] = i
                banned_count += 1
                continue
            weight += weights[i]
            _enter(land, i, blocked, held, tied)
            hit(cut_starts, cut_ids, cut_sums, cut_prices, rest, i, 1, hits, holder, toll, shut)
            shut[i] = 1
            group[size] = i
            for q in range(gain_count):
                need[size, q] = min(need[d, q], link[i, q])
            total[size] = total[d] + value[i]
            for q in range(cut_starts[i], cut_starts[i + 1]):
                if hits[cut_ids[q]] == 2:
                    total[size] += cut_prices[cut_ids[q]]
            begin[size] = end[d]
            stop = end[d]
            for q in range(begin[d], end[d]):
                frontier[stop] = frontier[q]
                stop += 1
            grown = fresh_begin[size]
            for q in range(land.starts[i], land.starts[i + 1]):
                j = land.neighbours[q]
                if in_reach[j] == centre and seen[j] == 0:
                    seen[j] = 1
                    fresh[grown] = j
                    grown += 1
                    frontier[stop] = j
                    stop += 1
            end[size] = stop
            fresh_begin[size + 1] = grown
            banned_begin[size] = banned_count
            size += 1
            new = True
            if weight + tied[1] > ceiling:  # those tied to the set no longer fit
                end[size - 1] = begin[size - 1]
        visited += visits
        if found >= max_groups:
            broken += len(centres) - 1 - c
            break
    filled = offsets[found]
    return (
        offsets[: found + 1].copy(),
        members[:filled].copy(),
        costs[:found].copy(),
        hubs[:found].copy(),
        reduced[:found].copy(),
        visited,
        broken,
    )


@kernel
def _enter(
    land: Land,
    i: int,
    blocked: Ints,
    held: Ints,
    tied: Longs,
) -> None:
    """Count a practice into the set: whom it blocks, whom it ties."""
    for q in range(land.apart_starts[i], land.apart_starts[i + 1]):
        blocked[land.apart[q]] += 1
    b = land.bundle[i]
    if b >= 0:
        if held[b] == 0:
            tied[0] += land.bundle_size[b]
            tied[1] += land.bundle_weight[b]
        held[b] += 1
        tied[0] -= 1
        tied[1] -= land.weights[i]


@kernel
def _leave(
    land: Land,
    i: int,
    blocked: Ints,
    held: Ints,
    tied: Longs,
) -> None:
    """Undo `_enter`."""
    for q in range(land.apart_starts[i], land.apart_starts[i + 1]):
        blocked[land.apart[q]] -= 1
    b = land.bundle[i]
    if b >= 0:
        held[b] -= 1
        tied[0] += 1
        tied[1] += land.weights[i]
        if held[b] == 0:
            tied[0] -= land.bundle_size[b]
            tied[1] -= land.bundle_weight[b]
