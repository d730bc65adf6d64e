"""Ctrl-C for real: a command in a process of its own, stopped in each of its phases."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli import rows, run, write_csv

from pcngeo import export, pipeline
from pcngeo.cli import planning

NOTHING = "Stopped; nothing was written"


#: Practices of the area, and the networks made of them.
PRACTICES, NETWORKS = 80, 12


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists so small and so close that no proof comes in a moment."""
    return some_lists(tmp_path_factory.mktemp("hard"), PRACTICES)


def some_lists(folder: Path, count: int) -> Path:
    """Write a table of practices, thrown over a square."""
    random = np.random.default_rng(1)
    places = random.uniform(0, 20_000, (count, 2))
    lists = np.maximum(1_000, random.gamma(4.0, 1_500.0, count)).astype(int)
    table = [["practice_code", "list_size", "easting", "northing"]]
    table += [[f"Z99{i:03d}", n, round(400_000 + x), round(300_000 + y)]
              for i, (n, (x, y)) in enumerate(zip(lists, places, strict=True))]  # fmt: skip
    return write_csv(folder / "lists.csv", table)


#: The command line, with a real SIGINT when words are told, or when a number has plan and bound.
STOPPED_AT = """
import os, signal, sys
from pcngeo.cli import main, screen
from pcngeo.optimise import options

when, sent, asked = sys.argv.pop(1), [], []
told, decide, answers = screen.Progress.__call__, options.decide, options.Answer

def stop(now):
    if now and not sent:
        sent.append(now)
        os.kill(os.getpid(), signal.SIGINT)

def tell(self, stage, detail):
    told(self, stage, detail)
    stop(when in f"{stage}: {detail}")

def decided(ground, rules, answer, clock):
    asked.append(answer)
    decide(ground, rules, answer, clock)

def learn(self, name, value):
    object.__setattr__(self, name, value)
    mine = any(self is answer for answer in asked)
    known = mine and self.plan is not None and self.bound is not None
    stop(when == "plan and bound" and known)

screen.Progress.__call__, options.decide, answers.__setattr__ = tell, decided, learn
main(sys.argv[1:])
"""


def stopped(lists: Path, out: Path, command: str, when: str, *more: str) -> tuple[int, str]:
    """Send SIGINT as soon as the words are told; return the exit code and what was said."""
    arguments = ["--lists", str(lists), "--area", "all", "--list-date", "2021-01-01", "--out"]
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_AT, when, command, *arguments, str(out), *more],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("phase", ["load", "territory"])
def test_before_the_search_nothing_is_written(hard: Path, tmp_path: Path, phase: str) -> None:
    code, said = stopped(hard, tmp_path / "out", "plan", f"{phase}: ")
    assert code == 130, said
    assert NOTHING in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("command", "kept"), [("plan", "plan.json"), ("options", "options.csv")])
def test_in_the_search_the_best_plan_so_far_is_written(
    hard: Path, tmp_path: Path, command: str, kept: str
) -> None:
    number = str(NETWORKS)
    more = ["--set", f"networks={number}"] if command == "plan" else ["--networks", number]
    out = tmp_path / "out"
    when = "from the best possible" if command == "plan" else "plan and bound"
    code, said = stopped(hard, out, command, when, *more)
    assert "Traceback" not in said
    assert not list(tmp_path.glob(".*"))
    assert code == 0, said
    if command == "plan":
        written = json.loads((out / kept).read_text(encoding="utf-8"))
        assert written["status"] == "feasible"
        assert "The search was stopped by hand, without a proof." in written["explanation"]
        assert written["networks"]["count"] == NETWORKS
    else:
        (row,) = rows(out / kept)
        assert (row["networks"], row["status"]) == (number, "feasible")
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

    def halt(*arguments: Any, **more: Any) -> object:
        asked.append(more)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return usual(*arguments, **more)

    monkeypatch.setattr(pipeline, "why_not", halt)
    scenario = Scenario.read(sample / "scenario.toml")
    made = pipeline.plan_area(**scenario.inputs, area=scenario.area, rules=scenario.rules)
    assert asked[1] == {"most_solves": 0}
    assert made.why_not.reasons
    assert not [w for w in made.why_not.ways if w.kind == "bridge"]


def test_alternatives_broken_off_go_on_to_the_same_bytes(tmp_path: Path) -> None:
    lists = some_lists(tmp_path, 36)

    def begin(when: str, out: str) -> tuple[int, str]:
        return stopped(lists, tmp_path / out, "alternatives", when, "--plans", "3")

    code, said = begin("2 of 3 plans found", "twice")
    assert code == 130, said
    assert "the same command goes on" in said
    assert not (tmp_path / "twice" / "alternatives.csv").exists()
    assert begin("never", "twice")[0] == 0
    assert begin("never", "once")[0] == 0
    once, twice = (
        {
            str(path.relative_to(tmp_path / name)): path.read_bytes()
            for path in sorted((tmp_path / name).rglob("*"))
            if path.suffix in (".csv", ".svg")
        }
        for name in ("once", "twice")
    )
    assert "3/membership.csv" in once
    assert once == twice
