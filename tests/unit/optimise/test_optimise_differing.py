"""Alternatives differ as asked, are as good as said, and no better one was missed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import networkx as nx
import pytest
from test_optimise_groups import random_graph
from test_optimise_solve import check

from pcngeo.errors import RulesError
from pcngeo.optimise import solve
from pcngeo.optimise.differing import Alternatives, alternatives, other_company, together_table
from pcngeo.optimise.plain import all_groups, group_cost
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
    assert "proven: no further one within 5%" in found.sentence


def test_what_cannot_be_is_refused() -> None:
    graph = random_graph(14, 8, mean=10_000)
    with pytest.raises(RulesError, match="differ above 0"):
        alternatives(graph, None, 3, differ=0.0)
    with pytest.raises(RulesError, match="objective distance"):
        alternatives(graph, Rules(objective="borders"), 3)
