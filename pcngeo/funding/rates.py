"""Read the rates of a year: one TOML file a year, each figure with its source."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from pcngeo.errors import DataError, examples

__all__ = ["BASES", "Rates", "Staff", "Stream", "read_rates", "years"]

FOLDER = Path(__file__).resolve().parents[1] / "rates"
#: What a rate can be paid for, and what that is called.
BASES = {
    "list_size": "registered patients",
    "weighted_list": "weighted patients",
    "adjusted_list": "adjusted population",
    "care_home_beds": "care home beds",
}


@dataclass(frozen=True)
class Staff:
    """The steps of reimbursed staff: how many whole-time equivalents a list pays for.

    Parameters
    ----------
    first_from, second_from
        Registered patients from which there is a first, and a second, whole-time equivalent.
    each_further
        Registered patients for each one after that.
    source
        Where this stands.
    """

    first_from: int
    second_from: int
    each_further: int
    source: str = ""

    def wte(self, patients: int) -> int:
        """Whole-time equivalents for a list.

        Examples
        --------
        >>> steps = Staff(30_000, 100_000, 50_000)
        >>> [steps.wte(p) for p in (29_999, 30_000, 99_999, 100_000, 149_999, 150_000, 200_000)]
        [0, 1, 1, 2, 2, 3, 4]
        """
        if patients < self.first_from:
            return 0
        if patients < self.second_from:
            return 1
        return 2 + (patients - self.second_from) // self.each_further

    def step_at(self, patients: int) -> int:
        """Find the step that a list has reached, in patients; 0 below the first."""
        count = self.wte(patients)
        if count <= 1:
            return self.first_from if count else 0
        return self.second_from + (count - 2) * self.each_further

    def next_step(self, patients: int) -> int:
        """Find the next step above a list, in patients."""
        count = self.wte(patients)
        if count == 0:
            return self.first_from
        return self.second_from + (count - 1) * self.each_further


@dataclass(frozen=True)
class Stream:
    """One stream of money.

    Parameters
    ----------
    key, name, rule, source
        A short name for code, a name and the formula for people, and where they come from.
    terms
        Pairs of a rate (£ a year) and what it is paid for (see `BASES`).
    per_wte
        £ for each whole-time equivalent of the steps; then there are no terms.
    patients_per_wte
        Patients for one whole-time equivalent, where that is worth saying.
    full_cost_share
        Share of the cost that `per_wte` pays; the network pays the rest.
    paid_to
        ``network`` or ``practice``.
    in_total
        Whether the year's total for a network adds it up.
    optional
        Counted only when asked for.
    part_year
        Whether it is paid by the month.
    """

    key: str
    name: str
    rule: str
    source: str
    terms: tuple[tuple[Decimal, str], ...] = ()
    per_wte: Decimal | None = None
    patients_per_wte: int | None = None
    full_cost_share: Decimal = Decimal(1)
    paid_to: str = "network"
    in_total: bool = False
    optional: bool = False
    part_year: bool = False


@dataclass(frozen=True)
class Rates:
    """The rates of one year; see `read_rates`."""

    year: str
    begins: dt.date
    streams: tuple[Stream, ...]
    staff: Staff | None = None
    note: str = ""
    printed: tuple[Mapping[str, Any], ...] = ()

    def stream(self, key: str) -> Stream:
        """Find the stream of a key; raises `DataError` where the year has none of that name."""
        for stream in self.streams:
            if stream.key == key:
                return stream
        known = ", ".join(stream.key for stream in self.streams)
        raise DataError(f"{self.year} has no stream {key}; it has {known}")


@cache
def years() -> tuple[str, ...]:
    """Years that there are rates for.

    Examples
    --------
    >>> years()[0]
    '2019/20'
    """
    return tuple(sorted(path.stem.replace("-", "/") for path in FOLDER.glob("*.toml")))


def read_rates(year: str | Path = "2019/20") -> Rates:
    """Read the rates of a year.

    Parameters
    ----------
    year
        A year of `years` (``2019/20``), or the path of a rates file of your own.

    Returns
    -------
    Rates

    Raises
    ------
    DataError
        When there are none for that year, or the file has a fault: rates are never interpolated.

    Examples
    --------
    >>> read_rates("2019/20").stream("core").terms
    ((Decimal('1.50'), 'list_size'),)
    """
    path = Path(year)
    if path.suffix != ".toml":
        path = FOLDER / f"{str(year).replace('/', '-')}.toml"
        if not path.is_file():
            raise DataError(
                f"there are no rates for {year}; there are for {', '.join(years())}",
                todo="Give a rates file of your own; rates of other years are not a guess at it",
            )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", file=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"is not a TOML file ({error})", file=path) from None
    return _rates(content, path)


def _rates(content: Mapping[str, Any], path: Path) -> Rates:
    absent = [key for key in ("year", "begins", "stream") if key not in content]
    if absent:
        raise DataError(f"lacks {examples(absent)}", file=path)
    streams = tuple(_stream(row, path) for row in content["stream"])
    staff = content.get("staff")
    if staff is None and any(stream.per_wte is not None for stream in streams):
        raise DataError("pays by whole-time equivalent but has no [staff] steps", file=path)
    return Rates(
        year=content["year"],
        begins=content["begins"],
        streams=streams,
        staff=None
        if staff is None
        else Staff(staff["from"], staff["second_from"], staff["each_further"], staff["source"]),
        note=content.get("note", ""),
        printed=tuple(content.get("printed", ())),
    )


def _stream(row: Mapping[str, Any], path: Path) -> Stream:
    absent = [key for key in ("key", "name", "rule", "source") if not row.get(key)]
    if absent:
        raise DataError(f"a stream lacks {examples(absent)}: {dict(row)}", file=path)
    terms = tuple((_money(term["rate"], path), term["of"]) for term in row.get("terms", ()))
    odd = [of for _, of in terms if of not in BASES]
    if odd:
        raise DataError(
            f"stream {row['key']} is paid for {examples(odd)}; known are {', '.join(BASES)}",
            file=path,
        )
    return Stream(
        key=row["key"],
        name=row["name"],
        rule=row["rule"],
        source=row["source"],
        terms=terms,
        per_wte=_money(row["per_wte"], path) if "per_wte" in row else None,
        patients_per_wte=row.get("patients_per_wte"),
        full_cost_share=_money(row.get("full_cost_share", "1"), path),
        paid_to=row.get("paid_to", "network"),
        in_total=row.get("in_total", False),
        optional=row.get("optional", False),
        part_year=row.get("part_year", False),
    )


def _money(text: object, path: Path) -> Decimal:
    if not isinstance(text, str):
        raise DataError(
            f"the rate {text!r} is not text", file=path, todo='Write it as text: "1.50"'
        )
    try:
        return Decimal(text)
    except InvalidOperation:
        raise DataError(f"the rate {text!r} is not a number", file=path) from None
