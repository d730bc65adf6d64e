"""The sentences at the top of the page: every network and every person registered is in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pcngeo.plan import Plan
from pcngeo.review.words import counted, listed, number_word, persons
from pcngeo.rules import Rules
from pcngeo.words import are

if TYPE_CHECKING:
    from pcngeo.review.facts import NetworkRow, PracticeRow

__all__ = ["summary_sentences", "unplaced_groups"]

Sentence = tuple[str, str]


def summary_sentences(
    plan: Plan,
    networks: Sequence[NetworkRow],
    rows: Sequence[PracticeRow],
    area: str,
    rules: Rules,
    *,
    existing: bool,
) -> tuple[Sentence, ...]:
    """Write the sentences at the top.

    Parameters
    ----------
    plan
        The plan.
    networks, rows
        Its networks, and every practice of the area.
    area
        Name of the commissioning area.
    rules
        The size window.
    existing
        Whether these are networks of today and no proposal.

    Returns
    -------
    tuple
        Each sentence with its kind: plain, strong or link. The people that they name add up to the
        published total.
    """
    if not networks:
        reasons = ((sentence, "plain") for sentence in plan.explanation)
        return (("No network is proposed.", "strong"), *reasons, *_unplaced(rows))
    sentences = [
        (_opening(existing, networks, rows, area), "plain"),
        (_sizes(networks, rules), "strong"),
    ]
    split = [n.id for n in networks if not n.connected]
    if split:
        sentences.append((f"{_named(split)} not one connected area.", "strong"))
    single = [n.id for n in networks if len(n.members) == 1]
    if single:
        words = "one practice alone, which needs the commissioner\u2019s agreement."
        sentences.append((f"{_named(single)} {words}", "strong"))
    leaving = sum(p.leaves for p in rows)
    if leaving:
        words = f"{counted(leaving, 'practice', capital=True)} would leave today\u2019s network."
        sentences.append((words, "plain"))
    return (*sentences, *_unplaced(rows))


def _opening(
    given: bool, networks: Sequence[NetworkRow], rows: Sequence[PracticeRow], area: str
) -> str:
    placed = sum(p.placed for p in rows)
    verb = are(len(networks)) + (" shown" if given else " proposed")
    where = f" of {area}" if area else ""
    count = f"the {placed} practices" if placed > 1 else "the one practice"
    people = sum(n.people for n in networks)
    opening = f"{counted(len(networks), 'network', capital=True)} {verb} for {count}{where}"
    return f"{opening}, with {persons(people, ' registered')}."


def _sizes(networks: Sequence[NetworkRow], rules: Rules) -> str:
    window = f"{rules.min_list:,} to {rules.max_list:,} people registered"
    odd = [n for n in networks if n.size.level]
    whole = all(n.connected for n in networks)
    if not odd:
        joined = " and is one connected area" if whole else ""
        each = "Every network has" if len(networks) > 1 else "It has"
        return f"{each} {window}{joined}."
    parts = []
    for level, words in (
        ("agree", f"over {rules.max_list:,}"),
        ("breaks", f"under {rules.min_list:,}"),
    ):
        ids = [n.id for n in odd if n.size.level == level]
        if ids:
            parts.append(f"{_named(ids)} {words}.")
    rest = len(networks) - len(odd)
    if rest:
        other = "The other one has" if rest == 1 else f"The other {number_word(rest)} have"
        parts.append(f"{other} {window}.")
    return " ".join(parts)


def _named(ids: list[str]) -> str:
    if len(ids) > 8:
        return f"{number_word(len(ids), capital=True)} networks are"
    return f"Network {ids[0]} is" if len(ids) == 1 else f"Networks {listed(ids)} are"


#: Why practices are in no network: their statuses, and what is said of one and of several.
_GROUPS = (
    (("orphan", "proposed"), "list", "has no network yet", "have no network yet"),
    (("covered",), "practice", "declines to join", "decline to join"),
    (("special",), "special service", "is not placed", "are not placed"),
    (("excluded",), "list", "is left out", "are left out"),
)
_STILL = ("its patients must still be covered", "their patients must still be covered")


def unplaced_groups(rows: Sequence[PracticeRow]) -> list[str]:
    """Say who is in no network and why, with their people: every practice not placed is in one.

    Parameters
    ----------
    rows
        Every practice of the area.

    Returns
    -------
    list of str
        Sentences without their full stop.
    """
    sentences = []
    for statuses, noun, one, many in _GROUPS:
        group = [p for p in rows if p.status in statuses]
        if not group:
            continue
        people = sum(p.people for p in group)
        words = f"{counted(len(group), noun, capital=True)} ({persons(people)})"
        still = f"; {_STILL[len(group) > 1]}" if statuses == ("covered",) else ""
        sentences.append(f"{words} {one if len(group) == 1 else many}{still}")
    return sentences


def _unplaced(rows: Sequence[PracticeRow]) -> list[Sentence]:
    return [(f"{words}.", "link") for words in unplaced_groups(rows)]
