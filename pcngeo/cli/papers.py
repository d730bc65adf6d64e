"""Commands about what a configuration means: audit, England beside what was published, the pack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pcngeo.cli.options import (
    Request,
    RulesFile,
    Settings,
    gather_request,
    read_date,
    read_rules,
    takes,
)
from pcngeo.cli.screen import Progress, say, show_frame
from pcngeo.rules import Rules
from pcngeo.words import say_date

if TYPE_CHECKING:
    import pandas as pd

    from pcngeo.intake import Intake
    from pcngeo.papers import Area, Papers

Existing = Annotated[
    bool, typer.Option("--existing", help="Today's networks, instead of planning new ones.")
]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        help="A plan's folder or a membership.csv (also edited by hand), instead of planning.",
    ),
]
Year = Annotated[str, typer.Option(help="Year of the payment rates.")]
Months = Annotated[int, typer.Option(min=1, max=12, help="Months of part-year payments.")]
Ages = Annotated[Path | None, typer.Option(help="List sizes by age: gp-reg-pat-prac-quin-age.")]


Include = Annotated[
    list[str] | None, typer.Option(help="An optional payment to count: extended_access.")
]
WaivedStaff = Annotated[
    int,
    typer.Option(min=0, help="Staff (WTE) of a network with a rural waiver."),
]
Threshold = Annotated[
    str, typer.Option(help="What a decision needs: simple, unanimous, 2/3, 75% and 3 practices.")
]
Quorum = Annotated[str, typer.Option(help="Least share of votes for a quorum: 1/2, 60%.")]
Populations = Annotated[
    Path | None,
    typer.Option(
        help="CSV by practice: weighted_list, adjusted_list, care_home_beds (payments from 2020)."
    ),
]
Providers = Annotated[
    bool,
    typer.Option("--providers", help="Group whole networks into providers of 250,000 (R24)."),
]


@dataclass(frozen=True)
class Wanted:
    """Which configuration, and what is asked about it: the same flags for audit and submit."""

    existing: bool
    plan: Path | None
    asked: dict[str, Any]
    files: dict[str, Path]


def _wanted(
    existing: Existing = False,
    plan: PlanFile = None,
    year: Year = "2019/20",
    months: Months = 12,
    include: Include = None,
    waived_staff_wte: WaivedStaff = 0,
    threshold: Threshold = "simple",
    quorum: Quorum = "1/2",
    populations: Populations = None,
    ages: Ages = None,
    providers: Providers = False,
) -> Wanted:
    if existing and plan is not None:
        raise typer.BadParameter("--existing and --plan exclude each other: give one.")
    files = {
        "populations": populations,
        "ages": ages,
    }
    return Wanted(
        existing,
        plan,
        {
            "year": year,
            "months": months,
            "include": tuple(include or ()),
            "waived_staff_wte": waived_staff_wte,
            "threshold": threshold,
            "quorum": quorum,
            "providers": providers,
        },
        {name: path for name, path in files.items() if path is not None},
    )


@takes(gather_request, _wanted)
def audit(request: Request, wanted: Wanted) -> None:
    """Check every published rule on a plan, or on today's networks, and write the tables."""
    from pcngeo.export import write_folder
    from pcngeo.papers import papers_files

    with Progress() as progress:
        area, request = _area(request, wanted, progress)
        progress("papers", "working out tables")
        papers = _papers(request, wanted, area)
        write_folder(request.folder(), papers_files(papers))
    _show_audit(area, papers)
    say(
        f"Written to {request.folder()}: audit.csv, orphans.csv, funding.csv, profile.csv and more."
    )


@takes(gather_request, _wanted)
def submit(
    request: Request,
    wanted: Wanted,
    effective: Annotated[
        str | None, typer.Option(help="From when the memberships are to hold (YYYY-MM-DD).")
    ] = None,
) -> None:
    """Write the pack that networks hand in: documents, workbook, maps, changes."""
    from pcngeo.export import write_folder
    from pcngeo.papers import papers_files, submission_pack
    from pcngeo.submission import missing_items, submission_files

    date = read_date(effective, "--effective")
    with Progress() as progress:
        area, request = _area(request, wanted, progress)
        progress("submit", "drawing maps and writing documents")
        papers = _papers(request, wanted, area)
        pack = submission_pack(area, papers, effective_date=date.isoformat() if date else "")
        folder = request.folder() / "submission"
        write_folder(folder, submission_files(pack))
        write_folder(request.folder(), papers_files(papers))
    missing = missing_items(pack)
    kind = "networks of today" if area.existing else "proposed networks, not a decision"
    say(f"{area.area_name}: the pack of {len(area.plan.networks)} {kind}.")
    say(f"{len(missing)} items are missing; they are listed in missing.csv and in each document.")
    say(f"Written to {folder}.")


