"""Read who is in which network today, and which area a practice belongs to: map or ePCN file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import find_columns, parse_date
from pcngeo.intake.files import Path_, Table, column_name, read_table, wrong_kind

__all__ = ["Membership", "read_membership"]

_FIELDS = ("name", "postcode", "pcn", "pcn_name", "area", "ons_area", "area_name", "icb",
           "ons_icb", "icb_name")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Membership:
    """Practice to PCN to area.

    Parameters
    ----------
    frame
        Index `practice`, columns name, postcode, pcn, pcn_name (``""``: in no network), area,
        ons_area, area_name, icb, ons_icb, icb_name, line; all text, ``""`` where unknown.
    date
        Date of the map, or `None` where the file does not say.
    notes
        Rows that were dropped or flagged.
    """

    frame: pd.DataFrame
    date: dt.date | None
    file: str
    notes: tuple[Note, ...]


def read_membership(path: Path_) -> Membership:
    """Read a practice-to-PCN map of any header era.

    Parameters
    ----------
    path
        ``gp-reg-pat-prac-map``.

    Returns
    -------
    Membership

    Raises
    ------
    DataError
        When it is another file, or gives one practice twice with different networks.
    """
    table = read_table(path, "membership")
    at = find_columns(table.header, "membership") if table.header else {}
    missing = [field for field in ("practice",) if field not in at]
    if missing or table.kind not in ("membership", ""):
        raise wrong_kind(table, "membership", ["the practice code (PRACTICE_CODE)"])
    frame = pd.DataFrame({field: table.rows[position] for field, position in at.items()})
    frame["practice"] = frame["practice"].str.upper().str.replace(" ", "")
    frame = frame[frame["practice"] != ""].copy()
    for field in _FIELDS:
        if field not in frame:
            frame[field] = ""
    for field in ("pcn", "area", "ons_area", "icb", "ons_icb"):
        frame[field] = frame[field].str.upper()
    none = frame["pcn"].isin(["U", "", "-", "N/A", "NONE"])
    frame.loc[none, ["pcn", "pcn_name"]] = ""
    notes: list[Note] = []
    frame = _once(frame, table, at["practice"], notes)
    frame["line"] = frame.index
    date = _date(frame)
    kept = frame.set_index("practice").sort_index()[[*_FIELDS, "line"]]
    return Membership(kept, date, table.file, tuple(notes))


def _date(frame: pd.DataFrame) -> dt.date | None:
    if "date" not in frame:
        return None
    dates = {parse_date(text) for text in frame["date"].unique()} - {None}
    return max(date for date in dates if date is not None) if dates else None


def _once(frame: pd.DataFrame, table: Table, position: int, notes: list[Note]) -> pd.DataFrame:
    """Keep one row for each practice; two that disagree stop (Q17, R20)."""
    twice = frame[frame["practice"].duplicated(keep=False)]
    for code, rows in twice.groupby("practice"):
        if rows["pcn"].nunique() > 1 or rows["area"].nunique() > 1:
            raise DataError(
                f"practice {code} stands in rows {examples(rows.index)} with different networks "
                f"or areas: {examples(sorted(set(rows['pcn']) | set(rows['area'])))}",
                file=table.file,
                row=int(rows.index[1]),
                column=column_name(table, position),
                todo="Keep the row that holds; a practice in two networks is decided by hand (R20)",
            )
        for line in rows.index[1:]:
            action = f"dropped: the same as row {rows.index[0]}"
            notes.append(Note(table.file, int(line), str(code), "", "Q17", action))
    return frame.drop_duplicates("practice")
