"""What the planner demands of the networks: rows of the rules file that the optimiser must keep.

::

    [[together]]                # R16: these practices share a network
    practices = ["Z81001", "Z81002"]
    reason = "One building, one staff"

    [[apart]]                   # these two do not
    a = "Z81003"
    b = "Z81009"
    reason = "Asked for by both"

    [[locked_network]]          # exactly these practices are a network
    practices = ["Z81020", "Z81021", "Z81022"]
    reason = "Agreed in March"

    [[locked_practice]]         # this practice is in the network of that one
    practice = "Z81005"
    joins = "Z81006"
    reason = "Agreed in May"

    [[collaboration]]           # they work together already; counts with objective collaborations
    practices = ["Z81007", "Z81008"]
    reason = "One out-of-hours rota"

A row none of whose practices is in the area concerns another area and is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

from pcngeo.errors import RulesError, examples

__all__ = ["Apart", "Collaboration", "Locked", "LockedPractice", "Together"]


@dataclass(frozen=True, order=True)
class Together:
    """Practices that must share a network.

    Parameters
    ----------
    practices
        ODS codes, two or more.
    reason
        Why, in words that can be read aloud.
    """

    practices: tuple[str, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a row of one practice, or one that names a practice twice."""
        _check("together", self.practices, 2)

    def words(self) -> str:
        """Say the demand in words."""
        return f"{', '.join(self.practices)} together"


@dataclass(frozen=True, order=True)
class Apart:
    """Two practices that must not share a network.

    Parameters
    ----------
    a, b
        ODS codes.
    reason
        Why, in words that can be read aloud.
    """

    a: str
    b: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a practice that is to be kept apart from itself."""
        if self.a == self.b:
            raise RulesError(f"[[apart]] needs two different practices, not {self.a} twice.")

    @property
    def practices(self) -> tuple[str, str]:
        """Both practices."""
        return (self.a, self.b)

    def words(self) -> str:
        """Say the demand in words."""
        return f"{self.a} and {self.b} apart"


@dataclass(frozen=True, order=True)
class Locked:
    """A network that is settled: exactly these practices.

    Parameters
    ----------
    practices
        ODS codes; together they must be connected and in the window.
    reason
        Why, in words that can be read aloud.
    """

    practices: tuple[str, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty row, or one that names a practice twice."""
        _check("locked_network", self.practices, 1)

    def words(self) -> str:
        """Say the demand in words."""
        return f"the network {', '.join(self.practices)} locked"


@dataclass(frozen=True, order=True)
class LockedPractice:
    """A practice whose network is settled: that of another practice.

    Parameters
    ----------
    practice
        ODS code.
    joins
        ODS code of the practice whose network it is in.
    reason
        Why, in words that can be read aloud.
    """

    practice: str
    joins: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a practice that is to join itself."""
        if self.practice == self.joins:
            raise RulesError(
                f"[[locked_practice]] needs two different practices, not {self.practice} twice."
            )

    @property
    def practices(self) -> tuple[str, str]:
        """Both practices."""
        return (self.practice, self.joins)

    def words(self) -> str:
        """Say the demand in words."""
        return f"{self.practice} in the network of {self.joins}"


@dataclass(frozen=True, order=True)
class Collaboration:
    """Practices that work together already: the objective ``collaborations`` keeps them together.

    Parameters
    ----------
    practices
        ODS codes, two or more.
    reason
        What they do together, in words that can be read aloud.
    """

    practices: tuple[str, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a row of one practice, or one that names a practice twice."""
        _check("collaboration", self.practices, 2)


def _check(key: str, practices: tuple[str, ...], least: int) -> None:
    if len(practices) < least:
        raise RulesError(f"[[{key}]] needs at least {least} practices, not {len(practices)}.")
    twice = sorted({p for p in practices if practices.count(p) > 1})
    if twice:
        raise RulesError(f"[[{key}]] names {examples(twice)} more than once.")
