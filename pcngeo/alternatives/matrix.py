"""Who shares a network with whom over several plans, as an ordered matrix, whole or in sheets.

Nothing is said by shade alone: cells where something is open carry their number. Every figure also
stands in `together.csv`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

import pandas as pd

from pcngeo.alternatives.company import called
from pcngeo.alternatives.pictures import LEFT, MUTED, SHADE, TOP, Heading
from pcngeo.alternatives.tables import together_table
from pcngeo.plan import Plan
from pcngeo.review.colours import INK
from pcngeo.review.svg import open_svg, svg_text
from pcngeo.words import listed

__all__ = ["draw_matrix", "draw_open"]

#: Largest and smallest side of a cell of the matrix, the smallest that a figure fits in, and the
#: width that the cells share.
CELL, SMALL, ROOM, SHARED = 17, 11, 14, 850
#: Gutter of the matrix for the numbers of networks, and for "no network".
GUTTER, WIDER = 34, 84
#: Letters of a practice's name beside the matrix.
LETTERS = 34
#: Width of a letter of the heading, generously.
LETTER = 9.6
#: Columns of a sheet: as many as can be read on a page of paper.
COLUMNS = 40
NONE = "no network"


@dataclass(frozen=True)
class _Part:
    """What a matrix shows: practices to the right and downwards, and the network of each.

    `pairs` is `together_table` of `every` plans.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    home: Mapping[str, str]
    pairs: pd.DataFrame
    every: int

    @property
    def cell(self) -> int:
        """Side of a cell."""
        return max(SMALL, min(CELL, SHARED // max(1, len(self.columns))))

    @property
    def gutter(self) -> int:
        """Room for the numbers of the networks."""
        return GUTTER if all(map(self.home.get, self.rows)) else WIDER


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
    order, home = _ordered(plans), _home(plans[0])
    told = (
        f"{len(order)} practices in the order of the networks of plan 1. "
        "together.csv has every pair in words."
    )
    part = _Part(order, order, home, together_table(plans), len(plans))
    return _drawn(part, names, heading, "", told, "together")


def draw_open(plans: Sequence[Plan], names: Mapping[str, str], heading: Heading) -> list[str]:
    """Draw what is open as matrices that can be read on paper, network by network (SVG).

    A network that every plan has is settled, and left out. The others are drawn in sheets: the
    practices of a few networks of plan 1 downwards, and to the right all who are ever with them.

    Parameters
    ----------
    plans, names, heading
        As of `draw_matrix`.

    Returns
    -------
    list of str
        ``<svg>`` documents of at most `COLUMNS` practices to the right, unless a single network
        has more; none where nothing is open.
    """
    order, home = _ordered(plans), _home(plans[0])
    pairs = together_table(plans)
    beside: dict[str, set[str]] = {p: {p} for p in order}
    for a, b in zip(pairs["practice_a"], pairs["practice_b"], strict=True):
        beside[a].add(b)
        beside[b].add(a)
    several = pairs[pairs["together_in"] < len(plans)]
    swaps = {*several["practice_a"], *several["practice_b"]}
    blocks = {n: list(ps) for n, ps in groupby(order, key=lambda p: home.get(p, ""))}
    seen = {n: set().union(*(beside[p] for p in ps)) for n, ps in blocks.items() if swaps & {*ps}}
    sheets: list[str] = []
    for networks in _sheets(seen):
        rows = [p for n in networks for p in blocks[n]]
        shown = set().union(*(seen[n] for n in networks))
        part = _Part(rows, [p for p in order if p in shown], home, pairs, len(plans))
        numbers = [n for n in networks if n]
        words = f"network{'s' * (len(numbers) > 1)} {listed(numbers)} of plan 1" * bool(numbers)
        told = f"{len(rows)} practices, and all who are with them in some plan."
        sheets.append(_drawn(part, names, heading, f": {words or NONE}", told,
                             f"open{len(sheets) + 1}"))  # fmt: skip
    return sheets


def _sheets(seen: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Put networks on sheets, those that exchange practices together where there is room."""
    left = list(seen)
    while left:
        sheet, shown = [left[0]], set(seen[left[0]])
        while True:
            left = [n for n in left if n not in sheet]
            fits = [n for n in left if len(shown | seen[n]) <= COLUMNS]
            if not fits:
                break
            sheet.append(min(fits, key=lambda n: len(seen[n] - shown)))
            shown |= seen[sheet[-1]]
        yield [n for n in seen if n in sheet]


def _home(plan: Plan) -> dict[str, str]:
    return {str(p): str(n) for p, n in plan.assignment.items()}


def _drawn(
    part: _Part,
    names: Mapping[str, str],
    heading: Heading,
    which: str,
    told: str,
    name: str,
) -> str:
    """Draw a matrix, or a part of one."""
    every, cell = part.every, part.cell
    labels, size = {p: _short(p, names) for p in part.rows}, 0.68 * cell
    left = LEFT + part.gutter + round(max(map(len, labels.values())) * size * 0.56) + 6
    top, wide, tall = TOP + 60, cell * len(part.columns), cell * len(part.rows)
    down, right = ({p: k for k, p in enumerate(ps)} for ps in (part.rows, part.columns))
    words = f"who shares a network with whom in {every} plans{which}"
    title = round(2 * LEFT + LETTER * len(heading.title(words)))
    wide_enough = max(left + wide + LEFT, 620, title)
    parts = [
        open_svg(wide_enough, top + tall + 56, name, heading.title(words), told),
        heading.lines(words),
        f'<g font-size="{size:.1f}">',
    ]
    for p, k in down.items():
        y = round(top + (k + 0.5) * cell + size * 0.36, 1)
        parts.append(svg_text(left - 6, y, labels[p], text_anchor="end"))
    for p, k in right.items():
        x = round(left + (k + 0.5) * cell + size * 0.36, 1)
        weight = {} if p in down else {"fill": MUTED}
        parts.append(svg_text(x, top - 6, p, transform=f"rotate(-90 {x:g} {top - 6})", **weight))
    for row in part.pairs.to_dict(orient="records"):
        a, b = str(row["practice_a"]), str(row["practice_b"])
        label = escape(f"{called(a, names)} and {called(b, names)}: {row['words']}")
        for i, j in ((a, b), (b, a)):
            if i in down and j in right:
                x, y = left + cell * right[j], top + cell * down[i]
                parts.append(_cell(x, y, cell, int(row["together_in"]), every, label))
    parts += ["</g>", *_squares(part, left, top), *_shades(every, top + tall + 26)]
    return "".join([*parts, "</svg>\n"])


def _ordered(plans: Sequence[Plan]) -> list[str]:
    """Practices in the order of the first plan's networks, then of the others'; none come last."""
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


def _squares(part: _Part, left: int, top: int) -> Iterator[str]:
    """Frame the networks of the first plan, with their numbers; say who is in none."""
    cell, gutter = part.cell, LEFT + part.gutter
    right = {p: k for k, p in enumerate(part.columns)}
    for network, run in groupby(enumerate(part.rows), lambda at: part.home.get(at[1], "")):
        places = list(run)
        (begin, first), count = places[0], len(places)
        if network:
            yield (
                f'<rect x="{left + cell * right[first]}" y="{top + cell * begin}" '
                f'width="{cell * count}" height="{cell * count}" fill="none" stroke="{INK}" '
                'stroke-width="1.5"/>'
            )
        above, below = top + cell * begin + 1.5, top + cell * (begin + count) - 1.5
        yield f'<path d="M{gutter - 6} {above:g}V{below:g}" stroke="{INK}" fill="none"/>'
        middle = top + cell * (begin + count / 2) + 4
        yield svg_text(gutter - 11, middle, network or NONE, font_weight="700", font_size="12",
                       text_anchor="end")  # fmt: skip


def _shades(every: int, y: float) -> Iterator[str]:
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


def _short(practice: str, names: Mapping[str, str]) -> str:
    """Name a practice in the room there is."""
    name = names.get(practice, "")
    if not name or name == practice:
        return practice
    short = name if len(name) <= LETTERS else f"{name[: LETTERS - 1].rstrip()}\u2026"
    return f"{short} ({practice})"
