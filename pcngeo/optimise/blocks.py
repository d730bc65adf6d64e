"""Networks of many small blocks, such as LSOAs: 18 to 30 of them in each, the number fixed.

So large groups cannot be listed or priced, so this is another model on the same graph
(`block_model`). Prices of the blocks, and of cuts between what is not linked (`block_cuts`), prove
how little a division can cost at least and show where the centres are (`block_bound`). A first plan
is made around these (`block_centres`), or cut out of spanning trees where there is none, and made
better by exchange between networks (`block_exchange`). Up to `WHOLE` blocks the model is then
solved for all that a better plan can hold, case by case where prices prove too little
(`block_zones`); beyond, the bound tells how much better another plan could be.
"""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np

from pcngeo.errors import RulesError
from pcngeo.objectives import DEFAULT, DISTANCE
from pcngeo.optimise.block_bound import Offers, Prices, compile_kernel, linked, raised
from pcngeo.optimise.block_exchange import compile_exchange
from pcngeo.optimise.block_first import first_plan, priced
from pcngeo.optimise.block_model import PROVEN, Blocks, Labels, solve_whole
from pcngeo.optimise.block_zones import by_zones
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.planning import numbered
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules
from pcngeo.schema import check_graph

__all__ = ["Blocks", "solve_blocks"]

#: Blocks up to which the model is solved whole.
WHOLE = 160
#: Gap, and pairs of block and centre left, beyond which it is solved by zones.
WIDE, MANY = 0.02, 4_000
#: Shares of a time limit after which only the bound, or the model, is worked on; and only its cuts.
FIRST_UNTIL, CUTS_FROM = 0.6, 0.75
_METHOD = "assignment to centres (Hess) with contiguity by cuts"
Progress = Callable[[str, float], None]


