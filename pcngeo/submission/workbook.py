"""The area's workbook (Excel): a sheet for each table, nothing in it is a formula."""

from __future__ import annotations

import datetime as dt
import io
import math
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pcngeo.errors import MissingExtra
from pcngeo.schema import area_title
from pcngeo.submission.contents import Pack, list_day, missing_items
from pcngeo.submission.picture import draw_network

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["write_workbook"]

#: Excel allows sheet names of 31 characters.
LONGEST_NAME = 31
#: Columns of text are at most so wide, and as narrow as the second where a page would be too wide.
WIDEST, NARROWEST = 44, 20
#: The column that people read is never narrower than this.
SENTENCE = 40
#: Characters across that an A4 page shows at a size to read, and beyond which it is printed on A3
#: (Excel calls A3 8 and A4 9).
PAGE, WIDE_PAGE = 150, 190
A3, A4 = 8, 9


def write_workbook(pack: Pack, path: Path) -> None:
    """Write the workbook of the area.

    Parameters
    ----------
    pack
        What is handed in.
    path
        The file to write (.xlsx).

    Raises
    ------
    MissingExtra
        Without XlsxWriter or matplotlib.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise MissingExtra(
            "a submission needs XlsxWriter: pip install 'pcngeo[submission]'"
        ) from None
    # Text that looks like a formula or a link stays text.
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), plain | {"nan_inf_to_errors": False}) as book:
        created = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
        title = f"{pack.proposed} networks: {pack.area_name}"
        book.set_properties({"title": title, "author": "pcngeo", "created": created})
        styles = _styles(book)
        _front(book, pack, styles)
        sheets = {
            "Networks": _networks(pack),
            "Members": _members(pack),
            "Missing items": missing_items(pack),
            "Membership changes": pack.changes,
            **{name: _with_names(pack, _reading_order(t)) for name, t in pack.tables.items()},
            "Sources": pack.sources,
        }
        for name, table in sheets.items():
            _sheet(book, name, table, styles)
        _maps(book, pack)
        said = "" if pack.existing else "Proposal, not a decision. "
        for sheet in book.worksheets():
            sheet.set_footer(f"&L{said}{pack.area_name.replace('&', '&&')}&R&A, page &P of &N")


def _styles(book: Workbook) -> dict[str, Format]:
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        # An indent is kept only beside an alignment: without one, text touches the number before.
        "text": book.add_format({"text_wrap": True, "valign": "top", "align": "left", "indent": 1}),
        "head": book.add_format(
            {
                "bold": True,
                "bg_color": "#E4DDF0",
                "text_wrap": True,
                "valign": "top",
                "align": "left",
                "indent": 1,
            }
        ),
        "whole": book.add_format({"num_format": "#,##0", "valign": "top"}),
        "part": book.add_format({"num_format": "#,##0.000", "valign": "top"}),
        "share": book.add_format({"num_format": "0.0%", "valign": "top"}),
        "money": book.add_format({"num_format": "£#,##0.00", "valign": "top"}),
    }


def _front(book: Workbook, pack: Pack, styles: dict[str, Format]) -> None:
    sheet = book.add_worksheet("Read me")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 100)
    file, digest = pack.list_source
    lines = [
        f"{area_title(pack.area, pack.area_name)}: {pack.proposed.lower()} primary care networks",
        ""
        if pack.existing
        else "A proposal for practices, the commissioner and the LMC or LMCs to agree. It decides "
        "nothing.",
        f"{len(pack.plan.networks)} networks, {sum(pack.sizes.values()):,} people registered at "
        f"{list_day(pack.list_date)}.",
        f"List sizes: {file or 'source not given'}, SHA-256 {digest or 'not given'}.",
        pack.proof,
        *pack.notes,
        "Sheets: Networks (one row each), Members (every practice of the area), Missing items, "
        "Membership changes from today's networks, further tables, Sources, Maps.",
        "“Cannot compute” and “cannot tell” mean that a rate or an input was not given; nothing is "
        "guessed.",
    ]
    for row, words in enumerate(line for line in lines if line):
        sheet.write_string(row, 0, words, styles["title"] if row == 0 else styles["text"])
        sheet.set_row(row, 24 if row == 0 else 16.0 * _lines(words, 100))
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _networks(pack: Pack) -> pd.DataFrame:
    rows = []
    for network in pack.plan.networks:
        row = pack.submission(network)
        service = None if pack.service is None else pack.service.loc[network].to_dict()
        rows.append(
            {
                "network": network,
                "name": row.name,
                "practices": len(pack.plan.members(network)),
                "list_size": pack.sizes[network],
                "in_window": pack.rules.in_window(pack.sizes[network]),
                "service_population": pd.NA if service is None else service["service_population"],
                "clinical_director": row.clinical_director,
                "payee": row.payee,
                "agreement": ", ".join(x for x in (row.agreement_version, row.agreement_date) if x),
                "signed": sum(p in row.signed for p in pack.plan.members(network)),
            }
        )
    return pd.DataFrame(rows)


def _reading_order(table: pd.DataFrame) -> pd.DataFrame:
    """Put the sentence of a table before what it was made from."""
    if "sentence" not in table or "rule" not in table:
        return table
    columns = [c for c in table.columns if c != "sentence"]
    place = columns.index("result") + 1
    return table[[*columns[:place], "sentence", *columns[place:]]]


def _with_names(pack: Pack, table: pd.DataFrame) -> pd.DataFrame:
    """Put the practices' names, as people write them, beside their codes."""
    if table.index.name != "practice":
        return table
    named = table.drop(columns="name", errors="ignore")
    place = list(table.columns).index("name") if "name" in table else 0
    named.insert(place, "name", pack.practices["name"].reindex(table.index).fillna(""))
    return named


