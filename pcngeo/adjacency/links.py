"""What the planner changes in a graph: bridges and barriers, as pairs or as lines (Q26)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.corrections import LINK_KINDS
from pcngeo.errors import DataError, RulesError, examples
from pcngeo.rules import Link
from pcngeo.schema import CRS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from pcngeo.adjacency.sites import SiteMap

__all__ = [
    "Edges",
    "Notes",
    "add_edge",
    "bridge_lines",
    "bridge_pairs",
    "cut_by_lines",
    "cut_edge",
    "cut_pairs",
    "pair_of",
]

#: Attributes of an edge by its practices, the lower code first.
Edges = dict[tuple[str, str], dict[str, Any]]
#: What was cut or added: two practices and why.
Notes = list[tuple[str, str, str]]
#: Interiors meet: a line that only ends on the other, or touches its end, does not cross it.
CROSSES = "T********"


def pair_of(a: str, b: str) -> tuple[str, str]:
    """Two practices, the lower code first."""
    return (a, b) if a < b else (b, a)


# ---- pairs of practices, from the rules ------------------------------------------------------
def bridge_pairs(edges: Edges, bridges: tuple[Link, ...], nodes: set[str], file: str = "") -> Notes:
    """Add the links of the rules (of a file) to `edges`; returns what was added."""
    added = []
    for link in bridges:
        _check_on_graph("bridge", link, nodes)
        why = link.reason or f"a {link.kind} link by {_row('bridge', link, file)}"
        added.append(add_edge(edges, pair_of(link.a, link.b), link.kind, why))
    return added


def add_edge(edges: Edges, pair: tuple[str, str], kind: str, why: str) -> tuple[str, str, str]:
    """Add an edge, or change its kind; a border that is there keeps its length."""
    border_m = edges.get(pair, {}).get("border_m", 0.0)
    edges[pair] = {"kind": kind, "border_m": border_m, "why": why}
    return (*pair, why)


def cut_pairs(edges: Edges, barriers: tuple[Link, ...], nodes: set[str], file: str = "") -> Notes:
    """Cut the barriers of the rules (of a file) from `edges`; returns what was cut."""
    cuts = []
    for link in barriers:
        _check_on_graph("barrier", link, nodes)
        pair = pair_of(link.a, link.b)
        if pair not in edges:
            raise RulesError(
                f"[[barrier]] {link.a} - {link.b}: these practices are no neighbours, so there is "
                "nothing to cut. Remove the barrier or correct its codes."
            )
        cuts.append(cut_edge(edges, pair, link.reason or f"cut by {_row('barrier', link, file)}"))
    return cuts


def cut_edge(edges: Edges, pair: tuple[str, str], why: str) -> tuple[str, str, str]:
    """Take an edge away, and say why and what it was."""
    was = edges.pop(pair)["why"]
    return (*pair, f"{why} (before: {was})")


def _row(table: str, link: Link, file: str) -> str:
    """Name the row of the rules that a link without a reason stands in."""
    return f"[[{table}]] {link.a} - {link.b} of {Path(file).name or 'the rules'}, without a reason"


def _check_on_graph(table: str, link: Link, nodes: set[str]) -> None:
    absent = [code for code in (link.a, link.b) if code not in nodes]
    if absent:
        raise RulesError(
            f"[[{table}]] {link.a} - {link.b}: {examples(absent)} does not take part in the plan. "
            "Correct the code, or look up in the practices why it was left out."
        )


# ---- lines -----------------------------------------------------------------------------------
def _named_lines(frame: gpd.GeoDataFrame, what: str) -> pd.DataFrame:
    """Return lines with `name`, `reason` and `kind` as text, checked."""
    if frame.crs is None or frame.crs.to_epsg() != 27700:
        raise DataError(
            f"the {what}s must be in {CRS}, not {frame.crs}", todo=f"Convert with to_crs('{CRS}')"
        )
    shapes = frame.geometry.to_numpy()
    odd = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (1, 5)))
    if len(odd):
        raise DataError(
            f"{len(odd)} of {len(frame)} {what}s are no lines (rows {examples(odd + 1)})",
            todo="Draw each as a line",
        )
    rows = range(1, len(frame) + 1)
    of = f" of {frame.attrs['file']}" if frame.attrs.get("file") else ""
    table = pd.DataFrame(
        {"name": [f"{what} {i}{of}" for i in rows], "reason": "", "kind": "bridge"}
    )
    for column in table.columns.intersection(frame.columns):
        given = frame[column].reset_index(drop=True)
        table[column] = given.where(given.notna() & (given != ""), table[column]).astype(str)
    return table.assign(shape=shapes)


def cut_by_lines(
    edges: Edges, nodes: pd.DataFrame, sites: SiteMap, barriers: gpd.GeoDataFrame, which: str
) -> Notes:
    """Cut the edges whose border or straight line a barrier crosses; returns what was cut.

    Parameters
    ----------
    edges
        Changed in place; practices on one site are never cut apart.
    nodes
        Index practice, columns `site`, `x`, `y`.
    sites
        Sites with their borders.
    barriers
        Lines; those of one name act as one, so that a line drawn in pieces has no gaps.
    which
        ``"either"``, ``"border"`` or ``"line"`` (`Rules.barrier_cuts`).
    """
    table = _named_lines(barriers, "barrier")
    labels = list(sites.members)
    line_of = {
        frozenset((labels[i], labels[j])): line
        for i, j, line in zip(
            sites.borders.first.tolist(), sites.borders.second.tolist(), sites.lines, strict=True
        )
    }
    pairs = [pair for pair, edge in edges.items() if edge["kind"] != "co-located"]
    if not pairs:
        return []
    xy = nodes[["x", "y"]].to_numpy(dtype=float)
    at = nodes.index.get_indexer(pd.Index(np.array(pairs).ravel())).reshape(-1, 2)
    straight = shapely.linestrings(xy[at])
    site = nodes["site"]
    border = np.array([line_of.get(frozenset((site[a], site[b]))) for a, b in pairs], dtype=object)
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, group in table.groupby("name", sort=True):
        shape = shapely.line_merge(shapely.union_all(group["shape"].to_numpy()))
        shapely.prepare(shape)
        said = "; ".join(sorted({r for r in group["reason"] if r}))
        for what, lines in (("border", border), ("line", straight)):
            if which not in (what, "either"):
                continue
            place = "their common border" if what == "border" else "the line between them"
            for k in np.flatnonzero(_crosses(shape, lines)):
                text = f"{name} crosses {place}" + (f": {said}" if said else "")
                reasons.setdefault(pairs[k], []).append(text)
    return [cut_edge(edges, pair, "; ".join(why)) for pair, why in sorted(reasons.items())]


def _crosses(shape: Any, lines: NDArray[np.object_]) -> NDArray[np.bool_]:
    near = shapely.intersects(shape, lines)
    near[near] = shapely.relate_pattern(lines[near], shape, CROSSES)
    crosses: NDArray[np.bool_] = near
    return crosses


def bridge_lines(edges: Edges, sites: SiteMap, bridges: gpd.GeoDataFrame) -> Notes:
    """Link the territories that the ends of each line lie in, or are nearest to."""
    table = _named_lines(bridges, "bridge")
    tree, members = shapely.STRtree(sites.polygons), list(sites.members.values())
    added = []
    for name, reason, kind, shape in table.itertuples(index=False):
        if kind not in LINK_KINDS:
            raise DataError(f"{name}: kind {kind!r} is not one of {', '.join(LINK_KINDS)}")
        ends = shapely.get_coordinates(shapely.line_merge(shape))[[0, -1]]
        one, other = tree.nearest(shapely.points(ends)).tolist()
        if one == other:
            raise DataError(
                f"{name} starts and ends in the area of {examples(members[one])}: it links nothing",
                todo="Draw it from one area to the other",
            )
        why = reason or f"{name} ({kind}) links their areas"
        pairs = sorted(pair_of(a, b) for a in members[one] for b in members[other])
        added += [add_edge(edges, pair, kind, why) for pair in pairs]
    return added
