"""One offer for every practice in no network: what was agreed, else the best set of homes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from pcngeo.decisions import HOME_STATES, Home
from pcngeo.errors import RulesError, SolverError
from pcngeo.orphans.best import Assignment, best_homes
from pcngeo.orphans.near import Near, _area, _areas, located, nearness, rules_broken, waiting
from pcngeo.plan import Plan
from pcngeo.rules import Rules
from pcngeo.sizes import network_lists

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["OFFER", "propose"]

#: Columns of `propose`, in order, after the index `practice`.
OFFER = (
    "network",
    "shares_border",
    "distance_km",
    "list_before",
    "list_after",
    "reason",
    "state",
    "rules_broken",
    "list_after_all",
)


@dataclass(frozen=True, eq=False)
class _Scene:
    """What every step of the search for homes looks at."""

    plan: Plan
    practices: gpd.GeoDataFrame
    graph: nx.Graph[str]
    rules: Rules
    near: dict[str, dict[str, Near]]
    decided: dict[str, Home]
    sizes: dict[str, int]

    def patients(self, practice: str) -> int:
        return int(self.practices.at[practice, "list_size"])

    def settled(self, practice: str) -> bool:
        return practice in self.decided and self.decided[practice].settled


def propose(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    graph: nx.Graph[str],
    rules: Rules | None = None,
) -> pd.DataFrame:
    """Offer a home to every practice in no network: the best set for all of them together.

    What the rules file says was agreed or assigned stands. Practices that are only next to each
    other (an island) are offered together to the nearest network, measured to its members: the
    ceiling is flexible (R04), distance over water is not. All others get the homes that leave
    every network connected (an orphan may reach its network through others that go there too),
    then put the fewest people above the ceiling, then have the least patients times distance to
    the nearest member. A practice that declines is offered cover by the nearest network.

    Parameters
    ----------
    plan
        A plan over the practices of `graph`.
    practices
        All practices of the area; those with standing ``orphan`` or ``covered`` get an offer where
        they have a location, special schemes (Q6) only where the rules decided on a home.
    graph
        The graph that contiguity is judged on.
    rules
        The ceiling, and the homes that people decided on; the default rules where none are given.

    Returns
    -------
    DataFrame
        Index `practice`, columns `OFFER`: network offered, whether they share a border,
        straight-line distance to the nearest practice of that network (km), the network's
        registered patients before and after it (sizes count what was offered before it: over land
        first, the largest list first; the patients of a practice that declines are not counted,
        R15), a sentence, the state (``proposed``, ``agreed``, ``assigned``), the rules that the
        home would break, and the network's registered patients after all offers.

    Raises
    ------
    RulesError
        When a home in the rules names a practice that is not of the area.
    """
    rules = rules or Rules()
    rows: dict[str, dict[str, object]] = {}
    if plan.networks:
        scene = _scene(plan, practices, graph, rules)
        covered = [p for p in scene.near if practices.at[p, "standing"] == "covered"]
        home = _decided_homes(scene) | {p: _nearest([p], scene) for p in covered}
        home |= {p: n for p, n in _decided_homes(scene).items() if p in covered}
        joining = [p for p in scene.near if p not in covered]
        home |= _islands([p for p in joining if p not in home], scene)
        home |= _together([p for p in joining if p not in home], home, scene)
        covered, joining = ([p for p in some if home[p]] for some in (covered, joining))
        sizes = dict(scene.sizes)
        steps = _in_turn(joining, home, scene)
        for network, group in [*((home[p], [p]) for p in covered), *steps]:
            before = sizes[network]
            sizes[network] += sum(scene.patients(p) for p in group if p not in covered)
            for practice in group:
                near = scene.near[practice][network]
                rows[practice] = _offer(practice, near, (before, sizes[network]), scene)
        for row in rows.values():
            row["list_after_all"] = sizes[str(row["network"])]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(OFFER))
    return table.rename_axis("practice").sort_index()


def _scene(plan: Plan, practices: gpd.GeoDataFrame, graph: nx.Graph[str], rules: Rules) -> _Scene:
    placed = plan.assignment[plan.assignment != ""]
    for home in rules.homes:
        odd = [p for p in (home.practice, home.joins) if p not in practices.index]
        if odd:
            raise RulesError(
                f"[[home]] {home.practice}: {odd[0]} is not a practice of this area. Correct the "
                "code, or remove the entry."
            )
    wishes = [
        Home(row.practice, row.prefers, reason=row.reason)
        for row in reversed(rules.preferences)
        if row.prefers in placed.index
    ]
    # What was decided comes before what is wished for.
    decided = {home.practice: home for home in wishes}
    decided |= {home.practice: home for home in rules.homes if home.joins in placed.index}
    standing = practices["standing"]
    # Which network covers a special scheme is for people to decide, not for geography (Q6).
    asked = [p for p in waiting(plan, practices) if standing[p] != "special" or p in decided]
    seen = [p for p in asked if p in decided or located(practices, p)]
    near = {
        p: {n: way for n, way in nearness(p, plan, practices, graph).items() if n not in barred}
        for p in seen
        for barred in (_barred(p, plan, rules),)
    }
    near = {p: ways for p, ways in near.items() if ways}
    decided = {p: home for p, home in decided.items() if placed[home.joins] in near.get(p, {})}
    return _Scene(
        plan, practices, graph, rules, near, decided, network_lists(plan, practices, rules)
    )


def _barred(practice: str, plan: Plan, rules: Rules) -> set[str]:
    """Find the networks that cannot be a practice's home: by veto, demand or refusal (R13, R16)."""
    home = plan.assignment
    others = [next(iter({*row.practices} - {practice})) for row in rules.divided
              if practice in row.practices]  # fmt: skip
    others += [row.by for row in rules.refused if row.practice == practice and row.approved_by]
    agreed = {row.joins for row in rules.homes if row.practice == practice and row.settled}
    return {home.get(p, "") for p in others} - {home.get(p, "") for p in agreed} - {""}


