"""Many areas from the same files: each for itself, one after the other, or all as one problem.

Area by area, every area has a folder of its own, which is left alone when it holds the plan of the
same files, rules and options already: a run that was broken off goes on where it was. A fault of
one area does not stop the others; one of the program itself is written down beside the folders. As
one problem, the areas share one graph, so that practices on either side of a border can share a
network; such a network names its areas and which would lead (R19).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import pcngeo
from pcngeo import export, intake, writing
from pcngeo.errors import DataError, PcnGeoError
from pcngeo.faults import told_faults
from pcngeo.geography import GEOGRAPHY, Geography, read_geography, with_sources
from pcngeo.pipeline import PlannedArea, plan_prepared
from pcngeo.plan import Status
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules
from pcngeo.schema import PLACED, UNPLACED
from pcngeo.within import rules_of

__all__ = ["Areas", "plan_areas", "planned_codes"]

Path_ = str | Path
Report = Callable[[str, str], None]
#: Columns of ``areas.csv``; its index is `area`.
COLUMNS = (
    "name", "practices", "patients", "networks", "patients_in_networks", "orphans",
    "orphan_patients", "elsewhere", "elsewhere_patients", "status", "objective", "bound", "gap",
    "seconds", "error",
)  # fmt: skip
#: In the folder of an area: what it was made from, and its row of ``areas.csv``.
MARK = "area.json"
SUMS = (
    "practices", "patients", "networks", "patients_in_networks", "orphans", "orphan_patients",
    "elsewhere", "elsewhere_patients",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Areas:
    """Plans of many areas, each for itself.

    Parameters
    ----------
    table
        Index `area`, columns `COLUMNS`; `status` is ``error`` where an area could not be planned,
        and `error` says why. `orphans` are practices that should be in a network and are in none;
        `elsewhere` those that take no part (declined, special, excluded). Seconds of the search.
    kept
        Areas whose folders held their plans already.
    without_area
        Practices and patients of the list file that belong to no area.
    published
        Practices and patients of the whole list file.
    whole
        Whether all areas of the list file were asked for.
    """

    table: pd.DataFrame
    kept: tuple[str, ...] = ()
    without_area: tuple[int, int] = (0, 0)
    published: tuple[int, int] = (0, 0)
    whole: bool = False
    sources: list[dict[Any, Any]] = field(default_factory=list)

    @property
    def failed(self) -> pd.DataFrame:
        """Areas that could not be planned."""
        return self.table[self.table["status"] == "error"]

    @property
    def complete(self) -> bool:
        """Whether every practice that takes part is in a network, in every area."""
        return not len(self.failed) and int(self.table["orphans"].sum()) == 0

    def totals(self) -> dict[str, Any]:
        """Sum over the areas, and how that compares with the list file."""
        table, planned = self.table, self.table[self.table["status"] != "error"]
        sums = {name: int(table[name].sum()) for name in SUMS}
        proven = int((table["status"] == str(Status.OPTIMAL)).sum())
        return {
            "areas": len(table),
            "planned": len(planned),
            "proven": proven,
            "failed": list(self.failed.index),
            **sums,
            "without_area": {"practices": self.without_area[0], "patients": self.without_area[1]},
            "published": {"practices": self.published[0], "patients": self.published[1]},
            "all_areas_of_the_file": self.whole,
        }

    def words(self) -> list[str]:
        """Say the totals in sentences."""
        return _words(self)


def planned_codes(published: intake.Published, asked: Sequence[str]) -> list[str]:
    """List the areas that are meant: ``all`` for every area of the list file.

    Parameters
    ----------
    published
        The files.
    asked
        Codes, ONS codes or names of commissioning areas or of ICBs, or ``all``.

    Returns
    -------
    list of str
        Codes of the list file, sorted.

    Raises
    ------
    DataError
        When one is not in the list file, or is no commissioning area.
    """
    if [code.strip().lower() for code in asked] == ["all"]:
        return sorted(str(code) for code in published.areas.index)
    wanted = intake.resolve(tuple(asked), published.areas, published.lists.file, None)
    return sorted(wanted.codes)


def plan_areas(
    *,
    area: Sequence[str],
    out: Path_,
    rules: Rules | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    progress: Report | None = None,
    **inputs: Any,
) -> Areas:
    """Plan many areas, each for itself, into a folder with a folder for each.

    Parameters
    ----------
    area
        Codes of the areas, or ``["all"]``.
    out
        The folder: an ordinary plan in ``out/CODE`` for every area, ``areas.csv``, ``areas.json``.
        Folders that hold the plan of the same files, rules and options are left as they are.
    rules, seed, time_limit, max_memory, inputs
        As of `pcngeo.pipeline.plan_area`; the limits are for each area.
    progress
        Called with a stage and a sentence.

    Returns
    -------
    Areas

    Raises
    ------
    DataError, RulesError, OutputError
        When the files, the rules or the folder cannot be used. What is wrong with one area only
        stands in its row.
    KeyboardInterrupt
        Stopped by Ctrl-C: areas that are finished stand in their folders, and the next run goes on.
    """
    say = progress or (lambda stage, detail: None)
    rules, out = rules or Rules(), export.check_folder(out)
    if inputs.pop("neighbours", ()):
        raise DataError(
            "neighbours are of one area", todo="Plan that area alone, or give --across-borders"
        )
    say("load", "reading the published files")
    own = read_geography(**{name: inputs.pop(name, None) for name in GEOGRAPHY})
    published = intake.read(**inputs, progress=progress)
    codes = planned_codes(published, area)
    options = {"seed": seed, "time_limit": time_limit, "max_memory": max_memory}
    rows, kept = {}, []
    listed, whole = published.lists.frame["area"], rules
    for done, code in enumerate(codes):
        rules = rules_of(whole, set(listed.index[listed == code]), set(listed.index))
        key = _key(published, own, code, rules, options)
        row = _kept_row(out / code, key)
        if row is None:
            told = partial(_say_area, say, f"area {done + 1} of {len(codes)}", code)
            row = _planned_row(published, own, code, rules, options, out / code, key, told)
        else:
            kept.append(code)
        rows[code] = row
    found = _areas(published, rows, kept)
    say("write", f"writing {out}")
    export.write_folder(out, areas_files(found))
    return found


def areas_files(found: Areas) -> dict[str, Callable[[Path], object]]:
    """Name the files that stand beside the folders of the areas, and what writes each."""
    decimals = {"objective": 3, "bound": 3, "gap": 6, "seconds": 3}
    return {
        "areas.csv": partial(export.write_csv, found.table, decimals=decimals),
        "areas.json": partial(export.write_json, {**found.totals(), "inputs": found.sources}),
    }


def _say_area(say: Report, which: str, code: str, stage: str, news: str) -> None:
    say(which, f"{code}, {stage}: {news}")


def _key(
    published: intake.Published, own: Geography, code: str, rules: Rules, options: Mapping[str, Any]
) -> str:
    """Digest of everything that an area's plan depends on."""
    files = [(row["flag"], row["sha256"]) for row in published.sources.to_dict(orient="records")]
    files += [(str(row["flag"]), str(row["sha256"])) for row in own.sources]
    content = [pcngeo.__version__, code, files, rules.digest(), sorted(options.items())]
    content.append(published.lists.date.isoformat())
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


