"""Column generation: find the groups that the LP wants, until it provably wants no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pcngeo.optimise.at_once import in_order
from pcngeo.optimise.clock import Clock, WorkLimitError
from pcngeo.optimise.duals import Cuts, Prices, negative_part
from pcngeo.optimise.groups import grow_groups, price_groups, reduced_costs
from pcngeo.optimise.master import Master
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.problem import Problem

__all__ = [
    "FIRST_VISITS",
    "Relaxation",
    "find_wanted",
    "first_stock",
    "generate",
    "groups_within",
]

#: Visits of one centre after which exact pricing gives up: a work limit, about ten seconds.
MOST_VISITS = 100_000_000
#: Visits of one centre that are made at a stretch where there is a time limit.
FIRST_VISITS = 1_000_000
#: Visits of one centre in a quick search for groups that the LP wants, and where it finds none.
QUICK_VISITS = (300, 2_000)
#: Practices that are many, and centres searched at a stretch: of many, exactly and quickly; of few.
MANY, STRETCHES, STRETCH = 1_000, (16, 64), 4
#: Where a search to the end took no more times the visits of a quick one, no quick one is made.
CHEAP = 12
#: How often a longer quick search is made before it is known what one to the end takes.
TURNS = 2
#: Visits after which the rest is left to several processors: less is done before they begin.
ALONE = 5_000
#: Groups added per centre and round.
PER_CENTRE = 12
#: The same after an exact search, which costs far more than a larger LP.
PER_CENTRE_EXACT = 100


_Found = tuple[
    NDArray[np.int64], NDArray[np.int32], NDArray[np.float64], NDArray[np.int32],
    NDArray[np.float64], int, int,
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Relaxation:
    """The LP over all groups, listed or not.

    Parameters
    ----------
    bound
        Proven lower bound on the penalised cost of every plan.
    prices
        The prices that prove it.
    """

    bound: float
    prices: Prices


def first_stock(problem: Problem, seed: int) -> Pool:
    """Grow the first groups, nearest practices first with random noise; same seed, same groups."""
    offsets, members, costs, hubs = grow_groups(problem.land, 25, 0.4, seed, PER_CENTRE)
    grown = Pool(offsets, members, costs, hubs).unique()
    if problem.value is not None:
        grown = problem.value(grown)
    return (
        grown
        if np.all(np.isfinite(grown.costs))
        else grown.take(np.flatnonzero(np.isfinite(grown.costs)))
    )


def generate(
    problem: Problem,
    master: Master,
    clock: Clock,
    margin: float,
    tell: Callable[[float], None],
    *,
    exact: bool = True,
    slack: float = 0.0,
    visits: int = MOST_VISITS,
    enough: float = -np.inf,
) -> Relaxation:
    """Add groups to the LP until no group of negative reduced cost exists; return the proof.

    Parameters
    ----------
    problem
        What is divided.
    master
        The LP; it grows.
    clock
        Time limit.
    margin
        Tolerance of the proof; the bound gives up less than this.
    tell
        Told every proven bound.
    exact
        Without it, only quick searches: good groups, and no bound but minus infinity.
    slack
        Stop as soon as the proven bound is this close to the value of the LP.
    visits
        Visits of one centre after which exact pricing gives up: a work limit.
    enough
        Without `exact`: stop once a round lowers the LP by no more than this.

    Returns
    -------
    Relaxation

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ends the search first; bounds found until then have been told.
    """
    most = max(1, problem.patients // problem.land.floor)
    least = 0.3 * margin / most
    efforts = (*(QUICK_VISITS[1:] if problem.n >= MANY else QUICK_VISITS), visits)
    effort, last = 0, len(efforts) - 1
    spent = [0] * len(efforts)  # visits of the last search of every effort
    longer = 0  # searches of the second effort
    best: Relaxation | None = None
    prices: Prices | None = None
    while True:
        clock.check_groups(len(master.pool))
        before, prices = prices, master.solve(clock)
        if not exact and before is not None and before.value - prices.value <= enough:
            return Relaxation(-np.inf, prices)
        found, reduced, complete, spent[effort] = _priced(
            problem, master.cuts, prices, -least, clock, efforts[effort]
        )
        if complete:
            negative = negative_part(problem.n, found.hubs, reduced) - least * most
            bound = prices.bound(master.penalties, master.counts, negative)
            if best is None or bound > best.bound:
                best = Relaxation(bound, prices)
                tell(bound)
            if prices.value - bound <= slack:
                return best
        if not (effort < last or complete or visits == MOST_VISITS):
            raise WorkLimitError  # a limit below the usual one: there is another way
        chosen = _most_wanted(found, reduced, PER_CENTRE if effort < last else PER_CENTRE_EXACT)
        if len(chosen):
            chosen = chosen[_unknown(master, found.take(chosen))]
        if len(chosen):
            master.add(found.take(chosen))
            effort = _effort(0, spent)
            continue
        if complete and best is not None:
            return best
        effort = _effort(effort + 1, spent)
        longer += effort == last - 1
        if exact and longer == TURNS and not spent[last]:
            effort = last
        if effort == last and not exact:
            return Relaxation(-np.inf, prices)
        if effort > last:
            raise WorkLimitError


def _effort(next_one: int, spent: list[int]) -> int:
    """Say how far to search: to the end, once that is known to be hardly more than a quick one.

    What a quick search misses costs a solve of the LP and another search each time.
    """
    known = 0 < spent[-1] <= CHEAP * spent[min(next_one, len(spent) - 1)]
    return len(spent) - 1 if known else next_one


def _priced(
    problem: Problem, cuts: Cuts, prices: Prices, threshold: float, clock: Clock, visits: int
) -> tuple[Pool, NDArray[np.float64], bool, int]:
    """List groups below the threshold, their reduced costs, and whether these are all there are.

    The last is how many visits that took.
    """
    if problem.listed is not None:
        clock.check()
        pool, reduced = _looked_through(problem.listed, cuts, prices, threshold)
        return pool, reduced, True, len(problem.listed)
    pools, parts, complete, visited = [], [], True, 0
    cuts, cut_prices = cuts.priced(prices.cuts)
    above, evened = _dearest_mark(problem, prices), problem.evened(prices.practices)
    quick = visits in QUICK_VISITS

    def of(centres: NDArray[np.int64], share: int = visits) -> _Found:
        return price_groups(
            problem.land, evened, prices.fee, threshold + above, centres,
            cuts.starts, cuts.ids, cuts.members, cut_prices,
            60 if quick else 0, share, 4_000_000,
        )  # fmt: skip

    search = of if quick else partial(_paced, of, visits, clock)
    for offsets, members, costs, hubs, known, steps, broken in _each_stretch(
        problem.n, search, clock, quick
    ):
        visited += int(steps)
        found, reduced = _valued(
            problem, Pool(offsets, members, costs, hubs), known, cuts, cut_prices, prices
        )
        wanted = np.flatnonzero(reduced <= threshold)
        pools.append(found if len(wanted) == len(found) else found.take(wanted))
        parts.append(reduced[wanted])
        complete &= broken == 0
    return Pool.joined(pools), np.concatenate(parts), complete, visited


def find_wanted(
    problem: Problem, master: Master, prices: Prices, least: float, clock: Clock
) -> Pool:
    """Find groups that lower the LP at these prices by a quick search: none, or some.

    Parameters
    ----------
    problem
        What is divided.
    master
        The LP.
    prices
        Its prices.
    least
        Reduced costs from minus this on do not count.
    clock
        Time limit.

    Returns
    -------
    Pool
        Groups that the LP does not hold.
    """
    found, reduced, *_ = _priced(problem, master.cuts, prices, -least, clock, QUICK_VISITS[-1])
    chosen = _most_wanted(found, reduced, PER_CENTRE)
    return found.take(chosen[_unknown(master, found.take(chosen))]) if len(chosen) else found


def _paced(
    search: Callable[[NDArray[np.int64], int], _Found],
    visits: int,
    clock: Clock,
    centres: NDArray[np.int64],
) -> _Found:
    """Search centres to the end, or, under a time limit, in growing shares of the visits."""
    if len(centres) > 1:
        return search(centres, visits)

    def run(share: int) -> tuple[_Found, bool]:
        found = search(centres, share)
        visited, broken = found[-2:]
        return found, not broken or visited < share  # broken off by something else

    return clock.paced(visits, FIRST_VISITS, run)


def _each_stretch(
    n: int, search: Callable[[NDArray[np.int64]], _Found], clock: Clock, quick: bool
) -> Iterator[_Found]:
    """Search all centres, in their order, a few at a stretch; on every processor where it is long.

    A time limit is looked at after each centre of an exact search.
    """
    size = STRETCHES[quick] if n >= MANY else STRETCH if quick or clock.limit is None else 1
    stretches = [np.arange(first, min(n, first + size)) for first in range(0, n, size)]
    visited = done = 0
    while done < len(stretches) and visited < ALONE:
        clock.check()
        found = search(stretches[done])
        visited, done = visited + found[-2], done + 1
        yield found
    yield from in_order(search, stretches[done:], clock)


def _looked_through(
    listed: Pool, cuts: Cuts, prices: Prices, threshold: float
) -> tuple[Pool, NDArray[np.float64]]:
    """Find the groups of a list below the threshold, and their reduced costs."""
    reduced = _reduced(listed, *cuts.priced(prices.cuts), prices)
    wanted = np.flatnonzero(reduced <= threshold)
    return listed.take(wanted), reduced[wanted]


def _reduced(
    pool: Pool, cuts: Cuts, cut_prices: NDArray[np.float64], prices: Prices
) -> NDArray[np.float64]:
    reduced = reduced_costs(
        pool.offsets, pool.members, pool.costs, prices.practices, prices.fee,
        cuts.starts, cuts.ids, cut_prices,
    )  # fmt: skip
    return reduced + pool.spends @ prices.budgets if len(prices.budgets) else reduced


def _dearest_mark(problem: Problem, prices: Prices) -> float:
    """Say what a mark, which kernels do not see, can bring a group at most: a rounding error."""
    return float(prices.practices[problem.n - problem.marks :].max(initial=0.0))


def _valued(
    problem: Problem,
    found: Pool,
    reduced: NDArray[np.float64],
    cuts: Cuts,
    cut_prices: NDArray[np.float64],
    prices: Prices,
) -> tuple[Pool, NDArray[np.float64]]:
    """Give groups their whole cost where the kernel knows only a part of it, and never less."""
    if problem.value is None or not len(found):
        return found, reduced
    whole = problem.value(found)
    if problem.marks:
        return whole, _reduced(whole, cuts, cut_prices, prices)
    reduced = reduced + (whole.costs - found.costs)
    return whole, reduced + whole.spends @ prices.budgets if len(prices.budgets) else reduced


def _most_wanted(found: Pool, reduced: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Places of the `most` groups of least reduced cost of every hub."""
    order = np.lexsort((reduced, found.hubs))
    hubs = found.hubs[order]
    begins = np.flatnonzero(np.r_[True, hubs[1:] != hubs[:-1]]) if len(hubs) else order
    rank = np.arange(len(hubs)) - np.repeat(begins, np.diff(np.r_[begins, len(hubs)]))
    return order[rank < most]


