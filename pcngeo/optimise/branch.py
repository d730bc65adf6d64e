"""Branch and bound over a stock of groups: which of them make the best plan.

Every node is an LP over the groups that are still possible there, with cuts. Groups whose reduced
cost shows that no plan below the cutoff uses them are dropped. What remains fractional is split by
two practices that the LP has half together (Ryan and Foster): in one child they share a network,
in the other they do not. No integer solver is needed, so nothing has to be
killed: each step is one LP of at most a few seconds, and every bound is recomputed from prices
(see `master`).

A search that goes on takes two nodes at once, the second in a thread with an LP of its own: in
rounds, and two whatever the machine has, so that plan, bound and figures are the same on all.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import SolverError
from pcngeo.optimise.at_once import both
from pcngeo.optimise.capacity import Capacity, Room, violated_capacity
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.duals import Counts, Cut, negative_part
from pcngeo.optimise.master import Master
from pcngeo.optimise.nodes import Choice, Mask, Node, Search, Tell
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.splits import learn, split
from pcngeo.optimise.triples import violated_cuts
from pcngeo.optimise.wide import Wide, violated_wide

__all__ = ["TOLERANCE", "Choice", "choose"]

#: Share of the objective by which a plan may be cheaper and not be found: tolerance of a proof.
TOLERANCE = 1e-7
#: Share of the bound within which a plan is expected before a good one is known.
NEAR = 0.05
#: Rounds of cuts that are the last where they close less than this share of the gap; wide ones.
ROUNDS, WIDE_ROUNDS = (5, 0.02), (3, 0.15)
#: A node whose groups are at most this share of the stock is searched on a stock of its own, which
#: begins with so many rounds of cuts.
NARROW, NARROW_ROUNDS = 0.25, 10
#: An LP before the first split is made anew without the groups whose reduced cost is above this
#: share of the gap, and the cuts without a price, where no more than that share of it is left.
FAR, LIGHT = 0.3, 0.9
#: Nodes of a search from which on two are searched at once: a short one is over before that pays.
ALONE = 10


def choose(
    pool: Pool,
    penalties: NDArray[np.float64],
    counts: Counts | None,
    cutoff: float,
    *,
    margin: float,
    scale: float,
    worst: float,
    clock: Clock,
    cuts: tuple[Cut, ...] = (),
    wide: tuple[Wide, ...] | None = None,
    needs: tuple[Capacity, ...] = (),
    room: Room | None = None,
    most_nodes: int = 100_000,
    root_rounds: int = 40,
    budgets: tuple[float, ...] = (),
    first: NDArray[np.int64] | None = None,
    begun: Choice | None = None,
    tell: Tell = lambda bound, groups, cost: None,
) -> Choice:
    """Choose networks from a stock: least penalised cost, below the cutoff.

    Parameters
    ----------
    pool
        The stock; no group twice.
    penalties
        Cost of leaving each practice out.
    counts
        Lowest and highest number of networks, or ``None``.
    cutoff
        Only selections that cost less matter.
    margin
        A selection cheaper by less than this need not be found.
    scale, worst
        See `Master`.
    clock
        Time limit; when it ends, the choice so far is returned, unfinished.
    cuts
        Cuts to start with.
    wide
        Wide cuts to start with, where such are to be sought.
    needs
        Capacity cuts to start with.
    room
        What networks can hold, where capacity cuts are to be sought.
    most_nodes
        Work limit.
    root_rounds
        Rounds of cuts before the first split.
    budgets
        Limit of every budget; see `Pool.spends`.
    first
        Places of the groups that the LP begins with; the cheapest for every practice otherwise.
    begun
        What was made of the first groups of this stock, with a lower cutoff: its LP goes on.
    tell
        Told the bound, the best selection so far and its cost, after every dive.

    Returns
    -------
    Choice
    """
    best = Choice(None, cutoff, -np.inf)
    if begun is not None and begun.search is not None:
        search = replace(begun.search, best=best, clock=clock, most_nodes=most_nodes, tell=tell)
        search.lengthen(pool)
    else:
        master = Master(penalties, counts, scale, worst, budgets)
        master.cut(cuts)
        master.widen(wide or ())
        master.need(needs)
        search = Search(pool, master, clock, best, margin, most_nodes=most_nodes, tell=tell)
        search.widen = wide is not None
        search.room = room
        search.active, search.must = np.zeros(len(pool), bool), np.zeros(master.n, bool)
    if first is None:
        first = np.argsort(pool.costs / np.maximum(1, pool.sizes), kind="stable")
        first = first[: 10 * search.master.n]
    _explore(search, first, np.zeros(search.master.n, bool), root_rounds)
    best.cuts, best.search = search.master.cuts.all, search
    return best


def _explore(search: Search, first: NDArray[np.int64], must: Mask, root_rounds: int) -> None:
    """Search a whole stock, the LP begun with these groups; what is found stands in `best`."""
    best = search.best
    _activate(search, first[~search.active[first]])
    nodes = [Node(-np.inf, 0, np.ones(len(search.pool), bool), must)]
    try:
        while nodes and nodes[0].bound < search.limit and best.nodes < search.most_nodes:
            rivals = [node for node in heapq.nsmallest(2, nodes) if node.bound < search.limit]
            if best.nodes < ALONE or len(rivals) == 1:
                _plunge(search, nodes, root_rounds if best.nodes == 0 else 3)
            else:
                _plunge_twice(search, nodes)
            bound = min([node.bound for node in nodes], default=search.limit)
            search.tell(bound, best.groups, best.cost)
    except OutOfTimeError:
        pass
    open_bounds = [node.bound for node in nodes if node.bound < search.limit]
    best.finished = not open_bounds
    best.bound = min([search.limit, search.closed, *open_bounds])


def _plunge_twice(search: Search, nodes: list[Node]) -> None:
    """Dive from the two most promising nodes at once, each on an LP of its own.

    Both begin with what is known, and what they find is put together when both are done, in an
    order that does not ask which was first: the answer does not depend on the machine.
    """
    other = search.other = search.other or search.second()
    here, there = [heapq.heappop(nodes)], [heapq.heappop(nodes)]
    if here[0].line == other.line or there[0].line == search.line:  # their bases are of these LPs
        here, there = there, here
    known, before = dict(search.gains), search.best.nodes
    other.best = replace(search.best, groups=None)
    other.gains, other.closed, other.clock = dict(known), np.inf, replace(search.clock)

    def halt() -> None:
        other.clock.limit = 0.0

    try:
        both(partial(_plunge, search, here, 3), partial(_plunge, other, there, 3), halt)
    finally:
        nodes += here + there
        heapq.heapify(nodes)
        search.gains |= {p: gain for p, gain in other.gains.items() if known.get(p) != gain}
        _take_over(search, other, before)


def _take_over(search: Search, other: Search, before: int) -> None:
    """Add what the second line has done and found since there were so many nodes."""
    best, found = search.best, other.best
    best.nodes += found.nodes - before
    search.closed = min(search.closed, other.closed)
    if found.groups is not None and found.cost < best.cost:
        best.groups, best.cost = found.groups, found.cost
        search.tell(best.bound, best.groups, best.cost)


def _plunge(search: Search, nodes: list[Node], rounds: int) -> None:
    """Take the most promising node and dive through its first children to an end.

    The node leaves the heap only when its children are on it, so that stopping at any moment
    leaves every selection in some open node.
    """
    node = nodes[0]
    if node.basis is not None and node.line in (0, search.line):
        search.master.go_on(node.basis)
    while True:
        search.best.nodes += 1
        bound, usable = _bounded(search, node, rounds)
        if node.number == 0 and search.prices is not None:
            held = zip(search.master.wide.all, search.prices.wide, strict=False)
            search.best.wide = tuple(cut for cut, price in held if price > 0.0)
            needed = zip(search.master.needs.all, search.prices.needs, strict=False)
            search.best.needs = tuple(cut for cut, price in needed if price > 0.0)
        learn(search, node, bound)
        children = []
        if _overspent(search, usable, node.must):
            bound = max(bound, search.limit)
        if bound >= search.limit or _take_integral(search):
            search.closed = min(search.closed, bound)
        elif usable.sum() <= NARROW * len(usable):
            if not _narrowed(search, node, usable, bound):
                heapq.heapify(nodes)
                return
        else:
            number = 4 * search.best.nodes + 2 * (search.line == 2)
            children = [
                Node(bound, number + side, usable & keep, node.must | must, *how)
                for side, (keep, must, *how) in enumerate(split(search, usable))
            ]
            children[1].basis, children[1].line = search.master.basis(), search.line
        nodes.remove(node)
        heapq.heapify(nodes)
        for child in children:
            heapq.heappush(nodes, child)
        if not children or children[0].bound >= search.limit:
            return
        node, rounds = children[0], 3


def _narrowed(search: Search, node: Node, usable: Mask, bound: float) -> bool:
    """Search what a node holds on a stock and an LP of its own; tell whether to the end.

    The LP of the whole has groups and cuts that no longer matter here, and is slow for that.
    """
    best, master, prices = search.best, search.master, search.prices
    assert prices is not None
    places = np.flatnonzero(usable)
    order = np.argsort(search.reduced(usable, prices)[places], kind="stable")
    own = replace(
        search,
        pool=search.pool.take(places),
        master=master.fresh(prices.cuts > 0.0, prices.wide > 0.0, prices.needs > 0.0),
        best=Choice(None, best.cost, -np.inf),
        most_nodes=search.most_nodes - best.nodes,
        columns=np.empty(0, np.int64),
        open=np.zeros(0, bool),
        closed=np.inf,
        near=None,
        line=0,
        other=None,
        active=np.zeros(len(places), bool),
        must=np.zeros(master.n, bool),
    )

    def found(*_: object) -> None:
        if own.best.groups is not None and own.best.cost < best.cost:
            best.groups = tuple(int(g) for g in places[list(own.best.groups)])
            best.cost = own.best.cost
        search.tell(best.bound, best.groups, best.cost)

    own.tell = found
    _explore(own, order[: 10 * master.n], node.must, NARROW_ROUNDS)
    found()
    best.nodes += own.best.nodes
    if own.best.finished:
        search.closed = min(search.closed, max(bound, own.best.bound))
        return True
    node.bound = max(bound, own.best.bound)
    return False


def _activate(search: Search, places: NDArray[np.int64]) -> None:
    """Put groups of the stock into the LP."""
    search.master.add(search.pool.take(places))
    search.columns = np.concatenate([search.columns, places])
    search.open = np.concatenate([search.open, np.ones(len(places), bool)])
    search.active[places] = True


def _enter(search: Search, node: Node) -> None:
    """Make the LP that of a node."""
    wanted = node.usable[search.columns]
    changed = np.flatnonzero(wanted != search.open)
    if len(changed):
        search.master.open(changed, wanted[changed])
        search.open[changed] = wanted[changed]
    if (node.must != search.must).any():
        search.master.must_place(node.must)
        search.must = node.must


def _bounded(search: Search, node: Node, rounds: int) -> tuple[float, Mask]:
    """Solve a node's LP, cut after cut; return its bound and the groups still usable."""
    usable = node.usable.copy()
    bound = node.bound
    trail: list[float] = []
    may_widen, wider = search.widen and node.number == 0, False
    while True:
        _enter(search, Node(bound, 0, usable, node.must))
        master = search.master
        value, reduced = _solved(search, usable, node.must)
        bound = max(bound, value)
        usable &= value + reduced < search.limit
        trail.append(value)
        stalled = _stalled(trail, search.limit, *(WIDE_ROUNDS if wider else ROUNDS))
        if bound >= search.limit or len(trail) > rounds or (stalled and (wider or not may_widen)):
            return bound, usable
        support = np.flatnonzero(master.shares > 1e-7)
        shares = master.shares[support]
        if np.all(shares > 1 - 1e-6):
            return bound, usable
        groups = master.pool.take(support)
        cuts = violated_cuts(master.n, groups, shares, master.cuts)
        if may_widen and not wider and (stalled or not cuts):
            wider, trail = True, [value]
        wide = violated_wide(master.n, groups, shares, master.wide.all, len(trail)) if wider else []
        needs = search.room and violated_capacity(
            search.room, groups, shares, master.left_out, master.needs.all
        )
        if not cuts and not wide and not needs:
            return bound, usable
        if node.number == 0:
            _lighten(search, usable, reduced)
        search.master.cut(cuts)
        search.master.widen(wide)
        search.master.need(needs or ())


