"""The whole path on published files, checked from what lies in the folder and nothing else.

Nothing here uses the package's own checks: totals are summed from the published file with the
standard library, and contiguity is walked on `edges.csv` with a few lines of union-find.
"""

from __future__ import annotations

import csv
import functools
import gzip
import json
import math
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from pcngeo.cli import main

pytestmark = pytest.mark.real

#: Inner London and the rural north, and three chosen for their difficulty: a coast with islands
#: (Cornwall and Scilly), a dense city with lists above the ceiling (Birmingham and Solihull), and
#: an estuary with a practice that nobody can take in (Morecambe Bay).
AREAS = {
    "08V": "Tower Hamlets",
    "00L": "Northumberland",
    "11N": "Kernow",
    "15E": "Birmingham and Solihull",
    "01K": "Morecambe Bay",
}
STATUSES = {"member", "alone", "proposed", "orphan", "covered", "special", "excluded"}


def arguments(shared: Path, area: str, out: Path) -> list[str]:
    lists = shared / "published" / "2021-01"
    geography = shared / "published" / "geography"
    return [
        "plan",
        "--lists", str(lists / "gp-reg-pat-prac-all.csv.gz"),
        "--organisations", str(lists / "epraccur_2019-12.csv.gz"),
        "--postcodes", str(geography / "codepo_subset_2025.csv.gz"),
        str(geography / "codepo_subset_2022.csv.gz"),
        "--boundaries", str(geography / "ccg20.geojson.gz"),
        "--membership", str(lists / "gp-reg-pat-prac-map_2020-09.csv.gz"),
        "--area", area, "--out", str(out),
    ]  # fmt: skip


