"""The words that the page's template is filled with, from the facts."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pcngeo.objectives import DEFAULT
from pcngeo.plan import Status
from pcngeo.review.bars import draw_bar, draw_bar_head
from pcngeo.review.compare import compare_options, differs_words
from pcngeo.review.facts import Facts, NetworkRow, PracticeRow
from pcngeo.review.layers import RAMP, Layers, branch_words, shades_of
from pcngeo.review.legend import explain_symbols, further_marks, small_symbol
from pcngeo.review.library import own_markup
from pcngeo.review.options import Option, flags_in_words
from pcngeo.review.picture import crowded, draw_picture, inside, site_networks
from pcngeo.review.shapes import Shapes
from pcngeo.review.summary import unplaced_groups
from pcngeo.review.words import counted, distance_words, listed, persons, proof_words
from pcngeo.words import are, say_date

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["date_words", "page_words"]

#: Figures of `pcngeo.evaluate.measure` that the page shows: column, heading, how it is written.
FIGURES = (
    ("mean_distance_km", "Average distance", "{:.1f} km"),
    ("max_distance_km", "Farthest practice", "{:.1f} km"),
    ("span_km", "Across", "{:.1f} km"),
    ("compactness", "Compactness", "{:.2f}"),
)


def date_words(date: object) -> str:
    """Write a date as people do.

    Examples
    --------
    >>> date_words(dt.date(2021, 1, 1)), date_words("2021-01-01"), date_words(None)
    ('1 January 2021', '1 January 2021', '')
    """
    if date is None or date == "":
        return ""
    if isinstance(date, str):
        try:
            date = dt.date.fromisoformat(date[:10])
        except ValueError:
            return str(date)
    if isinstance(date, dt.date):
        return say_date(date)
    return str(date)


def page_words(
    options: Sequence[Option],
    shapes: Shapes,
    *,
    layers: Layers | None = None,
    branches: gpd.GeoDataFrame | None = None,
    heading: str,
    subtitle: str,
    sources: Sequence[str],
    list_date: object,
    links: Sequence[tuple[str, str, str]] = (),
    notes: Sequence[str] = (),
    kinds: Sequence[str] = (),
    travel: str = "",
) -> dict[str, Any]:
    """Fill the page's template.

    Parameters
    ----------
    options
        The plans, the proposal first.
    shapes
        The drawing.
    layers, branches
        What the map shows beside the plans, and branch surgeries by name.
    heading, subtitle, sources, list_date
        What stands above and below.
    links
        Links that no border shows.
    notes
        What else stands under "How it was made".
    kinds
        What links practices, as of `pcngeo.review.judged.link_kinds`.
    travel
        What hubs are found by, where that is no straight line (`pcngeo.travel.Travel.says`).

    Returns
    -------
    dict
        What ``page.html`` asks for.
    """
    first = options[0].facts
    dated = f"Registered lists at {date_words(list_date)}" if list_date else ""
    compared = compare_options(options) if len(options) > 1 else None
    return {
        "heading": heading,
        "persons": persons,
        "subtitle": " \u00b7 ".join(part for part in (dated, subtitle) if part),
        "dated": f"{dated}." if dated else "",
        "rules": first.rules,
        "shades": shades_of(layers or Layers()),
        "ramp": RAMP,
        "lines": list((layers or Layers()).lines),
        "branches": branch_words(branches),
        "any_branches": branches is not None and len(branches) > 0,
        "background": (layers or Layers()).background,
        "options": [
            _option_words(option, shapes, links) | {"differs": differs_words(options, k)}
            for k, option in enumerate(options)
        ],
        "compared": compared,
        "moved_symbol": small_symbol("moved"),
        "tag": "For information, not a proposal" if first.existing else "Proposal, not a decision",
        "off_map": _off_map(first, shapes),
        "kinds": kinds,
        "travel": travel,
        "has_today": any(p.today for p in first.practices),
        "made": _made(first),
        "notes": list(notes),
        "indicative": _INDICATIVE[first.rules.territory],
        "sources": list(sources),
        "many": max(len(o.facts.networks) for o in options) > 16,
        "crowd": len(first.practices) > 80,
    }


def _option_words(
    option: Option, shapes: Shapes, links: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    """Gather what the page says of one plan."""
    facts = option.facts
    heads = [f for f in FIGURES if any(f[0] in n.figures for n in facts.networks)]
    most = max((n.people * 1.03 for n in facts.networks), default=0.0)
    scale = max(1.2 * facts.rules.max_list, min(most, 1.7 * facts.rules.max_list))
    title = f"Map. {facts.summary[0][0]}"
    drawn = {p.code for p in facts.practices if inside(p, shapes)}
    picture = draw_picture(shapes, facts, option.colours, links=links, title=title, alone=False)
    part = crowded(shapes, facts)
    larger = "" if part is None else draw_picture(
        shapes, facts, option.colours, links=links, title="The crowded part of the map, larger",
        alone=False, part=part,
    )  # fmt: skip
    return {
        "name": option.name,
        "legend": explain_symbols(facts, drawn, links, branches=bool(shapes.branches)),
        "marks": further_marks(facts),
        "apart": _apart(facts, shapes),
        "flags": flags_in_words(facts),
        "summary": facts.summary,
        "picture": own_markup(picture),
        "larger": own_markup(larger),
        "networks": facts.networks,
        "practices": facts.practices,
        "placed": sum(p.placed for p in facts.practices),
        "placed_people": facts.placed_people,
        "not_placed": facts.not_placed,
        "not_placed_people": facts.not_placed_people,
        "not_placed_words": _not_placed_words(facts),
        "symbols": {p.code: small_symbol(p.status) for p in facts.not_placed},
        "colour": option.colours,
        "bars": {n.id: own_markup(draw_bar(n.people, facts.rules, scale)) for n in facts.networks},
        "bar_head": own_markup(draw_bar_head(facts.rules, scale)),
        "named": any(n.name for n in facts.networks),
        "figure_heads": [head for _, head, _ in heads],
        "figures": [(n, _cells(n, heads), _notes(n)) for n in facts.networks],
        "compact": any(column == "compactness" for column, _, _ in heads),
    }


def _apart(facts: Facts, shapes: Shapes) -> list[str]:
    """Say why a network that is one connected area is seen in several pieces."""
    at = site_networks(facts)
    found = []
    for network in facts.networks:
        if not network.connected:
            continue
        own = [
            a for s, a in zip(shapes.sites, shapes.areas, strict=True) if at.get(s) == network.id
        ]
        parts = shapely.get_parts(
            shapely.union_all(shapely.make_valid(np.array(own, dtype=object)))
        )
        if sum(part.area > (shapes.extent / 200) ** 2 for part in parts) > 1:
            found.append(network.id)
    if not found:
        return []
    noun, verb, one = (
        ("Networks", "are", "each is") if len(found) > 1 else ("Network", "is", "it is")
    )
    return [
        f"{noun} {listed(found)} {verb} drawn in more than one piece, and {one} connected: "
        "an island, or land across water, belongs to a practice or is joined by a link."
    ]


def _off_map(facts: Facts, shapes: Shapes) -> list[tuple[PracticeRow, str]]:
    found = []
    for practice in facts.practices:
        if practice.x is None:
            found.append((practice, "no location"))
        elif not inside(practice, shapes):
            found.append((practice, _how_far(practice, shapes)))
    return found


def _how_far(practice: PracticeRow, shapes: Shapes) -> str:
    """How far and in which direction from the middle of the areas a practice lies."""
    assert practice.x is not None and practice.y is not None
    x, y = practice.x - shapes.origin[0], practice.y - shapes.origin[1]
    west, south, east, north = shapes.bounds
    far = (
        float(shapely.distance(shapely.Point(x, y), shapes.land))
        if shapes.areas
        else math.hypot(x - (west + east) / 2, y - (south + north) / 2)
    )
    turn = math.degrees(math.atan2(x - (west + east) / 2, y - (south + north) / 2)) % 360
    points = ("north", "north-east", "east", "south-east",
              "south", "south-west", "west", "north-west")  # fmt: skip
    return f"{distance_words(far)} {points[round(turn / 45) % 8]} of the area"


def _not_placed_words(facts: Facts) -> str:
    rows = facts.not_placed
    if not rows:
        return ""
    words = counted(len(rows), "list", capital=True)
    verb = are(len(rows))
    groups = unplaced_groups(rows)
    why = f" {'. '.join(groups)}." if len(groups) > 1 else ""
    return (
        f"{words} ({persons(facts.not_placed_people, ' registered')}) {verb} in no network.{why} "
        "A suggestion is only a suggestion: the commissioner and the LMC agree it, or not."
    )


def _cells(network: NetworkRow, heads: Sequence[tuple[str, str, str]]) -> list[str]:
    cells = []
    for column, _, form in heads:
        value = network.figures.get(column)
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        cells.append("" if missing else form.format(value))
    return cells


def _notes(network: NetworkRow) -> str:
    levels = {"breaks": "breaks a rule", "agree": "needs the commissioner\u2019s agreement"}
    words = "; ".join(f"{flag.told}: {levels[flag.level]}" for flag in network.flags)
    said = [words[:1].upper() + words[1:], *(sentence for sentence, _ in network.waivers)]
    return " ".join(text for text in said if text)


#: How practices come by their areas, by `Rules.territory`.
_AREAS = {
    "voronoi": "Each practice has the area that is nearer to it than to any other practice, cut "
    "off at the edge of the commissioning area (a Voronoi map)",
    "registrations": "Each practice has the neighbourhoods (LSOAs) in which more people are "
    "registered with it than with any other practice",
    "polygons": "Each practice has the area that was given for it",
}
#: What stands under every map, by `Rules.territory`.
_INDICATIVE = {
    "voronoi": "Indicative areas, derived from the nearest practice. They show who is next to "
    "whom; they are not catchments and do not say where patients live.",
    "registrations": "Indicative areas, derived from where most people are registered with a "
    "practice. They show who is next to whom; they are not catchments.",
    "polygons": "Areas as they were given, without overlaps and gaps. They show who is next to "
    "whom; they do not say where patients live.",
}
#: What makes two practices neighbours, by `Rules.adjacency`.
_NEIGHBOURS = {
    "border": "two practices are next to each other when their areas share a border",
    "knn": "two practices are next to each other when one is among the nearest of the other",
    "distance": "two practices are next to each other when they are near enough",
    "gabriel": "two practices are next to each other when no third one lies between them",
}


def _aim(facts: Facts) -> str:
    """Say what the plan makes small, after the people left out."""
    if facts.rules.objective == DEFAULT:
        return (
            "makes the total distance as short as possible: for every person registered, the "
            "straight line from their practice to the network\u2019s central practice."
        )
    return f"makes this as small as possible: {facts.plan.objective_name.rstrip('.')}."


def _made(facts: Facts) -> list[str]:
    """How the plan was made and how good it is, in plain words."""
    plan, rules = facts.plan, facts.rules
    window = f"{rules.min_list:,} to {rules.max_list:,}"
    words = [
        "The networks are built from practices that lie next to each other. "
        f"{_AREAS[rules.territory]}; {_NEIGHBOURS[rules.adjacency]}, or when they share a building."
    ]
    if plan.status is not Status.GIVEN and facts.networks:
        words.append(
            f"A network must be one connected area with {window} people registered; a single "
            "practice above that stands alone. Among all ways to do this, the computer looked for "
            f"one that leaves as few people as possible without a network and then {_aim(facts)}"
        )
    words.append(proof_words(plan))
    words += [text for text in plan.explanation if text]
    return words
