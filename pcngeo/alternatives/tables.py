"""Several plans side by side as tables, and the networks that they have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import pandas as pd

from pcngeo import recount
from pcngeo.objectives import read_stages
from pcngeo.optimise.differing import Alternatives
from pcngeo.optimise.trade import Trade
from pcngeo.plan import Plan
from pcngeo.review.matching import match_networks
from pcngeo.rules import Rules

__all__ = [
    "Finished",
    "alternatives_table",
    "another_network",
    "common_networks",
    "other_company",
    "together_table",
    "trade_table",
]


@dataclass(frozen=True, eq=False)
class Finished:
    """A plan as its own folder has it, and what is counted of it.

    Parameters
    ----------
    plan
        With what was set aside put back (R03, R21), and with those who joined by decision (R14).
    lists
        Registered patients by network, shared practices by their shares (R20).
    left_out
        Registered patients of the practices in no network, those off the graph included.
    measured
        Registered patients of the practices whose ways the objective counts: those in networks
        before anybody joined by decision.
    people
        List size by practice, of all who are to be in a network.
    """

    plan: Plan
    lists: Mapping[str, int]
    left_out: int
    measured: int
    people: pd.Series[int]


def other_company(one: Plan, other: Plan, size: dict[str, int], ceiling: int) -> float:
    """Share of patients who are in networks of `one` that `other` does not have.

    Parameters
    ----------
    one, other
        Two plans of the same practices.
    size
        List size by practice.
    ceiling
        Practices above it stand alone in every plan, and do not count.

    Returns
    -------
    float
        0 to 1.
    """
    theirs = set(other.groups().values())
    groups = [g for g in one.groups().values() if len(g) > 1 or size[g[0]] <= ceiling]
    people = [sum(size[p] for p in g) for g in groups]
    changed = sum(n for g, n in zip(groups, people, strict=True) if g not in theirs)
    return changed / max(1, sum(people))


def another_network(one: Finished, other: Finished) -> float:
    """Share of patients whose network in `one` does not continue the one they have in `other`.

    Networks are matched one to one so that most patients stay, as the map does it; who is in no
    network in one of the two is in another one.

    Parameters
    ----------
    one, other
        Two plans of the same practices.

    Returns
    -------
    float
        0 to 1.
    """
    mine, theirs = one.plan.assignment, other.plan.assignment
    same = match_networks(mine, theirs, one.people)
    here = mine.reindex(one.people.index).fillna("")
    there = theirs.reindex(one.people.index).fillna("")
    continued = here.map(lambda network: same.get(network, "") if network else "")
    stays = (continued == there) & ((here == "") == (there == ""))
    return float(one.people[~stays].sum()) / max(1, int(one.people.sum()))


def together_table(plans: Sequence[Plan]) -> pd.DataFrame:
    """Count in how many plans two practices share a network.

    Parameters
    ----------
    plans
        Plans of the same practices.

    Returns
    -------
    DataFrame
        Columns `practice_a`, `practice_b`, `together_in`, `plans` and `words` ("in 4 of 5"), one
        row for every two practices that are together in at least one plan, most often first.
    """
    counts: dict[tuple[str, str], int] = {}
    for plan in plans:
        for members in plan.groups().values():
            for i, a in enumerate(members):
                for b in members[i + 1 :]:
                    counts[a, b] = counts.get((a, b), 0) + 1
    rows = [
        (a, b, k, len(plans), f"in {k} of {len(plans)}")
        for (a, b), k in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    ]
    columns = ["practice_a", "practice_b", "together_in", "plans", "words"]
    return pd.DataFrame(rows, columns=columns)


def common_networks(made: Sequence[Finished]) -> pd.DataFrame:
    """List every network that is in one of the plans, and in how many.

    Parameters
    ----------
    made
        Plans of the same practices.

    Returns
    -------
    DataFrame
        Columns `in_plans`, `plans`, `settled` (in all of them), `practices` (number), `list_size`
        (registered patients, as in `networks.csv` of the first plan that has it) and `members`
        (ODS codes); those in most plans first.
    """
    times: dict[tuple[str, ...], list[int]] = {}
    for one in made:
        for network, members in one.plan.groups().items():
            times.setdefault(members, []).append(one.lists[network])
    rows = [
        (len(sums), len(made), len(sums) == len(made), len(g), sums[0], " ".join(g))
        for g, sums in sorted(times.items(), key=lambda row: (-len(row[1]), row[0]))
    ]
    columns = ["in_plans", "plans", "settled", "practices", "list_size", "members"]
    return pd.DataFrame(rows, columns=columns)


def trade_table(
    found: Trade, made: Sequence[Finished], graph: nx.Graph[str], rules: Rules
) -> pd.DataFrame:
    """Set traded plans side by side: a column for every objective, in its own unit.

    Parameters
    ----------
    found
        What `pcngeo.optimise.trade.trade` returned.
    made
        Its plans, finished.
    graph, rules
        The whole graph, with what was set aside, and the rules.

    Returns
    -------
    DataFrame
        Index `plan` (from 1); the value of each objective as `plan.json` has it: networks that were
        set aside are counted, practices that joined by decision are not;
        `another_network_1_percent` as in `alternatives_table`; `networks` and
        `unplaced_patients` are of the plan as its folder has it.
    """
    values = [_whole(found, k, one.plan, graph, rules) for k, one in enumerate(made)]
    table = pd.DataFrame(values, columns=list(found.objectives))
    table.index = pd.RangeIndex(1, len(table) + 1, name="plan")
    return table.assign(
        another_network_1_percent=[100 * another_network(one, made[0]) for one in made],
        networks=[len(one.lists) for one in made],
        unplaced_patients=[one.left_out for one in made],
    )


def _whole(
    found: Trade, k: int, plan: Plan, graph: nx.Graph[str], rules: Rules
) -> tuple[float, ...]:
    """Add what was set aside to the values of the plan of the rest."""
    searched = list(found.plans[k].groups().values())
    before = plan.assignment.drop(index=list(plan.joined))
    groups = list(plan.replace(assignment=before).groups().values())
    if sorted(groups) == sorted(searched):
        return found.values[k]
    return tuple(
        value + recount.cost(stage, groups, graph, rules)
        - recount.cost(stage, searched, graph, rules)
        for value, stage in zip(found.values[k], read_stages(list(found.objectives)), strict=True)
    )  # fmt: skip


def alternatives_table(
    found: Alternatives, made: Sequence[Finished], size: dict[str, int], ceiling: int
) -> pd.DataFrame:
    """Set the plans side by side.

    Parameters
    ----------
    found
        What `pcngeo.optimise.differing.alternatives` returned.
    made
        Its plans, finished: the objective, the networks, their lists and who is left out are those
        of each plan's own folder.
    size
        List size by practice.
    ceiling
        Practices above it stand alone.

    Returns
    -------
    DataFrame
        Index `plan` (from 1); `objective` (as in `plan.json`: networks that were set aside count,
        practices that joined by decision do not), `over_best_percent` (by how much the networks
        that were searched are worse than those of plan 1; what was set aside, which is the same in
        every plan, is not counted), `cheaper_excluded` (proven: none that differs as much costs
        less), `cheaper_by_at_most_percent` (of the networks that were searched), `networks`,
        `unplaced_patients` (of all practices in no network, as in `plan.json`), `smallest` and
        `largest` registered patients of a network, `another_network_1_percent` (share of patients
        in another network than in plan 1, as the map shows it), and `other_company_K_percent` for
        every plan K: share of patients whose network, of those that were searched, plan K does not
        have.
    """
    rows = []
    for k, (plan, one) in enumerate(zip(found.plans, made, strict=True)):
        rows.append(
            {
                "objective": one.plan.objective,
                "over_best_percent": 100 * found.over_best(k),
                "cheaper_excluded": found.cheaper_excluded(k),
                "cheaper_by_at_most_percent": _not_excluded(found, k),
                "networks": len(one.lists),
                "unplaced_patients": one.left_out,
                "smallest": min(one.lists.values(), default=0),
                "largest": max(one.lists.values(), default=0),
                "another_network_1_percent": 100 * another_network(one, made[0]),
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
