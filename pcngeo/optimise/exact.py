"""The proof: from the LP over all groups to the best plan for one demand on the number.

1. Column generation: the LP over all groups, listed or not (`columns`).
2. A first plan from the groups met so far (`branch`, few nodes).
3. Cuts, with groups priced knowing them: the bound rises, usually to within a percent. Another
   plan from what is known then: the better it is, the fewer groups are to be listed.
4. Every group that a better plan could use (reduced cost at most the gap), cut and branched to the
   end (`branch`). The gap is opened step by step where that list would be long: what costs at most
   the bound plus a step uses only groups within the step, so each step ends with the best plan or
   with a higher bound. Where no plan is known, all groups are listed at once if they are few: they
   then hold a plan or the proof that there is none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np

from pcngeo.optimise.branch import NEAR
from pcngeo.optimise.clock import Clock, MemoryLimitError, WorkLimitError
from pcngeo.optimise.columns import FIRST_VISITS, Relaxation, generate, groups_within
from pcngeo.optimise.duals import Cut
from pcngeo.optimise.lists import choose_near, list_near
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.task import Outcome, Task
from pcngeo.optimise.triples import violated_cuts

__all__ = ["prove", "relax"]

#: Four rounds of cuts that close less than this share of the gap are the last.
ENOUGH = 0.03
#: Rounds that raised the bound by more than this share of the gap are proven before others follow.
SHOWN = 0.1
#: What part of the visits such a proof may take.
EASIER = 3
#: The proof of a round may fall short of its value by this share of the gap.
CLOSE = 0.05
#: Visits of one centre in the proof under cuts: a work limit.
VISITS_UNDER_CUTS = 60_000
#: The same where a search begins under known cuts.
VISITS_FROM_CUTS = 600_000
#: Nodes of the search for a first plan times practices: each node is longer with more of them.
NODES = 3_200
#: Groups listed at a step at first, at least and for every practice: work limits.
FIRST_LIST, EACH_LIST = 20_000, 400
#: Splitting a list of no more groups than this is less work than seeking wide cuts for it.
FEW = 5_000
#: All groups of a task that has no plan yet are chosen from at once where they are no more.
SHORT = 100_000
#: Groups of a step from which on a plan is sought among them, groups looked at, and nodes of that.
FEW_NEAR, MOST_NEAR, DIVES = 2_000, 5_000, 20
#: The first step above the LP, as a share of it, and how many times as large the next one is.
FIRST_ROOM, GROWTH = 0.02, 1.6
#: A step of fewer margins than this beyond what is known proves nothing: a bound may be 0.
PROVES = 10
#: A step that comes so near to the best plan goes all the way: one search instead of two.
ALL = 1.25
#: No plan is sought among the groups of a step where the best one is within this share of the LP.
GOOD = 0.025
#: How many times as long the list of the next step may be: a good plan is known by then.
LONGER = 8
#: A list is expected to hold this share of what it may at most.
FULL = 0.7


def prove(
    task: Task,
    stock: Pool,
    outcome: Outcome,
    clock: Clock,
    tell: Callable[[str], None] = lambda phase: None,
    cuts: tuple[Cut, ...] = (),
) -> Pool:
    """Find the best plan and prove it; what is found is kept in `outcome` at every moment.

    Parameters
    ----------
    task
        What to prove.
    stock
        Groups to start from.
    outcome
        Filled; a plan already in it is used as a first one.
    clock
        Time limit.
    tell
        Told the name of the phase whenever something became known.
    cuts
        Cuts that a task like this one needed: it starts with them.

    Returns
    -------
    Pool
        All groups met in column generation: a better stock for the next task.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search; `outcome` holds the best plan and bound so far.
    """

    def bounded(bound: float) -> None:
        if bound > outcome.bound:
            outcome.bound = bound
            tell("relaxation")

    if task.listed is not None and task.problem.listed is None:
        _choose_listed(task, task.listed, outcome, clock, tell)
        return stock
    master = _master(task, stock)
    if cuts:
        master.cut(cuts)
        known: Relaxation | None = None
        with contextlib.suppress(WorkLimitError):
            near = list_near(task, master, clock, bounded)
            known = near[0]
            choose_near(task, master, near, outcome, clock)
        tell("lists")
        if known is not None:
            if not _closed(task, outcome):
                known = _cut(task, master, known, outcome, clock, bounded, VISITS_FROM_CUTS)
                tell("cuts")
            return _settled(task, master, known, outcome, clock, tell)
        master = _master(task, master.pool)  # lists under them are too long here
    sought = 0  # groups that a plan for everybody was sought among
    planned = False
    if _leaves_out(task, outcome):  # a plan for everybody comes first: the bound may take long
        quick = generate(task.problem, master, clock, task.margin, bounded, exact=False)
        _first_plan(task, master, quick, outcome, clock)
        tell("first plan")
        planned, sought = not _leaves_out(task, outcome), len(master.pool)
    relaxation = generate(task.problem, master, clock, task.margin, bounded)
    outcome.facts["lp"] = relaxation.bound
    if not _closed(task, outcome) and not planned and len(master.pool) > sought:
        _first_plan(task, master, relaxation, outcome, clock)
        tell("first plan")
    if not _closed(task, outcome):
        relaxation = _cut(task, master, relaxation, outcome, clock, bounded)
        tell("cuts")
    return _settled(task, master, relaxation, outcome, clock, tell)


def _master(task: Task, stock: Pool) -> Master:
    master = Master(task.penalties, task.counts, task.scale, task.worst, task.budgets)
    master.add(stock)
    return master


def _settled(
    task: Task,
    master: Master,
    relaxation: Relaxation,
    outcome: Outcome,
    clock: Clock,
    tell: Callable[[str], None],
) -> Pool:
    """Go on from the LP with its cuts to the end."""
    prices = relaxation.prices.cuts
    outcome.cuts = master.cuts.first(len(prices)).priced(prices)[0].all
    if not _closed(task, outcome) and len(relaxation.prices.cuts):
        _first_plan(task, master, relaxation, outcome, clock)
        tell("first plan")
    while not _closed(task, outcome):
        _step(task, master, relaxation, outcome, clock)
        tell("proof")
    outcome.finished = True
    return master.pool


def relax(
    task: Task,
    stock: Pool,
    cost: float,
    clock: Clock,
    cuts: tuple[Cut, ...] = (),
    bounded: Callable[[float], None] = lambda bound: None,
) -> tuple[Relaxation, Master, Pool]:
    """Solve the LP over all groups with cuts, for a task whose best plan is known.

    Parameters
    ----------
    task
        The task; not one that is listed.
    stock
        Groups to start from; no group twice.
    cost
        Penalised cost of its best plan.
    clock
        Time limit.
    cuts
        Cuts that are known to help: it begins under them.
    bounded
        Told every bound that is proven on the way.

    Returns
    -------
    (Relaxation, Master, Pool)
        Bound and prices, the LP with its cuts, and all groups that were met.
    """
    known = Outcome(cost=cost)
    if cuts:
        master = _master(task, stock)
        master.cut(cuts)
        quick = generate(
            task.problem, master, clock, task.margin, bounded, exact=False, enough=task.margin
        )
        cut = _cut(task, master, quick, known, clock, bounded, VISITS_FROM_CUTS)
        if np.isfinite(cut.bound):
            return cut, master, master.pool
        stock = master.pool  # pricing under them takes too long here
    master = _master(task, stock)
    plain = generate(task.problem, master, clock, task.margin, bounded)
    cut = _cut(task, master, plain, known, clock, bounded)
    return cut, master, master.pool


def _choose_listed(
    task: Task, pool: Pool, outcome: Outcome, clock: Clock, tell: Callable[[str], None]
) -> None:
    """Prove a task whose groups are all listed."""
    outcome.count("listed", len(pool))
    if not _closed(task, outcome):
        _chosen(task, pool, np.inf, outcome, clock, ())
        tell("proof")
    outcome.finished = True


def _chosen(
    task: Task, pool: Pool, enough: float, outcome: Outcome, clock: Clock, cuts: tuple[Cut, ...]
) -> None:
    """Choose from a stock that holds every plan below `enough`: only these matter."""
    cutoff = min(outcome.cost, task.top, enough)

    def found(bound: float, groups: tuple[int, ...] | None, cost: float) -> None:
        if groups is not None:
            outcome.offer(pool.take(np.array(groups, np.int64)), cost)

    wide = outcome.wide if len(pool) > FEW else None
    choice = task.choose(
        pool, cutoff, clock, cuts=cuts, wide=wide, tell=found, needs=outcome.needs,
        room=task.room,
    )  # fmt: skip
    outcome.wide, outcome.needs = choice.wide, choice.needs
    outcome.count("nodes", choice.nodes)
    found(choice.bound, choice.groups, choice.cost)
    outcome.bound = max(outcome.bound, choice.bound)
    if not choice.finished:
        clock.check()
        raise WorkLimitError


def _closed(task: Task, outcome: Outcome) -> bool:
    return min(outcome.cost, task.top) - outcome.bound <= 2 * task.margin


def _leaves_out(task: Task, outcome: Outcome) -> bool:
    """Tell whether there is no plan yet for everybody who can be placed."""
    out = task.penalties > 0
    if outcome.plan is not None:
        out[outcome.plan.members] = False
    return bool(out.any())


def _first_plan(
    task: Task, master: Master, relaxation: Relaxation, outcome: Outcome, clock: Clock
) -> None:
    """Find a plan among the groups met so far, under the cuts that the prices know."""
    n = task.problem.n
    near = _nearest(master, master.pool, relaxation, max(600, 15 * n)).unique()
    nodes = 12 if len(relaxation.prices.cuts) else min(40, max(12, NODES // n))
    _look(task, master, near, relaxation, outcome, clock, nodes)


def _dive(
    task: Task, master: Master, pool: Pool, relaxation: Relaxation, outcome: Outcome, clock: Clock
) -> None:
    """Find a plan among the groups of a step, whatever it costs: the step's own search does not."""
    near = _nearest(master, pool, relaxation, MOST_NEAR)
    outcome.among = len(near)  # once they are that many, longer lists have the same
    _look(task, master, near, relaxation, outcome, clock, DIVES)
    if outcome.plan is not None:
        outcome.facts["dived"] = 1


