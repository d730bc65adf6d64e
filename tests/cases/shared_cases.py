"""Cases that Python and the page's script both run: sizes, contiguity, hubs, distances, flags.

A file of ``tests/cases`` is ``{"about": ..., "cases": [...]}``. A case has

``practices``  by code: ``people``; ``x`` and ``y`` in metres, or neither where nobody knows where
               the practice is; ``off`` where it is not on the graph; ``standing`` of such a
               one (``orphan`` where nothing is said); ``site`` and ``authority`` where they matter
``links``      who is next to whom, ``"A-B"``
``rules``      as in a rules file
``plan``       members by network; everybody else is in none
``moves``      what a reader tries then: network by practice, ``""`` for none
``expect``     after the moves: ``networks`` (``people``, ``practices``, ``connected``, ``hub``,
               ``mean_m``, ``far_m`` and ``span_m`` in metres to the micrometre, ``flags``,
               ``level``, ``waived``), ``placed`` and ``not_placed`` people, ``not_kept`` (how
               many wishes), ``limits`` (words by network, where it passes any)

``by_hand.json`` is worked out by hand; ``seeded.json`` is made by this module (run it to make it
again), so that what either side says can never change in silence.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import shapely

from pcngeo.breaches import broken_choices, broken_limits
from pcngeo.evaluate import connected, measure
from pcngeo.plan import Plan, Status
from pcngeo.review.facts import gather
from pcngeo.review.judged import judged_by
from pcngeo.review.wishes import after_moves
from pcngeo.rules import Rules

FOLDER = Path(__file__).parent
Case = dict[str, Any]


def read_cases(name: str) -> list[Case]:
    """Cases of one file."""
    content = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return list(content["cases"])


def all_cases() -> list[Case]:
    """Cases of every file."""
    return [case for path in sorted(FOLDER.glob("*.json")) for case in read_cases(path.name)]


class Built:
    """A case as Python's values."""

    def __init__(self, case: Case) -> None:
        rows = case["practices"]
        self.rules = Rules.from_mapping(case.get("rules", {}))
        self.graph: nx.Graph[str] = nx.Graph()
        for code, row in rows.items():
            if not row.get("off"):
                x, y = float(row["x"]), float(row["y"])
                self.graph.add_node(
                    code, list_size=row["people"], x=x, y=y, site=row.get("site", code),
                    local_authority=row.get("authority", ""),
                )  # fmt: skip
        for link in case["links"]:
            self.graph.add_edge(*link.split("-"), kind="border", border_m=1.0, distance_m=1.0)
        nx.freeze(self.graph)
        self.practices = gpd.GeoDataFrame(
            {
                "name": list(rows), "postcode": "", "area": "99G",
                "site": [row.get("site", code) for code, row in rows.items()],
                "list_size": [row["people"] for row in rows.values()],
                "standing": [r.get("standing", "orphan") if r.get("off") else "eligible"
                             for r in rows.values()],
                "reason": "", "reason_code": "", "located_by": "postcode", "outside_m": 0.0,
                "network_today": "", "network_today_name": "",
            },
            index=pd.Index(list(rows), name="practice"),
            geometry=[shapely.Point(r["x"], r["y"]) if "x" in r else None for r in rows.values()],
            crs="EPSG:27700",
        )  # fmt: skip
        home = dict.fromkeys(rows, "")
        home.update({p: network for network, members in case["plan"].items() for p in members})
        self.home = home
        self.after = after_moves(home, case.get("moves", {}), self.graph)

    def script_data(self, case: Case) -> dict[str, Any]:
        """The same as the page's data, positions in the order of the case."""
        people = {code: row["people"] for code, row in case["practices"].items()}
        data = judged_by(self.rules, self.graph, people, {})
        rows = [
            {"people": r["people"], "x": r.get("x", 0), "y": r.get("y", 0), "lost": "x" not in r,
             "off": bool(r.get("off")), "code": code}
            for code, r in case["practices"].items()
        ]  # fmt: skip
        at = {code: i for i, code in enumerate(people)}
        moves = [[at[p], to] for p, to in case.get("moves", {}).items()]
        return {**data, "practices": rows, "home": list(self.home.values()), "moves": moves}


def judged(case: Case) -> dict[str, Any]:
    """What Python says of a case, in the form of ``expect``."""
    built = Built(case)
    plan = Plan(pd.Series(built.after), status=Status.GIVEN)
    plan = plan.replace(assignment=plan.assignment[
        [p in built.graph or bool(n) for p, n in plan.assignment.items()]])  # fmt: skip
    told = measure(plan, built.practices, built.graph, None, built.rules)
    facts = gather(plan, built.practices, graph=built.graph, measures=told, rules=built.rules)
    again = gather(plan, built.practices, graph=built.graph, rules=built.rules)
    networks = {}
    for network, bare in zip(facts.networks, again.networks, strict=True):
        row = told.loc[network.id]
        assert network.people == bare.people == row["list_size"]
        assert network.connected == connected([p.code for p in network.members], built.graph)
        levels = {flag.level for flag in network.flags}
        networks[network.id] = {
            "people": network.people,
            "practices": len(network.members),
            "connected": network.connected,
            "hub": network.hub_code,
            "mean_m": round(row["mean_distance_km"] * 1e3, 6),
            "far_m": round(row["max_distance_km"] * 1e3, 6),
            "span_m": round(row["span_km"] * 1e3, 6),
            "flags": [flag.told for flag in network.flags],
            "level": next((one for one in ("breaks", "agree") if one in levels), ""),
            "waived": network.waived,
        }
    groups = {n: tuple(m) for n, m in plan.groups().items()}
    passed: dict[str, list[str]] = {}
    for network, words in broken_limits(groups, built.graph, built.rules):
        passed.setdefault(network, []).append(words)
    return {
        **({"limits": passed} if passed else {}),
        "networks": networks,
        "placed": facts.placed_people,
        "not_placed": facts.not_placed_people,
        "not_kept": len(list(broken_choices(groups, built.graph, built.rules))),
    }


