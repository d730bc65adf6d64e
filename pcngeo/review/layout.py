"""Where symbols and numbers go on a drawing of known size, so that nothing lies on anything else.

The same method as the page's own script uses on the screen, in pixels (y down), without chance:
circles that are closer than they may be are pushed apart a little at a time; a network's number
stands at the point of the network that is farthest from circles and edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

__all__ = ["badge_places", "push_apart", "sample_points"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def push_apart(places: Array, radii: Array, *, gap: float = 2.0, rounds: int = 60) -> Array:
    """Move circles as little as needed until none overlaps another.

    Parameters
    ----------
    places
        True places, pixels, one row (x, y) each.
    radii
        Radii, pixels.
    gap
        Least free space between two circles, pixels.
    rounds
        Most rounds of pushing.

    Returns
    -------
    array
        New places. Circles at one and the same place part along a fixed spiral, so the result is
        the same every time.

    Examples
    --------
    >>> places = np.array([[0.0, 0.0], [0.0, 0.0], [50.0, 0.0]])
    >>> moved = push_apart(places, np.array([5.0, 5.0, 5.0]))
    >>> bool(np.hypot(*(moved[0] - moved[1])) >= 11.0), moved[2].tolist()
    (True, [50.0, 0.0])
    """
    moved = places.astype(float).copy()
    if len(moved) < 2:
        return moved
    angle = np.arange(len(moved)) * 2.399963
    nudge = np.column_stack([np.cos(angle), np.sin(angle)]) * 0.01
    i, j = np.triu_indices(len(moved), 1)
    least = radii[i] + radii[j] + gap
    near = np.hypot(*(moved[i] - moved[j]).T) < least + 60
    i, j, least = i[near], j[near], least[near]
    moved += nudge
    for _ in range(rounds):
        apart = moved[j] - moved[i]
        distance = np.maximum(np.hypot(apart[:, 0], apart[:, 1]), 1e-9)
        lack = np.maximum(least - distance, 0.0)
        if not (lack > 0.05).any():
            break
        step = apart / distance[:, None] * (lack / 2)[:, None] * 0.9
        np.add.at(moved, i, -step)
        np.add.at(moved, j, step)
    still = np.hypot(*(moved - nudge - places).T) < 1e-6
    moved[still] = places[still]
    return moved


def sample_points(area: Any, step: float) -> Array:
    """Points of a grid that lie well inside an area, and at least one that surely does.

    Parameters
    ----------
    area
        Polygon or MultiPolygon.
    step
        Width of the grid.

    Returns
    -------
    array
        One row (x, y) each.
    """
    west, south, east, north = area.bounds
    xs = np.arange(np.ceil(west / step) * step, east, step)
    ys = np.arange(np.ceil(south / step) * step, north, step)
    x, y = (v.ravel() for v in np.meshgrid(xs, ys))
    inside = shapely.contains_xy(area, x, y) if len(x) else np.zeros(0, dtype=bool)
    sure = shapely.point_on_surface(area)
    middle = shapely.maximum_inscribed_circle(area, tolerance=step / 4)
    first = shapely.get_coordinates(middle)[:1] if not middle.is_empty else [[sure.x, sure.y]]
    return np.vstack([first, np.column_stack([x[inside], y[inside]])])


def badge_places(
    candidates: Mapping[str, Array],
    edges: Mapping[str, Any],
    circles: Array,
    radii: Array,
    *,
    room: float = 15.0,
) -> dict[str, tuple[float, float]]:
    """Choose the place of every network's number.

    Parameters
    ----------
    candidates
        Places in the network to choose from, pixels, by network.
    edges
        Edge line of the network, pixels.
    circles, radii
        Practices as drawn.
    room
        Half the width of a badge, pixels.

    Returns
    -------
    dict
        Place by network.
    """
    chosen: dict[str, tuple[float, float]] = {}
    taken: list[tuple[float, float]] = []
    for network, places in candidates.items():
        free = np.full(len(places), np.inf)
        if network in edges:
            free = np.minimum(free, shapely.distance(edges[network], shapely.points(places)))
        if len(circles):
            gap = np.hypot(places[:, :1] - circles[None, :, 0], places[:, 1:] - circles[None, :, 1])
            free = np.minimum(free, (gap - radii[None, :]).min(axis=1))
        for x, y in taken:
            free = np.minimum(free, np.hypot(places[:, 0] - x, places[:, 1] - y) - room)
        best = int(np.argmax(np.minimum(free, 4 * room)))
        chosen[network] = (float(places[best, 0]), float(places[best, 1]))
        taken.append(chosen[network])
    return chosen
