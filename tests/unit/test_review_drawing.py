"""What the review page draws: borders, colours, places, and the file it all goes into."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.affinity
from browser.grid_area import grid_area
from hypothesis import given, settings
from hypothesis import strategies as st

from pcngeo.errors import DataError
from pcngeo.review import draw_map, map_html, map_svg, save_map
from pcngeo.review.colours import FILLS, colour_networks
from pcngeo.review.facts import gather
from pcngeo.review.layout import badge_places, push_apart
from pcngeo.review.picture import draw_picture, site_networks
from pcngeo.review.places import busy, place_names
from pcngeo.review.shapes import OUTSIDE, draw_shapes, sides_of
from pcngeo.review.symbols import MEANING, SHAPES


def page(layout: str = "112\n132\n334", **options: Any) -> str:
    area = grid_area(layout, **options)
    return map_html(draw_map(*area.arguments(), graph=area.graph))


def test_sides_add_up_to_the_borders_of_the_areas() -> None:
    area = grid_area("1122\n1132\n3333")
    shapes = draw_shapes(area.territories, area.practices)
    assert sum(a.area for a in shapes.areas) == pytest.approx(12e6)
    inner = sum(s.line.length for s in shapes.sides if s.b != OUTSIDE)
    outer = sum(s.line.length for s in shapes.sides if s.b == OUTSIDE)
    assert (inner, outer) == (17_000, 14_000)


def test_network_edges_are_those_of_the_dissolved_areas() -> None:
    area = grid_area("1122\n1132\n3333")
    shapes = draw_shapes(area.territories, area.practices)
    at = dict(area.plan.assignment)
    for network, edge in shapes.edges(at).items():
        own = [a for s, a in zip(shapes.sites, shapes.areas, strict=True) if at[s] == network]
        assert edge.length == pytest.approx(shapely.union_all(own).length)
    assert shapes.neighbours(at) == [("1", "2"), ("1", "3"), ("2", "3")]


def test_sides_of_areas_with_a_hole() -> None:
    ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    found = {(s.a, s.b): s.line.length for s in sides_of([ring, shapely.box(10, 10, 20, 20)])}
    assert found == {(0, OUTSIDE): 120.0, (0, 1): 40.0}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30))
def test_neighbours_never_share_a_colour(pairs: set[tuple[int, int]]) -> None:
    networks = [str(i) for i in range(12)]
    beside = sorted({(str(min(p)), str(max(p))) for p in pairs if p[0] != p[1]})
    found = colour_networks(networks, beside, colours=12)
    assert all(found[a] != found[b] for a, b in beside)
    assert set(found) == set(networks)


def test_colouring_is_exact_where_greedy_fails() -> None:
    """A crown: taken in the order given, first fit needs four colours; two are enough."""
    pairs = [(f"a{i}", f"b{j}") for i in range(4) for j in range(4) if i != j]
    order = [f"{side}{i}" for i in range(4) for side in "ab"]
    found = colour_networks(order, pairs, colours=2)
    assert all(found[a] != found[b] for a, b in pairs)


def test_too_few_colours_still_answers() -> None:
    clique = [(str(a), str(b)) for a in range(5) for b in range(a)]
    found = colour_networks([str(i) for i in range(5)], clique, colours=3)
    assert set(found.values()) <= {0, 1, 2}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=25),
    st.integers(3, 9),
)
def test_circles_are_pushed_apart_the_same_way_each_time(
    places: list[tuple[int, int]], radius: int
) -> None:
    true = np.array(places, dtype=float)
    radii = np.full(len(true), float(radius))
    moved = push_apart(true, radii, rounds=400)
    assert np.array_equal(moved, push_apart(true, radii, rounds=400))
    gap = np.hypot(*(moved[:, None] - moved[None, :]).transpose(2, 0, 1))
    np.fill_diagonal(gap, np.inf)
    assert gap.min() > 1.6 * radius


def test_a_number_with_no_room_stands_beside_its_network() -> None:
    places = {"1": np.array([[50.0, 50.0]])}
    circles, radii = np.array([[50.0, 50.0]]), np.array([9.0])
    x, y, px, py = badge_places(places, {}, circles, radii, {"1": 15.0})["1"]
    assert (x, y) == (50.0, 50.0)
    assert np.hypot(px - 50, py - 50) > 9 + 15


def test_every_status_has_a_symbol_and_words() -> None:
    assert set(MEANING) <= set(SHAPES)


def test_the_map_is_a_folium_map_with_its_layers() -> None:
    area = grid_area()
    found = draw_map(*area.arguments(), graph=area.graph)
    assert isinstance(found, folium.Map)
    layers = [c for c in found._children.values() if isinstance(c, folium.GeoJson)]
    assert [layer.layer_name for layer in layers] == ["Areas around", "Networks"]
    assert len(layers[1].data["features"]) == 9


def test_neighbouring_networks_are_filled_differently_in_the_page() -> None:
    area = grid_area("112\n132\n334")
    shapes = draw_shapes(area.territories, area.practices)
    facts = gather(area.plan, area.practices)
    colours = colour_networks(
        [n.id for n in facts.networks], shapes.neighbours(site_networks(facts))
    )
    svg = draw_picture(shapes, facts, colours)
    assert {FILLS[c] for c in colours.values()} <= set(re.findall(r"#[0-9A-F]{6}", svg))
    assert svg.count('href="#s-member"') == 8
    assert svg.count('href="#s-alone"') == 1


def test_same_input_same_bytes_in_any_process() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from browser.grid_area import grid_area\n"
        "from pcngeo.review import draw_map, map_html\n"
        "a = grid_area('1122\\n1332\\n3344'); import hashlib\n"
        "m = draw_map(*a.arguments(), graph=a.graph)\n"
        "print(hashlib.sha256(map_html(m).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, check=True,
            cwd=Path(__file__).resolve().parents[2],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
    area = grid_area("1122\n1332\n3344")
    found = draw_map(*area.arguments(), graph=area.graph)
    assert map_html(found) == map_html(found), "writing a map twice gives the same page"


def test_the_page_names_no_other_host() -> None:
    html = page()
    html = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    loads = re.findall(r"""(?:src|href)\s*=\s*["']?(https?:[^"'\s>]+)""", html)
    assert loads == []
    assert re.findall(r"url\((?!data:|#)[^)]*\)", html) == []
    assert "sourceMappingURL" not in page()
    assert "default-src &#39;none&#39;" in html


def test_save_map_writes_what_map_html_gives(tmp_path: Path) -> None:
    area = grid_area()
    found = draw_map(*area.arguments())
    path = save_map(found, tmp_path / "map.html")
    assert path.read_bytes().decode() == map_html(found)
    assert found._repr_html_().startswith("<iframe"), "and a notebook shows it"


def test_the_still_map_is_one_picture_that_needs_nothing_else() -> None:
    area = grid_area(columns={"name": {"P00": "<&>"}}, area_name="A & B <x>")
    root = ElementTree.fromstring(map_svg(draw_map(*area.arguments(), graph=area.graph)))
    svg = "{http://www.w3.org/2000/svg}"
    ids = {node.get("id") for node in root.iter(f"{svg}symbol")}
    used = {node.get("href", "").lstrip("#") for node in root.iter(f"{svg}use")}
    assert used <= ids
    assert used


def test_input_is_not_changed() -> None:
    area = grid_area()
    before = area.practices.copy(), area.territories.copy()
    map_html(draw_map(*area.arguments(), graph=area.graph))
    assert area.practices.equals(before[0])
    assert area.territories.equals(before[1])


def test_frames_that_break_their_contract_are_refused() -> None:
    area = grid_area()
    with pytest.raises(DataError, match="practices break their contract"):
        draw_map(area.plan, area.practices.drop(columns="site"), area.territories)


@pytest.mark.parametrize("layout", ["1", "...", "11\n11"])
def test_small_and_empty_plans_still_make_a_page(layout: str) -> None:
    assert page(layout).startswith("<!doctype html>")


def test_an_area_without_located_practices_still_makes_a_page() -> None:
    area = grid_area("1", more=[{"practice": "Y1", "standing": "orphan"}])
    lone = area.practices.loc[["Y1"]]
    plan = area.plan.replace(assignment=area.plan.assignment.iloc[:0])
    html = map_html(draw_map(plan, lone, area.territories.iloc[:0], area.boundary))
    assert "No network is proposed" in html


def star() -> shapely.Polygon:
    """A valid polygon of thin spikes: rounding to whole metres crosses its edges."""
    chance = np.random.default_rng(1)
    angle = np.sort(chance.random(40)) * 2 * np.pi
    far = np.where(np.arange(40) % 2, 2500, 8 + chance.random(40) * 20)
    return shapely.Polygon(
        np.column_stack([606_000 + far * np.cos(angle), 403_000 + far * np.sin(angle)])
    )


def test_areas_around_stay_valid_when_they_are_drawn_in_whole_metres() -> None:
    """TopologyException of two CCGs planned as one: rounding had crossed a border over itself."""
    area = grid_area()
    bow_tie = shapely.Polygon([(604e3, 4e5), (606e3, 402e3), (606e3, 4e5), (604e3, 402e3)])
    around = gpd.GeoDataFrame(
        {"name": ["NHS Star CCG", "NHS Bow CCG"]}, geometry=[star(), bow_tie], crs="EPSG:27700"
    )
    shapes = draw_shapes(area.territories, area.practices, area.boundary, around)
    assert [name for name, _ in shapes.context] == ["NHS Bow CCG", "NHS Star CCG"]
    for _, polygon in shapes.context:
        assert polygon.is_valid
        coordinates = shapely.get_coordinates(polygon)
        assert np.array_equal(coordinates, np.round(coordinates))
    assert map_html(draw_map(*area.arguments(), context=around))


def test_a_place_name_that_cannot_be_placed_is_left_out() -> None:
    tie = shapely.Polygon([(0, 0), (100, 90), (100, 0), (0, 90), (50, 20), (0, 0)])
    view, own = shapely.box(-50, -50, 150, 150), shapely.box(40, 40, 60, 60)
    assert not tie.is_valid
    areas = [("Tie", tie), ("Box", shapely.box(0, 60, 100, 140))]
    assert [name for name, _ in place_names(areas, view, own, letter=2.0)][-1] == "Box"


def test_a_number_lies_on_no_circle_and_on_no_other_number() -> None:
    """It may lie across an edge: with a circle either side, the edge is better than a line away."""
    grid = np.array([[x, y] for x in range(0, 81, 4) for y in range(0, 81, 4)], dtype=float)
    square = shapely.box(0, 0, 80, 80).exterior
    circles = np.array([[20.0, 40.0], [60.0, 40.0]])
    radii = np.array([9.0, 9.0])
    found = badge_places({"1": grid, "2": grid}, {"1": square, "2": square}, circles, radii,
                         {"1": 15.0, "2": 15.0})  # fmt: skip
    for x, y, px, py in found.values():
        assert (x, y) == (px, py), "inside, without a line"
        box = shapely.box(px - 15, py - 13, px + 15, py + 13)
        assert all(box.distance(shapely.Point(*c)) >= 9 for c in circles)
    (_, _, ax, ay), (_, _, bx, by) = found.values()
    assert abs(ax - bx) >= 30 or abs(ay - by) >= 26


def test_a_list_without_a_network_is_never_too_small_or_beneath() -> None:
    """St Mary's: on a map as large as Cornwall its mark was smaller than its island's outline."""
    many = "\n".join("1" * 16 for _ in range(16))
    many = "." + many[1:]
    area = grid_area(many, lists={"P00": 400})
    shapes = draw_shapes(area.territories, area.practices)
    svg = draw_picture(shapes, gather(area.plan, area.practices), {"1": 0}, width=300, height=300)
    wide = {k: float(v) for k, v in re.findall(r'#s-(\w+)" x="\S+" y="\S+" width="([\d.]+)"', svg)}
    assert wide["orphan"] >= 2.8 * 8
    assert wide["member"] < wide["orphan"]
    assert svg.index('href="#s-orphan"') > svg.rindex('href="#s-member"')
    assert svg.index('href="#s-orphan"') > svg.rindex(">1</text></g>"), "over the numbers too"


def test_the_area_of_a_network_of_one_practice_is_seen_around_its_circle() -> None:
    area = grid_area("12\n11", lists={"P01": 900_000})
    shapes = draw_shapes(area.territories, area.practices)
    svg = draw_picture(
        shapes, gather(area.plan, area.practices), {"1": 0, "2": 1}, width=120, height=120
    )
    wide = float(re.findall(r'#s-alone" x="\S+" y="\S+" width="([\d.]+)"', svg)[0])
    cell = (120 - 36) / 2
    assert np.pi * (wide / 2.8) ** 2 < cell**2 / 2


def test_a_place_name_keeps_clear_of_practices_beside_the_area() -> None:
    """Bellevue: the mark of a list outside its area lay under the name of the area around."""
    area = grid_area("111\n111\n111")
    beside = gpd.GeoDataFrame(
        {"name": ["East"]}, geometry=[shapely.box(603_000, 400_000, 605_000, 403_000)],
        crs="EPSG:27700",
    )  # fmt: skip
    shapes = draw_shapes(area.territories, area.practices, area.boundary, beside)
    view = shapely.box(-100, 0, 4_400, 3_000)
    (_, (x, y)), *_ = place_names(shapes.context, view, busy(shapes, [], 30.0), letter=30.0)
    kept = place_names(shapes.context, view, busy(shapes, [(x, y)], 30.0), letter=30.0)
    box = shapely.box(-60, -30, 60, 30)
    for _, place in kept:
        assert shapely.affinity.translate(box, *place).distance(shapely.Point(x, y)) > 30


def test_a_number_is_repeated_only_where_it_fits() -> None:
    spot = {"1\n0": np.array([[50.0, 50.0]]), "1\n1": np.array([[150.0, 50.0]])}
    circles, radii = np.array([[50.0, 50.0], [150.0, 50.0]]), np.array([9.0, 9.0])
    rooms = dict.fromkeys(spot, 15.0)
    assert set(badge_places(spot, {}, circles, radii, rooms, further={"1\n1"})) == {"1\n0"}
    assert set(badge_places(spot, {}, circles, radii, rooms)) == set(spot)


def test_a_part_that_is_less_than_a_metre_does_not_stop_the_map() -> None:
    from pcngeo.review.shapes import _coverage

    square = shapely.box(0, 0, 2_000, 2_000)
    speck = shapely.Polygon([(3_000.1, 0.1), (3_000.3, 0.1), (3_000.3, 0.3), (3_000.1, 0.3)])
    areas = np.array(
        [shapely.MultiPolygon([square, speck]), shapely.box(2_000, 0, 4_000, 2_000)], dtype=object
    )
    drawn = _coverage(areas, (0.0, 0.0), 50.0)
    assert [round(shape.area) for shape in drawn] == [4_000_000, 4_000_000]
