"""The map as one picture for papers: title, sentences, map, sizes, legend, date and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from pcngeo.review.colours import FILLS, INK, pattern_fill
from pcngeo.review.picture import FONT
from pcngeo.review.shading import DASHES, add_borders, choose_shade, shade_areas, site_colours
from pcngeo.review.symbols import DEFINITIONS

__all__ = ["draw_poster"]

LETTERS = "Letters stand for the practices of each network, as in the tables."
MAP = 800.0
MARGIN, COLUMN, ROW = 24.0, 250.0, 19.0
MUTED = "#4A5866"


def draw_poster(
    words: Mapping[str, Any],
    option: int = 0,
    *,
    data: Mapping[str, Any] | None = None,
    shade: str = "",
) -> str:
    """Put the still map of a plan on a sheet of its own.

    Parameters
    ----------
    words
        What the page's template is filled with (`pcngeo.review.content.page_words`).
    option
        Which plan of the page.
    data
        What the page's script reads: with it, given borders are drawn.
    shade
        The layer that colours the areas; none where nothing is said.

    Returns
    -------
    str
        An ``<svg>`` document that needs nothing else.
    """
    chosen = _layered(words["options"][option], data or {}, shade)
    sizes, columns = _sizes(chosen, MARGIN + MAP + 20, 0.0)
    beside = MARGIN + MAP + 20 + COLUMN * columns
    width = beside + MARGIN + ((MAP + 20) if chosen["larger"] else 0)
    head, top = _head(words, chosen, width)
    sizes, _ = _sizes(chosen, MARGIN + MAP + 20, top)
    foot, bottom = _foot(words, chosen, width, top + MAP + 14)
    body = "".join(
        [
            f'<rect width="{width:.0f}" height="{bottom:.0f}" fill="#FFFFFF"/>',
            *head,
            _map(chosen["picture"], MARGIN, top),
            *([_map(chosen["larger"], beside, top)] if chosen["larger"] else []),
            *sizes,
            *foot,
        ]
    )
    title = escape(f"{words['heading']}. {_said(chosen)}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{bottom:.0f}" '
        f'viewBox="0 0 {width:.0f} {bottom:.0f}" role="img" aria-label="{title}">'
        f"<defs>{DEFINITIONS}</defs>{body}</svg>"
    )


def _layered(chosen: Mapping[str, Any], data: Mapping[str, Any], shade: str) -> dict[str, Any]:
    """Put the layers on the maps of a plan, and into its legend."""
    layers = data.get("layers", {})
    found = dict(chosen)
    pictures = {key: str(chosen[key]) for key in ("picture", "larger") if chosen[key]}
    for k, lines in enumerate(layers.get("lines", ())):
        sample = f'<path d="M1 11h34" stroke="{MUTED}" stroke-dasharray="{DASHES[min(k, 1)]}"/>'
        found["legend"] = [*found["legend"], (_sample(sample), f"Borders: {lines['name']}")]
    pictures = {k: add_borders(p, layers.get("lines", ())) for k, p in pictures.items()}
    if shade:
        layer = choose_shade(layers, shade)
        colours = site_colours(data, layer)
        pictures = {k: shade_areas(p, colours) for k, p in pictures.items()}
        plain = [(s, w.replace("; colour and pattern only separate neighbours", ""))
                 for s, w in found["legend"]]  # fmt: skip
        found |= {"legend": [*plain, *_ramp(layers["ramp"], layer)], "colour": {}}
    return found | pictures


def _ramp(ramp: Sequence[str], layer: Mapping[str, Any]) -> list[tuple[str, str]]:
    steps = [(fill, str(words)) for fill, words in zip(ramp, layer["ranges"], strict=True) if words]
    return [
        (
            _sample(f'<rect x="4" y="4" width="28" height="15" fill="{fill}" stroke="{INK}"/>'),
            words if k else f"{layer['name']}: {words}",
        )
        for k, (fill, words) in enumerate(steps)
    ]


def _sample(drawing: str) -> str:
    return f'<svg width="36" height="22" viewBox="0 0 36 22">{drawing}</svg>'


def _map(picture: str, x: float, y: float) -> str:
    inner = re.sub(r"^<svg[^>]*>|</svg>$", "", str(picture))
    place = f'x="{x:.1f}" y="{y:.1f}" width="{MAP:.0f}" height="{MAP:.0f}"'
    return f'<svg {place} viewBox="0 0 800 800">{inner}</svg>'


def _said(chosen: Mapping[str, Any]) -> str:
    return " ".join(sentence for sentence, _ in chosen["summary"])


def _text(
    x: float, y: float, words: str, size: float, *, fill: str = INK, bold: bool = False,
    end: str = "start",
) -> str:  # fmt: skip
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" {FONT} font-size="{size:g}" fill="{fill}"{weight} '
        f'text-anchor="{end}">{escape(words)}</text>'
    )


def _wrapped(words: str, wide: float, size: float) -> list[str]:
    """Break words into lines of about so many pixels."""
    most, lines = max(20, int(wide / (0.5 * size))), [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _head(
    words: Mapping[str, Any], chosen: Mapping[str, Any], width: float
) -> tuple[list[str], float]:
    tag = str(words["tag"])
    wide = 9.0 * len(tag) + 18
    name = f" \u00b7 {chosen['name']}" if len(words["options"]) > 1 else ""
    found = [
        _text(MARGIN, 40, str(words["heading"]), 24, bold=True),
        _text(MARGIN, 64, f"{words['subtitle']}{name}", 14, fill=MUTED),
        f'<rect x="{width - MARGIN - wide:.1f}" y="20" width="{wide:.1f}" height="28" rx="4" '
        f'fill="#FFF7CC" stroke="{INK}" stroke-width="2"/>',
        _text(width - MARGIN - wide / 2, 39.5, tag, 15, bold=True, end="middle"),
    ]
    y = 90.0
    for line in _wrapped(_said(chosen), width - 2 * MARGIN, 16):
        found.append(_text(MARGIN, y, line, 16))
        y += 22
    return found, y


def _sizes(chosen: Mapping[str, Any], left: float, top: float) -> tuple[list[str], int]:
    """Write the networks beside the map, in as many columns as they need."""
    networks, colours = chosen["networks"], chosen["colour"]
    rows = int((MAP - 2 * ROW) / (ROW + 5))
    found = []
    for i, network in enumerate(networks):
        x, y = left + COLUMN * (i // rows), top + 34 + (ROW + 5) * (i % rows)
        if i % rows == 0:
            found.append(_text(x, top + 12, "Network", 12.5, fill=MUTED))
            found.append(_text(x + 116, top + 12, "People", 12.5, fill=MUTED, end="end"))
        fill = pattern_fill(colours[network.id]) if network.id in colours else "#FFFFFF"
        flags = ", ".join(flag.words for flag in network.flags) or network.size.words
        wide = max(24.0, 10.0 + 8.0 * len(network.id))
        found += [
            f'<rect x="{x:.1f}" y="{y - 14:.1f}" width="{wide:.1f}" height="19" rx="4" '
            f'fill="{FILLS[colours[network.id]] if network.id in colours else "#FFFFFF"}"/>',
            f'<rect x="{x:.1f}" y="{y - 14:.1f}" width="{wide:.1f}" height="19" rx="4" '
            f'fill="{fill}" stroke="{INK}" stroke-width="1.5"/>',
            _text(x + wide / 2, y, network.id, 13, bold=True, end="middle"),
            _text(x + 116, y, f"{network.people:,}", 14, end="end"),
            _text(x + 126, y, flags[:19], 11.5, fill=MUTED, bold=network.flagged),
        ]
    return found, max(1, -(-len(networks) // rows))


def _foot(
    words: Mapping[str, Any], chosen: Mapping[str, Any], width: float, top: float
) -> tuple[list[str], float]:
    found: list[str] = []
    x, y = MARGIN, top
    for symbol, meaning in chosen["legend"]:
        wide = 52 + 7.2 * len(meaning)
        if x + wide > width - MARGIN and x > MARGIN:
            x, y = MARGIN, y + 26
        found += [
            str(symbol).replace("<svg ", f'<svg x="{x:.1f}" y="{y:.1f}" ', 1),
            _text(x + 42, y + 16, meaning, 13),
        ]
        x += wide
    y += 46
    sources = "; ".join(str(source) for source in words["sources"])
    lines: Iterable[str] = [*chosen["apart"], words["indicative"], LETTERS]
    if chosen["larger"]:
        lines = [*lines, "The second map shows the part in the broken frame, larger."]
    notes: Sequence[str] = [*lines, *([f"Sources: {sources}."] if sources else [])]
    for note in notes:
        for line in _wrapped(note, width - 2 * MARGIN, 12.5):
            found.append(_text(MARGIN, y, line, 12.5, fill=MUTED))
            y += 16
    return found, y + 10
