"""Counts, lists and dates as a sentence says them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

__all__ = ["are", "count_of", "have", "listed", "per_cent", "say_date", "say_search"]


def count_of(number: int, one: str, many: str = "") -> str:
    """Say how many of something there are, in figures.

    Parameters
    ----------
    number
        How many.
    one, many
        What one is called, and several: ``one`` with an "s" where nothing is said.

    Examples
    --------
    >>> count_of(1, "practice"), count_of(2, "member practice")
    ('1 practice', '2 member practices')
    >>> count_of(1_200, "branch surgery", "branch surgeries")
    '1,200 branch surgeries'
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def are(number: int) -> str:
    """Say "is" of one and "are" of none or several.

    Examples
    --------
    >>> are(1), are(0), are(2)
    ('is', 'are', 'are')
    """
    return "is" if number == 1 else "are"


def have(number: int) -> str:
    """Say "has" of one and "have" of none or several.

    Examples
    --------
    >>> have(1), have(0), have(2)
    ('has', 'have', 'have')
    """
    return "has" if number == 1 else "have"


def listed(items: Sequence[str]) -> str:
    """Join items with commas and a last "and".

    Examples
    --------
    >>> listed(["6", "8", "9"]), listed(["6"])
    ('6, 8 and 9', '6')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def per_cent(share: float) -> str:
    """Write a share in per cent, with as many decimals as it was given.

    Examples
    --------
    >>> per_cent(0.05), per_cent(0.005), per_cent(0.025)
    ('5 %', '0.5 %', '2.5 %')
    """
    return f"{round(100 * share, 6):g} %"


def say_date(date: dt.date) -> str:
    """Write a date as it is read aloud.

    Examples
    --------
    >>> say_date(dt.date(2021, 1, 1))
    '1 January 2021'
    """
    return f"{date.day} {date:%B %Y}"


def say_search(phase: str, gap: float | None = None) -> str:
    """Say how far a search is.

    Parameters
    ----------
    phase
        What it is doing.
    gap
        How far its best plan can be above the best possible, as a share; ``None``: not known.

    Examples
    --------
    >>> say_search("cuts", 0.0123), say_search("first plan")
    ('cuts; at most 1.23% from the best possible', 'first plan')
    """
    return phase if gap is None else f"{phase}; at most {gap:.2%} from the best possible"
