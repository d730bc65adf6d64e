"""A plan: who is in which network, how it was found, and how good it is known to be.

Plans that the solver made, heuristic ones, today's real networks and plans edited by hand are all
the same type, so that measuring, mapping and comparing never ask where a plan came from. A plan
does not change: every edit returns a new one. Only `assignment` is stored; everything else about
who is where is derived from it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Any, Self

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.objectives import DEFAULT, DISTANCE, Stages
from pcngeo.words import count_of

__all__ = ["STOPPED", "Certificate", "Plan", "Status", "check_plan"]

#: Among the explanations of a plan whose search was ended by Ctrl-C.
STOPPED = "The search was stopped by hand, without a proof."

#: Proofs are exact to a few millionths of the objective; where one is coarser, that is said.
EXACT = 1e-5


class Status(StrEnum):
    """How good a plan is known to be.

    ``OPTIMAL``: proven best under the rules: fewest registered patients in no network, then least
    objective. ``FEASIBLE``: a plan without that proof (stopped by hand, or by the memory limit).
    ``TIME_LIMIT``: the same, because time ran out. ``INFEASIBLE``: proven that no plan meets the
    rules, not even one that leaves practices out. ``GIVEN``: not made by the solver.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    TIME_LIMIT = "time_limit"
    INFEASIBLE = "infeasible"
    GIVEN = "given"