def _lighten(search: Search, usable: Mask, reduced: NDArray[np.float64]) -> None:
    """Make the LP anew without the groups and cuts that its answer is far from."""
    master, prices = search.master, search.prices
    assert prices is not None
    here = search.columns
    room = FAR * max(search.limit - prices.value, 0.0)
    kept = (usable[here] & (reduced[here] <= room)) | (master.shares > 0.0)
    if kept.sum() > LIGHT * len(kept):
        return
    columns, cuts, wide = np.flatnonzero(kept), prices.cuts > 0.0, prices.wide > 0.0
    needs = prices.needs > 0.0
    lean = master.lean(columns, cuts, wide, needs)
    search.active[here[~kept]] = False
    search.columns, search.open = here[columns], np.ones(len(columns), bool)
    search.must = np.zeros(master.n, bool)
    search.master = lean
    search.prices = replace(
        prices, cuts=prices.cuts[cuts], wide=prices.wide[wide], needs=prices.needs[needs]
    )


def _stalled(trail: list[float], limit: float, rounds: int, share: float) -> bool:
    """Tell whether some rounds of cuts have closed less than a share of the gap."""
    if len(trail) <= rounds:
        return False
    before = trail[-1 - rounds]
    gap = min(limit - before, NEAR * abs(before))
    return trail[-1] - before < share * gap


