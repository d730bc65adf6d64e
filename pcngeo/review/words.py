"""The page's words: names as people write them, numbers, sizes, flags and sentences.

Two levels of flag are never mixed. *Breaks a rule*: under the floor, not one connected area.
*Needs agreement*: over the ceiling, which a commissioner may accept (R04), or a network of one
practice (R18). Everything else is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pcngeo.names import display_name, name_practices
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.words import listed

__all__ = [
    "Flag",
    "SizeWords",
    "counted",
    "display_area",
    "display_name",
    "distance_words",
    "listed",
    "name_practices",
    "network_flags",
    "number_word",
    "persons",
    "plain_reason",
    "proof_words",
    "size_words",
    "waiver_rows",
    "waiver_words",
]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
           "eleven", "twelve")  # fmt: skip


def display_area(name: str) -> str:
    """Name a commissioning area without the words of its office.

    Examples
    --------
    >>> display_area("NHS Tower Hamlets CCG")
    'Tower Hamlets'
    >>> display_area("NHS North East London ICB - A3A8R")
    'North East London'
    >>> display_area("02P")
    '02P'
    """
    if re.fullmatch(r"[A-Z0-9+]*\d[A-Z0-9+]*", name):
        return name
    text = display_name(name)
    text = re.sub(r"^NHS\s+", "", text)
    office = r"\s+(ICB|Integrated Care Board|CCG|Clinical Commissioning Group)\b.*$"
    return re.sub(office, "", text, flags=re.IGNORECASE).strip()


def number_word(number: int, *, capital: bool = False) -> str:
    """Write a number up to twelve as a word, a larger one in figures.

    Examples
    --------
    >>> number_word(9, capital=True), number_word(34), number_word(0)
    ('Nine', '34', 'no')
    """
    word = NUMBERS[number] if 0 <= number < len(NUMBERS) else f"{number:,}"
    return word[0].upper() + word[1:] if capital else word


def counted(number: int, one: str, many: str = "", *, capital: bool = False) -> str:
    """Count something in words.

    Examples
    --------
    >>> counted(2, "practice"), counted(1, "small list", capital=True)
    ('two practices', 'One small list')
    """
    return f"{number_word(number, capital=capital)} {one if number == 1 else many or one + 's'}"


def persons(number: int, more: str = "") -> str:
    """Count people.

    Examples
    --------
    >>> persons(1), persons(12_000, " registered"), persons(0)
    ('1 person', '12,000 people registered', 'no people')
    """
    count = f"{number:,}" if number else "no"
    return f"{count} {'person' if number == 1 else 'people'}{more}"


def plain_reason(text: str, names: Mapping[str, str]) -> str:
    """Write a recorded reason for the page: names as people write them, no rule numbers.

    Parameters
    ----------
    text
        The reason as recorded; the exports keep it as it is.
    names
        Display name by published name.

    Examples
    --------
    >>> plain_reason("It declines (R15). 1.2 km from its hub, ISLAND HTH CTR.",
    ...              {"ISLAND HTH CTR": "Island Health Centre"})
    'It declines. 1.2 km from its hub, Island Health Centre.'
    >>> plain_reason("1.2 km from its hub, Quay Med.Ctr..", {})
    '1.2 km from its hub, Quay Med.Ctr.'
    """
    text = re.sub(r"\s*\((?:[RQ]\d+[a-z]?)(?:, ?[RQ]\d+[a-z]?)*\)", "", text)
    for published in sorted(names, key=len, reverse=True):
        if published and published in text:
            text = text.replace(published, names[published])
    text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)  # after a name with a full stop of its own
    return display_name(text) if text != text.upper() else text


def distance_words(metres: float) -> str:
    """Say a straight-line distance as people do.

    Examples
    --------
    >>> distance_words(53), distance_words(1840), distance_words(41_234), distance_words(0)
    ('50 m', '1.8 km', '41 km', 'the same place')
    """
    if metres < 5:
        return "the same place"
    if metres < 995:
        return f"{round(metres, -1):.0f} m"
    return f"{metres / 1000:.1f} km" if metres < 9_950 else f"{metres / 1000:.0f} km"


@dataclass(frozen=True)
class SizeWords:
    """A network's size against the window, in words.

    Parameters
    ----------
    words
        "In range", "44 above minimum", "4,822 over", "5,961 under".
    level
        ``""`` in range, ``"agree"`` over the ceiling, ``"breaks"`` under the floor.
    """

    words: str
    level: str


def size_words(people: int, rules: Rules) -> SizeWords:
    """Compare a list size with the window.

    Examples
    --------
    >>> size_words(30_044, Rules()).words, size_words(54_822, Rules())
    ('44 above minimum', SizeWords(words='4,822 over', level='agree'))
    """
    if people > rules.max_list:
        return SizeWords(f"{people - rules.max_list:,} over", "agree")
    if people < rules.min_list:
        return SizeWords(f"{rules.min_list - people:,} under", "breaks")
    spare = people - rules.min_list
    return SizeWords(f"{spare:,} above minimum" if spare < 1_000 else "In range", "")


@dataclass(frozen=True)
class Flag:
    """Something about a network that a reader must be told.

    Parameters
    ----------
    words
        Short, for a table: "4,822 over", "Split", "One practice".
    told
        In full: "4,822 over 50,000".
    level
        ``"agree"`` needs the commissioner's agreement, ``"breaks"`` breaks a rule.
    """

    words: str
    told: str
    level: str


def network_flags(practices: int, people: int, connected: bool, rules: Rules) -> tuple[Flag, ...]:
    """Flag a network: the one rule for the map, the tables, the sentences and the legend.

    It flags the same networks as column `flags` of `pcngeo.evaluate.measure`, and so networks.csv.

    Parameters
    ----------
    practices, people
        Number of its practices, and of the people registered.
    connected
        Whether it is one connected area.
    rules
        The size window.

    Returns
    -------
    tuple of Flag
        What breaks a rule (R02, R11) first, then what needs agreement (R04, R18).

    Examples
    --------
    >>> [flag.told for flag in network_flags(1, 54_822, True, Rules())]
    ['4,822 over 50,000', 'one practice alone']
    """
    size = size_words(people, rules)
    flags = []
    if size.level == "breaks":
        flags.append(Flag(size.words, f"{size.words} {rules.min_list:,}", "breaks"))
    if not connected:
        flags.append(Flag("Split", "not one connected area", "breaks"))
    if size.level == "agree":
        flags.append(Flag(size.words, f"{size.words} {rules.max_list:,}", "agree"))
    if practices == 1:
        flags.append(Flag("One practice", "one practice alone", "agree"))
    return tuple(flags)


#: Tables of the rules that hold waivers for networks, and what each is leave from.
WAIVERS = {
    "rural_waivers": "the floor",
    "over_ceiling": "the ceiling",
    "single_practice": "more than one practice",
    "non_geographic": "one connected area",
}


def waiver_words(members: Sequence[str], rules: Rules) -> tuple[tuple[str, bool], ...]:
    """Say which waivers are recorded for a network, and whether each is granted.

    Parameters
    ----------
    members
        ODS codes of its practices.
    rules
        The planner's choices.

    Returns
    -------
    tuple
        A sentence, and whether somebody approved it.

    Examples
    --------
    >>> from pcngeo.decisions import Waiver
    >>> rules = Rules(rural_waivers=(Waiver("A", "An island", "NHS Saltmere"),))
    >>> waiver_words(["A", "B"], rules)
    (('Waiver from the floor: An island. Approved by NHS Saltmere.', True),)
    """
    return tuple((words, yes) for code, words, yes in waiver_rows(rules) if code in members)


def waiver_rows(rules: Rules) -> list[tuple[str, str, bool]]:
    """List every waiver for networks: the practice that names it, a sentence, whether granted."""
    found = []
    for table, what in WAIVERS.items():
        for waiver in getattr(rules, table):
            by = f"Approved by {waiver.approved_by}" if waiver.granted else "Not approved yet"
            words = f"Waiver from {what}: {waiver.reason.rstrip('.')}. {by}."
            found.append((waiver.practice, words, waiver.granted))
    return found


def proof_words(plan: Plan) -> str:
    """Say how good the plan is known to be, without the language of solvers.

    Parameters
    ----------
    plan
        Any plan.

    Returns
    -------
    str
        One or two sentences.
    """
    count = len(plan.networks)
    such = f"of making {number_word(count)} such network{'s' if count != 1 else ''}"
    if plan.status is Status.OPTIMAL:
        better = "has a shorter total distance"
        if not plan.by_distance:
            better = "does better by what was asked for"
        return f"It proved that no other way {such} {better}."
    if plan.status is Status.GIVEN:
        return "These networks were given or changed by people; the computer did not work them out."
    if plan.status is Status.INFEASIBLE:
        return "It proved that no set of networks meets these rules."
    gap = plan.gap
    found = "It found no better way in the time it had."
    if gap is None:
        return f"{found} It has not proved how much better another way could be."
    percent = max(gap * 100, 0.01)
    better = "shorter in total" if plan.by_distance else "better by what was asked for"
    return f"{found} Another way {such} could be at most {percent:.2g} % {better}."
