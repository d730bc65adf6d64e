"""The planner's own geography on its way from the scenario to the outputs: travel, branches."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcngeo.errors import DataError
from pcngeo.pipeline import PreparedArea, prepare_area
from pcngeo.scenario import Scenario


def prepared(sample: Path, **own: Path) -> PreparedArea:
    scenario = Scenario.read(sample / "scenario.toml")
    inputs = {k: v for k, v in scenario.inputs.items() if k not in ("membership", "registrations")}
    return prepare_area(**inputs, **own, area=scenario.area, rules=scenario.rules)


# ---- travel ------------------------------------------------------------------------------------
def test_a_table_of_travel_goes_with_the_graph_and_among_the_sources(
    sample: Path, tmp_path: Path
) -> None:
    file = tmp_path / "drive.csv"
    file.write_text("from,to,drive_minutes\nV99001,V99002,4.5\n")
    area = prepared(sample, travel=file)
    travel = area.graph.graph["travel"]
    assert list(travel.table.index) == sorted(area.graph.nodes)
    assert travel.table.loc["V99002", "V99001"] == 4.5
    assert list(area.intake.sources["flag"])[-1] == "travel"
    assert area.intake.sources["sha256"].iloc[-1]


def test_a_table_of_travel_that_cannot_be_read_stops_the_plan(sample: Path, tmp_path: Path) -> None:
    file = tmp_path / "drive.csv"
    file.write_text("from,to,value\nV99001,V99002,4.5\n")
    with pytest.raises(DataError, match="end its name in its unit"):
        prepared(sample, travel=file)


def test_a_scenario_names_the_table_of_travel(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text('area = "99Z"\n[input]\nlists = "l.csv"\ntravel = "drive.parquet"\n')
    assert Scenario.read(path).inputs["travel"] == tmp_path / "drive.parquet"
