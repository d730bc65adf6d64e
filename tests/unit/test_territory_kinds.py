"""Territories from registrations and from given polygons, branches, and what a plan covers."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from pcngeo.adjacency import build_graph
from pcngeo.errors import DataError
from pcngeo.intake.registrations import Registrations
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.territory import (
    assign_lsoas,
    build_territories,
    coverage,
    localisation,
    network_areas,
    overlap,
    split_sites,
)

CRS = "EPSG:27700"
SQUARE = shapely.box(0, 0, 6_000, 4_000)
REGISTRATIONS = Rules(territory="registrations")
POLYGONS = Rules(territory="polygons")


def practices_at(places: dict[str, tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "list_size": [1_000 * (i + 1) for i in range(len(places))],
            "standing": "eligible",
            "site": [f"{x}/{y}" for x, y in places.values()],
            **columns,
        },
        index=pd.Index(list(places), name="practice"),
        geometry=shapely.points(np.array(list(places.values()), dtype=float)),
        crs=CRS,
    )


def boundary_of(area: shapely.Geometry = SQUARE) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[area], crs=CRS)


def grid_of_lsoas(columns: int = 6, rows: int = 4) -> gpd.GeoDataFrame:
    """Squares of 1 km, named for their column and row: L00 is in the south-west."""
    names = {f"L{i}{j}": shapely.box(1_000 * i, 1_000 * j, 1_000 * i + 1_000, 1_000 * j + 1_000)
             for i in range(columns) for j in range(rows)}  # fmt: skip
    return gpd.GeoDataFrame(index=pd.Index(list(names), name="lsoa"), geometry=list(names.values()),
                            crs=CRS)  # fmt: skip


def registered(**lsoas: dict[str, int]) -> pd.DataFrame:
    rows = [(p, lsoa, n) for lsoa, counts in lsoas.items() for p, n in counts.items()]
    return pd.DataFrame(rows, columns=["practice", "lsoa", "patients"])


def halves(**more: dict[str, int]) -> pd.DataFrame:
    """A wins the three western columns, B the eastern ones, unless told otherwise."""
    counts = {
        f"L{i}{j}": {"A": 60, "B": 40} if i < 3 else {"A": 40, "B": 60}
        for i in range(6)
        for j in range(4)
    }
    return registered(**{**counts, **more})


WEST_EAST = {"A": (500, 500), "B": (5_500, 500)}


# ---- registrations ---------------------------------------------------------------------------


def test_each_lsoa_goes_to_the_practice_with_most_of_its_patients() -> None:
    territories = build_territories(
        practices_at(WEST_EAST), boundary_of(), REGISTRATIONS,
        registrations=halves(), lsoas=grid_of_lsoas(),
    )  # fmt: skip
    assert territories.geometry["A"].equals(shapely.box(0, 0, 3_000, 4_000))
    assert territories.geometry["B"].equals(shapely.box(3_000, 0, 6_000, 4_000))
    assert set(territories["derived_from"]) == {
        "registrations: each LSOA to the practice with most of its registered patients"
    }


def test_the_table_of_lsoas_says_who_won_and_why() -> None:
    table = assign_lsoas(
        practices_at(WEST_EAST),
        halves(L00={"A": 5, "Z": 90}, L33={"Z": 7}, unmapped={"A": 3}),
        grid_of_lsoas(),
        boundary_of(),
    )
    assert list(table.index) == sorted(grid_of_lsoas().index)
    row = table.loc["L00"]  # Z lies outside the area: it is counted, but wins nothing
    assert (row["site"], row["won_by"], row["patients"], row["registered"]) == (
        "500/500", "500/500", 5, 95,
    )  # fmt: skip
    assert row["share"] == pytest.approx(5 / 95)
    assert table.loc["L33", "won_by"] == ""
    assert table.loc["L33", "rule"] == "no registered patients: longest common border"
    assert table.loc["L33", "site"] == "5500/500"  # three of its four neighbours are B's


def test_an_exclave_joins_the_neighbour_around_it_or_stays() -> None:
    counts, lsoas = halves(L51={"A": 99, "B": 1}), grid_of_lsoas()
    practices = practices_at(WEST_EAST)
    given = {"registrations": counts, "lsoas": lsoas}
    joined = build_territories(practices, boundary_of(), REGISTRATIONS, **given)
    assert joined["parts"].tolist() == [1, 1]
    assert joined.geometry["B"].covers(lsoas.geometry["L51"])
    assert "1 LSOAs: apart from its practice: longest common border" in joined.attrs["notes"]
    table = assign_lsoas(practices, counts, lsoas, boundary_of())
    assert table.loc["L51", ["site", "won_by"]].tolist() == ["5500/500", "500/500"]
    keep = Rules(territory="registrations", exclaves="keep")
    kept = build_territories(practices, boundary_of(), keep, **given)
    assert kept.geometry["A"].covers(lsoas.geometry["L51"])
    assert kept["note"]["A"] == "holds a part without a practice (100.0 ha)"


def test_practices_that_win_no_lsoa_do_not_vanish() -> None:
    places = {**WEST_EAST, "C": (2_500, 2_500), "D": (3_500, 3_500)}
    counts = halves(L21={"A": 60, "B": 30, "C": 25}, L22={"A": 60, "C": 20})
    territories = build_territories(
        practices_at(places), boundary_of(), REGISTRATIONS,
        registrations=counts, lsoas=grid_of_lsoas(),
    )  # fmt: skip
    lsoas = grid_of_lsoas().geometry
    assert territories.geometry["C"].equals(lsoas["L21"])  # where it has most of its own patients
    assert territories.geometry["D"].equals(lsoas["L33"])  # nobody registered: where it stands
    assert territories["derived_from"]["C"].endswith("this one: its practice wins no other LSOA")
    assert territories["derived_from"]["D"].endswith("nearest to a practice that wins no LSOA")
    cells = territories.geometry.to_numpy()
    assert shapely.coverage_is_valid(cells)
    assert shapely.area(cells).sum() == pytest.approx(SQUARE.area)


def test_of_practices_that_win_no_lsoa_the_larger_chooses_first() -> None:
    places = {**WEST_EAST, "C": (2_500, 2_500), "D": (3_500, 3_500)}
    counts = halves(L21={"A": 60, "C": 20, "D": 25}, L22={"A": 60, "C": 9, "D": 12, "B": 1})
    table = assign_lsoas(practices_at(places), counts, grid_of_lsoas(), boundary_of())
    assert table.loc[["L21", "L22"], "site"].tolist() == ["3500/3500", "2500/2500"]


def test_co_located_practices_win_together() -> None:
    places = {"A": (500, 500), "A2": (500, 500), "B": (5_500, 500)}
    counts = halves(L40={"A": 30, "A2": 35, "B": 60}, L30={"A": 30, "A2": 35, "B": 60})
    table = assign_lsoas(practices_at(places), counts, grid_of_lsoas(), boundary_of())
    assert table.loc["L40", "won_by"] == table.loc["L30", "won_by"] == "500/500"
    assert table.loc["L40", "patients"] == 65


def test_small_misfits_between_lsoas_are_closed() -> None:
    lsoas = grid_of_lsoas()
    short = shapely.Polygon([(2_000, 0), (3_000, 0), (2_999, 500), (3_000, 1_000), (2_000, 1_000)])
    lsoas.loc["L20", "geometry"] = short
    territories = build_territories(
        practices_at(WEST_EAST), boundary_of(), REGISTRATIONS, registrations=halves(), lsoas=lsoas
    )
    cells = territories.geometry.to_numpy()
    assert shapely.coverage_is_valid(cells)
    assert shapely.area(cells).sum() == pytest.approx(SQUARE.area)
    assert build_graph(practices_at(WEST_EAST), territories).has_edge("A", "B")


def test_lsoas_beyond_the_boundary_do_not_count() -> None:
    territories = build_territories(
        practices_at(WEST_EAST), boundary_of(SQUARE.buffer(-600)), REGISTRATIONS,
        registrations=halves(), lsoas=grid_of_lsoas(),
    )  # fmt: skip
    assert territories.total_bounds.tolist() == [1_000, 1_000, 5_000, 3_000]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "needs registrations and lsoas, which were not given"),
        ({"registrations": halves()}, "needs lsoas"),
        (
            {"registrations": registered(E01={"A": 1}), "lsoas": grid_of_lsoas()},
            r"no LSOA of the registrations is among the polygons .*\(Q19\)",
        ),
        ({"registrations": halves().drop(columns="lsoa"), "lsoas": grid_of_lsoas()}, "lack col"),
        ({"registrations": halves(), "lsoas": grid_of_lsoas().to_crs(4326)}, "must be in EPSG"),
        (
            {"registrations": halves(), "lsoas": pd.concat([grid_of_lsoas()] * 2)},
            "24 LSOAs stand twice",
        ),
        (
            {"registrations": registered(L00={"A": 1, "B": 1}), "lsoas": grid_of_lsoas(1, 1)},
            r"fewer LSOAs \(1\) than sites of practices \(2\)",
        ),
    ],
)
def test_registrations_that_cannot_be_used_are_refused(
    given: dict[str, object], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        build_territories(practices_at(WEST_EAST), boundary_of(), REGISTRATIONS, **given)


# ---- polygons of the planner -----------------------------------------------------------------


def areas(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"practice": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def test_given_polygons_are_kept_and_overlaps_and_gaps_go_to_the_nearest() -> None:
    places = {"A": (500, 2_000), "B": (5_500, 2_000), "C": (3_000, 3_900)}
    given = areas(A=shapely.box(-100, 0, 4_000, 2_500), B=shapely.box(3_000, 0, 6_000, 2_500))
    territories = build_territories(practices_at(places), boundary_of(), POLYGONS, polygons=given)
    cells = territories.geometry
    assert shapely.coverage_is_valid(cells.to_numpy())
    assert cells.area.sum() == pytest.approx(SQUARE.area)
    assert cells["A"].covers(shapely.box(0, 0, 2_900, 2_000))
    assert cells["B"].covers(shapely.box(4_100, 0, 6_000, 2_000))
    assert cells["A"].covers(shapely.Point(500, 3_000))  # a gap: nearest practice
    assert cells["C"].covers(shapely.Point(3_000, 3_500))
    assert territories["derived_from"]["A"].startswith("polygon given by the planner")
    assert territories["derived_from"]["C"] == "no polygon given: nearest practice (Voronoi)"


def test_a_practice_whose_polygon_is_elsewhere_does_not_vanish() -> None:
    places = {"A": (500, 500), "B": (5_500, 500)}
    given = areas(A=SQUARE, B=shapely.box(0, 0, 900, 900), Q=SQUARE)
    territories = build_territories(practices_at(places), boundary_of(), POLYGONS, polygons=given)
    assert territories["derived_from"]["B"].startswith("polygon given, but all of it nearer")
    assert territories.geometry["B"].equals(shapely.box(3_000, 0, 6_000, 4_000))
    assert territories.attrs["notes"] == ("1 polygons of other practices left aside: Q",)


def test_without_a_boundary_given_polygons_are_not_cut() -> None:
    given = areas(A=shapely.box(-9_000, 0, 3_000, 4_000))
    territories = build_territories(practices_at(WEST_EAST), None, POLYGONS, polygons=given)
    assert territories.geometry["A"].covers(given.geometry[0])
    assert territories["parts"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "needs polygons"),
        (areas(Q=SQUARE), "no polygon belongs to a practice that takes part"),
        (areas(A=SQUARE).to_crs(4326), "must be in EPSG:27700"),
    ],
)
def test_polygons_that_cannot_be_used_are_refused(given: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        build_territories(practices_at(WEST_EAST), boundary_of(), POLYGONS, polygons=given)


@pytest.mark.parametrize("seed", range(6))
def test_random_polygons_become_a_coverage(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = {f"P{i}": tuple(xy) for i, xy in enumerate(rng.integers(100, 3_900, (12, 2)))}
    given = areas(
        **{
            code: shapely.Point(np.add(xy, rng.normal(0, 900, 2))).buffer(rng.integers(200, 2_000))
            for code, xy in list(places.items())[:9]
        }
    )
    practices = practices_at(places)
    territories = build_territories(practices, boundary_of(), POLYGONS, polygons=given)
    cells = territories.geometry
    assert shapely.coverage_is_valid(cells.to_numpy())
    assert cells.area.sum() == pytest.approx(SQUARE.area)
    assert territories["parts"].eq(1).all()
    assert nx.is_connected(build_graph(practices, territories))


# ---- branches --------------------------------------------------------------------------------


def branches(*rows: tuple[str, float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"practice": [code for code, _, _ in rows]},
        geometry=[shapely.Point(x, y) for _, x, y in rows],
        crs=CRS,
    )


def test_a_territory_is_that_of_all_sites_of_a_practice() -> None:
    practices = practices_at({"A": (1_000, 2_000), "B": (3_000, 2_000), "C": (5_000, 2_000)})
    plain = build_graph(practices, build_territories(practices, boundary_of()))
    assert not plain.has_edge("A", "C")
    territories = build_territories(
        practices, boundary_of(), branches=branches(("A", 3_000, 200), ("Q", 100, 100))
    )
    assert territories.geometry["A"].covers(shapely.Point(3_000, 100))
    assert shapely.coverage_is_valid(territories.geometry.to_numpy())
    assert territories.area.sum() == pytest.approx(SQUARE.area)
    graph = build_graph(practices, territories)
    assert graph.has_edge("A", "C")
    assert graph.nodes["A"]["x"] == 1_000  # where the practice is: its main site


def test_a_branch_on_the_site_of_another_practice_links_them() -> None:
    practices = practices_at({"A": (1_000, 2_000), "B": (3_000, 2_000), "C": (5_000, 2_000)})
    territories = build_territories(
        practices, boundary_of(), branches=branches(("A", 5_000, 2_000), ("A", 5_000.2, 2_000))
    )
    assert territories["beside"].to_dict() == {"A": "C", "B": "", "C": ""}
    graph = build_graph(practices, territories)
    assert graph.edges["A", "C"]["kind"] == "co-located"
    assert graph.edges["A", "C"]["why"] == "a branch of A is on the site of C"


def test_of_two_branches_on_one_place_the_larger_practice_has_the_land() -> None:
    practices = practices_at({"A": (1_000, 2_000), "B": (5_000, 2_000)})
    both = branches(("A", 3_000, 100), ("B", 3_000, 100))
    territories = build_territories(practices, boundary_of(), branches=both)
    assert territories.geometry["B"].covers(shapely.Point(3_000, 200))
    assert territories["beside"].to_dict() == {"A": "B", "B": ""}


def test_a_branch_outside_the_area_changes_nothing() -> None:
    practices = practices_at(WEST_EAST)
    far = build_territories(practices, boundary_of(), branches=branches(("A", 3_000, 90_000)))
    assert far.geom_equals(build_territories(practices, boundary_of())).all()


def test_branches_without_place_or_parent_are_refused() -> None:
    practices, lost = practices_at(WEST_EAST), branches(("A", 1, 1))
    lost.loc[0, "geometry"] = None
    with pytest.raises(DataError, match="1 branches have no location: A"):
        build_territories(practices, boundary_of(), branches=lost)
    with pytest.raises(DataError, match="lack a column 'practice'"):
        build_territories(practices, boundary_of(), branches=lost.drop(columns="practice"))


# ---- networks --------------------------------------------------------------------------------


def plan_of(**network: str) -> Plan:
    return Plan(pd.Series(network), status=Status.GIVEN)


def test_a_site_that_a_plan_splits_is_divided_and_said() -> None:
    places = {"A": (1_000, 1_000), "B": (3_000, 1_000), "B2": (3_000, 1_000), "C": (5_000, 1_000)}
    places["N"] = (3_000, 3_000)  # the cut through the site of B and B2 ends on its border
    practices = practices_at(places)
    territories = build_territories(practices, boundary_of())
    plan = plan_of(A="1", B="1", B2="2", C="2", N="3")
    split = split_sites(plan, territories)
    assert split.loc["3000/1000"].tolist() == [("B", "B2"), ("1", "2")]
    shapes = network_areas(plan, territories, practices)
    assert shapely.coverage_is_valid(shapes.geometry.to_numpy())
    assert shapes.area.sum() == pytest.approx(SQUARE.area)
    assert shapes["parts"].tolist() == [1, 1, 1]
    assert shapes["sites"].tolist() == [2, 2, 1]
    assert shapes["note"].tolist() == [
        "shares a site with network 2", "shares a site with network 1", "",
    ]  # fmt: skip
    assert shapes.area["1"] == pytest.approx(shapes.area["2"], rel=0.05)
    assert network_areas(plan, territories)["parts"].tolist() == [1, 1, 1]


def test_every_network_has_an_area_even_on_one_site() -> None:
    practices = practices_at({"A": (3_000, 2_000), "B": (3_000, 2_000), "C": (3_000, 2_000)})
    territories = build_territories(practices, boundary_of())
    shapes = network_areas(plan_of(A="1", B="2", C="3"), territories)
    assert (shapes.area > 1e6).all()
    assert shapes.area.sum() == pytest.approx(SQUARE.area)
    assert split_sites(plan_of(A="1", B="1", C=""), territories).empty


def test_an_island_in_a_network_is_listed() -> None:
    island = shapely.box(9_000, 0, 10_000, 1_000)
    practices = practices_at({"A": (1_000, 2_000), "B": (5_000, 2_000), "I": (9_500, 500)})
    territories = build_territories(practices, boundary_of(SQUARE.union(island)))
    shapes = network_areas(plan_of(A="1", B="2", I="2"), territories)
    assert shapes["note"].tolist() == ["", "in 2 parts: joined by a link, not by a border"]


# ---- what is covered -------------------------------------------------------------------------


def test_coverage_is_measured_three_ways() -> None:
    places = {**WEST_EAST, "C": (3_000, 2_000), "D": (3_000, 3_000), "X": (1, 1), "S": (2, 2)}
    standing = ["eligible", "eligible", "eligible", "covered", "excluded", "special"]
    practices = practices_at(places, standing=standing)
    territories = build_territories(practices, boundary_of())
    table = assign_lsoas(practices, halves(), grid_of_lsoas(), boundary_of())
    full = coverage(plan_of(A="1", B="1", C="2"), practices, territories, boundary_of(), table)
    assert full["share"].tolist() == [1, 1, 1, 1]
    assert full["met"].all()
    assert full.loc["practices", ["covered", "total"]].tolist() == [5, 5]
    assert full.loc["patients", "covered"] == 16_000
    assert full.loc["area_km2", "total"] == pytest.approx(24)
    gap = coverage(plan_of(A="1", B="1", C=""), practices, territories, None, table)
    assert gap["met"].tolist() == [False, False, True, True]
    assert gap.loc["practices", "missing"] == "C"
    assert gap.loc["patients", ["covered", "missing"]].tolist() == [13_000, "3,000 patients"]
    assert gap.loc["area_km2", "share"] < 1
    assert gap.loc["lsoas", "covered"] == 23


def test_localisation_and_overlap_are_what_their_definitions_say() -> None:
    counts = registered(
        L1={"A": 70, "B": 10, "C": 20}, L2={"A": 10, "B": 30, "C": 60}, unmapped={"A": 7, "C": 2}
    )
    plan = plan_of(A="1", B="1", C="2")
    known = counts[counts["lsoa"] != "unmapped"]
    local = localisation(plan, counts)
    assert local.loc["1"].tolist() == [120, 80, pytest.approx(80 / 120), 1, 7]
    assert local.loc["2"].tolist() == [80, 60, 0.75, 1, 2]
    shares = overlap(plan, known)
    assert shares.loc["1"].tolist() == pytest.approx([80 / 120, 40 / 120])
    assert shares.loc["2"].tolist() == [0.25, 0.75]
    assert np.diag(shares).tolist() == pytest.approx(local["localisation"].tolist())


# ---- editions of LSOAs (Q19) ------------------------------------------------------------------
def of_edition(frame: pd.DataFrame, *, changed: str = "") -> pd.DataFrame:
    """Name the squares of the grid like LSOAs; one of them may have got a new code in 2021."""
    names = {f"L{i}{j}": f"E010000{i}{j}" for i in range(6) for j in range(4)}
    if changed:
        names[changed] = "E01035000"
    if "lsoa" in frame:
        return frame.assign(lsoa=frame["lsoa"].map(names))
    return frame.rename(index=names)


def test_q19_polygons_of_another_edition_are_refused_though_most_codes_match() -> None:
    practices, counts = practices_at(WEST_EAST), of_edition(halves())
    new = of_edition(grid_of_lsoas(), changed="L02")
    with pytest.raises(
        DataError,
        match=r"by LSOA 2011, the polygons of LSOA 2021: only 23 of 24 LSOAs of the area \(95.8%\)"
        r" are in both, not E01035000.*--lsoa-changes \(Q19\)",
    ):
        assign_lsoas(practices, counts, new, boundary_of())
    counts = of_edition(halves(), changed="L02")
    with pytest.raises(DataError, match=r"by LSOA 2021, the polygons of LSOA 2011.*LSOA 2021 \(Q1"):
        assign_lsoas(practices, counts, of_edition(grid_of_lsoas()), boundary_of())


def test_q19_polygons_of_another_edition_serve_where_nothing_changed() -> None:
    practices, counts = practices_at(WEST_EAST), of_edition(halves())
    polygons = of_edition(grid_of_lsoas(7), changed="L02")
    polygons = polygons.rename(index={"E01035000": "E01000002", "L60": "E01035000"})
    table = assign_lsoas(practices, counts, polygons, boundary_of())
    assert len(table) == 24 and (table["registered"] > 0).all()


def test_q20_the_share_of_patients_that_the_lsoas_hold_is_said() -> None:
    counts = pd.concat([halves(), registered(unmapped={"A": 600})])
    made = build_territories(
        practices_at(WEST_EAST), boundary_of(), REGISTRATIONS, registrations=counts,
        lsoas=grid_of_lsoas(),
    )  # fmt: skip
    assert made.attrs["notes"][0] == (
        "2,400 of 3,000 registered patients (80.0%) live in the 24 LSOAs of the area; the others "
        "live elsewhere or in no known LSOA"
    )


def test_given_polygons_that_had_to_be_repaired_are_said() -> None:
    crossing = shapely.Polygon([(0, 0), (500, 900), (500, 0), (0, 900)])
    flat = shapely.Polygon([(600, 0), (700, 0), (650, 0)])
    given = areas(A=crossing, B=flat)
    places = practices_at({"A": (100, 300), "B": (900, 300)})
    drawn = build_territories(places, boundary_of(), Rules(territory="polygons"), polygons=given)
    assert drawn.attrs["notes"][:2] == (
        "1 polygon of a practice is not valid: repaired: A",
        "1 polygon of a practice is without area: left aside: B",
    )


def test_patients_of_practices_outside_the_area_are_counted_and_the_practice_named() -> None:
    whole = halves(L00={"A": 5, "Z": 90}, L10={"A": 40, "Z": 7})
    homes = Registrations(whole, None, "homes.csv", len(whole), "2011")
    own = whole[whole["practice"] != "Z"]
    places, shapes = practices_at(WEST_EAST), grid_of_lsoas()
    alone = assign_lsoas(places, own, shapes, boundary_of())
    table = assign_lsoas(places, own, shapes, boundary_of(), everyone=homes.by_lsoa)
    assert alone.loc["L00", "share"] == 1
    assert table.loc["L00", ["site", "patients", "registered"]].tolist() == ["500/500", 5, 95]
    assert table.loc["L00", "share"] == pytest.approx(5 / 95)
    said = "most registered patients; outside the area more are with Z"
    assert table.loc["L00", "rule"] == said
    assert table.loc["L10", ["registered", "rule"]].tolist() == [47, "most registered patients"]
    assert (table["registered"] == whole.groupby("lsoa")["patients"].sum()[table.index]).all()
