"""What becomes of every practice in no network: reason, home, state; what would help an island."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.names import display_name, name_practices
from pcngeo.orphans.near import waiting
from pcngeo.plan import Plan
from pcngeo.rules import Rules
from pcngeo.schema import REASONS
from pcngeo.sizes import network_lists

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ORPHANS", "orphans_table", "service_population", "ways_out"]

#: Columns of `orphans_table`, in order, after the index `practice`.
ORPHANS = (
    "name",
    "list_size",
    "standing",
    "reason_code",
    "reason_name",
    "reason",
    "network",
    "state",
    "list_before",
    "list_after",
    "offer",
    "rules_broken",
    "way_out",
)


def orphans_table(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules | None = None,
    *,
    proposals: pd.DataFrame,
    reasons: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List every practice in no network: why, its home on offer, and how far that is settled.

    Practices that have joined a network by decision (`Plan.joined`) stay in the list, with the
    state ``agreed`` or ``assigned`` and by whom: nobody is moved in silence (R14).

    Parameters
    ----------
    plan, practices, graph, rules
        As in `propose`.
    proposals
        As of `propose`.
    reasons
        Why practices of the graph are in no network: index practice, columns `reason_code` and
        `reason` (`pcngeo.optimise.explain.unplaced_reasons`). Without them, only an isolated
        practice and a part of the area below the floor can be told.

    Returns
    -------
    DataFrame
        Index `practice`, columns `ORPHANS`. `reason_code` is one of `pcngeo.schema.REASONS`, and
        `reason_name` what that says;
        `state` ``proposed``, ``agreed``, ``assigned`` or ``""`` (no home on offer); `way_out` says
        which bridge or waiver would help a practice of a part below the floor.
    """
    rules = rules or Rules()
    paths = ways_out(graph, rules, practices)
    help_of = {
        p: sentence
        for members, sentence in zip(paths["members"], paths["sentence"], strict=True)
        for p in members
    }
    names = practices["name"].fillna("").to_dict()
    word = partial(name_practices, names=names)
    rows = {}
    settled = [p for p in proposals.index if p in plan.joined]
    for practice in sorted({*waiting(plan, practices), *settled}):
        code, reason = _why(practice, practices, graph, rules, reasons)
        offer = proposals.loc[practice] if practice in proposals.index else None
        rows[practice] = {
            "name": str(practices.at[practice, "name"]),
            "list_size": int(practices.at[practice, "list_size"]),
            "standing": str(practices.at[practice, "standing"]),
            "reason_code": code,
            "reason_name": REASONS.get(code, ""),
            "reason": word(reason),
            "network": "" if offer is None else str(offer["network"]),
            "state": "" if offer is None else str(offer["state"]),
            "list_before": pd.NA if offer is None else int(str(offer["list_before"])),
            "list_after": pd.NA if offer is None else int(str(offer["list_after"])),
            "offer": word(
                _no_offer(practice, practices) if offer is None else str(offer["reason"])
            ),
            "rules_broken": "" if offer is None else str(offer["rules_broken"]),
            "way_out": help_of.get(practice, ""),
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(ORPHANS))
    return table.astype({"list_before": "Int64", "list_after": "Int64"}).rename_axis("practice")


def _why(
    practice: str,
    practices: pd.DataFrame,
    graph: nx.Graph[str],
    rules: Rules,
    reasons: pd.DataFrame | None,
) -> tuple[str, str]:
    code = str(practices.at[practice, "reason_code"])
    if code:
        return code, str(practices.at[practice, "reason"]) or f"{REASONS[code].capitalize()}."
    if reasons is not None and practice in reasons.index:
        return str(reasons.at[practice, "reason_code"]), str(reasons.at[practice, "reason"])
    if practice in graph and not list(graph.neighbors(practice)):
        return "isolated", f"{practice} touches no other practice."
    if practice in graph:
        part = nx.node_connected_component(graph, practice)
        total = sum(graph.nodes[p]["list_size"] for p in part)
        if total < rules.min_list:
            return "component_below_floor", (
                f"Its part of the area has {total:,} people registered, fewer than the "
                f"{rules.min_list:,} that one network needs."
            )
    return "no_room", "In no network of this configuration."


def _no_offer(practice: str, practices: pd.DataFrame) -> str:
    if practices.at[practice, "standing"] == "special":
        return "A special scheme: which network covers its patients needs a decision (Q6)."
    if practices.at[practice, "reason_code"] == "no_location":
        return "No home can be ranked without a location: give its place in the rules file."
    return "There is no network to offer."


