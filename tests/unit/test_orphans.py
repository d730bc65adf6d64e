"""Homes for practices in no network: the best set, ranked homes, states, ways out."""

from __future__ import annotations

from itertools import product

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from pcngeo.decisions import Home
from pcngeo.errors import RulesError
from pcngeo.orphans import (
    HOMES,
    OFFER,
    ORPHANS,
    homes,
    orphans_table,
    propose,
    service_population,
    settle,
    ways_out,
)
from pcngeo.orphans.best import Assignment, best_homes
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

Places = dict[str, tuple[float, float, int]]


def town(places: Places, links: str, **standing: str) -> tuple[gpd.GeoDataFrame, nx.Graph[str]]:
    """Practices at (x km, y km, patients), and the graph with links such as "AB BC"."""
    table = pd.DataFrame(
        {
            "name": [f"Surgery {p}" for p in places],
            "list_size": [size for *_, size in places.values()],
            "area": "X",
            "standing": [standing.get(p, "eligible") for p in places],
            "reason_code": "",
            "reason": "",
        },
        index=pd.Index(list(places), name="practice"),
    )
    points = [Point(x * 1_000, y * 1_000) for x, y, _ in places.values()]
    graph: nx.Graph[str] = nx.Graph()
    for p, (x, y, size) in places.items():
        if standing.get(p, "eligible") == "eligible":
            graph.add_node(p, list_size=size, x=x * 1_000.0, y=y * 1_000.0)
    for a, b in links.split():
        graph.add_edge(a, b, kind="border", border_m=100.0, distance_m=1.0, why="")
    return gpd.GeoDataFrame(table, geometry=points, crs=27700), nx.freeze(graph)


def plan_of(**homes_of: str) -> Plan:
    return Plan(pd.Series(homes_of), status=Status.GIVEN)


# P and Q are networks; A is next to both, B only to P. P has room for one of them only.
ROOM: Places = {"P": (0, 0, 40_000), "Q": (9, 0, 40_000), "A": (3, 0, 10_000), "B": (0, 4, 9_000)}


def test_homes_are_chosen_together_and_not_one_by_one() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    offers = propose(plan_of(P="1", Q="2", A="", B=""), practices, graph)
    # One by one, A would take the room at its nearest network and push B over the ceiling.
    assert offers["network"].to_dict() == {"A": "2", "B": "1"}
    assert offers["rules_broken"].tolist() == ["", ""]
    assert tuple(offers.columns) == OFFER
    assert set(offers["state"]) == {"proposed"}
    assert offers["list_after_all"].tolist() == [50_000, 49_000]


