"""Why not everybody: the smallest reason in words and numbers, and the cheapest ways out.

In this order: arithmetic on the parts of the area (`parts`); the planner's own demands, of which
an irreducible set that cannot hold together is found by taking one after the other away and asking
the optimiser itself (`demands`); the nearest number of networks that would do, links, waivers and
demands that would help, each tried out (`ways`).

Why over demands and not over practices: a tight total involves everybody, so that there is no
short set of practices to name. There, what helps is the mean size, who would have to stay out, and
the nearest number of networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcngeo.optimise.whynot.answer import KINDS, WAYS, Conflict, Reason, Way, WhyNot
from pcngeo.optimise.whynot.demands import Oracle, blame
from pcngeo.optimise.whynot.parts import number_fails, reasons_of
from pcngeo.optimise.whynot.ways import ways_out
from pcngeo.plan import Status

if TYPE_CHECKING:
    import networkx as nx

    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = ["KINDS", "WAYS", "Conflict", "Reason", "Way", "WhyNot", "number_fails", "why_not"]

#: Plans that are made at most to find demands in conflict and ways out: a work limit.
MOST_SOLVES = 60


def why_not(
    graph: nx.Graph[str],
    rules: Rules,
    plan: Plan,
    *,
    time_limit: float | None = None,
    most_solves: int = MOST_SOLVES,
) -> WhyNot:
    """Say why a plan leaves practices in no network, and what would help.

    Parameters
    ----------
    graph
        The graph that the plan was made on; see `pcngeo.schema`.
    rules
        The rules that it was made under.
    plan
        The solver's plan. For one that was stopped, only arithmetic is said; for one that was
        given, nothing.
    time_limit
        Seconds for all of it; without one, the number of solves is the only limit.
    most_solves
        Plans that are made at most.

    Returns
    -------
    WhyNot
        Empty where nobody is left out.

    Examples
    --------
    >>> import networkx as nx
    >>> from pcngeo.optimise import solve
    >>> from pcngeo.rules import Rules
    >>> graph = nx.Graph()
    >>> for i, patients in enumerate([30_000, 25_000]):
    ...     graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    >>> graph.add_edge("P0", "P1", kind="border", border_m=1.0, distance_m=1000.0)
    >>> said = why_not(graph, Rules(), solve(graph))
    >>> said.reasons[0].kind, said.reasons[0].patients
    ('no_count_divides', 55000)
    """
    if not plan.unplaced or plan.status is Status.GIVEN:
        return WhyNot()
    oracle = Oracle(graph, time_limit, most_solves)
    settled = plan.status in (Status.OPTIMAL, Status.INFEASIBLE)
    conflicts = blame(oracle, rules, plan) if settled else ()
    reasons = reasons_of(graph, rules, plan, conflicts)
    ways = ways_out(oracle, rules, plan, conflicts) if settled else ()
    return WhyNot(
        patients=plan.unplaced_patients,
        least=plan.unplaced_bound,
        reasons=reasons,
        conflicts=conflicts,
        ways=ways,
    )
