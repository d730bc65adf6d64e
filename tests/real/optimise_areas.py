"""Graphs of real areas, made from the tidy tables alone: for the tests of the optimiser."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Voronoi, cKDTree

LAYERS = {"2021-01": "ccg_2020", "2022-01": "ccg_2021"}
FEWEST = 1_000


@cache
def _tables(data: Path, vintage: str) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    practices = pd.read_csv(data / "england" / f"practices_{vintage}.csv.gz", low_memory=False)
    practices = practices[(practices.list_size >= FEWEST) & practices.easting.notna()]
    areas = gpd.read_file(data / "england" / f"{LAYERS[vintage]}.gpkg").to_crs(27700)
    return practices, areas.set_index("ccg_code")


def codes(data: Path, vintage: str) -> list[str]:
    """Codes of the areas of a vintage."""
    return sorted(_tables(data, vintage)[0].ccg_code.unique())


def area_graph(data: Path, vintage: str, code: str) -> nx.Graph:
    """Voronoi neighbours inside the area; practices of one place share a cell and a link."""
    practices, areas = _tables(data, vintage)
    here = practices[practices.ccg_code == code].sort_values("ods_code")
    xy = here[["easting", "northing"]].to_numpy(float)
    sites, site = np.unique(xy, axis=0, return_inverse=True)
    graph = nx.Graph()
    for row, (x, y) in zip(here.itertuples(), xy, strict=True):
        graph.add_node(row.ods_code, list_size=int(row.list_size), x=float(x), y=float(y))
    names = here.ods_code.to_numpy()
    at = [names[site.ravel() == s] for s in range(len(sites))]
    for together in at:
        _link(graph, [(a, b) for a in together for b in together if a < b], "co-located")
    land = shapely.make_valid(areas.geometry[code]).buffer(250)
    land = land.union(shapely.MultiPoint(xy).buffer(300))
    for s, t in _joined(sites, _borders(sites, land)):
        _link(graph, [(a, b) for a in at[s] for b in at[t]], "border")
    return nx.freeze(graph)


def _link(graph: nx.Graph, pairs: list[tuple[str, str]], kind: str) -> None:
    for a, b in pairs:
        one, other = graph.nodes[a], graph.nodes[b]
        metres = float(np.hypot(one["x"] - other["x"], one["y"] - other["y"]))
        graph.add_edge(a, b, kind=kind, border_m=0.0, distance_m=metres, why=kind)


def _borders(sites: np.ndarray, land: shapely.Geometry) -> list[tuple[int, int]]:
    n = len(sites)
    if n < 3:
        return [(0, 1)] if n == 2 else []
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    radius = 50 * np.ptp(sites, axis=0).max() + 1e4
    far = sites.mean(axis=0) + radius * np.c_[np.cos(turn), np.sin(turn)]
    cells = Voronoi(np.vstack([sites, far]))
    pairs = []
    for (a, b), ridge in zip(cells.ridge_points, cells.ridge_vertices, strict=True):
        if a < n and b < n and -1 not in ridge:
            border = shapely.LineString(cells.vertices[ridge])
            if shapely.intersection(border, land).length > 1.0:
                pairs.append((int(min(a, b)), int(max(a, b))))
    return sorted(set(pairs))


def _joined(sites: np.ndarray, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Add the shortest link from the smallest piece until everything hangs together."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(sites)))
    graph.add_edges_from(pairs)
    while True:
        pieces = sorted(nx.connected_components(graph), key=lambda c: (len(c), min(c)))
        if len(pieces) == 1:
            return sorted((min(e), max(e)) for e in graph.edges)
        inside = np.array(sorted(pieces[0]))
        outside = np.array(sorted(set(graph) - pieces[0]))
        distance, nearest = cKDTree(sites[outside]).query(sites[inside])
        first = int(np.argmin(distance))
        graph.add_edge(int(inside[first]), int(outside[nearest[first]]))
