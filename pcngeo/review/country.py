"""The picture of very many networks at once: a country or a region, its crowded parts larger.

Above some thousands of practices a page in a browser is slow and numbers on a map cannot be read.
What can be seen is how a country is divided: which networks there are, where they cross the borders
of commissioning areas, how large they are, and where somebody is in none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import shapely
from scipy.spatial import cKDTree

from pcngeo.review.colours import BEYOND, FILLS, INK
from pcngeo.review.picture import FONT, Frame, scale_bar
from pcngeo.review.words import display_area
from pcngeo.schema import UNPLACED
from pcngeo.words import count_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["draw_country"]

#: The sheet, the map on it, and the crowded parts, pixels.
SHEET, MAP, PART = (1200, 1180), (830, 1000), 300
#: Crowded parts that are drawn larger, and how much smaller than the country each is.
PARTS, SMALLER = 3, 11.0
#: A part is crowded when it holds this share of all practices.
CROWDED = 0.02
LEFT, TOP = 20, 116
#: Pixels of a letter of a caption, about.
LETTER = 6.1
LOST = "#B3261E"


def draw_country(
    areas: gpd.GeoDataFrame,
    measures: pd.DataFrame,
    practices: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    *,
    title: str = "",
    words: Sequence[str] = (),
    window: tuple[int, int] = (30_000, 50_000),
) -> str:
    """Draw all networks of a plan on one sheet (SVG).

    Parameters
    ----------
    areas
        Area of every network (`pcngeo.territory.network_areas`), EPSG:27700.
    measures
        Columns practices and list_size, by network.
    practices
        Columns name, list_size, status and places.
    boundary
        Commissioning areas: their borders are drawn over the networks.
    title, words
        What stands above the map.
    window
        Least and most patients of a network.

    Returns
    -------
    str
        An ``<svg>`` document that needs nothing else. Pointing at a network tells its number,
        practices and patients.
    """
    wide, high = SHEET
    shapes = areas.geometry.to_numpy()
    colours = _colours(areas)
    own = measures.reindex(areas.index)
    said = [*map(_said, map(str, own.index), own["practices"], own["list_size"])]
    seen = practices[practices.geometry.notna() & ~practices.geometry.is_empty]
    lost = seen[seen["status"].isin(UNPLACED)]
    borders = None if boundary is None else boundary.geometry.boundary.to_numpy()
    ends = [areas.total_bounds, *([lost.total_bounds] if len(lost) else [])]
    west, south = (float(min(b[k] for b in ends)) for k in (0, 1))
    east, north = (float(max(b[k] for b in ends)) for k in (2, 3))
    frame = Frame.fit((west, south, east, north), *MAP)
    side = max(east - west, north - south) / SMALLER
    parts = _crowded(shapely.get_coordinates(seen.geometry.to_numpy()), side)
    body = [
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<text x="{LEFT}" y="38" {FONT} font-size="25" font-weight="700" fill="{INK}">'
        f"{escape(title)}</text>",
        *_lines(words, LEFT, 62),
        _panel(LEFT, TOP, MAP, _drawn(shapes, colours, said, borders, lost, frame), frame),
    ]
    for k, (box, count) in enumerate(parts, 1):
        x, y = LEFT + MAP[0] + 25, TOP + (k - 1) * (PART + 36)
        near = Frame(box[0], box[3], PART / side, PART, PART)
        view = shapely.box(*box)
        inside = np.flatnonzero(shapely.intersects(shapes, view))
        here = lost[shapely.intersects(lost.geometry.to_numpy(), view)]
        drawn = _drawn(
            shapes[inside], colours[inside], [said[i] for i in inside],
            None if borders is None else borders[shapely.intersects(borders, view)], here, near,
        )  # fmt: skip
        body.append(_panel(x, y, (PART, PART), drawn, near))
        body.append(_caption(k, box, count, x, y, frame, _around(box, boundary)))
    none = int(practices["status"].isin(UNPLACED).sum())
    body += [*_sizes(measures, window), *_legend(none, len(lost), boundary is not None)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" role="img" aria-label="{escape(title)}">{"".join(body)}</svg>\n'
    )


def _colours(areas: gpd.GeoDataFrame) -> np.ndarray:
    """Give a colour to every network, another one to each that it touches.

    Six are enough for any map: the network with fewest neighbours left is coloured last.
    """
    index = areas.sindex.query(areas.geometry, predicate="intersects")
    beside: nx.Graph[int] = nx.Graph()
    beside.add_nodes_from(range(len(areas)))
    beside.add_edges_from((int(a), int(b)) for a, b in index.T if a < b)
    order = nx.algorithms.coloring.strategy_smallest_last(beside, {})
    found, used = np.full(len(areas), -1), np.zeros(len(FILLS), int)
    for i in order:
        taken = {int(found[j]) for j in beside[i]}
        free = [k for k in range(len(FILLS)) if k not in taken] or list(range(len(FILLS)))
        found[i] = min(free, key=lambda k: (used[k], k))
        used[found[i]] += 1
    return found


def _said(network: str, practices: int, patients: int) -> str:
    return f"Network {network}: {count_of(practices, 'practice')}, {patients:,} patients"


def _drawn(
    shapes: np.ndarray,
    colours: np.ndarray,
    said: Sequence[str],
    borders: np.ndarray | None,
    lost: gpd.GeoDataFrame,
    frame: Frame,
) -> Iterator[str]:
    """Networks, the borders of commissioning areas, and practices in no network."""
    fine = shapely.coverage_simplify(shapes, 0.5 / frame.scale)
    for shape, colour, text in zip(fine, colours, said, strict=True):
        yield (
            f'<path d="{_path(shape, frame)}" fill="{FILLS[colour]}" stroke="{INK}" '
            f'stroke-width=".5"><title>{escape(text)}</title></path>'
        )
    if borders is not None and len(borders):
        line = "".join(_path(b, frame) for b in shapely.simplify(borders, 0.7 / frame.scale))
        yield f'<path d="{line}" fill="none" stroke="#fff" stroke-width="2.4"/>'
        yield f'<path d="{line}" fill="none" stroke="{INK}" stroke-width="1.1"/>'
    for row in lost.itertuples():
        x, y = frame.pixels([(row.geometry.x, row.geometry.y)])[0]
        text = escape(f"{row.name} ({row.Index}): {row.list_size:,} patients, in no network")
        yield (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#fff" stroke="{LOST}" '
            f'stroke-width="3"><title>{text}</title></circle>'
        )


def _path(shape: object, frame: Frame) -> str:
    """Path data of polygons or lines, to a tenth of a pixel; what cannot be seen is left out."""
    pieces = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            if part.area * frame.scale**2 < 0.3:
                continue
            rings, end = shapely.get_rings(part), "Z"
        else:
            rings, end = [part], ""
        for ring in rings:
            points = np.round(frame.pixels(shapely.get_coordinates(ring)), 1)
            keep = np.r_[True, np.any(points[1:] != points[:-1], axis=1)]
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points[keep]) + end)
    return "".join(pieces)


def _panel(x: float, y: float, size: tuple[int, int], drawn: Iterator[str], frame: Frame) -> str:
    """Put a map on the sheet, with its scale, cut at its edge."""
    wide, high = size
    length, label = scale_bar(frame.scale, 0.25 * wide)
    bar, at = length * frame.scale, high - 14
    left = wide - bar - 28
    return (
        f'<svg x="{x}" y="{y}" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<rect width="{wide}" height="{high}" fill="{BEYOND}"/>{"".join(drawn)}'
        f'<rect x="{left:.1f}" y="{at - 22}" width="{bar + 20:.1f}" height="30" fill="#fff"/>'
        f'<path d="M{left + 10:.1f} {at - 5}v5h{bar:.1f}v-5" fill="none" stroke="{INK}" '
        'stroke-width="2"/>'
        f'<text x="{left + 10 + bar / 2:.1f}" y="{at - 8}" text-anchor="middle" {FONT} '
        f'font-size="11" fill="{INK}">{label}</text></svg>'
        f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="none" stroke="{INK}" '
        'stroke-width="1"/>'
    )


def _crowded(
    places: np.ndarray, side: float
) -> list[tuple[tuple[float, float, float, float], int]]:
    """Find the squares that hold most practices, none overlapping, and how many each holds."""
    found: list[tuple[tuple[float, float, float, float], int]] = []
    left, half = places, side / 2
    while len(left) and len(found) < PARTS:
        near = cKDTree(left).query_ball_point(left, half, p=np.inf, return_length=True)
        if int(near.max()) < CROWDED * len(places):
            break
        x, y = left[int(np.argmax(near))]
        around = left[np.abs(left - (x, y)).max(axis=1) <= half]
        x, y = around.mean(axis=0)
        box = (x - half, y - half, x + half, y + half)
        found.append((box, int((np.abs(places - (x, y)).max(axis=1) <= half).sum())))
        left = left[np.abs(left - (x, y)).max(axis=1) > side]
    return found


def _around(box: tuple[float, float, float, float], boundary: gpd.GeoDataFrame | None) -> str:
    """Name the commissioning area in the middle of a part."""
    if boundary is None or "name" not in boundary:
        return ""
    middle = shapely.box(*box).centroid
    here = boundary.loc[boundary.geometry.intersects(middle), "name"].astype(str)
    name = display_area(here.iloc[0]) if len(here) else ""
    return f"around {name}, " if name else ""


def _caption(
    k: int,
    box: tuple[float, float, float, float],
    count: int,
    x: float,
    y: float,
    frame: Frame,
    where: str,
) -> str:
    """Say what a part shows, and where it lies on the map."""
    (left, top), (right, low) = frame.pixels([(box[0], box[3]), (box[2], box[1])])
    left, right, top, low = left + LEFT, right + LEFT, top + TOP, low + TOP
    text, room = f"{k}: {where}{count:,} practices", SHEET[0] - x - 6
    narrow = len(text) * LETTER > room
    fitted = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if narrow else ""
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{low - top:.1f}" '
        f'fill="none" stroke="{INK}" stroke-width="2"/>'
        f'<rect x="{left:.1f}" y="{top - 17:.1f}" width="16" height="17" fill="{INK}"/>'
        f'<text x="{left + 8:.1f}" y="{top - 4:.1f}" text-anchor="middle" {FONT} font-size="13" '
        f'font-weight="700" fill="#fff">{k}</text>'
        f'<text x="{x}" y="{y + PART + 18}" {FONT} font-size="13" fill="{INK}"{fitted}>'
        f"{escape(text)}</text>"
    )


def _sizes(measures: pd.DataFrame, window: tuple[int, int]) -> Iterator[str]:
    """Draw how many networks there are of each size, on the open sea of the map's corner."""
    low, high = window
    step = (high - low) / 10
    edges = low + step * np.arange(11)
    sizes = measures["list_size"].to_numpy(float)
    counts = np.histogram(sizes, edges)[0]
    under, over = int((sizes < low).sum()), int((sizes > high).sum())
    x, y, wide, tall = LEFT + 16.0, TOP + 150.0, 200.0, 90.0
    bar, most = wide / len(counts), max(1, int(counts.max()))
    yield (
        f'<rect x="{LEFT + 8}" y="{TOP + 8}" width="224" height="196" fill="#fff"/>'
        f'<text x="{x}" y="{TOP + 28}" {FONT} font-size="13" font-weight="700" fill="{INK}">'
        "Networks by patients</text>"
    )
    for i, count in enumerate(counts):
        h = tall * count / most
        yield (
            f'<rect x="{x + i * bar + 1:.1f}" y="{y - h:.1f}" width="{bar - 2:.1f}" '
            f'height="{h:.1f}" fill="#5B7FA3"/>'
            f'<text x="{x + (i + 0.5) * bar:.1f}" y="{y - h - 4:.1f}" text-anchor="middle" {FONT} '
            f'font-size="10" fill="{INK}">{count}</text>'
        )
    for place, value in ((0, low), (len(counts) / 2, (low + high) // 2), (len(counts), high)):
        yield (
            f'<text x="{x + place * bar:.1f}" y="{y + 15:.1f}" text-anchor="middle" {FONT} '
            f'font-size="11" fill="{INK}">{value / 1000:g}k</text>'
        )
    beside = [f"{over} above {high:,}"] * bool(over) + [f"{under} below {low:,}"] * bool(under)
    text = "; ".join(beside) or "none outside the window"
    yield (f'<text x="{x}" y="{y + 38:.1f}" {FONT} font-size="12" fill="{INK}">{text}</text>')


def _legend(none: int, lost: int, borders: bool) -> Iterator[str]:
    y = TOP + MAP[1] + 24
    said = ["Colours only tell neighbours apart."]
    if borders:
        said.append("Heavy lines: borders of commissioning areas.")
    x = float(LEFT)
    if lost:
        yield (
            f'<circle cx="{x + 6}" cy="{y - 4}" r="5" fill="#fff" stroke="{LOST}" '
            'stroke-width="3"/>'
        )
        x += 18
        unknown = f", {none - lost:,} of them without a known place" if none > lost else ""
        said.insert(0, f"{count_of(none, 'practice')} in no network{unknown}.")
    yield f'<text x="{x}" y="{y}" {FONT} font-size="13" fill="{INK}">{" ".join(said)}</text>'
    note = (
        "Areas are derived from where practices are; they are not catchments. For the page of one "
        "area: pcngeo map FOLDER --area CODE."
    )
    yield f'<text x="{LEFT}" y="{y + 19}" {FONT} font-size="13" fill="{INK}">{note}</text>'


def _lines(words: Sequence[str], x: float, y: float) -> Iterator[str]:
    for k, text in enumerate(words):
        yield (
            f'<text x="{x}" y="{y + 19 * k}" {FONT} font-size="14" fill="{INK}">'
            f"{escape(text)}</text>"
        )
