"""What a plan costs and which demands it keeps, counted anew in plain Python.

Nothing here is shared with the optimiser: values are read off the graph and the rules one practice
and one pair at a time. `pcngeo.evaluate.verify` holds every plan against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil, dist, inf, isnan
from typing import Any

import networkx as nx

from pcngeo.demands import LockedPractice, Together
from pcngeo.objectives import ROOM, Stage
from pcngeo.rules import Rules

__all__ = [
    "broken_choices", "broken_closings", "broken_demands", "broken_limits", "by_network", "cost",
    "grouped", "kept_sites", "nearest_linked", "window_of",
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
                float(_size(graph, group) - kept)
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
    return tuple(sorted(p for p in graph if _people(graph, p) <= window_of((str(p),), rules)[1]))


def _people(graph: nx.Graph[str], practice: str) -> int:
    return int(graph.nodes[practice]["list_size"])


def _size(graph: nx.Graph[str], group: Members) -> int:
    return sum(_people(graph, p) for p in group)


def _metres(graph: nx.Graph[str], a: str, b: str) -> float:
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
        (sum(_people(graph, p) * way(p, hub) for p in group if p != hub), hub) for hub in able
    )


def _straight(graph: nx.Graph[str]) -> Way:
    return lambda a, b: _metres(graph, a, b)


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
    people = {p: max(float(_people(graph, p)), 1e-9) for p in group}
    total = sum(people.values())
    x = sum(people[p] * graph.nodes[p]["x"] for p in group) / total
    y = sum(people[p] * graph.nodes[p]["y"] for p in group) / total
    return sum(
        _people(graph, p) * dist((x, y), (graph.nodes[p]["x"], graph.nodes[p]["y"])) for p in group
    )


def _far(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return max(_metres(graph, a, b) for a in group for b in group)


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
                    yield a, b, float(min(_people(graph, a), _people(graph, b)))


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
    return float(abs(_size(graph, group) - rules.target_list))


def _places(group: Members, graph: nx.Graph[str], name: str) -> list[str]:
    words = [str(graph.nodes[p].get(name, "") or "") for p in group]
    return ["" if word == "nan" else word for word in words]


def _authorities(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    return float(max(0, len(set(_places(group, graph, "local_authority")) - {""}) - 1))


def _changed(made: list[Members], graph: nx.Graph[str], everybody: Members) -> float:
    """Patients whose network does not continue theirs of today, matched one to one (R22)."""
    kept = sum(people for _, people in _continued(made, graph, everybody).values())
    return float(sum(_size(graph, group) for group in made) - kept)


def _continued(
    made: list[Members], graph: nx.Graph[str], everybody: Members
) -> dict[int, tuple[str, int]]:
    """Match networks with those of today, one to one, so that most patients stay: by place."""
    known = set(everybody)
    alone = tuple(p for p in graph if p not in known)
    gone = set(_places(alone, graph, "network_today"))
    shared: nx.Graph[Any] = nx.Graph()
    for g, group in enumerate(made):
        for practice, today in zip(group, _places(group, graph, "network_today"), strict=True):
            if today and today not in gone:
                before = shared.edges[g, today]["weight"] if shared.has_edge(g, today) else 0
                shared.add_edge(g, today, weight=before + _people(graph, practice))
    found = {}
    for pair in nx.max_weight_matching(shared):
        g, today = pair if isinstance(pair[0], int) else pair[::-1]
        found[g] = (today, int(shared.edges[pair]["weight"]))
    return found


def _outside(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    low, high = window_of(group, rules, soft=False)
    size, largest = _size(graph, group), max(_people(graph, p) for p in group)
    return float(max(0, low - size) + max(0, size - max(high, largest)))


def _short_of_room(group: Members, graph: nx.Graph[str], rules: Rules, everybody: Members) -> float:
    low, high = window_of(group, rules, soft=False)
    size = _size(graph, group)
    above = size - high / (1 + ROOM) if len(group) > 1 else 0.0
    return max(0.0, low / (1 - ROOM) - size) + max(0.0, above)


def _kind(graph: nx.Graph[str], practice: str, attribute: str) -> tuple[float, int]:
    """Patients of a kind, and the practice's patients where that is known."""
    share: Any = graph.nodes[practice].get(attribute)
    if share is None or isnan(float(share)):
        return 0.0, 0
    return float(share) * _people(graph, practice), _people(graph, practice)


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
    "span": _far,
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
        return max(1e-9, whole) / max(1.0, float(_size(graph, everybody)))
    each = {"span": 1_000.0, "authorities": 1.0}
    return each[name] / rules.target_list if name in each else 1.0


