"""What people decided, through the whole path: shares, agreed homes, plans of one network or none.

Every sum is made here from the list file with plain Python.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from made_area import MadeArea, code, rows

from pcngeo.cli import main
from pcngeo.errors import DataError
from pcngeo.intake import cut
from pcngeo.pipeline import PlannedArea
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules

#: A row of eight practices on land, 10,000 each, and one of 9,000 on an island.
ROW = [(float(i), 0.0, 10_000) for i in range(8)]
ISLAND = (20.0, 0.0, 9_000)
LAND = [(-1, -1, 8, 1), (19, -1, 21, 1)]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0)


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> MadeArea:
    return MadeArea(tmp_path_factory.mktemp("island"), [*ROW, ISLAND], boxes=LAND)


@pytest.fixture(scope="module")
def proposed(island: MadeArea) -> PlannedArea:
    """The island's plan before anybody decided anything."""
    return island.plan()


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> MadeArea:
    """The eight on land only."""
    return MadeArea(tmp_path_factory.mktemp("row"), ROW)


@pytest.fixture(scope="module")
def plain(row: MadeArea) -> PlannedArea:
    """Their plan without any rules."""
    return row.plan()


@pytest.fixture(scope="module")
def shared(row: MadeArea, tmp_path_factory: pytest.TempPathFactory) -> tuple[PlannedArea, Path]:
    """Their plan with the first practice in two networks, and its folder."""
    out = tmp_path_factory.mktemp("shared") / "plan"
    return row.plan(SHARED.format(code(0), code(7)), out=out), out


def home(joins: int, state: str = "agreed", practice: int = 8) -> str:
    return (
        f'[[home]]\npractice = "{code(practice)}"\njoins = "{code(joins)}"\nstate = "{state}"\n'
        'commissioner = "NHS Nowhere"\nlmcs = "Nowhere LMC"\ndate = "3 June 2026"\n'
        'reason = "The ferry lands there"\n'
    )


def status_of(result: PlannedArea, i: int) -> tuple[str, str]:
    row = result.membership.loc[code(i)]
    return str(row["status"]), str(row["reason"])


def test_a_home_is_proposed_until_somebody_agrees_it_R14(
    island: MadeArea, proposed: PlannedArea
) -> None:
    before = proposed
    assert status_of(before, 8)[0] == "proposed"
    after = island.plan(home(7))
    status, reason = status_of(after, 8)
    assert status == "member"
    assert "NHS Nowhere; Nowhere LMC; 3 June 2026" in reason
    network = after.plan.assignment[code(7)]
    assert after.membership.loc[code(8), "network"] == network
    grown = int(after.measures.loc[network, "list_size"])
    assert grown == int(before.measures.loc[network, "list_size"]) + 9_000
    assert int(after.measures["list_size"].sum()) == sum(island.lists.values())
    assert after.complete
    assert not before.complete
    row = after.orphans.loc[code(8)]
    assert (row["state"], row["network"], row["reason_code"]) == ("agreed", network, "isolated")
    assert int(row["list_after"]) == grown
    # What was proven is said of the networks before, and the graph does not hide the gap.
    assert after.plan.status == before.plan.status
    assert "before Y99008 joined by decision" in after.plan.proof
    told = after.audit.set_index(["rule", "subject"])["result"]
    assert told.loc["R14", code(8)] == "pass"
    assert told.loc["R11", network] == "waived"
    assert "not one connected area" in str(after.measures.loc[network, "flags"])


def test_an_assigned_home_says_by_whom_and_why(island: MadeArea) -> None:
    after = island.plan(home(0, "assigned"))
    status, reason = status_of(after, 8)
    assert status == "member"
    assert (
        "Assigned by the commissioner (NHS Nowhere, 3 June 2026: The ferry lands there)" in reason
    )
    assert after.orphans.loc[code(8), "state"] == "assigned"


def test_a_decision_that_the_plan_does_not_keep_is_told(island: MadeArea) -> None:
    """The practice is a member by now, elsewhere than was agreed."""
    after = island.plan(home(7, practice=0))
    (line,) = after.audit[(after.audit["rule"] == "R14") & (after.audit["subject"] == code(0))][
        "result"
    ]
    assert line == "fail"
    assert after.membership.loc[code(0), "network"] != after.membership.loc[code(7), "network"]


