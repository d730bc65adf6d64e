"""Territories -> the graph that contiguity is judged on, with a reason for every edge.

Contiguity (R11) is the rule that people dispute first, so nothing in the graph is hidden: an edge
is a border that two territories share (rook: a length, not a corner), a common site, or a link that
the planner added; what the planner cut is kept in ``graph.graph["cuts"]``. Water makes no edge:
islands and estuaries stay apart until the planner links them (Q26).

`graph`
    `build_graph`: from territories and rules to the frozen graph
`nearness`
    neighbours by distance instead of borders, for analysts
`links`
    what the planner changes: bridges and barriers, as pairs or as lines
`edited`
    edge lists corrected by hand and given back
`tables`
    the graph as tables: edges, components, differences
`fragility`
    what the graph hangs on: practices and links whose loss disconnects it
`layers`
    the graph as map layers
"""

from __future__ import annotations

from pcngeo.adjacency.edited import read_edges
from pcngeo.adjacency.fragility import describe, fragile, possible_links
from pcngeo.adjacency.graph import build_graph
from pcngeo.adjacency.layers import add_to_map, graph_layers
from pcngeo.adjacency.tables import components, cuts_frame, difference, edges_frame, edited_frame

__all__ = [
    "add_to_map",
    "build_graph",
    "components",
    "cuts_frame",
    "describe",
    "difference",
    "edges_frame",
    "edited_frame",
    "fragile",
    "graph_layers",
    "possible_links",
    "read_edges",
]
