"""Which practices an area has: by commissioner, by place, and by the planner's choice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError, RulesError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.areas import Wanted
from pcngeo.intake.locate import joined, locate
from pcngeo.intake.published import Published
from pcngeo.rules import Rules

__all__ = ["check_named", "members_of", "neighbours_of", "without_reasons"]


def members_of(published: Published, wanted: Wanted, rules: Rules) -> tuple[pd.Index, list[Note]]:
    """List the practices of an area: of its commissioners, or inside its polygon.

    Parameters
    ----------
    published
        The files.
    wanted
        The area; see `areas.resolve`.
    rules
        Coordinates given by hand count too.

    Returns
    -------
    practices, notes
        Codes, sorted; and, for an area by place, a note for every practice of the same
        commissioners that could not be located, so that nobody knows whether it lies inside.

    Raises
    ------
    DataError
        When the area has no practice.
    """
    frame = published.lists.frame
    if not wanted.features:
        members = frame.index[frame["area"].isin(wanted.codes)]
        notes: list[Note] = []
    else:
        members, notes = _inside(published, wanted, rules)
    if members.empty:
        raise DataError(
            f"no practice is left in area {wanted.label}",
            file=published.lists.file,
            todo="Check that lists, postcodes and boundaries are of the same country and date",
        )
    return members, notes


def _inside(published: Published, wanted: Wanted, rules: Rules) -> tuple[pd.Index, list[Note]]:
    """List the practices that lie inside features of the boundary file."""
    assert published.boundaries is not None
    every = locate(joined(published.lists.frame, published, []), published, rules, [])
    area = shapely.unary_union(published.boundaries.frame.geometry.iloc[list(wanted.features)])
    shapely.prepare(area)
    here = shapely.intersects_xy(area, every["x"].to_numpy(), every["y"].to_numpy())
    members = every.index[np.asarray(here, dtype=bool)]
    commissioners = set(every["area"][members])
    lost = every[~every["located"] & every["area"].isin(commissioners)]
    notes = [
        Note(
            published.lists.file, int(row["line"]), str(code), "", "Q10",
            "not used: it could not be located, so whether it lies inside is not known",
            int(row["list_size"]),
        )
        for code, row in lost.iterrows()
    ]  # fmt: skip
    return members, notes


def neighbours_of(published: Published, chosen: Sequence[str], members: pd.Index) -> pd.Index:
    """Check the practices of neighbouring areas that the planner includes (R19).

    Parameters
    ----------
    published
        The files.
    chosen
        Codes of practices.
    members
        Practices of the area.

    Returns
    -------
    Index
        The codes that are not members already, sorted.

    Raises
    ------
    RulesError
        When a code is not in the list file.
    """
    known = published.lists.frame.index
    for code in chosen:
        if code not in known:
            raise RulesError(
                f"the practice {code} of a neighbouring area is not in {published.lists.file}."
                f"{_offer(code, known)}"
            )
    return pd.Index(sorted(set(chosen) - set(members)), name="practice", dtype="str")


def check_named(rules: Rules, practices: pd.Index) -> None:
    """Refuse rules that name a practice that is not in the area, offering the nearest codes."""
    known = set(practices)
    file = f"{rules.file}: " if rules.file else ""
    merged = {row.practice: row.into for row in rules.merged}
    for table, codes in _named(rules):
        for code in codes:
            if code in merged:
                raise RulesError(
                    f"{file}[[{table}]] names {code}, which merged into {merged[code]} by "
                    f"[[merged]]. Name {merged[code]} instead."
                )
            if code not in known:
                raise RulesError(
                    f"{file}[[{table}]] names {code}, which is not a practice of this area."
                    f"{_offer(code, practices)}"
                )


def _named(rules: Rules) -> Iterable[tuple[str, list[str]]]:
    for table, (name, _) in rules.TABLES.items():
        if table == "merged":
            continue  # its codes are those of before; see `pcngeo.intake.mergers`
        yield table, [code for row in getattr(rules, name) for code in _codes(row)]


def _codes(row: Any) -> tuple[str, ...]:
    """List the practices that a choice, a link or a demand is about."""
    if hasattr(row, "practices"):
        return tuple(row.practices)
    return (row.a, row.b) if hasattr(row, "a") else (row.practice,)


def without_reasons(rules: Rules) -> Iterable[Note]:
    """Flag choices, links and places of the planner that give no reason: each is to have one."""
    file = Path(rules.file).name if rules.file else "rules"
    for table, (name, _) in rules.TABLES.items():
        for row in getattr(rules, name):
            if getattr(row, "reason", None) != "":
                continue
            codes = _codes(row)
            action = f"kept: [[{table}]] {' - '.join(codes)} gives no reason"
            yield Note(file, 0, codes[0], "reason", "", action)


def _offer(code: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(code, sorted(known), n=3, cutoff=0.5)
    return f" Did you mean {examples(near)}?" if near else ""
