"""Who would move from which network of today to which: practice, from, to, date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pcngeo.plan import Plan
from pcngeo.sizes import member_shares

if TYPE_CHECKING:
    from pcngeo.rules import Rules

__all__ = ["CHANGES", "continuations", "membership_changes"]

#: Columns of `membership_changes`, in order.
CHANGES = ("practice", "name", "list_size", "from_network", "from_name", "to_network", "to_name",
           "date", "change")  # fmt: skip


def continuations(plan: Plan, practices: pd.DataFrame) -> dict[str, str]:
    """Say which network of today each proposed network continues.

    Each continues at most one, and is continued by at most one, so that as many registered
    patients as possible stay where they are.

    Parameters
    ----------
    plan
        The proposed networks.
    practices
        Index practice; `list_size`, `network_today`.

    Returns
    -------
    dict
        Code of today's network by proposed network; networks that continue none are left out.
    """
    home = plan.assignment[plan.assignment != ""]
    today = practices["network_today"].reindex(home.index).fillna("")
    kept = today != ""
    if not kept.any():
        return {}
    shared = pd.crosstab(
        home[kept], today[kept], values=practices["list_size"].reindex(home.index)[kept],
        aggfunc="sum",
    ).fillna(0)  # fmt: skip
    shared = shared.reindex(index=[n for n in plan.networks if n in shared.index])
    patients = shared.to_numpy(dtype=float)
    rows, columns = linear_sum_assignment(-patients)
    networks, codes = list(shared.index), list(shared.columns)
    return {
        str(networks[i]): str(codes[j])
        for i, j in zip(rows, columns, strict=True)
        if patients[i, j] > 0
    }


def membership_changes(
    plan: Plan,
    practices: pd.DataFrame,
    *,
    date: str = "",
    rules: Rules | None = None,
    orphans: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List every practice whose network would change, or is not settled.

    Parameters
    ----------
    plan
        The proposed networks.
    practices
        Index practice; `name`, `list_size`, `network_today`, `network_today_name`.
    date
        From when the memberships are to hold.
    rules
        `shared`: a practice in two networks has a row for the other one too (R20).
    orphans
        As of `pcngeo.orphans.orphans_table`: an orphan with a home on offer does not leave (R14).

    Returns
    -------
    DataFrame
        Columns `CHANGES`, sorted by practice. `to_network` is the code of the network of today
        that the proposed one continues (`continuations`), or ``new:<id>`` where it continues none:
        codes of new networks are given out by ODS. `change` is ``joins`` (it is in none today),
        ``moves``, ``leaves`` (in none of the plan), ``new network`` (its network would be new) or
        ``second network`` (by an approved share: it leaves none for it; `list_size` is the share).
        An orphan with a home on offer ``stays if agreed`` (its own network of today is offered),
        ``moves if agreed`` or ``joins if agreed``.
    """
    continues = continuations(plan, practices)
    names = (
        practices[practices["network_today"].fillna("") != ""]
        .drop_duplicates("network_today")
        .set_index("network_today")["network_today_name"]
    )
    rows = []

    def add(practice: str, was: str, network: str, change: str, patients: int) -> None:
        will = continues.get(network, f"new:{network}" if network else "")
        title = f"Network {network}" if network else ""
        name = practices.at[practice, "name"]
        ends = (was, names.get(was, ""), will, names.get(will, title))
        rows.append(
            dict(zip(CHANGES, (practice, name, patients, *ends, date, change), strict=True))
        )

    offered = _offered(orphans)
    second = member_shares(plan, practices, rules)
    second = second[second["network"] != second["practice"].map(plan.assignment)]
    for practice in sorted(practices.index):
        was = str(practices.at[practice, "network_today"] or "")
        network = str(plan.assignment.get(practice, ""))
        will = continues.get(network, f"new:{network}" if network else "")
        for row in second[second["practice"] == practice].itertuples():
            add(practice, "", str(row.network), "second network", int(str(row.list_size)))
        if not network and practice in offered:
            home = offered[practice]
            change = "joins" if not was else "stays" if continues.get(home) == was else "moves"
            add(practice, was, home, f"{change} if agreed", _list_size(practices, practice))
            continue
        if was == will:
            continue
        change = "moves"
        if not was:
            change = "joins"
        elif not will:
            change = "leaves"
        elif will.startswith("new:"):
            change = "new network"
        add(practice, was, network, change, _list_size(practices, practice))
    return pd.DataFrame(rows, columns=list(CHANGES))


def _offered(orphans: pd.DataFrame | None) -> dict[str, str]:
    """Name the network on offer of every orphan that may join one; who declines may not (R15)."""
    if orphans is None:
        return {}
    asked = orphans[orphans["state"].eq("proposed") & orphans["standing"].ne("covered")]
    return {str(p): str(n) for p, n in asked["network"].items() if n}


def _list_size(practices: pd.DataFrame, practice: str) -> int:
    return int(np.asarray(practices.at[practice, "list_size"]))
