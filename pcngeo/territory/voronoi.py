"""An area cut into faces that are each nearest to one point, as an exact coverage.

The lines of the Voronoi diagram and of the outline are noded together once and turned into faces.
Neighbouring faces therefore have the same vertices along their border, which clipping cell by
cell does not guarantee. A cell that water cuts in pieces gives several faces; where that water
divides the area into pieces of land, `cut_by_land` lets only practices of a piece compete for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pcngeo.territory.boundary import SLIVER_M2
from pcngeo.territory.faces import Faces, blocks, home_faces, land_of, polygonized

__all__ = ["cell_area", "cut", "cut_by_land", "cut_for_all", "nearest", "ridges"]

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


def cut_by_land(
    faces: Faces, points: NDArray[np.float64], cell: NDArray[np.int64], area: shapely.Geometry
) -> Faces:
    """Cut again so that on each piece of land only the points of that land compete.

    Nobody crosses the water for what a practice on the same island or bank is there for: what is
    nearest to a point across the water goes to the nearest point on the same piece of land. Land
    without any point is left as it was cut.

    Parameters
    ----------
    faces, area
        As of `cut`.
    points, cell
        Points that have a face, and the claim that each stands for.

    Returns
    -------
    Faces
        The same object where nothing changes hands.
    """
    land = faces.land[home_faces(faces, points, cell)]
    settled = np.unique(land)
    home = np.full(int(cell.max()) + 1, -1, dtype=np.int64)
    home[cell] = land
    across = np.isin(faces.land, settled) & (home[faces.claim] != faces.land)
    if not across.any():
        return faces
    parts = shapely.get_parts(area)
    groups = [np.flatnonzero(land == piece) for piece in settled]
    lines = [shapely.get_rings(parts), ridges(points, area)]
    lines += [ridges(points[group], area) for group in groups]
    polygons, inner = polygonized(np.concatenate(lines))
    where = land_of(inner, parts)
    polygons, inner, where = polygons[where >= 0], inner[where >= 0], where[where >= 0]
    claim = cell[nearest(points, inner)]
    for piece, group in zip(settled, groups, strict=True):
        here = where == piece
        claim[here] = cell[group[nearest(points[group], inner[here])]]
    return blocks(polygons, claim)[0]


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
