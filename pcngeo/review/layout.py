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
    rooms: Mapping[str, float],
) -> dict[str, tuple[float, float, float, float]]:
    """Choose the place of every network's number.

    The best place in a network is farthest from circles and edges. Where even that has no room,
    the number stands beside it, on the nearest free place.

    Parameters
    ----------
    candidates
        Places in the network to choose from, pixels, by network.
    edges
        Edge line of the network, pixels.
    circles, radii
        Practices as drawn.
    rooms
        Half the width of the network's badge, pixels.

    Returns
    -------
    dict
        By network: the best place in it (x, y), and where the number stands (x, y); the two differ
        where a line should join them.
    """
    chosen: dict[str, tuple[float, float, float, float]] = {}
    taken: list[tuple[float, float, float]] = []

    def free(places: Array) -> Array:
        found = np.full(len(places), np.inf)
        if len(circles):
            gap = np.hypot(places[:, :1] - circles[None, :, 0], places[:, 1:] - circles[None, :, 1])
            found = np.minimum(found, (gap - radii[None, :]).min(axis=1))
        for x, y, r in taken:
            found = np.minimum(found, np.hypot(places[:, 0] - x, places[:, 1] - y) - r)
        return found

    for network, places in candidates.items():
        room = rooms[network]
        space = np.minimum(free(places), 60.0)
        if network in edges:
            space = np.minimum(space, shapely.distance(edges[network], shapely.points(places)))
        x, y = places[int(np.argmax(space))]
        px, py = x, y
        if space.max() < room - 2:
            beside = _rings(x, y)
            clear = np.flatnonzero(free(beside) > room + 2)
            if len(clear):
                px, py = beside[clear[0]]
        chosen[network] = (float(x), float(y), float(px), float(py))
        taken.append((float(px), float(py), room))
    return chosen


def _rings(x: float, y: float) -> Array:
    """Places around a point, nearest first."""
    far = np.repeat(np.arange(30.0, 131.0, 10.0), 16)
    turn = np.tile(np.arange(16) * np.pi / 8, 11)
    return np.column_stack([x + far * np.cos(turn), y + far * np.sin(turn)])
