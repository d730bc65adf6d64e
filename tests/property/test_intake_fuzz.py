"""Damaged files give a clean error or a balanced account: nothing else, whatever the damage.

The damage is done to the sample's files, which are written in the published formats, and to the
beginning of each real file where those are beside the checkout. More damage, at random:
``PCNGEO_FUZZ=500 pytest tests/property/test_intake_fuzz.py``.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcngeo.errors import PcnGeoError
from pcngeo.intake import Intake, load
from pcngeo.intake.boundaries import read_boundaries
from pcngeo.intake.inspect import inspect_file
from pcngeo.intake.statistics import read_ages, read_deprivation, read_rurality
from pcngeo.rules import Rules

FLAGS = {
    "lists": "gp-reg-pat-prac-all.csv",
    "organisations": "epraccur.csv",
    "membership": "gp-reg-pat-prac-map.csv",
    "postcodes": "postcodes.csv",
    "boundaries": "boundaries.geojson",
    "registrations": "gp-reg-pat-prac-lsoa-all.csv",
}
EXAMPLES = int(os.environ.get("PCNGEO_FUZZ", "8"))
TOKENS = (
    b",", b'"', b"\n", b"\r\n", b"\r", b"\x00", b"-", b"*", b"NA", b"1e9", b"99Z", b"98Z", b"\xff",
    b"nan", b"Infinity", b"{", b"]", b"U", b"=1+1", b"E38999001", b";", b"\xef\xbb\xbf",
)  # fmt: skip


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Damage bytes in one to three of the ways that files come damaged."""
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(data) + 1), rng.choice((1, 7, 60, 900))
        lines = data.split(b"\n")
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        way = rng.randrange(9)
        if way == 0:
            data = data[:at]
        elif way == 1:
            data = data[:at] + data[at + length :]
        elif way == 2:
            data = data[:at] + data[at : at + length] + data[at:]
        elif way == 3:
            data = data[:at] + rng.choice(TOKENS) + data[at + rng.randint(0, 3) :]
        elif way == 4:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif way == 5:
            lines[one], lines[other] = lines[other], lines[one]
            data = b"\n".join(lines)
        elif way == 6:
            data = b"\n".join([*lines[:one], lines[other], *lines[one:]])
        elif way == 7:
            cells = lines[one].split(b",")
            cells[rng.randrange(len(cells))] = rng.choice(TOKENS)
            data = b"\n".join([*lines[:one], b",".join(cells), *lines[one + 1 :]])
        else:
            data = data.replace(rng.choice((b",", b"E", b"0", b"\n")), rng.choice(TOKENS), 40)
        data = data or b" "
    return data


def published_total(lists: Path, code: str) -> tuple[int, int] | None:
    """Add up the rows of an area in a list file by the csv module alone: rows and patients.

    `None` where the file is no longer a CSV that says in so many words what its columns are.
    """
    data = lists.read_bytes()
    text = (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).decode("latin-1")
    table = list(csv.reader(io.StringIO(text.removeprefix("ï»¿"), newline="")))
    header = [cell.strip().upper() for cell in table[0]]
    area = next((h for h in ("SUB_ICB_LOCATION_CODE", "CCG_CODE") if h in header), "")
    wanted = (area, "NUMBER_OF_PATIENTS", "TYPE", "SEX", "AGE")
    if not area or any(header.count(name) != 1 for name in wanted):
        return None
    at = [header.index(name) for name in wanted]
    rows = [[row[i].strip().upper() for i in at] for row in table[1:] if len(row) > max(at)]
    totals = (("", "GP"), ("", "ALL"), ("", "ALL"))
    mine = [
        row for row in rows
        if row[0] == code and all(c in t for c, t in zip(row[2:], totals, strict=True))
    ]  # fmt: skip
    return len(mine), sum(int(float(row[1].replace(",", ""))) for row in mine)


