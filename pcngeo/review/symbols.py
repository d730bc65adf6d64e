"""The map's symbols, drawn once: the map, the legend, the tables and the print all use these.

Shape says what a practice is, fill says its state; every symbol is white with an ink line, so that
it works on every colour and in black and white. Each is an SVG ``<symbol>`` of radius 1 whose line
keeps its width in pixels whatever its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pcngeo.review.colours import INK, PATTERNS

__all__ = ["DEFINITIONS", "LEAST", "MEANING", "radius", "room_alone", "shrink", "use"]

LINE = f'fill="#fff" stroke="{INK}" stroke-width="2" vector-effect="non-scaling-stroke"'
DASH = f'{LINE} stroke-dasharray="3.2 2.2"'
#: White around a broken ring, so that it is seen where borders crowd.
HALO = '<circle r="1.35" fill="#fff"/>'
#: What each state of a practice is called in the legend, in the order of the legend.
MEANING = {
    "member": "Practice; bigger means more people registered",
    "alone": "A network of one practice",
    "proposed": "Without a network; one is suggested, not agreed",
    "orphan": "Without a network",
    "covered": "Declines; a network covers its patients",
    "special": "Special service, not placed",
    "excluded": "Left out",
}
SHAPES = {
    "member": f'<circle r="1" {LINE}/>',
    "alone": f'<circle r="1" {LINE}/><circle r=".62" {LINE}/>',
    "proposed": (
        f'{HALO}<circle r="1" {DASH}/><text y=".45" text-anchor="middle" '
        'font-family="Arial, Helvetica, sans-serif" font-weight="700" font-size="1.3" '
        f'fill="{INK}">?</text>'
    ),
    "orphan": f'{HALO}<circle r="1" {DASH}/>',
    "covered": (
        f'<circle r="1" {LINE}/><path d="M0-1A1 1 0 0 0 0 1Z" fill="{INK}"/>'
    ),
    "special": f'<path d="M0-1 1 0 0 1-1 0Z" {LINE}/>',
    "excluded": (
        f'<circle r="1" {LINE}/><path d="M-.6-.6.6.6M-.6.6.6-.6" fill="none" stroke="{INK}" '
        'stroke-width="2" vector-effect="non-scaling-stroke"/>'
    ),
    "moved": (
        '<circle r="1" fill="#E6DCF1" stroke="#5B2A86" stroke-width="3" '
        'vector-effect="non-scaling-stroke"/>'
    ),
    "selected": (
        f'<circle r="1.3" fill="{INK}"/><circle r="1.1" fill="#fff"/>'
        f'<circle r=".85" fill="{INK}"/>'
    ),
}  # fmt: skip
DEFINITIONS = PATTERNS + "".join(
    f'<symbol id="s-{name}" viewBox="-1.4 -1.4 2.8 2.8">{shape}</symbol>'
    for name, shape in SHAPES.items()
)
#: Pixels of a special service, whose size would say nothing.
SPECIAL_RADIUS = 7.0
#: Pixels below which the symbol of a practice without a network is never drawn: the map may be
#: small and its lists too, but these are what a reader has to find.
LEAST = {"orphan": 8.0, "proposed": 8.0, "covered": 7.0, "special": 6.0}


def radius(people: int, status: str = "member") -> float:
    """Radius of a practice's symbol in pixels: its area is in proportion to the list size.

    Examples
    --------
    >>> round(radius(9_610), 2), radius(40), radius(40, "special")
    (9.49, 5.0, 7.0)
    """
    if status == "special":
        return SPECIAL_RADIUS
    plain = max(5.0, 15 * math.sqrt(max(people, 0)) / 155)
    return plain + 4 if status == "alone" else plain


def room_alone(area: float) -> float:
    """Largest radius of a network of one practice that leaves most of its own area to be seen.

    Parameters
    ----------
    area
        Its area on the screen or paper, square pixels.

    Returns
    -------
    float
        Pixels; never under 7.

    Examples
    --------
    >>> round(room_alone(1_600), 1), room_alone(100)
    (12.6, 7.0)
    """
    return max(7.0, math.sqrt(area / (3.2 * math.pi)))


def shrink(radii: Iterable[float], area: float) -> float:
    """Factor that keeps the symbols from covering the map where there are many.

    Parameters
    ----------
    radii
        Radii at full size, pixels.
    area
        Size of the mapped area on the screen or paper, square pixels.

    Returns
    -------
    float
        1 where the symbols take up to a twelfth of the area, less where they take more.
    """
    covered = sum(math.pi * r * r for r in radii)
    return min(1.0, math.sqrt(area / 12 / covered)) if covered else 1.0


def use(name: str, r: float, x: float = 0, y: float = 0) -> str:
    """Place a symbol in an SVG drawing.

    Examples
    --------
    >>> use("member", 10, 100, 50)
    '<use href="#s-member" x="86.0" y="36.0" width="28.0" height="28.0"/>'
    """
    half = 1.4 * r
    return (
        f'<use href="#s-{name}" x="{x - half:.1f}" y="{y - half:.1f}" '
        f'width="{2 * half:.1f}" height="{2 * half:.1f}"/>'
    )
