"""Commissioning areas: which codes there are, what they are called, and what the planner meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from pcngeo.errors import DataError, examples
from pcngeo.schema import MOST_NAMED

__all__ = ["EVERYTHING", "Wanted", "area_table", "plain_name", "resolve"]


#: Patients from which on all areas of a list file are called England.
ENGLAND = 50_000_000
#: The one area of a planner's own table that names no areas: all its practices.
EVERYTHING = "all"


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
    whole
        Code, ONS code and name of the wider area (an ICB) that the codes make up, if one was
        named: its boundary may stand in the boundary file as one feature.
    features
        Positions of the features of the boundary file that were named instead of codes: the area
        is then made of the practices that lie inside them.
    """

    label: str
    name: str
    codes: tuple[str, ...]
    whole: tuple[str, str, str] | None = None
    features: tuple[int, ...] = ()


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
    ours, theirs = table["ons"].reindex(first.index).fillna(""), first["ons_area"]
    first = first[(ours == theirs) | (ours == "") | (theirs == "")]  # else the code is used again
    for column, source in columns.items():
        table[column] = first[source].reindex(table.index).fillna("")
    known = first["ons_area"].reindex(table.index).fillna("")
    table["ons"] = table["ons"].where(table["ons"] != "", known)
    return table


def resolve(
    area: str | Sequence[str], table: pd.DataFrame, file: str, features: pd.DataFrame | None = None
) -> Wanted:
    """Find what the planner meant by one area code or several.

    Parameters
    ----------
    area
        Commissioner code (``08V``), its ONS code (``E38000186``), its name, the code of an ICB or
        STP that the membership map gives, or the code or name of a feature of the boundary file
        (a local authority, a polygon of the planner's own); one or several, of one sort.
    table
        See `area_table`.
    file
        Name of the list file, for messages.
    features
        Features of the boundary file: columns ons, code, name.

    Returns
    -------
    Wanted

    Raises
    ------
    DataError
        When a code is not in the list file; the nearest codes and names are offered.
    """
    several = _texts(area)
    found = [_one(text, table, file, features) for text in several]
    if not found:
        raise DataError("no area was named", todo="Name one with --area")
    if len(found) == 1:
        return found[0]
    if len({bool(one.features) for one in found}) > 1:
        raise DataError(
            f"{examples(several)} are not of one sort: some are commissioning areas, others "
            "features of the boundary file",
            todo="Name commissioning areas or features, not both",
        )
    labels = dict.fromkeys(one.label for one in found)
    names = dict.fromkeys(one.name for one in found if one.name)
    return Wanted(
        "+".join(labels),
        _name_of_all(labels, names, {code for one in found for code in one.codes}, table),
        tuple(sorted({code for one in found for code in one.codes})),
        None,
        tuple(sorted({i for one in found for i in one.features})),
    )


def _name_of_all(
    labels: Iterable[str], names: Iterable[str], codes: set[str], table: pd.DataFrame
) -> str:
    """Name several areas: each of a few, England, or how many and the first of them."""
    named, labels = list(names), list(labels)
    if len(codes) == len(table) and int(table["patients"].sum()) >= ENGLAND:
        return "England"
    if max(len(named), len(labels)) <= MOST_NAMED:
        return ", ".join(named)
    said = named if len(named) == len(labels) else labels
    return f"{len(labels)} areas: {examples(said, 3)}"


def _texts(area: object) -> list[str]:
    """Take one code or several; anything that is no text is refused."""
    several = [area] if isinstance(area, str) else area
    if isinstance(several, Iterable):
        texts = list(dict.fromkeys(several))
        if all(isinstance(text, str) for text in texts):
            return texts
    raise DataError(
        f"the area must be a code as text, or several, not {area!r}", todo='Write area="08V"'
    )


