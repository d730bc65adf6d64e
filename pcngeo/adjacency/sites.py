"""The sites of an area: who is on each, its polygon, and the borders they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from pcngeo.borders import Borders, border_lines
from pcngeo.errors import DataError, examples

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["SiteMap", "site_map"]


class SiteMap(NamedTuple):
    """Sites in sorted order: practices on each, their polygon, and the borders they share."""

    members: dict[str, list[str]]
    polygons: NDArray[np.object_]
    borders: Borders
    lines: NDArray[np.object_]


def site_map(territories: gpd.GeoDataFrame) -> SiteMap:
    """Group territories by site and find their borders.

    Parameters
    ----------
    territories
        Index `practice`, column `site`, polygons.

    Returns
    -------
    SiteMap

    Raises
    ------
    DataError
        When the polygons are no coverage: borders cannot be read off them.
    """
    codes = territories["site"].sort_index()
    members = {str(s): [str(p) for p in group.index] for s, group in codes.groupby(codes)}
    shapes = territories.drop_duplicates("site").set_index("site").geometry
    polygons = shapes[list(members)].to_numpy()
    if not shapely.coverage_is_valid(polygons):
        bad = ~shapely.is_empty(shapely.coverage_invalid_edges(polygons))
        names = [site for site, wrong in zip(members, bad, strict=True) if wrong]
        raise DataError(
            f"{len(names)} territories overlap or do not match along their borders: "
            f"{examples(names)}",
            todo="Build them with build_territories, which makes borders that match",
        )
    return SiteMap(members, polygons, *border_lines(polygons))
