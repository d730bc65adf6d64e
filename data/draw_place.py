"""Draw the invented place that `saltmere.toml` describes: land, practices, LSOAs, registrations.

Draws use `Generator.random` alone, the part of numpy's generators that stays the same from one
version to the next, with a generator of its own for each subject. All coordinates are British
National Grid metres; nothing here writes a file (`make_sample.py` does).
"""

from __future__ import annotations

import tomllib
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

GRID = 0.1  # metres; every border is drawn on this grid, so that neighbours share their corners
STEP = 240.0  # metres; the longest straight piece of a rough line
PEOPLE_PER_LSOA = 1_600
UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # the letters that end a postcode
#: OSGB36 to WGS 84 by the published seven parameters (EPSG:1314), written out so that no grid file
#: that a machine happens to have changes the sixth decimal.
TO_DEGREES = Transformer.from_pipeline(
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 "
    "+y_0=-100000 +ellps=airy +step +proj=push +v_3 +step +proj=cart +ellps=airy +step "
    "+proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector +step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 "
    "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


@dataclass
class Practice:
    """A practice as it will stand in the files."""

    code: str
    name: str
    area: str
    settlement: dict[str, Any]
    extra: dict[str, Any]
    list_size: int = 0
    at: Point = field(default_factory=Point)
    postcode: str = ""


@dataclass
class Place:
    """The whole invented place, in British National Grid metres."""

    plan: dict[str, Any]
    land: dict[str, BaseGeometry] = field(default_factory=dict)  # by area code
    practices: list[Practice] = field(default_factory=list)
    lsoas: gpd.GeoDataFrame | None = None
    people: np.ndarray | None = None  # practices x LSOAs
    postcodes: list[dict[str, Any]] = field(default_factory=list)

    def dice(self, subject: str) -> np.random.Generator:
        """Make a generator for one subject, so that a change to one leaves the others alone."""
        return np.random.default_rng([self.plan["seed"], zlib.crc32(subject.encode())])

    def metres(self, km: list[float]) -> np.ndarray:
        """Grid coordinates of a point given in kilometres from the origin."""
        return np.asarray(self.plan["origin"], float) + 1_000 * np.asarray(km, float)


def normal(dice: np.random.Generator) -> float:
    """One draw from the standard normal distribution."""
    return NormalDist().inv_cdf(min(max(float(dice.random()), 1e-9), 1 - 1e-9))


# ---- land ---------------------------------------------------------------------------------------
def rough(a: np.ndarray, b: np.ndarray, dice: np.random.Generator, shift: float) -> list[Any]:
    """Points from `a` to just before `b`, each half-way point moved sideways at random."""
    way = b - a
    if np.hypot(*way) <= STEP:
        return [a]
    across = np.array([-way[1], way[0]]) * shift * (2 * dice.random() - 1)
    middle = (a + b) / 2 + across
    return rough(a, middle, dice, shift) + rough(middle, b, dice, shift)


def rough_line(points: list[Any], dice: np.random.Generator, shift: float) -> np.ndarray:
    """Draw a rough line through all `points`."""
    pieces = [rough(a, b, dice, shift) for a, b in pairwise(points)]
    return np.vstack([*[p for piece in pieces for p in piece], points[-1]])


def draw_land(place: Place) -> None:
    """Make the land of the area (with its island) and of its neighbour."""
    dice = place.dice("land")
    lines = {
        name: [place.metres(p) for p in points] for name, points in place.plan["lines"].items()
    }
    shifts = {"north_coast": 0.24, "estuary": 0.16, "south_coast": 0.24, "inland": 0.1}
    mainland = Polygon(np.vstack([rough_line(lines[n], dice, s) for n, s in shifts.items()]))
    border = LineString(rough_line(lines["border"], dice, 0.14))
    island = Polygon(rough_line([*lines["island"], lines["island"][0]], dice, 0.24))
    faces = polygons([mainland.exterior, border])
    inside = [face for face in faces if mainland.contains(face.representative_point())]
    area = max(inside, key=lambda f: (f.contains(Point(place.metres([28, 12]))), f.area))
    rest = shapely.union_all([face for face in inside if face is not area])
    rest = max(shapely.get_parts(rest), key=lambda part: part.area)
    place.land = {
        place.plan["area"]["code"]: MultiPolygon([area, island]),
        place.plan["neighbour"]["code"]: rest,
    }


def polygons(lines: list[BaseGeometry]) -> list[Polygon]:
    """Find the faces that `lines` enclose, with shared corners, in a stable order."""
    net = shapely.union_all(lines, grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(net))).tolist()
    return sorted((shapely.normalize(f) for f in faces), key=lambda f: f.exterior.coords[:])


