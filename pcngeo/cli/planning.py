"""Commands that plan an area."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcngeo.cli.options import DEFAULT_OUT, Request, Strict, takes_request
from pcngeo.cli.screen import Progress, errors, show_plan
from pcngeo.errors import PcnGeoError
from pcngeo.scenario import Scenario


@takes_request
def plan(request: Request, strict: Strict = False) -> None:
    """Plan an area from published files and write tables, GeoPackage and map."""
    _plan(request, strict=strict)


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
            result = plan_area(
                **request.inputs,
                area=request.area,
                rules=request.rules,
                seed=request.seed,
                time_limit=request.time_limit,
                max_memory=request.max_memory,
                out=out,
                progress=progress,
            )
    except KeyboardInterrupt:
        errors().print("Stopped; nothing was written.", markup=False)
        raise typer.Exit(130) from None
    show_plan(result, out)
    if strict and not result.complete:
        raise typer.Exit(3)
