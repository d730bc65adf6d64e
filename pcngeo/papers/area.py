"""A configuration with all that is known of its area: planned, today's, or read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo import audit, intake
from pcngeo.errors import DataError, examples
from pcngeo.geography import GEOGRAPHY, Geography, draw, read_geography, with_sources
from pcngeo.patient_level import refuse_frame
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import networkx as nx

    from pcngeo.pipeline import PlannedArea

__all__ = [
    "Area",
    "existing_area",
    "given_area",
    "planned_area",
    "read_england",
    "read_plan",
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
        The files, as in `pcngeo.intake.load` and `pcngeo.geography.read_geography`; `membership`
        is needed.

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
    own = read_geography(**{name: files.pop(name, None) for name in GEOGRAPHY})
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
    return given_area(loaded, rules, audit.existing_plan(loaded.practices), own, existing=True)


def given_area(
    loaded: intake.Intake,
    rules: Rules,
    plan: Plan,
    own: Geography | None = None,
    *,
    existing: bool = False,
) -> Area:
    """Take a configuration that no solver made: draw its territories, build its graph.

    Parameters
    ----------
    loaded, rules
        The area.
    plan
        Who is in which network.
    own
        The planner's geography: it is judged on the same graph as a new plan.
    existing
        Whether these are today's networks.

    Returns
    -------
    Area
    """
    loaded = with_sources(loaded, own or Geography())
    territories, graph = draw(loaded, rules, own)
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
    refuse_frame(table, Path(path).name)
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
