"""The README: its commands, flags, TOML and Python are there and run; every room has its row."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from pcngeo.cli import app
from pcngeo.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")
#: What stands in the Python example, and which file of the sample takes its place.
FILES = {
    "gp-reg-pat-prac-all.csv": "gp-reg-pat-prac-all.csv",
    "epraccur.csv": "epraccur.csv",
    "ONSPD.csv": "postcodes.csv",
    "ccg.geojson": "boundaries.geojson",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def commands(command: object, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command by its words, with its flags."""
    for name, each in sorted(getattr(command, "commands", {}).items()):
        yield from commands(each, f"{path} {name}".strip())
    if not hasattr(command, "commands"):
        flags = {
            flag
            for each in getattr(command, "params", ())
            for flag in (*each.opts, *each.secondary_opts)
        }
        yield path, {flag for flag in flags if flag.startswith("--")}


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_command_stands_in_it_and_no_other() -> None:
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    said = set()
    for first, second in re.findall(r"(?:`|\$ )pcngeo\s+([a-z-]+)(?:\s+([a-z]+)\b)?", TEXT):
        said.add(f"{first} {second}" if first in groups else first)
    assert said == set(COMMANDS)


def test_every_flag_is_one_of_a_command() -> None:
    known = set().union(*COMMANDS.values())
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", TEXT)) <= known


def test_flags_in_the_row_of_a_command_are_its_own() -> None:
    for row in re.findall(r"^\| (`pcngeo .*) \|$", TEXT, re.MULTILINE):
        words = re.match(r"`pcngeo ([a-z-]+)(?: ([a-z]+)\b)?", row)
        assert words is not None
        name = words[1] if words[1] in COMMANDS else f"{words[1]} {words[2]}"
        # A flag in brackets behind the name of another command is that command's.
        own = re.sub(r"`[a-z]+ --[a-z]+`|`--set [^`]*`", "", row)
        flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", own))
        assert flags <= COMMANDS[name], name


def test_its_toml_is_read_as_rules(tmp_path: Path) -> None:
    two, decisions = blocks("toml")
    order, mix = two.split("[objective]")
    for number, text in enumerate((order, f"[objective]{mix}", decisions)):
        assert tomllib.loads(text)
        path = tmp_path / f"{number}.toml"
        path.write_text(text, "utf-8")
        assert Rules.read(path) != Rules()


def test_its_python_runs_on_the_sample(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, ours in FILES.items():
        shutil.copy(sample / ours, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    found: dict[str, Any] = {}
    exec(code.replace('"08V"', '"99Z"'), found)
    assert len(found["measures"]) == len(found["plan"].networks)


def test_every_room_has_its_row() -> None:
    table = TEXT[TEXT.index("## How the code is laid out") :]
    named = {name.rstrip("/") for row in re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE)
             for name in re.findall(r"`([a-z_]+/?)`", row)}  # fmt: skip
    rooms = {
        path.stem
        for path in (ROOT / "pcngeo").iterdir()
        if not path.name.startswith("_")
        and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    assert rooms - named == set()
    assert all((ROOT / "pcngeo" / name).exists() for name in named - rooms)
