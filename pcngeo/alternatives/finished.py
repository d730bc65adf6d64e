"""What is counted of several plans: each as its own folder has it, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from pcngeo.alternatives.page import readable, say_settled
from pcngeo.alternatives.tables import (
    Finished,
    alternatives_table,
    common_networks,
    trade_table,
)
from pcngeo.optimise.differing import Alternatives
from pcngeo.optimise.trade import Trade
from pcngeo.plan import Plan
from pcngeo.schema import UNPLACED

if TYPE_CHECKING:
    from pcngeo.pipeline import PlannedArea

__all__ = ["SideBySide", "count_finished"]


@dataclass(frozen=True, eq=False)
class SideBySide:
    """Several plans of an area, finished, and what sets them beside each other.

    Parameters
    ----------
    found
        What was searched.
    made
        The plans as their folders have them.
    table
        `alternatives_table` or `trade_table`.
    common
        `common_networks`.
    """

    found: Alternatives | Trade
    made: tuple[Finished, ...]
    table: pd.DataFrame
    common: pd.DataFrame

    @classmethod
    def of(cls, found: Alternatives | Trade, results: Sequence[PlannedArea]) -> SideBySide:
        """Count plans that `pcngeo.pipeline.finish_plan` made whole, in the order of `found`."""
        graph, rules = results[0].graph, results[0].rules
        made = tuple(map(count_finished, results))
        if isinstance(found, Trade):
            table = trade_table(found, made, graph, rules)
        else:
            size = nx.get_node_attributes(graph, "list_size")
            table = alternatives_table(found, made, size, rules.max_list)
        return cls(found, made, table, common_networks(made))

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans."""
        return tuple(one.plan for one in self.made)

    @property
    def set_aside(self) -> bool:
        """Whether networks stand in every plan that were not searched (R03, R21)."""
        pairs = zip(self.plans, self.found.plans, strict=True)
        return any(len(whole.networks) > len(plan.networks) for whole, plan in pairs)

    @property
    def shown(self) -> pd.DataFrame:
        """The table in the words and units that people read."""
        return readable(self.found, self.table, [one.measured for one in self.made])

    @property
    def sentences(self) -> list[str]:
        """What is proven, and what is the same in every plan."""
        return [self.found.sentence, *say_settled(self.plans, self.common)]


def count_finished(result: PlannedArea) -> Finished:
    """Count a plan that was made whole: the figures of its `networks.csv` and `plan.json`."""
    plan, table = result.plan, result.membership
    lists, status = table["list_size"], table["status"]
    home = plan.assignment
    searched = [p for p in home.index[home != ""] if p not in plan.joined]
    return Finished(
        plan,
        {str(n): int(v) for n, v in result.measures["list_size"].items()},
        left_out=int(lists[status.isin(UNPLACED)].sum()),
        measured=int(lists.reindex(searched).sum()),
        people=lists,
    )
