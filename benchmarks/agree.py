"""Hold the solver against independent answers on a thousand small instances and more.

    python benchmarks/agree.py [--data ../shared/data] [--count 1000]

Made-up areas and connected parts of real ones of 2021-01 and 2022-01 (8 to 20 practices), every
objective, mixes, orders, demands and numbers of networks. Up to 12 practices every division is
tried out; above, HiGHS's integer solver chooses among all groups, listed in plain Python. A third
as many more are held against the compact model, which knows no groups. Prints every disagreement,
and the counts. The answers come from `tests/unit/optimise/agreeing.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "optimise"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "real"))

from agreeing import Instance, compact_answer, compare, disagreement, instance
from optimise_areas import area_graph, codes

from pcngeo.optimise import solve

ROOT = Path(__file__).resolve().parents[1]

#: Seconds for each of the compact model's two solves.
COMPACT_LIMIT = 60.0


def areas(data: Path) -> list[nx.Graph]:
    """Real areas with today's networks, some dozens of both years."""
    found = []
    for vintage in ("2021-01", "2022-01"):
        table = pd.read_csv(data / "england" / f"practices_{vintage}.csv.gz", low_memory=False)
        today = table.set_index("ods_code")["pcn_code"].fillna("").astype(str).to_dict()
        for code in codes(data, vintage)[::4]:
            graph = nx.Graph(area_graph(data, vintage, code))
            nx.set_node_attributes(graph, {p: today.get(p, "") for p in graph}, "network_today")
            found.append(graph)
    return found


def against_the_compact_model(of: Instance) -> str:
    """Compare with the compact model; ``out of time`` where it does not finish."""
    answer = compact_answer(of, COMPACT_LIMIT)
    if isinstance(answer, str):
        return answer
    return disagreement(of, solve(of.graph, of.rules), answer)


def run(name: str, instances: list[Instance], ask: Callable[[Instance], str]) -> None:
    """Compare one kind of instances and print what came out."""
    began, said = time.process_time(), Counter[str]()
    for of in instances:
        answer = ask(of)
        kind = answer if answer in ("", "out of time", "not asked") else "disagrees"
        said[kind] += 1
        if kind == "disagrees":
            print(f"  {of.words}: {answer}", flush=True)
    others = ", ".join(f"{n} {kind}" for kind, n in sorted(said.items()) if kind)
    print(
        f"{name}: {said['']} of {len(instances)} agree{', ' + others if others else ''} "
        f"({time.process_time() - began:.0f} processor seconds)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--count", type=int, default=1_000)
    asked = parser.parse_args()
    count, real = asked.count, areas(asked.data) if asked.data.is_dir() else None
    made = [instance(k) for k in range(count // 2)]
    run("made up, every division tried out", made, compare)
    if real:
        small = [instance(10_000 + k, real, 8, 12) for k in range(3 * count // 10)]
        run("parts of real areas, every division tried out", small, compare)
        larger = [instance(20_000 + k, real, 13, 20) for k in range(count // 5)]
        run("parts of real areas, chosen among all groups", larger, compare)
    compact = [instance(30_000 + k, None, 7, 9, compact=True) for k in range(count // 6)]
    run("made up, compact model", compact, against_the_compact_model)
    if real:
        compact = [instance(40_000 + k, real, 8, 11, compact=True) for k in range(count // 6)]
        run("parts of real areas, compact model", compact, against_the_compact_model)


if __name__ == "__main__":
    main()
