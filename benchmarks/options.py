"""Solve every feasible number of networks of every area of a set of published files.

    python benchmarks/options.py --lists F --organisations F --postcodes F... --boundaries F \
        [--areas 08V 91Q] [--time-limit 30] --out FILE.csv

Writes one row for each area and number (area, practices, networks, status, unplaced_patients,
objective, bound, gap, seconds) as soon as it is known. Areas that stand whole in the file are
passed over, so that a run that was broken off goes on where it was. Prints how many numbers are
proven, the times, and which are not proven within the limit.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from pcngeo import adjacency, intake, territory
from pcngeo.optimise.options import each_count
from pcngeo.rules import Rules

COLUMNS = ["area", "practices", "networks", "status", "unplaced_patients", "objective", "bound",
           "gap", "seconds", "last"]  # fmt: skip


def rows(published: intake.Published, code: str, limit: float) -> Iterator[dict[str, Any]]:
    """Draw, link and solve one area, number by number."""
    rules = Rules()
    area = intake.cut(published, code, rules=rules)
    if not (area.practices["standing"] == "eligible").any():
        return
    graph = graph_of(area, rules)
    for count, plan in each_count(graph, rules, time_limit=limit):
        yield {
            "area": code,
            "practices": len(graph),
            "networks": count,
            "status": str(plan.status),
            "unplaced_patients": plan.unplaced_patients,
            "objective": plan.objective,
            "bound": plan.bound,
            "gap": plan.gap,
            "seconds": round(plan.seconds, 3),
            "last": 0,
        }


def graph_of(area: intake.Intake, rules: Rules) -> nx.Graph[str]:
    territories = territory.build_territories(area.practices, area.boundary, rules)
    return adjacency.build_graph(area.practices, territories, rules)


def done(path: Path) -> set[str]:
    """Areas that stand whole in the file; rows of others are taken out of it."""
    if not path.exists():
        return set()
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    whole = set(table.loc[table["last"] == "1", "area"])
    table[table["area"].isin(whole)].to_csv(path, index=False)
    return whole


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("lists", "organisations", "boundaries", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--postcodes", required=True, nargs="+")
    parser.add_argument("--areas", nargs="*", default=[], help="only these, in this order")
    parser.add_argument("--time-limit", type=float, default=30.0, help="seconds for each number")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    path = Path(asked.out)
    published = intake.read(
        lists=asked.lists,
        organisations=asked.organisations,
        postcodes=asked.postcodes,
        boundaries=asked.boundaries,
    )
    whole = done(path)
    codes = asked.areas or [str(c) for c in published.areas.sort_values("practices").index]
    with path.open("a", encoding="utf-8", newline="") as stream:
        out = csv.DictWriter(stream, COLUMNS)
        if not path.stat().st_size:
            out.writeheader()
        for code in codes:
            if code not in whole:
                found = list(rows(published, code, asked.time_limit))
                for row in found[:-1]:
                    out.writerow(row)
                out.writerows({**row, "last": 1} for row in found[-1:])
                stream.flush()
    report(pd.read_csv(path), asked.time_limit)


def report(table: pd.DataFrame, limit: float) -> None:
    proven = table["status"].isin(["optimal", "infeasible"])
    seconds = table["seconds"]
    print(
        f"{table['area'].nunique()} areas, {len(table)} numbers of networks, {proven.sum()} proven "
        f"within {limit:g} s each, of them {(table['status'] == 'infeasible').sum()} that there "
        "is no plan"
    )
    print(
        f"seconds a number: median {seconds.median():.3f}, 95th percentile "
        f"{seconds.quantile(0.95):.2f}, largest {seconds.max():.2f}, total {seconds.sum():.1f}"
    )
    if not proven.all():
        print("not proven:")
        print(table.loc[~proven, COLUMNS[:-1]].to_string(index=False))


if __name__ == "__main__":
    main()