# ---- practices ----------------------------------------------------------------------------------
def found_practices(place: Place) -> None:
    """Give every practice of the plan its code, in the plan's order."""
    numbers = {place.plan["area"]["code"]: 99_000, place.plan["neighbour"]["code"]: 98_000}
    for settlement in place.plan["settlement"]:
        area = settlement.get("area", place.plan["area"]["code"])
        for entry in settlement["practices"]:
            extra = {"name": entry} if isinstance(entry, str) else entry
            numbers[area] += 1
            code = f"V{numbers[area]}"
            place.practices.append(Practice(code, extra["name"].upper(), area, settlement, extra))


def draw_lists(place: Place) -> None:
    """Draw list sizes (lognormal within a settlement) and scale them to the area's patients."""
    for practice in place.practices:
        dice = place.dice(f"list of {practice.name}")
        drawn = practice.settlement["mean"] * np.exp(0.42 * normal(dice) - 0.09)
        practice.list_size = practice.extra.get("list", int(drawn))
    own = [p for p in place.practices if p.area == place.plan["area"]["code"]]
    fixed = sum(p.list_size for p in own if "list" in p.extra)
    scale = (place.plan["patients"] - fixed) / (sum(p.list_size for p in own) - fixed)
    for practice in place.practices:
        if "list" not in practice.extra:
            practice.list_size = max(1_700, round(practice.list_size * scale))


def stand_practices(place: Place) -> None:
    """Find a place on land for every practice, at least 400 m from the others."""
    named: dict[str, Practice] = {}
    for practice in place.practices:
        extra = practice.extra
        if "with" in extra:
            practice.at = named[extra["with"]].at
        elif "at" in extra:
            practice.at = Point(place.metres(extra["at"]))
        elif "outside" in extra:
            practice.at = beyond(place, practice, extra["outside"])
        else:
            practice.at = somewhere(place, practice, [p.at for p in named.values()])
        practice.at = Point(np.round([practice.at.x, practice.at.y]))
        named[extra["name"]] = practice


def somewhere(place: Place, practice: Practice, taken: list[Point]) -> Point:
    """Find a point of the practice's settlement, inland and apart from those already `taken`."""
    dice = place.dice(f"site of {practice.name}")
    centre = place.metres(practice.settlement["at"])
    inland = place.land[practice.area].buffer(-300)
    for _ in range(1_000):
        spread = 1_000 * practice.settlement["spread"]
        point = Point(centre + spread * np.array([normal(dice), normal(dice)]))
        if inland.contains(point) and all(point.distance(other) > 400 for other in taken):
            return point
    raise ValueError(f"no room for {practice.name} in {practice.settlement['name']}")


def beyond(place: Place, practice: Practice, metres: float) -> Point:
    """Find the point `metres` outside the border nearest to the practice's settlement."""
    centre = Point(place.metres(practice.settlement["at"]))
    land = place.land[practice.area]
    shore = nearest_points(land.boundary, centre)[0]
    out = np.array([shore.x - centre.x, shore.y - centre.y]) / shore.distance(centre)
    for step in np.arange(metres, 3 * metres, 5.0):
        point = Point(np.array([shore.x, shore.y]) + step * out)
        if land.distance(point) >= metres:
            return point
    raise ValueError(f"{practice.name} cannot be put {metres} m outside")


