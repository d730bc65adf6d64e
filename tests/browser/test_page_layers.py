"""What the map shows beside the plan: off at first, explained, and in the tables as well."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from browser.grid_area import CRS, SOUTH, WEST, GridArea, grid_area

from pcngeo.decisions import Waiver
from pcngeo.errors import DataError
from pcngeo.review import draw_map, map_html
from pcngeo.review.layers import RAMP, Layers
from pcngeo.rules import Rules

pytestmark = pytest.mark.browser


def page_of(area: GridArea, **options: Any) -> str:
    return map_html(draw_map(*area.arguments(), graph=area.graph, **options))


def branches() -> gpd.GeoDataFrame:
    """Two branches of one practice."""
    return gpd.GeoDataFrame(
        {"practice": ["P00", "P00"], "name": ["HILL <b>BRANCH</b>", "DALE"],
         "postcode": ["ZZ1 1AA", "ZZ2 2BB"]},
        geometry=[shapely.Point(WEST + 200, SOUTH + 200), shapely.Point(WEST + 1500, SOUTH + 300)],
        crs=CRS, index=pd.Index(["B1", "B2"], name="branch"),
    )  # fmt: skip


def all_layers(area: GridArea, **more: str) -> Layers:
    codes = area.practices.index
    halves = [shapely.box(WEST + x, SOUTH, WEST + x + 2000, SOUTH + 3000) for x in (0, 2000)]
    profile = pd.DataFrame(
        {"imd_score": [5.0 * k for k in range(len(codes))], "rural_share": 0.25}, index=codes
    )
    profile.loc["P23", "imd_score"] = float("nan")
    lines = {"districts": gpd.GeoDataFrame(geometry=halves, crs=CRS)}
    return Layers(lines=lines, profile=profile, **more)


def test_layers_are_off_at_first_and_explained_when_on(open_page: Callable[..., Any]) -> None:
    area = grid_area("1112\n1322\n3332")
    opened = open_page(page_of(area, layers=all_layers(area), branches=branches()))
    page = opened.page
    fill = "[...document.querySelectorAll('.leaflet-overlay-pane path.leaflet-interactive')]" \
        ".map(p => p.getAttribute('fill'))"  # fmt: skip
    before = page.evaluate(fill)
    assert all(f.startswith("url(#f-") for f in before)
    assert page.locator(".leaflet-leaders-pane .branch").count() == 2
    paths = page.locator(".leaflet-lines-pane path, .leaflet-lines-pane canvas").count()
    page.check("#show-lines-0")
    assert page.locator(".leaflet-lines-pane path").count() == paths + 1
    page.select_option("#shade", "0")
    shaded = page.evaluate(fill)
    assert set(shaded) <= {*RAMP, "#ffffff"}
    assert "#ffffff" in shaded, "no figure, no colour"
    assert "40 to 50" in page.locator("#ramp").inner_text()
    page.select_option("#shade", "")
    assert page.evaluate(fill) == before
    assert page.locator("#ramp").is_hidden()
    row = page.locator("tr#p-P00").text_content()
    assert "HILL <b>BRANCH</b>, ZZ1 1AA; Dale, ZZ2 2BB" in row
    assert "25%" in row
    page.evaluate(
        "pcngeo.view.openPractice(pcngeo.view.data.practices.findIndex(p => p.code === 'P00'))"
    )
    assert "ZZ2 2BB" in page.locator("#card").inner_text()
    assert "25%" in page.locator("#card").inner_text()
    assert opened.errors == []
    assert opened.outside == []


def test_a_background_is_asked_for_only_when_switched_on(open_page: Callable[..., Any]) -> None:
    area = grid_area("1112\n1322\n3332")
    plain = page_of(area)
    assert "https:" not in plain.split("Content-Security-Policy")[1].split(">")[0]
    assert page_of(area, layers=Layers()) == plain
    layers = all_layers(area, background="https://maps.example.org/wms?LAYERS=base")
    opened = open_page(page_of(area, layers=layers))
    assert opened.outside == []
    opened.page.check("#show-background")
    opened.page.wait_for_timeout(300)
    assert opened.outside
    assert all(
        url.startswith("https://maps.example.org/wms?LAYERS=base&") for url in opened.outside
    )
    box = opened.outside[0].split("BBOX=")[1].split(",")
    assert WEST - 20_000 < float(box[0]) < WEST + 20_000, "metres of the British grid"
    assert "asked of https://maps.example.org" in opened.page.locator("#made").text_content()
    for bad in ("http://maps.example.org/wms", "https://x.org; script-src *", "javascript:1"):
        with pytest.raises(DataError, match="no https"):
            page_of(area, layers=Layers(background=bad))


def test_a_waiver_is_marked_by_shape_and_told(open_page: Callable[..., Any]) -> None:
    area = grid_area("1112\n1322\n3332", lists={"P00": 1_000, "P01": 1_000, "P02": 1_000})
    granted = Waiver("P00", "An island", "NHS Gridshire, 2 May 2026")
    html = page_of(area, rules=Rules(rural_waivers=(granted,)))
    page = open_page(html).page
    badge = page.locator('.leaflet-numbers-pane button[aria-label^="1:"]')
    assert badge.locator(".chip").inner_text() == "W"
    assert "A waiver is granted" in page.locator(".legend ul:visible").inner_text()
    told = "Waiver from the floor: An island. Approved by NHS Gridshire, 2 May 2026."
    assert told in page.locator('#figures tr[data-network="1"]').text_content()
    page.evaluate("pcngeo.view.openNetwork('1')")
    assert told in page.locator("#card").inner_text()
    asked = dataclasses.replace(granted, approved_by="")
    page = open_page(page_of(area, rules=Rules(rural_waivers=(asked,)))).page
    shown = page.locator('.leaflet-numbers-pane button[aria-label^="1:"] .chip')
    assert shown.inner_text() == "\u25bc", "under the floor: asked for is not granted"
    assert "Not approved yet" in page.locator('#figures tr[data-network="1"]').text_content()
