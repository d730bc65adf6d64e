"""Random practices in random areas: what must hold whatever comes."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pcngeo.adjacency import build_graph, edges_frame
from pcngeo.plan import Plan, Status
from pcngeo.territory import build_territories, network_areas, repair_boundary

#: Nobody can be 25 km from the area here: farther points alone are refused, as they should be.
coordinate = st.integers(400_000, 416_000)
#: Free points, points on few coordinates (many on a line, many on one place), points on a line.
free = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=30)
coarse = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).map(
        lambda cell: (400_000 + 2_500 * cell[0], 400_000 + 2_500 * cell[1])
    ),
    min_size=1,
    max_size=30,
)
line = st.lists(st.integers(0, 50), min_size=1, max_size=12).map(
    lambda steps: [(400_000 + 300 * step, 401_000 + 100 * step) for step in steps]
)
centre = st.tuples(coordinate, coordinate)


@st.composite
def areas(draw: st.DrawFn) -> shapely.Geometry:
    """Discs, boxes and stars united, with bites taken out: holes, inlets, islands, pinches."""
    shapes = [
        shapely.Point(draw(centre)).buffer(
            draw(st.integers(500, 12_000)), quad_segs=draw(st.integers(1, 8))
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    area = shapely.union_all(shapes)
    for _ in range(draw(st.integers(0, 3))):
        x, y = draw(centre)
        wide, high = draw(st.integers(50, 9_000)), draw(st.integers(50, 9_000))
        rest = area.difference(shapely.box(x, y, x + wide, y + high))
        area = rest if rest.area > 1e6 else area
    return area


@st.composite
def crossed(draw: st.DrawFn) -> shapely.Geometry:
    """A ring through random points: it crosses itself as it likes."""
    return shapely.Polygon(draw(st.lists(centre, min_size=4, max_size=12, unique=True)))


def frames(
    points: list[tuple[int, int]], area: shapely.Geometry
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    practices = gpd.GeoDataFrame(
        {
            "list_size": 1_000,
            "standing": "eligible",
            "site": [f"{x}/{y}" for x, y in points],
        },
        index=pd.Index([f"P{i:02d}" for i in range(len(points))], name="practice"),
        geometry=shapely.points(np.array(points, dtype=float)),
        crs="EPSG:27700",
    )
    boundary = gpd.GeoDataFrame(
        {"name": ["Area"]}, index=pd.Index(["X"], name="area"), geometry=[area], crs="EPSG:27700"
    )
    return practices, boundary


PLACES = np.random.default_rng(0).uniform(399_500, 420_500, (200, 2))


def check_nearest(
    practices: gpd.GeoDataFrame, territories: gpd.GeoDataFrame, practices_allowed: np.ndarray
) -> None:
    """Each place that has competitors lies in the territory of the nearest of them."""
    places = shapely.points(PLACES)
    away = shapely.distance(places[:, None], practices.geometry.to_numpy())
    away = np.where(practices_allowed, away, np.inf)
    near = away <= away.min(axis=1, keepdims=True) + 0.01
    held = shapely.intersects(places[:, None], territories.loc[practices.index].geometry.to_numpy())
    asked = practices_allowed.any(axis=1) & held.any(axis=1)
    assert (held & near)[asked].any(axis=1).all()


@settings(max_examples=80, deadline=None)
@given(points=st.one_of(free, coarse, line), area=st.one_of(areas(), crossed()))
def test_territories_are_an_exact_coverage(
    points: list[tuple[int, int]], area: shapely.Geometry
) -> None:
    practices, boundary = frames(points, area)
    if shapely.make_valid(area).area < 1e5:
        return
    shape, _ = repair_boundary(boundary)
    territories = build_territories(practices, boundary)
    cells = territories.drop_duplicates("site").geometry
    assert list(territories.index) == list(practices.index)
    assert (cells.area > 0).all()
    assert shapely.is_valid(cells.to_numpy()).all()
    assert shapely.coverage_is_valid(cells.to_numpy())
    assert cells.area.sum() == pytest.approx(shape.area, abs=1)
    assert shapely.union_all(cells.to_numpy()).symmetric_difference(shape).area < 1
    again = build_territories(practices.iloc[::-1], boundary)
    assert (again.to_wkb() == territories.to_wkb()).all(axis=None)


@settings(max_examples=50, deadline=None)
@given(points=st.one_of(free, coarse, line), area=areas())
def test_every_place_belongs_to_the_nearest_practice_of_its_land(
    points: list[tuple[int, int]], area: shapely.Geometry
) -> None:
    """Checked by brute force where no water is in the way: an area without inlets or islands."""
    practices, boundary = frames(points, area.convex_hull)
    inside = practices[practices.within(area.convex_hull)]
    if inside.empty:
        return
    territories = build_territories(inside, boundary)
    check_nearest(inside, territories, practices_allowed=np.ones((200, len(inside)), dtype=bool))


@settings(max_examples=50, deadline=None)
@given(points=st.one_of(free, coarse, line), area=areas())
def test_territories_are_connected_and_lands_are_components(
    points: list[tuple[int, int]], area: shapely.Geometry
) -> None:
    practices, boundary = frames(points, area)
    practices = practices[practices.within(area)]
    if practices.empty:
        return
    shape, _ = repair_boundary(boundary)
    lands = shapely.get_parts(shape)
    territories = build_territories(practices, boundary)
    graph = build_graph(practices, territories)
    at = shapely.STRtree(lands).nearest(practices.geometry.to_numpy())
    assert nx.number_connected_components(graph) == len(set(at))
    for code, land in zip(practices.index, at, strict=True):
        parts = shapely.get_parts(territories.geometry[code])
        there = [p for p in parts if lands[land].covers(p.representative_point())]
        assert len(there) == 1, "a territory is in pieces on one land"
        islets = set(shapely.STRtree(lands).nearest(shapely.point_on_surface(parts))) - {land}
        assert not islets & set(at), "a territory reaches a land that has practices of its own"
    frame = edges_frame(graph)
    assert (frame["border_m"] >= 1)[frame["kind"] == "border"].all()


@settings(max_examples=60, deadline=None)
@given(points=st.one_of(free, coarse), area=areas(), seed=st.integers(0, 99))
def test_areas_of_connected_networks_are_connected(
    points: list[tuple[int, int]], area: shapely.Geometry, seed: int
) -> None:
    practices, boundary = frames(points, area)
    practices = practices[practices.within(area)]
    if practices.empty:
        return
    territories = build_territories(practices, boundary)
    graph = build_graph(practices, territories)
    rng = np.random.default_rng(seed)
    kept = nx.Graph(graph)  # some edges taken out at random: what hangs together is a network
    edges = list(graph.edges)
    kept.remove_edges_from([edge for edge in edges if rng.random() < 0.6])
    home = {code: str(i) for i, part in enumerate(nx.connected_components(kept)) for code in part}
    areas_ = network_areas(Plan(pd.Series(home), status=Status.GIVEN), territories, practices)
    shape, _ = repair_boundary(boundary)
    assert shapely.coverage_is_valid(areas_.geometry.to_numpy())
    assert areas_.area.sum() == pytest.approx(shape.area, abs=1)
    assert set(areas_.index) == set(home.values())
    whole = areas_[~areas_["note"].str.contains("shares") & (areas_["parts"] > 1)]
    for network in whole.index:
        members = [code for code, name in home.items() if name == network]
        assert territories.loc[members, "parts"].max() > 1, "only islets may stand apart"


@settings(max_examples=60, deadline=None)
@given(
    points=st.one_of(free, coarse),
    cuts=st.lists(st.integers(400_500, 419_500), min_size=1, max_size=3, unique=True),
)
def test_on_an_island_the_nearest_practice_of_the_island_counts(
    points: list[tuple[int, int]], cuts: list[int]
) -> None:
    """Straits cut a square into strips: convex lands, so brute force is exact."""
    square = shapely.box(399_000, 399_000, 421_000, 421_000)
    straits = shapely.union_all([shapely.box(x, 0, x + 150, 1e6) for x in cuts])
    land = square.difference(straits)
    lands = shapely.get_parts(land)
    practices, boundary = frames(points, land)
    practices = practices[practices.within(land)]
    if practices.empty:
        return
    territories = build_territories(practices, boundary)
    at = shapely.STRtree(lands).nearest(practices.geometry.to_numpy())
    here = shapely.contains(lands, shapely.points(PLACES)[:, None])
    check_nearest(practices, territories, practices_allowed=here[:, at])
