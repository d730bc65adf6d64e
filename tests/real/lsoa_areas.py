"""LSOAs of real local authorities as a graph, for tests and benchmarks."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely


def lsoa_graph(data: Path, authority: str) -> nx.Graph:
    """Link the LSOAs of a local authority that share a border; join parts by the shortest link."""
    tables = data / "england"
    facts = pd.read_csv(tables / "lsoa11.csv.gz", low_memory=False)
    shapes = gpd.read_parquet(tables / "lsoa11_polygons.parquet")[["lsoa11cd", "geometry"]]
    named = facts["lad21nm"].eq(authority) | facts["ccg21cdh"].eq(authority)
    if authority.startswith("E0"):
        named |= facts["lad21cd"].str.startswith(authority, na=False)
    here = shapes.merge(facts[named], on="lsoa11cd")
    here = here.sort_values("lsoa11cd").reset_index(drop=True)
    land = np.asarray(here.geometry)
    graph, middles = nx.Graph(), shapely.get_coordinates(shapely.centroid(land))
    for row, (x, y) in zip(here.itertuples(), middles, strict=True):
        people = max(1, int(np.nan_to_num(row.registered_2022_07)))
        graph.add_node(row.lsoa11cd, list_size=people, x=float(x), y=float(y))
    codes = here["lsoa11cd"].tolist()
    for i, j in zip(*here.sindex.query(land, predicate="intersects"), strict=True):
        shared = shapely.boundary(land[i]).intersection(shapely.boundary(land[j])).length
        if i < j and shared > 1:
            graph.add_edge(codes[i], codes[j], kind="border", border_m=shared, distance_m=0.0)
    while not nx.is_connected(graph):
        part = min(nx.connected_components(graph), key=len)
        a, b = min(
            ((p, q) for p in sorted(part) for q in sorted(set(graph) - part)),
            key=lambda pair: float(np.hypot(*(graph.nodes[pair[0]][c] - graph.nodes[pair[1]][c]
                                              for c in "xy"))),
        )  # fmt: skip
        graph.add_edge(a, b, kind="bridge", border_m=0.0, distance_m=0.0)
    return graph
