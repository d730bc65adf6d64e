"""Areas: a commissioner, several, an ICB, a local authority, a polygon, and guests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pcngeo import evaluate
from pcngeo.errors import DataError, PcnGeoError, RulesError
from pcngeo.intake import Intake, cut, load, practices, read
from pcngeo.intake.account import balance
from pcngeo.pipeline import plan_area
from pcngeo.rules import Place, Rules
from pcngeo.scenario import Scenario


def balanced(area: Intake) -> None:
    steps = area.report.reconciliation
    for column in ("practices", "patients"):
        assert steps[column].iloc[:-1].sum() == steps[column].iloc[-1]


@pytest.mark.parametrize("named", ["09A", "09a", "E38000901", "nhs alderley CCG"])
def test_one_area_by_code_ons_code_or_name(country: Any, named: str) -> None:
    area = country.load(area=named)
    assert (area.area, len(area.practices)) == ("09A", 6)


def test_several_areas_are_planned_as_one(country: Any) -> None:
    area = country.load(area=["09B", "09A", "09B"])
    assert (area.area, area.area_name) == ("09B+09A", "NHS Birchmoor CCG, NHS Alderley CCG")
    assert len(area.practices) == 8 and set(area.practices["area"]) == {"09A", "09B"}
    assert list(area.boundary.index) == ["09A", "09B"]
    balanced(area)


@pytest.mark.parametrize("named", ["QZ9", "E54000099", "Alder and Birch"])
def test_an_icb_is_all_its_places(country: Any, named: str) -> None:
    area = country.load(area=named)
    assert (area.area, area.area_name) == ("QZ9", "Alder and Birch")
    assert len(area.practices) == 8 and list(area.boundary.index) == ["09A", "09B"]


def test_q14_an_icb_whose_areas_the_map_does_not_all_know_is_refused(country: Any) -> None:
    """Else a map of another year drops the areas that merged since, and nobody is told."""
    paths = country.write()
    text = paths["membership"].read_text()
    paths["membership"].write_text(text.replace(",09B,", ",09C,"))
    with pytest.raises(DataError, match=r"1 of the 2 areas .*\(09B\).*'QZ9' may lack .*Q14"):
        load(**paths, area="QZ9")
    assert len(load(**paths, area=["09A", "09B"]).practices) == 8


def test_q14_a_code_that_is_used_again_is_not_joined(country: Any) -> None:
    """The same NHS code with another ONS code is another area: name and ICB are not taken."""
    paths = country.write()
    paths.pop("boundaries")  # which would name it rightly
    text = paths["membership"].read_text()
    paths["membership"].write_text(text.replace("E38000902", "E38000999"))
    table = read(**paths).areas
    assert table["name"].tolist() == ["NHS Alderley CCG", ""]
    assert table["icb"].tolist() == ["QZ9", ""]


def test_an_icb_whose_boundary_stands_as_one(country: Any) -> None:
    paths = country.write()
    ring = [[400_000, 300_000], [440_000, 300_000], [440_000, 320_000], [400_000, 320_000],
            [400_000, 300_000]]  # fmt: skip
    shape = {"type": "Polygon", "coordinates": [ring]}
    named = {"ICB23CD": "E54000099", "ICB23NM": "Alder and Birch"}
    paths["boundaries"].write_text(
        json.dumps({"type": "Feature", "properties": named, "geometry": shape})
    )
    area = load(**paths, area="QZ9")
    assert list(area.boundary.index) == ["QZ9"] and len(area.practices) == 8


def authority(country: Any, **named: str) -> dict[str, Any]:
    """A feature across both areas, holding A81003 to A81006 and B82011."""
    paths = country.write()
    made = json.loads(paths["boundaries"].read_text())
    ring = [[407_000, 300_000], [428_000, 300_000], [428_000, 320_000], [407_000, 320_000],
            [407_000, 300_000]]  # fmt: skip
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": named, "geometry": shape}
    paths["boundaries"].write_text(json.dumps({**made, "features": [feature]}))
    return paths


@pytest.mark.parametrize("asked", ["E07000999", "Middleham"])
def test_a_local_authority_is_the_practices_inside_it(country: Any, asked: str) -> None:
    paths = authority(country, LAD21CD="E07000999", LAD21NM="Middleham")
    area = load(**paths, area=asked)
    assert list(area.practices.index) == ["A81003", "A81004", "A81005", "A81006", "B82011"]
    assert (area.area, area.area_name) == ("E07000999", "Middleham")
    assert set(area.practices["area"]) == {"09A", "09B"}
    assert list(area.boundary.index) == ["E07000999"]
    assert (area.practices["outside_m"] == 0).all()
    rows = area.report.rows
    assert rows[rows["code"] == "A81001"]["action"].tolist() == ["not used: outside the area"]
    assert area.report.reconciliation["step"].iloc[0] == "area E07000999 in lists.csv"
    balanced(area)


def test_a_polygon_of_ones_own(country: Any) -> None:
    paths = authority(country, name="Old town")
    assert len(load(**paths, area="old town").practices) == 5


def test_who_could_not_be_located_is_named_when_the_area_is_a_place(country: Any) -> None:
    country.change("A81001", x=float("nan"))
    paths = authority(country, name="Old town")
    area = load(**paths, area="Old town")
    rows = area.report.here
    assert rows[rows["quirk"] == "Q10"]["code"].tolist() == ["A81001"]
    rules = Rules(places=(Place("A81001", 410_000, 310_000),))
    assert "A81001" in load(**paths, area="Old town", rules=rules).practices.index


def test_a_polygon_without_practices(country: Any) -> None:
    for practice in country.practices:
        practice.x -= 100_000
    with pytest.raises(DataError, match="no practice is left in area Old town"):
        load(**authority(country, name="Old town"), area="Old town")


def test_commissioners_and_places_do_not_mix(country: Any) -> None:
    paths = authority(country, name="Old town")
    with pytest.raises(DataError, match="not of one sort"):
        load(**paths, area=["09A", "Old town"])


def test_guests_from_a_neighbouring_area(country: Any) -> None:
    country.change("B82011", x=420_300)
    area = country.load(neighbours=["B82011"])
    assert area.practices.loc["B82011", ["area", "standing"]].tolist() == ["09B", "eligible"]
    steps = area.report.reconciliation
    assert steps["step"].iloc[1] == "of neighbouring areas, by choice (R19)"
    assert steps[["practices", "patients"]].iloc[1].tolist() == [1, 8_000]
    balanced(area)
    assert list(area.boundary.index) == ["09A"]
    assert (area.report.here["quirk"] == "R19").sum() == 1


def test_r19_a_guest_takes_part_however_far_outside_it_lies(country: Any) -> None:
    country.change("B82012", x=429_000, y=304_000)
    area = country.load(neighbours=["B82011", "B82012"])
    assert area.practices.loc["B82012", "standing"] == "eligible"
    actions = area.report.here.loc[area.report.here["code"] == "B82012", "action"]
    assert actions.tolist() == [
        "kept: lies 9.0 km outside the boundary of the area; included by choice (R19)",
        "included from a neighbouring area, by choice (R19)",
    ]
    made = plan_area(**country.write(), area="09A", neighbours=["B82011", "B82012"])
    assert made.graph.degree("B82012") > 0
    balanced(area)


def test_a_guest_that_does_not_exist(country: Any) -> None:
    with pytest.raises(RulesError, match=r"B82O11 .* is not in lists\.csv\. Did you mean B82011"):
        country.load(neighbours=["B82O11"])


def test_read_once_cut_often(country: Any) -> None:
    published = country.read()
    for code in ("09A", "09B"):
        one, other = cut(published, code), country.load(area=code)
        assert one.practices.drop(columns="geometry").equals(
            other.practices.drop(columns="geometry")
        )
        assert one.report.rows.equals(other.report.rows)
    assert list(published.areas.index) == ["09A", "09B"]


def test_without_a_boundary_nobody_is_outside(country: Any) -> None:
    area = country.load(boundaries=None)
    assert area.boundary is None and area.practices["outside_m"].isna().all()


def test_only_lists_and_postcodes(country: Any) -> None:
    paths = country.write()
    area = load(lists=paths["lists"], postcodes=paths["postcodes"], area="09A")
    assert area.practices["name"].tolist() == [f"A8100{i}" for i in range(1, 7)]
    assert area.area_name == ""


def test_an_area_is_called_what_the_boundary_file_calls_it(country: Any) -> None:
    """Lists give a code only; without the map of practices the boundary file knows the name."""
    paths = country.write()
    paths.pop("membership")
    area = load(**paths, area="Alderley")
    assert (area.area, area.area_name) == ("09A", "NHS Alderley CCG")


def test_every_row_of_the_list_file_is_accounted_for(country: Any) -> None:
    country.extra_lists = [country.list_rows()[0]]
    area = country.load()
    rows = area.report.rows
    told = rows[rows["file"] == "lists.csv"]
    lines = set(told["line"]) | {2, 3, 4, 5, 6, 7}
    assert lines == set(range(2, 11))
    assert len(area.practices) + len(told) == 9


def test_what_concerns_the_area_comes_first(country: Any) -> None:
    country.change("A81002", status="D")
    report = country.load().report
    assert report.here["quirk"].tolist() == ["Q3"]
    assert (report.rows["line"] > 0).sum() == 1 + 2
    beside = report.rows[report.rows["line"] == 0]
    assert beside["action"].str.contains("not used").all()
    assert {"codepoint.csv"} <= set(beside["file"])
    assert report.summary().to_dict("records") == [
        {"quirk": "Q3", "what": "closed, dormant or proposed", "rows": 1, "patients": 8_000}
    ]
    assert report.steps()["step"].tolist() == ["area 09A in lists.csv", "in the plan"]


def test_what_of_the_other_files_was_not_used_is_said(sample: Path) -> None:
    inputs = dict(Scenario.read(sample / "scenario.toml").inputs)
    rules = Rules.read(sample / "rules.toml")
    rows = load(**inputs, area="99Z", rules=rules).report.rows
    said = {file: rows[rows["file"] == file]["action"].tolist() for file in set(rows["file"])}
    assert said["boundaries.geojson"] == ["not used: the boundary of another area"]
    assert any("7 practices that are not of this area" in text for text in said[
        "gp-reg-pat-prac-lsoa-all.csv"
    ])  # fmt: skip
    assert any("rows not used" in text for text in said["postcodes.csv"])


# ---- the account balances, or nothing is planned ----------------------------------------------
def test_an_account_that_does_not_balance_stops(
    country: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step forgotten: the patients of a closed practice are in no row of the account."""
    country.change("A81002", status="C", close="20201130", size=214)
    balanced(country.load())
    monkeypatch.setattr(practices, "_STEPS", practices._STEPS[1:])
    with pytest.raises(DataError, match="the steps give 6, the plan has 5"):
        country.load()


