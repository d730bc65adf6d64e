"""What the page's script judges a reader's trial by: the same rules that Python judges plans by.

`pcngeo.evaluate.measure` and `pcngeo.recount.broken_choices` are the twins of ``rules.js``; the
cases in ``tests/cases`` are run by both.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Any

from pcngeo.demands import LockedPractice, Together
from pcngeo.recount import kept_sites
from pcngeo.review.words import listed, waiver_rows
from pcngeo.rules import Rules
from pcngeo.travel import STRAIGHT

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["judged_by", "link_kinds"]

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
        and words) with ``mostPractices`` and ``mostSpan``; ``waivers``.
    """
    at = {code: i for i, code in enumerate(people)}
    return {
        "window": {"min": rules.min_list, "max": rules.max_list},
        "judged": graph is not None,
        "links": _links(graph, at),
        "kinds": link_kinds(graph),
        "off": [] if graph is None else [i for code, i in at.items() if code not in graph],
        "straight": graph is None or graph.graph.get("distances", STRAIGHT) == STRAIGHT,
        "shared": _shared(rules, at),
        "hubs": [at[row.practice] for row in rules.hubs if row.practice in at],
        "demands": _demands(rules, graph, at, names),
        "mostPractices": rules.max_practices,
        "mostSpan": rules.max_span_m,
        "waivers": [
            {"practice": at[code], "words": words, "granted": granted}
            for code, words, granted in waiver_rows(rules)
            if code in at
        ],
    }


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
    """Wishes about single practices, in the order of `pcngeo.recount.broken_choices`."""
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
    verb = "is" if len(names) == 1 else "are"
    why = f" ({reason.rstrip('.')})" if reason else ""
    return f"{listed(names)} {verb} to be {how}{why}"
