"""What is handed in, and what of it is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.decisions import Submission
from pcngeo.names import name_practices
from pcngeo.plan import Plan
from pcngeo.rules import Rules
from pcngeo.sizes import member_shares, network_lists
from pcngeo.submission.changes import membership_changes
from pcngeo.words import say_date

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["MISSING", "Pack", "list_day", "missing_items", "missing_of"]

#: Columns of `missing_items`, in order.
MISSING = ("network", "rule", "item", "who")


def list_day(date: dt.date | None) -> str:
    """Say the date of the lists in words.

    Examples
    --------
    >>> list_day(dt.date(2026, 1, 1)), list_day(None)
    ('1 January 2026', 'a date that was not given')
    """
    return say_date(date) if date else "a date that was not given"


@dataclass(frozen=True, eq=False)
class Pack:
    """Everything that a submission is made from.

    Parameters
    ----------
    plan
        Who is in which network.
    practices
        All practices of the area (`pcngeo.schema`).
    areas
        Areas of the networks: index network, polygons (`pcngeo.territory.network_areas`).
    territories, boundary
        Areas of the practices, and of the whole.
    rules
        Waivers, and what the networks hand in.
    area, area_name
        Code and name.
    list_date
        Date of the lists (R06).
    sources
        Input files: `file`, `kind`, `sha256`, `date` (`Intake.sources`).
    tables
        Further tables for the workbook by sheet name: audit, orphans, funding, ...
    audit
        As of `pcngeo.audit.audit`; what is not a pass stands in each network's document.
    service
        As of `pcngeo.orphans.service_population`.
    orphans
        As of `pcngeo.orphans.orphans_table`; who is offered to a network stands in its document.
    effective_date
        From when the memberships are to hold, for the list of changes.
    proof
        How good the plan is known to be, in one sentence.
    existing
        Whether these are today's networks.
    notes
        What distances and areas rest on, in sentences.
    """

    plan: Plan
    practices: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    territories: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame | None
    rules: Rules
    area: str
    area_name: str
    list_date: dt.date | None
    sources: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    audit: pd.DataFrame | None = None
    service: pd.DataFrame | None = None
    orphans: pd.DataFrame | None = None
    effective_date: str = ""
    proof: str = ""
    existing: bool = False
    notes: tuple[str, ...] = ()

    @property
    def proposed(self) -> str:
        """The word that stands before a network: today's networks are not proposed."""
        return "Today's" if self.existing else "Proposed"

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Registered patients of every network, summed here from the lists (R31)."""
        return network_lists(self.plan, self.practices, self.rules)

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Who is in which network with which part of its list (R20)."""
        return member_shares(self.plan, self.practices, self.rules)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Who would move from which network of today to which (`membership_changes`)."""
        return membership_changes(
            self.plan,
            self.practices,
            date=self.effective_date,
            rules=self.rules,
            orphans=self.orphans,
        )

    def name(self, practice: str) -> str:
        """Say a practice's name and code; the code alone where it has no name."""
        name = str(self.practices["name"].get(practice, ""))
        return f"{name} ({practice})" if name else practice

    def named(self, words: str) -> str:
        """Put the name of every practice beside its code; what has one already stays."""
        return name_practices(words, self.practices["name"].to_dict())

    def offered(self, network: str) -> pd.DataFrame:
        """List practices in no network that are offered to this one, and those that it covers."""
        if self.orphans is None:
            return pd.DataFrame(columns=["list_size", "standing", "state", "list_after"])
        here = self.orphans["network"] == network
        return self.orphans[here & ~self.orphans.index.isin(self.plan.members(network))]

    def submission(self, network: str) -> Submission:
        """Find what a network hands in; an empty one where nothing was recorded."""
        members = self.plan.members(network)
        rows = self.rules.submissions
        return next((s for s in rows if s.practice in members), Submission(members[0]))

    def title(self, network: str) -> str:
        """Say what a network is called."""
        name = self.submission(network).name
        if not name and self.existing:
            name = str(self.practices.at[self.plan.members(network)[0], "network_today_name"])
            return f"{name} ({network})" if name else network
        return f"{name} (Network {network})" if name else f"Network {network}"

    def members(self, network: str) -> pd.DataFrame:
        """List the members, longest list first, numbered from 1 as on the map.

        A practice in two networks stands in both, with the patients that are counted there.
        """
        here = self.shares[self.shares["network"] == network].set_index("practice")
        own = self.practices.loc[here.index].assign(list_size=here["list_size"])
        split = here["list_share"] < 1
        own["name"] = own["name"].where(~split, own["name"] + " (part of its list, R20)")
        order = own.assign(code=own.index).sort_values(
            ["list_size", "code"], ascending=[False, True]
        )
        table = pd.DataFrame(
            {
                "number": range(1, len(order) + 1),
                "practice": order.index,
                "name": order["name"],
                "postcode": order["postcode"],
                "list_size": order["list_size"],
            }
        )
        signed = self.submission(network).signed
        table["signed"] = [code in signed for code in order.index]
        return table.reset_index(drop=True)

    @cached_property
    def list_source(self) -> tuple[str, str]:
        """File name and SHA-256 of the list file; empty where it was not given."""
        rows = self.sources
        if len(rows) and "kind" in rows:
            flag = rows["flag"] if "flag" in rows else rows["kind"]
            found = rows[flag.eq("lists") | rows["kind"].eq("lists")]
            if len(found):
                return str(found.iloc[0]["file"]), str(found.iloc[0]["sha256"])
        return "", ""


def missing_items(pack: Pack) -> pd.DataFrame:
    """List what every network still has to hand in.

    Returns
    -------
    DataFrame
        Columns `MISSING`: network, rule ID, what is missing, and who can supply it; networks in
        reading order.
    """
    rows = [
        (network, rule, item, who)
        for network in pack.plan.networks
        for rule, item, who in missing_of(pack, network)
    ]
    table = pd.DataFrame(rows, columns=list(MISSING))
    return table.assign(item=[pack.named(item) for item in table["item"]])


def missing_of(pack: Pack, network: str) -> list[tuple[str, str, str]]:
    """List what one network still has to hand in: rule ID, what is missing, who can supply it."""
    row = pack.submission(network)
    members = sorted(pack.members(network)["practice"])
    unsigned = [p for p in members if p not in row.signed]
    unnamed = [p for p in members if not str(pack.practices.at[p, "name"])]
    undrawn = [p for p in members if p not in pack.territories.index]
    items = [
        ("R30", f"Names of {', '.join(unnamed)}" if unnamed else "", "member practices"),
        ("R31", "" if pack.list_date else "Date of the lists", "commissioner"),
        ("R31", "" if pack.list_source[1] else "Source and hash of the lists", "commissioner"),
        ("R32", f"Areas of {', '.join(undrawn)} on the map" if undrawn else "", "commissioner"),
        (
            "R33",
            f"Signatures of {len(unsigned)} of {len(members)} practices: {', '.join(unsigned)}"
            if unsigned
            else "",
            "member practices",
        ),
        ("R34", "" if row.clinical_director else "Clinical director", "network"),
        ("R35", "" if row.payee else "Nominated payee", "network"),
        (
            "R36",
            "" if row.agreement_date or row.agreement_version else "Date or version of agreement",
            "network",
        ),
        ("R17", "" if row.boundary_agreed else "Agreement on the area", "commissioner and LMC"),
        ("R43b", "" if row.data_sharing else "Data-sharing agreement", "member practices"),
    ]
    return [(rule, item, who) for rule, item, who in items if item]
