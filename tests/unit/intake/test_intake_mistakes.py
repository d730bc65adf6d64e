"""Mistakes that are easily made: each is told with its file, row and column, or said aloud."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from country_files import CCG_HEADER, SIDE, X, Y, square_boundaries

from pcngeo.adjacency import read_edges
from pcngeo.errors import DataError, PatientLevelError, PcnGeoError, RulesError
from pcngeo.intake import load
from pcngeo.intake.areas import resolve
from pcngeo.intake.inspect import inspect_file
from pcngeo.intake.registrations import read_registrations
from pcngeo.intake.tables import read_table
from pcngeo.papers import read_plan
from pcngeo.prepared import prepare_area
from pcngeo.review.saved import FORMAT
from pcngeo.review.saved import _read as read_saved
from pcngeo.rules import Choice, Link, Rules
from pcngeo.scenario import Scenario
from pcngeo.travel import read_travel

NUMBERS = ("9434765919", "943 476 5870", "9434765862")


def told(
    paths: dict[str, Any], match: str, kind: type[PcnGeoError] = DataError, **more: Any
) -> str:
    with pytest.raises(kind) as caught:
        load(**{**paths, "area": "09A", **more})
    assert re.search(match, str(caught.value)), caught.value
    return str(caught.value)


def zipped(path: Path, files: dict[str, bytes | Path]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content if isinstance(content, bytes) else content.read_bytes())
    return path


# ---- rows of totals -------------------------------------------------------------------------
@pytest.mark.parametrize("row", [
    "Total,,,,{}", ",GRAND TOTAL,,,{}", ",,,,{}", "TOTAL,,,,", '"Sub-total:",,,,"{:,}"',
])  # fmt: skip
def test_a_row_of_totals_is_no_practice(country: Any, row: str) -> None:
    """Planners' own tables end in one; as a practice it would double the area."""
    own = "code,name,easting,northing,list_size\nA81001,ONE,401000,301000,9000\n"
    own += "A81002,TWO,405000,305000,7000\n" + row.format(16_000) + "\n"
    made = load(
        lists=country.put("own.csv", own),
        postcodes=country.write()["postcodes"],
        area="all",
        list_date=dt.date(2026, 1, 1),
    )
    assert made.practices["list_size"].to_dict() == {"A81001": 9_000, "A81002": 7_000}
    rows = made.report.rows
    (told,) = rows[rows["line"].eq(4) & rows["file"].eq("own.csv")].itertuples()
    assert told.quirk == "Q17" and told.action.startswith("not used: the row adds up the others")


def test_a_row_of_totals_that_does_not_agree_stops(country: Any) -> None:
    own = "code,easting,northing,list_size\nA81001,401000,301000,9000\nTotal,,,9001\n"
    paths = {**country.write(), "lists": country.put("own.csv", own)}
    told(paths, r"own\.csv, row 3, column list_size: .* 9,001 .* add up to 9,000")


def test_a_workbook_of_another_kind_says_what_it_is(country: Any) -> None:
    """Its first sheet says nothing; its second does."""
    path = country.folder / "ePCN.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"PCN\nCode": ["U1"], "PCN Name": ["X"]}).to_excel(book, sheet_name="a")
        frame = pd.DataFrame({"Partner\nOrganisation\nCode": ["A81001"], "PCN Code": ["U1"]})
        frame.to_excel(book, sheet_name="b", index=False)
    told({**country.write(), "lists": path}, r"looks like an ePCN file .* --membership")


# ---- archives -------------------------------------------------------------------------------
def test_two_lists_in_a_zip_that_differ_are_refused_by_name(country: Any) -> None:
    paths = country.write()
    text = paths["lists"].read_bytes()
    pack = country.folder / "two.zip"
    paths["lists"] = zipped(
        pack, {"a/old.csv": text, "b/new.csv": text.replace(b",8000", b",9000")}
    )
    told(paths, r"two\.zip: .* old\.csv and new\.csv: .*unpack it")
    zipped(pack, {"a/old.csv": text, "b/new.csv": text})
    assert len(load(**paths, area="09A").practices) == 6