def test_a_practice_without_a_location_joins_by_agreement(tmp_path: Path) -> None:
    area = MadeArea(tmp_path, [*ROW, (None, 0.0, 5_000)])
    before = area.plan()
    assert status_of(before, 8)[0] == "orphan"
    after = area.plan(home(2), out=tmp_path / "out")
    assert status_of(after, 8)[0] == "member"
    network = after.plan.assignment[code(2)]
    (row,) = (r for r in rows(tmp_path / "out" / "networks.csv") if r["network"] == network)
    members = [p for p, n in after.plan.assignment.items() if n == network]
    assert code(8) in members
    assert int(row["list_size"]) == sum(area.lists[p] for p in members)
    assert "Y99008 not on the graph" in row["flags"]
    kept = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert kept["joined_by_decision"] == [code(8)]


def test_a_folder_with_a_settled_home_is_read_back_as_it_was(
    island: MadeArea, tmp_path: Path
) -> None:
    from pcngeo.reopen import reopen
    from pcngeo.writing import write_plan

    after = island.plan(home(7), out=tmp_path / "first")
    again = reopen(tmp_path / "first")
    assert again.plan.joined == after.plan.joined
    write_plan(again, tmp_path / "second")
    for name in ("membership.csv", "networks.csv", "orphans.csv", "audit.csv", "shares.csv"):
        first, second = (tmp_path / part / name for part in ("first", "second"))
        assert first.read_bytes() == second.read_bytes(), name


def test_vetoes_wishes_and_refusals_are_kept_or_told_R13_R16(tmp_path: Path) -> None:
    area = MadeArea(tmp_path, [*ROW, (3.5, 0.8, 10_000)])
    free = area.plan()
    near = free.plan.assignment[code(8)]
    with_8 = [p for p in free.plan.members(near) if p != code(8)]
    # A practice's own no is kept by the optimiser; a wish is shown.
    rules = "".join(
        f'[[veto]]\npractice = "{code(8)}"\nagainst = "{p}"\nreason = "Court case"\n'
        for p in with_8[:1]
    ) + (
        f'[[preference]]\npractice = "{code(0)}"\nprefers = "{code(7)}"\nreason = "Friends"\n'
        'approved_by = "Nowhere LMC"\n'
    )
    held = area.plan(rules)
    assert held.plan.assignment[code(8)] != held.plan.assignment[with_8[0]]
    told = held.audit[held.audit["rule"] == "R16"].set_index("subject")
    assert told.loc[f"{code(8)} {with_8[0]}", "result"] == "pass"
    wish = told.loc[f"{code(0)} {code(7)}"]
    assert wish["result"] == "amber"
    assert "Friends" in wish["sentence"] and "Nowhere LMC" in wish["sentence"]
    # By choice of the network: out of the search, with its reason, offered to another network.
    refusal = (
        f'[[refused]]\npractice = "{code(8)}"\nby = "{code(3)}"\nreason = "Its list is closed"\n'
        'approved_by = "NHS Nowhere"\ndate = "3 June 2026"\n'
    )
    out = area.plan(refusal)
    row = out.orphans.loc[code(8)]
    assert (row["reason_code"], row["state"]) == ("network_choice", "proposed")
    assert "Its list is closed (noted by NHS Nowhere, 3 June 2026" in row["reason"]
    assert row["network"] != out.plan.assignment[code(3)]
    assert out.plan.unplaced_patients == 10_000
    reasons = out.audit[out.audit["rule"] == "R13"]
    assert set(reasons["result"]) == {"pass"}
    # Said, but nobody took note: nothing changes.
    said = area.plan(refusal.replace('approved_by = "NHS Nowhere"\n', ""))
    assert said.plan.assignment.equals(free.plan.assignment)


def test_a_practice_in_no_network_is_offered_the_one_it_wishes_for(island: MadeArea) -> None:
    area = island
    wish = f'[[preference]]\npractice = "{code(8)}"\nprefers = "{code(0)}"\nreason = "Kin"\n'
    found = area.plan(wish)
    assert found.orphans.loc[code(8), "network"] == found.plan.assignment[code(0)]
    assert found.orphans.loc[code(8), "state"] == "proposed"
    against = f'[[veto]]\npractice = "{code(8)}"\nagainst = "{code(7)}"\nreason = "Old quarrel"\n'
    other = area.plan(against)
    assert other.orphans.loc[code(8), "network"] == other.plan.assignment[code(0)]
    declined = (
        f'[[declined]]\npractice = "{code(8)}"\nreason = "Letter"\napproved_by = "NHS Nowhere"\n'
    )
    covered = area.plan(declined)
    assert covered.orphans.loc[code(8), "reason_code"] == "practice_choice"
    assert "Letter (agreed by NHS Nowhere)" in covered.membership.loc[code(8), "reason"]


