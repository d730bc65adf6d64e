"""What stands beside a plan's main tables: every link's reason, branches, LSOAs, travel.

`evidence_tables` for the folder, `evidence_words` for people: page, screen and `plan.json`. Only
what was given is there; nothing is invented for what was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo import adjacency, territory
from pcngeo.across import across_areas, across_words
from pcngeo.errors import examples
from pcngeo.geography import asks_authorities, authorities_of_postcodes
from pcngeo.objectives import TERMS, Stage, describe_stage
from pcngeo.prepared import PreparedArea
from pcngeo.recount import by_network
from pcngeo.travel import STRAIGHT, Travel, measure_travel
from pcngeo.words import count_of

if TYPE_CHECKING:
    from pcngeo.pipeline import PlannedArea

__all__ = [
    "evidence_tables", "evidence_words", "ground_words", "network_homes", "objective_table",
    "too_many_for_a_page",
]  # fmt: skip

#: Sites with practices in different networks that are named, beyond so many in one sentence.
MOST_SITES = 12
#: Practices beyond which a plan has a picture and no page.
MOST_ON_PAGE = 2_000


def evidence_tables(result: PlannedArea) -> dict[str, pd.DataFrame]:
    """Collect the tables.

    Parameters
    ----------
    result
        A planned area.

    Returns
    -------
    dict of DataFrame
        By the name of its file without ``.csv``. Always ``links`` (every link and why it is
        there) and ``cuts`` (every link that the planner cut or added, and what did it). For a
        plan that was worked out, ``objective`` (what each network adds to it). Where given:
        ``across`` (networks across areas, and which area would lead, R19), ``bound`` (the
        prices that prove the bound of a plan of many practices), ``edited`` (what an edge list
        changed), ``branches`` (branch surgeries with the network of their practice), ``lsoas``
        (whose each LSOA is), ``localisation`` and
        ``overlap`` (how networks match where their patients live), ``travel`` (by network) and
        ``travel_missing`` (pairs that the table lacks).
    """
    graph = result.graph
    links = adjacency.edges_frame(graph)[["practice_a", "practice_b", "kind", "why"]]
    tables = {"links": links, "cuts": adjacency.cuts_frame(graph)}
    parts = objective_table(result)
    if parts is not None:
        tables["objective"] = parts
    edited = adjacency.edited_frame(graph)
    if edited is not None:
        tables["edited"] = edited
    across = across_areas(result.plan, result.intake.practices, result.rules)
    if len(across):
        tables["across"] = across
    if result.plan.certificate is not None:
        tables["bound"] = result.plan.certificate.table()
    if result.intake.branches is not None:
        tables["branches"] = _branches(result)
    lsoas, homes = result.lsoas, result.intake.registrations
    if lsoas is not None and homes is not None:
        tables["lsoas"] = territory.lsoas_table(result.plan, result.territories, homes, lsoas)
        tables |= network_homes(result)
    travel = graph.graph.get("travel")
    if isinstance(travel, Travel):
        tables["travel"] = measure_travel(result.plan, graph, travel, _hubs(result))
        home = result.plan.assignment
        missing = travel.missing
        inside = home.reindex(missing["practice_a"]).to_numpy()
        same = inside == home.reindex(missing["practice_b"]).to_numpy()
        missing["network"] = pd.Series(inside, index=missing.index).where(same, "").fillna("")
        tables["travel_missing"] = missing
    return tables


def objective_table(result: PlannedArea) -> pd.DataFrame | None:
    """Say what every network adds to what was minimised, counted anew.

    Parameters
    ----------
    result
        A planned area.

    Returns
    -------
    DataFrame or None
        Index `network`; `order` (1 for the objective that counts most), `objective` (its name),
        `value` in `unit`, `counts` (weighted, and in points where it is a mix), `hub` (to which
        distance or travel is counted) and `continues` (the network of today, for ``changed``).
        For every order `counts` adds up to the figure of the plan. ``None`` for a plan that was
        given or changed by people, and where what was minimised is not known here.
    """
    plan, graph = result.plan, result.graph
    groups = {n: tuple(p for p in g if p in graph) for n, g in plan.groups().items()}
    figures = (*plan.held, plan.objective)
    rows: list[dict[str, object]] = []
    for order, (stage, figure) in enumerate(zip(plan.objectives, figures, strict=False), 1):
        if figure is None or not _can_count(stage, result):
            return None
        own = by_network(stage, groups, graph, result.rules)
        if abs(sum(row["counts"] for row in own) - figure) > 1e-6 * max(1.0, abs(figure)):
            return None
        units = {name: TERMS[name].unit for name, _ in stage}
        rows += [{"order": order, "unit": units[row["objective"]], **row} for row in own]
    columns = ["network", "order", "objective", "value", "unit", "counts", "hub", "continues"]
    return pd.DataFrame(rows, columns=columns).set_index("network") if rows else None


def _can_count(stage: Stage, result: PlannedArea) -> bool:
    known = {"travel": "travel" in result.graph.graph, "common": "common" in result.graph.graph}
    said = describe_stage(stage) in result.plan.objective_name
    return said and all(known.get(name, True) for name, _ in stage)


def network_homes(result: PlannedArea) -> dict[str, pd.DataFrame]:
    """Measure how networks match where their patients live: ``localisation`` and ``overlap``."""
    homes = result.intake.registrations
    if homes is None or not result.plan.networks:
        return {}
    local = territory.localisation(result.plan, homes)
    shares = territory.overlap(result.plan, homes[homes["lsoa"] != "unmapped"])
    long = shares.reset_index().melt("network", var_name="lives_with", value_name="share")
    order = {n: i for i, n in enumerate(result.plan.networks)}
    long = long.sort_values(["network", "lives_with"], key=lambda c: c.map(order), kind="stable")
    return {"localisation": local, "overlap": long[long["share"] > 0].reset_index(drop=True)}


def _hubs(result: PlannedArea) -> dict[str, str]:
    return {str(network): str(hub) for network, hub in result.measures["hub"].items()}


def _branches(result: PlannedArea) -> pd.DataFrame:
    branches = result.intake.branches
    assert branches is not None
    names = result.intake.practices["name"]
    home = result.plan.assignment
    return pd.DataFrame(
        {
            "practice": branches["practice"],
            "practice_name": names.reindex(branches["practice"]).to_numpy(),
            "network": home.reindex(branches["practice"]).fillna("").to_numpy(),
            "name": branches["name"],
            "postcode": branches["postcode"],
            "located_by": branches["located_by"],
            "easting": branches.geometry.x.round(),
            "northing": branches.geometry.y.round(),
        },
        index=branches.index,
    )


def evidence_words(result: PlannedArea) -> tuple[str, ...]:
    """Say in sentences what the geography of a plan rests on.

    Parameters
    ----------
    result
        A planned area.

    Returns
    -------
    tuple of str
    """
    return (
        *_drawn_words(result),
        *_distance_words(result),
        *_branch_words(result),
        *_edited_words(result),
        *_authority_words(result),
        *_split_words(result),
        *across_words(across_areas(result.plan, result.intake.practices, result.rules)),
        *_coverage_words(result),
        *_lost_words(result),
        *_page_words(result),
    )


def too_many_for_a_page(result: PlannedArea) -> bool:
    """Tell whether an area has more practices than a page in a browser can show at ease."""
    return len(result.intake.practices) > MOST_ON_PAGE


def _page_words(result: PlannedArea) -> Iterator[str]:
    if too_many_for_a_page(result):
        yield (
            f"There is no review page: above {MOST_ON_PAGE:,} practices a browser would be slow. "
            "map.svg is the picture, whole and its crowded parts larger; plan.gpkg opens in QGIS. "
            "For the page of one area: pcngeo map FOLDER --area CODE."
        )


def ground_words(area: PreparedArea) -> tuple[str, ...]:
    """Say in sentences what areas and links rest on, before anything is planned."""
    return (*_drawn_words(area), *_branch_words(area), *_edited_words(area))


def _drawn_words(result: PreparedArea) -> Iterator[str]:
    if result.of_lsoas:
        yield (
            f"{count_of(len(result.territories), 'LSOA')} are grouped here, not practices: their "
            "areas are as published, and the patients of each are those whom the file of patients "
            "by LSOA has there, of whatever practice. They are not counted from the list file, and "
            "may be of another date."
        )
        return
    kinds = result.territories["derived_from"].str.split(";").str[0].value_counts()
    for text, count in sorted(kinds.items(), key=lambda item: (-item[1], str(item[0]))):
        own = text.startswith("polygon given by the planner")
        yield (
            f"Areas of {count_of(count, 'practice')}: {text}"
            + (", overlaps and gaps to the nearest practice" if own else "")
            + (
                ". They are as given, not published."
                if own
                else ". They are derived, not published."
            )
        )
    for note in result.territories.attrs.get("notes", ()):
        yield f"{note[0].upper()}{note[1:]}."


def _distance_words(result: PlannedArea) -> Iterator[str]:
    said = str(result.graph.graph.get("distances", STRAIGHT))
    if said == STRAIGHT:
        between = "the middles of LSOAs" if result.of_lsoas else "practices"
        yield f"Distances are straight lines between {between}: no table of travel was given."
        return
    yield (
        f"Travel: {said}. A network's hub is the practice that its others reach with the least "
        "travel; distances in kilometres are straight lines all the same."
    )
    if any(name == "distance" for stage in result.plan.objectives for name, _ in stage):
        yield (
            "The objective distance is counted to the member with the least straight-line sum, "
            "which may be another practice than the hub by travel: objective.csv has it for every "
            "network, and adds up to the objective."
        )
    travel = result.graph.graph.get("travel")
    if isinstance(travel, Travel):
        yield (
            "travel.csv measures the networks by travel; travel_missing.csv lists every pair that "
            "the table lacks, and none is invented."
        )
        for note in travel.notes:
            yield f"{travel.source}: {note}."


def _branch_words(result: PreparedArea) -> Iterator[str]:
    branches = result.intake.branches
    if branches is None:
        return
    owners = branches["practice"].nunique()
    yield (
        f"{count_of(len(branches), 'branch surgery', 'branch surgeries')} of "
        f"{count_of(owners, 'practice')}: a practice's area is that of all its sites; its hub and "
        "its distances are those of its main site (Q23)."
    )


def _edited_words(result: PreparedArea) -> Iterator[str]:
    edited = adjacency.edited_frame(result.graph)
    if edited is None:
        return
    count = edited["change"].value_counts()
    said = ", ".join(f"{count.get(word, 0)} {word}" for word in ("added", "removed", "changed"))
    yield f"The links are those of the edge list that was given back: {said} (edited.csv)."


def _authority_words(result: PlannedArea) -> Iterator[str]:
    """Say whose local authorities the rules were kept with (R23)."""
    given = result.intake.sources.get("flag", pd.Series(dtype=str)).eq("authorities").any()
    coded = authorities_of_postcodes(result.intake.practices)
    if given or not coded or not asks_authorities(result.rules):
        return
    lost = sorted(p for p in result.graph if not coded.get(p))
    unknown = f"; not known for {examples(lost)}" if lost else ""
    yield (
        "Local authorities are those that the postcode file gives for the practices: no boundaries "
        f"of authorities were given{unknown} (R23)."
    )


def _split_words(result: PlannedArea) -> Iterator[str]:
    """Name every site whose practices are in different networks (Q9)."""
    from pcngeo.review.words import display_name

    names, home = result.intake.practices["name"].map(display_name), result.plan.assignment
    split = territory.split_sites(result.plan, result.territories)
    said = [
        ", ".join(f"{names[p]} ({home[p] or 'no network'})" for p in practices)
        for practices in split["practices"]
    ]
    if len(said) > MOST_SITES:
        rest = len(said) - MOST_SITES
        yield (
            f"On {len(said):,} sites practices are in different networks (Q9), all listed in "
            f"plan.json: {'; '.join(said[:MOST_SITES])}; and {rest:,} more."
        )
        return
    for members in said:
        yield f"Practices on one site are in different networks: {members} (Q9)."


def _coverage_words(result: PlannedArea) -> Iterator[str]:
    """Say what is covered, three ways that must not be confused (R10)."""
    said, units = [], "LSOAs" if result.of_lsoas else "practices"
    for measure, row in result.coverage.to_dict("index").items():
        form = ",.1f" if measure == "area_km2" else ",.0f"
        part, whole = float(row["covered"]), float(row["total"])
        what = units if measure == "practices" else _MEASURES[str(measure)]
        if not row["missing"]:
            part = whole  # but for rounding of the last digit
        said.append(f"{part:{form}} of {whole:{form}} {what} ({_percent(part, whole)})")
    lost = str(result.coverage["missing"]["practices"])
    yield (
        f"Covered: {', '.join(said)}; {units} and patients must be complete (R10)."
        + (f" Not in a network: {lost}." if lost else "")
    )
    beyond = 0 if result.lsoas is None else int(result.lsoas["rule"].str.contains("outside").sum())
    if beyond:
        yield (
            f"{count_of(beyond, 'LSOA')} of the area: a practice outside it has more patients "
            "there than the practice that the LSOA is with (lsoas.csv)."
        )
    local = network_homes(result).get("localisation") if result.own.lsoas is not None else None
    if local is not None and local["patients"].sum():
        share = local["local"].sum() / local["patients"].sum()
        yield (
            f"{share:.1%} of the patients in networks live in an LSOA where most people are in "
            "their network (localisation.csv; London 2020: median 70.1 %)."
        )


def _lost_words(result: PlannedArea) -> Iterator[str]:
    """Name the tables that a plan read back from its folder cannot have."""
    if result.not_kept:
        yield (
            f"Not worked out again: {', '.join(result.not_kept)} of the plan before. A folder does "
            "not keep the registrations, LSOAs and table of travel that they need; "
            "pcngeo plan with those files makes them."
        )


#: What `territory.coverage` counts, in words.
_MEASURES = {
    "practices": "practices",
    "patients": "registered patients",
    "area_km2": "km\u00b2 of the area",
    "lsoas": "LSOAs",
}


def _percent(covered: float, total: float) -> str:
    """Write a share, called 100 % only where nothing is missing.

    Examples
    --------
    >>> _percent(7, 7), _percent(99_999, 100_000), _percent(1, 2), _percent(0, 0)
    ('100 %', '99.9 %', '50.0 %', 'none to cover')
    """
    if total <= 0:
        return "none to cover"
    share = covered / total
    return "100 %" if share >= 1 else f"{min(share, 0.999):.1%}".replace("%", " %")
