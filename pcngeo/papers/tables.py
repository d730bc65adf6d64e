"""Every table about a configuration, computed once, and the files that hold them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from pcngeo import (
    audit,
    export,
    funding,
    governance,
    orphans,
    profile,
    sizes,
)
from pcngeo.levels import neighbourhood_teams, network_graph, roll_up
from pcngeo.optimise import solve
from pcngeo.papers.area import Area
from pcngeo.plan import Plan
from pcngeo.rules import Rules

__all__ = ["Papers", "audited", "papers_files", "recount"]


@dataclass(frozen=True, eq=False)
class Papers:
    """The tables about a configuration; each is described where it is made.

    Parameters
    ----------
    audit, orphans, homes, service
        `pcngeo.audit.audit`; `pcngeo.orphans.orphans_table`, `homes` and `service_population`.
    shares
        `pcngeo.sizes.member_shares`.
    funding, streams, cliffs, payments
        `pcngeo.funding.funding`, `funding_table`, `cliffs`, `practice_payments`.
    splits
        Each network's total for the year divided between its members, evenly and by list
        (`pcngeo.funding.split`); without amounts, and why, where it cannot be computed.
    governance, votes
        `pcngeo.governance.governance` and `voting`, one vote each and by list under each other.
    profile
        `pcngeo.profile.profile`.
    spread
        `pcngeo.profile.spread`: how far networks differ.
    teams
        `pcngeo.levels.neighbourhood_teams`: teams inside networks above the ceiling (R18).
    levels
        `pcngeo.levels.roll_up`: providers of whole networks (R24); empty where not asked for.
    evidence
        `pcngeo.audit.rural_evidence`: what bears on a rural waiver (R03).
    crossing
        `pcngeo.audit.border_evidence`: what speaks for networks across a border (R19).
    """

    audit: pd.DataFrame
    orphans: pd.DataFrame
    homes: pd.DataFrame
    service: pd.DataFrame
    shares: pd.DataFrame
    funding: pd.DataFrame
    streams: pd.DataFrame
    cliffs: pd.DataFrame
    payments: pd.DataFrame
    splits: pd.DataFrame
    governance: pd.DataFrame
    votes: pd.DataFrame
    profile: pd.DataFrame
    spread: pd.DataFrame
    teams: pd.DataFrame
    levels: pd.DataFrame
    evidence: pd.DataFrame
    crossing: pd.DataFrame

    @classmethod
    def of(
        cls,
        area: Area,
        *,
        year: str = "2019/20",
        months: int = 12,
        include: Collection[str] = (),
        waived_staff_wte: int = 0,
        threshold: str = "simple",
        quorum: str = "1/2",
        providers: bool = False,
        populations: pd.DataFrame | None = None,
        recounted: Mapping[str, int] | None = None,
        deprivation: pd.DataFrame | None = None,
        rurality: pd.DataFrame | None = None,
        ages: pd.DataFrame | None = None,
    ) -> Papers:
        """Compute every table.

        Parameters
        ----------
        area
            The configuration.
        year, months, include, waived_staff_wte
            As in `pcngeo.funding.funding_table`.
        threshold, quorum
            As in `pcngeo.governance.governance`.
        providers
            Whether to group whole networks into providers of 250,000 and more (R24).
        populations
            As of `pcngeo.funding.read_populations`.
        recounted
            As of `recount`: lists read from the file once more, for R31.
        deprivation, rurality, ages
            As in `pcngeo.profile.profile`.

        Returns
        -------
        Papers
        """
        plan, rules, practices = area.plan, area.rules, area.practices
        given = {
            "registrations": area.registrations,
            "deprivation": deprivation,
            "rurality": rurality,
            "ages": ages,
        }
        single = profile.practice_profile(practices, **given)
        if "rural_share" in single:
            practices = practices.assign(rural_share=single["rural_share"])
        if populations is not None:
            practices = practices.join(populations.reindex(practices.index))
        offers = area.homes
        levels = _providers(area) if providers else area.levels
        shares = sizes.member_shares(plan, practices, rules)
        lists = sizes.network_lists(plan, practices, rules)
        inputs = funding.funding_inputs(plan, practices, lists)
        waived = _waived(plan, rules)
        money: dict[str, Any] = {
            "months": months,
            "include": include,
            "waived": waived,
            "waived_staff_wte": waived_staff_wte,
        }
        paid = funding.funding(inputs, year, **money)
        profiles = profile.profile(plan, practices, rules=rules, **given)
        members = practices.loc[plan.assignment.index[plan.assignment != ""]]
        return cls(
            **_checked(area, practices, offers, levels=levels, recounted=recounted),
            levels=_no_levels() if levels is None else levels,
            evidence=audit.rural_evidence(plan, practices, area.territories, rules),
            crossing=audit.border_evidence(
                plan,
                practices,
                area.territories,
                rules,
                boundary=area.boundary,
                branches=area.branches,
                registrations=area.registrations,
                by_lsoa=area.by_lsoa,
            ),
            spread=profile.spread(profiles),
            homes=orphans.homes(
                plan, practices, area.graph, rules, proposals=offers,
                registrations=area.registrations,
            ),
            service=orphans.service_population(plan, practices, offers, rules),
            funding=paid,
            streams=funding.funding_table(inputs, year, **money),
            cliffs=funding.cliffs(inputs, year),
            payments=funding.practice_payments(members, year, months=months),
            shares=shares,
            splits=_splits(paid, shares),
            votes=_votes(plan, practices, rules, threshold),
            governance=pd.concat(
                [
                    governance.governance(
                        plan, practices, scheme=scheme, threshold=threshold, quorum=quorum,
                        rules=rules,
                    ).assign(scheme=scheme, threshold=threshold, quorum=quorum)
                    for scheme in governance.SCHEMES
                ]
            ),
            profile=profiles,
        )  # fmt: skip

    def tables(self) -> dict[str, pd.DataFrame]:
        """Name the tables as the sheets of a workbook."""
        return {
            "Audit": self.audit,
            "Practices in no network": self.orphans,
            "Homes": self.homes,
            "Funding": self.funding,
            "Funding by stream": self.streams,
            "Funding steps": self.cliffs,
            "Payments to practices": self.payments,
            "Shares of funding": self.splits,
            "Decisions": self.governance,
            "Votes": self.votes,
            "Profile": self.profile,
            "Spread of networks": self.spread,
            "Teams inside networks": self.teams,
            "Providers": self.levels,
            "Rural evidence": self.evidence,
            "Across borders": self.crossing,
            "Models to look up": governance.models(),
            "Handbook's worked table": funding.printed_table(),
        }


def _splits(paid: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Divide every network's total between its members, or say why it cannot be computed."""
    parts = []
    for network, total in paid["total_gbp"].items():
        here = shares[shares["network"] == network].set_index("practice")["list_size"]
        if here.sum() <= 0:
            continue
        table = here.to_frame()
        if not pd.isna(total):
            table = funding.split(int(str(total)), here)
        table.insert(0, "network", str(network))
        reason = paid["cannot_compute"].astype(str)[str(network)]
        why = f"{funding.CANNOT}: {reason}" if pd.isna(total) else ""
        parts.append(table.assign(cannot_compute=why))
    columns = ["network", "list_size", "equal_gbp", "by_list_gbp", "difference_gbp",
               "cannot_compute"]  # fmt: skip
    made = pd.concat(parts).reindex(columns=columns) if parts else pd.DataFrame(columns=columns)
    return made.rename_axis("practice")


