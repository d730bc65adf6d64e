"""Read list sizes: registered patients by practice, the file that everything starts from (Q5)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import POSTCODE, find_columns, parse_date
from pcngeo.intake.files import Path_
from pcngeo.intake.repeats import drop_repeats
from pcngeo.intake.tables import Table, column_name, read_table, wrong_kind

__all__ = ["Lists", "UndatedError", "list_sizes", "read_lists", "single_date"]

_NUMBER = re.compile(r"^[0-9]{1,3}(,[0-9]{3})+$|^[0-9]+(\.0+)?$")
_CODE = re.compile(r"^[A-HJ-NPVY]\d{5}$")
#: What stands in a row that adds up the others.
_TOTAL = r"((GRAND|OVERALL|AREA)\s*)?(SUB\s*-?)?TOTALS?\b.*|SUM"


class UndatedError(DataError):
    """The file does not say what date its lists were taken on."""


@dataclass(frozen=True, eq=False)
class Lists:
    """The list-size file of the whole country (or of what it holds).

    Parameters
    ----------
    frame
        Index `practice`, columns postcode, area, ons_area (text, ``""`` where unknown), list_size
        (registered patients), line; further columns of a planner's own table where it has them.
    date
        The date that the lists were taken on (R06).
    notes
        Rows that were dropped, changed or flagged.
    rows
        Rows of the file.
    totals
        Index `practice`, columns rows, patients: rows with the practice's total in the file, and
        their registered patients, before anything was dropped.
    """

    frame: pd.DataFrame
    date: dt.date
    file: str
    notes: tuple[Note, ...]
    totals: pd.DataFrame
    rows: int


def read_lists(path: Path_, date: dt.date | None = None) -> Lists:
    """Read a file of list sizes by practice, in any of its layouts.

    Parameters
    ----------
    path
        ``gp-reg-pat-prac-all`` with CCG columns, sub-ICB columns or no area columns, or a
        planner's own table.
    date
        The date of the lists, for a table that does not hold it.

    Returns
    -------
    Lists

    Raises
    ------
    DataError
        When a column is missing, a list size is not a whole number from 0, or one code has two
        different rows (Q17).
    """
    table = read_table(path, "lists")
    at = find_columns(table.header, "lists") if table.header else {}
    missing = [field for field in ("practice", "list_size") if field not in at]
    if missing or table.kind not in ("lists", ""):
        raise wrong_kind(table, "lists", [_PLAIN[field] for field in missing])
    frame = pd.DataFrame({field: table.rows[position] for field, position in at.items()})
    notes: list[Note] = []
    frame = _totals_only(frame, table, notes)
    frame = _without_sum(frame, table, at, notes)
    frame["list_size"] = list_sizes(frame["list_size"], table, at["list_size"])
    frame["practice"] = _codes(frame["practice"], table, at["practice"], notes)
    grouped = frame.groupby("practice")["list_size"]
    totals = pd.DataFrame({"rows": grouped.size(), "patients": grouped.sum()})
    taken = _taken(date, frame, table, at)
    frame = drop_repeats(frame, table, at["practice"], notes)
    for field in ("postcode", "area", "ons_area"):
        frame[field] = frame[field].str.upper() if field in frame else ""
    frame["line"] = frame.index
    frame = frame.drop(columns=["type", "sex", "age", "date"], errors="ignore")
    return Lists(
        frame.set_index("practice").sort_index(),
        taken,
        table.file,
        tuple(notes),
        totals,
        len(table.rows),
    )


_PLAIN = {"practice": "the practice code (CODE)", "list_size": "patients (NUMBER_OF_PATIENTS)"}


def _totals_only(frame: pd.DataFrame, table: Table, notes: list[Note]) -> pd.DataFrame:
    """Keep the rows that hold a practice's total: all ages, both sexes."""
    keep = pd.Series(True, index=frame.index)
    for field, wanted in (("type", "GP"), ("sex", "ALL"), ("age", "ALL")):
        if field in frame:
            keep &= frame[field].str.upper().isin([wanted, ""])
    if not keep.any():
        raise DataError(
            "no row holds a practice's total (TYPE GP, SEX ALL, AGE ALL)",
            file=table.file,
            todo="Use gp-reg-pat-prac-all, not the file by age or sex",
        )
    for line, row in frame[~keep].iterrows():
        what = ", ".join(str(row[f]) for f in ("type", "sex", "age") if f in frame)
        action = f"not used: the row is not a practice's total ({what})"
        notes.append(Note(table.file, int(str(line)), str(row["practice"]), "", "", action))
    return frame[keep].copy()


def _without_sum(
    frame: pd.DataFrame, table: Table, at: dict[str, int], notes: list[Note]
) -> pd.DataFrame:
    """Leave out a row that adds up the others, as planners' own tables end in one (Q17).

    Counted as a practice it would double the area. It must agree with the others to the patient.
    """
    blank = frame["practice"] == ""
    sizes = pd.to_numeric(frame["list_size"].str.replace(",", ""), errors="coerce")
    added = frame["practice"].str.upper().str.fullmatch(_TOTAL)
    if "name" in frame:
        added |= blank & frame["name"].str.upper().str.fullmatch(_TOTAL)
    rest = sizes[~added & ~blank]
    added |= blank & (sizes == rest.sum())
    for line in frame.index[added].astype(int):
        if sizes[line] != rest.sum() and pd.notna(sizes[line]) and rest.notna().all():
            raise DataError(
                f"a row of totals says {sizes[line]:,.0f} patients, but the lists add up to "
                f"{rest.sum():,.0f}",
                file=table.file,
                row=line,
                column=column_name(table, at["list_size"]),
                todo="Correct what is wrong, or remove the row of totals",
            )
        says = ", and agrees with them" if pd.notna(sizes[line]) else ""
        action = f"not used: the row adds up the others{says}"
        notes.append(Note(table.file, line, "", column_name(table, at["practice"]), "Q17", action))
    return frame[~added]


