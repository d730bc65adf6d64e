"""A review saved in the browser and applied in Python: the same digits, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pcngeo.cli import app

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
