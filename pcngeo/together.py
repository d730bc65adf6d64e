"""Who shares a network with whom over several plans: networks in all of them, and a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.optimise.differing import together_table
from pcngeo.plan import Plan

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["common_networks", "draw_together_map", "draw_trade"]

#: Longest side of a picture in pixels.
SIDE = 760
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
    'font-family="sans-serif" font-size="11" role="img">'
)


def common_networks(plans: Sequence[Plan], size: Mapping[str, int]) -> pd.DataFrame:
    """List every network that is in one of the plans, and in how many.

    Parameters
    ----------
    plans
        Plans of the same practices.
    size
        List size by practice.

    Returns
    -------
    DataFrame
        Columns `in_plans`, `plans`, `settled` (in all of them), `practices` (number), `list_size`
        and `members` (ODS codes); those in most plans first.
    """
    times: dict[tuple[str, ...], int] = {}
    for plan in plans:
        for members in plan.groups().values():
            times[members] = times.get(members, 0) + 1
    rows = [
        (k, len(plans), k == len(plans), len(g), sum(size[p] for p in g), " ".join(g))
        for g, k in sorted(times.items(), key=lambda row: (-row[1], row[0]))
    ]
    columns = ["in_plans", "plans", "settled", "practices", "list_size", "members"]
    return pd.DataFrame(rows, columns=columns)


def draw_together_map(
    plans: Sequence[Plan],
    graph: nx.Graph[str],
    territories: gpd.GeoDataFrame,
    names: Mapping[str, str],
) -> str:
    """Draw on the map how often practices share a network (SVG).

    Parameters
    ----------
    plans
        Plans of the same practices.
    graph
        Gives the places of the practices.
    territories
        Areas of the practices, EPSG:27700.
    names
        Name by practice.

    Returns
    -------
    str
        An ``<svg>`` document: a thick line between two practices that are together in every plan,
        a thin one where they are in some, none where they never are.
    """
    west, south, east, north = (float(v) for v in territories.total_bounds)
    scale = SIDE / max(east - west, north - south, 1.0)
    wide, high = round((east - west) * scale) + 20, round((north - south) * scale) + 50

    def at(x: float, y: float) -> str:
        return f"{10 + (x - west) * scale:.1f},{10 + (north - y) * scale:.1f}"

    parts = [
        _HEAD.format(w=wide, h=high),
        f"<title>Who shares a network with whom in {len(plans)} proposed plans</title>",
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
    ]
    for shape in territories.geometry.simplify(1.0 / scale):
        for piece in getattr(shape, "geoms", [shape]):
            line = " ".join(at(x, y) for x, y, *_ in getattr(piece, "exterior", piece).coords)
            parts.append(f'<polygon points="{line}" fill="#f4f6f8" stroke="#c3ccd4"/>')
    for row in together_table(plans)[::-1].to_dict(orient="records"):
        a, b = str(row["practice_a"]), str(row["practice_b"])
        if not graph.has_edge(a, b):
            continue
        here, there = (at(graph.nodes[p]["x"], graph.nodes[p]["y"]).split(",") for p in (a, b))
        always = int(row["together_in"]) == len(plans)
        share = int(row["together_in"]) / len(plans)
        style = 'stroke-width="5"' if always else f'stroke-width="2" stroke-opacity="{share:.2f}"'
        label = escape(f"{names.get(a, a)} ({a}) and {names.get(b, b)} ({b}): {row['words']}")
        parts.append(
            f'<line x1="{here[0]}" y1="{here[1]}" x2="{there[0]}" y2="{there[1]}" '
            f'stroke="#00467f" {style}><title>{label}</title></line>'
        )
    for practice in sorted(graph):
        x, y = at(graph.nodes[practice]["x"], graph.nodes[practice]["y"]).split(",")
        label = escape(f"{names.get(practice, practice)} ({practice})")
        parts.append(f'<circle cx="{x}" cy="{y}" r="3"><title>{label}</title></circle>')
    words = (
        f"Thick: linked practices together in all {len(plans)} plans found. Thin: in some; paler, "
        "the fewer."
    )
    parts.append(f'<text x="10" y="{high - 12}">{words}</text></svg>\n')
    return "".join(parts)


def draw_trade(
    points: Sequence[tuple[float, float]], labels: Sequence[str], across: str, up: str
) -> str:
    """Draw plans as points: what one gains here, it costs there (SVG).

    Parameters
    ----------
    points
        A value to the right and a value upwards for every plan.
    labels
        What each plan is called.
    across, up
        What the values are, with units.

    Returns
    -------
    str
        An ``<svg>`` document.

    Examples
    --------
    >>> draw_trade([(0, 5), (2, 1)], ["Plan 1", "Plan 2"], "km", "patients").count("<circle")
    2
    """
    wide, high, left, low = 640, 420, 90, 60
    spans = [(min(v), max(v)) for v in zip(*points, strict=True)]
    parts = [
        _HEAD.format(w=wide, h=high),
        f"<title>{escape(across)} against {escape(up)}</title>",
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<path d="M{left} 20V{high - low}H{wide - 20}" fill="none" stroke="#555"/>',
    ]

    def place(value: float, k: int, begin: float, end: float) -> float:
        least, most = spans[k]
        return begin + (end - begin) * (0.5 if most <= least else (value - least) / (most - least))

    for (x, y), label in zip(points, labels, strict=True):
        cx = place(x, 0, left + 25, wide - 90)
        cy = place(y, 1, high - low - 20, 40)
        said = escape(f"{label}: {x:,.6g} {across}; {y:,.6g} {up}")
        parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="5" fill="#00467f">')
        parts.append(f"<title>{said}</title></circle>")
        parts.append(f'<text x="{cx + 8:.1f}" y="{cy - 6:.1f}">{escape(label)}</text>')
    for k, (begin, end) in enumerate(((left + 25, wide - 90), (high - low - 20, 40))):
        for value in dict.fromkeys(spans[k]):
            spot = place(value, k, begin, end)
            x, y, anchor = (spot, high - low + 16, "middle") if k == 0 else (left - 6, spot, "end")
            parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{value:,.6g}</text>'
            )
    parts.append(f'<text x="{left + 25}" y="{high - 14}">{escape(across)}</text>')
    parts.append(f'<text x="8" y="14">{escape(up)}</text></svg>\n')
    return "".join(parts)
