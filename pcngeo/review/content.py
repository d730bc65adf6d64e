"""What the page is filled with: the template's words and the script's data, from the facts."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from markupsafe import Markup

from pcngeo.plan import Status
from pcngeo.review.bars import draw_bar, draw_bar_head
from pcngeo.review.colours import FILLS
from pcngeo.review.facts import Facts, NetworkRow, PracticeRow
from pcngeo.review.layout import sample_points
from pcngeo.review.library import own_markup
from pcngeo.review.picture import inside
from pcngeo.review.shapes import Shapes
from pcngeo.review.symbols import MEANING, use
from pcngeo.review.words import counted, distance_words, plain_reason, proof_words

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["date_words", "drawn_links", "page_data", "page_words"]

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
        return f"{date.day} {date:%B %Y}"
    return str(date)


def page_words(
    facts: Facts,
    shapes: Shapes,
    colours: Mapping[str, int],
    *,
    picture: str,
    heading: str,
    subtitle: str,
    sources: Sequence[str],
    list_date: object,
    links: Sequence[tuple[str, str, str]] = (),
) -> dict[str, Any]:
    """Fill the page's template."""
    dated = f"Registered lists at {date_words(list_date)}" if list_date else ""
    heads = [f for f in FIGURES if any(f[0] in n.figures for n in facts.networks)]
    scale = max([60_000.0, *(n.people * 1.03 for n in facts.networks)])
    return {
        "heading": heading,
        "subtitle": " \u00b7 ".join(part for part in (dated, subtitle) if part),
        "summary": facts.summary,
        "rules": facts.rules,
        "picture": own_markup(picture),
        "networks": facts.networks,
        "practices": facts.practices,
        "placed": sum(p.placed for p in facts.practices),
        "placed_people": facts.placed_people,
        "not_placed": facts.not_placed,
        "not_placed_people": facts.not_placed_people,
        "not_placed_words": _not_placed_words(facts),
        "symbols": {p.code: _symbol(p.status) for p in facts.not_placed},
        "colour": colours,
        "bars": {n.id: own_markup(draw_bar(n.people, facts.rules, scale)) for n in facts.networks},
        "bar_head": own_markup(draw_bar_head(facts.rules, scale)),
        "legend": _legend(facts, {kind for _, _, kind in links}),
        "off_map": _off_map(facts, shapes),
        "has_today": any(p.today for p in facts.practices),
        "figure_heads": [head for _, head, _ in heads],
        "figures": [(n, _cells(n, heads), _notes(n, facts)) for n in facts.networks],
        "compact_words": (
            "Compactness is 1 for a circle and less for a long or ragged area."
            if any(column == "compactness" for column, _, _ in heads)
            else ""
        ),
        "made": _made(facts),
        "sources": list(sources),
    }


def _symbol(status: str, r: float = 8.0) -> Markup:
    size = f"{2.8 * r:.0f}"
    inner = use(status, r, 1.4 * r, 1.4 * r)
    return own_markup(
        f'<svg width="{size}" height="{size}" viewBox="0 0 {2.8 * r:.1f} {2.8 * r:.1f}" '
        f'aria-hidden="true">{inner}</svg>'
    )


def _legend(facts: Facts, links: set[str]) -> list[tuple[Markup, str]]:
    """Only what this map shows, in plain words."""
    states = {p.status for p in facts.practices if p.x is not None}
    two = Markup(
        '<svg width="36" height="24" viewBox="0 0 36 24" aria-hidden="true">{}{}</svg>'
    ).format(own_markup(use("member", 4.5, 8, 14)), own_markup(use("member", 8.5, 24, 12)))
    found = [(two, MEANING["member"])]
    number = facts.networks[0].id if facts.networks else "1"
    found.append((_badge_sample(number), "Network; colour only separates neighbours"))
    if any(n.flagged for n in facts.networks):
        words = "Breaks a rule or needs agreement; the table says which"
        found.append((_badge_sample("!", "#B35900"), words))
    if links:
        names = {"manual": "other link"}
        words = " or ".join(names.get(kind, kind) for kind in sorted(links))
        found.append((_link_sample(), f"{words[0].upper()}{words[1:]} that joins two practices"))
    found += [(_symbol(s), MEANING[s]) for s in MEANING if s != "member" and s in states]
    return found


def _link_sample() -> Markup:
    return Markup(
        '<svg width="30" height="12" viewBox="0 0 30 12" aria-hidden="true">'
        '<path d="M2 6h26" stroke="#14202B" stroke-width="5"/>'
        '<path d="M2 6h26" stroke="#fff" stroke-width="2" stroke-dasharray="4 3"/></svg>'
    )


def _badge_sample(words: str, fill: str = "#14202B") -> Markup:
    wide = 10 + 10 * len(words)
    return Markup(
        '<svg width="{w}" height="22" viewBox="0 0 {w} 22" aria-hidden="true"><rect width="{w}" '
        'height="22" rx="5" fill="{f}"/><text x="{m}" y="16" text-anchor="middle" '
        'font-size="14" font-weight="700" fill="#fff">{t}</text></svg>'
    ).format(w=wide, f=fill, m=wide / 2, t=words)


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
        float(shapely.distance(shapely.multipoints(shapely.points([(x, y)])),
                               shapely.union_all(list(shapes.areas))))
        if shapes.areas
        else math.hypot(x - (west + east) / 2, y - (south + north) / 2)
    )  # fmt: skip
    turn = math.degrees(math.atan2(x - (west + east) / 2, y - (south + north) / 2)) % 360
    points = ("north", "north-east", "east", "south-east",
              "south", "south-west", "west", "north-west")  # fmt: skip
    return f"{distance_words(far)} {points[round(turn / 45) % 8]} of the area"


