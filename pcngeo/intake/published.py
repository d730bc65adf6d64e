"""The published files, read once for the whole country; any area is then cut from them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcngeo.errors import DataError
from pcngeo.intake import organisations as _organisations
from pcngeo.intake.account import NOTE_COLUMNS, Note, notes_frame
from pcngeo.intake.areas import EVERYTHING, Wanted, area_table
from pcngeo.intake.boundaries import Boundaries, name_areas, read_boundaries
from pcngeo.intake.branches import Branches, read_branch_file
from pcngeo.intake.files import Path_, checksum
from pcngeo.intake.lists import Lists, read_lists
from pcngeo.intake.membership import Membership, read_membership
from pcngeo.intake.organisations import Organisations, read_organisations
from pcngeo.intake.postcodes import Postcodes, read_postcodes
from pcngeo.intake.registrations import Registrations, read_registrations, to_2021
from pcngeo.intake.statistics import read_lsoa_change

__all__ = ["Progress", "Published", "account_rows", "read", "with_areas"]

Progress = Callable[[str, str], None]
_OUTSIDE = "not used: outside the area"
SOURCE_COLUMNS = ("flag", "file", "kind", "sha256", "date", "rows")


@dataclass(frozen=True, eq=False)
class Published:
    """The published files of the whole country, read and joined by nothing yet.

    `pcngeo.intake.practices.cut_area` cuts an area out of it; reading is done once.

    Parameters
    ----------
    lists, organisations, membership, postcodes, boundaries, registrations, branches
        What each file holds; `None` for a file that was not given.
    sources
        One row a file: flag, file, kind, sha256, date (ISO text or ``""``), rows.
    notes
        Rows that were dropped, changed or flagged while the files were read.
    """

    lists: Lists
    postcodes: Postcodes
    organisations: Organisations | None
    membership: Membership | None
    boundaries: Boundaries | None
    registrations: Registrations | None
    sources: pd.DataFrame
    notes: tuple[Note, ...]
    branches: Branches | None = None

    @cached_property
    def areas(self) -> pd.DataFrame:
        """The commissioning areas of the list file; see `areas.area_table`."""
        known = None if self.membership is None else self.membership.frame
        table = area_table(self.lists.frame, known)
        return table if self.boundaries is None else name_areas(table, self.boundaries)

    @cached_property
    def elsewhere(self) -> pd.DataFrame:
        """One row for every row of the practice files, as the account of an area shows it.

        Columns as in the account, and `area`: the area that the row belongs to.
        """
        parts = [_list_rows(self.lists)]
        if self.organisations is not None:
            parts.append(_organisation_rows(self.organisations, self.lists))
        if self.membership is not None:
            parts.append(_membership_rows(self.membership, self.lists))
        return pd.concat(parts, ignore_index=True)


def read(
    *,
    lists: Path_,
    postcodes: Path_ | Sequence[Path_],
    organisations: Path_ | None = None,
    boundaries: Path_ | None = None,
    membership: Path_ | None = None,
    registrations: Path_ | None = None,
    lsoa_changes: Path_ | None = None,
    branches: Path_ | None = None,
    list_date: dt.date | None = None,
    progress: Progress | None = None,
) -> Published:
    """Read the published files once, for every area that is cut from them.

    Parameters
    ----------
    lists, postcodes, organisations, boundaries, membership, registrations, lsoa_changes, branches
        The files; see `pcngeo.intake.load`.
    list_date
        The date of the lists, for a planner's own table that does not hold it.
    progress
        Called with ``"load"`` and a sentence as each file is read.

    Returns
    -------
    Published

    Raises
    ------
    DataError
        When a file is missing, is another kind of file, or cannot be read.
    """
    paths = [postcodes] if isinstance(postcodes, str | Path) else _several(postcodes)
    optional = (organisations, boundaries, membership, registrations, lsoa_changes, branches)
    for path in (lists, *paths, *(path for path in optional if path is not None)):
        _check_path(path)
    say = progress or (lambda stage, detail: None)
    say("load", f"reading {Path(lists).name}")
    listed = read_lists(lists, list_date)
    known = mapped = cut = homes = sites = None
    if membership is not None:
        say("load", f"reading {Path(membership).name}")
        mapped = read_membership(membership)
    listed, more = with_areas(listed, mapped)
    if organisations is not None:
        say("load", f"reading {Path(organisations).name}")
        known = read_organisations(organisations)
    if boundaries is not None:
        say("load", f"reading {Path(boundaries).name}")
        cut = read_boundaries(boundaries)
    if registrations is not None:
        say("load", f"reading {Path(registrations).name}")
        homes = read_registrations(registrations)
    homes, said, converted_by = _of_2021(homes, lsoa_changes)
    if branches is not None:
        say("load", f"reading {Path(branches).name}")
        sites = read_branch_file(branches)
    say("load", "reading " + ", ".join(Path(path).name for path in paths))
    places = read_postcodes(paths, _wanted_postcodes(listed, known, mapped, sites))
    sources = [_source("lists", lists, "lists", listed.date, listed.rows)]
    if known is not None and organisations is not None:
        rows = len(known.frame) + len(known.notes)
        sources.append(_source("organisations", organisations, "organisations", known.date, rows))
    for path, (_, kind, rows) in zip(paths, places.files, strict=True):
        sources.append(_source("postcodes", path, kind, None, rows))
    if cut is not None and boundaries is not None:
        kind = f"boundaries, {cut.read_as.split(',')[0]}" if cut.read_as else "boundaries"
        sources.append(_source("boundaries", boundaries, kind, None, len(cut.frame)))
        sources[-1] = (*sources[-1][:4], cut.vintage, sources[-1][5])
    if mapped is not None and membership is not None:
        rows = len(mapped.frame) + len(mapped.notes)
        sources.append(_source("membership", membership, "membership", mapped.date, rows))
    if homes is not None and registrations is not None:
        sources.append(
            _source("registrations", registrations, "registrations", homes.date, homes.rows)
        )
    sources.extend(converted_by)
    if sites is not None and branches is not None:
        sources.append(_source("branches", branches, "branches", None, len(sites.frame)))
    notes = [*listed.notes, *more, *said]
    for part in (known, mapped):
        notes.extend(part.notes if part is not None else ())
    return Published(
        listed, places, known, mapped, cut, homes,
        pd.DataFrame(sources, columns=list(SOURCE_COLUMNS)), tuple(notes), sites,
    )  # fmt: skip


def _of_2021(
    homes: Registrations | None, path: Path_ | None
) -> tuple[Registrations | None, list[Note], list[tuple[str, str, str, str, str, int]]]:
    """Bring the registrations to LSOA 2021 where a lookup was given (Q19), with note and source."""
    if path is None:
        return homes, [], []
    if homes is None:
        raise DataError(
            "a lookup of LSOAs that changed was given, but no registrations to convert with it",
            file=Path(path).name,
            todo="Give --registrations too, or leave --lsoa-changes out",
        )
    change = read_lsoa_change(path)
    made, note = to_2021(homes, change, Path(path).name)
    return made, [note], [_source("lsoa_changes", path, "lsoa_change", None, len(change))]


def _several(paths: object) -> list[Any]:
    if isinstance(paths, Iterable):
        return list(paths)
    raise DataError(f"the postcodes must be a path, or several, not {paths!r}")


def _check_path(path: object) -> None:
    """Refuse what is no path, such as a table that was read already."""
    if not isinstance(path, str | Path):
        shown = "None" if path is None else f"a {type(path).__name__}"
        raise DataError(
            f"an input must be the path of a file, not {shown}",
            todo="Give the name of the file: lists='gp-reg-pat-prac-all.csv'",
        )


def _source(
    flag: str, path: Path_, kind: str, date: dt.date | None, rows: int
) -> tuple[str, str, str, str, str, int]:
    """Make one row of the table of sources."""
    stamp = date.isoformat() if date else ""
    return flag, Path(path).resolve().name, kind, checksum(path), stamp, rows


def _wanted_postcodes(
    lists: Lists,
    organisations: Organisations | None,
    membership: Membership | None,
    branches: Branches | None,
) -> set[str]:
    """Every postcode that a practice with a list, or a branch of one, goes by in any file."""
    wanted = set(lists.frame["postcode"])
    for part in (organisations, membership):
        if part is not None:
            here = part.frame.index.intersection(lists.frame.index)
            wanted |= set(part.frame["postcode"].reindex(here))
    if branches is not None:
        ours = branches.frame["practice"].isin(lists.frame.index)
        wanted |= set(branches.frame["postcode"][ours])
    return wanted


def with_areas(lists: Lists, membership: Membership | None) -> tuple[Lists, list[Note]]:
    """Fill in area codes from the map where the list file has no area columns (Q14).

    Parameters
    ----------
    lists, membership
        What the files hold.

    Returns
    -------
    lists, notes
        The lists with areas, and what the account has to say of it.
    """
    frame = lists.frame
    if (frame["area"] != "").any():
        return lists, []
    if membership is None and {"easting", "lat"} & set(frame.columns):
        return dataclasses.replace(lists, frame=frame.assign(area=EVERYTHING)), []
    if membership is None:
        raise DataError(
            "the list file has no column that says which area a practice belongs to",
            file=lists.file,
            row=1,
            column="CCG_CODE or SUB_ICB_LOCATION_CODE",
            todo="Give the practice map of the same date with --membership",
        )
    known = membership.frame.reindex(frame.index)[["area", "ons_area"]].fillna("")
    notes = [
        Note(lists.file, int(frame["line"][code]), str(code), "", "Q14",
             f"in no area: {membership.file} does not know the code",
             int(frame["list_size"][code]))
        for code in known.index[known["area"] == ""]
    ]  # fmt: skip
    filled = frame.assign(area=known["area"], ons_area=known["ons_area"])
    if membership.date is not None and membership.date != lists.date:
        action = (
            f"areas were taken from {membership.file} of {membership.date}, "
            f"the lists are of {lists.date}"
        )
        notes.append(Note(lists.file, 0, "", "", "Q14", action))
    return dataclasses.replace(lists, frame=filled), notes


def _list_rows(lists: Lists) -> pd.DataFrame:
    """Show every row of the list file as the account of another area does (Q15)."""
    frame = lists.frame
    action = "not used: belongs to area " + frame["area"]
    action = action.where(frame["area"] != "", "not used: in no area")
    return pd.DataFrame(
        {
            "file": lists.file,
            "line": frame["line"].to_numpy(),
            "code": frame.index.to_numpy(),
            "column": "",
            "quirk": "",
            "action": action.to_numpy(),
            "patients": frame["list_size"].to_numpy(),
            "area": frame["area"].to_numpy(),
        }
    )


def _organisation_rows(organisations: Organisations, lists: Lists) -> pd.DataFrame:
    """Classify the rows of the organisations file that no list belongs to (Q1, Q3, Q3b, Q4)."""
    frame = organisations.frame.drop(lists.frame.index, errors="ignore")
    words = {s: _organisations.setting_words(s) for s in frame["setting"].unique()}
    quirk = pd.Series("Q3b", index=frame.index)
    action = "not used: " + frame["setting"].map(words) + ", without a list"
    gp = frame["gp"]
    quirk[gp] = "Q3"
    action[gp] = "not used: a GP practice that is " + frame["status"] + ", without a list"
    active = gp & (frame["status"] == "active")
    quirk[active] = "Q4"
    return pd.DataFrame(
        {
            "file": organisations.file,
            "line": frame["line"].to_numpy(),
            "code": frame.index.to_numpy(),
            "column": "",
            "quirk": quirk.to_numpy(),
            "action": action.to_numpy(),
            "patients": 0,
            "area": frame["commissioner"].where(active, "").to_numpy(),
        }
    )


def _membership_rows(membership: Membership, lists: Lists) -> pd.DataFrame:
    """Rows of the map that no list belongs to."""
    frame = membership.frame.drop(lists.frame.index, errors="ignore")
    return pd.DataFrame(
        {
            "file": membership.file,
            "line": frame["line"].to_numpy(),
            "code": frame.index.to_numpy(),
            "column": "",
            "quirk": "Q4",
            "action": "not used: in the map, but without a list on the date of the lists",
            "patients": 0,
            "area": frame["area"].to_numpy(),
        }
    )


def account_rows(
    published: Published, wanted: Wanted, members: pd.Index, here: Sequence[Note]
) -> tuple[pd.DataFrame, int]:
    """Put an area's notes before the rows of the files that belong elsewhere.

    Parameters
    ----------
    published
        The files.
    wanted
        The area.
    members
        Its practices: their rows of the list file are the plan's, not the account's.
    here
        Notes that concern the area.

    Returns
    -------
    rows, concerning
        See `account.IntakeReport`.
    """
    rest = published.elsewhere
    listed = (rest["file"] == published.lists.file).to_numpy()
    left = ~(listed & rest["code"].isin(members).to_numpy())
    left &= ~_told(rest, here)
    mine = rest["area"].isin(wanted.codes).to_numpy()
    order = np.concatenate([np.flatnonzero(left & mine), np.flatnonzero(left & ~mine)])
    rows = rest[list(NOTE_COLUMNS)].take(order)
    if wanted.features:
        action = rows["action"].where(~pd.Series(listed[order], index=rows.index), _OUTSIDE)
        rows = rows.assign(action=action)
    together = pd.concat([notes_frame(here), rows], ignore_index=True)
    return together, len(here) + int((left & mine).sum())


def _told(rows: pd.DataFrame, here: Sequence[Note]) -> np.ndarray:
    """Mark rows of the files that a note speaks of already."""
    noted = {(note.file, note.line) for note in here}
    told = np.zeros(len(rows), dtype=bool)
    maybe = rows["code"].isin({note.code for note in here}).to_numpy()
    some = rows[maybe]
    told[maybe] = [key in noted for key in zip(some["file"], some["line"], strict=True)]
    return told