def _in_turn(
    joining: list[str], home: dict[str, str], scene: _Scene
) -> list[tuple[str, list[str]]]:
    """Put homes in the order in which sizes grow: over land by list, then islands whole."""
    placed = scene.plan.assignment
    alone = []
    islands: dict[tuple[bool, str, str], list[str]] = {}
    for part in nx.connected_components(scene.graph):
        group = sorted(p for p in part if p in joining)
        if any(placed.get(p, "") for p in part):
            alone += group
        else:
            for practice in group:
                key = (not scene.settled(practice), group[0], home[practice])
                islands.setdefault(key, []).append(practice)
    alone.sort(key=lambda p: (-scene.patients(p), p))
    off = sorted(p for p in joining if p not in scene.graph)
    steps = [
        *((home[p], [p]) for p in alone),
        *((network, group) for (_, _, network), group in sorted(islands.items())),
        *((home[p], [p]) for p in off),
    ]
    # What is settled stands before anything that is only proposed.
    return sorted(steps, key=lambda step: not all(scene.settled(p) for p in step[1]))


def _decided_homes(scene: _Scene) -> dict[str, str]:
    """Homes that people decided on, the ones only proposed in the rules file included."""
    return {
        p: str(scene.plan.assignment[scene.decided[p].joins])
        for p in scene.near
        if p in scene.decided
    }


def _nearest(group: list[str], scene: _Scene) -> str:
    """Find the network whose nearest member is nearest to a group; the first on a tie."""
    able = [n for n in scene.plan.networks if all(n in scene.near[p] for p in group)]
    if not able:
        return ""
    return min(
        able,
        key=lambda n: round(min(scene.near[p][n].distance_m for p in group), 3),
    )


def _islands(waiting: list[str], scene: _Scene) -> dict[str, str]:
    """Homes of practices that touch no network, not even through others: whole islands."""
    graph, plan = scene.graph, scene.plan
    home: dict[str, str] = {}
    for part in nx.connected_components(graph):
        group = sorted(p for p in part if p in waiting)
        if group and not any(plan.assignment.get(p, "") for p in part):
            best = _nearest(group, scene)
            home |= {p: best or _nearest([p], scene) for p in group}
    home |= {p: _nearest([p], scene) for p in waiting if p not in graph}
    return home


