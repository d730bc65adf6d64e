"""What later payments depend on and no list file holds: a table of the planner's own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.funding.rates import BASES

__all__ = ["read_populations"]


def read_populations(path: str | Path) -> pd.DataFrame:
    """Read weighted and adjusted populations and care home beds by practice.

    Parameters
    ----------
    path
        A CSV with a column ``practice`` and one or more of ``weighted_list``, ``adjusted_list``
        and ``care_home_beds``; an empty cell is not known.

    Returns
    -------
    DataFrame
        Index `practice`; the columns that are there, NaN where not known.

    Raises
    ------
    DataError
        When it cannot be read, lacks a column, names a practice twice, or holds what is no number
        from 0.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read ({error})", file=path) from None
    table.columns = table.columns.str.strip().str.lower()
    known = [column for column in BASES if column in table and column != "list_size"]
    if "practice" not in table or not known:
        wanted = ", ".join(column for column in BASES if column != "list_size")
        raise DataError(f"needs a column practice and one or more of {wanted}", file=path, row=1)
    twice = table.index[table["practice"].duplicated()]
    if len(twice):
        code = str(table.at[twice[0], "practice"])
        raise DataError(f"{code} stands twice", file=path, row=int(twice[0]) + 2)
    numbers = {}
    for column in known:
        text = table[column].str.strip().str.replace(",", "")
        value = pd.to_numeric(text, errors="coerce")
        bad = table.index[(value.isna() & text.ne("")) | value.lt(0) | value.eq(float("inf"))]
        if len(bad):
            raise DataError(
                f"{len(bad)} {'value is no number' if len(bad) == 1 else 'values are no numbers'} "
                f"from 0: {examples(table.loc[bad, column])}",
                file=path, row=int(bad[0]) + 2, column=column,
            )  # fmt: skip
        numbers[column] = value.to_numpy(dtype=float)
    codes = pd.Index(table["practice"].str.strip().str.upper(), name="practice")
    return pd.DataFrame(numbers, index=codes)
