"""Read boundaries of areas, in any format, and find the ones of the area that is planned.

Everything is brought to EPSG:27700. A GeoJSON's coordinate system is judged by its coordinates,
because its "crs" member may be missing or stale; any other format must say what it is in.
"""

from __future__ import annotations

import io
import re
import tempfile
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS as CRS_

from pcngeo.errors import DataError, PatientLevelError, examples
from pcngeo.intake.areas import EVERYTHING, Wanted, plain_name
from pcngeo.intake.files import (
    MAX_TABLE_BYTES,
    Path_,
    looks_like,
    members,
    open_file,
    safe_members,
)
from pcngeo.intake.tables import SAMPLED_ROWS, refuse_nhs_numbers, refuse_patient_level
from pcngeo.schema import CRS

__all__ = [
    "Boundaries",
    "cut_boundary",
    "cut_surroundings",
    "read_boundaries",
    "read_shapes",
]

_CODE_COLUMN = re.compile(r"^([A-Z]+)(\d\d)CD$")
_ONS_CODE = re.compile(r"^[EW]\d{8}$")
#: Slivers below this are dropped (Q27), square metres.
SLIVER_M2 = 10_000.0


@dataclass(frozen=True, eq=False)
class Boundaries:
    """All areas of a boundary file.

    Parameters
    ----------
    frame
        GeoDataFrame, EPSG:27700, columns ons (ONS code or ``""``), code (NHS code or ``""``),
        name, geometry; one row a feature.
    vintage
        Layer and year of its code column, such as ``CCG 2021``, or ``""``.
    repaired
        ONS code or name of each feature that had to be repaired, with what was done (Q27).
    read_as
        What coordinate system the file was taken to be in, where that is not what it says; or
        ``""``.
    """

    frame: gpd.GeoDataFrame
    vintage: str
    file: str
    repaired: tuple[tuple[str, str], ...]
    read_as: str = ""


def read_boundaries(path: Path_) -> Boundaries:
    """Read a boundary file: GeoJSON, GeoPackage or shapefile, plain, gzip or zip.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Boundaries

    Raises
    ------
    DataError
        When it is no boundary file, holds no polygon, or does not say its coordinate system.
    """
    path = Path(path)
    frame, kind = _read(path)
    name = path.name
    polygons = frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    if frame.empty or not polygons.any():
        raise DataError("the file holds no polygon", file=name, todo="--boundaries wants areas")
    frame, read_as = _to_grid(frame[polygons], kind, name)
    ons, code, title, vintage = _columns(frame)
    geometry, repaired = _mend(frame.geometry)
    labels = pd.DataFrame(
        {"ons": _texts(frame, ons), "code": _texts(frame, code), "name": _texts(frame, title)},
        index=frame.index,
    )
    made = gpd.GeoDataFrame(labels, geometry=geometry, crs=CRS).reset_index(drop=True)
    who = [made["ons"].iloc[i] or made["name"].iloc[i] for i, _ in repaired]
    notes = tuple((label, what) for label, (_, what) in zip(who, repaired, strict=True))
    return Boundaries(made, vintage, name, notes, read_as)


def read_shapes(path: Path_) -> gpd.GeoDataFrame:
    """Read lines, points or polygons of the planner's: rivers, bridges, practice areas.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage or shapefile, plain, gzip or zip.

    Returns
    -------
    GeoDataFrame
        All rows that have a geometry, in EPSG:27700, columns as in the file.

    Raises
    ------
    DataError
        When it is no such file, is empty, or does not say its coordinate system.
    """
    path = Path(path)
    frame, kind = _read(path)
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if frame.empty:
        raise DataError("the file holds no shape", file=path.name, todo="Draw at least one")
    return _to_grid(frame, kind, path.name)[0].reset_index(drop=True)


def _read(path: Path) -> tuple[gpd.GeoDataFrame, str]:
    """Read a vector file whatever it is packed in, and say what it is."""
    if path.suffix.lower() == ".shp":
        return _by_gdal(path, path.name), "shp"
    with open_file(path) as stream:
        head = stream.read(4096)
        if looks_like(head) == "zip":
            return _from_zip(head + stream.read(MAX_TABLE_BYTES), path.name)
    if looks_like(head) == "gpkg":
        return _by_gdal(path, path.name), "gpkg"
    with members(path) as found:
        _, content = next(found)
        data = content.read(MAX_TABLE_BYTES + 1)
    return _from_bytes(data, path.name)


