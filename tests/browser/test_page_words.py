"""Everything that the page can say, with none, one, two and many of each thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browser.grid_area import grid_area

from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html
from pcngeo.rules import Rules

pytestmark = pytest.mark.browser

THINGS = "practices|people|networks|lists|parts|flags|reviews|moves|results|conflicts|services"
WRONG = re.compile(
    rf"\b(1|one) ({THINGS})\b|\b0 (?!people in net)({THINGS})\b"
    r"|\ball (1|2|one|two) |\bof the other (1|one)\b"
    r"|(?<!Network )\b(2|two|3|three|[2-9]\d) (practice|network(?! \d)|list|part|person|flag)\b"
    r"|\bone practice (are|have)\b|\bNetworks \d+ is\b|\bNetwork \d+ are\b"
    r"|undefined|NaN|\[object|\(s\)",
    re.IGNORECASE,
)

# Every card, every move that a card offers, every practice taken out, and what is announced.
EVERYTHING = """() => {
  const view = pcngeo.view, said = [], part = id => document.getElementById(id);
  const add = () => {
    said.push(part("said").textContent, part("card").innerText, part("trial").innerText);
  };
  const ids = view.data.networks.map(n => n.id);
  ids.forEach(id => { view.openNetwork(id); add(); });
  view.data.practices.forEach((p, i) => {
    view.openPractice(i);
    add();
    [...ids, ""].forEach(id => {
      view.trial.move([i], id);
      add();
      view.openNetwork(ids[0]);
      add();
    });
    view.trial.selection.set([i], true);
    add();
    view.openPractice(i);
    add();
    said.push(document.querySelector("main").innerText);
    view.trial.leave();
    add();
  });
  view.trial.move(view.data.practices.map((p, i) => i), ids[0]);
  add();
  return said.join("\\n");
}"""


@pytest.mark.parametrize(
    ("layout", "lists"),
    [
        ("1", {"P00": 31_000}),
        ("11", {"P00": 1, "P01": 30_000}),
        ("112\n.32", {"P00": 20_000, "P01": 15_000, "P02": 15_001, "P10": 1, "P11": 60_000}),
        ("1112\n1332\n3.24", {"P00": 9_000, "P23": 1}),
    ],
)
def test_no_sentence_has_a_wrong_number(
    open_page: Callable[..., Any], layout: str, lists: dict[str, int]
) -> None:
    more = [
        {"practice": "Y1", "standing": "orphan", "list_size": 1, "reason": "Far away."},
        {"practice": "Y2", "standing": "covered", "list_size": 1, "x": 600_700.0, "y": 400_200.0},
    ]
    area = grid_area(layout, lists=lists, more=more if len(layout) > 2 else [])
    rules = Rules()
    if len(layout) > 8:
        shared = {"practice": "P00", "joins": "P03", "share": 0.0001, "reason": "Two towns",
                  "approved_by": "NHS X"}  # fmt: skip
        rules = Rules.from_mapping({"shared": [shared]})
    other = Plan(area.plan.assignment.where(area.plan.assignment != "2", "1"), status=Status.GIVEN)
    drawn = draw_map(
        *area.arguments(), graph=area.graph, rules=rules, alternatives={"Other": other}
    )
    opened = open_page(map_html(drawn))
    words = opened.page.inner_text("body") + opened.page.evaluate(EVERYTHING)
    found = {words[max(0, m.start() - 40) : m.end() + 30] for m in WRONG.finditer(words)}
    assert not found
    assert opened.errors == []
