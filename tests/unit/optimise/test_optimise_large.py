"""Plans of many practices: complete, within their bound, which is computed anew from its prices."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from test_optimise_groups import random_graph
from test_optimise_solve import check

from pcngeo.demands import Apart, Together
from pcngeo.errors import RulesError
from pcngeo.optimise import large, solve
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.columns import first_stock
from pcngeo.optimise.differing import alternatives
from pcngeo.optimise.ground import survey
from pcngeo.optimise.large import sweeps
from pcngeo.optimise.large.certificate import recompute
from pcngeo.optimise.large.charge import Charge
from pcngeo.optimise.large.dive import EACH, _sure
from pcngeo.optimise.large.start import completed, simple_bound
from pcngeo.optimise.plain import all_groups, group_cost
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.search import greedy_plan
from pcngeo.optimise.sturdy import most_headroom
from pcngeo.plan import Certificate, Plan, Status
from pcngeo.rules import Rules


@pytest.fixture
def as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small problems are planned like a country."""
    monkeypatch.setattr(large, "LARGE", 1)


def both(graph: nx.Graph, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Plan]:
    """The proven plan, and the one that is made as of a country."""
    best = solve(graph, rules)
    monkeypatch.setattr(large, "LARGE", 1)
    return best, solve(graph, rules)


def plain_bound(graph: nx.Graph, rules: Rules, proof: Certificate, networks: int) -> float:
    """What the prices prove, by trying every group in plain Python."""
    least = dict.fromkeys(proof.prices, 0.0)
    rate = max(0.0, -1.001 * proof.charge / rules.min_list)
    for group in all_groups(graph, rules.min_list, rules.max_list):
        cost, hub = group_cost(graph, group)
        size = sum(graph.nodes[p]["list_size"] for p in group)
        reduced = cost + proof.charge + rate * size - sum(proof.prices[p] for p in group)
        reduced += sum(price for *three, price in proof.cuts if len(group & set(three)) > 1)
        least[hub] = min(least[hub], reduced)
    placeable = [p for p in proof.prices if proof.penalties[p] > 0]
    spared = {p: rate * graph.nodes[p]["list_size"] for p in placeable}
    out = sum(min(0.0, proof.penalties[p] + spared.get(p, 0.0) - proof.prices[p])
              for p in proof.prices)  # fmt: skip
    paid = sum(proof.prices.values()) - sum(cut[3] for cut in proof.cuts)
    return paid + sum(least.values()) + out - proof.charge * networks - sum(spared.values())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", ["target", "free"])
