"""The options of several areas: a folder each, and one table with a block of rows for each.

Every area is written as soon as it is solved. What was begun from the same files, rules and limits
is gone on with; areas that cannot be planned have a row that says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import pcngeo
from pcngeo import export, intake
from pcngeo.errors import PcnGeoError
from pcngeo.faults import ProgramFault, told_faults
from pcngeo.geography import GEOGRAPHY, read_geography, with_sources
from pcngeo.options.sweep import COLUMNS, Options, options_files, sweep
from pcngeo.options.words import area_title
from pcngeo.plan import Status
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules

__all__ = ["AREA_COLUMNS", "every_area", "sweep_areas"]

#: Columns of ``areas.csv``, in order, after the index `area`.
AREA_COLUMNS = (
    "area_name", "practices", "patients", "alone", "numbers", "proven", "chosen",
    "unplaced_patients", "mean_distance_km", "note", "problem",
)  # fmt: skip
Report = Callable[[str, str], None]


def every_area(codes: Sequence[str], published: intake.Published) -> tuple[str, ...]:
    """List the areas that are asked for: those named, or with ``all`` every one of the lists.

    Parameters
    ----------
    codes
        As typed.
    published
        The files.

    Returns
    -------
    tuple of str
        Each once, in the order in which it was named.
    """
    if any(code.lower() == "all" for code in codes):
        return tuple(sorted(str(code) for code in published.areas.index))
    return tuple(dict.fromkeys(codes))


def sweep_areas(
    *,
    area: Sequence[str],
    out: str | Path,
    rules: Rules | None = None,
    year: str = "2019/20",
    limits: dict[str, Any] | None = None,
    progress: Report | None = None,
    **inputs: Any,
) -> pd.DataFrame:
    """Solve every number of networks of several areas, each for itself, and write as it goes.

    Parameters
    ----------
    area
        Codes of the areas; ``all`` for every area of the lists.
    out
        Folder: ``options.csv`` with a block of rows for each area, ``areas.csv`` with a row for
        each, and a folder for each with its own table, picture and page.
    rules, year
        As of `pcngeo.options.sweep`.
    limits
        What else `sweep` takes: range of numbers, seed, limits of time and memory for each number.
    progress
        Called with a stage and a sentence.
    inputs
        The files, as of `pcngeo.pipeline.plan_area`.

    Returns
    -------
    DataFrame
        Index `area`, columns `AREA_COLUMNS`; whole when it is returned. Stopped by Ctrl-C, the
        areas that are done are written, and the same call goes on.

    Raises
    ------
    DataError, RulesError, OutputError
        For files, rules or a folder that cannot be used at all.
    """
    say, rules, limits = progress or (lambda stage, words: None), rules or Rules(), limits or {}
    folder = export.check_folder(out)
    say("load", "reading the published files")
    own = read_geography(**{name: inputs.pop(name, None) for name in GEOGRAPHY})
    inputs.pop("neighbours", None)
    published = intake.read(**inputs, progress=say)
    codes = every_area(area, published)
    files = sorted(str(row.sha256) for row in published.sources.itertuples())
    files += sorted(str(row["sha256"]) for row in own.sources)
    problem = _problem(files, rules, year, limits)
    rows = _known(folder, problem, codes)
    for done, code in enumerate(codes):
        if code in rows:
            continue
        say("area", f"{code} ({done} of {len(codes)} areas done)")
        try:
            with told_faults(folder, code):
                loaded = with_sources(intake.cut(published, code, rules), own)
                found = sweep(
                    prepare_intake(loaded, rules, own), year=year,
                    progress=partial(_tell, say, code), **limits,
                )  # fmt: skip
                if found.stopped:
                    raise KeyboardInterrupt
                if len(found.table):
                    export.write_folder(folder / code, options_files(found))
                rows[code] = _row(found, "", problem)
        except ProgramFault as fault:  # it is tried again by the next run
            rows[code] = _row(None, str(fault), "")
        except PcnGeoError as fault:
            rows[code] = _row(None, str(fault), problem)
        _write(folder, {c: rows[c] for c in codes if c in rows})
    return _table({code: rows[code] for code in codes})


def _tell(say: Report, code: str, count: int, done: int, of: int) -> None:
    say("solve", f"{code}: {count} networks ({done} of {of} numbers solved)")


def _row(found: Options | None, note: str, problem: str) -> dict[str, object]:
    if found is None:
        return {"note": note, "problem": problem}
    table, chosen = found.table, found.chosen
    settled = table["status"].isin([str(Status.OPTIMAL), str(Status.INFEASIBLE)])
    return {
        "area_name": area_title(found),
        "practices": found.practices,
        "patients": found.patients,
        "alone": found.alone,
        "numbers": len(table),
        "proven": int(settled.sum()),
        "chosen": chosen,
        "unplaced_patients": None if chosen is None else table.at[chosen, "unplaced_patients"],
        "mean_distance_km": None if chosen is None else table.at[chosen, "mean_distance_km"],
        "note": note or ("" if len(table) else "No number of networks can be made of these lists."),
        "problem": problem,
    }


def _table(rows: dict[str, dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(AREA_COLUMNS))
    whole = ("practices", "patients", "alone", "numbers", "proven", "chosen", "unplaced_patients")
    text = dict.fromkeys(("area_name", "note", "problem"), "str")
    table = table.fillna(dict.fromkeys(text, "")).astype(text)
    table = table.astype({**dict.fromkeys(whole, "Int64"), "mean_distance_km": "float64"})
    return table.rename_axis("area")


def _write(folder: Path, rows: dict[str, dict[str, object]]) -> None:
    """Write the two tables of all areas that are done."""
    blocks = list(_blocks(folder, rows))
    lines = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=["area"])
    export.write_folder(
        folder,
        {
            "options.csv": partial(export.write_csv, lines),
            "areas.csv": partial(export.write_csv, _table(rows)),
        },
    )


def _blocks(folder: Path, rows: dict[str, dict[str, object]]) -> Iterator[pd.DataFrame]:
    for code, row in rows.items():
        path = folder / code / "options.csv"
        if not row.get("numbers"):
            continue
        block = pd.read_csv(path, dtype=str, keep_default_na=False)
        block.insert(0, "area", code)
        block.insert(1, "area_name", str(row["area_name"]))
        yield block


def _known(folder: Path, problem: str, codes: Sequence[str]) -> dict[str, dict[str, object]]:
    """Read the rows of the areas that are done, as far as they are of the same problem."""
    try:
        found = pd.read_csv(
            folder / "areas.csv", dtype={"area": str, "area_name": str, "note": str, "problem": str}
        ).set_index("area")
    except (OSError, ValueError, KeyError):
        return {}
    if list(found.columns) != list(AREA_COLUMNS):
        return {}
    rows: dict[str, dict[str, object]] = {}
    for code, row in found[found["problem"] == problem].iterrows():
        plain: dict[str, object] = {str(k): None if pd.isna(v) else v for k, v in row.items()}
        path = folder / str(code) / "options.csv"
        if code in codes and (not plain["numbers"] or _is_whole(path)):
            rows[str(code)] = plain
    return rows


def _is_whole(path: Path) -> bool:
    try:
        return list(pd.read_csv(path, nrows=0).columns) == ["networks", *COLUMNS]
    except (OSError, ValueError):
        return False


def _problem(files: Sequence[str], rules: Rules, year: str, limits: dict[str, Any]) -> str:
    """Name a problem by what it is made of: files, rules, limits and version."""
    asked = sorted((name, str(value)) for name, value in limits.items())
    text = json.dumps([*files, rules.digest(), year, asked, pcngeo.__version__])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
