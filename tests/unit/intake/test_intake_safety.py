"""Archives and files that are built, or broken, to do harm."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pcngeo.errors import DataError, PcnGeoError
from pcngeo.intake import files, load
from pcngeo.intake.boundaries import read_boundaries
from pcngeo.intake.files import members
from pcngeo.intake.lists import read_lists
from pcngeo.intake.postcodes import read_postcodes
from pcngeo.intake.registrations import read_registrations
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


def deflated(block: bytes, times: int) -> bytes:
    """Pack a block repeated so often, without ever holding what it unpacks to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return once * times + packer.flush(zlib.Z_FINISH)


def crafted(
    path: Path, name: str, packed: bytes, *, says: int, crc: int = 0, flags: int = 0, unix: int = 0
) -> Path:
    """Write a zip of one member by hand, that says of itself what it is told to say."""
    label = name.encode()
    sizes = struct.pack("<HHQQ", 1, 16, says, len(packed))  # zip64: sizes above 4 GB fit
    whole = 0xFFFFFFFF
    common = struct.pack("<HHHHIII", flags, 8, 0, 33, crc, whole, whole)
    names = struct.pack("<HH", len(label), len(sizes))
    local = b"PK\x03\x04" + struct.pack("<H", 45) + common + names + label + sizes + packed
    entry = b"PK\x01\x02" + struct.pack("<HH", 0x0300 | 45, 45) + common + names
    entry += struct.pack("<HHHII", 0, 0, 0, unix << 16, 0) + label + sizes
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)
    path.write_bytes(local + entry + end)
    return path


#: Every way that a packed file comes in.
DOORS = {
    "lists": read_lists,
    "postcodes": lambda p: read_postcodes(p, ["AA1 1AA"]),
    "boundaries": read_boundaries,
    "registrations": read_registrations,
}
door = pytest.mark.parametrize("reader", list(DOORS.values()), ids=list(DOORS))
#: About 300 kB packed, 300 MB unpacked: one row without an end.
MB = b"0," * (1 << 19)


@pytest.fixture
def held() -> Iterator[None]:
    """Fail when memory is held for what an archive says, or for what it unpacks to."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 220 << 20, f"{peak >> 20} MB were held"


@pytest.mark.usefixtures("held")
@door
def test_a_zip_bomb_is_refused(tmp_path: Path, reader: Any) -> None:
    """It says honestly what it is."""
    path = crafted(tmp_path / "bomb.zip", "bomb.csv", deflated(MB, 128), says=128 << 20)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match="unpacks to more than any published file"):
        reader(path)


@pytest.mark.usefixtures("held")
@door
@pytest.mark.parametrize("crc", ["of what it says", "of what it is", "none"])
def test_a_zip_that_says_less_than_it_unpacks_to(tmp_path: Path, reader: Any, crc: str) -> None:
    """It says 100 bytes and unpacks to 300 MB; its checksum may be of either, or of nothing."""
    sums = {"of what it says": zlib.crc32(MB[:100]), "none": 0}
    if crc == "of what it is":
        for _ in range(300):
            sums[crc] = zlib.crc32(MB, sums.get(crc, 0))
    packed = deflated(MB, 300)
    name = "liar.geojson" if reader is read_boundaries else "liar.csv"
    path = crafted(tmp_path / "liar.zip", name, packed, says=100, crc=sums[crc])
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match=r"^liar\.zip") as told:
        reader(path)
    cut = crc == "of what it says"  # then it is a small and honest file of 100 bytes
    assert cut or "damaged" in str(told.value), told.value


@pytest.mark.usefixtures("held")
@door
def test_a_member_of_10_gb_is_refused(tmp_path: Path, reader: Any) -> None:
    """It really unpacks to 10 GB, and says so."""
    packed = deflated(MB, 10 * 1024)
    path = crafted(tmp_path / "large.zip", "large.csv", packed, says=10 << 30)
    assert path.stat().st_size < 20 << 20
    with zipfile.ZipFile(path) as archive, archive.open("large.csv") as member:
        assert member.read(8) == MB[:8] and archive.infolist()[0].file_size == 10 << 30
    with pytest.raises(DataError, match="unpacks to more than any published file"):
        reader(path)


def test_a_member_that_claims_10_gb_packed_and_unpacked(tmp_path: Path) -> None:
    """What it says of its packed size is not believed either."""
    path = crafted(tmp_path / "claims.zip", "claims.csv", b"\x03\x00", says=3 << 30)
    data = path.read_bytes()
    path.write_bytes(
        data.replace(struct.pack("<QQ", 3 << 30, 2), struct.pack("<QQ", 3 << 30, 3 << 30))
    )
    with pytest.raises(DataError, match="unpacks to more"):
        read_table(path, "lists")


def test_members_that_share_their_bytes(tmp_path: Path) -> None:
    """A hundred entries of the directory point at one member: 40 MB each, 4 GB together."""
    path = crafted(tmp_path / "shared.zip", "a.csv", deflated(MB, 40), says=40 << 20)
    data = path.read_bytes()
    at, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[at:end]
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 100, 100, 100 * len(entry), at, 0)
    path.write_bytes(data[:at] + entry * 100 + tail)
    with pytest.raises(DataError, match="unpacks to more"):
        read_table(path, "lists")


@pytest.mark.usefixtures("held")
@door
def test_a_gzip_bomb_is_refused(tmp_path: Path, reader: Any) -> None:
    """A gzip file does not say its size; it is stopped on the way."""
    path = tmp_path / "bomb.csv.gz"
    header = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = {DOORS["postcodes"]: b"pcds,lat,long\n", DOORS["boundaries"]: b'{"features":['}
    first = text.get(reader, b"PRACTICE_CODE,LSOA_CODE,NUMBER_OF_PATIENTS\n")
    start = header.compress(first) + header.flush(zlib.Z_FULL_FLUSH)
    rows = deflated((b"0,0," + b"0" * 990 + b"\n") * 1_000, 300)
    path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\3" + start + rows + bytes(8))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match="unpacks to more than any published file"):
        reader(path)


@door
@pytest.mark.parametrize("inner", ["zip", "gzip"])
@pytest.mark.parametrize("outer", ["zip", "gzip"])
def test_an_archive_in_an_archive_is_not_opened(
    tmp_path: Path, reader: Any, inner: str, outer: str
) -> None:
    content = b"CODE,NUMBER_OF_PATIENTS\nA81001,1\n"
    path = tmp_path / "outer"
    for way in (inner, outer):
        if way == "zip":
            content = zipped(path, {"inner.csv": content}).read_bytes()
        else:
            content = gzip.compress(content)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"^outer: "):
        reader(path)
    assert [p.name for p in tmp_path.iterdir()] == ["outer"]


@door
def test_a_link_in_an_archive_is_refused(tmp_path: Path, reader: Any) -> None:
    target = b"/etc/passwd"
    path = crafted(tmp_path / "link.zip", "lists.csv", deflated(target, 1), says=len(target),
                   crc=zlib.crc32(target), unix=0o120777)  # fmt: skip
    with pytest.raises(DataError, match="holds a link to another file"):
        reader(path)


def test_two_members_of_one_name(tmp_path: Path) -> None:
    """A reader that goes by name would see the one, a reader that goes by place the other."""
    path = tmp_path / "twice.zip"
    row = "GP,ALL,ALL,{},AA1 1AA,01JAN2021"
    header = "TYPE,SEX,AGE,CODE,POSTCODE,EXTRACT_DATE,NUMBER_OF_PATIENTS"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        for patients in (100, 200):
            archive.writestr("lists.csv", f"{header}\n{row.format('A81001')},{patients}\n")
    with pytest.raises(DataError, match="two tables that differ"):
        read_lists(path)


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


SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<dimension ref="A1:XFD1048576"/><sheetData>%s</sheetData></worksheet>'
)
ROW = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>'


def workbook(path: Path, sheet: bytes, strings: bytes = b"") -> Path:
    """Write a workbook, and put another sheet (and shared strings) in it."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["x"])
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        content = {info.filename: archive.read(info) for info in archive.infolist()}
    content["xl/worksheets/sheet1.xml"] = sheet
    if strings:
        content["xl/sharedStrings.xml"] = strings
    return zipped(path, content)


