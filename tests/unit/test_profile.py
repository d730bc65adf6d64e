"""Profiles: people counted first, divided last; what is not matched is said."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from pcngeo.errors import DataError
from pcngeo.plan import Plan, Status
from pcngeo.profile import AGE_BANDS, practice_profile, profile, spread

PLAN = Plan(pd.Series({"A": "1", "B": "1", "C": "2", "D": ""}), status=Status.GIVEN)


def practices() -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {"list_size": [1_000, 3_000, 2_000, 500], "site": ["s", "t", "s", "u"]},
        index=pd.Index(list("ABCD"), name="practice"),
    )
    points = [Point(0, 0), Point(3_000, 4_000), Point(0, 0), Point(9, 9)]
    return gpd.GeoDataFrame(table, geometry=points, crs=27700)


def registrations(vintage: str = "2011") -> pd.DataFrame:
    rows = [
        ("A", "E01000001", 600), ("A", "E01000002", 300), ("A", "unmapped", 100),
        ("B", "E01000002", 3_000), ("C", "E01000001", 1_900), ("D", "E01000001", 500),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["practice", "lsoa", "patients"])
    frame.attrs["vintage"] = vintage
    return frame


def deprivation() -> pd.DataFrame:
    index = pd.Index(["E01000001", "E01000002"], name="lsoa")
    frame = pd.DataFrame({"imd_score": [40.0, 10.0], "imd_decile": [2, 7]}, index=index)
    frame.attrs["vintage"] = "2011"
    return frame


def rurality() -> pd.DataFrame:
    index = pd.Index(["E01000001", "E01000002"], name="lsoa")
    return pd.DataFrame({"rural": [False, True]}, index=index)


AGES = pd.DataFrame(
    [("A", 0, 4, 100), ("A", 5, 9, 50), ("A", 15, 64, 700), ("A", 65, 69, 60), ("A", 75, 79, 40),
     ("A", 85, 120, 50), ("B", 15, 64, 3_000)],
    columns=["practice", "age_from", "age_to", "patients"],
)  # fmt: skip


def test_deprivation_is_weighted_by_list_over_what_is_matched() -> None:
    table = profile(PLAN, practices(), registrations=registrations(), deprivation=deprivation())
    one = table.loc["1"]
    assert one["imd_score"] == pytest.approx((600 * 40 + 3_300 * 10) / 3_900)
    assert one["most_deprived_20_share"] == pytest.approx(600 / 3_900)
    assert one["imd_matched_share"] == pytest.approx(3_900 / 4_000)
    # The area is all networks together, not the mean of their means; D is in none.
    assert table.loc["area", "imd_score"] == pytest.approx((2_500 * 40 + 3_300 * 10) / 5_800)
    assert table.loc["area", "list_size"] == 6_000
    assert (one["imd_lowest"], one["imd_highest"]) == (10.0, pytest.approx(30.0))


def test_who_lives_rurally() -> None:
    table = practice_profile(practices(), registrations=registrations(), rurality=rurality())
    assert table["rural_share"].round(6).to_dict() == {"A": 0.333333, "B": 1.0, "C": 0.0, "D": 0.0}
    assert table.loc["A", "rural_matched_share"] == pytest.approx(0.9)
    assert table.loc["C", "rural_matched_share"] == pytest.approx(0.95)


def test_age_bands() -> None:
    table = profile(PLAN, practices(), ages=AGES)
    one = table.loc["1"]
    assert one["age_0_4_share"] == pytest.approx(100 / 4_000)
    assert one["age_65_plus_share"] == pytest.approx(150 / 4_000)
    assert one["age_75_plus_share"] == pytest.approx(90 / 4_000)
    assert one["age_85_plus_share"] == pytest.approx(50 / 4_000)
    young = [f"age_{band}_share" for band in ("0_4", "5_14", "15_64", "65_plus")]
    assert one[young].sum() == pytest.approx(1)
    assert one["ages_matched_share"] == pytest.approx(1)
    assert pd.isna(table.loc["2", "age_0_4_share"])
    assert table.loc["2", "ages_matched_share"] == 0
    assert len(AGE_BANDS) == 6


def test_sites_distances_and_variation() -> None:
    table = profile(PLAN, practices())
    assert table.loc["1", ["practices", "sites", "sites_shared"]].tolist() == [2, 2, 1]
    assert table.loc["1", "largest_distance_km"] == pytest.approx(5)
    assert table.loc["1", "least_distance_km"] == pytest.approx(5)
    assert pd.isna(table.loc["2", "largest_distance_km"])
    assert table.loc["area", "least_distance_km"] == 0
    assert table.loc["1", ["list_smallest", "list_largest"]].tolist() == [1_000, 3_000]
    assert table.loc["1", "list_cv"] == pytest.approx(0.5)
    assert "imd_score" not in table


def test_how_far_networks_differ() -> None:
    table = profile(PLAN, practices(), registrations=registrations(), deprivation=deprivation())
    row = spread(table).loc["imd_score"]
    assert (row["least_network"], row["most_network"]) == ("1", "2")
    assert row["range"] == pytest.approx(40 - 57_000 / 3_900)
    assert row["area"] == pytest.approx(133_000 / 5_800)


def test_vintages_are_never_joined_Q19() -> None:
    with pytest.raises(DataError, match="LSOA of 2021, the deprivation by LSOA of 2011"):
        practice_profile(
            practices(), registrations=registrations("2021"), deprivation=deprivation()
        )
    # A code that only the census of 2021 has gives it away.
    newer = registrations("").replace("E01000002", "E01034000")
    with pytest.raises(DataError, match="LSOA of 2021"):
        practice_profile(practices(), registrations=newer, deprivation=deprivation())


def test_more_patients_in_the_file_than_in_the_list_are_not_more_than_all_Q22() -> None:
    """Files of two dates made a matched share of 104 %."""
    frame = practices().assign(list_size=[900, 2_500, 1_900, 500])
    table = profile(
        PLAN, frame, registrations=registrations(), deprivation=deprivation(), ages=AGES
    )
    assert table["imd_matched_share"].between(0, 1).all()
    assert table.loc["1", "imd_matched_share"] == pytest.approx(3_900 / 4_000)
    assert table["ages_matched_share"].between(0, 1).all()
