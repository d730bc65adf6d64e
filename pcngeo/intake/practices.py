"""Cut one area out of the published files: join, locate, judge, and account to the patient.

The list file is where every practice comes from (Q5): each of its rows in the area becomes a row
of the practices frame, whatever its standing. The other files only add to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pcngeo.corrections import check_merged
from pcngeo.errors import DataError, examples
from pcngeo.intake.account import IntakeReport, Note, balance, notes_frame
from pcngeo.intake.areas import EVERYTHING, Wanted
from pcngeo.intake.boundaries import cut_boundary
from pcngeo.intake.branches import place_branches
from pcngeo.intake.choices import check_named, members_of, neighbours_of, without_reasons
from pcngeo.intake.locate import joined, locate, note_of
from pcngeo.intake.mergers import merge_lists, with_merged
from pcngeo.intake.oddities import oddities
from pcngeo.intake.published import Published, account_rows
from pcngeo.intake.standing import Verdict, judge
from pcngeo.rules import Rules
from pcngeo.schema import CRS, PRACTICE_COLUMNS, area_title, check_practices
from pcngeo.words import say_date

__all__ = ["cut_area"]

#: When half of the practices lie further outside the boundary than this, it is the wrong one.
FAR_M = 50_000.0


def cut_area(
    published: Published, wanted: Wanted, rules: Rules, neighbours: Sequence[str] = ()
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None, IntakeReport, gpd.GeoDataFrame | None]:
    """Make the practices, boundary and account of one area.

    Parameters
    ----------
    published
        The files.
    wanted
        The area; see `areas.resolve`.
    rules
        The planner's choices.
    neighbours
        Practices of other areas to include (R19).

    Returns
    -------
    practices, boundary, report, branches
        See `pcngeo.schema`; the boundary is `None` without a boundary file, the branches (as of
        `branches.place_branches`) without a file of branches.

    Raises
    ------
    DataError
        When no practice is left, the boundary does not belong to the lists, or the account does
        not balance.
    RulesError
        When the rules name a practice that is not in the area.
    """
    members, notes = members_of(published, wanted, rules)
    guests = neighbours_of(published, neighbours, members)
    merged = check_merged(rules.merged)
    members = with_merged(members.append(guests), published, wanted, merged)
    rows = merge_lists(published.lists.frame.loc[members], published, rules.merged, notes)
    check_named(rules, rows.index)
    frame = joined(rows, published, notes)
    frame = locate(frame, published, rules, notes)
    _check_located(frame, published, wanted)
    practices = _judged(frame, published, rules, notes)
    boundary = None
    if published.boundaries is not None:
        listed = f"{published.lists.file} ({say_date(published.lists.date)})"
        boundary = cut_boundary(published.boundaries, wanted, published.areas, listed)
        invited = _invited(rules, guests)
        practices = _against_boundary(practices, boundary, published, rules, notes, invited)
        notes.extend(_repairs(published, wanted))
    practices = _finished(practices)
    branches = None
    if published.branches is not None:
        branches = place_branches(published.branches, practices, published.postcodes, notes)
    notes.extend(_file_notes(published, frame.index, wanted))
    notes.extend(oddities(published, frame, merged))
    notes.extend(without_reasons(rules))
    guests = guests.intersection(members)
    notes.extend(
        note_of(published, row, "R19", _GUEST)
        for _, row in frame[frame.index.isin(guests)].iterrows()
    )
    told, concerning = account_rows(published, wanted, members, notes)
    beside = notes_frame(_not_used(published, frame.index, boundary))
    told = pd.concat([told, beside], ignore_index=True)
    steps = _reconciled(published, wanted, practices, members, guests)
    report = IntakeReport(told, steps, concerning)
    return check_practices(practices), boundary, report, branches


def _not_used(
    published: Published, members: pd.Index, boundary: gpd.GeoDataFrame | None
) -> Iterable[Note]:
    """Say of the files beside the practice files what in them belongs elsewhere."""
    if published.boundaries is not None and boundary is not None:
        frame = published.boundaries.frame
        inside = shapely.contains(
            shapely.union_all(boundary.geometry.to_numpy()),
            shapely.point_on_surface(frame.geometry.to_numpy()),
        )
        for row in frame[~inside].itertuples():
            label = str(row.ons or row.code or row.name)
            action = "not used: the boundary of another area"
            yield Note(published.boundaries.file, 0, label, "", "", action)
    if published.registrations is not None:
        every = published.registrations.frame
        other = every[~every["practice"].isin(members)]
        if len(other):
            action = (
                f"not used: {len(other):,} pairs of practice and LSOA, of "
                f"{other['practice'].nunique():,} practices that are not of this area"
            )
            patients = round(other["patients"].sum())
            yield Note(published.registrations.file, 0, "", "", "", action, patients)
    for row in published.sources[published.sources["flag"] == "postcodes"].itertuples():
        action = f"read for the practices' postcodes; the rest of its {row.rows:,} rows not used"
        yield Note(str(row.file), 0, "", "", "", action)


def _check_located(frame: pd.DataFrame, published: Published, wanted: Wanted) -> None:
    """Stop when no practice of the area is in any postcode file: a wrong file, or a mistake."""
    files = [file for file, _, _ in published.postcodes.files]
    if frame["located"].any() or not files:
        return
    postcodes = [str(text) for text in frame["postcode"] if text]
    if not postcodes:
        raise DataError(
            f"none of the {len(frame)} practices of {area_title(wanted.label)} has a postcode or "
            "coordinates",
            file=published.lists.file,
            todo="Add a column POSTCODE, or give --organisations",
        )
    raise DataError(
        f"none of {len(postcodes)} postcodes of {area_title(wanted.label)} found, such as "
        f"{postcodes[0]}",
        file=", ".join(files),
        todo=f"Check that it is a postcode file of this place, and the postcodes in "
        f"{published.lists.file}",
    )


# ---- what it is to the plan -----------------------------------------------------------------
def _judged(
    frame: pd.DataFrame, published: Published, rules: Rules, notes: list[Note]
) -> gpd.GeoDataFrame:
    """Give every practice its standing, and put on the account what is not plainly eligible."""
    made = published.organisations.date if published.organisations is not None else None
    verdicts: dict[str, Verdict] = {}
    for code, row in frame.iterrows():
        verdict = judge(row, rules, published.lists.date, made)
        notes.extend(_verdict_notes(published, row, verdict))
        verdicts[str(code)] = verdict
    points = gpd.GeoSeries(
        [
            shapely.Point(x, y) if here else None
            for x, y, here in zip(frame["x"], frame["y"], frame["located"], strict=True)
        ],
        index=frame.index,
        crs=CRS,
    )
    return gpd.GeoDataFrame(
        frame.assign(
            standing=[verdicts[str(code)].standing for code in frame.index],
            reason_code=[verdicts[str(code)].code for code in frame.index],
            reason=[verdicts[str(code)].reason for code in frame.index],
            outside_m=np.nan,
        ),
        geometry=points,
        crs=CRS,
    )


def _verdict_notes(published: Published, row: pd.Series, verdict: Verdict) -> Iterable[Note]:
    if verdict.standing != "eligible":
        yield note_of(published, row, verdict.quirk, f"{verdict.standing}: {verdict.reason}")
    elif verdict.flag:
        yield note_of(published, row, verdict.quirk, verdict.flag)


# ---- the boundary ---------------------------------------------------------------------------
def _against_boundary(
    practices: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    published: Published,
    rules: Rules,
    notes: list[Note],
    invited: Mapping[str, str],
) -> gpd.GeoDataFrame:
    """Measure how far outside the boundary each practice lies, and who does not reach it (Q13).

    `invited` are practices that take part however far outside they lie, and why.
    """
    from pcngeo.territory import reaches

    area = shapely.unary_union(boundary.geometry.to_numpy())
    shapely.prepare(area)
    outside = shapely.distance(practices.geometry.to_numpy(), area)
    _check_near(outside, practices.index, published)
    practices = practices.assign(outside_m=np.round(outside, 1))
    eligible = practices[practices["standing"] == "eligible"]
    far = eligible["outside_m"] > 0
    if not far.any():
        return practices
    takes_part = reaches(eligible, boundary, rules.outside_limit_m)
    for code in eligible.index[far]:
        row = practices.loc[code]
        km = row["outside_m"] / 1000
        where = f"{km:.1f} km" if km >= 0.1 else f"{row['outside_m']:.0f} m"
        if takes_part[code] or code in invited:
            why = "" if takes_part[code] else f"; {invited[code]}"
            action = f"kept: lies {where} outside the boundary of the area{why}"
            notes.append(note_of(published, row, "Q13", action))
            continue
        reason = (
            f"It belongs to this area but lies {where} outside its boundary, so it touches no "
            "practice here (Q13)."
        )
        practices.loc[code, ["standing", "reason_code", "reason"]] = [
            "orphan", "outside_area", reason,
        ]  # fmt: skip
        notes.append(note_of(published, row, "Q13", f"orphan: {reason}"))
    return practices


def _invited(rules: Rules, guests: pd.Index) -> dict[str, str]:
    """Say who takes part wherever it lies: the planner's guests (R19) and who a bridge links."""
    linked = {code: "linked by [[bridge]]" for row in rules.bridges for code in (row.a, row.b)}
    return {**linked, **{str(code): "included by choice (R19)" for code in guests}}


