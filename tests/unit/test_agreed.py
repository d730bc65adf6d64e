"""Existing networks kept whole, and small parts of the area made networks by waiver."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

from pcngeo import recount
from pcngeo.agreed import grant_rural_waivers, put_back, set_aside
from pcngeo.audit import audit
from pcngeo.decisions import Shared, Waiver
from pcngeo.errors import RulesError
from pcngeo.optimise import solve
from pcngeo.plan import Plan, Status
from pcngeo.recheck import verify
from pcngeo.rules import Rules
from pcngeo.sizes import member_shares, network_lists

SIZES = {"A": 20_000, "B": 15_000, "C": 20_000, "D": 18_000, "E": 9_000, "F": 4_000}


def graph() -> nx.Graph[str]:
    made: nx.Graph[str] = nx.Graph()
    for i, (code, size) in enumerate(SIZES.items()):
        made.add_node(code, list_size=size, x=2_000.0 * i, y=0.0)
    for a, b in ("AB", "BC", "CD", "EF"):
        made.add_edge(a, b, kind="border", border_m=10.0, distance_m=2_000.0, why="")
    return nx.freeze(made)


def practices(**today: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"network_today": [today.get(p, "") for p in SIZES], "list_size": list(SIZES.values()),
         "area": "X", "standing": "eligible", "reason_code": ""},
        index=list(SIZES),
    )  # fmt: skip


def test_an_existing_network_is_kept_and_the_rest_divided_R21() -> None:
    rules = Rules(non_geographic=(Waiver("D", "Works since 2015", "NHS X"),))
    frame = practices(A="U1", D="U1")
    rest, kept = set_aside(graph(), frame, rules)
    assert kept == {"U1": ("A", "D")}
    assert set(rest) == {"B", "C", "E", "F"}
    plan = solve(rest, rules)
    verify(plan, rest, rules)
    whole = put_back(plan, kept, graph(), rules)
    assert whole.members("2") == ("A", "D")
    assert whole.members("1") == ("B", "C")
    assert set(whole.assignment.index) == set(SIZES)
    assert "Works since 2015; approved by NHS X" in whole.explanation[-1]
    assert whole.objective == pytest.approx(15_000 * 2_000 + 18_000 * 6_000)
    assert whole.hubs["2"] == "A"
    found = audit(whole, frame, graph(), rules=rules, only=["R11"])
    assert found.set_index("subject")["result"].to_dict() == {"1": "pass", "2": "waived"}


def test_a_waiver_that_is_only_asked_for_changes_nothing() -> None:
    asked = Rules(
        non_geographic=(Waiver("D", "Works since 2015"),), rural_waivers=(Waiver("E", "An island"),)
    )
    same, kept = set_aside(graph(), practices(A="U1", D="U1"), asked)
    assert not kept
    assert set(same) == set(SIZES)
    plan = solve(graph(), asked)
    assert grant_rural_waivers(plan, graph(), asked) is plan
    assert put_back(plan, {}, graph(), asked) is plan


def test_there_must_be_a_network_to_keep() -> None:
    rules = Rules(non_geographic=(Waiver("D", "Works since 2015", "NHS X"),))
    with pytest.raises(RulesError, match="D is in no network today"):
        set_aside(graph(), practices(), rules)


def test_a_small_part_becomes_a_network_by_rural_waiver_R03() -> None:
    rules = Rules(rural_waivers=(Waiver("F", "An island", "NHS X"),))
    plan = solve(graph(), rules)
    assert plan.unplaced == ("E", "F")
    granted = grant_rural_waivers(plan, graph(), rules)
    assert granted.unplaced == ()
    assert granted.unplaced_patients == granted.unplaced_bound == 0
    assert granted.members("3") == ("E", "F")
    assert granted.objective == pytest.approx((plan.objective or 0) + 4_000 * 2_000)
    assert granted.bound == pytest.approx((plan.bound or 0) + 4_000 * 2_000)
    assert granted.status is Status.OPTIMAL
    found = audit(granted, practices(), graph(), rules=rules, only=["R02"])
    assert found.set_index("subject")["result"].to_dict() == {
        "1": "pass", "2": "pass", "3": "waived",
    }  # fmt: skip


def test_a_network_by_waiver_continues_what_no_other_does_R22() -> None:
    known = graph()
    nx.set_node_attributes(
        known, {"A": "U1", "B": "U1", "C": "U2", "D": "U2", "F": "U2"}, "network_today"
    )
    rules = Rules(rural_waivers=(Waiver("F", "An island", "NHS X"),), objective="changed")
    plan = solve(known, rules)
    granted = grant_rural_waivers(plan, known, rules)
    groups = [tuple(m) for m in granted.groups().values()]
    assert granted.objective == recount.cost((("changed", 1.0),), groups, known, rules)
    assert granted.objective - plan.objective == SIZES["E"] + SIZES["F"]
    assert granted.bound - plan.bound == SIZES["E"]
    assert granted.status is Status.FEASIBLE  # U2 could go on in it, and others be grouped for that


def test_a_shared_practice_is_in_two_networks_and_counted_once_R20() -> None:
    plan = Plan(pd.Series({"A": "1", "B": "1", "C": "2", "D": "2", "E": ""}), status=Status.GIVEN)
    rules = Rules(shared=(
        Shared("B", "C", 0.4, "Two towns", "NHS X"), Shared("D", "A", 0.5, "Asked for only"),
    ))  # fmt: skip
    table = member_shares(plan, practices(), rules)
    assert table.groupby("practice")["list_share"].sum().eq(1).all()
    assert table[table["practice"] == "B"][["network", "list_size"]].to_numpy().tolist() == [
        ["1", 9_000], ["2", 6_000],
    ]  # fmt: skip
    assert network_lists(plan, practices(), rules) == {"1": 29_000, "2": 44_000}
    assert sum(network_lists(plan, practices(), Rules()).values()) == 73_000


@pytest.mark.parametrize("shares", [(0.25, 0.35), (0.1, 0.2), (1 / 3, 1 / 3), (0.5, 0.001)])
@pytest.mark.parametrize("patients", [7_001, 10_000, 12_347])
def test_a_practice_in_three_networks_adds_up_to_the_patient_R20(
    patients: int, shares: tuple[float, float]
) -> None:
    """Sums are by largest remainder; the audit, which adds up for itself, comes to the same."""
    frame = practices()
    frame.loc["B", "list_size"] = patients
    plan = Plan(pd.Series({"A": "1", "B": "1", "C": "2", "D": "2", "E": "3"}), status=Status.GIVEN)
    rules = Rules(shared=tuple(
        Shared("B", joins, share, "Three towns", "NHS X")
        for joins, share in zip(("C", "E"), shares, strict=True)
    ))  # fmt: skip
    table = member_shares(plan, frame, rules)
    parts = table[table["practice"] == "B"].set_index("network")
    assert list(parts.index) == ["1", "2", "3"]
    assert parts["list_share"].sum() == pytest.approx(1)
    assert int(parts["list_size"].sum()) == patients
    wanted = {"1": 1 - sum(shares), "2": shares[0], "3": shares[1]}
    for network, share in wanted.items():
        assert abs(parts.loc[network, "list_size"] - share * patients) < 1
    sizes = network_lists(plan, frame, rules)
    assert sum(sizes.values()) == int(frame.loc[list("ABCDE"), "list_size"].sum())
    found = audit(plan, frame, rules=rules, only=["R02", "R20", "R31"])
    for rule in ("R02", "R31"):
        told = found[found["rule"] == rule].set_index("subject")["found"].astype(int)
        assert told.to_dict() == sizes
    assert found.loc[found["rule"] == "R20", "result"].tolist() == ["waived", "waived"]


def test_two_rows_for_one_other_network_are_one_share_R20() -> None:
    plan = Plan(pd.Series({"A": "1", "B": "1", "C": "2", "D": "2", "E": ""}), status=Status.GIVEN)
    rows = tuple(Shared("B", joins, 0.2, "Two towns", "NHS X") for joins in "CD")
    table = member_shares(plan, practices(), Rules(shared=rows))
    there = table[table["practice"] == "B"].set_index("network")
    assert there["list_size"].to_dict() == {"1": 9_000, "2": 6_000}
    assert network_lists(plan, practices(), Rules(shared=rows)) == {"1": 29_000, "2": 44_000}


def test_a_waiver_for_a_part_that_is_large_enough_makes_no_network() -> None:
    rules = Rules(rural_waivers=(Waiver("A", "A hill", "NHS X"),))
    plan = Plan(pd.Series(dict.fromkeys(SIZES, "")), status=Status.GIVEN, unplaced_patients=86_000)
    assert grant_rural_waivers(plan, graph(), rules) is plan
