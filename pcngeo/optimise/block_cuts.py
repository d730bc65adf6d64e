"""Cuts for the bound of many blocks: what is served must be linked to its centre, at a price.

A part that is not linked to its centre may only be served where some of what surrounds it is, too.
Each such cut has a price, paid by what it concerns and given to what surrounds it: the bound holds
at any prices that are not below 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cuts"]

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


def _none() -> Longs:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Cuts:
    """Cuts by offer (a block and a centre), see `block_bound.Offers`.

    Parameters
    ----------
    loose
        Offers that may not stand alone.
    begins, around
        Offers one of which must stand with each.
    """

    loose: Longs = field(default_factory=_none)
    begins: Longs = field(default_factory=lambda: np.zeros(1, np.int64))
    around: Longs = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.loose)

    def with_more(self, loose: Longs, begins: Longs, around: Longs) -> Cuts:
        """Return these and others."""
        return Cuts(
            np.concatenate([self.loose, loose]),
            np.concatenate([self.begins, self.begins[-1] + begins[1:]]),
            np.concatenate([self.around, around]),
        )

    @property
    def _of(self) -> Longs:
        """Cut of every offer around."""
        return np.repeat(np.arange(len(self)), np.diff(self.begins))

    def broken(self, shares: Floats) -> Floats:
        """By how much shares of offers break every cut; below 0 where one has room."""
        there = np.bincount(self._of, shares[self.around], minlength=len(self))
        return np.asarray(shares[self.loose] - there)

    def pay(self, prices: Floats, paid: Floats) -> None:
        """Add to `paid` what every offer pays at these prices of the cuts."""
        np.add.at(paid, self.loose, prices)
        np.subtract.at(paid, self.around, prices[self._of])
