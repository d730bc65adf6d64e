"""What the map draws, in whole metres from a local origin, without saying who is in which network.

The areas of the sites form a coverage: neighbours share their border point for point. It is
simplified as one, so that no gap opens, and cut into *sides*: a side lies between two sites, or
between a site and the outside. An edge of a network is then simply a side whose two sites are in
different networks, for any plan, without adding polygons up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["OUTSIDE", "Shapes", "Side", "draw_shapes", "sides_of"]

#: Stands for no site on the far side of a side.
OUTSIDE = -1
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Side:
    """A piece of border between two sites (positions in `Shapes.sites`), `b` may be OUTSIDE."""

    a: int
    b: int
    line: Any


@dataclass(frozen=True)
class Shapes:
    """The drawing without the plan.

    Parameters
    ----------
    origin
        Easting and northing of the local origin, metres (EPSG:27700).
    tolerance
        How far a drawn line may be from the true one, metres.
    sites, areas
        Site ids, and the polygon of each.
    sides
        The borders of the sites.
    context
        Name and polygon of the areas around.
    bounds
        West, south, east, north of the sites.
    window
        The same with a margin: what is drawn of the context.
    branches
        Branch surgeries: east and north of the local origin, and the code of the practice.
    """

    origin: tuple[float, float]
    tolerance: float
    sites: tuple[str, ...]
    areas: tuple[Any, ...]
    sides: tuple[Side, ...]
    context: tuple[tuple[str, Any], ...]
    bounds: Bounds
    window: Bounds
    branches: tuple[tuple[float, float, str], ...] = ()

    def with_branches(self, branches: gpd.GeoDataFrame | None) -> Shapes:
        """Add branch surgeries that lie on the drawing: column `practice`, points (EPSG:27700)."""
        if branches is None or branches.empty:
            return self
        east, north = self.origin
        west, south, right, top = self.window
        found = (
            (point.x - east, point.y - north, str(code))
            for code, point in zip(branches["practice"], branches.geometry, strict=True)
        )
        inside = tuple(b for b in found if west <= b[0] <= right and south <= b[1] <= top)
        return replace(self, branches=inside)

    @property
    def extent(self) -> float:
        """The longer side of the mapped area, metres."""
        west, south, east, north = self.bounds
        return max(east - west, north - south, 1.0)

    @cached_property
    def land(self) -> Any:
        """All areas as one geometry, whole and valid: what must stay free of other words."""
        return shapely.union_all(shapely.make_valid(np.asarray(self.areas, dtype=object)))

    def edges(self, network_of: Mapping[str, str]) -> dict[str, Any]:
        """Edge line of every network: the sides between it and anything else.

        Parameters
        ----------
        network_of
            Network by site.

        Returns
        -------
        dict
            MultiLineString by network id.
        """
        found: dict[str, list[Any]] = {}
        for side in self.sides:
            a = network_of.get(self.sites[side.a], "")
            b = "" if side.b == OUTSIDE else network_of.get(self.sites[side.b], "")
            for network in {a, b} - {""} if a != b else ():
                found.setdefault(network, []).extend(shapely.get_parts(side.line))
        return {n: shapely.multilinestrings(lines) for n, lines in sorted(found.items())}

    def parts(self, network_of: Mapping[str, str]) -> dict[str, list[list[int]]]:
        """Pieces of every network that do not touch, as positions of sites, largest first.

        Parameters
        ----------
        network_of
            Network by site.

        Returns
        -------
        dict
            By network, a list of sites for each piece.
        """
        beside: dict[int, list[int]] = {}
        for side in self.sides:
            if side.b != OUTSIDE and self._network(side.a, network_of) == self._network(
                side.b, network_of
            ):
                beside.setdefault(side.a, []).append(side.b)
                beside.setdefault(side.b, []).append(side.a)
        found: dict[str, list[list[int]]] = {}
        seen: set[int] = set()
        for start in range(len(self.sites)):
            network = self._network(start, network_of)
            if not network or start in seen:
                continue
            piece, waiting = [], [start]
            seen.add(start)
            while waiting:
                site = waiting.pop()
                piece.append(site)
                new = [s for s in beside.get(site, []) if s not in seen]
                seen.update(new)
                waiting.extend(dict.fromkeys(new))
            found.setdefault(network, []).append(sorted(piece))
        for pieces in found.values():
            pieces.sort(key=lambda piece: (-sum(self.areas[s].area for s in piece), piece))
        return found

    def _network(self, site: int, network_of: Mapping[str, str]) -> str:
        return network_of.get(self.sites[site], "")

    def near(self, network_of: Mapping[str, str]) -> list[tuple[str, str]]:
        """Pairs of networks that are close on the map though they may not touch, closest first."""
        reach = self.extent / 12
        own: dict[str, list[Any]] = {}
        for site, area in zip(self.sites, self.areas, strict=True):
            if network_of.get(site):
                own.setdefault(network_of[site], []).append(area)
        ids = sorted(own)
        tree = shapely.STRtree([a for n in ids for a in own[n]])
        home = [n for n in ids for _ in own[n]]
        first, second = tree.query(tree.geometries, predicate="dwithin", distance=reach)
        gaps: dict[tuple[str, str], float] = {}
        for i, j in zip(first, second, strict=True):
            if home[i] < home[j]:
                gap = float(shapely.distance(tree.geometries[i], tree.geometries[j]))
                pair = (home[i], home[j])
                gaps[pair] = min(gap, gaps.get(pair, gap))
        return sorted(gaps, key=lambda pair: (gaps[pair], pair))

    def neighbours(self, network_of: Mapping[str, str]) -> list[tuple[str, str]]:
        """Pairs of networks that share an edge, sorted."""
        pairs = set()
        for side in self.sides:
            if side.b != OUTSIDE:
                ends = (network_of.get(self.sites[s], "") for s in (side.a, side.b))
                a, b = sorted(ends)
                if a and a != b:
                    pairs.add((a, b))
        return sorted(pairs)


def draw_shapes(
    territories: gpd.GeoDataFrame,
    practices: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    context: gpd.GeoDataFrame | None = None,
) -> Shapes:
    """Make the drawing from the territories, one polygon a site.

    Parameters
    ----------
    territories
        See `pcngeo.schema`.
    practices
        Used for the extent where there is no territory at all.
    boundary
        The area's boundary, only used for the extent where there is no territory.
    context
        Areas around, with a column `name`, in EPSG:27700.

    Returns
    -------
    Shapes
    """
    by_site = territories.drop_duplicates("site").sort_values("site", kind="stable")
    bounds = _bounds(by_site, practices, boundary)
    origin = (math.floor(bounds[0] / 1000) * 1000.0, math.floor(bounds[1] / 1000) * 1000.0)
    extent = max(bounds[2] - bounds[0], bounds[3] - bounds[1], 1.0)
    tolerance = max(2.0, extent / 1500)
    local = tuple(v - origin[i % 2] for i, v in enumerate(bounds))
    margin = 0.6 * extent
    window = (local[0] - margin, local[1] - margin, local[2] + margin, local[3] + margin)
    areas = _coverage(np.asarray(by_site.geometry.values, dtype=object), origin, tolerance)
    around = () if context is None else _context(context, origin, window, 2.5 * tolerance)
    return Shapes(
        origin=origin,
        tolerance=tolerance,
        sites=tuple(str(site) for site in by_site["site"]),
        areas=tuple(areas),
        sides=sides_of(areas),
        context=around,
        bounds=(local[0], local[1], local[2], local[3]),
        window=window,
    )


def _bounds(
    territories: gpd.GeoDataFrame,
    practices: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None,
) -> Bounds:
    for frame in (territories, boundary, practices):
        if frame is not None and len(frame):
            west, south, east, north = (float(v) for v in frame.total_bounds)
            if not math.isnan(west):
                return west, south, max(east, west + 1.0), max(north, south + 1.0)
    return 0.0, 0.0, 1000.0, 1000.0


def _coverage(areas: np.ndarray, origin: tuple[float, float], tolerance: float) -> list[Any]:
    """Whole metres, simplified as one coverage, specks of many-part areas left out."""
    if not len(areas):
        return []
    moved = _whole(areas, origin)
    broken = ~shapely.is_valid(moved)  # a part that is nothing but a point or a line by now
    moved[broken] = shapely.set_precision(moved[broken], 1.0)
    simple = shapely.coverage_simplify(moved, tolerance) if len(moved) else moved
    simple = [
        _whole(s, (0, 0)) if not s.is_empty else m for s, m in zip(simple, moved, strict=True)
    ]
    return [_without_specks(area, (2 * tolerance) ** 2) for area in simple]


def _whole(geometry: Any, origin: tuple[float, float]) -> Any:
    return shapely.transform(geometry, lambda xy: np.round(xy - np.asarray(origin)))


def _without_specks(area: Any, least: float) -> Any:
    parts = [p for p in shapely.get_parts(area) if p.geom_type == "Polygon"]
    if len(parts) < 2:
        return area
    largest = max(p.area for p in parts)
    kept = [p for p in parts if p.area >= min(least, largest)]
    return shapely.multipolygons(kept) if len(kept) > 1 else kept[0]


def _context(
    context: gpd.GeoDataFrame, origin: tuple[float, float], window: Bounds, tolerance: float
) -> tuple[tuple[str, Any], ...]:
    shapes = shapely.transform(
        np.asarray(context.geometry.values, dtype=object), lambda xy: xy - np.asarray(origin)
    )
    box = shapely.box(*window)
    found = []
    for name, shape in zip(context["name"], shapes, strict=True):
        seen = shapely.intersection(shapely.make_valid(shape), box)
        seen = shapely.simplify(seen, tolerance)
        # Rounding point by point can cross an edge over another: this keeps the polygon valid.
        whole = shapely.set_precision(shapely.make_valid(seen), 1.0)
        parts = [p for p in shapely.get_parts(whole) if p.geom_type == "Polygon"]
        parts = [p for p in parts if p.area > (4 * tolerance) ** 2]
        if parts:
            found.append((str(name), shapely.multipolygons(parts)))
    return tuple(sorted(found, key=lambda pair: pair[0]))


def sides_of(areas: list[Any]) -> tuple[Side, ...]:
    """Cut the borders of a coverage into lines between two areas, or an area and the outside.

    Parameters
    ----------
    areas
        Polygons that share their borders point for point.

    Returns
    -------
    tuple of Side
        Sorted by the two areas.

    Examples
    --------
    >>> two = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> [(side.a, side.b, side.line.length) for side in sides_of(two)]
    [(0, -1, 3.0), (0, 1, 1.0), (1, -1, 3.0)]
    """
    owners: dict[tuple[tuple[float, float], tuple[float, float]], list[int]] = {}
    for i, area in enumerate(areas):
        rings = shapely.get_rings(shapely.get_parts(area))
        for ring in rings:
            points = [(float(x), float(y)) for x, y in shapely.get_coordinates(ring)]
            for a, b in pairwise(points):
                if a != b:
                    owners.setdefault((min(a, b), max(a, b)), []).append(i)
    pieces: dict[tuple[int, int], list[Any]] = {}
    for segment, both in owners.items():
        ends = sorted(set(both))
        if len(ends) == 1 and len(both) % 2 == 0:
            continue
        pair = (ends[0], OUTSIDE if len(ends) == 1 else ends[1])
        pieces.setdefault(pair, []).append(segment)
    return tuple(
        Side(a, b, shapely.line_merge(shapely.multilinestrings(pieces[a, b])))
        for a, b in sorted(pieces)
    )
