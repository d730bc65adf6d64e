"""Time networks of LSOAs of real local authorities at a fixed number.

    python benchmarks/blocks.py DATA Darlington 3 Barnsley 7
    python benchmarks/blocks.py --limit 120 DATA Leicester 0

    python benchmarks/blocks.py --limit 120 DATA 06H 0
    python benchmarks/blocks.py --limit 300 DATA E09 0

An authority by name, a CCG by its code, or all authorities whose codes begin so (E09: London).
DATA is the folder of tidy tables that the real tests use; 0 takes the number nearest to 40,000
registered patients in each. Contiguity: a shared border of more than a metre.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import networkx as nx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "real"))

from lsoa_areas import lsoa_graph

from pcngeo.optimise.blocks import solve_blocks
from pcngeo.rules import Rules


def measure(data: Path, authority: str, count: int, limit: float | None) -> str:
    """Return one row of the table in README.md."""
    graph = lsoa_graph(data, authority)
    rules = Rules(networks=count) if count else Rules()
    began, busy = time.perf_counter(), time.process_time()
    plan = solve_blocks(graph, rules, time_limit=limit)
    spent, used = time.perf_counter() - began, time.process_time() - busy
    people = sum(nx.get_node_attributes(graph, "list_size").values())
    return (
        f"| {authority} | {len(graph)} | {len(plan.networks)} | {plan.status} | "
        f"{(plan.objective or 0) / people / 1000:.3f} | {plan.gap or 0:.2%} | {spent:.0f} | "
        f"{used:.0f} |"
    )


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("data", type=Path)
    reader.add_argument("asked", nargs="+", help="authority, number, authority, number, ...")
    reader.add_argument("--limit", type=float)
    given = reader.parse_args()
    for name, number in zip(given.asked[::2], given.asked[1::2], strict=True):
        print(measure(given.data, name, int(number), given.limit), flush=True)
