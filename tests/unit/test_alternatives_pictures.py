"""The pictures of several plans: every figure is that of the plans, and can be read in grey."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely

from pcngeo.alternatives import (
    alternatives_table,
    common_networks,
    page,
    readable,
    say_settled,
    trade_table,
)
from pcngeo.alternatives.company import draw_matrix, draw_together_map
from pcngeo.alternatives.pictures import Heading, draw_trade
from pcngeo.optimise.differing import Alternatives
from pcngeo.optimise.trade import Trade
from pcngeo.plan import Plan, Status

SVG = "{http://www.w3.org/2000/svg}"
HEADING = Heading("Nowhere", "1 January 2021")
NAMES = {p: f"{p} Surgery & Sons" for p in "ABCDEF"}


def plan(**networks: str) -> Plan:
    home = {p: name for name, members in networks.items() for p in members}
    return Plan(pd.Series(home).sort_index().rename(None), status=Status.GIVEN)


PLANS = (
    plan(**{"1": "AB", "2": "CD", "3": "EF"}),
    plan(**{"1": "AB", "2": "CE", "3": "DF"}),
    plan(**{"1": "AB", "2": "CD", "3": "EF"}),
)


def texts(drawn: str) -> list[str]:
    return [t.text or "" for t in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def test_the_matrix_has_a_cell_for_every_pair_and_its_number_where_it_is_open() -> None:
    drawn = draw_matrix(PLANS, NAMES, HEADING)
    root = ElementTree.fromstring(drawn)
    cells = [r for r in root.iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]
    said = sorted(str(r.findtext(f"{SVG}title")) for r in cells)
    pairs = {"AB": 3, "CD": 2, "EF": 2, "CE": 1, "DF": 1}
    assert said == sorted(
        f"{NAMES[a]} ({a}) and {NAMES[b]} ({b}): in {k} of 3"
        for (a, b), k in pairs.items()
        for _ in range(2)
    )
    legend = ["1", "2"]
    networks = ["1", "2", "3"]
    figures = [t for t in texts(drawn) if t.isdecimal()]
    assert sorted(figures) == sorted([*legend, *networks, *"2222", *"1111"])
    assert texts(drawn)[0] == "Nowhere: who shares a network with whom in 3 plans"
    assert "Proposed, not a decision" in texts(drawn)[1]
    assert f"{NAMES['A']} (A)" in texts(drawn)


def test_many_practices_have_smaller_cells_without_numbers() -> None:
    codes = [f"P{i:03d}" for i in range(100)]
    one = Plan(pd.Series({p: str(1 + i // 10) for i, p in enumerate(codes)}), status=Status.GIVEN)
    two = Plan(pd.Series({p: str(1 + i // 20) for i, p in enumerate(codes)}), status=Status.GIVEN)
    drawn = draw_matrix((one, two), {}, HEADING)
    assert [t for t in texts(drawn) if t.isdecimal()] == [*map(str, range(1, 11)), "1"]
    assert float(ElementTree.fromstring(drawn).attrib["width"]) < 1_300


def test_the_map_joins_linked_practices_thickly_where_all_plans_do() -> None:
    graph: nx.Graph = nx.Graph()
    for i, p in enumerate("ABCDEF"):
        graph.add_node(p, x=1_000.0 * i, y=0.0, list_size=1)
    nx.add_path(graph, "ABCDEF")
    boxes = [shapely.box(1_000 * i - 500, -500, 1_000 * i + 500, 500) for i in range(6)]
    cells = gpd.GeoDataFrame(geometry=boxes, index=list("ABCDEF"), crs=27700)
    drawn = draw_together_map(PLANS, graph, cells, NAMES, HEADING)
    root = ElementTree.fromstring(drawn)
    lines = {
        str(line.findtext(f"{SVG}title")): line.attrib["stroke-width"]
        for line in root.iter(f"{SVG}line")
        if line.find(f"{SVG}title") is not None
    }
    assert lines == {
        "A Surgery & Sons (A) and B Surgery & Sons (B): in 3 of 3": "5",
        "C Surgery & Sons (C) and D Surgery & Sons (D): in 2 of 3": "2",
        "E Surgery & Sons (E) and F Surgery & Sons (F): in 2 of 3": "2",
    }
    assert {"1", "2", "3", "1 km"} <= set(texts(drawn))


@pytest.mark.parametrize(
    ("points", "figures"),
    [
        ([(0.0, 0.0), (63.8753, 1.33976)], ["0", "20", "40", "60", "80",
                                            "0.0", "0.5", "1.0", "1.5"]),
        ([(2.034, 12_000), (2.061, 9_500)], ["2.03", "2.04", "2.05", "2.06", "2.07",
                                             "9,000", "10,000", "11,000", "12,000"]),
        ([(5.0, 7.0)], ["0", "2", "4", "6", "0", "2", "4", "6", "8"]),
    ],
)  # fmt: skip
def test_the_trade_has_round_figures(points: list[tuple[float, float]], figures: list[str]) -> None:
    drawn = draw_trade(points, ["Plan 1", "Plan 2"][: len(points)], "km", "patients", HEADING)
    said = [t for t in texts(drawn) if t.replace(",", "").replace(".", "").isdecimal()]
    assert said == figures
    root = ElementTree.fromstring(drawn)
    places = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in root.iter(f"{SVG}circle")]
    assert len(set(places)) == len(points)


def test_words_beside_near_points_do_not_lie_on_each_other() -> None:
    points = [(0.0, 0.0), (10.0, 5.0), (10.0, 5.01), (10.0, 5.02)]
    drawn = draw_trade(points, [f"Plan {k}" for k in range(1, 5)], "km", "patients", HEADING)
    root = ElementTree.fromstring(drawn)
    high = sorted(float(t.attrib["y"]) for t in root.iter(f"{SVG}text") if "Plan" in (t.text or ""))
    assert all(b - a >= 14.9 for a, b in itertools.pairwise(high))


def test_what_is_settled_is_said_in_words() -> None:
    size = dict.fromkeys("ABCDEF", 20_000)
    said = say_settled(PLANS, common_networks(PLANS, size))
    assert said[0] == "One network (40,000 people) is the same in every plan."
    assert said[1].startswith("One of 5 pairs of practices that are ever together")
    other = (PLANS[1], plan(**{"1": "AC", "2": "BE", "3": "DF"}))
    assert "One network (40,000" in say_settled(other, common_networks(other, size))[0]
    none = (PLANS[0], plan(**{"1": "AC", "2": "BE", "3": "DF"}))
    assert (
        say_settled(none, common_networks(none, size))[0] == "No network is the same in every plan."
    )


def test_figures_are_people_and_metres_in_whole_numbers_and_ways_are_of_those_in_networks() -> None:
    found = Trade(PLANS[:2], ("distance", "borders"), ((3_000_000.0, 9_876.5), (4e6, 1_234.5)))
    table = trade_table(found).assign(unplaced_patients=500)
    shown = readable(found, table, 2_500)
    assert shown.iloc[0].tolist()[:2] == ["1.500", "9,876"]
    assert "distance and borders" in found.sentence
    three = Trade(PLANS[:1], ("distance", "borders", "size"), ((1.0, 2.0, 3.0),))
    assert "distance, borders and size" in three.sentence


def test_shares_are_said_as_they_were_asked_for() -> None:
    found = Alternatives(PLANS[:2], 2, 0.125, 0.005)
    assert "within 0.5 % of the best" in found.sentence
    assert "12.5 % of the patients" in found.sentence


def test_names_with_commas_are_told_apart() -> None:
    common = common_networks(PLANS, dict.fromkeys("ABCDEF", 10))
    names = {"A": "Saltings Practice, Pellstow", "B": "The Net Loft Surgery"}
    row = page._common_rows(common, names)[0]
    assert row["members"] == "Saltings Practice, Pellstow; The Net Loft Surgery"


def test_networks_by_a_waiver_are_counted_in_the_tables() -> None:
    searched = tuple(p.replace(unplaced_patients=20) for p in PLANS[:2])
    whole = tuple(
        plan(**{n: "".join(g) for n, g in p.groups().items()}, **{"4": "GH"}) for p in searched
    )
    graph: nx.Graph[str] = nx.Graph()
    for code in "ABCDEFGH":
        graph.add_node(code, list_size=7 if code in "GH" else 10)
    table = alternatives_table(graph, Alternatives(searched, 2, 0.5, 0.05), 1_000, whole)
    counted = table[["networks", "unplaced_patients", "smallest", "largest"]]
    assert counted.to_numpy().tolist() == [[4, 0, 14, 20]] * 2
    traded = Trade(searched, ("distance", "size"), ((1.0, 2.0), (2.0, 1.0)))
    assert trade_table(traded, whole)["networks"].tolist() == [4, 4]
    assert trade_table(traded, whole)["unplaced_patients"].tolist() == [0, 0]
