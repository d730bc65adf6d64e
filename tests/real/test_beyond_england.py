"""Prices and alternatives in real areas, held against searches from scratch."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from optimise_areas import area_graph

from pcngeo.alternatives.tables import other_company
from pcngeo.optimise import solve
from pcngeo.optimise.differing import alternatives
from pcngeo.optimise.priced import Settled
from pcngeo.optimise.pricing import adjacent_choices, each_price, with_choice
from pcngeo.rules import Rules

pytestmark = pytest.mark.real


def test_prices_of_tower_hamlets_equal_searches_from_scratch(shared: Path) -> None:
    graph = area_graph(shared, "2021-01", "08V")
    base = solve(graph)
    choices = adjacent_choices(graph, Rules(), base)[::8]
    for asked in each_price(graph, None, choices, base=base):
        scratch = solve(graph, with_choice(Rules(), asked.choice))
        assert asked.settled is Settled.PROVEN
        assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-6)
        assert asked.difference >= 0


@pytest.mark.parametrize("code", ["08V", "07W"])
def test_five_plans_differ_by_half_within_five_per_cent(shared: Path, code: str) -> None:
    graph = area_graph(shared, "2021-01", code)
    size = {p: int(graph.nodes[p]["list_size"]) for p in graph}
    found = alternatives(graph)
    assert len(found.plans) == 5
    for one, other in itertools.combinations(found.plans, 2):
        assert other_company(one, other, size, 50_000) >= 0.5
        assert one.objective <= other.objective <= 1.05 * found.plans[0].objective
