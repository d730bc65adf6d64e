"""The trade as a picture: distance, sizes and funding against the number of networks, as an SVG.

Three panels share one axis. Nothing is said by colour alone, so that it reads in grey and on
paper: a plan that leaves out people whom another number places has a hollow sign, one that is not
proven a square one, and the number that the rules choose stands on a band with a word above it.
Every figure also stands in the table.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.options.words import area_title, say_choice, say_steps
from pcngeo.plan import Status
from pcngeo.review.colours import INK
from pcngeo.review.svg import open_svg, svg_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pcngeo.options.sweep import Options

__all__ = ["draw_options"]

MUTED, LINE, BAND, WINDOW, FAR = "#4A5866", "#C9D0D6", "#E3EBF4", "#EEF1F4", "#7A3E00"
#: Left and right margin, and the top of the panels, in units of the drawing.
LEFT, RIGHT, TOP = 118, 26, 76
#: Height of a panel, and of the space between two.
TALL, SPACE = 132, 58
#: More numbers than this, and only some columns carry figures.
MANY = 14


@dataclass(frozen=True)
class _Panel:
    """A panel: from which value at the bottom to which at the top, and where it stands."""

    top: float
    low: float
    high: float

    def y(self, value: float) -> float:
        """Place a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.top + TALL * (1 - share), 1)


@dataclass(frozen=True)
class _Sheet:
    """What all panels share: the rows with a plan, and where the columns stand."""

    options: Options
    counts: list[int]
    step: float

    def x(self, count: int) -> float:
        """Place a number of networks."""
        return round(LEFT + self.step * (self.counts.index(count) + 0.5), 1)

    @property
    def right(self) -> float:
        """Right end of the panels."""
        return LEFT + self.step * len(self.counts)

    def rows(self) -> Iterator[tuple[int, Any]]:
        """Go through the numbers that have a plan."""
        table = self.options.table
        for count in self.counts:
            row: Any = table.loc[count]
            if pd.notna(row["objective"]):
                yield count, row

    @property
    def least_out(self) -> int:
        """Patients that every number leaves out."""
        return min((int(row["unplaced_patients"]) for _, row in self.rows()), default=0)

    def told(self, count: int) -> bool:
        """Whether a column carries its figures: all, or where there are many, some."""
        if len(self.counts) <= MANY or count == self.options.chosen:
            return True
        return self.counts.index(count) % math.ceil(len(self.counts) / 10) == 0


def draw_options(options: Options) -> str:
    """Draw mean distance, sizes and funding against the number of networks.

    Parameters
    ----------
    options
        What `pcngeo.options.sweep` returned.

    Returns
    -------
    str
        An ``<svg>`` document with a title and a description in words; it asks for no font and no
        file. The same options give the same bytes.
    """
    counts = [int(k) for k in options.table.index]
    step = max(38.0, min(120.0, 760 / max(1, len(counts))))
    sheet = _Sheet(options, counts, step)
    panels = [TOP + i * (TALL + SPACE) for i in range(3)]
    bottom = panels[-1] + TALL
    parts = [
        *_columns(sheet, bottom),
        *_distance(sheet, panels[0]),
        *_sizes(sheet, panels[1]),
        *_funding(sheet, panels[2]),
        *_foot(sheet, bottom),
    ]
    wide, tall = max(sheet.right, LEFT + 560) + RIGHT, bottom + 96
    title = f"{area_title(options)}: what more or fewer networks change"
    told = " ".join([*say_choice(options), *say_steps(options)])
    return f"{open_svg(wide, tall, 'trade', title, told)}{''.join(parts)}</svg>\n"


def _columns(sheet: _Sheet, bottom: float) -> Iterator[str]:
    """Draw the band of the chosen number, a hair line for every number, and what has no plan."""
    chosen = sheet.options.chosen
    if chosen is not None:
        left = sheet.x(chosen) - sheet.step / 2
        yield (
            f'<rect x="{left:g}" y="{TOP - 30}" width="{sheet.step:g}" '
            f'height="{bottom - TOP + 84:g}" fill="{BAND}"/>'
        )
        yield svg_text(
            sheet.x(chosen),
            TOP - 40,
            "chosen by the rules",
            text_anchor="middle",
            font_weight="700",
        )
    for count in sheet.counts:
        x = sheet.x(count)
        yield f'<path d="M{x:g} {TOP}V{bottom:g}" stroke="{LINE}" stroke-width="0.7"/>'
    planned = {count for count, _ in sheet.rows()}
    for count in sheet.counts:
        if count not in planned:
            x, y = sheet.x(count), TOP + TALL / 2
            status = sheet.options.table.at[count, "status"]
            words = "no plan" if status == str(Status.INFEASIBLE) else "none found"
            yield svg_text(
                x,
                y,
                words,
                text_anchor="middle",
                fill=FAR,
                font_size="12",
                transform=f"rotate(-90 {x:g} {y:g})",
            )


def _heading(panel: _Panel, words: str, right: float) -> Iterator[str]:
    yield svg_text(12, panel.top - 12, words, font_weight="700", font_size="14")
    yield (f'<path d="M{LEFT} {panel.top + TALL:g}H{right:g}" stroke="{MUTED}" stroke-width="1"/>')


