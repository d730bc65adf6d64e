"""The folder of several plans: each whole, and what sets them beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import partial
from pathlib import Path

from pcngeo import agreed, export
from pcngeo.alternatives.company import draw_together_map
from pcngeo.alternatives.finished import SideBySide
from pcngeo.alternatives.kept import KEPT
from pcngeo.alternatives.matrix import draw_matrix, draw_open
from pcngeo.alternatives.page import Pictures, side_by_side, trade_points
from pcngeo.alternatives.pictures import Heading, draw_trade
from pcngeo.alternatives.tables import together_table
from pcngeo.optimise.differing import Alternatives
from pcngeo.optimise.trade import Trade
from pcngeo.pipeline import PlannedArea, finish_plan
from pcngeo.plan import Plan
from pcngeo.prepared import PreparedArea
from pcngeo.review.content import date_words
from pcngeo.review.words import display_area, display_name
from pcngeo.robust import with_homes
from pcngeo.writing import clear_plans, draw_plan, plan_files, write_plan

__all__ = ["beside_files", "whole_plans", "write_alternatives"]

#: What sets the plans side by side: plans that differ, and plans that are traded.
TABLES = ("alternatives.csv", "trade.csv")


def whole_plans(area: PreparedArea, found: Alternatives | Trade) -> tuple[Plan, ...]:
    """Put what was set aside (R03, R21) back into every plan."""
    practices, graph, rules = area.intake.practices, area.graph, area.rules
    _, kept = agreed.set_aside(graph, practices, rules)
    return tuple(
        agreed.grant_rural_waivers(agreed.put_back(plan, kept, graph, rules), graph, rules)
        for plan in found.plans
    )


def write_alternatives(
    area: PreparedArea,
    found: Alternatives | Trade,
    out: Path,
    *,
    progress: Callable[[str, str], None] | None = None,
) -> SideBySide:
    """Write the plans, each in a folder of its own, and what sets them beside each other.

    Parameters
    ----------
    area
        What was planned.
    found
        The plans.
    out
        Folder to write.
    progress
        Told the stage and a sentence.

    Returns
    -------
    SideBySide
        The plans as they were written, with the tables beside them.
    """
    plans = whole_plans(area, found)
    results = [finish_plan(area, plan) for plan in plans]
    side, name = SideBySide.of(found, results), TABLES[isinstance(found, Trade)]
    files: dict[str, Callable[[Path], object]] = {
        name: partial(export.write_csv, side.table),
        **beside_files(area, side),
        "alternatives.html": partial(_write_map, results),
    }
    export.check_folder(out, files)
    for k, made in enumerate(results, 1):
        if progress is not None:
            progress("write", f"writing plan {k} of {len(plans)}")
        write_plan(made, out / str(k))
    (out / KEPT).unlink(missing_ok=True)
    export.write_folder(out, files)
    _clear_former(out, len(plans), {*plan_files(results[-1])}, {*TABLES} - {name})
    return side


def _clear_former(out: Path, plans: int, names: Set[str], tables: Set[str]) -> None:
    """Take away what an earlier search left here: plans of higher numbers, the other table."""
    for table in tables:
        (out / table).unlink(missing_ok=True)
    numbered = [f for f in out.iterdir() if f.name.isdecimal() and str(int(f.name)) == f.name]
    clear_plans([f for f in numbered if int(f.name) > plans], names)


def beside_files(area: PreparedArea, side: SideBySide) -> dict[str, Callable[[Path], object]]:
    """Name what is written of the plans together: tables, pictures, and the page with both.

    Parameters
    ----------
    area
        As of `write_alternatives`.
    side
        The plans, finished.

    Returns
    -------
    dict
        What writes each file, by its name.
    """
    loaded, plans = area.intake, side.plans
    names = {str(p): display_name(str(n)) or str(p) for p, n in loaded.practices["name"].items()}
    title, date = display_area(loaded.area_name) or loaded.area, date_words(loaded.list_date)
    heading = Heading(title, date)
    linked = area.graph
    for plan in plans:
        linked = with_homes(linked, plan, loaded.practices, area.rules)
    points, across, up = trade_points(side.found, side.table, [one.measured for one in side.made])
    labels = [f"Plan {k}" for k in side.table.index]
    pictures = Pictures(
        draw_trade(points, labels, across, up, heading),
        draw_matrix(plans, names, heading),
        draw_open(plans, names, heading),
        draw_together_map(plans, linked, area.territories, names, heading),
    )
    page = side_by_side(side, pictures, area=title, date=date, names=names)
    return {
        "trade.svg": _text(pictures.trade),
        "common.csv": partial(export.write_csv, side.common),
        "together_map.svg": _text(pictures.together),
        "together.csv": partial(export.write_csv, together_table(plans)),
        "together.svg": _text(pictures.matrix),
        "side_by_side.html": _text(page),
    }


def _write_map(results: Sequence[PlannedArea], path: Path) -> None:
    from pcngeo.review import save_map

    others = {f"Plan {k}": result.plan for k, result in enumerate(results[1:], 2)}
    save_map(draw_plan(results[0], name="Plan 1", alternatives=others), path)


def _text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text, encoding="utf-8", newline="\n")
