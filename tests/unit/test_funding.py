"""Money: the worked table to the pound, the handbook's errors, steps, months and splits."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pandas as pd
import pytest

from pcngeo.errors import DataError
from pcngeo.funding import (
    CANNOT,
    STREAM_COLUMNS,
    cliffs,
    funding,
    funding_inputs,
    funding_table,
    practice_payments,
    printed_table,
    read_populations,
    read_rates,
    split,
    years,
)
from pcngeo.plan import Plan, Status


def lists(*sizes: int, **more: object) -> pd.DataFrame:
    return pd.DataFrame({"list_size": sizes, **more}, index=[str(i + 1) for i in range(len(sizes))])


WORKED = {
    30_000: (45_000, 20_627, 37_810, 34_113, 137_550),
    40_000: (60_000, 27_503, 37_810, 34_113, 159_426),
    50_000: (75_000, 34_379, 37_810, 34_113, 181_302),
    70_000: (105_000, 48_131, 37_810, 34_113, 225_054),
    100_000: (150_000, 68_758, 75_620, 68_226, 362_604),
}


@pytest.mark.parametrize("size", WORKED)
def test_the_worked_table_to_the_pound(size: int) -> None:
    row = funding(lists(size)).loc["1"]
    cells = ("core", "clinical_director", "clinical_pharmacist", "social_prescriber", "total")
    assert tuple(int(row[f"{cell}_gbp"]) for cell in cells) == WORKED[size]
    assert sum(WORKED[size][:-1]) == WORKED[size][-1]


def test_the_handbooks_three_printed_errors_are_shown_as_errors() -> None:
    table = printed_table()
    wrong = table[table["error_gbp"] != 0].set_index(["list_size", "cell"])
    assert wrong["error_gbp"].to_dict() == {
        (30_000, "total"): -44_955,
        (50_000, "clinical_director"): -100,
        (50_000, "total"): -100,
        (100_000, "clinical_director"): -200,
        (100_000, "total"): -200,
    }
    assert wrong["note"].str.len().min() > 20
    assert len(table) == 25
    # The misprint at 30,000 to the pound: £45 was added for £45,000.
    assert 37_810 + 34_113 + 20_627 + 45 == 92_595


#: Unrounded totals of nine months, rounded half-even once: domain.md section 2.
NINE = {30_000: 114_413, 40_000: 134_570, 50_000: 154_726, 70_000: 195_040, 100_000: 309_453}


@pytest.mark.parametrize("size", NINE)
def test_nine_months_of_what_is_paid_by_the_month(size: int) -> None:
    table = funding_table(lists(size), months=9)
    counted = table[table["in_total"]]
    exact = sum(counted["exact_gbp"], Decimal(0))
    assert int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) == NINE[size]
    # What is shown adds up in itself: at most a pound for each rounded cell from the exact sum.
    shown = int(funding(lists(size), months=9).loc["1", "total_gbp"])
    assert shown == counted["amount_gbp"].sum()
    assert abs(shown - exact) <= Decimal("1.5")
    assert counted.set_index("stream")["months"].to_dict()["core"] == 12


def test_a_half_pound_is_rounded_up() -> None:
    table = funding_table(lists(30_000), months=9).set_index("stream")
    assert table.loc["clinical_pharmacist", "exact_gbp"] == Decimal("28357.5")
    assert table.loc["clinical_pharmacist", "amount_gbp"] == 28_358


def test_per_head_and_the_area_of_300_000() -> None:
    per_head = funding(lists(*WORKED))["per_head_gbp"].astype(float)
    assert [round(x, 3) for x in per_head] == [4.585, 3.986, 3.626, 3.215, 3.626]
    totals = {n: int(funding(lists(*[300_000 // n] * n))["total_gbp"].sum()) for n in (10, 6, 4, 3)}
    # Cells are rounded first, so up to half a pound a network from the unrounded £1,375,504.
    assert abs(totals[10] - 1_375_504) <= 5
    assert (totals[6], totals[3]) == (1_087_812, 1_087_812)
    assert abs(totals[4] - 943_966) <= 2


@pytest.mark.parametrize(
    ("size", "wte", "down", "up"),
    [
        (29_999, 0, None, 1),
        (30_000, 1, 0, 70_000),
        (99_999, 1, 69_999, 1),
        (100_000, 2, 0, 50_000),
        (149_999, 2, 49_999, 1),
        (150_000, 3, 0, 50_000),
        (200_000, 4, 0, 50_000),
    ],
)
def test_steps_are_cliffs_with_headroom(size: int, wte: int, down: int | None, up: int) -> None:
    row = cliffs(lists(size)).loc["1"]
    assert (row["staff_wte"], row["headroom_up"]) == (wte, up)
    assert (None if pd.isna(row["headroom_down"]) else row["headroom_down"]) == down
    assert row["at_risk_gbp"] == (71_923 if wte else 0)
    assert f"{up:,} more people registered" in str(row["sentence"])
    here, there = (int(funding(lists(s)).loc["1", "total_gbp"]) for s in (size, size + up))
    per_head = funding_table(lists(up))[lambda t: t["stream"].isin(["core", "clinical_director"])]
    assert abs(there - here - 71_923 - sum(per_head["exact_gbp"])) <= 2


def test_pharmacist_is_the_70_percent_and_the_network_pays_the_rest() -> None:
    table = funding_table(lists(30_000)).set_index("stream")
    assert table.loc["clinical_pharmacist", "network_pays_gbp"] == 16_204
    assert table.loc["social_prescriber", "network_pays_gbp"] == 0
    assert table.loc["clinical_director", "wte"] == pytest.approx(0.15)


def test_a_waived_small_network_has_no_staff_unless_the_planner_says_so() -> None:
    plain = funding_table(lists(22_000)).set_index("stream").loc["social_prescriber"]
    assert plain["amount_gbp"] == 0
    assert "8,000 people registered short of 30,000" in str(plain["note"])
    told = funding_table(lists(22_000), waived=["1"], waived_staff_wte=1).set_index("stream")
    assert told.loc["social_prescriber", "amount_gbp"] == 34_113
    assert "does not say" in str(told.loc["social_prescriber", "note"])


def test_participation_goes_to_practices_and_not_into_the_total() -> None:
    members = lists(5_996, 7_321)
    paid = practice_payments(members)
    assert paid["participation_gbp"].tolist() == [Decimal("10552.96"), Decimal("12884.96")]
    row = funding(lists(13_317)).loc["1"]
    assert int(row["participation_gbp"]) == 23_438
    assert int(row["total_gbp"]) == 19_976 + 9_157


def test_payments_to_practices_that_cannot_be_computed_say_what_is_missing() -> None:
    """2025/26 had an empty cell for why, and a network's own part of 0 pounds."""
    members = pd.DataFrame({"list_size": [9_000, 8_000]}, index=["A", "B"])
    for year in ("2024/25", "2025/26"):
        paid = practice_payments(members, year)
        assert paid["participation_gbp"].isna().all()
        assert paid["cannot_compute"]["A"] == (
            "Cannot compute: Network participation payment, because the rate of this year was not "
            f"found ({year})."
        )
    rates = read_rates("2025/26")
    without = replace(rates, streams=tuple(s for s in rates.streams if s.paid_to == "network"))
    said = practice_payments(members, without)["cannot_compute"]["B"]
    assert said == "Cannot compute: there is no payment to practices among the rates of 2025/26."
    assert (
        funding_table(pd.DataFrame({"list_size": [9_000]}, index=["1"]), "2025/26")[
            "network_pays_gbp"
        ]
        .isna()
        .all()
    )


