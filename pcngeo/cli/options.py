"""What the commands take: the same option means the same everywhere."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

import typer

from pcngeo.rules import Rules
from pcngeo.scenario import MAX_SEED, Scenario

#: Options that take several values: ``--postcodes a.csv b.csv`` is ``--postcodes a.csv
#: --postcodes b.csv``.
SEVERAL = ("--postcodes", "--area", "--set", "--neighbours")
#: Where plans are written when nothing else is said.
DEFAULT_OUT = Path("maps")


def read_folder(text: str) -> Path:
    """Read the name of a folder as it is typed; an empty one is wrong usage."""
    if not text.strip():
        raise typer.BadParameter("the name of the folder is empty.")
    return Path(text)


Lists = Annotated[
    Path | None,
    typer.Option(help="List sizes: gp-reg-pat-prac-all, or a table of your own (CSV, Excel)."),
]
Organisations = Annotated[Path | None, typer.Option(help="ODS practices: epraccur.")]
Postcodes = Annotated[
    list[Path] | None,
    typer.Option(help="One or several postcode files; the first that knows a postcode wins."),
]
Boundaries = Annotated[Path | None, typer.Option(help="Area boundaries, of the lists' date.")]
Areas = Annotated[list[str] | None, typer.Option(help="Code of the commissioning area(s).")]
Neighbours = Annotated[
    list[str] | None, typer.Option(help="Practices of other areas to include (R19).")
]
Membership = Annotated[Path | None, typer.Option(help="Today's networks: gp-reg-pat-prac-map.")]
Registrations = Annotated[
    Path | None, typer.Option(help="Patients by LSOA: gp-reg-pat-prac-lsoa-all.")
]
Branches = Annotated[
    Path | None, typer.Option(help="Branch surgeries: ebranchs, or a table of your own (Q23).")
]
LsoaChanges = Annotated[
    Path | None,
    typer.Option(help="Lookup LSOA 2011 to 2021: brings --registrations of 2011 to 2021 (Q19)."),
]
Lsoas = Annotated[
    Path | None, typer.Option(help="Boundaries of LSOAs, for --set territory=registrations.")
]
PracticeAreas = Annotated[
    Path | None, typer.Option(help="Areas of the practices, for --set territory=polygons.")
]
Barriers = Annotated[Path | None, typer.Option(help="Lines that cut: rivers, motorways (Q26).")]
Bridges = Annotated[Path | None, typer.Option(help="Lines that link: bridges, ferries (Q26).")]
EdgesFile = Annotated[Path | None, typer.Option(help="An edges.csv that was edited by hand.")]
TravelFile = Annotated[
    Path | None,
    typer.Option("--travel", help="Travel times or road distances, practice to practice."),
]
Authorities = Annotated[Path | None, typer.Option(help="Boundaries of local authorities.")]
Deprivation = Annotated[Path | None, typer.Option(help="Index of multiple deprivation by LSOA.")]
Rurality = Annotated[Path | None, typer.Option(help="Rural-urban classification by LSOA.")]
RulesFile = Annotated[Path | None, typer.Option("--rules", help="The planner's choices, as TOML.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="One setting of the rules: min_list=28000.")
]
TimeLimit = Annotated[float | None, typer.Option(min=0, help="Seconds for the optimiser.")]
MaxMemory = Annotated[
    float | None, typer.Option(min=1, help="Megabytes for the optimiser's lists.")
]
Seed = Annotated[int | None, typer.Option(min=0, max=MAX_SEED, help="Seed of the search.")]
Out = Annotated[
    Path | None,
    typer.Option(
        parser=read_folder, metavar="FOLDER", help="Folder to write (default: maps/AREA)."
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 3 when no plan places every practice.")
]
ListDate = Annotated[
    str | None,
    typer.Option(help="Date of the lists (YYYY-MM-DD), for a table that does not hold it (R06)."),
]


def read_settings(pairs: list[str] | None) -> dict[str, str]:
    """Read ``name=value`` pairs; wrong usage otherwise."""
    settings = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(
                f"--set needs name=value, such as min_list=28000, not {pair!r}."
            )
        settings[name.strip()] = value.strip()
    return settings


def read_rules(path: Path | None, settings: list[str] | None, otherwise: Rules) -> Rules:
    """Read the rules file, or take others, with single settings on top."""
    rules = Rules.read(path) if path else otherwise
    return rules.with_settings(read_settings(settings))


def read_date(text: str | None, flag: str = "--list-date") -> dt.date | None:
    """Read a date as it is typed; wrong usage otherwise."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{flag} needs YYYY-MM-DD, not {text!r}.") from None


