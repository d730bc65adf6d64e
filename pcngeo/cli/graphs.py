"""Commands about the graph that contiguity is judged on."""

from __future__ import annotations

from pcngeo.cli.options import Request, takes_request
from pcngeo.cli.screen import Progress, say, show_account, show_frame


@takes_request
def graph(request: Request) -> None:
    """Draw the graph that contiguity is judged on, and say what it hangs on."""
    from pcngeo import adjacency
    from pcngeo.prepared import prepare_area
    from pcngeo.writing import graph_words, shown_practices, write_graph

    out = request.folder("graph")
    with Progress() as progress:
        area = prepare_area(**request.ground, progress=progress)
        write_graph(area, out)
    parts = adjacency.components(area.graph)[["name", "practices", "patients"]]
    names = shown_practices(area.intake.practices)["name"]
    parts["name"] = [f"{names[code]} ({code})" for code in parts["name"]]
    show_frame(parts.rename_axis("part"), right=("part", "practices", "patients"))
    edited = adjacency.edited_frame(area.graph)
    if edited is not None:
        say(f"Beside the links of the areas, the edge list changes {len(edited)} (edited.csv):")
        if len(edited):
            show_frame(edited.set_index(["practice_a", "practice_b"]))
    for sentence in graph_words(area):
        say(sentence)
    show_account(area.intake.report)
    say(f"Written to {out}: open {out / 'graph.html'} in a browser.")
