"""The planner's own geography: what territories are drawn from, and what cuts or links them.

Everything here is optional. Files are read once; `draw` hands them to the territories and the
graph, for a plan of any origin. Each is named with its checksum among the plan's sources.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from pcngeo.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

    from pcngeo.intake import Intake
    from pcngeo.intake.account import Note
    from pcngeo.rules import Rules

__all__ = [
    "GEOGRAPHY",
    "Geography",
    "asks_authorities",
    "authorities_of_postcodes",
    "draw",
    "read_geography",
    "with_sources",
]

#: Names of the inputs, in the order of the options.
GEOGRAPHY = (
    "lsoas",
    "practice_areas",
    "barriers",
    "bridges",
    "edges",
    "travel",
    "authorities",
    "deprivation",
    "rurality",
)
#: Columns that may hold the ODS code of a practice's area.
CODE_COLUMNS = ("practice", "ods_code", "practice_code", "org_code", "code")


@dataclass(frozen=True, eq=False)
class Geography:
    """Frames in EPSG:27700, each `None` when it was not given.

    Parameters
    ----------
    lsoas
        Polygons of LSOAs, index `lsoa`: for ``territory = "registrations"``.
    practice_areas
        Polygons of practices, column `practice`: for ``territory = "polygons"``.
    barriers, bridges
        Lines that cut, and lines that link (Q26).
    edges
        An edge list corrected by hand: the graph has its edges and no others.
    travel
        Table of travel times or road distances, read once the practices are known
        (`pcngeo.travel.read_travel`); a path.
    authorities
        Polygons of local authorities, column `ons`: in which of them every practice is. Without
        them the codes of the postcode file serve.
    deprivation, rurality
        By LSOA (`pcngeo.intake.statistics`), for objectives about who is registered.
    sources
        Rows for the plan's sources: flag, file, kind, sha256, date, rows.
    notes
        What was guessed or repaired on reading, for the account (Q27).
    """

    lsoas: gpd.GeoDataFrame | None = None
    practice_areas: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    bridges: gpd.GeoDataFrame | None = None
    edges: pd.DataFrame | None = None
    travel: Path | None = None
    authorities: gpd.GeoDataFrame | None = None
    deprivation: pd.DataFrame | None = None
    rurality: pd.DataFrame | None = None
    sources: tuple[dict[str, object], ...] = ()
    notes: tuple[Note, ...] = ()


def read_geography(
    *,
    lsoas: str | Path | None = None,
    practice_areas: str | Path | None = None,
    barriers: str | Path | None = None,
    bridges: str | Path | None = None,
    edges: str | Path | None = None,
    travel: str | Path | None = None,
    authorities: str | Path | None = None,
    deprivation: str | Path | None = None,
    rurality: str | Path | None = None,
) -> Geography:
    """Read the planner's geography from files.

    Parameters
    ----------
    lsoas
        Boundaries of LSOAs, of the vintage of the registrations (Q19).
    practice_areas
        Polygons with a column of ODS codes (`CODE_COLUMNS`).
    barriers, bridges
        Lines, with the columns `name`, `reason` and, for bridges, `kind` where known.
    edges
        An ``edges.csv`` that was edited.
    travel
        CSV or Parquet, one row a pair of practices, its unit in the name of the column of values.
    authorities
        Boundaries of local authorities.
    deprivation, rurality
        Index of multiple deprivation and rural-urban classification by LSOA.

    Returns
    -------
    Geography

    Raises
    ------
    DataError
        When a file cannot be used.
    """
    given = {
        "lsoas": lsoas,
        "practice_areas": practice_areas,
        "barriers": barriers,
        "bridges": bridges,
        "edges": edges,
        "travel": travel,
        "authorities": authorities,
        "deprivation": deprivation,
        "rurality": rurality,
    }
    frames: dict[str, Any] = {}
    sources: list[dict[str, object]] = []
    notes: list[Note] = []
    for name, path in given.items():
        if path is None:
            continue
        frame, repaired = _read(name, Path(path))
        frames[name] = Path(path) if name == "travel" else frame
        sources.append(_source(name, Path(path), frame))
        notes += repaired
    return Geography(**frames, sources=tuple(sources), notes=tuple(notes))


def _read(name: str, path: Path) -> tuple[pd.DataFrame, list[Note]]:
    """Read one file; returns it with what was guessed or repaired on the way (Q27)."""
    from pcngeo.adjacency import read_edges
    from pcngeo.intake.account import Note
    from pcngeo.intake.boundaries import read_boundaries, read_shapes
    from pcngeo.intake.statistics import read_deprivation, read_rurality
    from pcngeo.travel import read_table

    tables = {
        "edges": read_edges,
        "travel": read_table,
        "deprivation": read_deprivation,
        "rurality": read_rurality,
    }
    notes: list[Note] = []
    if name in tables:
        frame: pd.DataFrame = tables[name](path)
    elif name == "lsoas":
        read = read_boundaries(path)
        frame = read.frame.set_index("ons").rename_axis("lsoa")
        frame.attrs["read_as"] = read.read_as
        notes += [Note(read.file, 0, label, "", "Q27", what) for label, what in read.repaired]
    elif name == "authorities":
        frame = read_boundaries(path).frame
    else:
        shapes = read_shapes(path)
        shapes.attrs["file"] = path.name
        if shapes.attrs["empty"]:
            what = f"left out: rows of the file that hold no shape, {shapes.attrs['empty']} in all"
            notes.append(Note(path.name, 0, "", "", "Q27", what))
        frame = _coded(shapes, path.name) if name == "practice_areas" else shapes
    if frame.attrs.get("read_as"):
        notes.append(Note(path.name, 0, "", "", "Q27", str(frame.attrs["read_as"])))
    return frame, notes


def _source(name: str, path: Path, frame: pd.DataFrame) -> dict[str, object]:
    """Name a file among the plan's sources."""
    from pcngeo.intake.files import checksum

    kind, read_as = name.replace("_", " "), str(frame.attrs.get("read_as", ""))
    return {
        "flag": name,
        "file": path.name,
        "kind": f"{kind}, {read_as.split(',', maxsplit=1)[0]}" if read_as else kind,
        "sha256": checksum(path),
        "date": "",
        "rows": len(frame),
    }


