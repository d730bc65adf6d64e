"""Handouts (the options; several plans side by side) in a real browser: for everybody, offline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pcngeo.alternatives import SideBySide, beside_files
from pcngeo.optimise import solve
from pcngeo.optimise.trade import Trade
from pcngeo.optimise.whynot import WhyNot
from pcngeo.options import options_page, sweep
from pcngeo.pipeline import finish_plan
from pcngeo.prepared import PreparedArea, prepare_area
from pcngeo.scenario import Scenario

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def area(sample: Path) -> PreparedArea:
    scenario = Scenario.read(sample / "scenario.toml")
    return prepare_area(**scenario.inputs, area=scenario.area, rules=scenario.rules)


@pytest.fixture(scope="module", params=["options", "side by side"])
def html(request: pytest.FixtureRequest, area: PreparedArea, tmp_path_factory: Any) -> str:
    if request.param == "options":
        return options_page(sweep(area, counts=(10, 11)))
    plans = tuple(solve(area.graph, replace(area.rules, networks=k)) for k in (10, 11))
    found = Trade(plans, ("distance", "size"), ((1.0, 9.0), (2.0, 3.0)))
    path = tmp_path_factory.mktemp("plans") / "side_by_side.html"
    results = [finish_plan(area, plan, WhyNot()) for plan in plans]
    beside_files(area, SideBySide.of(found, results))[path.name](path)
    return path.read_text("utf-8")


@pytest.mark.parametrize("width", [390, 1366])
def test_the_page_opens_from_a_file(html: str, open_page: Callable[..., Any], width: int) -> None:
    opened = open_page(html, width=width)
    assert not opened.errors
    assert not opened.outside
    page = opened.page
    assert page.locator("svg title").first.text_content().startswith("Saltmere and Quillside")
    assert page.locator("table").first.locator("tbody tr").count() == 2
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width  # only the picture and the table scroll sideways


def test_the_page_can_be_read_by_all(html: str, open_page: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # axe is a script: the page's own policy refuses it, so it is looked at without the policy
    lines = [line for line in html.splitlines() if "Content-Security-Policy" not in line]
    found = axe.run(open_page("\n".join(lines)).page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
