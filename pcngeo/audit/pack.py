"""What each network hands in: is it there? Its content is not judged (R17, R30 to R36)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pcngeo.audit.case import Case, Finding, people
from pcngeo.decisions import Submission
from pcngeo.errors import examples
from pcngeo.models import find_model
from pcngeo.words import count_of, have

__all__ = [
    "agreement_signed",
    "agreement_version",
    "area_agreed",
    "clinical_director",
    "list_size",
    "map_drawn",
    "members_named",
    "payee",
]

#: What codes of practices look like; others are only remarked on (Q24).
CODE = re.compile(r"[A-HJ-NPVWY]\d{5}")
LIKE_A_CODE = re.compile(r"[A-Z]\d{5}")
GENERAL_PRACTITIONER = re.compile(r"\bG\.?P\b|general practitioner", re.IGNORECASE)
#: Models of S003 in which a practice that is a member receives the funding: the lead practice of
#: model 2, and all of model 5, because a non-GP provider is not paid directly.
PAID_TO_A_MEMBER = {
    "2": "its model, a lead provider, pays a member practice",
    "5": "a provider that is no practice is not paid directly",
}


def members_named(case: Case) -> Iterator[Finding]:
    """R30: codes are whole, and their practices take part; no `Plan` holds a code twice."""
    wanted = "valid codes of practices that take part, each in one network unless shared (R20)"
    for network, members in case.groups.items():
        odd = [p for p in members if not CODE.fullmatch(p)]
        out = [p for p in members if case.practices.at[p, "standing"] in ("excluded", "covered")]
        words = f"{case.name(network)} has {count_of(len(members), 'member practice')}"
        also = _shared_with(case, network)
        words += f" and a share of {', '.join(also)} (R20)" if also else ""
        if out:
            result = "fail"
            words += f"; {', '.join(out)} closed, declined or left out"
        elif odd:
            result = "amber"
            words += f"; the codes {examples(odd)} have an unusual form"
        else:
            result = "pass"
        yield case.network_line("R30", network, result, len(members), wanted, f"{words}.")
    yield from _entries_not_used(case)


def _entries_not_used(case: Case) -> Iterator[Finding]:
    """Entries of what is handed in that no network takes up: said, never lost."""
    wanted = "one entry for each network, named by a member"
    for row in case.rules.submissions:
        network = case.home.get(row.practice, "")
        used = case.submission(network) if network else None
        if used == row:
            continue
        why = "that practice is in no network"
        if used is not None:
            why = f"{case.name(network)} has one already, under {used.practice}"
        words = f"What [[submission]] says under {row.practice} is not used: {why}."
        yield Finding("R30", "practice", row.practice, "amber", None, wanted, words)


def _shared_with(case: Case, network: str) -> list[str]:
    """Practices of other networks that this one counts a share of, by agreement (R20)."""
    return sorted(
        row.practice
        for row in case.rules.shared
        if row.approved_by
        and case.home.get(row.joins) == network
        and case.home.get(row.practice, network) != network
    )


def list_size(case: Case) -> Iterator[Finding]:
    """R31: the sum of the members' lists, summed here."""
    wanted = "the sum of the members' lists at 1 January"
    for network, size in case.sizes.items():
        words = f"{case.name(network)} has {people(size)}"
        result = "pass" if case.list_date is not None else "cannot tell"
        dated = "; the lists' date was not given" if case.list_date is None else ""
        if case.recounted is not None:
            members = case.groups[network]
            odd = [p for p in members if case.recounted.get(p) != case.lists[p]]
            result = "fail" if odd else result
            dated += "; counted again from the list file: "
            dated += f"not the same for {examples(odd)}" if odd else "the same"
        yield case.network_line("R31", network, result, size, wanted, f"{words}{dated}.")
    for practice, count in (case.stated or {}).items():
        words = f"{practice}: the table that the plan was read from states {people(count)}; the "
        words += f"{case.lists[practice]:,} of the list file are counted."
        yield Finding("R31", "practice", practice, "amber", count, wanted, words)


