"""What Python says of the cases that the page's script runs too (`tests/browser`)."""

from __future__ import annotations

import pytest
from cases.shared_cases import FOLDER, Case, judged, make_seeded, read_cases


@pytest.mark.parametrize("case", read_cases("by_hand.json"), ids=lambda case: str(case["name"]))
def test_python_says_what_was_worked_out_by_hand(case: Case) -> None:
    assert judged(case) == case["expect"]


def test_python_says_of_seeded_cases_what_is_written() -> None:
    assert make_seeded() == (FOLDER / "seeded.json").read_text(encoding="utf-8")
