"""Levels above and below the network: providers of whole networks, teams inside one (R18, R24).

A network, once made, can be a node of a graph of its own: solving that graph groups whole networks
into providers of 250,000 and more, and no practice is torn from its network. The other way round,
a network above the ceiling can be divided into neighbourhood teams in the window. Both use the same
solver on another graph, so it is handed in and nothing here knows how it works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.plan import Plan, Status
from pcngeo.rules import PRESETS, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TEAMS",
    "neighbourhood_teams",
    "network_graph",
    "plan_of_networks",
    "provider_rules",
    "roll_up",
]

#: Why there are no teams inside a network that is large enough for two.
UNDIVIDED = "The network's practices cannot be divided into neighbouring teams in the window."
#: Columns of `neighbourhood_teams`, in order, after the index `practice`.
TEAMS = ("network", "team", "list_size", "team_list_size", "sentence")


def network_graph(plan: Plan, graph: nx.Graph[str]) -> nx.Graph[str]:
    """Make a graph whose nodes are the networks of a plan.

    Parameters
    ----------
    plan
        Any plan.
    graph
        The graph of practices.

    Returns
    -------
    networkx.Graph
        Frozen, by the contract of `pcngeo.schema`: `list_size` is the sum of the members' lists,
        `x` and `y` their mean weighted by list; two networks are linked where any of their members
        are, with the sum of the shared borders.

    Examples
    --------
    >>> g = nx.Graph()
    >>> g.add_nodes_from([("A", {"list_size": 30_000, "x": 0.0, "y": 0.0}),
    ...                   ("B", {"list_size": 40_000, "x": 900.0, "y": 0.0})])
    >>> g.add_edge("A", "B", kind="border", border_m=70.0, distance_m=900.0)
    >>> from pcngeo.plan import Status
    >>> above = network_graph(Plan(pd.Series({"A": "1", "B": "2"}), status=Status.GIVEN), g)
    >>> above.nodes["2"]["list_size"], above.edges["1", "2"]["border_m"]
    (40000, 70.0)
    """
    above: nx.Graph[str] = nx.Graph()
    for network, everyone in plan.groups().items():
        members = [p for p in everyone if p in graph]
        if not members:
            continue
        size = np.array([graph.nodes[p]["list_size"] for p in members], dtype=float)
        weight = size if size.sum() > 0 else np.ones_like(size)
        x, y = (
            float(np.average([graph.nodes[p][c] for p in members], weights=weight)) for c in "xy"
        )
        above.add_node(network, list_size=int(size.sum()), x=x, y=y)
    home = plan.assignment.to_dict()
    for p, q, link in graph.edges(data=True):
        a, b = home.get(p, ""), home.get(q, "")
        if not a or not b or a == b:
            continue
        border = above.edges[a, b]["border_m"] if above.has_edge(a, b) else 0.0
        away = float(
            np.hypot(
                above.nodes[a]["x"] - above.nodes[b]["x"], above.nodes[a]["y"] - above.nodes[b]["y"]
            )
        )
        why = "practices of the two networks are neighbours"
        above.add_edge(
            a, b, kind="border", border_m=border + link["border_m"], distance_m=away, why=why
        )
    frozen: nx.Graph[str] = nx.freeze(above)
    return frozen


def roll_up(plan: Plan, above: Plan) -> pd.DataFrame:
    """Say which provider every practice is in, through its network.

    Parameters
    ----------
    plan
        Practices to networks.
    above
        Networks to providers: a plan of `network_graph`, made with the rules of the preset
        ``multi_neighbourhood``.

    Returns
    -------
    DataFrame
        Index `practice`; `network`, `provider` (``""`` where there is none).
    """
    table = pd.DataFrame({"network": plan.assignment})
    table["provider"] = plan.assignment.map(above.assignment).fillna("").astype(str)
    return table


def plan_of_networks(
    graph: nx.Graph[str], rules: Rules, solve: Callable[[nx.Graph[str], Rules], Plan]
) -> tuple[Plan, Plan]:
    """Plan networks first, then providers made of whole networks (R24).

    Parameters
    ----------
    graph
        The graph of practices.
    rules
        Of the preset ``multi_neighbourhood``: its window is the providers'. Every other choice
        holds for the networks, whose window is that of ``pcn2019``.
    solve
        `pcngeo.solve`, or anything that divides a graph in the same way.

    Returns
    -------
    plan, networks
        Practices to providers, and practices to networks. What is proven of the first is how
        networks are grouped, not which networks there are; its objective is between their centres.
    """
    below = solve(graph, network_rules(rules))
    above = solve(network_graph(below, graph), provider_rules(rules))
    table = roll_up(below, above)
    size = nx.get_node_attributes(graph, "list_size")
    left = sum(int(size[p]) for p in table.index[table["provider"] == ""])
    proven = below.unplaced_patients == below.unplaced_bound
    count = len(below.networks)
    plan = above.replace(
        assignment=table["provider"],
        unplaced_patients=left,
        unplaced_bound=left if proven and above.status is Status.OPTIMAL else 0,
        hubs={},
        objectives=(),
        held=(),
        objective_name=f"{above.objective_name}, between the centres of whole networks",
        explanation=(
            f"Made of {count} whole networks, which were planned first; levels.csv says which. "
            "What is proven is how they are grouped (R24).",
            *above.explanation,
        ),
    )
    return plan, below


def levels_table(plan: Plan, below: Plan) -> pd.DataFrame:
    """Set the networks beside the providers that a finished plan has.

    Parameters
    ----------
    plan
        Practices to providers.
    below
        Practices to networks.

    Returns
    -------
    DataFrame
        As of `roll_up`.
    """
    table = pd.DataFrame({"provider": plan.assignment})
    table.insert(0, "network", below.assignment.reindex(table.index).fillna(""))
    return table


def provider_rules(rules: Rules) -> Rules:
    """Take the window and number of providers, and no choice about single practices."""
    return Rules(
        preset=rules.preset,
        min_list=rules.min_list,
        max_list=rules.max_list,
        target_list=rules.target_list,
        networks=rules.networks,
    )


def network_rules(rules: Rules) -> Rules:
    """Take every choice of a provider's rules, with the window of a network."""
    floor, ceiling, target = PRESETS["pcn2019"]
    return replace(
        rules,
        preset="pcn2019",
        min_list=floor,
        max_list=ceiling,
        target_list=target,
        networks="target",
        soft_min_list=0,
        soft_max_list=0,
        outside_weight=0.0,
        balance=0.0,
    )


