"""Deprivation, rurality and borders on the still map, as the page's layers show them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pcngeo.errors import DataError
from pcngeo.review.colours import UNPLACED

__all__ = ["DASHES", "add_borders", "choose_shade", "shade_areas", "site_colours"]

_AREA = re.compile(r'(<path data-site="(\d+)" d="[^"]*" fill=")[^"]*(" stroke=")[^"]*"')
#: Lines of the first borders, and of all others.
DASHES = ("6 3 1 3", "1 3")
_EDGE = '<path data-line="inner"'


def choose_shade(layers: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Find a layer by its name, or by the beginning or a word of it.

    Parameters
    ----------
    layers
        Of `pcngeo.review.layers.layers_data`.
    name
        Such as "deprivation".

    Returns
    -------
    Mapping
        The layer.

    Raises
    ------
    DataError
        When no layer, or more than one, answers to the name.
    """
    shades: Sequence[Mapping[str, Any]] = layers.get("shades", ())
    asked = {"rurality": "rural areas"}.get(name.lower(), name.lower())
    found = [s for s in shades if asked in str(s["name"]).lower()]
    found = [s for s in found if str(s["name"]).lower() == name.lower()] or found
    if len(found) != 1:
        known = ", ".join(str(s["name"]) for s in shades)
        raise DataError(
            f"{'several layers are' if found else 'no layer is'} called {name!r} here",
            todo=f"Choose one of: {known}"
            if known
            else "Give --registrations and --deprivation "
            "or --rurality, so that the map has something to show",
        )
    return found[0]


def site_colours(data: Mapping[str, Any], layer: Mapping[str, Any]) -> list[str]:
    """Colour of every site by a layer: the class of its largest practice that has a figure."""
    ramp = data["layers"]["ramp"]
    colours, most = [UNPLACED] * len(data["sites"]), [-1] * len(data["sites"])
    for practice, step in zip(data["practices"], layer["steps"], strict=True):
        site = practice["site"]
        if site >= 0 and step >= 0 and practice["people"] > most[site]:
            colours[site], most[site] = ramp[step], practice["people"]
    return colours


def shade_areas(picture: str, colours: Sequence[str]) -> str:
    """Colour the areas of a still map by a layer; edges and numbers stay."""

    def colour(match: re.Match[str]) -> str:
        fill = colours[int(match[2])]
        return f'{match[1]}{fill}{match[3]}{fill}"'

    return _AREA.sub(colour, picture)


def add_borders(picture: str, lines: Sequence[Mapping[str, Any]]) -> str:
    """Draw given borders on a still map, under the networks' edges."""
    frame = re.search(r'data-frame="([-\d.]+) ([-\d.]+) ([-\d.]+)"', picture)
    if not frame:
        return picture
    west, north, scale = (float(value) for value in frame.groups())
    drawn = ""
    for k, layer in enumerate(lines):
        path = "".join(
            "M" + "L".join(f"{(x - west) * scale:.1f} {(north - y) * scale:.1f}" for y, x in line)
            for line in layer["lines"]
        )
        drawn += (
            f'<path data-borders="{escape(str(layer["name"]))}" d="{path}" fill="none" '
            f'stroke="#4A5866" stroke-width="1.2" stroke-dasharray="{DASHES[min(k, 1)]}"/>'
        )
    return picture.replace(_EDGE, drawn + _EDGE, 1)
