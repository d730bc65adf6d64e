"""Names of the areas around: they orient the eye, and never lie on a practice or on the area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shapely

from pcngeo.review.shapes import Shapes
from pcngeo.review.words import display_area

__all__ = ["busy", "place_names"]


def busy(shapes: Shapes, practices: Sequence[tuple[float, float]], letter: float) -> Any:
    """Join what names must keep clear of: the mapped areas, and practices that lie beside them.

    Parameters
    ----------
    shapes
        The drawing.
    practices
        Places of the practices that are drawn, local metres.
    letter
        Width of a letter, metres.

    Returns
    -------
    geometry or None
    """
    spots = [shapely.Point(x, y).buffer(1.5 * letter) for x, y in practices]
    parts = [shapes.land, *spots] if shapes.areas else spots
    return shapely.union_all(parts) if parts else None


def place_names(
    areas: Sequence[tuple[str, Any]], view: Any, own: Any, *, letter: float
) -> list[tuple[str, tuple[float, float]]]:
    """Find where the names of the areas around fit: inside the view, beside the own areas.

    Parameters
    ----------
    areas
        Name and polygon.
    view, own
        What is seen, and what must stay free (or None), as `busy` gives it.
    letter
        Width of a letter, in the unit of the polygons.

    Returns
    -------
    list
        Name as shown, and its middle; names without room are left out.
    """
    found = []
    for published, area in areas:
        name = display_area(published)
        try:
            spot = _name_spot(area, view, own, letter, len(name))
        except shapely.errors.GEOSException:
            # A name only orients the eye: a polygon that cannot be cut must not cost the map.
            continue
        if spot is not None:
            found.append((name, spot))
    return found


def _name_spot(
    area: Any, view: Any, own: Any, letter: float, letters: int
) -> tuple[float, float] | None:
    seen = shapely.intersection(area, view.buffer(-letter * (letters / 2 + 1), join_style=2))
    if own is not None:
        seen = shapely.difference(seen, own.buffer(letter * 1.5))
    if seen.is_empty or seen.area <= 0:
        return None
    spot = shapely.maximum_inscribed_circle(seen, tolerance=letter)
    x, y = (float(value) for value in shapely.get_coordinates(spot)[0])
    half = letter * letters / 2
    box = shapely.box(x - half, y - letter, x + half, y + letter)
    if own is not None and shapely.intersects(box, own.buffer(letter)):
        return None
    return x, y
