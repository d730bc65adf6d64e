"""Every plan that is nearly as good as the best: the groups that such plans can use, listed once.

The LP over all groups with cuts gives every group a reduced cost, and a plan costs the bound plus
the reduced costs of its groups at least. So the groups of reduced cost at most `room` hold *every*
plan that costs at most the bound plus `room`. One such list answers many questions, each by one
search over a part of it: what does this choice cost, which other plan is nearly as good. Where the
list is too long for that, the search for one demand starts from the groups and the cuts of the LP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.branch import Choice
from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.columns import Relaxation, groups_within
from pcngeo.optimise.duals import Counts, Cut
from pcngeo.optimise.exact import prove, relax
from pcngeo.optimise.ground import Ground
from pcngeo.optimise.learnt import learnt_of
from pcngeo.optimise.lists import EACH
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.stages import last_ground, stay_out
from pcngeo.optimise.task import Outcome, Task
from pcngeo.optimise.ties import keeping_ties, tied
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

__all__ = ["Beyond", "Found", "Near", "Tell"]

#: Shares of the best objective by which the list is opened, one after the other.
STEPS = (0.003, 0.008, 0.016, 0.03, 0.05, 0.1)
#: Share of the best objective beyond which no list is made.
WIDEST = 0.1
#: Groups listed at most: beyond, a search from scratch is faster.
LONGEST = 150_000
Mask = NDArray[np.bool_]
Allowed = Callable[[Pool], Mask]
#: As of `pcngeo.optimise.Progress`: the phase, the best objective, its bound, and the gap.
Tell = Callable[[str, float | None, float | None, float | None], None]


@dataclass(frozen=True, eq=False)
class Found:
    """A plan near the best one.

    Parameters
    ----------
    plan
        Its networks, with their costs.
    bound
        Proven: no plan that was asked for costs less.
    proven
        Whether the search ran to its end, so that the plan is the best that was asked for.
    """

    plan: Pool
    bound: float
    proven: bool


@dataclass(frozen=True, eq=False)
class Beyond:
    """That no plan that was asked for is near the best one.

    Parameters
    ----------
    share
        Proven: none costs at most this share more than the best.
    met
        The groups of the last LP that showed that.
    """

    share: float
    met: Pool


@dataclass(eq=False)
class Near:
    """The groups of all plans near the best one, and the LP that says which they are.

    Parameters
    ----------
    problem, ground, task
        What is divided; the task leaves nobody out who can be placed.
    rules
        What the plan was made under: without soft ends of the window where it needed none.
    cost
        Objective of the best plan.
    cuts
        Cuts that are known to help.
    """

    problem: Problem
    ground: Ground
    task: Task
    rules: Rules
    cost: float
    cuts: tuple[Cut, ...] = ()
    _lp: tuple[Relaxation, Master] | None = None
    _list: Pool = field(default_factory=Pool.empty)  # by reduced cost
    _reduced: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    _share: float = -1.0  # within which the list is whole
    _lengths: dict[tuple[float, int], int | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        graph: nx.Graph[str],
        rules: Rules,
        base: Plan,
        seed: int,
        clock: Clock,
        *,
        staying: bool = False,
    ) -> Near | None:
        """Make it for a proven plan, whatever its objective, or ``None`` where it cannot be.

        Parameters
        ----------
        graph, rules, seed
            What the plan was made from.
        base
            The plan; proven best, nobody left out who can be placed, and not by a function of the
            planner's own.
        clock
            Time limit.
        staying
            Take only plans that leave out whom this one leaves out, who may be placeable, too.

        Returns
        -------
        Near or None
        """
        if base.status is not Status.OPTIMAL or base.objective is None or not base.objectives:
            return None
        search, ground = last_ground(graph, rules, base, seed, clock)
        if staying:
            stay_out(ground, base)
        made = len(base.networks) - len(search.problem.alone)
        empty = ground.placeable & (ground.problem.weights == 0)  # may be left out if cheaper
        if not made or base.unplaced_patients > ground.unplaceable or empty.any():
            return None
        if ground.listed is not None:
            ground.problem = replace(ground.problem, listed=ground.listed)
        counts = _counts(search.rules, made)
        task = _complete(ground.task(counts, ground.penalty), ground, base.objective)
        task = replace(task, listed=None)
        near = cls(ground.problem, ground, task, search.rules, base.objective)
        learnt = learnt_of(base, ground.problem)
        if learnt is not None:
            ground.stock = Pool.joined([ground.stock, learnt.stock]).unique()
            near.cuts = learnt.cuts
        return near

    def relaxed(self, clock: Clock) -> tuple[Relaxation, Master]:
        """Solve the LP over all groups, with cuts, once for all questions."""
        if self._lp is None:
            found, master, self.ground.stock = relax(
                self.task, self.ground.stock, self.cost, clock, self.cuts
            )
            self._lp, self.cuts = (found, master), master.cuts.all
        return self._lp

    def groups(self, share: float, clock: Clock, most: int = LONGEST) -> Pool | None:
        """List every group of the plans that cost at most (1 + share) x the best, if not too many.

        The nearest come first: a list begins with every shorter one.

        Parameters
        ----------
        share
            Of the objective.
        clock
            Time limit.
        most
            Groups listed at most.

        Returns
        -------
        Pool or None

        Raises
        ------
        OutOfTimeError, MemoryLimitError
            When a limit of the user's ended it.
        """
        if (share, most) not in self._lengths:
            few = min(most, clock.most_groups)
            length = self._length(share, few, clock)
            if length is None and few < most:
                clock.check_groups(few + 1)
            self._lengths[share, most] = length
        length = self._lengths[share, most]
        return None if length is None else self._list.take(np.arange(length))

    def _length(self, share: float, most: int, clock: Clock) -> int | None:
        """Say how many groups of the list are within a share, the list made longer if need be."""
        relaxation, master = self.relaxed(clock)
        room = (1 + share) * self.cost - relaxation.bound
        room += 1e-9 * (self.cost + self.task.scale) + 2 * self.task.margin
        if share > self._share:
            prices = relaxation.prices
            cuts = master.cuts.first(len(prices.cuts))
            found = groups_within(self.problem, cuts, prices, room, most, clock)
            if found is None:
                return None
            reduced = master.reduced(found, prices)
            order = np.argsort(reduced, kind="stable")
            self._list, self._reduced, self._share = found.take(order), reduced[order], share
        length = int(np.searchsorted(self._reduced, room, "right"))
        return length if length <= most else None

    def widening(self, most: int = LONGEST) -> Iterator[float]:
        """Yield shares of the objective, as far as the lists do not grow too long.

        Parameters
        ----------
        most
            Groups listed at most: a share whose list would be longer, judged by the one before, is
            not asked for. Whoever takes a share has it listed before the next is asked for.

        Yields
        ------
        float
            Ascending.
        """
        share = STEPS[0]
        while share <= WIDEST:
            yield share
            length = self._lengths.get((share, most))
            if length is None:
                return
            growth = (0.8 * most / max(1, length)) ** (1 / 3)
            if growth < 1.15:
                return
            share *= min(2.0, growth)

    def best(
        self,
        allowed: Allowed,
        clock: Clock,
        steps: Iterable[float] = STEPS,
        spends: Callable[[Pool], NDArray[np.float64]] | None = None,
        budgets: tuple[float, ...] = (),
        most: int = LONGEST,
        most_nodes: int = 100_000,
        tell: Tell | None = None,
    ) -> Found | Beyond:
        """Find the best plan of allowed groups, or prove that none is within the last step.

        Parameters
        ----------
        allowed
            Tells of every group whether it may be used.
        clock
            Time limit.
        steps
            Shares of the objective, ascending.
        spends, budgets
            What every group takes of each budget, and the limits.
        most, most_nodes
            Groups listed and nodes searched at most: work limits.
        tell
            Told how far the search is; see `Tell`.

        Returns
        -------
        Found or Beyond
            The best plan among all complete plans of allowed groups, with what is proven of it
            where a limit ended the search; or how far it is proven that there is none.

        Raises
        ------
        OutOfTimeError, WorkLimitError
            When a limit ended the search before there was a plan.
        """
        done = 0.0
        begun: Choice | None = None
        for share in steps:
            if tell is not None:
                tell(f"plans within {100 * share:.1f} % of the best", None, None, None)
            pool = self.groups(share, clock, most)
            if pool is None:
                break
            pool = pool.take(np.flatnonzero(allowed(pool)))
            if spends is not None:
                pool = replace(pool, spends=np.hstack([pool.spends, spends(pool)]))
            begun = self._choose(pool, share, budgets, clock, most_nodes, begun)
            if begun.groups is not None:
                plan = pool.take(np.array(begun.groups, np.int64))
                if begun.finished:
                    return Found(plan, float(plan.costs.sum()), proven=True)
                return Found(plan, max(begun.bound, (1 + done) * self.cost), proven=False)
            done = share
        if begun is None or begun.search is None:
            return Beyond(done, self.ground.stock)
        return Beyond(done, begun.search.master.pool)

    def prove(
        self,
        problem: Problem,
        allowed: Allowed,
        clock: Clock,
        tell: Tell | None = None,
        begun: Beyond | None = None,
    ) -> Pool | None:
        """Find the best plan under one more demand, from the groups and cuts that are known.

        Parameters
        ----------
        problem
            The problem with the demand, as kernels read it; where all groups are listed, those
            that are `allowed` are taken from the list instead.
        allowed
            Tells of every group whether it keeps the demand.
        clock
            Time limit.
        tell
            Told how far the search is; see `Tell`.
        begun
            What `best` found out of the same: the search goes on from its groups, but under the
            cuts of the best plan's LP: far more of them make every search for groups longer.

        Returns
        -------
        Pool or None
            The networks, proven best; ``None`` where no plan places everybody who can be placed.

        Raises
        ------
        OutOfTimeError, WorkLimitError
            When a limit ended the search.
        """
        if self.problem.listed is not None:
            every = self.problem.listed
            own = replace(self.problem, listed=every.take(np.flatnonzero(allowed(every))))
        else:
            land = problem.land._replace(reach_cost=self.problem.land.reach_cost)
            own = tied(replace(self.problem, land=land), self.ground.placeable)
        task = replace(self.task, problem=own)
        met = self.ground.stock if begun is None else begun.met
        stock = met.take(np.flatnonzero(allowed(met) & keeping_ties(own, met)))
        outcome = Outcome()
        say = partial(_say, tell, outcome, self.ground)
        prove(task, stock, outcome, clock, say, cuts=self.cuts)
        if outcome.plan is None or self.ground.left_out(outcome.plan) > self.ground.unplaceable:
            return None
        return outcome.plan

    def _choose(
        self,
        pool: Pool,
        share: float,
        budgets: tuple[float, ...],
        clock: Clock,
        most_nodes: int,
        begun: Choice | None,
    ) -> Choice:
        task = replace(self.task, budgets=(*self.task.budgets, *budgets))
        relaxation, master = self.relaxed(clock)
        prices = relaxation.prices
        cuts = master.cuts.first(len(prices.cuts)).priced(prices.cuts)[0].all
        cutoff = (1 + share) * self.cost + task.margin
        choice = task.choose(
            pool, cutoff, clock, cuts=cuts, most_nodes=most_nodes,
            first=pool.first_holding(EACH), begun=begun,
        )  # fmt: skip
        if choice.groups is None and not choice.finished:
            clock.check()
            raise WorkLimitError
        return choice


def _say(tell: Tell | None, outcome: Outcome, ground: Ground, phase: str) -> None:
    """Tell how far a search from known groups and cuts is."""
    if tell is None:
        return
    plan, bound = outcome.plan, outcome.bound if np.isfinite(outcome.bound) else None
    if plan is None or ground.left_out(plan) > ground.unplaceable:
        tell(phase, None, bound, None)
        return
    best = float(outcome.cost)
    gap = None if bound is None or best <= 0 else max(0.0, 1.0 - bound / best)
    tell(phase, best, bound, gap)


def _complete(task: Task, ground: Ground, cost: float) -> Task:
    """Make leaving anybody out who can be placed dearer than any plan that matters."""
    dear = max(3.0 * cost, 1e-6 * ground.farthest, 1.0)
    return replace(task, penalties=np.where(ground.placeable, dear, 0.0))


def _counts(rules: Rules, made: int) -> Counts | None:
    if rules.networks == "free":
        return None
    return rules.networks if isinstance(rules.networks, tuple) else (made, made)
