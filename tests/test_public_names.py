"""The public names, pinned: a change here is a change of the interface."""

from __future__ import annotations

import subprocess
import sys

import pcngeo

NAMES = [
    "DataError", "InfeasibleError", "Intake", "MissingExtra", "OutputError", "PatientLevelError",
    "PcnGeoError", "Plan", "Rules", "RulesError", "SolverError", "Status", "__version__",
    "build_graph", "build_territories", "draw_map", "load", "measure", "network_areas",
    "plan_area", "propose", "solve",
]  # fmt: skip


def test_names_are_pinned_and_exist() -> None:
    assert sorted(pcngeo.__all__) == sorted(NAMES)
    for name in NAMES:
        assert getattr(pcngeo, name) is not None


def test_import_loads_no_heavy_library() -> None:
    code = (
        "import sys, pcngeo; heavy = {'folium', 'matplotlib', 'dask', 'numba', 'geopandas'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