def _unknown(master: Master, found: Pool) -> NDArray[np.int64]:
    """Places of the groups that the LP does not hold yet."""
    fresh = [g for g in range(len(found)) if not master.knows(found.group(g))]
    return np.array(fresh, np.int64)


def groups_within(
    problem: Problem,
    cuts: Cuts,
    prices: Prices,
    room: float,
    most: int,
    clock: Clock,
    visits: int = MOST_VISITS,
) -> Pool | None:
    """List every group of reduced cost at most `room`, or ``None`` when they are more than `most`.

    Every plan that costs at most the bound of these prices plus `room` uses only these groups.
    ``None`` also where a centre takes more than `visits`.
    """
    if problem.listed is not None:
        clock.check()
        pool, _ = _looked_through(problem.listed, cuts, prices, room)
        return pool if len(pool) <= most else None
    pools, total = [], 0
    cuts, cut_prices = cuts.priced(prices.cuts)
    above, evened = _dearest_mark(problem, prices), problem.evened(prices.practices)
    lengths: list[int] = []  # of what is found, in any thread, in the order of its end

    def of(centres: NDArray[np.int64], share: int) -> _Found:
        # With a value, some may yet be dearer than they seem.
        listed = sum(lengths) if problem.value is None else 0
        return price_groups(
            problem.land, evened, prices.fee, room + above, centres,
            cuts.starts, cuts.ids, cuts.members, cut_prices, 0, share, max(0, most - listed) + 1,
        )  # fmt: skip

    def search(centres: NDArray[np.int64]) -> _Found:
        found = _paced(of, visits, clock, centres)
        lengths.append(len(found[2]))
        return found

    for offsets, members, costs, hubs, known, _, broken in _each_stretch(
        problem.n, search, clock, False
    ):
        found, reduced = _valued(
            problem, Pool(offsets, members, costs, hubs), known, cuts, cut_prices, prices
        )
        pools.append(found if problem.value is None else found.take(_at_most(reduced, room)))
        total += len(pools[-1])
        if broken or total > most:
            return None
    return Pool.joined(pools)


def _at_most(reduced: NDArray[np.float64], room: float) -> NDArray[np.int64]:
    return np.flatnonzero(reduced <= room)
