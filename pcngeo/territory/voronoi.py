"""An area cut into faces that are each nearest to one point, as an exact coverage.

The lines of the Voronoi diagram and of the outline are noded together once and turned into faces.
Neighbouring faces therefore have the same vertices along their border, which clipping cell by
cell does not guarantee. A cell that water cuts in pieces gives several faces.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pcngeo.territory.boundary import SLIVER_M2
from pcngeo.territory.faces import Faces, land_of, polygonized

__all__ = ["cell_area", "cut", "cut_for_all", "nearest", "ridges"]

#: A cell drawn from the boundary keeps this far (metres) from every other point.
APART_M = 5.0


def cut(points: NDArray[np.float64], area: shapely.Geometry) -> Faces:
    """Cut an area into faces, each nearest to one point.

    Parameters
    ----------
    points
        Different points, shape (n, 2), metres; they may lie outside the area.
    area
        Valid Polygon or MultiPolygon, metres.

    Returns
    -------
    Faces
        Each face is connected; together they are the area.
    """
    outline = shapely.get_rings(shapely.get_parts(area))
    polygons, inner = polygonized(np.concatenate([outline, ridges(points, area)]))
    land = land_of(inner, shapely.get_parts(area))
    polygons, inner, land = polygons[land >= 0], inner[land >= 0], land[land >= 0]
    return Faces(polygons, nearest(points, inner), land)


def nearest(points: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Position of the point that is nearest to each place."""
    tree = shapely.STRtree(shapely.points(points))
    position: NDArray[np.int64] = tree.nearest(shapely.points(xy)).astype(np.int64)
    return position


def ridges(points: NDArray[np.float64], area: shapely.Geometry) -> NDArray[np.object_]:
    """Lines of the Voronoi diagram that come near the area.

    Eight points far outside close every cell of a real point far from anything that matters, so
    that one point, two points and points on a line are no special cases.
    """
    frame = shapely.box(*shapely.bounds(area))
    reach = np.vstack([points, shapely.get_coordinates(frame)])
    centre = (reach.min(axis=0) + reach.max(axis=0)) / 2
    far = 50 * np.ptp(reach, axis=0).max() + 10_000
    angle = np.arange(8) * np.pi / 4
    ring = centre + far * np.column_stack([np.cos(angle), np.sin(angle)])
    diagram = shapely.voronoi_polygons(
        shapely.multipoints(np.vstack([points, ring])), only_edges=True
    )
    edges: NDArray[np.object_] = shapely.get_parts(diagram)
    meets: NDArray[np.bool_] = shapely.intersects(edges, frame)
    return edges[meets]


def cell_area(faces: Faces, count: int) -> NDArray[np.float64]:
    """Area of each cell, m2; 0 where a point is nearest to nothing."""
    area = shapely.area(faces.polygons)
    return np.bincount(faces.claim, weights=area, minlength=count).astype(float)


def cut_for_all(
    xy: NDArray[np.float64], must: NDArray[np.bool_], area: Any
) -> tuple[Faces, NDArray[np.float64]]:
    """Cut an area so that every point that must have a cell has one.

    A point outside the area whose cell is empty, or a sliver, is moved to the nearest point of the
    boundary, for its cell only.

    Parameters
    ----------
    xy
        Different points, shape (n, 2), metres.
    must
        Which points must have a cell.
    area
        Valid Polygon or MultiPolygon, metres.

    Returns
    -------
    Faces, ndarray
        The faces, and the points from which they were drawn.
    """
    xy = xy.copy()
    shapely.prepare(area)
    open_ = must & ~shapely.contains_xy(area, xy[:, 0], xy[:, 1])
    while True:
        faces = cut(xy, area)
        empty = np.flatnonzero((cell_area(faces, len(xy)) < SLIVER_M2) & open_)
        if not len(empty):
            return faces, xy
        for i in empty:
            xy[i] = _place_on_boundary(xy[i], np.delete(xy, i, axis=0), area)
            open_[i] = False


def _place_on_boundary(
    point: NDArray[np.float64], others: NDArray[np.float64], area: Any
) -> NDArray[np.float64]:
    """Nearest point of the boundary, pushed along it until it is apart from all other points."""
    rings = shapely.get_rings(shapely.get_parts(area))
    ring = rings[np.argmin(shapely.distance(rings, shapely.Point(point)))]
    start = shapely.line_locate_point(ring, shapely.Point(point))
    best, best_gap = point, -1.0
    for step in range(200):
        shift = (step + 1) // 2 * 2 * APART_M * (1 if step % 2 else -1)
        along = shapely.line_interpolate_point(ring, (start + shift) % ring.length)
        place = shapely.get_coordinates(along)[0]
        gap = np.hypot(*(others - place).T).min(initial=np.inf)
        if gap > best_gap:
            best, best_gap = place, float(gap)
        if gap >= APART_M:
            break
    return best
