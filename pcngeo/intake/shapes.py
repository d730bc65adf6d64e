"""Read shapes from any vector file, packed or not, into the National Grid.

A GeoJSON's coordinate system is judged by its coordinates, because its "crs" member may be missing
or stale; any other format must say what it is in.
"""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import BinaryIO

import geopandas as gpd
from pyproj import CRS as CRS_

from pcngeo.errors import DataError, MissingExtra, PatientLevelError, examples
from pcngeo.intake.dialects import KINDS, kind_of_header, kind_of_row
from pcngeo.intake.files import (
    DAMAGE,
    MAX_TABLE_BYTES,
    Path_,
    looks_like,
    members,
    open_file,
    read_member,
    read_whole,
    safe_members,
)
from pcngeo.intake.tables import split_line
from pcngeo.patient_level import refuse_frame
from pcngeo.schema import CRS

__all__ = ["read_shapes", "read_vector", "to_grid"]


def read_shapes(path: Path_) -> gpd.GeoDataFrame:
    """Read lines, points or polygons of the planner's: rivers, bridges, practice areas.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage or shapefile, plain, gzip or zip; or GeoParquet.

    Returns
    -------
    GeoDataFrame
        All rows that have a geometry, in EPSG:27700, columns as in the file; ``attrs["read_as"]``
        says what coordinate system it was taken to be in, where that is not what it says, and
        ``attrs["empty"]`` how many rows without a geometry were left out.

    Raises
    ------
    DataError
        When it is no such file, is empty, or does not say its coordinate system.
    """
    path = Path(path)
    frame, kind = read_vector(path)
    empty = frame.geometry.isna() | frame.geometry.is_empty
    frame = frame[~empty]
    if frame.empty:
        raise DataError("the file holds no shape", file=path.name, todo="Draw at least one")
    frame, read_as = to_grid(frame, kind, path.name)
    frame = frame.reset_index(drop=True)
    frame.attrs["read_as"] = read_as
    frame.attrs["empty"] = int(empty.sum())
    return frame


def read_vector(path: Path) -> tuple[gpd.GeoDataFrame, str]:
    """Read a vector file whatever it is packed in, and say what it is."""
    with open_file(path) as stream:
        head = stream.read(4096)
        if path.suffix.lower() == ".shp":
            _refuse_other(head, path.name)
            return _by_gdal(path, path.name), "shp"
        if looks_like(head) == "zip":
            return _from_zip(stream, path.name)
    if looks_like(head) == "gpkg":
        return _by_gdal(path, path.name), "gpkg"
    if looks_like(head) == "a Parquet file":
        return _from_parquet(path), "parquet"
    with members(path) as found:
        _, content = next(found)
        data = read_whole(content)
    return _from_bytes(data, path.name)


def _from_parquet(path: Path) -> gpd.GeoDataFrame:
    """Read GeoParquet, which says its coordinate system."""
    try:
        frame = gpd.read_parquet(path)
    except ImportError:
        raise MissingExtra(
            f"{path.name}: reading Parquet needs pyarrow. Install pcngeo[parquet] or give a "
            "GeoPackage."
        ) from None
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise DataError(
            f"the file holds no shapes ({reason})",
            file=path.name,
            todo="Export it as GeoParquet or GeoPackage",
        ) from None
    refuse_frame(frame.drop(columns=frame.geometry.name), path.name)
    return frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame


def _refuse_other(head: bytes, name: str) -> None:
    """Refuse what is called a shapefile and is something else: GDAL would open it all the same."""
    what = looks_like(head)
    if what != "shp":
        shown = "a table or text" if what == "text" else what
        raise DataError(f"this is {shown}, not a shapefile", file=name, todo="Fetch it again")


def _from_bytes(data: bytes, name: str) -> tuple[gpd.GeoDataFrame, str]:
    if len(data) > MAX_TABLE_BYTES:
        raise DataError("the boundary file is larger than any published one", file=name)
    what = looks_like(data[:4096])
    if what not in ("json", "gpkg"):
        kind = _kind_of_table(data, name) if what == "text" else ""
        shown = "a table or text" if what == "text" else what
        shown = KINDS[kind].title if kind else shown
        todo = "Areas and lines are read from GeoJSON, GeoPackage, GeoParquet or a zipped shapefile"
        if kind and KINDS[kind].flag:
            todo = f"Give it with {KINDS[kind].flag}; {todo}"
        raise DataError(f"this is {shown}, not a boundary file", file=name, todo=todo)
    if what == "gpkg":
        with tempfile.TemporaryDirectory(prefix="pcngeo-") as folder:
            unpacked = Path(folder) / "boundaries.gpkg"
            unpacked.write_bytes(data)
            return _by_gdal(unpacked, name), what
    return _by_gdal(io.BytesIO(data), name), what


def _kind_of_table(data: bytes, name: str) -> str:
    """Say what kind of table was given instead; ``""`` when it is not known."""
    try:
        row = split_line(data[: 1 << 16].split(b"\n", 1)[0], name, 1)
    except DataError:
        return ""
    return kind_of_row(row) or kind_of_header(row)


def _from_zip(stream: BinaryIO, name: str) -> tuple[gpd.GeoDataFrame, str]:
    """Read the first vector file of a zip archive."""
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = sorted(safe_members(archive, name), key=lambda info: info.filename)
            for info in infos:
                if info.filename.lower().endswith((".geojson", ".json", ".gpkg")):
                    return _from_bytes(read_member(archive, info), name)
            shapes = [info.filename for info in infos if info.filename.lower().endswith(".shp")]
            if shapes:
                return _zipped_shapefile(archive, shapes[0], infos, name), "shp"
    except DataError:
        raise
    except DAMAGE as error:
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
                data = read_member(archive, info)
                if ending == ".shp":
                    _refuse_other(data[:4096], name)
                (Path(folder) / f"areas{ending}").write_bytes(data)
        return _by_gdal(Path(folder) / "areas.shp", name)


def _by_gdal(source: Path | io.BytesIO, name: str) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            frame = gpd.read_file(source)
        lost = [str(w.message) for w in said if "nvalid" in str(w.message)]
        if lost:
            raise ValueError(lost[0])
        refuse_frame(frame.drop(columns="geometry", errors="ignore"), name)
        return frame
    except PatientLevelError:
        raise
    except Exception as error:  # GDAL raises its own kinds for every driver
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            f"the boundary file cannot be read ({reason})", file=name, todo="Fetch it again"
        ) from None


def to_grid(frame: gpd.GeoDataFrame, kind: str, name: str) -> tuple[gpd.GeoDataFrame, str]:
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
