"""Networks across the border of commissioning areas: which areas, and which would lead (R19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = ["across_areas"]

#: Columns of `across_areas`, in order.
COLUMNS = ("network", "area", "practices", "patients", "lead", "lead_said_by")


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
        said = named.get(str(network), "")
        lead, by = (said, "rules") if said in areas else (areas[0], "most patients")
        for area, count, patients in part[["area", "size", "sum"]].itertuples(index=False):
            leads = str(area) == lead
            rows.append(
                (str(network), str(area), int(count), int(patients),
                 leads, by if leads else "")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