def _from_bytes(data: bytes, name: str) -> tuple[gpd.GeoDataFrame, str]:
    if len(data) > MAX_TABLE_BYTES:
        raise DataError("the boundary file is larger than any published one", file=name)
    what = looks_like(data[:4096])
    if what not in ("json", "gpkg"):
        shown = "a table or text" if what == "text" else what
        raise DataError(
            f"this is {shown}, not a boundary file",
            file=name,
            todo="--boundaries wants GeoJSON, GeoPackage or a zipped shapefile",
        )
    if what == "gpkg":
        with tempfile.TemporaryDirectory(prefix="pcngeo-") as folder:
            unpacked = Path(folder) / "boundaries.gpkg"
            unpacked.write_bytes(data)
            return _by_gdal(unpacked, name), what
    return _by_gdal(io.BytesIO(data), name), what


def _from_zip(data: bytes, name: str) -> tuple[gpd.GeoDataFrame, str]:
    """Read the first vector file of a zip archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = sorted(safe_members(archive, name), key=lambda info: info.filename)
            for info in infos:
                if info.filename.lower().endswith((".geojson", ".json", ".gpkg")):
                    return _from_bytes(archive.read(info), name)
            shapes = [info.filename for info in infos if info.filename.lower().endswith(".shp")]
            if shapes:
                return _zipped_shapefile(archive, shapes[0], infos, name), "shp"
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError) as error:
        raise DataError(f"the zip archive is damaged ({error})", file=name) from None
    shown = examples(Path(info.filename).name for info in infos)
    raise DataError(f"the archive holds no boundary file but {shown}", file=name)


def _zipped_shapefile(
    archive: zipfile.ZipFile, shape: str, infos: list[zipfile.ZipInfo], name: str
) -> gpd.GeoDataFrame:
    """Unpack a shapefile and its sidecars under a name of our own, and read it."""
    stem = shape[:-4].lower()
    with tempfile.TemporaryDirectory(prefix="pcngeo-") as folder:
        for info in infos:
            if info.filename.lower()[:-4] == stem:
                ending = info.filename.lower()[-4:]
                (Path(folder) / f"areas{ending}").write_bytes(archive.read(info))
        return _by_gdal(Path(folder) / "areas.shp", name)


def _by_gdal(source: Path | io.BytesIO, name: str) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            frame = gpd.read_file(source)
        lost = [str(w.message) for w in said if "nvalid" in str(w.message)]
        if lost:
            raise ValueError(lost[0])
        _refuse_patients(frame, name)
        return frame
    except PatientLevelError:
        raise
    except Exception as error:  # GDAL raises its own kinds for every driver
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            f"the boundary file cannot be read ({reason})", file=name, todo="Fetch it again"
        ) from None


def _refuse_patients(frame: pd.DataFrame, name: str) -> None:
    """Refuse shapes whose properties speak of single patients, such as points of their homes."""
    cells = frame.drop(columns="geometry", errors="ignore")
    refuse_patient_level(tuple(str(column) for column in cells.columns), name)
    rows = cells.head(SAMPLED_ROWS).fillna("").astype(str).to_numpy().tolist()
    refuse_nhs_numbers(rows, name)


def _to_grid(frame: gpd.GeoDataFrame, kind: str, name: str) -> tuple[gpd.GeoDataFrame, str]:
    """Bring boundaries to the National Grid, judging a GeoJSON by its coordinates.

    The second is a sentence where that is not the coordinate system that the file says.
    """
    if kind == "json":
        said = frame.crs
        west, south, east, north = frame.total_bounds
        seen = _sniffed(west, south, east, north, name)
        return frame.set_crs(seen, allow_override=True).to_crs(CRS), _told_apart(said, seen)
    if frame.crs is None:
        raise DataError(
            "the boundary file does not say what coordinate system it is in (CRS)",
            file=name,
            todo="Add the .prj file, or export it again as GeoPackage in EPSG:27700",
        )
    return frame.to_crs(CRS), ""


def _told_apart(said: CRS_ | None, seen: str) -> str:
    """Say so when the coordinates of a GeoJSON are not in the system that it says."""
    if said is not None and (
        said.to_epsg() == int(seen[5:]) or (said.is_geographic and seen == "EPSG:4326")
    ):
        return ""
    names = "nothing, or degrees" if said is None or said.is_geographic else str(said.name)
    return f"read as {seen}, which its coordinates are in; the file says {names}"


def _sniffed(west: float, south: float, east: float, north: float, name: str) -> str:
    """Judge the coordinate system of a GeoJSON by the range of its coordinates."""
    if west >= -11 and east <= 4 and south >= 48 and north <= 62:
        return "EPSG:4326"
    in_metres = max(abs(west), abs(east), abs(south), abs(north)) > 360
    if in_metres and west >= -1e5 and east <= 8e5 and south >= -1e5 and north <= 1.4e6:
        return CRS
    if west >= -1_300_000 and east <= 500_000 and south >= 6_000_000 and north <= 9_000_000:
        return "EPSG:3857"
    swapped = west >= 48 and east <= 62 and south >= -11 and north <= 4
    raise DataError(
        "the coordinates look swapped: latitude stands where longitude should"
        if swapped
        else f"the coordinates ({west:g}, {south:g}) to ({east:g}, {north:g}) lie outside Britain "
        "in every coordinate system that is published",
        file=name,
        todo="Export the file again in EPSG:4326 or EPSG:27700",
    )


def _columns(frame: gpd.GeoDataFrame) -> tuple[str, str, str, str]:
    """Find the columns of the ONS code, the NHS code and the name, and the vintage."""
    plain = {str(column).upper(): str(column) for column in frame.columns if column != "geometry"}
    ons = code = name = vintage = ""
    for upper, column in plain.items():
        match = _CODE_COLUMN.match(upper)
        if match and not ons and match[1] not in ("NHSER", "CTRY"):
            ons, vintage = column, f"{match[1]} 20{match[2]}"
            code = plain.get(f"{upper}H", "")
            name = plain.get(f"{match[1]}{match[2]}NM", "")
    if not ons:
        texts = [c for c in plain.values() if pd.api.types.is_string_dtype(frame[c])]
        ons = next((c for c in texts if frame[c].astype(str).str.match(_ONS_CODE).all()), "")
    if not code:
        wanted = ("CCG_CODE", "SUB_ICB_LOCATION_CODE", "SUB_ICB_CODE", "ICB_CODE", "CODE", "AREA")
        code = next((plain[c] for c in wanted if c in plain and plain[c] != ons), "")
    if not name:
        name = next((plain[c] for c in ("NAME", "CCG_NAME", "AREA_NAME") if c in plain), "")
    return ons, code, name, vintage


def _texts(frame: gpd.GeoDataFrame, column: str) -> pd.Series[str]:
    if not column:
        return pd.Series("", index=frame.index)
    texts: pd.Series[str] = frame[column].fillna("").astype(str).str.strip()
    return texts


def _mend(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, list[tuple[int, str]]]:
    """Make shapes valid and drop slivers below one hectare, saying which (Q27)."""
    mended = shapes.to_numpy().copy()
    invalid = ~shapely.is_valid(mended)
    repaired = [
        (int(i), "its geometry was invalid and was repaired") for i in np.flatnonzero(invalid)
    ]
    mended[invalid] = [_polygons(shapely.make_valid(shape)) for shape in mended[invalid]]
    parts, owner = shapely.get_parts(mended, return_index=True)
    small = shapely.area(parts) < SLIVER_M2
    for i in np.unique(owner[small]):
        large = parts[(owner == i) & ~small]
        count = int(small[owner == i].sum())
        if len(large):
            slivers = "1 sliver" if count == 1 else f"{count} slivers"
            repaired.append((int(i), f"{slivers} below one hectare dropped"))
            mended[i] = shapely.multipolygons(large) if len(large) > 1 else large[0]
    return gpd.GeoSeries(mended, index=shapes.index, crs=shapes.crs), sorted(repaired)


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons of a geometry that was made valid; lines and points are left over."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.unary_union(parts)


def cut_boundary(
    boundaries: Boundaries, wanted: Wanted, areas: pd.DataFrame, listed: str
) -> gpd.GeoDataFrame:
    """Cut out the boundary of an area, linked by ONS code, else by NHS code or name (Q14).

    Parameters
    ----------
    boundaries
        A boundary file.
    wanted
        The area; see `areas.resolve`.
    areas
        See `areas.area_table`.
    listed
        The list file and its date, for messages.

    Returns
    -------
    GeoDataFrame
        Index `area` (code), columns name, geometry, EPSG:27700; one row a commissioning area, or
        one for a wider area that stands in the file as a whole.

    Raises
    ------
    DataError
        When an area is not in the file: boundaries and lists of different dates do not match.
    """
    frame = boundaries.frame
    if wanted.features:
        rows = frame.loc[list(wanted.features)]
        names = rows["ons"].where(rows["ons"] != "", rows["code"])
        names = names.where(names != "", rows["name"])
        return _made(list(names), list(rows["name"]), list(rows.geometry))
    if wanted.codes == (EVERYTHING,):
        return _only(boundaries, wanted, listed)
    parts = [
        (code, str(areas.loc[code, "ons"]), str(areas.loc[code, "name"])) for code in wanted.codes
    ]
    masks = [_match(frame, *part) for part in parts]
    if wanted.whole is not None and not all(mask.any() for mask in masks):
        whole = _match(frame, *wanted.whole)
        if whole.any():
            parts, masks = [wanted.whole], [whole]
    for part, mask in zip(parts, masks, strict=True):
        if not mask.any():
            raise _no_boundary(boundaries, *part, listed)
    return _made(
        [code for code, _, _ in parts],
        [n or frame["name"][m].iloc[0] for (_, _, n), m in zip(parts, masks, strict=True)],
        [shapely.unary_union(frame.geometry[mask].to_numpy()) for mask in masks],
    )


def cut_surroundings(boundaries: Boundaries, boundary: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut out what the boundary file knows around an area: land next door, so that sea is sea.

    Parameters
    ----------
    boundaries
        A boundary file.
    boundary
        The area, as of `cut_boundary`.

    Returns
    -------
    GeoDataFrame
        Index `area` (code), columns name, geometry, EPSG:27700: the other features of the file,
        clipped to the area's surroundings (its extent and as much again on every side).
    """
    west, south, east, north = boundary.total_bounds
    margin = max(east - west, north - south)
    window = shapely.box(west - margin, south - margin, east + margin, north + margin)
    frame = boundaries.frame
    near = frame.iloc[sorted(frame.sindex.query(window, predicate="intersects"))]
    area = boundary.union_all()
    own = near.geometry.intersection(area).area > 0.5 * near.geometry.area
    near = near[~own]
    codes = near["ons"].where(near["ons"] != "", near["code"])
    shapes = near.geometry.intersection(window)
    return _made(list(codes), list(near["name"]), list(shapes))


