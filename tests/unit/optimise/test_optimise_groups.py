"""The compiled kernels against the plain twin."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from pcngeo.optimise.duals import Cuts
from pcngeo.optimise.groups import list_groups, price_groups, reduced_costs, separate_triples
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.rules import Rules

RULES = Rules(min_list=30_000, max_list=50_000)


def random_graph(n: int, seed: int, mean: int = 11_000) -> nx.Graph:
    """A planar-looking graph: points linked to near ones, some of them co-located."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 10_000, (n, 2)).round()
    if n > 4:
        xy[1] = xy[0]
    graph = nx.Graph()
    for i in range(n):
        size = int(rng.integers(mean // 3, 2 * mean))
        graph.add_node(f"P{i:02}", list_size=size, x=float(xy[i, 0]), y=float(xy[i, 1]))
    for i in range(n):
        metres = np.hypot(*(xy - xy[i]).T)
        metres[i] = -1.0
        for j in np.argsort(metres, kind="stable")[1:4]:
            a, b = f"P{i:02}", f"P{j:02}"
            graph.add_edge(a, b, kind="border", border_m=1.0, distance_m=float(metres[j]))
    return graph


def listed(problem: Problem) -> Pool:
    parts = []
    for root in range(problem.n):
        offsets, members, costs, hubs, _, complete = list_groups(
            problem.land, root, True, 10**6, 10**8
        )
        assert complete
        parts.append(Pool(offsets, members, costs, hubs))
    return Pool.joined(parts)


@pytest.mark.parametrize("seed", range(6))
def test_every_group_is_listed_once_with_its_cost_and_hub(seed: int) -> None:
    graph = random_graph(14, seed)
    problem = Problem.build(graph, RULES)
    pool = listed(problem)
    found = {frozenset(problem.labels[i] for i in g) for g in pool.groups()}
    assert len(found) == len(pool)
    assert found == set(all_groups(graph, RULES.min_list, RULES.max_list))
    for g in range(len(pool)):
        cost, hub = group_cost(graph, frozenset(problem.labels[i] for i in pool.group(g)))
        assert pool.costs[g] == pytest.approx(cost)
        metres = pool.costs[g] - group_cost_from(graph, problem, pool.group(g), int(pool.hubs[g]))
        assert metres == pytest.approx(0.0, abs=1e-6)
        assert hub in graph


def group_cost_from(graph: nx.Graph, problem: Problem, group: tuple[int, ...], hub: int) -> float:
    centre = graph.nodes[problem.labels[hub]]
    nodes = [graph.nodes[problem.labels[i]] for i in group]
    return sum(
        a["list_size"] * float(np.hypot(a["x"] - centre["x"], a["y"] - centre["y"])) for a in nodes
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [-0.2, 0.0, 0.3, 5.0])
@pytest.mark.parametrize("mean", [11_000, 6_000])
def test_pricing_returns_exactly_the_groups_below_the_threshold(
    seed: int, share: float, mean: int
) -> None:
    graph = random_graph(14, seed, mean)
    graph.nodes["P06"]["list_size"] = graph.nodes["P09"]["list_size"] = 0
    problem = Problem.build(graph, RULES)
    pool = listed(problem)
    rng = np.random.default_rng(seed)
    prices = rng.uniform(0, 2, problem.n) * np.maximum(problem.weights, 900) * 2_000.0
    cuts = Cuts(problem.n, [(0, 1, 2), (2, 5, 7), (3, 4, 9), (5, 6, 7)])
    cut_prices = rng.uniform(0, 5e6, len(cuts))
    arrays = (cuts.starts, cuts.ids, cut_prices)
    reduced = reduced_costs(pool.offsets, pool.members, pool.costs, prices, 1e6, *arrays)
    threshold = share * float(np.abs(reduced).mean())
    offsets, members, costs, hubs, values, _, broken = price_groups(
        problem.land,
        prices,
        1e6,
        threshold,
        np.arange(problem.n),
        cuts.starts,
        cuts.ids,
        cuts.members,
        cut_prices,
        0,
        0,
        10**6,
    )
    assert broken == 0
    found = Pool(offsets, members, costs, hubs)
    assert sorted(found.groups()) == sorted(
        pool.take(np.flatnonzero(reduced <= threshold)).groups()
    )
    by_group = dict(zip(pool.groups(), reduced, strict=True))
    for group, value in zip(found.groups(), values, strict=True):
        assert value == pytest.approx(by_group[group], abs=1e-3)


def test_reduced_costs_by_hand() -> None:
    pool = Pool.of([(0, 1), (1, 2, 3)], [10.0, 20.0], [0, 2])
    cuts = Cuts(4, [(0, 1, 3), (1, 2, 3)])
    prices = np.array([1.0, 2.0, 3.0, 4.0])
    values = reduced_costs(
        pool.offsets, pool.members, pool.costs, prices, 0.5, cuts.starts, cuts.ids,
        np.array([100.0, 1000.0]),
    )  # fmt: skip
    assert values.tolist() == [10 - 3 - 0.5 + 100, 20 - 9 - 0.5 + 100 + 1000]


@pytest.mark.parametrize("seed", range(5))
def test_triples_are_those_that_trying_all_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 9
    groups = [tuple(sorted(rng.choice(n, 3, replace=False).tolist())) for _ in range(25)]
    groups = sorted(set(groups))
    shares = rng.uniform(0, 1, len(groups))
    load = np.zeros(n)
    for g, s in zip(groups, shares, strict=True):
        load[list(g)] += s
    shares = shares / load.max()
    pool = Pool.of(groups, [0.0] * len(groups), [g[0] for g in groups])
    rows = separate_triples(n, pool.offsets, pool.members, shares, 0.02, 1000)
    found = {(int(i), int(j), int(k)): v for i, j, k, v in rows}
    wanted = {}
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                held = sum(
                    s for g, s in zip(groups, shares, strict=True) if len({i, j, k} & set(g)) >= 2
                )
                if held > 1.02:
                    wanted[i, j, k] = held - 1
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert found[key] == pytest.approx(value)
