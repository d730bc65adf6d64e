"""Polygons of practices -> polygons of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from pcngeo.plan import Plan

__all__ = ["network_areas"]


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
        Practices with `list_size`; decides who gets the polygon of a site whose practices are in
        different networks: the one with more registered patients there. Without it, the one with
        more practices there.

    Returns
    -------
    GeoDataFrame
        Index `network` in reading order, column `sites` (number of sites) and the polygon,
        EPSG:27700. Areas do not overlap; practices in no network leave a gap. A network whose
        practices have no polygon of their own is left out.
    """
    import geopandas as gpd

    winner = _network_of_sites(plan, territories, practices)
    shapes = territories.drop_duplicates("site").set_index("site").geometry
    names = [network for network in plan.networks if (winner == network).any()]
    groups = [shapes[winner.index[winner == network]].to_numpy() for network in names]
    return gpd.GeoDataFrame(
        {"sites": [len(group) for group in groups]},
        index=pd.Index(names, name="network", dtype=str),
        geometry=np.array([shapely.coverage_union_all(group) for group in groups], dtype=object),
        crs=territories.crs,
    )


def _network_of_sites(
    plan: Plan, territories: gpd.GeoDataFrame, practices: gpd.GeoDataFrame | None
) -> pd.Series[str]:
    """Return the network that a site's polygon is drawn in, ``""`` for none."""
    share = pd.DataFrame(
        {
            "site": territories["site"],
            "network": plan.assignment.reindex(territories.index).fillna(""),
            "weight": 1 if practices is None else practices["list_size"].reindex(territories.index),
        }
    )
    share["placed"] = share["network"] != ""
    total = share.groupby(["site", "placed", "network"], sort=True)["weight"].sum().reset_index()
    total = total.sort_values(
        ["site", "placed", "weight", "network"], ascending=[True, False, False, True]
    )
    return total.drop_duplicates("site").set_index("site")["network"]
