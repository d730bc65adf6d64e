"""Coverage: everyone in a network or covered by one, and what happens to the rest (R10 to R15)."""

from __future__ import annotations

from collections.abc import Iterator

from pcngeo.audit.case import Case, Finding, people
from pcngeo.errors import examples
from pcngeo.schema import REASONS
from pcngeo.words import are, count_of, have

__all__ = ["complete_coverage", "declined", "gaps", "homes", "reasons"]


def _answered(case: Case, practice: str) -> bool:
    """Tell whether a home is on offer, or none can be: a special scheme needs a decision (Q6)."""
    return bool(case.offered(practice)) or case.practices.at[practice, "standing"] == "special"


def _open(case: Case) -> list[str]:
    """Practices in no network whose home is not settled."""
    return [p for p in case.outside if not case.settled(p)]


def complete_coverage(case: Case) -> Iterator[Finding]:
    """R10: practices placed, people covered, area covered: three measures."""
    left = _open(case)
    excluded = [p for p in case.practices.index if case.practices.at[p, "standing"] == "excluded"]
    here = [p for p in case.practices.index if str(p) not in excluded]
    result = "pass" if not left else "amber" if all(_answered(case, p) for p in left) else "fail"
    total, missing = sum(case.lists[p] for p in here), sum(case.lists[p] for p in left)
    more = ""
    if excluded:
        count = sum(case.lists[p] for p in excluded)
        more = f" Not counted: {count_of(len(excluded), 'practice')} left out ({people(count)})."
        result = "amber" if result == "pass" and count else result
    share = (len(here) - len(left)) / len(here) if here else 0.0
    count = len(here) - len(left)
    words = f"{count} of {count_of(len(here), 'practice')} {are(count)} in a network or covered by "
    words += "one."
    yield case.area_line("R10", result, share, "100 % of practices", words + more, "practices")
    share = (total - missing) / total if total else 0.0
    words = f"{total - missing:,} of {people(total)} {are(total - missing)} covered; "
    words += f"{missing:,} {are(missing)} not."
    yield case.area_line("R10", result, share, "100 % of people", words + more, "people")
    yield _area_covered(case)


def _area_covered(case: Case) -> Finding:
    wanted = "100 % of the area"
    if case.territories is None or case.boundary is None:
        words = "No boundary and areas of practices were given."
        return case.area_line("R10", "cannot tell", None, wanted, words, "land")
    sites = case.territories.assign(
        placed=[str(p) in case.home or case.settled(str(p)) for p in case.territories.index]
    )
    drawn = sites.sort_values("placed").drop_duplicates("site", keep="last")
    whole = float(case.boundary.area.sum())
    share = min(float(drawn[drawn["placed"]].area.sum()) / whole, 1.0) if whole else 0.0
    words = f"Networks cover {share:.1%} of the area's land."
    return case.area_line("R10", "pass" if share > 0.999 else "amber", share, wanted, words, "land")


def gaps(case: Case) -> Iterator[Finding]:
    """R12: where the commissioner has to step in."""
    left = [p for p in _open(case) if case.practices.at[p, "standing"] != "covered"]
    count = sum(case.lists[p] for p in left)
    if not left:
        words = "There are no gaps: nothing for the commissioner to fill."
        yield case.area_line("R12", "pass", 0, "no gaps", words)
        return
    homeless = [p for p in left if not _answered(case, p)]
    words = f"{count_of(len(left), 'practice')} in no network ({people(count)}): {examples(left)}"
    result = "fail" if homeless else "amber"
    end = (
        f"; {len(homeless)} {have(len(homeless))} no home on offer."
        if homeless
        else f"; {_what_is_open(case, left)}."
    )
    yield case.area_line("R12", result, len(left), "no gaps", words + end)


def _what_is_open(case: Case, left: list[str]) -> str:
    """Say whether homes are on offer, or decisions needed (special schemes, Q6)."""
    offered = sum(bool(case.offered(p)) for p in left)
    each = "a home is offered" + (" for each" if len(left) > 1 else "")
    undecided = "a decision is needed" + (" for each" if len(left) > 1 else "")
    if 0 < offered < len(left):
        return f"a home is offered for {offered}, a decision is needed for {len(left) - offered}"
    return each if offered else undecided


def _taken_after_all(case: Case) -> Iterator[Finding]:
    """Members of a network that does not take them, by a refusal that was taken note of."""
    for row in case.rules.refused:
        network = case.home.get(row.practice, "")
        if row.approved_by and network and network == case.home.get(row.by):
            words = f"{row.practice} is in {case.name(network)}, which does not take it: {row.by}, "
            words += f"{row.reason} ({row.approved_by})."
            wanted = "no member that its network refused"
            yield Finding("R13", "practice", row.practice, "amber", None, wanted, words)


