"""All the papers of the sample, today's networks, without a solver."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from pcngeo.adjacency import build_graph
from pcngeo.audit import existing_plan
from pcngeo.export import write_folder
from pcngeo.intake import load
from pcngeo.intake.statistics import read_deprivation, read_rurality
from pcngeo.papers import Area, Papers, papers_files, submission_pack
from pcngeo.plan import Status
from pcngeo.rules import Rules
from pcngeo.submission import missing_items
from pcngeo.territory import build_territories


@pytest.fixture(scope="module")
def area(sample: Path) -> Area:
    rules = Rules.read(sample / "rules.toml")
    loaded = load(
        lists=sample / "gp-reg-pat-prac-all.csv",
        organisations=sample / "epraccur.csv",
        postcodes=sample / "postcodes.csv",
        boundaries=sample / "boundaries.geojson",
        membership=sample / "gp-reg-pat-prac-map.csv",
        registrations=sample / "gp-reg-pat-prac-lsoa-all.csv",
        area="99Z",
        rules=rules,
    )
    territories = build_territories(loaded.practices, loaded.boundary, rules)
    return Area(
        plan=existing_plan(loaded.practices),
        practices=loaded.practices,
        graph=build_graph(loaded.practices, territories, rules),
        territories=territories,
        boundary=loaded.boundary,
        rules=rules,
        area=loaded.area,
        area_name=loaded.area_name,
        list_date=loaded.list_date,
        sources=loaded.sources,
        registrations=loaded.registrations,
        existing=True,
    )


@pytest.fixture(scope="module")
def papers(area: Area, sample: Path) -> Papers:
    return Papers.of(
        area,
        deprivation=read_deprivation(sample / "imd.csv"),
        rurality=read_rurality(sample / "ruc.csv"),
    )


def test_the_tables_agree_with_each_other_to_the_patient(area: Area, papers: Papers) -> None:
    lists = area.practices["list_size"]
    members = area.plan.groups()
    sizes = {n: int(lists.loc[list(m)].sum()) for n, m in members.items()}
    assert papers.funding["list_size"].to_dict() == sizes
    assert papers.service["member_list"].to_dict() == sizes
    assert papers.profile["list_size"].drop("area").to_dict() == sizes
    audited = papers.audit[papers.audit["rule"] == "R31"].set_index("subject")["found"]
    assert audited.astype(int).to_dict() == sizes
    assert papers.profile.loc["area", "list_size"] == sum(sizes.values())
    assert papers.payments["list_size"].sum() == sum(sizes.values())
    left = set(area.practices.index) - {p for m in members.values() for p in m}
    excluded = set(area.practices.index[area.practices["standing"] == "excluded"])
    assert left - excluded <= set(papers.orphans.index)


def test_what_the_data_gives_is_told(papers: Papers) -> None:
    told = papers.audit[papers.audit["rule"] == "R22"]
    assert "cannot tell" not in set(told["result"])
    assert papers.profile["imd_matched_share"].between(0.95, 1.0).all()
    assert papers.homes["patients_in_common"].notna().all()


def test_shares_of_money_and_votes_add_up(papers: Papers) -> None:
    for column in ("equal_gbp", "by_list_gbp"):
        sums = papers.splits.groupby("network")[column].sum()
        totals = papers.funding["total_gbp"]
        assert {n: int(s) for n, s in sums.items()} == {n: int(t) for n, t in totals.items()}
    by_list = papers.votes[papers.votes["scheme"] == "by_list"]
    assert by_list.groupby("network")["votes"].sum().to_dict() == dict(papers.funding["list_size"])
    alone = by_list[by_list["decides_alone"]]
    assert (alone["vote_share"] > 0.5).all()


def test_shares_of_a_total_that_cannot_be_computed_say_so(area: Area) -> None:
    """The table was empty, with nothing said."""
    splits = Papers.of(area, year="2025/26").splits
    assert set(splits["network"]) == set(area.plan.networks)
    assert splits["equal_gbp"].isna().all()
    said = splits["cannot_compute"]
    assert said.str.startswith("Cannot compute: ").all()
    assert said.str.contains("Core network funding: the rate of this year was not found").all()


def test_the_files_read_back(papers: Papers, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "out", papers_files(papers))
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "audit.csv", "cliffs.csv", "crossing.csv", "evidence.csv", "funding.csv", "governance.csv",
        "homes.csv", "levels.csv", "orphans.csv", "payments.csv", "profile.csv", "service.csv",
        "shares.csv", "splits.csv", "spread.csv", "teams.csv", "votes.csv",
    ]  # fmt: skip
    with (folder / "audit.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(papers.audit)
    money = pd.read_csv(folder / "funding.csv")
    core = money[money["stream"] == "core"].set_index("network")["amount_gbp"]
    assert core.sum() == papers.funding["core_gbp"].sum()


def test_a_document_says_who_is_registered(area: Area, papers: Papers, tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    from pcngeo.submission import write_document

    network = area.plan.networks[0]
    write_document(submission_pack(area, papers), network, tmp_path / "one.docx")
    document = docx.Document(str(tmp_path / "one.docx"))
    cells = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    both = [papers.profile.at[place, "rural_share"] for place in (network, "area")]
    assert ["Live rurally", f"{both[0]:.1%} (the whole area {both[1]:.1%})"] in cells
    assert any(row[0] == "Patients matched to deprivation" for row in cells)


def test_the_pack_of_an_area_knows_what_is_missing(area: Area, papers: Papers) -> None:
    pack = submission_pack(area, papers, effective_date="2026-07-01")
    missing = missing_items(pack)
    assert set(missing["network"]) == set(area.plan.networks)
    assert "R31" not in set(missing["rule"])
    assert pack.list_source[0] == "gp-reg-pat-prac-all.csv"
    assert len(pack.list_source[1]) == 64


def test_a_plan_that_was_read_is_not_said_to_be_nobodys(area: Area, papers: Papers) -> None:
    method = "read from membership.csv"
    plan = dataclasses.replace(area.plan, status=Status.GIVEN, method=method)
    said = submission_pack(dataclasses.replace(area, plan=plan, existing=False), papers).proof
    assert said == f"The plan was {method}, not solved again: no proof is repeated here."
    by_hand = dataclasses.replace(plan, method="by hand")
    other = submission_pack(dataclasses.replace(area, plan=by_hand, existing=False), papers)
    assert other.proof == by_hand.proof
