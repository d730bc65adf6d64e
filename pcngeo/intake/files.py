"""Open what was published: plain, gzip or zip, any encoding, never trusting an archive.

Nothing is unpacked to a path that an archive names. A member that is too large, or that unpacks to
far more than its size, is refused before it can fill the memory. What a file is, is judged by its
bytes, not by its name. Small tables (lists, maps, epraccur) are read with exact line numbers; large
ones are streamed by the modules that need them.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import pandas as pd

from pcngeo.errors import DataError, PatientLevelError, examples
from pcngeo.intake.dialects import KINDS, PATIENT_LEVEL, header_key, kind_of_header, kind_of_row

__all__ = [
    "Path_",
    "Table",
    "checksum",
    "column_name",
    "decode",
    "looks_like",
    "members",
    "open_file",
    "read_table",
    "refuse_patient_level",
    "wrong_kind",
]

Path_ = str | Path
#: No member of an archive may unpack to more than this (a full ONSPD has 1.2 GB).
MAX_BYTES = 4 * 1024**3
#: Nor to more than this many times its packed size, once it is larger than `RATIO_FROM`.
MAX_RATIO = 200
RATIO_FROM = 64 * 1024**2
#: A table that is read whole may have at most this many bytes.
MAX_TABLE_BYTES = 512 * 1024**2
MAX_MEMBERS = 10_000
_HEAD = 4096
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"SQLite format 3\x00", "gpkg"),
    (b"\x00\x00\x27\x0a", "shp"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"PAR1", "a Parquet file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
)


@dataclass(frozen=True, eq=False)
class Table:
    """A small table as it stands in its file: every cell is text.

    Parameters
    ----------
    file
        Name of the file, without its folder.
    header
        The headers as they stand; empty for a headerless file.
    rows
        The cells by column position, index `line`: the line of the file, from 1.
    kind
        What the table looks like (a key of `dialects.KINDS`), or ``""``.
    """

    file: str
    header: tuple[str, ...]
    rows: pd.DataFrame
    kind: str


class _Guarded(io.RawIOBase):
    """A stream that stops when it gives more bytes than an honest file would."""

    def __init__(self, stream: IO[bytes], packed: int, file: str) -> None:
        self._stream = stream
        self._allowed = min(MAX_BYTES, max(RATIO_FROM, packed * MAX_RATIO))
        self._file = file
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        try:
            data = self._stream.read(len(view))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise DataError(
                f"the archive is damaged ({error})",
                file=self._file,
                todo="Fetch the file again",
            ) from None
        self._count += len(data)
        if self._count > self._allowed:
            raise _too_large(self._file)
        view[: len(data)] = data
        return len(data)


def _too_large(file: str) -> DataError:
    return DataError(
        "the archive unpacks to more than any published file holds, and was not read",
        file=file,
        todo="Check where it comes from, or unpack it yourself",
    )


def checksum(path: Path_) -> str:
    """SHA-256 of a file as it lies on the disk, in hexadecimal."""
    digest = hashlib.sha256()
    with open_file(Path(path)) as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading bytes, or say why it cannot be opened."""
    if not path.exists():
        near = sorted(path.parent.glob(f"{path.name[:3]}*")) if path.parent.is_dir() else []
        todo = f"Nearby: {examples(p.name for p in near)}" if near else "Check the path"
        raise DataError("there is no such file", file=path, todo=todo)
    if path.is_dir():
        raise DataError("this is a folder, not a file", file=path, todo="Name a file in it")
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror})", file=path) from None


def looks_like(head: bytes) -> str:
    """Say what the first bytes of a file are: a container, ``"text"``, ``"json"``, or a phrase.

    Examples
    --------
    >>> looks_like(b"<!DOCTYPE html>"), looks_like(b"CODE,POSTCODE"), looks_like(b"%PDF-1.7")
    ('a web page (HTML)', 'text', 'a PDF document')
    """
    for magic, what in _MAGIC:
        if head.startswith(magic):
            return what
    if not head:
        return "an empty file"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a web page (HTML)" if b"html" in start else "an XML file"
    if start.startswith((b"{", b"[")):
        return "json"
    return "a binary file" if b"\x00" in head else "text"


