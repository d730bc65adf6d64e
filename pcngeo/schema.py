"""The contract of every frame, checked at the doors: all faults in one error.

practices
    GeoDataFrame, EPSG:27700, index `practice` (ODS code, unique text), geometry Point or missing.
    Columns (`PRACTICE_COLUMNS`): `name`, `postcode` (text), `list_size` (int, registered
    patients), `area` (commissioner code), `standing` (see `STANDINGS`), `reason_code` (``""`` or
    one of `REASONS`), `reason` (a sentence), `site` (text; co-located practices share one, Q9;
    ``""`` without a location), `located_by` (where the coordinates come from), `outside_m`
    (metres outside the boundary; 0 inside; NaN without a location or boundary), `network_today`
    and `network_today_name` (existing PCN or ``""``). Other columns ride along, such as
    `local_authority` and `local_authority_name` (as the postcode file or the boundaries of
    authorities say; ``""`` where unknown).
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

from collections.abc import Iterable
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.errors import DataError, examples

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "CRS",
    "EDGE_KINDS",
    "MOST_NAMED",
    "PLACED",
    "PRACTICE_COLUMNS",
    "REASONS",
    "STANDINGS",
    "STATUSES",
    "UNPLACED",
    "area_title",
    "check_boundary",
    "check_graph",
    "check_practices",
    "check_territories",
]

CRS = "EPSG:27700"
#: Areas that are named one by one; more are counted.
MOST_NAMED = 8
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
#: What a row of ``membership.csv`` says of a practice: those in a network, those left to place.
PLACED, UNPLACED = ("member", "alone"), ("proposed", "orphan")
STATUSES = (*PLACED, *UNPLACED, "covered", "special", "excluded")
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


def area_title(code: str, name: str = "") -> str:
    """Name what is planned for people: many areas by their name alone, not by all their codes.

    Parameters
    ----------
    code
        Code of the area; several joined by ``+``.
    name
        What it is called; ``""`` where unknown.

    Examples
    --------
    >>> area_title("08V", "NHS Tower Hamlets CCG"), area_title("08V")
    ('NHS Tower Hamlets CCG (08V)', '08V')
    >>> area_title("+".join("ABCDEFGHIJ"), "England"), area_title("+".join("ABCDEFGHIJ"))
    ('England', '10 areas: A, B, C and 7 more')
    """
    codes = code.split("+")
    if len(codes) > MOST_NAMED:
        return name or f"{len(codes)} areas: {examples(codes, 3)}"
    return f"{name} ({code})" if name else code


def check_practices(
    practices: gpd.GeoDataFrame, needed: Iterable[str] = PRACTICE_COLUMNS
) -> gpd.GeoDataFrame:
    """Check the practices frame and return it unchanged.

    Parameters
    ----------
    practices
        See the head of this module.
    needed
        The columns that must be there: all of the contract, or those that a stage reads. Columns
        of the contract that are there are checked whether they are needed or not.

    Returns
    -------
    GeoDataFrame
        The same object.

    Raises
    ------
    DataError
        With every fault found, when the frame breaks its contract.
    """
    faults = _frame_faults(practices, "practices", needed)
    columns = practices.columns
    if "list_size" in columns:
        faults += _size_faults(practices["list_size"])
    if "standing" in columns:
        faults += _word_faults(practices["standing"], STANDINGS)
        here = practices.geometry.notna() & ~practices.geometry.is_empty
        lost = practices.index[(practices["standing"] == "eligible") & ~here]
        if len(lost):
            faults.append(f"{len(lost)} eligible practices have no location: {examples(lost)}")
    if "reason_code" in columns:
        faults += _word_faults(practices["reason_code"], {"": "", **REASONS})
    _raise(faults, "practices break their", _index_hint(practices))
    return practices


def check_territories(
    territories: gpd.GeoDataFrame, needed: Iterable[str] = ("site", "derived_from")
) -> gpd.GeoDataFrame:
    """Check the territories frame and return it unchanged; raises `DataError` with all faults."""
    faults = _frame_faults(territories, "territories", needed)
    empty = territories.index[territories.geometry.isna() | territories.geometry.is_empty]
    if len(empty):
        faults.append(f"{len(empty)} practices have no territory: {examples(empty)}")
    _raise(faults, "territories break their", _index_hint(territories))
    return territories


def check_graph(graph: nx.Graph[str]) -> nx.Graph[str]:
    """Check the graph and return it unchanged; raises `DataError` with all faults."""
    _graph(graph)
    faults = []
    if graph.is_directed() or graph.is_multigraph():
        faults.append("the graph must be undirected and simple")
    nodes = list(graph.nodes.items())
    bare = [n for n, a in nodes if not {"list_size", "x", "y"} <= a.keys()]
    if bare:
        faults.append(f"{len(bare)} practices lack list_size, x or y: {examples(bare)}")
    odd = [n for n, a in nodes if "list_size" in a and not _is_count(a["list_size"])]
    if odd:
        faults.append(
            f"{len(odd)} list sizes are not whole numbers from 0: "
            + examples(f"{n} ({graph.nodes[n]['list_size']!r})" for n in odd)
        )
    adrift = [n for n, a in nodes if not all(_is_finite(a.get(axis, 0.0)) for axis in "xy")]
    if adrift:
        faults.append(f"{len(adrift)} practices have no finite x and y: {examples(adrift)}")
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
    _raise(faults, "graph breaks its")
    return graph


def check_boundary(boundary: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Check that a boundary, where there is one, is a frame of polygons; raises `DataError`."""
    if boundary is None:
        return None
    _geometry(boundary, "boundary")
    if "list_size" in boundary.columns:
        raise DataError(
            "the boundary looks like the practices frame: it has a column list_size",
            todo="Give the practices first, then the boundary",
        )
    return boundary


