"""Practices -> sites -> one polygon a site: the territories (Q9, Q13, Q26, Q29)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError
from pcngeo.rules import Rules, check_rules
from pcngeo.schema import CRS, check_boundary, check_practices, check_territories
from pcngeo.territory.boundary import SLIVER_M2, check_places, repair_boundary
from pcngeo.territory.faces import merge, settle
from pcngeo.territory.given import by_polygons
from pcngeo.territory.registrations import by_registrations
from pcngeo.territory.sites import Sites, rounded, sites_of
from pcngeo.territory.voronoi import cell_area, cut, cut_by_land, cut_for_all

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["build_territories", "reaches"]

CLIPPED = "nearest practice (Voronoi), clipped to the area's boundary"


class Drawn(NamedTuple):
    """A polygon for each site, and from what it is derived."""

    polygons: NDArray[np.object_]
    derived_from: list[str]
    notes: tuple[str, ...]


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

    Raises
    ------
    DataError
        When the boundary cannot be used, or no practice lies within 25 km of it: then one of the
        two is of another place, or its coordinates are swapped.
    """
    located: pd.Series[bool] = ~(practices.geometry.isna() | practices.geometry.is_empty)
    result: pd.Series[bool] = located.rename("reaches")
    if boundary is None or not located.any():
        return result
    area, _ = repair_boundary(boundary)
    here = practices.geometry[located].to_numpy()
    check_places(here, area)
    near = shapely.dwithin(area, here, limit_m)
    if not near.all():
        xy = shapely.get_coordinates(here)
        places, place = np.unique(rounded(xy), axis=0, return_inverse=True)
        near |= (cell_area(cut(places, area), len(places)) >= SLIVER_M2)[place.ravel()]
    result[located] = near
    return result