def _line(
    sheet: _Sheet, panel: _Panel, values: dict[int, float], words: dict[int, str]
) -> Iterator[str]:
    """Join the values of numbers in a row, with a sign and a figure at each."""
    drawn = [k for k in sheet.counts if k in values]
    for a, b in itertools.pairwise(drawn):
        if sheet.counts.index(b) == sheet.counts.index(a) + 1:
            yield (
                f'<path d="M{sheet.x(a):g} {panel.y(values[a]):g}L{sheet.x(b):g} '
                f'{panel.y(values[b]):g}" stroke="{INK}" stroke-width="2" fill="none"/>'
            )
    for count in drawn:
        x, y = sheet.x(count), panel.y(values[count])
        yield _sign(sheet, count, x, y)
        if sheet.told(count):
            yield svg_text(
                x,
                y - 10,
                words[count],
                text_anchor="middle",
                stroke="#fff",
                stroke_width="4",
                paint_order="stroke",
            )


def _sign(sheet: _Sheet, count: int, x: float, y: float) -> str:
    """Full where nobody more is left out than must be, else hollow; a square where not proven."""
    row: Any = sheet.options.table.loc[count]
    fill = INK if row["unplaced_patients"] == sheet.least_out else "#fff"
    if row["status"] == str(Status.OPTIMAL):
        return (
            f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{fill}" stroke="{INK}" stroke-width="2"/>'
        )
    return (
        f'<rect x="{x - 5:g}" y="{y - 5:g}" width="10" height="10" fill="{fill}" stroke="{INK}" '
        'stroke-width="2"/>'
    )


def _distance(sheet: _Sheet, top: float) -> Iterator[str]:
    values = {k: float(row["mean_distance_km"]) for k, row in sheet.rows()}
    high = max(values.values(), default=1.0)
    panel = _Panel(top, 0.0, max(0.1, 1.15 * high))
    yield from _heading(panel, "Mean distance from a practice to its hub, km for each patient",
                        sheet.right)  # fmt: skip
    yield svg_text(LEFT - 10, panel.y(0) + 4, "0 km", text_anchor="end", fill=MUTED)
    yield from _line(sheet, panel, values, {k: f"{v:.2f}" for k, v in values.items()})


def _sizes(sheet: _Sheet, top: float) -> Iterator[str]:
    """Draw a bar from the smallest to the largest network, with the window's two ends."""
    rules = sheet.options.rules
    spare = 0.22 * (rules.max_list - rules.min_list)
    panel = _Panel(top, rules.min_list - spare, rules.max_list + spare)
    yield from _heading(
        panel, "Smallest to largest network, and patients between them and the window's ends",
        sheet.right,
    )  # fmt: skip
    for value in (rules.max_list, rules.min_list):
        yield (
            f'<path d="M{LEFT} {panel.y(value):g}H{sheet.right:g}" stroke="{INK}" '
            'stroke-width="1.2" stroke-dasharray="5 4"/>'
        )
        yield svg_text(LEFT - 10, panel.y(value) + 4, f"{value:,}", text_anchor="end")
    for count, row in sheet.rows():
        if pd.isna(row["smallest"]):
            continue
        x, low, high = sheet.x(count), panel.y(row["smallest"]), panel.y(row["largest"])
        yield (
            f'<rect x="{x - 7:g}" y="{high:g}" width="14" height="{max(1.5, low - high):g}" '
            'rx="2" fill="#3C4C5C"/>'
        )
        if sheet.told(count):
            for y, spared in ((panel.y(rules.max_list) - 7, row["below_ceiling"]),
                              (panel.y(rules.min_list) + 16, row["above_floor"])):  # fmt: skip
                yield svg_text(
                    x, y, f"{spared:,}", text_anchor="middle", font_size="12", fill=MUTED
                )


def _funding(sheet: _Sheet, top: float) -> Iterator[str]:
    year = str(sheet.options.table["funding_year"].iloc[0])
    values = {
        k: float(row["funding_gbp"]) for k, row in sheet.rows() if pd.notna(row["funding_gbp"])
    }
    low, high = min(values.values(), default=0.0), max(values.values(), default=1.0)
    room = max(0.35 * (high - low), 0.02 * high, 1.0)
    panel = _Panel(top, low - room, high + room)
    yield from _heading(panel, f"Funding of all networks together, {year}, £ thousand", sheet.right)
    if not values:
        yield svg_text(
            LEFT + 10, top + TALL / 2, "Cannot compute: a rate or an input is missing.", fill=MUTED
        )
    yield from _line(sheet, panel, values, {k: f"{v / 1000:,.0f}" for k, v in values.items()})


def _foot(sheet: _Sheet, bottom: float) -> Iterator[str]:
    """Write the axis, who is left out, and what the signs mean."""
    yield svg_text(LEFT - 10, bottom + 22, "Networks", text_anchor="end", font_weight="700")
    for count in sheet.counts:
        yield svg_text(
            sheet.x(count),
            bottom + 22,
            str(count),
            text_anchor="middle",
            font_weight="700",
            font_size="15",
        )
    yield svg_text(LEFT - 10, bottom + 44, "Patients left out", text_anchor="end", fill=MUTED)
    for count, row in sheet.rows():
        out = int(row["unplaced_patients"])
        more = out > sheet.least_out
        fill, weight = (FAR, "700") if more else (MUTED, "400")
        if more or sheet.told(count):
            yield svg_text(
                sheet.x(count),
                bottom + 44,
                f"{out:,}",
                text_anchor="middle",
                fill=fill,
                font_weight=weight,
            )
    y = bottom + 80
    signs = [
        (f'<circle cx="18" cy="{y - 4:g}" r="5" fill="{INK}"/>', 30, "proven best"),
        (f'<circle cx="150" cy="{y - 4:g}" r="4.5" fill="#fff" stroke="{INK}" stroke-width="2"/>',
         162, "leaves people out whom another number places"),
        (f'<rect x="470" y="{y - 9:g}" width="10" height="10" fill="{INK}"/>', 487, "not proven"),
    ]  # fmt: skip
    for sign, x, words in signs:
        yield sign + svg_text(x, y, words, fill=MUTED)
