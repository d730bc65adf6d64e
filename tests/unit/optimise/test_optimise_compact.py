"""Plans against a plain compact model, and against full enumeration, both by `scipy`'s MILP."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from compact_model import solve_compact
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from test_optimise_groups import listed, random_graph
from test_optimise_solve import check

from pcngeo.optimise import solve
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Status
from pcngeo.rules import Rules


def solve_listed(graph: nx.Graph, rules: Rules, count: int) -> tuple[float, int] | None:
    """Choose among all groups there are: distance total and patients left out."""
    problem = Problem.build(graph, rules)
    pool = listed(problem)
    n, m = problem.n, len(pool)
    cost = np.concatenate([pool.costs, problem.weights * 1e7]) / 1e6
    rows = np.concatenate([pool.members, np.arange(n), np.full(m, n)])
    columns = np.concatenate([pool.owners, m + np.arange(n), np.arange(m)])
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n + 1, m + n))
    right = np.append(np.ones(n), count)
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, right, right),
        bounds=Bounds(0, 1),
        integrality=np.ones(m + n),
        options={"mip_rel_gap": 1e-9},
    )
    if answer.status == 2:  # infeasible
        return None
    assert answer.success, answer.message
    chosen = answer.x > 0.5
    return float(pool.costs[chosen[:m]].sum()), int(problem.weights[chosen[m:]].sum())


@pytest.mark.parametrize("seed", range(8))
def test_the_compact_model_agrees(seed: int) -> None:
    graph = random_graph(9, 100 + seed, mean=13_000)
    sizes = nx.get_node_attributes(graph, "list_size").values()
    count = round(sum(s for s in sizes if s <= 50_000) / 40_000)
    plan = solve(graph, Rules(networks=count))
    assert plan.status is Status.OPTIMAL
    cost, out = solve_compact(graph, 30_000, 50_000, count)
    assert plan.unplaced_patients == out
    assert plan.objective == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("seed", range(25))
def test_choosing_among_all_groups_agrees(seed: int) -> None:
    graph = random_graph(22, 200 + seed, mean=[7_000, 10_000, 14_000][seed % 3])
    sizes = nx.get_node_attributes(graph, "list_size").values()
    rules = Rules(networks=round(sum(s for s in sizes if s <= 50_000) / 40_000))
    plan = solve(graph, rules)
    expected = solve_listed(graph, rules, int(rules.networks))
    if expected is None:
        assert plan.status is Status.INFEASIBLE
        return
    cost, out = expected
    assert plan.status is Status.OPTIMAL
    check(graph, plan, rules)
    assert plan.unplaced_patients == out
    assert plan.objective == pytest.approx(cost, rel=1e-6)
