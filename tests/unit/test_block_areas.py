"""LSOAs in place of practices: the plan of an area is an ordinary one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from pcngeo.block_areas import as_blocks, plan_blocks
from pcngeo.cli import main
from pcngeo.cli.screen import show_plan
from pcngeo.errors import DataError, RulesError
from pcngeo.evidence import evidence_words
from pcngeo.plan import Status
from pcngeo.prepared import PreparedArea, prepare_area
from pcngeo.reopen import reopen
from pcngeo.rules import Link, Rules
from pcngeo.scenario import Scenario
from pcngeo.writing import write_plan


@pytest.fixture(scope="module")
def area() -> PreparedArea:
    sample = Path(__file__).parents[2] / "data" / "sample"
    said = Scenario.read(sample / "scenario.toml")
    rules = Rules(networks=2)
    made = prepare_area(
        **dict(said.inputs), area=said.area, lsoas=sample / "lsoa.geojson", rules=rules
    )
    frame = made.own.lsoas
    assert frame is not None
    near = frame.geometry.distance(frame.geometry.iloc[0]).sort_values(kind="stable").index[:50]
    return replace(made, own=replace(made.own, lsoas=frame.loc[near]))


def test_every_patient_of_the_lsoas_is_in_a_connected_network_and_the_folder_is_ordinary(
    area: PreparedArea, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = plan_blocks(area, blocks=(12, 18))
    registered = area.intake.by_lsoa["registered"]
    codes = list(made.intake.practices.index)
    assert int(made.membership["list_size"].sum()) == int(registered.reindex(codes).sum())
    for members in made.plan.groups().values():
        assert 12 <= len(members) <= 18
        assert nx.is_connected(made.graph.subgraph(members))
    write_plan(made, tmp_path / "plan")
    again = reopen(tmp_path / "plan")
    assert again.plan.assignment.equals(made.plan.assignment)
    table = pd.read_csv(tmp_path / "plan" / "membership.csv")
    assert set(table["practice"]) == set(codes)
    coarse = made.plan.replace(status=Status.OPTIMAL, objective=1e6, bound=1e6 - 40)
    assert "Proven best to 0.01 %: no other way of making" in coarse.proof
    assert "by more than that." in coarse.proof
    assert "Proven best: no other" in coarse.replace(bound=1e6 - 2).proof
    told = evidence_words(made)
    assert "LSOAs are grouped here, not practices" in told[0]
    assert any(f"{len(codes)} of {len(codes)} LSOAs (100 %)" in words for words in told)
    assert not any("practices" in words for words in told[1:])
    show_plan(made, tmp_path / "plan")
    screen = " ".join(capsys.readouterr().out.split())
    assert "who live in the LSOAs of the area." in screen
    assert "published for the area" not in screen
    page = (tmp_path / "plan" / "map.html").read_text("utf-8")
    assert "where this page says practice, read LSOA" in page
    assert "derived from the nearest practice" not in page
    assert "Registered lists at" not in page


def test_the_folder_is_audited_and_packed_like_any_other(
    area: PreparedArea, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = plan_blocks(area, blocks=(12, 18))
    write_plan(made, tmp_path / "plan")
    for command in ("audit", "submit"):
        out = tmp_path / command
        with pytest.raises(SystemExit) as stopped:
            main([command, "--plan", str(tmp_path / "plan"), "--out", str(out)])
        assert not stopped.value.code, capsys.readouterr().err
        audited = pd.read_csv(out / "audit.csv", dtype=str, keep_default_na=False)
        assert set(audited.loc[audited["scope"] == "network", "subject"]) >= set(made.plan.networks)
    assert (tmp_path / "submit" / "submission" / "missing.csv").is_file()


def test_rows_about_practices_have_no_place_among_lsoas(area: PreparedArea) -> None:
    rules = replace(area.rules, bridges=(Link("V99021", "V99026", reason="a bridge"),))
    with pytest.raises(RulesError, match="names practices has no place"):
        as_blocks(replace(area, rules=rules))
    with pytest.raises(SystemExit) as stopped:
        main(["plan", "--lists", "no.csv", "--area", "99Z", "--units", "lsoa", "--max-memory", "9"])
    assert stopped.value.code == 2


def test_what_is_missing_is_named(area: PreparedArea) -> None:
    with pytest.raises(DataError, match="--lsoas"):
        as_blocks(replace(area, own=replace(area.own, lsoas=None)))


@pytest.mark.parametrize("flags", [["--units", "ward"], ["--blocks", "18-30"]])
def test_wrong_usage_is_said(flags: list[str], sample: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan", str(sample / "scenario.toml"), *flags])
    assert stopped.value.code == 2
