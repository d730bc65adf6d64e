"""Our own pictures as PNG: a small reader of the SVG that `poster` writes, drawn by matplotlib.

It knows only what our pictures hold (rectangles, circles, paths of straight lines and half circles,
text, symbols, patterns, moved groups) and stops at anything else, so that a PNG never lacks what
its SVG shows.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pcngeo.errors import MissingExtra, PcnGeoError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as Line

__all__ = ["to_png"]

NUMBER = r"-?\d*\.?\d+(?:e-?\d+)?"
#: The one font that matplotlib always has is wider than Arial by this much.
NARROW = 0.88


def to_png(svg: str, *, dots: float = 2.0) -> bytes:
    """Draw one of our own pictures as PNG.

    Parameters
    ----------
    svg
        What `pcngeo.review.poster.draw_poster` wrote.
    dots
        Dots of the PNG for each pixel of the picture.

    Returns
    -------
    bytes
        A PNG: the same bytes for the same picture and the same version of matplotlib.

    Raises
    ------
    MissingExtra
        Without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra(
            "a PNG needs matplotlib: pip install 'pcngeo[pictures]', or ask for an .svg"
        ) from None
    root = ET.fromstring(svg)  # noqa: S314 - written by this package, never read from a file
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    figure = Figure(figsize=(width / 72, height / 72), dpi=72 * dots)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    known = {e.get("id", ""): e for e in root.iter() if e.get("id")}
    _children(root, _Pen(axes, known))
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


@dataclass(frozen=True)
class _Pen:
    """Where and how things are drawn: pixels are ``scale * value + (x, y)``."""

    axes: Axes
    known: Mapping[str, ET.Element]
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    clip: Any = None

    def place(self, points: Any) -> Any:
        return np.asarray(points, dtype=float) * self.scale + (self.x, self.y)


def _children(element: ET.Element, pen: _Pen) -> None:
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name not in _DRAWN:
            raise PcnGeoError(f"a picture holds <{name}>, which a PNG cannot show")
        _DRAWN[name](child, pen)


def _value(element: ET.Element, name: str, default: float = 0.0) -> float:
    return float(element.get(name, default))


def _group(element: ET.Element, pen: _Pen) -> None:
    moved = re.match(rf"translate\(({NUMBER}) ({NUMBER})\)", element.get("transform", ""))
    dx, dy = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
    x, y = pen.place([dx, dy])
    _children(element, replace(pen, x=x, y=y))


def _inner(element: ET.Element, pen: _Pen, box: ET.Element | None = None) -> None:
    """Draw a drawing within the drawing, or a symbol: its view box is fitted to its place."""
    seen = element if box is None else box
    left, top, wide, _ = (float(v) for v in seen.get("viewBox", "0 0 1 1").split())
    scale = _value(element, "width", wide) / wide
    x, y = pen.place([_value(element, "x"), _value(element, "y")])
    scaled = pen.scale * scale
    moved = replace(pen, x=x - left * scaled, y=y - top * scaled, scale=scaled)
    if box is None and not pen.clip:
        moved = replace(moved, clip=_cut(element, pen, (x, y)))
    _children(seen, moved)


def _cut(element: ET.Element, pen: _Pen, corner: Any) -> Any:
    """Hide what lies outside a drawing within the drawing."""
    from matplotlib.patches import Rectangle

    size = [_value(element, side) * pen.scale for side in ("width", "height")]
    return Rectangle(corner, size[0], size[1], transform=pen.axes.transData)


def _use(element: ET.Element, pen: _Pen) -> None:
    _inner(element, pen, pen.known[element.get("href", "#")[1:]])


def _rect(element: ET.Element, pen: _Pen) -> None:
    from matplotlib.path import Path as Line

    x, y = _value(element, "x"), _value(element, "y")
    w, h = _value(element, "width"), _value(element, "height")
    r = min(_value(element, "rx"), w / 2, h / 2)
    if not r:
        _ink(element, pen, Line([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)]))
        return
    corner = [(x + r, y), (x + w - r, y), (x + w, y), (x + w, y + r), (x + w, y + h - r),
              (x + w, y + h), (x + w - r, y + h), (x + r, y + h), (x, y + h), (x, y + h - r),
              (x, y + r), (x, y), (x + r, y)]  # fmt: skip
    kinds = [Line.MOVETO, *([Line.LINETO, Line.CURVE3, Line.CURVE3] * 4)]
    _ink(element, pen, Line(corner, kinds))


def _circle(element: ET.Element, pen: _Pen) -> None:
    from matplotlib.path import Path as Line

    middle = (_value(element, "cx"), _value(element, "cy"))
    _ink(element, pen, Line.circle(middle, _value(element, "r")))


def _path(element: ET.Element, pen: _Pen) -> None:
    _ink(element, pen, _line(element.get("d", "")))


