"""Commands that plan an area."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pcngeo.cli.options import DEFAULT_OUT, Request, Strict, takes_request
from pcngeo.cli.screen import Progress, errors, say, show_plan
from pcngeo.errors import PcnGeoError
from pcngeo.scenario import Scenario

AsOne = Annotated[
    bool | None,
    typer.Option(
        "--across-borders/--area-by-area",
        help="Several areas as one problem, or each for itself (default: as one; for all, each).",
    ),
]


@takes_request
def plan(
    request: Request,
    strict: Strict = False,
    units: Annotated[
        str, typer.Option(help="What is grouped: practice, or lsoa (the number fixed).")
    ] = "practice",
    blocks: Annotated[
        str, typer.Option(help="With --units lsoa: LSOAs in a network (18-30), not patients.")
    ] = "",
    as_one: AsOne = None,
) -> None:
    """Plan an area, several, or all, and write tables, GeoPackage and map."""
    if units not in ("practice", "lsoa"):
        raise typer.BadParameter(f"--units is practice or lsoa, not {units!r}.")
    low, dash, high = blocks.partition("-")
    if blocks and not (units == "lsoa" and dash and low.isdigit() and high.isdigit()):
        raise typer.BadParameter("--blocks needs --units lsoa and two numbers, such as 18-30.")
    from pcngeo.intake.areas import EVERYTHING

    every = [code.strip().lower() for code in request.area] == ["all"]
    each = every if as_one is None else not as_one
    if units == "lsoa" and (every or as_one is not None):
        raise typer.BadParameter("--units lsoa plans one area, or several as one: name them.")
    if units == "lsoa" and request.max_memory is not None:
        raise typer.BadParameter("--max-memory does not go with --units lsoa: take it out.")
    if units == "lsoa":
        _plan_lsoas(request, (int(low), int(high)) if blocks else None, strict=strict)
    elif not every:
        (_plan_areas if each else _plan)(request, strict=strict)
    elif (named := _named(request)).area == (EVERYTHING,):  # a table of one's own, without areas
        _plan(request, strict=strict)
    else:
        _plan_areas(request, strict=strict) if each else _plan(named, strict=strict)


def _plan_lsoas(request: Request, blocks: tuple[int, int] | None, *, strict: bool) -> None:
    from pcngeo.block_areas import plan_blocks
    from pcngeo.export import check_folder
    from pcngeo.prepared import prepare_area
    from pcngeo.writing import write_plan

    out = check_folder(request.folder("lsoas"))
    try:
        with Progress() as progress:
            area = prepare_area(**request.ground, progress=progress)
            result = plan_blocks(
                area, blocks=blocks, seed=request.seed, time_limit=request.time_limit,
                progress=progress,
            )  # fmt: skip
            progress("write", f"writing {out}")
            write_plan(result, out)
    except KeyboardInterrupt:
        errors().print("Stopped; nothing was written.", markup=False)
        raise typer.Exit(130) from None
    show_plan(result, out)
    if strict and not result.complete:
        raise typer.Exit(3)


def _named(request: Request) -> Request:
    """Name the areas that "all" means; their folder is called all."""
    from pcngeo.geography import GEOGRAPHY
    from pcngeo.intake import read
    from pcngeo.national import planned_codes

    own = ("neighbours", *GEOGRAPHY)
    given = {name: value for name, value in request.inputs.items() if name not in own}
    codes = planned_codes(read(**given), request.area)
    return replace(request, area=tuple(codes), out=request.folder())


def _plan_areas(request: Request, *, strict: bool) -> None:
    from pcngeo.national import plan_areas

    out = request.folder()
    try:
        with Progress() as progress:
            found = plan_areas(**request.ground, **request.search, out=out, progress=progress)
    except KeyboardInterrupt:
        errors().print("Stopped. Finished areas are kept: run the same command again.")
        raise typer.Exit(130) from None
    for sentence in found.words():
        say(sentence)
    say(f"Written to {out}: areas.csv, areas.json and a folder for each area.")
    if len(found.failed):
        raise typer.Exit(1)
    if strict and not found.complete:
        raise typer.Exit(3)


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = DEFAULT_OUT / "demo",
) -> None:
    """Plan the bundled sample: a synthetic area, read like published files."""
    scenario = Scenario.read(sample_folder() / "scenario.toml")
    request = Request(
        inputs=dict(scenario.inputs),
        area=scenario.area,
        rules=scenario.rules,
        seed=scenario.seed,
        time_limit=scenario.time_limit,
        max_memory=scenario.max_memory,
        out=out,
    )
    _plan(request, strict=False)


def sample_folder() -> Path:
    """Find the sample: inside an installed wheel, or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sample", package.parent / "data" / "sample"):
        if (folder / "scenario.toml").is_file():
            return folder
    raise PcnGeoError("the bundled sample is missing from this installation: install pcngeo anew.")


def _plan(request: Request, *, strict: bool) -> None:
    from pcngeo.export import check_folder
    from pcngeo.pipeline import plan_area

    out = check_folder(request.folder())
    try:
        with Progress() as progress:
            result = plan_area(**request.ground, **request.search, out=out, progress=progress)
    except KeyboardInterrupt:
        errors().print("Stopped; nothing was written.", markup=False)
        raise typer.Exit(130) from None
    show_plan(result, out)
    if strict and not result.complete:
        raise typer.Exit(3)
