"""Pictures of figures: how an ``<svg>`` begins, and words in it."""

from __future__ import annotations

from html import escape

from pcngeo.review.colours import INK

__all__ = ["open_svg", "svg_text"]


def open_svg(wide: float, tall: float, name: str, title: str, told: str) -> str:
    """Begin a picture on white paper.

    Parameters
    ----------
    wide, tall
        Its size in pixels.
    name
        Begins the identifiers of its title and description: several stand on one sheet.
    title, told
        What it shows, in a few words and in whole sentences, for who cannot see it.

    Returns
    -------
    str
        An ``<svg>`` that is still open.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall:.0f}" '
        f'width="{wide:.0f}" height="{tall:.0f}" role="img" '
        f'aria-labelledby="{name}-title {name}-told" '
        f'font-family="Arial, Helvetica, sans-serif" font-size="13" fill="{INK}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-told">{escape(told)}</desc>'
        '<rect width="100%" height="100%" fill="#fff"/>'
    )


def svg_text(x: float, y: float, words: str, **style: str) -> str:
    """Write words into a picture; ``font_size`` and the like name what differs.

    Examples
    --------
    >>> svg_text(1, 2, "a < b", text_anchor="end")
    '<text x="1" y="2" text-anchor="end">a &lt; b</text>'
    """
    own = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:g}" y="{y:g}"{own}>{escape(words)}</text>'