def _one(text: str, table: pd.DataFrame, file: str, features: pd.DataFrame | None) -> Wanted:
    """Find one area: by commissioner, by ICB, then among the features of the boundary file."""
    if list(table.index) == [EVERYTHING]:
        return Wanted(text.strip() or EVERYTHING, text.strip(), (EVERYTHING,))
    wanted = text.strip().upper()
    if wanted:
        same = (table.index == wanted) | (table["ons"] == wanted)
        same |= table["name"].str.upper() == wanted
        if same.any():
            return _commissioner(str(table.index[same][0]), table)
        wider = (table["icb"] == wanted) | (table["ons_icb"] == wanted)
        wider |= table["icb_name"].str.upper() == wanted
        if wider.any():
            _check_all_known(text, table, file)
            row = table[wider].iloc[0]
            label, name = str(row["icb"] or wanted), str(row["icb_name"])
            codes = tuple(sorted(str(code) for code in table.index[wider]))
            return Wanted(label, name, codes, (label, str(row["ons_icb"]), name))
    if features is not None and wanted:
        for column in ("ons", "code", "name"):
            mask = features[column].str.upper() == wanted
            if mask.any():
                at = tuple(int(i) for i in features.index[mask])
                first = features[mask].iloc[0]
                label = str(first["ons"] or first["code"] or first["name"])
                return Wanted(label, str(first["name"]), (), None, at)
    plain = _by_plain_name(wanted, table["name"])
    if plain.any():
        return _commissioner(str(table.index[plain][0]), table)
    raise DataError(
        f"there is no area {text!r} among the {len(table)} areas of this file",
        file=file,
        column="area code",
        todo=f"Nearest: {examples(_nearest(wanted, table))}",
    )


def _check_all_known(text: str, table: pd.DataFrame, file: str) -> None:
    """Refuse an ICB where the map is silent on some areas: they would be left out unsaid (Q14)."""
    unknown = table.index[(table[["icb", "ons_icb", "icb_name"]] == "").all(axis=1)]
    if len(unknown):
        raise DataError(
            f"the map does not say to which ICB or STP {len(unknown)} of the {len(table)} areas "
            f"of the lists belong ({examples(unknown)}): {text!r} may lack some of its areas",
            file=file,
            todo="Give the map of the date of the lists (Q14), or name the areas one by one",
        )


def _commissioner(code: str, table: pd.DataFrame) -> Wanted:
    return Wanted(code, str(table.loc[code, "name"]), (code,))


def _by_plain_name(wanted: str, names: pd.Series[str]) -> pd.Series[bool]:
    """Find the one area of a name without its NHS and CCG; none where several have it."""
    plain = plain_name(wanted)
    same: pd.Series[bool] = names.map(plain_name) == plain
    return same & bool(plain and same.sum() == 1)


def plain_name(name: str) -> str:
    """Bring an area's name to the form that names are compared in.

    Examples
    --------
    >>> plain_name("NHS Tower Hamlets CCG") == plain_name("Tower Hamlets")
    True
    """
    words = re.sub(r"[^A-Z0-9 ]+", " ", name.upper().replace("&", " AND ")).split()
    return " ".join(
        w for w in words if w not in ("NHS", "CCG", "ICB", "INTEGRATED", "CARE", "BOARD")
    )


def _nearest(wanted: str, table: pd.DataFrame) -> list[str]:
    """Offer the areas whose code or name is most like what was asked for."""
    words: dict[str, str] = {}
    for code, row in table.iterrows():
        shown = f"{code} ({row['name']})" if row["name"] else str(code)
        for word in (str(code), str(row["ons"]), str(row["name"]).upper()):
            if word:
                words.setdefault(word, shown)
        if row["name"]:
            words.setdefault(plain_name(str(row["name"])), shown)
    near = difflib.get_close_matches(wanted, list(words), n=8, cutoff=0.4)
    contained = [word for word in words if len(wanted) > 2 and wanted in word]
    offered = dict.fromkeys(words[word] for word in [*contained, *near])
    if not offered:
        offered = dict.fromkeys(words[word] for word in sorted(words))
    return list(offered)[:5]
