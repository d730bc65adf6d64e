"""Other objectives: every term by hand, and the best plan under each from all divisions."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import networkx as nx
import pytest
from test_optimise_groups import random_graph

from pcngeo.errors import RulesError
from pcngeo.objectives import TERMS
from pcngeo.optimise import costs, solve
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.plan import Status
from pcngeo.recount import cost
from pcngeo.rules import Rules

Cost = Callable[[nx.Graph, frozenset[str]], float]


def area(seed: int) -> nx.Graph:
    graph = random_graph(10, seed, mean=13_000)
    for i, (a, b) in enumerate(sorted(graph.edges)):
        graph.edges[a, b]["border_m"] = 100.0 + 37.0 * (i * 7 % 11)
    for i, p in enumerate(sorted(graph)):
        graph.nodes[p]["local_authority"] = ["E1", "E2", ""][i % 3]
        graph.nodes[p]["network_today"] = ["N1", "N2", "N3", ""][i * 5 % 4]
    return graph


def sizes(graph: nx.Graph, group: frozenset[str]) -> dict[str, int]:
    return {p: graph.nodes[p]["list_size"] for p in group}


def borders(graph: nx.Graph, group: frozenset[str]) -> float:
    return 0.5 * sum(d["border_m"] for _, _, d in nx.edge_boundary(graph, group, data=True))


def size(graph: nx.Graph, group: frozenset[str]) -> float:
    return abs(sum(sizes(graph, group).values()) - 40_000)


def span(graph: nx.Graph, group: frozenset[str]) -> float:
    node = graph.nodes
    return max(
        (
            ((node[a]["x"] - node[b]["x"]) ** 2 + (node[a]["y"] - node[b]["y"]) ** 2) ** 0.5
            for a, b in itertools.combinations(group, 2)
        ),
        default=0.0,
    )


def authorities(graph: nx.Graph, group: frozenset[str]) -> float:
    return max(0, len({graph.nodes[p]["local_authority"] for p in group} - {""}) - 1)


def changed(graph: nx.Graph, group: frozenset[str]) -> float:
    held = sizes(graph, group)
    blocks: dict[str, int] = {}
    for p in group:
        today = graph.nodes[p]["network_today"]
        if today:
            blocks[today] = blocks.get(today, 0) + held[p]
    return sum(held.values()) - max(blocks.values(), default=0)


def centroid(graph: nx.Graph, group: frozenset[str]) -> float:
    held = sizes(graph, group)
    total = sum(held.values())
    x = sum(held[p] * graph.nodes[p]["x"] for p in group) / total
    y = sum(held[p] * graph.nodes[p]["y"] for p in group) / total
    return sum(
        held[p] * ((graph.nodes[p]["x"] - x) ** 2 + (graph.nodes[p]["y"] - y) ** 2) ** 0.5
        for p in group
    )


BY_HAND: dict[str, Cost] = {
    "distance": lambda graph, group: group_cost(graph, group)[0],
    "centroid": centroid,
    "borders": borders,
    "size": size,
    "span": span,
    "authorities": authorities,
    "changed": changed,
}


def best(graph: nx.Graph, cost: Callable[[frozenset[str]], float]) -> tuple[int, float]:
    groups = [(g, cost(g)) for g in all_groups(graph, 30_000, 50_000)]
    size_of = nx.get_node_attributes(graph, "list_size")
    found = (sum(size_of.values()) + 1, 0.0)

    def place(left: frozenset[str], out: int, total: float) -> None:
        nonlocal found
        if (out, total) >= found:
            return
        if not left:
            found = (out, total)
            return
        first = min(left)
        for group, price in groups:
            if first in group and group <= left:
                place(left - group, out, total + price)
        place(left - {first}, out + size_of[first], total)

    place(frozenset(graph), 0, 0.0)
    return found


def test_every_term_is_tested() -> None:
    assert BY_HAND.keys() < costs.FUNCTIONS.keys() == TERMS.keys()


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_the_recount_agrees(name: str) -> None:
    graph = area(400)
    for group in all_groups(graph, 30_000, 50_000):
        counted = cost(((name, 1.0),), [tuple(group)], graph, Rules())
        assert counted == pytest.approx(BY_HAND[name](graph, group))


@pytest.mark.parametrize("name", sorted(set(BY_HAND) - {"changed"}))  # that is no sum
@pytest.mark.parametrize("seed", range(3))
def test_the_best_plan_under_a_term(name: str, seed: int) -> None:
    graph = area(400 + seed)
    plan = solve(graph, Rules(networks="free"), objective={name: 2.0})
    out, cost = best(graph, lambda g: 2.0 * BY_HAND[name](graph, g))
    assert plan.status is Status.OPTIMAL
    assert plan.unplaced_patients == out
    assert plan.objective == pytest.approx(cost, rel=1e-6, abs=1e-6)
    assert TERMS[name].unit in plan.objective_name or name == "distance"


def test_a_mix_and_a_function_of_ones_own() -> None:
    graph = area(410)
    mixed = solve(graph, Rules(networks="free"), objective={"distance": 1.0, "size": 0.5})

    def own(group: tuple[str, ...]) -> float:
        members = frozenset(group)
        return BY_HAND["distance"](graph, members) / 1000 + 0.5 * size(graph, members)

    mine = solve(graph, Rules(networks="free"), objective=own)
    _, cost = best(graph, lambda g: own(tuple(g)))
    assert mixed.objective == pytest.approx(cost)
    assert mine.objective == pytest.approx(cost)
    assert mixed.assignment.equals(mine.assignment)


def test_the_distance_term_is_the_default_objective() -> None:
    graph = area(411)
    listed, priced = solve(graph, objective={"distance": 1.0}), solve(graph)
    assert listed.objective == pytest.approx(priced.objective)
    assert listed.assignment.equals(priced.assignment)


def test_scaling_the_weights_changes_no_plan() -> None:
    graph = area(412)
    one = solve(graph, objective={"distance": 1.0, "size": 300.0})
    ten = solve(graph, objective={"distance": 10.0, "size": 3000.0})
    assert one.assignment.equals(ten.assignment)
    assert ten.objective == pytest.approx(10 * one.objective)


@pytest.mark.parametrize(
    ("objective", "message"),
    [({"speed": 1.0}, "known are distance"), ({"size": -1.0}, "above 0"), ({}, "a name")],
)
def test_an_objective_that_makes_no_sense(objective: dict[str, float], message: str) -> None:
    with pytest.raises(RulesError, match=message):
        solve(area(413), objective=objective)


def test_too_many_groups_to_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "MOST_GROUPS", 5)
    with pytest.raises(RulesError, match="Set max_practices"):
        solve(area(414), objective=lambda group: 1.0)
