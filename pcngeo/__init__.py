"""Coverage planning for primary care networks (PCNs) in England.

The path reads like the sentence "load, draw territories, build the graph, solve, measure, map"::

    area = pcngeo.load(lists=..., organisations=..., postcodes=..., boundaries=..., area="08V")
    territories = pcngeo.build_territories(area.practices, area.boundary)
    graph = pcngeo.build_graph(area.practices, territories)
    plan = pcngeo.solve(graph)
    measures = pcngeo.measure(plan, area.practices, graph, territories)
    pcngeo.draw_map(plan, area.practices, territories, area.boundary)

`plan_area` does all of it and writes the output folder. Heavy rooms load on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pcngeo.adjacency import build_graph
    from pcngeo.errors import (
        DataError,
        InfeasibleError,
        MissingExtra,
        OutputError,
        PatientLevelError,
        PcnGeoError,
        RulesError,
        SolverError,
    )
    from pcngeo.evaluate import measure
    from pcngeo.intake import Intake, load
    from pcngeo.optimise import solve
    from pcngeo.orphans import propose
    from pcngeo.pipeline import plan_area
    from pcngeo.plan import Plan, Status
    from pcngeo.review import draw_map
    from pcngeo.rules import Rules
    from pcngeo.territory import build_territories, network_areas

__version__ = "0.1.0"

_HOMES = {
    "build_graph": "adjacency",
    "DataError": "errors",
    "InfeasibleError": "errors",
    "MissingExtra": "errors",
    "OutputError": "errors",
    "PatientLevelError": "errors",
    "PcnGeoError": "errors",
    "RulesError": "errors",
    "SolverError": "errors",
    "measure": "evaluate",
    "Intake": "intake",
    "load": "intake",
    "solve": "optimise",
    "propose": "orphans",
    "plan_area": "pipeline",
    "Plan": "plan",
    "Status": "plan",
    "draw_map": "review",
    "Rules": "rules",
    "build_territories": "territory",
    "network_areas": "territory",
}

__all__ = [
    "DataError",
    "InfeasibleError",
    "Intake",
    "MissingExtra",
    "OutputError",
    "PatientLevelError",
    "PcnGeoError",
    "Plan",
    "Rules",
    "RulesError",
    "SolverError",
    "Status",
    "__version__",
    "build_graph",
    "build_territories",
    "draw_map",
    "load",
    "measure",
    "network_areas",
    "plan_area",
    "propose",
    "solve",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'pcngeo' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"pcngeo.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