def ways_out(
    graph: nx.Graph[str], rules: Rules | None = None, practices: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Say for every part of the area below the floor which bridge or waiver would solve it (Q26).

    Parameters
    ----------
    graph
        The graph that contiguity is judged on.
    rules
        The floor; the default rules where none are given.
    practices
        For names in the sentences.

    Returns
    -------
    DataFrame
        Index `part` (ODS code of its largest practice), sorted by patients: `members` (tuple),
        `patients`, `shortfall`, `bridge_a` (in it), `bridge_b` (the nearest practice of another
        part), `distance_km` (straight line), `patients_there` (of that part) and a `sentence`.
        Bridges are never added by themselves.
    """
    rules = rules or Rules()
    size = nx.get_node_attributes(graph, "list_size")
    parts = [tuple(sorted(part)) for part in nx.connected_components(graph)]
    rows = {}
    for part in parts:
        patients = sum(size[p] for p in part)
        if patients >= rules.min_list:
            continue
        name = min(part, key=lambda p: (-size[p], p))
        others = [other for other in parts if other != part]
        rows[name] = {
            "members": part,
            "patients": patients,
            "shortfall": rules.min_list - patients,
            **_bridge(part, others, graph),
        }
        rows[name]["sentence"] = _way(rows[name], rules, practices)
    columns = ["members", "patients", "shortfall", "bridge_a", "bridge_b", "distance_km",
               "patients_there", "sentence"]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("part")
    return table.sort_values("patients", ascending=False, kind="stable")


def _bridge(
    part: tuple[str, ...], others: list[tuple[str, ...]], graph: nx.Graph[str]
) -> dict[str, object]:
    """Find the shortest straight line to a practice of another part."""
    there = [q for other in others for q in other]
    if not there:
        return {"bridge_a": "", "bridge_b": "", "distance_km": float("nan"), "patients_there": 0}
    x, y = (np.array([graph.nodes[q][c] for q in there]) for c in "xy")
    lines = []
    for p in part:
        away = np.hypot(x - graph.nodes[p]["x"], y - graph.nodes[p]["y"])
        k = int(away.argmin())
        lines.append((float(away[k]), p, there[k]))
    metres, a, b = min(lines)
    beyond = next(other for other in others if b in other)
    patients = sum(graph.nodes[q]["list_size"] for q in beyond)
    return {
        "bridge_a": a,
        "bridge_b": b,
        "distance_km": metres / 1000.0,
        "patients_there": patients,
    }


def _way(row: dict[str, object], rules: Rules, practices: pd.DataFrame | None) -> str:
    def named(end: str) -> str:
        practice = str(row[end])
        if practices is None or "name" not in practices or practice not in practices.index:
            return practice
        return f"{display_name(str(practices.at[practice, 'name']))} ({practice})"

    waiver = (
        f"a rural waiver for {row['patients']:,} people registered, {row['shortfall']:,} below "
        f"{rules.min_list:,} (R03)"
    )
    if not row["bridge_a"]:
        return f"Only {waiver} would let it be a network."
    together = int(str(row["patients"])) + int(str(row["patients_there"]))
    return (
        f"A bridge between {named('bridge_a')} and {named('bridge_b')}, "
        f"{row['distance_km']:.1f} km apart, would join it to a part of {row['patients_there']:,} "
        f"({together:,} together); or {waiver}."
    )


def service_population(
    plan: Plan,
    practices: pd.DataFrame,
    proposals: pd.DataFrame,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Add the patients that a network covers to those it has: two columns, never mixed (R15).

    Parameters
    ----------
    plan, practices
        As in `propose`.
    proposals
        As of `propose`; homes of practices with standing ``covered`` or ``special`` are cover.
    rules
        `shared`: a practice in two networks counts in both by its shares (R20).

    Returns
    -------
    DataFrame
        Index `network`; `member_list` (what the window is held against), `covered_list`,
        `service_population` (both), `covered_practices` (codes joined by ", ").
    """
    sizes = network_lists(plan, practices, rules)
    cover = proposals[
        practices.loc[proposals.index, "standing"].isin(["covered", "special"]).to_numpy()
    ]
    rows = {}
    for network, member_list in sizes.items():
        codes = sorted(str(p) for p in cover.index[cover["network"] == network])
        covered = int(practices.loc[codes, "list_size"].sum())
        rows[network] = {
            "member_list": member_list,
            "covered_list": covered,
            "service_population": member_list + covered,
            "covered_practices": ", ".join(codes),
        }
    columns = ["member_list", "covered_list", "service_population", "covered_practices"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("network")
