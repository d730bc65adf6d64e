"""Shared borders of polygons that form a coverage, exact and without any tolerance.

Polygons form a coverage when they do not overlap and neighbours have the same vertices along
their common border. Then a border is a set of equal segments, found by sorting all segments once:
no buffer, no tolerance, no pair of polygons that is tried in vain. `pcngeo.territory` makes such
polygons and `pcngeo.adjacency` reads their borders; neither needs to know the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["Borders", "border_lines", "shared_borders"]


class Borders(NamedTuple):
    """Pairs of polygons that share a border: positions `first` < `second`, `length` in metres."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    length: NDArray[np.float64]


def shared_borders(polygons: NDArray[np.object_]) -> Borders:
    """Find all pairs of polygons of a coverage that share a border, and how long it is (rook).

    Parameters
    ----------
    polygons
        Polygons or multi-polygons of one coverage.

    Returns
    -------
    Borders
        Sorted by `first`, then `second`; length in the unit of the coordinates. Polygons that
        touch only in points are not neighbours.

    Examples
    --------
    >>> import shapely
    >>> left, right = shapely.box(0, 0, 1, 2), shapely.box(1, 0, 2, 2)
    >>> shared_borders([left, right]).length
    array([2.])
    """
    first, second, segments = _shared_segments(np.asarray(polygons, dtype=object))
    count = len(polygons)
    pair, where = np.unique(first * count + second, return_inverse=True)
    steps = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    length = np.bincount(where, weights=steps, minlength=len(pair)).astype(float)
    return Borders(pair // max(count, 1), pair % max(count, 1), length)


def border_lines(polygons: NDArray[np.object_]) -> tuple[Borders, NDArray[np.object_]]:
    """Return the shared borders together with their lines, in the same order.

    Parameters
    ----------
    polygons
        Polygons or multi-polygons of one coverage.

    Returns
    -------
    Borders, ndarray
        As of `shared_borders`, and one LineString or MultiLineString for each pair.
    """
    polygons = np.asarray(polygons, dtype=object)
    borders = shared_borders(polygons)
    first, second, segments = _shared_segments(polygons)
    where = np.searchsorted(
        borders.first * len(polygons) + borders.second, first * len(polygons) + second
    )
    order = np.argsort(where, kind="stable")
    lines = shapely.linestrings(segments.reshape(-1, 2, 2))
    many = shapely.multilinestrings(lines[order], indices=where[order]) if len(lines) else lines
    return borders, shapely.line_merge(many)


def _shared_segments(
    polygons: NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Owners (lower position first) and end points (x1, y1, x2, y2) of segments held twice."""
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    start, end, owner = xy[:-1][inside], xy[1:][inside], part_owner[ring_part[ring[1:][inside]]]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    segments = np.where(turned[:, None], np.hstack([end, start]), np.hstack([start, end]))
    order = np.lexsort((owner, *segments.T[::-1]))
    segments, owner = segments[order], owner[order]
    twice = np.flatnonzero((segments[1:] == segments[:-1]).all(axis=1) & (owner[1:] != owner[:-1]))
    return owner[twice], owner[twice + 1], segments[twice]
