"""Which number of networks the rules choose and why, and what each further network changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.plan import Status
from pcngeo.review.words import counted, display_area, listed, number_word

if TYPE_CHECKING:
    from pcngeo.options.sweep import Options

__all__ = [
    "area_title",
    "funding_words",
    "say_choice",
    "say_proof",
    "say_steps",
    "say_unsolved",
    "say_why",
]


#: Steps that are put into words at most.
MOST_STEPS = 8


def area_title(options: Options) -> str:
    """Name the area as people call it."""
    loaded = options.area.intake
    return display_area(loaded.area_name) if loaded.area_name else loaded.area


def networks(count: int) -> str:
    """Count networks in words.

    Examples
    --------
    >>> networks(1), networks(7)
    ('one network', 'seven networks')
    """
    return counted(count, "network")


def say_choice(options: Options) -> list[str]:
    """Say what can be made of the lists, which number the rules choose, and why.

    Parameters
    ----------
    options
        What `pcngeo.options.sweep` returned.

    Returns
    -------
    list of str
        Sentences that can be read aloud.
    """
    rules, table = options.rules, options.table
    made = table[table["objective"].notna()]
    said = [_what_there_is(options)]
    if options.chosen is None:
        found = "No number of networks that was solved has a plan."
        if isinstance(rules.networks, int):
            found = f"The rules ask for {networks(rules.networks)}, which has no plan here."
        return [*said, found]
    row: Any = made.loc[options.chosen]
    each = f"{options.patients / options.chosen:,.0f} registered patients each on average"
    said.append(f"{_reason(options, made)}: {each}.")
    if row["unplaced_patients"]:
        fewest = int(made["unplaced_patients"].min())
        least = "no number leaves fewer out" if row["unplaced_patients"] == fewest else (
            f"the fewest any number leaves out is {fewest:,}")  # fmt: skip
        out = counted(int(row["unplaced_practices"]), "practice")
        said.append(
            f"It leaves {out} with {row['unplaced_patients']:,} registered patients in no network; "
            f"{least}."
        )
    if row["smallest"] is not pd.NA:
        said.append(
            f"Its smallest network would have {row['smallest']:,} registered patients, "
            f"{row['above_floor']:,} above the minimum of {rules.min_list:,}; its largest "
            f"{row['largest']:,}, {row['below_ceiling']:,} below {rules.max_list:,}."
        )
    return said


def _what_there_is(options: Options) -> str:
    rules, table = options.rules, options.table
    complete = sorted(table.index[table["unplaced_patients"].eq(0).fillna(False)])
    what = (
        f"{counted(options.practices, 'practice', capital=True)} with {options.patients:,} "
        f"registered patients can be grouped"
    )
    alone = ""
    if options.alone:
        verb = "stands" if options.alone == 1 else "stand"
        alone = (
            f" {counted(options.alone, 'practice', capital=True)} with more than "
            f"{rules.max_list:,} {verb} alone and {'is' if options.alone == 1 else 'are'} not "
            "counted in the number of networks."
        )
    window = f"networks of {rules.min_list:,} to {rules.max_list:,}"
    if not complete:
        return f"{what}; no number of {window} places every practice.{alone}"
    numbers = [number_word(int(k)) for k in complete]
    if len(complete) > 3 and complete[-1] - complete[0] == len(complete) - 1:
        numbers = [f"{numbers[0]} to {numbers[-1]}"]
    return f"{what}, without leaving anybody out, into {listed(numbers)} {window}.{alone}"


def _reason(options: Options, made: pd.DataFrame) -> str:
    rules, chosen = options.rules, options.chosen or 0
    number = number_word(chosen, capital=True)
    if isinstance(rules.networks, int):
        return f"{number} is the number that the rules ask for"
    if rules.networks != "target":
        return f"{number} has the shortest distances of the numbers that the rules allow"
    wish = round(options.patients / rules.target_list)
    aim = (
        f"{options.patients:,} / {rules.target_list:,} = {options.patients / rules.target_list:.1f}"
    )
    if made.loc[chosen, "unplaced_patients"]:
        return f"{number} is, of the numbers that leave fewest out, nearest to the target ({aim})"
    if wish == chosen or made["unplaced_patients"].eq(0).all():
        return f"{number} is nearest to the target size ({aim})"
    return f"{number} is, of the numbers that place everybody, nearest to the target ({aim})"


def say_steps(options: Options) -> list[str]:
    """Say what each further network changes, number by number.

    Parameters
    ----------
    options
        What `pcngeo.options.sweep` returned.

    Returns
    -------
    list of str
        A sentence for every two numbers in a row that both have a plan; where there are many, for
        those around the chosen one.
    """
    made = [int(k) for k in options.table.index[options.table["objective"].notna()]]
    steps = [a for a in made if a + 1 in made]
    centre = options.chosen if options.chosen is not None else sum(made) / max(1, len(made))
    near = sorted(steps, key=lambda a: (abs(a + 0.5 - centre), a))[:MOST_STEPS]
    return [_step(options, a, a + 1) for a in sorted(near)]


def _step(options: Options, fewer: int, more: int) -> str:
    before: Any = options.table.loc[fewer]
    after: Any = options.table.loc[more]
    parts = []
    if before["unplaced_patients"] != after["unplaced_patients"]:
        change = int(before["unplaced_patients"] - after["unplaced_patients"])
        how = "fewer" if change > 0 else "more"
        parts.append(f"leaves {abs(change):,} {how} people in no network")
    metres = round(1000 * (before["mean_distance_km"] - after["mean_distance_km"]))
    way = f"brings practices {abs(metres):,} m nearer to their hub on average"
    if metres < 0:
        way = f"takes practices {abs(metres):,} m farther from their hub on average"
    parts.append(way if metres else "changes the mean distance by less than a metre")
    spare, was = after["above_floor"], before["above_floor"]
    parts.append(
        f"keeps the smallest network {spare:,} people above the minimum"
        if spare == was
        else f"leaves the smallest network {spare:,} people above the minimum instead of {was:,}"
    )
    pounds = _difference(before["funding_gbp"], after["funding_gbp"])
    if pounds:
        parts.append(f"is paid £{abs(pounds):,} {'more' if pounds > 0 else 'less'} a year")
    return f"From {number_word(fewer)} to {number_word(more)}: one network more {listed(parts)}."


def _difference(before: Any, after: Any) -> int:
    return 0 if before is pd.NA or after is pd.NA else int(after) - int(before)


def say_proof(options: Options) -> str:
    """Say how many of the numbers are proven."""
    table = options.table
    settled = table["status"].isin([str(Status.OPTIMAL), str(Status.INFEASIBLE)])
    if settled.all():
        shorter = "with a shorter total distance"
        if not all(plan.by_distance for plan in options.plans.values()):
            shorter = "and does better by what was asked for"
        return (
            "Every number is proven: no other plan with that number of networks leaves fewer "
            f"people out, or as few {shorter}."
        )
    without = table["objective"].isna() & ~settled
    open_, none = ([str(k) for k in table.index[here]] for here in (~settled & ~without, without))
    said = ""
    if open_:
        said = (
            f"Not proven: {listed(open_)}. The plan shown is the best found in the time given; the "
            "gap says how much better another one could be. "
        )
    if none:
        said += (
            "No plan was found in the time given, and it is not proven that there is none: "
            f"{listed(none)}. "
        )
    return f"{said}All others are proven."


def say_why(options: Options) -> list[str]:
    """Say of every number that leaves out people whom another number places why it does.

    Parameters
    ----------
    options
        What `pcngeo.options.sweep` returned.

    Returns
    -------
    list of str
        A sentence or more for every such number; none where every number does as well.
    """
    return [f"{number_word(k, capital=True)}: {' '.join(why)}" for k, why in options.why.items()]


def say_unsolved(options: Options) -> str:
    """Say that the search was stopped, if it was."""
    if not options.stopped:
        return ""
    return "The search was stopped by hand: numbers that are not shown were not solved."


def funding_words(options: Options) -> str:
    """Say of which year and for what the funding is, or why it cannot be computed."""
    table = options.table
    year = str(table["funding_year"].iloc[0]) if len(table) else ""
    notes = [note for note in table["funding_note"].unique() if note]
    said = (
        f"Funding is what all networks of the area together would be paid for {year} by the "
        "published rates; it is a consequence to read and not an aim of the plan."
    )
    return said if not notes else f"{said} {' '.join(notes)}"
