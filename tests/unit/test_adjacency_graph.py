"""The graph from hand-made territories."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely

from pcngeo.adjacency import build_graph, components, edges_frame
from pcngeo.borders import border_lines, shared_borders
from pcngeo.errors import DataError, RulesError
from pcngeo.rules import Link, Rules


def practices_at(places: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"list_size": range(1_000, 1_000 + len(places))},
        index=pd.Index(list(places), name="practice"),
        geometry=shapely.points(list(places.values())),
        crs="EPSG:27700",
    )


def territories_of(shapes: dict[str, tuple[str, shapely.Geometry]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"site": [site for site, _ in shapes.values()], "derived_from": "by hand"},
        index=pd.Index(list(shapes), name="practice"),
        geometry=[shape for _, shape in shapes.values()],
        crs="EPSG:27700",
    )


#: A | B over C (a corner only between A and D), E and F on one site across the water.
PLACES = {
    "A": (500, 1_500), "B": (1_500, 1_500), "C": (500, 500), "D": (1_500, 500),
    "E": (5_500, 500), "F": (5_500, 500),
}  # fmt: skip
SHAPES = {
    "A": ("a", shapely.box(0, 1_000, 1_000, 2_000)),
    "B": ("b", shapely.box(1_000, 1_000, 2_000, 2_000)),
    "C": ("c", shapely.box(0, 0, 1_000, 1_000)),
    "D": ("d", shapely.box(1_000, 0, 2_000, 1_000)),
    "E": ("e", shapely.box(5_000, 0, 6_000, 1_000)),
    "F": ("e", shapely.box(5_000, 0, 6_000, 1_000)),
}


def graph(**settings: object) -> nx.Graph[str]:
    return build_graph(practices_at(PLACES), territories_of(SHAPES), Rules(**settings))


def test_borders_make_edges_and_corners_do_not() -> None:
    g = graph()
    assert list(g.nodes) == list("ABCDEF")
    assert list(g.edges) == [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D"), ("E", "F")]
    assert g.edges["A", "B"] == {
        "kind": "border",
        "border_m": 1_000.0,
        "why": "their areas share a border of 1.0 km",
        "distance_m": 1_000.0,
    }
    assert g.edges["E", "F"] == {
        "kind": "co-located", "border_m": 0.0, "why": "they are on one site", "distance_m": 0.0,
    }  # fmt: skip
    assert g.nodes["D"] == {"list_size": 1_003, "x": 1_500.0, "y": 500.0, "site": "d"}
    assert nx.is_frozen(g)
    assert g.graph["cuts"] == ()


def test_all_practices_of_two_neighbouring_sites_are_linked() -> None:
    shapes = {k: v for k, v in SHAPES.items() if k in "ABC"}
    shapes["C"] = shapes["A"]  # C moves in with A
    g = build_graph(practices_at(PLACES), territories_of(shapes))
    assert sorted(g.edges) == [("A", "B"), ("A", "C"), ("B", "C")]
    assert g.edges["A", "C"]["kind"] == "co-located"
    assert g.edges["B", "C"]["border_m"] == 1_000


def test_a_border_shorter_than_the_rule_does_not_count() -> None:
    shapes = {
        "A": ("a", shapely.Polygon([(0, 0), (1_000, 0), (1_000, 0.5), (1_000, 5), (0, 5)])),
        "B": ("b", shapely.Polygon([(1_000, 0), (2_000, 0), (2_000, 3), (1_000, 0.5)])),
    }
    practices, territories = practices_at(PLACES), territories_of(shapes)
    assert build_graph(practices, territories).number_of_edges() == 0
    few = build_graph(practices, territories, Rules(min_border_m=0.5))
    assert few.edges["A", "B"]["border_m"] == pytest.approx(0.5)


def test_bridges_and_barriers_say_why() -> None:
    g = graph(
        bridges=(Link("E", "D", "ferry", "Year-round ferry"), Link("A", "D")),
        barriers=(Link("B", "A", reason="motorway"),),
    )
    assert g.edges["D", "E"]["kind"] == "ferry"
    assert g.edges["D", "E"]["why"] == "Year-round ferry"
    assert g.edges["D", "E"]["border_m"] == 0
    assert g.edges["A", "D"]["why"] == (
        "a manual link by [[bridge]] A - D of the rules, without a reason"
    )
    assert not g.has_edge("A", "B")
    assert g.graph["cuts"] == (
        ("A", "B", "motorway (before: their areas share a border of 1.0 km)"),
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bridges": (Link("A", "Z"),)}, r"\[\[bridge\]\] A - Z: Z does not take part"),
        ({"barriers": (Link("A", "Z"),)}, r"\[\[barrier\]\] A - Z: Z does not take part"),
        ({"barriers": (Link("A", "D"),)}, "are no neighbours, so there is nothing to cut"),
    ],
)
def test_links_that_make_no_sense_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(RulesError, match=words):
        graph(**settings)


def test_overlapping_territories_are_refused() -> None:
    shapes = {**SHAPES, "B": ("b", shapely.box(900, 1_000, 2_000, 2_000))}
    with pytest.raises(DataError, match="territories overlap or do not match"):
        build_graph(practices_at(PLACES), territories_of(shapes))


def test_a_territory_of_an_unknown_practice_is_refused() -> None:
    with pytest.raises(DataError, match="1 territories belong to no practice given: F"):
        build_graph(practices_at(PLACES).drop("F"), territories_of(SHAPES))


def test_edges_frame_is_sorted() -> None:
    frame = edges_frame(graph())
    assert list(frame.columns) == [
        "practice_a", "practice_b", "kind", "border_m", "distance_m", "why",
    ]  # fmt: skip
    assert (frame["practice_a"] < frame["practice_b"]).all()
    assert frame[["practice_a", "practice_b"]].apply(tuple, axis=1).is_monotonic_increasing
    assert len(edges_frame(nx.Graph())) == 0


def test_components_are_named_by_their_largest_practice() -> None:
    parts = components(graph())
    assert parts.index.tolist() == [1, 2]
    assert parts["name"].tolist() == ["D", "F"]
    assert parts["practices"].tolist() == [4, 2]
    assert parts["patients"].tolist() == [1_000 + 1_001 + 1_002 + 1_003, 1_004 + 1_005]
    assert parts["members"].tolist() == [("A", "B", "C", "D"), ("E", "F")]


def test_border_lines_are_where_the_borders_are() -> None:
    polygons = [shape for _, shape in list(SHAPES.values())[:4]]
    borders, lines = border_lines(polygons)
    assert borders.length.tolist() == shared_borders(polygons).length.tolist()
    assert lines[0].equals(shapely.LineString([(1_000, 1_000), (1_000, 2_000)]))
    assert shapely.length(lines).tolist() == borders.length.tolist()


def test_a_polygon_is_no_neighbour_of_itself() -> None:
    twins = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])  # not valid
    assert len(shared_borders([twins, shapely.box(5, 0, 6, 1)]).first) == 0
