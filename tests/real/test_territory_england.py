"""Territories and graphs of all of England, against the boundaries and against libpysal.

Every area of 2021-01 (135) and 2022-01 (106) is drawn and checked one by one; what is known of a
few of them on the ground is checked by name.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
import shapely

from pcngeo.adjacency import build_graph, components
from pcngeo.territory import build_territories, reaches, repair_boundary

pytestmark = pytest.mark.real

LAYERS = {
    "2021-01": ("ccg_2020", "ccg_code"),
    "2022-01": ("ccg_2021", "ccg_code"),
    "2022-01 from LSOAs": ("ccg_2021_from_lsoa", "ccg21cdh"),
}


@cache
def england(folder: Path, vintage: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Practices and boundaries of a vintage; every located practice that reaches its area."""
    layer, code = LAYERS[vintage]
    table = pd.read_csv(folder / f"england/practices_{vintage[:7]}.csv.gz", low_memory=False)
    practices = gpd.GeoDataFrame(
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
    practices = practices[table["easting"].notna().to_numpy()].sort_index()
    boundaries = gpd.read_file(folder / f"england/{layer}.gpkg").to_crs("EPSG:27700")
    return practices, boundaries.set_index(code).rename_axis("area")


def drawn(
    folder: Path, vintage: str, area: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Eligible practices, boundary and territories of one area."""
    practices, boundaries = england(folder, vintage)
    boundary = boundaries.loc[[area]]
    here = practices[practices["area"] == area]
    here = here[reaches(here, boundary, 1_000)]
    return here, boundary, build_territories(here, boundary)


def faults_of(folder: Path, vintage: str, area: str) -> list[str]:
    """Everything that is wrong with the territories and the graph of one area."""
    from libpysal.graph import Graph

    practices, boundary, territories = drawn(folder, vintage, area)
    sites = territories.drop_duplicates("site").set_index("site")[["geometry"]]
    shape, _ = repair_boundary(boundary)
    graph = build_graph(practices, territories)
    faults = []
    if list(territories.index) != list(practices.index):
        faults.append("a practice has no cell")
    if not shapely.coverage_is_valid(sites.geometry.to_numpy()):
        faults.append("the cells overlap or leave gaps")
    if abs(sites.area.sum() - shape.area) >= 1:
        faults.append(f"the area is off by {sites.area.sum() - shape.area:.1f} m2")
    if shapely.union_all(sites.geometry.to_numpy()).symmetric_difference(shape).area >= 1:
        faults.append("the cells do not cover the boundary")
    land = shapely.STRtree(shapely.get_parts(shape)).nearest(practices.geometry.to_numpy())
    if nx.number_connected_components(graph) != len(set(land)):
        faults.append(f"{nx.number_connected_components(graph)} components, {len(set(land))} lands")
    ours = {
        frozenset((graph.nodes[a]["site"], graph.nodes[b]["site"]))
        for a, b, kind in graph.edges(data="kind")
        if kind == "border"
    }
    found = Graph.build_contiguity(sites, rook=True).adjacency
    theirs = {frozenset(pair) for pair, weight in found.items() if weight}
    shape_of = sites.geometry
    for one, other in map(tuple, ours ^ theirs):
        border = shape_of[one].boundary.intersection(shape_of[other].boundary).length
        if border >= 1.0:  # a border below `min_border_m` is no border by our rule
            faults.append(f"{one} - {other}: libpysal disagrees on a border of {border:.1f} m")
    return faults


@pytest.mark.parametrize(("vintage", "areas"), list(zip(LAYERS, (135, 106, 106), strict=True)))
def test_every_area_of_england(shared: Path, vintage: str, areas: int) -> None:
    practices, _ = england(shared, vintage)
    codes = sorted(set(practices["area"]))
    assert len(codes) == areas
    faults = {code: faults_of(shared, vintage, code) for code in codes}
    assert not {code: found for code, found in faults.items() if found}


def test_tower_hamlets_is_one_piece(shared: Path) -> None:
    everyone, _ = england(shared, "2021-01")
    practices, _, territories = drawn(shared, "2021-01", "08V")
    parts = components(build_graph(practices, territories))
    lost = everyone[everyone["area"] == "08V"].index.difference(practices.index)
    assert list(lost) == ["Y06592"]  # a service of the area whose address is 4 km outside it
    assert parts["practices"].tolist() == [35]
    assert parts["patients"][1] + everyone["list_size"]["Y06592"] == 348_034


def test_berwick_is_across_the_tweed(shared: Path) -> None:
    # Two practices near the river's mouth: A84026 in Berwick on its northern bank, A84044 in
    # Tweedmouth on the southern one; the boundary follows the banks, so only the planner can say
    # that there are bridges.
    practices, _, territories = drawn(shared, "2021-01", "00L")
    parts = components(build_graph(practices, territories))
    assert len(parts) == 2
    assert parts["members"][2] == ("A84026",)


def test_scilly_is_an_island_of_cornwall(shared: Path) -> None:
    practices, _, territories = drawn(shared, "2022-01", "11N")
    parts = components(build_graph(practices, territories))
    assert parts["members"][2] == ("L82017",)
    assert practices.geometry["L82017"].x < 100_000
    assert territories["parts"]["L82017"] > 5  # the islands without a practice are its own


def test_wight_is_an_island_of_hampshire(shared: Path) -> None:
    practices, _, territories = drawn(shared, "2022-01", "D9Y0V")
    parts = components(build_graph(practices, territories))
    wight = practices.loc[list(parts["members"][2])]
    assert wight.total_bounds[3] < 97_500  # all south of the Solent's northern shore
    assert parts["patients"][2] > 140_000


def test_the_largest_area_has_a_cell_for_every_practice(shared: Path) -> None:
    practices, _, territories = drawn(shared, "2022-01", "W2U3Z")
    assert len(practices) == len(territories) >= 350
    assert territories.geometry.area.min() > 10_000
