"""The best plan among the groups near an LP, for a demand that is added to those of a known plan.

The LP that a plan was proven by, with its cuts, is nearly as tight for one more demand. What a
search for groups takes hardly depends on how far above the LP it lists them, so each search of the
proof lists what is chosen from, too: mostly the first list holds the best plan. Where it does not,
no plan is within that step, and the next one is longer; what it finds is proven in the same way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.branch import Choice
from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.columns import Relaxation, generate, groups_within
from pcngeo.optimise.duals import Cut, Prices, negative_part
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.task import Outcome, Task

__all__ = ["EACH", "choose_near", "list_near"]

#: Shares of the LP's value by which a list is opened, one after the other.
STEPS = (0.005, 0.0125, 0.025)
#: A step of fewer margins than this proves nothing: a value may be 0.
PROVES = 10
#: Groups listed at most, and visits of one centre in the search for them.
LONGEST, VISITS = 100_000, 600_000
#: The bound of an LP may fall short of its value by this share of it.
CLOSE = 0.0002
#: Groups that the LP takes from a list at a time.
ENTERING = 500
#: For every practice, the LP of a choice begins with so many of the nearest groups that hold it.
EACH = 50
#: Groups that a plan is sought among before a list from this step on is made, and nodes of that:
#: such a list is long, and a plan says how long it has to be.
NEAREST, NODES, FAR = 5_000, 20, 2


def list_near(
    task: Task, master: Master, clock: Clock, tell: Callable[[float], None]
) -> tuple[Relaxation, Pool]:
    """Solve the LP over all groups, and list those within the first step of it.

    Parameters
    ----------
    task
        What is asked for; its groups are not listed.
    master
        The LP with its cuts; it grows.
    clock
        Time limit.
    tell
        Told every proven bound.

    Returns
    -------
    (Relaxation, Pool)
        The nearest groups first.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended it.
    """
    enough = CLOSE * abs(master.solve(clock).value)
    quick = generate(task.problem, master, clock, task.margin, tell, exact=False, enough=enough)
    prices = quick.prices
    while True:
        pool, reduced = _listed(task, master, prices, _room(task, prices, 0), clock)
        below = int(np.searchsorted(reduced, 0.0))
        negative = negative_part(task.problem.n, pool.hubs[:below], reduced[:below])
        bound = prices.bound(master.penalties, master.counts, negative)
        tell(bound)
        if prices.value - bound <= max(CLOSE * abs(prices.value), task.margin):
            return Relaxation(bound, prices), pool
        known = len(master.pool)
        prices = _with_list(task, master, pool, reduced, clock)
        if len(master.pool) == known:
            raise WorkLimitError  # what is left is rounding


def _room(task: Task, prices: Prices, step: int) -> float:
    return max(STEPS[step] * abs(prices.value), PROVES * task.margin)


def _listed(
    task: Task, master: Master, prices: Prices, room: float, clock: Clock
) -> tuple[Pool, NDArray[np.float64]]:
    """List all groups within a room above an LP, and their reduced costs: the nearest first."""
    cuts = master.cuts.first(len(prices.cuts))
    room += 1e-9 * (abs(prices.value) + task.scale)
    pool = groups_within(
        task.problem, cuts, prices, room, min(LONGEST, clock.most_groups), clock, VISITS
    )
    if pool is None:
        raise WorkLimitError
    reduced = master.reduced(pool, prices)
    order = np.argsort(reduced, kind="stable")
    return pool.take(order), reduced[order]


def _with_list(
    task: Task, master: Master, pool: Pool, reduced: NDArray[np.float64], clock: Clock
) -> Prices:
    """Solve the LP over the groups of a list, too."""
    least = task.margin / master.n
    while True:
        order = np.argsort(reduced, kind="stable")[:ENTERING]
        wanted = [g for g in order[reduced[order] < -least] if not master.knows(pool.group(int(g)))]
        master.add(pool.take(np.array(wanted, np.int64)))
        prices = master.solve(clock)
        if not wanted:
            return prices
        reduced = master.reduced(pool, prices)


def choose_near(
    task: Task, master: Master, near: tuple[Relaxation, Pool], outcome: Outcome, clock: Clock
) -> None:
    """Choose among the groups near an LP, step by step: the best plan, or a higher bound.

    Parameters
    ----------
    task
        What is asked for.
    master
        The LP.
    near
        What `list_near` returned.
    outcome
        Filled.
    clock
        Time limit.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended it: a list would be too long, or a search has too many nodes.
    """
    (relaxation, pool), prices = near, near[0].prices
    cuts = master.cuts.first(len(prices.cuts)).priced(prices.cuts)[0].all
    for step in range(len(STEPS)):
        if step >= FAR:
            _dive(task, pool, cuts, outcome, clock)
        top = min(outcome.cost, task.top)
        enough = min(top, relaxation.bound + _room(task, prices, step))
        if step:
            pool, _ = _listed(task, master, prices, enough - relaxation.bound, clock)
        outcome.count("listed", len(pool))
        choice = task.choose(pool, enough, clock, cuts=cuts, first=pool.first_holding(EACH))
        _take(pool, choice, outcome)
        outcome.bound, cuts = max(outcome.bound, choice.bound), choice.cuts
        if not choice.finished:
            clock.check()
            raise WorkLimitError
        if choice.groups is not None or enough == top:
            return


def _dive(task: Task, pool: Pool, cuts: tuple[Cut, ...], outcome: Outcome, clock: Clock) -> None:
    """Look for a plan among the nearest groups, whatever it costs."""
    nearest = pool.take(np.arange(min(len(pool), NEAREST)))
    top = min(outcome.cost, task.top)
    found = task.choose(nearest, top, clock, cuts=cuts, most_nodes=NODES, root_rounds=8)
    _take(nearest, found, outcome)


def _take(pool: Pool, choice: Choice, outcome: Outcome) -> None:
    """Keep what a search has found."""
    outcome.count("nodes", choice.nodes)
    if choice.groups is not None:
        outcome.offer(pool.take(np.array(choice.groups, np.int64)), choice.cost)
