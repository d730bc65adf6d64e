"""Graph + Rules -> Plan, with a proof.

The rooms, in the order of the work: `problem` (labels to positions), `groups` (connected groups
inside the window: compiled kernels), `columns`, `master` and `duals` (the LP over all groups and
its bound), `branch`, `nodes` and `splits` (choosing among listed groups, with the cuts of `wide`
and `capacity`), `at_once` (both on several processors), `task` and `exact` (one demand and its
proof), `ground`, `narrow` (the window that a number of networks leaves open), `pieces` (parts that
no link joins), `settle` and `counts` (the order of the demands: patients left out, number of
networks, objective), `costs` (other objectives), `stages` and `in_order` (one objective after the
other), `keeping` (the planner's demands), `options` (every number), `pricing` and `priced` (what a
choice costs), `explain` and `whynot` (why not).

Why this way: networks of 3 to 10 practices are few enough to be priced exactly, so the LP over
*all* connected groups in the window is solved without listing them, and only groups that a better
plan could use are ever listed. No integer solver runs, so none can hang: the clock is checked
between LPs of well under a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pcngeo.errors import InfeasibleError
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from pcngeo.optimise.costs import Objective

__all__ = ["Progress", "solve"]

#: Called with the phase, the best objective, its proven bound (both in patient-metres) and gap.
Progress = Callable[[str, float | None, float | None, float | None], None]


def solve(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    strict: bool = False,
    progress: Progress | None = None,
    objective: Objective | None = None,
    keep_in: Path | None = None,
) -> Plan:
    """Divide the practices of a graph into networks: the best plan, proven.

    In this order: fewest registered patients in no network; the number of networks that
    `rules.networks` asks for (``"target"``: of the numbers that leave the fewest out, the one
    nearest to patients / `target_list`, where patients counts the practices at or below the
    ceiling; of two as near, the one with the smaller objective); least objective, the sum over
    networks of list size x straight-line distance to the hub, in patient-metres. The hub is the
    member practice with the least such sum.

    Parameters
    ----------
    graph
        See `pcngeo.schema`. A practice above `rules.max_list` stands alone (R18) and is not
        counted in the number of networks.
    rules
        The size window and the number of networks.
    seed
        Seed of the first groups tried; the plan is proven whatever the seed.
    time_limit
        Seconds; when they end, the best plan so far is returned with its bound. Where none with
        the number of networks asked for was found, it has the nearest number, and says so.
    max_memory
        Megabytes that the lists of groups may take (the program itself needs some 250 more); when
        they are full, the best plan so far is returned with its bound.
    strict
        Raise `InfeasibleError` instead of returning a plan that leaves practices out.
    progress
        Called as the search goes on; see `Progress`.
    objective
        Another objective than `rules.objective`: a name of `pcngeo.objectives.TERMS`, a mix of
        names and weights such as ``{"distance": 1, "size": 0.5}`` (in points), a list of either
        in order, or a function of the ODS codes of a network that returns its cost, 0 or more. It
        is called for every connected group in the window, of which there may be 1,500,000 at most.
        The objective of the plan is then in the unit that its `objective_name` says; with several
        in order it is the last one's, the least for the earlier ones being held.
    keep_in
        File in which a search over very many practices (500 and more, by distance) without a time
        limit keeps its LP's proof and first plan; a search of the same problem goes on from them,
        to the same plan.

    Returns
    -------
    Plan
        Networks are numbered from north to south by their hubs, those that stand alone included.
        `Status.OPTIMAL` means proven to a relative 1e-6 of the objective, and exactly as to
        patients left out and the number of networks. Stopped by Ctrl-C, the best plan so far is
        returned as `Status.FEASIBLE`.

    Raises
    ------
    DataError
        When the graph breaks its contract.
    InfeasibleError
        With `strict`, when a practice is in no network; it holds the plan.
    RulesError
        When a demand or an objective cannot be read, or when another objective needs a list of
        groups that is too long to make.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.Graph()
    >>> for i, patients in enumerate([12_000, 21_000, 15_000, 19_000]):
    ...     graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    >>> for i in range(3):
    ...     graph.add_edge(f"P{i}", f"P{i + 1}", kind="border", border_m=1.0, distance_m=1000.0)
    >>> plan = solve(graph)
    >>> plan.status.value, plan.groups(), plan.objective
    ('optimal', {'1': ('P0', 'P1'), '2': ('P2', 'P3')}, 27000000.0)
    """
    from pcngeo.optimise.planning import make_plan

    plan = make_plan(
        graph, check_rules(rules), seed, time_limit, progress, objective,
        max_memory=max_memory, any_number=True, keep_in=keep_in,
    )  # fmt: skip
    if strict and (plan.status is Status.INFEASIBLE or plan.unplaced):
        raise InfeasibleError(plan)
    return plan