def test_an_orphan_reaches_its_network_through_another() -> None:
    places = ROOM | {"C": (0, 6, 500)}
    practices, graph = town(places, "PA QA PB BC")
    offers = propose(plan_of(P="1", Q="2", A="", B="", C=""), practices, graph)
    assert offers["network"].to_dict() == {"A": "2", "B": "1", "C": "1"}
    assert not offers.loc["C", "shares_border"]
    # With no room for both, C still follows B: a network stays in one part.
    full = propose(
        plan_of(P="1", Q="2", A="", B="", C=""), practices, graph, Rules(max_list=49_000)
    )
    assert full.loc["C", "network"] == full.loc["B", "network"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_best_set_against_every_set(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    k = data.draw(st.integers(1, 3))
    number = st.integers(1, 30)
    patients = np.array(data.draw(st.lists(number, min_size=count, max_size=count))) * 500
    sizes = np.array(data.draw(st.lists(number, min_size=k, max_size=k))) * 1_500
    row = st.lists(number, min_size=k, max_size=k)
    distance = np.array(data.draw(st.lists(row, min_size=count, max_size=count))) * 100.0
    pairs = [(a, b) for a in range(count) for b in range(a)]
    links = frozenset(p for p in pairs if data.draw(st.booleans()))
    beside = frozenset(
        (o, n) for o in range(count) for n in range(k) if o == 0 or data.draw(st.booleans())
    )
    # Everyone reaches a network: the first touches all, and all hang together on it.
    links |= {(o, 0) for o in range(1, count)}
    problem = Assignment(
        [f"o{i}" for i in range(count)], [f"n{i}" for i in range(k)], patients, sizes, distance,
        beside, links, 40_000,
    )  # fmt: skip

    def value(home: tuple[int, ...]) -> tuple[int, float] | None:
        for n in range(k):
            group = [o for o in range(count) if home[o] == n]
            graph = nx.Graph()
            graph.add_node("n")
            graph.add_nodes_from(group)
            graph.add_edges_from((a, b) for a, b in links if a in group and b in group)
            graph.add_edges_from(("n", o) for o in group if (o, n) in beside)
            if not nx.is_connected(graph):
                return None
        after = sizes + np.bincount(home, weights=patients, minlength=k).astype(int)
        travel = sum(float(patients[o] * distance[o, home[o]]) for o in range(count))
        return int(np.maximum(after - 40_000, 0).sum()), travel

    values = [v for h in product(range(k), repeat=count) if (v := value(h)) is not None]
    chosen = best_homes(problem)
    home = tuple(int(chosen[f"o{i}"][1:]) for i in range(count))
    found = value(home)
    assert found is not None
    assert found[0] == min(values)[0]
    assert found[1] == pytest.approx(min(values)[1])


def test_the_same_input_gives_the_same_homes() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    plan = plan_of(P="1", Q="2", A="", B="")
    again = propose(plan, practices.sample(frac=1, random_state=1), graph)
    pd.testing.assert_frame_equal(propose(plan, practices, graph), again)


def test_agreed_and_assigned_homes_stand_with_who_and_when() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    plan = plan_of(P="1", Q="2", A="", B="")
    rules = Rules(homes=(
        Home("A", "P", "agreed", "NHS X", "North LMC, South LMC", "3 June"),
        Home("B", "Q", "assigned", "NHS X", "", "9 June", "mediation failed"),
    ))  # fmt: skip
    offers = propose(plan, practices, graph, rules)
    assert offers["network"].to_dict() == {"A": "1", "B": "2"}
    assert offers["state"].to_dict() == {"A": "agreed", "B": "assigned"}
    assert "NHS X; North LMC, South LMC; 3 June" in str(offers.loc["A", "reason"])
    assert "mediation failed" in str(offers.loc["B", "reason"])
    assert "R11" in str(offers.loc["B", "rules_broken"])
    done = settle(plan, offers, practices)
    assert done.assignment.to_dict() == {"A": "1", "B": "2", "P": "1", "Q": "2"}
    assert done.unplaced_patients == 0
    assert done.status is Status.GIVEN
    assert plan.unplaced == ("A", "B")
    only = propose(plan, practices, graph, Rules(homes=(Home("A", "P"),)))
    assert settle(plan, only, practices) is plan


def test_others_may_reach_a_network_through_a_decided_home() -> None:
    practices, graph = town(
        {"P": (0, 0, 40_000), "Q": (9, 0, 30_000), "A": (3, 0, 1_000), "B": (5, 0, 1_000)},
        "PA AB BQ",
    )
    rules = Rules(homes=(Home("A", "P", "agreed", "NHS X", "X LMC", "3 June"),))
    offers = propose(plan_of(P="1", Q="2", A="", B=""), practices, graph, rules)
    assert offers["network"].to_dict() == {"A": "1", "B": "2"}


def test_a_decided_home_is_never_lost_in_silence() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    plan = plan_of(P="1", Q="2", A="", B="")
    offers = propose(plan, practices, graph, Rules(homes=(Home("A", "B"),)))
    assert "joins it to B, which is in no network here" in str(offers.loc["A", "reason"])
    with pytest.raises(RulesError, match="Z is not a practice of this area"):
        propose(plan, practices, graph, Rules(homes=(Home("A", "Z"),)))


def test_ranked_homes_say_what_each_would_do_and_break() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    plan = plan_of(P="1", Q="2", A="", B="")
    offers = propose(plan, practices, graph)
    table = homes(plan, practices, graph, Rules(max_list=49_500), proposals=offers)
    assert tuple(table.columns) == HOMES
    first = table[table["practice"] == "A"].set_index("network")
    assert first.loc["1", ["rank", "shares_border", "border_m"]].tolist() == [1, True, 100.0]
    assert first.loc["1", "distance_km"] == pytest.approx(3)
    assert first.loc["1", ["list_before", "list_after"]].tolist() == [40_000, 50_000]
    assert first.loc["1", ["left_before", "left_after"]].tolist() == [19_000, 9_000]
    assert "R04: 500 above 49,500" in str(first.loc["1", "rules_broken"])
    assert first["proposed"].to_dict() == {"1": False, "2": True}
    other = table[table["practice"] == "B"].set_index("network")
    assert "R11: they share no border" in str(other.loc["2", "rules_broken"])
    assert table["patients_in_common"].isna().all()
    short = homes(plan, practices, graph, proposals=offers, most=1)
    assert short.groupby("practice").size().to_dict() == {"A": 2, "B": 1}


def test_homes_of_an_island_are_ranked_as_they_are_proposed() -> None:
    """The nearest was proposed and ranked last, because it would pass the ceiling."""
    practices, graph = town({**ROOM, "P": (0, 0, 45_000)}, "PQ")
    plan = plan_of(P="1", Q="2", A="", B="")
    table = homes(plan, practices, graph, proposals=propose(plan, practices, graph))
    assert table["proposed"].tolist() == [True, False, True, False]
    assert table["rank"].tolist() == [1, 2, 1, 2]


def test_a_home_in_another_area_breaks_R19() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    practices.loc["Q", "area"] = "Y"
    table = homes(plan_of(P="1", Q="2", A="", B=""), practices, graph)
    row = table[(table["practice"] == "A") & (table["network"] == "2")].iloc[0]
    assert "R19: its area is X, not Y" in row["rules_broken"]


def test_patients_in_common_are_those_who_live_where_a_network_is_first() -> None:
    practices, graph = town(ROOM, "PA QA PB")
    registrations = pd.DataFrame(
        [
            ("A", "E01000001", 300), ("P", "E01000001", 900), ("Q", "E01000001", 20),
            ("A", "E01000002", 150), ("Q", "E01000002", 80), ("B", "E01000002", 500),
            ("A", "E01000003", 70), ("A", "unmapped", 30), ("P", "unmapped", 999),
        ],
        columns=["practice", "lsoa", "patients"],
    )  # fmt: skip
    table = homes(plan_of(P="1", Q="2", A="", B=""), practices, graph, registrations=registrations)
    own = table[table["practice"] == "A"].set_index("network")["patients_in_common"]
    assert own.to_dict() == {"1": 300, "2": 150}


ISLAND: Places = {
    "P": (0, 0, 40_000), "Q": (5, 0, 35_000),
    "E": (30, 0, 14_000), "F": (32, 0, 8_410), "G": (5, 40, 900),
}  # fmt: skip


def test_parts_below_the_floor_say_which_bridge_or_waiver_would_help() -> None:
    practices, graph = town(ISLAND, "PQ EF")
    table = ways_out(graph, Rules(), practices)
    assert list(table.index) == ["E", "G"]
    west = table.loc["E"]
    assert (west["patients"], west["shortfall"]) == (22_410, 7_590)
    assert (west["bridge_a"], west["bridge_b"]) == ("E", "Q")
    assert west["distance_km"] == pytest.approx(25)
    words = str(west["sentence"])
    assert "Surgery E (E) and Surgery Q (Q), 25.0 km apart" in words
    assert "75,000 (97,410 together)" in words
    assert "rural waiver for 22,410 people registered, 7,590 below 30,000 (R03)" in words
    alone = ways_out(nx.freeze(nx.Graph(graph.subgraph("EF"))))
    assert str(alone.iloc[0]["sentence"]).startswith("Only a rural waiver")


def test_the_table_of_orphans_leaves_nobody_out() -> None:
    practices, graph = town(
        ISLAND | {"V": (1, 1, 40), "D": (1, 2, 3_000), "W": (0, 0, 700)},
        "PQ EF", V="special", D="covered", W="orphan",
    )  # fmt: skip
    practices.loc["V", ["reason_code", "reason"]] = ["special_scheme", ""]
    practices.loc["D", ["reason_code", "reason"]] = ["practice_choice", "Letter of 3 March."]
    practices.loc["W", ["reason_code", "reason"]] = ["no_location", "Its postcode is in no file."]
    practices.loc["W", "geometry"] = None
    plan = plan_of(P="1", Q="2", E="", F="", G="")
    offers = propose(plan, practices, graph)
    table = orphans_table(plan, practices, graph, proposals=offers)
    assert tuple(table.columns) == ORPHANS
    assert list(table.index) == ["D", "E", "F", "G", "V", "W"]
    assert table["reason_code"].to_dict() == {
        "D": "practice_choice", "E": "component_below_floor", "F": "component_below_floor",
        "G": "isolated", "V": "special_scheme", "W": "no_location",
    }  # fmt: skip
    assert table["state"].to_dict() == {
        "D": "proposed", "E": "proposed", "F": "proposed", "G": "proposed", "V": "", "W": "",
    }  # fmt: skip
    assert "needs a decision (Q6)" in str(table.loc["V", "offer"])
    assert "without a location" in str(table.loc["W", "offer"])
    assert "25.0 km apart" in str(table.loc["F", "way_out"])
    assert table.loc["D", "way_out"] == ""
    reasons = pd.DataFrame(
        {"reason_code": ["no_room"], "reason": ["No room."]}, index=pd.Index(["G"], name="practice")
    )
    told = orphans_table(plan, practices, graph, proposals=offers, reasons=reasons)
    assert told.loc["G", "reason"] == "No room."


def test_covered_patients_are_served_and_not_listed_R15() -> None:
    practices, graph = town(
        ISLAND | {"D": (1, 2, 3_000), "V": (1, 1, 40)}, "PQ EF", D="covered", V="special"
    )
    plan = plan_of(P="1", Q="2", E="", F="", G="")
    rules = Rules(homes=(Home("V", "Q", "agreed", "NHS X", "X LMC", "3 June"),))
    offers = propose(plan, practices, graph, rules)
    assert offers.loc["V", "network"] == "2"
    assert offers.loc["D", ["list_before", "list_after"]].tolist() == [40_000, 40_000]
    table = service_population(plan, practices, offers)
    assert table.loc["1", ["member_list", "covered_list"]].tolist() == [40_000, 3_000]
    assert table.loc["1", "service_population"] == 43_000
    assert table.loc["2", "covered_practices"] == "V"
    assert settle(plan, offers, practices) is plan


def test_without_networks_there_is_nothing_to_offer() -> None:
    practices, graph = town(ISLAND, "PQ EF")
    plan = plan_of(P="", Q="", E="", F="", G="")
    offers = propose(plan, practices, graph)
    assert offers.empty
    table = orphans_table(plan, practices, graph, proposals=offers)
    assert set(table["offer"]) == {"There is no network to offer."}
    assert homes(plan, practices, graph).empty
