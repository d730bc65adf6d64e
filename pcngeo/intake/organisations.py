"""Read the organisations file (epraccur): name, postcode, status and setting of every code.

The file is not a list of GP practices (Q1): most of its rows are other prescribing places. It is
only ever asked about codes that the list file has patients for (Q5). Both code systems of status
and setting are read into one (Q2).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import KINDS, SETTINGS, STATUSES, parse_date
from pcngeo.intake.files import Path_
from pcngeo.intake.repeats import drop_repeats
from pcngeo.intake.tables import Table, read_table, wrong_kind

__all__ = ["Organisations", "read_branches", "read_organisations", "setting_words"]

#: Column positions, from 0, of the headerless file.
_AT = {"practice": 0, "name": 1, "postcode": 9, "open": 10, "close": 11, "status": 12,
       "commissioner": 14, "joined": 15, "left": 16, "setting": 25}  # fmt: skip
#: Columns of an ODS file.
WIDTH = 27
_BY_ROLE = {role: number for number, (role, _) in SETTINGS.items()}


@dataclass(frozen=True, eq=False)
class Organisations:
    """The organisations file.

    Parameters
    ----------
    frame
        Index `practice`, columns name, postcode, open, close (text dates), status (active, closed,
        dormant, proposed or unknown), gp (bool: a GP practice by its setting), setting (the
        integer of the old system as text, or the role as written), commissioner, line.
    date
        The latest date that the file knows of; it was made then or later. `None` without dates.
    notes
        Rows that were dropped or flagged.
    """

    frame: pd.DataFrame
    date: dt.date | None
    file: str
    notes: tuple[Note, ...]


def read_organisations(path: Path_) -> Organisations:
    """Read an epraccur file of either code system.

    Parameters
    ----------
    path
        The headerless file of 27 columns; a header row is passed over.

    Returns
    -------
    Organisations

    Raises
    ------
    DataError
        When it is another file, or no row is an active GP practice in either code system (Q2).
    """
    table = read_table(path, "organisations")
    rows = table.rows
    if table.kind != "organisations" and len(table.header) != WIDTH:
        raise _wrong_width(table, "organisations")
    frame = pd.DataFrame({field: rows[position] for field, position in _AT.items()})
    notes: list[Note] = []
    frame["practice"] = frame["practice"].str.upper()
    frame = drop_repeats(frame, table, 0, notes)
    frame["status"] = frame["status"].str.upper().map(STATUSES).fillna("unknown")
    settings = {text: _setting(text) for text in frame["setting"].unique()}
    frame["setting"] = frame["setting"].map(settings)
    frame["gp"] = frame["setting"] == "4"
    if not (frame["gp"] & (frame["status"] == "active")).any():
        raise DataError(
            "no row is an active GP practice, neither by the old codes (status A, setting 4) nor "
            f"by the new ones (ACTIVE, RO76); statuses here are {examples(table.rows[12].unique())}"
            f", settings {examples(table.rows[25].unique())}",
            file=table.file,
            todo="Fetch epraccur again, or leave --organisations out",
        )
    frame["line"] = frame.index
    return Organisations(
        frame.set_index("practice").sort_index(), _latest(frame), table.file, tuple(notes)
    )


def _wrong_width(table: Table, kind: str) -> DataError:
    """Make the error for a table that is not an ODS file: another kind, or too narrow."""
    if table.kind and table.kind != kind:
        return wrong_kind(table, kind, [])
    return DataError(
        f"{KINDS[kind].title} has {WIDTH} columns, this file has {table.rows.shape[1]}",
        file=table.file,
        row=1,
        todo="Fetch it again, with every column and without a header",
    )


def _setting(text: str) -> str:
    """Normalise a setting to the integer of the old system; roles may be piped (Q2)."""
    value = text.strip().upper()
    if value in SETTINGS or not value:
        return value
    if value in _BY_ROLE:
        return _BY_ROLE[value]
    roles = value.split("|")
    if "RO76" in roles:
        return "4"
    known = [_BY_ROLE[role] for role in roles if role in _BY_ROLE]
    return known[0] if known else value


def setting_words(setting: str) -> str:
    """Say what a setting is, in words.

    Examples
    --------
    >>> setting_words("1"), setting_words("")
    ('a walk-in centre', 'a place of unknown kind')
    """
    return SETTINGS.get(setting, ("", "a place of unknown kind"))[1]


def _latest(frame: pd.DataFrame) -> dt.date | None:
    """Latest date in the file, of rows that are not merely proposed."""
    real = frame[frame["status"] != "proposed"]
    texts = pd.concat([real[column] for column in ("open", "close", "joined", "left")])
    dates = [parse_date(text) for text in sorted(texts[texts != ""].unique())[-50:]]
    known = [date for date in dates if date is not None]
    return max(known) if known else None


def read_branches(path: Path_) -> pd.DataFrame:
    """Read branch surgeries (ebranchs): places of a practice, without a list of their own (Q23).

    Parameters
    ----------
    path
        The headerless file of 27 columns. The old one has no status: a branch with a close date is
        closed; in the new code system so is one whose status is ``INACTIVE`` (Q2).

    Returns
    -------
    DataFrame
        Index `branch` (its code), columns practice (ODS code of the parent), name, postcode,
        closed (bool), line.
    """
    table = read_table(path, "branches")
    if table.kind != "branches":
        raise _wrong_width(table, "branches")
    rows = table.rows
    frame = pd.DataFrame(
        {
            "branch": rows[0].str.upper(),
            "practice": rows[14].str.upper(),
            "name": rows[1],
            "postcode": rows[9],
            "closed": (rows[11] != "") | (rows[12].str.upper().map(STATUSES) == "closed"),
            "line": rows.index,
        }
    )
    twice = frame[frame["branch"].duplicated()]
    if len(twice):
        raise DataError(
            f"{len(twice)} branches stand twice: {examples(twice['branch'])}",
            file=table.file,
            row=int(twice.index[0]),
        )
    return frame.set_index("branch").sort_index()
