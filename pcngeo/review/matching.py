"""Which network of one plan continues which of another: most people in common, one to one.

Numbers then mean something to a reader: "moves from 3 to 4" names networks that they know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from pcngeo.plan import Plan, Status

__all__ = ["match_networks", "renumber", "shorten", "today_plan"]


def match_networks(
    mine: pd.Series[str], theirs: pd.Series[str], people: pd.Series[int]
) -> dict[str, str]:
    """Match networks one to one so that most people stay in a network that continues theirs.

    Parameters
    ----------
    mine, theirs
        Network by practice; ``""`` for none.
    people
        List size by practice.

    Returns
    -------
    dict
        Network of `theirs` by network of `mine`, where the two have people in common.

    Examples
    --------
    >>> mine = pd.Series({"A": "1", "B": "1", "C": "2"})
    >>> theirs = pd.Series({"A": "x", "B": "y", "C": "y"})
    >>> match_networks(mine, theirs, pd.Series({"A": 900, "B": 200, "C": 500}))
    {'1': 'x', '2': 'y'}
    """
    from scipy.optimize import linear_sum_assignment

    table = pd.DataFrame({"mine": mine, "theirs": theirs, "people": people}).fillna("")
    table = table[table["mine"].ne("") & table["theirs"].ne("")]
    if table.empty:
        return {}
    common = table.pivot_table(
        index="mine", columns="theirs", values="people", aggfunc="sum", fill_value=0
    ).sort_index()
    shared = common.to_numpy(dtype=float)
    rows, columns = linear_sum_assignment(-shared)
    return {
        str(common.index[int(r)]): str(common.columns[int(c)])
        for r, c in zip(rows, columns, strict=True)
        if shared[r, c] > 0
    }


def renumber(plan: Plan, like: Plan, people: pd.Series[int]) -> tuple[Plan, dict[str, str]]:
    """Give a plan's networks the numbers of the networks of another plan that they continue.

    Parameters
    ----------
    plan
        The plan to renumber.
    like
        The plan whose numbers are kept.
    people
        List size by practice.

    Returns
    -------
    Plan, dict
        The plan with new numbers, and the new number by the old; networks that continue none take
        the next free numbers.
    """
    same = match_networks(plan.assignment, like.assignment, people)
    used = [int(n) for n in like.networks if n.isdecimal()]
    free = max(used, default=0)
    numbers: dict[str, str] = {}
    for network in plan.networks:
        if network not in same:
            free += 1
        numbers[network] = same.get(network, str(free))
    return _renamed(plan, numbers), numbers


def shorten(plan: Plan, names: Mapping[str, str], longest: int = 4) -> tuple[Plan, dict[str, str]]:
    """Give short numbers to the networks of a plan whose ids are too long for a badge on a map.

    Parameters
    ----------
    plan
        Any plan; today's networks often go by codes.
    names
        What networks are called, by id. Where every name holds one number of its own ("Network 6
        PCN"), that is the number; else they are numbered in the order of their names.
    longest
        Letters that a badge can hold.

    Returns
    -------
    Plan, dict
        The plan with short numbers, and the number by the id; the plan itself and an empty dict
        where every id is short enough.

    Examples
    --------
    >>> plan = Plan(pd.Series({"A": "U12345", "B": "U54321"}), status=Status.GIVEN)
    >>> shorten(plan, {})[1]
    {'U12345': '1', 'U54321': '2'}
    >>> shorten(plan, {"U12345": "NETWORK 6 PCN", "U54321": "NETWORK 2 PCN"})[1]
    {'U12345': '6', 'U54321': '2'}
    """
    if all(len(network) <= longest for network in plan.networks):
        return plan, {}
    own = {n: re.findall(r"\d+", names.get(n, "")) for n in plan.networks}
    found = [str(int(digits[0])) for digits in own.values() if len(digits) == 1]
    if len(set(found)) == len(own):
        numbers = dict(zip(own, found, strict=True))
    else:
        order = sorted(plan.networks, key=lambda n: (names.get(n, ""), n))
        numbers = {network: str(i) for i, network in enumerate(order, 1)}
    return _renamed(plan, numbers), numbers


def _renamed(plan: Plan, numbers: dict[str, str]) -> Plan:
    assignment = plan.assignment.map(lambda n: numbers.get(n, ""))
    hubs = {numbers[n]: hub for n, hub in plan.hubs.items() if n in numbers}
    return plan.replace(assignment=assignment, hubs=hubs)


def today_plan(practices: pd.DataFrame, members: pd.Index) -> Plan | None:
    """Today's networks as a plan, where most of the people are in one.

    Parameters
    ----------
    practices
        With `network_today` and `list_size`.
    members
        Practices of the graph.

    Returns
    -------
    Plan or None
        None where fewer than half of the people are on a list with a network today.
    """
    today = practices.loc[members, "network_today"].fillna("").astype(str)
    people = practices.loc[members, "list_size"]
    if not people[today.ne("")].sum() * 2 > people.sum():
        return None
    return Plan(today, status=Status.GIVEN)