def _votes(plan: Plan, practices: pd.DataFrame, rules: Rules, threshold: str) -> pd.DataFrame:
    """Show every practice's vote in its network, one each and by list."""
    parts = []
    for scheme in governance.SCHEMES:
        for network, lists in governance.voters(plan, practices, rules).items():
            table = governance.voting(lists, scheme=scheme, threshold=threshold)
            table.insert(0, "network", network)
            parts.append(table.assign(scheme=scheme))
    columns = ["network", *governance.VOTING, "scheme"]
    made = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return made.rename_axis("practice")


def _providers(area: Area) -> pd.DataFrame:
    """Group the networks, whole, into providers of 250,000 and more (R24)."""
    graph = network_graph(area.plan, area.graph)
    above = solve(graph, Rules.for_preset("multi_neighbourhood"))
    return roll_up(area.plan, above)


def _no_levels() -> pd.DataFrame:
    return pd.DataFrame(columns=["network", "provider"], index=pd.Index([], name="practice"))


def recount(path: str | Path, date: dt.date | None, rules: Rules) -> dict[str, int]:
    """Read every practice's list from the file once more (R31): nothing in between is trusted.

    Parameters
    ----------
    path, date
        The file of list sizes and, for a table that does not hold it, its date.
    rules
        `merged`: patients count where their practice merged into (Q16).

    Returns
    -------
    dict
        Registered patients by practice.
    """
    from pcngeo.intake.lists import read_lists

    sizes_in_file = read_lists(path, date).frame["list_size"]
    lists = {str(p): int(n) for p, n in sizes_in_file.items()}
    waiting = [row for row in rules.merged if row.practice in lists]
    while waiting:
        # A practice may have merged into one that merged itself: from the far end on.
        last = next(r for r in waiting if all(o.into != r.practice for o in waiting))
        lists[last.into] = lists.get(last.into, 0) + lists.pop(last.practice)
        waiting.remove(last)
    return lists