def _check_near(outside: np.ndarray, practices: pd.Index, published: Published) -> None:
    """Stop when the practices are nowhere near the boundary: wrong file or swapped coordinates."""
    here = outside[~np.isnan(outside)]
    if not len(here) or np.median(here) <= FAR_M:
        return
    assert published.boundaries is not None
    raise DataError(
        f"half of the {len(here)} practices lie more than {np.median(here) / 1000:,.0f} km outside "
        f"the boundary, such as {examples(practices[~np.isnan(outside)], 3)}",
        file=published.boundaries.file,
        todo="Check that it is the boundary of this area, and that eastings and northings are not "
        "swapped in the postcode file",
    )


def _repairs(published: Published, wanted: Wanted) -> Iterable[Note]:
    boundaries = published.boundaries
    assert boundaries is not None
    mine = {
        str(text) for code in wanted.codes for text in published.areas.loc[code, ["ons", "name"]]
    }
    features = boundaries.frame.loc[list(wanted.features), ["ons", "name"]]
    mine |= {str(text) for text in features.to_numpy().ravel()}
    if boundaries.read_as:
        yield Note(boundaries.file, 0, "", "", "Q27", boundaries.read_as)
    for label, what in boundaries.repaired:
        if label in mine:
            yield Note(boundaries.file, 0, label, "", "Q27", what)


