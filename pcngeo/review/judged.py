"""What the page's script judges a reader's trial by: the same rules that Python judges plans by.

`pcngeo.evaluate.measure` and `pcngeo.breaches.broken_choices` are the twins of ``rules.js``; the
cases in ``tests/cases`` are run by both.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from pcngeo.breaches import kept_sites
from pcngeo.demands import LockedPractice, Together
from pcngeo.recount import values_of, window_of
from pcngeo.review.words import listed, waiver_rows
from pcngeo.rules import Rules
from pcngeo.travel import STRAIGHT
from pcngeo.words import are

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["judged_by", "link_kinds", "travel_words"]

#: What links two practices (`pcngeo.schema.EDGE_KINDS`), as the page says it.
KINDS = {
    "border": "Their areas share a border",
    "co-located": "They share a building or a site",
    "bridge": "A bridge joins them",
    "tunnel": "A tunnel joins them",
    "ferry": "A ferry joins them",
    "manual": "Linked by hand",
    "near": "They are near each other",
}
#: Kinds that geography makes: no reason of their own need be told.
MADE = ("border", "co-located", "near")


def judged_by(
    rules: Rules, graph: nx.Graph[str] | None, people: Mapping[str, int], names: Mapping[str, str]
) -> dict[str, Any]:
    """Collect window, links, shares, hubs, wishes and waivers for the page's script.

    Parameters
    ----------
    rules
        The planner's choices.
    graph
        The graph that contiguity is judged on; without one nothing is judged by it.
    people
        Registered patients by practice, in the order in which the page lists the practices.
    names
        What practices are called.

    Returns
    -------
    dict
        Plain values, practices by position: ``window``; ``judged`` (whether there is a graph) and
        ``links`` (two practices, which of ``kinds``, metres of border, and why where people
        decided); ``off``, the practices that are not on it; ``straight``, whether hubs are found
        by straight lines; ``shared`` (practice, the other network's practice, its share
        as text: parts and whole; R20); ``hubs``; ``demands`` (R16, each with its kind, practices
        and words); ``limits`` beside the window (`pcngeo.breaches.broken_limits`); ``unjudged``,
        sentences about what a trial judges otherwise than the plan; ``waivers``.
    """
    at = {code: i for i, code in enumerate(people)}
    travel = travel_words(graph)
    return {
        "window": {"min": rules.min_list, "max": rules.max_list},
        "judged": graph is not None,
        "links": _links(graph, at),
        "kinds": link_kinds(graph),
        "off": [] if graph is None else [i for code, i in at.items() if code not in graph],
        "straight": not travel,
        "shared": _shared(rules, at),
        "hubs": [at[row.practice] for row in rules.hubs if row.practice in at],
        "demands": _demands(rules, graph, at, names),
        "limits": _limits(rules, graph, people, at),
        "unjudged": _unjudged(rules, travel),
        "waivers": [
            {"practice": at[code], "words": words, "granted": granted}
            for code, words, granted in waiver_rows(rules)
            if code in at
        ],
    }


def _limits(
    rules: Rules, graph: nx.Graph[str] | None, people: Mapping[str, int], at: Mapping[str, int]
) -> dict[str, Any]:
    """Collect what `pcngeo.breaches.broken_limits` reads."""
    on = set(at) if graph is None else {p for p in at if p in graph}
    together = {p for p in on if people[p] <= window_of((p,), rules)[1]}
    ends = [(w, w.patients, 0) for w in rules.rural_waivers]
    ends += [(w, 0, w.patients) for w in rules.over_ceiling]
    places: list[str] = []
    if graph is not None and rules.max_authorities:
        places = [values_of(graph, (p,), "local_authority")[0] if p in on else "" for p in at]
    return {
        "headroom": rules.headroom,
        "practices": rules.max_practices,
        "span": rules.max_span_m,
        "authorities": rules.max_authorities,
        "balance": rules.balance,
        "window": list(window_of((), rules)),
        "ends": [
            [at[w.practice], low or 0, high or 0]
            for w, low, high in ends
            if w.granted and w.practice in at
        ],
        "places": places,
        "grouped": sum(people[p] for p in together),
        "above": [at[p] for p in at if p in on - together],
    }


def _unjudged(rules: Rules, travel: str) -> list[str]:
    """Say what a reader's trial does not judge as the plan was judged."""
    words = []
    if travel:
        words.append(
            "In a trial, central practices and distances are by straight line; the proposal\u2019s "
            f"are by {travel}."
        )
    if rules.closures == "borne":
        words.append(
            "A trial does not judge whether the networks would bear the closing of a practice."
        )
    return words


