"""Wide cuts: finding violated ones by local search, and the entries of groups in them."""

from __future__ import annotations

import numpy as np

from pcngeo.optimise.groups.compiled import kernel
from pcngeo.optimise.groups.land import Floats, Ints, Longs

__all__ = ["separate_wide", "wide_entries", "wide_sums"]


@kernel
def wide_entries(
    offsets: Longs, members: Ints, starts: Longs, ids: Ints, counts: Ints, per: Ints
) -> tuple[Longs, Ints, Ints]:
    """List group, cut and entry wherever a group stands in a cut: its count over `per`, whole."""
    groups, cuts, entries = np.empty(64, np.int64), np.empty(64, np.int32), np.empty(64, np.int32)
    filled = 0
    hits = np.zeros(len(per), np.int32)
    for g in range(len(offsets) - 1):
        if filled + len(per) > len(groups):
            more = np.empty(filled + len(per), np.int32)
            groups = np.concatenate((groups, more.astype(np.int64)))
            cuts, entries = np.concatenate((cuts, more)), np.concatenate((entries, more))
        for q in range(offsets[g], offsets[g + 1]):
            for p in range(starts[members[q]], starts[members[q] + 1]):
                hits[ids[p]] += counts[p]
        for q in range(offsets[g], offsets[g + 1]):
            for p in range(starts[members[q]], starts[members[q] + 1]):
                cut = ids[p]
                if hits[cut] >= per[cut]:
                    groups[filled] = g
                    cuts[filled] = cut
                    entries[filled] = hits[cut] // per[cut]
                    filled += 1
                hits[cut] = 0
    return groups[:filled].copy(), cuts[:filled].copy(), entries[:filled].copy()


@kernel
def wide_sums(
    offsets: Longs,
    members: Ints,
    starts: Longs,
    ids: Ints,
    counts: Ints,
    per: Ints,
    prices: Floats,
) -> Floats:
    """Add up what every group pays for the cuts that it stands in."""
    out = np.zeros(len(offsets) - 1, np.float64)
    hits = np.zeros(len(per), np.int32)
    for g in range(len(out)):
        total = 0.0
        for q in range(offsets[g], offsets[g + 1]):
            for p in range(starts[members[q]], starts[members[q] + 1]):
                hits[ids[p]] += counts[p]
        for q in range(offsets[g], offsets[g + 1]):
            for p in range(starts[members[q]], starts[members[q] + 1]):
                cut = ids[p]
                total += (hits[cut] // per[cut]) * prices[cut]
                hits[cut] = 0
        out[g] = total
    return out


@kernel
def separate_wide(  # noqa: C901 - a kernel: one loop with its state at hand
    n: int,
    offsets: Longs,
    members: Ints,
    shares: Floats,
    near: Ints,
    counts: Ints,
    per: int,
    repeats: int,
    seed: int,
    least: float,
) -> Floats:
    """Find violated cuts of one pattern: from every practice, exchange one for one while it pays.

    `counts` say how often each practice counts; in a plan, the sums of the networks, each divided
    by `per` and rounded down, add up to no more than all counts do. `shares` are the positive LP
    values of the groups, `near` lists for every practice those to try beside it. Returns rows of
    practices with the violation, above `least`.
    """
    np.random.seed(seed)  # noqa: NPY002 - numba's own generator
    size, width = len(counts), near.shape[1]
    total = 0
    for p in range(size):
        total += counts[p]
    most = total // per
    more = np.zeros((size, total + 1), np.float64)  # what a practice adds to a group that is hit
    for p in range(size):
        for hit in range(total + 1 - counts[p]):
            more[p, hit] = (hit + counts[p]) // per - hit // per
    begins = np.zeros(n + 1, np.int64)
    for q in range(len(members)):
        begins[members[q] + 1] += 1
    for i in range(n):
        begins[i + 1] += begins[i]
    holding = np.empty(len(members), np.int32)
    place = begins[:-1].copy()
    for g in range(len(shares)):
        for q in range(offsets[g], offsets[g + 1]):
            holding[place[members[q]]] = g
            place[members[q]] += 1
    hits = np.zeros(len(shares), np.int32)
    chosen = np.zeros(n, np.uint8)
    tried, turn = np.zeros(n, np.int64), 0
    line = np.empty(size, np.int32)
    out = np.empty((n * repeats, size + 1), np.float64)
    found = 0
    for first in range(n):
        if begins[first + 1] - begins[first] < 2:  # whoever is in one network sees only that one
            continue
        for _ in range(repeats):
            line[0] = first
            chosen[first] = 1
            filled = 1
            for _ in range(8 * size):
                at = line[np.random.randint(filled)]  # noqa: NPY002 - numba's own generator
                beside = near[at, np.random.randint(width)]  # noqa: NPY002 - as above
                if beside >= 0 and chosen[beside] == 0:
                    line[filled] = beside
                    chosen[beside] = 1
                    filled += 1
                    if filled == size:
                        break
            if filled == size:
                for p in range(size):
                    _count(line[p], counts[p], begins, holding, hits)
                better = True
                while better:
                    better = False
                    for p in range(size):
                        old = line[p]
                        _count(old, -counts[p], begins, holding, hits)
                        best, gain = old, 1e-9 + _gain(old, more[p], begins, holding, hits, shares)
                        turn += 1
                        for b in range(size):
                            if b == p:
                                continue
                            for q in range(width):
                                other = near[line[b], q]
                                if other < 0:
                                    break
                                if chosen[other] == 1 or tried[other] == turn:
                                    continue
                                tried[other] = turn
                                own = _gain(other, more[p], begins, holding, hits, shares)
                                if own > gain:
                                    best, gain = other, own
                        if best != old:
                            better = True
                            chosen[old] = 0
                            chosen[best] = 1
                            line[p] = best
                        _count(best, counts[p], begins, holding, hits)
                value = 0.0
                for p in range(size):  # every group counts once, at the first of these it holds
                    for q in range(begins[line[p]], begins[line[p] + 1]):
                        g = holding[q]
                        value += (hits[g] // per) * shares[g]
                        hits[g] = 0
                if value > most + least:
                    out[found, :size] = line
                    out[found, size] = value - most
                    found += 1
            for p in range(filled):
                chosen[line[p]] = 0
    return out[:found]


@kernel
def _count(i: int, count: int, begins: Longs, holding: Ints, hits: Ints) -> None:
    for q in range(begins[i], begins[i + 1]):
        hits[holding[q]] += count


@kernel
def _gain(i: int, more: Floats, begins: Longs, holding: Ints, hits: Ints, shares: Floats) -> float:
    """Return what the sum of a cut grows by with one more practice."""
    gain = 0.0
    for q in range(begins[i], begins[i + 1]):
        gain += more[hits[holding[q]]] * shares[holding[q]]
    return gain
