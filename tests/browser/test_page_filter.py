"""Tables of practices and networks: filtered, sorted, and tied to the map both ways."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from browser.grid_area import grid_area

from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror=window.hurt=1>\u202e "O\'Hara" & co'

#: P13 would leave today's network, which the proposal's Network 1 continues.
TODAY = {"P00": "A", "P01": "A", "P02": "A", "P10": "A", "P13": "A", "P03": "B", "P12": "B"}


@cache
def page_html() -> str:
    """A page with a practice in no network, a hostile name, and a second plan."""
    waiting = [{"practice": "Y1", "standing": "orphan", "list_size": 700, "reason": "Far away."}]
    area = grid_area(
        "1112\n1322\n3332", lists={"P11": 20_000}, more=waiting,
        columns={"name": {"P11": HOSTILE}, "network_today": TODAY},
    )  # fmt: skip
    other = Plan(area.plan.assignment.replace({"3": "2"}), status=Status.GIVEN)
    drawn = draw_map(
        *area.arguments(), graph=area.graph, list_date="2026-01-01",
        sources=["lists.csv (lists)", "codes.csv (postcodes)"], alternatives={"Other": other},
    )  # fmt: skip
    return map_html(drawn)


def codes(page: Any) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.practices tbody tr')].filter(r => r.offsetParent)"
        ".map(r => r.dataset.practice)"
    )
    return found


def test_practices_are_filtered_by_words_network_and_status(open_page: Callable[..., Any]) -> None:
    opened = open_page(page_html())
    page = opened.page
    page.locator("#practices").scroll_into_view_if_needed()
    assert len(codes(page)) == 13
    page.select_option("#filter-network", label="Network 2")
    assert sorted(codes(page)) == ["P03", "P12", "P13", "P23"]
    assert page.inner_text("#filter .count") == "4 of 13 practices (48,000 people)."
    assert page.inner_text("#said") == "4 of 13 practices (48,000 people)."
    page.fill("#filter-text", "zz23")
    assert codes(page) == ["P23"], "a postcode"
    page.fill("#filter-text", "nobody")
    assert codes(page) == []
    assert page.inner_text("#filter .count").startswith("None. No") is False
    page.get_by_role("button", name="Show all").first.click()
    assert len(codes(page)) == 13
    assert page.evaluate("document.activeElement.id") == "filter-text"
    assert page.inner_text("#filter .count") == ""
    page.select_option("#filter-status", label="Not placed")
    assert codes(page) == ["Y1"]
    page.select_option("#filter-status", "")
    page.select_option("#filter-network", label="in no network")
    assert codes(page) == ["Y1"]
    page.select_option("#filter-network", "")
    page.fill("#filter-text", "o'hara onerror")
    assert codes(page) == ["P11"]
    page.fill("#filter-text", "")
    page.select_option("#filter-status", label="Would leave today\u2019s network")
    assert codes(page) == ["P13"]
    assert page.evaluate("window.hurt") is None
    assert page.evaluate("Object.keys(localStorage)") == []
    assert opened.errors == []


def test_the_filter_follows_a_trial_and_another_plan(open_page: Callable[..., Any]) -> None:
    page = open_page(page_html()).page
    page.locator("#practices").scroll_into_view_if_needed()
    page.select_option("#filter-network", label="Network 3")
    before = codes(page)
    i = page.evaluate("pcngeo.view.data.practices.findIndex(p => p.code === 'P12')")
    page.evaluate("i => pcngeo.view.trial.move([i], '3')", i)
    assert sorted(codes(page)) == sorted([*before, "P12"])
    page.select_option("#filter-status", label="Moved by you")
    assert codes(page) == ["P12"]
    page.evaluate("pcngeo.view.trial.leave()")
    assert page.input_value("#filter-status") == "", "a status that nobody has any more"
    assert sorted(codes(page)) == sorted(before)
    page.select_option("#filter-network", label="Network 2")
    page.evaluate("pcngeo.view.show(1)")
    assert page.input_value("#filter-network") == "", "a network that this plan does not have"
    assert len(codes(page)) == 13


def test_paper_has_every_row(open_page: Callable[..., Any]) -> None:
    page = open_page(page_html()).page
    page.select_option("#filter-network", label="Network 3")
    page.fill("#figures-text", "nobody")
    page.emulate_media(media="print")
    assert len(codes(page)) == 13
    assert page.locator("#figures tbody tr:visible").count() == 3
    assert page.locator("#filter").is_hidden()


def test_networks_are_filtered_sorted_and_opened_from_their_figures(
    open_page: Callable[..., Any],
) -> None:
    opened = open_page(page_html())
    page = opened.page
    shown = page.locator("#figures tbody tr:visible")
    page.select_option("#figures-kind", "noted")
    assert page.inner_text("#figures-filter .count") == "1 of 3 networks."
    page.select_option("#figures-kind", "")
    page.click("#figures th >> text=People")
    assert [row.get_attribute("data-network") for row in shown.all()] == ["1", "2", "3"]
    page.click("#figures th >> text=People")
    assert [row.get_attribute("data-network") for row in shown.all()] == ["3", "1", "2"]
    page.get_by_role("link", name="Network 2", exact=True).last.click()
    assert page.inner_text("#card h2").endswith("Network 2")
    assert opened.errors == []


def test_the_map_leads_to_the_tables(open_page: Callable[..., Any]) -> None:
    page = open_page(page_html()).page
    page.fill("#filter-text", "P00")
    page.evaluate("pcngeo.view.openNetwork('2')")
    page.click("#card >> text=Its practices in the table")
    assert sorted(codes(page)) == ["P03", "P12", "P13", "P23"]
    row = "document.activeElement.closest('tr').dataset"
    assert page.evaluate(f"{row}.practice") == codes(page)[0]
    page.evaluate(
        "pcngeo.view.openPractice(pcngeo.view.data.practices.findIndex(p => p.code === 'P00'))"
    )
    page.click("#card >> text=See it in the table")
    assert page.evaluate(f"{row}.practice") == "P00", "rows that were filtered away come back"
    page.evaluate("pcngeo.view.openNetwork('3')")
    page.click("#card >> text=Its figures")
    assert page.evaluate(f"{row}.network") == "3"


@pytest.mark.parametrize("width", [1366, 320])
def test_no_accessibility_violation_while_filtered(
    open_page: Callable[..., Any], width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(page_html(), width=width).page
    page.select_option("#filter-network", label="Network 3")
    page.fill("#figures-text", "nobody")
    page.evaluate("pcngeo.view.trial.move([0], '2'), pcngeo.view.show(1)")
    assert page.locator(".kept-trials").first.is_visible()
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (360, 740), (320, 256)])
def test_date_source_and_scale_stay_with_the_map(
    open_page: Callable[..., Any], width: int, height: int
) -> None:
    """Also while a practice is open, when a narrow window has no room for the legend."""
    page = open_page(page_html(), width=width, height=height).page
    page.evaluate("pcngeo.view.openPractice(0)")
    credit = page.locator(".map .credit")
    assert "Indicative areas, derived from the nearest practice" in credit.inner_text()
    told = "Registered lists at 1 January 2026. Source: lists.csv (lists) and 1 more source."
    assert told in credit.inner_text()
    under, over = (page.locator(s).bounding_box() for s in (".map .credit", ".screen"))
    assert under["y"] - (over["y"] + over["height"]) < 2
    assert page.locator(".leaflet-control-scale-line").is_visible()


def test_no_row_total_or_note_is_alone_on_a_sheet(open_page: Callable[..., Any]) -> None:
    page = open_page(page_html()).page
    page.emulate_media(media="print")
    told = page.evaluate(
        """['tfoot', '.practices tbody tr:last-child', '#figures .scroll + .muted', '.waiting',
        '.sign-off'].map(s => document.querySelector(s)).map(e => e && getComputedStyle(e))
        .map(style => style && style.breakBefore)"""
    )
    assert told == ["avoid"] * 5
    head = "th => [getComputedStyle(th).fontSize, getComputedStyle(th).paddingBottom]"
    heads = {str(one.evaluate(head)) for one in page.locator(".practices:visible thead th").all()}
    assert len(heads) == 1, "headings that sort and those that do not stand on one line"
