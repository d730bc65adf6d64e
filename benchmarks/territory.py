"""Where the time of territories and graphs goes, and how much boundaries change a graph.

Run beside the published files (see tests/conftest.py for where they are looked for)::

    python benchmarks/territory.py [speed] [boundaries] [registrations] [kinds]

`speed`: an average area, the largest, and all areas of England, stage by stage, in seconds of one
processor. `boundaries`: how
far the graphs of one set of practices agree under boundaries of different detail. `registrations`:
all areas of England drawn from LSOAs (needs pyarrow for the LSOA polygons). `kinds`: how far other
ways of making neighbours agree with borders of Voronoi cells.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from pcngeo.adjacency import build_graph
from pcngeo.rules import Rules
from pcngeo.territory import build_territories, reaches, repair_boundary
from pcngeo.territory.faces import merge, settle
from pcngeo.territory.sites import sites_of
from pcngeo.territory.voronoi import cut_by_land, cut_for_all

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("PCNGEO_REAL_DATA", ROOT.parent / "shared" / "data"))
LAYERS = {
    "2020, ultra-generalised": ("ccg_2020", "ccg_code"),
    "2021, as published": ("ccg_2021", "ccg_code"),
    "2021, from LSOAs": ("ccg_2021_from_lsoa", "ccg21cdh"),
}


def practices_of(vintage: str) -> gpd.GeoDataFrame:
    table = pd.read_csv(DATA / f"england/practices_{vintage}.csv.gz", low_memory=False)
    table = table[table["easting"].notna()]
    frame = gpd.GeoDataFrame(
        {
            "list_size": table["list_size"].to_numpy(),
            "area": table["ccg_code"].to_numpy(),
            "site": (table["easting"].astype(str) + "/" + table["northing"].astype(str)).to_numpy(),
            "standing": "eligible",
        },
        index=pd.Index(table["ods_code"], name="practice"),
        geometry=gpd.points_from_xy(table["easting"], table["northing"]),
        crs="EPSG:27700",
    )
    return frame.sort_index()


def boundaries_of(layer: str) -> gpd.GeoDataFrame:
    name, code = LAYERS[layer]
    frame = gpd.read_file(DATA / f"england/{name}.gpkg").to_crs("EPSG:27700")
    return frame.set_index(code).rename_axis("area")


def areas(
    practices: gpd.GeoDataFrame, boundaries: gpd.GeoDataFrame
) -> Iterator[tuple[str, gpd.GeoDataFrame, gpd.GeoDataFrame]]:
    for code, here in practices.groupby("area", sort=True):
        if code in boundaries.index:
            boundary = boundaries.loc[[code]]
            yield str(code), here[reaches(here, boundary, 1_000)], boundary


def timed(stages: dict[str, float], name: str, work: Callable[[], object]) -> object:
    begin = time.process_time()
    result = work()
    stages[name] = stages.get(name, 0.0) + time.process_time() - begin
    return result


def speed() -> None:
    practices = practices_of("2022-01")
    for layer in list(LAYERS)[1:]:
        boundaries = boundaries_of(layer)
        sizes = practices.groupby("area").size().reindex(boundaries.index)
        average = (sizes - 39).abs().idxmin()
        print(f"\n{layer}")
        for label, codes in (
            (f"average area ({average}, {sizes[average]} practices)", [average]),
            (f"largest area ({sizes.idxmax()}, {sizes.max()} practices)", [sizes.idxmax()]),
            (f"all {len(boundaries)} areas", list(boundaries.index)),
        ):
            stages: dict[str, float] = {}
            for code in codes:
                _stages(stages, practices[practices["area"] == code], boundaries.loc[[code]])
            total = sum(stages.values())
            parts = ", ".join(f"{name} {seconds:.3f}" for name, seconds in stages.items())
            print(f"  {label}: {total:.2f} s ({parts})")


def _stages(stages: dict[str, float], here: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> None:
    inside = timed(stages, "reaches", lambda: reaches(here, boundary, 1_000))
    here = here[inside]
    shape, _ = timed(stages, "repair", lambda: repair_boundary(boundary))
    sites = timed(stages, "sites", lambda: sites_of(here))
    faces, xy = timed(stages, "cut", lambda: cut_for_all(sites.xy, sites.main, shape))
    every = np.arange(len(xy))
    faces = timed(stages, "by land", lambda: cut_by_land(faces, xy, every, shape))
    owner = timed(stages, "settle", lambda: settle(faces, xy))
    timed(stages, "merge", lambda: merge(faces.polygons, sites.cell[owner], len(sites.labels)))
    territories = build_territories(here, boundary)
    timed(stages, "graph", lambda: build_graph(here, territories))


def pairs(graph: nx.Graph[str]) -> set[tuple[str, str]]:
    return {(min(a, b), max(a, b)) for a, b in graph.edges}


def boundaries() -> None:
    practices = practices_of("2022-01")
    graphs = {
        layer: {
            code: build_graph(here, build_territories(here, boundary))
            for code, here, boundary in areas(practices, boundaries_of(layer))
        }
        for layer in LAYERS
    }
    names = list(LAYERS)
    for one, other in ((0, 2), (1, 2), (0, 1)):
        left, right = graphs[names[one]], graphs[names[other]]
        common = sorted(set(left) & set(right))
        both = sum(len(pairs(left[c]) & pairs(right[c])) for c in common)
        any_ = sum(len(pairs(left[c]) | pairs(right[c])) for c in common)
        same = sum(pairs(left[c]) == pairs(right[c]) for c in common)
        parts = [c for c in common if nx.number_connected_components(left[c])
                 != nx.number_connected_components(right[c])]  # fmt: skip
        differing = [
            graph.edges[pair]["border_m"]
            for c in common
            for graph, without in ((left[c], right[c]), (right[c], left[c]))
            for pair in pairs(graph) - pairs(without)
        ]
        print(f"{names[one]} / {names[other]}: {len(common)} areas, {any_:,} edges, "
              f"{both / any_:.2%} in both, {same} graphs equal, median border of the rest "
              f"{np.median(differing):,.0f} m, another number of parts: "
              f"{', '.join(parts) or 'none'}")  # fmt: skip


def registrations() -> None:
    lsoas = gpd.read_parquet(DATA / "england/lsoa11_polygons.parquet").set_index("lsoa11cd")
    file = DATA / "published/2022-07/gp-reg-pat-prac-lsoa-all_2022-07.csv.gz"
    counts = pd.read_csv(file).rename(
        columns={"PRACTICE_CODE": "practice", "LSOA_CODE": "lsoa", "NUMBER_OF_PATIENTS": "patients"}
    )
    practices = practices_of("2022-01")
    rows = counts.groupby(counts["practice"].map(practices["area"]), sort=False)
    by_area = dict(iter(rows))  # a plan reads the rows of its own area only
    stages: dict[str, float] = {}
    done, rules = 0, Rules(territory="registrations")
    apart: list[float] = []
    for code, here, boundary in areas(practices, boundaries_of("2021, from LSOAs")):
        own = by_area[code]
        territories = timed(stages, "territories", lambda h=here, b=boundary, r=own: (
            build_territories(h, b, rules, registrations=r, lsoas=lsoas)))  # fmt: skip
        graph = timed(stages, "graph", lambda h=here, t=territories: build_graph(h, t))
        plain = build_graph(here, build_territories(here, boundary))
        apart.append(len(pairs(graph) & pairs(plain)) / len(pairs(graph) | pairs(plain)))
        assert shapely.coverage_is_valid(territories.drop_duplicates("site").geometry.to_numpy())
        done += 1
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
    print(f"{done} areas from registrations: {sum(stages.values()):.1f} s ({parts}); edges in "
          f"common with Voronoi, median of areas: {np.median(apart):.0%}")  # fmt: skip


def kinds() -> None:
    practices = practices_of("2022-01")
    for rules in (
        Rules(adjacency="gabriel"), Rules(adjacency="knn", neighbours=4),
        Rules(adjacency="knn", neighbours=6), Rules(adjacency="distance", within_m=3_000),
    ):  # fmt: skip
        shares, connected = [], 0
        for _, here, boundary in areas(practices, boundaries_of("2021, from LSOAs")):
            territories = build_territories(here, boundary)
            border = build_graph(here, territories)
            near = build_graph(here, territories, rules)
            shares.append(len(pairs(border) & pairs(near)) / len(pairs(border) | pairs(near)))
            connected += nx.number_connected_components(near) <= nx.number_connected_components(
                border
            )
        print(f"{build_graph(here, territories, rules).graph['source']}: median share of edges in "
              f"common with borders {np.median(shares):.0%}; as connected in {connected} of "
              f"{len(shares)} areas")  # fmt: skip


if __name__ == "__main__":
    known = {"speed": speed, "boundaries": boundaries, "registrations": registrations,
             "kinds": kinds}  # fmt: skip
    for name in sys.argv[1:] or list(known):
        print(f"== {name}")
        known[name]()
