"""What Word needs besides words: widths, repeated headers, page numbers, fixed dates inside."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

__all__ = [
    "add_field",
    "add_pairs",
    "align_right",
    "describe_picture",
    "font_of_all_scripts",
    "in_small_print",
    "repeat_header",
    "save",
    "set_widths",
]

#: Files inside carry this date, so that the same pack gives the same bytes.
FIXED = (1980, 1, 1, 0, 0, 0)


def font_of_all_scripts(style: Any, name: str) -> None:
    """Word takes a heading's font from its theme unless every script names one."""
    from docx.oxml.ns import qn

    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), name)


def describe_picture(page: Any, words: str) -> None:
    """Give the last picture a description for those who cannot see it."""
    from docx.oxml.ns import qn

    properties = list(page.element.body.iter(qn("wp:docPr")))
    properties[-1].set("descr", words)
    properties[-1].set("title", "Map")


def in_small_print(paragraph: Any) -> None:
    """Set what is to be looked up, not read, in small print: a document stays at three pages."""
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(2)
    for run in paragraph.runs:
        run.font.size = Pt(7)


def add_field(paragraph: Any, name: str) -> None:
    """Add what Word counts for itself, such as the number of the page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def align_right(cell: Any) -> None:
    """Align a cell's text to the right, as figures are."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def add_pairs(page: Any, rows: list[tuple[str, str]], centimetres: tuple[float, float]) -> None:
    """Write a table of names and values; it has no header row."""
    from docx.oxml.ns import qn

    table = page.add_table(rows=0, cols=2, style="Light Grid Accent 1")
    for name, value in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = name, value
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    if look is not None:
        look.set(qn("w:firstRow"), "0")
        look.attrib.pop(qn("w:val"), None)
    set_widths(table, centimetres)


def set_widths(table: Any, centimetres: tuple[float, ...]) -> None:
    """Fix the widths of a table's columns, and set its text small."""
    from docx.shared import Cm, Pt

    table.autofit = False
    for column, width in zip(table.columns, centimetres, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, centimetres, strict=True):
            cell.width = Cm(width)
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.space_after = Pt(2)
                for run in paragraph.runs:
                    run.font.size = Pt(9)


def repeat_header(table: Any) -> None:
    """Repeat the first row on every page, and keep rows whole."""
    from docx.oxml import OxmlElement

    for i, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if i == 0:
            properties.append(OxmlElement("w:tblHeader"))


def save(page: Any, path: Path) -> None:
    """Save with fixed dates inside: a .docx is a zip."""
    stream = io.BytesIO()
    page.save(stream)
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(path, "w") as kept:
        for name in sorted(made.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(entry, made.read(name))
