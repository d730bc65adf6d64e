"""The audit of every rule, on small configurations and on the published case studies."""

from __future__ import annotations

import ast
import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
from shapely.geometry import Point, box

from pcngeo.audit import (
    AUDIT,
    BOOK,
    PUBLISHED,
    RESULTS,
    SEVERITIES,
    audit,
    audit_summary,
    border_evidence,
    by_area,
    by_network,
    existing_plan,
    members_elsewhere,
    national_picture,
    rural_evidence,
)
from pcngeo.decisions import CrossArea, Home, Refused, Shared, Submission, Waiver
from pcngeo.demands import Apart, Locked, Together
from pcngeo.errors import DataError, RulesError
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

CODES = [f"A8100{i}" for i in range(9)]


def practices(*sizes: int, **columns: object) -> gpd.GeoDataFrame:
    """Practices in a row, 2 km apart."""
    codes = CODES[: len(sizes)]
    plain = {"area": "X", "standing": "eligible", "reason_code": "", "reason": "",
             "network_today": "", "network_today_name": "", "site": codes}  # fmt: skip
    table = pd.DataFrame({"list_size": sizes} | plain | columns, index=codes)
    points = [Point(2_000 * i, 0) for i in range(len(sizes))]
    return gpd.GeoDataFrame(table.rename_axis("practice"), geometry=points, crs=27700)


def chain(frame: gpd.GeoDataFrame, *cut: int, kind: str = "border") -> nx.Graph[str]:
    """Neighbours in the row are linked, but not after the positions in `cut`."""
    graph: nx.Graph[str] = nx.Graph()
    for code, row in frame.iterrows():
        graph.add_node(code, list_size=row["list_size"], x=row.geometry.x, y=row.geometry.y)
    codes = list(frame.index)
    for i, (a, b) in enumerate(pairwise(codes)):
        if i not in cut:
            graph.add_edge(a, b, kind=kind, border_m=50.0, distance_m=2_000.0, why="")
    return nx.freeze(graph)


