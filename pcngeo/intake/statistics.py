"""Read what is published about LSOAs and about ages: deprivation, rurality, change of codes.

The 2011 and the 2021 LSOAs share most of their codes, so that a join across vintages looks fine
and is wrong (Q19). Every frame here says its vintage in ``attrs["vintage"]``; `convert_lsoas`
brings counts from one vintage to the other.
"""

from __future__ import annotations

import re

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.dialects import KINDS, header_key
from pcngeo.intake.files import Path_
from pcngeo.intake.tables import Table, read_table, wrong_kind
from pcngeo.lsoas import lsoa_vintage

__all__ = [
    "UNMAPPED",
    "convert_lsoas",
    "lsoa_vintage",
    "read_ages",
    "read_deprivation",
    "read_lsoa_change",
    "read_rurality",
]

#: What stands instead of a code that is no LSOA in England: ``NO2011``, ``EMPTY``, ``W...`` (Q20).
UNMAPPED = "unmapped"


def read_deprivation(path: Path_) -> pd.DataFrame:
    """Read the index of multiple deprivation by LSOA (IMD 2019 File 7, IoD 2025).

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    DataFrame
        Index `lsoa`, columns imd_score, imd_rank (1 is most deprived), imd_decile, as far as the
        file has them; ``attrs["vintage"]`` of the LSOAs.
    """
    table = read_table(path, "deprivation")
    _want(table, "deprivation")
    stem = "INDEX_OF_MULTIPLE_DEPRIVATION_IMD"
    columns = {"lsoa": "LSOA_CODE", "imd_score": f"{stem}_SCORE", "imd_rank": f"{stem}_RANK",
               "imd_decile": f"{stem}_DECILE"}  # fmt: skip
    frame = _columns(table, columns)
    if len(frame.columns) < 2:
        raise DataError(
            "the file holds domains of deprivation, but not the index itself "
            f"({examples(table.header[4:], 3)})",
            file=table.file,
            row=1,
            todo="Use File 7, which has all scores, ranks and deciles",
        )
    return _by_lsoa(frame, table)


def read_rurality(path: Path_) -> pd.DataFrame:
    """Read the rural-urban classification by LSOA, of 2011 or of 2021.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    DataFrame
        Index `lsoa`, columns ruc (code), ruc_name, rural (bool); ``attrs["vintage"]``.
    """
    table = read_table(path, "rurality")
    _want(table, "rurality")
    keys = [header_key(text) for text in table.header]
    code = next(i for i, key in enumerate(keys) if re.match(r"RUC\d\dCD$", key))
    names = [i for i, key in enumerate(keys) if re.match(r"RUC\d\d(NM)?$", key)]
    lsoa = next(i for i, key in enumerate(keys) if re.match(r"LSOA(\d\dCD|_CODE)$", key))
    frame = pd.DataFrame({"lsoa": table.rows[lsoa], "ruc": table.rows[code]})
    frame["ruc_name"] = table.rows[names[0]] if names else ""
    frame["rural"] = frame["ruc"].str.match(r"[DEF]\d|R")
    return _by_lsoa(frame, table)


def read_lsoa_change(path: Path_) -> pd.DataFrame:
    """Read the lookup from LSOA 2011 to LSOA 2021.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    DataFrame
        Columns lsoa11, lsoa21: one row for each pair that overlaps; and weight, where the file has
        a column WEIGHT (such as the people of each part).
    """
    table = read_table(path, "lsoa_change")
    _want(table, "lsoa_change")
    stems = {"lsoa11": "LSOA11CD", "lsoa21": "LSOA21CD", "weight": "WEIGHT"}
    frame = _columns(table, stems)
    for column in ("lsoa11", "lsoa21"):
        odd = frame.index[~frame[column].str.fullmatch(r"[EW]01\d{6}")]
        if len(odd):
            raise DataError(
                f"{len(odd)} codes are no LSOAs: {examples(frame[column].loc[odd])}",
                file=table.file,
                row=int(odd[0]),
                column=stems[column],
                todo="Give the ONS lookup from LSOA 2011 to LSOA 2021, whole",
            )
    if "weight" in frame:
        weight = pd.to_numeric(frame["weight"].str.replace(",", ""), errors="coerce")
        bad = frame.index[weight.isna() | (weight < 0)]
        if len(bad):
            raise DataError(
                f"{len(bad)} weights are not numbers from 0: {examples(frame['weight'].loc[bad])}",
                file=table.file,
                row=int(bad[0]),
                column="WEIGHT",
                todo="Correct them, or leave the column out",
            )
        frame["weight"] = weight
    return frame.reset_index(drop=True)


