"""The most headroom that a plan can keep: how far all lists may move before any plan breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import networkx as nx
import numpy as np

from pcngeo.errors import RulesError
from pcngeo.optimise.clock import Clock, OutOfTimeError, WorkLimitError
from pcngeo.optimise.exact import prove
from pcngeo.optimise.planning import make_plan, no_start
from pcngeo.optimise.stages import last_ground, stay_out
from pcngeo.optimise.task import Outcome
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules, check_rules

__all__ = ["MostHeadroom", "most_headroom"]

#: Called with what is looked for, and how far that is.
Told = Callable[[str, str], None]
#: Plans are looked for that are at most this many times as far from their hubs as the best, and a
#: metre for each patient: the best may have no ways at all.
LONGER = 1.25
#: Nodes of the search for one headroom: a work limit.
MOST_NODES = 60


@dataclass(frozen=True, eq=False)
class MostHeadroom:
    """The plan with the most headroom, to a tenth of a per cent.

    Parameters
    ----------
    percent
        All lists may fall or grow by this much.
    plan
        The best plan by the objective that bears it, made under ``headroom = percent``.
    refuted
        The least headroom that was tried and that no plan keeps; ``None``: the window allows no
        more, or, where that is not `proven`, nothing was tried because the best plan is not proven.
    proven
        Whether that is proven.
    """

    percent: float
    plan: Plan
    refuted: float | None
    proven: bool

    @property
    def looked_for(self) -> bool:
        """Whether there was a best plan to begin with."""
        return self.refuted is not None or self.proven

    @property
    def sentence(self) -> str:
        """Say it in words that can be read aloud."""
        if not self.looked_for:
            return no_start("How much a plan can bear was not looked for", self.plan)
        head = (
            f"A plan stays in the window if all lists fall or grow by {self.percent:g} %: it is "
            "proposed here."
        )
        if self.refuted is None:
            return f"{head} The window itself allows no more."
        end = (
            "no plan does that places the same practices in as many networks and is at most 25 % "
            "farther from its hubs than the best (proven)"
        )
        if not self.proven:
            end = "no plan was found, which is not proven"
        return f"{head} At {self.refuted:g} % {end}."


def most_headroom(
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Told | None = None,
    begun: Mapping[int, bool] | None = None,
    keep: Callable[[int, bool], None] | None = None,
) -> MostHeadroom:
    """Find the greatest headroom that a plan can keep, and the best plan that keeps it.

    Parameters
    ----------
    graph, rules, seed
        As of `pcngeo.optimise.solve`; headroom that the rules ask for is the least.
    time_limit
        Seconds for each plan; about eight are made.
    max_memory
        Megabytes that lists of groups may take; see `pcngeo.optimise.solve`.
    progress
        Told what is looked for ("headroom of 7.5 %"), and how far that is.
    begun
        What `keep` was told by a search that was broken off: it is gone on with.
    keep
        Told of every headroom that was tried, in tenths of a per cent, and whether a plan keeps it.

    Returns
    -------
    MostHeadroom

    Examples
    --------
    >>> graph = nx.Graph()
    >>> for i, patients in enumerate([12_000, 21_000, 15_000, 20_000]):
    ...     graph.add_node(f"P{i}", list_size=patients, x=1000.0 * i, y=0.0)
    >>> nx.add_path(graph, sorted(graph), kind="border", border_m=1.0, distance_m=1000.0)
    >>> most_headroom(graph).sentence.split(":")[0]
    'A plan stays in the window if all lists fall or grow by 9 %'
    """
    rules, told = check_rules(rules), progress or _silent
    tenths = int(1000 * (rules.max_list - rules.min_list) / (rules.max_list + rules.min_list))
    usual = replace(rules, objective="distance")
    clock = partial(Clock, time_limit, max_memory)
    base = _planned(graph, usual, seed, clock(), partial(told, "the best plan by distance"))
    if base.status is not Status.OPTIMAL:
        return MostHeadroom(rules.headroom, base, None, proven=False)
    low, high, proven = int(10 * rules.headroom), tenths + 1, True
    while high - low > 1:
        middle = (low + high) // 2
        possible = (begun or {}).get(middle)
        if possible is None:
            say = partial(told, f"headroom of {middle / 10:g} %")
            say("looking for a plan")
            own = replace(rules, headroom=middle / 10, objective="distance")
            possible = _possible(graph, own, base, seed, clock(), say)
            if keep is not None and possible is not None:
                keep(middle, possible)
        low, high = (middle, high) if possible else (low, middle)
        proven &= possible is not None
    own = replace(rules, headroom=low / 10)
    best = _planned(graph, own, seed, clock(), partial(told, f"the best plan with {low / 10:g} %"))
    return MostHeadroom(low / 10, best, high / 10 if high <= tenths else None, proven)


def _planned(
    graph: nx.Graph[str],
    rules: Rules,
    seed: int,
    clock: Clock,
    say: Callable[[str], None],
) -> Plan:
    say("making it")
    return make_plan(
        graph, rules, seed, clock.limit, lambda phase, *_: say(phase), max_memory=clock.memory,
        stop_with_plan=False,
    )  # fmt: skip


def _silent(what: str, how_far: str) -> None:
    """Say nothing."""


def _possible(
    graph: nx.Graph[str],
    rules: Rules,
    base: Plan,
    seed: int,
    clock: Clock,
    say: Callable[[str], None],
) -> bool | None:
    """Tell whether everybody can be placed in as many networks; ``None``: that is not known."""
    try:
        search, ground = last_ground(graph, rules, base, seed, clock)
        placed = [base.assignment[p] != "" for p in search.problem.labels]
        if np.any(placed & ~ground.placeable):
            return False
        stay_out(ground, base)
        made = len(base.networks) - len(search.problem.alone)
        task = ground.task((made, made), ground.penalty)
        most = LONGER * (base.objective or 0.0) + search.problem.patients
        dear = np.where(ground.placeable, 2 * most, 0.0)
        task = replace(task, penalties=dear, cutoff=most, most_nodes=MOST_NODES)
        outcome = Outcome()
        prove(task, ground.stock, outcome, clock, say)
    except RulesError:  # the same demands were read without it: a locked network cannot bear it
        return False
    except (OutOfTimeError, WorkLimitError):
        return None
    return outcome.plan is not None