def squares(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    cells = [box(x - 1_000, -5_000, x + 1_000, 5_000) for x in frame.geometry.x]
    table = {"site": frame["site"], "derived_from": "hand"}
    return gpd.GeoDataFrame(table, geometry=cells, index=frame.index, crs=27700)


def plan(*networks: str) -> Plan:
    return Plan(pd.Series(dict(zip(CODES, networks, strict=False))), status=Status.GIVEN)


def line(findings: pd.DataFrame, rule: str, subject: str | None = None) -> pd.Series:
    rows = findings[findings["rule"] == rule]
    if subject is not None:
        rows = rows[rows["subject"] == subject]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_every_rule_has_a_line_and_only_known_results() -> None:
    frame = practices(20_000, 15_000, 12_000, 25_000)
    areas = squares(frame)
    found = audit(plan("1", "1", "2", "2"), frame, chain(frame), areas, boundary=areas)
    assert tuple(found.columns) == AUDIT
    missing = set(BOOK) - set(found["rule"])
    # Rules about special cases are silent where there is none of them.
    assert missing == {"R03", "R14", "R15", "R18", "R21"}
    assert set(found["result"]) <= set(RESULTS)
    assert set(found["severity"]) <= set(SEVERITIES)
    assert (found["quote"].str.len() > 10).all()
    assert not (found["result"] == "fail").any()
    hard = found[found["severity"] == "HARD"]
    assert set(hard["result"]) == {"pass", "cannot tell"}
    summary = audit_summary(found)
    assert summary.loc["R02", "pass"] == 2
    assert summary.loc["R02", "title"] == "The floor of 30,000"


def test_the_audit_shares_nothing_with_the_solver() -> None:
    folder = Path(__file__).resolve().parents[2] / "pcngeo" / "audit"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert not any("optimise" in n or "evaluate" in n for n in names), (path.name, names)


@pytest.mark.parametrize(
    ("size", "floor", "ceiling"),
    [
        (29_999, "fail", "pass"),
        (30_000, "pass", "pass"),
        (50_000, "pass", "pass"),
        (50_001, "pass", "amber"),
    ],
)
def test_both_ends_of_the_window(size: int, floor: str, ceiling: str) -> None:
    found = audit(plan("1", "1"), practices(size - 9_000, 9_000))
    assert line(found, "R02")["result"] == floor
    assert line(found, "R04")["result"] == ceiling
    assert line(found, "R02")["found"] == size


def test_the_audit_sums_for_itself_and_believes_no_plan() -> None:
    frame = practices(20_000, 9_000)
    claims = plan("1", "1").replace(objective=1.0, bound=1.0, status=Status.OPTIMAL)
    assert line(audit(claims, frame), "R02")["result"] == "fail"
    wrong = nx.Graph(chain(frame))
    wrong.nodes[CODES[0]]["list_size"] = 30_000
    bad = audit(claims, frame, nx.freeze(wrong))
    assert line(bad, "R02")["result"] == "fail"
    assert line(bad, "R05")["result"] == "fail"
    assert CODES[0] in line(bad, "R05")["sentence"]


def test_a_planners_lower_floor_is_amber_and_not_a_pass() -> None:
    found = audit(plan("1", "1"), practices(20_000, 9_000), rules=Rules(min_list=28_000))
    assert line(found, "R02")["result"] == "amber"
    single = Rules.for_preset("single_neighbourhood")
    inside = audit(plan("1", "1"), practices(40_000, 15_000), rules=single)
    assert line(inside, "R04")["result"] == "pass"


def test_rural_waiver_R03_shows_evidence_and_never_grants_itself() -> None:
    frame = practices(12_000, 10_000, 35_000, rural_share=[1.0, 0.9, 0.0])
    areas = squares(frame)
    bare = audit(plan("1", "1", "2"), frame, chain(frame), areas)
    assert line(bare, "R02", "1")["result"] == "fail"
    asked = line(bare, "R03", "1")
    assert asked["result"] == "amber"
    assert asked["found"] == pytest.approx(22_000 / 40)
    for words in (
        "95% of patients rural",
        "550 people registered for each km²",
        "2.0 km across",
        "2.0 km to the next practice",
        "Eligible to request a waiver; not granted",
    ):
        assert words in asked["sentence"]
    wish = Rules(rural_waivers=(Waiver(CODES[1], "A valley"),))
    assert line(audit(plan("1", "1", "2"), frame, rules=wish), "R02", "1")["result"] == "fail"
    leave = Rules(rural_waivers=(Waiver(CODES[1], "A valley", "Commissioner"),))
    granted = audit(plan("1", "1", "2"), frame, rules=leave)
    assert line(granted, "R02", "1")["result"] == "waived"
    assert "Commissioner (A valley)" in line(granted, "R02", "1")["sentence"]
    town = audit(plan("1", "1", "2"), frame.assign(rural_share=0.1))
    assert line(town, "R03", "1")["result"] == "fail"
    blank = audit(plan("1", "1", "2"), frame.drop(columns="rural_share"))
    assert line(blank, "R03", "1")["result"] == "cannot tell"
    needless = Rules(rural_waivers=(Waiver(CODES[2], "A hill", "Commissioner"),))
    found = audit(plan("1", "1", "2"), frame, rules=needless)
    assert "not needed" in line(found, "R03", "2")["sentence"]
    table = rural_evidence(plan("1", "1", "2"), frame, areas)
    assert table.loc["1", "rural_share"] == pytest.approx(21 / 22)


def test_of_two_waivers_for_one_network_the_granted_one_holds_and_the_other_is_named() -> None:
    asked, granted = Waiver(CODES[0], "A hill"), Waiver(CODES[1], "A valley", "NHS X")
    rules = Rules(rural_waivers=(asked, granted))
    found = audit(plan("1", "1"), practices(12_000, 10_000), rules=rules)
    assert line(found, "R02", "1")["result"] == "waived"
    other = line(found, "R03", CODES[0])
    assert other["result"] == "amber"
    words = f"(A hill) is without effect: Network 1 has one already, under {CODES[1]}."
    assert words in other["sentence"]


def test_a_waiver_for_nobody_is_said_and_not_lost() -> None:
    lost = (Waiver(CODES[2], "A valley", "NHS X"),)
    rules = Rules(
        rural_waivers=lost,
        over_ceiling=lost,
        single_practice=lost,
        cross_area=(CrossArea(CODES[2], "A branch", "NHS X"),),
    )
    found = audit(plan("1", "1", ""), practices(20_000, 15_000, 500), rules=rules)
    idle = found[found["sentence"].str.contains("without effect")]
    assert idle["rule"].tolist() == ["R03", "R04", "R18", "R19"]


def test_a_waiver_that_its_network_does_not_need_is_said_and_not_lost() -> None:
    """Not above the ceiling, not one practice, not across a border, not in two parts."""
    leave = Waiver(CODES[0], "Just in case", "NHS X")
    rules = Rules(
        over_ceiling=(leave,),
        single_practice=(leave,),
        cross_area=(CrossArea(CODES[0], "A branch", "NHS X"),),
        non_geographic=(leave,),
    )
    frame = practices(20_000, 15_000)
    found = audit(plan("1", "1"), frame, chain(frame), rules=rules)
    idle = found[found["sentence"].str.contains("without effect")].set_index("rule")
    assert idle.index.tolist() == ["R04", "R18", "R19"]
    assert set(idle["result"]) == {"amber"}
    assert "Network 1 is not above 50,000" in idle.at["R04", "sentence"]
    assert "Network 1 has 2 practices" in idle.at["R18", "sentence"]
    assert "Network 1 has practices of one area only" in idle.at["R19", "sentence"]
    assert line(found, "R21", "1")["result"] == "amber"
    assert "it needs no waiver" in line(found, "R21", "1")["sentence"]


def test_one_rural_practice_with_both_leaves_does_not_fail() -> None:
    """R02 said waived and R18 said fail of one and the same network."""
    rural = (Waiver(CODES[0], "An island", "NHS X"),)
    alone = Rules(rural_waivers=rural, single_practice=rural)
    found = audit(plan("1"), practices(16_000), rules=alone)
    assert line(found, "R02")["result"] == line(found, "R18")["result"] == "waived"
    assert "below 30,000 by leave (R02, R03)" in line(found, "R18")["sentence"]
    half = audit(plan("1"), practices(16_000), rules=Rules(rural_waivers=rural))
    assert line(half, "R18")["result"] == "amber"
    assert line(audit(plan("1"), practices(16_000)), "R18")["result"] == "fail"


def test_a_single_practice_far_spread_is_said_R18() -> None:
    frame = practices(36_000)
    drawn = squares(frame)
    assert "separate parts" not in line(audit(plan("1"), frame, None, drawn), "R18")["sentence"]
    drawn["geometry"] = drawn.union(drawn.translate(9_000))
    found = line(audit(plan("1"), frame, None, drawn), "R18")
    assert "The area of its sites is in 2 separate parts" in found["sentence"]


def test_contiguity_R11_and_its_waiver_R21() -> None:
    frame = practices(20_000, 15_000, 12_000, 25_000)
    split = plan("1", "2", "1", "2")
    found = audit(split, frame, chain(frame))
    assert line(found, "R11", "1")["result"] == "fail"
    assert line(found, "R11", "1")["found"] == 2
    leave = Rules(non_geographic=(Waiver(CODES[2], "Works since 2015", "Commissioner"),))
    eased = audit(split, frame, chain(frame), rules=leave)
    assert line(eased, "R11", "1")["result"] == "waived"
    assert line(eased, "R11", "2")["result"] == "fail"
    assert line(eased, "R21", "1")["result"] == "waived"
    assert line(audit(split, frame), "R11", "1")["result"] == "cannot tell"


def test_a_network_over_a_bridge_is_connected_and_says_so() -> None:
    frame = practices(20_000, 15_000)
    ferry = audit(plan("1", "1"), frame, chain(frame, kind="ferry"))
    assert line(ferry, "R11")["result"] == "pass"
    assert "over a link that the planner added" in line(ferry, "R11")["sentence"]


def test_a_member_off_the_graph_cannot_be_told() -> None:
    frame = practices(20_000, 15_000, 1_000)
    lean = nx.freeze(nx.Graph(chain(frame).subgraph(CODES[:2])))
    found = line(audit(plan("1", "1", "1"), frame, lean), "R11")
    assert found["result"] == "cannot tell"
    assert CODES[2] in found["sentence"]


def test_coverage_R10_counts_practices_people_and_land() -> None:
    frame = practices(20_000, 15_000, 5_000)
    areas = squares(frame)
    whole = gpd.GeoDataFrame(
        geometry=[areas.union_all()], index=pd.Index(["X"], name="area"), crs=27700
    )
    args = (frame, chain(frame), areas)
    left = audit(plan("1", "1", ""), *args, boundary=whole)
    assert line(left, "R10", "practices")["found"] == pytest.approx(2 / 3)
    assert line(left, "R10", "people")["found"] == pytest.approx(35 / 40)
    assert line(left, "R10", "land")["found"] == pytest.approx(2 / 3)
    assert line(left, "R10", "people")["result"] == "fail"
    assert line(left, "R12")["result"] == "fail"
    assert line(left, "R14", CODES[2])["result"] == "fail"
    assert line(left, "R13")["result"] == "fail"
    offer = pd.DataFrame({"network": ["1"]}, index=[CODES[2]])
    why = pd.DataFrame({"reason_code": ["no_room"]}, index=[CODES[2]])
    offered = audit(plan("1", "1", ""), *args, boundary=whole, proposals=offer, reasons=why)
    assert {line(offered, r)["result"] for r in ("R12",)} == {"amber"}
    assert line(offered, "R10", "people")["result"] == "amber"
    assert line(offered, "R13")["result"] == "pass"
    assert "not yet agreed" in line(offered, "R14")["sentence"]
    settled = Rules(homes=(Home(CODES[2], CODES[0], "agreed", "NHS X", "X LMC, Y LMC", "3 June"),))
    agreed = audit(plan("1", "1", ""), *args, settled, boundary=whole, reasons=why)
    assert line(agreed, "R14")["result"] == "pass"
    assert "NHS X; X LMC, Y LMC; 3 June" in line(agreed, "R14")["sentence"]
    assert line(agreed, "R10", "people")["result"] == "pass"
    assert line(agreed, "R12")["result"] == "pass"


def test_a_proposed_home_says_which_rules_it_would_break() -> None:
    frame = practices(48_000, 5_000)
    offers = pd.DataFrame(
        {"network": ["1"], "state": ["proposed"], "rules_broken": ["R04: 3,000 above 50,000"]},
        index=[CODES[1]],
    )
    found = audit(plan("1", ""), frame, proposals=offers)
    assert "It would break R04: 3,000 above 50,000." in line(found, "R14")["sentence"]
    assert "1 practice in no network" in line(found, "R12")["sentence"]


def test_assigned_is_not_agreed() -> None:
    frame = practices(20_000, 15_000, 5_000)
    forced = Rules(homes=(
        Home(CODES[2], CODES[0], "assigned", "NHS X", "", "9 June", "mediation failed"),
    ))  # fmt: skip
    words = line(audit(plan("1", "1", ""), frame, rules=forced), "R14")["sentence"]
    assert "assigned by the commissioner (NHS X, 9 June: mediation failed)" in words


def test_a_practice_that_declines_R15_must_be_covered() -> None:
    frame = practices(20_000, 15_000, 5_000, standing=["eligible", "eligible", "covered"],
                      reason_code=["", "", "practice_choice"])  # fmt: skip
    bare = audit(plan("1", "1"), frame)
    assert line(bare, "R15")["result"] == "fail"
    offer = pd.DataFrame({"network": ["1"]}, index=[CODES[2]])
    assert line(audit(plan("1", "1"), frame, proposals=offer), "R15")["result"] == "amber"
    deal = Rules(homes=(Home(CODES[2], CODES[0], "agreed", "NHS X", "X LMC", "3 June"),))
    assert line(audit(plan("1", "1"), frame, rules=deal), "R15")["result"] == "pass"
    # Its patients are not in the network's own list.
    assert line(audit(plan("1", "1"), frame, rules=deal), "R31")["found"] == 35_000
    assert line(audit(plan("1", "1", "1"), frame), "R30")["result"] == "fail"


def test_dates_R06_and_number_R07() -> None:
    frame = practices(20_000, 15_000)
    january = audit(plan("1", "1"), frame, list_date=dt.date(2022, 1, 1))
    assert line(january, "R06")["result"] == "pass"
    july = audit(plan("1", "1"), frame, list_date=dt.date(2022, 7, 1))
    assert line(july, "R06")["result"] == "amber"
    assert line(audit(plan("1", "1"), frame), "R06")["result"] == "cannot tell"
    assert line(january, "R07")["result"] == "pass"
    tight = audit(plan("1", "2"), practices(40_000, 19_000))
    assert line(tight, "R07")["result"] == "amber"


def test_across_a_border_R19() -> None:
    frame = practices(20_000, 15_000, area=["X", "Y"])
    assert line(audit(plan("1", "1"), frame), "R19", "1")["result"] == "amber"
    leave = Rules(cross_area=(CrossArea(CODES[1], "A branch", "Both", lead_area="Y"),))
    found = line(audit(plan("1", "1"), frame, rules=leave), "R19", "1")
    assert found["result"] == "waived"
    assert "Y leads" in found["sentence"]
    assert "practices of X and Y (20,000 and 15,000 people registered)" in found["sentence"]
    open_ = line(audit(plan("1", "1"), frame), "R19", "1")
    assert "X would lead, with most of its people: nobody has said so" in open_["sentence"]
    assert "agreed with both commissioners" in open_["sentence"]
    three = practices(20_000, 15_000, 9_000, area=["X", "Y", "Z"])
    words = line(audit(plan("1", "1", "1"), three), "R19", "1")["sentence"]
    assert "agreed with all 3 commissioners" in words
    asked = Rules(cross_area=(CrossArea(CODES[1], "A branch", lead_area="Y"),))
    words = line(audit(plan("1", "1"), frame, rules=asked), "R19", "1")["sentence"]
    assert "asked for (A branch)" in words
    assert "Y leads" in words
    assert line(audit(plan("1"), practices(35_000)), "R19")["result"] == "pass"
    odd = Rules(cross_area=(CrossArea(CODES[1], "A branch", "Both", lead_area="Z"),))
    found = line(audit(plan("1", "1"), frame, rules=odd), "R19", "1")
    assert found["result"] == "amber"
    assert "Z, which is to lead, has no practice in it" in found["sentence"]


def test_what_is_beyond_the_border_is_evidence_R19() -> None:
    """Sites, branches, drawn land and patients on the other side, counted here by hand."""
    frame = practices(20_000, 15_000, 31_000, area=["X", "Y", "X"])
    frame = frame.set_geometry(gpd.points_from_xy([1_000, 12_000, 3_000], [500, 500, 500]))
    frame = frame.set_crs(27700, allow_override=True)
    boundary = gpd.GeoDataFrame(
        geometry=[box(0, 0, 10_000, 1_000), box(10_000, 0, 20_000, 1_000)],
        index=pd.Index(["X", "Y"], name="area"), crs=27700,
    )  # fmt: skip
    land = gpd.GeoDataFrame(
        {"site": CODES[:3], "derived_from": "hand"},
        geometry=[box(0, 0, 11_200, 1_000), box(11_200, 0, 20_000, 1_000), box(0, 0, 1, 1)],
        index=pd.Index(CODES[:3], name="practice"), crs=27700,
    )  # fmt: skip
    branches = gpd.GeoDataFrame(
        {"practice": [CODES[0], CODES[0], CODES[1]]},
        geometry=gpd.points_from_xy([15_000, 2_000, 10_100], [500, 500, 500]), crs=27700,
    )  # fmt: skip
    homes = pd.DataFrame(
        [(CODES[0], "L1", 900), (CODES[0], "L2", 100), (CODES[1], "L1", 40), (CODES[2], "L2", 7)],
        columns=["practice", "lsoa", "patients"],
    )
    most = pd.DataFrame({"most_area": ["X", "Y"]}, index=pd.Index(["L1", "L2"], name="lsoa"))
    given = {"boundary": boundary, "branches": branches, "registrations": homes, "by_lsoa": most}
    table = border_evidence(plan("1", "1", "2"), frame, land, **given)
    assert list(table.index) == CODES[:2]
    assert table["sited_beyond"].tolist() == [False, False]
    assert table["branches_beyond"].tolist() == [1, 0]
    assert table["land_beyond_km2"].tolist() == pytest.approx([1.0, 0.0])
    assert table["patients_beyond"].tolist() == [100, 40]
    words = line(audit(plan("1", "1", "2"), frame, None, land, **given), "R19")["sentence"]
    assert words.endswith(
        "Evidence: 0 of 2 practices lie beyond the border of their area, 1 branch surgery does, "
        "1.0 km² of their drawn areas does, 140 of their patients live where a practice of another "
        "area has the most."
    )
    bare = line(audit(plan("1", "1", "2"), frame), "R19")["sentence"]
    assert bare.endswith(
        "Not given: borders of both areas (--boundaries), branch surgeries (--branches), patients "
        "by LSOA (--registrations, with --lists)."
    )


def test_a_shared_practice_R20_counts_once() -> None:
    frame = practices(30_000, 10_000, 25_000)
    share = Shared(CODES[1], CODES[2], 0.6, "Two towns", "Commissioner")
    found = audit(plan("1", "1", "2"), frame, rules=Rules(shared=(share,)))
    assert line(found, "R02", "1")["found"] == 34_000
    assert line(found, "R02", "2")["found"] == 31_000
    assert line(found, "R20")["result"] == "waived"
    assert line(found, "R20")["sentence"] == (
        f"{CODES[1]} is in Network 1 and Network 2, because: Two towns. Of 10,000 people "
        "registered, 4,000 in Network 1 and 6,000 in Network 2 are counted; 60.0% in Network 2, "
        "agreed by Commissioner."
    )
    named = line(found, "R30", "2")["sentence"]
    assert named == f"Network 2 has 1 member practice and a share of {CODES[1]} (R20)."
    signed = Submission(CODES[2], signed=(CODES[2],))
    paper = audit(plan("1", "1", "2"), frame, rules=Rules(shared=(share,), submissions=(signed,)))
    assert f"not signed by {CODES[1]}" in line(paper, "R33", "2")["sentence"]
    asked = Rules(shared=(Shared(CODES[1], CODES[2], 0.6, "Two towns"),))
    waiting = audit(plan("1", "1", "2"), frame, rules=asked)
    assert line(waiting, "R02", "2")["found"] == 25_000
    assert "because: Two towns." in line(waiting, "R20")["sentence"]
    own = Rules(shared=(Shared(CODES[0], CODES[1], 0.5, "x", "y"),))
    found = line(audit(plan("1", "1", "2"), frame, rules=own), "R20")
    assert found["result"] == "fail"
    assert found["sentence"].endswith("They were to be, because: x.")


def test_town_and_country_R22_and_local_authorities_R23() -> None:
    frame = practices(20_000, 20_000, 35_000, rural_share=[1.0, 0.0, 0.0],
                      local_authority=["Wold", "Wold", "Marsh"])  # fmt: skip
    found = audit(plan("1", "1", "2"), frame)
    assert line(found, "R22", "1")["result"] == "amber"
    assert line(found, "R22", "2")["result"] == "pass"
    assert line(found, "R23", "1")["result"] == "pass"
    mixed = audit(plan("1", "2", "2"), frame)
    assert line(mixed, "R23", "2")["found"] == 2


def test_authorities_of_boundaries_come_before_those_of_postcodes_R23() -> None:
    """Codes of two editions are never mixed; a practice that is not known leaves it open."""
    frame = practices(20_000, 20_000, local_authority=["E06000001", ""])
    found = line(audit(plan("1", "1"), frame), "R23", "1")
    assert found["result"] == "cannot tell"
    assert f"not known for {CODES[1]}" in found["sentence"]
    graph = nx.Graph(chain(frame))
    nx.set_node_attributes(graph, "E07000009", "local_authority")
    drawn = line(audit(plan("1", "1"), frame, graph), "R23", "1")
    assert drawn["result"] == "pass"
    assert "practices in E07000009 (--authorities gives names)." in drawn["sentence"]


def test_authorities_are_named_not_coded_where_the_files_have_names_R23() -> None:
    """It said "practices in E06000057", which nobody can read aloud."""
    frame = practices(
        20_000, 20_000, 35_000, local_authority=["E1", "E2", "E1"],
        local_authority_name=["Wold", "Marsh", ""],
    )  # fmt: skip
    found = audit(plan("1", "1", "2"), frame)
    assert line(found, "R23", "1")["sentence"] == "Network 1: practices in Wold and Marsh."
    assert line(found, "R23", "2")["sentence"] == "Network 2: practices in Wold."


def test_sentences_name_practices_as_people_write_them() -> None:
    """R12, R14 and R16 named practices by their codes alone."""
    frame = practices(30_000, 8_000, name=["QUAY HTH CTR", "ISLAND SURG"])
    offer = pd.DataFrame({"network": ["1"]}, index=[CODES[1]])
    found = audit(plan("1", ""), frame, proposals=offer)
    said = line(found, "R14", CODES[1])["sentence"]
    assert said.startswith(f"Island Surgery ({CODES[1]}, 8,000 people registered) is offered to")
    assert f": Island Surgery ({CODES[1]});" in line(found, "R12")["sentence"]
    assert (
        f"one practice, Quay Health Centre ({CODES[0]}), with"
        in line(found, "R18", "1")["sentence"]
    )


def test_one_is_one_in_sentences() -> None:
    """It said "1 of its practices are not on the graph" and "All 1 practices"."""
    frame = practices(20_000, 15_000, 8_000)
    frame["reason_code"] = ["", "", "isolated"]
    graph = chain(frame.iloc[:1])
    found = audit(plan("1", "1", ""), frame, graph)
    assert (
        f"1 of its practices is not on the graph: {CODES[1]}."
        in line(found, "R11", "1")["sentence"]
    )
    assert line(found, "R13")["sentence"] == "The practice in no network has a reason."
    assert line(found, "R07")["sentence"].startswith("1 network; ")
    assert line(found, "R01")["sentence"].startswith("1 of 1 network has ")


def test_teams_inside_a_network_are_those_of_one_table_R04_R18() -> None:
    """R04 counted two teams by sums where the practices could only be divided into one."""
    frame = practices(31_000, 30_500, 31_000)
    both = audit(plan("1", "1", "2"), frame, teams=teams("ab"))
    assert line(both, "R04", "1")["sentence"].endswith(
        "Proposed neighbourhood teams inside it: a (31,000) and b (30,500)."
    )
    one = line(audit(plan("1", "1", "2"), frame, teams=teams("  ")), "R04", "1")["sentence"]
    assert one.endswith("Its practices cannot be divided into neighbouring teams in the window.")


def teams(which: str) -> pd.DataFrame:
    """Put two practices of Network 1 into teams, a letter each; a blank is none."""
    return pd.DataFrame(
        {
            "network": "1",
            "team": [letter.strip() for letter in which],
            "list_size": [31_000, 30_500],
            "team_list_size": [31_000, 30_500],
        },
        index=pd.Index(CODES[:2], name="practice"),
    )


def test_a_list_size_that_a_table_states_otherwise_is_told_R31() -> None:
    frame = practices(20_000, 15_000)
    found = audit(plan("1", "1"), frame, stated={CODES[1]: 16_000})
    odd = line(found, "R31", CODES[1])
    assert odd["result"] == "amber"
    assert odd["sentence"] == (
        f"{CODES[1]}: the table that the plan was read from states 16,000 people registered; the "
        "15,000 of the list file are counted."
    )


def test_the_pack_R30_to_R36_is_there_or_not_and_not_judged() -> None:
    frame = practices(20_000, 15_000)
    full = Submission(
        practice=CODES[0],
        clinical_director="Ms B. Example",
        director_role="nurse",
        payee=CODES[1],
        agreement_date="1 May",
        signed=(CODES[0], CODES[1]),
        boundary_agreed="NHS X and X LMC, 30 May",
    )
    done = audit(plan("1", "1"), frame, rules=Rules(submissions=(full,)))
    rules = ("R17", "R33", "R34", "R35", "R36")
    assert [line(done, r)["result"] for r in rules] == ["pass"] * 5
    assert "nurse" in line(done, "R34")["sentence"]
    assert "not judged" in line(done, "R33")["sentence"]
    thin = Rules(submissions=(Submission(CODES[0], payee="Z99999"),))
    poor = audit(plan("1", "1"), frame, rules=thin)
    assert [line(poor, r)["result"] for r in rules] == ["amber"] * 5
    assert f"not signed by {CODES[0]}, {CODES[1]}" in line(poor, "R33")["sentence"]
    none = audit(plan("1", "1"), frame)
    assert [line(none, r)["result"] for r in rules] == ["cannot tell"] * 5


@pytest.mark.parametrize(
    ("rule", "result", "words", "row"),
    [
        ("R35", "amber", "a flat network needs a paymaster", {"model": "1"}),
        ("R35", "amber", "a lead provider, pays a member", {"model": "M2", "payee": "Care Ltd"}),
        ("R35", "amber", "is not paid directly", {"model": "5", "payee": "NHS Trust X"}),
        ("R35", "pass", "Care Ltd, not a member", {"model": "3", "payee": "Care Ltd"}),
        ("R35", "pass", "a member, receives", {"model": "5", "payee": CODES[1]}),
        ("R25", "amber", "federation or provider entity, which is not named", {"model": "M3"}),
        ("R25", "amber", "none of those published", {"model": "a choir"}),
        ("R18", "amber", "a super-practice, and it has 2 practices", {"model": "Super-practice"}),
        ("R34", "pass", "not a GP: any", {"clinical_director": "B", "director_role": "nurse"}),
    ],
)
def test_the_organisational_model_is_held_against_what_is_published_of_it(
    rule: str, result: str, words: str, row: dict[str, Any]
) -> None:
    rules = Rules(submissions=(Submission(CODES[0], **row),))
    found = line(audit(plan("1", "1"), practices(20_000, 15_000), rules=rules), rule, "1")
    assert found["result"] == result
    assert words in found["sentence"]


def test_a_super_practice_is_generally_above_50_000_and_another_body_signs_at_100_000() -> None:
    rules = Rules(submissions=(Submission(CODES[0], model="4"),))
    small = line(audit(plan("1"), practices(40_000), rules=rules), "R18", "1")["sentence"]
    assert "generally have more than 50,000 (S000)" in small
    large = line(audit(plan("1"), practices(104_000), rules=rules), "R18", "1")["sentence"]
    assert "another health body signs up" in large
    assert "generally" not in large


def test_wishes_of_practices_R16() -> None:
    """Together, apart and locked networks are checked on the finished plan."""
    frame = practices(20_000, 15_000, 40_000)
    one, two, three = CODES[:3]
    cases = [
        (Rules(together=(Together((one, three)),)), ("1", "1", "2"), ("1", "1", "1")),
        (Rules(apart=(Apart(one, two),)), ("1", "1", "2"), ("1", "2", "2")),
        (Rules(locked=(Locked((one, two)),)), ("1", "1", "1"), ("1", "1", "2")),
        (Rules(locked=(Locked((one, two)),)), ("1", "2", "2"), ("1", "1", "2")),
    ]
    for rules, broken, kept in cases:
        assert line(audit(plan(*broken), frame, rules=rules), "R16")["result"] == "amber"
        assert line(audit(plan(*kept), frame, rules=rules), "R16")["result"] == "pass"
    assert line(audit(plan("1", "1", "2"), frame), "R16")["result"] == "cannot tell"


def test_a_plan_of_other_practices_is_refused() -> None:
    with pytest.raises(DataError, match="1 practices that are not among"):
        audit(plan("1", "1"), practices(35_000))
    with pytest.raises(RulesError, match="no check of R99"):
        audit(plan("1"), practices(35_000), only=["R99"])


# ---- published case studies (domain 1g) -----------------------------------------------------
def test_st_austell_one_practice_of_32_000_needs_the_commissioners_agreement() -> None:
    found = audit(plan("1"), practices(32_000))
    assert line(found, "R02")["result"] == line(found, "R04")["result"] == "pass"
    assert line(found, "R18")["result"] == "amber"
    leave = Rules(single_practice=(Waiver(CODES[0], "Merged", "Commissioner"),))
    assert line(audit(plan("1"), practices(32_000), rules=leave), "R18")["result"] == "waived"


def test_vitality_51_000_of_seven_practices_is_amber_by_1_000() -> None:
    found = audit(plan(*["1"] * 7), practices(*[7_300] * 6, 7_200))
    over = line(found, "R04")
    assert over["result"] == "amber"
    assert "51,000 people registered, 1,000 above 50,000" in over["sentence"]
    signed = Rules(over_ceiling=(Waiver(CODES[3], "One town", "Commissioner"),))
    eased = audit(plan(*["1"] * 7), practices(*[7_300] * 6, 7_200), rules=signed)
    assert line(eased, "R04")["result"] == "waived"


def test_super_practices_over_100_000_are_advised_neighbourhoods() -> None:
    words = line(audit(plan("1"), practices(104_000)), "R18")["sentence"]
    assert "neighbourhoods inside it are advised" in words
    assert "3 neighbourhood teams" in line(audit(plan("1"), practices(104_000)), "R04")["sentence"]


def test_encompass_170_000_is_four_or_five_networks() -> None:
    sizes = [18_000, 18_000, 19_000, 19_000, 19_000, 19_000, 19_000, 19_000, 20_000]
    assert sum(sizes) == 170_000
    four = audit(plan("1", "1", "2", "2", "3", "3", "4", "4", "4"), practices(*sizes))
    assert line(four, "R07")["wanted"] == "4 to 5 networks"
    assert line(four, "R07")["result"] == "pass"
    one = audit(plan(*["1"] * 9), practices(*sizes))
    assert line(one, "R07")["result"] == "amber"
    assert "4 to 5 neighbourhood teams" in line(one, "R04")["sentence"]


def test_hurley_one_provider_in_many_places_is_not_forced_into_one_network() -> None:
    frame = practices(18_000, 18_000, 18_000, 18_000, name="THE HURLEY GROUP PRACTICE")
    apart = audit(plan("1", "1", "2", "2"), frame, chain(frame))
    assert not (apart["result"] == "fail").any()
    scattered = audit(plan("1", "2", "2", "1"), frame, chain(frame))
    assert line(scattered, "R11", "1")["result"] == "fail"


def test_tower_hamlets_eight_networks_of_30_to_40_000_are_all_in_the_window() -> None:
    frame = practices(*[35_000] * 8)
    found = audit(plan(*"12345678"), frame, rules=Rules(
        single_practice=tuple(Waiver(c, "Example", "Commissioner") for c in CODES[:8])
    ))  # fmt: skip
    assert line(found, "R01")["found"] == 8
    assert line(found, "R01")["result"] == "pass"
    assert line(found, "R07")["wanted"] == "6 to 9 networks"


# ---- today's networks -----------------------------------------------------------------------
def today() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "list_size": [20_000, 15_000, 60_000, 9_000, 14_000, 5_000],
            "area": ["X", "X", "X", "Y", "X", "Y"],
            "network_today": ["U1", "U1", "U2", "U3", "U3", ""],
            "network_today_name": ["One PCN", "One PCN", "Two PCN", "Three PCN", "Three PCN", ""],
        },
        index=CODES[:6],
    )


