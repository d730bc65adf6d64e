"""What objectives and demands look at, by position: made from the graph and the rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.decisions import Waiver
from pcngeo.errors import RulesError
from pcngeo.objectives import TERMS, Stages
from pcngeo.optimise.closing import Closing
from pcngeo.rules import Rules

__all__ = ["Site", "raised_ceilings", "waived_floors", "widest_window"]

Floats = NDArray[np.float64]


def waived_floors(rules: Rules) -> dict[str, int]:
    """Say down to how many patients the network of a practice may go, by granted waiver."""
    return _sizes(rules.rural_waivers)


def raised_ceilings(rules: Rules) -> dict[str, int]:
    """Say up to how many patients the network of a practice may go, by granted waiver."""
    return _sizes(rules.over_ceiling)


def _sizes(waivers: Iterable[Waiver]) -> dict[str, int]:
    return {w.practice: w.patients for w in waivers if w.granted and w.patients}


def widest_window(rules: Rules) -> tuple[int, int]:
    """Smallest and largest network that any waiver or a soft end of the window allows."""
    floor = min([rules.min_list, *waived_floors(rules).values()])
    ceiling = max([rules.max_list, rules.soft_max_list, *raised_ceilings(rules).values()])
    floor = min(floor, rules.soft_min_list or floor)
    return math.ceil(floor / (1 - rules.headroom / 100) - 1e-6), ceiling


@dataclass(frozen=True, eq=False)
class Site:
    """What the terms of an objective may look at, by position.

    Parameters
    ----------
    weights
        Registered patients.
    x, y
        Metres.
    low, high
        The window of a network that holds the practice: waivers count, soft ends do not.
    fixed
        Whether the practice is the hub of its network.
    target
        Target list size of a network.
    authority, today
        Local authority and today's network as numbers, -1 where unknown.
    pairs
        What an objective says of pairs, n x n: metres of ``borders``, patients in ``common``,
        patients of ``collaborations``, and ``travel`` from the first to the second (NaN where
        unknown).
    people
        Patients in the most deprived fifth (``deprivation``) and living rurally (``rurality``).
    known
        Registered patients of the practices of whom that is known.
    closing
        Who takes whose patients, where networks are to bear closings.
    travel_point
        Travel that counts as a point in a mix: a minute, or 1,000 metres.
    """

    weights: Floats
    x: Floats
    y: Floats
    low: Floats
    high: Floats
    fixed: NDArray[np.bool_]
    target: float
    authority: NDArray[np.int64]
    today: NDArray[np.int64]
    pairs: Mapping[str, Floats]
    people: Mapping[str, Floats]
    known: Mapping[str, Floats]
    travel_point: float = 1.0
    closing: Closing | None = None

    @classmethod
    def of(
        cls,
        graph: nx.Graph[str],
        labels: tuple[str, ...],
        rules: Rules,
        stages: Stages,
    ) -> Site:
        """Collect what the terms may look at.

        Raises
        ------
        RulesError
            When an objective or a demand needs what has not been given; it names the option.
        """
        used = {name for stage in stages for name, _ in stage}
        floor, floors, ceilings = rules.min_list, waived_floors(rules), raised_ceilings(rules)
        hubs = {hub.practice for hub in rules.hubs}
        travel = graph.graph.get("travel")
        site = cls(
            weights=np.array([graph.nodes[p]["list_size"] for p in labels], float),
            x=np.array([graph.nodes[p]["x"] for p in labels], float),
            y=np.array([graph.nodes[p]["y"] for p in labels], float),
            low=np.array([min(floor, floors.get(p, floor)) for p in labels], float),
            high=np.array([max(rules.max_list, ceilings.get(p, 0)) for p in labels], float),
            fixed=np.array([p in hubs for p in labels], bool),
            target=float(rules.target_list),
            authority=_numbered(graph, labels, "local_authority"),
            today=_today(graph, labels),
            pairs={n: _pairs(n, graph, labels, rules) for n in sorted(used & _PAIRED)},
            people={n: _people(graph, labels, n)[0] for n in sorted(_kinds(used))},
            known={n: _people(graph, labels, n)[1] for n in sorted(_kinds(used))},
            closing=Closing.of(graph, labels) if rules.closures == "borne" else None,
            travel_point=1_000.0 if travel is not None and travel.unit == "metres" else 1.0,
        )
        if "changed" in used and len(labels) and not (site.today >= 0).any():
            raise _lacking("changed")
        if "authorities" in used and len(labels) and not (site.authority >= 0).any():
            raise _lacking("authorities")
        return site


#: Terms that look at pairs of practices.
_PAIRED = {"borders", "common", "collaborations", "travel"}


def _lacking(name: str) -> RulesError:
    return RulesError(
        f"the objective {name!r} needs what has not been given. Give {TERMS[name].needs}."
    )


def _kinds(used: set[str]) -> set[str]:
    return {name.rpartition("_")[0] for name in used if name.endswith(("_mixed", "_alike"))}


def _numbered(graph: nx.Graph[str], labels: tuple[str, ...], name: str) -> NDArray[np.int64]:
    words = [str(graph.nodes[p].get(name, "") or "") for p in labels]
    words = ["" if word == "nan" else word for word in words]
    number = {word: k for k, word in enumerate(sorted(set(words) - {""}))}
    return np.array([number.get(word, -1) for word in words], np.int64)


def _today(graph: nx.Graph[str], labels: tuple[str, ...]) -> NDArray[np.int64]:
    """Today's networks as numbers, but those that go on in a practice that stands alone (R22)."""
    free, grouped = nx.Graph(graph), set(labels)
    gone = {free.nodes[p].get("network_today") for p in graph if p not in grouped}
    nx.set_node_attributes(
        free, {p: "" for p in labels if free.nodes[p].get("network_today") in gone}, "network_today"
    )
    return _numbered(free, labels, "network_today")


