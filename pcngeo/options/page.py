"""The options on one page: words, picture and table in one file that opens offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.options.picture import draw_options
from pcngeo.options.words import (
    area_title,
    funding_words,
    say_choice,
    say_proof,
    say_steps,
    say_unsolved,
    say_why,
)
from pcngeo.plan import Status
from pcngeo.review.handout import write_handout
from pcngeo.review.library import own_markup
from pcngeo.words import say_date

if TYPE_CHECKING:
    from pcngeo.options.sweep import Options

__all__ = ["options_page", "readable"]


def options_page(options: Options) -> str:
    """Write the options as one HTML file.

    Parameters
    ----------
    options
        What `pcngeo.options.sweep` returned.

    Returns
    -------
    str
        HTML that loads nothing and runs no script; the same options give the same bytes.
    """
    loaded, rules = options.area.intake, options.rules
    date = loaded.list_date
    table = readable(options)
    reading = [
        say_proof(options),
        say_unsolved(options),
        "Mean distance is the straight line from a practice to the hub of its network, the member "
        "practice with the least total, for each registered patient.",
        f"The room below and above is what a network can lose or gain before it leaves the window "
        f"of {rules.min_list:,} to {rules.max_list:,} (R01, R04). A short distance that leaves the "
        "smallest network just above the minimum breaks as soon as one list shrinks.",
        funding_words(options),
        *_today_words(options),
        "Contains information from NHS England, licensed under the Open Government Licence v3.0.",
    ]
    return write_handout(
        "pcngeo.options",
        title=area_title(options),
        date=say_date(date) if date else "unknown date",
        choice=say_choice(options),
        picture=own_markup(draw_options(options)),
        steps=say_steps(options),
        why=say_why(options),
        heads=["Networks", *table.columns],
        rows=[
            {"count": k, "chosen": k == options.chosen, "cells": list(row)}
            for k, row in zip(table.index, table.itertuples(index=False), strict=True)
        ],
        reading=[sentence for sentence in reading if sentence],
    )


def _today_words(options: Options) -> list[str]:
    if options.table["today_networks"].isna().all():
        return []
    return [
        "Networks of today that change are those that would not go on with exactly the same "
        "practices; people who move are registered with practices outside the network that "
        "continues theirs."
    ]


def readable(options: Options) -> pd.DataFrame:
    """Write the table in the words and units that people read, empty columns left out.

    Parameters
    ----------
    options
        What `pcngeo.options.sweep` returned.

    Returns
    -------
    DataFrame
        Index `networks`; text.
    """
    table = options.table
    columns = {
        "Mean km": _cells(table["mean_distance_km"], "{:.2f}"),
        "Smallest": _cells(table["smallest"]),
        "Above minimum": _cells(table["above_floor"]),
        "Largest": _cells(table["largest"]),
        "Below maximum": _cells(table["below_ceiling"]),
        "Left out": _cells(table["unplaced_patients"]),
    }
    if table["today_networks"].notna().any():
        of = table["today_networks"].dropna()
        columns[f"Change, of {of.iloc[0]} today"] = _cells(table["today_changed"])
        columns["People who move"] = _cells(table["patients_moved"])
    if table["funding_gbp"].notna().any():
        columns[f"Funding {table['funding_year'].iloc[0]}"] = _cells(
            table["funding_gbp"], "£{:,}", "cannot compute"
        )
    columns["Proof"] = [
        _proof(str(status), gap, objective)
        for status, gap, objective in zip(
            table["status"], table["gap"], table["objective"], strict=True
        )
    ]
    return pd.DataFrame(columns, index=table.index)


def _proof(status: str, gap: Any, objective: Any) -> str:
    if status == str(Status.OPTIMAL):
        return "proven best"
    if status == str(Status.INFEASIBLE):
        return "no plan, proven"
    if pd.isna(objective):
        return "none found, not proven"
    return "not proven" if pd.isna(gap) else f"not proven, gap {gap:.2%}"


def _cells(values: pd.Series[Any], how: str = "{:,}", otherwise: str = "-") -> list[str]:
    return [otherwise if pd.isna(value) else how.format(value) for value in values]
