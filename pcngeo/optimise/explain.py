"""Why a practice is in no network, in words that can be read aloud."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.demands import Apart, Locked, Together
from pcngeo.errors import examples
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.keeping import Demand, demands_of, site_demands
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

__all__ = ["unplaced_reasons"]

#: Sets visited in the search for one group that holds a practice: a work limit.
MOST_VISITS = 20_000_000


def unplaced_reasons(graph: nx.Graph[str], rules: Rules, plan: Plan) -> pd.DataFrame:
    """Say for every practice that the plan leaves in no network why.

    Parameters
    ----------
    graph
        The graph that the plan was made on; see `pcngeo.schema`.
    rules
        The rules that it was made under.
    plan
        The plan.

    Returns
    -------
    DataFrame
        Index `practice`; `reason_code` (one of `pcngeo.schema.REASONS`: ``isolated``,
        ``component_below_floor``, ``no_feasible_group``, ``no_room``) and `reason`, a sentence
        with the figures that make the case.
    """
    unplaced = plan.unplaced
    rows = []
    if unplaced:
        problem = Problem.build(graph, rules)
        no_room = _no_room(plan)
        rows = [_reason(graph, rules, problem, p, no_room) for p in unplaced]
    return pd.DataFrame(
        rows,
        columns=["reason_code", "reason"],
        index=pd.Index(unplaced, name="practice"),
        dtype=str,
    )


def _no_room(plan: Plan) -> str:
    """Say of a practice that could be grouped why it is not, claiming no more than is proven."""
    if plan.status is Status.INFEASIBLE:
        return "could be grouped, but no plan with the number of networks asked for exists."
    if plan.unplaced_patients > plan.unplaced_bound:
        return (
            "could be grouped, but no place was found in the time given; it is not proven that "
            "there is none."
        )
    return (
        "could be grouped, but every plan that does so leaves at least as many patients "
        "out elsewhere."
    )


def _reason(
    graph: nx.Graph[str], rules: Rules, problem: Problem, practice: str, no_room: str
) -> tuple[str, str]:
    named = _named(graph, practice)
    neighbours = sorted(graph[practice])
    part = nx.node_connected_component(graph, practice)
    if not neighbours:
        beyond = _beyond(graph, part)
        return "isolated", f"{named} touches no other practice.{beyond}"
    total = sum(graph.nodes[p]["list_size"] for p in part)
    if total < rules.min_list:
        return "component_below_floor", (
            f"{named} lies in a part of the area with {len(part)} practices and {total:,} "
            f"patients in all, fewer than the {rules.min_list:,} that one network needs."
            f"{_beyond(graph, part)}"
        )
    if not _fits(problem, practice):
        guilty = _guilty(graph, rules, practice)
        if guilty:
            keeping = " and ".join(row.words() for row in guilty)
            return "no_feasible_group", (
                f"No connected group with {named} has {rules.min_list:,} to {rules.max_list:,} "
                f"patients because of the demand to keep {keeping}."
            )
        return "no_feasible_group", _no_group(graph, rules, named, neighbours)
    return "no_room", f"{named} {no_room}"


def _beyond(graph: nx.Graph[str], part: set[str]) -> str:
    """Say which link would help: the shortest straight line to another part (Q26)."""
    here = sorted(part)
    others = sorted(set(graph) - part)
    if not others:
        return ""
    one = np.array([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in here])
    other = np.array([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in others])
    away = np.hypot(*(one[:, None, :] - other[None, :, :]).transpose(2, 0, 1))
    i, j = np.unravel_index(int(np.argmin(away)), away.shape)
    return (
        f" In a straight line {here[int(i)]} is {away[i, j] / 1000:.1f} km from "
        f"{others[int(j)]}, beyond water or beyond a gap in the boundary: if there is a road or a "
        "ferry, link the two in the rules with a [[bridge]] (Q26)."
    )


def _fits(problem: Problem, practice: str) -> bool:
    root = problem.labels.index(practice)
    _, members, _, _, _, complete = list_groups(problem.land, root, False, 1, MOST_VISITS)
    return len(members) > 0 or not complete


def _guilty(graph: nx.Graph[str], rules: Rules, practice: str) -> tuple[Demand, ...]:
    """Find demands without any one of which the practice would fit; empty if it fits nowhere."""
    held = (*demands_of(rules), *site_demands(graph, rules))
    if not held or not _fits(Problem.build(graph, _only(rules, ())), practice):
        return ()
    for row in held:
        fewer = tuple(r for r in held if r is not row)
        if not _fits(Problem.build(graph, _only(rules, fewer)), practice):
            held = fewer
    return held


def _only(rules: Rules, rows: tuple[Demand, ...]) -> Rules:
    """Return the rules with these demands and no others."""
    return replace(
        rules,
        together=tuple(r for r in rows if isinstance(r, Together)),
        apart=tuple(r for r in rows if isinstance(r, Apart)),
        vetoes=(),
        locked=tuple(r for r in rows if isinstance(r, Locked)),
        sites="free",
    )


def _no_group(graph: nx.Graph[str], rules: Rules, named: str, neighbours: list[str]) -> str:
    alone = [p for p in neighbours if graph.nodes[p]["list_size"] > rules.max_list]
    text = f"No connected group with {named} has {rules.min_list:,} to {rules.max_list:,} patients"
    if len(alone) == len(neighbours):
        whom = examples(_named(graph, p) for p in alone)
        verb = "stands" if len(alone) == 1 else "stand"
        return f"{text}: it touches only {whom}, which {verb} alone above the ceiling."
    whom = examples(_named(graph, p) for p in neighbours)
    return f"{text}; it touches {whom}."


def _named(graph: nx.Graph[str], practice: str) -> str:
    return f"{practice} ({graph.nodes[practice]['list_size']:,})"
