"""Organisational models of networks, with the risks that S003 publishes: a look-up, no advice.

The handbook (S003) names five models, S000 six of its own. A network may say in its
``[[submission]]`` which one it takes; what the sources say of that one is then shown and checked.
"""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["MODELS", "RISKS", "find_model", "models"]

#: What S003 says of each model, and how it is called in a sentence.
RISKS = {
    "nhs_pension": "NHS pension",
    "vat": "VAT",
    "employment_liability": "employment and liability",
    "cqc": "CQC",
    "other_risks": "other",
}
#: Organisational models with the risks that S003 publishes, and their names in S000.
MODELS = (
    {
        "model": "1",
        "name": "Flat practice network",
        "also": "M1 Unincorporated, shared employment",
        "nhs_pension": "none",
        "vat": "none",
        "employment_liability": "joint contracts; liability shared, unlimited for partners",
        "cqc": "none",
        "other_risks": "agreement must state the split; paymaster needed",
    },
    {
        "model": "2",
        "name": "Lead provider",
        "also": "M2 Unincorporated lead practice, hosted",
        "nhs_pension": "none",
        "vat": "possible",
        "employment_liability": "mostly lead practice, unlimited",
        "cqc": "none",
        "other_risks": "possible subcontracting",
    },
    {
        "model": "3",
        "name": "Federation or provider entity",
        "also": "M3 Incorporated non-contract-holding; M4 contract-holding",
        "nhs_pension": "likely no access unless the entity holds an NHS contract (M4 does)",
        "vat": "possible",
        "employment_liability": "limited by the entity",
        "cqc": "possible registration",
        "other_risks": "size and remoteness; GMS subcontract rules",
    },
    {
        "model": "4",
        "name": "Super-practice",
        "also": "M5 Single provider",
        "nhs_pension": "none",
        "vat": "none",
        "employment_liability": "super-practice",
        "cqc": "none",
        "other_risks": "geography if split over a wide area; needs another body from 2020/21",
    },
    {
        "model": "5",
        "name": "Non-GP provider as employer",
        "also": "M6 Non-GP employer host",
        "nhs_pension": "none",
        "vat": "possible",
        "employment_liability": "none for practices",
        "cqc": "none",
        "other_risks": "control and longevity",
    },
)


def models() -> pd.DataFrame:
    """Look up the organisational models and their published risks; no advice is given.

    Returns
    -------
    DataFrame
        Index `model` (number in S003); `name`, `also` (names in S000), and the risks that S003
        publishes: `nhs_pension`, `vat`, `employment_liability`, `cqc`, `other_risks`. The sources
        say to seek legal advice; this table is none.

    Examples
    --------
    >>> models().loc["2", "name"]
    'Lead provider'
    """
    return pd.DataFrame(list(MODELS)).set_index("model")


def find_model(text: str) -> dict[str, str] | None:
    """Find the model that somebody wrote down: a number of S003, one of S000 (M2), or a name.

    Parameters
    ----------
    text
        As in ``[[submission]]``: ``"2"``, ``"M2"``, ``"Lead provider"``.

    Returns
    -------
    dict or None
        A row of `MODELS`.

    Examples
    --------
    >>> found = find_model("Model 2"), find_model("M4"), find_model("super-practice")
    >>> [row["name"] for row in found if row]
    ['Lead provider', 'Federation or provider entity', 'Super-practice']
    >>> find_model("a choir") is None
    True
    """
    words = _plain(text)
    for row in MODELS:
        names = {row["model"], _plain(f"model {row['model']}"), _plain(row["name"])}
        for part in row["also"].split(";"):
            number, _, name = part.strip().partition(" ")
            names |= {_plain(number), _plain(name), _plain(part)}
        if words in names:
            return dict(row)
    return None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())