# ---- postcodes ----------------------------------------------------------------------------------
def draw_postcodes(place: Place) -> None:
    """Give every site a postcode, and every LSOA one where people live."""
    dice = place.dice("postcodes")
    used: set[str] = set()
    sites: dict[tuple[float, float], str] = {}
    for practice in place.practices:
        where = (practice.at.x, practice.at.y)
        if where not in sites:
            ending = "2LB" if practice.extra.get("role") == "misspelt" else ""
            sites[where] = new_postcode(dice, practice.settlement["district"], used, ending)
            if practice.extra.get("role") != "unknown postcode":
                left = "202506" if practice.extra.get("role") == "terminated postcode" else ""
                place.postcodes.append(known_postcode(place, sites[where], practice.at, left))
        practice.postcode = sites[where]
    assert place.lsoas is not None
    for lsoa in place.lsoas.itertuples():
        postcode = new_postcode(dice, lsoa.district, used)
        place.postcodes.append(known_postcode(place, postcode, Point(np.round(lsoa.seed)), ""))
    place.postcodes.sort(key=lambda row: row["pcds"])


def new_postcode(dice: np.random.Generator, district: int, used: set[str], ending: str = "") -> str:
    """Draw a postcode of the district that is not `used` yet; it is used from then on."""
    while True:
        letters = [UNIT_LETTERS[int(len(UNIT_LETTERS) * dice.random())] for _ in range(2)]
        inward = ending or f"{1 + int(9 * dice.random())}{''.join(letters)}"
        postcode = f"ZZ{district} {inward}"
        if postcode not in used:
            used.add(postcode)
            return postcode


def known_postcode(place: Place, postcode: str, at: Point, left: str) -> dict[str, Any]:
    """Write one row of the postcode file (ONSPD's column names; a choice of its columns)."""
    assert place.lsoas is not None
    home = place.lsoas.iloc[place.lsoas.distance(at).argmin()]
    area = next(a for a in areas(place) if a["code"] == home["area"])
    east, north = round(at.x), round(at.y)
    longitude, latitude = TO_DEGREES.transform(east, north)
    outward, inward = postcode.split()
    return {
        "pcd": f"{outward:4}{inward}", "pcd2": f"{outward:4} {inward}", "pcds": postcode,
        "dointr": "198001", "doterm": left, "oslaua": area["authority"][0], "usertype": 0,
        "oseast1m": east, "osnrth1m": north, "osgrdind": 1, "ctry": "E92000001",
        "lsoa21": home["LSOA21CD"], "sicbl": area["ons"],
        "icb": place.plan["integrated_care_board"]["ons"],
        "lat": f"{latitude:.6f}", "long": f"{longitude:.6f}",
    }  # fmt: skip


def areas(place: Place) -> list[dict[str, Any]]:
    """Return the area and its neighbour, as the plan describes them."""
    return [place.plan["area"], place.plan["neighbour"]]


# ---- LSOAs --------------------------------------------------------------------------------------
def draw_lsoas(place: Place) -> None:
    """Tile the land with LSOAs: small where people are many, their borders rough."""
    seeds = [seed for settlement in place.plan["settlement"] for seed in homes(place, settlement)]
    seeds += countryside(place, seeds)
    coasts = [part.exterior for land in place.land.values() for part in shapely.get_parts(land)]
    faces = polygons([*rough_cells(place, seeds), *coasts])
    place.lsoas = name_lsoas(place, grow(faces, seeds, place))
    for area in areas(place):
        own = place.lsoas[place.lsoas["area"] == area["code"]]
        place.land[area["code"]] = shapely.normalize(shapely.coverage_union_all(own.geometry.array))


