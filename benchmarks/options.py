"""Solve every feasible number of networks of every area of a set of published files.

    python benchmarks/options.py --lists F --organisations F --postcodes F... --boundaries F \
        [--label 2021-01] [--areas 08V 91Q] [--networks 6 9] [--time-limit 30] [--processes 2] \
        --out FILE.csv

Writes one row for each area and number (label, area, practices, networks, status,
unplaced_patients, objective, bound, gap, seconds, processor_seconds) as soon as it is known, each
solved for itself. Numbers that stand in the file under the label are passed over, so that a run
that was broken off goes on where it was, and several sets of files can go into one file. Every plan
is checked with code that shares nothing with the solver. Prints how many numbers are proven, the
times, and which are not proven within the limit.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
from areas import check

from pcngeo import adjacency, intake, optimise, territory
from pcngeo.rules import Rules

COLUMNS = ["label", "area", "practices", "networks", "status", "unplaced_patients", "objective",
           "bound", "gap", "seconds", "processor_seconds"]  # fmt: skip

_PUBLISHED: list[intake.Published] = []


def start(files: dict[str, Any]) -> None:
    """Read the files once in every process."""
    _PUBLISHED[:] = [intake.read(**files)]


@lru_cache(maxsize=4)
def graph_of(code: str) -> nx.Graph[str]:
    """Draw and link an area; empty where nobody takes part."""
    rules = Rules()
    area = intake.cut(_PUBLISHED[0], code, rules=rules)
    if not (area.practices["standing"] == "eligible").any():
        return nx.Graph()
    territories = territory.build_territories(area.practices, area.boundary, rules)
    return adjacency.build_graph(area.practices, territories, rules)


def numbers(code: str) -> range:
    """Numbers of networks that the list sizes allow; practices above the ceiling do not count."""
    rules, sizes = Rules(), nx.get_node_attributes(graph_of(code), "list_size").values()
    patients = sum(size for size in sizes if size <= rules.max_list)
    return range(-(-patients // rules.max_list), patients // rules.min_list + 1)


def solved(label: str, code: str, count: int, limit: float) -> dict[str, Any]:
    """Solve one number of networks of an area."""
    graph, rules = graph_of(code), Rules(networks=count)
    before = time.process_time()
    made = optimise.solve(graph, rules, time_limit=limit)
    busy = time.process_time() - before
    if made.objective is not None:
        check(graph, made, rules)
    return {
        "label": label,
        "area": code,
        "practices": len(graph),
        "networks": count,
        "status": str(made.status),
        "unplaced_patients": made.unplaced_patients,
        "objective": made.objective,
        "bound": made.bound,
        "gap": made.gap,
        "seconds": round(made.seconds, 3),
        "processor_seconds": round(busy, 3),
    }


def done(path: Path) -> set[tuple[str, str, int]]:
    """Tell which numbers of which areas stand in the file."""
    if not path.exists():
        return set()
    table = pd.read_csv(path, dtype={"label": str, "area": str}, keep_default_na=False)
    return set(zip(table["label"], table["area"], table["networks"], strict=True))


def jobs(asked: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    """List what is still to be solved, small areas first."""
    known = done(Path(asked.out))
    codes = asked.areas or _PUBLISHED[0].areas.sort_values("practices").index
    for code in map(str, codes):
        for count in asked.networks or numbers(code):
            if (asked.label, code, count) not in known:
                yield asked.label, code, count


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("lists", "organisations", "boundaries", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--postcodes", required=True, nargs="+")
    parser.add_argument("--label", default="", help="what the rows are called, as 2021-01")
    parser.add_argument("--areas", nargs="*", default=[], help="only these, in this order")
    parser.add_argument("--networks", nargs="*", default=[], type=int, help="only these numbers")
    parser.add_argument("--time-limit", type=float, default=30.0, help="seconds for each number")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    path = Path(asked.out)
    files = {
        "lists": asked.lists,
        "organisations": asked.organisations,
        "postcodes": asked.postcodes,
        "boundaries": asked.boundaries,
    }
    start(files)
    wanted = list(jobs(asked))
    with (
        path.open("a", encoding="utf-8", newline="") as stream,
        ProcessPoolExecutor(asked.processes, initializer=start, initargs=(files,)) as pool,
    ):
        out = csv.DictWriter(stream, COLUMNS)
        if not path.stat().st_size:
            out.writeheader()
        waiting = [pool.submit(solved, *job, asked.time_limit) for job in wanted]
        for ready in as_completed(waiting):
            out.writerow(ready.result())
            stream.flush()
    report(pd.read_csv(path), asked.time_limit)


def report(table: pd.DataFrame, limit: float) -> None:
    proven = table["status"].isin(["optimal", "infeasible"])
    seconds = table["seconds"]
    print(
        f"{len(table.groupby(['label', 'area'], dropna=False))} areas, {len(table)} numbers of "
        f"networks, {proven.sum()} proven within {limit:g} s each, of them "
        f"{(table['status'] == 'infeasible').sum()} that there is no plan"
    )
    print(
        f"seconds a number: median {seconds.median():.3f}, 95th percentile "
        f"{seconds.quantile(0.95):.2f}, largest {seconds.max():.2f}, total {seconds.sum():.1f}"
    )
    if not proven.all():
        print("not proven:")
        print(table.loc[~proven, COLUMNS[:-2]].to_string(index=False))


if __name__ == "__main__":
    main()
