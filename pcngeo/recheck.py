"""Check a plan again, trusting no solver.

Contiguity, the window, every demand, the patients left out and the objective are found anew from
the assignment and the graph (`pcngeo.evaluate.connected`, `pcngeo.breaches`, `pcngeo.recount`) and
compared with what the plan claims. `verify` is for what a solver made, `verify_whole` for the
finished plan with what people decided beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import networkx as nx

from pcngeo.breaches import broken_demands
from pcngeo.errors import SolverError, examples
from pcngeo.evaluate import connected
from pcngeo.plan import Plan, Status
from pcngeo.recount import cost
from pcngeo.rules import Rules

__all__ = ["verify", "verify_whole"]


def verify(
    plan: Plan, graph: nx.Graph[str], rules: Rules | None = None, *, tolerance: float = 1e-6
) -> None:
    """Check a solver's plan by code that shares nothing with the solver.

    Parameters
    ----------
    plan
        A plan that claims to keep the rules.
    graph
        The graph it was made on.
    rules
        The rules it was made under.
    tolerance
        Largest relative difference between the plan's objective and the one found here.

    Raises
    ------
    SolverError
        With every fault: practices missing or unknown, a network not connected or outside the
        window (a single practice above the ceiling excepted, R18), patients in no network or an
        objective that differ from the plan's own, a bound above the objective, a demand of the
        rules that is not kept. Objectives are counted anew by `pcngeo.recount`, demands are read by
        `pcngeo.breaches`.
    """
    rules = rules or Rules()
    if not any(name == "outside" for stage in plan.objectives for name, _ in stage):
        rules = replace(rules, soft_min_list=0, soft_max_list=0, outside_weight=0.0)
    faults: list[str] = []
    if set(plan.assignment.index) != set(graph.nodes):
        odd = set(plan.assignment.index) ^ set(graph.nodes)
        faults.append(f"{len(odd)} practices are on only one side: {examples(sorted(odd))}")
        raise SolverError("the plan fails its own check: " + "; ".join(faults))
    groups = plan.groups()
    for network, members in groups.items():
        if not connected(members, graph):
            faults.append(f"network {network} is not connected")
    faults += broken_demands(groups, graph, rules)
    left = sum(graph.nodes[p]["list_size"] for p in plan.unplaced)
    if left != plan.unplaced_patients:
        faults.append(f"{left:,} patients are in no network, not {plan.unplaced_patients:,}")
    claims = [*plan.held, plan.objective]
    for stage, claimed in zip(plan.objectives, claims, strict=False):
        total = cost(stage, list(groups.values()), graph, rules)
        slack = 3 * tolerance * max(1.0, total)
        if claimed is not None and abs(total - claimed) > slack:
            faults.append(f"the objective is {total:,.3f}, not {claimed:,.3f}")
    if (
        plan.bound is not None
        and plan.objective is not None
        and plan.bound > plan.objective * (1 + tolerance) + tolerance
    ):
        faults.append("the bound is above the objective")
    if plan.status is Status.OPTIMAL and plan.unplaced_patients != plan.unplaced_bound:
        faults.append("called optimal, but fewer patients might be left out")
    if faults:
        raise SolverError("the plan fails its own check: " + "; ".join(faults))


def verify_whole(
    plan: Plan,
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    kept: Iterable[Collection[str]] = (),
) -> None:
    """Check a finished plan: what the solver made, and what people decided beside it.

    Parameters
    ----------
    plan
        A plan with the networks that were set aside put back and settled homes moved in.
    graph
        The whole graph.
    rules
        The rules it was made under, with what people decided.
    kept
        Members of the existing networks that are kept whole (R21): each must be there as it was.

    Raises
    ------
    SolverError
        With every fault: practices missing or unknown, a kept network that is not as it was, a
        network below the floor by rural waiver that is not a whole part of the area (R03), one
        that is not connected or breaks a demand of the rules, a practice that joined without a
        decision (R14), patients in no network that differ from the plan's own. Practices that
        joined by decision do not count for connection and window: they came after the search.
    """
    rules = rules or Rules()
    faults = _joined_faults(plan, rules)
    if set(plan.assignment.index) - set(plan.joined) != set(graph) - set(plan.joined):
        odd = set(plan.assignment.index) ^ set(graph)
        faults.append(f"{len(odd)} practices are on only one side: {examples(sorted(odd))}")
    joined = set(plan.joined)
    groups = {n: tuple(p for p in m if p not in joined) for n, m in plan.groups().items()}
    as_they_were = {frozenset(members) for members in kept}
    waived = {waiver.practice for waiver in rules.rural_waivers if waiver.granted}
    made = {}
    for network, members in groups.items():
        small = sum(graph.nodes[p]["list_size"] for p in members) < rules.min_list
        if frozenset(members) in as_they_were:
            as_they_were.discard(frozenset(members))
        elif small and waived & set(members) and _whole_part(members, graph):
            continue
        elif not members or not connected(members, graph):
            faults.append(f"network {network} is not connected")
        else:
            made[network] = members
    faults += [f"the network of {examples(sorted(lost))} is not kept" for lost in as_they_were]
    away = {p for members in kept for p in members}
    away |= {row.practice for row in rules.refused if row.approved_by}
    faults += broken_demands(made, graph.subgraph([p for p in graph if p not in away]), rules)
    left = sum(graph.nodes[p]["list_size"] for p in plan.unplaced)
    if left != plan.unplaced_patients:
        faults.append(f"{left:,} patients are in no network, not {plan.unplaced_patients:,}")
    if faults:
        raise SolverError("the finished plan fails its own check: " + "; ".join(faults))


def _whole_part(members: tuple[str, ...], graph: nx.Graph[str]) -> bool:
    """Whether these are all practices of a connected part of the graph."""
    return set(nx.node_connected_component(graph, members[0])) == set(members)


def _joined_faults(plan: Plan, rules: Rules) -> list[str]:
    """Find practices that joined a network which nobody decided on."""
    home = plan.assignment
    decided = {row.practice: str(home.get(row.joins, "")) for row in rules.homes if row.settled}
    odd = [p for p in plan.joined if not decided.get(p) or decided[p] != home.get(p)]
    return [f"{examples(odd)} joined a network without a decision"] if odd else []
