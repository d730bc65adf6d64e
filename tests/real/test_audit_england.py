"""Today's networks of all England, audited and held to the published picture.

What is expected is counted here from the published files by other code: plain `csv`, no pandas
joins, no use of the package's own sums.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
from every_area import FILES, every_area, folder_of, published

from pcngeo.adjacency import build_graph
from pcngeo.audit import audit, by_area, existing_plan, members_elsewhere, national_picture
from pcngeo.intake import Intake, Published
from pcngeo.orphans import propose
from pcngeo.papers import Papers, planned_area
from pcngeo.pipeline import plan_prepared
from pcngeo.prepared import prepare_existing, prepare_intake
from pcngeo.rules import Rules
from pcngeo.territory import build_territories

pytestmark = pytest.mark.real


@dataclass(frozen=True, eq=False)
class England:
    """One vintage, as read by the package and as read here."""

    vintage: str
    files: Published
    areas: Mapping[str, Intake]
    practices: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    lists: dict[str, int]
    today: dict[str, str]
    area: dict[str, str]

    def sizes(self) -> dict[str, int]:
        """List size of every existing network."""
        sizes: dict[str, int] = defaultdict(int)
        for practice, patients in self.lists.items():
            if self.today.get(practice):
                sizes[self.today[practice]] += patients
        return dict(sizes)


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        return [{k.upper(): v.strip() for k, v in row.items()} for row in csv.DictReader(stream)]


@pytest.fixture(scope="module", params=list(FILES))
def england(shared: Path, request: pytest.FixtureRequest) -> England:
    folder = folder_of(shared, request.param)
    lists, membership = folder / "gp-reg-pat-prac-all.csv.gz", FILES[request.param][0]
    areas = every_area(shared, request.param)
    listed = [r for r in rows(lists) if (r["TYPE"], r["SEX"], r["AGE"]) == ("GP", "ALL", "ALL")]
    mapped = rows(folder / f"{membership}.csv.gz")
    code = "PRACTICE_CODE" if "PRACTICE_CODE" in mapped[0] else "CODE"
    return England(
        vintage=request.param,
        files=published(shared, request.param),
        areas=areas,
        practices=pd.concat([area.practices for area in areas.values()]),
        boundary=pd.concat([area.boundary for area in areas.values()]),
        lists={r["CODE"]: int(r["NUMBER_OF_PATIENTS"]) for r in listed},
        today={r[code]: r["PCN_CODE"] if len(r["PCN_CODE"]) > 1 else "" for r in mapped},
        area={r["CODE"]: r["CCG_CODE"] for r in listed},
    )


def test_the_national_picture_beside_the_published_one(england: England) -> None:
    found = national_picture(england.practices)
    sizes = england.sizes()
    assert found.loc["networks", "found"] == len(sizes)
    inside = sum(30_000 <= size <= 50_000 for size in sizes.values())
    assert found.loc["in_window", "found"] == inside
    assert found.loc["below", "found"] == sum(size < 30_000 for size in sizes.values())
    assert found.loc["practices", "found"] == len(england.lists)
    expected = {"2021-01": (725, 6, 135), "2022-01": (699, 2, 106)}[england.vintage]
    measured = found.loc[["in_window", "areas_all_in_window", "areas"], "found"].tolist()
    assert tuple(measured) == expected
    # January 2020: 58 % of 1,250 in the window, 6 of 135 areas with every network in it.
    assert found.loc["in_window", "published_share"] == pytest.approx(0.58, abs=0.005)
    assert found.loc["in_window", "found_share"] == pytest.approx(0.58, abs=0.03)


def test_every_area_of_today_is_audited_to_the_patient(england: England) -> None:
    sizes, table = england.sizes(), by_area(england.practices)
    assert table["patients"].sum() == sum(england.lists.values())
    seen: dict[str, float] = {}
    for code in england.files.areas.index:
        beyond = members_elsewhere(england.practices, [code])
        own = england.practices["area"] == code
        frame = england.practices[own | england.practices.index.isin(beyond)]
        found = audit(existing_plan(frame), frame, existing=True, area=str(code))
        assert set(found["result"]) <= {"pass", "amber", "fail", "cannot tell"}
        floor = found[found["rule"] == "R02"]
        ceiling = found[found["rule"] == "R04"].set_index("subject")["result"]
        for row in floor.itertuples():
            assert (row.result == "fail") == (sizes[row.subject] < 30_000), row.subject
            assert (ceiling[row.subject] == "amber") == (sizes[row.subject] > 50_000), row.subject
            seen[row.subject] = row.found
        left = [p for p in frame.index if not england.today.get(p)]
        people = found[(found["rule"] == "R10") & (found["subject"] == "people")].iloc[0]
        here = [p for p in frame.index if frame.at[p, "standing"] != "excluded"]
        covered = sum(england.lists[p] for p in here if p not in left)
        assert people["found"] == pytest.approx(covered / sum(england.lists[p] for p in here))
    assert seen == sizes
    if england.vintage == "2021-01":
        tower_hamlets(england)


def test_contiguity_of_todays_networks_on_one_graph_of_england(england: England) -> None:
    frame = england.practices
    eligible = frame[frame["standing"] == "eligible"]
    graph = build_graph(eligible, build_territories(eligible, england.boundary))
    found = audit(existing_plan(frame), frame, graph, existing=True, only=["R11"])
    told = found[found["result"] != "cannot tell"]
    for row in told.itertuples():
        members = [p for p in graph if england.today.get(p) == row.subject]
        assert row.found == nx.number_connected_components(graph.subgraph(members)), row.subject
    # Found: 73.8 % (2021-01) and 74.8 % (2022-01), where a practice has the land nearest to it.
    share = (told["result"] == "pass").mean()
    assert 0.70 < share < 0.80
    if england.vintage == "2022-01":
        homes_for_everyone(frame, graph)


def homes_for_everyone(frame: gpd.GeoDataFrame, graph: nx.Graph[str]) -> None:
    """Homes for all practices in no network today, chosen together, tear no network apart."""
    plan = existing_plan(frame)
    offers = propose(plan, frame, graph)
    located = [p for p in plan.unplaced if p in graph]
    assert set(located) <= set(offers.index)
    for network, group in offers.groupby("network"):
        members = [p for p in plan.members(str(network)) if p in graph]
        joined = [*members, *(p for p in group.index if p in graph)]
        before = nx.number_connected_components(graph.subgraph(members))
        assert nx.number_connected_components(graph.subgraph(joined)) <= before, network


def tower_hamlets(england: England) -> None:
    """The eight networks of one area, whose sizes are known."""
    area = england.areas["08V"]
    plan = existing_plan(area.practices)
    found = audit(plan, area.practices, existing=True, list_date=area.list_date)
    sizes = found[found["rule"] == "R31"]["found"].astype(int).tolist()
    assert sorted(sizes) == [33_935, 34_093, 37_951, 39_018, 45_526, 47_740, 54_785, 54_822]
    over = found[(found["rule"] == "R04") & (found["result"] == "amber")]
    assert len(over) == 2
    assert found[found["rule"] == "R02"]["result"].eq("pass").all()
    assert found.set_index("rule").loc["R12", "found"] == 1


def test_plans_of_the_solver_pass_an_audit_that_does_not_trust_it(england: England) -> None:
    """The smaller areas; larger ones differ in time, not in kind."""
    counts = england.practices.groupby("area").size()
    most = 30 if england.vintage == "2022-01" else 15
    for code in sorted(counts.index[counts <= most]):
        prepared = prepare_intake(england.areas[code], Rules())
        result = plan_prepared(prepared, time_limit=5)
        found = Papers.of(planned_area(result)).audit
        told = found.set_index("rule")["result"]
        for rule in ("R02", "R05", "R11", "R20"):
            assert (told.loc[[rule]] == "pass").all(), (code, rule)
        over = set(found.loc[(found["rule"] == "R04") & (found["result"] == "amber"), "subject"])
        alone = set(found.loc[found["rule"] == "R18", "subject"])
        assert over <= alone, code
        # Who is left without even an offer has no location.
        bad = found[(found["rule"] == "R14") & (found["result"] == "fail")]["subject"]
        where = england.practices.loc[bad, "reason_code"]
        assert (where == "no_location").all(), (code, list(bad))


def test_todays_networks_of_an_area_come_whole_across_its_border(shared: Path) -> None:
    folder, geography = shared / "published" / "2021-01", shared / "published" / "geography"
    prepared = prepare_existing(
        area="10X",
        lists=folder / "gp-reg-pat-prac-all.csv.gz",
        membership=folder / "gp-reg-pat-prac-map_2020-09.csv.gz",
        postcodes=geography / "codepo_subset_2025.csv.gz",
        boundaries=geography / "ccg20.geojson.gz",
    )
    practices = prepared.intake.practices
    plan = existing_plan(practices)
    found = audit(plan, practices, prepared.graph, existing=True, only=["R02", "R19"])
    own = found[found["subject"] == "U08561"].set_index("rule")
    assert own.loc["R02", "found"] == 37_881
    assert own.loc["R19", "result"] == "amber"
    assert "10X and 11A" in str(own.loc["R19", "sentence"])


def test_the_current_epcn_file_is_audited_like_the_map(shared: Path) -> None:
    """Today's networks from ePCN, nationally and for one area, against sums made by hand."""
    openpyxl = pytest.importorskip("openpyxl")
    published, geography = shared / "published", shared / "published" / "geography"
    lists, epcn = published / "2022-01" / "gp-reg-pat-prac-all.csv.gz", "ePCN_2022-05.xlsx"
    with gzip.open(lists, "rt", encoding="utf-8-sig") as stream:
        size = {row["CODE"]: int(row["NUMBER_OF_PATIENTS"]) for row in csv.DictReader(stream)}
    book = openpyxl.load_workbook(published / "2022-07" / epcn, read_only=True)
    sheet = next(s for s in book.worksheets if "partner" in s.title.lower())
    table = sheet.iter_rows(values_only=True)
    head = [" ".join(str(cell).split()).lower() for cell in next(table)]
    member, network, end = (
        next(i for i, name in enumerate(head) if name.startswith(start))
        for start in ("partner organisation code", "pcn code", "practice to pcn relationship end")
    )
    sums: dict[str, int] = defaultdict(int)
    for row in table:
        if row[member] in size and not row[end]:
            sums[row[network]] += size[row[member]]
    from pcngeo.papers import read_england

    england, _ = read_england(lists, published / "2022-07" / epcn)
    found = national_picture(england)["found"]
    assert found["networks"] == len(sums)
    assert found["in_window"] == sum(30_000 <= n <= 50_000 for n in sums.values())
    assert found["below"] == sum(n < 30_000 for n in sums.values())
    prepared = prepare_existing(
        area="05W",
        lists=lists,
        membership=published / "2022-07" / epcn,
        postcodes=geography / "codepo_subset_2022.csv.gz",
        boundaries=geography / "ccg21.geojson.gz",
    )
    practices = prepared.intake.practices
    told = audit(existing_plan(practices), practices, existing=True, only=["R31"])
    assert {str(n): int(s) for n, s in zip(told["subject"], told["found"], strict=True)} == {
        n: sums[n] for n in told["subject"]
    }
    assert len(told) == 8
