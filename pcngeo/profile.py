"""Who is registered with each network: ages, deprivation, town and country, sites, distances.

Everything is counted in people first and divided last, so that shares of networks are weighted by
list. What could not be matched (patients whose LSOA is not known, practices without ages) is left
out of both sides of the division, and the share that was matched stands beside it (Q20, Q22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pcngeo.errors import DataError
from pcngeo.lsoas import LAST_2011
from pcngeo.plan import Plan
from pcngeo.sizes import member_shares

if TYPE_CHECKING:
    import geopandas as gpd

    from pcngeo.rules import Rules

__all__ = ["AGE_BANDS", "practice_profile", "profile", "spread"]

#: Bands of ages, both ends included; the last three overlap (R60).
AGE_BANDS = {
    "0_4": (0, 4),
    "5_14": (5, 14),
    "15_64": (15, 64),
    "65_plus": (65, 120),
    "75_plus": (75, 120),
    "85_plus": (85, 120),
}
#: The two most deprived of ten tenths are the most deprived 20 % (R61).
DEPRIVED_DECILE = 2


def practice_profile(
    practices: pd.DataFrame,
    *,
    registrations: pd.DataFrame | None = None,
    deprivation: pd.DataFrame | None = None,
    rurality: pd.DataFrame | None = None,
    ages: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Profile every practice by the people registered with it.

    Parameters
    ----------
    practices
        Index practice; `list_size`.
    registrations
        Columns practice, lsoa, patients (`Intake.registrations`).
    deprivation
        Index lsoa; `imd_score`, `imd_decile` (`pcngeo.intake.statistics.read_deprivation`).
    rurality
        Index lsoa; `rural` (bool) (`pcngeo.intake.statistics.read_rurality`).
    ages
        Columns practice, age_from, age_to, patients (`pcngeo.intake.statistics.read_ages`).

    Returns
    -------
    DataFrame
        Index practice (as given); `list_size`; with registrations and deprivation: `imd_score`
        (mean weighted by patients), `most_deprived_20_share`, `imd_matched_share`; with rurality:
        `rural_share`, `rural_matched_share`; with ages: ``age_<band>_share`` for `AGE_BANDS` and
        `ages_matched_share`. NaN where nothing was matched. Matched shares are of the list, or of
        the patients that the file itself has where these are more: files of two dates differ (Q22).

    Raises
    ------
    DataError
        When LSOAs of different vintages would be joined (Q19).
    """
    counts = _counts(practices, registrations, deprivation, rurality, ages)
    return _shares(counts)


