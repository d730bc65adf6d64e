"""How many registered patients a network has: one source for every table (R05, R20).

A practice in two networks or more is assigned to one of them; `member_shares` divides its list
between them all to the patient, so that totals never count anybody twice. Every sum of a network's
patients in the package is made here, but for the audit's, which is made anew so that it trusts
nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pcngeo.decisions import Shared
    from pcngeo.plan import Plan
    from pcngeo.rules import Rules

__all__ = ["SHARES", "divide", "member_shares", "network_lists", "share_words", "shared_here"]

#: Columns of `member_shares`, in order.
SHARES = ("practice", "network", "list_share", "list_size")


def shared_here(plan: Plan, rules: Rules | None) -> dict[str, list[tuple[Shared, str]]]:
    """Find the approved shares that hold in a plan: the two practices are in two networks.

    Returns
    -------
    dict
        By practice: the rows of the rules in their order, each with the other network.
    """
    home = plan.assignment
    found: dict[str, list[tuple[Shared, str]]] = {}
    for row in rules.shared if rules is not None else ():
        own, other = str(home.get(row.practice, "")), str(home.get(row.joins, ""))
        if row.approved_by and own and other and own != other:
            found.setdefault(row.practice, []).append((row, other))
    return found


def divide(patients: int, shares: Sequence[Fraction]) -> list[int]:
    """Divide registered patients by shares that add up to 1, to the patient.

    Each part is rounded down; the patients left over go to the largest remainders, the first part
    on a tie.

    Examples
    --------
    >>> divide(1_001, [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)])
    [501, 250, 250]
    """
    exact = [patients * share for share in shares]
    parts = [int(part) for part in exact]
    rest = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in rest[: patients - sum(parts)]:
        parts[i] += 1
    return parts


def share_words(share: float) -> str:
    """Say a share of a list in per cent.

    Examples
    --------
    >>> share_words(0.3), share_words(0.125)
    ('30%', '12.5%')
    """
    return f"{100 * share:.6g}%"


def member_shares(
    plan: Plan, lists: pd.DataFrame | Mapping[str, int], rules: Rules | None = None
) -> pd.DataFrame:
    """List who is in which network with which share of its list: many to many (R20).

    Parameters
    ----------
    plan
        Any plan.
    lists
        Practices with their `list_size`, or registered patients by practice.
    rules
        `shared`; only approved shares count.

    Returns
    -------
    DataFrame
        Columns `SHARES`: practice, network, `list_share` (adds up to 1 for every practice in a
        network) and `list_size` (registered patients counted there; adds up to the practice's
        list), sorted by network and practice.

    Examples
    --------
    >>> from pcngeo.decisions import Shared
    >>> from pcngeo.plan import Plan, Status
    >>> from pcngeo.rules import Rules
    >>> plan = Plan(pd.Series({"A": "1", "B": "2"}), status=Status.GIVEN)
    >>> rules = Rules(shared=(Shared("A", "B", 0.25, "Two towns", "NHS X"),))
    >>> member_shares(plan, {"A": 1_000, "B": 500}, rules)["list_size"].tolist()
    [750, 250, 500]
    """
    size = lists["list_size"].to_dict() if isinstance(lists, pd.DataFrame) else lists
    divided = shared_here(plan, rules)
    rows = []
    for practice, network in plan.assignment[plan.assignment != ""].items():
        patients = int(size[str(practice)])
        if practice not in divided:
            rows.append((practice, network, 1.0, patients))
            continue
        away: dict[str, Fraction] = {}
        for row, other in divided[str(practice)]:
            away[other] = away.get(other, Fraction(0)) + Fraction(str(row.share))
        parts = {str(network): 1 - sum(away.values(), Fraction(0)), **away}
        sizes = divide(patients, list(parts.values()))
        rows.extend(
            (practice, there, float(share), count)
            for (there, share), count in zip(parts.items(), sizes, strict=True)
        )
    order = {network: i for i, network in enumerate(plan.networks)}
    rows.sort(key=lambda row: (order[row[1]], row[0]))
    table = pd.DataFrame(rows, columns=list(SHARES))
    return table.astype({"list_size": int, "list_share": float})


def network_lists(
    plan: Plan, lists: pd.DataFrame | Mapping[str, int], rules: Rules | None = None
) -> dict[str, int]:
    """Add up the registered patients of every network, shared practices by their shares (R20).

    Parameters
    ----------
    plan, lists, rules
        As in `member_shares`.

    Returns
    -------
    dict
        Registered patients by network, in reading order.
    """
    sums = dict.fromkeys(plan.networks, 0)
    table = member_shares(plan, lists, rules)
    for network, patients in zip(table["network"], table["list_size"], strict=True):
        sums[network] += int(patients)
    return sums
