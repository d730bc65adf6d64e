"""What people have agreed outside the window or the map: set aside before solving, put back after.

Two waivers change which networks there are, not only how they are judged. An existing network that
is not one connected area (R21) is kept whole: its practices are set aside, the solver divides the
rest. A part of the area below the floor with a rural waiver (R03) becomes a network of its own:
nothing else could contain it, so the rest of the plan stays as good as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo import recount
from pcngeo.errors import RulesError
from pcngeo.objectives import DEFAULT, Stage
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["grant_rural_waivers", "put_back", "refused", "set_aside", "with_refusals"]

Kept = dict[str, tuple[str, ...]]


def set_aside(
    graph: nx.Graph[str], practices: pd.DataFrame, rules: Rules
) -> tuple[nx.Graph[str], Kept]:
    """Take existing networks that are kept as they are (R21), and the refused, out of the graph.

    Parameters
    ----------
    graph
        The graph that contiguity is judged on.
    practices
        Index practice; `network_today`.
    rules
        `non_geographic` and `refused`; only what somebody approved counts.

    Returns
    -------
    graph, kept
        The frozen graph of the rest, and members of each kept network by its code of today. The
        same graph where nothing is kept.

    Raises
    ------
    RulesError
        When the practice that names the network is in no network today.
    """
    kept: Kept = {}
    for waiver in rules.non_geographic:
        if not waiver.granted:
            continue
        code = ""
        if waiver.practice in practices.index:
            code = str(practices.at[waiver.practice, "network_today"] or "")
        if not code:
            raise RulesError(
                f"[[non_geographic]] {waiver.practice} is in no network today, so there is none to "
                "keep. Give the membership map, or remove the waiver."
            )
        same = practices.index[practices["network_today"] == code]
        kept[code] = tuple(sorted(p for p in same if p in graph))
    gone = {p for members in kept.values() for p in members}
    gone |= {p for p in refused(graph, rules) if p not in gone}
    if not gone:
        return graph, {}
    rest = graph.subgraph([p for p in graph if p not in gone])
    return nx.freeze(nx.Graph(rest)), kept


def refused(graph: nx.Graph[str], rules: Rules) -> dict[str, str]:
    """Find practices of the graph that a network does not take, and say why (R13).

    Returns
    -------
    dict
        A sentence by practice; only rows that somebody took note of count.
    """
    return {
        row.practice: (
            f"The network of {row.by} does not take it: {row.reason.rstrip('.')} (noted by "
            f"{', '.join(part for part in (row.approved_by, row.date) if part)}; R13)."
        )
        for row in rules.refused
        if row.approved_by and row.practice in graph
    }


def with_refusals(
    reasons: pd.DataFrame, plan: Plan, graph: nx.Graph[str], rules: Rules
) -> pd.DataFrame:
    """Put the networks' own reasons in the place of what geography would say."""
    said = {p: words for p, words in refused(graph, rules).items() if p in plan.unplaced}
    own = pd.DataFrame(
        {"reason_code": "network_choice", "reason": list(said.values())},
        index=pd.Index(list(said), name="practice", dtype=str),
    )
    rest = reasons[~reasons.index.isin(list(said))]
    return pd.concat([rest, own]).sort_index() if said else reasons


def put_back(plan: Plan, kept: Kept, graph: nx.Graph[str], rules: Rules) -> Plan:
    """Add the networks that were set aside to the plan of the rest.

    Parameters
    ----------
    plan
        The solver's plan of the rest.
    kept
        As of `set_aside`.
    graph
        The whole graph.
    rules
        For the reasons.

    Returns
    -------
    Plan
        A new plan of all practices; kept networks get the next free numbers. Objective and bound
        grow by the cost of what was kept, which the solver could not change.
    """
    reason = {w.practice: w for w in rules.non_geographic}
    for code, members in kept.items():
        said = next((reason[p] for p in members if p in reason), None)
        why = f" ({said.reason}; approved by {said.approved_by})" if said else ""
        plan = _with_network(
            plan,
            members,
            graph,
            rules,
            f"Kept as it is today: {code}, which is not one area{why} (R21).",
        )
    out = [p for p in refused(graph, rules) if p not in plan.assignment.index]
    if not out:
        return plan
    patients = sum(graph.nodes[p]["list_size"] for p in out)
    return plan.replace(
        assignment=pd.concat([plan.assignment, pd.Series("", index=out)]),
        unplaced_patients=plan.unplaced_patients + patients,
        unplaced_bound=plan.unplaced_bound + patients,
    )


