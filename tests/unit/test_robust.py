"""What a plan bears, against moving the lists and closing the practices for real."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

from pcngeo.errors import DataError
from pcngeo.optimise import solve
from pcngeo.plan import Plan, Status
from pcngeo.robust import closures, headroom, robust_words
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
    assert "If all lists grow by 20%, network 1 leaves the window." in robust_words(table, 0.2)
    assert headroom(plan, graph, shift=0.3)["list_if_fallen"].tolist() == [29_400, 42_000]


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
