"""Networks of real areas are connected, as libpysal sees the territories on the map."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from test_territory_england import drawn

from pcngeo.adjacency import build_graph
from pcngeo.optimise import solve
from pcngeo.plan import Status
from pcngeo.rules import Rules

pytestmark = pytest.mark.real


def pieces(borders: Any, territories: gpd.GeoDataFrame, members: tuple[str, ...]) -> int:
    """Number of pieces that the sites of some practices fall into, by libpysal alone."""
    return int(borders.subgraph(sorted(set(territories.loc[list(members), "site"]))).n_components)


@pytest.mark.parametrize(
    ("area", "rules"),
    [
        ("02Y", Rules()),
        ("07W", Rules()),
        ("14L", Rules()),
        ("02Y", Rules(objective="size")),
        ("02Y", Rules(objective="span", networks="free")),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.objective[0][0][0]),
)
def test_every_network_is_one_piece_of_the_map(shared: Path, area: str, rules: Rules) -> None:
    from libpysal.graph import Graph

    practices, _, territories = drawn(shared, "2021-01", area)
    graph = build_graph(practices, territories, rules)
    sites = territories.drop_duplicates("site").set_index("site")[["geometry"]]
    borders = Graph.build_contiguity(sites, rook=True)
    plan = solve(graph, rules)
    assert plan.status is Status.OPTIMAL
    networks = list(plan.groups().values())
    assert len(networks) > 5
    assert [n for n in networks if pieces(borders, territories, n) != 1] == []
    both = [pieces(borders, territories, (*a, *b)) for a, b in combinations(networks, 2)]
    assert {1, 2} == set(both)  # networks that touch, and others: it does tell them apart
