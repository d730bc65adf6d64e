"""First plans by exchange, where networks are so full that few groups fit side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from agreeing import compare, instance
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix
from test_optimise_groups import random_graph

from pcngeo.demands import Apart
from pcngeo.optimise import exchange as exchange_room
from pcngeo.optimise import search as search_room
from pcngeo.optimise import settle as settle_room
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.exchange import exchanged_plans, exchanges
from pcngeo.optimise.ground import survey
from pcngeo.optimise.leaving import attainable, least_left_out
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.search import counted_plan, greedy_plan
from pcngeo.optimise.settle import Answer, begin
from pcngeo.rules import Rules
from pcngeo.travel import Travel

COUNT = 12


@pytest.fixture
def full() -> nx.Graph:
    """A grid in which twelve networks of 48,400 to 48,600 can be made, and hardly otherwise."""
    random = np.random.default_rng(7)
    graph = nx.grid_2d_graph(12, 6)
    for block in range(COUNT):
        parts = random.dirichlet(np.full(6, 8.0)) * (48_400 + 200 * random.random())
        for k in range(6):
            place = (3 * (block % 4) + k % 3, 2 * (block // 4) + k // 3)
            x, y = 1_000.0 * np.array(place)
            graph.nodes[place].update(list_size=int(parts[k]), x=float(x), y=float(y))
    for one, other in graph.edges:
        graph.edges[one, other].update(kind="border", border_m=500.0, distance_m=1_000.0)
    return nx.relabel_nodes(graph, {(x, y): f"P{x:02}{y}" for x, y in graph})


def _checked(problem: Problem, plan: Pool) -> int:
    """Check that networks are apart, linked, in the window and rightly valued; who is left out."""
    assert len(np.unique(plan.members)) == len(plan.members)
    ways = dict(zip(problem.pairs.tolist(), problem.land.reach_cost.tolist(), strict=True))
    linked = nx.Graph((i, j) for i in range(problem.n) for j in problem.neighbours(i))
    for group, cost, hub in zip(plan.groups(), plan.costs, plan.hubs, strict=True):
        assert problem.land.floor <= problem.total(group) <= problem.land.ceiling
        assert nx.is_connected(linked.subgraph(group))
        from_hubs = {h: sum(ways[h * problem.n + i] for i in group) for h in group}
        assert from_hubs[int(hub)] == pytest.approx(min(from_hubs.values()))
        assert cost == pytest.approx(from_hubs[int(hub)])
    return problem.patients - int(problem.weights[plan.members].sum())


def test_full_networks_are_found_by_exchange_where_greed_leaves_many_out(full: nx.Graph) -> None:
    problem = Problem.build(full, Rules())
    assert exchanges(problem)
    ground = survey(problem, 0, Clock())
    task = ground.task((COUNT, COUNT), ground.penalty)
    greedy, _ = greedy_plan(task, ground.stock)
    assert _checked(problem, greedy) > 50_000
    plans = exchanged_plans(problem, ground.placeable, greedy, COUNT, 0, 0, Clock())
    assert len(plans[0]) == COUNT
    assert _checked(problem, plans[0]) == 0
    for plan in plans:
        _checked(problem, plan)
    again = exchanged_plans(problem, ground.placeable, greedy, COUNT, 0, 0, Clock())
    assert [p.groups() for p in again] == [p.groups() for p in plans]


def test_a_plan_that_is_warmed_up_again_is_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.build(random_graph(90, 9, mean=6_000), Rules())
    placeable, count = np.ones(problem.n, bool), 17

    def first() -> Pool:
        plans = exchanged_plans(problem, placeable, Pool.empty(), count, 0, 0, Clock())
        costs = [float(plan.costs.sum()) for plan in plans if _checked(problem, plan) == 0]
        assert costs[0] == min(costs)
        return plans[0]

    warmed = first()
    monkeypatch.setattr(exchange_room, "AGAIN", 0)
    assert len(warmed) == count
    assert warmed.costs.sum() < 0.99 * first().costs.sum()


def test_each_part_of_the_graph_gets_no_more_networks_than_it_can_have(full: nx.Graph) -> None:
    for k in range(2):
        full.add_node(f"Q{k}", list_size=24_999, x=50_000.0 + k, y=0.0)
    full.add_edge("Q0", "Q1", kind="border", border_m=1.0, distance_m=1.0)
    placeable, plan = np.ones(len(full), bool), Pool.empty()
    for count, rules in (COUNT + 1, Rules()), (COUNT + 2, Rules(min_list=25_000, max_list=60_000)):
        problem = Problem.build(full, rules)  # the small part is the largest network of the first
        plan = exchanged_plans(problem, placeable, plan, count, 0, 0, Clock())[0]
        assert (len(plan), _checked(problem, plan)) == (count, 0)


def test_at_a_price_exchange_ends_where_all_networks_are_inside(full: nx.Graph) -> None:
    problem = Problem.build(full, Rules())
    placeable = np.ones(problem.n, bool)
    plan = exchanged_plans(problem, placeable, Pool.empty(), COUNT, 0, 0, Clock())[0]
    assert _checked(problem, plan) == 0
    part, home = exchange_room._Part(problem), np.empty(problem.n, np.int64)
    home[plan.members] = plan.owners
    assert part.outside(home) == 0
    assert (part.run(home, (1e9, 1e9), 20_000, 0, 1.0)[0] == home).all()
    assert (part.run(home, (1e9, 1e9), 20_000, 0)[0] != home).any()  # firmly, it goes on


def test_networks_are_added_from_longer_lists_around_those_left_out(
    full: nx.Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem.build(full, Rules())
    ground = survey(problem, 0, Clock())
    task = ground.task((COUNT, COUNT), ground.penalty)
    whole = exchanged_plans(problem, ground.placeable, Pool.empty(), COUNT, 0, 0, Clock())[0]
    ground.stock = Pool.empty()  # no group is known: only lists tell
    monkeypatch.setattr(search_room._Redraw.__init__, "__defaults__", ((1, 1),))
    made = counted_plan(ground, task, whole.take(np.arange(2, COUNT)), Clock())
    assert (len(made), _checked(problem, made)) == (COUNT, 0)


def test_networks_that_stay_too_large_leave_out_only_what_does_not_fit(full: nx.Graph) -> None:
    problem = Problem.build(full, Rules(max_list=48_000))
    ground = survey(problem, 0, Clock())
    plans = exchanged_plans(problem, ground.placeable, Pool.empty(), COUNT, 0, 0, Clock())
    assert len(plans[0]) == COUNT  # 12 x 48,000 are fewer than all patients
    assert 0 < _checked(problem, plans[0]) < 120_000


def test_a_first_plan_places_everybody_before_any_search(full: nx.Graph) -> None:
    ground = survey(Problem.build(full, Rules()), 0, Clock())
    answer = Answer(left_out=ground.problem.patients)
    begin(ground, answer, (COUNT, COUNT), Clock())
    assert answer.plan is not None
    assert (len(answer.plan), answer.left_out) == (COUNT, 0)


def test_exchange_knows_nothing_of_demands_on_networks(full: nx.Graph) -> None:
    apart = Rules(apart=(Apart("P000", "P001"),))
    assert not exchanges(Problem.build(full, apart))
    assert not exchanges(Problem.build(full, Rules(max_practices=6)))


def _least_out(graph: nx.Graph, rules: Rules, count: int) -> int:
    """Fewest left out, by choosing among all groups there are with another model and solver."""
    groups = [frozenset(g) for g in _connected(graph, rules)]
    practices = sorted(graph)
    n = len(groups) + len(practices)
    rows = lil_matrix((len(practices) + 1, n))
    for g, group in enumerate(groups):
        for p in group:
            rows[practices.index(p), g] = 1
        rows[len(practices), g] = 1
    for i in range(len(practices)):
        rows[i, len(groups) + i] = 1
    wanted = [1] * len(practices) + [count]
    cost = np.zeros(n)
    cost[len(groups) :] = [graph.nodes[p]["list_size"] for p in practices]
    found = milp(
        cost, constraints=LinearConstraint(rows.tocsr(), wanted, wanted), integrality=np.ones(n),
        bounds=Bounds(0, 1),
    )  # fmt: skip
    return round(found.fun)


def _connected(graph: nx.Graph, rules: Rules) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(graph) + 1):
        for group in itertools.combinations(sorted(graph), size):
            total = sum(graph.nodes[p]["list_size"] for p in group)
            fits = rules.min_list <= total <= rules.max_list
            if fits and nx.is_connected(graph.subgraph(group)):
                yield group


@pytest.mark.parametrize("seed", range(12))
def test_the_least_left_out_is_never_said_to_be_more_than_it_is(seed: int) -> None:
    graph, rules = random_graph(12, seed, mean=12_500), Rules()
    problem = Problem.build(graph, rules)
    ground = survey(problem, 0, Clock())
    for count in (2, 3):
        least = _least_out(graph.subgraph(problem.labels), rules, count)
        told = least_left_out(ground, (count, count), problem.patients, Clock())
        assert ground.least_out_by(count) <= least
        assert attainable(ground, ground.least_out_by(count)) <= least
        assert told <= least


def test_the_lp_leaves_out_more_than_arithmetic_says() -> None:
    graph = nx.path_graph([f"P{i}" for i in range(8)])
    for i, p in enumerate(graph):  # any two in a row are above the ceiling
        graph.nodes[p].update(list_size=26_000 + 10 * i, x=1_000.0 * i, y=0.0)
    for one, other in graph.edges:
        graph.edges[one, other].update(kind="border", border_m=1.0, distance_m=1_000.0)
    rules = Rules(min_list=20_000)
    ground = survey(Problem.build(graph, rules), 0, Clock())
    assert ground.least_out_by(5) == 0
    assert least_left_out(ground, (5, 5), ground.problem.patients, Clock()) == 78_030


def test_every_part_of_a_graph_has_networks_of_its_own() -> None:
    graph = nx.Graph()
    for i, size in enumerate([40_000, 20_000, 40_000, 25_000]):
        graph.add_node(f"P{i}", list_size=size, x=1_000.0 * i, y=0.0)
    for one, other in (("P0", "P1"), ("P2", "P3")):
        graph.add_edge(one, other, kind="border", border_m=1.0, distance_m=1_000.0)
    ground = survey(Problem.build(graph, Rules(min_list=20_000)), 0, Clock())
    held = [ground.problem.patients - ground.least_out_by(k) for k in range(5)]
    assert held == [0, 50_000, 100_000, 115_000, 125_000]


@pytest.mark.parametrize("number", [40_035, 40_040, 40_050])
def test_a_floor_waived_for_one_network_is_not_that_of_all(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which groups a waiver allows is known from a list; exchange knows the window only (R03)."""
    monkeypatch.setattr(settle_room, "SMALL", 0)
    monkeypatch.setattr(settle_room, "TIGHT", np.inf)
    of = instance(number)
    assert of.rules.rural_waivers
    assert compare(of) == "", of.words


@pytest.mark.parametrize("number", [60_001, 60_045, 60_106])
def test_ways_that_nobody_knows_are_never_used(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network in which no hub has a known way to every member is none, also by exchange."""
    monkeypatch.setattr(settle_room, "SMALL", 0)
    monkeypatch.setattr(settle_room, "TIGHT", np.inf)
    of = instance(number)
    minutes = of.graph.graph["travel"].table.copy()
    unknown = np.random.default_rng(number).uniform(size=minutes.shape) < 0.35
    np.fill_diagonal(unknown, val=False)
    of.graph.graph["travel"] = Travel(minutes.mask(unknown), "minutes", "drive.csv")
    of = replace(of, rules=replace(of.rules, objective="travel"))
    assert compare(of) == "", of.words
