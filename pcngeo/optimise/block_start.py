"""A first division of many small blocks: halves cut out of spanning trees, again and again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_division"]

#: Trees tried at every cut.
TREES = 40
Near = Sequence[Sequence[int]]


def first_division(
    load: NDArray[np.int64],
    near: Near,
    cost: NDArray[np.float64],
    window: tuple[int, int],
    count: int,
    seed: int,
) -> list[list[int]] | None:
    """Divide blocks into connected groups inside the window.

    Parameters
    ----------
    load, near
        What the window counts, and the neighbours, by block.
    cost
        Cost of serving a block (row) from another (column): of several cuts, the one whose halves
        cost least is taken.
    window
        Least and most load of a group.
    count
        Number of groups.
    seed
        Seed of the trees.

    Returns
    -------
    list of list of int, or None
        The groups; ``None`` where none was found.
    """
    rng = np.random.default_rng(seed)

    def split(blocks: list[int], k: int) -> list[list[int]] | None:
        if k == 1:
            total = int(load[blocks].sum())
            return [blocks] if window[0] <= total <= window[1] else None
        for one, other in _halves(blocks, k, load, near, cost, window, rng):
            left = split(one, k // 2)
            right = split(other, k - k // 2) if left is not None else None
            if left is not None and right is not None:
                return left + right
        return None

    return split(list(range(len(load))), count)


def _halves(
    blocks: list[int],
    k: int,
    load: NDArray[np.int64],
    near: Near,
    cost: NDArray[np.float64],
    window: tuple[int, int],
    rng: np.random.Generator,
) -> list[tuple[list[int], list[int]]]:
    """Ways to cut blocks into two connected sides, the cheapest first."""
    total, small = int(load[blocks].sum()), k // 2
    low = max(small * window[0], total - (k - small) * window[1])
    high = min(small * window[1], total - (k - small) * window[0])
    found = []
    inside = set(blocks)
    for _ in range(TREES):
        order, parent = _tree(blocks, inside, near, rng)
        below = {i: int(load[i]) for i in blocks}
        for i in reversed(order[1:]):
            below[parent[i]] += below[i]
        goal = total * small / k
        for i in order[1:]:
            found += [
                (abs(side - goal) / total, i, side == below[i], order, parent)
                for side in (below[i], total - below[i])
                if low <= side <= high
            ]
    found.sort(key=lambda row: row[0])
    cuts = []
    for _, i, inner, order, parent in found[:12]:
        branch = {i}
        for j in order:
            if parent.get(j) in branch:
                branch.add(j)
        one = sorted(branch if inner else inside - branch)
        cuts.append((one, sorted(inside - set(one))))
    return sorted(cuts, key=lambda cut: _spread(cut[0], cost) + _spread(cut[1], cost))


def _tree(
    blocks: list[int], inside: set[int], near: Near, rng: np.random.Generator
) -> tuple[list[int], dict[int, int]]:
    """Grow a random spanning tree; return its blocks from the root on, and their parents."""
    root = blocks[int(rng.integers(len(blocks)))]
    order, parent, edge = [root], {}, [(root, j) for j in near[root] if j in inside]
    seen = {root}
    while edge:
        k = int(rng.integers(len(edge)))
        edge[k], edge[-1] = edge[-1], edge[k]
        i, j = edge.pop()
        if j in seen:
            continue
        seen.add(j)
        parent[j] = i
        order.append(j)
        edge += [(j, q) for q in near[j] if q in inside and q not in seen]
    return order, parent


def _spread(blocks: list[int], cost: NDArray[np.float64]) -> float:
    """Least cost of serving all blocks from one of a few of them."""
    if not blocks:
        return math.inf
    some = blocks[:: max(1, len(blocks) // 20)]
    return float(cost[np.ix_(blocks, some)].sum(axis=0).min())