def _together(waiting: list[str], home: dict[str, str], scene: _Scene) -> dict[str, str]:
    """Homes of practices that reach a network over land, all together.

    A practice can only go where it, or orphans that hang together with it, touch: other networks
    are left out of the problem, which loses nothing and keeps it small.
    """
    # A practice whose home is decided is as good as a member: others may reach it through that.
    joined = {p: n for p, n in home.items() if p in scene.graph}
    touched = {
        p: {n for n, near in scene.near[p].items() if near.touches}
        | {joined[q] for q in scene.graph.neighbors(p) if q in joined}
        for p in waiting
    }
    reached: dict[str, set[str]] = {p: set() for p in waiting}
    for network in scene.plan.networks:
        able = [p for p in waiting if network in scene.near[p]]
        for part in nx.connected_components(scene.graph.subgraph(able)):
            if any(network in touched[p] for p in part):
                for practice in part:
                    reached[practice].add(network)
    stuck = {p: _nearest([p], scene) for p in waiting if not reached[p]}
    waiting = [p for p in waiting if p not in stuck]
    networks = [n for n in scene.plan.networks if any(n in seen for seen in reached.values())]
    sizes = dict(scene.sizes)
    for practice, network in home.items():
        if scene.practices.at[practice, "standing"] != "covered":
            sizes[network] += scene.patients(practice)
    position = {p: i for i, p in enumerate(waiting)}
    distance = [
        [
            scene.near[p][n].distance_m if n in reached[p] and n in scene.near[p] else np.inf
            for n in networks
        ]
        for p in waiting
    ]
    problem = Assignment(
        orphans=waiting,
        networks=networks,
        patients=np.array([scene.patients(p) for p in waiting], dtype=np.int64),
        sizes=np.array([sizes[n] for n in networks], dtype=np.int64),
        distance_m=np.array(distance, dtype=float).reshape(len(waiting), len(networks)),
        beside=frozenset(
            (position[p], k)
            for p in waiting
            for k, n in enumerate(networks)
            if n in touched[p] and n in scene.near[p]
        ),
        links=frozenset((position[a], position[b]) for a, b in scene.graph.subgraph(waiting).edges),
        ceiling=scene.rules.max_list,
    )
    try:
        return stuck | best_homes(problem)
    except SolverError:  # vetoes leave no connected set of homes: each to the nearest
        return stuck | {p: _nearest([p], scene) for p in waiting}


def _offer(practice: str, near: Near, sizes: tuple[int, int], scene: _Scene) -> dict[str, object]:
    before, after = sizes
    is_covered = scene.practices.at[practice, "standing"] == "covered"
    decided = scene.decided.get(practice)
    areas = (
        _area(scene.practices, practice),
        _areas(scene.practices, scene.plan, near.network),
    )
    words = (
        _cover(practice, near, before, scene) if is_covered else _join(practice, near, sizes, scene)
    )
    if decided is not None and decided.settled:
        end = f"{decided.words[0].upper()}{decided.words[1:]}."
    else:
        end = "To be agreed with the commissioner and the LMC (R14)."
        lost = next((h for h in scene.rules.homes if h.practice == practice), None)
        if decided is None and lost is not None:
            end += f" The rules file joins it to {lost.joins}, which is in no network here."
    return {
        "network": near.network,
        "shares_border": near.touches,
        "distance_km": near.distance_m / 1000.0,
        "list_before": before,
        "list_after": after,
        "reason": f"{words} {end}",
        "state": decided.state if decided is not None else next(iter(HOME_STATES)),
        "rules_broken": rules_broken(near, after, scene.rules, areas, is_covered),
    }


def _join(practice: str, near: Near, sizes: tuple[int, int], scene: _Scene) -> str:
    (before, after), rules = sizes, scene.rules
    own = scene.sizes[near.network]
    others = f" (its own {own:,} and what else is proposed for it)" if before != own else ""
    over = (
        f", {after - rules.max_list:,} over {rules.max_list:,} (R04)"
        if after > rules.max_list
        else ""
    )
    where = "next to it" if near.touches else "though they share no border"
    if not near.touches and practice not in scene.decided:
        where = f"the nearest, {where}"
    first = "Joins" if scene.settled(practice) else "Proposed for"
    return (
        f"{first} Network {near.network}, {where}{_away(near)}: "
        f"from {before:,}{others} to {after:,}{over}."
    )


def _away(near: Near) -> str:
    if np.isnan(near.distance_m):
        return " (where it is, is not known)"
    return f" ({near.distance_m / 1000:.1f} km to its nearest practice)"


def _cover(practice: str, near: Near, size: int, scene: _Scene) -> str:
    services = size + scene.patients(practice)
    first = "Covered" if scene.settled(practice) else "Proposed to be covered"
    far = f"{near.distance_m / 1000:.1f} km away"
    where = "" if np.isnan(near.distance_m) else f", whose nearest practice is {far}"
    return (
        f"{first} by Network {near.network}{where}: a list of {size:,} and services for "
        f"{services:,} (R15)."
    )
