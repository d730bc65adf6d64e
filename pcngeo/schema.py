"""The contract of every frame, checked at the doors: all faults in one error.

practices
    GeoDataFrame, EPSG:27700, index `practice` (ODS code, unique text), geometry Point or missing.
    Columns (`PRACTICE_COLUMNS`): `name`, `postcode` (text), `list_size` (int, registered
    patients), `area` (commissioner code), `standing` (see `STANDINGS`), `reason_code` (``""`` or
    one of `REASONS`), `reason` (a sentence), `site` (text; co-located practices share one, Q9;
    ``""`` without a location), `located_by` (where the coordinates come from), `outside_m`
    (metres outside the boundary; 0 inside; NaN without a location or boundary), `network_today`
    and `network_today_name` (existing PCN or ``""``). Other columns ride along.
boundary
    GeoDataFrame, EPSG:27700, one row a commissioning area, index `area` (code), column `name`,
    geometry Polygon or MultiPolygon.
territories
    GeoDataFrame, EPSG:27700, index `practice`, one row for every eligible practice, geometry
    Polygon or MultiPolygon, columns `site` and `derived_from`. Practices of one site share one
    polygon: dissolve by `site` before adding areas up. The polygons of the sites are a coverage:
    no overlap, equal vertices along borders. `parts`, `note` and `beside` ride along.
graph
    frozen `networkx.Graph`; every eligible practice is a node (isolates stay) with `list_size`
    (int), `x`, `y` (metres); every edge has `kind` (see `EDGE_KINDS`), `border_m` (shared border,
    0 where there is none), `distance_m` (straight line) and `why` (a short reason). Nodes of
    `build_graph` also have `site`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from pcngeo.errors import DataError, examples

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "CRS",
    "EDGE_KINDS",
    "PRACTICE_COLUMNS",
    "REASONS",
    "STANDINGS",
    "check_graph",
    "check_practices",
    "check_territories",
]

CRS = "EPSG:27700"
PRACTICE_COLUMNS = (
    "name",
    "postcode",
    "list_size",
    "area",
    "standing",
    "reason_code",
    "reason",
    "site",
    "located_by",
    "outside_m",
    "network_today",
    "network_today_name",
)
#: What a practice is to the plan, before any network is made.
STANDINGS = {
    "eligible": "takes part: a node of the graph",
    "orphan": "takes part, but cannot be put on the graph (no location, outside the area)",
    "covered": "declines the DES: its patients are covered by a network (R15)",
    "special": "a special scheme with a small list, assigned by a decision, not by geography (Q6)",
    "excluded": "left out: closed, or by the planner's choice",
}
#: The closed list of reasons why a practice is in no network (R13, Q6, Q10, Q13).
REASONS = {
    "practice_choice": "by choice of the practice",
    "network_choice": "by choice of the network",
    "isolated": "touches no other practice",
    "component_below_floor": "its part of the area has too few patients for one network",
    "no_location": "its postcode is in no file given",
    "outside_area": "lies outside the area and touches no practice of it",
    "special_scheme": "a special scheme, not a general list",
    "no_feasible_group": "no connected group with it fits the window",
    "no_room": "can be grouped, but not without leaving more patients out elsewhere",
    "closed": "closed",
    "planner": "left out by the planner",
}
EDGE_KINDS = ("border", "co-located", "bridge", "tunnel", "ferry", "manual", "near")


def check_practices(practices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Check the practices frame and return it unchanged.

    Parameters
    ----------
    practices
        See the head of this module.

    Returns
    -------
    GeoDataFrame
        The same object.

    Raises
    ------
    DataError
        With every fault found, when the frame breaks its contract.
    """
    faults = []
    if practices.index.name != "practice":
        faults.append(f"the index must be named 'practice', not {practices.index.name!r}")
    twice = practices.index[practices.index.duplicated()].unique()
    if len(twice):
        faults.append(f"{len(twice)} practices stand twice: {examples(twice)}")
    missing = [c for c in PRACTICE_COLUMNS if c not in practices.columns]
    if missing:
        faults.append(f"columns are missing: {examples(missing, 12)}")
    if practices.crs is None or practices.crs.to_epsg() != 27700:
        faults.append(f"coordinates must be in {CRS}, not {practices.crs}")
    if "list_size" in practices.columns:
        if not pd.api.types.is_integer_dtype(practices["list_size"]):
            faults.append("list_size must be whole numbers")
        elif (practices["list_size"] < 0).any():
            bad = practices.index[practices["list_size"] < 0]
            faults.append(f"{len(bad)} list sizes are negative: {examples(bad)}")
    if "standing" in practices.columns:
        odd = sorted(set(practices["standing"]) - set(STANDINGS))
        if odd:
            faults.append(f"standing holds {examples(odd)}; known are {', '.join(STANDINGS)}")
        here = practices.geometry.notna() & ~practices.geometry.is_empty
        lost = practices.index[(practices["standing"] == "eligible") & ~here]
        if len(lost):
            faults.append(f"{len(lost)} eligible practices have no location: {examples(lost)}")
    if "reason_code" in practices.columns:
        odd = sorted(set(practices["reason_code"]) - set(REASONS) - {""})
        if odd:
            faults.append(f"reason_code holds {examples(odd)}; known are {', '.join(REASONS)}")
    _raise(faults, "practices")
    return practices


def check_territories(territories: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Check the territories frame and return it unchanged; raises `DataError` with all faults."""
    faults = []
    if territories.index.name != "practice":
        faults.append(f"the index must be named 'practice', not {territories.index.name!r}")
    if territories.index.has_duplicates:
        faults.append("a practice stands twice")
    if territories.crs is None or territories.crs.to_epsg() != 27700:
        faults.append(f"coordinates must be in {CRS}, not {territories.crs}")
    missing = [c for c in ("site", "derived_from") if c not in territories.columns]
    if missing:
        faults.append(f"columns are missing: {examples(missing)}")
    empty = territories.index[territories.geometry.isna() | territories.geometry.is_empty]
    if len(empty):
        faults.append(f"{len(empty)} practices have no territory: {examples(empty)}")
    _raise(faults, "territories")
    return territories


def check_graph(graph: nx.Graph[str]) -> nx.Graph[str]:
    """Check the graph and return it unchanged; raises `DataError` with all faults."""
    faults = []
    if graph.is_directed() or graph.is_multigraph():
        faults.append("the graph must be undirected and simple")
    bare = [n for n, a in graph.nodes(data=True) if not {"list_size", "x", "y"} <= a.keys()]
    if bare:
        faults.append(f"{len(bare)} practices lack list_size, x or y: {examples(bare)}")
    poor = [
        f"{a} - {b}"
        for a, b, d in graph.edges(data=True)
        if not {"kind", "border_m", "distance_m"} <= d.keys()
    ]
    if poor:
        faults.append(f"{len(poor)} edges lack kind, border_m or distance_m: {examples(poor)}")
    loops = [str(a) for a, b in nx.selfloop_edges(graph)]
    if loops:
        faults.append(f"practices are linked to themselves: {examples(loops)}")
    _raise(faults, "graph")
    return graph


def _raise(faults: list[str], what: str) -> None:
    if faults:
        raise DataError(f"the {what} break their contract: " + "; ".join(faults))
