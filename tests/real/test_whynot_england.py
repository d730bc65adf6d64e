"""Why not, in areas where a number of networks is tight or a practice has nowhere to go."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest
from optimise_areas import area_graph

from pcngeo.optimise import solve
from pcngeo.optimise.whynot import WhyNot, why_not
from pcngeo.rules import Rules

pytestmark = pytest.mark.real


def explain(shared: Path, area: str, rules: Rules) -> tuple[nx.Graph, WhyNot]:
    graph = area_graph(shared, "2021-01", area)
    return graph, why_not(graph, rules, solve(graph, rules))


def test_seven_networks_are_too_tight_for_tower_hamlets(shared: Path) -> None:
    graph, said = explain(shared, "08V", Rules(networks=7))
    total = sum(size for _, size in graph.nodes(data="list_size"))
    assert [r.kind for r in said.reasons] == ["tight_total"]
    assert f"{total / 7:,.0f} patients each on average" in said.reasons[0].sentence
    assert said.patients == said.least > 0
    assert [w.count for w in said.ways if w.kind == "count"] == [8]
    assert solve(graph, Rules(networks=8)).unplaced_patients == 0


def test_seven_networks_are_too_many_for_one_area(shared: Path) -> None:
    graph, said = explain(shared, "03J", Rules(networks=7))
    assert [r.kind for r in said.reasons] == ["too_many_networks"]
    assert [w.count for w in said.ways] == [6]
    assert sum(size for _, size in graph.nodes(data="list_size")) < 7 * 30_000


def test_a_practice_of_morecambe_bay_has_only_neighbours_that_stand_alone(shared: Path) -> None:
    graph, said = explain(shared, "01K", Rules())
    (reason,) = said.reasons
    assert (reason.kind, reason.practices) == ("neighbours_spoken_for", ("P81013",))
    assert all(graph.nodes[q]["list_size"] > 50_000 for q in graph["P81013"])
    here, there = next(w.practices for w in said.ways if w.kind == "bridge")
    linked = nx.Graph(graph)
    linked.add_edge(here, there, kind="bridge", border_m=0.0, distance_m=1.0)
    assert solve(linked).unplaced_patients == 0
