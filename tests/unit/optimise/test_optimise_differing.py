"""Alternatives differ as asked, are as good as said, and no better one was missed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import networkx as nx
import pytest
from agreeing import combined
from agreeing import divisions as every_division
from test_optimise_groups import random_graph
from test_optimise_solve import check

from pcngeo.alternatives.tables import other_company, together_table
from pcngeo.demands import Together
from pcngeo.errors import RulesError
from pcngeo.optimise import differing, solve
from pcngeo.optimise.differing import (
    Alternatives,
    Step,
    alternatives,
)
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.optimise.sturdy import most_headroom
from pcngeo.recheck import verify
from pcngeo.recount import cost
from pcngeo.rules import Rules

FREE = Rules(networks="free")


def partitions(graph: nx.Graph) -> Iterator[tuple[float, frozenset[frozenset[str]]]]:
    """Every way of placing everybody, with its cost, in plain words."""
    groups = {g: group_cost(graph, g)[0] for g in all_groups(graph, 30_000, 50_000)}

    def place(
        left: frozenset[str], cost: float, made: tuple[frozenset[str], ...]
    ) -> Iterator[tuple[float, frozenset[frozenset[str]]]]:
        if not left:
            yield cost, frozenset(made)
            return
        first = min(left)
        for group, price in groups.items():
            if first in group and group <= left:
                yield from place(left - group, cost + price, (*made, group))

    yield from place(frozenset(graph), 0.0, ())


def apart(size: dict[str, int], one: frozenset, other: frozenset) -> float:
    total = sum(size.values())
    return 1.0 - sum(size[p] for g in one & other for p in g) / total


@pytest.mark.parametrize("differ", [0.3, 0.6])
def test_alternatives_are_the_best_that_differ_of_all_plans_tried_out(differ: float) -> None:
    tried = 0
    for seed in range(300, 330):
        graph = random_graph(12, seed, mean=11_000)
        every = sorted(partitions(graph), key=lambda row: row[0])
        if len(every) < 8 or tried == 5:
            continue
        tried += 1
        size = nx.get_node_attributes(graph, "list_size")
        found = alternatives(graph, FREE, 4, differ=differ, within=0.3)
        made = [frozenset(map(frozenset, p.groups().values())) for p in found.plans]
        for k, plan in enumerate(found.plans):
            check(graph, plan, FREE)
            allowed = [c for c, p in every if all(apart(size, p, m) >= differ for m in made[:k])]
            assert plan.objective == pytest.approx(allowed[0], rel=1e-6)
            assert found.over_best(k) <= 0.3 + 1e-6
        left = [c for c, p in every if all(apart(size, p, m) >= differ for m in made)]
        if found.exhausted:
            assert not left or left[0] > 1.3 * every[0][0] * (1 - 1e-6)
        else:
            assert len(found.plans) == 4
    assert tried == 5


def some(seed: int = 4) -> tuple[nx.Graph, Alternatives]:
    graph = random_graph(24, seed, mean=13_000)
    return graph, alternatives(graph, None, 4, differ=0.4, within=0.2)


def test_plans_differ_as_measured_apart_from_the_search() -> None:
    graph, found = some()
    size = nx.get_node_attributes(graph, "list_size")
    assert len(found.plans) > 1
    for one, other in itertools.combinations(found.plans, 2):
        assert len(one.networks) == len(other.networks)
        assert other_company(one, other, size, 50_000) >= 0.4
        mine, theirs = set(one.groups().values()), set(other.groups().values())
        same = sum(size[p] for g in mine & theirs for p in g)
        assert same <= 0.6 * sum(size.values())
    costs = [p.objective for p in found.plans]
    assert costs == sorted(costs)
    assert found.plans[0].assignment.equals(solve(graph).assignment)


def test_pairs_are_counted_over_the_plans() -> None:
    _, found = some()
    table = together_table(found.plans).set_index(["practice_a", "practice_b"])
    for (a, b), row in table.iterrows():
        times = sum(p.assignment[a] == p.assignment[b] != "" for p in found.plans)
        assert (row["together_in"], row["words"]) == (times, f"in {times} of {len(found.plans)}")


def test_when_there_are_no_more_that_is_proven_and_said() -> None:
    graph = nx.Graph()
    for i, patients in enumerate([12_000, 21_000, 15_000, 19_000]):
        graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    nx.add_path(graph, sorted(graph), kind="border", border_m=1.0, distance_m=1000.0)
    found = alternatives(graph, None, 3)
    assert (len(found.plans), found.exhausted) == (1, True)
    assert "proven: no further one within 5 %" in found.sentence
    assert "leave other practices out" not in found.sentence


def test_what_cannot_be_is_refused() -> None:
    graph = random_graph(14, 8, mean=10_000)
    with pytest.raises(RulesError, match="differ above 0"):
        alternatives(graph, None, 3, differ=0.0)
    with pytest.raises(RulesError, match="proven"):
        alternatives(graph, None, 3, time_limit=0.0)


def value(graph: nx.Graph, rules: Rules, group: frozenset[str]) -> tuple[float, ...]:
    """What a network costs by the stages of the rules, in plain words; the window's ends first."""
    people = sum(graph.nodes[p]["list_size"] for p in group)
    beyond = max(0, rules.min_list - people) + max(0, people - rules.max_list)
    plain = {
        "distance": group_cost(graph, group)[0],
        "size": abs(people - rules.target_list),
        "borders": sum(graph.edges[e]["border_m"] for e in nx.edge_boundary(graph, group)) / 2,
    }  # fmt: skip
    named = tuple(sum(w * plain[n] for n, w in stage) for stage in rules.stages)
    return (beyond, *named) if rules.soft else named


