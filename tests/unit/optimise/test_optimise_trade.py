"""Plans that no other beats, against all divisions tried out."""

from __future__ import annotations

import functools
from dataclasses import fields, replace
from pathlib import Path

import networkx as nx
import pytest
from agreeing import combined
from agreeing import divisions as every_division
from test_optimise_differing import divisions, value
from test_optimise_groups import random_graph

from pcngeo import recount
from pcngeo.alternatives import begun_plans, keep_plans
from pcngeo.errors import RulesError
from pcngeo.objectives import read_stages
from pcngeo.optimise.trade import Trade, trade
from pcngeo.plan import Plan
from pcngeo.recheck import verify
from pcngeo.rules import Rules

BOTH = Rules(networks="free", objective=["distance", "size"])


def every(graph: nx.Graph, count: int | None = None) -> list[tuple[float, ...]]:
    """What no division beats, of all that place everybody."""
    worth = {
        tuple(
            round(sum(column), 3)
            for column in zip(*(value(graph, BOTH, g) for g in parts), strict=True)
        )
        for parts in divisions(graph, 30_000, 50_000)
        if count is None or len(parts) == count
    }
    return sorted(
        w for w in worth if not any(a != w and a[0] <= w[0] and a[1] <= w[1] for a in worth)
    )


@functools.cache
def small() -> list[nx.Graph]:
    graphs = (random_graph(9, seed, mean=12_500) for seed in range(300, 360))
    return [g for g in graphs if len(every(g)) > 2][:2]


def test_every_plan_that_no_other_beats_is_found() -> None:
    assert len(small()) == 2
    for graph in small():
        found = trade(graph, Rules(networks="free"), ["distance", "size"], points=0)
        assert found.every
        assert [v[0] for v in found.values] == pytest.approx([v[0] for v in every(graph)], rel=2e-6)
        assert [v[1] for v in found.values] == pytest.approx([v[1] for v in every(graph)], abs=1.0)


# Limits that a plan just keeps, or just breaks: the LP takes all but a hair of it.
@pytest.mark.parametrize("number", [138, 350, 613, 920, 924, 1375, 1954])
def test_plans_at_the_very_limit_are_told_apart(number: int) -> None:
    of = combined(number)
    found = trade(of.graph, of.rules, ["distance", "borders"], points=4)
    stages, soft = read_stages(["distance", "borders"]), number in (613, 924)
    assert len(found.plans) > 1
    for plan in found.plans:
        verify(plan, of.graph, of.rules)
    worth = [
        tuple(recount.cost(stage, groups, of.graph, of.rules) for stage in stages)
        for parts in every_division(of, found.plans[0].unplaced_patients, soft=soft)
        for groups in [[tuple(sorted(group)) for group in parts]]
        if of.rules.networks == "free" or len(groups) == len(found.plans[0].networks)
    ]
    for one in found.values:
        assert any(one == pytest.approx(other, rel=1e-6, abs=1e-3) for other in worth)
        beaten = [w for w in worth if all(a < b * (1 - 1e-5) for a, b in zip(w, one, strict=True))]
        assert soft or not beaten  # fewest outside the window, or the balance, come first


def test_least_change_is_traded_as_it_is_counted_one_to_one_R22() -> None:
    graph = random_graph(9, 300, mean=12_500)
    for i, practice in enumerate(sorted(graph)):
        graph.nodes[practice]["network_today"] = "U2" if i == 8 else "U1"  # most must leave U1
    stages, rules = read_stages(["distance", "changed"]), Rules(networks="free")
    worth = {
        tuple(round(recount.cost(stage, list(parts), graph, rules), 3) for stage in stages)
        for parts in divisions(graph, 30_000, 50_000)
    }
    unbeaten = sorted(
        w for w in worth if not any(a != w and a[0] <= w[0] and a[1] <= w[1] for a in worth)
    )
    found = trade(graph, rules, ["distance", "changed"], points=0)
    assert [v[0] for v in found.values] == pytest.approx([v[0] for v in unbeaten], rel=2e-6)
    assert [v[1] for v in found.values] == pytest.approx([v[1] for v in unbeaten])
    assert [p.objective for p in found.plans] == pytest.approx([v[1] for v in unbeaten])


def test_a_few_points_are_all_unbeaten_and_both_ends_are_there() -> None:
    graph = small()[0]
    found, whole = (
        trade(graph, Rules(networks="free"), ["distance", "size"], points=3),
        every(graph),
    )
    assert 2 <= len(found.plans) <= 4
    for worth in found.values:
        assert any(worth == pytest.approx(one, rel=1e-5, abs=1.0) for one in whole)
    assert found.values[0] == pytest.approx(whole[0], rel=1e-5)
    assert found.values[-1] == pytest.approx(whole[-1], rel=1e-5, abs=1.0)
    assert "there may be more" in found.sentence


