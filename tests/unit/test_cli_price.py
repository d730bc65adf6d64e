"""`pcngeo price`: a sentence for a pair, wrong usage said before any file is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pandas as pd
import pytest

from pcngeo.alternatives import begun_steps, keep_step
from pcngeo.cli import main
from pcngeo.errors import RulesError
from pcngeo.objectives import DEFAULT
from pcngeo.optimise import differing, solve, sturdy, trade
from pcngeo.optimise.differing import Step
from pcngeo.plan import Plan
from pcngeo.prices import problem_name
from pcngeo.rules import Rules
from pcngeo.travel import Travel


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["price", *arguments])
    return int(stopped.value.code or 0)


def test_a_pair_of_the_sample_has_a_price(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(sample / "scenario.toml"), "v99001", "V99002") == 0
    out = capsys.readouterr().out
    assert "Keeping Lantern Quay Surgery (V99001) and" in out
    assert "(V99002) apart costs 0.97 % in distance to the hubs" in out
    assert "(proven)" in out
    assert "It is counted from the plan without this demand. Proven best" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["A", "B", "--together", "--apart"], "one of"),
        (["A"], "two practices, before any option"),
        (["A", "B", "--all"], "--all"),
        (["A", "B", "C", "--apart"], "takes two practices"),
    ],
)
def test_wrong_usage(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments, "--lists", "no.csv", "--area", "99Z") == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_pair_is_priced_from_the_folder_of_a_plan(
    planned_sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(planned_sample), "v99001", "V99002") == 0
    assert "(V99002) apart costs 0.97 % in distance to the hubs" in capsys.readouterr().out
    assert run(str(planned_sample), "V99001", "V99002", "--area", "99Z") == 2
    assert "take out --area" in capsys.readouterr().err


def test_where_prices_cannot_be_written_is_said_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "price.csv").mkdir()
    assert run("--all", "--lists", "no.csv", "--area", "99Z", "--out", str(tmp_path)) == 1
    assert "a file is to be written here, and there is a folder" in capsys.readouterr().err


def test_alternatives_are_ordinary_plans_side_by_side(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "alternatives"
    with pytest.raises(SystemExit) as stopped:
        main(["alternatives", str(sample / "scenario.toml"), "--plans", "2", "--out", str(out)])
    assert not stopped.value.code
    assert "2 plans within 5 % of the best" in capsys.readouterr().out
    one, two = (pd.read_csv(out / k / "membership.csv").set_index("practice") for k in "12")
    assert one["list_size"].equals(two["list_size"])
    assert json.loads((out / "2" / "plan.json").read_text("utf-8"))["status"] == "feasible"
    table = pd.read_csv(out / "alternatives.csv")
    assert list(table["plan"]) == [1, 2]
    assert table["other_company_1_percent"][1] >= 50
    elsewhere = table["another_network_1_percent"]
    assert elsewhere[0] == 0
    assert 1 < elsewhere[1] < table["other_company_1_percent"][1]
    page = (out / "alternatives.html").read_text("utf-8")  # which counts it by itself
    assert f"{elsewhere[1]:.0f} % of people in another network" in page
    pairs = pd.read_csv(out / "together.csv")
    same = pairs[pairs["words"] == "in 2 of 2"]
    for row in same.itertuples():
        for plan in (one, two):
            assert plan.network[row.practice_a] == plan.network[row.practice_b]
    picture = ElementTree.parse(out / "together.svg").getroot()
    cells = [r for r in picture.iter("{http://www.w3.org/2000/svg}rect") if len(r)]
    assert len(cells) == 2 * len(pairs)
    assert "Plan 2" in (out / "alternatives.html").read_text("utf-8")
    assert table["cheaper_excluded"].all()
    common = pd.read_csv(out / "common.csv")
    for row in common.itertuples():
        members = set(row.members.split())
        placed = [p[p["status"].isin(["member", "alone"])] for p in (one, two)]
        holding = [set(p.index[p["network"] == p.network[min(members)]]) for p in placed]
        assert sum(group == members for group in holding) == row.in_plans
    drawn = ElementTree.parse(out / "together_map.svg")
    lines = drawn.iter("{http://www.w3.org/2000/svg}line")
    assert 0 < len(list(lines)) <= len(pairs)
    assert (out / "trade.svg").is_file()
    page = (out / "side_by_side.html").read_text("utf-8")
    for row in table.itertuples():
        assert f"<td>{row.over_best_percent:.2f} %</td>" in page
        assert f"<td>{row.largest:,}</td>" in page
    assert f"<td>{int(common['list_size'][0]):,}</td>" in page
    assert f"{len(same)} of {len(pairs)} pairs" in page
    keep_step(tmp_path / "on", "other problem", [])
    assert begun_steps(tmp_path / "on", "a problem") == []
    for command in ("audit", "submit"):
        flags = ["--plan", str(out / "2" / "membership.csv"), "--out", str(tmp_path / command)]
        with pytest.raises(SystemExit) as stopped:
            main([command, str(sample / "scenario.toml"), *flags])
        assert not stopped.value.code
    with pytest.raises(SystemExit) as stopped:
        main(["map", str(out / "2"), "--out", str(tmp_path / "map.svg")])
    assert stopped.value.code in (0, None)


def test_two_objectives_are_traded_in_a_folder_of_plans(
    sample: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def quick(graph: nx.Graph, rules: Rules, names: list[str], **_: object) -> trade.Trade:
        plans = (solve(graph, rules), solve(graph, replace(rules, networks=11)))
        return trade.Trade(plans, tuple(names), ((1.0, 9.0), (2.0, 3.0)))

    monkeypatch.setattr(trade, "trade", quick)
    out = tmp_path / "trade"
    with pytest.raises(SystemExit) as stopped:
        main(["alternatives", str(sample / "scenario.toml"), "--objectives", "distance,size",
              "--points", "2", "--out", str(out)])  # fmt: skip
    assert not stopped.value.code
    assert "no plan is better in one of them" in " ".join(capsys.readouterr().out.split())
    table = pd.read_csv(out / "trade.csv")
    assert table["distance"].is_monotonic_increasing
    assert table["size"].is_monotonic_decreasing
    assert (out / str(len(table)) / "plan.json").is_file()


def test_what_is_traded_is_read_from_the_files_though_the_rules_minimise_another(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today: dict[str, str] = {}

    def search(graph: nx.Graph, rules: Rules, *_: object, **__: object) -> None:
        assert rules.stages == DEFAULT
        today.update(nx.get_node_attributes(graph, "network_today"))
        raise RulesError("that is all.")

    monkeypatch.setattr(trade, "trade", search)
    with pytest.raises(SystemExit) as stopped:
        main(["alternatives", str(sample / "scenario.toml"), "--objectives", "distance,changed",
              "--out", str(tmp_path / "trade")])  # fmt: skip
    assert stopped.value.code == 1
    assert today["V99001"].startswith("U")


def test_a_trade_that_was_broken_off_is_gone_on_with(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def slow(
        graph: nx.Graph,
        rules: Rules,
        names: list[str],
        *,
        begun: Mapping[str, Plan],
        keep: Callable[[str, Plan], None],
        **_: object,
    ) -> trade.Trade:
        given.append(begun)
        if not begun:
            keep("end distance", solve(graph, rules))
            raise KeyboardInterrupt
        return trade.Trade(tuple(begun.values()), tuple(names), ((1.0, 9.0),))

    monkeypatch.setattr(trade, "trade", slow)
    words = ["alternatives", str(sample / "scenario.toml"), "--objectives", "distance,size",
             "--out", str(tmp_path / "trade")]  # fmt: skip
    codes = []
    for _ in range(2):
        with pytest.raises(SystemExit) as stopped:
            main(words)
        codes.append(stopped.value.code or 0)
    assert codes == [130, 0]
    assert [list(begun) for begun in given] == [[], ["end distance"]]
    assert not (tmp_path / "trade" / ".alternatives.json").exists()


def test_alternatives_of_another_question_are_not_gone_on_with(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []

    def slow(*_: object, begun: tuple[Step, ...], keep: Callable[[Step], None], **__: Any) -> None:
        given.append(len(begun))
        keep(Step((("V99001", "V99002"),), ("V99001",), (1.0,), 1.0))
        raise KeyboardInterrupt

    monkeypatch.setattr(differing, "alternatives", slow)
    words = ["alternatives", str(sample / "scenario.toml"), "--out", str(tmp_path / "some")]
    for more in ([], [], ["--differ", "30"], ["--within", "3"], ["--set", "networks=10"],
                 ["--seed", "2"], ["--seed", "2"]):  # fmt: skip
        with pytest.raises(SystemExit) as stopped:
            main([*words, *more])
        assert stopped.value.code == 130
    assert given == [0, 1, 0, 0, 0, 0, 1]


def test_what_the_plan_of_the_sample_bears(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["robust", str(sample / "scenario.toml"), "--out", str(tmp_path / "r")])
    assert not stopped.value.code
    assert "If all lists fall by 5 %" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "r" / "robust.csv")
    closing = pd.read_csv(tmp_path / "r" / "closures.csv")
    assert table["practices"].sum() == len(closing)
    assert table["list_size"].sum() == closing["list_size"].sum()
    made = pd.read_csv(tmp_path / "r" / "plan" / "networks.csv")  # what was judged can be seen
    assert list(made["list_size"]) == list(table["list_size"])


def test_what_a_given_plan_bears_is_read_from_its_folder(
    planned_sample: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sturdy, "_possible", lambda *_: False)  # its own test asks in earnest
    folder = planned_sample
    with pytest.raises(SystemExit) as stopped:
        main(["robust", str(folder), "--most", "--out", str(tmp_path / "r")])
    assert not stopped.value.code
    said = " ".join(capsys.readouterr().out.split())
    assert "If any one practice closes and its patients go to the nearest practice" in said
    assert "A plan stays in the window if all lists fall or grow by" in said
    made = pd.read_csv(folder / "networks.csv")
    bears = pd.read_csv(tmp_path / "r" / "robust.csv")
    assert list(bears["list_size"]) == list(made["list_size"])
    assert (tmp_path / "r" / "most" / "membership.csv").is_file()
    with pytest.raises(SystemExit) as stopped:
        main(["robust", str(folder), "--seed", "3"])
    assert stopped.value.code == 2


def test_what_is_borne_is_gone_on_with(
    planned_sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    asked: list[float] = []

    def possible(graph: nx.Graph, rules: Rules, *_: object) -> bool:  # its own test asks in earnest
        asked.append(rules.headroom)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return rules.headroom < 4

    monkeypatch.setattr(sturdy, "_possible", possible)
    monkeypatch.setattr(sturdy, "_planned", lambda graph, rules, *_: solve(graph))
    for out, code in ((part, 130), (part, 0), (whole, 0)):
        with pytest.raises(SystemExit) as stopped:
            main(["robust", str(planned_sample), "--most", "--out", str(out)])
        assert (stopped.value.code or 0) == code
        assert (out / ".robust.json").exists() == (code == 130)
    went_on, many = asked[3:], (len(asked) - 1) // 2
    every = asked[:2] + went_on[: many - 2]
    assert went_on == every[2:] + every  # two were known; the whole search asks of all
    first, *rest = (sorted(p.relative_to(o) for p in o.rglob("*")) for o in (part, whole))
    assert [first] == rest
    assert (part / "most" / "membership.csv").read_bytes() == (
        whole / "most" / "membership.csv"
    ).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--differ", "0"], "--differ must be above 0"),
        (["--points", "3"], "--points is for --objectives"),
        (["--objectives", "distance,size", "--plans", "3"], "take out --plans"),
        (["--objectives", "distance,size,borders", "--points", "3"], "two objectives"),
    ],
)
def test_options_of_the_other_search_are_wrong_usage(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["alternatives", *arguments, "--lists", "no.csv", "--area", "99Z"])
    assert stopped.value.code == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_new_search_leaves_no_plan_and_no_table_of_an_earlier_one(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "alternatives"
    for folder in "23":
        (out / folder).mkdir(parents=True)
        for name in ("plan.json", "membership.csv"):
            (out / folder / name).write_text("of an earlier search", encoding="utf-8")
    (out / "3" / "notes.txt").write_text("my own", encoding="utf-8")
    (out / "trade.csv").write_text("of an earlier search", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["alternatives", str(sample / "scenario.toml"), "--plans", "1", "--out", str(out)])
    assert not (out / "trade.csv").exists()
    assert not (out / "2").exists()
    assert [path.name for path in (out / "3").iterdir()] == ["notes.txt"]
    said = capsys.readouterr().out
    assert "One plan was asked for: no other was looked for." in said
    assert "the same in every plan" not in said
    page = (out / "side_by_side.html").read_text("utf-8")
    assert "What is settled" not in page
    assert "is proven best of those" not in page


def test_a_problem_is_named_by_all_that_an_objective_reads() -> None:
    graph: nx.Graph[str] = nx.Graph()
    for code, here in (("A", 0.0), ("B", 1.0)):
        graph.add_node(code, list_size=20_000, x=here, y=0.0, network_today="U1")
    graph.add_edge("A", "B", kind="border", border_m=5.0, distance_m=1.0)
    first = problem_name(graph, Rules(), 0)
    table = pd.DataFrame([[0.0, 3.0], [4.0, 0.0]], index=["A", "B"], columns=["A", "B"])
    changes: list[Callable[[nx.Graph[str]], object]] = [
        lambda g: g.nodes["A"].update(network_today="U2"),
        lambda g: g.nodes["A"].update(deprived_share=0.25),
        lambda g: g.edges["A", "B"].update(border_m=6.0),
        lambda g: g.graph.update(travel=Travel(table, "minutes")),
        lambda g: g.graph.update(travel=Travel(table + 1, "minutes")),
        lambda g: g.graph.update(common={("A", "B"): 24.0}),
    ]
    names = {first}
    for change in changes:
        other = graph.copy()
        change(other)
        names.add(problem_name(other, Rules(), 0))
    assert len(names) == 1 + len(changes)


def test_one_practice_can_be_locked_as_a_network(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(sample / "scenario.toml"), "V99043", "--lock") == 1
    said = capsys.readouterr().err
    assert "[[together]]" not in said
    assert "locked network V99043" in " ".join(said.split())


@pytest.mark.parametrize(
    ("words", "searches"),
    [
        (["alternatives", "SCENARIO"], "differing.alternatives"),
        (["alternatives", "SCENARIO", "--objectives", "distance,size"], "trade.trade"),
        (["price", "SCENARIO", "V99001", "V99002"], "pricing.price"),
        (["price", "SCENARIO", "--all"], "pricing.each_price"),
        (["robust", "FOLDER", "--most"], "sturdy.most_headroom"),
    ],
)
def test_every_search_heeds_the_limits(
    words: list[str],
    searches: str,
    sample: Path,
    planned_sample: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[str, object] = {}

    def search(*_: object, **options: object) -> None:
        given.update(options)
        raise RulesError("that is all.")

    room, name = searches.split(".")
    monkeypatch.setattr(f"pcngeo.optimise.{room}.{name}", search)
    monkeypatch.setattr(f"pcngeo.prices.{name}", search, raising=False)
    places = {"SCENARIO": str(sample / "scenario.toml"), "FOLDER": str(planned_sample)}
    limits = ["--time-limit", "60", "--max-memory", "300", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stopped:
        main([*(places.get(word, word) for word in words), *limits])
    assert stopped.value.code == 1
    assert (given["time_limit"], given["max_memory"]) == (60, 300)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("V99999", "V99999 is not a practice of this area"),
        ("V99011", "V99011 is not to be grouped, so it has no price. It declines"),
    ],
)
def test_who_is_not_grouped_is_told_before_anything_is_searched(
    code: str, words: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(sample / "scenario.toml"), code, "V99027") == 1
    err = " ".join(capsys.readouterr().err.split())
    assert words in err
    assert "making the best plan" not in err


def test_a_network_by_a_waiver_has_no_price(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.toml"
    waiver = '[[rural_waiver]]\npractice = "V99060"\nreason = "Isle"\napproved_by = "NHS X"\n'
    rules.write_text((sample / "rules.toml").read_text("utf-8") + waiver, encoding="utf-8")
    said = [str(sample / "scenario.toml"), "--rules", str(rules), "V99060", "V99061"]
    assert run(*said) == 1
    err = " ".join(capsys.readouterr().err.split())
    assert "V99060 and V99061 are in a network that was kept or made by a waiver" in err
