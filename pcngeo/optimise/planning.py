"""From the graph to the plan: survey, decide, and put positions back into labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from pcngeo.errors import SolverError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.costs import Objective, Site, check, describe, every_group, priced
from pcngeo.optimise.counts import decide
from pcngeo.optimise.explain import unplaced_reasons
from pcngeo.optimise.ground import survey
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.schema import check_graph

if TYPE_CHECKING:
    from pcngeo.optimise import Progress

__all__ = ["OBJECTIVE", "as_plan", "make_plan", "numbered"]

OBJECTIVE = (
    "patient-metres: list size times straight-line distance to the network's hub, summed; "
    "the hub is the member practice with the least sum"
)
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
) -> Plan:
    """Make the plan; see `pcngeo.optimise.solve`."""
    clock = Clock(time_limit)
    problem = Problem.build(check_graph(graph), rules)
    answer = Answer(left_out=problem.patients)
    stopped: Status | None = None
    if objective is not None:
        check(objective)
    try:
        ground = survey(problem, seed, clock, _listed(graph, rules, problem, objective, clock))
        answer.left_out_bound = ground.least_out
        decide(ground, rules, answer, clock, _telling(progress))
    except OutOfTimeError:
        stopped = Status.TIME_LIMIT
    except WorkLimitError:
        stopped = Status.FEASIBLE
        answer.notes.append("The search ended at its work limit, without a proof.")
    except SolverError as fault:
        stopped = Status.FEASIBLE
        answer.notes.append(
            f"The search ended early, without a proof, because the LP solver failed: {fault}"
        )
    except KeyboardInterrupt:
        stopped = Status.FEASIBLE
        answer.notes.append("The search was stopped by hand, without a proof.")
    plan = as_plan(graph, rules, problem, answer, stopped, seed, clock)
    if objective is None:
        return plan
    return plan.replace(objective_name=describe(objective), method=LISTED_METHOD)


def _listed(
    graph: nx.Graph[str],
    rules: Rules,
    problem: Problem,
    objective: Objective | None,
    clock: Clock,
) -> Pool | None:
    """List all groups with the costs of an objective; ``None`` for the default one."""
    if objective is None:
        return None
    site = Site.of(graph, problem, rules)
    return priced(every_group(problem, clock), site, problem.labels, objective)


def _telling(progress: Progress | None) -> _Teller:
    return _Teller(progress)


class _Teller:
    """Passes progress on in the words of `Progress`."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress

    def __call__(self, phase: str, answer: Answer) -> None:
        if self.progress is None:
            return
        best = None if answer.plan is None else answer.objective
        gap = None
        if best is not None and answer.bound is not None:
            gap = (best - answer.bound) / best if best > 0 else 0.0
        self.progress(phase, best, answer.bound, gap)


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
        bound=answer.objective if found and status is Status.OPTIMAL else answer.bound,
        unplaced_patients=answer.left_out,
        unplaced_bound=answer.left_out_bound,
        objective_name=OBJECTIVE,
        method=METHOD,
        seed=seed,
        seconds=clock.seconds,
        hubs=hub_of,
        rules_digest=rules.digest(),
        statistics=dict(sorted(answer.facts.items())),
    )
    reasons = unplaced_reasons(graph, rules, plan) if found else None
    sentences = [*answer.notes, *([] if reasons is None else reasons["reason"])]
    return plan.replace(explanation=tuple(sentences))


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