def _kept_row(folder: Path, key: str) -> dict[str, Any] | None:
    """Read the row of an area whose folder holds this very plan."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(mark, dict) or mark.get("made_from") != key:
        return None
    row = mark.get("row")
    if not isinstance(row, dict) or set(row) != set(COLUMNS):
        return None
    return row if _is_whole(folder, mark, row) else None


def _is_whole(folder: Path, mark: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Tell whether a folder still has its files, and the patients in them that its row counts."""
    names = mark.get("files")
    if not isinstance(names, list) or not all((folder / str(name)).is_file() for name in names):
        return False
    try:
        json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        lists = pd.read_csv(folder / "membership.csv", usecols=["list_size"])["list_size"]
    except (OSError, ValueError):
        return False
    return bool(lists.sum() == row["patients"])


def _planned_row(
    published: intake.Published,
    own: Geography,
    code: str,
    rules: Rules,
    options: dict[str, Any],
    folder: Path,
    key: str,
    say: Report,
) -> dict[str, Any]:
    """Plan one area and write its folder; a fault of the area's is its row."""
    try:
        with told_faults(folder.parent, code):
            loaded = with_sources(intake.cut(published, code, rules), own)
            prepared = prepare_intake(loaded, rules, own, progress=say)
            result = plan_prepared(prepared, **options, progress=say)
            if result.plan.stopped_by_hand:
                raise KeyboardInterrupt
            row = _row(result)
            files = writing.plan_files(result)
            mark = {"made_from": key, "row": row, "files": sorted(files)}
            (folder / MARK).unlink(missing_ok=True)  # while files are exchanged it holds no plan
            export.write_folder(folder, {**files, MARK: partial(export.write_json, mark)})
    except PcnGeoError as fault:
        return _failed_row(published, code, str(fault))
    return row


