"""The graph as map layers: frames for a GIS, and the same as folium layers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.adjacency.fragility import fragile
from pcngeo.adjacency.tables import components, cuts_frame, edges_frame

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["add_to_map", "graph_layers"]

#: Colour and dash of a link by its kind; no meaning hangs on colour alone.
STYLES = {
    "border": ("#3D3D3D", ""),
    "near": ("#3D3D3D", "1 4"),
    "co-located": ("#3D3D3D", ""),
    "bridge": ("#12436D", "8 4"),
    "tunnel": ("#12436D", "8 4"),
    "ferry": ("#12436D", "2 6"),
    "manual": ("#801650", "8 4"),
    "cut": ("#F46A25", "1 6"),
}


def graph_layers(
    graph: nx.Graph[str], territories: gpd.GeoDataFrame, practices: pd.DataFrame | None = None
) -> dict[str, gpd.GeoDataFrame]:
    """Draw a graph as layers: what a planner looks at before believing in it.

    Parameters
    ----------
    graph
        As of `build_graph`.
    territories
        As of `build_territories`.
    practices
        Practices with `name` and `outside_m`, where known.

    Returns
    -------
    dict of GeoDataFrame
        EPSG:27700; `components` (polygons), `territories` (a polygon a site), `edges` (straight
        lines with kind and why), `cuts` (what was cut, with why), `practices` (points with list
        size, component, and what is fragile about them).
    """
    import geopandas as gpd

    crs = territories.crs
    number = {
        str(code): part
        for part, members in enumerate(components(graph)["members"], 1)
        for code in members
    }
    sites = territories.drop_duplicates("site").drop(columns=["note"], errors="ignore")
    sites = sites.assign(component=[number[code] for code in sites.index])
    edges, cuts = edges_frame(graph), cuts_frame(graph)
    cuts = cuts[cuts["change"] == "cut"].reset_index(drop=True)
    return {
        "components": _component_areas(graph, sites),
        "territories": sites.set_index("site"),
        "edges": gpd.GeoDataFrame(edges, geometry=_lines(graph, edges), crs=crs),
        "cuts": gpd.GeoDataFrame(cuts, geometry=_lines(graph, cuts), crs=crs),
        "practices": _points(graph, practices, number, crs),
    }


def _component_areas(graph: nx.Graph[str], sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    parts = components(graph)
    shapes = [
        shapely.coverage_union_all(sites.geometry[sites["component"] == part].to_numpy())
        for part in parts.index
    ]
    return gpd.GeoDataFrame(
        parts[["name", "practices", "patients"]],
        geometry=np.array(shapes, dtype=object),
        crs=sites.crs,
    )


def _lines(graph: nx.Graph[str], edges: pd.DataFrame) -> Any:
    ends = edges[["practice_a", "practice_b"]].to_numpy().ravel()
    xy = np.array([(graph.nodes[c]["x"], graph.nodes[c]["y"]) for c in ends], dtype=float)
    return shapely.linestrings(xy.reshape(-1, 2, 2))


def _points(
    graph: nx.Graph[str], practices: pd.DataFrame | None, number: dict[str, int], crs: Any
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    rows = [{"practice": code, **data} for code, data in graph.nodes(data=True)]
    nodes = pd.DataFrame(rows).set_index("practice")
    weak = fragile(graph, practices)
    said = weak.groupby("practice")["why"].agg("; ".join)
    named = practices is not None and "name" in practices.columns
    frame = pd.DataFrame(
        {
            "name": practices["name"].reindex(nodes.index) if named else "",  # type: ignore[index]
            "list_size": nodes["list_size"],
            "site": nodes["site"],
            "component": pd.Series(number),
            "neighbours": pd.Series(dict(graph.degree())),
            "fragile": said.reindex(nodes.index).fillna(""),
        }
    )
    points = gpd.points_from_xy(nodes["x"], nodes["y"])
    return gpd.GeoDataFrame(frame, geometry=points, crs=crs)


def add_to_map(page: Any, layers: dict[str, gpd.GeoDataFrame]) -> Any:
    """Add the layers of a graph to a folium map, each switchable by a ``folium.LayerControl``.

    Parameters
    ----------
    page
        A ``folium.Map``, or a feature group of one.
    layers
        As of `graph_layers`.

    Returns
    -------
    folium.Map
        The same object.
    """
    import folium

    areas = folium.FeatureGroup(name="Areas of practices (derived)")
    _add_shapes(
        areas, layers["territories"], {"color": "#3D3D3D", "weight": 1, "fillOpacity": 0.05}
    )
    areas.add_to(page)
    for kind, edges in layers["edges"].groupby("kind", sort=True):
        colour, dash = STYLES[str(kind)]
        group = folium.FeatureGroup(name=f"Links: {kind} ({len(edges)})")
        _add_shapes(group, edges, {"color": colour, "dashArray": dash, "weight": 2})
        group.add_to(page)
    if len(layers["cuts"]):
        colour, dash = STYLES["cut"]
        group = folium.FeatureGroup(name=f"Links cut ({len(layers['cuts'])})")
        _add_shapes(group, layers["cuts"], {"color": colour, "dashArray": dash, "weight": 3})
        group.add_to(page)
    _practice_group(layers["practices"]).add_to(page)
    return page


def _inert(text: object) -> str:
    """Text as HTML in which nothing acts: no markup, and no braces, which folium would fill in."""
    return escape(str(text)).replace("{", "&#123;").replace("}", "&#125;")


def _add_shapes(group: Any, frame: gpd.GeoDataFrame, style: dict[str, Any]) -> None:
    import folium

    if frame.empty:
        return
    text = frame.get("why", frame.get("derived_from"))
    shown = frame[["geometry"]].assign(text=[_inert(t) for t in text]).to_crs(4326)
    folium.GeoJson(
        shown.reset_index(drop=True).to_json(),
        style_function=lambda _: style,
        tooltip=folium.GeoJsonTooltip(["text"], labels=False),
    ).add_to(group)


def _practice_group(practices: gpd.GeoDataFrame) -> Any:
    import folium

    group = folium.FeatureGroup(name="Practices")
    for code, row in practices.to_crs(4326).iterrows():
        weak = f"<br>{_inert(row['fragile'])}" if row["fragile"] else ""
        text = (
            f"{_inert(code)} {_inert(row['name'])}<br>{row['list_size']:,} patients, "
            f"{row['neighbours']} neighbours, part {row['component']}{weak}"
        )
        folium.CircleMarker(
            (row.geometry.y, row.geometry.x),
            radius=7 if row["fragile"] else 4,
            color="#F46A25" if row["fragile"] else "#12436D",
            fill=True,
            tooltip=text,
        ).add_to(group)
    return group
