"""The page in a real browser: it opens from a file, asks nothing, and does what it says."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from browser.grid_area import GridArea, grid_area

from pcngeo.review import draw_map, map_html

pytestmark = pytest.mark.browser

HOSTILE = {
    "P00": "<script>window.hurt=1</script>",
    "P01": '"><img src=x onerror="window.hurt=2">',
    "P02": "O'Brien & Partners {{ 7*7 }} {% raw %}",
    "P10": "</script><script>window.hurt=3</script>",
    "P11": "\u202egnp.exe\u202c Surgery",
    "P12": "]]> --> <!-- <svg onload=window.hurt=4>",
}
TEXTS = {
    "reason": {
        "P00": "<b onmouseover=window.hurt=5>why</b>",
        "P01": "</title><script>window.hurt=6</script>",
    },
    "postcode": {"P00": "<i>E1</i>"},
    "network_today": {"P00": "U1", "P01": "U1"},
    "network_today_name": {"P00": "<script>window.hurt=7</script>", "P01": "</textarea>&amp;"},
}


def page_of(area: GridArea, **options: Any) -> str:
    return map_html(draw_map(*area.arguments(), graph=area.graph, **options))


def many_kinds() -> GridArea:
    """An area with every status, a flag of each kind and a co-located pair."""
    off = [
        ("Y1", "orphan", None, 12_000, "No other practice is next to it."),
        ("Y2", "covered", (600_700.0, 402_700.0), 12_000, "It declines."),
        ("Y3", "special", (600_500.0, 401_500.0), 40, "A decision is needed."),
        ("Y4", "excluded", (603_200.0, 400_200.0), 12_000, "Closed."),
        ("Y5", "orphan", (600_500.0, 390_000.0), 900, "It touches no network here."),
    ]
    return grid_area(
        "1122\n1.33\n4455",
        lists={"P22": 30_000, "P23": 30_000, "P10": 8_000},
        more=[
            {"practice": code, "standing": standing, "list_size": size, "reason": reason}
            | ({"x": place[0], "y": place[1]} if place else {})
            for code, standing, place, size, reason in off
        ],
    )


@cache
def kinds_page() -> str:
    """The page of `many_kinds`, made once."""
    return page_of(many_kinds())


def open_practice(page: Any, code: str) -> None:
    at = [p["code"] for p in page.evaluate("pcngeo.view.data.practices")].index(code)
    page.evaluate("i => pcngeo.view.openPractice(i)", at)


def test_opens_offline_without_a_request_or_an_error(open_page: Callable[..., Any]) -> None:
    opened = open_page(kinds_page())
    assert opened.errors == []
    assert opened.outside == []
    assert len(opened.requests) == 1
    assert opened.page.locator(".leaflet-container path").count() > 10


def test_hostile_names_do_no_harm(open_page: Callable[..., Any]) -> None:
    area = grid_area("112\n132\n334", columns={"name": HOSTILE, **TEXTS})
    html = page_of(area, title="<script>window.hurt=8</script>", subtitle="<b>x</b>",
                   sources=["</ul><script>window.hurt=9</script>"])  # fmt: skip
    opened = open_page(html)
    page = opened.page
    for code in HOSTILE:
        open_practice(page, code)
    for network in "1234":
        page.evaluate("id => pcngeo.view.openNetwork(id)", network)
    page.fill("#find", "script")
    page.hover(".leaflet-container", position={"x": 300, "y": 300})
    assert page.evaluate("window.hurt") is None
    assert opened.errors == []
    assert page.locator("script").count() == page.evaluate("pcngeo.scripts")
    assert "{{ 7*7 }}" in page.locator(".practices:visible").inner_text()
    assert "49" not in page.locator("tr#p-P02").inner_text()
    assert "\u202e" not in html
    shown = page.locator("tr#p-P00 th").inner_text()
    assert shown == "<script>window.hurt=1</script>"


def test_a_script_that_got_in_would_not_run(open_page: Callable[..., Any]) -> None:
    bad = (
        '<main><script>window.hurt=1</script><img src=x onerror="window.hurt=2">'
        '<img src="https://example.org/x.png">'
    )
    opened = open_page(page_of(grid_area()).replace("<main>", bad))
    assert opened.page.evaluate("window.hurt") is None
    assert opened.refused == ["csp"] * 2, "the two pictures were refused by the page's own policy"


def test_counts_agree_with_the_plan(read_page: Callable[..., Any]) -> None:
    area = many_kinds()
    page = read_page(kinds_page())
    assert page.locator(".practices:visible tbody tr").count() == len(area.practices)
    assert page.locator(".sizes:visible tbody tr").count() == len(area.plan.networks)
    total = int(area.practices["list_size"].sum())
    assert f"{total:,}" in page.locator(".total:visible").inner_text()
    sizes = (
        area.practices["list_size"].groupby(area.plan.assignment).sum().drop("", errors="ignore")
    )
    for network, size in sizes.items():
        assert (
            page.locator(f'.sizes:visible tr[data-network="{network}"] td.number').inner_text()
            == f"{size:,}"
        )
    on_map = page.locator(".leaflet-practices-pane button")
    located = area.practices.geometry.notna().sum()
    assert on_map.count() == located - 1, "all with a location but the one 10 km away"
    assert "Practice Y5" in page.locator(".off").inner_text()


def test_legend_explains_every_symbol_on_the_map(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    drawn = page.eval_on_selector_all(
        ".leaflet-practices-pane use", "all => all.map(u => u.getAttribute('href'))"
    )
    explained = page.eval_on_selector_all(
        ".legend ul:not([hidden]) use", "all => all.map(u => u.getAttribute('href'))"
    )
    assert set(drawn) == {"#s-member", "#s-orphan", "#s-covered", "#s-special", "#s-excluded"}
    assert set(drawn) <= set(explained)


def test_a_table_row_and_the_map_open_the_same_network(open_page: Callable[..., Any]) -> None:
    page = open_page(kinds_page()).page
    page.click('.sizes:visible a[data-network="3"]')
    assert page.locator("#card h2").inner_text().endswith("Network 3")
    assert page.evaluate("document.activeElement.id") == "card-title"
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden()
    assert page.evaluate("document.activeElement.dataset.network") == "3"
    page.click('.leaflet-numbers-pane button[aria-label^="3:"]')
    assert page.locator("#card h2").inner_text().endswith("Network 3")
    members = page.locator("#card .members li").count()
    assert members == 2
    assert page.locator('.figures:visible tr.chosen[data-network="3"]').count() == 1


def test_find_by_name_code_and_postcode(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    for words in ("p12 surg", "P12", "zz121aa", "ZZ12 1AA"):
        page.fill("#find", words)
        first = page.locator("#found li").first
        assert "P12" in first.inner_text(), words
        page.keyboard.press("Enter")
        assert page.locator("#card h2").inner_text() == "Practice P12 Surgery"
        page.keyboard.press("Escape")
    page.fill("#find", "harfrod")
    assert "No practice matches" in page.locator("#none-found").inner_text()


def test_find_takes_words_as_people_type_them(open_page: Callable[..., Any]) -> None:
    page = open_page(typed_page()).page
    wanted = {
        "bromley by bow": "P00", "Bromley-by-Bow": "P00", "hill and sons": "P01",
        "Hill & Sons": "P01", "st johns": "P02", "St John`s": "P02", "zz1 2": "P10",
    }  # fmt: skip
    for words, code in wanted.items():
        page.fill("#find", words)
        assert code in page.locator("#found li").first.inner_text(), words


def test_find_says_how_many_it_found_and_does_not_repeat_a_page_of_words(
    open_page: Callable[..., Any],
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(typed_page()).page
    page.fill("#find", "Surgery")
    assert page.locator("#found li:not(.more)").count() == 8
    assert page.locator("#found .more").inner_text().startswith("7 more: ")
    assert page.inner_text("#said") == "15 results, the first 8 are listed"
    assert axe.run(page).response["violations"] == []
    page.fill("#find", "x" * 3000)
    assert len(page.inner_text("#none-found")) < 200


def typed_page() -> str:
    area = grid_area("111111\n222222\n333333")
    practices = area.practices
    practices.loc["P00", "name"] = "Bromley-by-Bow Health Centre"
    practices.loc["P01", "name"] = "Dr Hill & Sons (Main Street)"
    practices.loc["P02", "name"] = "St John\u2019s Practice"
    practices.loc["P10", "postcode"] = "ZZ1 2XY"
    return map_html(draw_map(*area.arguments(), graph=area.graph, list_date="2026-01-01"))


def test_who_comes_back_to_the_search_at_once_keeps_its_hits(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(kinds_page()).page
    page.fill("#find", "P12")
    page.evaluate("document.getElementById('find').blur()")
    page.fill("#find", "P1")
    page.wait_for_timeout(400)
    assert page.locator("#found li").count() > 0


def test_find_reaches_a_practice_that_is_not_on_the_map(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    page.fill("#find", "Y1")
    page.keyboard.press("Enter")
    assert "No other practice is next to it." in page.locator("#card").inner_text()


def test_the_whole_path_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page(kinds_page()).page
    where = """(e => e.closest('.leaflet-practices-pane') ? 'practices'
        : e.closest('.leaflet-numbers-pane') ? 'networks' : e.id || e.className || e.tagName
        )(document.activeElement)"""
    stops: list[str] = []
    while "networks" not in stops:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(where))
        assert len(stops) < 30
    page.keyboard.press("Tab")
    assert page.evaluate(where) != "networks", "all networks together are one stop"
    assert stops.count("practices") == 1, "all practices together are one stop"
    assert stops.index("find") < stops.index("practices") < stops.index("networks")
    page.focus(".leaflet-practices-pane button[tabindex='0']")
    before = page.evaluate("document.activeElement.getAttribute('aria-label')")
    centre = page.evaluate("pcngeo.view.chart.map.getCenter()")
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") != before
    assert page.evaluate("pcngeo.view.chart.map.getCenter()") == centre, (
        "arrows did not pan the map"
    )
    page.keyboard.press("Enter")
    assert page.locator("#card").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('.leaflet-practices-pane') !== null")
    page.focus(".leaflet-numbers-pane button[tabindex='0']")
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("2: Network 2, 24,000 people registered, 2 practices")
    page.keyboard.press("Enter")
    assert page.locator("#card h2").inner_text().endswith("Network 2")


def shown_sizes(page: Any) -> list[int]:
    cells = page.locator(".practices:visible tbody td.number").all_inner_texts()
    return [int(cell.replace(",", "")) for cell in cells]


def test_the_table_sorts(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    head = page.locator(".practices:visible th", has_text="People")
    head.locator("button").click()
    sizes = shown_sizes(page)
    assert sizes == sorted(sizes)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    sizes = shown_sizes(page)
    assert sizes == sorted(sizes, reverse=True)


def test_without_scripts_it_is_complete(open_page: Callable[..., Any]) -> None:
    area = many_kinds()
    page = open_page(kinds_page(), java_script_enabled=False).page
    text = page.locator("main").inner_text()
    assert "The moving map needs scripts" in page.content()
    assert page.locator(".picture:visible svg").is_visible()
    assert page.locator(".live").is_hidden()
    assert page.locator("#find").is_hidden()
    for code in area.practices.index:
        assert code in text


def test_nothing_scrolls_sideways(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    for width in (320, 390, 768):
        page.set_viewport_size({"width": width, "height": 800})
        for opened in ("pcngeo.view.close()", "pcngeo.view.openPractice(0)"):
            page.evaluate(opened)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_print_keeps_to_a4_and_loses_nothing(read_page: Callable[..., Any]) -> None:
    area = many_kinds()
    page = read_page(kinds_page())
    page.emulate_media(media="print")
    assert page.locator(".live").is_hidden()
    assert page.locator(".picture:visible svg").is_visible()
    page.set_viewport_size({"width": 1032, "height": 700})  # A4 landscape less its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 1032
    text = page.locator("main").inner_text()
    assert all(code in text for code in area.practices.index)


SHEET = {"width": 1032, "height": 706}  # A4 landscape less its margins


def test_the_first_sheet_holds_the_map_and_what_it_rests_on(open_page: Callable[..., Any]) -> None:
    page = open_page(kinds_page()).page
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    long = "Network 5 is drawn in more than one piece. " * 24
    page.evaluate("words => document.querySelector('.apart, .legend li').append(words)", long)
    foot = "document.querySelector('.indicative').getBoundingClientRect().bottom"
    assert page.evaluate(foot) <= SHEET["height"]
    shown = page.locator(".picture:visible svg").first.bounding_box()
    assert shown["width"] == pytest.approx(shown["height"], abs=2)
    assert shown["width"] > 250


def test_a_trial_is_printed_beside_its_map(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    page.evaluate("pcngeo.view.trial.move([0, 1], '5')")
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    map_box, trial = (page.locator(part).bounding_box() for part in (".map", "#trial"))
    assert trial["x"] >= map_box["x"] + map_box["width"]
    assert trial["y"] < map_box["y"] + 20
    sizes = page.locator(".sizes:visible").bounding_box()
    assert sizes["x"] >= map_box["x"] + map_box["width"]
    assert sizes["y"] + sizes["height"] <= SHEET["height"]


def test_printing_leaves_the_map_as_it_was(open_page: Callable[..., Any]) -> None:
    opened = open_page(kinds_page())
    page = opened.page
    view = "[pcngeo.view.chart.map.getZoom(), pcngeo.view.chart.map.getCenter()]"
    before = page.evaluate(view)
    page.emulate_media(media="print")
    page.pdf()
    page.set_viewport_size({"width": 1200, "height": 700})
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1366, "height": 900})
    page.wait_for_timeout(300)
    assert opened.errors == []
    zoom, centre = page.evaluate(view)
    assert abs(zoom - before[0]) < 0.01
    assert abs(centre["lat"] - before[1]["lat"]) < 20


def test_high_contrast_keeps_the_meaning_of_bars_and_symbols(open_page: Callable[..., Any]) -> None:
    page = open_page(kinds_page(), forced_colors="active").page
    for part in (".badge", ".sizes .bar svg", ".leaflet-practices-pane button", ".legend svg"):
        found = page.eval_on_selector(part, "e => getComputedStyle(e).forcedColorAdjust")
        assert found == "none", part


def test_at_four_times_zoom_it_is_one_column(open_page: Callable[..., Any]) -> None:
    """A laptop of 1280 px at 400 % shows 320 px: nothing is lost, nothing lies beside the text."""
    page = open_page(kinds_page(), width=320, height=256, reduced_motion="reduce").page
    left = page.eval_on_selector(".map", "e => e.getBoundingClientRect().left")
    assert left < 40
    page.focus(".leaflet-practices-pane button[tabindex='0']")
    box = page.evaluate("(b => [b.left, b.right])(document.activeElement.getBoundingClientRect())")
    assert box[0] >= 0
    assert box[1] <= 320
    assert page.evaluate(
        "Array.from(document.querySelectorAll('*')).every(e => getComputedStyle(e)"
        ".transitionDuration.split(',').every(d => parseFloat(d) === 0))"
    )


def test_targets_outside_running_text_are_large_enough(read_page: Callable[..., Any]) -> None:
    page = read_page(kinds_page())
    small = page.evaluate(
        """[...document.querySelectorAll('button, .sizes a, select, input:not([type=radio])')]
        .filter(e => e.offsetParent && !e.disabled)
        .map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect()])
        .filter(([, b]) => b.width < 23.9 || b.height < 23.9).map(([h]) => h)"""
    )
    assert small == []


def test_lists_without_a_network_are_large_enough_and_on_top(open_page: Callable[..., Any]) -> None:
    far = {"practice": "Y1", "standing": "orphan", "list_size": 90, "x": 603_480.0, "y": 403_500.0}
    area = grid_area("\n".join("1" * 12 for _ in range(12)), more=[far])
    page = open_page(page_of(area), width=700, height=500).page
    found = page.evaluate(
        """pcngeo.view.chart.pins.map(p => [p.practice.status, p.r,
        +getComputedStyle(p.marker.getElement()).zIndex])"""
    )
    waiting = [row for row in found if row[0] == "orphan"]
    members = [row for row in found if row[0] == "member"]
    assert [r for _, r, _ in waiting] == [8]
    assert min(r for _, r, _ in members) < 8
    assert waiting[0][2] > max(z for _, _, z in members)


def crowded_area() -> GridArea:
    """An area with a corner that is too crowded for the scale of the whole."""
    crowd = [
        {"practice": f"Y{k}", "standing": "special", "list_size": 40,
         "x": 600_200.0 + 90 * (k % 10), "y": 407_200.0 + 90 * (k // 10)}
        for k in range(60)
    ]  # fmt: skip
    return grid_area("\n".join(["11112222", "33334444"] * 4), more=crowd)


def test_a_crowded_corner_is_drawn_larger_on_paper(open_page: Callable[..., Any]) -> None:
    area = crowded_area()
    drawn = draw_map(*area.arguments(), graph=area.graph)
    page = open_page(map_html(drawn)).page
    assert page.locator(".larger").is_hidden()
    page.emulate_media(media="print")
    larger = page.locator(".larger")
    assert "Larger: the part in the broken frame" in larger.inner_text()
    assert larger.locator("use").count() >= 60
    assert 0 < larger.locator("[data-site]").count() < 32, "only what is seen there"
    page.pdf()
    from pcngeo.review import map_poster

    assert "larger" in map_poster(drawn)
    plain = grid_area("1122\n1122")
    assert "larger" not in map_poster(draw_map(*plain.arguments(), graph=plain.graph))
