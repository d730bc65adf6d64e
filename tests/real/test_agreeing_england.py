"""The solver against independent answers on connected parts of real areas."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from agreeing import compact_answer, compare, disagreement, instance
from optimise_areas import area_graph

from pcngeo.optimise import solve

pytestmark = pytest.mark.real

AREAS = ("00L", "01K", "03W", "08V", "11J", "14L", "15C", "36L")


@pytest.fixture(scope="module")
def areas(shared: Path) -> list[nx.Graph]:
    """Areas of January 2021 with their networks of that day."""
    table = pd.read_csv(shared / "england" / "practices_2021-01.csv.gz", low_memory=False)
    today = table.set_index("ods_code")["pcn_code"].fillna("").astype(str).to_dict()
    found = []
    for code in AREAS:
        graph = nx.Graph(area_graph(shared, "2021-01", code))
        nx.set_node_attributes(graph, {p: today.get(p, "") for p in graph}, "network_today")
        found.append(graph)
    return found


def test_parts_of_real_areas_tried_out(areas: list[nx.Graph]) -> None:
    for number in range(10_000, 10_030):
        of = instance(number, areas, 8, 12)
        assert compare(of) == "", of.words


def test_larger_parts_chosen_among_all_groups(areas: list[nx.Graph]) -> None:
    for number in range(20_000, 20_005):
        of = instance(number, areas, 13, 17)
        assert compare(of) == "", of.words


def test_parts_of_real_areas_by_the_compact_model(areas: list[nx.Graph]) -> None:
    for number in range(40_000, 40_012):
        of = instance(number, areas, 8, 10, compact=True)
        answer = compact_answer(of)
        assert not isinstance(answer, str), of.words
        assert disagreement(of, solve(of.graph, of.rules), answer) == "", of.words
