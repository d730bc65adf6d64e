"""Make the golden values: the best plans of real areas by a model that is not the solver's.

    python benchmarks/golden.py [--data ../shared/data] [--most 26] [--limit 120]

All connected groups in the window are listed in plain Python, priced by `pcngeo.recount`, and
chosen from by HiGHS's integer solver (scipy), to a gap of 1e-9; for ``distance`` at the number
of networks found, the compact model (assignment with flow) is asked as well where an area has at
most `--compact` practices. Writes `tests/golden/optima.csv`, which the tests compare with.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import networkx as nx
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "optimise"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "real"))

from agreeing import Instance, chosen
from compact_model import solve_compact
from optimise_areas import area_graph, codes

from pcngeo.rules import Rules

ROOT = Path(__file__).resolve().parents[1]

GROUPS, COMPACT = "all groups, milp", "compact flow, milp"
#: Objectives that are asked of areas with at most so many practices.
ASKED = {"distance": 100, "changed": 20, "centroid": 20, "span": 20, "size": 16}


def real_area(data: Path, vintage: str, code: str) -> nx.Graph:
    """Return a real area on the graph of the tests, with its networks of the day."""
    table = pd.read_csv(data / "england" / f"practices_{vintage}.csv.gz", low_memory=False)
    today = table.set_index("ods_code")["pcn_code"].fillna("").astype(str).to_dict()
    graph = nx.Graph(area_graph(data, vintage, code))
    nx.set_node_attributes(graph, {p: today.get(p, "") for p in graph}, "network_today")
    return graph


def golden(graph: nx.Graph, objective: str, limit: float) -> dict[str, object] | None:
    """Best plan of one area: number of networks, patients left out, value; none in the time."""
    rules = Rules(objective=objective)
    of = Instance(graph, rules, "")
    try:
        found = chosen(of, limit)
    except TimeoutError:
        return None
    if found is None:
        return None
    left_out, away, value = found
    near = [k for k in range(1, of.people // 30_000 + 1) if abs(k * 40_000 - of.people) == away]
    return {"networks": near[0] if len(near) == 1 else "", "left_out": int(left_out),
            "value": value, "model": GROUPS}  # fmt: skip


def compact(graph: nx.Graph, networks: int, limit: float) -> dict[str, object] | None:
    """Ask the compact model for the same, for distance."""
    try:
        found = solve_compact(graph, 30_000, 50_000, networks, limit=limit)
    except TimeoutError:
        return None
    if found is None:
        return None
    return {"networks": networks, "left_out": found[1], "value": found[0], "model": COMPACT}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--most", type=int, default=26, help="practices of an area")
    parser.add_argument("--compact", type=int, default=16, help="the same for the compact model")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for one solve")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "golden" / "optima.csv")
    asked = parser.parse_args()
    rows: list[dict[str, object]] = []
    for vintage in ("2021-01", "2022-01"):
        for code in codes(asked.data, vintage):
            if len(area_graph(asked.data, vintage, code)) > asked.most:
                continue
            graph = real_area(asked.data, vintage, code)
            for objective, most in ASKED.items():
                if len(graph) > most:
                    continue
                head = {"vintage": vintage, "area": code, "objective": objective}
                began = time.process_time()
                found = golden(graph, objective, asked.limit)
                print(code, len(graph), objective, found, round(time.process_time() - began, 1),
                      flush=True)  # fmt: skip
                rows += [{**head, **found}] if found else []
                few = objective == "distance" and len(graph) <= asked.compact
                if found and few and found["networks"]:
                    same = compact(graph, int(str(found["networks"])), asked.limit)
                    print(code, "compact", same, flush=True)
                    rows += [{**head, **same}] if same else []
            pd.DataFrame(rows).to_csv(asked.out, index=False, float_format="%.6f")


if __name__ == "__main__":
    main()