def test_a_zip_with_one_table_beside_other_things_is_read(country: Any) -> None:
    paths = country.write()
    beside = {
        "readme.txt": b"hello", "__MACOSX/._lists.csv": b"x", "logo": b"\x89PNG\r\n",
        "empty.csv": b"", "map.csv": paths["membership"],
    }  # fmt: skip
    for order in (1, -1):
        members = {**beside, "lists.csv": paths["lists"]}
        pack = zipped(country.folder / "one.zip", dict(list(members.items())[::order]))
        assert len(load(**{**paths, "lists": pack}, area="09A").practices) == 6
    with pytest.raises(DataError, match=r"none\.zip: this is a picture, not a table"):
        read_table(zipped(country.folder / "none.zip", {"logo": b"\x89PNG\r\n"}), "lists")


def test_two_sheets_that_differ_are_refused_by_name(country: Any) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for title, size in (("2025", 8_000), ("2026", 8_500)):
        sheet = book.create_sheet(title)
        sheet.append(["Practice code", "List size", "Extract date"])
        sheet.append(["A81001", size, "2026-01-01"])
    path = country.folder / "own.xlsx"
    book.save(path)
    with pytest.raises(DataError, match=r"own\.xlsx: .* 2025 and 2026"):
        read_table(path, "lists")


def test_a_code_point_archive_of_several_files_is_one(country: Any) -> None:
    paths = country.write()
    lines = paths["postcodes"].read_bytes().splitlines(keepends=True)
    parts = {"data/aa.csv": b"".join(lines[:3]), "data/ab.csv": b"".join(lines[3:]),
             "licence.txt": b"free"}  # fmt: skip
    paths["postcodes"] = zipped(country.folder / "codepo.zip", parts)
    assert load(**paths, area="09A").practices["outside_m"].notna().all()


def test_registrations_by_sex_stand_beside_those_of_all(tmp_path: Path) -> None:
    def table(count: int) -> bytes:
        return b"PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\nA81001,E01000001,%d\n" % count

    files: dict[str, bytes | Path] = {
        "gp-lsoa-females.csv": table(3), "gp-lsoa-males.csv": table(4), "gp-lsoa-all.csv": table(7),
    }  # fmt: skip
    path = zipped(tmp_path / "homes.zip", files)
    assert read_registrations(path).frame["patients"].tolist() == [7]
    zipped(path, {"january.csv": table(3), "april.csv": table(4)})
    with pytest.raises(DataError, match=r"homes\.zip: .*january\.csv and april\.csv"):
        read_registrations(path)
    zipped(path, {"gp-lsoa-males.csv": table(4)})
    assert read_registrations(path).frame["patients"].tolist() == [4]


@pytest.mark.parametrize("flag", ["lists", "organisations", "membership", "registrations"])
def test_a_folder_is_no_file(country: Any, flag: str) -> None:
    paths = country.write()
    told({**paths, flag: country.folder}, "this is a folder, not a file")


# ---- values that stand in the wrong place ---------------------------------------------------
def test_codes_and_postcodes_exchanged(country: Any) -> None:
    paths = country.write()
    text = paths["lists"].read_text()
    paths["lists"].write_text(re.sub(r",(A8\d+|B8\d+),([A-Z0-9]+ \w+),", r",\2,\1,", text))
    said = told(paths, r"^lists\.csv, row 2, column CODE: 'AA1 0BB' is a postcode, not a practice")
    assert "7 more" in said


def test_no_postcode_found_names_the_files_and_one(country: Any) -> None:
    paths = country.write()
    paths["postcodes"].write_text('"ZZ1 1ZZ",10,400000,300000,"E92000001","","","","",""\n')
    told(paths, r"^codepoint\.csv: none of 6 postcodes of 09A found, such as AA1 0BB\.")


def test_no_postcode_at_all(country: Any) -> None:
    for p in list(country.practices):
        country.change(p.code, other_postcode="")
    paths = country.write()
    text = paths["lists"].read_text()
    paths["lists"].write_text(re.sub(r",AA\d \w+,ALL", ",,ALL", text))
    del paths["membership"]
    told(paths, r"^lists\.csv: none of the 6 practices of 09A has a postcode or coordinates")