def test_todays_networks_are_summed_across_areas() -> None:
    networks = by_network(today())
    assert networks["list_size"].to_dict() == {"U1": 35_000, "U2": 60_000, "U3": 23_000}
    assert networks.loc["U3", ["area", "areas"]].tolist() == ["X", 2]
    areas = by_area(today())
    assert areas.loc["X", ["networks", "in_window", "below", "above"]].tolist() == [3, 1, 1, 1]
    assert areas.loc["X", "crossing"] == 1
    assert areas.loc["Y", ["networks", "in_no_network"]].tolist() == [0, 1]
    assert areas["patients"].sum() == today()["list_size"].sum()
    assert not areas["all_in_window"].any()
    assert members_elsewhere(today(), ["X"]) == (CODES[3],)


def test_the_national_picture_stands_beside_the_published_one() -> None:
    table = national_picture(today())
    assert list(table.index) == list(PUBLISHED)
    assert table.loc["in_window", "published_share"] == pytest.approx(0.5808)
    assert table.loc["in_window", "found_share"] == pytest.approx(1 / 3)
    assert table.loc["areas_all_in_window", "published"] == 6


def test_an_existing_configuration_is_audited_like_any_other() -> None:
    frame = practices(20_000, 15_000, 60_000, 9_000).assign(
        network_today=["U1", "U1", "U2", ""],
        network_today_name=["One PCN", "One PCN", "Two PCN", ""],
    )
    old = existing_plan(frame)
    assert old.status is Status.GIVEN
    assert old.unplaced_patients == 9_000
    found = audit(old, frame, chain(frame), existing=True)
    assert line(found, "R02", "U1")["result"] == "pass"
    assert "One PCN (U1) has 35,000 people" in line(found, "R02", "U1")["sentence"]
    assert line(found, "R13")["result"] == "cannot tell"


