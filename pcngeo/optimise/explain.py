"""Why a practice is in no network, in words that can be read aloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.decisions import Choice
from pcngeo.demands import Apart, Locked, LockedPractice, Together
from pcngeo.errors import examples
from pcngeo.optimise.costs import Value
from pcngeo.optimise.groups import list_groups
from pcngeo.optimise.keeping import Demand, demands_of, setting_words, site_demands
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.site import Site
from pcngeo.optimise.stages import balance_window
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

__all__ = ["unplaced_reasons"]

#: Sets visited in the search for a group that holds a practice: a work limit.
MOST_VISITS = 20_000_000
#: Groups listed in that search: a work limit.
MOST_GROUPS = 20_000


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
        window, no_room = _balanced(graph, rules, plan), _no_room(plan)
        judge = _judge(graph, rules, window)
        rows = [_reason(graph, rules, judge, p, no_room, window) for p in unplaced]
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
    if plan.status is Status.GIVEN:
        return "could be grouped, but this configuration, which was given, leaves it out."
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
    graph: nx.Graph[str],
    rules: Rules,
    judge: tuple[Problem, Value],
    practice: str,
    no_room: str,
    window: Window | None,
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
    if not _fits(judge, practice):
        guilty = _guilty(graph, rules, practice, window)
        if guilty:
            return "no_feasible_group", (
                f"{_none_fits(rules, named)} because of the demand "
                f"{' and '.join(row.words for row in guilty)}."
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


def _balanced(graph: nx.Graph[str], rules: Rules, plan: Plan) -> Window | None:
    """Window of the networks where they are to be balanced: the mean of as many as were made."""
    problem = Problem.build(graph, rules)
    made = len(plan.networks) - len(problem.alone)
    return balance_window(rules, problem, made) if rules.balance and made > 0 else None


def _judge(graph: nx.Graph[str], rules: Rules, window: Window | None) -> tuple[Problem, Value]:
    """Make what tells whether a group keeps the demands."""
    problem = Problem.build(graph, rules, window if rules.balance else None)
    site = Site.of(graph, problem.labels, rules, ())
    return problem, Value(site, problem.labels, rules, None)


def _fits(judge: tuple[Problem, Value], practice: str) -> bool:
    """Whether some group with the practice keeps the demands; also where that is not known."""
    problem, value = judge
    root = problem.labels.index(practice)
    for most in (1, MOST_GROUPS):  # the first group found nearly always will do
        offsets, members, costs, hubs, _, complete = list_groups(
            problem.land, root, False, most, MOST_VISITS
        )
        if value.allowed(Pool(offsets, members, costs, hubs)).any():
            return True
        if complete:
            return False
    return True


class _Held(NamedTuple):
    """A demand: the field of the rules that it stands in, its row if it is one, and its words."""

    field: str
    row: Demand | Choice | None
    words: str


#: Settings that say what one network may be.
SETTINGS = ("alone", "max_practices", "max_span_m", "max_authorities", "headroom", "closures",
            "balance")  # fmt: skip
Window = tuple[int, int]
#: Tables of the rules whose rows are demands on single practices.
TABLES = {Together: "together", Apart: "apart", Locked: "locked",
          LockedPractice: "locked_practices"}  # fmt: skip


def _held(graph: nx.Graph[str], rules: Rules) -> list[_Held]:
    """List the demands that can keep a practice out of every group."""
    rows = [*demands_of(rules), *site_demands(graph, rules)]
    words = setting_words(rules)
    return [
        *(_Held(TABLES[type(r)], r, f"to keep {r.words()}") for r in rows),
        *(_Held("hubs", hub, f"to make {hub.practice} a hub") for hub in rules.hubs),
        *(_Held(name, None, words[name]) for name in SETTINGS if name in words),
    ]


def _guilty(
    graph: nx.Graph[str], rules: Rules, practice: str, window: Window | None
) -> list[_Held]:
    """Find demands without any one of which the practice would fit; empty if it fits nowhere."""
    held = _held(graph, rules)
    if not held or not _fits(_judge(graph, _only(rules, []), window), practice):
        return []
    for row in list(held):
        fewer = [r for r in held if r is not row]
        if not _fits(_judge(graph, _only(rules, fewer), window), practice):
            held = fewer
    return held


def _only(rules: Rules, held: list[_Held]) -> Rules:
    """Return the rules with these demands and no others."""
    tables = (*TABLES.values(), "hubs")
    changes: dict[str, Any] = {
        name: tuple(h.row for h in held if h.field == name) for name in tables
    }
    here, usual = {h.field for h in held}, Rules()
    changes |= {name: getattr(usual, name) for name in SETTINGS if name not in here}
    return replace(rules, vetoes=(), sites="free", **changes)


def _no_group(graph: nx.Graph[str], rules: Rules, named: str, neighbours: list[str]) -> str:
    alone = [p for p in neighbours if graph.nodes[p]["list_size"] > rules.max_list]
    text = _none_fits(rules, named)
    if len(alone) == len(neighbours):
        whom = examples(_named(graph, p) for p in alone)
        verb = "stands" if len(alone) == 1 else "stand"
        return f"{text}: it touches only {whom}, which {verb} alone above the ceiling."
    whom = examples(_named(graph, p) for p in neighbours)
    return f"{text}; it touches {whom}."


def _none_fits(rules: Rules, named: str) -> str:
    low, high = rules.soft_min_list or rules.min_list, rules.soft_max_list or rules.max_list
    return f"No connected group with {named} has {low:,} to {high:,} patients"


def _named(graph: nx.Graph[str], practice: str) -> str:
    return f"{practice} ({graph.nodes[practice]['list_size']:,})"
