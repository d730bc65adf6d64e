"""A first stock: groups grown around every centre with random noise."""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.hub import allowed, hub_of
from pcngeo.optimise.groups.land import Floats, Ints, Land, Longs, longer32

__all__ = ["grow_groups"]


@kernel
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
                    key[i] *= 1.0 + noise * np.random.exponential()  # noqa: NPY002 - as above
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
                if weight >= land.floor and stocked < capacity and allowed(land, group, size):
                    hub, cost = hub_of(land, group[:size], line)
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
                members = longer32(members, 2 * (filled + size))
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


@kernel
def _same(stock: Ints, stock_size: Ints, a: int, b: int) -> bool:
    if stock_size[a] != stock_size[b]:
        return False
    size = stock_size[a]
    return bool(np.all(stock[a, :size] == stock[b, :size]))
