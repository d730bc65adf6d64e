"""Objectives and demands of the rules: each against every division there is.

A plan's rank is (patients left out, distance of the number of networks from the target, objectives
in order); the solver's must be the least of all divisions that keep the demands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from test_optimise_groups import random_graph

from pcngeo.decisions import Waiver
from pcngeo.demands import Collaboration, LockedPractice, Together
from pcngeo.errors import RulesError, SolverError
from pcngeo.objectives import TERMS
from pcngeo.optimise import costs, in_order, solve, stages
from pcngeo.optimise.clock import OutOfTimeError
from pcngeo.optimise.plain import all_groups
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.recount import cost
from pcngeo.rules import Choice, Rules
from pcngeo.travel import Travel

Group = frozenset[str]
Allowed = Callable[[Group], bool]


def area(seed: int, n: int = 9, mean: int = 13_000) -> nx.Graph:
    """A small area of which everything is known but a few things here and there."""
    graph = random_graph(n, seed, mean=mean)
    rng = np.random.default_rng(1_000 + seed)
    codes = sorted(graph)
    for a, b in sorted(graph.edges):
        graph.edges[a, b]["border_m"] = float(rng.integers(50, 900))
    for i, p in enumerate(codes):
        graph.nodes[p]["local_authority"] = ["E1", "E2", "", "E3"][int(rng.integers(4))]
        graph.nodes[p]["network_today"] = ["N1", "N2", "N3", ""][int(rng.integers(4))]
        graph.nodes[p]["deprived_share"] = float("nan") if i == 2 else float(rng.uniform())
        graph.nodes[p]["rural_share"] = float(rng.uniform())
    minutes = rng.uniform(2, 30, (n, n)).round(1)
    minutes[0, 1] = minutes[3, 2] = np.nan
    np.fill_diagonal(minutes, 0.0)
    index = pd.Index(codes, name="practice")
    table = pd.DataFrame(minutes, index=index, columns=index)
    graph.graph["travel"] = Travel(table, "minutes", "drive.csv")
    graph.graph["common"] = {
        (a, b): float(rng.integers(1, 900))
        for i, a in enumerate(codes)
        for b in codes[i + 1 :]
        if rng.uniform() < 0.5
    }
    return graph


def sizes(graph: nx.Graph, group: Group) -> list[int]:
    return [graph.nodes[p]["list_size"] for p in group]


def divisions(graph: nx.Graph, groups: list[Group]) -> Iterator[list[Group]]:
    """Every choice of groups that do not overlap."""

    def place(left: Group, chosen: list[Group]) -> Iterator[list[Group]]:
        if not left:
            yield chosen
            return
        first = min(left)
        yield from place(left - {first}, chosen)
        for group in groups:
            if first in group and group <= left:
                yield from place(left - group, [*chosen, group])

    yield from place(frozenset(p for p in graph), [])


def summed(stage: tuple[Any, ...], group: Group, graph: nx.Graph, rules: Rules) -> float:
    """What one network adds to an objective, the patients who change company left out."""
    weight, alone = dict(stage).get("changed", 0.0), [tuple(group)]
    moved = weight * cost((("changed", 1.0),), alone, graph, rules) if weight else 0.0
    return cost(stage, alone, graph, rules) - moved


def one_to_one(graph: nx.Graph, plan: list[Group]) -> float:
    """Patients who change company, every way tried to say which network continues which."""
    node = graph.nodes
    old = sorted({node[p]["network_today"] for g in plan for p in g} - {""})
    kept = 0
    for order in permutations([*old, *[None] * len(plan)], len(plan)):
        same = [(p, new) for g, new in zip(plan, order, strict=True) for p in g]
        kept = max(
            kept, sum(node[p]["list_size"] for p, new in same if node[p]["network_today"] == new)
        )
    return float(sum(sum(sizes(graph, g)) for g in plan) - kept)


def least(
    graph: nx.Graph,
    rules: Rules,
    groups: list[Group],
    stages: tuple[Any, ...],
    good: Callable[[list[Group]], bool] = lambda plan: True,
    before: int = 0,
) -> tuple[float, ...]:
    """The least rank of all divisions; `before` stages count more than the number of networks."""
    people = sum(sizes(graph, frozenset(graph)))
    change = [dict(stage).get("changed", 0.0) for stage in stages]  # no sum over networks
    price = {g: [summed(stage, g, graph, rules) for stage in stages] for g in groups}
    best: tuple[float, ...] = (float("inf"),)
    for plan in divisions(graph, groups):
        if not plan or not good(plan):
            continue
        out = people - sum(sum(sizes(graph, g)) for g in plan)
        moved = one_to_one(graph, plan) if any(change) else 0.0
        worths = [sum(price[g][s] for g in plan) + w * moved for s, w in enumerate(change)]
        away = abs(len(plan) * rules.target_list - people) if rules.networks == "target" else 0
        rank = (out, *worths[:before], away, *[round(v, 6) for v in worths[before:]])
        best = min(best, rank)
    return best


def within(graph: nx.Graph, low: int, high: int, allowed: Allowed = lambda g: True) -> list[Group]:
    return [g for g in all_groups(graph, low, high) if allowed(g)]


def check(
    graph: nx.Graph, rules: Rules, groups: list[Group], before: int = 0, **options: Any
) -> Plan:
    """Solve, verify independently, and hold the plan against all divisions."""
    plan = solve(graph, rules)
    stages = options.pop("stages", rules.stages)
    best = least(graph, rules, groups, stages, before=before, **options)
    assert plan.status is Status.OPTIMAL
    verify(plan, graph, rules)
    own = [tuple(m) for m in plan.groups().values()]
    assert plan.unplaced_patients == best[0]
    worth = [cost(stage, own, graph, rules) for stage in stages]
    expected = [*best[1 : 1 + before], *best[2 + before :]]
    assert worth == pytest.approx(expected, rel=2e-6, abs=1e-5)
    if rules.networks == "target":
        people = sum(sizes(graph, frozenset(graph)))
        assert abs(len(own) * rules.target_list - people) == best[1 + before]
    return plan


RULES = Rules(collaborations=(Collaboration(("P00", "P03", "P05")), Collaboration(("P02", "P07"))))


@pytest.mark.parametrize("name", sorted(set(TERMS) - {"outside"}))
@pytest.mark.parametrize("seed", range(2))
def test_every_objective(name: str, seed: int) -> None:
    graph = area(100 + seed)
    rules = dataclasses.replace(RULES, objective=name)
    groups = within(graph, 30_000, 50_000)
    groups = [g for g in groups if np.isfinite(cost(rules.stages[0], [tuple(g)], graph, rules))]
    plan = check(graph, rules, groups)
    assert TERMS[name].unit in plan.objective_name or name == "distance"


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_and_an_order(seed: int) -> None:
    graph = area(120 + seed)
    groups = within(graph, 30_000, 50_000)
    mix = dataclasses.replace(RULES, objective={"distance": 1.0, "changed": 0.5, "borders": 2.0})
    plan = check(graph, mix, groups)
    assert plan.objective_name.startswith("mix, in points: 1 x distance")
    for order in (["changed", "distance"], ["distance", "size"], ["span", "common", "distance"]):
        plan = check(graph, dataclasses.replace(RULES, objective=order), groups)
        assert plan.objective_name.startswith("first ")
        assert plan.objective == pytest.approx(
            cost(((order[-1], 1.0),), [tuple(m) for m in plan.groups().values()], graph, RULES)
        )


@pytest.mark.parametrize("seed", range(3))
def test_travel_at_full_speed_and_in_a_mix(seed: int) -> None:
    graph = area(140 + seed)
    rules = Rules(objective="travel", networks="free")
    groups = within(graph, 30_000, 50_000)
    known = [g for g in groups if np.isfinite(cost(rules.stages[0], [tuple(g)], graph, rules))]
    plan = check(graph, rules, known)
    assert any("2 pairs are unknown" in sentence for sentence in plan.explanation)
    check(graph, dataclasses.replace(rules, objective={"travel": 1, "size": 0.1}), known)


@pytest.mark.parametrize("objective", [{"distance": 1, "size": 0.2}, "span", ["changed", "travel"]])
def test_groups_too_many_to_list_are_priced_instead(
    objective: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = area(150)
    rules = Rules(objective=objective, alone="agreed")
    listed = solve(graph, rules)
    monkeypatch.setattr(costs, "MOST_GROUPS", 5)
    priced = solve(graph, rules)
    assert listed.status is priced.status is Status.OPTIMAL
    assert priced.objective == pytest.approx(listed.objective, rel=1e-6)
    assert priced.held == pytest.approx(listed.held)
    verify(priced, graph, rules)


def test_a_long_list_is_priced_where_kernels_know_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = area(150)
    listed = solve(graph, Rules(objective={"distance": 1, "size": 0.2}))
    assert "list of all connected groups" in listed.method
    monkeypatch.setattr(stages, "PRICED_BEYOND", 5)
    priced = solve(graph, Rules(objective={"distance": 1, "size": 0.2}))
    assert "column generation" in priced.method
    assert priced.objective == pytest.approx(listed.objective, rel=1e-6)


def test_what_is_missing_is_named() -> None:
    bare = random_graph(8, 3)
    for name, words in TERMS.items():
        if words.needs:
            with pytest.raises(RulesError, match=words.needs.split()[0].replace("[", r"\[")):
                solve(bare, Rules(objective=name))
    with pytest.raises(RulesError, match="--authorities"):
        solve(bare, Rules(max_authorities=1))


@pytest.mark.parametrize("seed", range(3))
def test_few_local_authorities(seed: int) -> None:
    graph = area(160 + seed, mean=12_000)
    for most in (1, 2):

        def few(group: Group, most: int = most) -> bool:
            return len({graph.nodes[p]["local_authority"] for p in group} - {""}) <= most

        check(graph, Rules(max_authorities=most), within(graph, 30_000, 50_000, few))


@pytest.mark.parametrize("seed", range(3))
def test_hubs_are_fixed(seed: int) -> None:
    graph = area(170 + seed)
    rules = Rules(hubs=(Choice("P00", "health centre"), Choice("P04", "hospital")))
    groups = within(graph, 30_000, 50_000, lambda g: not {"P00", "P04"} <= g)
    plan = check(graph, rules, groups)
    for network, members in plan.groups().items():
        for hub in {"P00", "P04"} & set(members):
            assert plan.hubs[network] == hub
    assert plan.objective > solve(graph).objective - 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_only_agreed_practices_stand_alone(seed: int) -> None:
    graph = area(180 + seed, n=8, mean=22_000)
    big = [p for p in sorted(graph) if 30_000 <= graph.nodes[p]["list_size"] <= 50_000]
    agreed = (Waiver(big[0], "large enough", "the commissioner"),) if big else ()
    rules = Rules(alone="agreed", single_practice=agreed)
    groups = within(graph, 30_000, 50_000, lambda g: len(g) > 1 or g <= set(big[:1]))
    check(graph, rules, groups)


@pytest.mark.parametrize("seed", range(3))
def test_balance(seed: int) -> None:
    graph = area(190 + seed)
    people = sum(sizes(graph, frozenset(graph)))

    def balanced(plan: list[Group]) -> bool:
        mean = people / len(plan)
        return all(abs(sum(sizes(graph, g)) - mean) <= 0.12 * mean + 1e-6 for g in plan)

    for networks in ("target", "free", 2):
        rules = Rules(balance=12, networks=networks)
        groups = within(graph, 30_000, 50_000)
        good = balanced if networks != 2 else lambda plan: len(plan) == 2 and balanced(plan)
        best = least(graph, rules, groups, rules.stages, good)
        plan = solve(graph, rules)
        verify(plan, graph, rules)
        if best[0] == float("inf"):
            assert plan.status is Status.INFEASIBLE
            continue
        assert plan.unplaced_patients == best[0]
        assert plan.objective == pytest.approx(best[-1], rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_waivers_from_floor_and_ceiling(seed: int) -> None:
    graph = area(200 + seed, n=8)
    rules = Rules(
        rural_waivers=(Waiver("P00", "valley", "commissioner", patients=18_000),),
        over_ceiling=(
            Waiver("P05", "town", "commissioner", patients=58_000),
            Waiver("P06", "only asked for", patients=90_000),
        ),
    )

    def allowed(group: Group) -> bool:
        low = 18_000 if "P00" in group else 30_000
        return low <= sum(sizes(graph, group)) <= (58_000 if "P05" in group else 50_000)

    check(graph, rules, within(graph, 18_000, 58_000, allowed))


@pytest.mark.parametrize("seed", range(6))
def test_soft_window_in_order(seed: int) -> None:
    graph = area(210 + seed, n=8, mean=15_000)
    rules = Rules(soft_min_list=24_000, soft_max_list=58_000)
    groups = within(graph, 24_000, 58_000)
    stages = ((("outside", 1.0),), *rules.stages)
    plan = check(graph, rules, groups, before=1, stages=stages)
    hard = solve(graph)
    if hard.unplaced_patients:
        assert plan.unplaced_patients <= hard.unplaced_patients
        assert any("outside that window (proven least)" in s for s in plan.explanation)


@pytest.mark.parametrize("seed", range(3))
def test_soft_window_against_a_weight(seed: int) -> None:
    graph = next(a for s in range(40) if solve(a := area(40 * seed + s, 8, 15_000)).unplaced)
    rules = Rules(soft_min_list=24_000, soft_max_list=58_000, outside_weight=0.3)
    stages = ((("distance", 1.0), ("outside", 0.3)),)
    check(graph, rules, within(graph, 24_000, 58_000), stages=stages)


def test_a_practice_is_locked_to_another() -> None:
    graph = area(230)
    free = solve(graph)
    home = free.assignment
    a, b = next((a, b) for a, b in sorted(graph.edges) if home[a] and home[a] != home[b] != "")
    plan = solve(graph, Rules(locked_practices=(LockedPractice(a, b, "agreed"),)))
    assert plan.assignment[a] == plan.assignment[b]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (Rules(hubs=(Choice("P00"), Choice("P01")), together=(Together(("P00", "P01")),)), "both"),
        (Rules(soft_max_list=80_000, outside_weight=1.0), "function of your own"),
    ],
)
def test_demands_that_contradict_each_other(rules: Rules, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        solve(random_graph(8, 1, mean=23_000), rules, objective=lambda group: 1.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"objective": "speed"}, "there is no objective 'speed'"),
        ({"objective": {"size": -1}}, "above 0"),
        ({"objective": []}, "empty"),
        ({"objective": ["size", "size"]}, "twice"),
        ({"soft_min_list": 40_000}, "is above min_list"),
        ({"soft_max_list": 40_000}, "is below max_list"),
        ({"outside_weight": 1.0}, "needs soft_min_list"),
        ({"balance": -1}, "balance must be a number"),
        ({"alone": "never"}, "any or agreed"),
        ({"max_authorities": 1.5}, "whole number"),
        ({"hubs": (Choice("A"), Choice("A"))}, "more than once"),
        ({"single_practice": (Waiver("A", "r", patients=5),)}, "only goes with"),
    ],
)
def test_rules_that_cannot_be_read(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(RulesError, match=message):
        Rules(**settings)


def test_the_check_finds_what_is_wrong() -> None:
    graph = area(240)
    plan = solve(graph)
    largest = max(len(m) for m in plan.groups().values())
    for rules, message in [
        (Rules(max_practices=largest - 1), "practices"),
        (Rules(max_span_m=10.0), "m across, more than 10 m"),
        (Rules(max_authorities=1), "local authorities"),
        (Rules(balance=0.01), "of the mean"),
        (Rules(together=(Together(("P00", "P08")),), apart=()), "P00, P08 together"),
    ]:
        with pytest.raises(SolverError, match=message):
            verify(plan, graph, rules)
    with pytest.raises(SolverError, match="the objective is"):
        verify(plan.replace(objectives=((("size", 1.0),),)), graph)


def test_the_check_finds_a_site_that_is_parted() -> None:
    graph = area(240)
    plan = solve(graph)
    a, b = plan.groups()["1"][0], plan.groups()["2"][0]
    for practice in (a, b):
        graph.nodes[practice]["site"] = "S"
    verify(plan, graph)
    with pytest.raises(SolverError, match=f"{min(a, b)}, {max(a, b)} on one site"):
        verify(plan, graph, Rules(sites="together", max_list=60_000))
    verify(solve(graph, Rules(sites="together")), graph, Rules(sites="together"))


def test_a_network_of_today_goes_on_in_one_new_network_only() -> None:
    graph: nx.Graph = nx.Graph()
    for i in range(4):
        graph.add_node(f"P{i}", list_size=18_000 + i, x=1_000.0 * i, y=0.0, network_today="U1")
    nx.add_path(graph, sorted(graph), kind="border", border_m=1.0, distance_m=1_000.0)
    plan = solve(graph, objective="changed")
    assert (len(plan.networks), plan.objective) == (2, 36_001.0)
    nx.set_node_attributes(graph, {"P2": "U2", "P3": "U2"}, "network_today")
    assert solve(graph, objective="changed").objective == 0.0
    graph.add_node("P9", list_size=60_000, x=0.0, y=9.0, network_today="U2")
    alone = solve(graph, objective="changed")  # U2 goes on in the practice that stands alone
    assert alone.objective == 36_005.0
    verify(alone, graph)
    assert solve(graph, objective={"changed": 2.0}).objective == 2 * alone.objective


def test_stopped_among_balanced_numbers_the_plan_is_still_consistent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = area(194)
    rules = Rules(balance=60, objective=["size", "distance"], networks="free")
    whole, done = in_order._stages, []

    def stop_later(search: stages.Search, tell: Any) -> None:
        if done and done[-1].answer.plan is not None:
            raise OutOfTimeError
        done.append(search)
        whole(search, tell)

    monkeypatch.setattr(in_order, "_stages", stop_later)
    plan = solve(graph, rules)
    assert plan.status is Status.TIME_LIMIT
    assert plan.networks
    verify(plan, graph, rules)
