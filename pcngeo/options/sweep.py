"""Solve the numbers of networks of an area, and set each beside today and what it is paid."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo import agreed, audit, export, funding, sizes
from pcngeo.optimise.options import chosen_count, each_count, options_table
from pcngeo.optimise.whynot import number_fails
from pcngeo.plan import Plan
from pcngeo.prepared import PreparedArea
from pcngeo.review.matching import match_networks
from pcngeo.review.words import name_practices
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import networkx as nx


__all__ = ["COLUMNS", "Options", "options_files", "sweep"]

#: Columns of ``options.csv``, in order, after the index `networks`.
COLUMNS = (
    "chosen", "status", "unplaced_practices", "unplaced_patients", "objective", "bound", "gap",
    "mean_distance_km", "smallest", "largest", "above_floor", "below_ceiling", "today_changed",
    "today_networks", "patients_moved", "funding_year", "funding_gbp", "funding_note",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Options:
    """The plans for several numbers of networks of one area.

    Parameters
    ----------
    area
        What was planned.
    plans
        Number of networks that the solver made -> plan of the whole area, ascending; networks that
        were kept or waived (R03, R21) and practices that stand alone (R18) come on top.
    table
        Index `networks`, columns `COLUMNS` and `seconds`.
    patients
        Registered patients that were grouped, of `practices` practices.
    alone
        Practices above the ceiling.
    chosen
        The number that the rules choose; ``None`` where none that was solved has a plan.
    stopped
        Whether the search was stopped before all numbers were solved.
    why
        For numbers that leave out people whom another number places, or that have no plan: why,
        in sentences.
    """

    area: PreparedArea
    plans: dict[int, Plan]
    table: pd.DataFrame
    patients: int
    practices: int
    alone: int
    chosen: int | None
    stopped: bool = False
    why: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        """The rules that the numbers were solved under."""
        return self.area.rules

    def prepared_for(self, count: int) -> PreparedArea:
        """Return the area with the rules that ask for one of the numbers."""
        rules = dataclasses.replace(self.rules, networks=count)
        return dataclasses.replace(self.area, rules=rules)


def sweep(
    area: PreparedArea,
    *,
    year: str = "2019/20",
    **asked: Any,
) -> Options:
    """Solve every number of networks of an area.

    Parameters
    ----------
    area
        What `pcngeo.prepared.prepare_area` returned.
    year
        Year of the payment rates.
    asked
        Range of numbers, seed, limits, progress: see `pcngeo.optimise.options.each_count`.

    Returns
    -------
    Options
        Stopped by Ctrl-C, of the numbers solved so far.
    """
    practices, rules = area.intake.practices, area.rules
    rest, kept = agreed.set_aside(area.graph, practices, rules)
    solved: dict[int, Plan] = {}
    stopped = False
    try:
        solved.update(each_count(rest, rules, **asked))
    except KeyboardInterrupt:
        stopped = True
    solved = dict(sorted(solved.items()))
    plans = {
        count: agreed.grant_rural_waivers(
            agreed.put_back(plan, kept, area.graph, rules), area.graph, rules
        )
        for count, plan in solved.items()
    }
    lists = [int(a["list_size"]) for _, a in rest.nodes(data=True)]
    grouped = [n for n in lists if n <= rules.max_list]
    chosen = chosen_count(rest, solved, rules)
    table = options_table(rest, solved, rules)
    table = table.join(_today(area, plans)).join(_money(area, plans, year))
    table.insert(0, "chosen", table.index == chosen)
    return Options(
        area, plans, table[[*COLUMNS, "seconds"]], sum(grouped), len(grouped),
        len(lists) - len(grouped), chosen, stopped, _why(rest, rules, solved, practices),
    )  # fmt: skip


def _why(
    graph: nx.Graph[str], rules: Rules, plans: dict[int, Plan], practices: pd.DataFrame
) -> dict[int, tuple[str, ...]]:
    """Say why numbers of networks do not place whom another number places, by sums and proofs."""
    names = {str(code): str(name or "") for code, name in practices["name"].fillna("").items()}
    made = [plan.unplaced_patients for plan in plans.values() if plan.objective is not None]
    least = min(made, default=0)
    found = {}
    for count, plan in plans.items():
        if plan.objective is None or plan.unplaced_patients > least:
            own = dataclasses.replace(rules, networks=count)
            found[count] = tuple(
                name_practices(sentence, names) for sentence in number_fails(graph, own, plan)
            )
    return found


def _today(area: PreparedArea, plans: dict[int, Plan]) -> pd.DataFrame:
    """Count the networks of today that change, and the people whose practice moves."""
    practices = area.intake.practices
    known = "network_today" in practices and practices["network_today"].fillna("").ne("").any()
    now = audit.existing_plan(practices).assignment if known else pd.Series(dtype=str)
    now = now[now.index.isin(list(area.graph)) & now.ne("")]
    today = {frozenset(members) for members in now.groupby(now).groups.values()}
    rows = {}
    for count, plan in plans.items():
        made = {frozenset(members) for members in plan.groups().values()}
        there = known and bool(made)
        rows[count] = {
            "today_changed": len(today - made) if there else None,
            "today_networks": len(today) if known else None,
            "patients_moved": _moved(plan, now, practices["list_size"]) if there else None,
        }
    columns = ["today_changed", "today_networks", "patients_moved"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).astype("Int64")


def _moved(plan: Plan, now: pd.Series[str], people: pd.Series[int]) -> int:
    """Add up the people of the practices that are not in the network that continues theirs."""
    mine = plan.assignment[now.index]
    same = match_networks(mine, now, people)
    continued = mine.map(lambda network: same.get(network, ""))
    return int(people[now.index[(continued != now).to_numpy()]].sum())


def _money(area: PreparedArea, plans: dict[int, Plan], year: str) -> pd.DataFrame:
    practices, rules = area.intake.practices, area.rules
    rows = {}
    for count, plan in plans.items():
        total, note = None, "Cannot compute: there is no plan."
        if plan.networks:
            lists = sizes.network_lists(plan, practices, rules)
            paid = funding.funding(funding.funding_inputs(plan, practices, lists), year)
            missing = paid.loc[paid["total_gbp"].isna(), "cannot_compute"]
            whole = missing.empty
            total = int(paid["total_gbp"].sum()) if whole else None
            note = "" if whole else f"{funding.CANNOT}: {missing.iloc[0]}"
        rows[count] = {"funding_year": year, "funding_gbp": total, "funding_note": note}
    columns = ["funding_year", "funding_gbp", "funding_note"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.astype({"funding_gbp": "Int64"})


def options_files(options: Options) -> dict[str, Callable[[Path], object]]:
    """Name the files that show the options, and what writes each.

    Parameters
    ----------
    options
        What `sweep` returned.

    Returns
    -------
    dict
        ``options.csv``, ``options.svg`` and ``options.html``.
    """
    from pcngeo.options.page import options_page
    from pcngeo.options.picture import draw_options

    decimals = {"objective": 0, "bound": 0, "gap": 6, "mean_distance_km": 3}
    table = options.table[list(COLUMNS)]

    def write(text: str, path: Path) -> None:
        path.write_text(text, encoding="utf-8", newline="\n")

    return {
        "options.csv": partial(export.write_csv, table, decimals=decimals),
        "options.svg": partial(write, draw_options(options)),
        "options.html": partial(write, options_page(options)),
    }
