"""Neighbours by distance instead of borders: for analysts who want to compare."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["near_pairs"]


def near_pairs(
    xy: NDArray[np.float64], method: str, neighbours: int, within_m: float
) -> Iterator[tuple[int, int, str]]:
    """Pairs of points that are near each other, each with its reason.

    Parameters
    ----------
    xy
        Points, shape (n, 2), metres. Points on one place count as one place and are not paired
        with each other.
    method
        ``"knn"``, ``"distance"`` or ``"gabriel"``.
    neighbours
        Number of nearest places for ``"knn"``; a pair counts when one is near the other.
    within_m
        Greatest distance for ``"distance"``, metres.

    Yields
    ------
    int, int, str
        Positions `i` < `j`, in order, and why they are a pair.

    References
    ----------
    Gabriel, K. R. and Sokal, R. R. (1969), A new statistical approach to geographic variation
    analysis: two points are neighbours when no third lies inside the circle that has them as
    ends of a diameter.
    """
    places, place = np.unique(xy, axis=0, return_inverse=True)
    near, why = {"knn": _nearest, "distance": _within, "gabriel": _gabriel}[method](
        places, neighbours, within_m
    )
    linked = near[np.ix_(place.ravel(), place.ravel())]
    for i, j in np.argwhere(np.triu(linked, 1)).tolist():
        yield i, j, why


def _distances(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    step = xy[:, None, :] - xy[None, :, :]
    away: NDArray[np.float64] = np.hypot(step[..., 0], step[..., 1])
    np.fill_diagonal(away, np.inf)
    return away


def _nearest(
    xy: NDArray[np.float64], neighbours: int, within_m: float
) -> tuple[NDArray[np.bool_], str]:
    order = np.argsort(_distances(xy), axis=1, kind="stable")[:, : min(neighbours, len(xy) - 1)]
    near = np.zeros((len(xy), len(xy)), dtype=bool)
    near[np.arange(len(xy))[:, None], order] = True
    return near | near.T, f"one is among the {neighbours} nearest of the other"


def _within(
    xy: NDArray[np.float64], neighbours: int, within_m: float
) -> tuple[NDArray[np.bool_], str]:
    return _distances(xy) <= within_m, f"they are at most {within_m / 1000:g} km apart"


def _gabriel(
    xy: NDArray[np.float64], neighbours: int, within_m: float
) -> tuple[NDArray[np.bool_], str]:
    one, other = np.triu_indices(len(xy), 1)
    middle, radius = (xy[one] + xy[other]) / 2, np.hypot(*(xy[one] - xy[other]).T) / 2
    near = np.zeros((len(xy), len(xy)), dtype=bool)
    if len(one):
        tree = shapely.STRtree(shapely.points(xy))
        _, gap = tree.query_nearest(shapely.points(middle), return_distance=True, all_matches=False)
        free = gap >= radius * (1 - 1e-9)
        near[one[free], other[free]] = True
    return near | near.T, "no third practice lies in the circle between them"
