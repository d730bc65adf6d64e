"""What there is to say of a file of each kind: its vintage, rows and areas, what is odd."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import shapely

from pcngeo.errors import DataError
from pcngeo.intake.account import Note
from pcngeo.intake.boundaries import Boundaries, read_boundaries
from pcngeo.intake.branches import read_branch_file
from pcngeo.intake.dialects import find_columns, parse_date
from pcngeo.intake.files import members
from pcngeo.intake.lists import Lists, UndatedError, read_lists
from pcngeo.intake.membership import read_membership
from pcngeo.intake.organisations import read_organisations
from pcngeo.intake.postcodes import read_postcodes
from pcngeo.intake.registrations import read_registrations
from pcngeo.intake.shapes import read_vector
from pcngeo.intake.statistics import (
    read_ages,
    read_deprivation,
    read_lsoa_change,
    read_rurality,
)
from pcngeo.intake.tables import decode, read_tables, split_line
from pcngeo.intake.workbooks import is_workbook
from pcngeo.lsoas import lsoa_vintage
from pcngeo.rules import Rules
from pcngeo.words import count_of, say_date

__all__ = ["READERS", "FileReport", "read_plainly"]

#: Commands that take an option, where ``pcngeo plan`` does not.
_TAKEN_BY = {
    "--ages": "pcngeo audit and submit",
    "--plan": "pcngeo audit and submit",
}
_UNDATED = "it does not say what date its lists were taken on: give it with --list-date (R06)"
#: Outlines with fewer points than one in so many metres do not meet their neighbours' any more.
_COARSE_M = 500.0


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
        Its date (ISO) or the vintage of its codes, or ``""``.
    rows
        Rows of data (features of a boundary file).
    areas
        Commissioning areas in it (areas of its layer in a boundary file, commissioners in a file
        of organisations); 0 where it has none.
    facts
        What else there is to say: practices, patients, layout.
    odd
        What is odd about it, each as a sentence.
    sha256
        Of the file; of a folder, of the list of its tables.
    undated
        What the date is where it is not the file's own: ``"newest entry"`` and the like.
    readable
        Whether it can be read as what it is.
    """

    file: str
    kind: str = ""
    title: str = "not a file that pcngeo knows"
    flag: str = ""
    vintage: str = ""
    rows: int = 0
    areas: int = 0
    facts: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    sha256: str = ""
    undated: str = ""
    readable: bool = True

    def sentences(self) -> tuple[str, ...]:
        """Everything in sentences, for a person."""
        first = f"{self.file} is {self.title}"
        if not self.readable:
            first = f"{self.file} cannot be read"
            if self.kind:
                first = f"{self.file} looks like {self.title}, but cannot be used as it is"
        elif self.kind:
            first += self._when() + (f": {self._counts()}" if self.rows else "")
        taken = f" ({_TAKEN_BY[self.flag]})" if self.flag in _TAKEN_BY else ""
        give = "Give it" if self.readable else "Once it is mended, give it"
        if self.kind == "boundaries" and self.vintage.startswith("LAD"):
            taken = ", or with --authorities"
        belongs = f"{give} with {self.flag}{taken}." if self.flag else "It belongs to no option."
        if self.kind == "scenario":
            belongs = f"Give it as it is: pcngeo plan {self.file}."
        odd = (f"Odd: {text.rstrip('.')}." for text in self.odd)
        return (f"{first}.", belongs, *self.facts, *odd)

    def _when(self) -> str:
        date = parse_date(self.vintage) if self.vintage else None
        words = say_date(date) if date else self.vintage
        if re.fullmatch(r"\d{4}-\d\d", words):
            words = f"{dt.date.fromisoformat(words + '-01'):%B %Y}"
        if not words:
            return ", without a date"
        if self.undated:
            return f", {self.undated} {words}"
        return f" of {words}" if date else f", {words}"

    def _counts(self) -> str:
        if self.kind in ("boundaries", "lsoas", "lines"):
            one, many = {"boundaries": ("area", "areas"), "lsoas": ("LSOA", "LSOAs")}.get(
                self.kind, ("line", "lines")
            )
            return count_of(self.rows, one, many)
        counts = count_of(self.rows, "row")
        if self.areas:
            word = "commissioner" if self.kind == "organisations" else "commissioning area"
            counts += f", {count_of(self.areas, word)}"
        return counts


