"""Practices in no network: an offer of a home for each, with what it would do to both sides.

The offer is a proposal for the commissioner and the LMC to agree (R14), never an assignment. A
practice that declines the DES is treated the same way: it is covered by a network, in whose list
it is not counted (R15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pcngeo.plan import Plan
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["OFFER", "propose"]

#: Columns of `propose`, in order, after the index `practice`.
OFFER = ("network", "shares_border", "distance_km", "list_before", "list_after", "reason")


@dataclass(frozen=True)
class _Home:
    """One network that a group of practices could be offered to."""

    network: str
    shares_border: bool
    distance_m: float


def propose(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Offer every orphan, and every practice that declines, to the best neighbouring network.

    The best is a network that it shares a border with, if possible one that stays within the
    ceiling with it; then the nearest (least distance to one of its members). Practices that are
    only next to each other (an island) are offered together. The largest list is offered first,
    and sizes count what was offered before.

    Parameters
    ----------
    plan
        A plan over the practices of `graph`.
    practices
        All practices of the area; those with standing ``orphan`` or ``covered`` get an offer where
        they have a location.
    graph
        The graph that contiguity is judged on.
    rules
        The ceiling; the default rules where none are given.

    Returns
    -------
    DataFrame
        Index `practice`, columns `OFFER`: network offered, whether they share a border,
        straight-line distance to the nearest practice of that network (km), the network's
        registered patients before and after (the patients of a practice that declines are not
        counted, R15), and a sentence.
    """
    rules = rules or Rules()
    sizes = {
        network: int(sum(graph.nodes[p]["list_size"] for p in members))
        for network, members in plan.groups().items()
    }
    placed: dict[str, str] = {str(p): n for p, n in plan.assignment.to_dict().items() if n}
    home_of = dict(placed)
    rows: dict[str, dict[str, object]] = {}
    if sizes:
        waiting = _orphans(plan, practices)
        while waiting:
            group = _next_group(waiting, home_of, practices, graph)
            best = _best_home(group, home_of, placed, sizes, practices, graph, rules)
            before = sizes[best.network]
            sizes[best.network] += int(practices.loc[group, "list_size"].sum())
            for practice in group:
                home_of[practice] = best.network
                rows[practice] = _offer(best, before, sizes[best.network], rules)
                waiting.remove(practice)
        for practice in practices.index[practices["standing"] == "covered"]:
            if _located(practices, practice):
                homes = _homes([practice], placed, placed, practices, graph)
                nearest = min(homes, key=lambda home: (home.distance_m, home.network))
                rows[practice] = _cover(nearest, plan, graph, practices, practice)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(OFFER))
    return table.rename_axis("practice").sort_index()


def _orphans(plan: Plan, practices: gpd.GeoDataFrame) -> list[str]:
    """Orphans that can be offered, largest list first."""
    off_graph = practices.index[practices["standing"] == "orphan"]
    orphans = [*plan.unplaced, *(p for p in off_graph if _located(practices, p))]
    return sorted(orphans, key=lambda p: (-int(practices.loc[p, "list_size"]), p))


def _next_group(
    waiting: list[str], home_of: dict[str, str], practices: gpd.GeoDataFrame, graph: nx.Graph[str]
) -> list[str]:
    """Who is offered next: the largest beside a network, else a whole island, else the largest."""
    import networkx as nx

    on_graph = [p for p in waiting if p in graph]
    for practice in on_graph:
        if any(q in home_of for q in graph.neighbors(practice)):
            return [practice]
    if on_graph:
        islands = nx.connected_components(graph.subgraph(on_graph))
        patients = practices["list_size"]
        return min(
            (sorted(island) for island in islands),
            key=lambda island: (-int(patients.loc[island].sum()), island),
        )
    return [waiting[0]]


def _best_home(
    group: list[str],
    home_of: dict[str, str],
    placed: dict[str, str],
    sizes: dict[str, int],
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules,
) -> _Home:
    patients = int(practices.loc[group, "list_size"].sum())

    def worse(home: _Home) -> tuple[bool, bool, float, str]:
        over = sizes[home.network] + patients > rules.max_list
        # The ceiling is flexible (R04), distance over water is not: it only chooses among
        # neighbours.
        return (not home.shares_border, over and home.shares_border, home.distance_m, home.network)

    return min(_homes(group, home_of, placed, practices, graph), key=worse)


def _located(practices: gpd.GeoDataFrame, practice: str) -> bool:
    point = practices.geometry.loc[practice]
    return point is not None and not point.is_empty


def _homes(
    group: list[str],
    home_of: dict[str, str],
    placed: dict[str, str],
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
) -> list[_Home]:
    """Every network: whether it is beside the group, and how near its nearest member is."""
    beside = {home_of[q] for p in group if p in graph for q in graph.neighbors(p) if q in home_of}
    members = sorted(placed)
    points = practices.geometry.loc[members]
    x, y = points.x.to_numpy(), points.y.to_numpy()
    own = practices.geometry.loc[group]
    distance = np.min([np.hypot(x - point.x, y - point.y) for point in own], axis=0)
    nearest = pd.Series(distance, index=[placed[p] for p in members]).groupby(level=0).min()
    return [_Home(str(n), n in beside, float(d)) for n, d in nearest.items()]


def _offer(home: _Home, before: int, after: int, rules: Rules) -> dict[str, object]:
    over = (
        f", {after - rules.max_list:,} over {rules.max_list:,} (R04)"
        if after > rules.max_list
        else ""
    )
    where = "next to it" if home.shares_border else "the nearest, though they share no border"
    return {
        "network": home.network,
        "shares_border": home.shares_border,
        "distance_km": home.distance_m / 1000.0,
        "list_before": before,
        "list_after": after,
        "reason": (
            f"Proposed for Network {home.network}, {where} ({home.distance_m / 1000:.1f} km to its "
            f"nearest practice): from {before:,} to {after:,}{over}. "
            "To be agreed with the commissioner and the LMC (R14)."
        ),
    }


def _cover(
    home: _Home, plan: Plan, graph: nx.Graph[str], practices: gpd.GeoDataFrame, practice: str
) -> dict[str, object]:
    size = int(sum(graph.nodes[p]["list_size"] for p in plan.members(home.network)))
    own = int(practices.loc[practice, "list_size"])
    return {
        "network": home.network,
        "shares_border": False,
        "distance_km": home.distance_m / 1000.0,
        "list_before": size,
        "list_after": size,
        "reason": (
            f"Proposed to be covered by Network {home.network}, whose nearest practice is "
            f"{home.distance_m / 1000:.1f} km away: a list of {size:,} and services for "
            f"{size + own:,} (R15)."
        ),
    }
