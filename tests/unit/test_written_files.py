"""Nothing in any file that is written can run: no formula in a table, no markup in a page."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from test_cli import CODES, Files, place, postcode, run, write_csv

import pcngeo
from pcngeo.scenario import Scenario

#: Names as somebody might register them to do harm, one for each practice.
NASTY = (
    "=cmd|' /C calc'!A0", "+44+cmd|'x'!A0", "-2+3+cmd|'x'!A0", "@SUM(1+9)*cmd|'x'!A0",
    '=HYPERLINK("http://example.org","Click")', "<script>alert(7)</script>",
    "<img src=x onerror=alert(7)>", '"><svg onload=alert(7)>', "</script><b>", "O'HARA & \"CO\"",
    "=1+1", "{{7*7}}${7*7}",
)  # fmt: skip
NUMBER = re.compile(r"^[-+]?\d[\d,.]*$")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Page(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return everything that the commands write of an area of nasty names."""
    files = Files(tmp_path_factory.mktemp("nasty") / "in")
    organisations = [
        [code, NASTY[i], "Y99", "Q99", "1 HIGH ST", "", "", "", "", postcode(i), "19740401", "",
         "A", "B", "99Z", "20130401", "", "", "", "", "", "0", "", "99Z", "", "4", ""]
        for i, code in enumerate(CODES)
    ]  # fmt: skip
    write_csv(files.organisations, [list(row) for row in organisations])
    header = ["PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "PRACTICE_POSTCODE",
              "PCN_CODE", "PCN_NAME", "ONS_CCG_CODE", "CCG_CODE", "CCG_NAME", "ONS_STP_CODE",
              "STP_CODE", "STP_NAME"]  # fmt: skip
    mapped = [
        ["GP_PRAC_PAT_LIST", "01JAN2021", code, NASTY[i], postcode(i), f"U9900{i // 4}",
         NASTY[i // 4], "E38999999", "99Z", "=NHS Nowhere CCG", "E54999999", "QQQ", "@ICB"]
        for i, code in enumerate(CODES)
    ]  # fmt: skip
    membership = write_csv(files.folder / "map.csv", [header, *map(list, mapped)])
    assert len({place(i) for i in range(len(CODES))}) == len(NASTY) == len(CODES)
    plan = files.arguments(membership=membership)
    assert run(plan) == 0
    for command in ("audit", "submit"):
        out = files.folder / command
        assert run([command, *plan[1:], "--existing", "--out", str(out)]) == 0
    assert run(["submit", *plan[1:], "--out", str(files.folder / "planned")]) == 0
    for command, more in (("graph", []), ("options", ["--networks", "3", "--plans"])):
        assert run([command, *plan[1:], *more, "--out", str(files.folder / command)]) == 0
    made = ("audit", "submit", "planned", "graph", "options")
    folders = (files.out, *(files.folder / name for name in made))
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]


def test_no_table_holds_a_formula(written: list[Path]) -> None:
    tables = [path for path in written if path.suffix == ".csv"]
    assert {"membership.csv", "intake.csv", "edges.csv", "audit.csv", "funding.csv", "profile.csv",
            "membership-change.csv", "missing.csv"} <= {p.name for p in tables}  # fmt: skip
    seen = ""
    for path in tables:
        with path.open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.reader(stream), 1):
                bad = [cell for cell in row if cell.startswith(FORMULA) and not NUMBER.match(cell)]
                assert not bad, f"{path.name}, row {number}: {bad}"
                seen += "\n".join(row)
    assert all(f"'{name}" in seen for name in NASTY if name.startswith(FORMULA))


def test_no_workbook_holds_a_formula_or_a_link(written: list[Path]) -> None:
    books = [path for path in written if path.suffix == ".xlsx"]
    assert books
    for path in books:
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", (path.name, sheet.title, cell.coordinate)
                    assert cell.hyperlink is None, (path.name, sheet.title, cell.coordinate)


def test_no_page_or_picture_takes_a_name_for_markup(written: list[Path]) -> None:
    pages = [path for path in written if path.suffix in (".html", ".svg")]
    assert pages
    for path in pages:
        text = path.read_text(encoding="utf-8")
        page = Page()
        page.feed(text)
        for tag, attributes in page.tags:
            assert not [v for v in attributes.values() if v and "alert(7)" in v and tag == "img"]
            assert attributes.get("onload") is None and attributes.get("onerror") is None, tag
        assert "<script>alert(7)" not in text and "<img src=x" not in text
        assert "<svg onload" not in text and "</script><b>" not in text


def test_the_files_are_the_same_however_pandas_holds_text(
    planned_sample: Path, sample: Path, tmp_path: Path
) -> None:
    """A command holds text as Python does; a notebook beside pyarrow does not."""
    pytest.importorskip("pyarrow")
    scenario = Scenario.read(sample / "scenario.toml")
    with pd.option_context("mode.string_storage", "pyarrow"):
        pcngeo.plan_area(
            **scenario.inputs, area=scenario.area, rules=scenario.rules, out=tmp_path / "sample"
        )
    names = sorted(path.name for path in planned_sample.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "sample").iterdir())
    for name in names:
        one, other = ((out / name).read_bytes() for out in (planned_sample, tmp_path / "sample"))
        if name == "plan.json":
            one, other = (re.sub(rb'"seconds": [\d.]+', b"", text) for text in (one, other))
        assert one == other, name