def _line(data: str) -> Line:
    """Read path data: moves, straight lines, half circles, closing."""
    from matplotlib.path import Path as Line

    points: list[tuple[float, float]] = []
    kinds: list[Any] = []
    x = y = 0.0
    start = (0.0, 0.0)
    for command, text in re.findall(r"([MLlHhVvAZ])([^MLlHhVvAZ]*)", data):
        v = [float(n) for n in re.findall(NUMBER, text)]
        if command == "Z":
            points.append(start)
            kinds.append(Line.LINETO)
            continue
        if command == "A":
            turn = np.linspace(0, np.pi, 25)[1:]
            mid, r = (y + v[6]) / 2, v[0]
            points += [(x - r * np.sin(t), mid - r * np.cos(t)) for t in turn]
            kinds += [Line.LINETO] * len(turn)
            x, y = v[5], v[6]
            continue
        for k in range(0, len(v), 1 if command in "HhVv" else 2):
            if command in "Hh":
                x = v[k] + (x if command == "h" else 0)
            elif command in "Vv":
                y = v[k] + (y if command == "v" else 0)
            elif command == "l":
                x, y = x + v[k], y + v[k + 1]
            else:
                x, y = v[k], v[k + 1]
            first = command == "M" and k == 0
            start = (x, y) if first else start
            points.append((x, y))
            kinds.append(Line.MOVETO if first else Line.LINETO)
    return Line(points or [(0.0, 0.0)], kinds or [Line.MOVETO])


def _ink(element: ET.Element, pen: _Pen, line: Line) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Line_

    drawn = Line_(pen.place(line.vertices), line.codes)
    fill, stroke = element.get("fill", "black"), element.get("stroke", "none")
    still = element.get("vector-effect") == "non-scaling-stroke"
    wide = _value(element, "stroke-width", 1) * (1 if still else pen.scale)
    dashes = [float(v) for v in element.get("stroke-dasharray", "").split()]
    pattern = fill[5:-1] if fill.startswith("url(#") else ""
    flat = pen.known[pattern][0].get("fill", "none") if pattern else fill
    round_ = element.get("stroke-linecap") == "round"
    patch = PathPatch(
        drawn,
        facecolor=flat,
        edgecolor="none" if stroke == "none" else stroke,
        linewidth=wide if stroke != "none" else 0,
        linestyle=(0, [d / max(wide, 0.1) for d in dashes]) if dashes else "solid",
        capstyle="round" if round_ else "butt",
        joinstyle="round" if round_ else "miter",
        zorder=1,
    )
    pen.axes.add_patch(patch)
    if pen.clip:
        patch.set_clip_path(pen.clip)
    if pattern:
        _hatch(pen, pen.known[pattern], patch, drawn)


def _hatch(pen: _Pen, pattern: ET.Element, patch: Any, drawn: Line) -> None:
    """Repeat the lines of a pattern over a shape, and cut them at its edge."""
    from matplotlib.collections import LineCollection

    marks = [e for e in pattern if e.get("d")]
    if not marks:
        return
    size = _value(pattern, "width")
    ends = drawn.get_extents()
    columns = np.arange(np.floor(ends.x0 / size) - 1, np.ceil(ends.x1 / size) + 1) * size
    rows = np.arange(np.floor(ends.y0 / size) - 1, np.ceil(ends.y1 / size) + 1) * size
    pairs = np.asarray(_line(marks[0].get("d", "")).vertices).reshape(-1, 2, 2)
    # A tile of SVG repeats the ends of its line at its corners; here the line alone is enough.
    longest = pairs[np.argmax(np.hypot(*(pairs[:, 1] - pairs[:, 0]).T))]
    own = shapely.clip_by_rect(shapely.LineString(longest), 0, 0, size, size)
    pairs = shapely.get_coordinates(own).reshape(-1, 2, 2)
    corners = np.array([(x, y) for x in columns for y in rows])
    lines = (pairs[None, :, :, :] + corners[:, None, None, :]).reshape(-1, 2, 2)
    hatch = LineCollection(
        list(lines),
        colors=marks[0].get("stroke", "black"),
        alpha=_value(marks[0], "stroke-opacity", 1),
        linewidths=_value(marks[0], "stroke-width", 1),
        zorder=1,
    )
    pen.axes.add_collection(hatch, autolim=False)
    hatch.set_clip_path(patch)


def _text(element: ET.Element, pen: _Pen) -> None:
    x, y = pen.place([_value(element, "x"), _value(element, "y")])
    side = {"middle": "center", "end": "right"}.get(element.get("text-anchor", ""), "left")
    pen.axes.text(
        x,
        y,
        (element.text or "").replace("$", r"\$"),
        fontsize=_value(element, "font-size", 12) * pen.scale * NARROW,
        color=element.get("fill", "black"),
        weight="bold" if element.get("font-weight") == "700" else "normal",
        family="DejaVu Sans",
        ha=side,
        va="baseline",
        zorder=1,
    )


def _nothing(element: ET.Element, pen: _Pen) -> None:
    """Definitions are drawn where they are used."""


_DRAWN = {
    "g": _group, "svg": _inner, "use": _use, "rect": _rect, "circle": _circle, "path": _path,
    "text": _text, "defs": _nothing, "pattern": _nothing, "symbol": _nothing,
}  # fmt: skip