def test_a_site_in_two_networks_is_a_line_for_its_practices_to_decide() -> None:
    frame = practices(20_000, 15_000, 36_000, 12_000, site=["S", "S", "T", "T"])
    found = audit(plan("1", "2", "2", "2"), frame, chain(frame), squares(frame))
    row = line(found, "R16", "S")
    assert (row["scope"], row["result"], row["found"]) == ("site", "amber", 2)
    assert row["sentence"] == (
        f"Practices on one site are in different networks: {CODES[0]} (network 1), {CODES[1]} "
        "(network 2)."
    )
    assert "site" not in set(audit(plan("1", "1", "2", "2"), frame, chain(frame))["scope"])
    over = audit(plan("1", "1", "2", "1"), frame, chain(frame), squares(frame))
    assert "above 50,000" not in line(over, "R16", "T")["sentence"]
    frame.loc[CODES[3], "list_size"] = 20_000
    over = audit(plan("1", "1", "2", "1"), frame, chain(frame), squares(frame))
    assert "Together they have 56,000 patients, above 50,000." in line(over, "R16", "T")["sentence"]


def test_a_code_cannot_stand_in_two_networks_R30() -> None:
    """Unique unless shared (R20): its patients would count twice."""
    home = pd.Series(["1", "2", "2"], index=[CODES[0], CODES[1], CODES[0]])
    with pytest.raises(ValueError, match="twice"):
        Plan(home, status=Status.GIVEN)
    found = audit(plan("1", "2"), practices(31_000, 32_000))
    assert set(found.loc[found["rule"] == "R30", "wanted"]) == {
        "valid codes of practices that take part, each in one network unless shared (R20)"
    }


