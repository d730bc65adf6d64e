"""What can go wrong, as one tree.

::

    PcnGeoError                  anything that pcngeo raises on purpose
    +-- DataError (ValueError)   the input: missing column, bad CRS, duplicate practice, ...
    |   +-- PatientLevelError    the input looks like it is about single patients: refused
    +-- RulesError (ValueError)  the planner's rules contradict themselves or are misspelt
    +-- InfeasibleError          no plan meets the rules and the caller asked to be told by raising
    +-- SolverError              the solver failed in a way that is not an answer
    +-- OutputError (OSError)    the output folder cannot be written
    +-- MissingExtra (ImportError)  an optional library is needed for what was asked

A message says what is wrong, where (file, row, column), how many with up to five examples, and
what to do. "No plan fits" and "out of time" are not errors: they are a status of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pcngeo.plan import Plan

__all__ = [
    "DataError",
    "InfeasibleError",
    "MissingExtra",
    "OutputError",
    "PatientLevelError",
    "PcnGeoError",
    "RulesError",
    "SolverError",
    "examples",
]


class PcnGeoError(Exception):
    """Anything that pcngeo raises on purpose; catch this to catch them all."""


class DataError(PcnGeoError, ValueError):
    """Input that cannot be used: says what, where and what to do.

    Parameters
    ----------
    what
        The fault in one sentence, without a full stop.
    file
        The file it was found in.
    row
        Its line in that file, counted from 1 as an editor does (the header is line 1).
    column
        The column's name as it stands in the file.
    todo
        What the reader can do about it, in one sentence.

    Examples
    --------
    >>> print(DataError("the list size is not a whole number: 'n/a'",
    ...                 file="lists.csv", row=7, column="NUMBER_OF_PATIENTS",
    ...                 todo="Correct the value or remove the row"))
    lists.csv, row 7, column NUMBER_OF_PATIENTS: the list size is not a whole number: 'n/a'. \
Correct the value or remove the row.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        todo: str = "",
    ) -> None:
        self.what = what
        self.file = None if file is None else str(file)
        self.row = row
        self.column = column
        self.todo = todo
        place = ", ".join(
            part
            for part in (
                self.file,
                None if row is None else f"row {row}",
                None if column is None else f"column {column}",
            )
            if part
        )
        message = f"{place}: {what}" if place else what
        message = message.rstrip(".") + "."
        if todo:
            message += f" {todo.rstrip('.')}."
        super().__init__(message)


class PatientLevelError(DataError):
    """The input looks like it is about single patients; pcngeo refuses to read it."""


class RulesError(PcnGeoError, ValueError):
    """The planner's rules contradict themselves, or name something that does not exist."""


class InfeasibleError(PcnGeoError):
    """No plan meets the rules, and the caller asked for an error instead of an answer.

    Parameters
    ----------
    plan
        The answer: it says who is left out, why, and how far that is proven.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        count = len(plan.unplaced)
        left = "1 practice is in no network." if count == 1 else f"{count} practices are in none."
        super().__init__(" ".join([left, *plan.explanation]))


class SolverError(PcnGeoError):
    """The solver failed in a way that is not an answer."""


class OutputError(PcnGeoError, OSError):
    """The output folder cannot be written; nothing in it was changed."""


class MissingExtra(PcnGeoError, ImportError):  # noqa: N818 - named for what is missing
    """An optional library is needed for what was asked."""


def examples(values: Iterable[object], limit: int = 5) -> str:
    """List up to `limit` values for a message, and say how many more there are.

    Examples
    --------
    >>> examples(["A81001", "A81002", "A81003"], limit=2)
    'A81001, A81002 and 1 more'
    """
    items = [str(value) for value in values]
    shown = ", ".join(items[:limit])
    more = len(items) - limit
    return f"{shown} and {more} more" if more > 0 else shown
