"""Every published dialect comes in by the same door and gives the same practices."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from pcngeo.errors import DataError
from pcngeo.intake import Intake, load
from pcngeo.intake.boundaries import read_boundaries
from pcngeo.intake.membership import read_membership
from pcngeo.intake.postcodes import read_postcodes
from pcngeo.intake.registrations import read_registrations
from pcngeo.intake.statistics import read_ages, read_deprivation, read_rurality

ONSPD_2023 = (
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,"
    "osgrdind,oshlthau,nhser,ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,itl,statsward,oa01,casward,"
    "park,lsoa01,msoa01,ur01ind,oac01,oa11,lsoa11,msoa11,wz11,sicbl,bua11,buasd11,ru11ind,oac11,"
    "lat,long,lep1,lep2,pfa,imd,calncv,icb,oa21,lsoa21,msoa21"
)
NSPL_2020 = (
    "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,oa11,cty,ced,laua,ward,"
    "hlthau,nhser,ctry,rgn,pcon,eer,teclec,ttwa,pct,nuts,park,lsoa11,msoa11,wz11,ccg,bua11,"
    "buasd11,ru11ind,oac11,lat,long,lep1,lep2,pfa,imd,calncv,stp"
)
NSPL_2025 = (
    "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,oa21,cty,ced,laua,ward,nhser,"
    "ctry,rgn,pcon,ttwa,itl,park,lsoa21,msoa21,wz11,sicbl,bua24,ruc21,oac11,lat,long,lep1,lep2,"
    "pfa,imd,icb"
)
NSPL_2026 = (
    "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty26cd,ced25cd,lad26cd,"
    "wd26cd,nhser24cd,ctry26cd,rgn26cd,pcon24cd,ttwa15cd,itl25cd,npark16cd,lsoa21cd,msoa21cd,"
    "wz11cd,sicbl26cd,bua24cd,ruc21ind,oac21ind,lat,long,lep21cd1,lep21cd2,pfa23cd,imd25ind,icb26cd"
)


def same(area: Intake, other: Intake) -> None:
    """The practices are the same but for how they are known to be where they are."""
    columns = ["name", "list_size", "area", "standing", "site", "network_today"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(area.practices[columns]), pd.DataFrame(other.practices[columns])
    )


# ---- list sizes -----------------------------------------------------------------------------
@pytest.mark.parametrize("date", ["01JAN2021", "01Jan2021", "01-Jan-21", "01/01/2021", "20210101",
                                  "2021-01-01T00:00:00", "1 January 2021"])  # fmt: skip
def test_dates_of_lists(country: Any, date: str) -> None:
    country.date = date
    assert str(country.load().list_date) == "2021-01-01"


def test_a_date_that_is_not_1_january_is_pointed_out(country: Any) -> None:
    country.date = country.map_date = "04JAN2021"
    rows = country.load().report.here
    assert rows["quirk"].tolist() == ["R06"] and "4 January 2021" in rows["action"].iloc[0]


@pytest.mark.parametrize("layout", ["ccg", "sub-icb", "none", "names", "extra rows"])
def test_layouts_of_lists(country: Any, layout: str) -> None:
    before = country.load()
    paths = country.write()
    lines = paths["lists"].read_text().splitlines()
    if layout == "sub-icb":
        lines[0] = lines[0].replace("CCG_CODE", "SUB_ICB_LOCATION_CODE")
    if layout == "none":
        lines = [",".join(line.split(",")[:3] + line.split(",")[5:]) for line in lines]
    if layout == "names":
        lines[0] = lines[0].lower().replace("number_of_patients", " Number of Patients ")
    if layout == "extra rows":
        lines.insert(3, "GP_PRAC_PAT_LIST,01JAN2021,CCG,09A,E38000901,09A,,ALL,ALL,48000")
        lines.insert(3, "GP_PRAC_PAT_LIST,01JAN2021,GP,09A,E38000901,A81001,AA1 0BB,MALE,ALL,4000")
    paths["lists"].write_text("\n".join(lines))
    after = load(**paths, area="09A")
    same(before, after)
    if layout == "extra rows":
        actions = after.report.rows["action"]
        assert actions.str.contains("not a practice's total").sum() == 2


# ---- the planner's own table ----------------------------------------------------------------
OWN = [
    ["Practice code", "Practice name", "List size", "Easting", "Northing", "List date"],
    ["A81001", "ONE", 8_000, 403_000, 302_500, "2021-01-01"],
    ["A81002", "TWO", "9,500", 406_000, 305_000, "2021-01-01"],
]


def test_an_own_table_as_csv_needs_no_postcodes(country: Any) -> None:
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in OWN)
    path = country.put("own.csv", text)
    area = load(lists=path, postcodes=[], area="My town")
    assert (area.area, area.boundary) == ("My town", None)
    assert area.practices["list_size"].tolist() == [8_000, 9_500]
    assert area.practices["located_by"].tolist() == ["coordinates in own.csv"] * 2
    assert area.practices.geometry.x.tolist() == [403_000, 406_000]
    assert str(area.list_date) == "2021-01-01"


def test_an_own_table_as_workbook_with_a_title(country: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Practices of my town"])
    sheet.append([])
    for row in OWN:
        sheet.append(row)
    path = country.folder / "own.xlsx"
    book.save(path)
    area = load(lists=path, postcodes=(), area="my town")
    assert area.practices["list_size"].tolist() == [8_000, 9_500]
    assert area.practices["name"].tolist() == ["ONE", "TWO"]


def test_an_own_table_by_latitude_with_its_own_boundary(country: Any) -> None:
    text = "code,patients,lat,long,date\nA81001,8000,52.60,-1.95,2021-01-01\n"
    text += "A81002,9000,52.61,-1.90,2021-01-01\n"
    boundary = country.folder / "mine.geojson"
    ring = [[-2.1, 52.5], [-1.8, 52.5], [-1.8, 52.7], [-2.1, 52.7], [-2.1, 52.5]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    boundary.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": shape}))
    path = country.put("own.csv", text)
    area = load(lists=path, postcodes=(), area="my town", boundaries=boundary)
    assert area.practices.geometry.x.between(400_000, 410_000).all()
    assert (area.practices["outside_m"] == 0).all()


# ---- packing --------------------------------------------------------------------------------
@pytest.mark.parametrize("packing", ["gzip", "zip", "zip beside a note"])
@pytest.mark.parametrize(
    "flag", ["lists", "organisations", "membership", "postcodes", "boundaries"]
)
def test_packed_files(country: Any, packing: str, flag: str) -> None:
    before = country.load()
    paths = country.write()
    content, name = paths[flag].read_bytes(), paths[flag].name
    if packing == "gzip":
        paths[flag] = country.folder / f"{name}.gz"
        paths[flag].write_bytes(gzip.compress(content))
    else:
        paths[flag] = country.folder / "packed.zip"
        with zipfile.ZipFile(paths[flag], "w", zipfile.ZIP_DEFLATED) as archive:
            if "note" in packing:
                archive.writestr("Documents/readme.txt", "Read me, please")
                archive.writestr("a/names and codes.csv", "CTRY12CD,CTRY12NM\nE92,England\n")
            archive.writestr(f"Data/{name}", content)
    after = load(**paths, area="09A")
    same(before, after)


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters(country: Any, delimiter: str) -> None:
    before = country.load()
    paths = country.write()
    paths["lists"].write_text(paths["lists"].read_text().replace(",", delimiter))
    same(before, load(**paths, area="09A"))


# ---- maps and ePCN --------------------------------------------------------------------------
@pytest.mark.parametrize("header", [
    "PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,PRACTICE_POSTCODE,PCN_CODE,PCN_NAME,"
    "ONS_SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,ONS_ICB_CODE,ICB_CODE,"
    "ICB_NAME,ONS_COMM_REGION_CODE,COMM_REGION_CODE,COMM_REGION_NAME",
    "PUBLICATION,EXTRACT_DATE,CODE,NAME,POSTCODE,PCN_CODE,PCN_NAME,CCG_ONS_CODE,CCG_CODE,CCG_NAME,"
    "STP_ONS_CODE,STP_CODE,STP_NAME,REGION_ONS_CODE,REGION_CODE,REGON_NAME",
])  # fmt: skip
def test_headers_of_maps(country: Any, header: str) -> None:
    before = country.load(area="QZ9")
    paths = country.write()
    lines = paths["membership"].read_text().splitlines()
    paths["membership"].write_text("\n".join([header, *lines[1:]]))
    after = load(**paths, area="QZ9")
    same(before, after)
    assert after.area_name == "Alder and Birch"


def test_a_map_from_before_networks(country: Any) -> None:
    paths = country.write()
    lines = [line.split(",") for line in paths["membership"].read_text().splitlines()]
    paths["membership"].write_text("\n".join(",".join(cells[:5] + cells[7:]) for cells in lines))
    area = load(**paths, area="09A")
    assert (area.practices["network_today"] == "").all()
    assert area.area_name == "NHS Alderley CCG"


@pytest.mark.parametrize("blank", ["U", "", "-"])
def test_no_network(country: Any, blank: str) -> None:
    country.change("A81002", pcn=blank)
    assert country.load().practices.loc["A81002", "network_today"] == ""


@pytest.mark.parametrize("era", ["ccg", "sub-icb"])
def test_epcn_workbooks_of_both_eras(country: Any, era: str) -> None:
    words = ("CCG Code", "CCG Name") if era == "ccg" else ("Sub ICB Loc Code", "Sub ICB Loc Name")
    book = openpyxl.Workbook()
    details = book.active
    details.title = "PCNDetails"
    details.append(["PCN Code", "PCN Name", "Current Clinical \nCommissioning \nGroup Code"])
    details.append(["U10001", "ONE", "09A"])
    sheet = book.create_sheet("PCN Core Partner Details")
    sheet.append([
        "Partner\nOrganisation\nCode", "Partner\nName", f"Practice\nParent\n{words[0]}",
        f"Practice\nParent\n{words[1]}", "PCN Code", "PCN Name", f"PCN Parent\n{words[0]}",
        f"PCN Parent\n{words[1]}", "Practice to PCN\nRelationship\nStart Date",
        "Practice to PCN\nRelationship\nEnd Date", "Practice CCG and PCN\nCCG Match ",
    ])  # fmt: skip
    sheet.append(["A81001", "S", "09A", "N", "U10001", "ONE", "09A", "N", "20190701", None, True])
    sheet.append(["A81002", "S", "09A", "N", "U10001", "ONE", "09A", "N", 20190701, 20200101, True])
    path = country.folder / "ePCN.xlsx"
    book.save(path)
    frame = read_membership(path).frame
    assert frame["pcn"].to_dict() == {"A81001": "U10001", "A81002": ""}
    assert frame["area"].tolist() == ["09A", "09A"]


def test_a_practice_listed_in_two_networks_now(country: Any) -> None:
    path = country.put(
        "epcn.csv",
        "A81001,S,09A,N,U10002,TWO,09A,N,20200102,,True\n"
        "A81001,S,09A,N,U10001,ONE,09A,N,20190701,,True\n",
    )
    membership = read_membership(path)
    assert membership.frame.loc["A81001", "pcn"] == "U10002"
    assert [(note.quirk, note.line) for note in membership.notes] == [("R20", 2)]


# ---- postcodes ------------------------------------------------------------------------------
@pytest.mark.parametrize(("header", "called"), [
    (ONSPD_2023, "ONSPD"), (NSPL_2020, "NSPL"), (NSPL_2025, "NSPL"),
    (NSPL_2026, "postcode directory"), ("pcds,lat,long", "postcode directory"),
    ("Postcode,Easting,Northing", "Code-Point Open"),
])  # fmt: skip
@pytest.mark.parametrize("quoted", [False, True])
def test_postcode_directories_of_every_era(
    country: Any, header: str, called: str, quoted: bool
) -> None:
    values = {"pcd": "AA1 1AB", "pcd7": "AA1 1AB", "pcds": "AA1 1AB", "postcode": "AA1 1AB",
              "oseast1m": "403000", "osnrth1m": "302500", "east1m": "403000",
              "north1m": "302500", "easting": "403000", "northing": "302500",
              "osgrdind": "1", "gridind": "1", "lat": "52.620134", "long": "-1.957140"}  # fmt: skip
    cells = [values.get(name.lower(), "") for name in header.split(",")]
    mark = '"' if quoted else ""
    row = ",".join(f"{mark}{cell}{mark}" for cell in cells)
    path = country.put("directory.csv", f"{header}\n{row}\n")
    frame = read_postcodes(path, ["aa11ab", "ZZ9 9ZZ"]).frame
    assert list(frame.index) == ["AA11AB"]
    place = frame.loc["AA11AB"]
    assert place["easting"] == pytest.approx(403_000, abs=300)
    assert place["northing"] == pytest.approx(302_500, abs=300)
    assert place["source"] == called


def test_a_folder_of_code_point_open(country: Any) -> None:
    folder = country.folder / "codepo_gb"
    (folder / "Data" / "CSV").mkdir(parents=True)
    (folder / "Doc").mkdir()
    for area in ("aa", "ab"):
        text = f'"{area.upper()}1 1AB",10,403000,302500,"E92000001","","","","",""\n'
        (folder / "Data" / "CSV" / f"{area}.csv").write_text(text)
    (folder / "Doc" / "headers.csv").write_text("PC,PQ,EA,NO,CY,RH,LH,CC,DC,WC\n")
    found = read_postcodes(folder, ["AA1 1AB", "AB1 1AB"])
    assert list(found.frame.index) == ["AA11AB", "AB11AB"]
    assert found.files == (("codepo_gb", "codepoint", 2),)
    before = country.load()
    same(before, country.load(postcodes=[folder, country.folder / "codepoint.csv"]))


def test_the_first_file_wins(country: Any) -> None:
    one = country.put("one.csv", "pcds,oseast1m,osnrth1m\nAA1 1AB,403000,302500\n")
    two = country.put("two.csv", "pcds,oseast1m,osnrth1m\nAA1 1AB,1,1\nAA1 1AD,404000,302500\n")
    frame = read_postcodes([one, two], ["AA1 1AB", "AA1 1AD"]).frame
    assert frame["easting"].tolist() == [403_000, 404_000]
    assert frame["file"].tolist() == ["one.csv", "two.csv"]


def test_a_lookup_without_coordinates_is_refused(country: Any) -> None:
    path = country.put("lookup.csv", "pcd7,pcd8,pcds,doterm,oa11cd,lsoa11cd\nA,A,A,,E,E\n")
    with pytest.raises(DataError, match="looks like a postcode lookup without coordinates"):
        read_postcodes(path, [])


# ---- boundaries -----------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["geojson", "gpkg", "gpkg.gz", "gpkg.zip", "shp", "shp.zip",
                                  "geojson in 4326", "geojson in 3857", "stale crs"])  # fmt: skip
def test_formats_of_boundaries(country: Any, form: str, tmp_path: Path) -> None:
    before = country.load()
    paths = country.write()
    frame = gpd.read_file(paths["boundaries"]).set_crs("EPSG:27700", allow_override=True)
    kind = form.split(".", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    path = tmp_path / "out" / f"areas.{'geojson' if kind == 'stale' else kind}"
    path.parent.mkdir()
    if "in " in form:
        frame.to_crs(f"EPSG:{form[-4:]}").to_file(path, engine="pyogrio")
    elif kind == "stale":
        text = json.loads(paths["boundaries"].read_text())
        text["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
        path.write_text(json.dumps(text))
    else:
        frame.to_file(path, engine="pyogrio")
    if form.endswith(".gz"):
        packed = path.with_suffix(".gpkg.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path = packed
    if form.endswith(".zip"):
        packed = tmp_path / "areas.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for part in sorted(path.parent.iterdir()):
                archive.write(part, f"folder/{part.name}")
        path = packed
    paths["boundaries"] = path
    after = load(**paths, area="09A")
    same(before, after)
    assert after.boundary.crs.to_epsg() == 27700
    assert after.boundary.geometry["09A"].area == pytest.approx(20_000**2, rel=1e-3)


@pytest.mark.parametrize("columns", [("CCG19CD", "CCG19NM"), ("ccg20cd", "ccg20nm"),
                                     ("SICBL23CD", "SICBL23NM"), ("ons_code", "name")])  # fmt: skip
def test_columns_of_boundaries(country: Any, columns: tuple[str, str]) -> None:
    paths = country.write()
    text = paths["boundaries"].read_text()
    for old, new in zip(("CCG20CD", "CCG20NM"), columns, strict=True):
        text = text.replace(old, new)
    paths["boundaries"].write_text(text)
    assert list(load(**paths, area="09A").boundary.index) == ["09A"]


@pytest.mark.parametrize(("column", "vintage"), [
    ("CCG19CD", "CCG 2019"), ("ccg20cd", "CCG 2020"), ("SICBL22CD", "SICBL 2022"),
    ("SICBL23CD", "SICBL 2023"), ("ICB22CD", "ICB 2022"), ("ICB23CD", "ICB 2023"),
    ("LAD21CD", "LAD 2021"), ("lad23cd", "LAD 2023"), ("LSOA11CD", "LSOA 2011"),
    ("LSOA21CD", "LSOA 2021"),
])  # fmt: skip
@pytest.mark.parametrize("packing", ["geojson", "geojson.gz", "shp.zip"])
def test_code_columns_of_boundaries_are_known_by_their_pattern(
    country: Any, tmp_path: Path, column: str, vintage: str, packing: str
) -> None:
    named = column[:-2] + ("NM" if column.isupper() else "nm")
    text = country.write()["boundaries"].read_text()
    text = text.replace("CCG20CD", column).replace("CCG20NM", named)
    path = tmp_path / f"areas.{packing}"
    if packing == "geojson":
        path.write_text(text)
    elif packing == "geojson.gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        (tmp_path / "own").mkdir()
        shape = gpd.read_file(io.BytesIO(text.encode())).set_crs(27700, allow_override=True)
        shape.to_file(tmp_path / "own" / "areas.shp", engine="pyogrio")
        with zipfile.ZipFile(path, "w") as archive:
            for part in sorted((tmp_path / "own").iterdir()):
                archive.write(part, part.name)
    read = read_boundaries(path)
    assert read.vintage == vintage
    assert read.frame["ons"].tolist() == ["E38000901", "E38000902"]
    assert read.frame["name"].tolist() == ["NHS Alderley CCG", "NHS Birchmoor CCG"]


# ---- what is published by LSOA and age ------------------------------------------------------
def test_registrations_sum_over_sexes_but_not_with_all(country: Any) -> None:
    header = "PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,LSOA_CODE,SEX,NUMBER_OF_PATIENTS"
    rows = "P,01JAN2021,A81001,N,E01000001,{0},{1}\n"
    halves = rows.format("MALE", 3) + rows.format("FEMALE", 4)
    for text in (halves, halves + rows.format("ALL", 7), rows.format("ALL", 7)):
        homes = read_registrations(country.put("lsoa.csv", f"{header}\n{text}"))
        assert homes.frame["patients"].tolist() == [7]
        assert str(homes.date) == "2021-01-01"


@pytest.mark.parametrize("bad", ["-1", "1.5", "*", "many"])
def test_registrations_that_are_no_counts(country: Any, bad: str) -> None:
    text = (
        f"PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\nA81001,E01000001,5\nA81001,E01000002,{bad}\n"
    )
    with pytest.raises(DataError, match=r"lsoa\.csv, row 3, column NUMBER_OF_PATIENTS"):
        read_registrations(country.put("lsoa.csv", text))


def test_deprivation_of_both_years(country: Any) -> None:
    stem = "Index of Multiple Deprivation (IMD)"
    for year, code in ((2011, "E01000001"), (2021, "E01035000")):
        header = (f"LSOA code ({year}),LSOA name ({year}),Local Authority District code (2019),"
                  f"Name,{stem} Score,{stem} Rank (where 1 is most deprived),"
                  f"{stem} Decile (where 1 is most deprived 10% of LSOAs)")  # fmt: skip
        frame = read_deprivation(
            country.put("imd.csv", f'{header}\n{code},N,E07,D,20.5,"1,234",3\n')
        )
        assert frame.loc[code].tolist() == [20.5, 1234, 3]
        assert frame.attrs["vintage"] == str(year)


def test_rurality_of_both_years(country: Any) -> None:
    old = country.put("ruc.csv", "LSOA11CD,LSOA11NM,RUC11CD,RUC11\nE01000001,N,A1,Urban\n"
                      "E01000002,N,E2,Rural village in a sparse setting\n")  # fmt: skip
    assert read_rurality(old)["rural"].tolist() == [False, True]
    new = country.put("ruc.csv", "LSOA21CD,LSOA21NM,RUC21CD,RUC21NM\nE01000001,N,UN1,Urban\n"
                      "E01000002,N,RSF1,Smaller rural\n")  # fmt: skip
    assert read_rurality(new)["rural"].tolist() == [False, True]


def test_ages_are_taken_of_practices_only(country: Any) -> None:
    path = country.put(
        "ages.csv",
        "PUBLICATION,EXTRACT_DATE,ORG_TYPE,ORG_CODE,ONS_CODE,POSTCODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS\n"
        "P,D,GP,A81001,,X,MALE,0_4,10\nP,D,GP,A81001,,X,FEMALE,0_4,12\n"
        "P,D,GP,A81001,,X,MALE,95+,2\nP,D,GP,A81001,,X,MALE,ALL,12\nP,D,PCN,U10001,,X,MALE,0_4,10\n",
    )
    frame = read_ages(path)
    assert frame.to_numpy().tolist() == [["A81001", 0, 4, 22], ["A81001", 95, 120, 2]]


def test_reading_leaves_the_files_as_they_were(country: Any) -> None:
    paths = country.write()
    before = {flag: path.read_bytes() for flag, path in paths.items()}
    load(**paths, area="09A")
    assert before == {flag: path.read_bytes() for flag, path in paths.items()}


def test_the_same_files_give_the_same_bytes(country: Any) -> None:
    one, two = country.load(), country.load()
    for name in ("rows", "reconciliation"):
        texts = [getattr(area.report, name).to_csv() for area in (one, two)]
        assert texts[0] == texts[1]
    buffer = [io.StringIO(), io.StringIO()]
    one.practices.to_csv(buffer[0])
    two.practices.to_csv(buffer[1])
    assert buffer[0].getvalue() == buffer[1].getvalue()


@pytest.mark.parametrize("name", ["oslaua", "laua", "lad25cd", "ladcd"])
def test_local_authorities_come_with_the_postcodes_R23(tmp_path: Path, name: str) -> None:
    path = tmp_path / "directory.csv"
    path.write_text(
        f"pcds,oseast1m,osnrth1m,{name}\n"
        "AA1 1AA,400000,300000,E08000012\nAA1 1AB,400100,300000,S\n",
        encoding="utf-8",
    )
    frame = read_postcodes(path, ["AA1 1AA", "AA1 1AB"]).frame
    assert frame["authority"].to_dict() == {"AA11AA": "E08000012", "AA11AB": ""}
    assert frame["authority_name"].tolist() == ["", ""]


def test_names_of_local_authorities_come_with_the_postcodes_R23(tmp_path: Path) -> None:
    path = tmp_path / "directory.csv"
    path.write_text(
        "pcds,oseast1m,osnrth1m,ladcd,ladnm\nAA1 1AA,400000,300000,E08000012,Liverpool\n"
        "AA1 1AB,400100,300000,S,Nowhere\n",
        encoding="utf-8",
    )
    frame = read_postcodes(path, ["AA1 1AA", "AA1 1AB"]).frame
    assert frame["authority_name"].to_dict() == {"AA11AA": "Liverpool", "AA11AB": ""}


def test_local_authorities_of_code_point_open_are_of_one_edition_R23(tmp_path: Path) -> None:
    """A code of another edition may differ without a border: it is left out."""
    from pcngeo.intake.locate import _of_one_edition

    path = tmp_path / "codepo.csv"
    path.write_text(
        '"AA1 1AA",10,400000,300000,"E92000001","E1","E18","","E07000240","E05"\n'
        '"AA1 1AB",10,400100,300000\n',
        encoding="utf-8",
    )
    frame = read_postcodes(path, ["AA1 1AA", "AA1 1AB"]).frame
    assert frame["authority"].tolist() == ["E07000240", ""]
    places = pd.DataFrame(
        {
            "authority": ["E06000063", "E06000063", "E07000026"],
            "authority_name": ["Cumberland", "", "Allerdale"],
            "file": ["new", "new", "old"],
        }
    )
    kept = _of_one_edition(places)
    assert kept["local_authority"].tolist() == ["E06000063", "E06000063", ""]
    assert kept["local_authority_name"].tolist() == ["Cumberland", "", ""]


def test_a_directory_and_its_parts_in_one_archive_are_read_once(tmp_path: Path) -> None:
    whole = "PCD,OSEAST1M,OSNRTH1M\nAA1 1AA,400000,300000\nBB1 1BB,410000,310000\n"
    path = tmp_path / "ONSPD_FEB_2022.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Data/ONSPD_FEB_2022_UK.csv", whole)
        for part in ("AA", "BB"):
            archive.writestr(f"Data/multi_csv/ONSPD_FEB_2022_UK_{part}.csv", whole)
    found = read_postcodes(path, ["AA1 1AA", "BB1 1BB"])
    assert len(found.frame) == 2
    assert found.files == ((path.name, "postcodes", 2),)
    only_parts = tmp_path / "parts.zip"
    with zipfile.ZipFile(only_parts, "w") as archive:
        archive.writestr("Data/multi_csv/ONSPD_FEB_2022_UK_AA.csv", whole)
    assert len(read_postcodes(only_parts, ["AA1 1AA"]).frame) == 1
