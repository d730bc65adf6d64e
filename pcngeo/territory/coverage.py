"""What a plan covers (R10), and how well networks match where their patients live.

Coverage is measured three ways that must not be confused: practices placed, registered patients
covered, and area (and LSOAs) covered. The first two must be complete; the third follows from how
territories were drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from pcngeo.errors import examples
from pcngeo.territory.boundary import repair_boundary
from pcngeo.territory.networks import network_areas

if TYPE_CHECKING:
    import geopandas as gpd

    from pcngeo.plan import Plan

__all__ = ["coverage", "localisation", "lsoas_table", "overlap"]


def coverage(
    plan: Plan,
    practices: pd.DataFrame,
    territories: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    lsoas: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measure what a plan covers (R10).

    Parameters
    ----------
    plan
        Who is in which network.
    practices
        All practices of the area, with `list_size` and `standing`. A practice that declines
        (``covered``, R15) and a special scheme (``special``, Q6) are covered by a decision, not
        placed; excluded ones are not counted.
    territories
        As of `build_territories`.
    boundary
        The area's boundary; without it the area is that of all territories.
    lsoas
        As of `assign_lsoas`; then LSOAs are counted too.

    Returns
    -------
    DataFrame
        Index `measure`: ``practices``, ``patients``, ``area_km2`` and, where given, ``lsoas``;
        columns `covered`, `total`, `share`, `required` (whether it must be 1), `met`, `missing`
        (in words, ``""`` where complete).
    """
    home = plan.assignment.reindex(practices.index).fillna("")
    counted = practices["standing"] != "excluded"
    decided = practices["standing"].isin(["covered", "special"])
    there = counted & ((home != "") | decided)
    size = practices["list_size"]
    lost = list(practices.index[counted & ~there])
    people = int(size[counted & ~there].sum())
    missing = examples(lost)
    rows: list[tuple[str, float, float, bool, str]] = [
        ("practices", int(there.sum()), int(counted.sum()), True, missing),
        ("patients", int(size[there].sum()), int(size[counted].sum()), True,
         f"{people:,} patients" if lost else ""),
    ]  # fmt: skip
    rows.append(_area_row(plan, territories, boundary))
    if lsoas is not None:
        placed = plan.assignment.reindex(territories.index).fillna("") != ""
        sites = set(territories["site"][placed])
        inside = lsoas["site"].isin(sites)
        bare = f"{int((~inside).sum())} LSOAs" if not inside.all() else ""
        rows.append(("lsoas", int(inside.sum()), len(lsoas), False, bare))
    frame = pd.DataFrame(rows, columns=["measure", "covered", "total", "required", "missing"])
    frame = frame.set_index("measure")
    frame.insert(2, "share", frame["covered"] / frame["total"].where(frame["total"] > 0))
    complete = frame["missing"] == ""
    frame.insert(4, "met", complete | ~frame["required"])
    return frame


def _area_row(
    plan: Plan, territories: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame | None
) -> tuple[str, float, float, bool, str]:
    areas = network_areas(plan, territories)
    if boundary is None:
        total = float(territories.drop_duplicates("site").area.sum())
        covered = float(areas.area.sum())
    else:
        shape, _ = repair_boundary(boundary)
        inside = shapely.intersection(areas.geometry.to_numpy(), shape)
        total, covered = float(shape.area), float(shapely.area(inside).sum())
    gap = total - covered
    text = f"{gap / 1e6:,.2f} km2" if gap > 1 else ""
    return "area_km2", covered / 1e6, total / 1e6, False, text