def _not_placed_words(facts: Facts) -> str:
    rows = facts.not_placed
    if not rows:
        return ""
    words = counted(len(rows), "list", capital=True)
    verb = "is" if len(rows) == 1 else "are"
    return (
        f"{words} ({facts.not_placed_people:,} people registered) {verb} in no network. "
        "A suggestion is only a suggestion: the commissioner and the LMC agree it, or not."
    )


def _cells(network: NetworkRow, heads: Sequence[tuple[str, str, str]]) -> list[str]:
    cells = []
    for column, _, form in heads:
        value = network.figures.get(column)
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        cells.append("" if missing else form.format(value))
    return cells


def _notes(network: NetworkRow, facts: Facts) -> str:
    given = str(network.figures.get("flags") or "")
    if given and given != "nan":
        return plain_reason(given, {})
    notes = []
    if network.size.level == "agree":
        notes.append(f"{network.size.words} {facts.rules.max_list:,}")
    return "; ".join([*notes, *network.breaks])


def _made(facts: Facts) -> list[str]:
    """How the plan was made and how good it is, in plain words."""
    plan, rules = facts.plan, facts.rules
    window = f"{rules.min_list:,} to {rules.max_list:,}"
    words = [
        "The networks are built from practices that lie next to each other. Each practice has the "
        "area that is nearer to it than to any other practice, cut off at the edge of the "
        "commissioning area (a Voronoi map); two practices are next to each other when their areas "
        "share a border, or when they share a building."
    ]
    if plan.status is not Status.GIVEN and facts.networks:
        words.append(
            f"A network must be one connected area with {window} people registered; a single "
            "practice above that stands alone. Among all ways to do this, the computer looked for "
            "one that leaves as few people as possible without a network and then makes the total "
            "distance as short as possible: for every person registered, the straight line from "
            "their practice to the network\u2019s central practice."
        )
    words.append(proof_words(plan))
    words += [text for text in plan.explanation if text]
    return words


def page_data(
    facts: Facts,
    shapes: Shapes,
    colours: Mapping[str, int],
    graph: nx.Graph[str] | None,
) -> dict[str, Any]:
    """Collect what the page's script needs, in metres from the local origin."""
    site = {s: i for i, s in enumerate(shapes.sites)}
    return {
        "window": {"min": facts.rules.min_list, "max": facts.rules.max_list},
        "fills": list(FILLS),
        "bounds": [round(v) for v in shapes.bounds],
        "area": round(sum(a.area for a in shapes.areas)),
        "sites": list(range(len(shapes.sites))),
        "sizes": [round(a.area) for a in shapes.areas],
        "networks": [
            {"id": n.id, "colour": colours[n.id], "size": n.size.words} for n in facts.networks
        ],
        "practices": [_practice(p, shapes, site) for p in facts.practices],
        "links": _links(facts, graph),
        "bridges": _bridges(facts, graph),
        "sides": [[s.a, s.b, _lines(s.line)] for s in shapes.sides],
        "spots": _spots(shapes),
    }


def _practice(practice: PracticeRow, shapes: Shapes, site: Mapping[str, int]) -> dict[str, Any]:
    here = practice.x is not None and practice.y is not None
    return {
        "code": practice.code,
        "name": practice.name,
        "published": practice.published_name,
        "postcode": practice.postcode,
        "people": practice.people,
        "status": practice.status,
        "words": practice.status_words,
        "network": practice.network if practice.placed else "",
        "offered": "" if practice.placed else practice.network,
        "letter": practice.key[len(practice.network) :],
        "reason": practice.reason,
        "today": practice.today,
        "site": site.get(practice.site, -1),
        "x": _number((practice.x or 0) - shapes.origin[0]) if here else 0,
        "y": _number((practice.y or 0) - shapes.origin[1]) if here else 0,
        "shown": inside(practice, shapes),
    }


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def drawn_links(graph: nx.Graph[str] | None) -> list[tuple[str, str, str]]:
    """Links that no border shows (bridges, ferries, links by hand): two practices and the kind."""
    if graph is None:
        return []
    kinds = ("bridge", "tunnel", "ferry", "manual")
    found = [(*sorted((a, b)), d["kind"]) for a, b, d in graph.edges(data=True)]
    return sorted((a, b, kind) for a, b, kind in found if kind in kinds)


def _links(facts: Facts, graph: nx.Graph[str] | None) -> list[list[int]]:
    if graph is None:
        return []
    at = {p.code: i for i, p in enumerate(facts.practices)}
    pairs = (sorted((at[a], at[b])) for a, b in graph.edges if a in at and b in at)
    return sorted(pairs)


def _bridges(facts: Facts, graph: nx.Graph[str] | None) -> list[list[int]]:
    at = {p.code: i for i, p in enumerate(facts.practices)}
    return [[at[a], at[b]] for a, b, _ in drawn_links(graph) if a in at and b in at]


def _lines(line: Any) -> list[list[list[int]]]:
    """Lines as Leaflet wants them: north before east."""
    return [
        [[int(y), int(x)] for x, y in shapely.get_coordinates(part)]
        for part in shapely.get_parts(line)
    ]


def _spots(shapes: Shapes) -> list[list[int]]:
    """Places where a network's number could stand, by site."""
    step = shapes.extent / 55
    found = []
    for i, area in enumerate(shapes.areas):
        points = sample_points(area, step)
        if len(points) > 40:
            points = points[np.linspace(0, len(points) - 1, 40).astype(int)]
        found += [[i, round(x), round(y)] for x, y in points]
    return found
