"""Every objective from the command line: its unit is said, and its value is counted anew here.

Nothing of pcngeo counts: values are worked out from `membership.csv` and the files given.
"""

from __future__ import annotations

import csv
import json
from itertools import combinations
from math import dist
from pathlib import Path

import pytest
from made_area import MadeArea, code

from pcngeo.cli import main
from pcngeo.objectives import TERMS

PLACES = [
    (0, 0, 9_000), (2, 0, 12_000), (4, 1, 15_000), (6, 0, 11_000), (0, 3, 14_000), (2, 3, 8_000),
    (4, 4, 16_000), (6, 3, 13_000), (1, 6, 12_000), (3, 7, 10_000), (6, 6, 9_000),
]  # fmt: skip
TODAY = {i: "U1" if i < 3 else "U2" if i < 7 else "U3" if i < 9 else "U" for i in range(11)}
TIED = [(0, 4), (2, 6), (3, 7)]
ALONE = sorted(set(TERMS) - {"outside"})


class Given(MadeArea):
    """The made-up area with every file that an objective may need."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, PLACES, today=TODAY)
        self.minutes = {
            (i, j): round(1 + 1.7 * dist(PLACES[i][:2], PLACES[j][:2]) + (7 * i + 3 * j) % 5, 1)
            for i in range(len(PLACES)) for j in range(len(PLACES)) if i != j
        }  # fmt: skip
        self._csv("drive.csv", ("from", "to", "drive_minutes"),
                  [(code(i), code(j), m) for (i, j), m in self.minutes.items()])  # fmt: skip
        # Each practice has patients in the LSOA of its own place and in the two that follow.
        self.homes = {
            (i, (i + step) % len(PLACES)): size * part // 10
            for i, (_, _, size) in enumerate(PLACES) for step, part in ((0, 5), (1, 3), (2, 2))
        }  # fmt: skip
        lsoa = [f"E010000{k:02}" for k in range(len(PLACES))]
        head = ("PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "LSOA_CODE",
                "SEX", "NUMBER_OF_PATIENTS")  # fmt: skip
        self._csv("registrations.csv", head, [
            ("GP", "01JAN2021", code(i), "", lsoa[k], "ALL", n) for (i, k), n in self.homes.items()
        ])  # fmt: skip
        self.decile = {k: 1 + (3 * k) % 10 for k in range(len(PLACES))}
        self._csv("imd.csv", ("LSOA code (2011)", "LSOA name (2011)",
                  "Local Authority District code (2019)", "Local Authority District name (2019)",
                  "Index of Multiple Deprivation (IMD) Score",
                  "Index of Multiple Deprivation (IMD) Rank",
                  "Index of Multiple Deprivation (IMD) Decile"),
                  [(lsoa[k], "", "E07000001", "", 10, k + 1, d) for k, d in self.decile.items()],
                  )  # fmt: skip
        self.rural = {k: k % 3 == 0 for k in range(len(PLACES))}
        self._csv("ruc.csv", ("LSOA11CD", "LSOA11NM", "RUC11CD", "RUC11"), [
            (lsoa[k], "", "D1" if rural else "C1",
             "Rural town and fringe" if rural else "Urban city and town")
            for k, rural in self.rural.items()
        ])  # fmt: skip
        west = [[399_000, 299_000], [403_000, 299_000], [403_000, 308_000], [399_000, 308_000]]
        east = [[403_000, 299_000], [408_000, 299_000], [408_000, 308_000], [403_000, 308_000]]
        (folder / "lad.geojson").write_text(json.dumps({
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
            "features": [
                {"type": "Feature", "properties": {"LAD20CD": name, "LAD20NM": name},
                 "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
                for name, ring in (("E07000001", west), ("E07000002", east))
            ],
        }))  # fmt: skip

    def run(self, objective: str) -> Path:
        """Plan from the command line; return the folder."""
        tied = "".join(
            f'[[collaboration]]\npractices = ["{code(a)}", "{code(b)}"]\n' for a, b in TIED
        )
        more = ["--travel", "drive.csv", "--registrations", "registrations.csv", "--authorities",
                "lad.geojson", "--deprivation", "imd.csv", "--rurality", "ruc.csv"]  # fmt: skip
        named = [m if m.startswith("--") else str(self.folder / m) for m in more]
        with pytest.raises(SystemExit) as stopped:
            main(self.command("plan", *named, rules=f"objective = {objective}\n{tied}"))
        assert stopped.value.code == 0
        return self.folder / "out"

    def value(self, name: str, group: list[int], out: Path, networks: list[list[int]]) -> float:
        """What one network adds to an objective."""
        size = {i: PLACES[i][2] for i in range(len(PLACES))}
        spot = {i: (1_000.0 * p[0], 1_000.0 * p[1]) for i, p in enumerate(PLACES)}
        people = sum(size[i] for i in group)
        if name == "distance":
            return min(sum(size[i] * dist(spot[i], spot[h]) for i in group) for h in group)
        if name == "travel":
            return min(sum(size[i] * self.minutes.get((i, h), 0) for i in group) for h in group)
        if name == "centroid":
            middle = [sum(size[i] * spot[i][axis] for i in group) / people for axis in (0, 1)]
            return sum(size[i] * dist(spot[i], middle) for i in group)
        if name == "borders":
            edges = read(out / "edges.csv")
            return 0.5 * sum(
                float(e["border_m"]) for e in edges
                if (int(e["practice_a"][-3:]) in group) != (int(e["practice_b"][-3:]) in group)
            )  # fmt: skip
        if name == "size":
            return abs(people - 40_000)
        if name == "headroom":
            above = people - 50_000 / 1.05 if len(group) > 1 else 0.0
            return max(0.0, 30_000 / 0.95 - people) + max(0.0, above)
        if name == "span":
            return max(dist(spot[i], spot[j]) for i in group for j in group)
        if name == "authorities":
            return len({PLACES[i][0] > 3 for i in group}) - 1
        if name == "common":
            return 0.5 * sum(
                self.homes[i, k] * self.homes[j, k] / sum(n for (_, at), n in self.homes.items()
                                                          if at == k)
                for i in group for j in size if j not in group
                for k in size if (i, k) in self.homes and (j, k) in self.homes
            )  # fmt: skip
        if name == "collaborations":
            return 0.5 * sum(min(size[a], size[b]) for a, b in TIED if (a in group) != (b in group))
        kind, _, way = name.partition("_")
        of_kind = {
            i: sum(n for (p, k), n in self.homes.items() if p == i and (
                self.decile[k] <= 2 if kind == "deprivation" else self.rural[k]))
            / sum(n for (p, _), n in self.homes.items() if p == i) * size[i]
            for i in size
        }  # fmt: skip
        if way == "mixed":
            share = sum(of_kind.values()) / sum(size.values())
            return abs(sum(of_kind[i] for i in group) - share * people)
        share = sum(of_kind[i] for i in group) / people
        return sum(abs(of_kind[i] - share * size[i]) for i in group)

    def moved(self, networks: list[list[int]]) -> int:
        """Patients whose network does not continue theirs: every matching tried."""
        old, best = ["U1", "U2", "U3"], 0

        def match(left: list[list[int]], free: list[str], kept: int) -> None:
            nonlocal best
            best = max(best, kept)
            if left:
                match(left[1:], free, kept)
                for name in free:
                    stays = sum(PLACES[i][2] for i in left[0] if TODAY[i] == name)
                    match(left[1:], [n for n in free if n != name], kept + stays)

        match(networks, old, 0)
        return sum(PLACES[i][2] for group in networks for i in group) - best


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def made(out: Path) -> dict[str, list[int]]:
    """Positions of the practices of every network, from membership.csv."""
    home: dict[str, list[int]] = {}
    for row in read(out / "membership.csv"):
        if row["network"]:
            home.setdefault(row["network"], []).append(int(row["practice"][-3:]))
    return home


@pytest.mark.parametrize("name", ALONE)
def test_an_objective_from_the_command_line(name: str, tmp_path: Path) -> None:
    given = Given(tmp_path)
    out = given.run(f'"{name}"')
    said = json.loads((out / "plan.json").read_text())
    networks = made(out)
    groups = list(networks.values())
    assert said["status"] == "optimal"
    assert TERMS[name].unit.split()[0] in said["objective_definition"]
    rows = {r["network"]: r for r in read(out / "objective.csv")}
    assert set(rows) == set(networks)
    assert {r["unit"] for r in rows.values()} == {TERMS[name].unit}
    total = sum(float(r["counts"]) for r in rows.values())
    assert said["objective"] == pytest.approx(total, rel=1e-6, abs=0.01)
    if name == "changed":
        assert said["objective"] == given.moved(groups)
        return
    for network, group in networks.items():
        expected = given.value(name, group, out, groups)
        assert float(rows[network]["value"]) == pytest.approx(expected, rel=1e-4, abs=1.0)


def test_the_hub_by_travel_and_the_objective_by_straight_lines_both_add_up(tmp_path: Path) -> None:
    given = Given(tmp_path)
    out = given.run('"distance"')
    said = json.loads((out / "plan.json").read_text())
    tables = {n: {r["network"]: r for r in read(out / f"{n}.csv")} for n in ("networks", "travel")}
    counted = {r["network"]: r for r in read(out / "objective.csv")}
    assert sum(float(r["counts"]) for r in counted.values()) == pytest.approx(said["objective"])
    for network, group in made(out).items():
        row = tables["networks"][network]
        assert row["hub"] == tables["travel"][network]["hub"]
        way = sum(PLACES[i][2] * given.minutes.get((i, int(row["hub"][-3:])), 0) for i in group)
        assert float(tables["travel"][network]["mean_travel_minutes"]) * int(
            row["list_size"]
        ) == pytest.approx(way, rel=1e-3)
        hub = PLACES[int(counted[network]["hub"][-3:])]
        straight = sum(1_000 * PLACES[i][2] * dist(PLACES[i][:2], hub[:2]) for i in group)
        assert float(counted[network]["value"]) == pytest.approx(straight, rel=1e-6)
        hub = PLACES[int(row["hub"][-3:])]
        straight = sum(PLACES[i][2] * dist(PLACES[i][:2], hub[:2]) for i in group)
        mean = float(row["mean_distance_km"]) * int(row["list_size"])
        assert mean == pytest.approx(straight, rel=1e-3)
    assert any("objective.csv has it for every network" in s for s in said["geography"])


def test_a_mix_adds_up_in_points(tmp_path: Path) -> None:
    out = Given(tmp_path).run("{ distance = 1.0, changed = 0.5, span = 2.0 }")
    rows, said = read(out / "objective.csv"), json.loads((out / "plan.json").read_text())
    assert {r["objective"] for r in rows} == {"distance", "changed", "span"}
    assert sum(float(r["counts"]) for r in rows) == pytest.approx(said["objective"], abs=0.1)
    assert {r["continues"] for r in rows if r["objective"] == "changed"} <= {"U1", "U2", "U3", ""}
    pairs = combinations([r["continues"] for r in rows if r["continues"]], 2)
    assert all(a != b for a, b in pairs)
