"""What axe and the eye would find: every state of the page, shapes, room on the map, paper."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from browser.conftest import DRAWN
from browser.grid_area import GridArea, grid_area
from browser.test_page_layers import all_layers, branches

from pcngeo.errors import DataError
from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html, map_poster
from pcngeo.review.layers import RAMP

pytestmark = pytest.mark.browser

LAYOUT = "1122\n1.33\n4455"
LISTS = {"P22": 30_000, "P23": 30_000, "P10": 8_000}


@cache
def flagged() -> GridArea:
    """An area with a network over the window, one under it and practices in none."""
    waiting = [
        {"practice": "Y1", "standing": "orphan", "list_size": 12_000, "reason": "Far away."},
        {"practice": "Y2", "standing": "special", "list_size": 40, "reason": "A decision.",
         "x": 600_500.0, "y": 401_500.0},
    ]  # fmt: skip
    return grid_area(LAYOUT, lists=LISTS, more=waiting)


@cache
def drawn() -> Any:
    """The map of `flagged` with another plan, branches and every layer."""
    area = flagged()
    other = Plan(area.plan.assignment.replace({"3": "5"}), status=Status.GIVEN)
    return draw_map(
        *area.arguments(), graph=area.graph, layers=all_layers(area), branches=branches(),
        alternatives={"Other": other},
    )  # fmt: skip


@cache
def full_page() -> str:
    return map_html(drawn())


FIND = (
    "words => { const f = document.getElementById('find'); f.focus(); f.value = words;"
    " f.dispatchEvent(new Event('input')); }"
)
STATES: dict[str, Callable[[Any], None]] = {
    "overview": lambda page: None,
    "network": lambda page: page.evaluate("pcngeo.view.openNetwork('1')"),
    "practice": lambda page: page.evaluate("pcngeo.view.openPractice(2)"),
    "not placed": lambda page: page.evaluate(
        "pcngeo.view.openPractice(pcngeo.view.data.practices.length - 1)"
    ),
    "search": lambda page: page.evaluate(FIND, "surgery"),
    "nothing found": lambda page: page.evaluate(FIND, "harfrod"),
    "trial": lambda page: page.evaluate("pcngeo.view.trial.move([0, 1], '5')"),
    "moved practice": lambda page: page.evaluate(
        "pcngeo.view.trial.move([0], '3'), pcngeo.view.openPractice(0)"
    ),
    "selection": lambda page: page.evaluate(
        "pcngeo.view.trial.begin(), pcngeo.view.trial.selection.set([0, 1]),"
        " pcngeo.view.openNetwork('1')"
    ),
    "comment refused": lambda page: page.click("#comment button.main"),
    "comment": lambda page: (page.fill("#words", "No."), page.click("#comment button.main")),
    "other plan": lambda page: page.evaluate("pcngeo.view.show(1)"),
    "layers": lambda page: (
        page.select_option("#shade", "0"),
        page.check("#show-links"),
        page.check("#show-lines-0"),
    ),
}
#: What a state changes, where that is not the find box, the map, the card and the trial.
CHANGES = {"overview": "html", "comment refused": "#say", "comment": "#say"}
WHERE = [
    *((state, {"width": 1366, "height": 768}, {}) for state in STATES),
    ("overview", {"width": 320, "height": 256}, {}),
    ("practice", {"width": 320, "height": 256}, {}),
    ("trial", {"width": 320, "height": 256}, {}),
    ("overview", {"width": 1366, "height": 768}, {"forced_colors": "active"}),
    ("overview", {"width": 1366, "height": 768}, {"color_scheme": "dark"}),
    ("trial", {"width": 1032, "height": 706}, {"media": "print"}),
]


def test_no_accessibility_violation_in_any_state(read_page: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    broken = []
    for state, size, media in WHERE:
        page = read_page(full_page())
        page.evaluate(FIND, "")
        page.set_viewport_size(size)
        page.emulate_media(**media)
        STATES[state](page)
        part = "#work" if media else CHANGES.get(state, "#work")
        found = axe.run(page, context=part).response["violations"]
        nodes = [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found]
        broken += [(state, size["width"], media, *node) for node in nodes]
        assert media.get("media") or (
            page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        ), (state, size)
    read_page(full_page()).select_option("#shade", "")
    assert broken == []


CHIP = '.leaflet-numbers-pane button[aria-label^="{}:"] .chip'


def test_over_and_under_are_marked_by_different_shapes(read_page: Callable[..., Any]) -> None:
    page = read_page(full_page())
    legend = page.locator(".legend ul:visible").inner_text()
    assert page.locator(CHIP.format(5)).inner_text() == "\u25b2"
    assert page.locator(CHIP.format(4)).inner_text() == "\u25bc"
    assert page.locator(CHIP.format(1)).count() == 0
    assert "Over 50,000: needs agreement" in legend
    assert "Under 30,000: breaks a rule" in legend
    still = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll('.picture:not([hidden]) [data-badge]')]
        .map(b => [b.dataset.badge, (b.querySelector('[data-chip]') || {}).textContent || '']))"""
    )
    assert (still["5"], still["4"], still["1"]) == ("\u25b2", "\u25bc", "")


