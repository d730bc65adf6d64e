"""What an LP pays for, and the bound that its prices prove.

Prices come from `master`; any prices prove a bound, however they were found, so nothing here asks
how. `columns`, `branch` and `large` price groups by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "Cut", "Cuts", "Prices", "negative_part"]

Floats = NDArray[np.float64]
Counts = tuple[int, int]
Cut = tuple[int, int, int]


class Cuts:
    """The cuts in force, and for every practice the cuts that it is in."""

    def __init__(self, n: int, cuts: Sequence[Cut] = ()) -> None:
        self.n = n
        self.all: tuple[Cut, ...] = tuple(cuts)
        flat = np.array(self.all, np.int64).reshape(-1, 3)
        order = np.argsort(flat.ravel(), kind="stable")
        self.starts = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(flat.ravel(), minlength=n), out=self.starts[1:])
        self.ids = np.repeat(np.arange(len(flat), dtype=np.int32), 3)[order]
        self.members = flat.ravel().astype(np.int32)

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self.all)

    def first(self, count: int) -> Cuts:
        """Return the first `count` cuts only."""
        return self if count == len(self) else Cuts(self.n, self.all[:count])

    def priced(self, prices: Floats) -> tuple[Cuts, Floats]:
        """Return the cuts that have a price, and their prices: the others change no sum."""
        held = np.flatnonzero(prices > 0.0)
        if len(held) == len(self):
            return self, prices
        return Cuts(self.n, [self.all[q] for q in held]), prices[held]


@dataclass(frozen=True, eq=False)
class Prices:
    """What an LP pays: a price for every practice, a fee per network, a price for every cut.

    Parameters
    ----------
    practices
        Price of every practice: what covering it is worth.
    fee
        What one more network is worth (0 without a demand on the number).
    cuts
        Price of every cut, 0 or more.
    value
        Value of the LP.
    budgets
        Price of a unit of every budget, 0 or more.
    spent
        What the limits of budgets and wide cuts cost at these prices, less what capacity cuts give.
    wide
        Price of every wide cut, 0 or more.
    needs
        Price of every capacity cut, 0 or more.
    relief
        What these give for leaving out every practice.
    """

    practices: Floats
    fee: float
    cuts: Floats
    value: float
    budgets: Floats = field(default_factory=lambda: np.empty(0))
    spent: float = 0.0
    wide: Floats = field(default_factory=lambda: np.empty(0))
    needs: Floats = field(default_factory=lambda: np.empty(0))
    relief: Floats | float = 0.0

    def bound(self, penalties: Floats, counts: Counts | None, negative: float) -> float:
        """Proven lower bound on the cost of every plan, given these prices.

        Parameters
        ----------
        penalties
            Cost of leaving each practice out.
        counts
            Lowest and highest number of networks.
        negative
            Sum over hubs of their least reduced cost where below 0: what the networks of a plan
            can bring in at most, each hub serving one network.

        Returns
        -------
        float
        """
        per_count = 0.0 if counts is None else min(self.fee * k for k in counts)
        left_out = np.minimum(0.0, penalties - self.practices - self.relief).sum()
        paid = self.practices.sum() - self.cuts.sum() - self.spent
        return float(paid + per_count + left_out + negative)


def negative_part(n: int, hubs: NDArray[np.integer], reduced: Floats) -> float:
    """Sum over hubs of their least reduced cost where that is below 0."""
    least = np.zeros(n)
    np.minimum.at(least, hubs, reduced)
    return float(least.sum())