@pytest.mark.parametrize(
    "rules",
    [
        Rules(networks="free", objective="borders"),
        Rules(networks="free", objective=["size", "distance"]),
        Rules(networks=2, soft_min_list=15_000, soft_max_list=75_000),
        Rules(networks=3, together=(Together(("P00", "P01")),)),
    ],
    ids=["borders", "size-then-distance", "soft", "together"],
)
def test_every_objective_has_alternatives_that_are_best_of_all_tried_out(rules: Rules) -> None:
    tried = 0
    for seed in range(300, 360):
        graph = random_graph(9, seed, mean=12_500)
        for k, (_, _, data) in enumerate(sorted(graph.edges(data=True))):
            data["border_m"] = 100.0 + 37 * (k * k % 11)
        base = solve(graph, rules)
        if tried == 3:
            break
        if base.unplaced or base.status != "optimal":
            continue
        tried += 1
        check_sequence(graph, rules, alternatives(graph, rules, 3, differ=0.4, within=0.5))
    assert tried == 3


def check_sequence(graph: nx.Graph, rules: Rules, found: Alternatives) -> None:
    low, high = rules.soft_min_list or rules.min_list, rules.soft_max_list or rules.max_list
    if rules.soft and found.plans[0].objectives == rules.stages:  # everybody fits inside
        low, high, rules = rules.min_list, rules.max_list, Rules(networks=rules.networks)
    size = nx.get_node_attributes(graph, "list_size")
    every = []
    for parts in divisions(graph, low, high):
        if isinstance(rules.networks, int) and len(parts) != rules.networks:
            continue
        if any(len({*row.practices} & g) == 1 for row in rules.together for g in parts):
            continue
        costs = tuple(map(sum, zip(*(value(graph, rules, g) for g in parts), strict=True)))
        every.append((costs, frozenset(parts)))
    every.sort(key=lambda row: row[0])
    assert found.plans[0].objective == pytest.approx(every[0][0][-1], rel=1e-6, abs=0.5)
    held = [
        c
        for c in every
        if all(a <= b + 0.5 for a, b in zip(c[0][:-1], every[0][0][:-1], strict=True))
    ]
    held.sort(key=lambda row: row[0][-1])
    made = [frozenset(map(frozenset, p.groups().values())) for p in found.plans]
    assert all(map(found.cheaper_excluded, range(len(made))))
    for k, plan in enumerate(found.plans):
        allowed = [c[-1] for c, p in held if all(apart(size, p, m) >= 0.4 for m in made[:k])]
        assert plan.objective == pytest.approx(allowed[0], rel=2e-6, abs=1e-3)
    left = [c[-1] for c, p in held if all(apart(size, p, m) >= 0.4 for m in made)]
    if found.exhausted:
        assert not left or left[0] > 1.5 * held[0][0][-1] * (1 - 1e-6)


def divisions(graph: nx.Graph, low: int, high: int) -> Iterator[tuple[frozenset[str], ...]]:
    groups = list(all_groups(graph, low, high))

    def place(left: frozenset[str], made: tuple) -> Iterator[tuple[frozenset[str], ...]]:
        if not left:
            yield made
            return
        for group in groups:
            if min(left) in group and group <= left:
                yield from place(left - group, (*made, group))

    return place(frozenset(graph), ())