def test_within_the_bound_and_near_the_best(
    seed: int, count: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(40, seed, mean=8_000)
    rules = Rules(networks=count)
    best, plan = both(graph, rules, monkeypatch)
    check(graph, plan, rules)
    assert best.status is Status.OPTIMAL
    assert plan.certificate is not None and best.certificate is None
    assert plan.bound is not None and plan.objective is not None and best.objective is not None
    assert plan.bound <= plan.objective * (1 + 1e-9)
    if plan.unplaced or best.unplaced:
        return
    networks = len(plan.networks)
    if count == "free" or networks == len(best.networks):
        assert best.objective <= plan.objective * (1 + 1e-6)
        assert plan.objective <= 1.1 * best.objective
    if networks == len(best.networks):
        assert plan.bound <= best.objective * (1 + 1e-6)
    if plan.status is Status.OPTIMAL:
        assert plan.objective == pytest.approx(best.objective, rel=1e-6)


@pytest.mark.parametrize("seed", [1, 4])
def test_some_are_proven_like_any_other(seed: int, as_large: None) -> None:
    graph = random_graph(14, seed, mean=14_000)
    plan = solve(graph)
    assert plan.status in (Status.OPTIMAL, Status.FEASIBLE)
    assert plan.method == large.METHOD


@pytest.mark.parametrize("networks", ["free", "target", 9])
def test_the_bound_follows_from_the_published_prices(networks: str | int, as_large: None) -> None:
    graph = random_graph(22, 3, mean=14_000)
    rules = Rules(networks=networks)
    plan = solve(graph, rules)
    assert plan.certificate is not None and plan.objective is not None
    made = len(plan.networks)
    plain = plain_bound(graph, rules, plan.certificate, made)
    again = recompute(Problem.build(graph, rules), plan.certificate, made)
    assert again == pytest.approx(plain, rel=1e-9)
    penalty = sum(plan.certificate.penalties[p] for p in plan.unplaced)
    expected = min(plan.objective, max(0.0, plain - penalty))
    assert plan.bound == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("each", [250_000.0, -250_000.0])
def test_a_charge_adds_to_every_group_alike(each: float) -> None:
    graph = random_graph(12, 2, mean=12_000)
    problem = Problem.build(graph, Rules())
    charge = Charge(each, 30_000)
    pool = first_stock(charge.laid_on(problem), 0)
    charged = charge.of(pool, problem.weights)
    for g, members in enumerate(pool.groups()):
        cost, hub = group_cost(graph, frozenset(problem.labels[i] for i in members))
        assert pool.costs[g] == pytest.approx(cost + charged[g])
        assert problem.labels[pool.hubs[g]] == hub
    assert (pool.costs >= 0).all()


def test_a_part_of_a_problem_is_the_problem_of_the_part() -> None:
    graph = random_graph(30, 5, mean=9_000)
    rules = Rules(apart=(Apart("P03", "P04"),), together=(Together(("P10", "P11")),))
    rules = Rules() if not graph.has_edge("P10", "P11") else rules
    whole = Problem.build(graph, rules)
    chosen = np.arange(4, 26)
    labels = [whole.labels[i] for i in chosen]
    part, own = whole.part(chosen), Problem.build(graph.subgraph(labels), rules)
    assert part.labels == own.labels
    for name, mine in part.land._asdict().items():
        np.testing.assert_array_equal(mine, getattr(own.land, name), err_msg=name)


def test_demands_are_kept(as_large: None) -> None:
    graph = random_graph(40, 1, mean=8_000)
    free = solve(graph)
    network = free.networks[0]
    a, b = free.members(network)[:2]
    rules = Rules(apart=(Apart(a, b),))
    plan = solve(graph, rules)
    assert plan.assignment[a] != plan.assignment[b] or not plan.assignment[a]
    check(graph, plan, rules)


def test_the_same_again(as_large: None) -> None:
    graph = random_graph(40, 2, mean=8_000)
    first, second = solve(graph), solve(graph)
    assert first.assignment.equals(second.assignment)
    assert (first.objective, first.bound) == (second.objective, second.bound)


@pytest.mark.parametrize("stage", ["relax_country", "dive", "place_loose"])
@pytest.mark.parametrize("how", ["time", "hand"])
def test_stopped_with_the_best_plan_so_far(
    stage: str, how: str, as_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pcngeo.optimise.clock import OutOfTimeError

    def stop(*_: object, **__: object) -> None:
        raise OutOfTimeError if how == "time" else KeyboardInterrupt

    graph = random_graph(40, 2, mean=8_000)
    monkeypatch.setattr(large, stage, stop)
    plan = solve(graph)
    assert plan.status is (Status.TIME_LIMIT if how == "time" else Status.FEASIBLE)
    assert plan.stopped_by_hand is (how == "hand")
    assert len(plan.networks) > 0
    check(graph, plan, Rules())


def test_broken_off_inside_the_dive_fills_up_what_fits(
    as_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(40, 2, mean=8_000)
    whole = solve(graph)
    steps = iter([None])
    price = large.dive.__globals__["_price"]

    def once(*given: object) -> None:
        next(steps)
        price(*given)

    def ended(*given: object) -> None:
        try:
            once(*given)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setitem(large.dive.__globals__, "_price", ended)
    plan = solve(graph)
    check(graph, plan, Rules())
    assert plan.stopped_by_hand
    assert 0.5 * len(whole.networks) <= len(plan.networks)


def test_a_limit_that_is_over_at_once_still_gives_a_complete_plan_and_a_bound(
    as_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(4):
        graph = random_graph(60, seed, mean=8_000)
        monkeypatch.undo()
        best = solve(graph)
        monkeypatch.setattr(large, "LARGE", 1)
        plan = solve(graph, time_limit=0)
        check(graph, plan, Rules())
        assert plan.status is Status.TIME_LIMIT
        assert plan.unplaced_patients == best.unplaced_patients
        assert plan.bound is not None and plan.objective is not None
        assert 0 < plan.bound <= plan.objective
        if len(plan.networks) == len(best.networks):
            assert best.objective is not None
            assert plan.bound <= best.objective <= plan.objective * (1 + 1e-9)
        else:
            assert "nearest to the target size" in plan.explanation[0]


@pytest.mark.parametrize("seed", range(8))
def test_a_range_of_numbers_is_bounded_over_all_of_it(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(16, seed, mean=11_000)
    usual = len(solve(graph).networks)
    for asked in [(1, usual), (max(1, usual - 1), usual + 1), (usual, usual + 3)]:
        monkeypatch.undo()
        rules = Rules(networks=asked)
        best, plan = both(graph, rules, monkeypatch)
        check(graph, plan, rules)
        assert best.objective is not None and plan.objective is not None
        if plan.unplaced_patients != best.unplaced_patients:
            continue
        assert plan.bound is not None
        assert plan.bound <= best.objective * (1 + 1e-6) <= plan.objective * (1 + 2e-6)
        assert plan.objective <= 1.15 * best.objective


def test_the_bound_without_an_lp_holds_for_every_division() -> None:
    for seed in range(5):
        graph = random_graph(9, seed, mean=14_000)
        rules = Rules(networks="free")
        problem, placed = Problem.build(graph, rules), None
        best = solve(graph, rules)
        placed = np.array([best.assignment[p] != "" for p in problem.labels])
        made = len(best.networks) - len(problem.alone)
        assert best.objective is not None
        assert simple_bound(problem, made, placed) <= best.objective * (1 + 1e-9)


def test_what_is_completed_is_whole_networks_in_the_window() -> None:
    for seed in range(4):
        graph = random_graph(60, seed, mean=8_000)
        problem = Problem.build(graph, Rules())
        ground = survey(problem, 0, Clock())
        greedy, _ = greedy_plan(ground.task(None, ground.penalty), ground.stock)
        made = completed(ground, greedy)
        assert ground.left_out(made) <= ground.left_out(greedy)
        placed = [i for group in made.groups() for i in group]
        assert len(placed) == len(set(placed))
        for group, cost, hub in zip(made.groups(), made.costs, made.hubs, strict=True):
            members = {problem.labels[i] for i in group}
            assert nx.is_connected(graph.subgraph(members))
            assert 30_000 <= problem.total(group) <= 50_000
            least, _ = group_cost(graph, frozenset(members))
            assert cost == pytest.approx(least)
            assert int(hub) in group


def test_nothing_is_moved_where_demands_tie_practices() -> None:
    graph = random_graph(40, 1, mean=8_000)
    labels = sorted(graph)
    problem = Problem.build(graph, Rules(apart=(Apart(labels[0], labels[1]),)))
    ground = survey(problem, 0, Clock())
    greedy, _ = greedy_plan(ground.task(None, ground.penalty), ground.stock)
    assert completed(ground, greedy) is greedy


def test_another_number_than_was_asked_for_is_told(
    as_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(60, 3, mean=8_000)
    usual = len(solve(graph).networks)
    exact = solve(graph, Rules(networks=usual))
    assert len(exact.networks) == usual
    assert not any("asked for" in said for said in exact.explanation)
    plan = solve(graph, Rules(networks=usual + 1), time_limit=0)
    made = len(plan.networks) - sum(
        size > 50_000 for size in nx.get_node_attributes(graph, "list_size").values()
    )
    said = f"{usual + 1} networks asked for; the plan found has {made}."
    assert (made != usual + 1) == (said in plan.explanation)


@pytest.mark.parametrize(("seed", "asked"), [(2, 10), (4, 11), (7, 8)])
def test_a_number_that_listed_groups_do_not_lead_to_is_met_over_all_groups(
    seed: int, asked: int, as_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(40, seed, mean=8_000)
    plan = solve(graph, Rules(networks=asked))
    check(graph, plan, Rules(networks=asked))
    monkeypatch.setattr(sweeps, "FORCED", ())
    before = solve(graph, Rules(networks=asked))
    sizes = nx.get_node_attributes(graph, "list_size").values()
    alone = sum(size > 50_000 for size in sizes)
    assert len(plan.networks) - alone == asked != len(before.networks) - alone
    assert plan.unplaced_patients <= before.unplaced_patients
    assert plan.bound is not None and plan.objective is not None
    assert plan.bound <= plan.objective * (1 + 1e-9)


@pytest.mark.parametrize(("left", "taken"), [(60, 10), (20 * EACH, 20)])
def test_the_dive_takes_more_at_a_time_where_more_are_left(left: int, taken: int) -> None:
    pool = Pool.of([[i] for i in range(60)], [1.0] * 60, range(60))
    assert len(_sure(pool, np.full(60, 0.5), np.ones(left, bool))) == taken


def test_what_needs_a_proof_says_that_so_many_practices_have_none(
    as_large: None,
) -> None:
    graph = random_graph(40, 10, mean=8_000)
    assert solve(graph).status is Status.FEASIBLE
    with pytest.raises(RulesError, match=r"hardly ever is. Take a smaller area"):
        alternatives(graph)
    bears = most_headroom(graph)
    assert not bears.looked_for
    assert "Take a smaller area" in bears.sentence


@pytest.mark.parametrize("networks", ["target", "free", 9])
def test_a_search_that_was_broken_off_goes_on_to_the_same_plan(
    networks: str | int, as_large: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, rules, file = random_graph(40, 10, mean=8_000), Rules(networks=networks), tmp_path / "k"
    whole = solve(graph, rules)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(large, "_improve", stop)
        stopped = solve(graph, rules, keep_in=file)
    assert stopped.stopped_by_hand
    with monkeypatch.context() as patch:
        patch.setattr(large, "relax_country", lambda *_: pytest.fail("searched again"))
        again = solve(graph, rules, keep_in=file)
    assert again.assignment.equals(whole.assignment)
    assert (again.objective, again.bound, again.hubs) == (whole.objective, whole.bound, whole.hubs)
    assert (again.statistics, again.explanation) == (whole.statistics, whole.explanation)
    assert again.certificate is not None and whole.certificate is not None
    assert again.certificate.table().equals(whole.certificate.table())


@pytest.mark.parametrize("what", ["seed", "rules", "list", "damaged"])
def test_what_was_kept_of_something_else_is_not_gone_on_with(
    what: str, as_large: None, tmp_path: Path
) -> None:
    graph, file = random_graph(40, 2, mean=8_000), tmp_path / "k"
    solve(graph, keep_in=file)
    before, seed, rules = file.read_bytes(), int(what == "seed"), Rules()
    if what == "rules":
        rules = Rules(max_list=49_000)
    if what == "list":
        graph.nodes["P03"]["list_size"] += 1
    if what == "damaged":
        file.write_bytes(before[:500])
    plan = solve(graph, rules, seed=seed, keep_in=file)
    assert plan.assignment.equals(solve(graph, rules, seed=seed).assignment)
    assert (file.read_bytes() == before) == (what == "damaged")
    solve(graph, rules, seed=seed, time_limit=60, keep_in=tmp_path / "limited")
    assert not (tmp_path / "limited").exists()
