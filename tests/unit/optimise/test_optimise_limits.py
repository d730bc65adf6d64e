"""Time-outs, Ctrl-C and progress: the best plan so far, never nothing, never an unproven claim."""

from __future__ import annotations

import threading
import time

import networkx as nx
import pytest
from test_optimise_groups import random_graph
from test_optimise_solve import check

from pcngeo.errors import SolverError
from pcngeo.optimise import solve
from pcngeo.optimise.options import options_table, solve_counts
from pcngeo.optimise.plain import best_partition
from pcngeo.plan import Status
from pcngeo.rules import Rules


def large_graph() -> nx.Graph:
    """Dense small lists: far more than can be proven in a moment."""
    return random_graph(150, 1, mean=4_000)


@pytest.mark.parametrize("limit", [1e-9, 0.05, 0.5])
def test_out_of_time_returns_the_best_so_far(limit: float) -> None:
    graph = large_graph()
    solve(random_graph(8, 1))  # kernels compiled
    plan = solve(graph, Rules(networks="free"), time_limit=limit)
    if plan.objective is not None:
        check(graph, plan, Rules())
        assert plan.bound is None or plan.bound <= plan.objective
    if plan.status is not Status.OPTIMAL:
        assert plan.status is Status.TIME_LIMIT
    assert set(plan.assignment.index) == set(graph)


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    graph = random_graph(20, 2)
    one, other = solve(graph), solve(graph, time_limit=600)
    assert one.assignment.equals(other.assignment)
    assert (one.objective, one.bound) == (other.objective, other.bound)


def test_progress_tells_a_falling_gap() -> None:
    told: list[tuple[str, float | None, float | None, float | None]] = []
    plan = solve(random_graph(20, 2), progress=lambda *news: told.append(news))
    bounds = [bound for _, _, bound, _ in told if bound is not None]
    assert bounds
    assert bounds == sorted(bounds)
    assert told[-1][1] == plan.objective


def test_interrupted_from_the_keyboard() -> None:
    graph = large_graph()
    seen = []

    def stop(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        seen.append(best)
        if best is not None:
            raise KeyboardInterrupt

    plan = solve(graph, Rules(networks="free"), progress=stop)
    assert plan.status is Status.FEASIBLE
    assert plan.objective == seen[-1]
    assert "The search was stopped by hand, without a proof." in plan.explanation
    check(graph, plan, Rules())


def test_a_fault_of_the_lp_solver_is_told() -> None:
    def fail(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        if best is not None:
            raise SolverError("the LP ended badly.")

    plan = solve(large_graph(), Rules(networks="free"), progress=fail)
    assert plan.status is Status.FEASIBLE
    assert any("the LP solver failed: the LP ended badly." in said for said in plan.explanation)


def test_no_thread_and_no_process_is_left_behind() -> None:
    before = threading.active_count()
    solve(large_graph(), Rules(networks="free"), time_limit=0.1)
    time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.parametrize("seed", [2, 3, 7])
def test_every_number_of_networks(seed: int) -> None:
    graph = random_graph(11, seed, mean=12_000)
    rules = Rules()
    best = best_partition(graph, rules.min_list, rules.max_list)
    plans = solve_counts(graph, rules)
    table = options_table(graph, plans)
    assert len(plans) >= 2
    assert len(set(plans) & set(best)) >= 2
    for count, plan in plans.items():
        if count not in best:
            assert plan.status is Status.INFEASIBLE
            continue
        assert plan.status is Status.OPTIMAL
        out, cost = best[count]
        assert plan.unplaced_patients == plan.unplaced_bound == out
        assert plan.objective == pytest.approx(cost, rel=1e-6)
        assert len(plan.networks) == count
        sizes = [sum(graph.nodes[p]["list_size"] for p in g) for g in plan.groups().values()]
        assert table.loc[count, "smallest"] == min(sizes)
        assert table.loc[count, "largest"] == max(sizes)
        assert table.loc[count, "objective"] == plan.objective