def _solved(search: Search, usable: Mask, must: Mask) -> tuple[float, NDArray[np.float64]]:
    """Solve the LP over all usable groups of the stock; return its bound and reduced costs."""
    master, pool = search.master, search.pool
    while True:
        prices = search.prices = master.solve(search.clock)
        reduced = search.reduced(usable, prices)
        least = search.margin / master.n
        wanted = np.flatnonzero(usable & ~search.active & (reduced < -least))
        if not len(wanted):
            break
        if len(wanted) > 500:
            wanted = wanted[np.argpartition(reduced[wanted], 500)[:500]]
        _activate(search, np.sort(wanted))
    here = np.flatnonzero(usable & (reduced < 0))
    negative = negative_part(master.n, pool.hubs[here], reduced[here])
    penalties = np.where(must, np.inf, master.penalties)
    return prices.bound(penalties, master.counts, negative), reduced


def _overspent(search: Search, usable: Mask, must: Mask) -> bool:
    """Tell whether the only groups that can place some practices break a budget.

    The LP takes a hair less than the whole of them, at a price for those it must place.
    """
    budgets = search.master.budgets
    if not len(budgets):
        return False
    places = np.flatnonzero(usable)
    pool = search.pool.take(places)
    holding = np.bincount(pool.members, minlength=search.master.n)
    only = (holding == 1) & must
    forced = np.unique(pool.owners[only[pool.members]])
    return bool(np.any(pool.spends[forced].sum(axis=0) > budgets + 1e-6))


def _take_integral(search: Search) -> bool:
    """Keep the LP's answer if it is a selection; tell whether it is one."""
    master, best = search.master, search.best
    values = np.concatenate([master.shares, master.left_out])
    if np.any((values > 1e-6) & (values < 1 - 1e-6)):
        return False
    columns = np.flatnonzero(master.shares > 0.5)
    chosen = search.columns[columns]
    covered = np.bincount(search.pool.take(chosen).members, minlength=master.n)
    counts = master.counts
    if covered.max(initial=0) > 1 or (counts and not counts[0] <= len(chosen) <= counts[1]):
        raise SolverError("the LP gave a selection that breaks its own rows.")
    if np.any(search.pool.spends[chosen].sum(axis=0) > master.budgets + 1e-6):
        return False  # the LP takes a hair less than the whole of it
    cost = search.pool.costs[chosen].sum() + master.penalties[covered == 0].sum()
    if cost < best.cost:
        best.groups = tuple(int(g) for g in chosen)
        best.cost = float(cost)
    return True
