"""Branch and bound over a stock: nodes that are searched on a stock of their own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp
from test_optimise_groups import RULES, listed, random_graph

from pcngeo.optimise import branch
from pcngeo.optimise.capacity import Capacity
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.wide import Wide


def stock_of(seed: int, n: int = 22, mean: int = 8_000) -> tuple[Pool, np.ndarray]:
    """All groups of a made-up area at random costs, and what leaving each practice out costs."""
    problem = Problem.build(random_graph(n, seed, mean), RULES)
    pool = listed(problem)
    costs = 1e6 * np.random.default_rng(seed).uniform(1, 2, len(pool))
    return replace(pool, costs=costs), 1e6 * np.maximum(problem.weights, 1).astype(float)


@cache
def least_cost(seed: int) -> float:
    """Ask HiGHS's own integer solver."""
    pool, penalties = stock_of(seed)
    taken = np.zeros((len(penalties), len(pool)))
    taken[pool.members, pool.owners] = 1.0
    rows = np.hstack([taken, np.eye(len(penalties))])
    found = milp(
        np.concatenate([pool.costs, penalties]),
        integrality=np.ones(rows.shape[1]),
        bounds=(0, 1),
        constraints=LinearConstraint(rows, 1, 1),
    )
    return float(found.fun)


def chosen_uncut(pool: Pool, penalties: np.ndarray, clock: Clock) -> branch.Choice:
    return branch.choose(
        pool, penalties, None, 1e13, margin=1.0, scale=2.0**20, worst=1e13, clock=clock,
        root_rounds=0,
    )  # fmt: skip


def solves(choice: branch.Choice) -> list[int]:
    """Count what the LP of each of the two lines was solved."""
    assert choice.search is not None
    assert choice.search.other is not None
    return [line.master.solves for line in (choice.search, choice.search.other)]


def counted_rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the nodes that are open whenever two are searched at once."""
    rounds: list[int] = []
    twice = branch._plunge_twice

    def watched(search: branch.Search, nodes: list[branch.Node]) -> None:
        rounds.append(len(nodes))
        twice(search, nodes)

    monkeypatch.setattr(branch, "_plunge_twice", watched)
    return rounds


@pytest.mark.parametrize("seed", [0, 2, 4])
@pytest.mark.parametrize("narrow", [0.0, 0.9])
@pytest.mark.parametrize("alone", [1, 10**9])
def test_a_stock_of_its_own_and_two_nodes_at_once_change_no_answer(
    seed: int, narrow: float, alone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without cuts there is much to branch; HiGHS's own integer solver gives the same."""
    pool, penalties = stock_of(seed)
    searched: list[int] = []

    def watched(search: branch.Search, *rest: Any) -> bool:
        searched.append(len(search.pool))
        return own(search, *rest)

    own = branch._narrowed
    monkeypatch.setattr(branch, "_narrowed", watched)
    monkeypatch.setattr(branch, "NARROW", narrow)
    monkeypatch.setattr(branch, "NARROW_ROUNDS", 0)
    rounds = counted_rounds(monkeypatch)
    monkeypatch.setattr(branch, "ALONE", alone)
    choice = chosen_uncut(pool, penalties, Clock())
    assert bool(rounds) == (alone == 1 and not narrow)
    if rounds:
        again = chosen_uncut(pool, penalties, Clock())
        assert replace(again, search=None) == replace(choice, search=None)  # nodes, too
        assert solves(again) == solves(choice)
    assert choice.finished
    assert choice.groups is not None
    assert bool(searched) == (narrow > 0)
    assert choice.cost == pytest.approx(least_cost(seed), rel=1e-6)
    assert choice.cost - 2.0 <= choice.bound <= choice.cost


def search_of(seed: int) -> branch.Search:
    """Make a search before its first node, among all groups of a made-up area."""
    pool, penalties = stock_of(seed)
    master = Master(penalties, (4, 5), 2.0**20, 1e13)
    best = branch.Choice(None, 1e13, -np.inf)
    search = branch.Search(pool, master, Clock(), best, 1.0)
    search.active, search.must = np.zeros(len(pool), bool), np.zeros(master.n, bool)
    branch._activate(search, np.arange(len(pool)))
    return search


def test_a_stock_of_no_groups_has_no_reduced_costs_under_a_budget_either() -> None:
    master = Master(np.ones(3), None, 1.0, 10.0, (5.0,))
    assert len(master.reduced(Pool.empty(), master.solve(Clock()))) == 0


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_an_lp_made_anew_goes_on_where_it_stood(seed: int) -> None:
    search = search_of(seed)
    master, rng = search.master, np.random.default_rng(seed)
    cuts = {tuple(sorted(rng.choice(master.n, 3, replace=False))) for _ in range(30)}
    master.cut([(int(i), int(j), int(k)) for i, j, k in sorted(cuts)])
    master.widen([Wide((0, 1, 2, 3), (2, 1, 1, 1), 3), Wide((4, 5, 6, 7, 8), (1,) * 5, 2)])
    every = tuple(range(master.n))
    master.need([Capacity(every, 6, (0.5,) * master.n), Capacity(every[:3], 1, (1.0,) * 3)])
    prices = master.solve(Clock())
    reduced = master.reduced(search.pool, prices)
    columns = np.flatnonzero((reduced < np.median(reduced)) | (master.shares > 0))
    lean = master.lean(columns, prices.cuts > 0, prices.wide > 0, prices.needs > 0)
    assert len(columns) < len(search.pool)
    assert len(lean.pool) == len(columns)
    assert len(lean.cuts) == np.count_nonzero(prices.cuts)
    assert (len(lean.needs), lean.needs.all[0].need) == (1, 6)  # costly: one network too many
    assert lean.shares == pytest.approx(master.shares[columns])
    again = lean.solve(Clock())
    assert lean._lp.getInfo().simplex_iteration_count == 0
    assert again.value == pytest.approx(prices.value)
    assert again.practices == pytest.approx(prices.practices)