def test_latitude_and_longitude_swapped(country: Any) -> None:
    paths = country.write()
    path = country.put("pll.csv", "pcds,lat,long\nAA1 0BB,-0.7,51.3\n")
    told({**paths, "postcodes": path}, r"pll\.csv, row 2: latitude and longitude look swapped: lat")
    own = country.put("own.csv", "code,patients,date,lat,long\nA81001,9000,2026-01-01,-0.7,51.3\n")
    said = told(
        {"lists": own, "postcodes": ()}, r"^own\.csv, row 2: latitude and longitude look sw"
    )
    assert "lat -0.7, long 51.3" in said
    own.write_text("code,patients,date,easting,northing\nA81001,9000,2026-01-01,0.7,51.3\n")
    own.write_text(own.read_text().replace("0.7,51.3", "-5,51"))
    told({"lists": own, "postcodes": ()}, r"row 2: the coordinates of A81001 are not in Britain")


# ---- areas and boundaries -------------------------------------------------------------------
def test_an_area_goes_by_its_name_without_nhs_and_ccg(country: Any) -> None:
    published = country.read()
    assert resolve("alderley", published.areas, "lists.csv").codes == ("09A",)
    twice = published.areas.assign(name="NHS Alderley CCG")
    with pytest.raises(DataError, match="no area"):
        resolve("alderley", twice, "lists.csv")


def test_the_nearest_areas_are_named_once_each(country: Any) -> None:
    paths = country.write()
    del paths["membership"], paths["boundaries"]
    assert told(paths, r"Nearest: 09A, 09B\.", area="Surrey Heath")
    assert told(paths, r"Nearest: 09A, 09B\.", area="")


@pytest.mark.parametrize("area", [None, 10, ["09A", 5]])
def test_an_area_is_text(country: Any, area: Any) -> None:
    told(country.write(), "the area must be a code as text, or several, not", area=area)


@pytest.mark.parametrize(
    "changes", [{"lists": None}, {"lists": gpd.GeoDataFrame()}, {"postcodes": 5}, {"boundaries": 3},
                {"postcodes": [None]}],
)  # fmt: skip
def test_inputs_are_paths(country: Any, changes: dict[str, Any]) -> None:
    told({**country.write(), **changes}, r"must be (the path|a path)")


def test_a_boundary_without_properties(country: Any) -> None:
    paths = country.write()
    bare = square_boundaries()
    for feature in bare["features"]:
        feature["properties"] = {}
    paths["boundaries"].write_text(json.dumps(bare))
    said = told(paths, r"none of the 2 shapes of this file has a code or a name")
    assert "a property CODE with the value 09A" in said


def boundaries_in(country: Any, crs: str, declared: str | None) -> dict[str, Any]:
    """Write the boundaries in coordinates of one system, declaring another."""
    paths = country.write()
    frame = gpd.GeoDataFrame.from_features(square_boundaries(), crs="EPSG:27700").to_crs(crs)
    made = json.loads(frame.to_json())
    made.pop("crs", None)
    if declared:
        name = f"urn:ogc:def:crs:{declared}"
        made["crs"] = {"type": "name", "properties": {"name": name}}
    paths["boundaries"].write_text(json.dumps(made))
    return dict(paths)


@pytest.mark.parametrize(
    ("crs", "declared", "said"),
    [
        ("EPSG:27700", None, "the file says nothing, or degrees"),
        ("EPSG:3857", None, "the file says nothing, or degrees"),
        ("EPSG:27700", "OGC:1.3:CRS84", "the file says nothing, or degrees"),
        ("EPSG:4326", "EPSG::27700", "the file says OSGB36 / British National Grid"),
    ],
)
def test_a_guessed_coordinate_system_is_said(
    country: Any, crs: str, declared: str | None, said: str
) -> None:
    paths = boundaries_in(country, crs, declared)
    area = load(**paths, area="09A")
    assert area.boundary is not None
    assert area.boundary.total_bounds == pytest.approx([X, Y, X + SIDE, Y + SIDE], abs=5)
    note = area.report.here.iloc[0]
    assert note["action"] == f"read as {crs}, which its coordinates are in; {said}"
    assert (note["file"], note["quirk"]) == ("boundaries.geojson", "Q27")
    kinds = area.sources.set_index("flag")["kind"]
    assert kinds["boundaries"] == f"boundaries, read as {crs}"
    assert f"read as {crs}" in inspect_file(paths["boundaries"]).odd[0]


@pytest.mark.parametrize(
    ("crs", "declared"),
    [("EPSG:4326", None), ("EPSG:4326", "OGC:1.3:CRS84"), ("EPSG:27700", "EPSG::27700")],
)
def test_a_coordinate_system_that_is_right_needs_no_word(
    country: Any, crs: str, declared: str | None
) -> None:
    area = load(**boundaries_in(country, crs, declared), area="09A")
    assert area.report.here.empty
    assert "boundaries" in set(area.sources["kind"])


