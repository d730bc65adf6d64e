"""The kernels' answers in a few lines of plain Python: slow, short, and held equal by a test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import networkx as nx

__all__ = ["all_groups", "best_partition", "group_cost"]


def all_groups(graph: nx.Graph[str], floor: int, ceiling: int) -> Iterator[frozenset[str]]:
    """Yield every connected group of practices whose list size lies in the window, once each.

    Parameters
    ----------
    graph
        See `pcngeo.schema`.
    floor, ceiling
        The window, both ends included, in registered patients.

    Yields
    ------
    frozenset of str
        Practices of one group.
    """
    size = nx.get_node_attributes(graph, "list_size")

    def grow(group: frozenset[str], total: int, banned: frozenset[str]) -> Iterator[frozenset[str]]:
        if total >= floor:
            yield group
        shut = banned
        for practice in sorted({u for v in group for u in graph[v]} - group - banned):
            if total + size[practice] <= ceiling:
                yield from grow(group | {practice}, total + size[practice], shut)
            shut = shut | {practice}

    before: frozenset[str] = frozenset()
    for practice in sorted(graph):
        if size[practice] <= ceiling:
            yield from grow(frozenset({practice}), size[practice], before)
        before = before | {practice}


def group_cost(graph: nx.Graph[str], group: frozenset[str]) -> tuple[float, str]:
    """Cost of a group in patient-metres, and its hub: the member it is cheapest to serve from."""
    node = graph.nodes

    def cost(hub: str) -> float:
        total: float = sum(
            node[i]["list_size"]
            * ((node[i]["x"] - node[hub]["x"]) ** 2 + (node[i]["y"] - node[hub]["y"]) ** 2) ** 0.5
            for i in sorted(group)
        )
        return total

    hub = min(sorted(group), key=cost)
    return cost(hub), hub


def best_partition(
    graph: nx.Graph[str], floor: int, ceiling: int, counts: tuple[int, int] | None = None
) -> dict[int, tuple[int, float]]:
    """Try every way to divide the practices: fewest patients out, then least cost, by count.

    Parameters
    ----------
    graph
        Up to about a dozen practices.
    floor, ceiling
        The window.
    counts
        Lowest and highest number of networks to report (default: all).

    Returns
    -------
    dict
        Number of networks -> (patients in no network, cost in patient-metres) of its best plan.
    """
    groups = [(g, group_cost(graph, g)[0]) for g in all_groups(graph, floor, ceiling)]
    size = nx.get_node_attributes(graph, "list_size")
    everybody = frozenset(p for p in graph if size[p] <= ceiling)
    best: dict[int, tuple[int, float]] = {}

    def place(left: frozenset[str], count: int, out: int, cost: float) -> None:
        if not left:
            if count not in best or (out, cost) < best[count]:
                best[count] = (out, cost)
            return
        first = min(left)
        place(left - {first}, count, out + size[first], cost)
        for group, price in groups:
            if first in group and group <= left:
                place(left - group, count + 1, out, cost + price)

    place(everybody, 0, 0, 0.0)
    lowest, highest = counts or (0, len(everybody))
    return {k: v for k, v in sorted(best.items()) if lowest <= k <= highest}


def is_connected(graph: nx.Graph[str], group: frozenset[str]) -> bool:
    """Tell whether a group hangs together, by trying pairs until nothing joins any more."""
    parts = [{p} for p in group]
    joined = True
    while joined:
        joined = False
        for a, b in combinations(parts, 2):
            if any(graph.has_edge(u, v) for u in a for v in b):
                parts = [p for p in parts if p is not a and p is not b] + [a | b]
                joined = True
                break
    return len(parts) == 1
