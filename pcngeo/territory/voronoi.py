"""An area cut into faces that are each nearest to one point, as an exact coverage.

The lines of the Voronoi diagram and of the outline are noded together once and turned into faces.
Neighbouring faces therefore have the same vertices along their border, which clipping cell by
cell does not guarantee. A cell that water cuts in pieces gives several faces; `settle` decides
who gets the pieces that do not hold the cell's own point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from pcngeo.borders import shared_borders

__all__ = ["Faces", "cut", "settle"]

#: Vertices are rounded to this grid (metres) when lines are noded: robust, and area is conserved
#: to far less than 1 m2.
GRID_M = 1e-6


class Faces(NamedTuple):
    """Faces of an area: polygons, position of their nearest point, number of their land part."""

    polygons: NDArray[np.object_]
    cell: NDArray[np.int64]
    land: NDArray[np.int64]


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
    frame = shapely.box(*shapely.bounds(area))
    ridges = _ridges(points, frame)
    outline = shapely.get_rings(shapely.get_parts(area))
    lines = shapely.union_all(np.concatenate([outline, ridges]), grid_size=GRID_M)
    polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons))
    land = _land_of(inner, shapely.get_parts(area))
    polygons, inner, land = polygons[land >= 0], inner[land >= 0], land[land >= 0]
    cell = shapely.STRtree(shapely.points(points)).nearest(shapely.points(inner))
    return Faces(polygons, cell.astype(np.int64), land)


def _ridges(points: NDArray[np.float64], frame: shapely.Polygon) -> NDArray[np.object_]:
    """Lines of the Voronoi diagram that meet the frame.

    Eight points far outside close every cell of a real point far from anything that matters, so
    that one point, two points and points on a line are no special cases.
    """
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


def _land_of(xy: NDArray[np.float64], parts: NDArray[np.object_]) -> NDArray[np.int64]:
    """Position of the land part that holds each point, -1 where none does."""
    shapely.prepare(parts)
    where, part = shapely.STRtree(parts).query(shapely.points(xy))
    held = shapely.contains_xy(parts[part], xy[where, 0], xy[where, 1])
    land = np.full(len(xy), -1, dtype=np.int64)
    land[where[held]] = part[held]
    return land


def settle(faces: Faces, points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Decide whose territory every face is, so that territories are connected where they can be.

    A cell keeps the face that holds its point (the nearest one where the point lies outside).
    Its other faces lie beyond water: each goes to the neighbour on the same piece of land with
    the longest common border. A piece of land without any point (an islet) goes whole to the cell
    that covers most of it, and so makes nobody else neighbours.

    Parameters
    ----------
    faces, points
        As of `cut`.

    Returns
    -------
    ndarray of int
        Position of a point for each face.
    """
    home = _home_faces(faces, points)
    owner = np.full(len(faces.cell), -1, dtype=np.int64)
    owner[home] = faces.cell[home]
    _settle_islets(faces, owner)
    _settle_strays(faces, owner)
    return owner


def _home_faces(faces: Faces, points: NDArray[np.float64]) -> NDArray[np.int64]:
    away = shapely.distance(faces.polygons, shapely.points(points[faces.cell]))
    order = np.lexsort((-shapely.area(faces.polygons), away, faces.cell))
    first = np.unique(faces.cell[order], return_index=True)[1]
    return order[first]


def _settle_islets(faces: Faces, owner: NDArray[np.int64]) -> None:
    islet = ~np.isin(faces.land, faces.land[owner >= 0])
    area = shapely.area(faces.polygons)
    for land in np.unique(faces.land[islet]):
        here = faces.land == land
        covered = np.bincount(faces.cell[here], weights=area[here])
        owner[here] = int(np.argmax(covered))


def _settle_strays(faces: Faces, owner: NDArray[np.int64]) -> None:
    first, second, length = shared_borders(faces.polygons)
    one, other = np.concatenate([first, second]), np.concatenate([second, first])
    length = np.concatenate([length, length])
    while (owner < 0).any():
        open_ = (owner[one] < 0) & (owner[other] >= 0)
        if not open_.any():  # touches its land in points only: it stays with its own cell
            owner[owner < 0] = faces.cell[owner < 0]
            return
        size = int(owner.max()) + 1
        pair, where = np.unique(one[open_] * size + owner[other[open_]], return_inverse=True)
        border = np.bincount(where, weights=length[open_])
        order = np.lexsort((pair % size, -border, pair // size))
        face, best = np.unique(pair[order] // size, return_index=True)
        owner[face] = pair[order][best] % size
