"""What the planner knows and the files do not: links, places, mergers of practices.

Rows of the rules file, like those of `pcngeo.decisions`; these are facts, not agreements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pcngeo.errors import RulesError, examples

__all__ = ["LINK_KINDS", "Link", "Merged", "Place", "check_merged"]

LINK_KINDS = ("bridge", "tunnel", "ferry", "manual")
#: How far east and north the land of the British National Grid reaches, metres.
EAST_M, NORTH_M = 700_000, 1_300_000


@dataclass(frozen=True, order=True)
class Link:
    """A link between two practices that the planner adds (a bridge) or cuts (a barrier).

    Parameters
    ----------
    a, b
        ODS codes of the two practices.
    kind
        One of ``bridge``, ``tunnel``, ``ferry``, ``manual``; kept as the edge's note.
    reason
        Why, in words.
    """

    a: str
    b: str
    kind: str = "manual"
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a link of a practice with itself, and a kind that does not exist."""
        if self.a == self.b:
            raise RulesError(f"a link needs two different practices, not {self.a} twice.")
        if self.kind not in LINK_KINDS:
            raise RulesError(
                f"link {self.a} - {self.b}: kind {self.kind!r} is not one of "
                f"{', '.join(LINK_KINDS)}."
            )


@dataclass(frozen=True, order=True)
class Place:
    """Where a practice is, given by hand (Q10: a postcode that no file knows).

    Parameters
    ----------
    practice
        ODS code.
    easting, northing
        British National Grid (EPSG:27700), metres.
    reason
        Where the coordinates come from.
    """

    practice: str
    easting: float
    northing: float
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a place that no practice of Britain can be at, such as one in degrees."""
        where = f"easting {self.easting!r}, northing {self.northing!r}"
        pair = (self.easting, self.northing)
        if any(isinstance(m, bool) or not isinstance(m, int | float) for m in pair):
            raise RulesError(f"the place of {self.practice} must be two numbers, not {where}.")
        if all(abs(metres) <= 180 for metres in pair):
            raise RulesError(
                f"the place of {self.practice} looks like degrees: {where}. Give eastings and "
                "northings in metres (EPSG:27700)."
            )
        if not (0 < self.easting < EAST_M and 0 < self.northing < NORTH_M):
            raise RulesError(
                f"the place of {self.practice} lies outside the British National Grid: {where}. "
                f"Eastings go up to {EAST_M:,} and northings to {NORTH_M:,} metres (EPSG:27700)."
            )


@dataclass(frozen=True, order=True)
class Merged:
    """A practice that merged into another one (Q16): its patients count with that one.

    Parameters
    ----------
    practice
        ODS code of the practice that is no more.
    into
        ODS code of the practice that its patients are registered with now. It may be in no file
        yet: then the larger of the practices that merge lends it its address.
    date
        When, in any words; shown in the account.
    reason
        Where it is known from.
    branch
        Whether its surgery stays open as a branch of the other practice (Q23).
    """

    practice: str
    into: str
    date: str = ""
    reason: str = ""
    branch: bool = False

    def __post_init__(self) -> None:
        """Refuse a practice that merges into itself."""
        if self.practice == self.into:
            raise RulesError(f"[[merged]] {self.practice}: a practice cannot merge into itself.")


def check_merged(merged: Iterable[Merged]) -> dict[str, str]:
    """Find what became of each practice that merged, also over several mergers.

    Parameters
    ----------
    merged
        Rows of the rules.

    Returns
    -------
    dict
        The code that counts in the end, by the code that is no more.

    Raises
    ------
    RulesError
        When a practice merges into two, or mergers go round in a circle.

    Examples
    --------
    >>> check_merged([Merged("A", "B"), Merged("B", "C")])
    {'A': 'C', 'B': 'C'}
    """
    rows = list(merged)
    codes = [row.practice for row in rows]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise RulesError(f"[[merged]] names {examples(twice)} more than once.")
    step = {row.practice: row.into for row in rows}
    last = {}
    for code in step:
        at, seen = code, {code}
        while at in step:
            at = step[at]
            if at in seen:
                raise RulesError(f"[[merged]]: the mergers of {code} go round in a circle.")
            seen.add(at)
        last[code] = at
    return last
