"""Published files -> the practices frame, with an account of every row.

`load` reads the files and cuts one area out of them. For many areas, `read` the files once and
`cut` each area::

    published = read(lists=..., postcodes=..., organisations=..., boundaries=..., membership=...)
    for code in published.areas.index:
        area = cut(published, code)

The list file is where every practice comes from; each of its rows in the area becomes a row of
`Intake.practices`, whatever its standing, and the report follows every patient from the published
total into the plan or to the sentence that says why not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pcngeo.intake.account import IntakeReport
from pcngeo.intake.areas import resolve
from pcngeo.intake.boundaries import cut_surroundings
from pcngeo.intake.files import Path_
from pcngeo.intake.mergers import after_mergers
from pcngeo.intake.practices import cut_area
from pcngeo.intake.published import Progress, Published, read
from pcngeo.rules import Rules

__all__ = ["Intake", "IntakeReport", "Published", "cut", "load", "read", "resolve"]


@dataclass(frozen=True, eq=False)
class Intake:
    """One area, ready to be planned.

    Parameters
    ----------
    practices
        Every practice of the area in the list file, whatever its standing; see `pcngeo.schema`.
    boundary
        The area's boundary, or `None` when no boundary file was given; see `pcngeo.schema`.
    surroundings
        What the boundary file knows around the area, in the same form, or `None`: context for maps.
    report
        What became of every input row, and how the patients add up.
    list_date
        Date of the lists (R06).
    area, area_name
        The codes that were asked for, joined by ``+``, and what the area is called.
    sources
        The files: flag, file (name only), kind, sha256, date (ISO text or ``""``), rows.
    registrations
        Patients by practice and LSOA for the practices of the area (columns practice, lsoa,
        patients), or `None` when no such file was given.
    branches
        Branch surgeries of practices that take part (index branch; columns practice, name,
        postcode, located_by; points), or `None` when no such file was given (Q23).
    by_lsoa
        Patients by LSOA with practices of all areas (index lsoa; registered, most_with, most, and
        `most_area`, the area of the practice with most of them), or
        `None` when no file of registrations was given.
    """

    practices: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame | None
    surroundings: gpd.GeoDataFrame | None
    report: IntakeReport
    list_date: dt.date
    area: str
    area_name: str
    sources: pd.DataFrame
    registrations: pd.DataFrame | None
    branches: gpd.GeoDataFrame | None = None
    by_lsoa: pd.DataFrame | None = None


def load(
    *,
    lists: Path_,
    postcodes: Path_ | Sequence[Path_],
    area: str | Sequence[str],
    organisations: Path_ | None = None,
    boundaries: Path_ | None = None,
    membership: Path_ | None = None,
    registrations: Path_ | None = None,
    lsoa_changes: Path_ | None = None,
    branches: Path_ | None = None,
    rules: Rules | None = None,
    neighbours: Sequence[str] = (),
    list_date: dt.date | None = None,
    progress: Progress | None = None,
) -> Intake:
    """Read the published files and make one area ready to be planned.

    Parameters
    ----------
    lists
        Patients registered at a GP practice, by practice (``gp-reg-pat-prac-all``), or a table of
        your own (CSV or Excel) with practice codes, list sizes and, if you like, coordinates.
    postcodes
        One postcode file or several (ONSPD, NSPL, Code-Point Open); the first that locates a
        postcode wins.
    area
        Code of the commissioning area: CCG or sub-ICB location (``08V``), its ONS code, its name,
        an ICB or STP that the membership map knows, or a feature of the boundary file (a local
        authority, a polygon of your own): then the practices inside it. Several are planned as one.
    organisations
        ``epraccur``: names, status and setting.
    boundaries
        Boundaries of areas, of the same date as the lists (Q14).
    membership
        ``gp-reg-pat-prac-map``: networks of today, names of areas.
    registrations
        Patients by practice and LSOA.
    lsoa_changes
        ONS lookup from LSOA 2011 to LSOA 2021: brings registrations of 2011 to 2021 (Q19).
    branches
        Branch surgeries: ``ebranchs``, or a table of your own (Q23).
    rules
        The planner's choices; the default rules where none are given.
    neighbours
        Practices of other areas to include (R19).
    list_date
        Date of the lists, for a table of your own that does not hold it (R06).
    progress
        Called with ``"load"`` and a sentence as each file is read.

    Returns
    -------
    Intake

    Raises
    ------
    DataError
        When a file cannot be used, the area is not in it, or the account does not balance.
    RulesError
        When the rules name a practice that is not in the area.
    """
    published = read(
        lists=lists,
        postcodes=postcodes,
        organisations=organisations,
        boundaries=boundaries,
        membership=membership,
        registrations=registrations,
        lsoa_changes=lsoa_changes,
        branches=branches,
        list_date=list_date,
        progress=progress,
    )
    return cut(published, area, rules, neighbours=neighbours)


def cut(
    published: Published,
    area: str | Sequence[str],
    rules: Rules | None = None,
    *,
    neighbours: Sequence[str] = (),
) -> Intake:
    """Cut one area out of files that were read once.

    Parameters
    ----------
    published
        See `read`.
    area, rules, neighbours
        See `load`.

    Returns
    -------
    Intake
    """
    rules = rules or Rules()
    published = after_mergers(published, rules)
    features = None if published.boundaries is None else published.boundaries.frame
    wanted = resolve(area, published.areas, published.lists.file, features)
    practices, boundary, report, branches = cut_area(published, wanted, rules, neighbours)
    around = None
    if published.boundaries is not None and boundary is not None:
        around = cut_surroundings(published.boundaries, boundary)
    homes = every_lsoa = None
    if published.registrations is not None:
        homes = published.registrations.of(practices.index)
        every_lsoa = published.registrations.with_areas(published.lists.frame["area"])
    return Intake(
        practices=practices,
        boundary=boundary,
        surroundings=around,
        report=report,
        list_date=published.lists.date,
        area=wanted.label,
        area_name=wanted.name,
        sources=published.sources,
        registrations=homes,
        branches=branches,
        by_lsoa=every_lsoa,
    )
