"""Least change, one to one: each of today's networks goes on in one new network at most (R22).

A new network keeps the patients of the one network of today that it continues; all its others
change company. Which one it continues is chosen with the plan: every group stands in the list once
for each of today's networks that it could continue, and once for none. A network of today is a
*mark*: one more row of the partition, after the practices, that takes part in at most one group
and may be left out for nothing. Cuts, prices and branching then need to know nothing about it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from pcngeo.optimise.pool import Pool
from pcngeo.optimise.site import Site

__all__ = ["best_continued", "continued"]

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


def continued(pool: Pool, site: Site) -> tuple[Pool, Longs, Floats]:
    """Put every group in once for each of today's networks among its members, and once for none.

    Parameters
    ----------
    pool
        Groups of practices.
    site
        Gives list sizes and today's networks; that of number k is the member ``n + k``.

    Returns
    -------
    (Pool, array, array)
        The groups with their marks, group by group; the place in `pool` that each comes from; and
        the patients who change company because it is not the largest part that goes on.
    """
    networks = int(site.today.max(initial=-1)) + 1
    known = site.today[pool.members] >= 0
    key = pool.owners[known] * max(1, networks) + site.today[pool.members[known]]
    pairs, place = np.unique(key, return_inverse=True)
    kept = np.bincount(place, site.weights[pool.members[known]], minlength=len(pairs))
    origin = np.concatenate([np.arange(len(pool)), pairs // max(1, networks)])
    mark = np.concatenate([np.full(len(pool), -1), pairs % max(1, networks)])
    kept = np.concatenate([np.zeros(len(pool)), kept])
    order = np.lexsort((mark, origin))
    origin, mark, kept = origin[order], mark[order], kept[order]
    most = np.zeros(len(pool))
    np.maximum.at(most, origin, kept)
    return _marked(pool.take(origin), mark, len(site.today)), origin, most[origin] - kept


def _marked(pool: Pool, mark: Longs, n: int) -> Pool:
    """Add marks to groups as their last members; those of -1 get none."""
    there = mark >= 0
    ends = pool.offsets[1:][there]
    members = np.insert(pool.members, ends, (n + mark[there]).astype(np.int32))
    offsets = pool.offsets + np.concatenate([[0], np.cumsum(there)])
    return replace(pool, offsets=offsets, members=members)


def best_continued(pool: Pool, site: Site) -> tuple[Pool, Longs, Floats]:
    """Say for the networks of one plan which of today's each continues, so that fewest change.

    Parameters
    ----------
    pool
        The networks of a plan.
    site
        As of `continued`.

    Returns
    -------
    (Pool, array, array)
        As of `continued`, one row a network.
    """
    groups, origin, lost = continued(pool, site)
    marked = groups.sizes > pool.sizes[origin]
    last = groups.members[groups.offsets[1:] - 1] - len(site.today)
    shared = np.zeros((len(pool), int(site.today.max(initial=-1)) + 1))
    most = np.zeros(len(pool))
    np.maximum.at(most, origin, lost)  # what a network without a mark loses: its largest part
    shared[origin[marked], last[marked]] = (most[origin] - lost)[marked]
    rows, columns = linear_sum_assignment(shared, maximize=True)
    mark = np.full(len(pool), -1)
    worth = shared[rows, columns] > 0
    mark[rows[worth]] = columns[worth]
    own = np.where(mark >= 0, shared[np.arange(len(pool)), mark], 0.0)
    return _marked(pool, mark, len(site.today)), np.arange(len(pool)), most - own
