"""The window that a number of networks leaves open, and plans at both ends of the range."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from test_optimise_compact import solve_listed
from test_optimise_groups import listed, random_graph

from pcngeo.optimise import solve
from pcngeo.optimise.narrow import inside, narrowed
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Status
from pcngeo.rules import Rules


def problem_of(seed: int) -> Problem:
    return Problem.build(random_graph(16, seed, mean=8_000), Rules())


def test_many_networks_lower_the_ceiling_and_few_raise_the_floor() -> None:
    problem = problem_of(3)
    held = problem.patients
    most, fewest = held // 30_000, -(-held // 50_000)
    many = narrowed(problem, (most, most), held)
    assert (many.land.floor, many.land.ceiling) == (30_000, held - (most - 1) * 30_000)
    assert len(many.land.reach) < len(problem.land.reach)
    few = narrowed(problem, (fewest, fewest), held, spare=1_000)
    assert few.land.floor == max(30_000, held - 1_000 - (fewest - 1) * 50_000)
    assert narrowed(problem, (fewest, fewest), held) is problem  # any number may be left out


def test_the_list_of_groups_is_narrowed_with_the_window() -> None:
    problem = problem_of(4)
    most = problem.patients // 30_000
    small = narrowed(problem, (most, most), problem.patients)
    pool = listed(problem)
    again = listed(small)
    assert sorted(again.groups()) == sorted(pool.take(np.flatnonzero(inside(small, pool))).groups())
    assert 0 < len(again) < len(pool)


@pytest.mark.parametrize("seed", range(12))
def test_plans_at_both_ends_of_the_range_are_those_of_all_groups(seed: int) -> None:
    graph = random_graph(18, 400 + seed, mean=[7_000, 10_000][seed % 2])
    patients = sum(nx.get_node_attributes(graph, "list_size").values())
    for count in (-(-patients // 50_000), patients // 30_000):
        plan = solve(graph, Rules(networks=count))
        expected = solve_listed(graph, Rules(), count)
        if expected is None:
            assert plan.status is Status.INFEASIBLE
            continue
        assert plan.status is Status.OPTIMAL
        assert plan.unplaced_patients == expected[1]
        assert plan.objective == pytest.approx(expected[0], rel=1e-6)
