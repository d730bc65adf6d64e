"""The planner's choices: defaults, checks, TOML in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pcngeo.decisions import Home, Shared, Waiver
from pcngeo.errors import RulesError
from pcngeo.rules import PRESETS, Choice, Link, Place, Rules


def test_default_window_is_R01() -> None:
    rules = Rules()
    assert (rules.min_list, rules.max_list, rules.target_list) == (30_000, 50_000, 40_000)
    assert rules.in_window(30_000)
    assert rules.in_window(50_000)
    assert not rules.in_window(29_999)
    assert not rules.in_window(50_001)


def test_counts_R07() -> None:
    assert Rules().counts(348_034) == (7, 11)
    low, high = Rules().counts(59_000)
    assert low > high or (low, high) == (2, 1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"min_list": 60_000}, "min_list (60,000) is above max_list (50,000)"),
        ({"min_list": 0}, "at least 1"),
        ({"min_list": -5}, "whole number"),
        ({"max_list": 50_000.5}, "whole number"),
        ({"min_list": True}, "whole number"),
        ({"networks": "many"}, "networks must be"),
        ({"networks": 0}, "networks must be"),
        ({"networks": (9, 7)}, "networks must be"),
        ({"networks": True}, "networks must be"),
        ({"outside_limit_m": float("nan")}, "metres"),
        ({"territory": "hexagons"}, "not known"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(RulesError) as caught:
        Rules(**settings)
    assert words in str(caught.value)


def test_choices_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(RulesError, match="both"):
        Rules(declined=(Choice("A"),), excluded=(Choice("A"),))
    with pytest.raises(RulesError, match="more than once"):
        Rules(declined=(Choice("A"), Choice("A", "again")))
    with pytest.raises(RulesError, match="bridge and a barrier"):
        Rules(bridges=(Link("A", "B"),), barriers=(Link("B", "A"),))
    with pytest.raises(RulesError, match="two different"):
        Link("A", "A")
    with pytest.raises(RulesError, match="kind"):
        Link("A", "B", kind="tightrope")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"declined": ["H81013"]},
            "declined must hold Choice values, such as Choice(practice=...)",
        ),
        ({"declined": "H81013"}, "not 'H81013'"),
        ({"bridges": (Choice("A"),)}, "bridges must hold Link values"),
        ({"places": [None]}, "places must hold Place values"),
    ],
)
def test_tables_hold_values_of_their_kind(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(RulesError) as caught:
        Rules(**settings)
    assert words in str(caught.value)
    assert Rules(declined=[Choice("A")]) == Rules(declined=(Choice("A"),))  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize("easting", ["405000", None, True])
def test_a_place_needs_numbers(easting: object) -> None:
    with pytest.raises(RulesError, match="two numbers"):
        Place("Z1", easting, 300_000)  # type: ignore[arg-type]  # what is refused


def test_toml_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        "min_list = 28000\nnetworks = [8, 10]\n"
        '[[declined]]\npractice = " Z1 "\nreason = "letter"\n'
        '[[bridge]]\na = "Z1"\nb = "Z2"\nkind = "ferry"\nreason = "daily"\n'
        '[[place]]\npractice = "Z3"\neasting = 412345\nnorthing = 298765.5\n',
        encoding="utf-8-sig",
    )
    rules = Rules.read(path)
    assert rules.networks == (8, 10)
    assert rules.declined == (Choice("Z1", "letter"),)
    assert rules.bridges[0].kind == "ferry"
    assert rules.places[0].easting == 412_345.0
    assert rules.file == str(path)
    assert "file" not in rules.to_mapping()
    assert rules.with_settings({"min_list": "27000"}).file == str(path)
    again = Rules.from_mapping(rules.to_mapping())
    assert again == rules
    assert again.digest() == rules.digest()
    assert Rules().digest() != rules.digest()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("min_lst = 1", "Did you mean min_list"),
        ("min_list = ", "rules.toml"),
        ('declined = "Z1"', "[[declined]]"),
        ("[[declined]]\nreason = 'x'", "lacks practice"),
        ("[[declined]]\npractice = 5", "must be text"),
        ("[[declined]]\npractice = 'Z1'\nreason = ['a', 'b']", "must be one text (several names"),
        ("[[declined]]\npractise = 'Z1'", "Did you mean practice"),
        ("[[place]]\npractice = 'Z1'\neasting = '1'\nnorthing = 2", "a number"),
        ("[[place]]\npractice = 'Z1'\neasting = -0.7\nnorthing = 51.3", "looks like degrees"),
        ("[[place]]\npractice = 'Z1'\neasting = 0.2\nnorthing = 51.3", "looks like degrees"),
        ("[[place]]\npractice = 'Z1'\neasting = 9e5\nnorthing = 2e5", "outside the British"),
    ],
)
def test_a_rules_file_with_a_fault_names_file_and_fault(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        Rules.read(path)
    assert words in str(caught.value)
    assert "rules.toml" in str(caught.value)


def test_a_date_may_be_written_as_a_date(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    table = "[[home]]\npractice = 'A'\njoins = 'B'\nstate = 'agreed'\ncommissioner = 'C'\n"
    path.write_text(f"{table}lmcs = 'North LMC, South LMC'\ndate = 2022-06-03\n")
    assert Rules.read(path).homes[0].date == "2022-06-03"


def test_a_missing_rules_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"none\.toml"):
        Rules.read(tmp_path / "none.toml")


def test_settings_given_as_text() -> None:
    rules = Rules().with_settings({"min_list": "28000", "networks": "[7, 9]"})
    assert (rules.min_list, rules.networks) == (28_000, (7, 9))
    assert Rules().with_settings({"networks": "free"}).networks == "free"
    with pytest.raises(RulesError, match="Did you mean min_list"):
        Rules().with_settings({"minlist": "1"})
    with pytest.raises(RulesError, match="whole number"):
        Rules().with_settings({"min_list": "plenty"})


def test_presets_set_the_window_and_settings_override_it() -> None:
    assert Rules().preset == "pcn2019"
    assert (Rules().min_list, Rules().max_list, Rules().target_list) == PRESETS["pcn2019"]
    single = Rules.from_mapping({"preset": "single_neighbourhood", "max_list": 65_000})
    assert (single.min_list, single.max_list, single.target_list) == (40_000, 65_000, 50_000)
    assert Rules.from_mapping(single.to_mapping()) == single
    wide = Rules(networks="free").with_settings({"preset": "multi_neighbourhood"})
    assert (wide.min_list, wide.networks) == (250_000, "free")
    assert Rules.for_preset("multi_neighbourhood", min_list=200_000).min_list == 200_000
    with pytest.raises(RulesError, match="use pcn2019 or single"):
        Rules.for_preset("pcn2031")
    with pytest.raises(RulesError, match="use pcn2019 or single"):
        Rules(preset="pcn2031")


DECIDED = """
[[rural_waiver]]
practice = "Z1"
reason = "A valley, 31 km from the next practice"
approved_by = "Commissioner"
date = "12 May"

