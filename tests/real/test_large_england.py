"""North East London as one problem, beside its proven plan, from published files."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from pcngeo import intake, solve
from pcngeo.optimise import large
from pcngeo.optimise.large.certificate import recompute
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Status
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def graph(shared: Path) -> nx.Graph:
    lists, geography = shared / "published" / "2021-01", shared / "published" / "geography"
    area = intake.load(
        lists=lists / "gp-reg-pat-prac-all.csv.gz",
        organisations=lists / "epraccur_2019-12.csv.gz",
        postcodes=[
            geography / "codepo_subset_2025.csv.gz", geography / "codepo_subset_2022.csv.gz"
        ],
        boundaries=geography / "ccg20.geojson.gz",
        membership=lists / "gp-reg-pat-prac-map_2020-09.csv.gz",
        area="QMF",
    )  # fmt: skip
    return prepare_intake(area, Rules()).graph


def test_a_region_as_one_problem(graph: nx.Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE", 100)
    rules = Rules()
    plan = solve(graph, rules)
    assert plan.certificate is not None
    size = nx.get_node_attributes(graph, "list_size")
    for members in plan.groups().values():
        patients = sum(size[p] for p in members)
        assert nx.is_connected(graph.subgraph(members))
        assert rules.min_list <= patients <= rules.max_list or len(members) == 1
    placed = [p for members in plan.groups().values() for p in members]
    assert sorted([*placed, *plan.unplaced]) == sorted(graph)
    alone = [p for p in graph if size[p] > rules.max_list]
    made = len(plan.networks) - len(alone)
    patients = sum(size[p] for p in graph if p not in alone)
    assert made == round(patients / rules.target_list)
    assert plan.bound is not None and plan.objective is not None
    assert plan.bound <= plan.objective <= 1.005 * plan.bound
    again = recompute(Problem.build(graph, rules), plan.certificate, made)
    assert again == pytest.approx(plan.bound, rel=1e-6)
    monkeypatch.undo()
    best = solve(graph, rules)
    assert best.status is Status.OPTIMAL and best.objective is not None
    assert plan.bound <= best.objective * (1 + 1e-6)
    assert best.objective <= plan.objective * (1 + 1e-6)
