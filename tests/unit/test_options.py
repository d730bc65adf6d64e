"""The options: every number of networks side by side, in figures, words, picture and page."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from test_cli import Files, run

from pcngeo import funding
from pcngeo.cli import counts as command
from pcngeo.optimise import options as optimising
from pcngeo.optimise import solve
from pcngeo.optimise.whynot import number_fails
from pcngeo.options import (
    COLUMNS,
    Options,
    draw_options,
    options_files,
    options_page,
    say_choice,
    say_proof,
    say_steps,
    say_why,
    sweep,
)
from pcngeo.plan import Status
from pcngeo.prepared import PreparedArea, prepare_area
from pcngeo.rules import Rules
from pcngeo.scenario import Scenario


@pytest.fixture(scope="module")
def area(sample: Path) -> PreparedArea:
    """The sample area with its graph."""
    scenario = Scenario.read(sample / "scenario.toml")
    return prepare_area(**scenario.inputs, area=scenario.area, rules=scenario.rules)


@pytest.fixture(scope="module")
def found(area: PreparedArea) -> Options:
    return sweep(area)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "in")


def test_every_number_is_what_plan_finds_for_it(area: PreparedArea, found: Options) -> None:
    assert list(found.plans) == [9, 10, 11, 12, 13]
    for count, row in found.table.iterrows():
        alone = solve(area.graph, Rules(networks=int(str(count))))
        assert alone.status is Status.OPTIMAL
        assert row["objective"] == pytest.approx(alone.objective, rel=1e-6)
        assert row["unplaced_patients"] == alone.unplaced_patients


def test_the_chosen_number_is_the_one_that_plan_chooses(area: PreparedArea, found: Options) -> None:
    for rules in (area.rules, Rules(networks="free"), Rules(networks=(11, 13)), Rules(networks=9)):
        plan = solve(area.graph, rules)
        count = optimising.chosen_count(area.graph, found.plans, rules)
        assert count == len(plan.networks) - found.alone
    assert found.chosen == 10
    assert found.table.index[found.table["chosen"]].tolist() == [10]
    assert optimising.chosen_count(area.graph, found.plans, Rules(networks=40)) is None


def test_headroom_today_and_funding_from_the_membership_alone(
    area: PreparedArea, found: Options
) -> None:
    practices = area.intake.practices
    for count, plan in found.plans.items():
        home = plan.assignment[plan.assignment != ""]
        sizes = practices.loc[home.index, "list_size"].groupby(home).sum()
        made = sizes[sizes <= 50_000]
        row = found.table.loc[count]
        assert row["above_floor"] == made.min() - 30_000
        assert row["below_ceiling"] == 50_000 - made.max()
        paid = funding.funding(pd.DataFrame({"list_size": sizes}), "2019/20")
        assert row["funding_gbp"] == paid["total_gbp"].sum()
        today = practices.loc[list(area.graph), "network_today"]
        now = {frozenset(g) for g in today[today != ""].groupby(today).groups.values()}
        then = {frozenset(g) for g in home.groupby(home).groups.values()}
        assert row["today_networks"] == len(now)
        assert row["today_changed"] == len(now) - len(now & then)
        assert 0 <= row["patients_moved"] <= practices["list_size"].sum()


def test_a_missing_rate_is_said_and_never_guessed(area: PreparedArea) -> None:
    found = sweep(area, counts=(10, 10), year="2023/24")
    assert found.table["funding_gbp"].isna().all()
    assert found.table["funding_note"].str.startswith("Cannot compute: ").all()
    assert "Cannot compute" in draw_options(found)
    assert "Cannot compute" in options_page(found)


def test_words_agree_with_the_table(found: Options) -> None:
    table = found.table
    assert "417,602 / 40,000 = 10.4" in " ".join(say_choice(found))
    steps = say_steps(found)
    assert len(steps) == len(table) - 1
    metres = round(1000 * (table.at[9, "mean_distance_km"] - table.at[10, "mean_distance_km"]))
    assert f"brings practices {metres} m nearer" in steps[0]
    spare, was = table.at[10, "above_floor"], table.at[9, "above_floor"]
    assert f"{spare:,} people above the minimum instead of {was:,}" in steps[0]
    assert "farther" in steps[-1]
    assert say_proof(found).startswith("Every number is proven")


def test_the_picture_says_everything_without_colour(found: Options) -> None:
    root = ET.fromstring(draw_options(found))
    told = {e.text for e in root.iter() if e.tag.endswith("text")}
    assert {str(k) for k in found.plans} <= told
    assert {"30,000", "50,000", "chosen by the rules"} <= told
    for row in found.table.itertuples():
        assert {f"{row.mean_distance_km:.2f}", f"{row.above_floor:,}"} <= told
    description = next(e.text for e in root.iter() if e.tag.endswith("desc"))
    assert description == " ".join([*say_choice(found), *say_steps(found)])
    assert len([e for e in root.iter() if e.tag.endswith("circle")]) == 2 * len(found.plans) + 2


def test_many_numbers_keep_their_figures_apart(found: Options) -> None:
    one = found.table.loc[[10]]
    table = pd.concat([one.rename(index={10: k}) for k in range(10, 50)])
    many = Options(found.area, {}, table, 1_600_000, 200, 0, 10)
    root = ET.fromstring(draw_options(many))
    told = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert 5 <= told.count(f"{one['mean_distance_km'].iloc[0]:.2f}") <= 14
    assert {str(k) for k in range(10, 50)} <= set(told)
    steps = say_steps(many)
    assert len(steps) == 8
    assert steps[0].startswith("From ten to eleven:")  # around the one that is chosen
    assert steps[-1].startswith("From 17 to 18:")


def test_the_page_loads_nothing_and_repeats_itself(found: Options) -> None:
    page = options_page(found)
    assert page == options_page(found)
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)
    assert page.count('<tr class="chosen">') == 1


@pytest.mark.parametrize(("most", "count", "none"), [(4, 10, False), (3, 9, True)])
def test_a_number_without_a_plan_is_shown_as_such(
    area: PreparedArea, most: int, count: int, none: bool
) -> None:
    rules = Rules(networks="target", max_practices=most)
    prepared = PreparedArea(area.intake, rules, area.territories, area.graph)
    found = sweep(prepared, counts=(count, count))
    (unplaced,) = found.table["unplaced_patients"]
    assert pd.isna(unplaced) if none else unplaced > 0
    assert ET.fromstring(draw_options(found)) is not None
    assert options_page(found)


def test_why_a_number_leaves_people_out_is_said(found: Options) -> None:
    assert say_why(found) == []  # every number does as well as any
    assert "Numbers that leave people out" not in options_page(found)
    told = replace(found, why={13: ("13 networks would have too little room.",)})
    assert "<li>13: 13 networks would have too little room.</li>" in options_page(told)


def test_a_number_whose_plan_was_not_found_is_not_said_to_have_none(found: Options) -> None:
    plan = found.plans[13].replace(status=Status.TIME_LIMIT, objective=None, bound=None)
    table = found.table.copy()
    table.loc[13, "status"] = "time_limit"
    table.loc[13, ["objective", "bound", "gap"]] = None
    shown = replace(found, plans={**found.plans, 13: plan}, table=table)
    assert "No plan was found in the time given, and it is not proven that there is none: 13" in (
        say_proof(shown)
    )
    assert "none found, not proven" in options_page(shown)
    assert ">none found<" in draw_options(shown)


def test_stopped_by_hand_shows_what_was_solved(area: PreparedArea, found: Options) -> None:
    def stop(count: int, done: int, of: int) -> None:
        assert of == 5
        if done == 2:
            raise KeyboardInterrupt

    some = sweep(area, progress=stop)
    assert some.stopped
    assert list(some.plans) == [10, 11]  # nearest to the target size first
    assert some.table.at[10, "objective"] == found.table.at[10, "objective"]
    assert "stopped by hand" in options_page(some)


def test_fewer_networks_are_tried_where_more_leave_people_out() -> None:
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()  # a star: every network needs the practice in the middle
    for i, patients in enumerate([20_000, 29_000, 29_000, 29_000]):
        graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    for i in range(1, 4):
        graph.add_edge("P0", f"P{i}", kind="border", border_m=1.0, distance_m=1000.0)
    plans = optimising.solve_counts(graph)
    assert list(plans) == [1, 2, 3]
    assert plans[1].unplaced_patients == plans[1].unplaced_bound == 58_000
    assert plans[2].status is plans[3].status is Status.INFEASIBLE
    (why,) = number_fails(graph, Rules(networks=2), plans[2])
    assert why.startswith("2 networks of at most 50,000 cannot hold 107,000 patients")
    stopped = plans[2].replace(status=Status.TIME_LIMIT)
    (why,) = number_fails(graph, Rules(networks=2), stopped)
    assert why == (
        "No plan of 2 networks was found in the time given; it is not proven that there is none."
    )
    assert optimising.chosen_count(graph, plans, Rules()) == 1 == len(solve(graph).networks)


def options(files: Files, **more: object) -> list[str]:
    return ["options", *files.arguments(**more)[1:]]


def test_the_command_writes_table_picture_and_page(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options(files)) == 0
    assert {p.name for p in files.out.iterdir()} == {"options.csv", "options.svg", "options.html"}
    with (files.out / "options.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["networks", *COLUMNS]
    assert [r["networks"] for r in rows] == ["3", "4"]
    assert [r["chosen"] for r in rows] == ["true", "false"]
    said = capsys.readouterr().out
    assert "Three is nearest to the target size (120,000 / 40,000 = 3.0)" in said
    assert "three and four networks of 30,000 to 50,000" in said


def test_the_command_repeats_itself_to_the_byte(files: Files, tmp_path: Path) -> None:
    assert run(options(files)) == 0
    assert run(options(files, out=tmp_path / "again")) == 0
    for name in ("options.csv", "options.svg", "options.html"):
        assert (files.out / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_range_and_the_whole_plans(files: Files) -> None:
    assert run([*options(files, networks="4"), "--plans"]) == 0
    with (files.out / "options.csv").open(encoding="utf-8", newline="") as stream:
        assert [r["networks"] for r in csv.DictReader(stream)] == ["4"]
    folder = files.out / "04-networks"
    assert {"membership.csv", "plan.json", "map.html"} <= {p.name for p in folder.iterdir()}
    with (folder / "membership.csv").open(encoding="utf-8", newline="") as stream:
        assert len({r["network"] for r in csv.DictReader(stream)}) == 4
    former, own = files.out / "05-networks", files.out / "06-networks"
    for old in (former, own):
        old.mkdir()
        for name in ("plan.json", "membership.csv"):
            (old / name).write_text("of an earlier range", encoding="utf-8")
    (own / "notes.txt").write_text("my own", encoding="utf-8")
    assert run([*options(files, networks="4"), "--plans"]) == 0
    assert not former.exists()
    assert [path.name for path in own.iterdir()] == ["notes.txt"]
    assert '"networks": 4' in (folder / "plan.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "words"), [("9-5", "5-9"), ("x", "5-9"), ("0", "5-9")])
def test_a_range_that_cannot_be_is_wrong_usage(
    files: Files, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options(files, networks=text)) == 2
    assert words in capsys.readouterr().err


def test_a_range_that_no_list_can_fill_is_said(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options(files, networks="7-9")) == 2
    assert "could be made of these lists" in capsys.readouterr().err
    assert not files.out.exists()


def test_ranges_as_they_are_typed() -> None:
    assert command.read_range(" 5 to 9 ") == command.read_range("5..9") == (5, 9)


def test_files_are_named(found: Options) -> None:
    assert list(options_files(found)) == ["options.csv", "options.svg", "options.html"]
