"""The solver against independent answers on made-up instances; `agreeing` says how.

`benchmarks/agree.py` runs a thousand and more, parts of real areas among them.
"""

from __future__ import annotations

import pytest
from agreeing import DEMANDS, combined, compact_answer, compare, disagreement, in_order, instance

from pcngeo.errors import RulesError
from pcngeo.objectives import TERMS
from pcngeo.optimise import solve


@pytest.mark.parametrize("batch", range(15))
def test_every_division_tried_out_finds_no_better_plan(batch: int) -> None:
    for number in range(10 * batch, 10 * batch + 10):
        of = instance(number, None, 7, 11)
        assert compare(of) == "", of.words


@pytest.mark.parametrize("number", [3096, 5036])
def test_headroom_of_balanced_networks_is_to_the_rules_window(number: int) -> None:
    of = instance(number)
    assert of.rules.balance
    assert "headroom" in of.words
    assert compare(of) == "", of.words


# Ways that a table of travel lacks (333, 473, 502, 565), and a first objective of nothing (196).
@pytest.mark.parametrize("batch", range(5))
def test_any_order_of_objectives_finds_no_better_plan(batch: int) -> None:
    refused = 0
    for number in [*range(8 * batch, 8 * batch + 8), [196, 333, 473, 502, 565][batch]]:
        of = in_order(number)
        try:
            assert compare(of) == "", of.words
        except RulesError:  # demands that contradict each other
            refused += 1
    assert refused <= 1


@pytest.mark.parametrize("batch", range(8))
def test_several_demands_at_once_find_no_better_plan_either(batch: int) -> None:
    refused = 0
    for number in range(20 * batch, 20 * batch + 20):
        try:
            of = combined(number)
            assert compare(of) == "", of.words
        except RulesError:  # demands that contradict each other
            refused += 1
    assert refused <= 3


# The last two: a soft window, where fewest patients outside it stand before the number.
@pytest.mark.parametrize("number", [1791, 2931, 3396, 4179, 5758, 194])
def test_balanced_networks_are_the_best_of_all_numbers_that_are_allowed(number: int) -> None:
    of = combined(number)
    assert of.rules.balance
    assert compare(of) == "", of.words


def test_balanced_networks_have_the_number_nearest_to_the_target() -> None:
    of = instance(71_622)  # 3 and 4 networks leave as many out; 3 is worth more, 4 is nearer
    assert of.rules.balance
    assert of.rules.networks == "target"
    assert compare(of) == "", of.words


@pytest.mark.parametrize("batch", range(8))
def test_the_compact_model_finds_no_better_plan(batch: int) -> None:
    for number in range(30_000 + 5 * batch, 30_000 + 5 * batch + 5):
        of = instance(number, None, 7, 9, compact=True)
        answer = compact_answer(of)
        assert not isinstance(answer, str), of.words
        assert disagreement(of, solve(of.graph, of.rules), answer) == "", of.words


def test_every_objective_and_every_demand_is_among_the_instances() -> None:
    words = " ".join(instance(number, None, 7, 11).words for number in range(150))
    named = {*DEMANDS, *TERMS} - {"outside"}  # that is what "soft" asks for
    assert [name for name in sorted(named) if name not in words] == []


def test_a_worse_plan_would_be_found_out() -> None:
    of = instance(0)
    plan = solve(of.graph, of.rules, objective="span")
    assert disagreement(of, plan.replace(objectives=(), objective=None), (0.0, 0.0, 1.0)) != ""