# ---- the end --------------------------------------------------------------------------------
def _finished(practices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Name the sites (Q9), mark what is no GP practice by its setting (Q5), order the columns."""
    keys = practices["x"].round().astype(str) + " " + practices["y"].round().astype(str)
    codes = practices.index.to_series()
    site = codes.groupby(keys).transform("min").where(practices["located"], "")
    atypical = ~practices["setting"].isin(["4", ""])
    made = practices.assign(site=site.astype(str), atypical=atypical).sort_index()
    beside = ["local_authority", "local_authority_name", "atypical", "geometry"]
    return made[[*PRACTICE_COLUMNS, *beside]]


def _file_notes(published: Published, practices: pd.Index, wanted: Wanted) -> Iterable[Note]:
    """Take over the notes of reading that concern this area or a file as a whole."""
    codes = set(practices) | set(wanted.codes)
    for note in published.notes:
        if note.code in codes or not note.code:
            yield note
    date = published.lists.date
    if (date.day, date.month) != (1, 1):
        action = f"the lists are of {say_date(date)}; the contract counts them on 1 January (R06)"
        yield Note(published.lists.file, 0, "", "", "R06", action)
    yield from _vintages(published, wanted)
    mapped = published.membership
    if mapped is not None and mapped.date is not None and mapped.date != date:
        when = f"those of {say_date(mapped.date)}, the lists of {say_date(date)}"
        yield Note(mapped.file, 0, "", "", "Q14", f"networks of today are {when}")


def _vintages(published: Published, wanted: Wanted) -> Iterable[Note]:
    """Say where boundaries are of later areas than the lists, or are joined by no ONS code (Q14).

    Areas change in April. An ONS code is never used again for another boundary, so that one which
    stands on both sides joins what did not change; an NHS code or a name may be used again.
    """
    cut, date = published.boundaries, published.lists.date
    if cut is None or wanted.features or wanted.codes == (EVERYTHING,):
        return
    ons = published.areas.loc[list(wanted.codes), "ons"]
    if not (ons != "").all() or not (cut.frame["ons"] != "").any():
        action = (
            "the boundary was found by the area's NHS code or name, which may be used again: check "
            f"that it is of the date of the lists, {say_date(date)}"
        )
        yield Note(cut.file, 0, wanted.label, "", "Q14", action)
        return
    layer, _, year = cut.vintage.partition(" ")
    valid = date.year - (date.month < 4)
    if layer in ("CCG", "SICBL") and year.isdigit() and int(year) > valid:
        action = (
            f"the boundaries are of {cut.vintage}, the lists of {say_date(date)}: the ONS code is "
            "the same in both, so this area did not change"
        )
        yield Note(cut.file, 0, wanted.label, "", "Q14", action)


def _reconciled(
    published: Published,
    wanted: Wanted,
    practices: gpd.GeoDataFrame,
    members: pd.Index,
    guests: pd.Index,
) -> pd.DataFrame:
    """Account for every patient from the published total of the area to the plan."""
    lists = published.lists
    mine = lists.totals.loc[members]
    repeated = mine[mine["rows"] > 1]
    again = repeated["patients"] * (repeated["rows"] - 1) // repeated["rows"]
    own, other = mine.drop(guests), mine.loc[guests]
    total = f"{_these(wanted)} in {lists.file}"
    steps = [
        (total, int(own["rows"].sum()), int(own["patients"].sum())),
        (_GUESTS, int(other["rows"].sum()), int(other["patients"].sum())),
        ("rows given twice (Q17)", -int((repeated["rows"] - 1).sum()), -int(again.sum())),
    ]
    if not len(guests):
        del steps[1]
    if len(practices) < len(members):
        steps.append(("merged into others (Q16)", len(practices) - len(members), 0))
    sizes = practices["list_size"].to_numpy()
    standings, codes = practices["standing"].to_numpy(), practices["reason_code"].to_numpy()
    for words, standing, code in _STEPS:
        gone = (standings == standing) & ((codes == code) | (not code))
        steps.append((words, -int(gone.sum()), -int(sizes[gone].sum())))
    eligible = standings == "eligible"
    steps.append(("in the plan", int(eligible.sum()), int(sizes[eligible].sum())))
    return balance(steps)


_GUEST = "included from a neighbouring area, by choice (R19)"
_GUESTS = "of neighbouring areas, by choice (R19)"
_STEPS = (
    ("closed, or without patients (Q3, Q4)", "excluded", "closed"),
    ("left out by the planner", "excluded", "planner"),
    ("in Wales (Q12)", "excluded", "outside_area"),
    ("special schemes (Q6)", "special", ""),
    ("declined, covered by a network (R15)", "covered", ""),
    ("not located (Q10)", "orphan", "no_location"),
    ("outside the area (Q13)", "orphan", "outside_area"),
)


def _these(wanted: Wanted) -> str:
    """Say which area or areas, many by their name."""
    said = area_title(wanted.label)
    return f"area {said}" if said == wanted.label else wanted.name or said
