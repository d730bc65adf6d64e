"""The set partitioning LP: every practice in one network of a stock, or left out at a price.

::

    min  sum of cost x (networks)  +  sum of penalty x (practices left out)
    every practice:  networks holding it + left out = 1                       -> its price
    lowest <= number of networks <= highest                                   -> the fee
    every budget:    spends of the networks <= limit                          -> its price
    three practices: networks holding two or more of them <= 1   (cuts)       -> its price
    more practices:  see `wide` and `capacity`                                -> its price

The bound that is reported is never HiGHS's word. `bound` recomputes it from the prices, for which
*any* prices will do: a plan costs its reduced costs plus what the prices pay for, and every hub
serves one network at most. So an LP solved to tolerance, or not to the end, still gives a bound
that holds, up to the rounding of sums.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import highspy
import numpy as np
from numpy.typing import NDArray

from pcngeo.errors import SolverError
from pcngeo.optimise.capacity import Capacity, CapacityCuts
from pcngeo.optimise.clock import Clock, OutOfTimeError
from pcngeo.optimise.duals import Counts, Cut, Cuts, Floats, Prices
from pcngeo.optimise.groups import reduced_costs, row_entries
from pcngeo.optimise.highs import Setting, silent
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.wide import Wide, WideCuts

__all__ = ["Master"]

Mask = NDArray[np.bool_]
INFINITE = 1e30
#: Strategies of HiGHS: from a basis whose prices hold, and from one whose plan holds.
DUAL, PRIMAL = 1, 4
#: How HiGHS is run: simplex from the last basis.
USUAL: dict[str, Setting] = {
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": DUAL,
    "dual_feasibility_tolerance": 1e-9,
}


class Master:
    """The LP over the groups given to it so far; groups, cuts and limits come as they are found.

    Parameters
    ----------
    penalties
        Cost of leaving each practice out.
    counts
        Lowest and highest number of networks, or ``None``.
    scale
        Costs are divided by this inside the LP.
    worst
        More than any plan can cost: the price of breaking the number of networks.
    budgets
        Limit of every budget (see `Pool.spends`).
    """

    def __init__(
        self,
        penalties: Floats,
        counts: Counts | None,
        scale: float,
        worst: float,
        budgets: Sequence[float] = (),
    ) -> None:
        self.n = len(penalties)
        self.penalties = penalties
        self.counts = counts
        self.scale = scale
        self.budgets = np.array(budgets, float)
        self.cuts = Cuts(self.n)
        self.wide = WideCuts(self.n)
        self.needs = CapacityCuts(self.n)
        self._cut_at = self._wide_at = self._need_at = np.empty(0, np.int64)  # their rows
        self.shares = np.empty(0)
        self.left_out = np.empty(0)
        self.value = -np.inf
        self.solves = 0
        self._pools: list[Pool] = []
        self._known: set[tuple[int, ...]] = set()  # of the first groups of the pool
        self._told = 0  # how many these are
        self._lp = silent(**USUAL)
        self._grown = False  # by groups, since it was solved
        self.worst = worst
        self._forbidden = 1e3 * worst / scale
        self._rows()

    def fresh(self, cuts: Mask, wide: Mask, needs: Mask) -> Master:
        """Return the LP without groups, with some of its cuts."""
        out = Master(self.penalties, self.counts, self.scale, self.worst, tuple(self.budgets))
        out.cut([cut for cut, kept in zip(self.cuts.all, cuts, strict=True) if kept])
        out.widen([cut for cut, kept in zip(self.wide.all, wide, strict=True) if kept])
        out.need([cut for cut, kept in zip(self.needs.all, needs, strict=True) if kept])
        return out

    def copy(self) -> Master:
        """Return the same LP once more, where it stands, to be solved beside this one."""
        same = copy.copy(self)
        same._pools, same._known, same.solves = [self.pool], set(self._known), 0
        same._lp = silent(**USUAL)
        same._lp.passModel(self._lp.getLp())
        same._lp.setBasis(self._lp.getBasis())
        return same

    def lean(self, columns: NDArray[np.integer], cuts: Mask, wide: Mask, needs: Mask) -> Master:
        """Return the LP with some of its groups and cuts, where it stands.

        Groups and cuts that go must be none that the last answer rests on.
        """
        basis, lean = self._lp.getBasis(), self.fresh(cuts, wide, needs)
        lean.add(self.pool.take(columns))
        of_columns, of_rows = basis.col_status, basis.row_status
        basis.col_status = of_columns[: self._lead] + [of_columns[self._lead + c] for c in columns]
        rows = [*self._cut_at[cuts], *self._wide_at[wide], *self._need_at[needs]]
        basis.row_status = of_rows[: self._cut_row] + [of_rows[r] for r in rows]
        lean._lp.setBasis(basis)
        lean.shares, lean.left_out, lean.value = self.shares[columns], self.left_out, self.value
        lean.solves, lean._grown = self.solves, self._grown
        return lean

    def _rows(self) -> None:
        n, empty = self.n, np.empty(0)
        nothing = np.zeros(n, np.int32)
        self._lp.addRows(n, np.ones(n), np.ones(n), 0, nothing, np.empty(0, np.int32), empty)
        self._lead = n
        places = np.arange(n, dtype=np.int32)
        self._columns(self.penalties, places, places)
        if self.counts is not None:
            low, high = self.counts
            self._lp.addRow(float(low), float(high), 0, np.empty(0, np.int32), empty)
            for sign in (1.0, -1.0):
                self._lp.addCol(
                    self._forbidden,
                    0.0,
                    INFINITE,
                    1,
                    np.array([n], np.int32),
                    np.array([sign]),
                )
            self._lead += 2
        self._budget_row = n + (self.counts is not None)
        for limit in self.budgets:
            self._lp.addRow(-INFINITE, float(limit), 0, np.empty(0, np.int32), empty)
        self._cut_row = self._budget_row + len(self.budgets)

    def _columns(
        self,
        costs: Floats,
        starts: NDArray[np.int32],
        rows: NDArray[np.int32],
        spends: Floats | None = None,
        pool: Pool | None = None,
    ) -> None:
        m, entries = len(costs), np.ones(len(rows))
        if spends is not None and spends.size:
            ends = np.repeat(np.append(starts[1:], len(rows)), len(self.budgets))
            own = np.tile(self._budget_row + np.arange(len(self.budgets)), m)
            entries = np.insert(entries, ends, spends.ravel())
            rows = np.insert(rows, ends, own).astype(np.int32)
            starts = (starts + len(self.budgets) * np.arange(m)).astype(np.int32)
        for cuts, at in ((self.wide, self._wide_at), (self.needs, self._need_at)):
            if pool is not None and len(cuts):
                groups, ids, values = cuts.entries(pool)
                ends = np.append(starts[1:], len(rows))[groups]
                entries = np.insert(entries, ends, values)
                rows = np.insert(rows, ends, at[ids]).astype(np.int32)
                more = np.bincount(groups, minlength=m)
                starts = (starts + np.cumsum(more) - more).astype(np.int32)
        self._lp.addCols(
            m, costs / self.scale, np.zeros(m), np.full(m, INFINITE),
            len(rows), starts, rows, entries,
        )  # fmt: skip

    @property
    def pool(self) -> Pool:
        """The groups in the LP, in the order of its columns."""
        if len(self._pools) > 1:
            self._pools = [Pool.joined(self._pools)]
        return self._pools[0] if self._pools else Pool.empty(len(self.budgets))

    def add(self, pool: Pool) -> None:
        """Add groups."""
        if not len(pool):
            return
        count_row = self.n if self.counts is not None else -1
        starts, rows = row_entries(
            pool.offsets, pool.members, self.cuts.starts, self.cuts.ids, len(self.cuts),
            count_row, self._cut_row,
        )  # fmt: skip
        if len(self.wide) or len(self.needs):
            cut = rows >= self._cut_row
            rows[cut] = self._cut_at[rows[cut] - self._cut_row]
        self._columns(pool.costs, starts, rows, pool.spends, pool)
        self._grown = self.solves > 0
        self._pools.append(pool)

    def knows(self, group: tuple[int, ...]) -> bool:
        """Tell whether the LP holds a group."""
        pool = self.pool
        if self._told < len(pool):  # many an LP is never asked
            self._known.update(pool.group(g) for g in range(self._told, len(pool)))
            self._told = len(pool)
        return group in self._known

    def cut(self, cuts: Sequence[Cut]) -> None:
        """Add cuts."""
        if not cuts:
            return
        fresh = Cuts(self.n, cuts)
        pool = self.pool
        starts, rows = row_entries(
            pool.offsets, pool.members, fresh.starts, fresh.ids, len(fresh), -1, self.n
        )
        columns = np.repeat(np.arange(len(pool)), np.diff(np.append(starts, len(rows))))
        inside = rows >= self.n
        at = self._limit(
            (rows[inside] - self.n, columns[inside] + self._lead, np.ones(inside.sum())),
            np.full(len(fresh), -INFINITE),
            np.ones(len(fresh)),
        )
        self._cut_at = np.append(self._cut_at, at)
        self.cuts = Cuts(self.n, (*self.cuts.all, *cuts))

    def widen(self, cuts: Sequence[Wide]) -> None:
        """Add wide cuts."""
        if not cuts:
            return
        fresh = WideCuts(self.n, cuts)
        groups, rows, values = fresh.entries(self.pool)
        entries = rows, groups + self._lead, values.astype(float)
        at = self._limit(entries, np.full(len(fresh), -INFINITE), fresh.most)
        self._wide_at = np.append(self._wide_at, at)
        self.wide = WideCuts(self.n, (*self.wide.all, *cuts))

    def need(self, cuts: Sequence[Capacity]) -> None:
        """Add capacity cuts."""
        if not cuts:
            return
        fresh = CapacityCuts(self.n, cuts)
        groups, rows, ones = fresh.entries(self.pool)
        slack = ((self.n,), (1.0,))  # the column that stands for a network too few
        free = [
            (row, column, value)
            for row, cut in enumerate(cuts)
            for column, value in zip(*(cut[::2] if cut.relief else slack), strict=True)
        ]
        out_rows, out, relief = (np.array(part) for part in zip(*free, strict=True))
        columns = np.concatenate([out, groups + self._lead])
        values = np.concatenate([relief, ones.astype(float)])
        entries = np.concatenate([out_rows, rows]).astype(np.int64), columns, values
        at = self._limit(entries, fresh.need, np.full(len(fresh), INFINITE))
        self._need_at = np.append(self._need_at, at)
        self.needs = CapacityCuts(self.n, (*self.needs.all, *cuts))

    def _limit(
        self,
        entries: tuple[NDArray[np.integer], NDArray[np.integer], Floats],
        low: Floats,
        high: Floats,
    ) -> NDArray[np.int64]:
        """Add rows with entries (row, column, value), row by row in their order; return places."""
        rows, columns, values = entries
        m, order = len(low), np.argsort(rows, kind="stable")
        begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=m))[:-1]])
        at = self._lp.getNumRow() + np.arange(m)
        self._lp.addRows(
            m, low, high, len(order), begins.astype(np.int32), columns[order].astype(np.int32),
            values[order],
        )  # fmt: skip
        return at

    def open(self, columns: NDArray[np.integer], usable: NDArray[np.bool_]) -> None:
        """Allow or forbid groups, by their place in `pool`."""
        m = len(columns)
        upper = np.where(usable, INFINITE, 0.0)
        self._lp.changeColsBounds(m, (columns + self._lead).astype(np.int32), np.zeros(m), upper)

    def fix(self, columns: NDArray[np.integer]) -> None:
        """Take groups for good, by their place in `pool`."""
        m = len(columns)
        ones = np.ones(m)
        self._lp.changeColsBounds(m, (columns + self._lead).astype(np.int32), ones, ones)

    def reprice(self, change: Floats) -> None:
        """Change the cost of every group in the LP by so much."""
        pool = self.pool
        if not len(pool):
            return
        costs = pool.costs + change
        self._pools = [Pool(pool.offsets, pool.members, costs, pool.hubs, pool.spends)]
        places = np.arange(self._lead, self._lead + len(pool), dtype=np.int32)
        self._lp.changeColsCost(len(pool), places, costs / self.scale)

    def penalise(self, penalties: Floats) -> None:
        """Change the cost of leaving practices out."""
        self.penalties = penalties
        places = np.arange(self.n, dtype=np.int32)
        self._lp.changeColsCost(self.n, places, penalties / self.scale)

    def must_place(self, must: NDArray[np.bool_]) -> None:
        """Make leaving these practices out dearer than any plan, and only these."""
        n = self.n
        costs = np.where(must, self._forbidden, self.penalties / self.scale)
        self._lp.changeColsCost(n, np.arange(n, dtype=np.int32), costs)

    def solve(self, clock: Clock) -> Prices:
        """Solve the LP and return its prices; `shares` then holds the value of every group.

        Raises
        ------
        OutOfTimeError
            When the time limit ends first.
        SolverError
            When HiGHS gives no optimum.
        """
        clock.check()
        if clock.limit is not None:
            limit = self._lp.getRunTime() + max(0.01, clock.left)
            self._lp.setOptionValue("time_limit", limit)
        # New groups leave the last answer one of the LP, new rows and bounds leave its prices so.
        self._lp.setOptionValue("simplex_strategy", PRIMAL if self._grown else DUAL)
        self._lp.run()
        self.solves += 1
        self._grown = False
        ends = highspy.HighsModelStatus
        status = self._lp.getModelStatus()
        if status not in (ends.kOptimal, ends.kTimeLimit):
            status = self._again()
        if status == ends.kTimeLimit:
            raise OutOfTimeError
        if status != ends.kOptimal:
            clock.check()  # what is broken off may end as anything
            raise SolverError(
                f"the LP ended as {self._lp.modelStatusToString(status)}, which it cannot be."
            )
        solution = self._lp.getSolution()
        values = np.array(solution.col_value)
        duals = np.array(solution.row_dual) * self.scale
        self.left_out = values[: self.n]
        self.shares = values[self._lead :]
        self.value = self._lp.getInfo().objective_function_value * self.scale
        prices = np.maximum(0.0, -duals[self._budget_row : self._cut_row])
        wide = np.maximum(0.0, -duals[self._wide_at])
        needs = np.maximum(0.0, duals[self._need_at])
        return Prices(
            practices=duals[: self.n].copy(),
            fee=0.0 if self.counts is None else float(duals[self.n]),
            cuts=np.maximum(0.0, -duals[self._cut_at]),
            value=self.value,
            budgets=prices,
            spent=float(prices @ self.budgets + wide @ self.wide.most - needs @ self.needs.need),
            wide=wide,
            needs=needs,
            relief=self.needs.relieved(needs),
        )

    def trials(self, shut: Sequence[NDArray[np.integer]], steps: int) -> list[float]:
        """Estimate what it costs to forbid groups, for several sets of them, from a few steps each.

        The LP must just have been solved, and is left as it was.
        """
        basis, gains = self._lp.getBasis(), []
        self._lp.setOptionValue("simplex_strategy", DUAL)
        self._lp.setOptionValue("simplex_iteration_limit", steps)
        for columns in shut:
            self.open(columns, np.zeros(len(columns), bool))
            self._lp.run()
            value = self._lp.getInfo().objective_function_value * self.scale
            infeasible = self._lp.getModelStatus() == highspy.HighsModelStatus.kInfeasible
            gains.append(np.inf if infeasible else value - self.value)
            self.open(columns, np.ones(len(columns), bool))
            self._lp.setBasis(basis)
        self._lp.setOptionValue("simplex_iteration_limit", 2**31 - 1)
        return gains

    def basis(self) -> highspy.HighsBasis:
        """Return where the LP stands, to go on from there later."""
        return self._lp.getBasis()

    def go_on(self, basis: highspy.HighsBasis) -> None:
        """Go on from where the LP stood, with the groups and cuts that have come since."""
        status, whole = highspy.HighsBasisStatus, highspy.HighsBasis()
        columns, rows = basis.col_status, basis.row_status
        whole.col_status = columns + [status.kLower] * (self._lp.getNumCol() - len(columns))
        whole.row_status = rows + [status.kBasic] * (self._lp.getNumRow() - len(rows))
        whole.valid = True
        self._lp.setBasis(whole)

    def _again(self) -> highspy.HighsModelStatus:
        """Solve from scratch, more and more patiently: the last basis led nowhere."""
        status = self._lp.getModelStatus()
        changes: tuple[dict[str, bool | int | float | str], ...] = (
            {"simplex_strategy": DUAL},
            {"simplex_strategy": PRIMAL},
            {"presolve": "on"},
            {"solver": "ipm"},
        )
        for change in changes:
            for option, value in change.items():
                self._lp.setOptionValue(option, value)
            self._lp.clearSolver()
            self._lp.run()
            status = self._lp.getModelStatus()
            for option in change:
                self._lp.setOptionValue(option, USUAL[option])
            if status == highspy.HighsModelStatus.kOptimal:
                break
        return status

    def reduced(self, pool: Pool, prices: Prices) -> Floats:
        """Reduced cost of every group of a stock at these prices."""
        cuts, cut_prices = self.cuts.priced(prices.cuts)
        reduced = reduced_costs(
            pool.offsets, pool.members, pool.costs, prices.practices, prices.fee,
            cuts.starts, cuts.ids, cut_prices,
        )  # fmt: skip
        if len(prices.wide):
            reduced += self.wide.paid(pool, prices.wide)
        if len(prices.needs):
            reduced -= self.needs.given(pool, prices.needs)
        if len(self.budgets) and len(pool):  # a stock of no groups does not know of budgets
            reduced += pool.spends @ prices.budgets
        return reduced
