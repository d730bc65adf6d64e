"""Measure a plan of any origin, and say of every practice where it is and why.

Everything here is computed from the assignment, the practices and the graph alone: the hub, the
cost, contiguity and the window are found anew, whatever a solver said.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.decisions import Waiver
from pcngeo.errors import examples
from pcngeo.plan import Plan, check_plan
from pcngeo.rules import Rules, check_rules
from pcngeo.schema import check_graph, check_named_practices, check_territories
from pcngeo.sizes import network_lists, share_words, shared_here
from pcngeo.travel import STRAIGHT, Travel, travel_hub

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


__all__ = [
    "MEASURES",
    "MEMBERSHIP",
    "connected",
    "measure",
    "membership",
]

#: Columns of `measure`, in order; units are in the names.
MEASURES = (
    "practices",
    "list_size",
    "in_window",
    "hub",
    "mean_distance_km",
    "max_distance_km",
    "span_km",
    "compactness",
    "flags",
)
#: Columns of `membership`, in order, after the index `practice`.
MEMBERSHIP = ("name", "postcode", "list_size", "network", "status", "reason")


def measure(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    territories: gpd.GeoDataFrame | None = None,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Measure every network of a plan.

    Parameters
    ----------
    plan
        Any plan over the practices of `graph`.
    practices
        The practices frame (`pcngeo.schema`); names are taken from it.
    graph
        The graph that contiguity is judged on; locations and list sizes are its nodes'.
    territories
        Polygons of the practices; without them `compactness` is missing.
    rules
        The size window; the default rules where none are given.

    Returns
    -------
    DataFrame
        Index `network` (text, reading order), columns `MEASURES`: number of practices, registered
        patients, whether that lies in the window, hub (the one that the rules demand; else, with
        a table of travel, the one of `pcngeo.travel.travel_hub`; else the member with the least sum
        over members of list size times straight-line distance), mean distance to the hub
        (straight line, weighted by patients),
        greatest distance of a member to the hub, greatest distance between two members (km),
        compactness (Polsby-Popper: 4 pi area / perimeter^2 of the dissolved territory; 1 is a
        circle), and flags in words, joined by "; ".

    Examples
    --------
    >>> from pcngeo.plan import Status
    >>> graph = nx.Graph()
    >>> graph.add_node("A", list_size=20_000, x=0.0, y=0.0)
    >>> graph.add_node("B", list_size=15_000, x=3_000.0, y=4_000.0)
    >>> graph.add_edge("A", "B", kind="border", border_m=900.0, distance_m=5_000.0)
    >>> plan = Plan(pd.Series({"A": "1", "B": "1"}), status=Status.GIVEN)
    >>> row = measure(plan, pd.DataFrame(index=["A", "B"]), graph).loc["1"]
    >>> int(row["list_size"]), row["hub"], f"{row['mean_distance_km']:.3f}"
    (35000, 'A', '2.143')
    """
    rules = check_rules(rules)
    known = check_named_practices(practices).index
    cells = None if territories is None else check_territories(territories, ()).index
    check_graph(graph)
    off = set() if "standing" not in practices else {*known[practices["standing"] == "orphan"]}
    drawn = None if cells is None else {*cells, *off}
    check_plan(plan, practices=known, graph={*graph, *off}, territories=drawn)
    spots, lists = _spots(graph, practices, off)
    sizes = network_lists(plan, lists, rules)
    rows = {}
    for network, members in plan.groups().items():
        chosen = _chosen_hub(network, members, plan, graph, rules)
        weighted, hub, distance = _hub(members, spots, chosen)
        to_hub = distance[[p for p in members if p in spots].index(hub)] if hub else distance
        flags = _flags(members, sizes[network], connected(members, graph), rules)
        rows[network] = {
            "practices": len(members),
            "list_size": sizes[network],
            "in_window": rules.in_window(sizes[network]),
            "hub": hub,
            "mean_distance_km": weighted / max(sum(lists[p] for p in members), 1) / 1000.0,
            "max_distance_km": float(to_hub.max(initial=0.0)) / 1000.0,
            "span_km": float(distance.max(initial=0.0)) / 1000.0,
            "compactness": _compactness(members, territories),
            "flags": "; ".join([*flags, *_decided(network, members, plan, graph, rules)]),
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(MEASURES))
    return table.rename_axis("network")


#: Where a practice is (metres) and its registered patients.
Spot = tuple[float, float, float]


