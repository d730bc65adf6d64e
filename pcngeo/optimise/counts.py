"""Which number of networks: what the rules ask for, and what else would leave fewer out.

The demands stand in order: fewest registered patients in no network; then the number of networks
that the rules ask for; then the objective. `settle` does the proving, one number at a time.
"""

from __future__ import annotations

from dataclasses import replace

from pcngeo.optimise.clock import Clock
from pcngeo.optimise.duals import Counts
from pcngeo.optimise.ground import Ground, possible_counts
from pcngeo.optimise.pool import Pool
from pcngeo.optimise.settle import Answer, Tell, begin, settle
from pcngeo.rules import Rules

__all__ = ["asked_counts", "count_words", "decide"]


def asked_counts(rules: Rules) -> Counts | None:
    """Return the lowest and highest number of networks that the rules demand, or ``None``.

    Examples
    --------
    >>> asked_counts(Rules(networks=7)), asked_counts(Rules(networks=(5, 9)))
    ((7, 7), (5, 9))
    >>> asked_counts(Rules(networks="free")) is asked_counts(Rules()) is None
    True
    """
    wanted = rules.networks
    if isinstance(wanted, str):
        return None
    return (wanted, wanted) if isinstance(wanted, int) else (wanted[0], wanted[1])


def decide(
    ground: Ground, rules: Rules, answer: Answer, clock: Clock, tell: Tell = lambda p, a: None
) -> None:
    """Find the plan that the rules ask for; what is found is kept in `answer` at every moment.

    Parameters
    ----------
    ground
        What is known about the problem.
    rules
        `Rules.networks` is what counts here.
    answer
        Filled.
    clock
        Time limit.
    tell
        Told the phase and the answer as it gets better.

    Raises
    ------
    OutOfTimeError, WorkLimitError
        When a limit ended the search.
    """
    low, high = possible_counts(ground)
    wanted = rules.networks
    if ground.problem.n == 0 and not isinstance(wanted, int | tuple):
        answer.plan, answer.objective, answer.bound = Pool.empty(), 0.0, 0.0
        answer.settled = True
        return
    if wanted == "target":
        _nearest_count(ground, rules.target_list, high, answer, clock, tell)
        return
    asked = asked_counts(rules)
    if asked is not None and asked[0] > high:
        answer.impossible = answer.settled = True
        answer.left_out = answer.left_out_bound = ground.problem.patients
        answer.notes.append(_too_many(ground, asked, low, high))
        return
    begin(ground, answer, asked, clock)
    settle(ground, asked, answer, clock, tell)
    if asked is not None and answer.impossible:
        answer.notes.append(_cannot_be_made(ground, asked))
    elif asked is not None and answer.left_out_bound > ground.least_out:
        answer.notes.append(_not_this_many(ground, asked, low, high))


def _nearest_count(
    ground: Ground, target: int, high: int, answer: Answer, clock: Clock, tell: Tell
) -> None:
    """Settle the number nearest to patients / target among those with the fewest left out."""
    patients = ground.problem.patients

    def away(k: int) -> int:
        return abs(k * target - patients)

    order = sorted(range(high + 1), key=lambda k: (away(k), k))
    here, proven = order[0], ground.least_out
    _begin_near(ground, answer, here, clock)
    first = replace(answer)
    try:
        settle(ground, (here, here), answer, clock, tell)
        settled, answer.settled = answer.settled, False
        least = ground.least_out
        if answer.left_out > least:  # is it this number's fault?
            free = Answer()
            try:
                settle(ground, None, free, clock, lambda phase, _: tell(phase, answer))
            finally:
                proven = max(proven, free.left_out_bound)
            settled &= free.settled
            least = free.left_out
        for k in order[1:]:
            if answer.left_out <= least and away(k) > away(here):
                break
            if ground.least_out_by(k) > least:
                continue
            other = Answer()
            settle(ground, (k, k), other, clock, lambda phase, _: tell(phase, answer))
            settled &= other.settled
            if (other.left_out, other.objective) < (answer.left_out, answer.objective):
                if other.left_out < answer.left_out:
                    other.notes = [_another_number(answer, order[0], k), *other.notes]
                answer.take(other)
                answer.settled = False
                here = k
        answer.settled = settled
    finally:
        if not answer.settled:  # what one number leaves out, another one may place
            known = min(answer.left_out_bound, proven)
            if first.plan is not None and first.left_out < answer.left_out:
                answer.take(replace(first, facts=answer.facts))
                known = min(answer.left_out, proven)
            answer.left_out_bound = known


def _begin_near(ground: Ground, answer: Answer, count: int, clock: Clock) -> None:
    """Put a first plan into an answer: of the number that is wished for, or another one.

    The one that leaves fewest out: it is what is returned if the time runs out.
    """
    begin(ground, answer, (count, count), clock)
    if answer.plan is not None and answer.left_out <= ground.least_out:
        return
    other = Answer(left_out=ground.problem.patients)
    begin(ground, other, None, clock)
    if other.plan is not None and (answer.plan is None or other.left_out < answer.left_out):
        answer.plan, answer.left_out, answer.objective = (
            other.plan, other.left_out, other.objective,
        )  # fmt: skip


def _another_number(answer: Answer, wished: int, found: int) -> str:
    leaves = f"would leave at least {answer.left_out:,} patients in no network"
    if answer.left_out_bound < answer.left_out:
        leaves = f"leaves {answer.left_out:,} patients in no network in the best plan found for it"
    if answer.impossible:
        leaves = "cannot be made of these practices"
    return (
        f"{count_words(wished)} would be nearest to the target size, but {leaves}; "
        f"{count_words(found)} is the nearest number that leaves the fewest out."
    )


def count_words(wanted: int | tuple[int, int] | str) -> str:
    """Say how many networks are asked for.

    Examples
    --------
    >>> count_words(1), count_words((5, 9))
    ('1 network', '5 to 9 networks')
    """
    if isinstance(wanted, tuple):
        low, high = wanted
        return count_words(low) if low == high else f"{low} to {high} networks"
    return "1 network" if wanted == 1 else f"{wanted} networks"


def _too_many(ground: Ground, asked: Counts, low: int, high: int) -> str:
    land, problem = ground.problem.land, ground.problem
    placeable = problem.patients - ground.unplaceable
    return (
        f"{count_words(asked[0])} cannot be made of {placeable:,} patients: each needs at least "
        f"{land.floor:,}, so that {count_words(high)} is the most."
    )


def _cannot_be_made(ground: Ground, asked: Counts) -> str:
    land = ground.problem.land
    number = str(asked[0]) if asked[0] == asked[1] else f"{asked[0]} to {asked[1]}"
    return (
        f"No {number} connected groups of {land.floor:,} to {land.ceiling:,} patients fit side by "
        "side here, not even with practices left out (proven): ask for fewer."
    )


def _not_this_many(ground: Ground, asked: Counts, low: int, high: int) -> str:
    range_ = str(low) if low == high else f"{low} to {high}"
    return (
        f"With {count_words(asked)} not everybody can be placed; by list sizes alone, "
        f"{range_} could hold {ground.problem.patients - ground.unplaceable:,} patients."
    )
