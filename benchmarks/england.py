"""England as one problem: a complete plan, its proven bound, time and memory, checked from outside.

    python benchmarks/england.py --lists F --organisations F --postcodes F... --boundaries F \
        [--areas 08V 08M ...] [--networks target|free|1500] [--time-limit 300] [--out FILE.json]

Prints what is known after every phase. At the end the plan is checked without the package's own
checks (everybody once, connected by networkx, in the window, the objective summed anew), and the
bound is computed anew from the prices that the plan publishes.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import time
from pathlib import Path
from typing import Any

import networkx as nx

from pcngeo import intake, solve
from pcngeo.optimise.large.certificate import recompute
from pcngeo.optimise.problem import Problem
from pcngeo.plan import Plan
from pcngeo.prepared import prepare_intake
from pcngeo.rules import Rules


class Watch:
    """Seconds by the wall and of the processors, and the memory at its highest."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def now(self) -> dict[str, float]:
        """Tell them."""
        return {
            "wall_s": round(time.perf_counter() - self.wall, 1),
            "cpu_s": round(time.process_time() - self.cpu, 1),
            "memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        }

    def say(self, text: str) -> None:
        """Print a sentence after them."""
        now = self.now()
        figures = f"{now['wall_s']:7.1f} s  {now['cpu_s']:7.1f} CPU s  {now['memory_gb']:.2f} GB"
        print(f"{figures}  {text}", flush=True)


def checked(graph: nx.Graph[str], plan: Plan, rules: Rules) -> dict[str, Any]:
    """Look at a plan from outside; every figure is computed here."""
    node, groups = graph.nodes, plan.groups()
    once = sorted(p for members in groups.values() for p in members)
    size = {k: sum(node[p]["list_size"] for p in members) for k, members in groups.items()}
    single = {k for k, m in groups.items() if len(m) == 1 and size[k] > rules.max_list}
    total = 0.0
    for members in groups.values():
        total += min(
            sum(
                node[p]["list_size"]
                * math.hypot(node[p]["x"] - node[h]["x"], node[p]["y"] - node[h]["y"])
                for p in members
            )
            for h in members
        )
    inside = [s for k, s in size.items() if k not in single]
    return {
        "networks": len(groups) - len(single),
        "alone": len(single),
        "placed_once": len(once) == len(set(once)),
        "left_over": len(plan.unplaced),
        "left_over_patients": sum(node[p]["list_size"] for p in plan.unplaced),
        "not_connected": sum(not nx.is_connected(graph.subgraph(m)) for m in groups.values()),
        "outside_window": sum(not rules.min_list <= s <= rules.max_list for s in inside),
        "objective": total,
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("lists", "organisations", "boundaries"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--postcodes", required=True, nargs="+")
    parser.add_argument("--areas", nargs="*", default=[])
    parser.add_argument("--networks", default="target")
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--out")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    watch = Watch()
    number = int(asked.networks) if asked.networks.isdecimal() else asked.networks
    rules = Rules(networks=number)
    published = intake.read(
        lists=asked.lists, organisations=asked.organisations, postcodes=asked.postcodes,
        boundaries=asked.boundaries,
    )  # fmt: skip
    watch.say("files read")
    areas = asked.areas or [str(code) for code in published.areas.index]
    area = prepare_intake(intake.cut(published, areas, rules), rules)
    graph = area.graph
    watch.say(f"{len(graph)} practices of {len(areas)} areas, {graph.number_of_edges()} links")
    seen = [""]

    def told(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        if phase != seen[0]:
            seen[0] = phase
            watch.say(f"{phase}: {best or 0:,.0f}, bound {bound or 0:,.0f}, gap {gap or 1:.3%}")

    plan = solve(graph, rules, time_limit=asked.time_limit, progress=told)
    watch.say(f"{plan.status}: {plan.objective:,.0f}, bound {plan.bound or 0:,.0f}, "
              f"gap {plan.gap or 0:.3%}")  # fmt: skip
    done = watch.now()
    for sentence in plan.explanation[:5]:
        print("  ", sentence)
    found = checked(graph, plan, rules)
    again = None
    if plan.certificate is not None:
        again = recompute(Problem.build(graph, rules), plan.certificate, found["networks"])
    watch.say("checked")
    report = {
        **done, **found, "status": str(plan.status), "claimed": plan.objective, "bound": plan.bound,
        "bound_recomputed": again, "gap": plan.gap, "statistics": dict(plan.statistics),
        "practices": len(graph),
    }  # fmt: skip
    print(json.dumps(report, indent=1))
    if asked.out:
        Path(asked.out).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