def audit_national(
    lists: Annotated[Path, typer.Option(help="List sizes: gp-reg-pat-prac-all.")],
    membership: Annotated[Path, typer.Option(help="Today's networks: gp-reg-pat-prac-map.")],
    rules: RulesFile = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option(help="Folder for areas.csv and national.csv.")] = None,
) -> None:
    """Set today's networks of all England beside the published picture of January 2020."""
    from functools import partial

    import pandas as pd

    from pcngeo import audit as auditing
    from pcngeo.export import write_csv, write_folder
    from pcngeo.papers import read_england

    chosen = read_rules(rules, settings, Rules())
    england, date = read_england(lists, membership)
    picture = auditing.national_picture(england, chosen)
    areas = auditing.by_area(england, chosen)
    of = england.attrs["networks_of"] or date
    lists_of = "" if of == date else f" (with the lists of {say_date(date)}, Q14)"
    say(f"Networks of {say_date(of)}{lists_of}, beside those published for January 2020")
    shown = picture.set_index("what")[["found", "found_share", "published", "published_share"]]
    for column in ("found_share", "published_share"):
        shown[column] = ["" if pd.isna(s) else f"{s:.1%}" for s in shown[column]]
    show_frame(shown.rename_axis("measure"), right=tuple(shown.columns))
    none = england["list_size"][england["network_today"].eq("")]
    if len(none):
        say(f"In no network: {len(none):,} practices with {none.sum():,} people registered.")
    good = list(areas.index[areas["all_in_window"]])
    say(f"Areas with every network in the window: {', '.join(good) or 'none'}.")
    if out is not None:
        files = {
            "areas.csv": partial(write_csv, areas),
            "national.csv": partial(write_csv, picture),
        }
        write_folder(out, files)
        say(f"Written to {out}.")


def _area(request: Request, wanted: Wanted, progress: Progress) -> tuple[Area, Request]:
    """Take the configuration, and the request with the area that a folder says."""
    if wanted.plan is not None and wanted.plan.is_dir() and not request.area:
        return _of_folder(request, wanted.plan, progress)
    return _of_files(request.check(), wanted, progress), request


def _of_files(request: Request, wanted: Wanted, progress: Progress) -> Area:
    from pcngeo import audit, papers, pipeline
    from pcngeo.errors import DataError
    from pcngeo.prepared import prepare_area, prepare_existing
    from pcngeo.schema import area_title

    given: dict[str, Any] = {**request.ground, "progress": progress}
    if wanted.existing:
        prepared = prepare_existing(**given)
        today = audit.existing_plan(prepared.intake.practices)
        if not today.networks:
            raise DataError(
                f"no practice of {area_title(prepared.intake.area)} is in a network of today",
                file=request.inputs.get("membership") or "",
                todo="Give the practice map or ePCN of the date of the lists with --membership",
            )
        _say_dates(prepared.intake)
        return pipeline.plan_given(prepared, today, existing=True)
    if wanted.plan is not None:
        prepared = prepare_area(**given)
        path = wanted.plan / "membership.csv" if wanted.plan.is_dir() else wanted.plan
        edited = papers.read_plan(path, prepared.intake.practices)
        stated = papers.stated_lists(path, prepared.intake.practices)
        _say_stated(path, stated, prepared.intake.practices)
        return replace(pipeline.plan_given(prepared, edited), stated=stated)
    return papers.planned_area(pipeline.plan_area(**given, **request.search))


def _say_dates(intake: Intake) -> None:
    """Say where the networks of today are of another date than the lists (Q14)."""
    rows, sources = intake.report.rows, intake.sources
    mapped = sources.loc[sources["flag"] == "membership", "file"]
    whole = rows["file"].isin(mapped) & (rows["code"] == "")
    for action in rows.loc[whole & (rows["quirk"] == "Q14"), "action"]:
        say(f"{action[0].upper()}{action[1:]} (Q14).")


