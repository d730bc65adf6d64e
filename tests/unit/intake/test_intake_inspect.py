"""What a file is, in words, and the areas of a list file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pcngeo.errors import DataError
from pcngeo.intake.inspect import areas, inspect_file
from pcngeo.rules import Rules


def test_every_file_of_a_country(country: Any) -> None:
    found = {flag: inspect_file(path) for flag, path in country.write().items()}
    assert {flag: report.flag for flag, report in found.items()} == {
        flag: f"--{flag}" for flag in found
    }
    lists = found["lists"]
    assert (lists.vintage, lists.rows, lists.areas) == ("2021-01-01", 8, 2)
    assert lists.sentences()[:3] == (
        "lists.csv is a file of list sizes by practice (gp-reg-pat-prac-all) of 2021-01-01: "
        "8 rows.",
        "Give it with --lists.",
        "8 practices, 64,000 registered patients.",
    )
    assert found["boundaries"].vintage == "CCG 2020" and found["boundaries"].areas == 2
    assert found["postcodes"].kind == "codepoint" and found["postcodes"].rows == 8
    assert found["membership"].facts == ("8 practices, 3 networks; 0 practices in none.",)
    assert all(len(report.sha256) == 64 for report in found.values())


@pytest.mark.parametrize(("name", "kind", "flag"), [
    ("gp-reg-pat-prac-all.csv", "lists", "--lists"), ("epraccur.csv", "organisations",
     "--organisations"), ("gp-reg-pat-prac-map.csv", "membership", "--membership"),
    ("postcodes.csv", "postcodes", "--postcodes"), ("boundaries.geojson", "boundaries",
     "--boundaries"), ("gp-reg-pat-prac-lsoa-all.csv", "registrations", "--registrations"),
    ("imd.csv", "deprivation", ""), ("ruc.csv", "rurality", ""), ("rules.toml", "", ""),
])  # fmt: skip
def test_the_files_of_the_sample(sample: Path, name: str, kind: str, flag: str) -> None:
    report = inspect_file(sample / name)
    assert (report.kind, report.flag) == (kind, flag)


def test_what_is_odd_is_said(country: Any) -> None:
    country.date = "04JAN2021"
    country.extra_lists = [country.list_rows()[0]]
    country.change("A81002", size=12)
    odd = inspect_file(country.write()["lists"]).odd
    assert odd == (
        "A81001: dropped: the same as row 2",
        "the lists are not of 1 January (R06)",
        "1 lists below 1,000 patients (Q6)",
    )


def test_a_file_that_cannot_be_read_says_why(country: Any) -> None:
    country.change("A81002", size="lots")
    report = inspect_file(country.write()["lists"])
    assert report.kind == "" and "row 3, column NUMBER_OF_PATIENTS" in report.odd[0]
    report = inspect_file(country.put("patients.csv", "NHS_NUMBER,DOB\n9434765919,1970-01-01\n"))
    assert "about single patients" in report.odd[0]
    report = inspect_file(country.put("page.csv", "<!doctype html>\n<html></html>"))
    assert report.odd == ("this is a web page (HTML).",)
    report = inspect_file(country.put("notes.txt", "Just a note\n"))
    assert report.sentences()[0] == "notes.txt is not a file that pcngeo knows."


def test_a_file_that_is_not_there(country: Any) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        inspect_file(country.folder / "lost.csv")


def test_areas_with_the_number_of_networks_that_could_be(country: Any) -> None:
    paths = country.write()
    table = areas(paths["lists"], paths["membership"])
    assert table.loc["09A"].to_dict() == {
        "name": "NHS Alderley CCG", "icb": "QZ9", "practices": 6, "patients": 48_000,
        "fewest": 1, "most": 1,
    }  # fmt: skip
    assert (table.loc["09B", "fewest"], table.loc["09B", "most"]) == (1, 0)
    wider = areas(paths["lists"], rules=Rules(min_list=10_000, max_list=20_000))
    assert wider.loc["09A", ["name", "fewest", "most"]].tolist() == ["", 3, 4]
