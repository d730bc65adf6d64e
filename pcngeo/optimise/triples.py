"""Cuts over three practices: one network at most holds two of them or all three."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.duals import Cut, Cuts
from pcngeo.optimise.groups import separate_triples
from pcngeo.optimise.pool import Pool

__all__ = ["violated_cuts"]


def violated_cuts(
    n: int, support: Pool, shares: NDArray[np.float64], known: Cuts, most: int = 60
) -> list[Cut]:
    """Choose violated cuts, most violated first, at most six for any practice.

    Parameters
    ----------
    n
        Number of practices.
    support
        Groups of positive value in the LP.
    shares
        Their values.
    known
        Cuts in force.
    most
        How many to choose at most.

    Returns
    -------
    list of (int, int, int)
    """
    rows = separate_triples(n, support.offsets, support.members, shares, 0.02, 50_000)
    have, use = set(known.all), np.zeros(n, int)
    chosen: list[Cut] = []
    for row in rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0], -rows[:, 3]))]:
        i, j, k = (int(v) for v in row[:3])
        if (i, j, k) in have or max(use[i], use[j], use[k]) >= 6:
            continue
        use[[i, j, k]] += 1
        chosen.append((i, j, k))
        if len(chosen) == most:
            break
    return chosen