def convert_lsoas(
    registrations: pd.DataFrame, change: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Bring counts by 2011 LSOA to 2021 LSOAs (Q19).

    Parameters
    ----------
    registrations
        Columns practice, lsoa (2011), patients.
    change
        See `read_lsoa_change`. A 2011 LSOA that was divided into N gives 1/N of its patients to
        each part, or shares them by `weight` where that is given; a best-fit lookup names one part
        only, and all go there.

    Returns
    -------
    registrations, account
        The same columns by 2021 LSOA, patients as float; and patients ``unchanged``, ``divided``,
        ``merged`` and ``unmatched`` (kept as ``unmapped``). Totals by practice stay as they were.

    Raises
    ------
    DataError
        When the counts are by 2021 LSOA already.
    """
    if lsoa_vintage(registrations["lsoa"].unique()) == "2021":
        raise DataError(
            "the registrations are by LSOA 2021 already: nothing to convert",
            todo="Leave --lsoa-changes out",
        )
    parts = change.groupby("lsoa11")["lsoa21"].transform("size")
    into = change.groupby("lsoa21")["lsoa11"].transform("size")
    share = 1.0 / parts
    if "weight" in change:
        total = change.groupby("lsoa11")["weight"].transform("sum")
        share = (change["weight"] / total.where(total > 0)).fillna(share)
    lookup = change.assign(share=share, parts=parts, into=into)
    joined = registrations.merge(lookup, how="left", left_on="lsoa", right_on="lsoa11")
    joined["patients"] = joined["patients"] * joined["share"].fillna(1.0)
    account = {
        "unchanged": (joined["parts"] == 1) & (joined["into"] == 1),
        "divided": joined["parts"] > 1,
        "merged": (joined["parts"] == 1) & (joined["into"] > 1),
        "unmatched": joined["share"].isna(),
    }
    joined["lsoa"] = joined["lsoa21"].fillna(UNMAPPED)
    summed = joined.groupby(["practice", "lsoa"], sort=True)["patients"].sum().reset_index()
    return summed, {k: float(joined.loc[mask, "patients"].sum()) for k, mask in account.items()}


def read_ages(path: Path_) -> pd.DataFrame:
    """Read list sizes by age, of practices only: the file repeats them for networks and areas.

    Parameters
    ----------
    path
        ``gp-reg-pat-prac-quin-age``.

    Returns
    -------
    DataFrame
        Columns practice, age_from, age_to (inclusive; 120 for the open end), patients; summed
        over sexes, rows of all ages left out.
    """
    table = read_table(path, "ages")
    _want(table, "ages")
    columns = {"practice": "ORG_CODE", "type": "ORG_TYPE", "sex": "SEX", "age": "AGE_GROUP",
               "patients": "NUMBER_OF_PATIENTS"}  # fmt: skip
    frame = _columns(table, columns)
    frame = frame[frame.get("type", pd.Series("GP", index=frame.index)).str.upper() == "GP"]
    frame = frame[frame["age"].str.upper() != "ALL"]
    if (frame["sex"].str.upper() == "ALL").any():
        frame = frame[frame["sex"].str.upper() == "ALL"]
    bad = frame[~frame["patients"].str.fullmatch("[0-9]+") | ~frame["age"].str.match("[0-9]+")]
    if len(bad):
        raise DataError(
            f"{len(bad)} rows have no whole count or no age: {examples(bad['patients'])}",
            file=table.file,
            row=int(bad.index[0]),
            todo="Correct the rows or fetch the file again",
        )
    ends = frame["age"].str.extract(r"^(\d+)(?:\D+(\d+))?")
    low = ends[0].astype("int64")
    open_end = frame["age"].str.contains(r"\+")
    high = ends[1].fillna("120").astype("int64").where(ends[1].notna() | open_end, low)
    tidy = pd.DataFrame({"age_from": low, "age_to": high})
    tidy["practice"] = frame["practice"].str.upper()
    tidy["patients"] = frame["patients"].astype("int64")
    keys = ["practice", "age_from", "age_to"]
    return tidy.groupby(keys, sort=True)["patients"].sum().reset_index()


def _want(table: Table, kind: str) -> None:
    if table.kind != kind:
        raise wrong_kind(table, kind, [KINDS[kind].title])


def _columns(table: Table, stems: dict[str, str]) -> pd.DataFrame:
    """Take the columns whose headers begin with the stems; missing ones are left out."""
    keys = [header_key(text) for text in table.header]
    found = {
        name: table.rows[next(i for i, key in enumerate(keys) if key.startswith(stem))]
        for name, stem in stems.items()
        if any(key.startswith(stem) for key in keys)
    }
    return pd.DataFrame(found)


def _by_lsoa(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Index by LSOA, read numbers, refuse codes that stand twice."""
    twice = frame[frame["lsoa"].duplicated()]
    if len(twice):
        raise DataError(
            f"{len(twice)} LSOAs stand twice: {examples(twice['lsoa'])}",
            file=table.file,
            row=int(twice.index[0]),
        )
    made = frame.set_index("lsoa")
    for column in made.columns[made.columns.str.startswith("imd_")]:
        numbers = pd.to_numeric(made[column].str.replace(",", ""), errors="coerce")
        if numbers.isna().any():
            raise DataError(
                f"{int(numbers.isna().sum())} values of {column} are not numbers",
                file=table.file,
                row=int(frame.index[numbers.isna().to_numpy()][0]),
            )
        made[column] = numbers
    made.attrs["vintage"] = lsoa_vintage(made.index)
    return made
