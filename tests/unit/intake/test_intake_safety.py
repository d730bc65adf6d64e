"""Archives and files that are built, or broken, to do harm."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pcngeo.errors import DataError, PcnGeoError
from pcngeo.intake import files, load
from pcngeo.intake.boundaries import read_boundaries
from pcngeo.intake.files import members
from pcngeo.intake.postcodes import read_postcodes
from pcngeo.intake.tables import read_table


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return path


@pytest.mark.parametrize("name", ["../lists.csv", "a/../../lists.csv", "/etc/lists.csv",
                                  "C:/lists.csv", "..\\lists.csv"])  # fmt: skip
@pytest.mark.parametrize("reader", [read_boundaries, lambda p: read_postcodes(p, []),
                                    lambda p: read_table(p, "lists")])  # fmt: skip
def test_paths_out_of_the_archive_are_refused(tmp_path: Path, name: str, reader: Any) -> None:
    path = zipped(tmp_path / "evil.zip", {name: b"CODE,NUMBER_OF_PATIENTS\nA81001,1\n"})
    with pytest.raises(DataError, match="outside its own folder"):
        reader(path)
    assert [p.name for p in tmp_path.iterdir()] == ["evil.zip"]


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RATIO_FROM", 1 << 20)
    monkeypatch.setattr(files, "MAX_BYTES", 1 << 23)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("reader", [read_boundaries, lambda p: read_postcodes(p, []),
                                    lambda p: read_table(p, "lists")])  # fmt: skip
def test_a_zip_bomb_is_refused(tmp_path: Path, reader: Any) -> None:
    path = zipped(tmp_path / "bomb.zip", {"bomb.csv": b"0," * (1 << 21)})
    assert path.stat().st_size < 1 << 14
    with pytest.raises(DataError, match="unpacks to more than any published file"):
        reader(path)


@pytest.mark.usefixtures("small_limits")
def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    path = zipped(tmp_path / "liar.zip", {"liar.csv": b"0," * (1 << 21)})
    true = (1 << 22).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, (100).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"unpacks to more|damaged|fewer|cells|postcode"):
        read_postcodes(path, [])


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("reader", [read_boundaries, lambda p: read_postcodes(p, []),
                                    lambda p: read_table(p, "lists")])  # fmt: skip
def test_a_gzip_bomb_is_refused(tmp_path: Path, reader: Any) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"pcds,lat,long\n" + b"0,0,0\n" * (1 << 20)))
    with pytest.raises(DataError, match="unpacks to more than any published file"):
        reader(path)


@pytest.mark.usefixtures("small_limits")
def test_a_member_of_10_gb_is_refused_by_its_own_word(tmp_path: Path) -> None:
    path = zipped(tmp_path / "large.zip", {"large.csv": b"pcds,lat,long\n"})
    with zipfile.ZipFile(path) as archive:
        archive.infolist()[0].file_size = 10 * 1024**3
        with pytest.raises(DataError, match="unpacks to more"):
            files.safe_members(archive, "large.zip")


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_MEMBERS", 3)
    path = zipped(tmp_path / "many.zip", {f"{i}.csv": b"a" for i in range(4)})
    with pytest.raises(DataError, match="holds 4 files"), members(path) as found:
        list(found)


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    path = zipped(tmp_path / "locked.zip", {"lists.csv": b"CODE,NUMBER_OF_PATIENTS\n"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"cannot be unpacked .*Unpack it yourself"):
        read_table(path, "lists")


RUBBISH = (
    b"\x00\x01\x02\x03" * 100, b"%PDF-1.7\n", b"PAR1" + b"\x00" * 50, b"PK\x03\x04 no zip at all",
    b"\xd0\xcf\x11\xe0" + b"\x00" * 50, b"\x1f\x8bno gzip at all", b"a,b\n1,\x002\n" * 900,
    b'"never closed\n' * 10, b"x" * 200_000,
)  # fmt: skip


@pytest.mark.parametrize("content", RUBBISH)
@pytest.mark.parametrize("flag", ["lists", "organisations", "membership", "postcodes",
                                  "boundaries", "registrations"])  # fmt: skip
def test_rubbish_under_any_flag_is_a_clean_error(country: Any, content: bytes, flag: str) -> None:
    paths = country.write()
    paths[flag] = country.folder / "rubbish.csv"
    paths[flag].write_bytes(content)
    with pytest.raises(PcnGeoError, match=r"rubbish\.csv"):
        load(**paths, area="09A")


def test_a_workbook_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for _ in range(200):
        book.active.append(["0" * 100] * 20)
    buffer = io.BytesIO()
    book.save(buffer)
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(buffer.getvalue())
    monkeypatch.setattr(files, "RATIO_FROM", 1 << 10)
    monkeypatch.setattr(files, "MAX_RATIO", 2)
    with pytest.raises(DataError, match="unpacks to more"):
        read_table(path, "lists")


def test_a_name_with_a_comma_a_quote_and_a_line_break(country: Any) -> None:
    name = 'THE "OLD" SURGERY,\nUPSTAIRS <b>&</b> =1+1'
    paths = country.write()
    text = paths["membership"].read_text()
    quoted = '"' + name.replace('"', '""') + '"'
    paths["membership"].write_text(text.replace("SURGERY A81002", quoted))
    area = load(**paths, area="09A")
    assert area.practices.loc["A81002", "name"] == name
    assert area.practices.loc["A81003", "name"] == "SURGERY A81003"


def test_lines_are_counted_past_line_breaks_in_cells(country: Any) -> None:
    paths = country.write()
    lines = paths["lists"].read_text().splitlines()
    lines[1] = lines[1].replace("GP_PRAC_PAT_LIST", '"GP\nPRAC"')
    lines[3] = lines[3].replace("8000", "lots")
    paths["lists"].write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"lists\.csv, row 5, column NUMBER_OF_PATIENTS"):
        load(**paths, area="09A")