def _members(pack: Pack) -> pd.DataFrame:
    table: pd.DataFrame = pack.practices[["name", "postcode", "list_size", "standing"]].copy()
    table.insert(0, "network", pack.plan.assignment.reindex(table.index).fillna(""))
    table["network_today"] = pack.practices["network_today"]
    table["network_today_name"] = pack.practices["network_today_name"]
    order = {n: i for i, n in enumerate([*pack.plan.networks, ""])}
    table["order"] = table["network"].map(order)
    table = table.rename_axis("practice").reset_index()
    table = table.sort_values(["order", "practice"])
    return table.drop(columns="order")


def _sheet(book: Workbook, name: str, table: pd.DataFrame, styles: dict[str, Format]) -> None:
    sheet = book.add_worksheet(name[:LONGEST_NAME])
    frame = table.reset_index() if table.index.name else table
    heads = [str(head) for head in frame.columns]
    heads_shown = [head.replace("_", " ") for head in heads]
    shown = [[_shown(value, head) for value in frame[head]] for head in heads]
    widths = _widths(heads, shown)
    for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heads_shown[column], styles["head"])
        for row, value in enumerate(frame[head].tolist(), 1):
            _cell(sheet, row, column, value, head, styles)
    # Bold letters are wider, and a heading breaks between words only.
    heads_lines = [_lines(head, width - 4) for head, width in zip(heads_shown, widths, strict=True)]
    sheet.set_row(0, 2 + 15 * max(heads_lines, default=1))
    if frame.empty:
        sheet.write_string(1, 0, "None.", styles["text"])
    for row in range(len(frame)):
        # Not every program fits rows to wrapped text on opening.
        lines = [_lines(words[row], width) for words, width in zip(shown, widths, strict=True)]
        sheet.set_row(row + 1, 2 + 14.5 * max(lines, default=1))
    sheet.freeze_panes(1, 1)
    if len(frame) and heads:
        sheet.autofilter(0, 0, len(frame), len(heads) - 1)
    sheet.set_landscape()
    sheet.set_paper(A3 if sum(widths) > WIDE_PAGE else A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _widths(heads: list[str], shown: list[list[str]]) -> list[float]:
    """Characters for every column; texts wrap in narrower ones where a page would be too wide."""
    for most in range(WIDEST, NARROWEST - 1, -4):
        limits = [max(most, SENTENCE if head == "sentence" else 0) for head in heads]
        widths = list(map(_width, heads, shown, limits))
        if sum(widths) <= PAGE:
            break
    return widths


def _width(head: str, shown: list[str], most: float) -> float:
    """Characters for a column: its longest value, within reason, and no word of it cut."""
    word = max(len(word) + 4 for word in head.replace("_", " ").split(" "))
    longest = max((len(words) + 3 for words in shown), default=9)
    return float(max(word, min(longest, most)))


def _lines(words: str, width: float) -> int:
    return sum(math.ceil(max(len(part), 1) * 1.12 / width) for part in words.split("\n"))


def _shown(value: object, head: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.1%}" if head.endswith("_share") else f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _cell(
    sheet: Worksheet, row: int, column: int, value: Any, head: str, styles: dict[str, Format]
) -> None:
    if isinstance(value, Decimal):
        sheet.write_number(row, column, float(value), styles["money"])
    elif isinstance(value, int | float) and not isinstance(value, bool) and not pd.isna(value):
        kind = "whole" if isinstance(value, int) or float(value).is_integer() else "part"
        kind = "share" if head.endswith("_share") else kind
        sheet.write_number(row, column, value, styles[kind])
    elif words := _shown(value, head):
        sheet.write_string(row, column, words, styles["text"])
    else:
        sheet.write_blank(row, column, None, styles["text"])


def _maps(book: Workbook, pack: Pack) -> None:
    sheet = book.add_worksheet("Maps")
    sheet.hide_gridlines(2)
    sheet.set_portrait()
    sheet.set_paper(A4)
    # One wide column and a map within the margins: a page breaks between columns.
    sheet.set_margins(left=0.5, right=0.5)
    sheet.set_column(0, 0, 86)
    for i, network in enumerate(pack.plan.networks):
        row = i * 42
        picture = io.BytesIO(draw_network(pack, network))
        options = {
            "image_data": picture,
            "description": f"Map of {pack.title(network)}",
            "x_scale": 0.92,
            "y_scale": 0.92,
        }
        sheet.insert_image(row, 0, f"network-{network}.png", options)
        if i:
            sheet.set_h_pagebreaks([*(j * 42 for j in range(1, i + 1))])
