"""A plan's folder, read back: what can be drawn again, reviewed, changed and written anew.

``plan.gpkg`` holds practices, territories, links and boundary with every digit, ``plan.json`` the
rules and where the plan came from. So nobody has to keep the published files to answer a review.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.intake import Intake, IntakeReport
from pcngeo.optimise.whynot import WhyNot
from pcngeo.papers import read_plan
from pcngeo.papers.area import read_cells
from pcngeo.pipeline import PlannedArea, finish_plan
from pcngeo.plan import Plan, Status
from pcngeo.prepared import PreparedArea
from pcngeo.rules import Rules
from pcngeo.schema import (
    PLACED,
    PRACTICE_COLUMNS,
    check_boundary,
    check_graph,
    check_practices,
    check_territories,
)
from pcngeo.within import cut_folder

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["read_edited", "reopen"]

#: What is known of local authorities (R23); folders of older versions lack the names.
AUTHORITY = ("local_authority", "local_authority_name")
LAYERS = ("practices", "territories", "edges")
#: Tables of a folder that are worked out from files which a folder does not keep.
NOT_KEPT = (
    "lsoas.csv",
    "localisation.csv",
    "overlap.csv",
    "travel.csv",
    "travel_missing.csv",
)


def reopen(folder: str | Path, area: str = "") -> PlannedArea:
    """Read the folder of a plan back.

    Parameters
    ----------
    folder
        A folder that `pcngeo.pipeline.plan_area` or a command wrote.
    area
        One area of a plan of many: only that, with the networks that cross its border whole.

    Returns
    -------
    PlannedArea
        As it was when the folder was written, but for registrations, the table of travel and the
        planner's own files, which are not kept; `not_kept` names the tables that cannot be worked
        out again without them, and every output of the new plan says so.

    Raises
    ------
    DataError
        When the folder is no plan's, lacks a file, or a file cannot be read.
    """
    folder = Path(folder)
    said = _summary(folder)
    layers = _layers(folder / "plan.gpkg")
    rows = _rows(folder / "intake.csv")
    table, graph = _table_and_graph(layers)
    if area:
        proof = _plan(said, layers, table, graph).proof
        said, layers, rows = cut_folder(said, layers, rows, area, proof)
        table, graph = _table_and_graph(layers)
    made = said.get("graph_made", {})
    graph.graph.update(
        {k: tuple(map(tuple, v)) if isinstance(v, list) else v for k, v in made.items()}
    )
    prepared = PreparedArea(
        _intake(folder, said, layers, table, rows),
        Rules.from_mapping(said["rules"]),
        check_territories(_territories(layers["territories"])),
        graph,
        not_kept=tuple(name for name in NOT_KEPT if (folder / name).is_file()),
    )
    prepared.territories.attrs["notes"] = tuple(said.get("territories", ()))
    why = WhyNot.from_mapping(said["why_not"]) if "why_not" in said else None
    below = _below(folder / "levels.csv", graph)
    return finish_plan(prepared, _plan(said, layers, table, graph), why, below=below)


def read_edited(folder: str | Path, result: PlannedArea) -> tuple[Plan, pd.DataFrame]:
    """Read who is in which network from a folder's ``membership.csv``, which may be edited by hand.

    Parameters
    ----------
    folder
        The folder.
    result
        The folder, read back (`reopen`).

    Returns
    -------
    plan, moved
        The plan of the folder where nobody was moved, else one of status ``given``; and who is
        elsewhere than the plan of the folder has it: index practice, columns `name`, `planned`
        and `edited` (networks).

    Raises
    ------
    DataError
        When the table lacks practices of the plan, names others, or its list sizes are not those
        of the plan.
    """
    path = Path(folder) / "membership.csv"
    practices = result.intake.practices
    edited = read_plan(path, practices)
    table = read_cells(path)
    lost = sorted(set(practices.index) - set(table["practice"]))
    if lost:
        raise DataError(
            f"lacks {len(lost)} of the {len(practices)} practices of the plan: {examples(lost)}",
            file=path,
            todo="To take a practice out of its network, empty its network and keep its row",
        )
    if "list_size" in table:
        listed = table.set_index("practice")["list_size"]
        odd = [p for p, n in practices["list_size"].items() if listed[p] != str(n)]
        if odd:
            raise DataError(
                f"the list sizes of {len(odd)} practices are not those of the plan: "
                f"{examples(sorted(map(str, odd)))}",
                file=path,
                todo="Plan the area again to change list sizes; only networks are edited here",
            )
    planned = result.plan.assignment.reindex(practices.index).fillna("")
    differs = planned != edited.assignment
    moved = pd.DataFrame(
        {
            "name": practices["name"],
            "planned": planned,
            "edited": edited.assignment,
        }
    )[differs.to_numpy()]
    if moved.empty:
        return result.plan, moved
    stayed = tuple(p for p in result.plan.joined if p not in moved.index)
    return edited.replace(joined=stayed, method="membership.csv of a plan, edited by hand"), moved


def _below(path: Path, graph: nx.Graph[str]) -> Plan | None:
    """Read the networks that providers are made of (R24); other plans have no such file."""
    if not path.is_file():
        return None
    todo = "Take the folder as pcngeo plan wrote it"
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        networks = rows.set_index("practice")["network"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"cannot be read ({error})", file=path, todo=todo) from None
    if networks.index.has_duplicates:
        raise DataError("a practice stands twice", file=path, todo=todo)
    return Plan(networks.reindex(sorted(graph)).fillna(""), status=Status.GIVEN)


def _summary(folder: Path) -> dict[str, Any]:
    path = folder / "plan.json"
    todo = "Give the folder that pcngeo plan wrote"
    if not path.is_file():
        if (folder / "1" / path.name).is_file():
            todo = f"Give one of the plans in it: {folder / '1'}"
        raise DataError("there is no plan.json in this folder", file=folder, todo=todo)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read ({error})", file=path, todo=todo) from None
    needed = ("area", "area_name", "list_date", "status", "rules", "stages", "inputs")
    absent = [key for key in needed if not isinstance(said, dict) or key not in said]
    if absent:
        raise DataError(f"does not say {', '.join(absent)}", file=path, todo=todo)
    return dict(said)


def _layers(path: Path) -> dict[str, gpd.GeoDataFrame]:
    todo = "Plan the area again: folders of older versions do not hold all that is needed"
    if not path.is_file():
        raise DataError("there is no plan.gpkg in this folder", file=path.parent, todo=todo)
    layers = _read(path, todo)
    absent = [name for name in LAYERS if name not in layers]
    if not absent:
        absent = [c for c in (*PRACTICE_COLUMNS, "note") if c not in layers["practices"]]
    if absent:
        raise DataError(f"lacks {', '.join(absent)}", file=path, todo=todo)
    for layer in layers.values():
        texts = [c for c in layer.columns if layer[c].dtype == object or layer[c].dtype == "string"]
        for column in texts:
            if column != layer.geometry.name:
                layer[column] = layer[column].fillna("").astype(object)
    return layers


def _read(path: Path, todo: str) -> dict[str, gpd.GeoDataFrame]:
    import pyogrio

    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        return {name: pyogrio.read_dataframe(path, layer=name) for name in names}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        raise DataError(f"cannot be read ({error})", file=path, todo=todo) from None


def _surroundings(path: Path) -> gpd.GeoDataFrame | None:
    """Read the land around the area; a plan without it has no such file."""
    if not path.is_file():
        return None
    land = _read(path, "Take the folder as pcngeo plan wrote it")
    if "surroundings" not in land:
        raise DataError("lacks the layer surroundings", file=path)
    return land["surroundings"].set_index("area")


def _rows(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    for column in ("line", "patients"):
        rows[column] = pd.to_numeric(rows[column]).astype(int)
    return rows


def _table_and_graph(
    layers: dict[str, gpd.GeoDataFrame],
) -> tuple[gpd.GeoDataFrame, nx.Graph[str]]:
    table = layers["practices"].set_index("practice")
    return table, _graph(layers["edges"], table.loc[sorted(layers["territories"]["practice"])])


def _intake(
    folder: Path,
    said: dict[str, Any],
    layers: dict[str, gpd.GeoDataFrame],
    table: gpd.GeoDataFrame,
    rows: pd.DataFrame,
) -> Intake:
    practices = table.assign(reason_code=table["note_code"], reason=table["note"])
    practices["list_size"] = practices["list_size"].astype(int)
    kept = [*PRACTICE_COLUMNS, *(c for c in AUTHORITY if c in practices)]
    boundary = layers.get("boundary")
    around = _surroundings(folder / "surroundings.gpkg")
    if "surroundings" in layers:
        around = layers["surroundings"].set_index("area")
    return Intake(
        practices=check_practices(practices[[*kept, practices.geometry.name]]),
        boundary=None if boundary is None else check_boundary(boundary.set_index("area")),
        surroundings=around,
        report=IntakeReport(
            rows, pd.DataFrame(said["stages"]), int(said.get("intake_rows_of_this_area", 0))
        ),
        list_date=dt.date.fromisoformat(said["list_date"]),
        area=str(said["area"]),
        area_name=str(said["area_name"]),
        sources=pd.DataFrame(said["inputs"]),
        registrations=None,
        branches=None if "branches" not in layers else layers["branches"].set_index("branch"),
    )


def _territories(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return layer.set_index("practice").drop(columns="network")


def _graph(edges: gpd.GeoDataFrame, eligible: gpd.GeoDataFrame) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    for row, point in zip(eligible.itertuples(), eligible.geometry, strict=True):
        size, site = int(str(row.list_size)), str(row.site)
        graph.add_node(str(row.Index), list_size=size, x=point.x, y=point.y, site=site)
    for row in edges.itertuples():
        graph.add_edge(
            str(row.practice_a),
            str(row.practice_b),
            kind=str(row.kind),
            border_m=float(str(row.border_m)),
            distance_m=float(str(row.distance_m)),
            why=str(row.why),
        )
    return check_graph(nx.freeze(graph))


def _plan(
    said: dict[str, Any],
    layers: dict[str, gpd.GeoDataFrame],
    table: gpd.GeoDataFrame,
    graph: nx.Graph[str],
) -> Plan:
    home = table["network"].where(table["status"].isin(PLACED), "")
    # Who joined by decision joins again: what the rules say decides, not the folder.
    joined = [p for p in said.get("joined_by_decision", ()) if p in graph]
    assignment = home.reindex(sorted(graph)).fillna("")
    assignment.loc[joined] = ""
    networks = layers.get("networks")
    hubs = {} if networks is None else dict(zip(networks["network"], networks["hub"], strict=True))
    left = sum(int(graph.nodes[p]["list_size"]) for p in graph if not assignment[p])
    here = sum(int(graph.nodes[p]["list_size"]) for p in joined)
    beyond = int(said["patients_in_no_network"]) - (left - here)
    return Plan(
        assignment,
        status=Status(said["status"]),
        objective=said["objective"],
        bound=said["bound"],
        unplaced_patients=left,
        unplaced_bound=int(said["patients_in_no_network_at_least"]) - beyond + here,
        objective_name=said["objective_definition"],
        method=said["method"],
        seed=int(said["seed"]),
        seconds=float(said["seconds"]),
        hubs={str(network): str(hub) for network, hub in hubs.items()},
        rules_digest=said["rules_sha256"],
        explanation=tuple(said["explanation"]),
        known_of_whole=str(said.get("proof_of_the_whole", "")),
    )