def broken_demands(groups: dict[str, Members], graph: nx.Graph[str], rules: Rules) -> Iterator[str]:
    """Say which demands of the rules a plan breaks, one sentence each.

    Parameters
    ----------
    groups
        Practices by network.
    graph, rules
        As of `cost`.

    Yields
    ------
    str
        Nothing where every demand is kept.
    """
    for network, members in groups.items():
        yield from _broken_alone(network, members, graph, rules)
    yield from broken_choices(groups, graph, rules)
    for network, words in broken_limits(groups, graph, rules):
        yield f"network {network}: {words}"
    if rules.closures == "borne":
        yield from (what for _, what in broken_closings(groups, graph, rules))


def broken_choices(groups: dict[str, Members], graph: nx.Graph[str], rules: Rules) -> Iterator[str]:
    """Say which wishes about single practices a plan breaks (R16): together, apart, locked, sites.

    Parameters
    ----------
    groups, graph, rules
        As of `broken_demands`; practices that are not on the graph take no part in these demands,
        but for those that are to be apart.

    Yields
    ------
    str
        One sentence for each; the review page's script says the same of a reader's trial.
    """
    home = {p: network for network, members in groups.items() for p in members}
    tied: list[Together | LockedPractice] = [*rules.together, *rules.locked_practices]
    for row in tied:
        placed = {home.get(p, f"none ({p})") for p in row.practices if p in graph}
        if len(placed) > 1 and any(p in home for p in row.practices):
            yield f"{row.words()}: not kept"
    for pair in rules.divided:
        if home.get(pair.a) and home.get(pair.a) == home.get(pair.b):
            yield f"{pair.words()}: not kept"
    for locked in rules.locked:
        touched = {home[p] for p in locked.practices if p in home}
        if any(set(groups[network]) != set(locked.practices) for network in touched):
            yield f"{locked.words()}: not kept"
    for members in kept_sites(graph, rules):
        if len({home.get(p, "") for p in members}) > 1:
            yield f"{', '.join(members)} on one site: not kept together"


def broken_closings(
    groups: dict[str, Members], graph: nx.Graph[str], rules: Rules
) -> Iterator[tuple[str, str]]:
    """Say which closings a plan does not bear, as practice and what would happen.

    One practice at a time closes, and all its patients go to the nearest practice that it is
    linked with (straight line, then code), whichever network that is in, or none.

    Parameters
    ----------
    groups
        Members by network.
    graph
        The graph it is judged on.
    rules
        The window.

    Yields
    ------
    (str, str)
        By practice; practices above the ceiling are not closed.
    """
    home = {p: network for network, members in groups.items() for p in members}
    for practice in sorted(graph):
        own = groups.get(home.get(practice, ""), ())
        if not (own or _people(graph, practice) <= rules.max_list) or _above(own, graph, rules):
            continue
        to = nearest_linked(graph, practice)
        said = _left(home.get(practice, ""), own, practice, to, graph, rules)
        there = home.get(to, "")
        if there and to not in own and not _above(groups[there], graph, rules):
            then = _size(graph, groups[there]) + _people(graph, practice)
            if then > window_of(groups[there], rules)[1]:
                said.append(f"network {there} would have {then:,} patients")
        if said:
            whom = f", its patients going to {to}" if to else ""
            yield practice, f"if {practice} closes{whom}, {' and '.join(said)}"


def nearest_linked(graph: nx.Graph[str], practice: str) -> str:
    """Return to whom the patients of a practice that closes go; ``""`` without a link."""
    near = sorted((_metres(graph, practice, q), q) for q in graph[practice])
    return near[0][1] if near else ""


def _left(
    network: str, own: Members, practice: str, to: str, graph: nx.Graph[str], rules: Rules
) -> list[str]:
    """Say what a closing does to what is left of its own network."""
    rest = tuple(p for p in own if p != practice)
    said = []
    if rest and not nx.is_connected(graph.subgraph(rest)):
        said.append(f"network {network} would be in parts")
    left = _size(graph, rest) + (_people(graph, practice) if to in own else 0)
    if rest and left < window_of(own, rules)[0]:
        said.append(f"network {network} would have {left:,} patients")
    return said


