"""Who shares a network with whom over several plans, on the map.

Nothing is said by shade alone: lines that hold in every plan are thick. Every figure also stands in
the tables beside the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.alternatives.pictures import LEFT, MUTED, SHADE, TOP, Heading
from pcngeo.alternatives.tables import together_table
from pcngeo.plan import Plan
from pcngeo.review.colours import INK
from pcngeo.review.picture import Frame, scale_bar
from pcngeo.review.svg import open_svg, svg_text

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    from shapely.geometry.base import BaseGeometry

__all__ = ["called", "draw_together_map"]

LAND, EDGE = "#F4F6F8", "#C3CCD4"
#: Size of the map, pixels.
MAP = 820
#: Height of a line of words under it.
LINE = 20


def draw_together_map(
    plans: Sequence[Plan],
    graph: nx.Graph[str],
    territories: gpd.GeoDataFrame,
    names: Mapping[str, str],
    heading: Heading,
) -> str:
    """Draw on the map how often practices share a network (SVG).

    Parameters
    ----------
    plans
        Plans of the same practices, the best first: its networks are outlined and numbered.
    graph
        Gives the places of the practices, and who is linked: with who joined by decision
        (`pcngeo.robust.with_homes`).
    territories
        Areas of the practices, EPSG:27700.
    names
        Name by practice.
    heading
        What stands above.

    Returns
    -------
    str
        An ``<svg>`` document: a thick line between two practices that are together in every plan,
        a thin one where they are in some, none where they never are. Practices whose place is not
        known are listed under it.
    """
    spots = {p: (at["x"], at["y"]) for p, at in sorted(graph.nodes.items()) if _located(graph, p)}
    xs, ys = zip(*spots.values(), strict=True)
    west, south, east, north = (float(v) for v in territories.total_bounds)
    west, south = min(west, *xs), min(south, *ys)
    east, north = max(east, *xs), max(north, *ys)
    tall = round(min(MAP, MAP * max(0.4, (north - south) / max(east - west, 1.0))))
    frame = Frame.fit((west, south, east, north), MAP, tall)
    words = f"who shares a network with whom in {len(plans)} plans"
    told = "Lines between linked practices; together.csv has every pair in words."
    nowhere = _nowhere(plans, graph, names)
    high = TOP + tall + 66 + LINE * len(nowhere)
    parts = [
        open_svg(MAP + 2 * LEFT, high, "map", heading.title(words), told),
        heading.lines(words),
        f'<g transform="translate({LEFT} {TOP})">',
        *(_shape(s, frame, LAND, EDGE, 1.0) for s in territories.geometry),
        *_outlines(plans[0], territories, frame),
        *_lines(plans, graph, names, frame),
    ]
    for practice, spot in spots.items():
        ((x, y),) = frame.pixels([spot])
        title = f"<title>{escape(called(practice, names))}</title>"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{INK}">{title}</circle>')
    parts += [*_numbers(plans[0], territories, frame), "</g>"]
    below = TOP + tall + 22
    parts += _map_legend(len(plans), below, frame, decided=any(plan.joined for plan in plans))
    for k, words in enumerate(nowhere, 1):
        parts.append(svg_text(LEFT, below + 24 + LINE * k, words, fill=MUTED))
    return "".join([*parts, "</svg>\n"])


def _located(graph: nx.Graph[str], practice: str) -> bool:
    return bool(graph.nodes[practice].get("located", True))


def _shape(shape: BaseGeometry, frame: Frame, fill: str, stroke: str, wide: float) -> str:
    """Draw a polygon of one or several parts."""
    placed = frame.place(shape).simplify(0.5)
    rings = [
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y, *_ in ring.coords) + "Z"
        for part in getattr(placed, "geoms", [placed])
        if part.geom_type == "Polygon" and not part.is_empty
        for ring in (part.exterior, *part.interiors)
    ]
    return (
        f'<path d="{"".join(rings)}" fill="{fill}" stroke="{stroke}" stroke-width="{wide:g}" '
        'stroke-linejoin="round" fill-rule="evenodd"/>'
    )


def _areas(first: Plan, territories: gpd.GeoDataFrame) -> Iterator[tuple[str, BaseGeometry]]:
    """Area of every network of the first plan."""
    for network, members in first.groups().items():
        drawn = [p for p in members if p in territories.index]
        if drawn:
            yield network, territories.geometry.loc[drawn].union_all()


def _outlines(first: Plan, territories: gpd.GeoDataFrame, frame: Frame) -> Iterator[str]:
    for _, area in _areas(first, territories):
        yield _shape(area, frame, "none", "#7C8894", 2.5)


def _numbers(first: Plan, territories: gpd.GeoDataFrame, frame: Frame) -> Iterator[str]:
    for network, area in _areas(first, territories):
        point = frame.place(area.representative_point())
        yield svg_text(round(point.x, 1), round(point.y + 5, 1), network, text_anchor="middle",
                       font_size="15", font_weight="700", stroke="#fff", stroke_width="4",
                       paint_order="stroke")  # fmt: skip


def _lines(
    plans: Sequence[Plan], graph: nx.Graph[str], names: Mapping[str, str], frame: Frame
) -> Iterator[str]:
    """Join linked practices that are together in some plan; what holds in all lies on top."""
    for a, b, times, words in _linked_pairs(plans, graph, names):
        if not (_located(graph, a) and _located(graph, b)):
            continue
        ends = frame.pixels([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in (a, b)])
        title = f"<title>{escape(words)}</title>"
        yield _line(ends.ravel().tolist(), times, len(plans), title)


def _nowhere(plans: Sequence[Plan], graph: nx.Graph[str], names: Mapping[str, str]) -> list[str]:
    """Say with whom those are whose place is not known."""
    pairs = list(_linked_pairs(plans, graph, names))[::-1]
    return [
        f"Without a known place, not on the map: {words}."
        for a, b, _, words in pairs
        if not (_located(graph, a) and _located(graph, b))
    ]


def _linked_pairs(
    plans: Sequence[Plan], graph: nx.Graph[str], names: Mapping[str, str]
) -> Iterator[tuple[str, str, int, str]]:
    """Linked practices that are together in some plan, in how many, and that in words."""
    table: pd.DataFrame = together_table(plans)[::-1]
    for row in table.to_dict(orient="records"):
        a, b = str(row["practice_a"]), str(row["practice_b"])
        if graph.has_edge(a, b):
            words = f"{called(a, names)} and {called(b, names)}: {row['words']}"
            yield a, b, int(row["together_in"]), words


def _line(ends: Sequence[float], times: int, every: int, title: str = "") -> str:
    style = (
        'stroke-width="5"'
        if times == every
        else f'stroke-width="2" stroke-opacity="{0.25 + 0.75 * times / every:.2f}" '
        f'stroke-dasharray="{1 + 6 * times / every:.1f} 3"'
    )
    x1, y1, x2, y2 = ends
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{SHADE}" '
        f"{style}>{title}</line>"
    )


def _map_legend(every: int, y: float, frame: Frame, *, decided: bool) -> Iterator[str]:
    """Say what the lines mean, and how long a kilometre is."""
    x: float = LEFT
    shown = {every: f"together in all {every} plans", every - 1: f"in {every - 1}"}
    shown = {times: words for times, words in shown.items() if times > 1}
    for times, words in (*shown.items(), (1, "in one; no line: in none")):
        yield _line((x, y - 4, x + 40, y - 4), times, every)
        yield svg_text(x + 48, y, words, fill=MUTED)
        x += 66 + 7 * len(words)
    length, label = scale_bar(frame.scale)
    wide = length * frame.scale
    right = LEFT + MAP
    yield (
        f'<path d="M{right - wide:.1f} {y - 8:g}v8h{wide:.1f}v-8" fill="none" stroke="{INK}" '
        'stroke-width="1.5"/>'
    )
    yield svg_text(round(right - wide / 2, 1), y - 6, label, text_anchor="middle")
    more = ", and who joined by decision with whom" * decided
    yield svg_text(LEFT, y + 24, f"Lines join linked practices of one network{more}. Grey: the "
                   "networks of plan 1, with their numbers.", fill=MUTED)  # fmt: skip


def called(practice: str, names: Mapping[str, str]) -> str:
    """Name a practice with its code."""
    name = names.get(practice, "")
    return f"{name} ({practice})" if name and name != practice else practice