def travel_words(graph: nx.Graph[str] | None) -> str:
    """Say what hubs are found by where a table of travel was given; ``""`` for straight lines."""
    said = STRAIGHT if graph is None else str(graph.graph.get("distances", STRAIGHT))
    return "" if said == STRAIGHT else said


def link_kinds(graph: nx.Graph[str] | None) -> list[str]:
    """Say what links practices on a graph, in the order of `KINDS`; empty without links."""
    kinds = {edge["kind"] for _, _, edge in graph.edges(data=True)} if graph is not None else set()
    return [words for kind, words in KINDS.items() if kind in kinds]


def _links(graph: nx.Graph[str] | None, at: Mapping[str, int]) -> list[list[int | str]]:
    found: list[list[int | str]] = []
    known = link_kinds(graph)
    for a, b, edge in () if graph is None else graph.edges(data=True):
        if a in at and b in at:
            kind = str(edge["kind"])
            first, second = sorted((at[a], at[b]))
            why = "" if kind in MADE else str(edge.get("why", ""))
            row = [first, second, known.index(KINDS[kind]), round(edge["border_m"])]
            found.append([*row, why] if why else [*row])
    return sorted(found, key=lambda row: row[:2])


def _shared(rules: Rules, at: Mapping[str, int]) -> list[list[int | str]]:
    """Shares as fractions of one whole for each practice: the script divides to the patient."""
    rows = [r for r in rules.shared if r.approved_by and r.practice in at and r.joins in at]
    found: list[list[int | str]] = []
    for row in rows:
        exact = [Fraction(str(r.share)) for r in rows if r.practice == row.practice]
        whole = lcm(*(share.denominator for share in exact))
        parts = Fraction(str(row.share)) * whole
        found.append([at[row.practice], at[row.joins], str(int(parts)), str(whole)])
    return found


def _demands(
    rules: Rules, graph: nx.Graph[str] | None, at: Mapping[str, int], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Wishes about single practices, in the order of `pcngeo.breaches.broken_choices`."""
    on = set(at) if graph is None else {code for code in at if code in graph}
    found: list[tuple[str, list[str], str, str]] = []
    tied: list[Together | LockedPractice] = [*rules.together, *rules.locked_practices]
    for row in tied:
        here = [p for p in row.practices if p in on]
        found.append(("together", here, "in one network", row.reason))
    for pair in rules.divided:
        codes = [p for p in (pair.a, pair.b) if p in at]
        if len(codes) == 2:
            found.append(("apart", codes, "in different networks", pair.reason))
    for locked in rules.locked:
        alone = "a network of their own"
        found.append(("locked", list(locked.practices), alone, locked.reason))
    if graph is not None:
        sites = kept_sites(graph, rules)
        found += [("together", site, "together, as they share a building", "") for site in sites]
    return [
        {
            "kind": kind,
            "practices": [at[p] for p in codes if p in at],
            "size": len(codes),
            "words": _words([names.get(p, p) for p in codes], how, reason),
        }
        for kind, codes, how, reason in found
        if codes
    ]


def _words(names: list[str], how: str, reason: str) -> str:
    verb = are(len(names))
    why = f" ({reason.rstrip('.')})" if reason else ""
    return f"{listed(names)} {verb} to be {how}{why}"
