"""Plan folders, drawn: several on one page with lines and figures beside them, or as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo import evidence
from pcngeo.errors import DataError
from pcngeo.intake import statistics
from pcngeo.intake.boundaries import read_boundaries
from pcngeo.intake.registrations import read_registrations
from pcngeo.profile import practice_profile
from pcngeo.reopen import reopen
from pcngeo.review.layers import Layers
from pcngeo.schema import area_title
from pcngeo.writing import country_picture, draw_plan

if TYPE_CHECKING:
    import folium

__all__ = ["country_sheet", "draw_together", "write_picture"]


def draw_together(
    folder: str | Path,
    others: Mapping[str, str | Path],
    *,
    today: bool = True,
    lines: Mapping[str, str | Path] | None = None,
    background: str = "",
    registrations: str | Path | None = None,
    deprivation: str | Path | None = None,
    rurality: str | Path | None = None,
) -> folium.Map:
    """Draw a plan, with other plans of the same area and lists beside it.

    Parameters
    ----------
    folder
        Folder of the plan that the page opens with.
    others
        Folders of other plans, by the name that each has on the page.
    today
        Whether today's networks are shown too, where they are known.
    lines
        Boundary files whose borders can be shown, by what they are called.
    background
        Address of a web map service for a background that the reader can switch on.
    registrations, deprivation, rurality
        Patients by LSOA, and figures by LSOA that the map can show by practice.

    Returns
    -------
    folium.Map

    Raises
    ------
    DataError
        When a folder is no plan's, or is of other practices or lists.
    """
    first = reopen(folder)
    plans = {}
    for name, place in others.items():
        other = reopen(place)
        lists = first.intake.practices["list_size"]
        if not other.intake.practices["list_size"].sort_index().equals(lists.sort_index()):
            raise DataError(
                f"the plan is of other practices or lists than {Path(folder).name} "
                f"({area_title(other.intake.area)}, {other.intake.list_date})",
                file=place,
                todo="Give plans of the same area, made from the same lists",
            )
        if set(other.graph) != set(first.graph):
            raise DataError("other practices can take part in this plan", file=place)
        plans[name] = other.plan
    layers = Layers(
        lines={name: read_boundaries(path).frame for name, path in (lines or {}).items()},
        profile=_profile(first.intake.practices, registrations, deprivation, rurality),
        background=background,
    )
    return draw_plan(first, alternatives=plans, today=today, layers=layers)


def _profile(
    practices: pd.DataFrame,
    registrations: str | Path | None,
    deprivation: str | Path | None,
    rurality: str | Path | None,
) -> pd.DataFrame | None:
    if registrations is None:
        if deprivation is not None or rurality is not None:
            raise DataError(
                "deprivation and rurality are known by LSOA",
                todo="Give --registrations too, so that they can be shown by practice",
            )
        return None
    registered = read_registrations(registrations).frame
    return practice_profile(
        practices,
        registrations=registered[registered["practice"].isin(practices.index)],
        deprivation=statistics.read_deprivation(deprivation) if deprivation else None,
        rurality=statistics.read_rurality(rurality) if rurality else None,
    )


def write_picture(
    drawn: folium.Map,
    path: Path,
    option: str = "",
    *,
    shade: str = "",
    progress: Callable[[str, str], None] | None = None,
) -> Path:
    """Write one plan of a page as a picture.

    Parameters
    ----------
    drawn
        A map that `draw_together` or `pcngeo.draw_map` made.
    path
        The file, ``.svg`` or ``.png`` (which needs matplotlib).
    option
        Name of the plan; the first one where nothing is said.
    shade
        The layer that colours the areas (`pcngeo.review.map_poster`).
    progress
        Called with a stage and a sentence once the picture is made and is being written.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        When there is no such plan.
    MissingExtra
        For a PNG without matplotlib.
    """
    from pcngeo.review import map_poster
    from pcngeo.review.raster import to_png

    svg = map_poster(drawn, option, shade=shade)
    content = to_png(svg) if path.suffix.lower() == ".png" else svg.encode()
    if progress:
        progress("write", f"writing {path}")
    path.write_bytes(content)
    return path


def country_sheet(folder: str | Path) -> str | None:
    """Draw the sheet of a plan of too many practices for a page.

    Parameters
    ----------
    folder
        Folder of the plan.

    Returns
    -------
    str or None
        An ``<svg>`` document (`pcngeo.review.country`); ``None``: the plan has a page like others.

    Raises
    ------
    DataError
        When the folder is no plan's.
    """
    table = Path(folder) / "membership.csv"
    if (
        not table.is_file()
        or len(pd.read_csv(table, usecols=["practice"])) <= evidence.MOST_ON_PAGE
    ):
        return None
    return country_picture(reopen(folder))
