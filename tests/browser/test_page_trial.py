"""Trying a change: figures that agree with Python's, nothing lost, nothing believed blindly."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser.grid_area import GridArea, grid_area

from pcngeo.evaluate import measure
from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html
from pcngeo.review.facts import gather

pytestmark = pytest.mark.browser


def area_of_three() -> GridArea:
    return grid_area(
        "1112\n1322\n3332",
        lists={"P00": 9_000, "P02": 6_500, "P11": 3_000},
        more=[{"practice": "Y1", "standing": "orphan", "list_size": 700, "reason": "Far away."}],
    )


def page_of(area: GridArea) -> str:
    return map_html(draw_map(*area.arguments(), graph=area.graph, list_date="2026-01-01"))


def at(page: Any, code: str) -> int:
    return [p["code"] for p in page.evaluate("pcngeo.view.data.practices")].index(code)


def move(page: Any, code: str, network: str) -> None:
    page.evaluate("([i, n]) => pcngeo.view.trial.move([i], n)", [at(page, code), network])


def test_figures_agree_with_python_on_shared_cases(open_page: Callable[..., Any]) -> None:
    """Sizes, contiguity, hubs, distances and flags of random plans, worked out in both."""
    chance = random.Random(20_260_101)
    lists = {f"P{r}{c}": chance.randrange(1_500, 16_000) for r in range(4) for c in range(5)}
    area = grid_area("11223\n11223\n44533\n44555", lists=lists)
    page = open_page(page_of(area)).page
    codes = [p["code"] for p in page.evaluate("pcngeo.view.data.practices")]
    ask = """members => {
        const view = pcngeo.view, rules = pcngeo.rules, rows = view.data.practices;
        const size = rules.size(members, rows), parts = rules.parts(members, view.neighbours);
        const found = rules.cost(members, rows);
        const flags = rules.flags(size, members.length, parts, view.data.window);
        return [size, parts, found.cost, rows[found.hub].code, flags];
    }"""
    for _ in range(30):
        plan = Plan(
            pd.Series({code: str(chance.randrange(1, 10)) for code in lists}), status=Status.GIVEN
        )
        told = measure(plan, area.practices, area.graph)
        facts = {n.id: n for n in gather(plan, area.practices, graph=area.graph).networks}
        for network, row in told.iterrows():
            members = [codes.index(code) for code in plan.members(str(network))]
            size, parts, cost, hub, flags = page.evaluate(ask, members)
            assert size == row["list_size"]
            assert hub == row["hub"]
            assert cost / size / 1000 == pytest.approx(row["mean_distance_km"], rel=1e-12)
            assert (parts == 1) == facts[str(network)].connected
            levels = {flag.level for flag in facts[str(network)].flags}
            level = next((one for one in ("breaks", "agree") if one in levels), "")
            assert flags["level"] == level
            assert len(flags["words"]) == len(facts[str(network)].flags)


def test_a_move_changes_sizes_flags_and_words_at_once(open_page: Callable[..., Any]) -> None:
    area = area_of_three()
    page = open_page(page_of(area)).page
    move(page, "P11", "1")
    assert page.locator("#trial").is_visible()
    assert (
        "Practice P11 Surgery (3,000) from Network 3 to Network 1"
        in page.locator("#trial").inner_text()
    )
    row = page.locator('.sizes:visible tr[data-network="1"]')
    assert row.locator(".number").inner_text() == "42,500"
    assert page.locator('.sizes:visible tr[data-network="3"] .number').inner_text() == "36,000"
    move(page, "P10", "2")
    text = page.locator("#trial").inner_text()
    assert "Network 2: 10,000 over 50,000, not one connected area." in text
    assert "Breaks a rule" in text
    said = page.locator("#said").inner_text()
    assert said.startswith("Practice P10 Surgery moved to Network 2. Network 1: 30,500")


def test_undo_redo_and_discard(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    before = page.locator(".sizes:visible").inner_text()
    page.click("#try")
    assert page.evaluate("document.activeElement.textContent") == "Trying a change"
    move(page, "P11", "1")
    move(page, "P00", "3")
    page.keyboard.press("Control+z")
    assert [c["i"] for c in page.evaluate("pcngeo.view.trial.changes()")] == [at(page, "P11")]
    page.click("#trial >> text=Undo")
    assert page.evaluate("pcngeo.view.trial.changes()") == []
    page.click("#trial >> text=Redo")
    page.keyboard.press("Control+Shift+z")
    assert len(page.evaluate("pcngeo.view.trial.changes()")) == 2
    page.click("#trial >> text=Leave and discard")
    assert page.locator("#trial").is_hidden()
    assert page.locator(".sizes:visible").inner_text() == before
    assert page.evaluate("document.activeElement.id") == "try"


def test_moving_there_and_back_is_no_change(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    move(page, "P11", "1")
    move(page, "P11", "3")
    assert page.evaluate("pcngeo.view.trial.changes()") == []
    assert page.evaluate("i => pcngeo.view.data.practices[i].status", at(page, "P11")) == "member"


def test_a_list_without_a_network_can_be_given_one(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    page.fill("#find", "Y1")
    page.keyboard.press("Enter")
    page.select_option("#move-to", "2")
    page.click("text=Move it there")
    assert page.locator('.sizes [data-network="2"] .number').first.text_content() == "48,700"
    assert "from no network to Network 2" in page.locator("#trial").inner_text()
    assert "+ 0 not placed =" in page.locator(".total").first.text_content()
    assert page.locator("#card h2").inner_text() == "Practice Y1 Surgery"


def test_a_digit_moves_the_practice_that_has_focus(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    page.click("#try")
    page.focus('.leaflet-practices-pane button[aria-label^="Practice P11"]')
    page.keyboard.press("1")
    changes = page.evaluate("pcngeo.view.trial.changes()")
    assert [(c["i"], c["from"], c["to"]) for c in changes] == [(at(page, "P11"), "3", "1")]


def test_the_card_says_what_a_move_would_do_before_it_is_tried(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(page_of(area_of_three())).page
    page.evaluate("i => pcngeo.view.openPractice(i)", at(page, "P10"))
    words = page.locator("#card .moves li").inner_text()
    assert "Breaks a rule" in words
    assert "Network 1 would have 27,500 (2,500 under the minimum)" in words
    assert "Network 3 would have 51,000 (1,000 over 50,000)" in words
    page.click("#card .moves button")
    assert page.locator('.sizes [data-network="3"] .number').first.text_content() == "51,000"


def test_a_review_is_kept_saved_and_opened_again(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    opened = open_page(page_of(area_of_three()))
    page = opened.page
    move(page, "P11", "1")
    hostile = "<img src=x onerror=window.hurt=1> & \u202eback"
    page.select_option("#about", "practice P11")
    page.check("input[name='kind'][value='Objection']")
    page.fill("#words", hostile)
    page.fill("#who", "Dr <b>X</b>")
    page.click("text=Add comment")
    with page.expect_download() as waiting:
        page.click("#save")
    path = tmp_path / "review.json"
    waiting.value.save_as(path)
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert saved["format"] == "pcngeo-review"
    assert saved["moves"] == [{"practice": "P11", "from": "3", "to": "1"}]
    assert saved["comments"][0]["words"] == hostile
    assert saved["lists"] == "1 January 2026"
    page.reload()
    assert len(page.evaluate("pcngeo.view.trial.changes()")) == 1, "kept through a reload"
    assert hostile in page.locator("#comments").inner_text()
    page.click("#trial >> text=Leave and discard")
    page.click("text=Remove this comment")
    page.reload()
    assert page.locator("#trial").is_hidden()
    page.set_input_files("#load", path)
    page.wait_for_selector("#trial:visible")
    assert hostile in page.locator("#comments").inner_text()
    assert page.evaluate("window.hurt") is None
    assert opened.errors == []
    assert opened.outside == [] or all(url.startswith("blob:") for url in opened.outside)


def test_a_damaged_or_foreign_file_is_refused_with_a_reason(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(page_of(area_of_three())).page
    good = page.evaluate("pcngeo.view.trial.review()")
    cases = {
        "{": "damaged or is not a saved review",
        "[]": "not a saved review",
        json.dumps({**good, "version": 2}): "a newer version of the page",
        json.dumps({**good, "plan": "0"}): "belongs to another plan",
        json.dumps({**good, "moves": None}): "the list of practices is missing",
        json.dumps({**good, "comments": [{"words": 1}]}): "a comment is incomplete",
        json.dumps({**good, "moves": [{"practice": "__proto__", "to": "1"}]}): "not on this page",
        json.dumps({**good, "moves": [{"practice": "P11", "to": "99"}]}): "not on this page",
        json.dumps({**good, "option": "Elsewhere"}): "its plan is not on this page",
    }
    for k, (text, reason) in enumerate(cases.items()):
        path = tmp_path / f"bad-{k}.json"
        path.write_text(text, encoding="utf-8")
        page.set_input_files("#load", path)
        error = page.locator("#load-error", has_text=reason)
        error.wait_for(state="visible")
        assert page.evaluate("pcngeo.view.trial.changes()") == []


def test_an_empty_comment_is_pointed_out(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    page.click("text=Add comment")
    assert page.locator("#words-error").is_visible()
    assert page.evaluate("document.activeElement.id") == "words"


@pytest.mark.parametrize("width", [1366, 320])
def test_no_accessibility_violation_in_a_trial(open_page: Callable[..., Any], width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(page_of(area_of_three()), width=width).page
    move(page, "P10", "2")
    page.click("text=Add comment")
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
