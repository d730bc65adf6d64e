"""Several good plans of an area as a folder: each an ordinary plan, one page, who is together.

Every plan has a folder like any other (``1``, ``2``, ...); beside them ``alternatives.csv`` sets
them side by side, ``together.csv`` and ``together.svg`` say in how many of them two practices
share a network, and ``alternatives.html`` is the review page that switches between them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo import agreed, export
from pcngeo.optimise.differing import Alternatives, other_company, together_table
from pcngeo.pipeline import finish_plan
from pcngeo.plan import Plan
from pcngeo.review.words import display_name
from pcngeo.writing import draw_plan, write_plan

if TYPE_CHECKING:
    import networkx as nx

    from pcngeo.pipeline import PreparedArea

__all__ = ["alternatives_table", "draw_together", "whole_plans", "write_alternatives"]

#: Side of a cell of the picture and its margin for codes, in pixels.
CELL, MARGIN = 11, 66


def whole_plans(area: PreparedArea, found: Alternatives) -> tuple[Plan, ...]:
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
        Index `plan` (from 1); `objective`, `over_best_percent`, `networks`, `unplaced_patients`,
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
    words = f"Dark: together in all {len(plans)} plans. Pale: in some. White: in none."
    parts.append(f'<text x="8" y="{side + 14}" font-size="11">{words}</text></svg>\n')
    return "".join(parts)


def write_alternatives(
    area: PreparedArea,
    found: Alternatives,
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
    names = {
        str(p): display_name(str(n)) or str(p) for p, n in area.intake.practices["name"].items()
    }
    titles = [f"Plan {k}" for k in range(1, len(plans) + 1)]
    others = {t: r.plan for t, r in zip(titles[1:], results[1:], strict=True)}
    rest, _ = agreed.set_aside(area.graph, area.intake.practices, area.rules)
    table = alternatives_table(rest, found, area.rules.max_list)

    def page(path: Path) -> None:
        from pcngeo.review import save_map

        save_map(draw_plan(results[0], name=titles[0], alternatives=others), path)

    picture = draw_together(plans, names)
    files: dict[str, Callable[[Path], object]] = {
        "alternatives.csv": partial(export.write_csv, table),
        "together.csv": partial(export.write_csv, together_table(plans)),
        "together.svg": lambda path: path.write_text(picture, encoding="utf-8", newline="\n"),
        "alternatives.html": page,
    }
    return export.write_folder(out, files)


def _called(practice: str, names: Mapping[str, str]) -> str:
    name = names.get(practice, "")
    return f"{name} ({practice})" if name and name != practice else str(practice)