# ---- the planner's choices ------------------------------------------------------------------
def test_an_unknown_practice_names_the_rules_file(country: Any) -> None:
    path = country.put("mine.toml", '[[excluded]]\npractice = "A99999"\nreason = "x"\n')
    told(country.write(), r"mine\.toml: \[\[excluded\]\] names A99999", RulesError,
         rules=Rules.read(path))  # fmt: skip


def test_demands_may_name_practices_of_the_area(country: Any) -> None:
    text = '[[together]]\npractices = ["A81001", "{}"]\n[[apart]]\na = "A81003"\nb = "A81004"\n'
    path = country.put("mine.toml", text.format("A81002"))
    assert len(country.load(rules=Rules.read(path)).practices) == 6
    path.write_text(text.format("A99999"))
    told(country.write(), r"\[\[together\]\] names A99999", RulesError, rules=Rules.read(path))


def test_a_choice_without_a_reason_is_flagged_and_kept(country: Any) -> None:
    rules = Rules(
        excluded=(Choice("A81001"), Choice("A81002", "moved away")),
        bridges=(Link("A81003", "A81004", "ferry"),),
    )
    area = country.load(rules=rules)
    assert area.practices.loc["A81001", "reason"] == "Left out by the planner; no reason given."
    notes = area.report.here
    flagged = notes[notes["column"] == "reason"]
    assert flagged["action"].tolist() == [
        "kept: [[excluded]] A81001 gives no reason",
        "kept: [[bridge]] A81003 - A81004 gives no reason",
    ]
    assert set(flagged["file"]) == {"rules"}


# ---- other files ----------------------------------------------------------------------------
def test_a_narrow_organisations_file(country: Any) -> None:
    paths = country.write()
    rows = [
        ",".join(line.split(",")[:20]) for line in paths["organisations"].read_text().splitlines()
    ]
    paths["organisations"].write_text("\n".join(rows))
    said = told(
        paths, r"epraccur\.csv, row 1: an ODS file of practices \(epraccur\) has 27 columns, "
    )
    assert "this file has" in said
    assert "missing" not in said


@pytest.mark.parametrize("date", ["01JUL2022", ""])
def test_registrations_of_another_date_are_said(country: Any, date: str) -> None:
    rows = [f"{date},A8100{i},E0100000{i},{8_000 if date else 7_000}" for i in range(1, 7)]
    text = "EXTRACT_DATE,PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\n" + "\n".join(rows)
    area = country.load(registrations=country.put("homes.csv", text + "\n"))
    notes = area.report.here
    (action,) = notes["action"][notes["file"] == "homes.csv"]
    assert "1 January 2021" in action
    assert "they are not of the same date" in action


def test_registrations_without_a_date_are_said(country: Any) -> None:
    rows = "".join(f"A8100{i},E0100000{i},8000\n" for i in range(1, 7))
    path = country.put("homes.csv", "PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\n" + rows)
    notes = country.load(registrations=path).report.here
    assert notes["action"].tolist() == [
        "the file does not say its date; 6 of 6 lists of 1 January 2021 agree with it to 1 per cent"
    ]


@pytest.mark.parametrize("flag", ["barriers", "bridges", "practice_areas", "lsoas"])
def test_a_guessed_coordinate_system_of_ones_own_geography_is_said(country: Any, flag: str) -> None:
    """Lines and polygons in metres, in a GeoJSON that does not say so."""
    line = {"type": "LineString", "coordinates": [[405_000, 301_000], [411_000, 313_000]]}
    ring = [[400_000, 300_000], [420_000, 300_000], [420_000, 320_000], [400_000, 300_000]]
    area = {"type": "Polygon", "coordinates": [ring]}
    properties = {"practice": "A81001", "LSOA11CD": "E01000001", "kind": "ferry"}
    feature = {"type": "Feature", "properties": properties,
               "geometry": line if flag in ("barriers", "bridges") else area}  # fmt: skip
    path = country.put("own.geojson", json.dumps(feature))
    made = prepare_area(**country.write(), area="09A", **{flag: path}).intake
    note = made.report.here.iloc[0]
    said = "read as EPSG:27700, which its coordinates are in; the file says nothing, or degrees"
    assert (note["file"], note["quirk"], note["action"]) == ("own.geojson", "Q27", said)
    kind = made.sources.set_index("flag").loc[flag, "kind"]
    assert kind == f"{flag.replace('_', ' ')}, read as EPSG:27700"
    assert made.report.rows["action"].tolist().count(said) == 1


