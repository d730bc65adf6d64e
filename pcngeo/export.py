"""Write the output folder: every file complete or absent, the same bytes for the same plan.

All files are written to a folder beside the target first and moved into place one by one when all
of them are complete; a fault before that leaves the target as it was.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.errors import OutputError
from pcngeo.interrupts import undisturbed

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["check_folder", "write_csv", "write_folder", "write_geopackage", "write_json"]

#: A spreadsheet reads a cell that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def check_folder(folder: str | Path, names: Iterable[str] = ()) -> Path:
    """Make sure that a folder can be written, without leaving anything in it.

    Parameters
    ----------
    folder
        The output folder; it may be missing, its nearest existing parent may not.
    names
        Files that are to be written into it.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        When it, or the place it would be made in, is not a folder or cannot be written, or a
        folder stands where a file is to be written.
    """
    folder = Path(folder)
    place = folder
    while not place.exists() and place.parent != place:
        place = place.parent
    if not place.is_dir():
        raise OutputError(f"{folder}: {place} is a file, not a folder. Choose another --out.")
    try:
        with tempfile.TemporaryDirectory(prefix=".pcngeo-", dir=place):
            pass
    except OSError as error:
        raise OutputError(
            f"{folder}: the folder cannot be written ({error.strerror}). Choose another --out."
        ) from None
    for name in names:
        if (folder / name).is_dir():
            raise OutputError(
                f"{folder / name}: a file is to be written here, and there is a folder. Choose "
                "another --out."
            )
    return folder


def write_folder(folder: str | Path, files: Mapping[str, Callable[[Path], object]]) -> Path:
    """Write files into a folder, each complete or absent.

    Parameters
    ----------
    folder
        The output folder; made if missing. Files of other names in it are left alone.
    files
        For each file name, what writes it when given a path.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        When the folder cannot be written; then nothing in it was changed.
    """
    folder = check_folder(folder, files)
    new = not folder.exists()
    try:
        if new:
            folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(
            tempfile.mkdtemp(
                prefix=f".{folder.name}.partial-", dir=folder.parent if new else folder
            )
        )
        try:
            for name, write in files.items():
                write(aside / name)
            with undisturbed():
                folder.mkdir(exist_ok=True)
                for name in files:
                    (aside / name).replace(folder / name)
        finally:
            with undisturbed():
                shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: the folder cannot be written ({error.strerror or error}). "
            "Choose another --out."
        ) from None
    return folder


def write_csv(
    frame: pd.DataFrame, path: Path, *, decimals: Mapping[str, int] | None = None
) -> None:
    """Write a table as CSV: UTF-8, LF, fixed decimals, no cell that is a formula.

    Parameters
    ----------
    frame
        The table; its index is written when it has a name.
    path
        The file.
    decimals
        Number of decimals by column; 3 for other columns of fractions.
    """
    table = frame.reset_index() if frame.index.name else frame.copy()
    for column in table.columns:
        values = table[column]
        if pd.api.types.is_bool_dtype(values):
            table[column] = values.map({True: "true", False: "false"})
        elif pd.api.types.is_float_dtype(values):
            places = (decimals or {}).get(str(column), 3)
            table[column] = [
                "" if pd.isna(value) else f"{value + 0.0:.{places}f}" for value in values
            ]
        elif not pd.api.types.is_integer_dtype(values):
            table[column] = ["" if pd.isna(value) else _harmless(str(value)) for value in values]
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _harmless(text: str) -> str:
    """Keep text from being read as a formula; an amount below zero is a number and stays one."""
    unsafe = text.startswith(FORMULA) and not re.fullmatch(r"-\d+(\.\d+)?", text)
    return f"'{text}" if unsafe else text


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write plain values as JSON that a person can read."""
    text = json.dumps(content, indent=2, ensure_ascii=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, Path):
        return value.name
    return str(value)


def write_geopackage(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write layers to one GeoPackage, with the same bytes for the same layers.

    Parameters
    ----------
    layers
        A GeoDataFrame by layer name; the index is written as a column.
    path
        The file.
    """
    import pyogrio

    # GDAL stamps the time of writing into the file; a fixed one keeps the bytes the same.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        for name, frame in layers.items():
            table = frame.reset_index() if frame.index.name else frame
            pyogrio.write_dataframe(
                table, path, layer=name, driver="GPKG", append=path.exists(), SPATIAL_INDEX="YES"
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
