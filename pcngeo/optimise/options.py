"""Every number of networks, side by side: what more or fewer networks cost and leave as headroom.

Least distance alone drives every network to the floor, so a planner should see the whole range
before settling on a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.errors import SolverError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.planning import as_plan
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer, settle
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.schema import check_graph

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["options_table", "solve_counts"]


def solve_counts(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    counts: tuple[int, int] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[int, Plan], None] | None = None,
) -> dict[int, Plan]:
    """Solve for every number of networks that the list sizes allow, each proven.

    Parameters
    ----------
    graph
        See `pcngeo.schema`.
    rules
        The size window; `Rules.networks` does not count here.
    counts
        Lowest and highest number to solve (default: every number that could place everybody, by
        list sizes). Practices that stand alone are not counted.
    seed
        Seed of the first groups tried.
    time_limit
        Seconds for each number.
    progress
        Called with every number and its plan.

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
    rules = rules or Rules()
    problem = Problem.build(check_graph(graph), rules)
    ground = survey(problem, seed, Clock(None))
    low, high = possible_counts(ground)
    first, last = counts or (low, high)
    plans = {}
    for count in range(first, min(last, high) + 1):
        plans[count] = _solved(graph, rules, ground, count, seed, time_limit)
        if progress is not None:
            progress(count, plans[count])
    return plans


def _solved(
    graph: nx.Graph[str],
    rules: Rules,
    ground: Ground,
    count: int,
    seed: int,
    time_limit: float | None,
) -> Plan:
    clock, answer = Clock(time_limit), Answer(left_out=ground.problem.patients)
    stopped: Status | None = None
    try:
        settle(ground, (count, count), answer, clock)
    except OutOfTimeError:
        stopped = Status.TIME_LIMIT
    except (WorkLimitError, SolverError):
        stopped = Status.FEASIBLE
    return as_plan(graph, rules, ground.problem, answer, stopped, seed, clock)


def options_table(graph: nx.Graph[str], plans: dict[int, Plan]) -> pd.DataFrame:
    """Set the plans for every number of networks side by side.

    Parameters
    ----------
    graph
        The graph that the plans were made on.
    plans
        What `solve_counts` returned.

    Returns
    -------
    DataFrame
        Index `networks` (practices that stand alone not counted); `status`, `unplaced_patients`,
        `objective` (patient-metres), `bound`, `mean_distance_km` (per patient in a network that
        the solver made), `smallest` and `largest` list size, `seconds`.
    """
    size = {str(p): int(a["list_size"]) for p, a in graph.nodes(data=True)}
    rows = {}
    for count, plan in plans.items():
        sizes = [sum(size[p] for p in members) for members in plan.groups().values()]
        made = sorted(sizes)[:count] if count else []
        rows[count] = {
            "status": str(plan.status),
            "unplaced_patients": plan.unplaced_patients,
            "objective": plan.objective,
            "bound": plan.bound,
            "mean_distance_km": (plan.objective or 0.0) / sum(made) / 1000 if made else None,
            "smallest": made[0] if made else None,
            "largest": made[-1] if made else None,
            "seconds": plan.seconds,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis("networks")
