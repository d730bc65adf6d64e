"""The graph as map layers: frames for a GIS, and the same as folium layers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.adjacency.fragility import fragile
from pcngeo.adjacency.tables import components, cuts_frame, edges_frame
from pcngeo.words import count_of

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
    graph: nx.Graph[str],
    territories: gpd.GeoDataFrame,
    practices: pd.DataFrame | None = None,
    branches: gpd.GeoDataFrame | None = None,
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
    branches
        Branch surgeries (column `practice`, points), where known.

    Returns
    -------
    dict of GeoDataFrame
        EPSG:27700; `components` (polygons, with the largest practice, practices and patients),
        `territories` (a polygon a site), `edges` (straight
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
    layers = {
        "components": _component_areas(graph, sites, practices),
        "territories": sites.set_index("site"),
        "edges": gpd.GeoDataFrame(edges, geometry=_lines(graph, edges), crs=crs),
        "cuts": gpd.GeoDataFrame(cuts, geometry=_lines(graph, cuts), crs=crs),
        "practices": _points(graph, practices, number, crs),
    }
    if branches is not None:
        layers["branches"] = branches
    return layers


def _component_areas(
    graph: nx.Graph[str], sites: gpd.GeoDataFrame, practices: pd.DataFrame | None
) -> gpd.GeoDataFrame:
    import geopandas as gpd

    parts = components(graph)
    shapes = [
        shapely.coverage_union_all(sites.geometry[sites["component"] == part].to_numpy())
        for part in parts.index
    ]
    return gpd.GeoDataFrame(
        parts[["name", "practices", "patients"]].assign(
            largest=parts["name"].map(_names(practices)).fillna("")
        ),
        geometry=np.array(shapes, dtype=object),
        crs=sites.crs,
    )


def _names(practices: pd.DataFrame | None) -> dict[str, str]:
    if practices is None or "name" not in practices.columns:
        return {}
    return {str(code): str(name) for code, name in practices["name"].items()}


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
    frame = pd.DataFrame(
        {
            "name": [_names(practices).get(str(code), "") for code in nodes.index],
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

    _component_group(layers["components"]).add_to(page)
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
    if "branches" in layers:
        _branch_group(layers["branches"], layers["practices"]).add_to(page)
    _practice_group(layers["practices"]).add_to(page)
    return page


def _component_group(components: gpd.GeoDataFrame) -> Any:
    """Outline the connected parts; where there are several, each bears its name."""
    import folium

    several, (west, _, east, _) = len(components) > 1, components.to_crs(4326).total_bounds
    middle = (west + east) / 2  # names stand beside their part, towards the middle of the map
    group = folium.FeatureGroup(name=f"Connected parts ({len(components)})")
    for number, row in components.to_crs(4326).iterrows():
        name = f"{_inert(row['largest'])} ({row['name']})" if row["largest"] else row["name"]
        around = "" if row["practices"] == 1 else "around "
        count = count_of(row["practices"], "practice")
        text = f"Part {number}: {around}{name}<br>{count}, {row['patients']:,} patients"
        shape = folium.GeoJson(
            row.geometry.__geo_interface__,
            style_function=lambda _: {"color": "#12436D", "weight": 2.5, "fill": False},
        )
        shape.add_to(group)
        if several:
            side = "right" if row.geometry.centroid.x < middle else "left"
            xy = shapely.get_coordinates(row.geometry)
            x, y = xy[xy[:, 0].argmax() if side == "right" else xy[:, 0].argmin()]
            folium.CircleMarker(
                (y, x), radius=0.1, opacity=0,
                tooltip=folium.Tooltip(text, permanent=True, direction=side),
            ).add_to(group)  # fmt: skip
    return group


def _branch_group(branches: gpd.GeoDataFrame, practices: gpd.GeoDataFrame) -> Any:
    import folium

    group = folium.FeatureGroup(name=f"Branch surgeries ({len(branches)})")
    names = practices["name"]
    for code, row in branches.to_crs(4326).iterrows():
        owner = row["practice"]
        text = f"Branch {_inert(code)} {_inert(row.get('name', ''))}<br>of {_inert(owner)} "
        folium.CircleMarker(
            (row.geometry.y, row.geometry.x), radius=3, color="#12436D", weight=1.5,
            fill_color="#FFFFFF", fill=True, fill_opacity=1,
            tooltip=text + _inert(names.get(owner, "")),
        ).add_to(group)  # fmt: skip
    return group


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
    """Draw a mark for every site; practices on one site share it."""
    import folium

    group = folium.FeatureGroup(name="Practices (orange: fragile)")
    places = practices.to_crs(4326)
    for _, here in places.groupby("site", sort=True):
        weak = bool((here["fragile"] != "").any())
        point = here.geometry.iloc[0]
        folium.CircleMarker(
            (point.y, point.x),
            radius=7 if weak else 4,
            color="#F46A25" if weak else "#12436D",
            fill=True,
            tooltip="<br>".join(_practice_words(str(code), row) for code, row in here.iterrows()),
        ).add_to(group)
    return group


def _practice_words(code: str, row: pd.Series[Any]) -> str:
    weak = f"<br>{_inert(row['fragile'])}" if row["fragile"] else ""
    return (
        f"{_inert(code)} {_inert(row['name'])}<br>{row['list_size']:,} patients, "
        f"{row['neighbours']} neighbours, part {row['component']}{weak}"
    )
