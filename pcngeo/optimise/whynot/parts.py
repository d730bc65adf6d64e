"""Reasons by arithmetic, part by part of the area: sums that everybody can check."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import networkx as nx

from pcngeo.errors import examples
from pcngeo.optimise.clock import Clock
from pcngeo.optimise.ground import Ground, possible_counts, survey
from pcngeo.optimise.keeping import demands_of
from pcngeo.optimise.problem import Problem
from pcngeo.optimise.whynot.answer import Conflict, Reason
from pcngeo.plan import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = ["named", "number_fails", "reasons_of", "size_of"]


def size_of(graph: nx.Graph[str], practices: Sequence[str]) -> int:
    """Add up the registered patients of practices."""
    return sum(int(graph.nodes[p]["list_size"]) for p in practices)


def named(graph: nx.Graph[str], practices: Sequence[str]) -> str:
    """Name practices with their list sizes, a few of them where there are many.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_node("P1", list_size=4_900)
    >>> named(graph, ["P1"])
    'P1 (4,900)'
    """
    return examples(f"{p} ({graph.nodes[p]['list_size']:,})" for p in practices)


def reasons_of(
    graph: nx.Graph[str], rules: Rules, plan: Plan, conflicts: Sequence[Conflict]
) -> tuple[Reason, ...]:
    """Give every reason that sums alone can give, then what is left.

    Parameters
    ----------
    graph, rules, plan
        As in `pcngeo.optimise.whynot.why_not`.
    conflicts
        Demands that are to blame.

    Returns
    -------
    tuple of Reason
        Never empty where somebody is left out.
    """
    problem = Problem.build(graph, rules)
    ground = survey(problem, 0, Clock(None))
    found = [*_tied(graph, rules), *_locks(rules, graph)]
    found += _counted(graph, ground, rules, plan, conflicts)
    explained = {p for r in found for p in r.practices}
    for members in _parts(problem):
        found += _part(graph, rules, problem, ground, members, explained & set(members), plan)
    explained = {p for r in found for p in r.practices}
    rest = [p for p in plan.unplaced if p not in explained]
    whole = any(r.kind in ("tight_total", "too_few_networks", "too_many_networks") for r in found)
    if plan.unplaced_patients > plan.unplaced_bound:
        found.append(_open(graph, plan))
    elif rest and not whole and not (conflicts and plan.status is Status.INFEASIBLE):
        found.append(_rest(graph, rest, conflicts))
    return tuple(found)


def number_fails(graph: nx.Graph[str], rules: Rules, plan: Plan) -> tuple[str, ...]:
    """Say why a single number of networks leaves people out whom another number places.

    Parameters
    ----------
    graph, rules, plan
        The plan was made for that number, which is `rules.networks`, and leaves more out than
        another number does, or there is none.

    Returns
    -------
    tuple of str
        Sentences; never empty, and nothing that is not proven is said to be.
    """
    wanted = rules.networks
    assert isinstance(wanted, int)
    if plan.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        if plan.objective is None:
            return (
                f"No plan of {_many(wanted)} was found in the time given; it is not proven that "
                "there is none.",
            )
        return (_open(graph, plan).sentence,)
    ground = survey(Problem.build(graph, rules), 0, Clock(None))
    low, high = possible_counts(ground)
    total = ground.problem.patients - ground.unplaceable
    if low <= wanted <= high:
        return (_tight(graph, ground, plan, wanted, total).sentence,)
    counted = _counted(graph, ground, rules, plan, ())
    return tuple(reason.sentence for reason in counted)


def _parts(problem: Problem) -> Iterator[list[str]]:
    parts = defaultdict(list)
    for i, part in enumerate(problem.components):
        parts[int(part)].append(problem.labels[i])
    yield from parts.values()


def _tied(graph: nx.Graph[str], rules: Rules) -> Iterator[Reason]:
    """Find practices tied together beyond the ceiling, or both together and apart."""
    ties: nx.Graph[str] = nx.Graph()
    for practices in (
        *(row.practices for row in rules.together),
        *(row.practices for row in rules.locked),
        *(row.practices for row in rules.locked_practices),
    ):
        nx.add_path(ties, [p for p in practices if p in graph])
    for part in nx.connected_components(ties):
        members = sorted(part)
        total = size_of(graph, members)
        if total > rules.max_list:
            yield Reason(
                "together_over_ceiling", tuple(members), total,
                f"{named(graph, members)} must be together and have {total:,} patients, "
                f"{total - rules.max_list:,} above the ceiling of {rules.max_list:,}.",
            )  # fmt: skip
        for row in rules.divided:
            if {row.a, row.b} <= part:
                yield Reason(
                    "together_and_apart", (row.a, row.b), size_of(graph, [row.a, row.b]),
                    f"{row.a} and {row.b} must be kept apart, but other demands tie them together.",
                )  # fmt: skip


def _locks(rules: Rules, graph: nx.Graph[str]) -> Iterator[Reason]:
    for i, one in enumerate(rules.locked):
        for other in rules.locked[i + 1 :]:
            both = sorted(set(one.practices) & set(other.practices) & set(graph))
            if both and set(one.practices) != set(other.practices):
                verb = "is" if len(both) == 1 else "are"
                yield Reason(
                    "locks_overlap", tuple(both), size_of(graph, both),
                    f"{named(graph, both)} {verb} in two locked networks.",
                )  # fmt: skip


def _counted(
    graph: nx.Graph[str], ground: Ground, rules: Rules, plan: Plan, conflicts: Sequence[Conflict]
) -> Iterator[Reason]:
    """Say what the number of networks asked for does, by the sums and by the proof."""
    wanted = rules.networks
    if isinstance(wanted, str):
        return
    first, last = (wanted, wanted) if isinstance(wanted, int) else wanted
    low, high = possible_counts(ground)
    total = ground.problem.patients - ground.unplaceable
    can = f"{low} to {high} can" if low < high else f"{low} can"
    if first > high:
        yield Reason(
            "too_many_networks", (), total,
            f"{_many(first)} of at least {ground.problem.land.floor:,} cannot be made of "
            f"{total:,} patients: by the sums, {can}.",
        )  # fmt: skip
    elif last < low:
        hold = last * ground.problem.land.ceiling
        yield Reason(
            "too_few_networks", plan.unplaced, total,
            f"{_many(last)} of at most {ground.problem.land.ceiling:,} cannot hold {total:,} "
            f"patients: at least {max(0, total - hold):,} stay out; by the sums, {can} hold all.",
        )  # fmt: skip
    elif first == last and any("networks" in c.fields for c in conflicts):
        yield _tight(graph, ground, plan, first, total)


def _tight(graph: nx.Graph[str], ground: Ground, plan: Plan, count: int, total: int) -> Reason:
    mean = total / count
    land = ground.problem.land
    near = land.ceiling - mean if land.ceiling - mean < mean - land.floor else mean - land.floor
    end = "ceiling" if land.ceiling - mean == near else "floor"
    said = (
        f"{_many(count)} would have {mean:,.0f} patients each on average, {near:,.0f} from the "
        f"{end}, which leaves too little room"
    )
    if plan.status is Status.INFEASIBLE:
        text = f"{said}: no plan makes that many, not even with practices left out (proven)."
        return Reason("tight_total", (), total, text)
    out = named(graph, plan.unplaced)
    proof = " (proven)" if plan.unplaced_patients == plan.unplaced_bound else ""
    return Reason(
        "tight_total", plan.unplaced, total,
        f"{said}: with the fewest patients out, {out} would stay out, {plan.unplaced_patients:,} "
        f"patients{proof}.",
    )  # fmt: skip


def _many(count: int) -> str:
    return "1 network" if count == 1 else f"{count} networks"


def _part(
    graph: nx.Graph[str],
    rules: Rules,
    problem: Problem,
    ground: Ground,
    members: list[str],
    explained: set[str],
    plan: Plan,
) -> Iterator[Reason]:
    """Say of one part of the area why some of it is left out."""
    left = [p for p in members if p in set(plan.unplaced) and p not in explained]
    if not left:
        return
    total = size_of(graph, members)
    land = problem.land
    if total < land.floor:
        yield _small(graph, members, total, land.floor)
        return
    most = total // land.floor
    if most * land.ceiling < total:
        over = total - most * land.ceiling
        yield Reason(
            "no_count_divides", tuple(members), total,
            f"{_whom(graph, members)} {total:,} patients: {_many(most)} hold{'s' * (most == 1)} at "
            f"most {most * land.ceiling:,}, and {_many(most + 1)} would need at least "
            f"{(most + 1) * land.floor:,}. At least {over:,} patients stay out.",
        )  # fmt: skip
        return
    for practice in left:
        if not ground.placeable[problem.labels.index(practice)] and not _named_in(rules, practice):
            yield Reason(
                "no_group", (practice,), size_of(graph, [practice]),
                f"No connected group with {named(graph, [practice])} has {land.floor:,} to "
                f"{land.ceiling:,} patients; it touches {named(graph, sorted(graph[practice]))}.",
            )  # fmt: skip


def _named_in(rules: Rules, practice: str) -> bool:
    """Whether a demand names the practice: then the demand may be to blame, and not the map."""
    return any(practice in row.practices for row in demands_of(rules))


def _small(graph: nx.Graph[str], members: list[str], total: int, floor: int) -> Reason:
    around = sorted({q for p in members for q in graph[p]} - set(members))
    if around:
        it = "it touches only" if len(members) == 1 else "they touch only"
        verb = "stands" if len(around) == 1 else "stand"
        return Reason(
            "neighbours_spoken_for", tuple(members), total,
            f"No network can contain {named(graph, members)}: {it} {named(graph, around)}, which "
            f"{verb} alone above the ceiling.",
        )  # fmt: skip
    if len(members) == 1:
        return Reason(
            "isolated", tuple(members), total,
            f"{named(graph, members)} touches no other practice and has {floor - total:,} patients "
            "fewer than one network needs.",
        )  # fmt: skip
    return Reason(
        "part_below_floor", tuple(members), total,
        f"{_whom(graph, members)} {total:,} patients, {floor - total:,} fewer than one network "
        "needs.",
    )  # fmt: skip


def _whom(graph: nx.Graph[str], members: list[str]) -> str:
    return f"The {len(members)} practices {named(graph, members)} touch nobody else and have"


def _rest(graph: nx.Graph[str], rest: list[str], conflicts: Sequence[Conflict]) -> Reason:
    total = size_of(graph, rest)
    if conflicts:
        return Reason(
            "demands_conflict", tuple(rest), total,
            f"{named(graph, rest)} could be grouped, {total:,} patients, but not under all the "
            "demands made.",
        )  # fmt: skip
    verb = "each could be grouped, but not all" if len(rest) > 1 else "could be grouped, but not"
    return Reason(
        "no_room", tuple(rest), total,
        f"{named(graph, rest)} {verb} without leaving at least as many patients out elsewhere "
        "(proven).",
    )  # fmt: skip


def _open(graph: nx.Graph[str], plan: Plan) -> Reason:
    return Reason(
        "not_proven", plan.unplaced, plan.unplaced_patients,
        f"It is not proven that {named(graph, plan.unplaced)} must stay out: at least "
        f"{plan.unplaced_bound:,} of these {plan.unplaced_patients:,} patients must.",
    )  # fmt: skip
