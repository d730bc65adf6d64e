"""Territories from where registered patients live: each LSOA to the practice with most of them.

Rules, in this order, all visible in the table that `assign_lsoas` returns:

1. An LSOA belongs to the area when its middle lies in the boundary; LSOAs are never cut. Without a
   boundary all LSOAs given are the area.
2. Only sites of practices that take part compete; those outside the area are counted in `share`
   but win nothing.
3. A site that wins no LSOA takes, from a winner that keeps at least one, the LSOA with most of its
   own patients; a site without any registered patient in the area the one nearest to it.
4. An LSOA in which nobody competes goes to the neighbour with the longest common border.
5. An exclave (won LSOAs apart from the block where the practice stands, or from its main block)
   goes to the neighbour with the longest common border, unless ``exclaves = "keep"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError, examples
from pcngeo.lsoas import edition_of
from pcngeo.schema import CRS
from pcngeo.territory.boundary import is_sliver, repair_boundary
from pcngeo.territory.faces import (
    Faces,
    blocks,
    land_of,
    merge,
    polygonized,
    settle,
    settle_strays,
)
from pcngeo.territory.sites import Sites, sites_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["assign_lsoas", "by_registrations"]

SOURCE = "registrations: each LSOA to the practice with most of its registered patients"
WON, TAKEN, NEAREST, BORDER, EXCLAVE = (
    "most registered patients",
    "its practice wins no other LSOA",
    "nearest to a practice that wins no LSOA",
    "no registered patients: longest common border",
    "apart from its practice: longest common border",
)

#: What is added to the rule where a practice outside the area has more patients.
BEYOND = "; outside the area more are with "


def assign_lsoas(
    practices: gpd.GeoDataFrame,
    registrations: pd.DataFrame,
    lsoas: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    *,
    exclaves: str = "join",
    branches: gpd.GeoDataFrame | None = None,
    everyone: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say for every LSOA of an area whose territory it is in, and why.

    Parameters
    ----------
    practices
        Practices after the contract in `pcngeo.schema`.
    registrations
        Columns `practice`, `lsoa`, `patients`.
    lsoas
        Polygons, index `lsoa`, EPSG:27700.
    boundary
        Chooses the LSOAs of the area; without it, all LSOAs given are the area.
    exclaves
        ``"join"`` or ``"keep"``.
    branches
        As of `build_territories`.
    everyone
        Patients by LSOA with practices of all areas (`Intake.by_lsoa`), where `registrations` are
        of the practices of the area alone: then they are counted in `registered` and `share`.

    Returns
    -------
    DataFrame
        Index `lsoa`, sorted; `site` (whose territory it is in), `won_by` (site with most of its
        registered patients, ``""`` for none), `patients` (registered with the practices of
        `site`), `registered` (with any practice in the file), `share` (the first in the second),
        `rule`, which names the practice outside the area that has more patients of the LSOA.
    """
    sites = sites_of(practices, branches)
    table, _ = _assign(sites, registrations, lsoas, boundary, exclaves)
    return table if everyone is None else _among_everyone(table, everyone, practices.index)


def _among_everyone(
    table: pd.DataFrame, everyone: pd.DataFrame, here: pd.Index[str]
) -> pd.DataFrame:
    """Count patients of practices outside the area too; they win nothing and are named."""
    known = everyone.reindex(table.index)
    registered = known["registered"].fillna(0).astype(int)
    beyond = known["most_with"].notna() & ~known["most_with"].isin(here)
    beyond &= known["most"].fillna(0) > table["patients"]
    return table.assign(
        registered=registered,
        share=table["patients"] / registered.clip(lower=1),
        rule=table["rule"].where(~beyond, table["rule"] + BEYOND + known["most_with"].fillna("")),
    )


def by_registrations(
    sites: Sites,
    registrations: pd.DataFrame | None,
    lsoas: gpd.GeoDataFrame | None,
    boundary: gpd.GeoDataFrame | None,
    exclaves: str,
) -> tuple[NDArray[np.object_], list[str], tuple[str, ...]]:
    """Draw the polygons of sites from LSOAs; returns polygons, sources and notes."""
    table, shapes = _assign(sites, registrations, lsoas, boundary, exclaves)
    owner = np.searchsorted(sites.labels, table["site"].to_numpy(dtype=str))
    polygons = merge(shapes, owner, len(sites.labels))
    count = table["rule"].value_counts()
    notes = [f"{count[rule]} LSOAs: {rule}" for rule in (TAKEN, NEAREST, BORDER, EXCLAVE)
             if rule in count]  # fmt: skip
    notes.insert(0, _matched(registrations, sites, table))
    forced = table[table["rule"].isin((TAKEN, NEAREST))].groupby("site")["rule"].first()
    sources = [
        SOURCE + (f"; this one: {forced[label]}" if label in forced else "")
        for label in sites.labels
    ]
    return polygons, sources, tuple(notes)