def list_sizes(values: pd.Series[str], table: Table, position: int) -> pd.Series[int]:
    """Read list sizes as whole numbers, or say which rows are not (Q21: ``*`` is never 0)."""
    good = values.str.match(_NUMBER)
    if not good.all():
        bad = values[~good]
        line = int(bad.index[0])
        hidden = bad.iloc[0] in ("*", "-", "")
        what = "unknown (suppressed or empty)" if hidden else "not a whole number from 0"
        shown = examples(f"{value!r} in row {at}" for at, value in bad.items())
        raise DataError(
            f"{len(bad)} list size is {what}: {shown}"
            if len(bad) == 1
            else f"{len(bad)} list sizes are not whole numbers from 0: {shown}",
            file=table.file,
            row=line,
            column=column_name(table, position),
            todo="Correct the values or remove the rows",
        )
    plain = values.str.replace(",", "").str.replace(r"\.0+$", "", regex=True)
    sizes = plain.astype("float64")
    if (sizes > 1e7).any():
        line = int(sizes.index[int(sizes.to_numpy().argmax())])
        raise DataError(
            f"a list of {sizes.max():,.0f} patients is larger than any",
            file=table.file,
            row=line,
            column=column_name(table, position),
            todo="Correct the value",
        )
    return sizes.astype("int64")


def _codes(
    values: pd.Series[str], table: Table, position: int, notes: list[Note]
) -> pd.Series[str]:
    """Clean practice codes; an unusual one is flagged, a missing one stops (Q24)."""
    column = column_name(table, position)
    codes = values.str.upper().str.replace(" ", "")
    _refuse_postcodes(values, table, column)
    empty = codes.index[codes == ""]
    if len(empty):
        raise DataError(
            f"{len(empty)} rows have no practice code (rows {examples(empty)})"
            if len(empty) > 1
            else "the row has no practice code",
            file=table.file,
            row=int(empty[0]),
            column=column,
            todo="Fill in what is missing, or remove what is no practice",
        )
    for line in codes.index[codes != values].astype(int):
        action = f"the code was written {values[line]!r} and read as {codes[line]}"
        notes.append(Note(table.file, int(line), codes[line], column, "Q24", action))
    welsh = codes.str.startswith("W")
    for line in codes.index[welsh].astype(int):
        action = "the code is of a practice in Wales"
        notes.append(Note(table.file, int(line), codes[line], column, "Q12", action))
    for line in codes.index[~codes.str.match(_CODE) & ~welsh].astype(int):
        action = "kept: the code does not look like the ODS code of a practice in England"
        notes.append(Note(table.file, int(line), codes[line], column, "Q24", action))
    return codes


def _refuse_postcodes(values: pd.Series[str], table: Table, column: str) -> None:
    """Refuse a column of codes that holds postcodes: two columns were exchanged."""
    bad = values[values.str.upper().str.match(POSTCODE)]
    if len(bad):
        more = f", and so are {len(bad) - 1} more" if len(bad) > 1 else ""
        raise DataError(
            f"{bad.iloc[0]!r} is a postcode, not a practice code{more}",
            file=table.file,
            row=int(bad.index[0]),
            column=column,
            todo="The practice codes and the postcodes look exchanged: put each in its own column",
        )


def _taken(given: dt.date | None, frame: pd.DataFrame, table: Table, at: dict[str, int]) -> dt.date:
    """Take the file's own date, or the one given for a file that holds none; never both."""
    if "date" not in frame and given is not None:
        return given
    own = single_date(frame, table, at)
    if given is not None and given != own:
        raise DataError(
            f"the lists were taken on {own}, but the date given for them is {given}",
            file=table.file,
            column=column_name(table, at["date"]),
            todo="Leave the date out: the file's own counts (R06)",
        )
    return own


def single_date(frame: pd.DataFrame, table: Table, at: dict[str, int]) -> dt.date:
    """Read the one date of a file; several dates, or none, are refused (R06)."""
    if "date" not in frame:
        raise UndatedError(
            "the file does not say what date the lists were taken on (no column EXTRACT_DATE)",
            file=table.file,
            row=1,
            column="EXTRACT_DATE",
            todo="Give the date with --list-date, or add a column EXTRACT_DATE, such as 2026-01-01",
        )
    dates = {text: parse_date(text) for text in sorted(frame["date"].unique())}
    column = column_name(table, at["date"])
    bad = [text for text, date in dates.items() if date is None]
    if bad:
        line = int(frame.index[frame["date"] == bad[0]][0])
        raise DataError(
            f"the date is not readable: {examples(repr(text) for text in bad)}",
            file=table.file,
            row=line,
            column=column,
            todo="Write it as 2026-01-01",
        )
    found = sorted({date for date in dates.values() if date is not None})
    if len(found) != 1:
        raise DataError(
            f"the file holds lists of {len(found)} dates ({examples(found)})",
            file=table.file,
            column=column,
            todo="Keep the rows of one date",
        )
    return found[0]
