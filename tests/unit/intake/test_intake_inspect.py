"""What a file is, in words, and the areas of a list file."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from country_files import square_boundaries

from pcngeo.errors import DataError
from pcngeo.intake.files import checksum
from pcngeo.intake.inspect import areas, inspect_file, inspect_path
from pcngeo.rules import Rules


def test_every_file_of_a_country(country: Any) -> None:
    found = {flag: inspect_file(path) for flag, path in country.write().items()}
    assert {flag: report.flag for flag, report in found.items()} == {
        flag: f"--{flag}" for flag in found
    }
    lists = found["lists"]
    assert (lists.vintage, lists.rows, lists.areas) == ("2021-01-01", 8, 2)
    assert lists.sentences()[:3] == (
        "lists.csv is a file of list sizes by practice (gp-reg-pat-prac-all) of 1 January 2021: "
        "8 rows, 2 commissioning areas.",
        "Give it with --lists.",
        "8 practices, 64,000 registered patients; lists from 8,000 to 8,000, half of them above "
        "8,000.",
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
    ("imd.csv", "deprivation", "--deprivation"), ("ruc.csv", "rurality", "--rurality"),
    ("lsoa.geojson", "lsoas", "--lsoas"), ("rules.toml", "rules", "--rules"),
    ("scenario.toml", "scenario", ""),
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
        "1 list is below 1,000 patients (Q6)",
    )


def test_a_file_that_cannot_be_read_says_why(country: Any) -> None:
    country.change("A81002", size="lots")
    report = inspect_file(country.write()["lists"])
    assert not report.readable and "row 3, column NUMBER_OF_PATIENTS" in report.odd[0]
    assert report.sentences()[:2] == (
        "lists.csv looks like a file of list sizes by practice (gp-reg-pat-prac-all), but cannot "
        "be used as it is.",
        "Once it is mended, give it with --lists.",
    )
    report = inspect_file(country.put("patients.csv", "NHS_NUMBER,DOB\n9434765919,1970-01-01\n"))
    assert "about single patients" in report.odd[0]
    report = inspect_file(country.put("page.csv", "<!doctype html>\n<html></html>"))
    assert report.odd == ("this is a web page (HTML).",)
    report = inspect_file(country.put("notes.txt", "Just a note\n"))
    assert report.sentences()[0] == "notes.txt is not a file that pcngeo knows."


def test_files_of_pcngeo_and_of_planners(country: Any, sample: Path) -> None:
    """What pcngeo writes for planners to edit is known for what it is, not taken for lists."""
    made = {
        "--plan": "practice,name,list_size,network,status\nA81001,X,8000,1,member\n",
        "--edges": "practice_a,practice_b,kind\nA81001,A81002,border\n",
        "--barriers or --bridges": '{"type":"FeatureCollection","features":[{"type":"Feature",'
        '"properties":{},"geometry":{"type":"LineString","coordinates":[[0.1,51],[0.2,51]]}}]}',
        "--ages": "ORG_TYPE,ORG_CODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS\nGP,A81001,MALE,0_4,9\n",
    }
    for flag, text in made.items():
        report = inspect_file(country.put("x.geojson" if text[0] == "{" else "x.csv", text))
        assert (report.flag, report.rows) == (flag, 1), report
        assert f"Give it with {flag}" in report.sentences()[1]
    assert inspect_file(sample / "scenario.toml").sentences() == (
        "scenario.toml is a scenario file, not dated.",
        "Give it as it is: pcngeo plan scenario.toml.",
    )
    broken = inspect_file(country.put("rules.toml", "min_list = = 3"))
    assert not broken.readable and "is no TOML" in broken.odd[0]


def test_tables_of_travel_and_of_networks_are_known(country: Any) -> None:
    report = inspect_file(country.put("t.csv", "from,to,drive_minutes\nA81001,A81002,7\n"))
    assert (report.kind, report.flag, report.rows) == ("travel", "--travel", 1)
    report = inspect_file(country.put("n.csv", "network,practices,list_size\n1,2,40000\n"))
    assert report.sentences() == (
        "n.csv is a plan's table of networks (networks.csv), not dated: 1 row.",
        "It belongs to no option.",
    )


def test_a_planners_own_workbook_without_a_date(country: Any) -> None:
    """It is known for what it is, and says which option gives the date."""
    path = country.folder / "own.xlsx"
    rows = [("A81001", "The Limes", "AA1 0BB", 9000, 401000, 301000)]
    header = ("Practice code", "Practice name", "Post code", "List size", "Easting", "Northing")
    pd.DataFrame(rows, columns=header).to_excel(path, index=False)
    report = inspect_file(path)
    assert report.sentences()[:2] == (
        "own.xlsx is a file of list sizes by practice (gp-reg-pat-prac-all), without a date: "
        "1 row.",
        "Give it with --lists.",
    )
    assert report.odd[0].endswith("give it with --list-date (R06)")
    assert not any("no area columns" in text for text in report.odd)
    table = areas(path, list_date=dt.date(2026, 1, 1))
    assert table["patients"].to_dict() == {"all": 9000}
    pd.DataFrame([("a", 1)], columns=["Our", "notes"]).to_excel(path, index=False)
    assert inspect_file(path).odd == ("its first line is 'Our, notes'",)


@pytest.mark.parametrize(("header", "row"), [
    ("GP code,Postcode,Registered population,Lat,Long", "A81001,AA1 0BB,9000,52.1,-1.5"),
    ("practice_code,postcode,list_size,lsoa11cd,easting,northing",
     "A81001,AA1 0BB,9000,E01000001,401000,301000"),
])  # fmt: skip
def test_a_planners_own_table_is_not_taken_for_another(country: Any, header: str, row: str) -> None:
    assert inspect_file(country.put("own.csv", f"{header}\n{row}\n")).kind == "lists"


def test_what_the_option_would_refuse_is_said(country: Any) -> None:
    text = "LSOA code (2011),Income Domain Score\nE01000001,0.1\n"
    report = inspect_file(country.put("x.csv", text))
    assert (report.flag, report.readable, report.rows) == ("--deprivation", False, 1)
    assert "not the index itself" in report.odd[-1]


def test_boundaries_of_local_authorities_have_an_option_of_their_own(country: Any) -> None:
    text = json.dumps(square_boundaries()).replace("CCG20", "LAD21")
    said = inspect_file(country.put("lad.geojson", text)).sentences()
    assert said[1] == "Give it with --boundaries, or with --authorities."


def test_the_dates_of_postcode_files(country: Any) -> None:
    directory = "pcds,dointr,doterm,lat,long\nE1 4DG,198001,,51,0\nE1 4DH,199106,202409,51,0\n"
    report = inspect_file(country.put("onspd.csv", directory))
    assert report.sentences()[0].endswith("(ONSPD or NSPL), newest entry September 2024: 2 rows.")
    assert report.facts == ("Ended postcodes among them, used where needed (Q10): 1.",)
    rows = country.write()["postcodes"].read_text()
    with zipfile.ZipFile(country.folder / "codepo_gb.zip", "w") as archive:
        archive.writestr("Doc/metadata.txt", "PRODUCT : X\nCOPYRIGHT DATE : 20260804\n")
        archive.writestr("Data/CSV/aa.csv", rows)
    report = inspect_file(country.folder / "codepo_gb.zip")
    assert (report.kind, report.vintage, report.rows) == ("codepoint", "2026-08-04", 8)


def test_a_folder_of_codepoint_is_one_file(country: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    points = country.write()["postcodes"]
    folder = country.folder / "codepo"
    (folder / "Data").mkdir(parents=True)
    shutil.copy(points, folder / "Data" / "aa.csv")
    shutil.copy(points, folder / "Data" / "ab.csv")
    (report,) = inspect_path(folder)
    assert (report.file, report.kind, report.rows) == ("codepo", "codepoint", 16)
    digest = hashlib.sha256(points.read_bytes()).hexdigest()
    lines = f"{digest}  Data/aa.csv\n{digest}  Data/ab.csv\n"
    assert report.sha256 == checksum(folder) == hashlib.sha256(lines.encode()).hexdigest()
    monkeypatch.chdir(folder)
    assert inspect_path(".")[0].file == "codepo"
    sources = country.load(postcodes=folder).sources.set_index("flag")
    assert sources.loc["postcodes", ["file", "sha256"]].tolist() == ["codepo", report.sha256]


def test_a_folder_of_files_is_inspected_file_by_file(country: Any) -> None:
    country.write()
    for name in ("fetched.json", "LICENCE.txt", "more.csv.part", ".hidden"):
        country.put(name, "x")
    names = [report.file for report in inspect_path(country.folder)]
    assert names == ["boundaries.geojson", "codepoint.csv", "epraccur.csv", "lists.csv", "map.csv"]
    (country.folder / "empty").mkdir()
    with pytest.raises(DataError, match=r"^empty: the folder holds no file"):
        inspect_path(country.folder / "empty")


LSOAS = "codes of LSOA 2011"
GEOGRAPHY = {
    "Clinical_Comm": ("area_lookup", "", "areas of 2021", 106, 0),
    "File_7a": ("deprivation", "--deprivation", LSOAS, 34_753, 0),
    "LLSOA_Dec_2021": ("lsoa_points", "", "codes of LSOA 2021", 35_672, 0),
    "LSOA_(2011)_to": ("lsoa_change", "--lsoa-changes", "not dated", 34_753, 0),
    "Lower_Layer": ("lsoa_area", "", LSOAS, 32_844, 0),
    "PCD_OA": ("postcode_lookup", "", "not dated", 10_584, 0),
    "Rural_Urban": ("rurality", "--rurality", LSOAS, 34_753, 0),
    "ccg20": ("boundaries", "--boundaries", "CCG 2020", 135, 135),
    "ccg21": ("boundaries", "--boundaries", "CCG 2021", 106, 106),
    "codepo_subset_2022": ("codepoint", "--postcodes", "", 10_326, 0),
    "codepo_subset_2025": ("codepoint", "--postcodes", "", 10_269, 0),
}
REAL = {
    "2021-01": {
        "epraccur": ("organisations", "--organisations", "2019-11-06", 14_357, 191),
        "gp-reg-pat-prac-all": ("lists", "--lists", "2021-01-01", 6_658, 135),
        "gp-reg-pat-prac-map": ("membership", "--membership", "2020-09-01", 6_708, 135),
    },
    "2022-01": {
        "epraccur": ("organisations", "--organisations", "2021-11-04", 14_963, 113),
        "gp-reg-pat-prac-all": ("lists", "--lists", "2022-01-01", 6_527, 106),
        "gp-reg-pat-prac-map": ("membership", "--membership", "2022-01-01", 6_527, 106),
    },
    "2022-07": {
        "ePCN_2022-05": ("epcn", "--membership", "2022-05-01", 7_688, 113),
        "ePCN_2023-01": ("epcn", "--membership", "2023-01-09", 7_871, 113),
        "epraccur": ("organisations", "--organisations", "2022-11-14", 15_536, 113),
        "gp-reg-pat-prac-lsoa": ("registrations", "--registrations", "LSOA 2011", 865_965, 0),
    },
    "geography": GEOGRAPHY,
}


@pytest.mark.real
@pytest.mark.parametrize("folder", list(REAL))
def test_every_real_file(shared: Path, folder: str) -> None:
    found = {
        report.file: (report.kind, report.flag, report.vintage, report.rows, report.areas)
        for report in inspect_path(shared / "published" / folder)
    }
    wanted = {
        next(file for file in found if file.startswith(stem)): what
        for stem, what in REAL[folder].items()
    }
    assert found == wanted


@pytest.mark.real
def test_what_is_said_of_real_files(shared: Path) -> None:
    published = shared / "published"
    lists = inspect_file(published / "2021-01/gp-reg-pat-prac-all.csv.gz")
    rows = gzip.decompress((published / "2021-01/gp-reg-pat-prac-all.csv.gz").read_bytes())
    cells = [line.split(",") for line in rows.decode().splitlines()[1:]]
    small = sum(int(row[-1]) < 1_000 for row in cells)
    large = sum(int(row[-1]) > 50_000 for row in cells)
    shared_codes = [row[6] for row in cells]
    twice = sum(shared_codes.count(code) > 1 for code in shared_codes)
    assert lists.odd == (
        f"{small} lists are below 1,000 patients (Q6)",
        f"{large} lists are above 50,000 patients (Q8)",
        f"{twice:,} practices share a postcode with another one (Q9)",
    )
    assert (small, large, twice) == (76, 11, 1_050)
    generalised = inspect_file(published / "geography/ccg20.geojson.gz")
    assert any("outlines are coarse" in text for text in generalised.odd)


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
    assert table.attrs["notes"] == (
        "The lists are of 1 January 2021.",
        "No number of networks of 30,000 to 50,000 patients fits 09B by size alone: a waiver, "
        "another window or a neighbour's practices are needed there.",
    )
    wider = areas(paths["lists"], rules=Rules(min_list=10_000, max_list=20_000))
    assert wider.loc["09A", ["name", "fewest", "most"]].tolist() == ["", 3, 4]


@pytest.mark.parametrize("layout", ["ccg", "sub-icb", "none"])
def test_areas_of_every_layout_of_lists(country: Any, layout: str) -> None:
    country.map_date = "01APR2021"
    paths = country.write()
    whole = areas(paths["lists"], paths["membership"])
    lines = paths["lists"].read_text().splitlines()
    if layout == "sub-icb":
        lines[0] = lines[0].replace("CCG_CODE", "SUB_ICB_LOCATION_CODE")
    if layout == "none":
        lines = [",".join(line.split(",")[:3] + line.split(",")[5:]) for line in lines]
        lines.append("GP_PRAC_PAT_LIST,01JAN2021,GP,A81077,AA1 1AA,ALL,ALL,70")
    paths["lists"].write_text("\n".join(lines))
    if layout == "none":
        with pytest.raises(DataError, match=r"no column that says which area .*--membership"):
            areas(paths["lists"])
    table = areas(paths["lists"], paths["membership"])
    pd.testing.assert_frame_equal(table, whole)
    said = [text for text in table.attrs["notes"] if text not in whole.attrs["notes"]]
    assert said == ([] if layout != "none" else [
        "Odd: areas were taken from map.csv of 2021-04-01, the lists are of 2021-01-01 (Q14).",
        "In no area: 70 patients of 1 practices.",
    ])  # fmt: skip
