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

__all__ = ["Apart", "Collaboration", "Locked", "LockedPractice", "Preference", "Together", "Veto"]


@dataclass(frozen=True, order=True)
class Together:
    """Practices that must share a network.

    Parameters
    ----------
    practices
        ODS codes, two or more.
    reason, approved_by
        Why, in words that can be read aloud, and who agreed.
    """

    practices: tuple[str, ...]
    reason: str = ""
    approved_by: str = ""

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
    reason, approved_by
        Why, in words that can be read aloud, and who agreed.
    """

    a: str
    b: str
    reason: str = ""
    approved_by: str = ""

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
    reason, approved_by
        Why, in words that can be read aloud, and who agreed.
    """

    practices: tuple[str, ...]
    reason: str = ""
    approved_by: str = ""

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
    reason, approved_by
        Why, in words that can be read aloud, and who agreed.
    """

    practice: str
    joins: str
    reason: str = ""
    approved_by: str = ""

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
    approved_by: str = ""

    def __post_init__(self) -> None:
        """Refuse a row of one practice, or one that names a practice twice."""
        _check("collaboration", self.practices, 2)


@dataclass(frozen=True, order=True)
class Veto:
    """A practice's own no: it will not share a network with another (R16). The optimiser keeps it.

    Parameters
    ----------
    practice, against
        ODS codes: who says so, and with whom not.
    reason, approved_by
        Why, and who took note.
    """

    practice: str
    against: str
    reason: str
    approved_by: str = ""

    def __post_init__(self) -> None:
        """Refuse a veto of a practice against itself."""
        if self.practice == self.against:
            raise RulesError(f"[[veto]] {self.practice} cannot be against itself.")

    @property
    def practices(self) -> tuple[str, str]:
        """Both practices."""
        return (self.practice, self.against)

    def words(self) -> str:
        """Say the demand in words."""
        return f"{self.practice} and {self.against} apart, as {self.practice} asks"

    @property
    def pair(self) -> Apart:
        """What the optimiser keeps."""
        return Apart(self.practice, self.against, self.reason, self.approved_by)


@dataclass(frozen=True, order=True)
class Preference:
    """A practice's wish to share a network with another (R16): shown, weighed by people.

    The optimiser does not read it: wishes contradict each other. The audit says of each whether
    the plan fulfils it, and a practice in no network is offered the network that it wishes for.

    Parameters
    ----------
    practice, prefers
        ODS codes: who wishes, and to be with whom.
    reason, approved_by
        Why, and who took note.
    """

    practice: str
    prefers: str
    reason: str = ""
    approved_by: str = ""

    def __post_init__(self) -> None:
        """Refuse a wish to be with oneself."""
        if self.practice == self.prefers:
            raise RulesError(f"[[preference]] {self.practice} cannot prefer itself.")

    @property
    def practices(self) -> tuple[str, str]:
        """Both practices."""
        return (self.practice, self.prefers)

    def words(self) -> str:
        """Say the wish in words."""
        return f"{self.practice} with {self.prefers}, as it wishes"


def _check(key: str, practices: tuple[str, ...], least: int) -> None:
    if len(practices) < least:
        raise RulesError(f"[[{key}]] needs at least {least} practices, not {len(practices)}.")
    twice = sorted({p for p in practices if practices.count(p) > 1})
    if twice:
        raise RulesError(f"[[{key}]] names {examples(twice)} more than once.")
