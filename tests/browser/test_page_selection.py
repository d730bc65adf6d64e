"""Several practices moved at once, by mouse, keyboard and list; tables and paper show the trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browser.grid_area import GridArea, grid_area

from pcngeo.review import draw_map, map_html

pytestmark = pytest.mark.browser


def page_of(area: GridArea) -> str:
    return map_html(draw_map(*area.arguments(), graph=area.graph, list_date="2026-01-01"))


def pin(code: str) -> str:
    return f'.leaflet-practices-pane button[aria-label^="Practice {code}"]'


def chosen(page: Any) -> list[str]:
    found: list[str] = page.evaluate(
        "[...pcngeo.view.trial.selection.chosen].map(i => pcngeo.view.data.practices[i].code)"
    )
    return sorted(found)


def changes(page: Any) -> list[tuple[str, str, str]]:
    found = page.evaluate(
        "pcngeo.view.trial.changes().map(c => [pcngeo.view.data.practices[c.i].code, c.from, c.to])"
    )
    return sorted(tuple(row) for row in found)


def test_practices_are_chosen_by_ctrl_by_key_and_in_the_list(
    open_page: Callable[..., Any],
) -> None:
    opened = open_page(page_of(grid_area("1112\n1322\n3332")))
    page = opened.page
    page.click(pin("P00"), modifiers=["Control"])
    assert page.locator("#trial").is_visible()
    page.focus(pin("P10"))
    page.keyboard.press("x")
    assert chosen(page) == ["P00", "P10"]
    assert page.get_attribute(pin("P10"), "aria-label").endswith(", selected")
    page.evaluate("pcngeo.view.openNetwork('2')")
    page.check("#card .members li:first-child input")
    assert len(chosen(page)) == 3
    page.uncheck("#card .members li:first-child input")
    page.select_option("#move-chosen", "3")
    told = page.locator("#chosen-outcome").inner_text()
    assert "Network 3 would have 72,000 (22,000 over 50,000)" in told
    assert "Network 1 would have 24,000 (6,000 under 30,000)" in told
    page.click("text=Move the selection")
    assert changes(page) == [("P00", "1", "3"), ("P10", "1", "3")]
    assert chosen(page) == []
    assert "2 practices moved to Network 3" in page.locator("#said").inner_text()
    page.keyboard.press("Control+z")
    assert changes(page) == [], "one step back undoes the whole move"
    assert opened.errors == []


def test_a_box_drawn_with_shift_chooses_what_lies_in_it(open_page: Callable[..., Any]) -> None:
    opened = open_page(page_of(grid_area("1112\n1322\n3332")))
    page = opened.page
    a, b = (page.locator(pin(code)).bounding_box() for code in ("P00", "P11"))
    page.keyboard.down("Shift")
    page.mouse.move(a["x"] - 30, a["y"] - 30)
    page.mouse.down()
    page.mouse.move(b["x"] + 40, b["y"] + 40, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert chosen(page) == ["P00", "P01", "P10", "P11"]
    page.click("text=Clear the selection")
    assert chosen(page) == []
    assert opened.errors == []


def test_tables_and_paper_show_the_trial_and_say_so(open_page: Callable[..., Any]) -> None:
    opened = open_page(page_of(grid_area("1112\n1322\n3332")))
    page = opened.page
    # not innerText: a section far below that the browser has not drawn yet has none
    shown = (
        "['#practices', '#figures'].map(part => document.querySelector(part).textContent)"
        ".concat(document.querySelector('.picture').innerHTML)"
    )
    before = page.evaluate(shown)
    row = page.locator("tr#p-P10")
    page.evaluate(
        "pcngeo.view.trial.move([pcngeo.view.data.practices.findIndex(p => p.code === 'P10')], '3')"
    )
    assert row.locator(".badge").inner_text() == "3"
    assert "Moved by you, was 1" in row.inner_text()
    figures = page.locator('#figures tr[data-network="3"]')
    assert "60,000" in figures.inner_text()
    assert "10,000 over 50,000" in figures.inner_text()
    assert page.locator(".trial-note").first.is_visible()
    page.emulate_media(media="print")
    picture = page.locator(".picture:visible svg")
    assert "not the proposal" in picture.text_content()
    assert picture.locator('use[data-code="P10"]').get_attribute("href") == "#s-moved"
    same = picture.evaluate(
        "(s) => s.querySelectorAll('[data-site]')[4].getAttribute('fill') === "
        "s.querySelectorAll('[data-site]')[5].getAttribute('fill')"
    )
    assert same, "the area of P10 has the colour of P11, in the same network now"
    page.emulate_media(media="screen")
    page.click("#trial >> text=Leave and discard")
    assert page.evaluate(shown) == before
    assert opened.errors == []


def test_a_comment_that_is_not_added_yet_outlives_a_reload(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(grid_area("1112\n1322\n3332"))).page
    page.select_option("#about", "network 2")
    page.check("input[name='kind'][value='Question']")
    page.fill("#words", "Why not")
    page.reload()
    assert page.input_value("#words") == "Why not"
    assert page.input_value("#about") == "network 2"
    assert page.is_checked("input[name='kind'][value='Question']")


@pytest.mark.parametrize("width", [1366, 320])
def test_no_accessibility_violation_with_a_selection(
    open_page: Callable[..., Any], width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(page_of(grid_area("1112\n1322\n3332")), width=width).page
    page.evaluate("pcngeo.view.trial.begin(); pcngeo.view.trial.selection.set([0, 5, 8], true);")
    page.evaluate("pcngeo.view.openNetwork('2')")
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
