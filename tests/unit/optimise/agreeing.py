"""Many small instances, and their best plans found in two ways that share nothing with the solver.

`tried_out` tries every division: every connected group in the window, listed in plain Python and
priced by `pcngeo.recount`, and every way to fit groups together. `compact_model` is a model without
groups. An instance is a made-up area or a connected part of a real one, an objective, a demand and
a number of networks; the same number makes the same instance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from compact_model import OBJECTIVES, Model, solve_compact
from test_optimise_groups import random_graph

from pcngeo.decisions import Waiver
from pcngeo.demands import Apart, Collaboration, Locked, LockedPractice, Together
from pcngeo.objectives import TERMS
from pcngeo.optimise import solve
from pcngeo.optimise.plain import all_groups
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.recount import cost, window_of
from pcngeo.rules import Choice, Rules
from pcngeo.travel import Travel

Group = frozenset[str]
#: Costs are compared as whole multiples of this.
GRAIN = 1e-6
#: Practices up to which every division is tried out.
TRIED_OUT = 12
DEMANDS = (
    "none", "together", "apart", "locked", "locked_practice", "hub", "max_practices", "max_span_m",
    "max_authorities", "alone", "rural_waiver", "over_ceiling", "soft", "balance",
)  # fmt: skip


def dressed(graph: nx.Graph, seed: int) -> nx.Graph:
    """Give practices everything that an objective may look at; what they have already stays."""
    graph, rng, codes = nx.Graph(graph), np.random.default_rng(seed), sorted(graph)
    for a, b in sorted(graph.edges):
        graph.edges[a, b]["border_m"] = float(rng.integers(50, 900))
    for i, p in enumerate(codes):
        node = graph.nodes[p]
        node.setdefault("network_today", ["N1", "N2", "N3", ""][int(rng.integers(4))])
        node["local_authority"] = ["E1", "E2", "", "E3"][int(rng.integers(4))]
        node["deprived_share"] = float("nan") if i == 2 else float(rng.uniform())
        node["rural_share"] = float(rng.uniform())
    minutes = rng.uniform(2, 30, (len(codes), len(codes))).round(1)
    minutes[0, -1] = np.nan
    np.fill_diagonal(minutes, 0.0)
    index = pd.Index(codes, name="practice")
    table = pd.DataFrame(minutes, index=index, columns=index)
    graph.graph["travel"] = Travel(table, "minutes", "drive.csv")
    pairs = [(a, b) for i, a in enumerate(codes) for b in codes[i + 1 :] if rng.uniform() < 0.5]
    graph.graph["common"] = {pair: float(rng.integers(1, 900)) for pair in pairs}
    return graph


def cut_out(graph: nx.Graph, n: int, rng: np.random.Generator) -> nx.Graph:
    """A connected part of an area: whoever is nearest on the graph to one practice."""
    start = sorted(graph)[int(rng.integers(len(graph)))]
    near = sorted(nx.single_source_shortest_path_length(graph, start).items(), key=lambda i: i[1])
    return nx.Graph(graph.subgraph([p for p, _ in near[:n]]))


@dataclasses.dataclass
class Instance:
    """A graph and rules."""

    graph: nx.Graph
    rules: Rules
    words: str

    @property
    def people(self) -> int:
        """Patients to be grouped."""
        return sum(self.graph.nodes[p]["list_size"] for p in self.codes)

    @property
    def codes(self) -> list[str]:
        """Practices to be grouped."""
        size = nx.get_node_attributes(self.graph, "list_size")
        most = max(self.rules.max_list, self.rules.soft_max_list)
        raised = {w.practice: w.patients for w in self.rules.over_ceiling}
        return sorted(p for p in self.graph if size[p] <= max(most, raised.get(p, 0)))


#: Demands that the compact model knows.
KNOWN = DEMANDS[: DEMANDS.index("rural_waiver")]


def instance(
    number: int,
    real: list[nx.Graph] | None = None,
    fewest: int = 7,
    most: int = 12,
    *,
    compact: bool = False,
) -> Instance:
    """Make one instance: a part of one of the `real` areas, or made up where there are none.

    With `compact`, one that the compact model knows.
    """
    rng = np.random.default_rng(number)
    n = int(rng.integers(fewest, most + 1))
    if real:
        graph = cut_out(real[int(rng.integers(len(real)))], n, rng)
        what = "real"
    else:
        graph = random_graph(n, number, mean=[11_000, 13_000, 16_000][number % 3])
        what = "made up"
    graph = dressed(graph, number)
    names = sorted(set(TERMS) - {"outside"})
    objective: Any = names[int(rng.integers(len(names)))]
    shape = number % 5
    if shape == 0:
        objective = "distance"
    elif shape == 1:
        objective = {"distance": 1.0, objective: 0.5} if objective != "distance" else "distance"
    elif shape == 2:
        first = ("changed", "size", "authorities")[int(rng.integers(3))]
        objective = [first, "distance"]
    # More than are tried out have no soft or balanced window: these take a rank of their own.
    if compact:
        objective = OBJECTIVES[number % len(OBJECTIVES)]
    demand = DEMANDS[int(rng.integers(len(DEMANDS) - (2 if most > TRIED_OUT else 0)))]
    if compact:
        demand = KNOWN[int(rng.integers(len(KNOWN)))]
        demand = "none" if demand == "hub" and objective != "distance" else demand
    if not any(graph.nodes[p]["network_today"] for p in graph) and "changed" in str(objective):
        objective = "distance"
    rules = demanded(graph, demand, rng)
    people = Instance(graph, rules, "").people
    networks: Any = ("target", "free", max(1, round(people / 40_000)))[int(rng.integers(3))]
    if compact:
        networks = max(1, round(people / 40_000))
    if demand == "balance" and networks == "free":
        networks = "target"
    pairs = (Collaboration(tuple(sorted(graph)[:3])), Collaboration(tuple(sorted(graph)[3:5])))
    rules = dataclasses.replace(rules, objective=objective, networks=networks, collaborations=pairs)
    words = f"{number} ({what}, n = {len(graph)}): {objective}, {demand}, {networks}"
    return Instance(graph, rules, words)


def combined(number: int, fewest: int = 7, most: int = 11) -> Instance:
    """As `instance`, with up to four demands at once and any sort of range of numbers."""
    of, rng = instance(number, None, fewest, most), np.random.default_rng([number, 1])
    usual, rules = Rules(), of.rules
    kinds = rng.choice(DEMANDS, int(rng.integers(1, 4)), replace=False).tolist()
    for kind in kinds:
        asked = demanded(of.graph, kind, rng)
        fields = {f.name: getattr(asked, f.name) for f in dataclasses.fields(asked)}
        new = {f: v for f, v in fields.items() if v != getattr(usual, f)}
        rules = dataclasses.replace(rules, **new)
    if number % 4 == 0 and not rules.soft:
        rules = dataclasses.replace(rules, headroom=float(rng.integers(1, 12)))
    low, high = sorted(rng.integers(1, 7, 2).tolist())
    networks: Any = ("target", "free", low, (low, high), rules.networks)[int(rng.integers(5))]
    rules = dataclasses.replace(rules, networks=networks)
    words = f"{of.words}, {', '.join(kinds)}, headroom {rules.headroom:g}, {networks}"
    return Instance(of.graph, rules, words)


def in_order(number: int) -> Instance:
    """As `combined`, with two or three objectives in any order; travel that lacks ways is last."""
    of, rng = combined(number, 6, 10), np.random.default_rng([number, 9])
    many = int(rng.integers(2, 4))
    names = rng.choice(sorted(set(TERMS) - {"outside"}), 4, replace=False).tolist()
    first = names[0] if rng.uniform() < 0.7 else {names[0]: 1.0, names[3]: 0.7}
    order = [first, names[1], names[2]][:many]
    if rng.uniform() < 0.4 and "travel" not in str(order):
        order[-1] = "travel"
    rules = dataclasses.replace(of.rules, objective=order)
    return Instance(of.graph, rules, f"{of.words}, in order {order}")


def demanded(graph: nx.Graph, kind: str, rng: np.random.Generator) -> Rules:
    """Rules that make a demand of a kind on practices drawn at random."""
    free = [p for p in sorted(graph) if graph.nodes[p]["list_size"] <= 50_000]
    pairs = [(a, b) for a, b in sorted(map(sorted, graph.edges)) if a in free and b in free]
    if not pairs:
        return Rules()
    a, b = pairs[int(rng.integers(len(pairs)))]
    if kind == "together":
        return Rules(together=(Together((a, b)),))
    if kind == "apart":
        return Rules(apart=(Apart(a, b),))
    if kind == "locked":
        groups = sorted(map(sorted, all_groups(graph, 30_000, 50_000)))
        if not groups:
            return Rules()
        return Rules(locked=(Locked(tuple(groups[int(rng.integers(len(groups)))])),))
    if kind == "locked_practice":
        return Rules(locked_practices=(LockedPractice(a, b),))
    if kind == "hub":
        return Rules(hubs=(Choice(a, "health centre"), Choice(b, "hospital")))
    if kind == "rural_waiver":
        return Rules(rural_waivers=(Waiver(a, "valley", "NHS X", patients=18_000),))
    if kind == "over_ceiling":
        return Rules(over_ceiling=(Waiver(a, "town", "NHS X", patients=58_000),))
    if kind == "soft":
        return Rules(soft_min_list=24_000, soft_max_list=58_000)
    settings: dict[str, dict[str, Any]] = {
        "max_practices": {"max_practices": 4},
        "max_span_m": {"max_span_m": 5_000.0},
        "max_authorities": {"max_authorities": 2},
        "alone": {"alone": "agreed"},
        "balance": {"balance": 12.0},
    }
    return Rules(**settings.get(kind, {}))


def allowed(graph: nx.Graph, rules: Rules, group: Group, *, soft: bool) -> bool:
    """Tell whether the demands allow a group, in plain words."""
    low, high = window_of(tuple(group), rules, soft=soft)
    node = graph.nodes
    if not low <= sum(node[p]["list_size"] for p in group) <= high:
        return False
    for tied in (*rules.together, *rules.locked_practices, *rules.locked):
        if set(tied.practices) & group and not set(tied.practices) <= group:
            return False
    if any({d.a, d.b} <= group for d in rules.divided):
        return False
    if any(set(lock.practices) & group and set(lock.practices) != group for lock in rules.locked):
        return False
    if len([p for p in group if any(h.practice == p for h in rules.hubs)]) > 1:
        return False
    if rules.max_practices and len(group) > rules.max_practices:
        return False
    people, share = sum(node[p]["list_size"] for p in group), rules.headroom / 100
    if share and not low <= people * (1 - share) + 1e-6 <= people * (1 + share) <= high + 1e-6:
        return False
    if rules.alone == "agreed" and len(group) == 1:
        return False
    if rules.max_authorities:
        crossed = {node[p]["local_authority"] for p in group} - {""}
        if len(crossed) > rules.max_authorities:
            return False
    return not rules.max_span_m or all(
        np.hypot(node[p]["x"] - node[q]["x"], node[p]["y"] - node[q]["y"]) <= rules.max_span_m
        for p in group
        for q in group
    )


def worths(of: Instance, group: Group, stages: tuple[Any, ...]) -> Iterator[tuple[str, list[int]]]:
    """What a group costs under every stage, by the network of today that it continues, if any."""
    graph, node = of.graph, of.graph.nodes
    alone = {node[p]["network_today"] for p in graph if p not in of.codes}
    members, whole = tuple(sorted(group)), [dict(s).get("changed", 0.0) for s in stages]
    moved = cost((("changed", 1.0),), [members], graph, of.rules) if any(whole) else 0.0
    base = [
        cost(s, [members], graph, of.rules) - w * moved for s, w in zip(stages, whole, strict=True)
    ]
    if not all(np.isfinite(base)):
        return
    blocks = {"": 0}
    if any(whole):
        for p in group:
            today = node[p]["network_today"]
            if today and today not in alone:
                blocks[today] = blocks.get(today, 0) + node[p]["list_size"]
    size = sum(node[p]["list_size"] for p in group)
    for today, kept in blocks.items():
        yield (
            today,
            [round((b + w * (size - kept)) / GRAIN) for b, w in zip(base, whole, strict=True)],
        )


def tried_out(
    of: Instance, *, soft: bool = False, within: tuple[int, int] | None = None
) -> dict[int, tuple[int, ...]]:
    """Try every division: number of networks -> patients left out and cost by stage, the least.

    Only networks `within` two list sizes, if given: the rules' window is what headroom is of.
    """
    graph, rules, codes = of.graph, of.rules, of.codes
    stages = ((("outside", 1.0),), *rules.stages) if soft else rules.stages
    bit = {p: 1 << i for i, p in enumerate(codes)}
    low = min([rules.min_list, *[w.patients for w in rules.rural_waivers]])
    high = max([rules.max_list, *[w.patients for w in rules.over_ceiling]])
    window = (
        (min(low, rules.soft_min_list), max(high, rules.soft_max_list)) if soft else (low, high)
    )
    by_first: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
    for group in all_groups(graph, *window):
        people = sum(graph.nodes[p]["list_size"] for p in group)
        if within is not None and not within[0] <= people <= within[1]:
            continue
        if not allowed(graph, rules, group, soft=soft):
            continue
        practices = sum(bit[p] for p in group)
        for today, prices in worths(of, group, stages):
            mark = bit.setdefault(today, 1 << len(bit)) if today else 0
            row = (practices | mark, (0, *prices))
            by_first.setdefault(practices & -practices, []).append(row)
    size = {bit[p]: graph.nodes[p]["list_size"] for p in codes}
    everybody = sum(size)

    @cache
    def least(left: int) -> dict[int, tuple[int, ...]]:
        if not left & everybody:
            return {0: (0,) * (1 + len(stages))}
        first = left & -left
        found = {k: (v[0] + size[first], *v[1:]) for k, v in least(left ^ first).items()}
        for group, prices in by_first.get(first, []):
            if group & left == group:
                for k, rest in least(left ^ group).items():
                    here = tuple(a + b for a, b in zip(prices, rest, strict=True))
                    if k + 1 not in found or here < found[k + 1]:
                        found[k + 1] = here
        return found

    return least((1 << len(bit)) - 1)


def divisions(of: Instance, left_out: int, *, soft: bool = False) -> Iterator[list[Group]]:
    """Every division into networks that leaves so many patients out, `soft` ends not by default."""
    size = {p: of.graph.nodes[p]["list_size"] for p in of.codes}
    window = min(size.values()), sum(size.values())
    groups: dict[str, list[Group]] = {}
    for group in all_groups(of.graph, *window):
        if group <= set(size) and allowed(of.graph, of.rules, group, soft=soft):
            groups.setdefault(min(group), []).append(group)

    def rest(free: frozenset[str], out: int) -> Iterator[list[Group]]:
        if not free:
            yield from [] if out else [[]]
            return
        first = min(free)
        if size[first] <= out:
            yield from rest(free - {first}, out - size[first])
        for group in groups.get(first, []):
            if group <= free:
                yield from ([group, *others] for others in rest(free - group, out))

    yield from rest(frozenset(size), left_out)


def wanted(of: Instance) -> tuple[float, ...] | None:
    """Describe the best plan, every division tried out; ``None`` where there is no plan.

    Patients left out, how far the number of networks is from the target, objectives in order.
    """
    rules = of.rules
    ranks = _ranks(of, tried_out(of), 0)
    if rules.soft and (not ranks or min(ranks)[0][0] > 0):
        ranks = _ranks(of, tried_out(of, soft=True), 1)
    if not ranks:
        return None
    return _words(min(ranks))


def _words(rank: tuple[tuple[int, ...], tuple[int, ...], int]) -> tuple[float, ...]:
    return (rank[1][0], rank[2], *[v * GRAIN for v in rank[1][1:]])


def _ranks(
    of: Instance, found: dict[int, tuple[int, ...]], before: int
) -> list[tuple[tuple[int, ...], tuple[int, ...], int]]:
    """Order of the plans: left out, `before` stages, distance from the target number, the rest."""
    rules, people, ranks = of.rules, of.people, []
    for k, values in found.items():
        if k == 0 or (isinstance(rules.networks, int) and k != rules.networks):
            continue
        if isinstance(rules.networks, tuple) and not rules.networks[0] <= k <= rules.networks[1]:
            continue
        away = abs(k * rules.target_list - people) if rules.networks == "target" else 0
        ranks.append(((*values[: 1 + before], away, *values[1 + before :]), values, away))
    return ranks


def balanced(of: Instance) -> tuple[float, ...] | None:
    """As `wanted` where networks are to be balanced: each number of networks by itself."""
    ranks = _ranks(of, dict(_by_number(of)), 0)
    if of.rules.soft and (not ranks or min(ranks)[0][0] > 0):
        ranks = _ranks(of, dict(_by_number(of, soft=True)), 1)
    return _words(min(ranks)) if ranks else None


def _by_number(of: Instance, *, soft: bool = False) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Least values of balanced networks, each number of them within its own per cent."""
    rules, share = of.rules, of.rules.balance / 100
    inside = nx.Graph(of.graph.subgraph(of.codes))
    inside.graph.update(of.graph.graph)
    for k in range(1, len(of.codes) + 1):
        mean, own = of.people / k, dataclasses.replace(rules, balance=0.0, networks=k)
        within = int(np.ceil(mean * (1 - share) - 1e-9)), int(np.floor(mean * (1 + share) + 1e-9))
        values = tried_out(Instance(inside, own, ""), soft=soft, within=within).get(k)
        if values is not None:
            yield k, values


