"""The stages in order: the only file that knows the order.

``load -> build_territories -> build_graph -> solve -> verify -> propose -> membership -> measure``,
then the folder: tables, `plan.json`, GeoPackage and map.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import pcngeo
from pcngeo import adjacency, agreed, evaluate, export, intake, orphans, territory
from pcngeo.errors import DataError, PcnGeoError
from pcngeo.geography import GEOGRAPHY, Geography, read_geography
from pcngeo.optimise import explain, solve
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.schema import check_graph, check_territories

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["PlannedArea", "plan_area"]

Path_ = str | Path
Report = Callable[[str, str], None]


@dataclass(frozen=True, eq=False)
class PreparedArea:
    """An area with its graph, before anything is planned.

    Parameters
    ----------
    intake
        Practices, boundary and the account of every input row.
    rules
        The planner's choices.
    territories, graph
        What contiguity is judged on (`pcngeo.schema`).
    """

    intake: intake.Intake
    rules: Rules
    territories: gpd.GeoDataFrame
    graph: nx.Graph[str]


@dataclass(frozen=True, eq=False)
class PlannedArea(PreparedArea):
    """A planned area: every value of the path, in the order in which it came about.

    Parameters
    ----------
    intake, rules, territories, graph
        As of `PreparedArea`.
    plan
        Who is in which network, with its proof.
    proposals
        Homes offered to practices in no network.
    membership, measures
        One row a practice, one row a network.
    """

    plan: Plan
    proposals: pd.DataFrame
    membership: pd.DataFrame
    measures: pd.DataFrame

    @property
    def complete(self) -> bool:
        """Whether every practice that takes part is in a network that the rules allow."""
        orphans_left = self.membership["status"].isin(["orphan", "proposed"]).any()
        return self.plan.status is not Status.INFEASIBLE and not bool(orphans_left)


def plan_area(
    *,
    lists: Path_,
    postcodes: Path_ | Sequence[Path_],
    area: str | Sequence[str],
    organisations: Path_ | None = None,
    boundaries: Path_ | None = None,
    membership: Path_ | None = None,
    registrations: Path_ | None = None,
    neighbours: Sequence[str] = (),
    list_date: dt.date | None = None,
    lsoas: Path_ | None = None,
    practice_areas: Path_ | None = None,
    barriers: Path_ | None = None,
    bridges: Path_ | None = None,
    edges: Path_ | None = None,
    rules: Rules | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    out: Path_ | None = None,
    progress: Report | None = None,
) -> PlannedArea:
    """Plan an area from published files, and write the output folder.

    Parameters
    ----------
    lists
        Patients registered at a GP practice, by practice (``gp-reg-pat-prac-all``).
    postcodes
        One or several postcode files; the first that knows a postcode wins.
    area
        Code of the commissioning area, or several to plan as one.
    organisations, boundaries, membership, registrations
        ``epraccur``; area boundaries; practice to PCN map; registered patients by LSOA.
    neighbours
        Practices of other areas to include (R19).
    list_date
        Date of the lists, for a table of your own that does not hold it (R06).
    lsoas, practice_areas, barriers, bridges, edges
        The planner's geography; see `pcngeo.geography.read_geography`.
    rules
        The planner's choices; the default rules where none are given.
    seed
        Seed of the random choices of the search.
    time_limit
        Seconds that the optimiser may take; without one it goes on until the proof.
    out
        Folder to write; nothing is written without one.
    progress
        Called with the name of a stage and a sentence when it begins or moves on.

    Returns
    -------
    PlannedArea

    Raises
    ------
    DataError, RulesError, OutputError
        For input, rules or a folder that cannot be used; then nothing has been written.
    """
    if out is not None:
        export.check_folder(out)
    prepared = prepare_area(
        lists=lists,
        postcodes=postcodes,
        area=area,
        organisations=organisations,
        boundaries=boundaries,
        membership=membership,
        registrations=registrations,
        neighbours=neighbours,
        list_date=list_date,
        lsoas=lsoas,
        practice_areas=practice_areas,
        barriers=barriers,
        bridges=bridges,
        edges=edges,
        rules=rules,
        progress=progress,
    )
    result = plan_prepared(prepared, seed=seed, time_limit=time_limit, progress=progress)
    if out is not None:
        if progress:
            progress("write", f"writing {out}")
        write_plan(result, out)
    return result


def prepare_area(
    *, rules: Rules | None = None, progress: Report | None = None, **inputs: Any
) -> PreparedArea:
    """Load an area, draw its territories and build its graph.

    Parameters
    ----------
    rules, progress, inputs
        As of `plan_area`.

    Returns
    -------
    PreparedArea
    """
    rules = rules or Rules()
    say = progress or _silent
    say("load", "reading the published files")
    own = read_geography(**{name: inputs.pop(name, None) for name in GEOGRAPHY})
    loaded = intake.load(**inputs, rules=rules, progress=say)
    if own.sources:
        sources = pd.concat([loaded.sources, pd.DataFrame(own.sources)], ignore_index=True)
        loaded = dataclasses.replace(loaded, sources=sources)
    return prepare_intake(loaded, rules, own, progress=say)


def prepare_intake(
    loaded: intake.Intake,
    rules: Rules,
    own: Geography | None = None,
    *,
    progress: Report | None = None,
) -> PreparedArea:
    """Draw the territories and build the graph of an area that has been loaded."""
    say = progress or _silent
    own = own or Geography()
    practices = loaded.practices
    if (practices["reason_code"] == "no_location").all():
        raise DataError(
            f"none of the {len(practices)} practices of {loaded.area} could be located",
            todo="Give a postcode file with --postcodes that knows their postcodes",
        )
    if not (practices["standing"] == "eligible").any():
        raise DataError(
            f"no practice of {loaded.area} can take part: of {len(practices)} practices all are "
            f"{', '.join(sorted(set(practices['standing'])))}",
            todo="Check the area code, the organisations file and the rules",
        )
    say("territory", f"drawing the areas of {len(practices)} practices")
    territories = check_territories(
        territory.build_territories(
            practices,
            loaded.boundary,
            rules,
            registrations=loaded.registrations,
            lsoas=own.lsoas,
            polygons=own.practice_areas,
        )
    )
    graph = check_graph(
        adjacency.build_graph(
            practices,
            territories,
            rules,
            barriers=own.barriers,
            bridges=own.bridges,
            edited=own.edges,
        )
    )
    return PreparedArea(loaded, rules, territories, graph)


def plan_prepared(
    prepared: PreparedArea,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Report | None = None,
) -> PlannedArea:
    """Plan an area that has its graph; parameters as in `plan_area`."""
    say = progress or _silent
    practices, graph, rules = prepared.intake.practices, prepared.graph, prepared.rules
    rest, kept = agreed.set_aside(graph, practices, rules)
    say("solve", f"grouping {len(rest)} practices over {rest.number_of_edges()} links")
    plan = solve(
        rest,
        rules,
        seed=seed,
        time_limit=time_limit,
        progress=lambda phase, best, bound, gap: say("solve", _news(phase, gap)),
    )
    evaluate.verify(plan, rest, rules)
    plan = agreed.grant_rural_waivers(agreed.put_back(plan, kept, graph, rules), graph, rules)
    say("measure", "measuring and checking the plan again")
    proposals = orphans.propose(plan, practices, graph, rules)
    reasons = explain.unplaced_reasons(graph, rules, plan)
    table = evaluate.membership(plan, practices, graph, proposals, reasons)
    _reconcile(prepared.intake, table)
    return PlannedArea(
        prepared.intake,
        rules,
        prepared.territories,
        graph,
        plan=plan,
        proposals=proposals,
        membership=table,
        measures=evaluate.measure(plan, practices, graph, prepared.territories, rules),
    )


def _silent(stage: str, detail: str) -> None:
    """Say nothing."""


def _news(phase: str, gap: float | None) -> str:
    return phase if gap is None else f"{phase}; at most {gap:.2%} from the best possible"


def _reconcile(loaded: intake.Intake, table: pd.DataFrame) -> None:
    """Stop where a practice or a patient was lost between the files and the plan."""
    steps = loaded.report.reconciliation
    expected = int(loaded.practices["list_size"].sum())
    found = int(table["list_size"].sum())
    if len(table) != len(loaded.practices) or found != expected:
        raise PcnGeoError(
            f"the plan holds {len(table)} practices and {found:,} patients, the files "
            f"{len(loaded.practices)} and {expected:,} ({len(steps)} steps): nothing was written."
        )


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
    return {
        "membership.csv": partial(export.write_csv, table),
        "networks.csv": partial(export.write_csv, result.measures),
        "edges.csv": partial(export.write_csv, edges[columns], decimals=metres),
        "intake.csv": partial(export.write_csv, result.intake.report.rows),
        "plan.gpkg": partial(export.write_geopackage, _layers(result, edges)),
        "map.html": partial(_write_map, result),
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
        ``fragile.csv``, ``graph.gpkg`` and ``graph.html``.
    """
    graph, practices = area.graph, area.intake.practices
    layers = adjacency.graph_layers(graph, area.territories, practices)
    metres = {"border_m": 1, "distance_m": 1}
    edges = adjacency.edges_frame(graph)
    files: dict[str, Callable[[Path], object]] = {
        "edges.csv": partial(export.write_csv, edges, decimals=metres),
        "cuts.csv": partial(export.write_csv, adjacency.cuts_frame(graph)),
        "fragile.csv": partial(export.write_csv, adjacency.fragile(graph, practices)),
        "graph.gpkg": partial(export.write_geopackage, layers),
        "graph.html": partial(_write_graph_map, area, layers),
    }
    return export.write_folder(out, files)


