"""Plans of `solve` against trying every division, on small made-up areas."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from test_optimise_groups import random_graph

from pcngeo.optimise import solve
from pcngeo.optimise.plain import all_groups, best_partition, group_cost
from pcngeo.plan import Plan, Status
from pcngeo.rules import Count, Rules


def check(graph: nx.Graph, plan: Plan, rules: Rules) -> None:
    """Check a plan with code that shares nothing with the solver."""
    assert set(plan.assignment.index) == set(graph)
    total = 0.0
    for network, members in plan.groups().items():
        size = sum(graph.nodes[p]["list_size"] for p in members)
        assert nx.is_connected(graph.subgraph(members))
        if len(members) > 1 or size <= rules.max_list:
            assert rules.min_list <= size <= rules.max_list
            total += group_cost(graph, frozenset(members))[0]
        assert plan.hubs[network] in members
    assert plan.objective == pytest.approx(total)
    out = sum(graph.nodes[p]["list_size"] for p in plan.unplaced)
    assert plan.unplaced_patients == out
    assert plan.unplaced_bound <= out


def made(plan: Plan, graph: nx.Graph, rules: Rules) -> int:
    """Number of networks that the solver made."""
    alone = [p for p in graph if graph.nodes[p]["list_size"] > rules.max_list]
    return len(plan.networks) - len(alone)


def wanted(
    best: dict[int, tuple[int, float]], count: Count, patients: int
) -> tuple[int, float, int]:
    """Patients out, cost and number of the plan that the rules ask for, from all divisions."""
    if isinstance(count, int):
        return (*best[count], count)
    fewest = min(out for out, _ in best.values())
    good = {k: cost for k, (out, cost) in best.items() if out == fewest}
    if count == "free":
        number = min(good, key=lambda k: good[k])
    else:
        number = min(good, key=lambda k: (abs(k * 40_000 - patients), good[k]))
    return fewest, good[number], number


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("count", ["target", "free", 2])
def test_best_of_all_divisions(seed: int, count: Count) -> None:
    graph = random_graph(8 + seed % 5, seed, mean=[8_000, 11_000, 16_000, 24_000][seed % 4])
    if seed % 3 == 0:  # in pieces
        graph.remove_edges_from([e for e in graph.edges if (e[0] < "P04") != (e[1] < "P04")])
    rules = Rules(networks=count)
    best = best_partition(graph, rules.min_list, rules.max_list)
    plan = solve(graph, rules, seed=seed)
    if isinstance(count, int) and count not in best:
        assert plan.status is Status.INFEASIBLE
        assert plan.explanation
        return
    check(graph, plan, rules)
    sizes = nx.get_node_attributes(graph, "list_size").values()
    patients = sum(size for size in sizes if size <= rules.max_list)
    out, cost, number = wanted(best, count, patients)
    assert plan.status is Status.OPTIMAL
    assert plan.unplaced_patients == plan.unplaced_bound == out
    assert plan.objective == pytest.approx(cost, rel=1e-6)
    if count != "free":
        assert made(plan, graph, rules) == number


def test_order_of_rows_changes_nothing() -> None:
    graph = random_graph(16, 3)
    shuffled = nx.Graph()
    rng = np.random.default_rng(0)
    nodes = list(graph.nodes(data=True))
    edges = list(graph.edges(data=True))
    shuffled.add_nodes_from(nodes[i] for i in rng.permutation(len(nodes)))
    shuffled.add_edges_from(edges[i] for i in rng.permutation(len(edges)))
    one, other = solve(graph), solve(shuffled)
    assert one.assignment.equals(other.assignment)
    assert (one.objective, one.hubs) == (other.objective, other.hubs)


def test_stands_alone_above_the_ceiling() -> None:
    graph = random_graph(10, 1)
    graph.nodes["P03"]["list_size"] = 61_000
    plan = solve(graph)
    network = plan.assignment["P03"]
    assert plan.members(network) == ("P03",)
    assert plan.hubs[network] == "P03"
    check(graph, plan, Rules())


def test_networks_are_numbered_from_north_to_south() -> None:
    graph = random_graph(16, 5)
    plan = solve(graph)
    north = [graph.nodes[plan.hubs[n]]["y"] for n in plan.networks]
    assert plan.networks == tuple(str(i + 1) for i in range(len(north)))
    assert north == sorted(north, reverse=True)


def test_big_m_is_not_enough() -> None:
    """A plan that leaves fewer out is found even where it costs more than any usual penalty.

    Two far practices: to place the small one, 40,000 patients must travel a thousand kilometres.
    """
    graph = nx.Graph()
    spots = {"A": (0, 20_000), "B": (1, 20_000), "C": (1_000_000, 20_000), "D": (1_000_001, 20_001)}
    for practice, (x, size) in spots.items():
        graph.add_node(practice, list_size=size, x=float(x), y=0.0)
    graph.add_node("E", list_size=15_001, x=2.0, y=0.0)
    for a, b in ["AB", "BC", "CD", "AE", "CE"]:
        graph.add_edge(a, b, kind="border", border_m=1.0, distance_m=1.0)
    best = best_partition(graph, 30_000, 40_001)
    plan = solve(graph, Rules(max_list=40_001))
    fewest = min(out for out, _ in best.values())
    assert plan.unplaced_patients == plan.unplaced_bound == fewest
    assert plan.status is Status.OPTIMAL


def test_nothing_to_group() -> None:
    empty = solve(nx.Graph())
    assert empty.status is Status.INFEASIBLE
    assert empty.networks == ()
    lone = nx.Graph()
    lone.add_node("A", list_size=20_000, x=0.0, y=0.0)
    plan = solve(lone)
    assert plan.status is Status.INFEASIBLE
    assert plan.unplaced == ("A",)
    assert plan.unplaced_bound == 20_000
    assert plan.explanation == ("A (20,000) touches no other practice.",)


def test_too_many_networks_are_impossible_by_arithmetic() -> None:
    graph = random_graph(8, 2)
    plan = solve(graph, Rules(networks=30))
    assert plan.status is Status.INFEASIBLE
    assert "30 networks cannot be made" in plan.explanation[0]
    assert plan.unplaced == tuple(sorted(graph))


def test_all_groups_of_a_path() -> None:
    graph = nx.path_graph(4)
    graph = nx.relabel_nodes(graph, {i: f"P{i}" for i in range(4)})
    nx.set_node_attributes(graph, 10, "list_size")
    assert {tuple(sorted(g)) for g in all_groups(graph, 20, 20)} == {
        ("P0", "P1"), ("P1", "P2"), ("P2", "P3"),
    }  # fmt: skip
