"""What branch and bound keeps: the best selection, its nodes, and what these share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.capacity import Capacity, Room
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.duals import Cut, Prices
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.wide import Wide

__all__ = ["Choice", "Mask", "Node", "Pair", "Search", "Tell"]

Mask = NDArray[np.bool_]
Pair = tuple[int, int]
Tell = Callable[[float, tuple[int, ...] | None, float], None]


@dataclass
class Choice:
    """The best selection from a stock, and what is proven about it.

    Parameters
    ----------
    groups
        Places in the stock, or ``None`` when no selection below the cutoff was found.
    cost
        Its penalised cost; the cutoff without one.
    bound
        No selection costs less than this (or than the cutoff).
    finished
        Whether the search ran to its end: `groups` is then best, or nothing is below the cutoff.
    nodes
        Nodes searched.
    cuts
        Cuts found on the way (they hold for every plan).
    wide, needs
        Wide cuts and capacity cuts that the first node needed.
    search
        Where the search stands.
    """

    groups: tuple[int, ...] | None
    cost: float
    bound: float
    finished: bool = False
    nodes: int = 0
    cuts: tuple[Cut, ...] = ()
    wide: tuple[Wide, ...] = ()
    search: Search | None = None
    needs: tuple[Capacity, ...] = ()


@dataclass(order=True)
class Node:
    """A part of the selections: usable groups, practices that must be in some network.

    `pair` was split, `joined` says which half this is, `part` how far the LP is from it; `basis` is
    where the LP of the whole stood, that of `line` where there are two.
    """

    bound: float
    number: int
    usable: Mask = field(compare=False)
    must: Mask = field(compare=False)
    pair: Pair | None = field(default=None, compare=False)
    joined: int = field(default=0, compare=False)
    part: float = field(default=1.0, compare=False)
    basis: highspy.HighsBasis | None = field(default=None, compare=False)
    line: int = field(default=0, compare=False)


@dataclass
class Search:
    """What the nodes share: the stock, one LP that only grows, the best selection so far.

    Where two nodes are searched at once, each of the two lines (1 and 2) has this for itself.
    """

    pool: Pool
    master: Master
    clock: Clock
    best: Choice
    margin: float
    columns: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    active: Mask = field(default_factory=lambda: np.zeros(0, bool))  # of the stock, in the LP
    open: Mask = field(default_factory=lambda: np.zeros(0, bool))  # of the columns
    must: Mask = field(default_factory=lambda: np.zeros(0, bool))
    gains: dict[Pair, tuple[float, float]] = field(default_factory=dict)  # of the bound, by splits
    closed: float = np.inf  # least bound of the nodes that are done with
    most_nodes: int = 100_000
    tell: Tell = lambda bound, groups, cost: None
    room: Room | None = None  # where capacity cuts are sought
    widen: bool = False  # whether wide cuts are sought
    prices: Prices | None = None  # of the last LP
    near: tuple[NDArray[np.int64], Pool] | None = None  # places in the stock, and these groups
    line: int = 0  # 0 while there is but one
    other: Search | None = None  # of the second line

    def reduced(self, usable: Mask, prices: Prices) -> NDArray[np.float64]:
        """Reduced costs of the usable groups of the stock; of others perhaps infinite."""
        known = np.count_nonzero(usable)
        if self.near is None or len(self.near[0]) > 2 * known or not _all_in(usable, self.near[0]):
            places = np.flatnonzero(usable)
            self.near = places, self.pool.take(places)
        reduced = np.full(len(self.pool), np.inf)
        reduced[self.near[0]] = self.master.reduced(self.near[1], prices)
        return reduced

    def lengthen(self, pool: Pool) -> None:
        """Go on with a longer stock, which begins with the groups of this one."""
        more = np.zeros(len(pool) - len(self.pool), bool)
        self.pool, self.active = pool, np.append(self.active, more)
        self.closed, self.near = np.inf, None
        self.line, self.other = 0, None

    def second(self) -> Search:
        """Begin a second line where this one, now the first, stands."""
        self.line = 1
        return replace(
            self,
            master=self.master.copy(),
            active=self.active.copy(),
            open=self.open.copy(),
            tell=lambda bound, groups, cost: None,
            line=2,
        )

    @property
    def limit(self) -> float:
        """Cost from which on a selection no longer matters."""
        return self.best.cost - self.margin


def _all_in(usable: Mask, places: NDArray[np.int64]) -> bool:
    return bool(np.count_nonzero(usable[places]) == np.count_nonzero(usable))
