"""What a notebook shows of a plan, and what the page is told to judge by."""

from __future__ import annotations

from pathlib import Path

import folium
import networkx as nx
import pandas as pd
from browser.grid_area import grid_area

from pcngeo.plan import Plan, Status
from pcngeo.reopen import reopen
from pcngeo.review.compare import compare_options
from pcngeo.review.judged import judged_by
from pcngeo.review.options import gather_options
from pcngeo.rules import Rules


def test_a_plan_says_in_a_line_and_in_a_table_what_it_is() -> None:
    plan = Plan(
        pd.Series({"A": "1", "B": "1", "C": "<i>2</i>", "D": ""}),
        status=Status.GIVEN,
        explanation=("D & others are far away.",),
    )
    assert repr(plan) == "<Plan: 2 networks of 3 practices, 1 practice in none; given>"
    shown = plan._repr_html_()
    assert "<th>1</th><td>2</td><td style='text-align:left'>A, B</td>" in shown
    assert "&lt;i&gt;2&lt;/i&gt;" in shown and "<i>" not in shown
    assert "In no network: D." in shown
    assert "D &amp; others are far away." in shown
    assert repr(plan.replace(assignment=pd.Series({"A": "1"}))) == (
        "<Plan: 1 network of 1 practice; given>"
    )


def test_the_page_is_told_what_hubs_are_measured_by_and_who_is_off_the_graph() -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_edge("A", "B", kind="ferry", border_m=12.6, distance_m=1.0, why="The ferry")
    people = {"A": 10, "B": 20, "F": 30}
    told = judged_by(Rules(), graph, people, {})
    assert told["links"] == [[0, 1, 0, 13, "The ferry"]]
    assert told["kinds"] == ["A ferry joins them"]
    assert (told["off"], told["straight"], told["judged"]) == ([2], True, True)
    graph.graph["distances"] = "minutes by car"
    assert judged_by(Rules(), graph, people, {})["straight"] is False
    bare = judged_by(Rules(), None, people, {})
    assert (bare["off"], bare["judged"], bare["links"]) == ([], False, [])


def test_plans_are_compared_by_who_would_leave_todays_network_too() -> None:
    area = grid_area("112\n112")
    today = ["U1", "U1", "U1", "U2", "U2", "U2"]
    area.practices["network_today"] = today
    options = gather_options(
        area.plan, area.practices, area.territories, graph=area.graph, measures=None, area="",
        rules=Rules(), alternatives={}, today=True,
    )  # fmt: skip
    measures = dict(compare_options(options).measures)
    assert measures["Practices that would leave today\u2019s network"] == ("3", "0")
    assert measures["People registered with them"] == ("36,000", "0")


def test_a_planned_area_shows_itself_and_its_map_in_a_notebook(planned_sample: Path) -> None:
    area = reopen(planned_sample)
    shown = area._repr_html_()
    assert shown.startswith(f"<h3>{area.intake.area_name}</h3>")
    assert f"{len(area.plan.networks)} networks" in shown
    assert "mean_distance_km" in shown, "the measures"
    assert isinstance(area.draw(), folium.Map)
    assert area.draw(name="As planned").get_root().words["options"][0]["name"] == "As planned"
