"""What the review page says, and that it says it of the plan it was given."""

from __future__ import annotations

import pandas as pd
import pytest
from browser.grid_area import grid_area

from pcngeo.evaluate import measure
from pcngeo.plan import Plan, Status
from pcngeo.review.facts import Facts, gather
from pcngeo.review.matching import renumber
from pcngeo.review.options import gather_options
from pcngeo.review.words import display_area, display_name, proof_words, size_words
from pcngeo.rules import Rules


def facts_of(*, measures: object = None, **options: object) -> Facts:
    area = grid_area(**options)  # type: ignore[arg-type]
    return gather(area.plan, area.practices, graph=area.graph, area="Gridshire")


def sentences(facts: Facts) -> str:
    return " ".join(words for words, _ in facts.summary)


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("ST KATHERINE'S DOCK HTH CTR", "St Katherine's Dock Health Centre"),
        ("THE O'GRADY SURGERY", "The O'Grady Surgery"),
        ("XX PLACE HEALTH CENTRE", "XX Place Health Centre"),
        ("DRS MCKENZIE & PATEL", "Drs McKenzie & Patel"),
        ("THE SURGERY (STOKE-ON-TRENT)", "The Surgery (Stoke-on-Trent)"),
        ("Already Fine MC", "Already Fine MC"),
        ("  TWO\tSPACES\n", "Two Spaces"),
        ("\u202eEVIL\u2066 SURGERY\u200f", "Evil Surgery"),
        ("", ""),
    ],
)
def test_names_are_shown_as_people_write_them(published: str, shown: str) -> None:
    assert display_name(published) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("NHS Tower Hamlets CCG", "Tower Hamlets"),
        ("NHS NORTH EAST LONDON ICB - A3A8R", "North East London"),
        ("Saltmere and Quillside", "Saltmere and Quillside"),
    ],
)
def test_areas_lose_the_words_of_their_office(name: str, shown: str) -> None:
    assert display_area(name) == shown


@pytest.mark.parametrize(
    ("people", "words", "level"),
    [
        (29_999, "1 under", "breaks"),
        (30_000, "0 above minimum", ""),
        (30_999, "999 above minimum", ""),
        (31_000, "In range", ""),
        (50_000, "In range", ""),
        (50_001, "1 over", "agree"),
    ],
)
def test_sizes_at_the_edges_of_the_window(people: int, words: str, level: str) -> None:
    found = size_words(people, Rules())
    assert (found.words, found.level) == (words, level)


def test_proof_is_claimed_only_where_there_is_one() -> None:
    area = grid_area("112\n132\n334")
    proven = proof_words(area.plan)
    assert proven == (
        "It proved that no other way of making four such networks has a shorter total distance."
    )
    unproven = area.plan.replace(status=Status.TIME_LIMIT, objective=100.0, bound=98.0)
    assert proof_words(unproven) == (
        "It found no better way in the time it had. "
        "Another way of making four such networks could be at most 2 % shorter in total."
    )
    for status in (Status.FEASIBLE, Status.TIME_LIMIT, Status.GIVEN, Status.INFEASIBLE):
        words = proof_words(area.plan.replace(status=status, bound=None))
        assert "shorter total distance" not in words


def test_summary_without_flags() -> None:
    facts = facts_of(layout="111\n222\n333")
    assert sentences(facts) == (
        "Three networks are proposed for the 9 practices of Gridshire. "
        "Every network has 30,000 to 50,000 people registered and is one connected area."
    )


def test_summary_names_what_is_out_of_range_or_split() -> None:
    facts = facts_of(layout="1112\n1332\n1354\n5111", lists={"P00": 1_000})
    words = sentences(facts)
    assert "Network 1 is over 50,000" in words
    assert "Networks 2, 4 and 5 are under 30,000. The other one has" in words
    assert "Networks 1 and 5 are not one connected area" in words
    assert [n.id for n in facts.networks if not n.connected] == ["1", "5"]


def test_who_leaves_todays_network_counts_practices_not_numbers() -> None:
    """Networks continue those with most people in common, whatever they are called."""
    area = grid_area("111\n222\n333")
    today = {"P00": "B", "P01": "B", "P02": "A", "P10": "A", "P11": "A", "P12": "A"}
    for code, network in today.items():
        area.practices.loc[code, "network_today"] = network
    facts = gather(area.plan, area.practices, graph=area.graph)
    assert [p.code for p in facts.practices if p.leaves] == ["P02"]
    assert "One practice would leave today\u2019s network." in sentences(facts)


