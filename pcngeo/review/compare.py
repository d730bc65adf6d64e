"""The plans of a page beside each other: measures, and the practices that differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pcngeo.review.facts import Facts, PracticeRow
from pcngeo.review.options import Option
from pcngeo.review.words import counted, listed, number_word, persons
from pcngeo.words import are

__all__ = ["Comparison", "compare_options", "differs_words"]


@dataclass(frozen=True)
class Comparison:
    """What the page's section "Compare" shows.

    Parameters
    ----------
    sentences
        One for every other plan: how much differs from the first.
    measures
        Label, and the value of every plan in words.
    moved
        Practices that differ in any plan: the practice, and its network in every plan (``""`` for
        none).
    """

    sentences: tuple[str, ...]
    measures: tuple[tuple[str, tuple[str, ...]], ...]
    moved: tuple[tuple[PracticeRow, tuple[str, ...]], ...]


def compare_options(options: Sequence[Option]) -> Comparison:
    """Compare the plans of a page with the first.

    Parameters
    ----------
    options
        The plans, numbered alike.

    Returns
    -------
    Comparison
    """
    where = [{p.code: p.network if p.placed else "" for p in o.facts.practices} for o in options]
    first = options[0].facts
    moved = []
    for practice in first.practices:
        networks = tuple(at[practice.code] for at in where)
        if len(set(networks)) > 1:
            moved.append((practice, networks))
    sentences = [
        _sentence(options[0].name, option.name, first, where[0], where[k])
        for k, option in enumerate(options)
        if k
    ]
    return Comparison(tuple(sentences), tuple(_measures(options)), tuple(moved))


def differs_words(options: Sequence[Option], k: int) -> str:
    """Say in a few words how far a plan is from the first: what tells "Plan 2" from "Plan 3".

    Parameters
    ----------
    options
        The plans, numbered alike.
    k
        Which one.

    Returns
    -------
    str
        Empty for the first.
    """
    if not k:
        return ""
    people, everyone = _elsewhere(options[0].facts, options[k].facts)
    if not people:
        return f"the same networks as {options[0].name}"
    here, there = ([{p.code for p in n.members} for n in options[i].facts.networks] for i in (0, k))
    other = sum(members not in here for members in there)
    differ = f"{number_word(other)} differ{'s' if other == 1 else ''}, " if other else ""
    return f"{differ}{_percent(people, everyone)} of people in another network"


def _elsewhere(first: Facts, other: Facts) -> tuple[int, int]:
    """People whose network differs, and all people."""
    home = {p.code: p.network if p.placed else "" for p in other.practices}
    rows = first.practices
    moved = sum(p.people for p in rows if home[p.code] != (p.network if p.placed else ""))
    return moved, sum(p.people for p in rows)


def _percent(part: int, whole: int) -> str:
    share = 100 * part / max(whole, 1)
    return "under 1 %" if 0 < share < 1 else f"{share:.0f} %"


def _sentence(
    name: str, other: str, first: Facts, here: dict[str, str], there: dict[str, str]
) -> str:
    rows = [p for p in first.practices if here[p.code] != there[p.code]]
    if not rows:
        return f"{name} and {other}: no practice differs."
    both = [p for p in rows if here[p.code] and there[p.code]]
    parts = [_share(both, "in a different network", len(first.practices))] if both else []
    for mine, at in ((name, there), (other, here)):
        only = [p for p in rows if not at[p.code]]
        if only:
            parts.append(_share(only, f"in a network only under {mine}"))
    return f"{name} and {other}: {listed(parts)}."


def _share(rows: Sequence[PracticeRow], where: str, total: int = 0) -> str:
    verb = are(len(rows))
    people = sum(p.people for p in rows)
    of = f" of {total}" if total else ""
    return f"{counted(len(rows), 'practice')}{of} ({persons(people)}) {verb} {where}"


def _measures(options: Sequence[Option]) -> list[tuple[str, tuple[str, ...]]]:
    facts = [option.facts for option in options]
    rules = facts[0].rules
    known = any(p.today for p in facts[0].practices)

    def row(label: str, value: Callable[[Facts], object]) -> tuple[str, tuple[str, ...]]:
        return label, tuple(str(value(f)) for f in facts)

    return [
        row("Networks", lambda f: len(f.networks)),
        row(
            f"Networks with {rules.min_list:,} to {rules.max_list:,} people",
            lambda f: sum(not n.size.level for n in f.networks),
        ),
        row("Smallest network", lambda f: f"{min((n.people for n in f.networks), default=0):,}"),
        row("Largest network", lambda f: f"{max((n.people for n in f.networks), default=0):,}"),
        row("Not one connected area", lambda f: sum(not n.connected for n in f.networks)),
        row("Networks of one practice", lambda f: sum(len(n.members) == 1 for n in f.networks)),
        row("People in no network", lambda f: f"{f.not_placed_people:,}"),
        row(f"People in another network than in {options[0].name}", _against(facts[0])),
        row("Average distance to the central practice", _distance),
        *([row("Practices that would leave today\u2019s network", _leaving)] if known else []),
        *([row("People registered with them", _leaving_people)] if known else []),
    ]


def _against(first: Facts) -> Callable[[Facts], str]:
    def words(facts: Facts) -> str:
        people, everyone = _elsewhere(first, facts)
        return f"{people:,} ({_percent(people, everyone)})" if people else "0"

    return words


def _leaving(facts: Facts) -> str:
    return f"{sum(p.leaves for p in facts.practices):,}"


def _leaving_people(facts: Facts) -> str:
    return f"{sum(p.people for p in facts.practices if p.leaves):,}"


def _distance(facts: Facts) -> str:
    """Average over everyone placed, in km, or nothing where it was not measured."""
    measured = [n for n in facts.networks if "mean_distance_km" in n.figures]
    people = sum(n.people for n in measured)
    if not people or len(measured) < len(facts.networks):
        return ""
    total = sum(float(n.figures["mean_distance_km"]) * n.people for n in measured)
    return f"{total / people:.2f} km"
