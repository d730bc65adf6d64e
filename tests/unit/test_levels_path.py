"""Providers of whole networks and teams inside large ones, through plan and audit (R18, R24)."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_area import MadeArea, code, rows

from pcngeo.cli import main
from pcngeo.errors import DataError
from pcngeo.reopen import reopen
from pcngeo.writing import write_plan

#: A street of 28 practices of 10,000: seven networks of 40,000, one provider of 280,000.
STREET = [(float(i % 7), float(i // 7), 10_000) for i in range(28)]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def test_the_preset_makes_providers_of_whole_networks(tmp_path: Path) -> None:
    area = MadeArea(tmp_path, STREET)
    made = area.plan('preset = "multi_neighbourhood"\n', out=tmp_path / "out")
    assert made.plan.groups().keys() == {"1"}
    assert made.measures["list_size"].astype(int).to_dict() == {"1": 280_000}
    networks: dict[str, int] = {}
    for row in rows(tmp_path / "out" / "levels.csv"):
        assert row["provider"] == "1"
        networks[row["network"]] = networks.get(row["network"], 0) + area.lists[row["practice"]]
    assert len(networks) == 7
    assert all(30_000 <= size <= 50_000 for size in networks.values())
    told = made.audit.set_index("rule")["result"]
    assert told["R24"] == told["R02"] == "pass"
    assert "whole networks" in made.plan.explanation[0]
    # Read back, for reviews, the folder still knows the networks that its provider is made of.
    again = write_plan(reopen(tmp_path / "out"), tmp_path / "again")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {path.name for path in again.iterdir()}
    for name in ("levels.csv", "audit.csv", "membership.csv", "networks.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (again / name).read_bytes(), name
    (tmp_path / "out" / "levels.csv").write_text("practice,provider\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        reopen(tmp_path / "out")


def test_audit_groups_networks_and_divides_large_ones(tmp_path: Path) -> None:
    """Today's networks: one of 170,000 (Encompass, S003) and three of 40,000."""
    places = [(float(i % 5), float(i // 5), 11_333 + (i < 5)) for i in range(15)]
    places += [(float(i % 4), 3.0 + i // 4, 10_000) for i in range(12)]
    today = {i: "U1" if i < 15 else f"U{2 + (i - 15) // 4}" for i in range(27)}
    area = MadeArea(tmp_path, places, today=today)
    beds = tmp_path / "beds.csv"
    beds.write_text(f"practice,care_home_beds,adjusted_list\n{code(0)},40,11000\n")
    assert run(*area.command(
        "audit", "--existing", "--providers", "--threshold", "2/3", "--quorum", "60%",
        "--year", "2020/21", "--populations", str(beds),
    )) == 0  # fmt: skip
    out = tmp_path / "out"
    teams: dict[str, int] = {}
    for row in rows(out / "teams.csv"):
        assert row["network"] == "U1"
        teams[row["team"]] = teams.get(row["team"], 0) + int(row["list_size"])
    assert sum(teams.values()) == sum(size for _, _, size in places[:15])
    assert all(30_000 <= size <= 50_000 for size in teams.values())
    (line,) = (r for r in rows(out / "audit.csv") if r["rule"] == "R24")
    assert line["result"] == "pass"
    assert int(float(line["found"])) == sum(area.lists.values())
    assert {r["threshold"] for r in rows(out / "governance.csv")} == {"2/3"}
    assert {r["quorum"] for r in rows(out / "governance.csv")} == {"60%"}
    again = {r["sentence"] for r in rows(out / "audit.csv") if r["rule"] == "R31"}
    assert all("counted again from the list file: the same" in words for words in again)
    # One practice's beds are known, the others' are not: not a guess.
    paid = [r for r in rows(out / "funding.csv") if r["stream"].startswith("care_home")]
    assert paid
    assert all(r["note"].startswith("Cannot compute") for r in paid)


@pytest.mark.parametrize(
    ("flags", "words", "status"),
    [
        (("--threshold", "most"), "threshold 'most' is not known", 1),
        (("--quorum", "two"), "quorum 'two' must be a share", 1),
        (("--effective", "1 July"), "--effective needs YYYY-MM-DD", 2),
        (("--include", "nonsense"), "has no stream nonsense", 1),
        (("--existing", "--plan", "x.csv"), "exclude each other", 2),
    ],
)
def test_a_wrong_flag_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], words: str,
    status: int,
) -> None:  # fmt: skip
    area = MadeArea(tmp_path, STREET[:4], today=dict.fromkeys(range(4), "U1"))
    existing = () if "--existing" in flags else ("--existing",)
    assert run(*area.command("submit", *existing, *flags)) == status
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert words in said
    assert not (tmp_path / "out").exists()
