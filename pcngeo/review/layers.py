"""What the map shows beside the plan, where it is given: borders, deprivation, rurality.

A layer is off until the reader asks for it, and what it shows by colour also stands as a number in
the table of practices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.review.facts import PracticeRow
from pcngeo.review.shapes import Shapes
from pcngeo.review.words import display_name

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["RAMP", "SHADES", "Layers", "branch_words", "layers_data", "shades_of"]

#: Least to most, one hue: black text and white symbols are seen on all of them, also in grey.
RAMP = ("#F3F7FB", "#D5E3F0", "#B4CDE4", "#8FB3D4", "#6C99C2")
#: Columns of `pcngeo.profile.practice_profile` that can be shown: what they are called, and how.
SHADES = {
    "imd_score": ("Deprivation score (IMD), mean of the people registered", "{:.0f}"),
    "most_deprived_20_share": ("People in the most deprived fifth of England", "{:.0%}"),
    "rural_share": ("People who live in rural areas", "{:.0%}"),
}


@dataclass(frozen=True, eq=False)
class Layers:
    """What else the map can show.

    Parameters
    ----------
    lines
        Areas whose borders can be shown, such as local authorities or LSOAs, by what they are
        called; in EPSG:27700.
    profile
        `pcngeo.profile.practice_profile`; its columns in `SHADES` are shown.
    background
        Address of a web map service (WMS) for a background; needs the internet, so it is off until
        the reader switches it on. ``""``: none.
    """

    lines: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    profile: pd.DataFrame | None = None
    background: str = ""


@dataclass(frozen=True)
class Shade:
    """One figure of every practice: name, value and words by practice, class from 0."""

    name: str
    words: Mapping[str, str]
    steps: Mapping[str, int]
    ranges: tuple[str, ...]


def shades_of(layers: Layers) -> list[Shade]:
    """Put every figure that is given into five classes of about as many practices.

    Parameters
    ----------
    layers
        What is given.

    Returns
    -------
    list of Shade
        Practices without the figure are in no class.
    """
    found = []
    for column, (name, form) in SHADES.items():
        if layers.profile is None or column not in layers.profile:
            continue
        values = layers.profile[column].astype(float).dropna()
        if values.empty:
            continue
        edges = np.unique(np.quantile(values, [0.2, 0.4, 0.6, 0.8]))
        steps = np.searchsorted(edges, values, side="right")
        ranges = []
        for k in range(len(RAMP)):
            own = values[steps == k]
            low, high = (form.format(own.min()), form.format(own.max())) if len(own) else ("", "")
            ranges.append(low if low == high else f"{low} to {high}")
        found.append(
            Shade(
                name,
                {str(p): form.format(v) for p, v in values.items()},
                {str(p): int(k) for p, k in zip(values.index, steps, strict=True)},
                tuple(ranges),
            )
        )
    return found


def branch_words(branches: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Name the branches of every practice that has any (columns practice, name, postcode)."""
    if branches is None or not {"name", "postcode"} <= set(branches.columns):
        return {}
    found: dict[str, list[str]] = {}
    for row in branches.itertuples():
        name = display_name(str(row.name)) or str(row.Index)
        found.setdefault(str(row.practice), []).append(f"{name}, {row.postcode}".rstrip(", "))
    return {practice: "; ".join(names) for practice, names in found.items()}


def branch_places(branches: gpd.GeoDataFrame | None) -> list[list[Any]]:
    """List every branch surgery: practice, name, postcode, easting and northing (or neither)."""
    if branches is None:
        return []
    found = []
    for row in branches.itertuples():
        point, name = row.geometry, display_name(str(getattr(row, "name", "") or ""))
        here = point is not None and not point.is_empty
        place = [round(point.x), round(point.y)] if here else [None, None]
        postcode = str(getattr(row, "postcode", "") or "")
        found.append([str(row.practice), name or str(row.Index), postcode, *place])
    return sorted(found, key=lambda one: (one[0], one[1], one[2]))


def layers_data(
    layers: Layers,
    shapes: Shapes,
    rows: Sequence[PracticeRow],
    branches: gpd.GeoDataFrame | None = None,
) -> dict[str, Any]:
    """Collect what the page's script needs to draw the layers.

    Parameters
    ----------
    layers, shapes
        What is given, and the drawing.
    rows
        The practices in the order of the page's data.
    branches
        Branch surgeries, which the practices' cards name.

    Returns
    -------
    dict
        Plain values, ready for JSON; empty where nothing is given.
    """
    found: dict[str, Any] = {}
    east, north = shapes.origin
    view = shapely.box(*shapes.window)
    for name, frame in layers.lines.items():
        parts = _borders(frame, shapes, view)
        found.setdefault("lines", []).append({"name": name, "lines": parts})
    shades = shades_of(layers)
    if shades:
        found["ramp"] = list(RAMP)
        found["shades"] = [
            {"name": s.name, "ranges": s.ranges, "steps": [s.steps.get(p.code, -1) for p in rows],
             "words": [s.words.get(p.code, "") for p in rows]}
            for s in shades
        ]  # fmt: skip
    if layers.background:
        found["background"] = {"url": layers.background, "east": east, "north": north}
    named = branch_words(branches)
    if named:
        found["branchWords"] = [named.get(p.code, "") for p in rows]
    return found


def _borders(frame: gpd.GeoDataFrame, shapes: Shapes, view: Any) -> list[list[list[int]]]:
    """Borders as Leaflet wants them: each once, simplified, cut off at the edge of the map."""
    moved = shapely.transform(
        np.asarray(frame.geometry.values, dtype=object), lambda xy: xy - np.asarray(shapes.origin)
    )
    near = moved[shapely.intersects(moved, view)]
    lines = shapely.union_all(
        [shapely.boundary(g) if "Polygon" in g.geom_type else g for g in near]
    )
    plain = shapely.simplify(shapely.line_merge(lines), 2 * shapes.tolerance)
    cut = shapely.intersection(plain, view)
    return [
        [[round(y), round(x)] for x, y in shapely.get_coordinates(part)]
        for part in shapely.get_parts(cut)
        if part.geom_type == "LineString" and part.length
    ]
