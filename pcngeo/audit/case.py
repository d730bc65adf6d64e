"""What an audit looks at, with the sums that it makes itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from pcngeo.audit.book import BOOK
from pcngeo.decisions import Home, Submission, Waiver
from pcngeo.names import display_name
from pcngeo.plan import Plan
from pcngeo.rules import PRESETS, Rules

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["Case", "Finding", "people"]

#: A kind of waiver.
Leave = TypeVar("Leave", bound=Waiver)


def people(count: float) -> str:
    """Say a number of registered patients.

    Examples
    --------
    >>> people(1), people(31_204)
    ('1 person registered', '31,204 people registered')
    """
    return f"{count:,.0f} {'person' if count == 1 else 'people'} registered"


@dataclass(frozen=True)
class Finding:
    """One line of the audit, before the rule's own text is put beside it."""

    rule: str
    scope: str
    subject: str
    result: str
    found: float | None
    wanted: str
    sentence: str

    def row(self) -> dict[str, object]:
        """Put quote and source beside the finding."""
        book = BOOK[self.rule]
        return {
            "rule": self.rule,
            "severity": book.severity,
            "scope": self.scope,
            "subject": self.subject,
            "result": self.result,
            "found": float("nan") if self.found is None else float(self.found),
            "wanted": self.wanted,
            "quote": book.quote,
            "source": book.source,
            "who_may_waive": book.waived_by,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, eq=False)
