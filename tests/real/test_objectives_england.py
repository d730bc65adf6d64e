"""Objectives and soft windows on real areas, each plan counted anew by code of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from optimise_areas import area_graph

from pcngeo.inputs import attach
from pcngeo.optimise import solve
from pcngeo.plan import Status
from pcngeo.recheck import verify
from pcngeo.recount import cost
from pcngeo.rules import Rules
from pcngeo.travel import Travel

pytestmark = pytest.mark.real


def test_least_change_of_todays_networks(shared: Path) -> None:
    tidy = pd.read_csv(shared / "england" / "practices_2021-01.csv.gz", low_memory=False)
    today = tidy.set_index("ods_code")["pcn_code"].fillna("").astype(str).to_dict()
    graph = attach(area_graph(shared, "2021-01", "08V"), {"network_today": today})
    rules = Rules(objective=["changed", "distance"])
    plan = solve(graph, rules)
    assert plan.status is Status.OPTIMAL
    verify(plan, graph, rules)
    nearest = [tuple(m) for m in solve(graph).groups().values()]
    assert plan.held[0] == 55_822
    assert plan.held[0] < cost((("changed", 1.0),), nearest, graph, rules)
    assert plan.objective > cost((("distance", 1.0),), nearest, graph, rules)


def test_a_soft_window_takes_in_a_practice_that_fits_nowhere(shared: Path) -> None:
    graph = area_graph(shared, "2021-01", "01K")
    assert solve(graph).unplaced == ("P81013",)
    rules = Rules(soft_min_list=25_000, soft_max_list=70_000)
    plan = solve(graph, rules)
    assert plan.status is Status.OPTIMAL
    assert plan.unplaced_patients == 0
    assert plan.held[0] == graph.nodes["P81013"]["list_size"] == 15_039
    verify(plan, graph, rules)


def test_travel_where_it_is_asked_for(shared: Path) -> None:
    graph = area_graph(shared, "2021-01", "14L").copy()
    codes = sorted(graph)
    x = np.array([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in codes])
    metres = np.hypot(*(x[:, None, :] - x[None, :, :]).transpose(2, 0, 1))
    noise = np.random.default_rng(5).uniform(1.1, 1.9, metres.shape)
    index = pd.Index(codes, name="practice")
    graph.graph["travel"] = Travel(
        pd.DataFrame(metres * noise / 500, index=index, columns=index), "minutes", "made up"
    )
    rules = Rules(objective="travel")
    plan = solve(graph, rules)
    assert plan.status is Status.OPTIMAL
    verify(plan, graph, rules)
