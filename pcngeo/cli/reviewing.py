"""Commands about reviews: what reviewers sent back becomes a table and a new plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcngeo.cli.options import Deprivation, Registrations, Rurality, read_folder
from pcngeo.cli.screen import Progress, say, show_frame

Others = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="[NAME=]FOLDER",
        help="Folder of another plan of the area, or of several (repeat).",
    ),
]
Today = Annotated[bool, typer.Option("--today/--no-today", help="Today's networks, where known.")]
Lines = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=FILE", help="Borders to show: local authorities, LSOAs."),
]
review = typer.Typer(
    name="review",
    help="Make the page that reviewers open, and read what they send back.",
    no_args_is_help=True,
)
PlanFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", parser=read_folder, help="Folder of a plan.")
]


@review.command()
def apply(
    folder: PlanFolder,
    files: Annotated[list[Path], typer.Argument(help="What reviewers saved: review.json, ...")],
    take: Annotated[
        list[str] | None,
        typer.Option(help="Reviewer whose wish counts where wishes differ (repeat: in order)."),
    ] = None,
    agreed_only: Annotated[
        bool, typer.Option("--agreed-only", help="Make only moves that every reviewer asks for.")
    ] = False,
    option: Annotated[str, typer.Option(help="Plan of the page to change (default: first).")] = "",
    page: Annotated[
        Path | None, typer.Option(help="Page that reviewers had (default: FOLDER/map.html).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=read_folder, metavar="FOLDER", help="Default: FOLDER-reviewed."),
    ] = None,
) -> None:
    """Set saved reviews beside each other and make the plan that follows from them."""
    from pcngeo.export import check_folder, write_folder
    from pcngeo.reviews import apply_reviews, reviewed_files

    target = check_folder(out or folder.with_name(f"{folder.resolve().name}-reviewed"))
    if target.resolve() == folder.resolve():
        raise typer.BadParameter("--out must not be the folder of the plan that was reviewed.")
    with Progress() as progress:
        progress("read", "reading the plan and the reviews")
        found = apply_reviews(
            folder, files, option=option, take=take or (), agreed_only=agreed_only, page=page
        )
        progress("write", f"writing {target}")
        write_folder(target, reviewed_files(found))
    if len(found.moves):
        shown = found.moves[["name", "list_size", "from", "asked", "agreement", "outcome", "to"]]
        show_frame(shown, right=("list_size",))
    for row in found.comments.itertuples():
        who, kind = str(row.name or row.reviewer), str(row.kind)
        say(f"{kind} by {who} about {row.about}: {row.words}")
    for sentence in found.sentences():
        say(sentence)
    say(f"Written to {target}: open {target / 'reviews.html'} and {target / 'map.html'}.")


@review.command()
def page(
    folder: PlanFolder,
    others: Others = None,
    today: Today = True,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: FOLDER/review.html.")
    ] = None,
    lines: Lines = None,
    registrations: Registrations = None,
    deprivation: Deprivation = None,
    rurality: Rurality = None,
    background: Annotated[
        str, typer.Option(metavar="URL", help="Web map service (WMS); off until switched on.")
    ] = "",
) -> None:
    """Put several plans of an area into one page, to switch between and to compare."""
    from pcngeo.drawing import draw_together
    from pcngeo.review import save_map

    target = out or folder / "review.html"
    _check_file(target, (".html",))
    first, beside = _first_of(folder, _named(others))
    with Progress() as progress:
        progress("read", "reading the plans")
        drawn = draw_together(
            first,
            beside,
            today=today,
            lines=_named(lines),
            background=background,
            registrations=registrations,
            deprivation=deprivation,
            rurality=rurality,
        )
        progress("write", f"writing {target}")
        save_map(drawn, target)
    say(
        f"Written to {target}. Reviews of it are applied by "
        f"'pcngeo review apply {first} review.json --page {target}'."
    )


def map_(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", parser=read_folder, help="Folder of a plan.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help=".svg or .png (default: FOLDER/map.svg).")
    ] = None,
    others: Others = None,
    option: Annotated[
        str, typer.Option(help="Plan to draw: a name of --with, or Today (default: the folder's).")
    ] = "",
    lines: Lines = None,
    registrations: Registrations = None,
    deprivation: Deprivation = None,
    rurality: Rurality = None,
    shade: Annotated[
        str,
        typer.Option(
            metavar="LAYER", help="Colour the areas by deprivation or rurality, not by network."
        ),
    ] = "",
    area: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="One area of a plan of many: its page, tables and map, in FOLDER/CODE.",
        ),
    ] = "",
    published: Annotated[
        list[str] | None,
        typer.Option(
            "--lists",
            "--postcodes",
            "--organisations",
            "--boundaries",
            "--membership",
            hidden=True,
        ),
    ] = None,
) -> None:
    """Draw the map of a plan as a picture for papers: SVG, or PNG with the extra "pictures"."""
    from pcngeo.drawing import country_sheet, draw_together, write_picture

    if folder is None or published or folder.is_file():
        raise typer.BadParameter(
            "a map is drawn from the folder of a plan, so plan first: 'pcngeo plan --lists F "
            "--postcodes F --area CODE --out FOLDER' (or 'pcngeo plan scenario.toml --out FOLDER')"
            ", then 'pcngeo map FOLDER'."
        )
    if area:
        folder = _write_area(folder, area.strip().upper())
    target = out or folder / "map.svg"
    _check_file(target, (".svg", ".png"))
    with Progress() as progress:
        progress("read", "reading the plan")
        first, plans = _first_of(folder, _named(others))
        if (sheet := country_sheet(first)) is not None:
            chosen = (plans, option, lines, registrations, deprivation, rurality, shade)
            if any(chosen) or target.suffix.lower() != ".svg":
                raise typer.BadParameter(
                    "so many practices are drawn as one sheet, an .svg without layers or other "
                    "plans. For those, take one area: 'pcngeo map FOLDER --area CODE'."
                )
            target.write_text(sheet, encoding="utf-8", newline="\n")
            say(f"Written to {target}.")
            return
        drawn = draw_together(
            first,
            plans,
            lines=_named(lines),
            registrations=registrations,
            deprivation=deprivation,
            rurality=rurality,
        )
        write_picture(drawn, target, option, shade=shade, progress=progress)
    say(f"Written to {target}.")


def _write_area(folder: Path, code: str) -> Path:
    """Write the folder of one area of a plan of many, and say what is in it."""
    from pcngeo.export import check_folder
    from pcngeo.reopen import reopen
    from pcngeo.writing import write_plan

    target = check_folder(folder / code)
    with Progress() as progress:
        progress("read", f"reading the plan, as far as it is about {code}")
        part = reopen(folder, code)
        progress("write", f"writing {target}")
        write_plan(part, target)
    for row in part.intake.report.steps().itertuples():
        say(f"{row.step}: {row.practices:,} practices, {row.patients:,} patients")
    say(part.plan.proof)
    say(f"Written to {target}: open {target / 'map.html'} in a browser.")
    return target


def _named(others: list[str] | None) -> dict[str, Path]:
    """Read ``NAME=FOLDER``; a folder without a name is called by its own."""
    found: dict[str, Path] = {}
    for text in others or ():
        name, equals, place = text.partition("=")
        path = Path(place if equals else text)
        name = name.strip() if equals else path.resolve().name
        if not name or name in found:
            raise typer.BadParameter(f"each needs a name of its own, as NAME=FILE: {text!r}.")
        inside = _plans_inside(path)
        if inside:
            found.update({f"{name} {plan}": place for plan, place in inside.items()})
        else:
            found[name] = path
    return found


def _plans_inside(folder: Path) -> dict[str, Path]:
    """Find the plans of a folder of plans: what `alternatives` and `options --plans` write."""
    if (folder / "plan.json").is_file() or not folder.is_dir():
        return {}
    inside = {path.name: path for path in folder.iterdir() if (path / "plan.json").is_file()}

    def order(name: str) -> tuple[int, str]:
        return (int("".join(filter(str.isdigit, name)) or 0), name)

    return {name: inside[name] for name in sorted(inside, key=order)}


def _first_of(folder: Path, others: dict[str, Path]) -> tuple[Path, dict[str, Path]]:
    """Open a folder of plans with its first plan, the others beside it."""
    inside = _plans_inside(folder)
    if not inside:
        return folder, others
    first, *rest = inside.items()
    named = {_plan_called(name): path for name, path in rest}
    return first[1], {**named, **others}


def _plan_called(name: str) -> str:
    """Call a plan by its folder: ``2`` is "Plan 2", ``07-networks`` "7 networks"."""
    count, dash, _ = name.partition("-networks")
    return f"{int(count)} networks" if dash and count.isdecimal() else f"Plan {name}"


def _check_file(path: Path, kinds: tuple[str, ...]) -> None:
    if path.suffix.lower() not in kinds:
        raise typer.BadParameter(f"--out needs a file that ends in {' or '.join(kinds)}.")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"the folder {path.parent} does not exist.")
