"""Who shares a network with whom over several plans, as a matrix and on the map.

Nothing is said by shade alone: cells of the matrix carry their number, lines that hold in every
plan are thick. Every figure also stands in the tables beside the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.alternatives.pictures import LEFT, MUTED, SHADE, TOP, Heading
from pcngeo.optimise.differing import together_table
from pcngeo.plan import Plan
from pcngeo.review.colours import INK
from pcngeo.review.picture import Frame, scale_bar
from pcngeo.review.svg import open_svg, svg_text

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    from shapely.geometry.base import BaseGeometry

__all__ = ["draw_matrix", "draw_together_map"]

LAND, EDGE = "#F4F6F8", "#C3CCD4"
#: Size of the map, pixels.
MAP = 820
#: Largest and smallest side of a cell of the matrix, the smallest that a figure fits in, and the
#: width that the cells share.
CELL, SMALL, ROOM, SHARED = 17, 11, 14, 850
#: Gutter of the matrix for the numbers of networks.
GUTTER = 34
#: Letters of a practice's name beside the matrix.
LETTERS = 34


def draw_matrix(plans: Sequence[Plan], names: Mapping[str, str], heading: Heading) -> str:
    """Draw in how many plans every two practices share a network, as an ordered matrix (SVG).

    Parameters
    ----------
    plans
        Plans of the same practices, the best first: practices stand in the order of its networks,
        so that what is settled is a dark square, and what is open lies beside one.
    names
        Name by practice.
    heading
        What stands above.

    Returns
    -------
    str
        An ``<svg>`` document; the same for the same plans, byte for byte.
    """
    order = _ordered(plans)
    at = {p: k for k, p in enumerate(order)}
    cell = max(SMALL, min(CELL, SHARED // max(1, len(order))))
    labels = {p: _called(p, names) for p in order}
    size = 0.68 * cell
    left = LEFT + GUTTER + round(max(map(len, labels.values())) * size * 0.56) + 6
    top = TOP + 60
    side, every = cell * len(order), len(plans)
    words = f"who shares a network with whom in {every} plans"
    told = (
        f"{len(order)} practices in the order of the networks of plan 1. "
        "together.csv has every pair in words."
    )
    legend = top + side + 26
    parts = [
        open_svg(max(left + side + LEFT, 620), legend + 30, "together", heading.title(words), told),
        heading.lines(words),
        f'<g font-size="{size:.1f}">',
    ]
    for p, k in at.items():
        middle = (k + 0.5) * cell + size * 0.36
        parts.append(svg_text(left - 6, round(top + middle, 1), labels[p], text_anchor="end"))
        x = round(left + middle, 1)
        parts.append(svg_text(x, top - 6, p, transform=f"rotate(-90 {x:g} {top - 6})"))
    for row in together_table(plans).to_dict(orient="records"):
        a, b = str(row["practice_a"]), str(row["practice_b"])
        label = escape(f"{_named(a, names)} and {_named(b, names)}: {row['words']}")
        for i, j in ((a, b), (b, a)):
            x, y = left + cell * at[j], top + cell * at[i]
            parts.append(_cell(x, y, cell, int(row["together_in"]), every, label))
    parts += ["</g>", *_squares(plans[0], at, cell, left, top), *_shades(every, legend, cell)]
    return "".join([*parts, "</svg>\n"])


def _ordered(plans: Sequence[Plan]) -> list[str]:
    """Practices in the order of the first plan's networks, then of the others'."""
    homes = [plan.assignment for plan in plans]

    def place(practice: str) -> tuple[object, ...]:
        ids = [str(home.get(practice, "")) for home in homes]
        return (*((not i, int(i) if i.isdecimal() else 0, i) for i in ids), practice)

    return sorted({str(p) for home in homes for p in home.index}, key=place)


def _cell(x: float, y: float, cell: int, times: int, every: int, label: str = "") -> str:
    """Draw how often two are together: darker the more often, with the number where it is open."""
    title = f"<title>{label}</title>" if label else ""
    drawn = (
        f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="{SHADE}" '
        f'fill-opacity="{times / every:.3f}">{title}</rect>'
    )
    if times == every or cell < ROOM:
        return drawn
    fill = "#fff" if times / every > 0.45 else INK
    return drawn + svg_text(x + cell / 2, y + cell * 0.72, str(times), text_anchor="middle",
                            fill=fill, font_size=f"{0.65 * cell:.1f}",
                            pointer_events="none")  # fmt: skip


def _squares(first: Plan, at: Mapping[str, int], cell: int, left: int, top: int) -> Iterator[str]:
    """Frame the networks of the first plan, with their numbers."""
    for network, members in first.groups().items():
        begin, count = min(at[p] for p in members), len(members)
        yield (
            f'<rect x="{left + cell * begin}" y="{top + cell * begin}" width="{cell * count}" '
            f'height="{cell * count}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
        )
        above, below = top + cell * begin + 1.5, top + cell * (begin + count) - 1.5
        yield f'<path d="M{LEFT + GUTTER - 6} {above:g}V{below:g}" stroke="{INK}" fill="none"/>'
        middle = top + cell * (begin + count / 2) + 4
        yield svg_text(LEFT + GUTTER - 11, middle, network, font_weight="700", font_size="12",
                       text_anchor="end")  # fmt: skip


def _shades(every: int, y: float, cell: int) -> Iterator[str]:
    """Say what the shades mean."""
    yield svg_text(LEFT, y, f"Together in so many of {every} plans:", fill=MUTED)
    x = LEFT + 226
    for times in range(1, every + 1):
        yield _cell(x, y - 13, CELL, times, every)
        if times == every:
            yield svg_text(x + CELL + 5, y, f"all {every}; white: none", fill=MUTED)
        x += CELL + 6
    yield svg_text(
        LEFT, y + 20, "Framed: the networks of plan 1, whose numbers stand on the left.", fill=MUTED
    )


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
        Gives the places of the practices.
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
        a thin one where they are in some, none where they never are.
    """
    west, south, east, north = (float(v) for v in territories.total_bounds)
    tall = round(min(MAP, MAP * max(0.4, (north - south) / max(east - west, 1.0))))
    frame = Frame.fit((west, south, east, north), MAP, tall)
    words = f"who shares a network with whom in {len(plans)} plans"
    told = "Lines between linked practices; together.csv has every pair in words."
    parts = [
        open_svg(MAP + 2 * LEFT, TOP + tall + 66, "map", heading.title(words), told),
        heading.lines(words),
        f'<g transform="translate({LEFT} {TOP})">',
        *(_shape(s, frame, LAND, EDGE, 1.0) for s in territories.geometry),
        *_outlines(plans[0], territories, frame),
        *_lines(plans, graph, names, frame),
    ]
    for practice in sorted(graph):
        ((x, y),) = frame.pixels([[graph.nodes[practice]["x"], graph.nodes[practice]["y"]]])
        title = f"<title>{escape(_named(practice, names))}</title>"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{INK}">{title}</circle>')
    parts += [*_numbers(plans[0], territories, frame), "</g>"]
    return "".join([*parts, *_map_legend(len(plans), TOP + tall + 22, frame), "</svg>\n"])


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
    table: pd.DataFrame = together_table(plans)[::-1]
    for row in table.to_dict(orient="records"):
        a, b = str(row["practice_a"]), str(row["practice_b"])
        if not graph.has_edge(a, b):
            continue
        ends = frame.pixels([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in (a, b)])
        times = int(row["together_in"])
        label = escape(f"{_named(a, names)} and {_named(b, names)}: {row['words']}")
        yield _line(ends.ravel().tolist(), times, len(plans), f"<title>{label}</title>")


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


def _map_legend(every: int, y: float, frame: Frame) -> Iterator[str]:
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
    yield svg_text(LEFT, y + 24, "Lines join linked practices of one network. Grey: the networks "
                   "of plan 1, with their numbers.", fill=MUTED)  # fmt: skip


def _named(practice: str, names: Mapping[str, str]) -> str:
    name = names.get(practice, "")
    return f"{name} ({practice})" if name and name != practice else practice


def _called(practice: str, names: Mapping[str, str]) -> str:
    """Name a practice in the room there is."""
    name = names.get(practice, "")
    if not name or name == practice:
        return practice
    short = name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}\u2026"
    return f"{short} ({practice})"