def profile(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    *,
    registrations: pd.DataFrame | None = None,
    deprivation: pd.DataFrame | None = None,
    rurality: pd.DataFrame | None = None,
    ages: pd.DataFrame | None = None,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Profile every network of a plan, and the area.

    Parameters
    ----------
    plan
        Who is in which network.
    practices, registrations, deprivation, rurality, ages
        As in `practice_profile`; practices also with `site` and a location.
    rules
        `shared`: people of a practice in two networks count in both by its shares (R20).

    Returns
    -------
    DataFrame
        Index `network` in reading order, then ``area`` (all practices in networks): `practices`,
        `sites`, `sites_shared` (sites that other networks use too), the columns of
        `practice_profile`, `largest_distance_km` and `least_distance_km` (straight line, between
        two members), `list_smallest`, `list_largest`, `list_cv` (standard deviation over mean of
        the members' lists), and with deprivation `imd_lowest` and `imd_highest` (of its
        practices); `lsoa_vintage` (census year of the LSOAs that patients were counted by, ``""``
        without registrations).

    Examples
    --------
    >>> import geopandas as gpd
    >>> practices = gpd.GeoDataFrame(
    ...     {"list_size": [20_000, 15_000], "site": ["a", "b"]},
    ...     index=pd.Index(["A", "B"], name="practice"),
    ...     geometry=gpd.points_from_xy([0, 3_000], [0, 4_000]), crs=27700)
    >>> from pcngeo.plan import Status
    >>> table = profile(Plan(pd.Series({"A": "1", "B": "1"}), status=Status.GIVEN), practices)
    >>> float(table.loc["1", "largest_distance_km"])
    5.0
    """
    counts = _counts(practices, registrations, deprivation, rurality, ages)
    single = _shares(counts)
    groups = {**plan.groups()}
    groups["area"] = tuple(p for members in plan.groups().values() for p in members)
    table = _shares(_sums(plan, counts, practices, rules))
    where = _places(groups, practices)
    varied = pd.DataFrame.from_dict(
        {n: _variation(single.loc[list(m)]) for n, m in groups.items()}, orient="index"
    )
    table = where.join(table).join(varied).rename_axis("network")
    table["lsoa_vintage"] = _vintage(registrations)
    return table.astype({"list_smallest": "Int64", "list_largest": "Int64"})


def _sums(
    plan: Plan, counts: pd.DataFrame, practices: pd.DataFrame, rules: Rules | None
) -> pd.DataFrame:
    """People by network, and of the area: the sum of its networks."""
    shares = member_shares(plan, practices, rules)
    rows = counts.loc[shares["practice"]].mul(shares["list_share"].to_numpy(), axis=0)
    rows["list_size"] = shares["list_size"].to_numpy()
    sums = rows.groupby(shares["network"].to_numpy()).sum().reindex(list(plan.networks))
    sums.loc["area"] = sums.sum()
    return sums.rename_axis("network")


def spread(profiles: pd.DataFrame) -> pd.DataFrame:
    """Show how far networks differ, measure by measure (R60, R62).

    Parameters
    ----------
    profiles
        As of `profile`.

    Returns
    -------
    DataFrame
        Index `measure`; `area` (its value for the whole area), `least`, `median`, `most`, `range`
        and `cv` (standard deviation over mean) of the networks, and `least_network`,
        `most_network`.
    """
    networks = profiles.drop(index="area", errors="ignore")
    rows = {}
    for measure in networks.select_dtypes("number").columns:
        values = networks[measure].astype(float)
        if values.notna().any():
            mean = float(values.mean())
            rows[measure] = {
                "area": profiles[measure].get("area", float("nan")),
                "least": values.min(),
                "median": values.median(),
                "most": values.max(),
                "range": values.max() - values.min(),
                "cv": float(values.std(ddof=0)) / mean if mean else float("nan"),
                "least_network": values.idxmin(),
                "most_network": values.idxmax(),
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")


# ---- counting -------------------------------------------------------------------------------
def _counts(
    practices: pd.DataFrame,
    registrations: pd.DataFrame | None,
    deprivation: pd.DataFrame | None,
    rurality: pd.DataFrame | None,
    ages: pd.DataFrame | None,
) -> pd.DataFrame:
    """People by practice: everything that is divided later."""
    counts = pd.DataFrame({"list_size": practices["list_size"].astype(int)})
    if registrations is not None:
        own = registrations[registrations["practice"].isin(practices.index)]
        counts["registered"] = own.groupby("practice")["patients"].sum()
        if deprivation is not None:
            _same_vintage(registrations, deprivation, "deprivation")
            joined = own.join(deprivation, on="lsoa", how="inner")
            joined["weighted"] = joined["imd_score"] * joined["patients"]
            if "imd_decile" in joined:
                poor = joined["imd_decile"] <= DEPRIVED_DECILE
                joined["deprived"] = joined["patients"].where(poor, 0)
            sums = joined.groupby("practice")
            counts["imd_matched"] = sums["patients"].sum()
            counts["imd_weighted"] = sums["weighted"].sum()
            if "deprived" in joined:
                counts["deprived"] = sums["deprived"].sum()
        if rurality is not None:
            _same_vintage(registrations, rurality, "rural-urban classification")
            joined = own.join(rurality[["rural"]], on="lsoa", how="inner")
            joined["country"] = joined["patients"].where(joined["rural"].astype(bool), 0)
            sums = joined.groupby("practice")
            counts["rural_matched"] = sums["patients"].sum()
            counts["country"] = sums["country"].sum()
    if ages is not None:
        own = ages[ages["practice"].isin(practices.index)]
        counts["ages"] = own.groupby("practice")["patients"].sum()
        for band, (low, high) in AGE_BANDS.items():
            inside = own[(own["age_from"] >= low) & (own["age_to"] <= high)]
            counts[f"age_{band}"] = inside.groupby("practice")["patients"].sum()
    return counts.fillna(0)


def _vintage(registrations: pd.DataFrame | None, otherwise: str = "2011") -> str:
    """Census year of the LSOAs: codes of 2021 are told by their numbers (Q19)."""
    if registrations is None:
        return ""
    if registrations.attrs.get("vintage"):
        return str(registrations.attrs["vintage"])
    numbers = registrations["lsoa"].astype(str).str.extract(r"^E01(\d{6})$")[0].dropna()
    return "2021" if bool((numbers.astype(int) > LAST_2011).any()) else otherwise


def _same_vintage(registrations: pd.DataFrame, other: pd.DataFrame, what: str) -> None:
    mine = registrations.attrs.get("vintage") or _vintage(registrations, "")
    theirs = other.attrs.get("vintage", "")
    if mine and theirs and mine != theirs:
        raise DataError(
            f"the registrations are by LSOA of {mine}, the {what} by LSOA of {theirs}: most codes "
            "are the same, so a join would look right and be wrong (Q19)",
            todo=f"Give the {what} of {mine}"
            + (", or convert the registrations with --lsoa-changes" if mine == "2011" else ""),
        )


def _shares(counts: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame({"list_size": counts["list_size"].astype(int)})
    size = counts["list_size"]
    both = counts[["list_size", *({"registered"} & {*counts})]].max(axis=1)
    if "imd_matched" in counts:
        matched = counts["imd_matched"]
        table["imd_score"] = _over(counts["imd_weighted"], matched)
        if "deprived" in counts:
            table["most_deprived_20_share"] = _over(counts["deprived"], matched)
        table["imd_matched_share"] = _over(matched, both)
    if "rural_matched" in counts:
        table["rural_share"] = _over(counts["country"], counts["rural_matched"])
        table["rural_matched_share"] = _over(counts["rural_matched"], both)
    if "ages" in counts:
        for band in AGE_BANDS:
            table[f"age_{band}_share"] = _over(counts[f"age_{band}"], counts["ages"])
        table["ages_matched_share"] = _over(counts["ages"], size.clip(lower=counts["ages"]))
    return table


def _over(part: pd.Series, whole: pd.Series) -> pd.Series:
    return (part / whole.where(whole > 0)).astype(float)


# ---- sites and distances --------------------------------------------------------------------
def _places(groups: dict[str, tuple[str, ...]], practices: gpd.GeoDataFrame) -> pd.DataFrame:
    used: dict[str, set[str]] = {}
    for network, members in groups.items():
        for site in practices.loc[list(members), "site"] if network != "area" else ():
            used.setdefault(str(site), set()).add(network)
    rows = {}
    for network, members in groups.items():
        own = {str(site) for site in practices.loc[list(members), "site"]} - {""}
        least, largest = _distances(practices.geometry.loc[list(members)])
        rows[network] = {
            "practices": len(members),
            "sites": len(own),
            "sites_shared": sum(len(used[site]) > 1 for site in own),
            "largest_distance_km": largest,
            "least_distance_km": least,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _distances(points: gpd.GeoSeries) -> tuple[float, float]:
    """Least and largest distance between two of some places, km; NaN below two places."""
    here = points[points.notna() & ~points.is_empty]
    if len(here) < 2:
        return float("nan"), float("nan")
    x, y = here.x.to_numpy(), here.y.to_numpy()
    one, other = np.triu_indices(len(here), 1)
    away = np.hypot(x[one] - x[other], y[one] - y[other]) / 1000.0
    return float(away.min()), float(away.max())


def _variation(members: pd.DataFrame) -> dict[str, float]:
    lists = members["list_size"].astype(float)
    mean = float(lists.mean())
    found = {
        "list_smallest": float(lists.min()),
        "list_largest": float(lists.max()),
        "list_cv": float(lists.std(ddof=0)) / mean if mean else float("nan"),
    }
    if "imd_score" in members:
        found["imd_lowest"] = float(members["imd_score"].min())
        found["imd_highest"] = float(members["imd_score"].max())
    return found
