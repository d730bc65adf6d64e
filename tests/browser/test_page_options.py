"""Several plans on one page: switching, comparing, and what today's networks are called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.grid_area import GridArea, grid_area

from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html
from pcngeo.review.saved import read_page, read_reviews

pytestmark = pytest.mark.browser


def two_plans() -> tuple[GridArea, Plan]:
    """An area whose networks of today differ from the proposal, and an alternative."""
    area = grid_area("111\n222\n333")
    today = "AAB CCB CCB"
    names = {"A": "ALPHA PCN", "B": "BRAVO & CO PCN", "C": "CHARLIE PCN"}
    for code, network in zip(area.practices.index, today.replace(" ", ""), strict=True):
        area.practices.loc[code, "network_today"] = network
        area.practices.loc[code, "network_today_name"] = names[network]
    other = area.plan.assignment.copy()
    other["P02"], other["P12"] = "2", "1"
    return area, Plan(other.map({"1": "9", "2": "8", "3": "7"}), status=Status.FEASIBLE)


def page_of(area: GridArea, other: Plan) -> str:
    found = draw_map(*area.arguments(), graph=area.graph, alternatives={"Second best": other})
    return map_html(found)


def test_switching_changes_map_words_and_tables(open_page: Callable[..., Any]) -> None:
    area, other = two_plans()
    opened = open_page(page_of(area, other))
    page = opened.page
    assert page.locator("input[name='option']").count() == 3
    assert "Every network has" in page.locator(".summary").inner_text()
    page.check("input[name='option'][value='1']", force=True)
    assert "Second best: Three networks" in page.locator(".summary").inner_text()
    label = page.locator(".leaflet-numbers-pane button").first.get_attribute("aria-label")
    assert label.startswith("1: Network 1, 36,000 people registered, 3 practices")
    assert "not one connected area" in label
    page.check("input[name='option'][value='2']", force=True)
    text = page.locator(".sizes:visible").inner_text()
    assert "Bravo & Co PCN" in text
    assert "48,000" in text
    rows = page.locator(".practices:visible tbody tr")
    assert rows.count() == len(area.practices)
    page.check("input[name='option'][value='0']", force=True)
    assert "Second best" not in page.locator(".summary p:visible").inner_text()
    assert opened.errors == []


def test_what_differs_is_counted_by_people_in_common(open_page: Callable[..., Any]) -> None:
    area, other = two_plans()
    page = open_page(page_of(area, other)).page
    words = page.locator("#compare > p strong").all_inner_texts()
    assert words[0] == (
        "Proposal and Second best: two practices of 9 (24,000 people) are in a different network."
    )
    moved = page.locator("#compare .all tbody tr")
    codes = {row.get_attribute("data-practice") for row in moved.all()}
    assert {"P02", "P12"} <= codes
    page.locator("#compare .frame svg").nth(1).wait_for()
    assert page.locator("#compare .frame svg").count() == 2
    told = "2 practices of 9 (24,000 people) differ between Proposal and Second best."
    assert page.locator("#faded").inner_text().startswith(told)
    page.select_option("select[data-side='1']", "0")
    assert page.locator("#faded").inner_text() == "Choose two different plans."


def test_a_card_follows_the_plan_that_is_shown(open_page: Callable[..., Any]) -> None:
    area, other = two_plans()
    page = open_page(page_of(area, other)).page
    page.fill("#find", "P02")
    page.keyboard.press("Enter")
    assert "Network 1 and its practices" in page.locator("#card").inner_text()
    page.keyboard.press("Escape")
    page.check("input[name='option'][value='1']", force=True)
    page.fill("#find", "P02")
    page.keyboard.press("Enter")
    assert "Network 2 and its practices" in page.locator("#card").inner_text()


@pytest.mark.parametrize("width", [1366, 320])
def test_no_accessibility_violation_with_several_plans(
    open_page: Callable[..., Any], width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(page_of(*two_plans()), width=width).page
    page.evaluate("pcngeo.view.show(2)")
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_layers_show_neighbours_and_the_edges_of_today(open_page: Callable[..., Any]) -> None:
    area, other = two_plans()
    opened = open_page(page_of(area, other))
    page = opened.page
    drawn = "(c => [c.links.getLatLngs().length, c.before.getLatLngs().length])(pcngeo.view.chart)"
    assert page.evaluate(drawn) == [0, 0]
    page.check("#show-links")
    page.check("#show-today")
    links, edges = page.evaluate(drawn)
    assert links == area.graph.number_of_edges()
    assert edges > 0
    still = page.locator(".picture:not([hidden]) svg [data-overlaid]")
    assert still.count() == 1 and still.get_attribute("d").count("M") == edges, "on paper too"
    page.evaluate("pcngeo.view.trial.move([0], '2')")
    assert still.count() == 1
    page.evaluate("pcngeo.view.trial.leave()")
    page.emulate_media(media="print")
    assert (
        page.locator(".legend .overlaid:visible").inner_text() == "Edges of today\u2019s networks"
    )
    page.emulate_media(media="screen")
    assert page.locator(".legend .overlaid:visible").count() == 0
    assert "Every network has" in page.locator(".summary").inner_text(), "the plan is as it was"
    page.uncheck("#show-links")
    page.uncheck("#show-today")
    assert page.evaluate(drawn) == [0, 0]
    assert still.count() == 0
    assert opened.errors == []


STEPS = """(() => { const v = pcngeo.view, d = v.data.practices;
  const at = code => d.findIndex(p => p.code === code);
  const to = d[at('P11')].network;
  v.trial.move([at('P00')], to); v.trial.move([at('P00')], ''); v.trial.move([at('P22')], to);
  v.trial.undo(); })()"""
CHANGES = "pcngeo.view.trial.changes().map(c => [pcngeo.view.data.practices[c.i].code, c.to])"


def test_looking_at_another_plan_keeps_the_trial_and_says_so(open_page: Callable[..., Any]) -> None:
    opened = open_page(page_of(*two_plans()))
    page = opened.page
    page.evaluate(STEPS)
    mine = page.evaluate(CHANGES)
    assert [code for code, _ in mine] == ["P00"]
    page.evaluate("pcngeo.view.show(1)")
    assert page.locator("#trial").is_hidden()
    assert page.evaluate(CHANGES) == []
    line = page.locator(".summary .kept-trials")
    assert line.inner_text().startswith("Your trial of Proposal is kept, and goes into the file")
    assert page.evaluate("pcngeo.view.trial.review().moves") == []
    page.reload()
    line.locator("button").click()
    assert page.locator("input[name='option'][value='0']").is_checked()
    assert page.evaluate(CHANGES) == mine
    assert line.is_hidden()
    assert "trials" not in page.evaluate("pcngeo.view.trial.review()")
    assert opened.errors == []


def test_a_saved_review_has_every_plan_s_trial_and_is_applied_to_each(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """Saved in one browser, opened in another, and read by Python: nothing is left behind."""
    html = page_of(*two_plans())
    page = open_page(html).page
    page.evaluate(STEPS)
    mine = page.evaluate(CHANGES)
    page.locator(".switch label").nth(1).click()  # the switch stays within reach in a trial
    assert page.locator("input[name='option'][value='1']").is_checked()
    only = page.evaluate("pcngeo.view.trial.file()")
    assert (only["option"], only["version"]) == ("Proposal", 1), "one trial: as it always was"
    page.evaluate("pcngeo.view.trial.move([1], '3')")
    with page.expect_download() as waiting:
        page.click("#save")
    path, shown = tmp_path / "review.json", tmp_path / "map.html"
    waiting.value.save_as(path)
    shown.write_text(html, encoding="utf-8")
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert (saved["version"], saved["option"]) == (2, "Second best")
    review = read_reviews([path], read_page(shown))[0]
    assert {name: len(moves) for name, moves in review.trials.items()} == {
        "Second best": 1, "Proposal": 1,
    }  # fmt: skip
    assert [(m.practice, m.to) for m in review.trials["Proposal"]] == [tuple(m) for m in mine]
    again = open_page(html)
    again.page.set_input_files("#load", path)
    again.page.wait_for_selector("#trial:visible")
    assert len(again.page.evaluate(CHANGES)) == 1
    again.page.locator(".summary .kept-trials button").click()
    assert again.page.evaluate(CHANGES) == mine
    assert again.errors == []


@pytest.mark.parametrize("plan", [0, 1])
def test_a_trial_outlives_a_reload_with_its_undo(open_page: Callable[..., Any], plan: int) -> None:
    opened = open_page(page_of(*two_plans()))
    page = opened.page
    page.evaluate(f"pcngeo.view.show({plan})")
    page.evaluate(STEPS)
    mine = page.evaluate(CHANGES)
    page.reload()
    assert page.locator(f"input[name='option'][value='{plan}']").is_checked()
    assert page.evaluate(CHANGES) == mine
    page.click("#trial >> text=Redo")
    assert [code for code, _ in page.evaluate(CHANGES)] == ["P00", "P22"]
    for _ in range(3):
        page.click("#trial >> text=Undo")
    assert page.evaluate(CHANGES) == []
    assert page.locator("#trial >> text=Undo").is_disabled()
    assert opened.errors == []


def test_steps_kept_for_another_course_of_events_give_way_to_the_moves(
    open_page: Callable[..., Any],
) -> None:
    opened = open_page(page_of(*two_plans()))
    page = opened.page
    page.evaluate(STEPS)
    mine = page.evaluate(CHANGES)
    page.evaluate(
        """(() => { const shelf = Object.keys(localStorage)[0];
        const kept = JSON.parse(localStorage[shelf]);
        kept.trials[0].done[0][0].from = '7'; kept.trials[1] = {done: [[{i: 99}]], undone: []};
        localStorage[shelf] = JSON.stringify(kept); })()"""
    )
    page.reload()
    assert page.evaluate(CHANGES) == mine
    assert page.locator(".summary .kept-trials").is_hidden()
    assert opened.errors == []


@pytest.mark.parametrize("width", [320, 1366])
def test_seven_plans_to_switch_between_all_have_room(
    open_page: Callable[..., Any], width: int
) -> None:
    area, other = two_plans()
    others = {f"Second best {k}": other for k in range(5)}
    html = map_html(draw_map(*area.arguments(), graph=area.graph, alternatives=others))
    page = open_page(html, width=width).page
    beyond = page.evaluate(
        """(() => { const room = document.querySelector('.summary').getBoundingClientRect().right;
        return [...document.querySelectorAll('.switch label')]
          .filter(label => label.getBoundingClientRect().right > room + 1).length; })()"""
    )
    assert page.locator(".switch label").count() == 7
    assert beyond == 0


def test_plans_are_told_apart_by_what_differs(open_page: Callable[..., Any]) -> None:
    page = open_page(page_of(*two_plans())).page
    said = page.locator(".switch label").all_inner_texts()
    assert " ".join(said[0].split()) == "Proposal three networks, no flags"
    assert said[1].endswith("; two differ, 22 % of people in another network")
    row = page.locator("#compare tr", has_text="People in another network than in Proposal")
    assert row.locator("td").all_inner_texts()[:2] == ["0", "24,000 (22 %)"]
    assert "22 % of people" in page.locator("select[data-side='1'] option").nth(1).inner_text()