def disagreement(of: Instance, plan: Plan, expected: tuple[float, ...] | None) -> str:
    """Say how a plan differs from what was found by other means; nothing where it does not."""
    if expected is None:
        return "" if plan.status is Status.INFEASIBLE else f"there is no plan, not {plan.status}"
    if plan.status is not Status.OPTIMAL:
        return f"{plan.status}, but there is a plan: {expected}"
    verify(plan, of.graph, of.rules)
    groups = [tuple(m) for m in plan.groups().values()]
    stages = plan.objectives or of.rules.stages
    found = [cost(stage, groups, of.graph, of.rules) for stage in stages]
    made = len([g for g in groups if set(g) <= set(of.codes)])
    target = of.rules.networks == "target"
    away = abs(made * of.rules.target_list - of.people) if target else 0
    mine = (float(plan.unplaced_patients), away, *found)
    same = len(mine) == len(expected) and np.allclose(mine, expected, rtol=2e-6, atol=1e-4)
    return "" if same else f"{mine}, not {expected}"


def compare(of: Instance) -> str:
    """Solve an instance and find its best plan otherwise; nothing where both agree."""
    if of.rules.balance:
        expected = balanced(of)
    else:
        expected = wanted(of) if len(of.codes) <= TRIED_OUT else chosen(of)
    return disagreement(of, solve(of.graph, of.rules), expected)


