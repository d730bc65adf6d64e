"""Practices -> sites: who shares a place (Q9), and where branch surgeries stand (Q23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError, examples
from pcngeo.schema import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["Sites", "rounded", "sites_of"]

#: Two points nearer than this (metres) are one place; postcode coordinates are whole metres.
SAME_PLACE_M = 1.0


class Sites(NamedTuple):
    """Where practices are.

    `site`: label of each practice's site (index practice, sorted). `labels`: all labels, sorted.
    `xy`: the places, metres; `cell`: position in `labels` of the site of each place; `main`:
    whether the place is a main site (else a branch). `beside`: practices at whose site a branch of
    the practice stands, by practice.
    """

    site: pd.Series[str]
    labels: list[str]
    xy: NDArray[np.float64]
    cell: NDArray[np.int64]
    main: NDArray[np.bool_]
    beside: dict[str, tuple[str, ...]]


def rounded(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates on a grid of `SAME_PLACE_M`, so that equal places have equal coordinates."""
    return np.round(xy / SAME_PLACE_M) * SAME_PLACE_M + 0.0


def sites_of(practices: gpd.GeoDataFrame, branches: gpd.GeoDataFrame | None = None) -> Sites:
    """Group eligible practices into sites: same label, or same place.

    Parameters
    ----------
    practices
        After the contract in `pcngeo.schema`; those with standing ``eligible`` count.
    branches
        Branch surgeries: column `practice`, a point each, EPSG:27700. Those of practices that do
        not take part are left aside. A branch on the main site of another practice, or on a branch
        of a larger one, has no place of its own: it is recorded in `beside`.

    Returns
    -------
    Sites
    """
    eligible = practices[practices["standing"] == "eligible"].sort_index()
    if not len(eligible):
        raise DataError(
            "no practice takes part: there is nothing to draw a territory around",
            todo="Look at the column 'reason' of the practices to see why each was left out",
        )
    lost = eligible.index[eligible.geometry.isna() | eligible.geometry.is_empty]
    if len(lost):
        raise DataError(f"{len(lost)} practices that take part have no location: {examples(lost)}")
    xy = rounded(shapely.get_coordinates(eligible.geometry.to_numpy()))
    place = pd.Series(_keys(xy), index=eligible.index)
    site = eligible["site"].astype(str).where(eligible["site"] != "", place)
    while True:  # a label can stand at several places, and a place can carry several labels
        smaller = site.groupby(place).transform("min")
        smaller = smaller.groupby(site).transform("min")
        if smaller.equals(site):
            break
        site = smaller
    labels = sorted(set(site))
    first = (~place.duplicated()).to_numpy()
    places = dict(zip(place[first], site[first], strict=True))
    main = len(places)
    beside = _add_branches(places, site, eligible, branches)
    return Sites(
        site=site.rename("site"),
        labels=labels,
        xy=np.array([key.split() for key in places], dtype=float),
        cell=np.searchsorted(labels, list(places.values())),
        main=np.arange(len(places)) < main,
        beside=beside,
    )


def _keys(xy: NDArray[np.float64]) -> list[str]:
    return [f"{x:.0f} {y:.0f}" for x, y in xy]


def _add_branches(
    places: dict[str, str],
    site: pd.Series[str],
    eligible: gpd.GeoDataFrame,
    branches: gpd.GeoDataFrame | None,
) -> dict[str, tuple[str, ...]]:
    """Add the places of branches to `places`; those taken are returned as neighbours."""
    if branches is None or not len(branches):
        return {}
    known = _checked(branches)
    known = known[known["practice"].isin(eligible.index)]
    size = eligible["list_size"].reindex(known["practice"]).to_numpy()
    known = known.assign(size=size, key=_keys(rounded(shapely.get_coordinates(known.geometry))))
    known = known.sort_values(["size", "practice", "key"], ascending=[False, True, True])
    there = {label: tuple(group.index) for label, group in site.groupby(site)}
    beside: dict[str, set[str]] = {}
    for code, key in zip(known["practice"], known["key"], strict=True):
        taken = places.setdefault(key, site[code])
        if taken != site[code]:
            beside.setdefault(str(code), set()).update(there[taken])
    return {code: tuple(sorted(others)) for code, others in sorted(beside.items())}


def _checked(branches: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "practice" not in branches.columns:
        raise DataError("the branches lack a column 'practice'", todo="Name the parent practice")
    if branches.crs is None or branches.crs.to_epsg() != 27700:
        raise DataError(f"the branches must be in {CRS}, not {branches.crs}")
    lost = branches.geometry.isna() | branches.geometry.is_empty
    if lost.any():
        raise DataError(
            f"{int(lost.sum())} branches have no location: {examples(branches['practice'][lost])}",
            todo="Give their coordinates or leave them out",
        )
    return branches
