"""One row for each code: a row given twice counts once, two that disagree stop (Q17)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.tables import Table, column_name

__all__ = ["drop_repeats"]


def drop_repeats(
    frame: pd.DataFrame,
    table: Table,
    position: int,
    notes: list[Note],
    compared: Sequence[str] = (),
) -> pd.DataFrame:
    """Keep the first of the rows that give one practice twice.

    Parameters
    ----------
    frame
        Index: line of the file; column practice, and list_size where it has one.
    table
        The table it was read from, for messages.
    position
        Position of the practice code in the table.
    notes
        Gains a note for every row that is dropped.
    compared
        Columns that must agree; all of them without one.

    Returns
    -------
    DataFrame
        With every practice once.

    Raises
    ------
    DataError
        When two rows of a practice disagree.
    """
    columns = list(compared or frame.columns)
    for code, rows in frame[frame["practice"].duplicated(keep=False)].groupby("practice"):
        differing = [column for column in columns if rows[column].nunique() > 1]
        if differing:
            told = examples(sorted(set(rows[differing[0]].astype(str))))
            raise DataError(
                f"{code} stands in rows {examples(rows.index)} that disagree on "
                f"{examples(differing)}: {told}",
                file=table.file,
                row=int(rows.index[1]),
                column=column_name(table, position),
                todo="Keep the row that holds and remove the others",
            )
        size = int(rows["list_size"].iloc[0]) if "list_size" in rows else 0
        action = f"dropped: the same as row {rows.index[0]}"
        notes.extend(
            Note(table.file, int(line), str(code), "", "Q17", action, size)
            for line in rows.index[1:]
        )
    return frame.drop_duplicates("practice")
