"""Providers of whole networks, and teams inside a network that is too large."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

from pcngeo.levels import TEAMS, neighbourhood_teams, network_graph, roll_up
from pcngeo.optimise import solve
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.schema import check_graph


def chain(*sizes: int) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    for i, size in enumerate(sizes):
        graph.add_node(f"P{i:02}", list_size=size, x=1_000.0 * i, y=0.0)
    for i in range(len(sizes) - 1):
        graph.add_edge(
            f"P{i:02}", f"P{i + 1:02}", kind="border", border_m=10.0, distance_m=1_000.0, why=""
        )
    return nx.freeze(graph)


def test_networks_become_nodes() -> None:
    graph = chain(10_000, 30_000, 40_000, 20_000, 35_000)
    plan = Plan(pd.Series(dict(zip(graph, "11223", strict=True))), status=Status.GIVEN)
    above = check_graph(network_graph(plan, graph))
    assert {n: above.nodes[n]["list_size"] for n in above} == {
        "1": 40_000,
        "2": 60_000,
        "3": 35_000,
    }
    assert above.nodes["1"]["x"] == pytest.approx(750.0)
    assert set(above.edges) == {("1", "2"), ("2", "3")}
    assert above.edges["1", "2"]["distance_m"] == pytest.approx(2_333.33 - 750, abs=0.1)


def test_providers_of_250_000_are_made_of_whole_networks_R24() -> None:
    graph = chain(*[40_000] * 14)
    plan = Plan(pd.Series({p: str(i + 1) for i, p in enumerate(graph)}), status=Status.GIVEN)
    rules = Rules.for_preset("multi_neighbourhood")
    above = solve(network_graph(plan, graph), rules)
    table = roll_up(plan, above)
    assert above.unplaced == ()
    sizes = table.join(pd.Series(nx.get_node_attributes(graph, "list_size"), name="list_size"))
    totals = sizes.groupby("provider")["list_size"].sum()
    assert totals.between(250_000, 500_000).all()
    assert totals.sum() == 560_000
    assert (table.groupby("network")["provider"].nunique() == 1).all()


def test_a_network_above_the_ceiling_is_offered_teams_in_the_window_R18() -> None:
    # Encompass (S003): 15 practices, 170,000 people registered.
    graph = chain(*[11_000] * 10, *[12_000] * 5, 40_000, 104_000)
    home = dict.fromkeys(list(graph)[:15], "1") | {"P15": "2", "P16": "3"}
    table = neighbourhood_teams(Plan(pd.Series(home), status=Status.GIVEN), graph, Rules(), solve)
    assert tuple(table.columns) == TEAMS
    inside = table[table["network"] == "1"]
    assert len(inside) == 15
    teams = inside.groupby("team")["list_size"].sum()
    assert len(teams) in (4, 5)
    assert teams.between(30_000, 50_000).all()
    assert (inside["team_list_size"] == inside["team"].map(teams)).all()
    assert "2" not in set(table["network"])
    assert "follow its sites" in str(table.loc["P16", "sentence"])
    assert table.loc["P16", "team"] == ""


def test_without_a_large_network_there_are_no_teams() -> None:
    graph = chain(35_000)
    plan = Plan(pd.Series({"P00": "1"}), status=Status.GIVEN)
    assert neighbourhood_teams(plan, graph, Rules(), solve).empty


def test_one_team_alone_is_no_division_R18() -> None:
    """It proposed a single "team a" and left the others out."""
    graph = chain(35_000, 10_000, 10_000, 12_000, 12_000, 35_000)
    home = {"P00": "1", "P01": "1", "P02": "1", "P03": "2", "P04": "2", "P05": "2"}
    plan = Plan(pd.Series(home), status=Status.GIVEN)
    table = neighbourhood_teams(plan, graph, Rules(), solve)
    assert set(table["team"]) == {""}
    small = "The network is too small for two neighbourhood teams of 30,000 and more."
    assert set(table["sentence"]) == {small}
    alone = Plan(pd.Series({"P00": "1"}), status=Status.GIVEN)
    table = neighbourhood_teams(alone, chain(54_111), Rules(), solve)
    assert table["sentence"].tolist() == [small]
    graph = chain(45_000, 12_000, 11_000)
    plan = Plan(pd.Series(dict.fromkeys(graph, "1")), status=Status.GIVEN)
    table = neighbourhood_teams(plan, graph, Rules(), solve)
    assert set(table["team"]) == {""}
    assert set(table["sentence"]) == {
        "The network's practices cannot be divided into neighbouring teams in the window."
    }
