"""What turns a configuration into papers: audit, orphans, funding, votes, profile, submission.

`area` takes the configuration, planned, today's or read from a file; `tables` computes every table
about it once, names the files of the output folder that hold them; `pack` puts together what the
networks hand in.
"""

from __future__ import annotations

from pcngeo.papers.area import (
    Area,
    planned_area,
    read_england,
    read_plan,
    stated_lists,
    with_registrations,
)
from pcngeo.papers.pack import submission_pack
from pcngeo.papers.tables import Papers, audited, papers_files, recount

__all__ = [
    "Area",
    "Papers",
    "audited",
    "papers_files",
    "planned_area",
    "read_england",
    "read_plan",
    "recount",
    "stated_lists",
    "submission_pack",
    "with_registrations",
]
