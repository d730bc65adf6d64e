"""What turns a planned area into papers: audit, orphans, funding, governance, profile, submission.

`Papers.of` computes every table once; `papers_files` names the files of the output folder that hold
them, and `submission_pack` puts them together for the networks to hand in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo import (
    adjacency,
    agreed,
    audit,
    export,
    funding,
    governance,
    intake,
    orphans,
    profile,
    submission,
    territory,
)
from pcngeo.errors import DataError, examples
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import networkx as nx

    from pcngeo.pipeline import PlannedArea

__all__ = [
    "Area",
    "Papers",
    "existing_area",
    "given_area",
    "papers_files",
    "planned_area",
    "read_england",
    "read_plan",
    "submission_pack",
]


@dataclass(frozen=True, eq=False)
class Area:
    """A configuration of an area, planned or existing, with all that is known of it.

    Parameters
    ----------
    plan, practices, graph, territories, boundary, rules
        As in `pcngeo.audit.audit`.
    area, area_name, list_date, sources
        Code, name, date of the lists, input files (`Intake`).
    registrations
        Patients by practice and LSOA, where given.
    reasons
        Why practices of the graph are in no network (index practice, `reason_code`, `reason`).
    existing
        Whether these are today's networks.
    """

    plan: Plan
    practices: gpd.GeoDataFrame
    graph: nx.Graph[str]
    territories: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame | None
    rules: Rules
    area: str
    area_name: str
    list_date: dt.date | None
    sources: pd.DataFrame
    registrations: pd.DataFrame | None = None
    reasons: pd.DataFrame | None = None
    existing: bool = False


def planned_area(result: PlannedArea) -> Area:
    """Take what `pcngeo.pipeline.plan_area` made.

    Parameters
    ----------
    result
        The planned area.

    Returns
    -------
    Area
    """
    from pcngeo.optimise.explain import unplaced_reasons

    return _area(
        result.intake,
        result.rules,
        result.plan,
        result.territories,
        result.graph,
        reasons=unplaced_reasons(result.graph, result.rules, result.plan),
    )


def existing_area(area: str | Sequence[str], rules: Rules | None = None, **files: Any) -> Area:
    """Take today's networks of an area, whole: their practices in other areas come with them (R19).

    Parameters
    ----------
    area
        As in `pcngeo.intake.load`.
    rules
        The planner's choices; the default rules where none are given.
    files
        The files, as in `pcngeo.intake.load`; `membership` is needed.

    Returns
    -------
    Area

    Raises
    ------
    DataError
        When no membership map is given, or a file cannot be used.
    """
    rules = rules or Rules()
    if files.get("membership") is None:
        raise DataError(
            "today's networks are not known", todo="Give the practice map with --membership"
        )
    asked = tuple(files.pop("neighbours", ()))
    published = intake.read(**files)
    first = intake.cut(published, area, rules, neighbours=asked)
    everyone = published.lists.frame[["area", "list_size"]].assign(
        network_today=published.membership.frame["pcn"].reindex(published.lists.frame.index)
        if published.membership is not None
        else ""
    )
    beyond = audit.members_elsewhere(everyone, sorted(set(first.practices["area"])))
    neighbours = tuple(sorted({*asked, *beyond} - set(first.practices.index)))
    loaded = (
        intake.cut(published, area, rules, neighbours=(*asked, *neighbours))
        if neighbours
        else first
    )
    return given_area(loaded, rules, audit.existing_plan(loaded.practices), existing=True)


def given_area(loaded: intake.Intake, rules: Rules, plan: Plan, *, existing: bool = False) -> Area:
    """Take a configuration that no solver made: draw its territories, build its graph.

    Parameters
    ----------
    loaded, rules
        The area.
    plan
        Who is in which network.
    existing
        Whether these are today's networks.

    Returns
    -------
    Area
    """
    territories = territory.build_territories(loaded.practices, loaded.boundary, rules)
    graph = adjacency.build_graph(loaded.practices, territories, rules)
    return _area(loaded, rules, plan, territories, graph, existing=existing)


def read_england(lists: str | Path, membership: str | Path) -> tuple[pd.DataFrame, dt.date]:
    """Read practices of all areas with today's networks: what `pcngeo.audit.by_area` takes.

    Parameters
    ----------
    lists, membership
        ``gp-reg-pat-prac-all`` and ``gp-reg-pat-prac-map``.

    Returns
    -------
    practices, date
        Index practice; `list_size`, `area`, `network_today`; and the date of the lists.
    """
    from pcngeo.intake.lists import read_lists
    from pcngeo.intake.membership import read_membership
    from pcngeo.intake.published import with_areas

    mapped = read_membership(membership)
    listed, _ = with_areas(read_lists(lists), mapped)
    today = mapped.frame["pcn"].reindex(listed.frame.index).fillna("")
    frame = listed.frame[["list_size", "area"]].assign(network_today=today)
    return frame, listed.date


def read_plan(path: str | Path, practices: pd.DataFrame) -> Plan:
    """Read who is in which network from a ``membership.csv``, also one edited by hand.

    Parameters
    ----------
    path
        A CSV with the columns `practice` and `network`; where there is a column `status`, only
        members (``member``, ``alone``) are taken.
    practices
        Practices of the area; those that the file does not name are in no network.

    Returns
    -------
    Plan
        Status ``given``.

    Raises
    ------
    DataError
        When the file cannot be read, lacks a column, names a practice twice or one that is not
        of the area.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read ({error})", file=path) from None
    absent = [column for column in ("practice", "network") if column not in table]
    if absent:
        raise DataError(f"lacks the column {examples(absent)}", file=path, row=1)
    if "status" in table:
        table = table[table["status"].isin(["member", "alone"])]
    twice = table.index[table["practice"].duplicated()]
    if len(twice):
        code = str(table.at[twice[0], "practice"])
        raise DataError(f"{code} stands twice", file=path, row=int(twice[0]) + 2)
    unknown = table.index[~table["practice"].isin(practices.index)]
    if len(unknown):
        raise DataError(
            f"{len(unknown)} practices are not of this area: "
            f"{examples(table.loc[unknown, 'practice'])}",
            file=path,
            row=int(unknown[0]) + 2,
        )
    home = table.set_index("practice")["network"].reindex(practices.index).fillna("")
    left = int(practices.loc[home.eq("").to_numpy(), "list_size"].sum())
    return Plan(
        home, status=Status.GIVEN, unplaced_patients=left, method=f"read from {Path(path).name}"
    )


