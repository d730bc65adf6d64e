"""Plans that no other beats, against all divisions tried out."""

from __future__ import annotations

import functools

import networkx as nx
import pytest
from test_optimise_differing import divisions, value
from test_optimise_groups import random_graph

from pcngeo.errors import RulesError
from pcngeo.optimise.trade import Trade, trade
from pcngeo.rules import Rules

BOTH = Rules(networks="free", objective=["distance", "size"])


def every(graph: nx.Graph, count: int | None = None) -> list[tuple[float, ...]]:
    """What no division beats, of all that place everybody."""
    worth = {
        tuple(round(sum(column), 3) for column in zip(*(value(graph, BOTH, g) for g in parts)))  # noqa: B905
        for parts in divisions(graph, 30_000, 50_000)
        if count is None or len(parts) == count
    }
    return sorted(
        w for w in worth if not any(a != w and a[0] <= w[0] and a[1] <= w[1] for a in worth)
    )


@functools.cache
def small() -> list[nx.Graph]:
    graphs = (random_graph(9, seed, mean=12_500) for seed in range(300, 360))
    return [g for g in graphs if len(every(g)) > 2][:2]


def test_every_plan_that_no_other_beats_is_found() -> None:
    assert len(small()) == 2
    for graph in small():
        found = trade(graph, Rules(networks="free"), ["distance", "size"], points=0)
        assert found.every
        assert [v[0] for v in found.values] == pytest.approx([v[0] for v in every(graph)], rel=2e-6)
        assert [v[1] for v in found.values] == pytest.approx([v[1] for v in every(graph)], abs=1.0)


def test_a_few_points_are_all_unbeaten_and_both_ends_are_there() -> None:
    graph = small()[0]
    found, whole = (
        trade(graph, Rules(networks="free"), ["distance", "size"], points=3),
        every(graph),
    )
    assert 2 <= len(found.plans) <= 4
    for worth in found.values:
        assert any(worth == pytest.approx(one, rel=1e-5, abs=1.0) for one in whole)
    assert found.values[0] == pytest.approx(whole[0], rel=1e-5)
    assert found.values[-1] == pytest.approx(whole[-1], rel=1e-5, abs=1.0)
    assert "there may be more" in found.sentence


def test_three_objectives_give_unbeaten_plans_of_mixes() -> None:
    graph = random_graph(12, 4, mean=11_500)
    found = trade(graph, None, ["distance", "size", "span"])
    assert found.supported
    assert isinstance(found, Trade)
    for one in found.values:
        assert not any(
            other != one and all(a <= b for a, b in zip(other, one, strict=True))
            for other in found.values
        )


def test_what_cannot_be_traded_is_refused() -> None:
    with pytest.raises(RulesError, match="two or three"):
        trade(random_graph(8, 1), None, ["distance"])
    with pytest.raises(RulesError, match="no objective"):
        trade(random_graph(8, 1), None, ["distance", "prices"])
