"""The files of a folder: tables, `plan.json`, GeoPackage and map of what `pipeline` made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import pcngeo
from pcngeo import adjacency, evaluate, evidence, export, sizes, territory
from pcngeo.prepared import PreparedArea
from pcngeo.schema import PLACED, PRACTICE_COLUMNS, UNPLACED, area_title
from pcngeo.words import say_date

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

    from pcngeo.pipeline import PlannedArea

__all__ = [
    "clear_plans",
    "country_picture",
    "draw_plan",
    "plan_files",
    "summary",
    "write_graph",
    "write_plan",
]

Path_ = str | Path
#: Under the heading of a page of LSOAs; its words are those of practices.
READ_LSOA = (
    "LSOAs are grouped here: where this page says practice, read LSOA. People are those of the "
    "file of patients by LSOA, of its date."
)
#: What of the graph's own values is kept in `plan.json`, plain and short.
MADE = ("source", "cuts", "added", "distances", "edited")


def write_plan(result: PlannedArea, out: Path_) -> Path:
    """Write the output folder of a planned area: each file complete or absent.

    Parameters
    ----------
    result
        What `plan_area` returned.
    out
        The folder; made if missing.

    Returns
    -------
    Path
        The folder.
    """
    return export.write_folder(out, plan_files(result))


def clear_plans(folders: Iterable[Path], names: Collection[str]) -> None:
    """Take plans of an earlier search away.

    Parameters
    ----------
    folders
        Folders that may hold one; what somebody else put into them stays, and so do they then.
    names
        The files of a plan's folder.
    """
    for folder in folders:
        if (folder / "plan.json").is_file():
            for name in names:
                (folder / name).unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()


def plan_files(result: PlannedArea) -> dict[str, Callable[[Path], object]]:
    """Name the files of a planned area's folder, and what writes each.

    Parameters
    ----------
    result
        What `plan_area` returned.

    Returns
    -------
    dict
        For each file name, a callable that writes it when given a path.
    """
    edges = adjacency.edges_frame(result.graph)
    columns = ["practice_a", "practice_b", "kind", "border_m", "distance_m"]
    metres = {"border_m": 1, "distance_m": 1}
    table = result.membership[list(evaluate.MEMBERSHIP)]
    beside: dict[str, Callable[[Path], object]] = {
        f"{name}.csv": partial(export.write_csv, frame)
        for name, frame in evidence.evidence_tables(result).items()
    }
    shares = sizes.member_shares(result.plan, result.intake.practices, result.rules)
    around = result.intake.surroundings
    if around is not None and len(around):
        land = {"surroundings": around}
        beside["surroundings.gpkg"] = partial(export.write_geopackage, land)
    if result.levels is not None:
        beside["levels.csv"] = partial(export.write_csv, result.levels)
    return {
        "membership.csv": partial(export.write_csv, table),
        "networks.csv": partial(export.write_csv, result.measures),
        "edges.csv": partial(export.write_csv, edges[columns], decimals=metres),
        "shares.csv": partial(export.write_csv, shares),
        "audit.csv": partial(export.write_csv, result.audit),
        "orphans.csv": partial(export.write_csv, result.orphans),
        "intake.csv": partial(export.write_csv, result.intake.report.rows),
        **beside,
        "why_not.csv": partial(export.write_csv, result.why_not.table(), decimals={"metres": 1}),
        "plan.gpkg": partial(export.write_geopackage, _layers(result, edges)),
        **_map_files(result),
        "plan.json": partial(export.write_json, summary(result)),
    }


def write_graph(area: PreparedArea, out: Path_) -> Path:
    """Write the graph of an area as tables, a map and layers.

    Parameters
    ----------
    area
        What `prepare_area` returned.
    out
        The folder; made if missing.

    Returns
    -------
    Path
        The folder, with ``edges.csv`` (which can be edited and given back), ``cuts.csv``,
        ``fragile.csv``, ``intake.csv``, ``graph.gpkg``, ``graph.html`` and, where an edge list was
        given back, ``edited.csv``.
    """
    graph, practices = area.graph, shown_practices(area.intake.practices)
    layers = adjacency.graph_layers(graph, area.territories, practices, area.intake.branches)
    metres = {"border_m": 1, "distance_m": 1}
    edges = adjacency.edges_frame(graph)
    files: dict[str, Callable[[Path], object]] = {
        "edges.csv": partial(export.write_csv, edges, decimals=metres),
        "cuts.csv": partial(export.write_csv, adjacency.cuts_frame(graph)),
        "fragile.csv": partial(export.write_csv, adjacency.fragile(graph, practices)),
        "intake.csv": partial(export.write_csv, area.intake.report.rows),
        "graph.gpkg": partial(export.write_geopackage, layers),
        "graph.html": partial(_write_graph_map, area, layers),
    }
    edited = adjacency.edited_frame(graph)
    if edited is not None:
        files["edited.csv"] = partial(export.write_csv, edited)
    return export.write_folder(out, files)


def shown_practices(practices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Practices with their names as people write them."""
    from pcngeo.review.words import display_name

    return practices.assign(name=[display_name(str(name)) for name in practices["name"]])


