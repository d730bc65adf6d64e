"""Join the files on the practice code, and say where each practice is (Q5, Q10, Q14)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pcngeo.errors import DataError
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import postcode_key
from pcngeo.intake.postcodes import from_degrees, in_britain, look_swapped
from pcngeo.intake.published import Published
from pcngeo.rules import Rules

__all__ = ["joined", "locate", "note_of"]


@dataclass(frozen=True)
class _Place:
    """Where a practice is, how that is known, by which postcode, and in which authority."""

    x: float
    y: float
    by: str
    postcode: str
    authority: str = ""
    authority_name: str = ""
    file: str = ""


def note_of(published: Published, row: pd.Series, quirk: str, action: str) -> Note:
    """Make a note about a practice's row of the list file."""
    lists = published.lists
    line, size = int(row["line"]), int(row["list_size"])
    return Note(lists.file, line, str(row.name), "", quirk, action, size)


def joined(frame: pd.DataFrame, published: Published, notes: list[Note]) -> pd.DataFrame:
    """Add names, postcodes, status and today's network from the other files.

    Parameters
    ----------
    frame
        Rows of the list file.
    published
        The files.
    notes
        Gains a note for every practice that another file does not know, or puts elsewhere.

    Returns
    -------
    DataFrame
        With columns name, other_name, network_today, network_today_name, map_postcode,
        other_postcode, status, setting, close; ``""`` where unknown.
    """
    own = frame["name"] if "name" in frame else pd.Series("", index=frame.index)
    listed = published.lists
    mapped = pd.DataFrame("", index=frame.index, columns=["name", "postcode", "pcn", "pcn_name"])
    if published.membership is not None:
        rows = published.membership.frame.reindex(frame.index)
        mapped = rows[["name", "postcode", "pcn", "pcn_name"]].fillna("")
        notes.extend(_moved(frame, rows, published))
    elif "pcn" in frame:
        mapped["pcn"] = frame["pcn"]
        mapped["pcn_name"] = frame.get("pcn_name", "")
    known = pd.DataFrame(
        "", index=frame.index, columns=["name", "postcode", "status", "setting", "close"]
    )
    if published.organisations is not None:
        rows = published.organisations.frame.reindex(frame.index)
        known = rows[list(known.columns)].fillna("")
        missing = frame.index[published.organisations.frame.index.get_indexer(frame.index) < 0]
        notes.extend(
            Note(listed.file, int(frame["line"][code]), str(code), "", "Q4",
                 f"kept: not in {published.organisations.file}", int(frame["list_size"][code]))
            for code in missing
        )  # fmt: skip
    name = mapped["name"].where(mapped["name"] != "", known["name"])
    name = name.where(name != "", own)
    return frame.assign(
        name=name.where(name != "", frame.index.to_series()),
        other_name=known["name"],
        network_today=mapped["pcn"],
        network_today_name=mapped["pcn_name"],
        map_postcode=mapped["postcode"],
        other_postcode=known["postcode"],
        status=known["status"],
        setting=known["setting"],
        close=known["close"],
    )


def _moved(frame: pd.DataFrame, mapped: pd.DataFrame, published: Published) -> Iterable[Note]:
    """Flag practices that the map puts in another area, or does not know (Q14)."""
    membership = published.membership
    assert membership is not None
    for code in frame.index[mapped["area"].isna()]:
        action = f"kept: not in {membership.file}, so its network of today is not known"
        size = int(frame["list_size"][code])
        line = int(frame["line"][code])
        yield Note(published.lists.file, line, str(code), "", "Q14", action, size)
    other = mapped["area"].notna() & (mapped["area"] != frame["area"]) & (mapped["area"] != "")
    for code in frame.index[other]:
        action = (
            f"kept in area {frame['area'][code]} of the lists; the map puts it in "
            f"{mapped['area'][code]}"
        )
        line = int(mapped["line"][code])
        yield Note(
            membership.file, line, str(code), "", "Q14", action, int(frame["list_size"][code])
        )


