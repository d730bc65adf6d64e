"""What a plan costs, counted anew in plain Python.

Nothing here is shared with the optimiser: values are read off the graph and the rules one practice
and one pair at a time. `pcngeo.recheck.verify` holds every plan against it, and against
`pcngeo.breaches`, which reads demands the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import dist, inf, isnan
from typing import Any

import networkx as nx

from pcngeo.objectives import ROOM, Stage
from pcngeo.rules import Rules

__all__ = [
    "Members", "by_network", "cost", "grouped", "metres_between", "people_of", "size_of",
    "values_of", "widest", "window_of",
]  # fmt: skip

Graph = nx.Graph
Members = tuple[str, ...]


def cost(stage: Stage, groups: list[Members], graph: nx.Graph[str], rules: Rules) -> float:
    """Add up an objective over networks.

    Parameters
    ----------
    stage
        The objective, or a mix (then in points); see `pcngeo.objectives`.
    groups
        Practices of every network; practices that stand alone above the ceiling do not count.
    graph
        The graph that the plan was made on, with what `pcngeo.inputs` attached.
    rules
        Target size, waivers, hubs and collaborations are read from them.

    Returns
    -------
    float
        In the unit of the objective; infinite where travel is not known.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_node("A", list_size=20_000, x=0.0, y=0.0)
    >>> graph.add_node("B", list_size=15_000, x=3_000.0, y=4_000.0)
    >>> cost((("size", 1.0),), [("A", "B")], graph, Rules())
    5000.0
    """
    everybody = grouped(graph, rules)
    made = [tuple(sorted(g)) for g in groups if set(g) <= set(everybody)]
    total = 0.0
    for name, weight in stage:
        point = _point(name, graph, rules, everybody) if len(stage) > 1 else 1.0
        if name == "changed":
            value = _changed(made, graph, everybody)
        else:
            value = sum(_TERMS[name](g, graph, rules, everybody) for g in made)
        total += weight * value / point
    return total


def by_network(
    stage: Stage, groups: dict[str, Members], graph: nx.Graph[str], rules: Rules
) -> list[dict[str, Any]]:
    """Say what every network adds to an objective: the rows add up to `cost`.

    Parameters
    ----------
    stage
        As of `cost`.
    groups
        Practices by network; those that stand alone above the ceiling have no rows.
    graph, rules
        As of `cost`.

    Returns
    -------
    list of dict
        By network and name of objective: `network`, `objective`, `value` (in its unit), `counts`
        (what it adds to what was minimised: weighted, in points where it is a mix), `hub` (the
        practice that distance or travel is counted to) and `continues` (the network of today that
        it continues, for ``changed``).
    """
    everybody = grouped(graph, rules)
    made = {n: tuple(sorted(g)) for n, g in groups.items() if set(g) <= set(everybody)}
    rows = []
    for name, weight in stage:
        point = _point(name, graph, rules, everybody) if len(stage) > 1 else 1.0
        goes_on = _continued(list(made.values()), graph, everybody) if name == "changed" else {}
        for place, (network, group) in enumerate(made.items()):
            today, kept = goes_on.get(place, ("", 0))
            value = (
                float(size_of(graph, group) - kept)
                if name == "changed"
                else _TERMS[name](group, graph, rules, everybody)
            )
            way = _WAYS.get(name)
            rows.append(
                {
                    "network": network,
                    "objective": name,
                    "value": value,
                    "counts": weight * value / point,
                    "hub": _best_hub(group, graph, rules, way(graph))[1] if way else "",
                    "continues": today,
                }
            )
    return rows


def window_of(group: Members, rules: Rules, *, soft: bool = True) -> tuple[int, int]:
    """Smallest and largest list size that a network may have, waivers granted to it included."""
    low, high = rules.min_list, rules.max_list
    for waiver in rules.rural_waivers:
        if waiver.granted and waiver.patients and waiver.practice in group:
            low = min(low, waiver.patients)
    for waiver in rules.over_ceiling:
        if waiver.granted and waiver.patients and waiver.practice in group:
            high = max(high, waiver.patients)
    if soft and rules.soft_min_list:
        low = min(low, rules.soft_min_list)
    return low, max(high, rules.soft_max_list) if soft else high


def grouped(graph: nx.Graph[str], rules: Rules) -> Members:
    """Practices that do not stand alone above the ceiling."""
    return tuple(sorted(p for p in graph if people_of(graph, p) <= window_of((str(p),), rules)[1]))


def people_of(graph: nx.Graph[str], practice: str) -> int:
    """Return the registered patients of a practice."""
    return int(graph.nodes[practice]["list_size"])


def size_of(graph: nx.Graph[str], group: Members) -> int:
    """Add up the registered patients of some practices."""
    return sum(people_of(graph, p) for p in group)


def metres_between(graph: nx.Graph[str], a: str, b: str) -> float:
    """Straight line from one practice to another, in metres."""
    one, other = graph.nodes[a], graph.nodes[b]
    return dist((one["x"], one["y"]), (other["x"], other["y"]))


Way = Callable[[str, str], float]


def _best_hub(group: Members, graph: nx.Graph[str], rules: Rules, way: Way) -> tuple[float, str]:
    """Least sum of list size times the way to one member, and which; infinite where none can be."""
    hubs = {row.practice for row in rules.hubs}
    able = [p for p in group if p in hubs] or list(group)
    if len(able) > 1 and set(able) <= hubs:
        return inf, ""
    return min(
        (sum(people_of(graph, p) * way(p, hub) for p in group if p != hub), hub) for hub in able
    )


def _straight(graph: nx.Graph[str]) -> Way:
    return lambda a, b: metres_between(graph, a, b)


def _travelled(graph: nx.Graph[str]) -> Way:
    table = graph.graph["travel"].table

    def way(a: str, b: str) -> float:
        known = a in table.index and b in table.columns
        value = float(table.at[a, b]) if known else inf
        return inf if isnan(value) else value

    return way


#: Objectives that are counted to a hub, and by which way.
_WAYS: dict[str, Callable[[nx.Graph[str]], Way]] = {"distance": _straight, "travel": _travelled}


def _distance(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return _best_hub(group, graph, rules, _straight(graph))[0]


def _travel(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return _best_hub(group, graph, rules, _travelled(graph))[0]


def _centroid(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    people = {p: max(float(people_of(graph, p)), 1e-9) for p in group}
    total = sum(people.values())
    x = sum(people[p] * graph.nodes[p]["x"] for p in group) / total
    y = sum(people[p] * graph.nodes[p]["y"] for p in group) / total
    return sum(
        people_of(graph, p) * dist((x, y), (graph.nodes[p]["x"], graph.nodes[p]["y"]))
        for p in group
    )


def widest(graph: nx.Graph[str], group: Members) -> float:
    """Metres between the two of some practices that are farthest from each other."""
    return max(metres_between(graph, a, b) for a in group for b in group)


def _span(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return widest(graph, group)


def _pairs(name: str, graph: nx.Graph[str], rules: Rules) -> Iterator[tuple[str, str, float]]:
    if name == "borders":
        for a, b, edge in graph.edges(data=True):
            yield a, b, float(edge["border_m"])
    elif name == "common":
        for (a, b), value in graph.graph["common"].items():
            yield a, b, float(value)
    else:
        for row in rules.collaborations:
            here = [p for p in row.practices if p in graph]
            for i, a in enumerate(here):
                for b in here[i + 1 :]:
                    yield a, b, float(min(people_of(graph, a), people_of(graph, b)))


def _split(name: str) -> Callable[[Members, nx.Graph[str], Rules, Members], float]:
    def term(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
        inside, known = set(group), set(everybody)
        return 0.5 * sum(
            value
            for a, b, value in _pairs(name, graph, rules)
            if a in known and b in known and (a in inside) != (b in inside)
        )

    return term


def _away(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return float(abs(size_of(graph, group) - rules.target_list))


def values_of(graph: nx.Graph[str], group: Members, name: str) -> list[str]:
    """Look up an attribute of each of some practices; ``""`` where it is not known."""
    words = [str(graph.nodes[p].get(name, "") or "") for p in group]
    return ["" if word == "nan" else word for word in words]


def _authorities(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return float(max(0, len(set(values_of(graph, group, "local_authority")) - {""}) - 1))


def _changed(made: list[Members], graph: nx.Graph[str], everybody: Members) -> float:
    """Patients whose network does not continue theirs of today, matched one to one (R22)."""
    kept = sum(people for _, people in _continued(made, graph, everybody).values())
    return float(sum(size_of(graph, group) for group in made) - kept)


def _continued(
    made: list[Members], graph: nx.Graph[str], everybody: Members
) -> dict[int, tuple[str, int]]:
    """Match networks with those of today, one to one, so that most patients stay: by place."""
    known = set(everybody)
    alone = tuple(p for p in graph if p not in known)
    gone = set(values_of(graph, alone, "network_today"))
    shared: nx.Graph[Any] = nx.Graph()
    for g, group in enumerate(made):
        for practice, today in zip(group, values_of(graph, group, "network_today"), strict=True):
            if today and today not in gone:
                before = shared.edges[g, today]["weight"] if shared.has_edge(g, today) else 0
                shared.add_edge(g, today, weight=before + people_of(graph, practice))
    found = {}
    for pair in nx.max_weight_matching(shared):
        g, today = pair if isinstance(pair[0], int) else pair[::-1]
        found[g] = (today, int(shared.edges[pair]["weight"]))
    return found


def _outside(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    low, high = window_of(group, rules, soft=False)
    size, largest = size_of(graph, group), max(people_of(graph, p) for p in group)
    return float(max(0, low - size) + max(0, size - max(high, largest)))


def _short_of_room(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    low, high = window_of(group, rules, soft=False)
    size = size_of(graph, group)
    above = size - high / (1 + ROOM) if len(group) > 1 else 0.0
    return max(0.0, low / (1 - ROOM) - size) + max(0.0, above)


def _kind(graph: nx.Graph[str], practice: str, attribute: str) -> tuple[float, int]:
    """Patients of a kind, and the practice's patients where that is known."""
    share: Any = graph.nodes[practice].get(attribute)
    if share is None or isnan(float(share)):
        return 0.0, 0
    return float(share) * people_of(graph, practice), people_of(graph, practice)