@pytest.mark.usefixtures("held")
def test_a_workbook_bomb_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "bomb.xlsx", SHEET % b"")
    large = deflated(b" " * (1 << 20), 256)
    crafted(path, "[Content_Types].xml", large, says=256 << 20)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match="unpacks to more"):
        read_table(path, "lists")


def test_a_sheet_that_claims_to_be_endless_is_read_for_what_it_holds(tmp_path: Path) -> None:
    """Colour a column in Excel, and the sheet has a million rows of 16,384 cells."""
    rows = ROW % (1, 1, b"CODE") + ROW % (2, 2, b"A81001") + ROW % (1_048_576, 1_048_576, b"A81002")
    table = read_table(workbook(tmp_path / "endless.xlsx", SHEET % rows), "lists")
    assert table.header == ("CODE",)
    assert table.rows[0].to_dict() == {2: "A81001", 1_048_576: "A81002"}


@pytest.mark.usefixtures("held")
def test_a_workbook_that_says_less_than_it_unpacks_to(tmp_path: Path) -> None:
    """The checksum is of what it says, so that only its end gives it away."""
    start = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packed.compress(start) + packed.flush(zlib.Z_FULL_FLUSH)
    path = crafted(tmp_path / "liar.xlsx", "[Content_Types].xml", first + deflated(MB, 300),
                   says=len(start), crc=zlib.crc32(start))  # fmt: skip
    with pytest.raises(DataError, match="workbook cannot be read"):
        read_table(path, "lists")


@pytest.mark.usefixtures("held")
def test_a_workbook_whose_text_multiplies_itself_is_refused(tmp_path: Path) -> None:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * 10) for i in range(1, 10))
    strings = (
        b'<!DOCTYPE sst [<!ENTITY e0 "' + b"x" * 100 + b'">' + entities + b"]>"
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<si><t>&e9;</t></si></sst>"
    )
    cell = b'<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    path = workbook(tmp_path / "laughs.xlsx", SHEET % cell, strings)
    with pytest.raises(DataError, match="workbook cannot be read"):
        read_table(path, "lists")


@pytest.mark.parametrize("name", ["areas.shp", "areas.zip"])
def test_what_is_only_called_a_shapefile_is_not_given_to_gdal(tmp_path: Path, name: str) -> None:
    """GDAL opens by content: a text of its own kind would lead it to any file or address."""
    virtual = (
        b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'
        b"</OGRVRTLayer></OGRVRTDataSource>"
    )
    path = tmp_path / name
    if name.endswith(".zip"):
        zipped(path, {"areas.shp": virtual, "areas.dbf": b""})
    else:
        path.write_bytes(virtual)
    with pytest.raises(DataError, match="not a shapefile"):
        read_boundaries(path)


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
