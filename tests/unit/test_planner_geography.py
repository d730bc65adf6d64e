"""The planner's own geography on its way from the scenario to the outputs: travel, branches."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcngeo.errors import DataError
from pcngeo.intake.branches import read_branch_file
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


# ---- branch surgeries (Q23) ----------------------------------------------------------------------
def ods_row(branch: str, practice: str, postcode: str, closed: str = "") -> str:
    cells = [""] * 27
    cells[0], cells[1], cells[9], cells[10] = branch, "BRANCH", postcode, "19900101"
    cells[11], cells[14] = closed, practice
    return ",".join(f'"{cell}"' for cell in cells)


@pytest.fixture(scope="module")
def with_branches(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedArea:
    rows = [
        ods_row("V99001001", "V99001", "ZZ4 2LB"),  # on the site of V99017
        ods_row("V99020001", "V99020", "ZZ10 1FB", "20150331"),
        ods_row("V99020002", "V99020", "ZZ9 9ZZ"),  # a postcode that no file knows
        ods_row("V99015001", "V99015", "ZZ4 1XX"),  # on its own main site
        ods_row("V99042001", "V99042", "ZZ4 1XX"),  # of a practice that is left out
        ods_row("A81001001", "A81001", "TS18 1HU"),  # of another area
        ods_row("V99041001", "V99041", "ZZ5 2UH"),
    ]
    file = tmp_path_factory.mktemp("branches") / "ebranchs.csv"
    file.write_text("\n".join(rows) + "\n")
    return prepared(sample, branches=file)


def test_every_branch_is_located_or_accounted_for(with_branches: PreparedArea) -> None:
    loaded = with_branches.intake
    assert loaded.branches is not None
    assert loaded.branches["practice"].to_dict() == {"V99001001": "V99001", "V99041001": "V99041"}
    notes = loaded.report.here
    said = notes[notes["file"] == "ebranchs.csv"].set_index("code")["action"].to_dict()
    assert said["V99020001"] == "not used: the branch is closed"
    assert "postcode ZZ9 9ZZ is in no file given" in said["V99020002"]
    assert "on the main site of its practice V99015" in said["V99015001"]
    assert "V99042 takes no part (excluded)" in said["V99042001"]
    assert said[""] == "not used: 1 branches of practices that are not of this area"
    assert list(loaded.sources["flag"]).count("branches") == 1


def test_a_branch_on_the_site_of_another_practice_makes_them_neighbours(
    with_branches: PreparedArea,
) -> None:
    edge = with_branches.graph.edges["V99001", "V99017"]
    assert edge["kind"] == "co-located"
    assert edge["why"] == "a branch of V99001 is on the site of V99017"


def test_a_practice_has_the_territory_of_all_its_sites_and_its_main_site_as_its_place(
    sample: Path, tmp_path: Path
) -> None:
    file = tmp_path / "branches.csv"
    file.write_text(
        "practice_code,branch_name,easting,northing\n"
        "V99049,Far Quillhead,607000,408000\nV99049,Quillhead Mill,615000,407000\n"
    )
    plain, area = prepared(sample), prepared(sample, branches=file)
    found = area.intake.branches
    assert found is not None
    assert list(found.index) == ["V99049 branch 1", "V99049 branch 2"]
    assert set(found["located_by"]) == {"coordinates in branches.csv"}
    mine = area.territories.geometry["V99049"]
    assert mine.covers(found.union_all())
    assert not plain.territories.geometry["V99049"].intersects(found.union_all())
    assert set(plain.graph.neighbors("V99049")) < set(area.graph.neighbors("V99049"))
    here, there = area.graph.nodes["V99049"], plain.graph.nodes["V99049"]
    assert (here["x"], here["y"]) == (there["x"], there["y"])
    shapes = [x.territories.drop_duplicates("site").area.sum() for x in (area, plain)]
    assert shapes[0] == pytest.approx(shapes[1], abs=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("branch,postcode\nB1,ZZ1 3UD\n", "practice"),
        ("practice_code,name\nV99049,Far\n", "a postcode or coordinates"),
        ("practice_code,postcode\n,ZZ1 3UD\n", "1 branches do not say whose they are"),
        ("branch,practice_code,postcode\nB,V99049,ZZ1 3UD\nB,V99049,ZZ1 3UD\n", "stand twice: B"),
        ("practice_code,easting,northing\nV99049,-1,2\n", "row 2: the coordinates are not in Br"),
        ("practice_code,lat,long\nV99049,x,2\n", "row 2: the coordinates are not numbers"),
        ("practice_code,lat,long\nV99049,-0.1,51.5\n", "row 2: the coordinates look swapped"),
    ],
)
def test_a_table_of_branches_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "branches.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=words):
        read_branch_file(file)