def graph_words(area: PreparedArea) -> tuple[str, ...]:
    """Say in sentences what an area's graph is and what it hangs on, practices named."""
    said = adjacency.describe(area.graph, shown_practices(area.intake.practices))
    return (*said, *evidence.ground_words(area))


def _write_graph_map(area: PreparedArea, layers: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    from pcngeo.review.sheet import SheetMap, save_sheet

    loaded = area.intake
    sheet = SheetMap(
        area.territories.to_crs(4326).total_bounds,
        f"{loaded.area_name or loaded.area}: who is next to whom",
        "The graph that contiguity is judged on. Areas are derived and indicative; they are not "
        "catchments and do not say where patients live.",
        graph_words(area),
    )
    adjacency.add_to_map(sheet, layers)
    save_sheet(sheet, path)


def _layers(result: PlannedArea, edges: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    import geopandas as gpd
    import shapely

    practices = result.intake.practices
    crs = practices.crs
    x = {p: (a["x"], a["y"]) for p, a in result.graph.nodes(data=True)}
    lines = [
        shapely.LineString([x[a], x[b]])
        for a, b in zip(edges["practice_a"], edges["practice_b"], strict=True)
    ]
    areas = territory.network_areas(result.plan, result.territories, practices)
    home = result.plan.assignment.reindex(result.territories.index)
    beside = [c for c in ("local_authority", "local_authority_name") if c in practices]
    kept = [c for c in (*PRACTICE_COLUMNS, *beside) if c not in result.membership]
    known = practices[kept].assign(note_code=practices["reason_code"], note=practices["reason"])
    layers = {
        "practices": gpd.GeoDataFrame(
            result.membership.join(known), geometry=practices.geometry, crs=crs
        ),
        "territories": result.territories.assign(network=home),
        "networks": areas[["parts", "note", "geometry"]].join(result.measures),
        "edges": gpd.GeoDataFrame(edges, geometry=lines, crs=crs),
    }
    if result.intake.branches is not None:
        layers["branches"] = result.intake.branches
    if result.intake.boundary is not None:
        layers["boundary"] = result.intake.boundary
    return layers


def draw_plan(result: PlannedArea, **more: Any) -> folium.Map:
    """Draw the review page of a planned area.

    Parameters
    ----------
    result
        What `plan_area` returned.
    more
        What else `pcngeo.review.draw_map` takes: `name`, `alternatives`, `today`, `subtitle`.

    Returns
    -------
    folium.Map
        For `pcngeo.review.save_map` and `map_svg`; shows itself in a notebook.
    """
    from pcngeo import review

    loaded = result.intake
    practices = loaded.practices.assign(
        **{c: result.membership[c] for c in ("status", "network", "reason", "reason_code")}
    )
    return review.draw_map(
        result.plan,
        practices,
        result.territories,
        loaded.boundary,
        graph=result.graph,
        measures=result.measures,
        title=loaded.area_name or loaded.area,
        sources=[f"{row.file} ({row.kind})" for row in loaded.sources.itertuples()],
        list_date=None if result.of_lsoas else loaded.list_date,
        subtitle=READ_LSOA if result.of_lsoas else "",
        rules=replace(result.rules, territory="polygons") if result.of_lsoas else result.rules,
        context=loaded.surroundings,
        notes=evidence.evidence_words(result),
        branches=loaded.branches,
        **more,
    )


def _map_files(result: PlannedArea) -> dict[str, Callable[[Path], object]]:
    """Name the page, or, for more practices than a browser can show at ease, a picture."""
    if not evidence.too_many_for_a_page(result):
        return {"map.html": partial(_write_map, result)}
    return {"map.svg": partial(_write_picture, result)}


def _write_picture(result: PlannedArea, path: Path) -> None:
    path.write_text(country_picture(result), encoding="utf-8", newline="\n")


def country_picture(result: PlannedArea) -> str:
    """Draw all networks of a plan of very many practices on one sheet (SVG)."""
    from pcngeo.review.country import draw_country

    loaded, plan, measures, table = result.intake, result.plan, result.measures, result.membership
    practices = loaded.practices.assign(status=table["status"])
    inside = table["status"].isin(PLACED)
    lost = table["status"].isin(UNPLACED)
    parts = (
        ("in networks", inside),
        ("in none", lost),
        ("that take no part", ~inside & ~lost),
    )
    sums = [f"{int(table.loc[m, 'list_size'].sum()):,} patients of {int(m.sum()):,} practices {w}"
            for w, m in parts if m.any()]  # fmt: skip
    date = say_date(loaded.list_date)
    return draw_country(
        territory.network_areas(plan, result.territories, practices),
        measures,
        practices,
        loaded.boundary,
        title=f"{area_title(loaded.area, loaded.area_name)}: {len(measures):,} proposed networks",
        words=(f"{'; '.join(sums)}.", f"Lists of {date}. A proposal, not a decision.", plan.proof),
        window=(result.rules.min_list, result.rules.max_list),
    )


def _write_map(result: PlannedArea, path: Path) -> None:
    from pcngeo.review import save_map

    save_map(draw_plan(result), path)


def summary(result: PlannedArea) -> dict[str, Any]:
    """Everything about a plan but its tables, as plain values: the content of `plan.json`.

    Returns
    -------
    dict
        status, objective and its definition, bound, gap, seconds, method, seed, rules, inputs with
        SHA-256 and date, version, and practices and patients at every stage.
    """
    plan, loaded, table = result.plan, result.intake, result.membership
    by_status = table.groupby("status")["list_size"].agg(["size", "sum"])
    inside = result.measures["in_window"].astype(bool)
    out = int(table.loc[table["status"].isin(UNPLACED), "list_size"].sum())
    return {
        "area": loaded.area,
        "area_name": loaded.area_name,
        "list_date": loaded.list_date.isoformat() if loaded.list_date else None,
        "status": str(plan.status),
        "complete": result.complete,
        "objective": plan.objective,
        "objective_definition": plan.objective_name,
        "bound": plan.bound,
        "gap": plan.gap,
        "patients_in_no_network": out,
        "patients_in_no_network_at_least": out - plan.unplaced_patients + plan.unplaced_bound,
        "seconds": round(plan.seconds, 3),
        "method": plan.method,
        "seed": plan.seed,
        "explanation": list(plan.explanation),
        "joined_by_decision": list(plan.joined),
        **({"proof_of_the_whole": plan.known_of_whole} if plan.known_of_whole else {}),
        "why_not": result.why_not.to_mapping(),
        "networks": {
            "count": len(result.measures),
            "in_window": int(inside.sum()),
            "smallest": int(result.measures["list_size"].min()) if len(inside) else None,
            "largest": int(result.measures["list_size"].max()) if len(inside) else None,
        },
        "intake_rows_of_this_area": loaded.report.concerning,
        "stages": loaded.report.reconciliation.to_dict(orient="records"),
        "practices": {
            "published": {"practices": len(table), "patients": int(table["list_size"].sum())},
            **{
                str(status): {"practices": int(row["size"]), "patients": int(row["sum"])}
                for status, row in by_status.iterrows()
            },
        },
        "coverage": _coverage(result),
        "split_sites": [
            {
                "site": str(site),
                "practices": list(row["practices"]),
                "networks": list(row["networks"]),
            }
            for site, row in territory.split_sites(plan, result.territories).iterrows()
        ],
        "territories": list(result.territories.attrs.get("notes", ())),
        "geography": list(evidence.evidence_words(result)),
        "graph": list(adjacency.describe(result.graph, shown_practices(loaded.practices))),
        "graph_made": {k: v for k, v in result.graph.graph.items() if k in MADE},
        "rules": result.rules.to_mapping(),
        "rules_sha256": result.rules.digest(),
        "inputs": loaded.sources.to_dict(orient="records"),
        "version": pcngeo.__version__,
    }


def _coverage(result: PlannedArea) -> dict[str, Any]:
    """How much of the practices, patients, area and LSOAs the plan covers (R10)."""
    return {
        str(measure): {
            "covered": round(float(row["covered"]), 3),
            "total": round(float(row["total"]), 3),
            "missing": row["missing"],
        }
        for measure, row in result.coverage.iterrows()
    }
