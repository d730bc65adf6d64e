"""The page of real areas: the largest one, and one planned from end to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import pcngeo
from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html

pytestmark = [pytest.mark.browser, pytest.mark.real]


def files(shared: Path, date: str, boundaries: str) -> dict[str, Any]:
    published, geography = shared / "published" / date, shared / "published" / "geography"
    return {
        "lists": published / "gp-reg-pat-prac-all.csv.gz",
        "organisations": next(published.glob("epraccur*")),
        "postcodes": geography / "codepo_subset_2025.csv.gz",
        "boundaries": geography / boundaries,
        "membership": next(published.glob("gp-reg-pat-prac-map*")),
    }


def test_tower_hamlets_from_files_to_page(
    open_page: Callable[..., Any], shared: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    pcngeo.plan_area(**files(shared, "2021-01", "ccg20.geojson.gz"), area="08V", out=out)
    html = (out / "map.html").read_text(encoding="utf-8")
    assert len(html.encode()) < 1_000_000
    opened = open_page(html)
    page = opened.page
    assert opened.errors == []
    assert opened.outside == []
    members = pd.read_csv(out / "membership.csv", dtype=str, keep_default_na=False)
    networks = pd.read_csv(out / "networks.csv", dtype={"network": str}).set_index("network")
    assert page.locator(".practices:visible tbody tr").count() == len(members) == 36
    for network, row in networks.iterrows():
        shown = page.locator(f'.sizes:visible tr[data-network="{network}"] .number')
        assert shown.inner_text() == f"{row['list_size']:,}"
    assert "348,034" in page.locator(".total:visible").inner_text()
    assert "Tower Hamlets: proposed primary care networks" in page.locator("h1").inner_text()


def test_the_largest_area_with_networks_of_today(
    open_page: Callable[..., Any], shared: Path
) -> None:
    area = pcngeo.load(**files(shared, "2022-01", "ccg21.geojson.gz"), area="W2U3Z")
    territories = pcngeo.build_territories(area.practices, area.boundary)
    graph = pcngeo.build_graph(area.practices, territories)
    plan = Plan(area.practices.loc[list(graph), "network_today"], status=Status.GIVEN)
    found = draw_map(plan, area.practices, territories, area.boundary, graph=graph)
    html = map_html(found)
    assert len(html.encode()) < 3_000_000
    opened = open_page(html)
    assert opened.errors == []
    page = opened.page
    assert page.locator(".practices:visible tbody tr").count() == len(area.practices) == 354
    assert page.locator("h1").inner_text() == "North West London: primary care networks"
    page.fill("#find", "E85124")
    page.keyboard.press("Enter")
    assert page.locator("#card").is_visible()
    assert opened.errors == []
