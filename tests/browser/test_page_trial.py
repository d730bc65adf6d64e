"""Trying a change: figures that agree with Python's, nothing lost, nothing believed blindly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from browser.grid_area import GridArea, grid_area

from pcngeo.review import draw_map, map_html
from pcngeo.rules import Rules

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
    assert "Network 2: not one connected area, 10,000 over 50,000." in text
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


def test_a_list_that_is_not_on_the_graph_is_offered_and_not_counted(
    open_page: Callable[..., Any],
) -> None:
    """As `pcngeo review apply` does: its people count once the home is agreed (R14)."""
    page = open_page(page_of(area_of_three())).page
    page.fill("#find", "Y1")
    page.keyboard.press("Enter")
    assert "It can be offered to a network" in page.locator("#card").inner_text()
    page.select_option("#move-to", "2")
    page.click("text=Offer it there")
    assert page.locator('.sizes [data-network="2"] .number').first.text_content() == "48,000"
    told = "Practice Y1 Surgery (700) offered to Network 2, not counted until it is agreed"
    assert told in page.locator("#trial").inner_text()
    said = page.locator("#said").inner_text()
    assert said.startswith("Practice Y1 Surgery offered to Network 2.")
    assert "+ 700 not placed =" in page.locator(".total").first.text_content()
    assert page.locator("#card h2").inner_text() == "Practice Y1 Surgery"
    row = page.locator('.practices:visible tr[data-practice="Y1"]')
    assert row.locator("td").first.inner_text() == "2?"
    assert "Offered by you" in row.inner_text()
    review = page.evaluate("pcngeo.view.trial.review().moves")
    assert review == [{"practice": "Y1", "from": "", "to": "2"}]
    page.click("#trial >> text=Undo")
    assert page.evaluate("pcngeo.view.trial.changes()") == []


def test_an_orphan_on_the_graph_counts_at_once_and_who_is_left_out_cannot_be_moved(
    open_page: Callable[..., Any],
) -> None:
    out = {"practice": "Z1", "standing": "excluded", "list_size": 300, "reason": "Closes soon."}
    area = grid_area("111\n22.\n222", more=[out])
    page = open_page(page_of(area)).page
    move(page, "P12", "1")
    assert page.locator('.sizes [data-network="1"] .number').first.text_content() == "48,000"
    page.evaluate("i => pcngeo.view.openPractice(i)", at(page, "Z1"))
    assert "left out by the planner" in page.locator("#card").inner_text()
    assert page.locator("#card #move-to").count() == 0
    move(page, "Z1", "1")
    assert len(page.evaluate("pcngeo.view.trial.changes()")) == 1


def test_what_was_decided_is_pointed_out_where_a_trial_breaks_it(
    open_page: Callable[..., Any],
) -> None:
    rules = Rules.from_mapping({
        "apart": [{"a": "P00", "b": "P12", "reason": "They asked"}],
        "rural_waiver": [{"practice": "P02", "reason": "An island", "approved_by": "NHS X"}],
        "shared": [{"practice": "P02", "joins": "P23", "share": 0.25, "reason": "Two towns",
                    "approved_by": "NHS X"}],
    })  # fmt: skip
    area = area_of_three()
    drawn = draw_map(*area.arguments(), graph=area.graph, rules=rules, list_date="2026-01-01")
    page = open_page(map_html(drawn)).page

    def people(network: str) -> str:
        return str(page.text_content(f'.sizes tr[data-network="{network}"] .number'))

    def card(network: str) -> str:
        page.evaluate("id => pcngeo.view.openNetwork(id)", network)
        return str(page.inner_text("#card"))

    assert (people("1"), people("2")) == ("37,875", "49,625"), "a quarter of 6,500 counts there"
    assert "1,625 people of Practice P02 Surgery are counted in Network 2" in card("1")
    assert "Waiver from the floor: An island." in card("1")
    move(page, "P12", "1")
    said = "Practice P00 Surgery and Practice P12 Surgery are to be in different networks"
    assert f"Not as decided {said} (They asked)." in page.inner_text("#trial")
    assert (people("1"), people("2")) == ("49,875", "37,625")
    move(page, "P02", "2")
    assert (people("1"), people("2")) == ("45,000", "42,500"), "no share within one network"
    assert "Waiver from the floor: An island." in card("2"), "it goes with its practice"
    assert "Waiver" not in card("1")


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
    assert "Network 1 would have 27,500 (2,500 under 30,000)" in words
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


def test_opening_a_file_sets_own_work_aside_and_brings_it_back(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(page_of(area_of_three())).page
    move(page, "P00", "2")
    path = tmp_path / "other.json"
    path.write_text(json.dumps(page.evaluate("pcngeo.view.trial.review()")), encoding="utf-8")
    page.click("#trial >> text=Leave and discard")
    move(page, "P11", "1")
    page.fill("#words", "Mine")
    page.click("text=Add comment")
    page.set_input_files("#load", path)
    note = page.locator("#set-aside")
    note.wait_for(state="visible")
    assert note.inner_text().startswith("What you had before is set aside: 1 move, 1 comment.")
    assert [c["i"] for c in page.evaluate("pcngeo.view.trial.changes()")] == [at(page, "P00")]
    page.reload()
    page.click("text=Bring it back")
    assert [c["i"] for c in page.evaluate("pcngeo.view.trial.changes()")] == [at(page, "P11")]
    assert "Mine" in page.inner_text("#comments")
    assert note.is_hidden()


def test_own_work_outlives_the_reading_of_several_files(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(page_of(area_of_three())).page
    good = page.evaluate("pcngeo.view.trial.review()")
    files = []
    for k, (code, to) in enumerate((("P00", "2"), ("P02", "3"))):
        one = {"practice": code, "from": "1", "to": to}
        files.append(tmp_path / f"{k}.json")
        files[-1].write_text(json.dumps({**good, "moves": [one]}), encoding="utf-8")

    def moved() -> list[int]:
        return [c["i"] for c in page.evaluate("pcngeo.view.trial.changes()")]

    move(page, "P11", "1")
    for path, code in zip(files, ("P00", "P02"), strict=True):
        page.set_input_files("#load", path)
        page.wait_for_function(f"pcngeo.view.trial.changes()[0].i === {at(page, code)}")
    assert page.locator("#set-aside button").count() == 1, "a file that was only read is no work"
    move(page, "P21", "1")
    page.reload()
    page.click("text=Bring it back")
    assert moved() == [at(page, "P11")]
    page.click("text=Bring it back")
    assert moved() == sorted([at(page, "P02"), at(page, "P21")]), (
        "nor is what was changed of a file lost"
    )
    assert page.locator("#set-aside button").count() == 1


def test_a_trial_that_was_left_can_be_brought_back(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    assert page.locator("#again").is_hidden()
    move(page, "P11", "1")
    page.click("#trial >> text=Leave and discard")
    assert page.evaluate("pcngeo.view.trial.changes()") == []
    page.click("#again")
    assert [c["i"] for c in page.evaluate("pcngeo.view.trial.changes()")] == [at(page, "P11")]
    assert page.locator("#again").is_hidden()
    page.keyboard.press("Control+z")
    assert page.evaluate("pcngeo.view.trial.changes()") == []
    page.keyboard.press("Control+y")
    assert len(page.evaluate("pcngeo.view.trial.changes()")) == 1


def test_many_moves_leave_the_map_in_sight_and_are_all_printed(
    open_page: Callable[..., Any],
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(page_of(area_of_three()), width=320).page
    page.evaluate("""const v = pcngeo.view; v.trial.move(v.data.practices.map((p, i) => i), '1')""")
    listed = page.locator("#trial ol")
    assert listed.locator("li").count() > 6
    assert listed.bounding_box()["height"] < 250
    assert axe.run(page).response["violations"] == []
    page.emulate_media(media="print")
    assert listed.evaluate("list => list.scrollHeight <= list.clientHeight + 1")


def test_the_saved_file_bears_the_name_of_its_reviewer(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(area_of_three())).page
    for name, file in (
        ("", "review.json"),
        ("Dr Zo\u00eb O\u2019Shea / ../x", "review-dr-zoe-oshea-x.json"),
    ):
        page.fill("#who", name)
        with page.expect_download() as waiting:
            page.click("#save")
        assert waiting.value.suggested_filename == file


def test_a_damaged_or_foreign_file_is_refused_with_a_reason(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(page_of(area_of_three())).page
    good = page.evaluate("pcngeo.view.trial.review()")
    cases = {
        "{": "damaged or is not a saved review",
        "[]": "not a saved review",
        json.dumps({**good, "version": 3}): "another version of the page",
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


def test_limits_of_the_rules_are_judged_before_and_in_a_trial(
    open_page: Callable[..., Any],
) -> None:
    area = area_of_three()
    codes = {code: {"P00": "E1", "P10": "E2"}.get(code, "E1") for code in area.graph}
    graph = nx.Graph(area.graph)
    nx.set_node_attributes(graph, codes, "local_authority")
    rules = Rules(balance=20, max_authorities=1, closures="borne")
    drawn = draw_map(*area.arguments(), graph=nx.freeze(graph), rules=rules)
    opened = open_page(map_html(drawn))
    page = opened.page
    page.evaluate("i => pcngeo.view.openPractice(i)", at(page, "P10"))
    told = page.inner_text("#card .moves")
    assert "not within 20 % of the mean of" in told
    assert "in 2 local authorities, more than 1" in told
    move(page, "P10", "3")
    panel = page.inner_text("#trial")
    assert "in 2 local authorities, more than 1" in panel
    assert "A trial does not judge whether the networks would bear the closing" in panel
    assert "in 2 local authorities" in page.text_content('#figures tr[data-network="3"]')
    assert opened.errors == []


def test_a_hub_of_a_trial_says_that_it_is_by_straight_line(open_page: Callable[..., Any]) -> None:
    """Where a table of travel was given: the page does not hold the table."""
    area = area_of_three()
    graph = nx.Graph(area.graph)
    graph.graph["distances"] = "travel time in minutes from drive.csv"
    opened = open_page(map_html(draw_map(*area.arguments(), graph=nx.freeze(graph))))
    page = opened.page
    page.evaluate("pcngeo.view.openNetwork('3')")
    move(page, "P10", "3")
    assert ", by straight line" in page.inner_text("#card dl")
    assert "by travel time in minutes from drive.csv" in page.inner_text("#trial")
    assert ", by straight line" in page.text_content('#figures tr[data-network="3"]')
    page.evaluate("pcngeo.view.trial.leave()")
    assert ", by straight line" not in page.text_content("#figures")
    plain = open_page(map_html(draw_map(*area.arguments(), graph=area.graph))).page
    move(plain, "P10", "3")
    plain.evaluate("pcngeo.view.openNetwork('3')")
    assert "by straight line" not in plain.text_content("#work") + plain.text_content("#figures")


def tab_to(page: Any, test: str, most: int = 60) -> None:
    """Press Tab until the focused element passes a test, as somebody without a mouse does."""
    for _ in range(most):
        if page.evaluate(f"(e => {test})(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"never reached: {test}")


def test_a_practice_is_moved_and_brought_back_by_keyboard_alone(
    open_page: Callable[..., Any],
) -> None:
    """From the top of the page to a mark on the map, its card, another network, and undo."""
    opened = open_page(page_of(area_of_three()))
    page = opened.page
    tab_to(page, "!!e.closest('.leaflet-practices-pane')")
    for key in ("ArrowDown", "ArrowLeft", "ArrowDown", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert page.locator(".hover").is_visible(), "what has the focus says its name"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "card-title"
    assert name.startswith(page.inner_text("#card-title"))
    tab_to(page, "e.textContent.startsWith('Try it in Network') || e.id === 'move-to'")
    if page.evaluate("document.activeElement.id") == "move-to":
        page.keyboard.press("ArrowDown")
        tab_to(page, "e.textContent === 'Move it there'")
    page.keyboard.press("Enter")
    assert len(page.evaluate("pcngeo.view.trial.changes()")) == 1
    assert page.evaluate("document.activeElement.id") == "card-title", "still at the practice"
    assert page.inner_text("#said").startswith(page.inner_text("#card-title") + " moved to")
    page.keyboard.press("Control+z")
    assert page.evaluate("pcngeo.view.trial.changes()") == []
    assert page.inner_text("#said") == "Undone."
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == name
    assert opened.errors == []


def test_a_trial_says_how_to_send_it_and_takes_back_what_no_longer_holds(
    open_page: Callable[..., Any],
) -> None:
    """A network that a move splits is not said to be connected by the legend of the plan."""
    page = open_page(page_of(area_of_three())).page
    page.evaluate(
        "document.querySelector('.legend ul').insertAdjacentHTML('beforeend',"
        " '<li class=apart>Network 1 is drawn in more than one piece, and it is connected.</li>')"
    )
    assert page.locator(".legend .apart").is_visible()
    move(page, "P01", "3")
    assert page.locator(".legend .apart").is_hidden()
    page.click("#trial >> text=To send it")
    assert page.evaluate("document.activeElement.id") == "save"
