"""Practices that merged: the planner says which code took over which, the patients follow (Q16).

The published files tell of a merger late, and each at its own time: for months the list file holds
both codes, or the registrations and the map still the old one. `[[merged]]` in the rules says what
became of a code; then its patients count with the practice that took it over, in every file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pcngeo.corrections import Merged, check_merged
from pcngeo.errors import RulesError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.areas import Wanted
from pcngeo.intake.branches import Branches
from pcngeo.intake.membership import Membership
from pcngeo.intake.published import Published
from pcngeo.intake.registrations import Registrations
from pcngeo.rules import Rules

__all__ = ["after_mergers", "merge_lists", "with_merged"]


def after_mergers(published: Published, rules: Rules) -> Published:
    """Bring registrations, branches and the map of today's networks to the codes of afterwards.

    Parameters
    ----------
    published
        The files.
    rules
        The planner's choices; without ``[[merged]]`` the files are returned as they are.

    Returns
    -------
    Published

    Raises
    ------
    RulesError
        When a code that is said to have merged is in none of the files.
    """
    merged = check_merged(rules.merged)
    if not merged:
        return published
    _check_known(published, rules)
    mapped, homes = published.membership, published.registrations
    notes: list[Note] = []
    return dataclasses.replace(
        published,
        membership=None if mapped is None else _lent(mapped, published, merged, notes),
        registrations=None if homes is None else _renamed(homes, merged),
        branches=_with_old_surgeries(published, rules, merged),
        notes=(*published.notes, *notes),
    )


def _check_known(published: Published, rules: Rules) -> None:
    """Refuse a merger of a code that no file has: a slip of the pen would go unseen."""
    known = set(published.lists.frame.index)
    for part in (published.organisations, published.membership):
        known |= set() if part is None else set(part.frame.index)
    if published.registrations is not None:
        known |= set(published.registrations.frame["practice"])
    lost = sorted({row.practice for row in rules.merged} - known)
    if lost:
        file = f"{rules.file}: " if rules.file else ""
        raise RulesError(f"{file}[[merged]] names {examples(lost)}, which is in none of the files.")


def _renamed(homes: Registrations, merged: Mapping[str, str]) -> Registrations:
    """Count the registrations of the old codes with the new ones."""
    frame = homes.frame.assign(practice=homes.frame["practice"].replace(dict(merged)))
    summed = frame.groupby(["practice", "lsoa"], sort=True)["patients"].sum().reset_index()
    summed.attrs.update(homes.frame.attrs)
    return dataclasses.replace(homes, frame=summed)


def _with_old_surgeries(
    published: Published, rules: Rules, merged: Mapping[str, str]
) -> Branches | None:
    """Give branches to the practices of afterwards, and old surgeries that stay as branches."""
    known, listed = published.branches, published.lists
    stay = [r.practice for r in rules.merged if r.branch and r.practice in listed.frame.index]
    rows = listed.frame.loc[stay]
    old = pd.DataFrame(
        {
            "practice": [merged[code] for code in stay],
            "name": [f"former {code}" for code in stay],
            "postcode": rows["postcode"],
            "x": np.nan,
            "y": np.nan,
            "closed": False,
            "line": rows["line"],
        },
        index=pd.Index(stay, name="branch", dtype="str"),
    )
    if known is None:
        return Branches(old, listed.file) if stay else None
    frame = known.frame.assign(practice=known.frame["practice"].replace(dict(merged)))
    return Branches(pd.concat([frame, old]) if stay else frame, known.file)


def _lent(
    mapped: Membership, published: Published, merged: Mapping[str, str], notes: list[Note]
) -> Membership:
    """Lend a code that the map does not know yet the row of the largest that merged into it."""
    frame, sizes = mapped.frame, published.lists.frame["list_size"]
    rows = []
    for new in sorted(set(merged.values()) - set(frame.index)):
        olds = [old for old, to in merged.items() if to == new and old in frame.index]
        if olds:
            old = min(olds, key=lambda code: (-int(sizes.get(code, 0)), code))
            rows.append(frame.loc[[old]].rename(index={old: new}))
            action = f"{new} is not in the map yet: its network of today is that of {old}"
            notes.append(Note(mapped.file, int(frame["line"][old]), new, "", "Q16", action))
    if not rows:
        return mapped
    return dataclasses.replace(mapped, frame=pd.concat([frame, *rows]).sort_index())


def with_merged(
    members: pd.Index, published: Published, wanted: Wanted, merged: Mapping[str, str]
) -> pd.Index:
    """Bring together in an area what merged: both codes of a merger, or neither.

    Parameters
    ----------
    members
        Practices of the area and its guests, as the list file has them.
    published, wanted
        The files, the area.
    merged
        See `pcngeo.decisions.check_merged`.

    Returns
    -------
    Index
        For an area by place, with the old codes of those inside and without those whose new code
        lies outside. For commissioning areas the members as they were.

    Raises
    ------
    RulesError
        When a merger joins practices of a commissioning area with one that was not asked for.
    """
    listed = published.lists.frame
    here = set(members)
    for old, new in merged.items():
        there = new if new in listed.index else old
        if old not in listed.index or (old in here) == (there in here):
            continue
        if wanted.features:
            here = here | {old} if there in here else here - {old}
            continue
        out = old if there in here else there
        raise RulesError(
            f"[[merged]] {old} into {new}: {out} belongs to area {listed['area'][out]}. "
            f"Include it with --neighbours {out} (R19), or plan both areas."
        )
    made: pd.Index = pd.Index(sorted(here), name="practice", dtype="str")
    return made


def merge_lists(
    frame: pd.DataFrame, published: Published, merged: tuple[Merged, ...], notes: list[Note]
) -> pd.DataFrame:
    """Add the list of every practice that merged to the one that took it over.

    Parameters
    ----------
    frame
        Rows of the list file.
    published
        The files.
    merged
        Rows of the rules.
    notes
        Gains a note for every row that counts with another code.

    Returns
    -------
    DataFrame
        One row for each code of after the mergers. A code that the list file does not know yet has
        the row, and so the address, of the largest of the practices that merged into it.
    """
    last = check_merged(merged)
    rows = {row.practice: row for row in merged}
    gone = frame[frame.index.isin(last)]
    if gone.empty:
        return frame
    sums = frame["list_size"].groupby(frame.index.map(lambda code: last.get(code, code))).sum()
    lent = gone.sort_values("list_size", ascending=False, kind="stable")
    lent = lent.rename(index=last)
    lent = lent[~lent.index.isin(frame.index) & ~lent.index.duplicated()]
    for code, row in gone.iterrows():
        notes.append(_note(str(code), row, rows[str(code)], last[str(code)], published))
    kept = pd.concat([frame.drop(gone.index), lent])
    kept["list_size"] = sums.reindex(kept.index).astype("int64")
    kept.index.name = "practice"
    return kept.sort_index()


def _note(code: str, row: pd.Series, said: Merged, into: str, published: Published) -> Note:
    """Say where the patients of a row went, and what speaks against it."""
    size = int(row["list_size"])
    when = f" on {said.date}" if said.date else ""
    why = f" ({said.reason})" if said.reason else ""
    patients = "1 patient counts" if size == 1 else f"{size:,} patients count"
    action = f"merged into {into}{when}{why}: its {patients} with it"
    known = published.organisations
    if known is not None and code in known.frame.index:
        status = str(known.frame.loc[code, "status"])
        if status == "active":
            action += f"; {known.file} still has it as active"
    return Note(published.lists.file, int(row["line"]), code, "", "Q16", action, size)
