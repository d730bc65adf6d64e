"""Several plans as points of a picture: what one gains here, it costs there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pcngeo.review.svg import open_svg, svg_text

if TYPE_CHECKING:
    pass

__all__ = ["Heading", "draw_trade"]

MUTED, LINE, SHADE = "#4A5866", "#C9D0D6", "#00467F"

#: Margin of every picture, and where what it shows begins, pixels.
LEFT, TOP = 16, 76
#: Space of the trade for its figures, left and below, and its own size.
AXES, WIDE, HIGH = (86, 52), 560, 360


@dataclass(frozen=True)
class Heading:
    """What stands above a picture.

    Parameters
    ----------
    area
        The area, as people call it.
    date
        Date of the lists, in words.
    """

    area: str
    date: str

    def lines(self, words: str) -> str:
        """Write the area with what is shown, and under it the date and that nothing is decided."""
        below = f"Registered patients at {self.date}. Proposed, not a decision."
        return svg_text(LEFT, 28, self.title(words), font_size="17", font_weight="700") + svg_text(
            LEFT, 50, below, fill=MUTED
        )

    def title(self, words: str) -> str:
        """Join the area and what is shown."""
        return f"{self.area}: {words}"


def draw_trade(
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    across: str,
    up: str,
    heading: Heading,
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
    heading
        What stands above.

    Returns
    -------
    str
        An ``<svg>`` document.

    Examples
    --------
    >>> drawn = draw_trade([(0, 5), (2, 1)], ["Plan 1", "Plan 2"], "km", "patients",
    ...                    Heading("Bury", "1 January 2021"))
    >>> drawn.count("<circle")
    2
    """
    words = "what each plan costs and gains"
    told = ". ".join(
        f"{label}: {x:,.2f} {across}; {y:,.2f} {up}"
        for label, (x, y) in zip(labels, points, strict=True)
    )
    left, low = LEFT + AXES[0], TOP + 20 + HIGH
    ticks = [_ticks(list(values)) for values in zip(*points, strict=True)]

    def at(x: float, y: float) -> tuple[float, float]:
        shares = [(v - t[0]) / (t[-1] - t[0]) for v, t in zip((x, y), ticks, strict=True)]
        return left + shares[0] * WIDE, low - shares[1] * HIGH

    parts = [
        open_svg(left + WIDE + 90, low + AXES[1] + 16, "plans", heading.title(words), told),
        heading.lines(words),
        svg_text(LEFT, TOP + 2, f"{up[0].upper()}{up[1:]}", font_weight="700"),
    ]
    for value, figure in zip(ticks[0], _figures(ticks[0]), strict=True):
        x = at(value, ticks[1][0])[0]
        parts.append(f'<path d="M{x:.1f} {low}V{low - HIGH}" stroke="{LINE}"/>')
        parts.append(svg_text(round(x, 1), low + 18, figure, text_anchor="middle"))
    for value, figure in zip(ticks[1], _figures(ticks[1]), strict=True):
        y = at(ticks[0][0], value)[1]
        parts.append(f'<path d="M{left} {y:.1f}H{left + WIDE}" stroke="{LINE}"/>')
        parts.append(svg_text(left - 8, round(y + 4, 1), figure, text_anchor="end"))
    parts.append(svg_text(left, low + 42, f"{across[0].upper()}{across[1:]}", font_weight="700"))
    spots = [at(x, y) for x, y in points]
    for (x, y), beside, label in zip(spots, _beside(spots), labels, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{SHADE}"/>')
        parts.append(svg_text(round(x + 10, 1), round(beside, 1), label, font_weight="700",
                              stroke="#fff", stroke_width="4", paint_order="stroke"))  # fmt: skip
    return "".join([*parts, "</svg>\n"])


def _ticks(values: Sequence[float]) -> list[float]:
    """Round figures around some values: from zero, unless they are far above it."""
    low, high = min(values), max(values)
    low = 0.0 if low <= (high - low) or high == low else low
    span = max(high - low, abs(high) * 1e-9, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power * 4 >= span * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = max(first + 1, math.ceil(high / step - 1e-9))
    return [k * step for k in range(first, last + 1)]


def _figures(ticks: Sequence[float]) -> list[str]:
    """Write the figures of an axis with the decimals that tell them apart.

    Examples
    --------
    >>> _figures([0.0, 0.25, 0.5]), _figures([0, 50_000, 100_000])
    (['0.00', '0.25', '0.50'], ['0', '50,000', '100,000'])
    """
    step = ticks[1] - ticks[0]
    digits = next((d for d in range(9) if abs(round(step, d) - step) < 1e-9 * step), 9)
    return [f"{value:,.{digits}f}" for value in ticks]


def _beside(spots: Sequence[tuple[float, float]]) -> list[float]:
    """Heights of the words beside points, so that no two lie on each other."""
    heights = [y + 5 for _, y in spots]
    order = sorted(range(len(spots)), key=lambda i: (heights[i], i))
    for k, i in enumerate(order):
        for j in order[:k]:
            near = abs(spots[i][0] - spots[j][0]) < 70
            if near and heights[i] < heights[j] + 15:
                heights[i] = heights[j] + 15
    return heights
