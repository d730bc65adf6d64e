"""A price: what a choice costs, between which ends, and how that is said aloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pcngeo.demands import Apart, Locked, Together
from pcngeo.objectives import DISTANCE
from pcngeo.plan import Plan, Status
from pcngeo.words import listed

__all__ = ["Asked", "Price", "Settled", "is_kept"]

Asked = Together | Apart | Locked
#: Differences below this share of the objective are the tolerance of two proofs.
SAME = 2e-6


class Settled(StrEnum):
    """What is known of a price.

    ``PROVEN``: both plans are proven best. ``BETWEEN``: a search was stopped, the price lies
    between `Price.low` and `Price.high`. ``LEFT_OUT``: proven that more patients, or these, are in
    no network. ``COUNT``: it takes another number of networks. ``EARLIER``: it is paid in an
    objective that counts more. ``IMPOSSIBLE``: proven that no plan keeps it.
    """

    PROVEN = "proven"
    BETWEEN = "between"
    LEFT_OUT = "left_out"
    COUNT = "count"
    EARLIER = "earlier"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, eq=False)
class Price:
    """What a choice costs.

    Parameters
    ----------
    choice
        What is kept.
    base, plan
        The best plan without and with it.
    patients
        Registered patients in networks of `base`.
    any_count
        Whether the rules leave the number of networks free, so that it may differ.
    """

    choice: Asked
    base: Plan
    plan: Plan
    patients: int
    any_count: bool = False

    @property
    def settled(self) -> Settled:
        """What is known of the price."""
        base, plan = self.base, self.plan
        if plan.status is Status.INFEASIBLE:
            return Settled.IMPOSSIBLE
        known = base.status is Status.OPTIMAL and plan.status is Status.OPTIMAL
        if plan.objective is None or base.objective is None:
            return Settled.BETWEEN
        if plan.unplaced_bound > base.unplaced_patients:
            return Settled.LEFT_OUT
        if known and not is_kept(plan, self.choice):
            return Settled.LEFT_OUT
        if known and not self.any_count and len(plan.networks) != len(base.networks):
            return Settled.COUNT
        if known and _worse(base.held, plan.held):
            return Settled.EARLIER
        return Settled.PROVEN if known else Settled.BETWEEN

    @property
    def comparable(self) -> bool:
        """Whether objectives can be compared: as many left out and networks, as good before."""
        base, plan = self.base, self.plan
        return (
            base.objective is not None
            and plan.objective is not None
            and plan.unplaced_patients == base.unplaced_patients
            and is_kept(plan, self.choice)
            and (self.any_count or len(plan.networks) == len(base.networks))
            and not _worse(base.held, plan.held)
        )

    @property
    def difference(self) -> float | None:
        """Objective with the choice less objective without it; ``None``: not `comparable`."""
        if self.base.objective is None or self.plan.objective is None or not self.comparable:
            return None
        gone = self.plan.objective - self.base.objective
        return 0.0 if abs(gone) <= SAME * max(1.0, abs(self.base.objective)) else gone

    @property
    def low(self) -> float | None:
        """Proven: it costs at least this."""
        if self.settled is Settled.PROVEN:
            return self.difference
        if self.plan.bound is None or self.base.objective is None or not self.comparable:
            return None
        return max(0.0, self.plan.bound - self.base.objective)

    @property
    def high(self) -> float | None:
        """Proven: it costs at most this."""
        if self.settled is Settled.PROVEN:
            return self.difference
        if self.plan.objective is None or self.base.bound is None or not self.comparable:
            return None
        return max(0.0, self.plan.objective - self.base.bound)

    @property
    def percent(self) -> float | None:
        """The difference as a percentage of the objective without the choice."""
        if self.difference is None or not self.base.objective:
            return 0.0 if self.difference == 0 else None
        return 100.0 * self.difference / self.base.objective

    @property
    def per_patient(self) -> float | None:
        """The difference for every patient in a network, in the unit of the objective."""
        if self.difference is None or not self.patients:
            return None
        return self.difference / self.patients

    def sentence(self, names: Mapping[str, str] | None = None) -> str:
        """Say the price in words that can be read aloud."""
        return _sentence(self, names or {})


def is_kept(plan: Plan, choice: Asked) -> bool:
    """Tell whether a plan keeps a choice already."""
    homes = {plan.assignment[p] for p in choice.practices}
    if isinstance(choice, Apart):
        return len(homes) == 2 or homes == {""}
    if len(homes) != 1 or "" in homes:
        return False
    return isinstance(choice, Together) or plan.members(homes.pop()) == tuple(
        sorted(choice.practices)
    )


def _worse(before: tuple[float, ...], after: tuple[float, ...]) -> bool:
    if len(before) != len(after):
        return True
    return any(b > a + max(1e-6, 3 * SAME * abs(a)) for a, b in zip(before, after, strict=True))


def _sentence(asked: Price, names: Mapping[str, str]) -> str:
    what, plan, base = _what(asked.choice, names), asked.plan, asked.base
    if plan is base:
        return f"The best plan keeps {what} already: that costs nothing."
    keeping = f"Keeping {what}"
    settled = asked.settled
    if settled is Settled.IMPOSSIBLE:
        return f"{keeping} is not possible: no plan does, under these rules (proven)."
    if settled is Settled.LEFT_OUT:
        more = plan.unplaced_bound - base.unplaced_patients
        if more <= 0:
            return f"{keeping} leaves them in no network (proven)."
        least = "" if plan.unplaced_bound == plan.unplaced_patients else "at least "
        return f"{keeping} would leave {least}{more:,} more patients in no network (proven)."
    if settled is Settled.EARLIER:
        return f"{keeping} makes an objective worse that counts more than the last one (proven)."
    if settled is Settled.COUNT:
        made, before = len(plan.networks), len(base.networks)
        return f"{keeping} takes {made} networks instead of {before} (proven)."
    if asked.difference is None:
        return f"{keeping}: nothing is proven, and in the time given no plan was found to compare."
    if settled is Settled.PROVEN:
        if asked.difference == 0:
            return f"{keeping} costs nothing: there is another plan that is as good (proven)."
        return f"{keeping} costs {_amount(asked, asked.difference)} (proven)."
    return f"{keeping} costs {_range(asked)}; what it costs exactly is not proven."


def _what(choice: Asked, names: Mapping[str, str]) -> str:
    called = [f"{names[p]} ({p})" if names.get(p, p) != p else p for p in choice.practices]
    if isinstance(choice, Locked):
        return f"exactly {listed(called)} as a network"
    return f"{listed(called)} {'apart' if isinstance(choice, Apart) else 'together'}"


def _amount(asked: Price, difference: float) -> str:
    share = _share(asked, difference)
    if asked.base.objective_name == DISTANCE and asked.patients:
        metres = difference / asked.patients
        way = f"{metres:,.0f} metres" if metres >= 1.5 else f"{metres:.1g} metres"
        way = "1 metre" if way == "1 metres" else way
        return f"{share} in distance to the hubs, {way} for every patient"
    return f"{share} of the objective ({difference:,.0f} more)"


def _share(asked: Price, difference: float) -> str:
    base = asked.base.objective
    return f"{100 * difference / base:.2f} %" if base else f"{difference:,.0f} more"


def _range(asked: Price) -> str:
    low, high = asked.low, asked.high
    if high is None:
        return f"at least {_share(asked, low)}" if low is not None else "an unknown amount"
    return f"between {_share(asked, low or 0.0)} and {_share(asked, high)} of the objective"
