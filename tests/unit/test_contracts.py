"""What the stages take: anything else is refused in one sentence that names every fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely

import pcngeo
from pcngeo.errors import DataError, PcnGeoError, RulesError
from pcngeo.plan import Plan, Status
from pcngeo.schema import check_graph, check_practices

CRS = "EPSG:27700"


def practices() -> gpd.GeoDataFrame:
    """Four practices in a row, 20,000 patients each."""
    return gpd.GeoDataFrame(
        {"list_size": 20_000, "standing": "eligible", "site": list("abcd")},
        index=pd.Index([f"A8100{i}" for i in range(4)], name="practice"),
        geometry=[shapely.Point(2_500 + 5_000 * i, 5_000) for i in range(4)],
        crs=CRS,
    )


def boundary() -> gpd.GeoDataFrame:
    shape = shapely.box(0, 0, 20_000, 10_000)
    index = pd.Index(["09A"], name="area")
    return gpd.GeoDataFrame({"name": ["Alderley"]}, index=index, geometry=[shape], crs=CRS)


FRAME = practices()
AREA = boundary()
TERRITORIES = pcngeo.build_territories(FRAME, AREA)
GRAPH = pcngeo.build_graph(FRAME, TERRITORIES)
PLAN = Plan(pd.Series(dict.fromkeys(FRAME.index, "1")), status=Status.GIVEN)


def wrong_graph(**attributes: Any) -> nx.Graph[str]:
    graph = nx.Graph(GRAPH)
    for name, value in attributes.items():
        graph.nodes["A81001"][name] = value
    return graph


BAD = {
    "territories of None": (
        lambda: pcngeo.build_territories(None, AREA),
        "practices must be a GeoDataFrame, not None",
    ),
    "territories of a table": (
        lambda: pcngeo.build_territories(pd.DataFrame(FRAME.drop(columns="geometry")), AREA),
        "not a DataFrame, which has no geometry",
    ),
    "territories, arguments swapped": (
        lambda: pcngeo.build_territories(AREA, FRAME),
        "columns are missing: list_size, standing",
    ),
    "territories without list sizes": (
        lambda: pcngeo.build_territories(FRAME.drop(columns="list_size"), AREA),
        "columns are missing: list_size",
    ),
    "territories, index reset": (
        lambda: pcngeo.build_territories(FRAME.reset_index(), AREA),
        "the practices break their contract: the index must be named 'practice', not None. "
        "Use set_index('practice')",
    ),
    "boundary of another kind": (
        lambda: pcngeo.build_territories(FRAME, "boundary.geojson"),
        "the boundary must be a GeoDataFrame, not a str",
    ),
    "practices as boundary": (
        lambda: pcngeo.build_territories(FRAME, FRAME),
        "the boundary looks like the practices frame",
    ),
    "rules as a mapping": (
        lambda: pcngeo.build_territories(FRAME, AREA, {"territory": "voronoi"}),
        "Use Rules.from_mapping",
    ),
    "graph, arguments swapped": (
        lambda: pcngeo.build_graph(TERRITORIES, FRAME),
        "the practices break their contract: columns are missing: list_size",
    ),
    "graph of None": (lambda: pcngeo.build_graph(FRAME, None), "territories must be a Geo"),
    "graph, negative list": (
        lambda: pcngeo.build_graph(FRAME.assign(list_size=-1), TERRITORIES),
        "4 list sizes are negative: A81000",
    ),
    "graph, shares of patients": (
        lambda: pcngeo.build_graph(FRAME.assign(list_size=0.5), TERRITORIES),
        "list_size must be whole numbers, not float64",
    ),
    "graph, degrees": (
        lambda: pcngeo.build_graph(FRAME.to_crs(4326), TERRITORIES),
        "the practices break their contract: coordinates must be in EPSG:27700",
    ),
    "graph, rules as a mapping": (
        lambda: pcngeo.build_graph(FRAME, TERRITORIES, {"min_border_m": 5}),
        "Use Rules.from_mapping",
    ),
    "solve, rules as a mapping": (
        lambda: pcngeo.solve(GRAPH, {"min_list": 20_000}),
        "the rules must be a Rules, not a dict",
    ),
    "solve, an empty mapping": (lambda: pcngeo.solve(GRAPH, {}), "not a dict"),
    "solve None": (lambda: pcngeo.solve(None), "the graph must be a networkx.Graph, not None"),
    "solve a frame": (lambda: pcngeo.solve(FRAME), "not a GeoDataFrame"),
    "solve bare nodes": (lambda: pcngeo.solve(nx.path_graph(4)), "the graph breaks its contract"),
    "solve negative lists": (
        lambda: pcngeo.solve(wrong_graph(list_size=-7)),
        "1 list sizes are not whole numbers from 0: A81001 (-7)",
    ),
    "measure practices that are not all there": (
        lambda: pcngeo.measure(PLAN, FRAME.iloc[:3], GRAPH),
        "1 of 4 practices of the plan are not in the practices given: A81003",
    ),
    "measure territories that are not all there": (
        lambda: pcngeo.measure(PLAN, FRAME, GRAPH, TERRITORIES.iloc[:3]),
        "not in the territories given: A81003",
    ),
    "measure on another graph": (
        lambda: pcngeo.measure(PLAN, FRAME, nx.Graph()),
        "4 of 4 practices of the plan are not in the graph given",
    ),
    "measure text": (lambda: pcngeo.measure("x", FRAME, GRAPH), "the plan must be a Plan"),
    "measure, arguments swapped": (
        lambda: pcngeo.measure(PLAN, GRAPH, FRAME),
        "the practices must be a GeoDataFrame, not a Graph",
    ),
    "measure, rules as a mapping": (
        lambda: pcngeo.measure(PLAN, FRAME, GRAPH, rules={"min_list": 1}),
        "not a dict",
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", BAD)
def test_a_stage_refuses_what_it_cannot_take(call: str) -> None:
    run: Callable[[], object]
    run, words = BAD[call]
    with pytest.raises(PcnGeoError) as caught:
        run()
    assert words in str(caught.value)
    kind = RulesError if "rules" in call or "mapping" in call else DataError
    assert isinstance(caught.value, kind)


def test_all_faults_of_a_frame_stand_in_one_error() -> None:
    frame = pd.concat([FRAME, FRAME.iloc[:1]]).assign(list_size=-1, standing="maybe")
    with pytest.raises(DataError) as caught:
        check_practices(frame.rename_axis("code").to_crs(4326), ("list_size", "name"))
    for words in (
        "named 'practice', not 'code'",
        "1 practices stand twice: A81000",
        "EPSG:27700",
        "columns are missing: name",
        "5 list sizes are negative",
        "standing holds maybe",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"list_size": 10.5}, "A81001 (10.5)"),
        ({"list_size": "12"}, "A81001 ('12')"),
        ({"list_size": True}, "A81001 (True)"),
        ({"x": float("nan")}, "no finite x and y: A81001"),
        ({"y": None}, "no finite x and y: A81001"),
    ],
)
def test_nodes_hold_numbers(attributes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError) as caught:
        check_graph(wrong_graph(**attributes))
    assert words in str(caught.value)


def test_frames_in_order_are_taken_as_they_are() -> None:
    assert check_graph(GRAPH) is GRAPH
    assert list(pcngeo.measure(PLAN, FRAME, GRAPH, TERRITORIES)["list_size"]) == [80_000]
    assert pcngeo.solve(GRAPH, pcngeo.Rules(min_list=20_000)).status is Status.OPTIMAL