def test_every_practice_and_every_person_is_accounted_for() -> None:
    area = grid_area(
        "11.\n1.2\n222",
        more=[
            {"practice": "Y1", "standing": "covered", "list_size": 5},
            {"practice": "Y2", "standing": "excluded", "list_size": 7},
        ],
    )
    facts = gather(area.plan, area.practices, graph=area.graph)
    assert sorted(p.code for p in facts.practices) == sorted(area.practices.index)
    assert facts.placed_people + facts.not_placed_people == area.practices["list_size"].sum()
    assert {p.code: p.status for p in facts.not_placed} == {
        "P02": "orphan", "P11": "orphan", "Y1": "covered", "Y2": "excluded",
    }  # fmt: skip


def test_statuses_of_the_pipeline_are_used_as_they_are() -> None:
    area = grid_area("11.\n112")
    status = {"P00": "member", "P01": "member", "P10": "member", "P11": "member",
              "P02": "proposed", "P12": "alone"}  # fmt: skip
    network = {"P02": "2", "P12": "2"}
    practices = area.practices.assign(
        status=area.practices.index.map(status),
        network=[network.get(code, "1") for code in area.practices.index],
    )
    facts = gather(area.plan, practices, graph=area.graph)
    rows = {p.code: p for p in facts.practices}
    assert (rows["P02"].status, rows["P02"].network, rows["P02"].placed) == ("proposed", "2", False)
    assert rows["P12"].status == "alone"
    assert next(n for n in facts.networks if n.id == "2").people == 12_000, (
        "the offer is not counted"
    )


def test_a_plan_without_networks_says_why() -> None:
    area = grid_area("...\n...", status=Status.INFEASIBLE, explanation=("Too few people.",))
    facts = gather(area.plan, area.practices, graph=area.graph)
    assert sentences(facts) == "No network is proposed. Too few people."


def test_reasons_lose_rule_numbers_and_capitals() -> None:
    columns = {
        "name": {"P00": "ISLAND HTH CTR"},
        "reason": {"P01": "Near ISLAND HTH CTR (R14), see (Q13)."},
    }
    area = grid_area("11", columns=columns)
    facts = gather(area.plan, area.practices)
    assert {p.code: p.reason for p in facts.practices}["P01"] == "Near Island Health Centre, see."


def test_networks_are_in_reading_order() -> None:
    area = grid_area("1A\n2B", status=Status.GIVEN)
    plan = Plan(area.plan.assignment.replace({"A": "10"}), status=Status.GIVEN)
    facts = gather(plan, area.practices)
    assert [n.id for n in facts.networks] == ["1", "2", "10", "B"]
    assert [p.key for p in facts.practices] == ["1a", "2a", "10a", "Ba"]


def test_long_network_codes_are_shown_by_number_and_name() -> None:
    area = grid_area("11\n22", status=Status.GIVEN)
    codes = {"1": "U11111", "2": "U22222"}
    for code, network in area.plan.assignment.items():
        area.practices.loc[code, "network_today"] = codes[network]
        area.practices.loc[code, "network_today_name"] = f"PCN {network} NAME"
    plan = Plan(area.plan.assignment.map(codes), status=Status.GIVEN)
    measures = measure(plan, area.practices, area.graph)
    options = gather_options(
        plan, area.practices, area.territories,
        graph=area.graph, measures=measures, area="", rules=Rules(), alternatives={}, today=True,
    )  # fmt: skip
    assert len(options) == 1, "today's networks are not shown twice"
    networks = options[0].facts.networks
    assert [(n.id, n.name) for n in networks] == [("1", "PCN 1 Name"), ("2", "PCN 2 Name")]
    assert networks[0].figures["list_size"] == 24_000
    assert [p.key for p in options[0].facts.practices] == ["1a", "1b", "2a", "2b"]


def test_alternatives_get_the_numbers_of_the_networks_they_continue() -> None:
    area = grid_area("112\n113")
    other = Plan(
        pd.Series({"P00": "8", "P01": "8", "P02": "7", "P10": "8", "P11": "9", "P12": "9"}),
        status=Status.FEASIBLE,
    )
    numbered, numbers = renumber(other, area.plan, area.practices["list_size"])
    assert numbers == {"7": "2", "8": "1", "9": "3"}
    assert numbered.members("1") == ("P00", "P01", "P10")


def test_a_new_network_takes_the_next_free_number() -> None:
    area = grid_area("1111")
    other = Plan(pd.Series({"P00": "a", "P01": "a", "P02": "a", "P03": "b"}), status=Status.GIVEN)
    assert renumber(other, area.plan, area.practices["list_size"])[1] == {"a": "1", "b": "2"}
