"""The options of several areas: a block of rows and a folder each, broken off and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_cli import CODES, Files, rows, run, write_csv

from pcngeo.errors import DataError
from pcngeo.options import COLUMNS, several, sweep


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Twelve practices in one area, and one practice in another, too small for a network."""
    made = Files(tmp_path / "in")
    small = ["GP_PRAC_PAT_LIST", "01JAN2021", "GP", "98Z", "E38999998", "Z98000", "ZZ1 0AA",
             "ALL", "ALL", 9_000]  # fmt: skip
    write_csv(made.lists, [*made.list_rows, small])
    return made


def options(files: Files, *more: str, area: str = "all") -> list[str]:
    return [
        "options",
        *files.arguments(area=area, boundaries=None, organisations=None)[1:],
        "--each",
        *more,
    ]


def test_every_area_has_its_block_and_its_folder(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(options(files)) == 0
    table = rows(files.out / "options.csv")
    assert list(table[0]) == ["area", "area_name", "networks", *COLUMNS]
    mine = [r for r in table if r["area"] == "99Z"]
    assert [r["networks"] for r in mine] == ["3", "4"]
    assert [r["chosen"] for r in mine] == ["true", "false"]
    own = rows(files.out / "99Z" / "options.csv")
    assert [{k: r[k] for k in own[0]} for r in mine] == own
    assert (files.out / "99Z" / "options.html").exists()
    areas = {r["area"]: r for r in rows(files.out / "areas.csv")}
    assert set(areas) == {"98Z", "99Z"}
    assert areas["99Z"]["chosen"] == "3"
    assert areas["99Z"]["numbers"] == areas["99Z"]["proven"] == "2"
    assert int(areas["99Z"]["patients"]) == 10_000 * len(CODES)
    assert areas["98Z"]["note"] == "No number of networks can be made of these lists."
    assert "2 areas, 2 of 2 numbers of networks proven" in capsys.readouterr().out


def test_what_is_done_is_not_done_again(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(options(files)) == 0
    before = {p.name: p.read_bytes() for p in files.out.iterdir() if p.is_file()}
    solved = []
    monkeypatch.setattr(several, "sweep", lambda *a, **k: solved.append(1) or sweep(*a, **k))
    assert run(options(files)) == 0
    assert not solved
    assert {p.name: p.read_bytes() for p in files.out.iterdir() if p.is_file()} == before
    assert run(options(files, "--set", "max_list=45000")) == 0
    assert len(solved) == 2  # other rules: begun anew
    (files.out / "99Z" / "options.csv").unlink()
    assert run(options(files, "--set", "max_list=45000")) == 0
    assert len(solved) == 3


def test_stopped_between_areas_goes_on(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(area: Any, **asked: Any) -> object:
        if len(area.graph) > 1:
            raise KeyboardInterrupt
        return sweep(area, **asked)

    with monkeypatch.context() as stopping:
        stopping.setattr(several, "sweep", stop)
        assert run(options(files)) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert [r["area"] for r in rows(files.out / "areas.csv")] == ["98Z"]
    assert run(options(files)) == 0
    assert [r["area"] for r in rows(files.out / "areas.csv")] == ["98Z", "99Z"]


def test_an_area_that_cannot_be_planned_has_a_row_that_says_why(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(area: object, **asked: object) -> object:
        raise DataError("nobody could be located")

    monkeypatch.setattr(several, "sweep", fail)
    assert run(options(files, area="99Z")) == 0
    (row,) = rows(files.out / "areas.csv")
    assert row["note"] == "nobody could be located."
    assert "99Z: nobody could be located" in capsys.readouterr().out


def test_a_fault_of_the_program_in_one_area_is_told_and_the_others_are_solved(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(area: Any, **options: Any) -> Any:
        if area.intake.area == "98Z":
            raise ZeroDivisionError("no such luck")
        return sweep(area, **options)

    monkeypatch.setattr(several, "sweep", broken)
    assert run(options(files)) == 0
    areas = {r["area"]: r for r in rows(files.out / "areas.csv")}
    assert areas["99Z"]["proven"] == "2"
    assert areas["98Z"]["note"].startswith(
        "a fault of pcngeo itself (ZeroDivisionError: no such luck), not of the area's rules"
    )
    assert "in broken" in (files.out / "98Z-fault.txt").read_text("utf-8")
    assert "98Z: a fault of pcngeo itself" in capsys.readouterr().out
    monkeypatch.setattr(several, "sweep", sweep)
    assert run(options(files)) == 0  # what failed is tried again
    again = {r["area"]: r for r in rows(files.out / "areas.csv")}
    assert again["98Z"]["note"] == "No number of networks can be made of these lists."
    assert not (files.out / "98Z-fault.txt").exists()


def test_whole_plans_are_for_one_area(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options(files, "--plans")) == 2
    assert "--plans is for one area" in capsys.readouterr().err