def rough_cells(place: Place, seeds: list[dict[str, Any]]) -> list[LineString]:
    """Draw the lines half-way between the seeds, made rough."""
    dice = place.dice("LSOA borders")
    frame = shapely.union_all(list(place.land.values())).buffer(2_000)
    points = shapely.MultiPoint([seed["seed"] for seed in seeds])
    edges = shapely.voronoi_polygons(points, extend_to=frame, only_edges=True)
    pairs = [pair for line in shapely.get_parts(edges) for pair in pairwise(line.coords)]
    ordered = sorted(tuple(sorted(pair)) for pair in pairs)
    return [LineString(rough_line([np.array(a), np.array(b)], dice, 0.12)) for a, b in ordered]


def homes(place: Place, settlement: dict[str, Any]) -> list[dict[str, Any]]:
    """Points round which the people of a settlement live, one for each LSOA."""
    dice = place.dice(f"homes in {settlement['name']}")
    patients = sum(p.list_size for p in place.practices if p.settlement is settlement)
    area = settlement.get("area", place.plan["area"]["code"])
    land = place.land[area].buffer(-120)
    found: list[dict[str, Any]] = []
    centre, spread = place.metres(settlement["at"]), 1_250 * settlement["spread"]
    wanted = max(2, round(0.88 * patients / PEOPLE_PER_LSOA))
    apart, tries = 420.0, 0
    while len(found) < wanted:
        tries += 1
        apart *= 1 if tries % 400 else 0.9
        at = centre + spread * np.array([normal(dice), normal(dice)])
        clear = all(np.hypot(*(at - f["seed"])) > apart for f in found)
        if clear and land.contains(Point(at)):
            found.append({"seed": at, "area": area, "settlement": settlement, "rural": False})
    return found


