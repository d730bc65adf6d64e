"""Read boundaries of areas, in any format, and find the ones of the area that is planned.

Everything is brought to EPSG:27700; see `pcngeo.intake.shapes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pcngeo.errors import DataError
from pcngeo.intake.areas import EVERYTHING, Wanted, plain_name
from pcngeo.intake.files import Path_
from pcngeo.intake.shapes import read_shapes, read_vector, to_grid
from pcngeo.schema import CRS

__all__ = [
    "Boundaries",
    "cut_boundary",
    "cut_surroundings",
    "name_areas",
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
    frame, kind = read_vector(path)
    name = path.name
    polygons = frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    if frame.empty or not polygons.any():
        raise DataError("the file holds no polygon", file=name, todo="--boundaries wants areas")
    frame, read_as = to_grid(frame[polygons], kind, name)
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


def name_areas(areas: pd.DataFrame, boundaries: Boundaries) -> pd.DataFrame:
    """Name areas that only have a code as the boundary file does, by their ONS code.

    Parameters
    ----------
    areas
        See `areas.area_table`.
    boundaries
        A boundary file.

    Returns
    -------
    DataFrame
        The same table; names that were known stay.
    """
    named = boundaries.frame[boundaries.frame["ons"] != ""].drop_duplicates("ons")
    known = dict(zip(named["ons"], named["name"], strict=True))
    names = [
        name or known.get(ons, "") for name, ons in zip(areas["name"], areas["ons"], strict=True)
    ]
    return areas.assign(name=pd.Series(names, index=areas.index, dtype="str"))


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
