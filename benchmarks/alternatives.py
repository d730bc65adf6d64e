"""Time the prices of pairs and five plans that differ by half, on real areas.

    python benchmarks/alternatives.py prices DATA 02H 08V [--every 10] [--alone]
    python benchmarks/alternatives.py plans DATA 02H 15E

DATA is the folder of tidy tables that the real tests use (`tests/real/optimise_areas.py`). Every
time is processor seconds of this process, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "real"))

from optimise_areas import area_graph

from pcngeo.alternatives.tables import other_company
from pcngeo.optimise import solve
from pcngeo.optimise.differing import alternatives
from pcngeo.optimise.priced import Settled
from pcngeo.optimise.pricing import adjacent_choices, each_price, price
from pcngeo.rules import Rules

T = TypeVar("T")


def prices(data: Path, code: str, every: int, alone_each: bool) -> str:
    """Return a row of README.md: what the prices of every so many pairs that touch took.

    With `alone_each`, each is asked for by itself, as `pcngeo price A B` does.
    """
    graph = area_graph(data, "2021-01", code)
    base, alone = _timed(lambda: solve(graph))
    choices = adjacent_choices(graph, Rules(), base)
    asked = choices[::every]
    found_each = each_price(graph, None, asked, base=base)
    if alone_each:
        found_each = (price(graph, None, choice, base=base) for choice in asked)
    seconds, proven, last = [], 0, time.process_time()
    for found in found_each:
        seconds.append(time.process_time() - last)
        proven += found.settled is not Settled.BETWEEN
        last = time.process_time()
    spent = sorted(seconds)
    late = spent[min(len(spent) - 1, int(0.95 * len(spent)))]
    return (
        f"| {code} | {len(graph)} | {alone:.1f} | {len(spent)} of {len(choices)} | {proven} | "
        f"{statistics.median(spent):.2f} | {late:.2f} | {spent[-1]:.1f} | "
        f"{sum(s <= 1 for s in spent)} |"
    )


def plans(data: Path, code: str) -> str:
    """Return a row of README.md: what five plans took, what they cost, and what is proven."""
    graph = area_graph(data, "2021-01", code)
    found, spent = _timed(lambda: alternatives(graph, n=5, differ=0.5, within=0.05))
    made = range(len(found.plans))
    over = ", ".join(f"{found.over_best(k):.3%}" for k in made[1:])
    size = {str(p): int(graph.nodes[p]["list_size"]) for p in graph}
    least = min(
        (other_company(found.plans[k], found.plans[j], size, Rules().max_list)
         for k in made for j in made[:k]), default=1.0,
    )  # fmt: skip
    excluded = "all" if all(map(found.cheaper_excluded, made)) else ", ".join(
        f"{k + 1} not: {1 - found.bounds[k] / (found.plans[k].objective or 1):.2%}"
        for k in made if not found.cheaper_excluded(k)
    )  # fmt: skip
    why = "proven that there is no more" if found.exhausted else found.stopped
    return (
        f"| {code} | {len(graph)} | {len(found.plans)} | {spent:.1f} | {over} | {least:.0%} | "
        f"{excluded} | {why} |"
    )


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    made = run()
    return made, time.process_time() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("prices", "plans"))
    parser.add_argument("data", type=Path)
    parser.add_argument("codes", nargs="+")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--alone", action="store_true", help="each price asked for by itself")
    given = parser.parse_args()
    for name in given.codes:
        row = plans(given.data, name) if given.what == "plans" else prices(
            given.data, name, given.every, given.alone
        )  # fmt: skip
        print(row, flush=True)
