"""Every number of networks, side by side: what more or fewer networks cost and leave as headroom.

Least distance alone drives every network to the floor, so a planner should see the whole range
before settling on a number. The numbers are solved in the order of how near they are to what the
rules aim at, so that a search that is stopped has solved those that matter most.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.errors import SolverError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError, check_options
from pcngeo.optimise.counts import decide
from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.planning import as_plan, compile_kernels, make_plan
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer
from pcngeo.optimise.stages import Search
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules
from pcngeo.schema import check_graph

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["chosen_count", "each_count", "made_sizes", "options_table", "solve_counts"]

#: Called with the number that is solved next, how many are done and how many there are.
Next = Callable[[int, int, int], None]


def solve_counts(graph: nx.Graph[str], rules: Rules | None = None, **asked: Any) -> dict[int, Plan]:
    """Solve for every number of networks that the list sizes allow, each proven.

    Parameters
    ----------
    graph, rules, asked
        As in `each_count`.

    Returns
    -------
    dict
        Number of networks -> plan, ascending. A plan that leaves practices out says so in
        `unplaced_patients`, proven least for that number.

    Raises
    ------
    DataError
        When the graph breaks its contract.
    """
    return dict(sorted(each_count(graph, rules, **asked)))


def each_count(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    counts: tuple[int, int] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Next | None = None,
) -> Iterator[tuple[int, Plan]]:
    """Solve for one number of networks after the other, the nearest to the target size first.

    Parameters
    ----------
    graph
        See `pcngeo.schema`.
    rules
        The size window and the planner's demands; `Rules.networks` does not count here.
    counts
        Lowest and highest number to solve (default: every number that could place everybody, by
        list sizes, and fewer where all of those leave more people out than fewer need to).
        Practices that stand alone are not counted.
    seed
        Seed of the first groups tried.
    time_limit
        Seconds for each number.
    max_memory
        Megabytes that the lists of groups may take; see `pcngeo.solve`.
    progress
        Called before each number; see `Next`.

    Yields
    ------
    (int, Plan)
        A number and its plan. Whoever takes them can stop at any time; after Ctrl-C the best plan
        so far of the number at hand comes last.

    Raises
    ------
    DataError
        When the graph breaks its contract.
    """
    rules = check_rules(rules)
    check_options(seed, time_limit, max_memory)
    compile_kernels()
    problem = Problem.build(check_graph(graph), rules)
    ground = survey(problem, seed, Clock(None))
    low, high = possible_counts(ground)
    first, last = counts or (low, high)
    numbers = range(max(1, first), min(last, high) + 1)
    wanted = _nearest_first(numbers, problem.patients, rules)
    least = problem.patients + 1
    for done, count in enumerate(wanted):
        if progress is not None:
            progress(count, done, len(wanted))
        plan, halted = _solved(graph, rules, ground, count, seed, Clock(time_limit, max_memory))
        least = min(least, plan.unplaced_patients)
        yield count, plan
        if halted:
            raise KeyboardInterrupt
    if counts is not None:
        return
    done = len(wanted)
    for count in range(low - 1, 0, -1):
        if ground.least_out_by(count) >= least:
            return
        if progress is not None:
            progress(count, done, done + 1)
        plan, halted = _solved(graph, rules, ground, count, seed, Clock(time_limit, max_memory))
        least = min(least, plan.unplaced_patients)
        done += 1
        yield count, plan
        if halted:
            raise KeyboardInterrupt


def _nearest_first(counts: range, patients: int, rules: Rules) -> list[int]:
    return sorted(counts, key=lambda k: (abs(k * rules.target_list - patients), k))


def _solved(
    graph: nx.Graph[str],
    rules: Rules,
    ground: Ground,
    count: int,
    seed: int,
    clock: Clock,
) -> tuple[Plan, bool]:
    """Solve one number; tell also whether Ctrl-C ended it, with the best plan so far."""
    own = dataclasses.replace(rules, networks=count)
    if not Search.plain(rules):
        plan = make_plan(graph, own, seed, clock.limit, None, max_memory=clock.memory)
        if plan.stopped_by_hand and plan.objective is None:
            raise KeyboardInterrupt
        return plan, plan.stopped_by_hand
    answer = Answer(left_out=ground.problem.patients)
    stopped: Status | None = None
    halted = False
    try:
        decide(ground, own, answer, clock)
    except OutOfTimeError:
        stopped = Status.TIME_LIMIT
    except (WorkLimitError, SolverError):
        stopped = Status.FEASIBLE
    except KeyboardInterrupt:
        if answer.plan is None:
            raise
        stopped, halted = Status.FEASIBLE, True
    return as_plan(graph, own, ground.problem, answer, stopped, seed, clock), halted


def chosen_count(graph: nx.Graph[str], plans: Mapping[int, Plan], rules: Rules) -> int | None:
    """Find the number of networks that the rules ask for among those that were solved.

    Parameters
    ----------
    graph
        The graph that the plans were made on.
    plans
        What `solve_counts` returned.
    rules
        `networks`: the target size, a number, a range, or free.

    Returns
    -------
    int or None
        As `pcngeo.optimise.solve` chooses: fewest left out first (and with a soft window, fewest
        outside it), then the number nearest to patients / `target_list`, then the objective.
        ``None`` where no number has a plan.
    """
    wanted = rules.networks
    if isinstance(wanted, int):
        return wanted if wanted in plans else None
    low, high = wanted if isinstance(wanted, tuple) else (0, max(plans, default=0))
    patients = Problem.build(graph, rules).patients

    def order(count: int) -> tuple[float, ...]:
        plan = plans[count]
        sizes = made_sizes(graph, rules, plan) if rules.soft and not rules.outside_weight else []
        outside = sum(max(0, rules.min_list - n, n - rules.max_list) for n in sizes)
        away = abs(count * rules.target_list - patients) if wanted == "target" else 0
        return (plan.unplaced_patients, outside, away, plan.objective or 0.0, count)

    made = [k for k, plan in plans.items() if plan.objective is not None and low <= k <= high]
    return min(made, key=order, default=None)


def made_sizes(graph: nx.Graph[str], rules: Rules, plan: Plan) -> list[int]:
    """List sizes of the networks that the solver made, ascending.

    Parameters
    ----------
    graph, rules
        What the plan was made from.
    plan
        A plan; practices above the ceiling, which stand alone, do not count.

    Returns
    -------
    list of int
        Registered patients.
    """
    size = {str(p): int(a["list_size"]) for p, a in graph.nodes(data=True)}
    groups = plan.groups().values()
    sums = {group: sum(size[p] for p in group) for group in groups}
    return sorted(n for g, n in sums.items() if len(g) > 1 or n <= rules.max_list)


def options_table(
    graph: nx.Graph[str], plans: Mapping[int, Plan], rules: Rules | None = None
) -> pd.DataFrame:
    """Set the plans for every number of networks side by side.

    Parameters
    ----------
    graph
        The graph that the plans were made on.
    plans
        What `solve_counts` returned.
    rules
        The rules that they were made under.

    Returns
    -------
    DataFrame
        Index `networks` (practices that stand alone not counted); `status`, `unplaced_practices`,
        `unplaced_patients`, `objective` (in the unit that the plans say), `bound`, `gap`,
        `mean_distance_km` (straight line to the hub, per patient in a network that the solver
        made), `smallest` and `largest` list size,
        `above_floor` and `below_ceiling` (patients between them and the ends of the window, R01,
        R04), `seconds`. Missing where no plan has that number.
    """
    rules = check_rules(rules)
    rows = {count: _row(graph, plan, rules) for count, plan in plans.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_row(graph, None, rules)))
    whole = ["unplaced_practices", "unplaced_patients", "smallest", "largest", "above_floor",
             "below_ceiling"]  # fmt: skip
    return table.astype(dict.fromkeys(whole, "Int64")).rename_axis("networks").sort_index()


def _row(graph: nx.Graph[str], plan: Plan | None, rules: Rules) -> dict[str, object]:
    sizes = [] if plan is None else made_sizes(graph, rules, plan)
    known = plan if plan is not None and plan.objective is not None else None
    return {
        "status": "" if plan is None else str(plan.status),
        "unplaced_practices": len(known.unplaced) if known else None,
        "unplaced_patients": known.unplaced_patients if known else None,
        "objective": known.objective if known else None,
        "bound": known.bound if known else None,
        "gap": known.gap if known else None,
        "mean_distance_km": _patient_metres(graph, known) / sum(sizes) / 1000
        if known and sizes
        else None,
        "smallest": sizes[0] if sizes else None,
        "largest": sizes[-1] if sizes else None,
        "above_floor": sizes[0] - rules.min_list if sizes else None,
        "below_ceiling": rules.max_list - sizes[-1] if sizes else None,
        "seconds": 0.0 if plan is None else plan.seconds,
    }


def _patient_metres(graph: nx.Graph[str], plan: Plan) -> float:
    """Add up list size times distance to the hub, in metres."""
    total = 0.0
    for network, members in plan.groups().items():
        hub = graph.nodes[plan.hubs[network]]
        for practice in members:
            node = graph.nodes[practice]
            total += node["list_size"] * math.hypot(node["x"] - hub["x"], node["y"] - hub["y"])
    return total