def with_sources(loaded: Intake, own: Geography) -> Intake:
    """Name the planner's own files among the sources of an area, and in its account.

    Where boundaries of local authorities are given, they say which one a practice is in (R23).
    """
    if own.authorities is not None:
        practices = loaded.practices.assign(**_authorities(loaded.practices, own.authorities))
        loaded = dataclasses.replace(loaded, practices=practices)
    if not own.sources:
        return loaded
    sources = pd.concat([loaded.sources, pd.DataFrame(own.sources)], ignore_index=True)
    near = _lsoas_near(loaded, own)
    here = [n for n in own.notes if not n.code or near is None or n.code in near]
    rest = [n for n in own.notes if n not in here]
    report = loaded.report.with_notes(here).with_others(rest)
    return dataclasses.replace(loaded, sources=sources, report=report)


def _lsoas_near(loaded: Intake, own: Geography) -> set[str] | None:
    """Codes of the LSOAs at the area; a file of them is often of the whole country."""
    if own.lsoas is None or loaded.boundary is None:
        return None
    box = shapely.box(*loaded.boundary.total_bounds)
    return {str(code) for code in own.lsoas.index[own.lsoas.sindex.query(box)]}


def draw(
    loaded: Intake, rules: Rules, own: Geography | None = None
) -> tuple[gpd.GeoDataFrame, nx.Graph[str]]:
    """Draw the territories of an area and build its graph.

    Parameters
    ----------
    loaded
        The area, as of `pcngeo.intake.load`, with what `with_sources` adds.
    rules
        The planner's choices.
    own
        The planner's geography.

    Returns
    -------
    territories, graph
        See `pcngeo.schema`.
    """
    from pcngeo.adjacency import build_graph
    from pcngeo.inputs import attach
    from pcngeo.schema import check_graph, check_territories
    from pcngeo.territory import build_territories
    from pcngeo.travel import read_travel

    own = own or Geography()
    territories = build_territories(
        loaded.practices,
        loaded.boundary,
        rules,
        branches=loaded.branches,
        registrations=loaded.registrations,
        lsoas=own.lsoas,
        polygons=own.practice_areas,
    )
    graph = build_graph(
        loaded.practices,
        territories,
        rules,
        barriers=own.barriers,
        bridges=own.bridges,
        edited=own.edges,
        travel=None if own.travel is None else read_travel(own.travel, territories.index),
    )
    known, common = _known(loaded, rules, own)
    return check_territories(territories), check_graph(attach(graph, known, common))


