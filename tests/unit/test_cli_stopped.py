"""Ctrl-C for real: a command in a process of its own, stopped in each of its phases."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_cli import rows, run, write_csv

from pcngeo import export, pipeline
from pcngeo.cli import planning

NOTHING = "Stopped; nothing was written"


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists so small and so close that no proof comes in a moment."""
    random = np.random.default_rng(1)
    places = random.uniform(0, 20_000, (150, 2))
    lists = np.maximum(1_000, random.gamma(4.0, 1_000.0, 150)).astype(int)
    table = [["practice_code", "list_size", "easting", "northing"]]
    table += [[f"Z99{i:03d}", n, round(400_000 + x), round(300_000 + y)]
              for i, (n, (x, y)) in enumerate(zip(lists, places, strict=True))]  # fmt: skip
    return write_csv(tmp_path_factory.mktemp("hard") / "lists.csv", table)


def stopped(
    lists: Path, out: Path, command: str, phase: str, wait: float, *more: str
) -> tuple[int, str]:
    """Send SIGINT some seconds after a phase has begun; return the exit code and what was said."""
    arguments = ["--lists", str(lists), "--area", "all", "--list-date", "2021-01-01", "--out"]
    child = subprocess.Popen(
        [sys.executable, "-m", "pcngeo", command, *arguments, str(out), *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stderr is not None
    said = ""
    for line in child.stderr:
        said += line
        if line.startswith(phase):
            time.sleep(wait)
            child.send_signal(signal.SIGINT)
            break
    said += child.stderr.read()
    return child.wait(timeout=300), said


@pytest.mark.parametrize("phase", ["load", "territory"])
def test_before_the_search_nothing_is_written(hard: Path, tmp_path: Path, phase: str) -> None:
    code, said = stopped(hard, tmp_path / "out", "plan", phase, 0.0)
    assert code == 130, said
    assert NOTHING in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("command", "kept"), [("plan", "plan.json"), ("options", "options.csv")])
def test_in_the_search_the_best_plan_so_far_is_written(
    hard: Path, tmp_path: Path, command: str, kept: str
) -> None:
    more = ["--set", "networks=14"] if command == "plan" else ["--networks", "14"]
    for wait in (8.0, 24.0):  # earlier, there is no plan yet
        out = tmp_path / "out"
        code, said = stopped(hard, out, command, "solve", wait, *more)
        assert "Traceback" not in said
        assert not list(tmp_path.glob(".*"))
        if code == 0:
            break
        assert code == 130, said
        assert NOTHING in said
        assert not out.exists()
    assert code == 0, said
    if command == "plan":
        written = json.loads((out / kept).read_text(encoding="utf-8"))
        assert written["status"] == "feasible"
        assert "The search was stopped by hand, without a proof." in written["explanation"]
        assert written["networks"]["count"] == 14
    else:
        (row,) = rows(out / kept)
        assert (row["networks"], row["status"]) == ("14", "feasible")
        assert float(row["objective"]) > 0
        assert (out / "options.html").exists()


def test_while_files_are_written_all_or_none_are_there(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_text("whole", encoding="utf-8")

    def halt(path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export.write_folder(tmp_path / "out", {"a.csv": write, "b.csv": halt})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_moved_into_place_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, usual = [], Path.replace

    def replace(path: Path, target: Path) -> Path:
        moved.append(path.name)
        signal.raise_signal(signal.SIGINT)
        return usual(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    files = {name: lambda path: path.write_text("whole") for name in ("a.csv", "b.csv", "c.csv")}
    with pytest.raises(KeyboardInterrupt):
        export.write_folder(tmp_path / "out", files)
    assert moved == ["a.csv", "b.csv", "c.csv"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == moved
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_at_the_start_of_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def halt() -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(planning, "sample_folder", halt)
    assert run(["demo", "--out", str(tmp_path / "out")]) == 130
    assert NOTHING in capsys.readouterr().err


def test_while_reasons_are_looked_for_the_plan_is_kept(
    monkeypatch: pytest.MonkeyPatch, sample: Path
) -> None:
    from pcngeo.scenario import Scenario

    asked, usual = [], pipeline.why_not

    def halt(*arguments: object, **more: object) -> object:
        asked.append(more)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return usual(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "why_not", halt)
    scenario = Scenario.read(sample / "scenario.toml")
    made = pipeline.plan_area(**scenario.inputs, area=scenario.area, rules=scenario.rules)
    assert asked[1] == {"most_solves": 0}
    assert made.why_not.reasons
    assert not [w for w in made.why_not.ways if w.kind == "bridge"]
