"""Areas of every sort through the command line, from the published files alone.

Each is held against the tidy tables, which other code made: which practices are in it, how many
patients, and how many are in no plan.
"""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from pcngeo.cli import main

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def tidy(shared: Path) -> pd.DataFrame:
    columns = ["ods_code", "list_size", "ccg_code", "ladcd"]
    path = shared / "england" / "practices_2022-01.csv.gz"
    return pd.read_csv(path, usecols=columns, dtype={"ccg_code": str, "ladcd": str})


def inputs(shared: Path, boundaries: Path | None = None, lists: Path | None = None) -> list[str]:
    folder, geography = shared / "published" / "2022-01", shared / "published" / "geography"
    return [
        "--lists", str(lists or folder / "gp-reg-pat-prac-all.csv.gz"),
        "--membership", str(folder / "gp-reg-pat-prac-map.csv.gz"),
        "--postcodes", str(geography / "codepo_subset_2025.csv.gz"),
        str(geography / "codepo_subset_2022.csv.gz"),
        "--boundaries", str(boundaries or geography / "ccg21.geojson.gz"),
    ]  # fmt: skip


def planned(out: Path, *arguments: str) -> pd.DataFrame:
    """Run `pcngeo plan`; return its membership after a look at the account."""
    with pytest.raises(SystemExit) as ended:
        main(["plan", *arguments, "--out", str(out), "--time-limit", "5"])
    assert ended.value.code == 0
    table = pd.read_csv(out / "membership.csv", dtype={"network": str}, keep_default_na=False)
    stages = json.loads((out / "plan.json").read_text())["stages"]
    assert sum(row["patients"] for row in stages[:-1]) == stages[-1]["patients"]
    assert stages[0]["patients"] + sum(
        row["patients"] for row in stages if "neighbouring" in row["step"]
    ) == table["list_size"].sum()  # fmt: skip
    return table.set_index("practice")


def same(table: pd.DataFrame, expected: pd.DataFrame) -> None:
    sizes = expected.set_index("ods_code")["list_size"].sort_index()
    assert table["list_size"].sort_index().to_dict() == sizes.to_dict()


@pytest.mark.parametrize("named", ["E38000163"])
def test_a_ccg(shared: Path, tidy: pd.DataFrame, tmp_path: Path, named: str) -> None:
    table = planned(tmp_path / "out", *inputs(shared), "--area", named)
    same(table, tidy[tidy["ccg_code"] == "00N"])


def test_several_areas_at_once(shared: Path, tidy: pd.DataFrame, tmp_path: Path) -> None:
    table = planned(tmp_path / "out", *inputs(shared), "--area", "00N", "00P")
    same(table, tidy[tidy["ccg_code"].isin(["00N", "00P"])])
    homes = tidy.set_index("ods_code")["ccg_code"]
    joined = homes.reindex(table.index).groupby(table["network"]).nunique()
    assert len(joined) > 8, "planned as one area: networks are numbered through"