SHARED = (
    '[[shared]]\npractice = "{0}"\njoins = "{1}"\nshare = 0.3\nreason = "Two towns"\n'
    'approved_by = "NHS Nowhere"\n'
)


def test_every_table_counts_a_shared_practice_once_R20(
    row: MadeArea, plain: PlannedArea, shared: tuple[PlannedArea, Path]
) -> None:
    area, tmp_path = row, row.folder
    result, folder = shared
    own, other = (plain.plan.assignment[code(i)] for i in (0, 7))
    assert own != other
    rules = SHARED.format(code(0), code(7))
    assert run(*area.command("audit", rules=rules)) == 0
    audited = {r["subject"]: float(r["found"]) for r in rows(tmp_path / "out" / "audit.csv")
               if r["rule"] == "R31"}  # fmt: skip
    before = plain.measures["list_size"].astype(int)
    expected = {own: before[own] - 3_000, other: before[other] + 3_000}
    assert audited == expected
    networks = {r["network"]: int(r["list_size"]) for r in rows(folder / "networks.csv")}
    shares: dict[str, int] = {}
    for line in rows(folder / "shares.csv"):
        shares[line["network"]] = shares.get(line["network"], 0) + int(line["list_size"])
    tables = {
        name: {r["network"]: int(r[column]) for r in rows(tmp_path / "out" / f"{name}.csv")
               if r["network"] != "area"}
        for name, column in (("profile", "list_size"), ("service", "member_list"),
                             ("cliffs", "list_size"))
    }  # fmt: skip
    votes: dict[str, int] = {}
    for line in rows(tmp_path / "out" / "votes.csv"):
        if line["scheme"] == "by_list":
            votes[line["network"]] = votes.get(line["network"], 0) + int(line["votes"])
    core = {r["network"]: int(r["amount_gbp"]) for r in rows(tmp_path / "out" / "funding.csv")
            if r["stream"] == "core"}  # fmt: skip
    assert networks == shares == votes == expected
    assert tables == dict.fromkeys(tables, expected)
    assert core == {network: size * 3 // 2 for network, size in expected.items()}
    assert "30% of its list is counted in Network" in status_of(result, 0)[1]
    assert f"30% of {code(0)} counted in Network {other} (R20)" in result.measures.loc[own, "flags"]
    assert sum(networks.values()) == sum(area.lists.values())


@pytest.mark.parametrize(
    ("places", "rules"),
    [
        pytest.param([(0.0, 0.0, 9_000), (1.0, 0.0, 9_000)], "", id="no network"),
        pytest.param([(0.0, 0.0, 20_000), (1.0, 0.0, 20_000)], "", id="one network, no orphans"),
        pytest.param([(0.0, 0.0, 35_000)], "", id="one practice"),
        pytest.param(
            [(0.0, 0.0, 9_000), (1.0, 0.0, 9_000)],
            f'[[rural_waiver]]\npractice = "{code(0)}"\nreason = "A moor"\napproved_by = "NHS X"\n',
            id="all waived",
        ),
        pytest.param(
            [(0.0, 0.0, 35_000), (1.0, 0.0, 9_000)],
            f'[[declined]]\npractice = "{code(1)}"\nreason = "Letter"\n',
            id="one practice, one covered",
        ),
    ],
)
def test_odd_areas_are_audited_and_handed_in(
    tmp_path: Path, places: list[tuple[float, float, int]], rules: str
) -> None:
    area = MadeArea(tmp_path, places)
    assert run(*area.command("submit", rules=rules)) == 0
    out = tmp_path / "out"
    count = len({r["network"] for r in rows(out / "shares.csv")})
    assert len(list((out / "submission").glob("*.docx"))) == count
    assert (out / "submission" / "submission.xlsx").is_file()
    for name in ("audit", "funding", "profile", "votes", "governance", "cliffs", "splits"):
        assert (out / f"{name}.csv").is_file(), name
    placed = sum(int(r["list_size"]) for r in rows(out / "shares.csv"))
    left = sum(int(r["list_size"]) for r in rows(out / "orphans.csv"))
    assert placed + left == sum(area.lists.values())


def test_plans_given_by_hand_are_judged_like_new_ones(tmp_path: Path) -> None:
    """A special scheme is nobody's joiner, a closed-off link stays closed, in all three ways."""
    places = [*ROW, (3.0, 0.5, 40)]
    today = {i: "U1" if i < 4 else "U2" for i in range(8)}
    area = MadeArea(tmp_path, places, today=today, names={8: "SPECIAL ALLOCATION SCHEME"})
    rules = f'[[barrier]]\na = "{code(3)}"\nb = "{code(4)}"\nreason = "A river"\n'
    new = tmp_path / "new"
    area.plan(rules, out=new)
    told = {"new": {r["practice"]: r["state"] for r in rows(new / "orphans.csv")}}
    for way, more in (("existing", ()), ("plan", ("--plan", str(new / "membership.csv")))):
        arguments = area.command("audit", *(more or ("--existing",)), rules=rules)
        assert run(*arguments) == 0
        told[way] = {r["practice"]: r["state"] for r in rows(area.folder / "out/orphans.csv")}
    assert told["new"] == told["plan"] == told["existing"] == {code(8): ""}


def test_the_page_says_the_shared_sizes_too(
    plain: PlannedArea, shared: tuple[PlannedArea, Path]
) -> None:
    own = plain.plan.assignment[code(0)]
    page = (shared[1] / "map.html").read_text(encoding="utf-8")
    size = int(plain.measures.loc[own, "list_size"]) - 3_000
    assert f"{size:,}" in page


#: Where each reason of the closed list comes from, and what becomes of the practice (R12 to R15).
REASON_OF = {
    8: ("isolated", "agreed"),
    9: ("component_below_floor", "proposed"),
    10: ("component_below_floor", "proposed"),
    11: ("no_location", "assigned"),
    12: ("special_scheme", ""),
    13: ("practice_choice", "proposed"),
    14: ("network_choice", "proposed"),
    15: ("outside_area", "proposed"),
    17: ("no_feasible_group", "proposed"),
    20: ("no_room", "proposed"),
}


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> MadeArea:
    """An area that has a practice for every reason, audited by the command line."""
    places: list[tuple[float | None, float, int]] = [
        *ROW, ISLAND,
        (30.0, 0.0, 8_000), (31.0, 0.0, 7_000),  # an island of two, too few for a network
        (None, 0.0, 3_000),
        (3.0, 0.5, 40),
        (1.5, 0.8, 5_000), (5.5, 0.8, 6_000),
        (60.0, 45.0, 4_000),
        (40.0, 0.0, 60_000), (41.0, 0.0, 10_000),  # its only neighbour stands alone
        (50.0, 0.0, 20_000), (51.0, 0.0, 15_000), (52.0, 0.0, 19_000),  # 54,000: one network
    ]  # fmt: skip
    boxes = [*LAND, (29, -1, 32, 1), (39, -1, 42, 1), (49, -1, 53, 1)]
    area = MadeArea(tmp_path_factory.mktemp("everyone"), places, boxes=boxes,
                    names={12: "SPECIAL ALLOCATION SCHEME"})  # fmt: skip
    rules = (
        home(7) + home(0, "assigned", practice=11)
        + f'[[declined]]\npractice = "{code(13)}"\nreason = "Letter"\n'
        + f'[[refused]]\npractice = "{code(14)}"\nby = "{code(5)}"\nreason = "Its list is closed"\n'
        'approved_by = "NHS Nowhere"\n'
        + SHARED.format(code(1), code(7))
        + SHARED.format(code(1), code(18)).replace("0.3", "0.1234")
    )  # fmt: skip
    assert run(*area.command("audit", rules=rules)) == 0
    return area


def test_every_reason_of_the_closed_list_is_told_R12_to_R15(everyone: MadeArea) -> None:
    out = everyone.folder / "out"
    orphans = {r["practice"]: r for r in rows(out / "orphans.csv")}
    assert {p: (r["reason_code"], r["state"]) for p, r in orphans.items()} == {
        code(i): told for i, told in REASON_OF.items()
    }
    assert all(r["reason"] and r["reason_name"] for r in orphans.values())
    audit = {(r["rule"], r["subject"]): r for r in rows(out / "audit.csv")}
    assert {r["result"] for (rule, _), r in audit.items() if rule == "R13"} == {"pass"}
    assert {i: audit["R14", code(i)]["result"] for i in (8, 11, 9, 12, 14, 17, 20)} == {
        8: "pass", 11: "pass", 9: "amber", 12: "amber", 14: "amber", 17: "amber", 20: "amber",
    }  # fmt: skip
    assert audit["R15", code(13)]["result"] == "amber"
    # Its patients are served, and in no list; everybody is somewhere.
    service = rows(out / "service.csv")
    (cover,) = (r for r in service if r["covered_practices"] == code(13))
    assert int(cover["service_population"]) == int(cover["member_list"]) + 5_000
    placed = sum(int(r["list_size"]) for r in rows(out / "shares.csv"))
    left = sum(int(r["list_size"]) for r in orphans.values()
               if r["state"] not in ("agreed", "assigned"))  # fmt: skip
    assert placed + left == sum(everyone.lists.values())


def test_a_part_below_the_floor_says_which_bridge_or_waiver_and_goes_together(
    everyone: MadeArea,
) -> None:
    orphans = {r["practice"]: r for r in rows(everyone.folder / "out" / "orphans.csv")}
    pair = [orphans[code(i)] for i in (9, 10)]
    words = pair[0]["way_out"]
    assert words == pair[1]["way_out"]
    assert f"A bridge between Surgery 10 ({code(10)}) and Surgery 16 ({code(16)}), 9.0 km" in words
    assert "a rural waiver for 15,000 people registered, 15,000 below 30,000 (R03)" in words
    # Both are offered to one network, because that is best for the two together.
    assert pair[0]["network"] == pair[1]["network"] != ""


def test_a_practice_in_three_networks_is_the_same_in_every_table_R20(everyone: MadeArea) -> None:
    out = everyone.folder / "out"
    shares = rows(out / "shares.csv")
    mine = {r["network"]: (float(r["list_share"]), int(r["list_size"]))
            for r in shares if r["practice"] == code(1)}  # fmt: skip
    assert sorted(mine.values()) == [(0.123, 1_234), (0.3, 3_000), (0.577, 5_766)]
    sums: dict[str, int] = {}
    for line in shares:
        sums[line["network"]] = sums.get(line["network"], 0) + int(line["list_size"])
    tables = {
        name: {r["network"]: int(r[column]) for r in rows(out / f"{name}.csv")
               if r["network"] != "area"}
        for name, column in (("profile", "list_size"), ("service", "member_list"),
                             ("cliffs", "list_size"))
    }  # fmt: skip
    assert tables == dict.fromkeys(tables, sums)
    audit = [r for r in rows(out / "audit.csv") if r["rule"] in ("R20", "R31")]
    assert {r["subject"]: float(r["found"]) for r in audit if r["rule"] == "R31"} == sums
    said = [r["sentence"] for r in audit if r["rule"] == "R20"]
    assert len(said) == 2
    assert "Of 10,000 people registered, 5,766 in Network" in said[0]
    votes: dict[str, int] = {}
    for line in rows(out / "votes.csv"):
        if line["scheme"] == "by_list":
            votes[line["network"]] = votes.get(line["network"], 0) + int(line["votes"])
    assert votes == sums
    core = {r["network"]: int(r["amount_gbp"]) for r in rows(out / "funding.csv")
            if r["stream"] == "core"}  # fmt: skip
    assert core == {network: (size * 3 + 1) // 2 for network, size in sums.items()}


def test_many_areas_without_a_practice_that_can_take_part_are_named_in_short(row: MadeArea) -> None:
    codes = [f"9{letter}" for letter in "ABCDEFGHIJ"]
    loaded = cut(row.published, "99Z", Rules())
    many = dataclasses.replace(
        loaded, area="+".join(codes), practices=loaded.practices.assign(standing="declined")
    )
    with pytest.raises(DataError, match="no practice of 10 areas: 9A, 9B, 9C and 7 more can take"):
        prepare_intake(many, Rules())
