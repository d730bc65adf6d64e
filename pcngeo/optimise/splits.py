"""Which two practices a node is split by: together in one child, apart in the other.

What earlier splits by a pair have raised counts; a new pair is tried in a few steps of the LP.
"""

from __future__ import annotations

from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import SolverError
from pcngeo.optimise.nodes import Node, Pair, Search

__all__ = ["learn", "split"]

#: Pairs compared before a split.
PAIRS = 24
#: New pairs tried before a split, and steps of the LP for each half: more cost more than they save.
TRIALS, STEPS = 3, 60


def split(search: Search, usable: NDArray[np.bool_]) -> list[tuple[Any, ...]]:
    """Two halves of what a node holds: usable groups and practices that must be placed."""
    master, pool = search.master, search.pool
    nobody = np.zeros(master.n, bool)
    found = _best_pair(search, usable)
    placed = nobody.copy()
    partly = np.where(search.must, np.inf, np.abs(master.left_out - 0.5))
    i = int(np.argmin(partly))
    if found is None and not partly[i] < 0.5 - 1e-6:  # all but a hair of a selection
        open_ = ~search.must & (master.left_out < 0.5)
        found, i = _any_pair(search, usable), int(np.argmax(open_))
        if found is None and not open_[i]:
            raise SolverError("the LP is split between selections that nothing tells apart.")
    if found is not None:
        pair, share = found
        with_i, with_j = pool.holding(pair[0]), pool.holding(pair[1])
        placed[list(pair)] = True
        return [
            (with_i == with_j, placed, pair, 1, 1 - share),
            (~(with_i & with_j), nobody, pair, 0, share),
        ]
    placed[i] = True
    return [(np.ones(len(pool), bool), placed), (~pool.holding(i), nobody)]


def _best_pair(search: Search, usable: NDArray[np.bool_]) -> tuple[Pair, float] | None:
    """Two practices whose being together or apart is expected to raise the bound most.

    What earlier splits by a pair have raised counts; a pair near one half that is new is tried in a
    few steps of the LP. With it the share of the LP in which they are together; ``None``: no pair.
    """
    together = _partly_together(search)
    pairs = list(islice((p for p in together if _tells_apart(search, usable, p)), PAIRS))
    if not pairs:
        return None
    fresh = [pair for pair in pairs if pair not in search.gains][:TRIALS]
    if len(pairs) > 1:
        _try_pairs(search, fresh, together)
    gap = max(search.limit - search.master.value, 1e-9)

    def score(pair: Pair) -> float:
        share = together[pair]
        apart, joined = search.gains.get(pair, (0.0, 0.0))
        low = [min(max(g, 1e-6 * gap), gap) for g in (apart * share, joined * (1 - share))]
        return round(low[0] * low[1] / gap**2, 9)

    best = max(pairs, key=score)
    return best, together[best]


def _any_pair(search: Search, usable: NDArray[np.bool_]) -> tuple[Pair, float] | None:
    """Two practices that the LP has together all but for a hair, and another group has not.

    A plan that just breaks a budget, or just keeps one, is a selection but for such a hair.
    """
    support = np.flatnonzero(search.master.shares > 0.5)
    for group in search.pool.take(search.columns[support]).groups():
        for i, j in combinations(group, 2):
            if np.any(usable & (search.pool.holding(i) != search.pool.holding(j))):
                return (i, j), 0.5
    return None


def _tells_apart(search: Search, usable: NDArray[np.bool_], pair: Pair) -> bool:
    """Tell whether a pair is a split: no two that must be placed, and can be so only together."""
    i, j = pair
    if not (search.must[i] and search.must[j]):
        return True
    return bool(np.any(usable & (search.pool.holding(i) != search.pool.holding(j))))


def _try_pairs(search: Search, pairs: list[Pair], together: dict[Pair, float]) -> None:
    """Estimate what it raises the bound to have pairs together or apart."""
    columns = np.flatnonzero(search.open)
    groups = search.pool.take(search.columns[columns])
    for i, j in pairs:
        with_i, with_j = groups.holding(i), groups.holding(j)
        halves = [columns[with_i & with_j], columns[with_i != with_j]]
        apart, joined = search.master.trials(halves, STEPS)
        share = together[i, j]
        search.gains[i, j] = (apart / share, joined / (1 - share))


def learn(search: Search, node: Node, bound: float) -> None:
    """Remember what a split has raised the bound by."""
    if node.pair is None or not np.isfinite(node.bound):
        return
    gap = max(search.limit - node.bound, 0.0)
    gain = min(bound - node.bound, 2 * gap) / node.part
    known = list(search.gains.get(node.pair, (gain, gain)))
    known[node.joined] = 0.5 * (known[node.joined] + gain)
    search.gains[node.pair] = (known[0], known[1])


def _partly_together(search: Search) -> dict[Pair, float]:
    """Pairs that share networks worth less than one in the LP, nearest one half first."""
    master = search.master
    support = np.flatnonzero(master.shares > 1e-7)
    groups = search.pool.take(search.columns[support])
    together: dict[Pair, float] = {}
    for g, share in enumerate(master.shares[support]):
        members = groups.group(g)
        for a, i in enumerate(members):
            for j in members[a + 1 :]:
                together[i, j] = together.get((i, j), 0.0) + float(share)
    partly = {p: s for p, s in together.items() if 1e-6 < s < 1 - 1e-6}
    order = sorted(partly, key=lambda p: (round(abs(partly[p] - 0.5), 6), p))
    return {p: partly[p] for p in order}