def _only(boundaries: Boundaries, wanted: Wanted, listed: str) -> gpd.GeoDataFrame:
    """Find the boundary of a planner's own table: the feature of its name, or the only one."""
    frame = boundaries.frame
    label = wanted.label.upper()
    mask = (frame[["ons", "code", "name"]].apply(lambda c: c.str.upper()) == label).any(axis=1)
    if not mask.any() and len(frame) > 1:
        raise _no_boundary(boundaries, wanted.label, "", "", listed)
    shape = shapely.unary_union(frame.geometry[mask if mask.any() else frame.index].to_numpy())
    return _made([EVERYTHING], [wanted.name], [shape])


def _made(codes: list[str], names: list[str], shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    index = pd.Index(codes, name="area", dtype="str")
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, index=index, crs=CRS)


def _match(frame: gpd.GeoDataFrame, code: str, ons: str, name: str) -> pd.Series[bool]:
    """Match by ONS code where both sides have one; only else by NHS code or name."""
    columns = pd.DataFrame(frame[["ons", "code", "name"]])
    if ons and (columns["ons"] != "").any():
        return columns["ons"] == ons
    by_code: pd.Series[bool] = columns["code"].str.upper() == code
    if by_code.any():
        return by_code
    by_ons: pd.Series[bool] = columns["ons"] == code
    return by_ons if by_ons.any() else columns["name"].map(plain_name) == plain_name(name or code)


def _no_boundary(boundaries: Boundaries, code: str, ons: str, name: str, listed: str) -> DataError:
    frame = boundaries.frame
    vintage = f" ({boundaries.vintage})" if boundaries.vintage else ""
    if not (frame[["ons", "code", "name"]] != "").to_numpy().any():
        return DataError(
            f"none of the {len(frame)} shapes of this file has a code or a name, so area {code} "
            "cannot be found among them",
            file=boundaries.file,
            todo=f"Give the shape of the area a property CODE with the value {code}",
        )
    by_name = frame["name"].map(plain_name) == plain_name(name)
    same = frame.index[(by_name & bool(name)) | (frame["code"].str.upper() == code)]
    hint = ""
    if len(same) and ons and frame["ons"].loc[same[0]]:
        hint = f"; it has {frame['ons'].loc[same[0]]} under that name, which is another vintage"
    return DataError(
        f"area {code} ({ons or 'no ONS code'}{', ' + name if name else ''}) of {listed} is not "
        f"among the {len(frame)} areas of this file{vintage}{hint}",
        file=boundaries.file,
        todo="Codes change when areas merge (Q14): use boundaries of the same date as the lists",
    )
