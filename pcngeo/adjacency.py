"""Territories -> the graph that contiguity is judged on, with a reason for every edge.

Contiguity (R11) is the rule that people dispute first, so nothing in the graph is hidden: an edge
is a border that two territories share (rook: a length, not a corner), a common site, or a link that
the planner added; what the planner cut is kept in ``graph.graph["cuts"]``. Water makes no edge:
islands and estuaries stay apart until the planner links them (Q26).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from pcngeo.borders import shared_borders
from pcngeo.errors import DataError, RulesError, examples
from pcngeo.rules import Link, Rules
from pcngeo.schema import check_graph

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["build_graph", "components", "edges_frame"]

Edges = dict[tuple[str, str], dict[str, Any]]


def build_graph(
    practices: gpd.GeoDataFrame, territories: gpd.GeoDataFrame, rules: Rules | None = None
) -> nx.Graph[str]:
    """Link practices whose territories share a border, and what the planner links.

    Parameters
    ----------
    practices
        Practices with `list_size` and a point geometry, EPSG:27700 metres.
    territories
        Index `practice`, column `site`, polygons that form a coverage (see `build_territories`).
    rules
        `min_border_m`, `bridges` and `barriers`.

    Returns
    -------
    networkx.Graph
        Frozen; a node for every practice of `territories` (isolates stay) with `list_size`, `x`,
        `y` (where the practice is, metres) and `site`; edges with `kind`, `border_m`,
        `distance_m` (straight line) and `why`. Nodes and edges are in sorted order.
        ``graph.graph["cuts"]`` lists what the barriers cut as ``(a, b, why)``.

    Raises
    ------
    RulesError
        When a bridge names a practice that is not on the graph, or a barrier a pair of practices
        that are no neighbours.
    DataError
        When the territories overlap or their borders do not match, or a practice is not known.
    """
    rules = rules or Rules()
    nodes = _nodes(practices, territories)
    edges = _border_edges(territories, rules.min_border_m)
    edges |= _site_edges(territories)
    cuts = _cut(edges, rules.barriers, set(nodes.index))
    _bridge(edges, rules.bridges, set(nodes.index))
    graph: nx.Graph[str] = nx.Graph(cuts=cuts)
    for code, row in nodes.to_dict("index").items():
        graph.add_node(str(code), **{str(name): value for name, value in row.items()})
    for (a, b), attributes in sorted(edges.items()):
        one, other = graph.nodes[a], graph.nodes[b]
        away = float(np.hypot(one["x"] - other["x"], one["y"] - other["y"]))
        graph.add_edge(a, b, **{**attributes, "distance_m": away})
    return check_graph(nx.freeze(graph))


def _nodes(practices: gpd.GeoDataFrame, territories: gpd.GeoDataFrame) -> pd.DataFrame:
    unknown = territories.index.difference(practices.index)
    if len(unknown):
        raise DataError(
            f"{len(unknown)} territories belong to no practice given: {examples(unknown)}",
            todo="Build the territories from the same practices",
        )
    here = practices.loc[territories.index]
    return pd.DataFrame(
        {
            "list_size": here["list_size"].astype(int),
            "x": here.geometry.x.astype(float),
            "y": here.geometry.y.astype(float),
            "site": territories["site"].astype(str),
        }
    ).sort_index()


def _members(territories: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Practices of each site, both sorted."""
    codes = territories["site"].sort_index()
    return {str(site): list(group.index) for site, group in codes.groupby(codes, sort=True)}


