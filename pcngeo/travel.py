"""Travel times or road distances between practices, where the planner has them.

A table says how far it is from one practice to another in a stated unit. It replaces straight
lines for hubs, objectives and measures. Pairs that the table lacks are listed and never invented:
a straight line is not a drive over an estuary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pcngeo.errors import DataError, MissingExtra, examples
from pcngeo.patient_level import refuse_frame

if TYPE_CHECKING:
    import networkx as nx

    from pcngeo.plan import Plan

__all__ = ["STRAIGHT", "Travel", "measure_travel", "read_table", "read_travel", "travel_hub"]

#: What outputs say where no table was given.
STRAIGHT = "straight lines between practices: no table of travel was given"

#: Units that are understood: what a name of a column ends in, the unit kept, and the factor to it.
UNITS = {
    "minutes": ("minutes", 1.0), "mins": ("minutes", 1.0), "min": ("minutes", 1.0),
    "seconds": ("minutes", 1 / 60), "secs": ("minutes", 1 / 60), "s": ("minutes", 1 / 60),
    "hours": ("minutes", 60.0), "h": ("minutes", 60.0),
    "metres": ("metres", 1.0), "meters": ("metres", 1.0), "m": ("metres", 1.0),
    "km": ("metres", 1_000.0), "kilometres": ("metres", 1_000.0),
    "miles": ("metres", 1_609.344), "mi": ("metres", 1_609.344),
}  # fmt: skip
FROM = ("from", "practice_a", "origin", "from_practice", "from_id", "o")
TO = ("to", "practice_b", "destination", "to_practice", "to_id", "d")


@dataclass(frozen=True, eq=False)
class Travel:
    """Travel between practices.

    Parameters
    ----------
    table
        Square, index and columns practice (sorted); from the row's to the column's practice, 0 on
        the diagonal, NaN where unknown.
    unit
        ``minutes`` or ``metres``.
    source
        Name of the file, for outputs: every output says what distances it used.
    notes
        What was noticed on reading, in sentences.
    """

    table: pd.DataFrame
    unit: str
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> pd.DataFrame:
        """Pairs without a value: columns `practice_a`, `practice_b`, sorted."""
        codes = self.table.index.to_numpy()
        i, j = np.nonzero(self.table.isna().to_numpy())
        return pd.DataFrame({"practice_a": codes[i], "practice_b": codes[j]})

    def matrix(self, codes: Sequence[str]) -> NDArray[np.float64]:
        """Values among practices, shape (n, n), in the order given; NaN where unknown."""
        return self.table.reindex(index=list(codes), columns=list(codes)).to_numpy(dtype=float)

    def says(self) -> str:
        """Describe the distances in words for outputs."""
        what = "travel time in minutes" if self.unit == "minutes" else "road distance in metres"
        gaps = len(self.missing)
        return f"{what} from {self.source}" + (f"; {gaps:,} pairs are unknown" if gaps else "")


def read_travel(path: str | Path, practices: Iterable[str], *, unit: str | None = None) -> Travel:
    """Read a table of travel between practices.

    Parameters
    ----------
    path
        CSV or Parquet, one row a pair: columns ``from`` and ``to`` (or ``practice_a`` and
        ``practice_b``, ``origin`` and ``destination``) with ODS codes, and one column of values.
    practices
        Codes of the practices of interest; rows about others are left aside.
    unit
        Unit of the values (``minutes``, ``seconds``, ``km``, ``metres``, ``miles``, ...); without
        it the name of the column must end in one, such as ``drive_minutes`` or ``distance_km``.

    Returns
    -------
    Travel
        In minutes or metres. Where a table has each pair only once it holds for both directions;
        where both directions of any pair are given it is read as directed.

    Raises
    ------
    DataError
        When columns are missing, the unit is not stated, a value is no number or negative, or a
        pair stands twice with different values.
    """
    path = Path(path)
    table = read_table(path)
    start, end = _column(table, FROM, path), _column(table, TO, path)
    name, kept, factor = _values(table, {start, end}, unit, path)
    values = pd.to_numeric(table[name], errors="coerce") * factor
    bad = np.flatnonzero((values.isna() | (values < 0) | np.isinf(values)).to_numpy())
    if len(bad):
        shown = examples(repr(value) for value in table[name].iloc[bad[:6]])
        raise DataError(
            f"{len(bad)} values are no numbers from 0: {shown}", file=path.name,
            row=int(bad[0]) + 2, column=name, todo="Correct them, or leave out unknown pairs",
        )  # fmt: skip
    pairs = pd.DataFrame(
        {"a": table[start].astype(str).str.strip(), "b": table[end].astype(str).str.strip(),
         "value": values}
    )  # fmt: skip
    codes = sorted(set(practices))
    known = pairs[pairs["a"].isin(codes) & pairs["b"].isin(codes) & (pairs["a"] != pairs["b"])]
    square, notes = _square(known.drop_duplicates(), codes, path)
    other = len(pairs) - len(known)
    if other:
        notes.append(f"{other:,} rows are not about two practices of the plan: left aside")
    return Travel(square, kept, path.name, tuple(notes))


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file as it stands.

    Parameters
    ----------
    path
        The file; its ending says what it is.

    Returns
    -------
    DataFrame

    Raises
    ------
    DataError
        When it cannot be read.
    """
    path = Path(path)
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        refuse_frame(table, path.name)
        return table
    except DataError:
        raise
    except ImportError:
        raise MissingExtra(
            f"{path.name}: reading Parquet needs pyarrow. Install pcngeo[parquet] or give a CSV."
        ) from None
    except OSError as error:
        why = error.strerror or "it is no such table"
        raise DataError(f"the file cannot be read ({why})", file=path.name) from None
    except ValueError as error:
        raise DataError(f"the file is no table ({error})", file=path.name) from None


