"""The map of one network as a picture: area, practices, scale, legend, date (R32)."""

from __future__ import annotations

import io
import math
from functools import lru_cache
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from pcngeo.errors import MissingExtra
from pcngeo.submission.contents import Pack, list_day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_network", "scale_length"]

OWN, OTHER, NONE, SEA, INK = "#C7B8E0", "#F1EFEA", "#FFFFFF", "#FFFFFF", "#222222"
EDGE, DOT = "#4B2E83", "#12436D"
#: Drawn this much wider than the network, as a share of its larger side.
MARGIN = 0.18
#: Characters of a title that fit across the picture.
LONGEST_TITLE = 58


def scale_length(width_m: float) -> float:
    """Choose the length of a scale bar: a round number of metres, about a quarter of the width.

    Examples
    --------
    >>> scale_length(21_000), scale_length(3_500)
    (5000.0, 500.0)
    """
    room = width_m / 4
    power = 10.0 ** math.floor(math.log10(room))
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= room)


@lru_cache(maxsize=256)
def draw_network(pack: Pack, network: str, *, dpi: int = 150) -> bytes:
    """Draw the area of a network, its practices and its neighbours.

    Parameters
    ----------
    pack
        What is handed in.
    network
        Which one.
    dpi
        Dots an inch; the picture is 6.7 by 7.6 inches (it fits on a page of A4).

    Returns
    -------
    bytes
        A PNG: the same bytes for the same pack and the same version of matplotlib.

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
            "the map of a submission needs matplotlib: pip install 'pcngeo[submission]'"
        ) from None
    figure = Figure(figsize=(6.7, 7.6), dpi=dpi)
    axes = figure.add_axes((0.01, 0.13, 0.98, 0.79))
    _areas(axes, pack, network)
    _practices(axes, pack, network)
    _frame(axes, pack, network)
    _scale(axes)
    figure.text(0.02, 0.962, _heading(pack, network), size=13, weight="bold",
                color=INK)  # fmt: skip
    figure.text(0.02, 0.937, pack.area_name, size=9.5, color="#55524A")
    _legend(figure, pack)
    FigureCanvasAgg(figure)  # not before: geopandas has a canvas drawn anew with every layer
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _heading(pack: Pack, network: str) -> str:
    said = (
        f"Area of {pack.title(network)}"
        if pack.existing
        else (f"Proposed area of {pack.title(network)}")
    )
    return said if len(said) <= LONGEST_TITLE else f"{said[: LONGEST_TITLE - 1]}…"


def _areas(axes: Axes, pack: Pack, network: str) -> None:
    if pack.boundary is not None:
        pack.boundary.plot(ax=axes, facecolor=NONE, edgecolor=INK, linewidth=1.2, zorder=1)
    others = pack.areas.drop(index=network, errors="ignore")
    if len(others):
        others.plot(ax=axes, facecolor=OTHER, edgecolor="#8A8578", linewidth=0.8, zorder=2)
    if network in pack.areas.index:
        own = pack.areas.loc[[network]]
        own.plot(ax=axes, facecolor=OWN, edgecolor=EDGE, linewidth=2.0, zorder=3)
    if pack.boundary is not None:
        pack.boundary.plot(ax=axes, facecolor="none", edgecolor=INK, linewidth=1.2, zorder=4)


#: Places nearer to each other than this share of the network's width share a label.
CROWDED = 0.05


def _practices(axes: Axes, pack: Pack, network: str) -> None:
    points = pack.practices.geometry
    located = points.notna() & ~points.is_empty
    members = pack.members(network)
    rest = points[located & ~pack.practices.index.isin(members["practice"])]
    axes.scatter(rest.x, rest.y, s=9, color="#77736A", zorder=5, linewidths=0)
    west, south, east, north = _bounds(pack, network)
    near = CROWDED * max(east - west, north - south, 500.0)
    numbers: dict[tuple[float, float], list[int]] = {}
    for number, practice in zip(members["number"], members["practice"], strict=True):
        if located[practice]:
            x, y = points[practice].x, points[practice].y
            axes.scatter([x], [y], s=44, color=DOT, edgecolors="white", linewidths=1.0, zorder=7)
            # Numbers of places too near each other for a label each stand in one.
            crowd = (spot for spot in numbers if np.hypot(x - spot[0], y - spot[1]) < near)
            numbers.setdefault(next(crowd, (x, y)), []).append(int(number))
    for (x, y), here in sorted(numbers.items()):
        axes.annotate(
            ", ".join(str(n) for n in here), (x, y), xytext=(5, 5), textcoords="offset points",
            size=9, weight="bold", color=INK, zorder=8,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
        )  # fmt: skip


def _frame(axes: Axes, pack: Pack, network: str) -> None:
    """Fit the network with a margin, keep metres square, name the neighbours in view."""
    west, south, east, north = _bounds(pack, network)
    side = max(east - west, north - south, 500.0)
    half_w = (east - west) / 2 + MARGIN * side
    half_h = (north - south) / 2 + MARGIN * side
    shape = 0.98 * 6.7 / (0.79 * 7.6)
    half_w, half_h = max(half_w, half_h * shape), max(half_h, half_w / shape)
    x, y = (west + east) / 2, (south + north) / 2
    axes.set_xlim(x - half_w, x + half_w)
    axes.set_ylim(y - half_h, y + half_h)
    axes.set_aspect("equal")
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#B5B1A8")
    import shapely

    # Names keep clear of the frame.
    w, h = 0.84 * half_w, 0.95 * half_h
    window = shapely.box(x - w, y - h, x + w, y + h)
    for other, shape_ in pack.areas.geometry.drop(index=network, errors="ignore").items():
        seen = shape_.intersection(window)
        if seen.area > 0.006 * window.area:
            largest = max(shapely.get_parts(seen), key=lambda part: part.area)
            spot = shapely.point_on_surface(largest)
            name = fill(pack.title(str(other)), 20)
            axes.annotate(name, (spot.x, spot.y), ha="center", va="center",
                          size=8, color="#55524A", zorder=6, path_effects=[_halo()])  # fmt: skip


def _halo() -> Any:
    from matplotlib.patheffects import withStroke

    return withStroke(linewidth=2.5, foreground="white")


def _bounds(pack: Pack, network: str) -> tuple[float, float, float, float]:
    points = pack.practices.geometry.loc[list(pack.plan.members(network))]
    places = [points[points.notna() & ~points.is_empty].total_bounds]
    if network in pack.areas.index:
        places.append(pack.areas.loc[[network]].total_bounds)
    edges = np.array([p for p in places if np.isfinite(p).all()])
    if not len(edges):
        return 0.0, 0.0, 1_000.0, 1_000.0
    low, high = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _scale(axes: Axes) -> None:
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    length = scale_length(east - west)
    x, y = west + 0.03 * (east - west), south + 0.03 * (north - south)
    words = f"{length / 1000:g} km" if length >= 1_000 else f"{length:g} m"
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85}
    axes.plot([x, x + length], [y, y], color=INK, linewidth=3, solid_capstyle="butt", zorder=9)
    axes.annotate(words, (x + length / 2, y), xytext=(0, 6), textcoords="offset points",
                  ha="center", size=9, color=INK, zorder=9, bbox=box)  # fmt: skip
    top = (east - 0.04 * (east - west), north - 0.03 * (north - south))
    axes.annotate("N", top, xytext=(0, -30), textcoords="offset points", ha="center", va="center",
                  size=11, weight="bold", color=INK, zorder=9,
                  arrowprops=None, bbox=box)  # fmt: skip
    axes.annotate("", top, xytext=(0, -22), textcoords="offset points", zorder=9,
                  arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.6})  # fmt: skip


def _legend(figure: Any, pack: Pack) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    signs = [
        Patch(facecolor=OWN, edgecolor=EDGE, linewidth=1.6,
              label=f"{pack.proposed} area of this network"),
        Patch(facecolor=OTHER, edgecolor="#8A8578", label="Other networks"),
        Patch(facecolor=NONE, edgecolor=INK, linewidth=1.2, label="Boundary of the area"),
        Line2D([], [], marker="o", color="none", markerfacecolor=DOT, markeredgecolor="white",
               markersize=8, label="Member practice, numbered as in the list"),
        Line2D([], [], marker="o", color="none", markerfacecolor="#77736A", markeredgecolor="none",
               markersize=4, label="Other practice"),
    ]  # fmt: skip
    figure.legend(handles=signs, loc="lower left", bbox_to_anchor=(0.01, 0.045), ncols=2,
                  frameon=False, fontsize=8.5, columnspacing=2.0, handlelength=1.6)  # fmt: skip
    said = (
        f"Lists of {list_day(pack.list_date)}. Areas are derived from where practices are; they "
        "are not practice boundaries.\nContains OS data © Crown copyright and database right. "
        "Contains Royal Mail data © Royal Mail copyright and database right."
    )
    figure.text(0.02, 0.012, said, size=6.8, color="#55524A")
