"""Plan real areas under every objective: seconds, status and gap, side by side in one run.

    python benchmarks/objectives.py [--data ../shared/data] [--areas 08V 01G ...] \
        [--limit 60] [--out FILE.csv]

Lists of January 2021 and the networks of that day on the graph of the tests. Borders, local
authorities (four quarters of the area), minutes of travel (straight lines at 30 km an hour, times
1.1 to 1.9), patients in common (by distance), deprivation and rurality are made up with a fixed
seed: what is measured is the solver, not the area. Every plan is checked by
`pcngeo.recheck.verify`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "optimise"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "real"))

from optimise_areas import area_graph

from pcngeo.demands import Collaboration
from pcngeo.objectives import TERMS
from pcngeo.optimise import solve
from pcngeo.recheck import verify
from pcngeo.rules import Rules
from pcngeo.travel import Travel

ROOT = Path(__file__).resolve().parents[1]

AREAS = ("08V", "01G", "05R", "00T", "02H", "07W", "14L", "00L")
#: Every objective by itself, then mixes and orders that planners ask for.
OBJECTIVES: tuple[Any, ...] = (
    *(name for name in TERMS if name != "outside"),
    {"distance": 1.0, "changed": 0.5},
    {"distance": 1.0, "size": 0.2, "authorities": 1.0},
    {"travel": 1.0, "common": 0.5},
    ["changed", "distance"],
    ["authorities", "distance"],
    ["collaborations", "distance"],
)


def everything_known(data: Path, code: str) -> nx.Graph:
    """Dress an area with what the objectives look at."""
    table = pd.read_csv(data / "england" / "practices_2021-01.csv.gz", low_memory=False)
    today = table.set_index("ods_code")["pcn_code"].fillna("").astype(str).to_dict()
    graph, rng = nx.Graph(area_graph(data, "2021-01", code)), np.random.default_rng(1)
    codes = sorted(graph)
    spots = np.array([[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in codes])
    metres = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    middle = np.median(spots, axis=0)
    for p, (x, y) in zip(codes, spots, strict=True):
        node = graph.nodes[p]
        node["network_today"] = today.get(p, "")
        node["local_authority"] = f"E{int(x > middle[0])}{int(y > middle[1])}"
        node["deprived_share"], node["rural_share"] = rng.uniform(0, 0.6), rng.uniform(0, 0.4)
    for a, b in sorted(graph.edges):
        graph.edges[a, b]["border_m"] = float(rng.integers(100, 3_000))
    index = pd.Index(codes, name="practice")
    minutes = pd.DataFrame(metres * rng.uniform(1.1, 1.9, metres.shape) / 500, index, index)
    graph.graph["travel"] = Travel(minutes, "minutes", "made up")
    near = np.exp(-metres / 2_000) * 1_500
    graph.graph["common"] = {
        (a, b): float(near[i, j])
        for i, a in enumerate(codes)
        for j, b in enumerate(codes)
        if i < j and near[i, j] > 20
    }
    return graph


def collaborations(graph: nx.Graph) -> tuple[Collaboration, ...]:
    """Every fourth link of the graph as two practices that work together."""
    return tuple(Collaboration((str(a), str(b))) for a, b in sorted(map(sorted, graph.edges))[::4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--areas", nargs="+", default=AREAS)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of each solve")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--only", nargs="+", default=None, help="words of objectives to run")
    asked = parser.parse_args()
    rows = []
    for code in asked.areas:
        graph = everything_known(asked.data, code)
        for objective in OBJECTIVES:
            if asked.only and not any(word in str(objective) for word in asked.only):
                continue
            rules = Rules(objective=objective, collaborations=collaborations(graph))
            wall, busy = time.perf_counter(), time.process_time()
            plan = solve(graph, rules, time_limit=asked.limit)
            wall, busy = time.perf_counter() - wall, time.process_time() - busy
            verify(plan, graph, rules)
            row = {
                "area": code, "practices": len(graph), "objective": str(objective),
                "status": str(plan.status), "gap": plan.gap, "seconds": round(wall, 2),
                "processor_seconds": round(busy, 2), "listed": "list of all" in plan.method,
            }  # fmt: skip
            rows.append(row)
            print(" ".join(str(v) for v in row.values()), flush=True)
            if asked.out:
                pd.DataFrame(rows).to_csv(asked.out, index=False)
    table = pd.DataFrame(rows)
    print(table.pivot_table("processor_seconds", "objective", "area", sort=False).to_string())
    print(f"{(table['status'] == 'optimal').sum()} of {len(table)} proven")


if __name__ == "__main__":
    main()
