"""The planner's demands one by one, and a smallest set of them that cannot hold together.

The question to the optimiser is always the same: with these demands and no others, must more
patients be left out than with none? More demands never place more people, so taking one demand
after the other away, and keeping away those without which the answer stays yes, leaves a set that
is irreducible: any one less, and as many are placed as with none.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx

from pcngeo.objectives import DEFAULT
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.ground import survey
from pcngeo.optimise.keeping import setting_words
from pcngeo.optimise.planning import make_plan
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.whynot.answer import Conflict
from pcngeo.plan import Plan, Status
from pcngeo.rules import Choice
from pcngeo.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pcngeo.rules import Rules

__all__ = ["Asked", "Oracle", "asked", "blame", "breaks", "only"]

#: Tables of the rules whose rows are demands on single practices.
ROWS = ("together", "apart", "vetoes", "locked", "locked_practices", "hubs")
#: Settings that are demands on every network, in the order in which they are named.
SETTINGS = ("sites", "alone", "max_practices", "max_span_m", "max_authorities", "headroom",
            "closures", "balance",
            "networks")  # fmt: skip
#: Conflicts that are looked for at most.
MOST_CONFLICTS = 3


@dataclass(frozen=True)
class Asked:
    """One demand: a row of a table, or a setting.

    Parameters
    ----------
    field
        Name in `Rules`.
    row
        The row; ``None`` for a setting.
    words
        The demand in words.
    """

    field: str
    row: Any
    words: str

    @property
    def practices(self) -> tuple[str, ...]:
        """Practices that it names."""
        return () if self.row is None else _of(self.row)


def asked(rules: Rules, graph: nx.Graph[str]) -> tuple[Asked, ...]:
    """List the demands that the rules make on the networks of a graph.

    Parameters
    ----------
    rules
        The rules.
    graph
        Rows that name none of its practices concern another area.

    Returns
    -------
    tuple of Asked
        Rows first, then settings, the number of networks last.
    """
    rows = [
        Asked(field, row, _row(row))
        for field in ROWS
        for row in getattr(rules, field)
        if any(p in graph for p in _of(row))
    ]
    return (*rows, *(Asked(f, None, w) for f in SETTINGS if (w := _setting(rules, f))))


def _of(row: Any) -> tuple[str, ...]:
    return (row.practice,) if isinstance(row, Choice) else tuple(row.practices)


def _row(row: Any) -> str:
    return f"to make {row.practice} a hub" if isinstance(row, Choice) else f"to keep {row.words()}"


def _setting(rules: Rules, field: str) -> str:
    """Say what a setting demands; nothing where it demands nothing."""
    if field == "networks":
        return _number(rules.networks)
    return setting_words(rules).get(field, "")


def _number(wanted: object) -> str:
    if isinstance(wanted, tuple) and wanted[0] != wanted[1]:
        return f"to make {wanted[0]} to {wanted[1]} networks"
    count = wanted[0] if isinstance(wanted, tuple) else wanted
    if isinstance(count, int):
        return f"to make {count} network{'' if count == 1 else 's'}"
    return ""


def only(rules: Rules, kept: Sequence[Asked]) -> Rules:
    """Return the rules with these demands and no others."""
    changes: dict[str, Any] = {
        field: tuple(a.row for a in kept if a.field == field) for field in ROWS
    }
    here = {a.field for a in kept}
    off = {f.name: f.default for f in dataclasses.fields(rules) if _setting(rules, f.name)}
    changes |= {name: value for name, value in off.items() if name not in here}
    return dataclasses.replace(rules, **changes)


class Oracle:
    """Answers by the optimiser itself how many patients rules leave out, within its limits.

    Parameters
    ----------
    graph
        Whom the rules are for.
    time_limit
        Seconds for all answers together.
    most_solves
        Plans that it makes at most.
    """

    def __init__(self, graph: nx.Graph[str], time_limit: float | None, most_solves: int) -> None:
        self.graph = graph
        self.solves_left = most_solves
        self._until = None if time_limit is None else time.perf_counter() + time_limit
        self._known: dict[str, Plan | None] = {}

    def plan(self, rules: Rules, graph: nx.Graph[str] | None = None) -> Plan | None:
        """Make a plan whose patients left out are proven; ``None`` where limits come first."""
        if graph is not None:
            return self._made(graph, rules)
        key = rules.digest()
        if key not in self._known:
            self._known[key] = self._made(self.graph, rules)
        return self._known[key]

    def _made(self, graph: nx.Graph[str], rules: Rules) -> Plan | None:
        left = None if self._until is None else self._until - time.perf_counter()
        if self.solves_left <= 0 or (left is not None and left <= 0):
            return None
        self.solves_left -= 1
        if not any(nx.get_node_attributes(graph, "local_authority").values()):
            rules = dataclasses.replace(rules, max_authorities=0)  # none is known in this part
        aim = ("outside",) if rules.soft else DEFAULT
        plan = make_plan(graph, dataclasses.replace(rules, objective=aim), 0, left, None)
        proven = plan.status is Status.INFEASIBLE or plan.unplaced_patients == plan.unplaced_bound
        return plan if proven else None

    def left_out(self, rules: Rules) -> int | None:
        """Patients that rules leave out at least; all of them where there is no plan at all."""
        plan = self.plan(rules)
        return None if plan is None else plan.unplaced_patients


def blame(oracle: Oracle, rules: Rules, plan: Plan) -> tuple[Conflict, ...]:
    """Find sets of demands that cannot hold together, each irreducible.

    Parameters
    ----------
    oracle
        Asked what rules leave out.
    rules, plan
        The plan leaves more patients out than it would without the demands, or there are none.

    Returns
    -------
    tuple of Conflict
        No demand is in two of them; empty where the demands are not to blame.
    """
    demands = list(asked(rules, oracle.graph))
    if not demands or plan.unplaced_patients <= _unavoidable(oracle.graph, only(rules, ())):
        return ()
    least = oracle.left_out(only(rules, ()))
    if least is None or plan.unplaced_patients <= least:
        return ()
    found: list[Conflict] = []
    while demands and len(found) < MOST_CONFLICTS:
        if found and _cannot(oracle, rules, demands, least) is not True:
            break
        core, minimal = _irreducible(oracle, rules, demands, least)
        found.append(_conflict(core, minimal))
        demands = [a for a in demands if a not in core]
    return tuple(found)


def _unavoidable(graph: nx.Graph[str], rules: Rules) -> int:
    """Patients that arithmetic and lone practices leave out whatever is demanded."""
    return survey(Problem.build(graph, rules), 0, Clock(None)).least_out


def _cannot(oracle: Oracle, rules: Rules, kept: Sequence[Asked], least: int) -> bool | None:
    """Whether these demands alone leave more out than none do; ``None`` where it is not settled."""
    out = oracle.left_out(only(rules, kept))
    return None if out is None else out > least


def _irreducible(
    oracle: Oracle, rules: Rules, demands: Sequence[Asked], least: int
) -> tuple[list[Asked], bool]:
    core, minimal = list(demands), True
    for demand in demands:
        fewer = [a for a in core if a is not demand]
        verdict = _cannot(oracle, rules, fewer, least) if fewer else False
        if verdict:
            core = fewer
        minimal &= verdict is not None
    return core, minimal


def _conflict(core: Sequence[Asked], minimal: bool) -> Conflict:
    words = tuple(a.words for a in core)
    named = sorted({p for a in core for p in a.practices})
    if len(core) == 1:
        sentence = f"Not everybody who could be placed is, because of the demand {words[0]}."
    else:
        sentence = f"These demands cannot hold together: {listed(words)}."
        if minimal:
            sentence += " Without any one of them, the others can."
    return Conflict(words, tuple(named), minimal, sentence, tuple(a.field for a in core))


def breaks(rules: Rules, group: frozenset[str]) -> bool:
    """Whether a group of practices breaks a demand on single practices."""
    tied = [set(row.practices) for row in rules.together]
    tied += [set(row.practices) for row in rules.locked_practices]
    locks = [set(row.practices) for row in rules.locked]
    if any(group & together and not together <= group for together in (*tied, *locks)):
        return True
    if any(group & lock and group != lock for lock in locks):
        return True
    if rules.max_practices and len(group) > rules.max_practices:
        return True
    return any({row.a, row.b} <= group for row in rules.divided)
