"""The pictures of several plans: every figure is that of the plans, and can be read in grey."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely

from pcngeo import recount
from pcngeo.alternatives import (
    Finished,
    SideBySide,
    beside_files,
    common_networks,
    page,
    readable,
    say_settled,
    whole_plans,
)
from pcngeo.alternatives.company import draw_together_map
from pcngeo.alternatives.matrix import draw_matrix, draw_open
from pcngeo.alternatives.pictures import Heading, draw_trade
from pcngeo.alternatives.tables import another_network, together_table
from pcngeo.decisions import Home
from pcngeo.optimise import solve
from pcngeo.optimise.differing import Alternatives
from pcngeo.optimise.trade import Trade
from pcngeo.optimise.whynot import WhyNot
from pcngeo.pipeline import PlannedArea, finish_plan
from pcngeo.plan import Plan, Status
from pcngeo.prepared import PreparedArea, prepare_area
from pcngeo.robust import with_homes
from pcngeo.rules import Rules
from pcngeo.scenario import Scenario
from pcngeo.writing import summary

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


def finished(*plans: Plan, size: int = 10) -> tuple[Finished, ...]:
    """Plans as they are, every practice with the same list."""
    lists = [{n: size * len(g) for n, g in p.groups().items()} for p in plans]
    return tuple(
        Finished(p, sums, 0, sum(sums.values()), pd.Series(size, index=p.assignment.index))
        for p, sums in zip(plans, lists, strict=True)
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


def test_who_is_in_no_network_is_said_so_beside_the_matrix() -> None:
    waits = tuple(p.replace(assignment=p.assignment.drop("F")) for p in PLANS)
    waits = (waits[0].replace(assignment=waits[0].assignment.replace({"3": ""})), *waits[1:])
    said = texts(draw_matrix(waits, NAMES, HEADING))
    assert said.count("no network") == 1
    assert f"{NAMES['E']} (E)" in said
    assert "no network" not in texts(draw_matrix(PLANS, NAMES, HEADING))


def test_what_is_open_is_drawn_in_sheets_without_what_is_settled() -> None:
    drawn = draw_open(PLANS, NAMES, HEADING)
    assert len(drawn) == 1
    said = texts(drawn[0])
    assert (
        said[0] == "Nowhere: who shares a network with whom in 3 plans: networks 2 and 3 of plan 1"
    )
    assert not {f"{NAMES[p]} ({p})" for p in "AB"} & {*said}
    assert {f"{NAMES[p]} ({p})" for p in "CDEF"} <= {*said}
    assert draw_open(PLANS[:1] * 3, NAMES, HEADING) == []


def test_sheets_hold_every_open_pair_and_few_enough_columns_to_be_read() -> None:
    codes = [f"P{i:03d}" for i in range(200)]
    one, two = (
        Plan(pd.Series({p: str(1 + (i + move) // 8) for i, p in enumerate(codes)}),
             status=Status.GIVEN) for move in (0, 4)
    )  # fmt: skip
    drawn = draw_open((one, two), {}, HEADING)
    told: set[str] = set()
    for sheet in drawn:
        root = ElementTree.fromstring(sheet)
        titles = [str(r.findtext(f"{SVG}title")) for r in root.iter(f"{SVG}rect")]
        told |= {t for t in titles if t.endswith("of 2")}
        columns = [t for t in root.iter(f"{SVG}text") if "rotate" in t.attrib.get("transform", "")]
        assert 0 < len(columns) <= 40
        assert float(root.attrib["width"]) < 1_000
    pairs = together_table((one, two))
    assert len(told) == len(pairs)
    assert len(drawn) < 10


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


def test_who_joined_by_decision_is_on_the_map_or_listed_under_it_R14() -> None:
    graph: nx.Graph = nx.Graph()
    for i, p in enumerate("AB"):
        graph.add_node(p, x=1_000.0 * i, y=0.0, list_size=1)
    graph.add_edge("A", "B")
    boxes = [shapely.box(1_000 * i - 500, -500, 1_000 * i + 500, 500) for i in range(2)]
    cells = gpd.GeoDataFrame(geometry=boxes, index=list("AB"), crs=27700)
    practices = gpd.GeoDataFrame(
        {"list_size": 1}, index=list("ABEF"), crs=27700,
        geometry=[shapely.Point(0, 0), shapely.Point(1_000, 0), shapely.Point(-4_000, 0), None],
    )  # fmt: skip
    settled = {"state": "agreed", "commissioner": "X", "lmcs": "Y", "date": "2026-01-01"}
    rules = Rules(homes=tuple(Home(p, "B", **settled) for p in "EF"))
    both, one = plan(**{"1": "ABEF"}), plan(**{"1": "AB", "2": "EF"})
    plans = both.replace(joined=("E", "F")), one
    linked = with_homes(graph, plans[0], practices, rules)
    drawn = draw_together_map(plans, linked, cells, NAMES | {"E": "Far End"}, HEADING)
    root = ElementTree.fromstring(drawn)
    places = {
        str(c.findtext(f"{SVG}title")): float(c.attrib["cx"]) for c in root.iter(f"{SVG}circle")
    }
    assert [*places] == ["A Surgery & Sons (A)", "B Surgery & Sons (B)", "Far End (E)"]
    assert all(0 < x < 820 for x in places.values())
    lines = [str(line.findtext(f"{SVG}title")) for line in root.iter(f"{SVG}line")]
    assert "B Surgery & Sons (B) and Far End (E): in 1 of 2" in lines
    assert not any("(F)" in title for title in lines)
    assert texts(drawn)[-1] == (
        "Without a known place, not on the map: "
        "B Surgery & Sons (B) and F Surgery & Sons (F): in 1 of 2."
    )
    assert any("who joined by decision with whom" in text for text in texts(drawn))
    lowest = max(float(t.attrib["y"]) for t in root.iter(f"{SVG}text"))
    assert lowest < float(root.attrib["height"])


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
    def common(*plans: Plan) -> pd.DataFrame:
        return common_networks(finished(*plans, size=20_000))

    said = say_settled(PLANS, common(*PLANS))
    assert said[0] == "One network (40,000 people) is the same in every plan."
    assert said[1].startswith("One of 5 pairs of practices that are ever together")
    other = (PLANS[1], plan(**{"1": "AC", "2": "BE", "3": "DF"}))
    assert "One network (40,000" in say_settled(other, common(*other))[0]
    none = (PLANS[0], plan(**{"1": "AC", "2": "BE", "3": "DF"}))
    assert say_settled(none, common(*none))[0] == "No network is the same in every plan."


def test_a_lone_practice_that_another_plan_leaves_out_is_open(
    decided: PreparedArea, searched: tuple[Plan, ...], results: list[PlannedArea]
) -> None:
    alone, out = results[0].plan, results[0].plan.assignment.copy()
    out["V99006"] = ""
    assert alone.members(alone.assignment["V99006"]) == ("V99006",)
    plans = (alone, alone, alone.replace(assignment=out))
    side = SideBySide.of(Alternatives((searched[0],) * 3, 3, 0.0, 0.05), [results[0]] * 3)
    side = replace(
        side, made=tuple(replace(one, plan=p) for one, p in zip(side.made, plans, strict=True))
    )
    drawn = page.Pictures("", "", draw_open(plans, NAMES, HEADING), "")
    told = page.side_by_side(side, drawn, area="", date="", names={"V99006": "The Isle"})
    assert "The Isle (V99006): alone in plans 1 and 2, in no network in plan 3." in told
    assert "Nothing: every network is the same" not in told
    assert side.sentences[2].startswith("Whether V99006 is with others, alone or in no network")
    same = SideBySide.of(side.found, [results[0]] * 3)
    told = page.side_by_side(same, drawn, area="", date="", names={})
    assert "Nothing: every network is the same" in told
    assert not any("alone" in sentence for sentence in same.sentences)


def test_figures_are_people_and_metres_in_whole_numbers_and_ways_are_of_those_in_networks() -> None:
    found = Trade(PLANS[:2], ("distance", "borders"), ((3_000_000.0, 9_876.5), (4e6, 1_234.5)))
    table = pd.DataFrame(found.values, columns=["distance", "borders"], index=[1, 2])
    shown = readable(found, table.assign(another_network_1_percent=[0.0, 0.3]), [2_000, 2_000])
    assert shown.iloc[0].tolist() == ["1.500", "9,876", "0 %"]
    assert shown.iloc[1].tolist()[2] == "under 1 %"
    assert "distance and borders" in found.sentence
    three = Trade(PLANS[:1], ("distance", "borders", "size"), ((1.0, 2.0, 3.0),))
    assert "distance, borders and size" in three.sentence


def test_people_in_another_network_are_those_that_do_not_stay_R22() -> None:
    one, two = finished(plan(**{"1": "ABC", "2": "DEF"}), plan(**{"1": "CDEF", "2": "AB"}))
    assert another_network(two, one) == pytest.approx(1 / 6)  # C alone has moved
    out = finished(plan(**{"1": "ABC", "2": "DE"}))[0]
    out = replace(out, people=one.people)  # F is in no network
    assert another_network(out, one) == pytest.approx(1 / 6)
    assert another_network(one, one) == 0.0


def test_shares_are_said_as_they_were_asked_for() -> None:
    found = Alternatives(PLANS[:2], 2, 0.125, 0.005)
    assert "within 0.5 % of the best" in found.sentence
    assert "12.5 % of the patients" in found.sentence


def test_names_with_commas_are_told_apart() -> None:
    common = common_networks(finished(*PLANS))
    names = {"A": "Saltings Practice, Pellstow", "B": "The Net Loft Surgery"}
    row = page._common_rows(common, names)[0]
    assert row["members"] == "Saltings Practice, Pellstow; The Net Loft Surgery"


DECIDED = """
[[bridge]]
a = "V99021"
b = "V99026"
kind = "bridge"
reason = "Quill Bridge"
[[home]]
practice = "V99057"
joins = "V99059"
state = "agreed"
commissioner = "NHS X"
lmcs = "LMC Y"
date = "2026-01-01"
[[shared]]
practice = "V99001"
joins = "V99006"
share = 0.25
reason = "Two towns"
approved_by = "NHS X"
[[rural_waiver]]
practice = "V99060"
reason = "An island"
approved_by = "NHS X"
"""


@pytest.fixture(scope="module")
def decided(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedArea:
    """The sample with a home of an orphan off the graph, a share and a waiver, all agreed."""
    rules = tmp_path_factory.mktemp("rules") / "rules.toml"
    rules.write_text(DECIDED, encoding="utf-8")
    scenario = Scenario.read(sample / "scenario.toml")
    return prepare_area(**scenario.inputs, area=scenario.area, rules=Rules.read(rules))


@pytest.fixture(scope="module")
def searched(decided: PreparedArea) -> tuple[Plan, ...]:
    return tuple(solve(decided.graph, replace(decided.rules, networks=k)) for k in (10, 11))


@pytest.fixture(scope="module")
def results(decided: PreparedArea, searched: tuple[Plan, ...]) -> list[PlannedArea]:
    found = Alternatives(searched, 2, 0.5, 0.05)
    return [finish_plan(decided, plan, WhyNot()) for plan in whole_plans(decided, found)]


def test_plans_are_counted_as_their_own_folders_have_them_R03_R14_R20(
    decided: PreparedArea, searched: tuple[Plan, ...], results: list[PlannedArea]
) -> None:
    found = Alternatives(searched, 2, 0.5, 0.05)
    whole = whole_plans(decided, found)
    side = SideBySide.of(found, results)
    for k, result in enumerate(results):
        row, told = side.table.loc[k + 1], summary(result)
        assert "V99057" not in decided.graph
        assert result.plan.joined == ("V99057",)
        assert row["objective"] == told["objective"] == pytest.approx(whole[k].objective)
        assert row["objective"] > (found.plans[k].objective or 0.0)  # the island's ways count
        assert row["unplaced_patients"] == told["patients_in_no_network"]
        counts = [row["networks"], row["smallest"], row["largest"]]
        assert counts == [told["networks"][n] for n in ("count", "smallest", "largest")]
        lists = decided.intake.practices["list_size"]
        people = lists[list(decided.graph)].sum()
        assert side.made[k].measured == people - whole[k].unplaced_patients
        by_members = dict(zip(side.common["members"], side.common["list_size"], strict=True))
        for network, members in result.plan.groups().items():
            assert by_members[" ".join(members)] == result.measures.at[network, "list_size"]
    alone = side.common[side.common["members"] == "V99006"].iloc[0]
    assert alone["list_size"] == 52_417 + round(0.25 * 12_906)
    assert side.set_aside
    assert side.table["over_best_percent"].iloc[0] == 0.0


def test_the_files_beside_the_plans_hold_those_who_joined_by_decision(
    decided: PreparedArea,
    searched: tuple[Plan, ...],
    results: list[PlannedArea],
    tmp_path: Path,
) -> None:
    found = Alternatives(searched, 2, 0.5, 0.05)
    for name, write in beside_files(decided, SideBySide.of(found, results)).items():
        write(tmp_path / name)
    assert "(V99057)" in (tmp_path / "together.svg").read_text("utf-8")
    text = (tmp_path / "side_by_side.html").read_text("utf-8")
    assert "made by a waiver are the same in every plan" in text
    assert "<title>Upper Norrand Practice (V99057)</title></circle>" in (
        tmp_path / "together_map.svg"
    ).read_text("utf-8")
    pairs = pd.read_csv(tmp_path / "together.csv")
    assert "V99057" in {*pairs["practice_a"], *pairs["practice_b"]}


def test_what_was_set_aside_counts_in_traded_objectives(
    decided: PreparedArea, searched: tuple[Plan, ...], results: list[PlannedArea]
) -> None:
    stages = ("distance", "borders")
    values = tuple(
        tuple(
            recount.cost(((name, 1.0),), list(p.groups().values()), decided.graph, decided.rules)
            for name in stages
        )
        for p in searched
    )
    found = Trade(searched, stages, values)
    whole = whole_plans(decided, found)
    side = SideBySide.of(found, results)
    for k, one in enumerate(whole):
        assert side.table["distance"].iloc[k] == pytest.approx(one.objective)
    assert (side.table["networks"] == [len(p.networks) for p in whole]).all()
