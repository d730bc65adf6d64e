"""The plans that one page shows: the proposal first, then alternatives, then today's networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from pcngeo.plan import Plan, Status
from pcngeo.review.colours import colour_networks
from pcngeo.review.facts import Facts, gather
from pcngeo.review.matching import renumber, shorten, today_plan
from pcngeo.review.picture import site_networks
from pcngeo.review.shapes import Shapes
from pcngeo.review.words import counted
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

__all__ = ["Option", "flags_in_words", "gather_options", "share_colours"]

#: What today's networks are called on the page.
TODAY = "Today"


@dataclass(frozen=True)
class Option:
    """One plan on the page: what it is called, all that is said of it, and its colours."""

    name: str
    facts: Facts
    colours: Mapping[str, int] = field(default_factory=dict)


def flags_in_words(facts: Facts) -> str:
    """Count the networks and their flags, for the switch.

    Examples
    --------
    >>> from types import SimpleNamespace as Row
    >>> flags_in_words(Row(networks=[Row(flagged=True), Row(flagged=False)]))
    'two networks, one flag'
    """
    flags = sum(n.flagged for n in facts.networks)
    return f"{counted(len(facts.networks), 'network')}, {counted(flags, 'flag')}"


def gather_options(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    territories: gpd.GeoDataFrame,
    *,
    graph: nx.Graph[str] | None,
    measures: pd.DataFrame | None,
    area: str,
    rules: Rules,
    alternatives: Mapping[str, Plan],
    today: bool,
    name: str = "",
) -> list[Option]:
    """Gather the facts of the proposal and of every other plan, numbered like the proposal.

    Parameters
    ----------
    plan, practices, territories, graph, measures, area, rules
        As in `pcngeo.review.draw_map`.
    alternatives
        Other plans by name.
    today
        Whether today's networks are shown too, where most practices have one.
    name
        What the plan is called.

    Returns
    -------
    list of Option
        Without colours.
    """
    name = name or (TODAY if plan.status is Status.GIVEN else "Proposal")
    called = dict(zip(practices["network_today"], practices["network_today_name"], strict=True))
    plan, short = shorten(plan, {str(n): str(name) for n, name in called.items()})
    if short:
        measures = None if measures is None else measures.rename(index=short)
        if "network" in practices:
            practices = practices.assign(network=practices["network"].replace(short))
    names = {number: str(called.get(network) or network) for network, number in short.items()}
    facts = gather(
        plan, practices, graph=graph, measures=measures, area=area, rules=rules, names=names,
        existing=name == TODAY,
    )  # fmt: skip
    found = [Option(name, facts)]
    others: dict[str, tuple[Plan, dict[str, str]]] = {n: (p, {}) for n, p in alternatives.items()}
    now = today_plan(practices, plan.assignment.index) if today and name != TODAY else None
    if now is not None and TODAY not in others:
        others[TODAY] = (now, called)
    bare = practices.drop(columns=["status", "network"], errors="ignore")
    for other, (theirs, known) in others.items():
        numbered, numbers = renumber(theirs, plan, practices["list_size"])
        names = {numbers[n]: str(known[n]) for n in numbers if known.get(n)}
        told, figures = _tell(numbered, bare, territories, graph, rules)
        facts = gather(
            numbered, told, graph=graph, measures=figures, area=area, rules=rules, names=names,
            existing=other == TODAY,
        )  # fmt: skip
        found.append(Option(other, facts))
    return found


def _tell(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    territories: gpd.GeoDataFrame,
    graph: nx.Graph[str] | None,
    rules: Rules,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame | None]:
    """Measure another plan, and say why each practice is where it is."""
    if graph is None or set(plan.assignment.index) != set(graph.nodes):
        return practices, None
    from pcngeo.evaluate import measure, membership

    empty = pd.DataFrame(columns=["network", "reason", "reason_code"])
    table = membership(plan, practices, graph, empty, empty)
    return practices.assign(reason=table["reason"]), measure(
        plan, practices, graph, territories, rules
    )


def share_colours(options: Sequence[Option], shapes: Shapes) -> list[Option]:
    """Colour all plans together, so that a network keeps its colour when the reader switches.

    Where six colours are not enough for the neighbours of all plans at once, each plan is coloured
    alone.

    Parameters
    ----------
    options
        The plans.
    shapes
        The drawing.

    Returns
    -------
    list of Option
        The same with colours.
    """
    at = [site_networks(option.facts) for option in options]
    ids = [[n.id for n in option.facts.networks] for option in options]
    pairs = [shapes.neighbours(where) for where in at]
    near = [shapes.near(where) for where in at]
    together = list(dict.fromkeys(n for own in ids for n in own))
    colours = colour_networks(together, sorted(set().union(*pairs)), near=near[0])
    if any(colours[a] == colours[b] for own in pairs for a, b in own):
        each = [colour_networks(i, p, near=n) for i, p, n in zip(ids, pairs, near, strict=True)]
    else:
        each = [{n: colours[n] for n in own} for own in ids]
    return [Option(o.name, o.facts, c) for o, c in zip(options, each, strict=True)]
