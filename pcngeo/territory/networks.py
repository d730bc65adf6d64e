"""Polygons of practices -> polygons of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.territory.faces import Faces, land_of, merge, polygonized, settle
from pcngeo.territory.voronoi import cut

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from pcngeo.plan import Plan

__all__ = ["network_areas", "split_sites"]


def split_sites(plan: Plan, territories: gpd.GeoDataFrame) -> pd.DataFrame:
    """List the sites whose practices a plan puts in different networks (Q9).

    Parameters
    ----------
    plan
        Who is in which network.
    territories
        As of `build_territories`.

    Returns
    -------
    DataFrame
        Index `site`, columns `practices` and `networks` (tuples, in reading order); a practice in
        no network does not split a site. Empty where no site is split.
    """
    networks = _split(plan, territories)
    codes = territories["site"].sort_index()
    return pd.DataFrame(
        {
            "practices": [tuple(codes.index[codes == site]) for site in networks],
            "networks": list(networks.values()),
        },
        index=pd.Index(list(networks), name="site", dtype=str),
    )


def _split(plan: Plan, territories: gpd.GeoDataFrame) -> dict[str, tuple[str, ...]]:
    """Networks of each site that has practices in several, by site."""
    home = plan.assignment.reindex(territories.index).fillna("")
    there = home[home != ""].groupby(territories["site"]).agg(set)
    return {
        str(site): tuple(name for name in plan.networks if name in names)
        for site, names in there.sort_index().items()
        if len(names) > 1
    }


def network_areas(
    plan: Plan, territories: gpd.GeoDataFrame, practices: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Dissolve the territories of each network into one area.

    Parameters
    ----------
    plan
        Who is in which network.
    territories
        As of `build_territories`.
    practices
        Where practices are; only used for sites that a plan splits. Without it the middle of the
        site's polygon is taken.

    Returns
    -------
    GeoDataFrame
        Index `network` in reading order; columns `sites` (number of sites), `parts` (number of
        separate parts), `note` (why there are several, and which sites it shares with another
        network, or ``""``) and the polygon, EPSG:27700. The areas are a coverage: no overlap, and
        no gap but where practices are in no network. The polygon of a site that a plan splits is
        divided among its networks, each getting the side that faces its own practices. Networks
        none of whose practices has a territory have no row.
    """
    import geopandas as gpd

    split = _split(plan, territories)
    home = plan.assignment.reindex(territories.index).fillna("")
    shapes = territories.drop_duplicates("site").set_index("site").sort_index()
    network = home.where(home != "").groupby(territories["site"]).first().reindex(shapes.index)
    polygons, owner = _pieces(shapes.geometry, network, split, practices, territories)
    names = [name for name in plan.networks if (home == name).any()]
    placed = np.isin(owner, names)
    position = np.array([names.index(name) for name in owner[placed]], dtype=np.int64)
    areas = merge(polygons[placed], position, len(names))
    members = home[home != ""].groupby(territories["site"]).agg(set)
    return gpd.GeoDataFrame(
        {
            "sites": [sum(name in there for there in members) for name in names],
            "parts": shapely.get_num_geometries(areas),
            "note": [
                _note(name, area, shapes, network, split)
                for name, area in zip(names, areas, strict=True)
            ],
        },
        index=pd.Index(names, name="network", dtype=str),
        geometry=areas,
        crs=territories.crs,
    )


def _pieces(
    shapes: gpd.GeoSeries,
    network: pd.Series[str],
    split: dict[str, tuple[str, ...]],
    practices: gpd.GeoDataFrame | None,
    territories: gpd.GeoDataFrame,
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Polygons of one coverage and the network of each, sites that are split in several pieces."""
    polygons = shapes.to_numpy()
    owner = network.fillna("").to_numpy(dtype=object)
    if not split:
        return polygons, owner
    whole = ~shapes.index.isin(list(split))
    faces, names = [polygons[whole]], [owner[whole]]
    for site, names_there in split.items():
        middle = _middle(site, shapes, practices, territories)
        seeds = _seeds(middle, names_there, shapes.drop(site), network.drop(site))
        cells = cut(seeds, shapes[site])
        settled = settle(Faces(cells.polygons, cells.claim, cells.land), seeds)
        pieces = merge(cells.polygons, settled, len(seeds))
        faces.append(pieces)
        names.append(np.array(names_there, dtype=object))
    given, name = np.concatenate(faces), np.concatenate(names)
    rings = shapely.get_rings(shapely.get_parts(given))
    noded, inner = polygonized(rings)  # the cuts end on borders: their neighbours get the vertex
    parts, of = shapely.get_parts(given, return_index=True)
    found = land_of(inner, parts)
    return noded[found >= 0], name[of[found[found >= 0]]]


def _middle(
    site: str,
    shapes: gpd.GeoSeries,
    practices: gpd.GeoDataFrame | None,
    territories: gpd.GeoDataFrame,
) -> NDArray[np.float64]:
    point: Any = shapely.point_on_surface(shapes[site])
    if practices is not None:
        point = practices.geometry[territories.index[territories["site"] == site][0]]
    xy: NDArray[np.float64] = shapely.get_coordinates(point)[0]
    return xy


def _seeds(
    middle: NDArray[np.float64],
    networks: tuple[str, ...],
    shapes: gpd.GeoSeries,
    network: pd.Series[str],
) -> NDArray[np.float64]:
    """Return a point a network, around the site, towards the nearest of its other territories."""
    seeds = []
    for i, name in enumerate(networks):
        angle = 2 * np.pi * i / len(networks)
        spread = np.array([np.cos(angle), np.sin(angle)])
        others = shapes[network == name].to_numpy()
        towards = np.zeros(2)
        if len(others):
            lines = shapely.shortest_line(shapely.Point(middle), others)
            nearest = others[np.argmin(shapely.length(lines))]
            step = shapely.get_coordinates(shapely.point_on_surface(nearest))[0] - middle
            towards = step / max(float(np.hypot(*step)), 1.0)
        seeds.append(middle + 10 * towards + 0.1 * spread)
    return np.array(seeds)


def _note(
    name: str,
    area: Any,
    shapes: gpd.GeoDataFrame,
    network: pd.Series[str],
    split: dict[str, tuple[str, ...]],
) -> str:
    said = []
    shared = [names for names in split.values() if name in names]
    if shared:
        others = sorted({other for names in shared for other in names if other != name})
        word = "a site" if len(shared) == 1 else f"{len(shared)} sites"
        said.append(f"shares {word} with network {', '.join(others)}")
    parts = shapely.get_num_geometries(area)
    if parts > 1:
        mine = shapes[network == name]
        islets = int((shapely.get_num_geometries(mine.geometry.to_numpy()) - 1).sum())
        why = (
            "its practices hold land apart from them"
            if islets >= parts - 1
            else "joined by a link, not by a border"
        )
        said.append(f"in {parts} parts: {why}")
    return "; ".join(said)
