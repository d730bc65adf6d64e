"""Ways out, each tried out: what would place how many patients, and at what price.

A link is tried on the part of the area around it: when the networks next to it, with the practices
that were left out, can be divided anew without leaving anybody out, the rest of the plan stays as
it is, and the link is proven to help.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.ground import possible_counts, survey
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.whynot.answer import WAYS, Conflict, Way
from pcngeo.optimise.whynot.demands import Asked, Oracle, asked, breaks, only
from pcngeo.optimise.whynot.parts import named, size_of
from pcngeo.plan import Status
from pcngeo.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = ["ways_out"]

#: Numbers of networks, links of a part and networks around a link that are tried at most.
MOST_COUNTS, MOST_LINKS, MOST_AROUND = 6, 2, 5
#: A link that is offered beside a shorter one, which places as many, is at most this much longer.
MOST_LONGER = 2.0
#: Parts left out, and networks that could take each, that are looked at.
MOST_PARTS, MOST_HOMES = 6, 2
#: A link is tried on at most this many practices.
MOST_PRACTICES = 60
#: Networks and practices that are drawn anew at most.
MOST_REDRAWN, MOST_LOCAL = 4, 30


def ways_out(
    oracle: Oracle, rules: Rules, plan: Plan, conflicts: Sequence[Conflict]
) -> tuple[Way, ...]:
    """Find ways to place more patients, and try each.

    Parameters
    ----------
    oracle
        Asked what changed rules leave out.
    rules, plan
        The plan leaves somebody out.
    conflicts
        Demands that are to blame.

    Returns
    -------
    tuple of Way
        By the order of `WAYS`; those of one kind by the patients placed, then by the price.
    """
    ways = [*_counts(oracle, rules, plan), *_dropped(oracle, rules, plan, conflicts)]
    if plan.status is not Status.INFEASIBLE:
        for part in _left(oracle.graph, plan)[:MOST_PARTS]:
            ways += _links(oracle, rules, plan, part)
            over = list(_over(oracle.graph, rules, plan, part))
            ways += [*over, *_redrawn(oracle, rules, plan, part, over)]
            ways += _below(oracle.graph, rules, part)
    order = {kind: i for i, kind in enumerate(WAYS)}
    return tuple(
        sorted(ways, key=lambda w: (order[w.kind], -w.places, w.outside, w.metres, w.practices))
    )


def _left(graph: nx.Graph[str], plan: Plan) -> list[list[str]]:
    """Practices left out that hang together, most patients first."""
    parts = [sorted(p) for p in nx.connected_components(graph.subgraph(plan.unplaced))]
    return sorted(parts, key=lambda p: (-size_of(graph, p), p))


def _counts(oracle: Oracle, rules: Rules, plan: Plan) -> Iterator[Way]:
    """Find the nearest number of networks that leaves as few out as any number does."""
    wanted = rules.networks
    if isinstance(wanted, str):
        return
    any_number = dataclasses.replace(rules, networks="target")
    least = oracle.left_out(any_number)
    if least is None or least >= plan.unplaced_patients:
        return
    first, last = (wanted, wanted) if isinstance(wanted, int) else wanted
    low, high = possible_counts(survey(Problem.build(oracle.graph, rules), 0, Clock(None)))
    near = sorted(
        (k for k in range(max(1, low), high + 1) if not first <= k <= last),
        key=lambda k: (first - k if k < first else k - last, k),
    )
    for count in near[:MOST_COUNTS]:
        made = oracle.plan(dataclasses.replace(rules, networks=count))
        if made is not None and made.unplaced_patients <= least:
            places = plan.unplaced_patients - made.unplaced_patients
            rest = (
                "place everybody"
                if not made.unplaced
                else f"leave {made.unplaced_patients:,} patients out, the fewest any number does"
            )
            yield Way(
                "count", (), places,
                f"{count} network{'' if count == 1 else 's'} would {rest} (proven): the nearest "
                "number that does.",
                count=count,
            )  # fmt: skip
            return


def _dropped(
    oracle: Oracle, rules: Rules, plan: Plan, conflicts: Sequence[Conflict]
) -> Iterator[Way]:
    """Try what happens when one demand of a conflict is given up."""
    demands = asked(rules, oracle.graph)
    blamed = {words for conflict in conflicts for words in conflict.demands}
    for demand in demands:
        if demand.words not in blamed or demand.field == "networks":
            continue
        out = oracle.left_out(_without(rules, demands, demand))
        places = plan.unplaced_patients - (plan.unplaced_patients if out is None else out)
        if places > 0:
            rest = "everybody is placed" if out == 0 else f"{places:,} patients more are placed"
            yield Way(
                "drop_demand", demand.practices, places,
                f"Without the demand {demand.words}, {rest} (proven).", demand=demand.words,
            )  # fmt: skip


def _without(rules: Rules, demands: Sequence[Asked], one: Asked) -> Rules:
    return only(rules, [a for a in demands if a is not one])


def _links(oracle: Oracle, rules: Rules, plan: Plan, part: list[str]) -> Iterator[Way]:
    """Try the shortest links from a part that was left out to practices it does not touch."""
    found: list[float] = []
    for metres, here, there in _nearest(oracle.graph, rules, part)[: 2 * MOST_LINKS]:
        if len(found) == MOST_LINKS or (found and metres > MOST_LONGER * found[0]):
            return
        if _helps(oracle, rules, plan, part, (here, there, metres)):
            found.append(metres)
            total = size_of(oracle.graph, part)
            yield Way(
                "bridge", (here, there), total,
                f"A [[bridge]] between {here} and {there}, {metres / 1000:.1f} km in a straight "
                f"line, would place {_people(oracle.graph, part)}. Is there a road, a tunnel or a "
                "ferry (Q26)?",
                metres=round(metres, 1),
            )  # fmt: skip


def _people(graph: nx.Graph[str], part: list[str]) -> str:
    """Name practices, with the sum of their patients where they are several."""
    said = named(graph, part)
    return said if len(part) == 1 else f"{said}, {size_of(graph, part):,} patients"


def _nearest(graph: nx.Graph[str], rules: Rules, part: list[str]) -> list[tuple[float, str, str]]:
    """List links to practices that the part does not touch, the shortest to each first."""
    touched = {q for p in part for q in graph[p]} | set(part)
    others = sorted(
        p for p in set(graph) - touched if graph.nodes[p]["list_size"] <= rules.max_list
    )
    if not others:
        return []
    one, two = (
        np.array([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in group], float)
        for group in (part, others)
    )
    away = np.hypot(*(one[:, None, :] - two[None, :, :]).transpose(2, 0, 1))
    best = away.argmin(axis=0)
    links = [(float(away[best[j], j]), part[int(best[j])], q) for j, q in enumerate(others)]
    return sorted(links)


def _helps(
    oracle: Oracle, rules: Rules, plan: Plan, part: list[str], link: tuple[str, str, float]
) -> bool:
    here, there, metres = link
    graph = nx.Graph(oracle.graph)
    graph.add_edge(here, there, kind="bridge", border_m=0.0, distance_m=metres, why="tried out")
    around = _around(oracle.graph, plan, [there]) if plan.assignment[there] else []
    for many in range(1, min(MOST_AROUND, len(around)) + 1):
        members = sorted({*part, *(p for n in around[:many] for p in plan.members(n))})
        if len(members) > MOST_PRACTICES:
            return False
        inside = graph.subgraph(members)
        made = oracle.plan(_inside(rules, members, many), inside)
        if made is not None and not made.unplaced:
            return True
    return False


def _around(graph: nx.Graph[str], plan: Plan, part: Sequence[str]) -> list[str]:
    """Networks in the order of how near their nearest member is to some practices."""

    def away(network: str) -> tuple[float, str]:
        metres = min(
            math.hypot(
                graph.nodes[p]["x"] - graph.nodes[q]["x"], graph.nodes[p]["y"] - graph.nodes[q]["y"]
            )
            for p in plan.members(network)
            for q in part
        )
        return (metres if not set(part) & set(plan.members(network)) else -1.0, network)

    return sorted(plan.networks, key=away)


def _inside(rules: Rules, members: Sequence[str], many: int) -> Rules:
    """Return the rules for some networks alone: as many of them where the number is fixed."""
    here = set(members)
    return dataclasses.replace(
        rules,
        networks=rules.networks if isinstance(rules.networks, str) else many,
        together=tuple(r for r in rules.together if set(r.practices) <= here),
        apart=tuple(r for r in rules.apart if set(r.practices) <= here),
        vetoes=tuple(r for r in rules.vetoes if set(r.practices) <= here),
        locked=tuple(r for r in rules.locked if set(r.practices) <= here),
        locked_practices=tuple(r for r in rules.locked_practices if set(r.practices) <= here),
        hubs=tuple(r for r in rules.hubs if r.practice in here),
    )


def _over(graph: nx.Graph[str], rules: Rules, plan: Plan, part: list[str]) -> Iterator[Way]:
    """Let a neighbouring network take the part, above the ceiling."""
    if rules.max_span_m or rules.max_authorities or rules.balance:
        return  # the network that grows might break these
    homes = {plan.assignment[q] for p in part for q in graph[p]} - {""}
    total = size_of(graph, part)
    found = []
    for network in sorted(homes):
        members = plan.members(network)
        after = total + size_of(graph, members)
        if after > rules.max_list and not breaks(rules, frozenset([*members, *part])):
            found.append((after - rules.max_list, network, members))
    for over, network, members in sorted(found)[:MOST_HOMES]:
        yield Way(
            "over_ceiling", tuple(part), total,
            f"Network {network} (with {members[0]}) could take {named(graph, part)}: it would have "
            f"{rules.max_list + over:,} patients, {over:,} above the ceiling, with an "
            "[[over_ceiling]] waiver (R04).",
            outside=over,
        )  # fmt: skip


def _redrawn(
    oracle: Oracle, rules: Rules, plan: Plan, part: list[str], over: Sequence[Way]
) -> Iterator[Way]:
    """Draw the networks around the part anew with it, with fewer patients above the ceiling."""
    if not over or rules.soft or rules.headroom:  # a demand for more than the window, not less
        return
    graph, best = oracle.graph, over[0].outside
    found: Way | None = None
    alone = {n for n in plan.networks if size_of(graph, plan.members(n)) > rules.max_list}
    around = [n for n in _around(graph, plan, part) if n not in alone]
    for many in range(2, min(MOST_REDRAWN, len(around)) + 1):
        members = sorted({*part, *(p for n in around[:many] for p in plan.members(n))})
        if len(members) > MOST_LOCAL or best <= 1:
            break
        own = dataclasses.replace(
            _inside(rules, members, many), networks=many, soft_max_list=rules.max_list + best - 1
        )
        made = oracle.plan(own, graph.subgraph(members))
        if made is None or made.unplaced:
            continue
        sizes = [size_of(graph, group) for group in made.groups().values()]
        best = sum(max(0, n - rules.max_list) for n in sizes)
        places = size_of(graph, part)
        found = Way(
            "redraw", tuple(part), places,
            f"Networks {listed(sorted(around[:many], key=int))}, drawn anew with "
            f"{_people(graph, part)}, would have {best:,} patients above the ceiling in all, the "
            f"largest {max(sizes):,} (R04): try soft_max_list = {max(sizes)}.",
            outside=best,
        )  # fmt: skip
    if found is not None:
        yield found


def _below(graph: nx.Graph[str], rules: Rules, part: list[str]) -> Iterator[Way]:
    """Let a part that touches nobody be a network of its own, below the floor."""
    total = size_of(graph, part)
    under = rules.min_list - total
    whole = nx.node_connected_component(graph, part[0]) == set(part)
    if whole and under > 0 and not breaks(rules, frozenset(part)):
        yield Way(
            "below_floor", tuple(part), total,
            f"{named(graph, part)} could be a network of {total:,} patients, {under:,} below the "
            "floor, with a [[rural_waiver]] (R03).",
            outside=under,
        )  # fmt: skip
