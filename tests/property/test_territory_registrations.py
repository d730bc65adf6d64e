"""Random patients in random LSOAs: nobody vanishes, every LSOA stays whole, the rules hold."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pcngeo.adjacency import build_graph
from pcngeo.rules import Rules
from pcngeo.territory import assign_lsoas, build_territories

SIDE = 6


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 14),
    strait=st.booleans(),
    exclaves=st.sampled_from(["join", "keep"]),
)
def test_rules_of_registrations(seed: int, count: int, strait: bool, exclaves: str) -> None:
    rng = np.random.default_rng(seed)
    corners = np.indices((SIDE, SIDE)).reshape(2, -1).T * 1_000.0
    if strait:
        corners[:, 0] += np.where(corners[:, 0] >= 3_000, 500, 0)
    squares = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + 1e3, corners[:, 1] + 1e3)
    lsoas = gpd.GeoDataFrame(
        index=pd.Index([f"E{i:02d}" for i in range(len(squares))], name="lsoa"),
        geometry=squares,
        crs="EPSG:27700",
    )
    xy = rng.integers(0, 6, (count, 2)) * 1_000.0 + rng.integers(0, 2, (count, 2)) * 250 + 100
    practices = gpd.GeoDataFrame(
        {
            "list_size": 1_000,
            "standing": "eligible",
            "site": [f"{x:.0f}/{y:.0f}" for x, y in xy],
        },
        index=pd.Index([f"P{i:02d}" for i in range(count)], name="practice"),
        geometry=shapely.points(xy),
        crs="EPSG:27700",
    )
    counts = pd.DataFrame(
        {
            "practice": rng.choice([*practices.index, "outside"], 150),
            "lsoa": rng.choice([*lsoas.index, "unmapped"], 150),
            "patients": rng.integers(1, 50, 150),
        }
    )
    counts = counts.groupby(["practice", "lsoa"], as_index=False)["patients"].sum()
    boundary = gpd.GeoDataFrame(geometry=[shapely.union_all(squares)], crs="EPSG:27700")
    rules = Rules(territory="registrations", exclaves=exclaves)
    territories = build_territories(practices, boundary, rules, registrations=counts, lsoas=lsoas)
    table = assign_lsoas(practices, counts, lsoas, boundary, exclaves=exclaves)
    sites = territories.drop_duplicates("site").set_index("site")
    assert list(table.index) == list(lsoas.index)
    assert set(table["site"]) == set(practices["site"])  # nobody vanishes, nobody else wins
    for site, group in table.groupby("site"):
        whole = shapely.union_all(lsoas.geometry[group.index].to_numpy())
        assert sites.geometry[site].equals(whole)
    assert shapely.coverage_is_valid(sites.geometry.to_numpy())
    own = counts["practice"].map(practices["site"])
    by_site = counts.groupby(["lsoa", own])["patients"].sum()
    for lsoa, row in table.iterrows():
        here = by_site[lsoa] if lsoa in by_site.index.get_level_values(0) else pd.Series(dtype=int)
        assert row["won_by"] == (here[here == here.max()].index.min() if len(here) else "")
        assert row["patients"] == here.get(row["site"], 0)
        if row["rule"] == "most registered patients":
            assert row["site"] == row["won_by"]
    assert table["registered"].sum() == counts.loc[counts["lsoa"] != "unmapped", "patients"].sum()
    if exclaves == "join":
        graph = build_graph(practices, territories)
        assert nx.number_connected_components(graph) <= 1 + strait
        lands = shapely.get_parts(boundary.geometry.iloc[0])
        homes = set(shapely.STRtree(lands).nearest(practices.geometry.to_numpy()))
        if len(homes) == len(lands) and not table["rule"].str.contains("wins no").any():
            assert (sites["parts"] == 1).all()
    again = assign_lsoas(practices.iloc[::-1], counts.iloc[::-1], lsoas, boundary,
                         exclaves=exclaves)  # fmt: skip
    pd.testing.assert_frame_equal(table, again)


def test_shares_are_of_all_registered_patients() -> None:
    squares = [shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000, 0, 2_000, 1_000)]
    lsoas = gpd.GeoDataFrame(index=["E1", "E2"], geometry=squares, crs="EPSG:27700")
    practices = gpd.GeoDataFrame(
        {"list_size": 9, "standing": "eligible", "site": "s"},
        index=pd.Index(["A"], name="practice"),
        geometry=[shapely.Point(500, 500)],
        crs="EPSG:27700",
    )
    counts = pd.DataFrame(
        {"practice": ["A", "Z", "A"], "lsoa": ["E1", "E1", "E2"], "patients": [30, 70, 5]}
    )
    table = assign_lsoas(practices, counts, lsoas)
    assert table["share"].tolist() == pytest.approx([0.3, 1.0])
