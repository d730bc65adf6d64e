"""Cuts that say how many networks some practices need: that they hold, are found, and help."""

from __future__ import annotations

import itertools
from typing import Any

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from pcngeo.optimise.branch import Choice, choose
from pcngeo.optimise.capacity import Capacity, CapacityCuts, Room, violated_capacity
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.exact import prove
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.task import Outcome, Task
from pcngeo.rules import Rules


def every_group(weights: NDArray[np.int64], floor: int, ceiling: int) -> list[tuple[int, ...]]:
    n = len(weights)
    return [
        group
        for size in range(1, n + 1)
        for group in itertools.combinations(range(n), size)
        if floor <= weights[list(group)].sum() <= ceiling
    ]


def plans(groups: list[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    """List every way of taking groups of which no two share a practice."""
    out: list[list[tuple[int, ...]]] = [[]]
    for group in groups:
        out += [[*plan, group] for plan in out if not set(group) & {i for g in plan for i in g}]
    return out


def held(cut: Capacity, plan: list[tuple[int, ...]]) -> float:
    """What a plan brings to a cut, by the definition."""
    placed = {i for group in plan for i in group}
    touching = sum(bool(set(group) & set(cut.members)) for group in plan)
    out = sum(r for i, r in zip(cut.members, cut.relief, strict=False) if i not in placed)
    return touching + out


@pytest.mark.parametrize("seed", range(12))
def test_cuts_that_are_found_are_violated_and_hold_for_every_plan(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.integers(2, 12, 7).astype(np.int64)
    floor, ceiling = 8, int(random.integers(13, 18))
    groups = every_group(weights, floor, ceiling)
    possible = plans(groups)
    pool = Pool.of(groups, [1.0] * len(groups), [g[0] for g in groups])
    found = 0
    for lowest in (0, 2, 3):
        for _ in range(12):
            # a plan of an LP: no practice more than once in all, the rest of it left out
            shares = random.dirichlet(np.full(len(pool), 0.1)) * weights.sum() / ceiling
            covered = np.bincount(pool.members, shares[pool.owners], minlength=7)
            shares /= max(1.0, covered.max())
            left_out = 1 - np.bincount(pool.members, shares[pool.owners], minlength=7)
            left_out *= random.random(7) < 0.5
            room = Room(weights, floor, ceiling, lowest)
            for cut in violated_capacity(room, pool, shares, left_out, ()):
                found += 1
                value = sum(
                    share * held(Capacity(cut.members, cut.need, ()), [group])
                    for share, group in zip(shares, pool.groups(), strict=True)
                )
                out = sum(r * left_out[i] for i, r in zip(cut.members, cut.relief, strict=False))
                assert value + out < cut.need - 0.03
                for plan in possible:
                    if len(plan) >= lowest:
                        assert held(cut, plan) >= cut.need - 1e-9, (cut, plan)
    assert found


@pytest.mark.parametrize("seed", range(3))
def test_entries_and_what_is_given_are_those_of_the_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.integers(2, 12, 9).astype(np.int64)
    groups = every_group(weights, 8, 14)
    pool = Pool.of(groups, [1.0] * len(groups), [0] * len(groups))
    cuts = [
        Capacity(tuple(sorted(random.choice(9, 4, replace=False).tolist())), 2, (0.5,) * 4)
        for _ in range(6)
    ]
    capacity = CapacityCuts(9, cuts)
    expected = np.array([[held(Capacity(c.members, 2, ()), [g]) for c in cuts] for g in groups])
    found = np.zeros((len(pool), len(cuts)))
    at, rows, values = capacity.entries(pool)
    found[at, rows] = values
    assert np.array_equal(found, expected)
    prices = np.where(random.random(6) < 0.4, 0.0, random.random(6))
    assert capacity.given(pool, prices) == pytest.approx(expected @ prices)
    relieved = [sum(0.5 * p for c, p in zip(cuts, prices, strict=True) if i in c.members)
                for i in range(9)]  # fmt: skip
    assert capacity.relieved(prices) == pytest.approx(np.array(relieved))


def chosen(pool: Pool, penalties: NDArray[np.float64], **options: Any) -> Choice:
    return choose(
        pool, penalties, None, 1e6, margin=1e-6, scale=1.0, worst=1e6, clock=Clock(),
        **options,
    )  # fmt: skip


def test_the_bound_of_practices_that_fill_more_than_two_networks_is_three() -> None:
    weights = np.full(5, 20, np.int64)  # 100 in networks of two practices, 40: three, one of them
    pairs = list(itertools.combinations(range(5), 2))
    groups = pairs + [(i,) for i in range(5)]
    pool = Pool.of(groups, [1.0] * len(groups), [g[0] for g in groups])
    penalties = np.full(5, 10.0)
    room = Room(weights, 20, 40, 0)
    without = chosen(pool, penalties, most_nodes=1, root_rounds=0)
    first = violated_capacity(room, pool.take(np.arange(10)), np.full(10, 0.25), np.zeros(5), ())
    assert [(cut.members, cut.need) for cut in first] == [((0, 1, 2, 3, 4), 3)]
    with_needs = chosen(pool, penalties, most_nodes=1, root_rounds=0, needs=tuple(first))
    assert without.bound == pytest.approx(2.5)
    assert with_needs.bound == pytest.approx(3.0)
    assert chosen(pool, penalties, room=room).cost == pytest.approx(3.0)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("low", [None, 2, 3])
def test_the_best_choice_is_that_of_all_plans(seed: int, low: int | None) -> None:
    random = np.random.default_rng(seed)
    weights = random.integers(2, 12, 7).astype(np.int64)
    floor, ceiling = 8, int(random.integers(13, 18))
    groups = every_group(weights, floor, ceiling)
    costs = random.uniform(1, 9, len(groups)).round(3)
    pool = Pool.of(groups, costs.tolist(), [g[0] for g in groups])
    penalties = 3 + 6 * random.random(7)
    cost = dict(zip(groups, costs, strict=True))
    worth = [
        sum(cost[g] for g in plan)
        + sum(penalties[i] for i in range(7) if not any(i in g for g in plan))
        for plan in plans(groups)
        if low is None or len(plan) == low
    ]
    counts = None if low is None else (low, low)
    room = Room(weights, floor, ceiling, low or 0)
    choice = choose(
        pool, penalties, counts, 1e6, margin=1e-6, scale=1.0, worst=1e6, clock=Clock(), room=room
    )
    assert choice.finished
    assert choice.cost == pytest.approx(min(worth, default=1e6))


def test_a_practice_larger_than_every_listed_network_needs_none() -> None:
    sizes = [20_000] * 5 + [45_000]  # in pairs of the first five, and no network can hold the last
    graph: nx.Graph[str] = nx.complete_graph([f"P{i}" for i in range(6)])
    for i, p in enumerate(graph):
        graph.add_node(p, list_size=sizes[i], x=float(i), y=0.0)
    pairs = list(itertools.combinations(range(5), 2))
    pool = Pool.of(pairs, [1.0] * len(pairs), [i for i, _ in pairs])
    penalties = np.array([10.0] * 5 + [0.0])
    task = Task(Problem.build(graph, Rules()), penalties, None, 1e-6, 100.0, listed=pool)
    outcome = Outcome()
    prove(task, pool, outcome, Clock())
    assert outcome.finished
    assert outcome.cost == pytest.approx(12.0)  # two pairs, and one of the five left out
