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
from pcngeo.errors import DataError
from pcngeo.plan import Plan
from pcngeo.rules import Rules

COLUMNS = (
    "area practices patients networks orphans status objective bound gap seconds"
).split()  # fmt: skip


def graphs(published: intake.Published, rules: Rules) -> dict[str, nx.Graph[str]]:
    found = {}
    for code in sorted(published.areas.index):
        area = intake.cut(published, code, rules=rules)
        if (area.practices["standing"] == "eligible").any():
            territories = territory.build_territories(area.practices, area.boundary, rules)
            found[str(code)] = adjacency.build_graph(area.practices, territories, rules)
    return found


def plan(job: tuple[str, nx.Graph[str], Rules, float | None]) -> tuple[dict[str, Any], Plan]:
    code, graph, rules, limit = job
    made = optimise.solve(graph, rules, time_limit=limit)
    check(graph, made, rules)
    sizes = nx.get_node_attributes(graph, "list_size")
    row = {
        "area": code,
        "practices": len(graph),
        "patients": sum(sizes.values()),
        "networks": len(made.networks),
        "orphans": len(made.unplaced),
        "status": str(made.status),
        "objective": made.objective,
        "bound": made.bound,
        "gap": made.gap,
        "seconds": made.seconds,
    }
    return row, made


def check(graph: nx.Graph[str], made: Plan, rules: Rules) -> None:
    """Check a plan with code that shares nothing with the solver."""
    total = 0.0
    for members in made.groups().values():
        node = [graph.nodes[p] for p in members]
        size = sum(a["list_size"] for a in node)
        assert nx.is_connected(graph.subgraph(members)), members
        assert rules.in_window(size) or (len(members) == 1 and size > rules.max_list), members
        total += min(
            sum(a["list_size"] * ((a["x"] - h["x"]) ** 2 + (a["y"] - h["y"]) ** 2) ** 0.5 for a in node)
            for h in node
        )
    assert made.objective is None or abs(total - made.objective) <= 1e-9 * total
    assert set(made.assignment.index) == set(graph)


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
    start = time.perf_counter()
    asked = arguments()
    count = int(asked.networks) if asked.networks.isdecimal() else asked.networks
    rules = Rules(networks=count)
    published = intake.read(
        lists=asked.lists,
        organisations=asked.organisations,
        postcodes=asked.postcodes,
        boundaries=asked.boundaries,
    )
    made = graphs(published, rules)
    ready = time.perf_counter()
    # the largest first, so that no process is left with a long one at the end
    order = sorted(made, key=lambda code: -len(made[code]))
    jobs = [(code, made[code], rules, asked.time_limit) for code in order]
    with ProcessPoolExecutor(asked.processes) as pool:
        rows = [row for row, _ in pool.map(plan, jobs)]
    table = pd.DataFrame(rows)[COLUMNS].sort_values("area")
    table.to_csv(asked.out, index=False)
    report(table, ready - start, time.perf_counter() - ready)


def report(table: pd.DataFrame, preparing: float, planning: float) -> None:
    seconds = table["seconds"].sort_values()
    proven = (table["status"] == "optimal").sum()
    print(f"{len(table)} areas, {proven} proven, {table['orphans'].sum()} practices in no network")
    print(
        f"seconds an area: median {seconds.median():.3f}, 95th percentile "
        f"{seconds.quantile(0.95):.2f}, largest {seconds.max():.2f} "
        f"({table.loc[seconds.idxmax(), 'area']}), total {seconds.sum():.1f}"
    )
    print(f"wall clock: {preparing:.1f} s to read and draw, {planning:.1f} s to plan")
    slow = table.sort_values("seconds", ascending=False).head(8)
    print(slow.to_string(index=False))


if __name__ == "__main__":
    main()
