"""What a plan bears, against moving the lists and closing the practices for real."""

from __future__ import annotations

import math

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from pcngeo.breaches import broken_closings
from pcngeo.decisions import Home, Shared
from pcngeo.errors import DataError, RulesError
from pcngeo.optimise import solve
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.optimise.sturdy import most_headroom
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.robust import closing_words, closures, headroom, left_words, robust_words, with_homes
from pcngeo.rules import Rules


def star() -> tuple[nx.Graph, Plan]:
    """A middle practice that holds three others together, and one that stands alone."""
    graph = nx.Graph()
    lists = {"A": 9_000, "B": 10_000, "C": 11_000, "M": 12_000, "Z": 60_000}
    for i, (practice, patients) in enumerate(lists.items()):
        graph.add_node(practice, list_size=patients, x=1000.0 * i, y=0.0)
    for practice in "ABCZ":
        graph.add_edge("M", practice, kind="border", border_m=1.0, distance_m=1.0)
    home = pd.Series({**dict.fromkeys("ABCM", "1"), "Z": "2"})
    return graph, Plan(home, status=Status.GIVEN)


def test_headroom_is_what_the_list_can_fall_and_grow() -> None:
    graph, plan = star()
    table = headroom(plan, graph)
    one = table.loc["1"]
    assert (one["list_size"], one["above_floor"], one["below_ceiling"]) == (42_000, 12_000, 8_000)
    assert (one["can_fall_percent"], one["can_grow_percent"]) == (28.57, 19.04)
    assert 42_000 * (1 - 0.2857) >= 30_000 > 42_000 * (1 - 0.2858)
    assert pd.isna(table.loc["2", "below_ceiling"])
    assert bool(table.loc["2", "holds_if_grown"])


def test_lists_that_move_together_break_what_the_window_says() -> None:
    graph, plan = star()
    table = headroom(plan, graph, shift=0.2)
    assert list(table["holds_if_fallen"]) == [True, True]
    assert list(table["holds_if_grown"]) == [False, True]
    assert "If all lists grow by 20 %, network 1 leaves the window." in robust_words(table, 0.2)
    said = robust_words(headroom(plan, graph, shift=0.025), 0.025)
    assert "If all lists fall by 2.5 %, every network stays in the window." in said
    assert headroom(plan, graph, shift=0.3)["list_if_fallen"].tolist() == [29_400, 42_000]
    assert headroom(plan, graph, shift=0.0001)["list_if_grown"].tolist() == [42_005, 60_006]


def test_a_closing_splits_or_empties_a_network() -> None:
    graph, plan = star()
    table = closures(plan, graph)
    assert table["holds"].to_dict() == dict(
        zip("ABCMZ", [True, True, True, False, False], strict=True)
    )
    assert table.at["M", "what"] == "Without M, network 1 would be in 3 parts."
    assert table.at["Z", "what"] == "Without Z, network 2 would have no practice."
    tight = closures(plan, graph, Rules(min_list=32_000))
    assert tight.at["B", "must_stay"] == 0
    assert tight.at["C", "what"].endswith(
        "31,000 patients, unless at least 1,000 of those of C stay."
    )
    assert headroom(plan, graph).at["1", "closures"] == "M"


def test_a_margin_is_kept_by_a_narrower_window() -> None:
    graph = nx.Graph()
    for i, patients in enumerate([16_000, 15_000, 17_000, 18_000, 9_000, 8_000]):
        graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    nx.add_path(graph, sorted(graph), kind="border", border_m=1.0, distance_m=1000.0)
    narrow = Rules(min_list=31_600, max_list=47_600)
    table = headroom(solve(graph, narrow), graph, Rules())
    assert table[["holds_if_fallen", "holds_if_grown"]].all(axis=None)


def test_a_plan_of_another_graph_is_refused() -> None:
    graph, plan = star()
    with pytest.raises(DataError, match="1 of 5 practices of the plan are not on the graph: Z"):
        headroom(plan, graph.subgraph("ABCM"))