def reasons(case: Case) -> Iterator[Finding]:
    """R13: every practice in no network has a reason from the closed list."""
    yield from _taken_after_all(case)
    without = [p for p in case.outside if _reason(case, p) not in REASONS]
    wanted = "a reason from the closed list for each"
    if not case.outside:
        yield case.area_line("R13", "pass", 0, wanted, "No practice is in no network.")
    elif not without:
        count = len(case.outside)
        words = "The practice in no network has a reason."
        if count > 1:
            whom = "Both" if count == 2 else f"All {count}"
            words = f"{whom} practices in no network have a reason."
        yield case.area_line("R13", "pass", 0, wanted, words)
    else:
        result = "cannot tell" if case.existing else "fail"
        words = f"{len(without)} of {count_of(len(case.outside), 'practice')} in no network "
        words += f"{have(len(without))} no reason: {examples(without)}."
        if case.existing:
            words += " Published files do not say why a practice is in no network."
        yield case.area_line("R13", result, len(without), wanted, words)


def _reason(case: Case, practice: str) -> str:
    code = str(case.practices.at[practice, "reason_code"])
    if code:
        return code
    if case.reasons is not None and practice in case.reasons.index:
        return str(case.reasons.at[practice, "reason_code"])
    return ""


def homes(case: Case) -> Iterator[Finding]:
    """R14: the home of every practice in no network, and how far it is settled."""
    wanted = "a home agreed with commissioner and LMC(s)"
    for practice in case.outside:
        if case.practices.at[practice, "standing"] == "covered":
            continue
        network, home = case.offered(practice), case.homes.get(practice)
        patients = case.lists[practice]
        if not network and case.practices.at[practice, "standing"] == "special":
            result = "amber"
            words = (
                f"{practice} ({people(patients)}) is a special scheme: which network covers its "
            )
            words += "patients needs a decision (Q6)."
        elif home is not None and home.settled and home.joins not in case.home:
            result = "fail"
            words = f"{practice} ({people(patients)}) was to join the network of {home.joins}, "
            words += f"which is in none: {home.words}."
        elif not network:
            result, words = "fail", f"{practice} ({people(patients)}) has no home on offer."
        elif home is not None and home.joins in case.home:
            result = "pass" if home.settled else "amber"
            words = f"{practice} ({people(patients)}), {case.name(network)}: {home.words}."
        else:
            result = "amber"
            words = f"{practice} ({people(patients)}) is offered to {case.name(network)}: not yet "
            words += "agreed with the commissioner and the LMC(s)."
            broken = _broken(case, practice)
            words += f" It would break {broken}." if broken else ""
        yield Finding("R14", "practice", practice, result, patients, wanted, words)
    yield from _decided(case)


def _broken(case: Case, practice: str) -> str:
    """Say which rules the proposed home would break."""
    if case.proposals is None or "rules_broken" not in case.proposals:
        return ""
    return str(case.proposals["rules_broken"].get(practice, "")).removesuffix(".")


def _decided(case: Case) -> Iterator[Finding]:
    """Homes of the rules file whose practice is a member by now: as decided, or not."""
    wanted = "what was agreed or assigned"
    for home in case.rules.homes:
        own, theirs = case.home.get(home.practice, ""), case.home.get(home.joins, "")
        if not own or not home.settled:
            continue
        words = f"{home.practice} ({people(case.lists[home.practice])})"
        if own == theirs:
            result, words = "pass", f"{words} has joined {case.name(own)}: {home.words}."
        else:
            result = "fail"
            words += f" is in {case.name(own)}, but was to join {home.joins}: {home.words}."
        yield Finding("R14", "practice", home.practice, result, None, wanted, words)


def declined(case: Case) -> Iterator[Finding]:
    """R15: the patients of a practice that declines are covered by a network."""
    wanted = "a network that covers its patients, by agreement"
    for practice in case.practices.index[case.practices["standing"] == "covered"]:
        network, home = case.offered(str(practice)), case.homes.get(str(practice))
        patients = case.lists[str(practice)]
        named = f"{practice} ({people(patients)})"
        if str(practice) in case.home:
            result, words = "fail", f"{named} declines and yet is a member of a network."
        elif home is not None and home.settled and home.joins not in case.home:
            result = "fail"
            words = f"{named} was to be covered by the network of {home.joins}, which is in none: "
            words += f"{home.words}."
        elif not network:
            result, words = "fail", f"{named} is covered by no network."
        elif home is not None and home.settled and home.joins in case.home:
            result, words = "pass", f"{named} is covered by {case.name(network)}: {home.words}."
        else:
            result = "amber"
            words = f"{named} is proposed to be covered by {case.name(network)}: not yet agreed."
        yield Finding("R15", "practice", str(practice), result, patients, wanted, words)
