"""Say what a file is, before anything is planned with it; and list the areas of a list file."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pcngeo.errors import DataError, PcnGeoError, examples
from pcngeo.intake.areas import area_table
from pcngeo.intake.dialects import KINDS, Kind, header_key, kind_of_header, kind_of_row
from pcngeo.intake.files import Path_, checksum, looks_like, members
from pcngeo.intake.findings import READERS, FileReport, read_plainly
from pcngeo.intake.lists import read_lists
from pcngeo.intake.membership import read_membership
from pcngeo.intake.tables import decode, read_tables, split_line
from pcngeo.patient_level import refuse_patient_level
from pcngeo.rules import Rules
from pcngeo.words import say_date

__all__ = ["FileReport", "areas", "inspect_file", "inspect_path"]

#: Files that pcngeo writes, or that planners write for it.
_OWN = {
    kind.key: kind
    for kind in (
        Kind("plan", "a plan's table of practices and networks (membership.csv)", "--plan"),
        Kind("edges", "a table of which practices are neighbours (edges.csv)", "--edges"),
        Kind("networks", "a plan's table of networks (networks.csv)", ""),
        Kind("travel", "a table of travel between practices", "--travel"),
        Kind("rules", "a rules file", "--rules"),
        Kind("scenario", "a scenario file", ""),
    )
}
#: Headers by which files of our own are told from published ones.
_OWN_HEADERS = (
    ("plan", {"PRACTICE", "NETWORK"}),
    ("networks", {"NETWORK", "PRACTICES", "LIST_SIZE"}),
    ("edges", {"PRACTICE_A", "PRACTICE_B"}),
    ("travel", {"FROM", "TO"}),
    ("travel", {"ORIGIN", "DESTINATION"}),
)
#: Files of a folder that are no input: what fetch writes beside its files.
_NO_INPUT = ("fetched.json", "LICENCE.txt")


def inspect_path(path: Path_) -> list[FileReport]:
    """Say what a file is, or what each file of a folder is.

    Parameters
    ----------
    path
        A file, or a folder. A folder of Code-Point Open counts as one file.

    Returns
    -------
    list of FileReport
        In the order of their names.

    Raises
    ------
    DataError
        When there is no such file, or the folder holds none.
    """
    path = Path(path)
    if not path.is_dir() or _is_codepoint(path):
        return [inspect_file(path)]
    inside = [p for p in path.iterdir() if p.is_file() and p.name not in _NO_INPUT]
    files = sorted(p for p in inside if p.name[0] != "." and ".part" not in p.suffixes)
    if not files:
        raise DataError("the folder holds no file", file=path.resolve().name)
    return [inspect_file(file) for file in files]


def _is_codepoint(folder: Path) -> bool:
    """Tell whether every table of a folder is one of Code-Point Open."""
    try:
        with members(folder) as found:
            return all(_kind_of_text(s.read(1 << 12), name) == "codepoint" for name, s in found)
    except DataError:
        return False


def inspect_file(path: Path_) -> FileReport:
    """Say what kind of file this is, its vintage, rows and areas, what is odd, and its option.

    Parameters
    ----------
    path
        Any file, or a folder of Code-Point Open.

    Returns
    -------
    FileReport
        Also for a file that cannot be read: then `readable` is false, and `odd` says why.

    Raises
    ------
    DataError
        When there is no such file.
    """
    path = Path(path)
    path = path if path.name not in ("", "..") else path.resolve()
    digest = checksum(path)
    kind = ""
    try:
        kind = _kind(path)
        if kind in _OWN:
            rows = 0 if path.suffix.lower() == ".toml" else _lines(path)
            report = FileReport(path.name, kind, rows=rows, vintage="not dated")
        else:
            report = READERS[kind](path) if kind in READERS else read_plainly(path, kind)
        if kind in ("membership", "epcn"):
            report = replace(report, kind=kind)
    except PcnGeoError as error:
        said = str(error).removeprefix(f"{path.name}: ")
        report = FileReport(path.name, kind, odd=(said,), readable=False)
    if not report.kind:
        return replace(report, sha256=digest)
    named = (KINDS | _OWN)[report.kind]
    return replace(report, title=named.title, flag=named.flag, sha256=digest)


def _lines(path: Path) -> int:
    """Count the rows below the header."""
    return max(0, len(path.read_bytes().splitlines()) - 1)


def _kind(path: Path) -> str:
    """Judge a file by its bytes and its first row."""
    if path.suffix.lower() in (".shp", ".gpkg"):
        return "boundaries"
    refused = None
    with members(path) as found:
        for name, stream in found:
            head = stream.read(1 << 16)
            what = looks_like(head)
            lower = name.lower()
            if what in ("json", "gpkg", "shp") or lower.endswith((".shp", ".geojson")):
                return "boundaries"
            if what == "zip" or lower == "[content_types].xml":
                return _kind_of_workbook(path)
            if what != "text":
                refused = refused or f"this is {what}"
                continue
            kind = _kind_of_text(head, name) or _kind_of_toml(path)
            if kind:
                return kind
    if refused:
        raise DataError(refused, file=path.name)
    return ""


def _kind_of_text(head: bytes, name: str) -> str:
    lines = (head[: head.rfind(b"\n") + 1] or head).split(b"\n")
    for number, line in enumerate(lines[:20], 1):
        row = split_line(line, name, number)
        refuse_patient_level(tuple(row), name)
        keys = {header_key(text) for text in row}
        own = next((kind for kind, headers in _OWN_HEADERS if headers <= keys), "")
        kind = own or kind_of_row(row) or kind_of_header(row)
        if kind:
            return kind
    return ""


def _kind_of_toml(path: Path) -> str:
    """Tell a scenario from a rules file."""
    if path.suffix.lower() != ".toml":
        return ""
    try:
        read = tomllib.loads(decode(path.read_bytes(), path.name))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"the file is no TOML ({error})", file=path.name) from None
    return "scenario" if "area" in read or "lists" in read or "inputs" in read else "rules"


def _kind_of_workbook(path: Path) -> str:
    kinds = [table.kind for table in read_tables(path) if table.kind]
    return next((kind for kind in kinds if KINDS[kind].flag), kinds[0] if kinds else "")


def areas(
    lists: Path_,
    membership: Path_ | None = None,
    rules: Rules | None = None,
    list_date: dt.date | None = None,
) -> pd.DataFrame:
    """List the areas of a list file with the number of networks that each could have.

    Parameters
    ----------
    lists
        ``gp-reg-pat-prac-all``.
    membership
        The practice map, for the areas' names (and for a list file without area columns).
    rules
        For the size window.
    list_date
        The date of the lists, for a table that does not hold it.

    Returns
    -------
    DataFrame
        Index `area` (code), columns name, icb (code), practices, patients, fewest and most
        networks that fit the window by size alone (R07; none fits where fewest is above most).
        ``attrs["notes"]``: sentences about the lists' date, what is in no area, and where no
        number of networks fits.
    """
    from pcngeo.intake.published import with_areas

    rules = rules or Rules()
    listed = read_lists(lists, list_date)
    known = None if membership is None else read_membership(membership)
    listed, notes = with_areas(listed, known)
    table = area_table(listed.frame, None if known is None else known.frame)
    counts = [rules.counts(int(patients)) for patients in table["patients"]]
    table = table.assign(fewest=[low for low, _ in counts], most=[high for _, high in counts])
    table = table[["name", "icb", "practices", "patients", "fewest", "most"]]
    said = [f"The lists are of {say_date(listed.date)}."]
    said += [f"Odd: {note.action} (Q14)." for note in notes if not note.code]
    nowhere = listed.frame[listed.frame["area"] == ""]
    if len(nowhere):
        patients = int(nowhere["list_size"].sum())
        said.append(f"In no area: {patients:,} patients of {len(nowhere):,} practices.")
    table.attrs["notes"] = (*said, *_none_fits(table, rules))
    return table


def _none_fits(table: pd.DataFrame, rules: Rules) -> Iterator[str]:
    """Say where no number of networks fits, and that a large practice may stand alone."""
    none = table.index[table["fewest"] > table["most"]]
    if len(none):
        window = f"{rules.min_list:,} to {rules.max_list:,}"
        yield (
            f"No number of networks of {window} patients fits {examples(none)} by size alone: a "
            "waiver, another window or a neighbour's practices are needed there."
        )
