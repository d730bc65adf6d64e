"""Each demand of the planner binds, and the plan under it is the best of all that keep it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from agreeing import combined
from test_optimise_groups import random_graph
from test_optimise_solve import check

from pcngeo.demands import Apart, Locked, LockedPractice, Together, Veto
from pcngeo.errors import RulesError
from pcngeo.optimise import solve
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.columns import groups_within
from pcngeo.optimise.duals import Cuts, Prices
from pcngeo.optimise.explain import unplaced_reasons
from pcngeo.optimise.groups import price_groups
from pcngeo.optimise.keeping import site_demands
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.sturdy import most_headroom
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.rules import Rules


def keeps(graph: nx.Graph, rules: Rules, group: frozenset[str]) -> bool:
    """Tell whether a group keeps the demands, said once more in plain words."""
    for row in rules.together:
        if set(row.practices) & group and not set(row.practices) <= group:
            return False
    for pair in rules.apart:
        if {pair.a, pair.b} <= group:
            return False
    for lock in rules.locked:
        if set(lock.practices) & group and set(lock.practices) != group:
            return False
    if rules.max_practices and len(group) > rules.max_practices:
        return False
    return not (rules.max_span_m and span(graph, group) > rules.max_span_m)


def span(graph: nx.Graph, group: Iterable[str]) -> float:
    """Distance in metres between the two members that are farthest apart."""
    x, y = nx.get_node_attributes(graph, "x"), nx.get_node_attributes(graph, "y")
    pairs = itertools.combinations(group, 2)
    return max((float(np.hypot(x[a] - x[b], y[a] - y[b])) for a, b in pairs), default=0.0)


def best(graph: nx.Graph, rules: Rules) -> tuple[int, float]:
    """Fewest patients out, then least cost, over every division that keeps the demands."""
    groups = [
        (g, group_cost(graph, g)[0])
        for g in all_groups(graph, rules.min_list, rules.max_list)
        if keeps(graph, rules, g)
    ]
    size = nx.get_node_attributes(graph, "list_size")
    found = (sum(size.values()), 0.0)

    def place(left: frozenset[str], out: int, cost: float) -> None:
        nonlocal found
        if (out, cost) >= found:
            return
        if not left:
            found = (out, cost)
            return
        first = min(left)
        for group, price in groups:
            if first in group and group <= left:
                place(left - group, out, cost + price)
        place(left - {first}, out + size[first], cost)

    place(frozenset(graph), 0, 0.0)
    return found


def demanded(graph: nx.Graph, kind: str, free: Plan) -> Rules:
    """Make a demand of a kind that the plan without it breaks."""
    rng = np.random.default_rng(1)
    names = sorted(graph)
    group = free.members("1")
    others = [p for p in names if p not in group]
    if kind == "together":
        pair = (group[0], next(p for q in group for p in sorted(graph[q]) if p in others))
        return Rules(networks="free", together=(Together(pair),))
    if kind == "apart":
        return Rules(networks="free", apart=(Apart(group[0], group[1]),))
    if kind == "locked":
        taken = {frozenset(g) for g in free.groups().values()}
        choices = [g for g in all_groups(graph, 30_000, 50_000) if g not in taken]
        chosen = sorted(sorted(g) for g in choices)[int(rng.integers(len(choices)))]
        return Rules(networks="free", locked=(Locked(tuple(chosen)),))
    if kind == "max_practices":
        return Rules(networks="free", max_practices=max(map(len, free.groups().values())) - 1)
    return Rules(
        networks="free", max_span_m=max(span(graph, g) for g in free.groups().values()) - 1.0
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["together", "apart", "locked", "max_practices", "max_span_m"])
def test_a_demand_binds_and_the_plan_is_best(kind: str, seed: int) -> None:
    graph = random_graph(11, 300 + seed, mean=11_000)
    free = solve(graph, Rules(networks="free"))
    rules = demanded(graph, kind, free)
    plan = solve(graph, rules)
    check(graph, plan, rules)
    assert plan.status is Status.OPTIMAL
    assert all(keeps(graph, rules, frozenset(g)) for g in plan.groups().values())
    assert not all(keeps(graph, rules, frozenset(g)) for g in free.groups().values())
    out, cost = best(graph, rules)
    assert plan.unplaced_patients == plan.unplaced_bound == out
    assert plan.objective == pytest.approx(cost, rel=1e-6)


def test_a_locked_network_outside_the_window_is_refused() -> None:
    graph = random_graph(11, 300)
    with pytest.raises(RulesError, match="outside 30,000 to 50,000"):
        solve(graph, Rules(locked=(Locked(("P00",)),)))


def test_a_demand_on_a_practice_that_stands_alone_is_refused() -> None:
    graph = random_graph(11, 300)
    graph.nodes["P03"]["list_size"] = 61_000
    with pytest.raises(RulesError, match="P03, which is not among the practices"):
        solve(graph, Rules(together=(Together(("P02", "P03")),)))


@pytest.mark.parametrize(
    "row", [{"apart": (Apart("P02", "P03"),)}, {"vetoes": (Veto("P02", "P03", "Two towns"),)}]
)
def test_a_practice_that_stands_alone_is_apart_already(row: dict[str, tuple[object, ...]]) -> None:
    graph = random_graph(11, 300)
    graph.nodes["P03"]["list_size"] = 61_000
    plan = solve(graph, Rules(**row))
    assert plan.assignment.equals(solve(graph).assignment)
    with pytest.raises(RulesError, match="XX, which is not among the practices"):
        solve(graph, Rules(apart=(Apart("P02", "XX"),)))


def test_a_demand_of_another_area_is_passed_over() -> None:
    graph = random_graph(11, 300)
    plain, with_row = solve(graph), solve(graph, Rules(apart=(Apart("X1", "X2"),)))
    assert plain.assignment.equals(with_row.assignment)


def test_who_is_tied_beyond_the_ceiling_is_told_why() -> None:
    graph = random_graph(11, 300)
    everybody = tuple(sorted(graph))[:8]
    rules = Rules(together=(Together(everybody),), apart=(Apart("P09", "P10"),))
    plan = solve(graph, rules)
    assert set(everybody) <= set(plan.unplaced)
    reason = unplaced_reasons(graph, rules, plan).loc["P00", "reason"]
    assert "because of the demand to keep P00, P01" in reason
    assert "P09" not in reason


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(max_span_m=1.0), "to have nobody of a network farther apart than 0.001 km"),
        (Rules(max_practices=1), "to have at most 1 practice in a network"),
        (Rules(max_authorities=2), "to have at most 2 local authorities in a network"),
        (Rules(alone="agreed"), "to have nobody alone without a waiver"),
    ],
)
def test_who_fits_nowhere_because_of_a_setting_is_told_which(rules: Rules, words: str) -> None:
    graph: nx.Graph[str] = nx.Graph()
    for i, size in enumerate([14_000, 12_000, 11_000]):
        graph.add_node(f"P{i}", list_size=size, x=2_000.0 * i, y=0.0, local_authority=f"E{i}")
    nx.add_path(graph, ["P0", "P1", "P2"], kind="border", border_m=1.0, distance_m=2_000.0)
    if rules.alone == "agreed":
        graph = nx.Graph(graph.subgraph(["P0", "P1"]))
        nx.set_node_attributes(graph, {"P0": 45_000, "P1": 24_000}, "list_size")
    plan = solve(graph, rules)
    assert "P0" in plan.unplaced
    told = unplaced_reasons(graph, rules, plan).loc["P0"]
    assert told["reason_code"] == "no_feasible_group"
    assert told["reason"].endswith(f"patients because of the demand {words}.")


def test_who_is_locked_to_a_practice_out_of_reach_is_told_so() -> None:
    graph: nx.Graph[str] = nx.Graph()
    for i in range(5):
        graph.add_node(f"P{i}", list_size=16_000, x=2_000.0 * i, y=0.0)
    nx.add_path(graph, sorted(graph), kind="border", border_m=1.0, distance_m=2_000.0)
    rules = Rules(locked_practices=(LockedPractice("P0", "P4"),))
    reason = unplaced_reasons(graph, rules, solve(graph, rules)).loc["P0", "reason"]
    assert reason.endswith("because of the demand to keep P0 in the network of P4.")


def test_demands_in_the_rules_file_and_back() -> None:
    rules = Rules.from_mapping(
        {
            "max_practices": 7,
            "together": [{"practices": ["A", "B"], "reason": "one building"}],
            "apart": [{"a": "A", "b": "C"}],
            "locked_network": [{"practices": ["D", "E"]}],
        }
    )
    assert rules.together == (Together(("A", "B"), "one building"),)
    assert rules.apart[0].practices == ("A", "C")
    assert rules.locked[0].words() == "the network D, E locked"
    assert Rules.from_mapping(rules.to_mapping()).digest() == rules.digest()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"together": [{"practices": ["A"]}]}, "at least 2 practices"),
        ({"together": [{"practices": ["A", "A"]}]}, "more than once"),
        ({"apart": [{"a": "A", "b": "A"}]}, "two different practices"),
        ({"locked_network": [{"practices": []}]}, "at least 1"),
        ({"max_practices": -1}, "0 .any number. or more"),
        ({"max_practices": 2.5}, "whole number"),
        ({"max_span_m": -1}, "metres"),
    ],
)
def test_demands_that_make_no_sense_are_refused(row: dict[str, object], message: str) -> None:
    with pytest.raises(RulesError, match=message):
        Rules.from_mapping(row)


@pytest.mark.parametrize("seed", range(3))
def test_sites_together_is_a_demand_for_each_site_that_fits(seed: int) -> None:
    graph = nx.Graph(random_graph(9, seed))
    size = nx.get_node_attributes(graph, "list_size")
    free = solve(nx.freeze(nx.Graph(graph)), Rules())
    a, b = next(
        (a, b) for a, b in graph.edges
        if free.assignment[a] != free.assignment[b] and size[a] + size[b] <= 30_000
    )  # fmt: skip
    for node in graph:
        graph.nodes[node]["site"] = node
    graph.nodes[b]["site"] = a
    graph = nx.freeze(graph)
    assert solve(graph, Rules()).assignment.equals(free.assignment)
    kept = solve(graph, Rules(sites="together"))
    same = solve(graph, Rules(together=(Together((a, b)),)))
    assert kept.assignment[a] == kept.assignment[b]
    assert kept.objective == same.objective
    assert kept.assignment.equals(same.assignment)


def test_a_site_that_cannot_be_one_network_is_left_free() -> None:
    graph: nx.Graph = nx.Graph()
    for i, people in enumerate((30_000, 31_000, 20_000, 15_000)):
        graph.add_node(f"P{i}", list_size=people, x=0.0, y=0.0, site="S" if i < 2 else "T")
    rules = Rules(sites="together")
    assert [row.practices for row in site_demands(graph, rules)] == [("P2", "P3")]
    apart = Rules(sites="together", apart=(Apart("P2", "P3"),))
    assert site_demands(graph, apart) == []
    locked = Rules(sites="together", locked=(Locked(("P1", "P2")),))
    assert site_demands(graph, locked) == []
    assert site_demands(graph, Rules()) == []


def test_what_an_lp_pays_for_one_of_a_bundle_and_takes_back_from_another_is_shared_out() -> None:
    """Only the sum matters; a search that hopes for the one without the other takes far longer."""
    rules = Rules(together=(Together(("P00", "P15")),))
    problem = Problem.build(random_graph(24, 3, mean=8_000), rules)
    wild = 1_350.0 * problem.weights
    wild[[0, 15]] += [5e8, -5e8]
    evened = problem.evened(wild)
    assert evened == pytest.approx(1_350.0 * problem.weights)
    cuts, visited = Cuts(problem.n), []
    for prices in (wild, evened):
        found = price_groups(
            problem.land, prices, 0.0, 0.0, np.arange(problem.n), cuts.starts, cuts.ids,
            cuts.members, np.empty(0), 0, 0, 1_000_000,
        )  # fmt: skip
        visited.append((sorted(Pool(*found[:4]).groups()), found[5]))
    assert visited[0][0] == visited[1][0]
    assert visited[1][1] < 0.7 * visited[0][1]
    told = Prices(wild, 0.0, np.empty(0), 0.0)
    lists = [
        groups_within(problem, cuts, replace(told, practices=p), 0.0, 1_000, Clock())
        for p in (wild, evened)
    ]
    assert lists[0] is not None
    assert lists[1] is not None
    assert lists[0].groups() == lists[1].groups()  # in the same order: it is the same search


# A locked network that bears little (20, 28), and a demand on a practice that is left out (78).
@pytest.mark.parametrize("number", [20, 28, 78])
def test_what_a_plan_bears_is_said_where_a_demand_is_at_its_end(number: int) -> None:
    of = combined(number)
    found = most_headroom(of.graph, of.rules)
    assert found.proven
    assert found.plan.status is Status.OPTIMAL
    verify(found.plan, of.graph, replace(of.rules, headroom=found.percent))
    for lock in of.rules.locked:
        people = sum(of.graph.nodes[p]["list_size"] for p in lock.practices)
        assert people * (1 - found.percent / 100) >= of.rules.min_list


# Networks of practices at one place: nobody has any way to the hub.
@pytest.mark.parametrize("number", [195, 1238])
def test_what_a_plan_without_ways_bears_is_no_less_than_its_networks_bear(number: int) -> None:
    of = combined(number, 6, 9)
    assert solve(of.graph, replace(of.rules, objective="distance")).objective == 0
    found = most_headroom(of.graph, of.rules)
    assert found.proven
    (members,) = found.plan.groups().values()
    people = sum(of.graph.nodes[p]["list_size"] for p in members)
    assert people * (1 - found.percent / 100) >= of.rules.min_list
    assert people * (1 + found.percent / 100) <= of.rules.max_list
    assert found.percent > 0
