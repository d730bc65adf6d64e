"""How near every network is to a practice in none: borders, distances, patients in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pcngeo.plan import Plan
from pcngeo.rules import Rules
from pcngeo.sizes import network_lists

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["HOMES", "Near", "homes", "located", "nearness", "waiting"]

#: Columns of `homes`, in order.
HOMES = (
    "practice",
    "rank",
    "network",
    "proposed",
    "shares_border",
    "border_m",
    "distance_km",
    "patients_in_common",
    "list_size",
    "list_before",
    "list_after",
    "left_before",
    "left_after",
    "rules_broken",
)


@dataclass(frozen=True)
class Near:
    """How one network lies to one practice."""

    network: str
    border_m: float
    touches: bool
    distance_m: float


def located(practices: gpd.GeoDataFrame, practice: str) -> bool:
    """Tell whether it is known where a practice is."""
    point = practices.geometry.loc[practice]
    return point is not None and not point.is_empty


def nearness(
    practice: str, plan: Plan, practices: gpd.GeoDataFrame, graph: nx.Graph[str]
) -> dict[str, Near]:
    """Measure from a practice to every network: shared border, and its nearest member.

    Distances of a practice without a location are NaN; members without one are not measured to.
    """
    home = plan.assignment[plan.assignment != ""]
    touched: dict[str, float] = {}
    for neighbour in graph.neighbors(practice) if practice in graph else ():
        network = home.get(neighbour)
        if network is not None:
            metres = float(graph.edges[practice, neighbour]["border_m"])
            touched[network] = touched.get(network, 0.0) + metres
    points = practices.geometry.loc[home.index]
    away = np.full(len(points), np.nan)
    if located(practices, practice):
        here = practices.geometry.loc[practice]
        away = np.hypot(points.x.to_numpy() - here.x, points.y.to_numpy() - here.y)
    nearest = pd.Series(away, index=home.to_numpy()).groupby(level=0).min()
    return {n: Near(n, touched.get(n, 0.0), n in touched, float(nearest[n])) for n in plan.networks}


def patients_in_common(practice: str, plan: Plan, registrations: pd.DataFrame) -> dict[str, int]:
    """Count a practice's patients who live where a network has most of the placed patients.

    Parameters
    ----------
    practice
        ODS code.
    plan
        Who is in which network.
    registrations
        Columns `practice`, `lsoa`, `patients`; rows that are no LSOA count for nobody.

    Returns
    -------
    dict
        Patients by network; an LSOA counts for the network with most registered patients there,
        first in reading order on a tie.
    """
    mapped = registrations[registrations["lsoa"].astype(str).str.match(r"E01\d{6}$")]
    own = mapped[mapped["practice"] == practice].set_index("lsoa")["patients"]
    there = mapped[mapped["lsoa"].isin(own.index)]
    network = there["practice"].map(plan.assignment).fillna("")
    placed = there[network != ""].assign(network=network[network != ""])
    sums = placed.groupby(["lsoa", "network"])["patients"].sum().reset_index()
    order = {n: i for i, n in enumerate(plan.networks)}
    sums["order"] = sums["network"].map(order)
    first = sums.sort_values(["lsoa", "patients", "order"], ascending=[True, False, True])
    winner = first.drop_duplicates("lsoa").set_index("lsoa")["network"]
    counts = own.groupby(winner.reindex(own.index).fillna("").to_numpy()).sum()
    return {n: int(counts.get(n, 0)) for n in plan.networks}


def rules_broken(
    near: Near,
    after: int,
    rules: Rules,
    areas: tuple[str, set[str]],
    covered: bool,
) -> str:
    """Say which rules a home would break, or leave broken."""
    own, theirs = areas
    broken = []
    if after > rules.max_list and not covered:
        broken.append(f"R04: {after - rules.max_list:,} above {rules.max_list:,}")
    if after < rules.min_list and not covered:
        broken.append(f"R02: still {rules.min_list - after:,} below {rules.min_list:,}")
    if np.isnan(near.distance_m):
        broken.append("R11: where it is, is not known")
    elif not near.touches and not covered:
        broken.append("R11: they share no border")
    if theirs and own and own not in theirs:
        broken.append(f"R19: its area is {own}, not {' or '.join(sorted(theirs))}")
    return "; ".join(broken)


def homes(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    proposals: pd.DataFrame | None = None,
    registrations: pd.DataFrame | None = None,
    most: int = 5,
) -> pd.DataFrame:
    """Rank the networks near every practice that is in none.

    Parameters
    ----------
    plan
        Any plan.
    practices
        All practices of the area.
    graph
        The graph that contiguity is judged on.
    rules
        Floor and ceiling; the default rules where none are given.
    proposals
        As of `propose`; marks the home that is proposed.
    registrations
        Patients by practice and LSOA, for the patients in common.
    most
        Homes to list for each practice at most; the proposed one is always among them.

    Returns
    -------
    DataFrame
        Columns `HOMES`, sorted by practice and rank. Homes that share a border come first, of
        them those within the ceiling, then the nearest; then the others, the nearest first, as in
        `propose`. `patients_in_common` are its patients who live in LSOAs where that network has
        most of the placed patients (missing without registrations); `list_before` and `list_after`
        the network's registered patients; `left_before` and `left_after` the patients of the area
        in no network; `rules_broken` what the home would break, with rule IDs.
    """
    rules = rules or Rules()
    sizes = network_lists(plan, practices, rules)
    rows: list[dict[str, object]] = []
    homeless = waiting(plan, practices)
    left = int(practices.loc[homeless, "list_size"].sum()) if homeless else 0
    for practice in homeless if sizes else []:
        if located(practices, practice):
            rows += _ranked(
                practice, plan, practices, graph, rules, sizes, left, proposals, registrations, most
            )
    table = pd.DataFrame(rows, columns=list(HOMES)).sort_values(
        ["practice", "rank"], ignore_index=True
    )
    return table.astype({"patients_in_common": "Int64"})


def waiting(plan: Plan, practices: pd.DataFrame) -> list[str]:
    """List the practices in no network that need a home, sorted; those left out need none."""
    placed = set(plan.assignment.index[plan.assignment != ""])
    wanted = practices.index[practices["standing"] != "excluded"]
    return sorted(str(p) for p in wanted if p not in placed)


def _ranked(
    practice: str,
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules,
    sizes: Mapping[str, int],
    left: int,
    proposals: pd.DataFrame | None,
    registrations: pd.DataFrame | None,
    most: int,
) -> list[dict[str, object]]:
    own = int(practices.at[practice, "list_size"])
    is_covered = practices.at[practice, "standing"] == "covered"
    common = None if registrations is None else patients_in_common(practice, plan, registrations)
    chosen = ""
    if proposals is not None and practice in proposals.index:
        chosen = str(proposals.at[practice, "network"])
    rows: list[tuple[tuple[bool, bool, float, int], dict[str, object]]] = []
    for place, near in enumerate(nearness(practice, plan, practices, graph).values()):
        after = sizes[near.network] + (0 if is_covered else own)
        areas = (_area(practices, practice), _areas(practices, plan, near.network))
        over = near.touches and after > rules.max_list  # as `propose`: over water only distance
        order = (not near.touches, over, near.distance_m, place)
        row: dict[str, object] = {
            "practice": practice,
            "network": near.network,
            "proposed": near.network == chosen,
            "shares_border": near.touches,
            "border_m": near.border_m,
            "distance_km": near.distance_m / 1000.0,
            "patients_in_common": pd.NA if common is None else common[near.network],
            "list_size": own,
            "list_before": sizes[near.network],
            "list_after": after,
            "left_before": left,
            "left_after": left - own,
            "rules_broken": rules_broken(near, after, rules, areas, is_covered),
        }
        rows.append((order, row))
    ranked = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    listed = [row | {"rank": rank} for rank, row in enumerate(ranked, 1)]
    return [row for row in listed if row["proposed"]] + [
        row for row in listed[:most] if not row["proposed"]
    ]


def _area(practices: pd.DataFrame, practice: str) -> str:
    return str(practices.at[practice, "area"]) if "area" in practices else ""


def _areas(practices: pd.DataFrame, plan: Plan, network: str) -> set[str]:
    if "area" not in practices:
        return set()
    return {str(area) for area in practices.loc[list(plan.members(network)), "area"]} - {""}
