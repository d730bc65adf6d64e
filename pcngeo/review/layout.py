"""Where symbols and numbers go on a drawing of known size, so that nothing lies on anything else.

The same method as the page's own script uses on the screen, in pixels (y down), without chance:
circles that are closer than they may be are pushed apart a little at a time; a network's number
stands at the point of the network that is farthest from circles and edges.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import shapely

__all__ = ["badge_places", "dense_corner", "push_apart", "sample_points"]

#: Half the height of a badge, pixels.
HIGH = 13.0
#: A badge may lie across its network's edge, but its middle is this far inside, pixels.
INSIDE = 4.0
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


def dense_corner(
    places: Array, extent: float, area: float, *, share: float = 0.25, least: int = 40
) -> tuple[float, float, float, float] | None:
    """Find the part of a map that is too crowded to read at the scale of the whole.

    Parameters
    ----------
    places
        Places of the practices, metres, one row (x, y) each.
    extent, area
        Longer side of the map, metres, and size of what is mapped, square metres.
    share
        Side of the part, as a share of the extent.
    least
        Practices below which nothing is crowded.

    Returns
    -------
    tuple or None
        West, south, east, north of the square with most practices, where they are at least
        1.6 times as dense there as on the whole map; else None.

    Examples
    --------
    >>> crowd = np.array([[0.0, 0.0]] * 60 + [[900.0, 900.0]] * 5)
    >>> dense_corner(crowd, 1000.0, 1e6)
    (-125.0, -125.0, 125.0, 125.0)
    >>> dense_corner(crowd[::10], 1000.0, 1e6) is None
    True
    """
    if len(places) < least:
        return None
    half = share * extent / 2
    apart = np.abs(places[:, None, :] - places[None, :, :]).max(axis=2)
    inside = apart <= half
    best = int(inside.sum(axis=1).argmax())
    count = int(inside[best].sum())
    crowded = count / (4 * half * half) >= 1.6 * len(places) / max(area, 1.0)
    if count < least or not crowded:
        return None
    own = places[inside[best]]
    x, y = (own.min(axis=0) + own.max(axis=0)) / 2
    return (float(x - half), float(y - half), float(x + half), float(y + half))


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
    *,
    further: Collection[str] = (),
    size: tuple[float, float] | None = None,
) -> dict[str, tuple[float, float, float, float]]:
    """Choose the place of every network's number.

    The best place in a network is farthest from circles and edges. The number never lies on a
    circle or on another number; it may lie across an edge, with its middle well inside. Where even
    that has no room, it stands beside its network, on the nearest free place.

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
    further
        Those that only repeat a number on a piece that lies apart: left out where there is no room.
    size
        Width and height of the drawing, which no number leaves.

    Returns
    -------
    dict
        By network: the best place in it (x, y), and where the number stands (x, y); the two differ
        where a line should join them.
    """
    chosen: dict[str, tuple[float, float, float, float]] = {}
    taken: list[tuple[float, float, float]] = []

    def free(places: Array, room: float) -> Array:
        found = np.full(len(places), np.inf)
        if len(circles):
            dx = np.maximum(np.abs(places[:, :1] - circles[None, :, 0]) - room, 0.0)
            dy = np.maximum(np.abs(places[:, 1:] - circles[None, :, 1]) - HIGH, 0.0)
            found = np.minimum(found, (np.hypot(dx, dy) - radii[None, :]).min(axis=1))
        for x, y, other in taken:
            beside = np.abs(places[:, 0] - x) - room - other
            found = np.minimum(found, np.maximum(beside, np.abs(places[:, 1] - y) - 2 * HIGH))
        return found

    for network, places in candidates.items():
        room = rooms[network]
        clear = free(places, room)
        space = np.minimum(clear + room, 60.0)
        fits = np.asarray(clear >= 0)
        if network in edges:
            edge = shapely.distance(edges[network], shapely.points(places))
            space = np.minimum(space, edge)
            fits &= edge >= INSIDE
        x, y = places[int(np.argmax(np.where(fits, space + 1e6, space)))]
        px, py = x, y
        if not fits.any() and network in further:
            continue
        if not fits.any():
            beside = _rings(x, y)
            clear = free(beside, room)
            if size is not None:
                edge = np.minimum(beside, np.array(size) - beside)
                clear[(edge[:, 0] < room + 2) | (edge[:, 1] < HIGH + 2)] = -1
            open_ = np.flatnonzero(clear > 1)
            if len(open_):
                px, py = beside[open_[0]]
        chosen[network] = (float(x), float(y), float(px), float(py))
        taken.append((float(px), float(py), room))
    return chosen


def _rings(x: float, y: float) -> Array:
    """Places around a point, nearest first."""
    steps, turns = np.arange(16.0, 131.0, 6.0), np.arange(32) * np.pi / 16
    far, turn = (values.ravel() for values in np.meshgrid(steps, turns, indexing="ij"))
    return np.column_stack([x + far * np.cos(turn), y + far * np.sin(turn)])
