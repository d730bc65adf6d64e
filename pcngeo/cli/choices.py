"""Commands for a negotiation: what a choice costs, and other good plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pcngeo.cli.options import OfFolder, Request, make_request, of_folder, takes, takes_request
from pcngeo.cli.screen import Progress, errors, say, show_frame
from pcngeo.demands import Apart, Locked, Together
from pcngeo.errors import RulesError
from pcngeo.words import are, listed, say_search

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from pcngeo.optimise import Progress as Searching
    from pcngeo.optimise.differing import Alternatives, Step
    from pcngeo.plan import Plan
    from pcngeo.prepared import PreparedArea

Codes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SCENARIO] PRACTICE PRACTICE...",
        help="A scenario file (TOML) or the folder of a plan, then the ODS codes of the practices.",
    ),
]
KeptTogether = Annotated[bool, typer.Option("--together", help="Price keeping them together.")]
KeptApart = Annotated[bool, typer.Option("--apart", help="Price keeping two practices apart.")]
Lock = Annotated[bool, typer.Option("--lock", help="Price exactly these as a network.")]
Every = Annotated[
    bool, typer.Option("--all", help="Price every two practices that touch, into price.csv.")
]


def make_priced(codes: Codes = None, **given: Any) -> tuple[Request | OfFolder, tuple[str, ...]]:
    """Take a scenario file, the folder of a plan, or flags, and the practices asked about."""
    words, scenario = list(codes or ()), None
    if words and (words[0].lower().endswith(".toml") or Path(words[0]).is_dir()):
        scenario = Path(words.pop(0))
    practices = tuple(dict.fromkeys(word.strip().upper() for word in words))
    if scenario is not None and scenario.is_dir():
        return of_folder(scenario, "prices", given), practices
    return make_request(scenario=scenario, **given), practices


@takes(make_priced)
def price(
    asked: tuple[Request | OfFolder, tuple[str, ...]],
    together: KeptTogether = False,
    apart: KeptApart = False,
    lock: Lock = False,
    every: Every = False,
) -> None:
    """Say what keeping practices together, apart or as one network costs, proven."""
    request, codes = asked
    _check(codes, together=together, apart=apart, lock=lock, every=every)
    from pcngeo import agreed
    from pcngeo.export import check_folder
    from pcngeo.optimise import solve
    from pcngeo.optimise.pricing import opposite
    from pcngeo.optimise.pricing import price as price_of
    from pcngeo.prepared import prepare_area
    from pcngeo.prices import settled_words, write_prices
    from pcngeo.reopen import reopen
    from pcngeo.review.words import display_name

    limits: Mapping[str, Any] = request[2] if isinstance(request, tuple) else request.search
    out = request[0] if isinstance(request, tuple) else request.folder("prices")
    if every:
        check_folder(out, ["price.csv"])
    try:
        with Progress() as progress:
            area: PreparedArea
            if isinstance(request, tuple):
                area = reopen(request[1])
            else:
                area = prepare_area(**request.ground, progress=progress)
            practices, rules = area.intake.practices, area.rules
            names = {str(p): display_name(str(n)) or str(p) for p, n in practices["name"].items()}
            _check_grouped(codes, area.graph, practices["reason"])
            graph, kept = agreed.set_aside(area.graph, practices, rules)
            progress("solve", "making the best plan")
            base = solve(graph, rules, **limits, progress=_searching(progress, "solve"))
            if every:
                at = [""]

                def tell(words: str, done: int, of: int) -> None:
                    at[0] = f"{words} ({done} of {of} pairs priced)"
                    progress("price", at[0])

                table = write_prices(
                    graph, rules, base, out, **limits, names=names, progress=tell,
                    searching=_searching(progress, "price", at),
                )  # fmt: skip
            else:
                progress("price", " and ".join(codes))
                whole = agreed.put_back(base, kept, area.graph, rules)
                whole = agreed.grant_rural_waivers(whole, area.graph, rules)
                _check_searched(codes, base, whole)
                choice: Together | Apart | Locked
                if lock:
                    choice = Locked(codes)
                elif apart:
                    choice = Apart(*codes)
                elif not together and len(codes) == 2 and set(codes) <= set(graph):
                    choice = opposite(base, *codes)
                else:
                    choice = Together(codes)
                found = price_of(
                    graph, rules, choice, base=base, **limits,
                    searching=_searching(progress, "price", [choice.words()]),
                )  # fmt: skip
    except KeyboardInterrupt:
        more = " What was priced is kept; the same command goes on." if every else ""
        errors().print(f"Stopped.{more}", markup=False)
        raise typer.Exit(130) from None
    if every:
        proven = int((table["settled"] == "proven").sum())
        say(f"{len(table)} pairs of practices that touch, {proven} with a proven price.")
        say(settled_words(table))
        say(f"They are counted from the best plan under these rules. {base.proof}")
        say(f"Written to {out / 'price.csv'}.")
        return
    say(found.sentence(names))
    say(f"It is counted from the plan without this demand. {base.proof}")


def _check_grouped(codes: tuple[str, ...], graph: nx.Graph[str], reason: pd.Series[str]) -> None:
    """Refuse, before anything is searched, practices that are not to be grouped, and say why."""
    for code in codes:
        if code in graph:
            continue
        if code not in reason.index:
            raise RulesError(f"{code} is not a practice of this area. Give ODS codes of the area.")
        raise RulesError(f"{code} is not to be grouped, so it has no price. {reason[code]}")


def _check_searched(codes: tuple[str, ...], base: Plan, whole: Plan) -> None:
    """Refuse practices of networks that are not searched: they have no price."""
    fixed = [p for p in codes if whole.assignment.get(p, "") and not base.assignment.get(p, "")]
    if fixed:
        raise RulesError(
            f"{listed(fixed)} {are(len(fixed))} in a network that was kept or made by a waiver "
            "(R03, R21). It is not searched, so nothing of it has a price; without the waiver it "
            "would have."
        )


def _searching(progress: Progress, stage: str, at: Sequence[str] = ("",)) -> Searching:
    """Show how far a search is, after what it is for (the first of `at`, which may move on)."""

    def show(phase: str, best: float | None, bound: float | None, gap: float | None) -> None:
        progress(stage, f"{at[0]}: {say_search(phase, gap)}".lstrip(": "))

    return show


def _check(codes: tuple[str, ...], *, together: bool, apart: bool, lock: bool, every: bool) -> None:
    if sum((together, apart, lock, every)) > 1:
        raise typer.BadParameter("give one of --together, --apart, --lock and --all.")
    if every and codes:
        raise typer.BadParameter("--all prices every pair: give no practices with it.")
    if not every and len(codes) < 1 + (not lock):
        raise typer.BadParameter(
            "give the ODS codes of two practices, before any option (--area and others take all "
            "words that follow), or --all."
        )
    if apart and len(codes) != 2:
        raise typer.BadParameter("--apart takes two practices.")


@takes_request
def alternatives(
    request: Request,
    plans: Annotated[
        int | None, typer.Option(min=1, help="Plans to find, the best included (default: 5).")
    ] = None,
    differ: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, help="Least share of patients in other company, per cent (default: 50)."
        ),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="How much worse than the best, per cent (default: 5)."),
    ] = None,
    objectives: Annotated[
        str,
        typer.Option(help="Trade two or three objectives instead: distance,changed."),
    ] = "",
    points: Annotated[
        int | None,
        typer.Option(
            min=0, help="With two objectives: limits tried; 0: find every plan (default: 7)."
        ),
    ] = None,
) -> None:
    """Propose several good plans that truly differ, and say who is together in how many."""
    _check_sought(objectives, points, plans=plans, differ=differ, within=within)
    plans, points = plans or 5, 7 if points is None else points
    differ, within = 50.0 if differ is None else differ, 5.0 if within is None else within
    from pcngeo import agreed
    from pcngeo.alternatives import (
        begun_plans,
        begun_steps,
        keep_plans,
        keep_step,
        write_alternatives,
    )
    from pcngeo.export import check_folder
    from pcngeo.objectives import read_stages
    from pcngeo.optimise.differing import alternatives as find
    from pcngeo.optimise.trade import Trade, trade
    from pcngeo.prepared import prepare_area
    from pcngeo.prices import problem_name

    out = check_folder(request.folder("alternatives"))
    names = [name.strip() for name in objectives.split(",")] if objectives else []
    # what is traded is read from the files beside what the rules minimise
    stages = (*request.rules.stages, *(read_stages(names) if names else ()))
    ground = request.ground | {
        "rules": replace(request.rules, objective=tuple(dict.fromkeys(stages)))
    }
    try:
        with Progress() as progress:
            area = replace(prepare_area(**ground, progress=progress), rules=request.rules)
            graph, _ = agreed.set_aside(area.graph, area.intake.practices, request.rules)
            problem = problem_name(graph, request.rules, request.seed)
            found: Alternatives | Trade
            at = [""]

            def tell(done: int, of: int) -> None:
                at[0] = f"{done} plans found" if names else f"{done} of {of} plans found"
                progress("solve", at[0])

            if names:
                asked = f"{problem} {names} {points}"
                made = begun_plans(out, asked)

                def keep_made(search: str, plan: Plan) -> None:
                    made[search] = plan
                    keep_plans(out, asked, made)

                found = trade(
                    graph, request.rules, names, points=points, **request.search,
                    begun=dict(made), keep=keep_made,
                    progress=tell, searching=_searching(progress, "solve", at),
                )  # fmt: skip
            else:
                asked = f"{problem} {differ} {within}"
                steps = begun_steps(out, asked)

                def keep(step: Step) -> None:
                    steps.append(step)
                    keep_step(out, asked, steps)

                found = find(
                    graph, request.rules, plans, differ=differ / 100, within=within / 100,
                    **request.search, begun=tuple(steps), keep=keep,
                    progress=tell, searching=_searching(progress, "solve", at),
                )  # fmt: skip
            side = write_alternatives(area, found, out, progress=progress)
    except KeyboardInterrupt:
        errors().print("Stopped; what was found is kept: the same command goes on.", markup=False)
        raise typer.Exit(130) from None
    shown = side.shown
    show_frame(shown, right=tuple(shown.columns))
    for sentence in side.sentences:
        say(sentence)
    say(
        f"Written to {out}: open {out / 'alternatives.html'} (the maps) and "
        f"{out / 'side_by_side.html'} (what they cost, what is settled) in a browser."
    )


def _check_sought(objectives: str, points: int | None, **differing: float | None) -> None:
    """Refuse options that the other kind of search takes, and a difference of nothing."""
    if differing["differ"] == 0:
        raise typer.BadParameter("--differ must be above 0: plans that do not differ are one plan.")
    if objectives.strip(" ,"):
        told = [name for name, value in differing.items() if value is not None]
        if told:
            raise typer.BadParameter(f"--objectives trades instead: take out --{told[0]}.")
        if points is not None and len(objectives.split(",")) > 2:
            raise typer.BadParameter("--points is for two objectives: take it out.")
    elif points is not None:
        raise typer.BadParameter("--points is for --objectives with two names.")
