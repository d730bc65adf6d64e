"""Territories from hand-made cases: every one can be checked on a sheet of paper."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pcngeo.errors import DataError
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.territory import build_territories, network_areas, reaches, repair_boundary

SQUARE = shapely.box(0, 0, 10_000, 10_000)
#: Two banks joined in the east, with an inlet of 1 km between them that opens to the west.
ESTUARY = SQUARE.difference(shapely.box(0, 4_500, 8_000, 5_500))


def practices_at(places: dict[str, tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    """Eligible practices at the places given, 5,000 patients each, a site a place."""
    xy = np.array(list(places.values()), dtype=float)
    return gpd.GeoDataFrame(
        {
            "list_size": 5_000,
            "standing": "eligible",
            "site": [f"{x:.0f}/{y:.0f}" for x, y in xy],
            **columns,
        },
        index=pd.Index(list(places), name="practice"),
        geometry=shapely.points(xy),
        crs="EPSG:27700",
    )


def boundary_of(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    codes = [f"X{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"name": codes}, index=pd.Index(codes, name="area"), geometry=list(shapes), crs="EPSG:27700"
    )


def check_coverage(territories: gpd.GeoDataFrame, area: shapely.Geometry) -> None:
    cells = territories.drop_duplicates("site").geometry
    assert shapely.coverage_is_valid(cells.to_numpy())
    assert cells.area.sum() == pytest.approx(area.area, abs=1)
    assert shapely.union_all(cells.to_numpy()).symmetric_difference(area).area < 1
    assert not cells.is_empty.any()


def test_two_practices_share_the_area_along_the_bisector() -> None:
    territories = build_territories(
        practices_at({"B": (7_500, 5_000), "A": (2_500, 5_000)}), boundary_of(SQUARE)
    )
    assert list(territories.index) == ["A", "B"]
    assert territories.index.name == "practice"
    assert territories.crs.to_epsg() == 27700
    assert territories.geometry["A"].equals(shapely.box(0, 0, 5_000, 10_000))
    assert territories.geometry["B"].equals(shapely.box(5_000, 0, 10_000, 10_000))
    assert set(territories["derived_from"]) == {
        "nearest practice (Voronoi), clipped to the area's boundary"
    }


def test_one_practice_has_all() -> None:
    territories = build_territories(practices_at({"A": (1, 1)}), boundary_of(ESTUARY))
    assert territories.geometry["A"].equals(ESTUARY)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_practices_on_a_line(count: int) -> None:
    places = {f"P{i}": (1_000.0 * (i + 1), 2_000.0) for i in range(count)}
    territories = build_territories(practices_at(places), boundary_of(SQUARE))
    check_coverage(territories, SQUARE)
    for code, (x, y) in places.items():
        assert territories.geometry[code].contains(shapely.Point(x, y))
    assert territories.geometry["P0"].area == pytest.approx(1_500 * 10_000)


def test_practices_on_a_grid_where_four_cells_meet_in_a_point() -> None:
    places = {
        f"P{i}{j}": (1_250 + 2_500 * i, 1_250 + 2_500 * j) for i in range(4) for j in range(4)
    }
    territories = build_territories(practices_at(places), boundary_of(SQUARE))
    check_coverage(territories, SQUARE)
    assert np.allclose(territories.area, 2_500**2)


def test_co_located_practices_share_one_polygon() -> None:
    places = {"A": (2_000, 2_000), "B": (2_000, 2_000), "C": (2_000.3, 2_000), "D": (8_000, 8_000)}
    territories = build_territories(
        practices_at(places, site=["s1", "s1", "s2", "s3"]), boundary_of(SQUARE)
    )
    assert territories["site"].tolist() == ["s1", "s1", "s1", "s3"]
    assert territories.geometry["A"].equals(territories.geometry["C"])
    check_coverage(territories, SQUARE)


def test_one_site_label_at_two_places_is_one_territory() -> None:
    places = {"A": (1_000, 5_000), "B": (9_000, 5_000), "C": (5_000, 5_000)}
    territories = build_territories(practices_at(places, site=["s", "s", "t"]), boundary_of(SQUARE))
    assert territories.geometry["A"].equals(territories.geometry["B"])
    assert territories["parts"].tolist() == [2, 2, 1]
    check_coverage(territories, SQUARE)


def test_labels_and_places_that_hang_together_are_one_site() -> None:
    places = {"A": (1_000, 5_000), "B": (5_000, 5_000), "C": (5_000, 5_000), "D": (9_000, 5_000)}
    territories = build_territories(
        practices_at(places, site=["s", "s", "a", "t"]), boundary_of(SQUARE)
    )
    assert territories["site"].tolist() == ["a", "a", "a", "t"]


def test_the_other_bank_of_an_estuary_goes_to_the_neighbour_there() -> None:
    # A is nearest to a piece of the northern bank, which only B and C can reach on land.
    places = {"A": (2_000, 4_400), "B": (2_000, 9_500), "C": (9_000, 7_500), "D": (9_000, 2_000)}
    territories = build_territories(practices_at(places), boundary_of(ESTUARY))
    check_coverage(territories, ESTUARY)
    assert territories["parts"].eq(1).all()
    assert territories.geometry["A"].bounds[3] <= 4_500
    across = shapely.Point(2_000, 5_600)
    assert across.distance(shapely.Point(places["A"])) < across.distance(shapely.Point(places["B"]))
    assert territories.geometry["B"].covers(across)


def test_an_islet_without_practice_goes_whole_to_one_practice() -> None:
    islet = shapely.box(11_000, 4_000, 12_000, 7_000)
    area = SQUARE.union(islet)
    places = {"A": (9_000, 8_000), "B": (9_000, 2_000), "C": (1_000, 5_000)}
    territories = build_territories(practices_at(places), boundary_of(area))
    check_coverage(territories, area)
    assert territories.geometry["A"].covers(islet)  # it is nearest to 2 of the 3 km
    assert territories["parts"].to_dict() == {"A": 2, "B": 1, "C": 1}
    assert territories["note"]["A"] == "holds a part without a practice (300.0 ha)"
    assert territories["note"]["B"] == ""


def test_an_island_with_a_practice_is_its_own_and_gives_no_land_away() -> None:
    island = shapely.box(11_000, 0, 16_000, 10_000)
    area = SQUARE.union(island)
    places = {"A": (9_900, 8_000), "B": (2_000, 2_000), "I": (15_900, 1_000)}
    territories = build_territories(practices_at(places), boundary_of(area))
    check_coverage(territories, area)
    assert territories.geometry["I"].equals(island)  # though A is nearer to some of it
    assert territories["parts"].eq(1).all()


def test_a_hole_stays_a_hole() -> None:
    area = SQUARE.difference(shapely.box(4_000, 4_000, 6_000, 6_000))
    territories = build_territories(
        practices_at({"A": (1_000, 5_000), "B": (9_000, 5_000)}), boundary_of(area)
    )
    check_coverage(territories, area)


def test_a_practice_on_the_border_takes_part() -> None:
    territories = build_territories(
        practices_at({"A": (0, 0), "B": (10_000, 3_000)}), boundary_of(SQUARE)
    )
    check_coverage(territories, SQUARE)


def test_a_practice_outside_gets_what_reaches_in() -> None:
    territories = build_territories(
        practices_at({"A": (2_000, 5_000), "B": (10_400, 5_000)}), boundary_of(SQUARE)
    )
    check_coverage(territories, SQUARE)
    assert territories.geometry["B"].equals(shapely.box(6_200, 0, 10_000, 10_000))
    assert territories["derived_from"]["B"] == (
        "nearest practice (Voronoi), clipped to the area's boundary; the practice lies 400 m "
        "outside it: only the part inside the boundary"
    )


def test_a_practice_outside_that_reaches_an_islet_too_says_so() -> None:
    islet = shapely.box(12_000, 4_000, 12_500, 4_500)
    territories = build_territories(
        practices_at({"A": (2_000, 5_000), "B": (10_800, 5_000)}), boundary_of(SQUARE.union(islet))
    )
    assert territories["note"].tolist() == ["", "holds a part without a practice (25.0 ha)"]


def test_a_practice_outside_whose_cell_is_empty_is_drawn_from_the_boundary() -> None:
    places = {"A": (9_900, 5_000), "B": (10_900, 5_000), "C": (10_950, 5_000), "D": (1_000, 1_000)}
    territories = build_territories(practices_at(places), boundary_of(SQUARE))
    check_coverage(territories, SQUARE)
    said = territories["derived_from"]
    assert said["B"].endswith("900 m outside it: drawn from the nearest point of the boundary")
    assert said["C"].endswith("950 m outside it: drawn from the nearest point of the boundary")
    assert (territories.area > 100).all()


def test_without_a_boundary_the_area_is_drawn_around_the_practices() -> None:
    territories = build_territories(practices_at({"A": (0, 0), "B": (4_000, 0)}))
    area = shapely.LineString([(0, 0), (4_000, 0)]).buffer(1_000)
    check_coverage(territories, area)
    assert territories["derived_from"]["A"] == (
        "nearest practice (Voronoi), up to 1.0 km around the practices, as no boundary was given"
    )


def test_only_eligible_practices_have_a_territory() -> None:
    practices = practices_at({"A": (1, 1), "B": (5_000, 5_000)}, standing=["special", "eligible"])
    assert list(build_territories(practices, boundary_of(SQUARE)).index) == ["B"]
    with pytest.raises(DataError, match="no practice takes part"):
        build_territories(practices.iloc[:1], boundary_of(SQUARE))


def test_the_input_is_not_changed() -> None:
    practices, boundary = practices_at({"A": (1, 1), "B": (9_000, 9_000)}), boundary_of(SQUARE)
    kept = practices.copy(), boundary.copy()
    build_territories(practices, boundary, Rules())
    reaches(practices, boundary, 10)
    pd.testing.assert_frame_equal(practices, kept[0])
    pd.testing.assert_frame_equal(boundary, kept[1])


def test_reaches() -> None:
    places = {
        "inside": (5_000, 5_000),
        "reaching": (10_000, 15_000),
        "near": (5_000, -900),
        "behind": (5_000, -3_000),
        "lost": (0, 0),
    }
    practices = practices_at(places)
    practices.loc["lost", "geometry"] = None
    inside = reaches(practices, boundary_of(SQUARE), 1_000)
    assert inside.to_dict() == {
        "inside": True, "reaching": True, "near": True, "behind": False, "lost": False,
    }  # fmt: skip
    assert reaches(practices, None, 1_000).sum() == 4


# ---- the boundary ---------------------------------------------------------------------------


def test_rows_are_united_and_their_slit_is_closed() -> None:
    left, right = shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000, 0, 2_000, 1_000)
    slit = shapely.Polygon([(1_000, 200), (1_004, 500), (1_000, 800)])
    shape, notes = repair_boundary(boundary_of(left, right.difference(slit)))
    assert shape.equals(shapely.box(0, 0, 2_000, 1_000))
    assert notes == ("1 slits inside the boundary closed",)


def test_slivers_go_and_islets_stay() -> None:
    islet = shapely.Point(12_000, 0).buffer(50)
    sliver = shapely.box(11_000, 0, 11_001, 500)
    shape, notes = repair_boundary(boundary_of(shapely.union_all([SQUARE, islet, sliver])))
    assert shape.area == pytest.approx(SQUARE.area + islet.area)
    assert notes == ("1 slivers of the boundary dropped (500 m2)",)


@pytest.mark.parametrize(
    ("boundary", "words"),
    [
        (boundary_of(shapely.LineString([(0, 0), (5_000, 0)])), "holds no area"),
        (boundary_of(shapely.Polygon()), "holds no area"),
        (boundary_of(SQUARE).to_crs(4326), "must be in EPSG:27700"),
        (boundary_of(SQUARE).set_crs(None, allow_override=True), "must be in EPSG:27700"),
        (boundary_of(shapely.box(-1.5, 51, -1.2, 52)), "look like degrees"),
        (boundary_of(SQUARE).iloc[:0], "no rows"),
        (boundary_of(shapely.Polygon([(0, 0), (9e999, 0), (0, 9)])), "not finite"),
    ],
)
def test_a_boundary_that_cannot_be_used_is_refused(boundary: gpd.GeoDataFrame, words: str) -> None:
    with pytest.raises(DataError, match=words):
        repair_boundary(boundary)


# ---- networks -------------------------------------------------------------------------------


def test_network_areas_cover_what_their_practices_cover() -> None:
    places = {f"P{i}": (1_000 * (i + 1), 5_000) for i in range(6)}
    territories = build_territories(practices_at(places), boundary_of(SQUARE))
    network = pd.Series({"P0": "2", "P1": "2", "P2": "10", "P3": "10", "P4": "10", "P5": ""})
    areas = network_areas(Plan(network, status=Status.GIVEN), territories)
    assert list(areas.index) == ["2", "10"]
    assert areas.index.name == "network"
    assert areas.crs.to_epsg() == 27700
    assert areas.geometry["2"].equals(shapely.box(0, 0, 2_500, 10_000))
    assert areas.geometry["10"].equals(shapely.box(2_500, 0, 5_500, 10_000))


def test_a_boundary_of_another_place_is_refused_and_swapped_coordinates_are_recognised() -> None:
    far = boundary_of(shapely.box(500_000, 100_000, 510_000, 110_000))
    elsewhere, swapped = (
        practices_at({"A": (5_000, 5_000)}),
        practices_at({"A": (105_000, 505_000)}),
    )
    for use in (build_territories, lambda p, b: reaches(p, b, 1_000)):
        with pytest.raises(
            DataError, match=r"the nearest is 504 km away\. Check that the boundary"
        ):
            use(elsewhere, far)
        with pytest.raises(DataError, match="Eastings and northings are swapped"):
            use(swapped, far)


def test_practices_in_degrees_are_refused() -> None:
    with pytest.raises(DataError, match="coordinates must be in EPSG:27700"):
        build_territories(practices_at({"A": (1, 1)}).to_crs(4326), boundary_of(SQUARE))


def test_an_eligible_practice_without_a_place_is_refused() -> None:
    practices = practices_at({"A": (1, 1), "B": (2, 2)})
    practices.loc["B", "geometry"] = None
    with pytest.raises(DataError, match="1 eligible practices have no location: B"):
        build_territories(practices, boundary_of(SQUARE))
