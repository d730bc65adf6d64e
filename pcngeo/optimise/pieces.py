"""An area in pieces that no link joins: each is settled for itself, and the answers are added up.

List sizes allow each piece only some numbers of networks, and a number for the whole often only one
or two ways to share it out. A piece with its own number has a window of its own (see `narrow`),
which is far narrower than that of all pieces together; and no search has to find out that half a
network here and half a network there make no network.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.ground import Ground, survey
from pcngeo.optimise.pool import Pool

if TYPE_CHECKING:
    from pcngeo.optimise.settle import Answer

__all__ = ["Ways", "settle_pieces", "ways_to_share"]

#: More ways than this that may place as many are searched together: they are then easy.
MOST_WAYS = 3
#: Settles one piece with its number of networks, keeping the answer up to date.
Settle = Callable[[Ground, int, "Answer"], None]
#: Practices of every piece; then for every way the patients left out by arithmetic, and the number
#: of networks of each piece, fewest left out first.
Ways = tuple[list[NDArray[np.int64]], list[tuple[int, tuple[int, ...]]]]


def ways_to_share(ground: Ground, count: int) -> Ways | None:
    """Say how a number of networks can be shared out among the pieces.

    Parameters
    ----------
    ground
        What is known about the problem.
    count
        Number of networks.

    Returns
    -------
    Ways or None
        ``None`` where there is only one piece, where many ways may place as many, or where costs
        or demands look at more than one piece.
    """
    problem, land = ground.problem, ground.problem.land
    if problem.value is not None or ground.listed is not None or ground.budgets or problem.marks:
        return None
    parts = [
        np.flatnonzero((problem.components == part) & ground.placeable)
        for part in range(int(problem.components.max(initial=-1)) + 1)
    ]
    pieces = [members for members in parts if len(members)]
    totals = [int(problem.weights[members].sum()) for members in pieces]
    numbers = [range(total // land.floor + 1) for total in totals]
    if len(pieces) < 2 or np.prod([len(own) for own in numbers], dtype=float) > 10_000:
        return None
    ways = sorted(
        (sum(max(0, t - k * land.ceiling) for t, k in zip(totals, way, strict=True)), way)
        for way in itertools.product(*numbers)
        if sum(way) == count
    )
    alike = sum(out == ways[0][0] for out, _ in ways) if ways else 0
    return (pieces, ways) if 0 < alike <= MOST_WAYS else None


def settle_pieces(
    ground: Ground, shared: Ways, answer: Answer, clock: Clock, fresh: type[Answer], settle: Settle
) -> None:
    """Settle every piece with each of its numbers, and join the best.

    Parameters
    ----------
    ground
        What is known about the problem.
    shared
        See `ways_to_share`.
    answer
        Filled, even when a limit ends the search.
    clock
        Time limit.
    fresh
        Makes an answer.
    settle
        Settles one piece.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search.
    """
    pieces, ways = shared
    found: dict[tuple[int, int], Answer] = {}
    grounds: dict[int, Ground] = {}
    best = fresh()
    small_first = sorted(range(len(pieces)), key=lambda p: len(pieces[p]))
    way: tuple[int, ...] = ()
    try:
        for least, way in ways:
            if best.plan is not None and least + ground.unplaceable > best.left_out:
                break
            for p in small_first:
                count = way[p]
                if p not in grounds:
                    grounds[p] = survey(ground.problem.part(pieces[p]), ground.seed, clock)
                    grounds[p].plans = _plans_of(ground, pieces[p])
                if (p, count) not in found:
                    found[p, count] = fresh()
                    settle(grounds[p], count, found[p, count])
                if found[p, count].impossible:
                    break
            _offer(ground, pieces, [found.get((p, k)) for p, k in enumerate(way)], best)
    finally:
        _offer(ground, pieces, [found.get((p, k)) for p, k in enumerate(way)], best)
        _bound(ground, ways, found, best)
        _hand_over(ground, best, answer)
    answer.settled, answer.impossible = True, best.plan is None
    if answer.impossible:
        answer.plan, answer.objective, answer.bound = None, np.inf, None
        answer.left_out = answer.left_out_bound = ground.problem.patients


def _plans_of(ground: Ground, piece: NDArray[np.int64]) -> list[Pool]:
    """Take out of the plans that are known what they make of one piece."""
    inside = np.zeros(ground.problem.n, bool)
    inside[piece] = True
    own = [plan.take(plan.within(inside)) for plan in ground.plans]
    place = np.cumsum(inside).astype(np.int32) - 1
    return [replace(p, members=place[p.members], hubs=place[p.hubs]) for p in own if len(p)]


def _offer(
    ground: Ground, pieces: list[NDArray[np.int64]], known: list[Answer | None], best: Answer
) -> None:
    """Take the plan of one way, if every piece has one and it is better."""
    plans = [
        replace(own.plan, members=at[own.plan.members], hubs=at[own.plan.hubs])
        for own, piece in zip(known, pieces, strict=True)
        if own is not None and own.plan is not None and not own.impossible
        for at in [piece.astype(np.int32)]
    ]
    if len(plans) < len(pieces):
        return
    plan = Pool.joined(plans)
    left_out, cost = ground.left_out(plan), float(plan.costs.sum())
    if best.plan is None or (left_out, cost) < (best.left_out, best.objective):
        best.plan, best.left_out, best.objective = plan, left_out, cost


def _bound(
    ground: Ground,
    ways: list[tuple[int, tuple[int, ...]]],
    found: dict[tuple[int, int], Answer],
    best: Answer,
) -> None:
    """Say what every way leaves out at least, and what those cost that leave as few out."""
    best.left_out_bound, best.bound = best.left_out, best.objective
    for least, way in ways:
        known = [found.get((p, count)) for p, count in enumerate(way)]
        if any(own is not None and own.impossible for own in known):
            continue
        out = max(least, sum(own.left_out_bound for own in known if own is not None))
        out += ground.unplaceable
        sure = [
            own.bound for own in known
            if own is not None and own.bound is not None and own.left_out_bound == own.left_out
        ]  # fmt: skip
        if out <= best.left_out:
            best.bound = min(best.bound, sum(sure))
        best.left_out_bound = min(best.left_out_bound, out)
    for own in found.values():
        for name, amount in own.facts.items():
            best.facts[name] = best.facts.get(name, 0) + amount


def _hand_over(ground: Ground, best: Answer, answer: Answer) -> None:
    """Put what is known into the answer, unless its own plan is better."""
    answer.facts.update(best.facts)
    if best.plan is None:
        return
    ground.plans.append(best.plan)
    own = (answer.left_out, answer.objective)
    if answer.plan is None or (best.left_out, best.objective) <= own:
        answer.plan, answer.left_out, answer.objective = best.plan, best.left_out, best.objective
    answer.left_out_bound = min(best.left_out_bound, answer.left_out)
    answer.bound = None if best.bound is None else min(best.bound, answer.objective)