def test_three_objectives_give_unbeaten_plans_of_mixes() -> None:
    graph = random_graph(12, 4, mean=11_500)
    found = trade(graph, None, ["distance", "size", "span"])
    assert found.supported
    assert isinstance(found, Trade)
    for one in found.values:
        assert not any(
            other != one and all(a <= b for a, b in zip(other, one, strict=True))
            for other in found.values
        )


# All three ends have the same of one objective (166), and ranges and free numbers of networks.
@pytest.mark.parametrize("number", [148, 160, 166, 196, 245, 262])
def test_no_division_beats_a_mix_of_three(number: int) -> None:
    of = combined(number, 6, 9)
    names = ["changed", "deprivation_mixed", "borders"]
    rules = replace(of.rules, objective="distance")
    found, stages = trade(of.graph, rules, names), read_stages(names)
    kept = rules.networks == "free" or isinstance(rules.networks, tuple)
    worth = [
        tuple(recount.cost(stage, groups, of.graph, rules) for stage in stages)
        for parts in every_division(of, found.plans[0].unplaced_patients)
        for groups in [[tuple(sorted(group)) for group in parts]]
        if kept or len(groups) == len(found.plans[0].networks)
    ]
    ranges = [max(column) - min(column) for column in zip(*worth, strict=True)]
    for one in found.values:
        better = [
            other
            for other in worth
            if all(a <= b + 1e-6 * max(1, b) for a, b in zip(other, one, strict=True))
            and any(a < b - 1e-5 * r - 1e-6 for a, b, r in zip(other, one, ranges, strict=True))
        ]
        assert not better


def test_a_walk_between_two_objectives_comes_to_its_end() -> None:
    of = combined(54, 6, 9)  # two plans within a millionth of each other in `span`
    found = trade(of.graph, of.rules, ["borders", "span"], points=0)
    assert found.every
    assert len(set(found.values)) == len(found.values) == 2


@pytest.mark.parametrize(
    ("names", "points"), [(["distance", "size"], 0), (["distance", "size", "span"], 7)]
)
def test_a_trade_that_was_broken_off_goes_on_to_the_same_plans(
    names: list[str], points: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = small()[0], Rules(networks="free" if points == 0 else "target")
    whole: dict[str, Plan] = {}
    found = trade(graph, rules, names, points=points, keep=whole.__setitem__)
    kept: dict[str, Plan] = {}

    def stopped(search: str, plan: Plan) -> None:
        kept[search] = plan
        keep_plans(tmp_path, "it", kept)
        if len(kept) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trade(graph, rules, names, points=points, keep=stopped)
    begun = begun_plans(tmp_path, "it")
    assert len(begun) == 3 < len(whole)
    assert begun_plans(tmp_path, "another problem") == {}
    for search, plan in begun.items():
        assert plan.assignment.equals(kept[search].assignment)
        for one in fields(plan):
            if one.name != "assignment":
                assert getattr(plan, one.name) == getattr(kept[search], one.name), one.name
    more: dict[str, Plan] = {}
    again = trade(graph, rules, names, points=points, begun=begun, keep=more.__setitem__)
    assert set(more) == set(whole) - set(begun)
    assert again.values == found.values
    assert again.sentence == found.sentence
    for one, other in zip(again.plans, found.plans, strict=True):
        assert one.assignment.equals(other.assignment)
        assert (one.hubs, one.explanation, one.held) == (other.hubs, other.explanation, other.held)


def test_what_cannot_be_traded_is_refused() -> None:
    with pytest.raises(RulesError, match="two or three"):
        trade(random_graph(8, 1), None, ["distance"])
    with pytest.raises(RulesError, match="no objective"):
        trade(random_graph(8, 1), None, ["distance", "prices"])
    with pytest.raises(RulesError, match=r"nothing can be traded: there is no plan .* each needs"):
        trade(random_graph(8, 1), Rules(networks=7), ["distance", "size"])


@pytest.mark.parametrize("names", [["distance", "size"], ["distance", "size", "span"]])
def test_how_far_each_search_of_a_trade_is_is_told_with_its_gap(names: list[str]) -> None:
    told: list[str] = []
    gaps: list[float] = []

    def searching(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        assert best is None or bound is None or best >= bound - 1e-6 * abs(bound)
        told.append(phase)
        if gap is not None:
            gaps.append(gap)

    def progress(done: int, of: int) -> None:
        told.append(f"{done} found")

    found = trade(small()[0], None, names, points=4, progress=progress, searching=searching)
    assert told[0] == "0 found"
    # every search tells of itself: the two or three ends before the first count, too
    assert told[: told.index("1 found")].count("start") >= 2
    assert told.count("start") >= len(found.plans)
    assert gaps
    assert gaps[-1] == pytest.approx(0, abs=1e-5)
