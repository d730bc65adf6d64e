r"""Data about single patients is refused, in whatever file it comes (domain.md, Safety).

pcngeo takes counts by practice only. Every reader of a file of the user's asks here first: is a
header about single patients, does a column hold NHS numbers, does a sentence?
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pcngeo.errors import PatientLevelError, examples

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SAMPLED_ROWS",
    "header_key",
    "is_nhs_number",
    "refuse_frame",
    "refuse_nhs_numbers",
    "refuse_patient_level",
    "refuse_sentences",
]

#: This many rows are looked at for NHS numbers.
SAMPLED_ROWS = 50
#: Headers that only a file about single patients has.
_HEADER = re.compile(
    r"^(NHS_?(NUMBER|NO|NUM)|.*_NHS_NUMBER|PATIENT_(NUMBER|ID|NAME)|DATE_OF_BIRTH|D_?O_?B|"
    r"BIRTH_?DATE|.*_DOB|DOB_.*|.*DATE_OF_BIRTH.*)$"
)
#: Ten digits within a sentence, as NHS numbers are written; telephone numbers begin with 0.
_WRITTEN = re.compile(r"(?<![\d/])[1-9]\d{2}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_TODO = "pcngeo takes counts by practice only; keep patient records out of it"


def header_key(text: str) -> str:
    r"""Bring a header to the form that aliases are written in.

    Examples
    --------
    >>> header_key(" Practice Parent\nCCG Code "), header_key("Number of Patients")
    ('PRACTICE_PARENT_CCG_CODE', 'NUMBER_OF_PATIENTS')
    """
    return re.sub(r"[^A-Z0-9]+", "_", text.lstrip("\ufeff").upper()).strip("_")


def is_nhs_number(text: str) -> bool:
    """Tell whether a text is an NHS number: ten digits, the last one a check on the others.

    Examples
    --------
    >>> is_nhs_number("9434765919"), is_nhs_number("9434765918"), is_nhs_number("01642 672351")
    (True, False, False)
    """
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return False
    check = 11 - sum((10 - i) * int(digit) for i, digit in enumerate(text[:9])) % 11
    return check % 11 == int(text[9])


def refuse_patient_level(header: Sequence[str], file: str) -> None:
    """Refuse a table whose header speaks of single patients."""
    bad = [name for name in header if _HEADER.match(header_key(name))]
    if bad:
        raise PatientLevelError(
            f"the column {examples(bad)} is about single patients: the file was not read",
            file=file,
            row=1,
            column=bad[0],
            todo=_TODO,
        )


def refuse_nhs_numbers(rows: Sequence[Sequence[str]], file: str) -> None:
    """Refuse a table that has a column of NHS numbers, whatever the column is called."""
    for position in range(min(map(len, rows), default=0)):
        cells = [row[position].replace(" ", "") for row in rows if row[position]]
        if len(cells) >= 3 and all(is_nhs_number(cell) for cell in cells):
            raise PatientLevelError(
                f"column {position + 1} holds NHS numbers: the file was not read",
                file=file,
                todo=_TODO,
            )


def refuse_frame(table: pd.DataFrame, file: str) -> None:
    """Refuse a table that was read whole, by its header and by its first rows."""
    refuse_patient_level([str(column) for column in table.columns], file)
    rows = table.head(SAMPLED_ROWS).fillna("").astype(str).to_numpy().tolist()
    refuse_nhs_numbers(rows, file)


def refuse_sentences(content: Any, file: str) -> None:
    """Refuse settings or comments with an NHS number in one of their texts, however deep.

    Examples
    --------
    >>> refuse_sentences({"reason": "telephone 01642 672351, 7,114 patients"}, "rules.toml")

    With ``{"reason": "as for 943 476 5919"}`` it raises `PatientLevelError`.
    """
    for text in _texts(content):
        for found in _WRITTEN.findall(text):
            if is_nhs_number(re.sub(r"\D", "", found)):
                raise PatientLevelError(
                    "a text holds an NHS number: the file was not read",
                    file=file,
                    todo="Take it out: reasons and comments are about practices, not patients",
                )


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, Iterable):
        for value in content:
            yield from _texts(value)
