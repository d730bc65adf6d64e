"""The bundled sample: made by its script to the byte, whole, as odd as promised, and not real."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import Point

import pcngeo
from pcngeo.pipeline import PlannedArea
from pcngeo.rules import Rules
from pcngeo.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
AREA = "99Z"
HEAD_NORTHING = 411_300  # of the estuary's head; east of it, water parts north from south
FILES = {
    "boundaries.geojson", "epraccur.csv", "gp-reg-pat-prac-all.csv", "gp-reg-pat-prac-lsoa-all.csv",
    "gp-reg-pat-prac-map.csv", "imd.csv", "lsoa.geojson", "postcodes.csv", "ruc.csv", "rules.toml",
    "scenario.toml",
}  # fmt: skip


# ---- reading, with nothing but pandas -----------------------------------------------------------
@pytest.fixture(scope="module")
def folder() -> Path:
    return ROOT / "data" / "sample"


def text_table(path: Path, **options: Any) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", **options)


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    """The list file as it stands, the doubled row twice."""
    table = text_table(folder / "gp-reg-pat-prac-all.csv")
    table["patients"] = table["NUMBER_OF_PATIENTS"].astype(int)
    return table


@pytest.fixture(scope="module")
def lists(rows: pd.DataFrame) -> pd.DataFrame:
    """Practices of the area, each once."""
    own = rows[rows["SUB_ICB_LOCATION_CODE"] == AREA]
    return own.drop_duplicates().set_index("CODE")


@pytest.fixture(scope="module")
def organisations(folder: Path) -> pd.DataFrame:
    table = text_table(folder / "epraccur.csv", header=None)
    table.columns = pd.RangeIndex(1, 28)  # as the published description counts them
    return table.set_index(1)


@pytest.fixture(scope="module")
def postcodes(folder: Path) -> pd.DataFrame:
    return text_table(folder / "postcodes.csv").set_index("pcds")


@pytest.fixture(scope="module")
def boundary(folder: Path) -> Any:
    """The area in British National Grid metres."""
    frame = gpd.read_file(folder / "boundaries.geojson").to_crs(27700)
    return frame.set_index(frame["SICBL23NM"].str[-3:]).geometry


@pytest.fixture(scope="module")
def rules(folder: Path) -> Rules:
    return Rules.read(folder / "rules.toml")


@pytest.fixture(scope="module")
def points(
    lists: pd.DataFrame, organisations: pd.DataFrame, postcodes: pd.DataFrame, rules: Rules
) -> dict[str, Point]:
    """Where each practice of the area is: by its postcode at ODS, or by hand."""
    found = {place.practice: Point(place.easting, place.northing) for place in rules.places}
    for code in lists.index:
        if code not in found:
            row = postcodes.loc[organisations.loc[code, 10]]
            found[code] = Point(int(row["oseast1m"]), int(row["osnrth1m"]))
    return found


# ---- the script ---------------------------------------------------------------------------------
def test_the_script_makes_the_committed_bytes(folder: Path, tmp_path: Path) -> None:
    script = ROOT / "data" / "make_sample.py"
    subprocess.run([sys.executable, script, tmp_path], check=True, cwd=tmp_path)
    made = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.iterdir()}
    kept = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in FILES}
    assert made == kept


def test_the_folder_holds_these_files_and_stays_small(folder: Path) -> None:
    here = {p.name: p.stat().st_size for p in folder.iterdir() if not p.name.startswith(".")}
    assert set(here) == FILES
    assert sum(here.values()) < 1_500_000


def test_every_file_with_room_says_that_it_is_synthetic(folder: Path) -> None:
    for name in FILES - {"postcodes.csv", "rules.toml"}:
        assert "synthetic" in (folder / name).read_text("utf-8-sig")[:2_000].lower(), name
    assert "synthetic" in (folder / "rules.toml").read_text("utf-8").splitlines()[0]
    assert "synthetic" in (ROOT / "data" / "README.md").read_text("utf-8").lower()


def test_the_scenario_and_its_rules_can_be_read(folder: Path) -> None:
    scenario = Scenario.read(folder / "scenario.toml")
    assert scenario.area == (AREA,)
    assert {"lists", "organisations", "postcodes", "boundaries", "membership", "registrations"} == (
        set(scenario.inputs)
    )
    given = [
        p
        for value in scenario.inputs.values()
        for p in (value if isinstance(value, tuple) else (value,))
    ]
    assert all(Path(p).is_file() for p in given)
    assert scenario.time_limit is None, "the sample's plan must be the same on any machine"
    choices = [*scenario.rules.declined, *scenario.rules.bridges, *scenario.rules.places]
    assert choices
    assert all(choice.reason for choice in choices)


def test_the_ferry_in_the_rules_can_be_switched_on(folder: Path) -> None:
    text = (folder / "rules.toml").read_text("utf-8")
    ferry = text[text.index("# [[bridge]]") :]
    assert tomllib.loads(ferry.replace("# ", ""))["bridge"][0]["kind"] == "ferry"


# ---- size and shape -----------------------------------------------------------------------------
def test_about_sixty_practices_and_480_000_patients(
    lists: pd.DataFrame, rows: pd.DataFrame
) -> None:
    assert 55 <= len(lists) <= 65
    assert lists["patients"].sum() == pytest.approx(480_000, rel=0.01)
    ordinary = lists.loc[lists["patients"].between(1_000, 50_000), "patients"]
    assert 6_500 <= ordinary.mean() <= 8_500
    assert ordinary.median() < ordinary.mean()
    neighbours = rows[rows["SUB_ICB_LOCATION_CODE"] != AREA]
    assert 5 <= len(neighbours) <= 10
    assert set(rows["EXTRACT_DATE"]) == {"2026-01-01"}


def test_the_land_lies_in_open_sea_inside_the_grid(boundary: Any) -> None:
    west, south, east, north = boundary.total_bounds
    assert 590_000 < west < east < 655_000
    assert 380_000 < south < north < 445_000


def test_boundaries_and_lsoas_fit_without_gap_or_overlap(folder: Path, boundary: Any) -> None:
    lsoas = gpd.read_file(folder / "lsoa.geojson")
    degrees = gpd.read_file(folder / "boundaries.geojson").geometry
    assert lsoas["LSOA21CD"].is_unique
    own = lsoas[lsoas["LSOA21CD"].str.startswith("E01999")]
    assert 250 <= len(own) <= 320
    assert (lsoas.geom_type == "Polygon").all()
    assert shapely.coverage_is_valid(lsoas.geometry.array)
    assert degrees.is_valid.all()
    assert shapely.equals(shapely.coverage_union_all(own.geometry.array), degrees.iloc[0])
    metres = own.to_crs(27700).geometry
    assert metres.area.sum() == pytest.approx(boundary[AREA].area, rel=1e-9)
    assert metres.area.min() > 100_000


def test_the_estuary_parts_the_banks_but_for_head_and_bridge(
    boundary: Any, points: dict[str, Point], rules: Rules, organisations: pd.DataFrame
) -> None:
    mainland = max(boundary[AREA].geoms, key=lambda part: part.area)
    inside = {code: p for code, p in points.items() if mainland.contains(p)}
    north = {code for code, p in inside.items() if p.y > HEAD_NORTHING + 800}
    head = next(code for code in inside if organisations.loc[code, 2] == "QUILLHEAD SURGERY")
    sites = sorted({(p.x, p.y) for p in inside.values()})
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.MultiPoint(sites), extend_to=mainland.buffer(5_000), ordered=True
        )
    )
    cells = shapely.intersection(cells, mainland)
    codes = {(p.x, p.y): code for code, p in inside.items()}
    for (one, a), (other, b) in itertools.combinations(zip(sites, cells, strict=True), 2):
        crosses = (codes[one] in north) != (codes[other] in north)
        if crosses and shapely.length(shapely.intersection(a, b)) > 1:
            assert head in (codes[one], codes[other])
    bridge = rules.bridges[0]
    assert (bridge.a in north) != (bridge.b in north)
    line = shapely.LineString([points[bridge.a], points[bridge.b]])
    assert line.difference(mainland).length > 2_000


# ---- what is odd about it, as promised ----------------------------------------------------------
def test_an_island_too_small_for_a_network(
    boundary: Any, points: dict[str, Point], lists: pd.DataFrame
) -> None:
    assert len(boundary[AREA].geoms) == 2
    mainland, island = sorted(boundary[AREA].geoms, key=lambda part: -part.area)
    there = [code for code, p in points.items() if island.contains(p)]
    assert len(there) == 2
    assert 7_000 < lists.loc[there, "patients"].sum() < 9_000
    assert island.distance(mainland) > 5_000


def test_practices_that_share_a_postcode(lists: pd.DataFrame) -> None:
    assert sorted(n for n in Counter(lists["POSTCODE"]).values() if n > 1) == [2, 3]


def test_one_practice_over_the_ceiling_and_one_small_ordinary_one(
    lists: pd.DataFrame, organisations: pd.DataFrame
) -> None:
    assert (lists["patients"] > 50_000).sum() == 1
    small = lists.index[lists["patients"].between(800, 999)]
    assert len(small) == 1
    assert organisations.loc[small[0], 2].endswith("SURGERY")


def test_a_special_scheme_of_forty_patients(
    lists: pd.DataFrame, organisations: pd.DataFrame
) -> None:
    scheme = lists.index[lists["patients"] == 40]
    assert len(scheme) == 1
    assert "SPECIAL ALLOCATION SCHEME" in organisations.loc[scheme[0], 2]


def test_one_practice_declines_with_a_reason(rules: Rules, lists: pd.DataFrame) -> None:
    assert len(rules.declined) == 1
    assert lists.loc[rules.declined[0].practice, "patients"] > 1_000


def test_a_closed_and_a_dormant_practice_still_have_patients(
    lists: pd.DataFrame, organisations: pd.DataFrame
) -> None:
    status = organisations.loc[lists.index, 13]
    assert Counter(status) == {"ACTIVE": len(lists) - 2, "INACTIVE": 1, "DORMANT": 1}
    closed = status.index[status == "INACTIVE"][0]
    assert organisations.loc[closed, 12] == "20251130"
    assert lists.loc[closed, "patients"] > 0


def test_a_misspelt_postcode_that_ods_spells_right(
    lists: pd.DataFrame, organisations: pd.DataFrame, postcodes: pd.DataFrame
) -> None:
    other = lists.index[lists["POSTCODE"] != organisations.loc[lists.index, 10]]
    assert len(other) == 1
    typed, right = lists.loc[other[0], "POSTCODE"], organisations.loc[other[0], 10]
    assert typed.replace("I", "L") == right
    assert typed not in postcodes.index
    assert right in postcodes.index


def test_a_postcode_in_no_file_is_located_by_hand(
    lists: pd.DataFrame, organisations: pd.DataFrame, postcodes: pd.DataFrame, rules: Rules
) -> None:
    known = organisations.loc[lists.index, 10].isin(postcodes.index)
    assert list(lists.index[~known]) == [place.practice for place in rules.places]


def test_one_postcode_is_terminated(lists: pd.DataFrame, postcodes: pd.DataFrame) -> None:
    used = postcodes[postcodes.index.isin(lists["POSTCODE"])]
    assert Counter(used["doterm"] != "")[True] == 1


def test_one_row_stands_twice(rows: pd.DataFrame) -> None:
    assert rows.duplicated().sum() == 1
    assert rows.drop_duplicates()["CODE"].is_unique


def test_two_practices_outside_their_area(boundary: Any, points: dict[str, Point]) -> None:
    away = sorted(boundary[AREA].distance(p) for p in points.values())
    assert away[-3] == 0
    assert 200 <= away[-2] < 210
    assert 6_000 <= away[-1] < 6_010
    assert sum(boundary["98Z"].contains(p) for p in points.values()) == 2


def test_the_organisations_file_is_not_a_list_of_practices(organisations: pd.DataFrame) -> None:
    settings = Counter(organisations[26])
    assert settings["RO76"] > 60
    assert len(settings) >= 7
    assert "RO247|RO250" in settings


def test_todays_networks_are_as_untidy_as_real_ones(
    folder: Path, lists: pd.DataFrame, boundary: Any, points: dict[str, Point]
) -> None:
    today = text_table(folder / "gp-reg-pat-prac-map.csv").set_index("PRACTICE_CODE")
    today = today.loc[lists.index]
    sizes = lists["patients"].groupby(today["PCN_CODE"]).sum()
    assert "U" in sizes
    inside = sizes.drop("U").between(30_000, 50_000)
    assert 2 <= (~inside).sum() < len(inside)
    assert sizes.drop("U").max() > 50_000
    assert sizes.drop("U").min() < 30_000
    mainland = max(boundary[AREA].geoms, key=lambda part: part.area)
    spread = {
        pcn: shapely.MultiPoint([points[c] for c in codes]).minimum_clearance
        for pcn, codes in today.groupby("PCN_CODE").groups.items()
    }
    assert spread  # each network has its practices located
    coast = today.index[today["PCN_NAME"] == "COAST AND ISLE PCN"]
    assert {mainland.contains(points[c]) for c in coast} == {True, False}


def test_registrations_agree_with_the_lists(folder: Path, rows: pd.DataFrame) -> None:
    table = text_table(folder / "gp-reg-pat-prac-lsoa-all.csv")
    table["patients"] = table["NUMBER_OF_PATIENTS"].astype(int)
    assert (table["patients"] > 0).all()
    assert not table.duplicated(["PRACTICE_CODE", "LSOA_CODE"]).any()
    size = rows.drop_duplicates().set_index("CODE")["patients"]
    found = table.groupby("PRACTICE_CODE")["patients"].sum()
    for code, patients in size.items():
        assert abs(found[code] - patients) <= max(0.01 * patients, 1), code
    assert not (found == size).all()
    known = set(gpd.read_file(folder / "lsoa.geojson", ignore_geometry=True)["LSOA21CD"])
    assert set(table["LSOA_CODE"]) - known == {"EMPTY"}
    assert {len(text_table(folder / name)) for name in ("imd.csv", "ruc.csv")} == {len(known)}


def test_most_people_live_near_their_practice(folder: Path, points: dict[str, Point]) -> None:
    table = text_table(folder / "gp-reg-pat-prac-lsoa-all.csv")
    table = table[table["PRACTICE_CODE"].isin(points) & (table["LSOA_CODE"] != "EMPTY")]
    homes = gpd.read_file(folder / "lsoa.geojson").to_crs(27700).set_index("LSOA21CD")
    middle = homes.geometry.centroid
    away = [
        middle[lsoa].distance(points[code])
        for code, lsoa in zip(table["PRACTICE_CODE"], table["LSOA_CODE"], strict=True)
    ]
    patients = table["NUMBER_OF_PATIENTS"].astype(int)
    near = pd.Series(away, index=table.index) < 5_000
    assert patients[near].sum() > 0.8 * patients.sum()


# ---- the plan that it is made for ---------------------------------------------------------------
@pytest.fixture(scope="module")
def planned(folder: Path) -> PlannedArea:
    scenario = Scenario.read(folder / "scenario.toml")
    return pcngeo.plan_area(**scenario.inputs, area=scenario.area, rules=scenario.rules)


def test_ten_networks_in_the_window_and_one_practice_alone_proven(planned: PlannedArea) -> None:
    assert planned.plan.status == "optimal"
    measures = planned.measures
    assert len(measures) == 11
    assert list(measures.index[~measures["in_window"].astype(bool)]) == list(
        measures.index[measures["practices"] == 1]
    )
    status = planned.membership["status"]
    assert status["V99006"] == "alone"
    assert status[status.isin(["covered", "special", "excluded"])].to_dict() == {
        "V99005": "special", "V99011": "covered", "V99042": "excluded",
    }  # fmt: skip


def test_orphans_have_a_reason_and_a_home_that_has_room(planned: PlannedArea) -> None:
    table = planned.membership
    assert list(table.index[table["status"] == "proposed"]) == ["V99057", "V99060", "V99061"]
    assert not (table["status"] == "orphan").any()
    homes = planned.proposals.loc[["V99057", "V99060", "V99061"]]
    assert (homes["list_after"] <= 50_000).all()
    network = table["network"]
    assert network["V99060"] == network["V99061"] == network["V99032"]  # over the water, Larksea
    assert network["V99057"] == network["V99056"]  # over the border, Wetherlow


def test_one_network_uses_the_bridge_and_no_building_is_split(
    planned: PlannedArea, folder: Path
) -> None:
    bridge = Scenario.read(folder / "scenario.toml").rules.bridges[0]
    network = planned.plan.assignment
    assert network[bridge.a] == network[bridge.b]
    practices = planned.intake.practices.loc[network.index]
    assert (network.groupby(practices["site"]).nunique() == 1).all()


# ---- nothing is real ----------------------------------------------------------------------------
@pytest.mark.real
def test_nothing_in_it_is_real(
    folder: Path, shared: Path, organisations: pd.DataFrame, rows: pd.DataFrame
) -> None:
    ods: set[str] = set()
    names: set[str] = set()
    places: set[str] = set()
    for path in sorted((shared / "published").glob("*/epraccur*.csv.gz")):
        with gzip.open(path, "rt", encoding="latin-1", newline="") as stream:
            for row in csv.reader(stream):
                ods |= {row[0], row[2], row[3], row[14]}
                names.add(row[1].upper())
                places |= {part.upper() for part in row[4:9]}
    own = set(organisations.index)
    assert not own & ods
    assert not set(organisations[2]) & names
    assert not set(organisations[7]) - {""} & places
    assert not set(rows["SUB_ICB_LOCATION_CODE"]) & ods
    published = b"".join(
        gzip.decompress(path.read_bytes())
        for pattern in ("gp-reg-pat-prac-*", "Clinical*", "Lower*", "codepo*", "PCD*")
        for path in sorted((shared / "published").glob(f"*/{pattern}.csv.gz"))
    ).decode("latin-1")
    invented = set(organisations[10]) | set(rows["POSTCODE"]) | set(rows["CODE"])
    for name in ("gp-reg-pat-prac-map.csv", "gp-reg-pat-prac-lsoa-all.csv", "imd.csv"):
        codes = re.findall(r"\b(?:E\d{8}|UZ\d{4}|V9\d{4})\b", (folder / name).read_text("utf-8"))
        invented |= set(codes)
    real = {cell for row in csv.reader(io.StringIO(published)) for cell in row}
    assert len(real) > 50_000
    assert not invented & real
    assert not any(re.match(r"ZZ\d", cell) for cell in real)


def test_reasons_name_practices_and_not_only_their_codes(planned_sample: Path) -> None:
    membership = pd.read_csv(planned_sample / "membership.csv", index_col="practice")
    reason = membership.loc["V99061", "reason"]
    assert "Skarrow West Practice (V99061, 2,871) lies in a part" in reason
    assert "from Larksea North Parade Medical Centre (V99034)" in reason
    ways = pd.read_csv(planned_sample / "why_not.csv")["sentence"]
    assert ways.str.contains("between Skarrow West Practice (V99061) and", regex=False).any()
    told = " ".join(json.loads((planned_sample / "plan.json").read_text())["explanation"])
    assert "Skarrow West Practice (V99061)" in told
