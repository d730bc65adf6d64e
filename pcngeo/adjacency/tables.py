"""The graph as tables: its edges, its parts, what was cut, and how two graphs differ."""

from __future__ import annotations

import networkx as nx
import pandas as pd

__all__ = ["components", "cuts_frame", "difference", "edges_frame", "edited_frame"]

PAIR = ["practice_a", "practice_b"]


def edges_frame(graph: nx.Graph[str]) -> pd.DataFrame:
    """List the edges of a graph.

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame
        Columns `practice_a` < `practice_b`, `kind`, `border_m`, `distance_m`, `why`; sorted.
    """
    rows = [
        (min(a, b), max(a, b), d["kind"], d["border_m"], d["distance_m"], d.get("why", ""))
        for a, b, d in graph.edges(data=True)
    ]
    return pd.DataFrame(sorted(rows), columns=[*PAIR, "kind", "border_m", "distance_m", "why"])


def cuts_frame(graph: nx.Graph[str]) -> pd.DataFrame:
    """List what the planner cut from a graph and added to it.

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame
        Columns `practice_a` < `practice_b`, `change` (cut, added), `why`; sorted. A link that was
        cut and then added again (a bridge over a barrier) stands twice.
    """
    rows = [(a, b, "cut", why) for a, b, why in graph.graph.get("cuts", ())]
    rows += [(a, b, "added", why) for a, b, why in graph.graph.get("added", ())]
    order = sorted(rows, key=lambda row: (row[0], row[1], row[2] == "added", row[3]))
    return pd.DataFrame(order, columns=[*PAIR, "change", "why"])


def edited_frame(graph: nx.Graph[str]) -> pd.DataFrame | None:
    """List what an edge list that was given back changed.

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame or None
        Columns `practice_a` < `practice_b`, `change` (added, removed, changed), `kind_before`,
        `kind_after`, `why`; sorted. None where no list was given.
    """
    if "edited" not in graph.graph:
        return None
    columns = [*PAIR, "change", "kind_before", "kind_after", "why"]
    return pd.DataFrame(list(graph.graph["edited"]), columns=columns)


def difference(before: nx.Graph[str], after: nx.Graph[str]) -> pd.DataFrame:
    """Show how one graph differs from another: which edges came, went or changed their kind.

    Parameters
    ----------
    before, after
        Graphs as of `build_graph`; they need not have the same practices.

    Returns
    -------
    DataFrame
        Columns `practice_a` < `practice_b`, `change` (added, removed, changed), `kind_before`,
        `kind_after`, `border_m` (the longer one), `why` (of the edge as it is, or as it was);
        sorted.
    """
    both = edges_frame(before).merge(
        edges_frame(after), on=PAIR, how="outer", suffixes=("_before", "_after"), indicator=True
    )
    named = {"left_only": "removed", "right_only": "added", "both": "changed"}
    both["change"] = both["_merge"].astype(str).map(named)
    kinds = both[["kind_before", "kind_after"]] = both[["kind_before", "kind_after"]].fillna("")
    differs = (both["change"] != "changed") | (kinds["kind_before"] != kinds["kind_after"])
    both["border_m"] = both[["border_m_before", "border_m_after"]].max(axis=1)
    both["why"] = both["why_after"].fillna(both["why_before"])
    columns = [*PAIR, "change", "kind_before", "kind_after", "border_m", "why"]
    return both.loc[differs, columns].sort_values(PAIR).reset_index(drop=True)


def components(graph: nx.Graph[str]) -> pd.DataFrame:
    """List the connected parts of a graph, each named after its largest practice (Q26).

    Parameters
    ----------
    graph
        As of `build_graph`.

    Returns
    -------
    DataFrame
        Index `component` (1 has most registered patients), columns `name` (its practice with the
        longest list), `practices` (number), `patients` (registered), `members` (tuple of codes).
    """
    size = nx.get_node_attributes(graph, "list_size")
    rows = [
        {
            "name": min(part, key=lambda p: (-size[p], p)),
            "practices": len(part),
            "patients": sum(size[p] for p in part),
            "members": tuple(sorted(part)),
        }
        for part in nx.connected_components(graph)
    ]
    rows.sort(key=lambda row: (-row["patients"], row["name"]))
    index = pd.RangeIndex(1, len(rows) + 1, name="component")
    return pd.DataFrame(rows, index=index, columns=["name", "practices", "patients", "members"])
