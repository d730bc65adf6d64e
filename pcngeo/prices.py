"""The prices of an area's choices as a table that can be broken off and gone on with.

Every price is written as soon as it is found. A file that was begun for the same graph, rules, seed
and best plan is gone on with; one of another problem is begun anew. What a limit of time or memory
kept from being proven is priced again under another limit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo import export
from pcngeo.inputs import ATTRIBUTES
from pcngeo.optimise import Progress
from pcngeo.optimise.priced import Price, Settled
from pcngeo.optimise.pricing import adjacent_choices, each_price
from pcngeo.plan import Plan
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["COLUMNS", "price_row", "problem_name", "settled_words", "write_prices"]

#: Columns of ``price.csv``, in order.
COLUMNS = (
    "practice_a", "practice_b", "choice", "settled", "objective", "objective_with", "bound_with",
    "difference", "difference_at_least", "difference_at_most", "percent", "per_patient",
    "networks_with", "unplaced_patients_with", "sentence", "limit", "problem",
)  # fmt: skip
_TEXT = ("practice_a", "practice_b", "choice", "settled", "sentence", "limit", "problem")


def price_row(
    asked: Price, names: Mapping[str, str] | None = None, limit: str = "", problem: str = ""
) -> dict[str, object]:
    """Put a price of two practices into one row of ``price.csv``.

    Parameters
    ----------
    asked
        The price.
    names
        Names of the practices, for the sentence.
    limit
        What limited the search; it stands where the price is not settled.
    problem
        What the price was asked of; see `problem_name`.
    """
    base, plan = asked.base, asked.plan
    a, b = sorted(asked.choice.practices)[:2]
    return {
        "practice_a": a,
        "practice_b": b,
        "choice": type(asked.choice).__name__.lower(),
        "settled": str(asked.settled),
        "objective": base.objective,
        "objective_with": plan.objective,
        "bound_with": plan.bound,
        "difference": asked.difference,
        "difference_at_least": asked.low,
        "difference_at_most": asked.high,
        "percent": asked.percent,
        "per_patient": asked.per_patient,
        "networks_with": len(plan.networks),
        "unplaced_patients_with": plan.unplaced_patients,
        "sentence": asked.sentence(names),
        "limit": limit if asked.settled is Settled.BETWEEN else "",
        "problem": problem,
    }


def settled_words(table: pd.DataFrame) -> str:
    """Say how many pairs are as in the best plan in every plan nearly as good, proven.

    Parameters
    ----------
    table
        What `write_prices` returned.

    Returns
    -------
    str
        A pair is settled within a share where turning it around is proven to cost more than that,
        or to leave more patients out, take another number of networks, or not to be possible.
    """
    dearer = 100.0 * table["difference_at_least"] / table["objective"]
    never = table["settled"].isin(["left_out", "count", "earlier", "impossible"])
    counts = {share: int((never | (dearer > share)).sum()) for share in (1, 5)}
    return (
        f"Proven of all plans, not only of those found: within 1 % of the best, {counts[1]:,} of "
        f"the {len(table):,} pairs are as they are in the best plan; within 5 %, {counts[5]:,}."
    )


def write_prices(
    graph: nx.Graph[str],
    rules: Rules,
    base: Plan,
    folder: Path,
    *,
    seed: int = 0,
    time_limit: float | None = None,
    max_memory: float | None = None,
    names: Mapping[str, str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    searching: Progress | None = None,
) -> pd.DataFrame:
    """Price every pair of practices that touch, and write ``price.csv`` as it goes.

    Parameters
    ----------
    graph, rules, base, seed, time_limit, max_memory
        As of `pcngeo.optimise.pricing.each_price`.
    folder
        Folder to write; made if missing.
    names
        Names of the practices, for the sentences.
    progress
        Called with the choice in words, how many are done and how many there are.
    searching
        Called as each search goes on; see `pcngeo.optimise.Progress`.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row a pair; distances in metres. What the plan keeps together is
        priced apart, and the other way round.
    """
    folder = export.check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "price.csv"
    problem, limit = problem_name(graph, rules, seed, base), _limit_words(time_limit, max_memory)
    choices = adjacent_choices(graph, rules, base)
    pairs = {tuple(sorted(choice.practices)): choice for choice in choices}
    done = {p: row for p, row in _known(path, problem, limit).items() if p in pairs}

    def tell(words: str, here: int, of: int) -> None:
        if progress is not None:
            progress(words, len(done), len(choices))

    def written() -> pd.DataFrame:
        table = _table([done[pair] for pair in pairs if pair in done])
        _write(table, path)
        return table

    table = written()
    for asked in each_price(
        graph, rules, [choice for pair, choice in pairs.items() if pair not in done], base=base,
        seed=seed, time_limit=time_limit, max_memory=max_memory, progress=tell,
        searching=searching,
    ):  # fmt: skip
        done[tuple(sorted(asked.choice.practices))] = price_row(asked, names, limit, problem)
        table = written()
    return table


def _limit_words(time_limit: float | None, max_memory: float | None) -> str:
    """Say what limits a search; nothing where nothing does."""
    words = [] if time_limit is None else [f"{time_limit:g} s"]
    return ", ".join([*words, *([] if max_memory is None else [f"{max_memory:g} MB"])])


def _table(rows: Sequence[Mapping[Any, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {c: "float64" for c in COLUMNS if c not in _TEXT}
    whole = dict.fromkeys(("networks_with", "unplaced_patients_with"), "int64")
    return frame.astype({**numbers, **whole, **dict.fromkeys(_TEXT, "str")})


def _write(table: pd.DataFrame, path: Path) -> None:
    aside = path.with_name(f".{path.name}.partial")
    export.write_csv(table, aside, decimals={"percent": 4, "per_patient": 4})
    aside.replace(path)


def _known(path: Path, problem: str, limit: str) -> dict[tuple[str, ...], dict[Any, Any]]:
    """Read the rows of an earlier search of the same problem, by pair.

    What was not settled is known only of a search under the same limit.
    """
    if not path.is_file():
        return {}
    try:
        texts = dict.fromkeys(_TEXT, str)
        found = pd.read_csv(path, dtype=texts, keep_default_na=True)
        found["limit"] = found["limit"].fillna("")
        if list(found.columns) != list(COLUMNS):
            return {}
        open_ = (found["settled"] == Settled.BETWEEN) & (found["limit"] != limit)
        rows = _table(found[(found["problem"] == problem) & ~open_].to_dict(orient="records"))
    except (ValueError, KeyError):
        return {}
    records = rows.to_dict(orient="records")
    return {(row["practice_a"], row["practice_b"]): row for row in records}


def problem_name(graph: nx.Graph[str], rules: Rules, seed: int, base: Plan | None = None) -> str:
    """Name a problem by what it is made of: all that an objective can read, rules and seed.

    With the plan that others are counted from, if there is one, and what is proven of it.
    """
    nodes = []
    for practice in sorted(graph):
        node = graph.nodes[practice]
        known = [str(node.get(name, "")) for name in ("site", *ATTRIBUTES)]
        place = [round(node["x"], 3), round(node["y"], 3)]
        nodes.append([practice, int(node["list_size"]), *place, *known])
    links = sorted(
        [min(a, b), max(a, b), round(float(edge.get("border_m", 0.0)), 3)]
        for a, b, edge in graph.edges(data=True)
    )
    travel, common = graph.graph.get("travel"), graph.graph.get("common") or {}
    reached = None if travel is None else [travel.unit, travel.matrix(sorted(graph)).tolist()]
    shared = sorted([*pair, round(value, 3)] for pair, value in common.items())
    parts = [nodes, links, reached, shared, rules.digest(), seed]
    if base is not None:
        parts.append([base.assignment.sort_index().to_dict(), str(base.status)])
    text = json.dumps(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
