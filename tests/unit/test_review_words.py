"""What the review page says, and that it says it of the plan it was given."""

from __future__ import annotations

import random
import re
from typing import Any

import pandas as pd
import pytest
import shapely
from browser.grid_area import grid_area

from pcngeo.evaluate import measure
from pcngeo.plan import Plan, Status
from pcngeo.review import draw_map, map_html
from pcngeo.review.compare import compare_options
from pcngeo.review.facts import PLACED, STATUS_WORDS, Facts, gather
from pcngeo.review.legend import explain_symbols
from pcngeo.review.matching import renumber
from pcngeo.review.options import flags_in_words, gather_options
from pcngeo.review.summary import _GROUPS
from pcngeo.review.words import display_area, display_name, proof_words, size_words
from pcngeo.rules import Rules


def facts_of(*, measures: object = None, **options: Any) -> Facts:
    area = grid_area(**options)
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
    change = area.plan.replace(objective_name="patients who change network")
    assert proof_words(change).endswith("four such networks does better by what was asked for.")
    late = unproven.replace(objective_name="patients who change network")
    assert proof_words(late).endswith("could be at most 2 % better by what was asked for.")
    for status in (Status.FEASIBLE, Status.TIME_LIMIT, Status.GIVEN, Status.INFEASIBLE):
        words = proof_words(area.plan.replace(status=status, bound=None))
        assert "shorter total distance" not in words


def test_summary_without_flags() -> None:
    facts = facts_of(layout="111\n222\n333")
    assert sentences(facts) == (
        "Three networks are proposed for the 9 practices of Gridshire, "
        "with 108,000 people registered. "
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


def test_the_people_in_the_sentences_add_up_to_the_published_total() -> None:
    more = [
        {"practice": "Y1", "standing": "covered", "list_size": 6_318},
        {"practice": "Y2", "standing": "excluded", "list_size": 214},
        {"practice": "Y3", "standing": "special", "list_size": 40},
    ]
    area = grid_area("11.\n112\n222", more=more)
    facts = gather(area.plan, area.practices, graph=area.graph)
    words = sentences(facts)
    assert "One list (12,000 people) has no network yet." in words
    assert "One practice (6,318 people) declines to join; its patients must still be" in words
    assert "One special service (40 people) is not placed." in words
    assert "One list (214 people) is left out." in words
    said = re.findall(r"with ([\d,]+) people registered\.|\(([\d,]+) people\)", words)
    people = [int((a or b).replace(",", "")) for a, b in said]
    assert sum(people) == area.practices["list_size"].sum()


def test_every_status_without_a_network_is_in_a_sentence() -> None:
    assert {s for group in _GROUPS for s in group[0]} == set(STATUS_WORDS) - set(PLACED)


def test_flags_are_those_of_the_tables() -> None:
    """One rule: what networks.csv flags, the page flags, and nothing else."""
    chance = random.Random(5)
    for _ in range(25):
        layout = "\n".join("".join(chance.choice("123456") for _ in range(3)) for _ in range(3))
        lists = {f"P{r}{c}": chance.choice([8_000, 34_000]) for r in range(3) for c in range(3)}
        area = grid_area(layout, lists=lists)
        told = measure(area.plan, area.practices, area.graph)["flags"]
        facts = gather(area.plan, area.practices, graph=area.graph)
        for network in facts.networks:
            agree = sum("agreement" in words for words in told[network.id].split("; "))
            assert len(network.flags) == len([w for w in told[network.id].split("; ") if w])
            assert sum(flag.level == "agree" for flag in network.flags) == agree


def test_a_network_of_one_practice_needs_agreement_wherever_it_is_shown() -> None:
    area = grid_area("113\n122", lists={"P02": 34_000, "P11": 15_000, "P12": 15_000})
    options = gather_options(
        area.plan, area.practices, area.territories,
        graph=area.graph, measures=measure(area.plan, area.practices, area.graph),
        area="", rules=Rules(), alternatives={}, today=False,
    )  # fmt: skip
    facts = options[0].facts
    assert "Network 3 is one practice alone, which needs the commissioner" in sentences(facts)
    assert [(n.id, n.flagged) for n in facts.networks] == [("1", False), ("2", False), ("3", True)]
    assert flags_in_words(facts) == "three networks, one flag"
    words = [words for _, words in explain_symbols(facts, set(area.practices.index))]
    assert "Needs agreement; the table says which" in words
    html = map_html(draw_map(*area.arguments(), graph=area.graph))
    assert '<span class="flag agree">One practice</span>' in html
    assert "One practice alone: needs the commissioner" in html
    assert html.count(">!</text></g>") + html.count(">!</text><rect") == 1, "and on the map"


def test_the_legend_explains_only_what_is_drawn() -> None:
    far = {"practice": "Y1", "standing": "orphan", "x": 600_500.0, "y": 300_000.0}
    area = grid_area("111\n222", more=[far])
    html = map_html(draw_map(*area.arguments(), graph=area.graph))
    legend = html[html.index('class="legend"') : html.index('class="networks"')]
    assert "Practice; bigger means" in legend
    assert "Without a network" not in legend
    assert ">!<" not in legend.split('class="tried"')[0], "the others are for trials"


def test_those_who_leave_are_counted_alike_at_the_top_and_under_compare() -> None:
    area = grid_area("111\n222\n33.")
    today = {"P00": "B", "P01": "B", "P02": "A", "P10": "A", "P11": "A", "P12": "A"}
    today |= {"P20": "C", "P21": "", "P22": "C"}
    for code, network in today.items():
        area.practices.loc[code, "network_today"] = network
    options = gather_options(
        area.plan, area.practices, area.territories,
        graph=area.graph, measures=None, area="", rules=Rules(), alternatives={}, today=True,
    )  # fmt: skip
    assert "One practice would leave today\u2019s network." in sentences(options[0].facts)
    assert compare_options(options).sentences == (
        "Proposal and Today: one practice of 9 (12,000 people) is in a different network, "
        "one practice (12,000 people) is in a network only under Proposal and "
        "one practice (12,000 people) is in a network only under Today.",
    )


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
    assert sentences(facts) == (
        "No network is proposed. Too few people. Six lists (72,000 people) have no network yet."
    )


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


def test_nothing_is_to_be_agreed_where_nothing_is_suggested() -> None:
    more = [{"practice": "Y1", "standing": "orphan"}, {"practice": "Y2", "standing": "covered"}]
    area = grid_area("111\n222", more=more, columns={})
    practices = area.practices.assign(
        status=["member"] * 6 + ["orphan", "covered"], network=[*"111222", "", "2"]
    )
    html = map_html(draw_map(area.plan, practices, area.territories, graph=area.graph))
    waiting = html[html.index('id="not-placed"') : html.index('id="figures"')]
    assert waiting.count("To agree") == 1
    assert "To agree: covered by Network 2." in waiting


def test_a_network_in_two_pieces_that_is_connected_is_explained() -> None:
    area = grid_area("11\n22")
    html = map_html(draw_map(*area.arguments(), graph=area.graph))
    assert "more than one piece" not in html
    island = shapely.MultiPolygon(
        [area.territories.geometry["P00"], shapely.box(6e5, 4.05e5, 6.005e5, 4.055e5)]
    )
    area.territories.loc["P00", "geometry"] = island
    html = map_html(draw_map(*area.arguments(), graph=area.graph))
    assert "Network 1 is drawn in more than one piece, and it is connected" in html