def _graph(graph: object) -> None:
    if not isinstance(graph, nx.Graph):
        raise DataError(
            f"the graph must be a networkx.Graph, not {_kind(graph)}", todo="Make it by build_graph"
        )


def check_named_practices(practices: pd.DataFrame) -> pd.DataFrame:
    """Check that practices of which only the codes count are a frame; raises `DataError`."""
    _table(practices, "practices")
    return practices


def _table(frame: object, what: str) -> None:
    if not isinstance(frame, pd.DataFrame):
        _geometry(frame, what)


def _geometry(frame: object, what: str) -> None:
    """Refuse what is no frame with a geometry, before anything is asked of it."""
    if getattr(frame, "_geometry_column_name", None) is not None:
        return
    why = ", which has no geometry" if isinstance(frame, pd.DataFrame) else ""
    raise DataError(
        f"the {what} must be a GeoDataFrame, not {_kind(frame)}{why}",
        todo="Give the frame that pcngeo.load or build_territories made",
    )


def _frame_faults(frame: gpd.GeoDataFrame, what: str, needed: Iterable[str]) -> list[str]:
    """Find what is wrong with the index, the columns and the coordinate system."""
    _geometry(frame, what)
    faults = []
    if frame.index.name != "practice":
        faults.append(f"the index must be named 'practice', not {frame.index.name!r}")
    twice = frame.index[frame.index.duplicated()].unique()
    if len(twice):
        faults.append(f"{len(twice)} practices stand twice: {examples(twice)}")
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        faults.append(f"columns are missing: {examples(missing, 12)}")
    if frame.crs is None or frame.crs.to_epsg() != 27700:
        faults.append(f"coordinates must be in {CRS}, not {frame.crs}: use to_crs('{CRS}')")
    return faults


def _size_faults(sizes: pd.Series[int]) -> list[str]:
    if not pd.api.types.is_integer_dtype(sizes):
        return [f"list_size must be whole numbers, not {sizes.dtype}"]
    bad = sizes.index[sizes.isna() | (sizes < 0)]
    return [f"{len(bad)} list sizes are negative: {examples(bad)}"] if len(bad) else []


def _word_faults(column: pd.Series[str], known: Iterable[str]) -> list[str]:
    odd = sorted({str(word) for word in column} - set(known))
    if not odd:
        return []
    words = ", ".join(word for word in known if word)
    return [f"{column.name} holds {examples(odd)}; known are {words}"]


def _index_hint(frame: gpd.GeoDataFrame) -> str:
    if frame.index.name != "practice" and "practice" in frame.columns:
        return "Use set_index('practice')"
    return ""


def _is_count(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= 0


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _raise(faults: list[str], subject: str, todo: str = "") -> None:
    if faults:
        raise DataError(f"the {subject} contract: " + "; ".join(faults), todo=todo)
