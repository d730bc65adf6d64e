"""Say what a file is, before anything is planned with it; and list the areas of a list file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pcngeo.errors import DataError, PcnGeoError
from pcngeo.intake.areas import area_table
from pcngeo.intake.boundaries import read_boundaries
from pcngeo.intake.branches import read_branch_file
from pcngeo.intake.dialects import KINDS, kind_of_header, kind_of_row, parse_date
from pcngeo.intake.files import Path_, checksum, looks_like, members
from pcngeo.intake.lists import read_lists
from pcngeo.intake.membership import read_membership
from pcngeo.intake.organisations import read_organisations
from pcngeo.intake.postcodes import read_postcodes
from pcngeo.intake.registrations import read_registrations
from pcngeo.intake.tables import decode, read_tables, split_line
from pcngeo.lsoas import lsoa_vintage
from pcngeo.patient_level import refuse_patient_level
from pcngeo.rules import Rules

__all__ = ["FileReport", "areas", "inspect_file"]


@dataclass(frozen=True)
class FileReport:
    """What a file is.

    Parameters
    ----------
    file
        Its name, without the folder.
    kind
        Key of `dialects.KINDS`, or ``""`` when it is not known or cannot be read.
    title, flag
        What the kind is called, and the option it belongs to (``""``: none).
    vintage
        Its date or the vintage of its codes, or ``""``.
    rows
        Rows of data (features of a boundary file).
    areas
        Commissioning areas in it; 0 where it has none.
    facts
        What else there is to say: practices, patients, layout.
    odd
        What is odd about it, each as a sentence.
    sha256
        Of the file; ``""`` for a folder.
    """

    file: str
    kind: str = ""
    title: str = "not a file that pcngeo knows"
    flag: str = ""
    vintage: str = ""
    rows: int = 0
    areas: int = 0
    facts: tuple[str, ...] = ()
    odd: tuple[str, ...] = field(default=())
    sha256: str = ""

    def sentences(self) -> tuple[str, ...]:
        """Everything in sentences, for a person."""
        what = f"{self.file} is {self.title}"
        if self.vintage:
            what += f" of {self.vintage}"
        first = f"{what}: {self.rows:,} rows." if self.kind else f"{what}."
        belongs = f"Give it with {self.flag}." if self.flag else "It belongs to no option."
        return (first, belongs, *self.facts, *(f"Odd: {text}" for text in self.odd))


def inspect_file(path: Path_) -> FileReport:
    """Say what kind of file this is, its vintage, rows and areas, what is odd, and its option.

    Parameters
    ----------
    path
        Any file, or a folder of Code-Point Open.

    Returns
    -------
    FileReport
        Also for a file that cannot be read: then `odd` says why.

    Raises
    ------
    DataError
        When there is no such file.
    """
    path = Path(path)
    digest = "" if path.is_dir() else checksum(path)
    try:
        kind = _kind(path)
        report = _READERS[kind](path) if kind in _READERS else _plain(path, kind)
    except PcnGeoError as error:
        said = str(error).removeprefix(f"{path.name}: ")
        report = FileReport(path.name, odd=(said,))
    kind = KINDS[report.kind] if report.kind else None  # type: ignore[assignment]
    named = {"title": kind.title, "flag": kind.flag} if kind else {}  # type: ignore[attr-defined]
    return FileReport(**{**report.__dict__, **named, "sha256": digest})


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
            kind = _kind_of_text(head, name)
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
        kind = kind_of_row(row) or kind_of_header(row)
        if kind:
            return kind
    return ""


def _kind_of_workbook(path: Path) -> str:
    kinds = [table.kind for table in read_tables(path) if table.kind]
    return next((kind for kind in kinds if KINDS[kind].flag), kinds[0] if kinds else "")


def _lists(path: Path) -> FileReport:
    lists = read_lists(path)
    frame = lists.frame
    odd = [f"{n.code or 'the file'}: {n.action}" for n in lists.notes]
    if (lists.date.day, lists.date.month) != (1, 1):
        odd.append("the lists are not of 1 January (R06)")
    if lists.date.isoformat() >= "2024-04-01":
        odd.append("lists since April 2024 come from another source (PDS): growth against earlier "
                   "ones misleads (Q18)")  # fmt: skip
    small = int((frame["list_size"] < Rules().special_below).sum())
    if small:
        odd.append(f"{small} lists below {Rules().special_below:,} patients (Q6)")
    if not (frame["area"] != "").any():
        odd.append("no area columns: give the practice map of the same date with --membership")
    patients = int(frame["list_size"].sum())
    return FileReport(
        path.name, "lists", vintage=lists.date.isoformat(), rows=lists.rows,
        areas=frame["area"].replace("", pd.NA).nunique(),
        facts=(f"{len(frame):,} practices, {patients:,} registered patients.",), odd=_few(odd),
    )  # fmt: skip


def _membership(path: Path) -> FileReport:
    membership = read_membership(path)
    frame = membership.frame
    networks = frame["pcn"][frame["pcn"] != ""]
    facts = (f"{len(frame):,} practices, {networks.nunique():,} networks; "
             f"{int((frame['pcn'] == '').sum()):,} practices in none.",)  # fmt: skip
    ended = sum(note.quirk == "Q28" for note in membership.notes)
    odd = [f"{n.code}: {n.action}" for n in membership.notes if n.quirk != "Q28"]
    if ended:
        odd.insert(0, f"{ended:,} relationships have ended or cross areas (Q28)")
    return FileReport(
        path.name,
        "membership" if membership.date else "epcn",
        vintage=membership.date.isoformat() if membership.date else "",
        rows=len(frame) + len([n for n in membership.notes if n.action.startswith("not used")]),
        areas=frame["area"].replace("", pd.NA).nunique(),
        facts=facts,
        odd=_few(odd),
    )


def _organisations(path: Path) -> FileReport:
    known = read_organisations(path)
    frame = known.frame
    active = frame["gp"] & (frame["status"] == "active")
    dormant = int((frame["gp"] & (frame["status"] == "dormant")).sum())
    facts = (f"{int(active.sum()):,} of its rows are active GP practices (Q1).",)
    odd = (f"GP practices that are dormant: {dormant} (Q3)",) if dormant else ()
    return FileReport(
        path.name, "organisations", vintage=known.date.isoformat() if known.date else "",
        rows=len(frame), areas=frame["commissioner"][active].nunique(), facts=facts, odd=odd,
    )  # fmt: skip


def _branches(path: Path) -> FileReport:
    frame = read_branch_file(path).frame
    still = int((~frame["closed"]).sum())
    facts = (f"{still:,} branch surgeries that are open, of {frame['practice'].nunique():,} "
             "practices; they have no list of their own (Q23).",)  # fmt: skip
    return FileReport(path.name, "branches", rows=len(frame), facts=facts)


def _postcodes(path: Path) -> FileReport:
    found = read_postcodes(path, ())
    _, kind, rows = found.files[0]
    return FileReport(path.name, kind, rows=rows)


def _registrations(path: Path) -> FileReport:
    homes = read_registrations(path)
    frame = homes.frame
    unmapped = int(frame["patients"][frame["lsoa"] == "unmapped"].sum())
    facts = (f"{frame['practice'].nunique():,} practices, {int(frame['patients'].sum()):,} "
             f"registered patients, by LSOA {homes.vintage}.",)  # fmt: skip
    odd = (f"{unmapped:,} patients are in no English LSOA (Q20)",) if unmapped else ()
    vintage = homes.date.isoformat() if homes.date else f"LSOA {homes.vintage}"
    return FileReport(path.name, "registrations", vintage=vintage, rows=homes.rows, facts=facts,
                      odd=odd)  # fmt: skip


def _boundaries(path: Path) -> FileReport:
    cut = read_boundaries(path)
    told = [cut.read_as] if cut.read_as else []
    odd = _few([*told, *(f"{label or 'a shape'}: {what}" for label, what in cut.repaired)])
    return FileReport(path.name, "boundaries", vintage=cut.vintage, rows=len(cut.frame),
                      areas=len(cut.frame), odd=odd)  # fmt: skip


def _plain(path: Path, kind: str) -> FileReport:
    """Report a table that no option wants, or that is not known."""
    if not kind:
        with members(path) as found:
            first = decode(next(found)[1].read(500), path.name).split("\n", 1)[0].strip()
        return FileReport(path.name, odd=(f"its first line is {first[:120]!r}",))
    table = next(table for table in read_tables(path) if table.kind == kind)
    lsoas = [c for p in table.rows.columns[:6] for c in table.rows[p] if c.startswith("E01")]
    vintage = f"LSOA {lsoa_vintage(lsoas)}" if lsoas else ""
    if not vintage and table.header:
        dates = {parse_date(str(text)) for text in table.rows[1].head(3)} - {None}
        vintage = max(str(date) for date in dates) if dates else ""
    return FileReport(path.name, kind, vintage=vintage, rows=len(table.rows))


_READERS: dict[str, Callable[[Path], FileReport]] = {
    "lists": _lists,
    "membership": _membership,
    "epcn": _membership,
    "organisations": _organisations,
    "branches": _branches,
    "postcodes": _postcodes,
    "codepoint": _postcodes,
    "registrations": _registrations,
    "boundaries": _boundaries,
}


def _few(sentences: Sequence[str], limit: int = 5) -> tuple[str, ...]:
    """Keep a few sentences and say how many more there are."""
    more = len(sentences) - limit
    shown = tuple(sentences[:limit])
    return (*shown, f"and {more:,} more rows like these") if more > 0 else shown


def areas(
    lists: Path_, membership: Path_ | None = None, rules: Rules | None = None
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

    Returns
    -------
    DataFrame
        Index `area` (code), columns name, icb (code), practices, patients, fewest and most
        networks that fit the window by size alone (R07; none fits where fewest is above most).
    """
    from pcngeo.intake.published import with_areas

    rules = rules or Rules()
    listed = read_lists(lists)
    known = None if membership is None else read_membership(membership)
    listed, _ = with_areas(listed, known)
    table = area_table(listed.frame, None if known is None else known.frame)
    counts = [rules.counts(int(patients)) for patients in table["patients"]]
    table = table.assign(fewest=[low for low, _ in counts], most=[high for _, high in counts])
    return table[["name", "icb", "practices", "patients", "fewest", "most"]]
