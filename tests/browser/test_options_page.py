"""The page of the options in a real browser: opens from a file, asks nothing, is for everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcngeo.options import options_page, sweep
from pcngeo.prepared import prepare_area
from pcngeo.scenario import Scenario

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def html(sample: Path) -> str:
    scenario = Scenario.read(sample / "scenario.toml")
    area = prepare_area(**scenario.inputs, area=scenario.area, rules=scenario.rules)
    return options_page(sweep(area, counts=(10, 11)))


@pytest.mark.parametrize("width", [390, 1366])
def test_the_page_opens_from_a_file(html: str, open_page: Callable[..., Any], width: int) -> None:
    opened = open_page(html, width=width)
    assert not opened.errors
    assert not opened.outside
    page = opened.page
    assert page.locator("svg title").text_content().startswith("Saltmere and Quillside")
    assert page.locator("tbody tr").count() == 2
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width  # only the picture and the table scroll sideways


def test_the_page_can_be_read_by_all(html: str, open_page: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # axe is a script: the page's own policy refuses it, so it is looked at without the policy
    lines = [line for line in html.splitlines() if "Content-Security-Policy" not in line]
    found = axe.run(open_page("\n".join(lines)).page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
