"""A problem as arrays, and who can share a network with whom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.groups.compiled import kernel

__all__ = ["Floats", "Ints", "Land", "Longs", "find_reach", "longer32", "longer64", "longer_float"]

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
    reach_weight: Longs
    apart_starts: Longs
    apart: Ints
    bundle: Ints
    bundle_size: Ints
    bundle_weight: Longs
    fixed_hub: NDArray[np.uint8]
    max_members: int
    depth: int
    widest: int


@kernel
def find_reach(
    starts: Longs, neighbours: Ints, weights: Longs, ceiling: int
) -> tuple[Longs, Ints, Longs]:
    """List, for every practice, whom it can share a network with (sorted; itself included).

    Returns starts, practices, and the least sum of list sizes on the way there, both ends included.
    """
    n = len(weights)
    reach_starts = np.zeros(n + 1, np.int64)
    reach = np.empty(max(64, 16 * n), np.int32)
    sums = np.empty(len(reach), np.int64)
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
            reach = longer32(reach, 2 * (filled + count))
            sums = longer64(sums, len(reach))
        reach[filled : filled + count] = np.sort(queue[:count])
        for q in range(filled, filled + count):
            sums[q] = best[reach[q]]
            best[reach[q]] = INFINITE
        filled += count
        reach_starts[centre + 1] = filled
    return reach_starts, reach[:filled].copy(), sums[:filled].copy()


@kernel
def longer64(array: Longs, length: int) -> Longs:
    """Copy an array into a longer one."""
    out = np.empty(length, np.int64)
    out[: len(array)] = array
    return out


@kernel
def longer32(array: Ints, length: int) -> Ints:
    """Copy an array into a longer one."""
    out = np.empty(length, np.int32)
    out[: len(array)] = array
    return out


@kernel
def longer_float(array: Floats, length: int) -> Floats:
    """Copy an array into a longer one."""
    out = np.empty(length, np.float64)
    out[: len(array)] = array
    return out
