"""LSOAs of an area as what is grouped, in place of practices: an ordinary plan of an area.

Every LSOA whose middle lies in the area takes part with the patients who live in it, whatever
practice they are registered with. What comes out is the same as of practices, so that map, tables
and audit take it; what concerns contracts of practices has nothing to say of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from pcngeo import adjacency
from pcngeo.errors import DataError, RulesError
from pcngeo.intake import IntakeReport
from pcngeo.optimise.blocks import solve_blocks
from pcngeo.optimise.whynot import WhyNot
from pcngeo.pipeline import PlannedArea, finish_plan
from pcngeo.prepared import OF_LSOAS, PreparedArea
from pcngeo.schema import CRS

if TYPE_CHECKING:
    from pcngeo.rules import Rules

__all__ = ["as_blocks", "plan_blocks"]


def as_blocks(area: PreparedArea) -> PreparedArea:
    """Take the LSOAs of an area in place of its practices.

    Parameters
    ----------
    area
        Prepared with registrations, polygons of LSOAs and a boundary.

    Returns
    -------
    PreparedArea
        Its practices are the LSOAs: index LSOA code, `list_size` the registered patients who live
        there.

    Raises
    ------
    DataError
        When one of the files is missing, or no LSOA lies in the area.
    """
    loaded, shapes = area.intake, area.own.lsoas
    needed = {
        "--registrations": loaded.by_lsoa, "--lsoas": shapes, "--boundaries": loaded.boundary,
    }  # fmt: skip
    absent = [flag for flag, value in needed.items() if value is None]
    if absent or loaded.by_lsoa is None or shapes is None or loaded.boundary is None:
        raise DataError(
            "LSOAs as what is grouped need patients by LSOA, their polygons and the boundary",
            todo=f"Give {', '.join(absent)}",
        )
    land = loaded.boundary.geometry.union_all()
    middle = shapes.geometry.representative_point()
    inside = shapes[middle.within(land)].sort_index()
    if not len(inside):
        raise DataError(
            f"no LSOA lies in {loaded.area}", todo="Give the polygons of the same edition and place"
        )
    people = loaded.by_lsoa["registered"].reindex(inside.index).fillna(0).astype(int)
    names = inside["name"] if "name" in inside else pd.Series(inside.index, inside.index)
    codes = pd.Index(inside.index.astype(str), name="practice", dtype=str)
    practices = gpd.GeoDataFrame(
        {
            "name": names.astype(str).to_numpy(), "postcode": "", "list_size": people.to_numpy(),
            "area": loaded.area, "standing": "eligible", "reason_code": "", "reason": "",
            "site": codes, "located_by": "lsoa", "outside_m": 0.0, "network_today": "",
            "network_today_name": "",
        },
        index=codes, geometry=middle[inside.index].to_numpy(), crs=CRS,
    )  # fmt: skip
    territories = gpd.GeoDataFrame(
        {"site": codes, "derived_from": OF_LSOAS},
        index=codes,
        geometry=inside.geometry.to_numpy(),
        crs=CRS,
    )
    try:
        graph = adjacency.build_graph(practices, territories, area.rules)
    except (DataError, RulesError) as fault:
        raise RulesError(
            f"{fault} LSOAs are grouped here: a row of the rules that names practices has no "
            "place in them. Give rules without it."
        ) from None
    total = int(people.sum())
    steps = pd.DataFrame(
        [
            ("registered patients who live in the LSOAs of the area", len(codes), total),
            ("in the plan", len(codes), total),
        ],
        columns=["step", "practices", "patients"],
    )
    report = IntakeReport(loaded.report.rows, steps, loaded.report.concerning)
    made = replace(loaded, practices=practices, report=report, registrations=None, branches=None,
                   by_lsoa=None)  # fmt: skip
    return PreparedArea(made, area.rules, territories, graph)


def plan_blocks(
    area: PreparedArea,
    *,
    blocks: tuple[int, int] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[str, str], None] | None = None,
) -> PlannedArea:
    """Plan an area with its LSOAs as what is grouped.

    Parameters
    ----------
    area
        As of `as_blocks`.
    blocks, seed, time_limit
        As of `pcngeo.optimise.blocks.solve_blocks`.
    progress
        Told the stage and a sentence.

    Returns
    -------
    PlannedArea
        For `pcngeo.writing.write_plan`.
    """
    made = as_blocks(area)
    rules: Rules = made.rules

    def tell(done: str, best: float) -> None:
        if progress is not None:
            progress("solve", f"{done}: {best:,.0f} patient-metres")

    plan = solve_blocks(
        made.graph, rules, blocks=blocks, seed=seed, time_limit=time_limit, progress=tell
    )
    return finish_plan(made, plan, WhyNot(), progress=progress)
