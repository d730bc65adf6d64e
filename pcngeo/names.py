"""Names as people write them, and the names of practices in sentences that have only codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

__all__ = ["display_name", "name_practices"]

#: Abbreviations of the published practice names, opened.
ABBREVIATIONS = {
    "CTR": "Centre", "CNTR": "Centre", "CENT": "Centre", "HTH": "Health", "HLTH": "Health",
    "MED": "Medical", "MEDL": "Medical", "SURG": "Surgery", "PRACT": "Practice", "PRAC": "Practice",
    "GRP": "Group", "GP": "GP", "NHS": "NHS", "PCN": "PCN", "PMS": "PMS", "APMS": "APMS",
    "GMS": "GMS", "DR": "Dr", "DRS": "Drs", "ST": "St", "RD": "Road", "PTNRS": "Partners",
    "PTNS": "Partners", "WLK": "Walk", "UK": "UK", "LTD": "Ltd", "CIC": "CIC", "PCC": "PCC",
    "UHB": "UHB",
}  # fmt: skip
SMALL = {"and", "at", "by", "for", "in", "of", "on", "the", "to", "upon"}
#: Marks that turn the direction of the text after them: never part of a name.
DIRECTION = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def display_name(name: str) -> str:
    """Write a published name as people do: title case, abbreviations opened, marks removed.

    Only names wholly in capitals are changed; the original stays in the exports.

    Parameters
    ----------
    name
        The name as published.

    Returns
    -------
    str

    Examples
    --------
    >>> display_name("ST KATHERINE'S DOCK HTH CTR")
    "St Katherine's Dock Health Centre"
    >>> display_name("XX PLACE SURGERY (DR O'BRIEN & PARTNERS)")
    "XX Place Surgery (Dr O'Brien & Partners)"
    >>> display_name("Harford Health Centre")
    'Harford Health Centre'
    >>> display_name("THE BLITHEHALE MED.CTR.")
    'The Blithehale Medical Centre'
    """
    text = "".join(
        " " if unicodedata.category(letter) == "Cc" else letter
        for letter in name.translate(DIRECTION)
    )
    text = " ".join(text.split())
    if text != text.upper():
        return text
    text = " ".join(re.sub(r"\b(DR|DRS|ST|[A-Z]{3,})\.", r"\1 ", text).split())
    words = re.split(r"([^A-Z0-9'\u2019.]+)", text)
    shown = [_word(word, first=i == 0) for i, word in enumerate(words)]
    return "".join(shown)


def _word(word: str, *, first: bool) -> str:
    bare = word.strip(".")
    if bare in ABBREVIATIONS:
        return ABBREVIATIONS[bare]
    if not first and word.lower() in SMALL:
        return word.lower()
    if len(word) <= 3 and word.isalpha() and not set(word) & set("AEIOUY"):
        return word
    parts = re.split(r"(['\u2019])", word)
    for i, part in enumerate(parts):
        possessive = i > 0 and (len(part) <= 2 or len(parts[0]) > 2)
        parts[i] = part.lower() if possessive else part.capitalize()
    return re.sub(r"^Mc([a-z]{3,})", lambda m: "Mc" + m.group(1).capitalize(), "".join(parts))


def name_practices(text: str, names: Mapping[str, str]) -> str:
    """Say who is meant by the ODS codes in a sentence: the name, with the code.

    Parameters
    ----------
    text
        The sentence.
    names
        Published name by ODS code; a code that is not there, or that stands in brackets after its
        name already, stays as it is.

    Returns
    -------
    str
        What stood in brackets after a code stands beside it; there are none within others.

    Examples
    --------
    >>> names = {"A84026": "ISLAND HTH CTR", "A84027": "QUAY SURGERY"}
    >>> name_practices("A84026 (8,941) touches no other practice.", names)
    'Island Health Centre (A84026, 8,941) touches no other practice.'
    >>> name_practices("A [[bridge]] between A84026 and A84027, 0.7 km.", names)
    'A [[bridge]] between Island Health Centre (A84026) and Quay Surgery (A84027), 0.7 km.'
    >>> name_practices("Island Health Centre (A84026, 8,941) and P1.", names)
    'Island Health Centre (A84026, 8,941) and P1.'
    >>> name_practices("A84026 (8 people registered), A84027 (network 2).", names)
    'Island Health Centre (A84026, 8 people registered), Quay Surgery (A84027, network 2).'
    """

    def named(found: re.Match[str]) -> str:
        code, more = found[1], found[2]
        name = display_name(str(names.get(code) or ""))
        if not name or name == code:
            return found[0]
        return f"{name} ({code}, {more})" if more else f"{name} ({code})"

    return re.sub(r"(?<![(\w])([A-Z]\w*\d\w*)\b(?: \(([^()]*)\))?", named, text)