def build_territories(
    practices: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    rules: Rules | None = None,
    *,
    branches: gpd.GeoDataFrame | None = None,
    registrations: pd.DataFrame | None = None,
    lsoas: gpd.GeoDataFrame | None = None,
    polygons: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Give every eligible practice its part of the area.

    Parameters
    ----------
    practices
        Practices after the contract in `pcngeo.schema`; those with standing ``eligible`` count.
    boundary
        The area's boundary in EPSG:27700; without one, the area is drawn around the practices.
    rules
        The planner's rules: `territory` says what is drawn.
    branches
        Branch surgeries: column `practice` (the parent's code) and a point each (Q23). A practice's
        territory is that of all its sites; where it is, its hub and its distances stay those of
        its main site.
    registrations, lsoas
        For ``territory = "registrations"``: patients by practice and LSOA (columns `practice`,
        `lsoa`, `patients`), and the polygons of the LSOAs (index `lsoa`).
    polygons
        For ``territory = "polygons"``: one row or more a practice, index or column `practice`.

    Returns
    -------
    GeoDataFrame
        Index `practice`, sorted; EPSG:27700; columns `site`, `derived_from` (from what the
        polygon is derived, Q29), `parts` (number of its separate parts), `note` (why it has
        several, or ``""``), `beside` (codes of practices on whose site it has a branch) and the
        polygon. Co-located practices share one site and one polygon (Q9). The polygons of the
        sites are a coverage: no gap, no overlap, equal vertices along borders. ``attrs["notes"]``
        holds what was repaired on the way.

    Raises
    ------
    DataError
        Without any eligible practice, with a boundary that cannot be used or that no practice is
        near, or when what the rules ask for was not given.

    Notes
    -----
    ``"voronoi"``: on a piece of land only its own practices compete; the part of a cell that an
    inlet separates from its practice goes to the neighbour on that side with the longest common
    border; a piece of land without a practice goes whole to the practice nearest to most of it
    (Q26). A practice outside the boundary has what is nearest to it inside; where
    that is nothing (less than 1 ha), its polygon is drawn from the nearest point of the boundary
    (Q13). For the other two ways see `pcngeo.territory.registrations` and
    `pcngeo.territory.given`.
    """
    import geopandas as gpd

    rules = check_rules(rules)
    check_practices(practices, ("list_size", "standing", "site"))
    check_boundary(boundary)
    sites = sites_of(practices, branches)
    if rules.territory == "registrations":
        _needed(rules.territory, registrations=registrations, lsoas=lsoas)
        drawn = Drawn(*by_registrations(sites, registrations, lsoas, boundary, rules.exclaves))
    else:
        area, notes, source = _area_of(sites.xy, boundary)
        if rules.territory == "polygons":
            _needed(rules.territory, polygons=polygons)
            given = by_polygons(sites, polygons, area, bounded=boundary is not None)
            drawn = Drawn(*given)
        else:
            drawn = _by_voronoi(sites, area, source)
        drawn = drawn._replace(notes=(*notes, *drawn.notes))
    frame = gpd.GeoDataFrame(
        {
            "site": sites.labels,
            "derived_from": drawn.derived_from,
            "parts": shapely.get_num_geometries(drawn.polygons),
            "note": _part_notes(drawn.polygons, sites),
        },
        geometry=drawn.polygons,
        crs=CRS,
    ).set_index("site", drop=False)
    territories = frame.loc[sites.site.to_numpy()].set_index(sites.site.index)
    beside = [" ".join(sites.beside.get(str(code), ())) for code in territories.index]
    territories.insert(4, "beside", beside)
    territories.attrs["notes"] = drawn.notes
    return check_territories(territories)


def _needed(territory: str, **given: Any) -> None:
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise DataError(
            f"territory = '{territory}' needs {' and '.join(missing)}, which were not given",
            todo="Give the file, or choose territory = 'voronoi' in the rules",
        )


def _area_of(
    xy: NDArray[np.float64], boundary: gpd.GeoDataFrame | None
) -> tuple[Any, tuple[str, ...], str]:
    """Return the area, the notes of its repair, and what the territories are derived from."""
    if boundary is not None:
        area, notes = repair_boundary(boundary)
        check_places(shapely.points(xy), area)
        return area, notes, CLIPPED
    margin = max(1_000.0, 0.05 * float(np.hypot(*np.ptp(xy, axis=0))))
    area = shapely.buffer(shapely.convex_hull(shapely.multipoints(xy)), margin, quad_segs=16)
    around = f"nearest practice (Voronoi), up to {margin / 1000:.1f} km around the practices"
    return area, (), f"{around}, as no boundary was given"


def _by_voronoi(sites: Sites, area: Any, source: str) -> Drawn:
    faces, moved = cut_for_all(sites.xy, sites.main, area)
    drawn = np.isin(np.arange(len(sites.xy)), faces.claim)  # a branch outside may reach nothing
    points, cell = moved[drawn], np.flatnonzero(drawn)
    faces = cut_by_land(faces, points, cell, area)
    owner = settle(faces, points, cell)
    polygons = merge(faces.polygons, sites.cell[owner], len(sites.labels))
    return Drawn(polygons, _sources(sites, moved, area, source), ())


def _sources(sites: Sites, moved: NDArray[np.float64], area: Any, source: str) -> list[str]:
    main = sites.main
    outside_m = shapely.distance(area, shapely.points(sites.xy[main]))
    away = pd.Series(outside_m).groupby(sites.cell[main]).min()
    snapped = pd.Series((moved != sites.xy).any(axis=1)).groupby(sites.cell).any()
    said = []
    for i in range(len(sites.labels)):
        text = source
        if away[i] > 0:
            how = (
                "drawn from the nearest point of the boundary"
                if snapped[i]
                else "only the part inside the boundary"
            )
            text += f"; the practice lies {away[i]:,.0f} m outside it: {how}"
        said.append(text)
    return said


def _part_notes(polygons: NDArray[np.object_], sites: Sites) -> list[str]:
    """Say why a territory is in several parts: further sites, or land without a practice."""
    parts, owner = shapely.get_parts(polygons, return_index=True)
    part, point = shapely.STRtree(shapely.points(sites.xy)).query(parts, predicate="intersects")
    held = np.isin(np.arange(len(parts)), part[sites.cell[point] == owner[part]])
    area = shapely.area(parts) / 10_000
    notes = []
    for i in range(len(polygons)):
        homes = int(held[owner == i].sum())
        bare = np.sort(area[(owner == i) & ~held])
        if not homes:
            bare = bare[:-1]  # its site lies outside: the largest part counts as its own
        said = [f"{homes} parts with a site each"] if homes > 1 else []
        if len(bare):
            count = "a part" if len(bare) == 1 else f"{len(bare)} parts"
            said.append(f"{count} without a practice ({bare.sum():,.1f} ha)")
        notes.append(f"holds {' and '.join(said)}" if said else "")
    return notes
