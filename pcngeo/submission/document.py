"""One network's document, to print, complete and sign (Word)."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from pcngeo.audit.book import BOOK
from pcngeo.decisions import HOME_STATES
from pcngeo.errors import MissingExtra
from pcngeo.models import RISKS, find_model
from pcngeo.schema import area_title
from pcngeo.submission.contents import Pack, list_day, missing_of
from pcngeo.submission.picture import draw_network
from pcngeo.submission.word import (
    add_field,
    add_pairs,
    align_right,
    describe_picture,
    font_of_all_scripts,
    in_small_print,
    repeat_header,
    save,
    set_widths,
)

__all__ = ["write_document"]

LINE = "_" * 34
ATTRIBUTION = (
    "Contains information from NHS England, licensed under the Open Government Licence v3.0. "
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right. Contains Royal Mail data © Royal Mail "
    "copyright and database right."
)


def write_document(pack: Pack, network: str, path: Path) -> None:
    """Write the document of one network.

    Parameters
    ----------
    pack
        What is handed in.
    network
        Which one.
    path
        The file to write (.docx).

    Raises
    ------
    MissingExtra
        Without python-docx or matplotlib.
    """
    try:
        import docx
        from docx.shared import Cm, Pt
    except ImportError:
        raise MissingExtra(
            "a submission needs python-docx: pip install 'pcngeo[submission]'"
        ) from None
    page: Any = docx.Document()
    section = page.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin = section.bottom_margin = Cm(1.8)
    style = page.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10)
    style.paragraph_format.space_after = Pt(5)
    for level in (1, 2):
        heading = page.styles[f"Heading {level}"]
        heading.font.name = "Arial"
        font_of_all_scripts(heading, "Arial")
    _title(page, pack, network)
    _facts(page, pack, network)
    _members(page, pack, network)
    _people(page, pack, network)
    page.add_page_break()
    _map(page, pack, network)
    page.add_page_break()
    _who(page, pack, network)
    _to_look_at(page, pack, network)
    _sign_off(page, pack, network)
    _prompts(page)
    _sources(page, pack)
    _footer(section, pack, network)
    core = page.core_properties
    core.title = f"{pack.proposed} primary care network: {pack.title(network)}"
    core.author = core.last_modified_by = "pcngeo"
    core.created = core.modified = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
    save(page, path)


def _title(page: Any, pack: Pack, network: str) -> None:
    page.add_heading(f"{pack.proposed} primary care network: {pack.title(network)}", level=1)
    page.add_paragraph(
        f"{area_title(pack.area, pack.area_name)}. "
        + (
            "This is how the published files show the network."
            if pack.existing
            else "This is a proposal for practices, the commissioner and the LMC or LMCs to "
            "discuss and agree. It decides nothing."
        )
    )


def _facts(page: Any, pack: Pack, network: str) -> None:
    file, digest = pack.list_source
    size = pack.sizes[network]
    rows = [
        ("Network list size (R31)", f"{size:,} people registered at {list_day(pack.list_date)}"),
        ("Member practices (R30)", f"{len(pack.members(network))}"),
        ("Source of list sizes", file or "not given"),
        ("SHA-256 of that file", digest or "not given"),
    ]
    areas = sorted({str(pack.practices.at[p, "area"]) for p in pack.plan.members(network)} - {""})
    if len(areas) > 1:
        leave = [w for w in pack.rules.cross_area if w.practice in pack.plan.members(network)]
        lead = next((w.lead_area for w in leave if w.lead_area in areas), "")
        leads = f"{lead} leads" if lead else "which one leads: ______________"
        rows.append(("Commissioning areas (R19)", f"{' and '.join(areas)}; {leads}"))
    rows += _covered(pack, network)
    rows += _offered(pack, network)
    add_pairs(page, rows, (5.0, 12.0))


def _covered(pack: Pack, network: str) -> list[tuple[str, str]]:
    """Say whose patients the network also serves (R15)."""
    if pack.service is None or network not in pack.service.index:
        return []
    row = pack.service.loc[network].to_dict()
    if not row["covered_practices"]:
        return []
    whose = ", ".join(pack.name(code) for code in str(row["covered_practices"]).split(", "))
    words = (
        f"{int(row['covered_list']):,} people registered with {whose}: services for "
        f"{int(row['service_population']):,} in all, not in the list size"
    )
    return [("Also covered (R15)", words)]


def _offered(pack: Pack, network: str) -> list[tuple[str, str]]:
    """Say which practices in no network are offered to this one, and how far that is settled."""
    offered = pack.offered(network)
    waiting = offered[~offered["standing"].isin(["covered", "special"])]
    said = [
        f"{pack.name(str(row.Index))}, {int(str(row.list_size)):,} people registered: "
        f"{HOME_STATES[str(row.state)]}; {int(str(row.list_after)):,} with it"
        for row in waiting.itertuples()
    ]
    return [("Offered to it, not in the list size (R14)", "\n".join(said))] if said else []


def _members(page: Any, pack: Pack, network: str) -> None:
    from docx.shared import Cm

    page.add_heading("Member practices and their signatures (R30, R33)", level=2)
    table = page.add_table(rows=1, cols=6, style="Light Grid Accent 1")
    heads = ("No.", "ODS code", "Practice", "Postcode", "People registered", "Signed, name, date")
    for cell, text in zip(table.rows[0].cells, heads, strict=True):
        cell.text = text
    members = pack.members(network)
    for number, code, name, postcode, patients, signed in members.itertuples(index=False):
        cells = table.add_row().cells
        texts = (number, code, name, postcode, f"{patients:,}", "Signed" if signed else "")
        for cell, text in zip(cells, texts, strict=True):
            cell.text = str(text)
        align_right(cells[4])
        table.rows[-1].height = Cm(0.85)
    cells = table.add_row().cells
    cells[2].text, cells[4].text = "Network list size", f"{int(members['list_size'].sum()):,}"
    align_right(cells[4])
    repeat_header(table)
    set_widths(table, (1.0, 2.0, 5.6, 2.3, 2.3, 3.8))
    page.add_paragraph(
        "A signature confirms the initial network agreement. Its content is for the practices; it "
        "is not judged here, and cannot be a ground for refusal."
    )


def _people(page: Any, pack: Pack, network: str) -> None:
    page.add_heading("People and agreement (R34 to R36)", level=2)
    row = pack.submission(network)
    director = f"{row.clinical_director} ({row.director_role or 'role not given'})"
    payee = row.payee
    if payee in pack.practices.index:
        payee = f"{pack.practices.at[payee, 'name']} ({payee})"
    agreement = ", ".join(x for x in (row.agreement_version, row.agreement_date) if x)
    rows = [
        ("Clinical director", director if row.clinical_director else LINE),
        ("Nominated payee (one practice or provider)", payee or LINE),
        ("Network agreement, version and date", agreement or LINE),
        ("Data-sharing agreement signed", "Yes" if row.data_sharing else LINE),
        ("Federation, if any", row.federation or "-"),
        ("Organisational model, if any", row.model or "-"),
        ("LMC, to mediate in a dispute (R42)", row.lmc_contact or LINE),
        ("Commissioner's contact", row.commissioner_contact or LINE),
    ]
    add_pairs(page, [(name, str(value)) for name, value in rows], (7.0, 10.0))
    _model(page, row.model)
    page.add_paragraph(
        "The clinical director may be a GP or another clinician, and answers to the network's "
        "board; it may be better if somebody else chairs it (R34, R41)."
    )


def _model(page: Any, text: str) -> None:
    """Show what is published of the risks of the organisational model that was named."""
    model = find_model(text)
    if model is not None:
        risks = "; ".join(f"{words}: {model[key]}" for key, words in RISKS.items())
        page.add_paragraph(
            f"Published risks of model {model['model']}, {model['name'].lower()} (S003): {risks}. "
            "This is no advice; the handbook says to seek it."
        )


def _map(page: Any, pack: Pack, network: str) -> None:
    from docx.shared import Cm

    page.add_heading("The network's area (R32)", level=2)
    page.add_picture(io.BytesIO(draw_network(pack, network)), width=Cm(16.6))
    describe_picture(page, f"Map of the area of {pack.title(network)}")
    page.add_paragraph(
        "The numbers are those of the list of member practices. Areas are derived from where "
        "practices are, within the boundary of the area."
    )


#: What is said of the people of a network, and how, where the data is given (R60, R61).
WHO = {
    "imd_score": ("Mean score of deprivation, by patient", "{:.1f}"),
    "most_deprived_20_share": ("Live in the most deprived fifth of England", "{:.1%}"),
    "rural_share": ("Live rurally", "{:.1%}"),
    "age_0_4_share": ("Aged 0 to 4", "{:.1%}"),
    "age_65_plus_share": ("Aged 65 and over", "{:.1%}"),
    "age_85_plus_share": ("Aged 85 and over", "{:.1%}"),
    "imd_matched_share": ("Patients matched to deprivation", "{:.1%}"),
    "rural_matched_share": ("Patients matched to town or country", "{:.1%}"),
    "ages_matched_share": ("Patients matched to ages", "{:.1%}"),
}


def _who(page: Any, pack: Pack, network: str) -> None:
    """Say who is registered with the network, beside the whole area, where that is known."""
    profile = pack.tables.get("Profile")
    if profile is None or network not in profile.index:
        return
    shown = [column for column in WHO if column in profile]
    if not shown:
        return
    page.add_heading("Who is registered (R60, R61)", level=2)
    rows = []
    for column in shown:
        name, form = WHO[column]
        values = profile[column].astype(float)[[network, "area"]]
        own, area = ("not known" if pd.isna(n) else form.format(n) for n in values)
        rows.append((name, f"{own} (the whole area {area})"))
    add_pairs(page, rows, (8.0, 9.0))


def _to_look_at(page: Any, pack: Pack, network: str) -> None:
    page.add_heading("What is missing", level=2)
    missing = missing_of(pack, network)
    if not missing:
        page.add_paragraph("Nothing: every item is there.")
    for rule, item, who in missing:
        # Where nobody has signed, the table of members says who they are.
        words = re.sub(r"of (\d+) of \1 practices: .*", r"of all \1 practices", item)
        words = words.replace("Signatures of all 1 practices", "Signature of the practice")
        page.add_paragraph(f"{pack.named(words)} ({rule}; {who})", style="List Bullet")
    if pack.audit is None:
        return
    page.add_heading("Rules to look at", level=2)
    own_rules = pack.audit[_concerns(pack, network) & (pack.audit["severity"] != "PACK")]
    found = own_rules[own_rules["result"].isin(["fail", "amber", "waived"])]
    if found.empty:
        page.add_paragraph("Every rule that the data can answer is kept by this network.")
    for row in found.itertuples():
        words = f"{row.rule}, {row.result}: {pack.named(str(row.sentence))} “{row.quote}” "
        page.add_paragraph(f"{words}({row.source}).", style="List Bullet")
    area = pack.audit[(pack.audit["scope"] == "area") & (pack.audit["severity"] != "PACK")]
    unknown = pd.concat([own_rules, area])
    told = {*found["rule"], *(rule for rule, _, _ in missing)}
    unknown = unknown[(unknown["result"] == "cannot tell") & ~unknown["rule"].isin(told)]
    if len(unknown):
        rules = ", ".join(f"{rule} ({BOOK[rule].title.lower()})" for rule in dict.fromkeys(
            sorted(unknown["rule"].astype(str))))  # fmt: skip
        page.add_paragraph(f"The data given does not tell: {rules}.")


def _concerns(pack: Pack, network: str) -> pd.Series[bool]:
    """Mark the lines of the audit about a network, its sites, members, and those offered to it."""
    assert pack.audit is not None
    codes = {*pack.members(network)["practice"], *pack.offered(network).index}
    drawn = pack.territories.index.isin(pack.plan.members(network))
    sites = set(pack.territories["site"][drawn])
    scope, subject = pack.audit["scope"], pack.audit["subject"].astype(str)
    named = subject.map(lambda text: not codes.isdisjoint(text.split(" ")))
    return (
        ((scope == "network") & (subject == network))
        | ((scope == "site") & subject.isin(sites))
        | ((scope == "practice") & named)
    )


def _sign_off(page: Any, pack: Pack, network: str) -> None:
    page.add_heading("Agreement on the area (R17)", level=2)
    agreed = pack.submission(network).boundary_agreed
    if agreed:
        page.add_paragraph(f"Agreed: {agreed}.")
    table = page.add_table(rows=1, cols=4, style="Light Grid Accent 1")
    for cell, text in zip(table.rows[0].cells, ("For", "Name", "Signature", "Date"), strict=True):
        cell.text = text
    for who in ("Commissioner", "LMC", "Second LMC, if there is one"):
        table.add_row().cells[0].text = f"{who}\n"
    set_widths(table, (4.6, 4.2, 5.0, 3.2))


def _prompts(page: Any) -> None:
    page.add_heading("Questions to have talked about (R45, R65)", level=2)
    for words in (
        "Who hosts and employs shared staff; who carries the risk; how money and costs are shared "
        "(evenly or by list size).",
        "How votes are given out, what a decision needs, and what makes a quorum.",
        "Who was asked: patient participation groups, Healthwatch, voluntary and community "
        "organisations, Citizens Advice, communities that are seldom heard.",
    ):
        page.add_paragraph(words, style="List Bullet")


def _sources(page: Any, pack: Pack) -> None:
    page.add_heading("Sources", level=2)
    for row in pack.sources.itertuples():
        dated = f", of {row.date}" if getattr(row, "date", "") else ""
        words = f"{row.file} ({row.kind}{dated}), SHA-256 {row.sha256}"
        in_small_print(page.add_paragraph(words, style="List Bullet"))
    for words in (*pack.notes, pack.proof):
        if words:
            in_small_print(page.add_paragraph(words))
    in_small_print(page.add_paragraph(ATTRIBUTION))


def _footer(section: Any, pack: Pack, network: str) -> None:
    from docx.shared import Pt

    words = "" if pack.existing else "Proposal, not a decision. "
    words += f"{pack.title(network)}, {pack.area_name}. "
    paragraph = section.footer.paragraphs[0]
    paragraph.text = words + f"Lists of {list_day(pack.list_date)}. Page "
    paragraph.style.font.size = Pt(8)
    add_field(paragraph, "PAGE")
    paragraph.add_run(" of ")
    add_field(paragraph, "NUMPAGES")
