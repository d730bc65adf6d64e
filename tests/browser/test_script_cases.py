"""What the page's script says of the cases that Python runs too (`tests/unit`)."""

from __future__ import annotations

from typing import Any

import pytest
from cases.shared_cases import Built, all_cases

from pcngeo.review.library import own_file

pytestmark = pytest.mark.browser

JUDGE = """cases => cases.map(data => {
  const rules = pcngeo.rules;
  data.neighbours = data.practices.map(() => []);
  data.links.forEach(([a, b]) => { data.neighbours[a].push(b); data.neighbours[b].push(a); });
  let after = data.home.slice();
  data.moves.forEach(([i, to]) => {
    if (to !== data.home[i]) { after = rules.move([i], to, after, data).after; }
  });
  const micro = metres => Math.round(metres * 1e6) / 1e6, networks = {};
  Object.keys(rules.groups(after)).forEach(id => {
    const own = rules.judge(id, after, data), cost = rules.cost(own.members, data);
    networks[id] = { people: own.people, practices: own.members.length, connected: own.parts <= 1,
      hub: cost.hub < 0 ? "" : data.practices[cost.hub].code,
      mean_m: micro(cost.cost / Math.max(rules.people(own.members, data), 1)),
      far_m: micro(cost.far), span_m: micro(cost.span),
      flags: own.flags.words, level: own.flags.level,
      waived: data.waivers.some(w => w.granted && after[w.practice] === id) };
  });
  const limits = {};
  Object.keys(rules.groups(after)).forEach(id => {
    const words = rules.beyond(id, after, data);
    if (words.length) { limits[id] = words; }
  });
  const sum = test => data.practices.reduce((n, p, i) => n + (test(after[i]) ? p.people : 0), 0);
  return { ...(Object.keys(limits).length ? { limits } : {}), networks,
    placed: sum(n => n), not_placed: sum(n => !n),
    not_kept: rules.broken(after, data).length };
})"""


def test_the_script_says_of_every_shared_case_what_python_says(chromium: Any) -> None:
    cases = all_cases()
    assert len(cases) > 50
    page = chromium.new_page()
    page.add_script_tag(content=own_file("rules.js"))
    told = page.evaluate(JUDGE, [Built(case).script_data(case) for case in cases])
    page.close()
    for case, said in zip(cases, told, strict=True):
        assert said == case["expect"], case["name"]
