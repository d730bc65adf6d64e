"""A commissioning area made up of named places, written in the published formats."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from pcngeo import intake
from pcngeo.intake import Published
from pcngeo.pipeline import PlannedArea, plan_prepared
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules
from pcngeo.writing import write_plan

LISTS = ("PUBLICATION", "EXTRACT_DATE", "TYPE", "CCG_CODE", "ONS_CCG_CODE", "CODE", "POSTCODE",
         "SEX", "AGE", "NUMBER_OF_PATIENTS")  # fmt: skip
MAP = ("PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "PRACTICE_POSTCODE",
       "ONS_CCG_CODE", "CCG_CODE", "CCG_NAME", "ONS_STP_CODE", "STP_CODE", "STP_NAME",
       "PCN_CODE", "PCN_NAME")  # fmt: skip
WEST, SOUTH = 400_000, 300_000


def code(i: int) -> str:
    """ODS code of the practice at place `i`."""
    return f"Y99{i:03d}"


def ons(area: str) -> str:
    """ONS code of an area: 99Z is E38999999, 99Y the one before."""
    return f"E38{999_999 - (ord('Z') - ord(area[-1]))}"


def called(area: str) -> str:
    """Name of an area."""
    return "NHS Nowhere CCG" if area == "99Z" else f"NHS Nowhere {area} CCG"


def ring(box: tuple[float, float, float, float]) -> list[list[float]]:
    """Corners of a box in metres."""
    w, s, e, n = box
    return [[WEST + 1_000 * x, SOUTH + 1_000 * y]
            for x, y in ((w, s), (e, s), (e, n), (w, n), (w, s))]  # fmt: skip


class MadeArea:
    """Practices at places in kilometres, with their lists; today's networks where given.

    Parameters
    ----------
    folder
        Where the files are written.
    places
        East, north (km) and registered patients of each practice; east None: no postcode known.
    today
        Code of today's network by position.
    names
        Names by position; special schemes are told by theirs.
    boxes
        Land as boxes of west, south, east, north (km); one box around all without them.
    districts
        Codes of local authorities by position, as Code-Point Open holds them; none without.
    borders
        Eastings (km) at which an area ends and the next begins; areas from west to east are 99Z,
        99Y, ...
    """

    def __init__(
        self,
        folder: Path,
        places: Sequence[tuple[float | None, float, int]],
        *,
        today: Mapping[int, str] | None = None,
        names: Mapping[int, str] | None = None,
        boxes: Sequence[tuple[float, float, float, float]] = (),
        districts: Mapping[int, str] | None = None,
        borders: Sequence[float] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lists = {code(i): size for i, (_, _, size) in enumerate(places)}
        named = {i: (names or {}).get(i, f"SURGERY {i}") for i in range(len(places))}
        post = {i: f"ZZ{i // 10 + 1} {i % 10}AA" for i in named}
        self.areas = [f"99{chr(ord('Z') - k)}" for k in range(len(borders) + 1)]
        own = [self.areas[sum(b <= (e or 0.0) for b in borders)] for e, _, _ in places]
        self._csv("lists.csv", LISTS, [
            ("GP_PRAC_PAT_LIST", "01JAN2021", "GP", own[i], ons(own[i]), code(i), post[i], "ALL",
             "ALL", size) for i, (_, _, size) in enumerate(places)
        ])  # fmt: skip
        self._csv("codepo.csv", (), [
            (post[i], 10, round(WEST + 1_000 * east), round(SOUTH + 1_000 * north), "E92000001",
             "", "", "", (districts or {}).get(i, ""), "")
            for i, (east, north, _) in enumerate(places) if east is not None
        ])  # fmt: skip
        self._csv("epraccur.csv", (), [
            (code(i), named[i], "Y99", "Q99", "1 HIGH ST", "", "", "", "", post[i], "19740401", "",
             "A", "B", own[i], "20130401", "", "", "", "", "", "0", "", own[i], "", "4", "")
            for i in named
        ])  # fmt: skip
        self._csv("map.csv", MAP, [
            ("GP_PRAC_PAT_LIST", "01-Jan-21", code(i), named[i], post[i], ons(own[i]), own[i],
             called(own[i]).upper(), "E54", "Q99", "STP", (today or {}).get(i, "U"),
             f"{(today or {}).get(i, '')} NETWORK") for i in named
        ])  # fmt: skip
        east = [e for e, _, _ in places if e is not None]
        north = [n for e, n, _ in places if e is not None]
        whole = (min(east) - 1, min(north) - 1, max(east) + 1, max(north) + 1)
        edges = [whole[0], *borders, whole[2]]
        parts = [[(w, whole[1], e, whole[3])] for w, e in pairwise(edges)] if borders else []
        (folder / "boundaries.geojson").write_text(json.dumps({
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
            "features": [{
                "type": "Feature",
                "properties": {"CCG20CD": ons(area), "CCG20NM": called(area)},
                "geometry": {"type": "MultiPolygon", "coordinates": [[ring(b)] for b in land]},
            } for area, land in zip(self.areas, parts or [boxes or [whole]], strict=True)],
        }))  # fmt: skip

    def _csv(self, name: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([*([head] if head else []), *rows])

    @property
    def inputs(self) -> dict[str, Any]:
        """What `pcngeo.pipeline.plan_area` takes."""
        files = {
            "lists": "lists.csv", "organisations": "epraccur.csv", "postcodes": "codepo.csv",
            "boundaries": "boundaries.geojson", "membership": "map.csv",
        }  # fmt: skip
        return {"area": "99Z", **{flag: self.folder / name for flag, name in files.items()}}

    @cached_property
    def published(self) -> Published:
        """The files, read once."""
        return intake.read(**{flag: path for flag, path in self.inputs.items() if flag != "area"})

    def plan(self, rules: str = "", out: Path | None = None) -> PlannedArea:
        """Plan the area under a rules file of this text; the stages are those of `plan_area`."""
        path = self.folder / "rules.toml"
        path.write_text(rules, encoding="utf-8")
        chosen = Rules.read(path)
        loaded = intake.cut(self.published, "99Z", chosen)
        result = plan_prepared(prepare_intake(loaded, chosen))
        if out is not None:
            write_plan(result, out)
        return result

    def command(self, name: str, *more: str, rules: str = "") -> list[str]:
        """Write a rules file and return a command over this area, its folder `out`."""
        (self.folder / "rules.toml").write_text(rules, encoding="utf-8")
        flags = {f"--{flag}": str(value) for flag, value in self.inputs.items()}
        words = [word for pair in flags.items() for word in pair]
        return [name, *words, "--rules", str(self.folder / "rules.toml"),
                "--out", str(self.folder / "out"), *more]  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    """Read a table that was written."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