def _column(table: pd.DataFrame, names: tuple[str, ...], path: Path) -> str:
    found = [str(c) for c in table.columns if str(c).strip().lower() in names]
    if len(found) != 1:
        raise DataError(
            f"one column must be called {names[0]} (or {', '.join(names[1:4])}), found "
            f"{examples(table.columns)}",
            file=path.name,
        )
    return found[0]


def _values(
    table: pd.DataFrame, taken: set[str], unit: str | None, path: Path
) -> tuple[str, str, float]:
    """Name of the column of values, the unit kept, and the factor to it."""
    rest = [str(c) for c in table.columns if str(c) not in taken]
    ends = {name: re.split(r"[^a-z]+", name.strip().lower().rstrip(")"))[-1] for name in rest}
    stated = [name for name in rest if ends[name] in UNITS]
    if unit is not None:
        if unit not in UNITS:
            raise DataError(f"the unit {unit!r} is not one of {', '.join(UNITS)}")
        column = stated if len(stated) == 1 else rest
        if len(column) == 1:
            return (column[0], *UNITS[unit])
    elif len(stated) == 1:
        return (stated[0], *UNITS[ends[stated[0]]])
    raise DataError(
        f"the values' column and unit are not clear: found {examples(rest) or 'no column'}",
        file=path.name,
        todo="Keep one column and end its name in its unit, such as drive_minutes or distance_km",
    )


def _square(pairs: pd.DataFrame, codes: list[str], path: Path) -> tuple[pd.DataFrame, list[str]]:
    twice = pairs[pairs.duplicated(["a", "b"])]
    if len(twice):
        named = (f"{a} to {b}" for a, b in zip(twice["a"], twice["b"], strict=True))
        raise DataError(
            f"{len(twice)} pairs stand twice with different values: {examples(named)}",
            file=path.name,
            todo="Keep one row for each pair",
        )
    square = np.full((len(codes), len(codes)), np.nan)
    i, j = np.searchsorted(codes, pairs["a"]), np.searchsorted(codes, pairs["b"])
    square[i, j] = pairs["value"]
    np.fill_diagonal(square, 0.0)
    notes = []
    both = ~np.isnan(square) & ~np.isnan(square.T)
    np.fill_diagonal(both, False)
    if len(pairs) and not both.any():
        square = np.where(np.isnan(square), square.T, square)
        notes.append("each pair stands once: taken for both directions")
    index = pd.Index(codes, name="practice", dtype=str)
    return pd.DataFrame(square, index=index, columns=index), notes


def travel_hub(members: Sequence[str], graph: nx.Graph[str], travel: Travel) -> str:
    """Find the hub of a network by travel.

    Parameters
    ----------
    members
        Its practices, all of them nodes of `graph`.
    graph, travel
        As of `measure_travel`.

    Returns
    -------
    str
        The member that the others reach with the least sum of list size times travel, among those
        that all others are known to reach (of equals the first); ``""`` where there is none.
    """
    sums = _sums(members, graph, travel)
    if not np.isfinite(sums).any():
        return ""
    return members[int(np.flatnonzero(sums <= sums.min() * (1 + 1e-12))[0])]


def _sums(members: Sequence[str], graph: nx.Graph[str], travel: Travel) -> NDArray[np.float64]:
    """List size times travel to every member, infinite where a way to it is unknown."""
    table = travel.matrix(members)
    lists = np.array([graph.nodes[p]["list_size"] for p in members], dtype=float)
    return np.where(np.isnan(table).any(axis=0), np.inf, lists @ np.nan_to_num(table))


def measure_travel(
    plan: Plan, graph: nx.Graph[str], travel: Travel, hubs: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Measure how far the members of every network travel to each other.

    Parameters
    ----------
    plan
        Who is in which network.
    graph
        Nodes with `list_size`.
    travel
        As of `read_travel`.
    hubs
        Hub of each network, where it is known already (`pcngeo.evaluate.measure`).

    Returns
    -------
    DataFrame
        Index `network` in reading order; `hub` (the one of `hubs`, else of `travel_hub`; ``""``
        where not all others are known to reach it), `mean_travel_minutes` or `mean_travel_km` (to
        the hub, weighted by list size) and `max_travel_minutes` or `max_travel_km`, NaN without a
        hub, and `unknown_pairs` (ordered pairs of members that the table lacks: never invented).
    """
    suffix, divisor = ("minutes", 1.0) if travel.unit == "minutes" else ("km", 1_000.0)
    rows = {}
    for network, everyone in plan.groups().items():
        members = [p for p in everyone if p in graph]  # others joined by decision, without a way
        table, sums = travel.matrix(members), _sums(members, graph, travel)
        hub = (hubs or {}).get(network) or travel_hub(members, graph, travel)
        mean, most = np.nan, np.nan
        if hub not in members or not np.isfinite(sums[members.index(hub)]):
            hub = ""
        else:
            people = sum(graph.nodes[p]["list_size"] for p in members)
            at = members.index(hub)
            mean = float(sums[at]) / max(people, 1) / divisor
            most = float(table[:, at].max()) / divisor
        rows[network] = (hub, mean, most, int(np.isnan(table).sum()))
    columns = ["hub", f"mean_travel_{suffix}", f"max_travel_{suffix}", "unknown_pairs"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return frame.rename_axis("network")
