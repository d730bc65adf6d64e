"""Faces: pieces of an area that together are an exact coverage, and who gets each of them.

All ways of drawing territories end here: an area is cut into faces (by nearest practice, by LSOA,
by given polygons), each face has a first claim, and `settle` turns claims into territories that
are connected wherever they can be.
"""

from __future__ import annotations

from typing import NamedTuple

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray

from pcngeo.borders import shared_borders

__all__ = [
    "Faces",
    "blocks",
    "home_faces",
    "land_of",
    "merge",
    "polygonized",
    "settle",
    "settle_strays",
]

#: Vertices are rounded to this grid (metres) when lines are noded: robust, and area is conserved
#: to far less than 1 m2.
GRID_M = 1e-6


class Faces(NamedTuple):
    """Faces of an area: polygons, position of their claimant (-1: none), number of their land."""

    polygons: NDArray[np.object_]
    claim: NDArray[np.int64]
    land: NDArray[np.int64]


def polygonized(lines: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Node lines together and return the polygons between them, with a point inside each."""
    noded = shapely.union_all(lines, grid_size=GRID_M)
    polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return polygons, shapely.get_coordinates(shapely.point_on_surface(polygons))


def land_of(xy: NDArray[np.float64], parts: NDArray[np.object_]) -> NDArray[np.int64]:
    """Position of the polygon that holds each point, -1 where none does (the first of several)."""
    shapely.prepare(parts)
    where, part = shapely.STRtree(parts).query(shapely.points(xy))
    held = shapely.contains_xy(parts[part], xy[where, 0], xy[where, 1])
    where, part = where[held], part[held]
    order = np.lexsort((-part, where))  # of several the last written is the first
    land = np.full(len(xy), -1, dtype=np.int64)
    land[where[order]] = part[order]
    return land


def merge(
    polygons: NDArray[np.object_], owner: NDArray[np.int64], count: int
) -> NDArray[np.object_]:
    """Unite the faces of each owner 0 .. count - 1; the result is still a coverage."""
    order = np.argsort(owner, kind="stable")
    groups = np.split(polygons[order], np.searchsorted(owner[order], np.arange(1, count)))
    united = np.empty(count, dtype=object)
    for i, group in enumerate(groups[:count]):
        united[i] = group[0] if len(group) == 1 else shapely.coverage_union_all(group)
    return united


def blocks(
    polygons: NDArray[np.object_], claim: NDArray[np.int64]
) -> tuple[Faces, NDArray[np.int64]]:
    """Unite neighbouring faces of one claimant, and number the pieces of land they form.

    Parameters
    ----------
    polygons, claim
        Faces of a coverage (a face of several parts stays whole) and the claimant of each.

    Returns
    -------
    Faces, ndarray of int
        One face a block, and the block of each polygon given.
    """
    first, second, _ = shared_borders(polygons)
    same = claim[first] == claim[second]
    block = _components(len(polygons), first[same], second[same])
    land = _components(len(polygons), first, second)
    _, lead = np.unique(block, return_index=True)
    return Faces(merge(polygons, block, len(lead)), claim[lead], land[lead]), block


def _components(
    count: int, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Label the connected parts of a graph of `count` nodes, in the order of their first node."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(zip(first.tolist(), second.tolist(), strict=True))
    number = np.empty(count, dtype=np.int64)
    for i, part in enumerate(nx.connected_components(graph)):
        number[list(part)] = i
    return number


def settle(
    faces: Faces, points: NDArray[np.float64], cell: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Decide whose territory every face is, so that territories are connected where they can be.

    Each point keeps the face of its claim that holds it (the nearest one where none does). Other
    faces lie beyond water or apart from it: each goes to the neighbour on the same piece of land
    with the longest common border. A piece of land without any point (an islet) goes whole to the
    claimant of most of it, and so makes nobody else neighbours.

    Parameters
    ----------
    faces
        Each face connected; together they are the area.
    points
        Shape (n, 2), metres; each has at least one face.
    cell
        The claim that each point stands for; its own position where not given.

    Returns
    -------
    ndarray of int
        A claim for each face, -1 only where land has neither point nor claim.
    """
    cell = np.arange(len(points)) if cell is None else cell
    owner = np.full(len(faces.claim), -1, dtype=np.int64)
    home = home_faces(faces, points, cell)
    owner[home] = faces.claim[home]
    _settle_islets(faces, owner)
    settle_strays(faces, owner)
    return owner


def home_faces(
    faces: Faces, points: NDArray[np.float64], cell: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each point the nearest face of its claim; of equals the largest."""
    order = np.argsort(faces.claim, kind="stable")
    claims = faces.claim[order]
    start, stop = np.searchsorted(claims, cell), np.searchsorted(claims, cell, side="right")
    count = stop - start
    point = np.repeat(np.arange(len(points)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    face = order[np.repeat(start, count) + offset]
    away = shapely.distance(faces.polygons[face], shapely.points(points[point]))
    best = np.lexsort((-shapely.area(faces.polygons[face]), away, point))
    first = np.unique(point[best], return_index=True)[1]
    home: NDArray[np.int64] = face[best][first]
    return home


def _settle_islets(faces: Faces, owner: NDArray[np.int64]) -> None:
    islet = ~np.isin(faces.land, faces.land[owner >= 0])
    area = shapely.area(faces.polygons)
    for land in np.unique(faces.land[islet]):
        here = (faces.land == land) & (faces.claim >= 0)
        if here.any():
            covered = np.bincount(faces.claim[here], weights=area[here])
            owner[faces.land == land] = int(np.argmax(covered))


def settle_strays(faces: Faces, owner: NDArray[np.int64]) -> None:
    """Give faces without an owner (-1) to the neighbour with the longest border, in place."""
    first, second, length = shared_borders(faces.polygons)
    one, other = np.concatenate([first, second]), np.concatenate([second, first])
    length = np.concatenate([length, length])
    while (owner < 0).any():
        open_ = (owner[one] < 0) & (owner[other] >= 0)
        if not open_.any():  # touches its land in points only: it stays with its own claimant
            owner[owner < 0] = faces.claim[owner < 0]
            return
        size = int(owner.max()) + 1
        pair, where = np.unique(one[open_] * size + owner[other[open_]], return_inverse=True)
        border = np.bincount(where, weights=length[open_])
        order = np.lexsort((pair % size, -border, pair // size))
        face, best = np.unique(pair[order] // size, return_index=True)
        owner[face] = pair[order][best] % size