def _say_stated(path: Path, stated: dict[str, int], practices: pd.DataFrame) -> None:
    """Say which list sizes of a table are not those that are used (R31)."""
    from pcngeo.names import display_name

    for practice, count in list(stated.items())[:10]:
        name, used = practices.at[practice, "name"], practices["list_size"][practice]
        say(
            f"{display_name(str(name))} ({practice}): {path.name} states {count:,} people "
            f"registered, the list file {int(used):,}, which is used."
        )
    if len(stated) > 10:
        say(f"{len(stated) - 10} more list sizes of {path.name} are not used: R31 has them all.")


def _of_folder(request: Request, folder: Path, progress: Progress) -> tuple[Area, Request]:
    """Read a plan's folder back: no other file is needed, and its rules hold unless changed."""
    from pcngeo import papers, pipeline
    from pcngeo.plan import Status
    from pcngeo.reopen import read_edited, reopen

    progress("load", f"reading the plan in {folder.name} back")
    result = reopen(folder)
    rules = read_rules(request.rules_file, list(request.settings), result.rules)
    plan, moved = read_edited(folder, result)
    for practice, row in moved.head(10).iterrows():
        places = [f"Network {n}" if n else "no network" for n in (row["planned"], row["edited"])]
        say(f"Edited: {row['name']} ({practice}) from {places[0]} to {places[1]}.")
    if len(moved) > 10:
        say(f"Edited: {len(moved) - 10} more practices.")
    if moved.empty and rules == result.rules:
        area = papers.planned_area(result)
    else:
        handed_in = replace(rules, submissions=result.rules.submissions) == result.rules
        if moved.empty and not handed_in:
            # What was proven was proven under other rules.
            plan = plan.replace(status=Status.GIVEN)
        area = pipeline.plan_given(replace(result, rules=rules), plan)
    if "registrations" in request.inputs:
        given = {name: request.inputs.get(name) for name in ("lists", "lsoa_changes")}
        area = papers.with_registrations(area, request.inputs["registrations"], **given)
    _say_not_used(request)
    codes = tuple(result.intake.area.split("+"))
    return area, replace(request, area=codes, rules=rules)


#: What is read beside a plan's folder; everything else is in it.
BESIDE_FOLDER = (
    "lists", "list_date", "registrations", "lsoa_changes", "deprivation", "rurality"
)  # fmt: skip


def _say_not_used(request: Request) -> None:
    """Say which files were given beside a folder that is read back without them."""
    unused = sorted(n for n, given in request.inputs.items() if given and n not in BESIDE_FOLDER)
    if unused:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in unused)
        say(
            f"Not used: {flags}. A plan's folder is read back as it was made; with --area its "
            "membership.csv is judged on the files that are given."
        )


def _papers(request: Request, wanted: Wanted, area: Area) -> Papers:
    from pcngeo.funding import read_populations
    from pcngeo.intake import statistics
    from pcngeo.papers import Papers, recount

    readers = {
        "populations": read_populations,
        "deprivation": statistics.read_deprivation,
        "rurality": statistics.read_rurality,
        "ages": statistics.read_ages,
    }
    shared = {n: request.inputs[n] for n in ("deprivation", "rurality") if n in request.inputs}
    files = wanted.files | shared
    read: dict[str, Any] = {name: readers[name](path) for name, path in files.items()}
    without = sorted(set(shared)) if area.registrations is None else []
    if without:
        flags = " and ".join(f"--{name}" for name in without)
        say(f"Not used: {flags}, because patients by LSOA (--registrations) are not there.")
    lists = None
    if "lists" in request.inputs:
        lists = recount(request.inputs["lists"], request.inputs.get("list_date"), request.rules)
    return Papers.of(area, **wanted.asked, **read, recounted=lists)


def _show_audit(area: Area, papers: Papers) -> None:
    from pcngeo.audit import RESULTS, audit_summary
    from pcngeo.schema import area_title

    kind = "networks of today" if area.existing else "proposed networks, not a decision"
    say(f"\n{area_title(area.area, area.area_name)}: {kind}")
    summary = audit_summary(papers.audit)
    show_frame(summary, right=tuple(RESULTS))
    bad = papers.audit[papers.audit["result"].isin(["fail", "amber"])]
    for row in bad.sort_values("result", ascending=False, kind="stable").itertuples():
        say(f"{row.rule} {row.result}: {row.sentence}")
