"""Every number of networks of an area: the table, the words, the picture and the page.

`sweep` solves the numbers and sets them beside today's networks and what they are paid; `words`
says which number the rules choose and what one network more or fewer changes; `picture` draws the
trade as an SVG; `page` holds all of it in one file that opens offline.
"""

from __future__ import annotations

from pcngeo.options.page import options_page
from pcngeo.options.picture import draw_options
from pcngeo.options.sweep import COLUMNS, Options, options_files, sweep
from pcngeo.options.words import say_choice, say_proof, say_steps, say_why

__all__ = [
    "COLUMNS",
    "Options",
    "draw_options",
    "options_files",
    "options_page",
    "say_choice",
    "say_proof",
    "say_steps",
    "say_why",
    "sweep",
]