def _spots(
    graph: nx.Graph[str], practices: gpd.GeoDataFrame | None = None, off: Collection[str] = ()
) -> tuple[dict[str, Spot], dict[str, int]]:
    """Where practices are, and their lists; those off the graph from the practices frame."""
    nodes = {str(p): graph.nodes[p] for p in graph}
    spots = {p: (float(a["x"]), float(a["y"]), float(a["list_size"])) for p, a in nodes.items()}
    lists = {p: int(a["list_size"]) for p, a in nodes.items()}
    if practices is None:
        return spots, lists
    for practice in sorted(set(off) - set(nodes)):
        lists[practice] = int(practices.at[practice, "list_size"])
        point = practices.geometry.loc[practice]
        if point is not None and not point.is_empty:
            spots[practice] = (point.x, point.y, float(lists[practice]))
    return spots, lists


def _chosen_hub(
    network: str, members: tuple[str, ...], plan: Plan, graph: nx.Graph[str], rules: Rules
) -> str:
    """Name the hub that a demand or a table of travel chooses; ``""``: straight lines do."""
    wanted = [row.practice for row in rules.hubs if row.practice in members]
    if wanted:
        return wanted[0]
    travel = graph.graph.get("travel")
    if isinstance(travel, Travel):
        return travel_hub([p for p in members if p in graph], graph, travel)
    if graph.graph.get("distances", STRAIGHT) != STRAIGHT:  # read back: the table is not kept
        return plan.hubs.get(network, "")
    return ""


def _hub(
    members: tuple[str, ...], spots: Mapping[str, Spot], chosen: str = ""
) -> tuple[float, str, np.ndarray]:
    """Weighted distance sum to the hub, the hub, distances between members.

    The hub is the member `chosen`, else the one with the least sum (first code on a tie). Members
    without a location are left out; where none has one, there is no hub.
    """
    here = [p for p in members if p in spots]
    if not here:
        return 0.0, "", np.zeros((0, 0))
    x, y, patients = np.array([spots[p] for p in here], dtype=float).T
    distance = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    sums = distance @ patients
    best = int(np.flatnonzero(sums <= sums.min() * (1 + 1e-12))[0])
    if chosen in here:
        best = here.index(chosen)
    return float(sums[best]), here[best], distance


def connected(members: Collection[str], graph: nx.Graph[str]) -> bool:
    """Tell whether a network is one connected area (R11): the one rule for every table and page.

    Parameters
    ----------
    members
        Its practices. Those that are not on the graph joined by decision; they neither join others
        together nor part them, and `measure` names them beside the flags.
    graph
        The graph that contiguity is judged on.

    Returns
    -------
    bool

    Examples
    --------
    >>> graph = nx.Graph([("A", "B")])
    >>> graph.add_node("C")
    >>> connected(["A", "B", "far away"], graph), connected(["A", "C"], graph)
    (True, False)
    """
    here = [p for p in members if p in graph]
    return not here or bool(nx.is_connected(graph.subgraph(here)))


def _decided(
    network: str, members: tuple[str, ...], plan: Plan, graph: nx.Graph[str], rules: Rules
) -> list[str]:
    """Say what people decided about a network that its figures do not show."""
    said = []
    joined = [p for p in plan.joined if p in members]
    if joined:
        said.append(f"{examples(joined)} joined by decision (R14)")
    off = [p for p in members if p not in graph]
    if off:
        said.append(f"{examples(off)} not on the graph")
    for practice, rows in shared_here(plan, rules).items():
        own = plan.assignment[practice]
        said.extend(
            f"{share_words(row.share)} of {practice} counted in Network {other} (R20)"
            for row, other in rows
            if network in (own, other)
        )
    return said


def _compactness(members: tuple[str, ...], territories: gpd.GeoDataFrame | None) -> float:
    if territories is None:
        return float("nan")
    area = territories.geometry.loc[[p for p in members if p in territories.index]].union_all()
    return float(4 * np.pi * area.area / area.length**2) if area.length else float("nan")


def _flags(members: tuple[str, ...], patients: int, connected: bool, rules: Rules) -> list[str]:
    needs = "needs the commissioner's agreement"
    flags = []
    if len(members) == 1:
        answer = _granted(rules.single_practice, members) or needs
        flags.append(f"one practice alone: {answer} (R18)")
    if patients > rules.max_list:
        answer = _granted(rules.over_ceiling, members) or needs
        flags.append(f"{patients - rules.max_list:,} over {rules.max_list:,}: {answer} (R04)")
    elif patients < rules.min_list:
        waived = _granted(rules.rural_waivers, members)
        answer = f"{waived} (R03)" if waived else "breaks the floor (R02)"
        flags.append(f"{rules.min_list - patients:,} under {rules.min_list:,}: {answer}")
    if not connected:
        waived = _granted(rules.non_geographic, members)
        answer = f": {waived} (R21)" if waived else " (R11)"
        flags.append(f"not one connected area on this graph{answer}")
    return flags


