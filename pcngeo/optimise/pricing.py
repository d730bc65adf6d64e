"""The price of a choice: what keeping practices together, apart or locked costs, proven.

One more search with the demand added to the rules: nothing is estimated. Where the choice costs
little, the search is one over the groups of all plans that are nearly as good as the best (`near`),
which are listed once for all choices; one choice alone is proven from the groups and cuts of the
best plan (`learnt`). Either gives what a search from scratch gives. The demands stand
in the order of `pcngeo.optimise.solve`, so a choice that leaves more patients out, or that takes
another number of networks, has no price in the objective alone, and says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.demands import Apart, Locked, Together
from pcngeo.errors import RulesError, SolverError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.keeping import demands_of, site_demands
from pcngeo.optimise.near import Beyond, Found, Near, Tell
from pcngeo.optimise.planning import as_plan, make_plan
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.priced import Asked, Price, is_kept
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.settle import Answer
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules

if TYPE_CHECKING:
    Next = Callable[[str, int, int], None]

__all__ = ["adjacent_choices", "each_price", "opposite", "price", "with_choice"]

#: Groups of the longest list that is looked through for every choice: beyond, one of its own is
#: made as soon.
LONGEST = 20_000


def price(
    graph: nx.Graph[str],
    rules: Rules | None,
    choice: Asked,
    *,
    base: Plan | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    searching: Tell | None = None,
) -> Price:
    """Prove what a choice costs: keeping practices together, two apart, or a network as it is.

    Parameters
    ----------
    graph, rules, seed, time_limit, max_memory
        As of `pcngeo.optimise.solve`; the time limit is for each of the two solves.
    choice
        What is to be kept.
    base
        The plan that `solve` made without it, where that is known already. One that was just made
        brings along what its search learnt, which saves time; from one that was read from a file
        the price is the same, but of plans that are equally good with the choice another may be
        the one that comes with it. So, too, where several are priced together.
    searching
        Called as each search goes on; see `pcngeo.optimise.Progress`.

    Returns
    -------
    Price

    Raises
    ------
    DataError, RulesError
        When the graph breaks its contract, or the choice cannot be read on it.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> for i, patients in enumerate([12_000, 21_000, 15_000, 19_000]):
    ...     graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=1000.0 * (i % 2))
    >>> for a, b in [(0, 1), (1, 2), (2, 3), (3, 0)]:
    ...     graph.add_edge(f"P{a}", f"P{b}", kind="border", border_m=1.0, distance_m=1000.0)
    >>> asked = price(graph, None, Apart("P2", "P3"))
    >>> asked.settled.value, round(asked.percent)
    ('proven', 55)
    """
    return next(
        each_price(
            graph, rules, [choice], base=base, seed=seed, time_limit=time_limit,
            max_memory=max_memory, searching=searching, listed=False,
        )
    )  # fmt: skip


def each_price(
    graph: nx.Graph[str],
    rules: Rules | None,
    choices: Sequence[Asked],
    *,
    base: Plan | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Next | None = None,
    searching: Tell | None = None,
    listed: bool = True,
) -> Iterator[Price]:
    """Price several choices, each against the same best plan.

    Parameters
    ----------
    graph, rules, base, seed, time_limit, max_memory
        As of `price`.
    choices
        What is to be kept, each for itself.
    progress
        Called with the choice in words, how many are done and how many there are.
    searching
        As of `price`.
    listed
        Whether the groups near the best plan are listed first: for one choice alone, that takes
        longer than the search. It does not go by how many choices there are: of a run that was
        broken off one may be left.

    Yields
    ------
    Price
        In the order of the choices. Whoever takes them can stop at any time.
    """
    rules = check_rules(rules)
    for choice in choices:
        _check_known(graph, choice)
    clock = partial(Clock, time_limit, max_memory)
    if base is None:
        base = _made(graph, rules, seed, clock(), searching)
    size = nx.get_node_attributes(graph, "list_size")
    inside = sum(int(size[str(p)]) for p, network in base.assignment.items() if network != "")

    @cache
    def near() -> Near | None:
        if searching is not None and listed:
            searching("groups near the best plan", None, None, None)
        return _near(graph, rules, base, seed, clock(), listed)

    for done, choice in enumerate(choices):
        if progress is not None:
            progress(choice.words(), done, len(choices))
        plan = base
        if not (base.status is Status.OPTIMAL and is_kept(base, choice)):
            known = near()
            plan = _restricted(graph, rules, choice, known, base, seed, clock(), searching, listed)
        yield Price(choice, base, plan, inside, _any_count(rules))


def _near(
    graph: nx.Graph[str], rules: Rules, base: Plan, seed: int, clock: Clock, listed: bool
) -> Near | None:
    """Begin near the best plan, where the objective alone decides between such plans.

    For a list, its LP is solved here, so that one that no limit allows is tried once only.
    """
    if _other_numbers(rules, base, nx.get_node_attributes(graph, "list_size")):
        return None
    with contextlib.suppress(OutOfTimeError, WorkLimitError, SolverError, RulesError):
        near = Near.of(graph, rules, base, seed, clock)
        if near is not None and listed:
            near.relaxed(clock)
        return near
    return None


def _other_numbers(rules: Rules, base: Plan, size: Mapping[str, int]) -> bool:
    """Tell whether another number of networks may be as good: it is then searched anew."""
    if rules.balance:
        return _any_count(rules)
    groups = [g for g in base.groups().values() if len(g) > 1 or size[g[0]] <= rules.max_list]
    patients = sum(n for n in size.values() if n <= rules.max_list)
    made, target = len(groups), rules.target_list
    away = abs(made * target - patients)
    return rules.networks == "target" and any(
        abs(k * target - patients) == away for k in (made - 1, made + 1)
    )


def _restricted(
    graph: nx.Graph[str],
    rules: Rules,
    choice: Asked,
    near: Near | None,
    base: Plan,
    seed: int,
    clock: Clock,
    searching: Tell | None,
    listed: bool,
) -> Plan:
    """Make the best plan that keeps a choice: from what is near the best, or from scratch."""
    own = with_choice(rules, choice)
    Problem.build(graph, own)  # refuses what cannot be read
    if near is not None and site_demands(graph, own) == site_demands(graph, rules):
        with contextlib.suppress(OutOfTimeError, WorkLimitError, SolverError):
            found = _from_near(graph, near, choice, clock, searching, listed)
            if found is not None:
                cost, out = float(found.costs.sum()), near.ground.left_out(found)
                answer = Answer(found, out, out, cost, cost, settled=True)
                return as_plan(graph, own, near.problem, answer, None, seed, clock).replace(
                    objective_name=base.objective_name,
                    objectives=base.objectives,
                    held=base.held,
                )
    return _made(graph, own, seed, clock, searching)


def _made(
    graph: nx.Graph[str], rules: Rules, seed: int, clock: Clock, searching: Tell | None
) -> Plan:
    """Make a plan from scratch, in the time that is left."""
    left = None if clock.limit is None else max(0.0, clock.left)
    return make_plan(
        graph, rules, seed, left, searching, max_memory=clock.memory, stop_with_plan=False
    )


def _from_near(
    graph: nx.Graph[str],
    near: Near,
    choice: Asked,
    clock: Clock,
    searching: Tell | None,
    listed: bool,
) -> Pool | None:
    """Find the best plan that keeps a choice, a short list first; ``None``: nobody can say here."""
    place = [near.problem.labels.index(p) for p in choice.practices]
    keeping = partial(_keeping, choice, place)
    begun = None
    if listed:
        found = near.best(keeping, clock, near.widening(LONGEST), most=LONGEST, tell=searching)
        if isinstance(found, Found) and found.proven:
            return found.plan
        begun = found if isinstance(found, Beyond) else None
    floor, ceiling = near.problem.land.floor, near.problem.land.ceiling
    own = Problem.build(graph, with_choice(near.rules, choice), (floor, ceiling))
    return near.prove(own, keeping, clock, searching, begun)


def _keeping(choice: Asked, place: Sequence[int], pool: Pool) -> NDArray[np.bool_]:
    """Tell of every group whether it keeps a choice."""
    held = np.sum([pool.holding(i) for i in place], axis=0)
    if isinstance(choice, Apart):
        return np.asarray(held < 2)
    whole = held == len(place)
    if isinstance(choice, Locked):
        whole &= pool.sizes == len(place)
    return np.asarray((held == 0) | whole)


def with_choice(rules: Rules, choice: Asked) -> Rules:
    """Add a choice to the demands of the rules."""
    if isinstance(choice, Together):
        return replace(rules, together=(*rules.together, choice))
    if isinstance(choice, Apart):
        return replace(rules, apart=(*rules.apart, choice))
    return replace(rules, locked=(*rules.locked, choice))


def opposite(plan: Plan, a: str, b: str) -> Together | Apart:
    """Turn around what a plan does with two practices: that is what has a price."""
    home = plan.assignment
    return Apart(a, b) if home[a] and home[a] == home[b] else Together((a, b))


def adjacent_choices(graph: nx.Graph[str], rules: Rules, plan: Plan) -> list[Together | Apart]:
    """List what turns a plan around, for every two practices that touch and can be grouped.

    Pairs that a demand of the rules settles already are left out: they are not open.

    Parameters
    ----------
    graph, rules, plan
        What `solve` was given and what it made.

    Returns
    -------
    list of Together or Apart
        By the codes of the two practices.
    """
    size = nx.get_node_attributes(graph, "list_size")
    tied = [set(row.practices) for row in demands_of(rules)]
    locked = [set(row.practices) for row in rules.locked]
    pairs = sorted((min(a, b), max(a, b)) for a, b in graph.edges)
    return [
        opposite(plan, a, b)
        for a, b in pairs
        if max(size[a], size[b]) <= rules.max_list
        and not any({a, b} <= row for row in tied)
        and not any(len({a, b} & row) == 1 for row in locked)
    ]


def _any_count(rules: Rules) -> bool:
    return rules.networks == "free" or isinstance(rules.networks, tuple)


def _check_known(graph: nx.Graph[str], choice: Asked) -> None:
    absent = [p for p in choice.practices if p not in graph]
    if absent:
        raise RulesError(
            f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not among the practices "
            "to be grouped here. Give ODS codes of eligible practices of the area."
        )
