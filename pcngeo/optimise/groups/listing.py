"""Listing: every allowed group that holds a practice."""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.hub import allowed, hub_of
from pcngeo.optimise.groups.land import Floats, Ints, Land, Longs, longer32, longer64, longer_float

__all__ = ["list_groups"]


@kernel
def list_groups(  # noqa: C901 - a kernel: one loop with its state at hand
    land: Land, root: int, only_above: bool, most_groups: int, most_visits: int
) -> tuple[Longs, Ints, Floats, Ints, int, bool]:
    """List every allowed group that holds `root`, each once.

    With `only_above`, only groups whose other members come after `root`: over all roots, every
    group there is. Returns offsets, sorted members, costs, hubs, the number of sets visited, and
    whether the list is complete.
    """
    n = len(land.weights)
    offsets = np.zeros(65, np.int64)
    members = np.empty(512, np.int32)
    costs = np.empty(64, np.float64)
    hubs = np.empty(64, np.int32)
    found = 0
    visited = 0
    complete = True
    seen = np.zeros(n, np.uint8)
    group = np.empty(land.depth + 1, np.int32)
    line = np.empty(land.depth + 1, np.int32)
    width = land.reach_starts[root + 1] - land.reach_starts[root]
    frontier = np.empty((land.depth + 2) * (width + 1), np.int32)
    begin = np.empty(land.depth + 1, np.int64)
    end = np.empty(land.depth + 1, np.int64)
    fresh = np.empty(width + 1, np.int32)
    fresh_begin = np.empty(land.depth + 2, np.int64)
    in_reach = np.zeros(n, np.uint8)
    for q in range(land.reach_starts[root], land.reach_starts[root + 1]):
        i = land.reach[q]
        in_reach[i] = 1 if (not only_above or i >= root) else 0
    size = 0
    weight = 0
    i = root
    seen[root] = 1
    stop = 0
    if land.weights[root] > land.ceiling:
        return offsets[:1].copy(), members[:0].copy(), costs[:0].copy(), hubs[:0].copy(), 0, True
    fresh_begin[0] = 0
    while True:
        if i >= 0:  # enter i: it may stand with what is left of the frontier, and its own fresh
            group[size] = i
            weight += land.weights[i]
            visited += 1
            old_begin = begin[size - 1] if size > 0 else 0
            old_end = end[size - 1] if size > 0 else 0
            stop = old_end
            begin[size] = stop
            for q in range(old_begin, old_end):
                frontier[stop] = frontier[q]
                stop += 1
            grown = fresh_begin[size]
            for q in range(land.starts[i], land.starts[i + 1]):
                j = land.neighbours[q]
                if in_reach[j] == 1 and seen[j] == 0:
                    seen[j] = 1
                    fresh[grown] = j
                    grown += 1
                    frontier[stop] = j
                    stop += 1
            end[size] = stop
            fresh_begin[size + 1] = grown
            size += 1
            if weight >= land.floor and size <= land.max_members and allowed(land, group, size):
                hub, cost = hub_of(land, group[:size], line)
                if found + 1 >= len(costs):
                    offsets = longer64(offsets, 2 * len(offsets))
                    costs = longer_float(costs, 2 * len(costs))
                    hubs = longer32(hubs, 2 * len(hubs))
                filled = offsets[found]
                if filled + size > len(members):
                    members = longer32(members, 2 * (filled + size))
                members[filled : filled + size] = line[:size]
                costs[found] = cost
                hubs[found] = hub
                found += 1
                offsets[found] = filled + size
            if found >= most_groups or visited >= most_visits:
                complete = False
                break
        i = -1
        d = size - 1
        if end[d] > begin[d]:
            end[d] -= 1
            j = frontier[end[d]]
            if weight + land.weights[j] <= land.ceiling:
                i = j
        else:
            for q in range(fresh_begin[d], fresh_begin[d + 1]):
                seen[fresh[q]] = 0
            weight -= land.weights[group[d]]
            size -= 1
            if size == 0:
                break
    filled = offsets[found]
    return (
        offsets[: found + 1].copy(),
        members[:filled].copy(),
        costs[:found].copy(),
        hubs[:found].copy(),
        visited,
        complete,
    )