@contextmanager
def members(path: Path_) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """Open the files behind a path: itself, what gzip holds, or what a zip or folder holds.

    Parameters
    ----------
    path
        A plain file, ``.gz``, ``.zip``, or a folder (its ``.csv`` files, also in its folders).

    Yields
    ------
    iterator of (str, binary stream)
        Name and content of each file; a stream is read before the next one is asked for.

    Raises
    ------
    DataError
        When it is missing, damaged, too large, or names paths outside its own folder.
    """
    path = Path(path)
    if path.is_dir():
        yield _from_folder(path)
        return
    with open_file(path) as stream:
        head = stream.read(_HEAD)
        stream.seek(0)
        what = looks_like(head)
        if what == "gzip":
            packed = path.stat().st_size
            unpacked = _Guarded(cast("IO[bytes]", gzip.GzipFile(fileobj=stream)), packed, path.name)
            yield iter([(path.name, cast("BinaryIO", io.BufferedReader(unpacked, 1 << 20)))])
        elif what == "zip":
            yield _from_zip(stream, path.name)
        else:
            yield iter([(path.name, stream)])


def _from_folder(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() == ".csv" and p.is_file())
    if not found:
        raise DataError("the folder holds no .csv file", file=path)
    for file in found:
        with file.open("rb") as stream:
            yield file.name, stream


def _from_zip(stream: BinaryIO, name: str) -> Iterator[tuple[str, BinaryIO]]:
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as error:
        raise DataError(
            f"the zip archive is damaged ({error})", file=name, todo="Fetch the file again"
        ) from None
    with archive:
        for info in safe_members(archive, name):
            try:
                member = archive.open(info)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
                raise DataError(
                    f"{info.filename} cannot be unpacked ({error})",
                    file=name,
                    todo="Unpack it yourself and give the file inside",
                ) from None
            guarded = _Guarded(member, info.compress_size, name)
            yield Path(info.filename).name, cast("BinaryIO", io.BufferedReader(guarded, 1 << 20))


