"""Commands that plan an area."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pcngeo.cli.options import (
    DEFAULT_OUT,
    Areas,
    Boundaries,
    ListDate,
    Lists,
    Membership,
    Neighbours,
    Organisations,
    Out,
    Postcodes,
    Registrations,
    RulesFile,
    Seed,
    Settings,
    Strict,
    TimeLimit,
    read_date,
    read_rules,
)
from pcngeo.cli.screen import Progress, errors, show_plan
from pcngeo.errors import PcnGeoError
from pcngeo.rules import Rules
from pcngeo.scenario import Scenario


def plan(
    scenario: Annotated[
        Path | None, typer.Argument(help="A scenario file (TOML); flags override what it says.")
    ] = None,
    lists: Lists = None,
    organisations: Organisations = None,
    postcodes: Postcodes = None,
    boundaries: Boundaries = None,
    area: Areas = None,
    neighbours: Neighbours = None,
    membership: Membership = None,
    registrations: Registrations = None,
    list_date: ListDate = None,
    rules: RulesFile = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    seed: Seed = None,
    out: Out = None,
    strict: Strict = False,
) -> None:
    """Plan an area from published files and write tables, GeoPackage and map."""
    read = None if scenario is None else Scenario.read(scenario)
    inputs: dict[str, Any] = dict(read.inputs) if read else {}
    flags = {
        "lists": lists,
        "organisations": organisations,
        "postcodes": tuple(postcodes) if postcodes else None,
        "boundaries": boundaries,
        "membership": membership,
        "registrations": registrations,
    }
    inputs |= {name: value for name, value in flags.items() if value is not None}
    codes = tuple(area) if area else read.area if read else ()
    absent = [f"--{name}" for name in ("lists", "postcodes", "boundaries") if name not in inputs]
    absent += [] if codes else ["--area"]
    if absent:
        raise typer.BadParameter(f"{', '.join(absent)} or a scenario file is needed.")
    _plan(
        {**inputs, "neighbours": tuple(neighbours or ()), "list_date": read_date(list_date)},
        codes,
        read_rules(rules, settings, read.rules if read else Rules()),
        seed=seed if seed is not None else read.seed if read else 0,
        time_limit=time_limit if time_limit is not None else read.time_limit if read else None,
        out=out or (read.out if read else None) or DEFAULT_OUT / "-".join(codes),
        strict=strict,
    )


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = DEFAULT_OUT / "demo",
) -> None:
    """Plan the bundled sample: a synthetic area, read like published files."""
    scenario = Scenario.read(sample_folder() / "scenario.toml")
    _plan(
        dict(scenario.inputs),
        scenario.area,
        scenario.rules,
        seed=scenario.seed,
        time_limit=scenario.time_limit,
        out=out,
        strict=False,
    )


def sample_folder() -> Path:
    """Find the sample: inside an installed wheel, or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "sample", package.parent / "data" / "sample"):
        if (folder / "scenario.toml").is_file():
            return folder
    raise PcnGeoError("the bundled sample is missing from this installation: install pcngeo anew.")


def _plan(
    inputs: dict[str, Any],
    area: tuple[str, ...],
    rules: Rules,
    *,
    seed: int,
    time_limit: float | None,
    out: Path,
    strict: bool,
) -> None:
    from pcngeo.pipeline import plan_area

    try:
        with Progress() as progress:
            result = plan_area(
                **inputs,
                area=area,
                rules=rules,
                seed=seed,
                time_limit=time_limit,
                out=out,
                progress=progress,
            )
    except KeyboardInterrupt:
        errors().print("Stopped; nothing was written.", markup=False)
        raise typer.Exit(130) from None
    show_plan(result, out)
    if strict and not result.complete:
        raise typer.Exit(3)
