"""Blocks that change network one by one or two for two, now and then to a dearer plan (annealing).

Costs are kept up as blocks come and go: for every block, what its own network would cost with the
centre there. A change of two networks is priced by looking once at their members, so that millions
of changes are tried in a second. Networks stay connected; one outside the window may only come
nearer to it, or goes further away for a price.
"""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Longs

__all__ = ["exchange_blocks"]

#: Changes tried at one heat; one in so many is two for two even where one block could move alone.
AT_ONE_HEAT, TWO_FOR_TWO = 1024, 4
#: No block can come in exchange.
IMPOSSIBLE = -2


@kernel
def _drawn(state: Longs, below: int) -> int:
    """Draw a number below another (xorshift)."""
    word = np.uint64(state[0])
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    state[0] = np.int64(word)
    return int(np.int64((word >> np.uint64(11)) % np.uint64(below)))


@kernel
def _linked(
    group: int,
    home: Longs,
    without: int,
    extra: int,
    members: Ints,
    size: Longs,
    starts: Longs,
    near: Ints,
    seen: Longs,
    tick: int,
    waiting: Longs,
) -> bool:
    """Tell whether a network hangs together without one block and with another (-1: none)."""
    goal = size[group] - 1 + (1 if extra >= 0 else 0)
    first = extra
    if first < 0:
        first = members[group, 0] if members[group, 0] != without else members[group, 1]
    seen[first], waiting[0] = tick, first
    filled, done = 1, 0
    while done < filled:
        i = waiting[done]
        done += 1
        for q in range(starts[i], starts[i + 1]):
            j = near[q]
            if seen[j] != tick and j != without and (home[j] == group or j == extra):
                seen[j], waiting[filled] = tick, j
                filled += 1
    return bool(filled == goal)


@kernel
def _least(
    group: int, without: int, extra: int, members: Ints, size: Longs, sums: Floats, cost: Floats
) -> float:
    """Return what a network costs without one block and with another (-1: none)."""
    best, new = np.inf, 0.0
    for q in range(size[group]):
        c = members[group, q]
        if c == without:
            continue
        value = sums[c]
        if without >= 0:
            value -= cost[without, c]
        if extra >= 0:
            value += cost[extra, c]
            new += cost[c, extra]
        best = min(best, value)
    return min(best, new) if extra >= 0 else best


@kernel
def _leave(
    i: int,
    home: Longs,
    members: Ints,
    size: Longs,
    place: Longs,
    total: Longs,
    load: Longs,
    sums: Floats,
    cost: Floats,
) -> None:
    group = home[i]
    size[group] -= 1
    last = members[group, size[group]]
    members[group, place[i]], place[last] = last, place[i]
    total[group] -= load[i]
    for q in range(size[group]):
        sums[members[group, q]] -= cost[i, members[group, q]]


@kernel
def _join(
    i: int,
    group: int,
    home: Longs,
    members: Ints,
    size: Longs,
    place: Longs,
    total: Longs,
    load: Longs,
    sums: Floats,
    cost: Floats,
) -> None:
    own = 0.0
    for q in range(size[group]):
        c = members[group, q]
        sums[c] += cost[i, c]
        own += cost[c, i]
    sums[i], home[i] = own, group
    members[group, size[group]], place[i] = i, size[group]
    size[group] += 1
    total[group] += load[i]


@kernel
def _outside(total: int, window: tuple[int, int]) -> int:
    return max(0, window[0] - total, total - window[1])


@kernel
def _all_outside(total: Longs, window: tuple[int, int]) -> int:
    outside = 0
    for group in range(len(total)):
        outside += _outside(total[group], window)
    return outside


@kernel
def _exchange(
    i: int,
    a: int,
    b: int,
    home: Longs,
    members: Ints,
    size: Longs,
    total: Longs,
    load: Longs,
    window: tuple[int, int],
    starts: Longs,
    near: Ints,
    firm: bool,
    state: Longs,
) -> tuple[int, int]:
    """Choose what comes from b to a when i goes the other way (-1: nothing).

    Also tells by how much more both are outside the window then; if that is `firm`, by none.
    """
    was = _outside(total[a], window) + _outside(total[b], window)
    off = _outside(total[a] - load[i], window) + _outside(total[b] + load[i], window)
    if (off <= was or not firm) and _drawn(state, TWO_FOR_TWO) > 0:
        return -1, off - was
    back = members[b, _drawn(state, size[b])]
    change = load[back] - load[i]
    off = _outside(total[a] + change, window) + _outside(total[b] - change, window)
    if off <= was or not firm:
        for q in range(starts[back], starts[back + 1]):
            if home[near[q]] == a and near[q] != i:
                return back, off - was
    return IMPOSSIBLE, 0