[[over_ceiling]]
practice = "Z2"
reason = "One town"

[[cross_area]]
practice = "Z3"
reason = "Its branch lies over the border"
approved_by = "Both commissioners"
lead_area = "99X"

[[shared]]
practice = "Z4"
joins = "Z5"
share = 0.4
reason = "Two towns"

[[home]]
practice = "Z6"
joins = "Z1"
state = "agreed"
commissioner = "Commissioner"
lmcs = "North LMC, South LMC"
date = "3 June"

[[submission]]
practice = "Z1"
clinical_director = "Dr A. Example"
signed = ["Z1", " Z3 "]
data_sharing = true
"""


def test_decisions_are_read_and_go_round(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(DECIDED, encoding="utf-8")
    rules = Rules.read(path)
    assert rules.rural_waivers[0].granted
    assert not rules.over_ceiling[0].granted
    assert rules.cross_area[0].lead_area == "99X"
    assert rules.shared[0].share == 0.4
    assert rules.homes[0].settled
    assert "North LMC, South LMC; 3 June" in rules.homes[0].words
    assert rules.submissions[0].signed == ("Z1", "Z3")
    assert rules.submissions[0].data_sharing
    assert Rules.from_mapping(rules.to_mapping()) == rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rural_waiver]]\npractice='Z1'", "lacks reason"),
        ("[[rural_waiver]]\npractice='Z1'\nreason=''", "needs a reason"),
        ("[[shared]]\npractice='Z1'\njoins='Z2'\nshare=1.0\nreason='x'", "between 0 and 1"),
        ("[[shared]]\npractice='Z1'\njoins='Z1'\nshare=0.5\nreason='x'", "its own network"),
        (
            "[[shared]]\npractice='Z1'\njoins='Z2'\nshare=0.6\nreason='x'\n"
            "[[shared]]\npractice='Z1'\njoins='Z3'\nshare=0.4\nreason='x'",
            "gives 100% of Z1 to other networks",
        ),
        (
            "[[shared]]\npractice='Z1'\njoins='Z2'\nshare=0.2\nreason='x'\n"
            "[[shared]]\npractice='Z1'\njoins='Z2'\nshare=0.4\nreason='x'",
            "names Z1 with Z2 more than once",
        ),
        ("[[shared]]\npractice='Z1'\njoins='Z2'\nshare='half'\nreason='x'", "a number"),
        ("[[home]]\npractice='Z1'\njoins='Z2'\nstate='agreed'\ndate='x'", "needs commissioner"),
        ("[[home]]\npractice='Z1'\njoins='Z2'\nstate='imposed'", "is not one of"),
        ("[[home]]\npractice='Z1'\njoins='Z1'", "join itself"),
        ("[[home]]\npractice='Z1'\njoins='Z2'\n[[home]]\npractice='Z1'\njoins='Z3'", "more than"),
        ("[[submission]]\npractice='Z1'\n[[submission]]\npractice='Z1'\nname='B'", "more than"),
        (
            "[[over_ceiling]]\npractice='Z1'\nreason='x'\n"
            "[[over_ceiling]]\npractice='Z1'\nreason='x'\napproved_by='NHS X'",
            r"\[\[over_ceiling\]\] names Z1 more than once",
        ),
        ("[[submission]]\npractice='Z1'\nsigned='all'", "a list of texts"),
        ("[[submission]]\npractice='Z1'\ndata_sharing='yes'", "true or false"),
    ],
)
def test_decisions_with_a_fault_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RulesError, match=words):
        Rules.read(path)


def test_decisions_say_who_and_why() -> None:
    assert not Waiver("Z1", "because").granted
    assert Home("Z1", "Z2").words == "proposed, not yet agreed"
    assert Shared("Z1", "Z2", 0.5, "two towns").joins == "Z2"


@pytest.mark.parametrize("out", ["Z1", "Z2"])
@pytest.mark.parametrize("table", ["declined", "special", "excluded"])
def test_a_share_needs_two_members_R20(out: str, table: str) -> None:
    shared = Shared("Z1", "Z2", 0.5, "two towns")
    with pytest.raises(RulesError, match=rf"^{out} stands under \[\[{table}\]\].*R20"):
        Rules(shared=(shared,), **{table: (Choice(out, "because"),)})
    Rules(shared=(shared,), **{table: (Choice("Z3", "because"),)})
