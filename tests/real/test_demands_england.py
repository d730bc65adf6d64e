"""Every rule about networks, with and without, on the practices of a real area.

The best plan without the rule breaks it, the best plan with it keeps it, both are proven, and
keeping it never makes the objective lower. Rules that allow more turn this round: only with them
is a practice placed, and everybody else still keeps the window.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest
from agreeing import allowed
from optimise_areas import area_graph

from pcngeo.decisions import Choice, Waiver
from pcngeo.demands import Apart, Locked, LockedPractice, Together
from pcngeo.optimise import solve
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.rules import Rules

pytestmark = pytest.mark.real

Demand = Callable[[nx.Graph, Plan], Rules]


def two_halves(shared: Path) -> nx.Graph:
    """02Y, 29 practices; its western and eastern halves stand for two local authorities."""
    graph = nx.Graph(area_graph(shared, "2021-01", "02Y"))
    middle = sorted(x for _, x in graph.nodes(data="x"))[len(graph) // 2]
    for p, x in graph.nodes(data="x"):
        graph.nodes[p]["local_authority"] = "west" if x < middle else "east"
    return graph


def proven(graph: nx.Graph, rules: Rules) -> Plan:
    plan = solve(graph, rules)
    assert plan.status is Status.OPTIMAL
    verify(plan, graph, rules)
    return plan


def sizes(graph: nx.Graph, plan: Plan) -> list[int]:
    return [sum(graph.nodes[p]["list_size"] for p in m) for m in plan.groups().values()]


def parted(graph: nx.Graph, plan: Plan) -> tuple[str, str]:
    """Two neighbours in different networks."""
    home = plan.assignment
    return next((a, b) for a, b in sorted(map(sorted, graph.edges)) if home[a] != home[b])


def joined(plan: Plan) -> tuple[str, ...]:
    """The network with most practices."""
    return max(plan.groups().values(), key=lambda m: (len(m), m))


def another(graph: nx.Graph, plan: Plan) -> tuple[str, ...]:
    """A network of the plan with one neighbour more, still in the window."""
    for members in plan.groups().values():
        for p in sorted(nx.node_boundary(graph, members)):
            group = (*members, p)
            if sum(graph.nodes[q]["list_size"] for q in group) <= 50_000:
                return group
    raise AssertionError


def no_hub(plan: Plan) -> str:
    """A practice that is not the hub of its network."""
    return next(p for p in joined(plan) if p not in set(plan.hubs))


def span(graph: nx.Graph, group: tuple[str, ...]) -> float:
    at = {p: complex(graph.nodes[p]["x"], graph.nodes[p]["y"]) for p in group}
    return max(abs(at[p] - at[q]) for p in group for q in group)


DEMANDS: dict[str, Demand] = {
    "floor": lambda graph, plan: Rules(min_list=min(sizes(graph, plan)) + 500),
    "ceiling": lambda graph, plan: Rules(max_list=max(sizes(graph, plan)) - 500),
    "must-link": lambda graph, plan: Rules(together=(Together(parted(graph, plan)),)),
    "cannot-link": lambda graph, plan: Rules(apart=(Apart(*joined(plan)[:2]),)),
    "locked network": lambda graph, plan: Rules(locked=(Locked(another(graph, plan)),)),
    "locked practice": lambda graph, plan: Rules(
        locked_practices=(LockedPractice(*parted(graph, plan)),)
    ),
    "fixed hub": lambda graph, plan: Rules(hubs=(Choice(no_hub(plan)),)),
    "most practices": lambda graph, plan: Rules(max_practices=len(joined(plan)) - 1),
    "span": lambda graph, plan: Rules(
        max_span_m=max(span(graph, m) for m in plan.groups().values()) - 1
    ),
    "authorities": lambda graph, plan: Rules(max_authorities=1),
    "alone": lambda graph, plan: Rules(alone="agreed"),
    "balance": lambda graph, plan: Rules(balance=15),
}


def keeps(graph: nx.Graph, rules: Rules, plan: Plan) -> bool:
    """Tell in plain words whether a plan keeps the rules."""
    for network, members in plan.groups().items():
        if not allowed(graph, rules, frozenset(members), soft=False):
            return False
        if any(h.practice in members and plan.hubs[network] != h.practice for h in rules.hubs):
            return False
    made = sizes(graph, plan)
    mean = sum(made) / len(made)
    return not rules.balance or all(
        abs(size - mean) <= rules.balance / 100 * mean + 1e-6 for size in made
    )


@pytest.mark.parametrize("name", DEMANDS)
def test_a_rule_that_the_best_plan_without_it_breaks(shared: Path, name: str) -> None:
    graph = two_halves(shared)
    without = proven(graph, Rules())
    rules = dataclasses.replace(DEMANDS[name](graph, without), networks=len(without.networks))
    assert not keeps(graph, rules, without)
    plan = proven(graph, rules)
    assert keeps(graph, rules, plan)
    assert plan.unplaced_patients == without.unplaced_patients == 0
    assert len(plan.networks) == len(without.networks)
    assert plan.objective >= without.objective


#: A practice of 01K that only stand-alone practices touch, and its patients.
ISLAND, ITS_LIST = "P81013", 15_039


@pytest.mark.parametrize(
    "rules",
    [
        Rules(soft_min_list=ITS_LIST),
        Rules(rural_waivers=(Waiver(ISLAND, "valley", "NHS X", patients=ITS_LIST),)),
    ],
    ids=["soft floor", "waiver of the floor"],
)
def test_only_below_the_floor_is_everybody_placed(shared: Path, rules: Rules) -> None:
    graph = area_graph(shared, "2021-01", "01K")
    without, plan = proven(graph, Rules()), proven(graph, rules)
    assert without.unplaced == (ISLAND,)
    assert not plan.unplaced
    below = [m for m, n in zip(plan.groups().values(), sizes(graph, plan), strict=True) if n < 3e4]
    assert below == [(ISLAND,)]


def too_few(graph: nx.Graph) -> int:
    """One network fewer than everybody fits into under the ceiling."""
    return sum(nx.get_node_attributes(graph, "list_size").values()) // 50_000


@pytest.mark.parametrize(
    "rules",
    [
        Rules(soft_max_list=54_000),
        Rules(over_ceiling=(Waiver("B81013", "town", "NHS X", patients=61_000),)),
    ],
    ids=["soft ceiling", "waiver of the ceiling"],
)
def test_only_above_the_ceiling_is_everybody_placed(shared: Path, rules: Rules) -> None:
    graph = two_halves(shared)
    count = too_few(graph)
    people = sum(nx.get_node_attributes(graph, "list_size").values())
    without = proven(graph, Rules(networks=count))
    assert without.unplaced_patients >= people - 50_000 * count > 0
    plan = proven(graph, dataclasses.replace(rules, networks=count))
    assert not plan.unplaced
    made = zip(plan.groups().values(), sizes(graph, plan), strict=True)
    above = {members: size for members, size in made if size > 50_000}
    assert sum(above.values()) - 50_000 * len(above) >= people - 50_000 * count
    if rules.soft:
        assert max(above.values()) <= 54_000
    else:
        assert ["B81013" in members for members in above] == [True]