def _write_graph_map(area: PreparedArea, layers: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    from pcngeo.review.sheet import SheetMap, save_sheet

    loaded = area.intake
    sheet = SheetMap(
        area.territories.to_crs(4326).total_bounds,
        f"{loaded.area_name or loaded.area}: who is next to whom",
        "The graph that contiguity is judged on. Areas are derived and indicative; they are not "
        "catchments and do not say where patients live.",
        adjacency.describe(area.graph, loaded.practices),
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
    areas = territory.network_areas(result.plan, result.territories)
    home = result.plan.assignment.reindex(result.territories.index)
    layers = {
        "practices": gpd.GeoDataFrame(result.membership, geometry=practices.geometry, crs=crs),
        "territories": result.territories.assign(network=home),
        "networks": areas[["geometry"]].join(result.measures),
        "edges": gpd.GeoDataFrame(edges, geometry=lines, crs=crs),
    }
    if result.intake.boundary is not None:
        layers["boundary"] = result.intake.boundary
    return layers


def _write_map(result: PlannedArea, path: Path) -> None:
    from pcngeo import review

    loaded = result.intake
    practices = loaded.practices.assign(
        **{c: result.membership[c] for c in ("status", "network", "reason", "reason_code")}
    )
    page = review.draw_map(
        result.plan,
        practices,
        result.territories,
        loaded.boundary,
        graph=result.graph,
        measures=result.measures,
        title=loaded.area_name or loaded.area,
        sources=[f"{row.file} ({row.kind})" for row in loaded.sources.itertuples()],
        list_date=loaded.list_date,
        rules=result.rules,
        context=loaded.surroundings,
    )
    review.save_map(page, path)


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
    out = int(table.loc[table["status"].isin(["orphan", "proposed"]), "list_size"].sum())
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
        "networks": {
            "count": len(result.measures),
            "in_window": int(inside.sum()),
            "smallest": int(result.measures["list_size"].min()) if len(inside) else None,
            "largest": int(result.measures["list_size"].max()) if len(inside) else None,
        },
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
        "graph": list(adjacency.describe(result.graph, loaded.practices)),
        "rules": result.rules.to_mapping(),
        "rules_sha256": result.rules.digest(),
        "inputs": loaded.sources.to_dict(orient="records"),
        "version": pcngeo.__version__,
    }


def _coverage(result: PlannedArea) -> dict[str, Any]:
    """How much of the practices, patients and area the plan covers (R10)."""
    table = territory.coverage(
        result.plan, result.intake.practices, result.territories, result.intake.boundary
    )
    return {
        str(measure): {
            "covered": round(float(row["covered"]), 3),
            "total": round(float(row["total"]), 3),
            "missing": row["missing"],
        }
        for measure, row in table.iterrows()
    }