def chosen(of: Instance, limit: float | None = None) -> tuple[float, ...] | None:
    """As `wanted`, for more practices: HiGHS's integer solver chooses among all groups.

    Raises `TimeoutError` after `limit` seconds for one solve.
    """
    rules, most = of.rules, of.people // of.rules.min_list + 1
    numbers: list[int | None] = [None]
    if isinstance(rules.networks, int):
        numbers = [rules.networks]
    elif rules.networks == "target":
        away = sorted(range(1, most + 1), key=lambda k: abs(k * rules.target_list - of.people))
        numbers = list(away)
    stages, columns = rules.stages, list(_columns(of))
    fewest = _least(of, columns, [], None, limit) if rules.networks == "target" else None
    best: list[tuple[float, ...]] = []
    for k in numbers:
        away_now = (
            0 if rules.networks != "target" else abs((k or 0) * rules.target_list - of.people)
        )
        if best and away_now > best[0][1]:
            break
        values = _least(of, columns, [*range(len(stages))], k, limit)
        if values is not None and (fewest is None or values[0] == fewest[0]):
            best.append((values[0], away_now, *values[1:]))
    return min(best) if best else None


def _columns(of: Instance) -> Iterator[tuple[Group, str, list[float]]]:
    low = min([of.rules.min_list, *[w.patients for w in of.rules.rural_waivers]])
    high = max([of.rules.max_list, *[w.patients for w in of.rules.over_ceiling]])
    for group in all_groups(of.graph, low, high):
        if allowed(of.graph, of.rules, group, soft=False):
            for today, prices in worths(of, group, of.rules.stages):
                yield group, today, [v * GRAIN for v in prices]


