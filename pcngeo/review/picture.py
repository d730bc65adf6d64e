"""The same map as a still picture (SVG): for paper, for readers whose computer blocks scripts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely

from pcngeo.review.colours import BEYOND, EDGE, FILLS, INK, LAND, UNPLACED, pattern_fill
from pcngeo.review.facts import Facts, PracticeRow
from pcngeo.review.layout import badge_places, dense_corner, push_apart, sample_points
from pcngeo.review.places import busy, place_names
from pcngeo.review.shapes import OUTSIDE, Shapes
from pcngeo.review.symbols import DEFINITIONS, LEAST, radius, room_alone, shrink, use

__all__ = ["Frame", "crowded", "draw_picture", "inside", "scale_bar", "site_networks"]

FONT = 'font-family="Arial, Helvetica, sans-serif"'


@dataclass(frozen=True)
class Frame:
    """How local metres become pixels: `scale` pixels a metre, y down."""

    west: float
    north: float
    scale: float
    width: float
    height: float

    @classmethod
    def fit(cls, bounds: tuple[float, float, float, float], width: float, height: float) -> Frame:
        """Put an area in the middle of a drawing, as large as its margin allows."""
        west, south, east, north = bounds
        margin = 18.0
        scale = min((width - 2 * margin) / (east - west), (height - 2 * margin) / (north - south))
        spare_x = width / scale - (east - west)
        spare_y = height / scale - (north - south)
        return cls(west - spare_x / 2, north + spare_y / 2, scale, width, height)

    @property
    def view(self) -> shapely.Polygon:
        """What is seen, in local metres."""
        wide, high = self.width / self.scale, self.height / self.scale
        return shapely.box(self.west, self.north - high, self.west + wide, self.north)

    def sees(self, pixel: Any, margin: float = 30.0) -> bool:
        """Whether a pixel lies on the drawing, or so near that its symbol reaches in."""
        x, y = pixel
        return bool(-margin < x < self.width + margin and -margin < y < self.height + margin)

    def pixels(self, xy: Any) -> np.ndarray:
        """Local metres to pixels."""
        points = np.asarray(xy, dtype=float).reshape(-1, 2)
        return np.column_stack(
            [(points[:, 0] - self.west) * self.scale, (self.north - points[:, 1]) * self.scale]
        )

    def place(self, geometry: Any) -> Any:
        """Turn a geometry into pixels."""
        return shapely.transform(geometry, self.pixels)


def site_networks(facts: Facts) -> dict[str, str]:
    """Network of every site: that of most of its people, where practices of one site differ."""
    people: dict[str, dict[str, int]] = {}
    for practice in facts.practices:
        if practice.site:
            network = practice.network if practice.placed else ""
            count = people.setdefault(practice.site, {})
            count[network] = count.get(network, 0) + practice.people
    return {site: max(sorted(count), key=lambda n: count[n]) for site, count in people.items()}


def scale_bar(scale: float, most: float = 150.0) -> tuple[float, str]:
    """Length in metres and label of a scale bar of at most so many pixels.

    Examples
    --------
    >>> scale_bar(0.1), scale_bar(0.002)
    ((1000.0, '1 km'), (50000.0, '50 km'))
    """
    room = most / scale
    power = 10.0 ** math.floor(math.log10(room))
    length = next(m * power for m in (5.0, 2.0, 1.0) if m * power <= room)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return length, label


def draw_picture(
    shapes: Shapes,
    facts: Facts,
    colours: Mapping[str, int],
    *,
    links: Sequence[tuple[str, str, str]] = (),
    width: int = 800,
    height: int = 800,
    title: str = "",
    alone: bool = True,
    part: tuple[float, float, float, float] | None = None,
) -> str:
    """Draw the map as SVG.

    Parameters
    ----------
    shapes, facts, colours
        What to draw, who is where, and the colour number of every network.
    links
        Links that no border shows: two practices and the kind.
    width, height
        Size of the drawing, pixels.
    title
        Its name, for readers who cannot see it.
    alone
        Whether it brings its own symbols; on the page they are there already.
    part
        Only this part of the map (`crowded`), larger.

    Returns
    -------
    str
        One ``<svg>`` element that needs nothing else.
    """
    frame = Frame.fit(part or shapes.bounds, width, height)
    corner = None if part else crowded(shapes, facts)
    at = site_networks(facts)
    dots = _dots(facts, shapes, frame)
    spots, names = _badge_spots(shapes, frame, at, facts, dots)
    body = [
        f'<rect width="{width}" height="{height}" fill="{BEYOND}"/>',
        *_context(shapes, frame, [spot[2:] for spot in spots.values()], dots),
        *_areas(shapes, frame, at, colours),
        *_lines(shapes, frame, at),
        *_bridges(dots, links),
        *_branches(shapes, frame),
        *_practices(dots, frame, placed=True),
        *_badges(spots, names),
        *_practices(dots, frame, placed=False),
        *_keys(dots, frame),
        *([] if corner is None else [_corner(frame, corner)]),
        _bar(frame),
    ]
    symbols = f"<defs>{DEFINITIONS}</defs>" if alone else ""
    label = f' role="img" aria-label="{escape(title)}"' if title else ' aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"{label} '
        f'data-frame="{frame.west:.2f} {frame.north:.2f} {frame.scale:.7f}">'
        f"{symbols}{''.join(body)}</svg>"
    )


def crowded(shapes: Shapes, facts: Facts) -> tuple[float, float, float, float] | None:
    """Find the part of the map that is too crowded for its scale, or nothing."""
    east, north = shapes.origin
    places = [
        (p.x - east, p.y - north)
        for p in facts.practices
        if p.x is not None and p.y is not None and inside(p, shapes)
    ]
    area = sum(a.area for a in shapes.areas)
    return dense_corner(np.array(places, dtype=float).reshape(-1, 2), shapes.extent, area)


def _corner(frame: Frame, part: tuple[float, float, float, float]) -> str:
    west, south, east, north = part
    (x, y), (x1, y1) = frame.pixels([(west, north), (east, south)])
    box = f'x="{x:.1f}" y="{y:.1f}" width="{x1 - x:.1f}" height="{y1 - y:.1f}" fill="none"'
    return f'<rect {box} stroke="{INK}" stroke-width="1.5" stroke-dasharray="7 4"/>'


def inside(practice: PracticeRow, shapes: Shapes) -> bool:
    """Whether a practice lies on the drawing, or so near that it is still of use there."""
    if practice.x is None or practice.y is None:
        return False
    x, y = practice.x - shapes.origin[0], practice.y - shapes.origin[1]
    west, south, east, north = shapes.bounds
    margin = 0.02 * shapes.extent
    return west - margin <= x <= east + margin and south - margin <= y <= north + margin


def _path(geometry: Any, frame: Frame) -> str:
    """Path data of polygons or lines, to a tenth of a pixel."""
    parts = shapely.get_parts(geometry)
    rings = shapely.get_rings(parts) if parts[0].geom_type == "Polygon" else parts
    closed = "Z" if parts[0].geom_type == "Polygon" else ""
    pieces = []
    for ring in rings:
        points = frame.pixels(shapely.get_coordinates(ring))
        pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + closed)
    return "".join(pieces)


def _context(
    shapes: Shapes, frame: Frame, badges: Sequence[tuple[float, float]], dots: _Dots
) -> Iterable[str]:
    for _, area in shapes.context:
        if not shapely.intersects(frame.view, area):
            continue
        yield f'<path d="{_path(area, frame)}" fill="{LAND}" stroke="{EDGE}"/>'
    view = frame.view
    letter = 6.6 / frame.scale
    east, north = shapes.origin
    marks = [(float(p.x or 0) - east, float(p.y or 0) - north) for p in dots.rows]
    for name, place in place_names(
        shapes.context, view, busy(shapes, marks, letter), letter=letter
    ):
        x, y = frame.pixels(place)[0]
        half = 3.3 * len(name) + 16
        if any(abs(x - bx) < half and abs(y - by) < 22 for bx, by in badges):
            continue
        yield (
            f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" {FONT} font-size="13" '
            f'fill="#4A5866">{escape(name)}</text>'
        )


def _areas(
    shapes: Shapes, frame: Frame, at: dict[str, str], colours: Mapping[str, int]
) -> Iterable[str]:
    for i, (site, area) in enumerate(zip(shapes.sites, shapes.areas, strict=True)):
        network = at.get(site, "")
        flat = FILLS[colours[network]] if network in colours else UNPLACED
        fill = pattern_fill(colours[network]) if network in colours else UNPLACED
        if not shapely.intersects(frame.view, area):
            continue
        line = f'fill="{fill}" stroke="{flat}" stroke-width=".6"'
        yield f'<path data-site="{i}" d="{_path(area, frame)}" {line}/>'


def _lines(shapes: Shapes, frame: Frame, at: dict[str, str]) -> Iterable[str]:
    inner: list[str] = []
    edge: list[str] = []
    for side in shapes.sides:
        a = at.get(shapes.sites[side.a], "")
        b = None if side.b == OUTSIDE else at.get(shapes.sites[side.b], "")
        if shapely.intersects(frame.view, side.line):
            (inner if a == b else edge).append(_path(side.line, frame))
    joined = 'fill="none" stroke-linejoin="round" stroke-linecap="round"'
    within = f'data-line="inner" d="{"".join(inner)}"'
    yield f'<path {within} {joined} stroke="#fff" stroke-width="1.1"/>'
    yield f'<path data-line="edge" d="{"".join(edge)}" {joined} stroke="#fff" stroke-width="5.5"/>'
    yield f'<path data-line="edge" d="{"".join(edge)}" {joined} stroke="{INK}" stroke-width="2.2"/>'


@dataclass(frozen=True)
class _Dots:
    """The practices that are drawn: their true places, where they are drawn, their radii."""

    rows: list[PracticeRow]
    true: np.ndarray
    places: np.ndarray
    radii: np.ndarray


def _dots(facts: Facts, shapes: Shapes, frame: Frame) -> _Dots:
    rows = [p for p in facts.practices if inside(p, shapes)]
    east, north = shapes.origin
    true = frame.pixels([(float(p.x or 0) - east, float(p.y or 0) - north) for p in rows])
    radii = np.array([0.9 * radius(p.people, p.status) for p in rows])
    area = sum(a.area for a in shapes.areas) * frame.scale**2 or frame.width * frame.height
    radii = np.maximum(radii * shrink(radii, area), [LEAST.get(p.status, 3.0) for p in rows])
    size = dict(zip(shapes.sites, (a.area * frame.scale**2 for a in shapes.areas), strict=True))
    room = [room_alone(size.get(p.site, 0.0)) if p.status == "alone" else np.inf for p in rows]
    radii = np.minimum(radii, room)
    return _Dots(rows, true, push_apart(true, radii), radii)


def _bridges(dots: _Dots, links: Sequence[tuple[str, str, str]]) -> Iterable[str]:
    place = {p.code: xy for p, xy in zip(dots.rows, dots.places, strict=True)}
    for a, b, _ in links:
        if a in place and b in place:
            (x, y), (px, py) = place[a], place[b]
            line = f'd="M{x:.1f} {y:.1f}L{px:.1f} {py:.1f}"'
            yield f'<path {line} stroke="{INK}" stroke-width="5"/>'
            yield f'<path {line} stroke="#fff" stroke-width="2" stroke-dasharray="4 3"/>'


def _branches(shapes: Shapes, frame: Frame) -> Iterable[str]:
    """Draw a small white square where a practice has a branch surgery."""
    for x, y in frame.pixels([(x, y) for x, y, _ in shapes.branches]) if shapes.branches else ():
        yield (
            f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="#fff" '
            f'stroke="{INK}" stroke-width="1.2"/>'
        )


def _practices(dots: _Dots, frame: Frame, *, placed: bool) -> Iterable[str]:
    """Those in a network lie under its number; those without lie on top, or none would see them."""
    shown = [p.placed is placed for p in dots.rows]
    for (x, y), (px, py), r, own in zip(dots.true, dots.places, dots.radii, shown, strict=True):
        if own and math.hypot(px - x, py - y) > r + 4:
            yield (
                f'<path d="M{x:.1f} {y:.1f}L{px:.1f} {py:.1f}" stroke="{INK}"/>'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{INK}"/>'
            )
    for i in np.argsort(-dots.radii, kind="stable"):
        if shown[i] and frame.sees(dots.places[i]):
            own_ = f'<use data-code="{escape(dots.rows[i].code)}" '
            yield use(dots.rows[i].status, dots.radii[i], *dots.places[i]).replace("<use ", own_)


Spots = dict[str, tuple[float, float, float, float]]


def _badge_spots(
    shapes: Shapes, frame: Frame, at: dict[str, str], facts: Facts, dots: _Dots
) -> tuple[Spots, dict[str, tuple[str, str]]]:
    """Where the numbers stand, by piece of a network; its number and whether it is marked."""
    step = 9.0 / frame.scale
    candidates: dict[str, Any] = {}
    parts = shapes.parts(at)
    rooms: dict[str, float] = {}
    names: dict[str, tuple[str, str]] = {}
    for network in facts.networks:
        for k, piece in enumerate(parts.get(network.id, [])):
            if k and sum(shapes.areas[s].area for s in piece) * frame.scale**2 < 400:
                continue
            name = f"{network.id}\n{k}"
            points = [sample_points(shapes.areas[s], step) for s in piece]
            seen = frame.pixels(np.vstack(points))
            room = 12.0 + 4.5 * len(network.id)
            within = (seen > room).all(axis=1) & (seen < frame.width - room).all(axis=1)
            if not within.any():
                continue
            candidates[name] = seen[within]
            names[name] = (network.id, "" if k else network.mark)
            rooms[name] = 11.0 + 4.5 * len(network.id) + 9.0 * len(names[name][1])
    edges = {n: frame.place(line) for n, line in shapes.edges(at).items()}
    edges = {name: edges[network] for name, (network, _) in names.items()}
    further = {name for name in names if not name.endswith("\n0")}
    places = badge_places(
        candidates, edges, dots.places, dots.radii, rooms,
        further=further, size=(frame.width, frame.height),
    )  # fmt: skip
    return places, names


def _badges(spots: Spots, names: Mapping[str, tuple[str, str]]) -> Iterable[str]:
    for x, y, px, py in (spot for spot in spots.values() if spot[:2] != spot[2:]):
        yield f'<path data-leader="" d="M{x:.1f} {y:.1f}L{px:.1f} {py:.1f}" stroke="{INK}"/>'
    for name, spot in spots.items():
        yield _badge(*names[name], *spot[2:])


def _badge(number: str, chip: str, x: float, y: float) -> str:
    wide = max(26.0, 12.0 + 9.0 * len(number))
    fill, ink = ("#fff", INK) if chip == "W" else ("#B35900", "#fff")
    beside = ""
    if chip:
        size = 15 if chip in "!W" else 13
        beside = (
            f'<g data-chip=""><rect x="{wide / 2 - 1:.1f}" y="-13" width="17" height="26" rx="5" '
            f'fill="{fill}" stroke="{ink}" stroke-width="2"/><text x="{wide / 2 + 7.5:.1f}" '
            f'y="5.5" text-anchor="middle" {FONT} font-size="{size}" font-weight="700" '
            f'fill="{ink}">{chip}</text></g>'
        )
    return (
        f'<g data-badge="{escape(number)}" transform="translate({x:.1f} {y:.1f})">{beside}'
        f'<rect x="{-wide / 2:.1f}" y="-13" width="{wide:.1f}" height="26" rx="5" fill="{INK}" '
        'stroke="#fff" stroke-width="2"/>'
        f'<text y="5.5" text-anchor="middle" {FONT} font-size="16" font-weight="700" fill="#fff">'
        f"{escape(number)}</text></g>"
    )


def _keys(dots: _Dots, frame: Frame) -> Iterable[str]:
    """Write the letter of each practice beside its circle, where one of four places is free."""
    taken: list[tuple[float, float, float, float]] = [
        (x - r, y - r, x + r, y + r) for (x, y), r in zip(dots.places, dots.radii, strict=True)
    ]
    for practice, (x, y), r in zip(dots.rows, dots.places, dots.radii, strict=True):
        letters = practice.key[len(practice.network) :]
        if not letters or not frame.sees((x, y)):
            continue
        wide = 7.0 * len(letters)
        for dx, dy in ((r + 3, 4), (-r - 3 - wide, 4), (-wide / 2, -r - 3), (-wide / 2, r + 12)):
            box = (x + dx, y + dy - 9, x + dx + wide, y + dy + 1)
            if not any(
                box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken
            ):
                taken.append(box)
                yield (
                    f'<text x="{x + dx:.1f}" y="{y + dy:.1f}" {FONT} font-size="12.5" '
                    f'font-weight="700" fill="{INK}">{letters}</text>'
                )
                break


def _bar(frame: Frame) -> str:
    length, label = scale_bar(frame.scale)
    wide = length * frame.scale
    y = frame.height - 18
    return (
        f'<path d="M18 {y - 6}v6h{wide:.1f}v-6" fill="none" stroke="#fff" stroke-width="5"/>'
        f'<path d="M18 {y - 6}v6h{wide:.1f}v-6" fill="none" stroke="{INK}" stroke-width="2"/>'
        f'<text x="{18 + wide / 2:.1f}" y="{y - 6}" text-anchor="middle" {FONT} font-size="13" '
        f'fill="{INK}">{label}</text>'
    )
