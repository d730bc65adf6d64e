"""What each centre serves at given prices, and what that is worth: the steps of `block_bound`.

A centre takes the blocks that are worth most to it per load, in fractions, until its window is met.
What it is offered is sorted by way once and for all, so only blocks nearer than the highest price
(and the most that a cut takes off a way) pays for are looked at.
"""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Longs

__all__ = ["find_loose", "serve_blocks"]


@kernel
def _take(
    centre: int,
    starts: Longs,
    blocks: Ints,
    ways: Floats,
    extra: Floats,
    off: float,
    load: Floats,
    rates: Floats,
    window: tuple[float, float],
    taken: Longs,
    worth: Floats,
) -> tuple[float, int, float, float]:
    """Fill `taken` with offers; return value, how many, share of the last, cost of one more load.

    The value is infinite where the window cannot be met.
    """
    low, high = window[0] - load[centre], window[1] - load[centre]
    first, last = starts[centre], starts[centre + 1]
    value, top, beyond = -rates[centre] * load[centre], rates.max(), 0.0
    if high < 0:
        return np.inf, 0, 0.0, 0.0
    while True:
        found, total, q = 0, 0.0, first
        while q < last and ways[q] < top + beyond + off:
            gain = ways[q] + extra[q] - rates[blocks[q]]
            if gain < beyond:
                taken[found], worth[found] = q, gain
                total += load[blocks[q]]
                found += 1
            q += 1
        if total >= low:
            break
        if found == last - first:
            return np.inf, 0, 0.0, 0.0
        beyond = max(2 * beyond, 0.25 * abs(top), 1.0)
    if beyond == 0.0 and total <= high:
        for k in range(found):
            value += worth[k] * load[blocks[taken[k]]]
        return value, found, 1.0, 0.0
    goal = high if beyond == 0.0 else low
    order = np.argsort(worth[:found], kind="mergesort")
    offers, gains = taken[:found][order], worth[:found][order]
    filled, share, used = 0.0, 1.0, 0
    while used < found and filled < goal:
        heavy = load[blocks[offers[used]]]
        share = min(1.0, (goal - filled) / heavy)
        value += share * gains[used] * heavy
        filled += share * heavy
        taken[used] = offers[used]
        used += 1
    return value, used, share, gains[used - 1] if used else 0.0


@kernel
def _best_of(values: Floats, zone: Longs, counts: Longs) -> Longs:
    """Choose so many centres of every zone, those worth most, the best first."""
    chosen, left, used = np.empty(counts.sum(), np.int64), counts.copy(), 0
    for c in np.argsort(values, kind="mergesort"):
        if left[zone[c]] > 0:
            left[zone[c]] -= 1
            chosen[used] = c
            used += 1
    return chosen[:used]


@kernel
def serve_blocks(
    starts: Longs,
    blocks: Ints,
    ways: Floats,
    extra: Floats,
    off: Floats,
    load: Floats,
    prices: Floats,
    window: tuple[float, float],
    zone: Longs,
    counts: Longs,
    shares: Floats,
) -> tuple[float, Floats, Longs, Floats, Floats]:
    """Let the best centres serve what is worth most to them.

    Parameters
    ----------
    starts, blocks, ways
        The other blocks that each centre is offered, and the cost of serving them per load, the
        nearest first.
    extra, off
        What each offer costs more per load, and, by centre, the most that one costs less.
    load, prices
        By block.
    window
        Least and most load of a network.
    zone, counts
        Zone of every centre, and how many are chosen of each.
    shares
        Filled with how much of each offer the chosen centres take.

    Returns
    -------
    (float, array, array, array, array)
        Value of the prices; how much of every block is served; the centres chosen; what each centre
        is worth; what one more load costs at each.
    """
    n = len(load)
    rates = prices / load
    values, margin = np.empty(n), np.zeros(n)
    taken, worth = np.empty(n, np.int64), np.empty(n)
    shares[:] = 0.0
    for c in range(n):
        values[c], _, _, margin[c] = _take(
            c, starts, blocks, ways, extra, off[c], load, rates, window, taken, worth
        )
    chosen = _best_of(values, zone, counts)
    served, total = np.zeros(n), prices.sum()
    for c in chosen:
        value, used, share, _ = _take(
            c, starts, blocks, ways, extra, off[c], load, rates, window, taken, worth
        )
        total += value
        served[c] += 1.0
        for k in range(used):
            shares[taken[k]] = share if k == used - 1 else 1.0
            served[blocks[taken[k]]] += shares[taken[k]]
    return total, served, chosen, values, margin


@kernel
def find_loose(
    starts: Longs, blocks: Ints, shares: Floats, chosen: Longs, ends: Longs, near: Ints
) -> tuple[Longs, Longs, Longs]:
    """Find what is served but not linked to its centre.

    Parameters
    ----------
    starts, blocks, shares, chosen
        See `serve_blocks`.
    ends, near
        Neighbours of every block.

    Returns
    -------
    (array, array, array)
        Offers that are taken in parts not linked to their centre; where the offers begin that
        surround the part of each (one more than there are parts' offers); these, one after another.
    """
    n = len(ends) - 1
    at, seen, part = np.full(n, -1, np.int64), np.zeros(n, np.int64), np.empty(n, np.int64)
    loose, begins, around, tick = [0][:0], [0], [0][:0], 0
    for c in chosen:
        for q in range(starts[c], starts[c + 1]):
            at[blocks[q]] = q
        tick += 1
        base = tick
        for q in range(starts[c] - 1, starts[c + 1]):
            i = c if q < starts[c] else blocks[q]
            if seen[i] >= base or (i != c and shares[q] <= 0):
                continue
            tick += 1
            seen[i], part[0] = tick, i
            filled, done, beside = 1, 0, [0][:0]
            while done < filled:
                k = part[done]
                done += 1
                for z in range(ends[k], ends[k + 1]):
                    j = near[z]
                    if j == c or at[j] < 0 or seen[j] == tick:
                        continue
                    if shares[at[j]] > 0:
                        seen[j], part[filled] = tick, j
                        filled += 1
                    else:
                        beside.append(at[j])
            if i == c:
                continue
            for d in range(filled):
                loose.append(at[part[d]])
                for y in sorted(set(beside)):
                    around.append(y)
                begins.append(len(around))
        for q in range(starts[c], starts[c + 1]):
            at[blocks[q]] = -1
    return np.array(loose, np.int64), np.array(begins, np.int64), np.array(around, np.int64)
