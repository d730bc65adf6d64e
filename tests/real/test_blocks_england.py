"""Networks of LSOAs of real authorities: proven values that another program found, checked anew."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from lsoa_areas import lsoa_graph

from pcngeo.optimise.blocks import solve_blocks
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

pytestmark = pytest.mark.real


def kilometres(graph: nx.Graph, plan: Plan) -> float:
    """Least total way to one LSOA of each network, for each patient; everything else is checked."""
    people = nx.get_node_attributes(graph, "list_size")
    placed, total = set(), 0.0
    for members in plan.groups().values():
        assert nx.is_connected(graph.subgraph(members))
        assert 30_000 <= sum(people[p] for p in members) <= 50_000
        assert not placed & set(members)
        placed |= set(members)
        places = np.array([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in members])
        ways = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
        total += float((ways @ np.array([people[p] for p in members])).min())
    assert placed == set(graph)
    assert plan.objective == pytest.approx(total, rel=1e-9)
    return total / sum(people.values()) / 1000


# Kilometres that HiGHS found for the plain Hess model of the same LSOAs, to 0.01 %.
@pytest.mark.parametrize(
    ("authority", "networks", "best"), [("Darlington", 3, 1.632), ("Barnsley", 7, 2.011)]
)
def test_lsoas_of_an_authority_are_proven_as_by_the_plain_model(
    authority: str, networks: int, best: float, shared: Path
) -> None:
    graph = lsoa_graph(shared, authority)
    plan = solve_blocks(graph, Rules(networks=networks))
    assert plan.status is Status.OPTIMAL
    assert len(plan.networks) == networks
    assert kilometres(graph, plan) == pytest.approx(best, abs=0.0006)


def test_a_county_under_a_limit_is_complete_and_its_gap_is_told(shared: Path) -> None:
    graph = lsoa_graph(shared, "06H")
    plan = solve_blocks(graph, Rules(), time_limit=15.0)
    assert kilometres(graph, plan) > 0
    assert plan.bound is not None
    assert plan.objective is not None
    assert 0 < plan.bound < plan.objective
    assert plan.gap is not None
    assert f"{plan.gap:.2%} from the best possible" in plan.proof
