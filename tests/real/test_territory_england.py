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
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.territory import (
    assign_lsoas,
    build_territories,
    localisation,
    network_areas,
    reaches,
    repair_boundary,
)

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
            "today": table["pcn_code"].fillna("").to_numpy(),
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
    covered = shapely.coverage_union_all(sites.geometry.to_numpy())
    if covered.symmetric_difference(shape).area >= 1:
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


@pytest.mark.parametrize(("vintage", "areas"), [("2021-01", 135), ("2022-01", 106)])
def test_every_area_of_england(shared: Path, vintage: str, areas: int) -> None:
    practices, _ = england(shared, vintage)
    codes = sorted(set(practices["area"]))
    assert len(codes) == areas
    faults = {code: faults_of(shared, vintage, code) for code in codes}
    assert not {code: found for code, found in faults.items() if found}


@pytest.mark.parametrize(
    ("vintage", "count", "patients"), [("2021-01", 13, 45_009), ("2022-01", 16, 55_710)]
)
def test_practices_without_a_cell_lie_far_outside(
    shared: Path, vintage: str, count: int, patients: int
) -> None:
    """Every located practice reaches its area, but for a few services with an address elsewhere."""
    practices, boundaries = england(shared, vintage)
    away = []
    for code, here in practices.groupby("area"):
        inside = reaches(here, boundaries.loc[[code]], 1_000)
        lost = here[~inside]
        assert (lost.distance(boundaries.geometry[code]) > 1_000).all()
        away.append(lost)
    assert sum(len(lost) for lost in away) == count
    assert sum(int(lost["list_size"].sum()) for lost in away) == patients


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


@pytest.mark.parametrize("area", ["00L", "11N", "D9Y0V", "36L", "15N"])
def test_areas_of_todays_networks(shared: Path, area: str) -> None:
    """Areas of real networks: no overlap, all area, connected when the network is."""
    practices, _, territories = drawn(shared, "2022-01", area)
    graph = build_graph(practices, territories)
    plan = Plan(practices["today"].where(practices["today"] != "U", ""), status=Status.GIVEN)
    areas = network_areas(plan, territories, practices)
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    sites = territories.drop_duplicates("site")
    bare = sites[~sites["site"].isin(territories["site"][plan.assignment[territories.index] != ""])]
    assert areas.area.sum() + bare.area.sum() == pytest.approx(sites.area.sum(), abs=1)
    for network, members in plan.groups().items():
        if nx.is_connected(graph.subgraph(members)) and areas.at[network, "parts"] > 1:
            alone = territories.loc[list(members), "parts"].max() == 1
            split = "shares" in areas.at[network, "note"]
            assert not alone or split, f"{network} is connected, its area is not"


def test_the_graph_hardly_depends_on_the_detail_of_the_boundary(shared: Path) -> None:
    """Ultra-generalised boundaries and those dissolved from LSOAs: 99 % of edges are the same."""
    codes = ["00L", "00N", "00P", "00Q", "01K", "03K", "99F", "11J", "15E", "26A", "36L", "91Q"]
    practices, fine = england(shared, "2022-01 from LSOAs")
    _, coarse = england(shared, "2021-01")
    both = any_ = 0
    for code in codes:
        here = practices[practices["area"] == code]
        graphs = []
        for boundaries in (fine, coarse):
            boundary = boundaries.loc[[code]]
            inside = here[reaches(here, boundary, 1_000)]
            graphs.append(build_graph(inside, build_territories(inside, boundary)))
        assert len(components(graphs[0])) == len(components(graphs[1])), code
        one, other = set(graphs[0].edges), set(graphs[1].edges)
        both, any_ = both + len(one & other), any_ + len(one | other)
    assert both / any_ > 0.99


# ---- registrations ---------------------------------------------------------------------------


@cache
def registrations_of(folder: Path) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    pytest.importorskip("pyarrow", reason="the LSOA polygons are a Parquet file")
    lsoas = gpd.read_parquet(folder / "england/lsoa11_polygons.parquet")
    file = folder / "published/2022-07/gp-reg-pat-prac-lsoa-all_2022-07.csv.gz"
    counts = pd.read_csv(file, dtype={"PRACTICE_CODE": "category", "LSOA_CODE": "category"})
    names = {"PRACTICE_CODE": "practice", "LSOA_CODE": "lsoa", "NUMBER_OF_PATIENTS": "patients"}
    return counts.rename(columns=names), lsoas.set_index("lsoa11cd").rename_axis("lsoa")


@pytest.mark.parametrize("area", ["00L", "11N", "26A", "W2U3Z"])
def test_territories_from_registrations(shared: Path, area: str) -> None:
    counts, lsoas = registrations_of(shared)
    practices, boundary, _ = drawn(shared, "2022-01 from LSOAs", area)
    counts = counts[counts["practice"].isin(practices.index)].astype({"practice": str, "lsoa": str})
    territories = build_territories(
        practices, boundary, Rules(territory="registrations"), registrations=counts, lsoas=lsoas
    )
    assert list(territories.index) == list(practices.index)
    sites = territories.drop_duplicates("site")
    table = assign_lsoas(practices, counts, lsoas, boundary)
    assert shapely.coverage_is_valid(sites.geometry.to_numpy())
    assert sites.area.sum() == pytest.approx(lsoas.area[table.index].sum(), rel=1e-6)
    # who wins an LSOA, found anew by sorting
    site = counts["practice"].map(practices["site"])
    ranked = counts.groupby(["lsoa", site])["patients"].sum().reset_index()
    ranked = ranked.sort_values(["lsoa", "patients", "practice"], ascending=[True, False, True])
    winner = ranked.drop_duplicates("lsoa").set_index("lsoa")["practice"]
    assert (table["won_by"] == winner.reindex(table.index).fillna("")).all()
    moved = table[table["site"] != table["won_by"]]
    assert (moved["rule"] != "most registered patients").all()
    assert len(moved) / len(table) < 0.3
    middle = lsoas.geometry[table.index].representative_point()
    held = gpd.GeoDataFrame(geometry=middle).sjoin(sites[["site", "geometry"]], how="left")
    assert (held["site"] == table["site"]).all()


def test_localisation_of_todays_networks(shared: Path) -> None:
    """London's published figure is a median of 0.70 for groups found by patient flows."""
    counts, _ = registrations_of(shared)
    practices, _ = england(shared, "2022-01")
    here = practices[(practices["area"] == "36L") & ~practices["today"].isin(["U", ""])]
    plan = Plan(here["today"], status=Status.GIVEN)
    counts = counts[counts["practice"].isin(here.index)].astype({"practice": str, "lsoa": str})
    found = localisation(plan, counts)
    assert found["patients"].sum() + found["unmapped"].sum() == counts["patients"].sum()
    assert 0.4 < found["localisation"].median() < 0.9
