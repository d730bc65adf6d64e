"""Land around an area, for the eye: everything the boundary file knows but the area itself."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
from shapely.geometry import box

from pcngeo.intake.boundaries import cut_surroundings, read_boundaries


def test_neighbours_are_cut_out_and_the_area_is_not(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"CCG20CD": [f"E3899999{i}" for i in range(4)], "CCG20NM": ["own", "east", "far", "north"]},
        geometry=[
            box(400_000, 300_000, 410_000, 310_000),
            box(410_000, 300_000, 490_000, 310_000),
            box(600_000, 300_000, 610_000, 310_000),
            box(400_000, 310_000, 410_000, 320_000),
        ],
        crs=27700,
    )
    path = tmp_path / "areas.gpkg"
    frame.to_file(path)
    boundaries = read_boundaries(path)
    own = boundaries.frame.iloc[[0]]
    around = cut_surroundings(boundaries, own)
    assert sorted(around["name"]) == ["east", "north"]
    assert around.total_bounds.tolist() == [400_000, 300_000, 420_000, 320_000]
    assert around.crs.to_epsg() == 27700
