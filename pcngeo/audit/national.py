"""All of England's networks of one date, beside what was published about January 2020."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from pcngeo.rules import Rules

__all__ = ["PUBLISHED", "by_area", "by_network", "members_elsewhere", "national_picture"]

SOURCE = "BJGP, January 2020 (PMC7643821)"
#: What was published of January 2020: a count, and what it is counted out of.
PUBLISHED: dict[str, tuple[int, str]] = {
    "practices": (6_758, ""),
    "networks": (1_250, ""),
    "in_window": (726, "networks"),
    "below": (84, "networks"),
    "above": (440, "networks"),
    "single_practice": (34, "networks"),
    "more_than_10_practices": (77, "networks"),
    "areas": (135, ""),
    "areas_all_in_window": (6, "areas"),
}
WORDS = {
    "practices": "practices",
    "networks": "networks",
    "in_window": "networks with {low:,} to {high:,} people registered",
    "below": "networks with fewer",
    "above": "networks with more",
    "single_practice": "networks of one practice",
    "more_than_10_practices": "networks of more than 10 practices",
    "areas": "commissioning areas",
    "areas_all_in_window": "areas with every network in the window",
}


def by_network(practices: pd.DataFrame, rules: Rules | None = None) -> pd.DataFrame:
    """Sum up today's networks, across the borders of areas.

    Parameters
    ----------
    practices
        Practices of all areas: index practice; `list_size`, `area`, `network_today`.
    rules
        The window.

    Returns
    -------
    DataFrame
        Index `network`; `area` (the one with most of its registered patients, first code on a
        tie), `areas` (number), `practices`, `list_size`, `in_window`, `below`, `above`.
    """
    rules = rules or Rules()
    inside = practices[practices["network_today"].fillna("") != ""]
    by_part = inside.groupby(["network_today", "area"], sort=True)["list_size"].sum().reset_index()
    ranked = by_part.sort_values(
        ["network_today", "list_size", "area"], ascending=[True, False, True]
    )
    groups = inside.groupby("network_today", sort=True)["list_size"]
    table = pd.DataFrame(
        {
            "area": ranked.drop_duplicates("network_today").set_index("network_today")["area"],
            "areas": by_part.groupby("network_today").size(),
            "practices": groups.size(),
            "list_size": groups.sum(),
        }
    )
    table["in_window"] = table["list_size"].between(rules.min_list, rules.max_list)
    table["below"] = table["list_size"] < rules.min_list
    table["above"] = table["list_size"] > rules.max_list
    return table.rename_axis("network")


def by_area(practices: pd.DataFrame, rules: Rules | None = None) -> pd.DataFrame:
    """Sum up today's networks area by area; a network counts where most of its patients are.

    Parameters
    ----------
    practices, rules
        As in `by_network`.

    Returns
    -------
    DataFrame
        Index `area`; `practices`, `patients`, `networks`, `in_window`, `below`, `above`,
        `single_practice`, `more_than_10_practices`, `crossing` (networks of this area with
        practices of others too), `smallest`, `largest` (list sizes), `in_no_network` (practices),
        `patients_in_no_network`, `all_in_window`.
    """
    networks = by_network(practices, rules)
    grouped = networks.groupby("area")
    alone = practices["network_today"].fillna("") == ""
    table = pd.DataFrame(
        {
            "practices": practices.groupby("area").size(),
            "patients": practices.groupby("area")["list_size"].sum(),
            "networks": grouped.size(),
            "in_window": grouped["in_window"].sum(),
            "below": grouped["below"].sum(),
            "above": grouped["above"].sum(),
            "single_practice": grouped["practices"].agg(lambda n: int((n == 1).sum())),
            "more_than_10_practices": grouped["practices"].agg(lambda n: int((n > 10).sum())),
            "crossing": grouped["areas"].agg(lambda n: int((n > 1).sum())),
            "smallest": grouped["list_size"].min(),
            "largest": grouped["list_size"].max(),
            "in_no_network": alone.groupby(practices["area"]).sum(),
            "patients_in_no_network": practices["list_size"]
            .where(alone, 0)
            .groupby(practices["area"])
            .sum(),
        }
    )
    table = table.fillna(0).astype(int).rename_axis("area").sort_index()
    table["all_in_window"] = table["networks"].gt(0) & table["networks"].eq(table["in_window"])
    return table


def members_elsewhere(practices: pd.DataFrame, areas: Collection[str]) -> tuple[str, ...]:
    """Find practices of other areas whose network of today has members in these areas (R19).

    Parameters
    ----------
    practices
        As in `by_network`.
    areas
        Codes of areas.

    Returns
    -------
    tuple of str
        ODS codes, sorted: without them the networks of these areas would be summed too small.
    """
    here = practices["area"].isin(list(areas))
    today = practices["network_today"].fillna("")
    crossing = today.isin(set(today[here]) - {""}) & ~here
    return tuple(sorted(str(p) for p in practices.index[crossing]))


def national_picture(practices: pd.DataFrame, rules: Rules | None = None) -> pd.DataFrame:
    """Set today's networks of all England beside the published picture of January 2020.

    Parameters
    ----------
    practices, rules
        As in `by_network`.

    Returns
    -------
    DataFrame
        Index `measure`; `what` (in words), `found`, `found_share`, `published`, `published_share`
        (shares of networks or areas; NaN for plain counts) and `source` of the published figures.
    """
    rules = rules or Rules()
    networks, areas = by_network(practices, rules), by_area(practices, rules)
    found = {
        "practices": len(practices),
        "networks": len(networks),
        "in_window": int(networks["in_window"].sum()),
        "below": int(networks["below"].sum()),
        "above": int(networks["above"].sum()),
        "single_practice": int((networks["practices"] == 1).sum()),
        "more_than_10_practices": int((networks["practices"] > 10).sum()),
        "areas": len(areas),
        "areas_all_in_window": int(areas["all_in_window"].sum()),
    }
    rows = {}
    for measure, (published, out_of) in PUBLISHED.items():
        rows[measure] = {
            "what": WORDS[measure].format(low=rules.min_list, high=rules.max_list),
            "found": found[measure],
            "found_share": _share(found[measure], found.get(out_of, 0)),
            "published": published,
            "published_share": _share(published, PUBLISHED[out_of][0] if out_of else 0),
            "source": SOURCE,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")


def _share(count: int, whole: int) -> float:
    return count / whole if whole else float("nan")
