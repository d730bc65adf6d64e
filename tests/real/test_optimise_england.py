"""Real areas: golden values that independent models produced on the same graphs."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from compact_model import solve_compact
from optimise_areas import area_graph, codes
from test_optimise_solve import check

from pcngeo.optimise import solve
from pcngeo.optimise.explain import unplaced_reasons
from pcngeo.plan import Status
from pcngeo.rules import Rules

pytestmark = pytest.mark.real

#: Area, number of networks, least patient-metres: another code (column generation with HiGHS's
#: integer solver) on the same graphs.
GOLDEN = [
    ("08V", 9, 136033863.46051198),
    ("00L", 8, 1522347221.897278),
    ("01G", 7, 286612170.4611298),
    ("07W", 11, 285633799.2596047),
    ("14L", 17, 439306432.6431819),
]


@pytest.mark.parametrize(("code", "count", "metres"), GOLDEN)
def test_golden_values(shared: Path, code: str, count: int, metres: float) -> None:
    graph = area_graph(shared, "2021-01", code)
    plan = solve(graph)
    check(graph, plan, Rules())
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(metres, rel=1e-7)
    alone = [p for p in graph if graph.nodes[p]["list_size"] > 50_000]
    assert len(plan.networks) - len(alone) == count


OPTIMA = Path(__file__).parents[1] / "golden" / "optima.csv"


def test_values_of_independent_models(shared: Path) -> None:
    """Every value that `benchmarks/golden.py` made with models that share nothing with pcngeo."""
    golden = pd.read_csv(OPTIMA, dtype={"area": str, "networks": "Int64"})
    today = {}
    for vintage in golden["vintage"].unique():
        table = pd.read_csv(shared / "england" / f"practices_{vintage}.csv.gz", low_memory=False)
        today[vintage] = table.set_index("ods_code")["pcn_code"].fillna("").astype(str).to_dict()
    assert golden.groupby(["vintage", "area"]).ngroups >= 20
    for (vintage, code, name), rows in golden.groupby(["vintage", "area", "objective"]):
        graph = nx.Graph(area_graph(shared, vintage, code))
        nx.set_node_attributes(
            graph, {p: today[vintage].get(p, "") for p in graph}, "network_today"
        )
        plan = solve(graph, Rules(objective=name))
        assert plan.status is Status.OPTIMAL
        alone = [p for p in graph if graph.nodes[p]["list_size"] > 50_000]
        for row in rows.itertuples():
            where = f"{vintage} {code} {name} {row.model}"
            assert plan.unplaced_patients == row.left_out, where
            assert plan.objective == pytest.approx(row.value, rel=1e-6, abs=1e-4), where
            if not pd.isna(row.networks):
                assert len(plan.networks) - len(alone) == row.networks, where


def test_small_areas_agree_with_the_compact_model(shared: Path) -> None:
    tried = 0
    for code in codes(shared, "2021-01"):
        graph = area_graph(shared, "2021-01", code)
        if len(graph) > 11:
            continue
        plan = solve(graph)
        check(graph, plan, Rules())
        assert plan.status is Status.OPTIMAL
        alone = [p for p in graph if graph.nodes[p]["list_size"] > 50_000]
        count = len(plan.networks) - len(alone)
        cost, out = solve_compact(graph, 30_000, 50_000, count)
        assert (plan.unplaced_patients, plan.objective) == (out, pytest.approx(cost, rel=1e-6))
        tried += 1
    assert tried >= 2


def test_the_practice_that_fits_nowhere_is_explained(shared: Path) -> None:
    graph = area_graph(shared, "2021-01", "01K")
    plan = solve(graph)
    assert plan.status is Status.OPTIMAL
    assert plan.unplaced == ("P81013",)
    assert plan.unplaced_bound == plan.unplaced_patients == 15_039
    reasons = unplaced_reasons(graph, Rules(), plan)
    assert reasons.loc["P81013", "reason_code"] == "no_feasible_group"
    assert "P81002 (66,455), Y01008 (53,691), which stand alone" in reasons.loc["P81013", "reason"]


def test_a_tight_number_says_who_must_stay_out(shared: Path) -> None:
    graph = area_graph(shared, "2021-01", "08V")
    plan = solve(graph, Rules(networks=7))
    check(graph, plan, Rules())
    assert plan.status is Status.OPTIMAL
    assert 0 < plan.unplaced_patients == plan.unplaced_bound
    assert nx.get_node_attributes(graph, "list_size")[plan.unplaced[0]] <= plan.unplaced_patients
    assert plan.explanation[0].startswith("With 7 networks not everybody can be placed")


@pytest.mark.parametrize(("code", "count"), [("07W", 14), ("07W", 15), ("16C", 22), ("02H", 9)])
def test_a_hard_number_is_answered_within_a_second(shared: Path, code: str, count: int) -> None:
    graph = area_graph(shared, "2021-01", code)
    plan = solve(graph, Rules(networks=count), time_limit=1)
    check(graph, plan, Rules())
    made = [g for g in plan.groups().values() if sum(graph.nodes[p]["list_size"] for p in g) <= 5e4]
    assert made
    assert plan.status in (Status.TIME_LIMIT, Status.OPTIMAL), plan.explanation
    if len(made) != count:
        assert plan.explanation[0].startswith(f"No plan of {count} networks was found")
        assert plan.bound is None