def run(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code in (0, None)


@pytest.fixture(scope="module")
def folder_of(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of an area's plan, made once."""

    @functools.cache
    def folder(area: str) -> Path:
        out = tmp_path_factory.mktemp("plan") / area
        run(arguments(shared, area, out))
        return out

    return folder


@pytest.fixture(scope="module", params=list(AREAS), ids=list(AREAS.values()))
def planned(request: pytest.FixtureRequest, folder_of: Callable[[str], Path]) -> tuple[str, Path]:
    return request.param, folder_of(request.param)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(shared: Path, area: str) -> dict[str, int]:
    path = shared / "published" / "2021-01" / "gp-reg-pat-prac-all.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {
            row["CODE"]: int(row["NUMBER_OF_PATIENTS"])
            for row in csv.DictReader(file)
            if row["CCG_CODE"] == area
        }


def test_every_practice_and_every_patient_is_there(planned: tuple[str, Path], shared: Path) -> None:
    area, out = planned
    table = rows(out / "membership.csv")
    assert list(table[0]) == [
        "practice", "name", "postcode", "list_size", "network", "status", "reason",
    ]  # fmt: skip
    assert {r["practice"]: int(r["list_size"]) for r in table} == published(shared, area)
    assert len(table) == len({r["practice"] for r in table})
    assert {r["status"] for r in table} <= STATUSES
    assert all(r["reason"] for r in table)
    assert all(r["network"] for r in table if r["status"] in ("member", "alone", "proposed"))


def test_networks_are_in_the_window_and_add_up(planned: tuple[str, Path]) -> None:
    _, out = planned
    listed: dict[str, int] = defaultdict(int)
    count: dict[str, int] = defaultdict(int)
    for row in rows(out / "membership.csv"):
        if row["status"] in ("member", "alone"):
            listed[row["network"]] += int(row["list_size"])
            count[row["network"]] += 1
    networks = rows(out / "networks.csv")
    assert {r["network"]: int(r["list_size"]) for r in networks} == dict(listed)
    assert {r["network"]: int(r["practices"]) for r in networks} == dict(count)
    for row in networks:
        size = int(row["list_size"])
        inside = 30_000 <= size <= 50_000
        assert row["in_window"] == ("true" if inside else "false")
        assert inside or (size > 50_000 and int(row["practices"]) == 1)


def test_networks_are_connected_on_edges_csv(planned: tuple[str, Path]) -> None:
    _, out = planned
    home = {
        r["practice"]: r["network"]
        for r in rows(out / "membership.csv")
        if r["status"] in ("member", "alone")
    }
    parent = {p: p for p in home}

    def root(practice: str) -> str:
        while parent[practice] != practice:
            practice = parent[practice]
        return practice

    for edge in rows(out / "edges.csv"):
        a, b = edge["practice_a"], edge["practice_b"]
        if a in home and b in home and home[a] == home[b]:
            parent[root(a)] = root(b)
    roots: dict[str, set[str]] = defaultdict(set)
    for practice, network in home.items():
        roots[network].add(root(practice))
    assert {network: len(found) for network, found in roots.items()} == dict.fromkeys(roots, 1)


def test_objective_recomputed_from_the_geopackage(planned: tuple[str, Path]) -> None:
    import geopandas as gpd

    _, out = planned
    points = gpd.read_file(out / "plan.gpkg", layer="practices").set_index("practice")
    points = points[points["status"].isin(["member", "alone"])]
    total = 0.0
    for _, members in points.groupby("network"):
        total += min(
            sum(
                int(size) * math.dist((x, y), (hub.x, hub.y))
                for size, x, y in zip(
                    members["list_size"], members.geometry.x, members.geometry.y, strict=True
                )
            )
            for hub in members.geometry
        )
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    assert plan["objective"] == pytest.approx(total, rel=1e-9)
    assert plan["status"] == "optimal"
    assert plan["gap"] == pytest.approx(0.0, abs=1e-6)


def test_plan_json_reconciles_and_names_its_inputs(planned: tuple[str, Path], shared: Path) -> None:
    area, out = planned
    plan = json.loads((out / "plan.json").read_text("utf-8"))
    everyone = published(shared, area)
    assert plan["practices"]["published"] == {
        "practices": len(everyone), "patients": sum(everyone.values()),
    }  # fmt: skip
    kinds = {k: v for k, v in plan["practices"].items() if k != "published"}
    assert sum(v["patients"] for v in kinds.values()) == sum(everyone.values())
    assert plan["list_date"] == "2021-01-01"
    assert all(len(source["sha256"]) == 64 for source in plan["inputs"])
    assert len(plan["inputs"]) == 6
    text = (out / "plan.json").read_text("utf-8")
    assert str(shared) not in text, "no path of this machine in what leaves it"


def test_geopackage_layers(planned: tuple[str, Path]) -> None:
    import geopandas as gpd

    _, out = planned
    names = set(gpd.list_layers(out / "plan.gpkg")["name"])
    assert names == {"practices", "territories", "networks", "edges", "boundary"}
    for name in names:
        assert gpd.read_file(out / "plan.gpkg", layer=name).crs.to_epsg() == 27700


def test_map_asks_the_network_for_nothing(planned: tuple[str, Path]) -> None:
    _, out = planned
    page = (out / "map.html").read_text("utf-8")
    asks = re.findall(
        r"""<(?:script|img|iframe|link|object)[^>]*?(?:src|href|data)=["']?(?:https?:)?//"""
        r"""|@import|url\(["']?(?:https?:)?//""",
        page,
    )
    assert not asks
    assert "not a decision" in page


def test_the_same_bytes_in_a_process_of_its_own(
    shared: Path, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    again = tmp_path / "again" / "plan"
    command = [sys.executable, "-m", "pcngeo", *arguments(shared, "08V", again)]
    subprocess.run(command, capture_output=True, check=True)
    digests = []
    for out in (folder_of("08V"), again):
        files = {p.name: p.read_bytes() for p in sorted(out.iterdir())}
        plan = json.loads(files.pop("plan.json"))
        del plan["seconds"]
        digests.append((plan, files))
    assert digests[0] == digests[1]


def test_tower_hamlets_as_published(shared: Path) -> None:
    everyone = published(shared, "08V")
    assert (len(everyone), sum(everyone.values())) == (36, 348_034)


def test_the_pack_of_a_folder_adds_up_to_the_published_file(
    planned: tuple[str, Path], shared: Path, tmp_path: Path
) -> None:
    """`submit --plan FOLDER` needs no other file; each number is held against the published one."""
    docx, openpyxl = pytest.importorskip("docx"), pytest.importorskip("openpyxl")
    area, folder = planned
    if area != "01K":
        pytest.skip("one area is enough")
    run(["submit", "--plan", str(folder), "--out", str(tmp_path)])
    for name in ("audit.csv", "orphans.csv", "shares.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    everyone = published(shared, area)
    sizes: dict[str, int] = defaultdict(int)
    for row in rows(tmp_path / "shares.csv"):
        assert int(row["list_size"]) == everyone[row["practice"]]
        sizes[row["network"]] += int(row["list_size"])
    left = {r["practice"]: int(r["list_size"]) for r in rows(tmp_path / "orphans.csv")}
    assert sum(sizes.values()) + sum(left.values()) == sum(everyone.values())
    book = openpyxl.load_workbook(tmp_path / "submission" / "submission.xlsx")
    tables = {
        name: [dict(zip([c.value for c in book[name][1]], line, strict=True))
               for line in book[name].iter_rows(min_row=2, values_only=True)]
        for name in ("Networks", "Members")
    }  # fmt: skip
    assert {str(r["network"]): r["list size"] for r in tables["Networks"]} == sizes
    assert {r["practice"]: r["list size"] for r in tables["Members"]} == everyone
    assert all(r["name"] for r in tables["Members"])
    broken = {"nan", "NaN", "None", "<NA>", "inf"}
    for sheet in book:
        cells = {v for line in sheet.iter_rows(values_only=True) for v in line}
        assert not broken & cells, sheet.title
    for network, size in sizes.items():
        document = docx.Document(str(tmp_path / "submission" / f"network-{network}.docx"))
        lines = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
        (total,) = (line[1] for line in lines if line[0] == "Network list size (R31)")
        assert total == f"{size:,} people registered at 1 January 2021"
        members = [line for line in lines if len(line) == 6 and line[0].isdigit()]
        assert sum(int(line[4].replace(",", "")) for line in members) == size
        assert all(line[2] and everyone[line[1]] for line in members)