def test_a_practice_without_an_input_is_told_and_the_others_are_paid() -> None:
    """A single empty cell made "NaN" of money, with nothing said."""
    rates = read_rates("2024/25")
    by_weight = replace(rates.stream("participation"), terms=((Decimal("1.5"), "weighted_list"),))
    own = replace(rates, streams=(by_weight,))
    members = pd.DataFrame(
        {"list_size": [9_000, 8_000], "weighted_list": [8_500.0, float("nan")]}, index=["A", "B"]
    )
    paid = practice_payments(members, own)
    assert paid["participation_gbp"].tolist() == [Decimal("12750.00"), None]
    assert paid["cannot_compute"].tolist() == [
        "",
        "Cannot compute: Network participation payment, because the weighted patients of this "
        "practice were not given (weighted_list).",
    ]


def test_extended_access_is_counted_only_when_asked_for() -> None:
    assert "extended_access_gbp" not in funding(lists(40_000))
    asked = funding(lists(40_000), include=["extended_access"])
    assert int(asked.loc["1", "extended_access_gbp"]) == 240_000
    with pytest.raises(DataError, match="no stream lottery"):
        funding(lists(40_000), include=["lottery"])


def test_what_is_missing_cannot_be_computed_and_is_never_guessed() -> None:
    row = funding(lists(40_000), "2024/25").loc["1"]
    assert pd.isna(row["core_gbp"])
    assert pd.isna(row["total_gbp"])
    assert "adjusted population of this network was not given" in str(row["cannot_compute"])
    full = lists(40_000, weighted_list=[41_000], adjusted_list=[39_500], care_home_beds=[100])
    known = funding(full, "2024/25").loc["1"]
    assert int(known["core_gbp"]) == round(2.218 * 40_000 + 0.698 * 39_500)
    assert int(known["care_homes_gbp"]) == 12_000
    assert pd.isna(known["total_gbp"])
    assert "Capacity and access" in str(known["cannot_compute"])
    assert int(known["subtotal_gbp"]) > 1_200_000
    year = funding(full, "2023/24").loc["1"]
    assert int(year["total_gbp"]) == 60_000 + 29_160 + 27_018 + 299_331 + 929_511 + 109_218 + 12_000
    assert year["cannot_compute"] == ""


