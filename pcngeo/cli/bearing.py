"""The command that says what a plan bears: lists that move, practices that close."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pcngeo.cli.options import OfFolder, Request, make_request, of_folder, takes
from pcngeo.cli.screen import Progress, errors, say, show_frame
from pcngeo.words import listed

if TYPE_CHECKING:
    from pcngeo.optimise.sturdy import MostHeadroom
    from pcngeo.pipeline import PlannedArea
    from pcngeo.plan import Plan

Given = Annotated[
    Path | None,
    typer.Argument(help="The folder of a plan, or a scenario file (TOML) with flags."),
]
#: What `robust` shows of every network, and what that is called on the screen.
BORNE = {
    "list_size": "Patients",
    "above_floor": "Above minimum",
    "below_ceiling": "Below maximum",
    "closures_that_break": "Practices that cannot close",
}


def make_borne(scenario: Given = None, **given: Any) -> Request | OfFolder:
    """Take the folder of a plan as it is; otherwise a scenario file or flags."""
    if scenario is None or not scenario.is_dir():
        return make_request(scenario=scenario, **given)
    return of_folder(scenario, "robust", given)


@takes(make_borne)
def robust(
    asked: Request | OfFolder,
    shift: Annotated[
        float, typer.Option(min=0, max=99, help="By how many per cent all lists move.")
    ] = 5.0,
    most: Annotated[
        bool, typer.Option("--most", help="Also find the plan that bears the most, proven.")
    ] = False,
) -> None:
    """Say how far lists can move, and which practice can close, before the plan breaks."""
    from pcngeo import robust as bears
    from pcngeo.alternatives import TRIED
    from pcngeo.export import check_folder, write_csv, write_folder
    from pcngeo.pipeline import finish_plan, plan_area
    from pcngeo.reopen import reopen
    from pcngeo.writing import write_plan

    out = check_folder(asked[0] if isinstance(asked, tuple) else asked.folder("robust"))
    found = whole = None
    try:
        with Progress() as progress:
            if isinstance(asked, tuple):
                made = reopen(asked[1])
            else:
                made = plan_area(
                    **asked.ground,
                    **asked.search,
                    progress=progress,
                )
            if most:
                limits = asked[2] if isinstance(asked, tuple) else asked.search
                found, sturdy = bears_most(made, progress, limits, out)
                whole = finish_plan(made, sturdy) if found.looked_for else None
    except KeyboardInterrupt:
        kept = "what was tried is kept: the same command goes on" if most else "nothing was written"
        errors().print(f"Stopped; {kept}.", markup=False)
        raise typer.Exit(130) from None
    plan, rules = made.plan, made.rules
    graph = bears.with_homes(made.graph, plan, made.intake.practices, rules)
    table = bears.headroom(plan, graph, rules, shift=shift / 100)
    closing = bears.closures(plan, graph, rules)
    if not isinstance(asked, tuple):
        write_plan(made, out / "plan")
    if whole is not None:
        write_plan(whole, out / "most")
    write_folder(
        out,
        {
            "robust.csv": partial(write_csv, table, decimals=dict.fromkeys(table.columns, 2)),
            "closures.csv": partial(write_csv, closing),
        },
    )
    (out / TRIED).unlink(missing_ok=True)
    shown = table[list(BORNE)].rename(columns=BORNE).rename_axis("Network")
    show_frame(shown.astype(object).fillna("-"), right=tuple(shown.columns))
    for sentence in (*bears.left_words(plan), *bears.robust_words(table, shift / 100)):
        say(sentence)
    say(bears.closing_words(closing))
    if found is not None:
        say(found.sentence)
    more = [] if isinstance(asked, tuple) else ["the plan in plan/"]
    more += [] if whole is None else ["the plan that bears the most in most/"]
    say(f"Written to {out}: {listed(['robust.csv', 'closures.csv', *more])}.")


def bears_most(
    made: PlannedArea, progress: Progress, limits: Mapping[str, Any], out: Path
) -> tuple[MostHeadroom, Plan]:
    """Find the plan with the most headroom, with what was set aside put back.

    What was tried is kept in the folder to write until it is written.
    """
    from pcngeo import agreed
    from pcngeo.alternatives import begun_tries, keep_tries
    from pcngeo.optimise.sturdy import most_headroom
    from pcngeo.prices import problem_name

    rest, kept = agreed.set_aside(made.graph, made.intake.practices, made.rules)
    problem = problem_name(rest, made.rules, int(limits.get("seed") or 0))
    tried = begun_tries(out, problem)

    def keep(tenths: int, possible: bool) -> None:
        tried[tenths] = possible
        keep_tries(out, problem, tried)

    found = most_headroom(
        rest, made.rules, **limits, progress=progress, begun=dict(tried), keep=keep
    )
    plan = agreed.put_back(found.plan, kept, made.graph, made.rules)
    return found, agreed.grant_rural_waivers(plan, made.graph, made.rules)
