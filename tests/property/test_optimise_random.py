"""Properties that every plan has, on random graphs."""

from __future__ import annotations

from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcngeo.optimise import solve
from pcngeo.optimise.pricing import adjacent_choices, each_price, with_choice
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

RULES = Rules(min_list=30, max_list=50, target_list=40)


@st.composite
def areas(draw: st.DrawFn) -> nx.Graph:
    """Points linked to near ones; lists of all sizes, empty and above the ceiling included."""
    n = draw(st.integers(1, 13))
    spots = draw(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=n, max_size=n)
    )
    lists = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))
    links = draw(st.integers(0, 4))
    xy = np.array(spots, float)
    graph = nx.Graph()
    for i in range(n):
        graph.add_node(f"P{i:02}", list_size=lists[i], x=float(xy[i, 0]), y=float(xy[i, 1]))
    for i in range(n):
        metres = np.hypot(*(xy - xy[i]).T)
        metres[i] = np.inf
        for j in np.argsort(metres, kind="stable")[: min(links, n - 1)]:
            graph.add_edge(
                f"P{i:02}", f"P{j:02}", kind="border", border_m=1.0, distance_m=float(metres[j])
            )
    return graph


def cost(graph: nx.Graph, members: tuple[str, ...]) -> float:
    node = [graph.nodes[p] for p in members]
    return min(
        sum(a["list_size"] * float(np.hypot(a["x"] - h["x"], a["y"] - h["y"])) for a in node)
        for h in node
    )


def keeps_every_rule(graph: nx.Graph, plan: Plan, rules: Rules) -> None:
    assert set(plan.assignment.index) == set(graph)
    size = nx.get_node_attributes(graph, "list_size")
    for members in plan.groups().values():
        patients = sum(size[p] for p in members)
        assert nx.is_connected(graph.subgraph(members))
        alone = len(members) == 1 and patients > rules.max_list
        assert alone or rules.min_list <= patients <= rules.max_list
    assert plan.unplaced_patients == sum(size[p] for p in plan.unplaced)
    assert plan.unplaced_bound <= plan.unplaced_patients
    total = sum(cost(graph, members) for members in plan.groups().values())
    assert plan.objective == pytest.approx(total, abs=1e-6)
    assert plan.bound is not None
    assert plan.objective is not None
    assert plan.bound <= plan.objective + 1e-9


@settings(max_examples=120, deadline=None)
@given(areas(), st.sampled_from(["target", "free"]))
def test_a_plan_is_a_partition_into_connected_groups_in_the_window(
    graph: nx.Graph, networks: str
) -> None:
    rules = Rules(min_list=30, max_list=50, target_list=40, networks=networks)
    plan = solve(graph, rules)
    keeps_every_rule(graph, plan, rules)
    assert plan.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert plan.unplaced_bound == plan.unplaced_patients


@settings(max_examples=40, deadline=None)
@given(areas(), st.randoms(use_true_random=False))
def test_the_order_of_practices_and_links_changes_nothing(graph: nx.Graph, random: Random) -> None:
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(data=True))
    random.shuffle(nodes)
    random.shuffle(edges)
    shuffled = nx.Graph()
    shuffled.add_nodes_from(nodes)
    shuffled.add_edges_from((b, a, d) for a, b, d in edges)
    one, other = solve(graph, RULES), solve(shuffled, RULES)
    assert one.assignment.equals(other.assignment)
    assert (one.objective, one.bound, one.hubs) == (other.objective, other.bound, other.hubs)


@settings(max_examples=40, deadline=None)
@given(areas(), st.integers(0, 5))
def test_a_seed_repeats_and_no_seed_changes_what_is_proven(graph: nx.Graph, seed: int) -> None:
    one, again, other = (solve(graph, RULES, seed=s) for s in (seed, seed, seed + 1))
    assert one.assignment.equals(again.assignment)
    assert one.statistics == again.statistics
    assert one.unplaced_patients == other.unplaced_patients
    assert one.objective == pytest.approx(other.objective, rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(areas(), st.sampled_from([0.001, 7.0, 1000.0]))
def test_scaling_the_map_scales_the_objective(graph: nx.Graph, factor: float) -> None:
    larger = nx.Graph(graph)
    for practice, node in graph.nodes(data=True):
        larger.add_node(practice, **{**node, "x": factor * node["x"], "y": factor * node["y"]})
    one, other = solve(graph, RULES), solve(larger, RULES)
    assert one.unplaced_patients == other.unplaced_patients
    assert other.objective == pytest.approx(factor * one.objective, rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(areas())
def test_a_wider_window_never_leaves_more_patients_out(graph: nx.Graph) -> None:
    narrow = solve(graph, Rules(min_list=32, max_list=50, target_list=40, networks="free"))
    wide = solve(graph, Rules(min_list=28, max_list=50, target_list=40, networks="free"))
    assert wide.unplaced_patients <= narrow.unplaced_patients
    if wide.unplaced_patients == narrow.unplaced_patients and narrow.objective is not None:
        assert wide.objective <= narrow.objective * (1 + 1e-6) + 1e-6


@settings(max_examples=25, deadline=None)
@given(areas())
def test_a_price_is_that_of_a_search_from_scratch_and_never_negative(graph: nx.Graph) -> None:
    base = solve(graph, RULES)
    choices = adjacent_choices(graph, RULES, base)[:4]
    for asked in each_price(graph, RULES, choices, base=base):
        scratch = solve(graph, with_choice(RULES, asked.choice))
        assert asked.plan.unplaced_patients == scratch.unplaced_patients
        assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-5, abs=1e-5)
        if asked.settled == "proven":
            assert asked.difference >= 0
