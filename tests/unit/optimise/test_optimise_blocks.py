"""Networks of many small blocks, against every division of small grids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linprog

from pcngeo.demands import Apart
from pcngeo.errors import RulesError
from pcngeo.optimise import block_bound, block_first, block_zones
from pcngeo.optimise import blocks as room
from pcngeo.optimise.block_bound import Offers, Prices, first_prices, linked, raised
from pcngeo.optimise.block_centres import around, settled, spread
from pcngeo.optimise.block_cuts import Cuts
from pcngeo.optimise.block_exchange import exchanged
from pcngeo.optimise.block_model import solve_whole
from pcngeo.optimise.block_start import first_division
from pcngeo.optimise.block_zones import by_zones
from pcngeo.optimise.blocks import Blocks, solve_blocks
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.groups import exchange_blocks
from pcngeo.optimise.moves import shorten
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules


def grid(wide: int, high: int, seed: int = 0, mean: int = 8_000) -> nx.Graph:
    rng = np.random.default_rng(seed)
    graph = nx.Graph()
    for i in range(wide):
        for j in range(high):
            size = int(rng.integers(mean // 2, 3 * mean // 2))
            x, y = 1_000.0 * i + float(rng.uniform(-300, 300)), 1_000.0 * j
            graph.add_node(f"E{i:02}{j:02}", list_size=size, x=x, y=y)
    for i in range(wide):
        for j in range(high):
            for a, b in ((i + 1, j), (i, j + 1)):
                if a < wide and b < high:
                    graph.add_edge(f"E{i:02}{j:02}", f"E{a:02}{b:02}", kind="border",
                                   border_m=1.0, distance_m=1_000.0)  # fmt: skip
    return graph


def least(graph: nx.Graph, window: tuple[int, int], count: int, ones: bool = False) -> float | None:
    """Least cost over every division into connected groups in the window, tried out."""
    counted = nx.Graph(graph)
    if ones:
        nx.set_node_attributes(counted, 1, "list_size")
    groups = {g: group_cost(graph, g)[0] for g in all_groups(counted, *window)}
    found: list[float] = []

    def place(left: frozenset[str], cost: float, made: int) -> None:
        if found and cost >= min(found):
            return
        if not left:
            if made == count:
                found.append(cost)
            return
        for group, price in groups.items():
            if made < count and min(left) in group and group <= left:
                place(left - group, cost + price, made + 1)

    place(frozenset(graph), 0.0, 0)
    return min(found, default=None)


def check(graph: nx.Graph, plan: Plan, window: tuple[int, int], ones: bool = False) -> None:
    """Look at a plan with nothing but the graph."""
    assert set(plan.assignment.index) == set(graph)
    assert not plan.unplaced
    cost = 0.0
    for network, members in plan.groups().items():
        assert nx.is_connected(graph.subgraph(members))
        load = len(members) if ones else sum(graph.nodes[p]["list_size"] for p in members)
        assert window[0] <= load <= window[1]
        here, hub = group_cost(graph, frozenset(members))
        assert plan.hubs[network] in members
        cost += here
        assert hub
    assert plan.objective == pytest.approx(cost, rel=1e-9)
    assert plan.bound <= plan.objective


@pytest.mark.parametrize("seed", [1])
def test_a_small_grid_is_divided_as_well_as_can_be(seed: int) -> None:
    graph = grid(4, 3, seed, mean=10_000)
    for count in (3, 4):
        best = least(graph, (24_000, 50_000), count)
        plan = solve_blocks(graph, Rules(networks=count, min_list=24_000))
        if best is None:
            assert not plan.networks
            continue
        check(graph, plan, (24_000, 50_000))
        assert plan.status is Status.OPTIMAL
        assert plan.objective == pytest.approx(best, rel=1e-4)


def test_a_ring_needs_cuts_to_be_connected() -> None:
    graph = nx.Graph()
    for i in range(10):  # two rows, linked at one end only: the nearest are not connected
        graph.add_node(f"E{i}", list_size=9_000 + 100 * i, x=1_000.0 * (i % 5), y=200.0 * (i // 5))
    nx.add_path(graph, ["E0", "E1", "E2", "E3", "E4", "E9", "E8", "E7", "E6", "E5"])
    for _, _, data in graph.edges(data=True):
        data.update(kind="border", border_m=1.0, distance_m=1.0)
    plan = solve_blocks(graph, Rules(networks=2))
    check(graph, plan, (30_000, 50_000))
    assert plan.objective == pytest.approx(least(graph, (30_000, 50_000), 2), rel=1e-4)


def test_the_window_can_be_a_number_of_blocks() -> None:
    graph = grid(4, 4, 7)
    plan = solve_blocks(graph, Rules(networks=3), blocks=(4, 6))
    check(graph, plan, (4, 6), ones=True)
    assert plan.objective == pytest.approx(least(graph, (4, 6), 3, ones=True), rel=1e-4)


@pytest.mark.parametrize("seed", range(2))
def test_many_blocks_have_a_plan_and_a_bound_that_holds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules = grid(4, 4, seed), Rules(networks=4, min_list=24_000)
    exact = solve_blocks(graph, rules)
    monkeypatch.setattr(room, "WHOLE", 4)
    plan = solve_blocks(graph, rules)
    check(graph, plan, (24_000, 50_000))
    assert plan.bound <= exact.objective * (1 + 1e-9)
    assert plan.objective == pytest.approx(exact.objective, rel=1e-3)
    assert plan.bound > 0.5 * exact.objective
    again = solve_blocks(graph, rules)
    assert again.assignment.equals(plan.assignment)
    assert again.bound == plan.bound


def test_what_the_model_does_not_know_is_refused() -> None:
    graph = grid(3, 3)
    with pytest.raises(RulesError, match="take out apart"):
        solve_blocks(graph, Rules(apart=(Apart("E0000", "E0001"),)))
    with pytest.raises(RulesError, match="one number of networks"):
        solve_blocks(graph, Rules(networks="free"))
    with pytest.raises(RulesError, match="cannot be made of"):
        solve_blocks(graph, Rules(networks=9))


def test_a_time_limit_is_kept_and_leaves_a_complete_plan_with_its_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float | None] = []
    own, own_linked = block_bound.raised, block_bound.linked

    def linked_bound(*given: Any) -> Any:
        asked.append(given[-1].limit)
        return own_linked(*given)

    def bound(*given: Any) -> Any:
        asked.append(given[-1].limit)
        return own(*given)

    monkeypatch.setattr(room, "WHOLE", 10)
    monkeypatch.setattr(room, "raised", bound)
    monkeypatch.setattr(block_first, "raised", bound)
    monkeypatch.setattr(room, "linked", linked_bound)
    graph = grid(8, 8, mean=1_900)
    plan = solve_blocks(graph, Rules(networks=3), time_limit=20)
    assert asked == [6, 15, 20]  # at last, the cuts of the bound have what is left of the limit
    assert not plan.unplaced and len(plan.networks) == 3
    assert plan.bound is not None and plan.objective is not None
    assert plan.bound <= plan.objective
    for members in plan.groups().values():
        assert nx.is_connected(graph.subgraph(members))
        assert 30_000 <= sum(graph.nodes[p]["list_size"] for p in members) <= 50_000


def priced(seed: int, count: int) -> tuple[Blocks, Offers, Prices]:
    problem = Blocks.of(grid(4, 4, seed), Rules(), None)
    window = (24_000, 50_000)
    offers = Offers.of(problem.load, problem.near, problem.cost, window, count)
    return problem, offers, raised(offers, first_prices(offers, 1.5e8), 1.5e8, Clock())


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_follows_from_the_prices_by_one_lp_for_each_centre(seed: int) -> None:
    problem, offers, prices = priced(seed, 4)
    values = []
    for centre in range(16):
        others = offers.blocks[offers.starts[centre] : offers.starts[centre + 1]]
        load = problem.load[others].astype(float)
        room_left = [50_000 - problem.load[centre], problem.load[centre] - 24_000]
        gain = problem.cost[others, centre] - prices.prices[others]
        lp = linprog(gain, A_ub=np.array([load, -load]), b_ub=room_left, bounds=(0, 1))
        values.append(lp.fun - prices.prices[centre])
    proven = prices.prices.sum() + sum(sorted(values)[:4])
    assert offers.value(prices.prices)[0] == pytest.approx(proven, rel=1e-9)
    assert prices.bound <= proven
    assert prices.bound == pytest.approx(proven, rel=1e-6)


def tree_prices() -> tuple[nx.Graph, Blocks, Offers, Prices, float]:
    """A tree on a grid: what is near is seldom linked."""
    graph = grid(5, 5, 2, mean=5_000)
    rng = np.random.default_rng(5)
    for a, b in sorted(graph.edges):
        graph[a][b]["length"] = float(rng.uniform())
    graph = nx.minimum_spanning_tree(graph, weight="length")
    problem = Blocks.of(graph, Rules(min_list=24_000), None)
    home, _ = solve_whole(problem, 3, Clock())
    assert home is not None
    best = problem.recentred(home)[1]
    offers = Offers.of(problem.load, problem.near, problem.cost, problem.window, 3)
    prices = raised(offers, first_prices(offers, best), best, Clock())
    return graph, problem, offers, prices, best


def test_cuts_prove_more_where_the_nearest_are_not_connected() -> None:
    _, _, offers, prices, best = tree_prices()
    under = linked(offers, prices, best, Clock())
    assert prices.bound < 0.985 * best < 0.995 * best < under.bound <= best
    assert prices.paid is None and under.paid is not None
    proven, _, _, values, _, _ = offers.value(under.prices, under.paid)
    assert under.bound == pytest.approx(proven, rel=1e-6)
    assert proven == pytest.approx(under.prices.sum() + np.sort(values)[:3].sum())


def test_the_bound_under_cuts_follows_from_their_prices_by_one_lp_for_each_centre() -> None:
    graph, problem, offers, prices, _ = tree_prices()
    _, _, chosen, _, _, shares = offers.value(prices.prices)
    cuts = Cuts().with_more(*offers.loose(shares, chosen))
    assert len(cuts) > 0
    centre_of = np.repeat(np.arange(25), np.diff(offers.starts))
    for k in range(len(cuts)):  # the part and its centre are on either side of what is around
        around = cuts.around[cuts.begins[k] : cuts.begins[k + 1]]
        centre = centre_of[cuts.loose[k]]
        assert set(centre_of[around]) == {centre}
        rest = nx.Graph(graph.edges)
        rest.remove_nodes_from(problem.labels[b] for b in offers.blocks[around])
        far = problem.labels[offers.blocks[cuts.loose[k]]]
        assert not nx.has_path(rest, far, problem.labels[centre])
    weights = np.random.default_rng(1).uniform(0, 1e7, len(cuts))
    values = []
    for centre in range(25):
        there = np.arange(offers.starts[centre], offers.starts[centre + 1])
        others = offers.blocks[there]
        gain = problem.cost[others, centre] - prices.prices[others]
        for k, weight in enumerate(weights):
            gain = gain + weight * (there == cuts.loose[k])
            gain = gain - weight * np.isin(there, cuts.around[cuts.begins[k] : cuts.begins[k + 1]])
        load = problem.load[others].astype(float)
        room_left = [50_000 - problem.load[centre], problem.load[centre] - 24_000]
        lp = linprog(gain, A_ub=np.array([load, -load]), b_ub=room_left, bounds=(0, 1))
        values.append(lp.fun - prices.prices[centre])
    paid = np.zeros(len(offers.blocks))
    cuts.pay(weights, paid)
    proven = prices.prices.sum() + sum(sorted(values)[:3])
    assert offers.value(prices.prices, paid)[0] == pytest.approx(proven, rel=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_left_out_stands_in_no_better_plan(seed: int) -> None:
    problem, offers, prices = priced(seed, 4)
    graph = grid(4, 4, seed)
    best = least(graph, (24_000, 50_000), 4)
    assert best is not None and 0.5 * best < prices.bound <= best
    there = prices.worthwhile(offers, best * 1.01)
    assert not there.all()
    few = offers.only(there)
    assert len(few.blocks) < len(offers.blocks)
    assert raised(few, prices, best, Clock()).bound <= best
    plan = solve_blocks(graph, Rules(networks=4, min_list=24_000))
    assert plan.objective == pytest.approx(best, rel=1e-4)
    for network, members in plan.groups().items():
        centre = problem.labels.index(plan.hubs[network])
        assert all(there[problem.labels.index(p), centre] for p in members)


def divided(problem: Blocks, graph: nx.Graph, home: np.ndarray, count: int) -> None:
    """All networks are connected and in the window."""
    assert len(np.unique(home)) == count
    for centre in np.unique(home):
        inside = np.flatnonzero(home == centre)
        assert problem.window[0] <= problem.load[inside].sum() <= problem.window[1]
        assert nx.is_connected(graph.subgraph(problem.labels[i] for i in inside))


def test_the_plan_around_centres_is_connected_and_in_the_window() -> None:
    graph = grid(6, 6, 3, mean=4_500)
    problem = Blocks.of(graph, Rules(), None)
    centres = spread(problem, problem.load * (4 / problem.load.sum()), 4)
    assert len(centres) == 4
    centres, about = settled(problem, centres, Clock())
    start = around(problem, centres, Clock(), 0)
    assert start is not None and about > 0
    home = exchanged(problem, start, 0, Clock())
    assert home is not None
    divided(problem, graph, home, 4)


@pytest.mark.parametrize("seed", [0])
def test_exchange_leads_stripes_into_the_window_and_to_the_best_division(seed: int) -> None:
    graph = grid(4, 4, seed)
    problem = Blocks.of(graph, Rules(min_list=24_000), None)
    stripes = np.array([7, 7, 7, 7, 3, 3, 3, 3, 5, 5, 5, 5, 9, 5, 5, 5])
    assert problem.load[stripes == 9].sum() < 24_000
    home = exchanged(problem, stripes, 1, Clock())
    assert home is not None
    divided(problem, graph, home, 4)
    centres, cost = problem.recentred(home)
    assert centres.tolist() == home.tolist()
    assert cost == pytest.approx(least(graph, (24_000, 50_000), 4), rel=1e-9)
    again = exchanged(problem, stripes, 1, Clock())
    assert again is not None and again.tolist() == home.tolist()


def test_exchange_keeps_the_count_of_costs_and_never_leaves_the_window() -> None:
    graph = grid(6, 6, 3, mean=4_500)
    problem = Blocks.of(graph, Rules(), None)
    start = around(problem, spread(problem, problem.load * (4 / problem.load.sum()), 4), Clock(), 0)
    assert start is not None
    inside = exchanged(problem, start, 0, Clock())
    assert inside is not None
    ends = np.cumsum([0, *map(len, problem.near)])
    near = np.array([j for row in problem.near for j in row], np.int32)
    home = np.unique(inside, return_inverse=True)[1].astype(np.int64)
    for seed in range(3):  # hot: most changes are dearer
        home, cost, outside = exchange_blocks(
            home, problem.load, problem.window, ends, near, problem.cost, (1e9, 1e9), 20_000, seed,
            np.inf,
        )  # fmt: skip
        first = np.unique(home, return_index=True)[1][home]
        assert cost == pytest.approx(problem.recentred(first)[1], rel=1e-9)
        assert outside == 0
        divided(problem, graph, first, 4)
    assert cost > problem.recentred(inside)[1]


def test_no_division_is_no_division() -> None:
    problem = Blocks.of(grid(3, 1, mean=9_000), Rules(), None)
    assert exchanged(problem, np.array([0, 1, 2]), 0, Clock()) is None


def test_moves_of_single_units_shorten_the_ways_and_break_nothing() -> None:
    load, ways = np.array([10, 10, 10, 10, 10]), np.abs(np.subtract.outer(range(5), range(5)))

    def cost(members: Iterable[int]) -> float:
        inside = sorted(members)
        return float(ways[np.ix_(inside, inside)].sum(axis=0).min())

    def beside(i: int) -> list[int]:
        return [j for j in (i - 1, i + 1) if 0 <= j < 5]

    home = np.array([0, 1, 1, 1, 1])
    found = shorten(home, load, (10, 40), beside, cost, 5, Clock())
    assert found.tolist() == [0, 0, 1, 1, 1]
    assert home.tolist() == [0, 1, 1, 1, 1]
    kept = shorten(home, load, (10, 10), beside, cost, 5, Clock())
    assert kept.tolist() == home.tolist()


def two_towns(seed: int) -> nx.Graph:
    """Each town needs one and a half of three networks: prices open half a centre in each."""
    graph = nx.Graph()
    for town in (0, 1):
        part = grid(3, 3, seed + town, mean=6_700)
        for name, at in part.nodes(data=True):
            graph.add_node(f"{town}{name}", **{**at, "x": at["x"] + 12_000.0 * town})
        graph.add_edges_from((f"{town}{a}", f"{town}{b}", d) for a, b, d in part.edges(data=True))
    graph.add_edge("0E0201", "1E0001", kind="border", border_m=1.0, distance_m=1.0)
    return graph


@pytest.mark.parametrize("seed", range(2))
def test_zones_prove_what_prices_cannot_where_towns_need_half_a_network(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = two_towns(seed)
    problem = Blocks.of(graph, Rules(min_list=24_000), None)
    best = least(graph, problem.window, 3)
    assert best is not None
    groups = first_division(problem.load, problem.near, problem.cost, problem.window, 3, 0)
    first = np.empty(len(graph), np.int64)
    for group in groups or ():
        first[group] = group[0]
    offers = Offers.of(problem.load, problem.near, problem.cost, problem.window, 3)
    prices = raised(offers, first_prices(offers, best), best, Clock())
    prices = linked(offers, prices, best, Clock())
    assert prices.bound < 0.98 * best
    monkeypatch.setattr(block_zones, "SMALL", 0)  # divided until every centre is known
    plan, bound = by_zones(problem, offers, prices, first, Clock())
    assert problem.recentred(plan)[1] == pytest.approx(best, rel=1e-4)
    assert (1 - 1e-4) * best <= bound <= best * (1 + 1e-9)
    few = by_zones(problem, offers, prices, first, Clock(), cases=4)[1]
    assert prices.bound <= few <= bound


def test_a_plan_by_zones_is_the_best_of_all_divisions(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = grid(4, 4, 1)
    monkeypatch.setattr(room, "WIDE", -1.0)
    monkeypatch.setattr(room, "MANY", 0)
    monkeypatch.setattr(room, "first_plan", lambda *_: trees(graph))
    plan = solve_blocks(graph, Rules(networks=4, min_list=24_000))
    check(graph, plan, (24_000, 50_000))
    assert plan.status is Status.OPTIMAL
    assert plan.objective == pytest.approx(least(graph, (24_000, 50_000), 4), rel=1e-4)


@pytest.mark.parametrize("share", [0.9, 0.999, 1.001])
def test_a_model_asked_for_cheaper_plans_takes_no_dearer_one_and_proves_no_more(
    share: float,
) -> None:
    graph = grid(3, 4, 2)
    problem = Blocks.of(graph, Rules(min_list=24_000), None)
    best = least(graph, problem.window, 3)
    assert best is not None
    home, bound = solve_whole(problem, 3, Clock(), below=share * best)
    assert bound <= best * (1 + 1e-9)
    if share < 1:
        assert home is None
        assert bound == pytest.approx(share * best)
    else:
        assert home is not None
        assert problem.recentred(home)[1] == pytest.approx(best, rel=1e-4)


def trees(graph: nx.Graph) -> np.ndarray:
    """A plan that is not the best: out of spanning trees."""
    problem = Blocks.of(graph, Rules(min_list=24_000), None)
    home = np.empty(len(graph), np.int64)
    groups = first_division(problem.load, problem.near, problem.cost, problem.window, 4, 0)
    for group in groups or ():
        home[group] = group[0]
    assert problem.recentred(home)[1] > 1.01 * (least(graph, problem.window, 4) or 0.0)
    return home
