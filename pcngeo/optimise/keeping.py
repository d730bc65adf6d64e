"""The planner's demands as what the kernels keep: bundles of practices, and pairs kept apart.

Every demand only takes groups away, so a proof over the groups that are left holds for the
demands. A locked network is a bundle whose members are kept apart from everybody else; a greatest
span keeps apart every pair that is farther away from each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.demands import Apart, Locked, LockedPractice, Together
from pcngeo.errors import RulesError, examples
from pcngeo.optimise.site import widest_window
from pcngeo.rules import Rules

__all__ = ["Kept", "demands_of", "keep", "kept_arrays", "setting_words", "site_demands"]

Demand = Together | Apart | Locked | LockedPractice


@dataclass(frozen=True, eq=False)
class Kept:
    """Bundles and pairs, in positions.

    Parameters
    ----------
    starts, apart
        Practice i is kept apart from ``apart[starts[i]:starts[i + 1]]`` (sorted, both ways).
    bundle
        Number of the bundle that a practice is in, or -1.
    size, weight
        Practices and patients of every bundle.
    """

    starts: NDArray[np.int64]
    apart: NDArray[np.int32]
    bundle: NDArray[np.int32]
    size: NDArray[np.int32]
    weight: NDArray[np.int64]


def demands_of(rules: Rules) -> tuple[Demand, ...]:
    """List the demands that the rules make on single practices."""
    return (*rules.together, *rules.divided, *rules.locked, *rules.locked_practices)


def setting_words(rules: Rules) -> dict[str, str]:
    """Say what the settings demand of every network, by setting; those that demand nothing lack.

    Examples
    --------
    >>> setting_words(Rules(max_practices=1))
    {'max_practices': 'to have at most 1 practice in a network'}
    """
    most, places = rules.max_practices, rules.max_authorities
    said = {
        "sites": "to keep practices of one site together" if rules.sites == "together" else "",
        "alone": "to have nobody alone without a waiver" if rules.alone == "agreed" else "",
        "max_practices": f"to have at most {most} practice{'' if most == 1 else 's'} in a network",
        "max_span_m": "to have nobody of a network farther apart than "
        f"{rules.max_span_m / 1000:g} km",
        "max_authorities": f"to have at most {places} local "
        f"{'authority' if places == 1 else 'authorities'} in a network",
        "headroom": f"to have networks stay in the window if lists move by {rules.headroom:g} %",
        "closures": "to bear the closing of any one practice" if rules.closures == "borne" else "",
        "balance": f"to have networks within {rules.balance:g} % of the mean",
    }
    return {name: words for name, words in said.items() if words and getattr(rules, name)}


def site_demands(graph: nx.Graph[str], rules: Rules) -> list[Together]:
    """List the sites whose practices are kept together by choice (``sites = "together"``, Q9).

    Practices above the ceiling stand alone; a site whose other practices have more patients than
    one network may have, or that another demand divides, is left free.
    """
    if rules.sites != "together":
        return []
    locked = {p: row for row in rules.locked for p in row.practices}
    divided = {frozenset(row.practices) for row in rules.divided}
    there: dict[str, list[str]] = {}
    for practice in sorted(graph):
        data = graph.nodes[practice]
        if data["list_size"] <= rules.max_list:
            there.setdefault(str(data.get("site", practice)), []).append(practice)
    found = []
    for members in there.values():
        fits = sum(graph.nodes[p]["list_size"] for p in members) <= rules.max_list
        one = len({locked.get(p) for p in members}) == 1
        free = not any(pair <= set(members) for pair in divided)
        if len(members) > 1 and fits and one and free:
            found.append(Together(tuple(members), "they are on one site"))
    return found


def keep(
    graph: nx.Graph[str],
    labels: Sequence[str],
    rules: Rules,
    reach: Sequence[NDArray[np.int32]],
) -> Kept:
    """Turn the demands into bundles and pairs.

    Parameters
    ----------
    graph
        See `pcngeo.schema`.
    labels
        ODS codes of the practices to group, in the order of their positions.
    rules
        Hold the demands.
    reach
        For every position, whom it can share a network with.

    Returns
    -------
    Kept

    Raises
    ------
    RulesError
        When a demand names some practices that are to be grouped and some that are not, or a
        locked network is not connected or outside the window. A practice above the ceiling that
        stands alone is apart from every other: such a demand, or veto, is kept already.
    """
    place = {p: i for i, p in enumerate(labels)}
    rows = [row for row in demands_of(rules) if any(p in graph for p in row.practices)]
    rows += site_demands(graph, rules)
    rows = [row for row in rows if not _kept_by_standing_alone(graph, place, row)]
    for row in rows:
        _check(graph, place, rules, row)
    groups = [[place[p] for p in r.practices] for r in rows if not isinstance(r, Apart)]
    pairs = {(place[r.a], place[r.b]) for r in rows if isinstance(r, Apart)}
    for row in rows:
        if isinstance(row, Locked):
            inside = {place[p] for p in row.practices}
            pairs |= {(i, int(j)) for i in inside for j in reach[i] if int(j) not in inside}
    if rules.max_span_m > 0:
        pairs |= _too_far(graph, labels, rules.max_span_m, reach)
    if rules.max_authorities:
        pairs |= _two_authorities(graph, labels, rules.max_authorities, reach)
    weights = np.array([graph.nodes[p]["list_size"] for p in labels], np.int64)
    return kept_arrays(len(labels), pairs, _merged(groups), weights)


def _kept_by_standing_alone(graph: nx.Graph[str], place: dict[str, int], row: Demand) -> bool:
    """Whether two are apart already: one is above the ceiling, a network of its own (R18)."""
    known = isinstance(row, Apart) and all(p in graph for p in row.practices)
    return known and any(p not in place for p in row.practices)


def _check(graph: nx.Graph[str], place: dict[str, int], rules: Rules, row: Demand) -> None:
    absent = [p for p in row.practices if p not in place]
    if absent:
        raise RulesError(
            f"the demand to keep {row.words()} names {examples(absent)}, which "
            "is not among the practices to be grouped (not eligible here, or above the ceiling and "
            "standing alone). Take it out of the row."
        )
    if isinstance(row, Locked):
        patients = sum(graph.nodes[p]["list_size"] for p in row.practices)
        low, high = widest_window(rules)
        if not low <= patients <= high:
            raise RulesError(
                f"the locked network {', '.join(row.practices)} has {patients:,} patients, outside "
                f"{low:,} to {high:,}. Change it, or the window."
            )
        if not nx.is_connected(graph.subgraph(row.practices)):
            raise RulesError(
                f"the locked network {', '.join(row.practices)} is not connected on the graph. "
                "Add a bridge, or change it."
            )


def _too_far(
    graph: nx.Graph[str],
    labels: Sequence[str],
    span: float,
    reach: Sequence[NDArray[np.int32]],
) -> set[tuple[int, int]]:
    x = np.array([graph.nodes[p]["x"] for p in labels], float)
    y = np.array([graph.nodes[p]["y"] for p in labels], float)
    return {
        (i, int(j))
        for i in range(len(labels))
        for j in reach[i][np.hypot(x[reach[i]] - x[i], y[reach[i]] - y[i]) > span]
    }


def _two_authorities(
    graph: nx.Graph[str],
    labels: Sequence[str],
    most: int,
    reach: Sequence[NDArray[np.int32]],
) -> set[tuple[int, int]]:
    """Pairs of two local authorities, where a network may have one only."""
    where = [str(graph.nodes[p].get("local_authority", "") or "") for p in labels]
    if most > 1:
        return set()
    return {
        (i, int(j))
        for i in range(len(labels))
        for j in reach[i]
        if where[i] and where[int(j)] and where[i] != where[int(j)]
    }


def _merged(groups: Iterable[Sequence[int]]) -> list[list[int]]:
    """Join groups that share a practice: tied to the same one is tied to each other."""
    ties: nx.Graph[int] = nx.Graph()
    for group in groups:
        nx.add_path(ties, group)
    return sorted(sorted(part) for part in nx.connected_components(ties))


def kept_arrays(
    n: int, pairs: set[tuple[int, int]], bundles: list[list[int]], weights: NDArray[np.int64]
) -> Kept:
    """Put pairs that are kept apart, and bundles, into arrays."""
    both = sorted(pairs | {(j, i) for i, j in pairs})
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount([i for i, _ in both], minlength=n)[:n], out=starts[1:])
    bundle = np.full(n, -1, np.int32)
    for b, members in enumerate(bundles):
        bundle[members] = b
    return Kept(
        starts=starts,
        apart=np.array([j for _, j in both], np.int32),
        bundle=bundle,
        size=np.array([len(m) for m in bundles], np.int32),
        weight=np.array([weights[m].sum() for m in bundles], np.int64),
    )