def neighbourhood_teams(
    plan: Plan,
    graph: nx.Graph[str],
    rules: Rules,
    solve: Callable[[nx.Graph[str], Rules], Plan],
    practices: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Propose neighbourhood teams in the window inside every network above the ceiling.

    Parameters
    ----------
    plan
        Any plan.
    graph
        The graph of practices.
    rules
        The window of a team is that of a network; every other choice is left out.
    solve
        `pcngeo.solve`, or anything that divides a graph in the same way.
    practices
        Index practice; `list_size`: of members that are not on the graph.

    Returns
    -------
    DataFrame
        Index `practice`, columns `TEAMS`: members of networks above the ceiling, their team
        (``a``, ``b``, ...; ``""`` where no team can hold them), its registered patients and a
        sentence. There are two teams at least, or none. A single practice cannot be divided by its
        list: it is listed and said so.
    """
    rows: dict[str, dict[str, object]] = {}
    size: dict[str, int] = {}
    if practices is not None:
        size = {str(p): int(n) for p, n in practices["list_size"].items()}
    size |= nx.get_node_attributes(graph, "list_size")
    window = Rules(
        preset=rules.preset,
        min_list=rules.min_list,
        max_list=rules.max_list,
        target_list=rules.target_list,
    )
    for network, members in plan.groups().items():
        patients = sum(size.get(p, 0) for p in members)
        if patients <= rules.max_list:
            continue
        inside = nx.freeze(nx.Graph(graph.subgraph(members)))
        teams, why_none = None, _too_small(patients, rules)
        if len(members) > 1:
            teams = solve(inside, window) if len(inside) > 1 and not why_none else None
            if not why_none and (teams is None or len(teams.networks) < 2):
                why_none = UNDIVIDED
        for practice in members:
            rows[practice] = _team(practice, network, teams, size, rules, why_none)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(TEAMS)).rename_axis("practice")


def _too_small(patients: int, rules: Rules) -> str:
    if patients >= 2 * rules.min_list:
        return ""
    return f"The network is too small for two neighbourhood teams of {rules.min_list:,} and more."


def _team(
    practice: str,
    network: str,
    teams: Plan | None,
    size: Mapping[str, int],
    rules: Rules,
    why_none: str,
) -> dict[str, object]:
    team, total = "", 0
    if teams is not None and not why_none and (number := teams.assignment.get(practice, "")):
        team = chr(ord("a") + teams.networks.index(number))
        total = sum(size[p] for p in teams.members(number))
    if why_none:
        words = why_none
    elif teams is None:
        words = (
            f"One practice with {size[practice]:,} people registered: neighbourhoods inside it "
            "follow its sites, which its list does not tell apart (R18)."
        )
    elif practice not in teams.assignment.index:
        words = "It is not on the graph of neighbours, so no team can be drawn around it."
    elif not team:
        words = "No team in the window can hold it beside the others."
    elif total > rules.max_list:
        words = f"Team {team} is one practice of {total:,}, above {rules.max_list:,} (R18)."
    else:
        words = f"Proposed team {team} of Network {network}: {total:,} people registered (R04)."
    return {
        "network": network,
        "team": team,
        "list_size": size[practice],
        "team_list_size": total,
        "sentence": words,
    }
