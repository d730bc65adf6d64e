"""Bridges, barriers, edited edge lists, neighbours by distance, fragility and layers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from pcngeo.adjacency import (
    add_to_map,
    build_graph,
    components,
    cuts_frame,
    describe,
    difference,
    edges_frame,
    edited_frame,
    fragile,
    graph_layers,
    possible_links,
    read_edges,
)
from pcngeo.adjacency.nearness import near_pairs
from pcngeo.errors import DataError
from pcngeo.rules import Link, Rules
from pcngeo.territory import build_territories

CRS = "EPSG:27700"
#: Four practices of one square each, in two rows; E and F share a site to the east of D.
PLACES = {
    "A": (500, 1_500), "B": (1_500, 1_500), "C": (500, 500), "D": (1_500, 500),
    "E": (2_500, 500), "F": (2_500, 500),
}  # fmt: skip
AREA = shapely.union_all([shapely.box(0, 0, 2_000, 2_000), shapely.box(2_000, 0, 3_000, 1_000)])


def frames(
    places: dict[str, tuple[float, float]] = PLACES, area: shapely.Geometry = AREA
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    practices = gpd.GeoDataFrame(
        {
            "name": [f"{code} Surgery" for code in places],
            "list_size": range(1_000, 1_000 + len(places)),
            "standing": "eligible",
            "site": [f"{x}/{y}" for x, y in places.values()],
            "outside_m": 0.0,
        },
        index=pd.Index(list(places), name="practice"),
        geometry=shapely.points(np.array(list(places.values()), dtype=float)),
        crs=CRS,
    )
    boundary = gpd.GeoDataFrame(geometry=[area], crs=CRS)
    return practices, build_territories(practices, boundary)


def lines(*coordinates: list[tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(c) for c in coordinates], crs=CRS)


def graph(rules: Rules | None = None, **given: object) -> nx.Graph[str]:
    return build_graph(*frames(), rules or Rules(), **given)


EDGES = {("A", "B"), ("A", "C"), ("B", "D"), ("C", "D"), ("D", "E"), ("D", "F"), ("E", "F")}


def test_the_plain_graph() -> None:
    assert set(graph().edges) == EDGES


# ---- lines -----------------------------------------------------------------------------------


def test_a_river_between_two_rows_cuts_them_apart() -> None:
    river = lines([(-100, 1_000), (3_100, 1_000)], name=["River Ore"], reason=["no crossing"])
    g = graph(barriers=river)
    assert set(g.edges) == EDGES - {("A", "C"), ("B", "D")}
    why = "River Ore crosses their common border: no crossing; "
    why += "River Ore crosses the line between them: no crossing "
    why += "(before: their areas share a border of 1.0 km)"
    assert g.graph["cuts"] == (("A", "C", why), ("B", "D", why))


def test_a_barrier_in_pieces_has_no_gap_and_one_that_only_touches_cuts_nothing() -> None:
    pieces = lines([(500, 1_000), (0, 1_000)], [(500, 1_000), (1_000, 1_000)], name=["M1", "M1"])
    assert set(graph(barriers=pieces).edges) == EDGES - {("A", "C")}
    touching = lines([(500, 2_000), (500, 1_000)], name=["Lane"])  # ends on the border of A and C
    assert set(graph(Rules(barrier_cuts="border"), barriers=touching).edges) == EDGES


def test_what_a_barrier_must_cross_is_the_planners_choice() -> None:
    # Crosses the border of A and B, but far from the straight line between them.
    edge_on = lines([(900, 1_900), (1_100, 1_900)])
    assert not graph(barriers=edge_on).has_edge("A", "B")
    assert not graph(Rules(barrier_cuts="border"), barriers=edge_on).has_edge("A", "B")
    assert graph(Rules(barrier_cuts="line"), barriers=edge_on).has_edge("A", "B")
    # Crosses the straight line between them, but not their border.
    between = lines([(700, 1_400), (700, 1_600)])
    assert not graph(barriers=between).has_edge("A", "B")
    assert graph(Rules(barrier_cuts="border"), barriers=between).has_edge("A", "B")


def test_a_barrier_never_cuts_one_site_apart() -> None:
    across = lines([(2_400, 400), (2_600, 600)])
    assert graph(barriers=across).has_edge("E", "F")


def test_a_bridge_line_links_the_areas_at_its_ends_even_over_a_barrier() -> None:
    river = lines([(-100, 1_000), (3_100, 1_000)], name=["River Ore"])
    bridge = lines([(1_600, 900), (1_600, 1_100)], name=["Old Bridge"], kind=["bridge"])
    g = graph(barriers=river, bridges=bridge)
    assert g.edges["B", "D"]["kind"] == "bridge"
    assert g.edges["B", "D"]["why"] == "Old Bridge (bridge) links their areas"
    assert not g.has_edge("A", "C")
    assert cuts_frame(g)["change"].tolist() == ["cut", "cut", "added"]
    to_site = lines([(1_500, 1_500), (2_500, 500)], kind=["tunnel"])
    g = graph(bridges=to_site)
    assert {g.edges["B", "E"]["kind"], g.edges["B", "F"]["kind"]} == {"tunnel"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bridges": lines([(400, 1_500), (600, 1_500)])}, "bridge 1 starts and ends in the area"),
        ({"bridges": lines([(0, 0), (9, 9)], kind=["raft"])}, "kind 'raft' is not one of bridge"),
        ({"barriers": lines([(0, 0), (1, 1)]).to_crs(4326)}, "barriers must be in EPSG:27700"),
        (
            {"barriers": gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS)},
            r"1 of 1 barriers are no lines \(rows 1\)",
        ),
    ],
)
def test_lines_that_cannot_be_used_are_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        graph(**given)


# ---- an edited edge list ---------------------------------------------------------------------


def test_an_edited_edge_list_is_the_graph_and_its_difference_is_shown(tmp_path: Path) -> None:
    before = graph()
    table = edges_frame(before)
    table = table[table["practice_b"] != "C"]  # A - C goes
    new = pd.DataFrame({"practice_a": ["C"], "practice_b": ["A "], "why": ["footpath"]})
    other = pd.DataFrame({"practice_a": ["D"], "practice_b": ["A"], "kind": ["ferry"]})
    file = tmp_path / "edges.csv"
    pd.concat([table, other]).to_csv(file, index=False)
    after = graph(edited=read_edges(file))
    assert set(after.edges) == EDGES - {("A", "C")} | {("A", "D")}
    assert after.edges["A", "D"]["why"] == "added by hand to the edge list"
    assert after.edges["B", "D"] == before.edges["B", "D"]
    shown = difference(before, after)
    assert shown[["practice_a", "practice_b", "change"]].to_numpy().tolist() == [
        ["A", "C", "removed"], ["A", "D", "added"],
    ]  # fmt: skip
    assert cuts_frame(after)["change"].tolist() == ["cut", "added"]
    assert difference(before, graph()).empty
    changed = difference(before, graph(Rules(bridges=(Link("A", "B", "bridge"),))))
    assert changed["change"].tolist() == ["changed"]
    assert changed["kind_after"].tolist() == ["bridge"]
    pd.concat([table, new]).to_csv(file, index=False)
    assert graph(edited=read_edges(file)).edges["A", "C"]["border_m"] == 1_000  # as it was


def test_a_graph_given_back_unchanged_is_the_same_graph(tmp_path: Path) -> None:
    file = tmp_path / "edges.csv"
    edges_frame(graph()).drop(columns="why").to_csv(file, index=False)
    again = graph(edited=read_edges(file))
    assert again.graph["cuts"] == again.graph["added"] == ()
    assert dict(again.edges) == dict(graph().edges)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\nA,B\n", "columns are missing: practice_a, practice_b"),
        ("practice_a,practice_b\nA,B\nC,C\n", "row 3: an edge links C with itself"),
        ("practice_a,practice_b\nA,Q\n", "names 1 practices that do not take part in the plan: Q"),
        ("practice_a,practice_b\nA,B\n\nA,Q\n", r"in the plan: Q \(rows 4\)"),
        ("practice_a,practice_b\nA,\n", "row 2: an edge names only one practice"),
        ("practice_a,practice_b,kind\nA,B,\nA,D,raft\n", "row 3: .*'raft' in row 3"),
        (
            "practice_a,practice_b,kind\nA,B,border\nA,C,\nB,A,ferry\n",
            "rows 2 and 4 say different things of A and B",
        ),
        ("practice_a,practice_b,kind\nA,D,border\n", r"A and D are no neighbours \(row 2\)"),
        ("practice_a,practice_b,kind\nA,B,co-located\n", "A and B are linked by a border"),
    ],
)
def test_an_edge_list_that_cannot_be_used_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "edges.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=words):
        graph(edited=read_edges(file))


def test_a_changed_kind_is_honoured_and_shown(tmp_path: Path) -> None:
    table = edges_frame(graph())
    table.loc[0, ["kind", "why"]] = ["bridge", "a lane over the railway"]
    file = tmp_path / "edges.csv"
    pd.concat([table, table.iloc[[1]]]).to_csv(file, index=False)  # a row twice is one edge
    after = graph(edited=read_edges(file))
    a, b = table.loc[0, ["practice_a", "practice_b"]]
    assert after.edges[a, b]["kind"] == "bridge"
    assert after.edges[a, b]["why"] == "a lane over the railway"
    assert after.edges[a, b]["border_m"] == graph().edges[a, b]["border_m"]
    shown = edited_frame(after)
    assert shown is not None
    assert shown.to_numpy().tolist() == [
        [a, b, "changed", "border", "bridge", "a lane over the railway"]
    ]
    assert edited_frame(graph()) is None


def test_a_missing_edge_list_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: the file cannot be read"):
        read_edges(tmp_path / "none.csv")


# ---- neighbours by distance ------------------------------------------------------------------


def test_neighbours_by_distance() -> None:
    near = graph(Rules(adjacency="distance", within_m=1_000))
    assert set(near.edges) == EDGES
    assert near.edges["A", "B"]["kind"] == "near"
    assert near.edges["A", "B"]["border_m"] == 1_000
    assert near.edges["E", "F"]["kind"] == "co-located"
    assert near.edges["A", "B"]["why"] == "they are at most 1 km apart"
    assert near.graph["source"] == "practices at most 1000 m apart, straight line"
    assert set(graph(Rules(adjacency="gabriel")).edges) >= EDGES
    one = graph(Rules(adjacency="knn", neighbours=1))
    assert all(d >= 1 for _, d in one.degree())
    assert ("B", "C") not in one.edges


@pytest.mark.parametrize("seed", range(5))
def test_near_pairs_are_what_their_definitions_say(seed: int) -> None:
    xy = np.random.default_rng(seed).integers(0, 40, (25, 2)).astype(float)
    away = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    n = len(xy)
    pairs = {(i, j) for i in range(n) for j in range(i + 1, n) if away[i, j] > 0}

    def found(method: str) -> set[tuple[int, int]]:
        return {(i, j) for i, j, _ in near_pairs(xy, method, 3, 9.0)}

    assert found("distance") == {(i, j) for i, j in pairs if away[i, j] <= 9}
    circle = {
        (i, j)
        for i, j in pairs
        if all(
            away[i, k] ** 2 + away[j, k] ** 2 >= away[i, j] ** 2 - 1e-6
            for k in range(n)
            if k not in (i, j)
        )
    }
    assert found("gabriel") == circle
    near = found("knn")
    for i in range(n):  # a place has at least three near places, none farther than the third
        reach = sorted({tuple(p) for p in xy.tolist()} - {tuple(xy[i])},
                       key=lambda p: np.hypot(*(np.array(p) - xy[i])))[2]  # fmt: skip
        third = np.hypot(*(np.array(reach) - xy[i]))
        mine = {j for pair in near if i in pair for j in pair if j != i}
        assert {j for j in range(n) if 0 < away[i, j] < third} <= mine


def test_a_single_practice_has_no_neighbours() -> None:
    for method in ("knn", "distance", "gabriel"):
        assert list(near_pairs(np.zeros((1, 2)), method, 3, 9.0)) == []


# ---- what it hangs on ------------------------------------------------------------------------


def test_fragile_practices_and_links_are_named() -> None:
    practices, territories = frames()
    practices["outside_m"] = [0.0, 120.0, 0, 0, 0, np.nan]
    weak = fragile(build_graph(practices, territories), practices)
    assert weak[["what", "practice", "other", "cut_off", "patients"]].to_numpy().tolist() == [
        ["practice", "D", "", 2, 2_009],
        ["link", "D", "E", 2, 2_009],
        ["outside", "B", "", 0, 1_001],
    ]
    assert weak["why"][0] == (
        "without D Surgery (D), E Surgery (E), F Surgery (F) would be cut off (2,009 patients)"
    )
    assert weak["why"][1].startswith(
        "only this border holds E Surgery (E), F Surgery (F) to the rest (2,009 patients)"
    )
    assert weak["why"][2] == "B Surgery (B) lies 120 m outside the area's boundary"


def test_fragility_agrees_with_taking_each_practice_away() -> None:
    rng = np.random.default_rng(3)
    places = {f"P{i:02d}": tuple(xy) for i, xy in enumerate(rng.integers(0, 9_000, (30, 2)))}
    land = shapely.Point(4_500, 4_500).buffer(4_000).union(shapely.box(4_000, 0, 5_000, 9_000))
    land = land.difference(shapely.box(0, 4_400, 4_300, 4_600))
    g = build_graph(*frames(places, land.difference(shapely.box(4_600, 4_400, 9_000, 4_600))))
    weak = fragile(g)
    for code in g:
        rest = g.subgraph(set(g) - {code})
        disconnects = nx.number_connected_components(rest) > nx.number_connected_components(g)
        assert disconnects == (code in set(weak.loc[weak["what"] == "practice", "practice"]))


def test_parts_apart_are_offered_their_shortest_links_and_none_is_made() -> None:
    island = shapely.box(5_000, 0, 6_000, 1_000)
    places = {**PLACES, "I": (5_500, 500)}
    g = build_graph(*frames(places, AREA.union(island)))
    assert len(components(g)) == 2
    offered = possible_links(g)
    assert offered.to_numpy().tolist() == [[1, 2, "E", "I", 3_000.0, 1_006]]
    assert fragile(g)["what"].tolist() == ["practice", "link", "isolated"]
    assert possible_links(graph()).empty


# ---- layers ----------------------------------------------------------------------------------


def test_layers_show_everything_and_make_a_map() -> None:
    import folium

    practices, territories = frames()
    practices.loc["A", "name"] = "A & <b>B</b>"
    river = lines([(0, 1_000), (950, 1_000)], name=["River"])
    g = build_graph(practices, territories, barriers=river)
    layers = graph_layers(g, territories, practices)
    assert {name: len(layer) for name, layer in layers.items()} == {
        "components": 1, "territories": 5, "edges": 6, "cuts": 1, "practices": 6,
    }  # fmt: skip
    assert all(layer.crs.to_epsg() == 27700 for layer in layers.values())
    assert layers["components"].area.sum() == pytest.approx(AREA.area)
    assert layers["practices"]["neighbours"].to_dict() == dict(g.degree())
    drawn = add_to_map(folium.Map(tiles=None), layers)
    folium.LayerControl().add_to(drawn)
    page = drawn.get_root().render()
    assert "Links: border (5)" in page
    assert "Links cut (1)" in page
    assert "River crosses their common border" in page
    assert "A &amp; &lt;b&gt;B" in page.replace("\\u0026", "&")
    assert "<b>B</b>" not in page


def test_a_graph_is_described_in_sentences() -> None:
    practices, territories = frames()
    practices["outside_m"] = [0.0, 120.0, 0, 0, 0, 0]
    river = lines([(0, 1_000), (950, 1_000)], name=["River"])
    rules = Rules(bridges=(Link("A", "D", "bridge", "Old Bridge"),))
    said = describe(build_graph(practices, territories, rules, barriers=river), practices)
    assert said[0] == (
        "6 practices and 7 links in 1 part. Neighbours: areas that share at least 1 m of border."
    )
    cut = "Cut: A Surgery (A) - C Surgery (C), River crosses their common border; "
    assert said[1].startswith(cut)
    assert said[2] == "Added: A Surgery (A) - D Surgery (D), Old Bridge."
    assert said[3] == (
        "Without D Surgery (D), A Surgery (A), B Surgery (B), C Surgery (C) would be cut off "
        "(3,003 patients)."
    )
    assert said[-1] == "B Surgery (B) lies 120 m outside the area's boundary."


def test_practices_that_are_not_on_the_graph_are_accounted_for() -> None:
    practices, territories = frames()
    away = practices.loc[["A"]].rename(index={"A": "Z"})
    away = away.assign(name="Z Surgery", list_size=164, standing="orphan", reason="It is 4 km out.")
    everyone = pd.concat([practices.assign(reason=""), away])
    said = describe(build_graph(practices, territories), everyone)
    assert said[-1] == "Not on the graph: Z Surgery (Z), 164 patients. It is 4 km out."
    assert sum("Not on the graph" in text for text in said) == 1


def test_parts_that_are_apart_bear_their_names_on_the_map() -> None:
    folium = pytest.importorskip("folium")
    island = shapely.box(5_000, 0, 6_000, 1_000)
    places = {**PLACES, "I": (5_500, 500)}
    practices, territories = frames(places, shapely.union_all([AREA, island]))
    branches = gpd.GeoDataFrame(
        {"practice": ["A"], "name": ["<i>Far"]}, index=["A001"],
        geometry=[shapely.Point(700, 700)], crs=CRS,
    )  # fmt: skip
    layers = graph_layers(build_graph(practices, territories), territories, practices, branches)
    drawn = add_to_map(folium.Map(tiles=None), layers)
    folium.LayerControl().add_to(drawn)
    page = drawn.get_root().render()
    assert layers["components"]["largest"].tolist() == ["F Surgery", "I Surgery"]
    assert "Connected parts (2)" in page
    assert "Part 1: around F Surgery (F)" in page
    assert "Part 2: I Surgery (I)" in page
    assert "Branch surgeries (1)" in page
    assert "&lt;i&gt;Far" in page
    assert page.count("E E Surgery<br>") == 1  # E and F share a mark
    assert "1,004 patients, 2 neighbours, part 1<br>F F Surgery" in page


def test_a_link_by_nearness_is_called_a_link() -> None:
    graph: nx.Graph[str] = nx.Graph()
    for code, x in (("A", 0.0), ("B", 1_000.0), ("C", 2_000.0)):
        graph.add_node(code, list_size=5_000, x=x, y=0.0, site=code)
    for a, b in ("AB", "BC"):
        graph.add_edge(a, b, kind="near", border_m=0.0, distance_m=1e3, why="they are near")
    why = fragile(graph)["why"]
    assert "only this link holds A to the rest (5,000 patients): they are near" in why.tolist()
