"""What the page's script reads, as JSON: metres from the local origin, the plans, the graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pcngeo.review.colours import FILLS, pattern_fill
from pcngeo.review.facts import PracticeRow
from pcngeo.review.judged import judged_by
from pcngeo.review.layers import Layers, branch_places, layers_data
from pcngeo.review.layout import sample_points
from pcngeo.review.options import Option
from pcngeo.review.picture import inside
from pcngeo.review.places import busy, place_names
from pcngeo.review.shapes import Shapes

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["drawn_links", "page_data"]


def page_data(
    options: Sequence[Option],
    shapes: Shapes,
    graph: nx.Graph[str] | None,
    *,
    area: str = "",
    lists: str = "",
    layers: Layers | None = None,
    branches: gpd.GeoDataFrame | None = None,
) -> dict[str, Any]:
    """Collect what the page's script needs.

    Parameters
    ----------
    options
        The plans, the proposal first; practices are listed in its order.
    shapes
        The drawing.
    graph
        The graph that contiguity is judged on.
    layers, branches
        What the map shows beside the plans, and branch surgeries by name.
    area, lists
        Name of the area and date of the lists, which a saved review carries.

    Returns
    -------
    dict
        Plain values, ready for JSON.
    """
    site = {s: i for i, s in enumerate(shapes.sites)}
    rows = options[0].facts.practices
    at = {p.code: i for i, p in enumerate(rows)}
    people = {p.code: p.people for p in rows}
    own = [_option(option, at) for option in options]
    return {
        "layers": layers_data(layers or Layers(), shapes, rows, branches),
        "areaName": area,
        "lists": lists,
        "digest": _digest(rows, own),
        **judged_by(options[0].facts.rules, graph, people, {p.code: p.name for p in rows}),
        "fills": [pattern_fill(i) for i in range(len(FILLS))],
        "bounds": [round(v) for v in shapes.bounds],
        "area": round(sum(a.area for a in shapes.areas)),
        "sites": list(range(len(shapes.sites))),
        "sizes": [round(a.area) for a in shapes.areas],
        "practices": [_practice(p, shapes, site) for p in rows],
        "options": own,
        "bridges": [[at[a], at[b]] for a, b, _ in drawn_links(graph) if a in at and b in at],
        "corner": [_number(v) for v in shapes.origin],
        "branchPlaces": [[at[p], *rest] for p, *rest in branch_places(branches) if p in at],
        "branches": [[round(x), round(y), at[p]] for x, y, p in shapes.branches if p in at],
        "sides": [[s.a, s.b, _lines(s.line)] for s in shapes.sides],
        "spots": _spots(shapes),
        "places": _places(shapes, rows),
    }


def _digest(rows: Sequence[PracticeRow], options: Sequence[Mapping[str, Any]]) -> str:
    """Tell this page's plans from any other: a saved review belongs to one page."""
    lists = [[p.code, p.people] for p in rows]
    plans = [[o["name"], [p["network"] for p in o["practices"]]] for o in options]
    text = json.dumps([lists, plans], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _option(option: Option, at: Mapping[str, int]) -> dict[str, Any]:
    rows = sorted(option.facts.practices, key=lambda p: at[p.code])
    return {
        "name": option.name,
        "networks": [
            {
                "id": n.id,
                "colour": option.colours[n.id],
                "size": n.size.words,
                "name": n.name,
                "hub": next((at[p.code] for p in n.members if p.code == n.hub_code), -1),
            }
            for n in option.facts.networks
        ],
        "practices": [
            {
                "network": p.network if p.placed else "",
                "offered": "" if p.placed else p.network,
                "status": p.status,
                "words": p.status_words,
                "letter": p.key[len(p.network) :],
                "reason": p.reason,
            }
            for p in rows
        ],
    }


def _practice(practice: PracticeRow, shapes: Shapes, site: Mapping[str, int]) -> dict[str, Any]:
    here = practice.x is not None and practice.y is not None
    return {
        "code": practice.code,
        "name": practice.name,
        "published": practice.published_name,
        "postcode": practice.postcode,
        "people": practice.people,
        "today": practice.today,
        "site": site.get(practice.site, -1),
        "x": _number((practice.x or 0) - shapes.origin[0]) if here else 0,
        "y": _number((practice.y or 0) - shapes.origin[1]) if here else 0,
        "shown": inside(practice, shapes),
        **({} if here else {"lost": True}),
        **({"fixed": True} if practice.status == "excluded" else {}),
    }


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def drawn_links(graph: nx.Graph[str] | None) -> list[tuple[str, str, str]]:
    """Links that no border shows (bridges, ferries, links by hand): two practices and the kind."""
    if graph is None:
        return []
    kinds = ("bridge", "tunnel", "ferry", "manual")
    found = [(*sorted((a, b)), d["kind"]) for a, b, d in graph.edges(data=True)]
    return sorted((a, b, kind) for a, b, kind in found if kind in kinds)


def _lines(line: Any) -> list[list[list[int]]]:
    """Lines as Leaflet wants them: north before east."""
    return [
        [[int(y), int(x)] for x, y in shapely.get_coordinates(part)]
        for part in shapely.get_parts(line)
    ]


def _places(shapes: Shapes, rows: Sequence[PracticeRow]) -> list[list[str | int]]:
    """Names of the areas around, where they can stand when the whole area is seen."""
    margin = 0.1 * shapes.extent
    west, south, east, north = shapes.bounds
    view = shapely.box(west - margin, south, east + margin, north)
    letter = shapes.extent / 700 * 6.6
    east_, north_ = shapes.origin
    marks = [
        (p.x - east_, p.y - north_)
        for p in rows
        if p.x is not None and p.y is not None and inside(p, shapes)
    ]
    names = place_names(shapes.context, view, busy(shapes, marks, letter), letter=letter)
    return [[name, round(x), round(y)] for name, (x, y) in names]


def _spots(shapes: Shapes) -> list[list[int]]:
    """Places where a network's number could stand, by site."""
    step = shapes.extent / 100
    found = []
    for i, area in enumerate(shapes.areas):
        points = sample_points(area, step)
        if len(points) > 40:
            points = points[np.linspace(0, len(points) - 1, 40).astype(int)]
        found += [[i, round(x), round(y)] for x, y in points]
    return found
