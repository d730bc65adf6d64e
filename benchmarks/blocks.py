"""Time networks of LSOAs of real local authorities at a fixed number.

    python benchmarks/blocks.py DATA Darlington 3 Barnsley 7
    python benchmarks/blocks.py --limit 120 DATA Leicester 0

    python benchmarks/blocks.py --limit 120 DATA 06H 0
    python benchmarks/blocks.py --limit 300 DATA E09 0

An authority by name, a CCG by its code, or all authorities whose codes begin so (E09: London).
DATA is the folder of tidy tables that the real tests use; 0 takes the number nearest to 40,000
registered patients in each. Contiguity: a shared border of more than a metre.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from pcngeo.optimise.blocks import solve_blocks
from pcngeo.rules import Rules


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


def measure(data: Path, authority: str, count: int, limit: float | None) -> str:
    """Return one row of the table in README.md."""
    graph = lsoa_graph(data, authority)
    rules = Rules(networks=count) if count else Rules()
    began, busy = time.perf_counter(), time.process_time()
    plan = solve_blocks(graph, rules, time_limit=limit)
    spent, used = time.perf_counter() - began, time.process_time() - busy
    people = sum(nx.get_node_attributes(graph, "list_size").values())
    return (
        f"| {authority} | {len(graph)} | {len(plan.networks)} | {plan.status} | "
        f"{(plan.objective or 0) / people / 1000:.3f} | {plan.gap or 0:.2%} | {spent:.0f} | "
        f"{used:.0f} |"
    )


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("data", type=Path)
    reader.add_argument("asked", nargs="+", help="authority, number, authority, number, ...")
    reader.add_argument("--limit", type=float)
    given = reader.parse_args()
    for name, number in zip(given.asked[::2], given.asked[1::2], strict=True):
        print(measure(given.data, name, int(number), given.limit), flush=True)