def _area(
    loaded: intake.Intake,
    rules: Rules,
    plan: Plan,
    territories: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    *,
    reasons: pd.DataFrame | None = None,
    existing: bool = False,
) -> Area:
    return Area(
        plan=plan,
        practices=loaded.practices,
        graph=graph,
        territories=territories,
        boundary=loaded.boundary,
        rules=rules,
        area=loaded.area,
        area_name=loaded.area_name,
        list_date=loaded.list_date,
        sources=loaded.sources,
        registrations=loaded.registrations,
        reasons=reasons,
        existing=existing,
    )


@dataclass(frozen=True, eq=False)
class Papers:
    """The tables about a configuration; each is described where it is made.

    Parameters
    ----------
    audit, orphans, homes, service
        `pcngeo.audit.audit`; `pcngeo.orphans.orphans_table`, `homes` and `service_population`.
    funding, streams, cliffs, payments
        `pcngeo.funding.funding`, `funding_table`, `cliffs`, `practice_payments`.
    governance
        `pcngeo.governance.governance`, one vote each and by list under each other.
    profile
        `pcngeo.profile.profile`.
    """

    audit: pd.DataFrame
    orphans: pd.DataFrame
    homes: pd.DataFrame
    service: pd.DataFrame
    funding: pd.DataFrame
    streams: pd.DataFrame
    cliffs: pd.DataFrame
    payments: pd.DataFrame
    governance: pd.DataFrame
    profile: pd.DataFrame

    @classmethod
    def of(
        cls,
        area: Area,
        *,
        year: str = "2019/20",
        months: int = 12,
        include: Collection[str] = (),
        waived_staff_wte: int = 0,
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
        offers = orphans.propose(plan, practices, area.graph, rules)
        lists = agreed.network_lists(plan, practices, rules)
        inputs = funding.funding_inputs(plan, practices, lists)
        waived = _waived(plan, rules)
        money: dict[str, Any] = {
            "months": months,
            "include": include,
            "waived": waived,
            "waived_staff_wte": waived_staff_wte,
        }
        members = practices.loc[plan.assignment.index[plan.assignment != ""]]
        return cls(
            audit=audit.audit(
                plan,
                practices,
                area.graph,
                area.territories,
                rules,
                proposals=offers,
                reasons=area.reasons,
                boundary=area.boundary,
                list_date=area.list_date,
                area=area.area_name or area.area,
                existing=area.existing,
            ),
            orphans=orphans.orphans_table(
                plan, practices, area.graph, rules, proposals=offers, reasons=area.reasons
            ),
            homes=orphans.homes(
                plan, practices, area.graph, rules, proposals=offers,
                registrations=area.registrations,
            ),
            service=orphans.service_population(plan, practices, offers),
            funding=funding.funding(inputs, year, **money),
            streams=funding.funding_table(inputs, year, **money),
            cliffs=funding.cliffs(inputs, year),
            payments=funding.practice_payments(members, year, months=months),
            governance=pd.concat(
                [
                    governance.governance(plan, practices, scheme=scheme).assign(scheme=scheme)
                    for scheme in governance.SCHEMES
                ]
            ),
            profile=profile.profile(plan, practices, **given),
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
            "Votes": self.governance,
            "Profile": self.profile,
        }


def _waived(plan: Plan, rules: Rules) -> tuple[str, ...]:
    """Networks that hold a granted rural waiver."""
    granted = [waiver.practice for waiver in rules.rural_waivers if waiver.granted]
    found = {str(plan.assignment.get(practice, "")) for practice in granted} - {""}
    return tuple(sorted(found))


def papers_files(papers: Papers) -> Mapping[str, Callable[[Path], object]]:
    """Name the files that hold the tables, ready for `pcngeo.export.write_folder`.

    Returns
    -------
    dict
        ``audit.csv``, ``orphans.csv``, ``homes.csv``, ``service.csv``, ``funding.csv`` (by
        stream), ``cliffs.csv``, ``payments.csv``, ``governance.csv`` and ``profile.csv``.
    """
    tables = {
        "audit": papers.audit,
        "orphans": papers.orphans,
        "homes": papers.homes,
        "service": papers.service,
        "funding": papers.streams,
        "cliffs": papers.cliffs,
        "payments": papers.payments,
        "governance": papers.governance,
        "profile": papers.profile,
    }
    return {f"{name}.csv": partial(export.write_csv, table) for name, table in tables.items()}


def submission_pack(area: Area, papers: Papers, *, effective_date: str = "") -> submission.Pack:
    """Put together what the networks of a configuration hand in.

    Parameters
    ----------
    area, papers
        The configuration and its tables.
    effective_date
        From when the memberships are to hold.

    Returns
    -------
    Pack
        For `pcngeo.submission.submission_files`.
    """
    return submission.Pack(
        plan=area.plan,
        practices=area.practices,
        areas=territory.network_areas(area.plan, area.territories, area.practices),
        territories=area.territories,
        boundary=area.boundary,
        rules=area.rules,
        area=area.area,
        area_name=area.area_name or area.area,
        list_date=area.list_date,
        sources=area.sources,
        tables=papers.tables(),
        audit=papers.audit,
        service=papers.service,
        effective_date=effective_date,
        proof="" if area.existing else area.plan.proof,
        existing=area.existing,
        shares=agreed.member_shares(area.plan, area.practices, area.rules)
        if area.rules.shared
        else None,
    )