def _least(
    of: Instance,
    columns: list[tuple[Group, str, list[float]]],
    stages: list[int],
    k: int | None,
    limit: float | None,
) -> tuple[float, ...] | None:
    """Patients left out, then each stage in order, the earlier ones held."""
    codes, today = of.codes, sorted({t for _, t, _ in columns} - {""})
    size = {p: of.graph.nodes[p]["list_size"] for p in codes}
    model = Model()
    x = model.columns(len(columns))
    rows: dict[str, dict[int, float]] = {p: {} for p in [*codes, *today]}
    for c, (group, continues, _) in zip(x, columns, strict=True):
        for row in [*group, *([continues] if continues else [])]:
            rows[row][c] = 1.0
    for row in rows.values():
        model.row(row or {0: 0.0}, -np.inf, 1.0)
    model.row(dict.fromkeys(x, 1.0), 1 if k is None else k, np.inf if k is None else k)
    held = {c: -float(sum(size[p] for p in g)) for c, (g, _, _) in zip(x, columns, strict=True)}
    placed = model.least(held, limit) if columns else None
    if placed is None:
        return None
    model.row(held, -np.inf, placed[0] + 0.5)
    values = [float(round(sum(size.values()) + placed[0]))]
    for s in stages:
        cost = {c: prices[s] for c, (_, _, prices) in zip(x, columns, strict=True)}
        best = model.least(cost, limit)
        assert best is not None
        values.append(sum(cost[c] for c in x if best[1][c] > 0.5))
        model.row(cost, -np.inf, values[-1] * (1 + 1e-9) + 1e-6)
    return tuple(values)


def compact_answer(of: Instance, limit: float | None = None) -> tuple[float, ...] | str | None:
    """The compact model's answer where it can say one; else in a word why not."""
    rules = of.rules
    (name, weight), *others = rules.stages[-1]
    if len(rules.stages) > 1 or others or weight != 1.0 or name not in OBJECTIVES:
        return "not asked"
    if not isinstance(rules.networks, int) or (rules.hubs and name != "distance"):
        return "not asked"
    if rules.soft or rules.balance or rules.rural_waivers or rules.over_ceiling:
        return "not asked"
    try:
        answer = solve_compact(
            of.graph, rules.min_list, rules.max_list, rules.networks, name, rules, limit
        )
    except TimeoutError:
        return "out of time"
    return None if answer is None else (answer[1], 0, answer[0])
