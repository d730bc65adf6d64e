"""The published files of all England, held to the published totals and the tidy tables beside them.

The tidy tables were joined by other code than ours. The only differences that may remain are the
four practices whose postcode is in no published file that we have: there the tables' coordinates
come from a file that is not beside the checkout.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from every_area import every_area, published

from pcngeo.intake import Published, cut

pytestmark = pytest.mark.real

#: practices, patients, areas, practices an area (least, median, most), share of practices and of
#: patients with a network, networks in the window / below / above in per cent, share inside.
CHECKS = {
    "2021-01": (6_658, 60_606_345, 135, (7, 39, 209), 98.11, 98.99, 1251, (58.0, 7.5, 34.5), 98.44),
    "2022-01": (
        6_527,
        61_469_262,
        106,
        (9, 39.5, 354),
        98.96,
        99.64,
        1254,
        (55.7, 7.3, 37.0),
        99.13,
    ),
}
#: In no Code-Point Open file beside the checkout (Q10).
UNLOCATED = ["M81057", "M87005", "N81119", "N83018"]


@pytest.fixture(scope="module", params=["2021-01", "2022-01"])
def england(shared: Path, request: pytest.FixtureRequest) -> tuple[str, pd.DataFrame, Published]:
    """Every area of a vintage, cut one by one and put together again."""
    files = published(shared, request.param)
    parts = []
    for code, area in every_area(shared, request.param).items():
        steps = area.report.reconciliation
        assert steps["practices"].iloc[0] == len(area.practices), code
        assert steps["patients"].iloc[0] == area.practices["list_size"].sum(), code
        eligible = area.practices[area.practices["standing"] == "eligible"]
        assert steps["patients"].iloc[-1] == eligible["list_size"].sum(), code
        assert steps["patients"].iloc[:-1].sum() == steps["patients"].iloc[-1], code
        assert area.boundary is not None and list(area.boundary.index) == [code]
        parts.append(area.practices)
    return request.param, pd.concat(parts), files


def test_checks_to_hold_a_loader_to(england: tuple[str, pd.DataFrame, Published]) -> None:
    vintage, practices, _ = england
    total, patients, areas, spread, placed, placed_patients, networks, windows, inside = CHECKS[
        vintage
    ]
    assert len(practices) == total and practices.index.is_unique
    assert practices["list_size"].sum() == patients
    sizes = practices.groupby("area").size()
    assert len(sizes) == areas
    assert (sizes.min(), sizes.median(), sizes.max()) == spread
    member = practices["network_today"] != ""
    assert round(100 * member.mean(), 2) == placed
    assert round(100 * practices["list_size"][member].sum() / patients, 2) == placed_patients
    today = practices[member].groupby("network_today")["list_size"].sum()
    assert len(today) == networks
    shares = [today.between(30_000, 50_000), today < 30_000, today > 50_000]
    assert [round(100 * share.mean(), 1) for share in shares] == list(windows)
    located = practices[practices["outside_m"].notna()]
    assert round(100 * (located["outside_m"] == 0).mean(), 2) == inside


def test_equal_to_the_tidy_tables(
    england: tuple[str, pd.DataFrame, Published], shared: Path
) -> None:
    vintage, practices, _ = england
    path = shared / "england" / f"practices_{vintage}.csv.gz"
    text = dict.fromkeys(["name", "postcode", "ccg_code", "pcn_code", "pcn_name"], "str")
    tidy = pd.read_csv(path, dtype=text, keep_default_na=False).set_index("ods_code").sort_index()
    ours = practices.sort_index()
    assert list(tidy.index) == list(ours.index)
    same = {
        "list_size": "list_size",
        "postcode": "postcode",
        "ccg_code": "area",
        "pcn_code": "network_today",
        "pcn_name": "network_today_name",
    }
    for theirs, own in same.items():
        assert (tidy[theirs] == ours[own]).all(), theirs
    named = tidy["name"] != ""
    assert (tidy["name"][named] == ours["name"][named]).all()
    assert list(ours.index[ours["reason_code"] == "no_location"]) == UNLOCATED
    here = ~ours.index.isin(UNLOCATED)
    x, y = ours.geometry[here].x, ours.geometry[here].y
    apart = np.hypot(
        tidy["easting"][here].astype(float) - x, tidy["northing"][here].astype(float) - y
    )
    assert apart.max() == 0


def test_every_other_column_of_the_tidy_tables(
    england: tuple[str, pd.DataFrame, Published], shared: Path
) -> None:
    """Areas, ICBs, dates, what epraccur says, and longitude and latitude."""
    vintage, practices, files = england
    path = shared / "england" / f"practices_{vintage}.csv.gz"
    tidy = pd.read_csv(path, dtype="str", keep_default_na=False).set_index("ods_code").sort_index()
    ours = practices.sort_index()
    areas = files.areas.loc[ours["area"]].set_index(ours.index)
    columns = {"ons": "ccg_ons_code", "name": "ccg_name", "icb": "stp_code", "icb_name": "stp_name"}
    for own, theirs in columns.items():
        given = tidy[theirs] != ""  # three practices are not in the map of September 2020
        assert (areas[own] == tidy[theirs])[given].all() and (~given).sum() <= 3, theirs
    assert set(tidy["extract_date"]) == {str(files.lists.date)}
    assert files.membership is not None and files.organisations is not None
    known = tidy["map_extract_date"][tidy["map_extract_date"] != ""]
    assert set(known) == {str(files.membership.date)}
    said = files.organisations.frame.reindex(ours.index)[["status", "setting", "postcode"]]
    words = {"A": "active", "C": "closed", "D": "dormant", "P": "proposed", "": ""}
    assert (said["status"].fillna("") == tidy["epraccur_status"].map(words)).all()
    assert (said["setting"].fillna("") == tidy["epraccur_setting"]).all()
    assert (said["postcode"].fillna("") == tidy["epraccur_postcode"]).all()
    here = ~ours.index.isin(UNLOCATED)
    degrees = ours.geometry[here].to_crs(4326)
    assert np.abs(degrees.x - tidy["lon"][here].astype(float)).max() < 2e-6
    assert np.abs(degrees.y - tidy["lat"][here].astype(float)).max() < 2e-6


def test_networks_whose_practices_lie_in_more_than_one_area(
    england: tuple[str, pd.DataFrame, Published],
) -> None:
    vintage, practices, _ = england
    member = practices[practices["network_today"] != ""]
    areas = member.groupby("network_today")["area"].nunique()
    assert (areas > 1).sum() == {"2021-01": 15, "2022-01": 11}[vintage]


def test_known_oddities_of_the_published_files(
    england: tuple[str, pd.DataFrame, Published],
) -> None:
    """The sentences below the table: shared postcodes, small lists, a postcode mistyped thrice."""
    vintage, practices, files = england
    shared_by = practices.groupby("postcode")["list_size"].transform("size")
    assert shared_by.max() == 7 and round(100 * (shared_by > 1).mean()) == 16
    assert files.organisations is not None
    mistyped = files.organisations.frame["postcode"] == "LA14 2IB"
    if vintage == "2022-01":
        assert (practices["list_size"] < 1_000).sum() == 63
    else:
        assert mistyped.sum() == 3


def test_no_practice_vanishes_and_each_that_is_left_out_says_why(
    england: tuple[str, pd.DataFrame, Published],
) -> None:
    _, practices, files = england
    assert set(practices.index) == set(files.lists.frame.index)
    out = practices[practices["standing"] != "eligible"]
    assert (out["reason_code"] != "").all()
    assert out["reason"].str.match(r"^[A-Z].*\.$").all()
    eligible = practices[practices["standing"] == "eligible"]
    assert (eligible["reason_code"] == "").all() and (eligible["reason"] == "").all()


def test_tower_hamlets(shared: Path) -> None:
    files = published(shared, "2021-01")
    area = cut(files, "08V")
    assert (area.area, area.area_name) == ("08V", "NHS Tower Hamlets CCG")
    assert len(area.practices) == 36 and area.practices["list_size"].sum() == 348_034
    today = area.practices.groupby("network_today_name")["list_size"].sum()
    assert list(today[[f"TOWER HAMLETS NETWORK {i} PCN" for i in range(1, 9)]]) == [
        45_526, 39_018, 33_935, 37_951, 34_093, 54_822, 47_740, 54_785,
    ]  # fmt: skip
    lost = area.practices.loc["Y06592"]
    assert (lost["standing"], lost["reason_code"]) == ("orphan", "outside_area")
    assert lost["reason"] == (
        "It belongs to this area but lies 4.2 km outside its boundary, so it touches no practice "
        "here (Q13)."
    )
    assert cut(files, "E38000186").area == "08V"
