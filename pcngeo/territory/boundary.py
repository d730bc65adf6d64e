"""The outline of an area: checked, repaired and united, with a note of every repair (Q27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pcngeo.errors import DataError
from pcngeo.schema import CRS

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["FAR_M", "SLIVER_M", "SLIVER_M2", "check_places", "is_sliver", "repair_boundary"]

#: A part or a hole is a sliver when it is smaller than this (1 ha, Q27) ...
SLIVER_M2 = 10_000.0
#: ... and nowhere wider than this. A small but compact islet is land, not a sliver.
SLIVER_M = 10.0
#: Where no practice lies within this distance of the boundary, one of the two is of another place.
FAR_M = 25_000.0


def repair_boundary(boundary: gpd.GeoDataFrame) -> tuple[Any, tuple[str, ...]]:
    """Unite the rows of a boundary into one valid shape, and say what had to be repaired.

    Parameters
    ----------
    boundary
        Rows of polygons, EPSG:27700 metres.

    Returns
    -------
    shape, notes
        A valid Polygon or MultiPolygon in metres, and a sentence for each repair made: crossing
        lines, parts that are no polygons, slivers dropped and slits closed (Q27).

    Raises
    ------
    DataError
        When the coordinates are not British National Grid, or no area is left.

    Examples
    --------
    >>> import geopandas, shapely
    >>> bow = shapely.Polygon([(0, 0), (2000, 2000), (2000, 0), (0, 2000)])
    >>> frame = geopandas.GeoDataFrame(geometry=[bow], crs="EPSG:27700")
    >>> shape, notes = repair_boundary(frame)
    >>> shape.geom_type, round(shape.area), notes
    ('MultiPolygon', 2000000, ('the boundary crosses itself in 1 of 1 rows: repaired',))
    """
    _check_crs(boundary)
    rows = boundary.geometry.to_numpy()
    rows = rows[~(shapely.is_missing(rows) | shapely.is_empty(rows))]
    notes = []
    crossing = int((~shapely.is_valid(rows)).sum())
    if crossing:
        notes.append(f"the boundary crosses itself in {crossing} of {len(rows)} rows: repaired")
    valid = shapely.make_valid(rows, method="structure", keep_collapsed=False)
    parts = _polygons(shapely.force_2d(valid))
    if not len(parts):
        raise DataError(
            "the boundary holds no area",
            todo="Give a file with the polygon of the area, not its centre or its outline",
        )
    if len(parts) == 1 and not shapely.get_num_interior_rings(parts[0]):
        return parts[0], tuple(notes)
    parts = _without_slivers(_polygons(np.array([shapely.union_all(parts)])), notes)
    return (parts[0] if len(parts) == 1 else shapely.multipolygons(parts)), tuple(notes)


def _check_crs(boundary: gpd.GeoDataFrame) -> None:
    if boundary.crs is None or boundary.crs.to_epsg() != 27700:
        raise DataError(
            f"the boundary must be in {CRS} (British National Grid, metres), not {boundary.crs}",
            todo=f"Convert it with to_crs('{CRS}')",
        )
    if not len(boundary):
        raise DataError("the boundary has no rows", todo="Give the polygon of the area")
    west, south, east, north = boundary.total_bounds
    if np.isinf([west, south, east, north]).any():
        raise DataError(
            "the boundary has coordinates that are not finite",
            todo="It was probably converted from a wrong coordinate system, or from coordinates in "
            "swapped order: convert it again from the published file",
        )
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 180:
        raise DataError(
            f"the boundary says that it is in {CRS}, but its coordinates look like degrees "
            f"({west:.3f}, {south:.3f} to {east:.3f}, {north:.3f})",
            todo="Set the right coordinate system (EPSG:4326), then convert it",
        )


def check_places(points: Any, area: Any) -> None:
    """Refuse points none of which lies near the area, and say what is probably wrong.

    Parameters
    ----------
    points
        Points of practices, metres.
    area
        The united boundary, metres.

    Raises
    ------
    DataError
        When every point lies more than `FAR_M` outside.
    """
    shapely.prepare(area)
    if shapely.dwithin(area, points, FAR_M).any():
        return
    away = float(shapely.distance(area, points).min()) / 1000
    swapped = shapely.transform(points, lambda xy: xy[:, ::-1])
    if shapely.dwithin(area, swapped, FAR_M).any():
        todo = "Eastings and northings are swapped in one of the two: swap them back"
    else:
        todo = "Check that the boundary, the area code and the postcode file are of the same place"
    raise DataError(
        f"none of {len(points)} practices lies in or near the boundary: the nearest is "
        f"{away:,.0f} km away",
        todo=todo,
    )


def _polygons(shapes: Any) -> Any:
    """All polygons with an area in an array of geometries, singly."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)]


def is_sliver(polygons: Any) -> Any:
    """Whether each polygon is a sliver: small, and narrow everywhere (Q27)."""
    small = shapely.area(polygons) < SLIVER_M2
    small[small] = shapely.is_empty(shapely.buffer(polygons[small], -SLIVER_M / 2))
    return small


def _without_slivers(parts: Any, notes: list[str]) -> Any:
    """Drop sliver parts and close sliver holes, unless nothing but slivers would be left."""
    sliver = is_sliver(parts)
    if sliver.any() and not sliver.all():
        lost = shapely.area(parts[sliver]).sum()
        notes.append(f"{sliver.sum()} slivers of the boundary dropped ({lost:,.0f} m2)")
        parts = parts[~sliver]
    rings, owner = shapely.get_rings(parts, return_index=True)
    hole = np.r_[False, owner[1:] == owner[:-1]]
    slit = hole.copy()
    slit[hole] = is_sliver(shapely.polygons(rings[hole]))
    if not slit.any():
        return parts
    notes.append(f"{slit.sum()} slits inside the boundary closed")
    kept, hole, owner = rings[~slit], hole[~slit], owner[~slit]
    return np.array(
        [shapely.Polygon(kept[(owner == i) & ~hole][0], kept[(owner == i) & hole])
         for i in range(len(parts))]
    )  # fmt: skip