def _lists(path: Path) -> FileReport:
    dated = True
    try:
        lists = read_lists(path)
    except UndatedError:
        dated, lists = False, read_lists(path, dt.date(1, 1, 1))
    frame = lists.frame
    sizes = frame["list_size"]
    facts = (
        f"{len(frame):,} practices, {int(sizes.sum()):,} registered patients; lists from "
        f"{int(sizes.min()):,} to {int(sizes.max()):,}, half of them above "
        f"{int(sizes.median()):,}.",
    )
    return FileReport(
        path.name, "lists", vintage=lists.date.isoformat() if dated else "", rows=lists.rows,
        areas=_different(frame["area"]), facts=facts,
        odd=(*(() if dated else (_UNDATED,)), *_odd_lists(lists)),
    )  # fmt: skip


def _odd_lists(lists: Lists) -> tuple[str, ...]:
    frame, rules = lists.frame, Rules()
    odd = [*_few([f"{n.code or 'the file'}: {n.action}" for n in lists.notes])]
    if (lists.date.day, lists.date.month) != (1, 1):
        odd.append("the lists are not of 1 January (R06)")
    if lists.date.isoformat() >= "2024-04-01":
        odd.append("lists since April 2024 come from another source (PDS): growth against earlier "
                   "ones misleads (Q18)")  # fmt: skip
    small = int((frame["list_size"] < rules.special_below).sum())
    if small:
        odd.append(f"{_lists_are(small)} below {rules.special_below:,} patients (Q6)")
    large = int((frame["list_size"] > rules.max_list).sum())
    if large:
        odd.append(f"{_lists_are(large)} above {rules.max_list:,} patients (Q8)")
    given = frame["postcode"][frame["postcode"] != ""]
    shared = int(given.duplicated(keep=False).sum())
    if shared:
        odd.append(f"{shared:,} practices share a postcode with another one (Q9)")
    if not (frame["area"] != "").any() and not {"easting", "lat"} & set(frame.columns):
        odd.append("no area columns: give the practice map of the same date with --membership")
    return tuple(odd)


def _lists_are(count: int) -> str:
    return "1 list is" if count == 1 else f"{count:,} lists are"


def _membership(path: Path) -> FileReport:
    membership = read_membership(path)
    frame = membership.frame
    inside = frame[frame["pcn"] != ""]
    areas = inside[inside["area"] != ""].groupby("pcn")["area"].nunique()
    facts = [f"{len(frame):,} practices, {inside['pcn'].nunique():,} networks; "
             f"{len(frame) - len(inside):,} practices in none."]  # fmt: skip
    if (areas > 1).any():
        facts.append(f"{int((areas > 1).sum()):,} networks have practices of several areas (R19).")
    date, newest = membership.date, membership.newest
    when = date or newest
    return FileReport(
        path.name, "membership" if date else "epcn",
        vintage=when.isoformat() if when else "",
        undated="" if date else "newest relationship from",
        rows=len(frame) + sum(n.action.startswith("not used") for n in membership.notes),
        areas=_different(frame["area"]), facts=tuple(facts), odd=_odd_members(membership.notes),
    )  # fmt: skip


def _odd_members(notes: Sequence[Note]) -> tuple[str, ...]:
    ended = sum(n.quirk == "Q28" and n.action.startswith("not used") for n in notes)
    across = sum(n.quirk == "Q28" and n.action.startswith("kept") for n in notes)
    odd = []
    if ended:
        odd.append(f"{ended:,} relationships have ended and are not used (Q28)")
    if across:
        odd.append(f"{across:,} practices belong to another area than their network (Q28)")
    return (*odd, *_few([f"{n.code}: {n.action}" for n in notes if n.quirk != "Q28"]))


def _organisations(path: Path) -> FileReport:
    known = read_organisations(path)
    frame = known.frame
    active = frame["gp"] & (frame["status"] == "active")
    counts = frame["status"][frame["gp"]].value_counts()
    others = ", ".join(
        f"{counts[word]:,} {word}" for word in ("closed", "proposed") if counts.get(word, 0)
    )
    facts = (
        f"{int(active.sum()):,} of its rows are active GP practices (Q1)"
        + (f", {others}" if others else "")
        + f"; {int((~frame['gp']).sum()):,} are of other settings.",
    )
    dormant = int(counts.get("dormant", 0))
    odd = (f"GP practices that are dormant: {dormant} (Q3)",) if dormant else ()
    return FileReport(
        path.name, "organisations", vintage=known.date.isoformat() if known.date else "",
        undated="newest entry", rows=len(frame), areas=_different(frame["commissioner"][active]),
        facts=facts, odd=odd,
    )  # fmt: skip


