"""Which demands, choices and limits a plan breaks, read off the graph in plain Python.

Nothing here is shared with the optimiser. `pcngeo.recheck.verify` holds every plan against it,
and the review page's script says the same words of a reader's trial (`tests/cases`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import ceil

import networkx as nx

from pcngeo.demands import LockedPractice, Together
from pcngeo.recount import (
    Members,
    grouped,
    metres_between,
    people_of,
    size_of,
    values_of,
    widest,
    window_of,
)
from pcngeo.rules import Rules

__all__ = [
    "broken_choices", "broken_closings", "broken_demands", "broken_limits", "kept_sites",
    "nearest_linked",
]  # fmt: skip

#: Says how many registered patients networks have before and after a closing, by practice and heir.
Moved = Callable[[str, str], dict[str, tuple[int, int]]]


def broken_demands(groups: dict[str, Members], graph: nx.Graph[str], rules: Rules) -> Iterator[str]:
    """Say which demands of the rules a plan breaks, one sentence each.

    Parameters
    ----------
    groups
        Practices by network.
    graph, rules
        The graph the plan is judged on, and the planner's rules.

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
    groups: dict[str, Members],
    graph: nx.Graph[str],
    rules: Rules,
    moved: Moved | None = None,
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
    moved
        Registered patients before and after, by network whose number changes, when a practice
        closes and all of its patients go to another (``""``: nowhere): where practices are shared
        (R20). Without it every list counts whole, as in the search.

    Yields
    ------
    (str, str)
        By practice; practices above the ceiling are not closed.
    """
    home = {p: network for network, members in groups.items() for p in members}
    for practice in sorted(graph):
        own = groups.get(home.get(practice, ""), ())
        if not (own or people_of(graph, practice) <= rules.max_list) or _above(own, graph, rules):
            continue
        to = nearest_linked(graph, practice)
        rest = tuple(p for p in own if p != practice)
        said = []
        if rest and not nx.is_connected(graph.subgraph(rest)):
            said.append(f"network {home[practice]} would be in parts")
        changes = (moved or partial(_moved_whole, groups, graph, home))(practice, to)
        for network, (now, then) in changes.items():
            if _leaves_window(groups[network], practice, now, then, graph, rules):
                said.append(f"network {network} would have {then:,} patients")
        if said:
            whom = f", its patients going to {to}" if to else ""
            yield practice, f"if {practice} closes{whom}, {' and '.join(said)}"


def nearest_linked(graph: nx.Graph[str], practice: str) -> str:
    """Return to whom the patients of a practice that closes go; ``""`` without a link."""
    near = sorted((metres_between(graph, practice, q), q) for q in graph[practice])
    return near[0][1] if near else ""


def _leaves_window(
    members: Members, practice: str, now: int, then: int, graph: nx.Graph[str], rules: Rules
) -> bool:
    """Tell whether a closing takes a network out of the window, below it or above."""
    low, high = window_of(members, rules)
    if practice in members:
        return len(members) > 1 and (then < low or high < then > now)
    return (now > then < low) or (high < then > now and not _above(members, graph, rules))


def _moved_whole(
    groups: dict[str, Members], graph: nx.Graph[str], home: dict[str, str], practice: str, to: str
) -> dict[str, tuple[int, int]]:
    """Count every list whole in the network that the practice is in."""
    own, there, people = home.get(practice, ""), home.get(to, ""), people_of(graph, practice)
    sums = {n: size_of(graph, groups[n]) for n in (own, there) if n}
    return {n: (k, k + people * ((n == there) - (n == own))) for n, k in sums.items()}


def _above(members: Members, graph: nx.Graph[str], rules: Rules) -> bool:
    """Tell whether a network is one practice that stands alone above the ceiling (R18)."""
    return len(members) == 1 and size_of(graph, members) > window_of(members, rules)[1]


def kept_sites(graph: nx.Graph[str], rules: Rules) -> Iterator[list[str]]:
    """Find practices on one site that the rules keep together (Q9)."""
    if rules.sites != "together":
        return
    sites: dict[str, list[str]] = {}
    for practice in sorted(graph):
        if people_of(graph, practice) <= rules.max_list:
            sites.setdefault(str(graph.nodes[practice].get("site", practice)), []).append(practice)
    for members in sites.values():
        there = set(members)
        free = size_of(graph, tuple(members)) > rules.max_list
        free |= any({pair.a, pair.b} <= there for pair in rules.divided)
        free |= any(0 < len(there & set(row.practices)) < len(there) for row in rules.locked)
        if not free and len(members) > 1:
            yield members


def _broken_alone(
    network: str, members: Members, graph: nx.Graph[str], rules: Rules
) -> Iterator[str]:
    """Say what one network breaks by itself."""
    size = size_of(graph, members)
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
    size, share = size_of(graph, members), rules.headroom / 100
    low, high = window_of(members, rules)
    if not members or (len(members) == 1 and size > high):
        return
    grown = size * (1 + share) > high + 1e-6 and len(members) > 1
    if share and (grown or size * (1 - share) < low - 1e-6):
        yield f"outside the window if lists move by {rules.headroom:g} %"
    if rules.max_practices and len(members) > rules.max_practices:
        yield f"{len(members)} practices, more than {rules.max_practices}"
    far = widest(graph, members) if rules.max_span_m else 0.0
    if far > rules.max_span_m:
        yield f"{ceil(far - 1e-6):,} m across, more than {int(rules.max_span_m):,} m"
    crossed = set(values_of(graph, members, "local_authority")) - {""}
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
        mean, size = size_of(graph, everybody) / len(made), size_of(graph, members)
        if abs(size - mean) > mean * rules.balance / 100 + 1e-6:
            yield network, f"{size:,}, not within {rules.balance:g} % of the mean of {int(mean):,}"
