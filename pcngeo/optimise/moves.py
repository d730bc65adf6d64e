"""Single units that move to a neighbouring network as long as that shortens the ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock

__all__ = ["connected", "shorten"]

Neighbours = Callable[[int], Sequence[int]]


def connected(members: set[int], neighbours: Neighbours) -> bool:
    """Tell whether units hang together.

    Examples
    --------
    >>> row = lambda i: [i - 1, i + 1]
    >>> connected({1, 2, 3}, row), connected({1, 3}, row)
    (True, False)
    """
    first = min(members)
    seen, waiting = {first}, [first]
    while waiting:
        for j in neighbours(waiting.pop()):
            if j in members and j not in seen:
                seen.add(j)
                waiting.append(j)
    return len(seen) == len(members)


def shorten(
    home: NDArray[np.int64],
    load: NDArray[np.int64],
    window: tuple[int, int],
    neighbours: Neighbours,
    cost: Callable[[Iterable[int]], float],
    passes: int,
    clock: Clock,
) -> NDArray[np.int64]:
    """Move single units to networks beside them, networks staying connected and in the window.

    Parameters
    ----------
    home
        Network of every unit, -1 for none.
    load, window
        What the window counts, by unit, and its ends.
    neighbours
        Gives the units beside one.
    cost
        Cost of a network of these units.
    passes
        Passes over all units at most; the first that moves nothing is the last.
    clock
        Time limit: when it is over, what is reached is returned.

    Returns
    -------
    ndarray
        Network of every unit.
    """
    home = home.copy()
    members = {int(k): set(np.flatnonzero(home == k).tolist()) for k in np.unique(home) if k >= 0}
    total = {k: int(load[sorted(inside)].sum()) for k, inside in members.items()}
    costs = {k: cost(inside) for k, inside in members.items()}
    for _ in range(passes):
        moved = False
        for i in range(len(home)):
            if clock.left <= 0:
                return home
            own, weight = int(home[i]), int(load[i])
            beside = {int(home[j]) for j in neighbours(i)} - {-1, own}
            fitting = [k for k in sorted(beside) if total[k] + weight <= window[1]]
            if own < 0 or not fitting or total[own] - weight < window[0]:
                continue
            rest = members[own] - {i}
            if not rest or not connected(rest, neighbours):
                continue
            left = cost(rest)
            added, k = min((cost(members[k] | {i}) - costs[k], k) for k in fitting)
            if added >= (costs[own] - left) * (1 - 1e-9) - 1e-6:
                continue
            members[own], home[i] = rest, k
            members[k].add(i)
            costs[own], costs[k] = left, costs[k] + added
            total[own], total[k] = total[own] - weight, total[k] + weight
            moved = True
        if not moved:
            break
    return home