def _branches(path: Path) -> FileReport:
    frame = read_branch_file(path).frame
    still = frame[~frame["closed"]]
    facts = (f"{len(still):,} branch surgeries that are open, of {still['practice'].nunique():,} "
             "practices; they have no list of their own (Q23).",)  # fmt: skip
    return FileReport(path.name, "branches", rows=len(frame), facts=facts)


def _postcodes(path: Path) -> FileReport:
    found = read_postcodes(path, ())
    _, kind, rows = found.files[0]
    if kind == "codepoint":
        facts = ("Live postcodes only: practices at an ended postcode need ONSPD as well (Q10).",)
        return FileReport(path.name, kind, vintage=_version(path), rows=rows, facts=facts)
    ended, newest = _entries(path)
    facts = (f"Ended postcodes among them, used where needed (Q10): {ended:,}.",)
    return FileReport(path.name, kind, vintage=newest, undated="newest entry", rows=rows,
                      facts=facts)  # fmt: skip


def _version(path: Path) -> str:
    """Read the date of Code-Point Open from the note beside its tables."""
    if path.is_dir():
        notes = [file.read_bytes() for file in path.rglob("metadata.txt")]
    else:
        with members(path) as found:
            notes = [s.read(1 << 16) for name, s in found if name.lower() == "metadata.txt"]
    for note in notes:
        date = re.search(rb"DATE\s*:\s*(\d{8})", note)
        if date and parse_date(date[1].decode()):
            return str(parse_date(date[1].decode()))
    return ""


def _entries(path: Path) -> tuple[int, str]:
    """Count the ended postcodes of a directory and find the month of its newest entry."""
    ended, newest = 0, b""
    with members(path) as found:
        for name, stream in found:
            header = split_line(stream.readline(1 << 16), name, 1)
            keys = [text.lower() for text in header]
            if "postcode" not in find_columns(header, "postcodes") or "dointr" not in keys:
                continue
            begin = keys.index("dointr")
            end = keys.index("doterm") if "doterm" in keys else begin
            for line in stream:
                cells = line.split(b",", max(begin, end) + 1)
                if len(cells) <= max(begin, end):
                    continue
                first, last = (cells[at].strip(b'" \r\n') for at in (begin, end))
                ended += end != begin and last != b""
                newest = max(newest, first, last)
    month = newest.decode("ascii", "replace")
    good = re.fullmatch(r"(\d{4})(0[1-9]|1[0-2])", month)
    return ended, f"{good[1]}-{good[2]}" if good else ""


def _registrations(path: Path) -> FileReport:
    homes = read_registrations(path)
    frame = homes.frame
    unmapped = int(frame["patients"][frame["lsoa"] == "unmapped"].sum())
    facts = (f"{frame['practice'].nunique():,} practices, {int(frame['patients'].sum()):,} "
             f"registered patients, by LSOAs of {homes.vintage}.",)  # fmt: skip
    odd = (f"{unmapped:,} patients are in no English LSOA (Q20)",) if unmapped else ()
    vintage = homes.date.isoformat() if homes.date else f"LSOA {homes.vintage}"
    return FileReport(path.name, "registrations", vintage=vintage, rows=homes.rows, facts=facts,
                      odd=odd)  # fmt: skip


def _boundaries(path: Path) -> FileReport:
    frame, _ = read_vector(path)
    if len(frame) and frame.geometry.geom_type.isin(["LineString", "MultiLineString"]).all():
        return FileReport(path.name, "lines", rows=len(frame), vintage="not dated")
    cut = read_boundaries(path)
    kind = "lsoas" if cut.vintage.startswith("LSOA") else "boundaries"
    return FileReport(path.name, kind, vintage=cut.vintage or "codes of no known vintage",
                      rows=len(cut.frame), areas=len(cut.frame), odd=_odd_shapes(cut))  # fmt: skip


