"""The command line: parse, call, print, exit code. Nothing is computed here.

Exit codes: 0 done, 1 wrong input, 2 wrong usage, 3 no plan meets the rules and ``--strict`` was
given, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

import pcngeo
from pcngeo.errors import PcnGeoError
from pcngeo.rules import Rules
from pcngeo.scenario import Scenario

if TYPE_CHECKING:
    from pcngeo.pipeline import PlannedArea

__all__ = ["app", "main"]

app = typer.Typer(
    name="pcngeo",
    help="Propose primary care networks: contiguous, 30,000 to 50,000 patients, proven, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
#: Options that take several values: ``--postcodes a.csv b.csv`` is ``--postcodes a.csv
#: --postcodes b.csv``.
SEVERAL = ("--postcodes", "--area", "--set")
DEFAULT_OUT = Path("maps")

Lists = Annotated[Path | None, typer.Option(help="List sizes: gp-reg-pat-prac-all.")]
Organisations = Annotated[Path | None, typer.Option(help="ODS practices: epraccur.")]
Postcodes = Annotated[
    list[Path] | None,
    typer.Option(help="One or several postcode files; the first that knows a postcode wins."),
]
Boundaries = Annotated[Path | None, typer.Option(help="Area boundaries.")]
Areas = Annotated[list[str] | None, typer.Option(help="Code of the commissioning area(s).")]
Membership = Annotated[Path | None, typer.Option(help="Today's networks: gp-reg-pat-prac-map.")]
Registrations = Annotated[
    Path | None, typer.Option(help="Patients by LSOA: gp-reg-pat-prac-lsoa-all.")
]
RulesFile = Annotated[Path | None, typer.Option("--rules", help="The planner's choices, as TOML.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="One setting of the rules: min_list=28000.")
]
TimeLimit = Annotated[float | None, typer.Option(min=0, help="Seconds for the optimiser.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the search.")]
Out = Annotated[Path | None, typer.Option(help="Folder to write (default: maps/AREA).")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 3 when no plan places every practice.")
]


def main(arguments: Iterable[str] | None = None) -> NoReturn:
    """Run the command line; a fault of the user's is one message, never a traceback."""
    given = _spread(list(sys.argv[1:] if arguments is None else arguments))
    try:
        app(args=given, prog_name="pcngeo", standalone_mode=True)
    except PcnGeoError as error:
        _errors().print(f"Error: {error}", style="red", markup=False, highlight=False)
        raise SystemExit(1) from None
    raise SystemExit(0)


def _spread(arguments: list[str]) -> list[str]:
    """Give every value of an option that takes several its own flag."""
    spread: list[str] = []
    flag = ""
    fresh = False
    for argument in arguments:
        if argument.startswith("-"):
            flag, fresh = (argument, True) if argument in SEVERAL else ("", False)
            spread.append(argument)
            continue
        if flag and not fresh and not argument.endswith(".toml"):
            spread.append(flag)
        spread.append(argument)
        fresh = False
    return spread


def _errors() -> Console:
    return Console(stderr=True, soft_wrap=True)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"pcngeo {pcngeo.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Propose primary care networks: contiguous, 30,000 to 50,000 patients, proven, explained."""


@app.command()
def plan(
    scenario: Annotated[
        Path | None, typer.Argument(help="A scenario file (TOML); flags override what it says.")
    ] = None,
    lists: Lists = None,
    organisations: Organisations = None,
    postcodes: Postcodes = None,
    boundaries: Boundaries = None,
    area: Areas = None,
    membership: Membership = None,
    registrations: Registrations = None,
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
    chosen = Rules.read(rules) if rules else read.rules if read else Rules()
    chosen = chosen.with_settings(_settings(settings or []))
    folder = out or (read.out if read else None) or DEFAULT_OUT / "-".join(codes)
    _plan(
        inputs,
        codes,
        chosen,
        seed=seed if seed is not None else read.seed if read else 0,
        time_limit=time_limit if time_limit is not None else read.time_limit if read else None,
        out=folder,
        strict=strict,
    )


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = DEFAULT_OUT / "demo",
) -> None:
    """Plan the bundled sample: a synthetic area, read like published files."""
    scenario = Scenario.read(_sample() / "scenario.toml")
    _plan(
        dict(scenario.inputs),
        scenario.area,
        scenario.rules,
        seed=scenario.seed,
        time_limit=scenario.time_limit,
        out=out,
        strict=False,
    )


def _sample() -> Path:
    """Find the sample: inside an installed wheel, or in the checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "sample", package.parent / "data" / "sample"):
        if (folder / "scenario.toml").is_file():
            return folder
    raise PcnGeoError("the bundled sample is missing from this installation: install pcngeo anew.")


def _settings(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(
                f"--set needs name=value, such as min_list=28000, not {pair!r}."
            )
        settings[name.strip()] = value.strip()
    return settings


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
        with _Progress() as progress:
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
        _errors().print("Stopped; nothing was written.", markup=False)
        raise typer.Exit(130) from None
    _print_plan(result, out)
    if strict and not result.complete:
        raise typer.Exit(3)


class _Progress:
    """A line on standard error for each stage; one that moves where that is a terminal."""

    def __init__(self) -> None:
        self._console = _errors()
        self._status = self._console.status("starting") if self._console.is_terminal else None
        self._stage = ""

    def __enter__(self) -> _Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, stage: str, detail: str) -> None:
        if self._status:
            self._status.update(f"{stage}: {detail}")
        elif stage != self._stage:
            self._console.print(f"{stage}: {detail}", markup=False, highlight=False)
        self._stage = stage


def _print_plan(result: PlannedArea, out: Path) -> None:
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=118, soft_wrap=True)

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False)

    loaded, table, measures = result.intake, result.membership, result.measures
    area = f"{loaded.area_name} ({loaded.area})" if loaded.area_name else loaded.area
    say(f"\n{area}: proposed networks, not a decision")
    if loaded.list_date:
        say(f"Registered patients at {loaded.list_date.day} {loaded.list_date:%B %Y}")
    grid = Table("Network", "Practices", "Patients", "In window", "Hub", "Mean km", "Flags")
    for column in (0, 1, 2, 5):
        grid.columns[column].justify = "right"
    for row in measures.reset_index().to_dict("records"):
        grid.add_row(
            str(row["network"]),
            str(row["practices"]),
            f"{row['list_size']:,}",
            "yes" if row["in_window"] else "no",
            str(loaded.practices.loc[row["hub"], "name"]).title()[:32],
            f"{row['mean_distance_km']:.2f}",
            str(row["flags"]),
        )
    console.print(grid)
    outside = table[~table["status"].isin(["member", "alone"])]
    if len(outside):
        say("Not a member of any network:")
        rest = Table("Practice", "Name", "Patients", "Status", "Why, and what is proposed")
        rest.columns[2].justify = "right"
        for row in outside.reset_index().to_dict("records"):
            rest.add_row(
                row["practice"],
                row["name"].title()[:28],
                f"{row['list_size']:,}",
                row["status"],
                row["reason"],
            )
        console.print(rest)
    inside = table.loc[table["status"].isin(["member", "alone"]), "list_size"].sum()
    say(
        f"{inside:,} patients in {len(measures)} networks + {outside['list_size'].sum():,} not in "
        f"one = {table['list_size'].sum():,} published for the area."
    )
    for sentence in (result.plan.proof, *result.plan.explanation):
        say(sentence)
    changed = len(loaded.report.rows)
    say(f"{changed} input rows were dropped, repaired or flagged: see intake.csv.")
    say(f"Written to {out}: open {out / 'map.html'} in a browser.")
