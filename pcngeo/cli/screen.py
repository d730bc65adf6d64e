"""What a person sees on the screen: progress, tables, sentences."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from pcngeo.intake import IntakeReport
    from pcngeo.pipeline import PlannedArea

#: Rows of a table on the screen; a file has them all.
MOST_ROWS = 100
#: Columns of text where the output is not a terminal.
WIDTH = 118


def output() -> Console:
    """Return the console for results."""
    if sys.stdout.isatty():
        return Console(soft_wrap=True)
    return Console(width=WIDTH, soft_wrap=True)


def errors() -> Console:
    """Return the console for progress and errors."""
    return Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """Print one sentence as it is."""
    output().print(text, markup=False, highlight=False)


def stoppable(command: Callable[..., None]) -> Callable[..., None]:
    """Let Ctrl-C end a command with a sentence and the exit code 130, wherever it strikes."""

    @functools.wraps(command)
    def run(**given: object) -> None:
        try:
            hold_text_plainly()
            command(**given)
        except KeyboardInterrupt:
            errors().print("Stopped; nothing was written that is not whole.", markup=False)
            raise SystemExit(130) from None

    return run


def hold_text_plainly() -> None:
    """Have pandas hold text as Python does: in tables of this size pyarrow takes a sixth longer.

    Only a command says so, whose process is its own; the results are the same either way.
    """
    import pandas as pd

    pd.options.mode.string_storage = "python"


class Progress:
    """A line on standard error for each stage; one that moves where that is a terminal."""

    def __init__(self) -> None:
        self._console = errors()
        self._status = self._console.status("starting") if self._console.is_terminal else None
        self._stage = ""

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, stage: str, detail: str) -> None:
        """Show a stage and what it is doing."""
        if self._status:
            self._status.update(Text(f"{stage}: {detail}"))
        elif stage != self._stage:
            self._console.print(f"{stage}: {detail}", markup=False, highlight=False)
        self._stage = stage


def show_frame(frame: pd.DataFrame, *, right: tuple[str, ...] = ()) -> None:
    """Print a table, its index first; columns named in `right` are numbers."""
    table = frame.reset_index()
    grid = Table(*[str(column) for column in table.columns])
    for column, name in zip(grid.columns, table.columns, strict=True):
        column.justify = "right" if name in right else "left"
        column.overflow = "fold"
    for row in table.itertuples(index=False):
        grid.add_row(*[Text(_cell(value)) for value in row])
    output().print(grid)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or hasattr(value, "bit_length"):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def show_account(report: IntakeReport) -> None:
    """Print the account of the input: its steps where there are any, its rows counted by kind."""
    steps = report.steps()
    if len(steps) > 2:
        say("From the published lists to the plan:")
        signed = steps.assign(
            **{column: [f"{n:,}" for n in steps[column]] for column in ("practices", "patients")}
        )
        show_frame(signed.set_index("step"), right=("practices", "patients"))
    say(
        f"Input rows dropped, repaired or flagged: {report.concerning} of this area, "
        f"{len(report.rows) - report.concerning:,} of others; all are in intake.csv."
    )
    if report.concerning:
        show_frame(report.summary().set_index("quirk"), right=("rows", "patients"))


def show_plan(result: PlannedArea, out: Path) -> None:
    """Print a planned area: networks, who is in none and why, the sum, the proof."""
    import pandas as pd

    from pcngeo.evidence import evidence_words, too_many_for_a_page
    from pcngeo.review.words import display_name
    from pcngeo.schema import PLACED, area_title
    from pcngeo.words import count_of, say_date

    loaded, table, measures = result.intake, result.membership, result.measures
    say(f"\n{area_title(loaded.area, loaded.area_name)}: proposed networks, not a decision")
    if result.of_lsoas:
        say("Registered patients by LSOA, of the date of that file")
    else:
        say(f"Registered patients at {say_date(loaded.list_date)}")
    names = {p: display_name(name) or p for p, name in loaded.practices["name"].items()}
    units = "LSOAs" if result.of_lsoas else "Practices"
    networks = pd.DataFrame(
        {
            units: measures["practices"],
            "Patients": measures["list_size"],
            "In window": measures["in_window"].map(bool),
            "Hub": measures["hub"].map(names),
            "Mean km": measures["mean_distance_km"],
            "Flags": measures["flags"],
        }
    ).rename_axis("Network")
    if len(networks) <= MOST_ROWS:
        show_frame(networks, right=("Network", units, "Patients", "Mean km"))
    else:
        say(_networks_words(measures))
    outside = table[~table["status"].isin(PLACED)]
    if len(outside):
        say("Not a member of any network:")
        rest = pd.DataFrame(
            {
                "Name": outside.index.map(names),
                "Patients": outside["list_size"],
                "Status": outside["status"],
                "Why, and what is proposed": outside["reason"],
            }
        ).rename_axis("Practice")
        show_frame(rest.head(MOST_ROWS), right=("Patients",))
        if len(rest) > MOST_ROWS:
            say(f"and {len(rest) - MOST_ROWS:,} more, in orphans.csv and membership.csv.")
    inside = table.loc[table["status"].isin(PLACED), "list_size"].sum()
    made = count_of(len(measures), "network")
    of = "who live in the LSOAs of the area" if result.of_lsoas else "published for the area"
    say(
        f"{inside:,} patients in {made} + {outside['list_size'].sum():,} not in "
        f"one = {table['list_size'].sum():,} {of}."
    )
    told = "".join(outside["reason"])
    for sentence in (result.plan.proof, *result.plan.explanation):
        if sentence not in told:
            say(sentence)
    for sentence in evidence_words(result):
        say(sentence)
    show_account(loaded.report)
    page = out / ("map.svg" if too_many_for_a_page(result) else "map.html")
    say(f"Written to {out}: open {page} in a browser.")


def _networks_words(measures: pd.DataFrame) -> str:
    """Say of very many networks how large they are, and where each is listed."""
    size, inside = measures["list_size"], measures["in_window"].map(bool)
    fifths = [f"{int(size.quantile(q)):,}" for q in (0.1, 0.5, 0.9)]
    return (
        f"{len(measures):,} networks, {int(inside.sum()):,} of them in the window, of "
        f"{int(size.min()):,} to {int(size.max()):,} patients (a tenth below {fifths[0]}, half "
        f"below {fifths[1]}, a tenth above {fifths[2]}); networks.csv has each."
    )
