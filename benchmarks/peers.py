"""The optimiser beside other ways of making networks, on the same graphs.

    python benchmarks/peers.py                                  # the bundled sample
    python benchmarks/peers.py --lists F --organisations F --postcodes F... --boundaries F \
        --areas 00C 06Y 00J 07V [--times 10] [--environment FOLDER]

Each peer gets our number of networks and ten times our time (10 seconds at least); one that makes
another number is set beside our best for that number. The peers live in an environment of their
own, made on the first run, never in the one that pcngeo runs in. A peer that cannot be installed or
gives no plan is named with the reason. Every plan, ours included, is checked and costed by the same
code here, which shares nothing with the solver. A plan with networks that are split or out of the
window is no plan, however short its distances.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import networkx as nx
from peer_runs import PEERS

from pcngeo import adjacency, intake, optimise, territory
from pcngeo.rules import Rules
from pcngeo.scenario import Scenario

PACKAGES = ["scipy", "networkx", "geopandas", "gerrychain", "spopt", "pymetis", "ortools"]
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample" / "scenario.toml"


def environment(folder: Path) -> Path:
    """Make an environment with the peers, or take the one that is there; return its Python."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        print(f"making an environment for the peers in {folder}")
        venv.create(folder, with_pip=True)
        for package in PACKAGES:
            done = subprocess.run(
                [python, "-m", "pip", "install", "-q", package], capture_output=True, check=False
            )
            if done.returncode:
                print(f"  {package} could not be installed: the peers that need it are left out")
    return python


def graphs(asked: argparse.Namespace) -> dict[str, nx.Graph[str]]:
    """Read and link the areas."""
    rules = Rules()
    if asked.lists is None:
        scenario = Scenario.read(SAMPLE)
        published = intake.read(**scenario.inputs)
        codes = list(scenario.area)
    else:
        names = ("lists", "organisations", "postcodes", "boundaries")
        published = intake.read(**{name: getattr(asked, name) for name in names})
        codes = asked.areas or list(published.areas.index)
    made = {}
    for code in codes:
        area = intake.cut(published, code, rules=rules)
        drawn = territory.build_territories(area.practices, area.boundary, rules)
        made[str(code)] = adjacency.build_graph(area.practices, drawn, rules)
    return made


def judged(graph: nx.Graph[str], groups: list[list[str]], rules: Rules) -> tuple[int, float]:
    """Networks that are split or out of the window, and kilometres per patient to the hubs."""
    bad, total, patients = 0, 0.0, 0
    for members in groups:
        node = [graph.nodes[p] for p in members]
        size = sum(a["list_size"] for a in node)
        whole = nx.is_connected(graph.subgraph(members))
        bad += not (whole and rules.min_list <= size <= rules.max_list)
        patients += size
        total += min(
            sum(a["list_size"] * ((a["x"] - h["x"]) ** 2 + (a["y"] - h["y"]) ** 2) ** 0.5
                for a in node)
            for h in node
        )  # fmt: skip
    return bad, total / max(1, patients) / 1000


def compare(code: str, graph: nx.Graph[str], python: Path, times: float) -> None:
    """Print one area: ours, then every peer."""
    rules = Rules()
    optimise.solve(graph, rules)  # compiled and loaded
    began = time.perf_counter()
    plan = optimise.solve(graph, rules)
    seconds = time.perf_counter() - began
    size = nx.get_node_attributes(graph, "list_size")
    ours = [g for g in map(list, plan.groups().values()) if sum(size[p] for p in g) <= 50_000]
    placed = sorted(p for g in ours for p in g)
    bad, least = judged(graph, ours, rules)
    print(f"\n{code}: {len(placed)} practices, {len(ours)} networks, {len(plan.unplaced)} left out")
    print(f"{'':26}{'networks':>9}{'bad':>5}{'km/patient':>11}{'over ours':>11}{'seconds':>9}")
    show("pcngeo (" + str(plan.status) + ")", least, 0.0, bad, len(ours), seconds, "")
    at = {p: i for i, p in enumerate(placed)}
    problem = {
        "list_size": [size[p] for p in placed],
        "xy": [[graph.nodes[p]["x"], graph.nodes[p]["y"]] for p in placed],
        "links": [[at[a], at[b]] for a, b in graph.edges if a in at and b in at],
        "floor": rules.min_list, "ceiling": rules.max_list, "count": len(ours),
    }  # fmt: skip
    limit = max(10.0, times * seconds)
    best = {len(ours): least}
    for peer in PEERS:
        answer, took = run(python, peer, problem, limit)
        if not answer.get("labels"):
            print(f"{peer:26}{'none':>11}  {answer.get('why', 'no plan')[:60]}")
            continue
        groups = [
            [p for p, own in zip(placed, answer["labels"], strict=True) if own == label]
            for label in sorted(set(answer["labels"]))
        ]
        bad, km = judged(graph, groups, rules)
        if len(groups) not in best and not bad:
            best[len(groups)] = ours_with(graph, len(groups))
        over = km / best.get(len(groups), least) - 1
        show(peer, km, over, bad, len(groups), took, answer["version"])


def show(
    name: str, km: float, over: float, bad: int, groups: int, seconds: float, version: str
) -> None:
    word = "not valid" if bad else f"{over:+.1%}"
    print(f"{name:26}{groups:9}{bad:5}{km:11.3f}{word:>11}{seconds:9.1f}  {version}")


def ours_with(graph: nx.Graph[str], count: int) -> float:
    """Kilometres per patient of our best plan with another number of networks."""
    size = nx.get_node_attributes(graph, "list_size")
    groups = optimise.solve(graph, Rules(networks=count)).groups().values()
    made = [list(g) for g in groups if sum(size[p] for p in g) <= Rules().max_list]
    return judged(graph, made, Rules())[1]


def run(
    python: Path, peer: str, problem: dict[str, Any], limit: float
) -> tuple[dict[str, Any], float]:
    """Run one peer in its own process; it is ended when it does not keep its time."""
    script = Path(__file__).with_name("peer_runs.py")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.json"
        path.write_text(json.dumps(problem), encoding="utf-8")
        try:
            done = subprocess.run(
                [python, script, peer, path, str(limit)],
                capture_output=True, text=True, timeout=2 * limit + 20, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"why": "ended: it went on for twice its time"}, time.perf_counter() - began
    took = time.perf_counter() - began
    lines = done.stdout.strip().splitlines()
    if not lines or done.returncode:
        return {"why": (done.stderr.strip().splitlines() or ["nothing said"])[-1]}, took
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer, took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("lists", "organisations", "boundaries"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--postcodes", nargs="+", default=[])
    parser.add_argument("--areas", nargs="+", help="default: all")
    parser.add_argument("--times", type=float, default=10.0, help="of our time, for each peer")
    parser.add_argument("--environment", type=Path, help="folder to make or to use again")
    asked = parser.parse_args()
    folder = asked.environment or Path(tempfile.gettempdir()) / "pcngeo-peers"
    python = environment(folder)
    for code, graph in graphs(asked).items():
        compare(code, graph, python, asked.times)


if __name__ == "__main__":
    main()
