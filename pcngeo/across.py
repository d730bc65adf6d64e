"""Networks across the border of commissioning areas: which areas, and which would lead (R19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = ["across_areas", "across_words", "leading"]

#: Columns of `across_areas`, in order.
COLUMNS = ("network", "area", "practices", "patients", "lead", "lead_said_by")
#: Networks up to which each is named in a sentence of its own.
MOST_NAMED = 6


def leading(areas: Mapping[str, int], named: str = "") -> tuple[str, bool]:
    """Say which area of a network would lead it: the one named, else that with most patients.

    Parameters
    ----------
    areas
        Registered patients by area.
    named
        The area that the rules name; it counts if it has a practice there.

    Returns
    -------
    (str, bool)
        The area (of two with as many the first by code), and whether the rules name it.

    Examples
    --------
    >>> leading({"08V": 12_000, "07L": 30_000})
    ('07L', False)
    >>> leading({"08V": 12_000, "07L": 30_000}, "08V")
    ('08V', True)
    """
    if named in areas:
        return named, True
    return min(areas, key=lambda area: (-areas[area], area)), False


def across_areas(plan: Plan, practices: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """List the areas of every network that has practices of several (R19).

    Parameters
    ----------
    plan
        Any plan.
    practices
        Index practice; columns area and list_size.
    rules
        ``[[cross_area]]`` may name the area that leads.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, the area with most patients first. It leads, unless the rules name
        another one; of two with as many, the first by code. `lead_said_by` tells which:
        ``most patients`` or ``rules``, and is empty for areas that do not lead.
    """
    home = plan.assignment[plan.assignment != ""]
    table = pd.DataFrame({"network": home}).join(practices[["area", "list_size"]], how="inner")
    table = table[table["area"].astype(str) != ""]
    sums = table.groupby(["network", "area"])["list_size"].agg(["size", "sum"]).reset_index()
    sums = sums[sums.groupby("network")["area"].transform("size") > 1]
    order = {network: k for k, network in enumerate(plan.networks)}
    sums = sums.assign(place=sums["network"].map(order))
    sums = sums.sort_values(["place", "sum", "area"], ascending=[True, False, True])
    named = {
        str(home[row.practice]): row.lead_area
        for row in rules.cross_area
        if row.lead_area and row.practice in home.index
    }
    rows = []
    for network, part in sums.groupby("network", sort=False):
        areas = [str(area) for area in part["area"]]
        people = dict(zip(areas, part["sum"].astype(int), strict=True))
        lead, told = leading(people, named.get(str(network), ""))
        by = "rules" if told else "most patients"
        for area, count, patients in part[["area", "size", "sum"]].itertuples(index=False):
            leads = str(area) == lead
            rows.append(
                (str(network), str(area), int(count), int(patients),
                 leads, by if leads else "")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def across_words(across: pd.DataFrame) -> Iterator[str]:
    """Say in sentences which networks have practices of several areas, and which would lead.

    Parameters
    ----------
    across
        What `across_areas` returned.

    Yields
    ------
    str
    """
    crossing = across.groupby("network", sort=False)
    if len(crossing) > MOST_NAMED:
        yield (
            f"{len(crossing):,} networks have practices of more than one area (R19): across.csv "
            "names the areas of each, and which would lead."
        )
        return
    for network, part in crossing:
        (lead,) = part.loc[part["lead"].astype(bool), "area"]
        named = part.loc[part["area"] == lead, "lead_said_by"].eq("rules").all()
        areas = [f"{a} ({n:,} people)" for a, n in zip(part["area"], part["patients"], strict=True)]
        why = "as the rules name it" if named else "with most of its people"
        yield (
            f"Network {network} has practices of {listed(areas)}: {lead} would lead, {why}, if all "
            "agree (R19)."
        )
