"""Branch surgeries: where a practice works besides its main site (Q23).

A branch has no list of its own. It makes its practice's territory larger and gives it further
neighbours; list sizes, hubs and distances stay those of main sites.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError, examples
from pcngeo.intake.account import Note
from pcngeo.intake.dialects import find_columns, postcode_key
from pcngeo.intake.files import Path_
from pcngeo.intake.organisations import read_branches
from pcngeo.intake.postcodes import Postcodes, from_degrees, in_britain, look_swapped
from pcngeo.intake.tables import Table, read_table, wrong_kind
from pcngeo.schema import CRS

__all__ = ["Branches", "place_branches", "read_branch_file"]

#: A branch further than this from its main site is kept and flagged: often a misprint. Metres.
FAR_M = 30_000.0
#: A branch nearer than this to its main site stands on it. Metres.
SAME_M = 1.0


@dataclass(frozen=True, eq=False)
class Branches:
    """Branch surgeries as their file gives them.

    Parameters
    ----------
    frame
        Index `branch` (code), columns practice (ODS code of the parent), name, postcode, x, y
        (metres, EPSG:27700; NaN where the file holds no coordinates), closed (bool), line.
    file
        Name of the file.
    """

    frame: pd.DataFrame
    file: str


def read_branch_file(path: Path_) -> Branches:
    """Read ebranchs in either code system, or a table of your own.

    Parameters
    ----------
    path
        The published file of 27 columns without a header; or CSV or Excel with a practice code
        and a postcode or coordinates (easting and northing, or latitude and longitude), and,
        where known, the branch's code, name and close date.

    Returns
    -------
    Branches

    Raises
    ------
    DataError
        When it is another file, a code stands twice, or coordinates are no place in Britain.
    """
    table = read_table(path, "branches")
    if not table.header:
        frame = read_branches(path)
        return Branches(frame.assign(x=np.nan, y=np.nan), table.file)
    at = find_columns(table.header, "branches")
    missing = [] if "practice" in at else ["the code of the practice (PRACTICE_CODE)"]
    places = ({"postcode"}, {"easting", "northing"}, {"lat", "long"})
    if not any(fields <= at.keys() for fields in places):
        missing.append("a postcode or coordinates")
    if missing or table.kind in ("lists", "membership", "registrations", "epcn"):
        raise wrong_kind(table, "branches", missing)
    return Branches(_own(table, at), table.file)


def _own(table: Table, at: Mapping[str, int]) -> pd.DataFrame:
    def text(field: str) -> pd.Series[str]:
        return table.rows[at[field]] if field in at else pd.Series("", index=table.rows.index)

    practice = text("practice").str.upper()
    empty = practice.index[practice == ""]
    if len(empty):
        raise DataError(
            f"{len(empty)} branches do not say whose they are (rows {examples(empty)})",
            file=table.file,
            row=int(empty[0]),
            todo="Fill in the practice's code",
        )
    number = (practice.groupby(practice).cumcount() + 1).astype(str)
    given = text("branch").str.upper()
    frame = pd.DataFrame(
        {
            "branch": given.where(given != "", practice + " branch " + number),
            "practice": practice,
            "name": text("name"),
            "postcode": text("postcode").str.upper(),
            "closed": text("closed") != "",
            "line": table.rows.index,
        }
    )
    twice = frame[frame["branch"].duplicated()]
    if len(twice):
        raise DataError(
            f"{len(twice)} branches stand twice: {examples(twice['branch'])}",
            file=table.file,
            row=int(twice.index[0]),
            todo="Keep one row for each branch",
        )
    frame[["x", "y"]] = _coordinates(table, at)
    return frame.set_index("branch").sort_index()


def _coordinates(table: Table, at: Mapping[str, int]) -> np.ndarray:
    """Metres of every row, NaN without coordinates."""
    metric = {"easting", "northing"} <= at.keys()
    fields = ("easting", "northing") if metric else ("lat", "long")
    xy = np.full((len(table.rows), 2), np.nan)
    if not set(fields) <= at.keys():
        return xy
    for i, (line, row) in enumerate(table.rows.iterrows()):
        one, other = str(row[at[fields[0]]]), str(row[at[fields[1]]])
        if not one and not other:
            continue
        fault = "are not numbers"
        try:
            first, second = float(one), float(other)
            x, y = (first, second) if metric else from_degrees(first, second)
            if in_britain(x, y):
                xy[i] = x, y
                continue
            turned = not metric and look_swapped(first, second)
            fault = "look swapped" if turned else "are not in Britain"
        except ValueError:
            pass
        raise DataError(
            f"the coordinates {fault}: {fields[0]} {one!r}, {fields[1]} {other!r}",
            file=table.file,
            row=int(str(line)),
            todo="Correct them, or leave both empty and give a postcode",
        )
    return xy


def place_branches(
    branches: Branches, practices: gpd.GeoDataFrame, postcodes: Postcodes, notes: list[Note]
) -> gpd.GeoDataFrame:
    """Locate the branches of an area's practices, and account for those that are not used.

    Parameters
    ----------
    branches
        As of `read_branch_file`.
    practices
        Practices of the area, finished (`pcngeo.schema`).
    postcodes
        Where postcodes are.
    notes
        Gains a note for every branch of these practices that is not used or is odd, and one for
        all branches of other practices.

    Returns
    -------
    GeoDataFrame
        Index `branch`, sorted; columns `practice`, `name`, `postcode`, `located_by` and a point,
        EPSG:27700: the branches that practices which take part have besides their main site.
    """
    frame = branches.frame
    mine = frame["practice"].isin(practices.index)
    if not mine.all():
        action = f"not used: {int((~mine).sum()):,} branches of practices that are not of this area"
        notes.append(Note(branches.file, 0, "", "", "Q23", action))
    rows = []
    for code, row in frame[mine].iterrows():
        home = practices.loc[row["practice"]]
        x, y, by, odd = _where(row, postcodes, branches.file)
        why = _left_out(row, home, x, y)
        said = [f"not used: {why}"] if why else [*odd, *_oddly_placed(home, x, y)]
        notes.extend(
            Note(branches.file, int(row["line"]), str(code), "", "Q23", action) for action in said
        )
        if not why:
            rows.append((code, row["practice"], row["name"], row["postcode"], by, x, y))
    columns = ["branch", "practice", "name", "postcode", "located_by", "x", "y"]
    made = pd.DataFrame(rows, columns=columns).set_index("branch")
    points = gpd.points_from_xy(made.pop("x"), made.pop("y"))
    return gpd.GeoDataFrame(made, geometry=points, crs=CRS)


def _where(
    row: pd.Series[Any], postcodes: Postcodes, file: str
) -> tuple[float, float, str, tuple[str, ...]]:
    """Coordinates, where they come from, and what is odd about them."""
    if not np.isnan(row["x"]):
        return float(row["x"]), float(row["y"]), f"coordinates in {file}", ()
    place = postcodes.known.get(postcode_key(str(row["postcode"])))
    if place is None:
        return np.nan, np.nan, "", ()
    ended = place["terminated"]
    odd = (f"located by {row['postcode']}, which ended in {ended}",) if ended else ()
    return float(place["easting"]), float(place["northing"]), str(place["source"]), odd


def _left_out(row: pd.Series[Any], home: pd.Series[Any], x: float, y: float) -> str:
    """Why a branch does not take part; ``""`` where it does."""
    if row["closed"]:
        return "the branch is closed"
    if home["standing"] != "eligible":
        return f"its practice {row['practice']} takes no part ({home['standing']})"
    if np.isnan(x):
        what = f"the postcode {row['postcode']} is in no file given" if row["postcode"] else (
            "it has neither postcode nor coordinates"
        )  # fmt: skip
        return f"not located, {what}; its practice keeps its other sites"
    if _away(home, x, y) <= SAME_M:
        return f"it stands on the main site of its practice {row['practice']}"
    return ""


def _oddly_placed(home: pd.Series[Any], x: float, y: float) -> Iterator[str]:
    if _away(home, x, y) > FAR_M:
        yield (
            f"kept, but it lies {_away(home, x, y) / 1000:,.0f} km from the main site of its "
            f"practice {home.name}: check its postcode"
        )


def _away(home: pd.Series[Any], x: float, y: float) -> float:
    return float(shapely.distance(home["geometry"], shapely.Point(x, y)))
