"""Commands about files: what they are, which areas they hold, where to get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcngeo.cli.options import (
    ListDate,
    Membership,
    RulesFile,
    Settings,
    read_date,
    read_rules,
)
from pcngeo.cli.screen import Progress, errors, say, show_frame
from pcngeo.rules import Rules


def inspect(
    files: Annotated[list[Path], typer.Argument(help="Files of any kind, or folders of them.")],
) -> None:
    """Say what each file is, its date, rows and areas, what is odd, and which option takes it."""
    from pcngeo.intake.inspect import inspect_path

    unknown = False
    first = True
    for path in files:
        for report in inspect_path(path):
            if not first:
                say("")
            first = False
            unknown |= not report.kind or not report.readable
            what, *more = report.sentences()
            say(what)
            for sentence in more:
                say(f"  {sentence}")
    if unknown:
        raise typer.Exit(1)


def areas(
    lists: Annotated[Path, typer.Option(help="List sizes: gp-reg-pat-prac-all.")],
    membership: Membership = None,
    rules: RulesFile = None,
    settings: Settings = None,
    list_date: ListDate = None,
) -> None:
    """List the areas of a list file: practices, patients, how many networks could fit."""
    from pcngeo.intake.inspect import areas as list_areas

    table = list_areas(
        lists, membership, read_rules(rules, settings, Rules()), read_date(list_date)
    )
    numbers = ("practices", "patients", "fewest", "most")
    known = [column for column in ("name", "icb") if (table[column] != "").any()]
    show_frame(table[[*known, *numbers]], right=numbers)
    word = "area" if len(table) == 1 else "areas"
    say(
        f"{len(table)} {word}, {table['practices'].sum():,} practices, "
        f"{table['patients'].sum():,} patients. Fewest and most networks are by list sizes alone."
    )
    if not known:
        say("Names and ICBs are in the practice map: give it with --membership.")
    for sentence in table.attrs["notes"]:
        say(sentence)


def fetch(
    folder: Annotated[Path, typer.Argument(help="Folder to download to.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these files (repeat): lists, membership, organisations, "
            "branches, epcn, postcodes (Code-Point Open), onspd, boundaries, registrations, "
            "ages, deprivation."
        ),
    ] = None,
) -> None:
    """Download the current official files, taking up what was broken off.

    A file that is here already, and is still what is published, is not downloaded again.
    """
    from pcngeo.intake.fetch import BY_HAND
    from pcngeo.intake.fetch import fetch as download

    try:
        with Progress() as progress:
            table = download(folder, tuple(only or ()), progress=progress)
    except KeyboardInterrupt:
        errors().print("Stopped. Run the same command again: it goes on where it stopped.")
        raise typer.Exit(130) from None
    show_frame(
        table.set_index("key")[["file", "vintage", "rows", "bytes"]], right=("rows", "bytes")
    )
    say(
        f"Written to {folder}: addresses and SHA-256 checksums in fetched.json, what must be said "
        "of their licences in LICENCE.txt."
    )
    if not only:
        say(BY_HAND)
