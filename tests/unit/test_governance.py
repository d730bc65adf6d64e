"""Votes, thresholds, quorum and blocking minorities, checked against all coalitions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcngeo.errors import RulesError
from pcngeo.governance import (
    Threshold,
    blocking_minorities,
    count_blocking,
    governance,
    is_quorate,
    models,
    voting,
)
from pcngeo.plan import Plan, Status

LISTS = pd.Series({"A": 24_000, "B": 9_000, "C": 8_000, "D": 5_000})


def test_by_list_one_large_practice_decides_alone_R40() -> None:
    equal = voting(LISTS)
    assert not equal["decides_alone"].any()
    assert equal["vote_share"].tolist() == [0.25] * 4
    by_list = voting(LISTS, scheme="by_list")
    assert by_list["decides_alone"].to_dict() == {"A": True, "B": False, "C": False, "D": False}
    assert by_list["can_veto"].tolist() == [True, False, False, False]
    assert by_list["votes"].sum() == 46_000


def test_a_threshold_above_its_share_takes_the_decision_from_it() -> None:
    table = voting(LISTS, scheme="by_list", threshold="2/3")
    assert not table["decides_alone"].any()
    assert table["can_veto"].tolist() == [True, False, False, False]
    assert blocking_minorities(LISTS, scheme="by_list", threshold="2/3") == (
        ("A",),
        ("B", "C"),
    )


def test_half_of_the_votes_is_no_simple_majority_and_blocks() -> None:
    assert blocking_minorities(LISTS)[0] == ("A", "B")
    assert len(blocking_minorities(LISTS)) == 6
    assert not Threshold.parse("simple").passes(2, 2, 4)
    assert Threshold.parse("50%").passes(2, 2, 4)


def test_unanimity_gives_everyone_a_veto() -> None:
    table = voting(LISTS, threshold="unanimous")
    assert table["can_veto"].all()
    assert blocking_minorities(LISTS, threshold="unanimous") == (("A",), ("B",), ("C",), ("D",))


def test_a_conditional_majority_needs_practices_too() -> None:
    table = voting(LISTS, scheme="by_list", threshold="simple and 3 practices")
    assert not table["decides_alone"].any()
    assert table["can_veto"].tolist() == [True, False, False, False]
    assert ("B", "C") in blocking_minorities(
        LISTS, scheme="by_list", threshold="simple and 3 practices"
    )


def test_quorum() -> None:
    assert is_quorate(["B", "C"], LISTS)
    assert not is_quorate(["B", "C"], LISTS, quorum="2/3")
    assert is_quorate(["A"], LISTS, scheme="by_list")
    assert not is_quorate(["B", "C", "D"], LISTS, scheme="by_list")
    with pytest.raises(RulesError, match="no member"):
        is_quorate(["Z"], LISTS)


@pytest.mark.parametrize("text", ["most", "1/3", "0%", "150%", "2/0", "", "2/3 and x practices"])
def test_a_threshold_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RulesError, match="is not known"):
        Threshold.parse(text)


def test_a_scheme_that_is_none_is_refused() -> None:
    with pytest.raises(RulesError, match="one_each, by_list"):
        voting(LISTS, scheme="by_mood")


@settings(max_examples=80, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    text=st.sampled_from(["simple", "2/3", "75%", "unanimous", "simple and 3 practices"]),
    scheme=st.sampled_from(["one_each", "by_list"]),
)
def test_against_every_coalition(sizes: list[int], text: str, scheme: str) -> None:
    lists = pd.Series({f"P{i}": size for i, size in enumerate(sizes)})
    rule = Threshold.parse(text)
    votes = {p: 1 if scheme == "one_each" else int(lists[p]) for p in lists.index}
    total = sum(votes.values())
    every = [set(c) for k in range(len(votes) + 1) for c in combinations(votes, k)]

    def wins(group: set[str]) -> bool:
        return rule.passes(sum(votes[p] for p in group), len(group), total)

    blocking = [g for g in every if g and not wins(set(votes) - g)]
    minimal = {tuple(sorted(g)) for g in blocking if not any(h < g for h in blocking)}
    assert set(blocking_minorities(lists, scheme=scheme, threshold=text)) == minimal
    assert count_blocking(lists, scheme, rule) == (min(map(len, minimal)), len(minimal))
    table = voting(lists, scheme=scheme, threshold=text)
    assert [bool(x) for x in table["decides_alone"]] == [wins({p}) for p in votes]
    assert [bool(x) for x in table["can_veto"]] == [{p} in blocking for p in votes]


def test_all_blocking_minorities_are_counted_however_many_there_are() -> None:
    lists = pd.Series(dict.fromkeys((f"P{i:02d}" for i in range(31)), 1_000))
    plan = Plan(pd.Series(dict.fromkeys(lists.index, "1")), status=Status.GIVEN)
    row = governance(plan, pd.DataFrame({"list_size": lists})).loc["1"]
    assert (row["blocks_with"], row["blocking_minorities"]) == (16, comb(31, 16))
    assert row["sentence"] == "At least 16 of 31 practices are needed to block a decision."
    weighted = governance(plan, pd.DataFrame({"list_size": lists}), scheme="by_list").loc["1"]
    assert weighted["blocking_minorities"] == comb(31, 16)
    few = governance(
        plan, pd.DataFrame({"list_size": lists}), threshold="simple and 20 practices"
    ).loc["1"]
    assert (few["blocks_with"], few["blocking_minorities"]) == (12, comb(31, 12))


def test_a_whole_plan_in_one_table() -> None:
    practices = pd.DataFrame({"list_size": [*LISTS, 33_000]}, index=[*LISTS.index, "E"])
    plan = Plan(pd.Series(dict.fromkeys("ABCD", "1") | {"E": "2"}), status=Status.GIVEN)
    table = governance(plan, practices, scheme="by_list", quorum="2/3")
    assert table.loc["1", "decides_alone"] == "A"
    assert table.loc["1", "quorum_votes"] == 30_667
    assert table.loc["1", "largest_vote_share"] == pytest.approx(24 / 46)
    assert "decides alone" in str(table.loc["1", "sentence"])
    assert table.loc["2", "sentence"] == "One practice: it decides alone."
    equal = governance(plan, practices)
    assert equal.loc["1", "sentence"] == "At least 2 of 4 practices are needed to block a decision."
    assert equal.loc["1", "quorum_votes"] == 2
    assert Fraction(1, 2) == Threshold.parse("simple").share


def test_models_are_a_look_up_of_published_risks() -> None:
    table = models()
    assert list(table.index) == ["1", "2", "3", "4", "5"]
    assert (table.drop(columns=["name", "also"]).map(len) > 0).all(axis=None)
    assert not table.map(lambda text: "recommend" in text or "should" in text).any(axis=None)