def map_drawn(case: Case) -> Iterator[Finding]:
    """R32: every member has an area to draw."""
    wanted = "an area for every member"
    for network, members in case.groups.items():
        if case.territories is None:
            words = f"{case.name(network)}: no areas of practices were given."
            yield case.network_line("R32", network, "cannot tell", None, wanted, words)
            continue
        bare = [p for p in members if p not in case.territories.index]
        count = len(members) - len(bare)
        words = f"{case.name(network)}: {count} of {count_of(len(members), 'member')} "
        words += f"{have(count)} an area on the map"
        words += f"; not {examples(bare)}." if bare else "."
        result = "amber" if bare else "pass"
        yield case.network_line("R32", network, result, len(members) - len(bare), wanted, words)


def _recorded(
    case: Case, rule: str, wanted: str, judge: Callable[[Submission, str], tuple[str, str]]
) -> Iterator[Finding]:
    """Judge what was recorded for each network; nothing recorded is "cannot tell"."""
    for network in case.groups:
        submission = case.submission(network)
        if submission is None:
            line = ("cannot tell", "nothing was recorded ([[submission]] of the rules file)")
        else:
            line = judge(submission, network)
        words = f"{case.name(network)}: {line[1]}."
        yield case.network_line(rule, network, line[0], None, wanted, words)


def area_agreed(case: Case) -> Iterator[Finding]:
    """R17: commissioner and LMC agreed the network's area."""

    def judge(row: Submission, _: str) -> tuple[str, str]:
        if row.boundary_agreed:
            return "pass", f"its area was agreed ({row.boundary_agreed})"
        return "amber", "its area is not yet agreed"

    yield from _recorded(case, "R17", "agreed with the commissioner and the LMC", judge)


def agreement_signed(case: Case) -> Iterator[Finding]:
    """R33: every member signed; what they signed is not judged."""

    def judge(row: Submission, network: str) -> tuple[str, str]:
        everybody = sorted({*case.groups[network], *_shared_with(case, network)})
        missing = [p for p in everybody if p not in row.signed]
        others = [p for p in dict.fromkeys(row.signed) if p not in everybody]
        said = [f"not signed by {', '.join(missing)}"] if missing else []
        said += [f"signed by {', '.join(others)}, not a member"] if others else []
        if said:
            return "amber", "; ".join(said)
        return "pass", "signed by every member; its content is not judged"

    yield from _recorded(case, "R33", "signed by every member", judge)


def clinical_director(case: Case) -> Iterator[Finding]:
    """R34: a clinical director is named; the handbook allows a GP or another clinician."""

    def judge(row: Submission, _: str) -> tuple[str, str]:
        if not row.clinical_director:
            return "amber", "no clinical director is named"
        words = f"{row.clinical_director} ({row.director_role or 'role not given'})"
        if row.director_role and not GENERAL_PRACTITIONER.search(row.director_role):
            words += ", not a GP: any appropriate clinician may be appointed"
        return "pass", words

    yield from _recorded(case, "R34", "a named clinical director", judge)


def payee(case: Case) -> Iterator[Finding]:
    """R35: exactly one nominated payee."""

    def judge(row: Submission, network: str) -> tuple[str, str]:
        if not row.payee:
            return "amber", "no payee is named" + _paymaster(row)
        if row.payee in case.groups[network]:
            return "pass", f"{row.payee}, a member, receives its funding"
        words = f"{row.payee}, not a member practice, receives its funding"
        if LIKE_A_CODE.fullmatch(row.payee):
            return "amber", f"{row.payee} is to receive its funding and is no member"
        model = find_model(row.model)
        against = PAID_TO_A_MEMBER.get(model["model"], "") if model else ""
        return ("amber", f"{words}: {against}") if against else ("pass", words)

    yield from _recorded(case, "R35", "one practice or provider", judge)


def _paymaster(row: Submission) -> str:
    """Say that a flat network needs a paymaster all the more (S003 on model 1)."""
    model = find_model(row.model)
    return ", and a flat network needs a paymaster" if model and model["model"] == "1" else ""


def agreement_version(case: Case) -> Iterator[Finding]:
    """R36: the agreement carries a version or a date."""

    def judge(row: Submission, _: str) -> tuple[str, str]:
        if row.agreement_version or row.agreement_date:
            said = ", ".join(x for x in (row.agreement_version, row.agreement_date) if x)
            return "pass", f"agreement {said}"
        return "amber", "the agreement has no version or date"

    yield from _recorded(case, "R36", "a version or date of the agreement", judge)
