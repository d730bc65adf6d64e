"""Territories from polygons that the planner gives, such as practice areas (Q29).

Practice areas overlap and leave gaps; territories must not. Where several practices claim a piece
of the area it goes to the nearest of them; where none does, to the nearest practice. A practice
without a polygon has what nobody claims and is nearest to it; a practice that would be left with
nothing has all that is nearest to it, whoever claims it. The rest is as for all territories:
pieces apart from their practice go to the neighbour with the longest common border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError, examples
from pcngeo.schema import CRS
from pcngeo.territory.faces import blocks, land_of, merge, polygonized, settle
from pcngeo.territory.sites import Sites
from pcngeo.territory.voronoi import cut_for_all, nearest, ridges

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["by_polygons"]

GIVEN = "polygon given by the planner; overlaps and gaps to the nearest practice"
BARE = "no polygon given: nearest practice (Voronoi)"
LOST = "polygon given, but all of it nearer to other practices: nearest practice (Voronoi)"


def by_polygons(
    sites: Sites, polygons: gpd.GeoDataFrame | None, area: Any, *, bounded: bool
) -> tuple[NDArray[np.object_], list[str], tuple[str, ...]]:
    """Draw the territories of sites from polygons; returns polygons, sources and notes.

    Where no boundary was given (not `bounded`), the polygons belong to the area wherever they lie.
    """
    shape_of, notes = _shapes(sites, polygons)
    if not bounded:
        area = shapely.union_all([area, *shape_of.values()])
    claims = np.array([shape_of.get(label) for label in sites.labels], dtype=object)
    bare = shapely.is_missing(claims)
    _, xy = cut_for_all(sites.xy, sites.main, area)
    lost: NDArray[np.bool_] = np.zeros(len(claims), dtype=bool)
    while True:
        faces, claim = _faces(xy, sites, claims, lost, area)
        empty = ~np.isin(np.arange(len(claims)), claim)
        if not empty.any():
            break
        lost |= empty
    joined, _ = blocks(faces, claim)
    owner = settle(joined, xy[sites.main], sites.cell[sites.main])
    said = np.where(bare, BARE, np.where(lost, LOST, GIVEN)).tolist()
    return merge(joined.polygons, owner, len(claims)), said, notes


def _shapes(sites: Sites, polygons: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Polygon of each site that has one: what its practices' polygons cover together."""
    if polygons.crs is None or polygons.crs.to_epsg() != 27700:
        raise DataError(
            f"the polygons must be in {CRS}, not {polygons.crs}",
            todo=f"Convert with to_crs('{CRS}')",
        )
    if "practice" in polygons.columns:
        polygons = polygons.set_index("practice")
    codes = pd.Index(polygons.index.astype(str))
    if not codes.isin(sites.site.index).any():
        raise DataError(
            f"no polygon belongs to a practice that takes part ({examples(codes)})",
            todo="The index, or a column 'practice', must hold ODS codes",
        )
    valid = shapely.make_valid(
        shapely.force_2d(polygons.geometry.to_numpy()), method="structure", keep_collapsed=False
    )
    notes = []
    other = sorted(set(codes) - set(sites.site.index))
    if other:
        notes.append(f"{len(other)} polygons of other practices left aside: {examples(other)}")
    here = codes.isin(sites.site.index)
    bare = here & ~(shapely.area(valid) > 0)
    crossing = here & ~bare & ~shapely.is_valid(polygons.geometry.to_numpy())
    if crossing.any():
        notes.append(f"{_polygons(crossing)} not valid: repaired: {examples(codes[crossing])}")
    if bare.any():
        notes.append(f"{_polygons(bare)} without area: left aside: {examples(codes[bare])}")
    label = codes.map(sites.site.to_dict())
    table = pd.Series(valid, index=label)
    table = table[table.index.notna() & (shapely.area(valid) > 0)]
    shapes = {
        str(site): shapely.union_all(group.to_numpy())
        for site, group in table.groupby(level=0, sort=True)
    }
    return shapes, tuple(notes)


def _polygons(chosen: NDArray[np.bool_]) -> str:
    count = int(chosen.sum())
    return "1 polygon of a practice is" if count == 1 else f"{count} polygons of practices are"


def _faces(
    xy: NDArray[np.float64],
    sites: Sites,
    claims: NDArray[np.object_],
    lost: NDArray[np.bool_],
    area: Any,
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Faces between all lines, and the nearest claimant of each (of all, where there is none).

    A site that is `lost`, left with nothing, claims whatever is nearest to it.
    """
    parts = shapely.get_parts(area)
    given = claims[~shapely.is_missing(claims)]
    lines = [
        shapely.get_rings(parts),
        shapely.get_rings(shapely.get_parts(given)) if len(given) else given,
        ridges(xy, area),
    ]
    polygons, inner = polygonized(np.concatenate(lines))
    land = land_of(inner, parts)
    polygons, inner = polygons[land >= 0], inner[land >= 0]
    away = _distance_to_sites(inner, xy, sites)
    mine = np.zeros(away.shape, dtype=bool)
    for i, shape in enumerate(claims):
        if shape is not None:
            shapely.prepare(shape)
            mine[:, i] = shapely.contains_xy(shape, inner[:, 0], inner[:, 1])
    at = sites.cell[nearest(xy, inner)]
    mine[np.flatnonzero(lost[at]), at[lost[at]]] = True
    mine[~mine.any(axis=1)] = True
    claim: NDArray[np.int64] = np.where(mine, away, np.inf).argmin(axis=1)
    return polygons, claim


def _distance_to_sites(
    inner: NDArray[np.float64], xy: NDArray[np.float64], sites: Sites
) -> NDArray[np.float64]:
    """Distance from each place to the nearest place of each site, shape (places, sites)."""
    away = np.full((len(inner), len(sites.labels)), np.inf)
    for point, cell in zip(xy, sites.cell, strict=True):
        away[:, cell] = np.minimum(away[:, cell], np.hypot(*(inner - point).T))
    return away
