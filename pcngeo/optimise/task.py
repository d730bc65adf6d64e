"""One demand to prove, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.branch import Choice, choose
from pcngeo.optimise.capacity import Capacity, Room
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.duals import Counts, Cut
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.wide import Wide

__all__ = ["Outcome", "Task"]


@dataclass
class Outcome:
    """What is known about one task: it only ever gets better.

    Parameters
    ----------
    plan
        Networks of the best plan, or ``None`` while there is none.
    cost
        Its penalised cost; infinite without one.
    bound
        No plan costs less.
    finished
        Whether the search ran to its end (and not into a limit).
    facts
        Figures of the search.
    wide
        Wide cuts that listed groups needed last.
    needs
        Capacity cuts that they needed.
    among
        How many groups a plan was sought among at the last step that sought one.
    lists
        How far above the LP groups were listed, and how many there were, step by step.
    cuts
        Cuts of the LP that have a price in its last proof.
    """

    plan: Pool | None = None
    cost: float = np.inf
    bound: float = -np.inf
    finished: bool = False
    facts: dict[str, float | int] = field(default_factory=dict)
    wide: tuple[Wide, ...] = ()
    needs: tuple[Capacity, ...] = ()
    among: int = 0
    lists: list[tuple[float, int]] = field(default_factory=list)
    cuts: tuple[Cut, ...] = ()

    def offer(self, plan: Pool, cost: float) -> None:
        """Take a plan if it is better."""
        if cost < self.cost:
            self.plan, self.cost = plan, cost

    def count(self, name: str, amount: float) -> None:
        """Add to a figure."""
        self.facts[name] = self.facts.get(name, 0) + amount


@dataclass(frozen=True, eq=False)
class Task:
    """One demand to prove: a problem, what leaving out costs, how many networks.

    Parameters
    ----------
    problem
        What is divided.
    penalties
        Cost of leaving each practice out.
    counts
        Lowest and highest number of networks, or ``None``.
    margin
        Tolerance: a plan that is cheaper by less than this need not be found.
    farthest
        More than the networks of any plan can cost.
    cutoff
        Only plans that cost less matter, or ``None``: all do.
    listed
        All groups there are, with the costs that count; ``None``: groups are priced by distance.
    budgets
        Limit of every budget; see `Pool.spends`.
    most_nodes
        Nodes of one search: a work limit.
    """

    problem: Problem
    penalties: NDArray[np.float64]
    counts: Counts | None
    margin: float
    farthest: float
    cutoff: float | None = None
    listed: Pool | None = None
    budgets: tuple[float, ...] = ()
    most_nodes: int = 100_000

    @property
    def top(self) -> float:
        """Cost from which on a plan does not matter."""
        return self.worst if self.cutoff is None else self.cutoff

    @property
    def worst(self) -> float:
        """More than any plan costs."""
        return 1.0 + self.farthest + float(self.penalties.sum())

    @property
    def scale(self) -> float:
        """Costs are divided by this inside the LP; a power of two."""
        typical = max(1e-6, self.farthest / max(1, self.problem.n) / 16)
        return float(2.0 ** np.round(np.log2(typical)))

    @property
    def room(self) -> Room:
        """What the networks of this task can hold."""
        land, listed = self.problem.land, self.listed or self.problem.listed
        floor, ceiling = land.floor, land.ceiling
        if listed is not None and len(listed):
            totals = listed.totals(land.weights)
            floor, ceiling = int(totals.min()), int(totals.max())
        # A practice above the largest network is in none, whatever its patients would need.
        weights = np.where(land.weights <= ceiling, land.weights, 0)
        return Room(weights, floor, ceiling, 0 if self.counts is None else self.counts[0])

    def choose(self, pool: Pool, cutoff: float, clock: Clock, **options: Any) -> Choice:
        """Choose from a stock; see `branch.choose`."""
        options = {"most_nodes": self.most_nodes, **options}
        return choose(
            pool, self.penalties, self.counts, cutoff,
            margin=self.margin, scale=self.scale, worst=self.worst, clock=clock,
            budgets=self.budgets, **options,
        )  # fmt: skip
