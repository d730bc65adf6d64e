"""What the commands take: the same option means the same everywhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pcngeo.rules import Rules

#: Options that take several values: ``--postcodes a.csv b.csv`` is ``--postcodes a.csv
#: --postcodes b.csv``.
SEVERAL = ("--postcodes", "--area", "--set", "--neighbours")
#: Where plans are written when nothing else is said.
DEFAULT_OUT = Path("maps")

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


def read_date(text: str | None) -> dt.date | None:
    """Read a date as it is typed; wrong usage otherwise."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--list-date needs YYYY-MM-DD, not {text!r}.") from None
