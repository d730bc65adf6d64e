"""Size bars: a network's people against the window, as small SVG drawings beside the number."""

from __future__ import annotations

from pcngeo.rules import Rules

__all__ = ["draw_bar", "draw_bar_head"]

WIDE = 200.0


def draw_bar(people: int, rules: Rules, scale: float) -> str:
    """Draw one bar; it is decoration, the row says it all.

    Parameters
    ----------
    people
        People registered in the network.
    rules
        The window: a pale band with a tick at each end.
    scale
        People at the right-hand end; a longer bar stops there, its number says the rest.

    Returns
    -------
    str
        An ``<svg>`` element. The part above the window is striped, and so is a shortfall, outlined
        as a gap to fill.
    """

    def at(value: float) -> str:
        return f"{WIDE * min(value, scale) / scale:.1f}"

    low, high = rules.min_list, rules.max_list
    people = min(people, int(scale))
    inside = min(people, high)
    parts = [
        f'<rect x="{at(low)}" y="2" width="{at(high - low)}" height="18" fill="#E1E7EC"/>',
        f'<rect y="7" width="{at(inside)}" height="8" rx="1" fill="#3C4C5C"/>',
    ]
    if people > high:
        parts.append(
            f'<rect x="{at(high)}" y="7" width="{at(people - high)}" height="8" fill="#B35900"/>'
            f"{_hatch(WIDE * high / scale, WIDE * people / scale)}"
        )
    if people < low:
        parts.append(
            f'<rect x="{at(people)}" y="7.5" width="{at(low - people)}" height="7" fill="#fff" '
            f'stroke="#B35900"/>{_hatch(WIDE * people / scale, WIDE * low / scale, "#B35900")}'
        )
    parts += [f'<path d="M{at(v)} 2v18" stroke="#6B7884"/>' for v in (low, high)]
    return (
        f'<svg viewBox="0 0 {WIDE:.0f} 22" data-scale="{scale:.0f}" preserveAspectRatio="none" '
        f'aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


def _hatch(left: float, right: float, colour: str = "#fff") -> str:
    """Upright strokes: a stripe that survives any stretching."""
    count = int((right - left) // 4)
    strokes = "".join(f"M{left + 3 + 4 * k:.1f} 8v6" for k in range(count))
    return f'<path d="{strokes}" stroke="{colour}" stroke-width="1.3"/>' if strokes else ""


def draw_bar_head(rules: Rules, scale: float) -> str:
    """Label the two ends of the window, once, above the bars."""
    labels = "".join(
        f'<text x="{100 * value / scale:.1f}%" y="12" text-anchor="middle" font-size="13" '
        f'fill="#4A5866">{value / 1000:g}k</text>'
        for value in (rules.min_list, rules.max_list)
    )
    return f'<svg aria-hidden="true" focusable="false" overflow="visible">{labels}</svg>'
