"""Several plans on one page to read and print: what they cost, what is settled, what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.alternatives.company import called
from pcngeo.alternatives.tables import together_table
from pcngeo.errors import examples
from pcngeo.objectives import TERMS
from pcngeo.optimise.differing import Alternatives
from pcngeo.optimise.trade import Trade
from pcngeo.plan import Plan
from pcngeo.review.handout import write_handout
from pcngeo.review.library import own_markup
from pcngeo.review.words import counted, number_word, persons
from pcngeo.words import are, listed

if TYPE_CHECKING:
    from pcngeo.alternatives.finished import SideBySide

__all__ = ["Pictures", "readable", "say_lone", "say_settled", "side_by_side", "trade_points"]


@dataclass(frozen=True)
class Pictures:
    """The pictures of the page, as ``<svg>`` documents.

    Parameters
    ----------
    trade, matrix, together
        As of `pcngeo.alternatives.pictures`, `matrix` and `company`.
    sheets
        The matrix of what is open, in parts that can be read on paper.
    """

    trade: str
    matrix: str
    sheets: Sequence[str]
    together: str


def side_by_side(
    side: SideBySide, pictures: Pictures, *, area: str, date: str, names: Mapping[str, str]
) -> str:
    """Write the page.

    Parameters
    ----------
    side
        The plans, finished.
    pictures
        The pictures.
    area, date
        The area as people call it; date of the lists in words.
    names
        Name by practice.

    Returns
    -------
    str
        HTML that loads nothing and runs no script; the same plans give the same bytes.
    """
    shown, plans = side.shown, side.plans
    return write_handout(
        "pcngeo.alternatives",
        title=area,
        subject=f"{counted(len(plans), 'proposed plan')} side by side",
        date=date,
        made="Each plan was made under the same rules.",
        lead=side.sentences,
        heads=["Plan", *shown.columns],
        several=len(plans) > 1,
        rows=[[f"Plan {k}", *row] for k, row in zip(shown.index, shown.to_numpy(), strict=True)],
        trade=own_markup(pictures.trade),
        sheets=[own_markup(sheet) for sheet in pictures.sheets],
        map=own_markup(pictures.together),
        common=_common_rows(side.common, names),
        lone=[f"{called(p, names)}: {words}" for p, words in say_lone(plans).items()],
        reading=[*_reading(side), _LICENCE],
    )


ANOTHER = "People in another network than in plan 1"
_LICENCE = "Contains information from NHS England, licensed under the Open Government Licence v3.0."


def readable(
    found: Alternatives | Trade, table: pd.DataFrame, people: Sequence[int]
) -> pd.DataFrame:
    """Write the table of the plans in the words and units that people read.

    Parameters
    ----------
    found
        What was searched.
    table
        `alternatives_table` or `trade_table`.
    people
        Registered patients of the practices whose ways each plan's objective counts.

    Returns
    -------
    DataFrame
        Index `plan`; text.
    """
    columns: dict[str, list[str]] = {}
    another = list(map(_share, table["another_network_1_percent"]))
    if isinstance(found, Trade):
        for name in found.objectives:
            unit, values = _in_people(name, table, people)
            figures = "{:.3f}" if unit.startswith("km") else "{:,.0f}"
            columns[f"{unit[0].upper()}{unit[1:]}"] = [figures.format(v) for v in values]
        columns[ANOTHER] = another
    else:
        columns["Over the best"] = list(map(_over, table["over_best_percent"]))
        columns["People in other company than in plan 1"] = [
            f"{v:.0f} %" for v in table["other_company_1_percent"]
        ]
        columns[ANOTHER] = another
        columns["A cheaper one that differs as much"] = [
            "none, proven" if sure else f"at most {most:.2f} % cheaper"
            for sure, most in zip(
                table["cheaper_excluded"], table["cheaper_by_at_most_percent"], strict=True
            )
        ]
    for name, words in (
        ("networks", "Networks"),
        ("smallest", "Smallest"),
        ("largest", "Largest"),
        ("unplaced_patients", "Left out"),
    ):
        if name in table:
            columns[words] = _whole(table[name])
    return pd.DataFrame(columns, index=table.index)


def _over(percent: float) -> str:
    return "under 0.01 %" if 0 < percent < 0.005 else f"{percent:.2f} %"


def _share(percent: float) -> str:
    return "under 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


def trade_points(
    found: Alternatives | Trade, table: pd.DataFrame, people: Sequence[int]
) -> tuple[list[tuple[float, float]], str, str]:
    """Give what the picture of the plans shows.

    Parameters
    ----------
    found, table, people
        As of `readable`.

    Returns
    -------
    (list of (float, float), str, str)
        A value to the right and one upwards for every plan, and what they are.
    """
    if isinstance(found, Trade):
        units, values = zip(
            *(_in_people(name, table, people) for name in found.objectives[:2]), strict=True
        )
        return list(zip(*values, strict=True)), units[0], units[1]
    across, up = "per cent of people in other company than in plan 1", "per cent over the best"
    rows = zip(table["other_company_1_percent"], table["over_best_percent"], strict=True)
    return list(rows), across, up


def _in_people(name: str, table: pd.DataFrame, people: Sequence[int]) -> tuple[str, pd.Series[Any]]:
    """Write patient-metres as kilometres for each patient in a network, all else as it is."""
    unit, values = TERMS[name].unit, table[name]
    if unit.startswith("patient-metres"):
        counted_ways = pd.Series(people, index=table.index).clip(lower=1)
        words = unit.replace("patient-metres", "km for each patient")
        return words, values / (1000.0 * counted_ways)
    return unit, values


def _whole(values: pd.Series[Any]) -> list[str]:
    return [f"{value:,.0f}" for value in values]


def say_settled(plans: Sequence[Plan], common: pd.DataFrame) -> list[str]:
    """Say what is the same in every plan, and how far that counts.

    Parameters
    ----------
    plans
        The plans.
    common
        `common_networks`.

    Returns
    -------
    list of str
    """
    if len(plans) < 2:
        return []
    settled = common[common["settled"]]
    pairs = together_table(plans)
    always = int((pairs["together_in"] == len(plans)).sum())
    said = (
        f"{counted(len(settled), 'network', capital=True)} "
        f"({persons(int(settled['list_size'].sum()))}) "
        f"{are(len(settled))} the same in every plan."
        if len(settled)
        else "No network is the same in every plan."
    )
    lone = say_lone(plans)
    stands = (
        f"Whether {examples(lone)} {are(len(lone))} with others, alone or in no network is not the "
        "same in every plan."
    )
    return [
        said,
        *([stands] if lone else []),
        f"{number_word(always, capital=True)} of {len(pairs):,} "
        "pairs of practices that are ever together are so in every plan. That is counted over "
        "these plans and no others; what holds for all good plans has to be priced, pair by pair.",
    ]


def say_lone(plans: Sequence[Plan]) -> dict[str, str]:
    """Say of whom it is open whether they are with others, alone or in no network.

    No pair of practices tells a network of one practice from none.

    Parameters
    ----------
    plans
        Plans of the same practices.

    Returns
    -------
    dict
        By practice, in order; none who stands alike in every plan.

    Examples
    --------
    >>> from pcngeo.plan import Status
    >>> homes = {"A": "1", "B": "1", "C": "2"}, {"A": "1", "B": "1", "C": ""}
    >>> say_lone([Plan(pd.Series(home), status=Status.GIVEN) for home in homes])
    {'C': 'alone in plan 1, in no network in plan 2.'}
    """
    everyone = sorted({str(p) for plan in plans for p in plan.assignment.index})
    stands: dict[str, dict[str, list[str]]] = {p: {} for p in everyone}
    for k, plan in enumerate(plans, 1):
        groups = plan.groups().values()
        how = {p: "alone" if len(group) == 1 else "with others" for group in groups for p in group}
        for practice in everyone:
            stands[practice].setdefault(how.get(practice, "in no network"), []).append(str(k))
    return {
        practice: ", ".join(
            f"{how} in plan{'s' * (len(which) > 1)} {listed(which)}" for how, which in rows.items()
        )
        + "."
        for practice, rows in stands.items()
        if len(rows) > 1
    }


def _common_rows(common: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, str]]:
    rows = []
    for row in common[common["in_plans"] > 1].to_dict(orient="records"):
        members = [names.get(p, p) for p in str(row["members"]).split()]
        times, every = int(row["in_plans"]), int(row["plans"])
        rows.append(
            {
                "times": f"all {every}" if times == every else f"{times} of {every}",
                "people": f"{int(row['list_size']):,}",
                "members": "; ".join(members),
            }
        )
    return rows


def _reading(side: SideBySide) -> list[str]:
    folders = (
        "Every plan has a folder of its own (1, 2, ...) with its tables, and alternatives.html "
        "shows them all on one map."
    )
    counted_of = (
        "Networks and patients are those of each plan's own folder: practices that joined by "
        "decision are counted, shared ones by their shares."
    )
    another = (
        "In another network: people whose network is not the one that continues theirs of plan 1 "
        "(networks are matched so that most people stay), and those in no network in one of the "
        "two. The map says the same."
    )
    if isinstance(side.found, Trade):
        return [folders, counted_of, another]
    same = (
        "Networks that were kept or made by a waiver are the same in every plan: neither column "
        "counts them."
    )
    return [
        folders,
        counted_of,
        "Over the best: how much longer the ways to the hubs are than in plan 1, or how much worse "
        "what the rules minimise.",
        "In other company: people whose network has not exactly the same practices as in plan 1, "
        "also where a single practice joined or left: whom they work with, and what plans are told "
        "apart by. Practices above the ceiling, which stand alone in every plan, do "
        "not count, nor do those in no network.",
        another,
        *([same] if side.set_aside else []),
    ]
