"""The planner's choices: defaults, checks, TOML in and out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcngeo.errors import RulesError
from pcngeo.rules import Choice, Link, Rules


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
def test_impossible_settings_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(RulesError) as caught:
        Rules(**settings)  # type: ignore[arg-type]
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


def test_toml_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        "min_list = 28000\nnetworks = [8, 10]\n"
        '[[declined]]\npractice = " Z1 "\nreason = "letter"\n'
        '[[bridge]]\na = "Z1"\nb = "Z2"\nkind = "ferry"\nreason = "daily"\n'
        '[[place]]\npractice = "Z3"\neasting = 1\nnorthing = 2.5\n',
        encoding="utf-8-sig",
    )
    rules = Rules.read(path)
    assert rules.networks == (8, 10)
    assert rules.declined == (Choice("Z1", "letter"),)
    assert rules.bridges[0].kind == "ferry"
    assert rules.places[0].easting == 1.0
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
        ("[[declined]]\npractise = 'Z1'", "Did you mean practice"),
        ("[[place]]\npractice = 'Z1'\neasting = '1'\nnorthing = 2", "number of metres"),
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
