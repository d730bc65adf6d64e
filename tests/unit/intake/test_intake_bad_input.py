"""Bad input gets one clear message: what is wrong, in which file, row and column, what to do."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from pcngeo.errors import DataError, PatientLevelError, RulesError
from pcngeo.intake import load
from pcngeo.rules import Choice, Link, Place, Rules


def broken(paths: dict[str, Any], match: str, area: str = "09A", **more: Any) -> DataError:
    with pytest.raises(DataError, match=match) as caught:
        load(**{**paths, "area": area, **more})
    assert str(caught.value).endswith(".")
    return caught.value


@pytest.mark.parametrize("flag", ["lists", "organisations", "membership", "postcodes",
                                  "boundaries", "registrations"])  # fmt: skip
def test_a_missing_file(country: Any, flag: str) -> None:
    paths = country.write()
    paths[flag] = country.folder / "lost.csv"
    broken(paths, r"lost\.csv: there is no such file")


def test_a_missing_file_offers_its_neighbours(country: Any) -> None:
    paths = country.write()
    paths["lists"] = country.folder / "list.csv"
    broken(paths, r"Nearby: lists\.csv")


@pytest.mark.parametrize(("flag", "given", "match"), [
    ("lists", "membership", r"map\.csv, row 1: this is not a file of list sizes .* but looks like "
                            r"a practice-to-PCN map .*Give it with --membership"),
    ("lists", "organisations", r"looks like an ODS file of practices .*--organisations"),
    ("lists", "postcodes", r"looks like a postcode file of Code-Point Open.*--postcodes"),
    ("lists", "boundaries", r"GeoJSON or JSON file, not a table.*--boundaries"),
    ("membership", "lists", r"looks like a file of list sizes .*--lists"),
    ("organisations", "lists", r"looks like a file of list sizes .*--lists"),
    ("organisations", "membership", r"looks like a practice-to-PCN map .*--membership"),
    ("postcodes", "lists", r"no postcode file .* looks like a file of list sizes .*--lists"),
    ("postcodes", "organisations", r"looks like an ODS file .*--organisations"),
    ("postcodes", "boundaries", r"JSON or GeoJSON file, not a postcode file"),
    ("boundaries", "lists", r"gp-reg-pat-prac-all\), not a boundary file\. Give it with --lists;"),
    ("branches", "lists", r"looks like a file of list sizes.* Give it with --lists"),
    ("branches", "membership", r"looks like a practice-to-PCN map.* Give it with --membership"),
    ("registrations", "lists", r"looks like a file of list sizes"),
    ("registrations", "organisations", r"looks like an ODS file"),
])  # fmt: skip
def test_a_wrong_file_under_a_flag(country: Any, flag: str, given: str, match: str) -> None:
    paths = country.write()
    paths[flag] = paths[given]
    broken(paths, match)


def test_a_missing_column(country: Any) -> None:
    paths = country.write()
    text = paths["lists"].read_text().replace("NUMBER_OF_PATIENTS", "SOMETHING")
    paths["lists"].write_text(text)
    error = broken(paths, r"lists\.csv, row 1.*NUMBER_OF_PATIENTS.*its columns are PUBLICATION")
    assert error.row == 1


def test_an_area_that_is_not_in_the_file(country: Any) -> None:
    paths = country.write()
    broken(paths, r"no area '9A' among the 2 areas.*Nearest: 09A \(NHS Alderley CCG\)", area="9A")
    broken(paths, r"Nearest: 09B \(NHS Birchmoor CCG\)", area="birchmor")
    broken(paths, "no area was named", area=[])


def test_no_practice_left(country: Any) -> None:
    country.extra_lists = []
    paths = country.write()
    text = paths["lists"].read_text().replace(",ALL,ALL,", ",MALE,0,")
    paths["lists"].write_text(text)
    broken(paths, r"no row holds a practice's total .*not the file by age or sex")


def test_an_empty_file(country: Any) -> None:
    paths = country.write()
    paths["lists"].write_bytes(b"")
    broken(paths, "an empty file")
    paths["lists"].write_bytes(b"\n\n  \n")
    broken(paths, "the file is empty")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_boundary_without_crs(country: Any, tmp_path: Path) -> None:
    paths = country.write()
    frame = gpd.read_file(paths["boundaries"]).set_crs(None, allow_override=True)
    paths["boundaries"] = tmp_path / "areas.shp"
    frame.to_file(paths["boundaries"])
    (tmp_path / "areas.prj").unlink(missing_ok=True)
    broken(paths, r"areas\.shp: .*does not say what coordinate system.*\.prj")


def test_practices_far_outside_the_boundary(country: Any) -> None:
    for practice in country.practices:
        practice.x += 200_000
    broken(country.write(), r"half of the 6 practices lie more than 1\d\d km outside.*swapped")


def test_swapped_coordinates_of_a_boundary(country: Any) -> None:
    paths = country.write()
    made = json.loads(paths["boundaries"].read_text())
    for feature in made["features"]:
        feature["geometry"]["coordinates"] = [[[52, -1], [53, -1], [53, 0], [52, -1]]]
    paths["boundaries"].write_text(json.dumps(made))
    broken(paths, "the coordinates look swapped")


@pytest.mark.parametrize(("size", "what"), [
    (-5, "not a whole number"), ("n/a", "not a whole number"), ("12.5", "not a whole number"),
    ("1e4", "not a whole number"), ("8 000", "not a whole number"),
    ("99999999", "larger than any"), ("٣٤", "not a whole number"),
])  # fmt: skip
def test_a_list_size_that_is_none(country: Any, size: object, what: str) -> None:
    country.change("A81003", size=size)
    error = broken(country.write(), what)
    assert (error.file, error.row, error.column) == ("lists.csv", 4, "NUMBER_OF_PATIENTS")


def test_many_bad_list_sizes_in_one_message(country: Any) -> None:
    for practice in country.practices:
        practice.size = "lots"
    broken(country.write(), r"8 list sizes .*'lots' in row 6 and 3 more")


def test_a_row_that_does_not_fit_the_header(country: Any) -> None:
    country.extra_lists = ["GP_PRAC_PAT_LIST,01JAN2021,GP"]
    error = broken(country.write(), "3 cells where the header has 10")
    assert error.row == 10


def test_a_practice_without_a_code(country: Any) -> None:
    country.practices[2].code = ""
    error = broken(country.write(), "row 4, column CODE: the row has no practice code")
    assert (error.row, error.column) == (4, "CODE")


@pytest.mark.parametrize("date", ["", "January", "31FEB2021"])
def test_a_date_that_is_none(country: Any, date: str) -> None:
    country.date = date
    broken(country.write(), r"row 2, column EXTRACT_DATE: the date is not readable")


def test_lists_of_two_dates(country: Any) -> None:
    paths = country.write()
    text = paths["lists"].read_text().replace("01JAN2021", "01APR2021", 1)
    paths["lists"].write_text(text)
    broken(paths, r"lists of 2 dates \(2021-01-01, 2021-04-01\)")


def test_organisations_that_disagree(country: Any) -> None:
    again = country.organisation_row(country.practices[0])
    again[12] = "C"
    country.extra_organisations = [again]
    broken(country.write(), r"epraccur\.csv, row 9.*A81001 stands in rows 1, 9 that disagree")


def test_a_map_that_disagrees(country: Any) -> None:
    paths = country.write()
    lines = paths["membership"].read_text().splitlines()
    lines.append(lines[1].replace("U10001", "U10009"))
    paths["membership"].write_text("\n".join(lines))
    broken(paths, r"A81001 stands in rows 2, 10 that disagree on pcn: U10001, U10009")


def test_a_web_page_instead_of_a_file(country: Any) -> None:
    paths = country.write()
    page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
    for flag in ("lists", "membership", "organisations", "postcodes", "boundaries"):
        changed = {**paths, flag: country.folder / "page.csv"}
        changed[flag].write_bytes(page)
        broken(changed, r"web page \(HTML\)")


def test_a_cut_short_archive(country: Any) -> None:
    paths = country.write()
    packed = gzip.compress(paths["lists"].read_bytes() * 50)
    paths["lists"] = country.folder / "lists.csv.gz"
    paths["lists"].write_bytes(packed[: len(packed) // 2])
    broken(paths, r"lists\.csv\.gz: the archive is damaged.*Fetch the file again")


@pytest.mark.parametrize("header", ["NHS_NUMBER", "NHS Number", "nhsno", "Date of Birth", "DOB",
                                    "PATIENT_DOB", "Patient Name"])  # fmt: skip
def test_patient_level_input_is_refused(country: Any, header: str) -> None:
    paths = country.write()
    lines = paths["lists"].read_text().splitlines()
    lines = [f"{line},{header if i == 0 else '9434765919'}" for i, line in enumerate(lines)]
    paths["lists"].write_text("\n".join(lines))
    with pytest.raises(PatientLevelError, match=r"about single patients: the file was not read"):
        load(**paths, area="09A")
    registrations = country.put(
        "lsoa.csv", f"PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS,{header}\n"
    )
    with pytest.raises(PatientLevelError):
        load(**{**country.write(), "registrations": registrations}, area="09A")


def test_nhs_numbers_are_known_by_their_check_digit(country: Any) -> None:
    numbers = ["9434765919", "943 476 5870", "9434765838"]
    rows = [f"A8100{i},{number},8000" for i, number in enumerate(numbers, 1)]
    path = country.put("own.csv", "\n".join(["code,reference,patients", *rows]) + "\n")
    with pytest.raises(PatientLevelError, match="column 2 holds NHS numbers"):
        load(lists=path, postcodes=(), area="my town")


@pytest.mark.parametrize("rules", [
    Rules(declined=(Choice("A81060"),)),
    Rules(excluded=(Choice("B82011"),)),
    Rules(places=(Place("A81009", 405_000, 305_000),)),
    Rules(bridges=(Link("A81001", "A81008"),)),
    Rules(barriers=(Link("A81001", "a81002"),)),
])  # fmt: skip
def test_rules_that_name_a_practice_that_is_not_there(country: Any, rules: Rules) -> None:
    with pytest.raises(RulesError, match=r"which is not a practice of this area"):
        country.load(rules=rules)


def test_rules_offer_the_nearest_codes(country: Any) -> None:
    with pytest.raises(RulesError, match=r"\[\[declined\]\] names A81O01.*Did you mean A81001"):
        country.load(rules=Rules(declined=(Choice("A81O01"),)))


def test_no_areas_without_a_map(country: Any) -> None:
    paths = country.write()
    lines = paths["lists"].read_text().splitlines()
    cut = [",".join(line.split(",")[:3] + line.split(",")[5:]) for line in lines]
    paths["lists"].write_text("\n".join(cut))
    assert len(load(**paths, area="09A").practices) == 6
    del paths["membership"]
    broken(paths, r"no column that says which area.*--membership")


def test_a_boundary_file_of_points(country: Any, tmp_path: Path) -> None:
    paths = country.write()
    points = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(4e5, 3e5)], crs="EPSG:27700")
    paths["boundaries"] = tmp_path / "points.gpkg"
    points.to_file(paths["boundaries"])
    broken(paths, "the file holds no polygon")