def solve_blocks(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    blocks: tuple[int, int] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Divide blocks into a fixed number of connected networks, least distance to their centres.

    Parameters
    ----------
    graph
        See `pcngeo.schema`; its nodes are blocks, such as LSOAs, with registered patients as
        `list_size`.
    rules
        The window, and the number of networks: one number, or ``"target"`` for the one nearest to
        `target_list` patients each (with `blocks`: to the middle of that window).
    blocks
        Fewest and most blocks of a network, such as ``(18, 30)``, instead of the rules' window of
        registered patients.
    seed
        Seed of the exchange between networks, and of spanning trees.
    time_limit
        Seconds; the best plan so far is then returned with its bound.
    progress
        Told what is done and the best objective so far (infinite without one).

    Returns
    -------
    Plan
        `Status.OPTIMAL` where it is proven to be within 0.01 % of the best; otherwise with the
        proven bound.

    Raises
    ------
    RulesError
        When the rules hold what this model does not know, or the number is not possible.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> for i in range(6):
    ...     graph.add_node(f"E{i}", list_size=12_000, x=1000.0 * i, y=0.0)
    >>> nx.add_path(graph, sorted(graph), kind="border", border_m=1.0, distance_m=1000.0)
    >>> solve_blocks(graph, Rules(networks=2)).groups()
    {'1': ('E0', 'E1', 'E2'), '2': ('E3', 'E4', 'E5')}
    """
    rules = check_rules(rules)
    _check_known(rules)
    compile_kernel()
    compile_exchange()
    clock, told = Clock(time_limit), progress or _silent
    problem = Blocks.of(check_graph(graph), rules, blocks)
    count = _count(problem, rules)
    offers, prices = priced(problem, count, clock)
    first = first_plan(problem, count, prices, seed, clock.until(FIRST_UNTIL))
    if first is not None:
        told("first plan", problem.recentred(first)[1])
    if len(problem.labels) <= WHOLE:
        home, bound = _proven(problem, first, offers, prices, clock)
    else:
        home = first
        if first is not None:
            best = problem.recentred(first)[1]
            prices = _tightened(offers, prices, best, clock)[1]
        bound = prices.bound
    return _as_plan(graph, rules, problem, home, bound, seed, clock)


def _silent(done: str, best: float) -> None:
    """Say nothing."""


def _check_known(rules: Rules) -> None:
    """Refuse what this model does not know."""
    usual = Rules()
    known = ("preset", "min_list", "max_list", "target_list", "networks", "objective")
    plain = Rules(**{name: getattr(rules, name) for name in known})
    demands = [
        name
        for name in ("together", "apart", "locked", "locked_practices", "hubs", "vetoes", "balance",
                     "max_practices", "max_span_m", "max_authorities", "headroom", "closures",
                     "soft_min_list", "soft_max_list", "rural_waivers", "over_ceiling")
        if getattr(rules, name) != getattr(usual, name)
    ]  # fmt: skip
    if demands or plain.stages != DEFAULT:
        what = ", ".join(demands) or "another objective than distance"
        raise RulesError(
            f"networks of blocks keep the window and the number only: take out {what}."
        )


def _count(problem: Blocks, rules: Rules) -> int:
    total, (low, high) = int(problem.load.sum()), problem.window
    fewest, most = -(-total // high), total // low
    if fewest > most:
        raise RulesError(f"no number of networks of {low:,} to {high:,} divides {total:,}.")
    if isinstance(rules.networks, int):
        if not fewest <= rules.networks <= most:
            raise RulesError(
                f"{rules.networks} networks of {low:,} to {high:,} cannot be made of {total:,}: "
                f"only {fewest} to {most}. Set networks to one of these."
            )
        return rules.networks
    if rules.networks != "target":
        raise RulesError("networks of blocks need one number of networks, or 'target'.")
    each = rules.target_list if high == rules.max_list else (low + high) / 2
    return min(range(fewest, most + 1), key=lambda k: (abs(k * each - total), k))


def _proven(
    problem: Blocks, first: Labels | None, offers: Offers, prices: Prices, clock: Clock
) -> tuple[Labels | None, float]:
    """Solve the model for what a plan better than the first can hold."""
    if first is None:
        home, bound = solve_whole(problem, offers.count, clock)
        return home, max(bound, prices.bound)
    first, best = problem.recentred(first)
    offers, prices = _tightened(offers, prices, best, clock)
    if best - prices.bound > WIDE * best and len(offers.blocks) > MANY:
        home, bound = by_zones(problem, offers, prices, first, clock)
        return home, min(problem.recentred(home)[1], bound)
    offered = prices.worthwhile(offers, best)
    home, bound = solve_whole(problem, offers.count, clock, offered, first)
    if home is None or problem.recentred(home)[1] > best:
        home = first
    return home, min(best, max(bound, prices.bound))


def _tightened(offers: Offers, prices: Prices, best: float, clock: Clock) -> tuple[Offers, Prices]:
    """Raise the bound, knowing what a plan costs: among what a better one can hold, under cuts."""
    offers = offers.only(prices.worthwhile(offers, best))
    prices = raised(offers, prices, best, clock.until(CUTS_FROM))
    offers = offers.only(prices.worthwhile(offers, best))
    return offers, linked(offers, prices, best, clock)


def _as_plan(
    graph: nx.Graph[str],
    rules: Rules,
    problem: Blocks,
    home: Labels | None,
    bound: float,
    seed: int,
    clock: Clock,
) -> Plan:
    labels = problem.labels
    if home is None:
        late = clock.left <= 0
        said = "No plan was found in the time given." if late else "No plan was found."
        assignment, _ = numbered(graph, [], [])
        patients = sum(int(graph.nodes[p]["list_size"]) for p in labels)
        status = Status.TIME_LIMIT if late else Status.FEASIBLE
        return Plan(assignment, status=status, unplaced_patients=patients, explanation=(said,),
                    method=_METHOD, rules_digest=rules.digest())  # fmt: skip
    centres = np.unique(home)
    groups = [[labels[i] for i in np.flatnonzero(home == c)] for c in centres]
    assignment, hubs = numbered(graph, groups, [labels[int(c)] for c in centres])
    objective = float(problem.cost[np.arange(len(home)), home].sum())
    bound = min(objective, bound)
    proven = objective - bound <= PROVEN * objective
    status = Status.OPTIMAL if proven else Status.FEASIBLE
    return Plan(
        assignment, status=status if clock.left > 0 or proven else Status.TIME_LIMIT,
        objective=objective, bound=bound, objective_name=DISTANCE, method=_METHOD, seed=seed,
        seconds=clock.seconds, hubs=hubs, rules_digest=rules.digest(),
    )  # fmt: skip
