"""An edge list edited by hand: read with line numbers, refused where unclear, then applied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pcngeo.adjacency.links import Edges, Notes, add_edge, cut_edge
from pcngeo.corrections import LINK_KINDS
from pcngeo.errors import DataError, examples
from pcngeo.patient_level import refuse_frame
from pcngeo.schema import EDGE_KINDS

__all__ = ["apply_edited", "read_edges"]

PAIR = ["practice_a", "practice_b"]


def read_edges(path: str | Path) -> pd.DataFrame:
    """Read an edge list, such as an ``edges.csv`` that was corrected by hand.

    Parameters
    ----------
    path
        A CSV file with the columns ``practice_a`` and ``practice_b``; ``kind`` and ``why`` (or
        ``reason``) are kept, other columns ignored.

    Returns
    -------
    DataFrame
        Columns `practice_a` < `practice_b`, `kind`, `why` (text, ``""`` where not given), `line`
        (of the file), one row an edge, sorted.

    Raises
    ------
    DataError
        When the file cannot be read, lacks a column, links a practice with itself or with nobody,
        names a kind that there is not, or holds two rows for one pair that say different things.
    """
    file = Path(path).name
    try:
        table = pd.read_csv(
            path, dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=None,
            engine="python", skip_blank_lines=False,
        )  # fmt: skip
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror})", file=file) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise DataError(f"the file is no table of edges ({error})", file=file) from None
    refuse_frame(table, file)
    table.columns = table.columns.str.strip().str.lower()
    missing = [c for c in PAIR if c not in table.columns]
    if missing:
        raise DataError(
            f"columns are missing: {examples(missing)}",
            file=file,
            todo="Start from the edges.csv that a plan writes",
        )
    if "why" not in table.columns and "reason" in table.columns:
        table["why"] = table["reason"]
    table = table.fillna("")
    return _tidy(table[(table != "").any(axis=1)], file)


def _tidy(table: pd.DataFrame, file: str = "") -> pd.DataFrame:
    a, b = table["practice_a"].astype(str).str.strip(), table["practice_b"].astype(str).str.strip()
    tidy = pd.DataFrame({"practice_a": a.where(a < b, b), "practice_b": b.where(a < b, a)})
    for column in ("kind", "why"):
        text = table[column] if column in table.columns else pd.Series("", index=table.index)
        tidy[column] = text.fillna("").astype(str).str.strip()
    tidy["line"] = table["line"] if "line" in table.columns else np.arange(len(table)) + 2
    if file:
        tidy["line"] = table.index + 2
    _refuse_rows(tidy, file)
    tidy = tidy.sort_values([*PAIR, "line"], kind="stable")
    _refuse_conflicts(tidy, file)
    return tidy.drop_duplicates(PAIR).reset_index(drop=True)


def _refuse_rows(tidy: pd.DataFrame, file: str) -> None:
    """Refuse rows that are wrong in themselves."""
    bare = tidy[(tidy[PAIR] == "").any(axis=1)]
    if len(bare):
        raise _fault("an edge names only one practice", bare, file, "Fill in or remove the row")
    loops = tidy[tidy["practice_a"] == tidy["practice_b"]]
    if len(loops):
        what = f"an edge links {loops['practice_a'].iloc[0]} with itself"
        raise _fault(what, loops, file, "Correct one of the two codes or remove the row")
    odd = tidy[~tidy["kind"].isin([*EDGE_KINDS, ""])]
    if len(odd):
        rows = (f"{row.kind!r} in row {row.line}" for row in odd.itertuples())
        what = f"{len(odd)} edges are of a kind that there is not: {examples(rows)}"
        known = f"A link that you add is {', '.join(LINK_KINDS)}, or leave the cell empty"
        raise _fault(what, odd, file, known)


def _refuse_conflicts(tidy: pd.DataFrame, file: str) -> None:
    """Refuse rows of one pair that do not say the same."""
    told = tidy.drop_duplicates([*PAIR, "kind", "why"])
    twice = told[told.duplicated(PAIR, keep=False)]
    if len(twice):
        a, b = twice.iloc[0][PAIR]
        lines = twice["line"][(twice[PAIR] == [a, b]).all(axis=1)]
        what = f"rows {' and '.join(map(str, lines))} say different things of {a} and {b}"
        raise _fault(what, twice, file, "Keep one row for each pair")


def _fault(what: str, rows: pd.DataFrame, file: str, todo: str) -> DataError:
    return DataError(what, file=file or None, row=int(rows["line"].iloc[0]), todo=todo)


def apply_edited(edges: Edges, edited: pd.DataFrame, nodes: set[str]) -> tuple[Notes, Notes]:
    """Make `edges` those of an edited list; returns what was removed and what was added.

    A pair that was not linked becomes a link of the kind given, or ``manual``. A pair that was
    linked takes a changed kind where that is one of the planner's (bridge, tunnel, ferry, manual).
    Borders and shared sites are facts of the areas: a list cannot claim them.
    """
    table = _tidy(edited)
    _refuse_strangers(table, nodes)
    _refuse_claims(table, edges)
    wanted = {(str(row.practice_a), str(row.practice_b)): row for row in table.itertuples()}
    gone = sorted(set(edges) - set(wanted))
    removed = [cut_edge(edges, pair, "removed by hand from the edge list") for pair in gone]
    added = []
    for pair, row in wanted.items():
        kind, was = str(row.kind), edges.get(pair, {}).get("kind")
        if was is None:
            why = str(row.why) or "added by hand to the edge list"
            added.append(add_edge(edges, pair, kind or "manual", why))
        elif kind in LINK_KINDS:
            why = str(row.why) if str(row.why) != edges[pair]["why"] else ""
            if kind != was:
                why = why or f"changed by hand from {was} to {kind}"
                added.append(add_edge(edges, pair, kind, why))
            elif why:
                edges[pair]["why"] = why
    return removed, added


def _refuse_strangers(table: pd.DataFrame, nodes: set[str]) -> None:
    unknown = ~table[PAIR].isin(nodes)
    if not unknown.any(axis=None):
        return
    named = sorted({str(code) for code in table[PAIR].to_numpy()[unknown.to_numpy()]})
    rows = table[unknown.any(axis=1)]
    raise DataError(
        f"the edge list names {len(named)} practices that do not take part in the plan: "
        f"{examples(named)} (rows {examples(sorted(rows['line']))})",
        todo="Correct the codes, or look up in the practices why they were left out",
    )


def _refuse_claims(table: pd.DataFrame, edges: Edges) -> None:
    """Refuse borders and shared sites that are not there."""
    claims = []
    for row in table[~table["kind"].isin([*LINK_KINDS, ""])].itertuples():
        edge = edges.get((str(row.practice_a), str(row.practice_b)))
        if edge is None or edge["kind"] != row.kind:
            is_so = "are no neighbours" if edge is None else f"are linked by a {edge['kind']}"
            claims.append(f"{row.practice_a} and {row.practice_b} {is_so} (row {row.line})")
    if claims:
        raise DataError(
            f"the edge list claims {len(claims)} borders or shared sites that the areas do not "
            f"have: {examples(claims)}",
            todo=f"Say how they are linked ({', '.join(LINK_KINDS)}), or leave the kind empty",
        )
