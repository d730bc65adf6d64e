"""What a search keeps: proofs under some of the cuts; and nothing is done twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_optimise_groups import random_graph

from pcngeo.optimise import exact
from pcngeo.optimise.branch import Choice
from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.columns import Relaxation
from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.task import Outcome, Task
from pcngeo.rules import Rules


def begun(seed: int, n: int = 32, mean: int = 7_000) -> tuple[Ground, Task]:
    """One network fewer than can be made at most."""
    ground = survey(Problem.build(random_graph(n, seed, mean), Rules()), 0, Clock())
    most = possible_counts(ground)[1]
    return ground, ground.task((most - 1, most - 1), ground.penalty)


def proved(seed: int) -> Outcome:
    ground, task = begun(seed)
    outcome = Outcome()
    exact.prove(task, ground.stock, outcome, Clock())
    assert outcome.finished
    return outcome


@pytest.mark.parametrize("seed", [1, 3, 6])
def test_cuts_that_make_pricing_too_long_leave_what_was_proven_before(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    best = proved(seed)
    real, proofs = exact.generate, [0]

    def generate(*given: Any, **options: Any) -> Relaxation:
        if "visits" in options:
            proofs[0] += 1
            if proofs[0] > 1:
                raise WorkLimitError
        found = real(*given, **options)
        quick = not options.get("exact", True)
        return Relaxation(-np.inf, found.prices) if quick else found

    monkeypatch.setattr(exact, "generate", generate)
    monkeypatch.setattr(exact, "SHOWN", 0.0)
    ground, task = begun(seed)
    master, outcome = exact._master(task, ground.stock), Outcome()
    plain = real(task.problem, master, Clock(), task.margin, lambda bound: None)
    kept = exact._cut(task, master, plain, outcome, Clock(), lambda bound: None)
    assert proofs[0] == 2
    assert plain.bound < kept.bound <= best.cost + task.margin
    assert len(kept.prices.cuts) < len(master.cuts)  # those of the proof, not all there are
    exact._settled(task, master, kept, outcome, Clock(), lambda phase: None)
    assert outcome.cost == pytest.approx(best.cost)


def test_a_search_that_begins_under_cuts_is_proven_under_them() -> None:
    for seed in (1, 3):
        best = proved(seed)
        ground, task = begun(seed)
        again = Outcome()
        exact.prove(task, ground.stock, again, Clock(), cuts=best.cuts)
        assert best.cuts
        assert again.finished
        assert "lp" not in again.facts  # the LP without cuts is not solved
        assert again.cost == pytest.approx(best.cost)


def test_the_same_groups_are_not_searched_twice_for_a_first_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []

    def first(task: Any, master: Master, relaxation: Relaxation, *_: Any) -> None:
        if not len(relaxation.prices.cuts):
            sizes.append(len(master.pool))

    monkeypatch.setattr(exact, "_first_plan", first)
    for seed in range(4):
        sizes.clear()
        proved(seed)
        assert len(sizes) == len(set(sizes)) > 0


def test_the_same_nearest_groups_are_not_searched_twice_at_longer_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sought: list[int] = []

    def none(self: Task, pool: Any, cutoff: float, clock: Clock, **_: Any) -> Choice:
        sought.append(len(pool))
        return Choice(None, cutoff, -np.inf)

    for name, value in (("SHORT", 1), ("FEW_NEAR", 1), ("MOST_NEAR", 5), ("FIRST_ROOM", 0.2)):
        monkeypatch.setattr(exact, name, value)
    monkeypatch.setattr(exact, "_chosen", lambda *asked: None)
    ground, task = begun(3)
    master, outcome = exact._master(task, ground.stock), Outcome()
    relaxation = exact.generate(task.problem, master, Clock(), task.margin, lambda bound: None)
    monkeypatch.setattr(Task, "choose", none)
    for _ in range(3):
        exact._step(task, master, relaxation, outcome, Clock())
    assert [size for size in sought if size == 5] == [5]


@pytest.mark.parametrize(("above", "listed"), [(1.2, 1.2), (1.3, 1.0)])
def test_a_step_near_the_best_plan_lists_all_that_a_better_one_can_use(
    monkeypatch: pytest.MonkeyPatch, above: float, listed: float
) -> None:
    rooms: list[float] = []

    def within(problem: Any, cuts: Any, prices: Any, room: float, *_: Any) -> Pool:
        rooms.append(room)
        return Pool.empty()

    ground, task = begun(3)
    master = exact._master(task, ground.stock)
    relaxation = exact.generate(task.problem, master, Clock(), task.margin, lambda bound: None)
    step = exact.FIRST_ROOM * relaxation.bound
    monkeypatch.setattr(exact, "groups_within", within)
    monkeypatch.setattr(exact, "_chosen", lambda *asked: None)
    outcome = Outcome(ground.stock, relaxation.bound + above * step)
    exact._step(task, master, relaxation, outcome, Clock())
    assert rooms == pytest.approx([listed * step])


@pytest.mark.parametrize(("above", "sought"), [(0.024, 0), (0.03, 1)])
def test_no_plan_is_sought_where_the_best_is_near_the_lp(
    monkeypatch: pytest.MonkeyPatch, above: float, sought: int
) -> None:
    dives: list[Task] = []
    monkeypatch.setattr(exact, "_dive", lambda task, *_: dives.append(task))
    monkeypatch.setattr(exact, "_chosen", lambda *asked: None)
    monkeypatch.setattr(exact, "FEW_NEAR", 0)
    monkeypatch.setattr(exact, "FIRST_ROOM", 0.005)
    ground, task = begun(3)
    master = exact._master(task, ground.stock)
    relaxation = exact.generate(task.problem, master, Clock(), task.margin, lambda bound: None)
    monkeypatch.setattr(master, "value", relaxation.bound)
    outcome = Outcome(ground.stock, (1 + above) * relaxation.bound)
    exact._step(task, master, relaxation, outcome, Clock())
    assert len(dives) == sought
