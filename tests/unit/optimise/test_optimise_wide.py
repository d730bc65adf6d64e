"""Cuts over more than three practices: that they hold, that they are found, what they are for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from test_optimise_groups import listed as listed_all
from test_optimise_groups import random_graph

from pcngeo.optimise import exact
from pcngeo.optimise.branch import Choice, choose
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.ground import possible_counts, survey
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.wide import Wide, WideCuts, violated_wide
from pcngeo.rules import Rules

#: Seven practices, seven groups of three, any two of which share one practice: one fits at most.
LINES = [(0, 1, 2), (0, 3, 4), (0, 5, 6), (1, 3, 5), (1, 4, 6), (2, 3, 6), (2, 4, 5)]


def stock(groups: list[tuple[int, ...]], costs: list[float]) -> Pool:
    return Pool.of(groups, costs, [g[0] for g in groups])


def counted(cut: Wide, group: tuple[int, ...]) -> int:
    """What a group adds to a cut, by the definition."""
    held = sum(c for i, c in zip(cut.members, cut.counts, strict=True) if i in group)
    return held // cut.per


def random_stock(seed: int, n: int = 14, groups: int = 60) -> tuple[Pool, NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    made = {
        tuple(sorted(random.choice(n, random.integers(2, 6), replace=False).tolist()))
        for _ in range(groups)
    }
    return stock(sorted(made), random.uniform(1, 9, len(made)).round(3).tolist()), random.random(n)


@pytest.mark.parametrize("seed", range(4))
def test_cuts_that_are_found_are_violated_and_hold_for_every_plan(seed: int) -> None:
    pool, _ = random_stock(seed)
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(len(pool))) * 4
    cuts = violated_wide(14, pool, shares, (), 1)
    assert len({cut.per for cut in cuts}) > 1
    for cut in cuts:
        value = sum(counted(cut, g) * s for g, s in zip(pool.groups(), shares, strict=True))
        assert value > cut.most + 0.03
        assert len(set(cut.members)) == len(cut.members)
    for _ in range(200):  # any division of the practices at all
        homes = random.integers(0, random.integers(1, 8), 14)
        division = [tuple(np.flatnonzero(homes == k).tolist()) for k in range(8)]
        assert all(sum(counted(cut, g) for g in division) <= cut.most for cut in cuts)
    again = violated_wide(14, pool, shares, cuts[:3], 1)
    assert not set(again) & set(cuts[:3])


@pytest.mark.parametrize("seed", range(3))
def test_entries_and_payments_are_those_of_the_definition(seed: int) -> None:
    pool, prices = random_stock(seed, groups=300)
    random = np.random.default_rng(seed)
    cuts = violated_wide(14, pool, random.dirichlet(np.ones(len(pool))) * 4, (), 2)
    wide = WideCuts(14, cuts)
    expected = [[counted(cut, group) for cut in cuts] for group in pool.groups()]
    found = np.zeros((len(pool), len(cuts)), int)
    groups, rows, values = wide.entries(pool)
    assert np.all(np.diff(groups) >= 0)
    found[groups, rows] = values
    assert found.tolist() == expected
    prices = np.where(random.random(len(cuts)) < 0.4, 0.0, random.random(len(cuts)))
    assert wide.paid(pool, prices) == pytest.approx(np.array(expected) @ prices)


def chosen(pool: Pool, penalties: NDArray[np.float64], **options: Any) -> Choice:
    return choose(
        pool, penalties, None, 1e6, margin=1e-6, scale=1.0, worst=1e6, clock=Clock(),
        **options,
    )  # fmt: skip


def test_wide_cuts_raise_the_bound_where_no_three_practices_do() -> None:
    pool, penalties = stock(LINES, [1.0] * 7), np.full(7, 10.0)
    without = chosen(pool, penalties, most_nodes=1)
    with_wide = chosen(pool, penalties, most_nodes=1, wide=())
    assert not without.wide
    assert with_wide.wide
    assert with_wide.bound > without.bound + 1
    assert chosen(pool, penalties, wide=()).cost == pytest.approx(41.0)
    assert chosen(pool, penalties, wide=with_wide.wide).cost == pytest.approx(41.0)


@pytest.mark.parametrize("seed", range(12))
def test_the_best_choice_is_the_same_with_and_without(seed: int) -> None:
    pool, penalties = random_stock(seed, groups=90)
    plain = chosen(pool, 6 + 4 * penalties)
    wide = chosen(pool, 6 + 4 * penalties, wide=())
    again = chosen(pool, 6 + 4 * penalties, wide=wide.wide, cuts=plain.cuts)
    assert plain.finished
    assert wide.finished
    assert again.finished
    assert wide.cost == pytest.approx(plain.cost)
    assert again.cost == pytest.approx(plain.cost)


def test_without_a_plan_all_groups_are_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lists: list[Pool | None] = []
    real = exact.groups_within

    def listed(*asked: Any) -> Pool | None:
        lists.append(real(*asked))
        return lists[-1]

    monkeypatch.setattr(exact, "groups_within", listed)
    monkeypatch.setattr(exact, "_first_plan", lambda *asked: None)
    graph = random_graph(24, 3)
    problem = Problem.build(graph, Rules())
    ground = survey(problem, 0, Clock())
    most = possible_counts(ground)[1]
    task = ground.task((most - 1, most - 1), ground.penalty)
    outcome = exact.Outcome()
    exact.prove(task, ground.stock, outcome, Clock())
    assert outcome.finished
    assert [0 if pool is None else len(pool) for pool in lists] == [len(listed_all(problem))]


def first_steps(monkeypatch: pytest.MonkeyPatch, steps: int) -> tuple[exact.Outcome, list[Any]]:
    """Take the first steps of a task without a plan; what was asked for in listing all groups."""
    asked_for: list[Any] = []
    real = exact.groups_within

    def listed(*asked: Any) -> Pool | None:
        if exact.FIRST_VISITS in asked:
            asked_for.append(asked)
        return real(*asked)

    monkeypatch.setattr(exact, "SHORT", 1)
    monkeypatch.setattr(exact, "groups_within", listed)
    monkeypatch.setattr(exact, "_chosen", lambda *asked: None)
    problem = Problem.build(random_graph(24, 3), Rules())
    ground = survey(problem, 0, Clock())
    most = possible_counts(ground)[1]
    task, outcome = ground.task((most - 1, most - 1), ground.penalty), exact.Outcome()
    master = exact._master(task, ground.stock)
    relaxation = exact.generate(problem, master, Clock(), task.margin, lambda bound: None)
    for _ in range(steps):
        exact._step(task, master, relaxation, outcome, Clock())
    return outcome, asked_for


def test_groups_that_are_too_many_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "FEW_NEAR", 1_000_000)
    outcome, asked_for = first_steps(monkeypatch, 3)
    assert outcome.plan is None
    assert len(asked_for) == 1


def test_a_step_finds_a_plan_before_its_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "FEW_NEAR", 1)
    monkeypatch.setattr(exact, "FIRST_ROOM", 0.2)
    outcome, _ = first_steps(monkeypatch, 1)
    assert outcome.plan is not None


def test_a_step_looks_for_a_better_plan_while_the_known_one_is_poor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exact, "FEW_NEAR", 1)
    monkeypatch.setattr(exact, "FIRST_ROOM", 0.05)
    sought: list[float] = []

    def poor(task: Any, master: Any, pool: Any, relaxation: Any, outcome: Any, clock: Any) -> None:
        sought.append(outcome.cost)
        outcome.plan, outcome.cost = Pool.empty(), 2.0 * relaxation.bound
        outcome.facts["dived"] = 1

    monkeypatch.setattr(exact, "_dive", poor)
    first_steps(monkeypatch, 2)
    assert len(sought) == 2


def test_a_step_goes_as_far_as_its_list_is_expected_to_hold() -> None:
    lists = [(1.0, 100), (2.0, 1_000)]  # ten times as many for every 1.0
    assert exact._fitting(lists, 5.0, round(100_000 / exact.FULL)) == pytest.approx(4.0)
    assert exact._fitting(lists, 3.0, round(100_000 / exact.FULL)) == 3.0
    assert exact._fitting(lists, 5.0, 10) == pytest.approx(2.2)  # never less than a step
    assert exact._fitting(lists[:1], 5.0, 10) == 5.0
    assert exact._fitting([(1.0, 100), (2.0, 100)], 5.0, 10) == 5.0


def test_a_step_after_one_without_groups_is_not_narrowed() -> None:
    assert exact._fitting([(1.0, 0), (2.0, 5)], 3.0, 100) == 3.0
    assert exact._fitting([(1.0, 5), (2.0, 50)], 3.0, 100) == pytest.approx(2.2)