# ---- decisions that contradict each other, or the plan ---------------------------------------
def test_a_home_with_a_practice_in_no_network_is_said_and_not_lost_R14_R15() -> None:
    """Two practices in no network that join each other, and one that is covered by neither."""
    two, three, four = CODES[1:4]
    agreed = ("agreed", "NHS X", "X LMC", "3 June")
    rules = Rules(homes=(Home(two, three, *agreed), Home(four, two, *agreed)))
    standing = ["eligible", "eligible", "eligible", "covered"]
    frame = practices(35_000, 5_000, 5_000, 5_000, standing=standing)
    found = audit(plan("1", "", "", ""), frame, rules=rules)
    joins, covered = line(found, "R14", two), line(found, "R15", four)
    assert (joins["result"], covered["result"]) == ("fail", "fail")
    assert f"was to join the network of {three}, which is in none: agreed" in joins["sentence"]
    assert f"covered by the network of {two}, which is in none: agreed" in covered["sentence"]


def test_a_member_that_its_network_refused_is_said_R13() -> None:
    frame = practices(35_000, 5_000)
    one, two = CODES[:2]
    noted = Rules(refused=(Refused(two, one, "too many patients", "X LMC"),))
    words = line(audit(plan("1", "1"), frame, rules=noted), "R13", two)
    assert words["result"] == "amber"
    assert f"which does not take it: {one}, too many patients (X LMC)" in words["sentence"]
    asked = Rules(refused=(Refused(two, one, "too many patients"),))
    assert line(audit(plan("1", "1"), frame, rules=asked), "R13")["result"] == "pass"