def _people(graph: nx.Graph[str], labels: tuple[str, ...], kind: str) -> tuple[Floats, Floats]:
    """Patients of a kind of every practice, and its patients if that is known."""
    attribute = {"deprivation": "deprived_share", "rurality": "rural_share"}[kind]
    share = np.array([_number(graph.nodes[p].get(attribute)) for p in labels])
    weights = np.array([graph.nodes[p]["list_size"] for p in labels], float)
    if len(labels) and np.isnan(share).all():
        raise _lacking(f"{kind}_mixed")
    known = np.where(np.isnan(share), 0.0, weights)
    return np.nan_to_num(share) * known, known


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _pairs(name: str, graph: nx.Graph[str], labels: tuple[str, ...], rules: Rules) -> Floats:
    """Read what an objective says of pairs of practices."""
    if name == "travel":
        travel = graph.graph.get("travel")
        if travel is None:
            raise _lacking(name)
        matrix: Floats = travel.matrix(labels).copy()
        np.fill_diagonal(matrix, 0.0)
        return matrix
    place = {p: i for i, p in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)))
    for (a, b), value in _of_pairs(name, graph, rules):
        if a in place and b in place:
            matrix[place[a], place[b]] += value
            matrix[place[b], place[a]] += value
    return matrix


def _of_pairs(
    name: str, graph: nx.Graph[str], rules: Rules
) -> Iterable[tuple[tuple[str, str], float]]:
    if name == "borders":
        return [((a, b), float(d["border_m"])) for a, b, d in graph.edges(data=True)]
    if name == "common":
        common: Mapping[tuple[str, str], float] | None = graph.graph.get("common")
        if common is None:
            raise _lacking(name)
        return common.items()
    if not rules.collaborations:
        raise _lacking(name)
    size = nx.get_node_attributes(graph, "list_size")
    return [
        ((a, b), float(min(size[a], size[b])))
        for row in rules.collaborations
        for i, a in enumerate(row.practices)
        for b in row.practices[i + 1 :]
        if a in size and b in size
    ]
