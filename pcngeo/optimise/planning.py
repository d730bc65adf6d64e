"""From the graph to the plan: survey, decide, and put positions back into labels."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.errors import RulesError, SolverError
from pcngeo.objectives import DEFAULT, DISTANCE, Stage, describe_stage
from pcngeo.optimise.block_exchange import compile_exchange
from pcngeo.optimise.capacity import CapacityCuts, Room, violated_capacity
from pcngeo.optimise.clock import (
    Clock,
    MemoryLimitError,
    OutOfTimeError,
    WorkLimitError,
    check_options,
)
from pcngeo.optimise.costs import Objective, Own, Value
from pcngeo.optimise.counts import count_words
from pcngeo.optimise.explain import unplaced_reasons
from pcngeo.optimise.in_order import plan_in_order
from pcngeo.optimise.large import LARGE, is_large, plan_large
from pcngeo.optimise.large import METHOD as LARGE_METHOD
from pcngeo.optimise.learnt import remember
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer, Tell
from pcngeo.optimise.site import Site
from pcngeo.optimise.stages import OUTSIDE, Search, ordered
from pcngeo.optimise.wide import WideCuts, violated_wide
from pcngeo.plan import STOPPED, Plan, Status
from pcngeo.rules import Rules
from pcngeo.schema import check_graph

if TYPE_CHECKING:
    from pcngeo.optimise import Progress

__all__ = [
    "OBJECTIVE", "as_plan", "compile_kernels", "make_plan", "no_start", "numbered", "telling",
]  # fmt: skip

OBJECTIVE = DISTANCE
METHOD = (
    "set partitioning over all connected groups in the window: column generation with exact "
    "pricing, cuts, listing of every group within the gap, branch and bound; proven to a "
    "relative 1e-6 of the objective"
)
LISTED_METHOD = (
    "set partitioning over the list of all connected groups in the window: LP, cuts, branch and "
    "bound; proven to a relative 1e-6 of the objective"
)


def make_plan(
    graph: nx.Graph[str],
    rules: Rules,
    seed: int,
    time_limit: float | None,
    progress: Progress | None,
    objective: Objective | None = None,
    *,
    max_memory: float | None = None,
    stop_with_plan: bool = True,
    any_number: bool = False,
    keep_in: Path | None = None,
) -> Plan:
    """Make the plan; see `pcngeo.optimise.solve`. Ctrl-C ends it with the best plan, or at once.

    With `any_number`, a search that is stopped before it has a plan with the number of networks
    asked for answers with one of the nearest number.
    """
    check_options(seed, time_limit, max_memory)
    compile_kernels()
    return _made(
        graph, rules, seed, Clock(time_limit, max_memory), progress, objective,
        stop_with_plan, any_number, keep_in,
    )  # fmt: skip


def _made(
    graph: nx.Graph[str],
    rules: Rules,
    seed: int,
    clock: Clock,
    progress: Progress | None,
    objective: Objective | None,
    stop_with_plan: bool,
    any_number: bool,
    keep_in: Path | None = None,
) -> Plan:
    """Make the plan within what a clock allows.

    Everything that can be refused is refused before the search.
    """
    objectives = ordered(rules, objective)
    authorities = nx.get_node_attributes(check_graph(graph), "local_authority")
    if rules.max_authorities and len(graph) and not any(authorities.values()):
        raise RulesError(
            "max_authorities needs the local authority of the practices. Give --authorities."
        )
    problem = Problem.build(graph, rules)
    # What lacks its input is refused before the clock counts, however short the time.
    Site.of(graph, problem.labels, rules, tuple(o for o in objectives if not callable(o)))
    start = Answer(left_out=problem.patients)
    search = Search(
        graph, rules, seed, clock, objectives, problem, start, now=objectives[0], keep_in=keep_in
    )
    stopped: Status | None = None
    note = ""
    try:
        (plan_large if is_large(search) else plan_in_order)(search, telling(progress))
    except OutOfTimeError:
        stopped = Status.TIME_LIMIT
    except MemoryLimitError:
        stopped = Status.FEASIBLE
        note = f"The search ended at its limit of memory ({clock.memory:g} MB), without a proof."
    except WorkLimitError:
        stopped = Status.FEASIBLE
        note = "The search ended at its work limit, without a proof."
    except SolverError as fault:
        stopped = Status.FEASIBLE
        note = f"The search ended early, without a proof, because the LP solver failed: {fault}"
    except KeyboardInterrupt:
        if not stop_with_plan:
            raise
        stopped = Status.FEASIBLE
        note = STOPPED
    if note:
        search.answer.notes.append(note)
    if any_number and stopped is not None:
        _take_other(search)
    plan = _stated(search, stopped, clock).replace(rules_digest=rules.digest())
    remember(plan, search.answer.learnt)
    return plan


def _take_other(search: Search) -> None:
    """Answer with a plan of another number of networks, and say so, where there is no plan yet."""
    answer, rules = search.answer, search.rules
    other = answer.other
    if answer.plan is not None or other is None:
        return
    problem, said = search.problem, count_words(rules.networks)
    value = Value(search.site, problem.labels, rules, search.now)
    answer.plan, answer.bound = other, None
    answer.objective = value.worth(other)
    answer.left_out = problem.patients - int(problem.weights[other.members].sum())
    answer.left_out_bound = min(answer.left_out, answer.left_out_bound)
    answer.notes.insert(
        0,
        f"No plan of {said} was found in the time given, and it is not proven that there is none. "
        f"This plan has {count_words(len(other))}: the nearest number for which one was found.",
    )


@functools.cache
def compile_kernels() -> None:
    """Have every kernel compiled before a time limit counts: the first time takes some seconds.

    Ctrl-C ends that between two kernels (`pcngeo.optimise.groups.compiled.stoppable`).
    """
    graph: nx.Graph[str] = nx.Graph()
    border = {"kind": "border", "border_m": 1_000.0, "distance_m": 1_000.0}
    for i in range(12):
        size = 6_000 + i * i * 7_919 % 9_000
        graph.add_node(f"P{i:02}", list_size=size, x=1_000.0 * (i % 4), y=1_000.0 * (i // 4))
        if i % 4:
            graph.add_edge(f"P{i - 1:02}", f"P{i:02}", **border)
        if i >= 4:
            graph.add_edge(f"P{i - 4:02}", f"P{i:02}", **border)
    for objective in ("distance", "size"):
        _made(graph, Rules(objective=objective), 0, Clock(), None, None, False, False)
    pairs = Pool.of(
        [(i, (i + step) % 5) for i in range(5) for step in (1, 2)], [1.0] * 10, [0] * 10
    )
    cuts = WideCuts(5, violated_wide(5, pairs, np.full(10, 0.5), (), 0))
    cuts.paid(pairs, np.ones(len(cuts)))
    cuts.entries(pairs)
    room = Room(np.full(5, 3, np.int64), 6, 6, 0)
    needs = CapacityCuts(5, violated_capacity(room, pairs, np.full(10, 0.25), np.zeros(5), ()))
    needs.given(pairs, np.ones(len(needs)))
    needs.entries(pairs)
    compile_exchange()


def _stated(search: Search, stopped: Status | None, clock: Clock) -> Plan:
    """Put what was found into labels, and say what was minimised."""
    answer, rules = search.answer, search.rules
    answer.notes += _notes(search)
    plan = as_plan(search.graph, rules, search.problem, answer, stopped, search.seed, clock)
    if is_large(search):
        plan = plan.replace(method=LARGE_METHOD)
    if search.objectives == DEFAULT:
        return plan
    earlier = [o for o in search.done if o[0] != search.now or stopped is not None]
    words = [f"first {_describe(o)} ({value:,.0f}, proven least)" for o, value in earlier]
    words.append(("then " if words else "") + _describe(search.now))
    stages = () if any(map(callable, search.objectives)) else tuple(o for o, _ in earlier)
    return plan.replace(
        objective_name="; ".join(words),
        method=LISTED_METHOD if search.listed else METHOD,
        objectives=(*stages, search.now) if not callable(search.now) else (),
        held=tuple(value for _, value in earlier) if stages else (),
        statistics={**plan.statistics, **_worths(search, earlier)},
    )


def _worths(search: Search, earlier: list[tuple[Stage | Own, float]]) -> dict[str, float]:
    """Give the least values of the objectives that counted more, by name."""
    return {f"least_{'_'.join(_names(o)) or 'own'}": value for o, value in earlier}


def _notes(search: Search) -> list[str]:
    """Say what was assumed, and what lies outside the window."""
    rules, answer = search.rules, search.answer
    notes = []
    travel = search.graph.graph.get("travel")
    if travel is not None and any(n == "travel" for o in search.objectives for n in _names(o)):
        notes.append(f"Hubs and objective by {travel.says()}; unknown pairs are never used.")
    if rules.soft and answer.plan is not None and search.problem.n:
        notes.append(_outside(search))
    return notes


def _outside(search: Search) -> str:
    """Say how many patients lie outside the window, and what is proven of that."""
    rules, site, plan = search.rules, search.site, search.answer.plan
    assert plan is not None
    value = Value(site, search.problem.labels, rules, OUTSIDE)
    beyond = round(float(value.cost(plan, OUTSIDE).sum()))
    if not beyond:
        return "Every network lies inside the window."
    proven = any(o == OUTSIDE for o, _ in search.done)
    least = " (proven least)" if proven else ""
    return (
        f"Not everybody fits into networks of {rules.min_list:,} to {rules.max_list:,}: in this "
        f"plan {beyond:,} patients are outside that window{least}."
    )


def _names(objective: Stage | Own) -> list[str]:
    return [] if callable(objective) else [name for name, _ in objective]


def _describe(objective: Stage | Own) -> str:
    if callable(objective):
        return "a function of the members, summed over networks"
    return describe_stage(objective)


def telling(progress: Progress | None) -> Tell:
    """Pass on how far a search is, in the words of `Progress`."""

    def tell(phase: str, answer: Answer) -> None:
        if progress is None:
            return
        best = None if answer.plan is None else answer.objective
        gap = None
        if best is not None and answer.bound is not None and (best <= 0 or answer.bound > 0):
            gap = (best - answer.bound) / best if best > 0 else 0.0
        progress(phase, best, answer.bound, gap)

    return tell


def as_plan(
    graph: nx.Graph[str],
    rules: Rules,
    problem: Problem,
    answer: Answer,
    stopped: Status | None,
    seed: int,
    clock: Clock,
) -> Plan:
    """Put an answer back into labels, with its status and reasons."""
    groups, hubs = _labelled(problem, answer)
    assignment, hub_of = numbered(graph, groups, hubs)
    status = _status(answer, stopped, made=bool(groups))
    found = answer.plan is not None
    plan = Plan(
        assignment,
        status=status,
        objective=answer.objective if found else None,
        bound=answer.objective if found and status is Status.OPTIMAL else _known_bound(answer),
        unplaced_patients=answer.left_out,
        unplaced_bound=answer.left_out_bound,
        objective_name=OBJECTIVE,
        method=METHOD,
        seed=seed,
        seconds=clock.seconds,
        hubs=hub_of,
        rules_digest=rules.digest(),
        statistics=dict(sorted(answer.facts.items())),
        certificate=answer.certificate,
    )
    reasons = unplaced_reasons(graph, rules, plan) if found else None
    sentences = [*answer.notes, *([] if reasons is None else reasons["reason"])]
    return plan.replace(explanation=tuple(sentences))


def _known_bound(answer: Answer) -> float | None:
    """Give the bound, or ``None`` while it says no more than that no objective is below 0."""
    nothing = answer.bound is not None and answer.bound <= 0.0 < answer.objective
    return None if nothing else answer.bound


def _status(answer: Answer, stopped: Status | None, *, made: bool) -> Status:
    if stopped is not None:
        return stopped
    if not answer.settled:
        return Status.FEASIBLE
    return Status.INFEASIBLE if answer.impossible or not made else Status.OPTIMAL


def _labelled(problem: Problem, answer: Answer) -> tuple[list[tuple[str, ...]], list[str]]:
    """Networks and hubs by ODS code, practices that stand alone included."""
    groups: list[tuple[str, ...]] = [(p,) for p in problem.alone]
    hubs = list(problem.alone)
    if answer.plan is not None:
        groups += [tuple(problem.labels[i] for i in g) for g in answer.plan.groups()]
        hubs += [problem.labels[h] for h in answer.plan.hubs]
    return groups, hubs


def no_start(what: str, plan: Plan) -> str:
    """Say what cannot be done, and why there is no best plan to begin with.

    Parameters
    ----------
    what
        What cannot be done, without its full stop.
    plan
        A plan that is not proven best: there is none, or it is one of very many practices, or the
        search ended early.
    """
    if plan.status is Status.INFEASIBLE:
        why = " ".join(plan.explanation) or "No network can be made."
        return f"{what}: there is no plan under the rules. {why}"
    if plan.method == LARGE_METHOD:
        return (
            f"{what}: the best plan is not proven, as of {LARGE} practices and more it hardly ever "
            "is. Take a smaller area."
        )
    return f"{what}: the best plan is not proven. Give more time or memory, or other rules."


def numbered(
    graph: nx.Graph[str], groups: Sequence[Sequence[str]], hubs: Sequence[str]
) -> tuple[pd.Series[str], dict[str, str]]:
    """Give the networks numbers from north to south by hub, then west to east, then by code.

    Parameters
    ----------
    graph
        Gives the hubs' coordinates and lists every practice.
    groups, hubs
        Practices and hub of every network.

    Returns
    -------
    (Series, dict)
        Network id by practice (``""`` for practices in none), and hub by network id.
    """

    def place(g: int) -> tuple[float, float, str]:
        node = graph.nodes[hubs[g]]
        return -node["y"], node["x"], hubs[g]

    assignment = dict.fromkeys(sorted(str(p) for p in graph), "")
    hub_of = {}
    for number, g in enumerate(sorted(range(len(groups)), key=place), 1):
        hub_of[str(number)] = hubs[g]
        for practice in groups[g]:
            assignment[practice] = str(number)
    index = pd.Index(list(assignment), name="practice", dtype=str)
    return pd.Series(list(assignment.values()), index=index, name="network", dtype=str), hub_of
