"""Exact pricing under a time limit: in growing shares, to the same groups, given up in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from test_optimise_groups import random_graph

from pcngeo.optimise import columns, solve
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.rules import Rules


@pytest.mark.parametrize("rules", [Rules(), Rules(headroom=5)])
def test_a_plan_made_in_shares_is_that_made_at_once(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(18, 3, mean=11_000)
    whole = solve(graph, rules)
    monkeypatch.setattr(columns, "FIRST_VISITS", 7)
    paced = solve(graph, rules, time_limit=10_000)
    assert paced.assignment.equals(whole.assignment)
    assert (paced.status, paced.objective, paced.bound) == (
        whole.status, whole.objective, whole.bound,
    )  # fmt: skip


@dataclass
class Ticking(Clock):
    """A clock that is a second later at every look."""

    looks: int = 0

    @property
    def seconds(self) -> float:
        self.looks += 1
        return float(self.looks)


def test_a_centre_that_takes_longer_than_is_left_is_given_up() -> None:
    shares = []

    def endless(centres: np.ndarray, share: int) -> tuple:
        shares.append(share)
        return (*[np.zeros(0)] * 5, share, 1)

    one = np.array([0])
    with pytest.raises(OutOfTimeError):
        columns._paced(endless, columns.MOST_VISITS, Ticking(12.0), one)
    assert shares[0] == columns.FIRST_VISITS
    assert max(shares) < columns.MOST_VISITS
    columns._paced(endless, columns.MOST_VISITS, Clock(), one)
    assert shares[-1] == columns.MOST_VISITS
