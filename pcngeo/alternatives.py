"""Several good plans of an area as a folder: each an ordinary plan, one page, who is together.

Every plan has a folder like any other (``1``, ``2``, ...); beside them ``alternatives.csv`` sets
them side by side (or ``trade.csv``, where objectives are traded), ``trade.svg`` draws that,
``common.csv`` lists the networks of all of them, ``together.csv``, ``together.svg`` and
``together_map.svg`` say in how many of them two practices
share a network, and ``alternatives.html`` is the review page that switches between them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import pandas as pd

from pcngeo import agreed, export
from pcngeo.objectives import TERMS
from pcngeo.optimise.differing import Alternatives, Step, other_company, together_table
from pcngeo.optimise.trade import Trade
from pcngeo.pipeline import finish_plan
from pcngeo.plan import Plan, Status
from pcngeo.review.words import display_name
from pcngeo.together import common_networks, draw_together_map, draw_trade
from pcngeo.writing import draw_plan, write_plan

if TYPE_CHECKING:
    from pcngeo.prepared import PreparedArea

__all__ = [
    "alternatives_table", "begun_plans", "begun_steps", "draw_together", "keep_plans", "keep_step",
    "trade_table", "whole_plans", "write_alternatives",
]  # fmt: skip
#: What is kept of a search until its folder is written.
KEPT = ".alternatives.json"

#: Side of a cell of the picture and its margin for codes, in pixels.
CELL, MARGIN = 11, 66


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


def _keep(out: Path, said: object) -> None:
    out.mkdir(parents=True, exist_ok=True)
    aside = out / f"{KEPT}.partial"
    aside.write_text(json.dumps(said, default=lambda number: number.item()), encoding="utf-8")
    aside.replace(out / KEPT)


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


def trade_table(found: Trade) -> pd.DataFrame:
    """Set traded plans side by side: a column for every objective, in its own unit."""
    table = pd.DataFrame(list(found.values), columns=list(found.objectives))
    table.index = pd.RangeIndex(1, len(table) + 1, name="plan")
    return table.assign(
        networks=[len(plan.networks) for plan in found.plans],
        unplaced_patients=[plan.unplaced_patients for plan in found.plans],
    )


def whole_plans(area: PreparedArea, found: Alternatives | Trade) -> tuple[Plan, ...]:
    """Put what was set aside (R03, R21) back into every plan."""
    practices, graph, rules = area.intake.practices, area.graph, area.rules
    _, kept = agreed.set_aside(graph, practices, rules)
    return tuple(
        agreed.grant_rural_waivers(agreed.put_back(plan, kept, graph, rules), graph, rules)
        for plan in found.plans
    )


def alternatives_table(graph: nx.Graph[str], found: Alternatives, ceiling: int) -> pd.DataFrame:
    """Set the plans side by side.

    Parameters
    ----------
    graph
        What the plans were made on.
    found
        What `pcngeo.optimise.differing.alternatives` returned.
    ceiling
        Practices above it stand alone.

    Returns
    -------
    DataFrame
        Index `plan` (from 1); `objective`, `over_best_percent`, `cheaper_excluded` (proven: none
        that differs as much costs less), `cheaper_by_at_most_percent`, `networks`,
        `unplaced_patients`,
        `smallest` and `largest` list size, and `other_company_K_percent` for every plan K: share
        of patients whose network plan K does not have.
    """
    size = {str(p): int(graph.nodes[p]["list_size"]) for p in graph}
    rows = []
    for k, plan in enumerate(found.plans):
        sums = [sum(size[p] for p in g) for g in plan.groups().values()]
        rows.append(
            {
                "objective": plan.objective,
                "over_best_percent": 100 * found.over_best(k),
                "cheaper_excluded": found.cheaper_excluded(k),
                "cheaper_by_at_most_percent": _not_excluded(found, k),
                "networks": len(sums),
                "unplaced_patients": plan.unplaced_patients,
                "smallest": min(sums),
                "largest": max(sums),
                **{
                    f"other_company_{j + 1}_percent": 100 * other_company(plan, o, size, ceiling)
                    for j, o in enumerate(found.plans)
                },
            }
        )
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="plan"))


def _not_excluded(found: Alternatives, k: int) -> float:
    if found.cheaper_excluded(k):
        return 0.0
    return 100.0 * (1.0 - found.bounds[k] / (found.plans[k].objective or 1.0))


def draw_together(plans: tuple[Plan, ...], names: Mapping[str, str]) -> str:
    """Draw in how many plans every two practices share a network, as an ordered matrix (SVG).

    Parameters
    ----------
    plans
        Plans of the same practices, the best first: practices stand in the order of its networks,
        so that what is settled is a dark square, and what is open lies beside one.
    names
        Name by practice.

    Returns
    -------
    str
        An ``<svg>`` document; the same for the same plans, byte for byte.
    """
    homes = [plan.assignment for plan in plans]

    def place(practice: str) -> tuple[object, ...]:
        ids = [str(home[practice]) for home in homes]
        return (*((not i, int(i) if i.isdecimal() else 0, i) for i in ids), practice)

    order = sorted((str(p) for p in plans[0].assignment.index), key=place)
    at = {p: k for k, p in enumerate(order)}
    side = MARGIN + CELL * len(order) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side + 26}" '
        f'width="{side}" height="{side + 26}" font-family="sans-serif" font-size="8" role="img">',
        f"<title>Who shares a network with whom in {len(plans)} proposed plans</title>",
        f'<rect width="{side}" height="{side + 26}" fill="#fff"/>',
    ]
    for row in together_table(plans).to_dict(orient="records"):
        a, b = str(row["practice_a"]), str(row["practice_b"])
        label = escape(f"{_called(a, names)} and {_called(b, names)}: {row['words']}")
        shade = f"{int(row['together_in']) / len(plans):.3f}"
        for i, j in ((a, b), (b, a)):
            parts.append(
                f'<rect x="{MARGIN + CELL * at[j]}" y="{MARGIN + CELL * at[i]}" width="{CELL}" '
                f'height="{CELL}" fill="#00467f" fill-opacity="{shade}">'
                f"<title>{label}</title></rect>"
            )
    for p, k in at.items():
        middle = MARGIN + CELL * k + CELL - 3
        title = f"<title>{escape(_called(p, names))}</title>"
        parts.append(
            f'<text x="{MARGIN - 4}" y="{middle}" text-anchor="end">{title}{escape(p)}</text>'
            f'<text transform="translate({middle},{MARGIN - 4}) rotate(-90)">{title}'
            f"{escape(p)}</text>"
        )
    words = f"Dark: together in all {len(plans)} plans found. Pale: in some. White: in none."
    parts.append(f'<text x="8" y="{side + 14}" font-size="11">{words}</text></svg>\n')
    return "".join(parts)


def write_alternatives(
    area: PreparedArea,
    found: Alternatives | Trade,
    out: Path,
    *,
    progress: Callable[[str, str], None] | None = None,
) -> Path:
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
    Path
        The folder.
    """
    plans = whole_plans(area, found)
    results = []
    for k, plan in enumerate(plans, 1):
        if progress is not None:
            progress("write", f"writing plan {k} of {len(plans)}")
        results.append(finish_plan(area, plan))
        write_plan(results[-1], out / str(k))
    plans = tuple(result.plan for result in results)
    names = {
        str(p): display_name(str(n)) or str(p) for p, n in area.intake.practices["name"].items()
    }
    titles = [f"Plan {k}" for k in range(1, len(plans) + 1)]
    others = {t: r.plan for t, r in zip(titles[1:], results[1:], strict=True)}
    rest, _ = agreed.set_aside(area.graph, area.intake.practices, area.rules)
    if isinstance(found, Trade):
        table = trade_table(found)
        units = [f"{n} ({TERMS[n].unit})" for n in found.objectives]
        points = [(v[0], v[1]) for v in found.values]
    else:
        table = alternatives_table(rest, found, area.rules.max_list)
        units = ["per cent of patients in other company than in plan 1", "per cent over the best"]
        points = list(
            zip(table["other_company_1_percent"], table["over_best_percent"], strict=True)
        )
    size = nx.get_node_attributes(area.graph, "list_size")

    def page(path: Path) -> None:
        from pcngeo.review import save_map

        save_map(draw_plan(results[0], name=titles[0], alternatives=others), path)

    picture = draw_together(plans, names)
    files: dict[str, Callable[[Path], object]] = {
        "trade.csv" if isinstance(found, Trade) else "alternatives.csv": partial(
            export.write_csv, table
        ),
        "trade.svg": _text(draw_trade(points, titles, *units[:2])),
        "common.csv": partial(export.write_csv, common_networks(plans, size)),
        "together_map.svg": _text(draw_together_map(plans, area.graph, area.territories, names)),
        "together.csv": partial(export.write_csv, together_table(plans)),
        "together.svg": _text(picture),
        "alternatives.html": page,
    }
    (out / KEPT).unlink(missing_ok=True)
    return export.write_folder(out, files)


def _text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text, encoding="utf-8", newline="\n")


def _called(practice: str, names: Mapping[str, str]) -> str:
    name = names.get(practice, "")
    return f"{name} ({practice})" if name and name != practice else str(practice)
