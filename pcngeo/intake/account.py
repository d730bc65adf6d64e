"""The account: what became of every input row, and how the patients add up.

A reader of this account must be able to follow each patient of the published area total into the
plan, or to the sentence that says why not. If the steps do not add up, nothing is planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from pcngeo.errors import DataError

__all__ = ["QUIRKS", "IntakeReport", "Note", "balance", "notes_frame"]

#: What each quirk or rule of the account is about, in a few words.
QUIRKS = {
    "R06": "the date of the lists",
    "Q3": "closed, dormant or proposed",
    "Q3b": "not a GP practice, and without a list",
    "Q4": "a list, or a place in another file, but not both",
    "Q5": "patients at a place that is not registered as a GP practice",
    "Q6": "a special scheme with a small list",
    "Q7": "a list that may not be geographic",
    "Q10": "located by something else than its own live postcode, or not at all",
    "Q12": "a practice in Wales",
    "Q13": "outside the boundary of the area",
    "Q14": "areas or networks of another date or vintage",
    "Q16": "a merger, or a sign of one",
    "Q17": "a row given twice",
    "Q19": "LSOA codes of another edition",
    "Q22": "the list and the registrations by LSOA differ",
    "Q23": "a branch surgery",
    "Q24": "a code that was mangled or looks unusual",
    "Q27": "shapes repaired, or a coordinate system judged by its coordinates",
    "Q28": "a network of today that ended or crosses areas",
    "R15": "a practice that declines the contract",
    "R19": "a practice of a neighbouring area, included by choice",
    "R20": "a practice in two networks",
    "": "other: a row that is no total, a choice without a reason",
}

NOTE_COLUMNS = ("file", "line", "code", "column", "quirk", "action", "patients")


class Note(NamedTuple):
    """One row of the account.

    Parameters
    ----------
    file
        Name of the file, without its folder.
    line
        Its line, from 1; 0 where the note is about the file as a whole.
    code
        ODS code, area code or postcode that it is about.
    column
        Column as it stands in the file, where one is at fault.
    quirk
        ID of the known quirk (Q1 to Q29) or rule, or ``""``.
    action
        What was done, in words.
    patients
        Registered patients concerned.
    """

    file: str
    line: int
    code: str
    column: str
    quirk: str
    action: str
    patients: int = 0


@dataclass(frozen=True, eq=False)
class IntakeReport:
    """What became of every input row, and how the patients add up.

    Parameters
    ----------
    rows
        One row for every row of the list, organisations and membership files that did not become
        a practice of the plan, or that was changed or flagged; one for every boundary of another
        area; one for a file of postcodes or registrations, as far as it was not used. Columns:
        file, line, code, column, quirk, action, patients. What concerns the area comes first.
    reconciliation
        From the published total of the area to the patients in the plan: columns step, practices,
        patients; the steps between the first and the last row are signed and add up to it.
    concerning
        How many of the rows concern the area itself.
    """

    rows: pd.DataFrame
    reconciliation: pd.DataFrame
    concerning: int

    @property
    def here(self) -> pd.DataFrame:
        """The rows that concern the area itself: what a planner should read."""
        return self.rows.iloc[: self.concerning]

    def with_notes(self, notes: Sequence[Note]) -> IntakeReport:
        """Return the report with notes about further files of this area added."""
        if not notes:
            return self
        rows = pd.concat([notes_frame(notes), self.rows], ignore_index=True)
        return IntakeReport(rows, self.reconciliation, self.concerning + len(notes))

    def with_others(self, notes: Sequence[Note]) -> IntakeReport:
        """Return the report with notes added that do not concern this area."""
        if not notes:
            return self
        rows = pd.concat([self.rows, notes_frame(notes)], ignore_index=True)
        return IntakeReport(rows, self.reconciliation, self.concerning)

    def summary(self) -> pd.DataFrame:
        """Count the rows that concern the area by quirk: the account as it is printed.

        Returns
        -------
        DataFrame
            Columns quirk, what (it is, in words), rows, patients; in the order of `QUIRKS`.
        """
        grouped = self.here.groupby("quirk")["patients"].agg(["size", "sum"])
        order = [*QUIRKS, *sorted(set(grouped.index) - set(QUIRKS))]
        counts = grouped.reindex([quirk for quirk in order if quirk in grouped.index])
        counts = counts.set_axis(["rows", "patients"], axis=1).reset_index()
        counts.insert(1, "what", [QUIRKS.get(quirk, QUIRKS[""]) for quirk in counts["quirk"]])
        return counts

    def steps(self) -> pd.DataFrame:
        """Return the reconciliation without the steps at which nothing happened."""
        frame = self.reconciliation
        busy = (frame["practices"] != 0) | (frame["patients"] != 0)
        busy.iloc[[0, -1]] = True
        return frame[busy].reset_index(drop=True)


def notes_frame(notes: Iterable[Note]) -> pd.DataFrame:
    """Make the account's frame from notes, sorted by file and line."""
    frame = pd.DataFrame(list(notes), columns=list(NOTE_COLUMNS))
    frame = frame.astype({"line": "int64", "patients": "int64"})
    return frame.sort_values(["file", "line", "code", "quirk"], kind="stable", ignore_index=True)


def balance(steps: Iterable[tuple[str, int, int]]) -> pd.DataFrame:
    """Make the reconciliation, or stop when it does not add up.

    Parameters
    ----------
    steps
        Step in words, practices, patients: the published total, then signed steps, then the total
        in the plan.

    Returns
    -------
    DataFrame
        Columns step, practices, patients.

    Raises
    ------
    DataError
        When the first row and the steps do not add up to the last.

    Examples
    --------
    >>> balance([("published", 3, 900), ("closed", -1, -100), ("in the plan", 2, 800)])
              step  practices  patients
    0    published          3       900
    1       closed         -1      -100
    2  in the plan          2       800
    """
    frame = pd.DataFrame(list(steps), columns=["step", "practices", "patients"])
    for column in ("practices", "patients"):
        counts = frame[column]
        if int(counts.iloc[:-1].sum()) != int(counts.iloc[-1]):
            raise DataError(
                f"the account of {column} does not balance: the steps give "
                f"{int(counts.iloc[:-1].sum()):,}, the plan has {int(counts.iloc[-1]):,}",
                todo="This is a fault of pcngeo: please report it with the files' names and dates",
            )
    return frame
