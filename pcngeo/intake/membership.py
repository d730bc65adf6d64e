"""Read who is in which network today, and which area a practice belongs to: map or ePCN file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from pcngeo.intake.account import Note
from pcngeo.intake.dialects import find_columns, parse_date
from pcngeo.intake.files import Path_
from pcngeo.intake.repeats import drop_repeats
from pcngeo.intake.tables import Table, read_table, wrong_kind

__all__ = ["Membership", "read_membership"]

_FIELDS = ("name", "postcode", "pcn", "pcn_name", "area", "ons_area", "area_name", "icb",
           "ons_icb", "icb_name")  # fmt: skip


#: How a map says that a practice is in no network.
NO_NETWORK = ("U", "", "-", "N/A", "NONE", "UNALLOCATED")
#: Column positions of the headerless twin of the ePCN workbook.
_TWIN = {"practice": 0, "name": 1, "area": 2, "area_name": 3, "pcn": 4, "pcn_name": 5,
         "pcn_area": 6, "start": 8, "end": 9}  # fmt: skip


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
    newest
        When the last practice joined a network, as far as the file says (ePCN files have no date
        of their own); or `None`.
    """

    frame: pd.DataFrame
    date: dt.date | None
    file: str
    notes: tuple[Note, ...]
    newest: dt.date | None = None


def read_membership(path: Path_) -> Membership:
    """Read a practice-to-PCN map of any header era, or an ePCN workbook or its headerless twin.

    Parameters
    ----------
    path
        ``gp-reg-pat-prac-map``, ``ePCN.xlsx``, or ``epcncorepartnerdetails``.

    Returns
    -------
    Membership

    Raises
    ------
    DataError
        When it is another file, or a map gives one practice twice with different networks.
    """
    table = read_table(path, "membership", "epcn")
    at = find_columns(table.header, "membership") if table.header else dict(_TWIN)
    if "practice" not in at or table.kind not in ("membership", "epcn"):
        raise wrong_kind(table, "membership", ["practice code", "PCN or area"])
    frame = pd.DataFrame({field: table.rows[position] for field, position in at.items()})
    for field in (*_FIELDS, "pcn_area", "start", "end"):
        if field not in frame:
            frame[field] = ""
    for field in ("practice", "pcn", "area", "ons_area", "icb", "ons_icb", "pcn_area"):
        frame[field] = frame[field].str.upper().str.replace(" ", "")
    frame = frame[frame["practice"] != ""].copy()
    none = frame["pcn"].isin(NO_NETWORK)
    frame.loc[none, ["pcn", "pcn_name"]] = ""
    notes: list[Note] = []
    newest = _newest(frame["start"])
    if table.kind == "epcn":
        frame = _current(frame, table, notes)
    frame = drop_repeats(frame, table, at["practice"], notes, ("pcn", "area"))
    notes.extend(_crossing(frame, table))
    frame["line"] = frame.index
    kept = frame.set_index("practice").sort_index()[[*_FIELDS, "line"]]
    return Membership(kept, _date(frame), table.file, tuple(notes), newest)


def _current(frame: pd.DataFrame, table: Table, notes: list[Note]) -> pd.DataFrame:
    """Keep the relationships of an ePCN file that have not ended (Q28).

    A practice whose relationships have all ended stays, in no network.
    """
    for line, row in frame[frame["end"] != ""].iterrows():
        date = parse_date(str(row["end"])) or row["end"]
        action = f"not used: left {row['pcn']} ({row['pcn_name']}) on {date}"
        notes.append(Note(table.file, int(str(line)), str(row["practice"]), "", "Q28", action))
    now = frame[frame["end"] == ""].sort_values("start", kind="stable")
    for code, rows in now[now["practice"].duplicated(keep=False)].groupby("practice"):
        for line, row in rows.iloc[:-1].iterrows():
            action = (
                f"not used: {code} joined {rows['pcn'].iloc[-1]} later, and is still listed in "
                f"{row['pcn']} too; divide its list by hand if it is in both"
            )
            notes.append(Note(table.file, int(str(line)), str(code), "", "R20", action))
    now = now.drop_duplicates("practice", keep="last")
    gone = frame[(frame["end"] != "") & ~frame["practice"].isin(now["practice"])]
    gone = gone.sort_values("end", kind="stable").drop_duplicates("practice", keep="last")
    return pd.concat([now, gone.assign(pcn="", pcn_name="", pcn_area="")]).sort_index()


def _crossing(frame: pd.DataFrame, table: Table) -> list[Note]:
    """Flag practices whose network belongs to another area than they do (Q28, R19)."""
    other = (frame["pcn_area"] != "") & (frame["area"] != "") & (frame["pcn_area"] != frame["area"])
    return [
        Note(
            table.file, int(str(line)), str(row["practice"]), "", "Q28",
            f"kept: its network {row['pcn']} belongs to {row['pcn_area']}, the practice to "
            f"{row['area']}: a network across areas (R19)",
        )
        for line, row in frame[other].iterrows()
    ]  # fmt: skip


def _date(frame: pd.DataFrame) -> dt.date | None:
    return _newest(frame["date"]) if "date" in frame else None


def _newest(texts: pd.Series[str]) -> dt.date | None:
    dates = [date for date in map(parse_date, texts.unique()) if date is not None]
    return max(dates, default=None)
