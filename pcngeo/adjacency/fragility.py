"""What a graph hangs on: practices and links whose loss disconnects it, and links it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.adjacency.tables import components, cuts_frame
from pcngeo.errors import examples
from pcngeo.words import count_of

__all__ = ["describe", "fragile", "possible_links"]

Row = tuple[str, str, str, int, int, str]
Named = Callable[[str], str]


def fragile(graph: nx.Graph[str], practices: pd.DataFrame | None = None) -> pd.DataFrame:
    """List what is fragile in a graph, in sentences.

    Parameters
    ----------
    graph
        As of `build_graph`.
    practices
        Practices with `outside_m`; then those outside the boundary are listed too (Q13). With
        `name`, sentences name them.

    Returns
    -------
    DataFrame
        Columns `what` (``practice``: its loss would disconnect others; ``link``: a border or link
        between two sites that alone holds a part; ``isolated``: no neighbour; ``outside``: lies
        outside the boundary), `practice`, `other` (second practice of a link), `cut_off` (number
        of practices that would be cut off from the larger rest), `patients` (registered with
        those), `why`. Sorted by patients within each kind.
    """
    named = _namer(practices)
    rows = [
        *_practices(graph, named),
        *_links(graph, named),
        *_isolated(graph, named),
        *_outside(graph, practices, named),
    ]
    kinds = ("practice", "link", "isolated", "outside")
    rows.sort(key=lambda row: (kinds.index(row[0]), -row[4], row[1], row[2]))
    columns = ["what", "practice", "other", "cut_off", "patients", "why"]
    return pd.DataFrame(rows, columns=columns)


def _namer(practices: pd.DataFrame | None) -> Named:
    """Return what writes a practice in a sentence: its name with its code, where it is known."""
    if practices is None or "name" not in practices.columns:
        return str
    names = practices["name"].to_dict()

    def named(code: str) -> str:
        name = str(names.get(code) or "")
        return f"{name} ({code})" if name and name != code else code

    return named


def _patients(graph: nx.Graph[str], codes: Iterable[str]) -> int:
    return sum(graph.nodes[code]["list_size"] for code in codes)


def _smaller_parts(graph: nx.Graph[str]) -> list[str]:
    """All nodes but those of the part with most patients, sorted."""
    parts = sorted(
        nx.connected_components(graph), key=lambda part: (_patients(graph, part), min(part))
    )
    return sorted(code for part in parts[:-1] for code in part)


def _practices(graph: nx.Graph[str], named: Named) -> Iterator[Row]:
    for part in nx.connected_components(graph):
        for code in nx.articulation_points(graph.subgraph(part)):
            lost = _smaller_parts(graph.subgraph(part - {code}))
            people = _patients(graph, lost)
            whom = examples(map(named, lost))
            why = f"without {named(code)}, {whom} would be cut off ({people:,} patients)"
            yield "practice", code, "", len(lost), people, why


def _links(graph: nx.Graph[str], named: Named) -> Iterator[Row]:
    """Links between sites: two practices of one site share all their borders."""
    site = {code: data.get("site", code) for code, data in graph.nodes(data=True)}
    quotient: nx.Graph[str] = nx.Graph()
    quotient.add_nodes_from(sorted(set(site.values())))
    for a, b in graph.edges:
        if site[a] != site[b] and not quotient.has_edge(site[a], site[b]):
            quotient.add_edge(site[a], site[b], pair=(a, b))
    for link in list(nx.bridges(quotient)):
        one, other = str(link[0]), str(link[1])
        a, b = sorted(quotient.edges[one, other]["pair"])
        part = nx.node_connected_component(quotient, one)
        rest = nx.Graph(quotient.subgraph(part))
        rest.remove_edge(one, other)
        side = nx.node_connected_component(rest, one)
        sides = [
            sorted(c for c in graph if site[c] in part and (site[c] in side) is near)
            for near in (True, False)
        ]
        lost = min(sides, key=lambda codes: (_patients(graph, codes), codes))
        people, edge = _patients(graph, lost), graph.edges[a, b]
        kind = _NOUNS.get(edge["kind"], edge["kind"])
        why = (
            f"only this {kind} holds {examples(map(named, lost))} to the rest "
            f"({people:,} patients): {edge.get('why', '')}"
        )
        yield "link", a, b, len(lost), people, why


#: What a link is called where its kind is no noun.
_NOUNS = {"near": "link", "co-located": "shared site"}


def _isolated(graph: nx.Graph[str], named: Named) -> Iterator[Row]:
    if len(graph) > 1:
        for code in nx.isolates(graph):
            people = _patients(graph, [code])
            yield "isolated", code, "", 1, people, f"{named(code)} touches no other practice"


def _outside(graph: nx.Graph[str], practices: pd.DataFrame | None, named: Named) -> Iterator[Row]:
    if practices is None or "outside_m" not in practices.columns:
        return
    away = practices["outside_m"].reindex(list(graph))
    for code, metres in away[away > 0].items():
        why = f"{named(str(code))} lies {metres:,.0f} m outside the area's boundary"
        yield "outside", str(code), "", 0, _patients(graph, [str(code)]), why


def possible_links(graph: nx.Graph[str]) -> pd.DataFrame:
    """Name the shortest straight line between each two parts of a graph that is not connected.

    Nothing is added to the graph: whether there is a bridge or a ferry is for the planner to know
    and to write into the rules as ``[[bridge]]`` (Q26).

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame
        Columns `component`, `other_component` (numbers as of `components`), `practice`,
        `other_practice`, `distance_m`, `patients` (of the smaller part); the shortest first, at
        most the three nearest parts for each part. Empty for a connected graph.
    """
    parts: dict[int, tuple[str, ...]] = dict(enumerate(components(graph)["members"], 1))
    xy = {code: (data["x"], data["y"]) for code, data in graph.nodes(data=True)}
    rows = {}
    for one, members in parts.items():
        near = sorted(
            (_shortest(members, others, xy), other)
            for other, others in parts.items()
            if other != one
        )
        for (metres, a, b), other in near[:3]:
            ends = (one, other, a, b) if one < other else (other, one, b, a)
            smaller = min(_patients(graph, members), _patients(graph, parts[other]))
            rows[ends] = (*ends, metres, smaller)
    columns = [
        "component", "other_component", "practice", "other_practice", "distance_m", "patients",
    ]  # fmt: skip
    frame = pd.DataFrame(list(rows.values()), columns=columns)
    return frame.sort_values(["distance_m", *columns[:4]]).reset_index(drop=True)


def _shortest(
    codes: tuple[str, ...], others: tuple[str, ...], xy: dict[str, tuple[float, float]]
) -> tuple[float, str, str]:
    one, other = np.array([xy[c] for c in codes]), np.array([xy[c] for c in others])
    away = np.hypot(*(one[:, None, :] - other[None, :, :]).transpose(2, 0, 1))
    i, j = np.unravel_index(int(np.argmin(away)), away.shape)
    return float(away[i, j]), codes[int(i)], others[int(j)]


def describe(graph: nx.Graph[str], practices: pd.DataFrame | None = None) -> tuple[str, ...]:
    """Say in sentences what a graph is, what was changed in it, and what it hangs on.

    Parameters
    ----------
    graph
        As of `build_graph`.
    practices
        Practices with `name`, `outside_m`, `standing` and `reason`, where known; then practices
        are named, and those that are not on the graph are accounted for.

    Returns
    -------
    tuple of str
        The most general first.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_node("A", list_size=9_000, x=0.0, y=0.0)
    >>> graph.add_node("B", list_size=7_000, x=3_000.0, y=4_000.0)
    >>> for sentence in describe(graph):
    ...     print(sentence)
    2 practices and 0 links in 2 parts.
    Part 1: A (1 practice, 9,000 patients).
    Part 2: B (1 practice, 7,000 patients).
    Not linked: parts 1 and 2; the nearest practices are A and B, 5.0 km apart in a straight line.
    A touches no other practice.
    B touches no other practice.
    """
    named = _namer(practices)
    parts = components(graph).to_dict("records")
    source = graph.graph.get("source")
    said = [
        f"{count_of(len(graph), 'practice')} and {count_of(graph.number_of_edges(), 'link')} in "
        f"{count_of(len(parts), 'part')}" + (f". Neighbours: {source}" if source else "")
    ]
    if len(parts) > 1:
        said += [
            f"Part {number}: {'' if part['practices'] == 1 else 'around '}{named(part['name'])} "
            f"({count_of(part['practices'], 'practice')}, {part['patients']:,} patients)"
            for number, part in enumerate(parts, 1)
        ]
    for row in possible_links(graph).to_dict("records"):
        said.append(
            f"Not linked: parts {row['component']} and {row['other_component']}; the nearest "
            f"practices are {named(row['practice'])} and {named(row['other_practice'])}, "
            f"{row['distance_m'] / 1000:.1f} km apart in a straight line"
        )
    for row in cuts_frame(graph).to_dict("records"):
        what = "Cut" if row["change"] == "cut" else "Added"
        pair = f"{named(row['practice_a'])} - {named(row['practice_b'])}"
        said.append(f"{what}: {pair}, {row['why']}")
    said += [f"{why[0].upper()}{why[1:]}" for why in fragile(graph, practices)["why"]]
    said += _not_here(graph, practices, named)
    return tuple(f"{sentence.rstrip('.')}." for sentence in said)


def _not_here(graph: nx.Graph[str], practices: pd.DataFrame | None, named: Named) -> Iterator[str]:
    """Account for the practices of the area that are not on the graph."""
    if practices is None or not {"standing", "reason"} <= set(practices.columns):
        return
    rest = practices[~practices.index.isin(list(graph))]
    for code, row in rest.sort_values("list_size", ascending=False, kind="stable").iterrows():
        why = str(row["reason"] or row["standing"])
        yield f"Not on the graph: {named(str(code))}, {row['list_size']:,} patients. {why}"
