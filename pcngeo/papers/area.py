"""A configuration with all that is known of its area: planned, today's, or read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from pcngeo import orphans
from pcngeo.errors import DataError, examples
from pcngeo.names import display_name
from pcngeo.patient_level import refuse_frame
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.schema import PLACED, STATUSES

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import networkx as nx

    from pcngeo.intake import Intake
    from pcngeo.pipeline import PlannedArea

__all__ = [
    "Area",
    "planned_area",
    "read_england",
    "read_plan",
    "stated_lists",
    "with_registrations",
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
    registrations, branches
        Patients by practice and LSOA, and branch surgeries, where given.
    by_lsoa
        Patients by LSOA with practices of all areas (`Intake`), where given.
    reasons
        Why practices of the graph are in no network (index practice, `reason_code`, `reason`).
    offers
        Homes of practices in no network, as of `pcngeo.orphans.settle_homes`.
    existing
        Whether these are today's networks.
    levels
        Providers of whole networks, as of `pcngeo.levels.roll_up`, where the plan is one of those.
    stated
        Lists that the table which the plan was read from states otherwise (`stated_lists`).
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
    branches: gpd.GeoDataFrame | None = None
    reasons: pd.DataFrame | None = None
    offers: pd.DataFrame | None = None
    existing: bool = False
    levels: pd.DataFrame | None = None
    by_lsoa: pd.DataFrame | None = None
    stated: Mapping[str, int] | None = None

    @classmethod
    def of(
        cls,
        loaded: Intake,
        rules: Rules,
        plan: Plan,
        territories: gpd.GeoDataFrame,
        graph: nx.Graph[str],
        **known: Any,
    ) -> Self:
        """Put a configuration together with its area; `known` are further fields."""
        return cls(
            plan=plan,
            practices=loaded.practices,
            graph=graph,
            territories=territories,
            boundary=loaded.boundary,
            rules=rules,
            area=loaded.area,
            area_name=display_name(loaded.area_name),
            list_date=loaded.list_date,
            sources=loaded.sources,
            registrations=loaded.registrations,
            branches=loaded.branches,
            by_lsoa=loaded.by_lsoa,
            **known,
        )

    @property
    def homes(self) -> pd.DataFrame:
        """Homes offered, agreed or assigned; proposed anew where none were handed in."""
        if self.offers is not None:
            return self.offers
        return orphans.propose(self.plan, self.practices, self.graph, self.rules)


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
    return Area.of(
        result.intake,
        result.rules,
        result.plan,
        result.territories,
        result.graph,
        reasons=result.reasons,
        offers=result.proposals,
        levels=result.levels,
    )


def read_england(lists: str | Path, membership: str | Path) -> tuple[pd.DataFrame, dt.date]:
    """Read practices of all areas with today's networks: what `pcngeo.audit.by_area` takes.

    Parameters
    ----------
    lists, membership
        ``gp-reg-pat-prac-all`` and ``gp-reg-pat-prac-map``.

    Returns
    -------
    practices, date
        Index practice; `list_size`, `area`, `network_today` (``attrs["networks_of"]`` is the date
        of the networks, where the file says it); and the date of the lists.
    """
    from pcngeo.intake.lists import read_lists
    from pcngeo.intake.membership import read_membership
    from pcngeo.intake.published import with_areas

    mapped = read_membership(membership)
    listed, _ = with_areas(read_lists(lists), mapped)
    today = mapped.frame["pcn"].reindex(listed.frame.index).fillna("")
    frame = listed.frame[["list_size", "area"]].assign(network_today=today)
    frame.attrs["networks_of"] = mapped.date
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
    table = read_cells(path)
    if "status" in table:
        table = table[table["status"].isin(PLACED)]
    twice = table.index[table["practice"].duplicated()]
    if len(twice):
        code = str(table.at[twice[0], "practice"])
        raise DataError(f"{code} stands twice", file=path, row=int(twice[0]) + 2)
    unknown = table.index[~table["practice"].isin(practices.index)]
    if len(unknown):
        raise DataError(
            "members that are not practices of this area: "
            f"{examples(table.loc[unknown, 'practice'])}. Take their rows out; a practice that "
            "[[merged]] names has gone into the one that took it over (Q16)",
            file=path,
            row=int(unknown[0]) + 2,
        )
    home = table.set_index("practice")["network"].reindex(practices.index).fillna("")
    left = int(practices.loc[home.eq("").to_numpy(), "list_size"].sum())
    return Plan(
        home, status=Status.GIVEN, unplaced_patients=left, method=f"read from {Path(path).name}"
    )


def read_cells(path: str | Path) -> pd.DataFrame:
    """Read the cells of a ``membership.csv`` as text: blanks around codes are none of theirs.

    Raises
    ------
    DataError
        When the file cannot be read, lacks a column, or states a status that there is not.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        todo = "Give a plan's folder, or a table with the columns practice and network"
        raise DataError("there is no such file", file=path, todo=todo) from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read ({error})", file=path) from None
    refuse_frame(table, Path(path).name)
    absent = [column for column in ("practice", "network") if column not in table]
    if absent:
        raise DataError(f"lacks the column {examples(absent)}", file=path, row=1)
    for column in ("practice", "network", "status"):
        if column in table:
            table[column] = table[column].str.strip()
    table["practice"] = table["practice"].str.upper()
    if "status" in table:
        table["status"] = table["status"].str.lower()
        odd = table.index[~table["status"].isin(STATUSES) & table["network"].ne("")]
        if len(odd):
            known = [repr(word) for word in sorted(set(table.loc[odd, "status"]))]
            raise DataError(
                f"{examples(known)} is no status: write one of "
                f"{', '.join(STATUSES)}. Only member and alone are in a network",
                file=path, row=int(odd[0]) + 2, column="status",
            )  # fmt: skip
    return table


