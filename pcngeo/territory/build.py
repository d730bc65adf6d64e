"""Practices -> sites -> one polygon a site: the territories (Q9, Q13, Q26, Q29)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError
from pcngeo.rules import Rules
from pcngeo.schema import CRS, check_territories
from pcngeo.territory.boundary import SLIVER_M2, repair_boundary
from pcngeo.territory.voronoi import Faces, cut, settle

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["build_territories", "reaches"]

#: Two points nearer than this (metres) are one place; postcode coordinates are whole metres.
SAME_PLACE_M = 1.0
#: A cell drawn from the boundary keeps this far (metres) from every other point.
APART_M = 5.0
CLIPPED = "nearest practice (Voronoi), clipped to the area's boundary"


class Sites(NamedTuple):
    """Where practices are: `site` of each practice, and the points with the site of each."""

    site: pd.Series[str]
    xy: NDArray[np.float64]
    label: NDArray[np.object_]


def reaches(
    practices: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None, limit_m: float
) -> pd.Series[bool]:
    """Tell which practices belong to an area by where they are (Q13).

    Parameters
    ----------
    practices
        Practices with a point geometry in EPSG:27700 metres; all of them take part in the
        division of the area.
    boundary
        The area's boundary, or None.
    limit_m
        How far outside the boundary a practice may lie and still belong to it. Metres.

    Returns
    -------
    Series of bool
        Index of `practices`, name ``reaches``. True where the practice lies inside the boundary,
        or at most `limit_m` outside it, or where the part of the area that is nearer to it than
        to any other practice is at least 1 ha (Q27). False without a location. Without a boundary
        True for every practice with a location.
    """
    located: pd.Series[bool] = ~(practices.geometry.isna() | practices.geometry.is_empty)
    result: pd.Series[bool] = located.rename("reaches")
    if boundary is None or not located.any():
        return result
    area, _ = repair_boundary(boundary)
    here = practices.geometry[located].to_numpy()
    shapely.prepare(area)
    near = shapely.dwithin(area, here, limit_m)
    if not near.all():
        xy = shapely.get_coordinates(here)
        places, place = np.unique(_rounded(xy), axis=0, return_inverse=True)
        near |= (_cell_area(cut(places, area), len(places)) >= SLIVER_M2)[place.ravel()]
    result[located] = near
    return result


def build_territories(
    practices: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    rules: Rules | None = None,
) -> gpd.GeoDataFrame:
    """Give every eligible practice the part of the area that is nearest to it.

    Parameters
    ----------
    practices
        Practices after the contract in `pcngeo.schema`; those with standing ``eligible`` count.
    boundary
        The area's boundary in EPSG:27700; without one, the area is drawn around the practices.
    rules
        The planner's rules (`territory`).

    Returns
    -------
    GeoDataFrame
        Index `practice`, sorted; EPSG:27700; columns `site`, `derived_from` (from what the
        polygon is derived, Q29), `parts` (number of its separate parts), `note` (why it has
        several, or ``""``) and the polygon. Co-located practices share one site and one polygon
        (Q9). The polygons of the sites are a coverage: no gap, no overlap, equal vertices along
        borders. ``attrs["notes"]`` holds what was repaired in the boundary.

    Raises
    ------
    DataError
        Without any eligible practice, or with a boundary that cannot be used.

    Notes
    -----
    The part of a cell that water separates from its practice is given to its neighbour on that
    side; a piece of land without a practice goes whole to the practice nearest to most of it
    (Q26). A practice outside the boundary has what is nearest to it inside; where that is nothing
    (less than 1 ha), its polygon is drawn from the nearest point of the boundary (Q13).
    """
    import geopandas as gpd

    rules = rules or Rules()
    sites = _sites(practices)
    area, notes, source = _area_of(sites.xy, boundary)
    faces, moved = _faces_for_all(sites.xy, area)
    owner = settle(faces, moved)
    labels = sorted(set(sites.label))
    position = np.searchsorted(labels, sites.label.astype(str))
    polygons = _merge(faces.polygons, position[owner], len(labels))
    frame = gpd.GeoDataFrame(
        {
            "site": labels,
            "derived_from": _sources(sites, moved, area, labels, source),
            "parts": shapely.get_num_geometries(polygons),
            "note": _part_notes(polygons),
        },
        geometry=polygons,
        crs=CRS,
    ).set_index("site", drop=False)
    territories = frame.loc[sites.site.to_numpy()].set_index(sites.site.index)
    territories.attrs["notes"] = notes
    return check_territories(territories)


def _rounded(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates on a grid of `SAME_PLACE_M`, so that equal places have equal coordinates."""
    return np.round(xy / SAME_PLACE_M) * SAME_PLACE_M + 0.0