def test_where_the_best_plan_leaves_somebody_out_the_same_stay_out() -> None:
    graph = random_graph(10, 301, mean=11_000)
    lonely = nx.Graph(graph)
    lonely.add_node("X", list_size=4_000, x=9e4, y=9e4)
    found = alternatives(lonely, FREE, 3, differ=0.3, within=0.5)
    assert len(found.plans) > 1
    assert {plan.unplaced for plan in found.plans} == {found.plans[0].unplaced}
    assert found.inside
    assert found.sentence.endswith("Plans that leave other practices out were not looked for.")


def test_a_search_that_was_broken_off_goes_on_to_the_same_plans() -> None:
    graph = random_graph(24, 4, mean=13_000)
    steps: list[Step] = []
    whole = alternatives(graph, None, 4, differ=0.4, within=0.2, keep=steps.append)
    assert len(steps) == len(whole.plans) - 1 >= 2
    again = alternatives(graph, None, 4, differ=0.4, within=0.2, begun=steps[:1])
    assert [p.groups() for p in again.plans] == [p.groups() for p in whole.plans]
    assert again.bounds == whole.bounds


def test_a_search_at_its_limit_says_what_is_not_excluded(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph(40, 3, mean=8_000)
    exact = alternatives(graph, None, 4, differ=0.6, within=0.3)
    monkeypatch.setattr(differing, "MOST_NODES", 1)
    found = alternatives(graph, None, 4, differ=0.6, within=0.3)
    for k in range(1, min(2, len(found.plans))):
        assert found.bounds[k] <= exact.plans[k].objective * (1 + 1e-6)
    if not all(map(found.cheaper_excluded, range(len(found.plans)))):
        assert "not excluded" in found.sentence


# Practices are left out that borders, common patients, the mean or a demand have to do with.
@pytest.mark.parametrize("number", [44, 371, 418, 676, 826, 834, 1039])
def test_the_same_practices_stay_out_of_the_same_area(number: int) -> None:
    of = combined(number)
    found = alternatives(of.graph, of.rules, 3, differ=0.4, within=0.3)
    best, size = found.plans[0], nx.get_node_attributes(of.graph, "list_size")
    assert found.inside
    assert found.exhausted
    for plan in found.plans:
        verify(plan, of.graph, of.rules)
        assert plan.assignment.eq("").equals(best.assignment.eq(""))

    def is_balanced(groups: list[tuple[str, ...]]) -> bool:
        mean = of.people / len(groups)
        sums = [sum(size[p] for p in group) for group in groups]
        return all(abs(s / mean - 1) <= of.rules.balance / 100 for s in sums)

    placed = {p for p in of.codes if best.assignment[p] != ""}
    made = len([g for g in best.groups().values() if set(g) <= placed])
    any_number = of.rules.networks in ("free", (2, 6)) and not of.rules.balance
    (stage,) = of.rules.stages
    every = [
        (cost(stage, groups, of.graph, of.rules), set(groups))
        for parts in every_division(of, best.unplaced_patients)
        for groups in [[tuple(sorted(group)) for group in parts]]
        if {p for group in groups for p in group} == placed
        and (any_number or len(groups) == made)
        and (not of.rules.balance or is_balanced(groups))
    ]
    people = sum(size[p] for p in placed)
    before: list[set[tuple[str, ...]]] = []
    for k in range(4):
        enough = [
            value
            for value, groups in every
            if all(sum(size[p] for g in groups - b for p in g) >= 0.4 * people for b in before)
        ]
        if k == len(found.plans):
            assert not enough or min(enough) > 1.3 * min(value for value, _ in every)
            break
        plan = found.plans[k]
        assert plan.objective == pytest.approx(min(enough), rel=1e-6, abs=1e-6)
        before.append({tuple(g) for g in plan.groups().values() if set(g) <= placed})


def test_where_there_is_no_plan_that_is_the_reason() -> None:
    graph, rules = random_graph(8, 1), Rules(networks=7)
    with pytest.raises(RulesError, match=r"no alternatives: there is no plan .* each needs"):
        alternatives(graph, rules)
    assert "there is no plan under the rules. 7 networks" in most_headroom(graph, rules).sentence
