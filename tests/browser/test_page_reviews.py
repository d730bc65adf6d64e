"""A review saved in the browser and applied in Python: the same digits, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.grid_area import grid_area
from typer.testing import CliRunner

from pcngeo.cli import app
from pcngeo.errors import DataError
from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html
from pcngeo.review.saved import read_page, read_reviews

pytestmark = pytest.mark.browser


def test_a_review_goes_from_the_page_to_a_plan_and_back_to_a_page(
    open_page: Callable[..., Any], planned_sample: Path, tmp_path: Path
) -> None:
    page = open_page((planned_sample / "map.html").read_text(encoding="utf-8")).page
    found = page.evaluate(
        """(() => { const v = pcngeo.view, d = v.data.practices, found = [];
        d.forEach((p, i) => { if (!p.network || found.length > 2) { return; }
          const to = v.neighbours[i].map(j => d[j].network).find(n => n && n !== p.network);
          if (to && !found.some(f => f[1] === to)) { found.push([i, to]); } });
        found.forEach(([i, to]) => v.trial.move([i], to)); return found.length; })()"""
    )
    assert found == 3
    page.fill("#words", "<b>Too far</b> for our patients' buses & trams")
    page.fill("#who", "Dr O'Shea <script>")
    page.click("text=Add comment")
    with page.expect_download() as waiting:
        page.click("#save")
    review = tmp_path / "review.json"
    waiting.value.save_as(review)
    shown = page.evaluate(
        """[...document.querySelectorAll('.sizes [data-network]')]
        .filter(r => r.tagName === 'TR' && r.offsetParent)
        .map(r => [r.dataset.network, r.querySelector('.number').textContent])"""
    )
    out = tmp_path / "out"
    said = CliRunner().invoke(
        app, ["review", "apply", str(planned_sample), str(review), "--out", str(out)]
    )
    assert said.exit_code == 0, said.output
    assert "Dr O'Shea <script>" in said.output
    again = open_page((out / "map.html").read_text(encoding="utf-8"))
    assert again.errors == []
    sizes = dict(shown)
    first = again.page.locator(".sizes").first
    for network, people in sizes.items():
        assert first.locator(f'tr[data-network="{network}"] .number').inner_text() == people
    assert "After the reviews" in again.page.locator(".switch").inner_text()
    assert "Proposal, not a decision" in again.page.locator(".tag").inner_text()
    assert "Too far" not in again.page.content()
    answers = open_page((out / "reviews.html").read_text(encoding="utf-8"))
    assert answers.errors == []
    assert "<b>Too far</b> for our patients' buses & trams" in answers.page.inner_text("main")
    assert answers.page.locator("script").count() == 0


@pytest.mark.parametrize("width", [1366, 320])
def test_the_answers_page_has_no_accessibility_violation(
    open_page: Callable[..., Any], width: int
) -> None:
    import pandas as pd

    from pcngeo.review.answers import answers_page
    from pcngeo.review.saved import Move, Review
    from pcngeo.review.wishes import COMMENTS, MOVES, voices

    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    move = [
        "Mill Lane Surgery",
        9_000,
        "1",
        "Network 2: LMC",
        "agreed",
        "2",
        True,
        "moved",
        "All ask.",
    ]
    moves = pd.DataFrame([move], columns=list(MOVES), index=pd.Index(["P1"], name="practice"))
    row = ["LMC", "Dr A", "Objection", "Network 1", "Too far. " * 40, "Proposal"]
    said = pd.DataFrame([row], columns=list(COMMENTS))
    review = Review("LMC", "a.json", "Proposal", (Move("P1", "1", "2"),), ())
    voice = voices([review], moves, option="Proposal")
    assert voice[["alone", "shared", "contradicted", "done"]].iloc[0].tolist() == [1, 0, 0, 1]
    html = answers_page("X", ["Said."], moves, said, voice)
    page = open_page(html, width=width).page
    found = axe.run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


HOSTILE: list[Any] = [
    None, True, 0, -1, 1e300, "", "0", "99", "__proto__", "constructor", "<script>1</script>",
    [], {}, [[]], [None], {"__proto__": {"moves": []}}, "\u202e", "x" * 10_000,
]  # fmt: skip


def mutated(value: Any) -> Iterator[Any]:
    """Every way to replace, drop or double one part of a JSON value."""
    yield from HOSTILE
    if isinstance(value, dict):
        for key in value:
            yield {name: part for name, part in value.items() if name != key}
            for other in mutated(value[key]):
                yield {**value, key: other}
        yield {**value, "__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}
    if isinstance(value, list) and value:
        yield [*value, value[0]]
        for other in mutated(value[0]):
            yield [other, *value[1:]]


def test_the_page_and_the_command_refuse_the_same_files(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """Files edited in every place: neither side believes what the other does not."""
    more = [{"practice": "Z1", "standing": "excluded", "list_size": 300}]
    area = grid_area("1112\n1322\n3332", more=more)
    other = Plan(area.plan.assignment.replace({"3": "2"}), status=Status.GIVEN)
    drawn = draw_map(
        *area.arguments(), graph=area.graph, list_date="2026-01-01", alternatives={"Other": other}
    )
    html = map_html(drawn)
    (tmp_path / "map.html").write_text(html, encoding="utf-8")
    seen = read_page(tmp_path / "map.html")
    opened = open_page(html)
    comment = {"about": "", "label": "All", "option": "Proposal", "kind": "Question",
               "words": "Why?", "name": "Dr A"}  # fmt: skip
    good = {
        "format": "pcngeo-review", "version": 1, "area": seen.area, "plan": seen.digest,
        "lists": seen.lists, "option": "Proposal", "reviewer": "LMC",
        "moves": [{"practice": "P11", "from": "3", "to": "1"},
                  {"practice": "P00", "from": "1", "to": ""}],
        "comments": [comment],
    }  # fmt: skip
    fixed = {**good, "moves": [{"practice": "Z1", "from": "", "to": "1"}]}
    home = seen.options["Other"]["P00"]
    more = [{"option": "Other", "moves": [{"practice": "P00", "from": home, "to": ""}]}]
    both = {**good, "moves": good["moves"][:1], "comments": [], "version": 2, "others": more}
    twice = {**both, "others": [*more, {"option": "Proposal", "moves": []}]}
    cases = [good, fixed, *mutated(good), both, twice, *mutated(both)]
    assert len(cases) > 500
    told = opened.page.evaluate(
        "texts => texts.map(text => pcngeo.view.trial.wrong(JSON.parse(text)))",
        [json.dumps(case) for case in cases],
    )
    assert told[0] == "" and "names a network that is not on this page" in told[1]
    for case, said in zip(cases, told, strict=True):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(case), encoding="utf-8")
        try:
            read_reviews([path], seen)
            why = ""
        except DataError as error:
            why = str(error)
        assert bool(why) == bool(said), (case, why, said)
    assert opened.page.evaluate("({}).polluted") is None
    assert opened.errors == []


def test_half_a_file_a_picture_and_a_giant_are_refused(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    area = grid_area("11\n22")
    html = map_html(draw_map(*area.arguments(), graph=area.graph, list_date="2026-01-01"))
    (tmp_path / "map.html").write_text(html, encoding="utf-8")
    seen = read_page(tmp_path / "map.html")
    opened = open_page(html)
    page = opened.page
    whole = json.dumps(page.evaluate("pcngeo.view.trial.review()")).encode()
    giant = b'{"format": "pcngeo-review", "moves": [' + b" " * 50_000_000 + b"]}"
    for k, (content, why) in enumerate((
        (whole[:-1], "damaged"), (whole[:40], "damaged"), (b"", "damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "damaged"), (giant, "too large"), (b"null", "not a saved"),
    )):  # fmt: skip
        path = tmp_path / f"bad-{k}.json"
        path.write_bytes(content)
        page.set_input_files("#load", path)
        page.locator("#load-error", has_text=why).wait_for(state="visible")
        with pytest.raises(DataError, match=why):
            read_reviews([path], seen)
    path.write_bytes(b"\xef\xbb\xbf" + whole)
    page.set_input_files("#load", path)
    page.locator("#load-error").wait_for(state="hidden")
    assert read_reviews([path], seen), "a mark that Windows adds does no harm"
    assert opened.errors == []
