"""What people have decided about a plan, each with a reason and who approved it.

Rows of the rules file. A network is named by one of its practices, not by its number: numbers
change with every plan, and a waiver must stay with the people it was granted to. Without
`approved_by` a waiver is asked for and not granted: it changes nothing, and is shown as such.
"""

from __future__ import annotations

from dataclasses import dataclass

from pcngeo.errors import RulesError

__all__ = [
    "HOME_STATES",
    "Choice",
    "CrossArea",
    "Home",
    "Refused",
    "Shared",
    "Submission",
    "Waiver",
]

#: How far the home of a practice in no network has been settled (R14).
HOME_STATES = {
    "proposed": "proposed, not yet agreed",
    "agreed": "agreed with the commissioner and the LMC(s)",
    "assigned": "assigned by the commissioner",
}


@dataclass(frozen=True, order=True)
class Choice:
    """Something decided about one practice, and why.

    Parameters
    ----------
    practice
        ODS code.
    reason
        Why, in words that can be read aloud; carried into every output.
    approved_by
        Who decided or agreed it.
    """

    practice: str
    reason: str = ""
    approved_by: str = ""


@dataclass(frozen=True, order=True)
class Refused:
    """A practice that a network does not take (R13: by choice of the network).

    It is left out of the search, and a home in another network is offered.

    Parameters
    ----------
    practice
        ODS code of the practice.
    by
        ODS code of a member of the network that does not take it.
    reason, approved_by, date
        Why; who of the commissioner or the LMC has taken note, and when. Without `approved_by` it
        is only said, and changes nothing.
    """

    practice: str
    by: str
    reason: str
    approved_by: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        """Refuse a row without a reason."""
        if self.practice == self.by:
            raise RulesError(f"[[refused]] {self.practice}: a practice cannot refuse itself.")
        if not self.reason:
            raise RulesError(f"[[refused]] {self.practice} needs a reason.")


@dataclass(frozen=True, order=True)
class Waiver:
    """Leave from one rule for one network.

    Parameters
    ----------
    practice
        ODS code of a member: the waiver is for the network that it is in.
    reason
        Why, in words that can be read aloud.
    approved_by
        Who granted it; empty while it is only asked for.
    date
        When it was granted.
    patients
        With a waiver from the floor or the ceiling: the registered patients that the network may
        go down or up to. The optimiser keeps the network of a granted waiver between them and the
        window's other end; 0: it changes nothing in the search.
    """

    practice: str
    reason: str
    approved_by: str = ""
    date: str = ""
    patients: int = 0

    def __post_init__(self) -> None:
        """Refuse a waiver without a reason."""
        if not self.reason:
            raise RulesError(f"the waiver for the network of {self.practice} needs a reason.")
        if self.patients < 0:
            raise RulesError(
                f"the waiver for the network of {self.practice}: patients must be 0 or more."
            )

    @property
    def granted(self) -> bool:
        """Whether somebody approved it."""
        return bool(self.approved_by)


@dataclass(frozen=True, order=True)
class CrossArea(Waiver):
    """Leave to cross an area's border (R19), with the area that leads."""

    lead_area: str = ""


@dataclass(frozen=True, order=True)
class Shared:
    """A practice in two networks (R20): its own one, and another that takes a share of its list.

    One row for each other network of a practice in three or more; what the rows leave of the list
    stays with its own network, and is counted to the patient (`pcngeo.sizes.divide`).

    Parameters
    ----------
    practice
        ODS code of the practice that is shared.
    joins
        ODS code of a member of the other network.
    share
        Share of the practice's registered patients that the other network counts, between 0 and 1;
        the rest stays with its own.
    reason, approved_by, date
        As in `Waiver`.
    """

    practice: str
    joins: str
    share: float
    reason: str
    approved_by: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        """Refuse a share that is none, and a practice shared with itself."""
        if self.practice == self.joins:
            raise RulesError(f"{self.practice} cannot be shared with its own network.")
        if not 0 < self.share < 1:
            raise RulesError(
                f"the share of {self.practice} must lie between 0 and 1, not {self.share}."
            )
        if not self.reason:
            raise RulesError(f"the shared practice {self.practice} needs a reason.")


@dataclass(frozen=True, order=True)
class Home:
    """The network that a practice in no network is offered to, or that covers its patients.

    Parameters
    ----------
    practice
        ODS code of the practice in no network.
    joins
        ODS code of a member of the network.
    state
        One of `HOME_STATES`. ``agreed`` needs the commissioner, the LMC or LMCs and a date (R14);
        ``assigned`` the commissioner, a date and a reason.
    commissioner, lmcs, date
        Who agreed or assigned, and when; several LMCs are written in one text.
    reason
        Why.
    """

    practice: str
    joins: str
    state: str = "proposed"
    commissioner: str = ""
    lmcs: str = ""
    date: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse an agreement that does not say who agreed."""
        if self.practice == self.joins:
            raise RulesError(f"[[home]] {self.practice}: a practice cannot join itself.")
        if self.state not in HOME_STATES:
            raise RulesError(
                f"[[home]] {self.practice}: state {self.state!r} is not one of "
                f"{', '.join(HOME_STATES)}."
            )
        needed = {
            "proposed": (),
            "agreed": ("commissioner", "lmcs", "date"),
            "assigned": ("commissioner", "date", "reason"),
        }[self.state]
        absent = [name for name in needed if not getattr(self, name)]
        if absent:
            raise RulesError(
                f"[[home]] {self.practice}: state {self.state!r} needs {' and '.join(absent)} "
                "(R14: never a silent assignment)."
            )

    @property
    def settled(self) -> bool:
        """Whether it is more than a proposal."""
        return self.state != "proposed"

    @property
    def words(self) -> str:
        """The state in words, with who and when."""
        who = {
            "proposed": "",
            "agreed": f" ({self.commissioner}; {self.lmcs}; {self.date})",
            "assigned": f" ({self.commissioner}, {self.date}: {self.reason})",
        }[self.state]
        return f"{HOME_STATES[self.state]}{who}"


@dataclass(frozen=True, order=True)
class Submission:
    """What a network hands in besides its members and its map (R30 to R36); all may be missing.

    Parameters
    ----------
    practice
        ODS code of a member: the entry is for the network that it is in.
    name
        The network's own name.
    clinical_director, director_role
        Who, and as what (GP, nurse, pharmacist, ...); the handbook allows either (R34).
    payee
        ODS code of the member practice, or name of the provider, that receives funding (R35).
    agreement_date, agreement_version
        Of the network agreement (R33, R36); its content is not judged.
    signed
        ODS codes of the practices that signed it.
    data_sharing
        Whether the data-sharing agreement is signed (R43b).
    lmc_contact, commissioner_contact
        Whom to write to (R42).
    federation, model
        The federation it belongs to, if any (R25), and the organisational model's number.
    boundary_agreed
        Who agreed the network's area, and when (R17).
    """

    practice: str
    name: str = ""
    clinical_director: str = ""
    director_role: str = ""
    payee: str = ""
    agreement_date: str = ""
    agreement_version: str = ""
    signed: tuple[str, ...] = ()
    data_sharing: bool = False
    lmc_contact: str = ""
    commissioner_contact: str = ""
    federation: str = ""
    model: str = ""
    boundary_agreed: str = ""
