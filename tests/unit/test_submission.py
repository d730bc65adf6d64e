"""The submission pack, read back: documents, workbook, map, changes, what is missing."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from pcngeo.decisions import CrossArea, Shared, Submission
from pcngeo.export import write_folder
from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules
from pcngeo.submission import (
    CHANGES,
    MISSING,
    Pack,
    continuations,
    draw_network,
    membership_changes,
    missing_items,
    submission_files,
    write_document,
    write_workbook,
)
from pcngeo.submission.picture import scale_length
from pcngeo.territory import network_areas

CODES = ["A81001", "A81002", "A81003", "A81004", "A81005"]
SIZES = [20_000, 15_000, 18_000, 14_000, 3_000]
PLAN = Plan(pd.Series(dict(zip(CODES, ["1", "1", "2", "2", ""], strict=True))), status=Status.GIVEN)
DIGEST = "ab" * 32


def practices() -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "name": ["=SUM(A1:A9)", "O'HARA & <SONS>", "Third", "Fourth", "Fifth"],
            "postcode": "ZZ1 1AA",
            "list_size": SIZES,
            "area": "X",
            "standing": ["eligible"] * 4 + ["covered"],
            "reason_code": "",
            "reason": "",
            "site": CODES,
            "network_today": ["U1", "U2", "U2", "", "U2"],
            "network_today_name": ["One PCN", "Two PCN", "Two PCN", "", "Two PCN"],
        },
        index=pd.Index(CODES, name="practice"),
    )
    points = [Point(2_000 * i + 1_000, 1_000) for i in range(5)]
    return gpd.GeoDataFrame(table, geometry=points, crs=27700)


def pack(**changes: object) -> Pack:
    frame = practices()
    cells = [box(2_000 * i, 0, 2_000 * (i + 1), 3_000) for i in range(4)]
    territories = gpd.GeoDataFrame(
        {"site": CODES[:4], "derived_from": "hand"}, geometry=cells,
        index=pd.Index(CODES[:4], name="practice"), crs=27700,
    )  # fmt: skip
    boundary = gpd.GeoDataFrame(
        geometry=[box(0, 0, 8_000, 3_000)], index=pd.Index(["X"], name="area"), crs=27700
    )
    done = Submission(
        practice=CODES[2],
        name="Wold",
        clinical_director="Dr A. Example",
        director_role="GP",
        payee=CODES[3],
        agreement_date="1 May 2026",
        signed=(CODES[2], CODES[3]),
        data_sharing=True,
        lmc_contact="office@lmc.example",
        boundary_agreed="NHS X and X LMC, 30 May 2026",
    )
    audit = pd.DataFrame(
        [("R04", "SOFT", "network", "1", "amber", "Network 1 is large.", "sign off", "S003"),
         ("R02", "HARD", "network", "1", "pass", "Fine.", "firm", "S004")],
        columns=["rule", "severity", "scope", "subject", "result", "sentence", "quote", "source"],
    )  # fmt: skip
    service = pd.DataFrame(
        {"member_list": [35_000, 32_000], "covered_list": [3_000, 0],
         "service_population": [38_000, 32_000], "covered_practices": [CODES[4], ""]},
        index=pd.Index(["1", "2"], name="network"),
    )  # fmt: skip
    values: dict[str, Any] = {
        "plan": PLAN,
        "practices": frame,
        "areas": network_areas(PLAN, territories, frame),
        "territories": territories,
        "boundary": boundary,
        "rules": Rules(submissions=(done,)),
        "area": "X",
        "area_name": "Example area",
        "list_date": dt.date(2026, 1, 1),
        "sources": pd.DataFrame(
            {"file": ["lists.csv"], "kind": ["lists"], "sha256": [DIGEST], "date": ["2026-01-01"]}
        ),
        "tables": {"Audit": audit},
        "audit": audit,
        "service": service,
        "effective_date": "2026-07-01",
        "proof": "Nothing is proven about it.",
    }
    return Pack(**(values | changes))


def test_what_is_missing_is_listed_and_nothing_else() -> None:
    table = missing_items(pack())
    assert tuple(table.columns) == MISSING
    assert set(table["network"]) == {"1"}
    assert table["rule"].tolist() == ["R33", "R34", "R35", "R36", "R17", "R43b"]
    unsigned = "Signatures of 2 of 2 practices: =Sum(A1:A9) (A81001), O'Hara & <Sons> (A81002)"
    assert unsigned in table["item"].tolist()
    bare = missing_items(pack(list_date=None, sources=pd.DataFrame()))
    assert (bare["rule"] == "R31").sum() == 4


def test_a_document_holds_members_list_size_source_map_and_lines(tmp_path: Path) -> None:
    import docx

    path = tmp_path / "network.docx"
    write_document(pack(), "1", path)
    document = docx.Document(str(path))
    paragraphs = [p.text for p in document.paragraphs]
    cells = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    members = [row for row in cells if row[1:2] == ["A81001"] or row[1:2] == ["A81002"]]
    assert [row[0] for row in members] == ["1", "2"]
    assert members[0][2] == "=SUM(A1:A9)"
    assert members[1][2:5] == ["O'HARA & <SONS>", "ZZ1 1AA", "15,000"]
    assert ["Network list size (R31)", "35,000 people registered at 1 January 2026"] in cells
    assert ["SHA-256 of that file", DIGEST] in cells
    covered = next(row for row in cells if row[0].startswith("Also covered"))
    assert "38,000 in all, not in the list size" in covered[1]
    assert any("decides nothing" in text for text in paragraphs)
    assert "Clinical director (R34; network)" in paragraphs
    assert any(text.startswith("R04, amber: Network 1 is large.") for text in paragraphs)
    assert not any("R02, pass" in text for text in paragraphs)
    assert len(document.inline_shapes) == 1
    picture = next(
        part.blob for name, part in document.part.package.main_document_part.related_parts.items()
        if part.partname.endswith(".png")
    )  # fmt: skip
    assert picture.startswith(b"\x89PNG")
    described = [e.get("descr") for e in document.element.body.iter() if e.tag.endswith("docPr")]
    assert described == ["Map of the area of Network 1"]
    assert not [text for text in paragraphs if "impose" in text.lower()]


def test_lines_about_practices_offers_and_the_model_stand_in_the_document(tmp_path: Path) -> None:
    """R14, R16 and R20 are lines about practices: they were in the workbook only."""
    import docx

    columns = ["rule", "severity", "scope", "subject", "result", "sentence", "quote", "source"]
    audit = pd.DataFrame(
        [("R16", "INFO", "practice", f"{CODES[0]} {CODES[2]}", "amber",
          f"{CODES[0]}, {CODES[2]} together: not kept.", "decide", "S003"),
         ("R14", "HARD", "practice", CODES[4], "amber",
          f"{CODES[4]} (3,000 people registered) is offered to Network 1.", "liaison", "S003"),
         ("R20", "INFO", "practice", CODES[3], "waived", "Half of it.", "more than one", "S004"),
         ("R22", "SOFT", "area", "the area", "cannot tell", "Not given.", "mix", "S004")],
        columns=columns,
    )  # fmt: skip
    orphans = pd.DataFrame(
        {"list_size": [3_000], "standing": ["eligible"], "network": ["1"], "state": ["proposed"],
         "list_after": [38_000]}, index=pd.Index([CODES[4]], name="practice"),
    )  # fmt: skip
    rules = Rules(submissions=(Submission(CODES[0], model="2"),))
    told = {}
    for network in "12":
        path = tmp_path / f"{network}.docx"
        write_document(pack(audit=audit, orphans=orphans, rules=rules), network, path)
        document = docx.Document(str(path))
        cells = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
        told[network] = [p.text for p in document.paragraphs], cells
    first, cells = told["1"]
    assert (
        "R16, amber: =Sum(A1:A9) (A81001), Third (A81003) together: not kept. “decide” (S003)."
        in first
    )
    assert any(
        text.startswith("R14, amber: Fifth (A81005, 3,000 people registered) is offered")
        for text in first
    )
    assert not any(text.startswith("R20") for text in first)
    assert "The data given does not tell: R22 (urban and rural mixed)." in first
    assert any("model 2, lead provider (S003): NHS pension: none; VAT: poss" in t for t in first)
    assert [
        "Offered to it, not in the list size (R14)",
        "Fifth (A81005), 3,000 people registered: proposed, not yet agreed; 38,000 with it",
    ] in cells
    assert ["Also covered (R15)", "3,000 people registered with Fifth (A81005): services for "
            "38,000 in all, not in the list size"] in cells  # fmt: skip
    assert "Signatures of all 2 practices (R33; member practices)" in first
    assert f"lists.csv (lists, of 2026-01-01), SHA-256 {DIGEST}" in first
    second, cells = told["2"]
    assert any(text.startswith("R16, amber") for text in second)
    assert any(text.startswith("R20, waived: Half of it.") for text in second)
    assert not any(text.startswith("R14") for text in second)
    assert not any(row[0].startswith("Offered") for row in cells)


def test_a_complete_network_has_nothing_missing(tmp_path: Path) -> None:
    import docx

    path = tmp_path / "network.docx"
    write_document(pack(), "2", path)
    document = docx.Document(str(path))
    paragraphs = [p.text for p in document.paragraphs]
    cells = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    assert "Nothing: every item is there." in paragraphs
    assert ["Clinical director", "Dr A. Example (GP)"] in cells
    assert ["Nominated payee (one practice or provider)", "Fourth (A81004)"] in cells
    assert [row[5] for row in cells if row[1:2] == ["A81003"]] == ["Signed"]
    assert document.core_properties.title == "Proposed primary care network: Wold (Network 2)"


def test_todays_networks_are_not_called_proposed(tmp_path: Path) -> None:
    import docx

    frame = practices()
    today = Plan(frame["network_today"], status=Status.GIVEN)
    areas = pack().areas.rename(index={"1": "U1", "2": "U2"})
    path = tmp_path / "network.docx"
    write_document(pack(plan=today, areas=areas, service=None, existing=True), "U1", path)
    text = [p.text for p in docx.Document(str(path)).paragraphs]
    assert text[0] == "Today's primary care network: One PCN (U1)"
    assert not [words for words in text if "proposal" in words.lower()]


def test_the_workbook_reads_back_and_holds_no_formula(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "pack.xlsx"
    write_workbook(pack(), path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Read me", "Networks", "Members", "Missing items",
                               "Membership changes", "Audit", "Sources", "Maps"]  # fmt: skip
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    networks = list(book["Networks"].iter_rows(values_only=True))
    assert networks[1][:6] == ("1", None, 2, 35_000, "yes", 38_000)
    members = list(book["Members"].iter_rows(values_only=True))[1:]
    assert sum(row[4] for row in members) == sum(SIZES)
    assert members[0][2] == "=SUM(A1:A9)"
    assert len(book["Maps"]._images) == 2
    assert book["Members"].freeze_panes == "B2"
    front = [row[0] for row in book["Read me"].iter_rows(values_only=True)]
    assert any(DIGEST in str(text) for text in front)


def test_the_map_is_a_picture_of_the_network() -> None:
    from PIL import Image

    image = Image.open(io.BytesIO(draw_network(pack(), "1")))
    assert image.format == "PNG"
    assert image.width > 900
    colours = {c for _, c in image.convert("RGB").getcolors(10**6) or []}
    assert (0xC7, 0xB8, 0xE0) in colours, "the network's own area"
    assert (0xF1, 0xEF, 0xEA) in colours, "its neighbour"
    shares = np.array(image.convert("RGB")).reshape(-1, 3)
    own = (shares == (0xC7, 0xB8, 0xE0)).all(axis=1).mean()
    assert 0.1 < own < 0.6
    assert draw_network(pack(), "1") == draw_network(pack(), "1")


@pytest.mark.parametrize(("width", "bar"), [(21_000, 5_000), (3_500, 500), (79_000, 10_000)])
def test_the_scale_bar_is_a_round_number_of_about_a_quarter(width: float, bar: float) -> None:
    assert scale_length(width) == bar


def test_changes_from_todays_networks() -> None:
    frame = practices()
    assert continuations(PLAN, frame) == {"1": "U1", "2": "U2"}
    table = membership_changes(PLAN, frame, date="2026-07-01")
    assert tuple(table.columns) == CHANGES
    rows = table.set_index("practice")
    assert rows["change"].to_dict() == {"A81002": "moves", "A81004": "joins", "A81005": "leaves"}
    assert rows.loc["A81002", ["from_network", "to_network", "date"]].tolist() == [
        "U2", "U1", "2026-07-01",
    ]  # fmt: skip
    assert rows.loc["A81005", "to_network"] == ""
    today = Plan(frame["network_today"], status=Status.GIVEN)
    assert membership_changes(today, frame).empty
    fresh = frame.assign(network_today="", network_today_name="")
    new = membership_changes(PLAN, fresh)
    assert set(new["to_network"]) == {"new:1", "new:2"}
    assert set(new["change"]) == {"joins"}


@pytest.mark.parametrize(
    ("today", "offered", "change", "to"),
    [
        ("U1", "1", "stays if agreed", "U1"),
        ("U1", "2", "moves if agreed", "U2"),
        ("", "2", "joins if agreed", "U2"),
        ("U1", "", "leaves", ""),
    ],
)
def test_an_orphan_with_a_home_on_offer_does_not_leave_R14(
    today: str, offered: str, change: str, to: str
) -> None:
    frame = practices()
    frame.loc["A81005", "network_today"] = today
    orphans = pd.DataFrame(
        {"network": offered, "state": "proposed", "standing": "eligible"}, index=["A81005"]
    )
    rows = membership_changes(PLAN, frame, orphans=orphans).set_index("practice")
    assert rows.loc["A81005", ["from_network", "to_network", "change"]].tolist() == [
        today, to, change,
    ]  # fmt: skip
    declined = membership_changes(PLAN, frame, orphans=orphans.assign(standing="covered"))
    assert not declined["change"].str.endswith("if agreed").any()


def test_a_second_network_by_an_approved_share_is_a_change_R20() -> None:
    frame = practices()
    member, other = PLAN.members("1")[0], PLAN.members("2")[0]
    shared = Shared(member, other, 0.25, "Two sites", "NHS X")
    table = membership_changes(PLAN, frame, rules=Rules(shared=(shared,)))
    row = table[table["change"] == "second network"].iloc[0]
    assert row[["practice", "from_network", "to_network"]].tolist() == [member, "", "U2"]
    assert row["list_size"] == round(frame.at[member, "list_size"] / 4)
    asked = Rules(shared=(replace(shared, approved_by=""),))
    assert "second network" not in set(membership_changes(PLAN, frame, rules=asked)["change"])


def test_a_network_that_continues_none_is_new() -> None:
    frame = practices().assign(network_today=["U1", "U1", "U1", "U1", ""])
    table = membership_changes(PLAN, frame).set_index("practice")
    assert table["change"].to_dict() == {"A81003": "new network", "A81004": "new network"}
    assert table.loc["A81003", "to_network"] == "new:2"


def test_the_pack_is_written_whole_and_the_same_twice(tmp_path: Path) -> None:
    first = write_folder(tmp_path / "one", submission_files(pack()))
    second = write_folder(tmp_path / "two", submission_files(pack()))
    names = sorted(path.name for path in first.iterdir())
    assert names == ["membership-change.csv", "missing.csv", "network-1.docx", "network-1.png",
                     "network-2.docx", "network-2.png", "submission.xlsx"]  # fmt: skip
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    text = (first / "membership-change.csv").read_text(encoding="utf-8")
    assert text.startswith("practice,name,list_size,from_network,")
    assert "'=SUM" not in text.splitlines()[0]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice here to open the files")
def test_word_and_excel_files_open_in_libreoffice(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "pack", submission_files(pack()))
    files = [str(folder / name) for name in ("network-1.docx", "submission.xlsx")]
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=300)
    for name in ("network-1.pdf", "submission.pdf"):
        made = (tmp_path / name).read_bytes()
        assert made.startswith(b"%PDF")
        assert len(made) > 20_000
    if shutil.which("pdftotext") is None:
        return
    document = pages(tmp_path / "network-1.pdf")
    assert len(document) == 3
    own = pack().members("1")
    for row in own.itertuples():
        assert f"{row.practice}" in document[0]
        assert f"{row.list_size:,}" in document[0]
    assert f"{pack().sizes['1']:,} people registered" in document[0]
    assert "area (R32)" in document[1]
    assert "What is missing" in document[2]
    book = pages(tmp_path / "submission.pdf")
    # Every map is one page, and nothing of it is left over on another.
    footer = "Proposal, not a decision. Example area Maps, page"
    assert [" ".join(page.split()) for page in book[-2:]] == [
        f"{footer} {k} of {len(book)}" for k in (len(book) - 1, len(book))
    ]
    assert "Sources" in book[0] or "sheets" in book[0].lower()
    assert book[-3].strip(), "a map was cut over two pages"


def pages(path: Path) -> list[str]:
    """Text of each page of a PDF, as another program reads it."""
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True
    )
    return done.stdout.split("\f")[:-1]


def test_what_distances_rest_on_and_a_divided_site_stand_in_the_document(tmp_path: Path) -> None:
    import docx

    rows = [
        ("R16", "INFO", "site", code, "amber", words, "decide", "S003")
        for code, words in ((CODES[0], "A site is divided."), (CODES[3], "Another site is."))
    ]
    made = pack()
    assert made.audit is not None
    table = pd.DataFrame(rows, columns=made.audit.columns)
    words = "Distances in kilometres are straight lines: no table of travel was given."
    path = tmp_path / "network.docx"
    write_document(pack(audit=table, notes=(words,)), "1", path)
    text = [p.text for p in docx.Document(str(path)).paragraphs]
    assert words in text
    assert any("A site is divided." in line for line in text)
    assert not any("Another site is." in line for line in text)


def test_a_shared_practice_is_a_member_and_two_areas_are_named_R19_R20(tmp_path: Path) -> None:
    """The practice of another network stood in the table and not in the count or the signatures."""
    import docx

    def facts(made: Pack) -> list[list[str]]:
        write_document(made, "2", tmp_path / "2.docx")
        document = docx.Document(str(tmp_path / "2.docx"))
        return [[c.text for c in row.cells] for table in document.tables for row in table.rows]

    shared = Shared(CODES[0], CODES[2], 0.25, "Two towns", "Commissioner")
    leave = CrossArea(CODES[2], "A branch", "Both", lead_area="Y")
    done = replace(pack().rules.submissions[0], model="Lead practice")
    frame = practices().assign(area=["X", "X", "X", "Y", "X"])
    rules = Rules(submissions=(done,), shared=(shared,), cross_area=(leave,))
    made = pack(practices=frame, rules=rules)
    missing = missing_items(made).set_index(["network", "rule"])["item"]
    assert missing["2", "R33"] == f"Signatures of 1 of 3 practices: =Sum(A1:A9) ({CODES[0]})"
    cells = facts(made)
    assert ["Member practices (R30)", "3"] in cells
    assert ["Commissioning areas (R19)", "X and Y; Y leads"] in cells
    assert ["Organisational model, if any", "Lead practice"] in cells
    open_ = facts(pack(practices=frame))
    assert ["Commissioning areas (R19)", "X and Y; which one leads: ______________"] in open_


def test_wide_sheets_print_on_a4_at_a_size_to_read(tmp_path: Path) -> None:
    """The audit was 270 characters across: on paper nobody could read it."""
    import openpyxl

    long = "Network 1 has 48,703 people registered, 18,703 above the floor, and so on. " * 2
    audit = pd.DataFrame(
        [("R02", "HARD", "network", "1", "pass", 48_703.0, long, long, "S004", long, long)],
        columns=["rule", "severity", "scope", "subject", "result", "found", "wanted", "quote",
                 "source", "who_may_waive", "sentence"],
    )  # fmt: skip
    path = tmp_path / "book.xlsx"
    write_workbook(pack(tables={"Audit": audit, "Providers": audit.iloc[:0]}), path)
    book = openpyxl.load_workbook(path)
    sheet = book["Audit"]
    widths = {sheet.cell(1, i).value: column.width
              for i, column in enumerate(sheet.column_dimensions.values(), 1)}  # fmt: skip
    assert sum(widths.values()) <= 175
    assert widths["sentence"] >= 40
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert str(sheet.page_setup.paperSize) == "9"
    assert sheet.print_title_rows in ("1:1", "$1:$1")
    text = sheet.cell(2, 6)
    assert text.alignment.wrap_text and text.alignment.horizontal == "left"
    assert book["Providers"].cell(2, 1).value == "None."
