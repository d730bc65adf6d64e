"""Commands about reviews: what reviewers sent back becomes a table and a new plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pcngeo.cli.options import read_folder
from pcngeo.cli.screen import Progress, say, show_frame

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
        shown = found.moves[["name", "list_size", "from", "asked", "agreement", "to"]]
        show_frame(shown, right=("list_size",))
    for row in found.comments.itertuples():
        who, kind = str(row.name or row.reviewer), str(row.kind)
        say(f"{kind} by {who} about {row.about}: {row.words}")
    for sentence in found.sentences():
        say(sentence)
    say(f"Written to {target}: open {target / 'reviews.html'} and {target / 'map.html'}.")
