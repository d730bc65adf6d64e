"""The published case studies (domain.md 1g) as areas made up after them, through the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_area import MadeArea, code, rows

from pcngeo.cli import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


def audited(area: MadeArea, rules: str = "") -> dict[str, list[dict[str, str]]]:
    """Audit a new plan by the command; lines by rule."""
    assert run(*area.command("audit", rules=rules)) == 0
    lines: dict[str, list[dict[str, str]]] = {}
    for row in rows(area.folder / "out" / "audit.csv"):
        lines.setdefault(row["rule"], []).append(row)
    return lines


def sizes(area: MadeArea) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows(area.folder / "out" / "shares.csv"):
        found[row["network"]] = found.get(row["network"], 0) + int(row["list_size"])
    return found


def results(lines: list[dict[str, str]]) -> set[str]:
    return {line["result"] for line in lines}


def test_tower_hamlets_eight_networks_all_green(tmp_path: Path) -> None:
    """S001: "Eight networks ... each covering 30-40,000"; 36 practices, 288,000 people."""
    places = [(float(i % 6), float(i // 6), 8_000) for i in range(36)]
    area = MadeArea(tmp_path, places)
    told = audited(area, "networks = 8\nmax_list = 40000\n")
    assert len(sizes(area)) == 8
    assert all(30_000 <= size <= 40_000 for size in sizes(area).values())
    for rule in ("R01", "R02", "R04", "R10", "R11", "R12", "R13", "R20"):
        assert results(told[rule]) == {"pass"}, rule


def test_st_austell_one_practice_of_32_000(tmp_path: Path) -> None:
    """S002: merged, "total of 32,000": green, and the commissioner has to agree (R18)."""
    area = MadeArea(tmp_path, [(0.0, 0.0, 32_000)])
    told = audited(area)
    assert results(told["R02"]) == results(told["R04"]) == {"pass"}
    assert results(told["R18"]) == {"amber"}
    leave = (
        f'[[single_practice]]\npractice = "{code(0)}"\nreason = "Merged"\n'
        'approved_by = "NHS Nowhere"\n'
    )
    assert results(audited(area, leave)["R18"]) == {"waived"}


def test_vitality_51_000_is_amber_by_1_000(tmp_path: Path) -> None:
    """S001: 7 practices, 51,000 people; the planner raises the ceiling, the audit says it."""
    area = MadeArea(tmp_path, [(float(i), 0.0, 7_286 - (i == 0) * 2) for i in range(7)])
    told = audited(area, "max_list = 51000\nnetworks = 1\n")
    (line,) = told["R04"]
    assert (line["result"], int(float(line["found"]))) == ("amber", 51_000)
    assert "1,000 above 50,000" in line["sentence"]
    signed = audited(
        area,
        "max_list = 51000\nnetworks = 1\n"
        f'[[over_ceiling]]\npractice = "{code(3)}"\nreason = "It works"\napproved_by = "NHS X"\n',
    )
    assert results(signed["R04"]) == {"waived"}


def test_hurley_one_provider_in_many_places_is_in_several_networks(tmp_path: Path) -> None:
    """S001: one provider across London: its sites, practices of their own, may part."""
    places = [(float(i), 0.0, 12_000) for i in range(12)]
    area = MadeArea(tmp_path, places, names=dict.fromkeys((0, 5, 11), "THE HURLEY GROUP"))
    told = audited(area)
    assert results(told["R02"]) == results(told["R11"]) == {"pass"}
    homes = {r["practice"]: r["network"] for r in rows(tmp_path / "out" / "shares.csv")}
    assert len({homes[code(i)] for i in (0, 5, 11)}) > 1


def test_a_super_practice_stands_alone_and_is_advised_neighbourhoods(tmp_path: Path) -> None:
    """S003: "particularly those ... over 100,000"."""
    places = [(0.0, 0.0, 104_000), *((1.0 + i, 0.0, 11_000) for i in range(6))]
    area = MadeArea(tmp_path, places)
    told = audited(area)
    alone = next(line for line in told["R18"])
    assert "neighbourhoods inside it are advised (S003)" in alone["sentence"]
    assert sorted(sizes(area).values()) == [33_000, 33_000, 104_000] or 104_000 in set(
        sizes(area).values()
    )
    (team,) = rows(tmp_path / "out" / "teams.csv")
    assert (team["practice"], team["team"]) == (code(0), "")
    assert "follow its sites" in team["sentence"]


def test_encompass_170_000_is_four_or_five_networks(tmp_path: Path) -> None:
    """S003: 170,000 people, 15 practices."""
    places = [(float(i % 5), float(i // 5), 11_333 + (i < 5)) for i in range(15)]
    area = MadeArea(tmp_path, places)
    told = audited(area)
    assert len(sizes(area)) in (4, 5)
    assert results(told["R01"]) == results(told["R10"]) == results(told["R11"]) == {"pass"}
    assert sum(sizes(area).values()) == 170_000