def test_what_a_sentence_has_no_room_for_is_counted() -> None:
    frame = practices(*[5_000] * 8)
    whole = plan(*["1"] * 8)
    off = audit(whole, frame, territories=squares(frame).iloc[:1], graph=chain(frame.iloc[:2]))
    assert line(off, "R32", "1")["sentence"].endswith(
        "1 of 8 members has an area on the map; not A81001, A81002, A81003, A81004, A81005 and "
        "2 more."
    )
    assert "A81006 and 1 more" in line(off, "R11", "1")["sentence"]
    odd = frame.rename(index={code: f"{code}/1" for code in CODES})
    named = whole.replace(assignment=pd.Series("1", index=odd.index))
    said = line(audit(named, odd), "R30", "1")["sentence"]
    assert "A81004/1 and 3 more have an unusual form" in said


def test_entries_that_no_network_takes_up_are_said_R30() -> None:
    one, two, three = CODES[:3]
    rows = (Submission(one, name="A"), Submission(two, name="B"), Submission(three, name="C"))
    frame = practices(20_000, 15_000, 5_000)
    found = audit(plan("1", "1", ""), frame, rules=Rules(submissions=rows))
    assert f"has one already, under {one}" in line(found, "R30", two)["sentence"]
    assert "in no network" in line(found, "R30", three)["sentence"]
    assert line(found, "R30", "1")["result"] == "pass"


def test_a_signature_of_no_member_is_said_R33() -> None:
    rows = (Submission(CODES[0], signed=(CODES[0], "Z00000")),)
    found = line(audit(plan("1"), practices(35_000), rules=Rules(submissions=rows)), "R33")
    assert found["result"] == "amber"
    assert found["sentence"] == "Network 1: signed by Z00000, not a member."
