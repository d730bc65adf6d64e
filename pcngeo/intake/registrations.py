"""Read where a practice's registered patients live: counts by practice and LSOA."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import find_columns, kind_of_header, kind_of_row, parse_date
from pcngeo.intake.files import Path_, members, open_file
from pcngeo.intake.statistics import UNMAPPED, convert_lsoas
from pcngeo.intake.tables import (
    Table,
    refuse_numbers_ahead,
    split_line,
    wrong_kind,
)
from pcngeo.lsoas import lsoa_vintage
from pcngeo.patient_level import refuse_patient_level

__all__ = ["UNMAPPED", "Registrations", "read_registrations", "to_2021"]


#: Names of the files of one sex, which stand beside the one of all patients.
_ONE_SEX = re.compile(r"(?i)(fe)?males?\b")


@dataclass(frozen=True, eq=False)
class Registrations:
    """Registered patients by practice and LSOA.

    Parameters
    ----------
    frame
        Columns practice, lsoa (an English LSOA code or `UNMAPPED`), patients; one row for each
        pair, sorted; ``attrs["vintage"]`` as below.
    date
        Date of the file, or `None` where it does not say.
    vintage
        ``"2011"`` or ``"2021"``: which LSOAs the codes are of (Q19).
    rows
        Rows of the file.
    """

    frame: pd.DataFrame
    date: dt.date | None
    file: str
    rows: int
    vintage: str

    @cached_property
    def by_lsoa(self) -> pd.DataFrame:
        """Every LSOA of the file, with practices of all areas.

        Index lsoa; `registered` (patients), `most_with` (the practice with most of them, of equals
        the first) and `most` (its patients there).
        """
        order = ["lsoa", "patients", "practice"]
        ranked = self.frame.sort_values(order, ascending=[True, False, True])
        first = ranked.drop_duplicates("lsoa").set_index("lsoa")
        registered = self.frame.groupby("lsoa")["patients"].sum()
        table = {
            "registered": registered,
            "most_with": first["practice"],
            "most": first["patients"],
        }
        return pd.DataFrame(table)

    def of(self, practices: pd.Index) -> pd.DataFrame:
        """Take the rows of these practices; ``attrs["vintage"]`` stays."""
        homes = self.frame[self.frame["practice"].isin(practices)].reset_index(drop=True)
        homes.attrs["vintage"] = self.vintage
        return homes

    def with_areas(self, area_of: pd.Series) -> pd.DataFrame:
        """`by_lsoa` with `most_area`: the area of the practice with most patients there (R19).

        `area_of` is the area by practice, of all areas that the file has practices of.
        """
        table = self.by_lsoa
        return table.assign(most_area=table["most_with"].map(area_of).fillna(""))


def read_registrations(path: Path_) -> Registrations:
    """Read a file of registered patients by LSOA, summed over sexes.

    Parameters
    ----------
    path
        ``gp-reg-pat-prac-lsoa-all``, or one of its male and female twins.

    Returns
    -------
    Registrations

    Raises
    ------
    DataError
        When it is another file, or a count is not a whole number.
    """
    path = Path(path)
    file = path.name
    if path.is_dir():
        open_file(path)
    header: tuple[str, ...] = ()
    taken, twins = "", _twins(path)
    made: Registrations | None = None
    with members(path) as found:
        for name, stream in found:
            if name in twins:
                continue
            header = tuple(split_line(stream.readline(1 << 14), file, 1))
            refuse_patient_level(header, file)
            if kind_of_header(header) != "registrations":
                continue
            if made is not None:
                raise DataError(
                    f"the file holds two tables of registrations, {taken} and {name}: which one "
                    "is meant is not known",
                    file=file,
                    todo="Unpack the one you want",
                )
            refuse_numbers_ahead(stream, file)
            taken, made = name, _tidy(_read(stream, header, file), file)
    if made is not None:
        return made
    kind = kind_of_header(header) or kind_of_row(header)
    table = Table(file, header, pd.DataFrame(), kind)
    raise wrong_kind(table, "registrations", ["practice", "LSOA", "patients"])


def _twins(path: Path) -> set[str]:
    """Name the files by sex that an archive holds beside the one of all patients."""
    with members(path) as found:
        tables = {name for name, _ in found if name.lower().endswith(".csv")}
    twins = {name for name in tables if _ONE_SEX.search(name)}
    return twins if twins < tables else set()


def _read(stream: BinaryIO, header: tuple[str, ...], file: str) -> pd.DataFrame:
    """Read the needed columns of the rows below the header."""
    at = find_columns(header, "registrations")
    fields = {at[f]: f for f in ("practice", "lsoa", "patients", "sex", "date") if f in at}
    kinds = {position: "category" for position, field in fields.items() if field != "patients"}
    try:
        frame: pd.DataFrame = pd.read_csv(
            stream,
            header=None,
            names=range(len(header)),
            usecols=list(fields),
            dtype=kinds,
            keep_default_na=False,
            encoding="utf-8",
            encoding_errors="replace",
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"the table cannot be read ({error})", file=file) from None
    return frame.rename(columns=fields)


def _tidy(frame: pd.DataFrame, file: str) -> Registrations:
    counts = pd.to_numeric(frame["patients"], errors="coerce")
    bad = frame.index[counts.isna() | (counts < 0) | (counts % 1 != 0)]
    if len(bad):
        raise DataError(
            f"{len(bad)} counts are not whole numbers from 0: "
            f"{examples(repr(value) for value in frame['patients'].loc[bad[:6]])}",
            file=file,
            row=int(bad[0]) + 2,
            column="NUMBER_OF_PATIENTS",
            todo="Correct the values or fetch the file again",
        )
    if "sex" in frame:
        sexes = frame["sex"].astype(str).str.upper()
        if sexes.isin(["ALL"]).any():
            frame, counts = frame[sexes == "ALL"], counts[sexes == "ALL"]
    codes = frame["lsoa"].astype("category")
    vintage = lsoa_vintage(str(code) for code in codes.cat.categories)
    english = {c: c if str(c).startswith("E01") else UNMAPPED for c in codes.cat.categories}
    tidy = pd.DataFrame(
        {
            "practice": frame["practice"].astype(str).str.strip().str.upper(),
            "lsoa": codes.map(english).astype(str),
            "patients": counts.astype("int64"),
        }
    )
    summed = tidy.groupby(["practice", "lsoa"], sort=True)["patients"].sum().reset_index()
    summed.attrs["vintage"] = vintage
    texts = list(frame["date"].unique()) if "date" in frame else []
    dates = sorted(date for date in (parse_date(str(text)) for text in texts) if date)
    return Registrations(summed, dates[-1] if dates else None, file, len(frame), vintage)


def to_2021(homes: Registrations, change: pd.DataFrame, file: str) -> tuple[Registrations, Note]:
    """Bring registrations by LSOA 2011 to LSOA 2021, the patients of divided ones in parts (Q19).

    Parameters
    ----------
    homes
        By LSOA 2011.
    change, file
        The ONS lookup from LSOA 2011 to LSOA 2021 (`statistics.read_lsoa_change`), and its name.

    Returns
    -------
    Registrations, Note
        And what became of the patients, for the account. Totals by practice stay as they were.

    Raises
    ------
    DataError
        When the registrations are by LSOA 2021 already.
    """
    frame, told = convert_lsoas(homes.frame, change)
    frame.attrs["vintage"] = "2021"
    total = sum(told.values())
    share = 1 - told["unmatched"] / total if total else 0.0
    how = "by their weights" if "weight" in change else "in equal parts"
    action = (
        f"read by LSOA 2011, brought to LSOA 2021 by {file}: {share:.2%} of the patients "
        f"matched; {told['divided']:,.0f} lived in LSOAs that were divided ({how}), "
        f"{told['merged']:,.0f} in LSOAs that were united, {told['unmatched']:,.0f} stay unmapped"
    )
    note = Note(homes.file, 0, "", "", "Q19", action)
    return dataclasses.replace(homes, frame=frame, vintage="2021"), note