@dataclass(frozen=True)
class Request:
    """What a command is asked about: the same flags, or a scenario file, for all of them.

    Parameters
    ----------
    inputs
        What `pcngeo.intake.load` takes, but the area and the rules.
    area, rules, seed, time_limit, max_memory, out
        As in `Scenario`.
    rules_file, settings
        The flags that the rules were read from, to put them on top of other rules.
    """

    inputs: dict[str, Any]
    area: tuple[str, ...]
    rules: Rules
    seed: int
    time_limit: float | None
    max_memory: float | None
    out: Path | None
    rules_file: Path | None = None
    settings: tuple[str, ...] = ()

    def check(self) -> Self:
        """Refuse a request that names no lists or no area."""
        absent = [] if "lists" in self.inputs else ["--lists"]
        absent += [] if self.area else ["--area"]
        if absent:
            raise typer.BadParameter(f"{', '.join(absent)} or a scenario file is needed.")
        return self

    @property
    def ground(self) -> dict[str, Any]:
        """What `pcngeo.prepared.prepare_area` takes: files, area and rules."""
        return {**self.inputs, "area": self.area, "rules": self.rules}

    @property
    def search(self) -> dict[str, Any]:
        """How long and how far to search, and from which seed."""
        return {
            "seed": self.seed,
            "time_limit": self.time_limit,
            "max_memory": self.max_memory,
        }

    def folder(self, kind: str = "") -> Path:
        """Return where to write: what was said, or ``maps/AREA`` with the kind of output."""
        return self.out or DEFAULT_OUT / "-".join([*self.area, *([kind] if kind else [])])


def gather_request(
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
    branches: Branches = None,
    lsoa_changes: LsoaChanges = None,
    list_date: ListDate = None,
    lsoas: Lsoas = None,
    practice_areas: PracticeAreas = None,
    barriers: Barriers = None,
    bridges: Bridges = None,
    edges: EdgesFile = None,
    travel: TravelFile = None,
    authorities: Authorities = None,
    deprivation: Deprivation = None,
    rurality: Rurality = None,
    rules: RulesFile = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    max_memory: MaxMemory = None,
    seed: Seed = None,
    out: Out = None,
) -> Request:
    """Take the flags, or a scenario file, as a `Request`, which may lack lists or an area."""
    read = None if scenario is None else Scenario.read(scenario)
    inputs: dict[str, Any] = dict(read.inputs) if read else {}
    flags = {
        "lists": lists,
        "organisations": organisations,
        "postcodes": tuple(postcodes) if postcodes else None,
        "boundaries": boundaries,
        "membership": membership,
        "registrations": registrations,
        "lsoa_changes": lsoa_changes,
        "branches": branches,
        "lsoas": lsoas,
        "practice_areas": practice_areas,
        "barriers": barriers,
        "bridges": bridges,
        "edges": edges,
        "travel": travel,
        "authorities": authorities,
        "deprivation": deprivation,
        "rurality": rurality,
    }
    inputs |= {name: value for name, value in flags.items() if value is not None}
    codes = tuple(area) if area else read.area if read else ()
    return Request(
        inputs={
            "postcodes": (),
            **inputs,
            "neighbours": tuple(neighbours or (read.neighbours if read else ())),
            "list_date": read_date(list_date) or (read.list_date if read else None),
        },
        area=codes,
        rules=read_rules(rules, settings, read.rules if read else Rules()),
        seed=seed if seed is not None else read.seed if read else 0,
        time_limit=time_limit if time_limit is not None else read.time_limit if read else None,
        max_memory=max_memory if max_memory is not None else read.max_memory if read else None,
        out=out or (read.out if read else None),
        rules_file=rules,
        settings=tuple(settings or ()),
    )


@functools.wraps(gather_request)
def make_request(**flags: Any) -> Request:
    """Take the flags, or a scenario file, as a `Request` with lists and an area."""
    return gather_request(**flags).check()


#: A plan's folder: where to write, the folder, and the limits of time and memory.
OfFolder = tuple[Path, Path, dict[str, float | None]]


def of_folder(folder: Path, kind: str, given: Mapping[str, Any]) -> OfFolder:
    """Take the folder of a plan; it holds its own data and rules.

    Parameters
    ----------
    folder
        The folder.
    kind
        Name of the folder in it to write, where none is said.
    given
        All flags of a request; only those of `out` and the limits may be given.
    """
    limits = {name: given[name] for name in ("time_limit", "max_memory")}
    own = {"out", *limits}
    told = sorted(name for name, value in given.items() if value is not None and name not in own)
    if told:
        raise typer.BadParameter(
            f"a plan's folder holds its own data and rules: take out --{told[0].replace('_', '-')}."
        )
    return given["out"] or folder / kind, folder, limits


def takes(*makers: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the flags of what makes its first parameters, beside its own.

    Parameters
    ----------
    makers
        One for each of the command's first parameters; their own parameters are flags. One that
        ends in ``**given`` takes all flags of a request, and the scenario in its own way.

    Returns
    -------
    callable
        A decorator; what it returns has the signature that the command line reads.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        asked = [_flags(make) for make in makers]
        own = list(inspect.signature(command, eval_str=True).parameters.values())[len(makers) :]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            made = [
                make(**{name: given.pop(name) for name in names})
                for make, names in zip(makers, asked, strict=True)
            ]
            command(*made, **given)

        every = [*(parameter for names in asked for parameter in names.values()), *own]
        # A function has no such attribute until it is given one, which typer reads.
        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
        return run

    return decorate


@functools.cache  # most commands take the same flags, and every start reads those of all
def _flags(make: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    flags = dict(inspect.signature(make, eval_str=True).parameters)
    *_, last = flags
    if flags[last].kind is inspect.Parameter.VAR_KEYWORD:
        del flags[last]
        shared = inspect.signature(make_request, eval_str=True).parameters
        flags |= {name: flag for name, flag in shared.items() if name != "scenario"}
    return flags


#: Give a command the flags that make a `Request`, its first parameter.
takes_request = takes(make_request)