@pytest.mark.parametrize(("lost", "word"), [((0, 1), "patients"), ((1, 0), "practices")])
def test_one_patient_or_practice_too_few_stops(lost: tuple[int, int], word: str) -> None:
    steps = [("published", 3, 900), ("closed", -1, -100), ("plan", 2 - lost[0], 800 - lost[1])]
    with pytest.raises(DataError, match=f"the account of {word} does not balance"):
        balance(steps)


def test_a_plan_that_loses_a_patient_is_not_written(
    country: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate.membership

    def short(*given: Any, **more: Any) -> Any:
        table = whole(*given, **more)
        table.loc["A81002", "list_size"] -= 1
        return table

    monkeypatch.setattr(evaluate, "membership", short)
    with pytest.raises(PcnGeoError, match=r"47,999 patients, the files 6 and 48,000.*nothing was"):
        plan_area(**country.write(), area="09A", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_very_many_areas_are_counted_and_all_of_england_is_called_so() -> None:
    from pcngeo.intake.areas import resolve

    codes = [f"{k:02}X" for k in range(12)]
    table = pd.DataFrame(
        {"ons": "", "practices": 50, "patients": 5_000_000, "name": "", "icb": "", "ons_icb": "",
         "icb_name": ""},
        index=codes,
    )  # fmt: skip
    assert resolve(codes, table, "lists.csv").name == "England"
    some = resolve(codes[:10], table, "lists.csv")
    assert some.name == "10 areas: 00X, 01X, 02X and 7 more"
    assert some.label == "+".join(codes[:10])
    named = table.assign(name=[f"NHS Place {k} CCG" for k in range(12)], patients=100_000)
    assert resolve(codes, named, "lists.csv").name == (
        "12 areas: NHS Place 0 CCG, NHS Place 1 CCG, NHS Place 2 CCG and 9 more"
    )
    assert resolve(codes[:2], named, "lists.csv").name == "NHS Place 0 CCG, NHS Place 1 CCG"
