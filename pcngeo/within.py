"""One area out of a plan of many: its practices, and the networks that cross its border whole.

What is known of the plan as a whole stays said of the whole: the part has no bound of its own.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import balance
from pcngeo.rules import Rules
from pcngeo.schema import PLACED, UNPLACED, area_title
from pcngeo.words import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = ["cut_folder", "rules_of"]

#: Fields of rows of the rules that name practices.
NAMING = ("practice", "practices", "joins", "into", "a", "b", "against", "prefers")
Layers = dict[str, "gpd.GeoDataFrame"]


def rules_of(rules: Rules, inside: set[str], known: set[str]) -> Rules:
    """Take the rows of the rules that are about one area: those that name practices of it.

    Parameters
    ----------
    rules
        Rules for many areas.
    inside
        Practices of the area.
    known
        Practices of all areas; a row that names another one is kept, and refused by the area.

    Returns
    -------
    Rules
    """
    changes: dict[str, Any] = {}
    for one in dataclasses.fields(rules):
        rows = getattr(rules, one.name)
        if isinstance(rows, tuple) and any(map(dataclasses.is_dataclass, rows)):
            changes[one.name] = tuple(r for r in rows if not _elsewhere(r, inside, known))
    return dataclasses.replace(rules, **changes)


def _elsewhere(row: object, inside: set[str], known: set[str]) -> bool:
    """Tell whether a row names practices of other areas only."""
    named: set[str] = set()
    for name in NAMING:
        value = getattr(row, name, ())
        named |= {value} if isinstance(value, str) else set(value)
    named.discard("")
    return bool(named) and named <= known and not named & inside


def cut_folder(
    said: Mapping[str, Any], layers: Layers, rows: pd.DataFrame, code: str, proof: str
) -> tuple[dict[str, Any], Layers, pd.DataFrame]:
    """Cut one area out of what a folder holds, with the networks that cross its border whole.

    Parameters
    ----------
    said, layers, rows
        ``plan.json``, the layers of ``plan.gpkg`` and the rows of ``intake.csv``.
    code
        The area.
    proof
        What is known of the whole plan, in words.

    Returns
    -------
    said, layers, rows
        The same of the area. Land of the other areas is the layer `surroundings`.

    Raises
    ------
    DataError
        When the plan has no practice of that area.
    """
    table = layers["practices"]
    areas = table["area"].astype(str)
    if not (areas == code).any():
        raise DataError(
            f"the plan has no practice of {code}",
            todo=f"Give one of its areas: {examples(sorted(set(areas) - {''}), 8)}",
        )
    placed = table["status"].isin(PLACED)
    crossing = set(table.loc[placed & (areas == code), "network"])
    kept = (areas == code) | (placed & table["network"].isin(crossing))
    inside, known = set(table.loc[kept, "practice"]), set(table["practice"])
    cut = {
        "practices": table[kept],
        "territories": _of(layers["territories"], "practice", inside),
        "edges": _of(_of(layers["edges"], "practice_a", inside), "practice_b", inside),
        "networks": _of(layers["networks"], "network", crossing),
    }
    if "branches" in layers:
        cut["branches"] = _of(layers["branches"], "practice", inside)
    name = code
    if "boundary" in layers:
        own = layers["boundary"]["area"] == code
        cut["boundary"], others = layers["boundary"][own], layers["boundary"][~own]
        name = str(cut["boundary"]["name"].iloc[0]) if own.any() else code
        cut["surroundings"] = _around(others, cut["territories"].total_bounds)
    mine = rows[rows["code"].isin(inside | {code})]
    plain = _said(said, cut["practices"], code, name, len(mine))
    rules = rules_of(Rules.from_mapping(said["rules"]), inside, known)
    if not isinstance(rules.networks, str):
        rules = dataclasses.replace(rules, networks="target")
    plain |= {"rules": rules.to_mapping(), "proof_of_the_whole": _proof(said, code, proof)}
    return plain, cut, mine


def _of(layer: gpd.GeoDataFrame, column: str, wanted: set[str]) -> gpd.GeoDataFrame:
    return layer[layer[column].isin(wanted)]


def _around(others: gpd.GeoDataFrame, bounds: Any) -> gpd.GeoDataFrame:
    """Clip the other areas to the surroundings: the extent, and as much again on every side."""
    west, south, east, north = bounds
    margin = max(east - west, north - south)
    window = shapely.box(west - margin, south - margin, east + margin, north + margin)
    near = others[others.intersects(window)]
    return near.set_geometry(near.geometry.intersection(window))


def _said(
    said: Mapping[str, Any], practices: pd.DataFrame, code: str, name: str, concerning: int
) -> dict[str, Any]:
    """Say of an area what ``plan.json`` says of all."""
    size, own = practices["list_size"].astype(int), practices["area"] == code
    out = int(size[practices["status"].isin(UNPLACED)].sum())
    why = dict(said.get("why_not", {}))
    inside = set(practices["practice"])
    reasons = [r for r in why.get("reasons", ()) if set(r["practices"]) & inside]
    changes = {
        "area": code,
        "area_name": name,
        "status": "feasible" if practices["status"].isin(PLACED).any() else said["status"],
        "objective": None,
        "bound": None,
        "patients_in_no_network": out,
        "patients_in_no_network_at_least": out,
        "joined_by_decision": [p for p in said.get("joined_by_decision", ()) if p in inside],
        "explanation": [r["sentence"] for r in reasons],
        "why_not": {"patients": out, "least": out, "reasons": reasons, "conflicts": [], "ways": []},
        "intake_rows_of_this_area": concerning,
        "stages": balance(
            [
                (f"{name} in the plan of all areas", int(own.sum()), int(size[own].sum())),
                ("of other areas, in networks across the border (R19)",
                 int((~own).sum()), int(size[~own].sum())),
                ("in this part of the plan", len(practices), int(size.sum())),
            ]
        ).to_dict(orient="records"),
    }  # fmt: skip
    return {**said, **changes}


def _proof(said: Mapping[str, Any], code: str, proof: str) -> str:
    whole = area_title(str(said["area"]), str(said["area_name"]))
    codes = str(said["area"]).split("+")
    of = whole if len(codes) == 1 else f"{count_of(len(codes), 'area')} as one problem ({whole})"
    return (
        f"Part of a plan of {of}, with the networks that cross the "
        f"border of {code} whole. Of the plan as a whole: {proof}"
    )