def _sites(practices: gpd.GeoDataFrame) -> Sites:
    """Group eligible practices into sites: same label, or same place."""
    eligible = practices[practices["standing"] == "eligible"].sort_index()
    if not len(eligible):
        raise DataError(
            "no practice takes part: there is nothing to draw a territory around",
            todo="Look at the column 'reason' of the practices to see why each was left out",
        )
    xy = _rounded(shapely.get_coordinates(eligible.geometry.to_numpy()))
    place = pd.Series([f"{x:.0f} {y:.0f}" for x, y in xy], index=eligible.index)
    site = eligible["site"].astype(str).where(eligible["site"] != "", place)
    while True:  # a label can stand at several places, and a place can carry several labels
        smaller = site.groupby(place).transform("min")
        smaller = smaller.groupby(site).transform("min")
        if smaller.equals(site):
            break
        site = smaller
    first = (~place.duplicated()).to_numpy()
    return Sites(site.rename("site"), xy[first], site.to_numpy()[first].astype(object))


def _area_of(
    xy: NDArray[np.float64], boundary: gpd.GeoDataFrame | None
) -> tuple[Any, tuple[str, ...], str]:
    """Return the area, the notes of its repair, and what the territories are derived from."""
    if boundary is not None:
        area, notes = repair_boundary(boundary)
        return area, notes, CLIPPED
    margin = max(1_000.0, 0.05 * float(np.hypot(*np.ptp(xy, axis=0))))
    area = shapely.buffer(shapely.convex_hull(shapely.multipoints(xy)), margin, quad_segs=16)
    around = f"nearest practice (Voronoi), up to {margin / 1000:.1f} km around the practices"
    return area, (), f"{around}, as no boundary was given"


def _cell_area(faces: Faces, count: int) -> NDArray[np.float64]:
    area = shapely.area(faces.polygons)
    return np.bincount(faces.cell, weights=area, minlength=count).astype(float)


def _faces_for_all(xy: NDArray[np.float64], area: Any) -> tuple[Faces, NDArray[np.float64]]:
    """Cut the area, moving points whose cell is empty to the boundary until none is."""
    xy = xy.copy()
    shapely.prepare(area)
    outside = ~shapely.contains_xy(area, xy[:, 0], xy[:, 1])
    moved = np.zeros(len(xy), dtype=bool)
    while True:
        faces = cut(xy, area)
        size = _cell_area(faces, len(xy))
        empty = np.flatnonzero((size < SLIVER_M2) & outside & ~moved)
        if not len(empty):
            return faces, xy
        for i in empty:
            xy[i] = _place_on_boundary(xy[i], np.delete(xy, i, axis=0), area)
            moved[i] = True


def _place_on_boundary(
    point: NDArray[np.float64], others: NDArray[np.float64], area: Any
) -> NDArray[np.float64]:
    """Nearest point of the boundary, pushed along it until it is apart from all other points."""
    ring = min(shapely.get_rings(shapely.get_parts(area)),
               key=lambda ring: shapely.distance(ring, shapely.Point(point)))  # fmt: skip
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


def _merge(
    polygons: NDArray[np.object_], owner: NDArray[np.int64], count: int
) -> NDArray[np.object_]:
    """Unite the faces of each owner; the result is still a coverage."""
    order = np.argsort(owner, kind="stable")
    groups = np.split(polygons[order], np.searchsorted(owner[order], np.arange(1, count)))
    return np.array(
        [g[0] if len(g) == 1 else shapely.coverage_union_all(g) for g in groups], dtype=object
    )


def _sources(
    sites: Sites, moved: NDArray[np.float64], area: Any, labels: list[str], source: str
) -> list[str]:
    outside_m = shapely.distance(area, shapely.points(sites.xy))
    away = pd.Series(outside_m).groupby(sites.label).min()
    snapped = pd.Series((moved != sites.xy).any(axis=1)).groupby(sites.label).any()
    said = []
    for label in labels:
        text = source
        if away[label] > 0:
            how = (
                "drawn from the nearest point of the boundary"
                if snapped[label]
                else "only the part inside the boundary"
            )
            text += f"; the practice lies {away[label]:,.0f} m outside it: {how}"
        said.append(text)
    return said


def _part_notes(polygons: NDArray[np.object_]) -> list[str]:
    notes = []
    for polygon in polygons:
        sizes = sorted(shapely.area(shapely.get_parts(polygon)), reverse=True)[1:]
        if not sizes:
            notes.append("")
        else:
            parts = "a separate part" if len(sizes) == 1 else f"{len(sizes)} separate parts"
            notes.append(f"holds {parts} without a practice ({sum(sizes) / 10_000:,.1f} ha)")
    return notes
