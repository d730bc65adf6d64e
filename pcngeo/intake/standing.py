"""Decide what each practice is to the plan, each with a sentence that can be read aloud."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from pcngeo.decisions import Choice
from pcngeo.intake.dialects import parse_date, special_name
from pcngeo.intake.organisations import setting_words
from pcngeo.rules import Rules
from pcngeo.words import count_of, say_date

__all__ = ["Verdict", "judge"]

_WALES = "Its code is of a practice in Wales, where the network contract does not apply (Q12)."
#: An organisations file is trusted about a closure this close to the list date, or later (Q3).
CLOSED_FOR = dt.timedelta(days=92)


@dataclass(frozen=True)
class Verdict:
    """What a practice is to the plan.

    Parameters
    ----------
    standing, code, reason
        See `pcngeo.schema`: a key of `STANDINGS`, a key of `REASONS` or ``""``, and a sentence.
    quirk
        ID of the quirk that the account names.
    flag
        What the account says of a practice that is kept in spite of something; ``""``: nothing.
    """

    standing: str
    code: str = ""
    reason: str = ""
    quirk: str = ""
    flag: str = ""


def judge(
    row: pd.Series, rules: Rules, list_date: dt.date, organisations_date: dt.date | None
) -> Verdict:
    """Judge one practice by the planner's choices, then by what the files say.

    Parameters
    ----------
    row
        Its code as `name` of the Series; name, list_size, located (bool), status, setting, close
        (of the organisations file; ``""`` where it does not know the code).
    rules
        The planner's choices, which win over the files.
    list_date
        Date of the lists.
    organisations_date
        Latest date that the organisations file knows of.

    Returns
    -------
    Verdict
        Without regard to the boundary, which needs all practices at once.
    """
    code = str(row.name)
    chosen = _chosen(code, rules)
    if chosen is not None:
        return chosen
    if code.startswith("W") and not any(choice.practice == code for choice in rules.ordinary):
        return Verdict("excluded", "outside_area", _WALES, "Q12")
    closed = _closed(row, rules, list_date, organisations_date)
    if closed is not None and closed.standing == "excluded":
        return closed
    if int(row["list_size"]) == 0:
        reason = "It has no registered patients on the date of the lists (Q4)."
        return Verdict("excluded", "closed", reason, "Q4")
    special = _special(row, rules)
    if special is not None:
        return special
    if not row["located"]:
        return Verdict("orphan", "no_location", _no_location(row), "Q10")
    return closed or _flagged(row)


def _chosen(code: str, rules: Rules) -> Verdict | None:
    """Look up what the planner decided, if anything (R15, Q6)."""
    for choice in rules.excluded:
        if choice.practice == code:
            return Verdict("excluded", "planner", _because("Left out by the planner", choice))
    for choice in rules.declined:
        if choice.practice == code:
            said = "It declines the Network Contract DES, so a network covers its patients (R15)"
            return Verdict("covered", "practice_choice", _because(said, choice), "R15")
    for choice in rules.special:
        if choice.practice == code:
            said = "Treated as a special scheme by the planner's choice (Q6)"
            return Verdict("special", "special_scheme", _because(said, choice), "Q6")
    return None


def _because(said: str, choice: Choice) -> str:
    who = f" (agreed by {choice.approved_by})" if choice.approved_by else ""
    if not choice.reason:
        return f"{said}{who}; no reason given."
    return f"{said}: {choice.reason.rstrip('.')}{who}."


def _closed(
    row: pd.Series, rules: Rules, list_date: dt.date, organisations_date: dt.date | None
) -> Verdict | None:
    """Judge a practice that the organisations file says is closed, dormant or proposed (Q3).

    A file older than the lists cannot know what became of a list that is still alive: a practice
    with a general list that it says was closed months before is kept, and flagged.
    """
    status, size = row["status"], int(row["list_size"])
    if status == "dormant":
        flag = f"kept: the organisations file says dormant, but {size:,} patients are registered"
        return Verdict("eligible", quirk="Q3", flag=flag)
    if status == "proposed":
        flag = f"kept: the organisations file says proposed, but {size:,} patients are registered"
        return Verdict("eligible", quirk="Q3", flag=flag)
    if status != "closed":
        return None
    close = parse_date(row["close"])
    when = f" on {say_date(close)}" if close else ""
    older = organisations_date is not None and organisations_date < list_date
    long_ago = close is None or close < list_date - CLOSED_FOR
    if older and long_ago and size >= rules.special_below:
        flag = (
            f"kept: an organisations file older than the lists says closed{when}, "
            f"but {size:,} patients are registered on {say_date(list_date)}"
        )
        return Verdict("eligible", quirk="Q3", flag=flag)
    patients = "1 patient was" if size == 1 else f"{size:,} patients were"
    reason = f"It closed{when}; {patients} still on its list on {say_date(list_date)} (Q3)."
    return Verdict("excluded", "closed", reason, "Q3")


def _special(row: pd.Series, rules: Rules) -> Verdict | None:
    """Judge whether a small list is a special scheme, by its name or its role (Q6)."""
    size = int(row["list_size"])
    if size >= rules.special_below:
        return None
    if any(choice.practice == row.name for choice in rules.ordinary):
        return None
    what = special_name(str(row["name"])) or special_name(str(row["other_name"]))
    if what:
        because = f"by its name a {what}"
    elif row["setting"] not in ("4", ""):
        because = f"registered as {setting_words(row['setting'])}, not as a GP practice"
    else:
        return None
    patients = count_of(size, "patient")
    reason = f"It has {patients} and is {because}: assigned by a decision, not by geography (Q6)."
    return Verdict("special", "special_scheme", reason, "Q6")


def _no_location(row: pd.Series) -> str:
    postcode = row["postcode"]
    if not postcode:
        return "No file gives its postcode, so it cannot be put on the map (Q10)."
    return f"Its postcode {postcode} is in no postcode file given, so it cannot be located (Q10)."


def _flagged(row: pd.Series) -> Verdict:
    """Keep a practice, flagging what is unusual about it (Q5)."""
    if row["setting"] not in ("4", ""):
        flag = f"kept: has patients, though registered as {setting_words(row['setting'])}"
        return Verdict("eligible", quirk="Q5", flag=flag)
    return Verdict("eligible")