def grant_rural_waivers(plan: Plan, graph: nx.Graph[str], rules: Rules) -> Plan:
    """Make a network of every part of the area below the floor that holds a rural waiver (R03).

    Parameters
    ----------
    plan
        A plan that leaves such parts in no network.
    graph
        The graph that contiguity is judged on.
    rules
        `rural_waivers`; only granted ones count.

    Returns
    -------
    Plan
        A new plan where a part was made a network; the plan itself where none was.
    """
    for waiver in rules.rural_waivers:
        if not waiver.granted or plan.assignment.get(waiver.practice, "-"):
            continue
        part = sorted(nx.node_connected_component(graph, waiver.practice))
        patients = sum(graph.nodes[p]["list_size"] for p in part)
        if patients >= rules.min_list or any(plan.assignment[p] for p in part):
            continue
        plan = _with_network(
            plan,
            part,
            graph,
            rules,
            f"A network of {patients:,} by rural waiver ({waiver.reason}; approved by "
            f"{waiver.approved_by}; R03).",
            was_unplaced=patients,
        )
    return plan


def _with_network(
    plan: Plan,
    members: Iterable[str],
    graph: nx.Graph[str],
    rules: Rules,
    why: str,
    was_unplaced: int = 0,
) -> Plan:
    codes = list(members)
    numbers = [int(n) for n in plan.networks if n.isdecimal()]
    name = str(max(numbers, default=0) + 1)
    fresh = pd.Series(name, index=codes)
    assignment = pd.concat([plan.assignment[~plan.assignment.index.isin(codes)], fresh])
    cost, hub = _cost(codes, graph)
    known = plan.objective is not None
    worth = [_added(stage, plan, codes, graph, rules) for stage in plan.objectives]
    least = cost
    if plan.objectives != DEFAULT:
        cost = worth[-1] if worth else 0.0
        least = cost and recount.cost(plan.objectives[-1], [tuple(codes)], graph, rules)
    plan = plan.replace(status=plan.status if cost <= least + 1e-6 else Status.FEASIBLE)
    return plan.replace(
        assignment=assignment,
        objective=plan.objective + cost if plan.objective is not None else None,
        bound=plan.bound + min(cost, least) if plan.bound is not None and known else None,
        unplaced_patients=plan.unplaced_patients - was_unplaced,
        unplaced_bound=max(plan.unplaced_bound - was_unplaced, 0),
        held=tuple(one + other for one, other in zip(plan.held, worth, strict=False)),
        hubs={**plan.hubs, name: hub},
        status=Status.FEASIBLE if plan.status is Status.INFEASIBLE else plan.status,
        explanation=(*plan.explanation, why),
    )


def _added(stage: Stage, plan: Plan, codes: list[str], graph: nx.Graph[str], rules: Rules) -> float:
    """Say what one more network adds to an objective: it may continue what another one did."""
    before = list(plan.groups().values()) if "changed" in dict(stage) else []
    after = recount.cost(stage, [*before, tuple(codes)], graph, rules)
    return after - recount.cost(stage, before, graph, rules)


def _cost(members: list[str], graph: nx.Graph[str]) -> tuple[float, str]:
    """Least sum of patients times distance to one member, and which (first code on a tie)."""
    codes = sorted(members)
    x, y = (np.array([graph.nodes[p][c] for p in codes], dtype=float) for c in "xy")
    patients = np.array([graph.nodes[p]["list_size"] for p in codes], dtype=float)
    sums = np.hypot(x[:, None] - x, y[:, None] - y) @ patients
    best = int(np.flatnonzero(sums <= sums.min() * (1 + 1e-12))[0])
    return float(sums[best]), codes[best]
