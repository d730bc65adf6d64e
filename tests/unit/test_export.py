"""The output folder: whole or not at all, the same bytes, no formula in a cell."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from pcngeo.errors import OutputError
from pcngeo.export import check_folder, write_csv, write_folder, write_geopackage, write_json


def test_a_fault_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").write_text("before")

    def fails(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_folder(out, {"a.txt": lambda p: p.write_text("after"), "b.txt": fails})
    assert [p.name for p in sorted(out.iterdir())] == ["a.txt"]
    assert (out / "a.txt").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_folder(tmp_path, {"a.txt": lambda p: p.write_text("new")})
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_folders_above_are_made(tmp_path: Path) -> None:
    out = write_folder(tmp_path / "a" / "b", {"x": lambda p: p.write_text("1")})
    assert (out / "x").read_text() == "1"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        check_folder(tmp_path / "out")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        check_folder(tmp_path / "out" / "below")


def test_text_cannot_become_a_formula(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"name": ["=1+1", "+44", "-x", "@cmd", "Dr O'Hara & Partners, \"The\" Surgery"],
         "size": [1, -2, 3, 4, 5]}
    )  # fmt: skip
    write_csv(frame, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv")
    assert back["name"].tolist()[:4] == ["'=1+1", "'+44", "'-x", "'@cmd"]
    assert back["name"].tolist()[4] == frame["name"].tolist()[4]
    assert back["size"].tolist() == frame["size"].tolist()


def test_an_amount_below_zero_that_is_written_as_text_stays_a_number(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"gbp": ["-1207.70", "", "-7", "-1+2"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().split() == ["gbp", "-1207.70", '""', "-7", "'-1+2"]


def test_csv_bytes(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"km": [1.23456, float("nan"), -0.0], "ok": [True, False, True], "who": ["a", None, "c"]},
        index=pd.Index(["1", "2", "10"], name="network"),
    )  # fmt: skip
    write_csv(frame, tmp_path / "t.csv", decimals={"km": 2})
    assert (tmp_path / "t.csv").read_bytes() == (
        b"network,km,ok,who\n1,1.23,true,a\n2,,false,\n10,0.00,true,c\n"
    )


def test_json_takes_numpy_and_keeps_order(tmp_path: Path) -> None:
    write_json({"b": pd.Series([1]).iloc[0], "a": Path("x/y.csv"), "é": None}, tmp_path / "t.json")
    assert (tmp_path / "t.json").read_text("utf-8") == (
        '{\n  "b": 1,\n  "a": "y.csv",\n  "é": null\n}\n'
    )


def test_geopackage_has_the_same_bytes_twice(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"v": [1, 2]}, geometry=[Point(0, 0), None], crs=27700)
    digests = set()
    for name in ("a.gpkg", "b.gpkg"):
        write_geopackage({"one": frame, "two": frame}, tmp_path / name)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    assert gpd.list_layers(tmp_path / "a.gpkg")["name"].tolist() == ["one", "two"]
    assert gpd.read_file(tmp_path / "a.gpkg", layer="two").crs.to_epsg() == 27700
