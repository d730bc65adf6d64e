"""An area with its territories and its graph, before anything is planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo import intake, territory
from pcngeo.audit import members_elsewhere
from pcngeo.errors import DataError
from pcngeo.geography import GEOGRAPHY, Geography, draw, read_geography, with_sources
from pcngeo.rules import Rules
from pcngeo.schema import area_title

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = [
    "OF_LSOAS", "PreparedArea", "prepare_area", "prepare_existing", "prepare_intake", "silent",
]  # fmt: skip

Report = Callable[[str, str], None]
#: What areas are drawn from where LSOAs are grouped (`pcngeo.block_areas`).
OF_LSOAS = "lsoa"


@dataclass(frozen=True, eq=False)
class PreparedArea:
    """An area with its graph, before anything is planned.

    Parameters
    ----------
    intake
        Practices, boundary and the account of every input row.
    rules
        The planner's choices.
    territories, graph
        What contiguity is judged on (`pcngeo.schema`).
    own
        The planner's geography.
    not_kept
        Tables of the folder that the area was read back from which need files it does not hold.
    """

    intake: intake.Intake
    rules: Rules
    territories: gpd.GeoDataFrame
    graph: nx.Graph[str]
    own: Geography = field(default_factory=Geography, kw_only=True)
    not_kept: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def of_lsoas(self) -> bool:
        """Whether LSOAs are grouped in place of practices."""
        return bool(len(self.territories) and self.territories["derived_from"].eq(OF_LSOAS).all())

    @cached_property
    def lsoas(self) -> pd.DataFrame | None:
        """Whose each LSOA of the area is, where registrations and polygons were given."""
        loaded = self.intake
        if loaded.registrations is None or self.own.lsoas is None:
            return None
        return territory.assign_lsoas(
            loaded.practices,
            loaded.registrations,
            self.own.lsoas,
            loaded.boundary,
            exclaves=self.rules.exclaves,
            branches=loaded.branches,
            everyone=loaded.by_lsoa,
        )


def prepare_area(
    *, rules: Rules | None = None, progress: Report | None = None, **inputs: Any
) -> PreparedArea:
    """Load an area, draw its territories and build its graph.

    Parameters
    ----------
    rules, progress, inputs
        As of `plan_area`.

    Returns
    -------
    PreparedArea
    """
    rules = rules or Rules()
    say = progress or silent
    say("load", "reading the published files")
    own = read_geography(**{name: inputs.pop(name, None) for name in GEOGRAPHY})
    loaded = intake.load(**inputs, rules=rules, progress=say)
    loaded = with_sources(loaded, own)
    return prepare_intake(loaded, rules, own, progress=say)


def prepare_intake(
    loaded: intake.Intake,
    rules: Rules,
    own: Geography | None = None,
    *,
    progress: Report | None = None,
) -> PreparedArea:
    """Draw the territories and build the graph of an area that has been loaded."""
    say = progress or silent
    practices = loaded.practices
    if (practices["reason_code"] == "no_location").all():
        raise DataError(
            f"none of the {len(practices)} practices of {area_title(loaded.area)} could be located",
            todo="Give a postcode file with --postcodes that knows their postcodes",
        )
    if not (practices["standing"] == "eligible").any():
        raise DataError(
            f"no practice of {area_title(loaded.area)} can take part: of {len(practices)} "
            f"practices all are {', '.join(sorted(set(practices['standing'])))}",
            todo="Check the area code, the organisations file and the rules",
        )
    say("territory", f"drawing the areas of {len(practices)} practices")
    territories, graph = draw(loaded, rules, own)
    return PreparedArea(loaded, rules, territories, graph, own=own or Geography())


def prepare_existing(
    *, rules: Rules | None = None, progress: Report | None = None, **inputs: Any
) -> PreparedArea:
    """Prepare an area with today's networks whole: their practices in other areas come too (R19).

    Parameters
    ----------
    rules, progress, inputs
        As of `plan_area`; `membership` is needed.

    Returns
    -------
    PreparedArea

    Raises
    ------
    DataError
        When no membership map is given, or a file cannot be used.
    """
    if inputs.get("membership") is None:
        raise DataError(
            "today's networks are not known", todo="Give the practice map with --membership"
        )
    say = progress or silent
    say("load", "reading the published files")
    own = read_geography(**{name: inputs.pop(name, None) for name in GEOGRAPHY})
    area, asked = inputs.pop("area"), tuple(inputs.pop("neighbours", ()))
    rules = rules or Rules()
    published = intake.read(**inputs)
    loaded = intake.cut(published, area, rules, neighbours=asked)
    today = published.membership.frame["pcn"] if published.membership is not None else pd.Series()
    listed = published.lists.frame[["area", "list_size"]]
    everyone = listed.assign(network_today=today.reindex(listed.index))
    beyond = members_elsewhere(everyone, sorted(set(loaded.practices["area"])))
    neighbours = tuple(sorted({*asked, *beyond} - set(loaded.practices.index)))
    if neighbours:
        loaded = intake.cut(published, area, rules, neighbours=(*asked, *neighbours))
    return prepare_intake(with_sources(loaded, own), rules, own, progress=say)


def silent(stage: str, detail: str) -> None:
    """Say nothing."""
