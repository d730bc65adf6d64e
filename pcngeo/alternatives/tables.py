"""Several plans side by side as tables, and the networks that they have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import networkx as nx
import pandas as pd

from pcngeo.optimise.differing import Alternatives, other_company
from pcngeo.optimise.trade import Trade
from pcngeo.plan import Plan

__all__ = ["alternatives_table", "common_networks", "trade_table"]


def common_networks(plans: Sequence[Plan], size: Mapping[str, int]) -> pd.DataFrame:
    """List every network that is in one of the plans, and in how many.

    Parameters
    ----------
    plans
        Plans of the same practices.
    size
        List size by practice.

    Returns
    -------
    DataFrame
        Columns `in_plans`, `plans`, `settled` (in all of them), `practices` (number), `list_size`
        and `members` (ODS codes); those in most plans first.
    """
    times: dict[tuple[str, ...], int] = {}
    for plan in plans:
        for members in plan.groups().values():
            times[members] = times.get(members, 0) + 1
    rows = [
        (k, len(plans), k == len(plans), len(g), sum(size[p] for p in g), " ".join(g))
        for g, k in sorted(times.items(), key=lambda row: (-row[1], row[0]))
    ]
    columns = ["in_plans", "plans", "settled", "practices", "list_size", "members"]
    return pd.DataFrame(rows, columns=columns)


def trade_table(found: Trade, whole: Sequence[Plan] = ()) -> pd.DataFrame:
    """Set traded plans side by side: a column for every objective, in its own unit.

    What is counted is counted of the whole plans, with what was set aside, where they are given.
    """
    table = pd.DataFrame(list(found.values), columns=list(found.objectives))
    table.index = pd.RangeIndex(1, len(table) + 1, name="plan")
    return table.assign(
        networks=[len(plan.networks) for plan in whole or found.plans],
        unplaced_patients=[plan.unplaced_patients for plan in whole or found.plans],
    )


def alternatives_table(
    graph: nx.Graph[str], found: Alternatives, ceiling: int, whole: Sequence[Plan] = ()
) -> pd.DataFrame:
    """Set the plans side by side.

    Parameters
    ----------
    graph
        What the plans were made on; with the practices that were set aside where `whole` is given.
    found
        What `pcngeo.optimise.differing.alternatives` returned.
    ceiling
        Practices above it stand alone.
    whole
        The plans with what was set aside put back (R03, R21): networks, their sizes and who is
        left out are counted of these, while the objective is that of what was searched.

    Returns
    -------
    DataFrame
        Index `plan` (from 1); `objective`, `over_best_percent`, `cheaper_excluded` (proven: none
        that differs as much costs less), `cheaper_by_at_most_percent`, `networks`,
        `unplaced_patients`,
        `smallest` and `largest` list size, and `other_company_K_percent` for every plan K: share
        of patients whose network plan K does not have.
    """
    size = {str(p): int(graph.nodes[p]["list_size"]) for p in graph}
    rows = []
    for k, plan in enumerate(found.plans):
        made = whole[k] if whole else plan
        sums = [sum(size[p] for p in g) for g in made.groups().values()]
        rows.append(
            {
                "objective": plan.objective,
                "over_best_percent": 100 * found.over_best(k),
                "cheaper_excluded": found.cheaper_excluded(k),
                "cheaper_by_at_most_percent": _not_excluded(found, k),
                "networks": len(sums),
                "unplaced_patients": made.unplaced_patients,
                "smallest": min(sums),
                "largest": max(sums),
                **{
                    f"other_company_{j + 1}_percent": 100 * other_company(plan, o, size, ceiling)
                    for j, o in enumerate(found.plans)
                },
            }
        )
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="plan"))


def _not_excluded(found: Alternatives, k: int) -> float:
    if found.cheaper_excluded(k):
        return 0.0
    return 100.0 * (1.0 - found.bounds[k] / (found.plans[k].objective or 1.0))
