"""Commands about files: what they are, which areas they hold, where to get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcngeo.cli.options import Membership, RulesFile, Settings, read_rules
from pcngeo.cli.screen import Progress, say, show_frame
from pcngeo.rules import Rules


def inspect(
    files: Annotated[list[Path], typer.Argument(help="Files of any kind.")],
) -> None:
    """Say what each file is, its date, rows and areas, what is odd, and which option takes it."""
    from pcngeo.intake.inspect import inspect_file

    unknown = False
    for i, path in enumerate(files):
        if i:
            say("")
        report = inspect_file(path)
        unknown |= not report.kind
        for sentence in report.sentences():
            say(sentence)
    if unknown:
        raise typer.Exit(1)


def areas(
    lists: Annotated[Path, typer.Option(help="List sizes: gp-reg-pat-prac-all.")],
    membership: Membership = None,
    rules: RulesFile = None,
    settings: Settings = None,
) -> None:
    """List the areas of a list file: practices, patients, how many networks could fit."""
    from pcngeo.intake.inspect import areas as list_areas

    table = list_areas(lists, membership, read_rules(rules, settings, Rules()))
    numbers = ("practices", "patients", "fewest", "most")
    show_frame(table, right=numbers)
    say(
        f"{len(table)} areas, {table['practices'].sum():,} practices, "
        f"{table['patients'].sum():,} patients. Fewest and most networks are by list sizes alone."
    )


def fetch(
    folder: Annotated[Path, typer.Argument(help="Folder to download to.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only these files (repeat): lists, postcodes, ...")
    ] = None,
) -> None:
    """Download the current official files, taking up what was broken off."""
    from pcngeo.intake.fetch import fetch as download

    with Progress() as progress:
        table = download(folder, tuple(only or ()), progress=progress)
    show_frame(table.set_index("key")[["file", "bytes", "sha256"]], right=("bytes",))
    say(f"Written to {folder}, with addresses and checksums in fetched.json.")
