"""A page of what reviewers asked for, who agrees, and what was done about it: for a meeting."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from jinja2 import Environment

from pcngeo.review.library import own_file, own_markup
from pcngeo.review.page import content_policy
from pcngeo.review.wishes import network_words
from pcngeo.review.words import display_area

__all__ = ["answers_page"]

#: What is to be talked about first.
STATES = {
    "conflict": "Reviewers ask for different networks",
    "asked": "Asked for, nobody for anything else",
    "agreed": "All reviewers ask for it",
}
NOW = {
    "moved": "{}",
    "taken out": "{}",
    "offered": "Offered to {}, not counted until it is agreed",
    "stays": "Stays in {}",
}
_PAGE = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<link rel="icon" href="data:,">
<style>{{ style }}</style>
</head>
<body>
<header class="top"><div class="titles"><h1>{{ title }}</h1></div>
<strong class="tag">Proposal, not a decision</strong></header>
<main>
<section class="wide" aria-label="Summary">{% for words in sentences %}<p>{{ words }}</p>
{% endfor %}</section>
<section class="wide" aria-labelledby="moves"><h2 id="moves">Practices asked to be moved</h2>
{% if moves %}<div class="scroll" tabindex="0" role="group" aria-label="Table of moves">
<table class="all"><caption class="unseen">Who asks for what, and what was done</caption>
<thead><tr><th scope="col">Practice</th><th scope="col">Code</th>
<th scope="col" class="number">People</th><th scope="col">Is in</th><th scope="col">Asked for</th>
<th scope="col">Agreement</th><th scope="col">In the new plan</th>
<th scope="col">Why</th></tr></thead>
<tbody>{% for row in moves %}<tr><th scope="row"><bdi>{{ row.name }}</bdi></th>
<td>{{ row.practice }}</td>
<td class="number">{{ "{:,}".format(row.list_size) }}</td><td>{{ row["from"] }}</td>
<td>{% for wish in row.wishes %}<bdi>{{ wish }}</bdi>{% if not loop.last %}<br>{% endif %}
{% endfor %}</td><td>{% if row.agreement == "conflict" %}<span class="flag agree">Conflict</span>
{% endif %}{{ row.state }}</td><td>{{ row.now }}</td>
<td><bdi>{{ row.why }}</bdi></td></tr>
{% endfor %}</tbody></table></div>{% else %}<p>No practice is asked to be moved.</p>{% endif %}
</section>
{% if voices %}<section class="wide" aria-labelledby="who"><h2 id="who">Reviewers</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Table of reviewers">
<table class="all"><caption class="unseen">What each sent, and how far others agree</caption>
<thead><tr><th scope="col">Reviewer</th><th scope="col">File</th><th scope="col">Plan</th>
<th scope="col" class="number">Moves</th><th scope="col" class="number">Others ask the same</th>
<th scope="col" class="number">Nobody else asks</th><th scope="col" class="number">Others ask for
elsewhere</th><th scope="col" class="number">Made</th><th scope="col" class="number">Comments</th>
</tr></thead>
<tbody>{% for row in voices %}<tr><th scope="row"><bdi>{{ row.reviewer }}</bdi></th>
<td><bdi>{{ row.file }}</bdi></td><td>{{ row.plan }}</td><td class="number">{{ row.moves }}</td>
<td class="number">{{ row.shared }}</td><td class="number">{{ row.alone }}</td>
<td class="number">{{ row.contradicted }}</td><td class="number">{{ row.done }}</td>
<td class="number">{{ row.comments }}</td></tr>
{% endfor %}</tbody></table></div></section>{% endif %}
<section class="wide" aria-labelledby="said"><h2 id="said">Comments</h2>
{% if comments %}<div class="scroll" tabindex="0" role="group" aria-label="Table of comments">
<table class="all"><caption class="unseen">Comments of the reviewers</caption>
<thead><tr><th scope="col">About</th><th scope="col">Kind</th><th scope="col">Words</th>
<th scope="col">Who</th><th scope="col">Plan</th></tr></thead>
<tbody>{% for row in comments %}<tr><th scope="row"><bdi>{{ row.about }}</bdi></th>
<td>{{ row.kind }}</td><td><bdi>{{ row.words }}</bdi></td>
<td><bdi>{{ row.who }}</bdi></td><td>{{ row.plan }}</td></tr>
{% endfor %}</tbody></table></div>{% else %}<p>There are no comments.</p>{% endif %}
</section>
</main>
</body>
</html>
"""


def answers_page(
    area: str,
    sentences: Sequence[str],
    moves: pd.DataFrame,
    comments: pd.DataFrame,
    voices: pd.DataFrame | None = None,
) -> str:
    """Write the page: sentences, moves, comments.

    Parameters
    ----------
    area
        Name of the area.
    sentences
        The summary.
    moves, comments, voices
        As of `pcngeo.review.wishes`; what reviewers contradict each other about comes first.

    Returns
    -------
    str
        One HTML document that asks nothing of the internet.
    """
    rows = moves.reset_index().to_dict("records")
    for row in rows:
        row["state"] = STATES[str(row["agreement"])]
        row["wishes"] = str(row["asked"]).split("; ")
        row["now"] = NOW[str(row["outcome"])].format(network_words(str(row["to"])))
        row["from"] = network_words(str(row["from"]))
    rows.sort(key=lambda row: list(STATES).index(str(row["agreement"])))
    said = comments.to_dict("records")
    for row in said:
        row["who"] = " · ".join(dict.fromkeys(n for n in (row["name"], row["reviewer"]) if n))
    return (
        Environment(autoescape=True, trim_blocks=True)
        .from_string(_PAGE)
        .render(
            title=f"{display_area(area)}: what reviewers ask for",
            policy=content_policy([]),
            style=own_markup(own_file("page.css")),
            sentences=sentences,
            moves=rows,
            voices=[] if voices is None else voices.to_dict("records"),
            comments=said,
        )
    )