def _matched(registrations: Any, sites: Sites, table: pd.DataFrame) -> str:
    """Say how many of the registered patients the LSOAs of the area hold."""
    counts = _counts(registrations, sites)
    here = counts["lsoa"].isin(table.index)
    inside, every = counts["patients"][here].sum(), counts["patients"].sum()
    return (
        f"{inside:,.0f} of {every:,.0f} registered patients ({inside / max(every, 1):.1%}) live in "
        f"the {len(table):,} LSOAs of the area; the others live elsewhere or in no known LSOA"
    )


def _assign(
    sites: Sites,
    registrations: Any,
    lsoas: Any,
    boundary: gpd.GeoDataFrame | None,
    exclaves: str,
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the table of LSOAs, and their polygons as a coverage in the same order."""
    counts = _counts(registrations, sites)
    chosen = _lsoas_of_area(lsoas, boundary, counts)
    _check_edition(registrations, lsoas, chosen)
    shapes = _as_coverage(chosen.geometry.to_numpy())
    codes, labels = list(chosen.index), sites.labels
    matrix = (
        counts.groupby(["lsoa", "site"])["patients"].sum().unstack(fill_value=0)
        .reindex(index=codes, columns=labels, fill_value=0).to_numpy()
    )  # fmt: skip
    won = np.where(matrix.max(axis=1) > 0, matrix.argmax(axis=1), -1)
    owner, rule = won.copy(), np.where(won >= 0, WON, "").astype(object)
    _give_to_losers(owner, rule, matrix, shapes, sites)
    owner, rule = _joined(owner, rule, shapes, sites, exclaves)
    here = registrations[registrations["lsoa"].isin(codes)]
    registered = here.groupby("lsoa")["patients"].sum().reindex(codes, fill_value=0)
    patients = matrix[np.arange(len(codes)), owner]
    table = pd.DataFrame(
        {
            "site": np.array(labels, dtype=object)[owner],
            "won_by": [labels[i] if i >= 0 else "" for i in won],
            "patients": patients,
            "registered": registered.to_numpy(),
            "share": np.divide(patients, np.maximum(registered.to_numpy(), 1)),
            "rule": rule,
        },
        index=pd.Index(codes, name="lsoa"),
    )
    return table, shapes


def _counts(registrations: pd.DataFrame, sites: Sites) -> pd.DataFrame:
    missing = [c for c in ("practice", "lsoa", "patients") if c not in registrations.columns]
    if missing:
        raise DataError(f"the registrations lack columns: {examples(missing)}")
    counts = registrations.assign(site=registrations["practice"].map(sites.site))
    return counts[counts["site"].notna()]


def _lsoas_of_area(
    lsoas: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None, counts: pd.DataFrame
) -> gpd.GeoDataFrame:
    if lsoas.crs is None or lsoas.crs.to_epsg() != 27700:
        raise DataError(
            f"the LSOAs must be in {CRS}, not {lsoas.crs}", todo=f"Convert with to_crs('{CRS}')"
        )
    twice = lsoas.index[lsoas.index.duplicated()].unique()
    if len(twice):
        raise DataError(f"{len(twice)} LSOAs stand twice in the polygons: {examples(twice)}")
    lsoas = lsoas.sort_index()
    if not lsoas.index.isin(counts["lsoa"].unique()).any():
        raise DataError(
            "no LSOA of the registrations is among the polygons "
            f"(registrations: {examples(sorted(counts['lsoa'].unique())[:2])}; "
            f"polygons: {examples(lsoas.index[:2])})",
            todo="Give polygons of the same edition (LSOA 2011 or 2021) as the registrations (Q19)",
        )
    if boundary is None:
        return lsoas
    area, _ = repair_boundary(boundary)
    shapely.prepare(area)
    near = lsoas[shapely.intersects(area, lsoas.geometry.to_numpy())]
    middle = shapely.point_on_surface(near.geometry.to_numpy())
    inside = near[shapely.intersects(area, middle)]
    if not len(inside):
        raise DataError("no LSOA lies in the boundary", todo="Check that both show the same place")
    return inside


def _check_edition(
    registrations: pd.DataFrame, lsoas: gpd.GeoDataFrame, chosen: gpd.GeoDataFrame
) -> None:
    """Refuse LSOAs of another edition: most codes are the same, so a join would look right (Q19).

    Where every LSOA of the area stands in the registrations nothing of it changed between the
    editions, and the join is right.
    """
    mine, theirs = edition_of(registrations), edition_of(lsoas)
    known = chosen.index.isin(registrations["lsoa"].unique())
    if not mine or not theirs or mine == theirs or known.all():
        return
    lost = chosen.index[~known]
    convert = ", or convert the registrations with --lsoa-changes" if mine == "2011" else ""
    raise DataError(
        f"the registrations are by LSOA {mine}, the polygons of LSOA {theirs}: only "
        f"{known.sum():,} of {len(known):,} LSOAs of the area ({known.mean():.1%}) are in both, "
        f"not {examples(lost)}",
        todo=f"Give polygons of LSOA {mine}{convert} (Q19)",
    )


def _as_coverage(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons with matching borders: published layers have small misfits (Q27)."""
    shapes = shapely.make_valid(shapely.force_2d(shapes), method="structure", keep_collapsed=False)
    if shapely.coverage_is_valid(shapes) and not _has_slits(shapes):
        return shapes
    polygons, inner = polygonized(shapely.get_rings(shapely.get_parts(shapes)))
    claim = land_of(inner, shapes)
    slit = claim < 0
    slit[slit] = is_sliver(polygons[slit])
    polygons, claim = polygons[(claim >= 0) | slit], claim[(claim >= 0) | slit]
    owner = claim.copy()
    faces = Faces(polygons, claim, np.zeros(len(claim), dtype=np.int64))
    settle_strays(faces, owner)
    return merge(polygons, owner, len(shapes))


def _has_slits(shapes: NDArray[np.object_]) -> bool:
    rings, owner = shapely.get_rings(
        shapely.get_parts(shapely.coverage_union_all(shapes)), return_index=True
    )
    holes = rings[np.r_[False, owner[1:] == owner[:-1]]]
    return bool(len(holes)) and bool(is_sliver(shapely.polygons(holes)).any())


def _give_to_losers(
    owner: NDArray[np.int64],
    rule: NDArray[np.object_],
    matrix: NDArray[np.int64],
    shapes: NDArray[np.object_],
    sites: Sites,
) -> None:
    """Rule 3: nobody vanishes. Larger losers choose first."""
    losers = sorted(
        set(range(len(sites.labels))) - set(owner.tolist()), key=lambda i: (-matrix[:, i].sum(), i)
    )
    for i in losers:
        held = np.bincount(owner[owner >= 0], minlength=len(sites.labels))
        free = (owner < 0) | (held[owner] > 1)
        if not free.any():
            raise DataError(
                f"there are fewer LSOAs ({len(owner)}) than sites of practices "
                f"({len(sites.labels)})",
                todo="Choose territory = 'voronoi' in the rules",
            )
        own = np.where(free, matrix[:, i], -1)
        if own.max() > 0:
            k, why = int(own.argmax()), TAKEN
        else:
            place = shapely.multipoints(sites.xy[sites.cell == i])
            away = np.where(free, shapely.distance(shapes, place), np.inf)
            k, why = int(away.argmin()), NEAREST
        owner[k], rule[k] = i, why


def _joined(
    owner: NDArray[np.int64],
    rule: NDArray[np.object_],
    shapes: NDArray[np.object_],
    sites: Sites,
    exclaves: str,
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Rules 4 and 5, on blocks of touching LSOAs; every LSOA stays whole."""
    joined, block = blocks(shapes, owner)
    if exclaves == "keep":
        settled = joined.claim.copy()
        settle_strays(joined, settled)
    else:
        main = sites.main
        settled = settle(joined, sites.xy[main], sites.cell[main])
    new = settled[block]
    rule = rule.copy()
    rule[(new != owner) & (owner < 0)] = BORDER
    rule[(new != owner) & (owner >= 0)] = EXCLAVE
    return new, rule