@kernel
def _taken(more: float, further: int, price: float, heat: float, state: Longs) -> bool:
    """Tell whether a change that costs so much more, and is further outside, is made."""
    if np.isinf(price):
        if further < 0:
            return True
    else:
        more += price * further
    if more < 0:
        return True
    return heat > 0 and more <= -heat * np.log((_drawn(state, 1 << 52) + 0.5) / (1 << 52))


@kernel
def exchange_blocks(
    home: Longs,
    load: Longs,
    window: tuple[int, int],
    starts: Longs,
    near: Ints,
    cost: Floats,
    heat: tuple[float, float],
    tries: int,
    seed: int,
    price: float,
) -> tuple[Longs, float, int]:
    """Change networks many times.

    Parameters
    ----------
    home
        Network of every block, from 0; all networks connected.
    load, window
        What the window counts, by block, and its ends.
    starts, near
        Neighbours of every block.
    cost
        Cost of serving a block (row) from a centre (column).
    heat
        By about how much a change may be dearer, at first and at last; 0: never dearer.
    tries
        Number of changes tried.
    seed
        Seed of what is tried.
    price
        What a unit of load outside the window costs, until all are inside; infinite: every change
        that brings networks nearer to it is made, and none that takes them further away.

    Returns
    -------
    (array, float, int)
        Networks after that, their cost, and by how much load they are outside the window.
    """
    n, count = len(home), home.max() + 1
    home, members = home.copy(), np.empty((count, n), np.int32)
    size, total = np.zeros(count, np.int64), np.zeros(count, np.int64)
    place, sums, paid = np.zeros(n, np.int64), np.zeros(n), np.empty(count)
    for i in range(n):
        _join(i, home[i], home, members, size, place, total, load, sums, cost)
    for group in range(count):
        paid[group] = _least(group, -1, -1, members, size, sums, cost)
    seen, waiting, tick = np.zeros(n, np.int64), np.empty(n, np.int64), 0
    state = np.array([88_172_645_463_325_252 + 2_654_435_761 * seed])
    now, cooler, firm = heat[0], 1.0, np.isinf(price)
    if heat[0] > 0:
        cooler = (heat[1] / heat[0]) ** (AT_ONE_HEAT / max(tries, AT_ONE_HEAT))
    outside = _all_outside(total, window)
    for k in range(tries):
        if outside == 0 and not firm:
            break
        if k % AT_ONE_HEAT == AT_ONE_HEAT - 1:
            now *= cooler
        i = _drawn(state, n)
        beside = starts[i + 1] - starts[i]
        a, b = home[i], home[near[starts[i] + _drawn(state, beside)]] if beside else home[i]
        if a == b or size[a] < 2:
            continue
        back, further = _exchange(
            i, a, b, home, members, size, total, load, window, starts, near, firm, state
        )
        if back == IMPOSSIBLE:
            continue
        cost_a = _least(a, i, back, members, size, sums, cost)
        cost_b = _least(b, back, i, members, size, sums, cost)
        more = cost_a + cost_b - paid[a] - paid[b]
        if not _taken(more, further, price, now, state):
            continue
        tick += 1
        if not _linked(a, home, i, back, members, size, starts, near, seen, tick, waiting):
            continue
        if back >= 0:
            tick += 1
            if not _linked(b, home, back, i, members, size, starts, near, seen, tick, waiting):
                continue
        _leave(i, home, members, size, place, total, load, sums, cost)
        if back >= 0:
            _leave(back, home, members, size, place, total, load, sums, cost)
            _join(back, a, home, members, size, place, total, load, sums, cost)
        _join(i, b, home, members, size, place, total, load, sums, cost)
        paid[a], paid[b] = cost_a, cost_b
        outside += further
    return home, paid.sum(), outside