@dataclass(frozen=True, eq=False)
class Certificate:
    """Prices that prove the bound of a large plan; see `pcngeo.optimise.large.certificate`.

    Parameters
    ----------
    charge, floor
        What a network is charged, and the least patients of one.
    prices, penalties
        Price of every practice, and what leaving it out costs (0 where nothing can hold it).
    cuts
        Three practices of which one network at most may hold two, and the price of that.
    """

    charge: float
    floor: int
    prices: Mapping[str, float]
    penalties: Mapping[str, float]
    cuts: tuple[tuple[str, str, str, float], ...] = ()

    def table(self) -> pd.DataFrame:
        """List the prices: what (``practice``, ``cut``, ``charge``), of whom, and how much."""
        rows: list[tuple[str, str, float, float]] = [("charge", "", self.charge, 0.0)]
        rows += [("practice", p, v, self.penalties[p]) for p, v in self.prices.items()]
        rows += [("cut", " ".join(cut[:3]), cut[3], 0.0) for cut in self.cuts]
        return pd.DataFrame(rows, columns=["kind", "practices", "price", "left_out"])


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """An assignment of practices to networks, with its proof.

    Parameters
    ----------
    assignment
        Series of network ids (text), index `practice` (ODS code), one row for every practice of
        the graph; ``""`` where a practice is in no network. Copied and sorted by practice.
    status
        How good the plan is known to be.
    objective
        Value of the objective over the networks of the plan, in the unit that `objective_name`
        says (by default patient-metres); practices in no network add nothing.
    bound
        Proven lower bound: no plan that leaves as few patients out, with the same number of
        networks, has a smaller objective. ``None`` where nothing is proven.
    unplaced_patients, unplaced_bound
        Registered patients of practices in no network, and the proven least possible.
    objective_name, method
        What was minimised, and how, in words.
    seed, seconds
        Seed of the random choices, and time taken.
    hubs
        Hub practice of each network.
    objectives
        What was minimised, in order (`pcngeo.objectives.Stages`); `objective` is of the last. Empty
        for a function of the planner's own.
    held
        Least values of the objectives before the last, which the plan keeps.
    rules_digest
        `Rules.digest` of the rules it was made under.
    explanation
        Sentences for a person: why practices are left out, why no plan exists, what was assumed.
    statistics
        Figures of the search (columns, cuts, nodes, ...), for analysts.
    joined
        Practices that joined a network by decision, after the search (R14): objective and bound
        are those of the networks before that.
    certificate
        Prices that prove the bound, of a plan of many practices.
    known_of_whole
        Of a part of a larger plan, what is known of the whole, in words.

    Examples
    --------
    >>> import pandas as pd
    >>> plan = Plan(pd.Series({"A": "1", "B": "1", "C": "2"}), status=Status.GIVEN)
    >>> plan.networks, plan.members("1")
    (('1', '2'), ('A', 'B'))
    """

    assignment: pd.Series[str]
    status: Status
    objective: float | None = None
    bound: float | None = None
    unplaced_patients: int = 0
    unplaced_bound: int = 0
    objective_name: str = ""
    method: str = ""
    seed: int = 0
    seconds: float = 0.0
    hubs: Mapping[str, str] = field(default_factory=dict)
    objectives: Stages = DEFAULT
    held: tuple[float, ...] = ()
    rules_digest: str = ""
    explanation: tuple[str, ...] = ()
    statistics: Mapping[str, float | int | str] = field(default_factory=dict)
    joined: tuple[str, ...] = ()
    certificate: Certificate | None = None
    known_of_whole: str = ""

    def __post_init__(self) -> None:
        """Keep an own, sorted copy of the assignment under its contract's names."""
        own = self.assignment.fillna("").astype(str).sort_index().rename("network")
        own.index = own.index.astype(str).rename("practice")
        if own.index.has_duplicates:
            raise ValueError("a practice stands in the assignment twice")
        object.__setattr__(self, "assignment", own)

    @property
    def networks(self) -> tuple[str, ...]:
        """Ids of the networks, in reading order (2 before 10)."""
        ids = {network for network in self.assignment if network}
        return tuple(sorted(ids, key=_reading_order))

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Practices in no network."""
        return tuple(self.assignment.index[self.assignment == ""])

    @property
    def stopped_by_hand(self) -> bool:
        """Whether Ctrl-C ended the search."""
        return STOPPED in self.explanation

    @property
    def gap(self) -> float | None:
        """How far the objective can be above the best possible, as a share of it; 0 when proven."""
        if self.objective is None or self.bound is None:
            return None
        if self.status is Status.OPTIMAL or self.objective <= self.bound:
            return 0.0
        return (self.objective - self.bound) / self.objective

    @property
    def by_distance(self) -> bool:
        """Whether what was minimised is the total distance to the hubs and nothing else."""
        return self.objective_name in ("", DISTANCE)

    @property
    def proof(self) -> str:
        """What is known of the plan's quality, in a sentence or two that can be read aloud."""
        if self.known_of_whole and self.status is not Status.GIVEN:
            return self.known_of_whole
        if self.joined and self.status is not Status.GIVEN:
            count = f"{len(self.joined)} practices" if len(self.joined) > 1 else self.joined[0]
            before = self.replace(joined=())
            return f"{before.proof} That is of the networks before {count} joined by decision."
        made = len(self.networks)
        best = f"no other way of making {made} such network{'' if made == 1 else 's'}"
        if self.status is Status.OPTIMAL:
            left = " and leaving as few patients out" if self.unplaced else ""
            better = "does better by the objective"
            if self.by_distance:
                better = "has a shorter total distance to the hubs"
                coarse = 1.0 - (self.bound or 0.0) / self.objective if self.objective else 0.0
                if self.bound is not None and coarse > EXACT:
                    share = math.ceil(10_000 * coarse) / 100
                    return f"Proven best to {share:g} %: {best}{left} {better} by more than that."
            return f"Proven best: {best}{left} {better}."
        if self.status is Status.INFEASIBLE:
            return "Proven: no plan meets the rules."
        if self.status is Status.GIVEN:
            return "Not made by the optimiser: nothing is proven about it."
        found = "The best plan found"
        if self.status is Status.TIME_LIMIT:
            found += " in the time it had"
        if self.unplaced_patients > self.unplaced_bound:
            fewer = self.unplaced_patients - self.unplaced_bound
            return f"{found}: another one might leave up to {fewer:,} patients fewer out."
        if self.gap is None or self.gap >= 1:
            return f"{found}; nothing is proven about it."
        return f"{found}: at most {self.gap:.2%} from the best possible."

    def __repr__(self) -> str:
        """Say in a line what plan this is: a notebook shows it, not a thousand rows."""
        placed = len(self.assignment) - len(self.unplaced)
        counts = f"{count_of(len(self.networks), 'network')} of {count_of(placed, 'practice')}"
        left = f", {count_of(len(self.unplaced), 'practice')} in none" if self.unplaced else ""
        return f"<Plan: {counts}{left}; {self.status.value}>"

    def _repr_html_(self) -> str:
        """Show the plan in a notebook: what it is, what is proven, who is in which network."""
        rows = "".join(
            f"<tr><th>{escape(network)}</th><td>{len(codes)}</td>"
            f"<td style='text-align:left'>{escape(', '.join(codes))}</td></tr>"
            for network, codes in self.groups().items()
        )
        left = f"<p>In no network: {escape(', '.join(self.unplaced))}.</p>" if self.unplaced else ""
        words = " ".join(dict.fromkeys((self.proof, *self.explanation)))
        return (
            f"<p><b>{escape(repr(self)[1:-1])}</b><br>{escape(words)}</p><table><thead><tr>"
            "<th>network</th><th>practices</th><th style='text-align:left'>members</th>"
            "</tr></thead>"
            f"<tbody>{rows}</tbody></table>{left}"
        )

    def members(self, network: str) -> tuple[str, ...]:
        """Practices of one network, sorted by code."""
        return tuple(self.assignment.index[self.assignment == network])

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Practices of every network, by network id in reading order."""
        return {network: self.members(network) for network in self.networks}

    def replace(self, **changes: Any) -> Self:
        """Return a new plan with some fields changed."""
        return dataclasses.replace(self, **changes)


def _reading_order(network: str) -> tuple[int, int, str]:
    return (0, int(network), "") if network.isdecimal() else (1, 0, network)


def check_plan(plan: Plan, **known: Container[str] | None) -> Plan:
    """Check that a plan is one, and that everything given with it knows its practices.

    Parameters
    ----------
    plan
        Any plan.
    known
        The practices that are known, by the name of the frame or graph that knows them.

    Returns
    -------
    Plan
        The same object.

    Raises
    ------
    DataError
        With every fault found.

    Examples
    --------
    >>> plan = Plan(pd.Series({"A": "1", "B": "1"}), status=Status.GIVEN)
    >>> check_plan(plan, practices=["A"])
    Traceback (most recent call last):
    ...
    pcngeo.errors.DataError: 1 of 2 practices of the plan are not in the practices given: B. \
Give the frames that the plan was made from.
    """
    if not isinstance(plan, Plan):
        raise DataError(
            f"the plan must be a Plan, not a {type(plan).__name__}", todo="Make it by pcngeo.solve"
        )
    placed = plan.assignment.index[plan.assignment != ""]
    faults = []
    for name, codes in known.items():
        lost = [] if codes is None else [code for code in placed if code not in codes]
        if lost:
            faults.append(
                f"{len(lost)} of {len(placed)} practices of the plan are not in the {name} given: "
                f"{examples(lost)}"
            )
    if faults:
        raise DataError("; ".join(faults), todo="Give the frames that the plan was made from")
    return plan
