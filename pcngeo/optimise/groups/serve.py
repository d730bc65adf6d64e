"""What each centre serves at given prices, and what that is worth: the steps of `block_bound`.

A centre takes the blocks that are worth most to it per load, in fractions, until its window is met.
What it is offered is sorted by way once and for all, so only blocks nearer than the highest price
pays for are looked at.
"""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Longs

__all__ = ["serve_blocks"]


@kernel
def _take(
    centre: int,
    starts: Longs,
    blocks: Ints,
    ways: Floats,
    load: Floats,
    rates: Floats,
    window: tuple[float, float],
    taken: Longs,
    worth: Floats,
) -> tuple[float, int, float, float]:
    """Fill `taken`; return value, number taken, share of the last, and what one more load costs.

    The value is infinite where the window cannot be met.
    """
    low, high = window[0] - load[centre], window[1] - load[centre]
    first, last = starts[centre], starts[centre + 1]
    value, top, beyond = -rates[centre] * load[centre], rates.max(), 0.0
    if high < 0:
        return np.inf, 0, 0.0, 0.0
    while True:
        found, total, q = 0, 0.0, first
        while q < last and ways[q] < top + beyond:
            gain = ways[q] - rates[blocks[q]]
            if gain < beyond:
                taken[found], worth[found] = blocks[q], gain
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
            value += worth[k] * load[taken[k]]
        return value, found, 1.0, 0.0
    goal = high if beyond == 0.0 else low
    order = np.argsort(worth[:found], kind="mergesort")
    sorted_blocks, gains = taken[:found][order], worth[:found][order]
    filled, share, used = 0.0, 1.0, 0
    while used < found and filled < goal:
        heavy = load[sorted_blocks[used]]
        share = min(1.0, (goal - filled) / heavy)
        value += share * gains[used] * heavy
        filled += share * heavy
        taken[used] = sorted_blocks[used]
        used += 1
    return value, used, share, gains[used - 1] if used else 0.0


@kernel
def serve_blocks(
    starts: Longs,
    blocks: Ints,
    ways: Floats,
    load: Floats,
    prices: Floats,
    window: tuple[float, float],
    count: int,
) -> tuple[float, Floats, Longs, Floats, Floats]:
    """Let the best centres serve what is worth most to them.

    Parameters
    ----------
    starts, blocks, ways
        The other blocks that each centre is offered, and the cost of serving them per load, the
        nearest first.
    load, prices
        By block.
    window, count
        Least and most load of a network; number of networks.

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
    for c in range(n):
        values[c], _, _, margin[c] = _take(
            c, starts, blocks, ways, load, rates, window, taken, worth
        )
    chosen = np.argsort(values, kind="mergesort")[:count]
    served, total = np.zeros(n), prices.sum()
    for c in chosen:
        value, used, share, _ = _take(c, starts, blocks, ways, load, rates, window, taken, worth)
        total += value
        served[c] += 1.0
        for k in range(used):
            served[taken[k]] += share if k == used - 1 else 1.0
    return total, served, chosen, values, margin