def _border_edges(territories: gpd.GeoDataFrame, least_m: float) -> Edges:
    members = _members(territories)
    shapes = territories.drop_duplicates("site").set_index("site").geometry
    sites = list(members)
    polygons = shapes[sites].to_numpy()
    if not shapely.coverage_is_valid(polygons):
        bad = ~shapely.is_empty(shapely.coverage_invalid_edges(polygons))
        names = [site for site, wrong in zip(sites, bad, strict=True) if wrong]
        raise DataError(
            f"{len(names)} territories overlap or do not match along their borders: "
            f"{examples(names)}",
            todo="Build them with build_territories, which makes borders that match",
        )
    edges: Edges = {}
    rows = zip(*(column.tolist() for column in shared_borders(polygons)), strict=True)
    for first, second, length in rows:
        if length < least_m:
            continue
        why = f"their areas share a border of {_length(length)}"
        for a in members[sites[first]]:
            for b in members[sites[second]]:
                edges[min(a, b), max(a, b)] = {"kind": "border", "border_m": length, "why": why}
    return edges


def _length(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"


def _site_edges(territories: gpd.GeoDataFrame) -> Edges:
    why = "they are on one site"
    return {
        pair: {"kind": "co-located", "border_m": 0.0, "why": why}
        for codes in _members(territories).values()
        for pair in combinations(codes, 2)
    }


def _bridge(edges: Edges, bridges: tuple[Link, ...], nodes: set[str]) -> None:
    for link in bridges:
        _check_on_graph("bridge", link, nodes)
        pair = min(link.a, link.b), max(link.a, link.b)
        why = link.reason or f"a {link.kind} link added by the planner"
        border_m = edges.get(pair, {}).get("border_m", 0.0)
        edges[pair] = {"kind": link.kind, "border_m": border_m, "why": why}


def _cut(
    edges: Edges, barriers: tuple[Link, ...], nodes: set[str]
) -> tuple[tuple[str, str, str], ...]:
    cuts = []
    for link in barriers:
        _check_on_graph("barrier", link, nodes)
        pair = min(link.a, link.b), max(link.a, link.b)
        if pair not in edges:
            raise RulesError(
                f"[[barrier]] {link.a} - {link.b}: these practices are no neighbours, so there is "
                "nothing to cut. Remove the barrier or correct its codes."
            )
        was = edges.pop(pair)["why"]
        cuts.append((*pair, f"{link.reason or 'cut by the planner'} (before: {was})"))
    return tuple(sorted(cuts))


def _check_on_graph(table: str, link: Link, nodes: set[str]) -> None:
    absent = [code for code in (link.a, link.b) if code not in nodes]
    if absent:
        raise RulesError(
            f"[[{table}]] {link.a} - {link.b}: {examples(absent)} does not take part in the plan. "
            "Correct the code, or look up in the practices why it was left out."
        )


def edges_frame(graph: nx.Graph[str]) -> pd.DataFrame:
    """List the edges of a graph.

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame
        Columns `practice_a` < `practice_b`, `kind`, `border_m`, `distance_m`, `why`; sorted.
    """
    columns = ["practice_a", "practice_b", "kind", "border_m", "distance_m", "why"]
    rows = [
        (min(a, b), max(a, b), d["kind"], d["border_m"], d["distance_m"], d.get("why", ""))
        for a, b, d in graph.edges(data=True)
    ]
    return pd.DataFrame(sorted(rows), columns=columns)


def components(graph: nx.Graph[str]) -> pd.DataFrame:
    """List the connected parts of a graph, each named after its largest practice (Q26).

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame
        Index `component` (1 has most registered patients), columns `name` (its practice with the
        longest list), `practices` (number), `patients` (registered), `members` (tuple of codes).
    """
    size = nx.get_node_attributes(graph, "list_size")
    rows = [
        {
            "name": min(part, key=lambda p: (-size[p], p)),
            "practices": len(part),
            "patients": sum(size[p] for p in part),
            "members": tuple(sorted(part)),
        }
        for part in nx.connected_components(graph)
    ]
    rows.sort(key=lambda row: (-row["patients"], row["name"]))
    index = pd.RangeIndex(1, len(rows) + 1, name="component")
    return pd.DataFrame(rows, index=index, columns=["name", "practices", "patients", "members"])
