"""The command line: parse, call, print, exit code. Nothing is computed here.

Exit codes: 0 done, 1 wrong input, 2 wrong usage, 3 no plan places every practice and ``--strict``
was given, 130 stopped by Ctrl-C. Ctrl-C during the search ends the search only: the best plan so
far is written, and says that it is not proven.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable
from typing import Annotated, NoReturn

import typer

import pcngeo
from pcngeo.cli import bearing, choices, counts, files, graphs, papers, planning, reviewing
from pcngeo.cli.options import SEVERAL
from pcngeo.cli.screen import errors, say, stoppable
from pcngeo.errors import PcnGeoError

__all__ = ["app", "main"]

app = typer.Typer(
    name="pcngeo",
    help="Propose primary care networks: contiguous, 30,000 to 50,000 patients, proven, explained.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _command in (
    planning.plan,
    planning.demo,
    counts.options,
    choices.price,
    choices.alternatives,
    bearing.robust,
    graphs.graph,
    papers.audit,
    papers.submit,
    papers.audit_national,
    files.inspect,
    files.areas,
    files.fetch,
):
    app.command()(stoppable(_command))
app.command("map")(stoppable(reviewing.map_))
app.add_typer(reviewing.review)


def main(arguments: Iterable[str] | None = None) -> NoReturn:
    """Run the command line; a fault of the user's is one message, never a traceback."""
    given = _spread(list(sys.argv[1:] if arguments is None else arguments))
    if threading.current_thread() is threading.main_thread():
        # Told to end: leave through the clean-ups, so that no half-written folder stays behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app(args=given, prog_name="pcngeo", standalone_mode=True)
    except PcnGeoError as error:
        errors().print(f"Error: {error}", style="red", markup=False, highlight=False)
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


def _version(wanted: bool) -> None:
    if wanted:
        say(f"pcngeo {pcngeo.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Propose primary care networks: contiguous, 30,000 to 50,000 patients, proven, explained."""
