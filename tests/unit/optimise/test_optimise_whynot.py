"""Why not: each kind of reason, demands that are irreducible, ways out that help when taken."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from agreeing import combined
from test_optimise_demands import best
from test_optimise_groups import random_graph

from pcngeo.demands import Apart, Locked, Together, Veto
from pcngeo.optimise import solve
from pcngeo.optimise.explain import unplaced_reasons
from pcngeo.optimise.whynot import KINDS, WAYS, Way, WhyNot, why_not
from pcngeo.optimise.whynot.demands import Asked, asked, only
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules


def area(sizes: Iterable[int], links: Iterable[tuple[int, int]] | None = None) -> nx.Graph:
    """Practices P0, P1, ... a kilometre apart on a line; each linked to the next, or as said."""
    graph: nx.Graph = nx.Graph()
    for i, size in enumerate(sizes):
        graph.add_node(f"P{i}", list_size=size, x=1000.0 * i, y=0.0)
    for i, j in links if links is not None else [(i, i + 1) for i in range(len(graph) - 1)]:
        graph.add_edge(f"P{i}", f"P{j}", kind="border", border_m=1.0, distance_m=1000.0)
    return graph


def explain(graph: nx.Graph, rules: Rules) -> WhyNot:
    return why_not(graph, rules, solve(graph, rules))


#: Kind, areas made impossible on purpose, the rules, and words and sums that the answer must say.
CASES = [
    ("isolated", area([40_000, 5_000], []), Rules(), ["P1 (5,000)", "25,000 patients fewer"]),
    ("part_below_floor", area([40_000, 5_000, 6_000], [(1, 2)]), Rules(),
     ["P1 (5,000), P2 (6,000)", "11,000 patients, 19,000 fewer"]),
    ("no_count_divides", area([25_000, 30_000]), Rules(),
     ["55,000 patients: 1 network holds at most 50,000, and 2 networks would need at least 60,000",
      "At least 5,000 patients"]),
    ("neighbours_spoken_for", area([66_000, 15_000, 66_000]), Rules(),
     ["No network can contain P1 (15,000)", "P0 (66,000), P2 (66,000)", "stand alone"]),
    ("no_group", area([29_000, 49_000, 40_000]), Rules(), ["P0 (29,000)", "touches P1 (49,000)"]),
    ("together_over_ceiling", area([20_000] * 6),
     Rules(together=(Together(("P0", "P1")), Together(("P1", "P2")))),
     ["P0 (20,000), P1 (20,000), P2 (20,000)", "60,000", "10,000 above the ceiling"]),
    ("together_and_apart", area([20_000] * 4),
     Rules(together=(Together(("P0", "P1")),), apart=(Apart("P0", "P1"),)), ["P0 and P1"]),
    ("together_and_apart", area([20_000] * 4),
     Rules(together=(Together(("P0", "P1")),), vetoes=(Veto("P0", "P1", "no"),)), ["P0 and P1"]),
    ("locks_overlap", area([20_000] * 4),
     Rules(locked=(Locked(("P0", "P1")), Locked(("P1", "P2")))), ["P1 (20,000) is in two"]),
    ("too_many_networks", area([20_000] * 4), Rules(networks=3),
     ["3 networks of at least 30,000 cannot be made of 80,000 patients", "2 can"]),
    ("too_few_networks", area([20_000] * 6), Rules(networks=2),
     ["2 networks of at most 50,000 cannot hold 120,000 patients: at least 20,000", "3 to 4 can"]),
    ("tight_total", area([24_000, 24_000, 2_000, 24_000, 24_000], [(0, 1), (1, 3), (3, 4), (2, 3)]),
     Rules(networks=3), ["3 networks would have 32,667 patients each", "2,667 from the floor"]),
    ("demands_conflict", area([20_000] * 6),
     Rules(apart=(Apart("P0", "P1"),), max_practices=2), ["P0 (20,000)", "demands"]),
    ("no_room", area([20_000, 29_000, 29_000, 29_000], [(0, 1), (0, 2), (0, 3)]), Rules(),
     ["each could be grouped, but not all", "(proven)"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "graph", "rules", "words"), CASES, ids=[c[0] for c in CASES])
def test_every_kind_of_reason(kind: str, graph: nx.Graph, rules: Rules, words: list[str]) -> None:
    said = explain(graph, rules)
    reasons = [r for r in said.reasons if r.kind == kind]
    assert reasons, said.sentences
    text = " ".join(r.sentence for r in reasons)
    for part in words:
        assert part in text
    assert all(p in graph for r in said.reasons for p in r.practices)
    assert {r.kind for r in said.reasons} <= set(KINDS)
    assert {w.kind for w in said.ways} <= set(WAYS)


def test_the_kinds_of_reason_are_a_closed_list() -> None:
    assert {case[0] for case in CASES} | {"not_proven"} == set(KINDS)


def test_what_is_not_proven_is_said_so() -> None:
    graph = random_graph(150, 1, mean=4_000)
    rules = Rules(networks="free")
    plan = solve(graph, rules)
    some = plan.replace(
        assignment=plan.assignment.where(plan.assignment != "1", ""), status=Status.TIME_LIMIT,
        unplaced_patients=sum(graph.nodes[p]["list_size"] for p in plan.members("1")),
        unplaced_bound=0,
    )  # fmt: skip
    said = why_not(graph, rules, some)
    assert said.reasons[-1].kind == "not_proven"
    assert "at least 0 of these" in said.reasons[-1].sentence
    assert not said.ways
    assert not said.conflicts


def test_nobody_left_out_needs_no_answer() -> None:
    graph = random_graph(11, 300)
    said = explain(graph, Rules(networks="free"))
    assert said == WhyNot() or said.patients > 0
    assert why_not(graph, Rules(), Plan(solve(graph).assignment, status=Status.GIVEN)) == WhyNot()
    assert WhyNot().table().empty


def made_up(graph: nx.Graph, seed: int) -> Rules:
    """Six demands at random, on practices that are near each other."""
    rng = np.random.default_rng(seed)
    names = sorted(graph)

    def pair() -> tuple[str, str]:
        a = names[int(rng.integers(len(names)))]
        around = sorted({q for p in graph[a] for q in graph[p]} | set(graph[a]) - {a}) or names
        b = next(q for q in [around[int(rng.integers(len(around)))], *names] if q != a)
        return a, b

    return Rules(
        networks="free",
        together=tuple(sorted({Together(pair()) for _ in range(3)})),
        apart=tuple(sorted({Apart(*pair()) for _ in range(2)})),
        max_practices=int(rng.integers(3, 7)),
    )


@pytest.mark.parametrize("seed", range(9))
def test_demands_in_conflict_are_irreducible(seed: int) -> None:
    graph = random_graph(11, 500 + seed, mean=11_000)
    rules = made_up(graph, seed)
    demands = asked(rules, graph)
    assert only(rules, demands) == rules

    def out(kept: Iterable[Asked]) -> int:
        return best(graph, only(rules, list(kept)))[0]

    least = out([])
    said = explain(graph, rules)
    assert bool(said.conflicts) == (out(demands) > least)
    for conflict in said.conflicts:
        core = [a for a in demands if a.words in conflict.demands]
        assert len(core) == len(conflict.demands)
        assert conflict.minimal
        assert out(core) > least
        for one in core:
            assert out(a for a in core if a is not one) == least
    for way in said.ways:
        if way.kind == "drop_demand":
            rest = [a for a in demands if a.words != way.demand]
            assert out(demands) - out(rest) == way.places


def test_the_conflicts_of_the_random_cases_are_no_empty_promise() -> None:
    found = []
    for seed in range(3):
        graph = random_graph(11, 500 + seed, mean=11_000)
        found += explain(graph, made_up(graph, seed)).conflicts
    assert len(found) >= 2


def taken(graph: nx.Graph, rules: Rules, plan: Plan, way: Way, ways: tuple[Way, ...] = ()) -> int:
    """Patients left out when a way is taken, worked out anew on the whole area."""
    if way.kind == "bridge":
        linked = nx.Graph(graph)
        linked.add_edge(*way.practices, kind="bridge", border_m=0.0, distance_m=way.metres)
        return solve(linked, rules).unplaced_patients
    if way.kind == "count":
        return solve(graph, replace(rules, networks=way.count)).unplaced_patients
    if way.kind == "redraw":
        soft = replace(rules, soft_max_list=rules.max_list + way.outside, objective="outside")
        assert way.outside < min(w.outside for w in ways if w.kind == "over_ceiling"
                                 and w.practices == way.practices)  # fmt: skip
        return solve(graph, soft).unplaced_patients
    if way.kind == "below_floor":
        total = sum(graph.nodes[p]["list_size"] for p in way.practices)
        assert rules.min_list - total == way.outside
        return plan.unplaced_patients - total
    homes = [
        [*plan.members(n), *way.practices] for n in plan.networks if f"Network {n} " in way.sentence
    ]
    assert len(homes) == 1
    assert nx.is_connected(graph.subgraph(homes[0]))
    total = sum(graph.nodes[p]["list_size"] for p in homes[0])
    assert total == rules.max_list + way.outside
    return plan.unplaced_patients - sum(graph.nodes[p]["list_size"] for p in way.practices)


@pytest.mark.parametrize("networks", ["target", 3])
@pytest.mark.parametrize("seed", range(5))
def test_every_way_out_does_what_it_says(seed: int, networks: str | int) -> None:
    graph = random_graph(14, 700 + seed, mean=11_000)
    edge = sorted(graph)[0]
    graph.remove_edges_from(list(graph.edges(edge)))  # an island
    rules = Rules(networks=networks)
    plan = solve(graph, rules)
    said = why_not(graph, rules, plan)
    assert plan.unplaced
    assert said.ways
    for way in said.ways:
        assert way.places > 0
        left = taken(graph, rules, plan, way, said.ways)
        if way.kind == "redraw":  # other networks may be soft as well: at least as many
            assert left <= plan.unplaced_patients - way.places
        else:
            assert left == plan.unplaced_patients - way.places


def test_networks_drawn_anew_go_less_above_the_ceiling() -> None:
    sizes = [9_000, 45_000, 4_000, 41_000, 5_000]  # 104,000 patients on a line
    graph = area(sizes)
    rules = Rules(networks=2)
    plan = solve(graph, rules)
    (redrawn,) = [w for w in why_not(graph, rules, plan).ways if w.kind == "redraw"]
    best = min(
        max(0, sum(sizes[:cut]) - 50_000) + max(0, sum(sizes[cut:]) - 50_000) for cut in range(1, 5)
    )
    assert redrawn.outside == best


def test_an_island_is_linked_where_that_helps() -> None:
    graph = area([20_000, 20_000, 9_000, 31_000], [(0, 1)])
    said = explain(graph, Rules())
    links = [w for w in said.ways if w.kind == "bridge"]
    assert links[0].practices == ("P2", "P1")
    assert links[0].metres == 1000.0
    waived = [w for w in said.ways if w.kind == "below_floor"]
    assert [(w.practices, w.outside) for w in waived] == [(("P2",), 21_000)]


def test_no_demand_is_blamed_for_an_island() -> None:
    graph = area([20_000, 20_000, 9_000], [(0, 1)])
    said = explain(graph, Rules(apart=(Apart("P0", "P2"),), max_practices=2))
    assert not said.conflicts
    assert [r.kind for r in said.reasons] == ["isolated"]


def test_a_number_that_cannot_be_names_the_nearest_that_can() -> None:
    graph = area([20_000] * 6)
    said = explain(graph, Rules(networks=4))
    assert said.conflicts[0].fields == ("networks",)
    assert [w.count for w in said.ways if w.kind == "count"] == [3]
    assert not any("because of the demand" in sentence for sentence in said.sentences)


def test_the_answer_travels_as_plain_values() -> None:
    for _, graph, rules, _ in CASES:
        said = explain(graph, rules)
        assert WhyNot.from_mapping(json.loads(json.dumps(said.to_mapping()))) == said
        table = said.table()
        assert len(table) == len(said.reasons) + len(said.conflicts) + len(said.ways)
        assert set(table["answer"]) <= {"reason", "conflict", "way"}


def test_a_limit_of_solves_claims_nothing() -> None:
    graph = area([20_000] * 6)
    rules = Rules(apart=(Apart("P0", "P1"),), max_practices=2)
    plan = solve(graph, rules)
    assert why_not(graph, rules, plan).conflicts[0].minimal
    few = why_not(graph, rules, plan, most_solves=2)
    assert not any(c.minimal for c in few.conflicts)
    assert why_not(graph, rules, plan, most_solves=0).conflicts == ()


def test_a_link_many_times_longer_than_one_that_does_as_much_is_not_offered() -> None:
    graph = nx.Graph()
    for code, patients, x in (("P", 5_000, 0), ("A", 31_000, 700), ("C", 20_000, 22_700),
                              ("D", 20_000, 23_000)):  # fmt: skip
        graph.add_node(code, list_size=patients, x=float(x), y=0.0)
    graph.add_edge("C", "D", kind="border", border_m=1.0, distance_m=300.0)
    said = why_not(graph, Rules(), solve(graph))
    assert [w.practices for w in said.ways if w.kind == "bridge"] == [("P", "A")]


def test_who_fits_no_balanced_network_is_told_so() -> None:
    graph = nx.Graph()
    for pair, patients in enumerate([15_000, *[20_000] * 7]):
        for side in "AB":
            x, y = 9_000.0 * pair, 500.0 * (side == "B")
            graph.add_node(f"P{pair}{side}", list_size=patients, x=x, y=y)
        graph.add_edge(f"P{pair}A", f"P{pair}B", kind="border", border_m=1.0, distance_m=500.0)
    rules = Rules(balance=10)
    plan = solve(graph, rules)
    assert plan.unplaced == ("P0A", "P0B")
    told = unplaced_reasons(graph, rules, plan)
    assert set(told["reason_code"]) == {"no_feasible_group"}
    assert told.loc["P0A", "reason"].endswith(
        "because of the demand to have networks within 10 % of the mean."
    )


def test_a_veto_is_blamed_like_apart_and_stays_where_its_practices_are() -> None:
    """A veto was kept among practices that it did not name, and the answer ended in an error."""
    graph = area([20_000] * 4 + [5_000], [(0, 1), (1, 2), (2, 3)])
    tied = Rules(together=(Together(("P0", "P1")), Together(("P2", "P3"))))
    apart = explain(graph, replace(tied, apart=(Apart("P0", "P1"),)))
    veto = explain(graph, replace(tied, vetoes=(Veto("P0", "P1", "no"),)))
    assert [r.kind for r in veto.reasons] == [r.kind for r in apart.reasons]
    assert [w.kind for w in veto.ways] == [w.kind for w in apart.ways] != []
    said = asked(Rules(vetoes=(Veto("P0", "P1", "no"),)), graph)
    assert said[0].words == "to keep P0 and P1 apart, as P0 asks"


# Practices are left out that a network above the ceiling could take.
@pytest.mark.parametrize("number", [5, 14, 16, 27, 44])
def test_who_is_left_out_under_headroom_is_told_why(number: int) -> None:
    of = combined(number, 6, 10)
    rules = replace(of.rules, headroom=2.0)
    said = explain(of.graph, rules)
    assert said.sentences
    assert any(way.kind == "over_ceiling" for way in said.ways)
    assert not any(way.kind == "redraw" for way in said.ways)  # soft ends ask for less, not more


def test_a_part_without_any_local_authority_is_drawn_anew_all_the_same() -> None:
    graph = area([9_000, 45_000, 4_000, 41_000, 5_000, 35_000], [(k, k + 1) for k in range(4)])
    for k, practice in enumerate(sorted(graph)):
        graph.nodes[practice]["local_authority"] = "E1" if k == 5 else ""  # the island's alone
    rules = Rules(networks=3, max_authorities=1)
    assert explain(graph, rules).reasons
