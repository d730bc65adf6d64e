"""A search that begins under known cuts chooses from short lists; ties by place divide no plan."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from test_optimise_groups import random_graph

from pcngeo.demands import Apart, Together
from pcngeo.optimise import exact, lists, near, solve
from pcngeo.optimise.plain import all_groups
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.pricing import adjacent_choices, price, with_choice
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.ties import keeping_ties, tied
from pcngeo.rules import Rules


# Lists that hold the best plan at once, in steps, after a plan was sought, and ones too long.
@pytest.mark.parametrize(
    ("steps", "far", "longest"),
    [
        (lists.STEPS, lists.FAR, lists.LONGEST),
        ((1e-6, 0.004, 0.4), 2, lists.LONGEST),
        ((1e-6, 0.004, 0.4), 1, lists.LONGEST),
        (lists.STEPS, lists.FAR, 1),
    ],
)
@pytest.mark.parametrize("seed", [2, 4])
def test_lists_near_the_lp_give_what_a_search_from_scratch_gives(
    seed: int, steps: tuple[float, ...], far: int, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(20, seed, mean=9_000)
    base = solve(graph)
    closed, dived = [], []
    choose_near, dive = exact.choose_near, lists._dive

    def chosen(task: Any, master: Any, found: Any, outcome: Any, clock: Any) -> None:
        choose_near(task, master, found, outcome, clock)
        closed.append(outcome.cost - outcome.bound <= 2 * task.margin)

    def dives(*given: Any) -> None:
        dive(*given)
        dived.append(given)

    monkeypatch.setattr(exact, "choose_near", chosen)
    monkeypatch.setattr(lists, "_dive", dives)
    monkeypatch.setattr(lists, "STEPS", steps)
    monkeypatch.setattr(lists, "FAR", far)
    monkeypatch.setattr(lists, "LONGEST", longest)
    # any three practices are a cut that holds
    prove = exact.prove
    known = tuple((i, i + 1, i + 2) for i in range(10))
    monkeypatch.setattr(near, "prove", lambda *g, cuts: prove(*g, cuts=cuts or known))
    for choice in adjacent_choices(graph, Rules(), base)[::4]:
        asked = price(graph, None, choice, base=base)
        scratch = solve(graph, with_choice(Rules(), choice))
        assert asked.plan.status == scratch.status
        assert asked.plan.unplaced_patients == scratch.unplaced_patients
        assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-6)
    assert any(closed) == (longest > 1)
    assert dived or far > 1


def spider() -> nx.Graph:
    """Return a town of four, a valley of two behind one of them, and one that touches two."""
    lists_of = {"A": 16_000, "B": 15_000, "C": 17_000, "D": 26_000, "E": 9_000, "F": 8_000}
    lists_of["G"] = 7_000
    graph = nx.Graph()
    for i, (code, patients) in enumerate(lists_of.items()):
        graph.add_node(code, list_size=patients, x=1000.0 * i, y=700.0 * (i % 3))
    for a, b in ("AB", "BC", "CD", "DA", "AC", "CE", "EF", "GA", "GD"):
        graph.add_edge(a, b, kind="border", border_m=1.0, distance_m=1000.0)
    return graph


def bundles(problem: Problem) -> list[str]:
    land = problem.land
    return [
        "".join(problem.labels[i] for i in np.flatnonzero(land.bundle == b))
        for b in range(len(land.bundle_size))
    ]


def test_practices_with_no_other_way_are_tied() -> None:
    graph, everybody = spider(), np.ones(7, bool)
    problem = tied(Problem.build(graph, Rules()), everybody)
    assert bundles(problem) == ["CEF"]  # the valley and who leads into it: 34,000
    assert problem.land.bundle_weight.tolist() == [34_000]
    apart = tied(Problem.build(graph, Rules(apart=(Apart("A", "G"),))), everybody)
    assert bundles(apart) == ["CEF", "DG"]
    kept = {
        (apart.labels[i], apart.labels[j])
        for i in range(7)
        for j in apart.land.apart[apart.land.apart_starts[i] : apart.land.apart_starts[i + 1]]
    }
    assert kept == {("A", "G"), ("G", "A"), ("A", "D"), ("D", "A")}  # G takes D with it
    with_d = tied(Problem.build(graph, Rules(together=(Together(("F", "D")),))), everybody)
    assert bundles(with_d) == ["CDEF"]
    free = Problem.build(line(), Rules())
    assert tied(free, np.zeros(3, bool)) is free  # nobody has to be placed


def line() -> nx.Graph:
    graph = nx.path_graph(3)
    for i in graph:
        graph.nodes[i].update(list_size=16_000, x=1000.0 * i, y=0.0)
    return nx.relabel_nodes(graph, str)


@pytest.mark.parametrize("seed", range(8))
def test_no_division_of_everybody_divides_a_tie(seed: int) -> None:
    graph = random_graph(9, 40 + seed, mean=11_000)
    codes = sorted(graph)
    choice = Apart(*sorted(list(graph.edges)[seed]))
    rules = with_choice(Rules(), choice)
    problem = Problem.build(graph, rules)
    bound = tied(problem, np.ones(problem.n, bool))
    groups = [g for g in all_groups(graph, 30_000, 50_000) if not {choice.a, choice.b} <= g]
    places = [tuple(sorted(codes.index(p) for p in g)) for g in groups]
    pool = Pool.of(places, [0.0] * len(places), [g[0] for g in places])
    free = dict(zip(map(frozenset, places), keeping_ties(bound, pool), strict=True))

    def divisions(rest: frozenset[int]) -> list[list[frozenset[int]]]:
        if not rest:
            return [[]]
        here = [g for g in free if min(rest) in g and g <= rest]
        return [[g, *more] for g in here for more in divisions(rest - g)]

    for division in divisions(frozenset(range(9))):
        assert all(free[g] for g in division)


def test_a_price_under_ties_is_that_of_a_search_from_scratch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = random_graph(20, 3, mean=9_000)
    base = solve(graph)
    ties: list[bool] = []
    tie = near.tied

    def kept(problem: Any, placed: Any) -> Any:
        ties.append(tie(problem, placed) is not problem)
        return tie(problem, placed)

    monkeypatch.setattr(near, "tied", kept)
    for choice in adjacent_choices(graph, Rules(), base)[::3]:
        asked = price(graph, None, choice, base=base)
        scratch = solve(graph, with_choice(Rules(), choice))
        assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-6)
    assert any(ties)
