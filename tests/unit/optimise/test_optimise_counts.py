"""The number of networks: which one is taken, and what is said of it."""

from __future__ import annotations

import networkx as nx
import pytest

from pcngeo.optimise import solve
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.counts import decide
from pcngeo.optimise.ground import survey
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer
from pcngeo.plan import Status
from pcngeo.rules import Rules


@pytest.fixture
def row() -> nx.Graph:
    """Three in a row, no two of which fit together; 90,000 / 40,000 is nearest to two."""
    graph = nx.path_graph(["A", "B", "C"])
    for i, name in enumerate(graph):
        graph.nodes[name].update(list_size=30_000, x=1_000.0 * i, y=0.0)
    for one, other in graph.edges:
        graph.edges[one, other].update(kind="border", border_m=1.0, distance_m=1_000.0)
    return graph


def test_a_limit_never_takes_a_plan_that_leaves_more_out_than_the_one_at_hand(
    row: nx.Graph,
) -> None:
    ground = survey(Problem.build(row, Rules()), 0, Clock())
    seen: list[tuple[int, int]] = []

    def halt(phase: str, answer: Answer) -> None:
        assert answer.plan is not None
        seen.append((len(answer.plan), answer.left_out))
        raise OutOfTimeError

    answer = Answer(left_out=90_000)
    with pytest.raises(OutOfTimeError):
        decide(ground, Rules(), answer, Clock(), halt)
    assert seen[0] == (2, 30_000)
    assert answer.plan is not None
    assert (len(answer.plan), answer.left_out, answer.left_out_bound) == (3, 0, 0)
    assert answer.bound is None
    assert not answer.settled


@pytest.mark.parametrize("objective", ["distance", ["size", "distance"]])
def test_why_it_is_another_number_is_said_whatever_counts_after_it(
    row: nx.Graph, objective: str | list[str]
) -> None:
    plan = solve(row, Rules(objective=objective))
    assert plan.status is Status.OPTIMAL
    assert len(plan.networks) == 3
    assert plan.explanation[0].startswith("2 networks would be nearest to the target size, but")
    assert len([words for words in plan.explanation if "nearest to the target" in words]) == 1
