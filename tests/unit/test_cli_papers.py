"""The commands audit, submit and audit-national, on the bundled sample."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import typer
from made_area import MadeArea, code
from typer.testing import CliRunner

from pcngeo.cli import papers
from pcngeo.errors import DataError
from pcngeo.papers import read_plan

app = typer.Typer()
for command in (papers.audit, papers.submit, papers.audit_national):
    app.command()(command)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def membership(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Today's networks of the sample as somebody might hand them in."""
    path = tmp_path_factory.mktemp("plan") / "membership.csv"
    found = rows(sample / "gp-reg-pat-prac-map.csv")
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["practice", "network", "status", "list_size"])
        for row in found:
            if row["SUB_ICB_LOCATION_CODE"] == "99Z" and row["PCN_CODE"] not in ("", "U"):
                edited = "12345" if row["PRACTICE_CODE"] == "V99001" else ""
                out.writerow([row["PRACTICE_CODE"], row["PCN_CODE"], "member", edited])
    return path


def test_audit_of_todays_networks(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "today"
    said = run(
        "audit", str(sample / "scenario.toml"), "--existing", "--out", str(out),
        "--deprivation", str(sample / "imd.csv"), "--rurality", str(sample / "ruc.csv"),
    )  # fmt: skip
    assert "networks of today" in said
    found = rows(out / "audit.csv")
    assert {"R02", "R04", "R10", "R11", "R31"} <= {row["rule"] for row in found}
    floor = {row["subject"]: float(row["found"]) for row in found if row["rule"] == "R02"}
    lists = {r["CODE"]: r for r in rows(sample / "gp-reg-pat-prac-all.csv")}
    sizes: dict[str, float] = {}
    for row in rows(sample / "gp-reg-pat-prac-map.csv"):
        if row["PCN_CODE"] in floor and row["PRACTICE_CODE"] in lists:
            size = float(lists[row["PRACTICE_CODE"]]["NUMBER_OF_PATIENTS"])
            sizes[row["PCN_CODE"]] = sizes.get(row["PCN_CODE"], 0.0) + size
    assert floor == sizes


def test_submit_of_a_membership_given_by_hand(
    sample: Path, tmp_path: Path, membership: Path
) -> None:
    out = tmp_path / "pack"
    said = run(
        "submit", str(sample / "scenario.toml"), "--plan", str(membership), "--out", str(out),
        "--effective", "2026-07-01", "--year", "2024/25",
    )  # fmt: skip
    assert "proposed networks, not a decision" in said
    assert (out / "submission" / "submission.xlsx").is_file()
    assert rows(out / "submission" / "membership-change.csv") == []
    # The table says another list size than the list file: told, and not used (R05, R31).
    (used,) = (
        f"{int(row['NUMBER_OF_PATIENTS']):,}"
        for row in rows(sample / "gp-reg-pat-prac-all.csv") if row["CODE"] == "V99001"
    )  # fmt: skip
    assert "(V99001): membership.csv states 12,345 people registered" in " ".join(said.split())
    (told,) = (row["sentence"] for row in rows(out / "audit.csv")
               if (row["rule"], row["subject"]) == ("R31", "V99001"))  # fmt: skip
    assert told.endswith(f"12,345 people registered; the {used} of the list file are counted.")
    money = rows(out / "funding.csv")
    assert {row["year"] for row in money} == {"2024/25"}
    assert any(row["note"].startswith("Cannot compute") for row in money)


def test_england_beside_the_published_picture(sample: Path, tmp_path: Path) -> None:
    said = run(
        "audit-national", "--lists", str(sample / "gp-reg-pat-prac-all.csv"),
        "--membership", str(sample / "gp-reg-pat-prac-map.csv"), "--out", str(tmp_path),
    )  # fmt: skip
    assert "58.1%" in said
    areas = rows(tmp_path / "areas.csv")
    # One row of the sample's lists stands twice, as has happened in the published file (Q17).
    lists = {r["CODE"]: r["NUMBER_OF_PATIENTS"] for r in rows(sample / "gp-reg-pat-prac-all.csv")}
    assert sum(int(row["patients"]) for row in areas) == sum(int(n) for n in lists.values())
    assert len(rows(tmp_path / "national.csv")) == 9
    nobody = [sum(int(r[c]) for r in areas) for c in ("in_no_network", "patients_in_no_network")]
    words = f"In no network: {nobody[0]} practices with {nobody[1]:,} people registered."
    assert words in " ".join(said.split())
    assert "Q14" not in said
    old = tmp_path / "map.csv"
    text = (sample / "gp-reg-pat-prac-map.csv").read_text(encoding="utf-8-sig")
    old.write_text(text.replace(",2026-01-01,", ",2025-09-01,"))
    lists_file = str(sample / "gp-reg-pat-prac-all.csv")
    said = run("audit-national", "--lists", lists_file, "--membership", str(old))
    assert "Networks of 1 September 2025 (with the lists of 1 January 2026, Q14)" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("practice\nV99001\n", "lacks the column network"),
        ("practice,network\nV99001,1\nV99001,2\n", "row 3: V99001 stands twice"),
        (
            "practice,network\nX00000,1\n",
            "row 2: members that are not practices of this area: X00000",
        ),
        (
            "practice,network,status\nV99001,1,member\nV99002,1,membre\n",
            "row 3, column status: 'membre' is no status: write one of member, alone, proposed",
        ),
    ],
)
def test_a_membership_with_a_fault_is_refused(
    sample: Path, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "membership.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        run("audit", str(sample / "scenario.toml"), "--plan", str(path), "--out", str(tmp_path))


def test_blanks_and_capitals_in_an_edited_membership_change_nothing(tmp_path: Path) -> None:
    """A blank after a number made a network of its own; `Member` was dropped without a word."""
    path = tmp_path / "membership.csv"
    path.write_text("practice,network,status\nA, 1 ,Member\n b,1,member \nC,1,proposed\n")
    practices = pd.DataFrame({"list_size": [1, 2, 3]}, index=["A", "B", "C"])
    assert read_plan(path, practices).assignment.to_dict() == {"A": "1", "B": "1", "C": ""}
    with pytest.raises(DataError, match=r"no\.csv: there is no such file\. Give a plan's folder"):
        read_plan(tmp_path / "no.csv", practices)


def test_a_folder_of_a_plan_is_audited_without_any_other_file(
    sample: Path, planned_sample: Path, tmp_path: Path
) -> None:
    """Read back whole: the same audit, the same orphans, to the byte; and the pack."""
    said = run(
        "audit", "--plan", str(planned_sample), "--out", str(tmp_path),
        "--membership", str(planned_sample / "membership.csv"),
        "--registrations", str(sample / "gp-reg-pat-prac-lsoa-all.csv"),
        "--deprivation", str(sample / "imd.csv"),
    )  # fmt: skip
    assert "Not used: --membership." in said
    assert all(float(row["imd_score"]) > 0 for row in rows(tmp_path / "profile.csv"))
    assert "Edited" not in said
    assert "proposed networks, not a decision" in said
    for name in ("audit.csv", "orphans.csv", "shares.csv"):
        assert (tmp_path / name).read_bytes() == (planned_sample / name).read_bytes(), name


@pytest.fixture
def folder(planned_sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample's plan, to be edited."""
    return Path(shutil.copytree(planned_sample, tmp_path / "folder"))


def edit(folder: Path, change: Callable[[list[dict[str, str]]], None]) -> list[dict[str, str]]:
    table = rows(folder / "membership.csv")
    change(table)
    with (folder / "membership.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.DictWriter(stream, list(table[0]))
        out.writeheader()
        out.writerows(table)
    return table


def test_a_practice_moved_by_hand_in_a_folder_is_judged_where_it_is(
    folder: Path, tmp_path: Path
) -> None:
    before = {r["subject"]: float(r["found"]) for r in rows(folder / "audit.csv")
              if r["rule"] == "R31"}  # fmt: skip
    members = [r for r in rows(folder / "membership.csv") if r["status"] == "member"]
    moved = members[0]
    target = next(r["network"] for r in members if r["network"] != moved["network"])

    def move(table: list[dict[str, str]]) -> None:
        next(r for r in table if r["practice"] == moved["practice"])["network"] = target
        gone = next(r for r in reversed(table) if r["practice"] == members[-1]["practice"])
        gone["network"] = ""

    edit(folder, move)
    out = tmp_path / "audited"
    said = run("audit", "--plan", str(folder), "--out", str(out))
    assert f"({moved['practice']}) from Network {moved['network']} to Network {target}." in said
    assert (
        f"({members[-1]['practice']}) from Network {members[-1]['network']} to no network" in said
    )
    found = rows(out / "audit.csv")
    after = {r["subject"]: float(r["found"]) for r in found if r["rule"] == "R31"}
    size = {r["practice"]: int(r["list_size"]) for r in members}
    before[moved["network"]] -= size[moved["practice"]]
    before[target] += size[moved["practice"]]
    before[members[-1]["network"]] -= size[members[-1]["practice"]]
    assert after == {n: total for n, total in before.items() if total}
    # Who was taken out is an orphan with a reason, a home on offer, and a line of the audit.
    (orphan,) = (r for r in rows(out / "orphans.csv") if r["practice"] == members[-1]["practice"])
    assert orphan["reason_code"] in ("no_room", "no_feasible_group", "isolated")
    assert "time given" not in orphan["reason"]
    assert orphan["state"] == "proposed"
    assert {r["result"] for r in found if r["rule"] == "R13"} == {"pass"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("row", "lacks 1 of the"),
        ("size", "list sizes of 1 practices are not those of the plan"),
        ("file", "there is no such file"),
        ("plan", r"there is no plan\.json"),
    ],
)
def test_a_damaged_folder_is_refused_with_a_reason(
    folder: Path, tmp_path: Path, fault: str, words: str
) -> None:
    if fault == "row":
        edit(folder, lambda table: table.pop() and None)
    elif fault == "size":
        edit(folder, lambda table: table[0].update(list_size="1"))
    else:
        (folder / {"file": "membership.csv", "plan": "plan.json"}[fault]).unlink()
    out = tmp_path / "out"
    with pytest.raises(DataError, match=words):
        run("audit", "--plan", str(folder), "--out", str(out))
    assert not out.exists()


def test_neither_folder_nor_files_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["audit", "--plan", str(tmp_path / "membership.csv")])
    assert result.exit_code == 2


def test_evidence_of_a_network_across_two_areas_R19(tmp_path: Path) -> None:
    """By the files, and by the folder with registrations beside it, which it does not keep."""
    from pcngeo.cli import main

    area = MadeArea(tmp_path, [(float(i), 0.0, 10_000) for i in range(4)], borders=[1.6])
    homes = tmp_path / "lsoa.csv"
    with homes.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "LSOA_CODE",
                      "SEX", "NUMBER_OF_PATIENTS"])  # fmt: skip
        for i, lsoa, patients in ((0, 1, 10_000), (1, 1, 2_000), (1, 2, 8_000), (2, 2, 9_000),
                                  (2, 1, 1_000), (3, 2, 10_000)):  # fmt: skip
            out.writerow(["LSOA", "01JAN2021", code(i), "X", f"E0100000{lsoa}", "ALL", patients])

    def evidence(*arguments: str) -> tuple[str, dict[str, str]]:
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        assert not stopped.value.code
        (said,) = (r["sentence"] for r in rows(tmp_path / "out" / "audit.csv")
                   if r["rule"] == "R19")  # fmt: skip
        table = rows(tmp_path / "out" / "crossing.csv")
        return said, {row["practice"]: row["patients_beyond"] for row in table}

    plain = area.command("plan", "--area", "99Y")
    plain[plain.index("--out") + 1] = str(tmp_path / "plan")
    with pytest.raises(SystemExit):
        main(plain)
    folder = ("audit", "--plan", str(tmp_path / "plan"), "--out", str(tmp_path / "out"))
    said, beyond = evidence(*folder)
    assert "0 of 4 practices lie beyond the border of their area" in said
    assert said.endswith("patients by LSOA (--registrations, with --lists).")
    assert set(beyond.values()) == {""}
    given = ("--registrations", str(homes))
    for command in (
        area.command("audit", "--area", "99Y", *given),
        (*folder, *given, "--lists", str(tmp_path / "lists.csv")),
    ):
        said, beyond = evidence(*command)
        assert beyond == {code(0): "0", code(1): "8000", code(2): "1000", code(3): "0"}
        assert "9,000 of their patients live where a practice of another area has the most" in said
        assert "patients by LSOA" not in said


def test_networks_of_today_that_there_are_none_of_are_refused_and_other_dates_said(
    sample: Path, tmp_path: Path
) -> None:
    """An area without networks made an empty pack, and a map of another date went unnoticed."""
    text = (sample / "gp-reg-pat-prac-map.csv").read_text(encoding="utf-8-sig")
    old = tmp_path / "map.csv"
    old.write_text(text.replace(",2026-01-01,", ",2025-09-01,"))
    command = ("audit", str(sample / "scenario.toml"), "--existing", "--out", str(tmp_path / "o"))
    assert "of 1 September 2025, the lists of" in run(*command, "--membership", str(old))
    table = list(csv.DictReader(text.splitlines()))
    code = next(name for name in table[0] if name.upper() == "PCN_CODE")
    with old.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows([row | {code: "U"} for row in table])
    with pytest.raises(DataError, match="is in a network of today"):
        run(*command, "--membership", str(old))