def test_no_rates_are_made_up_for_other_years() -> None:
    assert years() == ("2019/20", "2020/21", "2023/24", "2024/25", "2025/26")
    with pytest.raises(DataError, match="no rates for 2021/22"):
        read_rates("2021/22")
    empty = funding(lists(40_000), "2025/26").loc["1"]
    assert pd.isna(empty["total_gbp"])
    assert "not found" in str(empty["cannot_compute"])


@pytest.mark.parametrize("year", years())
def test_every_figure_has_a_source(year: str) -> None:
    rates = read_rates(year)
    assert rates.year == year
    for stream in rates.streams:
        known = bool(stream.terms) or stream.per_wte is not None
        assert stream.source != "none" or not known, stream.key


def test_the_combined_rate_of_2023_adds_up_to_the_published_one() -> None:
    parts = [read_rates("2023/24").stream(key) for key in ("core", "clinical_director")]
    parts.append(read_rates("2023/24").stream("leadership"))
    assert sum(stream.terms[0][0] for stream in parts) == Decimal("2.913")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("year = ", "not a TOML"),
        ('year = "x"', "lacks begins, stream"),
        ('year="x"\nbegins=2020-01-01\n[[stream]]\nkey="a"', "lacks name"),
        (
            'year="x"\nbegins=2020-01-01\n[[stream]]\nkey="a"\nname="A"\nrule="r"\nsource="s"\n'
            'terms=[{rate=1.5, of="list_size"}]',
            "not text",
        ),
        (
            'year="x"\nbegins=2020-01-01\n[[stream]]\nkey="a"\nname="A"\nrule="r"\nsource="s"\n'
            'terms=[{rate="1.5", of="heads"}]',
            "heads; known are",
        ),
        (
            'year="x"\nbegins=2020-01-01\n[[stream]]\nkey="a"\nname="A"\nrule="r"\nsource="s"\n'
            'per_wte="1"',
            "no \\[staff\\] steps",
        ),
    ],
)
def test_a_rates_file_with_a_fault_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_rates(path)


def test_the_table_is_tidy_and_complete() -> None:
    table = funding_table(lists(30_000, 60_000))
    assert tuple(table.columns) == STREAM_COLUMNS
    assert len(table) == 2 * 6
    assert not table["note"].str.startswith(CANNOT).any()
    for months in (0, 13):
        with pytest.raises(DataError, match="1 to 12"):
            funding_table(lists(30_000), months=months)


def test_splits_add_up_to_the_penny() -> None:
    shares = split(16_204, pd.Series({"A": 9_000, "B": 12_000, "C": 9_001}))
    assert sum(shares["equal_gbp"]) == sum(shares["by_list_gbp"]) == Decimal(16_204)
    assert sum(shares["difference_gbp"]) == 0
    assert max(shares["equal_gbp"]) - min(shares["equal_gbp"]) <= Decimal("0.01")
    assert shares.loc["B", "by_list_gbp"] == Decimal("6481.38")
    with pytest.raises(DataError, match="nobody to share"):
        split(10, pd.Series({"A": 0}))


def test_inputs_are_missing_where_one_member_is_missing() -> None:
    practices = pd.DataFrame(
        {"list_size": [10, 20, 30], "weighted_list": [11.0, None, 33.0]}, index=list("ABC")
    )
    plan = Plan(pd.Series({"A": "1", "B": "1", "C": "2", "D": ""}), status=Status.GIVEN)
    table = funding_inputs(plan, practices)
    assert table["list_size"].to_dict() == {"1": 30, "2": 30}
    assert pd.isna(table.loc["1", "weighted_list"])
    assert table.loc["2", "weighted_list"] == 33
    assert funding_inputs(plan, practices, {"1": 25}).loc["1", "list_size"] == 25


@pytest.mark.parametrize("text", ["abc", "-1", "inf"])
def test_a_population_that_is_no_number_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pops.csv"
    path.write_text(f"practice,weighted_list\nA81001,5\nA81002,{text}\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"row 3, .*: 1 value is no number from 0: {text}"):
        read_populations(path)
    path.write_text("practice,weighted_list\n a81001,5\n", encoding="utf-8")
    assert read_populations(path)["weighted_list"].to_dict() == {"A81001": 5.0}
