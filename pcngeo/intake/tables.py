"""Read a small table as text, with the line of every row: CSV in any encoding, or a workbook.

Lists, maps and the organisations file have thousands of rows; they are read whole and with exact
line numbers, so that every fault can be found in an editor. Large tables are streamed by the
modules that need them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.dialects import KINDS, kind_of_header, kind_of_row
from pcngeo.intake.files import MAX_TABLE_BYTES, Path_, looks_like, members, read_whole
from pcngeo.intake.workbooks import NumberedRow, is_workbook, read_sheets
from pcngeo.patient_level import SAMPLED_ROWS, refuse_nhs_numbers, refuse_patient_level

__all__ = [
    "Table",
    "column_name",
    "decode",
    "read_table",
    "read_tables",
    "refuse_numbers_ahead",
    "split_line",
    "wrong_kind",
]

#: A header is looked for in this many rows: workbooks carry titles and notes above their tables.
TITLE_ROWS = 20
#: Of a large table, rows in this many bytes are looked at.
SAMPLED_BYTES = 1 << 16
_CUT_FROM = 4096
#: Files of an archive that are no tables: notes, licences, pictures.
NOT_TABLES = (".txt", ".pdf", ".xml", ".html", ".md", ".docx", ".png", ".jpg")


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
    sheet
        Name of the sheet of a workbook, or of the file within an archive.
    """

    file: str
    header: tuple[str, ...]
    rows: pd.DataFrame
    kind: str
    sheet: str = ""


def split_line(line: bytes, file: str, row: int) -> list[str]:
    """Split one line of a large table into cells.

    Parameters
    ----------
    line
        The line's bytes, in any encoding.
    file, row
        Where it stands, for messages.

    Returns
    -------
    list of str
        The cells without surrounding blanks.
    """
    try:
        cells = next(csv.reader([decode(line, file).strip("\r\n")]), [])
    except csv.Error as error:
        what = f"the row cannot be split into cells ({error})"
        raise DataError(what, file=file, row=row, todo="Fetch the file again") from None
    return [cell.strip() for cell in cells]


def read_table(path: Path_, *kinds: str) -> Table:
    """Read a small table whole, as text, with the line of every row.

    Parameters
    ----------
    path
        The file: CSV (also tabs or semicolons), plain, gzip or zip, or an Excel workbook.
    kinds
        What is wanted (keys of `dialects.KINDS`); the first table of such a kind is taken where
        an archive or a workbook holds several.

    Returns
    -------
    Table
        Of one of the kinds, or, when there is none, the first table of the file that is known
        for what it is, or else the first.

    Raises
    ------
    DataError
        When it is missing, empty, damaged, not a table, or its rows do not fit its header.
    PatientLevelError
        When its header speaks of single patients.
    """
    first = wanted = None
    for table in read_tables(path):
        if first is None or (not first.kind and table.kind):
            first = table
        if table.kind not in kinds:
            continue
        if wanted is not None and not _same(wanted, table):
            raise DataError(
                f"the file holds two tables that differ, {wanted.sheet} and {table.sheet}: which "
                "one is meant is not known",
                file=table.file,
                todo="Give only the one you want: unpack it, or save it on its own",
            )
        wanted = wanted or table
    if first is None:
        raise DataError("the file holds no table", file=Path(path).name)
    return wanted or first


def _same(one: Table, other: Table) -> bool:
    """Tell whether two tables hold the same cells."""
    return one.header == other.header and one.rows.equals(other.rows)


def read_tables(path: Path_) -> Iterator[Table]:
    """Read the tables of a file one after another; see `read_table`."""
    path = Path(path)
    if is_workbook(path):
        for title, rows in read_sheets(path):
            if rows:
                yield _table(rows, path.name, title)
        return
    refused: DataError | None = None
    some = False
    with members(path) as found:
        for name, stream in found:
            if path.name != name and name.lower().endswith(NOT_TABLES):
                continue
            try:
                table = _parse(_text(stream, path.name), path.name, _member(name, path))
            except _NoTableError as error:  # a picture or a note beside the table
                refused = refused or error
                continue
            some = True
            yield table
    if refused is not None and not some:
        raise refused


class _NoTableError(DataError):
    """A file, or a member of an archive, that is no table."""


def _member(name: str, path: Path) -> str:
    return "" if name == path.name else name


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


def _text(stream: BinaryIO, name: str) -> str:
    head = stream.read(4096)
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
        raise _NoTableError(
            f"this is {title}, not a table",
            file=name,
            todo=f"If it holds boundaries, give it with --{todo}" if todo else "Fetch it again",
        )
    data = head + read_whole(stream)
    if len(data) > MAX_TABLE_BYTES:
        raise DataError("the table is larger than any published one of its kind", file=name)
    return decode(data, name)


