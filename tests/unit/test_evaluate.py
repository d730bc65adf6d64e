"""Measures, the independent check of a plan, and the table of practices."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
from shapely.geometry import Point, box

from pcngeo.decisions import Waiver
from pcngeo.errors import SolverError
from pcngeo.evaluate import MEASURES, MEMBERSHIP, measure, membership
from pcngeo.orphans import OFFER, propose
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.rules import Choice, Rules
from pcngeo.travel import Travel, measure_travel

#        A(20k) - B(15k) - C(12k) - D(25k)      E(9k) an island, with F(4k)
PLACES = {
    "A": (0, 0, 20_000),
    "B": (3_000, 4_000, 15_000),
    "C": (9_000, 4_000, 12_000),
    "D": (9_000, 0, 25_000),
    "E": (30_000, 0, 9_000),
    "F": (31_000, 0, 4_000),
}
LINKS = ("AB", "BC", "CD", "EF")


@pytest.fixture
def graph() -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    for practice, (x, y, patients) in PLACES.items():
        graph.add_node(practice, list_size=patients, x=float(x), y=float(y))
    for a, b in LINKS:
        graph.add_edge(a, b, kind="border", border_m=100.0, distance_m=1.0, why="")
    return nx.freeze(graph)


def frame(**standing: str) -> gpd.GeoDataFrame:
    rows = {p: {"name": f"Surgery {p}", "postcode": "ZZ1 1AA", "list_size": s,
                "standing": standing.get(p, "eligible"), "reason_code": "", "reason": ""}
            for p, (_, _, s) in PLACES.items()}  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("practice")
    points = [Point(x, y) for x, y, _ in PLACES.values()]
    return gpd.GeoDataFrame(table, geometry=points, crs=27700)


def plan_of(assignment: dict[str, str], **known: Any) -> Plan:
    unplaced = sum(PLACES[p][2] for p, n in assignment.items() if not n)
    values: dict[str, Any] = {"status": Status.GIVEN, "unplaced_patients": unplaced} | known
    return Plan(pd.Series(assignment), **values)


GOOD = {"A": "1", "B": "1", "C": "2", "D": "2", "E": "", "F": ""}
NO_REASONS = pd.DataFrame(columns=["reason_code", "reason"])


def test_measures_by_hand(graph: nx.Graph[str]) -> None:
    table = measure(plan_of(GOOD), frame(), graph)
    assert tuple(table.columns) == MEASURES
    one, two = table.loc["1"], table.loc["2"]
    assert (one["practices"], one["list_size"], one["in_window"]) == (2, 35_000, True)
    assert one["hub"] == "A"
    assert one["mean_distance_km"] == pytest.approx(15 * 5 / 35)
    assert one["max_distance_km"] == pytest.approx(5.0)
    assert one["span_km"] == pytest.approx(5.0)
    assert two["hub"] == "D"
    assert two["flags"] == ""


def test_compactness_is_polsby_popper(graph: nx.Graph[str]) -> None:
    squares = gpd.GeoDataFrame(
        {"site": list("ABCD"), "derived_from": "hand"},
        geometry=[box(i, 0, i + 1, 1) for i in range(4)],
        index=pd.Index(list("ABCD"), name="practice"),
        crs=27700,
    )
    table = measure(plan_of(GOOD), frame(), graph, squares)
    assert table.loc["1", "compactness"] == pytest.approx(4 * math.pi * 2 / 36)


def test_flags_say_what_is_wrong_and_which_rule(graph: nx.Graph[str]) -> None:
    odd = plan_of({"A": "1", "B": "2", "C": "1", "D": "1", "E": "3", "F": "3"})
    flags = measure(odd, frame(), graph)["flags"]
    assert "7,000 over 50,000" in flags["1"]
    assert "not one connected area" in flags["1"]
    assert "one practice alone" in flags["2"]
    assert "15,000 under 30,000" in flags["2"]


def test_a_flag_says_who_granted_leave_and_not_that_it_is_wanted(graph: nx.Graph[str]) -> None:
    odd = plan_of({"A": "1", "B": "2", "C": "1", "D": "1", "E": "3", "F": "3"})
    granted, asked = Waiver("A", "One town", "NHS Saltmere"), Waiver("B", "By wish")
    island = Waiver("B", "An island", "NHS Quillside")
    rules = Rules(
        over_ceiling=(granted,),
        non_geographic=(granted,),
        single_practice=(asked,),
        rural_waivers=(island,),
    )
    flags = measure(odd, frame(), graph, rules=rules)["flags"]
    assert "7,000 over 50,000: agreed by NHS Saltmere (R04)" in flags["1"]
    assert "not one connected area on this graph: agreed by NHS Saltmere (R21)" in flags["1"]
    assert "one practice alone: needs the commissioner's agreement (R18)" in flags["2"]
    assert "15,000 under 30,000: agreed by NHS Quillside (R03)" in flags["2"]


def test_verify_accepts_a_good_plan(graph: nx.Graph[str]) -> None:
    total = 15_000 * 5_000.0 + 12_000 * 4_000.0
    verify(plan_of(GOOD, objective=total, bound=total), graph)


@pytest.mark.parametrize(
    ("assignment", "known", "words"),
    [
        (GOOD | {"C": "1", "B": "2"}, {}, "not connected"),
        (GOOD | {"C": ""}, {}, "25,000 patients"),
        (GOOD, {"objective": 1.0}, "the objective is"),
        (GOOD, {"unplaced_patients": 0}, "13,000 patients are in no network"),
        (GOOD, {"objective": 123_000_000.0, "bound": 124_000_000.0}, "bound is above"),
        (GOOD, {"status": Status.OPTIMAL}, "called optimal"),
        ({k: v for k, v in GOOD.items() if k != "A"}, {}, "only one side: A"),
    ],
)
def test_verify_catches(
    graph: nx.Graph[str], assignment: dict[str, str], known: dict[str, object], words: str
) -> None:
    with pytest.raises(SolverError) as caught:
        verify(plan_of(assignment, **known), graph)
    assert words in str(caught.value)


def test_island_is_offered_whole_to_the_nearest_network(graph: nx.Graph[str]) -> None:
    offers = propose(plan_of(GOOD), frame(), graph)
    assert tuple(offers.columns) == OFFER
    assert offers["network"].to_dict() == {"E": "2", "F": "2"}
    assert not offers["shares_border"].any()
    assert offers.loc["E", ["list_before", "list_after"]].tolist() == [37_000, 50_000]
    assert "To be agreed" in str(offers.loc["E", "reason"])


def test_distance_over_water_counts_more_than_the_ceiling(graph: nx.Graph[str]) -> None:
    offers = propose(plan_of(GOOD), frame(), graph, Rules(min_list=30_000, max_list=40_000))
    assert offers["network"].to_dict() == {"E": "2", "F": "2"}
    assert "the nearest" in str(offers.loc["F", "reason"])
    assert "10,000 over 40,000 (R04)" in str(offers.loc["F", "reason"])


def test_an_orphan_goes_first_to_a_neighbour_then_within_the_ceiling(
    graph: nx.Graph[str],
) -> None:
    plan = plan_of({"A": "1", "B": "1", "C": "", "D": "3", "E": "", "F": ""})
    offers = propose(plan, frame(), graph)
    assert offers.loc["C", "network"] == "3"
    assert offers.loc["C", "list_after"] == 37_000
    tight = propose(plan, frame(), graph, Rules(min_list=20_000, max_list=36_000))
    assert tight.loc["C", "shares_border"]
    assert "over 36,000 (R04)" in str(tight.loc["C", "reason"])


def test_a_practice_that_declines_is_covered_and_not_counted_R15(graph: nx.Graph[str]) -> None:
    lean = nx.freeze(nx.Graph(graph.subgraph("ABCD")))
    plan = plan_of({k: v for k, v in GOOD.items() if k in "ABCD"})
    practices = frame(E="covered", F="orphan")
    practices.loc["E", ["reason_code", "reason"]] = ["practice_choice", "It declines."]
    offers = propose(plan, practices, lean)
    assert offers.loc["E", "list_before"] == offers.loc["E", "list_after"] == 37_000
    table = membership(plan, practices, lean, offers, NO_REASONS)
    assert table.loc["E", "status"] == "covered"
    assert table.loc["F", "status"] == "proposed"
    assert str(table.loc["E", "reason"]).startswith("It declines. Proposed to be covered")


def test_membership_has_everyone_with_a_status_and_a_reason(graph: nx.Graph[str]) -> None:
    plan = plan_of({"A": "1", "B": "1", "C": "", "D": "2", "E": "", "F": ""})
    practices = frame()
    offers = propose(plan, practices, graph)
    reasons = pd.DataFrame(
        {"reason_code": "isolated", "reason": "It touches no other practice."},
        index=pd.Index(["C", "E", "F"], name="practice"),
    )
    table = membership(plan, practices, graph, offers, reasons)
    assert tuple(table.columns) == (*MEMBERSHIP, "reason_code")
    assert list(table.index) == list(practices.index)
    assert table["status"].to_dict() == {
        "A": "member", "B": "member", "D": "alone",
        "C": "proposed", "E": "proposed", "F": "proposed",
    }  # fmt: skip
    assert table["list_size"].sum() == sum(s for *_, s in PLACES.values())
    assert table["reason"].str.len().min() > 10
    assert "hub, Surgery A" in str(table.loc["B", "reason"])


def test_without_any_network_orphans_stay_orphans(graph: nx.Graph[str]) -> None:
    plan = plan_of(dict.fromkeys(PLACES, ""))
    offers = propose(plan, frame(), graph)
    assert offers.empty
    table = membership(plan, frame(), graph, offers, NO_REASONS)
    assert set(table["status"]) == {"orphan"}
    assert measure(plan, frame(), graph).empty


def test_the_hub_is_the_one_that_a_table_of_travel_or_a_demand_chooses(
    graph: nx.Graph[str],
) -> None:
    practices = frame()
    home = pd.Series({"A": "1", "B": "1", "C": "1", "D": "", "E": "", "F": ""})
    plan = Plan(home, status=Status.GIVEN)
    none = pd.DataFrame(columns=["network", "reason"])
    assert measure(plan, practices, graph)["hub"]["1"] == "B"
    minutes = pd.DataFrame(30.0, index=list(PLACES), columns=list(PLACES))
    minutes["C"] = 3.0
    drive = nx.Graph(graph)
    drive.graph["travel"] = Travel(minutes, "minutes", "drive.csv")
    drive.graph["distances"] = "travel time in minutes from drive.csv"
    by_travel = measure(plan, practices, drive)
    assert by_travel["hub"]["1"] == "C"
    assert measure_travel(plan, drive, drive.graph["travel"])["hub"]["1"] == "C"
    # kilometres stay straight lines, to the hub that is named
    assert by_travel["mean_distance_km"]["1"] == pytest.approx(
        (20 * math.hypot(9, 4) + 15 * 6) / 47
    )
    reason = membership(plan, practices, drive, none, NO_REASONS)["reason"]
    assert "central practice (hub)" in reason["C"] and "central" not in reason["B"]
    demanded = Rules(hubs=(Choice("A"),))
    assert measure(plan, practices, drive, rules=demanded)["hub"]["1"] == "A"
    assert measure(plan, practices, graph, rules=demanded)["hub"]["1"] == "A"
    # a folder keeps hubs, not the table: read back, they are believed
    del drive.graph["travel"]
    assert measure(plan.replace(hubs={"1": "C"}), practices, drive)["hub"]["1"] == "C"


def test_who_joined_by_decision_and_is_not_on_the_graph_stops_no_table_of_travel(
    graph: nx.Graph[str],
) -> None:
    plan = Plan(pd.Series({"A": "1", "B": "1", "Z": "1"}), status=Status.GIVEN)
    minutes = pd.DataFrame(9.0, index=list(PLACES), columns=list(PLACES))
    table = measure_travel(plan, graph, Travel(minutes, "minutes", "drive.csv"))
    assert table.loc["1", ["hub", "unknown_pairs"]].tolist() == ["A", 0]