def _granted(waivers: tuple[Waiver, ...], members: tuple[str, ...]) -> str:
    """Say who granted a network's waiver; ``""`` while none is granted."""
    by = [waiver.approved_by for waiver in waivers if waiver.granted and waiver.practice in members]
    return f"agreed by {by[0]}" if by else ""


def membership(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    proposals: pd.DataFrame,
    reasons: pd.DataFrame,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Say for every practice of the area where it is and why; nobody is missing.

    Parameters
    ----------
    plan, practices, graph
        As in `measure`.
    proposals
        Index practice, columns `network` and `reason`: homes offered to orphans, homes that were
        agreed or assigned, and networks that cover practices which decline
        (`pcngeo.orphans.settle_homes`).
    reasons
        Index practice, columns `reason_code` and `reason`: why practices of the graph are in no
        network.
    rules
        `shared`: practices in two networks, which stand under their own (R20).

    Returns
    -------
    DataFrame
        Index `practice`, columns `MEMBERSHIP` and `reason_code`. `status` is ``member``, ``alone``
        (a network of one practice), ``proposed`` (an orphan, with the network that it is offered
        to), ``orphan``, ``covered``, ``special`` or ``excluded``. A practice whose home was agreed
        or assigned is a member, and its reason says by whom and when (R14).
    """
    table = pd.DataFrame(index=practices.index.rename("practice"))
    for column in ("name", "postcode", "list_size"):
        table[column] = practices[column]
    table["network"] = plan.assignment.reindex(table.index).fillna("")
    sizes = plan.assignment.value_counts()
    status = practices["standing"].replace({"eligible": "member"})
    alone = table["network"].isin(sizes.index[sizes == 1]) & table["network"].ne("")
    status = status.mask(alone, "alone")
    status = status.mask(status.eq("orphan") & table["network"].ne(""), "member")
    status = status.mask(status.eq("member") & table["network"].eq(""), "orphan")
    table["reason_code"] = practices["reason_code"]
    table["reason"] = practices["reason"]
    for practice in plan.unplaced:
        if practice in reasons.index:
            for column in ("reason_code", "reason"):
                table.loc[practice, column] = str(reasons.loc[practice, column])
    for practice in proposals.index.difference(list(plan.joined)):
        table.loc[practice, "network"] = str(proposals.loc[practice, "network"])
        if status[practice] == "orphan":
            status[practice] = "proposed"
        words = f"{table.loc[practice, 'reason']} {proposals.loc[practice, 'reason']}"
        table.loc[practice, "reason"] = words.strip()
    off = {str(p) for p in plan.joined if p not in graph}
    spots, _ = _spots(graph, practices, off)
    said = {p: [str(proposals.loc[p, "reason"])] for p in plan.joined if p in proposals.index}
    for practice, rows in shared_here(plan, rules).items():
        said.setdefault(practice, []).extend(
            f"{share_words(row.share)} of its list is counted in Network {other}, by leave of "
            f"{row.approved_by} ({row.reason}; R20)."
            for row, other in rows
        )
    for network, members in plan.groups().items():
        chosen = _chosen_hub(network, members, plan, graph, rules or Rules())
        hub = _hub(members, spots, chosen)[1]
        for practice in members:
            words = _why_member(practice, members, hub, practices, graph, spots)
            why = [words, *said.get(practice, []), str(practices.loc[practice, "reason"])]
            table.loc[practice, "reason"] = " ".join(part for part in why if part)
    table["status"] = status
    return table[[*MEMBERSHIP, "reason_code"]]


def _why_member(
    practice: str,
    members: tuple[str, ...],
    hub: str,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    spots: Mapping[str, Spot],
) -> str:
    if len(members) == 1:
        return "A network of one practice."
    if practice not in graph:
        return ""
    touching = set(graph.neighbors(practice)) & set(members)
    next_to = f"Next to {_of_the_others(len(touching), len(members) - 1)} of its network"
    if practice == hub:
        return f"{next_to}; its central practice (hub)."
    there, here = spots[hub], spots[practice]
    km = float(np.hypot(there[0] - here[0], there[1] - here[1])) / 1000.0
    name = str(practices.loc[hub, "name"]) or hub
    return f"{next_to}; {km:.1f} km from its hub, {name.rstrip('.')}."


def _of_the_others(some: int, others: int) -> str:
    """Say how many of the other practices, as people do."""
    if not some:
        return "none of the other practices" if others > 1 else "no other practice"
    if others <= 2 and some == others:
        return "both other practices" if some == 2 else "the other practice"
    return (
        f"all {others} other practices"
        if some == others
        else (f"{some} of the other {others} practices")
    )