def test_marks_of_a_trial_are_explained_and_printed(read_page: Callable[..., Any]) -> None:
    page = read_page(map_html(draw_map(*quiet().arguments(), graph=quiet().graph)))
    said = page.locator(".legend ul:visible")
    assert "Under" not in said.inner_text()
    page.evaluate("pcngeo.view.trial.move([0], '2')")
    assert "Under 30,000: breaks a rule" in said.inner_text()
    assert "Over" not in said.inner_text()
    printed = page.locator('.picture:not([hidden]) [data-badge="1"] [data-chip]')
    assert printed.text_content() == "\u25bc"
    page.evaluate("pcngeo.view.trial.leave()")
    assert page.locator(".picture [data-chip]").count() == 0
    assert "Under" not in said.inner_text()


@cache
def quiet() -> GridArea:
    """An area in which nothing is flagged."""
    return grid_area("112\n122")


def test_the_map_can_be_zoomed_by_buttons(read_page: Callable[..., Any]) -> None:
    page = read_page(full_page())
    before = page.evaluate("pcngeo.view.chart.map.getZoom()")
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate("pcngeo.view.chart.map.getZoom()") > before
    page.get_by_role("button", name="Whole area").click()
    assert page.evaluate("pcngeo.view.chart.map.getZoom()") == pytest.approx(before)


def test_the_whole_area_stays_in_view_when_the_legend_grows(read_page: Callable[..., Any]) -> None:
    page = read_page(full_page())
    high = "pcngeo.view.chart.map.getContainer().offsetHeight"
    before = page.evaluate(high)
    words = "A longer legend. " * 60
    page.evaluate("w => document.querySelector('.indicative').append(w)", words)
    page.evaluate(DRAWN)
    assert page.evaluate(high) < before
    assert page.evaluate(f"pcngeo.view.chart.map.getSize().y === {high}")
    assert page.evaluate("pcngeo.view.chart.map.getBounds().contains(pcngeo.view.chart.bounds)")
    page.evaluate("document.querySelector('.indicative').lastChild.remove()")


def test_at_four_times_zoom_map_and_name_both_have_room(read_page: Callable[..., Any]) -> None:
    """A laptop of 1366 by 1024 at 400 %: the map is worth looking at, the name is on the screen."""
    page = read_page(full_page())
    page.set_viewport_size({"width": 320, "height": 256})
    page.evaluate("pcngeo.view.openPractice(0)")
    assert page.locator(".screen").bounding_box()["height"] >= 240
    name = page.locator("#card-title").bounding_box()
    assert name["y"] >= 0
    assert name["y"] + name["height"] <= 256


