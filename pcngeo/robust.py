"""How much a plan bears: lists that fall or grow, a practice that closes.

Everything is said of the plan as it stands, network by network: nothing is planned anew. A network
holds as long as its practices are connected on the graph and its list lies in the window, which is
30,000 to 50,000 unless the rules say otherwise (R01, R04). A network of one practice above the
ceiling stands alone (R18) and has no headroom above.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from pcngeo.breaches import broken_closings, nearest_linked
from pcngeo.errors import DataError, examples
from pcngeo.plan import Plan
from pcngeo.rules import Rules, check_rules
from pcngeo.sizes import member_shares, network_lists, shared_here
from pcngeo.words import are, count_of, listed, per_cent

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

__all__ = ["closing_words", "closures", "headroom", "left_words", "robust_words", "with_homes"]


def with_homes(
    graph: nx.Graph[str], plan: Plan, practices: gpd.GeoDataFrame, rules: Rules
) -> nx.Graph[str]:
    """Add to the graph what people agreed: who joined by decision is linked with whom it joined.

    A home that was agreed (R14) needs no border. Without such a link its network would count as
    broken whatever happens, and a practice off the graph could not be judged at all.

    Parameters
    ----------
    graph
        The graph that the plan was made on.
    plan
        The plan; `joined` names who came by decision.
    practices
        Index practice; `list_size` and `geometry`.
    rules
        `homes`; only settled ones count.

    Returns
    -------
    Graph
        The graph itself where nobody joined; `located` of a node that was added is false where its
        place is not known.
    """
    if not plan.joined:
        return graph
    linked: nx.Graph[str] = nx.Graph(graph)
    rows = [row for row in rules.homes if row.settled and row.practice in plan.joined]
    for practice in plan.joined:
        if practice not in linked:
            point = practices.geometry[practice]
            located = point is not None and not point.is_empty
            x, y = (point.x, point.y) if located else (0.0, 0.0)
            size = int(practices.at[practice, "list_size"])
            linked.add_node(practice, list_size=size, x=float(x), y=float(y), located=located)
    linked.add_edges_from((row.practice, row.joins) for row in rows if row.joins in linked)
    return linked


def headroom(
    plan: Plan, graph: nx.Graph[str], rules: Rules | None = None, *, shift: float = 0.05
) -> pd.DataFrame:
    """Say of every network how far its list can fall or grow before it leaves the window.

    Parameters
    ----------
    plan
        Any plan.
    graph
        The graph it is judged on; `list_size` is what is added up.
    rules
        The window, and the practices that are shared (R20): their lists count by their shares.
    shift
        Share by which all lists move together, 0 to 1.

    Returns
    -------
    DataFrame
        Index `network`; `practices`, `list_size`, `above_floor` and `below_ceiling` (patients,
        negative outside the window), `can_fall_percent` and `can_grow_percent` (of its list,
        rounded down to a hundredth), `list_if_fallen` and `list_if_grown` (all lists moved by
        `shift`, rounded away from what it is), `holds_if_fallen` and `holds_if_grown` (a network
        of one practice that passes the ceiling stands alone, R18, and holds),
        `closures_that_break` (practices without which it is split, below the floor or gone) and
        `closures` (their codes).

    Raises
    ------
    DataError
        When the plan has practices that the graph does not, or the shift is no share.
    """
    rules = check_rules(rules)
    if not 0 <= shift < 1:
        raise DataError(f"all lists cannot move by {per_cent(shift)}", todo="Give 0 to 99 per cent")
    size = _sizes(plan, graph)
    broken = closures(plan, graph, rules)
    sums = network_lists(plan, size, rules)
    rows = {}
    for network, members in plan.groups().items():
        total = sums[network]
        alone = len(members) == 1 and total > rules.max_list
        low, high = total - rules.min_list, rules.max_list - total
        down = math.floor(round(total * (1 - shift), 6))
        up = math.ceil(round(total * (1 + shift), 6))
        bad = broken.index[(broken["network"] == network) & ~broken["holds"]]
        rows[network] = {
            "practices": len(members),
            "list_size": total,
            "above_floor": low,
            "below_ceiling": None if alone else high,
            "can_fall_percent": _percent(low, total),
            "can_grow_percent": None if alone else _percent(high, total),
            "list_if_fallen": down,
            "list_if_grown": up,
            "holds_if_fallen": down >= rules.min_list and (alone or down <= rules.max_list),
            "holds_if_grown": up >= rules.min_list and (len(members) == 1 or up <= rules.max_list),
            "closures_that_break": len(bad),
            "closures": " ".join(bad),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")
    return table.astype({"below_ceiling": "Int64", "can_grow_percent": "float64"})


def closures(plan: Plan, graph: nx.Graph[str], rules: Rules | None = None) -> pd.DataFrame:
    """Say of every practice in a network what its closing would leave of that network.

    Two answers stand side by side. `holds`: the practice is taken out with its patients, wherever
    they go, so that "below the floor" means that the network breaks unless enough of them stay.
    `borne`: all of them go to the nearest practice that it is linked with, whichever network that
    is in; every network that is left must then be connected and in the window. That is what
    ``closures = "borne"`` of the rules asks of a plan. Of a practice that is shared (R20) every
    network loses what is counted there, and who goes to one is divided as its list is; the
    search, which knows no shares, counts every list whole.

    Parameters
    ----------
    plan, graph, rules
        As of `headroom`.

    Returns
    -------
    DataFrame
        Index `practice`; `network`, `list_size` (its own), `list_left` (of the network, less what
        is counted there of its list), `parts`
        (connected parts left, on the graph without it), `must_stay` (patients of it who would have
        to stay for the floor), `holds`, and `what`, a sentence; `goes_to` (nearest linked
        practice), `goes_to_network`, `borne`, and `then`, what would break.
    """
    rules = check_rules(rules)
    size = _sizes(plan, graph)
    moved = partial(_moved, plan, size, rules) if shared_here(plan, rules) else None
    broken = dict(broken_closings(plan.groups(), graph, rules, moved))
    shares = member_shares(plan, size, rules).set_index(["practice", "network"])["list_size"]
    sums, rows = network_lists(plan, size, rules), {}
    for network, members in plan.groups().items():
        for practice in members:
            rest = [p for p in members if p != practice]
            left = sums[network] - int(shares[practice, network])
            parts = nx.number_connected_components(graph.subgraph(rest)) if rest else 0
            short = max(0, rules.min_list - left)
            rows[practice] = {
                "network": network,
                "list_size": size[practice],
                "list_left": left,
                "parts": parts,
                "must_stay": short,
                "holds": parts == 1 and not short,
                "what": _what(practice, network, left, parts, short),
                "goes_to": (to := nearest_linked(graph, practice)),
                "goes_to_network": plan.assignment[to] if to else "",
                "borne": practice not in broken,
                "then": broken.get(practice, ""),
            }
    columns = ["network", "list_size", "list_left", "parts", "must_stay", "holds", "what",
               "goes_to", "goes_to_network", "borne", "then"]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("practice")
    return table.astype({"holds": bool, "borne": bool}).sort_index()


def left_words(plan: Plan) -> list[str]:
    """Say who is in no network, so that nobody takes what is said of the networks for all."""
    if not plan.unplaced:
        return []
    many = len(plan.unplaced)
    return [
        f"{count_of(many, 'practice')} with {plan.unplaced_patients:,} registered patients "
        f"{are(many)} in no network of this plan: what follows says nothing of them."
    ]


def robust_words(table: pd.DataFrame, shift: float = 0.05) -> list[str]:
    """Say in sentences that can be read aloud what `headroom` found."""
    if not len(table):
        return ["There is no network."]
    fall, grow = table["can_fall_percent"], table["can_grow_percent"].dropna()
    said = [
        f"Network {fall.idxmin()} is nearest to the minimum: its list can fall by "
        f"{max(0.0, float(fall.min())):.2f} %."
    ]
    if len(grow):
        said.append(
            f"Network {grow.idxmin()} is nearest to the maximum: its list can grow by "
            f"{max(0.0, float(grow.min())):.2f} %."
        )
    for way, column in (("fall", "holds_if_fallen"), ("grow", "holds_if_grown")):
        out = [str(n) for n in table.index[~table[column]]]
        end = "every network stays in the window" if not out else _leave(out)
        said.append(f"If all lists {way} by {per_cent(shift)}, {end}.")
    breaking, every = int(table["closures_that_break"].sum()), int(table["practices"].sum())
    said.append(
        f"The closing of any one of {every - breaking} of {every} practices leaves its network "
        f"connected and above the minimum, even if all its patients leave; of {breaking} it does "
        "not."
    )
    return said


def closing_words(table: pd.DataFrame) -> str:
    """Say in a sentence what `closures` found of patients who go to the nearest practice."""
    out = [str(p) for p in table.index[~table["borne"]]]
    head = "If any one practice closes and its patients go to the nearest practice linked with it, "
    if not out:
        return f"{head}every network stays connected and in the window."
    return (
        f"{head}every network stays connected and in the window, but for {len(out)} of "
        f"{len(table)} practices: {examples(out)}."
    )


def _leave(networks: Iterable[str]) -> str:
    out = list(networks)
    which = "network" if len(out) == 1 else "networks"
    return f"{which} {listed(out)} {'leaves' if len(out) == 1 else 'leave'} the window"


def _sizes(plan: Plan, graph: nx.Graph[str]) -> dict[str, int]:
    placed = plan.assignment.index[plan.assignment != ""]
    lost = [str(p) for p in placed if p not in graph]
    if lost:
        raise DataError(
            f"{len(lost)} of {len(placed)} practices of the plan are not on the graph: "
            f"{examples(lost)}",
            todo="Give the graph that the plan was made on",
        )
    return {str(p): int(graph.nodes[p]["list_size"]) for p in graph}


def _moved(
    plan: Plan, size: dict[str, int], rules: Rules, practice: str, to: str
) -> dict[str, tuple[int, int]]:
    """Count who is where before and after a closing, shared practices by their shares (R20)."""
    before = network_lists(plan, size, rules)
    people = size[practice]
    moved = {**size, practice: 0} | ({to: size[to] + people} if to else {})
    after = network_lists(plan, moved, rules)
    own = str(plan.assignment.get(practice, ""))
    names = [own] * (own != "") + [n for n in before if n != own and after[n] != before[n]]
    return {n: (before[n], after[n]) for n in names}


def _percent(room: int, total: int) -> float:
    return math.floor(10_000 * room / total) / 100 if total else 0.0


def _what(practice: str, network: str, left: int, parts: int, short: int) -> str:
    head = f"Without {practice}, network {network}"
    if not parts:
        return f"{head} would have no practice."
    faults = []
    if parts > 1:
        faults.append(f"would be in {parts} parts")
    if short:
        faults.append(
            f"would have {left:,} patients, unless at least {short:,} of those of {practice} stay"
        )
    return f"{head} {' and '.join(faults)}." if faults else f"{head} would hold: {left:,} patients."
