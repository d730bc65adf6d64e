"""What the question "why not everybody?" is answered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import pandas as pd

__all__ = ["KINDS", "WAYS", "Conflict", "Reason", "Way", "WhyNot"]

#: Every kind of reason there is.
KINDS = {
    "isolated": "a practice touches no other",
    "part_below_floor": "a part of the area has fewer patients than one network needs",
    "no_count_divides": "no number of networks divides the patients of a part",
    "neighbours_spoken_for": "every neighbour stands alone above the ceiling",
    "no_group": "no connected group with the practice is in the window",
    "together_over_ceiling": "practices that must be together have too many patients",
    "together_and_apart": "practices must be together and apart",
    "locks_overlap": "a practice is in two locked networks",
    "too_many_networks": "there are too few patients for the number of networks asked for",
    "too_few_networks": "there are too many patients for the number of networks asked for",
    "tight_total": "the number of networks asked for leaves too little room",
    "demands_conflict": "some demands cannot hold together",
    "no_room": "everybody could be grouped, but not all at once",
    "not_proven": "the search ended before it was settled",
}
#: Every kind of way out there is.
WAYS = {
    "count": "another number of networks",
    "drop_demand": "a demand is given up",
    "bridge": "two practices are linked (Q26)",
    "over_ceiling": "a network goes above the ceiling (R04)",
    "redraw": "some networks are drawn anew, less above the ceiling (R04)",
    "below_floor": "a network goes below the floor (R03)",
}
#: Kinds that say what the number of networks asked for does.
COUNTED = ("too_many_networks", "too_few_networks", "tight_total")
#: Kinds that `pcngeo.optimise.explain.unplaced_reasons` does not say of single practices.
NEWS = (*COUNTED[1:], "no_count_divides", "together_over_ceiling", "together_and_apart",
        "locks_overlap")  # fmt: skip
#: Columns of `WhyNot.table`, in order.
TABLE = ("answer", "kind", "practices", "patients", "outside", "metres", "proven", "sentence")


@dataclass(frozen=True)
class Reason:
    """Why somebody is left out.

    Parameters
    ----------
    kind
        A key of `KINDS`.
    practices
        Whom it concerns, sorted.
    patients
        Registered patients that make the case: of those practices, or of the whole part.
    sentence
        In words that can be read aloud.
    """

    kind: str
    practices: tuple[str, ...]
    patients: int
    sentence: str


@dataclass(frozen=True)
class Conflict:
    """Demands of the planner that cannot hold together.

    Parameters
    ----------
    demands
        In words, in the order of the rules.
    practices
        Whom they name, sorted.
    minimal
        Whether it is proven that any one of them less, the others can hold together.
    sentence
        In words that can be read aloud.
    fields
        Names in `Rules` of each of them.
    """

    demands: tuple[str, ...]
    practices: tuple[str, ...]
    minimal: bool
    sentence: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """A way out, tried out: with it, a plan exists that places more patients.

    Parameters
    ----------
    kind
        A key of `WAYS`.
    practices
        Whom it concerns: the two that are linked, those that join, those that a demand names.
    places
        Patients that are placed by it.
    outside
        Patients that a network is then above the ceiling or below the floor.
    metres
        Length of the link.
    sentence
        In words that can be read aloud.
    count
        The other number of networks.
    demand
        The demand that is given up, in words.
    """

    kind: str
    practices: tuple[str, ...]
    places: int
    sentence: str
    outside: int = 0
    metres: float = 0.0
    count: int = 0
    demand: str = ""


@dataclass(frozen=True)
class WhyNot:
    """Why a plan leaves practices out, and what would help.

    Parameters
    ----------
    patients, least
        Registered patients in no network, and the proven least under the rules.
    reasons, conflicts, ways
        Reasons in the order of the tests; demands in conflict; ways out, the cheapest first.
    """

    patients: int = 0
    least: int = 0
    reasons: tuple[Reason, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    ways: tuple[Way, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything in words: reasons, then conflicts, then ways out."""
        return (*(r.sentence for r in self.reasons), *self._demands_and_ways())

    @property
    def news(self) -> tuple[str, ...]:
        """The sentences that say more than the reasons of single practices do."""
        return (*(r.sentence for r in self.reasons if r.kind in NEWS), *self._demands_and_ways())

    def _demands_and_ways(self) -> Iterator[str]:
        counted = any(r.kind in COUNTED for r in self.reasons)
        for conflict in self.conflicts:
            if not (counted and conflict.fields == ("networks",)):
                yield conflict.sentence
        yield from (w.sentence for w in self.ways)

    def worded(self, word: Callable[[str], str]) -> Self:
        """Return the same answers with every sentence in other words."""
        return replace(
            self,
            reasons=tuple(replace(r, sentence=word(r.sentence)) for r in self.reasons),
            conflicts=tuple(replace(c, sentence=word(c.sentence)) for c in self.conflicts),
            ways=tuple(replace(w, sentence=word(w.sentence)) for w in self.ways),
        )

    def to_mapping(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON; `from_mapping` undoes it."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, plain: Mapping[str, Any]) -> Self:
        """Read what `to_mapping` wrote, also by way of JSON."""
        return cls(
            patients=int(plain["patients"]),
            least=int(plain["least"]),
            reasons=tuple(Reason(**_tuples(row)) for row in plain["reasons"]),
            conflicts=tuple(Conflict(**_tuples(row)) for row in plain["conflicts"]),
            ways=tuple(Way(**_tuples(row)) for row in plain["ways"]),
        )

    def table(self) -> pd.DataFrame:
        """List everything, one row each.

        Returns
        -------
        DataFrame
            Columns `answer` (``reason``, ``conflict``, ``way``), `kind`, `practices` (separated
            by spaces), `patients` (that make the case; of a way: that it places), `outside`
            (patients above the ceiling or below the floor), `metres` (of a link), `proven`,
            `sentence`.
        """
        rows: list[tuple[object, ...]] = [
            ("reason", r.kind, " ".join(r.practices), r.patients, 0, 0.0,
             r.kind != "not_proven", r.sentence) for r in self.reasons
        ]  # fmt: skip
        rows += [
            ("conflict", "demands", " ".join(c.practices), self.patients, 0, 0.0, c.minimal,
             c.sentence) for c in self.conflicts
        ]  # fmt: skip
        rows += [
            ("way", w.kind, " ".join(w.practices), w.places, w.outside, w.metres, True, w.sentence)
            for w in self.ways
        ]
        kinds = {"patients": int, "outside": int, "metres": float, "proven": bool}
        return pd.DataFrame(rows, columns=list(TABLE)).astype(kinds)


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