def _above(members: Members, graph: nx.Graph[str], rules: Rules) -> bool:
    """Tell whether a network is one practice that stands alone above the ceiling (R18)."""
    return len(members) == 1 and _size(graph, members) > window_of(members, rules)[1]


def kept_sites(graph: nx.Graph[str], rules: Rules) -> Iterator[list[str]]:
    """Find practices on one site that the rules keep together (Q9)."""
    if rules.sites != "together":
        return
    sites: dict[str, list[str]] = {}
    for practice in sorted(graph):
        if _people(graph, practice) <= rules.max_list:
            sites.setdefault(str(graph.nodes[practice].get("site", practice)), []).append(practice)
    for members in sites.values():
        there = set(members)
        free = _size(graph, tuple(members)) > rules.max_list
        free |= any({pair.a, pair.b} <= there for pair in rules.divided)
        free |= any(0 < len(there & set(row.practices)) < len(there) for row in rules.locked)
        if not free and len(members) > 1:
            yield members


def _broken_alone(
    network: str, members: Members, graph: nx.Graph[str], rules: Rules
) -> Iterator[str]:
    """Say what one network breaks by itself."""
    size = _size(graph, members)
    low, high = window_of(members, rules)
    if len(members) == 1 and size > high:
        return
    if not low <= size <= high:
        yield f"network {network} has {size:,} patients"
    agreed = {w.practice for w in rules.single_practice if w.granted}
    if rules.alone == "agreed" and len(members) == 1 and members[0] not in agreed:
        yield f"network {network} is one practice, which nobody agreed to (R18)"


def broken_limits(
    groups: dict[str, Members], graph: nx.Graph[str], rules: Rules
) -> Iterator[tuple[str, str]]:
    """Say which limits of the rules, beside the window, a plan passes.

    Parameters
    ----------
    groups
        Practices by network; those that are not on the graph take no part in these limits.
    graph, rules
        As of `broken_demands`.

    Yields
    ------
    (str, str)
        Network, and what it passes: headroom, most practices, most metres across, most local
        authorities, one hub at most, balance. The review page's script says the same words of a
        reader's trial.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_node("A", list_size=20_000, x=0.0, y=0.0)
    >>> graph.add_node("B", list_size=15_000, x=3_000.0, y=4_000.0)
    >>> list(broken_limits({"1": ("A", "B")}, graph, Rules(max_span_m=4_500)))
    [('1', '5,000 m across, more than 4,500 m')]
    """
    here = {n: tuple(p for p in m if p in graph) for n, m in groups.items()}
    for network, members in here.items():
        yield from ((network, words) for words in _passed(members, graph, rules))
    if rules.balance:
        yield from _unbalanced(here, graph, rules)


def _passed(members: Members, graph: nx.Graph[str], rules: Rules) -> Iterator[str]:
    size, share = _size(graph, members), rules.headroom / 100
    low, high = window_of(members, rules)
    if not members or (len(members) == 1 and size > high):
        return
    grown = size * (1 + share) > high + 1e-6 and len(members) > 1
    if share and (grown or size * (1 - share) < low - 1e-6):
        yield f"outside the window if lists move by {rules.headroom:g} %"
    if rules.max_practices and len(members) > rules.max_practices:
        yield f"{len(members)} practices, more than {rules.max_practices}"
    far = _far(members, graph, rules, ()) if rules.max_span_m else 0.0
    if far > rules.max_span_m:
        yield f"{ceil(far - 1e-6):,} m across, more than {int(rules.max_span_m):,} m"
    crossed = set(_places(members, graph, "local_authority")) - {""}
    if rules.max_authorities and len(crossed) > rules.max_authorities:
        yield f"in {len(crossed)} local authorities, more than {rules.max_authorities}"
    if len([p for p in members if any(p == hub.practice for hub in rules.hubs)]) > 1:
        yield "several practices that are to be hubs"


def _unbalanced(
    groups: dict[str, Members], graph: nx.Graph[str], rules: Rules
) -> Iterator[tuple[str, str]]:
    everybody = grouped(graph, rules)
    made = {n: m for n, m in groups.items() if m and set(m) <= set(everybody)}
    for network, members in made.items():
        mean, size = _size(graph, everybody) / len(made), _size(graph, members)
        if abs(size - mean) > mean * rules.balance / 100 + 1e-6:
            yield network, f"{size:,}, not within {rules.balance:g} % of the mean of {int(mean):,}"