def safe_members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """List the files of a zip archive, refusing one that is built to do harm."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise DataError(f"the archive holds {len(infos):,} files, and was not read", file=name)
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise DataError(
                f"the archive names a path outside its own folder ({info.filename!r}), "
                "and was not read",
                file=name,
                todo="Check where it comes from",
            )
        allowed = min(MAX_BYTES, max(RATIO_FROM, info.compress_size * MAX_RATIO))
        if info.file_size > allowed:
            raise _too_large(name)
    return [i for i in infos if not i.filename.startswith("__MACOSX/")]


def decode(data: bytes, file: str) -> str:
    r"""Turn the bytes of a table into text: UTF-8 with or without mark, UTF-16, else cp1252 (Q24).

    Examples
    --------
    >>> decode(b"\xef\xbb\xbfCODE", "a.csv"), decode("Caf\u00e9".encode("cp1252"), "a.csv")
    ('CODE', 'Café')
    """
    coding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise DataError(
            "the file holds bytes that no text has", file=file, todo="Fetch the file again"
        )
    return text


def read_table(path: Path_, kind: str) -> Table:
    """Read a small table whole, as text, with the line of every row.

    Parameters
    ----------
    path
        The file: ``.csv``, ``.csv.gz`` or a ``.zip`` with one table of the wanted kind in it.
    kind
        What is wanted (a key of `dialects.KINDS`); decides between the members of an archive.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        When it is missing, empty, damaged, not a table, or its rows do not fit its header.
    PatientLevelError
        When its header speaks of single patients.
    """
    tables = []
    with members(path) as found:
        for name, stream in found:
            if name.lower().endswith((".txt", ".pdf", ".xml", ".html", ".md", ".docx")):
                continue
            table = _parse(_text(stream, name), Path(path).name)
            if table.kind == kind:
                return table
            tables.append(table)
    if not tables:
        raise DataError("the archive holds no table", file=Path(path).name)
    return tables[0]


def _text(stream: BinaryIO, name: str) -> str:
    head = stream.read(_HEAD)
    what = looks_like(head)
    if what != "text":
        title = {
            "json": "a GeoJSON or JSON file",
            "gpkg": "a GeoPackage",
            "shp": "a shapefile",
            "zip": "an archive or workbook inside an archive",
            "gzip": "an archive inside an archive",
        }.get(what, what)
        todo = {"json": "boundaries", "gpkg": "boundaries", "shp": "boundaries"}.get(what, "")
        raise DataError(
            f"this is {title}, not a table",
            file=name,
            todo=f"If it holds boundaries, give it with --{todo}" if todo else "Fetch it again",
        )
    data = head + stream.read(MAX_TABLE_BYTES)
    if len(data) > MAX_TABLE_BYTES:
        raise DataError("the table is larger than any published one of its kind", file=name)
    return decode(data, name)


def _parse(text: str, file: str) -> Table:
    """Split text into cells, keeping the line that each row begins on."""
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[int] = []
    rows: list[list[str]] = []
    begin = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(begin)
                rows.append(row)
            begin = reader.line_num + 1
    except csv.Error as error:
        what = f"the row cannot be split into cells ({error})"
        raise DataError(what, file=file, row=begin) from None
    if not rows:
        raise DataError("the file is empty", file=file, todo="Fetch the file again")
    kind = kind_of_row(rows[0])
    header: tuple[str, ...] = ()
    if not kind:
        header = tuple(cell.strip() for cell in rows[0])
        refuse_patient_level(header, file)
        kind = kind_of_header(header)
        lines, rows = lines[1:], rows[1:]
    width = len(header) if header else len(rows[0])
    _check_widths(rows, lines, width, file)
    cells = [[cell.strip() for cell in row[:width]] for row in rows]
    index = pd.Index(lines, name="line", dtype="int64")
    return Table(file, header, pd.DataFrame(cells, index=index, columns=range(width)), kind)


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",\t;|", key=first.count)


def _check_widths(rows: list[list[str]], lines: list[int], width: int, file: str) -> None:
    """Refuse rows that are longer or shorter than the first; trailing empty cells may pass."""
    bad = [
        (line, len(row))
        for line, row in zip(lines, rows, strict=True)
        if len(row) < width or any(cell.strip() for cell in row[width:])
    ]
    if bad:
        line, cells = bad[0]
        more = f" (and {len(bad) - 1} more rows)" if len(bad) > 1 else ""
        raise DataError(
            f"the row has {cells} cells where the header has {width}{more}",
            file=file,
            row=line,
            todo="The file may be cut short or edited by hand: fetch it again",
        )


def refuse_patient_level(header: tuple[str, ...], file: str) -> None:
    """Refuse a table whose header speaks of single patients."""
    bad = [name for name in header if PATIENT_LEVEL.match(header_key(name))]
    if bad:
        raise PatientLevelError(
            f"the column {examples(bad)} is about single patients: the file was not read",
            file=file,
            row=1,
            column=bad[0],
            todo="pcngeo takes counts by practice only; keep patient records out of it",
        )


def wrong_kind(table: Table, wanted: str, missing: list[str]) -> DataError:
    """Make the error for a table that is not of the wanted kind, saying what it looks like.

    Parameters
    ----------
    table
        What was read.
    wanted
        Key of the kind that was wanted.
    missing
        Logical fields that it lacks.
    """
    flag = KINDS[wanted].flag
    if table.kind and KINDS[table.kind].flag != flag:
        kind = KINDS[table.kind]
        todo = f"Give it with {kind.flag}" if kind.flag else "It belongs to no option of the plan"
        return DataError(
            f"this is not {KINDS[wanted].title} but looks like {kind.title}",
            file=table.file,
            row=1,
            todo=f"{todo}; {flag} wants {KINDS[wanted].title}",
        )
    seen = f"its columns are {examples(table.header, 12)}" if table.header else "it has no header"
    return DataError(
        f"{KINDS[wanted].title} needs a column for {examples(missing)}; {seen}",
        file=table.file,
        row=1,
        column=missing[0] if missing else None,
        todo=f"Check that this is the file for {flag}",
    )


def column_name(table: Table, position: int) -> str:
    """Name of a column as a reader finds it: its header, or its number from 1."""
    return table.header[position] if table.header else str(position + 1)