class Case:
    """A configuration to audit; everything is summed anew from the practices."""

    plan: Plan
    practices: gpd.GeoDataFrame
    graph: nx.Graph[str] | None
    territories: gpd.GeoDataFrame | None
    rules: Rules
    proposals: pd.DataFrame | None = None
    reasons: pd.DataFrame | None = None
    boundary: gpd.GeoDataFrame | None = None
    list_date: dt.date | None = None
    area: str = "the area"
    existing: bool = False
    levels: pd.DataFrame | None = None
    recounted: Mapping[str, int] | None = None
    stated: Mapping[str, int] | None = None
    teams: pd.DataFrame | None = None
    branches: gpd.GeoDataFrame | None = None
    registrations: pd.DataFrame | None = None
    by_lsoa: pd.DataFrame | None = None
    lists: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take the list sizes once."""
        own = {str(p): int(n) for p, n in self.practices["list_size"].items()}
        object.__setattr__(self, "lists", own)

    @cached_property
    def names(self) -> dict[str, str]:
        """Published name of every practice; empty where the frame has none."""
        if "name" not in self.practices:
            return {}
        return {str(p): str(name) for p, name in self.practices["name"].fillna("").items()}

    # ---- networks -------------------------------------------------------------------------
    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Members of every network, by network in reading order."""
        return self.plan.groups()

    @cached_property
    def home(self) -> dict[str, str]:
        """Network of every practice in one."""
        return {p: network for network, members in self.groups.items() for p in members}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Registered patients of every network, shared practices counted by their shares (R20)."""
        sizes = {n: sum(self.lists[p] for p in members) for n, members in self.groups.items()}
        for practice, parts in self.shares.items():
            sizes[self.home[practice]] -= self.lists[practice]
            for network, part in parts.items():
                sizes[network] += part
        return sizes

    @cached_property
    def shares(self) -> dict[str, dict[str, int]]:
        """Patients of every shared practice by network, its own first: to the patient (R20).

        Each part is rounded down; what is left goes to the largest remainders.
        """
        away: dict[str, dict[str, Fraction]] = {}
        for row in self.rules.shared:
            own, other = self.home.get(row.practice), self.home.get(row.joins)
            if own is not None and other is not None and own != other and row.approved_by:
                parts = away.setdefault(row.practice, {own: Fraction(self.lists[row.practice])})
                part = Fraction(str(row.share)) * self.lists[row.practice]
                parts[own] -= part
                parts[other] = parts.get(other, Fraction(0)) + part
        found = {}
        for practice, parts in away.items():
            whole = {network: int(part) for network, part in parts.items()}
            short = self.lists[practice] - sum(whole.values())
            for network in sorted(parts, key=lambda n: whole[n] - parts[n])[:short]:
                whole[network] += 1
            found[practice] = whole
        return found

    @property
    def window(self) -> tuple[int, int]:
        """Floor and ceiling of the preset: what the quotes speak of."""
        return PRESETS[self.rules.preset][:2]

    def name(self, network: str) -> str:
        """Say what a network is called in a sentence."""
        if self.existing and "network_today_name" in self.practices:
            name = str(self.practices.at[self.groups[network][0], "network_today_name"])
            if name:
                return f"{display_name(name)} ({network})"
        return f"Network {network}"

    # ---- what people decided ----------------------------------------------------------------
    def waiver(self, table: Sequence[Leave], network: str) -> Leave | None:
        """Leave for the network that holds its practice: granted, or else only asked for."""
        here = [w for w in table if self.home.get(w.practice) == network]
        return min(here, key=lambda w: not w.granted, default=None)

    def idle(
        self,
        rule: str,
        table: Sequence[Waiver],
        unneeded: Callable[[str], str] = lambda network: "",
    ) -> Iterator[Finding]:
        """Find waivers without effect: a decision must never vanish in silence.

        Those whose practice is in no network, and those that its network does not need:
        `unneeded` says why not, or ``""``. Of several for one network, one holds (`waiver`).
        """
        for waiver in table:
            network = self.home.get(waiver.practice, "")
            if not network:
                why, wanted = "that practice is in no network", "a practice in a network"
            else:
                said, wanted = unneeded(network), "a network that needs it"
                why = f"{self.name(network)} {said}" if said else ""
                held = self.waiver(table, network)
                if not why and held is not None and held != waiver:
                    why = f"{self.name(network)} has one already, under {held.practice}"
                    wanted = "one waiver for a network"
            if why:
                words = (
                    f"The waiver for the network of {waiver.practice} ({waiver.reason}) is without "
                    f"effect: {why}."
                )
                yield Finding(rule, "practice", waiver.practice, "amber", None, wanted, words)

    def submission(self, network: str) -> Submission | None:
        """Find what a network hands in."""
        rows = self.rules.submissions
        return next((s for s in rows if self.home.get(s.practice) == network), None)

    @cached_property
    def homes(self) -> dict[str, Home]:
        """Homes of practices in no network, by practice."""
        return {home.practice: home for home in self.rules.homes}

    # ---- practices in no network ------------------------------------------------------------
    @cached_property
    def outside(self) -> tuple[str, ...]:
        """Practices in no network, those left out (closed, by the planner) not counted."""
        standing = self.practices["standing"]
        return tuple(
            str(p)
            for p in self.practices.index
            if str(p) not in self.home and standing[p] != "excluded"
        )

    def settled(self, practice: str) -> bool:
        """Whether a practice in no network has a home that is more than a proposal."""
        home = self.homes.get(practice)
        return home is not None and home.settled and home.joins in self.home

    def joined_by_decision(self, practice: str) -> bool:
        """Whether a member is in its network because that home was agreed or assigned (R14)."""
        return self.settled(practice) and self.home.get(practice) == self.offered(practice)

    def offered(self, practice: str) -> str:
        """Find the network that a practice in no network is offered to, or ``""``."""
        home = self.homes.get(practice)
        if home is not None and home.joins in self.home:
            return self.home[home.joins]
        if self.proposals is not None and practice in self.proposals.index:
            return str(self.proposals.at[practice, "network"])
        return ""

    # ---- writing findings -------------------------------------------------------------------
    def network_line(
        self, rule: str, network: str, result: str, found: float | None, wanted: str, sentence: str
    ) -> Finding:
        """Make a finding about one network."""
        return Finding(rule, "network", network, result, found, wanted, sentence)

    def area_line(
        self,
        rule: str,
        result: str,
        found: float | None,
        wanted: str,
        sentence: str,
        subject: str = "",
    ) -> Finding:
        """Make a finding about the whole area."""
        return Finding(rule, "area", subject or self.area, result, found, wanted, sentence)


def parts_of(members: Iterable[str], graph: nx.Graph[str], kinds: frozenset[str]) -> int:
    """Count the connected parts of some practices, over links of these kinds only."""
    waiting = {p for p in members if p in graph}
    parts = 0
    while waiting:
        parts += 1
        reach = [waiting.pop()]
        while reach:
            here = reach.pop()
            for there, link in graph.adj[here].items():
                if there in waiting and link["kind"] in kinds:
                    waiting.discard(there)
                    reach.append(there)
    return parts