def _seeded(chance: random.Random, number: int) -> Case:
    codes = [f"P{k:02}" for k in range(chance.randrange(6, 15))]
    rows: dict[str, Any] = {}
    for code in codes:
        rows[code] = {"people": chance.randrange(400, 22_000),
                      "x": chance.randrange(0, 9_000), "y": chance.randrange(0, 9_000)}  # fmt: skip
        if chance.random() < 0.15:
            rows[code]["off"] = True
            if chance.random() < 0.4:
                del rows[code]["x"], rows[code]["y"]
    on = [code for code in codes if "off" not in rows[code]]
    links = [f"{a}-{b}" for i, a in enumerate(on) for b in on[i + 1 :] if chance.random() < 0.3]
    networks = [str(k) for k in range(1, chance.randrange(3, 6))]
    plan: dict[str, list[str]] = {}
    for code in codes:
        home = chance.choice([*networks, ""]) if chance.random() < 0.4 else chance.choice(networks)
        if home:
            plan.setdefault(home, []).append(code)

    def some(most: int) -> list[str]:
        return sorted(chance.sample(on, chance.randrange(2, most + 1)))

    rules: dict[str, Any] = {"min_list": 20_000, "max_list": 45_000}
    if chance.random() < 0.6:
        a, b = chance.sample(on, 2)
        share = chance.choice([0.1, 0.25, 0.335, 0.5, 0.999])
        by = chance.choice(["NHS Gridshire", "", "NHS X"])
        row = {"practice": a, "joins": b, "share": share, "reason": "Two towns", "approved_by": by}
        rules["shared"] = [row]
        third = chance.choice([p for p in on if p not in (a, b)])
        if share < 0.5 and chance.random() < 0.5:
            rules["shared"].append({**row, "joins": third, "share": 0.3333})
    if chance.random() < 0.4:
        rules["together"] = [{"practices": some(3), "reason": "One bus"}]
    if chance.random() < 0.4:
        a, b = some(2)
        rules["apart"] = [{"a": a, "b": b, "reason": "They asked"}]
    if chance.random() < 0.3:
        rules["hub"] = [{"practice": chance.choice(on)}]
    if chance.random() < 0.3:
        rules["rural_waiver"] = [{"practice": chance.choice(on), "reason": "An island",
                                  "approved_by": chance.choice(["NHS Gridshire", ""])}]  # fmt: skip
    if chance.random() < 0.3 and len(on) > 3:
        a, b = some(2)
        rules["locked_practice"] = [{"practice": a, "joins": b}]
    movers = chance.sample(codes, chance.randrange(0, 4))
    moves = {p: chance.choice([*networks, ""]) for p in movers}
    return {"name": f"seeded {number}", "practices": rows, "links": links, "rules": rules,
            "plan": dict(sorted(plan.items())), "moves": moves}  # fmt: skip


def _limited(number: int) -> Case:
    """A case with limits beside the window, covered practices, shared sites, authorities."""
    chance = random.Random(number)
    case = _seeded(chance, number)
    rows, rules = case["practices"], case["rules"]
    for code, row in rows.items():
        row["authority"] = chance.choice(["E1", "E2", "E3", ""])
        if row.get("off"):
            row["standing"] = chance.choice(["covered", "special", "orphan"])
            for members in case["plan"].values():
                if code in members and row["standing"] != "orphan":
                    members.remove(code)
        elif chance.random() < 0.4:
            row["site"] = chance.choice(list(rows))
    if chance.random() < 0.5:
        rules["sites"] = "together"
    if chance.random() < 0.5:
        rules["max_practices"] = chance.randrange(2, 6)
    if chance.random() < 0.5:
        rules["max_span_m"] = chance.choice([3_000, 5_000.5, 7_000])
    if chance.random() < 0.5:
        rules["max_authorities"] = chance.randrange(1, 3)
    if chance.random() < 0.5:
        rules["balance"] = chance.choice([10, 7.5, 40])
    if chance.random() < 0.5:
        rules["headroom"] = chance.choice([5, 12.5])
    if chance.random() < 0.4:
        rules["over_ceiling"] = [{"practice": chance.choice(list(rows)), "reason": "Growth",
                                  "patients": 60_000, "approved_by": "NHS X"}]  # fmt: skip
    return case


def make_seeded(count: int = 40, limited: int = 24) -> str:
    """Text of ``seeded.json``; the same every time."""
    chance, found = random.Random(20_260_101), []
    while len(found) < count:
        case = _seeded(chance, len(found) + 1)
        try:
            Built(case)
        except ValueError:  # wishes that contradict each other are refused
            continue
        found.append({**case, "expect": judged(case)})
    number = count
    while len(found) < count + limited:
        number += 1
        case = _limited(number)
        try:
            Built(case)
        except ValueError:
            continue
        found.append({**case, "expect": judged(case)})
    rows = ",\n".join(json.dumps(case, separators=(", ", ": ")) for case in found)
    return f'{{"about": "Made by shared_cases.py, not by hand", "cases": [\n{rows}\n]}}\n'


if __name__ == "__main__":
    (FOLDER / "seeded.json").write_text(make_seeded(), encoding="utf-8", newline="\n")