def countryside(place: Place, towns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points for the LSOAs between the settlements, far from any other."""
    dice = place.dice("countryside")
    found: list[dict[str, Any]] = []
    built = np.vstack([town["seed"] for town in towns])
    taken = built
    for code, land in place.land.items():
        west, south, east, north = land.bounds
        apart = 2_900 if code == place.plan["area"]["code"] else 4_500
        for _ in range(4_000):
            at = np.array([west, south]) + dice.random(2) * [east - west, north - south]
            if np.hypot(*(taken - at).T).min() > apart and land.contains(Point(at)):
                closest = towns[int(np.hypot(*(built - at).T).argmin())]["settlement"]
                found.append({"seed": at, "area": code, "settlement": closest, "rural": True})
                taken = np.vstack([taken, at])
    return found


def grow(faces: list[Polygon], seeds: list[dict[str, Any]], place: Place) -> list[dict[str, Any]]:
    """Give every face of land to a seed: its own, or that of the neighbour with most border."""
    owner: dict[int, int] = {}
    tree = shapely.STRtree(faces)
    for i, seed in enumerate(seeds):
        for face in tree.query(Point(seed["seed"]), predicate="intersects"):
            owner.setdefault(int(face), i)
    for code, land in place.land.items():
        inner = shapely.contains_xy(
            land, *np.array([f.representative_point().coords[0] for f in faces]).T
        )
        here = [i for i in range(len(faces)) if inner[i]]
        owner = {f: s for f, s in owner.items() if not inner[f] or seeds[s]["area"] == code}
        join_rest(faces, here, owner, tree)
    parts: dict[int, list[Polygon]] = {}
    for face, seed in sorted(owner.items()):
        parts.setdefault(seed, []).append(faces[face])
    return [
        {**seeds[i], "geometry": shapely.normalize(shapely.coverage_union_all(parts[i]))}
        for i in sorted(parts)
    ]


def join_rest(
    faces: list[Polygon], here: list[int], owner: dict[int, int], tree: shapely.STRtree
) -> None:
    """Give the faces of one area that hold no seed to the neighbour they share most border with."""
    left = [i for i in here if i not in owner]
    while left:
        waiting = []
        for i in left:
            touching = [int(j) for j in tree.query(faces[i], predicate="touches")]
            shared = {
                j: faces[i].intersection(faces[j]).length
                for j in touching
                if j in owner and j in here
            }
            if shared and max(shared.values()) > 0:
                owner[i] = owner[max(shared, key=lambda j: (shared[j], -j))]
            else:
                waiting.append(i)
        if len(waiting) == len(left):
            raise ValueError(f"{len(left)} pieces of land have no LSOA: {faces[left[0]].centroid}")
        left = waiting


def name_lsoas(place: Place, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Give the LSOAs codes and names as ONS does: five to a middle layer area, from A to E."""
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:27700")
    frame["district"] = [s["district"] for s in frame["settlement"]]
    for area, prefix in zip(areas(place), ("E01999", "E01998"), strict=True):
        own = frame.index[frame["area"] == area["code"]]
        for i, row in enumerate(own):
            frame.loc[row, "LSOA21CD"] = f"{prefix}{i + 1:03}"
            frame.loc[row, "LSOA21NM"] = f"{area['authority'][1]} {i // 5 + 1:03}{'ABCDE'[i % 5]}"
    return frame.sort_values("LSOA21CD", ignore_index=True)


# ---- who is registered where --------------------------------------------------------------------
def register(place: Place) -> None:
    """Draw registrations: nearer practices get more, lists and LSOAs both come out full."""
    assert place.lsoas is not None
    homes_at = np.vstack(place.lsoas["seed"])
    sites = np.array([[p.at.x, p.at.y] for p in place.practices])
    way = ways(place, sites, homes_at)
    reach = {"city": 900, "suburb": 1_000, "town": 1_300, "village": 2_400, "island": 2_400}
    reached = np.array([[reach[p.settlement["kind"]]] for p in place.practices])
    people = np.exp(-way / reached) + 1e-7 * np.exp(-way / 9_000)
    dice = place.dice("registrations")
    lists = np.array([p.list_size * (1 - 0.006 * dice.random()) for p in place.practices])
    full = lists.sum() / people.shape[1] * (0.75 + 0.5 * dice.random(people.shape[1]))
    for _ in range(60):
        people *= full / people.sum(axis=0)
        people *= (lists / people.sum(axis=1))[:, None]
    place.people = np.vstack([whole(row) for row in people])


def ways(place: Place, sites: np.ndarray, homes_at: np.ndarray) -> np.ndarray:
    """Measure from practices to homes; where water lies between, by bridge or round the head."""
    land = shapely.union_all(list(place.land.values())).buffer(250)
    shapely.prepare(land)
    bridge = place.plan["bridge"]
    south, north, head = (place.metres(bridge[name]) for name in ("south", "north", "head"))

    def far(points: np.ndarray, to: np.ndarray) -> np.ndarray:
        return np.hypot(*(points - to).T)

    straight = np.hypot(*(sites[:, None] - homes_at[None]).transpose(2, 0, 1))
    over = np.minimum(
        far(sites, south)[:, None] + far(homes_at, north)[None],
        far(sites, north)[:, None] + far(homes_at, south)[None],
    ) + float(np.hypot(*(south - north)))
    round_head = far(sites, head)[:, None] + far(homes_at, head)[None]
    pairs = [[LineString([a, b]) for b in homes_at] for a in sites]
    dry = shapely.covers(land, np.array(pairs, dtype=object))
    return np.where(dry, straight, np.minimum(over, round_head))


def whole(row: np.ndarray) -> np.ndarray:
    """Round a row to whole people without changing its (rounded) total."""
    floor = np.floor(row + 1e-9)
    short = round(float(row.sum())) - int(floor.sum())
    most = np.argsort(-(row - floor), kind="stable")[:short]
    floor[most] += 1
    return floor.astype(int)


def draw(description: Path) -> Place:
    """Draw the whole place from its description."""
    place = Place(tomllib.loads(description.read_text(encoding="utf-8")))
    draw_land(place)
    found_practices(place)
    draw_lists(place)
    stand_practices(place)
    draw_lsoas(place)
    draw_postcodes(place)
    register(place)
    return place
