"""Settings of territory and adjacency in the rules."""

from __future__ import annotations

import pytest

from pcngeo.errors import RulesError
from pcngeo.rules import Rules


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"territory": "hexagons"}, "use voronoi or registrations or polygons"),
        ({"adjacency": "queen"}, "adjacency 'queen' is not known; use border or knn"),
        ({"barrier_cuts": "both"}, "use either or border or line"),
        ({"neighbours": 0}, "neighbours must be at least 1"),
        ({"neighbours": 2.5}, "neighbours must be a whole number"),
        ({"within_m": -1}, "within_m must be a number of metres"),
    ],
)
def test_settings_are_checked(settings: dict[str, object], words: str) -> None:
    with pytest.raises(RulesError, match=words):
        Rules.from_mapping(settings)


def test_settings_survive_a_round_trip() -> None:
    rules = Rules(adjacency="knn", neighbours=4, territory="polygons", barrier_cuts="line")
    assert Rules.from_mapping(rules.to_mapping()) == rules
    assert rules.with_settings({"within_m": "2500", "adjacency": "distance"}).within_m == 2_500
