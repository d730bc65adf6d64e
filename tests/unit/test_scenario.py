"""Scenario files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcngeo.errors import RulesError
from pcngeo.scenario import Scenario

GOOD = """
area = "99Z"
rules = "rules.toml"
[input]
lists = "lists.csv"
postcodes = ["a.csv", "b.csv"]
[options]
seed = 3
time_limit = 1.5
out = "plan"
"""


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "rules.toml").write_text("min_list = 25000\n")
    path = tmp_path / "scenario.toml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_scenario(tmp_path: Path) -> None:
    scenario = Scenario.read(write(tmp_path, GOOD))
    assert scenario.area == ("99Z",)
    assert scenario.inputs["lists"] == tmp_path / "lists.csv"
    assert scenario.inputs["postcodes"] == (tmp_path / "a.csv", tmp_path / "b.csv")
    assert scenario.rules.min_list == 25_000
    assert scenario.rules.file == str(tmp_path / "rules.toml")
    assert (scenario.seed, scenario.time_limit, scenario.out) == (3, 1.5, tmp_path / "plan")


def test_neighbours_and_a_date_of_the_lists(tmp_path: Path) -> None:
    text = 'neighbours = ["Z1", "Z2"]\n' + GOOD + "list_date = 2026-01-01\n"
    scenario = Scenario.read(write(tmp_path, text))
    assert scenario.neighbours == ("Z1", "Z2")
    assert str(scenario.list_date) == "2026-01-01"
    quoted = Scenario.read(write(tmp_path, GOOD + 'list_date = "2026-01-01"\n'))
    assert quoted.list_date == scenario.list_date
    assert quoted.neighbours == ()


def test_rules_can_stand_in_the_scenario(tmp_path: Path) -> None:
    text = 'area = ["1", "2"]\n[rules]\nmax_list = 60000\n[input]\nlists = "x"\npostcodes = "y"'
    scenario = Scenario.read(write(tmp_path, text))
    assert scenario.rules.max_list == 60_000
    assert scenario.area == ("1", "2")
    assert scenario.inputs["postcodes"] == (tmp_path / "y",)
    assert scenario.time_limit is None
    assert scenario.rules.file == str(tmp_path / "scenario.toml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('area = "99Z"', "area = 99", "area must be a code"),
        ('area = "99Z"', "", "area must be a code"),
        ("lists =", "list =", "Did you mean lists"),
        ("[options]", "[option]", "Did you mean options"),
        ("seed = 3", "seed = -3", "0 or more"),
        ("seed = 3", 'list_date = "May"', "a date such as"),
        ('area = "99Z"', 'area = "99Z"\nneighbours = [1]', "neighbours must be"),
        ("seed = 3", 'seed = "3"', "must be a number"),
        ("seed = 3", "seed = 99999999999999999999", "at most 4,294,967,295"),
        ('out = "plan"', "out = 5", "out must be the name of a folder in quotes, not 5"),
        ('out = "plan"', 'out = ""', "out must be the name of a folder"),
        ("time_limit = 1.5", "time_limit = true", "must be a number"),
        ('lists = "lists.csv"', "lists = 5", "name of a file"),
        ('rules = "rules.toml"', "rules = 1", "[rules] table"),
        ('rules = "rules.toml"', 'rules = "gone.toml"', "gone.toml"),
        ("seed = 3", "seed = ", "not a TOML file"),
    ],
)
def test_faults_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(RulesError) as caught:
        Scenario.read(write(tmp_path, GOOD.replace(old, new)))
    assert words in str(caught.value)
    assert "scenario.toml" in str(caught.value)


def test_a_missing_scenario_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"none\.toml"):
        Scenario.read(tmp_path / "none.toml")


def test_a_folder_in_the_place_of_a_scenario_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"is a folder, not a scenario file.*--plan"):
        Scenario.read(tmp_path)
