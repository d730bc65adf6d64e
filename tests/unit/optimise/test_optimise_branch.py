"""Branch and bound over a stock: nodes that are searched on a stock of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp
from test_optimise_groups import RULES, listed, random_graph

from pcngeo.optimise import branch
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.problem import Problem


@pytest.mark.parametrize("seed", [0, 2, 4])
@pytest.mark.parametrize("narrow", [0.0, 0.9])
def test_a_stock_of_its_own_changes_no_answer(
    seed: int, narrow: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without cuts there is much to branch; HiGHS's own integer solver gives the same."""
    problem = Problem.build(random_graph(22, seed, 8_000), RULES)
    pool = listed(problem)
    costs = 1e6 * np.random.default_rng(seed).uniform(1, 2, len(pool))
    pool = replace(pool, costs=costs)
    penalties = 1e6 * np.maximum(problem.weights, 1).astype(float)
    searched: list[int] = []

    def watched(search: branch.Search, *rest: Any) -> bool:
        searched.append(len(search.pool))
        return own(search, *rest)

    own = branch._narrowed
    monkeypatch.setattr(branch, "_narrowed", watched)
    monkeypatch.setattr(branch, "NARROW", narrow)
    monkeypatch.setattr(branch, "NARROW_ROUNDS", 0)
    choice = branch.choose(
        pool, penalties, None, 1e13, margin=1.0, scale=2.0**20, worst=1e13, clock=Clock(),
        root_rounds=0,
    )  # fmt: skip
    assert choice.finished
    assert choice.groups is not None
    assert bool(searched) == (narrow > 0)
    taken = np.zeros((problem.n, len(pool)))
    taken[pool.members, pool.owners] = 1.0
    rows = np.hstack([taken, np.eye(problem.n)])
    found = milp(
        np.concatenate([costs, penalties]),
        integrality=np.ones(rows.shape[1]),
        bounds=(0, 1),
        constraints=LinearConstraint(rows, 1, 1),
    )
    assert choice.cost == pytest.approx(found.fun, rel=1e-6)
    assert choice.cost - 2.0 <= choice.bound <= choice.cost
