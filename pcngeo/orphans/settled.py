"""Homes that were agreed or assigned move the plan on: from proposed to member, never in silence.

States of a home (R14): ``proposed`` -> ``agreed`` (commissioner, LMC or LMCs, date) or, after
mediation, ``assigned`` (commissioner, date, reason). Only the rules file can settle one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.errors import examples
from pcngeo.orphans.offers import propose
from pcngeo.plan import Plan
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["settle", "settle_homes"]

SETTLED = ("agreed", "assigned")


def settle_homes(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules | None = None,
) -> tuple[Plan, pd.DataFrame]:
    """Let practices whose homes are settled join, then offer homes to all others.

    Parameters
    ----------
    plan, practices, graph, rules
        As in `propose`.

    Returns
    -------
    plan, offers
        The plan with the settled practices as members (`settle`), and offers as of `propose` for
        everybody who was or is in no network: a settled one keeps its row, with its state.
    """
    plan = _before(plan, practices)
    done = []
    while True:
        offers = propose(plan, practices, graph, rules)
        moved = settle(plan, offers, practices)
        if moved is plan:
            break
        # A practice may join one that has itself just joined: until nobody moves.
        done.append(offers.loc[[p for p in moved.joined if p not in plan.joined]])
        plan = moved
    return plan, pd.concat([offers, *done]).sort_index() if done else offers


def _before(plan: Plan, practices: pd.DataFrame) -> Plan:
    """Take a plan back to before anybody joined by decision: what was decided may have changed."""
    if not plan.joined:
        return plan
    moved = [p for p in plan.joined if practices.at[p, "standing"] == "eligible"]
    patients = int(practices.loc[moved, "list_size"].sum())
    assignment = plan.assignment.copy()
    assignment.loc[moved] = ""
    off = [p for p in plan.joined if p not in moved]
    return plan.replace(
        assignment=assignment.drop(index=off),
        joined=(),
        unplaced_patients=plan.unplaced_patients + patients,
        unplaced_bound=plan.unplaced_bound + patients,
    )


def settle(plan: Plan, proposals: pd.DataFrame, practices: pd.DataFrame) -> Plan:
    """Make members of the practices whose homes are agreed or assigned.

    Parameters
    ----------
    plan
        The plan before.
    proposals
        As of `propose`; only rows whose state is ``agreed`` or ``assigned`` count.
    practices
        Practices that decline stay members of none (R15), special schemes too (Q6).

    Returns
    -------
    Plan
        A new plan, whose `joined` names them; what was proven stays said of the networks before.
        The plan itself where nobody moved.
    """
    settled = proposals[proposals["state"].isin(SETTLED)]
    standing = practices.loc[settled.index, "standing"]
    settled = settled[~standing.isin(["covered", "special"]).to_numpy()]
    if settled.empty:
        return plan
    before = set(plan.unplaced)
    assignment = plan.assignment.copy()
    for practice, network in settled["network"].items():
        assignment.loc[practice] = network
    moved = [str(p) for p in settled.index]
    here = [p for p in moved if p in before]
    patients = int(practices.loc[here, "list_size"].sum())
    words = [f"{p} joined Network {n} by decision (R14)." for p, n in settled["network"].items()]
    if len(words) > 3:
        words = [f"{len(moved)} practices joined by decision (R14): {examples(moved)}."]
    return plan.replace(
        assignment=assignment,
        joined=tuple(sorted({*plan.joined, *moved})),
        unplaced_patients=int(practices.loc[[*before - set(moved)], "list_size"].sum()),
        unplaced_bound=max(plan.unplaced_bound - patients, 0),
        explanation=tuple(dict.fromkeys((*plan.explanation, *words))),
    )
