"""Point out what is odd about the practices of an area, without changing anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

import pandas as pd

from pcngeo.errors import examples
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import parse_date, postcode_key
from pcngeo.intake.locate import note_of
from pcngeo.intake.published import Published
from pcngeo.words import say_date

__all__ = ["oddities"]

#: A list is not geographic when its patients live in this many LSOAs (Q7) ...
MANY_LSOAS = 1_000
#: ... and are spread as evenly as over this many (the inverse of the sum of squared shares).
EFFECTIVE_LSOAS = 100.0
#: A list and its registrations by LSOA may differ by this share (Q22).
TOLERANCE = 0.01
#: When more than this share of the lists does, the files are of different dates.
MANY_APART = 0.1
#: A closure at the address of a practice is pointed out this long (Q16).
MERGER_DAYS = 730


def oddities(
    published: Published, frame: pd.DataFrame, settled: Collection[str] = ()
) -> Iterable[Note]:
    """Point out what is odd about the practices of an area.

    Parameters
    ----------
    published
        The files.
    frame
        The practices of the area; see `locate.joined`.
    settled
        Codes of which the planner said what they merged into (Q16).

    Yields
    ------
    Note
        Practices that merged lately, by their address (Q16); lists that are not geographic (Q7)
        and lists that differ from the registrations by LSOA (Q22), when those were given.
    """
    if published.organisations is not None:
        yield from _mergers(published, frame, settled)
    if published.registrations is not None:
        yield from _registered(published, frame)


def _mergers(published: Published, frame: pd.DataFrame, settled: Collection[str]) -> Iterable[Note]:
    """Point out practices that closed at the address of one with a list (Q16)."""
    organisations = published.organisations
    assert organisations is not None
    known = organisations.frame
    closed = known[(known["status"] == "closed") & known["gp"]]
    keys = closed["postcode"].map(postcode_key)
    here = frame["postcode"].map(postcode_key)
    for code, row in closed[keys.isin(set(here) - {""})].iterrows():
        close = parse_date(str(row["close"]))
        if close is None or close < published.lists.date - dt.timedelta(days=MERGER_DAYS):
            continue
        key = postcode_key(str(row["postcode"]))
        at = [str(c) for c in frame.index[here == key] if c != code]
        if at and code not in settled:
            done = "flagged" if code in frame.index else "not used"
            action = (
                f"{done}: {row['name']} closed on {say_date(close)} at the postcode of "
                f"{examples(at)}: check whether they merged, and say so with [[merged]]"
            )
            yield Note(organisations.file, int(row["line"]), str(code), "", "Q16", action)


def _registered(published: Published, frame: pd.DataFrame) -> Iterable[Note]:
    """Hold the registrations by LSOA against the lists (Q7, Q20, Q22)."""
    homes = published.registrations
    assert homes is not None
    mine = homes.frame[homes.frame["practice"].isin(frame.index)]
    totals = mine.groupby("practice")["patients"].sum().reindex(frame.index).fillna(0)
    shares = mine["patients"] / mine["practice"].map(totals)
    even = 1.0 / (shares**2).groupby(mine["practice"]).sum().reindex(frame.index)
    count = mine.groupby("practice").size().reindex(frame.index).fillna(0)
    for code in frame.index[(count >= MANY_LSOAS) & (even >= EFFECTIVE_LSOAS)]:
        action = (
            f"flagged: its patients live in {int(count[code]):,} LSOAs, so its list may not be "
            "geographic (R21)"
        )
        yield note_of(published, pd.Series(frame.loc[code]), "Q7", action)
    yield from _apart(published, frame, totals)


def _apart(published: Published, frame: pd.DataFrame, totals: pd.Series) -> Iterable[Note]:
    """Point out lists that differ from the registrations; when many do, say so once (Q22)."""
    homes, lists = published.registrations, published.lists
    assert homes is not None
    off = (totals - frame["list_size"]).abs() > TOLERANCE * frame["list_size"]
    known = homes.date is not None
    if (known and homes.date != lists.date) or off.mean() > MANY_APART:
        when = f" of {say_date(homes.date)}" if homes.date else ", a file that says no date"
        action = (
            f"{int(off.sum())} of {len(frame)} lists of {say_date(lists.date)} differ by more than "
            f"1 per cent from the registrations{when}: they are not of the same date"
        )
        yield Note(homes.file, 0, "", "", "Q22", action)
        return
    if not known:
        action = (
            f"the file does not say its date; {len(frame) - int(off.sum())} of {len(frame)} lists "
            f"of {say_date(lists.date)} agree with it to 1 per cent"
        )
        yield Note(homes.file, 0, "", "", "Q22", action)
    for code in frame.index[off]:
        action = (
            f"flagged: {totals[code]:,.0f} patients are registered by LSOA in {homes.file}, "
            "more than 1 per cent apart from the list"
        )
        yield note_of(published, pd.Series(frame.loc[code]), "Q22", action)