# ---- single patients ------------------------------------------------------------------------
def people(flag: str) -> tuple[str, str]:
    """A file of single patients that would pass for what the flag wants."""
    if flag == "boundaries":
        made = square_boundaries()
        made["features"] = [*made["features"], made["features"][0]]
        for feature, number in zip(made["features"], NUMBERS, strict=True):
            feature["properties"] = {**feature["properties"], "ref": number}
        return "people.geojson", json.dumps(made)
    heads = {
        "lists": (CCG_HEADER, "x,01JAN2021,GP,09A,E38000901,A8100{i},AA1 0BB,ALL,ALL,1"),
        "organisations": (",".join(["ref"] + ["x"] * 26), ",".join(["A8100{i}"] + ["x"] * 26)),
        "membership": ("PRACTICE_CODE,PCN_CODE,CCG_CODE", "A8100{i},U10001,09A"),
        "postcodes": ("pcds,lat,long", "AA1 {i}BB,52.1,-1.2"),
        "registrations": ("PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS", "A8100{i},E01000001,1"),
    }
    head, row = heads[flag]
    rows = [f"{row.format(i=i)},{number}" for i, number in enumerate(NUMBERS)]
    return "people.csv", "\n".join([f"{head},ref", *rows]) + "\n"


FLAGS = ("lists", "organisations", "membership", "postcodes", "registrations", "boundaries")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("flag", FLAGS)
def test_nhs_numbers_are_refused_under_every_flag(country: Any, flag: str, packed: bool) -> None:
    paths = country.write()
    name, text = people(flag)
    path = country.put(name, text)
    if packed:
        path = country.folder / f"{name}.gz"
        path.write_bytes(gzip.compress(text.encode()))
    said = told(
        {**paths, flag: path}, "holds NHS numbers: the file was not read", PatientLevelError
    )
    assert name in said
    assert not any(number in said for number in NUMBERS)


def test_a_property_about_patients_is_refused(country: Any) -> None:
    paths = country.write()
    made = square_boundaries(NHS_NUMBER="")
    paths["boundaries"].write_text(json.dumps(made))
    told(paths, "NHS_NUMBER is about single patients", PatientLevelError)


PERSON = "Transferred with patient 943 476 5919"


def refused(read: Callable[[Path], object], path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(PatientLevelError, match="the file was not read") as caught:
        read(path)
    assert path.name in str(caught.value) and "5919" not in str(caught.value)


def test_single_patients_are_refused_in_every_file_of_the_planners(
    country: Any, tmp_path: Path
) -> None:
    """Edge lists, travel, plans, rules, scenarios and saved reviews, as the published files."""
    practices = country.load().practices
    more = "".join(f"A8100{i},A8100{i + 1},5,{n}\n" for i, n in enumerate(NUMBERS, 1))
    table = tmp_path / "table.csv"
    refused(read_edges, table, f"practice_a,practice_b,border_m,ref\n{more}")
    refused(read_edges, table, "practice_a,practice_b,NHS number\nA81001,A81002,\n")
    refused(partial(read_travel, practices=practices.index), table, f"from,to,minutes,ref\n{more}")
    refused(partial(read_plan, practices=practices), table, f"practice,network,x,ref\n{more}")
    refused(partial(read_plan, practices=practices), table, "practice,network,Date of birth\n")
    rules = f'[[excluded]]\npractice = "A81001"\nreason = "{PERSON}"\n'
    refused(Rules.read, tmp_path / "rules.toml", rules)
    refused(
        Scenario.read, tmp_path / "scenario.toml", f'area = "09A"\n[rules]\n[[rules.{rules[2:]}'
    )
    said = json.dumps({"format": FORMAT, "comments": [{"text": PERSON}]})
    refused(read_saved, tmp_path / "review.json", said)


def test_a_telephone_number_is_no_nhs_number(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[excluded]]\npractice = "A81001"\nreason = "Ring 0943476591 or 020 7946 0018"\n'
    )
    assert Rules.read(path).excluded[0].practice == "A81001"