def _nearest(master: Master, pool: Pool, relaxation: Relaxation, most: int) -> Pool:
    """Take the groups of least reduced cost."""
    order = np.argsort(master.reduced(pool, relaxation.prices), kind="stable")
    return pool.take(np.sort(order[:most]))


def _look(
    task: Task,
    master: Master,
    near: Pool,
    relaxation: Relaxation,
    outcome: Outcome,
    clock: Clock,
    nodes: int,
) -> None:
    """Look for a plan among some groups, with no more than so many nodes."""
    prices = relaxation.prices.cuts
    choice = task.choose(
        near, min(outcome.cost, task.top), clock,
        cuts=master.cuts.first(len(prices)).priced(prices)[0].all,
        most_nodes=nodes, root_rounds=8,
    )  # fmt: skip
    outcome.count("nodes", choice.nodes)
    if choice.groups is not None:  # none of them where everybody is left out
        outcome.offer(near.take(np.array(choice.groups, np.int64)), choice.cost)


def _cut(
    task: Task,
    master: Master,
    relaxation: Relaxation,
    outcome: Outcome,
    clock: Clock,
    bounded: Callable[[float], None],
    visits: int = VISITS_UNDER_CUTS,
) -> Relaxation:
    """Raise the bound by cuts, groups priced knowing them.

    It is proven at the end, and here and there on the way where quick searches no longer prove it:
    when cuts have made pricing too long, what was proven before is what there is.
    """

    def proven(visits: int) -> Relaxation | None:
        slack = CLOSE * _gap(master.value, top)
        try:
            return generate(
                task.problem, master, clock, task.margin, bounded, slack=slack, visits=visits
            )
        except MemoryLimitError:
            raise
        except WorkLimitError:  # listing with fewer cuts is then less work
            return None

    best, trail = relaxation, [relaxation.prices.value]
    shown, top = trail[0], min(outcome.cost, task.top)
    shorter: Relaxation | None = relaxation
    while trail[-1] < top and len(trail) < 40:
        support = np.flatnonzero(master.shares > 1e-7)
        shares = master.shares[support]
        cuts = violated_cuts(task.problem.n, master.pool.take(support), shares, master.cuts)
        if not cuts:
            break
        master.cut(cuts)
        shorter = generate(task.problem, master, clock, task.margin, bounded, exact=False)
        trail.append(shorter.prices.value)
        risen = trail[-1] - shown > SHOWN * _gap(trail[-1], top)
        if risen and np.isinf(shorter.bound) and np.isfinite(best.bound):
            shorter = proven(visits // EASIER)
        if shorter is None:
            break
        if np.isfinite(shorter.bound):
            best, shown = _higher(best, shorter), trail[-1]
        if len(trail) > 5 and trail[-1] - trail[-5] < ENOUGH * _gap(trail[-1], top):
            break
    if shorter is not None and (shown < trail[-1] or np.isinf(best.bound)):
        best = _higher(best, proven(visits) or best)
    if best is not relaxation:
        outcome.facts["cut_bound"] = best.bound
        outcome.count("cuts", len(best.prices.cuts))
    return best


def _higher(first: Relaxation, second: Relaxation) -> Relaxation:
    """Return the one that proves more."""
    return second if second.bound > first.bound else first


def _gap(value: float, top: float) -> float:
    """How far a bound may have to rise: a poor first plan says little."""
    return min(top - value, NEAR * abs(value))


def _step(
    task: Task, master: Master, relaxation: Relaxation, outcome: Outcome, clock: Clock
) -> None:
    """List the groups within a step above the LP and choose among them: plan or higher bound."""
    base = relaxation.bound
    top = min(outcome.cost, task.top)
    first = max(FIRST_LIST, EACH_LIST * task.problem.n)
    longest = min(int(outcome.facts.get("longest", first)), clock.most_groups)
    prices = relaxation.prices
    cuts = master.cuts.first(len(prices.cuts))
    known = max(0.0, outcome.bound - base)
    room = GROWTH * known
    if "longest" not in outcome.facts:  # the first step
        room = max(room, FIRST_ROOM * abs(base), GROWTH * (master.value - base))
    least = known + PROVES * task.margin
    room = max(least, _fitting(outcome.lists, room, longest))
    if ALL * room >= top - base:
        room = top - base
    margin = 1e-9 * (abs(base) + task.scale)
    pool = None
    if outcome.plan is None and "many" not in outcome.facts:
        # There may be none: all groups at once say so, where they are few.
        most = min(SHORT, clock.most_groups)
        pool = groups_within(
            task.problem, cuts, prices, top - base + margin, most, clock, FIRST_VISITS
        )
        if pool is None:
            outcome.facts["many"] = 1
        else:
            room = top - base
    while pool is None:
        pool = groups_within(task.problem, cuts, prices, room + margin, longest, clock)
        if pool is not None:
            break
        outcome.count("lists_too_long", 1)
        room = known + 0.6 * (room - known)
        if room < max(1.1 * known, least):
            longest *= 3
            room = min(top - base, max(GROWTH * known, least))
            clock.check_groups(longest)
    outcome.facts["longest"] = min(LONGER * longest, clock.most_groups)
    outcome.count("listed", len(pool))
    outcome.lists.append((room, len(pool)))
    poor = top - base - room > NEAR * abs(base)
    seek = poor or not (outcome.facts.get("dived") or top - base < GOOD * abs(base))
    if base + room < top and len(pool) >= FEW_NEAR and seek and outcome.among < MOST_NEAR:
        _dive(task, master, pool, relaxation, outcome, clock)
        top = min(outcome.cost, task.top)
    enough = np.inf if base + room >= top else base + room
    _chosen(task, pool, enough, outcome, clock, cuts.priced(prices.cuts)[0].all)


def _fitting(lists: list[tuple[float, int]], room: float, longest: int) -> float:
    """Narrow a step to what the list may hold, going by how the last two grew."""
    if len(lists) < 2:
        return room
    (near, few), (far, many) = lists[-2:]
    if not (near < far < room and 0 < few < many):
        return room
    growth = np.log(many / few) / (far - near)
    return float(min(room, max(1.1 * far, far + np.log(FULL * longest / many) / growth)))
