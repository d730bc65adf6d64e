"""Read where postcodes are: ONSPD and NSPL of every era, Code-Point Open, lat/long tables.

A full directory has 2.7 million rows and 1.2 GB. It is streamed line by line; only lines whose
postcode is wanted are split into cells, so that memory stays small and most of the work is a set
look-up for each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake.dialects import (
    KINDS,
    find_columns,
    header_key,
    kind_of_header,
    kind_of_row,
    postcode_key,
)
from pcngeo.intake.files import Path_, looks_like, members
from pcngeo.intake.tables import refuse_numbers_ahead, split_line
from pcngeo.patient_level import refuse_patient_level

__all__ = ["Postcodes", "from_degrees", "in_britain", "look_swapped", "read_postcodes"]

_CODE_POINT = {"postcode": 0, "quality": 1, "easting": 2, "northing": 3}
_POINTS = ("postcodes", "codepoint")
#: Positional quality that means "not located": ONSPD 9 (8 is pre-Gridlink), Code-Point 90 (Q10).
_NO_GRID = {"9", "90"}
#: Where Code-Point Open holds the district, and how directories name it, of every edition.
_DISTRICT = 8
_AUTHORITY = re.compile(r"OSLAUA|LAUA|LAD\d\dCD|LADCD")
_AUTHORITY_NAME = re.compile(r"LAUANM|LAD(\d\d)?NM")
#: What codes of local authorities look like: districts, unitaries, metropolitan, London (R23).
_AUTHORITY_CODE = re.compile(r"[EWS]\d{8}")


@dataclass(frozen=True, eq=False)
class Postcodes:
    """Where the wanted postcodes are.

    Parameters
    ----------
    frame
        Index `key` (see `dialects.postcode_key`), columns easting, northing (metres, EPSG:27700),
        source (what kind of file), file, terminated (YYYYMM or ``""``), authority (code of the
        local authority that the file puts it in, or ``""``) and authority_name (its name, where the
        file has names).
    files
        Name, kind and number of rows of each file, in order.
    """

    frame: pd.DataFrame
    files: tuple[tuple[str, str, int], ...]

    @cached_property
    def known(self) -> dict[str, dict[str, Any]]:
        """The same by key, for look-ups one by one."""
        columns = list(self.frame.columns)
        rows = self.frame.itertuples(index=True, name=None)
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def read_postcodes(paths: Path_ | Sequence[Path_], wanted: Iterable[str]) -> Postcodes:
    """Find the coordinates of the wanted postcodes.

    Parameters
    ----------
    paths
        One file or several; the first that locates a postcode wins. A folder of Code-Point Open
        counts as one.
    wanted
        Postcodes in any spelling.

    Returns
    -------
    Postcodes

    Raises
    ------
    DataError
        When a file is missing, is no postcode file, or has no coordinates.
    """
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    keys = {postcode_key(text) for text in wanted} - {""}
    found: dict[str, _Row] = {}
    files = []
    for path in several:
        rows = 0
        kinds = set()
        missing = keys - found.keys()
        refused: DataError | None = None
        with members(path) as parts:
            for _, stream in parts:
                part = _Part(Path(path).name)
                try:
                    for key, row in part.read(stream, missing):
                        found.setdefault(key, row)
                except _NoPostcodesError as error:  # a name list or licence beside the data
                    refused = refused or error
                    continue
                rows += part.rows
                kinds.add(part.kind)
        if not kinds:
            raise refused or DataError("the archive is empty", file=Path(path).name)
        files.append((Path(path).name, sorted(kinds)[0], rows))
    columns = ["easting", "northing", "source", "file", "terminated", "authority",
               "authority_name"]  # fmt: skip
    frame = pd.DataFrame.from_dict(found, orient="index", columns=columns)
    frame.index.name = "key"
    return Postcodes(frame.sort_index(), tuple(files))


_Row = tuple[float, float, str, str, str, str, str]


class _NoPostcodesError(DataError):
    """The file holds no postcodes with coordinates."""


class _Part:
    """One file of postcodes, read as a stream."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows = 0
        self.kind = ""
        self.source = "Code-Point Open"
        self.district, self.district_name = _DISTRICT, -1

    def read(self, stream: BinaryIO, wanted: set[str]) -> Iterator[tuple[str, _Row]]:
        """Yield the wanted postcodes that the file can locate."""
        first = stream.readline(1 << 16)
        what = looks_like(first)
        if what != "text":
            shown = {"json": "a JSON or GeoJSON file", "gpkg": "a GeoPackage"}.get(what, what)
            todo = "--postcodes wants ONSPD, NSPL or Code-Point Open"
            if self.file.lower().endswith((".xlsx", ".xlsm")):
                shown, todo = "an Excel workbook", f"Save its table as CSV; {todo}"
            raise _NoPostcodesError(
                f"this is {shown}, not a postcode file", file=self.file, todo=todo
            )
        header = split_line(first, self.file, 1)
        at = self._columns(header)
        refuse_numbers_ahead(stream, self.file)
        if self.kind == "codepoint" and not self._headed:
            self.rows = 1
            yield from self._located([header], at, wanted)
        yield from self._located(self._matching(stream, at["postcode"], wanted), at, wanted)

    def _columns(self, header: list[str]) -> dict[str, int]:
        """Say what kind of postcode file it is and where its columns are."""
        self._headed = True
        self.kind = kind_of_row(header)
        if self.kind == "codepoint":
            self._headed = False
            return _CODE_POINT
        refuse_patient_level(tuple(header), self.file)
        kind = self.kind or kind_of_header(header)
        if kind not in _POINTS:
            title = KINDS[kind].title if kind else "something else"
            flag = KINDS[kind].flag if kind else ""
            raise _NoPostcodesError(
                f"this is no postcode file with coordinates but looks like {title}"
                if kind
                else f"no postcode or coordinates among its columns {examples(header, 12)}",
                file=self.file,
                row=1,
                todo=f"Give it with {flag}"
                if flag
                else "--postcodes wants ONSPD, NSPL or Code-Point Open",
            )
        self.kind = kind
        if kind == "postcodes":
            self.source = _directory(header)
        named = [at for at, text in enumerate(header) if _AUTHORITY.fullmatch(header_key(text))]
        self.district = named[0] if named else len(header)
        called = [at for at, s in enumerate(header) if _AUTHORITY_NAME.fullmatch(header_key(s))]
        self.district_name = called[0] if called else -1
        return find_columns(header, "postcodes")

    def _matching(self, stream: BinaryIO, position: int, wanted: set[str]) -> Iterator[list[str]]:
        """Split only the lines whose postcode is wanted."""
        codes = {key.encode("ascii", "ignore") for key in wanted}
        for line in stream:
            self.rows += 1
            cell = line.split(b",", position + 1)[position : position + 1]
            if cell and cell[0].replace(b" ", b"").strip(b'"\r\n').upper() in codes:
                yield split_line(line, self.file, self.rows + 1)

    def _located(
        self, rows: Iterable[list[str]], at: dict[str, int], wanted: set[str]
    ) -> Iterator[tuple[str, _Row]]:
        """Turn split lines into coordinates; a row without a grid reference is passed over."""
        for row in rows:
            if len(row) <= max(at.values()):
                raise DataError(
                    f"the row has {len(row)} cells, fewer than its header",
                    file=self.file,
                    row=self.rows + 1,
                    todo="The file may be cut short: fetch it again",
                )
            key = postcode_key(row[at["postcode"]])
            place = self._place(row, at)
            if place is None or key not in wanted or key.startswith("BT"):
                continue
            ended = row[at["terminated"]].strip() if "terminated" in at else ""
            district = row[self.district].strip() if len(row) > self.district else ""
            known = district if _AUTHORITY_CODE.fullmatch(district) else ""
            called = 0 <= self.district_name < len(row) and known
            name = row[self.district_name].strip() if called else ""
            yield key, (*place, self.source, self.file, ended, known, name)

    def _place(self, row: list[str], at: dict[str, int]) -> tuple[float, float] | None:
        if "quality" in at and row[at["quality"]].strip() in _NO_GRID:
            return None
        pairs = (("easting", "northing"), ("lat", "long"))
        pair = next((p for p in pairs if p[0] in at and row[at[p[0]]].strip()), None)
        if pair is None:
            return None
        try:
            place = float(row[at[pair[0]]]), float(row[at[pair[1]]])
        except ValueError:
            raise DataError(
                f"the coordinates of {row[at['postcode']]} are not numbers",
                file=self.file,
                row=self.rows + 1,
                todo="Fetch the file again",
            ) from None
        if pair[0] == "lat":
            place = self._from_degrees(*place)
        return place if in_britain(*place) else None

    def _from_degrees(self, lat: float, long: float) -> tuple[float, float]:
        if look_swapped(lat, long):
            raise DataError(
                f"latitude and longitude look swapped: latitude {lat:g}, longitude {long:g}",
                file=self.file,
                row=self.rows + 1,
                todo="Put each in its own column",
            )
        return from_degrees(lat, long)


def look_swapped(lat: float, long: float) -> bool:
    """Tell whether a place would lie in Britain if latitude and longitude were exchanged."""
    return -9 <= lat <= 3 and 49 <= long <= 62


def _directory(header: list[str]) -> str:
    """Tell ONSPD and NSPL apart by the headers that only one of them has had."""
    keys = {header_key(text) for text in header}
    if keys & {"OSLAUA", "OSWARD", "OSCTY"}:
        return "ONSPD"
    return "NSPL" if keys & {"LAUA", "HLTHAU", "NSPLD"} else "postcode directory"


def in_britain(easting: float, northing: float) -> bool:
    """Tell whether a place lies in the range of the National Grid's land; False for NaN."""
    return 0 < easting < 700_000 and 0 < northing < 1_300_000


def from_degrees(lat: float, long: float) -> tuple[float, float]:
    """Turn latitude and longitude into easting and northing (EPSG:27700, metres).

    Examples
    --------
    >>> [round(metres, -2) for metres in from_degrees(51.5194, -0.0594)]
    [534700.0, 181800.0]
    """
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    easting, northing = transformer.transform(long, lat)
    return round(float(easting), 1), round(float(northing), 1)
