"""Everything the page says, worked out once: the map, the tables and the sentences agree.

Only the plan, the practices and the graph are read here; nothing is drawn. Where the caller has
measured the plan already (`pcngeo.evaluate.measure`) those figures are shown as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.evaluate import connected as one_area
from pcngeo.plan import Plan, Status
from pcngeo.review.matching import match_networks
from pcngeo.review.summary import summary_sentences
from pcngeo.review.words import (
    Flag,
    SizeWords,
    display_name,
    network_flags,
    plain_reason,
    size_words,
    waiver_words,
)
from pcngeo.rules import Rules
from pcngeo.schema import PLACED
from pcngeo.sizes import network_lists

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["Facts", "NetworkRow", "PracticeRow", "gather"]

STATUS_WORDS = {
    "member": "Member",
    "alone": "Alone",
    "proposed": "Suggested, not agreed",
    "orphan": "Not placed",
    "covered": "Covered",
    "special": "Special service",
    "excluded": "Left out",
}


@dataclass(frozen=True)
class PracticeRow:
    """One practice, as the page shows it; `network` is also set where one is only suggested."""

    code: str
    name: str
    published_name: str
    postcode: str
    people: int
    status: str
    network: str
    key: str
    reason: str
    today: str
    leaves: bool
    site: str
    x: float | None
    y: float | None

    @property
    def status_words(self) -> str:
        """The status as the table says it."""
        return STATUS_WORDS[self.status]

    @property
    def placed(self) -> bool:
        """Whether its people count in a network."""
        return self.status in PLACED


@dataclass(frozen=True)
class NetworkRow:
    """One network, as the page shows it."""

    id: str
    name: str
    members: tuple[PracticeRow, ...]
    people: int
    size: SizeWords
    connected: bool
    flags: tuple[Flag, ...]
    hub: str
    figures: Mapping[Any, Any]
    waivers: tuple[tuple[str, bool], ...] = ()
    hub_code: str = ""

    @property
    def waived(self) -> bool:
        """Whether somebody granted it a waiver."""
        return any(granted for _, granted in self.waivers)

    @property
    def flagged(self) -> bool:
        """Whether the map marks it."""
        return bool(self.flags)

    @property
    def mark(self) -> str:
        """Say what stands beside its number on the map, a shape for each kind of flag.

        ``W`` a granted waiver, which answers its flag; ``\u25b2`` over the window, ``\u25bc``
        under it, ``!`` flagged for something else.
        """
        if self.waived or not self.flagged:
            return "W" if self.waived else ""
        return {"agree": "\u25b2", "breaks": "\u25bc"}.get(self.size.level, "!")


@dataclass(frozen=True)
class Facts:
    """All that the page says about one plan."""

    plan: Plan
    rules: Rules
    area: str
    networks: tuple[NetworkRow, ...]
    practices: tuple[PracticeRow, ...]
    summary: tuple[tuple[str, str], ...]
    existing: bool = False

    @property
    def not_placed(self) -> tuple[PracticeRow, ...]:
        """Practices whose people are in no network."""
        return tuple(p for p in self.practices if not p.placed)

    @property
    def placed_people(self) -> int:
        """People in networks."""
        return sum(n.people for n in self.networks)

    @property
    def not_placed_people(self) -> int:
        """People on lists that are in no network."""
        return sum(p.people for p in self.not_placed)


def gather(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    *,
    graph: nx.Graph[str] | None = None,
    measures: pd.DataFrame | None = None,
    area: str = "",
    rules: Rules | None = None,
    names: Mapping[str, str] | None = None,
    existing: bool | None = None,
) -> Facts:
    """Work out everything the page says about a plan.

    Parameters
    ----------
    plan, practices, graph
        See `pcngeo.plan` and `pcngeo.schema`. Columns `status` and `network` of the practices are
        used where present.
    measures
        Frame of `pcngeo.evaluate.measure`.
    area
        Name of the commissioning area, for the sentences.
    rules
        The size window.
    names
        What networks are called, where they are more than a number.
    existing
        Whether these are networks of today and no proposal; by default those that were given.

    Returns
    -------
    Facts
    """
    rules = rules or Rules()
    table = _status(plan, practices)
    existing = plan.status is Status.GIVEN if existing is None else existing
    leaves = set() if existing else _leavers(table)
    rows = _practice_rows(table, practices, leaves)
    sizes = network_lists(plan, practices, rules)
    called = names or {}
    networks = tuple(
        _network_row(n, rows, plan, graph, measures, rules, called.get(n, ""), sizes)
        for n in plan.networks
    )
    return Facts(
        plan=plan,
        rules=rules,
        area=area,
        networks=networks,
        practices=rows,
        summary=summary_sentences(plan, networks, rows, area, rules, existing=existing),
        existing=existing,
    )


def _status(plan: Plan, practices: gpd.GeoDataFrame) -> pd.DataFrame:
    """Status and network of every practice, taken from the frame or derived from the plan."""
    table = pd.DataFrame(
        {
            "placed": plan.assignment.reindex(practices.index).fillna(""),
            "people": practices["list_size"].astype(int),
            "today": practices.get("network_today", ""),
            "today_name": practices.get("network_today_name", ""),
        },
        index=practices.index,
    )
    sizes = plan.assignment.value_counts()
    status = practices["standing"].replace({"eligible": "orphan"})
    status = status.mask(table["placed"].ne(""), "member")
    status = status.mask(table["placed"].ne("") & table["placed"].map(sizes).eq(1), "alone")
    table["status"] = practices.get("status", status)
    named = practices["network"].fillna("").astype(str) if "network" in practices else ""
    table["network"] = table["placed"].where(table["placed"].ne(""), named)
    return table


def _leavers(table: pd.DataFrame) -> set[str]:
    """Practices that would leave today's network (the one that their new network continues)."""
    here = table[table["placed"].ne("") & table["today"].ne("")]
    same = match_networks(here["today"], here["placed"], here["people"])
    stays = here["today"].map(same).eq(here["placed"])
    return set(here.index[~stays])