def balanced(area: Intake, lists: Path) -> None:
    """Follow every patient of the file's rows of the area into the account."""
    steps = area.report.reconciliation
    total = published_total(lists, area.area)
    if total is not None:
        assert (steps["practices"].iloc[0], steps["patients"].iloc[0]) == total
    for column in ("practices", "patients"):
        assert steps[column].iloc[:-1].sum() == steps[column].iloc[-1]
    practices = area.practices
    eligible = practices[practices["standing"] == "eligible"]
    assert steps["patients"].iloc[-1] == eligible["list_size"].sum()
    assert practices.index.is_unique and (practices["list_size"] >= 0).all()
    out = practices[practices["standing"] != "eligible"]
    assert (out["reason"] != "").all() and (out["reason_code"] != "").all()
    told = area.report.rows
    listed = told[(told["file"] == lists.name) & (told["line"] > 0)]
    lines = set(listed["line"].tolist())
    assert len(practices) + len(lines) >= area.sources["rows"].iloc[0]


def run(folder: Path, sample: Path, flag: str, data: bytes) -> str:
    """Load with one file damaged; say how it ended."""
    paths: dict[str, Any] = {name: sample / file for name, file in FLAGS.items()}
    paths[flag] = folder / FLAGS[flag]
    paths[flag].write_bytes(data)
    try:
        area = load(**paths, area="99Z", rules=Rules())
    except PcnGeoError as error:
        assert str(error).endswith(".") and "Traceback" not in str(error)
        return "refused"
    balanced(area, paths["lists"])
    return "balanced"


@pytest.mark.parametrize("flag", list(FLAGS))
@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 8,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_a_damaged_file(flag: str, seed: int, sample: Path, tmp_path: Path) -> None:
    data = damaged((sample / FLAGS[flag]).read_bytes(), random.Random(seed))
    run(tmp_path, sample, flag, data)


@pytest.mark.parametrize("flag", list(FLAGS))
def test_a_damaged_archive(flag: str, sample: Path, tmp_path: Path) -> None:
    rng = random.Random(flag)
    packed = gzip.compress((sample / FLAGS[flag]).read_bytes(), mtime=0)
    for _ in range(6):
        run(tmp_path, sample, flag, damaged(packed, rng))


