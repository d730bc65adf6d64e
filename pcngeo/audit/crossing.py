"""What speaks for a network across the border of an area (R19): who and what is on the other side.

The guidance on the DES allows it "where the practice boundary, or branch surgery, crosses". So for
every member of such a network: is it sited beyond its own area's border, has it branches there, how
much of its drawn area lies there, and how many of its patients live where a practice of another
area has the most. Nothing is granted by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from pcngeo.words import count_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from pcngeo.audit.case import Case

__all__ = ["CROSSING", "crossing_evidence", "crossing_words"]

#: Columns of `crossing_evidence`, in order, after the index `practice`.
CROSSING = ("network", "name", "area", "list_size", "sited_beyond", "branches_beyond",
            "land_beyond_km2", "patients_beyond")  # fmt: skip
#: Published borders are generalised: less than this beyond one is not beyond it. Metres.
NEAR_M = 200.0


def crossing_evidence(case: Case, networks: Iterable[str]) -> pd.DataFrame:
    """Compute the evidence for every member of some networks (R19).

    Parameters
    ----------
    case
        What is audited, with `boundary` (a row for each area), `branches`, `registrations` and
        `by_lsoa` where given.
    networks
        Networks with practices of several areas.

    Returns
    -------
    DataFrame
        Index practice, columns `CROSSING`: `sited_beyond` (whether it lies beyond the border of its
        own area), `branches_beyond` (branch surgeries there), `land_beyond_km2` (of the area drawn
        for it) and `patients_beyond` (who live in an LSOA where a practice of another area has the
        most patients). `NA` where the data does not say.
    """
    rows = {}
    for network in networks:
        for practice in case.groups[network]:
            area = str(case.practices.at[practice, "area"])
            own = _beyond(case, area)
            rows[practice] = {
                "network": network,
                "name": str(case.practices["name"].get(practice, ""))
                if "name" in case.practices
                else "",
                "area": area,
                "list_size": case.lists[practice],
                "sited_beyond": _sited(case, practice, own),
                "branches_beyond": _branches(case.branches, practice, own),
                "land_beyond_km2": _land(case.territories, practice, own),
                "patients_beyond": _patients(case, practice, area),
            }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(CROSSING))
    table = table.rename_axis("practice")
    return table.astype(
        {
            "list_size": "int64",
            "sited_beyond": "boolean",
            "branches_beyond": "Int64",
            "land_beyond_km2": "Float64",
            "patients_beyond": "Int64",
        }
    )


def _beyond(case: Case, area: str) -> shapely.Geometry | None:
    """Return the land of an area with its margin; None where it was not given."""
    if case.boundary is None or area not in case.boundary.index:
        return None
    return shapely.buffer(case.boundary.geometry[area], NEAR_M)


def _sited(case: Case, practice: str, own: shapely.Geometry | None) -> object:
    point = case.practices.geometry[practice]
    if own is None or point is None or point.is_empty:
        return pd.NA
    return not bool(shapely.intersects(own, point))


def _branches(
    branches: gpd.GeoDataFrame | None, practice: str, own: shapely.Geometry | None
) -> object:
    if branches is None or own is None:
        return pd.NA
    mine = branches.geometry[(branches["practice"] == practice).to_numpy()]
    return int((~shapely.intersects(own, mine.to_numpy())).sum()) if len(mine) else 0


def _land(
    territories: gpd.GeoDataFrame | None, practice: str, own: shapely.Geometry | None
) -> object:
    if territories is None or own is None or practice not in territories.index:
        return pd.NA
    beyond = shapely.difference(territories.geometry[practice], own)
    return float(beyond.area) / 1e6


def _patients(case: Case, practice: str, area: str) -> object:
    homes, most = case.registrations, case.by_lsoa
    if homes is None or most is None or "most_area" not in most:
        return pd.NA
    mine = homes[homes["practice"] == practice]
    there = mine["lsoa"].map(most["most_area"]).fillna("")
    return int(mine["patients"][(there.ne("") & there.ne(area)).to_numpy()].sum())


def crossing_words(table: pd.DataFrame) -> str:
    """Say the evidence of one network in a sentence.

    Parameters
    ----------
    table
        Rows of `crossing_evidence`.

    Returns
    -------
    str
    """
    said = []
    if table["sited_beyond"].notna().any():
        count = int(table["sited_beyond"].fillna(False).sum())
        lie = "lies" if count == 1 else "lie"
        said.append(f"{count} of {len(table)} practices {lie} beyond the border of their area")
    if table["branches_beyond"].notna().any():
        count = int(table["branches_beyond"].sum())
        does = "does" if count == 1 else "do"
        said.append(f"{count_of(count, 'branch surgery', 'branch surgeries')} {does}")
    if table["land_beyond_km2"].notna().any():
        said.append(f"{table['land_beyond_km2'].sum():,.1f} km² of their drawn areas does")
    if table["patients_beyond"].notna().any():
        said.append(
            f"{int(table['patients_beyond'].sum()):,} of their patients live where a practice of "
            "another area has the most"
        )
    missing = [
        words
        for column, words in (
            ("sited_beyond", "borders of both areas (--boundaries)"),
            ("branches_beyond", "branch surgeries (--branches)"),
            ("patients_beyond", "patients by LSOA (--registrations, with --lists)"),
        )
        if table[column].isna().all()
    ]
    told = f"Evidence: {', '.join(said)}." if said else "Evidence: none can be computed."
    return f"{told} Not given: {', '.join(missing)}." if missing else told
