"""The known quirks of the published files, each by its ID (Q1 to Q29).

Mergers (Q16) have a file of their own beside this one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pcngeo.adjacency import components
from pcngeo.errors import DataError
from pcngeo.intake import Intake, load
from pcngeo.intake.inspect import inspect_file
from pcngeo.intake.organisations import read_branches
from pcngeo.intake.registrations import read_registrations
from pcngeo.intake.statistics import convert_lsoas, read_lsoa_change
from pcngeo.lsoas import lsoa_vintage
from pcngeo.pipeline import plan_area
from pcngeo.prepared import prepare_area
from pcngeo.rules import Choice, Link, Place, Rules


def noted(area: Intake, quirk: str) -> pd.DataFrame:
    rows = area.report.here
    return rows[rows["quirk"] == quirk]


def balanced(area: Intake) -> None:
    """Every patient of the first row is in the last, or in a step between."""
    steps = area.report.reconciliation
    for column in ("practices", "patients"):
        assert steps[column].iloc[:-1].sum() == steps[column].iloc[-1]
    eligible = area.practices[area.practices["standing"] == "eligible"]
    assert steps["patients"].iloc[-1] == eligible["list_size"].sum()


def test_a_country_in_order_has_nothing_to_report(country: Any) -> None:
    area = country.load()
    assert list(area.practices.index) == [f"A8100{i}" for i in range(1, 7)]
    assert (area.practices["standing"] == "eligible").all()
    assert area.report.here.empty
    assert area.area_name == "NHS Alderley CCG"
    assert str(area.list_date) == "2021-01-01"
    balanced(area)


def test_q01_most_rows_of_the_organisations_file_are_no_practices(country: Any) -> None:
    prison = country.organisation_row(country.practices[0])
    prison[0], prison[1], prison[25] = "Y99901", "HMP NOWHERE", "25"
    country.extra_organisations = [prison]
    rows = country.load().report.rows
    row = rows[rows["code"] == "Y99901"].iloc[0]
    assert (row["quirk"], row["line"]) == ("Q3b", 9)
    assert row["action"] == "not used: a prison, without a list"


@pytest.mark.parametrize(("setting", "words"), [
    ("1", "a walk-in centre"), ("RO80", "an out-of-hours service"), ("25", "a prison"),
    ("RO250", "a hospital service"), ("13", "a hospice"), ("RO246", "a care home or nursing home"),
    ("20", "a court"), ("RO321", "a primary care network"), ("", "a place of unknown kind"),
])  # fmt: skip
def test_q03b_other_settings_are_no_practices_unless_they_have_a_list(
    country: Any, setting: str, words: str
) -> None:
    other = country.organisation_row(country.practices[0])
    other[0], other[1], other[25] = "Y99901", "SOME PLACE", setting
    country.extra_organisations = [other]
    area = country.load()
    row = area.report.rows[area.report.rows["code"] == "Y99901"].iloc[0]
    assert (row["quirk"], row["action"]) == ("Q3b", f"not used: {words}, without a list")
    listed = "GP_PRAC_PAT_LIST,01JAN2021,GP,09A,E38000901,Y99901,AA1 0BB,ALL,ALL,5000"
    country.extra_lists = [listed]
    assert country.load().practices.loc["Y99901", "standing"] == "eligible"


@pytest.mark.parametrize(("status", "setting"), [("A", "4"), ("ACTIVE", "RO76"),
                                                 ("ACTIVE", "RO80|RO76")])  # fmt: skip
def test_q02_both_code_systems(country: Any, status: str, setting: str) -> None:
    for practice in country.practices:
        practice.status, practice.setting = status, setting
    area = country.load()
    assert (area.practices["standing"] == "eligible").all()
    assert not area.practices["atypical"].any()


def test_q02_no_practice_in_either_code_system_is_an_error_with_a_hint(country: Any) -> None:
    for practice in country.practices:
        practice.status, practice.setting = "LIVE", "GP"
    with pytest.raises(DataError, match=r"neither by the old codes .* nor by the new ones"):
        country.load()


def test_q03_closed_is_left_out_and_counted(country: Any) -> None:
    country.change("A81002", status="C", close="20201130", size=214)
    area = country.load()
    row = area.practices.loc["A81002"]
    assert (row["standing"], row["reason_code"]) == ("excluded", "closed")
    assert row["reason"] == (
        "It closed on 30 November 2020; 214 patients were still on its list on 1 January 2021 (Q3)."
    )
    assert noted(area, "Q3")["patients"].sum() == 214
    balanced(area)


def test_q03_closed_is_believed_close_to_the_list_date_even_with_a_full_list(country: Any) -> None:
    country.change("A81002", status="INACTIVE", close="20201231", size=9_000)
    assert country.load().practices.loc["A81002", "standing"] == "excluded"


def test_q03_a_file_older_than_the_lists_cannot_close_a_living_list(country: Any) -> None:
    country.change("A81002", status="C", close="20200101", size=9_000)
    area = country.load()
    assert area.practices.loc["A81002", "standing"] == "eligible"
    assert (
        "older than the lists says closed on 1 January 2020" in noted(area, "Q3")["action"].iloc[0]
    )


def test_q03_dormant_with_a_list_is_kept_and_flagged(country: Any) -> None:
    country.change("A81002", status="D", size=2_386)
    area = country.load()
    assert area.practices.loc["A81002", "standing"] == "eligible"
    assert "dormant, but 2,386 patients" in noted(area, "Q3")["action"].iloc[0]


def test_q03_proposed_is_for_scenarios_unless_it_has_patients_already(country: Any) -> None:
    new = country.organisation_row(country.practices[0])
    new[0], new[1], new[12] = "A81099", "NEW SURGERY", "P"
    country.extra_organisations = [new]
    country.change("A81002", status="PROPOSED")
    area = country.load()
    rows = area.report.rows.set_index("code")
    assert rows.loc["A81099", "action"] == (
        "not used: a GP practice that is proposed, without a list"
    )
    assert area.practices.loc["A81002", "standing"] == "eligible"
    assert rows.loc["A81002", "action"].startswith("kept: the organisations file says proposed")


def test_q04_an_active_practice_without_a_list_is_listed_not_planned(country: Any) -> None:
    new = country.organisation_row(country.practices[0])
    new[0], new[1] = "A81099", "NEW SURGERY"
    country.extra_organisations = [new]
    area = country.load()
    assert "A81099" not in area.practices.index
    assert noted(area, "Q4")["code"].tolist() == ["A81099"]


def test_q04_a_list_of_zero_is_not_planned(country: Any) -> None:
    country.change("A81002", size=0)
    area = country.load()
    row = area.practices.loc["A81002"]
    assert row["standing"] == "excluded" and "no registered patients" in row["reason"]
    balanced(area)


def test_q05_patients_of_an_atypical_place_are_kept(country: Any) -> None:
    country.change("A81002", setting="1", name="CITY HEALTH CENTRE", size=5_000)
    area = country.load()
    row = area.practices.loc["A81002"]
    assert row["standing"] == "eligible" and row["atypical"]
    assert "registered as a walk-in centre" in noted(area, "Q5")["action"].iloc[0]


@pytest.mark.parametrize("name", ["PIER SCHEME", "GP TACKLING VIOLENCE SERVICE", "ZT PRACTICE",
                                  "LEEDS VPS", "BRENT SAFE HAVEN UNIT", "WILTSHIRE CCG SAS",
                                  "DIRECTED ENHANCED SERVICE", "THE HOMELESS TEAM"])  # fmt: skip
def test_q06_a_small_list_with_such_a_name_is_a_special_scheme(country: Any, name: str) -> None:
    country.change("A81002", name=name, size=40)
    area = country.load()
    row = area.practices.loc["A81002"]
    assert (row["standing"], row["reason_code"]) == ("special", "special_scheme")
    assert row["reason"].startswith("It has 40 patients and is by its name a ")
    balanced(area)


def test_q06_a_small_list_alone_or_a_name_alone_is_not_special(country: Any) -> None:
    country.change("A81002", size=40)
    country.change("A81003", name="SAFE HAVEN SURGERY", size=4_000)
    assert (country.load().practices["standing"] == "eligible").all()


def test_q06_a_small_list_by_its_role(country: Any) -> None:
    country.change("A81002", setting="8", size=40)
    assert (
        "registered as a public health service" in country.load().practices.loc["A81002", "reason"]
    )


def test_q06_the_planner_decides(country: Any) -> None:
    country.change("A81002", name="SAFE HAVEN", size=40)
    rules = Rules(ordinary=(Choice("A81002"),), special=(Choice("A81003", "Prison list"),))
    practices = country.load(rules=rules).practices
    assert practices.loc["A81002", "standing"] == "eligible"
    assert practices.loc["A81003", "standing"] == "special"
    assert practices.loc["A81003", "reason"].endswith("planner's choice (Q6): Prison list.")


def test_q07_a_list_that_is_not_geographic_is_pointed_out(country: Any) -> None:
    rows = [f"A81002,E0101{i:04d},4" for i in range(2_000)]
    rows += [f"{p.code},E01010001,{p.size}" for p in country.practices if p.code != "A81002"]
    header = "PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\n"
    path = country.put("lsoa.csv", header + "\n".join(rows) + "\n")
    area = country.load(registrations=path)
    assert noted(area, "Q7")["code"].tolist() == ["A81002"]
    assert area.practices.loc["A81002", "standing"] == "eligible"


def test_q08_a_practice_above_the_ceiling_stands_alone_and_the_rest_is_planned(
    country: Any,
) -> None:
    country.change("A81001", size=61_000)
    made = plan_area(**country.write(), area="09A", rules=Rules(min_list=15_000, max_list=25_000))
    alone = made.membership.loc["A81001"]
    assert alone["status"] == "alone"
    assert made.measures.loc[alone["network"], "list_size"] == 61_000
    rest = made.membership.drop(index="A81001")
    assert (rest["status"] == "member").all() and made.plan.status == "optimal"


def test_q09_practices_at_one_place_share_a_site(country: Any) -> None:
    first = country.practice("A81001")
    country.change("A81004", postcode=first.postcode, x=first.x, y=first.y)
    practices = country.load().practices
    assert practices.loc[["A81001", "A81004"], "site"].tolist() == ["A81001", "A81001"]
    assert practices["site"].nunique() == 5


def test_q10_a_postcode_in_no_file_leaves_an_orphan(country: Any) -> None:
    country.change("A81002", x=float("nan"))
    area = country.load()
    row = area.practices.loc["A81002"]
    assert (row["standing"], row["reason_code"], row["site"]) == ("orphan", "no_location", "")
    assert row.geometry is None or row.geometry.is_empty
    balanced(area)


def test_q10_coordinates_given_by_hand(country: Any) -> None:
    country.change("A81002", x=float("nan"))
    rules = Rules(places=(Place("A81002", 405_000, 305_000, "site plan"),))
    area = country.load(rules=rules)
    row = area.practices.loc["A81002"]
    assert (row["standing"], row["located_by"]) == ("eligible", "given by hand")
    assert (row.geometry.x, row.geometry.y) == (405_000, 305_000)
    assert "site plan" in noted(area, "Q10")["action"].iloc[0]


def test_q10_a_misspelt_postcode_is_found_by_the_other_file(country: Any) -> None:
    right = country.practice("A81002")
    country.change("A81002", postcode="LA14 2IB", other_postcode=right.postcode)
    paths = country.write()
    points = paths["postcodes"].read_text().replace('"LA14 2IB"', f'"{right.postcode}"')
    paths["postcodes"].write_text(points)
    area = load(**paths, area="09A")
    row = area.practices.loc["A81002"]
    assert (row["standing"], row["postcode"]) == ("eligible", right.postcode)
    assert "the postcode LA14 2IB of the list file is in no" in noted(area, "Q10")["action"].iloc[0]


def test_q10_a_terminated_postcode_is_used_and_flagged(country: Any) -> None:
    p = country.practice("A81002")
    country.change("A81002", x=float("nan"))
    more = country.put(
        "onspd.csv",
        "pcd,pcd2,pcds,dointr,doterm,oslaua,oseast1m,osnrth1m,osgrdind,lat,long\n"
        f"X,X,{p.postcode},198001,201404,E07000001,404000,303000,1,52.6,-1.9\n",
    )
    area = country.load(postcodes=[country.folder / "codepoint.csv", more])
    assert area.practices.loc["A81002", "located_by"] == "ONSPD (terminated 201404)"
    assert "which ended in 201404" in noted(area, "Q10")["action"].iloc[0]


@pytest.mark.parametrize(("quality", "lat"), [("9", "99.999999"), ("9", "52.6")])
def test_q10_a_postcode_without_a_grid_reference_is_not_located(
    country: Any, quality: str, lat: str
) -> None:
    p = country.practice("A81002")
    country.change("A81002", x=float("nan"))
    more = country.put(
        "onspd.csv",
        "pcd,pcd2,pcds,dointr,doterm,oseast1m,osnrth1m,osgrdind,lat,long\n"
        f"X,X,{p.postcode},198001,,,,{quality},{lat},0.000000\n",
    )
    area = country.load(postcodes=[country.folder / "codepoint.csv", more])
    assert area.practices.loc["A81002", "reason_code"] == "no_location"


@pytest.mark.parametrize("form", ["{0}", " {0} ", "{1}", "{2}"])
def test_q11_postcodes_are_compared_without_spaces_and_case(country: Any, form: str) -> None:
    p = country.practice("A81002")
    own = p.postcode
    paths = country.write()
    written = form.format(own, own.replace(" ", ""), own.replace(" ", "  ").lower())
    paths["lists"].write_text(paths["lists"].read_text().replace(own, written))
    assert load(**paths, area="09A").practices.loc["A81002", "standing"] == "eligible"


def test_q12_northern_ireland_has_another_grid(country: Any) -> None:
    country.change("A81002", postcode="BT1 1AA")
    area = country.load()
    assert area.practices.loc["A81002", "reason_code"] == "no_location"


def test_q12_a_practice_in_wales_is_reported_and_left_out(country: Any) -> None:
    country.practices[2].code = "W91001"
    area = country.load()
    row = area.practices.loc["W91001"]
    assert (row["standing"], row["reason_code"]) == ("excluded", "outside_area")
    assert "in Wales" in row["reason"]
    steps = area.report.steps().set_index("step")
    assert steps.loc["in Wales (Q12)", "patients"] == -8_000
    assert noted(area, "Q12")["code"].tolist() == ["W91001", "W91001"]
    balanced(area)
    kept = country.load(rules=Rules(ordinary=(Choice("W91001", "English contract"),)))
    assert kept.practices.loc["W91001", "standing"] == "eligible"
    made = plan_area(**country.write(), area="09A")
    assert made.membership.loc["W91001", "status"] == "excluded"


def test_q13_outside_but_near_takes_part(country: Any) -> None:
    country.change("A81002", x=399_600)
    area = country.load()
    assert area.practices.loc["A81002", "outside_m"] == 400
    assert area.practices.loc["A81002", "standing"] == "eligible"
    assert "lies 0.4 km outside" in noted(area, "Q13")["action"].iloc[0]


def test_q13_far_outside_is_an_orphan_with_its_reason(country: Any) -> None:
    country.change("A81006", x=420_000, y=300_000)
    country.change("A81005", x=426_000, y=296_000)
    area = country.load()
    row = area.practices.loc["A81005"]
    assert (row["standing"], row["reason_code"]) == ("orphan", "outside_area")
    assert row["reason"] == (
        "It belongs to this area but lies 7.2 km outside its boundary, so it touches no practice "
        "here (Q13)."
    )
    balanced(area)


def test_q13_a_bridge_brings_in_who_lies_far_outside(country: Any) -> None:
    country.change("A81006", x=420_000, y=300_000)
    country.change("A81005", x=426_000, y=296_000)
    rules = Rules(bridges=(Link("A81005", "A81004", "ferry", "Ferry of the island"),))
    area = country.load(rules=rules)
    assert area.practices.loc["A81005", "standing"] == "eligible"
    assert noted(area, "Q13")["action"].tolist() == [
        "kept: lies 7.2 km outside the boundary of the area; linked by [[bridge]]"
    ]
    balanced(area)
    graph = plan_area(**country.write(), area="09A", rules=rules).graph
    assert graph.edges["A81004", "A81005"]["kind"] == "ferry"


def test_q14_boundaries_of_another_vintage_are_refused(country: Any) -> None:
    paths = country.write()
    other = json.loads(paths["boundaries"].read_text())
    for feature in other["features"]:
        feature["properties"] = {
            "CCG21CD": feature["properties"]["CCG20CD"].replace("E380009", "E380008"),
            "CCG21NM": feature["properties"]["CCG20NM"],
        }
    paths["boundaries"].write_text(json.dumps(other))
    with pytest.raises(DataError, match=r"CCG 2021.*another vintage.*same date as the lists"):
        load(**paths, area="09A")


@pytest.mark.parametrize(("layer", "said"), [("CCG21", True), ("CCG20", False), ("SICBL23", True)])
def test_q14_boundaries_of_later_areas_are_said_even_where_the_code_is_the_same(
    country: Any, layer: str, said: bool
) -> None:
    paths = country.write()
    paths["boundaries"].write_text(paths["boundaries"].read_text().replace("CCG20", layer))
    rows = noted(load(**paths, area="09A"), "Q14")
    assert rows["action"].str.contains("the ONS code is the same in both").any() == said


def test_q14_a_boundary_found_by_nhs_code_or_name_is_said(country: Any) -> None:
    paths = country.write()
    text = paths["boundaries"].read_text().replace("CCG20CD", "OWN").replace("CCG20NM", "NAME")
    paths["boundaries"].write_text(text.replace('"E38000901"', '"x"'))
    (action,) = noted(load(**paths, area="09A"), "Q14")["action"]
    assert action.startswith("the boundary was found by the area's NHS code or name")


def test_q14_the_area_comes_from_the_list_file_not_from_the_map(country: Any) -> None:
    paths = country.write()
    text = paths["membership"].read_text()
    moved = text.replace("A81002,SURGERY A81002", "A81002,SURGERY A81002", 1)
    lines = [
        line.replace(",09A,NHS Alderley CCG", ",09B,NHS Birchmoor CCG")
        if ",A81002," in line
        else line
        for line in moved.splitlines()
    ]
    paths["membership"].write_text("\n".join(lines))
    area = load(**paths, area="09A")
    assert "A81002" in area.practices.index
    assert "the map puts it in 09B" in noted(area, "Q14")["action"].iloc[0]


def test_q14_a_map_of_another_date_is_said(country: Any) -> None:
    country.map_date = "01-Sep-20"
    rows = noted(country.load(), "Q14")
    assert rows["action"].tolist() == [
        "networks of today are those of 1 September 2020, the lists of 1 January 2021"
    ]


def test_q15_a_hub_commissioner_is_an_area_of_its_own(country: Any) -> None:
    country.extra_lists = ["GP_PRAC_PAT_LIST,01JAN2021,GP,Q99,E39000099,Y99911,AA1 1AA,ALL,ALL,12"]
    area = country.load()
    assert "Y99911" not in area.practices.index
    rows = area.report.rows
    row = rows[rows["code"] == "Y99911"].iloc[0]
    assert (row["action"], row["patients"]) == ("not used: belongs to area Q99", 12)


def test_q16_a_closure_at_the_address_of_a_practice_is_pointed_out(country: Any) -> None:
    old = country.organisation_row(country.practice("A81002"))
    old[0], old[1], old[11], old[12] = "A81088", "OLD SURGERY", "20200630", "C"
    ancient = list(old)
    ancient[0], ancient[11] = "A81089", "19990630"
    country.extra_organisations = [old, ancient]
    rows = noted(country.load(), "Q16")
    assert rows["code"].tolist() == ["A81088"]
    assert "OLD SURGERY closed on 30 June 2020 at the postcode of A81002" in rows["action"].iloc[0]


def test_q17_a_row_given_twice_counts_once(country: Any) -> None:
    country.extra_lists = [country.list_rows()[1]]
    area = country.load()
    assert area.practices["list_size"].sum() == 48_000
    row = noted(area, "Q17").iloc[0]
    assert (row["line"], row["code"], row["action"]) == (10, "A81002", "dropped: the same as row 3")
    assert area.report.reconciliation["patients"].tolist()[:2] == [56_000, -8_000]
    balanced(area)


def test_q17_rows_that_disagree_stop(country: Any) -> None:
    country.extra_lists = [country.list_rows()[1].replace("8000", "8662")]
    with pytest.raises(DataError, match=r"row 10.*A81002 stands in rows 3, 10.*8000, 8662"):
        country.load()


def test_q17_the_hash_of_every_source_is_in_the_plan(country: Any, tmp_path: Path) -> None:
    paths = country.write()
    plan_area(**paths, area="09A", out=tmp_path / "out")
    inputs = json.loads((tmp_path / "out" / "plan.json").read_text())["inputs"]
    made = {row["flag"]: row["sha256"] for row in inputs}
    assert made == {
        flag: hashlib.sha256(path.read_bytes()).hexdigest() for flag, path in paths.items()
    }


def test_q18_is_said_by_inspect(country: Any) -> None:
    country.date = "2025-01-01"
    odd = inspect_file(country.write()["lists"]).odd
    assert any("PDS" in text for text in odd)


def test_q18_lists_are_never_called_residents(country: Any, tmp_path: Path) -> None:
    """People registered are not the people who live there (R05)."""
    plan_area(**country.write(), area="09A", out=tmp_path / "out")
    for name in ("map.html", "plan.json", "membership.csv", "networks.csv", "intake.csv"):
        assert "resident" not in (tmp_path / "out" / name).read_text(encoding="utf-8").lower()


def test_q19_vintages_are_told_apart_and_converted() -> None:
    assert lsoa_vintage(["E01000001", "E01033768"]) == "2011"
    assert lsoa_vintage(["E01000001", "E01035762"]) == "2021"
    change = pd.DataFrame(
        [("E01000001", "E01000001"), ("E01000002", "E01033770"), ("E01000002", "E01033771"),
         ("E01000003", "E01033772"), ("E01000004", "E01033772")], columns=["lsoa11", "lsoa21"],
    )  # fmt: skip
    codes = ["E01000001", "E01000002", "E01000003", "E01000004", "unmapped"]
    counts = pd.DataFrame({"practice": "A", "lsoa": codes, "patients": [10, 5, 3, 4, 2]})
    made, account = convert_lsoas(counts, change)
    by_lsoa = made.set_index("lsoa")["patients"].to_dict()
    assert by_lsoa == {"E01000001": 10, "E01033770": 2.5, "E01033771": 2.5, "E01033772": 7,
                       "unmapped": 2}  # fmt: skip
    assert account == {"unchanged": 10, "divided": 5, "merged": 7, "unmatched": 2}
    with pytest.raises(DataError, match="2021 already"):
        convert_lsoas(made, change)


def test_q19_a_divided_lsoa_is_shared_by_weights_where_they_are_given(country: Any) -> None:
    text = "LSOA11CD,LSOA21CD,WEIGHT\nE01000002,E01033770,300\nE01000002,E01033771,100\n"
    change = read_lsoa_change(country.put("change.csv", text))
    counts = pd.DataFrame({"practice": ["A"], "lsoa": ["E01000002"], "patients": [8]})
    made, _ = convert_lsoas(counts, change)
    assert made["patients"].tolist() == [6, 2]
    with pytest.raises(DataError, match=r"change\.csv, row 3, column WEIGHT"):
        read_lsoa_change(country.put("change.csv", text.replace(",100", ",few")))
    with pytest.raises(DataError, match=r"row 2, column LSOA21CD"):
        read_lsoa_change(country.put("change.csv", text.replace("E01033770", "Leeds 1A")))


def test_q19_registrations_are_converted_by_the_lookup_that_is_given(country: Any) -> None:
    homes = country.put(
        "homes.csv",
        "PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\nA81001,E01000001,6000\n"
        "A81001,E01000002,1501\nA81001,NO2011,499\n",
    )
    change = country.put(
        "change.csv",
        "LSOA11CD,LSOA21CD,CHGIND\nE01000001,E01000001,U\n"
        "E01000002,E01033770,S\nE01000002,E01033771,S\n",
    )
    area = country.load(registrations=homes, lsoa_changes=change)
    assert area.registrations is not None and area.registrations.attrs["vintage"] == "2021"
    assert area.registrations.set_index("lsoa")["patients"].to_dict() == {
        "E01000001": 6_000, "E01033770": 750.5, "E01033771": 750.5, "unmapped": 499,
    }  # fmt: skip
    (said,) = noted(area, "Q19")["action"]
    assert said.startswith("read by LSOA 2011, brought to LSOA 2021 by change.csv: 93.76% of the")
    assert "1,501 lived in LSOAs that were divided (in equal parts)" in said
    assert area.sources["flag"].tolist()[-1] == "lsoa_changes"
    again = country.put(
        "homes21.csv", "PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\nA81001,E01033770,5\n"
    )
    with pytest.raises(DataError, match=r"2021 already.*Leave --lsoa-changes out"):
        country.load(registrations=again, lsoa_changes=change)
    with pytest.raises(DataError, match=r"change\.csv: .*Give --registrations too"):
        country.load(lsoa_changes=change)


def test_q20_codes_that_are_no_area_stay_in_the_total(country: Any) -> None:
    path = country.put(
        "lsoa.csv",
        "PRACTICE_CODE,PRACTICE_NAME,LSOA_CODE,Number of Patients\n"
        "A81001,X,E01000001,7000\nA81001,X,NO2011,500\nA81001,X,W01000001,400\n"
        "A81001,X,EMPTY,60\nA81001,X,CLOSED,40\n",
    )
    homes = read_registrations(path)
    counts = homes.frame.set_index("lsoa")["patients"].to_dict()
    assert counts == {"E01000001": 7000, "unmapped": 1000}
    assert homes.vintage == "2011"


@pytest.mark.parametrize("hidden", ["*", "-", ""])
def test_q21_a_suppressed_count_is_unknown_never_zero(country: Any, hidden: str) -> None:
    country.change("A81002", size=hidden)
    with pytest.raises(
        DataError, match=r"row 3, column NUMBER_OF_PATIENTS: 1 list size is unknown"
    ):
        country.load()


def test_q22_lists_and_registrations_that_differ(country: Any) -> None:
    for i in range(20):
        country.practices.append(
            type(country.practices[0])(f"A820{i:02d}", 401_000 + 500 * i, 310_000, size=1_000)
        )
    rows = [
        f"{p.code},E01010001,{p.size if p.code != 'A81002' else 7000}" for p in country.practices
    ]
    header = "PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\n"
    path = country.put("lsoa.csv", header + "\n".join(rows) + "\n")
    rows = noted(country.load(registrations=path), "Q22")
    rows = rows[rows["file"] == "lists.csv"]
    assert rows["code"].tolist() == ["A81002"]
    assert rows["action"].iloc[0].startswith("flagged: 7,000 patients are registered by LSOA")


def test_q22_registrations_of_another_date_are_said_once(country: Any) -> None:
    rows = [f"01JUL2020,{p.code},E01010001,ALL,100" for p in country.practices]
    header = "EXTRACT_DATE,PRACTICE_CODE,LSOA_CODE,SEX,NUMBER_OF_PATIENTS\n"
    path = country.put("lsoa.csv", header + "\n".join(rows) + "\n")
    rows = noted(country.load(registrations=path), "Q22")
    assert (
        len(rows) == 1 and "of 1 July 2020: they are not of the same date" in rows["action"].iloc[0]
    )


def test_q23_branches_have_no_list(country: Any) -> None:
    row = [""] * 27
    row[0], row[1], row[9], row[10], row[14] = (
        "A81001001",
        "BRANCH",
        "AA1 1AB",
        "19900101",
        "A81001",
    )
    closed = list(row)
    closed[0], closed[11] = "A81001002", "20100101"
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in (row, closed))
    branches = read_branches(country.put("ebranchs.csv", text + "\n"))
    assert branches["closed"].to_dict() == {"A81001001": False, "A81001002": True}
    assert branches["practice"].tolist() == ["A81001", "A81001"]


def test_q23_branches_in_the_new_code_system(country: Any) -> None:
    rows = []
    for number, status in enumerate(("ACTIVE", "INACTIVE"), 1):
        row = [""] * 27
        row[0], row[1], row[9], row[12] = f"A8100100{number}", "BRANCH", "AA1 1AB", status
        row[14], row[25] = "A81001", "RO96"
        rows.append(",".join(f'"{cell}"' for cell in row))
    path = country.put("ebranchs.csv", "\n".join(rows) + "\n")
    assert read_branches(path)["closed"].tolist() == [False, True]
    report = inspect_file(path)
    assert (report.kind, report.flag, report.rows) == ("branches", "--branches", 2)
    with pytest.raises(DataError, match="looks like an ODS file of branch surgeries"):
        country.load(organisations=path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_q24_encodings_and_line_ends(country: Any, encoding: str, newline: str) -> None:
    country.encoding, country.newline = encoding, newline
    country.change("A81002", name="ST ANDRÉ'S & CO")
    if encoding == "utf-16":  # as Excel saves "Unicode text"; large files never are
        lists = country.write()["lists"]
        country.encoding = "utf-8"
        text = lists.read_bytes()
        paths = country.write()
        lists.write_bytes(text)
        area = load(**paths, area="09A")
    else:
        area = country.load()
    assert area.practices.loc["A81002", "name"] == "ST ANDRÉ'S & CO"
    assert area.report.here.empty


def test_q24_thousands_separators_blanks_and_spaces(country: Any) -> None:
    country.change("A81002", size='"8,000 "')
    country.change("A81003", size="8000.0")
    country.extra_lists = ["", ",,,,,,,,,"]
    paths = country.write()
    text = paths["lists"].read_text().replace(",A81004,", ", a81004 ,")
    paths["lists"].write_text(text)
    area = load(**paths, area="09A")
    assert area.practices["list_size"].tolist() == [8_000] * 6


def test_q25_the_text_na_is_not_missing(country: Any) -> None:
    country.change("A81002", name="NA", pcn="NA0001")
    practices = country.load().practices
    assert practices.loc["A81002", "name"] == "NA"
    assert practices.loc["A81002", "network_today"] == "NA0001"


def test_q26_an_island_is_named_and_joined_by_the_planner_only(country: Any) -> None:
    """Two practices of 16,000 patients on an island; a ferry is a choice, with its reason."""
    paths = country.write()
    made = json.loads(paths["boundaries"].read_text())
    main = [[400_000, 300_000], [411_000, 300_000], [411_000, 320_000], [400_000, 320_000],
            [400_000, 300_000]]  # fmt: skip
    island = [[412_500, 300_000], [420_000, 300_000], [420_000, 320_000], [412_500, 320_000],
              [412_500, 300_000]]  # fmt: skip
    shape = {"type": "MultiPolygon", "coordinates": [[main], [island]]}
    made["features"][0]["geometry"] = shape
    paths["boundaries"].write_text(json.dumps(made))
    rules = Rules(min_list=20_000, max_list=30_000)
    apart = plan_area(**paths, area="09A", rules=rules)
    parts = components(apart.graph)
    assert parts["members"].tolist() == [
        ("A81001", "A81002", "A81003"),
        ("A81004", "A81005", "A81006"),
    ]
    country.change("A81006", size=2_000)
    country.change("A81004", size=2_000)
    text = paths["boundaries"].read_text()
    paths = country.write()
    paths["boundaries"].write_text(text)
    alone = plan_area(**paths, area="09A", rules=rules)
    left = alone.membership.loc["A81005"]
    assert left["status"] == "proposed" and "[[bridge]]" in left["reason"]
    ferry = Link("A81003", "A81004", "ferry", "Ferry, 20 minutes")
    joined = plan_area(**paths, area="09A", rules=replace(rules, bridges=(ferry,), max_list=40_000))
    assert (joined.membership["status"] == "member").all()
    assert joined.graph.edges["A81003", "A81004"]["why"] == "Ferry, 20 minutes"


def test_q27_invalid_boundaries_and_slivers_are_mended_and_reported(country: Any) -> None:
    paths = country.write()
    made = json.loads(paths["boundaries"].read_text())
    shape = made["features"][0]["geometry"]["coordinates"]
    bow_tie = [[400_000, 300_000], [420_000, 320_000], [420_000, 300_000], [400_000, 320_000],
               [400_000, 300_000]]  # fmt: skip
    tiny = [[430_000, 330_000], [430_050, 330_000], [430_050, 330_050], [430_000, 330_000]]
    made["features"][0]["geometry"] = {"type": "MultiPolygon", "coordinates": [shape, [tiny]]}
    made["features"][1]["geometry"]["coordinates"] = [bow_tie]
    paths["boundaries"].write_text(json.dumps(made))
    area = load(**paths, area=["09A", "09B"])
    actions = noted(area, "Q27")["action"].tolist()
    assert "1 sliver below one hectare dropped" in actions
    assert "its geometry was invalid and was repaired" in actions
    assert area.boundary.geometry.is_valid.all()
    assert area.boundary.geometry["09A"].area == pytest.approx(20_000**2)


def test_q28_ended_relationships_are_not_used(country: Any) -> None:
    rows = [
        "A81001,S,09A,N,U10001,ONE,09A,N,20190701,20200101,True",
        "A81001,S,09A,N,U10002,TWO,09A,N,20200102,,True",
        "A81002,S,09A,N,U10001,ONE,09A,N,20190701,20200101,True",
        "A81003,S,09A,N,U10009,NINE,09B,N,20190701,,False",
    ]
    path = country.put("epcn.csv", "\n".join(rows) + "\n")
    area = country.load(membership=path)
    today = area.practices["network_today"]
    assert today[["A81001", "A81002", "A81003"]].tolist() == ["U10002", "", "U10009"]
    actions = noted(area, "Q28")["action"].tolist()
    assert actions[0] == "not used: left U10001 (ONE) on 2020-01-01"
    assert "a network across areas (R19)" in actions[-1]


def test_q29_drawn_areas_say_that_they_are_derived_and_from_what(
    country: Any, tmp_path: Path
) -> None:
    paths = country.write()
    made = prepare_area(**paths, area="09A")
    said = "nearest practice (Voronoi), clipped to the area's boundary"
    assert (made.territories["derived_from"] == said).all()
    frame = made.territories[["geometry"]].reset_index()
    frame.to_file(tmp_path / "areas.gpkg", engine="pyogrio")
    given = prepare_area(
        **paths, area="09A", practice_areas=tmp_path / "areas.gpkg",
        rules=Rules(territory="polygons"),
    )  # fmt: skip
    assert given.territories["derived_from"].str.startswith("polygon given by").all()
    plan_area(**paths, area="09A", out=tmp_path / "out")
    assert "catchment" in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