def _mixed(attribute: str) -> Callable[[Members, nx.Graph[str], Rules, Members], float]:
    def term(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
        area = [_kind(graph, p, attribute) for p in everybody]
        own = [_kind(graph, p, attribute) for p in group]
        share = sum(n for n, _ in area) / max(1e-9, sum(m for _, m in area))
        return abs(sum(n for n, _ in own) - share * sum(m for _, m in own))

    return term


def _alike(attribute: str) -> Callable[[Members, nx.Graph[str], Rules, Members], float]:
    def term(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
        own = [_kind(graph, p, attribute) for p in group]
        share = sum(n for n, _ in own) / max(1e-9, sum(m for _, m in own))
        return sum(abs(n - share * m) for n, m in own)

    return term


_TERMS: dict[str, Callable[[Members, nx.Graph[str], Rules, Members], float]] = {
    "distance": _distance,
    "travel": _travel,
    "centroid": _centroid,
    "borders": _split("borders"),
    "common": _split("common"),
    "collaborations": _split("collaborations"),
    "size": _away,
    "span": _span,
    "authorities": _authorities,
    "deprivation_mixed": _mixed("deprived_share"),
    "deprivation_alike": _alike("deprived_share"),
    "rurality_mixed": _mixed("rural_share"),
    "rurality_alike": _alike("rural_share"),
    "outside": _outside,
    "headroom": _short_of_room,
}


def _point(name: str, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    """Return what one point is, in the unit of the objective (`pcngeo.objectives.TERMS`)."""
    if name in ("distance", "centroid"):
        return 1_000.0
    if name == "travel":
        return 1_000.0 if graph.graph["travel"].unit == "metres" else 1.0
    if name == "borders":
        known = set(everybody)
        whole = sum(v for a, b, v in _pairs(name, graph, rules) if a in known and b in known)
        return max(1e-9, whole) / max(1.0, float(size_of(graph, everybody)))
    each = {"span": 1_000.0, "authorities": 1.0}
    return each[name] / rules.target_list if name in each else 1.0