def _waived(plan: Plan, rules: Rules) -> tuple[str, ...]:
    """Networks that hold a granted rural waiver."""
    granted = [waiver.practice for waiver in rules.rural_waivers if waiver.granted]
    found = {str(plan.assignment.get(practice, "")) for practice in granted} - {""}
    return tuple(sorted(found))


def audited(area: Area) -> dict[str, pd.DataFrame]:
    """Compute only what belongs to every plan: the audit, and the practices in no network.

    Parameters
    ----------
    area
        The configuration.

    Returns
    -------
    dict of DataFrame
        ``audit`` and ``orphans``.
    """
    made = _checked(area, area.practices, area.homes)
    return {name: made[name] for name in ("audit", "orphans")}


def _checked(
    area: Area,
    practices: pd.DataFrame,
    offers: pd.DataFrame,
    *,
    levels: pd.DataFrame | None = None,
    recounted: Mapping[str, int] | None = None,
) -> dict[str, pd.DataFrame]:
    plan, graph, rules = area.plan, area.graph, area.rules
    teams = neighbourhood_teams(plan, graph, rules, solve, practices)
    return {
        "audit": audit.audit(
            plan,
            practices,
            graph,
            area.territories,
            rules,
            proposals=offers,
            reasons=area.reasons,
            boundary=area.boundary,
            list_date=area.list_date,
            area=area.area_name or area.area,
            existing=area.existing,
            levels=levels if levels is not None else area.levels,
            recounted=recounted,
            stated=area.stated,
            teams=teams,
            branches=area.branches,
            registrations=area.registrations,
            by_lsoa=area.by_lsoa,
        ),
        "orphans": orphans.orphans_table(
            plan, practices, graph, rules, proposals=offers, reasons=area.reasons
        ),
        "teams": teams,
    }


def papers_files(papers: Papers) -> Mapping[str, Callable[[Path], object]]:
    """Name the files that hold the tables, ready for `pcngeo.export.write_folder`.

    Returns
    -------
    dict
        ``audit.csv``, ``orphans.csv``, ``homes.csv``, ``service.csv``, ``shares.csv``,
        ``funding.csv`` (by stream), ``cliffs.csv``, ``payments.csv``, ``splits.csv``,
        ``governance.csv``, ``votes.csv``, ``spread.csv``, ``teams.csv``, ``levels.csv``,
        ``evidence.csv``, ``crossing.csv`` and ``profile.csv``.
    """
    tables = {
        "audit": papers.audit,
        "orphans": papers.orphans,
        "homes": papers.homes,
        "service": papers.service,
        "shares": papers.shares,
        "funding": papers.streams,
        "cliffs": papers.cliffs,
        "payments": papers.payments,
        "splits": papers.splits,
        "governance": papers.governance,
        "votes": papers.votes,
        "profile": papers.profile,
        "spread": papers.spread,
        "teams": papers.teams,
        "levels": papers.levels,
        "evidence": papers.evidence,
        "crossing": papers.crossing,
    }
    return {f"{name}.csv": partial(export.write_csv, table) for name, table in tables.items()}
