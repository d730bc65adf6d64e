"""From territories and rules to the frozen graph."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.adjacency import links
from pcngeo.adjacency.edited import apply_edited
from pcngeo.adjacency.links import Edges, pair_of
from pcngeo.adjacency.nearness import near_pairs
from pcngeo.adjacency.sites import SiteMap, site_map
from pcngeo.errors import DataError, examples
from pcngeo.rules import Rules, check_rules
from pcngeo.schema import check_graph, check_practices, check_territories
from pcngeo.travel import STRAIGHT

if TYPE_CHECKING:
    import geopandas as gpd

    from pcngeo.travel import Travel

__all__ = ["build_graph"]


def build_graph(
    practices: gpd.GeoDataFrame,
    territories: gpd.GeoDataFrame,
    rules: Rules | None = None,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    bridges: gpd.GeoDataFrame | None = None,
    edited: pd.DataFrame | None = None,
    travel: Travel | None = None,
) -> nx.Graph[str]:
    """Link practices whose territories share a border, and what the planner links.

    Parameters
    ----------
    practices
        Practices with `list_size` and a point geometry, EPSG:27700 metres.
    territories
        Index `practice`, column `site`, polygons that form a coverage (see `build_territories`).
    rules
        `adjacency`, `min_border_m`, `bridges`, `barriers`, `barrier_cuts`.
    barriers
        Lines that cut what they cross (rivers, motorways, railways), EPSG:27700; columns `name`
        and `reason` where known.
    bridges
        Lines that link the territories their two ends lie in; columns `name`, `kind`, `reason`
        where known.
    edited
        An edge list corrected by hand (see `read_edges`): the graph has its edges and no others.
    travel
        Travel between the practices, where the planner has it; kept as ``graph.graph["travel"]``.

    Returns
    -------
    networkx.Graph
        Frozen; a node for every practice of `territories` (isolates stay) with `list_size`, `x`,
        `y` (where the practice is, metres) and `site`; edges with `kind`, `border_m`,
        `distance_m` (straight line) and `why`. Nodes and edges are in sorted order.
        ``graph.graph["source"]`` says what makes neighbours, ``graph.graph["cuts"]`` lists what
        was cut and why as ``(a, b, why)``, ``graph.graph["added"]`` what the planner added,
        ``graph.graph["distances"]`` says what distances are known, ``graph.graph["travel"]`` holds
        the `pcngeo.travel.Travel` and ``graph.graph["edited"]`` what an edited list changed, where
        one was given.

    Raises
    ------
    RulesError
        When a bridge names a practice that is not on the graph, or a barrier a pair of practices
        that are no neighbours.
    DataError
        When the territories overlap or their borders do not match, or a practice is not known.
    """
    rules = check_rules(rules)
    check_practices(practices, ("list_size",))
    check_territories(territories, ("site",))
    nodes = _nodes(practices, territories)
    sites = site_map(territories)
    edges = _border_edges(sites, rules.min_border_m)
    if rules.adjacency != "border":
        edges = _near_edges(edges, nodes, rules)
    edges |= _site_edges(sites)
    edges |= _branch_edges(territories)
    cuts = links.cut_pairs(edges, rules.barriers, set(nodes.index), rules.file)
    if barriers is not None:
        cuts += links.cut_by_lines(edges, nodes, sites, barriers, rules.barrier_cuts)
    added: links.Notes = []
    before: Edges = {}
    if bridges is not None:
        added += links.bridge_lines(edges, sites, bridges)
    added += links.bridge_pairs(edges, rules.bridges, set(nodes.index), rules.file)
    if edited is not None:
        before = {pair: dict(edge) for pair, edge in edges.items()}
        removed, new = apply_edited(edges, edited, set(nodes.index))
        cuts, added = cuts + removed, added + new
    graph: nx.Graph[str] = nx.Graph(
        source=_source(rules),
        cuts=tuple(sorted(cuts)),
        added=tuple(sorted(added)),
        distances=STRAIGHT if travel is None else travel.says(),
    )
    if travel is not None:
        graph.graph["travel"] = travel
    if edited is not None:
        graph.graph["edited"] = _changes(before, edges)
    for code, row in nodes.to_dict("index").items():
        graph.add_node(str(code), **{str(name): value for name, value in row.items()})
    for (a, b), attributes in sorted(edges.items()):
        one, other = graph.nodes[a], graph.nodes[b]
        away = float(np.hypot(one["x"] - other["x"], one["y"] - other["y"]))
        graph.add_edge(a, b, **{**attributes, "distance_m": away})
    return check_graph(nx.freeze(graph))


def _changes(before: Edges, after: Edges) -> tuple[tuple[str, ...], ...]:
    """Rows of `tables.edited_frame`: the links that an edited list added, removed or changed."""
    rows = []
    for a, b in sorted({*before, *after}):
        was, now = before.get((a, b)), after.get((a, b))
        kinds = (str(was["kind"]) if was else "", str(now["kind"]) if now else "")
        if kinds[0] != kinds[1]:
            what = "added" if was is None else "removed" if now is None else "changed"
            why = str((now or was or {})["why"])
            rows.append((a, b, what, *kinds, why))
    return tuple(rows)


def _source(rules: Rules) -> str:
    return {
        "border": f"areas that share at least {rules.min_border_m:g} m of border",
        "knn": f"the {rules.neighbours} nearest practices, straight line",
        "distance": f"practices at most {rules.within_m:g} m apart, straight line",
        "gabriel": "practices with no third one in the circle between them (Gabriel graph)",
    }[rules.adjacency]


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


def _border_edges(sites: SiteMap, least_m: float) -> Edges:
    members = list(sites.members.values())
    edges: Edges = {}
    rows = zip(*(column.tolist() for column in sites.borders), strict=True)
    for first, second, length in rows:
        if length < least_m:
            continue
        why = f"their areas share a border of {_length(length)}"
        for a in members[first]:
            for b in members[second]:
                edges[pair_of(a, b)] = {"kind": "border", "border_m": length, "why": why}
    return edges


def _near_edges(borders: Edges, nodes: pd.DataFrame, rules: Rules) -> Edges:
    """Edges by distance; the border they share, if any, is kept as information."""
    edges: Edges = {}
    codes = [str(code) for code in nodes.index]
    xy = nodes[["x", "y"]].to_numpy(dtype=float)
    for i, j, why in near_pairs(xy, rules.adjacency, rules.neighbours, rules.within_m):
        pair = pair_of(codes[i], codes[j])
        border_m = borders.get(pair, {}).get("border_m", 0.0)
        edges[pair] = {"kind": "near", "border_m": border_m, "why": why}
    return edges


def _length(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"


def _site_edges(sites: SiteMap) -> Edges:
    return {
        pair: {"kind": "co-located", "border_m": 0.0, "why": "they are on one site"}
        for codes in sites.members.values()
        for pair in combinations(codes, 2)
    }


def _branch_edges(territories: gpd.GeoDataFrame) -> Edges:
    """Practices that a branch brings onto another's site, from the column `beside`."""
    if "beside" not in territories.columns:
        return {}
    return {
        pair_of(str(code), other): {
            "kind": "co-located",
            "border_m": 0.0,
            "why": f"a branch of {code} is on the site of {other}",
        }
        for code, others in territories["beside"].items()
        for other in str(others).split()
    }
