"""Who is next to whom: every link of the graph stands in a table, and the map and it agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import networkx as nx
import pytest
import shapely
from browser.grid_area import grid_area

from pcngeo.review import draw_map, map_html

pytestmark = pytest.mark.browser


def bridged_page() -> str:
    area = grid_area("1122\n1133", lists={"P00": 9_000})
    graph = nx.Graph(area.graph)
    graph.add_edge(
        "P00", "P13", kind="bridge", border_m=0.0, distance_m=3_162.0, why="<b>Toll</b> bridge"
    )
    drawn = draw_map(*area.arguments(), graph=nx.freeze(graph), list_date="2026-01-01")
    return map_html(drawn)


def rows(page: Any) -> list[str]:
    return list(page.locator("#links tbody tr:visible").all_inner_texts())


def test_every_link_is_in_the_table_and_can_be_filtered_and_sorted(
    open_page: Callable[..., Any],
) -> None:
    opened = open_page(bridged_page())
    page = opened.page
    assert page.locator("#links tbody tr").count() == 0, "nobody waits for it"
    page.click("#links summary")
    assert len(rows(page)) == 11
    assert page.inner_text("#links-count") == "11 links."
    page.select_option("#links-kind", label="A bridge joins them")
    assert page.inner_text("#links-count") == "1 of 11 links."
    bridge = rows(page)[0]
    assert "A bridge joins them: <b>Toll</b> bridge" in bridge and "3,162" in bridge
    page.select_option("#links-kind", "between")
    between = len(rows(page))
    page.select_option("#links-kind", "within")
    assert between + len(rows(page)) == 11
    page.select_option("#links-kind", "")
    page.fill("#links-find", "p00")
    assert len(rows(page)) == 3
    page.fill("#links-find", "nobody")
    assert page.inner_text("#links-count") == "None of 11 links."
    page.fill("#links-find", "")
    page.click("#links th >> text=Apart")
    page.click("#links th >> text=Apart")
    assert "Toll" in rows(page)[0]
    assert opened.errors == []


def test_the_table_and_the_map_lead_to_each_other(open_page: Callable[..., Any]) -> None:
    page = open_page(bridged_page()).page
    at = [p["code"] for p in page.evaluate("pcngeo.view.data.practices")].index("P00")
    page.evaluate("i => pcngeo.view.openPractice(i)", at)
    page.click("#card >> text=Who it is next to: 3 practices")
    assert len(rows(page)) == 3
    show = page.locator("#links tbody tr:visible button").first
    show.click()
    assert show.get_attribute("aria-pressed") == "true"
    marked = page.evaluate("pcngeo.view.chart.marked.getLatLngs().length")
    assert marked == 2
    show.click()
    assert page.evaluate("pcngeo.view.chart.marked.getLatLngs().length") == 0
    page.evaluate("i => pcngeo.view.trial.move([i], '3')", at)
    assert all("3" in row.split("\t")[1:4] for row in rows(page)), "the trial's network"
    page.locator("#links tbody tr:visible a").first.click()
    assert page.locator("#card h2").is_visible()


@pytest.mark.parametrize("width", [1366, 320])
def test_no_accessibility_violation_with_the_table_open(
    open_page: Callable[..., Any], width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(bridged_page(), width=width).page
    page.click("#links summary")
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_map_shows_itself_in_a_notebook(open_page: Callable[..., Any]) -> None:
    area = grid_area("1122\n1133")
    shown = draw_map(*area.arguments(), graph=area.graph)._repr_html_()
    opened = open_page(f"<!doctype html><body>{shown}</body>")
    frame = opened.page.frames[1]
    frame.wait_for_selector(".leaflet-numbers-pane button")
    assert frame.locator("h1").inner_text() == "Gridshire: proposed primary care networks"
    frame.locator('.leaflet-numbers-pane button[aria-label^="2"]').click()
    assert frame.locator("#card h2").inner_text().endswith("Network 2")
    assert opened.errors == []


def test_places_of_practices_and_branches_stand_in_a_table(open_page: Callable[..., Any]) -> None:
    lost = {"practice": "Y1", "standing": "orphan", "list_size": 700, "reason": "Far away."}
    area = grid_area("1122\n1133", more=[lost])
    branch = gpd.GeoDataFrame(
        {"practice": ["P00"], "name": ["<b>THE PIER</b>"], "postcode": ["ZZ9 9ZZ"]},
        geometry=[shapely.Point(600_700, 401_250.4)], crs="EPSG:27700",
    )  # fmt: skip
    drawn = draw_map(*area.arguments(), graph=area.graph, branches=branch)
    opened = open_page(map_html(drawn))
    page = opened.page
    page.click("#where summary")
    told = page.locator("#where tbody tr").all_inner_texts()
    assert len(told) == 10
    at = next(k for k, row in enumerate(told) if row.split("\t")[1] == "P00")
    assert told[at].split("\t")[2:] == ["Practice", "ZZ00 1AA", "600500", "401500"]
    assert told[at + 1].split("\t")[2:] == [
        "Branch: <b>THE PIER</b>",
        "ZZ9 9ZZ",
        "600700",
        "401250",
    ]
    assert told[-1].split("\t")[-2:] == ["not known", "not known"]
    page.click("#where th >> text=Easting")
    assert page.locator("#where tbody tr").count() == 10
    page.locator("#where tbody a").last.click()
    assert page.locator("#card h2").is_visible()
    assert opened.errors == []