def _practice_rows(
    table: pd.DataFrame, practices: gpd.GeoDataFrame, leaves: set[str]
) -> tuple[PracticeRow, ...]:
    frame = table.join(practices[["name", "postcode", "reason", "site"]])
    frame["point"] = list(practices.geometry)
    order = {network: i for i, network in enumerate(_ordered(set(table["network"])))}
    frame["rank"] = [
        order[n] if s in PLACED else len(order)
        for n, s in zip(frame["network"], frame["status"], strict=True)
    ]
    frame["code"] = frame.index.astype(str)
    frame = frame.sort_values(["rank", "people", "code"], ascending=[True, False, True])
    names = {str(name): display_name(str(name)) for name in frame["name"] if name}
    place: dict[str, int] = {}
    rows = []
    for row in frame.to_dict("records"):
        key = ""
        if row["status"] in PLACED:
            place[row["network"]] = place.get(row["network"], -1) + 1
            key = f"{row['network']}{_letters(place[row['network']])}"
        row["reason"] = plain_reason(str(row["reason"] or ""), names)
        rows.append(_practice_row(row, key, row["code"] in leaves))
    return tuple(rows)


def _practice_row(row: Mapping[Any, Any], key: str, leaves: bool) -> PracticeRow:
    point = row["point"]
    here = point is not None and not point.is_empty
    return PracticeRow(
        code=row["code"],
        name=display_name(str(row["name"] or "")) or row["code"],
        published_name=str(row["name"] or ""),
        postcode=str(row["postcode"] or ""),
        people=int(row["people"]),
        status=str(row["status"]),
        network=str(row["network"]),
        key=key,
        reason=row["reason"],
        today=display_name(str(row["today_name"] or row["today"] or "")),
        leaves=leaves,
        site=str(row["site"] or ""),
        x=float(point.x) if here else None,
        y=float(point.y) if here else None,
    )


def _ordered(networks: set[str]) -> list[str]:
    return sorted(networks, key=lambda n: (not n.isdecimal(), int(n) if n.isdecimal() else 0, n))


def _letters(number: int) -> str:
    """Count in letters: a, b, ..., z, aa, ab, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(97 + rest) + letters
    return letters


def _network_row(
    network: str,
    rows: tuple[PracticeRow, ...],
    plan: Plan,
    graph: nx.Graph[str] | None,
    measures: pd.DataFrame | None,
    rules: Rules,
    name: str,
    sizes: Mapping[str, int],
) -> NetworkRow:
    members = tuple(p for p in rows if p.placed and p.network == network)
    figures = (
        {} if measures is None or network not in measures.index else measures.loc[network].to_dict()
    )
    hub = str(figures.get("hub") or plan.hubs.get(network, ""))
    # Practices in two networks count by their shares (R20), as in networks.csv.
    people = int(figures.get("list_size", sizes[network]))
    connected = graph is None or one_area([p.code for p in members], graph)
    return NetworkRow(
        id=network,
        name=display_name(name),
        members=members,
        people=people,
        size=size_words(people, rules),
        connected=connected,
        flags=network_flags(len(members), people, connected, rules),
        hub=next((p.name for p in members if p.code == hub), ""),
        figures=figures,
        waivers=waiver_words([p.code for p in members], rules),
        hub_code=hub,
    )
