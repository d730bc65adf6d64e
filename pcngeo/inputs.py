"""What is known of practices beyond lists and places, for objectives and demands that need it.

It rides on the graph that the optimiser and the check of its plans read: attributes of nodes
(`ATTRIBUTES`), and under the graph's own keys ``travel`` (`pcngeo.travel.Travel`) and ``common``
(patients in common of pairs of practices).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ATTRIBUTES", "attach", "patients_in_common"]

#: Attribute of a node -> what it is.
ATTRIBUTES = {
    "network_today": "existing network; empty for none",
    "local_authority": "local authority; empty where unknown",
    "deprived_share": "share of its patients who live in the most deprived fifth, 0 to 1",
    "rural_share": "share of its patients who live rurally, 0 to 1",
}


def attach(
    graph: nx.Graph[str],
    attributes: Mapping[str, Mapping[str, object]],
    common: Mapping[tuple[str, str], float] | None = None,
) -> nx.Graph[str]:
    """Return a graph with attributes on its nodes, and patients in common.

    Parameters
    ----------
    graph
        See `pcngeo.schema`.
    attributes
        Name of the attribute (`ATTRIBUTES`) -> value by practice.
    common
        As of `patients_in_common`.

    Returns
    -------
    networkx.Graph
        A frozen copy; the graph itself where there is nothing to attach.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_node("A", list_size=9_000, x=0.0, y=0.0)
    >>> attach(graph, {"network_today": {"A": "U1"}}).nodes["A"]["network_today"]
    'U1'
    """
    if not any(attributes.values()) and common is None:
        return graph
    own: nx.Graph[str] = nx.Graph(graph)
    for name, values in attributes.items():
        nx.set_node_attributes(own, {p: v for p, v in values.items() if p in own}, name)
    if common is not None:
        own.graph["common"] = dict(common)
    frozen: nx.Graph[str] = nx.freeze(own)
    return frozen


def patients_in_common(registrations: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Count for every pair of practices the patients who live where the other has patients too.

    In every LSOA, a patient of one practice has all others registered there as neighbours, those
    of the other practice by their share of the LSOA; a pair's patients in common are the sum over
    LSOAs of patients of the one times patients of the other, divided by all registered there.

    Parameters
    ----------
    registrations
        Columns practice, lsoa, patients (`Intake.registrations`).

    Returns
    -------
    dict
        Patients in common by pair of practices in the order of their codes; pairs without any are
        not there.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("A", "E01000001", 60), ("B", "E01000001", 40), ("B", "E01000002", 500)]
    >>> patients_in_common(pd.DataFrame(rows, columns=["practice", "lsoa", "patients"]))
    {('A', 'B'): 24.0}
    """
    common: dict[tuple[str, str], float] = {}
    for _, here in registrations.groupby("lsoa", sort=True):
        counts = here.groupby("practice")["patients"].sum()
        codes, people = [str(c) for c in counts.index], counts.to_numpy(float)
        total = people.sum()
        for i, a in enumerate(codes):
            for j in range(i + 1, len(codes)):
                shared = float(people[i] * people[j] / total) if total else 0.0
                if shared > 0:
                    common[a, codes[j]] = common.get((a, codes[j]), 0.0) + shared
    return {pair: common[pair] for pair in sorted(common)}
