"""Read the sheets of an Excel workbook as text, with the number of every row (Q24)."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from pcngeo.errors import DataError
from pcngeo.intake.files import (
    DAMAGE,
    MAX_TABLE_BYTES,
    looks_like,
    open_file,
    read_member,
    safe_members,
)

__all__ = ["NumberedRow", "is_workbook", "read_sheets"]

#: A sheet of a workbook may have at most this many cells.
MAX_CELLS = 20_000_000

#: A row's number in its file, from 1, and its cells.
NumberedRow = tuple[int, list[str]]


def is_workbook(path: Path) -> bool:
    """Tell an Excel workbook from any other file, by what it holds."""
    with open_file(path) as stream:
        if looks_like(stream.read(4096)) != "zip":
            return False
        stream.seek(0)
        try:
            with zipfile.ZipFile(stream) as archive:
                return "[Content_Types].xml" in archive.namelist()
        except DAMAGE:
            return False


def read_sheets(path: Path) -> list[tuple[str, list[NumberedRow]]]:
    """Read every sheet of a workbook: its title, and the rows that hold something.

    Parameters
    ----------
    path
        The workbook.

    Returns
    -------
    list of (str, list)
        In the workbook's order; no rows where a sheet is empty.

    Raises
    ------
    DataError
        When it is damaged, or larger than any published one.
    """
    import openpyxl

    with open_file(path) as stream:
        try:
            book = openpyxl.load_workbook(
                _honest(stream, path.name), read_only=True, data_only=True
            )
            return [(sheet.title, _rows(sheet, path.name)) for sheet in book.worksheets]
        except DataError:
            raise
        except Exception as error:  # openpyxl raises whatever the damage leads to
            reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            what = f"the workbook cannot be read ({reason})"
            raise DataError(what, file=path.name, todo="Save it again from Excel") from None


def _honest(stream: BinaryIO, file: str) -> io.BytesIO:
    """Copy a workbook, so that every part is as long as it says before openpyxl unpacks it."""
    copy = io.BytesIO()
    left = MAX_TABLE_BYTES
    with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(copy, "w") as out:
        for info in safe_members(archive, file):
            part = read_member(archive, info)
            left -= len(part)
            if left < 0:
                raise DataError("the workbook is larger than any published one", file=file)
            out.writestr(zipfile.ZipInfo(info.filename), part)
    return copy


def _rows(sheet: Any, file: str) -> list[NumberedRow]:
    """Read the rows of a sheet that hold something, with their numbers, all of one width.

    A sheet may say that it has a million rows of 16,000 cells, because someone coloured a column.
    """
    sheet.reset_dimensions()
    kept: list[NumberedRow] = []
    width = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            kept.append((number, cells))
            width = max(width, len(cells))
            if width * len(kept) > MAX_CELLS:
                raise DataError("the sheet is larger than any published one", file=file)
    return [(number, cells + [""] * (width - len(cells))) for number, cells in kept]


def _cell(value: object) -> str:
    """Write a cell of a workbook as text; whole numbers and dates as in a CSV (Q24)."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