@settings(max_examples=4, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(seed: int, sample: Path, tmp_path: Path) -> None:
    rng = random.Random(seed)
    paths: dict[str, Any] = {name: sample / file for name, file in FLAGS.items()}
    before = load(**paths, area="99Z")
    for flag, file in FLAGS.items():
        if flag != "boundaries":
            lines = (sample / file).read_bytes().splitlines(keepends=True)
            head = [] if flag == "organisations" else [lines.pop(0)]
            rng.shuffle(lines)
            paths[flag] = tmp_path / file
            paths[flag].write_bytes(b"".join([*head, *lines]))
    after = load(**paths, area="99Z")
    assert before.practices.to_csv() == after.practices.to_csv()
    assert before.report.reconciliation.equals(after.report.reconciliation)
    assert before.registrations is not None
    pd.testing.assert_frame_equal(before.registrations, after.registrations)


def other_formats(sample: Path, folder: Path) -> dict[str, tuple[str, Path]]:
    """Write the sample in the other formats that the same files come in: flag and path."""
    areas = gpd.read_file(sample / FLAGS["boundaries"])
    areas.to_file(folder / "areas.gpkg")
    areas.to_file(folder / "areas.shp")
    with zipfile.ZipFile(folder / "areas.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.glob("areas.??[xpfj]")):
            archive.write(part, part.name)
    lists = pd.read_csv(sample / FLAGS["lists"], dtype=str)
    lists.to_excel(folder / "lists.xlsx", index=False)
    mapped = pd.read_csv(sample / FLAGS["membership"], dtype=str, keep_default_na=False)
    twin = mapped[mapped["PCN_CODE"].str.startswith("U")]
    twin = twin.assign(PCN_CODE=twin["PCN_CODE"].str.replace("UZ", "U9"))
    area = ["SUB_ICB_LOCATION_CODE", "SUB_ICB_LOCATION_NAME"]
    columns = ["PRACTICE_CODE", "PRACTICE_NAME", *area, "PCN_CODE", "PCN_NAME", *area]
    core = twin[columns].assign(start="20190701", end="", match="1")
    core.to_csv(folder / "epcn.csv", index=False, header=False)
    with zipfile.ZipFile(folder / "points.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(sample / FLAGS["postcodes"], "Data/points.csv")
    names = {"areas.gpkg": "boundaries", "areas.zip": "boundaries", "lists.xlsx": "lists",
             "epcn.csv": "membership", "points.zip": "postcodes"}  # fmt: skip
    return {name: (flag, folder / name) for name, flag in names.items()}


def test_other_formats_of_the_same_files(sample: Path, tmp_path: Path) -> None:
    """Whole, each gives the same account; damaged, an error or a balanced account."""
    (tmp_path / "made").mkdir()
    paths: dict[str, Any] = {name: sample / file for name, file in FLAGS.items()}
    whole = load(**paths, area="99Z").practices.index
    rng = random.Random(11)
    for name, (flag, path) in other_formats(sample, tmp_path / "made").items():
        assert load(**{**paths, flag: path}, area="99Z").practices.index.equals(whole), name
        for _ in range(3):
            changed = tmp_path / name
            changed.write_bytes(damaged(path.read_bytes(), rng))
            try:
                area = load(**{**paths, flag: changed}, area="99Z")
            except PcnGeoError as error:
                assert str(error).endswith(".")
                continue
            if flag != "lists":
                balanced(area, paths["lists"])


AGES = b"ORG_TYPE,ORG_CODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS\r\n" + b"".join(
    b"GP,V990%02d,MALE,%d_%d,%d\r\n" % (i, a, a + 4, i + a) for i in range(20) for a in (0, 5, 10)
)


@pytest.mark.parametrize("name", ["imd.csv", "ruc.csv", "ages.csv", "lsoa.geojson"])
def test_damaged_statistics_are_read_or_refused(name: str, sample: Path, tmp_path: Path) -> None:
    data = AGES if name == "ages.csv" else (sample / name).read_bytes()
    readers = {"imd.csv": read_deprivation, "ruc.csv": read_rurality, "ages.csv": read_ages}
    rng = random.Random(name)
    path = tmp_path / name
    for _ in range(5 if name.endswith("json") else 25):
        path.write_bytes(damaged(data, rng))
        with contextlib.suppress(PcnGeoError):
            readers.get(name, read_boundaries)(path)
        assert inspect_file(path).sentences()


REAL = {
    "lists": ["2021-01/gp-reg-pat-prac-all.csv.gz", "2022-01/gp-reg-pat-prac-all.csv.gz"],
    "organisations": ["2021-01/epraccur_2019-12.csv.gz", "2022-07/epraccur_2023-01.csv.gz"],
    "membership": ["2021-01/gp-reg-pat-prac-map_2020-09.csv.gz", "2022-07/ePCN_2022-05.xlsx"],
    "postcodes": ["geography/codepo_subset_2022.csv.gz", "geography/codepo_subset_2025.csv.gz"],
    "boundaries": ["geography/ccg20.geojson.gz"],
    "registrations": ["2022-07/gp-reg-pat-prac-lsoa-all_2022-07.csv.gz"],
}


@pytest.mark.real
@pytest.mark.parametrize("flag", list(REAL))
def test_damaged_real_files(flag: str, shared: Path, tmp_path: Path) -> None:
    published = shared / "published"
    whole = {
        "lists": published / "2021-01/gp-reg-pat-prac-all.csv.gz",
        "membership": published / "2021-01/gp-reg-pat-prac-map_2020-09.csv.gz",
        "postcodes": published / "geography/codepo_subset_2025.csv.gz",
        "boundaries": published / "geography/ccg20.geojson.gz",
    }
    rng = random.Random(flag)
    for name in REAL[flag]:
        path = published / name
        workbook = path.suffix == ".xlsx"
        data = path.read_bytes() if workbook else gzip.decompress(path.read_bytes())
        if flag == "registrations":
            data = data[:2_000_000]
        for _ in range(1 if workbook else 2):
            changed = tmp_path / Path(name).name.removesuffix(".gz")
            changed.write_bytes(damaged(data, rng))
            try:
                area = load(**{**whole, flag: changed}, area="08V")
            except PcnGeoError as error:
                assert str(error).endswith(".")
                continue
            finally:
                shutil.copy(changed, tmp_path / "last")
            balanced(area, changed if flag == "lists" else whole["lists"])


def test_the_damage_is_various(sample: Path, tmp_path: Path) -> None:
    """The fuzzing is worth something: some damage is refused, some is balanced."""
    rng = random.Random(7)
    data = (sample / FLAGS["lists"]).read_bytes()
    ends = pd.Series([run(tmp_path, sample, "lists", damaged(data, rng)) for _ in range(12)])
    assert set(ends) == {"refused", "balanced"}
