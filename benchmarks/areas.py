"""Plan every area of a set of published files: what the optimiser does, area by area.

    python benchmarks/areas.py --lists F --organisations F --postcodes F... --boundaries F \
        [--networks target] [--processes 2] --out FILE.csv

Writes one row an area (area, practices, patients, networks, orphans, status, objective, bound,
gap, seconds) and prints the median, the 95th percentile, the largest and the total. `seconds` is
the time of `solve` alone; the wall clock of the whole run, start-up included, is printed as well.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import networkx as nx
import pandas as pd

from pcngeo import adjacency, intake, optimise, territory
from pcngeo.plan import Plan
from pcngeo.rules import Rules

COLUMNS = [
    "area", "practices", "patients", "networks", "orphans", "status", "objective", "bound", "gap",
    "seconds",
]  # fmt: skip


_PUBLISHED: list[intake.Published] = []


def start(files: dict[str, Any]) -> None:
    """Read the files once in every process."""
    _PUBLISHED[:] = [intake.read(**files)]


def plan(job: tuple[str, Rules, float | None]) -> dict[str, Any] | None:
    """Draw, link, plan and check one area; ``None`` where nobody takes part."""
    code, rules, limit = job
    area = intake.cut(_PUBLISHED[0], code, rules=rules)
    if not (area.practices["standing"] == "eligible").any():
        return None
    territories = territory.build_territories(area.practices, area.boundary, rules)
    graph = adjacency.build_graph(area.practices, territories, rules)
    before = time.process_time()
    made = optimise.solve(graph, rules, time_limit=limit)
    busy = time.process_time() - before
    check(graph, made, rules)
    return {
        "area": code,
        "practices": len(graph),
        "patients": sum(nx.get_node_attributes(graph, "list_size").values()),
        "networks": len(made.networks),
        "orphans": len(made.unplaced),
        "status": str(made.status),
        "objective": made.objective,
        "bound": made.bound,
        "gap": made.gap,
        "seconds": made.seconds,
        "processor_seconds": busy,
    }


def check(graph: nx.Graph[str], made: Plan, rules: Rules) -> None:
    """Check a plan with code that shares nothing with the solver."""
    total = 0.0
    for members in made.groups().values():
        node = [graph.nodes[p] for p in members]
        size = sum(a["list_size"] for a in node)
        assert nx.is_connected(graph.subgraph(members)), members
        assert rules.in_window(size) or (len(members) == 1 and size > rules.max_list), members
        if len(members) > 1:
            total += min(sum(a["list_size"] * metres(a, h) for a in node) for h in node)
    assert made.objective is None or abs(total - made.objective) <= 1e-9 * total
    assert set(made.assignment.index) == set(graph)


def metres(a: dict[str, Any], b: dict[str, Any]) -> float:
    return float(((a["x"] - b["x"]) ** 2 + (a["y"] - b["y"]) ** 2) ** 0.5)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("lists", "organisations", "boundaries", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--postcodes", required=True, nargs="+")
    parser.add_argument("--networks", default="target", help="target, free or a number")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--time-limit", type=float, default=None, help="seconds an area")
    return parser.parse_args()


def main() -> None:
    began = time.perf_counter()
    asked = arguments()
    count = int(asked.networks) if asked.networks.isdecimal() else asked.networks
    rules = Rules(networks=count)
    files = {
        "lists": asked.lists,
        "organisations": asked.organisations,
        "postcodes": asked.postcodes,
        "boundaries": asked.boundaries,
    }
    start(files)
    # the largest first, so that no process is left with a long one at the end
    largest_first = _PUBLISHED[0].areas.sort_values("practices", ascending=False).index
    jobs = [(str(code), rules, asked.time_limit) for code in largest_first]
    with ProcessPoolExecutor(asked.processes, initializer=start, initargs=(files,)) as pool:
        rows = [row for row in pool.map(plan, jobs) if row is not None]
    table = pd.DataFrame(rows).sort_values("area")
    table[COLUMNS].to_csv(asked.out, index=False)
    report(table, time.perf_counter() - began)


def report(table: pd.DataFrame, wall: float) -> None:
    seconds = table["seconds"].sort_values()
    proven = (table["status"] == "optimal").sum()
    none = ((table["networks"] == 0) & (table["status"] != "infeasible")).sum()
    print(
        f"{len(table)} areas, {proven} proven, {none} without an answer, "
        f"{table['orphans'].sum()} practices in no network"
    )
    print(
        f"seconds an area: median {seconds.median():.3f}, 95th percentile "
        f"{seconds.quantile(0.95):.2f}, largest {seconds.max():.2f} "
        f"({table.loc[seconds.idxmax(), 'area']}), total {seconds.sum():.1f}"
    )
    busy = table["processor_seconds"].sort_values()
    print(
        f"processor seconds an area (a busy machine stretches the others): median "
        f"{busy.median():.3f}, 95th percentile {busy.quantile(0.95):.2f}, largest "
        f"{busy.max():.2f}, total {busy.sum():.1f}"
    )
    print(f"wall clock, start-up, reading and drawing included: {wall:.1f} s")
    slow = table.sort_values("seconds", ascending=False).head(8)
    print(slow.to_string(index=False))


if __name__ == "__main__":
    main()
