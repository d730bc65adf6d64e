"""Every area of a published vintage, cut one by one: once for all the tests of one process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pcngeo.intake import Intake, Published, cut, read

#: Membership map, organisations and boundaries that belong to the lists of a vintage.
FILES = {
    "2021-01": ("gp-reg-pat-prac-map_2020-09", "epraccur_2019-12", "ccg20"),
    "2022-01": ("gp-reg-pat-prac-map", "epraccur", "ccg21"),
}


def folder_of(data: Path, vintage: str) -> Path:
    """The published files of a vintage."""
    return data / "published" / vintage


@cache
def published(data: Path, vintage: str) -> Published:
    """The files of a vintage, read with the postcodes of two years."""
    membership, organisations, boundaries = FILES[vintage]
    folder, geography = folder_of(data, vintage), data / "published" / "geography"
    return read(
        lists=folder / "gp-reg-pat-prac-all.csv.gz",
        membership=folder / f"{membership}.csv.gz",
        organisations=folder / f"{organisations}.csv.gz",
        postcodes=[geography / f"codepo_subset_{year}.csv.gz" for year in (2025, 2022)],
        boundaries=geography / f"{boundaries}.geojson.gz",
    )


@cache
def every_area(data: Path, vintage: str) -> Mapping[str, Intake]:
    """Each area of England as a planner gets it, by its code: to be read, not changed."""
    files = published(data, vintage)
    return {str(code): cut(files, code) for code in files.areas.index}
