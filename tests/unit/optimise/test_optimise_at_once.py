"""Threads: the same plans on one processor and on many, and limits that hold there."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from test_optimise_groups import random_graph

from pcngeo.optimise import at_once, branch, columns, solve
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.duals import Cuts, Prices
from pcngeo.optimise.problem import Problem
from pcngeo.rules import Rules


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use four processors, whatever there are."""
    monkeypatch.setattr(at_once, "processors", lambda: 4)


@pytest.mark.parametrize("rules", [Rules(), Rules(networks="free"), Rules(objective="centroid")])
@pytest.mark.parametrize("limit", [None, 10_000.0])
def test_a_plan_is_the_same_on_one_processor_and_on_many(
    rules: Rules, limit: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, used = random_graph(30, 3, mean=9_000), []
    monkeypatch.setattr(columns, "ALONE", 0)
    monkeypatch.setattr(branch, "ALONE", 1)
    made = []
    for count in (1, 2, 7):
        monkeypatch.setattr(at_once, "processors", lambda c=count: used.append(c) or c)
        made.append(solve(graph, rules, time_limit=limit))
    assert set(used) == {1, 2, 7}
    for other in made[1:]:
        assert other.assignment.equals(made[0].assignment)
        assert other.statistics == made[0].statistics
        assert (other.status, other.objective, other.bound) == (
            made[0].status, made[0].objective, made[0].bound,
        )  # fmt: skip


@pytest.mark.usefixtures("four")
def test_pieces_are_given_in_their_order_from_several_threads() -> None:
    meet = threading.Barrier(4, timeout=60)  # passed by four at once, or not at all

    def search(piece: int) -> int:
        if piece < 4:
            meet.wait()
        time.sleep(0.001 * (10 - piece))
        return piece * piece

    assert list(at_once.in_order(search, range(10), Clock())) == [i * i for i in range(10)]


@pytest.mark.usefixtures("four")
def test_who_stops_asking_waits_for_nothing_more() -> None:
    begun: list[int] = []
    for found in at_once.in_order(
        lambda piece: begun.append(piece) or piece, range(1_000), Clock()
    ):
        if found == 3:
            break
    assert len(begun) < 100


@pytest.mark.usefixtures("four")
def test_ctrl_c_ends_the_search_and_its_threads() -> None:
    begun, waiting, before = [], threading.Event(), set(threading.enumerate())

    def search(piece: int) -> int:
        begun.append(piece)
        if piece == 2:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            waiting.set()
        if piece > 0:
            waiting.wait(60)
        return piece

    with pytest.raises(KeyboardInterrupt):
        list(at_once.in_order(search, range(1_000), Clock()))
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert set(threading.enumerate()) <= before
    assert len(begun) < 100


@pytest.mark.usefixtures("four")
def test_a_time_limit_in_a_thread_ends_the_search() -> None:
    def search(piece: int) -> int:
        if piece == 6:
            raise OutOfTimeError
        return piece

    search_all = at_once.in_order(search, range(1_000), Clock())
    assert [next(search_all) for _ in range(6)] == list(range(6))
    with pytest.raises(OutOfTimeError):
        next(search_all)


def test_an_error_of_either_of_two_ends_both() -> None:
    halted = threading.Event()

    def endless() -> None:
        assert halted.wait(60)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        at_once.both(stop, endless, halted.set)
    done: list[int] = []
    with pytest.raises(OutOfTimeError):
        at_once.both(lambda: done.append(1), lambda: Clock(0.0).check(), halted.set)
    assert done == [1]


def test_what_other_threads_have_listed_counts_towards_the_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However late a list is asked for, all lists together are no longer than what may be held."""
    problem = Problem.build(random_graph(24, 3, mean=8_000), Rules())
    prices = Prices(2_000.0 * problem.weights, 0.0, np.empty(0), 0.0)
    most, listed = 40, []

    def all_done_before_the_first_is_asked_for(
        search: Callable[[Any], Any], pieces: Sequence[Any], _: Clock
    ) -> Iterator[Any]:
        found = [search(piece) for piece in pieces]
        listed.extend(len(costs) for _, _, costs, *_ in found)
        return iter(found)

    monkeypatch.setattr(columns, "ALONE", 0)
    monkeypatch.setattr(columns, "in_order", all_done_before_the_first_is_asked_for)
    whole = columns.groups_within(problem, Cuts(problem.n), prices, 0.0, 1_000_000, Clock())
    assert whole is not None
    assert len(whole) > 3 * most
    listed.clear()
    assert columns.groups_within(problem, Cuts(problem.n), prices, 0.0, most, Clock()) is None
    assert sum(listed) <= most + len(listed)
    assert columns.groups_within(
        problem, Cuts(problem.n), prices, 0.0, len(whole), Clock()
    ).groups() == whole.groups()  # fmt: skip