def test_an_icb_by_the_map(
    shared: Path, tidy: pd.DataFrame, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Every place of an ICB; its graph is enough, whole plans of ICBs are benchmarks."""
    with pytest.raises(SystemExit) as ended:
        out = str(tmp_path / "out")
        main(["graph", *inputs(shared), "--area", "QF7", "--out", out])
    assert ended.value.code == 0
    path = shared / "published" / "2022-01" / "gp-reg-pat-prac-map.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    codes = {row["CCG_CODE"] for row in rows if row["STP_CODE"] == "QF7"}
    assert len(codes) == 5
    said = capsys.readouterr().out
    assert f"{tidy['ccg_code'].isin(codes).sum()} practices" in said


def test_a_local_authority(shared: Path, tidy: pd.DataFrame, tmp_path: Path) -> None:
    boundaries = shared / "england" / "lad_2021_from_lsoa.gpkg"
    table = planned(tmp_path / "out", *inputs(shared, boundaries), "--area", "E08000023")
    same(table, tidy[tidy["ladcd"] == "E08000023"])


def test_a_polygon_of_ones_own_and_guests_by_choice(
    shared: Path, tidy: pd.DataFrame, tmp_path: Path
) -> None:
    """A box around South Shields, in degrees, and one practice from beyond the Tyne (R19)."""
    ring = [[-1.46, 54.95], [-1.35, 54.95], [-1.35, 55.02], [-1.46, 55.02], [-1.46, 54.95]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    path = tmp_path / "mine.geojson"
    named = {"name": "South Shields"}
    path.write_text(json.dumps({"type": "Feature", "properties": named, "geometry": shape}))
    places = pd.read_csv(shared / "england" / "practices_2022-01.csv.gz")
    inside = places["lon"].between(-1.46, -1.35) & places["lat"].between(54.95, 55.02)
    guest = "A87005"
    assert not inside[places["ods_code"] == guest].any()
    table = planned(
        tmp_path / "out", *inputs(shared, path), "--area", "South Shields", "--neighbours", guest,
        "--set", "min_list=20000",
    )  # fmt: skip
    wanted = {*places["ods_code"][inside], guest}
    same(table, tidy[tidy["ods_code"].isin(wanted)])
    edges = pd.read_csv(tmp_path / "out" / "edges.csv")
    assert guest in {*edges["practice_a"], *edges["practice_b"]}, "a node like any other"


def test_lists_and_boundaries_of_sub_icb_locations(
    shared: Path, tidy: pd.DataFrame, tmp_path: Path
) -> None:
    """The same numbers in the layout and with the columns that came in July 2022."""
    folder, geography = shared / "published" / "2022-01", shared / "published" / "geography"
    text = gzip.decompress((folder / "gp-reg-pat-prac-all.csv.gz").read_bytes()).decode()
    head, rest = text.split("\n", 1)
    lists = tmp_path / "lists.csv"
    lists.write_text(head.replace("CCG_CODE", "SUB_ICB_LOCATION_CODE") + "\n" + rest)
    drawn = gzip.decompress((geography / "ccg21.geojson.gz").read_bytes()).decode()
    boundaries = tmp_path / "places.geojson"
    boundaries.write_text(drawn.replace("CCG21", "SICBL22"))
    table = planned(tmp_path / "out", *inputs(shared, boundaries, lists), "--area", "00N")
    same(table, tidy[tidy["ccg_code"] == "00N"])


@pytest.mark.parametrize(("area", "code"), [("08V", "E38000186"), ("05C", "E38000046")])
def test_areas_are_never_joined_across_vintages(
    shared: Path, area: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Q14: lists of January 2021 with boundaries of April 2021, when these areas were merged."""
    folder, geography = shared / "published" / "2021-01", shared / "published" / "geography"
    with pytest.raises(SystemExit) as ended:
        main([
            "graph", "--lists", str(folder / "gp-reg-pat-prac-all.csv.gz"), "--area", area,
            "--postcodes", str(geography / "codepo_subset_2025.csv.gz"),
            "--boundaries", str(geography / "ccg21.geojson.gz"), "--out", "never",
        ])  # fmt: skip
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"area {area} ({code}" in said and "use boundaries of the same date" in said
    assert not Path("never").exists()


def test_lsoas_are_never_joined_across_editions(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Q19: brought to 2021, all but one LSOA of South Tyneside still match polygons of 2011."""
    polygons = gpd.read_parquet(shared / "england" / "lsoa11_polygons.parquet")
    near = polygons.cx[420_000:450_000, 550_000:580_000].rename(columns={"lsoa11cd": "LSOA11CD"})
    near.to_file(tmp_path / "lsoas.gpkg", engine="pyogrio")
    published = shared / "published"
    with pytest.raises(SystemExit) as ended:
        main([
            "graph", *inputs(shared), "--area", "00N", "--set", "territory=registrations",
            "--registrations",
            str(published / "2022-07" / "gp-reg-pat-prac-lsoa-all_2022-07.csv.gz"),
            "--lsoas", str(tmp_path / "lsoas.gpkg"), "--lsoa-changes",
            str(next((published / "geography").glob("LSOA_(2011)_to_LSOA_(2021)*"))),
            "--out", str(tmp_path / "never"),
        ])  # fmt: skip
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "only 101 of 102 LSOAs of the area (99.0%) are in both, not E01033074" in said
    assert not (tmp_path / "never").exists()
