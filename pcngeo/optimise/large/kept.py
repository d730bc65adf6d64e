"""What the search for a large plan keeps in a file, to go on with when it was broken off.

The LP and the dive into it take three quarters of the time. What comes after them looks at the
prices, the cuts and the networks of the dive and at nothing else of either, so that a search that
goes on from these ends in the same plan.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pcngeo
from pcngeo.optimise.columns import Relaxation
from pcngeo.optimise.duals import Counts, Prices
from pcngeo.optimise.ground import Ground
from pcngeo.optimise.large.charge import Charge
from pcngeo.optimise.large.lp import Country, empty_country
from pcngeo.optimise.pool import Pool

__all__ = ["KEPT", "Kept"]

#: The file in the folder that the plan is written to.
KEPT = ".country.npz"


@dataclass(frozen=True)
class Kept:
    """A file that holds the LP's proof and the networks of the dive.

    Parameters
    ----------
    path
        The file.
    problem
        What the search is of; another problem's file is not gone on with.
    """

    path: Path
    problem: str

    @classmethod
    def of(cls, path: Path, ground: Ground, wanted: Counts | None, seed: int) -> Kept:
        """Name what is searched by all that the search reads."""
        told = hashlib.sha256(repr((pcngeo.__version__, wanted, seed)).encode())
        for name, values in ground.problem.land._asdict().items():
            told.update(name.encode())
            told.update(np.ascontiguousarray(values).tobytes())
        return cls(path, told.hexdigest())

    def write(self, country: Country, taken: Pool) -> None:
        """Keep what was found."""
        assert country.relaxation is not None and country.proven is not None
        prices = country.relaxation.prices
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_name(f"{self.path.name}.partial")
        with aside.open("wb") as file:
            np.savez(
                file,
                problem=np.array(self.problem),
                offsets=taken.offsets, members=taken.members, costs=taken.costs, hubs=taken.hubs,
                practices=prices.practices, cut_prices=prices.cuts,
                cuts=np.array(country.master.cuts.all[: len(prices.cuts)], np.int64),
                numbers=np.array([
                    country.relaxation.bound, prices.fee, prices.value,
                    country.proven.each, country.charge.each,
                ]),
                facts=np.array(json.dumps(country.facts)),
            )  # fmt: skip
        aside.replace(self.path)

    def read(self, ground: Ground) -> tuple[Country, Pool] | None:
        """Take what was found in a search of the same problem, if it is there and whole."""
        try:
            with np.load(self.path, allow_pickle=False) as said:
                values: Mapping[str, Any] = dict(said)
            if str(values["problem"]) != self.problem:
                return None
            bound, fee, value, proven, each = values["numbers"].tolist()
            taken = Pool(*(values[name] for name in ("offsets", "members", "costs", "hubs")))
            facts = json.loads(str(values["facts"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        country = empty_country(ground, each)
        country.master.cut([tuple(cut) for cut in values["cuts"].tolist()])
        prices = Prices(values["practices"], fee, values["cut_prices"], value)
        country.relaxation = Relaxation(bound, prices)
        country.proven = Charge(proven, country.charge.floor)
        country.facts |= facts
        return country, taken
