"""Practices that merged (Q16): patients follow to the practice that took them over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pcngeo.corrections import Merged
from pcngeo.errors import RulesError
from pcngeo.intake import Intake, load
from pcngeo.pipeline import plan_area
from pcngeo.rules import Choice, Rules


def rules(*pairs: tuple[str, str], **more: Any) -> Rules:
    return Rules(merged=tuple(Merged(a, b, "1 April 2021", "ODS") for a, b in pairs), **more)


def steps(area: Intake) -> list[tuple[str, int, int]]:
    return list(area.report.reconciliation.itertuples(index=False, name=None))


def test_q16_the_list_of_a_practice_that_merged_counts_with_the_other(country: Any) -> None:
    area = country.load(rules=rules(("A81002", "A81003")))
    assert "A81002" not in area.practices.index
    assert area.practices["list_size"].to_dict() == {
        "A81001": 8_000, "A81003": 16_000, "A81004": 8_000, "A81005": 8_000, "A81006": 8_000,
    }  # fmt: skip
    assert steps(area)[0] == ("area 09A in lists.csv", 6, 48_000)
    assert ("merged into others (Q16)", -1, 0) in steps(area)
    assert steps(area)[-1] == ("in the plan", 5, 48_000)
    (note,) = area.report.here.itertuples()
    assert (note.file, note.line, note.code, note.quirk, note.patients) == (
        "lists.csv", 3, "A81002", "Q16", 8_000,
    )  # fmt: skip
    assert note.action == (
        "merged into A81003 on 1 April 2021 (ODS): its 8,000 patients count with it; "
        "epraccur.csv still has it as active"
    )


def test_q16_two_practices_merge_into_a_code_that_no_file_has_yet(country: Any) -> None:
    country.change("A81003", size=9_000)
    area = country.load(rules=rules(("A81002", "Y09999"), ("A81003", "Y09999")))
    row = area.practices.loc["Y09999"]
    larger = country.practice("A81003")
    assert (row["list_size"], row["postcode"], row["network_today"]) == (
        17_000, larger.postcode, "U10001",
    )  # fmt: skip
    assert (row.geometry.x, row.geometry.y) == (larger.x, larger.y)
    assert steps(area)[-1] == ("in the plan", 5, 49_000)
    actions = area.report.here.loc[area.report.here["file"] == "map.csv", "action"].tolist()
    assert actions == ["Y09999 is not in the map yet: its network of today is that of A81003"]


def test_q16_mergers_follow_one_another(country: Any) -> None:
    area = country.load(rules=rules(("A81001", "A81002"), ("A81002", "A81003")))
    assert area.practices.loc["A81003", "list_size"] == 24_000
    with pytest.raises(RulesError, match="round in a circle"):
        rules(("A81001", "A81002"), ("A81002", "A81001"))
    with pytest.raises(RulesError, match=r"\[\[merged\]\] names A81001 more than once"):
        rules(("A81001", "A81002"), ("A81001", "A81003"))
    with pytest.raises(RulesError, match="cannot merge into itself"):
        Merged("A81001", "A81001")


def test_q16_registrations_follow_too(country: Any) -> None:
    rows = [f"{p.code},E01010001,{p.size}" for p in country.practices]
    rows.append("A81077,E01010002,50")
    text = "PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\n" + "\n".join(rows) + "\n"
    path = country.put("homes.csv", text)
    area = country.load(registrations=path, rules=rules(("A81002", "A81003"), ("A81077", "A81003")))
    assert area.registrations is not None
    homes = area.registrations.groupby("practice")["patients"].sum()
    assert homes["A81003"] == 16_050 and "A81002" not in homes.index


def test_q16_a_merger_across_areas_needs_the_other_practice_as_a_guest(country: Any) -> None:
    with pytest.raises(RulesError, match=r"B82011 belongs to area 09B.*--neighbours B82011"):
        country.load(rules=rules(("B82011", "A81003")))
    with pytest.raises(RulesError, match=r"A81003 into B82011: B82011 belongs to area 09B"):
        country.load(rules=rules(("A81003", "B82011")))
    area = country.load(rules=rules(("B82011", "A81003")), neighbours=["B82011"])
    assert area.practices.loc["A81003", "list_size"] == 16_000
    assert steps(area)[:2] == [
        ("area 09A in lists.csv", 6, 48_000),
        ("of neighbouring areas, by choice (R19)", 1, 8_000),
    ]
    assert steps(area)[-1] == ("in the plan", 6, 56_000)
    assert steps(country.load(area=["09A", "09B"], rules=rules(("B82011", "A81003"))))[-1] == (
        "in the plan", 7, 64_000,
    )  # fmt: skip


def test_q16_codes_that_are_not_there(country: Any) -> None:
    with pytest.raises(RulesError, match=r"\[\[merged\]\] names A99999, which is in none"):
        country.load(rules=rules(("A99999", "A81003")))
    with pytest.raises(RulesError, match=r"\[\[declined\]\] names A81002, which merged into A8100"):
        country.load(rules=rules(("A81002", "A81003"), declined=(Choice("A81002", "x"),)))


def test_q16_who_was_named_is_not_pointed_out_again(country: Any) -> None:
    old = country.organisation_row(country.practice("A81002"))
    old[0], old[1], old[11], old[12] = "A81088", "OLD SURGERY", "20200630", "C"
    country.extra_organisations = [old]
    said = country.load().report.here["action"]
    assert said.str.contains(r"say so with \[\[merged\]\]").sum() == 1
    said = country.load(rules=rules(("A81088", "A81002"))).report.here["action"]
    assert not said.str.contains("check whether they merged").any()


def test_q16_mergers_stand_in_the_rules_file_and_reach_the_plan(
    country: Any, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        'min_list = 15000\nmax_list = 25000\n[[merged]]\npractice = "A81002"\ninto = "A81003"\n'
        'date = "1 April 2021"\nreason = "Letter of the practices"\n'
    )
    read = Rules.read(path)
    assert Rules.from_mapping(read.to_mapping()) == read
    made = plan_area(**country.write(), area="09A", rules=read)
    assert made.membership["list_size"].sum() == 48_000 and len(made.membership) == 5


def test_q16_the_old_surgery_may_stay_as_a_branch(country: Any) -> None:
    old = country.practice("A81002")
    said = Rules(merged=(Merged("A81002", "A81003", reason="x", branch=True),))
    branches = country.load(rules=said).branches
    assert branches is not None and branches["practice"].to_dict() == {"A81002": "A81003"}
    assert (branches.geometry["A81002"].x, branches.geometry["A81002"].y) == (old.x, old.y)
    text = "PRACTICE_CODE,EASTING,NORTHING\nA81002,405000,306000\n"
    path = country.put("branches.csv", text)
    both = country.load(rules=said, branches=path).branches
    assert both is not None and both["practice"].tolist() == ["A81003", "A81003"]


def test_q16_in_an_area_by_place_the_code_of_afterwards_says_where_it_lies(country: Any) -> None:
    paths = country.write()
    paths["boundaries"].write_text(
        paths["boundaries"].read_text().replace("CCG20", "LAD20").replace("E3800090", "E0700000")
    )
    area = load(**paths, area="E07000001", rules=rules(("B82011", "A81003")))
    assert area.practices.loc["A81003", "list_size"] == 16_000
    area = load(**paths, area="E07000001", rules=rules(("A81003", "B82011")))
    assert not {"A81003", "B82011"} & set(area.practices.index)
    assert steps(area)[-1] == ("in the plan", 5, 40_000)