def _odd_shapes(cut: Boundaries) -> tuple[str, ...]:
    odd = [cut.read_as] if cut.read_as else []
    slivers = [label for label, what in cut.repaired if "sliver" in what]
    if slivers:
        odd.append(f"slivers below one hectare are dropped in {len(slivers)} of its shapes (Q27)")
    mended = [f"{label or 'a shape'}: {what}" for label, what in cut.repaired if "sliv" not in what]
    shapes = cut.frame.geometry.to_numpy()
    points = int(shapely.get_num_coordinates(shapes).sum())
    apart = float(shapely.length(shapes).sum()) / max(points, 1)
    if apart > _COARSE_M:
        odd.append(f"its outlines are coarse, with a point every {apart / 1000:.1f} km: practices "
                   "near a border may fall outside; BGC outlines are better")  # fmt: skip
    return (*odd, *_few(mended))


def _ages(path: Path) -> FileReport:
    frame = read_ages(path)
    facts = (f"{frame['practice'].nunique():,} practices, {int(frame['patients'].sum()):,} "
             "registered patients; its rows for networks and areas are passed over.",)  # fmt: skip
    return replace(read_plainly(path, "ages"), facts=facts)


def _statistics(path: Path, kind: str, read: Callable[[Path], object]) -> FileReport:
    """Report a table of statistics, and why its option would refuse it, if it would."""
    report = read_plainly(path, kind)
    try:
        read(path)
    except DataError as error:
        said = str(error).removeprefix(f"{path.name}: ")
        return replace(report, odd=(*report.odd, said), readable=False)
    return report


def _deprivation(path: Path) -> FileReport:
    return _statistics(path, "deprivation", read_deprivation)


def _rurality(path: Path) -> FileReport:
    return _statistics(path, "rurality", read_rurality)


def _changes(path: Path) -> FileReport:
    return _statistics(path, "lsoa_change", read_lsoa_change)


def read_plainly(path: Path, kind: str) -> FileReport:
    """Report a table that is only looked at, or that is not known."""
    if not kind:
        return FileReport(path.name, odd=(f"its first line is {_first_line(path)[:120]!r}",))
    table = next((table for table in read_tables(path) if table.kind == kind), None)
    if table is None:
        raise DataError("the file holds no table", file=path.name)
    cells = pd.concat([table.rows[p] for p in table.rows.columns[:6]])
    vintage = lsoa_vintage(cells)
    welsh = int(table.rows[0].str.fullmatch(r"W0\d{7}").sum())
    odd = (f"{welsh:,} rows are of Wales",) if welsh else ()
    when = f"codes of LSOA {vintage}" if vintage and kind != "lsoa_change" else ""
    if not vintage and table.header:
        dates = {parse_date(str(t)) for p in table.rows.columns[:3] for t in table.rows[p].head(3)}
        when = max((str(date) for date in dates if date), default="")
    years = re.findall(r"(?:CCG|SICBL|ICB)(\d\d)CD", " ".join(table.header).upper())
    when = when or (f"areas of 20{years[0]}" if years else "not dated")
    return FileReport(path.name, kind, vintage=when, rows=len(table.rows), odd=odd)


def _first_line(path: Path) -> str:
    """Show what a table that is not known begins with."""
    if is_workbook(path):
        tables = list(read_tables(path))
        return ", ".join(" ".join(text.split()) for table in tables[:1] for text in table.header)
    with members(path) as found:
        return decode(next(found)[1].read(500), path.name).split("\n", 1)[0].strip()


def _different(codes: pd.Series[str]) -> int:
    return int(codes[codes != ""].nunique())


def _few(sentences: Sequence[str], limit: int = 5) -> tuple[str, ...]:
    """Keep a few sentences and say how many more there are."""
    more = len(sentences) - limit
    shown = tuple(sentences[:limit])
    return (*shown, f"and {more:,} more rows like these") if more > 0 else shown


#: What reports a file of each kind.
READERS: dict[str, Callable[[Path], FileReport]] = {
    "lists": _lists,
    "membership": _membership,
    "epcn": _membership,
    "organisations": _organisations,
    "branches": _branches,
    "postcodes": _postcodes,
    "codepoint": _postcodes,
    "registrations": _registrations,
    "boundaries": _boundaries,
    "ages": _ages,
    "deprivation": _deprivation,
    "rurality": _rurality,
    "lsoa_change": _changes,
}