def made(n: int, seed: int) -> nx.Graph:
    """Random points, each linked to its five nearest."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 10_000, (n, 2)).round()
    graph = nx.Graph()
    for i in range(n):
        size = int(rng.integers(4_000, 16_000))
        graph.add_node(f"P{i:02}", list_size=size, x=float(xy[i, 0]), y=float(xy[i, 1]))
    for i in range(n):
        away = np.hypot(*(xy - xy[i]).T)
        for j in np.argsort(away, kind="stable")[1:6]:
            metres = float(away[j])
            graph.add_edge(f"P{i:02}", f"P{j:02}", kind="border", border_m=1.0, distance_m=metres)
    return graph


def tried_out(graph: nx.Graph, rules: Rules) -> float | None:
    """Least cost over all plans that place everybody and bear every closing, or nothing."""
    groups = {g: group_cost(graph, g)[0] for g in all_groups(graph, rules.min_list, rules.max_list)}
    found: list[float] = []

    def place(left: frozenset[str], cost: float, done: tuple) -> None:
        if found and cost >= min(found):
            return
        if not left:
            plan = {str(k): tuple(sorted(g)) for k, g in enumerate(done)}
            if not any(broken_closings(plan, graph, rules)):
                found.append(cost)
            return
        for group, price in groups.items():
            if min(left) in group and group <= left:
                place(left - group, cost + price, (*done, group))

    place(frozenset(graph), 0.0, ())
    return min(found, default=None)


def test_the_best_plan_that_bears_every_closing_is_found_or_proven_not_to_be() -> None:
    rules = Rules(networks="free", closures="borne", min_list=25_000, max_list=60_000)
    possible = []
    for seed in range(8):
        graph = made(9, seed)
        best, plan = tried_out(graph, rules), solve(graph, rules)
        assert plan.status is Status.OPTIMAL
        possible.append(best is not None)
        if best is None:
            assert plan.unplaced_bound > 0
            continue
        assert not plan.unplaced
        assert plan.objective == pytest.approx(best, rel=1e-6)
        assert closures(plan, graph, rules)["borne"].all()
        assert "every network stays connected" in closing_words(closures(plan, graph, rules))
        verify(plan, graph, rules)
    assert True in possible
    assert False in possible


def test_who_closes_goes_to_the_nearest_and_what_breaks_is_said() -> None:
    graph, plan = star()
    for practice, x in {"A": 900.0, "B": 1_100.0, "C": 1_150.0, "M": 1_000.0, "Z": 9e3}.items():
        graph.nodes[practice]["x"] = x
    table = closures(plan, graph, Rules())
    assert table.loc["A", ["goes_to", "goes_to_network", "borne"]].tolist() == ["M", "1", True]
    assert (
        table.at["M", "then"] == "if M closes, its patients going to A, network 1 would be in parts"
    )
    assert "but for 1 of 5 practices: M." in closing_words(table)
    six = pd.DataFrame({"borne": [False] * 6}, index=list("ABCDEF"))
    assert closing_words(six).endswith("6 of 6 practices: A, B, C, D, E and 1 more.")
    assert table.at["Z", "borne"]


def test_headroom_is_a_demand_that_is_kept_or_told() -> None:
    graph = made(14, 3)
    for percent in (3.0, 8.0):
        rules = Rules(headroom=percent)
        plan = solve(graph, rules)
        if plan.unplaced:
            continue
        table = headroom(plan, graph, Rules(), shift=percent / 100)
        assert table[["holds_if_fallen", "holds_if_grown"]].all(axis=None)
        narrow = Rules(
            min_list=math.ceil(30_000 / (1 - percent / 100)),
            max_list=int(50_000 / (1 + percent / 100)),
        )
        assert plan.objective == pytest.approx(solve(graph, narrow).objective, rel=1e-6)
        verify(plan, graph, rules)
    with pytest.raises(RulesError, match="Keep one"):
        Rules(headroom=5, soft_min_list=20_000)


def test_who_is_in_no_network_is_said_first() -> None:
    graph = made(9, 4)
    assert left_words(solve(graph)) == []
    plan = solve(graph, Rules(networks=1))
    (said,) = left_words(plan)
    assert f"{plan.unplaced_patients:,} registered patients are in no network" in said


def test_the_most_headroom_is_kept_and_a_tenth_more_is_not() -> None:
    graph = made(9, 4)
    news: list[tuple[str, str]] = []
    found = most_headroom(graph, progress=lambda *told: news.append(told))
    assert found.proven
    assert news[0] == ("the best plan by distance", "making it")
    assert news[-1] == (f"the best plan with {found.percent:g} %", "end")
    assert (f"headroom of {found.refuted:g} %", "looking for a plan") in news
    assert len({what for what, _ in news if what.startswith("headroom of")}) > 3
    table = headroom(found.plan, graph, shift=found.percent / 100)
    assert table[["holds_if_fallen", "holds_if_grown"]].all(axis=None)

    def possible(percent: float) -> bool:
        """Whether any division at all has as many networks inside the narrower window."""
        low, high = math.ceil(30_000 / (1 - percent / 100)), int(50_000 / (1 + percent / 100))
        groups = list(all_groups(graph, low, high))

        def place(left: frozenset[str], made: int) -> bool:
            if not left:
                return made == len(found.plan.networks)
            return any(place(left - g, made + 1) for g in groups if min(left) in g and g <= left)

        return place(frozenset(graph), 0)

    assert possible(found.percent)
    assert not possible(found.refuted) or found.plan.objective > 1.25 * solve(graph).objective


def test_headroom_as_an_objective_is_least_of_what_is_short() -> None:
    graph = made(12, 5)
    plan, usual = solve(graph, Rules(objective=["headroom", "distance"])), solve(graph)

    def short(one: Plan) -> float:
        sums = [sum(graph.nodes[p]["list_size"] for p in g) for g in one.groups().values()]
        return sum(max(0, 30_000 / 0.95 - s) + max(0, s - 50_000 / 1.05) for s in sums)

    assert short(plan) == pytest.approx(plan.held[0], abs=1.0)
    assert short(plan) <= short(usual) + 1e-6


def test_agreed_homes_link_their_networks_and_shares_count_as_shares_R14_R20() -> None:
    graph: nx.Graph[str] = nx.Graph()
    for i, (code, size) in enumerate({"A": 20_000, "B": 20_000, "C": 35_000, "D": 9_000}.items()):
        graph.add_node(code, list_size=size, x=1_000.0 * i, y=0.0)
    graph.add_edges_from([("A", "B"), ("B", "C")])  # nobody touches D, an island
    home = pd.Series({"A": "1", "B": "1", "C": "2", "D": "2", "E": "2"})
    plan = Plan(home, status=Status.GIVEN, joined=("D", "E"))
    rules = Rules(
        homes=(
            Home("D", "C", "agreed", commissioner="NHS X", lmcs="LMC Y", date="2026-01-01"),
            Home("E", "C", "agreed", commissioner="NHS X", lmcs="LMC Y", date="2026-01-01"),
        ),
        shared=(Shared("B", "C", 0.1, "Two towns", "NHS X"),),
    )
    practices = gpd.GeoDataFrame(
        {"list_size": [*nx.get_node_attributes(graph, "list_size").values(), 2_000]},
        index=list("ABCDE"), crs=27700,
        geometry=[shapely.Point(1_000 * i, 0) for i in range(4)] + [None],
    )  # fmt: skip
    with pytest.raises(DataError, match="not on the graph"):
        headroom(plan, graph, rules)
    linked = with_homes(graph, plan, practices, rules)
    table, closing = headroom(plan, linked, rules), closures(plan, linked, rules)
    assert table["list_size"].to_dict() == {"1": 38_000, "2": 48_000}
    assert closing.at["B", "list_left"] == 20_000
    assert closing.at["A", "list_left"] == 18_000
    assert closing["parts"].to_dict() == {"A": 1, "B": 1, "C": 2, "D": 1, "E": 1}
    assert closing.at["E", "goes_to"] == "C"
    assert with_homes(graph, plan.replace(joined=()), practices, rules) is graph


def test_a_closing_moves_what_is_counted_where_a_practice_is_shared_R20() -> None:
    graph: nx.Graph[str] = nx.Graph()
    lists = {"A": 25_000, "B": 10_000, "C": 31_000, "D": 8_000, "E": 12_000, "F": 20_000}
    for i, (code, size) in enumerate(lists.items()):
        graph.add_node(code, list_size=size, x=1_000.0 * i, y=0.0)
    nx.add_path(graph, "ABCD")
    graph.add_edges_from([("D", "E"), ("E", "F"), ("C", "E")])
    home = {**dict.fromkeys("AB", "1"), **dict.fromkeys("CD", "2"), **dict.fromkeys("EF", "3")}
    plan = Plan(pd.Series(home), status=Status.GIVEN)
    whole = closures(plan, graph, Rules())
    rules = Rules(shared=(Shared("B", "C", 0.4, "Two towns", "NHS X"),
                          Shared("D", "E", 0.5, "Two towns", "NHS X")))  # fmt: skip
    table = closures(plan, graph, rules)
    # everybody of A goes to B, 40 % of whose list are counted in network 2: 14,000 of 35,000
    assert whole.at["A", "then"] == ""
    assert table.at["A", "then"] == (
        "if A closes, its patients going to B, network 1 would have 21,000 patients"
    )
    assert table.at["B", "then"] == whole.at["B", "then"] == ""
    # B's list is 41,000 then, 24,600 of it in network 1; in network 2 the rest and half of D's
    assert table.at["C", "then"] == (
        "if C closes, its patients going to B, network 2 would have 20,400 patients"
    )
    assert "network 1 would have 66,000 patients" in whole.at["C", "then"]
    # half of D's 20,000 are counted in network 3 and half in network 2, with 31,000 and 4,000
    assert table.at["E", "goes_to"] == "D"
    assert table.at["E", "then"] == ""
    assert "network 2 would have 51,000 patients" in whole.at["E", "then"]
