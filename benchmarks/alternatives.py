"""Time the prices of pairs and five plans that differ by half, on real areas.

    python benchmarks/alternatives.py DATA 08V 07W 14L

DATA is the folder of tidy tables that the real tests use (`tests/real/optimise_areas.py`).
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "real"))

from optimise_areas import area_graph

from pcngeo.optimise import solve
from pcngeo.optimise.differing import alternatives
from pcngeo.optimise.pricing import adjacent_choices, each_price
from pcngeo.rules import Rules


def measure(data: Path, code: str) -> str:
    """Return one row of the table in README.md."""
    graph = area_graph(data, "2021-01", code)
    began = time.perf_counter()
    base = solve(graph)
    alone = time.perf_counter() - began
    choices = adjacent_choices(graph, Rules(), base)
    seconds, last = [], time.perf_counter()
    for _ in each_price(graph, None, choices[:: max(1, len(choices) // 20)], base=base):
        seconds.append(time.perf_counter() - last)
        last = time.perf_counter()
    began = time.perf_counter()
    found = alternatives(graph, time_limit=120)
    spent = time.perf_counter() - began
    over = ", ".join(f"{found.over_best(k):.2%}" for k in range(1, len(found.plans)))
    return (
        f"| {code} | {len(graph)} | {alone:.1f} | {statistics.median(seconds):.2f} | "
        f"{max(seconds):.2f} | {len(found.plans)} | {spent:.1f} | {over} |"
    )


if __name__ == "__main__":
    for name in sys.argv[2:]:
        print(measure(Path(sys.argv[1]), name), flush=True)