def locate(
    frame: pd.DataFrame, published: Published, rules: Rules, notes: list[Note]
) -> pd.DataFrame:
    """Locate each practice: by hand, by its own coordinates, or by a postcode.

    The list file's postcode comes first; when no file locates it, the organisations file's and
    then the map's are tried, because one of them is often a misprint of the other.

    Parameters
    ----------
    frame
        Index `practice`, columns postcode, other_postcode, map_postcode, line, list_size.
    published
        The files, with the places of all wanted postcodes.
    rules
        Coordinates given by hand come from here.
    notes
        Gains a note for every practice that is not located by its own live postcode.

    Returns
    -------
    DataFrame
        With columns x, y (metres, EPSG:27700; NaN where unknown), located_by, located (bool), and
        postcode as the one that was used, local_authority and local_authority_name (its code and
        name; ``""`` where unknown).
    """
    known = published.postcodes.known
    by_hand = {place.practice: place for place in rules.places}
    found: list[_Place] = []
    for code, row in frame.iterrows():
        postcode = str(row["postcode"])
        if code in by_hand:
            place = by_hand[str(code)]
            found.append(_Place(place.easting, place.northing, "given by hand", postcode))
            why = f": {place.reason}" if place.reason else ""
            action = f"located by coordinates given by hand{why}"
            notes.append(note_of(published, row, "Q10", action))
            continue
        here = _own(row, published) or _by_postcode(row, known, published, notes)
        found.append(here or _Place(math.nan, math.nan, "", postcode))
    places = pd.DataFrame(found, index=frame.index)
    return frame.assign(
        x=places["x"],
        y=places["y"],
        located_by=places["by"],
        postcode=places["postcode"],
        located=places["x"].notna(),
        **_of_one_edition(places),
    )


def _of_one_edition(places: pd.DataFrame) -> dict[str, pd.Series]:
    """Take local authorities from the file that locates most practices (R23).

    Codes change with editions: those of two files may differ without a border between them.
    """
    known = places[places["authority"] != ""]
    first = "" if known.empty else known["file"].value_counts(sort=False).sort_index().idxmax()
    used = places["file"] == first
    return {
        "local_authority": places["authority"].where(used, ""),
        "local_authority_name": places["authority_name"].where(used, ""),
    }


def _own(row: pd.Series, published: Published) -> _Place | None:
    """Coordinates that stand in a planner's own table."""
    for first, second, turn in (("easting", "northing", False), ("lat", "long", True)):
        if row.get(first) and row.get(second):
            try:
                place = float(row[first]), float(row[second])
            except ValueError:
                raise DataError(
                    f"the coordinates of {row.name} are not numbers: {first} {row[first]}, "
                    f"{second} {row[second]}",
                    file=published.lists.file,
                    row=int(row["line"]),
                    todo="Correct them, or leave both empty",
                ) from None
            x, y = from_degrees(*place) if turn else place
            if not in_britain(x, y):
                raise _abroad(row, published, first, second, turn and look_swapped(*place))
            return _Place(x, y, f"coordinates in {published.lists.file}", str(row["postcode"]))
    return None


def _abroad(
    row: pd.Series, published: Published, first: str, second: str, swapped: bool
) -> DataError:
    """Make the error for coordinates of a planner's own table that are not in Britain."""
    what = (
        "latitude and longitude look swapped"
        if swapped
        else f"the coordinates of {row.name} are not in Britain"
    )
    return DataError(
        f"{what}: {first} {row[first]}, {second} {row[second]}",
        file=published.lists.file,
        row=int(row["line"]),
        todo="Give easting and northing in metres (EPSG:27700), or latitude and longitude",
    )


def _by_postcode(
    row: pd.Series, known: Mapping[str, Mapping[str, Any]], published: Published, notes: list[Note]
) -> _Place | None:
    """Locate by the first postcode that any file knows, and say so when it is not the first."""
    files = [published.lists.file, "", ""]
    if published.organisations is not None:
        files[1] = published.organisations.file
    if published.membership is not None:
        files[2] = published.membership.file
    own = str(row["postcode"])
    for text, file in zip((own, row["other_postcode"], row["map_postcode"]), files, strict=True):
        place = known.get(postcode_key(str(text)))
        if place is None:
            continue
        by = str(place["source"])
        if place["terminated"]:
            by = f"{by} (terminated {place['terminated']})"
            action = f"located by the postcode {text}, which ended in {place['terminated']}"
            notes.append(note_of(published, row, "Q10", action))
        if postcode_key(str(text)) != postcode_key(own):
            action = (
                f"located by {text} of {file}: the postcode {own or '(none)'} of the list file is "
                "in no postcode file given"
            )
            notes.append(note_of(published, row, "Q10", action))
        x, y = float(place["easting"]), float(place["northing"])
        authority = str(place["authority"]), str(place["authority_name"])
        return _Place(x, y, by, str(text), *authority, str(place["file"]))
    return None
