"""The page uses nothing that a Firefox, Safari or Edge of the last three years lacks.

Only Chromium is run here. For the others ``features.json`` says of every property, selector,
function and unit of the style sheets, of every element of the page, and of every name of the
browser's own that the scripts mention, by which year all of Chrome, Firefox and Safari had it
(Baseline), or why a browser without it shows the page as well. Whatever is not in the list fails,
so that nothing new comes in unseen. Values of properties are not checked.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pcngeo.review.library import SCRIPTS, own_file

pytestmark = pytest.mark.browser

#: All engines had it by the end of this year: browsers of three years are newer.
LATEST = 2022
LIST = json.loads(Path(__file__).with_name("features.json").read_text(encoding="utf-8"))
#: Syntax that came after ECMAScript 2017; BigInt (2020) is used as a function.
NEWER = {
    "optional chaining": r"\?\.(?!\d)",
    "nullish": r"\?\?",
    "logical assignment": r"&&=|\|\|=",
    "spread of objects": r"\{\s*\.\.\.",
    "exponent": r"\*\*",
    "private members": r"[.\s{]#[A-Za-z_]",
    "static blocks": r"\bstatic\s*\{",
    "asynchronous iteration": r"\bfor\s+await\b",
    "modules": r"\bimport\b|\bexport\s",
    "big numbers as literals": r"\b\d+n\b",
    "separators in numbers": r"\d_\d",
    "groups and looking behind": r"\(\?<",
    "optional binding of catch": r"\bcatch\s*\{",
}

# Every name that the browser's own objects have.
KNOWN = """() => {
  const names = new Set(Object.getOwnPropertyNames(window));
  const take = thing => Object.getOwnPropertyNames(thing).forEach(name => names.add(name));
  Object.getOwnPropertyNames(window).forEach(name => {
    let thing;
    try { thing = window[name]; } catch (error) { return; }
    if (typeof thing === "function") {
      take(thing);
      if (thing.prototype) { take(thing.prototype); }
    }
    if (["Math", "JSON", "Reflect", "Intl", "CSS", "Atomics"].includes(name)) { take(thing); }
  });
  return [...names];
}"""


def styles() -> str:
    """The style sheets without comments, texts and data."""
    text = own_file("page.css") + own_file("print.css")
    return re.sub(r'/\*.*?\*/|"[^"]*"|url\([^)]*\)', "", text, flags=re.S)


def scripts() -> str:
    """The scripts without comments and texts."""
    text = "\n".join(own_file(name) for name in SCRIPTS)
    text = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', text)
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)


def listed(kind: str) -> set[str]:
    """What the list allows of a kind."""
    by_year = {name for year, names in LIST[kind].items() if year.isdecimal() for name in names}
    return by_year | set(LIST[kind].get("harmless", {}))


def unlisted(kind: str, used: set[str]) -> str:
    """What is used and not in the list, in words."""
    odd = sorted(used - listed(kind))
    return f"say in features.json since when all browsers have: {', '.join(odd)}" if odd else ""


def test_the_list_holds_nothing_newer_than_three_years() -> None:
    years = {int(year) for kind in LIST.values() for year in kind if year.isdecimal()}
    assert max(years) <= LATEST


def test_style_sheets_use_only_what_every_browser_has() -> None:
    text = styles()
    found = {
        "property": set(re.findall(r"[{;]\s*(-?[a-z][-a-z0-9]*)\s*:(?=[^{}]*[;}])", text)),
        "at": set(re.findall(r"@[-a-z]+", text)),
        "selector": set(re.findall(r"::?[a-z][-a-z]*\(?(?=[^;{}]*\{)", text)),
        "function": set(re.findall(r"([a-z][-a-z]*)\(", text)) - {"and", "or"},
        "unit": set(re.findall(r"(?<![\w#-])-?\d*\.?\d+([a-z%]+)", text)),
        "media": set(re.findall(r"\(([a-z-]+)\s*:", text)),
    }
    assert len(found["property"]) > 50
    assert not [words for kind, used in found.items() if (words := unlisted(kind, used))]


def test_elements_are_those_that_every_browser_has() -> None:
    used = set(re.findall(r"<([a-z][a-z0-9]*)\b", own_file("page.html")))
    used |= set(re.findall(r'make\("([a-z0-9]+)"', "".join(own_file(n) for n in SCRIPTS)))
    assert len(used) > 20
    assert not unlisted("element", used)


def test_scripts_use_no_newer_syntax() -> None:
    text = scripts()
    assert len(text) > 30_000
    assert {name: re.findall(find, text) for name, find in NEWER.items()
            if re.search(find, text)} == {}  # fmt: skip


def test_scripts_mention_only_names_that_every_browser_has(chromium: Any) -> None:
    page = chromium.new_page()
    known = set(page.evaluate(KNOWN))
    page.close()
    text = scripts()
    after_dot = set(re.findall(r"\.\s*([A-Za-z_$][\w$]*)", text))
    free = set(re.findall(r"(?<![\w.$])([A-Za-z_$][\w$]*)(?!\s*:)", text))
    globals_ = {name for name in free if name[:1].isupper() or name.endswith("Callback")}
    used = (after_dot | globals_) & known
    assert "replaceChildren" in used
    assert not unlisted("name", used)
