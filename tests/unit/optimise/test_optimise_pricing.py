"""A price is what the best plan with the choice costs more, whichever way it is found."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from agreeing import combined
from test_optimise_demands import best
from test_optimise_groups import random_graph

from pcngeo.demands import Apart, Locked, Together
from pcngeo.errors import RulesError
from pcngeo.optimise import exact, learnt, lists, near, pricing, solve
from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.differing import alternatives
from pcngeo.optimise.learnt import learnt_of
from pcngeo.optimise.priced import Settled
from pcngeo.optimise.pricing import adjacent_choices, each_price, price, with_choice
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Status
from pcngeo.prices import settled_words, write_prices
from pcngeo.rules import Rules

FREE = Rules(networks="free")


@pytest.mark.parametrize("seed", range(6))
def test_every_price_is_that_of_all_divisions_tried_out(seed: int) -> None:
    graph = random_graph(11, 300 + seed, mean=11_000)
    base = solve(graph, FREE)
    choices = adjacent_choices(graph, FREE, base)
    choices += [Locked(base.members("1")), Together(tuple(sorted(graph))[:3])]
    out, cost = best(graph, FREE)
    for asked in each_price(graph, FREE, choices, base=base):
        out_with, cost_with = best(graph, with_choice(FREE, asked.choice))
        if out_with > out:
            assert asked.settled is Settled.LEFT_OUT
            assert asked.plan.unplaced_patients == out_with
            continue
        assert asked.plan.objective == pytest.approx(cost_with, rel=1e-6)
        if asked.settled is Settled.PROVEN:
            assert asked.difference == pytest.approx(cost_with - cost, rel=1e-4, abs=5e-6 * cost)
            assert asked.low == asked.high == asked.difference


# The best objective is 0; no group is left, or none that the plan takes, without and with budgets.
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("number", "choice"),
    [
        (228, Apart("P03", "P08")),
        (428, Together(("P00", "P05"))),
        (429, Locked(("P00", "P01", "P02", "P05"))),
        (972, Locked(("P01", "P05", "P06"))),
    ],
)
def test_prices_that_nothing_or_everything_hangs_on_come_to_an_end(
    number: int, choice: Apart | Together | Locked, listed: bool
) -> None:
    of = combined(number)
    asked = next(each_price(of.graph, of.rules, [choice], listed=listed))
    scratch = solve(of.graph, with_choice(of.rules, choice))
    assert asked.plan.unplaced_patients == scratch.unplaced_patients
    assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_list_of_near_groups_gives_what_a_search_from_scratch_gives(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(20, seed, mean=11_000)
    base = solve(graph)
    choices = adjacent_choices(graph, Rules(), base)[::3]
    listed = list(each_price(graph, None, choices, base=base))
    assert any("nodes" not in p.plan.statistics for p in listed if p.plan is not base)
    for asked in listed:
        scratch = solve(graph, with_choice(Rules(), asked.choice))
        assert asked.plan.unplaced_patients == scratch.unplaced_patients
        assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-6)
    monkeypatch.setattr(pricing.Near, "of", classmethod(lambda *_: None))
    again = list(each_price(graph, None, choices, base=base))
    assert [p.settled for p in again] == [p.settled for p in listed]
    for one, other in zip(again, listed, strict=True):
        mine, theirs = one.difference, other.difference
        assert (mine is None) == (theirs is None)
        assert mine is None or mine == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("visits", [exact.VISITS_FROM_CUTS, 1])
def test_a_search_that_begins_under_the_cuts_of_the_best_plan_proves_the_same(
    visits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(20, 4, mean=11_000)
    base = solve(graph)
    choices = adjacent_choices(graph, Rules(), base)[::5]
    proven: list[Any] = []
    prove = near.Near.prove

    def kept(*given: Any) -> Any:
        proven.append(prove(*given))
        return proven[-1]

    monkeypatch.setattr(exact, "VISITS_FROM_CUTS", visits)
    monkeypatch.setattr(lists, "VISITS", visits)
    monkeypatch.setattr(near.Near, "best", lambda *_, **__: None)
    monkeypatch.setattr(near.Near, "prove", kept)
    for asked in each_price(graph, None, choices, base=base):
        if asked.plan is base:
            continue
        found = proven[-1]
        scratch = solve(graph, with_choice(Rules(), asked.choice))
        if found is not None:
            assert float(found.costs.sum()) == pytest.approx(scratch.objective, rel=1e-6)
        assert asked.plan.unplaced_patients == scratch.unplaced_patients
    assert len(proven) > 3
    assert any(found is not None for found in proven)


def test_lists_widen_until_they_would_be_too_long() -> None:
    graph = random_graph(20, 4, mean=11_000)
    rules, clock = Rules(), Clock()
    found = near.Near.of(graph, rules, solve(graph), 0, clock)
    assert found is not None
    lengths = []
    for share in found.widening(200):
        pool = found.groups(share, clock, 200)
        lengths.append(None if pool is None else len(pool))
    assert len(lengths) > 1
    assert None not in lengths
    assert lengths == sorted(lengths)
    assert list(found.widening(1)) == [near.STEPS[0]]


def test_a_list_begins_with_every_shorter_one_and_is_not_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = random_graph(20, 4, mean=11_000)
    base, clock = solve(graph), Clock()
    one, other = (near.Near.of(graph, Rules(), base, 0, clock) for _ in range(2))
    assert one is not None
    assert other is not None
    long = one.groups(0.1, clock)
    wanted = other.groups(0.03, clock)
    monkeypatch.setattr(near, "groups_within", None)
    short = one.groups(0.03, clock)
    assert long is not None
    assert wanted is not None
    assert short is not None
    assert 0 < len(short) < len(long)
    assert short.groups() == wanted.groups() == long.groups()[: len(short)]
    assert one.groups(0.1, clock, len(long) - 1) is None


@pytest.mark.parametrize("visits", [exact.VISITS_FROM_CUTS, 1])
def test_a_price_is_the_same_from_a_plan_that_was_read_as_from_one_just_made(
    visits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(20, 9, mean=9_000)
    base = solve(graph)
    problem = Problem.build(graph, Rules())
    known = learnt_of(base, problem)
    assert known is not None
    assert known.cuts
    read = base.replace()  # nothing is known of this one
    assert learnt_of(read, problem) is None
    assert learnt_of(base, Problem.build(graph, Rules(max_list=49_000))) is None
    monkeypatch.setattr(exact, "VISITS_FROM_CUTS", visits)
    monkeypatch.setattr(lists, "VISITS", visits)
    choices = adjacent_choices(graph, Rules(), base)[::4]
    made = [list(each_price(graph, None, choices, base=one)) for one in (base, read)]
    made.append([price(graph, None, choice, base=base) for choice in choices])
    for of_three in zip(*made, strict=True):
        assert len({p.settled for p in of_three}) == 1
        scratch = solve(graph, with_choice(Rules(), of_three[0].choice)).objective
        assert [p.plan.objective for p in of_three] == pytest.approx([scratch] * 3, rel=1e-6)


def test_an_lp_that_no_limit_allows_is_tried_once_for_all_choices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = random_graph(12, 3, mean=9_000)
    base = solve(graph)
    choices = adjacent_choices(graph, Rules(), base)[:3]
    tried = []

    def relax(*given: Any) -> None:
        tried.append(given)
        raise WorkLimitError

    monkeypatch.setattr(near, "relax", relax)
    found = list(each_price(graph, None, choices, base=base))
    assert len(tried) == 1
    for of_choice in found:
        scratch = solve(graph, with_choice(Rules(), of_choice.choice)).objective
        assert of_choice.plan.objective == pytest.approx(scratch)


def test_what_was_learnt_goes_with_the_plan() -> None:
    before, plan = len(learnt._OF_PLAN), solve(random_graph(8, 1))
    assert len(learnt._OF_PLAN) == before + 1
    del plan
    gc.collect()
    assert len(learnt._OF_PLAN) <= before


def test_a_price_beyond_the_lists_goes_on_from_their_last_lp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = random_graph(20, 4, mean=11_000)
    base = solve(graph)
    stocks: list[int] = []
    prove = near.prove

    def kept(task: Any, stock: Any, *rest: Any, **named: Any) -> Any:
        stocks.append(len(stock))
        return prove(task, stock, *rest, **named)

    monkeypatch.setattr(near, "prove", kept)
    monkeypatch.setattr(near, "WIDEST", 0.003)
    choices = adjacent_choices(graph, Rules(), base)[::4]
    near_base = near.Near.of(graph, Rules(), base, 0, Clock())
    assert near_base is not None
    for asked in each_price(graph, None, choices, base=base):
        scratch = solve(graph, with_choice(Rules(), asked.choice))
        assert asked.plan.unplaced_patients == scratch.unplaced_patients
        assert asked.plan.objective == pytest.approx(scratch.objective, rel=1e-6)
    assert stocks
    assert max(stocks) < len(near_base.ground.stock)


def line(*lists: int) -> nx.Graph:
    graph = nx.Graph()
    for i, patients in enumerate(lists):
        graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    for i in range(len(lists) - 1):
        graph.add_edge(f"P{i}", f"P{i + 1}", kind="border", border_m=1.0, distance_m=1000.0)
    return graph


def test_what_the_best_plan_does_already_costs_nothing() -> None:
    asked = price(line(12_000, 21_000, 15_000, 19_000), None, Together(("P0", "P1")))
    assert (asked.difference, asked.settled) == (0.0, Settled.PROVEN)
    assert asked.sentence({"P0": "High Street"}) == (
        "The best plan keeps High Street (P0) and P1 together already: that costs nothing."
    )


def test_a_choice_that_leaves_people_out_has_no_price_but_says_how_many() -> None:
    asked = price(line(12_000, 21_000, 15_000, 19_000), None, Together(("P1", "P2")))
    assert asked.settled is Settled.LEFT_OUT
    assert asked.sentence() == (
        f"Keeping P1 and P2 together would leave {asked.plan.unplaced_patients:,} more patients in "
        "no network (proven)."
    )
    asked = price(line(20_000, 20_000), None, Apart("P0", "P1"))
    assert asked.settled is Settled.IMPOSSIBLE
    assert asked.sentence().startswith("Keeping P0 and P1 apart is not possible")


def test_a_search_that_is_stopped_gives_no_price_as_proven() -> None:
    graph = random_graph(40, 3, mean=8_000)
    base = solve(graph)
    choice = next(c for c in adjacent_choices(graph, Rules(), base))
    asked = price(graph, None, choice, base=base, time_limit=0.0)
    assert asked.settled is not Settled.PROVEN
    assert "proven)" not in asked.sentence()


def test_an_unknown_practice_is_named() -> None:
    with pytest.raises(RulesError, match="X1 is not among the practices"):
        price(line(20_000, 20_000), None, Apart("P0", "X1"))


def test_a_table_that_was_broken_off_is_gone_on_with(tmp_path: Path) -> None:
    graph = random_graph(14, 8, mean=10_000)
    base = solve(graph)
    whole = write_prices(graph, Rules(), base, tmp_path / "whole")
    assert len(whole) > 5
    bytes_ = (tmp_path / "whole" / "price.csv").read_bytes()
    part = tmp_path / "part"
    part.mkdir()
    (part / "price.csv").write_bytes(b"\n".join(bytes_.split(b"\n")[:4]) + b"\n")
    asked: list[str] = []
    write_prices(graph, Rules(), base, part, progress=lambda words, *_: asked.append(words))
    assert (part / "price.csv").read_bytes() == bytes_
    assert len(asked) == len(whole) - 3
    other = Rules(min_list=29_000)
    write_prices(graph, other, solve(graph, other), part)
    assert (part / "price.csv").read_bytes() != bytes_


def test_prices_of_another_best_plan_or_limit_are_not_gone_on_with(tmp_path: Path) -> None:
    graph = random_graph(14, 8, mean=10_000)
    base = solve(graph)
    whole = write_prices(graph, Rules(), base, tmp_path / "whole")
    assert not whole["limit"].any()
    bytes_ = (tmp_path / "whole" / "price.csv").read_bytes()
    poor = base.replace(status=Status.TIME_LIMIT)
    asked: list[str] = []

    def told(words: str, *_: int) -> None:
        asked.append(words)

    first = write_prices(graph, Rules(), poor, tmp_path / "part", time_limit=0.0)
    assert set(first["limit"]) <= {"0 s", ""}
    open_ = int((first["settled"] == "between").sum())
    assert open_ == (first["limit"] == "0 s").sum() > 0
    write_prices(graph, Rules(), poor, tmp_path / "part", time_limit=0.0, progress=told)
    assert not asked  # the same limit: it would not be known any better
    write_prices(graph, Rules(), poor, tmp_path / "part", progress=told)
    assert len(asked) == open_
    write_prices(graph, Rules(), base, tmp_path / "part")
    assert (tmp_path / "part" / "price.csv").read_bytes() == bytes_


def test_what_leaves_more_out_has_no_difference(tmp_path: Path) -> None:
    graph = line(20_000, 20_000, 20_000, 20_000)
    base = solve(graph)
    names = {p: f"{p} Surgery" for p in graph}
    table = write_prices(graph, Rules(), base, tmp_path, names=names).set_index("practice_a")
    row = table.loc["P0"]  # apart from P1 it has nobody, and both sides lose a network
    assert row["settled"] == "left_out"
    assert row["sentence"].startswith("Keeping P0 Surgery (P0) and P1 Surgery (P1) apart")
    assert row[["difference", "difference_at_least", "percent", "per_patient"]].isna().all()


def test_what_is_called_settled_is_so_in_every_plan_that_near(tmp_path: Path) -> None:
    graph = random_graph(11, 301, mean=11_000)
    base = solve(graph, FREE)
    table = write_prices(graph, FREE, base, tmp_path)
    said = settled_words(table)
    counts = {}
    for share in (0.01, 0.05):
        settled = 0
        for asked in each_price(graph, FREE, adjacent_choices(graph, FREE, base), base=base):
            out, cost = best(graph, with_choice(FREE, asked.choice))
            kept = out > base.unplaced_patients or cost > (1 + share) * (base.objective or 0)
            settled += bool(kept)
        counts[share] = settled
    assert f"within 1 % of the best, {counts[0.01]} of the {len(table)} pairs" in said
    assert said.endswith(f"within 5 %, {counts[0.05]}.")


def test_how_far_each_search_is_is_told_with_its_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph(24, 3, mean=8_000)
    told: list[tuple[str, float | None]] = []

    def searching(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        assert best is None or bound is None or best >= bound * (1 - 1e-6)
        told.append((phase, gap))

    base = solve(graph)
    choice = adjacent_choices(graph, Rules(), base)[0]
    # one that is left of many goes the way of the many
    quick = next(each_price(graph, None, [choice], base=base, searching=searching))
    assert told[0] == ("groups near the best plan", None)
    assert told[1] == ("plans within 0.3 % of the best", None)
    told.clear()  # one price alone is a proof: a list would take longer
    slow = price(graph, None, choice, base=base, searching=searching)
    assert told[-1][1] is not None
    assert 0 <= told[-1][1] < 1e-5
    assert slow.plan.objective == pytest.approx(quick.plan.objective)


def test_how_far_the_search_for_alternatives_is_is_told() -> None:
    phases: list[str] = []
    alternatives(random_graph(20, 2), n=2, searching=lambda phase, *_: phases.append(phase))
    assert "plans within 0.3 % of the best" in phases
    assert phases[0] == "start"
