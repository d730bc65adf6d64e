"""Connected groups of practices inside the size window: the compiled kernels.

Everything works on positions (0..n-1), never on labels, and is local to a *centre*: the practice
that would be the group's hub. The practices that can share a network with a centre at all (the
least path of list sizes to them stays under the ceiling) are its *reach*; only those are touched,
so nothing here is n x n.

The heart is `price_groups`. Given a price for every practice (the duals of the set partitioning
LP), it returns *every* group whose reduced cost is at most a threshold: one tree of connected
sets per centre (ESU: each connected set once), most promising neighbour first, cut off by a
fractional knapsack over what can still be reached. The bound is valid, so a call that ends
unbroken is a proof that no other such group exists. A group is returned only at its true hub;
sums run over sorted members so that every centre computes the same bits and exactly one claims
the group.

`plain.py` holds the same answers in a few lines of slow Python; a test holds both equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "Land",
    "find_reach",
    "grow_groups",
    "list_groups",
    "price_groups",
    "reduced_costs",
    "row_entries",
    "separate_triples",
]

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

#: More than any sum of list sizes.
INFINITE = 1 << 60


class Land(NamedTuple):
    """A problem as arrays for the kernels; see `problem.Problem` for what each one means."""

    starts: Longs
    neighbours: Ints
    weights: Longs
    floor: int
    ceiling: int
    reach_starts: Longs
    reach: Ints
    reach_cost: Floats
    apart_starts: Longs
    apart: Ints
    bundle: Ints
    bundle_size: Ints
    bundle_weight: Longs
    fixed_hub: NDArray[np.uint8]
    max_members: int
    least_link: Longs
    depth: int
    widest: int


@njit(cache=True, nogil=True)
def find_reach(starts: Longs, neighbours: Ints, weights: Longs, ceiling: int) -> tuple[Longs, Ints]:
    """List, for every practice, whom it can share a network with (sorted; itself included)."""
    n = len(weights)
    reach_starts = np.zeros(n + 1, np.int64)
    reach = np.empty(max(64, 16 * n), np.int32)
    best = np.full(n, INFINITE, np.int64)
    queue = np.empty(n, np.int32)
    filled = 0
    for centre in range(n):
        count = 0
        if weights[centre] <= ceiling:
            queue[0] = centre
            best[centre] = weights[centre]
            count = 1
        done = 0
        while done < count:
            least = done
            for q in range(done + 1, count):
                if best[queue[q]] < best[queue[least]]:
                    least = q
            here = queue[least]
            queue[least] = queue[done]
            queue[done] = here
            done += 1
            for q in range(starts[here], starts[here + 1]):
                there = neighbours[q]
                total = best[here] + weights[there]
                if total <= ceiling and total < best[there]:
                    if best[there] == INFINITE:
                        queue[count] = there
                        count += 1
                    best[there] = total
        if filled + count > len(reach):
            reach = _longer32(reach, 2 * (filled + count))
        reach[filled : filled + count] = np.sort(queue[:count])
        for q in range(count):
            best[queue[q]] = INFINITE
        filled += count
        reach_starts[centre + 1] = filled
    return reach_starts, reach[:filled].copy()


@njit(cache=True, nogil=True)
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
    toll = np.zeros(n, np.float64)  # half the price of every cut that a practice would close
    held = np.zeros(len(land.bundle_size), np.int32)
    tied = np.zeros(2, np.int64)  # practices tied to the set and outside it: number, weight

    for c in range(len(centres)):
        centre = centres[c]
        if weights[centre] > ceiling:
            continue
        first = land.reach_starts[centre]
        width = land.reach_starts[centre + 1] - first
        for q in range(width):
            i = land.reach[first + q]
            value[i] = land.reach_cost[first + q] - prices[i]
            ratio[i] = value[i] / max(1, weights[i])
            local_ratio[q] = ratio[i]
            in_reach[i] = centre
            seen[i] = 0
            shut[i] = 0
            blocked[i] = 0
            toll[i] = 0.0
        order = np.argsort(local_ratio[:width])
        gain_count = 0
        for q in range(width):
            i = land.reach[first + order[q]]
            if value[i] >= 0:
                break
            if i != centre:
                gains[gain_count] = i
                gain_count += 1

        size = 1
        weight = weights[centre]
        _enter(land, centre, blocked, held, tied)
        _hit(cut_starts, cut_ids, cut_members, cut_prices, centre, 1, hits, holder, toll)
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
                    cost = _cost_at_hub(land, group[:size], line, centre)
                    if cost >= 0.0:
                        if found + 1 >= len(costs):
                            offsets = _longer64(offsets, 2 * len(offsets))
                            costs = _longer_float(costs, 2 * len(costs))
                            hubs = _longer32(hubs, 2 * len(hubs))
                            reduced = _longer_float(reduced, 2 * len(reduced))
                        filled = offsets[found]
                        if filled + size > len(members):
                            members = _longer32(members, 2 * (filled + size))
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
                        _hit(
                            cut_starts,
                            cut_ids,
                            cut_members,
                            cut_prices,
                            group[j],
                            -1,
                            hits,
                            holder,
                            toll,
                        )
                    break
            prune = end[d] == begin[d] or size >= land.max_members
            if not prune and total[d] > threshold:
                wanted = total[d] - threshold
                room = ceiling - weight
                prune = not _can_gain(
                    land, wanted, room, gains[:gain_count], value, toll, shut, blocked, seen
                )
            if prune:
                for q in range(fresh_begin[d], fresh_begin[d + 1]):
                    seen[fresh[q]] = 0
                for q in range(banned_begin[d], banned_count):
                    shut[banned[q]] = 0
                banned_count = banned_begin[d]
                last = group[d]
                weight -= weights[last]
                _leave(land, last, blocked, held, tied)
                _hit(cut_starts, cut_ids, cut_members, cut_prices, last, -1, hits, holder, toll)
                size -= 1
                if size > 0:  # stays shut for its later siblings
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
                banned[banned_count] = i
                banned_count += 1
                continue
            weight += weights[i]
            _enter(land, i, blocked, held, tied)
            _hit(cut_starts, cut_ids, cut_members, cut_prices, i, 1, hits, holder, toll)
            shut[i] = 1
            group[size] = i
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _hit(
    cut_starts: Longs,
    cut_ids: Ints,
    cut_members: Ints,
    cut_prices: Floats,
    i: int,
    step: int,
    hits: Ints,
    holder: Ints,
    toll: Floats,
) -> None:
    """Count a practice into or out of its cuts, last in first out, and keep the tolls.

    A cut with one member in the set is paid for as soon as either of the other two joins: half of
    its price stands on each, so that both together pay once.
    """
    for q in range(cut_starts[i], cut_starts[i + 1]):
        cut = cut_ids[q]
        before = hits[cut]
        hits[cut] += step
        if before == 0:
            holder[cut] = i
        lone = hits[cut] == 1
        if lone or before == 1:
            half = 0.5 * cut_prices[cut] if lone else -0.5 * cut_prices[cut]
            for k in range(3):
                if cut_members[3 * cut + k] != holder[cut]:
                    toll[cut_members[3 * cut + k]] += half


@njit(cache=True, nogil=True)
def _can_gain(
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


@njit(cache=True, nogil=True)
def _cost_at_hub(land: Land, group: Ints, line: Ints, centre: int) -> float:
    """Cost of the group if `centre` is its hub, else -1; `line` receives the sorted members."""
    size = len(group)
    fixed = 0
    for k in range(size):
        fixed += land.fixed_hub[group[k]]
        q = k
        while q > 0 and line[q - 1] > group[k]:
            line[q] = line[q - 1]
            q -= 1
        line[q] = group[k]
    cost = _cost_from(land, line, size, centre)
    if fixed > 0:
        return cost if fixed == 1 and land.fixed_hub[centre] == 1 else -1.0
    for k in range(size):
        other = line[k]
        if other != centre:
            rival = _cost_from(land, line, size, other)
            if rival < cost or (rival == cost and other < centre):
                return -1.0
    return cost


@njit(cache=True, nogil=True)
def _cost_from(land: Land, line: Ints, size: int, hub: int) -> float:
    """Sum the cost of serving the sorted members from `hub`, in their order."""
    low = land.reach_starts[hub]
    last = land.reach_starts[hub + 1]
    cost = 0.0
    for k in range(size):
        high = last
        while high - low > 1:  # members ascend, and so do the entries of the reach
            middle = (low + high) // 2
            if land.reach[middle] <= line[k]:
                low = middle
            else:
                high = middle
        cost += land.reach_cost[low]
    return cost


@njit(cache=True, nogil=True)
def grow_groups(  # noqa: C901 - a kernel: one loop with its state at hand
    land: Land, repeats: int, noise: float, seed: int, keep: int
) -> tuple[Longs, Ints, Floats, Ints]:
    """Grow groups around every centre, nearest first with random noise: a first stock.

    Every stage of growth inside the window counts; the `keep` cheapest per patient of every
    centre are returned as offsets, members, costs and hubs (a group can come more than once).
    """
    np.random.seed(seed)  # noqa: NPY002 - numba's own generator
    n = len(land.weights)
    weights = land.weights
    offsets = np.zeros(n * keep + 1, np.int64)
    members = np.empty(n * keep * min(land.depth, 8) + land.depth, np.int32)
    costs = np.empty(n * keep, np.float64)
    hubs = np.empty(n * keep, np.int32)
    found = 0
    in_reach = np.full(n, -1, np.int32)
    stamp = np.zeros(n, np.int64)
    key = np.empty(n, np.float64)
    group = np.empty(land.depth + 1, np.int32)
    line = np.empty(land.depth + 1, np.int32)
    frontier = np.empty(land.widest + 1, np.int32)
    capacity = 4 * repeats
    stock = np.empty((capacity, land.depth + 1), np.int32)
    stock_size = np.empty(capacity, np.int32)
    stock_cost = np.empty(capacity, np.float64)
    stock_hub = np.empty(capacity, np.int32)
    stock_key = np.empty(capacity, np.float64)
    now = 0
    for centre in range(n):
        if weights[centre] > land.ceiling:
            continue
        first, last = land.reach_starts[centre], land.reach_starts[centre + 1]
        stocked = 0
        for run in range(repeats):
            for q in range(first, last):
                i = land.reach[q]
                in_reach[i] = centre
                key[i] = land.reach_cost[q] / max(1, weights[i])
                if run > 0:
                    key[i] *= 1.0 + noise * np.random.exponential()  # noqa: NPY002
            now += 1
            stamp[centre] = now
            group[0] = centre
            size = 1
            weight = weights[centre]
            waiting = 0
            newest = centre
            while True:
                for q in range(land.starts[newest], land.starts[newest + 1]):
                    i = land.neighbours[q]
                    if in_reach[i] == centre and stamp[i] != now:
                        stamp[i] = now
                        frontier[waiting] = i
                        waiting += 1
                if weight >= land.floor and stocked < capacity and _allowed(land, group, size):
                    hub, cost = _hub_of(land, group[:size], line)
                    stock[stocked, :size] = line[:size]
                    stock_size[stocked] = size
                    stock_cost[stocked] = cost
                    stock_hub[stocked] = hub
                    stock_key[stocked] = cost / max(1, weight)
                    stocked += 1
                if size >= land.depth or size >= land.max_members:
                    break
                pick = -1
                for q in range(waiting):
                    if weight + weights[frontier[q]] <= land.ceiling and (
                        pick < 0 or key[frontier[q]] < key[frontier[pick]]
                    ):
                        pick = q
                if pick < 0:
                    break
                newest = frontier[pick]
                waiting -= 1
                frontier[pick] = frontier[waiting]
                group[size] = newest
                size += 1
                weight += weights[newest]
        order = np.argsort(stock_key[:stocked])
        taken = 0
        for q in range(stocked):
            if taken == keep:
                break
            s = order[q]
            if q > 0 and _same(stock, stock_size, s, order[q - 1]):
                continue
            size = stock_size[s]
            filled = offsets[found]
            if filled + size > len(members):
                members = _longer32(members, 2 * (filled + size))
            members[filled : filled + size] = stock[s, :size]
            costs[found] = stock_cost[s]
            hubs[found] = stock_hub[s]
            found += 1
            taken += 1
            offsets[found] = filled + size
    filled = offsets[found]
    return (
        offsets[: found + 1].copy(),
        members[:filled].copy(),
        costs[:found].copy(),
        hubs[:found].copy(),
    )


@njit(cache=True, nogil=True)
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
            if weight >= land.floor and size <= land.max_members and _allowed(land, group, size):
                hub, cost = _hub_of(land, group[:size], line)
                if found + 1 >= len(costs):
                    offsets = _longer64(offsets, 2 * len(offsets))
                    costs = _longer_float(costs, 2 * len(costs))
                    hubs = _longer32(hubs, 2 * len(hubs))
                filled = offsets[found]
                if filled + size > len(members):
                    members = _longer32(members, 2 * (filled + size))
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


@njit(cache=True, nogil=True)
def _same(stock: Ints, stock_size: Ints, a: int, b: int) -> bool:
    if stock_size[a] != stock_size[b]:
        return False
    size = stock_size[a]
    return bool(np.all(stock[a, :size] == stock[b, :size]))


@njit(cache=True, nogil=True)
def _allowed(land: Land, group: Ints, size: int) -> bool:
    """Tell whether a group keeps every demand: apart, tied, one fixed hub at most."""
    fixed = 0
    for k in range(size):
        i = group[k]
        fixed += land.fixed_hub[i]
        together = 0
        for j in range(size):
            if land.bundle[i] >= 0 and land.bundle[group[j]] == land.bundle[i]:
                together += 1
            for q in range(land.apart_starts[i], land.apart_starts[i + 1]):
                if land.apart[q] == group[j]:
                    return False
        if land.bundle[i] >= 0 and together < land.bundle_size[land.bundle[i]]:
            return False
    return fixed <= 1


@njit(cache=True, nogil=True)
def _hub_of(land: Land, group: Ints, line: Ints) -> tuple[int, float]:
    """Hub and cost of an allowed group; `line` receives the sorted members."""
    for k in range(len(group)):
        cost = _cost_at_hub(land, group, line, group[k])
        if cost >= 0.0:
            return group[k], cost
    return -1, -1.0


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
            rows = _longer32(rows, 2 * need)
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


@njit(cache=True, nogil=True)
def _longer64(array: Longs, length: int) -> Longs:
    out = np.empty(length, np.int64)
    out[: len(array)] = array
    return out


@njit(cache=True, nogil=True)
def _longer32(array: Ints, length: int) -> Ints:
    out = np.empty(length, np.int32)
    out[: len(array)] = array
    return out


@njit(cache=True, nogil=True)
def _longer_float(array: Floats, length: int) -> Floats:
    out = np.empty(length, np.float64)
    out[: len(array)] = array
    return out