def _row(result: PlannedArea) -> dict[str, Any]:
    plan, table = result.plan, result.membership
    status = table["status"]
    inside, orphan = status.isin(PLACED), status.isin(UNPLACED)
    size = table["list_size"]
    return {
        "name": result.intake.area_name,
        "practices": len(table),
        "patients": int(size.sum()),
        "networks": len(result.measures),
        "patients_in_networks": int(size[inside].sum()),
        "orphans": int(orphan.sum()),
        "orphan_patients": int(size[orphan].sum()),
        "elsewhere": int((~inside & ~orphan).sum()),
        "elsewhere_patients": int(size[~inside & ~orphan].sum()),
        "status": str(plan.status),
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "seconds": round(plan.seconds, 3),
        "error": "",
    }


def _failed_row(published: intake.Published, code: str, fault: str) -> dict[str, Any]:
    known = published.areas.loc[[code]].to_dict(orient="records")[0]
    row: dict[str, Any] = dict.fromkeys(COLUMNS, 0)
    row |= dict.fromkeys(("objective", "bound", "gap", "seconds"))
    return row | {
        "name": str(known["name"]),
        "practices": int(known["practices"]),
        "patients": int(known["patients"]),
        "elsewhere": int(known["practices"]),
        "elsewhere_patients": int(known["patients"]),
        "status": "error",
        "error": fault,
    }


def _areas(
    published: intake.Published, rows: Mapping[str, Mapping[str, Any]], kept: Sequence[str]
) -> Areas:
    table = pd.DataFrame.from_dict(dict(rows), orient="index", columns=list(COLUMNS))
    table.index = table.index.astype(str).rename("area")
    for column in ("objective", "bound", "gap", "seconds"):
        table[column] = table[column].astype(float)
    lists = published.lists.frame
    away = lists[lists["area"] == ""]
    whole = len(rows) == len(published.areas)
    found = Areas(
        table,
        tuple(kept),
        (len(away), int(away["list_size"].sum())),
        (len(lists), int(lists["list_size"].sum())),
        whole,
        published.sources.to_dict(orient="records"),
    )
    _reconcile(found, published)
    return found


def _reconcile(found: Areas, published: intake.Published) -> None:
    """Stop where practices or patients of the areas differ from those of the list file."""
    asked = published.areas.loc[list(found.table.index)]
    for column in ("practices", "patients"):
        here, there = int(found.table[column].sum()), int(asked[column].sum())
        if here != there:
            raise PcnGeoError(
                f"the plans of {len(asked)} areas hold {here:,} {column}, the list file {there:,}: "
                "areas.csv was not written."
            )


def _words(found: Areas) -> list[str]:
    sums = found.totals()
    said = [
        f"{sums['areas']} areas, {sums['practices']:,} practices: {sums['planned']} planned, "
        f"{sums['proven']} of them proven best."
        + (f" {len(found.kept)} stood in their folders already." if found.kept else ""),
        f"{sums['patients_in_networks']:,} patients in {sums['networks']:,} networks + "
        f"{sums['orphan_patients']:,} of practices in none ({sums['orphans']}) + "
        f"{sums['elsewhere_patients']:,} of practices that take no part ({sums['elsewhere']}) = "
        f"{sums['patients']:,} published for these areas.",
    ]
    if found.whole:
        practices, patients = found.without_area
        more = f"; {patients:,} of {practices} belong to no area" if practices else ""
        said.append(
            f"The list file holds {found.published[1]:,} patients of {found.published[0]:,} "
            f"practices{more}."
        )
    for code, row in found.failed.iterrows():
        said.append(f"{code} {row['name']} could not be planned: {row['error']}")
    return said
