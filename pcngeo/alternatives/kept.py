"""A search that was broken off, kept until its folder is written: the same command goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd

from pcngeo.optimise.differing import Step
from pcngeo.plan import Plan, Status

__all__ = [
    "KEPT", "TRIED", "begun_plans", "begun_steps", "begun_tries", "keep_plans", "keep_step",
    "keep_tries",
]  # fmt: skip


#: What is kept of a search until its folder is written: alternatives, and how much a plan bears.
KEPT, TRIED = ".alternatives.json", ".robust.json"


def begun_steps(out: Path, problem: str) -> list[Step]:
    """Read what a search for the same problem found before it was broken off."""
    try:
        said = json.loads((out / KEPT).read_text("utf-8"))
        rows = said["steps"] if said["problem"] == problem else []
        return [
            Step(tuple(map(tuple, r["networks"])), tuple(r["hubs"]), tuple(r["costs"]), r["bound"])
            for r in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def keep_step(out: Path, problem: str, steps: Sequence[Step]) -> None:
    """Keep what was found until now, for the same command to go on with."""
    _keep(out, {"problem": problem, "steps": [asdict(step) for step in steps]})


def _keep(out: Path, said: object, name: str = KEPT) -> None:
    out.mkdir(parents=True, exist_ok=True)
    aside = out / f"{name}.partial"
    aside.write_text(json.dumps(said, default=lambda number: number.item()), encoding="utf-8")
    aside.replace(out / name)


def begun_tries(out: Path, problem: str) -> dict[int, bool]:
    """Read which headrooms a search for the same problem tried, and whether a plan keeps them."""
    try:
        said = json.loads((out / TRIED).read_text("utf-8"))
        rows = said["tried"] if said["problem"] == problem else {}
        return {int(tenths): bool(possible) for tenths, possible in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_tries(out: Path, problem: str, tried: Mapping[int, bool]) -> None:
    """Keep which headrooms were tried until now, for the same command to go on with."""
    _keep(out, {"problem": problem, "tried": tried}, TRIED)


def begun_plans(out: Path, problem: str) -> dict[str, Plan]:
    """Read the plans that a trade of the same problem made before it was broken off."""
    try:
        said = json.loads((out / KEPT).read_text("utf-8"))
        rows = said["plans"] if said["problem"] == problem else {}
        return {name: _plan_of(row) for name, row in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_plans(out: Path, problem: str, plans: Mapping[str, Plan]) -> None:
    """Keep the plans of a trade until now, for the same command to go on with."""
    _keep(out, {"problem": problem, "plans": {name: _values(p) for name, p in plans.items()}})


def _values(plan: Plan) -> dict[str, object]:
    """Give a plan as plain values; the prices that prove the bound of a large one are left out."""
    row = {one.name: getattr(plan, one.name) for one in fields(plan)}
    return row | {"assignment": plan.assignment.to_dict(), "certificate": None}


def _plan_of(row: Mapping[str, Any]) -> Plan:
    stages = tuple(tuple((str(n), float(w)) for n, w in stage) for stage in row["objectives"])
    listed = {name: tuple(row[name]) for name in ("held", "explanation", "joined")}
    said = {"status": Status(row["status"]), "objectives": stages, **listed}
    return Plan(**{**row, "assignment": pd.Series(row["assignment"], dtype=str), **said})
