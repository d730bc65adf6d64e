"""Networks of many small blocks, such as LSOAs: 18 to 30 of them in each, the number fixed.

So large groups cannot be listed or priced, so this is another model on the same graph
(`block_model`). Prices of the blocks prove how little a division can cost at least and show where
the centres are (`block_bound`); a first plan is made around these (`block_centres`), or cut out of
spanning trees where there is none. Up to `WHOLE` blocks the model is then solved for all that a
better plan can hold. Beyond, two or three networks that touch are solved anew together until no
such region gets better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import RulesError
from pcngeo.objectives import DEFAULT, DISTANCE
from pcngeo.optimise.block_bound import Offers, Prices, compile_kernel, first_prices, raised
from pcngeo.optimise.block_centres import plan_from, settled, spread
from pcngeo.optimise.block_model import PROVEN, Blocks, Labels, solve_whole
from pcngeo.optimise.block_start import first_division
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.moves import shorten
from pcngeo.optimise.planning import numbered
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules
from pcngeo.schema import check_graph

__all__ = ["Blocks", "solve_blocks"]

#: Blocks up to which the model is solved whole.
WHOLE = 160
#: Blocks of the regions that are solved anew, in turn; passes over all regions of a size.
REGIONS, PASSES = (50, 100), 3
#: First divisions tried, the best of which goes on; for more than so many blocks, one.
STARTS, MANY = 12, 1_500
#: Share of a time limit after which the prices are left, and the first plan must be there.
PRICES_UNTIL, CENTRES_UNTIL = 0.3, 0.5
#: Passes in which single blocks move, and the share of a time limit after which only the bound is
#: worked on.
MOVES, REGIONS_UNTIL = 20, 0.7
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
        Seed of the first division, where there are more than `WHOLE` blocks.
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
    clock, told = Clock(time_limit), progress or _silent
    problem = Blocks.of(check_graph(graph), rules, blocks)
    count = _count(problem, rules)
    first, offers, prices = _around_centres(problem, count, clock, told)
    if len(problem.labels) <= WHOLE:
        home, bound = _proven(problem, first, offers, prices, clock)
    else:
        home, bound = _by_regions(problem, first, offers, prices, seed, clock, told)
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


def _around_centres(
    problem: Blocks, count: int, clock: Clock, told: Progress
) -> tuple[Labels | None, Offers, Prices]:
    """Price the blocks; make a first plan around the centres that the prices choose."""
    offers = Offers.of(problem.load, problem.near, problem.cost, problem.window, count)
    even = problem.load * (count / problem.load.sum())
    _, about = settled(problem, spread(problem, even, count), clock.until(PRICES_UNTIL))
    if not math.isfinite(about):
        about = float(np.median(problem.cost)) * len(problem.labels)
    prices = raised(offers, first_prices(offers, about), about, clock.until(PRICES_UNTIL))
    until = clock.until(CENTRES_UNTIL)
    centres, least = settled(problem, spread(problem, prices.chosen, count), until)
    if not math.isfinite(least):
        return None, offers, prices
    home = plan_from(problem, centres, until)
    if home is not None:
        told("plan around centres", problem.recentred(home)[1])
    return home, offers, prices


def _proven(
    problem: Blocks, first: Labels | None, offers: Offers, prices: Prices, clock: Clock
) -> tuple[Labels | None, float]:
    """Solve the model for what a plan better than the first can hold."""
    if first is None:
        home, bound = solve_whole(problem, offers.count, clock)
        return home, max(bound, prices.bound)
    first, best = problem.recentred(_moved(problem, first, clock))
    prices = raised(offers, prices, best, clock)
    offered = prices.worthwhile(offers, best)
    home, bound = solve_whole(problem, offers.count, clock, offered)
    if home is None or problem.recentred(home)[1] > best:
        home = first
    return home, min(best, max(bound, prices.bound))


def _by_regions(
    problem: Blocks,
    first: Labels | None,
    offers: Offers,
    prices: Prices,
    seed: int,
    clock: Clock,
    told: Progress,
) -> tuple[Labels | None, float]:
    """Solve regions of networks that touch anew, from a first plan or one of spanning trees."""
    regions = clock.until(REGIONS_UNTIL)
    if first is None:
        first = _start(problem, offers.count, seed, clock.until(CENTRES_UNTIL))
    if first is None:
        return None, prices.bound
    home, best = problem.recentred(_moved(problem, first, regions))
    told("first division", best)
    tried: set[tuple[int, ...]] = set()
    for size in [size for size in REGIONS for _ in range(PASSES)]:
        before = best
        for centre in np.unique(home):
            if regions.left <= 0:
                break
            region = _region(problem, home, int(centre), size)
            key = tuple(region.tolist())
            if not key or key in tried:
                continue
            tried.add(key)
            home = _better(problem, home, region, regions)
            home, best = problem.recentred(home)
            told("regions", best)
        if best >= before * (1 - 1e-6) and size == REGIONS[-1]:
            break
    home, best = problem.recentred(_moved(problem, home, regions))
    return home, raised(offers, prices, best, clock).bound


def _start(problem: Blocks, count: int, seed: int, clock: Clock) -> Labels | None:
    """Divide by spanning trees several times, let single blocks move; return the best of these."""
    best, least = None, math.inf
    for k in range(STARTS if len(problem.labels) <= MANY else 1):
        if k and clock.left <= 0:
            break
        groups = first_division(
            problem.load, problem.near, problem.cost, problem.window, count, seed + k
        )
        if groups is None:
            continue
        home = np.empty(len(problem.labels), np.int64)
        for group in groups:
            home[group] = group[0]
        home, cost = problem.recentred(_moved(problem, home, clock))
        if cost < least:
            best, least = home, cost
    return best


def _moved(problem: Blocks, home: Labels, clock: Clock) -> Labels:
    """Let single blocks move to networks beside theirs as long as that shortens the ways."""

    def cost(members: Iterable[int]) -> float:
        inside = np.array(sorted(members))
        return float(problem.cost[np.ix_(inside, inside)].sum(axis=0).min())

    near = problem.near.__getitem__
    return shorten(home, problem.load, problem.window, near, cost, MOVES, clock)


def _region(problem: Blocks, home: Labels, centre: int, size: int) -> NDArray[np.int64]:
    """Take a network and those beside it with the longest ways, up to `size` blocks."""
    inside = np.flatnonzero(home == centre)
    if not len(inside):
        return inside
    beside = {int(home[j]) for i in inside for j in problem.near[i]} - {centre}
    ways = {c: float(problem.cost[np.flatnonzero(home == c), c].sum()) for c in beside}
    chosen = [inside]
    for other in sorted(beside, key=lambda c: (-ways[c], c)):
        more = np.flatnonzero(home == other)
        if sum(map(len, chosen)) + len(more) <= size and len(chosen) < 3:
            chosen.append(more)
    return np.sort(np.concatenate(chosen))


def _better(problem: Blocks, home: Labels, region: NDArray[np.int64], clock: Clock) -> Labels:
    """Solve a region anew; return the plan, better or as it was."""
    own = problem.part(region.tolist())
    count = len(np.unique(home[region]))
    found, _ = solve_whole(own, count, clock)
    if found is None:
        return home
    now = float(problem.cost[region, home[region]].sum())
    if own.recentred(found)[1] >= now * (1 - 1e-9):
        return home
    changed = home.copy()
    changed[region] = region[found]
    return changed


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
    gap = (objective - bound) / objective if objective else 0.0
    said = (
        "Proven to be within 0.01 % of the best possible."
        if proven
        else f"At most {gap:.2%} from the best possible for {len(centres)} networks (proven)."
    )
    return Plan(
        assignment, status=status if clock.left > 0 or proven else Status.TIME_LIMIT,
        objective=objective, bound=bound, objective_name=DISTANCE, method=_METHOD, seed=seed,
        seconds=clock.seconds, hubs=hubs, rules_digest=rules.digest(), explanation=(said,),
    )  # fmt: skip
