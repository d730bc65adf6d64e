"""A small made-up area on a square grid, for the tests of the review page.

One practice a cell, cells of one kilometre, so that every border, distance and size can be worked
out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import shapely

from pcngeo.plan import Plan, Status

CRS = "EPSG:27700"
WEST, SOUTH = 600_000, 400_000


@dataclass(frozen=True)
class GridArea:
    """What `draw_map` takes."""

    plan: Plan
    practices: gpd.GeoDataFrame
    territories: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    graph: nx.Graph[str]

    def arguments(self) -> tuple[Any, ...]:
        """The positional arguments of `draw_map`."""
        return self.plan, self.practices, self.territories, self.boundary


def grid_area(
    layout: str = "112\n132\n334",
    *,
    lists: dict[str, int] | None = None,
    columns: dict[str, dict[str, str]] | None = None,
    more: list[dict[str, Any]] | None = None,
    area_name: str = "NHS Gridshire CCG",
    **plan: Any,
) -> GridArea:
    """Make an area from a drawing of its networks, first line north.

    Parameters
    ----------
    layout
        A character a cell: the network, ``.`` for none. The practice of row r and column c (from
        0) has the code ``P{r}{c}``.
    lists
        List sizes by practice; 12,000 otherwise.
    columns
        Other values by column and practice.
    more
        Practices that are not on the graph, as rows with `practice` and any other column.
    area_name
        Name of the area.
    plan
        Other fields of the plan.
    """
    rows = layout.split()
    cells = {
        f"P{r}{c}": (WEST + 1000 * c, SOUTH + 1000 * (len(rows) - 1 - r), network)
        for r, row in enumerate(rows)
        for c, network in enumerate(row)
    }
    records = [
        _record(code, {"x": x + 500.0, "y": y + 500.0, "site": code})
        for code, (x, y, _) in cells.items()
    ]
    records += [_record(row["practice"], row) for row in more or []]
    frame = pd.DataFrame(records).set_index("practice")
    for code, size in (lists or {}).items():
        frame.loc[code, "list_size"] = size
    for column, values in (columns or {}).items():
        for code, value in values.items():
            frame.loc[code, column] = value
    points = [
        None if pd.isna(x) else shapely.Point(x, y) for x, y in zip(frame.x, frame.y, strict=True)
    ]
    practices = gpd.GeoDataFrame(frame.drop(columns=["x", "y"]), geometry=points, crs=CRS)
    squares = [shapely.box(x, y, x + 1000, y + 1000) for x, y, _ in cells.values()]
    territories = gpd.GeoDataFrame(
        {"site": list(cells), "derived_from": "nearest practice"},
        geometry=squares,
        crs=CRS,
        index=pd.Index(list(cells), name="practice"),
    )
    boundary = gpd.GeoDataFrame(
        {"name": [area_name]},
        geometry=[shapely.union_all(squares)],
        crs=CRS,
        index=pd.Index(["99G"], name="area"),
    )
    assignment = pd.Series({code: n.replace(".", "") for code, (_, _, n) in cells.items()})
    settings: dict[str, Any] = {"status": Status.OPTIMAL, "objective": 1.0, "bound": 1.0, **plan}
    return GridArea(
        plan=Plan(assignment, **settings),
        practices=practices,
        territories=territories,
        boundary=boundary,
        graph=_graph(cells, frame),
    )


def _record(code: str, given: dict[str, Any]) -> dict[str, Any]:
    plain = {
        "practice": code, "name": f"PRACTICE {code} SURGERY", "postcode": f"ZZ{code[1:]} 1AA",
        "list_size": 12_000, "area": "99G", "standing": "eligible", "reason_code": "",
        "reason": "", "site": "", "located_by": "postcode", "outside_m": 0.0,
        "network_today": "", "network_today_name": "", "x": float("nan"), "y": float("nan"),
    }  # fmt: skip
    return {**plain, **given}


def _graph(cells: dict[str, tuple[int, int, str]], frame: pd.DataFrame) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    for code in cells:
        row = frame.loc[code]
        graph.add_node(code, list_size=int(row["list_size"]), x=float(row["x"]), y=float(row["y"]))
    for a, (ax, ay, _) in cells.items():
        for b, (bx, by, _) in cells.items():
            if a < b and abs(ax - bx) + abs(ay - by) == 1000:
                graph.add_edge(
                    a, b, kind="border", border_m=1000.0, distance_m=1000.0, why="shared border"
                )
    return nx.freeze(graph)