def lsoas_table(
    plan: Plan, territories: gpd.GeoDataFrame, registrations: pd.DataFrame, lsoas: pd.DataFrame
) -> pd.DataFrame:
    """Say for every LSOA which practice and network it is with.

    Parameters
    ----------
    plan, territories
        Who is in which network, and on which site.
    registrations
        Columns `practice`, `lsoa`, `patients`.
    lsoas
        As of `assign_lsoas`.

    Returns
    -------
    DataFrame
        Index `lsoa`; `practice` (of the site that the LSOA is with, the one with most of its
        registered patients, then the first code), `network` (of that practice), `patients` (of
        the LSOA registered with it), and `site`, `registered`, `share` and `rule` as of
        `assign_lsoas`.
    """
    counts = registrations[registrations["practice"].isin(territories.index)]
    counts = counts.assign(site=territories["site"].reindex(counts["practice"]).to_numpy())
    counts = counts.groupby(["lsoa", "site", "practice"])[["patients"]].sum().reset_index()
    counts = counts.sort_values(["patients", "practice"], ascending=[False, True], kind="stable")
    best = counts.drop_duplicates(["lsoa", "site"]).set_index(["lsoa", "site"])
    keys = pd.MultiIndex.from_arrays([lsoas.index, lsoas["site"]])
    first = territories.index.to_series().groupby(territories["site"]).min()
    found = pd.Series(best["practice"].reindex(keys).to_numpy(), index=lsoas.index)
    practice = found.fillna(lsoas["site"].map(first))
    patients = best["patients"].reindex(keys).fillna(0).astype(int).to_numpy()
    frame = lsoas[["site", "registered", "share", "rule"]].copy()
    frame.insert(0, "practice", practice)
    frame.insert(1, "network", practice.map(plan.assignment).fillna(""))
    frame.insert(2, "patients", patients)
    return frame


def _by_network(plan: Plan, registrations: pd.DataFrame) -> pd.DataFrame:
    """Add up patients of placed practices by LSOA (rows) and network (columns)."""
    network = registrations["practice"].map(plan.assignment).fillna("")
    counts = registrations.assign(network=network)[network != ""]
    table = counts.groupby(["lsoa", "network"])["patients"].sum().unstack(fill_value=0)
    return table.reindex(columns=[n for n in plan.networks if n in table.columns]).sort_index()


def localisation(
    plan: Plan, registrations: pd.DataFrame, *, unmapped: tuple[str, ...] = ("unmapped",)
) -> pd.DataFrame:
    """Measure the share of a network's patients who live where most people are in that network.

    Parameters
    ----------
    plan
        Who is in which network.
    registrations
        Columns `practice`, `lsoa`, `patients`.
    unmapped
        Values of `lsoa` that are no place; their patients are left out and counted (Q20).

    Returns
    -------
    DataFrame
        Index `network`; `patients` (with a known LSOA), `local` (of these, in LSOAs whose
        plurality network is theirs), `localisation` (share), `lsoas` (number of LSOAs won),
        `unmapped` (patients without a known LSOA). Benchmark: London 2020, 165 groups, median
        0.701, range 0.446-0.914 (domain notes, section 4).
    """
    lost = registrations["lsoa"].isin(unmapped)
    table = _by_network(plan, registrations[~lost])
    winner = table.idxmax(axis=1)  # of equals the first in reading order
    won = pd.DataFrame({n: winner == n for n in table.columns})
    astray = registrations[lost].assign(
        network=registrations["practice"][lost].map(plan.assignment).fillna("")
    )
    frame = pd.DataFrame(
        {
            "patients": table.sum(),
            "local": table.where(won, 0).sum(),
            "lsoas": won.sum(),
            "unmapped": astray.groupby("network")["patients"].sum().reindex(table.columns),
        }
    ).fillna(0)
    frame = frame.astype(int).rename_axis("network")
    frame.insert(2, "localisation", frame["local"] / frame["patients"].where(frame["patients"] > 0))
    return frame


def overlap(plan: Plan, registrations: pd.DataFrame) -> pd.DataFrame:
    """Measure how the patients of each network live among those of the others.

    Parameters
    ----------
    plan, registrations
        As of `localisation`, without unmapped rows.

    Returns
    -------
    DataFrame
        Square, index and columns `network`: share of the row's patients who live in LSOAs whose
        plurality network is the column's. Rows sum to 1; the diagonal is the localisation.
    """
    table = _by_network(plan, registrations)
    winner = table.idxmax(axis=1)
    living = table.groupby(winner).sum().T.reindex(columns=table.columns, fill_value=0)
    share = living.div(living.sum(axis=1), axis=0)
    return share.rename_axis(index="network", columns="network")
