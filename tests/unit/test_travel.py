"""Tables of travel between practices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pcngeo.errors import DataError, MissingExtra
from pcngeo.travel import read_travel

CODES = ["C", "A", "B"]


def written(folder: Path, text: str, name: str = "travel.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_table_with_each_pair_once_holds_both_ways(tmp_path: Path) -> None:
    file = written(
        tmp_path, "practice_a,practice_b,drive_minutes\nA,B,12.5\nA,C,30\nA,Q,1\nA,A,3\n"
    )
    travel = read_travel(file, CODES)
    assert travel.unit == "minutes"
    assert travel.matrix(["A", "B"]).tolist() == [[0, 12.5], [12.5, 0]]
    assert travel.missing.to_numpy().tolist() == [["B", "C"], ["C", "B"]]  # listed, not invented
    assert travel.notes == (
        "each pair stands once: taken for both directions",
        "2 rows are not about two practices of the plan: left aside",
    )
    assert travel.says() == "travel time in minutes from travel.csv; 2 pairs are unknown"


def test_a_directed_table_stays_directed_and_its_gaps_are_gaps(tmp_path: Path) -> None:
    file = written(tmp_path, "from,to,distance_km\nA,B,5\nB,A,7\nA,C,2\n")
    travel = read_travel(file, CODES)
    assert travel.unit == "metres"
    assert travel.table.loc["A", "B"] == 5_000
    assert travel.table.loc["B", "A"] == 7_000
    assert np.isnan(travel.table.loc["C", "A"])
    assert len(travel.missing) == 3


def test_the_unit_can_be_given(tmp_path: Path) -> None:
    file = written(tmp_path, "origin,destination,value\nA,B,120\n")
    assert read_travel(file, CODES, unit="seconds").table.loc["A", "B"] == 2
    assert read_travel(file, CODES, unit="miles").table.loc["A", "B"] == pytest.approx(193_121.28)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from,to,value\nA,B,1\n", "end its name in its unit"),
        ("from,to\nA,B\n", "not clear: found no column"),
        ("from,to,a_km,b_km\nA,B,1,2\n", "not clear: found a_km, b_km"),
        ("start,to,km\nA,B,1\n", "one column must be called from"),
        ("from,to,km\nA,B,1\nA,C,x\n", "row 3, column km: 1 values are no numbers from 0: 'x'"),
        ("from,to,km\nA,B,-1\n", "row 2, column km: 1 values are no numbers from 0"),
        ("from,to,km\nA,B,1\nA,B,2\n", "1 pairs stand twice with different values: A to B"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_travel(written(tmp_path, text), CODES)


def test_a_missing_file_and_an_unknown_unit_are_one_message(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: the file cannot be read"):
        read_travel(tmp_path / "none.csv", CODES)
    with pytest.raises(DataError, match="the unit 'leagues' is not one of minutes"):
        read_travel(written(tmp_path, "from,to,v\nA,B,1\n"), CODES, unit="leagues")


def test_parquet_is_read_or_its_library_is_asked_for(tmp_path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame({"from": ["A"], "to": ["B"], "minutes": [4.0]})
    file = tmp_path / "travel.parquet"
    try:
        table.to_parquet(file)
    except ImportError:
        with pytest.raises(MissingExtra, match="needs pyarrow"):
            read_travel(written(tmp_path, "", "travel.parquet"), CODES)
    else:
        assert read_travel(file, CODES).table.loc["B", "A"] == 4
