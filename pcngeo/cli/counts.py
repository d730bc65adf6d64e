"""The command that shows every number of networks side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from pcngeo.cli.options import Request, takes_request
from pcngeo.cli.papers import Year
from pcngeo.cli.screen import Progress, errors, say, show_frame

if TYPE_CHECKING:
    from pathlib import Path

    from pcngeo.options import Options

#: Heads of columns that are too wide for a screen.
SHORT = {"Above minimum": "Above min", "Below maximum": "Below max", "People who move": "Move"}
Range = Annotated[
    str | None,
    typer.Option("--networks", help="Numbers to solve: 5-9, or 7 (default: all that could be)."),
]
Each = Annotated[
    bool,
    typer.Option(
        "--each", help="Each area of --area for itself, a folder each; all of them: --area all."
    ),
]
WritePlans = Annotated[
    bool, typer.Option("--plans", help="Also write the whole plan of every number, in a folder.")
]


@takes_request
def options(
    request: Request,
    networks: Range = None,
    plans: WritePlans = False,
    each: Each = False,
    year: Year = "2019/20",
) -> None:
    """Solve every number of networks; show what more or fewer cost, as table, picture and page."""
    from pcngeo.export import check_folder, write_folder
    from pcngeo.options import options_files, say_choice, say_proof, say_steps, sweep
    from pcngeo.prepared import prepare_area

    counts = read_range(networks) or _range_of(request)
    if each:
        if plans:
            raise typer.BadParameter("--plans is for one area: give its code with --area.")
        _several(request, counts, year)
        return
    out = check_folder(request.folder("options"))
    with Progress() as progress:
        area = prepare_area(**request.ground, progress=progress)
        found = sweep(
            area,
            counts=counts,
            **request.search,
            year=year,
            progress=lambda count, done, of: progress(
                "solve", f"{count} networks ({done} of {of} numbers solved)"
            ),
        )
        if not len(found.table):
            _nothing(found)
        progress("write", f"writing {out}")
        write_folder(out, options_files(found))
        if plans:
            _write_plans(found, out, request.seed, progress)
    _show(found, [*say_choice(found), *say_steps(found), say_proof(found)], out)


def read_range(text: str | None) -> tuple[int, int] | None:
    """Read ``5-9`` or ``7`` as it is typed; wrong usage otherwise.

    Examples
    --------
    >>> read_range("5-9"), read_range("7"), read_range(None)
    ((5, 9), (7, 7), None)
    """
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,4})\s*(?:(?:-|to|\.\.)\s*(\d{1,4}))?\s*", text)
    low = int(found[1]) if found else 0
    high = int(found[2] or low) if found else 0
    if not 1 <= low <= high:
        raise typer.BadParameter(
            f"--networks needs a range such as 5-9, or a number, not {text!r}."
        )
    return low, high


def _range_of(request: Request) -> tuple[int, int] | None:
    wanted = request.rules.networks
    return wanted if isinstance(wanted, tuple) else None


def _several(request: Request, counts: tuple[int, int] | None, year: str) -> None:
    """Solve the areas one after the other, and show a row for each."""
    from pcngeo.options.several import sweep_areas

    out = request.folder("options")
    limits = {
        "counts": counts,
        "seed": request.seed,
        "time_limit": request.time_limit,
        "max_memory": request.max_memory,
    }
    try:
        with Progress() as progress:
            table = sweep_areas(
                **request.ground, out=out, year=year,
                limits=limits, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        errors().print(
            "Stopped. The areas that are done are written; the same command goes on.", markup=False
        )
        raise typer.Exit(130) from None
    shown = table[["area_name", "patients", "numbers", "proven", "chosen", "unplaced_patients"]]
    show_frame(
        shown.rename(columns={"area_name": "name", "unplaced_patients": "left out"}).astype(object)
        .where(shown.notna().to_numpy(), "-"),
        right=("patients", "numbers", "proven", "chosen", "left out"),
    )  # fmt: skip
    for code, note in table.loc[table["note"] != "", "note"].items():
        say(f"{code}: {note}")
    say(
        f"{len(table)} areas, {table['proven'].sum()} of {table['numbers'].sum()} numbers of "
        f"networks proven. Written to {out}: options.csv, areas.csv and a folder for each area."
    )


def _nothing(found: Options) -> None:
    if found.stopped:
        errors().print("Stopped; nothing was written.", markup=False)
        raise typer.Exit(130)
    raise typer.BadParameter(
        "no number of networks in that range could be made of these lists; pcngeo areas shows "
        "the fewest and the most."
    )


def _write_plans(found: Options, out: Path, seed: int, progress: Progress) -> None:
    from pcngeo.pipeline import finish_plan
    from pcngeo.writing import clear_plans, plan_files, write_plan

    written: set[Path] = set()
    names: set[str] = set()
    for count, plan in found.plans.items():
        if plan.networks:
            progress("write", f"writing the plan of {count} networks")
            area = found.prepared_for(count)
            result, folder = finish_plan(area, plan), out / f"{count:02d}-networks"
            write_plan(result, folder)
            written, names = {*written, folder}, {*names, *plan_files(result)}
    clear_plans({*out.glob("[0-9][0-9]*-networks")} - written, names)


def _show(found: Options, sentences: list[str], out: Path) -> None:
    from pcngeo.options.page import readable
    from pcngeo.schema import area_title

    loaded = found.area.intake
    title = area_title(loaded.area, loaded.area_name)
    say(f"\n{title}: numbers of networks side by side; proposals, not a decision")
    table = readable(found)
    table = table[[c for c in table.columns if not c.startswith("Change")]]
    table.index = [f"{k} chosen" if k == found.chosen else str(k) for k in table.index]
    table = table.rename(columns=SHORT).replace({"Proof": {"proven best": "proven"}})
    show_frame(table.rename_axis("No."), right=tuple(c for c in table.columns if c != "Proof"))
    for sentence in sentences:
        say(sentence)
    if found.stopped:
        say("Stopped by hand: the numbers that were solved are written, the others were not.")
    say(f"Written to {out}: open {out / 'options.html'} in a browser.")
