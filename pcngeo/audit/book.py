"""The rules as they are published: what each says, where, how hard it is, who may waive it.

IDs, quotes and sources are those of the project's reading of the source documents: S001 Whole
Systems guidance on GP networks; S002 NHS England, Primary Care Networks Reference Guide (draft,
2018); S003 BMA, Primary Care Network handbook 2019; S004 King's Fund, Primary care networks
explained (2019). Quotes are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BOOK", "RESULTS", "SEVERITIES", "Rule"]

#: What a check can say, worst first.
RESULTS = {
    "fail": "breaks the rule",
    "amber": "to be looked at or agreed",
    "cannot tell": "the data given does not say",
    "waived": "breaks the rule, with leave that is recorded",
    "pass": "keeps the rule",
}
#: How hard a rule is.
SEVERITIES = {
    "HARD": "must be kept, unless waived with a recorded reason",
    "SOFT": "should be kept",
    "INFO": "for context",
    "PACK": "needed in the submission",
}


@dataclass(frozen=True)
class Rule:
    """One published rule."""

    title: str
    severity: str
    quote: str
    source: str
    waived_by: str = "nobody"


COMMISSIONER = "the commissioner"
BOOK: dict[str, Rule] = {
    "R01": Rule(
        "Networks of 30,000 to 50,000",
        "SOFT",
        "typically serving natural communities of around 30,000 to 50,000",
        "S002",
        COMMISSIONER,
    ),
    "R02": Rule(
        "The floor of 30,000",
        "HARD",
        "30,000 is a firm lower limit",
        "S004",
        "the commissioner, for a rural area (R03)",
    ),
    "R03": Rule(
        "The rural exception",
        "HARD",
        "Only in exceptional circumstances",
        "S003",
        COMMISSIONER,
    ),
    "R04": Rule(
        "The ceiling of 50,000",
        "SOFT",
        "commissioners can sign off on PCN proposals that go over 50,000",
        "S003",
        COMMISSIONER,
    ),
    "R05": Rule(
        "Registered lists, not residents",
        "HARD",
        "should be based on GP registered lists",
        "S002",
    ),
    "R06": Rule(
        "The date of the lists",
        "HARD",
        "sum of member practices' lists as of 1 January 2019",
        "S003",
    ),
    "R07": Rule(
        "A sane number of networks",
        "INFO",
        "1000-1500 primary care networks",
        "S002",
    ),
    "R10": Rule(
        "Complete coverage",
        "HARD",
        "complete geographically contiguous population coverage",
        "S002",
    ),
    "R11": Rule(
        "One connected area",
        "HARD",
        "geographically contiguous",
        "S002",
        "the commissioner, for an existing network (R21)",
    ),
    "R12": Rule(
        "Gaps",
        "HARD",
        "when there are gaps in the total PCN coverage",
        "S003",
    ),
    "R13": Rule(
        "A reason for every practice in no network",
        "HARD",
        "either by choice of the practice or the PCN",
        "S003",
    ),
    "R14": Rule(
        "A home for every practice in no network",
        "HARD",
        "should act as liaison between the proposed PCN groupings",
        "S003",
        "nobody; the commissioner may assign after mediation, from 2020/21",
    ),
    "R15": Rule(
        "Patients of a practice that declines",
        "HARD",
        "CCG will need to arrange for an appropriate PCN to take on provision of network-level "
        "services to the patients",
        "S003",
    ),
    "R16": Rule(
        "Practices decide",
        "INFO",
        "geographic coverage of the PCN is up to the member practices to decide",
        "S003",
    ),
    "R17": Rule(
        "The area is agreed",
        "INFO",
        "agree their network boundaries with their commissioners and the Local Medical Committee",
        "S004",
    ),
    "R18": Rule(
        "A network of one practice",
        "SOFT",
        "able to function as a network if the CCG agrees",
        "S004",
        COMMISSIONER,
    ),
    "R19": Rule(
        "Across the border of an area",
        "SOFT",
        "Some networks may cross CCG boundaries",
        "S004",
        "the commissioners of both areas",
    ),
    "R20": Rule(
        "A practice in two networks",
        "INFO",
        "may, in theory, belong to more than one primary care network",
        "S004",
        COMMISSIONER,
    ),
    "R21": Rule(
        "An existing network that is not one area",
        "HARD",
        "already well-functioning networks which are not entirely geographically based, but this "
        "is not likely to be the norm",
        "S004",
        COMMISSIONER,
    ),
    "R22": Rule(
        "Urban and rural mixed",
        "SOFT",
        "less well when they covered a mix of urban and rural practices",
        "S004",
    ),
    "R23": Rule(
        "Borders of other services",
        "SOFT",
        "configure their services around primary care network boundaries",
        "S004",
    ),
    "R24": Rule(
        "Levels above the network",
        "INFO",
        "across networks of networks",
        "S002",
    ),
    "R25": Rule(
        "A federation is not a network",
        "INFO",
        "much smaller than most GP Federations",
        "S004",
    ),
    "R30": Rule("Names and ODS codes", "PACK", "names and ODS codes of members", "S003"),
    "R31": Rule(
        "The network's list size",
        "PACK",
        "sum of member practices' lists as of 1 January 2019",
        "S003",
    ),
    "R32": Rule("The map", "PACK", "a map clearly marking the agreed network area", "S003"),
    "R33": Rule(
        "The agreement is signed",
        "PACK",
        "initial network agreement signed by all member practices",
        "S003",
    ),
    "R34": Rule(
        "The clinical director",
        "PACK",
        "any appropriate clinically qualified individual may be appointed",
        "S003",
    ),
    "R35": Rule(
        "The nominated payee",
        "PACK",
        "single practice or provider that will receive funding",
        "S003",
    ),
    "R36": Rule("The agreement's version", "PACK", "updated year on year", "S003"),
}
