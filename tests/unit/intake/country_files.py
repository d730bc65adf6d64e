"""A small country in the published formats, so that each test changes one thing about it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pcngeo.intake import Intake, Published, load, read

#: The corner of the area, a square of 20 km; the neighbouring area lies east of it.
X, Y, SIDE = 400_000, 300_000, 20_000
CCG_HEADER = (
    "PUBLICATION,EXTRACT_DATE,TYPE,CCG_CODE,ONS_CCG_CODE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS"
)
SUB_ICB_HEADER = (
    "PUBLICATION,EXTRACT_DATE,TYPE,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,CODE,POSTCODE,"
    "SEX,AGE,NUMBER_OF_PATIENTS"
)
BARE_HEADER = "PUBLICATION,EXTRACT_DATE,TYPE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS"
MAP_HEADER = (
    "PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,PRACTICE_POSTCODE,PCN_CODE,PCN_NAME,"
    "ONS_CCG_CODE,CCG_CODE,CCG_NAME,ONS_STP_CODE,STP_CODE,STP_NAME,ONS_COMM_REGION_CODE,"
    "COMM_REGION_CODE,COMM_REGION_NAME"
)
ONS = {"09A": "E38000901", "09B": "E38000902"}
NAMES = {"09A": "NHS Alderley CCG", "09B": "NHS Birchmoor CCG"}


@dataclass
class Practice:
    """One practice as the files tell of it."""

    code: str
    x: float
    y: float
    size: int | str = 8_000
    area: str = "09A"
    name: str = ""
    postcode: str = ""
    other_postcode: str | None = None
    status: str = "A"
    setting: str = "4"
    close: str = ""
    pcn: str = "U10001"
    commissioner: str = ""

    def __post_init__(self) -> None:
        self.postcode = (
            self.postcode or f"AA{self.code[-1]} {self.code[-2]}{'ABDEFGHJLN'[int(self.code[-1])]}B"
        )
        self.name = self.name or f"SURGERY {self.code}"


def some_practices() -> list[Practice]:
    """Six practices of one area and two of its neighbour."""
    return [
        *(Practice(f"A8100{i}", X + 3_000 * i, Y + 2_500 * i) for i in range(1, 6)),
        Practice("A81006", X + 15_000, Y + 4_000, pcn="U10002"),
        Practice("B82011", X + 25_000, Y + 5_000, area="09B", pcn="U10003"),
        Practice("B82012", X + 30_000, Y + 9_000, area="09B", pcn="U10003"),
    ]


@dataclass
class Country:
    """The files of a small country; change a field, then `write` and `load`."""

    folder: Path
    practices: list[Practice] = field(default_factory=some_practices)
    date: str = "01JAN2021"
    map_date: str = "01JAN2021"
    extra_lists: list[str] = field(default_factory=list)
    extra_organisations: list[list[str]] = field(default_factory=list)
    encoding: str = "utf-8"
    newline: str = "\r\n"

    def practice(self, code: str) -> Practice:
        return next(p for p in self.practices if p.code == code)

    def change(self, code: str, **changes: Any) -> None:
        at = next(i for i, p in enumerate(self.practices) if p.code == code)
        self.practices[at] = replace(self.practices[at], **changes)

    def list_rows(self) -> list[str]:
        return [
            f"GP_PRAC_PAT_LIST,{self.date},GP,{p.area},{ONS[p.area]},{p.code},{p.postcode},ALL,ALL,{p.size}"
            for p in self.practices
        ]

    def organisation_row(self, p: Practice) -> list[str]:
        row = [""] * 27
        postcode = p.postcode if p.other_postcode is None else p.other_postcode
        row[0], row[1], row[9], row[10], row[11] = p.code, p.name, postcode, "19740401", p.close
        row[12], row[13], row[14], row[25] = p.status, "B", p.commissioner or p.area, p.setting
        row[15] = "20201201"
        return row

    def map_row(self, p: Practice) -> str:
        pcn = f"{p.pcn},NETWORK {p.pcn} PCN" if p.pcn not in ("U", "") else f"{p.pcn},"
        return (
            f"GP_PRAC_PAT_LIST,{self.map_date},{p.code},{p.name},{p.postcode},{pcn},{ONS[p.area]},"
            f"{p.area},{NAMES[p.area]},E54000099,QZ9,Alder and Birch,E40000099,Y99,The Region"
        )

    def put(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_bytes(text.replace("\n", self.newline).encode(self.encoding))
        return path

    def write(self) -> dict[str, Any]:
        """Write all files; return what `load` wants."""
        organisations = io.StringIO()
        writer = csv.writer(organisations, quoting=csv.QUOTE_ALL, lineterminator="\n")
        rows = [self.organisation_row(p) for p in self.practices] + self.extra_organisations
        writer.writerows(rows)
        places = {p.postcode: p for p in self.practices if p.x == p.x}
        points = "".join(
            f'"{p.postcode}",10,{p.x:.0f},{p.y:.0f},"E92000001","","","","E07000001","E05000001"\n'
            for p in places.values()
        )
        lists = [CCG_HEADER, *self.list_rows(), *self.extra_lists, ""]
        mapped = [MAP_HEADER, *map(self.map_row, self.practices), ""]
        return {
            "lists": self.put("lists.csv", "\n".join(lists)),
            "organisations": self.put("epraccur.csv", organisations.getvalue()),
            "membership": self.put("map.csv", "\n".join(mapped)),
            "postcodes": self.put("codepoint.csv", points),
            "boundaries": self.put("boundaries.geojson", json.dumps(square_boundaries())),
        }  # fmt: skip

    def load(self, area: str | list[str] = "09A", **changes: Any) -> Intake:
        return load(**{**self.write(), "area": area, **changes})

    def read(self, **changes: Any) -> Published:
        return read(**{**self.write(), **changes})


def square_boundaries(**properties: Any) -> dict[str, Any]:
    """Two squares side by side, in the National Grid."""

    def square(x: float, y: float, code: str, name: str) -> dict[str, Any]:
        ring = [[x, y], [x + SIDE, y], [x + SIDE, y + SIDE], [x, y + SIDE], [x, y]]
        named = {"CCG20CD": code, "CCG20NM": name, **properties}
        return {
            "type": "Feature",
            "properties": named,
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }

    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
        "features": [
            square(X, Y, ONS["09A"], NAMES["09A"]),
            square(X + SIDE, Y, ONS["09B"], NAMES["09B"]),
        ],
    }


@pytest.fixture
def country(tmp_path: Path) -> Country:
    """A small country whose files are all in order."""
    return Country(tmp_path)