def _known(
    loaded: Intake, rules: Rules, own: Geography
) -> tuple[dict[str, dict[str, object]], dict[tuple[str, str], float] | None]:
    """Collect what the rules' objectives and demands need to know of practices."""
    from pcngeo.inputs import patients_in_common
    from pcngeo.profile import practice_profile

    used = {name for stage in rules.stages for name, _ in stage}
    known: dict[str, dict[str, object]] = {}
    practices, registrations = loaded.practices, loaded.registrations
    if "changed" in used and practices["network_today"].fillna("").ne("").any():
        known["network_today"] = practices["network_today"].fillna("").to_dict()
    if own.authorities is not None:
        inside = practices["local_authority"]  # of these boundaries: `with_sources` put them there
        known["local_authority"] = {str(p): str(code) for p, code in inside.items() if code}
    elif asks_authorities(rules) and (coded := authorities_of_postcodes(practices)):
        known["local_authority"] = coded
    if registrations is not None and any(n.endswith(("_mixed", "_alike")) for n in used):
        table = practice_profile(
            practices,
            registrations=registrations,
            deprivation=own.deprivation,
            rurality=own.rurality,
        )
        columns = {"most_deprived_20_share": "deprived_share", "rural_share": "rural_share"}
        for column, name in columns.items():
            if column in table:
                known[name] = {str(p): float(v) for p, v in table[column].items()}
    if registrations is None or "common" not in used:
        return known, None
    return known, patients_in_common(registrations)


def asks_authorities(rules: Rules) -> bool:
    """Tell whether the rules minimise or limit the local authorities of a network (R23)."""
    used = {name for stage in rules.stages for name, _ in stage}
    return bool(rules.max_authorities) or "authorities" in used


def authorities_of_postcodes(practices: pd.DataFrame) -> dict[str, object]:
    """Look up the local authority that the postcode file puts every practice in (R23).

    Returns
    -------
    dict
        Code by practice, ``""`` where it is unknown; empty where no practice's is known.
    """
    if "local_authority" not in practices:
        return {}
    coded: dict[str, object] = {
        str(p): str(code) for p, code in practices["local_authority"].fillna("").items()
    }
    return coded if any(coded.values()) else {}


def _authorities(
    practices: gpd.GeoDataFrame, authorities: gpd.GeoDataFrame
) -> dict[str, pd.Series]:
    """Find the local authority that every practice lies in: its code and its name."""
    import geopandas as gpd

    points = practices.loc[practices.geometry.notna() & ~practices.geometry.is_empty, ["geometry"]]
    shapes = authorities[["ons", "name", "geometry"]].rename(columns={"name": "called"})
    inside = gpd.sjoin(points, shapes, predicate="intersects")
    first = inside.sort_values("ons").groupby(level=0)[["ons", "called"]].first()
    first = first.reindex(practices.index).fillna("").astype(str)
    return {"local_authority": first["ons"], "local_authority_name": first["called"]}


def _coded(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    """Name the column of ODS codes `practice`."""
    lower = {str(column).lower(): column for column in frame.columns}
    for name in CODE_COLUMNS:
        if name in lower:
            return frame.rename(columns={lower[name]: "practice"})
    raise DataError(
        "no column holds the practices' ODS codes",
        file=file,
        todo=f"Name it one of {', '.join(CODE_COLUMNS)}",
    )
