"""Several good plans of an area as a folder: each an ordinary plan, one page, who is together.

Every plan has a folder like any other (``1``, ``2``, ...); beside them ``alternatives.csv`` sets
them side by side (or ``trade.csv``, where objectives are traded), ``trade.svg`` draws that,
``common.csv`` lists the networks of all of them, ``together.csv``, ``together.svg`` and
``together_map.svg`` say in how many of them two practices share a network, ``side_by_side.html``
holds all that on one page to read and print, and ``alternatives.html`` is the review page that
switches between the plans.

The rooms: `kept` (a search that was broken off), `tables` and `finished` (what is
counted, of each plan as its own folder has it), `pictures` (the plans as points),
`matrix` and `company` (who is with whom, ordered and on the map), `page`, `folder`.
"""

from __future__ import annotations

from pcngeo.alternatives.finished import SideBySide, count_finished
from pcngeo.alternatives.folder import beside_files, whole_plans, write_alternatives
from pcngeo.alternatives.kept import (
    TRIED,
    begun_plans,
    begun_steps,
    begun_tries,
    keep_plans,
    keep_step,
    keep_tries,
)
from pcngeo.alternatives.page import readable, say_settled
from pcngeo.alternatives.tables import (
    Finished,
    alternatives_table,
    common_networks,
    other_company,
    together_table,
    trade_table,
)

__all__ = [
    "TRIED",
    "Finished",
    "SideBySide",
    "alternatives_table",
    "begun_plans",
    "begun_steps",
    "begun_tries",
    "beside_files",
    "common_networks",
    "count_finished",
    "keep_plans",
    "keep_step",
    "keep_tries",
    "other_company",
    "readable",
    "say_settled",
    "together_table",
    "trade_table",
    "whole_plans",
    "write_alternatives",
]  # fmt: skip