def stated_lists(path: str | Path, practices: pd.DataFrame) -> dict[str, int]:
    """Find the list sizes of a ``membership.csv`` that are not those of the lists.

    They are never used: lists come from the list file (R05). So whoever edited one must be told.

    Parameters
    ----------
    path
        As in `read_plan`.
    practices
        Practices of the area.

    Returns
    -------
    dict
        The number that the table states, by practice; empty where it has no column `list_size`.

    Raises
    ------
    DataError
        When a list size is no whole number.
    """
    table = read_cells(path)
    if "list_size" not in table:
        return {}
    table = table[table["practice"].isin(practices.index)]
    text = table["list_size"].str.strip().str.replace(",", "")
    odd = table.index[~text.str.fullmatch(r"\d*")]
    if len(odd):
        raise DataError(
            f"a list size is no whole number: {examples(table.loc[odd, 'list_size'])}",
            file=path, row=int(odd[0]) + 2, column="list_size",
        )  # fmt: skip
    own = practices["list_size"]
    rows = zip(table["practice"], text, strict=True)
    return {str(p): int(n) for p, n in rows if n and int(n) != int(own[p])}


def with_registrations(
    area: Area,
    registrations: str | Path,
    lists: str | Path | None = None,
    lsoa_changes: str | Path | None = None,
) -> Area:
    """Add where patients live to a configuration that was read back without it.

    Parameters
    ----------
    area
        The configuration of a plan's folder, which keeps no registrations.
    registrations, lsoa_changes
        As in `pcngeo.intake.load`.
    lists
        The list file: it says which area every practice is of, the neighbours' too (R19).

    Returns
    -------
    Area
    """
    from pcngeo.intake.lists import read_lists
    from pcngeo.intake.registrations import read_registrations, to_2021
    from pcngeo.intake.statistics import read_lsoa_change

    read = read_registrations(registrations)
    if lsoa_changes is not None:
        read, _ = to_2021(read, read_lsoa_change(lsoa_changes), Path(lsoa_changes).name)
    by_lsoa = read.by_lsoa
    if lists is not None and "area" in (frame := read_lists(lists, area.list_date).frame):
        by_lsoa = read.with_areas(frame["area"])
    return replace(area, registrations=read.of(area.practices.index), by_lsoa=by_lsoa)