def _parse(text: str, file: str, sheet: str) -> Table:
    """Split text into cells, keeping the line that each row begins on."""
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[NumberedRow] = []
    begin = 1
    try:
        for row in reader:
            if rows and _swallowed(row, len(rows[0][1]), delimiter):
                raise DataError(
                    f"a cell swallows {reader.line_num - begin} rows below it: a quotation mark is "
                    "not closed",
                    file=file,
                    row=begin,
                    todo="Close it or take it out",
                )
            rows.append((begin, row))
            begin = reader.line_num + 1
    except csv.Error as error:
        what = f"the row cannot be split into cells ({error})"
        raise DataError(what, file=file, row=begin) from None
    return _table(rows, file, sheet)


def _swallowed(row: list[str], width: int, delimiter: str) -> bool:
    """Tell whether a cell of several lines holds as many cells as a row: another row, that is."""
    many = [cell for cell in row if "\n" in cell or "\r" in cell]
    return any(cell.count(delimiter) >= max(1, width - 1) for cell in many)


def _table(numbered: Iterable[NumberedRow], file: str, sheet: str) -> Table:
    """Find the header and make the table; titles above the header are passed over."""
    rows = [(line, [cell.strip() for cell in row]) for line, row in numbered if any(row)]
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise DataError("the file is empty", file=file, todo="Fetch the file again")
    start, kind = 0, kind_of_row(rows[0][1])
    header: tuple[str, ...] = ()
    if not kind:
        start, kind = _header_row(rows, file)
        header = _trimmed(rows[start][1])
        start += 1
    body = rows[start:]
    refuse_nhs_numbers([row for _, row in body[:SAMPLED_ROWS]], file)
    width = len(header) if header else len(rows[0][1])
    _check_widths(body, width, file)
    index = pd.Index([line for line, _ in body], name="line", dtype="int64")
    cells = [row[:width] for _, row in body]
    return Table(file, header, pd.DataFrame(cells, index=index, columns=range(width)), kind, sheet)


def _header_row(rows: list[NumberedRow], file: str) -> tuple[int, str]:
    """Find the row that is the header of a known kind of table; the first row where none is."""
    for i, (_, row) in enumerate(rows[:TITLE_ROWS]):
        refuse_patient_level(tuple(row), file)
        kind = kind_of_header(row)
        if kind:
            return i, kind
    return 0, ""


def _trimmed(row: list[str]) -> tuple[str, ...]:
    """Cut the empty cells at the end of a header."""
    while len(row) > 1 and not row[-1]:
        row = row[:-1]
    return tuple(row)


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",\t;|", key=first.count)


def _check_widths(rows: list[NumberedRow], width: int, file: str) -> None:
    """Refuse rows that are longer or shorter than the header; empty cells at the end may pass."""
    bad = [(line, len(row)) for line, row in rows if len(row) < width or any(row[width:])]
    if bad:
        line, cells = bad[0]
        more = f" (and {len(bad) - 1} more rows)" if len(bad) > 1 else ""
        raise DataError(
            f"the row has {cells} cells where the header has {width}{more}",
            file=file,
            row=line,
            todo="The file may be cut short or edited by hand: fetch it again",
        )


def refuse_numbers_ahead(stream: BinaryIO, file: str) -> None:
    """Look at the rows ahead in a stream for NHS numbers, without moving on in it."""
    head = cast("io.BufferedReader", stream).peek(SAMPLED_BYTES)[:SAMPLED_BYTES]
    lines = head.splitlines()
    if len(head) >= _CUT_FROM and not head.endswith(b"\n"):
        lines = lines[:-1]  # the last one may be cut short
    rows = [split_line(line, file, i) for i, line in enumerate(lines[:SAMPLED_ROWS], 2)]
    refuse_nhs_numbers([row for row in rows if any(row)], file)


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
    header = [" ".join(text.split()) for text in table.header]
    seen = f"its columns are {examples(header, 12)}" if header else "it has no header"
    return DataError(
        f"{KINDS[wanted].title} needs {examples(missing)}, which is missing; {seen}",
        file=table.file,
        row=1,
        column=missing[0] if missing else None,
        todo=f"Check that this is the file for {flag}" if flag else "Check that it is the file",
    )


def column_name(table: Table, position: int) -> str:
    """Name of a column as a reader finds it: its header, or its number from 1."""
    return table.header[position] if table.header else str(position + 1)
