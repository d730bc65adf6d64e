"""What reviewers send back: believed only when it fits, and what follows from it."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pcngeo.decisions import Home
from pcngeo.errors import DataError
from pcngeo.export import write_folder
from pcngeo.pipeline import finish_plan
from pcngeo.reopen import reopen
from pcngeo.review.saved import PageSeen, read_page, read_reviews
from pcngeo.review.words import number_word
from pcngeo.reviews import Reviewed, apply_reviews, flags_after, reviewed_files
from pcngeo.writing import plan_files


@pytest.fixture(scope="module")
def seen(planned_sample: Path) -> PageSeen:
    return read_page(planned_sample / "map.html")


def saved(
    folder: Path, seen: PageSeen, name: str, wishes: dict[str, str] | None = None, **other: Any
) -> Path:
    """A review as the page saves it."""
    home = seen.options["Proposal"]
    content = {
        "format": "pcngeo-review", "version": 1, "area": seen.area, "plan": seen.digest,
        "lists": seen.lists, "option": "Proposal", "reviewer": name, "comments": [],
        "moves": [{"practice": p, "from": home[p], "to": n} for p, n in (wishes or {}).items()],
        **other,
    }  # fmt: skip
    path = folder / f"{name or 'review'}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def comment(words: str, **other: str) -> dict[str, str]:
    plain = {"about": "", "label": "The whole proposal", "option": "Proposal"}
    return {**plain, "kind": "Objection", "words": words, "name": "", **other}


def elsewhere(seen: PageSeen, practice: str, skip: int = 0) -> str:
    home = seen.options["Proposal"]
    return [n for n in sorted(set(home.values())) if n and n != home[practice]][skip]


def members(seen: PageSeen) -> list[str]:
    return [code for code, network in seen.options["Proposal"].items() if network]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_agreement_and_conflict_and_who_asked(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    both, torn, one = members(seen)[0], members(seen)[9], members(seen)[20]
    files = [
        saved(tmp_path, seen, "LMC", {both: elsewhere(seen, both), torn: elsewhere(seen, torn)},
              comments=[comment("=HYPERLINK(1)", name="Dr A")]),
        saved(tmp_path, seen, "Board", {both: elsewhere(seen, both),
                                        torn: elsewhere(seen, torn, 1), one: ""}),
    ]  # fmt: skip
    found = apply_reviews(planned_sample, files)
    moves = found.moves
    assert moves["agreement"].to_dict() == {both: "agreed", torn: "conflict", one: "asked"}
    assert moves["done"].to_dict() == {both: True, torn: False, one: True}
    after, before = found.after.plan.assignment, found.before.plan.assignment
    assert after[both] == elsewhere(seen, both)
    assert after[torn] == before[torn]
    for to in (elsewhere(seen, torn), elsewhere(seen, torn, 1)):
        size = int(found.after.measures.loc[to, "list_size"])
        people = int(moves.loc[torn, "list_size"])
        assert f"Network {to} would have {size + people:,}" in moves.loc[torn, "why"]
    assert after[one] == ""
    rest = [code for code in before.index if code not in (both, one)]
    assert (after[rest] == before[rest]).all()
    assert "LMC and Board" in found.after.membership.loc[both, "reason"]
    assert any("Reviewers ask for different networks" in s for s in found.after.plan.explanation)
    out = write_folder(tmp_path / "out", reviewed_files(found))
    listed = {row["practice"]: row for row in rows(out / "membership.csv")}
    assert "Moved from Network" in listed[both]["reason"]
    assert rows(out / "comments.csv")[0]["words"] == "'=HYPERLINK(1)", "no formula is written"
    assert {row["practice"] for row in rows(out / "reviews.csv")} == {both, torn, one}
    total = sum(int(row["list_size"]) for row in listed.values())
    assert total == int(found.before.intake.practices["list_size"].sum())
    assert {"audit.csv", "orphans.csv", "plan.json", "map.html"} <= {p.name for p in out.iterdir()}
    again = reopen(out)
    assert (again.plan.assignment == after).all()
    page = read_page(out / "map.html")
    assert list(page.options)[:2] == ["After the reviews", "Before the reviews"]
    text = (out / "map.html").read_text(encoding="utf-8")
    assert "Proposal, not a decision" in text
    assert "For information, not a proposal" not in text


def test_take_settles_a_conflict_and_flags_are_shown(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    torn = members(seen)[0]
    files = [
        saved(tmp_path, seen, "LMC", {torn: elsewhere(seen, torn)}),
        saved(tmp_path, seen, "Board", {torn: elsewhere(seen, torn, 1)}),
    ]
    found = apply_reviews(planned_sample, files, take=["Board"])
    assert found.after.plan.assignment[torn] == elsewhere(seen, torn, 1)
    assert "the wish of Board was taken" in found.moves.loc[torn, "why"]
    flags = found.after.measures.loc[elsewhere(seen, torn, 1), "flags"]
    said = " ".join(found.sentences())
    assert not flags or flags in said
    with pytest.raises(DataError, match="Somebody is no reviewer"):
        apply_reviews(planned_sample, files, take=["Somebody"])


def test_a_network_that_the_moves_empty_is_named(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    home = seen.options["Proposal"]
    first = members(seen)[0]
    gone, to = home[first], elsewhere(seen, first)
    files = [saved(tmp_path, seen, "LMC", {p: to for p in home if home[p] == gone})]
    said = apply_reviews(planned_sample, files).sentences()
    left = number_word(len(set(home.values()) - {"", gone}))
    assert f"Network {gone} has no practices left, so there are {left} networks." in said
    files.append(saved(tmp_path, seen, "Board"))
    said = apply_reviews(planned_sample, files, agreed_only=True).sentences()
    assert " left as they were (" in said[1] and not any("no practices left" in s for s in said)


def test_agreed_only_leaves_what_one_asks_for(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    one = members(seen)[3]
    files = [
        saved(tmp_path, seen, "LMC", {one: elsewhere(seen, one)}),
        saved(tmp_path, seen, "Board", comments=[comment("No.")]),
    ]
    found = apply_reviews(planned_sample, files, agreed_only=True)
    assert found.moves.loc[one, "why"].startswith("Not every reviewer asks for it")
    assert (found.after.plan.assignment == found.before.plan.assignment).all()
    assert found.after.plan.explanation, "who asked and why it stays is kept"


def test_a_practice_that_is_not_on_the_graph_is_offered_a_home(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    before = reopen(planned_sample)
    standing = before.intake.practices["standing"]
    off = standing.index[standing.eq("orphan") & ~standing.index.isin(list(before.graph))]
    assert len(off), "the sample has such a practice"
    network = before.plan.networks[-1]
    files = [saved(tmp_path, seen, "LMC", {off[0]: network})]
    found = apply_reviews(planned_sample, files)
    row = found.after.membership.loc[off[0]]
    assert (row["status"], row["network"]) == ("proposed", network)
    assert found.moves.loc[off[0], "outcome"] == "offered"
    said = " ".join((*found.sentences(), *found.after.plan.explanation))
    assert "one offered to a network and counted there once that is agreed" in said
    assert f"was offered to Network {network}." in said
    assert "was moved" not in said
    assert (
        found.after.measures.loc[network, "list_size"]
        == (before.measures.loc[network, "list_size"])
    ), "its people count once the home is agreed (R14)"


def test_reviews_of_another_plan_of_the_page_ask_for_nothing_here(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    today = seen.options["Today"]
    code = next(p for p, n in today.items() if n)
    to = next(n for n in sorted(set(today.values())) if n and n != today[code])
    move = {"practice": code, "from": today[code], "to": to}
    path = saved(tmp_path, seen, "LMC", option="Today", moves=[move])
    found = apply_reviews(planned_sample, [path])
    assert found.moves.empty
    assert "LMC worked on the plan \u201cToday\u201d: one move not taken" in found.sentences()[1]
    changed = apply_reviews(planned_sample, [path], option="Today")
    assert changed.after.plan.assignment[code] == to
    with pytest.raises(DataError, match="no plan 'Else'"):
        apply_reviews(planned_sample, [path], option="Else")


def test_damaged_and_foreign_files_are_refused_each_with_its_reason(
    seen: PageSeen, tmp_path: Path
) -> None:
    one = members(seen)[0]
    here, to = seen.options["Proposal"][one], elsewhere(seen, one)
    good = {"practice": one, "from": here, "to": to}
    cases = {
        "newer": ({"version": 3}, "saved by another version"),
        "other": ({"plan": "0", "lists": "1 May 2020"}, r"another plan \(.*lists at 1 May 2020"),
        "bare": ({"moves": None}, "the list of practices is missing"),
        "mute": ({"comments": {}}, "the list of comments is missing"),
        "cut": ({"comments": [{"words": 1}]}, "a comment is incomplete"),
        "odd": ({"option": "Elsewhere"}, "its plan is not on this page"),
        "proto": ({"moves": [{**good, "practice": "__proto__"}]}, "not on this page"),
        "far": ({"moves": [{**good, "to": "99"}]}, "not on this page"),
        "from": ({"moves": [{**good, "from": to}]}, "not on this page"),
        "twice": ({"moves": [good, good]}, "moves one practice twice"),
        "who": ({"reviewer": 7}, "a comment is incomplete"),
    }
    paths = [saved(tmp_path, seen, name, **changes) for name, (changes, _) in cases.items()]
    (tmp_path / "half.json").write_text("{", encoding="utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    whole = saved(tmp_path, seen, "whole", {one: to})
    copy = Path(shutil.copy(whole, tmp_path / "copy.json"))
    more = [tmp_path / f"{name}.json" for name in ("half", "deep", "list", "absent")]
    with pytest.raises(DataError) as caught:
        read_reviews([*paths, *more, whole, copy], seen)
    said = str(caught.value)
    assert said.startswith("16 of 17 files cannot be used, so nothing was done.")
    for name, (_, reason) in cases.items():
        with pytest.raises(DataError, match=reason):
            read_reviews([tmp_path / f"{name}.json"], seen)
        assert f"{name}.json: " in said
    for words in ("half.json: This file is damaged", "deep.json: This file is damaged",
                  "list.json: This is not a saved review", "absent.json: It cannot be read",
                  "copy.json: It is the same as whole.json"):  # fmt: skip
        assert words in said


def test_a_page_of_another_plan_is_refused(planned_sample: Path, tmp_path: Path) -> None:
    text = (planned_sample / "map.html").read_text(encoding="utf-8")
    (tmp_path / "none.html").write_text("<p>no page</p>", encoding="utf-8")
    with pytest.raises(DataError, match="not a review page"):
        apply_reviews(planned_sample, [], page=tmp_path / "none.html")
    code = reopen(planned_sample).plan.members("1")[0]
    (tmp_path / "other.html").write_text(text.replace(f'"{code}"', '"X1"'), encoding="utf-8")
    with pytest.raises(DataError, match="does not show the plan of this folder"):
        apply_reviews(planned_sample, [], page=tmp_path / "other.html")


def test_two_reviews_of_one_name_are_told_apart(seen: PageSeen, tmp_path: Path) -> None:
    first = saved(tmp_path, seen, "a", reviewer="LMC")
    second = saved(tmp_path, seen, "b", reviewer="LMC", comments=[comment("Yes.")])
    third = saved(tmp_path, seen, "c", reviewer="", comments=[comment("Yes.", name="Dr C")])
    names = [review.reviewer for review in read_reviews([first, second, third], seen)]
    assert names == ["LMC (a.json)", "LMC (b.json)", "Dr C"]


def test_a_practice_that_had_joined_is_offered_elsewhere_or_taken_out_as_the_page_says(
    planned_sample: Path, seen: PageSeen, tmp_path: Path
) -> None:
    """The home that was agreed with one network does not hold with another, nor with none."""
    before = reopen(planned_sample)
    standing = before.intake.practices["standing"]
    code = next(p for p in standing.index[standing.eq("orphan")] if p not in before.graph)
    anchor, other = before.plan.members("1")[0], before.plan.members("2")[0]
    agreed = Home(code, anchor, "agreed", "NHS Saltmere", "Saltmere LMC", "3 June 2026")
    rules = dataclasses.replace(before.rules, homes=(agreed,))
    bare = dataclasses.replace(before, rules=rules)
    joined = finish_plan(bare, before.plan.replace(joined=()))
    assert joined.plan.assignment[code] == "1"
    folder = write_folder(tmp_path / "joined", plan_files(joined))
    page = read_page(folder / "map.html")
    home = page.options["Proposal"]
    assert home[code] == "1"
    people = int(before.intake.practices.at[code, "list_size"])

    def after(name: str, moves: dict[str, str]) -> Reviewed:
        rows = [{"practice": p, "from": home[p], "to": n} for p, n in moves.items()]
        file = saved(tmp_path, seen, name, plan=page.digest, moves=rows)
        return apply_reviews(folder, [file])

    size = int(joined.measures.loc["1", "list_size"])
    for to, status in (("2", "proposed"), ("", "proposed")):
        found = after(f"to{to}", {code: to})
        row = found.after.membership.loc[code]
        assert row["status"] == status
        assert found.after.measures.loc["1", "list_size"] == size - people
        assert found.moves.loc[code, "outcome"] == ("offered" if to else "taken out")
    found = after("anchor", {anchor: "2"})
    assert found.after.plan.assignment[code] == "1", "it stays with the network, not with one of it"
    assert found.after.plan.assignment[anchor] == "2"
    assert other in found.after.plan.members("2")


def test_limits_of_the_rules_that_the_new_plan_passes_are_said(planned_sample: Path) -> None:
    area = reopen(planned_sample)
    strict = dataclasses.replace(area, rules=dataclasses.replace(area.rules, max_practices=3))
    said = flags_after(Reviewed(area, strict, "Proposal", (), pd.DataFrame(), pd.DataFrame()))
    sizes = [len(members) for members in area.plan.groups().values()]
    told = [words for words in said if "more than 3. It passes a limit of the rules." in words]
    assert len(told) == sum(size > 3 for size in sizes) > 0
    assert all(words.endswith("This is new.") for words in told)