def test_the_first_lp_loses_what_it_is_far_from_and_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = search_of(2)
    usable = np.ones(len(search.pool), bool)
    value, reduced = branch._solved(search, usable, np.zeros(search.master.n, bool))
    search.best.cost = 1.02 * value
    before = len(search.columns)
    branch._lighten(search, usable, reduced)
    assert len(search.columns) == len(search.master.pool) < before
    assert np.array_equal(np.flatnonzero(search.active), np.sort(search.columns))
    again, _ = branch._solved(search, usable, np.zeros(search.master.n, bool))
    assert again == pytest.approx(value)


@pytest.mark.parametrize("seed", [0, 2, 4])
def test_a_longer_stock_goes_on_in_the_same_lp(seed: int) -> None:
    """The cutoff is opened until there is a plan: that of a search from scratch."""
    problem = Problem.build(random_graph(22, seed, 8_000), RULES)
    pool = listed(problem)
    pool = replace(pool, costs=1e6 * np.random.default_rng(seed).uniform(1, 2, len(pool)))
    penalties = np.full(problem.n, 1e9)

    def chosen(length: int, cutoff: float, begun: branch.Choice | None) -> branch.Choice:
        return branch.choose(
            pool.take(np.arange(length)), penalties, (4, 5), cutoff, margin=1.0, scale=2.0**20,
            worst=1e13, clock=Clock(), first=np.arange(60), begun=begun,
        )  # fmt: skip

    whole = chosen(len(pool), 1e13, None)
    assert whole.groups is not None
    begun = None
    for share in (0.5, 0.8, 0.97):
        begun = chosen(int(share * len(pool)), share * whole.cost, begun)
        assert (begun.groups, begun.finished) == (None, True)
    assert begun is not None
    assert begun.search is not None
    solved = begun.search.master.solves
    last = chosen(len(pool), whole.cost + 10.0, begun)
    assert last.search is not None
    assert last.search.master.solves > solved  # the count goes on
    assert last.finished
    assert last.cost == pytest.approx(whole.cost, rel=1e-9)


def test_the_first_groups_to_hold_a_practice() -> None:
    groups = [[0, 1], [0, 2], [0, 1, 2], [1, 2], [0, 3]]
    pool = Pool.of(groups, [1.0] * 5, [0] * 5)
    assert pool.first_holding(1).tolist() == [0, 1, 4]  # of 0 and 1, of 2, of 3
    assert pool.first_holding(2).tolist() == [0, 1, 2, 4]
    assert pool.first_holding(9).tolist() == [0, 1, 2, 3, 4]


@dataclass
class Stopping(Clock):
    """A clock that ends after so many looks of the line that it is made for."""

    looks: int = 10**9
    interrupt: bool = False

    def check(self) -> None:
        super().check()
        self.looks -= 1
        if self.looks < 0 and self.interrupt:
            raise KeyboardInterrupt
        if self.looks < 0:
            raise OutOfTimeError


@pytest.mark.parametrize("narrow", [0.0, 0.25])
def test_two_at_once_that_are_stopped_keep_what_is_open(
    narrow: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branch, "NARROW", narrow)
    monkeypatch.setattr(branch, "NARROW_ROUNDS", 0)
    pool, penalties = stock_of(8, 26, 7_500)
    best = chosen_uncut(pool, penalties, Clock())
    monkeypatch.setattr(branch, "ALONE", 1)
    rounds, bounds = counted_rounds(monkeypatch), []
    for looks in range(5, 40, 5):
        stopped = chosen_uncut(pool, penalties, Stopping(looks=looks))
        if stopped.finished:
            assert stopped.cost == pytest.approx(best.cost, rel=1e-6)
        assert stopped.bound <= best.cost <= stopped.cost + 1.0
        bounds.append((stopped.finished, len(rounds)))
    assert any(count and not finished for finished, count in bounds)


def test_ctrl_c_in_the_first_line_ends_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch, "ALONE", 1)
    monkeypatch.setattr(branch, "NARROW", 0.0)
    rounds, before = counted_rounds(monkeypatch), threading.active_count()
    clock = Stopping(interrupt=True)

    def halfway(search: branch.Search, nodes: list[branch.Node]) -> None:
        clock.looks = 1
        counted(search, nodes)

    counted = branch._plunge_twice
    monkeypatch.setattr(branch, "_plunge_twice", halfway)
    with pytest.raises(KeyboardInterrupt):
        chosen_uncut(*stock_of(0), clock)
    assert rounds
    assert threading.active_count() == before


def test_an_lp_made_once_more_is_the_same_and_stands_alone() -> None:
    search = search_of(2)
    prices = search.master.solve(Clock())
    same = search.master.copy()
    again = same.solve(Clock())
    assert same._lp.getInfo().simplex_iteration_count == 0
    assert again.practices == pytest.approx(prices.practices)
    same.open(
        np.flatnonzero(same.shares > 0.5), np.zeros(np.count_nonzero(same.shares > 0.5), bool)
    )
    assert same.solve(Clock()).value > prices.value + 1
    assert search.master.solve(Clock()).value == pytest.approx(prices.value)
