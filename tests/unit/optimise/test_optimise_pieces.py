"""An area in pieces that no link joins: settled piece by piece, as by one search of the whole."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from pcngeo.optimise import pieces, settle, solve
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.ground import Ground
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.task import Task
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules


def two_towns(seed: int) -> nx.Graph[str]:
    """Make two towns of six and seven practices that no link joins."""
    random = np.random.default_rng(seed)
    graph: nx.Graph[str] = nx.Graph()
    for town, count in (("A", 6), ("B", 7)):
        for i in range(count):
            x, y = random.uniform(0, 5_000, 2) + (0 if town == "A" else 50_000)
            patients = int(random.integers(6_000, 24_000))
            graph.add_node(f"{town}{i}", list_size=patients, x=float(x), y=float(y))
        for i in range(count):
            for j in {(i + 1) % count, (i + 3) % count}:
                graph.add_edge(
                    f"{town}{i}", f"{town}{j}", kind="border", border_m=1.0, distance_m=1.0
                )
    return graph


def said(plan: Plan) -> tuple[object, ...]:
    return (
        plan.status, plan.unplaced_patients, plan.unplaced_bound,
        None if plan.objective is None else pytest.approx(plan.objective, rel=1e-6),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_pieces_agree_with_one_search_of_the_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = two_towns(seed)
    ways = []
    real = settle.ways_to_share
    monkeypatch.setattr(settle, "ways_to_share", lambda g, k: ways.append(real(g, k)) or ways[-1])
    found = {k: solve(graph, Rules(networks=k)) for k in range(2, 8)}
    assert any(way is not None for way in ways)
    monkeypatch.setattr(settle, "ways_to_share", lambda ground, count: None)
    for k, plan in found.items():
        assert plan.status in (Status.OPTIMAL, Status.INFEASIBLE)
        assert said(plan) == said(solve(graph, Rules(networks=k))), k


def test_a_piece_that_ran_out_of_time_leaves_a_plan_and_a_bound_that_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, rules = two_towns(1), Rules(networks=4)
    best = solve(graph, rules)
    real = pieces.survey
    seen: list[Problem] = []

    def second_is_too_late(problem: Problem, seed: int, clock: Clock) -> Ground:
        seen.append(problem)
        if len(seen) == 2:
            raise OutOfTimeError
        return real(problem, seed, clock)

    monkeypatch.setattr(pieces, "survey", second_is_too_late)
    stopped = solve(graph, rules)
    assert stopped.status is Status.TIME_LIMIT
    assert stopped.unplaced_bound <= best.unplaced_patients <= stopped.unplaced_patients
    assert stopped.bound is None or stopped.bound <= (best.objective or 0.0)


@pytest.mark.parametrize("large", ["A", "B"])
def test_what_a_large_piece_has_when_time_is_up_is_joined_with_the_others(
    large: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = two_towns(1), Rules(networks=4)
    if large == "A":
        names = {p: ("B" if p[0] == "A" else "A") + p[1:] for p in graph}
        graph = nx.relabel_nodes(graph, names)
    best = solve(graph, rules)
    real = settle.prove

    def no_time_for_the_large_one(task: Task, *asked: Any, **options: Any) -> Pool:
        met = real(task, *asked, **options)
        if task.problem.n == 7:
            raise OutOfTimeError
        return met

    monkeypatch.setattr(settle, "prove", no_time_for_the_large_one)
    stopped = solve(graph, rules)
    assert stopped.status is Status.TIME_LIMIT
    assert stopped.unplaced_patients == best.unplaced_patients
    assert stopped.objective == pytest.approx(best.objective)
    assert stopped.bound == pytest.approx(best.objective, rel=1e-6)