def test_badges_in_tables_have_the_pattern_of_the_map(read_page: Callable[..., Any]) -> None:
    page = read_page(full_page())
    found = page.evaluate(
        """Object.fromEntries([...document.querySelectorAll('.sizes .badge')].map(b =>
        [b.className.match(/fill-(\\d)/)[1], getComputedStyle(b).backgroundImage]))"""
    )
    assert len(found) > 2
    plain = [k for k, image in found.items() if image == "none"]
    assert plain in ([], ["0"]), "only the first colour is plain, as on the map"
    assert len(set(found.values())) == len(found)


def crowd() -> GridArea:
    """Many networks of two small squares each."""
    signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    rows = ["".join(signs[(c // 2 + 6 * r) % len(signs)] for c in range(12)) for r in range(10)]
    return grid_area("\n".join(rows))


def test_many_networks_have_small_numbers_in_their_own_areas(
    open_page: Callable[..., Any],
) -> None:
    area = crowd()
    html = map_html(draw_map(*area.arguments(), graph=area.graph))
    page = open_page(html, width=1100, height=560).page
    assert "tight" in page.evaluate("pcngeo.view.chart.map.getContainer().className").split()
    assert page.evaluate("pcngeo.view.chart.leaders.getLatLngs().length") == 0
    boxes = page.evaluate(
        """[...document.querySelectorAll('.leaflet-numbers-pane button > span:first-child')]
        .map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])"""
    )
    assert len(boxes) == 60
    met = sum(
        a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1
        for i, a in enumerate(boxes)
        for b in boxes[:i]
    )
    assert met == 0, "no number lies on another"
    page.evaluate("pcngeo.view.chart.map.setZoom(pcngeo.view.chart.map.getZoom() + 2)")
    assert "tight" not in page.evaluate("pcngeo.view.chart.map.getContainer().className").split()


def test_branches_are_drawn_explained_and_named(read_page: Callable[..., Any]) -> None:
    page = read_page(full_page())
    marks = page.locator(".leaflet-leaders-pane .branch")
    assert marks.count() == 2
    box = marks.first.bounding_box()
    assert box["width"] == pytest.approx(box["height"])
    assert "Branch surgery" in page.locator(".legend ul:visible").inner_text()
    assert "HILL" in page.locator("tr#p-P00").text_content()


def test_paper_and_pictures_show_the_layer_that_is_chosen(read_page: Callable[..., Any]) -> None:
    page = read_page(full_page())
    fills = (
        "[...document.querySelectorAll('.picture:not([hidden]) > svg [data-site]')]"
        ".map(a => a.getAttribute('fill'))"
    )
    before = page.evaluate(fills)
    page.select_option("#shade", "0")
    shaded = page.evaluate(fills)
    assert set(shaded) <= {*RAMP, "#ffffff"}
    page.emulate_media(media="print")
    assert page.locator("#ramp").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("pcngeo.view.trial.move([0], '5')")
    assert page.evaluate(fills) == shaded
    page.select_option("#shade", "")
    assert set(page.evaluate(fills)) <= {f"url(#f-{i})" for i in range(6)} | {"#FFFFFF"}
    page.evaluate("pcngeo.view.trial.leave()")
    assert page.evaluate(fills) == before
    poster = map_poster(drawn(), shade="deprivation")
    colours = [part.split('fill="')[1][:7] for part in poster.split("data-site=")[1:]]
    assert [c.lower() for c in colours[: len(shaded)]] == [c.lower() for c in shaded]
    assert 'data-borders="districts"' in poster
    assert "Borders: districts" in poster
    assert "colour and pattern only" not in poster
    assert "People who live in rural areas: 25%" in map_poster(drawn(), shade="rurality")
    with pytest.raises(DataError, match="no layer is called 'weather'"):
        map_poster(drawn(), shade="weather")
