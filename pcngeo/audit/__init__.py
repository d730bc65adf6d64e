"""Every published rule checked on a configuration, by code that trusts no solver.

Works on any `Plan`: one that the solver made, one edited by hand, or today's networks
(`existing_plan`). Each line says the rule, what was found, what was wanted, the words of the source
and who may waive it. What the data cannot answer is said to be so.

`book` holds the rules as published; `size`, `geography`, `coverage` and `pack` the checks;
`national` sets all of England beside what was published about it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.audit import coverage, geography, pack, size
from pcngeo.audit.book import BOOK, RESULTS, SEVERITIES, Rule
from pcngeo.audit.case import Case, Finding
from pcngeo.audit.crossing import crossing_evidence
from pcngeo.audit.national import (
    PUBLISHED,
    by_area,
    by_network,
    members_elsewhere,
    national_picture,
)
from pcngeo.errors import DataError, RulesError, examples
from pcngeo.names import name_practices
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = [
    "AUDIT",
    "BOOK",
    "PUBLISHED",
    "RESULTS",
    "SEVERITIES",
    "Rule",
    "audit",
    "audit_summary",
    "border_evidence",
    "by_area",
    "by_network",
    "existing_plan",
    "members_elsewhere",
    "national_picture",
    "rural_evidence",
]

#: Columns of `audit`, in order.
AUDIT = ("rule", "severity", "scope", "subject", "result", "found", "wanted", "quote", "source",
         "who_may_waive", "sentence")  # fmt: skip

Check = Callable[[Case], Iterator[Finding]]
#: The check of each rule: a new rule is one function and one row here and in `book`.
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "R01": size.target_window,
        "R02": size.floor,
        "R03": size.rural_exception,
        "R04": size.ceiling,
        "R05": size.registered_lists,
        "R06": size.lists_dated,
        "R07": size.number_of_networks,
        "R10": coverage.complete_coverage,
        "R11": geography.connected,
        "R12": coverage.gaps,
        "R13": coverage.reasons,
        "R14": coverage.homes,
        "R15": coverage.declined,
        "R16": geography.choices_kept,
        "R17": pack.area_agreed,
        "R18": size.single_practice,
        "R19": geography.cross_area,
        "R20": geography.shared_practices,
        "R21": geography.not_geographic,
        "R22": geography.urban_and_rural,
        "R23": geography.service_borders,
        "R24": geography.levels,
        "R25": geography.federations,
        "R30": pack.members_named,
        "R31": pack.list_size,
        "R32": pack.map_drawn,
        "R33": pack.agreement_signed,
        "R34": pack.clinical_director,
        "R35": pack.payee,
        "R36": pack.agreement_version,
    }
)


def audit(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str] | None = None,
    territories: gpd.GeoDataFrame | None = None,
    rules: Rules | None = None,
    *,
    proposals: pd.DataFrame | None = None,
    reasons: pd.DataFrame | None = None,
    boundary: gpd.GeoDataFrame | None = None,
    list_date: dt.date | None = None,
    area: str = "the area",
    existing: bool = False,
    levels: pd.DataFrame | None = None,
    recounted: Mapping[str, int] | None = None,
    stated: Mapping[str, int] | None = None,
    teams: pd.DataFrame | None = None,
    branches: gpd.GeoDataFrame | None = None,
    registrations: pd.DataFrame | None = None,
    by_lsoa: pd.DataFrame | None = None,
    only: Collection[str] = (),
) -> pd.DataFrame:
    """Check every published rule on a configuration.

    Parameters
    ----------
    plan
        Who is in which network; nothing else of it is used.
    practices
        All practices of the area (`pcngeo.schema`). Where the columns `rural_share` (share of a
        practice's patients who live rurally) and `local_authority` are there, R03, R22 and R23 are
        answered.
    graph
        The graph of neighbours; without it R11 cannot be told.
    territories, boundary
        Areas of the practices, and of the whole.
    rules
        The window, waivers and what people decided; the default rules where none are given.
    proposals
        Homes offered to practices in no network (index practice, column `network`).
    reasons
        Why practices of the graph are in no network (index practice, column `reason_code`).
    list_date
        Date of the lists (R06).
    area
        What the area is called.
    existing
        Whether these are today's networks: they carry their names, and nobody can be asked why a
        practice is in none.
    levels
        Providers of whole networks, as of `pcngeo.levels.roll_up` (R24).
    recounted
        Registered patients by practice, read from the list file once more (R31).
    stated
        Registered patients by practice that a table of the plan states and the lists do not (R31).
    teams
        Teams inside networks above the ceiling, as of `pcngeo.levels.neighbourhood_teams` (R04).
    branches, registrations, by_lsoa
        As of `pcngeo.intake.Intake`, where given: evidence for networks across a border (R19).
    only
        IDs of the rules to check; all of them where empty.

    Returns
    -------
    DataFrame
        Columns `AUDIT`, in the order of the rules: rule ID, severity (`SEVERITIES`), scope
        (``network``, ``practice``, ``site`` or ``area``), subject (network, ODS code, site or
        what), result (`RESULTS`), the number found (NaN where there is none), what was wanted, the
        source's words, the source, who may waive it and a sentence.

    Raises
    ------
    DataError
        When the plan names practices that are not among the practices.

    Examples
    --------
    >>> import geopandas as gpd
    >>> practices = gpd.GeoDataFrame(
    ...     {"list_size": [31_000, 21_000], "area": "X", "standing": "eligible", "reason_code": ""},
    ...     index=pd.Index(["A81001", "A81002"], name="practice"),
    ...     geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=27700)
    >>> plan = Plan(pd.Series({"A81001": "1", "A81002": "2"}), status=Status.GIVEN)
    >>> audit(plan, practices, only=["R02"])[["subject", "result", "found"]]
      subject result    found
    0       1   pass  31000.0
    1       2   fail  21000.0
    """
    placed = plan.assignment.index[plan.assignment != ""]
    unknown = sorted(set(placed) - set(practices.index))
    if unknown:
        raise DataError(
            f"the plan places {len(unknown)} practices that are not among the practices: "
            f"{examples(unknown)}"
        )
    odd = sorted(set(only) - set(CHECKS))
    if odd:
        raise RulesError(f"there is no check of {examples(odd)}; there are {', '.join(CHECKS)}.")
    case = Case(
        plan=plan,
        practices=practices,
        graph=graph,
        territories=territories,
        rules=rules or Rules(),
        proposals=proposals,
        reasons=reasons,
        boundary=boundary,
        list_date=list_date,
        area=area,
        existing=existing,
        levels=levels,
        recounted=recounted,
        stated=stated,
        teams=teams,
        branches=branches,
        registrations=registrations,
        by_lsoa=by_lsoa,
    )
    rows = [
        finding.row()
        for rule, check in CHECKS.items()
        if not only or rule in only
        for finding in check(case)
    ]
    table = pd.DataFrame(rows, columns=list(AUDIT))
    names = case.names
    return table.assign(sentence=[name_practices(said, names) for said in table["sentence"]])


def existing_plan(practices: pd.DataFrame) -> Plan:
    """Make a plan of today's networks, to audit and to compare with.

    Parameters
    ----------
    practices
        Index practice, column `network_today` (code of the existing network, or ``""``).

    Returns
    -------
    Plan
        Status ``given``; every practice of the frame, also those that a planned network could not
        have (without a location, special schemes).
    """
    today = practices["network_today"].fillna("").astype(str)
    patients = int(practices.loc[today.eq("").to_numpy(), "list_size"].sum())
    return Plan(
        today, status=Status.GIVEN, unplaced_patients=patients, method="today's networks, as given"
    )


def audit_summary(findings: pd.DataFrame) -> pd.DataFrame:
    """Count the results of an audit, rule by rule.

    Parameters
    ----------
    findings
        As of `audit`.

    Returns
    -------
    DataFrame
        Index `rule`; `title`, `severity`, and a count for each of `RESULTS`.
    """
    counts = pd.crosstab(findings["rule"], findings["result"]).reindex(
        columns=list(RESULTS), fill_value=0
    )
    counts.columns.name = None
    counts.insert(0, "severity", [BOOK[str(rule)].severity for rule in counts.index])
    counts.insert(0, "title", [BOOK[str(rule)].title for rule in counts.index])
    return counts


def rural_evidence(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    territories: gpd.GeoDataFrame | None = None,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Compute what bears on the rural exception for every network (R03); nothing is granted.

    Returns
    -------
    DataFrame
        Index `network`; `rural_share` of registered patients, `density` (people registered for
        each km2), `span_km` (greatest distance between two members), `nearest_km` (least distance
        to a practice outside); NaN where the data does not say.
    """
    case = Case(plan, practices, None, territories, rules or Rules())
    rows = {network: size.evidence(case, network) for network in case.groups}
    columns = ["rural_share", "density", "span_km", "nearest_km"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("network")


def border_evidence(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    territories: gpd.GeoDataFrame | None = None,
    rules: Rules | None = None,
    **given: Any,
) -> pd.DataFrame:
    """Compute what speaks for the networks that cross the border of an area (R19).

    Parameters
    ----------
    plan, practices, territories, rules
        As in `audit`.
    given
        `boundary`, `branches`, `registrations` and `by_lsoa`, as in `audit`.

    Returns
    -------
    DataFrame
        Index practice, a row for every member of such a network; columns as of
        `pcngeo.audit.crossing.crossing_evidence`.
    """
    case = Case(plan, practices, None, territories, rules or Rules(), **given)
    across = [n for n in case.groups if len(geography.areas_of(case, n)) > 1]
    return crossing_evidence(case, across)
