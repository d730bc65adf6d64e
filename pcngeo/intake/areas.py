"""Commissioning areas: which codes there are, what they are called, and what the planner meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pcngeo.errors import DataError, examples

__all__ = ["Wanted", "area_table", "resolve"]


@dataclass(frozen=True)
class Wanted:
    """The area that is planned.

    Parameters
    ----------
    label
        The codes as the planner named them, joined by ``+``, in the list file's spelling.
    name
        What it is called.
    codes
        Commissioner codes (CCG or sub-ICB location) of the list file, sorted.
    """

    label: str
    name: str
    codes: tuple[str, ...]


def area_table(lists: pd.DataFrame, membership: pd.DataFrame | None) -> pd.DataFrame:
    """List the commissioning areas of a list file.

    Parameters
    ----------
    lists
        Index `practice`, columns area, ons_area, list_size.
    membership
        Index `practice`, columns area, ons_area, area_name, icb, ons_icb, icb_name, or `None`.

    Returns
    -------
    DataFrame
        Index `area` (commissioner code), columns ons, name, icb, ons_icb, icb_name (text, ``""``
        where unknown), practices, patients.
    """
    grouped = lists[lists["area"] != ""].groupby("area")
    table = pd.DataFrame(
        {
            "ons": grouped["ons_area"].first(),
            "practices": grouped.size(),
            "patients": grouped["list_size"].sum(),
        }
    )
    columns = {"name": "area_name", "icb": "icb", "ons_icb": "ons_icb", "icb_name": "icb_name"}
    if membership is None:
        named = lists.groupby("area")["area_name"].first() if "area_name" in lists else None
        return table.assign(
            name=named if named is not None else "", icb="", ons_icb="", icb_name=""
        ).fillna("")
    first = membership[membership["area"] != ""].groupby("area").first()
    for column, source in columns.items():
        table[column] = first[source].reindex(table.index).fillna("")
    known = first["ons_area"].reindex(table.index).fillna("")
    table["ons"] = table["ons"].where(table["ons"] != "", known)
    return table


def resolve(area: str | Sequence[str], table: pd.DataFrame, file: str) -> Wanted:
    """Find what the planner meant by one area code or several.

    Parameters
    ----------
    area
        Commissioner code (``08V``), its ONS code (``E38000186``), its name, or the code of an ICB
        or STP that the membership map gives; one or several.
    table
        See `area_table`.
    file
        Name of the list file, for messages.

    Returns
    -------
    Wanted

    Raises
    ------
    DataError
        When a code is not in the list file; the nearest codes and names are offered.
    """
    several = [area] if isinstance(area, str) else list(area)
    if not several:
        raise DataError("no area was named", todo="Name one with --area")
    labels: list[str] = []
    names: list[str] = []
    codes: set[str] = set()
    for text in several:
        label, name, found = _one(text, table, file)
        if label not in labels:
            labels.append(label)
            names.append(name)
        codes |= set(found)
    return Wanted("+".join(labels), ", ".join(n for n in names if n), tuple(sorted(codes)))


def _one(text: str, table: pd.DataFrame, file: str) -> tuple[str, str, list[str]]:
    wanted = text.strip().upper()
    for code, row in table.iterrows():
        if wanted in (code, row["ons"]) or (row["name"] and wanted == str(row["name"]).upper()):
            return str(code), str(row["name"]), [str(code)]
    wider = table[
        (table["icb"] == wanted)
        | (table["ons_icb"] == wanted)
        | (table["icb_name"].str.upper() == wanted)
    ]
    if wanted and len(wider):
        first = wider.iloc[0]
        return str(first["icb"] or wanted), str(first["icb_name"]), [str(c) for c in wider.index]
    raise DataError(
        f"there is no area {text!r} among the {len(table)} areas of this file",
        file=file,
        column="area code",
        todo=f"Nearest: {examples(_nearest(wanted, table))}",
    )


def _nearest(wanted: str, table: pd.DataFrame) -> list[str]:
    """Offer the areas whose code or name is most like what was asked for."""
    words: dict[str, str] = {}
    for code, row in table.iterrows():
        shown = f"{code} ({row['name']})" if row["name"] else str(code)
        for word in (str(code), str(row["ons"]), str(row["name"]).upper()):
            if word:
                words.setdefault(word, shown)
        plain = str(row["name"]).upper().removeprefix("NHS ").removesuffix(" CCG")
        words.setdefault(plain, shown)
    near = difflib.get_close_matches(wanted, list(words), n=8, cutoff=0.4)
    contained = [word for word in words if len(wanted) > 2 and wanted in word]
    offered = dict.fromkeys(words[word] for word in [*contained, *near])
    return list(offered)[:5] or [words[word] for word in sorted(words)[:5]]
